//! A connection after its handshake: bytes in, bytes and events out. No socket, no clock.
//!
//! The caller gives received bytes ([`Endpoint::receive`]), asks for events one at a time ([`Endpoint::poll`], which reads
//! only as many frames as it needs), sends what [`Endpoint::output`] holds, and tells the time ([`Endpoint::advance`]).
//! Time is the duration since any fixed moment.

mod incoming;
mod processes;
mod requests;
#[cfg(test)]
mod tests;
mod ticks;

use std::time::Duration;

use pluto_term::{Atom, Pid, Reference, Term, encode_bare};

use crate::control::op;
use crate::{FrameLimits, Message, Peer, ProtocolError, SendError};
use incoming::{Incoming, Signal};
use processes::Processes;
pub use ticks::PeerSilent;
use ticks::Ticks;

/// One of our own processes, by the number in its pid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalId(pub(crate) u32);

/// What the peer did that concerns one of our processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message.
    Message {
        /// Receiver.
        to: LocalId,
        /// The term.
        message: Message,
    },
    /// A monitored process is gone.
    Down {
        /// Who monitored it.
        to: LocalId,
        /// The monitor.
        reference: Reference,
        /// The process: a pid, or the name it was monitored by.
        process: Term,
        /// Why it is gone.
        reason: Message,
    },
    /// An exit signal.
    Exit {
        /// Receiver.
        to: LocalId,
        /// The process that ended, or that sent the signal.
        from: Pid,
        /// The reason.
        reason: Message,
        /// Whether it came through a link, which is gone with it. Otherwise somebody called `exit/2`.
        linked: bool,
    },
    /// The answer to a spawn request.
    Spawned {
        /// Who asked.
        to: LocalId,
        /// The request, which is the monitor too where one was asked for.
        reference: Reference,
        /// The new process, or why there is none.
        result: Result<Pid, Atom>,
    },
}

impl Event {
    /// The process it concerns.
    #[must_use]
    pub fn to(&self) -> LocalId {
        match self {
            Self::Message { to, .. }
            | Self::Down { to, .. }
            | Self::Exit { to, .. }
            | Self::Spawned { to, .. } => *to,
        }
    }

    /// Memory it keeps, in bytes, about.
    #[must_use]
    pub fn size(&self) -> usize {
        let payload = match self {
            Self::Message { message, .. } => message.size(),
            Self::Down { reason, .. } | Self::Exit { reason, .. } => reason.size(),
            Self::Spawned { .. } => 0,
        };
        payload + size_of::<Self>()
    }
}

/// What arrived and left, and what was not for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Bytes received after the handshake.
    pub bytes_in: u64,
    /// Bytes queued for sending after the handshake.
    pub bytes_out: u64,
    /// Whole messages received.
    pub messages_in: u64,
    /// Messages queued for sending.
    pub messages_out: u64,
    /// Ticks received.
    pub ticks_in: u64,
    /// Ticks queued for sending.
    pub ticks_out: u64,
    /// Messages to processes or names that we do not have.
    pub unknown_receiver: u64,
    /// Control messages of kinds that we have no use for.
    pub unknown_operation: u64,
    /// Links and monitors refused because the peer holds too many.
    pub refused_watchers: u64,
}

/// How to start a process on the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpawnOptions {
    /// Monitor it; the request's reference is the monitor.
    pub monitor: bool,
    /// Link to it.
    pub link: bool,
}

/// Limits and times of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndpointOptions {
    /// Bounds on what may be incomplete.
    pub frames: FrameLimits,
    /// Links and monitors the peer may hold on our processes.
    pub watchers: usize,
    /// The peer is given up when nothing comes from it for five quarters of this time; ticks are sent in quarters of it.
    pub net_ticktime: Duration,
}

impl Default for EndpointOptions {
    fn default() -> Self {
        Self { frames: FrameLimits::default(), watchers: 65_536, net_ticktime: Duration::from_secs(60) }
    }
}

/// The state of a connection.
#[derive(Debug)]
pub struct Endpoint {
    peer: Peer,
    incoming: Incoming,
    output: Vec<u8>,
    sent: usize,
    processes: Processes,
    ticks: Ticks,
    counters: Counters,
}

impl Endpoint {
    /// A connection fresh from its handshake.
    #[must_use]
    pub fn new(peer: Peer, options: &EndpointOptions, now: Duration) -> Self {
        Self {
            processes: Processes::new(&peer, options.watchers),
            peer,
            incoming: Incoming::new(options.frames),
            output: Vec::new(),
            sent: 0,
            ticks: Ticks::new(options.net_ticktime, now),
            counters: Counters::default(),
        }
    }

