//! The calls of a stream with their ends, outcomes and nesting.
//!
//! The parent of a call is the innermost call of the same process that was open when it began. It is certain where
//! both ends were reported by the VM with their outcome; everything else follows from a rule and is inferred (see
//! [`crate::pairing`] for the rules). A call of a function whose ends nothing reports has no calls inside: what
//! follows it belongs to the call around it.

use crate::gaps::Gaps;
use crate::pairing::{DEPTH_LIMIT, DEPTH_LIMIT_WITHOUT_ENDS, Ending, Frame, Matched, Remaining, Sink, Stack};
use pluto_event::{Event, Form, FunctionId, Nanos, Payload, ProcessId, Tables, What};
use rustc_hash::{FxHashMap, FxHashSet};

/// How much is kept at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls.
    pub calls: usize,
    /// Bytes of arguments and outcomes.
    pub bytes: usize,
}

impl Default for Limits {
    /// A million calls, 256 MiB of terms.
    fn default() -> Limits {
        Limits { calls: 1_000_000, bytes: 256 << 20 }
    }
}

/// The place of a call in [`Calls`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u32);

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The process that made it.
    pub process: ProcessId,
    /// The function.
    pub function: FunctionId,
    /// When it began.
    pub start: Nanos,
    /// When it ended; for an untimed ending, when it was found to have ended or was given up.
    pub end: Nanos,
    /// How it ended.
    pub ending: Ending,
    /// The call around it.
    pub parent: Option<CallId>,
    /// The position of its `Call` event in the stream, counted from 0. A builder that is not told positions counts what
    /// it is given.
    pub event: u64,
    /// Whether `start` and `end` are more than an order.
    has_times: bool,
    arguments: Stored,
    outcome: Stored,
}

#[derive(Clone, Debug, Default)]
struct Stored {
    form: Form,
    bytes: Box<[u8]>,
}

impl Stored {
    fn payload(&self) -> Payload<'_> {
        Payload { form: self.form, bytes: &self.bytes }
    }
}

/// Which calls are kept. Calls that are not are forgotten as they end, so memory holds the open ones only; then no
/// call has a parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Keep {
    /// Only calls that took at least this many nanoseconds.
    pub at_least: Option<u64>,
    /// Only calls that were left by an exception.
    pub failed: bool,
}

impl Keep {
    fn is_all(self) -> bool {
        self == Keep::default()
    }

    /// Whether a call is kept.
    pub fn wants(self, call: &Call) -> bool {
        let slow = |least| call.duration().is_some_and(|duration| duration >= least);
        self.at_least.is_none_or(slow) && (!self.failed || call.ending == Ending::Raised)
    }
}

impl Call {
    /// The arguments; absent where they were not captured, or are over the limit.
    pub fn arguments(&self) -> Payload<'_> {
        self.arguments.payload()
    }

    /// The value or the exception; absent where it was not captured, or is over the limit.
    pub fn outcome(&self) -> Payload<'_> {
        self.outcome.payload()
    }

    /// How long it took, in nanoseconds; `None` where the end has no time.
    pub fn duration(&self) -> Option<u64> {
        (self.has_times && self.ending.is_timed())
            .then(|| u64::try_from(self.end.saturating_sub(self.start)).unwrap_or(0))
    }
}

/// An end that no call was seen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnmatchedEnd {
    /// The process.
    pub process: ProcessId,
    /// The function that ended, or for a `ReturnTo` the one that goes on.
    pub function: FunctionId,
    /// When.
    pub time: Nanos,
}

/// The calls of a stream.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    calls: Vec<Call>,
    /// Ends that no call was seen for, at most as many as the limit on calls.
    pub unmatched: Vec<UnmatchedEnd>,
    /// Whether the stream has ends of calls at all; at level `calls` it has none.
    pub ends_reported: bool,
    /// Whether times are more than the order of events; where they are not, no call has a duration.
    pub has_times: bool,
    /// Calls over the limit, which are not here.
    pub left_out: u64,
    /// Arguments and outcomes over the limit, which are absent here.
    pub terms_left_out: u64,
}

impl Calls {
    /// The calls, in the order in which they began in the stream.
    pub fn all(&self) -> &[Call] {
        &self.calls
    }

    /// One call.
    pub fn get(&self, id: CallId) -> Option<&Call> {
        self.calls.get(id.0 as usize)
    }

    /// Whether the parent of a call follows from what the VM reported alone.
    pub fn parent_is_certain(&self, call: &Call) -> bool {
        let parent = call.parent.and_then(|parent| self.get(parent));
        call.ending.is_certain() && parent.is_some_and(|parent| parent.ending.is_certain())
    }
}

/// Builds [`Calls`] from events.
#[derive(Debug)]
pub struct CallsBuilder<'g> {
    gaps: &'g Gaps,
    limits: Limits,
    stacks: FxHashMap<ProcessId, ProcessState>,
    forest: Forest,
    events: u64,
    any_end: bool,
}

