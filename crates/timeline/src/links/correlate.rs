//! What belongs to an event, found while events are shown or written one after the other.
//!
//! A [`Correlator`] reads the stream a second time, some way ahead of what is shown, whole: what a filter leaves out
//! of a view still takes part. Memory and work are bounded by [`Reach`]. It goes on reading from where it is; where
//! the next wanted event is far off it begins anew a bit before that event, and then what it has not read counts as
//! missing: nothing is matched across its beginning, except by a reference in the message, and what depends on what
//! was before is inferred.

use super::exchanges::{is_call, is_handler};
use super::{Certainty, Exchange, Link, LinkKind, LinkLimits, LinksBuilder, Part, Point};
use crate::filter::Filter;
use crate::gaps::Gaps;
use crate::registry::Registry;
use crate::source::{Purpose, Source, Walk};
use pluto_event::{Event, FunctionId, Kind, Nanos, ProcessId, Tables, What};
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;

/// How far from an event the others are looked for, in events of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// After it.
    pub ahead: u64,
    /// Before it, where the reading begins in the middle of the stream.
    pub back: u64,
}

impl Default for Reach {
    /// 262,144 events after it, 65,536 before it.
    fn default() -> Reach {
        Reach { ahead: 1 << 18, back: 1 << 16 }
    }
}

/// Nanoseconds by which gaps are known before and after the wanted time. What is further away is taken for missing.
const GAPS_KNOWN: Nanos = 5_000_000_000;

/// What an event is in a `gen_server` call: the fields of [`Exchange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "documented at the fields of the same names")]
pub enum Role {
    Call,
    RequestSent,
    RequestDelivered,
    Handled,
    ReplySent,
    ReplyDelivered,
}

impl Role {
    /// Every part, in the order of the protocol.
    pub const ALL: [Role; 6] = [
        Role::Call,
        Role::RequestSent,
        Role::RequestDelivered,
        Role::Handled,
        Role::ReplySent,
        Role::ReplyDelivered,
    ];

    /// The name that views use.
    pub fn name(self) -> &'static str {
        match self {
            Role::Call => "call",
            Role::RequestSent => "request_sent",
            Role::RequestDelivered => "request_delivered",
            Role::Handled => "handled",
            Role::ReplySent => "reply_sent",
            Role::ReplyDelivered => "reply_delivered",
        }
    }
}

/// What belongs to one event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Related {
    /// The other half of a message, a start or a link, and whether it is certain.
    pub peer: Option<(Point, Certainty)>,
    /// Whether there is no other half of the message within reach, although the stream has such halves of the other
    /// process.
    pub alone: bool,
    /// The `gen_server` call that the event is a part of, and what it is in it.
    pub exchange: Option<(Exchange, Role)>,
    /// Whether the reply would be there if there were one within reach: the stream has the messages of the process.
    pub reply_expected: bool,
}

/// Finds what belongs to each event.
#[derive(Debug)]
pub struct Correlator<'s, S: Source> {
    source: &'s S,
    registry: &'s Registry,
    reach: Reach,
    purpose: Purpose,
    wanted: (Nanos, Nanos),
    /// The processes whose events are asked about, sorted; `None` for all.
    processes: Option<Vec<ProcessId>>,
    has_sends: bool,
    has_deliveries: bool,
    reading: Option<Reading<'s, S>>,
}

/// A stretch that is being read.
#[derive(Debug)]
struct Reading<'s, S: Source + 's> {
    walk: S::Walk<'s>,
    builder: LinksBuilder<'s>,
    /// Links by both of their ends.
    links: FxHashMap<u64, Link>,
    /// What is before it was not read, or is forgotten.
    first: u64,
    /// Processes of which sends, and of which deliveries were seen.
    senders: FxHashSet<ProcessId>,
    receivers: FxHashSet<ProcessId>,
    /// When it is time to forget again.
    forget_at: u64,
}

