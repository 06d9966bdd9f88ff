//! The chores of this repository, run as `cargo xtask NAME`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore talks to its user on the terminal")]

mod apt;
mod bench;
mod compilefuzz;
mod cookie;
mod demo;
mod erlang;
mod error;
mod fuzz;
mod guard;
mod memcheck;
mod metadata;
mod mutants;
mod otp;
mod pluto;
mod python;
mod rabbit;
mod run;
mod steps;
mod stress;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use error::{Error, Result};

/// A chore: its name, its arguments, what it does, and the function that does it.
struct Chore {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const CHORES: [Chore; 13] = [
    Chore {
        name: "demo",
        arguments: "",
        about: "install what is missing, start the sample system, record it and show what was found",
        run: demo::main,
    },
    Chore {
        name: "test",
        arguments: "[--full]",
        about: "everything that must hold; --full adds newer OTP, RabbitMQ, fuzzing, sanitizers",
        run: test::main,
    },
    Chore {
        name: "tidy",
        arguments: "[--all]",
        about: "the rules of this repository that a program can check",
        run: tidy::main,
    },
    Chore {
        name: "bench",
        arguments: "NAME [ARGUMENT…]",
        about: "run one benchmark of the workspace in the release profile; `capture` is what tracing costs",
        run: bench::main,
    },
    Chore {
        name: "fuzz",
        arguments: "[TARGET…] [--runs N] [--jobs N] [--write]",
        about: "run the fuzz targets a fixed number of times; --write: their table into docs/benchmarks.md",
        run: fuzz::main,
    },
    Chore {
        name: "fuzz compile",
        arguments: "[--runs N] [--seed N] [--planted] [--write]",
        about: "random programs through the whole compiler; --planted: are planted mistakes found by them",
        run: compilefuzz::main,
    },
    Chore {
        name: "stress",
        arguments: "[PROGRAM…]",
        about: "run the programs of stress/ in several ways, within their bounds of time and memory",
        run: stress::main,
    },
    Chore {
        name: "memcheck",
        arguments: "",
        about: "build the sample programs in Pluto and run them under valgrind",
        run: memcheck::main,
    },
    Chore {
        name: "mutants",
        arguments: "[--package NAME] [--tested-by NAME]… [--count N] [--seed N]",
        about: "change one place of a crate at a time, and look whether the tests see it",
        run: mutants::main,
    },
    Chore {
        name: "rabbit",
        arguments: "[--rate N] [--seconds N] [--load-only] [--serve]",
        about: "load a private RabbitMQ broker and record it; --serve only keeps one, until standard input ends",
        run: rabbit::main,
    },
    Chore {
        name: "erlang",
        arguments: "",
        about: "install Erlang/OTP and Elixir by the system's package manager, unless they are there",
        run: erlang::main,
    },
    Chore {
        name: "otp",
        arguments: "[27] [29] [--again]",
        about: "fetch other Erlang/OTP releases from Debian's newer suites into target/otp",
        run: otp::main,
    },
    Chore { name: "help", arguments: "", about: "this text", run: help },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(if matches!(error, Error::Usage(_)) { 2 } else { 1 })
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    let Some((name, rest)) = arguments.split_first() else { return help(&[]) };
    let name = if matches!(name.as_str(), "--help" | "-h") { "help" } else { name };
    let known = |name: &str| CHORES.iter().find(|chore| chore.name == name);
    if let Some((second, rest)) = rest.split_first()
        && let Some(chore) = known(&format!("{name} {second}"))
    {
        return (chore.run)(rest);
    }
    match known(name) {
        Some(chore) => (chore.run)(rest),
        None => Err(Error::Usage(format!("there is no chore `{name}`"))),
    }
}

fn help(_arguments: &[String]) -> Result<()> {
    println!("usage: cargo xtask CHORE\n");
    for chore in &CHORES {
        println!("  {:<56} {}", format!("{} {}", chore.name, chore.arguments), chore.about);
    }
    Ok(())
}

/// Names of all chores but `help`.
fn chores() -> impl Iterator<Item = &'static str> {
    CHORES.iter().map(|chore| chore.name).filter(|name| *name != "help")
}
