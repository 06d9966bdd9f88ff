//! `pluto check --fix`: fixes carried out on the files they are for. Nothing is written before all of it is known.

use crate::args::Mending;
use crate::commands::check::{self, Found};
use crate::commands::fmt::replace;
use crate::failure::Failure;
use crate::output::Colour;
use crate::project::{Project, Texts};
use crate::sources;
use pluto_source::{Diagnostic, Done, FileId, Files, LineColumn, Mendable};
use similar::TextDiff;
use std::path::PathBuf;

/// What came of mending.
pub(crate) struct Mended {
    /// The program as it is afterwards, and what is still wrong with it.
    pub(crate) found: Found,
    /// What was mended, a line each.
    pub(crate) done: Vec<String>,
    /// How many more fixes there are that a person decides on.
    pub(crate) proposed: u64,
    changes: Vec<Change>,
}

/// A file that changes.
struct Change {
    path: PathBuf,
    shown: String,
    before: String,
    after: String,
}

impl Mendable for Found {
    type Key = PathBuf;

    fn files(&self) -> &Files {
        &self.project.files
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    fn key(&self, file: FileId) -> Option<&PathBuf> {
        self.project.own_path(file)
    }
}

/// Mends what is named, in memory.
pub(crate) fn mend(named: &[sources::Found], which: Mending) -> Result<Mended, Failure> {
    let check = |texts: &Texts| Project::load(named, texts.clone()).map(check::find);
    let mut mended = pluto_source::mend(which == Mending::All, check)?;
    let files = mended.program.project.files.iter().map(|(id, file)| (id, file.path()));
    let changes = files.filter_map(|(id, shown)| {
        let (path, (before, after)) = mended.changes.remove_entry(mended.program.key(id)?)?;
        Some(Change { path, shown: shown.to_owned(), before, after })
    });
    let changes = changes.collect();
    let proposed = pluto_source::fixes(&mended.program).count() as u64;
    Ok(Mended { done: mended.done.iter().map(line).collect(), proposed, changes, found: mended.program })
}

/// `a.pluto:3:14: E0007: write `and``.
fn line(Done { path, at: LineColumn { line, column }, code, title }: &Done) -> String {
    format!("{path}:{line}:{column}: {code}: {title}")
}

impl Mended {
    /// How many files change.
    pub(crate) fn files(&self) -> u64 {
        self.changes.len() as u64
    }

    /// What changes, as a unified diff.
    pub(crate) fn diff(&self, colour: Colour) -> String {
        let mut out = String::new();
        for Change { shown, before, after, .. } in &self.changes {
            let diff = TextDiff::from_lines(before.as_str(), after.as_str());
            out += &diff.unified_diff().header(shown, shown).to_string();
        }
        if colour.out { coloured(&out) } else { out }
    }

    /// Writes the files, each whole or not at all. One that somebody has changed since it was read is left alone, with all behind it.
    pub(crate) fn write(&self) -> Result<(), Failure> {
        for Change { path, shown, before, after } in &self.changes {
            if sources::read(path)? != *before {
                return Err(
                    Failure::new(format!("{shown} was changed while Pluto read it")).hint("run it again")
                );
            }
            replace(path, after)?;
        }
        Ok(())
    }
}

/// A diff with colours.
fn coloured(diff: &str) -> String {
    let line = |line: &str| match line.as_bytes().first() {
        Some(b'+') => format!("\x1b[32m{line}\x1b[0m\n"),
        Some(b'-') => format!("\x1b[31m{line}\x1b[0m\n"),
        Some(b'@') => format!("\x1b[36m{line}\x1b[0m\n"),
        _ => format!("{line}\n"),
    };
    diff.lines().map(line).collect()
}
