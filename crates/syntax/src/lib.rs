//! The Pluto language's lexer, parser, tree with trivia, and formatter. Knows nothing of types or files.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

pub mod token;
pub mod tree;
