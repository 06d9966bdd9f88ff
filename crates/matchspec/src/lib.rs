//! What to trace: patterns as people write them, conditions, the match specs and projections that a node runs for
//! them, and the shapes that come back.
//!
//! * [`parse`] reads a pattern in Erlang's, Elixir's, recon's or redbug's spelling.
//! * [`compile()`] makes a match spec of it. At level [`Level::Calls`] the node sends scalars and the shapes of the
//!   rest, so that an event is bounded whatever the arguments are.
//! * [`Projection::read`] turns what the node sends into the shapes that events carry.
//! * [`Predicate`] is the meaning of a condition, evaluated here or in the VM with the same result.
//!
//! This crate does no IO: text and terms in, terms out.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod compile;
mod message;
mod operations;
mod pattern;
mod predicate;
mod projection;
mod risk;
pub mod shape;
mod signature;
mod spec;

pub use compile::{
    CompileError, Compiled, Level, Otp, ProcessFlags, Sampling, Timing, compile, compile_with,
};
pub use message::{Direction, MessageFilter, MessagePattern, compile_message};
pub use operations::{OPERATIONS, Operation, Place, unavailable};
pub use pattern::{
    ArgumentPattern, Arithmetic, Comparison, Condition, Expected, Found, Hint, Literal, MatchSpecPart,
    Pattern, PatternError, Problem, Requests, SizeOf, Spelling, TypeTest, Value, parse, parse_message,
};
pub use predicate::Predicate;
pub use projection::{Form, Projection, ProjectionError};
pub use risk::{Risk, risks};
pub use signature::{Learner, Signature};
