//! From received bytes to control messages with their payloads.

use std::sync::Arc;

use pluto_term::Atom;
use pluto_term::tag::VERSION;

use crate::assembly::{Assembly, FrameBuffer};
use crate::atoms::AtomCache;
use crate::control::Control;
use crate::{FrameLimits, Message, ProtocolError};

const NORMAL: u8 = 68;
const FIRST_FRAGMENT: u8 = 69;
const LATER_FRAGMENT: u8 = 70;

/// What one frame was.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "moved once, and boxing would allocate for each message")]
pub(super) enum Signal {
    Tick,
    /// A fragment of a message that is not complete.
    Partial,
    Message {
        control: Control,
        payload: Message,
    },
}

#[derive(Debug)]
pub(super) struct Incoming {
    limits: FrameLimits,
    frames: FrameBuffer,
    cache: AtomCache,
    assembly: Assembly,
}

impl Incoming {
    pub(super) fn new(limits: FrameLimits) -> Self {
        Self {
            limits,
            frames: FrameBuffer::default(),
            cache: AtomCache::new(),
            assembly: Assembly::default(),
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.frames.push(bytes);
    }

    pub(super) fn next(&mut self) -> Result<Option<Signal>, ProtocolError> {
        let Some(frame) = self.frames.next(self.limits.message_bytes)? else { return Ok(None) };
        let Some((&version, rest)) = frame.split_first() else { return Ok(Some(Signal::Tick)) };
        let (&kind, rest) = rest.split_first().ok_or(ProtocolError::Header)?;
        if version != VERSION {
            return Err(ProtocolError::Version { found: version });
        }
        let whole = match kind {
            NORMAL => {
                let (atoms, bytes) = self.cache.read_header(rest)?;
                return message_in_frame(bytes, atoms).map(Some);
            }
            FIRST_FRAGMENT => {
                let (sequence, fragment, rest) = fragment_header(rest)?;
                let (atoms, bytes) = self.cache.read_header(rest)?;
                self.assembly.first(sequence, fragment, atoms, bytes, &self.limits)?
            }
            LATER_FRAGMENT => {
                let (sequence, fragment, bytes) = fragment_header(rest)?;
                self.assembly.next(sequence, fragment, bytes, &self.limits)?
            }
            found => return Err(ProtocolError::Version { found }),
        };
        let Some(whole) = whole else { return Ok(Some(Signal::Partial)) };
        let (control, length) = Control::read(&whole.bytes, &whole.atoms)?;
        Ok(Some(Signal::Message { control, payload: Message::new(whole.bytes, length, whole.atoms) }))
    }
}

fn message_in_frame(bytes: &[u8], atoms: Arc<[Atom]>) -> Result<Signal, ProtocolError> {
    let (control, length) = Control::read(bytes, &atoms)?;
    let payload = bytes.get(length..).unwrap_or_default().to_vec();
    Ok(Signal::Message { control, payload: Message::new(payload, 0, atoms) })
}

fn fragment_header(bytes: &[u8]) -> Result<(u64, u64, &[u8]), ProtocolError> {
    let (sequence, rest) = bytes.split_first_chunk::<8>().ok_or(ProtocolError::Header)?;
    let (fragment, rest) = rest.split_first_chunk::<8>().ok_or(ProtocolError::Header)?;
    Ok((u64::from_be_bytes(*sequence), u64::from_be_bytes(*fragment), rest))
}
