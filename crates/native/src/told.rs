//! What is told of a program, in words: how it ended, and what became of its tasks.

use std::io::Write;

use pluto_host::{Failure, Outcome, Trapped, Wait, Waiting};

/// Exit status of a program that an error left.
pub const FAILED: u8 = 1;
/// Exit status of a program that a bug ended.
const TRAPPED: u8 = 101;
/// What stands for a place that is nowhere in the source.
pub const NOWHERE: &str = "what is built in";
/// Functions of a stack that are shown from its inner end, and from its outer end.
const STACK_SHOWN: (usize, usize) = (20, 5);

/// Tells how a program ended, where that is not well, and gives its exit status.
#[must_use]
pub fn ended(outcome: &Outcome<String>) -> u8 {
    match outcome {
        Outcome::Finished | Outcome::Stopped | Outcome::OutOfSteps => 0,
        Outcome::Failed(failure) => {
            note(&error(failure));
            FAILED
        }
        Outcome::Trapped(trapped) => {
            note(&trap(trapped));
            TRAPPED
        }
        Outcome::Deadlock(waiting) => {
            note(&deadlock(waiting));
            TRAPPED
        }
    }
}

/// What a bug is and where, and the functions that were called.
#[must_use]
pub fn trap(trapped: &Trapped<String>) -> String {
    let mut text = format!("trap: {}\n  at {}", trapped.why, trapped.at);
    let (inner, outer) = STACK_SHOWN;
    let hidden = trapped.stack.len().saturating_sub(inner + outer);
    for (at, (name, place)) in trapped.stack.iter().enumerate() {
        if hidden > 0 && at == inner {
            text.push_str(&format!("\n  … {hidden} more …"));
        }
        if hidden == 0 || at < inner || at >= inner + hidden {
            text.push_str(&format!("\n  in {name}, {place}"));
        }
    }
    text
}

/// An error that nothing handled, and where it was raised.
pub(crate) fn error(failure: &Failure<String>) -> String {
    match &failure.at {
        Some(at) => format!("error: {}\n  raised at {at}", failure.error),
        None => format!("error: {}", failure.error),
    }
}

/// Who waits for what, where everybody waits.
#[must_use]
pub fn deadlock(waiting: &[Waiting<String>]) -> String {
    let mut text = "deadlock: every task waits".to_owned();
    let shown = waiting.len().min(STACK_SHOWN.0 + STACK_SHOWN.1);
    for Waiting { task, wait, at } in waiting.iter().take(shown) {
        text.push_str(&match wait {
            Wait::Task(of) => format!("\n  {task} waits for the end of {of}, {at}"),
            Wait::Receive => format!("\n  {task} waits to receive, {at}"),
            Wait::Send => format!("\n  {task} waits to send, {at}"),
            Wait::Select => format!("\n  {task} waits for one of several things, {at}"),
            Wait::Time => format!("\n  {task} waits for a time, {at}"),
            Wait::Reply(of) => format!("\n  {task} waits for the reply of {of}, {at}"),
            Wait::Scope => format!("\n  {task} waits for the tasks of a scope, {at}"),
        });
    }
    if waiting.len() > shown {
        text.push_str(&format!("\n  … {} more …", waiting.len() - shown));
    }
    text
}

/// Writes a line to standard error.
pub fn note(text: &str) {
    // Standard error is for people who watch: where it is closed, nobody does.
    let _closed = writeln!(std::io::stderr(), "{text}");
}
