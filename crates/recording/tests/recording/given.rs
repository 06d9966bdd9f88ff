//! Events and recordings for tests.

use pluto_event::{
    AtomId, Event, Form, Function, FunctionId, GapCause, Identity, Missing, Node, NodeId, Payload, Process,
    ProcessId, Tables, What,
};
use pluto_recording::{
    About, Ended, Filter, NameAbout, NodeAbout, Reader, Scan, Summary, Writer, WriterOptions,
};
use proptest::prelude::*;
use std::ops::Range;
use std::path::Path;

/// An event that owns its payload.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Owned {
    time: i64,
    process: u32,
    kind: u8,
    function: u32,
    peer: u32,
    form: Form,
    payload: Vec<u8>,
    flag: bool,
    cause: GapCause,
    missing: Missing,
    since: i64,
}

impl Owned {
    /// The event itself.
    pub(crate) fn event(&self) -> Event<'_> {
        let function = FunctionId(self.function);
        let peer = ProcessId(self.peer);
        let payload = match self.form {
            Form::Absent => Payload::ABSENT,
            form => Payload { form, bytes: &self.payload },
        };
        let what = match self.kind {
            1 => What::Call { function, arguments: payload },
            2 => What::Return { function, value: payload },
            3 => What::Exception { function, reason: payload },
            4 => What::ReturnTo { function },
            5 => What::Send { to: peer, message: payload, receiver_exists: self.flag },
            6 => What::Deliver { from: peer, message: payload },
            7 => What::Spawn { child: peer, function, arguments: payload },
            8 => What::Spawned { parent: peer, function, arguments: payload },
            9 => What::Exit { reason: payload },
            10 => What::Link { peer },
            11 => What::Unlink { peer },
            12 => What::GettingLinked { peer },
            13 => What::GettingUnlinked { peer },
            14 => What::Register { name: AtomId(self.function) },
            15 => What::Unregister { name: AtomId(self.function) },
            _ => What::Gap {
                node: NodeId(self.function),
                cause: self.cause,
                missing: self.missing,
                since: self.since,
            },
        };
        Event { time: self.time, process: ProcessId(self.process), what }
    }
}

fn id() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 0_u32..2_000, 1 => any::<u32>(), 1 => Just(u32::MAX)]
}

/// Any event.
pub(crate) fn event() -> impl Strategy<Value = Owned> {
    let time = prop_oneof![4 => 0_i64..1_000_000, 1 => any::<i64>()];
    let missing = prop_oneof![
        any::<u64>().prop_map(Missing::Exactly),
        any::<u64>().prop_map(Missing::AtLeast),
        Just(Missing::Unknown)
    ];
    let form = prop::sample::select(Form::ALL.to_vec());
    let cause = prop::sample::select(GapCause::ALL.to_vec());
    let payload = prop::collection::vec(any::<u8>(), 0..40);
    let first = (time.clone(), id(), 1_u8..=16, id(), id(), form);
    (first, payload, any::<bool>(), cause, missing, time).prop_map(
        |(first, payload, flag, cause, missing, since)| {
            let (time, process, kind, function, peer, form) = first;
            Owned { time, process, kind, function, peer, form, payload, flag, cause, missing, since }
        },
    )
}

/// Some rows in every table.
pub(crate) fn fill(tables: &mut Tables, rows: Range<u32>) {
    for number in rows {
        let name = tables.intern_atom(&format!("atom {number} é"));
        let node = tables.intern_node(Node { name, creation: number });
        tables.intern_function(Function { module: name, name: AtomId(0), arity: number % 300 });
        let identity = match number % 3 {
            0 => Identity::Pid { number, serial: number / 7 },
            1 => Identity::Port { number: u64::from(number) << 30 },
            _ => Identity::Name { name },
        };
        tables.intern_process(Process { node, identity });
        tables.intern_process(Process { node: NodeId::NONE, identity });
    }
}

/// Every event of a recording that passes, each in words.
pub(crate) fn scan(reader: &Reader, filter: &Filter) -> Vec<String> {
    let mut out = Vec::new();
    reader.scan(filter).for_each(|event| out.push(format!("{event:?}"))).unwrap();
    out
}

/// Every event of a scan, in words, with its position.
pub(crate) fn numbered(mut scan: Scan<'_>) -> Vec<(u64, String)> {
    let mut out = Vec::new();
    while let Some(batch) = scan.next_batch().unwrap() {
        out.extend(batch.events().numbered().map(|(at, event)| (at.unwrap(), format!("{event:?}"))));
    }
    out
}

