//! What our processes ask of the peer.

use pluto_term::{Pid, Reference, Term, encode_bare};

use super::processes::{Link, Monitor, Spawn};
use super::{Endpoint, LocalId, SpawnOptions};
use crate::SendError;
use crate::control::op;

/// Largest number that identifies an unlink; then it starts again at 1.
const UNLINK_MAX: i64 = i64::MAX;

impl Endpoint {
    /// Makes a process of ours; it lives until [`Self::close_process`].
    pub fn open_process(&mut self) -> LocalId {
        self.processes.open()
    }

    /// The process that owns calls and is the group leader of what we start: it answers I/O requests, and no message is
    /// delivered to it.
    #[must_use]
    pub fn internal_process(&self) -> LocalId {
        self.processes.internal
    }

    /// The pid of a process of ours.
    #[must_use]
    pub fn pid(&self, id: LocalId) -> Pid {
        self.processes.pid(id)
    }

    /// The process of ours behind a pid, while it lives.
    #[must_use]
    pub fn local(&self, pid: &Pid) -> Option<LocalId> {
        self.processes.local(pid)
    }

    /// Ends a process of ours: its monitors on the peer are taken back, and whoever watches it learns that it ended with
    /// reason `normal`.
    pub fn close_process(&mut self, id: LocalId) {
        let owned: Vec<_> = self.processes.monitors.extract_if(|_, monitor| monitor.owner == id).collect();
        for (reference, monitor) in owned {
            self.push_demonitor(reference, monitor);
        }
        self.processes.spawns.retain(|_, spawn| spawn.owner != id);
        self.end_process(id, "normal");
    }

    /// Sends `payload`, a bare encoded term, to a process of the peer.
    ///
    /// # Errors
    /// When the pid is no pid of the peer, or the message fits no frame.
    pub fn send(&mut self, from: LocalId, to: &Pid, payload: &[u8]) -> Result<(), SendError> {
        self.check_peer(to)?;
        let from = Term::Pid(self.processes.pid(from));
        let control = Term::tuple([Term::int(op::SEND_SENDER), from, Term::Pid(to.clone())]);
        self.push(&control, payload)
    }

    /// Sends `payload`, a bare encoded term, to a registered name on the peer. Where nobody has that name, the message is lost
    /// without notice, as in Erlang.
    ///
    /// # Errors
    /// When the message fits no frame.
    pub fn send_name(&mut self, from: LocalId, name: &str, payload: &[u8]) -> Result<(), SendError> {
        let from = Term::Pid(self.processes.pid(from));
        let control = Term::tuple([Term::int(op::REG_SEND), from, Term::atom(""), Term::atom(name)]);
        self.push(&control, payload)
    }

    /// Asks the peer to start a process; the answer is [`super::Event::Spawned`] with the returned reference.
    ///
    /// # Errors
    /// When the arguments fit no frame, or are more than 255.
    pub fn spawn(
        &mut self,
        owner: LocalId,
        module: &str,
        function: &str,
        arguments: &[Term],
        options: SpawnOptions,
    ) -> Result<Reference, SendError> {
        let reference = self.processes.reference();
        let mut payload = Vec::new();
        encode_bare(&Term::List(arguments.to_vec()), &mut payload);
        self.spawn_encoded(owner, &reference, (module, function, arguments.len()), &payload, options)?;
        Ok(reference)
    }

    /// As [`Self::spawn`], with a reference from [`Self::make_reference`] and the list of arguments already encoded (bare).
    ///
    /// # Errors
    /// As [`Self::spawn`].
    pub fn spawn_encoded(
        &mut self,
        owner: LocalId,
        reference: &Reference,
        (module, function, arity): (&str, &str, usize),
        arguments: &[u8],
        options: SpawnOptions,
    ) -> Result<(), SendError> {
        let arity = u8::try_from(arity).map_err(|_| SendError::TooManyArguments { count: arity })?;
        let owner_pid = Term::Pid(self.processes.pid(owner));
        let group_leader = Term::Pid(self.processes.pid(self.processes.internal));
        let flags = [(options.monitor, "monitor"), (options.link, "link")];
        let flags = flags.into_iter().filter(|(on, _)| *on).map(|(_, name)| Term::atom(name));
        let control = Term::tuple([
            Term::int(op::SPAWN_REQUEST),
            Term::Reference(reference.clone()),
            owner_pid,
            group_leader,
            Term::tuple([Term::atom(module), Term::atom(function), Term::int(arity)]),
            Term::list(flags),
        ]);
        self.push(&control, arguments)?;
        self.processes.spawns.insert(reference.clone(), Spawn { owner, options });
        if options.monitor {
            self.processes.monitors.insert(reference.clone(), Monitor { owner, target: None });
        }
        Ok(())
    }

