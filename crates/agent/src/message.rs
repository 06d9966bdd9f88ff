//! What the agent tells the client.

use crate::events::{DropCause, drops_from};
use crate::names::name;
use crate::read::{list, number, number_at, text_at};
use crate::{Mfa, Slot};
use pluto_term::{Atom, DecodeError, Pid, Term};

/// A control message of the agent. Events come as [`crate::EventBatch`].
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// The agent is up, and nothing is set yet.
    Started {
        /// Takes [`crate::Command`]s.
        guardian: Pid,
        /// Sends the events.
        sink: Pid,
        /// About the node.
        info: Info,
    },
    /// Nothing was loaded.
    Refused(Refusal),
    /// The answer to a command.
    Reply {
        /// The command's id.
        id: u32,
        /// The answer.
        reply: Reply,
    },
    /// How the agent is, twice a second.
    Status(Status),
    /// A limit was hit, and tracing is off.
    Limit {
        /// Which.
        kind: LimitKind,
        /// What was measured.
        value: u64,
        /// What was allowed.
        limit: u64,
    },
    /// The agent has undone everything without a command of ours, and ends.
    Undone {
        /// Why.
        why: UndoneWhy,
        /// Everything that was set, read back.
        proof: Proof,
    },
    /// Events are missing.
    Gap {
        /// `module_reload`, `overload` or `agent_lost`.
        cause: String,
        /// How many, where it is known.
        count: Option<u64>,
        /// The earliest time, where it is known.
        since: Option<i64>,
        /// The latest time.
        until: i64,
    },
    /// Functions made most of the events over a limit, and are not traced any more.
    Reduced(Reduction),
    /// Everything is undone and the module is unloaded.
    Gone {
        /// Whether the module is still loaded, which another tool must have done.
        loaded: bool,
    },
}

/// Functions that the agent traces no more, because the sink had to drop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reduction {
    /// What was dropped for.
    pub cause: DropCause,
    /// The functions: one, or all of one name where the sink did not see the arity.
    pub functions: Vec<Mfa>,
    /// How much of a batch their calls were: events, or bytes where these were the limit.
    pub part: u64,
    /// How much all calls of the batch were.
    pub whole: u64,
    /// Since when, on the node's monotonic clock, in nanoseconds.
    pub time: i64,
}

/// Why an agent ended without a command of its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndoneWhy {
    /// Another client of the node asked for it.
    Asked,
    /// No renewal for the length of the lease.
    Lease,
    /// Its sink was killed.
    SinkLost,
}

/// Why an agent did not start.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// Another agent has this slot.
    NameTaken,
    /// The node did not load the module.
    Load(Term),
}

/// Whether the agent has a trace session of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// The one session of OTP 25 and 26.
    Legacy,
    /// Its own, on OTP 27 and later.
    Own,
}

/// About the node. Times are its monotonic clock, in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Info {
    /// The release, such as `27`.
    pub otp: String,
    /// The emulator's version, such as `15.2.7`.
    pub erts: String,
    /// Where the agent lives.
    pub slot: Slot,
    /// How it traces.
    pub session: SessionKind,
    /// The clock when it started.
    pub monotonic: i64,
    /// What to add to it for UNIX time.
    pub time_offset: i64,
    /// Bytes per word.
    pub wordsize: u64,
    /// Schedulers online.
    pub schedulers: u64,
    /// Processes.
    pub processes: u64,
}

/// Counts since the start, unless it says otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// `idle`, `arming`, `armed` or `tripped`.
    pub phase: String,
    /// Events that reached the sink.
    pub events: u64,
    /// Events sent.
    pub sent: u64,
    /// Bytes of batches, of external term format.
    pub bytes: u64,
    /// Batches sent.
    pub batches: u64,
    /// Events dropped, by cause.
    pub drops: Vec<(DropCause, u64)>,
    /// Events in the sink's queue now.
    pub queue: u64,
    /// Bytes of the sink with its queue now, estimated.
    pub memory: u64,
    /// Reductions that guardian and sink have used.
    pub reductions: u64,
    /// The node's monotonic clock, in nanoseconds.
    pub monotonic: i64,
    /// What to add to it for UNIX time.
    pub time_offset: i64,
    /// Processes on the node now.
    pub processes: u64,
}

/// The limits that end a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    /// Events per second.
    Events,
    /// Bytes per second.
    Bytes,
    /// Length of the sink's queue.
    Queue,
    /// Memory of the sink.
    Memory,
    /// Time.
    Duration,
    /// Events in all.
    MaxEvents,
    /// No renewal for the length of the lease, in milliseconds.
    Lease,
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// To arm and adjust.
    Armed(Armed),
    /// To count.
    Counted {
        /// For how long was counted.
        microseconds: u64,
        /// Calls in all processes; functions that do not exist are left out.
        calls: Vec<(Mfa, u64)>,
    },
    /// To names.
    Names(Vec<(Atom, Pid)>),
    /// To status.
    Status(Status),
    /// To stop.
    Stopped(Proof),
    /// The command was refused; after arm nothing is set, after adjust the phase tells. The reasons are listed in `PROTOCOL.md`.
    Error(Term),
}

