//! `manifest.json`: what a recording is about, its version, and whether it was finished.

use crate::error::{Damage, RecordingError};
use pluto_event::Nanos;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The version of the format that this crate writes.
pub const VERSION: Version = Version { major: 1, minor: 3 };

const FORMAT: &str = "pluto-recording";
pub(crate) const FILE: &str = "manifest.json";
const BYTES_MAX: u64 = 64 << 20;

/// A version of the recording format. Another major version cannot be read; a newer minor version only adds keys,
/// columns at the end, and numbers of closed lists, and can be read by leaving these out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Version {
    /// The major version.
    pub major: u32,
    /// The minor version.
    pub minor: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Whether the recording was ended by its writer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is still being written, or its writer was killed.
    #[default]
    Recording,
    /// Its writer finished it.
    Finished,
}

/// Why a recording ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The user stopped it, or the time that was asked for had passed.
    #[default]
    Stopped,
    /// A limit was reached.
    Limit,
    /// Every connection was lost.
    ConnectionLost,
    /// The disk was full.
    DiskFull,
    /// For a reason that this version does not know.
    #[serde(other)]
    Other,
}

/// What a recording is about; known when it is begun, and changed where a node joins.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    /// The version of the tool that wrote it.
    pub tool_version: String,
    /// When it was begun.
    pub started: Nanos,
    /// The nodes that were traced.
    pub nodes: Vec<NodeAbout>,
    /// The patterns that were traced at first, as they were typed.
    pub patterns: Vec<String>,
    /// When other patterns were traced from then on, at most 1,024 times. Since version 1.3.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// How many changes are not known. Since version 1.3.
    #[serde(skip_serializing_if = "is_zero")]
    pub changes_left_out: u64,
    /// The capture level.
    pub level: String,
    /// The sampling, as it was typed; `None` where every event was asked for.
    pub sampling: Option<String>,
    /// The limits that were in force, by name, each with its unit in the name.
    pub limits: BTreeMap<String, u64>,
    /// How arguments were redacted; `None` where they were not.
    pub redaction: Option<String>,
    /// Whether not every event came with a time: times then tell the order of events and nothing else. Since version 1.2.
    pub order_only: bool,
}

/// A change of what is traced on a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Change {
    /// When.
    pub time: Nanos,
    /// The full name of the node.
    pub node: String,
    /// All patterns that were traced on it from then on.
    pub patterns: Vec<String>,
    /// Functions that they stand for and that were not traced from then on, because they were too much.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A node, as it was when the recording was begun.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeAbout {
    /// The full name, `name@host`.
    pub name: String,
    /// The creation that the node had in its handshake.
    pub creation: u32,
    /// The OTP release.
    pub otp: String,
    /// The version of the runtime system.
    pub erts: String,
    /// The estimate of the node's clock less the observer's, in nanoseconds; event times have it subtracted.
    pub clock_offset_nanos: i64,
    /// The error bound of that estimate, in nanoseconds.
    pub clock_error_nanos: i64,
    /// The registered names of its processes. Since version 1.1.
    pub names: Vec<NameAbout>,
    /// How many names were over the writer's bound, and are not known. Since version 1.1.
    pub names_left_out: u64,
}

/// A registered name, as it was when the recording was begun, or was seen since.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NameAbout {
    /// The name, as an atom's text.
    pub name: String,
    /// The number of the process that had it.
    pub number: u32,
    /// The serial of that process.
    pub serial: u32,
    /// Where the process did not have the name yet when the recording was begun. Since version 1.3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<NameSeen>,
}

/// Between which times a process got a registered name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NameSeen {
    /// It did not have it at this time.
    pub after: Nanos,
    /// It had it at this time.
    pub by: Nanos,
}

/// How a recording ended; given to [`Writer::finish`](crate::Writer::finish).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// When it was finished.
    pub finished: Nanos,
    /// Why.
    pub ended: Ended,
    /// Counters of the capture, by name: events dropped, batches received and the like.
    pub counters: BTreeMap<String, u64>,
}