    /// Forgets a spawn request and its monitor: no further event comes of it.
    pub fn abandon(&mut self, reference: &Reference) {
        self.processes.spawns.remove(reference);
        self.demonitor(reference);
    }

    /// A reference that nobody has.
    pub fn make_reference(&mut self) -> Reference {
        self.processes.reference()
    }

    /// Monitors a process of the peer; its end is [`super::Event::Down`] with the returned reference.
    ///
    /// # Errors
    /// When the pid is no pid of the peer.
    pub fn monitor(&mut self, owner: LocalId, target: &Pid) -> Result<Reference, SendError> {
        self.check_peer(target)?;
        Ok(self.monitor_term(owner, Term::Pid(target.clone())))
    }

    /// Monitors whoever has a registered name on the peer now.
    pub fn monitor_name(&mut self, owner: LocalId, name: &str) -> Reference {
        self.monitor_term(owner, Term::atom(name))
    }

    fn monitor_term(&mut self, owner: LocalId, target: Term) -> Reference {
        let reference = self.processes.reference();
        let from = Term::Pid(self.processes.pid(owner));
        let parts = [Term::int(op::MONITOR_P), from, target.clone(), Term::Reference(reference.clone())];
        self.push_control(parts);
        self.processes.monitors.insert(reference.clone(), Monitor { owner, target: Some(target) });
        reference
    }

    /// Takes a monitor back. A `Down` that is on its way is dropped when it arrives.
    pub fn demonitor(&mut self, reference: &Reference) {
        if let Some(monitor) = self.processes.monitors.remove(reference) {
            self.push_demonitor(reference.clone(), monitor);
        }
    }

    fn push_demonitor(&mut self, reference: Reference, monitor: Monitor) {
        if let Some(target) = monitor.target {
            let from = Term::Pid(self.processes.pid(monitor.owner));
            self.push_control([Term::int(op::DEMONITOR_P), from, target, Term::Reference(reference)]);
        }
    }

    /// Links a process of ours to one of the peer.
    ///
    /// # Errors
    /// When the pid is no pid of the peer.
    pub fn link(&mut self, id: LocalId, target: &Pid) -> Result<(), SendError> {
        self.check_peer(target)?;
        let from = Term::Pid(self.processes.pid(id));
        let Some(process) = self.processes.table.get_mut(&id) else { return Ok(()) };
        let before = process.links.insert(target.clone(), Link::Active);
        self.processes.links += usize::from(before.is_none());
        if before != Some(Link::Active) {
            self.push_control([Term::int(op::LINK), from, Term::Pid(target.clone())]);
        }
        Ok(())
    }

    /// Takes a link back. Exits over it that are on their way are dropped.
    pub fn unlink(&mut self, id: LocalId, target: &Pid) {
        let from = Term::Pid(self.processes.pid(id));
        let number = self.processes.next_unlink;
        let Some(process) = self.processes.table.get_mut(&id) else { return };
        let Some(link @ Link::Active) = process.links.get_mut(target) else { return };
        *link = Link::Unlinking(number);
        self.processes.next_unlink = if number == UNLINK_MAX { 1 } else { number + 1 };
        self.push_control([Term::int(op::UNLINK_ID), Term::int(number), from, Term::Pid(target.clone())]);
    }

    /// Sends an exit signal, as `exit/2` does; `reason` is a bare encoded term.
    ///
    /// # Errors
    /// When the pid is no pid of the peer, or the reason fits no frame.
    pub fn exit(&mut self, from: LocalId, to: &Pid, reason: &[u8]) -> Result<(), SendError> {
        self.check_peer(to)?;
        let from = Term::Pid(self.processes.pid(from));
        let control = Term::tuple([Term::int(op::PAYLOAD_EXIT2), from, Term::Pid(to.clone())]);
        self.push(&control, reason)
    }

    fn check_peer(&self, pid: &Pid) -> Result<(), SendError> {
        if pid.node == self.peer.name { Ok(()) } else { Err(SendError::OtherNode { node: pid.node.clone() }) }
    }
}
