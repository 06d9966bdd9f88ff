//! `pluto trace`: what nodes do, printed as it happens.

use super::capturing;
use crate::args::{StreamFormat, SyntaxArg, TraceArgs};
use crate::failure::Failure;
use crate::output::{self, Colour};
use crate::usage;
use pluto_capture::decode::intern_node;
use pluto_capture::pipeline::{Consumer, Told};
use pluto_event::{Event, Identity, Nanos, NodeId, Process, ProcessId, Tables};
use pluto_export::EventWriter;
use pluto_term::Pid;
use pluto_timeline::live::Live;
use pluto_timeline::names::Syntax;
use pluto_timeline::show::{self, Lines};
use pluto_timeline::{KnownName, Names, Registry, count};
use std::io::{BufWriter, ErrorKind, Stdout, Write};

/// Prints events until Ctrl-C, or until a bound is reached.
pub(crate) async fn run(args: TraceArgs, colour: Colour) -> Result<u8, Failure> {
    usage::trace(&args)?;
    let probe = capturing::probe(&args.probe)?;
    let Some(ready) = capturing::prepare(&args.probe, probe).await? else { return Ok(0) };
    note_clocks(&ready);
    let mut tables = Tables::new();
    let nodes: Vec<NodeId> = ready
        .nodes
        .iter()
        .map(|node| intern_node(&mut tables, &node.name, node.connection.peer().creation))
        .collect();
    let registry = registry(&ready, &nodes, &mut tables);
    let printer = Printer {
        tables,
        registry,
        nodes,
        out: BufWriter::with_capacity(1 << 16, std::io::stdout()),
        format: args.format,
        syntax: syntax(args.syntax),
        colour: if colour.out { show::Colour::On } else { show::Colour::Off },
        live: ready.probe.timing.then(Live::default),
    };
    let (nodes, pipeline, signals) =
        capturing::arm(ready, printer, args.probe.redact, None, args.probe.events).await?;
    for node in &nodes {
        output::note(&capturing::armed_text(node));
    }
    let mut watcher = capturing::Watcher::new(&nodes, false);
    let mut outcome = capturing::run(nodes, pipeline, signals, &args.probe, &mut watcher).await?;
    if outcome.consumed.is_ok() {
        outcome.consumed = outcome.consumer.finish();
    }
    output::note(&capturing::outcome_text(&outcome, colour));
    let status = capturing::status_of(&outcome);
    match outcome.consumed {
        // The reader has what it wanted, as `head` does. Whether the nodes are clean is another question.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(status),
        consumed => consumed.map(|()| status).map_err(Failure::from),
    }
}

/// Says how far the lines of several nodes can be compared.
fn note_clocks(ready: &capturing::Ready) {
    if ready.nodes.len() < 2 {
        return;
    }
    for node in &ready.nodes {
        let microseconds = node.clock.error.saturating_add(999) / 1000;
        output::note(&format!("{}: clock known to {microseconds} us", node.name));
    }
    output::note(
        "lines come as they arrive, not always in order of time; `pluto record` puts several nodes in order",
    );
}

/// The spelling that was asked for.
pub(crate) fn syntax(syntax: SyntaxArg) -> Syntax {
    match syntax {
        SyntaxArg::Auto => Syntax::Auto,
        SyntaxArg::Erlang => Syntax::Erlang,
        SyntaxArg::Elixir => Syntax::Elixir,
    }
}

/// The registered names that the processes of the nodes have now.
fn registry(ready: &capturing::Ready, nodes: &[NodeId], tables: &mut Tables) -> Registry {
    let mut registry = Registry::new();
    for (node, &id) in ready.nodes.iter().zip(nodes) {
        for (name, pid) in &node.names.names {
            let process = intern_pid(id, pid, tables);
            let known = KnownName { process, name: name.as_str(), after: Nanos::MIN, by: Nanos::MIN };
            registry.known(known, tables);
        }
    }
    registry
}

fn intern_pid(node: NodeId, pid: &Pid, tables: &mut Tables) -> ProcessId {
    tables.intern_process(Process { node, identity: Identity::Pid { number: pid.id, serial: pid.serial } })
}

/// Prints events to standard output.
struct Printer {
    tables: Tables,
    registry: Registry,
    /// The nodes, by their numbers.
    nodes: Vec<NodeId>,
    out: BufWriter<Stdout>,
    format: StreamFormat,
    syntax: Syntax,
    colour: show::Colour,
    /// Pairs calls with their ends, where they are timed.
    live: Option<Live>,
}

impl Printer {
    /// Prints the ends that were waiting to be certain of, and says how many will never be.
    fn finish(&mut self) -> std::io::Result<()> {
        let Some(live) = &mut self.live else { return Ok(()) };
        let names = Names::new(&self.tables, self.syntax).with_registry(&self.registry);
        let lines = Lines::new(names, self.colour);
        let json = EventWriter::new(&self.tables, &self.registry);
        for ended in live.finish() {
            match self.format {
                StreamFormat::Text => lines.write_ended(&mut self.out, ended)?,
                StreamFormat::Jsonl => json.write_end(&mut self.out, ended)?,
            }
        }
        let untimed = live.given_up() + live.not_followed();
        if untimed > 0 {
            let have = if untimed == 1 { "has" } else { "have" };
            let calls = count(untimed, "call");
            output::note(&format!("{calls} {have} no duration: too many were open at a time"));
        }
        self.out.flush()
    }
}

impl Consumer for Printer {
    type Error = std::io::Error;

    fn tables(&mut self) -> &mut Tables {
        &mut self.tables
    }

    fn event(&mut self, event: &Event<'_>) -> std::io::Result<()> {
        self.registry.add(event, &self.tables);
        let ended = match &mut self.live {
            Some(live) => live.add(event, &self.tables),
            None => &[],
        };
        match self.format {
            StreamFormat::Text => {
                let names = Names::new(&self.tables, self.syntax).with_registry(&self.registry);
                let lines = Lines::new(names, self.colour);
                lines.write_timed(&mut self.out, event, ended)
            }
            StreamFormat::Jsonl => {
                let json = EventWriter::new(&self.tables, &self.registry);
                json.write(&mut self.out, event)?;
                ended.iter().try_for_each(|ended| json.write_end(&mut self.out, ended))
            }
        }
    }

    fn told(&mut self, node: usize, told: Told) -> std::io::Result<()> {
        // What is traced now is said by the one who watches the capture.
        let Told::Names { names, after, by } = told else { return Ok(()) };
        let Some(&node) = self.nodes.get(node) else { return Ok(()) };
        for (name, pid) in names {
            let process = intern_pid(node, &pid, &mut self.tables);
            self.registry.known(KnownName { process, name: name.as_str(), after, by }, &self.tables);
        }
        Ok(())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
