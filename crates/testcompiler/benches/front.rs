//! How fast the front end is, and what memory it takes: `cargo xtask bench front`. It prints the tables that stand in
//! `docs/benchmarks.md`, and with `--write` puts them there.
//!
//! Speeds are compared with counting the line breaks of the same text by `memchr`, which takes turns with them, so that a
//! slow moment of the machine touches both. Times are medians over the rounds.
#![expect(clippy::print_stdout, reason = "a benchmark tells its figures")]

#[path = "../../syntax/tests/generate/program.rs"]
mod constructs;
#[path = "support/table.rs"]
mod table;

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pluto_source::{File, FileId, Files};
use pluto_syntax::Parse;
use pluto_testcompiler::generate::{Choices, FEATURES, program_of_size};

/// Bytes of programs that are only there for their syntax.
const SYNTAX: usize = 2_000_000;

/// Each figure is the median of so many rounds.
const ROUNDS: usize = 9;

/// Counts the bytes that are allocated, and the most that ever were.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is passed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        let _before = MOST.fetch_max(live, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let live = LIVE.fetch_add(size, Ordering::Relaxed) + size;
        let _before = MOST.fetch_max(live - layout.size(), Ordering::Relaxed);
        let _before = LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let _before = LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A program: its texts, one for each module.
struct Corpus {
    name: String,
    texts: Vec<String>,
    /// Whether it is well typed; of what is not, only the syntax is measured.
    typed: bool,
}

impl Corpus {
    fn bytes(&self) -> usize {
        self.texts.iter().map(String::len).sum()
    }

    fn lines(&self) -> usize {
        self.texts.iter().map(|text| text.lines().count()).sum()
    }
}

/// One generated program of about so many lines.
fn generated(lines: usize) -> Corpus {
    let mut features = lines / 10;
    loop {
        let program = program_of_size(&FEATURES.concat(), features, &mut Choices::seeded(1));
        let corpus = Corpus {
            name: format!("generated, {lines} lines"),
            texts: program.files.into_iter().map(|(_, text)| text).collect(),
            typed: true,
        };
        let found = corpus.lines();
        if found.abs_diff(lines) * 10 <= lines {
            return corpus;
        }
        features = (features * lines / found).max(1);
    }
}

/// The sample programs, each a module of its own.
fn written_by_hand() -> Corpus {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/pluto");
    let mut paths: Vec<_> = std::fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "pluto"))
        .collect();
    paths.sort();
    let texts = paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    Corpus { name: "written by hand".to_owned(), texts, typed: true }
}

/// The file of the parser's tests that has every construct once, so many times that it is about two megabytes.
fn every_construct() -> Corpus {
    let whole =
        include_str!("../../syntax/tests/programs/whole.pluto").split_once('\n').map_or("", |(_, rest)| rest);
    let text = whole.repeat(SYNTAX / whole.len() + 1);
    Corpus { name: "every construct, by hand".to_owned(), texts: vec![text], typed: false }
}

/// Constructs at random, spaced and commented at random: most lines are short, and every other token is unusual.
fn random_constructs() -> Corpus {
    let mut text = String::new();
    let mut state = 1_u64;
    while text.len() < SYNTAX {
        let choices: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .take(400)
        .collect();
        text.push_str(&constructs::program(&choices));
    }
    Corpus { name: "random constructs".to_owned(), texts: vec![text], typed: false }
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Unit,
    Lex,
    Parse,
    Check,
    Format,
}

impl Stage {
    fn run(self, corpus: &Corpus) {
        match self {
            Stage::Unit => {
                for text in &corpus.texts {
                    black_box(memchr::memchr_iter(b'\n', black_box(text.as_bytes())).count());
                }
            }
            Stage::Lex => {
                for text in &corpus.texts {
                    black_box(pluto_syntax::lex(black_box(text)));
                }
            }
            Stage::Parse => {
                for text in &corpus.texts {
                    black_box(pluto_syntax::parse(black_box(text)));
                }
            }
            Stage::Check => check(corpus),
            Stage::Format => {
                for text in &corpus.texts {
                    let _formatted = black_box(pluto_syntax::format(black_box(text)));
                }
            }
        }
    }
}

/// Parses and checks the modules of a program.
fn check(corpus: &Corpus) {
    let mut files = Files::new();
    let ids: Vec<FileId> = corpus
        .texts
        .iter()
        .zip(0..)
        .map(|(text, at)| files.add(File::new(format!("{at}"), text.clone())))
        .collect();
    let parses: Vec<Parse> = corpus.texts.iter().map(|text| pluto_syntax::parse(text)).collect();
    let mut input = pluto_check::Input::new(&files);
    for (at, (id, parse)) in ids.iter().zip(&parses).enumerate() {
        input = input.with(&format!("module{at}"), *id, parse);
    }
    black_box(pluto_check::check(&input));
}

/// The median time of each stage, in turns.
fn times(corpus: &Corpus, stages: &[Stage], rounds: usize) -> Vec<Duration> {
    let mut taken = vec![Vec::new(); stages.len()];
    for round in 0..rounds {
        for step in 0..stages.len() {
            let at = (step + round) % stages.len();
            let start = Instant::now();
            stages[at].run(corpus);
            taken[at].push(start.elapsed());
        }
    }
    taken
        .into_iter()
        .map(|mut times| {
            times.sort();
            times[times.len() / 2]
        })
        .collect()
}

