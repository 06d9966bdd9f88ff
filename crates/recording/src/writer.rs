//! Writing a recording.

mod ring;
mod stream;
mod tables;

use crate::batch::{self, Batch};
use crate::error::RecordingError;
use crate::index::BatchIndex;
use crate::manifest::{About, Manifest, SegmentAbout, State, Summary, Totals};
use arrow_schema::Schema;
use pluto_event::{Event, Form, Nanos, Payload, Tables};
use ring::Ring;
use std::fs::{self, DirBuilder};
use std::ops::RangeInclusive;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stream::{AppendFile, StreamFile};
pub(crate) use tables::INDEX_FILE as TABLES_INDEX_FILE;
use tables::TableFiles;

/// How a recording is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriterOptions {
    /// A batch is written when it has this many rows.
    pub batch_rows: usize,
    /// A batch is written when its payloads have this many bytes.
    pub batch_bytes: usize,
    /// A segment is closed, and the next one begun, when it has this many bytes.
    pub segment_bytes: u64,
    /// A payload of more bytes is left out, and its size stored, as [`Form::Oversize`].
    pub payload_bytes_max: usize,
    /// The level of zstd compression.
    pub compression_level: i32,
    /// Whether closing a segment waits until the disk has it. Without, the death of this process loses nothing that
    /// was flushed, and the death of the whole machine may.
    pub sync: bool,
    /// Ring mode: segments whose events are all older than this are removed, and a gap takes their place. `None`
    /// keeps everything.
    pub keep_nanos: Option<Nanos>,
}

impl Default for WriterOptions {
    fn default() -> WriterOptions {
        WriterOptions {
            batch_rows: 65_536,
            batch_bytes: 8 << 20,
            segment_bytes: 64 << 20,
            payload_bytes_max: 4 << 20,
            compression_level: 1,
            sync: true,
            keep_nanos: None,
        }
    }
}

/// A file that only takes room, and is removed at the end.
const RESERVE_FILE: &str = "reserve";
const RESERVE_BYTES: usize = 256 << 10;

/// The segment that is being written.
struct Segment {
    number: u32,
    stream: StreamFile,
    index: AppendFile,
    about: SegmentAbout,
}

