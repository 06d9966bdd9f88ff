//! The agent: the Erlang module that lives on a node while Pluto is attached, and the typed form of its protocol.
//!
//! This crate is pure. It makes the terms that start the agent ([`Start`]) and command it ([`Command`], [`Plan`]),
//! and reads what the agent says ([`Message`], [`EventBatch`]). It sends nothing: the caller owns the connection.
//! `PROTOCOL.md` lists every message; `erl/` holds the sources of the agent, `compiled/` what is loaded.
//!
//! The life of an attachment:
//!
//! 1. `spawn_request` of [`Start::call`]; the answer is [`Message::Started`], or [`Message::Refused`] where the slot
//!    is taken and the next one is to be tried.
//! 2. [`Command::Renew`] to the guardian about every second, from now on: the lease lapses after three.
//! 3. [`Command::Arm`], answered by [`Reply::Armed`]. Events come in batches.
//! 4. [`Command::Stop`], answered by [`Reply::Stopped`] with the read-back proof; then [`Message::Gone`].

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod beam;
mod command;
mod events;
mod message;
mod names;
mod plan;
mod read;
mod start;
mod stop;
mod survey;

pub use beam::{BeamError, Slot};
pub use command::Command;
pub use events::{DropCause, EventBatch};
pub use message::{
    Armed, Entry, Info, LimitKind, Message, MessageError, Proof, Reduction, Refusal, Reply, SessionKind,
    SinkTotals, Status, UndoneWhy,
};
pub use names::RegisteredNames;
pub use plan::{FunctionSpec, Limits, MessagePattern, Mfa, Plan, Processes, Rate};
pub use start::{Start, StartError};
pub use stop::{StopRequest, Stopped};
pub use survey::{AboutAgent, FoundAgent, Removal, Survey};