impl<'s, S: Source> Correlator<'s, S> {
    /// For events of the processes and of the time that the filter wants. Nothing is read until it is needed.
    pub fn new(source: &'s S, registry: &'s Registry, filter: &Filter, reach: Reach) -> Correlator<'s, S> {
        let tables = source.tables();
        let ids = (0..tables.functions().len()).filter_map(|at| u32::try_from(at).ok()).map(FunctionId);
        let calls = ids.into_iter().any(|id| is_call(id, tables) || is_handler(id, tables));
        Correlator {
            source,
            registry,
            reach,
            purpose: Purpose::Links { calls },
            wanted: (filter.since(), filter.until()),
            processes: filter.processes().map(<[ProcessId]>::to_vec),
            has_sends: source.may_have(Kind::Send),
            has_deliveries: source.may_have(Kind::Deliver),
            reading: None,
        }
    }

    /// What belongs to the event at this position. Events come in the order of the stream, more or less.
    pub fn of(&mut self, position: Option<u64>, event: &Event<'_>) -> Result<Related, S::Error> {
        let Some(position) = position.filter(|_| self.may_be_linked(&event.what)) else {
            return Ok(Related::default());
        };
        let back = position.saturating_sub(self.reach.back);
        let next = self.reading.as_ref().map(|reading| reading.walk.position());
        let far = match next {
            None => true,
            Some(next) => next.is_some_and(|next| next.saturating_add(self.reach.ahead) < back),
        };
        if far {
            let from = if next.is_none() && back <= self.reach.ahead { 0 } else { back };
            self.reading = Some(self.begin(from)?);
        }
        self.read_to(position)?;
        let related = self.related(position, event);
        if related.is_settled() {
            return Ok(related);
        }
        self.read_to(position.saturating_add(self.reach.ahead))?;
        Ok(self.related(position, event))
    }

    fn read_to(&mut self, position: u64) -> Result<(), S::Error> {
        let Some(reading) = &mut self.reading else { return Ok(()) };
        while reading.walk.position().is_some_and(|next| next <= position) {
            reading.step(self.source, self.processes.as_deref(), self.reach)?;
        }
        Ok(())
    }

    fn may_be_linked(&self, what: &What<'_>) -> bool {
        match what {
            What::Call { function, .. } => {
                let tables = self.source.tables();
                let messages = self.has_sends || self.has_deliveries;
                messages && (is_call(*function, tables) || is_handler(*function, tables))
            }
            What::Send { .. } | What::Deliver { .. } | What::Spawn { .. } | What::Spawned { .. } => true,
            What::Link { .. } | What::Unlink { .. } => true,
            What::GettingLinked { .. } | What::GettingUnlinked { .. } => true,
            _ => false,
        }
    }

    fn begin(&self, from: u64) -> Result<Reading<'s, S>, S::Error> {
        let mut gaps = Gaps::default();
        let since = self.wanted.0.saturating_sub(GAPS_KNOWN);
        let until = self.wanted.1.saturating_add(GAPS_KNOWN);
        self.source.recorded_gaps(since, until, &mut |_, event| gaps.add(event))?;
        if since > Nanos::MIN {
            gaps.add_unread(Nanos::MIN, since);
        }
        if until < Nanos::MAX {
            gaps.add_unread(until, Nanos::MAX);
        }
        if let Some(latest) = self.source.latest_before(from) {
            gaps.add_unread(Nanos::MIN, latest);
        }
        gaps.finish();
        let mut builder = LinksBuilder::with_gaps(Cow::Owned(gaps), self.registry, LinkLimits::default());
        builder.exchanges = builder.exchanges.with_index(self.processes.clone());
        Ok(Reading {
            walk: self.source.walk(self.purpose, from),
            builder,
            links: FxHashMap::default(),
            senders: FxHashSet::default(),
            receivers: FxHashSet::default(),
            first: from,
            forget_at: from.saturating_add(2 * self.reach.ahead),
        })
    }

    fn related(&self, position: u64, event: &Event<'_>) -> Related {
        let Some(reading) = self.reading.as_ref().filter(|reading| position >= reading.first) else {
            return Related::default();
        };
        let exchange = reading.builder.exchanges.of(position).copied();
        let link = reading.links.get(&position).copied().or_else(|| {
            let reply = exchange.as_ref().and_then(Exchange::reply)?;
            (reply.from.event == position || reply.to.event == position).then_some(reply)
        });
        let peer = link.map(|link| {
            let other = if link.from.event == position { link.to } else { link.from };
            let joined = exchange.is_some_and(|exchange| exchange.joins(&link));
            (other, if joined { Certainty::Certain } else { link.certainty })
        });
        let alone = peer.is_none() && reading.would_show(event, exchange.as_ref(), self.source.tables());
        let exchange = exchange.and_then(|exchange| Some((exchange, exchange.role_of(position)?)));
        let reply_expected = exchange.is_some_and(|(exchange, role)| match role {
            Role::Call | Role::RequestSent => reading.receivers.contains(&exchange.caller),
            Role::Handled => reading.senders.contains(&exchange.server),
            _ => false,
        });
        Related { peer, alone, exchange, reply_expected }
    }
}

