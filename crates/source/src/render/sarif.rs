//! Diagnostics as a SARIF 2.1.0 document, which code-scanning services and editors read.

use serde_json::{Value, json};

use crate::{Code, Diagnostic, Edit, FileId, FileSpan, Files, Fix, Label, Severity};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The tool that a SARIF document says it is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
}

/// One document with one run.
pub fn sarif(diagnostics: &[Diagnostic], files: &Files, tool: Tool<'_>) -> String {
    let mut codes: Vec<Code> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    codes.sort_by_key(|code| code.number);
    codes.dedup();
    let results: Vec<Value> =
        diagnostics.iter().map(|diagnostic| result(diagnostic, &codes, files)).collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": tool.name,
                    "semanticVersion": tool.version,
                    "rules": codes.iter().map(rule).collect::<Vec<_>>(),
                },
            },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn rule(code: &Code) -> Value {
    json!({
        "id": code.to_string(),
        "name": code.name,
        "defaultConfiguration": { "level": level(code.severity) },
    })
}

fn result(diagnostic: &Diagnostic, codes: &[Code], files: &Files) -> Value {
    let mut message = diagnostic.message.clone();
    for note in &diagnostic.notes {
        message += "\nnote: ";
        message += note;
    }
    let related: Vec<Value> = diagnostic
        .secondary
        .iter()
        .zip(1..)
        .map(|(label, id): (_, u32)| with(location(label, files), "id", id.into()))
        .collect();
    let mut result = json!({
        "ruleId": diagnostic.code.to_string(),
        "ruleIndex": codes.iter().position(|code| *code == diagnostic.code),
        "level": level(diagnostic.code.severity),
        "message": { "text": message },
        "locations": [location(&diagnostic.primary, files)],
    });
    if !related.is_empty() {
        result = with(result, "relatedLocations", related.into());
    }
    if let Some(fix) = &diagnostic.fix {
        result = with(result, "fixes", json!([fixed(fix, files)]));
    }
    result
}

fn location(label: &Label, files: &Files) -> Value {
    let location = json!({
        "physicalLocation": {
            "artifactLocation": artifact(label.place.file, files),
            "region": region(label.place, files),
        },
    });
    if label.text.is_empty() { location } else { with(location, "message", json!({ "text": label.text })) }
}

/// An object with one more field.
fn with(mut object: Value, name: &str, value: Value) -> Value {
    if let Value::Object(fields) = &mut object {
        fields.insert(name.to_owned(), value);
    }
    object
}

fn fixed(fix: &Fix, files: &Files) -> Value {
    let mut edits: Vec<&Edit> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| edit.place);
    let changes: Vec<Value> = edits
        .chunk_by(|one, two| one.place.file == two.place.file)
        .filter_map(|edits| {
            let replacements: Vec<Value> = edits
                .iter()
                .map(|edit| {
                    json!({
                        "deletedRegion": region(edit.place, files),
                        "insertedContent": { "text": edit.text },
                    })
                })
                .collect();
            let file = edits.first()?.place.file;
            Some(json!({ "artifactLocation": artifact(file, files), "replacements": replacements }))
        })
        .collect();
    json!({ "description": { "text": fix.title }, "artifactChanges": changes })
}

fn region(place: FileSpan, files: &Files) -> Value {
    let Some(file) = files.get(place.file) else { return json!({}) };
    let (start, end) = (file.line_column(place.span.start), file.line_column(place.span.end));
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

fn artifact(file: FileId, files: &Files) -> Value {
    json!({ "uri": uri(files.get(file).map_or("", |file| file.path())) })
}

/// A path as a reference in the sense of RFC 3986: what is not plain in a path is written in hexadecimal.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri += &format!("%{byte:02X}");
        }
    }
    uri
}
