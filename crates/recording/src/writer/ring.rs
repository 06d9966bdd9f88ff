//! Ring mode: only the last stretch of time is kept, and what was pinned.

use crate::manifest::{Expired, SegmentAbout};
use pluto_event::Nanos;
use std::ops::RangeInclusive;

/// Segments are closed after this part of the time to keep, so that they can be removed one by one.
const PARTS: i64 = 8;
/// Pins are joined where there are more of them.
const PINS_MAX: usize = 1_024;

/// What is kept of a recording in ring mode.
#[derive(Clone, Debug)]
pub(crate) struct Ring {
    keep: Nanos,
    frozen: bool,
    pins: Vec<RangeInclusive<Nanos>>,
    now: Nanos,
}

impl Ring {
    pub(crate) fn new(keep: Nanos) -> Ring {
        Ring { keep: keep.max(1), frozen: false, pins: Vec::new(), now: Nanos::MIN }
    }

    /// Stops or resumes the removal of segments.
    pub(crate) fn set_frozen(&mut self, frozen: bool) {
        self.frozen = frozen;
    }

    /// Keeps what has events of this time.
    pub(crate) fn pin(&mut self, time: RangeInclusive<Nanos>) {
        let position = self.pins.iter().position(|pin| overlap(pin, &time));
        let joined = match position {
            None if self.pins.len() < PINS_MAX => None,
            None => self.pins.last_mut(),
            Some(position) => self.pins.get_mut(position),
        };
        match joined {
            Some(pin) => *pin = (*pin.start()).min(*time.start())..=(*pin.end()).max(*time.end()),
            None => self.pins.push(time),
        }
    }

    /// Takes notice of a batch. Its earliest time counts as the present, so that one event with a wrong time among
    /// many does not make all the others old.
    pub(crate) fn observe(&mut self, batch_min_time: Nanos) {
        self.now = self.now.max(batch_min_time);
    }

    /// Whether a segment that is being written has to be closed.
    pub(crate) fn is_full(&self, segment: &SegmentAbout) -> bool {
        segment.max_time.saturating_sub(segment.min_time) >= self.keep / PARTS
    }

    /// Whether a closed segment is to be removed.
    pub(crate) fn is_expired(&self, segment: &SegmentAbout) -> bool {
        !self.frozen
            && segment.max_time < self.now.saturating_sub(self.keep)
            && !self.pins.iter().any(|pin| overlap(pin, &(segment.min_time..=segment.max_time)))
    }
}

fn overlap(a: &RangeInclusive<Nanos>, b: &RangeInclusive<Nanos>) -> bool {
    a.start() <= b.end() && b.start() <= a.end()
}

/// Notes that a segment was removed. Runs of numbers without a kept segment between them are one.
pub(crate) fn note(expired: &mut Vec<Expired>, kept: &[SegmentAbout], segment: &SegmentAbout) {
    let one = Expired {
        first: segment.number,
        last: segment.number,
        events: segment.events,
        min_time: segment.min_time,
        max_time: segment.max_time,
    };
    expired.push(one);
    expired.sort_unstable_by_key(|run| run.first);
    let mut joined: Vec<Expired> = Vec::with_capacity(expired.len());
    for run in expired.drain(..) {
        match joined.last_mut() {
            Some(last) if !kept.iter().any(|kept| (last.last..run.first).contains(&kept.number)) => {
                last.last = run.last;
                last.events += run.events;
                last.min_time = last.min_time.min(run.min_time);
                last.max_time = last.max_time.max(run.max_time);
            }
            _ => joined.push(run),
        }
    }
    *expired = joined;
}
