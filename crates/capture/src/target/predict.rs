//! What a trace would take, from how often its functions are called.

use super::{NodePlan, Sizes};
use crate::session::{Session, SessionError};
use pluto_agent::{Command, Mfa, Reply};
use pluto_matchspec::{Level, Sampling};
use std::time::Duration;

/// How long calls are counted before a trace is armed.
pub const COUNT: Duration = Duration::from_millis(300);

// What an event costs, as `cargo xtask bench capture` measures it (docs/benchmarks.md). An argument takes 2 bytes (a small
// integer) to 70 (a binary that is kept).
const BYTES_PER_EVENT: f64 = 40.0;
const BYTES_PER_ARGUMENT: f64 = 10.0;
/// Processor time that an event takes on the node, the agent included.
pub const SECONDS_PER_EVENT: f64 = 2.0e-6;
const SECONDS_PER_REJECTED_CALL: f64 = 0.5e-6;

/// How often functions were called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// How long was counted.
    pub counted: Duration,
    /// Calls by function, the most called first.
    pub calls: Vec<(Mfa, u64)>,
}

impl Counts {
    /// Calls of a function a second; 0 for one that was not counted.
    #[must_use]
    pub fn per_second(&self, function: &Mfa) -> f64 {
        let calls = self.calls.iter().find(|(counted, _)| counted == function).map_or(0, |&(_, n)| n);
        calls as f64 / self.counted.as_secs_f64()
    }
}

/// How often the functions of a plan are called, and what tracing them would take.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// What it is made of.
    pub counts: Counts,
    /// Events a second, after sampling.
    pub events_per_s: f64,
    /// Bytes a second, after sampling; `None` at a level that copies terms whole, where no call was seen whole.
    pub bytes_per_s: Option<f64>,
    /// Share of one core of the node that the events would take.
    pub node_cpu: f64,
}

impl NodePlan {
    /// Counts the calls of the plan's functions for [`COUNT`].
    ///
    /// # Errors
    /// Where the agent refuses, or cannot be heard.
    pub async fn count(&self, session: &mut Session) -> Result<Counts, SessionError> {
        let functions: Vec<Mfa> = self.functions().map(|planned| planned.function.clone()).collect();
        let milliseconds = u32::try_from(COUNT.as_millis()).unwrap_or(u32::MAX);
        match session.command(|id| Command::Count { id, functions, milliseconds }).await? {
            Reply::Counted { microseconds, mut calls } => {
                calls.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
                Ok(Counts { counted: Duration::from_micros(microseconds.max(1)), calls })
            }
            _ => Err(SessionError::OutOfTurn),
        }
    }

    /// What tracing takes. `sizes` are what calls took at a level that copies terms whole.
    #[must_use]
    pub fn predict(&self, counts: Counts, sizes: &Sizes) -> Prediction {
        let called: f64 =
            counts.calls.iter().map(|(_, n)| *n as f64).sum::<f64>() / counts.counted.as_secs_f64();
        let sampled = self.sampled(called);
        let events_per_call = if self.probe.timing || self.probe.level != Level::Calls { 2.0 } else { 1.0 };
        let events_per_s = sampled * events_per_call;
        let share = if called > 0.0 { sampled / called } else { 0.0 };
        Prediction {
            events_per_s,
            bytes_per_s: self.bytes_per_s(&counts, sizes).map(|bytes| bytes * share),
            node_cpu: (called - sampled) * SECONDS_PER_REJECTED_CALL + events_per_s * SECONDS_PER_EVENT,
            counts,
        }
    }

    /// Of so many calls a second, how many are traced.
    pub(super) fn sampled(&self, called: f64) -> f64 {
        match self.probe.sampling {
            Sampling::None => called,
            Sampling::OneIn(n) => called / f64::from(n.max(1)),
            Sampling::PerSecond(n) => called.min(f64::from(n)),
        }
    }

    /// What the counted calls would take in a second if all were traced.
    fn bytes_per_s(&self, counts: &Counts, sizes: &Sizes) -> Option<f64> {
        let whole = self.probe.level != Level::Calls;
        let is_called = |(_, n): &&(Mfa, u64)| *n > 0;
        let known = |(function, _): &(Mfa, u64)| sizes.contains_key(function);
        let calls = &counts.calls;
        if whole && calls.iter().any(|call| is_called(&call)) && !calls.iter().filter(is_called).any(known) {
            return None;
        }
        let end = if whole || self.probe.timing { BYTES_PER_EVENT } else { 0.0 };
        // What was not seen takes this at least.
        let least = |function: &Mfa| BYTES_PER_EVENT + BYTES_PER_ARGUMENT * f64::from(function.arity) + end;
        let bytes =
            |function: &Mfa| sizes.get(function).map_or_else(|| least(function), |&bytes| bytes as f64);
        let all: f64 = calls.iter().map(|(function, n)| *n as f64 * bytes(function)).sum();
        Some(all / counts.counted.as_secs_f64())
    }
}
