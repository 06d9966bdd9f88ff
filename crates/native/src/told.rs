//! What is told of a program, in words: how it ended, and what became of its tasks.

use std::io::Write;

/// Exit status of a program that an error left.
pub const FAILED: u8 = 1;
/// Exit status of a program that a bug ended.
pub const TRAPPED: u8 = 101;
/// What stands for a place that is nowhere in the source.
pub const NOWHERE: &str = "what is built in";
/// Functions of a stack that are shown from its inner end, and from its outer end.
const STACK_SHOWN: (usize, usize) = (20, 5);

/// A bug that ended a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trapped<'t> {
    /// What it is.
    pub why: &'t str,
    /// Where it is.
    pub at: String,
    /// The functions that were called, the innermost first, and where in them.
    pub stack: Vec<(&'t str, String)>,
}

impl Trapped<'_> {
    /// What and where, and the functions that were called.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("trap: {}\n  at {}", self.why, self.at);
        let (inner, outer) = STACK_SHOWN;
        let hidden = self.stack.len().saturating_sub(inner + outer);
        for (at, (name, place)) in self.stack.iter().enumerate() {
            if hidden > 0 && at == inner {
                text.push_str(&format!("\n  … {hidden} more …"));
            }
            if hidden == 0 || at < inner || at >= inner + hidden {
                text.push_str(&format!("\n  in {name}, {place}"));
            }
        }
        text
    }
}

/// An error that nothing handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure<'t> {
    /// What it is.
    pub error: &'t str,
    /// Where it was raised.
    pub at: Option<String>,
}

impl Failure<'_> {
    /// What, and where it was raised.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.at {
            Some(at) => format!("error: {}\n  raised at {at}", self.error),
            None => format!("error: {}", self.error),
        }
    }
}

/// What a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait<'t> {
    /// The end of a task.
    Task(&'t str),
    /// A message of a channel.
    Receive,
    /// Room in a channel, or somebody who receives.
    Send,
    /// One of several things.
    Select,
    /// A time.
    Time,
    /// The answer of an actor.
    Reply(&'t str),
    /// A message to an actor.
    Mail,
    /// The tasks of a scope.
    Scope,
}

/// A task that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting<'t> {
    /// The task.
    pub task: &'t str,
    /// What it waits for.
    pub wait: Wait<'t>,
    /// Where it waits.
    pub at: String,
}

/// Who waits for what, where everybody waits.
#[must_use]
pub fn deadlock(waiting: &[Waiting<'_>]) -> String {
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
            Wait::Mail => format!("\n  {task} waits for a message, {at}"),
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
