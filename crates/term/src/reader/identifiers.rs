//! Atoms, and what carries atoms inside: pids, ports, references and funs.

use super::{AtomRef, ExportRef, FunRef, Item, PidRef, PortRef, Reader, RecordRef, ReferenceRef};
use crate::{Atom, DecodeError, Reference, encode, tag};

impl<'a> Reader<'a> {
    /// Reads the atom whose `tag` stood at `at`.
    pub(super) fn atom_body(&mut self, tag: u8, at: usize) -> Result<AtomRef<'a>, DecodeError> {
        self.atoms = self.atoms.saturating_add(1);
        if self.atoms > self.limits.atoms {
            return Err(DecodeError::TooManyAtoms { limit: self.limits.atoms, at });
        }
        let n = match tag {
            tag::ATOM_CACHE_REF => return self.cached_atom(at),
            tag::SMALL_ATOM_UTF8 | tag::SMALL_ATOM => usize::from(self.u8()?),
            tag::ATOM_UTF8 | tag::ATOM => usize::from(self.u16()?),
            _ => return Err(DecodeError::BadAtom { at }),
        };
        let bytes = self.slice(n)?;
        let bad = DecodeError::BadAtom { at };
        if matches!(tag, tag::SMALL_ATOM | tag::ATOM) && !bytes.is_ascii() {
            return if n <= Atom::MAX_CHARACTERS { Ok(AtomRef::Latin1(bytes)) } else { Err(bad) };
        }
        let text = std::str::from_utf8(bytes).map_err(|_| bad)?;
        if n > Atom::MAX_CHARACTERS && text.chars().count() > Atom::MAX_CHARACTERS {
            return Err(bad);
        }
        Ok(AtomRef::Utf8(text))
    }

    fn cached_atom(&mut self, at: usize) -> Result<AtomRef<'a>, DecodeError> {
        let index = self.u8()?;
        let Some(atom) = self.cache.get(usize::from(index)) else {
            return Err(DecodeError::UnknownCacheReference { index, at });
        };
        self.flush_copy(at);
        if let Some(copying) = &mut self.copy {
            encode::atom(atom.as_str(), &mut copying.out);
            copying.copied = self.at;
        }
        Ok(AtomRef::Utf8(atom.as_str()))
    }

    /// Reads an atom where the format wants one.
    fn atom(&mut self) -> Result<AtomRef<'a>, DecodeError> {
        let at = self.at;
        let tag = self.u8()?;
        self.atom_body(tag, at)
    }

    /// Reads the creation: four bytes in the new form of an identifier, one in the old.
    fn creation(&mut self, new: bool) -> Result<u32, DecodeError> {
        if new { self.u32() } else { Ok(u32::from(self.u8()?)) }
    }

    pub(super) fn pid_body(&mut self, tag: u8) -> Result<PidRef<'a>, DecodeError> {
        let node = self.atom()?;
        let id = self.u32()?;
        let serial = self.u32()?;
        Ok(PidRef { node, id, serial, creation: self.creation(tag == tag::NEW_PID)? })
    }

    pub(super) fn port_body(&mut self, tag: u8) -> Result<PortRef<'a>, DecodeError> {
        let node = self.atom()?;
        let id = if tag == tag::V4_PORT { u64::from_be_bytes(self.array()?) } else { u64::from(self.u32()?) };
        Ok(PortRef { node, id, creation: self.creation(tag != tag::PORT)? })
    }

    pub(super) fn reference_body(&mut self, tag: u8, at: usize) -> Result<ReferenceRef<'a>, DecodeError> {
        let bad = DecodeError::BadIdentifier { what: "reference", at };
        let mut words = [0; Reference::MAX_WORDS];
        if tag == tag::REFERENCE {
            let node = self.atom()?;
            if let Some(word) = words.first_mut() {
                *word = self.u32()?;
            }
            return Ok(ReferenceRef { node, creation: self.creation(false)?, words, len: 1 });
        }
        let len = self.u16()?;
        let node = self.atom()?;
        let creation = self.creation(tag == tag::NEWER_REFERENCE)?;
        let used = words.get_mut(..usize::from(len)).filter(|used| !used.is_empty()).ok_or(bad)?;
        for word in used {
            *word = self.u32()?;
        }
        Ok(ReferenceRef { node, creation, words, len: u8::try_from(len).unwrap_or(0) })
    }

    pub(super) fn fun_body(&mut self, at: usize) -> Result<FunRef<'a>, DecodeError> {
        let _size = self.u32()?;
        let arity = self.u8()?;
        let uniq = self.array()?;
        let index = self.u32()?;
        let free = self.length()?;
        let module = self.atom()?;
        let old_index = self.small_integer(at)?;
        let old_uniq = self.small_integer(at)?;
        let pid_at = self.at;
        let tag = self.u8()?;
        if !matches!(tag, tag::NEW_PID | tag::PID) {
            return Err(DecodeError::BadIdentifier { what: "fun", at: pid_at });
        }
        let pid = self.pid_body(tag)?;
        Ok(FunRef { module, arity, uniq, index, old_index, old_uniq, pid, free })
    }

    pub(super) fn export_body(&mut self, at: usize) -> Result<ExportRef<'a>, DecodeError> {
        let module = self.atom()?;
        let function = self.atom()?;
        let arity = self.small_integer(at)?;
        let bad = DecodeError::BadIdentifier { what: "fun", at };
        Ok(ExportRef { module, function, arity: u8::try_from(arity).map_err(|_| bad)? })
    }

    pub(super) fn record_body(&mut self, at: usize) -> Result<RecordRef<'a>, DecodeError> {
        let fields = self.length()?;
        let exported = match self.u8()? {
            0 => false,
            1 => true,
            _ => return Err(DecodeError::BadIdentifier { what: "record", at }),
        };
        let module = self.atom()?;
        let name = self.atom()?;
        Ok(RecordRef { module, name, exported, fields })
    }

    /// Reads an integer inside a fun, which is not a term of its own.
    fn small_integer(&mut self, at: usize) -> Result<i64, DecodeError> {
        let bad = DecodeError::BadIdentifier { what: "fun", at };
        match self.u8()? {
            tag::SMALL_INTEGER => Ok(i64::from(self.u8()?)),
            tag::INTEGER => Ok(i64::from(i32::from_be_bytes(self.array()?))),
            tag::SMALL_BIG => {
                let n = usize::from(self.u8()?);
                let Item::Integer(value) = self.big(n)? else { return Err(bad) };
                Ok(value)
            }
            _ => Err(bad),
        }
    }
}
