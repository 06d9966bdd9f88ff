//! `pluto show`: the events of a recording, or its calls as trees.

use super::reading::{NO_TIMES, filter, note_damage, open, registry, unreadable};
use super::trace::syntax;
use crate::args::{ShowArgs, StreamFormat};
use crate::failure::Failure;
use crate::output::{self, Colour};
use crate::usage;
use pluto_event::{Event, Kind};
use pluto_export::{EventWriter, json_trees};
use pluto_recording::Reader;
use pluto_timeline::calls::{Keep, Limits};
use pluto_timeline::links::Related;
use pluto_timeline::show::{self, LeftOut, Lines, TreeOptions, write_trees};
use pluto_timeline::source;
use pluto_timeline::{Filter, Gaps, Names, Registry, Source, count};
use std::io::{self, Write};
use std::ops::ControlFlow;

/// Shows what was asked for.
pub(crate) fn run(args: &ShowArgs, colour: Colour) -> Result<u8, Failure> {
    usage::show(args)?;
    let reader = open(&args.dir)?;
    let mut out = output::standard();
    if args.dump {
        pluto_recording::dump(&reader, &mut out).map_err(|error| unreadable(&args.dir, &error))?;
        out.flush()?;
        return Ok(0);
    }
    let registry = registry(&reader, &args.dir)?;
    let filter = filter(&reader, &registry, &args.filter)?;
    let colour = if colour.out { show::Colour::On } else { show::Colour::Off };
    let names = Names::new(reader.tables(), syntax(args.syntax)).with_registry(&registry);
    let lines = Lines::new(names, colour).with_times(reader.has_times());
    if !reader.has_times() {
        output::note(&format!("this recording {NO_TIMES}"));
    }
    let calls_only = args.filter.slow.is_some() || args.filter.failed;
    match args.format {
        StreamFormat::Text => {
            let damage = Source::damage(&reader);
            damage.iter().try_for_each(|damage| lines.write_damage(&mut out, damage))?;
        }
        StreamFormat::Jsonl => note_damage(&reader),
    }
    if args.tree {
        trees(args, &reader, &filter, (&lines, &registry), &mut out)?;
    } else if calls_only {
        calls(args, &reader, &filter, (&lines, &registry), &mut out)?;
    } else {
        events(args, &reader, &filter, (&lines, &registry), &mut out)?;
    }
    out.flush()?;
    Ok(0)
}

fn limit(args: &ShowArgs) -> usize {
    if args.limit == 0 { usize::MAX } else { args.limit }
}

fn trees(
    args: &ShowArgs,
    reader: &Reader,
    filter: &Filter,
    (lines, registry): (&Lines<'_>, &Registry),
    out: &mut impl Write,
) -> Result<(), Failure> {
    let (calls, gaps) = source::calls(reader, filter, Limits::default(), Keep::default())
        .map_err(|error| unreadable(&args.dir, &error))?;
    let options = TreeOptions { calls: limit(args), ..TreeOptions::default() };
    let matches = calls.all().iter().any(|call| filter.wants_call(call));
    note_if_nothing(args, reader, matches, calls.ends_reported);
    match args.format {
        StreamFormat::Text => write_trees(out, lines, &calls, &gaps, filter, options)?,
        StreamFormat::Jsonl => {
            let LeftOut { calls, gaps } =
                json_trees(out, (reader.tables(), registry), &calls, &gaps, filter, options)?;
            if calls + gaps > 0 {
                let (calls, gaps) = (count(calls as u64, "call"), count(gaps as u64, "gap"));
                output::note(&format!("{calls} and {gaps} more; --limit 0 shows all"));
            }
        }
    }
    Ok(())
}

/// What is said where a filter lets nothing pass.
const NOTHING: &str = "nothing matches";

/// Says where a recording cannot tell which calls were slow or failed, and otherwise where there are none.
fn note_if_nothing(args: &ShowArgs, reader: &Reader, matches: bool, ends_reported: bool) {
    let slow_unknown = args.filter.slow.is_some() && (!ends_reported || !reader.has_times());
    let failed_unknown = args.filter.failed && reader.manifest().about.level == "calls";
    if slow_unknown && !reader.has_times() {
        output::note("without times it cannot tell which calls were slow");
    } else if slow_unknown {
        output::note(
            "this recording has no ends of calls, so it cannot tell which were slow; record with --timing",
        );
    }
    if failed_unknown {
        output::note(
            "this recording has no outcomes of calls, so it cannot tell which failed; record with --level returns",
        );
    }
    if !matches && !slow_unknown && !failed_unknown {
        output::note(NOTHING);
    }
}

/// The slow or failed calls, one line each.
fn calls(
    args: &ShowArgs,
    reader: &Reader,
    filter: &Filter,
    (lines, registry): (&Lines<'_>, &Registry),
    out: &mut impl Write,
) -> Result<(), Failure> {
    let (calls, gaps) = source::calls(reader, filter, Limits::default(), filter.keep())
        .map_err(|error| unreadable(&args.dir, &error))?;
    let wanted = || calls.all().iter().filter(|call| filter.wants_call(call));
    match args.format {
        StreamFormat::Text => {
            for call in wanted().take(limit(args)) {
                lines.write_call(out, &calls, call)?;
            }
        }
        StreamFormat::Jsonl => {
            let options = TreeOptions { calls: limit(args), depth: 0 };
            json_trees(out, (reader.tables(), registry), &calls, &Gaps::default(), filter, options)?;
        }
    }
    let found = wanted().count();
    let left_out = found.saturating_sub(limit(args));
    note_if_nothing(args, reader, found > 0, calls.ends_reported);
    if left_out > 0 {
        output::note(&format!("{} more; --limit 0 shows all", count(left_out as u64, "call")));
    }
    if !gaps.is_empty() {
        output::note("events are missing in this recording; `pluto stat` lists the gaps");
    }
    Ok(())
}

/// The events, one line each.
fn events(
    args: &ShowArgs,
    reader: &Reader,
    filter: &Filter,
    (lines, registry): (&Lines<'_>, &Registry),
    out: &mut impl Write,
) -> Result<(), Failure> {
    let json = EventWriter::new(reader.tables(), registry).with_times(reader.has_times());
    if args.format == StreamFormat::Jsonl {
        Source::damage(reader).iter().try_for_each(|damage| json.write_damage(out, damage))?;
    }
    let mut write = |event: &Event<'_>, position: Option<u64>, related: &Related| -> io::Result<()> {
        match args.format {
            StreamFormat::Text => lines.write_related(out, event, related),
            StreamFormat::Jsonl => json.write_with(out, event, position, related),
        }
    };
    // Other gaps are shown because they may hide what was asked for.
    let asks_for_gaps = args.filter.kinds.iter().any(|kind| kind == Kind::Gap.name());
    let (mut shown, mut more, mut matches, mut written) = (0, false, false, Ok(()));
    source::show(reader, registry, filter, |position, event, related| {
        if shown >= limit(args) {
            more = true;
            return ControlFlow::Break(());
        }
        shown += 1;
        matches |= event.what.kind() != Kind::Gap || asks_for_gaps;
        written = write(event, position, related);
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
    .map_err(|error| unreadable(&args.dir, &error))?;
    written?;
    if !matches {
        output::note(NOTHING);
    }
    if more {
        output::note(&format!("there are more than {shown} such events; --limit 0 shows all"));
    }
    Ok(())
}
