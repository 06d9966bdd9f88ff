//! Streams that can be read several times: recordings, and scripts.
//!
//! The functions here are what commands call: each makes the passes that it needs, reads only the batches and
//! columns that matter to it, and knows the gaps before it pairs anything.

use crate::calls::{Calls, CallsBuilder, Keep, Limits};
use crate::damage::Damage;
use crate::filter::Filter;
use crate::gaps::Gaps;
use crate::links::{Correlator, LinkLimits, Links, LinksBuilder, Reach, Related};
use crate::registry::{KnownName, Registry};
use crate::stat::{Report, Stat};
use pluto_event::{Event, Identity, Kind, Nanos, Node, Process, ProcessId, Tables};
use pluto_recording::{Columns, Kinds, Reader, RecordingError};
use std::ops::ControlFlow;

/// What a pass over a stream is for, which decides what has to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Registered names.
    Names,
    /// Figures: everything but the terms' bytes.
    Figures,
    /// Pairing of calls, with their terms.
    Calls,
    /// Events that the filter wants, whole.
    Show,
    /// Events of the wanted processes and time, whole, whatever their kind and function.
    Everything,
    /// What links are made of, whole; calls only where some of them belong to a `gen_server` call.
    Links {
        /// Whether calls are read.
        calls: bool,
    },
}

impl Purpose {
    fn kinds(self, filter: &Filter) -> Kinds {
        use Kind::{Call, Exception, Exit, Register, Return, ReturnTo, Unregister};
        use Kind::{Deliver, GettingLinked, GettingUnlinked, Link, Send, Spawn, Spawned, Unlink};
        match self {
            Purpose::Names => Kinds::of(&[Register, Unregister]),
            Purpose::Calls => Kinds::of(&[Call, Return, Exception, ReturnTo, Exit]),
            Purpose::Figures | Purpose::Everything => Kinds::ALL,
            Purpose::Links { calls } => {
                let mut kinds = vec![Send, Deliver, Spawn, Spawned, Exit];
                kinds.extend([Link, Unlink, GettingLinked, GettingUnlinked]);
                kinds.extend(calls.then_some(Call));
                Kinds::of(&kinds)
            }
            Purpose::Show => {
                let wanted: Vec<Kind> =
                    Kind::ALL.into_iter().filter(|&kind| filter.wants_kind(kind)).collect();
                Kinds::of(&wanted)
            }
        }
    }

    fn columns(self) -> Columns {
        match self {
            Purpose::Names => Columns::NONE,
            // The form of a return's value tells whether outcomes were observed, and comes with the payload.
            Purpose::Figures => Columns { functions: true, peers: false, payloads: true },
            Purpose::Calls => Columns { functions: true, peers: false, payloads: true },
            Purpose::Show | Purpose::Everything | Purpose::Links { .. } => Columns::ALL,
        }
    }

    /// What has to be read of a recording.
    fn of_recording(self, filter: &Filter) -> pluto_recording::Filter {
        let everywhere = self == Purpose::Names;
        let whole = everywhere || (filter.since() == Nanos::MIN && filter.until() == Nanos::MAX);
        pluto_recording::Filter {
            from: (!whole).then(|| filter.since()),
            to: (!whole).then(|| filter.until()),
            processes: filter.processes().filter(|_| !everywhere).map(<[ProcessId]>::to_vec),
            functions: filter.functions().filter(|_| self == Purpose::Show).map(<[_]>::to_vec),
            kinds: self.kinds(filter),
            columns: self.columns(),
        }
    }

    /// Whether an event takes part.
    fn wants(self, filter: &Filter, event: &Event<'_>) -> bool {
        match self {
            Purpose::Names => matches!(event.what.kind(), Kind::Register | Kind::Unregister),
            Purpose::Show => filter.wants(event),
            Purpose::Figures | Purpose::Calls | Purpose::Everything | Purpose::Links { .. } => {
                filter.is_needed_for_calls(event) || (event.what.kind() == Kind::Gap && filter.wants(event))
            }
        }
    }
}

