//! Generators: when they go on, and how they end.

#[path = "support/lowered.rs"]
mod support;

#[path = "support/ways.rs"]
mod ways;

use expect_test::expect;
use pluto_ir::interpret::{Limits, Outcome};
use support::lowered;
use ways::each_way;

fn ran(text: &str) -> String {
    let (ended, heard) = each_way(&lowered(text), Limits::default(), 0);
    let out = heard.text;
    match ended {
        Outcome::Finished => out,
        Outcome::Trapped(trapped) => {
            let stack: Vec<String> = trapped.stack.into_iter().map(|(name, _)| name).collect();
            format!("{out}trap: {}, in {}\n", trapped.why, stack.join(", "))
        }
        other => format!("{out}{other:?}\n"),
    }
}

#[test]
fn a_generator_goes_on_when_the_next_value_is_wanted() {
    expect![[r#"
        [1, 2, 3, 4, 5]
        a makes 0
        b makes 0
        a0 (0, "b")
        a turn ends
        a makes 1
        b makes 1
        a1 (1, "b")
        a turn ends
        a makes 2
        b has ended
        a2 none
        a turn ends
        a has ended
        [1, none, 3]
        6
        6
        [0, 1, 2]
        []
        [0, 10, 20]
        main is left
    "#]]
    .assert_eq(&ran(r#"
class Tree {
    pub value: int
    pub left: Tree?
    pub right: Tree?

    fn all(self) stream int {
        let left = self.left
        if left != none { for n in left.all() { yield n } }
        yield self.value
        let right = self.right
        if right != none { for n in right.all() { yield n } }
    }
}

fn leaf(value: int) Tree { Tree { value, left: none, right: none } }

fn steps(name: string, count: int) stream (int, string) {
    defer { print(f"{name} has ended") }
    for n in 0..count {
        print(f"{name} makes {n}")
        yield (n, name)
    }
}

fn maybe() stream int? {
    yield 1
    yield none
    yield 3
}

class Down { n: int }

impl Iterator<int> for Down {
    fn next(mut self) int? {
        if self.n == 0 { return none }
        self.n -= 1
        self.n
    }
}

fn total<I: Iterator<int>>(mut numbers: I) int {
    let mut sum = 0
    for n in numbers { sum += n }
    sum
}

fn count() stream int {
    let mut n = 0
    loop {
        yield n
        n += 1
    }
}

fn take_all(from: Receiver<int>) stream int {
    for n in from { yield n * 10 }
}

fn feed(out: Sender<int>) {
    for n in 0..3 {
        sleep(1ms)
        out.send(n) catch { ChannelClosed {} => print("closed") }
    }
}

fn main() {
    let tree = Tree { value: 4, left: Tree { value: 2, left: leaf(1), right: leaf(3) }, right: leaf(5) }
    print(tree.all().to_array())
    defer { print("main is left") }
    let mut two = steps("b", 2)
    for (n, name) in steps("a", 3) {
        defer { print("a turn ends") }
        print(f"{name}{n} {two.next()}")
    }
    print(maybe().to_array())
    print(total(Down { n: 4 }))
    print(total(count_to(4)))
    print(count().take(3))
    print(count().take(0))
    let (out, numbers) = chan<int>(0)
    let task = spawn feed(out)
    print(take_all(numbers).to_array())
    task.get() catch { TaskFailed { reason } => print(reason) }
}

fn count_to(n: int) stream int {
    for m in 0..n { yield m }
}
"#));
}

#[test]
fn errors_and_traps_come_out_where_the_next_value_is_asked_for() {
    expect![[r#"
        numbers ended
        20
        1
        1
        dividing ended
        main ended
        dividing ended
        trap: division by zero, in stream dividing, main
    "#]]
    .assert_eq(&ran(r#"
error Bad { n: int }

fn numbers() stream int {
    defer { print("numbers ended") }
    yield 1
    raise Bad { n: 2 }
}

fn sum() int {
    let mut sum = 0
    for n in numbers()! { sum += n }
    sum
}

fn dividing(by: int) stream int {
    defer { print("dividing ended") }
    yield 1
    yield 1 / by
}

fn main() {
    print(sum() catch { Bad { n } => n * 10 })
    let mut given_up = dividing(1)
    print(given_up.next() ?? 0)
    defer { print("main ended") }
    for n in dividing(0) { print(n) }
}
"#));
}

/// What nobody can ask any more is forgotten, but for what it has deferred; what is yielded may be a generator itself.
#[test]
fn generators_that_are_given_up() {
    expect![[r#"
        x7!
        1396
        xy7!
        xyy7!
        250 is left
        150 is left
        50 is left
    "#]]
    .assert_eq(&ran(r#"
fn count(n: int) stream int {
    for m in 0..n { yield m }
}

fn strings(n: int) stream string {
    let mut made = "x"
    loop {
        yield f"{made}{n}"
        made = made + "y"
    }
}

fn loud(n: int) stream int {
    defer { print(f"{n} is left") }
    let words = [f"{n}", "a"]
    yield words.len()
    print(words)
}

fn within(n: int) stream string {
    let mut inner = strings(n)
    loop { yield (inner.next() ?? "none") + "!" }
}

fn main() {
    let mut sum = 0
    let mut kept = within(7)
    print(kept.next() ?? "none")
    for n in 0..300 {
        let mut numbers = count(3)
        sum += numbers.next() ?? 0
        sum += numbers.next() ?? 0
        let mut words = strings(n)
        sum += (words.next() ?? "").len()
        if n % 100 == 50 { sum += loud(n).next() ?? 0 }
    }
    print(sum)
    print(kept.next() ?? "none")
    print(kept.next() ?? "none")
}
"#));
}

/// What no type tells of is told when it is asked, in another task and in a copy.
#[test]
fn a_copy_of_a_stream_gives_nothing() {
    expect![[r#"
        0
        task closure #1: trap: a copy of a stream, or a stream of another task, gives nothing
        -100
        0
        task pull #2: trap: a copy of a stream, or a stream of another task, gives nothing
        -100
        task closure #3: trap: a copy of a stream, or a stream of another task, gives nothing
        -100
        2
        2
        task closure #5: trap: a copy of a stream, or a stream of another task, gives nothing
        -100
        trap: a copy of a stream, or a stream of another task, gives nothing, in closure in maker, main
    "#]]
    .assert_eq(&ran(r#"
fn count() stream int {
    for n in 0..5 { yield n }
}

trait Source {
    fn pull(mut self) int
}

class Holder {
    it: Iterator<int>
}

impl Source for Holder {
    fn pull(mut self) int { self.it.next() ?? -1 }
}

fn maker() fn() int {
    let mut numbers = count()
    () => numbers.next() ?? -1
}

fn pull(mut source: Source) int { source.pull() }

fn copied<T>(of: T) T { of.copy() }

fn main() {
    let next = maker()
    print(next())
    let task = spawn next()
    print(task.get() catch -100)
    let mut source: Source = Holder { it: count() }
    print(source.pull())
    let other = spawn pull(source)
    print(other.get() catch -100)
    let (tx, rx) = chan<fn() int>(1)
    tx.send(next)!
    let sent = rx.recv()!
    let third = spawn sent()
    print(third.get() catch -100)
    let fourth = spawn maker()
    let made = fourth.get()!
    print(source.pull() + next())
    let again = copied(next)
    print(next())
    let fifth = spawn made()
    print(fifth.get() catch -100)
    print(again())
}
"#));
}
