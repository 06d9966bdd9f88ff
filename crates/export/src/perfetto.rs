//! Perfetto: a protobuf trace for its viewer and its trace processor.
//!
//! Every process is a thread track of the node that it lives on, calls are slices on it, and sends, deliveries,
//! starts, ends and gaps are instants. A send and its delivery share a flow, as do a start and the started process,
//! and a `gen_server` call and its handling. Slices on a track nest strictly; an end that was inferred is moved inside of
//! the call around it, and the slice says how its end was found. Timestamps are UNIX nanoseconds; a clock snapshot
//! says so.
//!
//! Names are interned once for the one packet sequence that there is.

use crate::lanes::{Lane, Step, lanes};
use crate::{ExportError, Written, each};
use pluto_event::{Event, FunctionId, Kind, Nanos, NodeId, ProcessId, Tables, What};
use pluto_term::PrintLimits;
use pluto_timeline::calls::{CallsBuilder, Keep, Limits};
use pluto_timeline::links::{LinkKind, LinkLimits, LinksBuilder, exchanges_of_calls};
use pluto_timeline::source::Purpose;
use pluto_timeline::{Call, CallId, Calls, Damage, Filter, Links, Names, Source, Syntax, source};
use rustc_hash::{FxHashMap, FxHashSet};
use std::io::{self, Write};

mod proto;

use proto::Message;

/// How much of a term a slice or instant shows.
const TERM_LIMITS: PrintLimits = PrintLimits { depth: 8, elements: 32, text: 256, total: 1024 };

/// Numbers of fields, from Perfetto's `trace_packet.proto`, `track_event.proto`, `track_descriptor.proto`,
/// `process_descriptor.proto`, `thread_descriptor.proto`, `interned_data.proto`, `debug_annotation.proto` and
/// `clock_snapshot.proto`.
mod field {
    pub(super) const TRACE_PACKET: u32 = 1;

    pub(super) mod packet {
        pub(in crate::perfetto) const CLOCK_SNAPSHOT: u32 = 6;
        pub(in crate::perfetto) const TIMESTAMP: u32 = 8;
        pub(in crate::perfetto) const SEQUENCE_ID: u32 = 10;
        pub(in crate::perfetto) const TRACK_EVENT: u32 = 11;
        pub(in crate::perfetto) const INTERNED_DATA: u32 = 12;
        pub(in crate::perfetto) const SEQUENCE_FLAGS: u32 = 13;
        pub(in crate::perfetto) const TRACK_DESCRIPTOR: u32 = 60;
    }

    pub(super) mod track {
        pub(in crate::perfetto) const UUID: u32 = 1;
        pub(in crate::perfetto) const PROCESS: u32 = 3;
        pub(in crate::perfetto) const THREAD: u32 = 4;
        pub(in crate::perfetto) const PROCESS_PID: u32 = 1;
        pub(in crate::perfetto) const PROCESS_NAME: u32 = 6;
        pub(in crate::perfetto) const THREAD_PID: u32 = 1;
        pub(in crate::perfetto) const THREAD_TID: u32 = 2;
        pub(in crate::perfetto) const THREAD_NAME: u32 = 5;
    }

    pub(super) mod event {
        pub(in crate::perfetto) const DEBUG_ANNOTATIONS: u32 = 4;
        pub(in crate::perfetto) const TYPE: u32 = 9;
        pub(in crate::perfetto) const NAME_IID: u32 = 10;
        pub(in crate::perfetto) const TRACK_UUID: u32 = 11;
        pub(in crate::perfetto) const CATEGORIES: u32 = 22;
        pub(in crate::perfetto) const FLOW_IDS: u32 = 47;
        pub(in crate::perfetto) const TERMINATING_FLOW_IDS: u32 = 48;
        pub(in crate::perfetto) const ANNOTATION_NAME: u32 = 10;
        pub(in crate::perfetto) const ANNOTATION_STRING: u32 = 6;
    }

    pub(super) const INTERNED_EVENT_NAMES: u32 = 2;
    pub(super) const INTERNED_IID: u32 = 1;
    pub(super) const INTERNED_NAME: u32 = 2;
    pub(super) const CLOCKS: u32 = 1;
    pub(super) const CLOCK_ID: u32 = 1;
    pub(super) const CLOCK_TIMESTAMP: u32 = 2;
}

