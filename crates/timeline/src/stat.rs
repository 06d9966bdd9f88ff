//! Figures by function and by process, in one pass with bounded memory.
//!
//! # What the figures mean
//!
//! * **calls**: `Call` events.
//! * **timed**: calls whose end has a time ([`Ending::is_timed`]); only these have durations, and percentiles are
//!   over them. The others are counted by why they have none.
//! * **total**: the time during which at least one timed call of the function was open in the process, added over
//!   processes. A call inside a call of the same function adds nothing, so recursion counts once.
//! * **self**: the duration of each timed call less that of the calls directly inside of it, added up.
//!   What untraced functions do counts as self time of their caller.
//! * **percentiles**: of single calls, recursive ones included, within 0.4 % ([`Histogram`]).
//! * **errors**: `Exception` events that ended a call. Not observed where neither an exception nor a captured value
//!   of the function was ever seen, since then nothing would have reported one.
//!
//! Time that goes backwards within a process counts as zero.

use crate::gaps::{GapSum, Gaps};
use crate::histogram::Histogram;
use crate::pairing::{DEPTH_LIMIT, DEPTH_LIMIT_WITHOUT_ENDS, Ending, Frame, Matched, Remaining, Sink, Stack};
use pluto_event::{Event, FunctionId, Kind, Nanos, NodeId, ProcessId, Tables, What};
use rustc_hash::FxHashMap;

mod report;

pub use report::{Durations, FunctionRow, GapRow, ProcessRow, Report, SortBy};

/// Processes, and functions, that the tables do not have and that are counted one by one.
const STRANGERS_LIMIT: usize = 10_000;

/// Adds up events; see the module.
#[derive(Debug)]
pub struct Stat<'g> {
    gaps: &'g Gaps,
    processes: Vec<Option<Box<ProcessState>>>,
    /// Processes that the tables do not have.
    strangers: FxHashMap<ProcessId, Box<ProcessState>>,
    /// Events of strangers over the limit.
    unlisted: u64,
    counts: Counts,
    any_end: bool,
    events: u64,
    first: Nanos,
    last: Nanos,
}

/// What the sink adds to, apart from the stacks so that both can be borrowed.
#[derive(Debug, Default)]
struct Counts {
    functions: Vec<FunctionCount>,
    /// Functions that the tables do not have.
    strangers: FxHashMap<FunctionId, FunctionCount>,
    unmatched_return_tos: u64,
}

impl Counts {
    #[inline]
    fn function(&mut self, id: FunctionId) -> Option<&mut FunctionCount> {
        match (id.0 as usize) < self.functions.len() {
            true => self.functions.get_mut(id.0 as usize),
            false => self.strangers.get_mut(&id),
        }
    }

    /// Makes room for a function.
    #[cold]
    fn begin(&mut self, id: FunctionId, tables: &Tables) {
        let known = tables.functions().len();
        self.functions.resize_with(known, FunctionCount::default);
        if id.0 as usize >= known && self.strangers.len() < STRANGERS_LIMIT {
            self.strangers.entry(id).or_default();
        }
    }
}

#[derive(Clone, Debug, Default)]
struct FunctionCount {
    calls: u64,
    total: i128,
    own: i128,
    errors: u64,
    outcome_observed: bool,
    inferred: u64,
    overtaken: u64,
    cut: u64,
    open: u64,
    unmatched: u64,
    durations: Histogram,
}

#[derive(Debug)]
struct ProcessState {
    stack: Stack<Nested>,
    node: NodeId,
    count: ProcessCount,
}

#[derive(Clone, Copy, Debug, Default)]
struct ProcessCount {
    events: u64,
    calls: u64,
    timed: u64,
    busy: i128,
    errors: u64,
    sent: u64,
    delivered: u64,
    spawned: u64,
    first: Nanos,
    last: Nanos,
    exited: bool,
    /// The busy time of calls that began while others were suspended; see [`Nested::late_inside`].
    late_busy: i128,
}

/// What a call keeps of the calls inside of it.
#[derive(Clone, Copy, Debug, Default)]
struct Nested {
    /// The functions open below, one bit each (the id modulo 64).
    open_below: u64,
    /// Time of the calls directly inside.
    inside: i64,
    /// Time of the topmost calls of the same function, at any depth inside.
    same_inside: i64,
    /// The same two for calls that ended while this one was suspended; they count when it is revived.
    late_inside: i64,
    late_same: i64,
}

fn bit(function: FunctionId) -> u64 {
    1 << (function.0 % 64)
}

/// The sink: one process's and all functions' counts.
struct Adder<'a> {
    counts: &'a mut Counts,
    process: &'a mut ProcessCount,
}

