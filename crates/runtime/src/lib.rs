//! What native Pluto programs run on: the private heap of a task and its copying collector, values and what is built in, traps, and
//! the switch between a program's stack and the one below it. Knows no compiler: shapes and code are handed to it as tables.
//!
//! Three rules hold the moving collector together. Nothing here calls back into Pluto. Nothing here keeps a reference across
//! something that can collect, other than in the slot of its call, which the collector knows: an operation makes room for all that it
//! needs at once, and what takes that room moves nothing. And every way in and out is a stub of `switch` that records the last frame
//! of the program, from where its frames are walked.

mod arrays;
mod bytes;
mod code;
mod copy;
mod equal;
mod hash;
mod heap;
mod leaves;
mod maps;
mod numbers;
mod operations;
mod outside;
mod show;
mod switch;
mod task;
mod texts;
mod trap;
mod types;
mod values;

pub use code::{Code, CodeFunction, Frame};
pub use heap::{EMPTY_STORE, static_text};
pub use leaves::{LEAVES, Leaf};
pub use operations::{ALLOCATE, GROW_ARRAY, operation};
pub use switch::{address_of_call, address_of_trap};
pub use task::{Ended, Limits, Task, field};
pub use trap::Trap;
pub use types::{
    ARRAY_LEN, ARRAY_STORE, BUFFER, BYTE_STORE, CLOSURE, Fields, HEADER_MASK, Lane, MAP_LEN, STORE_CAPACITY,
    STORE_DATA, Shape, Types, header,
};
