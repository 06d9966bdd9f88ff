//! Packages: what a module may import from others.

use expect_test::{Expect, expect};
use pluto_check::{Input, Package, Source};
use pluto_source::{File, Files};
use pluto_syntax::Parse;

use crate::support::shown;

/// Checks modules, each with its package, its path, and its text. The first package depends on the second as `base` and on the
/// third as `std`; the others depend on nothing.
fn check(modules: &[(usize, &str, &str)], expected: &Expect) {
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
    input.packages = vec![first, Package::default(), Package::default()];
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
