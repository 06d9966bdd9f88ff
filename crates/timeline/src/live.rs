//! Calls paired while they happen, for a stream that is still going on.
//!
//! `Stack` decides here as everywhere which end belongs to which call, so what is told live is what a recording of
//! the same events tells later. Two things differ. A gap is known only when it is reported, so the calls that it cuts
//! are dropped then; an end that was told before it stands. And an end that allows two readings (see
//! [`crate::pairing`]) is told when the reading is final, which may be some calls later.
//!
//! Memory is bounded. What is over a bound is counted: [`Live::given_up`] and [`Live::not_followed`].

use crate::gaps::{Gaps, cuts};
use crate::pairing::{Ending, Frame, Matched, Remaining, Sink, Stack};
use pluto_event::{Event, FunctionId, Nanos, NodeId, ProcessId, Tables, What};
use rustc_hash::FxHashMap;

/// How much is followed at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveLimits {
    /// Processes.
    pub processes: usize,
    /// Open calls of one process.
    pub depth: usize,
    /// Open calls of all processes.
    pub open: usize,
}

impl Default for LiveLimits {
    /// 65,536 processes, 4,096 open calls in each, a million in all.
    fn default() -> LiveLimits {
        LiveLimits { processes: 1 << 16, depth: 1 << 12, open: 1 << 20 }
    }
}

/// A call whose end has a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The process that made it.
    pub process: ProcessId,
    /// The function.
    pub function: FunctionId,
    /// When it began.
    pub start: Nanos,
    /// When it ended.
    pub end: Nanos,
    /// How it ended.
    pub ending: Ending,
}

impl Ended {
    /// How long it took, in nanoseconds.
    pub fn duration(&self) -> u64 {
        u64::try_from(self.end.saturating_sub(self.start)).unwrap_or(0)
    }
}

/// Pairs calls with their ends, one event at a time.
#[derive(Debug, Default)]
pub struct Live {
    limits: LiveLimits,
    processes: FxHashMap<ProcessId, Followed>,
    /// Until when the last gap of each node lasted, and of all nodes.
    gaps_of_nodes: FxHashMap<NodeId, Nanos>,
    gap_of_all: Option<Nanos>,
    told: Told,
    events: u64,
    /// At which event idle processes may be looked for again: that takes a look at all.
    next_sweep: u64,
    not_followed: u64,
}

#[derive(Debug)]
struct Followed {
    stack: Stack<()>,
    node: NodeId,
}

/// What came of an event, apart from the stacks so that both can be borrowed.
#[derive(Debug, Default)]
struct Told {
    ended: Vec<Ended>,
    open: usize,
    given_up: u64,
}

struct Teller<'a> {
    told: &'a mut Told,
    process: ProcessId,
}

impl Sink<()> for Teller<'_> {
    fn closed(&mut self, frame: Frame<()>, _remaining: Remaining<'_, ()>, end: Nanos, ending: Ending) {
        self.told.open = self.told.open.saturating_sub(1);
        self.told.given_up += u64::from(ending == Ending::TooDeep);
        if ending.is_timed() {
            let Frame { function, start, .. } = frame;
            self.told.ended.push(Ended { process: self.process, function, start, end, ending });
        }
    }

    fn revived(&mut self, _frames: &mut [Frame<()>], _open: usize) {}
}

impl Live {
    /// Nothing seen yet.
    pub fn new(limits: LiveLimits) -> Live {
        Live { limits, ..Live::default() }
    }

    /// Takes one event, and gives the calls whose end is known now. Events of one process come in order.
    pub fn add(&mut self, event: &Event<'_>, tables: &Tables) -> &[Ended] {
        self.told.ended.clear();
        self.events += 1;
        match event.what {
            What::Gap { node, cause, missing, .. } if cuts(cause, missing) => {
                self.gap(event, node, tables);
            }
            What::Call { function, .. }
            | What::Return { function, .. }
            | What::Exception { function, .. }
                if tables.function(function).is_ok() =>
            {
                self.step(event, tables);
            }
            What::ReturnTo { .. } => self.step(event, tables),
            What::Exit { .. } => {
                if let Some(mut followed) = self.processes.remove(&event.process) {
                    let mut teller = Teller { told: &mut self.told, process: event.process };
                    followed.stack.close_all(event.time, Ending::ProcessExit, &mut teller);
                }
            }
            _ => {}
        }
        &self.told.ended
    }

