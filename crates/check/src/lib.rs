//! The Pluto language's modules, names, types and error sets: from parsed files to a typed program. Does no IO.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

pub mod arena;
mod bodies;
pub mod body;
mod carried;
mod checker;
mod crossing;
mod cycles;
mod declare;
mod describe;
mod dump;
mod effects;
mod endless;
pub mod error;
pub mod exhaustive;
mod growth;
mod impls;
mod imports;
mod infer;
pub mod inject;
pub mod input;
mod leaks;
mod matches;
pub mod names;
mod prelude;
pub mod program;
mod purity;
pub mod raises;
mod relations;
mod resolve;
mod show;
mod signatures;
mod traps;
pub mod types;
mod unused;
mod validate;
pub mod walk;

pub use cycles::cycles;
pub use describe::CODES;
pub use error::CheckError;
pub use input::{Input, Package, Source};
pub use program::Program;

pub use validate::{validate, validate_untyped};

use checker::Checker;
use pluto_source::Diagnostic;
use prelude::Prelude;

/// A program that was checked.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The program. What has an error is `Wrong` in it.
    pub program: Program,
    /// What is wrong with it, and warnings, in the order of modules and their text.
    pub errors: Vec<CheckError>,
}

impl Checked {
    /// What is wrong, in words.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.errors.iter().map(|error| describe::describe(error, &self.program)).collect()
    }
}

/// Checks a program.
pub fn check(input: &Input<'_>) -> Checked {
    let mut checker = Checker::new(input, Prelude::get());
    let index = checker.declare();
    checker.resolve_imports(&index);
    checker.resolve_heads();
    checker.check_impls();
    checker.check_endless();
    checker.check_bodies();
    checker.check_written();
    checker.check_generic_crossings();
    checker.check_growth();
    checker.check_traps();
    checker.check_matches();
    checker.check_leaks();
    checker.check_purity();
    checker.check_carried();
    checker.plan_injection();
    checker.solve_effects();
    checker.warn_unused();
    checker.finish()
}
