//! What the functions of the standard library do that are not written in Pluto, on plain values, so that the interpreter and native
//! programs do the same; the outside that some of them reach; and what both tell of how a program ends.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod chance;
mod digest;
mod ending;
mod files;
mod function;
mod http;
mod machine;
mod math;
mod net;
mod outside;
mod patterns;
mod pending;
mod processes;
mod text;
mod waiting;
mod world;

pub use chance::split_mix;
pub use ending::{Expected, Failure, Outcome, Trapped, Wait, Waiting};
pub use function::{Function, Kind, Value, functions};
pub use machine::Machine;
pub use outside::{
    Command, Connected, Entry, EntryKind, Fault, Nothing, Outside, Problem, Ran, Stream, Write,
};
pub use pending::{Asked, Pending};
pub use waiting::{News, Pause, Token, Turn, between, nanos};
