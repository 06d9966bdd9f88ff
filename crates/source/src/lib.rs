//! Source files, spans, lines, and diagnostics as data. Knows nothing of the language.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod diagnostic;
mod file;
mod fix;
mod mend;
mod near;
mod render;
mod span;

pub use diagnostic::{Code, Diagnostic, Edit, Fix, Label, Severity};
pub use file::{File, Files, LineColumn};
pub use fix::{Fixed, apply};
pub use mend::{Done, Mendable, Mended, Texts, fixes, mend};
pub use near::near_misses;
pub use render::{Tool, json_lines, sarif, text};
pub use span::{FileId, FileSpan, Span};
