//! Contracts, held against while a program runs.

#[path = "support/ways.rs"]
mod ways;

use expect_test::{Expect, expect};
use pluto_ir::interpret::{Limits, Outcome};
use pluto_testcompiler::TestCompiler;
use ways::each_way;

const CLASS: &str = "
error Full {}

class Jar {
    coins: int
    invariant self.coins <= 3

    fn put(mut self, n: int)
        requires n > 0
        ensures self.coins == old(self.coins) + n
    {
        self.coins += n
        if self.coins == 7 { raise Full {} }
    }
    fn twice(mut self, n: int) {
        self.put(n)!
        self.coins -= n
    }
    fn lose(mut self)
        ensures self.coins == old(self.coins) - 1
    {}
}

trait Holder { fn hold(mut self, n: int) }
impl Holder for Jar { fn hold(mut self, n: int) { self.coins += n } }
pub fn fill(mut holder: Holder) { holder.hold(9)! }

trait Meter {
    fn read(self, n: int) int
        requires n > 0
        ensures result >= old(n)
    fn twice(self, n: int) int
        requires n > 0
    {
        n * 2
    }
}
class Wrong {}
impl Meter for Wrong {
    fn read(self, k: int) int { k - 1 }
    fn twice(self, k: int) int { k }
}
pub fn read<M: Meter>(of: M, n: int) int { of.read(n) }
pub fn twice(of: Meter, n: int) int { of.twice(n) }
";

/// What each `main` prints, and the trap that ends it.
fn check(mains: &[&str], expected: &Expect) {
    check_of(CLASS, mains, expected);
}

fn check_of(source: &str, mains: &[&str], expected: &Expect) {
    let mut told = String::new();
    for main in mains {
        let checked = TestCompiler::new(format!("{source}\nfn main() {{\n{main}\n}}\n")).check();
        assert_eq!(checked.shown(), "", "{main}");
        let main_function = pluto_ir::mains(&checked.program).next().expect("there is a `main`");
        let lowered = pluto_ir::lower(&checked.program, main_function).expect("all of it can be lowered");
        let (ended, heard) = each_way(&lowered, Limits::default(), 0);
        told.push_str(&heard.text.replace('\n', " "));
        told.push_str(&match ended {
            Outcome::Trapped(trapped) => format!("{} in {}\n", trapped.why, trapped.stack[0].0),
            other => format!("{other:?}\n"),
        });
    }
    expected.assert_eq(&told);
}

#[test]
fn invariants_hold_behind_each_change_from_outside() {
    check(
        &[
            // Within a method the invariant may be broken for a while.
            "    let mut jar = Jar { coins: 2 }\n    jar.twice(2)!\n    print(jar)",
            "    let mut jar = Jar { coins: 2 }\n    jar.put(2)!\n    print(jar)",
            "    let mut jar = Jar { coins: 2 }\n    jar.put(5) catch {\n        Full {} => print(\"full\")\n    }",
            "    let jar = Jar { coins: 5 }\n    print(jar)",
            "    let mut jar = Jar { coins: 2 }\n    fill(jar)\n    print(jar)",
        ],
        &expect![[r#"
            Jar { coins: 2 } Finished
            `invariant` does not hold in main
            `invariant` does not hold in main
            `invariant` does not hold in main
            `invariant` does not hold in Jar.hold
        "#]],
    );
}

#[test]
fn invariants_hold_of_what_is_copied() {
    let class = "    fn spare(mut self, mut out: [Jar]) {
        self.coins += 5
        for jar in out.copy() { print(jar) }
        out.push(dup(self))
        self.coins -= 5
    }";
    let more = "fn dup<T>(of: T) T { of.copy() }
trait Named { fn name(self) string }
class Label<T> { of: T }
impl Named for Label<Jar> { fn name(self) string { \"a label\" } }
class Tin<T> {
    of: [T]
    invariant self.of.len() > 0
    fn take(mut self) [Tin<T>] {
        let all = self.of
        self.of = []
        let f = () => self
        let tins = [f.copy()()]
        self.of = all.copy()
        tins
    }
}
class Box {
    n: int = 1
    invariant self.n > 0
    fn named(mut self) Named {
        self.n = 0
        let of: Named = Shelf { of: self }
        let named = of.copy()
        self.n = 1
        named
    }
}
class Shelf { of: Box }
impl Named for Shelf { fn name(self) string { self.of.n.to_string() } }";
    let source = CLASS.replacen("    fn lose", &format!("{class}\n    fn lose"), 1) + more;
    check_of(
        &source,
        &[
            "    let mut jar = Jar { coins: 1 }\n    let mut out = [Jar { coins: 2 }]\n    jar.spare(out)",
            "    let mut jar = Jar { coins: 1 }\n    let mut out = [jar]\n    jar.spare(out)",
            "    let mut tin = Tin { of: [1] }\n    print(tin.copy())\n    print(tin.take())",
            "    let mut of = Box {}\n    print(of.named().name()!)",
        ],
        &expect![[r#"
            Jar { coins: 2 } `invariant` does not hold in dup
            `invariant` does not hold in Jar.spare
            Tin { of: [1] } `invariant` does not hold in Tin.take
            `invariant` does not hold in Box.named
        "#]],
    );
}

#[test]
fn what_is_asked_for_and_promised_holds() {
    check(
        &[
            "    let mut jar = Jar { coins: 2 }\n    jar.put(0)!",
            "    let mut jar = Jar { coins: 2 }\n    jar.lose()",
        ],
        &expect![[r#"
            `requires` does not hold in Jar.put
            `ensures` does not hold in Jar.lose
        "#]],
    );
}

#[test]
fn contracts_of_a_trait_hold_for_who_implements_it() {
    check(
        &[
            "print(Wrong {}.read(0))",
            "print(Wrong {}.read(1))",
            "print(read(Wrong {}, 0))",
            "print(Wrong {}.twice(0))",
            "print(twice(Wrong {}, 1))\nprint(twice(Wrong {}, 0))",
        ],
        &expect![[r#"
            `requires` does not hold in Wrong.read
            `ensures` does not hold in Wrong.read
            `requires` does not hold in Wrong.read
            `requires` does not hold in Wrong.twice
            1 `requires` does not hold in Wrong.twice
        "#]],
    );
}
