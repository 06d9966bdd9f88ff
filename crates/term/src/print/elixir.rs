//! Elixir syntax.

use std::fmt;

use unicode_ident::{is_xid_continue, is_xid_start};

use super::erlang::words;
use super::output::Output;
use super::text::{character, float, is_plain};
use super::{Language, Pairing};
use crate::{Atom, Export, Fun, Pid, Port, Record, Reference, Term};

pub(super) struct Elixir;

/// Operators that are atoms after a colon without quotes.
pub(crate) const OPERATORS: [&str; 53] = [
    "!", "!=", "!==", "%", "%{}", "&", "&&", "&&&", "*", "**", "+", "++", "+++", "-", "--", "---", "->", ".",
    "..", "...", "..//", "/", "<", "<-", "<<<", "<<>>", "<<~", "<=", "<>", "<~", "<~>", "=", "==", "===",
    "=~", ">", ">=", ">>>", "@", "\\\\", "^", "{}", "|", "|>", "||", "|||", "~>", "~>>",
    // Quoted as atoms, bare as functions.
    "::", "<|>", "=>", "^^^", "~~~",
];

/// Operators that are bare only after the dot of a capture.
const QUOTED_ATOMS: [&str; 5] = ["::", "<|>", "=>", "^^^", "~~~"];

/// Operators that are quoted after the dot of a capture.
const QUOTED_FUNCTIONS: [&str; 9] = ["%", "%{}", "->", ".", "..", "...", "..//", "<<>>", "{}"];

/// How an atom is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// `nil`, `true`, `false`
    Word,
    /// `Foo.Bar`
    Alias,
    Bare,
    Operator,
    Quoted,
}

pub(crate) fn starts_identifier(c: char) -> bool {
    c == '_' || is_xid_start(c)
}

/// Atoms may hold `@`, other identifiers not.
pub(crate) fn continues_identifier(c: char) -> bool {
    c == '@' || is_xid_continue(c)
}

fn is_identifier(text: &str) -> bool {
    let text = text.strip_suffix(['?', '!']).unwrap_or(text);
    text.starts_with(starts_identifier) && text.chars().all(continues_identifier)
}

/// Whether every part between dots is a capital letter with letters, digits and underscores.
fn is_alias(text: &str) -> bool {
    text.split('.').all(|part| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
    })
}

fn spelling(text: &str) -> Spelling {
    if matches!(text, "nil" | "true" | "false") {
        Spelling::Word
    } else if text == "Elixir" || text.strip_prefix("Elixir.").is_some_and(is_alias) {
        Spelling::Alias
    } else if is_identifier(text) {
        Spelling::Bare
    } else if OPERATORS.contains(&text) && !QUOTED_ATOMS.contains(&text) {
        Spelling::Operator
    } else {
        Spelling::Quoted
    }
}

/// Prints `text` between double quotes.
fn quoted(out: &mut Output<'_, '_>, text: &str, limit: usize) -> fmt::Result {
    let mut characters = text.chars().peekable();
    out.text("\"")?;
    for _ in 0..limit {
        let Some(c) = characters.next() else { break };
        let escape = match c {
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\u{1b}' => 'e',
            '\u{7f}' => 'd',
            '\0' => '0',
            '"' => '"',
            '\\' => '\\',
            '#' if characters.peek() == Some(&'{') => '#',
            '\u{feff}' => {
                out.text("\\uFEFF")?;
                continue;
            }
            c if is_plain(c) => {
                out.character(c)?;
                continue;
            }
            c if u32::from(c) < 0x100 => {
                out.text(&format!("\\x{:02X}", u32::from(c)))?;
                continue;
            }
            c => {
                out.text(&format!("\\x{{{:X}}}", u32::from(c)))?;
                continue;
            }
        };
        out.character('\\')?;
        out.character(escape)?;
    }
    out.text(if characters.peek().is_some() { "\" <> ..." } else { "\"" })
}

fn is_printable(c: char) -> bool {
    is_plain(c) || matches!(c, '\u{7}'..='\r' | '\u{1b}' | '\u{7f}')
}

/// The text of a module after `&` or in a fun.
fn module(out: &mut Output<'_, '_>, atom: &Atom) -> fmt::Result {
    Elixir::atom(out, atom)
}

impl Language for Elixir {
    const COMMA: &'static str = ", ";
    const HEXADECIMAL: &'static str = "0x";
    const CUT: &'static str = ", ...";
    const LIST_CUT: &'static str = ", ...";
    const BAR: &'static str = " | ";
    const CLOSE_RECORD: &'static str = "}>";

    fn float(value: f64) -> String {
        // Whole numbers below 10^16 are written without an exponent.
        if (1.0..1e16).contains(&value.abs()) && value.trunc() == value {
            return format!("{value:.1}");
        }
        float(value)
    }

    fn atom(out: &mut Output<'_, '_>, atom: &Atom) -> fmt::Result {
        let text = atom.as_str();
        match spelling(text) {
            Spelling::Word => out.text(text),
            Spelling::Alias => out.text(without_prefix(text)),
            Spelling::Bare | Spelling::Operator => {
                out.text(":")?;
                out.text(text)
            }
            Spelling::Quoted => {
                out.text(":")?;
                quoted(out, text, usize::MAX)
            }
        }
    }

