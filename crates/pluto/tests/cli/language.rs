//! The commands for programs in the Pluto language: `check` and `fmt`.

use crate::support::{Ran, command, files, files_in, read, run, run_in};
use expect_test::expect;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use tempfile::TempDir;

const UGLY: &str = "fn  main( ){print( 1 )}\n";
const PRETTY: &str = "fn main() { print(1) }\n";
const BROKEN: &str = "fn main() {\n    let a = true && false\n    print(a;\n}\n";

/// Runs the binary with something on its standard input.
fn run_with(input: &str, arguments: &[&str]) -> Ran {
    let mut command = command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    child.stdin.take().expect("stdin is piped").write_all(input.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends").into()
}

#[test]
fn fmt_changes_what_is_not_in_the_style() {
    let dir = files(&[
        ("a.pluto", UGLY),
        ("b/c.pluto", PRETTY),
        ("b/d.pluto", BROKEN),
        ("b/notes.txt", "fn  f( )"),
        (".hidden/e.pluto", UGLY),
        ("target/f.pluto", UGLY),
    ]);
    let check = run_in(dir.path(), &["fmt", "--check", "a.pluto", "b/c.pluto"]);
    expect![[r#"
        status 1
        --- stdout
        a.pluto
        --- stderr
        1 of 2 files would change
    "#]]
    .assert_eq(&check.whole());
    assert_eq!(read(&dir, "a.pluto"), UGLY);
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        error[E0007]: `&&` is written `and`
         --> b/d.pluto:2:18
          |
        2 |     let a = true && false
          |                  ^^
          |
        help: write `and`
          |
        2 -     let a = true && false
        2 +     let a = true and false
          |

        error[E0008]: a statement ends with its line, not with `;`
         --> b/d.pluto:3:12
          |
        3 |     print(a;
          |            ^
          |
        help: remove `;`
          |
        3 -     print(a;
        3 +     print(a
          |

        error[E0102]: `)` is missing
         --> b/d.pluto:3:12
          |
        3 |     print(a;
          |          - ^
          |          |
          |          for `)` to close this
          |
        help: write `)`
          |
        3 |     print(a);
          |            +

        1 of 3 files changed; 1 left alone because of syntax errors
    "#]]
    .assert_eq(&run_in(dir.path(), &["fmt"]).whole());
    assert_eq!(read(&dir, "a.pluto"), PRETTY);
    assert_eq!(read(&dir, "b/d.pluto"), BROKEN);
    assert_eq!(read(&dir, "b/notes.txt"), "fn  f( )");
    assert_eq!(read(&dir, ".hidden/e.pluto"), UGLY);
    assert_eq!(read(&dir, "target/f.pluto"), UGLY);
    expect![[r#"
        status 0
        --- stdout
        --- stderr
    "#]]
    .assert_eq(&run_in(dir.path(), &["fmt", "a.pluto", "b/c.pluto"]).whole());
    expect![[r#"
        status 0
        --- stdout
        --- stderr
        0 of 1 file would change
    "#]]
    .assert_eq(&run_in(dir.path(), &["fmt", "--check", "a.pluto"]).whole());
}

#[test]
fn fmt_keeps_permissions_and_links() {
    let dir = files(&[("a.pluto", UGLY)]);
    let (file, link) = (dir.path().join("a.pluto"), dir.path().join("link.pluto"));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o751)).expect("it is ours");
    std::os::unix::fs::symlink("a.pluto", &link).expect("links are there");
    run_in(dir.path(), &["fmt", "link.pluto"]).ok();
    assert_eq!(read(&dir, "a.pluto"), PRETTY);
    assert_eq!(std::fs::metadata(&file).expect("it is there").permissions().mode() & 0o777, 0o751);
    assert!(std::fs::symlink_metadata(&link).expect("it is there").is_symlink());
    let left: Vec<_> = std::fs::read_dir(dir.path()).expect("it is there").collect();
    assert_eq!(left.len(), 2, "no part is left: {left:?}");
}

#[test]
fn fmt_reads_standard_input() {
    expect![[r#"
        status 0
        --- stdout
        fn main() { print(1) }
        --- stderr
    "#]]
    .assert_eq(&run_with(UGLY, &["fmt", "-"]).whole());
    expect![[r#"
        status 1
        --- stdout
        <stdin>
        --- stderr
    "#]]
    .assert_eq(&run_with(UGLY, &["fmt", "-", "--check"]).whole());
    expect![[r#"
        status 0
        --- stdout
        --- stderr
    "#]]
    .assert_eq(&run_with(PRETTY, &["fmt", "--check", "-"]).whole());
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        error[E0102]: `)` is missing
         --> <stdin>:1:6
          |
        1 | fn f(
          |     -^
          |     |
          |     for `)` to close this
          |
        help: write `)`
          |
        1 | fn f()
          |      +

    "#]]
    .assert_eq(&run_with("fn f(\n", &["fmt", "-"]).whole());
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: `-` is standard input, and stands alone
        hint: leave the other paths out
    "#]]
    .assert_eq(&run(&["fmt", "-", "a.pluto"]).whole());
}

#[test]
fn what_cannot_be_read_is_said() {
    let dir = files(&[("notes.txt", "")]);
    std::fs::write(dir.path().join("bad.pluto"), b"fn main() {\n    \xff\n}\n").expect("writable");
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: cannot read none.pluto: No such file or directory (os error 2)
    "#]]
    .assert_eq(&run_in(dir.path(), &["fmt", "none.pluto"]).whole());
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: bad.pluto is not UTF-8: line 2, byte 16 of the file
        hint: programs are text in UTF-8
    "#]]
    .assert_eq(&run_in(dir.path(), &["check", "bad.pluto"]).whole());
    std::fs::remove_file(dir.path().join("bad.pluto")).expect("it is there");
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: there is no .pluto file in .
        hint: name a file, or a directory that has some
    "#]]
    .assert_eq(&run_in(dir.path(), &["check"]).whole());
}

#[test]
fn check_says_what_is_wrong() {
    let dir = files(&[("a.pluto", PRETTY), ("b.pluto", BROKEN)]);
    expect![[r#"
        status 1
        --- stdout
        error[E0007]: `&&` is written `and`
         --> b.pluto:2:18
          |
        2 |     let a = true && false
          |                  ^^
          |
        help: write `and`
          |
        2 -     let a = true && false
        2 +     let a = true and false
          |

        error[E0008]: a statement ends with its line, not with `;`
         --> b.pluto:3:12
          |
        3 |     print(a;
          |            ^
          |
        help: remove `;`
          |
        3 -     print(a;
        3 +     print(a
          |

        error[E0102]: `)` is missing
         --> b.pluto:3:12
          |
        3 |     print(a;
          |          - ^
          |          |
          |          for `)` to close this
          |
        help: write `)`
          |
        3 |     print(a);
          |            +
        --- stderr
        3 errors in 2 files
    "#]]
    .assert_eq(&run_in(dir.path(), &["check"]).whole());
    expect![[r#"
        status 0
        --- stdout
        --- stderr
        nothing wrong in 1 file
    "#]]
    .assert_eq(&run_in(dir.path(), &["check", "a.pluto"]).whole());
    expect![[r#"
        status 1
        --- stdout
        {"code":"E0007","name":"foreign-operator","severity":"error","message":"`&&` is written `and`","primary":{"path":"b.pluto","start":{"byte":29,"line":2,"column":18},"end":{"byte":31,"line":2,"column":20},"label":""},"secondary":[],"notes":[],"fix":{"title":"write `and`","sure":true,"edits":[{"path":"b.pluto","start":{"byte":29,"line":2,"column":18},"end":{"byte":31,"line":2,"column":20},"text":"and"}]}}
        {"code":"E0008","name":"semicolon","severity":"error","message":"a statement ends with its line, not with `;`","primary":{"path":"b.pluto","start":{"byte":49,"line":3,"column":12},"end":{"byte":50,"line":3,"column":13},"label":""},"secondary":[],"notes":[],"fix":{"title":"remove `;`","sure":true,"edits":[{"path":"b.pluto","start":{"byte":49,"line":3,"column":12},"end":{"byte":50,"line":3,"column":13},"text":""}]}}
        {"code":"E0102","name":"unclosed-bracket","severity":"error","message":"`)` is missing","primary":{"path":"b.pluto","start":{"byte":49,"line":3,"column":12},"end":{"byte":49,"line":3,"column":12},"label":""},"secondary":[{"path":"b.pluto","start":{"byte":47,"line":3,"column":10},"end":{"byte":48,"line":3,"column":11},"label":"for `)` to close this"}],"notes":[],"fix":{"title":"write `)`","sure":false,"edits":[{"path":"b.pluto","start":{"byte":49,"line":3,"column":12},"end":{"byte":49,"line":3,"column":12},"text":")"}]}}
        --- stderr
        3 errors in 2 files
    "#]].assert_eq(&run_in(dir.path(), &["check", "--format", "json"]).whole());
    let sarif = run_in(dir.path(), &["check", "--format", "sarif"]);
    assert_eq!(sarif.status, 1);
    let document: serde_json::Value = serde_json::from_str(&sarif.stdout).expect("it is JSON");
    let rules = &document["runs"][0]["tool"]["driver"]["rules"];
    let ids: Vec<&str> =
        rules.as_array().expect("rules").iter().filter_map(|rule| rule["id"].as_str()).collect();
    assert_eq!(ids, ["E0007", "E0008", "E0102"]);
}

/// Two packages, the second of which the first depends on, and a package inside the first.
fn packages() -> TempDir {
    files(&[
        (
            "shop/pluto.toml",
            "name = \"shop\"\nedition = 1\n\n[dependencies]\ngeo = { path = \"../geometry\" }\n",
        ),
        (
            "shop/main.pluto",
            "import geo.shapes.round\nimport orders\n\nfn main() { print(round.area(1) + orders.total()!) }\n",
        ),
        ("shop/orders.pluto", "error Empty {}\n\npub fn total() int { raise Empty {} }\n"),
        ("shop/vendored/pluto.toml", "name = \"vendored\"\nedition = 1\n"),
        ("shop/vendored/other.pluto", "pub fn f() int { \"a\" }\n"),
        ("geometry/pluto.toml", "name = \"geometry\"\nedition = 1\n"),
        ("geometry/shapes/round.pluto", "pub fn area(r: int) int { r * r * 3 }\n"),
    ])
}

#[test]
fn a_package_is_checked_with_what_it_depends_on() {
    let dir = packages();
    expect![[r#"
        status 0
        --- stdout
        --- stderr
        nothing wrong in 3 files
    "#]]
    .assert_eq(&run_in(dir.path(), &["check", "shop/main.pluto"]).whole());
    expect![[r#"
        status 0
        --- stdout
        main.main raises Empty
        orders.total raises Empty
        shapes.round.area raises none
        --- stderr
        nothing wrong in 3 files
    "#]]
    .assert_eq(&run_in(&dir.path().join("shop"), &["check", "--show", "errors", "main.pluto"]).whole());
    expect![[r#"
        status 1
        --- stdout
        error[E0301]: `int` is needed, and this is `string`
         --> shop/vendored/other.pluto:1:18
          |
        1 | pub fn f() int { "a" }
          |                  ^^^
        --- stderr
        1 error in 4 files
    "#]]
    .assert_eq(&run_in(dir.path(), &["check", "shop"]).whole());
    std::fs::remove_file(dir.path().join("geometry/pluto.toml")).expect("it is there");
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: shop/pluto.toml: there is no package geo in ../geometry
        hint: a package is a directory with a pluto.toml
    "#]]
    .assert_eq(&run_in(dir.path(), &["check", "shop/main.pluto"]).whole());
    let manifest = dir.path().join("shop/pluto.toml");
    for (text, said) in [
        ("name = \"shop\"\n", "shop/pluto.toml: `edition` is missing"),
        ("name = \"shop\"\nedition = 2\n", "there is no edition 2"),
        ("name = \"the shop\"\nedition = 1\n", "\"the shop\" is no name of a package"),
        (
            "name = \"shop\"\nedition = 1\nversion = 3\n",
            "line 3: `version` means nothing here: there are `name`, `edition` and `[dependencies]`",
        ),
        ("name = \"shop\"\nedition = 1\n[dependencies\n", "line 3: "),
        ("name = \"shop\"\nedition = \"1\"\n", "line 2: `edition` is a number"),
        ("name = \"shop\"\nedition = 1\ndependencies = 3\n", "line 3: `dependencies` is a table"),
        (
            "name = \"shop\"\nedition = 1\n[dependencies]\ngeo = \"../geo\"\n",
            "line 4: `geo` is a table with a path: `{ path = \"../shapes\" }`",
        ),
        (
            "name = \"shop\"\nedition = 1\n[dependencies]\ngeo = { git = \"x\" }\n",
            "line 4: `git` means nothing here: there are only `path`s",
        ),
    ] {
        std::fs::write(&manifest, text).expect("writable");
        let ran = run_in(dir.path(), &["check", "shop/main.pluto"]);
        let first = ran.stderr.lines().next().unwrap_or_default();
        assert!(ran.status == 2 && first.contains(said), "{text}: {}", ran.whole());
    }
}

#[test]
fn packages_that_need_each_other() {
    let dir = files(&[
        (
            "a/pluto.toml",
            "name = \"a\"\nedition = 1\n\n[dependencies]\nb = { path = \"../b\" }\nd = { path = \"../d\" }\n",
        ),
        ("a/main.pluto", "fn main() {}\n"),
        ("b/pluto.toml", "name = \"b\"\nedition = 1\n\n[dependencies]\nc = { path = \"../c\" }\n"),
        ("c/pluto.toml", "name = \"c\"\nedition = 1\n\n[dependencies]\nb = { path = \"../b\" }\n"),
        ("d/pluto.toml", "name = \"d\"\nedition = 1\n"),
    ]);
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: packages need each other: b -> c -> b
        hint: one of them has to do without the next
    "#]]
    .assert_eq(&run_in(dir.path(), &["check", "a"]).whole());
}

#[test]
fn a_file_is_checked_with_what_it_imports() {
    let dir = files(&[
        ("a/main.pluto", "import shapes.round\n\nfn main() { print(round.area(1)) }\n"),
        ("a/shapes/round.pluto", "import base\n\npub fn area(r: int) int { r * base.THREE }\n"),
        ("a/base.pluto", "pub const THREE = \"3\"\n"),
        ("a/other.pluto", "fn unused() { nothing() }\n"),
    ]);
    expect![[r#"
        status 1
        --- stdout
        error[E0309]: `*` is not defined for `int` and `string`
         --> a/shapes/round.pluto:3:29
          |
        3 | pub fn area(r: int) int { r * base.THREE }
          |                             ^
        --- stderr
        1 error in 3 files
    "#]]
    .assert_eq(&run_in(dir.path(), &["check", "a/main.pluto"]).whole());
    let typed = run_in(dir.path(), &["check", "--dump", "typed", "a/base.pluto"]);
    expect![[r#"
        status 0
        --- stdout
        module base
        const THREE: string
          "3" : string
        --- stderr
        nothing wrong in 1 file
    "#]]
    .assert_eq(&typed.whole());
}

#[test]
fn help_teaches() {
    // The lines between the values of an option end in spaces, which no editor keeps.
    let help: String =
        run(&["fmt", "--help"]).ok().lines().map(|line| format!("{}\n", line.trim_end())).collect();
    expect![[r#"
        Format programs in the Pluto language

        Usage: pluto fmt [OPTIONS] [PATHS]...

        Arguments:
          [PATHS]...
                  Files, and directories in which all .pluto files are meant; the current directory without
                  one; `-` for standard input

        Options:
              --check
                  Change nothing, and list the files that would change

              --color <WHEN>
                  When to use colour

                  Possible values:
                  - auto:   On a terminal, unless NO_COLOR is set
                  - always: Always
                  - never:  Never

                  [default: auto]

          -h, --help
                  Print help (see a summary with '-h')

        Examples:
          pluto fmt                   all .pluto files below the current directory
          pluto fmt --check           say which files would change, and change none
          pluto fmt - < a.pluto       from standard input to standard output, for editors

        There is one style, and nothing to configure: 4 spaces, lines of 100 characters, a comma
        behind the last element of a list that has several lines. Comments stay, and empty lines, one
        in a row. What stands in braces on one line stays on one line if it fits. A file is written
        whole or not at all; one with syntax errors is left alone.

        Exit status: 0 done; 1 with --check, something would change; 2 a file has syntax errors, or
        Pluto could not do it.
    "#]]
    .assert_eq(&help);
}

#[test]
fn the_standard_library_is_there_and_its_name_is_taken() {
    let dir = files(&[
        ("a/pluto.toml", "name = \"a\"\nedition = 1\n[dependencies]\nb = { path = \"../b\" }\n"),
        ("a/main.pluto", "import b.half\nimport std.math\n\nfn main() { print(half.of(math.PI)) }\n"),
        ("b/pluto.toml", "name = \"b\"\nedition = 1\n"),
        ("b/half.pluto", "import std.math.{trunc}\n\npub fn of(x: float) float { trunc(x / 2.0) }\n"),
    ]);
    let write = |path: &str, text: &str| files_in(dir.path(), [(path, text)]);
    expect![[r#"
        status 0
        --- stdout
        --- stderr
        nothing wrong in 2 files
    "#]]
    .assert_eq(&run_in(dir.path(), &["check", "a"]).whole());
    expect![[r#"
        status 0
        --- stdout
        main.main raises none
        half.of raises none
        --- stderr
        nothing wrong in 2 files
    "#]]
    .assert_eq(&run_in(dir.path(), &["check", "--show", "errors", "a"]).whole());
    assert_eq!(run_in(dir.path(), &["run", "a/main.pluto"]).ok(), "1.0\n");
    assert_eq!(run_in(dir.path(), &["run", "--interpret", "a/main.pluto"]).ok(), "1.0\n");
    write("a/main.pluto", "import std.math\n\nfn main() { print(math.gcd(math.MIN_INT, 0)) }\n");
    expect![[r#"
        status 101
        --- stdout
        --- stderr
        trap: integer overflow
          at std/math.pluto:151:5
          in gcd, std/math.pluto:151:5
          in main, a/main.pluto:3:19
    "#]]
    .assert_eq(&run_in(dir.path(), &["run", "a/main.pluto"]).whole());
    write("a/main.pluto", "import std.mth\n\nfn main() { mth.f() }\n");
    expect![[r#"
        status 1
        --- stdout
        error[E0203]: there is no module `std.mth`
         --> a/main.pluto:1:8
          |
        1 | import std.mth
          |        ^^^^^^^
          |
          = note: the standard library has `std.base64`, `std.chance`, `std.collections`, `std.env`, `std.fs`, `std.hash`, `std.http`, `std.io`, `std.json`, `std.log`, `std.math`, `std.net`, `std.path`, `std.process`, `std.regex`, `std.strings`, `std.supervise`, `std.time` and `std.uuid`
        help: write `std.math`
          |
        1 | import std.math
          |             +
        --- stderr
        1 error in 2 files
    "#]]
    .assert_eq(&run_in(dir.path(), &["check", "a"]).whole());
    write("b/pluto.toml", "name = \"std\"\nedition = 1\n");
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: b/pluto.toml: `std` is the standard library, and no other package is called so
        hint: a dependency may have another name here than it gives itself
    "#]]
    .assert_eq(&run_in(dir.path(), &["check", "b"]).whole());
    write("a/pluto.toml", "name = \"a\"\nedition = 1\n[dependencies]\nstd = { path = \"../b\" }\n");
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: a/pluto.toml: `std` is the standard library, and no other package is called so
        hint: a dependency may have another name here than it gives itself
    "#]]
    .assert_eq(&run_in(dir.path(), &["check", "a"]).whole());
}
