//! What a native run says, as the world of the interpreter hears it: numbers of tables become names and places in the source.

use pluto_ir::interpret::{Expected, Failure, Outcome, Trapped, Wait, Waiting, World};
use pluto_ir::program::Location;
use pluto_runtime::{Code, Frame};
use pluto_source::{FileId, Span};
use rustc_hash::FxHashMap;

/// A place that is nowhere in the source.
const NOWHERE: Location = Location { file: FileId(0), span: Span::empty(0) };

/// What the numbers that the run-time system tells stand for.
pub(crate) struct Tables {
    pub(crate) code: Code,
    pub(crate) locations: Vec<Location>,
    /// The clauses that are found broken at places.
    pub(crate) clauses: FxHashMap<u32, Location>,
    /// The places where errors are made.
    pub(crate) sites: Vec<Location>,
}

impl Tables {
    pub(crate) fn outcome(&self, ended: pluto_runtime::Outcome) -> Outcome {
        match ended {
            pluto_runtime::Outcome::Finished => Outcome::Finished,
            pluto_runtime::Outcome::OutOfSteps => Outcome::OutOfSteps,
            pluto_runtime::Outcome::Stopped => Outcome::Stopped,
            pluto_runtime::Outcome::Failed(failure) => Outcome::Failed(self.failure(&failure)),
            pluto_runtime::Outcome::Trapped(trapped) => Outcome::Trapped(self.trapped(&trapped)),
            pluto_runtime::Outcome::Deadlock(waiting) => {
                Outcome::Deadlock(waiting.into_iter().map(|one| self.waiting(one)).collect())
            }
        }
    }

    fn failure(&self, failure: &pluto_runtime::Failure) -> Failure {
        Failure { error: failure.error.clone(), at: self.sites.get(failure.site as usize).copied() }
    }

    fn trapped(&self, trapped: &pluto_runtime::Trapped) -> Trapped {
        let clause = trapped.stack.first().and_then(|frame| self.clauses.get(&frame.place?)).copied();
        let stack: Vec<(String, Location)> =
            trapped.stack.iter().filter_map(|frame| self.frame(*frame)).collect();
        let at = clause.or_else(|| stack.first().map(|(_, at)| *at)).unwrap_or(NOWHERE);
        let expected = trapped.expected.clone().map(|of| Expected {
            matcher: of.matcher,
            actual: of.actual,
            wanted: of.wanted,
        });
        Trapped { why: trapped.why.clone(), at, stack, expected }
    }

    fn waiting(&self, of: pluto_runtime::Waiting) -> Waiting {
        let wait = match of.wait {
            pluto_runtime::Wait::Task(of) => Wait::Task(of),
            pluto_runtime::Wait::Receive => Wait::Receive,
            pluto_runtime::Wait::Send => Wait::Send,
            pluto_runtime::Wait::Select => Wait::Select,
            pluto_runtime::Wait::Time => Wait::Time,
            pluto_runtime::Wait::Reply(of) => Wait::Reply(of),
            pluto_runtime::Wait::Scope => Wait::Scope,
        };
        Waiting { task: of.task, wait, at: self.location(of.at).unwrap_or(NOWHERE) }
    }

    fn frame(&self, frame: Frame) -> Option<(String, Location)> {
        Some((self.code.name(frame.function).to_owned(), self.location(frame)?))
    }

    fn location(&self, frame: Frame) -> Option<Location> {
        self.locations.get(frame.place? as usize).copied()
    }
}

/// A world, for the run-time system.
pub(crate) struct Told<'c, 'w> {
    pub(crate) of: &'c Tables,
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
