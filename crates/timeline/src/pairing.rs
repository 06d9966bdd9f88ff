//! Pairing calls with their ends, one process at a time.
//!
//! `Stack` is the only place that decides which end belongs to which call; figures and trees are
//! `Sink`s of it, so they cannot disagree.
//!
//! # What the VM tells, and what is made of it
//!
//! The sequences were taken from live nodes; `tests/vm.rs` runs them.
//!
//! * **`Return` and `Exception`** (`return_trace`, `exception_trace`). The VM pushes a frame for every traced call,
//!   tail calls included, so each call gives one end, last in first out: `a` tail-calling `b` gives
//!   `call a, call b, return b, return a`. A tail call therefore shows as a nested call that ends with its caller.
//!   An exception gives one `Exception` per frame it passes, innermost first. Without `exception_trace` the frames
//!   that an exception passes vanish without an event; when the return of a caller arrives, the calls above it are
//!   [`Ending::Overtaken`]: they ended, it is not known when.
//! * **`ReturnTo`** (`return_to`). The VM pushes a frame for every traced call that is not a tail call of a traced
//!   call, and names the function that goes on. One event ends the last open call, and every call that had
//!   tail-called it. How many those are is not in the event:
//!   - the named function is open: everything above it has ended (the topmost one where it is open several times);
//!   - it is not open: either it is outside the traced calls and all of them have ended, or it is an untraced
//!     function between two traced ones (`a` calls `lists:map` calls `b`) and only the last call has ended. The
//!     first reading is taken, and taken back when a later `ReturnTo` finds no call left that it could end, or names
//!     a function that should have ended (`Sink::revived`).
//!
//!   After a `Return` or `Exception` of the same process, a `ReturnTo` only repeats what they said.
//!   Calls that a guard or sampling did not report give no `ReturnTo` either, so sampling leaves the rule intact.
//! * **The process ends**: calls that are open then were left by the end ([`Ending::ProcessExit`]).
//!
//! # Gaps
//!
//! Where events of a process are missing between two times, no call that began before the end of the gap is paired
//! with an end after its beginning ([`Ending::CutByGap`]); the bounds belong to the gap. Gaps by sampling do not cut
//! (whole pairs are kept), nor do gaps that stand for another tool's events. After a gap, a `ReturnTo` that finds no
//! call may be the end of one that began in the gap, so it revives nothing: calls whose reading it puts in doubt are
//! [`Ending::Overtaken`].

use crate::gaps::Gaps;
use pluto_event::{FunctionId, Nanos, NodeId, ProcessId};

/// Calls that one process may have open before all of them are given up ([`Ending::TooDeep`]).
pub const DEPTH_LIMIT: usize = 1 << 20;

/// The same limit as long as the stream has shown no end of a call at all: at level `calls` nothing ever ends.
pub const DEPTH_LIMIT_WITHOUT_ENDS: usize = 1 << 12;

/// Calls that may begin and end after a reading of `ReturnTo` before that reading is final.
const LATE_ROOTS_LIMIT: u32 = 1024;

/// How a call ended, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It returned, and its value was captured.
    Returned,
    /// It returned; only the time was captured. Nested calls that raised may have been taken for it.
    ReturnedUnobserved,
    /// It was left by an exception.
    Raised,
    /// Control came back to a caller; whether by a return or by an exception was not observed.
    ReturnedTo,
    /// The same event ended a call that it had tail-called.
    TailReturnedTo,
    /// A caller's end was seen, this one's was not: it had ended before, and it is not known when.
    Overtaken,
    /// Events are missing while it was open.
    CutByGap,
    /// Its process ended.
    ProcessExit,
    /// It was open at the end of the stream, or nothing reports its end.
    Open,
    /// More calls were open than is bounded by [`DEPTH_LIMIT`].
    TooDeep,
}

impl Ending {
    /// Whether the end has a time, so that the call has a duration.
    pub fn is_timed(self) -> bool {
        use Ending::{Raised, Returned, ReturnedTo, ReturnedUnobserved, TailReturnedTo};
        matches!(self, Returned | ReturnedUnobserved | Raised | ReturnedTo | TailReturnedTo)
    }

