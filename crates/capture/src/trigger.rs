//! When a ring of the last seconds is worth keeping: an exception, or a call that took too long.

use pluto_event::{Event, FunctionId, Nanos, ProcessId, What};
use rustc_hash::FxHashMap;

/// Calls open in one process that are followed; deeper ones are not timed.
const DEPTH_MAX: usize = 256;

/// Processes with open calls that are followed at a time; calls of more processes are not timed.
const PROCESSES_MAX: usize = 100_000;

/// What makes a capture worth keeping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A traced function was left by an exception.
    Exception,
    /// A traced call took this many nanoseconds or more.
    Slow(Nanos),
}

/// Watches events for a [`Condition`].
#[derive(Debug)]
pub struct Trigger {
    condition: Condition,
    open: FxHashMap<ProcessId, Vec<(FunctionId, Nanos)>>,
}

impl Trigger {
    /// A trigger that has seen nothing yet.
    #[must_use]
    pub fn new(condition: Condition) -> Trigger {
        Trigger { condition, open: FxHashMap::default() }
    }

    /// Whether the condition holds at this event. Events of one process come in order.
    pub fn fires(&mut self, event: &Event<'_>) -> bool {
        match self.condition {
            Condition::Exception => matches!(event.what, What::Exception { .. }),
            Condition::Slow(nanos) => self.duration(event).is_some_and(|duration| duration >= nanos),
        }
    }

    /// Forgets all open calls: after a gap nobody knows which of them have ended.
    pub fn forget(&mut self) {
        self.open.clear();
    }

    /// How long the longest call took that ends with this event.
    fn duration(&mut self, event: &Event<'_>) -> Option<Nanos> {
        match event.what {
            What::Call { function, .. } => {
                if self.open.len() < PROCESSES_MAX || self.open.contains_key(&event.process) {
                    let calls = self.open.entry(event.process).or_default();
                    if calls.len() < DEPTH_MAX {
                        calls.push((function, event.time));
                    }
                }
                None
            }
            What::Return { function, .. } | What::Exception { function, .. } => {
                let calls = self.open.get_mut(&event.process)?;
                let at = calls.iter().rposition(|&(open, _)| open == function)?;
                let longest = calls.get(at).map(|&(_, since)| event.time - since);
                self.close(event.process, at);
                longest
            }
            // Control is back in `function`: where that is an open call, everything called from it has ended; where
            // it is not traced, the last call has ended, and nothing is known of those around it.
            What::ReturnTo { function } => {
                let calls = self.open.get_mut(&event.process)?;
                let last = calls.len().saturating_sub(1);
                let at = calls.iter().rposition(|&(open, _)| open == function).map_or(last, |at| at + 1);
                let longest = calls.get(at).map(|&(_, since)| event.time - since);
                self.close(event.process, at);
                longest
            }
            What::Exit { .. } => {
                self.open.remove(&event.process);
                None
            }
            _ => None,
        }
    }

    /// Ends the calls of a process from depth `at` on; a process without open calls is not kept.
    fn close(&mut self, process: ProcessId, at: usize) {
        if at == 0 {
            self.open.remove(&process);
        } else if let Some(calls) = self.open.get_mut(&process) {
            calls.truncate(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pluto_event::Payload;

    const P: ProcessId = ProcessId(1);
    const F: FunctionId = FunctionId(1);
    const G: FunctionId = FunctionId(2);

    fn call(time: Nanos, function: FunctionId) -> Event<'static> {
        Event { time, process: P, what: What::Call { function, arguments: Payload::ABSENT } }
    }

    fn ret(time: Nanos, function: FunctionId) -> Event<'static> {
        Event { time, process: P, what: What::Return { function, value: Payload::ABSENT } }
    }

    fn return_to(time: Nanos, function: FunctionId) -> Event<'static> {
        Event { time, process: P, what: What::ReturnTo { function } }
    }

    fn firings(condition: Condition, events: &[Event<'static>]) -> Vec<bool> {
        let mut trigger = Trigger::new(condition);
        events.iter().map(|event| trigger.fires(event)).collect()
    }

    #[test]
    fn exceptions() {
        let exception =
            Event { time: 3, process: P, what: What::Exception { function: F, reason: Payload::ABSENT } };
        assert_eq!(firings(Condition::Exception, &[call(1, F), exception, ret(4, F)]), [false, true, false]);
    }

    #[test]
    fn slow_by_returns_and_by_return_to() {
        let events = [call(0, F), call(5, G), ret(8, G), ret(10, F), ret(99, F)];
        assert_eq!(firings(Condition::Slow(10), &events), [false, false, false, true, false]);
        let events = [call(0, F), call(5, G), return_to(8, F), return_to(10, FunctionId(9))];
        assert_eq!(firings(Condition::Slow(10), &events), [false, false, false, true]);
    }

    #[test]
    fn a_return_to_an_untraced_caller_ends_the_last_call_only() {
        let events = [call(0, F), call(5, G), return_to(6, FunctionId(9)), return_to(12, FunctionId(9))];
        assert_eq!(firings(Condition::Slow(10), &events), [false, false, false, true]);
    }

    #[test]
    fn nothing_is_timed_across_a_gap() {
        let mut trigger = Trigger::new(Condition::Slow(10));
        assert!(!trigger.fires(&call(0, F)));
        trigger.forget();
        assert!(!trigger.fires(&ret(100, F)));
    }
}
