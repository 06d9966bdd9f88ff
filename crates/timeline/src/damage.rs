//! Damage that no gap tells of: no event is missing by it, but what events name, or what the recording is about.

use pluto_recording::Damaged;
use serde::Serialize;
use std::fmt;

/// A file of a recording that cannot be read, or from some byte on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// The file within the recording.
    pub file: String,
    /// The byte from which on it cannot be read.
    pub offset: u64,
    /// What is wrong with it.
    pub what: String,
}

impl From<&Damaged> for Damage {
    fn from(damaged: &Damaged) -> Damage {
        Damage { file: damaged.file.clone(), offset: damaged.offset, what: damaged.what.to_string() }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "damaged: {} at byte {}: {}", self.file, self.offset, self.what)
    }
}
