//! The `pluto` command: arguments, wiring, exit codes. What can be tested without a process lives in the libraries.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod args;
mod commands;
mod connect;
mod failure;
mod manifest;
mod output;
mod project;
mod sources;
mod usage;
mod values;

use args::{Cli, Command, When};
use clap::Parser;
use failure::Failure;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let colour = output::Colour {
        out: use_colour(cli.color, &std::io::stdout()),
        err: use_colour(cli.color, &std::io::stderr()),
    };
    match run(cli.command, colour) {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            // Standard error is the last place to tell anything: where it is closed, the exit status remains.
            let _closed = std::io::stderr().write_all(failure.render(colour.err).as_bytes());
            ExitCode::from(failure.status())
        }
    }
}

fn use_colour(when: When, stream: &impl IsTerminal) -> bool {
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
    }
}

fn run(command: Command, colour: output::Colour) -> Result<u8, Failure> {
    match command {
        Command::Nodes(args) => wait_for(commands::nodes::run(args)),
        Command::Ping(args) => wait_for(commands::ping::run(args, colour)),
        Command::List(args) => wait_for(commands::list::run(args, colour)),
        Command::Adjust(args) => wait_for(commands::adjust::run(args)),
        Command::Stop(args) => wait_for(commands::stop::run(args)),
        Command::Clean(args) => wait_for(commands::clean::run(args)),
        Command::Trace(args) => wait_for(commands::trace::run(args, colour)),
        Command::Record(args) => wait_for(commands::record::run(args, colour)),
        Command::Show(args) => commands::show::run(&args, colour),
        Command::Stat(args) => commands::stat::run(&args),
        Command::Export(args) => commands::export::run(&args),
        Command::Import(args) => commands::import::run(&args),
        Command::Check(args) if args.watch => commands::watch::run(&args.paths),
        Command::Run(args) if args.watch => commands::watch::run(std::slice::from_ref(&args.file)),
        Command::Test(args) if args.watch => commands::watch::run(&args.path),
        Command::Check(args) => commands::check::run(&args, colour),
        Command::Run(args) => commands::run::run(&args, colour),
        Command::Build(args) => commands::build::run(&args, colour),
        Command::Test(args) => commands::test::run(&args, colour),
        Command::Fmt(args) => commands::fmt::run(&args, colour),
        Command::Doc(args) => commands::doc::run(&args, colour),
        Command::Explain(args) => commands::explain::run(&args),
        Command::Completions(args) => commands::manual::completions(&args),
        Command::Man(args) => commands::manual::man(&args),
    }
}

fn wait_for(work: impl Future<Output = Result<u8, Failure>>) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::io("cannot start the event loop", &error))?;
    tokio::task::LocalSet::new().block_on(&runtime, work)
}
