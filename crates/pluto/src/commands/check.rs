//! `pluto check`: what is wrong with programs.

use crate::args::{CheckArgs, CheckFormat};
use crate::failure::Failure;
use crate::output::{self, Colour};
use crate::sources;
use pluto_source::{Diagnostic, File, Files, Severity, Tool};
use std::io::Write;
use std::path::PathBuf;

/// Checks what is named, and says what is wrong on standard output.
pub(crate) fn run(args: &CheckArgs, colour: Colour) -> Result<u8, Failure> {
    let here = [PathBuf::from(".")];
    let paths = sources::find(if args.paths.is_empty() { &here } else { &args.paths })?;
    let mut files = Files::new();
    for path in &paths {
        files.add(File::new(path.display().to_string(), sources::read(path)?));
    }
    let diagnostics = diagnose(&files);
    let rendered = match args.format {
        CheckFormat::Text => pluto_source::text(&diagnostics, &files, colour.out),
        CheckFormat::Json => pluto_source::json_lines(&diagnostics, &files),
        CheckFormat::Sarif => {
            let tool = Tool { name: "pluto", version: env!("CARGO_PKG_VERSION") };
            pluto_source::sarif(&diagnostics, &files, tool)
        }
    };
    let status = u8::from(diagnostics.iter().any(|found| found.code.severity == Severity::Error));
    let summary = summary(&diagnostics, paths.len() as u64);
    output::result(status, &summary, |out| out.write_all(rendered.as_bytes()))?;
    output::note(&summary);
    Ok(status)
}

/// Everything that is wrong with the files, in their order.
fn diagnose(files: &Files) -> Vec<Diagnostic> {
    files
        .iter()
        .flat_map(|(id, file)| {
            let errors = pluto_syntax::parse(file.text()).errors;
            errors.into_iter().map(move |error| error.diagnostic(id))
        })
        .collect()
}

/// `2 errors, 1 warning in 3 files`.
fn summary(diagnostics: &[Diagnostic], files: u64) -> String {
    let count = |severity: Severity| {
        diagnostics.iter().filter(|found| found.code.severity == severity).count() as u64
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let found = match (errors, warnings) {
        (0, 0) => "nothing wrong".to_owned(),
        (0, warnings) => pluto_timeline::count(warnings, "warning"),
        (errors, 0) => pluto_timeline::count(errors, "error"),
        (errors, warnings) => {
            format!("{}, {}", pluto_timeline::count(errors, "error"), pluto_timeline::count(warnings, "warning"))
        }
    };
    format!("{found} in {}", pluto_timeline::count(files, "file"))
}
