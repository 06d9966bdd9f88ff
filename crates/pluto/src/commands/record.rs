//! `pluto record`: what nodes do, into a directory.

use super::capturing;
use crate::args::{ProbeArgs, RecordArgs, RedactArg, ReportFormat};
use crate::failure::Failure;
use crate::output::{self, Colour};
use crate::usage;
use crate::values::{Duration, Fraction};
use pluto_capture::clock;
use pluto_capture::pipeline::{Consumer, Told};
use pluto_capture::probe::CaptureLimits;
use pluto_capture::run::EndReason;
use pluto_capture::trigger::{Condition, Trigger};
use pluto_event::{Event, Nanos, Tables};
use pluto_recording::{
    About, Change, Ended, NameAbout, NameSeen, NodeAbout, RecordingError, Summary, Writer, WriterOptions,
};
use pluto_term::{Atom, Pid};
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;

/// Records until Ctrl-C, or until a bound is reached.
pub(crate) async fn run(args: RecordArgs, colour: Colour) -> Result<u8, Failure> {
    let condition = args.save_when.as_deref().map(condition).transpose()?;
    let probe = capturing::probe(&args.probe)?;
    usage::record(&args, condition, &probe)?;
    if let Some(dir) = args.output.as_deref().filter(|dir| dir.exists()) {
        return Err(
            Failure::new(format!("{} exists already", dir.display())).hint("name a directory that does not")
        );
    }
    let Some(ready) = capturing::prepare(&args.probe, probe).await? else { return Ok(0) };
    let Some(dir) = args.output.as_deref() else {
        return Err(Failure::new("-o names the directory to make"));
    };
    let about = about(&args, &ready);
    let options = WriterOptions {
        keep_nanos: args.last.map(|last| Nanos::try_from(last.0.as_nanos()).unwrap_or(Nanos::MAX)),
        ..WriterOptions::default()
    };
    let writer = Writer::create(dir, options, about.clone()).map_err(|e| match e {
        RecordingError::DiskFull { .. } => {
            Failure::new(format!("cannot make {}: the disk is full", dir.display()))
                .hint("nothing was written; name a directory on a disk that has room")
        }
        e => unwritable(dir, &e),
    })?;
    let armed = capturing::arm(
        ready,
        Disk { writer, about, bytes_max: args.max_size.0.map(|max| max.0) },
        args.probe.redact,
        condition.map(Trigger::new),
        args.probe.events,
    )
    .await;
    // Nothing was recorded: the name is free for the next try.
    let (nodes, pipeline, signals) = armed.inspect_err(|_| drop(std::fs::remove_dir_all(dir)))?;
    for node in &nodes {
        output::note(&capturing::armed_text(node));
    }
    let mut watcher = capturing::Watcher::new(&nodes, true);
    let outcome = capturing::run(nodes, pipeline, signals, &args.probe, &mut watcher).await?;
    watcher.finish();
    let status = capturing::status_of(&outcome);
    let (text, mut json) = (capturing::outcome_text(&outcome, colour), capturing::outcome_json(&outcome));
    let Disk { writer, .. } = outcome.consumer;
    let disk_full = matches!(outcome.consumed, Err(RecordingError::DiskFull { .. }));
    let summary = summary(outcome.why, disk_full, &outcome.progress);
    // A recording that could not be written on is finished all the same: its manifest says what was lost.
    let finished = writer.finish(summary);
    let manifest = outcome.consumed.and(finished).map_err(|error| {
        // What became of the nodes is to be known whatever became of the recording.
        output::note(&text);
        unwritable(dir, &error)
    })?;
    output::result(status, &text, |out| match args.format {
        ReportFormat::Text => {
            writeln!(out, "{}: {text}", dir.display())?;
            let (events, bytes) = (manifest.totals.events, manifest.totals.bytes);
            let per_event = bytes.checked_div(events).unwrap_or(0);
            writeln!(out, "{} on disk, {per_event} bytes an event", capturing::bytes_text(bytes))
        }
        ReportFormat::Json => {
            if let Some(object) = json.as_object_mut() {
                object.insert("recording".to_owned(), serde_json::json!(dir));
                object.insert("bytes_on_disk".to_owned(), serde_json::json!(manifest.totals.bytes));
            }
            writeln!(out, "{json}")
        }
    })
}

fn name_about(name: &Atom, pid: &Pid, seen: Option<NameSeen>) -> NameAbout {
    NameAbout { name: name.as_str().to_owned(), number: pid.id, serial: pid.serial, seen }
}

/// Changes of what is traced that a recording has at most; what comes on top is counted.
const CHANGES_MAX: usize = 1 << 10;

/// Names of a node that a recording has at most; what comes on top is counted.
const NAMES_MAX: usize = 1 << 14;

/// Adds those names that are news. True where there are any.
fn add_names(about: &mut NodeAbout, names: &[(Atom, Pid)], seen: NameSeen) -> bool {
    let known: HashMap<&str, (u32, u32)> =
        about.names.iter().map(|known| (known.name.as_str(), (known.number, known.serial))).collect();
    let is_news = |(name, pid): &&(Atom, Pid)| known.get(name.as_str()) != Some(&(pid.id, pid.serial));
    let news: Vec<NameAbout> =
        names.iter().filter(is_news).map(|(name, pid)| name_about(name, pid, Some(seen))).collect();
    let room = NAMES_MAX.saturating_sub(about.names.len());
    about.names_left_out += news.len().saturating_sub(room) as u64;
    let any = !news.is_empty();
    about.names.extend(news.into_iter().take(room));
    any
}