    /// Whether the pair follows from what the VM reported alone.
    pub fn is_certain(self) -> bool {
        matches!(self, Ending::Returned | Ending::Raised)
    }

    /// The words that views use.
    pub fn text(self) -> &'static str {
        match self {
            Ending::Returned => "returned",
            Ending::ReturnedUnobserved => "returned, value not observed",
            Ending::Raised => "raised",
            Ending::ReturnedTo => "ended, outcome not observed",
            Ending::TailReturnedTo => "ended by a tail call, outcome not observed",
            Ending::Overtaken => "ended unseen",
            Ending::CutByGap => "cut by a gap",
            Ending::ProcessExit => "process ended",
            Ending::Open => "no end seen",
            Ending::TooDeep => "given up: too many open calls",
        }
    }
}

/// A call that has begun.
#[derive(Clone, Copy, Debug)]
pub struct Frame<T> {
    /// The function that was entered.
    pub function: FunctionId,
    /// When.
    pub start: Nanos,
    /// What the sink keeps with it.
    pub data: T,
}

/// The calls that a closing call leaves behind.
pub(crate) struct Remaining<'a, T> {
    /// Those that are open, outermost first; the last one is the parent.
    pub(crate) open: &'a mut [Frame<T>],
    /// Those that are taken to have ended, but may be revived, outermost first.
    pub(crate) suspended: &'a mut [Frame<T>],
}

/// What wants to know about ended calls.
pub(crate) trait Sink<T> {
    /// A call has ended, or is given up. `end` is the time of the event that says so.
    fn closed(&mut self, frame: Frame<T>, remaining: Remaining<'_, T>, end: Nanos, ending: Ending);

    /// Calls are taken to have ended, until further notice. Nothing is open now.
    fn suspended(&mut self) {}

    /// Of the suspended calls, the first `open` are open after all, and whatever began since then is inside of the
    /// last of these. The rest have ended for good; [`Sink::closed`] follows for each.
    fn revived(&mut self, frames: &mut [Frame<T>], open: usize);

    /// The suspended calls have ended for good; [`Sink::closed`] follows for each.
    fn settled(&mut self) {}
}

/// Calls that are taken to have ended because of a `ReturnTo` that allows another reading.
#[derive(Debug)]
struct Limbo<T> {
    frames: Vec<Frame<T>>,
    end: Nanos,
    by: FunctionId,
    late_roots: u32,
}

/// The open calls of one process.
#[derive(Debug)]
pub(crate) struct Stack<T> {
    frames: Vec<Frame<T>>,
    limbo: Option<Box<Limbo<T>>>,
    /// The function that was last found to go on between two open calls.
    between: FunctionId,
    after_end: bool,
    /// Whether a gap has gone by, in which calls may have begun.
    after_gap: bool,
    gap_next: Nanos,
    gap_until: Nanos,
}

/// What became of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Matched {
    /// It ended one or more calls, or repeated what was known.
    Yes,
    /// There is no call that it could have ended.
    No,
}

impl<T: Copy> Stack<T> {
    /// A process whose first event is still to come.
    pub(crate) fn new(gaps: &Gaps, process: ProcessId, node: NodeId) -> Stack<T> {
        Stack {
            frames: Vec::new(),
            limbo: None,
            between: FunctionId::NONE,
            after_end: false,
            after_gap: false,
            gap_next: gaps.next_since(process, node, Nanos::MIN),
            gap_until: Nanos::MIN,
        }
    }

    /// The open calls, outermost first.
    pub(crate) fn frames(&self) -> &[Frame<T>] {
        &self.frames
    }

    /// Whether nothing is open, and nothing may still be revived.
    pub(crate) fn is_idle(&self) -> bool {
        self.frames.is_empty() && self.limbo.is_none()
    }

    /// Whether calls are taken to have ended that may still be revived.
    pub(crate) fn has_suspended(&self) -> bool {
        self.limbo.is_some()
    }

