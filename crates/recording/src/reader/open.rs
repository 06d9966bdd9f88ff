//! Opening a recording: finding its segments, reading their index, and making again what is missing of it.

use super::columns::{Columns, Loaded};
use super::{Damaged, Reader, Segment};
use crate::error::{Damage, RecordingError};
use crate::index::{self, BatchIndex, IdSet, TableIndex};
use crate::ipc::{self, Buffers, Inflate, Layout, PREFIX, Prefix};
use crate::manifest::{self, About, Manifest, SegmentAbout, State, VERSION};
use crate::schema::{EVENTS, MESSAGE_MAX, ROWS_MAX};
use crate::tables::Table;
use crate::writer::{TABLES_INDEX_FILE, index_file, segment_file};
use pluto_event::{Event, GapCause, Kind, Missing, Nanos, NodeId, ProcessId, Tables, What};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::ops::RangeInclusive;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// A file of a recording, read at offsets.
struct Source {
    name: String,
    file: File,
    length: u64,
}

/// What there is at an offset of a stream.
enum Found {
    /// The end of the stream: its marker, or the end of the file.
    End,
    /// A whole message of this many bytes.
    Message(u64),
}

impl Source {
    fn open(dir: &Path, name: String) -> Result<Option<Source>, RecordingError> {
        let path = dir.join(&name);
        let opened = File::open(&path).and_then(|file| Ok((file.metadata()?.len(), file)));
        match opened {
            Ok((length, file)) => Ok(Some(Source { name, file, length })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(RecordingError::io(&path, error)),
        }
    }

    fn damaged(&self, offset: u64, what: Damage) -> Damaged {
        Damaged { file: self.name.clone(), offset, what }
    }

    /// Reads `length` bytes into `out`.
    fn read(&self, offset: u64, length: u64, out: &mut Vec<u8>) -> Result<(), Damage> {
        if length > MESSAGE_MAX || offset.checked_add(length).is_none_or(|end| end > self.length) {
            return Err(Damage::Cut);
        }
        out.resize(usize::try_from(length).map_err(|_| Damage::Size)?, 0);
        self.file.read_exact_at(out, offset).map_err(|_| Damage::Cut)
    }

    /// What there is at `offset`.
    fn find(&self, offset: u64, buffer: &mut Vec<u8>) -> Result<Found, Damage> {
        if offset == self.length {
            return Ok(Found::End);
        }
        self.read(offset, PREFIX as u64, buffer)?;
        let head = buffer.first_chunk::<PREFIX>().ok_or(Damage::Cut)?;
        let Prefix::Metadata(meta) = ipc::prefix(*head)? else { return Ok(Found::End) };
        self.read(offset + PREFIX as u64, meta as u64, buffer)?;
        let length = PREFIX as u64 + meta as u64 + ipc::body_length(&ipc::metadata(buffer)?)?;
        if offset + length > self.length { Err(Damage::Cut) } else { Ok(Found::Message(length)) }
    }

    /// Reads the message at `offset` whole; `None` at the end of the stream.
    fn message(&self, offset: u64, out: &mut Vec<u8>) -> Result<Option<u64>, Damage> {
        match self.find(offset, out)? {
            Found::End => Ok(None),
            Found::Message(length) => self.read(offset, length, out).map(|()| Some(length)),
        }
    }
}

/// What is gathered while a recording is opened.
struct Opening<'d> {
    dir: &'d Path,
    segments: Vec<Segment>,
    gaps: Vec<(usize, Event<'static>)>,
    timeless: Vec<Timeless>,
    damage: Vec<Damaged>,
    inflate: Inflate,
    loaded: Loaded,
    buffer: Vec<u8>,
    /// Whether a newer version may have written it, with kinds and forms that this one does not know.
    newer: bool,
}

/// A gap whose times nothing tells.
struct Timeless {
    /// Its place among the gaps.
    gap: usize,
    /// How many batches come before it.
    before: usize,
    /// How many batches come before it or lie inside it.
    until: usize,
    /// A time that it reaches, where one is known.
    reaches: Option<Nanos>,
}

pub(super) fn open(dir: &Path) -> Result<Reader, RecordingError> {
    let read = Manifest::read(dir)?;
    // Segments without a manifest are read as those of a writer that was killed: what is not known is left out, and a
    // gap at the end says that more may be missing.
    let (manifest, lost) = match read {
        Ok(manifest) => (manifest, None),
        Err(what) => (Manifest::new(About::default()), Some(what)),
    };
    let numbers = match (numbers(dir, &manifest), lost) {
        (Err(RecordingError::Io { .. }), Some(_)) => BTreeSet::new(),
        (numbers, _) => numbers?,
    };
    if lost.is_some() && numbers.is_empty() {
        let path = dir.to_path_buf();
        return Err(match fs::metadata(dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => RecordingError::NoDirectory { path },
            _ => RecordingError::NotARecording { path },
        });
    }
    let mut opening = Opening {
        dir,
        segments: Vec::new(),
        gaps: Vec::new(),
        timeless: Vec::new(),
        damage: lost.into_iter().map(manifest_damage).collect(),
        inflate: Inflate::new().map_err(|error| RecordingError::io(dir, error))?,
        loaded: Loaded::default(),
        buffer: Vec::new(),
        newer: lost.is_some() || manifest.version > VERSION,
    };
    let tables = opening.tables()?;
    let closed = |number| manifest.segments.iter().find(|segment| segment.number == number);
    for number in numbers {
        opening.unaccounted(number, lost.is_some());
        opening.expired(&manifest, Some(number));
        opening.segment(number, closed(number))?;
    }
    opening.expired(&manifest, None);
    opening.end(&manifest);
    opening.time_gaps();
    let Opening { segments, gaps, damage, .. } = opening;
    Ok(Reader { dir: dir.to_path_buf(), manifest, tables, segments, gaps, damage })
}

fn manifest_damage(what: Damage) -> Damaged {
    Damaged { file: manifest::FILE.to_owned(), offset: 0, what }
}

/// The numbers of the segments that are there or should be, without those that ring mode removed.
fn numbers(dir: &Path, manifest: &Manifest) -> Result<BTreeSet<u32>, RecordingError> {
    let io = |error| RecordingError::io(dir, error);
    let mut numbers: BTreeSet<u32> = manifest.segments.iter().map(|segment| segment.number).collect();
    for entry in fs::read_dir(dir).map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_prefix("events-")?.strip_suffix(".arrows")?.parse::<u32>().ok())
            .filter(|&number| name.to_str() == Some(&segment_file(number)));
        numbers.extend(number);
    }
    numbers.retain(|number| !manifest.expired.iter().any(|run| (run.first..=run.last).contains(number)));
    Ok(numbers)
}