/// A recording as the end of a pipeline.
struct Disk {
    writer: Writer,
    about: About,
    bytes_max: Option<u64>,
}

impl Consumer for Disk {
    type Error = RecordingError;

    fn tables(&mut self) -> &mut Tables {
        self.writer.tables_mut()
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), RecordingError> {
        self.writer.push(event)
    }

    fn flush(&mut self) -> Result<(), RecordingError> {
        self.writer.flush()
    }

    fn told(&mut self, node: usize, told: Told) -> Result<(), RecordingError> {
        let About { nodes, changes, changes_left_out, .. } = &mut self.about;
        let Some(node) = nodes.get_mut(node) else { return Ok(()) };
        match told {
            Told::Names { names, after, by } => {
                if !add_names(node, &names, NameSeen { after, by }) {
                    return Ok(());
                }
            }
            Told::Patterns { .. } if changes.len() >= CHANGES_MAX => *changes_left_out += 1,
            Told::Patterns { time, patterns, without } => {
                changes.push(Change { time, node: node.name.clone(), patterns, without });
            }
        }
        self.writer.set_about(self.about.clone())
    }

    fn is_full(&self) -> bool {
        self.bytes_max.is_some_and(|max| self.writer.bytes() >= max)
    }
}

fn condition(text: &str) -> Result<Condition, Failure> {
    if text == "exception" {
        return Ok(Condition::Exception);
    }
    let slow = text.strip_prefix("slow:").and_then(|duration| duration.parse::<Duration>().ok());
    let nanos = slow.and_then(|Duration(duration)| Nanos::try_from(duration.as_nanos()).ok());
    nanos.map(Condition::Slow).ok_or_else(|| {
        Failure::new(format!("{text} is no condition to save at")).hint("exception, or slow:100ms")
    })
}

fn about(args: &RecordArgs, ready: &capturing::Ready) -> About {
    let probe = &args.probe;
    let nodes = ready
        .nodes
        .iter()
        .map(|node| NodeAbout {
            name: node.name.clone(),
            creation: node.connection.peer().creation,
            otp: node.session.info().otp.clone(),
            erts: node.session.info().erts.clone(),
            clock_offset_nanos: node.clock.offset,
            clock_error_nanos: node.clock.error,
            names: node.names.names.iter().map(|(name, pid)| name_about(name, pid, None)).collect(),
            names_left_out: node.names.left_out(),
        })
        .collect();
    About {
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        started: clock::now(),
        nodes,
        patterns: patterns(probe),
        level: capturing::level_name(&ready.probe).to_owned(),
        sampling: probe.rate.map(|rate| match rate {
            Fraction::All => "all".to_owned(),
            Fraction::OneIn(n) => format!("1/{n}"),
            Fraction::PerSecond(n) => format!("{n}/s"),
        }),
        limits: limits(&ready.probe.limits),
        redaction: probe.redact.map(|how| match how {
            RedactArg::Hash => "hash".to_owned(),
            RedactArg::Drop => "drop".to_owned(),
        }),
        ..About::default()
    }
}

/// The limits that there are, by name.
fn limits(limits: &CaptureLimits) -> BTreeMap<String, u64> {
    let named = [
        ("events_per_s", limits.events_per_s),
        ("bytes_per_s", limits.bytes_per_s),
        ("queue_events", limits.queue),
        ("cpu_percent_of_a_core", limits.cpu.map(|cpu| (cpu * 100.0).round() as u64)),
    ];
    named.into_iter().filter_map(|(name, limit)| Some((name.to_owned(), limit?))).collect()
}

/// What is traced, as it was asked for.
fn patterns(probe: &ProbeArgs) -> Vec<String> {
    let messages = probe.messages.iter().map(|text| format!("message {text}"));
    probe.patterns.iter().cloned().chain(messages).collect()
}

fn summary(why: EndReason, disk_full: bool, progress: &pluto_capture::pipeline::Progress) -> Summary {
    let ended = match why {
        EndReason::Asked | EndReason::Stopped | EndReason::Duration | EndReason::Triggered => Ended::Stopped,
        EndReason::Events | EndReason::Full | EndReason::Limit => Ended::Limit,
        EndReason::LeaseLapsed | EndReason::NoNodeLeft => Ended::ConnectionLost,
        EndReason::ConsumerFailed if disk_full => Ended::DiskFull,
        EndReason::ConsumerFailed => Ended::Other,
    };
    Summary {
        finished: clock::now(),
        ended,
        counters: BTreeMap::from([
            ("events".to_owned(), progress.events),
            ("bytes_received".to_owned(), progress.bytes),
            ("missing_at_least".to_owned(), progress.missing),
            ("foreign".to_owned(), progress.foreign),
            ("too_deep".to_owned(), progress.too_deep),
        ]),
    }
}

/// Says why a recording cannot be written on.
pub(crate) fn unwritable(dir: &Path, error: &RecordingError) -> Failure {
    let failure = Failure::new(format!("cannot write {}: {error}", dir.display()));
    match error {
        RecordingError::Io { path, source } => {
            Failure::new(format!("cannot write {}: {source}", path.display()))
        }
        RecordingError::DiskFull { .. } => {
            failure.hint("what was written until then is kept; `pluto show` and `pluto stat` read it")
        }
        _ => failure,
    }
}
