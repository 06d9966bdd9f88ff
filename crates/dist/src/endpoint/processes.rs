//! Our processes as the peer sees them, and what its messages do to them.

use pluto_term::{Atom, Item, Limits, Pid, Reference, Term, encode_bare};
use rustc_hash::FxHashMap;

use super::{Endpoint, Event, LocalId, SpawnOptions};
use crate::control::{Control, MonitorTarget, Reason, op};
use crate::{Message, Peer};

/// Bits of a spawn reply: what the peer set up.
const REPLY_LINKED: i64 = 1;

/// A `gen_server` request or an I/O request that we answer is small.
const REQUEST_LIMITS: Limits = Limits { depth: 32, terms: 1_000, bytes: 16 << 10, atoms: 1_000 };

/// The name that a node's own kernel process has on every node; `net_adm:ping/1` asks it.
const NET_KERNEL: &str = "net_kernel";

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Link {
    Active,
    /// We unlinked; exits are ignored until the peer acknowledges this number.
    Unlinking(i64),
}

#[derive(Debug, Default)]
pub(super) struct Process {
    pub(super) links: FxHashMap<Pid, Link>,
}

/// A monitor that a process of the peer holds.
#[derive(Debug)]
struct Watcher {
    pid: Pid,
    target: MonitorTarget,
}

#[derive(Debug)]
pub(super) struct Spawn {
    pub(super) owner: LocalId,
    pub(super) options: SpawnOptions,
}

/// A monitor of ours on a process of the peer.
#[derive(Debug)]
pub(super) struct Monitor {
    pub(super) owner: LocalId,
    /// The pid or name; of a spawned process it is known once the peer has answered.
    pub(super) target: Option<Term>,
}

#[derive(Debug)]
pub(super) struct Processes {
    node: Atom,
    creation: u32,
    watchers_max: usize,
    /// Links in the table, over all processes.
    pub(super) links: usize,
    next_id: u32,
    next_reference: u64,
    pub(super) next_unlink: i64,
    /// Answers I/O requests and is otherwise deaf.
    pub(super) internal: LocalId,
    pub(super) table: FxHashMap<LocalId, Process>,
    watchers: FxHashMap<Reference, Watcher>,
    pub(super) monitors: FxHashMap<Reference, Monitor>,
    pub(super) spawns: FxHashMap<Reference, Spawn>,
}

impl Processes {
    pub(super) fn new(peer: &Peer, watchers_max: usize) -> Self {
        Self {
            node: peer.our_name.clone(),
            creation: peer.our_creation,
            watchers_max,
            links: 0,
            next_id: 2,
            next_reference: 1,
            next_unlink: 1,
            internal: LocalId(1),
            table: [(LocalId(1), Process::default())].into_iter().collect(),
            watchers: FxHashMap::default(),
            monitors: FxHashMap::default(),
            spawns: FxHashMap::default(),
        }
    }

    pub(super) fn open(&mut self) -> LocalId {
        let id = LocalId(self.next_id);
        self.next_id = self.next_id.wrapping_add(1);
        self.table.insert(id, Process::default());
        id
    }

    pub(super) fn pid(&self, id: LocalId) -> Pid {
        Pid { node: self.node.clone(), id: id.0, serial: 0, creation: self.creation }
    }

    /// The process behind a pid of ours, if it lives.
    pub(super) fn local(&self, pid: &Pid) -> Option<LocalId> {
        let id = LocalId(pid.id);
        let ours = pid.node == self.node && pid.serial == 0 && pid.creation == self.creation;
        (ours && self.table.contains_key(&id)).then_some(id)
    }

    pub(super) fn reference(&mut self) -> Reference {
        let number = self.next_reference;
        self.next_reference += 1;
        // The first word of a reference has 18 bits on releases that count that way.
        let words = [(number & 0x3_ffff) as u32, (number >> 18) as u32, (number >> 50) as u32];
        Reference { node: self.node.clone(), creation: self.creation, id: words.to_vec() }
    }

    /// Takes one more link or monitor of the peer on, if there is room.
    fn room(&self) -> bool {
        self.watchers.len() + self.links < self.watchers_max
    }
}

