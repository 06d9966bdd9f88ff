//! One event as one row of named columns, the same for JSON lines, CSV and Parquet.

use pluto_event::{
    Event, Form, FunctionId, Identity, Kind, Missing, NodeId, Payload, ProcessId, Tables, What,
};
use pluto_term::PrintLimits;
use pluto_timeline::links::{Certainty, Related};
use pluto_timeline::live::Ended;
use pluto_timeline::{Damage, Ending, Names, Registry, Syntax};
use serde::Serialize;
use std::borrow::Cow;

/// The names of the columns, in their order.
pub const COLUMNS: [&str; 25] = [
    "time_ns",
    "kind",
    "node",
    "process",
    "module",
    "function",
    "arity",
    "peer",
    "peer_node",
    "form",
    "term",
    "receiver_exists",
    "name",
    "cause",
    "missing",
    "missing_events",
    "since_ns",
    "process_name",
    "peer_name",
    "event",
    "peer_event",
    "peer_is_certain",
    "exchange",
    "exchange_part",
    "exchange_is_certain",
];

/// How much of a term the rows show.
const TERM_LIMITS: PrintLimits = PrintLimits { depth: 64, elements: 4096, text: 1 << 16, total: 1 << 20 };

/// One event. A column that means nothing for its kind is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Row<'t> {
    /// UNIX time in nanoseconds, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_ns: Option<i64>,
    /// The kind, as [`Kind::name`] spells it, or `damage`.
    pub kind: &'static str,
    /// The node of the process; for a gap, the node whose events are missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<&'t str>,
    /// The process: `<0.123.0>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<String>,
    /// The module of the function, as a bare atom's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<&'t str>,
    /// The name of the function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<Cow<'t, str>>,
    /// Its number of arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arity: Option<u32>,
    /// The other process, port or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// The node of the other process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_node: Option<&'t str>,
    /// In which form the term was captured: `full`, `shape`, `hashed` or `oversize`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<&'static str>,
    /// The term that the event carries, in Erlang syntax.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    /// For `send`: whether the receiver existed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receiver_exists: Option<bool>,
    /// For `register` and `unregister`: the name. For `damage`: the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'t str>,
    /// For `gap`: why events are missing. For `damage`: what is wrong with the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cow<'static, str>>,
    /// For `gap`: `exact`, `at least` or `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<&'static str>,
    /// For `gap`: how many, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_events: Option<u64>,
    /// For `gap`: the earliest time at which an event may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_ns: Option<i64>,
    /// The registered name of the process at that time, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process_name: Option<&'t str>,
    /// The registered name of the other process at that time, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_name: Option<&'t str>,
    /// The position of the event in the recording, by which other rows name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<u64>,
    /// The event that is the other half of it: the delivery of a send, the send of a delivery, and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_event: Option<u64>,
    /// Whether it is certain that the two belong together; inferred where not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_is_certain: Option<bool>,
    /// The `gen_server` call that the event is a part of: the position of its first event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<u64>,
    /// Which part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange_part: Option<&'static str>,
    /// Whether it is certain that the event is a part of it; inferred where not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange_is_certain: Option<bool>,
}

/// The end of a call that was paired while it happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EndRow<'t> {
    /// When it ended. UNIX time in nanoseconds.
    pub time_ns: i64,
    /// `end`.
    pub kind: &'static str,
    /// The node of the process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<&'t str>,
    /// The process: `<0.123.0>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<String>,
    /// The module of the function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<&'t str>,
    /// The name of the function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<Cow<'t, str>>,
    /// Its number of arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arity: Option<u32>,
    /// When it began.
    pub start_ns: i64,
    /// How long it took.
    pub duration_ns: u64,
    /// How it ended.
    pub ending: Ending,
    /// Whether the pair follows from what the VM reported alone; inferred where not.
    pub certain: bool,
    /// The registered name of the process at that time, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process_name: Option<&'t str>,
}

/// Makes rows of events.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'t> {
    tables: &'t Tables,
    names: Names<'t>,
    registry: &'t Registry,
    has_times: bool,
}