/// What was set.
#[derive(Clone, Debug, PartialEq)]
pub struct Armed {
    /// Functions that have a pattern.
    pub functions: u64,
    /// Processes that have flags, without new ones.
    pub processes: u64,
    /// Functions that do not exist on the node, at most 200 of `missing_count`.
    pub missing: Vec<Mfa>,
    /// How many there are.
    pub missing_count: u64,
    /// Functions with a pattern that an ended tracer of another tool left, at most 200 of `leftover_count`. Their
    /// events come too, and are to be dropped.
    pub leftover: Vec<Mfa>,
    /// How many there are.
    pub leftover_count: u64,
    /// Milliseconds that arming took.
    pub took_ms: u64,
}

/// Everything that was set, read back after it was undone.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    /// Functions that were read back.
    pub functions: u64,
    /// Processes that were read back.
    pub processes: u64,
    /// What still differs from before: none, when all is well. At most 200 of `left_count`.
    pub left: Vec<Entry>,
    /// How many there are.
    pub left_count: u64,
    /// What the sink did; `None` where it had ended before.
    pub sink: Option<SinkTotals>,
}

/// Something that is set on the node.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry(pub Term);

/// What the sink did in its life.
#[derive(Clone, Debug, PartialEq)]
pub enum SinkTotals {
    /// It sent all that it could.
    Finished {
        /// Batches sent, the number that the next one would have had.
        batches: u64,
        /// Events that reached it.
        events: u64,
        /// Events sent.
        sent: u64,
        /// Events dropped, by cause.
        drops: Vec<(DropCause, u64)>,
        /// Those of them that no batch could tell of any more, by cause.
        unreported: Vec<(DropCause, u64)>,
    },
    /// It did not come to its end within five seconds and was killed.
    Killed {
        /// Events in its queue.
        lost: u64,
    },
}

/// A message that is not in the protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// The bytes are no term.
    #[error("unreadable message of the agent")]
    Unreadable(#[from] DecodeError),
    /// A part is missing or of another type.
    #[error("unexpected {part} in a message of the agent")]
    Unexpected {
        /// Which part.
        part: &'static str,
    },
}

impl Message {
    /// Reads a control message.
    pub fn from_term(term: &Term) -> Result<Message, MessageError> {
        let elements = term.as_tuple().unwrap_or_default();
        let name = elements.first().and_then(Term::as_atom).unwrap_or_default();
        let rest = elements.get(1..).unwrap_or_default();
        let read = match name {
            "pluto_started" => (started(rest), "pluto_started"),
            "pluto_refused" => (refused(rest), "pluto_refused"),
            "pluto" => (replied(rest), "reply"),
            "pluto_status" => (rest.first().and_then(status).map(Message::Status), "pluto_status"),
            "pluto_limit" => (limit(rest), "pluto_limit"),
            "pluto_undone" => (undone(rest), "pluto_undone"),
            "pluto_gap" => (gap(rest), "pluto_gap"),
            "pluto_reduced" => (reduced(rest).map(Message::Reduced), "pluto_reduced"),
            "pluto_gone" => (gone(rest), "pluto_gone"),
            _ => (None, "message"),
        };
        read.0.ok_or(MessageError::Unexpected { part: read.1 })
    }
}

fn started(rest: &[Term]) -> Option<Message> {
    let [Term::Pid(guardian), Term::Pid(sink), map] = rest else { return None };
    let session = match map.map_get("session")?.as_atom()? {
        "legacy" => SessionKind::Legacy,
        "session" => SessionKind::Own,
        _ => return None,
    };
    let info = Info {
        otp: text_at(map, "otp")?,
        erts: text_at(map, "erts")?,
        slot: Slot::from_module(map.map_get("module")?.as_atom()?)?,
        session,
        monotonic: map.map_get("monotonic_ns")?.as_int()?,
        time_offset: map.map_get("time_offset_ns")?.as_int()?,
        wordsize: number_at(map, "wordsize")?,
        schedulers: number_at(map, "schedulers")?,
        processes: number_at(map, "processes")?,
    };
    Some(Message::Started { guardian: guardian.clone(), sink: sink.clone(), info })
}

fn refused(rest: &[Term]) -> Option<Message> {
    match rest {
        [Term::Atom(name)] if name.as_str() == "name_taken" => Some(Message::Refused(Refusal::NameTaken)),
        [Term::Tuple(pair)] => match pair.as_slice() {
            [Term::Atom(load), why] if load.as_str() == "load" => {
                Some(Message::Refused(Refusal::Load(why.clone())))
            }
            _ => None,
        },
        _ => None,
    }
}

