//! Events such as a shop under load makes: orders that reserve stock and charge a card, in many processes at once,
//! and gen_server callbacks seen as shapes.

use pluto_event::{
    Event, Form, Function, FunctionId, Identity, Node, Payload, Process, ProcessId, Tables, What,
};

struct Row {
    time: i64,
    process: u32,
    function: u32,
    call: bool,
    shape: bool,
    start: u32,
    end: u32,
}

/// A stretch of events that is given again and again, moved in time.
pub(crate) struct Shop {
    tables: Tables,
    rows: Vec<Row>,
    payload: Vec<u8>,
    span: i64,
}

const PLACE: u32 = 0;
const RESERVE: u32 = 1;
const CHARGE: u32 = 2;
const LOOKUP: u32 = 3;
const HANDLE_CALL: u32 = 4;

/// What one order does, as calls (true) and returns.
const ORDER: [(u32, bool); 10] = [
    (PLACE, true),
    (LOOKUP, true),
    (LOOKUP, false),
    (RESERVE, true),
    (HANDLE_CALL, true),
    (HANDLE_CALL, false),
    (RESERVE, false),
    (CHARGE, true),
    (CHARGE, false),
    (PLACE, false),
];

#[derive(Clone, Copy, Default)]
struct Worker {
    step: usize,
    order: u32,
    sku: u32,
    quantity: u8,
    cents: u32,
}

impl Shop {
    /// `count` events at `rate` a second.
    pub(crate) fn new(tables: &mut Tables, processes: u32, rate: u64, count: usize) -> Shop {
        fill(tables, processes);
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut shop = Shop { tables: tables.clone(), rows: Vec::new(), payload: Vec::new(), span: 0 };
        let mut workers = vec![Worker::default(); processes as usize];
        let mut next_order = 1_048_576;
        let mut time = 1_795_000_000_000_000_000;
        let start = time;
        let mean = 1e9 / rate as f64;
        for _ in 0..count {
            time += (-(random.unit().ln()) * mean) as i64;
            let process = random.below(processes);
            if let Some(worker) = workers.get_mut(process as usize) {
                if worker.step == 0 {
                    next_order += 1;
                    let sku = random.below(5_000).min(random.below(5_000));
                    let quantity = 1 + random.below(9) as u8;
                    *worker = Worker {
                        step: 0,
                        order: next_order,
                        sku,
                        quantity,
                        cents: 99 + random.below(50_000),
                    };
                }
                // Traced processes are reported almost, but not quite, in the order of their times.
                let jitter = i64::from(random.below(2_000)) - 1_000;
                shop.step(worker, process, time.max(start + jitter) + jitter);
            }
        }
        shop.span = time - start;
        shop
    }

    fn step(&mut self, worker: &mut Worker, process: u32, time: i64) {
        let (function, call) = ORDER.get(worker.step).copied().unwrap_or((PLACE, true));
        worker.step = (worker.step + 1) % ORDER.len();
        let start = self.payload.len() as u32;
        let shape = payload(&mut self.payload, worker, function, call);
        let end = self.payload.len() as u32;
        self.rows.push(Row { time, process, function, call, shape, start, end });
    }

    pub(crate) fn tables(&self) -> &Tables {
        &self.tables
    }

    pub(crate) fn processes(&self) -> usize {
        self.tables.processes().len()
    }

    pub(crate) fn payload_mean(&self) -> usize {
        self.payload.len() / self.rows.len().max(1)
    }

