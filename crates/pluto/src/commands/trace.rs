//! `pluto trace`: what nodes do, printed as it happens.

use super::capturing;
use crate::args::{StreamFormat, SyntaxArg, TraceArgs};
use crate::failure::Failure;
use crate::output::{self, Colour};
use crate::usage;
use pluto_capture::pipeline::Consumer;
use pluto_event::{Event, Tables};
use pluto_export::EventWriter;
use pluto_timeline::Names;
use pluto_timeline::names::Syntax;
use pluto_timeline::show::{self, Lines};
use std::io::{BufWriter, ErrorKind, Stdout, Write};

/// Prints events until Ctrl-C, or until a bound is reached.
pub(crate) async fn run(args: TraceArgs, colour: Colour) -> Result<u8, Failure> {
    usage::trace(&args)?;
    let probe = capturing::probe(&args.probe)?;
    let Some(ready) = capturing::prepare(&args.probe, probe).await? else { return Ok(0) };
    let printer = Printer {
        tables: Tables::new(),
        out: BufWriter::with_capacity(1 << 16, std::io::stdout()),
        format: args.format,
        syntax: syntax(args.syntax),
        colour: if colour.out { show::Colour::On } else { show::Colour::Off },
    };
    let (nodes, pipeline, signals) =
        capturing::arm(ready, printer, args.probe.redact, None, args.probe.events).await?;
    for node in &nodes {
        output::note(&capturing::armed_text(node));
    }
    let mut watcher = capturing::Watcher::new(nodes.len(), false);
    let outcome = capturing::run(nodes, pipeline, signals, &args.probe, &mut watcher).await?;
    output::note(&capturing::outcome_text(&outcome, colour));
    let status = capturing::status_of(&outcome);
    match outcome.consumed {
        // The reader has what it wanted, as `head` does. Whether the nodes are clean is another question.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(status),
        consumed => consumed.map(|()| status).map_err(Failure::from),
    }
}

/// The spelling that was asked for.
pub(crate) fn syntax(syntax: SyntaxArg) -> Syntax {
    match syntax {
        SyntaxArg::Auto => Syntax::Auto,
        SyntaxArg::Erlang => Syntax::Erlang,
        SyntaxArg::Elixir => Syntax::Elixir,
    }
}

/// Prints events to standard output.
struct Printer {
    tables: Tables,
    out: BufWriter<Stdout>,
    format: StreamFormat,
    syntax: Syntax,
    colour: show::Colour,
}

impl Consumer for Printer {
    type Error = std::io::Error;

    fn tables(&mut self) -> &mut Tables {
        &mut self.tables
    }

    fn event(&mut self, event: &Event<'_>) -> std::io::Result<()> {
        match self.format {
            StreamFormat::Text => {
                let lines = Lines::new(Names::new(&self.tables, self.syntax), self.colour);
                lines.write_event(&mut self.out, event)
            }
            StreamFormat::Jsonl => EventWriter::new(&self.tables).write(&mut self.out, event),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
