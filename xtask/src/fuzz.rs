//! `cargo xtask fuzz`: builds the fuzz targets of `fuzz/` and runs each a fixed number of times.
//!
//! The flags are those of libFuzzer's instrumentation, so that no cargo-fuzz is needed; `RUSTC_BOOTSTRAP` lets the
//! stable compiler accept them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::error::{Error, IoContext, Result};
use crate::test::{cargo_in, instrumented_target};
use crate::{run, workspace};

/// How a target is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limits {
    /// Executions unless the user says otherwise.
    runs: u64,
    /// No single input may take longer, seconds.
    input_s: u32,
    /// Resident memory over which an input counts as a crash, MiB.
    memory_mib: u32,
    /// Whether libFuzzer weighs the inputs of its corpus by how rare their features are. Of a compiler each input has tens of
    /// thousands, and two thirds of the time go into that.
    entropic: bool,
}

/// Targets of the language: they run whole programs, some thousand a second at most, and none of them may be slow or large.
const LANGUAGE: [&str; 4] = ["check", "format", "lex", "parse"];

impl Limits {
    fn of(target: &str) -> Self {
        if LANGUAGE.contains(&target) {
            let runs = if target == "lex" { 200_000 } else { 20_000 };
            Self { runs, input_s: 1, memory_mib: 500, entropic: false }
        } else {
            Self { runs: 200_000, input_s: 10, memory_mib: 2_048, entropic: true }
        }
    }
}

/// What AddressSanitizer leaves out for targets of the language, which have no unsafe code of their own. It keeps what is freed for a
/// while, by default 256 MiB of it: that would be most of the memory that is measured. Stacks of allocations, frames kept behind
/// their return and filled memory take a third of the time.
const SANITIZER: &str =
    "quarantine_size_mb=16:malloc_context_size=0:detect_stack_use_after_return=0:max_malloc_fill_size=0";

const INSTRUMENTED: &str = "--cfg fuzzing -Zsanitizer=address -Cdebug-assertions -Ccodegen-units=1 \
    -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    /// Executions per target; nothing is what suits each.
    runs: Option<u64>,
    /// Processes that share the executions of a target.
    jobs: u64,
    /// Whether the table goes into the document.
    write: bool,
    targets: Vec<String>,
}

/// `cargo xtask fuzz [TARGET…] [--runs N] [--jobs N] [--write]`.
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
    let rows: Result<Vec<String>> =
        chosen.iter().map(|name| Ok(run_target(name, options.runs, options.jobs)?.row(name))).collect();
    let rows = rows?;
    println!("\n{HEAD}{}", rows.concat());
    if options.write { write("cargo xtask fuzz --write", |table| with_rows(table, &rows)) } else { Ok(()) }
}

/// A table with these rows in the place of those that begin like them.
fn with_rows(table: &str, rows: &[String]) -> String {
    let name = |row: &str| row.split('|').nth(1).map(str::to_owned);
    let old = table.lines().filter(|line| line.starts_with("| ")).skip(2);
    let kept = old.filter(|old| rows.iter().all(|row| name(row) != name(old)));
    let mut all: Vec<String> = kept.map(|line| format!("{line}\n")).chain(rows.iter().cloned()).collect();
    all.sort();
    format!("{HEAD}{}", all.concat())
}

/// Makes of the table of `docs/benchmarks.md` that a command writes another one.
pub(crate) fn write(command: &str, table: impl FnOnce(&str) -> String) -> Result<()> {
    let mark = |what: &str| format!("<!-- written by `{command}`: {what} -->\n");
    let (begin, end) = (mark("begin"), mark("end"));
    let path = workspace::path("docs/benchmarks.md");
    let text = fs::read_to_string(&path).at("read", &path)?;
    let parts = text.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?)));
    let Some((before, (old, after))) = parts else {
        return Err(Error::Unexpected {
            what: format!("expected the two lines around the table in {}", path.display()),
            found: "not both of them".to_owned(),
        });
    };
    fs::write(&path, format!("{before}{begin}\n{}\n{end}{after}", table(old))).at("write", &path)
}

