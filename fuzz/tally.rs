//! How many runs of a target got past the parser: a fuzzer that only meets syntax errors tests no checker.

use std::cell::Cell;

/// Fewer of a hundred are a failure.
const PARSED_PERCENT_MIN: u64 = 30;

/// Fewer runs say nothing: those of a corpus, or of one input.
const RUNS_MIN: u64 = 10_000;

#[derive(Default)]
struct Tally {
    runs: Cell<u64>,
    parsed: Cell<u64>,
}

thread_local! {
    static TALLY: Tally = Tally::default();
}

/// Counts a run, and whether its program had no syntax error.
pub(crate) fn count(parsed: bool) {
    TALLY.with(|tally| {
        tally.runs.set(tally.runs.get() + 1);
        tally.parsed.set(tally.parsed.get() + u64::from(parsed));
    });
}

/// When the process ends, on the thread that ran the target.
impl Drop for Tally {
    fn drop(&mut self) {
        let (runs, parsed) = (self.runs.get(), self.parsed.get());
        eprintln!("past the parser: {parsed} of {runs}");
        if runs >= RUNS_MIN && parsed * 100 < runs * PARSED_PERCENT_MIN {
            eprintln!("that is less than {PARSED_PERCENT_MIN} %");
            std::process::abort();
        }
    }
}
