//! Events in the order of their times.
//!
//! Batches overlap in time where processes or nodes are reported late. The batches that overlap the present time of
//! the walk are merged; those that are furthest from having the next event are put away and read again when needed,
//! so that memory is bounded however much they overlap.

use super::Reader;
use super::filter::Prepared;
use super::scan::{BatchView, Content, Decoder, Step};
use crate::error::RecordingError;
use pluto_event::{Event, Nanos};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;

/// Most batches that are held in memory at once.
const OPEN_MAX: usize = 32;

/// A scan whose events come in the order of their times; those of equal times in the order of their arrival.
#[derive(Debug)]
pub struct ByTime<'r> {
    reader: &'r Reader,
    filter: Prepared,
    /// What was not looked into yet, the earliest last.
    pending: Vec<(Nanos, usize, Step)>,
    runs: Vec<Run>,
    /// The next event of each run: its time, the place of its batch in the order of arrival, and the run.
    next: BinaryHeap<Reverse<(Nanos, usize, usize)>>,
    /// Decoders that no run holds.
    idle: Vec<Decoder>,
    open: usize,
}

/// A batch that has been looked into and has events left.
#[derive(Debug)]
struct Run {
    arrival: usize,
    /// `None` where nothing is left of it.
    step: Option<Step>,
    /// How many events of it were given.
    given: usize,
    /// The batch, where it is in memory.
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    decoder: Option<Decoder>,
    /// Times and rows of the events that pass, in order.
    rows: Vec<(Nanos, u32)>,
}

