//! A construct without a chapter does not exist: every kind of node occurs in a block that is right, and every diagnostic in one
//! that is wrong.

use std::collections::BTreeSet;
use std::path::PathBuf;

use pluto_testcompiler::{Chapter, all_kinds, kinds_of};

/// The texts of the chapters.
fn chapters() -> Vec<String> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    let files = std::fs::read_dir(&directory).expect("the reference is there");
    let paths = files.map(|entry| entry.expect("an entry").path());
    let chapters = paths.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    chapters.map(|path| std::fs::read_to_string(path).expect("a chapter is text")).collect()
}

#[test]
fn every_construct_has_a_block_that_is_right() {
    let mut found = BTreeSet::new();
    for chapter in chapters() {
        for program in Chapter::read(&chapter).programs.iter().filter(|program| !program.is_wrong()) {
            for block in &program.blocks {
                found.extend(kinds_of(&pluto_syntax::parse(&block.source).tree.nodes));
            }
        }
    }
    let missing: Vec<_> = all_kinds().into_iter().filter(|kind| !found.contains(kind)).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_diagnostic_has_a_block_that_is_wrong() {
    let text = chapters().concat();
    let codes = pluto_syntax::CODES.iter().chain(pluto_check::CODES);
    let missing: Vec<_> =
        codes.filter(|code| !text.contains(&format!("[{code}]: "))).map(|code| code.name).collect();
    // What would fill pages, and what is not about the text of a file.
    let none = ["strings-too-deep", "nested-too-deep", "too-many-errors", "duplicate-module"];
    assert_eq!(missing, none);
}
