//! What a program that was built begins with, and the world that this machine is for a program that runs on it, built or not.
//!
//! `pluto build` links the object of a program with this crate and what it uses, as an archive: its `main` calls `pluto_begin`.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod begin;
mod machine;
mod program;
mod told;

pub use machine::Machine;
pub use told::{FAILED, NOWHERE, deadlock, ended, note, trap};
