//! Streams that can be read several times: recordings, and scripts.
//!
//! The functions here are what commands call: each makes the passes that it needs, reads only the batches and
//! columns that matter to it, and knows the gaps before it pairs anything.

use crate::calls::{Calls, CallsBuilder, Keep, Limits};
use crate::damage::Damage;
use crate::filter::Filter;
use crate::gaps::Gaps;
use crate::links::{LinkLimits, Links, LinksBuilder};
use crate::registry::Registry;
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
}

impl Purpose {
    fn kinds(self, filter: &Filter) -> Kinds {
        use Kind::{Call, Exception, Exit, Register, Return, ReturnTo, Unregister};
        match self {
            Purpose::Names => Kinds::of(&[Register, Unregister]),
            Purpose::Calls => Kinds::of(&[Call, Return, Exception, ReturnTo, Exit]),
            Purpose::Figures | Purpose::Everything => Kinds::ALL,
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
            Purpose::Show | Purpose::Everything => Columns::ALL,
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
            Purpose::Figures | Purpose::Calls | Purpose::Everything => {
                filter.is_needed_for_calls(event) || (event.what.kind() == Kind::Gap && filter.wants(event))
            }
        }
    }
}

/// A stream of events that can be read again.
pub trait Source {
    /// Why it cannot be read.
    type Error;

    /// The tables that its ids point into.
    fn tables(&self) -> &Tables;

    /// The registered names that processes had when the stream began, as far as they are known.
    fn known_names(&self) -> Vec<(ProcessId, &str)>;

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

    /// Gives the events that the purpose and the filter want, in the order of the stream, until `take` breaks off. Events
    /// to show of several nodes come in the order of their times.
    fn scan(
        &self,
        purpose: Purpose,
        filter: &Filter,
        take: &mut dyn FnMut(&Event<'_>) -> ControlFlow<()>,
    ) -> Result<(), Self::Error>;
}

impl Source for Reader {
    type Error = RecordingError;

    fn tables(&self) -> &Tables {
        Reader::tables(self)
    }

    fn known_names(&self) -> Vec<(ProcessId, &str)> {
        let tables = Reader::tables(self);
        let mut known = Vec::new();
        for about in &self.manifest().about.nodes {
            let Some(name) = tables.find_atom(&about.name) else { continue };
            let Some(node) = tables.find_node(Node { name, creation: about.creation }) else { continue };
            // A process of which the recording has nothing has no id, and needs no name.
            known.extend(about.names.iter().filter_map(|name| {
                let identity = Identity::Pid { number: name.number, serial: name.serial };
                Some((tables.find_process(Process { node, identity })?, name.name.as_str()))
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

    fn scan(
        &self,
        purpose: Purpose,
        filter: &Filter,
        take: &mut dyn FnMut(&Event<'_>) -> ControlFlow<()>,
    ) -> Result<(), RecordingError> {
        let scan = Reader::scan(self, &purpose.of_recording(filter));
        if purpose == Purpose::Figures {
            // Figures never break off, so a second thread may read ahead.
            return scan.for_each_ahead(|event| {
                if purpose.wants(filter, event) {
                    let _goes_on = take(event);
                }
            });
        }
        if purpose == Purpose::Show && self.manifest().about.nodes.len() > 1 {
            // Events come as the nodes sent them, each at its own pace.
            return scan.by_time().for_each_while(|_, event| match purpose.wants(filter, event) {
                true => take(event),
                false => ControlFlow::Continue(()),
            });
        }
        let mut scan = scan;
        while let Some(batch) = scan.next_batch()? {
            for event in batch.events() {
                if purpose.wants(filter, &event) && take(&event).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

#[cfg(feature = "script")]
impl Source for crate::script::Script {
    type Error = std::convert::Infallible;

    fn tables(&self) -> &Tables {
        &self.tables
    }

    fn known_names(&self) -> Vec<(ProcessId, &str)> {
        self.had.iter().map(|(process, name)| (*process, name.as_str())).collect()
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

    fn scan(
        &self,
        purpose: Purpose,
        filter: &Filter,
        take: &mut dyn FnMut(&Event<'_>) -> ControlFlow<()>,
    ) -> Result<(), Self::Error> {
        for event in self.events() {
            let kind = event.what.kind();
            let reads = purpose.kinds(filter).has(kind) || kind == Kind::Gap;
            if reads && purpose.wants(filter, &event) && take(&event).is_break() {
                break;
            }
        }
        Ok(())
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
    for (process, name) in source.known_names() {
        registry.known(process, name, tables);
    }
    each(source, Purpose::Names, &Filter::default(), |event| registry.add(event, tables))?;
    Ok(registry)
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
    each(source, Purpose::Calls, filter, |event| builder.add(event, tables))?;
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
