//! Building a bit string from segments, and identifiers from their numbers.

use super::{ParseErrorKind, ParseOptions};
use crate::{Pid, Port, Reference, Term};

/// Bits put together from the highest down.
#[derive(Debug, Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    /// Bits used in the last byte; 0 stands for all of them.
    used: u8,
}

impl Bits {
    /// Adds the lowest `size` bits of `value`; at most 64.
    pub(super) fn push(&mut self, value: i64, size: u64) -> Result<(), ParseErrorKind> {
        if size > 64 {
            return Err(ParseErrorKind::Segment);
        }
        if self.used == 0 && size == 8 {
            self.bytes.extend(value.to_le_bytes().first());
            return Ok(());
        }
        for place in (0..size).rev() {
            if self.used == 0 {
                self.bytes.push(0);
            }
            let bit = u8::from((value >> place) & 1 == 1);
            if let Some(last) = self.bytes.last_mut() {
                *last |= bit << (7 - self.used);
            }
            self.used = (self.used + 1) % 8;
        }
        Ok(())
    }

    pub(super) fn text(&mut self, bytes: &[u8]) -> Result<(), ParseErrorKind> {
        bytes.iter().try_for_each(|&byte| self.push(i64::from(byte), 8))
    }

    pub(super) fn into_term(self) -> Term {
        Term::bit_string(self.bytes, if self.used == 0 { 8 } else { self.used })
    }
}

/// The pid whose numbers stand between `<` and `>`.
pub(super) fn pid(numbers: &[u64], options: &ParseOptions) -> Option<Term> {
    let &[0, id, serial] = numbers else { return None };
    let (id, serial) = (u32::try_from(id).ok()?, u32::try_from(serial).ok()?);
    Some(Term::Pid(Pid { node: options.node.clone(), id, serial, creation: options.creation }))
}

pub(super) fn port(numbers: &[u64], options: &ParseOptions) -> Option<Term> {
    let &[0, id] = numbers else { return None };
    Some(Term::Port(Port { node: options.node.clone(), id, creation: options.creation }))
}

pub(super) fn reference(numbers: &[u64], options: &ParseOptions) -> Option<Term> {
    let [0, words @ ..] = numbers else { return None };
    if !(1..=Reference::MAX_WORDS).contains(&words.len()) {
        return None;
    }
    let id = words.iter().rev().map(|&word| u32::try_from(word).ok()).collect::<Option<Vec<u32>>>()?;
    Some(Term::Reference(Reference { node: options.node.clone(), creation: options.creation, id }))
}
