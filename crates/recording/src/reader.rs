//! Reading a recording.

mod by_time;
mod columns;
mod filter;
mod open;
mod scan;

pub use by_time::ByTime;
pub use columns::Columns;
pub(crate) use columns::load_ids;
pub use filter::{Filter, Kinds};
pub use scan::{BatchView, Events, Scan};

use crate::error::{Damage, RecordingError};
use crate::index::BatchIndex;
use crate::ipc::Layout;
use crate::manifest::{Manifest, State};
use filter::Prepared;
use pluto_event::{Event, Kind, Nanos, Tables};
use scan::{Decoder, Need, Step};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A segment that is there.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) number: u32,
    pub(crate) file: String,
    /// Where its columns lie; `None` where its schema cannot be read.
    pub(crate) layout: Option<Layout>,
    pub(crate) batches: Vec<BatchIndex>,
}

/// A part of a recording that cannot be read. What it held is given as a gap by every scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// The name of the file within the recording.
    pub file: String,
    /// The offset in bytes at which the damaged part begins.
    pub offset: u64,
    /// What is wrong with it.
    pub what: Damage,
}

/// A recording that is open for reading: its manifest, its tables, and the index of its batches.
#[derive(Debug)]
pub struct Reader {
    pub(crate) dir: PathBuf,
    manifest: Manifest,
    tables: Tables,
    pub(crate) segments: Vec<Segment>,
    /// Gaps of the recording itself: each comes before the segment with this position.
    gaps: Vec<(usize, Event<'static>)>,
    damage: Vec<Damaged>,
}

impl Reader {
    /// Opens the recording in `dir`, whether or not it was finished.
    ///
    /// What is cut off or damaged is given as gaps, and listed by [`Reader::damage`].
    pub fn open(dir: &Path) -> Result<Reader, RecordingError> {
        open::open(dir)
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The tables that ids of events point into.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// Whether the writer ended the recording.
    pub fn is_finished(&self) -> bool {
        self.manifest.state == State::Finished
    }

    /// What cannot be read, as far as it was noticed when the recording was opened.
    pub fn damage(&self) -> &[Damaged] {
        &self.damage
    }

    /// The damage that no gap tells of: events are not missing by it, but names and what the recording is about.
    pub fn damage_without_gap(&self) -> impl Iterator<Item = &Damaged> {
        self.damage.iter().filter(|damaged| !damaged.file.starts_with("events-"))
    }

    /// How many events there are, gaps that were recorded included.
    pub fn events(&self) -> u64 {
        self.batches().map(|batch| u64::from(batch.rows)).sum()
    }

    /// The latest time of the events in the batches that lie wholly before a position; `None` where there are none.
    pub fn latest_before(&self, position: u64) -> Option<Nanos> {
        let mut end = 0;
        let whole = self.batches().take_while(|batch| {
            end += u64::from(batch.rows);
            end <= position
        });
        whole.map(|batch| batch.max_time).max()
    }

    /// Whether there may be an event of one of these kinds, as far as the index tells.
    pub fn may_have(&self, kinds: Kinds) -> bool {
        self.batches().any(|batch| batch.kinds & kinds.bits() != 0)
    }

    /// The times of the first and of the last event; empty where there is none.
    pub fn times(&self) -> Range<Nanos> {
        let min = self.batches().map(|batch| batch.min_time).min();
        let max = self.batches().map(|batch| batch.max_time).max();
        min.unwrap_or(0)..max.unwrap_or(0)
    }

    /// Scans the events that pass `filter`, in the order in which they arrived.
    pub fn scan(&self, filter: &Filter) -> Scan<'_> {
        let filter = Prepared::new(filter);
        let steps = self.steps(|index| filter.may_pass(index).then_some(Need::Rows));
        Scan::new(self, filter, steps)
    }

    /// Scans all gaps, in the order in which they arrived: those that were recorded, wherever they are, and those in
    /// the place of batches that a scan by `read` would find damaged. For these the checksum is enough, and what is
    /// whole is not decoded, unless a newer version may have written it.
    pub fn scan_gaps(&self, read: &Filter) -> Scan<'_> {
        let read = Prepared::new(read);
        let gaps = Filter { kinds: Kinds::of(&[Kind::Gap]), columns: Columns::NONE, ..Filter::default() };
        let gaps = Prepared::new(&gaps);
        let steps = self.steps(|index| match gaps.may_pass(index) {
            true => Some(Need::Rows),
            false => read.may_pass(index).then_some(Need::Checksum),
        });
        Scan::new(self, gaps, steps)
    }

    /// The batches that something is needed of, and the gaps of the recording itself.
    fn steps(&self, need: impl Fn(&BatchIndex) -> Option<Need>) -> Vec<Step> {
        let (mut steps, mut first) = (Vec::new(), 0);
        let mut gaps = self.gaps.iter().peekable();
        for (position, segment) in self.segments.iter().enumerate() {
            while let Some((_, gap)) = gaps.next_if(|(before, _)| *before <= position) {
                steps.push(Step::Gap(*gap));
            }
            for (batch, index) in segment.batches.iter().enumerate() {
                steps.extend(need(index).map(|need| Step::Batch { segment: position, batch, first, need }));
                first += u64::from(index.rows);
            }
        }
        steps.extend(gaps.map(|(_, gap)| Step::Gap(*gap)));
        steps
    }

    pub(crate) fn batches(&self) -> impl Iterator<Item = &BatchIndex> {
        self.segments.iter().flat_map(|segment| &segment.batches)
    }

    fn read(
        &self,
        decoder: &mut Decoder,
        segment: usize,
        batch: usize,
        need: Need,
        filter: &Prepared,
    ) -> Result<(), RecordingError> {
        match (self.segments.get(segment), self.index(segment, batch)) {
            (Some(segment), Some(index)) => decoder.read(self, segment, index, need, filter),
            _ => Ok(()),
        }
    }

    fn index(&self, segment: usize, batch: usize) -> Option<&BatchIndex> {
        self.segments.get(segment)?.batches.get(batch)
    }
}
