//! What to observe on a node, how much of it to keep, and within which limits.

use pluto_matchspec::{Level, MessagePattern, Pattern, Sampling};
use std::time::Duration;

/// What a capture is to observe, the same on each of its nodes.
#[derive(Clone, Debug)]
pub struct Probe {
    /// The functions.
    pub patterns: Vec<Pattern>,
    /// How much of each call is kept.
    pub level: Level,
    /// Whether calls are timed.
    pub timing: bool,
    /// Whether messages that are sent are events.
    pub send: bool,
    /// Whether messages that are delivered to a queue are events.
    pub deliver: bool,
    /// Of the messages, only those that look like one of these; all where there is none.
    pub messages: Vec<MessagePattern>,
    /// Whether the life of processes is observed: spawn, exit, links, names.
    pub life: bool,
    /// Which processes.
    pub processes: Selection,
    /// Which share of the calls.
    pub sampling: Sampling,
    /// Bounds, enforced on the node.
    pub limits: CaptureLimits,
    /// Whether to go on where a term may be large, or the predicted cost is over the limits.
    pub force: bool,
}

/// Which processes of a node are observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All that exist and all that are started later.
    All,
    /// Some that exist.
    Some {
        /// Pids as `<0.123.0>`, or registered names.
        processes: Vec<String>,
        /// Whether what they start from now on is observed too.
        children: bool,
    },
}

/// Bounds of a capture on one node; `None` is no such bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CaptureLimits {
    /// Events a second; more are dropped on the node and counted.
    pub events_per_s: Option<u64>,
    /// Bytes a second; more are dropped on the node and counted.
    pub bytes_per_s: Option<u64>,
    /// Events that may wait on the node before tracing is switched off.
    pub queue: Option<u64>,
    /// Share of one core of the node that tracing may take, by the measured cost of an event.
    pub cpu: Option<f64>,
    /// How long tracing may last.
    pub duration: Option<Duration>,
}

impl Probe {
    /// Whether anything at all is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty() && !self.send && !self.deliver && !self.life
    }
}
