//! The Pluto language's modules, names, types and error sets: from parsed files to a typed program. Does no IO.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

pub mod exhaustive;
pub mod raises;
