//! `gen_server` calls: the request, its handling and the reply.
//!
//! A caller sends `{'$gen_call', {Pid, Tag}, Request}` and waits for `{Tag, Reply}`; the server runs
//! `Module:handle_call(Request, {Pid, Tag}, State)`. `Tag` holds a fresh reference, so:
//!
//! * where messages (or the arguments of `handle_call/3`) were captured in full, parts with the same tag belong
//!   together: certain, gaps or not;
//! * where the agent reduced messages to shapes, it kept `{Pid, Tag}` and `Tag` readable, a tag of `[alias | Reference]`
//!   as `{alias, Reference}`: also certain, as far as the tag holds a reference;
//! * where only the outermost shapes were captured, `{tuple, 3, '$gen_call'}` is a request and `{tuple, 2}` from its server to the
//!   waiting caller is the reply, since a process waits for one call at a time; a server takes requests in the order
//!   of their delivery, so the next `handle_call/3` handles the oldest request that was not handled. All of this is
//!   inferred, and nothing is inferred over a gap of the server or the caller. A call that was replied to is not handled
//!   any more; and where the tag of a reply says that another call was in hand than the oldest, it was that one.
//!
//! A reply may go to an alias instead of a process; then its receiver is unknown, and only the tag, or being the
//! server's one call in hand, tells whose reply it is.

use super::{Certainty, Known, Point};
use crate::payload::{elements, hash_of, holds_reference, integer, is_atom};
use pluto_event::{Form, Payload, ProcessId, Tables, What};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// A part of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The event.
    pub point: Point,
    /// Whether it is certain that it belongs to this exchange.
    pub certainty: Certainty,
}

/// A `gen_server` call, as far as its parts were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The process that calls.
    pub caller: ProcessId,
    /// The process that is called; [`ProcessId::NONE`] where it is not known.
    pub server: ProcessId,
    /// The call of `gen_server:call`.
    pub call: Option<Part>,
    /// The request is sent.
    pub request_sent: Option<Part>,
    /// The request is delivered.
    pub request_delivered: Option<Part>,
    /// `handle_call/3` begins.
    pub handled: Option<Part>,
    /// The reply is sent.
    pub reply_sent: Option<Part>,
    /// The reply is delivered.
    pub reply_delivered: Option<Part>,
}

impl Exchange {
    pub(super) fn between(caller: ProcessId, server: ProcessId) -> Exchange {
        Exchange {
            caller,
            server,
            call: None,
            request_sent: None,
            request_delivered: None,
            handled: None,
            reply_sent: None,
            reply_delivered: None,
        }
    }

    /// The parts that were seen, in the order of the protocol, with their names.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, Part)> {
        let parts = [
            ("call", self.call),
            ("request sent", self.request_sent),
            ("request delivered", self.request_delivered),
            ("handled", self.handled),
            ("reply sent", self.reply_sent),
            ("reply delivered", self.reply_delivered),
        ];
        parts.into_iter().filter_map(|(name, part)| Some((name, part?)))
    }
}

/// What a message is in the protocol.
enum Role {
    /// A request; the hash of `{Pid, Tag}` and of `Tag`.
    Request {
        from: u64,
        tag: u64,
    },
    /// A request of which only the shape is known.
    RequestShape,
    /// A pair; the hash of its first element.
    Reply {
        tag: u64,
    },
    /// A pair of which only the shape is known.
    ReplyShape,
    Other,
}

fn role_of(message: Payload<'_>) -> Role {
    let bytes = message.bytes;
    match message.form {
        Form::Full => {
            if let Some([name, from, _]) = elements(bytes, 3, false).as_deref()
                && is_atom(name, "$gen_call")
                && let Some([_, tag]) = elements(from, 2, false).as_deref()
            {
                return Role::Request { from: hash_of(from), tag: hash_of(tag) };
            }
            match elements(bytes, 2, false).as_deref() {
                Some([tag, _]) if holds_reference(tag) => Role::Reply { tag: hash_of(tag) },
                _ => Role::Other,
            }
        }
        Form::Shape => role_of_shape(bytes),
        _ => Role::Other,
    }
}