impl Sink<Nested> for Adder<'_> {
    #[inline]
    fn closed(&mut self, frame: Frame<Nested>, remaining: Remaining<'_, Nested>, end: Nanos, ending: Ending) {
        let Some(count) = self.counts.function(frame.function) else { return };
        let Remaining { open, suspended } = remaining;
        if !ending.is_timed() {
            match ending {
                Ending::Overtaken => count.overtaken += 1,
                Ending::CutByGap => count.cut += 1,
                _ => count.open += 1,
            }
            pass_on(self.process, &frame, open, suspended);
            return;
        }
        let duration = end.saturating_sub(frame.start).max(0);
        self.process.timed += 1;
        count.durations.record(duration as u64);
        count.own += i128::from(duration) - i128::from(frame.data.inside);
        let union = duration.saturating_sub(frame.data.same_inside);
        count.total += i128::from(union);
        count.inferred += u64::from(!ending.is_certain());
        if ending == Ending::Raised {
            count.errors += 1;
            self.process.errors += 1;
        }
        match open.last_mut() {
            Some(parent) => parent.data.inside = parent.data.inside.saturating_add(duration),
            None => {
                self.process.busy += i128::from(duration);
                if let Some(parent) = suspended.last_mut() {
                    parent.data.late_inside = parent.data.late_inside.saturating_add(duration);
                    self.process.late_busy += i128::from(duration);
                }
            }
        }
        // All of the duration is in the total now: by this call, or by those of the same function inside.
        add_to_same(frame.function, frame.data.open_below, duration, open, suspended);
    }

    fn suspended(&mut self) {
        self.process.late_busy = 0;
    }

    fn revived(&mut self, frames: &mut [Frame<Nested>], open: usize) {
        // The calls that were counted as outermost are inside of one that will be counted whole.
        self.process.busy -= std::mem::take(&mut self.process.late_busy);
        let late_inside = frames.last_mut().map_or(0, |last| std::mem::take(&mut last.data.late_inside));
        let (open, ended) = frames.split_at_mut(open.min(frames.len()));
        if let Some(parent) = open.last_mut() {
            parent.data.inside = parent.data.inside.saturating_add(late_inside);
        }
        for frame in ended {
            let late = std::mem::take(&mut frame.data.late_same);
            if let Some(outer) = open.iter_mut().rev().find(|outer| outer.function == frame.function) {
                outer.data.late_same = outer.data.late_same.saturating_add(late);
            }
        }
        for frame in open {
            let nested = &mut frame.data;
            nested.same_inside = nested.same_inside.saturating_add(std::mem::take(&mut nested.late_same));
        }
    }

    fn settled(&mut self) {
        self.process.late_busy = 0;
    }
}

/// A call without a duration leaves what was inside of it to its caller.
fn pass_on(
    process: &mut ProcessCount,
    frame: &Frame<Nested>,
    open: &mut [Frame<Nested>],
    suspended: &mut [Frame<Nested>],
) {
    match (open.last_mut(), suspended.last_mut()) {
        (Some(parent), _) => {
            parent.data.inside = parent.data.inside.saturating_add(frame.data.inside);
        }
        (None, suspended) => {
            process.busy += i128::from(frame.data.inside);
            if let Some(parent) = suspended {
                parent.data.late_inside = parent.data.late_inside.saturating_add(frame.data.inside);
                process.late_busy += i128::from(frame.data.inside);
            }
        }
    }
    add_to_same(frame.function, frame.data.open_below, frame.data.same_inside, open, suspended);
}

/// Tells the next outer call of the same function how much of its time is already in the total.
fn add_to_same(
    function: FunctionId,
    open_below: u64,
    time: i64,
    open: &mut [Frame<Nested>],
    suspended: &mut [Frame<Nested>],
) {
    if open_below & bit(function) != 0
        && let Some(outer) = open.iter_mut().rev().find(|frame| frame.function == function)
    {
        outer.data.same_inside = outer.data.same_inside.saturating_add(time);
        return;
    }
    if let Some(outer) = suspended.iter_mut().rev().find(|frame| frame.function == function) {
        outer.data.late_same = outer.data.late_same.saturating_add(time);
    }
}

