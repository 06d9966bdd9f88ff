//! A list of steps run one after the other, each with a heading, its duration and a clear result.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// How a step ended.
enum Outcome {
    Passed,
    Failed,
    NotRun(String),
}

/// The steps run so far.
pub(crate) struct Steps {
    done: Vec<(String, Outcome, Duration)>,
}

impl Steps {
    pub(crate) fn new() -> Self {
        Self { done: Vec::new() }
    }

    /// Runs a step under a heading. A failure is shown and remembered; later steps still run, so that one run shows
    /// everything that is wrong. True where the step passed.
    pub(crate) fn run(&mut self, name: &str, step: impl FnOnce() -> Result<()>) -> bool {
        self.run_or_leave(name, || step().map(|()| None))
    }

    /// Like [`Steps::run`], for a step that may find that it cannot be done here, and then returns the reason.
    pub(crate) fn run_or_leave(&mut self, name: &str, step: impl FnOnce() -> Result<Option<String>>) -> bool {
        println!("\n== {name}");
        let started = Instant::now();
        let result = step();
        let took = started.elapsed();
        let (word, outcome) = match result {
            Ok(None) => ("passed", Outcome::Passed),
            Ok(Some(reason)) => ("not run here", Outcome::NotRun(reason)),
            Err(error) => {
                eprintln!("error: {error}");
                ("FAILED", Outcome::Failed)
            }
        };
        match &outcome {
            Outcome::NotRun(reason) => println!("-- {name}: {word}, {reason}"),
            Outcome::Passed | Outcome::Failed => println!("-- {name}: {word}, {}", seconds(took)),
        }
        let passed = matches!(outcome, Outcome::Passed);
        self.done.push((name.to_owned(), outcome, took));
        passed
    }

    /// Notes something that this run leaves out, with the reason.
    pub(crate) fn not_run(&mut self, name: &str, reason: &str) {
        self.run_or_leave(name, || Ok(Some(reason.to_owned())));
    }

    /// Prints the table of all steps; an error when one of them failed.
    pub(crate) fn finish(self) -> Result<()> {
        print!("\n{}", self.table());
        let failed: Vec<String> = self
            .done
            .into_iter()
            .filter(|(_, outcome, _)| matches!(outcome, Outcome::Failed))
            .map(|(name, _, _)| name)
            .collect();
        if failed.is_empty() { Ok(()) } else { Err(Error::Steps { failed }) }
    }

    fn table(&self) -> String {
        let width = self.done.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
        let mut table = String::new();
        let mut total = Duration::ZERO;
        let (mut passed, mut failed, mut left_out) = (0, 0, 0);
        for (name, outcome, took) in &self.done {
            total += *took;
            let (word, detail) = match outcome {
                Outcome::Passed => (&mut passed, format!("passed {:>9}", seconds(*took))),
                Outcome::Failed => (&mut failed, format!("FAILED {:>9}", seconds(*took))),
                Outcome::NotRun(reason) => (&mut left_out, format!("not run here: {reason}")),
            };
            *word += 1;
            let _infallible = writeln!(table, "  {name:<width$}  {detail}");
        }
        let _infallible = writeln!(
            table,
            "steps: {passed} passed, {failed} failed, {left_out} not run here; {} in all",
            seconds(total)
        );
        table
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use expect_test::expect;

    use super::{Outcome, Steps};

    #[test]
    fn the_table_names_failures_and_what_was_left_out() {
        let steps = Steps {
            done: vec![
                ("format".into(), Outcome::Passed, Duration::from_millis(1250)),
                ("build".into(), Outcome::Failed, Duration::from_secs(61)),
                ("OTP 29".into(), Outcome::NotRun("run with --full".into()), Duration::ZERO),
            ],
        };
        expect![[r"
              format  passed     1.2 s
              build   FAILED    61.0 s
              OTP 29  not run here: run with --full
            steps: 1 passed, 1 failed, 1 not run here; 62.2 s in all
        "]]
        .assert_eq(&steps.table());
        assert_eq!(steps.finish().unwrap_err().to_string(), "failed: build");
    }

    #[test]
    fn a_failure_does_not_stop_later_steps() {
        let mut steps = Steps::new();
        let failed = steps.run("one", || Err(crate::error::Error::Usage("no".into())));
        let passed = steps.run("two", || Ok(()));
        assert_eq!((failed, passed), (false, true));
        assert!(steps.finish().is_err());
    }
}
