//! Closures that leave early, methods as values, arguments in the order in which they are written, what is optional twice.

#[path = "support/lowered.rs"]
mod support;
#[path = "support/told.rs"]
mod told;
#[path = "support/ways.rs"]
mod ways;

use expect_test::{Expect, expect};
use pluto_ir::interpret::Limits;
use support::lowered;
use told::told;
use ways::each_way;

fn check(text: &str, wanted: &Expect) {
    wanted.assert_eq(&told(each_way(&lowered(text), Limits::default(), 0)));
}

#[test]
fn a_closure_may_never_come_to_its_end() {
    check(
        r#"
error E { n: int }
error F {}
fn cb(f: fn(int) int) int { f(3)! }
actor C { fn cb(self, f: fn(int) int) int { f(3)! } }
class H { f: fn(int) int }
fn main() {
    print([1].map((n) => { return n + 1 }))
    print([1, 2].map((n) => { if n > 1 { return 7 } else { return 8 } }))
    print(cb((n) => { raise E { n } }) catch { E { n } => n * 10 })
    let c = spawn C {}
    print(c.cb((_n) => { raise F {} }) catch { _ => 1 })
    let t = spawn cb((n) => { raise E { n } })
    print(t.get() catch { E { n } => n + 100, _ => 0 })
    let xs = ["1", "x"].map((s) => {
        let n = s.to_int() else { raise F {} }
        return n
    }) catch [7]
    print(xs)
    let h = H { f: (n) => { return n * 2 } }
    print(h.f(4))
    let o: int? = 3
    print(o.map((x) => { return x + 1 }))
    let u = spawn (() => { return 5 })()
    print(u.get() catch -1)
    [1, 2].each((x) => { if x == 2 { return }
        print(x) })
    let g: fn(int) never = (x) => trap(f"{x}")
    g(3)
}
"#,
        &expect![[r#"
            [2]
            [8, 7]
            30
            1
            103
            [7]
            8
            4
            5
            1
            trap: 3
        "#]],
    );
}

#[test]
fn what_is_written_first_is_done_first_and_optional_twice_is_optional() {
    check(
        r#"
enum E { V(a: int, b: int) }
class P { x: int
  y: int }
actor A { fn f(self, a: int, b: int) int { a - b } }
fn t(n: int) int { print(n)
  n }
fn f(a: int, b: int, c: int = 9) int { a * 100 + b * 10 + c }
fn main() {
    print(E.V(b: t(3), a: t(4)))
    print(f(b: t(5), a: t(4)))
    print(P { y: t(1), x: t(2) })
    let a = spawn A {}
    print(a.f(b: t(1), a: t(2)) catch 0)
    let k = spawn f(b: t(7), a: t(8))
    print(k.get() catch 0)
    let xs: [int?] = [none, 3]
    print(xs.max_by_key((x) => x ?? 5))
    let ys: [int?] = [4, 3, none]
    print(ys.max_by_key((x) => x ?? 5))
    print(ys.first())
    print(ys.filter_map((x) => x))
}
"#,
        &expect![[r#"
            3
            4
            V(4, 3)
            5
            4
            459
            1
            2
            P { x: 2, y: 1 }
            1
            2
            1
            7
            8
            879
            none
            none
            4
            [4, 3]
        "#]],
    );
}

#[test]
fn methods_of_trait_objects_are_values_and_lists_of_terms_are_gone_through() {
    check(
        r#"
trait Speak { fn speak(self, to: string) string }
class Dog { name: string }
impl Speak for Dog { fn speak(self, to: string) string { f"{self.name} to {to}" } }
impl Speak for int { fn speak(self, to: string) string { f"{self} to {to}" } }
fn twice(f: fn(string) string) string { f("a")! + f("b")! }
fn main() {
    let rex = Dog { name: "rex" }
    let g = rex.speak
    print(g("me"))
    let n: Speak = 7
    print(n.speak("nobody")!)
    let h = n.speak
    print(h("all")!)
    let a: Speak = Dog { name: "rex" }
    let f = a.speak
    print(f("you")!)
    print(twice(a.speak))
    let t: term = [1, :two, "three"]
    for e in t { print(e) }
    let u: term = :no
    for e in u { print(e) }
}
"#,
        &expect![[r#"
            rex to me
            7 to nobody
            7 to all
            rex to you
            rex to arex to b
            1
            two
            <<"three">>
            trap: a conversion that would lose something
        "#]],
    );
}

#[test]
fn methods_of_actors_are_values() {
    check(
        r#"
trait Adds { fn add_all(mut self, list: [int]) int }
actor Counter {
    n: int = 0
    fn add(mut self, k: int) int {
        self.n += k
        self.n
    }
}
impl Adds for Counter {
    fn add_all(mut self, list: [int]) int {
        self.n += list.sum()
        self.n
    }
}
class Steps {
    next: fn(int) int raises ActorDown
    fn go(self) int { (self.next)(1) catch -1 }
}
fn twice(f: fn(int) int) int { f(1)! + f(2)! }
fn bound_twice<T: Adds>(mut of: T) int {
    let f = of.add_all
    f([1])! + f([1, 1])!
}
fn object(mut of: Adds) int {
    let f = of.add_all
    f([10])!
}
fn main() {
    let c = spawn Counter { n: 5 }
    let f = c.add
    print(f(1)!)
    print(twice(c.add)!)
    print(twice(f)!)
    print([1, 2, 3].map(c.add)!)
    print(bound_twice(c)!)
    print(object(c)!)
    let g = c.add_all
    print(g([1])!)
    let steps = Steps { next: f }
    print(steps.go())
    let task = spawn f(7)
    print(task.get() catch -2)
    let (alive, stop) = (c.is_alive, c.stop)
    print(alive())
    stop()
    print(f(1) catch { ActorDown { .. } => -3 })
    print(alive())
    print(g([1]) catch -4)
    print(object(c) catch -5)
    print(steps.go())
}
"#,
        &expect![[r#"
            6
            16
            22
            [13, 15, 18]
            40
            31
            32
            33
            40
            true
            -3
            false
            -4
            -5
            -1
        "#]],
    );
}

#[test]
fn a_value_that_holds_itself_differs_where_something_else_does() {
    check(
        r#"
class P {
    v: int
    w: P? = none
    fn set(mut self, p: P?) { self.w = p }
}
fn main() {
    let mut a = P { v: 1 }
    a.set(a)
    print(a == P { v: 2, w: a })
    print(a == P { v: 1, w: a })
}
"#,
        &expect![[r#"
            false
            trap: a value that holds itself, or that is nested too deep
        "#]],
    );
}

#[test]
fn a_chain_of_calls_may_be_as_long_as_one_likes() {
    let chain = ".trim()".repeat(20_000);
    check(
        &format!("fn main() {{ print(\" a \"{chain}) }}"),
        &expect![[r#"
        a
    "#]],
    );
}
