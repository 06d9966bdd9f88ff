//! The Pluto language's lexer, parser, tree with trivia, and formatter. Knows nothing of types or files.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod diagnostics;
mod dump;
mod error;
mod format;
mod lexer;
mod literal;
mod parser;
pub mod token;
pub mod tree;
pub mod walk;

pub use diagnostics::CODES;
pub use dump::dump;
pub use error::{BadEscape, BadNumber, Expected, Fact, Named, Number, SyntaxError};
pub use format::{format, format_tree};
pub use lexer::lex;
pub use parser::{NESTING, Parse, parse, snake_case};
