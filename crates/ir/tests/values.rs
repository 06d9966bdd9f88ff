//! Values that are large, deep, or changed where nobody may: what a program prints.

#[path = "support/lowered.rs"]
mod support;
#[path = "support/told.rs"]
mod told;

#[path = "support/ways.rs"]
mod ways;

use expect_test::expect;
use pluto_ir::interpret::Limits;
use support::lowered;
use told::told;
use ways::{each_way, ways};

const LIMITS: Limits = Limits { steps: u64::MAX, words: 1 << 24 };

fn ran(text: &str) -> String {
    told(each_way(&lowered(text), LIMITS, 0))
}

#[test]
fn a_long_list_is_gone_through_and_copied() {
    expect![[r#"
        true
        100000
        100000
    "#]]
    .assert_eq(&told(ways(&lowered(LONG_LIST), LIMITS, 0, &[false])));
}

/// A list that is gone through and copied as often as there are nodes.
const LONG_LIST: &str = r"
class Node {
    pub value: int
    pub next: Node?
}

fn length(list: Node?) int {
    let mut n = 0
    let mut at = list
    while at != none {
        n += 1
        at = at.next
    }
    n
}

fn main() {
    let mut list: Node? = none
    for value in 0..100_000 { list = Node { value, next: list } }
    print(list != none)
    print(length(list.copy()))
    let task = spawn length(list)
    print(task.get() catch -1)
}
";

#[test]
fn the_keys_of_a_map_are_its_own() {
    expect![[r#"
        Set.of(Point { x: 1 }) true false
        ["a": 1, "b": 2] ["a", "b", "c"]
        K { at: Point { x: 1 } }
    "#]]
    .assert_eq(&ran(r#"
class Point {
    x: int
    fn set(mut self, x: int) { self.x = x }
}

class K {
    at: Point
}

fn main() {
    let points = Set.of(Point { x: 1 })
    let mut given = points.to_array()
    given[0].set(3)
    for point in points {
        let mut own = point.copy()
        own.set(5)
    }
    print(f"{points} {points.has(Point { x: 1 })} {points.has(Point { x: 3 })}")
    let counts = ["a": 1, "b": 2]
    let mut keys = counts.keys()
    keys.push("c")
    print(f"{counts} {keys}")
    let by = [K { at: Point { x: 1 } }: 1]
    print(by.keys()[0])
}
"#));
}

#[test]
fn what_is_too_large_is_a_trap() {
    for large in ["\"a\".pad_start(100000000000)", "\"a\".pad_end(1 << 60)", "\"ab\".repeat(1 << 60)"] {
        assert_eq!(ran(&format!("fn main() {{ print({large}) }}\n")), "trap: out of memory\n", "{large}");
    }
}

#[test]
fn sets_are_joined_by_operators() {
    expect![[r#"
        Set.of(1, 2, 3, 4) Set.of(3) Set.of(1, 2) Set.of(1, 2, 4)
        Set.of(1, 2, 3)
    "#]]
    .assert_eq(&ran(r#"
fn main() {
    let mut a = Set.of(1, 2)
    a.insert(3)
    let b = Set.of(3, 4)
    print(f"{a | b} {a & b} {a - b} {a ^ b}")
    print(a)
}
"#));
}

#[test]
fn the_number_of_a_variant_is_no_object() {
    expect![[r#"
        true true true false
    "#]]
    .assert_eq(&ran(r#"
enum State { Working, Prepared, Committed, Aborted, Gone }

fn main() {
    let texts = ["some", "objects", "on", "the", "heap"]
    let a = (State.Aborted, texts)
    let b = (State.Aborted, ["some", "objects", "on", "the", "heap"])
    let c = [State.Prepared: 1, State.Gone: 2]
    print(f"{a == b} {c[State.Gone] == 2} {c.has(State.Prepared)} {[State.Working] == [State.Gone]}")
}
"#));
}

#[test]
fn values_as_text() {
    expect![[r#"
        a none 7
        bytes(61 c3 a4)
        ("a", "a")
    "#]]
    .assert_eq(&ran(r#"
fn main() {
    let text: string? = "a"
    let nothing: string? = none
    let number: int? = 7
    print(f"{text} {nothing} {number}")
    print("aä".bytes())
    print(("a", text))
}
"#));
}

#[test]
fn what_is_injected_is_built_once_and_in_order() {
    expect![[r#"
        hello ada nobody 3
        ["7: looked for 0", "7: looked for 1"]
        5
    "#]]
    .assert_eq(&ran(r#"
trait Clock {
    fn time(self) int
}

class Fixed {
    at: int
}

impl Clock for Fixed {
    fn time(self) int { self.at }
}

actor Log[clock: Clock] {
    lines: [string] = []

    fn say(mut self, line: string) { self.lines.push(f"{self.clock.time()}: {line}") }
    fn all(self) [string] { self.lines.copy() }
}

class Users[log: Log, clock: Clock] {
    names: [string] = ["ada"]

    fn find(self, at: int) string {
        self.log.say(f"looked for {at}") catch { ActorDown { reason } => print(reason) }
        self.names.get(at) ?? "nobody"
    }
}

class Stock[log: Log] {
    pub count: int = 3
}

bind Clock = Fixed { at: 7 }

app Shop[users: Users, stock: Stock, log: Log] {
    greeting: string = "hello"

    fn main(self) {
        print(f"{self.greeting} {self.users.find(0)} {self.users.find(1)} {self.stock.count}")
        print(self.log.all() catch [])
        let own = Stock { count: 5 }
        print(own.count)
    }
}
"#));
}

#[test]
fn a_trait_object_is_of_a_class_by_a_pattern() {
    expect![[r#"
        the king
        bo
        odd
        2 legs
    "#]]
    .assert_eq(&ran(r#"
trait Animal {
    fn legs(self) int
}

class Dog {
    pub name: string
}

class Bird {
    pub wings: int = 2
}

impl Animal for Dog {
    fn legs(self) int { 4 }
}

impl Animal for Bird {
    fn legs(self) int { 2 }
}

fn told(animal: Animal) string {
    match animal {
        Dog { name: "rex" } => "the king"
        Dog { name } => name
        Bird { wings, .. } if wings > 2 => "odd"
        _ => f"{animal.legs()} legs"
    }
}

fn main() {
    let all: [Animal] = [Dog { name: "rex" }, Dog { name: "bo" }, Bird { wings: 3 }, Bird {}]
    for animal in all { print(told(animal)) }
}
"#));
}

#[test]
fn bytes_overflow_as_integers_do() {
    for operation in ["a + b", "b - a", "a * b", "a << 1"] {
        let text = format!(
            "fn f(a: byte, b: byte) byte {{ {operation} }}\nfn main() {{\n    print(f(200, 100))\n}}\n"
        );
        assert_eq!(ran(&text), "trap: integer overflow\n", "{operation}");
    }
    let conversion = "fn f(a: int) byte { a as byte }\nfn main() { print(f(300)) }\n";
    assert_eq!(ran(conversion), "trap: a conversion that would lose something\n");
}

#[test]
fn a_copy_of_a_function_value_has_its_own() {
    expect![[r"
        [1]
        [1, 1]
    "]]
    .assert_eq(&ran(r"
fn copied<T>(of: T) T { of.copy() }

fn main() {
    let mut xs = [1]
    let f = () => xs.push(1)
    let g = copied(f)
    g()
    copied([f])[0]()
    print(xs)
    f()
    print(xs)
}
"));
}

#[test]
fn bytes_of_a_buffer_are_assigned() {
    let program = |last: &str| {
        format!(
            r"
class Frame {{
    out: Buffer
    fn mark(mut self, at: int) byte {{
        self.out[at] = 255
        self.out[at - 1] += 2
        self.out[at]
    }}
}}
fn at(n: int) int {{
    print(n)
    n
}}
fn main() {{
    let mut b = Buffer.new()
    for n in 0..100 {{ b.push((n % 10) as byte) }}
    b[0] = 65
    b[at(1)] += 3
    let mut list = [b]
    list[0][2] = b[0]
    print(b.to_bytes().slice(0..4).hex())
    print(b[98..=99])
    print(b[3..3].len())
    let mut f = Frame {{ out: b }}
    print(f.mark(99))
    print(b[98..100].hex())
    {last}
}}
"
        )
    };
    let told: String = ["b[100] = 1", "b[-1] = 1", "b[99] += 1", "print(b[99..101])", "b.clear() b[0] = 1"]
        .map(|last| ran(&program(&last.replace(") b", ")\n    b"))))
        .concat();
    expect![[r#"
        1
        41044103
        bytes(08 09)
        0
        255
        0aff
        trap: an index out of range
        1
        41044103
        bytes(08 09)
        0
        255
        0aff
        trap: an index out of range
        1
        41044103
        bytes(08 09)
        0
        255
        0aff
        trap: integer overflow
        1
        41044103
        bytes(08 09)
        0
        255
        0aff
        trap: an index out of range
        1
        41044103
        bytes(08 09)
        0
        255
        0aff
        trap: an index out of range
    "#]]
    .assert_eq(&told);
}

#[test]
fn whatever_is_behind_a_trait_object_is_known() {
    let text = r#"
trait Named {
    fn name(self) string raises none
    fn more(mut self) raises none
}

impl Named for string {
    fn name(self) string raises none { self }
    fn more(mut self) raises none {}
}

impl Named for [int] {
    fn name(self) string raises none { f"{self.len()} numbers" }
    fn more(mut self) raises none { self.push(7) }
}

impl Named for Map<string, int> {
    fn name(self) string raises none { "map" }
    fn more(mut self) raises none { self["new"] = 1 }
}

impl Named for Set<int> {
    fn name(self) string raises none { "set" }
    fn more(mut self) raises none { self.insert(9) }
}

impl Named for bytes {
    fn name(self) string raises none { "bytes" }
    fn more(mut self) raises none {}
}

impl Named for (int, string) {
    fn name(self) string raises none { "tuple" }
    fn more(mut self) raises none {}
}

error Odd { what: Named }

fn odd() int { raise Odd { what: "text" } }

fn main() {
    let mut list = [1, 2]
    let mut named: [Named] = ["ada", list, ["k": 1], Set.of(3), "ab".bytes(), (1, "x")]
    print(named)
    for n in 0..named.len() { named[n].more() }
    print(named.map((one) => one.name()))
    print((list, named))
    let copy = named.copy()
    list.push(8)
    print((copy[1].name(), named[1].name()))
    print(odd() catch e { Odd { .. } => {
            print(e)
            0
        } })
    let (out, from) = chan<Named>(2)
    out.send("sent") catch { ChannelClosed {} => print("closed") }
    out.send(list) catch { ChannelClosed {} => print("closed") }
    print((from.try_recv(), from.try_recv()))
    out.close()
}
"#;
    expect![[r#"
        ["ada", [1, 2], ["k": 1], Set.of(3), bytes(61 62), (1, "x")]
        ["ada", "3 numbers", "map", "set", "bytes", "tuple"]
        ([1, 2, 7], ["ada", [1, 2, 7], ["k": 1, "new": 1], Set.of(3, 9), bytes(61 62), (1, "x")])
        ("3 numbers", "4 numbers")
        Odd { what: "text" }
        0
        ("sent", [1, 2, 7, 8])
    "#]]
    .assert_eq(&ran(text));
}
