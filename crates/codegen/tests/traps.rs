//! Each bug ends a compiled program with the words, the place and the stack that the interpreter gives.

#[path = "support/running.rs"]
mod support;
#[path = "support/text.rs"]
mod text;

use pluto_codegen::{Limits, Options, compile};
use pluto_ir::interpret::{Listener, Outcome, Virtual};
use support::{interpreted, native, native_within, zealous};
use text::program;

/// Programs that end early, each in functions within one another.
const ENDED: &[&str] = &[
    "fn f(a: int) int { a + 1 }\nfn main() { print(f(9223372036854775807)) }\n",
    "fn f(a: int, b: int) int { a + b }\nfn main() { print(f(-9223372036854775807, -2)) }\n",
    "fn f(a: int) int { a - 1 }\nfn main() { print(f(-9223372036854775808)) }\n",
    "fn f(a: int) int { 1 - a }\nfn main() { print(f(-9223372036854775807)) }\n",
    "fn f(a: int) int { a * 3 }\nfn main() { print(f(6000000000000000000)) }\n",
    "fn f(a: int) int { -a }\nfn main() { print(f(-9223372036854775808)) }\n",
    "fn f(a: int) int { 1 / a }\nfn main() { print(f(0)) }\n",
    "fn f(a: int, b: int) int { a / b }\nfn main() { print(f(-9223372036854775808, -1)) }\n",
    "fn f(a: int) int { a / -1 }\nfn main() { print(f(-9223372036854775808)) }\n",
    "fn f(a: int) int { 7 % a }\nfn main() {\n    print(f(-2))\n    print(f(0)) }\n",
    "fn f(a: int) int { 1 << a }\nfn main() {\n    print(f(63))\n    print(f(64)) }\n",
    "fn f(a: int) int { 1 >> a }\nfn main() { print(f(-1)) }\n",
    "fn f(a: int) int { a.abs() }\nfn main() { print(f(-9223372036854775808)) }\n",
    "fn f(a: int) int { a.pow(63) }\nfn main() { print(f(2)) }\n",
    "fn f(a: int, b: int) int { (5).clamp(a, b) }\nfn main() {\n    print(f(1, 3))\n    print(f(3, 1)) }\n",
    "fn f(a: [int], at: int) int { a[at] }\nfn main() {\n    print(f([1, 2], 1))\n    print(f([1, 2], 2)) }\n",
    "fn f(a: [int], at: int) int { a[at] }\nfn main() { print(f([1, 2], -1)) }\n",
    "fn main() {\n    let mut a = [(1, true), (2, false)]\n    a[1] = (3, true)\n    print(a)\n    a[2] = (4, true) }\n",
    "fn main() {\n    let mut a = [true]\n    a.insert(1, false)\n    print(a)\n    a.insert(3, false) }\n",
    "fn main() {\n    let mut a = [1]\n    print(a.remove(0))\n    print(a.remove(0)) }\n",
    "fn main() {\n    let a = [1, 2, 3]\n    print(a[1..3])\n    print(a[2..=3]) }\n",
    "fn main() {\n    let a = \"día\"\n    print(a[1])\n    print(a[1..3])\n    print(a[3]) }\n",
    "fn f(m: Map<string, int>) int { m[\"b\"] }\nfn main() { print(f([\"a\": 1])) }\n",
    "fn f(a: float) int { a as int }\nfn main() {\n    print(f(-2.0))\n    print(f(2.5)) }\n",
    "fn f(a: float) int { a as int }\nfn main() { print(f(9223372036854775807.0)) }\n",
    "fn f(a: float) int { a.truncate() }\nfn main() {\n    print(f(-2.9))\n    print(f(-9223372036854775808.0))\n    print(f(0.0 / 0.0)) }\n",
    "fn f(a: int) float { a as float }\nfn main() {\n    print(f(9007199254740992))\n    print(f(-9223372036854775808))\n    print(f(9007199254740993)) }\n",
    "fn f(a: int) float { a as float }\nfn main() { print(f(9223372036854775807)) }\n",
    "fn f(a: int) byte { a as byte }\nfn main() {\n    print(f(255))\n    print(f(256)) }\n",
    "fn f(a: byte) byte { a + (1 as byte) }\nfn main() {\n    print(f(7 as byte))\n    print(f(255 as byte)) }\n",
    "fn f(a: int) { assert a > 0 }\nfn main() { f(0) }\n",
    "fn f(a: int) { assert a > 0, f\"{a} is small\" }\nfn main() { f(0) }\n",
    "fn f(a: int) int requires a > 0 { a }\nfn main() { print(f(0)) }\n",
    "fn f(a: int) int { trap(f\"no {a}\") }\nfn main() { print(f(0)) }\n",
    "fn main() {\n    let f = (a: int) => 10 / a\n    print([5, 0].map(f)) }\n",
    "error Odd { n: int, why: string }\nfn f(a: int) int { if a % 2 == 1 { raise Odd { n: a, why: \"odd\" } }\n a }\nfn main() {\n    print(f(2)!)\n    print(f(3)!) }\n",
    "class Node {\n    next: Node?\n    n: int\n    fn tie(mut self, to: Node) { self.next = to }\n}\nfn main() {\n    let mut a = Node { next: none, n: 1 }\n    print(a)\n    a.tie(a)\n    print(a)\n}\n",
    "class Node {\n    next: Node?\n    fn tie(mut self, to: Node) { self.next = to }\n}\nfn main() {\n    let mut a = Node { next: none }\n    a.tie(a)\n    let mut c = a.copy()\n    c.tie(c)\n    print(\"tied\")\n    print(a == c)\n}\n",
];

