//! Calls as strictly nested slices, one lane for each process.
//!
//! The formats here need slices that nest: a slice lies inside of the one around it and begins when its predecessor
//! has ended. Calls with certain ends already do; inferred ends are moved inside of the call around them.

use pluto_event::{Nanos, ProcessId};
use pluto_timeline::{Call, CallId, Calls, Ending};
use rustc_hash::FxHashMap;

/// One step of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A slice begins.
    Begin(CallId, Nanos),
    /// The slice that began last ends.
    End(CallId, Nanos),
    /// A call without an end, and with nothing inside.
    Mark(CallId, Nanos),
}

/// The slices of one process.
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    pub(crate) process: ProcessId,
    pub(crate) steps: Vec<Step>,
}

/// A slice that is open while its inner ones are laid out.
struct Open {
    id: CallId,
    until: Nanos,
    /// Whether it ends when the last slice inside does.
    follows: bool,
}

/// The lanes of all processes with calls, in the order of their first call.
pub(crate) fn lanes(calls: &Calls) -> Vec<Lane> {
    let mut lanes: Vec<Building> = Vec::new();
    let mut places = FxHashMap::default();
    for (number, call) in (0u32..).zip(calls.all()) {
        let at = *places.entry(call.process).or_insert_with(|| {
            lanes.push(Building::new(call.process));
            lanes.len() - 1
        });
        if let Some(lane) = lanes.get_mut(at) {
            lane.add(CallId(number), call);
        }
    }
    lanes.into_iter().map(Building::finish).collect()
}

struct Building {
    lane: Lane,
    open: Vec<Open>,
    now: Nanos,
}

impl Building {
    fn new(process: ProcessId) -> Building {
        Building { lane: Lane { process, steps: Vec::new() }, open: Vec::new(), now: Nanos::MIN }
    }

    /// Calls come in the order of their beginnings, so a call's slice is the last one of its parent so far.
    fn add(&mut self, id: CallId, call: &Call) {
        while self.open.last().is_some_and(|open| Some(open.id) != call.parent) {
            self.close();
        }
        let limit = self.open.last().map_or(Nanos::MAX, |open| open.until);
        let start = call.start.max(self.now).min(limit);
        let follows = matches!(call.ending, Ending::Open | Ending::TooDeep);
        let until = if follows { limit } else { call.end.max(start).min(limit) };
        self.now = start;
        self.lane.steps.push(Step::Begin(id, start));
        self.open.push(Open { id, until, follows });
    }

    fn close(&mut self) {
        let Some(open) = self.open.pop() else { return };
        if open.follows
            && let Some(last) = self.lane.steps.last_mut()
            && let Step::Begin(id, at) = *last
        {
            *last = Step::Mark(id, at);
            return;
        }
        self.now = if open.follows { self.now } else { open.until.max(self.now) };
        self.lane.steps.push(Step::End(open.id, self.now));
    }

    fn finish(mut self) -> Lane {
        while !self.open.is_empty() {
            self.close();
        }
        self.lane
    }
}
