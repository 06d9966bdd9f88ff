//! `cargo xtask fuzz compile`: random programs through the whole compiler, in each way that there is to run them, against what they must
//! print; and whether mistakes that are planted in the compiler are found so.

mod planted;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, IoContext, Result};
use crate::fuzz::write;
use crate::test::cargo;
use crate::{pluto, run, workspace};
use planted::{ALL, CRATES, Planted, SWITCH};

/// Programs unless the user says otherwise.
const RUNS: u64 = 2_000;
/// Each mistake must be found by so many.
const PLANTED_RUNS: u64 = 10_000;
/// The crate that runs programs.
const RUNNER: &str = "pluto-compilefuzz";
/// Processes side by side, unless there are fewer processors.
const JOBS: usize = 2;

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    runs: Option<u64>,
    seed: u64,
    planted: bool,
    write: bool,
}

/// `cargo xtask fuzz compile [--runs N] [--seed N] [--planted] [--write]`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let options = parse(arguments)?;
    if options.planted { all_planted(&options) } else { programs(&options) }
}

/// Runs programs until one has a fault, which is made smaller and kept as a regression.
fn programs(options: &Options) -> Result<()> {
    let pluto = pluto::build()?;
    let runner = runner(&workspace::root(), &workspace::target())?;
    let mut command = hunt(&runner, options.runs.unwrap_or(RUNS), options.seed);
    command.arg("--pluto").arg(pluto).arg("--write").arg(workspace::path("tests/regressions"));
    let (said, fine) = heard(&mut command, true)?;
    if !fine {
        return Err(Error::Unexpected {
            what: "expected programs without a fault".to_owned(),
            found: said.lines().next().unwrap_or_default().to_owned(),
        });
    }
    if !options.write {
        return Ok(());
    }
    let table =
        "| programs | seed | built as executables | a second | faults |\n| --- | --- | --- | --- | --- |\n";
    write("cargo xtask fuzz compile --write", |_| format!("{table}{}", row(&said)))
}

/// `N programs from seed S, B built, R a second: no fault` as a row of a table.
fn row(said: &str) -> String {
    let numbers: Vec<&str> = said
        .split([' ', ',', ':', '\n'])
        .filter(|word| word.starts_with(|first: char| first.is_ascii_digit()))
        .collect();
    format!("| {} | 0 |\n", numbers.join(" | "))
}

/// Switches on one mistake after the other, and looks how many programs it takes to find it.
fn all_planted(options: &Options) -> Result<()> {
    let tree = workspace::path("target/planted/tree");
    copy(&tree)?;
    plant(&tree)?;
    let runner = runner(&tree, &workspace::path("target/planted/target"))?;
    let runs = options.runs.unwrap_or(PLANTED_RUNS);
    let (said, fine) = heard(&mut hunt(&runner, 100, options.seed), false)?;
    if !fine {
        return Err(Error::Unexpected {
            what: "expected no fault where nothing is switched on".to_owned(),
            found: said,
        });
    }
    let mut table = String::from("| planted mistake | found after | by |\n| --- | --- | --- |\n");
    let mut missed = Vec::new();
    for Planted { name, .. } in ALL {
        let (said, fine) = heard(hunt(&runner, runs, options.seed).env("PLUTO_PLANTED", name), false)?;
        let (after, by) = match found(&said) {
            Some((after, kind)) if !fine => (format!("{after} programs"), kind),
            _ => {
                missed.push(*name);
                (format!("not by {runs} programs"), String::new())
            }
        };
        println!("{name}: {after}, {by}");
        table.push_str(&format!("| {name} | {after} | {by} |\n"));
    }
    if options.write {
        write("cargo xtask fuzz compile --planted --write", |_| table)?;
    }
    if missed.is_empty() {
        return Ok(());
    }
    Err(Error::Unexpected {
        what: format!("expected each planted mistake found by {runs} programs"),
        found: format!("not so: {}", missed.join(", ")),
    })
}

/// `fault after N programs, seed S: KIND`.
fn found(said: &str) -> Option<(u64, String)> {
    let said = said.lines().next()?.strip_prefix("fault after ")?;
    let (after, rest) = said.split_once(' ')?;
    let (_, kind) = rest.split_once(": ")?;
    Some((after.parse().ok()?, kind.replace('|', "\\|")))
}

/// Builds the program that runs programs.
fn runner(root: &Path, target: &Path) -> Result<PathBuf> {
    let mut build = cargo(["build", "--locked", "--profile", "fuzzing", "--package", RUNNER]);
    run::show(build.current_dir(root).env("CARGO_TARGET_DIR", target))?;
    Ok(target.join("fuzzing").join(RUNNER))
}

