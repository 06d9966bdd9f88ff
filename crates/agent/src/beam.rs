//! The compiled agent under the name of a slot.
//!
//! The module's name is an atom like any other in the file's atom table, and nothing else depends on it. Slots
//! differ in the last digit, so the table keeps its length and the file its layout.

/// The module as compiled: the name of slot 0.
const COMPILED: &[u8] = include_bytes!("../compiled/pluto_agent.beam");
const COMPILED_NAME: &[u8] = b"pluto_agent_0";

/// One of the names under which an agent can live, so that several Plutos can attach to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(u8);

/// The embedded module cannot be given another name. Only a broken build does this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeamError {
    /// Not an uncompressed IFF file of type BEAM.
    #[error("the embedded agent is not an uncompressed BEAM file")]
    NotBeam,
    /// The file has no atom table, or it is cut short.
    #[error("the embedded agent has no readable atom table")]
    NoAtoms,
    /// The atom table does not begin with the module's name.
    #[error("the embedded agent has another name than expected")]
    OtherName,
}

impl Slot {
    /// All slots, in the order in which they are tried.
    pub fn all() -> impl Iterator<Item = Slot> {
        (0..8).map(Slot)
    }

    /// Its number, from 0.
    pub fn number(self) -> u8 {
        self.0
    }

    /// The module's name.
    pub fn module(self) -> String {
        format!("pluto_agent_{}", self.0)
    }

    /// The slot of this module name.
    pub fn from_module(name: &str) -> Option<Slot> {
        Slot::all().find(|slot| slot.module() == name)
    }

    /// The module's code, to be loaded on the node.
    pub fn beam(self) -> Result<Vec<u8>, BeamError> {
        let at = name_position(COMPILED)?;
        let last = at + COMPILED_NAME.len() - 1;
        let mut bytes = COMPILED.to_vec();
        *bytes.get_mut(last).ok_or(BeamError::NoAtoms)? = b'0' + self.0;
        Ok(bytes)
    }
}

/// Where the module's name, the first atom of the table, stands in the file. Chunks are a name of four bytes, a
/// big-endian length and the data, filled up to a multiple of four; the atom table of OTP 25 is a count of 32 bits,
/// then a length of one byte and the UTF-8 text of each atom.
fn name_position(file: &[u8]) -> Result<usize, BeamError> {
    if file.get(0..4) != Some(b"FOR1") || file.get(8..12) != Some(b"BEAM") {
        return Err(BeamError::NotBeam);
    }
    let mut at = 12;
    while let Some(name) = file.get(at..at + 4) {
        let length = file.get(at + 4..at + 8).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes);
        let length = length.and_then(|n| usize::try_from(n).ok()).ok_or(BeamError::NoAtoms)?;
        if name == b"AtU8" {
            let text = at + 8 + 4 + 1;
            let found = file.get(text - 1).copied().map(usize::from) == Some(COMPILED_NAME.len())
                && file.get(text..text + COMPILED_NAME.len()) == Some(COMPILED_NAME);
            return if found { Ok(text) } else { Err(BeamError::OtherName) };
        }
        at += 8 + length.next_multiple_of(4);
    }
    Err(BeamError::NoAtoms)
}

#[cfg(test)]
mod tests {
    use super::{BeamError, COMPILED, COMPILED_NAME, Slot, name_position};

    #[test]
    fn slots_differ_in_one_byte() {
        for slot in Slot::all() {
            let beam = slot.beam().unwrap();
            let differing = beam.iter().zip(COMPILED).filter(|(a, b)| a != b).count();
            assert_eq!(
                (beam.len(), differing),
                (COMPILED.len(), usize::from(slot.module() != "pluto_agent_0"))
            );
            assert_eq!(Slot::from_module(&slot.module()), Some(slot));
        }
    }

    #[test]
    fn the_name_is_in_no_other_place() {
        let places = COMPILED.windows(COMPILED_NAME.len()).filter(|w| *w == COMPILED_NAME).count();
        assert_eq!(places, 1);
    }

    #[test]
    fn what_is_no_beam_file_is_refused() {
        for cut in 0..200 {
            let error = name_position(&COMPILED[..cut]);
            assert!(matches!(
                error,
                Ok(_) | Err(BeamError::NotBeam | BeamError::NoAtoms | BeamError::OtherName)
            ));
        }
        assert_eq!(name_position(b"FOR1\0\0\0\0BEAMAtU8"), Err(BeamError::NoAtoms));
    }
}
