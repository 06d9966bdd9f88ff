//! `pluto check --fix`: fixes carried out on the files they are for.
//!
//! In rounds: what can be mended at once is, in memory, and the result is checked again. A fix whose diagnostic is still there is taken
//! back, and so are proposals that leave more errors than there were. Nothing is written before the end.

use crate::args::Mending;
use crate::commands::check::{self, Found};
use crate::commands::fmt::replace;
use crate::failure::Failure;
use crate::output::Colour;
use crate::project::{Project, Texts};
use crate::sources;
use pluto_source::{Diagnostic, Edit, Fix, Label, LineColumn, Severity};
use similar::TextDiff;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// Rounds after which what is left stays: fixes may undo each other.
const ROUNDS_MAX: usize = 64;

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

/// What is wrong, wherever in its file: the path, the code, the message, and the text that it is about.
type Wrong = (String, u16, String, String);

/// What was mended in a round.
struct Mend {
    what: Wrong,
    /// Where it would begin now, if it were still there: an insertion at its place may stand before it or behind.
    begins: RangeInclusive<i64>,
}

/// A round.
struct Round {
    /// The texts before it.
    texts: Texts,
    /// How many errors there were before it.
    errors: usize,
    mends: Vec<Mend>,
    /// Whether they are all sure.
    sure: bool,
    /// How much was done before it.
    done: usize,
}

/// Mends what is named, in memory.
pub(crate) fn mend(named: &[sources::Found], which: Mending) -> Result<Mended, Failure> {
    let (mut texts, mut done, mut originals) = (Texts::new(), Vec::new(), Texts::new());
    let mut useless = BTreeSet::new();
    let (mut one_by_one, mut rounds) = (false, 0);
    let mut last: Option<Round> = None;
    loop {
        let found = check::find(Project::load(named, texts.clone())?);
        if let Some(round) = last.take() {
            let kept = round.mends.iter().filter(|mend| is_there(&found, mend));
            let mut kept: Vec<Wrong> = kept.map(|mend| mend.what.clone()).collect();
            let worse = !round.sure && errors(&found) > round.errors;
            if worse && one_by_one {
                kept.extend(round.mends.iter().map(|mend| mend.what.clone()));
            }
            if worse || !kept.is_empty() {
                one_by_one |= worse;
                useless.extend(kept);
                texts = round.texts;
                done.truncate(round.done);
                continue;
            }
        }
        let wanted = |fix: &Fix| fix.sure || which == Mending::All;
        let mut fixes: Vec<(&Diagnostic, &Fix)> = candidates(&found)
            .filter(|(diagnostic, fix)| wanted(fix) && !useless.contains(&wrong(&found, diagnostic)))
            .collect();
        let sure = first(&mut fixes);
        if one_by_one && !sure {
            fixes.truncate(1);
        }
        let fixed = pluto_source::apply(&found.project.files, fixes.iter().map(|(_, fix)| *fix));
        if fixed.texts.is_empty() || rounds == ROUNDS_MAX {
            let proposed = candidates(&found).count() as u64;
            let changes = changes(&found, originals, &texts);
            return Ok(Mended { found, done, proposed, changes });
        }
        rounds += 1;
        for place in fixed.left.iter().rev() {
            fixes.remove(*place);
        }
        let mends = mends(&found, &fixes);
        last = Some(Round { texts: texts.clone(), errors: errors(&found), mends, sure, done: done.len() });
        done.extend(fixes.iter().map(|(diagnostic, fix)| line(&found, diagnostic, fix)));
        for (file, text) in fixed.texts {
            if let (Some(path), Some(file)) = (found.project.own_path(file), found.project.files.get(file)) {
                originals.entry(path.to_owned()).or_insert_with(|| file.text().to_owned());
                texts.insert(path.to_owned(), text);
            }
        }
    }
}

/// The fixes that may be carried out: all of whose edits are in files that were asked for.
fn candidates(found: &Found) -> impl Iterator<Item = (&Diagnostic, &Fix)> {
    let own = |fix: &Fix| fix.edits.iter().all(|edit| found.project.own_path(edit.place.file).is_some());
    let fixes =
        found.diagnostics.iter().filter_map(|diagnostic| Some((diagnostic, diagnostic.fix.as_ref()?)));
    fixes.filter(move |(_, fix)| own(fix))
}

