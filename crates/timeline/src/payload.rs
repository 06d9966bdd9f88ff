//! Captured terms as text. The only place that reads their bytes for show.

use pluto_event::{Form, Payload};
use pluto_matchspec::shape;
use pluto_term::{Item, Limits, PrintLimits, Reader, Syntax, Term};
use std::hash::{DefaultHasher, Hasher};

/// How much of a term is shown on a line.
pub(crate) const LINE_LIMITS: PrintLimits = PrintLimits { depth: 8, elements: 16, text: 120, total: 400 };

/// The term as text, for an argument list with its brackets; `None` where there is no term.
pub(crate) fn print(payload: Payload<'_>, syntax: Syntax, limits: &PrintLimits) -> Option<String> {
    match payload.form {
        Form::Absent => None,
        Form::Oversize => Some(match integer(payload.bytes) {
            Some(size) => format!("(left out: {size} bytes)"),
            None => "(left out)".to_owned(),
        }),
        Form::TooDeep => Some(match integer(payload.bytes) {
            Some(size) => format!("(nested too deep: {size} bytes)"),
            None => "(nested too deep)".to_owned(),
        }),
        Form::Shape => {
            Some(shape::print(payload.bytes, syntax, limits).unwrap_or_else(|_| "(unreadable)".to_owned()))
        }
        Form::Full | Form::Hashed => Some(match read(payload) {
            Some(term) => term.display(syntax, limits).to_string(),
            None => "(unreadable)".to_owned(),
        }),
    }
}

/// The arguments of a list as texts; `None` where it is no list, or absent.
pub(crate) fn print_arguments(
    payload: Payload<'_>,
    syntax: Syntax,
    limits: &PrintLimits,
) -> Option<Vec<String>> {
    match payload.form {
        Form::Absent | Form::Oversize | Form::TooDeep => None,
        Form::Shape => shape::print_arguments(payload.bytes, syntax, limits).ok(),
        Form::Full | Form::Hashed => {
            let term = read(payload)?;
            let arguments = term.as_list()?.iter();
            Some(arguments.map(|argument| argument.display(syntax, limits).to_string()).collect())
        }
    }
}

fn read(payload: Payload<'_>) -> Option<Term> {
    Reader::new(payload.bytes, &Limits::default()).term().ok()
}

/// What two payloads are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) form: Form,
    /// Of the bytes.
    pub(crate) hash: u64,
    /// Whether the term holds a reference.
    pub(crate) has_reference: bool,
}

impl Content {
    /// Whether equal terms would have equal hashes.
    pub(crate) fn is_comparable_with(&self, other: &Content) -> bool {
        self.form == other.form && !matches!(self.form, Form::Absent | Form::Oversize | Form::TooDeep)
    }
}

pub(crate) fn hash_of(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

pub(crate) fn content_of(payload: Payload<'_>) -> Content {
    let has_reference = payload.form == Form::Full && holds_reference(payload.bytes);
    Content { form: payload.form, hash: hash_of(payload.bytes), has_reference }
}

/// Items that are looked at for a reference: messages that carry one have it near the front.
const ITEMS_SEARCHED: usize = 64;

/// Whether there is a reference near the front of the term.
pub(crate) fn holds_reference(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes, &Limits::default());
    for _ in 0..ITEMS_SEARCHED {
        match reader.next() {
            Ok(Item::Reference(_)) => return true,
            Ok(_) if reader.remaining().is_empty() => return false,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    false
}

/// The raw bytes of the elements of a tuple of `size`, or of a list of `size` elements where `list`.
pub(crate) fn elements(bytes: &[u8], size: usize, list: bool) -> Option<Vec<&[u8]>> {
    let mut reader = Reader::new(bytes, &Limits::default());
    let fits = match reader.next().ok()? {
        Item::Tuple(length) => !list && length == size,
        Item::List(length) => list && length == size,
        _ => false,
    };
    if !fits {
        return None;
    }
    (0..size).map(|_| reader.skip().ok()).collect()
}

/// Whether the bytes are this atom.
pub(crate) fn is_atom(bytes: &[u8], text: &str) -> bool {
    matches!(
        Reader::new(bytes, &Limits::default()).next(),
        Ok(Item::Atom(atom)) if atom == text
    )
}

/// The integer that the bytes are.
pub(crate) fn integer(bytes: &[u8]) -> Option<i64> {
    match Reader::new(bytes, &Limits::default()).next() {
        Ok(Item::Integer(value)) => Some(value),
        _ => None,
    }
}

/// The number and serial of the pid that the bytes are.
pub(crate) fn pid(bytes: &[u8]) -> Option<(u32, u32)> {
    match Reader::new(bytes, &Limits::default()).next() {
        Ok(Item::Pid(pid)) => Some((pid.id, pid.serial)),
        _ => None,
    }
}
