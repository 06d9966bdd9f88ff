//! What a run is given from outside, and what it tells: facts, in the numbers of the tables that it was given.

use pluto_host::{Expected, Outside, Wait};

use crate::code::Frame;

/// What a run is given from outside: time, chance, which task goes on, and somebody who hears what it says.
pub trait World {
    /// Takes a line that is printed. False where it can take none any more: then the run stops.
    fn print(&mut self, line: &str) -> bool;

    /// Takes a value that `debug` shows, and where that stands.
    fn debug(&mut self, shown: &str, at: Option<Frame>);

    /// The time, in nanoseconds since some moment.
    fn now(&mut self) -> i64;

    /// Lets the time come that all tasks wait for.
    fn wait_until(&mut self, time: i64);

    /// Waits for news of what is outside, at most until a time comes.
    fn wait_for_news(&mut self, until: Option<i64>);

    /// Which of so many tasks that can go on goes on: its place among them, in the order in which they came to be so.
    fn next_task(&mut self, ready: usize) -> usize;

    /// A number by chance.
    fn random(&mut self) -> u64;

    /// What is outside of the program, besides time and chance.
    fn outside(&mut self) -> &mut dyn Outside;

    /// Hears of a trap that ended a task, or an actor, other than the first one.
    fn trapped(&mut self, task: &str, trapped: &Trapped);

    /// Hears of an error that ended a task that nobody waits for, or a message to an actor.
    fn failed(&mut self, task: &str, failure: &Failure);
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// At its end.
    Finished,
    /// The world takes nothing any more.
    Stopped,
    /// With an error that nothing handled.
    Failed(Failure),
    /// By a bug.
    Trapped(Trapped),
    /// Every task waits for another one.
    Deadlock(Vec<Waiting>),
    /// It was cut off after its steps.
    OutOfSteps,
}

/// An error that nothing handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What it is.
    pub error: String,
    /// Where it was made: its variant.
    pub site: u64,
}

/// A bug that ended a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trapped {
    /// What it is, in words.
    pub why: String,
    /// The functions that were called, the innermost first.
    pub stack: Vec<Frame>,
    /// What a test expected, where that is not so.
    pub expected: Option<Expected>,
}

/// A task that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The task.
    pub task: String,
    /// What it waits for.
    pub wait: Wait,
    /// Where it waits.
    pub at: Frame,
}