/// Keeps the fixes that come first: the sure ones, else those for errors, of which a warning may be a consequence. Says whether they
/// are sure.
fn first(fixes: &mut Vec<(&Diagnostic, &Fix)>) -> bool {
    let is_error = |diagnostic: &Diagnostic| diagnostic.code.severity == Severity::Error;
    let sure = fixes.iter().any(|(_, fix)| fix.sure);
    if sure {
        fixes.retain(|(_, fix)| fix.sure);
    } else if fixes.iter().any(|(diagnostic, _)| is_error(diagnostic)) {
        fixes.retain(|(diagnostic, _)| is_error(diagnostic));
    }
    sure
}

fn errors(found: &Found) -> usize {
    found.diagnostics.iter().filter(|found| found.code.severity == Severity::Error).count()
}

fn wrong(found: &Found, diagnostic: &Diagnostic) -> Wrong {
    let place = diagnostic.primary.place;
    let file = found.project.files.get(place.file);
    let (path, text) = file.map_or(("", ""), |file| (file.path(), place.span.of(file.text())));
    (path.to_owned(), diagnostic.code.number, diagnostic.message.clone(), text.to_owned())
}

/// What these fixes are for, and where that would be once all of them are carried out.
fn mends(found: &Found, fixes: &[(&Diagnostic, &Fix)]) -> Vec<Mend> {
    let mut edits: Vec<&Edit> = fixes.iter().flat_map(|(_, fix)| &fix.edits).collect();
    edits.sort_by_key(|edit| edit.place);
    let grown = |edit: &&Edit| edit.text.len() as i64 - i64::from(edit.place.span.len());
    let mend = |(diagnostic, _): &(&Diagnostic, &Fix)| {
        let Label { place, .. } = diagnostic.primary;
        let before =
            |edit: &&&Edit| edit.place.file == place.file && edit.place.span.start < place.span.start;
        let at = |edit: &&&Edit| edit.place.file == place.file && edit.place.span.start == place.span.start;
        let begins = i64::from(place.span.start) + edits.iter().filter(before).map(grown).sum::<i64>();
        let inserted = edits.iter().filter(at).map(|edit| edit.text.len() as i64).sum::<i64>();
        Mend { what: wrong(found, diagnostic), begins: begins..=begins + inserted }
    };
    fixes.iter().map(mend).collect()
}

/// Whether the same is still wrong at the same place.
fn is_there(found: &Found, mend: &Mend) -> bool {
    let (path, code, message, _) = &mend.what;
    found.diagnostics.iter().any(|other| {
        let place = other.primary.place;
        let same = other.code.number == *code && other.message == *message;
        same && mend.begins.contains(&i64::from(place.span.start))
            && found.project.files.get(place.file).is_some_and(|file| file.path() == path)
    })
}

/// `a.pluto:3:14: E0007: write `and``.
fn line(found: &Found, diagnostic: &Diagnostic, fix: &Fix) -> String {
    let place = diagnostic.primary.place;
    let file = found.project.files.get(place.file);
    let (path, LineColumn { line, column }) = file.map_or(("", LineColumn { line: 1, column: 1 }), |file| {
        (file.path(), file.line_column(place.span.start))
    });
    format!("{path}:{line}:{column}: {}: {}", diagnostic.code, fix.title)
}

/// The files that are not as they were, in the order of the project's.
fn changes(found: &Found, mut originals: Texts, texts: &Texts) -> Vec<Change> {
    let ids = found.project.files.iter().map(|(id, file)| (id, file.path()));
    ids.filter_map(|(id, shown)| {
        let path = found.project.own_path(id)?;
        let (before, after) = (originals.remove(path)?, texts.get(path)?.clone());
        (before != after).then(|| Change { path: path.to_owned(), shown: shown.to_owned(), before, after })
    })
    .collect()
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