impl<'s, S: Source> Reading<'s, S> {
    /// Whether the other half of a message would be there: that process has such events.
    fn would_show(&self, event: &Event<'_>, exchange: Option<&Exchange>, tables: &Tables) -> bool {
        match event.what {
            What::Send { to, receiver_exists, .. } => {
                let to = match exchange {
                    Some(exchange) if to.is_none() => exchange.caller,
                    _ => self.builder.known.receiver(to, event.time, tables).0,
                };
                receiver_exists && self.receivers.contains(&to)
            }
            What::Deliver { from, .. } if from.is_none() => {
                self.senders.iter().take(2).any(|&sender| sender != event.process)
            }
            What::Deliver { from, .. } => self.senders.contains(&from),
            _ => false,
        }
    }

    fn step(&mut self, source: &S, wanted: Option<&[ProcessId]>, reach: Reach) -> Result<(), S::Error> {
        let Reading { walk, builder, links, senders, receivers, .. } = self;
        let tables = source.tables();
        walk.step(&mut |position, event| {
            match event.what {
                What::Send { .. } => _ = senders.insert(event.process),
                What::Deliver { .. } => _ = receivers.insert(event.process),
                _ => {}
            }
            // A gap of the recording itself has no position, and makes no link.
            builder.add_at(position.unwrap_or(u64::MAX), event, tables);
            for link in builder.links.links.drain(..) {
                for end in [link.from, link.to] {
                    if wanted.is_none_or(|wanted| wanted.binary_search(&end.process).is_ok()) {
                        links.insert(end.event, link);
                    }
                }
            }
        })?;
        let now = self.walk.position().unwrap_or(u64::MAX);
        if now >= self.forget_at && now != u64::MAX {
            let first = now.saturating_sub(2 * reach.ahead);
            self.first = self.first.max(first);
            self.links.retain(|&event, _| event >= first);
            self.builder.forget_before(first);
            self.forget_at = now.saturating_add(reach.ahead / 2);
        }
        Ok(())
    }
}

impl Related {
    /// Whether nothing that is read later can add to it.
    fn is_settled(&self) -> bool {
        let exchange = self.exchange.as_ref();
        self.peer.is_some_and(|_| exchange.is_none_or(|(exchange, _)| exchange.reply().is_some()))
            || exchange.is_some_and(|(exchange, role)| {
                matches!(role, Role::Call | Role::Handled) && exchange.reply().is_some()
            })
    }
}

impl Exchange {
    /// The link between the sending of the reply and its delivery, where both were seen.
    pub(super) fn reply(&self) -> Option<Link> {
        let (sent, delivered) = (self.reply_sent?, self.reply_delivered?);
        let certainty = sent.certainty.max(delivered.certainty);
        Some(Link { kind: LinkKind::Message, from: sent.point, to: delivered.point, certainty })
    }

    /// Whether a message is certain because both of its ends are: they carry the same fresh tag.
    pub(super) fn joins(&self, link: &Link) -> bool {
        let is = |part: Option<Part>, point: Point| {
            part.is_some_and(|part| part.point == point && part.certainty == Certainty::Certain)
        };
        (is(self.request_sent, link.from) && is(self.request_delivered, link.to))
            || (is(self.reply_sent, link.from) && is(self.reply_delivered, link.to))
    }

    /// What was seen of a part.
    pub fn part(&self, role: Role) -> Option<Part> {
        match role {
            Role::Call => self.call,
            Role::RequestSent => self.request_sent,
            Role::RequestDelivered => self.request_delivered,
            Role::Handled => self.handled,
            Role::ReplySent => self.reply_sent,
            Role::ReplyDelivered => self.reply_delivered,
        }
    }

    /// What the event at a position is in it.
    fn role_of(&self, position: u64) -> Option<Role> {
        let is_it = |role: &Role| self.part(*role).is_some_and(|part| part.point.event == position);
        Role::ALL.into_iter().find(is_it)
    }

    /// The position of its first event, which names it.
    pub fn number(&self) -> Option<u64> {
        Role::ALL.into_iter().filter_map(|role| self.part(role)).map(|part| part.point.event).min()
    }
}