fn role_of_shape(bytes: &[u8]) -> Role {
    let is_tuple = |name: &[u8], size: &[u8], wanted| is_atom(name, "tuple") && integer(size) == Some(wanted);
    if let Some([name, size, first]) = elements(bytes, 3, false).as_deref() {
        return match is_tuple(name, size, 3) && is_atom(first, "$gen_call") {
            true => Role::RequestShape,
            false => Role::Other,
        };
    }
    let both = elements(bytes, 2, false);
    let Some([name, inside]) = both.as_deref() else { return Role::Other };
    if is_tuple(name, inside, 2) {
        return Role::ReplyShape;
    }
    if !is_atom(name, "tuple") {
        return Role::Other;
    }
    if let Some([name, from, _]) = elements(inside, 3, true).as_deref() {
        return match is_atom(name, "$gen_call") {
            true => role_of_request(from),
            false => Role::Other,
        };
    }
    match elements(inside, 2, true).as_deref() {
        Some([tag, _]) if holds_reference(tag) => Role::Reply { tag: hash_of(tag) },
        Some(_) => Role::ReplyShape,
        None => Role::Other,
    }
}

/// A request with the shape of its `{Pid, Tag}`.
fn role_of_request(from: &[u8]) -> Role {
    match elements_of_shape(from, 2).as_deref() {
        Some([_, tag]) if holds_reference(tag) => Role::Request { from: hash_of(from), tag: hash_of(tag) },
        _ => Role::RequestShape,
    }
}

/// The raw bytes of the elements of a tuple of `size`, in the shape `{tuple, Shapes}`.
fn elements_of_shape(bytes: &[u8], size: usize) -> Option<Vec<&[u8]>> {
    match elements(bytes, 2, false).as_deref() {
        Some([name, shapes]) if is_atom(name, "tuple") => elements(shapes, size, true),
        _ => None,
    }
}

/// The number of an exchange, counted from 0 in the order in which they were first seen.
type At = usize;

/// The exchanges that are kept, by number.
#[derive(Debug, Default)]
struct Kept {
    /// Those before it were forgotten.
    first: At,
    list: VecDeque<Exchange>,
}

impl Kept {
    fn get(&self, at: At) -> Option<&Exchange> {
        self.list.get(at.checked_sub(self.first)?)
    }

    fn get_mut(&mut self, at: At) -> Option<&mut Exchange> {
        self.list.get_mut(at.checked_sub(self.first)?)
    }

    fn push(&mut self, exchange: Exchange) -> At {
        self.list.push_back(exchange);
        self.first + self.list.len() - 1
    }
}

/// The exchanges that events are a part of.
#[derive(Debug, Default)]
struct Index {
    /// The processes whose events are asked about, sorted; `None` for all.
    processes: Option<Vec<ProcessId>>,
    by_event: FxHashMap<u64, At>,
}

#[derive(Debug, Default)]
pub(super) struct Exchanges {
    list: Kept,
    /// Only where it is asked for.
    index: Option<Index>,
    by_from: FxHashMap<u64, At>,
    by_tag: FxHashMap<u64, At>,
    /// The call that a process waits for, of those known by shape.
    waiting: FxHashMap<ProcessId, At>,
    /// Requests on their way to a server, and those in its queue.
    sent: FxHashMap<ProcessId, VecDeque<At>>,
    delivered: FxHashMap<ProcessId, VecDeque<At>>,
    /// What a server handled last.
    in_hand: FxHashMap<ProcessId, At>,
    /// The last call of `gen_server:call` of a process that has not sent its request yet.
    calling: FxHashMap<ProcessId, Point>,
    pub(super) left_out: u64,
}

/// Whether the function is `gen_server:call/2,3` or `GenServer.call/2,3`.
pub(super) fn is_call(function: pluto_event::FunctionId, tables: &Tables) -> bool {
    named(function, tables, |module, name, arity| {
        matches!(module, "gen_server" | "Elixir.GenServer") && name == "call" && matches!(arity, 2 | 3)
    })
}

