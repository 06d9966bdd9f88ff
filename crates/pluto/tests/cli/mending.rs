//! `pluto check --fix`: what it changes in files, what it says, and what it leaves alone.

use crate::support::{files, read, run_in};
use expect_test::expect;

/// Of each kind: two sure ones, and one that is only proposed, behind which there is another sure one.
const WRONG: &str = "\
import shapes

fn main() {
    let count = 1;
    if count > 0 && !false { print(cout) }
}
";

const SHAPES: &str = "pub fn area(r: float) float { r * 2 }\n";

#[test]
fn what_is_sure_is_mended_and_the_rest_is_left() {
    let dir = files(&[("main.pluto", WRONG), ("shapes.pluto", SHAPES)]);
    expect![[r#"
        status 1
        --- stdout
        error[E0201]: there is no `cout` here
         --> main.pluto:5:40
          |
        5 |     if count > 0 and not false { print(cout) }
          |                                        ^^^^
          |
        help: write `count`
          |
        5 |     if count > 0 and not false { print(count) }
          |                                           +
        --- stderr
        main.pluto:4:18: E0008: remove `;`
        main.pluto:5:18: E0007: write `and`
        main.pluto:5:21: E0007: write `not `
        shapes.pluto:1:35: E0302: write a float
        mended 4 things in 2 files; left: 1 error in 2 files
        1 with --fix=all, perhaps not as it was meant
    "#]]
    .assert_eq(&run_in(dir.path(), &["check", "--fix"]).whole());
    expect![[r#"
        import shapes

        fn main() {
            let count = 1
            if count > 0 and not false { print(cout) }
        }
        pub fn area(r: float) float { r * 2.0 }
    "#]]
    .assert_eq(&(read(&dir, "main.pluto") + &read(&dir, "shapes.pluto")));
    // What was mended once stays so.
    let again = run_in(dir.path(), &["check", "--fix=sure", "--format", "json"]);
    expect![[r#"
        status 1
        --- stdout
        {"code":"E0201","name":"unknown-name","severity":"error","message":"there is no `cout` here","primary":{"path":"main.pluto","start":{"byte":84,"line":5,"column":40},"end":{"byte":88,"line":5,"column":44},"label":""},"secondary":[],"notes":[],"fix":{"title":"write `count`","sure":false,"edits":[{"path":"main.pluto","start":{"byte":84,"line":5,"column":40},"end":{"byte":88,"line":5,"column":44},"text":"count"}]}}
        --- stderr
        mended 0 things in 0 files; left: 1 error in 2 files
        1 with --fix=all, perhaps not as it was meant
    "#]].assert_eq(&again.whole());
}

#[test]
fn proposals_are_carried_out_where_that_is_asked_for() {
    let dir = files(&[("main.pluto", WRONG), ("shapes.pluto", SHAPES)]);
    expect![[r#"
        status 0
        --- stdout
        --- stderr
        main.pluto:4:18: E0008: remove `;`
        main.pluto:5:18: E0007: write `and`
        main.pluto:5:21: E0007: write `not `
        shapes.pluto:1:35: E0302: write a float
        main.pluto:5:40: E0201: write `count`
        main.pluto:1:8: E0230: remove the import
        mended 6 things in 2 files; left: nothing wrong in 2 files
    "#]]
    .assert_eq(&run_in(dir.path(), &["check", "--fix=all"]).whole());
    expect![[r#"
        fn main() {
            let count = 1
            if count > 0 and not false { print(count) }
        }
    "#]]
    .assert_eq(&read(&dir, "main.pluto"));
}

#[test]
fn a_dry_run_shows_a_diff_and_changes_nothing() {
    let dir = files(&[("main.pluto", WRONG), ("shapes.pluto", SHAPES)]);
    let ran = run_in(dir.path(), &["check", "--fix=all", "--dry-run"]);
    expect![[r#"
        status 0
        --- stdout
        --- main.pluto
        +++ main.pluto
        @@ -1,6 +1,4 @@
        -import shapes
        -
         fn main() {
        -    let count = 1;
        -    if count > 0 && !false { print(cout) }
        +    let count = 1
        +    if count > 0 and not false { print(count) }
         }
        --- shapes.pluto
        +++ shapes.pluto
        @@ -1 +1 @@
        -pub fn area(r: float) float { r * 2 }
        +pub fn area(r: float) float { r * 2.0 }
        --- stderr
        main.pluto:4:18: E0008: remove `;`
        main.pluto:5:18: E0007: write `and`
        main.pluto:5:21: E0007: write `not `
        shapes.pluto:1:35: E0302: write a float
        main.pluto:5:40: E0201: write `count`
        main.pluto:1:8: E0230: remove the import
        would mend 6 things in 2 files; would be left: nothing wrong in 2 files
    "#]]
    .assert_eq(&ran.whole());
    assert_eq!(read(&dir, "main.pluto"), WRONG);
    assert_eq!(read(&dir, "shapes.pluto"), SHAPES);
    let coloured = run_in(dir.path(), &["--color", "always", "check", "--fix", "--dry-run", "shapes.pluto"]);
    expect![[r#"
        ESC[31m--- shapes.plutoESC[0m
        ESC[32m+++ shapes.plutoESC[0m
        ESC[36m@@ -1 +1 @@ESC[0m
        ESC[31m-pub fn area(r: float) float { r * 2 }ESC[0m
        ESC[32m+pub fn area(r: float) float { r * 2.0 }ESC[0m
    "#]]
    .assert_eq(&coloured.stdout.replace('\u{1b}', "ESC"));
    let alone = run_in(dir.path(), &["check", "--dry-run"]);
    assert_eq!((alone.status, alone.stdout.as_str()), (2, ""));
}

#[test]
fn what_was_not_asked_for_is_left_alone() {
    const SEMICOLON: &str = "pub fn f() int {\n    1;\n    2\n}\n";
    let dir = files(&[
        ("shop/pluto.toml", "name = \"shop\"\nedition = 1\n\n[dependencies]\ngeo = { path = \"../geo\" }\n"),
        (
            "shop/main.pluto",
            "import geo.a\nimport orders\nimport link\n\nfn main() { print(a.f() + orders.f() + link.f()) }\n",
        ),
        ("shop/orders.pluto", SEMICOLON),
        ("geo/pluto.toml", "name = \"geo\"\nedition = 1\n"),
        ("geo/a.pluto", SEMICOLON),
        ("elsewhere/link.pluto", SEMICOLON),
        ("loose/main.pluto", "import other\n\nfn main() {\n    print(other.f());\n}\n"),
        ("loose/other.pluto", SEMICOLON),
    ]);
    std::os::unix::fs::symlink("../elsewhere/link.pluto", dir.path().join("shop/link.pluto"))
        .expect("links are there");
    // The whole package of the file that is named; not what it depends on, and not what a link leads to.
    expect![[r#"
        shop/orders.pluto:2:6: E0008: remove `;`
        mended 1 thing in 1 file; left: 2 errors, 3 warnings in 4 files
    "#]]
    .assert_eq(&run_in(dir.path(), &["check", "--fix", "shop/main.pluto"]).stderr);
    assert_eq!(read(&dir, "shop/orders.pluto"), SEMICOLON.replace(';', ""));
    assert_eq!(read(&dir, "geo/a.pluto"), SEMICOLON);
    assert_eq!(read(&dir, "elsewhere/link.pluto"), SEMICOLON);
    // Outside of packages, the file that is named; not what it imports.
    expect![[r#"
        loose/main.pluto:4:21: E0008: remove `;`
        mended 1 thing in 1 file; left: 1 error, 1 warning in 2 files
    "#]]
    .assert_eq(&run_in(dir.path(), &["check", "--fix", "loose/main.pluto"]).stderr);
    assert_eq!(read(&dir, "loose/main.pluto"), "import other\n\nfn main() {\n    print(other.f())\n}\n");
    assert_eq!(read(&dir, "loose/other.pluto"), SEMICOLON);
    // Both packages, where both are named.
    let both = run_in(dir.path(), &["check", "--fix", "shop", "geo"]);
    assert_eq!(read(&dir, "geo/a.pluto"), SEMICOLON.replace(';', ""), "{}", both.whole());
}

#[test]
fn unused_imports_go() {
    let dir = files(&[
        (
            "main.pluto",
            "import a\nimport b as c\nimport d.{e}\nimport d.{x, y, z}\nimport d.{e as first, y as second, z as third} // why\n\nfn main() { print(y() + third()) }\n",
        ),
        ("a.pluto", "pub fn f() {}\n"),
        ("b.pluto", "pub fn f() {}\n"),
        (
            "d.pluto",
            "pub fn e() int { 1 }\npub fn x() int { 1 }\npub fn y() int { 1 }\npub fn z() int { 1 }\n",
        ),
    ]);
    expect![[r#"
        status 0
        --- stdout
        --- stderr
        main.pluto:1:8: E0230: remove the import
        main.pluto:2:13: E0230: remove the import
        main.pluto:3:11: E0230: remove the import
        main.pluto:4:11: E0230: remove the import
        main.pluto:4:17: E0230: remove the import
        main.pluto:5:16: E0230: remove the import
        main.pluto:5:28: E0230: remove the import
        mended 7 things in 1 file; left: nothing wrong in 4 files
    "#]]
    .assert_eq(&run_in(dir.path(), &["check", "--fix"]).whole());
    expect![[r#"
        import d.{y}
        import d.{z as third} // why

        fn main() { print(y() + third()) }
    "#]]
    .assert_eq(&read(&dir, "main.pluto"));
}

#[test]
fn proposals_that_leave_more_errors_are_taken_back() {
    let text = "fn one(n: int) int { 1 }\n\nfn main() {\n    let count = one(n: 2)\n    let other = 1\n    print(cout)\n}\n";
    let dir = files(&[("main.pluto", text)]);
    expect![[r#"
        status 0
        --- stdout
        warning[E0231]: nothing uses `n`
         --> main.pluto:1:8
          |
        1 | fn one(n: int) int { 1 }
          |        ^
          |
        help: write `_n`
          |
        1 | fn one(_n: int) int { 1 }
          |        +
        --- stderr
        main.pluto:6:11: E0201: write `count`
        main.pluto:5:9: E0231: write `_other`
        mended 2 things in 1 file; left: 1 warning in 1 file
    "#]]
    .assert_eq(&run_in(dir.path(), &["check", "--fix=all"]).whole());
    expect![[r#"
        fn one(n: int) int { 1 }

        fn main() {
            let count = one(n: 2)
            let _other = 1
            print(count)
        }
    "#]]
    .assert_eq(&read(&dir, "main.pluto"));
}
