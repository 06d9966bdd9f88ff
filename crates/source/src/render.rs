//! Diagnostics as text for people and as data for programs.

mod json;
mod sarif;
mod text;

pub use json::json_lines;
pub use sarif::{Tool, sarif};
pub use text::text;