impl Opening<'_> {
    /// The latest time that is known so far.
    fn latest(&self) -> Option<Nanos> {
        self.segments.iter().flat_map(|segment| &segment.batches).map(|batch| batch.max_time).max()
    }

    fn gap(&mut self, cause: GapCause, missing: Missing, since: Nanos, time: Nanos) {
        let what = What::Gap { node: NodeId::NONE, cause, missing, since };
        self.gaps.push((self.segments.len(), Event { time, process: ProcessId::NONE, what }));
    }

    /// How many batches the segments have that were opened so far.
    fn read(&self) -> usize {
        self.segments.iter().map(|segment| segment.batches.len()).sum()
    }

    /// A gap whose times are found when everything is read: it begins after so many batches, and may hold some.
    fn timeless_gap(
        &mut self,
        cause: GapCause,
        missing: Missing,
        batches: RangeInclusive<usize>,
        reaches: Option<Nanos>,
    ) {
        let (before, until) = (*batches.start(), *batches.end());
        self.timeless.push(Timeless { gap: self.gaps.len(), before, until, reaches });
        self.gap(cause, missing, 0, 0);
    }

    /// Finds times for gaps that have none: a stretch that no call which was open before and ended after can miss.
    ///
    /// Such a call began by the latest time before the gap, and ended at the earliest time after it or later. Where
    /// processes are out of step the earliest time after is the smaller one of the two.
    fn time_gaps(&mut self) {
        let batches: Vec<&BatchIndex> = self.segments.iter().flat_map(|segment| &segment.batches).collect();
        let latest = running(batches.iter().map(|batch| batch.max_time), Nanos::max);
        let mut earliest = running(batches.iter().rev().map(|batch| batch.min_time), Nanos::min);
        earliest.reverse();
        for &Timeless { gap, before, until, reaches } in &self.timeless {
            let Some((_, event)) = self.gaps.get_mut(gap) else { continue };
            let What::Gap { since, .. } = &mut event.what else { continue };
            let last = before.checked_sub(1).and_then(|last| latest.get(last)).copied();
            let bounds = [last, earliest.get(until).copied(), reaches].into_iter().flatten();
            *since = bounds.clone().min().unwrap_or(0);
            event.time = bounds.max().unwrap_or(0);
        }
    }

    /// Gaps for what ring mode removed before segment `before`, or after the last one.
    fn expired(&mut self, manifest: &Manifest, before: Option<u32>) {
        let previous = self.segments.last().map(|segment| segment.number);
        for run in &manifest.expired {
            if before.is_none_or(|before| run.last < before)
                && previous.is_none_or(|previous| run.first > previous)
            {
                self.gap(GapCause::RingExpired, Missing::Exactly(run.events), run.min_time, run.max_time);
            }
        }
    }

    /// A gap for what is missing at the end.
    fn end(&mut self, manifest: &Manifest) {
        let since = self.latest().unwrap_or(manifest.about.started);
        if manifest.state == State::Recording {
            self.gap(GapCause::RecordingCut, Missing::Unknown, since, since);
        } else if manifest.totals.events_lost > 0 {
            let time = manifest.summary.as_ref().map_or(since, |summary| summary.finished.max(since));
            self.gap(GapCause::RecordingCut, Missing::Exactly(manifest.totals.events_lost), since, time);
        }
    }

    /// A gap for segments before this one that are not there, where no manifest tells what became of them.
    fn unaccounted(&mut self, number: u32, without_manifest: bool) {
        let next = self.segments.last().map_or(0, |segment| segment.number.saturating_add(1));
        if without_manifest && number > next {
            let read = self.read();
            self.timeless_gap(GapCause::Unreadable, Missing::Unknown, read..=read, None);
        }
    }

    fn segment(&mut self, number: u32, closed: Option<&SegmentAbout>) -> Result<(), RecordingError> {
        let file = segment_file(number);
        let mut segment = Segment { number, file: file.clone(), layout: None, batches: Vec::new() };
        let Some(source) = Source::open(self.dir, file.clone())? else {
            self.damage.push(Damaged { file, offset: 0, what: Damage::Missing });
            if let Some(closed) = closed {
                self.gap(
                    GapCause::Unreadable,
                    Missing::Exactly(closed.events),
                    closed.min_time,
                    closed.max_time,
                );
            }
            return Ok(());
        };
        let layout = self.layout(&source).inspect_err(|&what| self.damage.push(source.damaged(0, what)));
        let begins = layout.as_ref().map(|(_, length)| *length).map_err(|&what| what);
        segment.layout = layout.ok().map(|(layout, _)| layout);
        let mut end = begins.unwrap_or(0);
        let beyond = self.indexed(&source, &mut segment, &mut end);
        let mut holes = Vec::new();
        let ended = begins.and_then(|_| self.unindexed(&source, &mut segment, end, &mut holes));
        let rows = |batches: &[BatchIndex]| batches.iter().map(|batch| u64::from(batch.rows)).sum::<u64>();
        let expected = closed.map_or(rows(&segment.batches) + beyond, |closed| closed.events);
        let missing = expected.saturating_sub(rows(&segment.batches));
        let none_read = segment.batches.is_empty();
        let before = self.read();
        self.segments.push(segment);
        let read = self.read();
        let holes: Vec<usize> = holes.into_iter().map(|hole| before + hole).collect();
        let cause = match ended {
            Err(Damage::Cut) => GapCause::RecordingCut,
            _ => GapCause::Unreadable,
        };
        match closed {
            Some(closed) if missing > 0 && none_read => {
                self.gap(cause, Missing::Exactly(missing), closed.min_time, closed.max_time);
            }
            Some(closed) if missing > 0 => {
                // How many are missing in all is known, and not of each hole: one gap from the first to the last.
                let first = holes.first().copied().unwrap_or(read);
                let last = holes.last().copied().filter(|_| ended.is_ok()).unwrap_or(read);
                let reaches = (last == read).then_some(closed.max_time);
                self.timeless_gap(cause, Missing::Exactly(missing), first..=last, reaches);
            }
            _ => {
                for hole in holes {
                    self.timeless_gap(GapCause::Unreadable, Missing::Unknown, hole..=hole, None);
                }
                if missing > 0 {
                    self.timeless_gap(cause, Missing::Exactly(missing), read..=read, None);
                } else if closed.is_none() && ended.is_err() {
                    self.timeless_gap(cause, Missing::Unknown, read..=read, None);
                }
            }
        }
        Ok(())
    }

    /// The layout of a segment, and where its first batch begins.
    fn layout(&mut self, source: &Source) -> Result<(Layout, u64), Damage> {
        let length = source.message(0, &mut self.buffer)?.ok_or(Damage::Cut)?;
        let (message, _) = ipc::split(&self.buffer)?;
        Ok((Layout::new(&message, &EVENTS)?, length))
    }

    /// Takes what the index has, as far as it fits the file. Moves `end` to where the index ends, and gives the
    /// number of rows that the index has and the file does not.
    fn indexed(&mut self, source: &Source, segment: &mut Segment, end: &mut u64) -> u64 {
        let Ok(file) = fs::read(self.dir.join(index_file(segment.number))) else { return 0 };
        let mut beyond = 0;
        let mut expected = segment.layout.is_some().then_some(*end);
        for mut batch in index::records(&file).map_while(BatchIndex::decode) {
            let follows =
                expected.is_none_or(|offset| offset == batch.offset) && batch.rows as usize <= ROWS_MAX;
            let Some(next) = batch.offset.checked_add(batch.length).filter(|_| follows) else { break };
            expected = Some(next);
            if next > source.length || batch.length > MESSAGE_MAX {
                beyond += u64::from(batch.rows);
            } else {
                *end = next;
                batch.kinds |= if self.newer { index::UNKNOWN_KIND } else { 0 };
                segment.batches.push(batch);
            }
        }
        beyond
    }

    /// Reads batches that the index does not have, up to the end of the segment or what cannot be read.
    /// Notes how many batches were read before each one that cannot be.
    fn unindexed(
        &mut self,
        source: &Source,
        segment: &mut Segment,
        mut offset: u64,
        holes: &mut Vec<usize>,
    ) -> Result<(), Damage> {
        let layout = segment.layout.as_ref().ok_or(Damage::Schema)?;
        loop {
            let message = source.message(offset, &mut self.buffer);
            let message = message.inspect_err(|&what| self.damage.push(source.damaged(offset, what)))?;
            let Some(length) = message else { return Ok(()) };
            match self.loaded.load(&self.buffer, layout, Columns::ALL, &mut self.inflate) {
                Ok(true) => segment.batches.push(describe(&self.loaded, &self.buffer, offset)),
                Ok(false) => {}
                Err(what) => {
                    self.damage.push(source.damaged(offset, what));
                    holes.push(segment.batches.len());
                }
            }
            offset += length;
        }
    }

    /// Reads the tables, each as far as it is whole.
    fn tables(&mut self) -> Result<Tables, RecordingError> {
        let mut tables = Tables::new();
        let index = fs::read(self.dir.join(TABLES_INDEX_FILE)).unwrap_or_default();
        let index: Vec<TableIndex> = index::records(&index).map_while(TableIndex::decode).collect();
        for table in Table::ALL {
            let name = table.file().to_owned();
            let Some(source) = Source::open(self.dir, name.clone())? else {
                self.damage.push(Damaged { file: name, offset: 0, what: Damage::Missing });
                continue;
            };
            let mut offset = 0;
            if let Err(what) = self.table(&source, table, &index, &mut tables, &mut offset) {
                self.damage.push(source.damaged(offset, what));
            }
        }
        Ok(tables)
    }

    fn table(
        &mut self,
        source: &Source,
        table: Table,
        index: &[TableIndex],
        tables: &mut Tables,
        offset: &mut u64,
    ) -> Result<(), Damage> {
        let length = source.message(0, &mut self.buffer)?.ok_or(Damage::Cut)?;
        let layout = Layout::new(&ipc::split(&self.buffer)?.0, table.columns())?;
        *offset = length;
        let mut index = index.iter().filter(|entry| entry.table == table as u8);
        while let Some(length) = source.message(*offset, &mut self.buffer)? {
            if let Some(entry) = index.next()
                && (entry.offset != *offset || crc32fast::hash(&self.buffer) != entry.checksum)
            {
                return Err(Damage::Checksum);
            }
            if let Some(batch) = Buffers::new(&self.buffer, &layout)? {
                table.read(&batch, &mut self.inflate, tables)?;
            }
            *offset += length;
        }
        // The index has a record for each batch that was written.
        if index.next().is_some() { Err(Damage::Cut) } else { Ok(()) }
    }
}

