//! Sends with their deliveries.

use super::{Certainty, Known, Link, LinkKind, Point, node_of};
use crate::payload::{Content, content_of};
use pluto_event::{Form, Nanos, Payload, ProcessId, Tables};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// One half of a message, waiting for the other.
#[derive(Clone, Copy, Debug)]
struct Half {
    point: Point,
    /// The sender; [`ProcessId::NONE`] where a delivery does not name it.
    sender: ProcessId,
    content: Content,
    /// Whether the send named the receiver as a process; true for deliveries.
    by_process: bool,
}

/// The halves that wait, by receiver.
#[derive(Debug, Default)]
pub(super) struct Messages {
    sends: FxHashMap<ProcessId, VecDeque<Half>>,
    /// Deliveries may come first: the order between processes is only rough.
    deliveries: FxHashMap<ProcessId, VecDeque<Half>>,
    /// Receivers of which halves were given up or forgotten: a later message may be taken for one of those.
    doubted: FxHashSet<ProcessId>,
    pub(super) given_up: u64,
}

impl Messages {
    pub(super) fn send(
        &mut self,
        point: Point,
        (receiver, by_process): (ProcessId, bool),
        message: Payload<'_>,
        known: &Known<'_>,
        tables: &Tables,
        limit: usize,
    ) -> Option<Link> {
        let send = Half { point, sender: point.process, content: content_of(message), by_process };
        if receiver.is_none() {
            return None;
        }
        if let Some(delivery) = self.take_delivery(&send, receiver, known, tables) {
            return Some(link(&send, &delivery, self.doubted.contains(&receiver), known, tables));
        }
        let given_up = push(self.sends.entry(receiver).or_default(), send, limit);
        self.give_up(receiver, given_up);
        None
    }

    /// The delivery of a send, where it came first.
    fn take_delivery(
        &mut self,
        send: &Half,
        receiver: ProcessId,
        known: &Known<'_>,
        tables: &Tables,
    ) -> Option<Half> {
        let waiting = self.deliveries.get_mut(&receiver)?;
        // What was delivered before is none of it, and there may be much: timeouts and data of sockets are sent by nobody.
        let before = match is_one_clock(send.point.process, receiver, tables) {
            true => waiting.partition_point(|delivery| delivery.point.time < send.point.time),
            false => 0,
        };
        let at = before + waiting.range(before..).position(|delivery| fits(send, delivery, known, tables))?;
        // An earlier send of the same pair that still waits would have to be delivered first.
        let earlier = |other: &Half| other.sender == send.sender && may_be(other, send);
        if self.sends.get(&receiver).is_some_and(|sends| sends.iter().any(earlier)) {
            return None;
        }
        let delivery = waiting.remove(at);
        if waiting.is_empty() {
            self.deliveries.remove(&receiver);
        }
        delivery
    }

    pub(super) fn deliver(
        &mut self,
        point: Point,
        sender: ProcessId,
        message: Payload<'_>,
        known: &Known<'_>,
        tables: &Tables,
        limit: usize,
    ) -> Option<Link> {
        let delivery = Half { point, sender, content: content_of(message), by_process: true };
        let receiver = point.process;
        let found = self.sends.get_mut(&receiver).and_then(|waiting| {
            let at = waiting.iter().position(|send| fits(send, &delivery, known, tables))?;
            let send = waiting.remove(at)?;
            // What the same process sent before to the same receiver has not arrived, and never will.
            let (before, mut index) = (waiting.len(), 0);
            waiting.retain(|earlier| {
                index += 1;
                index > at || earlier.sender != send.sender
            });
            Some((send, waiting.len() < before))
        });
        let Some((send, passed_over)) = found else {
            let given_up = push(self.deliveries.entry(receiver).or_default(), delivery, limit);
            self.give_up(receiver, given_up);
            return None;
        };
        if self.sends.get(&receiver).is_some_and(VecDeque::is_empty) {
            self.sends.remove(&receiver);
        }
        let in_doubt = passed_over || self.doubted.contains(&receiver);
        Some(link(&send, &delivery, in_doubt, known, tables))
    }
}

impl Messages {
    fn give_up(&mut self, receiver: ProcessId, given_up: bool) {
        if given_up {
            self.given_up += 1;
            self.doubted.insert(receiver);
        }
    }

    /// Forgets the halves that lie before a position.
    pub(super) fn forget_before(&mut self, position: u64) {
        let Messages { sends, deliveries, doubted, .. } = self;
        for queues in [sends, deliveries] {
            queues.retain(|&receiver, queue| {
                let old = queue.iter().take_while(|half| half.point.event < position).count();
                // Of a sender that is not named, no message is certain.
                if queue.drain(..old).any(|half| !half.sender.is_none()) {
                    doubted.insert(receiver);
                }
                !queue.is_empty()
            });
        }
    }
}

fn push(queue: &mut VecDeque<Half>, half: Half, limit: usize) -> bool {
    let full = queue.len() >= limit;
    if full {
        queue.pop_front();
    }
    queue.push_back(half);
    full
}

/// Clocks of different nodes are only estimated against each other, so order by time counts within a node.
fn is_one_clock(a: ProcessId, b: ProcessId, tables: &Tables) -> bool {
    node_of(a, tables) == node_of(b, tables)
}

/// Whether two halves may carry the same message.
fn may_be(a: &Half, b: &Half) -> bool {
    !a.content.is_comparable_with(&b.content) || a.content.hash == b.content.hash
}

fn fits(send: &Half, delivery: &Half, known: &Known<'_>, tables: &Tables) -> bool {
    let same_sender = delivery.sender.is_none() || delivery.sender == send.sender;
    let one_clock = is_one_clock(send.point.process, delivery.point.process, tables);
    let in_order = !one_clock || send.point.time <= delivery.point.time;
    same_sender
        && in_order
        && may_be(send, delivery)
        && (is_named(send, delivery) || is_complete(send, delivery, known, tables))
}

/// Whether the message itself tells that the two belong together.
fn is_named(send: &Half, delivery: &Half) -> bool {
    send.content.has_reference && delivery.content.has_reference
}

/// Whether no event of the two processes is missing in between.
fn is_complete(send: &Half, delivery: &Half, known: &Known<'_>, tables: &Tables) -> bool {
    let (from, to) = (send.point, delivery.point);
    [from.process, to.process].iter().all(|&process| known.is_complete(process, from.time, to.time, tables))
}

fn link(send: &Half, delivery: &Half, in_doubt: bool, known: &Known<'_>, tables: &Tables) -> Link {
    let (from, to) = (send.point, delivery.point);
    let full = send.content.form == Form::Full && delivery.content.form == Form::Full;
    let born = known.born.contains(&from.process) || known.born.contains(&to.process);
    // A send that was lost in an earlier gap would shift all later ones that are just like it.
    let until = from.time.max(to.time);
    let from_birth = |process| known.is_complete(process, Nanos::MIN + 1, until, tables);
    let begun = is_named(send, delivery) || (born && from_birth(from.process) && from_birth(to.process));
    let certain = full
        && !in_doubt
        && send.by_process
        && !delivery.sender.is_none()
        && begun
        && is_complete(send, delivery, known, tables);
    Link { kind: LinkKind::Message, from, to, certainty: Certainty::of(certain) }
}
