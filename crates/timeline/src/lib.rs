//! The read model over recorded events: calls paired with their ends, messages with their deliveries, figures by
//! function and process.
//!
//! Everything here works on a stream of [`pluto_event::Event`]s with its [`pluto_event::Tables`]: the events of one
//! process in their order, those of different processes roughly by time. Engines take one event at a time, keep
//! bounded memory, and say what they leave out. What is missing is known first ([`Gaps`]), because a gap is reported
//! when it is over, and no pair may be made across one.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

pub mod calls;
mod count;
mod damage;
pub mod filter;
pub mod gaps;
pub mod histogram;
pub mod links;
pub mod live;
pub mod names;
pub mod pairing;
mod payload;
pub mod registry;
#[cfg(feature = "script")]
pub mod script;
pub mod show;
pub mod source;
pub mod stat;
pub mod table;
pub mod time;

pub use calls::{Call, CallId, Calls, CallsBuilder};
pub use count::count;
pub use damage::Damage;
pub use filter::{Filter, FilterError, FilterSpec};
pub use gaps::Gaps;
pub use links::{Links, LinksBuilder};
pub use names::{Names, Syntax};
pub use pairing::Ending;
pub use registry::{KnownName, Registry};
pub use source::Source;
pub use stat::Stat;