    /// Whom we are connected to.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// What arrived and left so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Takes bytes from the peer, in pieces of any size.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.counters.bytes_in += bytes.len() as u64;
        self.ticks.received();
        self.incoming.push(bytes);
    }

    /// The next event in the received bytes; `None` when they hold no further one. Answers to the peer go to the output
    /// on the way.
    ///
    /// # Errors
    /// When the peer breaks the protocol or passes a limit. The connection is of no use after that.
    pub fn poll(&mut self) -> Result<Option<Event>, ProtocolError> {
        while self.pending_output() <= Self::OUTPUT_PAUSE {
            match self.incoming.next()? {
                None => break,
                Some(Signal::Partial) => {}
                Some(Signal::Tick) => {
                    self.counters.ticks_in += 1;
                    self.ticks.owe();
                }
                Some(Signal::Message { control, payload }) => {
                    self.counters.messages_in += 1;
                    if let Some(event) = self.dispatch(control, payload) {
                        return Ok(Some(event));
                    }
                }
            }
        }
        Ok(None)
    }

    /// With more than this many bytes to send, [`Self::poll`] stops reading: a peer that asks and does not read the answers
    /// must not fill our memory. Call it again when the output is shorter.
    pub const OUTPUT_PAUSE: usize = 1 << 20;

    /// Bytes to send.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        self.output.get(self.sent..).unwrap_or_default()
    }

    /// How many bytes [`Self::output`] holds.
    #[must_use]
    pub fn pending_output(&self) -> usize {
        self.output.len() - self.sent
    }

    /// Tells that the first `count` bytes of the output are sent.
    pub fn sent(&mut self, count: usize) {
        self.sent = (self.sent + count).min(self.output.len());
        if self.sent == self.output.len() {
            self.output.clear();
            self.output.shrink_to(256 << 10);
            self.sent = 0;
        }
    }

    /// Tells the time, which answers the peer's ticks and sends our own. `reading` is whether the caller reads what the peer
    /// sends; while it does not, silence is no sign of a dead peer.
    ///
    /// # Errors
    /// When the peer was silent for too long.
    pub fn advance(&mut self, now: Duration, reading: bool) -> Result<(), PeerSilent> {
        let idle = self.pending_output() == 0;
        if self.ticks.advance(now, reading, idle)? {
            self.output.extend_from_slice(&[0; 4]);
            self.counters.ticks_out += 1;
            self.counters.bytes_out += 4;
        }
        Ok(())
    }

    /// When [`Self::advance`] has something to do again, if nothing else happens before.
    #[must_use]
    pub fn next_timeout(&self) -> Duration {
        self.ticks.next_timeout()
    }

    /// Changes the tick time, see [`EndpointOptions::net_ticktime`].
    pub fn set_net_ticktime(&mut self, ticktime: Duration) {
        self.ticks.set_ticktime(ticktime);
    }

    /// Queues a control message and its payload, already encoded, behind an empty atom table.
    fn push(&mut self, control: &Term, payload: &[u8]) -> Result<(), SendError> {
        let frame = self.output.len();
        self.output.extend_from_slice(&[0, 0, 0, 0, 131, 68, 0]);
        encode_bare(control, &mut self.output);
        self.output.extend_from_slice(payload);
        let length = self.output.len() - frame - 4;
        let Ok(prefix) = u32::try_from(length) else {
            self.output.truncate(frame);
            return Err(SendError::TooLong { length });
        };
        if let Some(place) = self.output.get_mut(frame..frame + 4) {
            place.copy_from_slice(&prefix.to_be_bytes());
        }
        self.counters.messages_out += 1;
        self.counters.bytes_out += length as u64 + 4;
        self.ticks.wrote();
        Ok(())
    }

    /// Queues a control message of fixed size, which cannot be too long.
    fn push_control(&mut self, parts: impl IntoIterator<Item = Term>) {
        let queued = self.push(&Term::tuple(parts), &[]);
        debug_assert!(queued.is_ok(), "a control message fits a frame");
    }

    /// Queues an exit-like control message whose reason is an atom.
    fn push_reason(&mut self, parts: impl IntoIterator<Item = Term>, reason: &str) {
        let mut payload = Vec::new();
        encode_bare(&Term::atom(reason), &mut payload);
        let queued = self.push(&Term::tuple(parts), &payload);
        debug_assert!(queued.is_ok(), "a control message fits a frame");
    }

    fn refuse_spawn(&mut self, reference: Reference, from: Pid) {
        self.push_control([
            Term::int(op::SPAWN_REPLY),
            Term::Reference(reference),
            Term::Pid(from),
            Term::int(0),
            Term::atom("notsup"),
        ]);
    }
}
