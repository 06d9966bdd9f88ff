//! The Erlang distribution protocol, from the side of a hidden node that connects: calls, messages, monitors, links.
//!
//! The protocol is a set of state machines without sockets and clocks: [`handshake`], [`endpoint`], [`epmd`]. A thin driver
//! on tokio ([`connect()`]) moves the bytes; it works on a current-thread runtime.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod assembly;
mod atoms;
mod connect;
mod connection;
mod control;
mod cookie;
mod driver;
pub mod endpoint;
pub mod epmd;
mod error;
mod flags;
pub mod handshake;
mod mailbox;
mod message;
mod target;
mod tls;

pub use assembly::FrameLimits;
pub use connect::{EpmdOptions, NameChoice, Options, connect, names};
pub use connection::{Connection, Spawned};
pub use cookie::{COOKIE_VARIABLE, Cookie, CookieError, CookieSource};
pub use endpoint::{Counters, EndpointOptions, PeerSilent, SpawnOptions};
pub use error::{CallError, ConnectError, ConnectStep, Lost, ProtocolError, SendError};
pub use flags::Flags;
pub use handshake::Peer;
pub use mailbox::{Delivery, Mailbox, MailboxLimits};
pub use message::Message;
pub use target::{Target, TargetError};
pub use tls::{ClientIdentity, TlsError, TlsOptions, TlsVerification};
