//! `compilefuzz`: random programs through the whole compiler. `cargo xtask fuzz compile` builds and runs it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it tells what it finds on the terminal")]

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use pluto_compilefuzz::{Hunt, child, tape};
use pluto_testcompiler::Regression;
use pluto_testcompiler::generate::{Choices, Program, program};

const USAGE: &str = "usage: compilefuzz [--runs N] [--seed N] [--jobs N] [--pluto PROGRAM] [--write DIRECTORY] | show --seed N";

/// After so many programs it is told how far it is, where that is no terminal, on which it is told each second.
const OFTEN: u64 = 10_000;

/// Status where a program has a fault.
const FAULTY: u8 = 1;

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    mode: Mode,
    runs: u64,
    seed: u64,
    jobs: u64,
    /// Of so many processes which one this is.
    share: (u64, u64),
    pluto: Option<PathBuf>,
    /// Where a program with a fault is written to, when it is small; nowhere is: it is not made smaller.
    write: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Hunt,
    Show,
    Child,
    Tape,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(options) = parse(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let fine = match options.mode {
        Mode::Hunt => hunt(&options),
        Mode::Show => show(&options),
        Mode::Child => child(options.seed, options.runs, options.share, options.pluto.as_ref()),
        Mode::Tape => tape(options.seed, options.pluto),
    };
    match fine {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAULTY),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn hunt(options: &Options) -> io::Result<bool> {
    let Options { runs, seed, jobs, pluto, .. } = options;
    let hunt = Hunt { runs: *runs, seed: *seed, jobs: (*jobs).max(1), pluto: pluto.clone() };
    let began = Instant::now();
    let line = io::stderr().is_terminal();
    let rate = |done: u64| done as f64 / began.elapsed().as_secs_f64();
    let mut noted = 0;
    let found = hunt.run(&mut |done| {
        if line {
            eprint!("\r{done} of {runs} programs, {:.0} a second ", rate(done));
        } else if done / OFTEN > noted {
            noted = done / OFTEN;
            eprintln!("{done} of {runs} programs, {:.0} a second", rate(done));
        }
    })?;
    if line {
        eprint!("\r\x1b[K");
    }
    let Some(found) = found else {
        println!(
            "{runs} programs from seed {seed}, {} built, {:.1} a second: no fault",
            hunt.built(),
            rate(*runs)
        );
        return Ok(true);
    };
    println!("fault after {} programs, seed {}: {}", found.after, found.seed, found.fault.kind);
    println!("{}", found.fault.detail.trim_end());
    let Some(directory) = &options.write else { return Ok(false) };
    io::stdout().flush()?;
    let (whole, small) = hunt.shrink(&found)?;
    println!("{} parts of {} are left of it", small.parts.len(), whole.parts.len());
    // What is wrong is told by a line that is another one, where there is one.
    let mut lines = found.fault.detail.lines();
    let line = lines.clone().find(|line| line.contains(" in place of ")).or_else(|| lines.next());
    let about = format!("Seed {}: {}.\n\n{}", found.seed, found.fault.kind, line.unwrap_or_default());
    let text = Regression { about, output: small.output, files: small.files }.written();
    let path = directory.join(format!("seed_{}.pluto", found.seed));
    std::fs::create_dir_all(directory)?;
    std::fs::write(&path, &text)?;
    println!("{}:\n{text}", path.display());
    Ok(false)
}

fn show(options: &Options) -> io::Result<bool> {
    let Program { files, output, .. } = program(&mut Choices::seeded(options.seed));
    let about = format!("Seed {}.", options.seed);
    print!("{}", Regression { about, output, files }.written());
    Ok(true)
}

fn parse(arguments: &[String]) -> Option<Options> {
    let mut options =
        Options { mode: Mode::Hunt, runs: 1_000, seed: 0, jobs: 2, share: (0, 1), pluto: None, write: None };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "show" => options.mode = Mode::Show,
            "child" => options.mode = Mode::Child,
            "tape" => options.mode = Mode::Tape,
            "--runs" => options.runs = words.next()?.parse().ok()?,
            "--seed" => options.seed = words.next()?.parse().ok()?,
            "--jobs" => options.jobs = words.next()?.parse().ok()?,
            "--share" => {
                let (first, step) = words.next()?.split_once('/')?;
                options.share = (first.parse().ok()?, step.parse().ok()?);
            }
            "--pluto" => options.pluto = Some(words.next()?.into()),
            "--write" => options.write = Some(words.next()?.into()),
            _ => return None,
        }
    }
    Some(options)
}

#[cfg(test)]
mod tests {
    use super::{Mode, Options, parse};

    #[test]
    fn arguments() {
        let parsed = |line: &str| parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let plain = Options {
            mode: Mode::Hunt,
            runs: 1_000,
            seed: 0,
            jobs: 2,
            share: (0, 1),
            pluto: None,
            write: None,
        };
        assert_eq!(parsed(""), Some(plain));
        let all = Options {
            mode: Mode::Child,
            runs: 5,
            seed: 7,
            jobs: 3,
            share: (1, 2),
            pluto: Some("p".into()),
            write: Some("w".into()),
        };
        let line = "child --runs 5 --seed 7 --jobs 3 --share 1/2 --pluto p --write w";
        assert_eq!(parsed(line), Some(all));
        assert_eq!(parsed("--runs many"), None);
        assert_eq!(parsed("more"), None);
    }
}
