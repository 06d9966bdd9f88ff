//! `cargo xtask memcheck`: the sample programs of `examples/pluto`, built for one worker and for two, under valgrind: no read or write of
//! what is not theirs, nothing used before it was written, nothing lost.
//!
//! No error is suppressed. `--max-stackframe` stays as it is: a larger one has valgrind take a switch from one task's stack to another's for
//! a call, and forget what is on them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, IoContext, Result};
use crate::{apt, pluto, run, workspace};

/// The exit status that says that valgrind found something.
const FOUND: i32 = 9;

/// `cargo xtask memcheck`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    if let Some(unknown) = arguments.first() {
        return Err(Error::Usage(format!("`memcheck` takes no argument, and was given `{unknown}`")));
    }
    if !run::on_path("valgrind") {
        apt::install(&["valgrind", "libc6-dbg"], "looking at the memory of built programs")?;
    }
    let pluto = pluto::build()?;
    let into = workspace::target().join("memcheck");
    fs::create_dir_all(&into).at("create", &into)?;
    let mut failed = Vec::new();
    for example in examples()? {
        for workers in ["1", "2"] {
            let name = example.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
            let built = into.join(&*name);
            let mut build = run::command(&pluto, ["build", "--workers", workers, "-o"]);
            run::capture(build.arg(&built).arg(&example))?;
            let found = watched(&built)?;
            println!("{name:<24} {workers} {}", if found.is_empty() { "clean" } else { "FAILED" });
            if !found.is_empty() {
                println!("{found}");
                failed.push(format!("{name} with {workers}"));
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Error::Steps { failed }) }
}

/// The sample programs that can be run.
fn examples() -> Result<Vec<PathBuf>> {
    let mut runnable = Vec::new();
    for path in workspace::files("examples/pluto", "pluto")? {
        let text = fs::read_to_string(&path).at("read", &path)?;
        if text.lines().any(|line| line.starts_with("fn main(")) {
            runnable.push(path);
        }
    }
    Ok(runnable)
}

/// What valgrind says of a program; nothing where all is well.
fn watched(program: &Path) -> Result<String> {
    let mut valgrind = run::command("valgrind", ["--quiet", "--leak-check=full"]);
    valgrind.args(["--show-leak-kinds=definite", "--errors-for-leak-kinds=definite"]);
    valgrind.arg(format!("--error-exitcode={FOUND}")).arg(program);
    let output = run::output(&mut valgrind)?;
    if output.status.success() {
        return Ok(String::new());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok(format!("{}\n{said}", output.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_programs_to_look_at() {
        assert!(examples().unwrap().len() > 15);
    }
}
