//! One program in each way that there is to run it.

use std::fmt::Write as _;
use std::path::PathBuf;

use pluto_codegen::{Compiled, Limits, Options, compile};
use pluto_ir::Program;
use pluto_ir::interpret::{self, Failure, Listener, Outcome, Trapped, Virtual, run_in};
use pluto_ir::program::Location;
use pluto_testcompiler::TestCompiler;

use crate::built;

/// Instructions after which the interpreter gives up: no program here needs so many.
const STEPS: u64 = 50_000_000;

/// What is wrong with a program, or rather with its compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// In which way it is wrong: what two programs with the same fault have in common.
    pub kind: String,
    /// What is seen of it, in lines.
    pub detail: String,
}

impl Fault {
    pub(crate) fn new(kind: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { kind: kind.into(), detail: detail.into() }
    }
}

/// The ways that a program is run in besides those that each is: interpreted, and compiled in memory.
#[derive(Clone, Debug, Default)]
pub struct Ways {
    /// The seed of the order in which tasks take turns; 0 is the order in which they came.
    pub turns: u64,
    /// With everything moved at each allocation.
    pub zeal: bool,
    /// By several workers, if by more than one.
    pub workers: usize,
    /// As an executable that this `pluto` builds.
    pub pluto: Option<PathBuf>,
}

impl Ways {
    /// All of them but the executable.
    pub const ALL: Self = Self { turns: 0, zeal: true, workers: 3, pluto: None };

    /// One in so many programs is built: an odd number, so that processes that share them have as many to build.
    pub(crate) const BUILT: u64 = 49;

    /// The ways of the program of a seed.
    pub(crate) fn of_seed(seed: u64, pluto: Option<PathBuf>) -> Self {
        let share = seed % 9;
        Self {
            turns: if share == 1 { seed } else { 0 },
            zeal: share == 2 || share == 5,
            workers: if share == 3 { 2 + (seed / 9 % 3) as usize } else { 1 },
            pluto: pluto.filter(|_| seed % Self::BUILT == 7),
        }
    }
}

/// What was heard of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Heard {
    printed: String,
    /// Traps and errors of tasks, with their places.
    rest: Vec<String>,
}

impl Listener for Heard {
    fn print(&mut self, line: &str) -> bool {
        // Writing to a string cannot fail.
        let _infallible = writeln!(self.printed, "{line}");
        true
    }

    fn debug(&mut self, shown: &str, at: Location) {
        self.rest.push(format!("debug: {shown} {at:?}"));
    }

    fn trapped(&mut self, task: &str, trapped: &Trapped) {
        self.rest.push(format!("{task}: {trapped:?}"));
    }

    fn failed(&mut self, task: &str, failure: &Failure) {
        self.rest.push(format!("{task}: {failure:?}"));
    }
}

/// Runs a program of some files in some ways.
///
/// # Errors
/// Where it does not print in each of them what it must, and where the compiler has something to say against it.
pub fn check(files: &[(String, String)], output: &str, ways: &Ways) -> Result<(), Fault> {
    let program = lowered(files)?;
    let wanted = interpreted(&program, output, ways.turns)?;
    let compiled = compile(&program, Options::default())
        .map_err(|error| Fault::new("not compiled", format!("{error:?}")))?;
    let plain = Limits { workers: 1, ..Limits::default() };
    let native = |name: &str, limits| native(&compiled, (name, limits), ways.turns, &wanted);
    native("in memory", plain)?;
    if ways.zeal {
        native("with everything moved", Limits { zeal: 1, ..plain })?;
    }
    if ways.workers > 1 {
        native("by several workers", Limits { workers: ways.workers, ..plain })?;
    }
    match &ways.pluto {
        Some(pluto) => built::check(pluto, files, output),
        None => Ok(()),
    }
}

fn lowered(files: &[(String, String)]) -> Result<Program, Fault> {
    let checked = TestCompiler::of_files(files.iter().cloned()).check();
    let said = checked.shown();
    if !said.is_empty() {
        return Err(Fault::new("not checked", said));
    }
    let Some(main) = pluto_ir::mains(&checked.program).next() else {
        return Err(Fault::new("not checked", "there is no `main`"));
    };
    let program =
        pluto_ir::lower(&checked.program, main).map_err(|missing| Fault::new("not lowered", missing.what))?;
    let wrong = pluto_ir::verify(&program);
    if wrong.is_empty() { Ok(program) } else { Err(Fault::new("not verified", wrong.join("\n"))) }
}

fn interpreted(program: &Program, output: &str, turns: u64) -> Result<Heard, Fault> {
    let Some(main) = program.main else { return Err(Fault::new("not lowered", "there is no `main`")) };
    let mut world = Virtual::new(turns, Heard::default());
    let limits = interpret::Limits { steps: STEPS, ..interpret::Limits::default() };
    let ended = run_in(program, main, limits, &mut world);
    let heard = world.listener;
    if ended == Outcome::Finished && heard.printed == output {
        return Ok(heard);
    }
    let detail = difference(&heard.printed, output);
    Err(Fault::new("interpreted", format!("{ended:?}\n{detail}\n{}", heard.rest.join("\n"))))
}

fn native(compiled: &Compiled, how: (&str, Limits), turns: u64, wanted: &Heard) -> Result<(), Fault> {
    let (name, limits) = how;
    let several = limits.workers > 1;
    let mut world = Virtual::new(turns, Heard::default());
    let ended = compiled.run(limits, &mut world).map_err(|error| Fault::new(name, format!("{error:?}")))?;
    let (mut heard, mut wanted) = (world.listener, wanted.clone());
    if several {
        // Tasks that end side by side are heard of in any order.
        heard.rest.sort();
        wanted.rest.sort();
    }
    if ended == Outcome::Finished && heard == wanted {
        return Ok(());
    }
    let printed = difference(&heard.printed, &wanted.printed);
    let rest = difference(&heard.rest.join("\n"), &wanted.rest.join("\n"));
    Err(Fault::new(name, format!("{ended:?}\n{printed}\n{rest}")))
}

/// The first line that is another one.
pub(crate) fn difference(found: &str, wanted: &str) -> String {
    let lines = |text: &str| text.lines().map(str::to_owned).map(Some).chain([None]).collect::<Vec<_>>();
    let (found, wanted) = (lines(found), lines(wanted));
    let place = found.iter().zip(&wanted).position(|(found, wanted)| found != wanted);
    let shown = |lines: &[Option<String>], at: usize| match lines.get(at) {
        Some(Some(line)) => format!("`{line}`"),
        _ => "the end".to_owned(),
    };
    match place {
        Some(at) => format!("line {}: {} in place of {}", at + 1, shown(&found, at), shown(&wanted, at)),
        None => "the lines are the same".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn a_difference_is_shown_by_its_first_line() {
        assert_eq!(difference("1\n2\n", "1\n3\n"), "line 2: `2` in place of `3`");
        assert_eq!(difference("1\n", "1\n3\n"), "line 2: the end in place of `3`");
        assert_eq!(difference("1\n", "1\n"), "the lines are the same");
    }
}
