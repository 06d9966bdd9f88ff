//! `pluto test`: runs the tests of programs in the Pluto language.

mod recorder;
mod report;

use crate::args::{TestArgs, TestFormat};
use crate::commands::check::{self, Found};
use crate::failure::Failure;
use crate::output::{self, Colour};
use crate::project::{Project, Texts};
use crate::sources;
use pluto_check::program::{Program, TestId};
use pluto_codegen::{Options, compile};
use pluto_host::Expected;
use pluto_ir::interpret::{Limits, Outcome, Trapped, Virtual, Waiting, World, run_in};
use pluto_ir::program::Location;
use pluto_source::{Files, Severity};
use recorder::Recorder;
use report::Report;
use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Exit status where a test failed, or the program has errors.
const FAILED: u8 = 1;

/// Calls and rounds of loops that a test may take, of all its tasks; where it is interpreted, instructions.
const STEPS_MAX: u64 = 1_000_000_000;

/// A test that is to be run.
#[derive(Clone, Copy, Debug)]
struct Test<'c> {
    program: &'c Program,
    id: TestId,
    name: &'c str,
    at: Location,
}

/// How a test ended.
#[derive(Debug)]
enum Ended {
    Passed,
    Failed(Failed),
    /// It cannot be run: what is missing, and where that is needed.
    NotRun(String, Location),
}

/// Why a test failed.
#[derive(Debug)]
enum Failed {
    /// A trap of the test, or something that is not as it was expected, in whatever task.
    Trap(Trapped),
    /// An error that left it, and where that was raised.
    Error(String, Option<Location>),
    /// Every task waits for another one.
    Deadlock(Vec<Waiting>),
    /// It takes too many steps.
    Endless,
}

impl Failed {
    /// What was expected and found otherwise.
    fn expected(&self) -> Option<&Expected> {
        match self {
            Failed::Trap(trapped) => trapped.expected.as_ref(),
            _ => None,
        }
    }
}

/// What became of a test.
#[derive(Debug)]
struct Ran {
    ended: Ended,
    took: Duration,
    /// What it printed.
    output: String,
}

/// Checks programs, and runs their tests.
pub(crate) fn run(args: &TestArgs, colour: Colour) -> Result<u8, Failure> {
    let named = sources::find(&args.path)?;
    let Found { project, checked, diagnostics } = check::find(Project::load(&named, Texts::new())?);
    if diagnostics.iter().any(|found| found.code.severity == Severity::Error) {
        output::note(pluto_source::text(&diagnostics, &project.files, colour.err).trim_end());
        output::note(&check::summary(&diagnostics, project.files_read()));
        return Ok(FAILED);
    }
    let all = tests(&project, checked.iter().map(|checked| &checked.program));
    let known = all.len();
    let wanted = |test: &Test<'_>| {
        args.filter.is_empty() || args.filter.iter().any(|part| test.name.contains(part.as_str()))
    };
    let chosen: Vec<Test<'_>> = all.into_iter().filter(wanted).collect();
    if chosen.is_empty() {
        return Err(nothing_to_run(known));
    }
    let mut report = Report::new(args.format, &project.files, colour.out);
    if args.list {
        return output::result(0, "", |out| report.list(&chosen, out));
    }
    let began = Instant::now();
    let mut out = output::standard();
    let mut wrote = report.begin(&chosen, &mut out);
    let failed = run_all(&chosen, args.seed, &mut |test, result| {
        if wrote.is_ok() {
            wrote = report.result(test, result, &mut out);
        }
        wrote.is_ok()
    });
    wrote.and_then(|()| report.end(began.elapsed(), &mut out))?;
    Ok(if failed > 0 { FAILED } else { 0 })
}

fn nothing_to_run(known: usize) -> Failure {
    if known == 0 {
        Failure::new("there are no tests").hint("`test \"what holds\" { expect(1 + 1).to_be(2) }` is one")
    } else {
        Failure::new(format!("none of {} has such a name", pluto_timeline::count(known as u64, "test")))
            .hint("`pluto test --list` names them")
    }
}