    /// Gives `count` events.
    pub(crate) fn each<E>(
        &self,
        count: u64,
        mut take: impl FnMut(&Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut left = count;
        let mut shift = 0;
        while left > 0 {
            for row in &self.rows {
                if left == 0 {
                    break;
                }
                left -= 1;
                let bytes = self.payload.get(row.start as usize..row.end as usize).unwrap_or_default();
                let form = if row.shape { Form::Shape } else { Form::Full };
                let payload = Payload { form, bytes };
                let function = FunctionId(row.function);
                let what = match row.call {
                    true => What::Call { function, arguments: payload },
                    false => What::Return { function, value: payload },
                };
                take(&Event { time: row.time + shift, process: ProcessId(row.process), what })?;
            }
            shift += self.span;
        }
        Ok(())
    }
}

fn fill(tables: &mut Tables, processes: u32) {
    let name = tables.intern_atom("shop@localhost");
    let node = tables.intern_node(Node { name, creation: 1_700_000_001 });
    let functions = [
        ("shop", "place_order", 3),
        ("shop_stock", "reserve", 2),
        ("shop_payment", "charge", 2),
        ("shop_catalogue", "lookup", 1),
        ("shop_stock", "handle_call", 3),
    ];
    for (module, name, arity) in functions {
        let (module, name) = (tables.intern_atom(module), tables.intern_atom(name));
        tables.intern_function(Function { module, name, arity });
    }
    for number in 0..processes {
        tables.intern_process(Process { node, identity: Identity::Pid { number: 150 + number, serial: 0 } });
    }
}

/// Writes the term of a call or return, and says whether it is a shape.
fn payload(out: &mut Vec<u8>, worker: &Worker, function: u32, call: bool) -> bool {
    match (function, call) {
        (PLACE, true) => list(out, 3, |out| {
            integer(out, worker.order);
            sku(out, worker.sku);
            small(out, worker.quantity);
        }),
        (PLACE, false) => {
            tuple(out, 2);
            atom(out, "ok");
            integer(out, worker.order);
        }
        (LOOKUP, true) => list(out, 1, |out| sku(out, worker.sku)),
        (LOOKUP, false) => {
            tuple(out, 3);
            atom(out, "ok");
            sku(out, worker.sku);
            integer(out, 100 + worker.sku * 37 % 9_000);
        }
        (RESERVE, true) => list(out, 2, |out| {
            sku(out, worker.sku);
            small(out, worker.quantity);
        }),
        (CHARGE, true) => list(out, 2, |out| {
            integer(out, worker.order);
            integer(out, worker.cents);
        }),
        (HANDLE_CALL, true) => {
            list(out, 3, |out| {
                shape(out, "tuple", 3, Some("reserve"));
                shape(out, "tuple", 2, None);
                shape(out, "map", 5, None);
            });
            return true;
        }
        (HANDLE_CALL, false) => {
            shape(out, "tuple", 3, Some("reply"));
            return true;
        }
        _ => atom(out, "ok"),
    }
    false
}

fn list(out: &mut Vec<u8>, count: u32, elements: impl FnOnce(&mut Vec<u8>)) {
    out.push(108);
    out.extend_from_slice(&count.to_be_bytes());
    elements(out);
    out.push(106);
}

fn tuple(out: &mut Vec<u8>, count: u8) {
    out.extend_from_slice(&[104, count]);
}

fn small(out: &mut Vec<u8>, value: u8) {
    out.extend_from_slice(&[97, value]);
}

fn integer(out: &mut Vec<u8>, value: u32) {
    out.push(98);
    out.extend_from_slice(&value.to_be_bytes());
}

fn atom(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&[119, text.len() as u8]);
    out.extend_from_slice(text.as_bytes());
}

fn sku(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&[109, 0, 0, 0, 9]);
    out.extend_from_slice(format!("SKU-{number:05}").as_bytes());
}

fn shape(out: &mut Vec<u8>, kind: &str, size: u8, first: Option<&str>) {
    tuple(out, if first.is_some() { 3 } else { 2 });
    atom(out, kind);
    small(out, size);
    if let Some(first) = first {
        atom(out, first);
    }
}

/// xorshift64*, which is good enough to draw a load.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: u32) -> u32 {
        (((self.next() >> 32) * u64::from(limit)) >> 32) as u32
    }

    fn unit(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }
}
