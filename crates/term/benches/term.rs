//! Reading speed, side by side with the crate `eetf`: `cargo xtask bench term`.
//!
//! The subject is what a node's tracer sends most: a `trace_ts` tuple of about 100 bytes, and a batch of 100 of them.
//! Rounds of the readers alternate, so that what disturbs the machine disturbs all of them; the median round counts.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at an error and prints its figures"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use pluto_term::{Atom, Item, Limits, Pid, Reader, Term, decode, encode};

/// Terms read in one round.
const TERMS: u32 = 20_000;
const ROUNDS: usize = 31;

fn trace() -> Term {
    let pid = Pid { node: Atom::new("nonode@nohost"), id: 123, serial: 0, creation: 0 };
    let arguments = Term::list([Term::int(1_234), Term::binary("abcdefgh")]);
    let call = Term::tuple([Term::atom("shop"), Term::atom("place_order"), arguments]);
    let time = Term::tuple([1_700, 123_456, 789_012].map(Term::int));
    Term::tuple([Term::atom("trace_ts"), Term::Pid(pid), Term::atom("call"), call, time])
}

/// Walks every item, as the capture does, and adds up what it sees.
fn walk(bytes: &[u8], limits: &Limits) -> usize {
    let mut reader = Reader::new(bytes, limits);
    let (mut left, mut seen) = (1, 0);
    while left > 0 {
        let item = reader.next().unwrap();
        left = left - 1 + item.parts();
        seen += match item {
            Item::Atom(text) => text.len(),
            Item::Binary(bytes) => bytes.len(),
            _ => 1,
        };
    }
    seen
}

/// One way to read, with a name and how many terms a call reads.
struct Way<'a> {
    name: &'static str,
    read: Box<dyn Fn() + 'a>,
    terms: u32,
    times: Vec<Duration>,
}

fn measure(title: &str, mut ways: Vec<Way<'_>>) {
    for round in 0..ROUNDS {
        let order: Vec<usize> =
            if round % 2 == 0 { (0..ways.len()).collect() } else { (0..ways.len()).rev().collect() };
        for at in order {
            let way = &mut ways[at];
            let start = Instant::now();
            for _ in 0..TERMS / way.terms {
                (way.read)();
            }
            way.times.push(start.elapsed());
        }
    }
    println!("{title}");
    let rates: Vec<f64> = ways
        .iter_mut()
        .map(|way| {
            way.times.sort_unstable();
            f64::from(TERMS) / way.times[ROUNDS / 2].as_secs_f64()
        })
        .collect();
    let eetf = rates[rates.len() - 1];
    for (way, rate) in ways.iter().zip(&rates) {
        println!("  {:24} {:6.2} million terms/s   {:5.1} times eetf", way.name, rate / 1e6, rate / eetf);
    }
}

fn compare(title: &str, term: &Term, terms: u32) {
    let limits = Limits::default();
    let mut bytes = Vec::new();
    encode(term, &mut bytes);
    let bare = &bytes[1..];
    let way = |name, read| Way { name, read, terms, times: Vec::new() };
    let skip = || {
        black_box(Reader::new(bare, &limits).skip().unwrap().len());
    };
    let walk = || {
        black_box(walk(bare, &limits));
    };
    let own = || drop(black_box(decode(&bytes, &limits).unwrap()));
    let eetf = || drop(black_box(eetf::Term::decode(bytes.as_slice()).unwrap()));
    let ways = vec![
        way("skip", Box::new(skip) as Box<dyn Fn() + '_>),
        way("read every item", Box::new(walk)),
        way("decode to owned", Box::new(own)),
        way("eetf, decode to owned", Box::new(eetf)),
    ];
    measure(&format!("{title}, {} bytes", bytes.len()), ways);
}

fn main() {
    let trace = trace();
    compare("one trace_ts tuple", &trace, 1);
    compare("a list of 100 trace_ts tuples", &Term::list(vec![trace; 100]), 100);
    let pairs = (0..20).map(|n| (Term::atom(&format!("key_{n}")), Term::int(n)));
    compare("a map of 20 atoms to integers", &Term::map(pairs), 1);
}
