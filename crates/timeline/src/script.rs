//! A text form of event streams, one event a line, that tests are written in.
//!
//! ```text
//! TIME PROCESS call FUNCTION [ARGUMENTS]        TIME PROCESS spawn PROCESS FUNCTION [ARGUMENTS]
//! TIME PROCESS return FUNCTION [VALUE]          TIME PROCESS spawned PROCESS FUNCTION [ARGUMENTS]
//! TIME PROCESS exception FUNCTION [REASON]      TIME PROCESS exit [REASON]
//! TIME PROCESS return_to FUNCTION               TIME PROCESS link|unlink|getting_linked|getting_unlinked PROCESS
//! TIME PROCESS send|send_to_nobody PROCESS [MESSAGE]   TIME PROCESS register|unregister NAME
//! TIME PROCESS deliver PROCESS [MESSAGE]        TIME PROCESS|NODE|* gap since TIME CAUSE [exact N|at least N|unknown]
//! - PROCESS had NAME                            a registered name from before the stream
//! ```
//!
//! `TIME` is a number of microseconds. A process is a capital letter (`A` is `<0.100.0>`), a registered name, `?` for
//! unknown, each with `@2` after it where it lives on the second node. A node is `@1`, `@2`. `FUNCTION` is
//! `module:name/arity` or `undefined`. Terms are Erlang text; `shape`, `hashed` or `oversize` before one gives its
//! form. `#` begins a comment line. Causes are spelled with `_` for blanks.

use pluto_event::{
    Event, Form, Function, FunctionId, GapCause, Identity, Kind, Missing, Nanos, Node, NodeId, Payload,
    Process, ProcessId, Tables, What,
};
use pluto_term::{Atom, ParseOptions, encode_bare, parse_with};

/// An event stream read from text.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The tables of the stream.
    pub tables: Tables,
    rows: Vec<Row>,
    pub(crate) had: Vec<(ProcessId, String)>,
}

/// A line that is not an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct ScriptError {
    /// Counted from 1.
    pub line: usize,
    /// What was looked for.
    pub what: &'static str,
}

/// One event with everything it owns.
#[derive(Clone, Debug)]
struct Row {
    time: Nanos,
    process: ProcessId,
    kind: Kind,
    function: FunctionId,
    peer: ProcessId,
    form: Form,
    bytes: Vec<u8>,
    receiver_exists: bool,
    name: pluto_event::AtomId,
    gap: (NodeId, GapCause, Missing, Nanos),
}

type Fault = &'static str;

impl Script {
    /// Reads a stream.
    pub fn parse(text: &str) -> Result<Script, ScriptError> {
        let mut script = Script::default();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            script.line(line).map_err(|what| ScriptError { line: at + 1, what })?;
        }
        Ok(script)
    }

    /// The events, in the order of their lines.
    pub fn events(&self) -> impl Iterator<Item = Event<'_>> + Clone {
        self.rows.iter().map(Row::event)
    }

    fn line(&mut self, line: &str) -> Result<(), Fault> {
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["-", process, "had", name] => {
                let process = self.process(process)?;
                self.had.push((process, (*name).to_owned()));
            }
            _ => {
                let row = self.row(line)?;
                self.rows.push(row);
            }
        }
        Ok(())
    }

    fn row(&mut self, line: &str) -> Result<Row, Fault> {
        let (time, rest) = word(line);
        let (who, rest) = word(rest);
        let (verb, rest) = word(rest);
        let mut row = Row {
            time: micros(time)?,
            process: ProcessId::NONE,
            kind: Kind::Gap,
            function: FunctionId::NONE,
            peer: ProcessId::NONE,
            form: Form::Absent,
            bytes: Vec::new(),
            receiver_exists: verb != "send_to_nobody",
            name: pluto_event::AtomId::NONE,
            gap: (NodeId::NONE, GapCause::Overload, Missing::Unknown, 0),
        };
        if verb == "gap" {
            self.gap(&mut row, who, rest)?;
            return Ok(row);
        }
        row.process = self.process(who)?;
        let verb = if verb == "send_to_nobody" { "send" } else { verb };
        row.kind = Kind::from_name(verb).ok_or("a kind")?;
        let rest = self.parties(&mut row, rest)?;
        read_term(rest, &mut row.form, &mut row.bytes)?;
        Ok(row)
    }

    fn parties<'a>(&mut self, row: &mut Row, rest: &'a str) -> Result<&'a str, Fault> {
        let (first, after) = word(rest);
        Ok(match row.kind {
            Kind::Call | Kind::Return | Kind::Exception | Kind::ReturnTo => {
                row.function = self.function(first)?;
                after
            }
            Kind::Spawn | Kind::Spawned => {
                row.peer = self.process(first)?;
                let (function, after) = word(after);
                row.function = self.function(function)?;
                after
            }
            Kind::Register | Kind::Unregister => {
                row.name = self.tables.intern_atom(first);
                after
            }
            Kind::Exit => rest,
            _ => {
                row.peer = self.process(first)?;
                after
            }
        })
    }

    fn gap(&mut self, row: &mut Row, who: &str, rest: &str) -> Result<(), Fault> {
        let node = match who {
            "*" => NodeId::NONE,
            node if node.starts_with('@') => self.node(node.trim_start_matches('@'))?,
            process => {
                row.process = self.process(process)?;
                self.tables.process(row.process).map_err(|_| "a process")?.node
            }
        };
        let words: Vec<&str> = rest.split_whitespace().collect();
        let [_, since, cause, missing @ ..] = words.as_slice() else { return Err("since TIME CAUSE") };
        let number = |text: &str| text.parse().map_err(|_| "a number");
        let missing = match missing {
            ["exact", n] => Missing::Exactly(number(n)?),
            ["at", "least", n] => Missing::AtLeast(number(n)?),
            _ => Missing::Unknown,
        };
        let cause = cause.replace('_', " ");
        let cause = GapCause::ALL.into_iter().find(|known| known.name() == cause).ok_or("a cause")?;
        row.gap = (node, cause, missing, micros(since)?);
        Ok(())
    }

    fn node(&mut self, number: &str) -> Result<NodeId, Fault> {
        let creation = number.parse().map_err(|_| "the number of a node")?;
        let name = self.tables.intern_atom(&format!("n{creation}@host"));
        Ok(self.tables.intern_node(Node { name, creation }))
    }

    fn process(&mut self, text: &str) -> Result<ProcessId, Fault> {
        if text == "?" {
            return Ok(ProcessId::NONE);
        }
        let (name, node) = text.split_once('@').unwrap_or((text, "1"));
        let node = self.node(node)?;
        let identity = match name.as_bytes() {
            [letter @ b'A'..=b'Z'] => Identity::Pid { number: 100 + u32::from(letter - b'A'), serial: 0 },
            [b'a'..=b'z', ..] => Identity::Name { name: self.tables.intern_atom(name) },
            _ => return Err("a process"),
        };
        Ok(self.tables.intern_process(Process { node, identity }))
    }

    fn function(&mut self, text: &str) -> Result<FunctionId, Fault> {
        if text == "undefined" {
            return Ok(FunctionId::NONE);
        }
        let (name, arity) = text.rsplit_once('/').ok_or("module:name/arity")?;
        let (module, name) = name.split_once(':').ok_or("module:name/arity")?;
        let function = Function {
            module: self.tables.intern_atom(module),
            name: self.tables.intern_atom(name),
            arity: arity.parse().map_err(|_| "an arity")?,
        };
        Ok(self.tables.intern_function(function))
    }
}

