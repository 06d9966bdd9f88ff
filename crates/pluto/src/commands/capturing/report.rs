//! What a capture says: what it would cost, how it goes, how it ended.

use super::Prepared;
use crate::failure::Failure;
use crate::output::{self, Colour};
use indicatif::{ProgressBar, ProgressStyle};
use pluto_agent::{DropCause, LimitKind, Mfa, Reduction, Status};
use pluto_capture::pipeline::{Consumer, Progress};
use pluto_capture::probe::Probe;
use pluto_capture::run::{ArmedNode, EndReason, Happening, NodeOutcome, Outcome, Unsettled};
use pluto_capture::target::SECONDS_PER_EVENT;
use pluto_term::{PrintLimits, Syntax, Term};
use pluto_timeline::count;
use pluto_timeline::show::missing_text;
use std::io::Write;
use std::time::{Duration, Instant};

/// Functions of a dry run that are listed one by one.
const FUNCTIONS_LISTED: usize = 20;

/// Says what a trace would cost.
pub(super) fn dry_run(nodes: &[Prepared], probe: &Probe) -> Result<(), Failure> {
    let mut out = output::standard();
    for node in nodes {
        writeln!(out, "{}", node.name)?;
        if let Some(prediction) = &node.prediction {
            let seconds = prediction.counts.counted.as_secs_f64();
            for (function, calls) in prediction.counts.calls.iter().take(FUNCTIONS_LISTED) {
                let rate = *calls as f64 / seconds;
                let (module, name) = (function.module.as_str(), function.function.as_str());
                writeln!(out, "  {rate:>10.0} calls/s  {module}:{name}/{}", function.arity)?;
            }
            if prediction.counts.calls.len() > FUNCTIONS_LISTED {
                let more = prediction.counts.calls.len() - FUNCTIONS_LISTED;
                writeln!(out, "  and {} more", count(more as u64, "function"))?;
            }
            let bytes = match prediction.bytes_per_s {
                Some(bytes) => format!("{:.0} kB/s", bytes / 1e3),
                None => "bytes unknown (terms are copied whole)".to_owned(),
            };
            writeln!(
                out,
                "  predicted: {:.0} events/s, {bytes}, {:.1} % of a core of the node",
                prediction.events_per_s,
                prediction.node_cpu * 100.0
            )?;
        }
        if probe.send || probe.deliver {
            writeln!(
                out,
                "  messages: not predicted; the VM copies each one whole, and the limits are enforced"
            )?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Shows on standard error how a capture goes.
pub(crate) struct Watcher {
    bar: ProgressBar,
    names: Vec<String>,
    progress: Progress,
    statuses: Vec<Option<Status>>,
    last: (Instant, u64),
    events_per_s: f64,
}

impl Watcher {
    /// A watcher of these nodes; `live` shows a line that changes, where standard error is a terminal.
    pub(crate) fn new(nodes: &[ArmedNode], live: bool) -> Watcher {
        let bar = if live { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed_precise} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Watcher {
            bar,
            progress: Progress::default(),
            names: nodes.iter().map(|node| node.name.clone()).collect(),
            statuses: vec![None; nodes.len()],
            last: (Instant::now(), 0),
            events_per_s: 0.0,
        }
    }

    /// Takes notice of something.
    pub(crate) fn hear(&mut self, happening: &Happening) {
        match happening {
            Happening::Status(node, status) => {
                if let Some(slot) = self.statuses.get_mut(*node) {
                    *slot = Some(status.clone());
                }
            }
            Happening::Progress(progress) => self.progress = *progress,
            Happening::Limit(node, kind, value, limit) => {
                let limit = limit_text(*kind, *value, *limit);
                self.say(*node, &format!("tracing was switched off: {limit}"));
            }
            Happening::Gap(node, cause, missing) => {
                self.say(*node, &format!("gap: {}, {} missing", cause.name(), missing_text(*missing)));
            }
            Happening::Adjusted(node, summary) => self.say(*node, summary),
            Happening::Unsettled(node, Unsettled::Restored) => {
                self.say(*node, "a change was refused half-way; what was traced before is traced again");
            }
            Happening::Unsettled(node, Unsettled::Ended) => self.say(
                *node,
                "a change was refused half-way, and then what was traced before; tracing is switched off",
            ),
            Happening::Reduced(node, reduction) => self.say(*node, &reduction_text(reduction)),
            Happening::Stopped(node) => self.say(*node, "another client stopped this trace"),
            Happening::Lost(node) => self.say(*node, "the agent or the connection is gone"),
        }
        self.draw();
    }

    /// Takes the line away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn say(&self, node: usize, text: &str) {
        let name = self.names.get(node).map_or("?", String::as_str);
        self.bar.suspend(|| output::note(&format!("{name}: {text}")));
    }

    fn draw(&mut self) {
        let (since, events) = self.last;
        let elapsed = since.elapsed();
        if elapsed >= Duration::from_millis(500) {
            self.events_per_s = (self.progress.events - events) as f64 / elapsed.as_secs_f64();
            self.last = (Instant::now(), self.progress.events);
        }
        let queue: u64 = self.statuses.iter().flatten().map(|status| status.queue).sum();
        let Progress { events, bytes, missing, .. } = self.progress;
        let percent = self.events_per_s * SECONDS_PER_EVENT * 100.0;
        self.bar.set_message(format!(
            "{events} events, {:.0}/s, ~{percent:.1} % of a core, {}, {missing} dropped, {queue} waiting",
            self.events_per_s,
            bytes_text(bytes)
        ));
    }
}

/// A number of bytes for people.
pub(crate) fn bytes_text(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

fn limit_text(kind: LimitKind, value: u64, limit: u64) -> String {
    match kind {
        LimitKind::Events => format!("{value} events in a second, over the limit of {limit}"),
        LimitKind::Bytes => format!("{value} bytes in a second, over the limit of {limit}"),
        LimitKind::Queue => format!("{value} events waited on the node, over the limit of {limit}"),
        LimitKind::Memory => format!("the agent used {value} bytes, over the limit of {limit}"),
        LimitKind::Duration => format!("the time of {limit} ms had passed"),
        LimitKind::MaxEvents => format!("{value} events of the {limit} that were wanted"),
        LimitKind::Lease => format!("nothing was heard of this side for {value} ms"),
    }
}

/// What was too much, and what to do about it.
fn reduction_text(reduction: &Reduction) -> String {
    let Reduction { cause, functions, part, whole, .. } = reduction;
    let what = match cause {
        DropCause::ByteLimit => "bytes",
        DropCause::EventLimit | DropCause::Backpressure => "events",
    };
    let percent = 100.0 * *part as f64 / (*whole).max(1) as f64;
    format!(
        "{} made {percent:.0} % of more {what} a second than the limit, and is not traced any more; \
         `pluto adjust --add` traces it again, and --rate at the start keeps a part of its calls",
        names_text(functions)
    )
}

fn names_text(functions: &[Mfa]) -> String {
    functions.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Why the capture ended, in words.
fn reason_text(why: EndReason) -> &'static str {
    match why {
        EndReason::Asked => "stopped",
        EndReason::Duration => "time is over",
        EndReason::Events => "has the events that were wanted",
        EndReason::Full => "the recording has the size of --max-size",
        EndReason::Triggered => "the condition of --save-when held",
        EndReason::Stopped => "another client stopped it",
        EndReason::Limit => "a limit switched tracing off",
        EndReason::LeaseLapsed => "the agent heard nothing of this side for too long",
        EndReason::NoNodeLeft => "no node was left to trace",
        EndReason::ConsumerFailed => "nothing more could be written",
    }
}

/// The outcome for people: the end, the losses, and for each node the proof that nothing is left.
pub(crate) fn outcome_text<C: Consumer>(outcome: &Outcome<C>, colour: Colour) -> String {
    let Progress { events, missing, foreign, .. } = outcome.progress;
    let mut lines = vec![format!("{}; {}", count(events, "event"), reason_text(outcome.why))];
    if missing > 0 {
        let are = if missing == 1 { "is" } else { "are" };
        let missing = count(missing, "event");
        lines.push(format!("{missing} {are} known to be missing; `pluto stat` lists the gaps"));
    }
    if foreign > 0 {
        let were = if foreign == 1 { "was" } else { "were" };
        let foreign = count(foreign, "event");
        lines.push(format!("{foreign} of another tool's leftover patterns {were} dropped"));
    }
    if outcome.progress.too_deep > 0 {
        let events = count(outcome.progress.too_deep, "event");
        lines.push(format!("{events} without a term, because it was nested too deep to be read"));
    }
    let (bad, off) = if colour.err { ("\x1b[31m", "\x1b[0m") } else { ("", "") };
    for node in &outcome.nodes {
        let text = node_text(node, outcome.why);
        if is_clean(node) {
            lines.push(text);
        } else {
            lines.push(format!("{bad}{text}{off}"));
        }
        if !node.reduced.is_empty() {
            lines.push(format!(
                "{}: not traced to the end, as it was too much: {}",
                node.name,
                names_text(&node.reduced)
            ));
        }
    }
    lines.join("\n")
}

fn node_text(node: &NodeOutcome, why: EndReason) -> String {
    let end = match node.limit {
        Some((kind, value, limit)) => format!("; {}", limit_text(kind, value, limit)),
        None if node.stopped && why != EndReason::Stopped => {
            format!("; {}", reason_text(EndReason::Stopped))
        }
        None => String::new(),
    };
    match (&node.proof, &node.error) {
        (Some(proof), _) if proof.left_count == 0 && node.gone => format!(
            "{}: nothing is left behind ({} and {} read back, agent unloaded){end}",
            node.name,
            count(proof.functions, "function"),
            count(proof.processes, "process")
        ),
        (Some(proof), _) if proof.left_count == 0 => {
            format!("{}: everything is undone, but the agent did not say that it is unloaded{end}", node.name)
        }
        (Some(proof), _) => {
            format!("{}: left behind: {}{end}", node.name, count(proof.left_count, "thing"))
        }
        (None, Some(error)) => {
            format!("{}: {error}; the agent undoes everything by itself{end}", node.name)
        }
        (None, None) => format!(
            "{}: the agent ended by itself, and it is not proven that nothing is left; see `pluto list` and `pluto \
             clean`{end}",
            node.name
        ),
    }
}

fn is_clean(node: &NodeOutcome) -> bool {
    node.gone && node.proof.as_ref().is_some_and(|proof| proof.left_count == 0) && node.error.is_none()
}

/// The exit status of a capture: 0 where every node is known to be clean.
pub(crate) fn status_of<C: Consumer>(outcome: &Outcome<C>) -> u8 {
    if outcome.nodes.iter().all(is_clean) { 0 } else { 2 }
}

/// The outcome for programs.
pub(crate) fn outcome_json<C: Consumer>(outcome: &Outcome<C>) -> serde_json::Value {
    let nodes: Vec<_> = outcome
        .nodes
        .iter()
        .map(|node| {
            serde_json::json!({
                "name": node.name,
                "functions": node.armed.functions,
                "processes": node.armed.processes,
                "arming_ms": node.armed.took_ms,
                "clean": is_clean(node),
                "left": node.proof.as_ref().map(|proof| proof.left_count),
                "agent_gone": node.gone,
                "reduced": node.reduced.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "stopped_by_another_client": node.stopped,
                "limit": node.limit.map(|(kind, value, limit)| limit_text(kind, value, limit)),
                "error": node.error.as_ref().map(ToString::to_string),
            })
        })
        .collect();
    serde_json::json!({
        "ended": reason_text(outcome.why),
        "events": outcome.progress.events,
        "bytes": outcome.progress.bytes,
        "missing": outcome.progress.missing,
        "foreign": outcome.progress.foreign,
        "too_deep": outcome.progress.too_deep,
        "nodes": nodes,
    })
}

/// What a refusal of the agent means, and what can be done about it. The reasons are listed in its `PROTOCOL.md`.
pub(super) fn refusal(reason: &Term) -> (String, Option<String>) {
    let text = |term: &Term| term.display(Syntax::Erlang, &PrintLimits::default()).to_string();
    let elements = reason.as_tuple().unwrap_or_default();
    match (elements.first().and_then(Term::as_atom), elements.get(1..).unwrap_or_default()) {
        (Some("foreign_tracer"), [who, tracer]) => (
            format!("another tool is tracing ({} is traced by {})", text(who), text(tracer)),
            Some(
                "before OTP 27 a node has one tracer at a time; stop the other one first, see `pluto list`"
                    .to_owned(),
            ),
        ),
        (Some("other_pluto"), [module]) => (
            format!("another Pluto is tracing (session {})", session_number(module)),
            Some(
                "before OTP 27 a node has one tracer at a time; `pluto list` tells whose it is, `pluto adjust` changes what \
                 it traces, `pluto stop` ends it"
                    .to_owned(),
            ),
        ),
        (Some("foreign_pattern"), [what]) => (
            format!("another tool has set a trace pattern on {}", text(what)),
            Some("see `pluto list`, and `pluto clean` for what a dead tracer left".to_owned()),
        ),
        (Some("control_word_in_use"), [word]) => (
            format!("the node's trace control word is in use (it is {})", text(word)),
            Some("sampling needs it; trace without --rate, or stop the other tool".to_owned()),
        ),
        (Some("counter_in_use"), [function]) => (
            format!("another tool counts the calls of {}", text(function)),
            Some("counting would reset it; --force traces without counting first".to_owned()),
        ),
        (Some("bad_function"), [what]) => {
            (format!("{} cannot be traced: to the VM '_' stands for every function", text(what)), None)
        }
        (Some("bad_match_spec"), [what]) => {
            (format!("the node refuses the match specification of {}", text(what)), None)
        }
        (Some("limit"), [what, value, limit]) => (
            format!("a limit was hit while arming: {} is {}, limit {}", text(what), text(value), text(limit)),
            Some("narrow the pattern or sample".to_owned()),
        ),
        _ => (format!("the agent refused: {}", text(reason)), None),
    }
}

/// The number of a session of ours, out of the name of its module.
fn session_number(module: &Term) -> &str {
    module.as_atom().and_then(|name| name.strip_prefix("pluto_agent_")).unwrap_or("?")
}

/// What was set on a node.
pub(crate) fn armed_text(node: &ArmedNode) -> String {
    let armed = &node.armed;
    let mut text = format!(
        "{}: tracing {} in {}, armed in {} ms; Ctrl-C ends it",
        node.name,
        count(armed.functions, "function"),
        count(armed.processes, "process"),
        armed.took_ms
    );
    if armed.leftover_count > 0 {
        text.push_str(&format!(
            "\n{}: patterns of a tracer that is gone on {}; their events are dropped (see `pluto clean`)",
            node.name,
            count(armed.leftover_count, "function")
        ));
    }
    if node.session.info().session == pluto_agent::SessionKind::Legacy {
        text.push_str(&format!(
            "\n{}: before OTP 27 a tracer that starts after this one can still collide with it",
            node.name
        ));
    }
    text
}

/// The capture level as it is typed.
pub(crate) fn level_name(probe: &Probe) -> &'static str {
    use pluto_matchspec::Level;
    match probe.level {
        Level::Calls => "calls",
        Level::Returns => "returns",
        Level::Full => "full",
    }
}
