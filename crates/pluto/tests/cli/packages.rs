//! Packages: what their chapter of the reference says, from the built binary.

use crate::support::{command, files_in};
use pluto_testcompiler::{Chapter, Program, TestCompiler};
use std::path::Path;
use tempfile::TempDir;

fn chapter() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/packages.md");
    std::fs::read_to_string(path).expect("the chapter is there")
}

/// The blocks of console, each with the heading that it is under.
fn consoles(chapter: &str) -> Vec<(String, String)> {
    let (mut heading, mut found) = (String::new(), Vec::new());
    let mut lines = chapter.lines();
    while let Some(line) = lines.next() {
        if let Some(text) = line.strip_prefix("## ") {
            text.clone_into(&mut heading);
        } else if line == "```console" {
            let block = lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n"));
            found.push((heading.clone(), block.collect()));
        }
    }
    found
}

/// The program in a directory.
fn written(program: &Program) -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let blocks = program.blocks.iter().map(|block| (block.path.as_str(), block.source.as_str()));
    let manifests = program.manifests.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    files_in(dir.path(), blocks.chain(manifests));
    dir
}

#[test]
fn what_the_chapter_shows_of_the_binary_is_what_it_says() {
    let chapter = chapter();
    let programs = Chapter::read(&chapter).programs;
    let consoles = consoles(&chapter);
    assert_eq!(consoles.len(), 3);
    for (heading, shown) in consoles {
        let program = programs.iter().rfind(|program| program.heading == heading).expect("a program");
        let dir = written(program);
        let mut said = String::new();
        for line in shown.lines().filter_map(|line| line.strip_prefix("$ pluto ")) {
            let arguments: Vec<&str> = line.split_whitespace().collect();
            let ran = command(&arguments).current_dir(dir.path()).output().expect("the binary runs");
            said += &format!("$ pluto {line}\n");
            said += &String::from_utf8(ran.stdout).expect("UTF-8");
            said += &String::from_utf8(ran.stderr).expect("UTF-8");
        }
        assert_eq!(said, shown, "{heading}");
    }
}

/// What the binary says about a program, a line each, sorted.
fn said_by_the_binary(dir: &Path, package: &str) -> Vec<String> {
    let ran = command(&["check", "--format", "json", package]).current_dir(dir).output().expect("it runs");
    assert_ne!(ran.status.code(), Some(2), "{}", String::from_utf8_lossy(&ran.stderr));
    let lines = String::from_utf8(ran.stdout).expect("UTF-8");
    let said = |line: &str| {
        let found: serde_json::Value = serde_json::from_str(line).expect("it is JSON");
        let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
        let primary = &found["primary"];
        let path = primary["path"].as_str().unwrap_or_default();
        format!("{path}:{}: {} {}", primary["start"]["byte"], text("code"), text("message"))
    };
    let mut said: Vec<String> = lines.lines().map(said).collect();
    said.sort();
    said
}

/// The same from the compiler as the tests have it.
fn said_by_the_compiler(program: &Program) -> Vec<String> {
    let blocks = program.blocks.iter().map(|block| (block.path.clone(), block.source.clone()));
    let checked = TestCompiler::of_files(program.manifests.iter().cloned().chain(blocks)).check();
    let found = checked.diagnostics.iter().map(|found| {
        let place = found.primary.place;
        let path = checked.files.get(place.file).map_or("", |file| file.path());
        format!("{path}:{}: {} {}", place.span.start, found.code, found.message)
    });
    let mut found: Vec<String> = found.collect();
    found.sort();
    found
}

#[test]
fn the_binary_finds_what_the_suite_finds() {
    let chapter = chapter();
    let shown: Vec<String> = consoles(&chapter).into_iter().map(|(heading, _)| heading).collect();
    let programs = Chapter::read(&chapter).programs;
    let mut compared = 0;
    for program in programs.iter().filter(|program| !shown.contains(&program.heading)) {
        let (manifest, _) = program.manifests.first().expect("a program of packages");
        let package = manifest.trim_end_matches("/pluto.toml");
        let dir = written(program);
        assert_eq!(
            said_by_the_binary(dir.path(), package),
            said_by_the_compiler(program),
            "{}",
            program.heading
        );
        compared += 1;
    }
    assert!(compared >= 10, "{compared} programs");
}
