//! Diagnostics as JSON, one object a line. The fields are described in `docs/diagnostics.md`; one that is there
//! stays there with its meaning.

use serde::Serialize;

use crate::{Diagnostic, Edit, FileSpan, Files, Fix, Label, LineColumn, Severity};

/// One line of JSON for each diagnostic.
pub fn json_lines(diagnostics: &[Diagnostic], files: &Files) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        if let Ok(line) = serde_json::to_string(&JsonDiagnostic::new(diagnostic, files)) {
            out += &line;
            out.push('\n');
        }
    }
    out
}

#[derive(Serialize)]
struct JsonDiagnostic<'a> {
    code: String,
    name: &'static str,
    severity: &'static str,
    message: &'a str,
    primary: JsonLabel<'a>,
    secondary: Vec<JsonLabel<'a>>,
    notes: &'a [String],
    fix: Option<JsonFix<'a>>,
}

#[derive(Serialize)]
struct JsonLabel<'a> {
    #[serde(flatten)]
    place: JsonPlace<'a>,
    label: &'a str,
}

#[derive(Serialize)]
struct JsonPlace<'a> {
    path: &'a str,
    start: JsonPosition,
    end: JsonPosition,
}

#[derive(Serialize)]
struct JsonPosition {
    byte: u32,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    title: &'a str,
    sure: bool,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    #[serde(flatten)]
    place: JsonPlace<'a>,
    text: &'a str,
}

impl<'a> JsonDiagnostic<'a> {
    fn new(diagnostic: &'a Diagnostic, files: &'a Files) -> Self {
        Self {
            code: diagnostic.code.to_string(),
            name: diagnostic.code.name,
            severity: match diagnostic.code.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            message: &diagnostic.message,
            primary: JsonLabel::new(&diagnostic.primary, files),
            secondary: diagnostic.secondary.iter().map(|label| JsonLabel::new(label, files)).collect(),
            notes: &diagnostic.notes,
            fix: diagnostic.fix.as_ref().map(|fix| JsonFix::new(fix, files)),
        }
    }
}

impl<'a> JsonLabel<'a> {
    fn new(label: &'a Label, files: &'a Files) -> Self {
        Self { place: JsonPlace::new(label.place, files), label: &label.text }
    }
}

impl<'a> JsonFix<'a> {
    fn new(fix: &'a Fix, files: &'a Files) -> Self {
        let edit = |edit: &'a Edit| JsonEdit { place: JsonPlace::new(edit.place, files), text: &edit.text };
        Self { title: &fix.title, sure: fix.sure, edits: fix.edits.iter().map(edit).collect() }
    }
}

impl<'a> JsonPlace<'a> {
    fn new(place: FileSpan, files: &'a Files) -> Self {
        let file = files.get(place.file);
        let position = |byte: u32| {
            let LineColumn { line, column } =
                file.map_or(LineColumn { line: 1, column: 1 }, |file| file.line_column(byte));
            JsonPosition { byte, line, column }
        };
        Self {
            path: file.map_or("", |file| file.path()),
            start: position(place.span.start),
            end: position(place.span.end),
        }
    }
}
