//! The program that runs programs, as it is called.

use std::process::Command;

fn told(arguments: &[&str]) -> (Option<i32>, String, String) {
    let ran =
        Command::new(env!("CARGO_BIN_EXE_pluto-compilefuzz")).args(arguments).output().expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (ran.status.code(), text(&ran.stdout), text(&ran.stderr))
}

#[test]
fn programs_of_a_seed_are_run_by_two_processes() {
    let (status, out, errors) = told(&["--runs", "40", "--seed", "500", "--jobs", "2"]);
    assert_eq!((status, errors.as_str()), (Some(0), ""), "{out}");
    assert!(out.starts_with("40 programs from seed 500, 0 built, "), "{out}");
    assert!(out.ends_with(" a second: no fault\n"), "{out}");
}

/// What builds executables is missing, which is a fault of the first program that is to be one; it is not made smaller.
#[test]
fn a_fault_is_told_with_its_seed() {
    let (status, out, _) = told(&["--runs", "20", "--seed", "0", "--jobs", "1", "--pluto", "nowhere/pluto"]);
    assert_eq!(status, Some(1), "{out}");
    assert_eq!(out.lines().next(), Some("fault after 8 programs, seed 7: not built"));
}

/// The same, made smaller and written down: every program has that fault, so nothing is left of it.
#[test]
fn a_program_with_a_fault_is_made_smaller_and_written_down() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().to_str().expect("a path");
    let (status, out, _) =
        told(&["--runs", "20", "--jobs", "1", "--pluto", "nowhere/pluto", "--write", path]);
    assert_eq!(status, Some(1), "{out}");
    let written = std::fs::read_to_string(dir.path().join("seed_7.pluto")).expect("it was written");
    let read = pluto_testcompiler::Regression::read(&written);
    assert!(read.about.starts_with("Seed 7: not built.\n"), "{written}");
    let text = &read.files.first().expect("a file").1;
    assert!(text.lines().count() < 20, "{written}");
    assert!(out.ends_with(&format!("{written}\n")), "{out}");
}
