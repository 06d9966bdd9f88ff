//! What a native run says, as the world of the interpreter hears it: numbers of tables become names and places in the source.

use pluto_ir::interpret::World;
use pluto_ir::program::Location;
use pluto_runtime::{Code, Failure, Frame, Places, Trapped};
use pluto_source::{FileId, Span};

/// A place that is nowhere in the source.
pub(crate) const NOWHERE: Location = Location { file: FileId(0), span: Span::empty(0) };

/// A world, for the run-time system.
pub(crate) struct Told<'c, 'w> {
    pub(crate) code: &'c Code,
    pub(crate) places: &'c Places<Location>,
    pub(crate) world: &'w mut (dyn World + Send),
}

impl pluto_runtime::World for Told<'_, '_> {
    fn outside(&mut self) -> &mut dyn pluto_host::Outside {
        self.world.outside()
    }

    fn print(&mut self, line: &str) -> bool {
        self.world.print(line)
    }

    fn debug(&mut self, shown: &str, at: Option<Frame>) {
        self.world.debug(shown, self.places.of(at));
    }

    fn now(&mut self) -> i64 {
        self.world.now()
    }

    fn wait_until(&mut self, time: i64) {
        self.world.wait_until(time);
    }

    fn wait_for_news(&mut self, until: Option<i64>) {
        self.world.wait_for_news(until);
    }

    fn next_task(&mut self, ready: usize) -> usize {
        self.world.next_task(ready)
    }

    fn random(&mut self) -> u64 {
        self.world.random()
    }

    fn trapped(&mut self, task: &str, trapped: &Trapped) {
        self.world.trapped(task, &self.places.trapped(self.code, trapped));
    }

    fn failed(&mut self, task: &str, failure: &Failure) {
        self.world.failed(task, &self.places.failure(failure));
    }
}
