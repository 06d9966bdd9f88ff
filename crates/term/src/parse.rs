//! Reading terms from text in Erlang or Elixir syntax.
//!
//! A lexer per language turns the text into brackets, separators and leaves (numbers, atoms, strings, binaries,
//! identifiers); one machine with an explicit stack puts them together.

mod bits;
mod cursor;
mod elixir;
mod erlang;
mod machine;

use crate::{Atom, Limits, Syntax, Term};

/// What to assume where text says less than a term holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseOptions {
    /// Bounds on depth, terms and bytes of text.
    pub limits: Limits,
    /// The node of pids, ports and references, which text shows as 0.
    pub node: Atom,
    /// The creation of that node.
    pub creation: u32,
}

impl Default for ParseOptions {
    /// The default limits and `nonode@nohost`.
    fn default() -> Self {
        Self { limits: Limits::default(), node: Atom::new("nonode@nohost"), creation: 0 }
    }
}

/// Why text is not a term, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {at}")]
pub struct ParseError {
    /// Offset in bytes into the text.
    pub at: usize,
    /// What is wrong there.
    pub kind: ParseErrorKind,
}

/// What is wrong with text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The text ends inside a term.
    #[error("text ends before the term does")]
    End,
    /// A character that cannot stand there.
    #[error("unexpected {0:?}")]
    Unexpected(char),
    /// Text after the term.
    #[error("text after the term")]
    Trailing,
    /// A number with an impossible base or digit, or out of range.
    #[error("malformed number")]
    Number,
    /// A number of more digits than allowed.
    #[error("number of more than {limit} digits")]
    LongNumber {
        /// The limit in force.
        limit: usize,
    },
    /// An escape after a backslash that means nothing.
    #[error("malformed escape")]
    Escape,
    /// An atom of more than 255 characters.
    #[error("atom of more than 255 characters")]
    LongAtom,
    /// A variable, call or operator where only a constant can be read.
    #[error("not a constant")]
    NotConstant,
    /// A segment of a binary that is not a constant of a known size.
    #[error("malformed segment of a binary")]
    Segment,
    /// Something that text cannot carry whole, such as a local fun.
    #[error("{0} cannot be read from text")]
    Opaque(&'static str),
    /// More containers inside one another than allowed.
    #[error("nested deeper than {limit}")]
    TooDeep {
        /// The limit in force.
        limit: u32,
    },
    /// More terms than allowed.
    #[error("more than {limit} terms")]
    TooManyTerms {
        /// The limit in force.
        limit: u64,
    },
    /// More text than allowed.
    #[error("text of more than {limit} bytes")]
    TooLong {
        /// The limit in force.
        limit: usize,
    },
}

/// Reads one term; blanks around it are skipped.
///
/// # Errors
/// What is wrong with the text, and where.
pub fn parse(text: &str, syntax: Syntax) -> Result<Term, ParseError> {
    parse_with(text, syntax, &ParseOptions::default())
}

/// Reads one term under `options`.
///
/// # Errors
/// What is wrong with the text, and where.
pub fn parse_with(text: &str, syntax: Syntax, options: &ParseOptions) -> Result<Term, ParseError> {
    let limit = options.limits.bytes;
    if text.len() > limit {
        return Err(ParseError { at: limit, kind: ParseErrorKind::TooLong { limit } });
    }
    let cursor = cursor::Cursor::new(text);
    match syntax {
        Syntax::Erlang => machine::run(&mut erlang::Lexer::new(cursor, options), &options.limits),
        Syntax::Elixir => machine::run(&mut elixir::Lexer::new(cursor, options), &options.limits),
    }
}