/// The most bytes that a stage has at a time.
fn memory(corpus: &Corpus, stage: Stage) -> usize {
    let before = LIVE.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    stage.run(corpus);
    MOST.load(Ordering::Relaxed) - before
}

/// Speeds and memory on programs of every kind.
fn speeds(out: &mut String) {
    let _header = write!(
        out,
        "### Speed of the front end\n\n| program | lines | lex | parse | parse and check | format | parse, of `memchr` | \
         parse and check, of `memchr` | checked lines/s | memory, parse | memory, parse and check |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
    );
    for corpus in
        [written_by_hand(), generated(10_000), generated(100_000), every_construct(), random_constructs()]
    {
        let stages = [Stage::Unit, Stage::Lex, Stage::Parse, Stage::Format, Stage::Check];
        let stages = &stages[..if corpus.typed { 5 } else { 4 }];
        let times = times(&corpus, stages, ROUNDS);
        let time = |stage| Some(times[stages.iter().position(|one| *one == stage)?].as_secs_f64());
        let speed =
            |stage| shown(time(stage), |time| format!("{:.1} MB/s", corpus.bytes() as f64 / time / 1e6));
        let of_unit =
            |stage| shown(time(stage).zip(time(Stage::Unit)), |(time, unit)| format!("1/{:.0}", time / unit));
        let memory = |stage| {
            let measured = stages.contains(&stage).then(|| memory(&corpus, stage));
            shown(measured, |bytes| format!("{:.1} x source", bytes as f64 / corpus.bytes() as f64))
        };
        let _row = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            corpus.name,
            corpus.lines(),
            speed(Stage::Lex),
            speed(Stage::Parse),
            speed(Stage::Check),
            speed(Stage::Format),
            of_unit(Stage::Parse),
            of_unit(Stage::Check),
            shown(time(Stage::Check), |time| format!("{:.0} k", corpus.lines() as f64 / time / 1e3)),
            memory(Stage::Parse),
            memory(Stage::Check),
        );
    }
}

/// A figure, where it was measured.
fn shown<T>(figure: Option<T>, how: impl FnOnce(T) -> String) -> String {
    figure.map_or_else(String::new, how)
}

/// Nanoseconds a line, from small programs to large ones.
fn growth(out: &mut String) {
    out.push_str("\n### Growth of the front end\n\n| lines | parse, a line | parse and check, a line |\n| --- | --- | --- |\n");
    for lines in [1_000, 10_000, 100_000, 1_000_000] {
        let corpus = generated(lines);
        let rounds = if lines >= 1_000_000 { 3 } else { ROUNDS };
        let times = times(&corpus, &[Stage::Parse, Stage::Check], rounds);
        let per_line = |time: Duration| time.as_nanos() as f64 / corpus.lines() as f64;
        let [parse, check] = times[..] else { continue };
        let _row =
            writeln!(out, "| {} | {:.0} ns | {:.0} ns |", corpus.lines(), per_line(parse), per_line(check));
    }
}

/// Functions that call each other: in a chain, or all of them all.
fn calling(functions: usize, all: bool) -> Corpus {
    let mut text = String::from("error Failed {}\n\nfn f0(n: int) int {\n    raise Failed {}\n}\n\n");
    for at in 1..functions {
        let _head = writeln!(text, "fn f{at}(n: int) int {{");
        let callees = if all { 0..functions } else { at - 1..at };
        for callee in callees {
            let _call = writeln!(text, "    f{callee}(n)!");
        }
        text.push_str("    n\n}\n\n");
    }
    Corpus { name: String::new(), texts: vec![text], typed: true }
}

/// Error sets over deep and over dense graphs of calls.
fn error_sets(out: &mut String) {
    out.push_str(
        "\n### Error sets\n\n| functions | calls | parse and check | a call |\n| --- | --- | --- | --- |\n",
    );
    for (functions, all) in
        [(2_500, false), (5_000, false), (10_000, false), (250, true), (500, true), (1_000, true)]
    {
        let corpus = calling(functions, all);
        let calls = if all { (functions - 1) * functions } else { functions - 1 };
        let [time] = times(&corpus, &[Stage::Check], 3)[..] else { continue };
        let shape = if all { "each calls all" } else { "each calls the one before" };
        let _row = writeln!(
            out,
            "| {functions}, {shape} | {calls} | {:.1} ms | {:.0} ns |",
            time.as_secs_f64() * 1e3,
            time.as_nanos() as f64 / calls as f64
        );
    }
}

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if !matches!(arguments.as_slice(), [] | [_] if arguments.iter().all(|word| word == "--write")) {
        return Err("the benchmark takes nothing, or --write".to_owned());
    }
    let mut tables = String::new();
    speeds(&mut tables);
    growth(&mut tables);
    error_sets(&mut tables);
    println!("{tables}");
    if arguments.is_empty() { Ok(()) } else { table::write("cargo xtask bench front --write", &tables) }
}
