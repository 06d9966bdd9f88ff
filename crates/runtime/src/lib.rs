//! What native Pluto programs run on: tasks with private heaps and a copying collector, the switch between their stacks, channels and
//! actors, values and what is built in, traps. Knows no compiler: shapes and code are handed to it as tables, and it is given the world.
//!
//! Three rules hold the moving collector together. Nothing here calls back into Pluto. Nothing here keeps a reference across
//! something that can collect, other than in the slot of its call and in what a task keeps (`Task::each_kept`, its generators, its handles),
//! which the collector knows: an operation makes room for all that it needs at once, and what takes that room moves nothing. And every way in and out is a stub of `switch` that records the last frame
//! of the program, from where its frames are walked.

mod actors;
mod arrays;
mod bytes;
mod chance;
mod channels;
mod code;
mod copy;
mod equal;
mod handle;
mod hash;
mod heap;
mod image;
mod leaves;
mod machine;
mod maps;
mod memory;
mod numbers;
mod operations;
mod outside;
mod parcel;
mod places;
mod record;
mod show;
mod stacks;
mod streams;
mod switch;
mod task;
mod tasks;
mod texts;
mod trap;
mod types;
mod values;
mod workers;
mod world;

pub use code::{Code, CodeEntry, CodeFunction, CodeTable, Frame};
pub use heap::static_text;
pub use image::{Image, Place};
pub use leaves::{LEAVES, Leaf};
pub use machine::Machine;
pub use operations::{ALLOCATE, GROW_ARRAY, operation};
pub use places::Places;
pub use switch::symbols;
pub use task::{Limits, Task, field};
pub use trap::Trap;
pub use types::{
    ARRAY_LEN, ARRAY_STORE, BUFFER, BYTE_STORE, CLOSURE, Fields, HEADER_MASK, Lane, MAP_LEN, STORE_CAPACITY,
    STORE_DATA, Shape, Types, header,
};
pub use world::{Failure, Outcome, Trapped, Waiting, World};
