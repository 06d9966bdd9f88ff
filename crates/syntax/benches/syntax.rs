//! Speed and memory of the lexer and the parser: `cargo xtask bench syntax`.
//!
//! On hand-written and on generated programs. Rounds alternate, so that what disturbs the machine disturbs all of them; the median
//! round counts. The measure beside it is `memchr` of a byte that is not there, over the same bytes.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "../tests/generate/program.rs"]
mod generate;

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pluto_syntax::{lex, parse};

const ROUNDS: usize = 15;

/// Bytes of the programs that are measured.
const SIZE: usize = 2_000_000;

/// Counts what is allocated; the peak since it was last set.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all of it is the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let now = NOW.fetch_add(size, Ordering::Relaxed) + size;
        PEAK.fetch_max(now - layout.size(), Ordering::Relaxed);
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What is written by hand: the test of the whole language, again and again.
fn written(size: usize) -> String {
    let whole = include_str!("../tests/programs/whole.pluto").split_once('\n').map_or("", |(_, rest)| rest);
    whole.repeat(size / whole.len() + 1)
}

fn generated(size: usize) -> String {
    let mut out = String::new();
    let mut state = 1_u64;
    while out.len() < size {
        let choices: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .take(400)
        .collect();
        out.push_str(&generate::program(&choices));
    }
    out
}

fn time<T>(what: impl Fn() -> T) -> Duration {
    let start = Instant::now();
    black_box(what());
    start.elapsed()
}

/// Megabytes a second, and million lines.
fn rate(source: &str, time: Duration) -> (f64, f64) {
    let seconds = time.as_secs_f64();
    (source.len() as f64 / seconds / 1e6, source.lines().count() as f64 / seconds / 1e6)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn speed(name: &str, source: &str) {
    let (mut scan, mut lexer, mut parser) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        scan.push(time(|| memchr::memchr(0, source.as_bytes())));
        lexer.push(time(|| lex(source)));
        parser.push(time(|| parse(source)));
    }
    let scan = median(scan);
    println!("{name}: {} bytes, {} lines", source.len(), source.lines().count());
    for (what, time) in [("memchr", scan), ("lex", median(lexer)), ("parse", median(parser))] {
        let (bytes, lines) = rate(source, time);
        let ratio = time.as_secs_f64() / scan.as_secs_f64();
        println!("  {what:<7} {bytes:>9.1} MB/s {lines:>8.2} million lines/s {ratio:>8.1} times memchr");
    }
}

fn memory(name: &str, source: &str) {
    let before = NOW.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let parse = parse(source);
    let (peak, now) = (PEAK.load(Ordering::Relaxed), NOW.load(Ordering::Relaxed));
    let per_byte = |bytes: usize| (bytes - before) as f64 / source.len() as f64;
    println!(
        "{name}: {:.1} bytes kept, {:.1} at the peak, for a byte of source; {} tokens, {} errors",
        per_byte(now),
        per_byte(peak),
        parse.tree.tokens.len(),
        parse.errors.len()
    );
}

fn growth() {
    for lines in [1_000, 10_000, 100_000, 1_000_000] {
        let text = written(lines * 30);
        let end = text.match_indices('\n').nth(lines).map_or(text.len(), |(at, _)| at);
        let source = text.get(..end).unwrap_or_default();
        let rounds = if lines > 100_000 { 3 } else { ROUNDS };
        let time = median((0..rounds).map(|_| time(|| parse(source))).collect());
        println!(
            "{lines:>9} lines: {:>7.1} ms, {:>6.1} MB/s",
            time.as_secs_f64() * 1e3,
            rate(source, time).0
        );
    }
}

fn main() {
    let (written, generated) = (written(SIZE), generated(SIZE));
    speed("written by hand", &written);
    speed("generated", &generated);
    memory("written by hand", &written);
    memory("generated", &generated);
    growth();
}
