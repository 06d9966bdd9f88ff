//! The terms that events carry, as external-term bytes with the form they were captured in.

/// In which form a term was captured. The numbers are part of the recording format and never change meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[repr(u8)]
pub enum Form {
    /// There is no term.
    #[default]
    Absent = 0,
    /// The term as it was.
    Full = 1,
    /// Scalars as they were, the shape of the rest. A shape is a tuple: `{map, Keys}`, `{tuple, Size}`,
    /// `{tuple, Size, FirstAtom}`, `{tuple, Shapes}` with the scalar or shape of each element in a list,
    /// `{binary, Bytes}`, `{list}`, `{alias, Reference}` for a list that begins `[alias | Reference` (the tag of a
    /// `gen_server` call), and `{other}`. Scalars are never tuples, so a tuple always is a shape. A list of arguments
    /// is a proper list of such elements.
    Shape = 2,
    /// Like [`Form::Full`], with terms replaced by salted hashes, `{hash, Integer}`.
    Hashed = 3,
    /// The term was over a limit and was left out; the bytes hold an integer, its size in bytes.
    Oversize = 4,
    /// The term was nested too deep to be read and was left out; the bytes hold an integer, its size in bytes.
    TooDeep = 5,
}

impl Form {
    /// Every form, in the order of its number.
    pub const ALL: [Form; 6] =
        [Form::Absent, Form::Full, Form::Shape, Form::Hashed, Form::Oversize, Form::TooDeep];

    /// The form with this number, `None` for a number that this version does not know.
    pub fn from_number(number: u8) -> Option<Form> {
        Form::ALL.get(usize::from(number)).copied()
    }
}

/// A term as it was captured: external term format without the leading version byte (131).
///
/// Atoms are spelled out: references into a connection's atom cache are resolved before a payload is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Payload<'a> {
    /// The form of the term.
    pub form: Form,
    /// Its bytes; empty where the form is [`Form::Absent`].
    pub bytes: &'a [u8],
}

impl<'a> Payload<'a> {
    /// No term.
    pub const ABSENT: Payload<'static> = Payload { form: Form::Absent, bytes: &[] };

    /// A term as it was.
    pub fn full(bytes: &'a [u8]) -> Payload<'a> {
        Payload { form: Form::Full, bytes }
    }

    /// Scalars and shapes.
    pub fn shape(bytes: &'a [u8]) -> Payload<'a> {
        Payload { form: Form::Shape, bytes }
    }

    /// Whether there is no term.
    pub fn is_absent(&self) -> bool {
        self.form == Form::Absent
    }
}