fn replied(rest: &[Term]) -> Option<Message> {
    let [id, reply] = rest else { return None };
    let id = u32::try_from(id.as_int()?).ok()?;
    let elements = reply.as_tuple()?;
    let reply = match (elements.first()?.as_atom()?, elements.get(1..)?) {
        ("armed", [map]) => Reply::Armed(armed(map)?),
        ("counted", [time, calls]) => Reply::Counted {
            microseconds: number(time)?,
            calls: list(calls, |pair| match pair.as_tuple()? {
                [mfa, calls] => Some((Mfa::from_term(mfa)?, number(calls)?)),
                _ => None,
            })?,
        },
        ("names", [names]) => Reply::Names(list(names, name)?),
        ("status", [map]) => Reply::Status(status(map)?),
        ("stopped", [map]) => Reply::Stopped(proof(map)?),
        ("error", [reason]) => Reply::Error(reason.clone()),
        _ => return None,
    };
    Some(Message::Reply { id, reply })
}

fn armed(map: &Term) -> Option<Armed> {
    Some(Armed {
        functions: number_at(map, "functions")?,
        processes: number_at(map, "processes")?,
        missing: list(map.map_get("missing")?, Mfa::from_term)?,
        missing_count: number_at(map, "missing_count")?,
        leftover: list(map.map_get("leftover")?, Mfa::from_term)?,
        leftover_count: number_at(map, "leftover_count")?,
        took_ms: number_at(map, "took_ms")?,
    })
}

fn status(map: &Term) -> Option<Status> {
    Some(Status {
        phase: map.map_get("phase")?.as_atom()?.to_owned(),
        events: number_at(map, "events")?,
        sent: number_at(map, "sent")?,
        bytes: number_at(map, "bytes")?,
        batches: number_at(map, "batches")?,
        drops: drops_from(map.map_get("drops")?)?,
        queue: number_at(map, "queue")?,
        memory: number_at(map, "memory")?,
        reductions: number_at(map, "reductions")?,
        monotonic: map.map_get("monotonic_ns")?.as_int()?,
        time_offset: map.map_get("time_offset_ns")?.as_int()?,
        processes: number_at(map, "processes")?,
    })
}

pub(crate) fn proof(map: &Term) -> Option<Proof> {
    let sink = map.map_get("sink")?;
    let totals = if sink.as_atom() == Some("lost") {
        None
    } else if let Some(lost) = number_at(sink, "lost") {
        Some(SinkTotals::Killed { lost })
    } else {
        Some(SinkTotals::Finished {
            batches: number_at(sink, "batches")?,
            events: number_at(sink, "events")?,
            sent: number_at(sink, "sent")?,
            drops: drops_from(sink.map_get("drops")?)?,
            unreported: drops_from(sink.map_get("unreported")?)?,
        })
    };
    Some(Proof {
        functions: number_at(map, "functions")?,
        processes: number_at(map, "processes")?,
        left: list(map.map_get("left")?, |entry| Some(Entry(entry.clone())))?,
        left_count: number_at(map, "left_count")?,
        sink: totals,
    })
}

fn limit(rest: &[Term]) -> Option<Message> {
    let [kind, value, limit] = rest else { return None };
    let kind = match kind.as_atom()? {
        "events" => LimitKind::Events,
        "bytes" => LimitKind::Bytes,
        "queue" => LimitKind::Queue,
        "memory" => LimitKind::Memory,
        "duration" => LimitKind::Duration,
        "max_events" => LimitKind::MaxEvents,
        "lease" => LimitKind::Lease,
        _ => return None,
    };
    Some(Message::Limit { kind, value: number(value)?, limit: number(limit)? })
}

fn undone(rest: &[Term]) -> Option<Message> {
    let [why, map] = rest else { return None };
    let why = match why.as_atom()? {
        "asked" => UndoneWhy::Asked,
        "lease" => UndoneWhy::Lease,
        "sink_lost" => UndoneWhy::SinkLost,
        _ => return None,
    };
    Some(Message::Undone { why, proof: proof(map)? })
}

fn gap(rest: &[Term]) -> Option<Message> {
    let [cause, count, since, until] = rest else { return None };
    Some(Message::Gap {
        cause: cause.as_atom()?.to_owned(),
        count: number(count),
        since: since.as_int(),
        until: until.as_int()?,
    })
}

fn reduced(rest: &[Term]) -> Option<Reduction> {
    let [cause, functions, part, whole, time] = rest else { return None };
    Some(Reduction {
        cause: DropCause::from_name(cause.as_atom()?)?,
        functions: list(functions, Mfa::from_term)?,
        part: number(part)?,
        whole: number(whole)?,
        time: time.as_int()?,
    })
}

fn gone(rest: &[Term]) -> Option<Message> {
    let [map] = rest else { return None };
    Some(Message::Gone { loaded: map.map_get("loaded")?.as_atom()? == "true" })
}