    /// The stream is over: the calls whose end was waiting to be told.
    pub fn finish(&mut self) -> &[Ended] {
        self.told.ended.clear();
        for (process, mut followed) in self.processes.drain() {
            followed.stack.finish(Nanos::MAX, &mut Teller { told: &mut self.told, process });
        }
        self.told.ended.sort_by_key(|ended| (ended.end, ended.process, ended.start));
        &self.told.ended
    }

    /// Calls that were given up because too many were open.
    pub fn given_up(&self) -> u64 {
        self.told.given_up
    }

    /// Calls of processes that were too many to follow.
    pub fn not_followed(&self) -> u64 {
        self.not_followed
    }

    fn step(&mut self, event: &Event<'_>, tables: &Tables) {
        if !self.follows(event, tables) {
            self.not_followed += u64::from(matches!(event.what, What::Call { .. }));
            return;
        }
        let Some(Followed { stack, .. }) = self.processes.get_mut(&event.process) else { return };
        let full = self.told.open >= self.limits.open;
        let mut teller = Teller { told: &mut self.told, process: event.process };
        let (function, ending) = match event.what {
            What::Call { function, .. } => {
                teller.told.open += 1;
                // Where all that may be open is open, the process that wants more gives up its own.
                let depth = if full { 0 } else { self.limits.depth };
                let _in_gap = stack.call(Frame { function, start: event.time, data: () }, depth, &mut teller);
                return;
            }
            What::Return { function, value } if value.is_absent() => (function, Ending::ReturnedUnobserved),
            What::Return { function, .. } => (function, Ending::Returned),
            What::Exception { function, .. } => (function, Ending::Raised),
            What::ReturnTo { function } => {
                let _unseen: Matched = stack.return_to(function, event.time, &mut teller);
                return;
            }
            _ => return,
        };
        let _unseen: Matched = stack.end(function, event.time, ending, &mut teller);
    }

    /// Whether the process of an event is followed, which it is from now on where there is room.
    fn follows(&mut self, event: &Event<'_>, tables: &Tables) -> bool {
        self.processes.contains_key(&event.process) || self.follow(event, tables)
    }

    fn follow(&mut self, event: &Event<'_>, tables: &Tables) -> bool {
        if self.processes.len() >= self.limits.processes && self.events >= self.next_sweep {
            self.processes.retain(|_, followed| !followed.stack.is_idle());
            self.next_sweep = self.events + self.limits.processes as u64;
        }
        if self.processes.len() >= self.limits.processes {
            return false;
        }
        let node = tables.process(event.process).map_or(NodeId::NONE, |process| process.node);
        let mut stack = Stack::new(&Gaps::default(), event.process, node);
        if let Some(until) = self.gaps_of_nodes.get(&node).copied().max(self.gap_of_all) {
            stack.cut(until, &mut Teller { told: &mut self.told, process: event.process });
        }
        self.processes.insert(event.process, Followed { stack, node });
        true
    }

    /// Drops the calls that a gap may have ended: those of a process, of a node, or of all.
    fn gap(&mut self, event: &Event<'_>, node: NodeId, tables: &Tables) {
        let Event { process, time: until, .. } = *event;
        if process.is_none() {
            let last = match node.is_none() {
                true => self.gap_of_all.get_or_insert(until),
                false => self.gaps_of_nodes.entry(node).or_insert(until),
            };
            *last = until.max(*last);
        } else {
            // A process that is not known yet has a gap before its first event.
            self.follows(event, tables);
        }
        for (&id, followed) in &mut self.processes {
            let concerned = match process.is_none() {
                true => node.is_none() || followed.node == node,
                false => id == process,
            };
            if concerned {
                followed.stack.cut(until, &mut Teller { told: &mut self.told, process: id });
            }
        }
    }
}
