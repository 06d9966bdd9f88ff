//! Combinations of arguments that mean nothing together, and would be ignored in silence. What `clap` can tell from
//! the names of the options alone stands in `args.rs`.

use crate::args::{
    ExportArgs, ExportFormat, ProbeArgs, RecordArgs, ReportFormat, ShowArgs, StreamFormat, SyntaxArg,
    TraceArgs,
};
use crate::failure::Failure;
use pluto_capture::probe::Probe;
use pluto_capture::trigger::Condition;
use pluto_matchspec::{Level, Sampling};

/// What `trace` was asked for.
pub(crate) fn trace(args: &TraceArgs) -> Result<(), Failure> {
    if args.probe.dry_run && args.format == StreamFormat::Jsonl {
        return Err(dry_run_is_text());
    }
    syntax_is_of_text(args.format, args.syntax)
}

/// What `record` was asked for.
pub(crate) fn record(args: &RecordArgs, condition: Option<Condition>, probe: &Probe) -> Result<(), Failure> {
    if args.probe.dry_run && args.format == ReportFormat::Json {
        return Err(dry_run_is_text());
    }
    match condition {
        Some(Condition::Exception) if probe.patterns.is_empty() || probe.level == Level::Calls => {
            Err(Failure::new("--save-when exception would never hold: no exception is observed")
                .hint("give a pattern, and --level returns"))
        }
        Some(Condition::Slow(_)) if !measures(probe) => {
            Err(Failure::new("--save-when slow would never hold: no call is timed")
                .hint("give a pattern, and --timing or --level returns"))
        }
        _ => Ok(()),
    }
}

/// Whether calls are timed at all.
fn measures(probe: &Probe) -> bool {
    !probe.patterns.is_empty() && (probe.timing || probe.level != Level::Calls)
}

/// What is to be observed. Without a pattern there is no call that an option could be about.
pub(crate) fn probe(args: &ProbeArgs, probe: &Probe) -> Result<(), Failure> {
    if !probe.messages.is_empty() && !probe.send && !probe.deliver {
        return Err(Failure::new("--message is about messages, and none are traced")
            .hint("add --send for messages that are sent, --deliver for messages put into a queue"));
    }
    if !probe.patterns.is_empty() {
        return Ok(());
    }
    let without = [
        (args.timing, "--timing measures"),
        (probe.level == Level::Returns, "--level returns keeps the values of"),
        (probe.sampling != Sampling::None, "--rate samples"),
    ];
    match without.into_iter().find(|(given, _)| *given) {
        Some((_, what)) => Err(Failure::new(format!("{what} calls, and there is no pattern of calls"))
            .hint("give a pattern as mod:fun/2 or mod:_, or leave the option out")),
        None => Ok(()),
    }
}

/// What `show` was asked for.
pub(crate) fn show(args: &ShowArgs) -> Result<(), Failure> {
    syntax_is_of_text(args.format, args.syntax)
}

/// What `export` was asked for: some formats show events, the others calls and messages in their context.
pub(crate) fn export(args: &ExportArgs) -> Result<(), Failure> {
    let filter = &args.filter;
    let events = matches!(args.to, ExportFormat::Json | ExportFormat::Csv | ExportFormat::Parquet);
    let (ignored, hint): (&[(bool, &str)], &str) = if events {
        (
            &[(filter.slow.is_some(), "--slow"), (filter.failed, "--failed")],
            "json, csv and parquet hold events; `pluto show` prints slow and failed calls",
        )
    } else {
        (
            &[
                (!filter.functions.is_empty(), "--function"),
                (!filter.kinds.is_empty(), "--kind"),
                (filter.slow.is_some(), "--slow"),
                (filter.failed, "--failed"),
            ],
            "calls and messages are shown in their context; --since, --until and --process narrow it",
        )
    };
    match ignored.iter().find(|(given, _)| *given) {
        Some((_, option)) => {
            Err(Failure::new(format!("{option} does not go with this format of export")).hint(hint))
        }
        None => Ok(()),
    }
}

/// JSON has terms in one spelling, which programs can rely on.
fn syntax_is_of_text(format: StreamFormat, syntax: SyntaxArg) -> Result<(), Failure> {
    if format == StreamFormat::Jsonl && syntax != SyntaxArg::Auto {
        return Err(Failure::new("--syntax is about text; --format jsonl has terms in Erlang's spelling")
            .hint("leave one of the two out"));
    }
    Ok(())
}

fn dry_run_is_text() -> Failure {
    Failure::new("--dry-run tells the cost as text").hint("leave --format out")
}
