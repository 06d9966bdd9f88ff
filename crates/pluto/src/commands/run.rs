//! `pluto run`: a program in the Pluto language, compiled in memory or interpreted.

mod world;

use crate::args::{RunArgs, Translated};
use crate::commands::check::{self, Found};
use crate::failure::Failure;
use crate::output::{self, Colour};
use crate::project::{Project, Texts};
use crate::sources;
use pluto_check::Checked;
use pluto_codegen::{Compiled, Dump, Error, Options, compile};
use pluto_ir::Program;
use pluto_ir::interpret::{Failure as Unhandled, Limits, Outcome, Trapped, Wait, Waiting, World, run_in};
use pluto_ir::program::Location;
use pluto_source::{Files, Severity};
use std::io::Write;
use world::Machine;

/// Exit status of a program that an error left.
const FAILED: u8 = 1;
/// Exit status of a program that a bug ended.
const TRAPPED: u8 = 101;
/// Functions of a stack that are shown from its inner end, and from its outer end.
const STACK_SHOWN: (usize, usize) = (20, 5);

/// Checks a program and runs it.
pub(crate) fn run(args: &RunArgs, colour: Colour) -> Result<u8, Failure> {
    let named = sources::find(std::slice::from_ref(&args.file))?;
    let Found { project, checked, diagnostics } = check::find(Project::load(&named, Texts::new())?);
    if !diagnostics.is_empty() {
        output::note(pluto_source::text(&diagnostics, &project.files, colour.err).trim_end());
    }
    if diagnostics.iter().any(|found| found.code.severity == Severity::Error) {
        output::note(&check::summary(&diagnostics, project.files_read()));
        return Ok(FAILED);
    }
    let program = lowered(args, &project, &checked)?;
    let shown = match args.dump {
        Some(Translated::Ir) => return output::result(0, "", |out| write!(out, "{program}")),
        Some(Translated::Clif) => Some(Dump::Clif),
        Some(Translated::Asm) => Some(Dump::Asm),
        None => None,
    };
    let compiled = match args.interpret && shown.is_none() {
        true => None,
        // What has no native code yet is the interpreter's.
        false => match compile(&program, Options { dump: shown, counted: false }) {
            Ok(compiled) => Some(compiled),
            Err(Error::Unsupported { .. } | Error::Machine) if shown.is_none() => None,
            Err(error) => return Err(refused(error, &project.files)),
        },
    };
    if let (Some(compiled), Some(_)) = (&compiled, shown) {
        return output::result(0, "", |out| write!(out, "{}", compiled.dumped));
    }
    let mut machine = Machine::new(output::buffered(), args.arguments.clone(), &project.files);
    let outcome = execute(&program, compiled.as_ref(), args.workers, &mut machine);
    machine.finish()?;
    let outcome = outcome.map_err(|error| refused(error, &project.files))?;
    Ok(match outcome {
        Outcome::Finished | Outcome::Stopped | Outcome::OutOfSteps => 0,
        Outcome::Failed(failure) => {
            output::note(&failed(&failure, &project.files));
            FAILED
        }
        Outcome::Trapped(trapped) => {
            output::note(&told(&trapped, &project.files));
            TRAPPED
        }
        Outcome::Deadlock(waiting) => {
            output::note(&deadlock(&waiting, &project.files));
            TRAPPED
        }
    })
}

/// Runs a program as it was compiled, or else interprets it.
fn execute(
    program: &Program,
    compiled: Option<&Compiled>,
    workers: u8,
    world: &mut (dyn World + Send),
) -> Result<Outcome, Error> {
    match (compiled, program.main) {
        (Some(compiled), _) => {
            let workers = usize::from(workers);
            compiled.run(pluto_codegen::Limits { workers, ..pluto_codegen::Limits::default() }, world)
        }
        (None, Some(main)) => Ok(run_in(program, main, Limits::default(), world)),
        (None, None) => Ok(Outcome::Finished),
    }
}

