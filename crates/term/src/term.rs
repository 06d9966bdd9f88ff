//! The owned term.

use std::cmp::Ordering;

use num_bigint::BigInt;

use crate::{Atom, Export, Fun, Pid, Port, Record, Reference, compare};

/// An Erlang term that owns all of its parts.
///
/// Equality is Erlang's `=:=` (`1` and `1.0` differ, the order of a map's pairs does not matter). The order is
/// Erlang's order of terms with `1` before `1.0`; [`Term::compare`] is the order that `<` and `==` see.
#[derive(Clone)]
pub enum Term {
    /// An integer that fits 64 bits. Larger ones are [`Self::BigInteger`].
    Integer(i64),
    /// An integer that does not fit 64 bits; use `Term::from(BigInt)` to get the smallest form.
    BigInteger(BigInt),
    /// A finite float.
    Float(f64),
    /// An atom.
    Atom(Atom),
    /// A binary of whole bytes.
    Binary(Vec<u8>),
    /// A bit string that does not end at a byte; make one with [`Term::bit_string`].
    BitString {
        /// The bytes; in the last one only the highest `bits` count, the others are zero.
        bytes: Vec<u8>,
        /// Bits used in the last byte, 1 to 7.
        bits: u8,
    },
    /// A process identifier.
    Pid(Pid),
    /// A port identifier.
    Port(Port),
    /// A reference.
    Reference(Reference),
    /// A local fun.
    Fun(Box<Fun>),
    /// An external fun.
    Export(Box<Export>),
    /// A tuple.
    Tuple(Vec<Term>),
    /// A proper list, the empty list too.
    List(Vec<Term>),
    /// A list of at least one element whose tail is not a list.
    ImproperList(Vec<Term>, Box<Term>),
    /// A map: keys and values in the order of the bytes, no key twice.
    Map(Vec<(Term, Term)>),
    /// A native record.
    Record(Box<Record>),
}

impl Term {
    /// An atom.
    #[must_use]
    pub fn atom(text: &str) -> Self {
        Self::Atom(Atom::new(text))
    }

    /// An integer.
    #[must_use]
    pub fn int(value: impl Into<i64>) -> Self {
        Self::Integer(value.into())
    }

    /// A binary.
    #[must_use]
    pub fn binary(bytes: impl AsRef<[u8]>) -> Self {
        Self::Binary(bytes.as_ref().to_vec())
    }

    /// A bit string of which `bits` of the last byte count: a binary where that is all of them (8) or there is no
    /// byte. Bits beyond are cleared, so that equal bit strings have equal bytes.
    #[must_use]
    pub fn bit_string(mut bytes: Vec<u8>, bits: u8) -> Self {
        let Some(last) = bytes.last_mut().filter(|_| (1..=7).contains(&bits)) else {
            return Self::Binary(bytes);
        };
        *last &= 0xff << (8 - bits);
        Self::BitString { bytes, bits }
    }

    /// A tuple.
    #[must_use]
    pub fn tuple(elements: impl IntoIterator<Item = Self>) -> Self {
        Self::Tuple(elements.into_iter().collect())
    }

    /// A proper list.
    #[must_use]
    pub fn list(elements: impl IntoIterator<Item = Self>) -> Self {
        Self::List(elements.into_iter().collect())
    }

    /// A list of the integers in `text`, one per character.
    #[must_use]
    pub fn charlist(text: &str) -> Self {
        Self::List(text.chars().map(|c| Self::Integer(i64::from(u32::from(c)))).collect())
    }

    /// A map. Of pairs with the same key the last one stays.
    #[must_use]
    pub fn map(pairs: impl IntoIterator<Item = (Self, Self)>) -> Self {
        Self::Map(compare::last_of_each_key(pairs.into_iter().collect()))
    }

    /// The text of an atom.
    #[must_use]
    pub fn as_atom(&self) -> Option<&str> {
        match self {
            Self::Atom(atom) => Some(atom.as_str()),
            _ => None,
        }
    }

    /// The value of an integer that fits 64 bits.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// The elements of a tuple.
    #[must_use]
    pub fn as_tuple(&self) -> Option<&[Self]> {
        match self {
            Self::Tuple(elements) => Some(elements),
            _ => None,
        }
    }

    /// The elements of a proper list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The bytes of a binary.
    #[must_use]
    pub fn as_binary(&self) -> Option<&[u8]> {
        match self {
            Self::Binary(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// A pid.
    #[must_use]
    pub fn as_pid(&self) -> Option<&Pid> {
        match self {
            Self::Pid(pid) => Some(pid),
            _ => None,
        }
    }

    /// A reference.
    #[must_use]
    pub fn as_reference(&self) -> Option<&Reference> {
        match self {
            Self::Reference(reference) => Some(reference),
            _ => None,
        }
    }

    /// The pairs of a map.
    #[must_use]
    pub fn as_map(&self) -> Option<&[(Self, Self)]> {
        match self {
            Self::Map(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The value under the atom `key` of a map.
    #[must_use]
    pub fn map_get(&self, key: &str) -> Option<&Self> {
        let pairs = self.as_map()?;
        pairs.iter().find(|(found, _)| found.as_atom() == Some(key)).map(|(_, value)| value)
    }

    /// Erlang's order of terms, in which `1` and `1.0` are equal: what `<`, `==` and `lists:sort/1` see.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        compare::compare(self, other, false)
    }
}

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        compare::compare(self, other, true) == Ordering::Equal
    }
}

impl Eq for Term {}

impl PartialOrd for Term {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Term {
    fn cmp(&self, other: &Self) -> Ordering {
        compare::compare(self, other, true)
    }
}

macro_rules! from {
    ($($from:ty => $value:ident $build:expr;)*) => {
        $(impl From<$from> for Term {
            fn from($value: $from) -> Self {
                $build
            }
        })*
    };
}

from! {
    i64 => value Self::Integer(value);
    i32 => value Self::Integer(i64::from(value));
    u32 => value Self::Integer(i64::from(value));
    u64 => value Self::from(BigInt::from(value));
    f64 => value Self::Float(value);
    bool => value Self::atom(if value { "true" } else { "false" });
    Atom => value Self::Atom(value);
    Pid => value Self::Pid(value);
    Port => value Self::Port(value);
    Reference => value Self::Reference(value);
    Export => value Self::Export(Box::new(value));
    Fun => value Self::Fun(Box::new(value));
    Record => value Self::Record(Box::new(value));
}
