//! Atoms and the identifiers a node hands out.

use std::fmt;
use std::sync::Arc;

use num_bigint::BigInt;

use crate::Term;

/// An atom: at most 255 characters of text. Cloning shares the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Atom(Arc<str>);

impl Atom {
    /// Characters (not bytes) a node allows in an atom.
    pub const MAX_CHARACTERS: usize = 255;

    /// Makes an atom of `text`. Text over [`Self::MAX_CHARACTERS`] is cut there, since no node could hold it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if text.len() <= Self::MAX_CHARACTERS {
            return Self(Arc::from(text));
        }
        let end = text.char_indices().nth(Self::MAX_CHARACTERS).map_or(text.len(), |(at, _)| at);
        Self(Arc::from(text.get(..end).unwrap_or_default()))
    }

    /// The text, without quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl From<&str> for Atom {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// A process identifier.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pid {
    /// The node the process lives on.
    pub node: Atom,
    /// First number: the slot of the process.
    pub id: u32,
    /// Second number: how often the slots wrapped.
    pub serial: u32,
    /// Which life of the node; 0 stands for any.
    pub creation: u32,
}

/// A port identifier.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Port {
    /// The node the port belongs to.
    pub node: Atom,
    /// The number of the port.
    pub id: u64,
    /// Which life of the node.
    pub creation: u32,
}

/// A reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// The node that made the reference.
    pub node: Atom,
    /// Which life of the node.
    pub creation: u32,
    /// One to five words, in the order of the wire: the least significant first.
    pub id: Vec<u32>,
}

impl Reference {
    /// Words a reference may have since OTP 24.
    pub const MAX_WORDS: usize = 5;
}

/// An external fun, `fun module:function/arity`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Export {
    /// The module.
    pub module: Atom,
    /// The exported function.
    pub function: Atom,
    /// Its number of arguments.
    pub arity: u8,
}

/// A local fun: code that lives in a module, with the values it closed over.
#[derive(Debug, Clone)]
pub struct Fun {
    /// The module that defines the fun.
    pub module: Atom,
    /// Number of arguments.
    pub arity: u8,
    /// MD5 of the significant parts of the module's code.
    pub uniq: [u8; 16],
    /// The fun's place in the module's fun table.
    pub index: u32,
    /// The fun's place as older releases count it; an integer that fits 32 bits on every release.
    pub old_index: i64,
    /// The hash of the fun's parse tree; an integer that fits 32 bits on every release.
    pub old_uniq: i64,
    /// The process that made the fun.
    pub pid: Pid,
    /// The values of the free variables.
    pub free: Vec<Term>,
}

/// A native record of OTP 29.
#[derive(Debug, Clone)]
pub struct Record {
    /// The module that defines the record.
    pub module: Atom,
    /// The record's name.
    pub name: Atom,
    /// Whether other modules may look inside.
    pub exported: bool,
    /// Field names and values, in the order of the definition.
    pub fields: Vec<(Atom, Term)>,
}

/// Gives `value` its smallest form: [`Term::Integer`] where it fits 64 bits.
impl From<BigInt> for Term {
    fn from(value: BigInt) -> Self {
        i64::try_from(&value).map_or_else(|_| Self::BigInteger(value), Self::Integer)
    }
}
