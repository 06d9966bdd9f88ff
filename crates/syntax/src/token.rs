//! Tokens and trivia.

/// A token or trivia: what it is, and where it begins. It ends where the next begins; the last is [`Kind::End`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its first byte.
    pub start: u32,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// The end of the source.
    End,
}
