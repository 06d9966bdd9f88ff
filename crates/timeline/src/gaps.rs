//! The gaps of a stream: collected first, since a gap is reported only when it is over.

use pluto_event::{Event, GapCause, Missing, Nanos, NodeId, ProcessId, What};
use rustc_hash::FxHashMap;

/// Gaps that are kept one by one; the rest only in the sums by cause.
const RECORDS_LIMIT: usize = 100_000;

/// One gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The process whose events are missing; [`ProcessId::NONE`] where it is the whole node.
    pub process: ProcessId,
    /// The node; [`NodeId::NONE`] where every node may be concerned.
    pub node: NodeId,
    /// Why.
    pub cause: GapCause,
    /// How many.
    pub missing: Missing,
    /// The earliest time at which an event may be missing.
    pub since: Nanos,
    /// The latest.
    pub until: Nanos,
}

impl Gap {
    /// Whether events of this process, on this node, are missing. A process whose node is not known may be on any.
    pub fn concerns(&self, process: ProcessId, node: NodeId) -> bool {
        if self.process.is_none() {
            self.node.is_none() || node.is_none() || self.node == node
        } else {
            self.process == process
        }
    }
}

/// The gaps of one cause and node, added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GapSum {
    /// The node; [`NodeId::NONE`] where every node may be concerned.
    pub node: NodeId,
    /// Why.
    pub cause: GapCause,
    /// How many gaps.
    pub gaps: u64,
    /// How many events, taken together.
    pub missing: Missing,
    /// The earliest time at which an event may be missing.
    pub since: Nanos,
    /// The latest.
    pub until: Nanos,
}

/// Whether a gap may have taken ends of calls: sampling keeps whole pairs, and what is foreign was never ours.
pub(crate) fn cuts(cause: GapCause, missing: Missing) -> bool {
    missing != Missing::Exactly(0) && !matches!(cause, GapCause::Sampling | GapCause::Foreign)
}

/// All gaps of a stream, by process and by node.
#[derive(Clone, Debug, Default)]
pub struct Gaps {
    records: Vec<Gap>,
    not_kept: u64,
    sums: Vec<GapSum>,
    by_process: FxHashMap<ProcessId, Cuts>,
    by_node: FxHashMap<NodeId, Cuts>,
    everywhere: Cuts,
}

/// Intervals, bounds included, sorted and disjoint once they are merged.
#[derive(Clone, Debug, Default)]
struct Cuts(Vec<(Nanos, Nanos)>);

impl Cuts {
    fn merge(&mut self) {
        self.0.sort_unstable();
        let mut merged: Vec<(Nanos, Nanos)> = Vec::with_capacity(self.0.len());
        for &(since, until) in &self.0 {
            match merged.last_mut() {
                Some(last) if since <= last.1 => last.1 = last.1.max(until),
                _ => merged.push((since, until)),
            }
        }
        self.0 = merged;
    }

    /// The end of the last interval that began at or before `time`, and the beginning of the next one.
    fn at(&self, time: Nanos) -> (Nanos, Nanos) {
        let after = self.0.partition_point(|&(since, _)| since <= time);
        let until =
            after.checked_sub(1).and_then(|before| self.0.get(before)).map_or(Nanos::MIN, |cut| cut.1);
        let next = self.0.get(after).map_or(Nanos::MAX, |cut| cut.0);
        (until, next)
    }
}

impl Gaps {
    /// The gaps among `events`; other events are passed over.
    pub fn collect<'a>(events: impl IntoIterator<Item = Event<'a>>) -> Gaps {
        let mut gaps = Gaps::default();
        for event in events {
            gaps.add(&event);
        }
        gaps.finish();
        gaps
    }

    /// Takes in one event, which counts where it is a gap. [`Gaps::finish`] is due after the last one.
    pub fn add(&mut self, event: &Event<'_>) {
        let What::Gap { node, cause, missing, since } = event.what else { return };
        let gap = Gap {
            process: event.process,
            node,
            cause,
            missing,
            since: since.min(event.time),
            until: event.time,
        };
        if self.records.len() < RECORDS_LIMIT {
            self.records.push(gap);
        } else {
            self.not_kept += 1;
        }
        self.sum(&gap);
        if !cuts(cause, missing) {
            return;
        }
        let cuts = if !gap.process.is_none() {
            self.by_process.entry(gap.process).or_default()
        } else if !gap.node.is_none() {
            self.by_node.entry(gap.node).or_default()
        } else {
            &mut self.everywhere
        };
        cuts.0.push((gap.since, gap.until));
    }

    fn sum(&mut self, gap: &Gap) {
        match self.sums.iter_mut().find(|sum| sum.node == gap.node && sum.cause == gap.cause) {
            Some(sum) => {
                sum.gaps += 1;
                sum.missing = sum.missing + gap.missing;
                sum.since = sum.since.min(gap.since);
                sum.until = sum.until.max(gap.until);
            }
            None => self.sums.push(GapSum {
                node: gap.node,
                cause: gap.cause,
                gaps: 1,
                missing: gap.missing,
                since: gap.since,
                until: gap.until,
            }),
        }
    }

    /// Counts what was not read as missing, wherever it is; no gap is listed for it. [`Gaps::finish`] is due afterwards.
    pub(crate) fn add_unread(&mut self, since: Nanos, until: Nanos) {
        self.everywhere.0.push((since, until));
    }

    /// Makes the gaps ready to be asked about.
    pub fn finish(&mut self) {
        for cuts in self.by_process.values_mut().chain(self.by_node.values_mut()) {
            cuts.merge();
        }
        self.everywhere.merge();
        self.sums.sort_by_key(|sum| (sum.node, sum.cause));
    }

    /// The gaps one by one, in the order of the stream; at most 100,000.
    pub fn records(&self) -> &[Gap] {
        &self.records
    }

    /// How many gaps are only in [`Gaps::sums`].
    pub fn not_kept(&self) -> u64 {
        self.not_kept
    }

    /// The gaps added up by node and cause.
    pub fn sums(&self) -> &[GapSum] {
        &self.sums
    }

    /// Whether there is no gap at all.
    pub fn is_empty(&self) -> bool {
        self.sums.is_empty()
    }

    fn lists(&self, process: ProcessId, node: NodeId) -> impl Iterator<Item = &Cuts> {
        let own = self.by_process.get(&process);
        // Where it is not known on which node the process is, it may be on any.
        let whole = self.by_node.iter().filter(move |&(&of, _)| node.is_none() || of == node);
        own.into_iter().chain(whole.map(|(_, cuts)| cuts)).chain(Some(&self.everywhere))
    }

    /// For a process at a time: until when the last gap lasts that began by then ([`Nanos::MIN`] where none did),
    /// and when the next one begins ([`Nanos::MAX`] where none does).
    pub fn around(&self, process: ProcessId, node: NodeId, time: Nanos) -> (Nanos, Nanos) {
        self.lists(process, node)
            .map(|cuts| cuts.at(time))
            .fold((Nanos::MIN, Nanos::MAX), |all, one| (all.0.max(one.0), all.1.min(one.1)))
    }

    /// When the first gap of the process begins after `time`; [`Nanos::MAX`] where none does.
    pub fn next_since(&self, process: ProcessId, node: NodeId, time: Nanos) -> Nanos {
        self.around(process, node, time).1
    }

    /// Whether nothing of the process is missing from `since` to `until`, both included.
    pub fn is_complete(&self, process: ProcessId, node: NodeId, since: Nanos, until: Nanos) -> bool {
        let (last, _) = self.around(process, node, until);
        last < since
    }
}