/// One target, by so many processes, which hand each other what is new by its corpus.
fn run_target(name: &str, runs: Option<u64>, jobs: u64) -> Result<Reached> {
    let runs = runs.unwrap_or(Limits::of(name).runs);
    println!("fuzzing `{name}`: {runs} executions");
    std::thread::scope(|scope| {
        let share = runs.div_ceil(jobs);
        let running: Vec<_> = (0..jobs).map(|_| scope.spawn(move || run_process(name, share))).collect();
        running.into_iter().try_fold(Reached::default(), |reached, one| {
            let said = one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            Ok(reached.with(Reached::of(&said)))
        })
    })
}

/// One process: its own corpus, which libFuzzer extends, then the seeds that the repository keeps. Gives what it said at its end.
fn run_process(name: &str, runs: u64) -> Result<String> {
    let limits = Limits::of(name);
    let corpus = workspace::path("fuzz/corpus").join(name);
    let artifacts = workspace::path("fuzz/artifacts").join(name);
    for directory in [&corpus, &artifacts] {
        fs::create_dir_all(directory).at("create", directory)?;
    }
    let program = workspace::path("target/fuzz").join(instrumented_target()).join("release").join(name);
    let mut command = run::command(
        &program,
        [
            format!("-runs={runs}"),
            format!("-timeout={}", limits.input_s),
            format!("-rss_limit_mb={}", limits.memory_mib),
            format!("-artifact_prefix={}/", artifacts.display()),
            format!("-entropic={}", u8::from(limits.entropic)),
            "-print_final_stats=1".to_owned(),
            // Names of functions that are new are looked up by another program, which takes longer than the run.
            "-print_funcs=0".to_owned(),
        ],
    );
    if LANGUAGE.contains(&name) {
        command.env("ASAN_OPTIONS", SANITIZER).arg("-detect_leaks=0");
    }
    command.arg(&corpus);
    let seeds = workspace::path("fuzz/seeds").join(name);
    if seeds.is_dir() {
        command.arg(seeds);
    }
    let mut child = command.stderr(Stdio::piped()).spawn().at("start", &program)?;
    let mut kept = String::new();
    for line in child.stderr.take().into_iter().flat_map(|said| BufReader::new(said).split(b'\n')) {
        let line = line.at("read what is said by", &program)?;
        let line = String::from_utf8_lossy(&line);
        if !is_step(&line) {
            eprintln!("{line}");
            kept.push_str(&line);
            kept.push('\n');
        }
    }
    let status = child.wait().at("wait for", &program)?;
    if status.success() {
        return Ok(kept);
    }
    // What it said was shown.
    Err(Error::Failed { command: run::spelled(&command), status: status.to_string(), output: String::new() })
}

/// Whether a line tells of one input that was added to the corpus, or of one text that inputs were made with: there are thousands.
fn is_step(line: &str) -> bool {
    let kept = ["INITED", "pulse", "DONE"].iter().any(|kept| line.contains(kept));
    line.starts_with('"') || line.starts_with('#') && !kept
}

const HEAD: &str = "| target | executions | a second | edges | features | corpus | memory | past the parser |\n\
    | --- | --- | --- | --- | --- | --- | --- | --- |\n";

/// What a target reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Reached {
    executions: u64,
    a_second: u64,
    edges: u64,
    features: u64,
    /// Inputs of the corpus.
    corpus: u64,
    /// The most of memory, MiB.
    memory: u64,
    /// How many programs got past the parser, and of how many; zeros of what is no program.
    parsed: (u64, u64),
}

impl Reached {
    /// From what a run said at its end.
    fn of(said: &str) -> Self {
        let last = |wanted: &str| said.lines().rev().find(|line| line.contains(wanted)).unwrap_or_default();
        let behind = |line: &str, mark: &str| {
            let rest = line.split_once(mark).map_or("", |(_, rest)| rest);
            let digits = rest.trim_start().split(|digit: char| !digit.is_ascii_digit()).next();
            digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
        };
        let done = last("DONE");
        let stat = |name: &str| behind(last(name), name);
        let parsed = last("past the parser: ");
        Self {
            executions: stat("stat::number_of_executed_units:"),
            a_second: stat("stat::average_exec_per_sec:"),
            edges: behind(done, "cov:"),
            features: behind(done, "ft:"),
            corpus: behind(done, "corp:"),
            memory: stat("stat::peak_rss_mb:"),
            parsed: (behind(parsed, "parser: "), behind(parsed, " of ")),
        }
    }

