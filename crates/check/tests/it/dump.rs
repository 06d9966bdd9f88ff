//! The typed program as text.

use expect_test::{Expect, expect, expect_file};

use crate::support::program;

fn dump(fixture: &str, expected: &Expect) {
    expected.assert_eq(&program(fixture).checked.program.dump());
}

#[test]
fn a_select_is_handled() {
    dump(
        r#"
pub fn f(rx: Receiver<int>) int {
    select { n = rx.recv() => n } catch { ChannelClosed => 0 }
}
pub fn g(rx: Receiver<int>) int { select { n = rx.recv() => n } catch 0 }
pub fn h(rx: Receiver<int>) int { select { n = rx.recv() => n }! }
"#,
        &expect![[r#"
            module main
            fn f(rx: Receiver<int>) int raises none
              block : int
                catch : int
                  select : int
                    receive
                    rx : Receiver<int>
                    pattern let n : int
                    n : int
                  arm
                  pattern error ChannelClosed : an error of ChannelClosed
                  0 : int
            fn g(rx: Receiver<int>) int raises none
              block : int
                catch default : int
                  select : int
                    receive
                    rx : Receiver<int>
                    pattern let n : int
                    n : int
                  0 : int
            fn h(rx: Receiver<int>) int raises ChannelClosed
              block : int
                propagate : int
                  select : int
                    receive
                    rx : Receiver<int>
                    pattern let n : int
                    n : int
        "#]],
    );
}

#[test]
fn a_class_of_a_trait_object() {
    dump(
        r#"
pub trait Animal { fn name(self) string }
class Dog { name: string }
impl Animal for Dog { fn name(self) string { self.name } }
pub fn f(a: Animal) string {
    match a { Dog { name } => name, _ => "" }
}
"#,
        &expect![[r#"
            module main
            class Dog
              name: string
            trait Animal
            impl Animal for Dog
            fn Animal.name() string raises none
            fn Dog.name() string raises none
              block : string
                field 0 : string
                  self : Dog
            fn f(a: Animal) string raises none
              block : string
                match : string
                  a : Animal
                  arm
                  pattern class Dog : Animal
                    pattern let name : string
                  name : string
                  arm
                  pattern _ : Animal
                  "" : string
        "#]],
    );
}

#[test]
fn what_is_put_between() {
    dump(
        r#"
pub trait Show { fn show(self) string }
impl Show for int { fn show(self) string { f"{self:>3}" } }
pub fn f(o: int?, s: Show) int? {
    if o != none { return o + 1 }
    s.show().to_int()
}
pub fn g() int { f(none, 5) ?? 0 }
"#,
        &expect![[r#"
            module main
            trait Show
            impl Show for int
            fn Show.show() string raises none
            fn int.show() string raises none
              block : string
                text : string
                  self : int
            fn f(o: int?, s: Show) int? raises none
              block : int?
                do
                  if : void
                    != : bool
                      o : int?
                      none : int?
                    then
                    block : never
                      do
                        return : never
                          wrap : int?
                            + : int
                              unwrap : int
                                o : int?
                              1 : int
                call string.to_int : int?
                  call object Show.show<Show> : string
                    s : Show
            fn g() int raises none
              block : int
                ?? : int
                  call f : int?
                    none : int?
                    upcast : Show
                      5 : int
                  0 : int
        "#]],
    );
}

#[test]
fn errors_generics_and_closures() {
    dump(
        r#"
pub error E { code: int }
pub fn apply<T, U>(x: T, f: fn(T) U) U { f(x)! }
pub fn g(n: int) int {
    let limit = 3
    apply(n, (x) => if x > limit { raise E { code: x } } else { x })!
}
pub fn h() int { g(1) catch e { E { code } => code } }
"#,
        &expect![[r#"
            module main
            error E
              code: int
            fn apply(x: T, f: fn(T) U) U raises those of `f`
              block : U
                propagate : U
                  call value : U
                    f : fn(T) U
                    x : T
            fn g(n: int) int raises E
              block : int
                let
                  pattern let limit : int
                  3 : int
                propagate : int
                  call apply<int, int> : int
                    n : int
                    closure [limit] : fn(int) int raises E
                      if : int
                        > : bool
                          x : int
                          limit : int
                        then
                        block : never
                          raise : never
                            error E : E
                              x : int
                        else
                        block : int
                          x : int
            fn h() int raises none
              block : int
                catch : int
                  call g : int
                    1 : int
                  arm
                  pattern error E : an error of E
                    pattern let code : int
                  code : int
        "#]],
    );
}

#[test]
fn what_is_injected() {
    dump(
        r#"
pub trait Clock { fn time(self) int }
pub class Fixed { at: int = 5 }
impl Clock for Fixed { fn time(self) int { self.at } }
pub class Service[clock: Clock, limit: int] {}
bind int = 7
app Main[first: Service, clock: Clock] {
    fn main(self) { print(self.clock.time() + self.first.limit) }
}
"#,
        &expect![[r#"
            module main
            class Fixed
              at: int
              5 : int
            class Service
              inject clock: Clock
              inject limit: int
            app Main
              inject first: Service
              inject clock: Clock
            trait Clock
            impl Clock for Fixed
            fn Clock.time() int raises none
            fn Fixed.time() int raises none
              block : int
                field 0 : int
                  self : Fixed
            fn Main.main() void raises none
              block : void
                do
                  call print<int> : void
                    + : int
                      call object Clock.time<Clock> : int
                        field 1 : Clock
                          self : Main
                      field 1 : int
                        field 0 : Service
                          self : Main
            bind int
              7 : int
            inject Main
              0 = Fixed
              1 = bind int
              2 = Service 0:0 1:1
              all 0:2 1:0
        "#]],
    );
}

/// Programs in files, with their dumps beside them: each kind of node is in one of them.
#[test]
fn each_kind_of_node() {
    let shown = |fixture| program(fixture).checked.program.dump();
    expect_file!["../dumps/expressions.txt"].assert_eq(&shown(include_str!("../dumps/expressions.pluto")));
    expect_file!["../dumps/patterns.txt"].assert_eq(&shown(include_str!("../dumps/patterns.pluto")));
}
