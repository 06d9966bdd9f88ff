//! Packages: what a module may import from others.

use expect_test::{Expect, expect};
use pluto_check::{Input, Package, Source};
use pluto_source::{File, Files};
use pluto_syntax::Parse;

use crate::support::shown;

/// Checks modules, each with its package, its path, and its text. The first package depends on the second as `base` and on the
/// third as `std`; the others depend on nothing.
fn check(modules: &[(usize, &str, &str)], expected: &Expect) {
    check_with(None, modules, expected);
}

/// The same, where the third package is the standard library with these modules.
fn check_with(standard: Option<&'static [&'static str]>, modules: &[(usize, &str, &str)], expected: &Expect) {
    let mut files = Files::new();
    let parses: Vec<(usize, &str, pluto_source::FileId, Parse)> = modules
        .iter()
        .map(|(package, path, text)| {
            let file = files.add(File::new(format!("{package}/{path}"), *text));
            (*package, *path, file, pluto_syntax::parse(text))
        })
        .collect();
    let mut input = Input::new(&files);
    let first = Package { dependencies: vec![("base".to_owned(), 1), ("std".to_owned(), 2)], standard: None };
    let mut second = Package::default();
    if standard.is_some() {
        second.dependencies.push(("std".to_owned(), 2));
    }
    input.packages = vec![first, second, Package { standard, ..Package::default() }];
    for (package, path, file, Parse { tree, errors }) in &parses {
        assert_eq!(errors, &[]);
        let path = path.split('.').map(str::to_owned).collect();
        input.sources.push(Source { package: *package, path, file: *file, tree, errors: &[] });
    }
    let checked = pluto_check::check(&input);
    assert_eq!(pluto_check::validate(&checked), Vec::<String>::new());
    expected.assert_eq(&shown(&files, &checked.diagnostics()));
}

#[test]
fn a_dependency_is_seen_under_its_name() {
    check(
        &[
            (0, "main", "import base.shapes\nimport std.text.{pad}\nfn main() { print(pad(shapes.one())) }"),
            (1, "shapes", "import inner\npub fn one() int { inner.one() }"),
            (1, "inner", "pub fn one() int { 1 }"),
            (2, "text", "pub fn pad(x: int) string { f\"{x:>5}\" }"),
        ],
        &expect![""],
    );
}