/// The tables, in words.
pub(crate) fn tables(tables: &Tables) -> String {
    format!("{:?}\n{:?}\n{:?}\n{:?}", tables.atoms(), tables.nodes(), tables.functions(), tables.processes())
}

/// A call.
pub(crate) fn call(time: i64, process: u32, arguments: &[u8]) -> Event<'_> {
    let what = What::Call { function: FunctionId(process % 5), arguments: Payload::full(arguments) };
    Event { time, process: ProcessId(process), what }
}

/// A small recording with an event of every kind.
pub(crate) fn sample(dir: &Path) {
    let options = WriterOptions { batch_rows: 10, sync: false, ..WriterOptions::default() };
    let node = NodeAbout {
        name: "shop@localhost".to_owned(),
        creation: 1_700_000_001,
        otp: "25".to_owned(),
        erts: "13.1.5".to_owned(),
        clock_offset_nanos: -12_000,
        clock_error_nanos: 40_000,
        names: vec![NameAbout { name: "shop_orders".to_owned(), number: 123, serial: 0, seen: None }],
        names_left_out: 2,
    };
    let about = About {
        tool_version: "0.1.0".to_owned(),
        started: 1_795_000_000_000_000_000,
        nodes: vec![node],
        patterns: vec!["shop:_".to_owned()],
        level: "calls".to_owned(),
        limits: [("events_per_second".to_owned(), 100_000)].into(),
        ..About::default()
    };
    let mut writer = Writer::create(dir, options, about).unwrap();
    let tables = writer.tables_mut();
    let name = tables.intern_atom("shop@localhost");
    let node = tables.intern_node(Node { name, creation: 1_700_000_001 });
    let (shop, place_order) = (tables.intern_atom("shop"), tables.intern_atom("place_order"));
    let function = tables.intern_function(Function { module: shop, name: place_order, arity: 2 });
    let pid = |number| Process { node, identity: Identity::Pid { number, serial: 0 } };
    let process = tables.intern_process(pid(123));
    let peer = tables.intern_process(pid(124));
    let port = tables.intern_process(Process { node, identity: Identity::Port { number: 5 } });
    let named =
        tables.intern_process(Process { node: NodeId::NONE, identity: Identity::Name { name: shop } });
    let ok = Payload::full(&[119, 2, b'o', b'k']);
    let arguments = Payload::full(&[108, 0, 0, 0, 2, 97, 7, 97, 3, 106]);
    let missing = [Missing::Exactly(12), Missing::AtLeast(3), Missing::Unknown];
    let gap = |(number, missing)| What::Gap {
        node,
        cause: GapCause::ALL[number],
        missing,
        since: 1_795_000_000_000_000_500,
    };
    let events = [
        What::Call { function, arguments },
        What::Return { function, value: ok },
        What::Exception {
            function,
            reason: Payload::shape(&[104, 2, 119, 5, b'e', b'r', b'r', b'o', b'r', 97, 1]),
        },
        What::ReturnTo { function },
        What::Send { to: named, message: ok, receiver_exists: false },
        What::Send {
            to: peer,
            message: Payload { form: Form::Oversize, bytes: &[98, 0, 1, 0, 0] },
            receiver_exists: true,
        },
        What::Deliver { from: ProcessId::NONE, message: Payload { form: Form::Hashed, bytes: &[97, 9] } },
        What::Spawn { child: peer, function, arguments: Payload::ABSENT },
        What::Spawned { parent: peer, function, arguments },
        What::Exit { reason: ok },
        What::Link { peer: port },
        What::Unlink { peer: port },
        What::GettingLinked { peer },
        What::GettingUnlinked { peer },
        What::Register { name: shop },
        What::Unregister { name: shop },
    ];
    let gaps = missing.into_iter().enumerate().map(gap);
    for (number, what) in events.into_iter().chain(gaps).enumerate() {
        let time = 1_795_000_000_000_001_000 + number as i64 * 1_000;
        let process = if number == 17 { ProcessId::NONE } else { process };
        writer.push(&Event { time, process, what }).unwrap();
    }
    let counters = [("batches".to_owned(), 2)].into();
    writer.finish(Summary { finished: 1_795_000_000_000_100_000, ended: Ended::Limit, counters }).unwrap();
}

/// A recording as text.
pub(crate) fn text(dir: &Path) -> String {
    let mut out = Vec::new();
    pluto_recording::dump(&Reader::open(dir).unwrap(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
