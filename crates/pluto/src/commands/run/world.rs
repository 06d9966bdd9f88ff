//! The machine, as the program that is run has it: with places in the files of its source.

use super::place;
use pluto_host::Outside;
use pluto_ir::interpret::{Failure, Trapped, World};
use pluto_ir::program::Location;
use pluto_native::Machine;
use pluto_source::Files;

/// The world of a program that is run.
pub(super) struct Here<'f> {
    pub(super) machine: Machine,
    pub(super) files: &'f Files,
}

impl World for Here<'_> {
    fn print(&mut self, line: &str) -> bool {
        self.machine.print(line)
    }

    fn debug(&mut self, shown: &str, at: Location) {
        self.machine.debug(shown, &place(at, self.files));
    }

    fn now(&mut self) -> i64 {
        self.machine.now()
    }

    fn wait_until(&mut self, time: i64) {
        self.machine.wait_until(time);
    }

    fn wait_for_news(&mut self, until: Option<i64>) {
        self.machine.wait_for_news(until);
    }

    fn next_task(&mut self, _ready: usize) -> usize {
        0
    }

    fn random(&mut self) -> u64 {
        self.machine.random()
    }

    fn outside(&mut self) -> &mut dyn Outside {
        self.machine.outside()
    }

    fn trapped(&mut self, task: &str, trapped: &Trapped) {
        self.machine.trapped(task, &trapped.map(|at| place(*at, self.files)));
    }

    fn failed(&mut self, task: &str, failure: &Failure) {
        self.machine.failed(task, &failure.map(|at| place(*at, self.files)));
    }
}
