//! Figures of five million synthetic events in memory: the engine against a simple count, side by side.
//!
//! The simple count keeps a map from process to a stack of names and a list of durations for each function, and sorts
//! the lists at the end: what one would write first.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use pluto_event::{Event, Function, FunctionId, Identity, Node, Payload, Process, ProcessId, Tables, What};
use pluto_timeline::{Gaps, Stat};
use std::collections::HashMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

const EVENTS: usize = 5_000_000;
const PROCESSES: u32 = 2_000;
const FUNCTIONS: u32 = 200;
const DEPTH: usize = 12;
const ROUNDS: usize = 5;

fn tables() -> Tables {
    let mut tables = Tables::new();
    let name = tables.intern_atom("n@h");
    let node = tables.intern_node(Node { name, creation: 1 });
    let module = tables.intern_atom("m");
    for number in 0..FUNCTIONS {
        let name = tables.intern_atom(&format!("f{number}"));
        tables.intern_function(Function { module, name, arity: 1 });
    }
    for number in 0..PROCESSES {
        tables.intern_process(Process { node, identity: Identity::Pid { number, serial: 0 } });
    }
    tables
}

/// Calls and returns of processes in turns, nested up to a depth, in a fixed pseudo-random order (xorshift64).
fn events() -> Vec<Event<'static>> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut stacks: Vec<Vec<u32>> = vec![Vec::new(); PROCESSES as usize];
    (0..EVENTS)
        .map(|number| {
            let process = (random() % u64::from(PROCESSES)) as u32;
            let stack = &mut stacks[process as usize];
            let call = stack.is_empty() || (stack.len() < DEPTH && random() % 2 == 0);
            let what = if call {
                let function = (random() % u64::from(FUNCTIONS)) as u32;
                stack.push(function);
                What::Call { function: FunctionId(function), arguments: Payload::ABSENT }
            } else {
                let function = FunctionId(stack.pop().unwrap_or(0));
                What::Return { function, value: Payload::ABSENT }
            };
            Event { time: number as i64 * 200, process: ProcessId(process), what }
        })
        .collect()
}

/// Self time of all functions, and the sum of their medians, so that nothing can be left away.
fn simple(events: &[Event<'_>], tables: &Tables) -> (i64, i64) {
    let mut stacks: HashMap<ProcessId, Vec<(FunctionId, i64, i64)>> = HashMap::new();
    let mut durations: HashMap<String, (i64, Vec<i64>)> = HashMap::new();
    for event in events {
        let stack = stacks.entry(event.process).or_default();
        match event.what {
            What::Call { function, .. } => stack.push((function, event.time, 0)),
            What::Return { .. } => {
                let Some((function, start, inside)) = stack.pop() else { continue };
                let duration = event.time - start;
                if let Some(parent) = stack.last_mut() {
                    parent.2 += duration;
                }
                let row = tables.function(function).expect("the function is in the table");
                let name = tables.atom(row.name).expect("the name is in the table");
                let entry = durations.entry(format!("{name}/{}", row.arity)).or_default();
                entry.0 += duration - inside;
                entry.1.push(duration);
            }
            _ => {}
        }
    }
    durations.values_mut().fold((0, 0), |sum, (own, list)| {
        list.sort_unstable();
        (sum.0 + *own, sum.1 + list[list.len() / 2])
    })
}

fn best_of(mut run: impl FnMut()) -> Duration {
    let rounds = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    rounds.min().unwrap_or_default()
}

fn main() {
    let (tables, events) = (tables(), events());
    let gaps = Gaps::default();
    let engine = best_of(|| {
        let mut stat = Stat::new(&gaps);
        for event in &events {
            stat.add(event, &tables);
        }
        black_box(stat.finish(&tables));
    });
    let naive = best_of(|| {
        black_box(simple(&events, &tables));
    });
    let rate = |time: Duration| EVENTS as f64 / time.as_secs_f64() / 1e6;
    println!("{EVENTS} events of {PROCESSES} processes and {FUNCTIONS} functions, best of {ROUNDS}");
    println!("engine        {:>6.1} million events/s", rate(engine));
    println!("simple count  {:>6.1} million events/s", rate(naive));
    println!("ratio         {:>6.1}", naive.as_secs_f64() / engine.as_secs_f64());
}