impl<'t> Rows<'t> {
    /// Rows of events whose ids point into these tables, with the registered names of their processes.
    pub fn new(tables: &'t Tables, registry: &'t Registry) -> Rows<'t> {
        let names = Names::new(tables, Syntax::Erlang).with_limits(TERM_LIMITS);
        Rows { tables, names, registry, has_times: true }
    }

    /// Says whether times are more than the order of events; they are unless told otherwise.
    #[must_use]
    pub fn with_times(mut self, has_times: bool) -> Rows<'t> {
        self.has_times = has_times;
        self
    }

    /// The row of an event.
    pub fn row(&self, event: &Event<'_>) -> Row<'t> {
        let what = &event.what;
        let (node, process) = self.process(event.process);
        let (peer_node, peer) = self.process(what.peer());
        let (module, function, arity) = self.function(what.function());
        let payload = what.payload();
        let mut row = Row {
            time_ns: self.has_times.then_some(event.time),
            kind: what.kind().name(),
            node,
            process,
            module,
            function,
            arity,
            peer,
            peer_node,
            form: form_name(payload.form),
            term: match what {
                What::Call { .. } | What::Spawn { .. } | What::Spawned { .. } => {
                    self.names.arguments(payload, Syntax::Erlang)
                }
                _ => self.names.payload(payload, Syntax::Erlang),
            },
            process_name: self.registry.name_at(event.process, event.time),
            peer_name: self.registry.name_at(what.peer(), event.time),
            ..Row::default()
        };
        match *what {
            What::Send { receiver_exists, .. } => row.receiver_exists = Some(receiver_exists),
            What::Register { name } | What::Unregister { name } => row.name = self.tables.atom(name).ok(),
            What::Gap { node, cause, missing, since } => {
                row.node = self.node(node);
                row.cause = Some(cause.name().into());
                (row.missing, row.missing_events) = match missing {
                    Missing::Exactly(n) => (Some("exact"), Some(n)),
                    Missing::AtLeast(n) => (Some("at least"), Some(n)),
                    Missing::Unknown => (Some("unknown"), None),
                };
                row.since_ns = self.has_times.then_some(since);
            }
            _ => debug_assert!(what.kind() != Kind::Gap, "every column of a gap is set above"),
        }
        row
    }

    /// The row of an event with its position and what belongs to it.
    pub fn row_with(&self, event: &Event<'_>, position: Option<u64>, related: &Related) -> Row<'t> {
        let mut row = self.row(event);
        row.event = position;
        if let Some((other, certainty)) = related.peer {
            row.peer_event = Some(other.event);
            row.peer_is_certain = Some(certainty == Certainty::Certain);
        }
        if let Some((exchange, role)) = related.exchange {
            row.exchange = exchange.number();
            row.exchange_part = Some(role.name());
            row.exchange_is_certain = exchange.part(role).map(|part| part.certainty == Certainty::Certain);
        }
        row
    }

    /// The row of a call's end.
    pub fn end(&self, ended: &Ended) -> EndRow<'t> {
        let (node, process) = self.process(ended.process);
        let (module, function, arity) = self.function(ended.function);
        EndRow {
            time_ns: ended.end,
            kind: "end",
            node,
            process,
            module,
            function,
            arity,
            start_ns: ended.start,
            duration_ns: ended.duration(),
            ending: ended.ending,
            certain: ended.ending.is_certain(),
            process_name: self.registry.name_at(ended.process, ended.end),
        }
    }

    /// A term, in Erlang syntax.
    pub(crate) fn term(&self, payload: Payload<'_>) -> Option<String> {
        self.names.payload(payload, Syntax::Erlang)
    }

    /// The row of damage that no gap tells of.
    pub fn damage(damage: &'t Damage) -> Row<'t> {
        Row {
            time_ns: Some(0),
            kind: "damage",
            name: Some(&damage.file),
            cause: Some(format!("{}, at byte {}", damage.what, damage.offset).into()),
            ..Row::default()
        }
    }

    fn node(&self, id: NodeId) -> Option<&'t str> {
        self.tables.node(id).ok().and_then(|node| self.tables.atom(node.name).ok())
    }

    fn process(&self, id: ProcessId) -> (Option<&'t str>, Option<String>) {
        let Ok(process) = self.tables.process(id) else {
            return (None, (!id.is_none()).then(|| self.names.pid(id)));
        };
        let text = match process.identity {
            Identity::Pid { number, serial } => Some(format!("<0.{number}.{serial}>")),
            Identity::Port { number } => Some(format!("#Port<0.{number}>")),
            Identity::Name { name } => match self.tables.atom(name) {
                Ok(name) => Some(name.to_owned()),
                Err(_) => Some(self.names.pid(id)),
            },
        };
        (self.node(process.node), text)
    }

    fn function(&self, id: FunctionId) -> (Option<&'t str>, Option<Cow<'t, str>>, Option<u32>) {
        if id.is_none() {
            return (None, None, None);
        }
        let Ok(function) = self.tables.function(id) else {
            return (None, Some(self.names.function(id).into()), None);
        };
        let atom = |id| self.tables.atom(id).ok();
        let name = atom(function.name).map_or_else(|| self.names.function_name(id).into(), Cow::Borrowed);
        (atom(function.module), Some(name), Some(function.arity))
    }
}

fn form_name(form: Form) -> Option<&'static str> {
    match form {
        Form::Absent => None,
        Form::Full => Some("full"),
        Form::Shape => Some("shape"),
        Form::Hashed => Some("hashed"),
        Form::Oversize => Some("oversize"),
        Form::TooDeep => Some("too_deep"),
    }
}
