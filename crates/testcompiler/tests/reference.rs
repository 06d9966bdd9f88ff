//! The chapters of the reference: each block is compiled, and what is found is what the block says.

use std::fmt::Write;
use std::path::PathBuf;

use pluto_testcompiler::run;

/// The chapters, by name.
fn chapters() -> Vec<PathBuf> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    let files = std::fs::read_dir(&directory).expect("the reference is there");
    let mut chapters: Vec<PathBuf> = files.map(|entry| entry.expect("an entry").path()).collect();
    chapters.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    chapters.sort();
    chapters
}

#[test]
fn each_block_gives_what_it_says() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let (mut report, mut programs, mut negative) = (String::new(), 0, 0);
    for path in chapters() {
        let text = std::fs::read_to_string(&path).expect("a chapter is text");
        let outcome = run(&text);
        programs += outcome.programs.0;
        negative += outcome.programs.1;
        let name = path.file_name().unwrap_or_default().display();
        for failure in &outcome.failures {
            writeln!(report, "{name}:{}: {}", failure.line, failure.what).expect("a string takes it");
        }
        if update && outcome.updated != text {
            std::fs::write(&path, outcome.updated).expect("the chapter is written");
        }
    }
    println!("{programs} programs, of which {negative} expect an error");
    assert!(report.is_empty(), "\n{report}UPDATE_EXPECT=1 writes what was found");
}
