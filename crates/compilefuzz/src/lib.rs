//! Random programs through the whole compiler: interpreted, in memory, as executables, each against what it must print.

mod built;
mod child;
mod hunt;
mod shrink;
mod ways;

pub use child::{child, tape};
pub use hunt::{Found, Hunt};
pub use ways::{Fault, Ways, check};
