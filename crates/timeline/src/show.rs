//! Events and calls as lines of text.

use crate::calls::{Call, Calls};
use crate::count;
use crate::damage::Damage;
use crate::gaps::Gap;
use crate::live::Ended;
use crate::names::{Names, Syntax};
use crate::pairing::Ending;
use crate::time::{duration_text, time_text};
use pluto_event::{Event, FunctionId, Missing, Nanos, Payload, ProcessId, What};
use std::io::{self, Write};

mod related;
mod tree;

pub use tree::{LeftOut, TreeOptions, TreeSink, walk_trees, write_trees};

/// Whether to use terminal colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Colour {
    /// Plain text.
    #[default]
    Off,
    /// ANSI escape sequences.
    On,
}

/// What a piece of text stands for, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Time,
    Process,
    Function,
    Duration,
    Failure,
    Note,
    Gap,
}

impl Colour {
    fn paint(self, role: Role, text: &str) -> String {
        let code = match role {
            Role::Time => "2",
            Role::Process => "36",
            Role::Function => "1",
            Role::Duration => "33",
            Role::Failure => "31",
            Role::Note => "2",
            Role::Gap => "35",
        };
        match self {
            Colour::Off => text.to_owned(),
            Colour::On => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }
}

/// Writes events and calls, one line each.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'t> {
    names: Names<'t>,
    colour: Colour,
    has_times: bool,
}

/// What stands where a time or a duration is not known.
const UNKNOWN: &str = "-";

impl<'t> Lines<'t> {
    /// A writer of lines.
    pub fn new(names: Names<'t>, colour: Colour) -> Lines<'t> {
        Lines { names, colour, has_times: true }
    }

    /// Says whether times are more than the order of events; they are unless told otherwise.
    #[must_use]
    pub fn with_times(mut self, has_times: bool) -> Lines<'t> {
        self.has_times = has_times;
        self
    }

    fn time(&self, time: Nanos) -> String {
        let text = if self.has_times { time_text(time) } else { UNKNOWN.to_owned() };
        self.colour.paint(Role::Time, &text)
    }

    /// One event: time, process, what happened.
    pub fn write_event(&self, out: &mut impl Write, event: &Event<'_>) -> io::Result<()> {
        if let What::Gap { node, cause, missing, since } = event.what {
            let time = self.time(event.time);
            let gap = Gap { process: event.process, node, cause, missing, since, until: event.time };
            return writeln!(out, "{time} {}", self.gap(&gap));
        }
        self.line(out, event.time, event.process, &self.what(&event.what, event.time))
    }

    /// One event with the calls that it ended, each with its duration. Of a return to a function only these are
    /// written, where there are any.
    pub fn write_timed(&self, out: &mut impl Write, event: &Event<'_>, ended: &[Ended]) -> io::Result<()> {
        let is_own = |ended: &&Ended| {
            matches!(ended.ending, Ending::Returned | Ending::ReturnedUnobserved | Ending::Raised)
        };
        for other in ended.iter().filter(|ended| !is_own(ended)) {
            self.write_ended(out, other)?;
        }
        match (ended.iter().find(is_own), &event.what) {
            (Some(own), what) => {
                let what =
                    format!("{}{}", self.what(what, event.time), self.duration(own.duration(), own.ending));
                self.line(out, event.time, event.process, &what)
            }
            (None, What::ReturnTo { .. }) if !ended.is_empty() => Ok(()),
            (None, _) => self.write_event(out, event),
        }
    }

    /// The end of a call that no event of its own tells.
    pub fn write_ended(&self, out: &mut impl Write, ended: &Ended) -> io::Result<()> {
        let what = format!(
            "{} ended{}",
            self.function(ended.function),
            self.duration(ended.duration(), ended.ending)
        );
        self.line(out, ended.end, ended.process, &what)
    }

    fn line(&self, out: &mut impl Write, time: Nanos, process: ProcessId, what: &str) -> io::Result<()> {
        let process = self.names.process_at(process, time);
        let time = self.time(time);
        let process = self.colour.paint(Role::Process, &process);
        writeln!(out, "{time} {process} {what}")
    }

    /// `  12.3ms`, with `~` where the end rests on a rule.
    fn duration(&self, nanos: u64, ending: Ending) -> String {
        let mark = if ending.is_certain() { "" } else { "~" };
        self.colour.paint(Role::Duration, &format!("  {mark}{}", duration_text(nanos)))
    }

    /// One call with its outcome and duration.
    pub fn write_call(&self, out: &mut impl Write, calls: &Calls, call: &Call) -> io::Result<()> {
        self.line(out, call.start, call.process, &self.call(calls, call))
    }

    /// Damage that no gap tells of.
    pub fn write_damage(&self, out: &mut impl Write, damage: &Damage) -> io::Result<()> {
        writeln!(out, "{}", self.colour.paint(Role::Gap, &format!("-- {damage}")))
    }

