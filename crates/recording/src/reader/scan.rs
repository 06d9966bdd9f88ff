//! Walking over the batches of a recording.

use super::by_time::ByTime;
use super::columns::Loaded;
use super::filter::Prepared;
use super::{Reader, Segment};
use crate::error::{Damage, RecordingError};
use crate::index::BatchIndex;
use crate::ipc::Inflate;
use pluto_event::{Event, GapCause, Kind, Missing, Nanos, NodeId, ProcessId, What};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// A step of a scan.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Read this batch of this segment.
    /// Its first row has the position `first` in the recording.
    Batch { segment: usize, batch: usize, first: u64, need: Need },
    /// Give this gap of the recording itself.
    Gap(Event<'static>),
}

/// What is needed of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Its rows.
    Rows,
    /// Only whether it is what was written: it gives a gap where it is not, and nothing where it is.
    Checksum,
}

/// A scan over a recording: its events, in the order in which they arrived at the observer.
///
/// Events of one process are in the order of their times. Events of different processes may not be.
#[derive(Debug)]
pub struct Scan<'r> {
    reader: &'r Reader,
    filter: Prepared,
    steps: Vec<Step>,
    next: usize,
    state: Option<Decoder>,
}

/// What one thread needs to read batches.
pub(crate) struct Decoder {
    inflate: Inflate,
    file: Option<(u32, File)>,
    message: Vec<u8>,
    loaded: Loaded,
    holds: Holds,
}

/// What a decoder has of the batch that it read last.
enum Holds {
    /// Nothing, because nothing more was needed.
    Nothing,
    /// Its rows.
    Rows,
    /// What is given instead, because it cannot be read.
    Gap(Event<'static>),
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").finish_non_exhaustive()
    }
}

/// One batch of a scan, of which only the rows that pass the filter are given.
#[derive(Clone, Copy, Debug)]
pub struct BatchView<'b> {
    content: Content<'b>,
    /// The position of the first row.
    first: Option<u64>,
    filter: &'b Prepared,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Content<'b> {
    Nothing,
    Rows(&'b Loaded),
    Gap(Event<'static>),
}

/// The events of a batch that pass the filter.
#[derive(Clone, Debug)]
pub struct Events<'b> {
    view: BatchView<'b>,
    row: usize,
}

impl Decoder {
    pub(crate) fn new() -> Result<Decoder, RecordingError> {
        Ok(Decoder {
            inflate: Inflate::new().map_err(|error| RecordingError::io("zstd".as_ref(), error))?,
            file: None,
            message: Vec::new(),
            loaded: Loaded::default(),
            holds: Holds::Nothing,
        })
    }

    /// Reads a batch. Where it is damaged, a gap of as many events as the index says takes its place.
    pub(crate) fn read(
        &mut self,
        reader: &Reader,
        segment: &Segment,
        index: &BatchIndex,
        need: Need,
        filter: &Prepared,
    ) -> Result<(), RecordingError> {
        self.holds = Holds::Nothing;
        let result = self.message(reader, segment, index).and_then(|()| {
            let Some(layout) = &segment.layout else {
                return Err(RecordingError::damaged(segment, index, Damage::Schema));
            };
            if need == Need::Checksum {
                return Ok(Holds::Nothing);
            }
            self.loaded
                .load(&self.message, layout, filter.columns, &mut self.inflate)
                .and_then(|batch| {
                    if batch && self.loaded.rows() == index.rows as usize {
                        Ok(Holds::Rows)
                    } else {
                        Err(Damage::Message)
                    }
                })
                .map_err(|what| RecordingError::damaged(segment, index, what))
        });
        self.holds = match result {
            Err(RecordingError::Damaged { .. }) => Holds::Gap(Event {
                time: index.max_time,
                process: ProcessId::NONE,
                what: What::Gap {
                    node: NodeId::NONE,
                    cause: GapCause::Unreadable,
                    missing: Missing::Exactly(u64::from(index.rows)),
                    since: index.since.unwrap_or(index.min_time).min(index.min_time),
                },
            }),
            other => other?,
        };
        Ok(())
    }

    /// Reads the bytes of a message, and compares them with their checksum.
    fn message(
        &mut self,
        reader: &Reader,
        segment: &Segment,
        index: &BatchIndex,
    ) -> Result<(), RecordingError> {
        let path = reader.dir.join(&segment.file);
        let io = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => RecordingError::damaged(segment, index, Damage::Cut),
            std::io::ErrorKind::NotFound => RecordingError::damaged(segment, index, Damage::Missing),
            _ => RecordingError::io(&path, error),
        };
        let file = match self.file.take() {
            Some((number, file)) if number == segment.number => file,
            _ => File::open(&path).map_err(io)?,
        };
        self.message.resize(usize::try_from(index.length).unwrap_or(0), 0);
        let read = file.read_exact_at(&mut self.message, index.offset).map_err(io);
        self.file = Some((segment.number, file));
        read?;
        match crc32fast::hash(&self.message) == index.checksum {
            true => Ok(()),
            false => Err(RecordingError::damaged(segment, index, Damage::Checksum)),
        }
    }

    pub(crate) fn content(&self) -> Content<'_> {
        match self.holds {
            Holds::Nothing => Content::Nothing,
            Holds::Rows => Content::Rows(&self.loaded),
            Holds::Gap(gap) => Content::Gap(gap),
        }
    }
}

