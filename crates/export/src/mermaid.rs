//! Mermaid: a sequence diagram of messages, small enough to be read.
//!
//! A message that was matched with its delivery is a solid arrow (dashed where the match is inferred); one that was
//! not is an arrow with a cross at its end. Starts of processes are arrows too. Where no messages were recorded, the
//! `gen_server` calls that can be inferred from function calls take their place. What is over the limits is counted
//! in a note at the end.

use crate::{ExportError, Written, each};
use pluto_event::{Event, FunctionId, Kind, ProcessId, What};
use pluto_term::PrintLimits;
use pluto_timeline::calls::{Keep, Limits};
use pluto_timeline::links::{Certainty, LinkKind, LinkLimits, exchanges_of_calls};
use pluto_timeline::source::Purpose;
use pluto_timeline::{Filter, Names, Source, Syntax, count, source};
use rustc_hash::FxHashMap;
use std::io::{self, Write};

/// How large a diagram may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Processes, those that take part first.
    pub participants: usize,
    /// Arrows, the first ones.
    pub arrows: usize,
    /// Characters of a message's text.
    pub text: usize,
}

impl Default for Size {
    /// 16 processes, 200 arrows, 60 characters.
    fn default() -> Size {
        Size { participants: 16, arrows: 200, text: 60 }
    }
}

/// Writes the messages of the wanted processes and time.
pub fn mermaid<S: Source>(
    source: &S,
    filter: &Filter,
    size: Size,
    out: &mut impl Write,
) -> Result<Written, ExportError<S::Error>> {
    let links = source::links(source, filter, LinkLimits::default()).map_err(ExportError::Source)?;
    let receivers: FxHashMap<u64, (ProcessId, Certainty)> = links
        .links
        .iter()
        .filter(|link| link.kind == LinkKind::Message)
        .map(|link| (link.from.event, (link.to.process, link.certainty)))
        .collect();
    let limits = PrintLimits { depth: 4, elements: 8, text: size.text, total: size.text };
    let registry = source::registry(source).map_err(ExportError::Source)?;
    let names = Names::new(source.tables(), Syntax::Auto).with_limits(limits).with_registry(&registry);
    let mut diagram = Diagram::new(names, size);
    let mut number = 0;
    let result = each(source, Purpose::Everything, filter, |event| {
        diagram.event(event, receivers.get(&number).copied());
        number += 1;
        Ok::<(), io::Error>(())
    });
    result.map_err(ExportError::Source)?.map_err(ExportError::Write)?;
    if diagram.written.items == 0 {
        let (calls, _) =
            source::calls(source, filter, Limits::default(), Keep::default()).map_err(ExportError::Source)?;
        for exchange in exchanges_of_calls(&calls, source.tables()) {
            let handled = exchange
                .handled
                .and_then(|part| calls.all().iter().find(|call| call.event == part.point.event));
            let text = handled.map_or_else(String::new, |call| names.call(call.function, call.arguments()));
            diagram.arrow(exchange.caller, exchange.server, "-->>", &text);
        }
    }
    diagram.damage = source.damage().into_iter().map(|damage| damage.to_string()).collect();
    diagram.written.damage = diagram.damage.len() as u64;
    diagram.write(out).map_err(ExportError::Write)?;
    Ok(diagram.written)
}

struct Diagram<'t> {
    names: Names<'t>,
    size: Size,
    participants: Vec<ProcessId>,
    lines: Vec<String>,
    others: u64,
    damage: Vec<String>,
    written: Written,
}