/// Whether the function is a `handle_call/3`.
pub(super) fn is_handler(function: pluto_event::FunctionId, tables: &Tables) -> bool {
    named(function, tables, |_, name, arity| name == "handle_call" && arity == 3)
}

fn named(
    function: pluto_event::FunctionId,
    tables: &Tables,
    is_it: impl FnOnce(&str, &str, u32) -> bool,
) -> bool {
    tables.function(function).is_ok_and(|row| {
        let module = tables.atom(row.module).unwrap_or_default();
        is_it(module, tables.atom(row.name).unwrap_or_default(), row.arity)
    })
}

fn inferred(point: Point) -> Option<Part> {
    Some(Part { point, certainty: Certainty::Inferred })
}

fn certain(point: Point) -> Option<Part> {
    Some(Part { point, certainty: Certainty::Certain })
}

impl Exchanges {
    pub(super) fn add(
        &mut self,
        point: Point,
        what: &What<'_>,
        known: &Known<'_>,
        tables: &Tables,
        limit: usize,
    ) {
        match *what {
            What::Send { to, message, .. } => match role_of(message) {
                Role::Request { from, tag } => {
                    let at = self.tagged(
                        from,
                        tag,
                        point.process,
                        known.receiver(to, point.time, tables).0,
                        limit,
                    );
                    let call = self.calling.remove(&point.process).and_then(inferred);
                    if let Some(exchange) = self.exchange(at) {
                        exchange.request_sent = certain(point);
                        exchange.call = call;
                    }
                    self.note(at, [Some(point), call.map(|part| part.point)]);
                }
                Role::RequestShape => {
                    self.request_shape(point, known.receiver(to, point.time, tables).0, limit);
                }
                Role::Reply { tag } => {
                    let at = self.by_tag.get(&tag).copied();
                    self.correct_handling(point.process, at);
                    if let Some(exchange) = self.exchange(at) {
                        exchange.reply_sent = certain(point);
                    }
                    self.note(at, [Some(point)]);
                }
                Role::ReplyShape => self.reply_shape_sent(point, to, known, tables),
                Role::Other => {}
            },
            What::Deliver { from: sender, message } => match role_of(message) {
                Role::Request { from, tag } => {
                    let at = self.tagged(from, tag, sender, point.process, limit);
                    if let Some(exchange) = self.exchange(at) {
                        exchange.request_delivered = certain(point);
                    }
                    self.note(at, [Some(point)]);
                    self.enqueue(at, point.process);
                }
                Role::RequestShape => self.request_shape_delivered(point, sender),
                Role::Reply { tag } => self.reply_delivered(point, tag),
                Role::ReplyShape => self.reply_shape_delivered(point, sender, known, tables),
                Role::Other => {}
            },
            What::Call { function, .. } if is_call(function, tables) => {
                self.calling.insert(point.process, point);
            }
            What::Call { function, arguments } if is_handler(function, tables) => {
                self.handled(point, arguments, known, tables);
            }
            What::Exit { .. } => self.forget(point.process),
            _ => {}
        }
    }

    /// Keeps for each event of these processes, all where `None`, of which exchange it is a part.
    pub(super) fn with_index(mut self, processes: Option<Vec<ProcessId>>) -> Exchanges {
        self.index = Some(Index { processes, by_event: FxHashMap::default() });
        self
    }

    /// The exchange that an event is a part of.
    pub(super) fn of(&self, event: u64) -> Option<&Exchange> {
        self.list.get(*self.index.as_ref()?.by_event.get(&event)?)
    }

    fn note<const N: usize>(&mut self, at: Option<At>, points: [Option<Point>; N]) {
        let (Some(Index { processes, by_event }), Some(at)) = (&mut self.index, at) else { return };
        for point in points.into_iter().flatten() {
            if processes.as_ref().is_none_or(|wanted| wanted.binary_search(&point.process).is_ok()) {
                by_event.insert(point.event, at);
            }
        }
    }