/// Appends events to a recording.
pub struct Writer {
    dir: PathBuf,
    options: WriterOptions,
    schema: Arc<Schema>,
    manifest: Manifest,
    tables: Tables,
    table_files: TableFiles,
    batch: Batch,
    segment: Option<Segment>,
    next_number: u32,
    ring: Option<Ring>,
    oversize_payloads: u64,
    events_lost: u64,
    failed: bool,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer")
            .field("dir", &self.dir)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Writer {
    /// Begins a recording in `dir`, which is made with mode 0700, and must be empty where it exists.
    pub fn create(dir: &Path, options: WriterOptions, about: About) -> Result<Writer, RecordingError> {
        let io = |error| RecordingError::io(dir, error);
        let made = match DirBuilder::new().mode(0o700).create(dir) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                if fs::read_dir(dir).map_err(io)?.next().is_some() {
                    return Err(RecordingError::NotEmpty { path: dir.to_path_buf() });
                }
                fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).map_err(io)?;
                false
            }
            other => other.map_err(io).map(|()| true)?,
        };
        Writer::begin(dir, options, about).inspect_err(|_| {
            // What could not begin leaves nothing that looks like a recording.
            if made {
                drop(fs::remove_dir_all(dir));
            }
        })
    }

    fn begin(dir: &Path, options: WriterOptions, about: About) -> Result<Writer, RecordingError> {
        let manifest = Manifest::new(about);
        manifest.write(dir, false)?;
        AppendFile::create(dir.join(RESERVE_FILE), &vec![0; RESERVE_BYTES])?;
        Ok(Writer {
            dir: dir.to_path_buf(),
            schema: batch::schema(),
            manifest,
            tables: Tables::new(),
            table_files: TableFiles::create(dir, options.compression_level)?,
            batch: Batch::default(),
            segment: None,
            next_number: 0,
            ring: options.keep_nanos.map(Ring::new),
            oversize_payloads: 0,
            events_lost: 0,
            failed: false,
            options: WriterOptions {
                batch_rows: options.batch_rows.clamp(1, crate::schema::ROWS_MAX),
                batch_bytes: options.batch_bytes.clamp(1, crate::schema::BYTES_MAX / 4),
                payload_bytes_max: options.payload_bytes_max.clamp(16, crate::schema::BYTES_MAX / 4),
                ..options
            },
        })
    }

    /// The tables that ids of events point into. New rows are written with the next batch.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The tables, to add to.
    pub fn tables_mut(&mut self) -> &mut Tables {
        &mut self.tables
    }

    /// Adds an event, and writes the batch where it is full with it.
    pub fn push(&mut self, event: &Event<'_>) -> Result<(), RecordingError> {
        if self.failed {
            return Err(RecordingError::WriterFailed);
        }
        let payload = event.what.payload();
        if payload.bytes.len() <= self.options.payload_bytes_max {
            self.batch.push(event, payload);
        } else {
            self.oversize_payloads += 1;
            self.batch.push(event, Payload { form: Form::Oversize, bytes: &size_term(payload.bytes.len()) });
        }
        if self.batch.rows() >= self.options.batch_rows
            || self.batch.payload_bytes() >= self.options.batch_bytes
        {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes what was added. Afterwards the death of this process does not lose it.
    pub fn flush(&mut self) -> Result<(), RecordingError> {
        if self.failed {
            return Err(RecordingError::WriterFailed);
        }
        let before = self.events();
        let result = self.write_batch();
        if result.is_err() {
            self.failed = true;
            self.events_lost += before - self.events();
        }
        result
    }

    /// Changes what the recording is about, where a node joins.
    pub fn set_about(&mut self, about: About) -> Result<(), RecordingError> {
        self.manifest.about = about;
        self.manifest.write(&self.dir, false)
    }

    /// In ring mode, removes nothing more until [`Writer::thaw`].
    pub fn freeze(&mut self) {
        if let Some(ring) = &mut self.ring {
            ring.set_frozen(true);
        }
    }

    /// In ring mode, removes what is old again.
    pub fn thaw(&mut self) {
        if let Some(ring) = &mut self.ring {
            ring.set_frozen(false);
        }
    }

    /// In ring mode, keeps what is there or still comes of this time, also when it is old: the stretch around
    /// something that was waited for.
    pub fn pin(&mut self, time: RangeInclusive<Nanos>) {
        if let Some(ring) = &mut self.ring {
            ring.pin(time);
        }
    }

    /// How many bytes of segments and tables were written.
    pub fn bytes(&self) -> u64 {
        let closed: u64 = self.manifest.segments.iter().map(|segment| segment.bytes).sum();
        let open =
            self.segment.as_ref().map_or(0, |segment| segment.stream.length() + segment.index.length());
        closed + open + self.table_files.bytes()
    }

    /// How many events were written or are waiting to be.
    pub fn events(&self) -> u64 {
        let closed: u64 = self.manifest.segments.iter().map(|segment| segment.events).sum();
        let open = self.segment.as_ref().map_or(0, |segment| segment.about.events);
        closed + open + self.batch.rows() as u64
    }

    /// Writes what is left and marks the recording as finished. Where an earlier write failed, what was flushed
    /// before is finished, and the manifest says how many events were lost.
    pub fn finish(mut self, summary: Summary) -> Result<Manifest, RecordingError> {
        let failed_before = self.failed;
        let last = if failed_before { Ok(()) } else { self.flush() };
        let closed = self.close_segment().and_then(|()| self.table_files.finish(self.options.sync));
        self.manifest.totals = Totals {
            events: self.manifest.segments.iter().map(|segment| segment.events).sum(),
            bytes: self.bytes(),
            oversize_payloads: self.oversize_payloads,
            events_lost: self.events_lost,
        };
        self.manifest.summary = Some(summary);
        self.manifest.state = State::Finished;
        // Where the disk is full, this makes the room that the manifest needs.
        let reserve = self.dir.join(RESERVE_FILE);
        fs::remove_file(&reserve).map_err(|error| RecordingError::io(&reserve, error))?;
        self.manifest.write(&self.dir, self.options.sync)?;
        if failed_before { Ok(self.manifest) } else { last.and(closed).map(|()| self.manifest) }
    }

    fn write_batch(&mut self) -> Result<(), RecordingError> {
        self.table_files.append(&self.tables)?;
        if self.batch.rows() == 0 {
            return Ok(());
        }
        if self.segment.is_none() {
            self.segment = Some(self.open_segment()?);
        }
        let Some(segment) = &mut self.segment else { return Ok(()) };
        let index = self.batch.index();
        let batch = self.batch.take(&self.schema).map_err(RecordingError::Encode)?;
        let written = segment.stream.append(&batch)?;
        let index = BatchIndex {
            offset: written.offset,
            length: written.length,
            checksum: written.checksum,
            ..index
        };
        segment.about.add(&index);
        segment.index.append(&index.record())?;
        let mut full = segment.stream.length() >= self.options.segment_bytes;
        if let Some(ring) = &mut self.ring {
            ring.observe(index.min_time);
            full |= ring.is_full(&segment.about);
        }
        if full {
            self.close_segment()?;
            self.expire()?;
        }
        Ok(())
    }

    /// Removes what ring mode need not keep. The manifest says so first, so that a segment that is still there does
    /// not count after this process has died in between.
    fn expire(&mut self) -> Result<(), RecordingError> {
        let Some(ring) = &self.ring else { return Ok(()) };
        let all = std::mem::take(&mut self.manifest.segments);
        let (expired, kept): (Vec<_>, Vec<_>) = all.into_iter().partition(|segment| ring.is_expired(segment));
        self.manifest.segments = kept;
        if expired.is_empty() {
            return Ok(());
        }
        for segment in &expired {
            ring::note(&mut self.manifest.expired, &self.manifest.segments, segment);
        }
        self.manifest.write(&self.dir, false)?;
        for segment in &expired {
            for file in [segment_file(segment.number), index_file(segment.number)] {
                let path = self.dir.join(file);
                fs::remove_file(&path).map_err(|error| RecordingError::io(&path, error))?;
            }
        }
        Ok(())
    }

    fn open_segment(&mut self) -> Result<Segment, RecordingError> {
        let number = self.next_number;
        self.next_number += 1;
        let stream = StreamFile::create(
            self.dir.join(segment_file(number)),
            &self.schema,
            self.options.compression_level,
        )?;
        let index = stream::create_index(self.dir.join(index_file(number)))?;
        Ok(Segment { number, stream, index, about: SegmentAbout { number, ..SegmentAbout::default() } })
    }

    fn close_segment(&mut self) -> Result<(), RecordingError> {
        let Some(mut segment) = self.segment.take() else { return Ok(()) };
        let closed = segment.stream.finish(self.options.sync);
        segment.about.bytes = segment.stream.length();
        debug_assert_eq!(segment.number, segment.about.number, "a segment is closed once");
        self.manifest.segments.push(segment.about);
        closed.map(|_| ())
    }
}

impl SegmentAbout {
    /// Adds a batch to the counts.
    fn add(&mut self, batch: &BatchIndex) {
        if self.batches == 0 {
            (self.min_time, self.max_time) = (batch.min_time, batch.max_time);
        }
        self.batches += 1;
        self.events += u64::from(batch.rows);
        self.min_time = self.min_time.min(batch.min_time);
        self.max_time = self.max_time.max(batch.max_time);
    }
}

/// The file name of a segment.
pub(crate) fn segment_file(number: u32) -> String {
    format!("events-{number:06}.arrows")
}

/// The file name of the index of a segment.
pub(crate) fn index_file(number: u32) -> String {
    format!("events-{number:06}.index")
}

/// An integer in external term format, without the version byte.
fn size_term(size: usize) -> Vec<u8> {
    match i32::try_from(size) {
        Ok(size) => [&[98][..], &size.to_be_bytes()].concat(),
        Err(_) => [&[110, 8, 0][..], &(size as u64).to_le_bytes()].concat(),
    }
}
