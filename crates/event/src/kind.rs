//! The closed lists: kinds of event, causes of loss, and what is known of the number lost.

/// The kind of an event. The numbers are part of the recording format and never change meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[expect(missing_docs, reason = "each is documented at its variant of `What`")]
pub enum Kind {
    Call = 1,
    Return = 2,
    Exception = 3,
    ReturnTo = 4,
    Send = 5,
    Deliver = 6,
    Spawn = 7,
    Spawned = 8,
    Exit = 9,
    Link = 10,
    Unlink = 11,
    GettingLinked = 12,
    GettingUnlinked = 13,
    Register = 14,
    Unregister = 15,
    Gap = 16,
}

impl Kind {
    /// Every kind, in the order of its number.
    pub const ALL: [Kind; 16] = [
        Kind::Call,
        Kind::Return,
        Kind::Exception,
        Kind::ReturnTo,
        Kind::Send,
        Kind::Deliver,
        Kind::Spawn,
        Kind::Spawned,
        Kind::Exit,
        Kind::Link,
        Kind::Unlink,
        Kind::GettingLinked,
        Kind::GettingUnlinked,
        Kind::Register,
        Kind::Unregister,
        Kind::Gap,
    ];

    /// The name that commands, filters and exports use.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Call => "call",
            Kind::Return => "return",
            Kind::Exception => "exception",
            Kind::ReturnTo => "return_to",
            Kind::Send => "send",
            Kind::Deliver => "deliver",
            Kind::Spawn => "spawn",
            Kind::Spawned => "spawned",
            Kind::Exit => "exit",
            Kind::Link => "link",
            Kind::Unlink => "unlink",
            Kind::GettingLinked => "getting_linked",
            Kind::GettingUnlinked => "getting_unlinked",
            Kind::Register => "register",
            Kind::Unregister => "unregister",
            Kind::Gap => "gap",
        }
    }

    /// The kind with this number, `None` for a number that this version does not know.
    pub fn from_number(number: u8) -> Option<Kind> {
        Kind::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// The kind with this name, `None` for any other word.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Why events are missing. The numbers are part of the recording format and never change meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum GapCause {
    /// The connection to us was busy, and the agent's bounded buffer was full.
    Backpressure = 1,
    /// The limit on events per second was reached.
    EventLimit = 2,
    /// The limit on bytes per second was reached.
    ByteLimit = 3,
    /// The agent's queue or memory grew past its limit, and tracing was switched off.
    Overload = 4,
    /// The events were left out on purpose, by sampling. No part of Pluto gives it so far: the manifest says what was sampled.
    Sampling = 5,
    /// The connection to the node was lost.
    ConnectionLost = 6,
    /// The agent, or one of its processes, was killed.
    AgentLost = 7,
    /// A module was reloaded, which removes its trace patterns, and they were set again.
    ModuleReload = 8,
    /// Our own buffer was full. No part of Pluto gives it so far: a node that is not heard drops by itself.
    ObserverOverload = 9,
    /// The event could not be read, or was over the size or depth that we accept.
    Unreadable = 10,
    /// The recording was cut short while this part was being written.
    RecordingCut = 11,
    /// Another tool's trace events were mixed in, and were dropped. No part of Pluto gives it so far: they are counted.
    Foreign = 12,
    /// The recording kept only its last stretch of time (ring mode).
    RingExpired = 13,
    /// What is traced was changed, by the user or because a function was too much.
    Adjusted = 14,
    /// The agent heard nothing of us for the length of its lease, and ended the trace.
    LeaseLapsed = 15,
}

impl GapCause {
    /// Every cause, in the order of its number.
    pub const ALL: [GapCause; 15] = [
        GapCause::Backpressure,
        GapCause::EventLimit,
        GapCause::ByteLimit,
        GapCause::Overload,
        GapCause::Sampling,
        GapCause::ConnectionLost,
        GapCause::AgentLost,
        GapCause::ModuleReload,
        GapCause::ObserverOverload,
        GapCause::Unreadable,
        GapCause::RecordingCut,
        GapCause::Foreign,
        GapCause::RingExpired,
        GapCause::Adjusted,
        GapCause::LeaseLapsed,
    ];

    /// The name that commands and exports use.
    pub fn name(self) -> &'static str {
        match self {
            GapCause::Backpressure => "backpressure",
            GapCause::EventLimit => "event limit",
            GapCause::ByteLimit => "byte limit",
            GapCause::Overload => "overload",
            GapCause::Sampling => "sampling",
            GapCause::ConnectionLost => "connection lost",
            GapCause::AgentLost => "agent lost",
            GapCause::ModuleReload => "module reload",
            GapCause::ObserverOverload => "observer overload",
            GapCause::Unreadable => "unreadable",
            GapCause::RecordingCut => "recording cut",
            GapCause::Foreign => "foreign",
            GapCause::RingExpired => "ring expired",
            GapCause::Adjusted => "adjusted",
            GapCause::LeaseLapsed => "lease lapsed",
        }
    }

    /// The cause with this number, `None` for a number that this version does not know.
    pub fn from_number(number: u8) -> Option<GapCause> {
        GapCause::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }
}

/// How many events a gap stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Missing {
    /// Exactly this many.
    Exactly(u64),
    /// This many or more.
    AtLeast(u64),
    /// Nothing is known of the number.
    Unknown,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Missing::Exactly(n) => write!(f, "exact {n}"),
            Missing::AtLeast(n) => write!(f, "at least {n}"),
            Missing::Unknown => f.write_str("unknown"),
        }
    }
}

impl std::ops::Add for Missing {
    type Output = Missing;

    /// Two gaps taken together: exact only where both are.
    fn add(self, other: Missing) -> Missing {
        use Missing::{AtLeast, Exactly, Unknown};
        match (self, other) {
            (Exactly(a), Exactly(b)) => Exactly(a.saturating_add(b)),
            (Exactly(a) | AtLeast(a), Exactly(b) | AtLeast(b)) => AtLeast(a.saturating_add(b)),
            (Exactly(a) | AtLeast(a), Unknown) | (Unknown, Exactly(a) | AtLeast(a)) => match a {
                0 => Unknown,
                _ => AtLeast(a),
            },
            (Unknown, Unknown) => Unknown,
        }
    }
}
