//! `pluto show`: the events of a recording, or its calls as trees.

use super::reading::{filter, note_damage, open, registry, unreadable};
use super::trace::syntax;
use crate::args::{ShowArgs, StreamFormat};
use crate::failure::Failure;
use crate::output::{self, Colour};
use crate::usage;
use pluto_event::Event;
use pluto_export::EventWriter;
use pluto_recording::Reader;
use pluto_timeline::calls::{Keep, Limits};
use pluto_timeline::show::{self, Lines, TreeOptions, write_trees};
use pluto_timeline::source::{self, Purpose};
use pluto_timeline::{Filter, Names, Source};
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
    let lines = Lines::new(names, colour);
    let calls_only = args.filter.slow.is_some() || args.filter.failed;
    match args.format {
        StreamFormat::Text => {
            let damage = Source::damage(&reader);
            damage.iter().try_for_each(|damage| lines.write_damage(&mut out, damage))?;
        }
        StreamFormat::Jsonl => note_damage(&reader),
    }
    if args.tree {
        trees(args, &reader, &filter, &lines, &mut out)?;
    } else if calls_only {
        calls(args, &reader, &filter, &lines, &mut out)?;
    } else {
        let json = EventWriter::new(reader.tables(), &registry);
        events(args, &reader, &filter, (&lines, json), &mut out)?;
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
    lines: &Lines<'_>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let (calls, gaps) = source::calls(reader, filter, Limits::default(), Keep::default())
        .map_err(|error| unreadable(&args.dir, &error))?;
    let options = TreeOptions { calls: limit(args), ..TreeOptions::default() };
    write_trees(out, lines, &calls, &gaps, filter, options)?;
    Ok(())
}

/// The slow or failed calls, one line each.
fn calls(
    args: &ShowArgs,
    reader: &Reader,
    filter: &Filter,
    lines: &Lines<'_>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let (calls, gaps) = source::calls(reader, filter, Limits::default(), filter.keep())
        .map_err(|error| unreadable(&args.dir, &error))?;
    let wanted = || calls.all().iter().filter(|call| filter.wants_call(call));
    for call in wanted().take(limit(args)) {
        lines.write_call(out, &calls, call)?;
    }
    let left_out = wanted().count().saturating_sub(limit(args));
    if left_out > 0 {
        output::note(&format!("{left_out} calls more; --limit 0 shows all"));
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
    (lines, json): (&Lines<'_>, EventWriter<'_>),
    out: &mut impl Write,
) -> Result<(), Failure> {
    if args.format == StreamFormat::Jsonl {
        Source::damage(reader).iter().try_for_each(|damage| json.write_damage(out, damage))?;
    }
    let mut write = |event: &Event<'_>| -> io::Result<()> {
        match args.format {
            StreamFormat::Text => lines.write_event(out, event),
            StreamFormat::Jsonl => json.write(out, event),
        }
    };
    let (mut shown, mut more, mut written) = (0, false, Ok(()));
    Source::scan(reader, Purpose::Show, filter, &mut |event| {
        if shown >= limit(args) {
            more = true;
            return ControlFlow::Break(());
        }
        shown += 1;
        written = write(event);
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
    .map_err(|error| unreadable(&args.dir, &error))?;
    written?;
    if more {
        output::note(&format!("there are more than {shown} such events; --limit 0 shows all"));
    }
    Ok(())
}
