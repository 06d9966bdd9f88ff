//! What a native run says, as the world of the interpreter hears it: numbers of tables become names and places in the source.

use pluto_ir::interpret::World;

use crate::jit::{Compiled, NOWHERE};

/// A world, for the run-time system.
pub(crate) struct Told<'c, 'w> {
    pub(crate) of: &'c Compiled,
    pub(crate) world: &'w mut dyn World,
}

impl pluto_runtime::World for Told<'_, '_> {
    fn outside(&mut self) -> &mut dyn pluto_host::Outside {
        self.world.outside()
    }

    fn print(&mut self, line: &str) -> bool {
        self.world.print(line)
    }

    fn debug(&mut self, shown: &str, at: Option<pluto_runtime::Frame>) {
        self.world.debug(shown, at.and_then(|at| self.of.location(at)).unwrap_or(NOWHERE));
    }

    fn now(&mut self) -> i64 {
        self.world.now()
    }

    fn wait_until(&mut self, time: i64) {
        self.world.wait_until(time);
    }

    fn next_task(&mut self, ready: usize) -> usize {
        self.world.next_task(ready)
    }

    fn random(&mut self) -> u64 {
        self.world.random()
    }

    fn trapped(&mut self, task: &str, trapped: &pluto_runtime::Trapped) {
        self.world.trapped(task, &self.of.trapped(trapped));
    }

    fn failed(&mut self, task: &str, failure: &pluto_runtime::Failure) {
        self.world.failed(task, &self.of.failure(failure));
    }
}
