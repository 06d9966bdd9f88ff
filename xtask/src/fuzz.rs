//! `cargo xtask fuzz`: builds the fuzz targets of `fuzz/` and runs each a fixed number of times.
//!
//! The flags are those of libFuzzer's instrumentation, so that no cargo-fuzz is needed; `RUSTC_BOOTSTRAP` lets the
//! stable compiler accept them.

use std::fs;

use crate::error::{Error, IoContext, Result};
use crate::test::{cargo_in, instrumented_target};
use crate::{run, workspace};

/// Executions per target unless the user says otherwise.
const RUNS: u64 = 200_000;

/// The same for targets that run whole programs through the front end, a few hundred a second.
const RUNS_OF_PROGRAMS: u64 = 20_000;
const OF_PROGRAMS: [&str; 3] = ["check", "format", "parse"];

/// No single input may take longer, seconds.
const INPUT_TIMEOUT_S: u32 = 10;

/// Resident memory over which an input counts as a crash, MiB.
const MEMORY_LIMIT_MIB: u32 = 2_048;

const INSTRUMENTED: &str = "--cfg fuzzing -Zsanitizer=address -Cdebug-assertions -Ccodegen-units=1 \
    -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    /// Executions per target; nothing is what suits each.
    runs: Option<u64>,
    targets: Vec<String>,
}

/// `cargo xtask fuzz [TARGET…] [--runs N]`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let options = parse(arguments)?;
    let directory = workspace::path("fuzz");
    let known = targets()?;
    let chosen = if options.targets.is_empty() { known.clone() } else { options.targets };
    if let Some(unknown) = chosen.iter().find(|name| !known.contains(name)) {
        return Err(Error::Usage(format!(
            "there is no fuzz target `{unknown}`: there are {}",
            known.join(", ")
        )));
    }
    let mut build = cargo_in(&directory, "build");
    build.args(["--release", "--bins", "--target", &instrumented_target()]);
    build
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", INSTRUMENTED)
        .env("CARGO_TARGET_DIR", workspace::path("target/fuzz"));
    run::show(&mut build)?;
    let seeds = workspace::path("target/fuzz").join(instrumented_target()).join("release/seeds");
    run::show(run::command(seeds, Vec::<String>::new()).arg(workspace::path("fuzz/corpus")))?;
    for name in &chosen {
        let usual = if OF_PROGRAMS.contains(&name.as_str()) { RUNS_OF_PROGRAMS } else { RUNS };
        run_target(name, options.runs.unwrap_or(usual))?;
    }
    Ok(())
}

/// One target: its own corpus, which libFuzzer extends, then the seeds that the repository keeps.
fn run_target(name: &str, runs: u64) -> Result<()> {
    println!("fuzzing `{name}`: {runs} executions");
    let corpus = workspace::path("fuzz/corpus").join(name);
    let artifacts = workspace::path("fuzz/artifacts").join(name);
    for directory in [&corpus, &artifacts] {
        fs::create_dir_all(directory).at("create", directory)?;
    }
    let program = workspace::path("target/fuzz").join(instrumented_target()).join("release").join(name);
    let mut command = run::command(
        program,
        [
            format!("-runs={runs}"),
            format!("-timeout={INPUT_TIMEOUT_S}"),
            format!("-rss_limit_mb={MEMORY_LIMIT_MIB}"),
            format!("-artifact_prefix={}/", artifacts.display()),
            "-print_final_stats=1".to_owned(),
            "-verbosity=0".to_owned(),
        ],
    );
    command.arg(&corpus);
    let seeds = workspace::path("fuzz/seeds").join(name);
    if seeds.is_dir() {
        command.arg(seeds);
    }
    run::show(&mut command)
}

/// Every file of `fuzz/fuzz_targets` is a target of its name.
fn targets() -> Result<Vec<String>> {
    let directory = workspace::path("fuzz/fuzz_targets");
    let mut names = Vec::new();
    for entry in fs::read_dir(&directory).at("read the fuzz targets in", &directory)? {
        let path = entry.at("read", &directory)?.path();
        if path.extension().is_some_and(|ending| ending == "rs") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options { runs: None, targets: Vec::new() };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == "--runs" {
            let number = words.next().and_then(|number| number.parse().ok());
            options.runs = Some(number.ok_or_else(|| Error::Usage("--runs takes a number".to_owned()))?);
        } else {
            options.targets.push(word.clone());
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::{Options, parse};

    #[test]
    fn arguments() {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(parse(&[]).unwrap(), Options { runs: None, targets: vec![] });
        assert_eq!(
            parse(&words("term --runs 5")).unwrap(),
            Options { runs: Some(5), targets: vec!["term".into()] }
        );
        assert!(parse(&words("--runs many")).is_err());
    }
}
