//! `pluto-bench capture`: what tracing a live node costs, measured side by side with the node untraced, with a bare
//! tracer and with OTP's own `dbg`, as ratios, against the bars that Pluto sets itself.
//!
//! Run it through `cargo xtask bench capture`, which builds release binaries first. A full run replaces the tables in
//! `docs/benchmarks.md`; a run with `--part` only prints. Nothing here fails because a figure is bad: the outcome
//! stands in the table.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark talks to its user on the terminal"
)]

mod bare;
mod broker;
mod cost;
mod cpu;
mod disk;
mod error;
mod host;
mod pause;
mod pluto;
mod rabbit;
mod recorded;
mod report;
mod stats;
mod subject;
mod tracer;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand, ValueEnum};
use error::{Error, Result};
use pluto_testnode::Release;

use crate::report::Report;

/// Measures what Pluto costs.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Attaching to live nodes, tracing them, recording
    Capture(Options),
}

/// What a run measures, and with what.
#[derive(clap::Args)]
struct Options {
    /// Only these parts, and only printed: the document is left as it is
    #[arg(long = "part", value_enum)]
    parts: Vec<Part>,
    /// Only these OTP releases (all of this machine by default)
    #[arg(long = "otp", value_name = "RELEASE")]
    releases: Vec<u32>,
    /// Rounds of each comparison
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// The `pluto` to measure
    #[arg(long, value_name = "FILE", default_value = "target/release/pluto")]
    pluto: PathBuf,
    /// The program whose `rabbit --serve` keeps a RabbitMQ broker
    #[arg(long, value_name = "FILE", default_value = "target/debug/xtask")]
    xtask: PathBuf,
    /// Only the other tracers, and only printed
    #[arg(long)]
    without_pluto: bool,
    /// Run in a session of its own, ahead of everything else on the machine (as the superuser)
    #[arg(long)]
    ahead: bool,
    /// The document whose tables a full run replaces
    #[arg(long, value_name = "FILE", default_value = "docs/benchmarks.md")]
    document: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Cost to the traced process per event
    Cost,
    /// CPU of the whole node per traced call and return
    Cpu,
    /// The longest pause of a node with 200,000 processes
    Pause,
    /// Bytes of an event on disk
    Disk,
    /// CPU and throughput of a RabbitMQ broker under load, on the system's OTP
    Rabbit,
}

const ALL_PARTS: [Part; 5] = [Part::Cost, Part::Cpu, Part::Pause, Part::Disk, Part::Rabbit];

fn main() -> ExitCode {
    let Command::Capture(options) = Arguments::parse().command;
    match capture(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(if matches!(error, Error::NoSuchRelease { .. }) { 2 } else { 1 })
        }
    }
}

fn capture(options: &Options) -> Result<()> {
    if options.ahead
        && let Some(status) = host::rerun_ahead()?
    {
        return if status.success() { Ok(()) } else { Err(Error::Rerun { status }) };
    }
    let releases = chosen_releases(&options.releases)?;
    let pluto = if options.without_pluto { None } else { Some(pluto::Pluto::find(&options.pluto)?) };
    let pluto = pluto.as_ref();
    let parts: &[Part] = if options.parts.is_empty() { &ALL_PARTS } else { &options.parts };
    let mut report = Report::new(host::describe(&releases, options.ahead)?);
    for &part in parts {
        // The broker runs on the system's release only.
        let on = |release: &&Release| part != Part::Rabbit || **release == pluto_testnode::system_release();
        for release in releases.iter().filter(on) {
            let started = Instant::now();
            run_part(part, release, options, pluto, &mut report)?;
            let name = part.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
            eprintln!("{name}, OTP {}: {:.0} s", release.otp(), started.elapsed().as_secs_f64());
        }
    }
    let markdown = report.markdown();
    println!("{markdown}");
    if options.parts.is_empty() && !options.without_pluto {
        report::replace_in(&options.document, &markdown)?;
        eprintln!("written to {}", options.document.display());
    }
    Ok(())
}

fn run_part(
    part: Part,
    release: &Release,
    options: &Options,
    pluto: Option<&pluto::Pluto>,
    report: &mut Report,
) -> Result<()> {
    let rounds = options.rounds;
    match part {
        Part::Cost => cost::measure(release, pluto, rounds, report),
        Part::Cpu => cpu::measure(release, pluto, rounds, report),
        // These two bars are of ten rounds; the second one is a bound that needs them.
        Part::Pause => pause::measure(release, pluto, rounds + 1, report),
        Part::Rabbit => rabbit::measure(release, pluto, &options.xtask, (rounds + 1).max(10), report),
        Part::Disk => disk::measure(release, pluto, report),
    }
}

fn chosen_releases(numbers: &[u32]) -> Result<Vec<Release>> {
    if numbers.is_empty() {
        return Ok(pluto_testnode::releases());
    }
    numbers.iter().map(|&otp| pluto_testnode::release(otp).ok_or(Error::NoSuchRelease { otp })).collect()
}