impl<'t> Diagram<'t> {
    fn new(names: Names<'t>, size: Size) -> Diagram<'t> {
        Diagram {
            names,
            size,
            participants: Vec::new(),
            lines: Vec::new(),
            others: 0,
            damage: Vec::new(),
            written: Written::default(),
        }
    }

    fn event(&mut self, event: &Event<'_>, matched: Option<(ProcessId, Certainty)>) {
        let from = event.process;
        match event.what {
            What::Send { to, message, receiver_exists } => {
                let text = self.names.payload(message, Syntax::Auto).unwrap_or_default();
                match matched {
                    Some((receiver, Certainty::Certain)) => self.arrow(from, receiver, "->>", &text),
                    Some((receiver, Certainty::Inferred)) => self.arrow(from, receiver, "-->>", &text),
                    None if receiver_exists => self.arrow(from, to, "-x", &text),
                    None => self.arrow(from, to, "-x", &format!("{text} (no such process)")),
                }
            }
            What::Spawn { child, function, .. } => {
                let text = self.starts(function);
                self.arrow(from, child, "->>", &text);
            }
            What::Exit { reason } => {
                let reason = self.names.payload(reason, Syntax::Auto).unwrap_or_default();
                if let Some(place) = self.participants.iter().position(|&process| process == from)
                    && self.lines.len() < self.size.arrows
                {
                    self.lines.push(format!("Note over P{place}: exit {}", escape(&reason)));
                }
            }
            What::Gap { cause, missing, .. } => {
                self.written.gaps += 1;
                let text = escape(&format!("gap: {}, {missing} missing", cause.name()));
                let own = self.participants.iter().position(|&process| process == from);
                let place = own.filter(|_| !from.is_none());
                let line = match place {
                    Some(place) => format!("Note over P{place}: {text}"),
                    None => match self.participants.len() {
                        0 => return,
                        1 => format!("Note over P0: {text}"),
                        all => format!("Note over P0,P{}: {text}", all - 1),
                    },
                };
                self.lines.push(line);
            }
            _ => debug_assert!(event.what.kind() != Kind::Gap, "gaps are written above"),
        }
    }

    fn starts(&self, function: FunctionId) -> String {
        format!("spawn {}", self.names.function(function))
    }

    fn place(&mut self, process: ProcessId) -> Option<usize> {
        if let Some(place) = self.participants.iter().position(|&other| other == process) {
            return Some(place);
        }
        if self.participants.len() >= self.size.participants {
            self.others += 1;
            return None;
        }
        self.participants.push(process);
        Some(self.participants.len() - 1)
    }

    fn arrow(&mut self, from: ProcessId, to: ProcessId, arrow: &str, text: &str) {
        if self.lines.len() >= self.size.arrows {
            self.written.left_out += 1;
            return;
        }
        let (Some(from), Some(to)) = (self.place(from), self.place(to)) else {
            self.written.left_out += 1;
            return;
        };
        self.written.items += 1;
        let text = match escape(text) {
            text if text.is_empty() => "message".to_owned(),
            text => text,
        };
        self.lines.push(format!("P{from}{arrow}P{to}: {text}"));
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "sequenceDiagram")?;
        for (place, &process) in self.participants.iter().enumerate() {
            writeln!(out, "    participant P{place} as {}", escape(&self.names.process(process)))?;
        }
        for line in &self.lines {
            writeln!(out, "    {line}")?;
        }
        if self.written.left_out > 0 {
            let were = if self.written.left_out == 1 { "was" } else { "were" };
            let arrows = count(self.written.left_out, "more arrow");
            let text = format!("{arrows} {were} left out");
            match self.participants.is_empty() {
                true => writeln!(out, "    %% {text}")?,
                false => writeln!(out, "    Note over P0: {text}")?,
            }
        }
        for text in &self.damage {
            let place = if self.participants.is_empty() { "left of Pluto" } else { "over P0" };
            writeln!(out, "    Note {place}: {}", escape(text))?;
        }
        if self.participants.is_empty() {
            let gaps = count(self.written.gaps, "gap");
            writeln!(out, "    Note left of Pluto: no messages, {gaps}")?;
        }
        Ok(())
    }
}

/// Characters that end a statement or begin an entity become entities.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '#' => out.push_str("#35;"),
            ';' => out.push_str("#59;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
