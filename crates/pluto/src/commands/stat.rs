//! `pluto stat`: counts and times of a recording.

use super::reading::{NO_TIMES, open, unreadable};
use crate::args::{ReportFormat, StatArgs};
use crate::failure::Failure;
use crate::output;
use pluto_timeline::time::timestamp_text;
use pluto_timeline::{Filter, Source, count, source};
use std::io::Write;

/// Counts and times what was recorded.
pub(crate) fn run(args: &StatArgs) -> Result<u8, Failure> {
    let reader = open(&args.dir)?;
    let report = source::stat(&reader, &Filter::default()).map_err(|error| unreadable(&args.dir, &error))?;
    let mut out = output::standard();
    match args.format {
        ReportFormat::Json => {
            let json = serde_json::to_string(&report).map_err(|error| Failure::new(error.to_string()))?;
            writeln!(out, "{json}")?;
        }
        ReportFormat::Text => {
            heading(&mut out, &reader, report.events, &args.dir)?;
            let limit = if args.limit == 0 { usize::MAX } else { args.limit };
            report.write_text(&mut out, limit)?;
        }
    }
    out.flush()?;
    Ok(0)
}

fn heading(
    out: &mut impl Write,
    reader: &pluto_recording::Reader,
    events: u64,
    dir: &std::path::Path,
) -> Result<(), Failure> {
    let about = &reader.manifest().about;
    let mut times = reader.times();
    if events == 0 {
        // Without an event there is still the time in which none came.
        let finished = reader.manifest().summary.as_ref().map_or(about.started, |summary| summary.finished);
        times = about.started..finished.max(about.started);
    }
    let events = count(events, "event");
    let seconds = (times.end - times.start) as f64 / 1e9;
    if reader.has_times() {
        let from = timestamp_text(times.start);
        writeln!(out, "{}: {events} in {seconds:.3} s from {from}", dir.display())?;
    } else {
        writeln!(out, "{}: {events}; the recording {NO_TIMES}", dir.display())?;
    }
    for node in &about.nodes {
        // A trace file tells neither the release nor how the clock was read.
        if node.otp.is_empty() {
            writeln!(out, "{}: from a trace file, which does not tell the release or the clock", node.name)?;
            continue;
        }
        let error = node.clock_error_nanos as f64 / 1e3;
        writeln!(out, "{}: OTP {} (ERTS {}), clock known to {error:.0} us", node.name, node.otp, node.erts)?;
    }
    if !about.patterns.is_empty() {
        writeln!(out, "level {}: {}", about.level, about.patterns.join(" "))?;
    }
    for change in &about.changes {
        let (time, patterns) = (timestamp_text(change.time), change.patterns.join(" "));
        let what = if patterns.is_empty() { "no function" } else { &patterns };
        let without = match change.without.as_slice() {
            [] => String::new(),
            names => format!(", without {}, which were too much", names.join(" ")),
        };
        writeln!(out, "since {time} on {}: {what}{without}", change.node)?;
    }
    if about.changes_left_out > 0 {
        writeln!(out, "and {} more", count(about.changes_left_out, "change"))?;
    }
    if let Some(sampling) = &about.sampling {
        writeln!(out, "sampled: {sampling}; counts are of the sample")?;
    }
    writeln!(out)?;
    Ok(())
}