/// One segment, as it was when it was closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SegmentAbout {
    /// Its number, which its file name has.
    pub number: u32,
    /// Its size in bytes, the end marker included.
    pub bytes: u64,
    /// How many batches it has.
    pub batches: u32,
    /// How many rows it has.
    pub events: u64,
    /// The earliest time of an event in it.
    pub min_time: Nanos,
    /// The latest time of an event in it.
    pub max_time: Nanos,
}

/// Segments that ring mode has removed, in one run of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Expired {
    /// The number of the first segment that is gone.
    pub first: u32,
    /// The number of the last one.
    pub last: u32,
    /// How many rows they had.
    pub events: u64,
    /// The earliest time of an event in them.
    pub min_time: Nanos,
    /// The latest time of an event in them.
    pub max_time: Nanos,
}

/// What was written in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// Rows in the segments that are kept.
    pub events: u64,
    /// Bytes of segments, index and tables.
    pub bytes: u64,
    /// Payloads that were over the size accepted, and whose size was stored instead.
    pub oversize_payloads: u64,
    /// Events that were given to the writer, and that a failed write lost.
    pub events_lost: u64,
}

/// The whole manifest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Manifest {
    /// Always `pluto-recording`.
    pub(crate) format: String,
    /// The version of the format.
    pub version: Version,
    /// Whether the recording was finished.
    pub state: State,
    /// What it is about.
    pub about: About,
    /// The segments, once the recording is finished.
    pub segments: Vec<SegmentAbout>,
    /// What ring mode has removed.
    pub expired: Vec<Expired>,
    /// What was written in all, once the recording is finished.
    pub totals: Totals,
    /// How it ended, once it is finished.
    pub summary: Option<Summary>,
}

impl Default for Version {
    fn default() -> Version {
        VERSION
    }
}

/// The part of a manifest that every version of the format has.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: Version,
}

impl Manifest {
    pub(crate) fn new(about: About) -> Manifest {
        Manifest { format: FORMAT.to_owned(), about, ..Manifest::default() }
    }

    /// Writes the manifest of `dir` whole, by rename. Waits until the disk has it where `sync` is true.
    pub(crate) fn write(&self, dir: &Path, sync: bool) -> Result<(), RecordingError> {
        let temporary = dir.join("manifest.json.new");
        let path = dir.join(FILE);
        let io = |source| RecordingError::io(&path, source);
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| io(io::Error::other(error)))?;
        text.push(b'\n');
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)
            .map_err(io)?;
        let synced = if sync { File::sync_all } else { |_: &File| Ok(()) };
        file.write_all(&text).and_then(|()| synced(&file)).map_err(io)?;
        fs::rename(&temporary, &path).map_err(io)?;
        File::open(dir).and_then(|dir| synced(&dir)).map_err(io)
    }

    /// Reads the manifest of `dir`. Where it is missing or cannot be read, gives what is wrong with it.
    pub(crate) fn read(dir: &Path) -> Result<Result<Manifest, Damage>, RecordingError> {
        let path = dir.join(FILE);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Err(Damage::Missing));
            }
            Err(error) => return Err(RecordingError::io(&path, error)),
        };
        let mut text = Vec::new();
        file.take(BYTES_MAX + 1).read_to_end(&mut text).map_err(|error| RecordingError::io(&path, error))?;
        if text.len() as u64 > BYTES_MAX {
            return Ok(Err(Damage::Manifest));
        }
        let Ok(head) = serde_json::from_slice::<Head>(&text) else { return Ok(Err(Damage::Manifest)) };
        if head.format != FORMAT {
            return Err(RecordingError::NotARecording { path: dir.to_path_buf() });
        }
        if head.version.major != VERSION.major {
            return Err(RecordingError::NewerVersion { found: head.version, ours: VERSION });
        }
        Ok(serde_json::from_slice(&text).map_err(|_| Damage::Manifest))
    }
}
