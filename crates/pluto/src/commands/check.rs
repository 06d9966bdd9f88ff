//! `pluto check`: what is wrong with programs.

use crate::args::{CheckArgs, CheckFormat, Dumped, Mending, Shown};
use crate::commands::mending::{self, Mended};
use crate::failure::Failure;
use crate::output::{self, Colour};
use crate::project::{Project, Texts};
use crate::sources;
use pluto_check::Checked;
use pluto_source::{Diagnostic, FileId, Files, Severity, Tool};
use std::fmt::Write as _;
use std::io::Write;

/// A project, and what was found out about it.
pub(crate) struct Found {
    /// Its files.
    pub(crate) project: Project,
    /// Each of its programs.
    pub(crate) checked: Vec<Checked>,
    /// What is wrong.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Checks the programs of a project.
pub(crate) fn find(project: Project) -> Found {
    let checked: Vec<Checked> = project.inputs().map(|input| pluto_check::check(&input)).collect();
    let diagnostics = diagnose(&project, &checked);
    Found { project, checked, diagnostics }
}

/// Checks what is named, and says what is wrong on standard output; where something else is asked for, that is there, and what is
/// wrong on standard error.
pub(crate) fn run(args: &CheckArgs, colour: Colour) -> Result<u8, Failure> {
    let named = sources::find(&args.paths)?;
    if let Some(which) = args.fix {
        return fix(args, which, &mending::mend(&named, which)?, colour);
    }
    let Found { project, checked, diagnostics } = find(Project::load(&named, Texts::new())?);
    let files = &project.files;
    let wanted = match (args.show, args.dump) {
        (Some(Shown::Errors), _) => Some(errors(&checked)),
        (_, Some(Dumped::Typed)) => Some(checked.iter().map(|checked| checked.program.dump()).collect()),
        (None, None) => None,
    };
    if wanted.is_some() && !diagnostics.is_empty() {
        output::note(&pluto_source::text(&diagnostics, files, colour.err));
    }
    let rendered = wanted.unwrap_or_else(|| render(&diagnostics, files, args.format, colour));
    let status = status(&diagnostics);
    let summary = summary(&diagnostics, project.files_read());
    output::result(status, &summary, |out| out.write_all(rendered.as_bytes()))?;
    output::note(&summary);
    Ok(status)
}

/// Writes what is mended, and says what is left on standard output; or only says what would change.
fn fix(args: &CheckArgs, which: Mending, mended: &Mended, colour: Colour) -> Result<u8, Failure> {
    let Found { project, diagnostics, .. } = &mended.found;
    let rendered = if args.dry_run {
        mended.diff(colour)
    } else {
        mended.write()?;
        render(diagnostics, &project.files, args.format, colour)
    };
    let (verb, left) = if args.dry_run { ("would mend", "would be left") } else { ("mended", "left") };
    let mut said: Vec<String> = mended.done.clone();
    said.push(format!(
        "{verb} {} in {}; {left}: {}",
        pluto_timeline::count(mended.done.len() as u64, "thing"),
        pluto_timeline::count(mended.files(), "file"),
        summary(diagnostics, project.files_read())
    ));
    if which == Mending::Sure && mended.proposed > 0 {
        said.push(format!("{} with --fix=all, perhaps not as it was meant", mended.proposed));
    }
    let status = status(diagnostics);
    output::result(status, &said.join("\n"), |out| out.write_all(rendered.as_bytes()))?;
    output::note(&said.join("\n"));
    Ok(status)
}

fn render(diagnostics: &[Diagnostic], files: &Files, format: CheckFormat, colour: Colour) -> String {
    match format {
        CheckFormat::Text => pluto_source::text(diagnostics, files, colour.out),
        CheckFormat::Json => pluto_source::json_lines(diagnostics, files),
        CheckFormat::Sarif => {
            let tool = Tool { name: "pluto", version: env!("CARGO_PKG_VERSION") };
            pluto_source::sarif(diagnostics, files, tool)
        }
    }
}

fn status(diagnostics: &[Diagnostic]) -> u8 {
    u8::from(diagnostics.iter().any(|found| found.code.severity == Severity::Error))
}

/// Everything that is wrong: file by file, the syntax first. What two programs share is said once.
fn diagnose(project: &Project, checked: &[Checked]) -> Vec<Diagnostic> {
    let ids = (0..).map(FileId);
    let syntax = ids
        .zip(&project.parses)
        .flat_map(|(id, parse)| parse.errors.iter().map(move |error| error.diagnostic(id)));
    let mut diagnostics: Vec<Diagnostic> = syntax.collect();
    for (number, checked) in checked.iter().enumerate() {
        let found = checked.diagnostics();
        let new = found.into_iter().filter(|found| number == 0 || !diagnostics.contains(found));
        let new: Vec<Diagnostic> = new.collect();
        diagnostics.extend(new);
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary.place.file);
    diagnostics
}

/// The errors of each function and method, a line each.
fn errors(checked: &[Checked]) -> String {
    let mut out = String::new();
    for program in checked.iter().map(|checked| &checked.program) {
        for (id, function) in program.functions.iter() {
            // The first module is what is built in.
            let module = program.show_module(function.origin.module);
            let standard = module.split('.').next() == Some(pluto_std::PACKAGE);
            if standard || Some(function.origin.module) == program.modules.ids().next() {
                continue;
            }
            let (name, raises) = (program.show_function_name(id), program.show_raises(id));
            // Writing to a string cannot fail.
            let _infallible = writeln!(out, "{module}.{name} raises {raises}");
        }
    }
    out
}

/// `2 errors, 1 warning in 3 files`.
pub(super) fn summary(diagnostics: &[Diagnostic], files: u64) -> String {
    let count = |severity: Severity| {
        diagnostics.iter().filter(|found| found.code.severity == severity).count() as u64
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let found = match (errors, warnings) {
        (0, 0) => "nothing wrong".to_owned(),
        (0, warnings) => pluto_timeline::count(warnings, "warning"),
        (errors, 0) => pluto_timeline::count(errors, "error"),
        (errors, warnings) => {
            format!(
                "{}, {}",
                pluto_timeline::count(errors, "error"),
                pluto_timeline::count(warnings, "warning")
            )
        }
    };
    format!("{found} in {}", pluto_timeline::count(files, "file"))
}
