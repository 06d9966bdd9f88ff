//! From live nodes and trace files to events: attaching, arming, limits, sampling, gaps, clocks.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

pub mod clock;
pub mod decode;
pub mod pipeline;
pub mod probe;
pub mod redact;
pub mod run;
pub mod session;
pub mod target;
pub mod trc;
pub mod trigger;

pub use target::text;
