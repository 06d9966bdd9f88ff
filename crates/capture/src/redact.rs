//! Keeping terms out of a recording: dropped, or replaced by salted hashes.

use crate::decode::{Scratch, Span};
use pluto_event::Form;
use pluto_term::{Item, Limits, Reader, Term, encode_bare};
use std::hash::{BuildHasher, RandomState};

/// What is done to arguments, values and messages before anything else sees them.
#[derive(Clone, Debug, Default)]
pub enum Redaction {
    /// Nothing.
    #[default]
    Keep,
    /// Each term is replaced by `{hash, Integer}`; lists of arguments element by element. The salt lives as long as
    /// this value and is written nowhere, so equal terms stay equal within one recording and nowhere else.
    Hash(RandomState),
    /// The terms are left out.
    Drop,
}

impl Redaction {
    /// Hashing with a salt of its own.
    #[must_use]
    pub fn hash() -> Redaction {
        Redaction::Hash(RandomState::new())
    }

    /// Redacts the term that `span` holds in `scratch`.
    pub(crate) fn apply(&self, scratch: &mut Scratch, span: &mut Span) {
        match self {
            Redaction::Keep => {}
            Redaction::Drop => {
                scratch.bytes().truncate(span.start);
                *span = Span::ABSENT;
            }
            // There is no term to hash, and its size says nothing of it.
            Redaction::Hash(_) if span.form == Form::TooDeep => {}
            Redaction::Hash(salt) => {
                let hashed = hash_term(scratch.slice(*span), salt);
                scratch.bytes().truncate(span.start);
                encode_bare(&hashed, scratch.bytes());
                *span = scratch.span_from(span.start, Form::Hashed);
            }
        }
    }
}

/// A proper list keeps its length, so that the number of arguments stays readable; anything else is one hash.
fn hash_term(bytes: &[u8], salt: &RandomState) -> Term {
    list_elements(bytes).map_or_else(
        || hash_of(bytes, salt),
        |elements| Term::list(elements.into_iter().map(|element| hash_of(element, salt))),
    )
}

fn list_elements(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut reader = Reader::new(bytes, &Limits::default());
    match reader.next().ok()? {
        Item::Nil => Some(Vec::new()),
        // A packed list: each byte stands for a small integer of its own.
        Item::String(packed) => Some(packed.chunks(1).collect()),
        Item::List(length) => {
            let elements = (0..length).map(|_| reader.skip().ok()).collect::<Option<Vec<_>>>()?;
            matches!(reader.next().ok()?, Item::Nil).then_some(elements)
        }
        _ => None,
    }
}

fn hash_of(bytes: &[u8], salt: &RandomState) -> Term {
    // 60 bits, so that the hash is a small integer for a node as well.
    let hash = salt.hash_one(bytes) >> 4;
    Term::tuple([Term::atom("hash"), Term::int(i64::try_from(hash).unwrap_or(i64::MAX))])
}