impl<'g> Stat<'g> {
    /// Nothing added yet. `gaps` are those of the whole stream.
    pub fn new(gaps: &'g Gaps) -> Stat<'g> {
        Stat {
            gaps,
            processes: Vec::new(),
            strangers: FxHashMap::default(),
            unlisted: 0,
            counts: Counts::default(),
            any_end: false,
            events: 0,
            first: Nanos::MAX,
            last: Nanos::MIN,
        }
    }

    /// Adds one event. Events of one process come in order. A gap is no event.
    pub fn add(&mut self, event: &Event<'_>, tables: &Tables) {
        if event.what.kind() == Kind::Gap {
            return;
        }
        self.events += 1;
        self.first = self.first.min(event.time);
        self.last = self.last.max(event.time);
        let process = match self.processes.get_mut(event.process.0 as usize) {
            Some(Some(process)) => process,
            _ => {
                let (all, strangers) = (&mut self.processes, &mut self.strangers);
                match begin(all, strangers, self.gaps, event, tables) {
                    Some(process) => process,
                    None => {
                        self.unlisted += 1;
                        return;
                    }
                }
            }
        };
        let ProcessState { stack, node, count } = &mut **process;
        count.events += 1;
        count.last = event.time;
        let function = event.what.function();
        if !function.is_none() && function.0 as usize >= self.counts.functions.len() {
            self.counts.begin(function, tables);
        }
        let mut adder = Adder { counts: &mut self.counts, process: count };
        let (gaps, node, id) = (self.gaps, *node, event.process);
        stack.advance(event.time, &mut adder, || gaps.around(id, node, event.time));
        let limit = if self.any_end { DEPTH_LIMIT } else { DEPTH_LIMIT_WITHOUT_ENDS };
        self.any_end |= step(stack, &mut adder, event, limit);
    }

    /// The figures. Calls that are still open are counted as such.
    pub fn finish(mut self, tables: &Tables) -> Report {
        let last = self.last;
        for process in self.processes.iter_mut().flatten().chain(self.strangers.values_mut()) {
            let mut adder = Adder { counts: &mut self.counts, process: &mut process.count };
            process.stack.finish(last, &mut adder);
        }
        report::make(&self, tables)
    }
}

/// The state of a process whose first event this is, or which the tables do not have; `None` where there are too many
/// of these.
#[cold]
fn begin<'p>(
    processes: &'p mut Vec<Option<Box<ProcessState>>>,
    strangers: &'p mut FxHashMap<ProcessId, Box<ProcessState>>,
    gaps: &Gaps,
    event: &Event<'_>,
    tables: &Tables,
) -> Option<&'p mut Box<ProcessState>> {
    let new = |node| {
        Box::new(ProcessState {
            stack: Stack::new(gaps, event.process, node),
            node,
            count: ProcessCount { first: event.time, ..ProcessCount::default() },
        })
    };
    match tables.process(event.process) {
        Ok(row) => {
            let at = event.process.0 as usize;
            if at >= processes.len() {
                processes.resize_with(tables.processes().len().max(at + 1), || None);
            }
            processes.get_mut(at).map(|slot| slot.get_or_insert_with(|| new(row.node)))
        }
        Err(_) if strangers.len() >= STRANGERS_LIMIT => strangers.get_mut(&event.process),
        Err(_) => Some(strangers.entry(event.process).or_insert_with(|| new(NodeId::NONE))),
    }
}

/// One event of a process. Whether it was the end of a call.
#[inline]
fn step(stack: &mut Stack<Nested>, adder: &mut Adder<'_>, event: &Event<'_>, limit: usize) -> bool {
    let time = event.time;
    let (function, ending) = match event.what {
        What::Call { function, .. } => {
            adder.process.calls += 1;
            if let Some(count) = adder.counts.function(function) {
                count.calls += 1;
            }
            let open_below =
                stack.frames().last().map_or(0, |parent| parent.data.open_below | bit(parent.function));
            let data = Nested { open_below, ..Nested::default() };
            stack.call(Frame { function, start: time, data }, limit, adder);
            return false;
        }
        What::Return { function, value } if value.is_absent() => (function, Ending::ReturnedUnobserved),
        What::Return { function, .. } => (function, Ending::Returned),
        What::Exception { function, .. } => (function, Ending::Raised),
        What::ReturnTo { function } => {
            let matched = stack.return_to(function, time, adder);
            adder.counts.unmatched_return_tos += u64::from(matched == Matched::No);
            return true;
        }
        What::Send { .. } => {
            adder.process.sent += 1;
            return false;
        }
        What::Deliver { .. } => {
            adder.process.delivered += 1;
            return false;
        }
        What::Spawn { .. } => {
            adder.process.spawned += 1;
            return false;
        }
        What::Exit { .. } => {
            stack.close_all(time, Ending::ProcessExit, adder);
            adder.process.exited = true;
            return false;
        }
        _ => return false,
    };
    let matched = stack.end(function, time, ending, adder);
    if let Some(count) = adder.counts.function(function) {
        count.outcome_observed |= ending.is_certain();
        count.unmatched += u64::from(matched == Matched::No);
    }
    true
}

impl Stat<'_> {
    fn gap_sums(&self) -> &[GapSum] {
        self.gaps.sums()
    }
}
