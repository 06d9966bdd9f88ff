//! A recording that is finished: how much is in it, and what that takes on disk.

use tempfile::TempDir;

use crate::error::{Doing as _, Error, Result};
use crate::pluto::Pluto;

/// A recording in a folder that goes with it.
pub(crate) struct Recorded {
    pub(crate) events: u64,
    /// Events that are known to be missing.
    pub(crate) missing: u64,
    pub(crate) folder: TempDir,
}

/// What a recording holds.
pub(crate) struct Content {
    /// Processes with events.
    pub(crate) processes: usize,
    pub(crate) calls: u64,
    /// Calls by function.
    functions: Vec<(String, u64)>,
}

impl Recorded {
    /// Bytes of all files of the recording.
    pub(crate) fn bytes(&self) -> Result<u64> {
        let folder = self.folder.path().join("recording");
        let doing = || format!("read {}", folder.display());
        let mut bytes = 0;
        for entry in std::fs::read_dir(&folder).doing(doing)? {
            bytes += entry.and_then(|entry| entry.metadata()).doing(doing)?.len();
        }
        Ok(bytes)
    }

    /// What is in it, as `pluto stat` counts it.
    pub(crate) fn content(&self, pluto: &Pluto) -> Result<Content> {
        let said = pluto.stat(&self.folder.path().join("recording"))?;
        let rows = |name: &str| said.get(name).and_then(|rows| rows.as_array());
        let functions = rows("functions")
            .into_iter()
            .flatten()
            .map(|row| Some((row.get("function")?.as_str()?.to_owned(), row.get("calls")?.as_u64()?)));
        let functions = functions.collect::<Option<Vec<_>>>();
        let (Some(functions), Some(processes)) = (functions, rows("processes").map(Vec::len)) else {
            return Err(Error::Unreadable { what: "what pluto stat said", text: said.to_string() });
        };
        let calls = functions.iter().map(|(_, calls)| calls).sum();
        Ok(Content { processes, calls, functions })
    }
}

impl Content {
    /// Calls of one function.
    pub(crate) fn calls_of(&self, function: &str) -> u64 {
        self.functions.iter().find(|(name, _)| name == function).map_or(0, |(_, calls)| *calls)
    }
}
