//! What the checker accepts breaks no invariant unseen: all short programs out of lists of statements that give away, keep and alias
//! the part of an object that its invariant is about, interpreted wherever they are accepted.

use pluto_ir::interpret::{Failure, Limits, Listener, Outcome, Trapped, Virtual, run_in};
use pluto_ir::program::Location;
use pluto_testcompiler::TestCompiler;

const LIMITS: Limits = Limits { steps: 100_000, words: 1 << 20 };

/// What all programs have: `grow` breaks the invariant where it gets at the part.
const SHARED: &str = r"
fn keep(a: [int], mut all: [[int]]) { all.push(a) }
fn same(a: [int]) [int] { a }
fn make(mut all: [[int]]) [int] {
    let a = [1]
    all.push(a)
    a
}
fn both(mut all: [[int]], mut more: [[int]]) {
    let a = [1]
    keep(a, all)
    more.push(a)
}
fn grow(mut a: [int]) { a.append([7, 7, 7, 7]) }
fn grow_all(mut all: [[int]]) {
    for i in 0..all.len() { grow(all[i]) }
}
class Keeper {
    a: [int] = []
    all: [[int]] = []
    fn put(mut self, a: [int]) {
        let b = a
        self.a = b
    }
    fn get(self) [int] { self.a }
    fn make(mut self) [int] { make(self.all) }
    fn grow(mut self) {
        grow(self.a)
        grow_all(self.all)
    }
}
";

/// In a method of a class with an invariant.
const METHOD: (&str, &[&str]) = (
    r"
class R {
    xs: [int] = [1]
    invariant self.xs.len() < 4
    fn holds(self) bool { self.xs.len() < 4 }
    fn m(mut self, mut x: [int], mut all: [[int]], mut k: Keeper) [int] {
        let mut z: [int] = []
        let mut f: fn() [int] = () => []
        STATEMENTS
        z
    }
}
fn main() {
    let mut r = R {}
    let mut x = [1]
    let mut all = [[2]]
    let mut k = Keeper {}
    for _ in 0..2 {
        let mut got = r.m(x, all, k)
        grow(got)
        grow(x)
        grow_all(all)
        k.grow()
        print(r.holds())
    }
}
",
    &[
        "z = x",
        "z = self.xs",
        "z = self.xs.concat(x)",
        "self.xs = x",
        "self.xs = z",
        "self.xs = [2].concat(x)",
        "self.xs = make(all)",
        "self.xs = k.make()",
        "self.xs = f()",
        "self.xs = all.pop() ?? []",
        "all.push(z)",
        "keep(self.xs, all)",
        "keep(z, all)",
        "k.put(z)",
        "k.put(self.xs)",
        "z = make(all)",
        "z = all[0]",
        "f = () => z",
        "f = () => self.xs",
        "z = f()",
        "for y in all { self.xs = y }",
    ],
);

/// In a function whose result becomes a part.
const FUNCTION: (&str, &[&str]) = (
    r"
class R {
    xs: [int]
    invariant self.xs.len() < 4
    fn holds(self) bool { self.xs.len() < 4 }
}
fn f(mut x: [int], mut all: [[int]], mut more: [[int]], mut k: Keeper) [int] {
    let mut z: [int] = []
    let y = [3]
    STATEMENTS
    z
}
fn main() {
    let mut x = [1]
    let mut all = [[2]]
    let mut more: [[int]] = []
    let mut k = Keeper {}
    let r = R { xs: f([1], [], more, Keeper {}) }
    let s = R { xs: f([1], all, [], Keeper {}) }
    let t = R { xs: f(x, [], [], Keeper {}) }
    let u = R { xs: f([1], [], [], k) }
    let _ = f(x, all, more, k)
    let v = R { xs: more.pop() ?? [] }
    grow(x)
    grow_all(all)
    k.grow()
    print(r.holds() and s.holds() and t.holds() and u.holds() and v.holds())
}
",
    &[
        "z = x",
        "z = y",
        "z = x.concat(y)",
        "all.push(y)",
        "all.push(x)",
        "more.push(y)",
        "more.push(z)",
        "keep(z, more)",
        "keep(y, all)",
        "more.append(all)",
        "more = all",
        "both(all, more)",
        "z = make(all)",
        "z = k.make()",
        "k.put(y)",
        "k.put(z)",
        "z = k.get()",
        "z = same(all[0])",
        "z = more.pop() ?? y",
        "z = [z, x].flat_map((a) => a)",
    ],
);

