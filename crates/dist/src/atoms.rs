//! The receiving side of the distribution header's atom cache.
//!
//! A header lists the atoms of its message: each either spelled out, which also puts it into one of 2,048 slots of the
//! cache, or as the slot where it already is (`erl_dist_protocol`, "Distribution Header"). The cache lives as long as
//! the connection, so headers must be read in the order of arrival, whatever becomes of their messages.

use std::sync::Arc;

use pluto_term::Atom;

use crate::ProtocolError;

const SLOTS: usize = 2_048;

/// The atoms that the peer has put into the cache.
#[derive(Debug)]
pub(crate) struct AtomCache {
    slots: Box<[Option<Atom>]>,
    empty: Arc<[Atom]>,
}

impl AtomCache {
    pub(crate) fn new() -> Self {
        Self { slots: vec![None; SLOTS].into(), empty: Arc::new([]) }
    }

    /// Reads the atom table at the start of `bytes` (the count of atoms comes first) and takes its updates over.
    /// Gives the atoms of this message, in the order their references count, and the bytes that follow.
    pub(crate) fn read_header<'a>(
        &mut self,
        bytes: &'a [u8],
    ) -> Result<(Arc<[Atom]>, &'a [u8]), ProtocolError> {
        let (&count, rest) = bytes.split_first().ok_or(ProtocolError::Header)?;
        let count = usize::from(count);
        if count == 0 {
            return Ok((Arc::clone(&self.empty), rest));
        }
        let (flags, mut rest) = rest.split_at_checked(count / 2 + 1).ok_or(ProtocolError::Header)?;
        let long_atoms = nibble(flags, count).ok_or(ProtocolError::Header)? & 1 == 1;
        let mut atoms = Vec::with_capacity(count);
        for index in 0..count {
            let flag = nibble(flags, index).ok_or(ProtocolError::Header)?;
            let (&low, after) = rest.split_first().ok_or(ProtocolError::Header)?;
            let at = usize::from(flag & 7) << 8 | usize::from(low);
            let slot = self.slots.get_mut(at).ok_or(ProtocolError::Header)?;
            rest = after;
            if flag & 8 != 0 {
                let (text, after) = atom_text(rest, long_atoms).ok_or(ProtocolError::Header)?;
                rest = after;
                if slot.as_ref().is_none_or(|cached| cached.as_str() != text) {
                    *slot = Some(Atom::new(text));
                }
            }
            atoms.push(slot.clone().ok_or(ProtocolError::EmptyCacheSlot { slot: at })?);
        }
        Ok((atoms.into(), rest))
    }
}

/// The half-byte `index`: the low half of each byte comes first.
fn nibble(flags: &[u8], index: usize) -> Option<u8> {
    let byte = flags.get(index / 2)?;
    Some(if index.is_multiple_of(2) { byte & 0xf } else { byte >> 4 })
}

fn atom_text(bytes: &[u8], long: bool) -> Option<(&str, &[u8])> {
    let (length, rest) = if long {
        let (length, rest) = bytes.split_first_chunk::<2>()?;
        (usize::from(u16::from_be_bytes(*length)), rest)
    } else {
        let (&length, rest) = bytes.split_first()?;
        (usize::from(length), rest)
    };
    let (text, rest) = rest.split_at_checked(length)?;
    let text = std::str::from_utf8(text).ok()?;
    (text.chars().count() <= Atom::MAX_CHARACTERS).then_some((text, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(atoms: &[Atom]) -> Vec<&str> {
        atoms.iter().map(Atom::as_str).collect()
    }

    #[test]
    fn new_entries_old_entries_and_replaced_ones() {
        let mut cache = AtomCache::new();
        let (atoms, rest) = cache.read_header(&[2, 0x98, 0, 7, 2, b'o', b'k', 9, 1, b'x', 0xee]).unwrap();
        assert_eq!((names(&atoms), rest), (vec!["ok", "x"], &[0xee][..]));
        let (atoms, _) = cache.read_header(&[1, 0x01, 9]).unwrap();
        assert_eq!(names(&atoms), ["x"]);
        let (atoms, _) = cache.read_header(&[1, 0x19, 9, 0, 2, b'y', b'z']).unwrap();
        assert_eq!(names(&atoms), ["yz"]);
        let (atoms, _) = cache.read_header(&[2, 0x10, 0, 7, 9]).unwrap();
        assert_eq!(names(&atoms), ["ok", "yz"]);
        assert!(cache.read_header(&[0, 1, 2]).unwrap().0.is_empty());
    }

    #[test]
    fn slots_never_filled_and_headers_cut_short() {
        let mut cache = AtomCache::new();
        assert_eq!(cache.read_header(&[1, 0x05, 3]), Err(ProtocolError::EmptyCacheSlot { slot: 0x503 }));
        let whole = [2, 0x98, 0, 7, 2, b'o', b'k', 9, 1, b'x'];
        for cut in 0..whole.len() {
            assert_eq!(AtomCache::new().read_header(&whole[..cut]), Err(ProtocolError::Header), "{cut}");
        }
        assert_eq!(cache.read_header(&[1, 0x08, 3, 1, 0xff]), Err(ProtocolError::Header));
    }
}
