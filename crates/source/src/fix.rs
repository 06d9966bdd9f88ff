//! Fixes carried out on the text.

use crate::{Edit, FileId, Files, Fix};

/// What came of carrying out fixes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fixed {
    /// The files that changed, with their whole new text, in the order of their ids.
    pub texts: Vec<(FileId, String)>,
    /// The fixes that were left out, by their place in what was given: an edit of theirs overlaps one of a fix before it, or
    /// stands outside of its file.
    pub left: Vec<usize>,
}

/// Carries out fixes, each whole or not at all, in this order.
pub fn apply<'a>(files: &Files, fixes: impl IntoIterator<Item = &'a Fix>) -> Fixed {
    // In order of their places, and at one place in the order in which they were given.
    let mut taken: Vec<&Edit> = Vec::new();
    let mut left = Vec::new();
    for (number, fix) in fixes.into_iter().enumerate() {
        let edits = edits_in_order(files, fix).filter(|edits| edits.iter().all(|edit| is_free(&taken, edit)));
        if let Some(edits) = edits {
            for edit in edits {
                let at = taken.partition_point(|other| other.place <= edit.place);
                taken.insert(at, edit);
            }
        } else {
            left.push(number);
        }
    }
    Fixed { texts: rewrite(files, &taken), left }
}

/// The edits of a fix in the order of their places; nothing where they cannot all be made.
pub(crate) fn edits_in_order<'a>(files: &Files, fix: &'a Fix) -> Option<Vec<&'a Edit>> {
    let mut edits: Vec<&Edit> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| edit.place);
    let alone = edits.windows(2).all(|pair| matches!(pair, [one, two] if !clash(one, two, true)));
    (alone && edits.iter().all(|edit| stands(files, edit))).then_some(edits)
}

/// Whether an edit is about whole characters of a file that is there.
fn stands(files: &Files, edit: &Edit) -> bool {
    let span = edit.place.span;
    files
        .get(edit.place.file)
        .is_some_and(|file| file.text().get(span.start as usize..span.end as usize).is_some())
}

/// Whether no edit of another fix is at the same place.
fn is_free(taken: &[&Edit], edit: &Edit) -> bool {
    let at = taken.partition_point(|other| other.place <= edit.place);
    let before = at.checked_sub(1).and_then(|before| taken.get(before));
    !before.is_some_and(|before| clash(before, edit, false))
        && !taken.get(at).is_some_and(|after| clash(edit, after, false))
}

/// Whether two edits, the first of which does not begin after the second, cannot both be made. Two insertions at one place
/// have an order only where one fix asks for both.
fn clash(first: &Edit, second: &Edit, same_fix: bool) -> bool {
    let (one, two) = (first.place.span, second.place.span);
    first.place.file == second.place.file
        && (one.end > two.start || (one == two && one.is_empty() && !same_fix))
}

fn rewrite(files: &Files, edits: &[&Edit]) -> Vec<(FileId, String)> {
    let of_one_file = edits.chunk_by(|one, two| one.place.file == two.place.file);
    let changed = of_one_file.filter_map(|edits| {
        let file = edits.first()?.place.file;
        let text = files.get(file)?.text();
        let mut new = String::with_capacity(text.len());
        let mut done = 0;
        for edit in edits {
            new += text.get(done..edit.place.span.start as usize).unwrap_or_default();
            new += &edit.text;
            done = edit.place.span.end as usize;
        }
        new += text.get(done..).unwrap_or_default();
        Some((file, new))
    });
    changed.filter(|(file, new)| files.get(*file).is_some_and(|file| file.text() != new)).collect()
}
