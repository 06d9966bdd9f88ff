//! The sample programs: each is right as it stands.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

use pluto_testcompiler::TestCompiler;

/// The programs, by name.
fn programs() -> Vec<(String, String)> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/pluto");
    let files = std::fs::read_dir(&directory).expect("the examples are there");
    let paths = files.map(|entry| entry.expect("an entry").path());
    let mut programs: Vec<(String, String)> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "pluto"))
        .map(|path| {
            let name = path.file_name().unwrap_or_default().display().to_string();
            (name, std::fs::read_to_string(&path).expect("a program is text"))
        })
        .collect();
    programs.sort();
    programs
}

#[test]
fn they_check_without_an_error_or_a_warning() {
    let mut report = String::new();
    for (name, text) in programs() {
        let checked = TestCompiler::of_files([(name, text)]).check();
        write!(report, "{}", checked.shown()).expect("a string takes it");
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn they_are_in_the_one_style() {
    for (name, text) in programs() {
        assert_eq!(pluto_syntax::format(&text).as_deref(), Ok(text.as_str()), "{name}");
    }
}

#[test]
fn there_are_fifteen_of_a_size_that_can_be_read() {
    let sizes: Vec<(String, usize)> =
        programs().into_iter().map(|(name, text)| (name, text.lines().count())).collect();
    assert!(sizes.len() >= 15, "{sizes:?}");
    let odd: Vec<_> = sizes.iter().filter(|(_, lines)| !(30..=250).contains(lines)).collect();
    assert!(odd.is_empty(), "{odd:?}");
}

#[test]
fn the_list_names_each() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/pluto/README.md");
    let list = std::fs::read_to_string(path).expect("the list is there");
    let named: BTreeSet<&str> =
        list.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let programs = programs();
    assert_eq!(named, programs.iter().map(|(name, _)| name.as_str()).collect());
}
