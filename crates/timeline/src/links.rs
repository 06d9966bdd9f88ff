//! What belongs together across processes: messages with their deliveries, processes with those that started them,
//! links, and `gen_server` calls with their handling and reply.
//!
//! Each link says whether it is certain. The rules, and why they hold:
//!
//! * **Message** (`Send` with `Deliver`). Between a pair of processes the VM keeps the order of messages, and it
//!   delivers what it sends at most once. A delivery is matched with the first send of its sender to its receiver
//!   that has the same term; where the terms cannot be compared (absent, or captured in different forms), with the
//!   first one. Sends that are passed over by that were not seen to arrive. The link is certain where
//!   the terms were captured in full and are equal, nothing was passed over or given up, no event of either process is missing in
//!   between, the receiver was addressed as a process, the delivery names its sender, and the beginning is known:
//!   one of the two processes was started within the stream and neither has missed an event so far, or the message
//!   holds a reference, which no other message repeats by chance. (A message that was under way when tracing began
//!   has a delivery and no send; one just like it, sent later, would be taken for it.) Otherwise it is inferred.
//!   Where events of either process are missing in between, only a reference in the message makes a link.
//!   A name is looked up for the time of the send ([`Registry`]): those from before the stream count too.
//!   The request and the reply of an exchange are as certain as their tag. A reply to an alias has no receiver that
//!   could be compared; it is linked by its exchange, as surely as its parts.
//! * **Spawn** (`Spawn` with `Spawned`). A process has one beginning, so the child's identity is enough: certain.
//! * **Link** and **Unlink** (`Link` with `GettingLinked`, `Unlink` with `GettingUnlinked`). First with first between
//!   two processes: certain where neither misses an event in between, inferred otherwise.
//! * **Call and reply** ([`Exchange`]): in the module of that name.

use crate::gaps::Gaps;
use crate::registry::Registry;
use pluto_event::{Event, GapCause, Nanos, NodeId, ProcessId, Tables, What};
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::collections::VecDeque;

mod calls_only;
mod correlate;
mod exchanges;
mod messages;

pub use calls_only::exchanges_of_calls;
pub use correlate::{Correlator, Reach, Related, Role};
pub use exchanges::{Exchange, Part};

use exchanges::Exchanges;
use messages::Messages;

/// Whether a link follows from what was reported, or from a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// It follows from what was reported.
    Certain,
    /// It follows from a rule that usually holds.
    Inferred,
}

impl Certainty {
    fn of(certain: bool) -> Certainty {
        if certain { Certainty::Certain } else { Certainty::Inferred }
    }

    /// The name that views use.
    pub fn name(self) -> &'static str {
        match self {
            Certainty::Certain => "certain",
            Certainty::Inferred => "inferred",
        }
    }
}

/// An event of the stream, as links refer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Point {
    /// Its position in the stream, counted from 0.
    pub event: u64,
    /// Its process.
    pub process: ProcessId,
    /// Its time.
    pub time: Nanos,
}

/// What two events have to do with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "described in the module")]
pub enum LinkKind {
    Message,
    Spawn,
    Link,
    Unlink,
}

impl LinkKind {
    /// The name that views use.
    pub fn name(self) -> &'static str {
        match self {
            LinkKind::Message => "message",
            LinkKind::Spawn => "spawn",
            LinkKind::Link => "link",
            LinkKind::Unlink => "unlink",
        }
    }
}

/// Two events that belong together, the cause first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Link {
    /// In which way.
    pub kind: LinkKind,
    /// The cause: the send, the spawn, the link.
    pub from: Point,
    /// The effect.
    pub to: Point,
    /// Whether it is certain.
    pub certainty: Certainty,
}

/// How much is remembered while waiting for the other half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkLimits {
    /// Sends that wait for their delivery, and deliveries that wait for their send, for each receiver.
    pub waiting_per_receiver: usize,
    /// Links and exchanges that are kept.
    pub links: usize,
}

impl Default for LinkLimits {
    /// 4,096 waiting messages for each receiver, two million links.
    fn default() -> LinkLimits {
        LinkLimits { waiting_per_receiver: 4096, links: 2_000_000 }
    }
}

