//! Programs that use the language as its definition shows it, about which nothing is said.

use crate::support::check_clean;

#[test]
fn declarations_of_the_definition() {
    check_clean(
        r#"
pub fn gcd(a: int, b: int) int { if b == 0 { a } else { gcd(b, a % b) } }

pub class Point {
    x: int
    y: int = 0
    pub fn norm1(self) int { self.x.abs() + self.y.abs() }
    pub fn shift(mut self, dx: int) { self.x += dx }
}
pub fn origin() Point {
    let mut p = Point { x: 3 }
    p.shift(1)
    p
}

pub enum Shape {
    Circle(r: float), Rect(w: float, h: float), Empty
    pub fn area(self) float {
        match self { Circle(r) => 3.14159 * r * r, Rect(w, h) => w * h, Empty => 0.0 }
    }
}

pub trait Show {
    fn show(self) string
    fn twice(self) string { self.show() + self.show() }
}
impl Show for Point { fn show(self) string { f"({self.x}, {self.y})" } }

pub error NotFound { id: int }
pub type Grid = [[int]]
pub const LIMIT = 100

pub fn find(id: int) string {
    if id > LIMIT {
        raise NotFound { id: id }
    }
    Point { x: id }.twice()
}

pub fn grid() Grid { [[1, 2], [3, LIMIT]] }

fn main() {
    print(find(1)!)
    let text = find(2) catch e { NotFound { id } => f"no {id}" }
    print(text)
    print(find(3) catch "nothing")
}
"#,
    );
}

#[test]
fn functional_style() {
    check_clean(
        r#"
fn main() {
    let numbers = [1, 2, 3, 4]
    let squares = numbers.map((x) => x * x)
    let even = squares.filter((x) => x % 2 == 0)
    let sum = even.fold(0, (a, x) => a + x)
    let mut counts: Map<string, int> = [:]
    for word in "a b a".split(" ") {
        counts[word] = counts.get_or(word, 0) + 1
    }
    for (word, count) in counts {
        print(f"{word}: {count}")
    }
    print(f"{sum} {squares.sum()} {numbers.max() ?? 0}")
    let pairs = numbers.zip(squares)
    let first = pairs.first()
    if first != none {
        let (a, b) = first
        print(a + b)
    }
}
"#,
    );
}

#[test]
fn concurrency_of_the_definition() {
    check_clean(
        r#"
fn work(n: int) int { n * 2 }
fn produce(tx: Sender<int>) {
    for i in 0..10 {
        tx.send(i) catch e { _ => return }
    }
    tx.close()
}
actor Counter {
    n: int = 0
    pub fn add(mut self, k: int) int {
        self.n += k
        self.n
    }
}
fn main() {
    let task = spawn work(21)
    print(task.get()!)
    let (tx, rx) = chan<int>(16)
    scope {
        spawn produce(tx)
        for x in rx {
            print(x)
        }
    }
    let c = spawn Counter { n: 5 }
    let now = c.add(1)!
    c.add(1) later
    c.stop()
    print(now)
    select {
        v = rx.recv() => print(v),
        after 100ms => print("late"),
    }
}
test "counts" {
    let c = spawn Counter {}
    expect(c.add(2)!).to_equal(2)
}
"#,
    );
}
