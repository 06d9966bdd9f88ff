//! From the calls of a function to the signatures that its match spec should test for.

use super::{Sent, Signature, Slot, slots};
use crate::compile::INTEGERS_ARITY_MAX;
use crate::projection::Form;

/// Calls without a clause of their own that are looked at before something is decided.
const WINDOW: u32 = 32;

/// Calls for each of them, up to which a further clause is worth its cost.
const CALLS_PER_OPEN_MAX: u32 = 8;

/// Calls that are looked at before something is decided, whatever clause they came by.
const WINDOW_CALLS: u32 = 1024;

/// Calls that are not looked at after the first window that told nothing; twice as many each time, up to the second.
const REST_MIN: u32 = 64;
const REST_MAX: u32 = 16_384;

/// Signatures of one function.
const SIGNATURES_MAX: usize = 3;

/// Kinds of call that are counted in one window.
const ENTRIES_MAX: usize = 8;

/// Watches the calls of one function. What it keeps is bounded, and so is what it costs: it looks away ever longer
/// while there is nothing to be learned.
#[derive(Clone, Debug, Default)]
pub struct Learner {
    signatures: Vec<Signature>,
    entries: Vec<(Vec<Slot>, u32)>,
    calls: u32,
    open: u32,
    /// Calls still not to be looked at, and how many there were of them the last time.
    resting: u32,
    rest: u32,
}

impl Learner {
    /// What was learned. Only ever gets longer.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Whether there is more to learn.
    #[must_use]
    pub fn is_watching(&self) -> bool {
        self.signatures.len() < SIGNATURES_MAX
    }

    /// Takes the shapes of a call's arguments, which were sent in this form. True where a signature was learned.
    pub fn watch(&mut self, form: Form, shapes: &[u8]) -> bool {
        if !self.is_watching() {
            return false;
        }
        if self.resting > 0 {
            self.resting -= 1;
            return false;
        }
        self.calls += 1;
        if form == Form::Open {
            match slots(shapes) {
                Some(seen) if self.has_clause(&seen) => {}
                Some(seen) => {
                    self.open += 1;
                    self.count(seen);
                }
                None => self.open += 1,
            }
        }
        if self.open < WINDOW && self.calls < WINDOW_CALLS {
            return false;
        }
        let learned = self.decide();
        self.rest = if learned { 0 } else { (self.rest * 2).clamp(REST_MIN, REST_MAX) };
        self.resting = self.rest;
        learned
    }

    /// Whether there is a clause for the like of it, or soon will be: what a node sends before it has a new clause
    /// says nothing new.
    fn has_clause(&self, seen: &[Slot]) -> bool {
        let naturals = seen.iter().all(|slot| *slot == Slot::Integer { natural: true });
        naturals && (2..=INTEGERS_ARITY_MAX as usize).contains(&seen.len())
            || self.signatures.iter().any(|signature| signature.covers(seen))
    }

    fn count(&mut self, seen: Vec<Slot>) {
        let alike = |slots: &[Slot]| slots.iter().zip(&seen).all(|(a, b)| a.is_like(b));
        if let Some((slots, count)) = self.entries.iter_mut().find(|(slots, _)| alike(slots)) {
            for (slot, new) in slots.iter_mut().zip(&seen) {
                if slot != new {
                    *slot = slot.joined(new);
                }
            }
            *count += 1;
        } else if self.entries.len() < ENTRIES_MAX {
            self.entries.push((seen, 1));
        }
    }

    /// Ends a window.
    fn decide(&mut self) -> bool {
        let (calls, open) = (std::mem::take(&mut self.calls), std::mem::take(&mut self.open));
        let best = std::mem::take(&mut self.entries).into_iter().max_by_key(|(_, count)| *count);
        let Some((mut slots, count)) = best else { return false };
        if count.saturating_mul(2) < open || open.saturating_mul(CALLS_PER_OPEN_MAX) < calls {
            return false;
        }
        // What was fixed the last time has changed since.
        let alike = |known: &Signature| known.slots.iter().zip(&slots).all(|(a, b)| a.is_like(b));
        if self.signatures.iter().any(alike) {
            slots = slots.iter().map(Slot::widest).collect();
        }
        // A single atom may be `true` or `false`, which are no messages; the clause for scalars knows how.
        if slots == [Slot::AnyAtom] {
            return false;
        }
        let bare_is_free = self.signatures.iter().all(|signature| signature.sent != Sent::Bare);
        let id = u8::try_from(self.signatures.len()).unwrap_or(u8::MAX);
        self.signatures.push(Signature::new(id, slots, bare_is_free));
        true
    }
}
