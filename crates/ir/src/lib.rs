//! The mid-level form of Pluto programs: monomorphic, closures lifted; lowering from the typed program, text, verifier, interpreter.
//! Does no IO and reads no clock.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod dump;
pub mod interpret;
pub mod intrinsic;
mod lower;
pub mod program;
mod shape;
mod verify;

pub use intrinsic::Intrinsic;
pub use lower::{Missing, lower, lower_test, mains};
pub use program::Program;
pub use verify::verify;
