//! A term as it arrived: bytes and the atoms they refer to.

use std::sync::Arc;

use pluto_term::{Atom, DecodeError, Limits, Reader, Term, encode_bare};

/// A term from the peer, not decoded yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    bytes: Vec<u8>,
    start: usize,
    atoms: Arc<[Atom]>,
}

impl Message {
    /// The term at `start` of `bytes`, whose cached atoms are `atoms`.
    pub(crate) fn new(bytes: Vec<u8>, start: usize, atoms: Arc<[Atom]>) -> Self {
        Self { bytes, start, atoms }
    }

    pub(crate) fn from_term(term: &Term) -> Self {
        let mut bytes = Vec::new();
        encode_bare(term, &mut bytes);
        Self { bytes, start: 0, atoms: Arc::new([]) }
    }

    /// The encoded term, without version byte. Atoms of the distribution header stand in it as references (tag 82)
    /// to [`Self::atoms`].
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// The atoms of the message's distribution header.
    #[must_use]
    pub fn atoms(&self) -> &[Atom] {
        &self.atoms
    }

    /// A reader over the term that copies nothing.
    #[must_use]
    pub fn reader(&self, limits: &Limits) -> Reader<'_> {
        Reader::new(self.bytes(), limits).with_atom_cache(&self.atoms)
    }

    /// The term, decoded.
    ///
    /// # Errors
    /// When the bytes are no term or pass the limits.
    pub fn term(&self, limits: &Limits) -> Result<Term, DecodeError> {
        self.reader(limits).term()
    }

    /// Memory the message keeps, in bytes: what it counts for in a mailbox.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.capacity() + self.atoms.len() * size_of::<Atom>() + size_of::<Self>()
    }
}