    /// Forgets the exchanges whose last event lies before a position, the oldest first.
    pub(super) fn forget_before(&mut self, position: u64) {
        let is_old = |exchange: &Exchange| exchange.parts().all(|(_, part)| part.point.event < position);
        while self.list.list.front().is_some_and(is_old) {
            self.list.list.pop_front();
            self.list.first += 1;
        }
        let first = self.list.first;
        let is_kept = |at: &At| *at >= first;
        for map in [&mut self.by_from, &mut self.by_tag] {
            map.retain(|_, at| is_kept(at));
        }
        for map in [&mut self.waiting, &mut self.in_hand] {
            map.retain(|_, at| is_kept(at));
        }
        for queues in [&mut self.sent, &mut self.delivered] {
            queues.retain(|_, queue| {
                queue.retain(is_kept);
                !queue.is_empty()
            });
        }
        if let Some(index) = &mut self.index {
            index.by_event.retain(|_, at| is_kept(at));
        }
        self.calling.retain(|_, point| point.event >= position);
    }

    fn exchange(&mut self, at: Option<At>) -> Option<&mut Exchange> {
        self.list.get_mut(at?)
    }

    fn new_exchange(&mut self, caller: ProcessId, server: ProcessId, limit: usize) -> Option<At> {
        if self.list.list.len() >= limit {
            self.left_out += 1;
            return None;
        }
        Some(self.list.push(Exchange::between(caller, server)))
    }

    /// The exchange with a tag, which is made where it is new.
    fn tagged(
        &mut self,
        from: u64,
        tag: u64,
        caller: ProcessId,
        server: ProcessId,
        limit: usize,
    ) -> Option<At> {
        let at = match self.by_from.get(&from) {
            Some(&at) => at,
            None => {
                let at = self.new_exchange(caller, server, limit)?;
                self.by_from.insert(from, at);
                self.by_tag.insert(tag, at);
                at
            }
        };
        let exchange = self.list.get_mut(at)?;
        if exchange.caller.is_none() {
            exchange.caller = caller;
        }
        if exchange.request_sent.is_some() || exchange.server.is_none() {
            exchange.server = server;
        }
        Some(at)
    }

    fn enqueue(&mut self, at: Option<At>, server: ProcessId) {
        if let Some(at) = at {
            self.delivered.entry(server).or_default().push_back(at);
        }
    }

    fn request_shape(&mut self, point: Point, server: ProcessId, limit: usize) {
        let call = self.calling.remove(&point.process).and_then(inferred);
        let Some(at) = self.new_exchange(point.process, server, limit) else { return };
        if let Some(exchange) = self.list.get_mut(at) {
            exchange.request_sent = inferred(point);
            exchange.call = call;
        }
        self.note(Some(at), [Some(point), call.map(|part| part.point)]);
        self.waiting.insert(point.process, at);
        self.sent.entry(server).or_default().push_back(at);
    }

    fn request_shape_delivered(&mut self, point: Point, sender: ProcessId) {
        let server = point.process;
        let Some(queue) = self.sent.get_mut(&server) else { return };
        let list = &self.list;
        let is_it = |at: &At| list.get(*at).is_some_and(|e| sender.is_none() || e.caller == sender);
        let found = queue.iter().position(is_it).and_then(|position| queue.remove(position));
        if queue.is_empty() {
            self.sent.remove(&server);
        }
        if let Some(exchange) = self.exchange(found) {
            exchange.request_delivered = inferred(point);
        }
        self.note(found, [Some(point)]);
        self.enqueue(found, server);
    }

