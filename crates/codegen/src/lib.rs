//! From the mid-level form of a program to native code, by Cranelift. Knows nothing of the language's syntax and types.
//!
//! Registers of the form become variables, of which Cranelift makes single assignments; those that hold references are declared so,
//! and Cranelift tells for each call where in the frame they are. What is built in is an operation of `pluto-runtime`; what is
//! frequent and short is compiled in line, with the rare rest in blocks out of the way.

mod arithmetic;
mod body;
mod error;
mod intrinsics;
mod jit;
mod module;
mod object;
mod objects;
mod shapes;
mod target;
mod told;
mod turns;

pub use error::Error;
pub use jit::{Compiled, Options, compile};
pub use module::Dump;
pub use object::object;
pub use pluto_runtime::Limits;
