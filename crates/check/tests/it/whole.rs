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

#[test]
fn a_library_in_a_style_of_its_own() {
    check_clean(
        r#"
pub trait Parser<T> {
    fn parse(self, text: string, at: int) (T, int)?
}

pub class Digit {}
impl Parser<int> for Digit {
    fn parse(self, text: string, at: int) (int, int)? {
        let char = text.get(at)?
        let digit = char.to_int()?
        (digit, at + 1)
    }
}

pub class Many<P> {
    inner: P
}

pub fn many<T, P: Parser<T>>(parser: P, text: string) [T] {
    let mut found: [T] = []
    let mut at = 0
    loop {
        let next = parser.parse(text, at) else { break }
        let (value, after) = next
        found.push(value)
        at = after
    }
    found
}

pub enum Expr {
    Number(value: int)
    Add(left: Expr, right: Expr)
    Neg(of: Expr)

    pub fn eval(self) int {
        match self {
            Number(value) => value
            Add(Number(0), other) | Add(other, Number(0)) => other.eval()
            Add(left, right) => left.eval() + right.eval()
            Neg(Neg(inner)) => inner.eval()
            Neg(inner) => -inner.eval()
        }
    }
}

pub fn compose<A, B, C>(f: fn(A) B, g: fn(B) C) fn(A) C raises none {
    (a) => g(f(a) catch { _ => trap("f") }) catch { _ => trap("g") }
}

pub fn histogram(words: [string]) [(string, int)] {
    let mut counts: Map<string, int> = [:]
    for word in words {
        counts.update(word, 0, (n) => n + 1)
    }
    let mut pairs = counts.entries()
    pairs.sort_by_key((pair) => -pair.1)
    pairs
}

fn main() {
    print(many(Digit {}, "123").sum())
    print(Expr.Add(Number(1), Neg(Number(2))).eval())
    let shout = compose((x: int) => x + 1, (x: int) => f"{x}!")
    print(shout(1))
    for (word, count) in histogram(["a", "b", "a"]) {
        print(f"{word:<5}{count:>3}")
    }
    let nested: [[int?]] = [[1, none], []]
    print(nested.flat_map((row) => row.map((x) => x ?? 0)).sum())
    let best = [3, 1, 2].sorted_by((a, b) => a < b).first() ?? 0
    print(best)
    let total = (1..=10).filter((x) => x.is_even()).map((x) => x * x).fold(0, (a, x) => a + x)
    print(total)
    outer: for x in 0..10 {
        for y in 0..10 {
            if x * y > 20 { break outer }
            if y > x { continue outer }
        }
    }
    é: loop { break é }
    let found = loop {
        let n = random.int(0..10)
        if n > 5 { break n }
    }
    print(found)
}
"#,
    );
}