    /// What two processes reached that share a corpus.
    fn with(self, other: Self) -> Self {
        Self {
            executions: self.executions + other.executions,
            a_second: self.a_second + other.a_second,
            edges: self.edges.max(other.edges),
            features: self.features.max(other.features),
            corpus: self.corpus.max(other.corpus),
            memory: self.memory.max(other.memory),
            parsed: (self.parsed.0 + other.parsed.0, self.parsed.1 + other.parsed.1),
        }
    }

    /// As a row of the table.
    fn row(&self, name: &str) -> String {
        let parsed = match self.parsed {
            (_, 0) => "–".to_owned(),
            (parsed, of) => format!("{} %", parsed * 100 / of),
        };
        let Self { executions, a_second, edges, features, corpus, memory, .. } = self;
        format!(
            "| {name} | {executions} | {a_second} | {edges} | {features} | {corpus} inputs | {memory} MiB | {parsed} |\n"
        )
    }
}

/// Every file of `fuzz/fuzz_targets` is a target of its name.
fn targets() -> Result<Vec<String>> {
    let files = workspace::files("fuzz/fuzz_targets", "rs")?;
    let names = files.iter().filter_map(|path| path.file_stem());
    Ok(names.map(|stem| stem.to_string_lossy().into_owned()).collect())
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options { runs: None, jobs: 1, write: false, targets: Vec::new() };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == "--runs" {
            let number = words.next().and_then(|number| number.parse().ok());
            options.runs = Some(number.ok_or_else(|| Error::Usage("--runs takes a number".to_owned()))?);
        } else if word == "--jobs" {
            let number =
                words.next().and_then(|number| number.parse().ok()).filter(|jobs| (1..=64).contains(jobs));
            options.jobs =
                number.ok_or_else(|| Error::Usage("--jobs takes a number from 1 to 64".to_owned()))?;
        } else if word == "--write" {
            options.write = true;
        } else {
            options.targets.push(word.clone());
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::{HEAD, Limits, Options, Reached, is_step, parse, with_rows};

    #[test]
    fn arguments() {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(parse(&[]).unwrap(), Options { runs: None, jobs: 1, write: false, targets: vec![] });
        assert_eq!(
            parse(&words("term --runs 5 --jobs 2 --write")).unwrap(),
            Options { runs: Some(5), jobs: 2, write: true, targets: vec!["term".into()] }
        );
        assert!(parse(&words("--runs many")).is_err());
        assert!(parse(&words("--jobs 0")).is_err());
    }

    #[test]
    fn rows_are_replaced() {
        let table = format!("\n{HEAD}| check | 1 |\n| lex | 2 |\n\n");
        let rows = ["| parse | 3 |\n".to_owned(), "| check | 4 |\n".to_owned()];
        assert_eq!(with_rows(&table, &rows), format!("{HEAD}| check | 4 |\n| lex | 2 |\n| parse | 3 |\n"));
    }

    #[test]
    fn a_run_is_a_row() {
        let said = "#1204\tINITED cov: 900 ft: 4000 corp: 800/60Kb exec/s: 602 rss: 90Mb\n\
            #20000\tDONE   cov: 1000 ft: 5000 corp: 900/70Kb lim: 4096 exec/s: 700 rss: 120Mb\n\
            Done 20000 runs in 28 second(s)\n\
            stat::number_of_executed_units: 20000\n\
            stat::average_exec_per_sec:     714\n\
            stat::peak_rss_mb:              121\n\
            past the parser: 9000 of 20000\n";
        assert_eq!(
            Reached::of(said).row("check"),
            "| check | 20000 | 714 | 1000 | 5000 | 900 inputs | 121 MiB | 45 % |\n"
        );
        let both = Reached::of(said).with(Reached {
            executions: 5,
            edges: 7,
            parsed: (0, 20_000),
            ..Reached::of(said)
        });
        assert_eq!(
            both.row("check"),
            "| check | 20005 | 1428 | 1000 | 5000 | 900 inputs | 121 MiB | 22 % |\n"
        );
        assert!(Reached::default().row("lex").ends_with("| – |\n"));
        assert!(is_step("#17\tNEW    cov: 1") && is_step("\"else\" # Uses: 3") && !said.lines().any(is_step));
    }

    #[test]
    fn the_language_has_narrow_limits() {
        let language = Limits { runs: 20_000, input_s: 1, memory_mib: 500, entropic: false };
        assert_eq!(Limits::of("check"), language);
        assert_eq!(Limits::of("term_decode").memory_mib, 2_048);
    }
}
