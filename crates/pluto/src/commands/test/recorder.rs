//! What a test prints is written down, and what is not as it is expected.

use pluto_ir::interpret::{Failure, Listener, Trapped};
use pluto_ir::program::Location;
use std::fmt::Write as _;

/// Bytes of what a test prints that are kept.
const OUTPUT_MAX: usize = 64 << 10;

/// Hears what a test says.
#[derive(Default)]
pub(super) struct Recorder {
    /// What was printed, up to a size.
    pub(super) output: String,
    /// The first thing that was not as it was expected in another task than the test's own.
    pub(super) unexpected: Option<Trapped>,
}

impl Recorder {
    fn note(&mut self, line: &str) {
        if self.output.len() < OUTPUT_MAX {
            // Writing to a string cannot fail.
            let _infallible = writeln!(self.output, "{line}");
        }
    }
}

impl Listener for Recorder {
    fn print(&mut self, line: &str) -> bool {
        self.note(line);
        true
    }

    fn debug(&mut self, shown: &str, _at: Location) {
        self.note(&format!("debug: {shown}"));
    }

    fn trapped(&mut self, task: &str, trapped: &Trapped) {
        if trapped.expected.is_some() {
            self.unexpected.get_or_insert_with(|| trapped.clone());
        }
        self.note(&format!("{task}: trap: {}", trapped.why));
    }

    fn failed(&mut self, task: &str, failure: &Failure) {
        self.note(&format!("{task}: error: {}", failure.error));
    }
}