impl<'r> ByTime<'r> {
    pub(super) fn new(reader: &'r Reader, filter: Prepared, steps: &[Step]) -> ByTime<'r> {
        let earliest = |step: &Step| match *step {
            Step::Gap(event) => event.time,
            Step::Batch { segment, batch, .. } => {
                reader.index(segment, batch).map_or(Nanos::MIN, |index| index.min_time)
            }
        };
        let mut pending: Vec<_> =
            steps.iter().enumerate().map(|(arrival, step)| (earliest(step), arrival, *step)).collect();
        pending.sort_unstable_by_key(|&(time, arrival, _)| Reverse((time, arrival)));
        ByTime {
            reader,
            filter,
            pending,
            runs: Vec::new(),
            next: BinaryHeap::new(),
            idle: Vec::new(),
            open: 0,
        }
    }

    /// Calls `take` with every event, in order.
    pub fn for_each(self, mut take: impl FnMut(&Event<'_>)) -> Result<(), RecordingError> {
        self.for_each_while(|_, event| {
            take(event);
            ControlFlow::Continue(())
        })
    }

    /// Calls `take` with every event, in order, until it breaks off. The number is the position as
    /// [`super::Events::numbered`] has it.
    pub fn for_each_while(
        mut self,
        mut take: impl FnMut(Option<u64>, &Event<'_>) -> ControlFlow<()>,
    ) -> Result<(), RecordingError> {
        while let Some(stretch) = self.stretch()? {
            if self.give(stretch, &mut take).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Finds the run with the next event, and how far it goes before another one comes first.
    fn stretch(&mut self) -> Result<Option<Stretch>, RecordingError> {
        loop {
            let first = self.next.peek().map(|&Reverse((time, arrival, _))| (time, arrival));
            match self.pending.last() {
                Some(&(time, arrival, step)) if first.is_none_or(|first| (time, arrival) < first) => {
                    self.pending.pop();
                    self.begin(arrival, step)?;
                }
                _ => break,
            }
        }
        let Some(Reverse((.., run))) = self.next.pop() else { return Ok(None) };
        self.hold(run)?;
        let after_run = self.next.peek().map(|&Reverse((time, arrival, _))| (time, arrival));
        let after_pending = self.pending.last().map(|&(time, arrival, _)| (time, arrival));
        let limit = match (after_run, after_pending) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Ok(Some(Stretch { run, limit }))
    }

    /// Looks into a batch.
    fn begin(&mut self, arrival: usize, step: Step) -> Result<(), RecordingError> {
        let run = self.runs.iter().position(|run| run.step.is_none()).unwrap_or(self.runs.len());
        let new = Run { arrival, step: Some(step), given: 0, held: None };
        match self.runs.get_mut(run) {
            Some(slot) => *slot = new,
            None => self.runs.push(new),
        }
        self.hold(run)?;
        self.requeue(run);
        Ok(())
    }

    /// Puts the run where its next event belongs, or gives it up where it has none left.
    fn requeue(&mut self, number: usize) {
        let Some(run) = self.runs.get_mut(number) else { return };
        let time = run.held.as_ref().and_then(|held| held.rows.get(run.given)).map(|&(time, _)| time);
        match time {
            Some(time) => self.next.push(Reverse((time, run.arrival, number))),
            None => {
                run.step = None;
                self.put_away(number);
            }
        }
    }

    /// Brings the batch of a run into memory.
    fn hold(&mut self, number: usize) -> Result<(), RecordingError> {
        if self.runs.get(number).is_none_or(|run| run.held.is_some()) {
            return Ok(());
        }
        if self.open >= OPEN_MAX {
            let held = |&&Reverse((.., run)): &&Reverse<(Nanos, usize, usize)>| {
                self.runs.get(run).is_some_and(|run| run.held.is_some())
            };
            let furthest = self.next.iter().filter(held).max_by_key(|&&Reverse(key)| key);
            if let Some(&Reverse((.., furthest))) = furthest {
                self.put_away(furthest);
            }
        }
        let Some(run) = self.runs.get_mut(number) else { return Ok(()) };
        let held = match run.step {
            None => return Ok(()),
            Some(Step::Gap(event)) => {
                let view = BatchView::new(Content::Gap(event), None, &self.filter);
                Held { decoder: None, rows: view.passing() }
            }
            Some(Step::Batch { segment, batch, need, .. }) => {
                let mut decoder = match self.idle.pop() {
                    Some(decoder) => decoder,
                    None => Decoder::new()?,
                };
                self.reader.read(&mut decoder, segment, batch, need, &self.filter)?;
                let mut rows = BatchView::new(decoder.content(), None, &self.filter).passing();
                // Nearly sorted already, which a stable sort makes use of.
                rows.sort();
                Held { decoder: Some(decoder), rows }
            }
        };
        run.held = Some(held);
        self.open += 1;
        Ok(())
    }

    fn put_away(&mut self, number: usize) {
        if let Some(held) = self.runs.get_mut(number).and_then(|run| run.held.take()) {
            self.open -= 1;
            self.idle.extend(held.decoder);
        }
    }

    fn give(
        &mut self,
        stretch: Stretch,
        take: &mut impl FnMut(Option<u64>, &Event<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let goes_on = ControlFlow::Continue(());
        let Some(run) = self.runs.get_mut(stretch.run) else { return goes_on };
        let Some(held) = &run.held else { return goes_on };
        let content = match (&held.decoder, run.step) {
            (Some(decoder), _) => decoder.content(),
            (None, Some(Step::Gap(event))) => Content::Gap(event),
            (None, _) => return goes_on,
        };
        let first = match run.step {
            Some(Step::Batch { first, .. }) => Some(first),
            Some(Step::Gap(_)) | None => None,
        };
        let view = BatchView::new(content, first, &self.filter);
        for &(time, row) in held.rows.get(run.given..).unwrap_or_default() {
            if stretch.limit.is_some_and(|limit| (time, run.arrival) > limit) {
                break;
            }
            run.given += 1;
            if let Some(event) = view.event(row as usize) {
                take(view.position(row as usize), &event)?;
            }
        }
        self.requeue(stretch.run);
        goes_on
    }
}

/// A run, and the time and arrival at which another run comes first.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    run: usize,
    limit: Option<(Nanos, usize)>,
}
