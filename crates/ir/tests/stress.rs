//! Many tasks, messages and failures at once: the same in each way.

#[path = "support/lowered.rs"]
mod support;
#[path = "support/ways.rs"]
mod ways;
#[path = "support/workers.rs"]
mod workers;

use expect_test::{Expect, expect};
use pluto_ir::interpret::{Limits, Outcome};
use support::lowered;
use ways::{each_way, ways};
use workers::side_by_side;

/// A program does the same in whatever order its tasks go on, and comes to its end.
fn always(text: &str, expected: &Expect) {
    let program = lowered(text);
    let (ended, first) = each_way(&program, Limits::default(), 0);
    expected.assert_eq(&first.text);
    assert_eq!(ended, Outcome::Finished);
    for seed in 1..5 {
        assert_eq!(ways(&program, Limits::default(), seed, &[false]).1.text, first.text, "seed {seed}");
    }
    side_by_side(&program, 20, &(ended, first));
}

#[test]
fn many_producers_and_consumers() {
    always(
        r#"
class Item {
    pub from: int
    pub words: [string]
}

fn produce(from: int, out: Sender<Item>) {
    for n in 0..40 { out.send(Item { from, words: [f"{from}", f"{n}"] })! }
}

fn consume(items: Receiver<Item>, out: Sender<(int, int)>) {
    let mut count = 0
    let mut sum = 0
    for item in items {
        count += 1
        sum += item.from * 1000 + (item.words[1].to_int() ?? 0)
    }
    out.send((count, sum))!
}

fn all(capacity: int) (int, int) {
    let (out, items) = chan<Item>(capacity)
    let (done, results) = chan<(int, int)>(0)
    for from in 0..10 {
        let task = spawn produce(from, out)
        task.detach()
    }
    for _ in 0..5 {
        let task = spawn consume(items, done)
        task.detach()
    }
    let mut total = (0, 0)
    for (count, sum) in results { total = (total.0 + count, total.1 + sum) }
    total
}

fn main() {
    print(all(0))
    print(all(7))
}
"#,
        &expect![[r#"
            (400, 1807800)
            (400, 1807800)
        "#]],
    );
}

#[test]
fn many_fail_and_are_cancelled() {
    always(
        r#"
error Deep { level: int }

fn down(level: int) int {
    defer { let _words = [f"{level}"] }
    if level == 100 { raise Deep { level } }
    down(level + 1)!
}

fn waits(n: int, wait: Receiver<int>) int {
    defer { let _left = f"{n}" }
    for m in numbers(wait) { if m < 0 { return m } }
    n
}

fn numbers(wait: Receiver<int>) stream int {
    defer { let _left = [1, 2, 3] }
    for n in wait { yield n }
}

fn twice(n: int) int {
    defer { print("the outer one is done") }
    defer { print(1 / (n - n)) }
    defer { print("the inner one is done") }
    n
}

fn main() {
    let mut failed = 0
    let mut levels = 0
    let mut tasks: [Task<int>] = []
    for _ in 0..100 { tasks.push(spawn down(0)) }
    for task in tasks {
        levels += task.get() catch { Deep { level } => level, TaskFailed {} => -1 }
    }
    print(levels)
    let (out, wait) = chan<int>(0)
    tasks = []
    for n in 0..100 { tasks.push(spawn waits(n, wait)) }
    sleep(1ms)
    for n in 0..100 { if n % 3 != 0 { tasks[n].cancel() } }
    out.close()
    let mut sum = 0
    for task in tasks {
        sum += task.get() catch {
            Deep { level } => level
            TaskFailed {} => {
                failed += 1
                0
            }
        }
    }
    print((failed, sum))
    let task = spawn twice(1)
    print(task.get() catch { TaskFailed { reason } => reason.len() })
}
"#,
        &expect![[r#"
            10000
            (66, 1683)
            the inner one is done
            task twice #201: trap: division by zero
            the outer one is done
            16
        "#]],
    );
}

#[test]
fn many_ask_an_actor_for_a_map() {
    always(
        r#"
actor Store {
    words: Map<string, [int]> = [:]

    fn put(mut self, key: string, n: int) int {
        let mut numbers = self.words.get(key) ?? []
        numbers.push(n)
        self.words[key] = numbers
        numbers.len()
    }

    fn all(self, key: string) [int] { self.words.get(key) ?? [] }

    fn len(self) int { self.words.len() }
}

fn work(store: Store, n: int) {
    for m in 0..20 {
        store.put(f"k{m % 7}", n) catch 0
        if m % 5 == 0 { store.put("later", m) later }
    }
}

fn main() {
    let store = spawn Store {}
    scope {
        for n in 0..30 { spawn work(store, n) }
    }
    let mut sum = 0
    for m in 0..7 { for n in store.all(f"k{m}") catch [] { sum += n } }
    print((store.len() catch 0, sum, (store.all("later") catch []).len()))
    // Nobody has these any more.
    for n in 0..500 {
        let other = spawn Store {}
        sum += other.put("a", n) catch 0
        let (out, numbers) = chan<string>(1)
        out.send("text") catch { ChannelClosed {} => print("closed") }
        sum += (numbers.recv() catch "").len()
    }
    print(sum)
}
"#,
        &expect![[r#"
            (8, 8700, 120)
            11200
        "#]],
    );
}

#[test]
fn what_is_cancelled_while_it_runs_waits_for_nothing() {
    always(
        r#"
fn busy(n: int, gate: Receiver<int>) int {
    let mut sum = 0
    for k in 0..n * 40 { sum += k }
    gate.recv() catch sum
}

fn main() {
    let (out, gate) = chan<int>(0)
    let mut ended = 0
    for round in 0..20 {
        let tasks = (0..20).map((n) => spawn busy(n * round, gate))
        for task in tasks { task.cancel() }
        for task in tasks { ended += task.get() catch { TaskFailed { .. } => 1 } }
    }
    out.close()
    print(ended)
}
"#,
        &expect![[r#"
            400
        "#]],
    );
}
