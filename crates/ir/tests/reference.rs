//! Every program in the chapters of the reference that is right is run: it comes to its end, or ends as it says.

#[path = "support/ways.rs"]
mod ways;

use std::fmt::Write as _;
use std::path::Path;

use expect_test::expect;
use pluto_ir::interpret::{Limits, Outcome};
use pluto_testcompiler::{Chapter, Program, TestCompiler};
use ways::each_way;

/// How a program of a chapter ends: nothing where it ends well, or has nothing that is run.
fn ended(program: &Program) -> Vec<String> {
    let files = program.blocks.iter().map(|block| (block.path.clone(), block.source.clone()));
    let checked = TestCompiler::of_files(program.manifests.iter().cloned().chain(files)).check();
    let mains = pluto_ir::mains(&checked.program).map(|main| pluto_ir::lower(&checked.program, main));
    let tests = checked.program.tests.ids().map(|test| pluto_ir::lower_test(&checked.program, test));
    let mut found = Vec::new();
    for lowered in mains.chain(tests) {
        let lowered = match lowered {
            Ok(lowered) => lowered,
            Err(missing) => {
                found.push(format!("needs {}", missing.what));
                continue;
            }
        };
        assert_eq!(pluto_ir::verify(&lowered), Vec::<String>::new());
        let limits = Limits { steps: 10_000_000, ..Limits::default() };
        match each_way(&lowered, limits, 0).0 {
            Outcome::Finished => (),
            Outcome::Trapped(trapped) => found.push(format!("trap: {}", trapped.why)),
            Outcome::Failed(failure) => found.push(format!("error: {}", failure.error)),
            other => found.push(format!("{other:?}")),
        }
    }
    found
}

#[test]
fn every_program_of_the_reference_is_run() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    let files = std::fs::read_dir(directory).expect("the reference is there");
    let mut paths: Vec<_> = files.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    let (mut all, mut told) = (0, String::new());
    for path in paths {
        let chapter = Chapter::read(&std::fs::read_to_string(&path).expect("a chapter is text"));
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for program in chapter.programs.iter().filter(|program| !program.is_wrong()) {
            all += 1;
            for ended in ended(program) {
                // Writing to a string cannot fail.
                let _infallible = writeln!(told, "{name}, {}: {ended}", program.heading);
            }
        }
    }
    assert!(all > 100, "{all}");
    expect![[r#"
        errors, Traits: error: Broken {}
        predicates, What fails: trap: an assertion does not hold
        standard-library, std.net: error: NetError { address: "127.0.0.1:0", problem: Denied, why: "nothing outside of the program can be reached here" }
    "#]]
    .assert_eq(&told);
}
