//! Values and what is built in: compiled programs print what the interpreter prints.

#[path = "support/running.rs"]
mod support;
#[path = "support/text.rs"]
mod text;

use support::{interpreted, native, zealous};
use text::program;

/// A program in a `main` behind declarations is run each way.
fn check(declarations: &str, main: &str) {
    let text = format!("{declarations}\nfn main() {{\n{main}\n}}\n");
    let program = program(&text);
    let wanted = interpreted(&program);
    assert!(!wanted.1.is_empty(), "{text}");
    assert_eq!(native(&program), wanted, "{text}");
    assert_eq!(zealous(&program), wanted, "{text}");
}

#[test]
fn numbers() {
    check(
        "fn all(a: int, b: int) {
            print((a + 1, a - 1, 1 + b, 1 - b, a * b, a / b, a % b, -b, ~a, a & b, a | b, a ^ b))
            print((a << 3, a >> 2, a.abs(), b.sign(), a.min(b), a.max(b), a.clamp(0, 9), a.is_even(), b.is_odd()))
            print((a.wrapping_add(b), a.wrapping_mul(b), a.checked_add(b), a.checked_sub(b), a.checked_mul(b)))
            print((a.checked_div(b), a.checked_div(0), a.saturating_add(b), a.saturating_sub(b), a.saturating_mul(b)))
            print((a.count_ones(), a.leading_zeros(), a.trailing_zeros(), b.to_byte(), b.to_char()))
            print((a < b, a <= b, a > b, a >= b, a == b, a != b))
            print((a / 7, a % 7, b / -3, b % -3, a / 8, b % 8, a / 1))
        }",
        "all(100, 7)
        all(-100, 7)
        all(65, -1)
        all(0, 3)
        all(4611686018427387904, 1)
        all(-4611686018427387904, -2)
        print((7 as byte) & (5 as byte), ~(5 as byte), (200 as byte) > (100 as byte), (9 as byte) / (2 as byte))"
            .replace("print((7", "print(((7").replace("(2 as byte))", "(2 as byte)))").as_str(),
    );
}

#[test]
fn floats() {
    check(
        "fn all(a: float, b: float) {
            print((a + b, a - b, a * b, a / b, a % b, -a))
            print((a < b, a <= b, a > b, a >= b, a == b, a != b))
            print((a.abs(), a.floor(), a.ceil(), a.round(), a.sqrt(), a.min(b), a.max(b), a.clamp(-1.0, 1.0)))
            print((a.sin(), a.cos(), a.tan(), a.exp(), a.ln(), a.log2(), a.log10(), a.pow(b), a.atan2(b)))
            print((a.is_nan(), a.is_finite()))
            print(f\"{a:.3} {b:10.1} {a:<8}|\")
        }",
        "all(1.5, 2.0)
        all(-2.5, 0.5)
        all(2.5, 0.0)
        all(-0.0, 0.0)
        all(0.0 / 0.0, 1.0)
        all(1.0, 0.0 / 0.0)
        all(1.0 / 0.0, -1.0 / 0.0)
        all(1e300, 1e10)
        all(5e-324, 3.0)
        print((3 as float, -7 as float, 4503599627370497 as float, 2.0 as int, (2.9).truncate()))
        print([0.0 / 0.0] == [0.0 / 0.0])
        print((0.0, 1) == (-0.0, 1))",
    );
}

