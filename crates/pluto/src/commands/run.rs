//! `pluto run`: a program in the Pluto language, compiled in memory or interpreted.

mod world;

use crate::args::{Contracts, RunArgs, Translated};
use crate::commands::check::{self, Found};
use crate::failure::Failure;
use crate::output::{self, Colour};
use crate::project::{Project, Texts};
use crate::sources;
use pluto_check::Checked;
use pluto_codegen::{Compiled, Dump, Error, Options, compile};
use pluto_ir::Program;
use pluto_ir::interpret::{Limits, Outcome, Trapped, Waiting, World, run_in};
use pluto_ir::program::Location;
use pluto_native::{FAILED, Machine, NOWHERE};
use pluto_source::{Files, Severity};
use std::io::Write;
use std::path::Path;
use world::Here;

/// Checks a program and runs it.
pub(crate) fn run(args: &RunArgs, colour: Colour) -> Result<u8, Failure> {
    let Some((project, program)) = program(&args.file, args.bounds.contracts, colour)? else {
        return Ok(FAILED);
    };
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
            Err(error) => return Err(refused(error, &project.files).hint(INTERPRET)),
        },
    };
    if let (Some(compiled), Some(_)) = (&compiled, shown) {
        return output::result(0, "", |out| write!(out, "{}", compiled.dumped));
    }
    let mut world = Here { machine: Machine::new(args.arguments.clone()), files: &project.files };
    let limits = pluto_codegen::Limits { zeal: args.gc_zeal, ..args.bounds.limits() };
    let outcome = execute(&program, compiled.as_ref(), limits, &mut world);
    world.machine.finish()?;
    let outcome = outcome.map_err(|error| refused(error, &project.files).hint(INTERPRET))?;
    Ok(pluto_native::ended(&outcome.map(|at| place(*at, &project.files))))
}

/// The program that a file's `main` is the beginning of. None where it has errors, which are told.
pub(crate) fn program(
    file: &Path,
    contracts: Contracts,
    colour: Colour,
) -> Result<Option<(Project, Program)>, Failure> {
    let named = sources::find(&[file.to_owned()])?;
    let Found { project, mut checked, diagnostics } = check::find(Project::load(&named, Texts::new())?);
    if !diagnostics.is_empty() {
        output::note(pluto_source::text(&diagnostics, &project.files, colour.err).trim_end());
    }
    if diagnostics.iter().any(|found| found.code.severity == Severity::Error) {
        output::note(&check::summary(&diagnostics, project.files_read()));
        return Ok(None);
    }
    if contracts == Contracts::Off {
        checked.iter_mut().for_each(|checked| checked.program.forget_contracts());
    }
    let program = lowered(file, &project, &checked)?;
    Ok(Some((project, program)))
}

/// Runs a program as it was compiled, or else interprets it.
fn execute(
    program: &Program,
    compiled: Option<&Compiled>,
    limits: pluto_codegen::Limits,
    world: &mut (dyn World + Send),
) -> Result<Outcome, Error> {
    match (compiled, program.main) {
        (Some(compiled), _) => compiled.run(limits, world),
        (None, Some(main)) => Ok(run_in(program, main, Limits::default(), world)),
        (None, None) => Ok(Outcome::Finished),
    }
}

/// What can be done where a program has no native code.
const INTERPRET: &str = "`--interpret` runs it without compiling";

/// Why a program has no native code.
pub(crate) fn refused(error: Error, files: &Files) -> Failure {
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
    Failure::new(sentence)
}

/// The program that the file's `main` is the beginning of.
fn lowered(file: &Path, project: &Project, checked: &[Checked]) -> Result<Program, Failure> {
    let asked = project.file(file)?;
    let found = checked.iter().find_map(|checked| {
        let program = &checked.program;
        let main = pluto_ir::mains(program)
            .find(|main| program.modules[program.functions[*main].origin.module].file == asked)?;
        Some((program, main))
    });
    let Some((program, main)) = found else {
        return Err(Failure::new(format!("{} has no function main", file.display()))
            .hint("`fn main() { … }` is what is run"));
    };
    pluto_ir::lower(program, main).map_err(|missing| {
        let at = place(missing.at, &project.files);
        Failure::new(format!("{at}: {} cannot be run yet", missing.what)).hint("`pluto check` checks it")
    })
}

/// A bug that ended the program: what and where, and the functions that were called.
pub(crate) fn told(trapped: &Trapped, files: &Files) -> String {
    pluto_native::trap(&trapped.map(|at| place(*at, files)))
}

/// Who waits for what, where everybody waits.
pub(crate) fn deadlock(waiting: &[Waiting], files: &Files) -> String {
    let waiting: Vec<_> = waiting.iter().map(|one| one.map(|at| place(*at, files))).collect();
    pluto_native::deadlock(&waiting)
}

/// A place in the source.
pub(crate) fn place(at: Location, files: &Files) -> String {
    let Some(file) = files.get(at.file) else { return NOWHERE.to_owned() };
    let place = file.line_column(at.span.start);
    format!("{}:{}:{}", file.path(), place.line, place.column)
}