/// Why a program has no native code.
fn refused(error: Error, files: &Files) -> Failure {
    let sentence = match error {
        Error::Unsupported { what, at } => {
            format!("{}: {what} cannot be compiled yet", place(at, files))
        }
        Error::Machine => "there is no native code for this machine yet".to_owned(),
        Error::Refused(why) => {
            format!("the program cannot be compiled, which is a mistake of Pluto's: {why}")
        }
        Error::Memory => "there is no memory to run the program in".to_owned(),
    };
    Failure::new(sentence).hint("`--interpret` runs it without compiling")
}

/// The program that the file's `main` is the beginning of.
fn lowered(args: &RunArgs, project: &Project, checked: &[Checked]) -> Result<Program, Failure> {
    let asked = project.file(&args.file)?;
    let found = checked.iter().find_map(|checked| {
        let program = &checked.program;
        let main = pluto_ir::mains(program)
            .find(|main| program.modules[program.functions[*main].origin.module].file == asked)?;
        Some((program, main))
    });
    let Some((program, main)) = found else {
        return Err(Failure::new(format!("{} has no function main", args.file.display()))
            .hint("`fn main() { … }` is what is run"));
    };
    pluto_ir::lower(program, main).map_err(|missing| {
        let at = place(missing.at, &project.files);
        Failure::new(format!("{at}: {} cannot be run yet", missing.what)).hint("`pluto check` checks it")
    })
}

/// A bug that ended the program: what and where, and the functions that were called.
pub(crate) fn told(trapped: &Trapped, files: &Files) -> String {
    let mut text = format!("trap: {}\n  at {}", trapped.why, place(trapped.at, files));
    let (inner, outer) = STACK_SHOWN;
    let hidden = trapped.stack.len().saturating_sub(inner + outer);
    for (at, (name, location)) in trapped.stack.iter().enumerate() {
        if hidden > 0 && at == inner {
            text.push_str(&format!("\n  … {hidden} more …"));
        }
        if hidden == 0 || at < inner || at >= inner + hidden {
            text.push_str(&format!("\n  in {name}, {}", place(*location, files)));
        }
    }
    text
}

/// An error that nothing handled: what, and where it was raised.
fn failed(failure: &Unhandled, files: &Files) -> String {
    match failure.at {
        Some(at) => format!("error: {}\n  raised at {}", failure.error, place(at, files)),
        None => format!("error: {}", failure.error),
    }
}

/// Who waits for what, where everybody waits.
pub(crate) fn deadlock(waiting: &[Waiting], files: &Files) -> String {
    let mut text = "deadlock: every task waits".to_owned();
    let shown = waiting.len().min(STACK_SHOWN.0 + STACK_SHOWN.1);
    for Waiting { task, wait, at } in waiting.iter().take(shown) {
        let at = place(*at, files);
        text.push_str(&match wait {
            Wait::Task(of) => format!("\n  {task} waits for the end of {of}, {at}"),
            Wait::Receive => format!("\n  {task} waits to receive, {at}"),
            Wait::Send => format!("\n  {task} waits to send, {at}"),
            Wait::Select => format!("\n  {task} waits for one of several things, {at}"),
            Wait::Time => format!("\n  {task} waits for a time, {at}"),
            Wait::Reply(of) => format!("\n  {task} waits for the reply of {of}, {at}"),
            Wait::Mail => format!("\n  {task} waits for a message, {at}"),
            Wait::Scope => format!("\n  {task} waits for the tasks of a scope, {at}"),
        });
    }
    if waiting.len() > shown {
        text.push_str(&format!("\n  … {} more …", waiting.len() - shown));
    }
    text
}

fn place(at: Location, files: &Files) -> String {
    let Some(file) = files.get(at.file) else { return "what is built in".to_owned() };
    let place = file.line_column(at.span.start);
    format!("{}:{}:{}", file.path(), place.line, place.column)
}
