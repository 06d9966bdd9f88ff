//! Pluto programs in tests: sources in, tokens, trees and diagnostics out; the reference as a suite; random programs.
//!
//! ```
//! use pluto_testcompiler::TestCompiler;
//!
//! let parsed = TestCompiler::new("fn main() {\n    let a = 1;\n}\n").parse();
//! assert_eq!(
//!     parsed.shown(),
//!     "main.pluto:2:14-14: error[E0008]: a statement ends with its line, not with `;`\n"
//! );
//! ```

mod compiler;
mod expectation;
pub mod generate;
mod kinds;
mod literate;
mod packages;
mod regression;
mod run;

pub use compiler::{Checked, Lexed, Parsed, TestCompiler};
pub use kinds::{all_kinds, kinds_of};
pub use literate::{Block, Chapter, Malformed, Program};
pub use regression::Regression;
pub use run::{Failure, Outcome, run};