fn hunt(runner: &Path, runs: u64, seed: u64) -> Command {
    let jobs = std::thread::available_parallelism().map_or(1, |most| most.get().min(JOBS));
    run::command(
        runner,
        ["--runs", &runs.to_string(), "--seed", &seed.to_string(), "--jobs", &jobs.to_string()],
    )
}

/// What the runner says, and whether it found no fault.
fn heard(command: &mut Command, show: bool) -> Result<(String, bool)> {
    let program = PathBuf::from(command.get_program());
    let mut child = command.stdout(Stdio::piped()).spawn().at("start", &program)?;
    let mut said = String::new();
    for line in child.stdout.take().into_iter().flat_map(|said| BufReader::new(said).lines()) {
        let line = line.at("read what is said by", &program)?;
        if show {
            println!("{line}");
        }
        said.push_str(&line);
        said.push('\n');
    }
    let status = child.wait().at("wait for", &program)?;
    match status.code() {
        Some(0) => Ok((said, true)),
        Some(1) => Ok((said, false)),
        _ => Err(Error::Failed { command: run::spelled(command), status: status.to_string(), output: said }),
    }
}

/// All files of the repository, without what is built of them, in another place.
fn copy(tree: &Path) -> Result<()> {
    if tree.exists() {
        fs::remove_dir_all(tree).at("remove", tree)?;
    }
    let mut list = run::command("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let list = run::capture(list.current_dir(workspace::root()))?;
    for file in list.split('\0').filter(|file| !file.is_empty()) {
        let (from, to) = (workspace::path(file), tree.join(file));
        // What was taken away is in the list until that is committed.
        if !from.is_file() {
            continue;
        }
        if let Some(directory) = to.parent() {
            fs::create_dir_all(directory).at("create", directory)?;
        }
        fs::copy(&from, &to).at("copy", &from)?;
    }
    Ok(())
}

/// Makes all mistakes in a copy of the repository.
fn plant(tree: &Path) -> Result<()> {
    for Planted { name, changes } in ALL {
        for change in *changes {
            let path = tree.join(change.file);
            let text = fs::read_to_string(&path).at("read", &path)?;
            if text.matches(change.before).count() != 1 {
                return Err(Error::Unexpected {
                    what: format!("expected once in {}: {}", change.file, change.before),
                    found: "not so: xtask/src/compilefuzz/planted.rs is behind".to_owned(),
                });
            }
            let after = change.after.replace("PLANTED", &format!("crate::planted({name:?})"));
            fs::write(&path, text.replace(change.before, &after)).at("write", &path)?;
        }
    }
    for name in CRATES {
        let path = tree.join(format!("crates/{name}/src/lib.rs"));
        let text = fs::read_to_string(&path).at("read", &path)?;
        fs::write(&path, text + SWITCH).at("write", &path)?;
    }
    Ok(())
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options { runs: None, seed: 0, planted: false, write: false };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut number = || {
            let number = words.next().and_then(|number| number.parse().ok());
            number.ok_or_else(|| Error::Usage(format!("{word} takes a number")))
        };
        match word.as_str() {
            "--runs" => options.runs = Some(number()?),
            "--seed" => options.seed = number()?,
            "--planted" => options.planted = true,
            "--write" => options.write = true,
            _ => {
                return Err(Error::Usage(format!(
                    "`fuzz compile` does not know `{word}`: --runs, --seed, --planted, --write"
                )));
            }
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::{Options, found, parse, row};

    #[test]
    fn arguments() {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let plain = Options { runs: None, seed: 0, planted: false, write: false };
        assert_eq!(parse(&[]).unwrap(), plain);
        let all = Options { runs: Some(5), seed: 7, planted: true, write: true };
        assert_eq!(parse(&words("--runs 5 --seed 7 --planted --write")).unwrap(), all);
        assert!(parse(&words("--runs many")).is_err());
        assert!(parse(&words("term")).is_err());
    }

    #[test]
    fn what_the_runner_says_is_read() {
        let said = "100 programs from seed 7, 2 built, 95.5 a second: no fault\n";
        assert_eq!(row(said), "| 100 | 7 | 2 | 95.5 | 0 |\n");
        let said = "fault after 12 programs, seed 9: in memory\nline 1: `1` in place of `2`\n";
        assert_eq!(found(said), Some((12, "in memory".to_owned())));
        assert_eq!(found("100 programs"), None);
    }
}