const SLICE_BEGIN: u64 = 1;
const SLICE_END: u64 = 2;
const INSTANT: u64 = 3;
const REALTIME: u64 = 1;
const BOOTTIME: u64 = 6;
const INCREMENTAL_STATE_CLEARED: u64 = 1;
const NEEDS_INCREMENTAL_STATE: u64 = 2;
const SEQUENCE: u64 = 1;

/// Writes the wanted processes and time, at most as many calls as the limits allow.
pub fn perfetto<S: Source>(
    source: &S,
    filter: &Filter,
    limits: Limits,
    out: &mut impl Write,
) -> Result<Written, ExportError<S::Error>> {
    if !source.has_times() {
        return Err(ExportError::NoTimes);
    }
    let tables = source.tables();
    let gaps = source::gaps(source, Purpose::Everything, filter).map_err(ExportError::Source)?;
    let mut calls = CallsBuilder::new(&gaps, limits, Keep::default());
    let registry = source::registry(source).map_err(ExportError::Source)?;
    let mut links = LinksBuilder::new(&gaps, &registry, LinkLimits::default());
    let mut active = FxHashSet::default();
    let mut start = Nanos::MAX;
    let pass = each(source, Purpose::Everything, filter, |event| {
        calls.add(event, tables);
        links.add(event, tables);
        active.insert(event.process);
        start = start.min(event.time);
        Ok::<(), io::Error>(())
    });
    pass.map_err(ExportError::Source)?.map_err(ExportError::Write)?;
    let (calls, mut links) = (calls.finish(), links.finish());
    if links.exchanges.is_empty() {
        links.exchanges = exchanges_of_calls(&calls, tables);
    }
    let names = Names::new(tables, Syntax::Auto).with_limits(TERM_LIMITS).with_registry(&registry);
    let mut writer = Writer::new(out, names, &calls, flows(&links));
    writer.written.left_out = calls.left_out + links.left_out;
    let start = if start == Nanos::MAX { 0 } else { start };
    let begun = writer.begin(start, &active);
    begun
        .and_then(|()| source.damage().into_iter().try_for_each(|damage| writer.damage(start, &damage)))
        .and_then(|()| lanes(&calls).iter().try_for_each(|lane| writer.lane(lane)))
        .map_err(ExportError::Write)?;
    let mut number = 0;
    let pass = each(source, Purpose::Everything, filter, |event| {
        let result = writer.instant(number, event);
        number += 1;
        result
    });
    pass.map_err(ExportError::Source)?.map_err(ExportError::Write)?;
    Ok(writer.written)
}

/// The flows of an event: those that go on from it, and those that end with it.
type Flows = FxHashMap<u64, (Vec<u64>, Vec<u64>)>;

fn flows(links: &Links) -> Flows {
    let mut flows = Flows::default();
    let messages = links.links.iter().filter(|link| matches!(link.kind, LinkKind::Message | LinkKind::Spawn));
    let messages = messages.map(|link| (link.from.event, link.to.event));
    let calls = links
        .exchanges
        .iter()
        .filter_map(|exchange| Some((exchange.call?.point.event, exchange.handled?.point.event)));
    for (id, (from, to)) in (1u64..).zip(messages.chain(calls)) {
        flows.entry(from).or_default().0.push(id);
        flows.entry(to).or_default().1.push(id);
    }
    flows
}

struct Writer<'a, W> {
    out: &'a mut W,
    tables: &'a Tables,
    names: Names<'a>,
    calls: &'a Calls,
    flows: Flows,
    interned: FxHashMap<String, u64>,
    begun: bool,
    written: Written,
}

/// What a track event is, apart from its type, time and track.
#[derive(Default)]
struct Details<'d> {
    category: &'d str,
    name: &'d str,
    annotations: Vec<(&'static str, String)>,
    flows: Option<&'d (Vec<u64>, Vec<u64>)>,
}