    /// To be told before every event of the process: cuts where a gap lies before it.
    #[inline]
    pub(crate) fn advance<S: Sink<T>>(
        &mut self,
        time: Nanos,
        sink: &mut S,
        gaps: impl FnOnce() -> (Nanos, Nanos),
    ) {
        if time >= self.gap_next {
            self.close_all(time, Ending::CutByGap, sink);
            (self.gap_until, self.gap_next) = gaps();
            self.after_gap = true;
        }
    }

    /// To be told of a gap that is known only now that it is over: cuts the calls that began before its end.
    pub(crate) fn cut<S: Sink<T>>(&mut self, until: Nanos, sink: &mut S) {
        let before = self.frames.partition_point(|frame| frame.start <= until);
        let after = self.frames.split_off(before);
        self.close_all(until, Ending::CutByGap, sink);
        self.frames = after;
        self.gap_until = self.gap_until.max(until);
        self.after_gap = true;
    }

    fn in_gap(&self, time: Nanos) -> bool {
        time <= self.gap_until
    }

    /// A call began. `false` where it lies in a gap and will never be paired.
    #[inline]
    pub(crate) fn call<S: Sink<T>>(&mut self, frame: Frame<T>, limit: usize, sink: &mut S) -> bool {
        self.after_end = false;
        if self.in_gap(frame.start) {
            let remaining = Remaining { open: &mut [], suspended: &mut [] };
            sink.closed(frame, remaining, frame.start, Ending::CutByGap);
            return false;
        }
        if self.frames.len() >= limit {
            self.close_all(frame.start, Ending::TooDeep, sink);
        }
        self.frames.push(frame);
        true
    }

    /// A call of `function` ended by a return or an exception.
    #[inline]
    pub(crate) fn end<S: Sink<T>>(
        &mut self,
        function: FunctionId,
        time: Nanos,
        ending: Ending,
        sink: &mut S,
    ) -> Matched {
        self.after_end = true;
        if self.frames.last().is_some_and(|top| top.function == function) {
            self.close_top(time, ending, sink);
            return Matched::Yes;
        }
        self.end_below(function, time, ending, sink)
    }

    #[cold]
    fn end_below<S: Sink<T>>(
        &mut self,
        function: FunctionId,
        time: Nanos,
        ending: Ending,
        sink: &mut S,
    ) -> Matched {
        let is_it = |frame: &Frame<T>| frame.function == function;
        if !self.frames.iter().any(is_it) {
            if !self.limbo.as_ref().is_some_and(|limbo| limbo.frames.iter().any(is_it)) {
                return Matched::No;
            }
            self.close_down_to(0, time, Ending::Overtaken, sink);
            self.revive(usize::MAX, sink);
        }
        let keep = self.frames.iter().rposition(is_it).map_or(0, |at| at + 1);
        self.close_down_to(keep, time, Ending::Overtaken, sink);
        self.close_top(time, ending, sink);
        Matched::Yes
    }

    /// Control came back to `function`.
    #[inline]
    pub(crate) fn return_to<S: Sink<T>>(
        &mut self,
        function: FunctionId,
        time: Nanos,
        sink: &mut S,
    ) -> Matched {
        let is_it = |frame: &Frame<T>| frame.function == function;
        if std::mem::replace(&mut self.after_end, false) {
            if let Some(at) = self.frames.iter().rposition(is_it) {
                self.close_down_to(at + 1, time, Ending::ReturnedTo, sink);
            }
            return Matched::Yes;
        }
        if self.frames.is_empty() && !self.revive_unless_in_doubt(usize::MAX, time, sink) {
            return Matched::No;
        }
        self.close_top(time, Ending::ReturnedTo, sink);
        if self.frames.last().is_some_and(is_it) {
            return Matched::Yes;
        }
        self.return_to_elsewhere(function, time, sink);
        Matched::Yes
    }