/// Takes an event and its position. The position counts all events of the stream from 0, whatever is read of them; a
/// gap that is no event of the stream has none.
pub type Take<'t, R> = &'t mut dyn FnMut(Option<u64>, &Event<'_>) -> R;

/// A walk over events, some at a time, in the order of the stream.
pub trait Walk: std::fmt::Debug {
    /// Why it cannot go on.
    type Error;

    /// The position at which the next events begin; `None` at the end.
    fn position(&self) -> Option<u64>;

    /// Gives the next events; `false` at the end.
    fn step(&mut self, take: Take<'_, ()>) -> Result<bool, Self::Error>;
}

/// A stream of events that can be read again.
pub trait Source {
    /// Why it cannot be read.
    type Error;

    /// How it is read piece by piece.
    type Walk<'s>: Walk<Error = Self::Error>
    where
        Self: 's;

    /// The tables that its ids point into.
    fn tables(&self) -> &Tables;

    /// The registered names of processes that no event tells of, as far as they are known.
    fn known_names(&self) -> Vec<KnownName<'_>>;

    /// Whether its times are more than the order of its events. Where they are not, nothing has a duration.
    fn has_times(&self) -> bool {
        true
    }

    /// What is damaged apart from events, whose damage comes as gaps.
    fn damage(&self) -> Vec<Damage> {
        Vec::new()
    }

    /// Gives all gaps, wherever they are, and those in the place of what a scan with this purpose and filter would
    /// find damaged.
    fn scan_gaps(
        &self,
        purpose: Purpose,
        filter: &Filter,
        take: &mut dyn FnMut(&Event<'_>),
    ) -> Result<(), Self::Error>;

    /// Gives the events that the purpose and the filter want, with their positions, in the order of the stream, until
    /// `take` breaks off. Events to show of several nodes come in the order of their times.
    fn scan_numbered(
        &self,
        purpose: Purpose,
        filter: &Filter,
        take: Take<'_, ControlFlow<()>>,
    ) -> Result<(), Self::Error>;

    /// The same without positions.
    fn scan(
        &self,
        purpose: Purpose,
        filter: &Filter,
        take: &mut dyn FnMut(&Event<'_>) -> ControlFlow<()>,
    ) -> Result<(), Self::Error> {
        self.scan_numbered(purpose, filter, &mut |_, event| take(event))
    }

    /// Walks over what a purpose reads of all events from a position on, and maybe some from before.
    fn walk(&self, purpose: Purpose, from: u64) -> Self::Walk<'_>;

    /// Gives the gaps that reach into a time, as far as they stand in the stream: those of damage come only where it is.
    fn recorded_gaps(&self, since: Nanos, until: Nanos, take: Take<'_, ()>) -> Result<(), Self::Error>;

    /// The latest time of what a walk from this position leaves out; `None` where it leaves out nothing.
    fn latest_before(&self, position: u64) -> Option<Nanos>;

    /// Whether it may have events of this kind.
    fn may_have(&self, kind: Kind) -> bool;
}

impl Walk for pluto_recording::Scan<'_> {
    type Error = RecordingError;

    fn position(&self) -> Option<u64> {
        self.next_position()
    }

    fn step(&mut self, take: Take<'_, ()>) -> Result<bool, RecordingError> {
        let Some(batch) = self.next_batch()? else { return Ok(false) };
        batch.events().numbered().for_each(|(position, event)| take(position, &event));
        Ok(true)
    }
}

impl Source for Reader {
    type Error = RecordingError;
    type Walk<'s> = pluto_recording::Scan<'s>;

    fn tables(&self) -> &Tables {
        Reader::tables(self)
    }

    fn known_names(&self) -> Vec<KnownName<'_>> {
        let tables = Reader::tables(self);
        let mut known = Vec::new();
        for about in &self.manifest().about.nodes {
            let Some(name) = tables.find_atom(&about.name) else { continue };
            let Some(node) = tables.find_node(Node { name, creation: about.creation }) else { continue };
            // A process of which the recording has nothing has no id, and needs no name.
            known.extend(about.names.iter().filter_map(|name| {
                let identity = Identity::Pid { number: name.number, serial: name.serial };
                let process = tables.find_process(Process { node, identity })?;
                let (after, by) = name.seen.map_or((Nanos::MIN, Nanos::MIN), |seen| (seen.after, seen.by));
                Some(KnownName { process, name: &name.name, after, by })
            }));
        }
        known
    }

    fn has_times(&self) -> bool {
        !self.manifest().about.order_only
    }

    fn damage(&self) -> Vec<Damage> {
        self.damage_without_gap().map(Damage::from).collect()
    }

    fn scan_gaps(
        &self,
        purpose: Purpose,
        filter: &Filter,
        take: &mut dyn FnMut(&Event<'_>),
    ) -> Result<(), RecordingError> {
        let scan = Reader::scan_gaps(self, &purpose.of_recording(filter));
        // A row of a kind that this version does not know comes as a gap too.
        scan.for_each_ahead(|event| take(event))
    }

    fn scan_numbered(
        &self,
        purpose: Purpose,
        filter: &Filter,
        take: Take<'_, ControlFlow<()>>,
    ) -> Result<(), RecordingError> {
        let mut scan = Reader::scan(self, &purpose.of_recording(filter));
        if purpose == Purpose::Show && self.manifest().about.nodes.len() > 1 {
            // Events come as the nodes sent them, each at its own pace.
            return scan.by_time().for_each_while(|position, event| match purpose.wants(filter, event) {
                true => take(position, event),
                false => ControlFlow::Continue(()),
            });
        }
        while let Some(batch) = scan.next_batch()? {
            for (position, event) in batch.events().numbered() {
                if purpose.wants(filter, &event) && take(position, &event).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn scan(
        &self,
        purpose: Purpose,
        filter: &Filter,
        take: &mut dyn FnMut(&Event<'_>) -> ControlFlow<()>,
    ) -> Result<(), RecordingError> {
        if purpose != Purpose::Figures {
            return self.scan_numbered(purpose, filter, &mut |_, event| take(event));
        }
        // Figures never break off, so a second thread may read ahead.
        Reader::scan(self, &purpose.of_recording(filter)).for_each_ahead(|event| {
            if purpose.wants(filter, event) {
                let _goes_on = take(event);
            }
        })
    }

    fn walk(&self, purpose: Purpose, from: u64) -> pluto_recording::Scan<'_> {
        Reader::scan(self, &purpose.of_recording(&Filter::default())).from_position(from)
    }

    fn recorded_gaps(&self, since: Nanos, until: Nanos, take: Take<'_, ()>) -> Result<(), RecordingError> {
        let gaps = pluto_recording::Filter {
            from: Some(since),
            to: Some(until),
            kinds: Kinds::of(&[Kind::Gap]),
            columns: Columns::NONE,
            ..pluto_recording::Filter::default()
        };
        let mut scan = Reader::scan(self, &gaps);
        while Walk::step(&mut scan, take)? {}
        Ok(())
    }

    fn latest_before(&self, position: u64) -> Option<Nanos> {
        Reader::latest_before(self, position)
    }

    fn may_have(&self, kind: Kind) -> bool {
        Reader::may_have(self, Kinds::of(&[kind]))
    }
}

/// A walk over a script, one event at a time.
#[cfg(feature = "script")]
#[derive(Debug)]
pub struct ScriptWalk<'s> {
    purpose: Purpose,
    rest: Vec<(u64, Event<'s>)>,
}

#[cfg(feature = "script")]
impl Walk for ScriptWalk<'_> {
    type Error = std::convert::Infallible;

    fn position(&self) -> Option<u64> {
        self.rest.last().map(|&(position, _)| position)
    }

    fn step(&mut self, take: Take<'_, ()>) -> Result<bool, Self::Error> {
        let Some((position, event)) = self.rest.pop() else { return Ok(false) };
        let kind = event.what.kind();
        if kind == Kind::Gap || self.purpose.kinds(&Filter::default()).has(kind) {
            take(Some(position), &event);
        }
        Ok(true)
    }
}

#[cfg(feature = "script")]
impl Source for crate::script::Script {
    type Error = std::convert::Infallible;
    type Walk<'s> = ScriptWalk<'s>;

    fn tables(&self) -> &Tables {
        &self.tables
    }

    fn known_names(&self) -> Vec<KnownName<'_>> {
        let had = self.had.iter().map(|(process, name)| (*process, name.as_str()));
        had.map(|(process, name)| KnownName { process, name, after: Nanos::MIN, by: Nanos::MIN }).collect()
    }

    fn scan_gaps(
        &self,
        _purpose: Purpose,
        _filter: &Filter,
        take: &mut dyn FnMut(&Event<'_>),
    ) -> Result<(), Self::Error> {
        self.events().filter(|event| event.what.kind() == Kind::Gap).for_each(|event| take(&event));
        Ok(())
    }

    fn scan_numbered(
        &self,
        purpose: Purpose,
        filter: &Filter,
        take: Take<'_, ControlFlow<()>>,
    ) -> Result<(), Self::Error> {
        for (position, event) in (0..).zip(self.events()) {
            let kind = event.what.kind();
            let reads = purpose.kinds(filter).has(kind) || kind == Kind::Gap;
            if reads && purpose.wants(filter, &event) && take(Some(position), &event).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn walk(&self, purpose: Purpose, from: u64) -> ScriptWalk<'_> {
        let mut rest: Vec<_> = (0..).zip(self.events()).filter(|&(position, _)| position >= from).collect();
        rest.reverse();
        ScriptWalk { purpose, rest }
    }

    fn recorded_gaps(&self, since: Nanos, until: Nanos, take: Take<'_, ()>) -> Result<(), Self::Error> {
        let reaches = |event: &Event<'_>| match event.what {
            pluto_event::What::Gap { since: begins, .. } => begins <= until && event.time >= since,
            _ => false,
        };
        self.events().filter(reaches).for_each(|event| take(None, &event));
        Ok(())
    }

    fn latest_before(&self, position: u64) -> Option<Nanos> {
        (0..position).zip(self.events()).map(|(_, event)| event.time).max()
    }

    fn may_have(&self, kind: Kind) -> bool {
        self.events().any(|event| event.what.kind() == kind)
    }
}

fn each<S: Source>(
    source: &S,
    purpose: Purpose,
    filter: &Filter,
    mut take: impl FnMut(&Event<'_>),
) -> Result<(), S::Error> {
    source.scan(purpose, filter, &mut |event| {
        take(event);
        ControlFlow::Continue(())
    })
}

/// All gaps of the stream, those of damage included that a scan with this purpose and filter comes across.
pub fn gaps<S: Source>(source: &S, purpose: Purpose, filter: &Filter) -> Result<Gaps, S::Error> {
    let mut gaps = Gaps::default();
    source.scan_gaps(purpose, filter, &mut |event| gaps.add(event))?;
    gaps.finish();
    Ok(gaps)
}

/// The registered names of the processes.
pub fn registry<S: Source>(source: &S) -> Result<Registry, S::Error> {
    let tables = source.tables();
    let mut registry = Registry::new();
    for known in source.known_names() {
        registry.known(known, tables);
    }
    each(source, Purpose::Names, &Filter::default(), |event| registry.add(event, tables))?;
    Ok(registry)
}

/// Gives the events to show, each with its position and what belongs to it, until `take` breaks off.
pub fn show<S: Source>(
    source: &S,
    registry: &Registry,
    filter: &Filter,
    mut take: impl FnMut(Option<u64>, &Event<'_>, &Related) -> ControlFlow<()>,
) -> Result<(), S::Error> {
    let mut correlator = Correlator::new(source, registry, filter, Reach::default());
    let mut failed = None;
    source.scan_numbered(
        Purpose::Show,
        filter,
        &mut |position, event| match correlator.of(position, event) {
            Ok(related) => take(position, event, &related),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        },
    )?;
    failed.map_or(Ok(()), Err)
}

/// The figures of the wanted processes and time; the rows of functions are those that the filter wants.
pub fn stat<S: Source>(source: &S, filter: &Filter) -> Result<Report, S::Error> {
    let gaps = gaps(source, Purpose::Figures, filter)?;
    let tables = source.tables();
    let mut stat = Stat::new(&gaps);
    each(source, Purpose::Figures, filter, |event| stat.add(event, tables))?;
    let mut report = stat.finish(tables);
    if !source.has_times() {
        report.forget_times();
    }
    let registry = registry(source)?;
    for row in &mut report.processes {
        row.name = registry.last_name(row.id).map(str::to_owned);
    }
    report.damage = source.damage();
    if let Some(functions) = filter.functions() {
        report.functions.retain(|row| functions.binary_search(&row.id).is_ok());
    }
    Ok(report)
}

/// The calls of the wanted processes and time, with the gaps that they were paired by. With a `keep`, only the slow
/// or failed ones are kept, and have no parents.
pub fn calls<S: Source>(
    source: &S,
    filter: &Filter,
    limits: Limits,
    keep: Keep,
) -> Result<(Calls, Gaps), S::Error> {
    let gaps = gaps(source, Purpose::Calls, filter)?;
    let tables = source.tables();
    let mut builder = CallsBuilder::new(&gaps, limits, keep).with_times(source.has_times());
    source.scan_numbered(Purpose::Calls, filter, &mut |position, event| {
        // What has no position is a gap, and no call.
        builder.add_at(position.unwrap_or(0), event, tables);
        ControlFlow::Continue(())
    })?;
    let calls = builder.finish();
    Ok((calls, gaps))
}

/// The links between the wanted processes. Positions count the events of [`Purpose::Everything`] with this filter.
pub fn links<S: Source>(source: &S, filter: &Filter, limits: LinkLimits) -> Result<Links, S::Error> {
    let gaps = gaps(source, Purpose::Everything, filter)?;
    let registry = registry(source)?;
    let tables = source.tables();
    let mut builder = LinksBuilder::new(&gaps, &registry, limits);
    each(source, Purpose::Everything, filter, |event| builder.add(event, tables))?;
    Ok(builder.finish())
}