#[test]
fn traps_are_told_as_the_interpreter_tells_them() {
    for text in ENDED {
        let program = program(text);
        let wanted = interpreted(&program);
        assert!(!matches!(wanted.0, Outcome::Finished), "{text}");
        assert_eq!(native(&program), wanted, "{text}");
        assert_eq!(zealous(&program), wanted, "{text}");
    }
}

/// What a program that was too deep or too large says, with the innermost functions of its stack.
fn told(text: &str, limits: Limits) -> String {
    match native_within(&program(text), limits) {
        (Outcome::Trapped(trapped), out) => {
            let inner: Vec<&str> = trapped.stack.iter().take(2).map(|(name, _)| name.as_str()).collect();
            let outer = trapped.stack.last().map(|(name, _)| name.as_str());
            format!("{out}{} in {inner:?} .. {outer:?}", trapped.why)
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn calls_end_where_the_stack_does() {
    let down = "fn down(n: int) int { 1 + down(n + 1) }\nfn main() { print(down(0)) }\n";
    assert_eq!(
        told(down, Limits::default()),
        r#"too many calls in one another in ["down", "down"] .. Some("main")"#
    );
    let closure = "fn twice(f: fn(int) int, n: int) int { f(twice(f, n + 1)!)! }\nfn main() { print(twice((n) => n, 0)) }\n";
    assert_eq!(
        told(closure, Limits { stack: 16 << 10, ..Limits::default() }),
        r#"too many calls in one another in ["twice", "twice"] .. Some("main")"#
    );
    let deep = "fn down(n: int) int { if n == 0 { 0 } else { 1 + down(n - 1) } }\nfn main() { print(down(90000)) }\n";
    assert_eq!(native(&program(deep)), (Outcome::Finished, "90000\n".to_owned()));
}

#[test]
fn memory_ends_at_its_limit() {
    let small = Limits { heap: 1 << 20, ..Limits::default() };
    let told = |text| told(text, small);
    let push = "fn grow(mut a: [int]) {\n    loop { a.push(1) }\n}\nfn main() {\n    let mut a: [int] = []\n    print(\"a\")\n    grow(a) }\n";
    assert_eq!(told(push), "a\nout of memory in [\"grow\", \"main\"] .. Some(\"main\")");
    let list = "class Node { next: Node? }\nfn main() {\n    let mut a = Node { next: none }\n    loop { a = Node { next: a } } }\n";
    assert_eq!(told(list), "out of memory in [\"main\"] .. Some(\"main\")");
    let text = "fn main() {\n    let mut a = \"ab\"\n    loop { a = a + a } }\n";
    assert_eq!(told(text), "out of memory in [\"main\"] .. Some(\"main\")");
    let repeat = "fn main() { print(\"ab\".repeat(1000000000000)) }\n";
    assert_eq!(told(repeat), "out of memory in [\"main\"] .. Some(\"main\")");
    // What is not reachable any more is no longer there.
    let garbage = "fn main() {\n    let mut sum = 0\n    for i in 0..200000 {\n        let a = [i, i + 1]\n        sum += a.len()\n    }\n    print(sum) }\n";
    assert_eq!(native_within(&program(garbage), small), (Outcome::Finished, "400000\n".to_owned()));
}

/// How a program ends that is cut off after some steps.
fn cut_off(text: &str) -> Outcome {
    let options = Options { counted: true, ..Options::default() };
    let compiled = compile(&program(text), options).expect("all of it can be compiled");
    let limits = Limits { steps: 100_000, ..Limits::default() };
    compiled.run(limits, &mut Virtual::new(0, Silent)).expect("there is memory")
}

struct Silent;

impl Listener for Silent {
    fn print(&mut self, _line: &str) -> bool {
        true
    }
}

#[test]
fn what_has_no_end_is_cut_off() {
    let turns = "fn main() {\n    let mut n = 0\n    loop { n = (n + 1) % 7 } }\n";
    assert_eq!(cut_off(turns), Outcome::OutOfSteps);
    let calls = "fn fib(n: int) int { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }\nfn main() { print(fib(60)) }\n";
    assert_eq!(cut_off(calls), Outcome::OutOfSteps);
    let tasks = "fn nap() {\n    loop { sleep(1ms) }\n}\nfn main() {\n    let task = spawn nap()\n    task.get() catch { TaskFailed {} => print(1) } }\n";
    assert_eq!(cut_off(tasks), Outcome::OutOfSteps);
    let ends = "fn main() {\n    let mut n = 0\n    for _ in 0..50000 { n += 1 }\n    print(n) }\n";
    assert_eq!(cut_off(ends), Outcome::Finished);
}

/// The stack of a task that was too deep is as good as new for the next one.
#[test]
fn a_task_ends_where_its_stack_does() {
    let text = "fn down(n: int) int { 1 + down(n + 1) }
fn flat(n: int) int { if n == 0 { 0 } else { 1 + flat(n - 1) } }
fn deep() stream int {
    yield flat(1000)
    yield down(0)
}
fn main() {
    for _ in 0..3 {
        let task = spawn down(0)
        print(task.get() catch { TaskFailed { reason } => reason.len() })
        let other = spawn flat(50000)
        print(other.get() catch 0)
        print(deep().next() ?? 0)
    }
    for n in deep() { print(n) }
}
";
    let lines = told(text, Limits { stack: 8 << 20, ..Limits::default() });
    let lines: Vec<&str> = lines.lines().map(outline).collect();
    let turn = |task| [task, "29", "50000", "1000"];
    let turns = ["task down #1", "task down #3", "task down #5"].map(turn);
    let end = ["1000", r#"too many calls in one another in ["down", "down"] .. Some("main")"#];
    assert_eq!(lines, [turns.as_flattened(), &end].concat());
}

/// A line without the places and functions of a stack.
fn outline(line: &str) -> &str {
    line.split(": Trapped").next().unwrap_or_default()
}

#[test]
fn a_message_that_is_too_large_ends_who_takes_it() {
    let text = "fn take(from: Receiver<[int]>) int {
    let kept = from.recv() catch []
    let more = from.recv() catch []
    kept.len() + more.len()
}
fn main() {
    let (out, numbers) = chan<[int]>(2)
    let task = spawn take(numbers)
    let mut all: [int] = []
    for n in 0..50000 { all.push(n) }
    out.send(all) catch { ChannelClosed {} => print(0) }
    sleep(1ms)
    out.send(all) catch { ChannelClosed {} => print(0) }
    print(task.get() catch { TaskFailed { reason } => {
        print(reason)
        -1
    } })
    print(all.len())
}
";
    let told = |heap| {
        let (ended, out) = native_within(&program(text), Limits { heap, ..Limits::default() });
        let lines: Vec<&str> = out.lines().map(outline).collect();
        format!("{} {}", lines.join(", "), matches!(ended, Outcome::Finished))
    };
    assert_eq!(told(1 << 21), "100000, 50000 true");
    assert_eq!(told(900_000), "task take #1, out of memory, -1, 50000 true");
}

/// Tasks that hold 80 KB each until they are let go, and mail that nobody has read yet.
const TOGETHER: &[&str] = &[
    "fn hold(wait: Receiver<int>) int {
    let mut held: [int] = []
    for n in 0..10000 { held.push(n) }
    wait.recv() catch held.len()
}
fn main() {
    let (out, wait) = chan<int>(0)
    let mut tasks: [Task<int>] = []
    for _ in 0..100 {
        tasks.push(spawn hold(wait))
        sleep(1us)
    }
    out.close()
    let mut ended = [0, 0]
    for task in tasks {
        let held = task.get() catch { TaskFailed { reason } => reason.len() }
        ended[if held == 10000 { 0 } else { 1 }] += 1
    }
    print((ended[0] > 10, ended[1] > 10))
}
",
    "actor Slow {
    sum: int = 0
    fn add(mut self, numbers: [int]) { self.sum += numbers.len() }
}
fn main() {
    let slow = spawn Slow {}
    let numbers = (0..1000).to_array()
    loop { slow.add(numbers) later }
}
",
];

#[test]
fn memory_of_all_tasks_together_ends_at_its_limit() {
    let run = |text, memory| native_within(&program(text), Limits { memory, ..Limits::default() });
    let [held, mail] = TOGETHER else { unreachable!("there are two") };
    let (ended, told) = run(held, 10_000_000);
    assert!(matches!(ended, Outcome::Finished), "{ended:?}");
    assert_eq!(told.lines().last(), Some("(true, true)"));
    assert_eq!(run(held, 100_000_000).1, "(true, false)\n");
    assert!(matches!(run(mail, 10_000_000).0, Outcome::Trapped(trapped) if trapped.why == "out of memory"));
}

#[test]
fn everything_is_moved_at_some_allocations() {
    let text = "class Node {\n    n: int\n    next: Node?\n}\nfn main() {\n    let mut list: Node? = none\n    for n in 0..200 { list = Node { n, next: list } }\n    let mut sum = 0\n    for _ in 0..200 {\n        let node = list else { break }\n        sum += node.n\n        list = node.next\n    }\n    print(sum)\n}\n";
    let program = program(text);
    for zeal in [1, 2, 3, 100, u32::MAX] {
        let ended = native_within(&program, Limits { zeal, ..Limits::default() });
        assert_eq!(ended, (Outcome::Finished, "19900\n".to_owned()), "zeal {zeal}");
    }
}
