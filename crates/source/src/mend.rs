//! Fixes carried out until there is nothing left to mend.
//!
//! In rounds: what can be mended at once is, and the result is checked again. A fix whose diagnostic is still there is taken back, and so
//! are proposals that leave more errors than there were, or more of those of syntax, behind which nothing can be judged. So is a sure fix,
//! unless it takes a mistake of syntax away: then what is behind that is judged for the first time.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use crate::{Code, Diagnostic, Edit, FileId, Files, Fix, Label, LineColumn, Severity, apply};

/// Rounds after which what is left stays.
const ROUNDS_MAX: usize = 64;

/// A program that was checked.
pub trait Mendable {
    /// What tells the texts apart that may be changed.
    type Key: Ord + Clone;

    /// Its files.
    fn files(&self) -> &Files;

    /// What is wrong with it.
    fn diagnostics(&self) -> &[Diagnostic];

    /// The key of a file whose text may be changed.
    fn key(&self, file: FileId) -> Option<&Self::Key>;
}

/// Texts that stand in for those of a program's files.
pub type Texts<P> = BTreeMap<<P as Mendable>::Key, String>;

/// What came of mending.
#[derive(Clone, Debug)]
pub struct Mended<P: Mendable> {
    /// The program as it is afterwards.
    pub program: P,
    /// What was mended, in this order.
    pub done: Vec<Done>,
    /// The texts that changed: as they were, and as they are.
    pub changes: BTreeMap<P::Key, (String, String)>,
}

/// A fix that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The path of the file.
    pub path: String,
    /// Where in it, as it was then.
    pub at: LineColumn,
    /// The code of what was wrong.
    pub code: Code,
    /// What was done.
    pub title: String,
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
struct Round<P: Mendable> {
    /// The texts before it.
    texts: Texts<P>,
    /// How many errors there were before it.
    errors: Errors,
    /// How often each thing was wrong before it.
    wrong: BTreeMap<Wrong, usize>,
    mends: Vec<Mend>,
    /// Whether they are all sure.
    sure: bool,
    /// How much was done before it.
    done: usize,
}

/// Mends a program: `check` gives it with some texts in place of those of its files. Only sure fixes, or all.
pub fn mend<P: Mendable, E>(
    all: bool,
    mut check: impl FnMut(&Texts<P>) -> Result<P, E>,
) -> Result<Mended<P>, E> {
    let (mut texts, mut originals) = (Texts::<P>::new(), Texts::<P>::new());
    let (mut done, mut useless) = (Vec::new(), BTreeSet::new());
    let (mut one_by_one, mut sure_at_once, mut rounds) = (false, usize::MAX, 0);
    let mut last: Option<Round<P>> = None;
    loop {
        let program = check(&texts)?;
        if let Some(round) = last.take() {
            let now = count(&program);
            let as_often = |what: &Wrong| now.get(what) >= round.wrong.get(what);
            let kept = round.mends.iter().filter(|mend| is_there(&program, mend) || as_often(&mend.what));
            let mut kept: Vec<Wrong> = kept.map(|mend| mend.what.clone()).collect();
            let errors = errors(&program);
            let worse = if round.sure { errors > round.errors } else { errors.exceed(round.errors) };
            if worse && round.mends.len() == 1 {
                kept.extend(round.mends.iter().map(|mend| mend.what.clone()));
            }
            if worse || !kept.is_empty() {
                one_by_one |= worse && !round.sure;
                if worse && round.sure {
                    sure_at_once = (round.mends.len() / 2).max(1);
                }
                useless.extend(kept);
                texts = round.texts;
                done.truncate(round.done);
                continue;
            }
        }
        let wanted = |fix: &Fix| fix.sure || all;
        let mut fixes: Vec<(&Diagnostic, &Fix)> = fixes(&program)
            .filter(|(diagnostic, fix)| wanted(fix) && !useless.contains(&wrong(&program, diagnostic)))
            .collect();
        let sure = first(&mut fixes);
        if sure {
            fixes.truncate(sure_at_once);
        } else if one_by_one {
            fixes.truncate(1);
        }
        let fixed = apply(program.files(), fixes.iter().map(|(_, fix)| *fix));
        if fixed.texts.is_empty() || rounds == ROUNDS_MAX {
            return Ok(Mended { program, done, changes: changes(originals, &texts) });
        }
        rounds += 1;
        for place in fixed.left.iter().rev() {
            fixes.remove(*place);
        }
        let mends = mends(&program, &fixes);
        let (errors, wrong) = (errors(&program), count(&program));
        last = Some(Round { texts: texts.clone(), errors, wrong, mends, sure, done: done.len() });
        done.extend(fixes.iter().map(|(diagnostic, fix)| told(&program, diagnostic, fix)));
        for (file, text) in fixed.texts {
            if let (Some(key), Some(file)) = (program.key(file), program.files().get(file)) {
                originals.entry(key.clone()).or_insert_with(|| file.text().to_owned());
                texts.insert(key.clone(), text);
            }
        }
    }
}

