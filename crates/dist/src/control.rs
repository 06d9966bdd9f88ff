//! Control messages: the tuple at the head of each message that says what it is (`erl_dist_protocol`, "Protocol
//! between connected nodes").

use pluto_term::{Atom, Limits, Pid, Reader, Reference, Term};

use crate::ProtocolError;

/// A control message is a handful of identifiers; only an exit reason inside one could be large, and with
/// `EXIT_PAYLOAD` none is inside.
const LIMITS: Limits = Limits { depth: 64, terms: 100_000, bytes: 4 << 20, atoms: 100_000 };

/// Numbers of the operations.
pub(crate) mod op {
    pub(crate) const LINK: i64 = 1;
    pub(crate) const SEND: i64 = 2;
    pub(crate) const EXIT: i64 = 3;
    pub(crate) const REG_SEND: i64 = 6;
    pub(crate) const EXIT2: i64 = 8;
    pub(crate) const SEND_TT: i64 = 12;
    pub(crate) const EXIT_TT: i64 = 13;
    pub(crate) const REG_SEND_TT: i64 = 16;
    pub(crate) const EXIT2_TT: i64 = 18;
    pub(crate) const MONITOR_P: i64 = 19;
    pub(crate) const DEMONITOR_P: i64 = 20;
    pub(crate) const MONITOR_P_EXIT: i64 = 21;
    pub(crate) const SEND_SENDER: i64 = 22;
    pub(crate) const SEND_SENDER_TT: i64 = 23;
    pub(crate) const PAYLOAD_EXIT: i64 = 24;
    pub(crate) const PAYLOAD_EXIT_TT: i64 = 25;
    pub(crate) const PAYLOAD_EXIT2: i64 = 26;
    pub(crate) const PAYLOAD_EXIT2_TT: i64 = 27;
    pub(crate) const PAYLOAD_MONITOR_P_EXIT: i64 = 28;
    pub(crate) const SPAWN_REQUEST: i64 = 29;
    pub(crate) const SPAWN_REQUEST_TT: i64 = 30;
    pub(crate) const SPAWN_REPLY: i64 = 31;
    pub(crate) const SPAWN_REPLY_TT: i64 = 32;
    pub(crate) const UNLINK_ID: i64 = 35;
    pub(crate) const UNLINK_ID_ACK: i64 = 36;
}

/// A control message from the peer. Trace tokens are read and left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Control {
    Link { from: Pid, to: Pid },
    Unlink { id: Term, from: Pid, to: Pid },
    UnlinkAck { id: Term, from: Pid, to: Pid },
    Send { to: Pid },
    SendName { name: Atom },
    Exit { from: Pid, to: Pid, reason: Reason },
    ExitSignal { from: Pid, to: Pid, reason: Reason },
    Monitor { from: Pid, target: MonitorTarget, reference: Reference },
    Demonitor { reference: Reference },
    MonitorExit { process: Term, to: Pid, reference: Reference, reason: Reason },
    SpawnRequest { reference: Reference, from: Pid },
    SpawnReply { reference: Reference, flags: i64, result: Term },
    Other,
}

/// Where the reason of an exit is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    Payload,
    Inside(Term),
}

/// Whom a monitor watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MonitorTarget {
    Pid(Pid),
    Name(Atom),
}

impl Control {
    /// Reads the control message at the start of `bytes`; gives it and its length in bytes.
    pub(crate) fn read(bytes: &[u8], atoms: &[Atom]) -> Result<(Self, usize), ProtocolError> {
        let mut reader = Reader::new(bytes, &LIMITS).with_atom_cache(atoms);
        let term = reader.term().map_err(ProtocolError::Control)?;
        let Term::Tuple(parts) = term else { return Err(ProtocolError::ControlShape { operation: None }) };
        let mut parts = Parts(parts.into_iter());
        let operation = parts.int().ok_or(ProtocolError::ControlShape { operation: None })?;
        let control = Self::from_parts(operation, &mut parts)
            .ok_or(ProtocolError::ControlShape { operation: Some(operation) })?;
        Ok((control, reader.position()))
    }

