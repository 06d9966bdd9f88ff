//! The crate's tests: pure properties, hostile input, and live nodes and Elixir as oracles.

#![expect(clippy::unwrap_used, reason = "a failed test is what an unwrap here means")]

mod codec;
mod elixir;
mod generate;
mod hostile;
mod nodes;
mod order;
mod text;
