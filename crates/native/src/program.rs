//! A program that was built: its tables, and what the numbers in them stand for.

use pluto_host::Outside;
use pluto_runtime::{Code, Frame, Image, Limits, Place, Places, Types, World};

use crate::machine::Machine;
use crate::told::{NOWHERE, ended, note};

/// A built program.
pub(crate) struct Program {
    types: Types,
    code: Code,
    /// The address of what it is entered by, and the number of `main`.
    entry: (u64, u32),
    limits: Limits,
    files: Vec<String>,
    places: Places<Place>,
}

impl Program {
    /// From its tables, and the addresses of its functions.
    pub(crate) fn new(image: Image, addresses: &[u64]) -> Option<Self> {
        let Image { shapes, term, code, entry, workers, memory, files, places, clauses, sites } = image;
        let (entry, main) = entry;
        let memory = [memory.0, memory.1].map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        let [heap, memory] = memory;
        Some(Self {
            types: Types::new(shapes).with_term(term),
            code: Code::new(code, addresses),
            entry: (addresses.get(entry as usize).copied()?, main),
            limits: Limits { workers: workers as usize, heap, memory, ..Limits::default() },
            files,
            places: Places::new(Place::default(), places, clauses, sites),
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
            let run = pluto_runtime::Machine::new(&self.types, &self.code, self.limits, &mut world);
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
            Some(outcome) => {
                let outcome = self.places.outcome(&self.code, outcome);
                ended(&outcome.map(|at| self.place(at)))
            }
            None => could_not("there is no memory to run the program in"),
        }
    }

    /// A place as it is told.
    fn place(&self, at: &Place) -> String {
        match at.file.and_then(|file| self.files.get(file as usize)) {
            Some(file) => format!("{file}:{}:{}", at.line, at.column),
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
        self.machine.debug(shown, &self.program.place(&self.program.places.of(at)));
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

    fn trapped(&mut self, task: &str, trapped: &pluto_runtime::Trapped) {
        let trapped = self.program.places.trapped(&self.program.code, trapped);
        self.machine.trapped(task, &trapped.map(|at| self.program.place(at)));
    }

    fn failed(&mut self, task: &str, failure: &pluto_runtime::Failure) {
        let failure = self.program.places.failure(failure);
        self.machine.failed(task, &failure.map(|at| self.program.place(at)));
    }
}