/// In a function that has an object.
const USER: (&str, &[&str]) = (
    r"
class R {
    pub xs: [int]
    invariant self.xs.len() < 4
    fn holds(self) bool { self.xs.len() < 4 }
}
class Box { pub a: [int] }
fn then(mut all: [[int]], r: R) R {
    grow_all(all)
    r
}
fn main() {
    let mut all = [[2]]
    let mut k = Keeper {}
    let mut x = [1]
    let mut r = R { xs: [] }
    let mut b = Box { a: x }
    let mut f: fn() [int] = () => []
    STATEMENTS
    grow(x)
    grow_all(all)
    k.grow()
    print(r.holds())
}
",
    &[
        "r = R { xs: x }",
        "r = R { xs: [4] }",
        "r = R { xs: b.a }",
        "r = R { xs: f() }",
        "for y in [[8]] { r = then([y], R { xs: y }) }",
        "for y in [[8]] { r = then([y.copy()], R { xs: y }) }",
        "r = R { xs: make(all) }",
        "r = R { xs: k.get() }",
        "r = R { xs: all.pop() ?? [] }",
        "x = r.xs",
        "x = [5]",
        "x = all[0]",
        "x = b.a",
        "b = Box { a: r.xs }",
        "b = Box { a: [6] }",
        "f = () => r.xs",
        "f = () => x",
        "x = f()",
        "keep(r.xs, all)",
        "keep(x, all)",
        "k.put(r.xs)",
        "k.put(b.a)",
        "all = [b.a, r.xs.copy()]",
        "match r { R { xs, .. } => all.push(xs) }",
    ],
);

/// In a function, with what runs later: a `defer`, a generator, an iterator, and who calls a closure.
const LATER: (&str, &[&str]) = (
    r"
class R {
    pub xs: [int]
    invariant self.xs.len() < 4
    fn holds(self) bool { self.xs.len() < 4 }
}
fn growing() stream [int] {
    let mut a = [1]
    yield a
    grow(a)
}
class Growing { a: [int] = [] }
impl Iterator<[int]> for Growing {
    fn next(mut self) [int]? {
        self.a.append([1, 2])
        if self.a.len() > 4 { none } else { self.a }
    }
}
fn with(f: fn([int]) void) {
    let mut a = [1]
    f(a)!
    grow(a)
}
class Caller {
    f: fn([int]) void
    fn call(self) {
        let mut a = [1]
        (self.f)(a)!
        grow(a)
    }
}
fn app<T>(x: T, f: fn(T) R) R { f(x)! }
fn main() {
    let mut all = [[2]]
    let mut x = [1]
    let mut rs: [R] = []
    let mut made = (a: [int]) => R { xs: [] }
    STATEMENTS
    grow(x)
    grow_all(all)
    print(rs.all((r) => r.holds()))
}
",
    &[
        "rs.push(R { xs: x })",
        "rs.push(R { xs: all.pop() ?? [] })",
        "x = [4]",
        "keep(x, all)",
        "if true { defer { grow(x) }\nx = [5]\nrs.push(R { xs: x }) }",
        "if true { let mut y = [5]\ndefer { grow(y) }\nrs.push(R { xs: y }) }",
        "if true { let mut y = [5]\ndefer { grow(y) }\nall.push(y) }",
        "for n in 0..2 { let mut y = [n]\nlet f = () => grow(y)\ndefer { f() }\nrs.push(R { xs: y }) }",
        "for n in 0..2 { let mut y = [n]\ndefer { grow(y.copy()) }\nrs.push(R { xs: y.copy() }) }",
        "for y in growing() { rs.push(R { xs: y }) }",
        "for y in growing() { rs.push(R { xs: y.copy() }) }",
        "for y in growing() { x = y }",
        "for y in (Growing {}) { rs.push(R { xs: y }) }",
        "for y in (Growing {}) { keep(y, all) }",
        "rs.append(growing().map((y) => R { xs: y }))",
        "with((y) => rs.push(R { xs: y }))",
        "with((y) => rs.push(R { xs: y.copy() }))",
        "with((y) => all.push(y))",
        "with(all.push)",
        "Caller { f: (y) => rs.push(R { xs: y }) }.call()",
        "rs.push(app(x, (y) => R { xs: y }))",
        "rs.push(app(x, (y) => R { xs: y.copy() }))",
        "made = (y) => R { xs: y }",
        "rs.push(made(x))",
        "rs.append(all.map((y) => R { xs: y }))",
        "rs.append([[6]].map((y) => R { xs: y }))",
    ],
);

