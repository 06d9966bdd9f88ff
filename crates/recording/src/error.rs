//! What can go wrong with a recording, as facts.

use crate::manifest::Version;
use std::io;
use std::path::{Path, PathBuf};

/// Why a recording cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// There is no directory of that name.
    #[error("there is no directory {}", path.display())]
    NoDirectory {
        /// The directory.
        path: PathBuf,
    },
    /// The directory has no manifest, or one that is not of a recording.
    #[error("{} is not a recording", path.display())]
    NotARecording {
        /// The directory.
        path: PathBuf,
    },
    /// The recording was written by a newer version whose format this version cannot read.
    #[error("the recording has format {found}, and this version reads {ours}")]
    NewerVersion {
        /// The version in the manifest.
        found: Version,
        /// The newest version that is understood here.
        ours: Version,
    },
    /// The directory to be written holds something already.
    #[error("{} exists and is not empty", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// No space is left on the disk, or a limit on the size of files or on the quota is reached. What was flushed
    /// before stays readable.
    #[error("no space is left for {}", path.display())]
    DiskFull {
        /// The file that was being written.
        path: PathBuf,
    },
    /// An earlier write failed, and this writer takes nothing more.
    #[error("an earlier write to the recording failed")]
    WriterFailed,
    /// A part of the recording is not what was written.
    #[error("{file} is damaged at byte {offset}: {what}")]
    Damaged {
        /// The name of the file within the recording.
        file: String,
        /// The offset in bytes at which the damaged part begins.
        offset: u64,
        /// What is wrong with it.
        what: Damage,
    },
    /// The batch could not be put into the Arrow IPC format.
    #[error("the batch could not be encoded")]
    Encode(#[source] arrow_schema::ArrowError),
    /// The operating system refused something else.
    #[error("{}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// What is wrong with a part of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The file ends in the middle of a message.
    #[error("it ends in the middle of a batch")]
    Cut,
    /// The bytes differ from those that the index has the checksum of.
    #[error("the checksum differs")]
    Checksum,
    /// The framing or the metadata of a message is not that of an Arrow IPC stream.
    #[error("it is not an Arrow IPC message")]
    Message,
    /// A column is missing, or has another type.
    #[error("the columns are not those of a recording")]
    Schema,
    /// A buffer lies outside its message, cannot be decompressed, or has another length than its rows need.
    #[error("a column cannot be read")]
    Column,
    /// A row or buffer count is over what a reader accepts.
    #[error("it is over the size that is accepted")]
    Size,
    /// A row of a table is not valid.
    #[error("a row of a table is not valid")]
    TableRow,
    /// The manifest is not valid JSON, or lacks a part.
    #[error("the manifest cannot be read")]
    Manifest,
    /// A segment that the manifest names is not there.
    #[error("the file is missing")]
    Missing,
}

impl RecordingError {
    /// An error of the operating system at `path`, where a full disk is told from the others.
    pub(crate) fn io(path: &Path, source: io::Error) -> RecordingError {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match source.kind() {
            FileTooLarge | QuotaExceeded | StorageFull => {
                RecordingError::DiskFull { path: path.to_path_buf() }
            }
            _ => RecordingError::Io { path: path.to_path_buf(), source },
        }
    }
}