    /// The last call has ended, and the one below it is not the one that goes on.
    fn return_to_elsewhere<S: Sink<T>>(&mut self, function: FunctionId, time: Nanos, sink: &mut S) {
        let is_it = |frame: &Frame<T>| frame.function == function;
        if let Some(at) = self.frames.iter().rposition(is_it) {
            self.close_down_to(at + 1, time, Ending::TailReturnedTo, sink);
        } else if let Some(at) = self.limbo.as_ref().and_then(|limbo| limbo.frames.iter().rposition(is_it)) {
            self.close_down_to(0, time, Ending::TailReturnedTo, sink);
            self.revive_unless_in_doubt(at + 1, time, sink);
        } else if self.frames.is_empty() || self.between == function {
            // Either nothing is left to decide about, or this function was seen to go on inside of an open call.
        } else {
            self.settle(Ending::TailReturnedTo, time, sink);
            let frames = std::mem::take(&mut self.frames);
            self.limbo = Some(Box::new(Limbo { frames, end: time, by: function, late_roots: 0 }));
            sink.suspended();
        }
    }

    /// Takes back that the first `open` suspended calls have ended. `false` where there are none, or where a gap
    /// leaves in doubt whether it is one of them that goes on; then it is not known when they ended.
    fn revive_unless_in_doubt<S: Sink<T>>(&mut self, open: usize, time: Nanos, sink: &mut S) -> bool {
        if self.after_gap {
            self.settle(Ending::Overtaken, time, sink);
            return false;
        }
        self.revive(open, sink)
    }

    fn revive<S: Sink<T>>(&mut self, open: usize, sink: &mut S) -> bool {
        let Some(mut limbo) = self.limbo.take() else { return false };
        let open = open.min(limbo.frames.len());
        self.between = limbo.by;
        sink.revived(&mut limbo.frames, open);
        self.frames = limbo.frames;
        self.close_down_to(open, limbo.end, Ending::TailReturnedTo, sink);
        true
    }

    /// Makes it final that the suspended calls have ended. `time` is now; a timed ending has the time of the event
    /// that they were suspended by.
    fn settle<S: Sink<T>>(&mut self, ending: Ending, time: Nanos, sink: &mut S) {
        let Some(mut limbo) = self.limbo.take() else { return };
        sink.settled();
        let end = if ending.is_timed() { limbo.end } else { time };
        while let Some(frame) = limbo.frames.pop() {
            let remaining = Remaining { open: &mut limbo.frames, suspended: &mut [] };
            sink.closed(frame, remaining, end, ending);
        }
    }

    fn close_top<S: Sink<T>>(&mut self, time: Nanos, ending: Ending, sink: &mut S) {
        let Some(frame) = self.frames.pop() else { return };
        let suspended = match &mut self.limbo {
            Some(limbo) => limbo.frames.as_mut_slice(),
            None => &mut [],
        };
        sink.closed(frame, Remaining { open: &mut self.frames, suspended }, time, ending);
        if self.frames.is_empty()
            && let Some(limbo) = &mut self.limbo
        {
            limbo.late_roots += 1;
            if limbo.late_roots >= LATE_ROOTS_LIMIT {
                self.settle(Ending::TailReturnedTo, time, sink);
            }
        }
    }

    fn close_down_to<S: Sink<T>>(&mut self, keep: usize, time: Nanos, ending: Ending, sink: &mut S) {
        while self.frames.len() > keep {
            self.close_top(time, ending, sink);
        }
    }

    /// The stream is over. Calls that are open were cut where a gap follows, and are still open otherwise.
    pub(crate) fn finish<S: Sink<T>>(&mut self, last: Nanos, sink: &mut S) {
        let ending = if self.gap_next < Nanos::MAX { Ending::CutByGap } else { Ending::Open };
        self.close_all(last, ending, sink);
    }

    /// Ends every open call the same way.
    pub(crate) fn close_all<S: Sink<T>>(&mut self, time: Nanos, ending: Ending, sink: &mut S) {
        self.close_down_to(0, time, ending, sink);
        self.settle(Ending::TailReturnedTo, time, sink);
        self.after_end = false;
    }
}