/// In a function, with a part that is a trait object, and generic classes that hold it.
const OBJECT: (&str, &[&str]) = (
    r"
trait Part {
    fn size(self) int
    fn more(mut self)
}
class Few { xs: [int] = [1] }
impl Part for Few {
    fn size(self) int { self.xs.len() }
    fn more(mut self) { grow(self.xs) }
}
class R {
    pub p: Part
    invariant self.p.size() < 4
    fn holds(self) bool { self.p.size() < 4 }
}
class Box<T> {
    pub a: T
    fn put(mut self, a: T) { self.a = a }
    fn get(self) T { self.a }
}
fn same_part<T>(x: T) T { x }
fn keep_part(p: Part, mut all: [Part]) { all.push(p) }
fn more_of(mut p: Part) { p.more() }
fn main() {
    let mut few = Few {}
    let mut p: Part = Few {}
    let mut all: [Part] = [Few {}]
    let mut b: Box<Part> = Box { a: Few {} }
    let mut r = R { p: Few {} }
    STATEMENTS
    few.more()
    more_of(p)
    for i in 0..all.len() { more_of(all[i]) }
    let mut held = b.get()
    more_of(held)
    print(r.holds())
}
",
    &[
        "r = R { p: few }",
        "r = R { p }",
        "r = R { p: Few {} }",
        "r = R { p: b.a }",
        "r = R { p: b.get() }",
        "r = R { p: same_part(p) }",
        "r = R { p: all.pop() ?? Few {} }",
        "r = R { p: few.copy() }",
        "for q in all { r = R { p: q } }",
        "few = Few {}",
        "p = few",
        "p = Few {}",
        "p = r.p",
        "p = b.get()",
        "p = same_part(few)",
        "keep_part(p, all)",
        "keep_part(r.p, all)",
        "b.put(p)",
        "b.put(few)",
        "b = Box { a: p }",
        "b = Box { a: r.p }",
        "b = Box { a: all[0] }",
        "match r { R { p: q, .. } => all.push(q) }",
    ],
);

/// In a function, with a generic class whose invariant asks what it is given.
const GENERIC: (&str, &[&str]) = (
    r"
trait Part {
    fn size(self) int
    fn more(mut self)
}
class Few { xs: [int] = [1] }
impl Part for Few {
    fn size(self) int { self.xs.len() }
    fn more(mut self) { grow(self.xs) }
}
class R<T: Part> {
    pub t: T
    pub ts: [T] = []
    invariant self.t.size() < 4 and self.ts.all((t) => t.size() < 4)
    fn holds(self) bool { self.t.size() < 4 and self.ts.all((t) => t.size() < 4) }
}
class Pair<A, B> {
    pub a: A
    pub b: B
    fn swap(self) Pair<B, A> { Pair { a: self.b, b: self.a } }
}
fn keep_in<T>(t: T, mut ts: [T]) { ts.push(t) }
fn main() {
    let mut x = Few {}
    let mut y = Few {}
    let mut ts = [Few {}]
    let mut pair = Pair { a: Few {}, b: [Few {}] }
    let mut r = R { t: Few {} }
    STATEMENTS
    x.more()
    y.more()
    for i in 0..ts.len() { ts[i].more() }
    let mut from_pair = pair.swap()
    let mut one = from_pair.b
    one.more()
    let mut several = from_pair.a
    for i in 0..several.len() { several[i].more() }
    print(r.holds())
}
",
    &[
        "r = R { t: x }",
        "r = R { t: x.copy() }",
        "r = R { t: Few {} }",
        "r = R { t: Few {}, ts }",
        "r = R { t: Few {}, ts: [y] }",
        "r = R { t: Few {}, ts: ts.copy() }",
        "r = R { t: pair.a }",
        "r = R { t: pair.swap().b }",
        "r = R { t: Few {}, ts: pair.b }",
        "r = R { t: ts.pop() ?? Few {} }",
        "x = y",
        "x = Few {}",
        "x = r.t",
        "y = pair.a",
        "ts = [x]",
        "ts = r.ts",
        "ts = pair.swap().a",
        "keep_in(x, ts)",
        "keep_in(r.t, ts)",
        "pair = Pair { a: x, b: ts }",
        "pair = Pair { a: r.t, b: [y] }",
        "for t in ts { r = R { t } }",
    ],
);