impl<'a, W: Write> Writer<'a, W> {
    fn new(out: &'a mut W, names: Names<'a>, calls: &'a Calls, flows: Flows) -> Writer<'a, W> {
        Writer {
            out,
            tables: names.tables(),
            names,
            calls,
            flows,
            interned: FxHashMap::default(),
            begun: false,
            written: Written::default(),
        }
    }

    fn packet(&mut self, packet: &Message) -> io::Result<()> {
        let mut trace = Message::default();
        trace.message(field::TRACE_PACKET, packet);
        self.out.write_all(trace.bytes())
    }

    /// The clock, a track for each node, and a track for each process that has events.
    fn begin(&mut self, start: Nanos, active: &FxHashSet<ProcessId>) -> io::Result<()> {
        let mut snapshot = Message::default();
        for id in [REALTIME, BOOTTIME] {
            let mut clock = Message::default();
            clock.number(field::CLOCK_ID, id);
            clock.number(field::CLOCK_TIMESTAMP, stamp(start));
            snapshot.message(field::CLOCKS, &clock);
        }
        let mut packet = Message::default();
        packet.message(field::packet::CLOCK_SNAPSHOT, &snapshot);
        self.packet(&packet)?;
        for node in (0u32..).map(NodeId).take(self.tables.nodes().len()).chain([NodeId::NONE]) {
            let mut process = Message::default();
            process.number(field::track::PROCESS_PID, node_pid(node));
            let name = if node.is_none() { "no node".to_owned() } else { self.names.node(node) };
            process.text(field::track::PROCESS_NAME, &name);
            self.track(node_track(node), field::track::PROCESS, &process)?;
        }
        let mut active: Vec<ProcessId> = active.iter().copied().filter(|id| !id.is_none()).collect();
        active.sort_unstable();
        for id in active {
            let node = self.tables.process(id).map_or(NodeId::NONE, |row| row.node);
            let mut thread = Message::default();
            thread.number(field::track::THREAD_PID, node_pid(node));
            thread.number(field::track::THREAD_TID, u64::from(id.0) + 1);
            thread.text(field::track::THREAD_NAME, &self.names.process(id));
            self.track(process_track(id), field::track::THREAD, &thread)?;
        }
        Ok(())
    }

    fn track(&mut self, uuid: u64, kind: u32, of: &Message) -> io::Result<()> {
        let mut descriptor = Message::default();
        descriptor.number(field::track::UUID, uuid);
        descriptor.message(kind, of);
        let mut packet = Message::default();
        packet.number(field::packet::SEQUENCE_ID, SEQUENCE);
        packet.message(field::packet::TRACK_DESCRIPTOR, &descriptor);
        self.packet(&packet)
    }

    fn lane(&mut self, lane: &Lane) -> io::Result<()> {
        let track = process_track(lane.process);
        for step in &lane.steps {
            match *step {
                Step::Begin(id, at) => self.call(id, at, track, SLICE_BEGIN)?,
                Step::Mark(id, at) => self.call(id, at, track, INSTANT)?,
                Step::End(_, at) => self.event(SLICE_END, at, track, &Details::default())?,
            }
        }
        Ok(())
    }

    fn call(&mut self, id: CallId, at: Nanos, track: u64, kind: u64) -> io::Result<()> {
        let Some(call) = self.calls.get(id) else { return Ok(()) };
        self.written.items += 1;
        let name = self.names.function(call.function);
        let flows = self.flows.remove(&call.event);
        let annotations = self.call_annotations(call);
        self.event(
            kind,
            at,
            track,
            &Details { category: "call", name: &name, annotations, flows: flows.as_ref() },
        )
    }

    fn call_annotations(&self, call: &Call) -> Vec<(&'static str, String)> {
        let syntax = self.names.syntax_of(call.function);
        let mut annotations = Vec::new();
        annotations.extend(self.names.payload(call.arguments(), syntax).map(|text| ("arguments", text)));
        let outcome = if call.ending == pluto_timeline::Ending::Raised { "exception" } else { "value" };
        annotations.extend(self.names.payload(call.outcome(), syntax).map(|text| (outcome, text)));
        if !call.ending.is_certain() {
            annotations.push(("end", call.ending.text().to_owned()));
        }
        annotations
    }

    /// Damage that no gap tells of, as an instant at the beginning.
    fn damage(&mut self, at: Nanos, damage: &Damage) -> io::Result<()> {
        self.written.damage += 1;
        let annotations = vec![("what", damage.to_string())];
        let details = Details { category: "gap", name: "damage", annotations, flows: None };
        self.event(INSTANT, at, node_track(NodeId::NONE), &details)
    }

    /// Events that are no calls.
    fn instant(&mut self, number: u64, event: &Event<'_>) -> io::Result<()> {
        let what = &event.what;
        if matches!(what.kind(), Kind::Call | Kind::Return | Kind::Exception | Kind::ReturnTo) {
            return Ok(());
        }
        self.written.items += 1;
        let mut track = process_track(event.process);
        let mut annotations = Vec::new();
        match *what {
            What::Gap { node, cause, missing, since } => {
                self.written.gaps += 1;
                if event.process.is_none() {
                    track = node_track(node);
                }
                annotations.push(("cause", cause.name().to_owned()));
                annotations.push(("missing", missing.to_string()));
                annotations.push(("since", pluto_timeline::time::timestamp_text(since)));
            }
            What::Register { name } | What::Unregister { name } => {
                annotations.push(("name", self.names.registered(name)));
            }
            _ => annotations.extend(self.instant_annotations(what, event.time)),
        }
        let flows = self.flows.remove(&number);
        let category = if what.kind() == Kind::Gap { "gap" } else { "event" };
        let name = what.kind().name();
        self.event(
            INSTANT,
            event.time,
            track,
            &Details { category, name, annotations, flows: flows.as_ref() },
        )
    }

    fn instant_annotations(&self, what: &What<'_>, time: Nanos) -> Vec<(&'static str, String)> {
        let mut annotations = Vec::new();
        if !what.peer().is_none() {
            annotations.push(("peer", self.names.process_at(what.peer(), time)));
        }
        if what.function() != FunctionId::NONE {
            annotations.push(("function", self.names.function(what.function())));
        }
        annotations.extend(self.names.payload(what.payload(), Syntax::Auto).map(|text| ("term", text)));
        if let What::Send { receiver_exists: false, .. } = what {
            annotations.push(("receiver", "does not exist".to_owned()));
        }
        annotations
    }

    fn event(&mut self, kind: u64, at: Nanos, track: u64, details: &Details<'_>) -> io::Result<()> {
        let mut packet = Message::default();
        packet.number(field::packet::TIMESTAMP, stamp(at));
        packet.number(field::packet::SEQUENCE_ID, SEQUENCE);
        let mut event = Message::default();
        event.number(field::event::TYPE, kind);
        event.number(field::event::TRACK_UUID, track);
        if !details.name.is_empty() {
            event.text(field::event::CATEGORIES, details.category);
            let iid = self.intern(details.name, &mut packet);
            event.number(field::event::NAME_IID, iid);
        }
        for (name, text) in &details.annotations {
            let mut annotation = Message::default();
            annotation.text(field::event::ANNOTATION_NAME, name);
            annotation.text(field::event::ANNOTATION_STRING, text);
            event.message(field::event::DEBUG_ANNOTATIONS, &annotation);
        }
        if let Some((going, ending)) = details.flows {
            going.iter().for_each(|&id| event.fixed64(field::event::FLOW_IDS, id));
            ending.iter().for_each(|&id| event.fixed64(field::event::TERMINATING_FLOW_IDS, id));
        }
        let cleared = if self.begun { 0 } else { INCREMENTAL_STATE_CLEARED };
        self.begun = true;
        packet.number(field::packet::SEQUENCE_FLAGS, NEEDS_INCREMENTAL_STATE | cleared);
        packet.message(field::packet::TRACK_EVENT, &event);
        self.packet(&packet)
    }

    /// The number of a name, which the packet introduces where it is new.
    fn intern(&mut self, name: &str, packet: &mut Message) -> u64 {
        if let Some(&iid) = self.interned.get(name) {
            return iid;
        }
        let iid = self.interned.len() as u64 + 1;
        self.interned.insert(name.to_owned(), iid);
        let mut entry = Message::default();
        entry.number(field::INTERNED_IID, iid);
        entry.text(field::INTERNED_NAME, name);
        let mut data = Message::default();
        data.message(field::INTERNED_EVENT_NAMES, &entry);
        packet.message(field::packet::INTERNED_DATA, &data);
        iid
    }
}

/// The format has no times before its epoch.
fn stamp(time: Nanos) -> u64 {
    u64::try_from(time).unwrap_or(0)
}

fn node_pid(node: NodeId) -> u64 {
    if node.is_none() { 1 << 30 } else { u64::from(node.0) + 1 }
}

fn node_track(node: NodeId) -> u64 {
    (1 << 40) + u64::from(node.0)
}

fn process_track(process: ProcessId) -> u64 {
    (2 << 40) + u64::from(process.0)
}
