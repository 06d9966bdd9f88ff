//! Frames out of a byte stream, and whole messages out of fragments.
//!
//! After the handshake each frame carries its length in four bytes; a frame of length 0 is a tick. A large message comes
//! as several frames, which frames of other messages may stand between (`erl_dist_protocol`, "Protocol for messages
//! after the handshake"). Fragments of one sequence come in order: their numbers count down to 1.

use std::sync::Arc;

use pluto_term::Atom;
use rustc_hash::FxHashMap;

use crate::ProtocolError;

/// What a connection may hold of messages that are not complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameLimits {
    /// Bytes of one frame, and of one message put together from fragments.
    pub message_bytes: usize,
    /// Bytes of all incomplete messages together.
    pub partial_bytes: usize,
    /// Number of incomplete messages.
    pub partial_messages: usize,
}

impl Default for FrameLimits {
    fn default() -> Self {
        Self { message_bytes: 128 << 20, partial_bytes: 256 << 20, partial_messages: 4_096 }
    }
}

/// Bytes kept for reuse in an idle frame buffer.
const IDLE_BYTES: usize = 256 << 10;

/// Cuts a byte stream into frames. Holds at most one incomplete frame and what was received with it; memory grows with
/// the bytes that arrived, never with the length a frame announces.
#[derive(Debug, Default)]
pub(crate) struct FrameBuffer {
    bytes: Vec<u8>,
    start: usize,
}

impl FrameBuffer {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.start == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
            self.bytes.shrink_to(IDLE_BYTES);
        } else if self.start > self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole frame, without its length.
    pub(crate) fn next(&mut self, message_bytes: usize) -> Result<Option<&[u8]>, ProtocolError> {
        let unread = self.bytes.get(self.start..).unwrap_or_default();
        let Some((length, rest)) = unread.split_first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_be_bytes(*length) as usize;
        if length > message_bytes {
            return Err(ProtocolError::FrameTooLong { length, limit: message_bytes });
        }
        let Some(frame) = rest.get(..length) else { return Ok(None) };
        self.start += 4 + length;
        Ok(Some(frame))
    }
}

/// A message with all its bytes: a control message and, where that has one, its payload; both without version bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Whole {
    pub(crate) atoms: Arc<[Atom]>,
    pub(crate) bytes: Vec<u8>,
}

#[derive(Debug)]
struct Partial {
    atoms: Arc<[Atom]>,
    bytes: Vec<u8>,
    /// Number of the fragment that must come next.
    next: u64,
}

/// Messages of which some fragments are here.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    partial: FxHashMap<u64, Partial>,
    bytes: usize,
}

impl Assembly {
    /// Takes a first fragment: `bytes` is what follows its atom table.
    pub(crate) fn first(
        &mut self,
        sequence: u64,
        fragment: u64,
        atoms: Arc<[Atom]>,
        bytes: &[u8],
        limits: &FrameLimits,
    ) -> Result<Option<Whole>, ProtocolError> {
        if fragment == 0 || self.partial.contains_key(&sequence) {
            return Err(ProtocolError::Fragment { sequence, fragment });
        }
        if fragment == 1 {
            return Ok(Some(Whole { atoms, bytes: bytes.to_vec() }));
        }
        if self.partial.len() >= limits.partial_messages {
            return Err(ProtocolError::TooManyPartialMessages { limit: limits.partial_messages });
        }
        self.charge(bytes.len(), limits)?;
        self.partial.insert(sequence, Partial { atoms, bytes: bytes.to_vec(), next: fragment - 1 });
        Ok(None)
    }

    /// Takes a later fragment.
    pub(crate) fn next(
        &mut self,
        sequence: u64,
        fragment: u64,
        bytes: &[u8],
        limits: &FrameLimits,
    ) -> Result<Option<Whole>, ProtocolError> {
        self.charge(bytes.len(), limits)?;
        let partial = self
            .partial
            .get_mut(&sequence)
            .filter(|partial| partial.next == fragment && fragment != 0)
            .ok_or(ProtocolError::Fragment { sequence, fragment })?;
        let length = partial.bytes.len() + bytes.len();
        if length > limits.message_bytes {
            return Err(ProtocolError::MessageTooLong { length, limit: limits.message_bytes });
        }
        partial.bytes.extend_from_slice(bytes);
        partial.next -= 1;
        if fragment > 1 {
            return Ok(None);
        }
        let whole = self.partial.remove(&sequence).map(|p| Whole { atoms: p.atoms, bytes: p.bytes });
        self.bytes -= length;
        Ok(whole)
    }

    fn charge(&mut self, bytes: usize, limits: &FrameLimits) -> Result<(), ProtocolError> {
        self.bytes += bytes;
        if self.bytes > limits.partial_bytes {
            return Err(ProtocolError::TooManyPartialBytes { limit: limits.partial_bytes });
        }
        Ok(())
    }
}
