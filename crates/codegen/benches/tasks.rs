//! What tasks cost in native code: `cargo xtask bench tasks`. It prints nanoseconds for each operation, what it is to take at most, and how
//! many times as long the interpreter takes; and what many live tasks take of memory.
//!
//! Times are medians over the rounds, in which native code and the interpreter take turns.
#![expect(clippy::print_stdout, reason = "a benchmark tells its figures")]

use std::time::{Duration, Instant};

use pluto_codegen::{Compiled, Limits, Options, compile};
use pluto_ir::Program;
use pluto_ir::interpret::{self, Listener, Outcome, Virtual, run_in};
use pluto_testcompiler::TestCompiler;

/// Each figure is the median of so many rounds.
const ROUNDS: usize = 9;
/// How many times fewer operations are interpreted.
const FEWER: u64 = 20;

/// Something that is measured: `main` of a program does it so often as `COUNT` says.
struct Case {
    name: &'static str,
    /// Nanoseconds of one at most.
    goal: f64,
    count: u64,
    text: &'static str,
}

const CASES: &[Case] = &[
    Case {
        name: "spawn and get",
        goal: 1500.0,
        count: 200_000,
        text: "fn one(n: int) int { n + 1 }
fn main() {
    let mut sum = 0
    for n in 0..COUNT {
        let task = spawn one(n)
        sum += task.get() catch 0
    }
    print(sum)
}",
    },
    Case {
        name: "ping-pong, there and back",
        goal: 400.0,
        count: 200_000,
        text: "fn pong(from: Receiver<int>, to: Sender<int>) {
    for n in from { to.send(n + 1) catch { ChannelClosed {} => print(0) } }
}
fn main() {
    let (ask, asked) = chan<int>(0)
    let (reply, replies) = chan<int>(0)
    let task = spawn pong(asked, reply)
    let mut sum = 0
    for n in 0..COUNT {
        ask.send(n) catch { ChannelClosed {} => print(0) }
        sum += replies.recv() catch 0
    }
    print(sum)
    task.cancel()
}",
    },
    Case {
        name: "a number through a channel",
        goal: 100.0,
        count: 1_000_000,
        text: "fn feed(out: Sender<int>) {
    for n in 0..COUNT { out.send(n) catch { ChannelClosed {} => print(0) } }
}
fn main() {
    let (out, numbers) = chan<int>(100)
    let task = spawn feed(out)
    let mut sum = 0
    for n in numbers { sum += n }
    print(sum)
    task.cancel()
}",
    },
    Case {
        name: "a call of an actor",
        goal: 1000.0,
        count: 200_000,
        text: "actor Counter {
    n: int = 0
    fn add(mut self, k: int) int {
        self.n += k
        self.n
    }
}
fn main() {
    let counter = spawn Counter {}
    let mut sum = 0
    for n in 0..COUNT { sum += counter.add(n) catch 0 }
    print(sum)
}",
    },
    Case {
        name: "a value of a generator",
        goal: 100.0,
        count: 1_000_000,
        text: "fn count(n: int) stream int { for m in 0..n { yield m } }
fn main() {
    let mut sum = 0
    for n in count(COUNT) { sum += n }
    print(sum)
}",
    },
    Case { name: "a task of 10,000 that wait", goal: 3000.0, count: 10_000, text: WAITING },
];

/// Tasks that are all there at once.
const WAITING: &str = "fn one(n: int, wait: Receiver<int>) int { wait.recv() catch n }
fn main() {
    let (out, wait) = chan<int>(0)
    let mut tasks: [Task<int>] = []
    for n in 0..COUNT { tasks.push(spawn one(n, wait)) }
    sleep(1ms)
    out.close()
    let mut sum = 0
    for task in tasks { sum += task.get() catch 0 }
    print(sum)
}";

struct Silent;

impl Listener for Silent {
    fn print(&mut self, _line: &str) -> bool {
        true
    }
}

fn program(text: &str, count: u64) -> Program {
    let checked = TestCompiler::new(text.replace("COUNT", &count.to_string())).check();
    assert_eq!(checked.shown(), "", "{text}");
    let main = pluto_ir::mains(&checked.program).next().expect("there is a `main`");
    pluto_ir::lower(&checked.program, main).expect("all of it can be lowered")
}

fn native(compiled: &Compiled) -> Duration {
    let began = Instant::now();
    let ended = compiled.run(Limits::default(), &mut Virtual::new(0, Silent)).expect("there is memory");
    let took = began.elapsed();
    assert_eq!(ended, Outcome::Finished);
    took
}

fn interpreted(program: &Program) -> Duration {
    let began = Instant::now();
    let main = program.main.expect("it was asked for");
    let ended = run_in(program, main, interpret::Limits::default(), &mut Virtual::new(0, Silent));
    let took = began.elapsed();
    assert_eq!(ended, Outcome::Finished);
    took
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e9
}

/// Bytes that the process has had of memory at most.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) << 10
}

fn main() {
    println!("| operation | ns | at most | of that | interpreted, times as long |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for case in CASES {
        let compiled = compile(&program(case.text, case.count), Options::default()).expect("it is compiled");
        let fewer = program(case.text, case.count / FEWER);
        let (mut fast, mut slow) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            fast.push(native(&compiled));
            slow.push(interpreted(&fewer));
        }
        let one = median(fast) / case.count as f64;
        let interpreted = median(slow) / (case.count / FEWER) as f64;
        let (part, times) = (one / case.goal, interpreted / one);
        println!("| {} | {one:.0} | {:.0} | {part:.2} | {times:.1} |", case.name, case.goal);
    }
    let compiled = compile(&program(WAITING, 100_000), Options::default()).expect("it is compiled");
    let before = most_memory();
    let took = native(&compiled);
    let memory = most_memory().saturating_sub(before);
    println!("\n100,000 live tasks: {} MB, started and joined in {} ms", memory >> 20, took.as_millis());
}
