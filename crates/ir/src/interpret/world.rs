//! What a run is given from outside, and how it ends.

use pluto_host::{Nothing, Outside, between, nanos, split_mix};

use crate::program::Location;

/// What a run is given from outside: time, chance, which task goes on, and somebody who hears what it says.
pub trait World {
    /// Takes a line that is printed. False where it can take none any more: then the run stops.
    fn print(&mut self, line: &str) -> bool;

    /// Takes a value that `debug` shows, and where that stands.
    fn debug(&mut self, shown: &str, at: Location);

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
pub type Outcome = pluto_host::Outcome<Location>;
/// An error that nothing handled.
pub type Failure = pluto_host::Failure<Location>;
/// A bug that ended a task.
pub type Trapped = pluto_host::Trapped<Location>;
/// A task that waits.
pub type Waiting = pluto_host::Waiting<Location>;

/// Somebody who hears what a run says.
pub trait Listener {
    /// As [`World::print`].
    fn print(&mut self, line: &str) -> bool;

    /// As [`World::debug`].
    fn debug(&mut self, _shown: &str, _at: Location) {}

    /// As [`World::trapped`].
    fn trapped(&mut self, _task: &str, _trapped: &Trapped) {}

    /// As [`World::failed`].
    fn failed(&mut self, _task: &str, _failure: &Failure) {}
}

/// What is given each line that is printed.
impl Listener for &mut dyn FnMut(&str) {
    fn print(&mut self, line: &str) -> bool {
        self(line);
        true
    }
}

/// What the clock shows when virtual time begins, in nanoseconds since 1970: the first moment of the year 2000.
const BEGAN: i64 = 946_684_800_000_000_000;

/// A world in which time comes when it is waited for, and chance comes from a seed. Tasks take turns in their order where that is
/// 0; else which one does is drawn.
pub struct Virtual<L> {
    /// Who hears what is said.
    pub listener: L,
    now: i64,
    seed: u64,
    chance: u64,
    outside: Box<dyn Outside + Send>,
}

impl<L: Listener> Virtual<L> {
    /// A world that begins with a seed, and outside of which there is nothing.
    pub fn new(seed: u64, listener: L) -> Self {
        Self { listener, now: 0, seed, chance: seed, outside: Box::new(Nothing::default()) }
    }

    /// The world with something outside.
    #[must_use]
    pub fn with_outside(mut self, outside: impl Outside + Send + 'static) -> Self {
        self.outside = Box::new(outside);
        self
    }
}

impl<L: Listener> World for Virtual<L> {
    fn print(&mut self, line: &str) -> bool {
        self.listener.print(line)
    }

    fn debug(&mut self, shown: &str, at: Location) {
        self.listener.debug(shown, at);
    }

    fn now(&mut self) -> i64 {
        self.now
    }

    fn wait_until(&mut self, time: i64) {
        self.now = time;
    }

    /// What is outside takes its time, which is the program's while it waits for that.
    fn wait_for_news(&mut self, until: Option<i64>) {
        let waited = self.outside.news().wait(until.map(|until| between(self.now, until)));
        let now = self.now.saturating_add(nanos(waited));
        self.now = until.map_or(now, |until| now.min(until));
    }

    fn next_task(&mut self, ready: usize) -> usize {
        if self.seed == 0 { 0 } else { (self.random() % ready as u64) as usize }
    }

    fn random(&mut self) -> u64 {
        split_mix(&mut self.chance)
    }

    fn outside(&mut self) -> &mut dyn Outside {
        self.outside.set_clock(BEGAN.saturating_add(self.now));
        &mut *self.outside
    }

    fn trapped(&mut self, task: &str, trapped: &Trapped) {
        self.listener.trapped(task, trapped);
    }

    fn failed(&mut self, task: &str, failure: &Failure) {
        self.listener.failed(task, failure);
    }
}