impl RecordingError {
    fn damaged(segment: &Segment, index: &BatchIndex, what: Damage) -> RecordingError {
        RecordingError::Damaged { file: segment.file.clone(), offset: index.offset, what }
    }
}

impl<'r> Scan<'r> {
    pub(crate) fn new(reader: &'r Reader, filter: Prepared, steps: Vec<Step>) -> Scan<'r> {
        Scan { reader, filter, steps, next: 0, state: None }
    }

    /// How many batches are left to be read.
    pub fn batches(&self) -> usize {
        self.steps.len().saturating_sub(self.next)
    }

    /// The position of the first row of the next batch; `None` where none is left.
    pub fn next_position(&self) -> Option<u64> {
        self.steps.get(self.next..)?.iter().find_map(|step| match *step {
            Step::Batch { first, .. } => Some(first),
            Step::Gap(_) => None,
        })
    }

    /// The next batch that may have events.
    pub fn next_batch(&mut self) -> Result<Option<BatchView<'_>>, RecordingError> {
        let Some(&step) = self.steps.get(self.next) else { return Ok(None) };
        self.next += 1;
        let filter = &self.filter;
        match step {
            Step::Gap(event) => Ok(Some(BatchView::new(Content::Gap(event), None, filter))),
            Step::Batch { segment, batch, first, need } => {
                let decoder = match &mut self.state {
                    Some(decoder) => decoder,
                    none => none.insert(Decoder::new()?),
                };
                self.reader.read(decoder, segment, batch, need, filter)?;
                Ok(Some(BatchView::new(decoder.content(), Some(first), filter)))
            }
        }
    }

    /// Leaves out the batches that lie wholly before a position, and the gaps of the recording itself before those.
    #[must_use]
    pub fn from_position(mut self, position: u64) -> Scan<'r> {
        let ends_before = |step: &Step| match *step {
            Step::Gap(_) => true,
            Step::Batch { segment, batch, first, .. } => {
                let rows = self.reader.index(segment, batch).map_or(0, |index| index.rows);
                first + u64::from(rows) <= position
            }
        };
        let left_out = self.steps.iter().take_while(|step| ends_before(step)).count();
        self.next = self.next.max(left_out);
        self
    }

    /// Calls `take` with every event, in order.
    pub fn for_each(mut self, mut take: impl FnMut(&Event<'_>)) -> Result<(), RecordingError> {
        while let Some(batch) = self.next_batch()? {
            batch.for_each(&mut take);
        }
        Ok(())
    }

    /// Like [`Scan::for_each`], with batches read ahead on another thread.
    pub fn for_each_ahead(self, mut take: impl FnMut(&Event<'_>)) -> Result<(), RecordingError> {
        let Scan { reader, filter, steps, next, .. } = self;
        let steps = steps.get(next..).unwrap_or_default();
        let filter = &filter;
        std::thread::scope(|scope| {
            let (full, filled) = sync_channel::<Result<Decoder, RecordingError>>(AHEAD);
            let (empty, emptied) = sync_channel::<Decoder>(AHEAD + 1);
            for _ in 0..=AHEAD {
                // The channel has room for as many.
                let _ = empty.try_send(Decoder::new()?);
            }
            scope.spawn(move || read_ahead(reader, filter, steps, &emptied, &full));
            for step in steps {
                match *step {
                    Step::Gap(event) => {
                        BatchView::new(Content::Gap(event), None, filter).for_each(&mut take);
                    }
                    Step::Batch { first, .. } => {
                        let Ok(decoder) = filled.recv() else { break };
                        let decoder = decoder?;
                        BatchView::new(decoder.content(), Some(first), filter).for_each(&mut take);
                        // The other side is gone when it has read everything.
                        let _ = empty.send(decoder);
                    }
                }
            }
            Ok(())
        })
    }

    /// The events in the order of their times, instead of that of their arrival.
    pub fn by_time(self) -> ByTime<'r> {
        ByTime::new(self.reader, self.filter, self.steps.get(self.next..).unwrap_or_default())
    }

    /// Cuts the rest of the scan into at most `parts` scans, one after the other in order, to be run on as many
    /// threads.
    pub fn split(self, parts: usize) -> Vec<Scan<'r>> {
        let rest = self.steps.get(self.next..).unwrap_or_default();
        let size = rest.len().div_ceil(parts.max(1)).max(1);
        rest.chunks(size).map(|steps| Scan::new(self.reader, self.filter.clone(), steps.to_vec())).collect()
    }
}

