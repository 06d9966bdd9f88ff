//! Which process had which registered name, and when.
//!
//! Names come from three places: those that processes had when the recording began, those that they had when the node
//! was asked again, and the events of names that were registered and given up. A process that is restarted gets its name
//! anew, so a name is found by time.

use pluto_event::{AtomId, Event, Nanos, NodeId, ProcessId, Tables, What};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Times of names that are kept at most; a name that is registered later is not known.
const NAMES_MAX: usize = 1 << 18;
/// Processes that are looked at for the one that had a name at a time, the latest first.
const HOLDERS_TRIED: usize = 8;

/// A time during which a process had a name, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The name.
    pub name: Arc<str>,
    /// From when on; [`Nanos::MIN`] where it had the name before the recording began.
    pub since: Nanos,
    /// Until when; [`Nanos::MAX`] where the end was not seen.
    pub until: Nanos,
}

/// Processes that had a name, each with the time from when on, in that order.
type Holders = Vec<(Nanos, ProcessId)>;

/// A name that was seen on a process when the node was asked for its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownName<'a> {
    /// The process.
    pub process: ProcessId,
    /// Its name.
    pub name: &'a str,
    /// When it did not have it yet; [`Nanos::MIN`] where it had it when the stream began.
    pub after: Nanos,
    /// When it had it. Whoever had the name before had given it up by then.
    pub by: Nanos,
}

/// The registered names of a stream.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    held: FxHashMap<ProcessId, Vec<Held>>,
    holders: FxHashMap<(NodeId, Arc<str>), ProcessId>,
    /// Who ever had a name, by the time from when on.
    by_name: FxHashMap<NodeId, FxHashMap<Arc<str>, Holders>>,
    kept: usize,
}

impl Registry {
    /// No names yet.
    pub fn new() -> Registry {
        Registry::default()
    }

    /// A name that is known without an event. Of one name, they come in the order of their times.
    pub fn known(&mut self, known: KnownName<'_>, tables: &Tables) {
        self.begin(known.process, Arc::from(known.name), (known.after, known.by), tables);
    }

    /// Takes in one event, which counts where it is of a name. Events of one process come in order.
    pub fn add(&mut self, event: &Event<'_>, tables: &Tables) {
        let name = |id: AtomId| tables.atom(id).ok().map(Arc::from);
        match event.what {
            What::Register { name: id } => {
                if let Some(name) = name(id) {
                    self.begin(event.process, name, (event.time, event.time), tables);
                }
            }
            What::Unregister { name: id } => {
                if let Some(name) = name(id) {
                    self.end(event.process, &name, event.time, tables);
                }
            }
            _ => {}
        }
    }

    /// A process got a name between two times. It has it from the first one on, and who had it before until the second.
    fn begin(&mut self, process: ProcessId, name: Arc<str>, (since, by): (Nanos, Nanos), tables: &Tables) {
        let holder = (node_of(process, tables), Arc::clone(&name));
        match self.holders.get(&holder) {
            Some(&before) if before == process => return,
            Some(&before) => self.close(before, &name, by),
            None => {}
        }
        if self.kept >= NAMES_MAX {
            return;
        }
        self.holders.insert(holder, process);
        self.hold(process, Held { name, since, until: Nanos::MAX }, tables);
    }

    fn hold(&mut self, process: ProcessId, held: Held, tables: &Tables) {
        self.kept += 1;
        let names = self.by_name.entry(node_of(process, tables)).or_default();
        let holders = names.entry(Arc::clone(&held.name)).or_default();
        let at = holders.partition_point(|&(since, _)| since <= held.since);
        holders.insert(at, (held.since, process));
        self.held.entry(process).or_default().push(held);
    }

    fn end(&mut self, process: ProcessId, name: &Arc<str>, until: Nanos, tables: &Tables) {
        let holder = (node_of(process, tables), Arc::clone(name));
        if self.holders.get(&holder) == Some(&process) {
            self.holders.remove(&holder);
        }
        let known = self.held.get(&process).is_some_and(|held| held.iter().any(|held| held.name == *name));
        if known {
            self.close(process, name, until);
        } else if self.kept < NAMES_MAX {
            // Nobody saw it registered, so the process had it before.
            self.hold(process, Held { name: Arc::clone(name), since: Nanos::MIN, until }, tables);
        }
    }

    /// Ends the last time of a name. Events of different processes come only roughly by time, so an end may come when
    /// a successor has already been seen.
    fn close(&mut self, process: ProcessId, name: &str, until: Nanos) {
        let last = |held: &&mut Held| &*held.name == name && held.since <= until;
        if let Some(held) = self.held.get_mut(&process).and_then(|held| held.iter_mut().rev().find(last)) {
            held.until = held.until.min(until);
        }
    }

    /// The name that a process had at a time.
    pub fn name_at(&self, process: ProcessId, time: Nanos) -> Option<&str> {
        let held = self.held.get(&process)?.iter().rev();
        held.filter(|held| held.since <= time && time <= held.until).map(|held| &*held.name).next()
    }

    /// The last name that a process had.
    pub fn last_name(&self, process: ProcessId) -> Option<&str> {
        self.held.get(&process)?.last().map(|held| &*held.name)
    }

    /// The process that had a name at a time. Of several, as far as is known, the one that got it last.
    pub fn holder_at(&self, node: NodeId, name: &str, time: Nanos) -> Option<ProcessId> {
        let holders = self.by_name.get(&node)?.get(name)?;
        let begun = holders.get(..holders.partition_point(|&(since, _)| since <= time))?;
        let has_it = |held: &Held| &*held.name == name && held.since <= time && time <= held.until;
        let mut latest = begun.iter().rev().take(HOLDERS_TRIED).map(|&(_, process)| process);
        latest.find(|process| self.held.get(process).is_some_and(|held| held.iter().rev().any(has_it)))
    }

    /// Every time during which a process had a name.
    pub fn times(&self) -> impl Iterator<Item = (ProcessId, &Held)> {
        self.held.iter().flat_map(|(&process, held)| held.iter().map(move |held| (process, held)))
    }
}

fn node_of(process: ProcessId, tables: &Tables) -> NodeId {
    tables.process(process).map_or(NodeId::NONE, |row| row.node)
}
