//! What a test prints is written down, and what is not as it is expected.

use pluto_host::Machine;
use pluto_ir::interpret::{Failure, Listener, Trapped};
use pluto_ir::program::Location;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of what a test prints that are kept.
const OUTPUT_MAX: usize = 64 << 10;

/// Hears what a test says.
#[derive(Default)]
pub(super) struct Recorder {
    /// What was printed and written, up to a size: in one row, each line or piece whole.
    pub(super) output: Arc<Mutex<String>>,
    /// The first thing that was not as it was expected in another task than the test's own.
    pub(super) unexpected: Option<Trapped>,
}

impl Recorder {
    fn note(&mut self, line: &str) {
        note(&self.output, &format!("{line}\n"));
    }

    /// This machine, for a test: what is written there is written down here.
    pub(super) fn machine(&self) -> Machine {
        let output = Arc::clone(&self.output);
        Machine::new(Vec::new(), move |_, bytes| {
            note(&output, &String::from_utf8_lossy(bytes));
            Ok(())
        })
    }
}

fn note(output: &Mutex<String>, text: &str) {
    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
    if output.len() < OUTPUT_MAX {
        output.push_str(text);
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