/// Everything that was found.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// In the order in which their second half came.
    pub links: Vec<Link>,
    /// `gen_server` calls, in the order in which they were first seen.
    pub exchanges: Vec<Exchange>,
    /// Links over the limit, and halves that were given up because too many waited.
    pub left_out: u64,
}

/// What is known of processes while the stream goes by.
#[derive(Debug)]
struct Known<'g> {
    gaps: Cow<'g, Gaps>,
    registry: &'g Registry,
    born: FxHashSet<ProcessId>,
}

impl Known<'_> {
    fn note(&mut self, event: &Event<'_>) {
        match event.what {
            What::Spawn { child, .. } => {
                self.born.insert(child);
            }
            What::Spawned { .. } => {
                self.born.insert(event.process);
            }
            // Where gaps are not all known before, those of damage come with the stream.
            What::Gap { cause: GapCause::Unreadable, .. } => {
                if let Cow::Owned(gaps) = &mut self.gaps {
                    gaps.add(event);
                    gaps.finish();
                }
            }
            _ => {}
        }
    }

    /// The process that a message sent at a time goes to; a name is looked up. The flag tells whether it was a process
    /// already.
    fn receiver(&self, to: ProcessId, time: Nanos, tables: &Tables) -> (ProcessId, bool) {
        match tables.process(to) {
            Ok(row) => match row.identity {
                pluto_event::Identity::Name { name } => {
                    let name = tables.atom(name).ok();
                    let holder = name.and_then(|name| self.registry.holder_at(row.node, name, time));
                    (holder.unwrap_or(to), false)
                }
                _ => (to, true),
            },
            Err(_) => (to, false),
        }
    }

    fn is_complete(&self, process: ProcessId, since: Nanos, until: Nanos, tables: &Tables) -> bool {
        self.gaps.is_complete(process, node_of(process, tables), since.min(until), since.max(until))
    }
}

fn node_of(process: ProcessId, tables: &Tables) -> NodeId {
    tables.process(process).map_or(NodeId::NONE, |process| process.node)
}

/// Halves of links between two processes, first with first.
type Waiting = FxHashMap<Pair, VecDeque<Point>>;

/// How two processes are linked, the acting one first.
type Pair = (LinkKind, ProcessId, ProcessId);

/// Builds [`Links`] from events.
#[derive(Debug)]
pub struct LinksBuilder<'g> {
    known: Known<'g>,
    limits: LinkLimits,
    messages: Messages,
    exchanges: Exchanges,
    causes: Waiting,
    effects: Waiting,
    /// Pairs of which halves were given up or forgotten: a later one may be taken for one of those.
    doubted: FxHashSet<Pair>,
    links: Links,
    events: u64,
}