/// In a method that breaks the invariant for a while, with what copies the object, or has it cross to another task.
const CROSSING: (&str, &[&str]) = (
    r"
error Bad { of: S }
class S {
    v: int = 3
    invariant self.v > 0
    fn holds(self) bool { self.v > 0 }
    fn m(mut self, out: Sender<S>, mut all: [S]) {
        let mut z: [S] = []
        let mut f: fn() [S] = () => []
        STATEMENTS
        if z.len() > 7 { raise Bad { of: self } }
        if self.v < 0 { self.v = 3 }
        for s in z { all.push(s) }
    }
    fn copied(self) S { self.copy() }
}
fn itself(s: S) S { s }
actor Depot {
    kept: [S] = []
    fn keep(mut self, s: S) { self.kept.push(s) }
    fn all(self) [S] { self.kept }
}
fn work(out: Sender<S>) [bool] {
    let mut all: [S] = []
    let mut s = S {}
    s.m(out, all) catch {
        Bad { of } => all.push(of)
        _ => print(1)
    }
    all.map((s) => s.holds())
}
fn main() {
    let (tx, rx) = chan<S>(8)
    let t = spawn work(tx)
    let held = t.get() catch []
    for holds in held { print(holds) }
    while true {
        let s = rx.try_recv()
        if s == none { break }
        print(s.holds())
    }
}
",
    &[
        "self.v = -1",
        "if z.len() > 1 { raise Bad { of: self } }",
        "let bad = Bad { of: self.copy() }\nself.v = 5\nraise bad",
        "z.push(self)",
        "z.push(self.copy())",
        "z = z.copy()",
        "z = [self].copy()",
        "z.append([self: 1].keys())",
        "z.append(Set.of(self).to_array())",
        "z.push(self.copied())",
        "f = () => [self]",
        "z = (f.copy())()",
        "out.send(self) catch none",
        "out.try_send(self)",
        "select { out.send(self) => none\ndefault => none }",
        "let t = spawn itself(self)\nz.push(t.get() catch S {})",
        "let t = spawn f()\nz = t.get() catch []",
        "let k = spawn Depot {}\nk.keep(self) catch none\nz = k.all() catch []",
        "let k = spawn Depot { kept: [self] }\nz = k.all() catch []",
    ],
);

#[derive(Debug, Default)]
struct Lines(Vec<String>);

impl Listener for Lines {
    fn print(&mut self, line: &str) -> bool {
        self.0.push(line.to_owned());
        true
    }
    fn debug(&mut self, _: &str, _: Location) {}
    fn trapped(&mut self, _: &str, _: &Trapped) {}
    fn failed(&mut self, _: &str, _: &Failure) {}
}

/// What a program prints; nothing where it is refused. What is wrong must be wrong about an invariant: nothing else is tried here.
fn run(text: &str) -> Option<Vec<String>> {
    let checked = TestCompiler::new(text).check();
    let shown = checked.shown();
    let mut errors = shown.lines().filter(|line| line.contains("error["));
    if let Some(first) = errors.next() {
        let of_leaks =
            |line: &str| line.contains("E0602") || line.contains("E0603") || line.contains("E0703");
        assert!(of_leaks(first) && errors.all(of_leaks), "{shown}\n{text}");
        return None;
    }
    let main = pluto_ir::mains(&checked.program).next().expect("a `main`");
    let lowered = pluto_ir::lower(&checked.program, main).expect("all of it is lowered");
    let mut world = Virtual::new(0, Lines::default());
    let ended = run_in(&lowered, lowered.main.expect("it was asked for"), LIMITS, &mut world);
    assert!(matches!(ended, Outcome::Finished | Outcome::Trapped(_)), "{ended:?}\n{text}");
    Some(world.listener.0)
}

/// All sequences of statements whose beginnings are accepted; gives how many are, and how many are not.
fn each_sequence((program, statements): (&str, &[&str]), length: usize) -> (usize, usize) {
    let (mut accepted, mut refused) = (0, 0);
    let mut work: Vec<Vec<&str>> = vec![Vec::new()];
    while let Some(sequence) = work.pop() {
        let text = format!("{SHARED}{}", program.replace("STATEMENTS", &sequence.join("\n        ")));
        let Some(printed) = run(&text) else {
            refused += 1;
            continue;
        };
        accepted += 1;
        assert!(printed.iter().all(|line| line == "true"), "an invariant is broken unseen:\n{text}");
        if sequence.len() < length {
            work.extend(statements.iter().map(|next| [&sequence[..], &[*next]].concat()));
        }
    }
    (accepted, refused)
}

#[test]
fn a_method_that_is_accepted_breaks_no_invariant() {
    assert_eq!(each_sequence(METHOD, 3), (1637, 1493));
}

#[test]
fn a_function_whose_result_is_accepted_breaks_no_invariant() {
    assert_eq!(each_sequence(FUNCTION, 3), (349, 832));
}

#[test]
fn a_user_that_is_accepted_breaks_no_invariant() {
    assert_eq!(each_sequence(USER, 3), (2405, 2300));
}

#[test]
fn what_is_copied_in_a_method_breaks_no_invariant() {
    assert_eq!(each_sequence(CROSSING, 3), (7240, 0));
}

#[test]
fn what_runs_later_breaks_no_invariant() {
    assert_eq!(each_sequence(LATER, 3), (1885, 2198));
}

#[test]
fn a_trait_object_that_is_accepted_breaks_no_invariant() {
    assert_eq!(each_sequence(OBJECT, 3), (1885, 1727));
}

#[test]
fn a_generic_class_that_is_accepted_breaks_no_invariant() {
    assert_eq!(each_sequence(GENERIC, 3), (1111, 1332));
}