#[derive(Debug)]
struct ProcessState {
    stack: Stack<Option<CallId>>,
    node: pluto_event::NodeId,
    late: Vec<CallId>,
    returns_to: bool,
}

/// The sink, apart from the stacks so that both can be borrowed.
#[derive(Debug, Default)]
struct Forest {
    calls: Calls,
    /// Functions whose ends are reported.
    ends: FxHashSet<FunctionId>,
    keep: Keep,
    /// Slots of calls that were not kept.
    free: Vec<CallId>,
    bytes: usize,
}

/// What an event brings to the call that it ends.
struct Closer<'a> {
    forest: &'a mut Forest,
    late: &'a mut Vec<CallId>,
    outcome: Stored,
}

impl Sink<Option<CallId>> for Closer<'_> {
    fn closed(
        &mut self,
        frame: Frame<Option<CallId>>,
        _remaining: Remaining<'_, Option<CallId>>,
        end: Nanos,
        ending: Ending,
    ) {
        let Some(id) = frame.data else { return };
        let Some(call) = self.forest.calls.calls.get_mut(id.0 as usize) else { return };
        call.end = end;
        call.ending = ending;
        if matches!(ending, Ending::Returned | Ending::ReturnedUnobserved | Ending::Raised) {
            call.outcome = std::mem::take(&mut self.outcome);
        }
        if !self.forest.keep.is_all() && !self.forest.keep.wants(call) {
            self.forest.bytes -= call.arguments.bytes.len() + call.outcome.bytes.len();
            call.arguments = Stored::default();
            call.outcome = Stored::default();
            self.forest.free.push(id);
        }
    }

    fn suspended(&mut self) {
        self.late.clear();
    }

    fn revived(&mut self, frames: &mut [Frame<Option<CallId>>], open: usize) {
        let parent = open.checked_sub(1).and_then(|last| frames.get(last)).and_then(|frame| frame.data);
        for id in self.late.drain(..) {
            if let Some(call) = self.forest.calls.calls.get_mut(id.0 as usize) {
                call.parent = parent;
            }
        }
    }

    fn settled(&mut self) {
        self.late.clear();
    }
}

impl<'g> CallsBuilder<'g> {
    /// No call yet. `gaps` are those of the whole stream.
    pub fn new(gaps: &'g Gaps, limits: Limits, keep: Keep) -> CallsBuilder<'g> {
        CallsBuilder {
            gaps,
            limits,
            stacks: FxHashMap::default(),
            forest: Forest {
                keep,
                calls: Calls { has_times: true, ..Calls::default() },
                ..Forest::default()
            },
            events: 0,
            any_end: false,
        }
    }

    /// Says whether times are more than the order of events; they are unless told otherwise.
    #[must_use]
    pub fn with_times(mut self, has_times: bool) -> CallsBuilder<'g> {
        self.forest.calls.has_times = has_times;
        self
    }

    /// Adds one event. Events of one process come in order.
    pub fn add(&mut self, event: &Event<'_>, tables: &Tables) {
        self.add_at(self.events, event, tables);
        self.events += 1;
    }

    /// Adds the event with this position.
    pub fn add_at(&mut self, number: u64, event: &Event<'_>, tables: &Tables) {
        let function = event.what.function();
        match event.what {
            What::Call { .. } | What::Return { .. } | What::Exception { .. } => {}
            What::ReturnTo { .. } | What::Exit { .. } => {}
            _ => return,
        }
        let (gaps, id) = (self.gaps, event.process);
        let state = self.stacks.entry(id).or_insert_with(|| {
            let node = tables.process(id).map_or(pluto_event::NodeId::NONE, |process| process.node);
            let stack = Stack::new(gaps, id, node);
            ProcessState { stack, node, late: Vec::new(), returns_to: false }
        });
        let ProcessState { stack, node, late, returns_to } = state;
        let outcome = match event.what {
            What::Return { value, .. } => self.forest.store(value, self.limits),
            What::Exception { reason, .. } => self.forest.store(reason, self.limits),
            _ => Stored::default(),
        };
        let mut closer = Closer { forest: &mut self.forest, late, outcome };
        stack.advance(event.time, &mut closer, || gaps.around(id, *node, event.time));
        let matched = match event.what {
            What::Call { arguments, .. } => {
                let limit = if self.any_end { DEPTH_LIMIT } else { DEPTH_LIMIT_WITHOUT_ENDS };
                closer.call(stack, event, arguments, number, self.limits, limit);
                Matched::Yes
            }
            What::Return { value, .. } if value.is_absent() => {
                stack.end(function, event.time, Ending::ReturnedUnobserved, &mut closer)
            }
            What::Return { .. } => stack.end(function, event.time, Ending::Returned, &mut closer),
            What::Exception { .. } => stack.end(function, event.time, Ending::Raised, &mut closer),
            What::ReturnTo { .. } => {
                *returns_to = true;
                stack.return_to(function, event.time, &mut closer)
            }
            _ => {
                stack.close_all(event.time, Ending::ProcessExit, &mut closer);
                Matched::Yes
            }
        };
        if matches!(event.what, What::Return { .. } | What::Exception { .. }) {
            self.forest.mark_ending(function);
            self.any_end = true;
        }
        self.any_end |= *returns_to;
        if matched == Matched::No && self.forest.calls.unmatched.len() < self.limits.calls {
            self.forest.calls.unmatched.push(UnmatchedEnd { process: id, function, time: event.time });
        }
    }

