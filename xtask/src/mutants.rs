//! `cargo xtask mutants`: changes one place of a crate at a time and looks whether its tests see it.
//!
//! The mutants are cargo-mutants'. Of all that there are, so many are drawn by a seed, so that a run can be repeated and
//! a fixed share of survivors means the same every time.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::test::cargo;
use crate::{run, workspace};

/// The version that is installed where there is none of it.
const VERSION: &str = "25.3.1";

/// A run fails where the tests see fewer of a hundred mutants.
const KILLED_PERCENT_MIN: usize = 80;

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    package: String,
    /// Packages whose tests ought to see the mutants, beside those of the package itself.
    tested_by: Vec<String>,
    count: usize,
    seed: u64,
}

/// What became of the mutants, by name.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcomes {
    caught: Vec<String>,
    survived: Vec<String>,
    /// Those that no longer end; the tests see that as well.
    endless: Vec<String>,
    /// Those that do not compile. They say nothing.
    unviable: Vec<String>,
}

/// `cargo xtask mutants [--package NAME] [--tested-by NAME]… [--count N] [--seed N]`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let options = parse(arguments)?;
    let program = installed()?;
    let list = run::capture(mutants(&program, &options).arg("--list"))?;
    let all: Vec<&str> = list.lines().collect();
    let drawn = draw(&all, options.count, options.seed);
    println!("{} of {} mutants of {}, seed {}", drawn.len(), all.len(), options.package, options.seed);
    let output = workspace::path("target/mutants");
    let mut command = mutants(&program, &options);
    command.arg("--output").arg(&output).args(["--no-shuffle", "--colors", "never"]);
    for package in &options.tested_by {
        command.args(["--test-package", package]);
    }
    for name in &drawn {
        command.args(["--re", &exactly(name)]);
    }
    // Its status says whether any mutant survived; how many may is decided here.
    let status = run::output(&mut command)?.status;
    let outcomes = outcomes(&output)?;
    report(&outcomes, &status.to_string())
}

fn mutants(program: &PathBuf, options: &Options) -> std::process::Command {
    let mut command = run::command(program, ["mutants", "--package", &options.package]);
    command.current_dir(workspace::root());
    command
}

/// cargo-mutants of our version, in `target/tools`.
fn installed() -> Result<PathBuf> {
    let root = workspace::path("target/tools").join(format!("mutants-{VERSION}"));
    let program = root.join("bin/cargo-mutants");
    if !program.exists() {
        println!("installing cargo-mutants {VERSION} into {}", root.display());
        let mut install = cargo(["install", "cargo-mutants", "--locked", "--version", VERSION, "--root"]);
        run::show(install.arg(&root).env("CARGO_TARGET_DIR", workspace::path("target/tools")))?;
    }
    Ok(program)
}

/// So many of them, in their order, by a seed: those whose mark is smallest.
fn draw<'a>(all: &[&'a str], count: usize, seed: u64) -> Vec<&'a str> {
    let mut marked: Vec<_> =
        all.iter().zip(0_u64..).map(|(name, index)| (mixed(seed ^ mixed(index)), index, *name)).collect();
    marked.sort_unstable();
    marked.truncate(count);
    marked.sort_unstable_by_key(|(_, index, _)| *index);
    marked.into_iter().map(|(_, _, name)| name).collect()
}

/// The finalizer of MurmurHash3: every bit of the number decides about every bit of the result.
fn mixed(mut number: u64) -> u64 {
    number ^= number >> 33;
    number = number.wrapping_mul(0xff51_afd7_ed55_8ccd);
    number ^= number >> 33;
    number = number.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    number ^ (number >> 33)
}

/// A regular expression that matches this text only.
fn exactly(text: &str) -> String {
    let special = |c: char| r"\.+*?()|[]{}^$".contains(c);
    let escaped: String =
        text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect();
    format!("^{escaped}$")
}

/// What cargo-mutants wrote into its four lists.
fn outcomes(output: &std::path::Path) -> Result<Outcomes> {
    let list = |name: &str| -> Result<Vec<String>> {
        let path = output.join("mutants.out").join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
            Err(_) => Err(Error::Unexpected {
                what: format!("expected the outcome of the mutants in {}", path.display()),
                found: "nothing that can be read: the tests fail without a mutant".to_owned(),
            }),
        }
    };
    Ok(Outcomes {
        caught: list("caught.txt")?,
        survived: list("missed.txt")?,
        endless: list("timeout.txt")?,
        unviable: list("unviable.txt")?,
    })
}

fn report(outcomes: &Outcomes, status: &str) -> Result<()> {
    for name in &outcomes.survived {
        println!("survived: {name}");
    }
    let killed = outcomes.caught.len() + outcomes.endless.len();
    let counted = killed + outcomes.survived.len();
    println!(
        "killed {killed} of {counted} ({} of them never ended); {} more did not compile",
        outcomes.endless.len(),
        outcomes.unviable.len()
    );
    if counted > 0 && killed * 100 >= counted * KILLED_PERCENT_MIN {
        return Ok(());
    }
    Err(Error::Unexpected {
        what: format!("expected at least {KILLED_PERCENT_MIN} % of the mutants killed"),
        found: format!("{killed} of {counted}; cargo-mutants ended with {status}"),
    })
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options =
        Options { package: "pluto-check".to_owned(), tested_by: Vec::new(), count: 120, seed: 1 };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().cloned().ok_or_else(|| Error::Usage(format!("{word} takes a value")));
        match word.as_str() {
            "--package" => options.package = value()?,
            "--tested-by" => options.tested_by.push(value()?),
            "--count" => options.count = number(word, &value()?)?,
            "--seed" => options.seed = number(word, &value()?)?,
            _ => {
                return Err(Error::Usage(format!(
                    "`mutants` does not know `{word}`: --package, --tested-by, --count, --seed"
                )));
            }
        }
    }
    if options.tested_by.is_empty() {
        options.tested_by.push(options.package.clone());
    }
    Ok(options)
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T> {
    value.parse().map_err(|_| Error::Usage(format!("{name} takes a number")))
}

#[cfg(test)]
mod tests {
    use super::{Options, draw, exactly, parse};

    #[test]
    fn arguments() {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let options = parse(&words("--package a --tested-by b --tested-by c --count 7 --seed 9")).unwrap();
        let expected = Options {
            package: "a".to_owned(),
            tested_by: vec!["b".to_owned(), "c".to_owned()],
            count: 7,
            seed: 9,
        };
        assert_eq!(options, expected);
        assert_eq!(parse(&[]).unwrap().tested_by, ["pluto-check"]);
        assert!(parse(&words("--count many")).is_err());
        assert!(parse(&words("--package")).is_err());
    }

    #[test]
    fn a_seed_draws_the_same_mutants_in_their_order() {
        let names: Vec<String> = (0..100).map(|n| format!("{n:02}")).collect();
        let all: Vec<&str> = names.iter().map(String::as_str).collect();
        let drawn = draw(&all, 10, 1);
        assert_eq!(drawn, draw(&all, 10, 1));
        assert_ne!(drawn, draw(&all, 10, 2));
        assert!(drawn.is_sorted() && drawn.len() == 10);
        assert_eq!(draw(&all, 1_000, 1), all);
    }

    #[test]
    fn a_name_as_a_regular_expression() {
        assert_eq!(
            exactly("src/a.rs:1:2: replace f -> (u8, bool) with (0, true)"),
            r"^src/a\.rs:1:2: replace f -> \(u8, bool\) with \(0, true\)$"
        );
    }
}
