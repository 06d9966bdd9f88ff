//! Ticks: empty frames that show the other side that we live, and silence that shows that it does not.
//!
//! A node sends a tick when it has sent nothing else for a quarter of `net_ticktime`, and gives a peer up that was
//! silent for the whole of it. From a hidden node it expects an answer to each of its ticks.

use std::time::Duration;

/// The peer sent nothing for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the node sent nothing for {} s", silence.as_secs())]
pub struct PeerSilent {
    /// How long it was silent.
    pub silence: Duration,
}

#[derive(Debug)]
pub(super) struct Ticks {
    ticktime: Duration,
    now: Duration,
    read: Duration,
    written: Duration,
    owed: bool,
}

impl Ticks {
    /// Shortest tick time in use: shorter ones would only burn time.
    const SHORTEST: Duration = Duration::from_millis(100);

    pub(super) fn new(ticktime: Duration, now: Duration) -> Self {
        Self { ticktime: ticktime.max(Self::SHORTEST), now, read: now, written: now, owed: false }
    }

    pub(super) fn set_ticktime(&mut self, ticktime: Duration) {
        self.ticktime = ticktime.max(Self::SHORTEST);
    }

    pub(super) fn received(&mut self) {
        self.read = self.now;
    }

    pub(super) fn wrote(&mut self) {
        self.written = self.now;
        self.owed = false;
    }

    /// The peer sent a tick. Many ticks at once are owed one answer.
    pub(super) fn owe(&mut self) {
        self.owed = true;
    }

    /// Whether a tick must be sent now. With output still waiting (`idle` is false) none is needed: those bytes show that we
    /// live as well.
    pub(super) fn advance(&mut self, now: Duration, reading: bool, idle: bool) -> Result<bool, PeerSilent> {
        self.now = self.now.max(now);
        if !reading {
            self.read = self.now;
        }
        let silence = self.now.saturating_sub(self.read);
        if silence >= self.patience() {
            return Err(PeerSilent { silence });
        }
        let due = self.owed || self.now.saturating_sub(self.written) >= self.ticktime / 4;
        if due {
            self.wrote();
        }
        Ok(due && idle)
    }

    fn patience(&self) -> Duration {
        self.ticktime * 5 / 4
    }

    pub(super) fn next_timeout(&self) -> Duration {
        (self.written + self.ticktime / 4).min(self.read + self.patience())
    }
}