/// How many batches may lie ready.
const AHEAD: usize = 2;

fn read_ahead(
    reader: &Reader,
    filter: &Prepared,
    steps: &[Step],
    emptied: &Receiver<Decoder>,
    full: &SyncSender<Result<Decoder, RecordingError>>,
) {
    for step in steps {
        if let Step::Batch { segment, batch, need, .. } = *step {
            let Ok(mut decoder) = emptied.recv() else { return };
            let result = reader.read(&mut decoder, segment, batch, need, filter);
            if full.send(result.map(|()| decoder)).is_err() {
                return;
            }
        }
    }
}

impl<'b> BatchView<'b> {
    pub(crate) fn new(content: Content<'b>, first: Option<u64>, filter: &'b Prepared) -> BatchView<'b> {
        BatchView { content, first, filter }
    }

    pub(crate) fn position(&self, row: usize) -> Option<u64> {
        Some(self.first? + row as u64)
    }

    /// Times and rows of the events that pass, in the order of rows.
    pub(crate) fn passing(&self) -> Vec<(Nanos, u32)> {
        if let Content::Rows(loaded) = self.content
            && self.filter.everything
        {
            return (0_u32..).zip(loaded.times()).map(|(row, &time)| (time, row)).collect();
        }
        let rows = 0..u32::try_from(self.rows()).unwrap_or(u32::MAX);
        rows.filter_map(|row| Some((self.event(row as usize)?.time, row))).collect()
    }

    /// The events that pass the filter.
    pub fn events(&self) -> Events<'b> {
        Events { view: *self, row: 0 }
    }

    /// Calls `take` with every event that passes the filter.
    pub fn for_each(&self, mut take: impl FnMut(&Event<'b>)) {
        for event in self.events() {
            take(&event);
        }
    }

    fn rows(&self) -> usize {
        match self.content {
            Content::Nothing => 0,
            Content::Rows(loaded) => loaded.rows(),
            Content::Gap(_) => 1,
        }
    }

    /// The event of a row, where it passes.
    pub(crate) fn event(&self, row: usize) -> Option<Event<'b>> {
        match self.content {
            Content::Nothing => None,
            Content::Gap(event) => Some(event).filter(|event| self.passes_gap(event)),
            Content::Rows(loaded) => {
                if self.filter.everything {
                    return loaded.event(row);
                }
                let kind = *loaded.kinds().get(row)?;
                if kind >= Kind::Gap as u8 || loaded.is_of_newer_form(row) {
                    return loaded.event(row).filter(|event| self.passes_gap(event));
                }
                let time = *loaded.times().get(row)?;
                let process = *loaded.processes().get(row)?;
                let function = loaded.functions().get(row).copied().unwrap_or(u32::MAX);
                if self.filter.passes(time, kind, process, function) { loaded.event(row) } else { None }
            }
        }
    }

    fn passes_gap(&self, event: &Event<'_>) -> bool {
        match event.what {
            What::Gap { since, .. } => self.filter.passes_gap(since, event.time, event.process.0),
            _ => true,
        }
    }
}

impl<'b> Events<'b> {
    /// The same, each with its position in the recording, counted from 0 in the order of arrival. A gap of the
    /// recording itself has none; one in the place of a batch that cannot be read has that of the batch's first row.
    pub fn numbered(mut self) -> impl Iterator<Item = (Option<u64>, Event<'b>)> {
        std::iter::from_fn(move || {
            let (row, event) = self.step()?;
            Some((self.view.position(row), event))
        })
    }

    fn step(&mut self) -> Option<(usize, Event<'b>)> {
        let rows = self.view.rows();
        while self.row < rows {
            let row = self.row;
            self.row += 1;
            if let Some(event) = self.view.event(row) {
                return Some((row, event));
            }
        }
        None
    }
}

impl<'b> Iterator for Events<'b> {
    type Item = Event<'b>;

    fn next(&mut self) -> Option<Event<'b>> {
        self.step().map(|(_, event)| event)
    }
}