    fn text_list(out: &mut Output<'_, '_>, elements: &[Term], limit: usize) -> Result<bool, fmt::Error> {
        let as_character = |term: &Term| {
            character(term.as_int()).filter(|&c| matches!(c, ' '..='~' | '\u{7}'..='\r' | '\u{1b}'))
        };
        if !elements.iter().all(|term| as_character(term).is_some()) {
            return Ok(false);
        }
        let text: String = elements.iter().filter_map(as_character).collect();
        out.text("~c")?;
        quoted(out, &text, limit)?;
        Ok(true)
    }

    fn bits(out: &mut Output<'_, '_>, bytes: &[u8], bits: u8, limit: usize) -> fmt::Result {
        if bits == 8
            && let Ok(text) = std::str::from_utf8(bytes)
            && text.chars().all(is_printable)
        {
            return quoted(out, text, limit);
        }
        out.text("<<")?;
        for (place, byte) in bytes.iter().enumerate() {
            if place > 0 {
                out.text(", ")?;
            }
            if place == limit {
                return out.text("...>>");
            }
            if place + 1 == bytes.len() && bits < 8 {
                out.text(&format!("{}::size({bits})", byte >> (8 - bits)))?;
            } else {
                out.display(byte)?;
            }
        }
        out.text(">>")
    }

    fn pid(out: &mut Output<'_, '_>, pid: &Pid) -> fmt::Result {
        out.text(&format!("#PID<0.{}.{}>", pid.id, pid.serial))
    }

    fn port(out: &mut Output<'_, '_>, port: &Port) -> fmt::Result {
        out.text(&format!("#Port<0.{}>", port.id))
    }

    fn reference(out: &mut Output<'_, '_>, reference: &Reference) -> fmt::Result {
        out.text("#Reference<0")?;
        words(out, reference)
    }

    fn fun(out: &mut Output<'_, '_>, fun: &Fun) -> fmt::Result {
        out.text(&format!("#Function<{}.{}/{} in ", fun.index, fun.old_uniq, fun.arity))?;
        module(out, &fun.module)?;
        out.text(">")
    }

    fn export(out: &mut Output<'_, '_>, export: &Export) -> fmt::Result {
        out.text("&")?;
        module(out, &export.module)?;
        out.text(".")?;
        let name = export.function.as_str();
        match spelling(name) {
            Spelling::Bare if !name.starts_with(char::is_uppercase) && !name.contains('@') => {
                out.text(name)?;
            }
            Spelling::Word => out.text(name)?,
            _ if OPERATORS.contains(&name) && !QUOTED_FUNCTIONS.contains(&name) => out.text(name)?,
            _ => quoted(out, name, usize::MAX)?,
        }
        out.text(&format!("/{}", export.arity))
    }

    fn open_map(out: &mut Output<'_, '_>, pairs: &[(Term, Term)]) -> Result<Pairing, fmt::Error> {
        let keywords = pairs.iter().all(|(key, _)| is_key(key));
        let name = pairs.iter().find(|(key, _)| key.as_atom() == Some("__struct__")).map(|(_, name)| name);
        if keywords
            && let Some(Term::Atom(name)) = name
            && spelling(name.as_str()) == Spelling::Alias
        {
            out.text("%")?;
            Self::atom(out, name)?;
            out.text("{")?;
            return Ok(Pairing::Struct);
        }
        out.text("%{")?;
        Ok(if keywords { Pairing::Keywords } else { Pairing::Arrows })
    }

    fn is_keyword(elements: &[Term]) -> bool {
        elements.iter().all(|element| matches!(element.as_tuple(), Some([key, _]) if is_key(key)))
    }

    fn keyword(out: &mut Output<'_, '_>, key: &Atom) -> fmt::Result {
        let text = key.as_str();
        match spelling(text) {
            Spelling::Quoted | Spelling::Alias => quoted(out, text, usize::MAX)?,
            _ => out.text(text)?,
        }
        out.text(": ")
    }

    fn open_record(out: &mut Output<'_, '_>, record: &Record) -> fmt::Result {
        out.text("#Record<")?;
        Self::atom(out, &record.module)?;
        out.text(".")?;
        out.text(record.name.as_str())?;
        out.text("{")
    }

    fn record_field(out: &mut Output<'_, '_>, name: &Atom) -> fmt::Result {
        Self::keyword(out, name)
    }
}

/// Whether a key can be written with a colon after it.
fn is_key(key: &Term) -> bool {
    key.as_atom().is_some_and(|text| !text.starts_with("Elixir."))
}

/// An alias without the prefix that Elixir puts in front, unless another prefix would come to stand there.
fn without_prefix(text: &str) -> &str {
    match text.strip_prefix("Elixir.") {
        Some(rest) if rest != "Elixir" && !rest.starts_with("Elixir.") => rest,
        _ => text,
    }
}
