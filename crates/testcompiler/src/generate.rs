//! Random programs that are well typed, each with the output it must have.
//!
//! A program is put together from *features*: each adds declarations and statements to the program, and to the expected
//! output the lines that these statements print. What is printed is known while it is written, because every expression is
//! made together with its value. So the expected output needs no second implementation of the language.
//!
//! `docs/generated-programs.md` shows how often each feature, each pair of features and each kind of node is there. The programs of
//! `crates/syntax/tests/generate` are of another kind: they have any construct anywhere, spaced and commented at random, and mean
//! nothing; what has to mean something cannot be put together in that way.
//!
//! All choices come from a tape ([`Choices`]): a seed draws one, and a fuzzer may write its own.

mod carriers;
mod choices;
mod concurrency;
mod control;
mod data;
mod effects;
mod expression;
mod functions;
mod library;
mod nesting;
mod program;
mod tasks;

pub use choices::Choices;
pub use program::{FEATURES, Feature, Program, program, program_of, program_of_size};