#[test]
fn strings() {
    check(
        "fn all(a: string, b: string) {
            print((a + b, a.len(), a.is_empty(), a.chars(), a.lines(), a.words(), a.split(b), a.split_once(b)))
            print((a.trim(), a.trim_start(), a.trim_end(), a.to_upper(), a.to_lower(), a.starts_with(b), a.ends_with(b)))
            print((a.strip_prefix(b), a.strip_suffix(b), a.contains(b), a.find(b), a.replace(b, \"<>\"), a.repeat(2)))
            print((a.reverse(), a.get(1), a.get(99), a.pad_start(9, b), a.pad_end(9), a.pad_end(1 << 62, \"\"), a.to_int(), a.to_float()))
            print((a < b, a <= b, a == b, a != b, a.bytes().len(), a.bytes().hex(), a.bytes().to_array()))
            print((a.bytes().to_text(), a.bytes().get(0), a.bytes() == b.bytes()))
            for c in a { print(c) }
        }",
        "all(\"a, b, c\", \", \")
        all(\"día\\n  Über\", \"a\")
        all(\"42\", \"4\")
        all(\"-1.5e3\", \"x\")
        all(\"\", \"y\")
        print(\"día\"[1])
        print(\"día\"[1..3])
        print(\"x\\t\\\"\\u{1F600}\".chars())
        print(\"a\".code())
        print((97).to_char())
        print(f\"{255:x} {5:08} {-5:05} {\"ab\":>5}|{\"ab\":^6}|{true:7}|{1.0:e}\")
        let mut b = Buffer.new()
        b.push(65 as byte)
        b.append_text(\"BCdefghijklmnop\")
        b.append(\"día\".bytes())
        print((b.len(), b[1], b.get(99), b.to_bytes().to_text(), b.to_bytes().slice(1..3).hex(), b))
        b.clear()
        print((b.len(), b.is_empty(), (\"a\".bytes() + \"b\".bytes()).hex()))",
    );
}

#[test]
fn collections() {
    check(
        "class Point {
            x: int
            y: int = 2
        }
        enum Leaf { One(n: int), Two(a: string, b: Point), Three }
        enum Plain { Red, Green }",
        "let mut a = [3, 1, 2]
        a.push(9)
        a.insert(1, 7)
        print((a, a.pop(), a.remove(0), a.len(), a.sorted(), a.reversed(), a.contains(7), a[1..2], a.sum()))
        a.append(a)
        a.truncate(5)
        print((a, a.map((x) => x * 2), a.filter((x) => x > 2), a.fold(0, (s, x) => s + x)))
        let mut flags = [true, false, true]
        for i in 0..20 { flags.push(i % 3 == 0) }
        flags.insert(2, true)
        print((flags, flags.pop(), flags.remove(2), flags[3..6]))
        let mut pairs: [(int?, string)] = []
        for i in 0..9 { pairs.push((if i % 2 == 0 { i } else { none }, f\"s{i}\")) }
        print((pairs, pairs.pop(), pairs[2..4], pairs.remove(1)))
        let mut none_yet: [string?] = [none, \"a\"]
        print((none_yet.pop(), none_yet.pop(), none_yet.pop()))
        let leaves = [One(1), Two(\"x\", Point { x: 1 }), Three]
        print((leaves, leaves == leaves.copy(), leaves[1] == Two(\"x\", Point { x: 1, y: 3 }), Red, [Red, Green]))
        let mut m: Map<string, [int]> = [:]
        for i in 0..50 { m[f\"k{i % 17}\"] = [i, i * i] }
        print((m, m.len(), m.get(\"k3\"), m.get(\"z\"), m.has(\"k4\"), m.remove(\"k5\"), m.remove(\"k5\"), m.keys()))
        m.insert(\"k5\", [])
        print((m == m.copy(), m.values()))
        for (k, v) in m { print((k, v)) }
        let mut by: Map<(int, Leaf), Point?> = [:]
        by[(1, Three)] = none
        by[(1, One(4))] = Point { x: 9 }
        by[(1, One(4))] = Point { x: 8 }
        print((by, by.get((1, Three)), by.get((1, One(4))), by.get((2, Three)), by.has((1, One(5)))))
        let mut s = Set.of(3, 1, 3, 2)
        print((s, s.len(), s.insert(4), s.insert(4), s.remove(1), s.remove(1), s.has(2), s == Set.of(4, 2, 3)))
        s.clear()
        print((s, s.len()))
        let keys: Map<[int], int> = [[1, 2]: 3, [1]: 4]
        print((keys, keys[[1, 2]]))",
    );
}

#[test]
fn a_key_is_a_copy_and_sharing_stays_in_copies() {
    check(
        "class Box {
            n: int
            fn set(mut self, n: int) { self.n = n }
        }
        class Two {
            a: Box
            b: Box
            fn change(mut self) { self.a.set(7) }
        }",
        "let mut key = [1, 2]
        let mut m: Map<[int], int> = [:]
        m[key] = 1
        key.push(3)
        print((m, m.get([1, 2]), m.get(key)))
        let one = Box { n: 1 }
        let two = Two { a: one, b: one }
        let mut copy = two.copy()
        copy.change()
        print((two, copy))
        let mut list = [[1], [2]]
        list.push(list[0])
        let mut other = list.copy()
        other[0].push(5)
        print((list, other))",
    );
}

#[test]
fn many_and_large() {
    check(
        "",
        "let mut m: Map<int, string> = [:]
        for i in 0..700 { m[i * 7919 % 1009] = f\"{i}\" }
        for i in 0..300 { m.remove(i * 3) }
        let mut sum = 0
        for (k, v) in m { sum += k + v.len() }
        print((m.len(), sum))
        let mut words: Map<string, int> = [:]
        for i in 0..400 {
            let w = f\"w{i % 37}\"
            words[w] = (words.get(w) ?? 0) + i
        }
        print(words)
        let mut a: [[int]] = []
        for i in 0..100 { a.push([i, i]) }
        print(a.map((x) => x.sum()).sum())",
    );
    let large = "fn main() {\n    let mut m: Map<int, int> = [:]\n    for i in 0..200000 { m[i * 31] = i }\n    let mut a: [int] = []\n    for i in 0..300000 { a.push(m.get(i) ?? 1) }\n    print((m.len(), a.len(), a.sum()))\n}\n";
    let program = program(large);
    assert_eq!(native(&program), interpreted(&program));
}

#[test]
fn closures_and_trait_objects() {
    check(
        "trait Area { fn area(self) float }
        class Circle { r: float }
        impl Area for Circle { fn area(self) float { self.r * self.r } }
        impl Area for int { fn area(self) float { 1.0 } }
        impl Area for (int, string) { fn area(self) float { 2.0 } }
        fn total(shapes: [Area]) float {
            let mut sum = 0.0
            for s in shapes { sum += s.area()! }
            sum
        }
        fn make(n: int, s: string) fn(int) string { (x) => f\"{x + n}{s}\" }
        error Bad { n: int }
        fn odd(n: int) int {
            if n % 2 == 1 { raise Bad { n } }
            n
        }
        fn many(a: int, b: float, c: string, d: (int, int), e: int?) (int, float, string, (int, int), int?, string) {
            (a, b, c, d, e, c)
        }",
        "print(total([Circle { r: 2.0 }, 5, (1, \"a\")]))
        let f = make(3, \"!\")
        print((f(1), [1, 2].map(make(1, \"?\"))))
        print(odd(3) catch 0)
        print(odd(4) catch 0)
        let r = odd(5) catch e {
            Bad { n } => n * 100
        }
        print(r)
        print(many(1, 2.0, \"c\", (3, 4), none))",
    );
}

/// More than there are registers for, of arguments and of results, references among them.
#[test]
fn many_arguments_and_results() {
    let four = "(string, int, string, int)";
    check(
        &format!(
            "error Bad {{ n: int }}
            fn turn(a: {four}, b: {four}, c: {four}, d: float, e: bool) ({four}, {four}, {four}, float, bool) {{
                if a.1 > 3 {{ raise Bad {{ n: a.1 }} }}
                let made = f\"{{a.0}}{{b.0}}{{c.0}}\"
                ((made, b.1, b.2 + made, b.3), c, a, d + 1.0, not e)
            }}
            fn again(n: int, a: {four}, b: {four}, c: {four}) ({four}, {four}, {four}, float, bool) {{
                let (x, y, z, d, e) = turn(a, b, c, n as float, n > 1)!
                if n == 0 {{ (x, y, z, d, e) }} else {{ again(n - 1, z, x, y)! }}
            }}"
        ),
        "let (a, b, c) = ((\"a\", 1, \"b\", 2), (\"c\", 3, \"d\", 4), (\"e\", 5, \"f\", 6))
        print(again(0, a, b, c)!)
        let f = turn
        print(f(a, b, c, 1.5, true)!)
        print(again(2, a, b, c)!)",
    );
}
