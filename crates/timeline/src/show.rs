//! Events and calls as lines of text.

use crate::calls::{Call, Calls};
use crate::gaps::Gap;
use crate::names::{Names, Syntax};
use crate::pairing::Ending;
use crate::time::{duration_text, time_text};
use pluto_event::{Event, FunctionId, Missing, Payload, What};
use std::io::{self, Write};

mod tree;

pub use tree::{TreeOptions, write_trees};

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
}

impl<'t> Lines<'t> {
    /// A writer of lines.
    pub fn new(names: Names<'t>, colour: Colour) -> Lines<'t> {
        Lines { names, colour }
    }

    /// One event: time, process, what happened.
    pub fn write_event(&self, out: &mut impl Write, event: &Event<'_>) -> io::Result<()> {
        let time = self.colour.paint(Role::Time, &time_text(event.time));
        if let What::Gap { node, cause, missing, since } = event.what {
            let gap = Gap { process: event.process, node, cause, missing, since, until: event.time };
            return writeln!(out, "{time} {}", self.gap(&gap));
        }
        let process = self.colour.paint(Role::Process, &self.names.process(event.process));
        writeln!(out, "{time} {process} {}", self.what(&event.what))
    }

    /// One call with its outcome and duration.
    pub fn write_call(&self, out: &mut impl Write, calls: &Calls, call: &Call) -> io::Result<()> {
        let time = self.colour.paint(Role::Time, &time_text(call.start));
        let process = self.colour.paint(Role::Process, &self.names.process(call.process));
        writeln!(out, "{time} {process} {}", self.call(calls, call))
    }

    /// What is missing, why, and since when.
    fn gap(&self, gap: &Gap) -> String {
        let whose = match (gap.process.is_none(), gap.node.is_none()) {
            (false, _) => self.names.process(gap.process),
            (true, false) => self.names.node(gap.node),
            (true, true) => "all nodes".to_owned(),
        };
        let missing = match gap.missing {
            Missing::Exactly(1) => "exactly 1 event".to_owned(),
            Missing::Exactly(n) => format!("exactly {n} events"),
            Missing::AtLeast(n) => format!("at least {n} events"),
            Missing::Unknown => "an unknown number of events".to_owned(),
        };
        let since = time_text(gap.since);
        let text = format!("-- gap ({}): {missing} of {whose} missing since {since}", gap.cause.name());
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

    fn what(&self, what: &What<'_>) -> String {
        let process = |id| self.names.process(id);
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
            Some(duration) => {
                let mark = if call.ending.is_certain() { "" } else { "~" };
                let duration = format!("  {mark}{}", duration_text(duration));
                text.push_str(&self.colour.paint(Role::Duration, &duration));
            }
            None if call.ending == Ending::Open && !calls.ends_reported => {}
            None => text.push_str(&self.colour.paint(Role::Note, &format!("  ({})", call.ending.text()))),
        }
        text
    }
}