    fn from_parts(operation: i64, parts: &mut Parts) -> Option<Self> {
        Some(match operation {
            op::LINK => Self::Link { from: parts.pid()?, to: parts.pid()? },
            op::SEND | op::SEND_TT | op::SEND_SENDER | op::SEND_SENDER_TT => {
                parts.term()?;
                Self::Send { to: parts.pid()? }
            }
            op::REG_SEND | op::REG_SEND_TT => {
                parts.pid()?;
                parts.term()?;
                Self::SendName { name: parts.atom()? }
            }
            op::EXIT => Self::Exit { from: parts.pid()?, to: parts.pid()?, reason: parts.reason()? },
            op::EXIT_TT => {
                let (from, to) = (parts.pid()?, parts.pid()?);
                parts.term()?;
                Self::Exit { from, to, reason: parts.reason()? }
            }
            op::PAYLOAD_EXIT | op::PAYLOAD_EXIT_TT => {
                Self::Exit { from: parts.pid()?, to: parts.pid()?, reason: Reason::Payload }
            }
            op::EXIT2 => Self::ExitSignal { from: parts.pid()?, to: parts.pid()?, reason: parts.reason()? },
            op::EXIT2_TT => {
                let (from, to) = (parts.pid()?, parts.pid()?);
                parts.term()?;
                Self::ExitSignal { from, to, reason: parts.reason()? }
            }
            op::PAYLOAD_EXIT2 | op::PAYLOAD_EXIT2_TT => {
                Self::ExitSignal { from: parts.pid()?, to: parts.pid()?, reason: Reason::Payload }
            }
            op::MONITOR_P => {
                Self::Monitor { from: parts.pid()?, target: parts.target()?, reference: parts.reference()? }
            }
            op::DEMONITOR_P => {
                parts.pid()?;
                parts.term()?;
                Self::Demonitor { reference: parts.reference()? }
            }
            op::MONITOR_P_EXIT => Self::MonitorExit {
                process: parts.term()?,
                to: parts.pid()?,
                reference: parts.reference()?,
                reason: parts.reason()?,
            },
            op::PAYLOAD_MONITOR_P_EXIT => Self::MonitorExit {
                process: parts.term()?,
                to: parts.pid()?,
                reference: parts.reference()?,
                reason: Reason::Payload,
            },
            op::SPAWN_REQUEST | op::SPAWN_REQUEST_TT => {
                Self::SpawnRequest { reference: parts.reference()?, from: parts.pid()? }
            }
            op::SPAWN_REPLY | op::SPAWN_REPLY_TT => {
                let reference = parts.reference()?;
                parts.pid()?;
                Self::SpawnReply { reference, flags: parts.int()?, result: parts.term()? }
            }
            op::UNLINK_ID => Self::Unlink { id: parts.term()?, from: parts.pid()?, to: parts.pid()? },
            op::UNLINK_ID_ACK => Self::UnlinkAck { id: parts.term()?, from: parts.pid()?, to: parts.pid()? },
            _ => Self::Other,
        })
    }
}

struct Parts(std::vec::IntoIter<Term>);

impl Parts {
    fn term(&mut self) -> Option<Term> {
        self.0.next()
    }

    fn int(&mut self) -> Option<i64> {
        self.term()?.as_int()
    }

    fn pid(&mut self) -> Option<Pid> {
        match self.term()? {
            Term::Pid(pid) => Some(pid),
            _ => None,
        }
    }

    fn atom(&mut self) -> Option<Atom> {
        match self.term()? {
            Term::Atom(atom) => Some(atom),
            _ => None,
        }
    }

    fn reference(&mut self) -> Option<Reference> {
        match self.term()? {
            Term::Reference(reference) => Some(reference),
            _ => None,
        }
    }

    fn reason(&mut self) -> Option<Reason> {
        self.term().map(Reason::Inside)
    }

    fn target(&mut self) -> Option<MonitorTarget> {
        match self.term()? {
            Term::Pid(pid) => Some(MonitorTarget::Pid(pid)),
            Term::Atom(name) => Some(MonitorTarget::Name(name)),
            _ => None,
        }
    }
}