impl Row {
    fn event(&self) -> Event<'_> {
        let payload = Payload { form: self.form, bytes: &self.bytes };
        let (function, peer) = (self.function, self.peer);
        let what = match self.kind {
            Kind::Call => What::Call { function, arguments: payload },
            Kind::Return => What::Return { function, value: payload },
            Kind::Exception => What::Exception { function, reason: payload },
            Kind::ReturnTo => What::ReturnTo { function },
            Kind::Send => What::Send { to: peer, message: payload, receiver_exists: self.receiver_exists },
            Kind::Deliver => What::Deliver { from: peer, message: payload },
            Kind::Spawn => What::Spawn { child: peer, function, arguments: payload },
            Kind::Spawned => What::Spawned { parent: peer, function, arguments: payload },
            Kind::Exit => What::Exit { reason: payload },
            Kind::Link => What::Link { peer },
            Kind::Unlink => What::Unlink { peer },
            Kind::GettingLinked => What::GettingLinked { peer },
            Kind::GettingUnlinked => What::GettingUnlinked { peer },
            Kind::Register => What::Register { name: self.name },
            Kind::Unregister => What::Unregister { name: self.name },
            Kind::Gap => {
                let (node, cause, missing, since) = self.gap;
                What::Gap { node, cause, missing, since }
            }
        };
        Event { time: self.time, process: self.process, what }
    }
}

/// Reads `[FORM] TERM`; nothing at all is an absent term.
fn read_term(text: &str, form: &mut Form, bytes: &mut Vec<u8>) -> Result<(), Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(());
    }
    let forms = [
        ("shape ", Form::Shape),
        ("hashed ", Form::Hashed),
        ("oversize ", Form::Oversize),
        ("too_deep ", Form::TooDeep),
    ];
    let found = forms.into_iter().find_map(|(word, form)| Some((form, text.strip_prefix(word)?)));
    let (found, text) = found.unwrap_or((Form::Full, text));
    let options = ParseOptions { node: Atom::new("n1@host"), creation: 1, ..ParseOptions::default() };
    let term = parse_with(text, pluto_term::Syntax::Erlang, &options).map_err(|_| "a term")?;
    *form = found;
    encode_bare(&term, bytes);
    Ok(())
}

fn micros(text: &str) -> Result<Nanos, Fault> {
    let micros: Nanos = text.parse().map_err(|_| "a time")?;
    micros.checked_mul(1000).ok_or("a time")
}

fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    text.split_once(char::is_whitespace).unwrap_or((text, ""))
}
