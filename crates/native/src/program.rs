//! A program that was built: its tables, and what the numbers in them stand for.

use pluto_host::Outside;
use pluto_runtime::{Code, Frame, Image, Limits, Outcome, Place, Types, World};

use crate::machine::Machine;
use crate::told::{FAILED, Failure, NOWHERE, TRAPPED, Trapped, Wait, Waiting, deadlock, note};

/// A built program.
pub(crate) struct Program {
    types: Types,
    code: Code,
    /// The address of what it is entered by, and the number of `main`.
    entry: (u64, u32),
    workers: u32,
    places: Places,
}

/// What numbers of places stand for.
struct Places {
    files: Vec<String>,
    places: Vec<Place>,
    clauses: Vec<(u32, Place)>,
    sites: Vec<Place>,
}

impl Program {
    /// From its tables, and the addresses of its functions.
    pub(crate) fn new(image: Image, addresses: &[u64]) -> Option<Self> {
        let Image { shapes, term, code, entry: (entry, main), workers, files, places, clauses, sites } =
            image;
        Some(Self {
            types: Types::new(shapes).with_term(term),
            code: Code::new(code, addresses),
            entry: (addresses.get(entry as usize).copied()?, main),
            workers,
            places: Places { files, places, clauses, sites },
        })
    }

    /// Runs it, tells how it ended, and gives its exit status.
    ///
    /// # Safety
    /// The addresses are those of the functions that the tables are about.
    pub(crate) unsafe fn run(&self, arguments: Vec<String>) -> u8 {
        let mut machine = Machine::new(arguments);
        let outcome = {
            let mut world = Told { program: self, machine: &mut machine };
            let limits = Limits { workers: self.workers as usize, ..Limits::default() };
            let run = pluto_runtime::Machine::new(&self.types, &self.code, limits, &mut world);
            let (entry, main) = self.entry;
            // SAFETY: the entry and all of its code were compiled for these types, and this is their table.
            unsafe { run.run(entry as *const u8, main) }
        };
        match machine.finish() {
            Ok(()) => (),
            // Whoever read it has gone away, as `head` does: nothing is wrong.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return 0,
            Err(error) => return could_not(&format!("cannot write the output: {error}")),
        }
        match outcome {
            Some(Outcome::Finished | Outcome::Stopped | Outcome::OutOfSteps) => 0,
            Some(Outcome::Failed(failure)) => {
                note(&self.failure(&failure).text());
                FAILED
            }
            Some(Outcome::Trapped(trapped)) => {
                note(&self.trapped(&trapped).text());
                TRAPPED
            }
            Some(Outcome::Deadlock(waiting)) => {
                let waiting: Vec<Waiting<'_>> = waiting.iter().map(|one| self.waiting(one)).collect();
                note(&deadlock(&waiting));
                TRAPPED
            }
            None => could_not("there is no memory to run the program in"),
        }
    }

    fn failure<'t>(&self, failure: &'t pluto_runtime::Failure) -> Failure<'t> {
        let at = self.places.sites.get(failure.site as usize);
        Failure { error: &failure.error, at: at.map(|at| self.places.text(*at)) }
    }

    fn trapped<'t>(&'t self, trapped: &'t pluto_runtime::Trapped) -> Trapped<'t> {
        let place = trapped.stack.first().and_then(|frame| frame.place);
        let clause = place.and_then(|place| self.places.clauses.iter().find(|(number, _)| *number == place));
        let stack: Vec<(&str, String)> = trapped
            .stack
            .iter()
            .filter_map(|frame| {
                let at = *self.places.places.get(frame.place? as usize)?;
                Some((self.code.name(frame.function), self.places.text(at)))
            })
            .collect();
        let at = match clause {
            Some((_, at)) => self.places.text(*at),
            None => stack.first().map_or_else(|| NOWHERE.to_owned(), |(_, at)| at.clone()),
        };
        Trapped { why: &trapped.why, at, stack }
    }

    fn waiting<'t>(&self, of: &'t pluto_runtime::Waiting) -> Waiting<'t> {
        let wait = match &of.wait {
            pluto_runtime::Wait::Task(of) => Wait::Task(of),
            pluto_runtime::Wait::Receive => Wait::Receive,
            pluto_runtime::Wait::Send => Wait::Send,
            pluto_runtime::Wait::Select => Wait::Select,
            pluto_runtime::Wait::Time => Wait::Time,
            pluto_runtime::Wait::Reply(of) => Wait::Reply(of),
            pluto_runtime::Wait::Scope => Wait::Scope,
        };
        Waiting { task: &of.task, wait, at: self.places.of(Some(of.at)) }
    }
}

impl Places {
    fn of(&self, frame: Option<Frame>) -> String {
        let place = frame.and_then(|frame| self.places.get(frame.place? as usize));
        place.map_or_else(|| NOWHERE.to_owned(), |place| self.text(*place))
    }

    fn text(&self, place: Place) -> String {
        match place.file.and_then(|file| self.files.get(file as usize)) {
            Some(file) => format!("{file}:{}:{}", place.line, place.column),
            None => NOWHERE.to_owned(),
        }
    }
}

/// Tells why the program cannot go on, which is not of its own making.
pub(crate) fn could_not(why: &str) -> u8 {
    note(&format!("error: {why}"));
    COULD_NOT
}

/// Exit status of a program that could not be run.
const COULD_NOT: u8 = 2;

/// The machine, as a program has it.
struct Told<'p> {
    program: &'p Program,
    machine: &'p mut Machine,
}

impl World for Told<'_> {
    fn print(&mut self, line: &str) -> bool {
        self.machine.print(line)
    }

    fn debug(&mut self, shown: &str, at: Option<Frame>) {
        self.machine.debug(shown, &self.program.places.of(at));
    }

    fn now(&mut self) -> i64 {
        self.machine.now()
    }

    fn wait_until(&mut self, time: i64) {
        self.machine.wait_until(time);
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

    fn trapped(&mut self, task: &str, trapped: &pluto_runtime::Trapped) {
        self.machine.trapped(task, &self.program.trapped(trapped));
    }

    fn failed(&mut self, task: &str, failure: &pluto_runtime::Failure) {
        self.machine.failed(task, &self.program.failure(failure));
    }
}
