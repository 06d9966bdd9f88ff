//! `cargo xtask rabbit`: Debian's RabbitMQ as a subject. A private broker is put under load by a real AMQP client and
//! recorded; every message must be confirmed and consumed, the broker must log no new error, and nothing may stay
//! behind in it.

mod broker;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, IoContext, Result};
use crate::test::cargo_in;
use crate::{erlang, pluto, run, workspace};

use broker::Broker;

/// What is recorded: functions of channels and queues (RabbitMQ 3.10) that each message passes through, on its way in,
/// to the consumer, and when it is acknowledged.
const PATTERNS: [&str; 5] = [
    "rabbit_channel:handle_method/3",
    "rabbit_queue_type:deliver/3",
    "rabbit_amqqueue_process:attempt_delivery/4",
    "rabbit_amqqueue_process:ack/3",
    "rabbit_variable_queue:ack/2",
];

/// How much longer than the recording the load lasts, seconds: attaching and the dry run are under load too.
const LOAD_AROUND_S: u64 = 4;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Options {
    /// Messages a second.
    rate: u64,
    seconds: u64,
    /// Leave Pluto out: what the broker does by itself, to compare with.
    load_only: bool,
    /// Only keep a broker, for another program to load and to record.
    serve: bool,
}

/// `cargo xtask rabbit [--rate N] [--seconds N] [--load-only] [--serve]`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let options = parse(arguments)?;
    println!("OTP {} is installed", erlang::ensure(false)?);
    let load = build_load()?;
    let pluto = if options.load_only || options.serve { None } else { Some(pluto::build()?) };
    let home = workspace::path("target/rabbit");
    let broker = Broker::start(&home)?;
    println!("broker {} on port {}", broker.node, broker.port);
    let errors_before = broker.errors()?.len();
    let done =
        if options.serve { serve(&broker, &load) } else { check(&broker, &load, pluto.as_deref(), &options) };
    let checked = done.and_then(|()| check_unharmed(&broker, errors_before));
    let stopped = broker.stop();
    checked.and(stopped)
}

/// Tells another program of the broker, a fact a line, and waits for the end of standard input. The other program holds
/// the other end of that, so the broker ends with it however that ends.
fn serve(broker: &Broker, load: &Path) -> Result<()> {
    println!("node {}", broker.node);
    println!("port {}", broker.port);
    println!("process {}", broker.os_pid()?);
    println!("cookie-file {}", broker.cookie.display());
    println!("load {}", load.display());
    for pattern in PATTERNS {
        println!("pattern {pattern}");
    }
    println!("ready");
    io::copy(&mut io::stdin(), &mut io::sink()).at("read", "standard input").map(drop)
}

/// The check itself, on a broker that runs.
fn check(broker: &Broker, load: &Path, pluto: Option<&Path>, options: &Options) -> Result<()> {
    println!("load: {} messages a second for {} s", options.rate, load_seconds(options));
    let child = load_command(load, broker, options).stdout(Stdio::piped()).spawn();
    let mut child = child.map_err(|source| Error::Start { program: load.display().to_string(), source })?;
    let recorded = pluto.map_or(Ok(()), |pluto| record(broker, pluto, options));
    if recorded.is_err() {
        // Its end does not matter any more.
        let _ended = child.kill();
    }
    let output = child.wait_with_output().at("read the load's output", load)?;
    recorded?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    if !output.status.success() {
        return Err(Error::Failed {
            command: "amqp-load".to_owned(),
            status: "not every message was confirmed and consumed once".to_owned(),
            output: String::new(),
        });
    }
    println!("every message confirmed and consumed");
    Ok(())
}

/// Checks that the broker logged no new error, and that nothing of a tracer's is left in it.
fn check_unharmed(broker: &Broker, errors_before: usize) -> Result<()> {
    let errors = broker.errors()?;
    if let Some(new) = errors.get(errors_before..).filter(|new| !new.is_empty()) {
        return Err(Error::Unexpected {
            what: "expected no new error in the broker's log".into(),
            found: new.join("\n"),
        });
    }
    let left = broker.left_behind()?;
    if left != "clean" {
        return Err(Error::Unexpected {
            what: "expected nothing left behind in the broker".into(),
            found: left,
        });
    }
    println!("no new error in the broker's log, nothing left behind in it");
    Ok(())
}

/// Records the broker under its load, and checks that every function was seen in what was recorded.
fn record(broker: &Broker, pluto: &Path, options: &Options) -> Result<()> {
    let recording = workspace::path("target/rabbit/recording");
    if recording.exists() {
        fs::remove_dir_all(&recording).at("remove", &recording)?;
    }
    let record = || {
        let mut record = run::command(pluto, ["record", &broker.node]);
        record.args(PATTERNS).args(["--timing", "--cookie-file"]).arg(&broker.cookie);
        record
    };
    run::show(record().arg("--dry-run"))?;
    run::show(record().args(["--duration", &format!("{}s", options.seconds)]).arg("-o").arg(&recording))?;
    let stat = run::capture(run::command(pluto, ["stat"]).arg(&recording).args(["--limit", "12"]))?;
    print!("{stat}");
    let lines = || stat.lines().filter_map(|line| line.split_whitespace().next());
    match PATTERNS.into_iter().find(|pattern| !lines().any(|function| function == *pattern)) {
        None => Ok(()),
        Some(function) => Err(Error::Unexpected {
            what: format!("expected calls of {function} in the recording"),
            found: "none".to_owned(),
        }),
    }
}

fn load_seconds(options: &Options) -> u64 {
    options.seconds + if options.load_only { 0 } else { LOAD_AROUND_S }
}

fn build_load() -> Result<PathBuf> {
    let target = workspace::path("target/tools");
    let mut build = cargo_in(&workspace::path("tools/amqp-load"), "build");
    run::show(build.args(["--locked", "--release"]).env("CARGO_TARGET_DIR", &target))?;
    Ok(target.join("release/amqp-load"))
}

fn load_command(load: &Path, broker: &Broker, options: &Options) -> Command {
    let words =
        [("--port", u64::from(broker.port)), ("--rate", options.rate), ("--seconds", load_seconds(options))];
    let mut command = Command::new(load);
    for (name, value) in words {
        command.args([name, &value.to_string()]);
    }
    command
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options { rate: 2_000, seconds: 10, load_only: false, serve: false };
    let mut words = arguments.iter();
    while let Some(name) = words.next() {
        let mut number = || {
            let value = words.next().and_then(|value| value.parse().ok()).filter(|value| *value > 0);
            value.ok_or_else(|| usage(name))
        };
        match name.as_str() {
            "--load-only" => options.load_only = true,
            "--serve" => options.serve = true,
            "--rate" => options.rate = number()?,
            "--seconds" => options.seconds = number()?,
            _ => return Err(usage(name)),
        }
    }
    Ok(options)
}

fn usage(word: &str) -> Error {
    Error::Usage(format!("`rabbit` takes --rate N, --seconds N, --load-only, --serve, not `{word}`"))
}

#[cfg(test)]
mod tests {
    use super::{Options, parse};

    #[test]
    fn arguments() {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(parse(&[]).unwrap(), Options { rate: 2_000, seconds: 10, load_only: false, serve: false });
        assert_eq!(
            parse(&words("--seconds 3 --load-only --rate 50")).unwrap(),
            Options { rate: 50, seconds: 3, load_only: true, serve: false }
        );
        assert!(parse(&words("--serve")).unwrap().serve);
        assert!(parse(&words("--rate")).is_err());
        assert!(parse(&words("--rate 0")).is_err());
        assert!(parse(&words("--speed 1")).is_err());
    }
}
