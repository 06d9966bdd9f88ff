//! Which events a scan gives.

use super::columns::Columns;
use crate::index::{BatchIndex, IdSet};
use pluto_event::{FunctionId, Kind, Nanos, ProcessId};

/// A set of kinds of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(u32);

impl Kinds {
    /// Every kind, those that newer versions add included.
    pub const ALL: Kinds = Kinds(u32::MAX);

    /// These kinds.
    pub fn of(kinds: &[Kind]) -> Kinds {
        Kinds(kinds.iter().fold(0, |set, &kind| set | 1 << kind as u32))
    }

    /// Whether the set has this kind.
    pub fn has(self, kind: Kind) -> bool {
        self.0 & 1 << kind as u32 != 0
    }

    /// The kinds as bits: bit n for the kind with number n.
    pub(crate) fn bits(self) -> u32 {
        self.0
    }
}

/// Which events a scan gives. A gap is given, whatever the kinds and functions, where it reaches into the time asked
/// for and concerns one of the processes or a whole node: what is missing may have been what was asked for.
#[derive(Clone, Debug)]
pub struct Filter {
    /// The earliest time.
    pub from: Option<Nanos>,
    /// The latest time, itself included.
    pub to: Option<Nanos>,
    /// The processes that the events belong to; `None` for all.
    pub processes: Option<Vec<ProcessId>>,
    /// The functions that the events name; `None` for all, and for events that name none.
    pub functions: Option<Vec<FunctionId>>,
    /// The kinds.
    pub kinds: Kinds,
    /// The columns that are read.
    pub columns: Columns,
}

impl Default for Filter {
    /// Every event, whole.
    fn default() -> Filter {
        Filter {
            from: None,
            to: None,
            processes: None,
            functions: None,
            kinds: Kinds::ALL,
            columns: Columns::ALL,
        }
    }
}

/// A filter made ready for many rows.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) from: Nanos,
    pub(crate) to: Nanos,
    pub(crate) processes: Option<Members>,
    pub(crate) functions: Option<Members>,
    pub(crate) kinds: u32,
    pub(crate) columns: Columns,
    /// Whether every event passes.
    pub(crate) everything: bool,
}

/// A set of ids with a quick way to ask.
#[derive(Clone, Debug)]
pub(crate) struct Members {
    sorted: Vec<u32>,
}

impl Members {
    fn new(mut ids: Vec<u32>) -> Members {
        ids.sort_unstable();
        ids.dedup();
        Members { sorted: ids }
    }

    /// Whether a batch may have one of these.
    fn may_be_in(&self, set: &IdSet) -> bool {
        self.sorted.len() > LOOKED_UP_MAX || self.sorted.iter().any(|&id| set.may_hold(id))
    }

    pub(crate) fn has(&self, id: u32) -> bool {
        match self.sorted.as_slice() {
            [only] => *only == id,
            several => several.binary_search(&id).is_ok(),
        }
    }
}

/// Gaps, and kinds that newer versions add, which are given as gaps.
const GAPS: u32 = !((1 << Kind::Gap as u32) - 1);
/// Kinds that newer versions add.
const UNKNOWN: u32 = GAPS & !(1 << Kind::Gap as u32);
/// More ids than these are not looked up in the index.
const LOOKED_UP_MAX: usize = 4_096;

impl Prepared {
    pub(crate) fn new(filter: &Filter) -> Prepared {
        let mut columns = filter.columns;
        columns.functions |= filter.functions.is_some();
        let everything = filter.from.is_none()
            && filter.to.is_none()
            && filter.processes.is_none()
            && filter.functions.is_none()
            && filter.kinds == Kinds::ALL;
        Prepared {
            from: filter.from.unwrap_or(Nanos::MIN),
            to: filter.to.unwrap_or(Nanos::MAX),
            processes: filter.processes.as_ref().map(|ids| Members::new(ids.iter().map(|id| id.0).collect())),
            functions: filter.functions.as_ref().map(|ids| Members::new(ids.iter().map(|id| id.0).collect())),
            kinds: filter.kinds.bits() | GAPS,
            columns,
            everything,
        }
    }

    /// Whether a batch may have an event that passes.
    pub(crate) fn may_pass(&self, batch: &BatchIndex) -> bool {
        if let Some(since) = batch.since
            && since <= self.to
            && batch.max_time >= self.from
        {
            return true;
        }
        batch.min_time <= self.to
            && batch.max_time >= self.from
            && batch.kinds & self.kinds != 0
            && self.processes.as_ref().is_none_or(|ids| ids.may_be_in(&batch.processes))
            && (batch.kinds & UNKNOWN != 0
                || self.functions.as_ref().is_none_or(|ids| ids.may_be_in(&batch.functions)))
    }

    /// Whether an event that is not a gap passes.
    pub(crate) fn passes(&self, time: Nanos, kind: u8, process: u32, function: u32) -> bool {
        time >= self.from
            && time <= self.to
            && self.kinds & 1 << kind.min(31) != 0
            && self.processes.as_ref().is_none_or(|ids| ids.has(process))
            && self.functions.as_ref().is_none_or(|ids| ids.has(function))
    }

    /// Whether a gap passes.
    pub(crate) fn passes_gap(&self, since: Nanos, time: Nanos, process: u32) -> bool {
        since.min(time) <= self.to
            && time >= self.from
            && (process == u32::MAX || self.processes.as_ref().is_none_or(|ids| ids.has(process)))
    }
}