    /// The calls; those still open are marked so.
    pub fn finish(mut self) -> Calls {
        self.forest.calls.ends_reported = self.any_end;
        let last = self.forest.calls.calls.iter().map(|call| call.end.max(call.start)).max().unwrap_or(0);
        for state in self.stacks.values_mut() {
            let mut closer =
                Closer { forest: &mut self.forest, late: &mut state.late, outcome: Stored::default() };
            state.stack.finish(last, &mut closer);
        }
        let Forest { mut calls, ends, keep, .. } = self.forest;
        if !keep.is_all() {
            calls.calls.retain(|call| keep.wants(call));
            calls.calls.sort_by_key(|call| call.event);
            return calls;
        }
        let reported = |call: &Call| {
            call.ending.is_timed()
                || (call.ending == Ending::CutByGap && self.any_end)
                || ends.contains(&call.function)
                || self.stacks.get(&call.process).is_some_and(|state| state.returns_to)
        };
        let closes: Vec<bool> = calls.calls.iter().map(reported).collect();
        for (call, &closes) in calls.calls.iter_mut().zip(&closes) {
            if !closes {
                call.ending = Ending::Open;
            }
        }
        for at in 0..calls.calls.len() {
            // Parents come first, so the parent's own parent is already the one that it keeps.
            let Some(parent) = calls.calls.get(at).and_then(|call| call.parent) else { continue };
            if closes.get(parent.0 as usize).copied().unwrap_or(true) {
                continue;
            }
            let outer = calls.get(parent).and_then(|call| call.parent);
            if let Some(call) = calls.calls.get_mut(at) {
                call.parent = outer;
            }
        }
        calls
    }
}

impl Forest {
    fn mark_ending(&mut self, function: FunctionId) {
        self.ends.insert(function);
    }

    /// Where the next call goes; `None` where the limit is reached.
    fn slot(&mut self, limits: Limits) -> Option<CallId> {
        if let Some(free) = self.free.pop() {
            return Some(free);
        }
        let next = self.calls.calls.len();
        if next < limits.calls { u32::try_from(next).ok().map(CallId) } else { None }
    }

    fn store(&mut self, payload: Payload<'_>, limits: Limits) -> Stored {
        if payload.is_absent() {
            return Stored::default();
        }
        if self.bytes.saturating_add(payload.bytes.len()) > limits.bytes {
            self.calls.terms_left_out += 1;
            return Stored::default();
        }
        self.bytes += payload.bytes.len();
        Stored { form: payload.form, bytes: payload.bytes.into() }
    }
}

impl Closer<'_> {
    fn call(
        &mut self,
        stack: &mut Stack<Option<CallId>>,
        event: &Event<'_>,
        arguments: Payload<'_>,
        number: u64,
        limits: Limits,
        depth: usize,
    ) {
        let function = event.what.function();
        let id = self.forest.slot(limits);
        let arguments = match id {
            Some(_) => self.forest.store(arguments, limits),
            None => {
                self.forest.calls.left_out += 1;
                Stored::default()
            }
        };
        let call = Call {
            process: event.process,
            function,
            start: event.time,
            end: event.time,
            ending: Ending::Open,
            parent: None,
            event: number,
            has_times: self.forest.calls.has_times,
            arguments,
            outcome: Stored::default(),
        };
        match id.and_then(|id| self.forest.calls.calls.get_mut(id.0 as usize)) {
            Some(slot) => *slot = call,
            None if id.is_some() => self.forest.calls.calls.push(call),
            None => {}
        }
        let frame = Frame { function, start: event.time, data: id };
        if !stack.call(frame, depth, self) || !self.forest.keep.is_all() {
            return;
        }
        let parent = stack.frames().iter().rev().nth(1).and_then(|frame| frame.data);
        match (id, parent) {
            (Some(id), Some(_)) => {
                if let Some(call) = self.forest.calls.calls.get_mut(id.0 as usize) {
                    call.parent = parent;
                }
            }
            (Some(id), None) if stack.has_suspended() => self.late.push(id),
            _ => {}
        }
    }
}
