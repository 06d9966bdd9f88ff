//! What a tool has to say about a program, as data.

use std::fmt;

use crate::FileSpan;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The program is refused.
    Error,
    /// The program is taken, and probably not what was meant.
    Warning,
}

/// A kind of diagnostic: its number never changes and is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Code {
    /// The number, as in `E0123`.
    pub number: u16,
    /// The name, as in `unknown-name`.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
}

/// Codes below this are of the lexer and the parser.
const CHECKER: u16 = 200;

impl Code {
    /// Whether it is about how a program is written, not about what it means.
    #[must_use]
    pub const fn is_of_syntax(self) -> bool {
        self.number < CHECKER
    }
}

/// A place, and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub place: FileSpan,
    /// What is to be said about it; empty where the message says it all.
    pub text: String,
}

/// A change that mends the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an imperative: "write `and`".
    pub title: String,
    /// The changes of text; none overlaps another.
    pub edits: Vec<Edit>,
    /// Whether it spells what was meant in the only way there is, so that no person needs to look at it. Otherwise it proposes
    /// one of several ways.
    pub sure: bool,
}

/// One change of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is taken away; empty to insert.
    pub place: FileSpan,
    /// What comes in its place.
    pub text: String,
}

/// One thing to say about a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its kind.
    pub code: Code,
    /// One sentence, without a full stop.
    pub message: String,
    /// Where.
    pub primary: Label,
    /// Other places that explain it.
    pub secondary: Vec<Label>,
    /// What else helps: each one sentence.
    pub notes: Vec<String>,
    /// How to mend it.
    pub fix: Option<Fix>,
}

impl Fix {
    /// A fix that spells what was meant in the only way there is.
    pub fn sure(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { title: title.into(), edits, sure: true }
    }

    /// A fix that is one of several ways to mend it.
    pub fn proposed(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { title: title.into(), edits, sure: false }
    }
}

impl fmt::Display for Code {
    /// `E0123`, also for a warning: one space of numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "E{:04}", self.number)
    }
}