#[test]
fn what_is_no_dependency_is_not_seen() {
    check(
        &[
            (0, "main", "import shapes\nimport base\nfn main() {}"),
            (1, "shapes", "import main\nimport std.text\npub fn one() int { 1 }"),
            (2, "text", "pub fn pad(x: int) string { f\"{x}\" }"),
        ],
        &expect![[r#"
            0/main:1:8 `shapes` error[E0203]: there is no module `shapes`
            0/main:2:8 `base` error[E0203]: there is no module `base`
            1/shapes:1:8 `main` error[E0203]: there is no module `main`
            1/shapes:2:8 `std.text` error[E0203]: there is no module `std.text`
        "#]],
    );
}

#[test]
fn an_own_module_comes_before_a_dependency_and_modules_of_one_name_are_two() {
    check(
        &[
            (
                0,
                "main",
                "import base.shapes as theirs\nimport shapes\nfn main() { print(shapes.one() + theirs.one()) }",
            ),
            (0, "shapes", "pub fn one() string { \"a\" }"),
            (1, "shapes", "pub fn one() string { \"b\" }"),
        ],
        &expect![""],
    );
}

#[test]
fn an_impl_is_at_home_with_its_trait_or_its_type() {
    let theirs = "pub trait Named { fn name(self) string }\npub class Thing { pub x: int = 0 }\n\
                  impl Named for int { fn name(self) string { \"int\" } }";
    check(
        &[
            (
                0,
                "main",
                "import base.a.{Named, Thing}\nclass Own {}\ntrait Sized { fn size(self) int }\n\
                 impl Named for Own { fn name(self) string { \"own\" } }\n\
                 impl Sized for Thing { fn size(self) int { self.x } }\n\
                 impl Named for Thing { fn name(self) string { \"thing\" } }\n\
                 impl Thing { fn more(self) int { 1 } }\n\
                 fn main() { print(f\"{Own {}.name()} {Thing {}.size()} {1.name()}\") }",
            ),
            (1, "a", theirs),
        ],
        &expect![[r#"
            0/main:6:16 `Thing` error[E0215]: neither the trait nor `Thing` is of this package
              = a trait is implemented in its own package or in that of the type
            0/main:7:6 `Thing` error[E0334]: `Thing` cannot be given methods here
        "#]],
    );
}

/// A module of the standard library, as far as the tests need it.
const CLOCK: &str = "trait Functions { fn host_half(x: int) int }\n\
    trait Effects { fn host_clock() int }\n\
    trait Later { fn later(self) int }\n\
    pub fn half(x: int) int { host_half(x) }\n\
    pub fn clock() int { host_clock() }\n\
    pub fn hour() int { half(clock()) }";

#[test]
fn the_standard_library_declares_what_the_run_time_system_does_and_whether_that_has_effects() {
    check_with(
        Some(&["std.clock", "std.text"]),
        &[
            (
                0,
                "main",
                "import std.clock\nimport base.own\n\
                 fn f(x: int) int requires clock.half(x) > 0 { x }\n\
                 fn g(x: int) int requires clock.clock() > 0 { x }\n\
                 fn h(x: int) int ensures clock.hour() > own.three() { x }\n\
                 fn main() { print(f(1) + g(2) + h(3) + clock.host_half(4)) }",
            ),
            (1, "own", "import std.clock\npub fn three() int { clock.half(6) }"),
            (2, "std.clock", CLOCK),
        ],
        &expect![[r#"
            0/main:4:27 `clock.clock()` error[E0601]: a contract changes nothing and waits for nothing, and `clock` does
            0/main:5:26 `clock.hour()` error[E0601]: a contract changes nothing and waits for nothing, and `hour` does
            0/main:6:46 `host_half` error[E0205]: `host_half` is private to the module `std.clock`
              2/std.clock:1:22 `host_half` it is declared here, without `pub`
            2/std.clock:3:7 `Later` warning[E0232]: nothing uses the trait `Later`
        "#]],
    );
}

#[test]
fn in_a_program_such_traits_are_traits() {
    check_with(
        Some(&["std.clock"]),
        &[(
            0,
            "main",
            "trait Functions { fn half(x: int) int }\nclass A {}\n\
             impl Functions for A { fn half(x: int) int { x } }\nfn main() { print(half(1)) }",
        )],
        &expect![[r#"
            0/main:1:22 `half` error[E0321]: what a trait asks for is a method, which has `self`
              = a function that makes a value is a parameter of what needs it: `make: fn() T`
            0/main:4:19 `half` error[E0201]: there is no `half` here
        "#]],
    );
}

#[test]
fn what_the_standard_library_has_not_is_told_with_what_it_has() {
    check_with(
        Some(&["std.clock", "std.text"]),
        &[
            (
                0,
                "main",
                "import std.clok\nimport std.{texts as t, clock, nothing}\nimport std\nimport std.clock.more\n\
                 fn main() { print(clock.half(2)) }",
            ),
            (0, "std.own", "pub fn f() int { 1 }"),
            (0, "std", "pub fn f() int { 1 }"),
            (2, "std.clock", CLOCK),
        ],
        &expect![[r#"
            0/main:1:8 `std.clok` error[E0203]: there is no module `std.clok`
              = the standard library has `std.clock` and `std.text`
              fix: write `std.clock`: 0/main:1:8 `std.clok` "std.clock"
            0/main:2:13 `texts` error[E0203]: there is no module `std.texts`
              = the standard library has `std.clock` and `std.text`
              fix: write `text`: 0/main:2:13 `texts` "text"
            0/main:2:32 `nothing` error[E0203]: there is no module `std.nothing`
              = the standard library has `std.clock` and `std.text`
            0/main:4:8 `std.clock.more` error[E0203]: there is no module `std.clock.more`
              = the standard library has `std.clock` and `std.text`
            0/std:1:1 `` error[E0222]: `std` is a name of the standard library
              = its modules begin with `std`, and those of programs do not
            0/std.own:1:1 `` error[E0222]: `std.own` is a name of the standard library
              = its modules begin with `std`, and those of programs do not
            2/std.clock:3:7 `Later` warning[E0232]: nothing uses the trait `Later`
        "#]],
    );
}