    fn handled(&mut self, point: Point, arguments: Payload<'_>, known: &Known<'_>, tables: &Tables) {
        let server = point.process;
        if arguments.form == Form::Full
            && let Some([_, from, _]) = elements(arguments.bytes, 3, true).as_deref()
        {
            let at = self.by_from.get(&hash_of(from)).copied();
            if let Some(exchange) = self.exchange(at) {
                exchange.handled = certain(point);
                exchange.server = server;
            }
            self.note(at, [Some(point)]);
            if let (Some(at), Some(queue)) = (at, self.delivered.get_mut(&server)) {
                queue.retain(|&other| other != at);
                self.in_hand.insert(server, at);
            }
            return;
        }
        let queues = if self.delivered.contains_key(&server) { &mut self.delivered } else { &mut self.sent };
        let Some(queue) = queues.get_mut(&server) else { return };
        while let Some(at) = queue.pop_front() {
            let Some(exchange) = self.list.get_mut(at) else { continue };
            let request = exchange.request_delivered.or(exchange.request_sent);
            let since = request.map_or(point.time, |part| part.point.time);
            let complete = known.is_complete(server, since, point.time, tables)
                && known.is_complete(exchange.caller, since, point.time, tables);
            let is_over = exchange.reply_sent.is_some() || exchange.reply_delivered.is_some();
            if exchange.handled.is_none() && !is_over && complete {
                exchange.handled = inferred(point);
                self.in_hand.insert(server, at);
                self.note(Some(at), [Some(point)]);
                return;
            }
        }
    }

    /// A server replies to the call `at`, or to one that was not seen. Where it was taken to handle another one, which
    /// it has not replied to, it was not that one: tracing began while requests were waiting.
    fn correct_handling(&mut self, server: ProcessId, at: Option<At>) {
        let Some(&hand) = self.in_hand.get(&server).filter(|&&hand| Some(hand) != at) else { return };
        let Some(handled) =
            self.list.get(hand).filter(|taken| taken.reply_sent.is_none()).and_then(|taken| taken.handled)
        else {
            return;
        };
        if handled.certainty == Certainty::Certain {
            return;
        }
        if let Some(exchange) = self.exchange(at) {
            let asked = exchange.request_delivered.or(exchange.request_sent);
            let before = asked.is_some_and(|asked| asked.point.time <= handled.point.time);
            if exchange.server != server || exchange.handled.is_some() || !before {
                return;
            }
            exchange.handled = Some(handled);
            self.note(at, [Some(handled.point)]);
            self.in_hand.extend(at.map(|at| (server, at)));
        } else {
            if let Some(index) = &mut self.index {
                index.by_event.remove(&handled.point.event);
            }
            self.in_hand.remove(&server);
            self.delivered.entry(server).or_default().push_front(hand);
        }
        if let Some(taken) = self.list.get_mut(hand) {
            taken.handled = None;
        }
    }

    fn reply_shape_sent(&mut self, point: Point, to: ProcessId, known: &Known<'_>, tables: &Tables) {
        let server = point.process;
        let at = match known.receiver(to, point.time, tables).0 {
            to if to.is_none() || !self.waiting.contains_key(&to) => self.in_hand.remove(&server),
            to => self.waiting.get(&to).copied(),
        };
        if let Some(exchange) = self.exchange(at)
            && exchange.server == server
            && exchange.reply_sent.is_none()
            && exchange
                .handled
                .is_some_and(|part| known.is_complete(server, part.point.time, point.time, tables))
        {
            exchange.reply_sent = inferred(point);
            self.note(at, [Some(point)]);
        }
    }

    fn reply_delivered(&mut self, point: Point, tag: u64) {
        let at = self.by_tag.remove(&tag);
        if let Some(exchange) = self.exchange(at) {
            exchange.reply_delivered = certain(point);
        }
        self.note(at, [Some(point)]);
    }

    fn reply_shape_delivered(&mut self, point: Point, sender: ProcessId, known: &Known<'_>, tables: &Tables) {
        let caller = point.process;
        let Some(&at) = self.waiting.get(&caller) else { return };
        let Some(exchange) = self.list.get_mut(at) else { return };
        if !sender.is_none() && sender != exchange.server {
            return;
        }
        let since = exchange.request_sent.map_or(point.time, |part| part.point.time);
        self.waiting.remove(&caller);
        if known.is_complete(caller, since, point.time, tables) {
            exchange.reply_delivered = inferred(point);
            self.note(Some(at), [Some(point)]);
        }
    }

    fn forget(&mut self, process: ProcessId) {
        self.waiting.remove(&process);
        self.sent.remove(&process);
        self.delivered.remove(&process);
        self.in_hand.remove(&process);
        self.calling.remove(&process);
    }

    pub(super) fn finish(self) -> Vec<Exchange> {
        self.list.list.into()
    }
}
