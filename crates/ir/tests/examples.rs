//! What the programs in `examples/pluto` print, or what they need that cannot be lowered yet.

#[path = "support/ways.rs"]
mod ways;

use std::fmt::Write as _;
use std::path::Path;

use expect_test::expect_file;
use pluto_ir::interpret::{Limits, Outcome};
use pluto_testcompiler::TestCompiler;
use ways::each_way;

/// What a program prints and how it ends.
fn printed(text: &str) -> String {
    let checked = TestCompiler::new(text).check();
    let Some(main) = pluto_ir::mains(&checked.program).next() else { return "no `main`\n".to_owned() };
    let lowered = match pluto_ir::lower(&checked.program, main) {
        Ok(lowered) => lowered,
        Err(missing) => return format!("needs {}\n", missing.what),
    };
    assert_eq!(pluto_ir::verify(&lowered), Vec::<String>::new());
    let (ended, heard) = each_way(&lowered, Limits::default(), 0);
    let mut out: String = heard.text.lines().map(|line| format!("  {line}\n")).collect();
    if ended != Outcome::Finished {
        // Writing to a string cannot fail.
        let _infallible = writeln!(out, "{ended:?}");
    }
    out
}

#[test]
fn examples() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/pluto");
    let mut paths: Vec<_> = std::fs::read_dir(dir)
        .expect("the folder of examples")
        .map(|entry| entry.expect("an example").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "pluto"))
        .collect();
    paths.sort();
    let mut all = String::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("an example");
        let name = path.file_name().expect("a file").to_string_lossy();
        all.push_str(&format!("{name}\n{}", printed(&text)));
    }
    expect_file!["examples.txt"].assert_eq(&all);
}
