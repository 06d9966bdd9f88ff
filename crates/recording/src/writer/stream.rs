//! Appending batches to an Arrow IPC stream file, and records to its index.

use crate::error::RecordingError;
use crate::{index, ipc, schema};
use arrow_array::RecordBatch;
use arrow_ipc::writer::StreamEncoder;
use arrow_schema::Schema;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// A file that is only ever appended to. Where a write fails, what it left of the data is cut off again.
#[derive(Debug)]
pub(crate) struct AppendFile {
    path: PathBuf,
    file: File,
    length: u64,
}

impl AppendFile {
    /// Makes a new file that only its owner may read, with `head` in it.
    pub(crate) fn create(path: PathBuf, head: &[u8]) -> Result<AppendFile, RecordingError> {
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(|error| RecordingError::io(&path, error))?;
        let mut file = AppendFile { path, file, length: 0 };
        file.append(head)?;
        Ok(file)
    }

    /// Appends `bytes`, all or none.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), RecordingError> {
        if let Err(error) = self.file.write_all(bytes) {
            // Where this fails too, readers leave out the part of a message at the end.
            let _ = self.file.set_len(self.length);
            return Err(RecordingError::io(&self.path, error));
        }
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// How many bytes were written.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Waits until the disk has it.
    pub(crate) fn sync(&self) -> Result<(), RecordingError> {
        self.file.sync_all().map_err(|error| RecordingError::io(&self.path, error))
    }
}

/// Where an appended batch lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    pub(crate) offset: u64,
    pub(crate) length: u64,
    pub(crate) checksum: u32,
}

/// An Arrow IPC stream that is being written.
pub(crate) struct StreamFile {
    file: AppendFile,
    encoder: StreamEncoder,
    /// Bytes of schema that the encoder puts before its first batch, and that the file has already.
    skip: usize,
}

impl StreamFile {
    /// Makes a new stream file that has its schema and no batch.
    pub(crate) fn create(path: PathBuf, schema: &Schema, level: i32) -> Result<StreamFile, RecordingError> {
        let options = schema::write_options(level).map_err(RecordingError::Encode)?;
        let encoder =
            |options| StreamEncoder::try_new_with_options(schema, options).map_err(RecordingError::Encode);
        let mut head = ipc::join(&encoder(options.clone())?.finish().map_err(RecordingError::Encode)?);
        head.truncate(head.len().saturating_sub(END.len()));
        let file = AppendFile::create(path, &head)?;
        Ok(StreamFile { file, encoder: encoder(options)?, skip: head.len() })
    }

    /// Appends a batch.
    pub(crate) fn append(&mut self, batch: &RecordBatch) -> Result<Written, RecordingError> {
        let encoded = ipc::join(&self.encoder.encode(batch).map_err(RecordingError::Encode)?);
        let bytes = encoded.get(std::mem::take(&mut self.skip)..).unwrap_or_default();
        let offset = self.file.length();
        self.file.append(bytes)?;
        Ok(Written { offset, length: bytes.len() as u64, checksum: crc32fast::hash(bytes) })
    }

    /// Writes the end marker and waits until the disk has the file. Gives its size in bytes.
    pub(crate) fn finish(&mut self, sync: bool) -> Result<u64, RecordingError> {
        self.file.append(&END)?;
        if sync {
            self.file.sync()?;
        }
        Ok(self.file.length())
    }

    /// How many bytes were written.
    pub(crate) fn length(&self) -> u64 {
        self.file.length()
    }
}

/// The marker at the end of a stream: a message of no length.
const END: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

/// Makes a new index file.
pub(crate) fn create_index(path: PathBuf) -> Result<AppendFile, RecordingError> {
    AppendFile::create(path, &index::MAGIC)
}