impl<'g> LinksBuilder<'g> {
    /// Nothing found yet. `gaps` and `registry` are those of the whole stream.
    pub fn new(gaps: &'g Gaps, registry: &'g Registry, limits: LinkLimits) -> LinksBuilder<'g> {
        LinksBuilder::with_gaps(Cow::Borrowed(gaps), registry, limits)
    }

    fn with_gaps(gaps: Cow<'g, Gaps>, registry: &'g Registry, limits: LinkLimits) -> LinksBuilder<'g> {
        LinksBuilder {
            known: Known { gaps, registry, born: FxHashSet::default() },
            limits,
            messages: Messages::default(),
            exchanges: Exchanges::default(),
            causes: Waiting::default(),
            effects: Waiting::default(),
            doubted: FxHashSet::default(),
            links: Links::default(),
            events: 0,
        }
    }

    /// Adds one event. Events of one process come in order.
    pub fn add(&mut self, event: &Event<'_>, tables: &Tables) {
        self.add_at(self.events, event, tables);
        self.events += 1;
    }

    /// Adds the event with a position.
    fn add_at(&mut self, position: u64, event: &Event<'_>, tables: &Tables) {
        let point = Point { event: position, process: event.process, time: event.time };
        self.known.note(event);
        let (known, limit) = (&self.known, self.limits.waiting_per_receiver);
        let found = match event.what {
            What::Send { to, message, receiver_exists } => {
                let receiver = known.receiver(to, point.time, tables);
                if receiver_exists {
                    self.messages.send(point, receiver, message, known, tables, limit)
                } else {
                    None
                }
            }
            What::Deliver { from, message } => {
                self.messages.deliver(point, from, message, known, tables, limit)
            }
            _ => self.between_two(point, &event.what, tables),
        };
        if let Some(link) = found {
            self.keep(link);
        }
        let kept = self.limits.links;
        self.exchanges.add(point, &event.what, &self.known, tables, kept);
    }

    /// Forgets what waits since before a position.
    fn forget_before(&mut self, position: u64) {
        self.messages.forget_before(position);
        self.exchanges.forget_before(position);
        for waiting in [&mut self.causes, &mut self.effects] {
            waiting.retain(|&pair, queue| {
                let before = queue.len();
                queue.retain(|point| point.event >= position);
                if queue.len() < before {
                    self.doubted.insert(pair);
                }
                !queue.is_empty()
            });
        }
    }

    fn keep(&mut self, link: Link) {
        if self.links.links.len() < self.limits.links {
            self.links.links.push(link);
        } else {
            self.links.left_out += 1;
        }
    }

    /// Spawns and links: the two halves name each other.
    fn between_two(&mut self, point: Point, what: &What<'_>, tables: &Tables) -> Option<Link> {
        let me = point.process;
        let (kind, is_cause, actor, peer) = match *what {
            What::Spawn { child, .. } => (LinkKind::Spawn, true, me, child),
            What::Spawned { parent, .. } => (LinkKind::Spawn, false, parent, me),
            What::Link { peer } => (LinkKind::Link, true, me, peer),
            What::GettingLinked { peer } => (LinkKind::Link, false, peer, me),
            What::Unlink { peer } => (LinkKind::Unlink, true, me, peer),
            What::GettingUnlinked { peer } => (LinkKind::Unlink, false, peer, me),
            _ => return None,
        };
        // One process starts another once, so the child alone tells; the parent may be unknown to the child.
        let key = if kind == LinkKind::Spawn { (kind, peer, peer) } else { (kind, actor, peer) };
        let (waiting, own) = if is_cause {
            (&mut self.effects, &mut self.causes)
        } else {
            (&mut self.causes, &mut self.effects)
        };
        let other = waiting.get_mut(&key).and_then(VecDeque::pop_front);
        let Some(other) = other else {
            let queue = own.entry(key).or_default();
            if queue.len() >= self.limits.waiting_per_receiver {
                queue.pop_front();
                self.doubted.insert(key);
                self.links.left_out += 1;
            }
            queue.push_back(point);
            return None;
        };
        if waiting.get(&key).is_some_and(VecDeque::is_empty) {
            waiting.remove(&key);
        }
        let (from, to) = if is_cause { (point, other) } else { (other, point) };
        let complete = |process| self.known.is_complete(process, from.time, to.time, tables);
        let certain = kind == LinkKind::Spawn
            || (!self.doubted.contains(&key) && complete(from.process) && complete(to.process));
        Some(Link { kind, from, to, certainty: Certainty::of(certain) })
    }

    /// What was found.
    pub fn finish(mut self) -> Links {
        self.links.left_out += self.messages.given_up + self.exchanges.left_out;
        self.links.exchanges = std::mem::take(&mut self.exchanges).finish();
        self.add_exchanges();
        self.links
    }

    /// The tag of an exchange makes its messages certain. A reply to an alias names no receiver, but its exchange tells
    /// which delivery it became.
    fn add_exchanges(&mut self) {
        let mut known: FxHashMap<u64, usize> = FxHashMap::default();
        for (at, link) in self.links.links.iter().enumerate() {
            if link.kind == LinkKind::Message {
                known.extend([(link.from.event, at), (link.to.event, at)]);
            }
        }
        for at in 0..self.links.exchanges.len() {
            let Some(exchange) = self.links.exchanges.get(at).copied() else { continue };
            for part in [exchange.request_sent, exchange.reply_sent].into_iter().flatten() {
                let link = known.get(&part.point.event).and_then(|&link| self.links.links.get_mut(link));
                if let Some(link) = link.filter(|link| exchange.joins(link)) {
                    link.certainty = Certainty::Certain;
                }
            }
            if let Some(reply) = exchange.reply()
                && !known.contains_key(&reply.from.event)
                && !known.contains_key(&reply.to.event)
            {
                self.keep(reply);
            }
        }
    }
}