/// The fixes that may be carried out: all of whose edits are in texts that may be changed.
pub fn fixes<P: Mendable>(program: &P) -> impl Iterator<Item = (&Diagnostic, &Fix)> {
    let own = |fix: &Fix| fix.edits.iter().all(|edit| program.key(edit.place.file).is_some());
    let fixes =
        program.diagnostics().iter().filter_map(|diagnostic| Some((diagnostic, diagnostic.fix.as_ref()?)));
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

/// How many errors there are, those of syntax before all.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Errors {
    of_syntax: usize,
    all: usize,
}

impl Errors {
    /// Whether there are more than there were, of the one kind or of both.
    fn exceed(self, before: Self) -> bool {
        self.all > before.all || self.of_syntax > before.of_syntax
    }
}

fn errors<P: Mendable>(program: &P) -> Errors {
    let errors = program.diagnostics().iter().filter(|found| found.code.severity == Severity::Error);
    Errors {
        all: errors.clone().count(),
        of_syntax: errors.filter(|found| found.code.is_of_syntax()).count(),
    }
}

fn wrong<P: Mendable>(program: &P, diagnostic: &Diagnostic) -> Wrong {
    let place = diagnostic.primary.place;
    let file = program.files().get(place.file);
    let (path, text) = file.map_or(("", ""), |file| (file.path(), place.span.of(file.text())));
    (path.to_owned(), diagnostic.code.number, diagnostic.message.clone(), text.to_owned())
}

fn count<P: Mendable>(program: &P) -> BTreeMap<Wrong, usize> {
    let mut count = BTreeMap::new();
    for diagnostic in program.diagnostics() {
        *count.entry(wrong(program, diagnostic)).or_default() += 1;
    }
    count
}

/// What these fixes are for, and where that would be once all of them are carried out.
fn mends<P: Mendable>(program: &P, fixes: &[(&Diagnostic, &Fix)]) -> Vec<Mend> {
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
        Mend { what: wrong(program, diagnostic), begins: begins..=begins + inserted }
    };
    fixes.iter().map(mend).collect()
}

/// Whether the same is still wrong at the same place.
fn is_there<P: Mendable>(program: &P, mend: &Mend) -> bool {
    let (path, code, message, _) = &mend.what;
    program.diagnostics().iter().any(|other| {
        let place = other.primary.place;
        let same = other.code.number == *code && other.message == *message;
        same && mend.begins.contains(&i64::from(place.span.start))
            && program.files().get(place.file).is_some_and(|file| file.path() == path)
    })
}

fn told<P: Mendable>(program: &P, diagnostic: &Diagnostic, fix: &Fix) -> Done {
    let place = diagnostic.primary.place;
    let file = program.files().get(place.file);
    let at = file.map_or(LineColumn { line: 1, column: 1 }, |file| file.line_column(place.span.start));
    let path = file.map_or_else(String::new, |file| file.path().to_owned());
    Done { path, at, code: diagnostic.code, title: fix.title.clone() }
}

/// The texts that are not as they were.
fn changes<K: Ord>(
    originals: BTreeMap<K, String>,
    texts: &BTreeMap<K, String>,
) -> BTreeMap<K, (String, String)> {
    let both = originals.into_iter().filter_map(|(key, before)| {
        let after = texts.get(&key)?.clone();
        (before != after).then_some((key, (before, after)))
    });
    both.collect()
}