impl Endpoint {
    /// Carries out a control message of the peer.
    pub(super) fn dispatch(&mut self, control: Control, payload: Message) -> Option<Event> {
        match control {
            Control::Send { to } => self.message(&to, payload),
            Control::SendName { name } => {
                self.message_to_name(&name, &payload);
                None
            }
            Control::Link { from, to } => {
                self.link_in(from, &to);
                None
            }
            Control::Unlink { id, from, to } => {
                self.unlink_in(id, from, to);
                None
            }
            Control::UnlinkAck { id, from, to } => {
                self.unlinked(&id, &from, &to);
                None
            }
            Control::Exit { from, to, reason } => self.exit_in(from, &to, reason, payload, true),
            Control::ExitSignal { from, to, reason } => self.exit_in(from, &to, reason, payload, false),
            Control::Monitor { from, target, reference } => {
                self.monitor_in(from, target, reference);
                None
            }
            Control::Demonitor { reference } => {
                self.processes.watchers.remove(&reference);
                None
            }
            Control::MonitorExit { process, reference, reason, to: _ } => {
                let Monitor { owner: to, .. } = self.processes.monitors.remove(&reference)?;
                Some(Event::Down { to, reference, process, reason: reason_message(reason, payload) })
            }
            Control::SpawnRequest { reference, from } => {
                self.refuse_spawn(reference, from);
                None
            }
            Control::SpawnReply { reference, flags, result } => self.spawned(reference, flags, result),
            Control::Other => {
                self.counters.unknown_operation += 1;
                None
            }
        }
    }

    fn message(&mut self, to: &Pid, message: Message) -> Option<Event> {
        let Some(to) = self.processes.local(to) else {
            self.counters.unknown_receiver += 1;
            return None;
        };
        if to == self.processes.internal {
            self.answer_io_request(&message);
            return None;
        }
        Some(Event::Message { to, message })
    }

    /// A called function that prints would wait for its group leader for ever: it learns that there is no output here.
    fn answer_io_request(&mut self, message: &Message) {
        let Some((from, reply_as)) = io_request(message) else {
            self.counters.unknown_receiver += 1;
            return;
        };
        let error = Term::tuple([Term::atom("error"), Term::atom("enotsup")]);
        self.reply(from, &Term::tuple([Term::atom("io_reply"), reply_as, error]));
    }

    fn message_to_name(&mut self, name: &Atom, message: &Message) {
        let answered = name.as_str() == NET_KERNEL && self.answer_ping(message);
        if !answered {
            self.counters.unknown_receiver += 1;
        }
    }

    /// `net_adm:ping/1` is `{'$gen_call', {Pid, Tag}, {is_auth, Node}}` to `net_kernel`.
    fn answer_ping(&mut self, message: &Message) -> bool {
        let request = message.term(&REQUEST_LIMITS).ok();
        let Some([call, caller, request]) = request.as_ref().and_then(Term::as_tuple) else { return false };
        let (Some([Term::Pid(pid), tag]), Some([is_auth, _])) = (caller.as_tuple(), request.as_tuple())
        else {
            return false;
        };
        if call.as_atom() != Some("$gen_call") || is_auth.as_atom() != Some("is_auth") {
            return false;
        }
        self.reply(pid.clone(), &Term::tuple([tag.clone(), Term::atom("yes")]));
        true
    }

    fn reply(&mut self, to: Pid, term: &Term) {
        let mut payload = Vec::new();
        encode_bare(term, &mut payload);
        let control = Term::tuple([Term::int(op::SEND), Term::atom(""), Term::Pid(to)]);
        let queued = self.push(&control, &payload);
        debug_assert!(queued.is_ok(), "an answer fits a frame");
    }

    fn link_in(&mut self, from: Pid, to: &Pid) {
        let room = self.processes.room();
        let process = self.processes.local(to).and_then(|id| self.processes.table.get_mut(&id));
        let refusal = match process {
            None => "noproc",
            Some(process) if process.links.contains_key(&from) => return,
            Some(process) if room => {
                process.links.insert(from, Link::Active);
                self.processes.links += 1;
                return;
            }
            Some(_) => {
                self.counters.refused_watchers += 1;
                "system_limit"
            }
        };
        self.push_reason([Term::int(op::PAYLOAD_EXIT), Term::Pid(to.clone()), Term::Pid(from)], refusal);
    }

    fn unlink_in(&mut self, id: Term, from: Pid, to: Pid) {
        if let Some(process) = self.processes.local(&to).and_then(|id| self.processes.table.get_mut(&id))
            && process.links.get(&from) == Some(&Link::Active)
        {
            process.links.remove(&from);
            self.processes.links = self.processes.links.saturating_sub(1);
        }
        self.push_control([Term::int(op::UNLINK_ID_ACK), id, Term::Pid(to), Term::Pid(from)]);
    }

