//! What a test is given: virtual time, chance from a seed, and something that writes down what it prints.

use pluto_ir::interpret::{Failure, Trapped, World, split_mix};
use pluto_ir::program::Location;
use std::fmt::Write as _;

/// Bytes of what a test prints that are kept.
const OUTPUT_MAX: usize = 64 << 10;

/// The world of a test.
pub(super) struct Recorder {
    /// What was printed, up to a size.
    pub(super) output: String,
    /// The first thing that was not as it was expected in another task than the test's own.
    pub(super) unexpected: Option<Trapped>,
    now: i64,
    /// Tasks go on in their order where it is 0; else which one does is drawn.
    seed: u64,
    chance: u64,
}

impl Recorder {
    pub(super) fn new(seed: u64) -> Self {
        Self { output: String::new(), unexpected: None, now: 0, seed, chance: seed }
    }

    fn note(&mut self, line: &str) {
        if self.output.len() < OUTPUT_MAX {
            // Writing to a string cannot fail.
            let _infallible = writeln!(self.output, "{line}");
        }
    }
}

impl World for Recorder {
    fn print(&mut self, line: &str) -> bool {
        self.note(line);
        true
    }

    fn debug(&mut self, shown: &str, _at: Location) {
        self.note(&format!("debug: {shown}"));
    }

    fn now(&mut self) -> i64 {
        self.now
    }

    fn wait_until(&mut self, time: i64) {
        self.now = time;
    }

    fn next_task(&mut self, ready: usize) -> usize {
        if self.seed == 0 { 0 } else { (self.random() % ready as u64) as usize }
    }

    fn random(&mut self) -> u64 {
        split_mix(&mut self.chance)
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
