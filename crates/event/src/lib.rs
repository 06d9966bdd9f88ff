//! The event model: what a subject did, who did it, and what was lost.
//!
//! An [`Event`] is one thing that happened: a time, a process and a [`What`]. It is `Copy` and borrows its terms,
//! so that it can be made from bytes off the wire and from a memory-mapped segment alike. Processes, functions,
//! nodes and atoms are ids into [`Tables`], which grow with the stream and are never renumbered.
//!
//! What was lost is an event too ([`What::Gap`]): no stream, store or view may drop it.
//!
//! This crate does no IO, reads no clock and knows neither the wire nor the file format.

mod intern;
mod kind;
mod payload;
mod tables;

pub use intern::Interner;
pub use kind::{GapCause, Kind, Missing};
pub use payload::{Form, Payload};
pub use tables::{
    AtomId, Function, FunctionId, Identity, Node, NodeId, Process, ProcessId, Tables, UnknownId,
};

/// Nanoseconds on the time axis of a recording: UNIX time, as the observer's clock and its estimate of each node's
/// offset give it. Times of one node keep the order and the distances of that node's monotonic clock.
pub type Nanos = i64;

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// When it happened.
    pub time: Nanos,
    /// The process that did it, or the process whose events are missing. [`ProcessId::NONE`] where a gap concerns a
    /// whole node; the node is then that of [`What::Gap`].
    pub process: ProcessId,
    /// What happened.
    pub what: What<'a>,
}

/// What happened, seen from the process that the event belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What<'a> {
    /// A traced function was entered.
    Call {
        /// The function.
        function: FunctionId,
        /// Its arguments: a list, in the form that the capture level allowed.
        arguments: Payload<'a>,
    },
    /// A traced function returned normally.
    Return {
        /// The function.
        function: FunctionId,
        /// Its value; absent where only the time was asked for.
        value: Payload<'a>,
    },
    /// A traced function was left by an exception.
    Exception {
        /// The function.
        function: FunctionId,
        /// A tuple `{Class, Reason}`; the reason is absent or shortened at low capture levels.
        reason: Payload<'a>,
    },
    /// Control came back to a function, out of one or more traced calls. Carries neither value nor exception.
    ReturnTo {
        /// The function that goes on; [`FunctionId::NONE`] where the VM reports `undefined`.
        function: FunctionId,
    },
    /// The process sent a message.
    Send {
        /// The receiver: a process, a port or a registered name.
        to: ProcessId,
        /// The message.
        message: Payload<'a>,
        /// False where the VM reports that no such process existed.
        receiver_exists: bool,
    },
    /// A message was put into the queue of the process. It is not known when, or whether, it is taken out.
    Deliver {
        /// The sender; [`ProcessId::NONE`] where the release does not tell.
        from: ProcessId,
        /// The message.
        message: Payload<'a>,
    },
    /// The process started another one.
    Spawn {
        /// The new process.
        child: ProcessId,
        /// Its initial call.
        function: FunctionId,
        /// The arguments of the initial call.
        arguments: Payload<'a>,
    },
    /// The process came to life.
    Spawned {
        /// The process that started it.
        parent: ProcessId,
        /// Its initial call.
        function: FunctionId,
        /// The arguments of the initial call.
        arguments: Payload<'a>,
    },
    /// The process ended.
    Exit {
        /// The exit reason.
        reason: Payload<'a>,
    },
    /// The process linked itself to another process or port.
    Link {
        /// The other side.
        peer: ProcessId,
    },
    /// The process removed its link.
    Unlink {
        /// The other side.
        peer: ProcessId,
    },
    /// Another process or port linked itself to this one.
    GettingLinked {
        /// The other side.
        peer: ProcessId,
    },
    /// Another process or port removed its link to this one.
    GettingUnlinked {
        /// The other side.
        peer: ProcessId,
    },
    /// The process got a registered name.
    Register {
        /// The name.
        name: AtomId,
    },
    /// The process lost its registered name.
    Unregister {
        /// The name.
        name: AtomId,
    },
    /// Events are known to be missing between `since` and the time of this event.
    Gap {
        /// The node whose events are missing; [`NodeId::NONE`] where it concerns every node of the stream, or where
        /// it is not known which.
        node: NodeId,
        /// Why they are missing.
        cause: GapCause,
        /// How many are missing.
        missing: Missing,
        /// The earliest time at which an event may be missing.
        since: Nanos,
    },
}

impl<'a> What<'a> {
    /// The kind, as it is stored and filtered by.
    pub fn kind(&self) -> Kind {
        match self {
            What::Call { .. } => Kind::Call,
            What::Return { .. } => Kind::Return,
            What::Exception { .. } => Kind::Exception,
            What::ReturnTo { .. } => Kind::ReturnTo,
            What::Send { .. } => Kind::Send,
            What::Deliver { .. } => Kind::Deliver,
            What::Spawn { .. } => Kind::Spawn,
            What::Spawned { .. } => Kind::Spawned,
            What::Exit { .. } => Kind::Exit,
            What::Link { .. } => Kind::Link,
            What::Unlink { .. } => Kind::Unlink,
            What::GettingLinked { .. } => Kind::GettingLinked,
            What::GettingUnlinked { .. } => Kind::GettingUnlinked,
            What::Register { .. } => Kind::Register,
            What::Unregister { .. } => Kind::Unregister,
            What::Gap { .. } => Kind::Gap,
        }
    }

    /// The function that the event names, [`FunctionId::NONE`] where it names none.
    pub fn function(&self) -> FunctionId {
        match *self {
            What::Call { function, .. }
            | What::Return { function, .. }
            | What::Exception { function, .. }
            | What::ReturnTo { function }
            | What::Spawn { function, .. }
            | What::Spawned { function, .. } => function,
            _ => FunctionId::NONE,
        }
    }

    /// The other process of the event, [`ProcessId::NONE`] where there is none.
    pub fn peer(&self) -> ProcessId {
        match *self {
            What::Send { to, .. } => to,
            What::Deliver { from, .. } => from,
            What::Spawn { child, .. } => child,
            What::Spawned { parent, .. } => parent,
            What::Link { peer }
            | What::Unlink { peer }
            | What::GettingLinked { peer }
            | What::GettingUnlinked { peer } => peer,
            _ => ProcessId::NONE,
        }
    }

    /// The term that the event carries, [`Payload::ABSENT`] where it carries none.
    pub fn payload(&self) -> Payload<'a> {
        match *self {
            What::Call { arguments, .. }
            | What::Spawn { arguments, .. }
            | What::Spawned { arguments, .. } => arguments,
            What::Return { value, .. } => value,
            What::Exception { reason, .. } | What::Exit { reason } => reason,
            What::Send { message, .. } | What::Deliver { message, .. } => message,
            _ => Payload::ABSENT,
        }
    }
}