/// What `of` makes of each value and all before it.
fn running(values: impl Iterator<Item = Nanos>, of: impl Fn(Nanos, Nanos) -> Nanos) -> Vec<Nanos> {
    let mut last = None;
    let step = |value| *last.insert(last.map_or(value, |last| of(last, value)));
    values.map(step).collect()
}

/// The index of a batch, made from the batch.
fn describe(loaded: &Loaded, message: &[u8], offset: u64) -> BatchIndex {
    let gaps = loaded.kinds().iter().enumerate().filter(|&(_, &kind)| kind == Kind::Gap as u8);
    let since = gaps.filter_map(|(row, _)| {
        let event = loaded.event(row)?;
        let What::Gap { since, .. } = event.what else { return None };
        Some(since.min(event.time))
    });
    BatchIndex {
        offset,
        length: message.len() as u64,
        checksum: crc32fast::hash(message),
        rows: u32::try_from(loaded.rows()).unwrap_or(u32::MAX),
        min_time: loaded.times().iter().copied().min().unwrap_or(0),
        max_time: loaded.times().iter().copied().max().unwrap_or(0),
        since: since.min(),
        kinds: index::kinds(loaded.kinds()) | if loaded.has_newer_forms() { index::UNKNOWN_KIND } else { 0 },
        processes: IdSet::of(loaded.processes()),
        functions: IdSet::of(loaded.functions()),
    }
}
