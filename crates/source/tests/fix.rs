//! Fixes carried out: order, overlaps, several files.

use expect_test::expect;
use pluto_source::{Edit, File, FileId, Files, Fix, Span, apply};
use proptest::prelude::*;

/// Edits as `(file, start, end, text)`.
type Row<'a> = (u32, u32, u32, &'a str);

fn fix(edits: &[Row<'_>]) -> Fix {
    let edit = |&(file, start, end, text): &Row<'_>| Edit {
        place: Span::new(start, end).in_file(FileId(file)),
        text: text.to_owned(),
    };
    Fix::sure("mend it", edits.iter().map(edit).collect())
}

fn check(fixes: &[&[Row<'_>]]) -> String {
    let mut files = Files::new();
    files.add(File::new("a", "0123456789"));
    files.add(File::new("b", "äöü"));
    let fixes: Vec<Fix> = fixes.iter().map(|edits| fix(edits)).collect();
    let fixed = apply(&files, &fixes);
    let texts: Vec<String> = fixed.texts.iter().map(|(id, text)| format!("{}={text}", id.0)).collect();
    format!("{} left {:?}\n", texts.join(" "), fixed.left)
}

#[test]
fn fixes_are_whole_or_left_out() {
    let shown = [
        check(&[]),
        check(&[&[(0, 2, 4, "x")], &[(0, 4, 5, "y")], &[(0, 4, 4, "|")]]),
        // The first wins; of the second nothing is done, in no file.
        check(&[&[(0, 2, 6, "x")], &[(1, 0, 2, "a"), (0, 5, 7, "y")]]),
        check(&[&[(0, 2, 6, "x")], &[(0, 4, 4, "inside")], &[(0, 6, 6, "after")], &[(0, 2, 2, "before")]]),
        // Two insertions at one place: of one fix in its order, of two fixes only the first.
        check(&[&[(0, 3, 3, "("), (0, 3, 3, "[")], &[(0, 3, 3, "late")]]),
        check(&[&[(0, 8, 9, "x"), (0, 1, 2, "y")]]),
        // Overlaps within a fix, half a character, behind the end, no such file.
        check(&[&[(0, 1, 3, "x"), (0, 2, 4, "y")], &[(1, 1, 2, "x")], &[(0, 9, 11, "x")], &[(7, 0, 0, "x")]]),
        // What changes nothing is no change.
        check(&[&[(0, 1, 2, "1")]]),
    ];
    expect![[r#"
         left []
        0=01x|y56789 left []
        0=01x6789 left [1]
        0=01beforexafter6789 left [1]
        0=012([3456789 left [1]
        0=0y234567x9 left []
         left [0, 1, 2, 3]
         left []
    "#]]
    .assert_eq(&shown.concat());
}

proptest! {
    /// The text between the edits stays, and each edit that was made is there.
    #[test]
    fn edits_keep_the_rest(text in "[a-z]{0,30}", places in prop::collection::vec((0u32..31, 0u32..4), 0..8)) {
        let mut files = Files::new();
        let file = files.add(File::new("a", text.as_str()));
        let fixes: Vec<Fix> = places
            .iter()
            .map(|&(start, len)| fix(&[(0, start, start + len, "X")]))
            .collect();
        let fixed = apply(&files, &fixes);
        let new = fixed.texts.first().map_or(text.as_str(), |(_, new)| new.as_str());
        let made: Vec<(u32, u32)> = places
            .iter()
            .enumerate()
            .filter(|(number, _)| !fixed.left.contains(number))
            .map(|(_, place)| *place)
            .collect();
        let taken: u32 = made.iter().map(|(_, len)| len).sum();
        prop_assert_eq!(new.matches('X').count(), made.len());
        prop_assert_eq!(new.len(), text.len() + made.len() - taken as usize);
        let kept: String = text
            .char_indices()
            .filter(|(at, _)| !made.iter().any(|(start, len)| (*start..start + len).contains(&(*at as u32))))
            .map(|(_, c)| c)
            .collect();
        prop_assert_eq!(new.replace('X', ""), kept);
        prop_assert_eq!(files.get(file).map(File::text), Some(text.as_str()));
    }
}
