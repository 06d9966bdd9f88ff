//! What belongs to an event, at the end of its line.
//!
//! ```text
//! … send to B: {…}                     => TIME             the delivery that the message came to
//! … send to ?: {…}                     => TIME PROCESS     and whose, where the line does not say it
//! … delivered from ?: {…}              <= TIME PROCESS     the send that it came from
//! … {'$gen_call', …}                   handled TIME  replied TIME in DURATION
//! … mod:handle_call(…)                 called TIME PROCESS  replied TIME in DURATION
//! ```
//!
//! `~` before a time or a process says that a rule and not the VM's word joins the two; `-` that nothing was found.
//! Where the stream has no times, the process stands in their place, or `yes`.

use super::{Lines, Role as Paint, UNKNOWN};
use crate::links::{Certainty, Exchange, Part, Point, Related, Role};
use crate::time::{duration_text, time_text};
use pluto_event::{Event, ProcessId, What};
use std::io::{self, Write};

impl Lines<'_> {
    /// One event, with what belongs to it at the end of the line.
    pub fn write_related(
        &self,
        out: &mut impl Write,
        event: &Event<'_>,
        related: &Related,
    ) -> io::Result<()> {
        let belongs = self.related(event, related);
        if belongs.is_empty() {
            return self.write_event(out, event);
        }
        let what = self.what(&event.what, event.time);
        self.line(out, event.time, event.process, &format!("{what}{belongs}"))
    }

    fn related(&self, event: &Event<'_>, related: &Related) -> String {
        let mut text = self.counterpart(event, related);
        if let Some((exchange, role)) = &related.exchange {
            text.push_str(&self.exchange(event, exchange, *role, related.reply_expected));
        }
        text
    }

    /// The other half of a message. Starts and links name each other already.
    fn counterpart(&self, event: &Event<'_>, related: &Related) -> String {
        let (arrow, named) = match event.what {
            What::Send { to, .. } => ("=>", to),
            What::Deliver { from, .. } => ("<=", from),
            _ => return String::new(),
        };
        match related.peer {
            Some((point, certainty)) => {
                let unnamed = named != point.process || !self.has_times;
                let process = unnamed.then_some(point.process);
                self.note(&format!("  {arrow} {}", self.point(point, process, certainty)))
            }
            None if related.alone => self.note(&format!("  {arrow} {UNKNOWN}")),
            None => String::new(),
        }
    }

    fn exchange(&self, event: &Event<'_>, exchange: &Exchange, role: Role, reply_expected: bool) -> String {
        // Two parts belong together as surely as each belongs to the call.
        let own = exchange.part(role).map_or(Certainty::Inferred, |part| part.certainty);
        let joined = |part: Part| Part { certainty: part.certainty.max(own), ..part };
        let handled = |server: Option<ProcessId>| {
            exchange.handled.map(|part| format!("  handled {}", self.part(joined(part), server)))
        };
        let (before, reply) = match role {
            Role::Call | Role::RequestSent => {
                let server = (role == Role::Call || !self.has_times).then_some(exchange.server);
                (handled(server), exchange.reply_delivered.or(exchange.reply_sent))
            }
            // Where the sending was seen, its line says this.
            Role::RequestDelivered if exchange.request_sent.is_none() => (handled(None), exchange.reply_sent),
            Role::Handled => {
                let asked = exchange.call.or(exchange.request_sent).or(exchange.request_delivered);
                let called = asked.map(|part| {
                    let caller = (part.point.process == exchange.caller).then_some(exchange.caller);
                    format!("  called {}", self.part(joined(part), caller))
                });
                (called, exchange.reply_sent.or(exchange.reply_delivered))
            }
            _ => return String::new(),
        };
        let replied = match reply {
            Some(reply) => self.replied(event, joined(reply)),
            None if reply_expected => format!("  replied {UNKNOWN}"),
            None => String::new(),
        };
        self.note(&format!("{}{replied}", before.unwrap_or_default()))
    }

    /// When the reply came, and how long it took since this event.
    fn replied(&self, event: &Event<'_>, reply: Part) -> String {
        let text = format!("  replied {}", self.part(reply, None));
        match u64::try_from(reply.point.time.saturating_sub(event.time)) {
            Ok(took) if self.has_times => {
                format!("{text} in {}{}", mark(reply.certainty), duration_text(took))
            }
            _ => text,
        }
    }

    fn part(&self, part: Part, process: Option<ProcessId>) -> String {
        self.point(part.point, process, part.certainty)
    }

    fn point(&self, point: Point, process: Option<ProcessId>, certainty: Certainty) -> String {
        let mark = mark(certainty);
        let process = process.map(|process| self.names.process_at(process, point.time));
        match (self.has_times.then(|| time_text(point.time)), process) {
            (Some(time), Some(process)) => format!("{mark}{time} {process}"),
            (Some(text), None) | (None, Some(text)) => format!("{mark}{text}"),
            (None, None) => format!("{mark}yes"),
        }
    }

    fn note(&self, text: &str) -> String {
        if text.is_empty() { String::new() } else { self.colour.paint(Paint::Note, text) }
    }
}

fn mark(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Certain => "",
        Certainty::Inferred => "~",
    }
}