/// The tests of the files that were asked for, each once, in the order of the files and of their lines.
fn tests<'c>(project: &Project, programs: impl Iterator<Item = &'c Program>) -> Vec<Test<'c>> {
    let mut found: BTreeMap<(u32, u32), Test<'c>> = BTreeMap::new();
    for program in programs {
        for (id, test) in program.tests.iter() {
            let file = program.modules[test.module].file;
            if project.own_path(file).is_some() {
                let at = Location { file, span: test.span };
                let name = test.name.as_str();
                found.entry((file.0, test.span.start)).or_insert(Test { program, id, name, at });
            }
        }
    }
    found.into_values().collect()
}

/// Runs tests side by side, and tells of each in their order. Gives how many failed, or could not be run. Stops where nobody
/// hears of it any more.
fn run_all(chosen: &[Test<'_>], seed: u64, tell: &mut dyn FnMut(&Test<'_>, &Ran) -> bool) -> usize {
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(chosen.len());
    let (send, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(test) = chosen.get(at) else { return };
                    // Where nobody takes it, nobody wants the others either.
                    if send.send((at, run_one(test, seed))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let mut early = BTreeMap::new();
        let (mut told, mut failed) = (0, 0);
        for (at, result) in results {
            early.insert(at, result);
            while let Some(result) = early.remove(&told) {
                let Some(test) = chosen.get(told) else { break };
                failed += usize::from(!matches!(result.ended, Ended::Passed));
                if !tell(test, &result) {
                    next.store(chosen.len(), Ordering::Relaxed);
                    return failed;
                }
                told += 1;
            }
        }
        failed
    })
}

fn run_one(test: &Test<'_>, seed: u64) -> Ran {
    let began = Instant::now();
    let program = match pluto_ir::lower_test(test.program, test.id) {
        Ok(program) => program,
        Err(missing) => {
            let ended = Ended::NotRun(missing.what, missing.at);
            return Ran { ended, took: began.elapsed(), output: String::new() };
        }
    };
    let recorder = Recorder::default();
    let machine = recorder.machine();
    let mut world = Virtual::new(seed, recorder).with_outside(machine);
    let outcome = execute(&program, &mut world);
    let Recorder { output, unexpected } = world.listener;
    let ended = match (unexpected, outcome) {
        // It comes first, whatever the task that it ended does to the others.
        (Some(unexpected), _) => Ended::Failed(Failed::Trap(unexpected)),
        (None, Outcome::Finished | Outcome::Stopped) => Ended::Passed,
        (None, Outcome::Trapped(trapped)) => Ended::Failed(Failed::Trap(trapped)),
        (None, Outcome::Failed(failure)) => Ended::Failed(Failed::Error(failure.error, failure.at)),
        (None, Outcome::Deadlock(waiting)) => Ended::Failed(Failed::Deadlock(waiting)),
        (None, Outcome::OutOfSteps) => Ended::Failed(Failed::Endless),
    };
    Ran {
        ended,
        took: began.elapsed(),
        output: std::mem::take(&mut *output.lock().unwrap_or_else(PoisonError::into_inner)),
    }
}

/// Runs a test: compiled, or interpreted where it cannot be.
fn execute(program: &pluto_ir::Program, world: &mut (dyn World + Send)) -> Outcome {
    let compiled = compile(program, Options { dump: None, counted: true });
    let limits = pluto_codegen::Limits { steps: STEPS_MAX, ..pluto_codegen::Limits::default() };
    let native = compiled.ok().and_then(|compiled| compiled.run(limits, world).ok());
    native.unwrap_or_else(|| match program.main {
        Some(main) => {
            let limits = Limits { steps: STEPS_MAX, ..Limits::default() };
            run_in(program, main, limits, world)
        }
        None => Outcome::Finished,
    })
}

/// Where a test is: its file and line.
fn place(at: Location, files: &Files) -> (String, u32) {
    match files.get(at.file) {
        Some(file) => (file.path().to_owned(), file.line_column(at.span.start).line),
        None => (String::new(), 0),
    }
}