    /// What is missing, why, and since when.
    fn gap(&self, gap: &Gap) -> String {
        let whose = match (gap.process.is_none(), gap.node.is_none()) {
            (false, _) => self.names.process(gap.process),
            (true, false) => self.names.node(gap.node),
            (true, true) => "all nodes".to_owned(),
        };
        let missing = missing_text(gap.missing);
        let since = if self.has_times { format!(" since {}", time_text(gap.since)) } else { String::new() };
        let text = format!("-- gap ({}): {missing} of {whose} missing{since}", gap.cause.name());
        self.colour.paint(Role::Gap, &text)
    }

    fn function(&self, function: FunctionId) -> String {
        self.colour.paint(Role::Function, &self.names.function(function))
    }

    /// The text of a call with its arguments, the name in colour.
    fn call_text(&self, function: FunctionId, arguments: Payload<'_>) -> String {
        let name = self.names.function_name(function);
        let text = self.names.call(function, arguments);
        match text.strip_prefix(name.as_str()) {
            Some(rest) => format!("{}{rest}", self.colour.paint(Role::Function, &name)),
            None => text,
        }
    }

    fn term(&self, payload: Payload<'_>, syntax: Syntax, before: &str) -> String {
        self.names.payload(payload, syntax).map_or_else(String::new, |text| format!("{before}{text}"))
    }

    fn what(&self, what: &What<'_>, time: Nanos) -> String {
        let process = |id| self.names.process_at(id, time);
        let syntax = self.names.syntax_of(what.function());
        match *what {
            What::Call { function, arguments } => self.call_text(function, arguments),
            What::Return { function, value } if value.is_absent() => {
                format!("{} returned", self.function(function))
            }
            What::Return { function, value } => {
                format!("{}{}", self.function(function), self.term(value, syntax, " -> "))
            }
            What::Exception { function, reason } => {
                let raised = self.colour.paint(Role::Failure, "raised");
                format!("{} {raised}{}", self.function(function), self.term(reason, syntax, " "))
            }
            What::ReturnTo { function } => format!("back in {}", self.function(function)),
            What::Send { to, message, receiver_exists } => {
                let lost = if receiver_exists { "" } else { " (no such process)" };
                format!("send to {}{lost}{}", process(to), self.term(message, syntax, ": "))
            }
            What::Deliver { from, message } => {
                format!("delivered from {}{}", process(from), self.term(message, syntax, ": "))
            }
            What::Spawn { child, function, arguments } => {
                format!("spawn {} {}", process(child), self.call_text(function, arguments))
            }
            What::Spawned { parent, function, arguments } => {
                format!("spawned by {} {}", process(parent), self.call_text(function, arguments))
            }
            What::Exit { reason } => format!("exit{}", self.term(reason, syntax, " ")),
            What::Link { peer } => format!("link to {}", process(peer)),
            What::Unlink { peer } => format!("unlink from {}", process(peer)),
            What::GettingLinked { peer } => format!("linked by {}", process(peer)),
            What::GettingUnlinked { peer } => format!("unlinked by {}", process(peer)),
            What::Register { name } => format!("register {}", self.names.registered(name)),
            What::Unregister { name } => format!("unregister {}", self.names.registered(name)),
            What::Gap { .. } => String::new(),
        }
    }

    /// A call with its outcome: `shop:place_order(17) -> {ok,1}  12.3ms`. `~` marks a duration that rests on a rule.
    fn call(&self, calls: &Calls, call: &Call) -> String {
        let mut text = self.call_text(call.function, call.arguments());
        let syntax = self.names.syntax_of(call.function);
        match call.ending {
            Ending::Raised => {
                text.push_str(&self.colour.paint(Role::Failure, " raised"));
                text.push_str(&self.term(call.outcome(), syntax, " "));
            }
            _ => text.push_str(&self.term(call.outcome(), syntax, " -> ")),
        }
        match call.duration() {
            Some(duration) => text.push_str(&self.duration(duration, call.ending)),
            None if call.ending.is_timed() => {
                text.push_str(&self.colour.paint(Role::Duration, &format!("  {UNKNOWN}")));
            }
            None if call.ending == Ending::Open && !calls.ends_reported => {}
            None => text.push_str(&self.colour.paint(Role::Note, &format!("  ({})", call.ending.text()))),
        }
        text
    }
}

/// How much is missing, in words: `at least 5 events`.
#[must_use]
pub fn missing_text(missing: Missing) -> String {
    match missing {
        Missing::Exactly(n) => format!("exactly {}", count(n, "event")),
        Missing::AtLeast(n) => format!("at least {}", count(n, "event")),
        Missing::Unknown => "an unknown number of events".to_owned(),
    }
}