    fn unlinked(&mut self, id: &Term, from: &Pid, to: &Pid) {
        if let Some(process) = self.processes.local(to).and_then(|id| self.processes.table.get_mut(&id))
            && let Some(Link::Unlinking(ours)) = process.links.get(from)
            && id.as_int() == Some(*ours)
        {
            process.links.remove(from);
            self.processes.links = self.processes.links.saturating_sub(1);
        }
    }

    fn exit_in(
        &mut self,
        from: Pid,
        to: &Pid,
        reason: Reason,
        payload: Message,
        linked: bool,
    ) -> Option<Event> {
        let Some(to) = self.processes.local(to) else {
            self.counters.unknown_receiver += 1;
            return None;
        };
        if linked {
            let process = self.processes.table.get_mut(&to)?;
            if process.links.get(&from) != Some(&Link::Active) {
                return None;
            }
            process.links.remove(&from);
            self.processes.links = self.processes.links.saturating_sub(1);
        }
        Some(Event::Exit { to, from, reason: reason_message(reason, payload), linked })
    }

    fn monitor_in(&mut self, from: Pid, target: MonitorTarget, reference: Reference) {
        let known = match &target {
            MonitorTarget::Pid(pid) => self.processes.local(pid).is_some(),
            MonitorTarget::Name(name) => name.as_str() == NET_KERNEL,
        };
        let refusal = if !known {
            "noproc"
        } else if self.processes.room() {
            self.processes.watchers.insert(reference, Watcher { pid: from, target });
            return;
        } else {
            self.counters.refused_watchers += 1;
            "system_limit"
        };
        self.push_down(reference, from, target, refusal);
    }

    fn push_down(&mut self, reference: Reference, to: Pid, target: MonitorTarget, reason: &str) {
        let target = match target {
            MonitorTarget::Pid(pid) => Term::Pid(pid),
            MonitorTarget::Name(name) => Term::Atom(name),
        };
        let parts =
            [Term::int(op::PAYLOAD_MONITOR_P_EXIT), target, Term::Pid(to), Term::Reference(reference)];
        self.push_reason(parts, reason);
    }

    fn spawned(&mut self, reference: Reference, flags: i64, result: Term) -> Option<Event> {
        let Spawn { owner, options } = self.processes.spawns.remove(&reference)?;
        let result = match result {
            Term::Pid(pid) => Ok(pid),
            Term::Atom(error) => Err(error),
            _ => Err(Atom::new("badreply")),
        };
        match &result {
            Ok(pid) => {
                if let Some(monitor) = self.processes.monitors.get_mut(&reference) {
                    monitor.target = Some(Term::Pid(pid.clone()));
                }
                if options.link
                    && flags & REPLY_LINKED != 0
                    && let Some(process) = self.processes.table.get_mut(&owner)
                {
                    process.links.insert(pid.clone(), Link::Active);
                    self.processes.links += 1;
                }
            }
            Err(_) => {
                self.processes.monitors.remove(&reference);
            }
        }
        Some(Event::Spawned { to: owner, reference, result })
    }

    /// Ends one of our processes: whoever watches it learns `reason`.
    pub(super) fn end_process(&mut self, id: LocalId, reason: &str) {
        let Some(process) = self.processes.table.remove(&id) else { return };
        let pid = self.processes.pid(id);
        self.processes.links = self.processes.links.saturating_sub(process.links.len());
        for (linked, link) in process.links {
            if link == Link::Active {
                let parts = [Term::int(op::PAYLOAD_EXIT), Term::Pid(pid.clone()), Term::Pid(linked)];
                self.push_reason(parts, reason);
            }
        }
        let watches =
            |watcher: &Watcher| matches!(&watcher.target, MonitorTarget::Pid(target) if *target == pid);
        let ended: Vec<_> = self.processes.watchers.extract_if(|_, watcher| watches(watcher)).collect();
        for (reference, Watcher { pid, target }) in ended {
            self.push_down(reference, pid, target, reason);
        }
    }
}

/// Who sent an I/O request and under which name it wants the answer: `{io_request, From, ReplyAs, Request}`. The request
/// itself may be large and is not looked at.
fn io_request(message: &Message) -> Option<(Pid, Term)> {
    let mut reader = message.reader(&Limits { bytes: usize::MAX, ..REQUEST_LIMITS });
    let Ok(Item::Tuple(4)) = reader.next() else { return None };
    if reader.term().ok()?.as_atom() != Some("io_request") {
        return None;
    }
    let Ok(Term::Pid(from)) = reader.term() else { return None };
    Some((from, reader.term().ok()?))
}

fn reason_message(reason: Reason, payload: Message) -> Message {
    match reason {
        Reason::Payload => payload,
        Reason::Inside(term) => Message::from_term(&term),
    }
}
