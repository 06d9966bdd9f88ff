//! What all tests of the checker share: a program as a text, and everything that is said about it.

use std::fmt::Write;

use pluto_check::{Checked, Input};
use pluto_source::{Diagnostic, File, FileSpan, Files, Severity};
use pluto_syntax::Parse;

/// A program, checked. Files are separated by lines `//- path/to/file.pluto`.
pub(crate) struct Program {
    pub(crate) files: Files,
    pub(crate) checked: Checked,
}

/// Checks a program, which must parse.
pub(crate) fn program(fixture: &str) -> Program {
    let mut files = Files::new();
    let mut parses: Vec<(String, pluto_source::FileId, Parse)> = Vec::new();
    for (path, text) in split(fixture) {
        let file = files.add(File::new(path.as_str(), text.as_str()));
        let parse = pluto_syntax::parse(&text);
        assert_eq!(parse.errors, [], "the case does not parse:\n{text}");
        let module = path.trim_end_matches(".pluto").replace('/', ".");
        parses.push((module, file, parse));
    }
    let mut input = Input::new(&files);
    for (module, file, parse) in &parses {
        input = input.with(module, *file, parse);
    }
    let checked = pluto_check::check(&input);
    let invalid = pluto_check::validate(&checked);
    assert_eq!(invalid, Vec::<String>::new(), "the typed program is not one:\n{fixture}");
    Program { files, checked }
}

/// Nothing is said about a program.
pub(crate) fn check_clean(fixture: &str) {
    let Program { files, checked } = program(fixture);
    assert_eq!(shown(&files, &checked.diagnostics()), "", "{fixture}");
}

fn split(fixture: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in fixture.split_inclusive('\n') {
        if let Some(path) = line.strip_prefix("//- ") {
            found.push((path.trim().to_owned(), String::new()));
        } else if let Some((_, text)) = found.last_mut() {
            text.push_str(line);
        } else {
            found.push(("main.pluto".to_owned(), line.to_owned()));
        }
    }
    found
}

/// Diagnostics, each with its labels, notes and fix.
pub(crate) fn shown(files: &Files, diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let severity = match diagnostic.code.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let place = place(files, diagnostic.primary.place);
        let _ = writeln!(out, "{place} {severity}[{}]: {}", diagnostic.code, diagnostic.message);
        for label in &diagnostic.secondary {
            let _ = writeln!(out, "  {} {}", self::place(files, label.place), label.text);
        }
        for note in &diagnostic.notes {
            let _ = writeln!(out, "  = {note}");
        }
        if let Some(fix) = &diagnostic.fix {
            let _ = write!(out, "  fix: {}:", fix.title);
            for edit in &fix.edits {
                let _ = write!(out, " {} {:?}", self::place(files, edit.place), edit.text);
            }
            out.push('\n');
        }
    }
    out
}

fn place(files: &Files, place: FileSpan) -> String {
    let Some(file) = files.get(place.file) else { return "?".to_owned() };
    let start = file.line_column(place.span.start);
    let prefix = if file.path() == "main.pluto" { String::new() } else { format!("{}:", file.path()) };
    let text = files.text(place).lines().next().unwrap_or_default();
    format!("{prefix}{}:{} `{text}`", start.line, start.column)
}
