//! The formatter: every construct before and after.

use expect_test::expect_file;
use pluto_syntax::format;

/// Formats a file of `format/` and compares with the one beside it.
fn check(name: &str) {
    let path = format!("{}/tests/format/{name}.pluto", env!("CARGO_MANIFEST_DIR"));
    let source = std::fs::read_to_string(&path).expect("the case is there");
    let formatted = format(&source).expect("the case has no mistake");
    expect_file![path.replace(".pluto", ".formatted.pluto")].assert_eq(&formatted);
    assert_eq!(format(&formatted).as_ref(), Ok(&formatted));
}

#[test]
fn items() {
    check("items");
}

#[test]
fn statements() {
    check("statements");
}

#[test]
fn expressions() {
    check("expressions");
}

#[test]
fn comments() {
    check("comments");
}

#[test]
fn blank_lines() {
    check("blank_lines");
}

#[test]
fn other_ends_of_lines_become_one() {
    assert_eq!(format("fn f() {\r\n    a  \r\n\r\n\tb\r\n}").as_deref(), Ok("fn f() {\n    a\n\n    b\n}\n"));
    assert_eq!(
        format("/* a\r\n   b */\r\nconst A = \"\"\"\r\n    a\r\n    \"\"\"\r\n").as_deref(),
        Ok("/* a\n   b */\nconst A = \"\"\"\n    a\n    \"\"\"\n")
    );
    assert_eq!(format("\u{feff}fn f() {}").as_deref(), Ok("fn f() {}\n"));
    assert_eq!(format(" \n\t\n").as_deref(), Ok(""));
}

#[test]
fn a_broken_file_is_left_alone() {
    let errors = format("fn f( {\n").expect_err("a bracket is missing");
    assert!(!errors.is_empty());
}

/// Long and deep programs: no walk of the formatter goes deeper for a longer one, and none takes time by its square.
#[test]
fn long_programs() {
    let sum = format!("fn f() {{\n    {}\n}}\n", vec!["a"; 100_000].join(" + "));
    let mixed = format!("fn f() {{\n    {}\n}}\n", vec!["a * b ?? c"; 30_000].join(" + "));
    let chain = format!("fn f() {{\n    a{}\n}}\n", ".b(c)!".repeat(100_000));
    let branches = format!("fn f() {{\n    if a {{ b }}{}\n}}\n", " else if a { b }".repeat(30_000));
    let statements = format!("fn f() {{\n{}}}\n", "    let a = g(b, c)\n".repeat(100_000));
    let items = "fn f() {}\n// comment\n".repeat(50_000);
    let elements = format!("const A = [{}]\n", "1, ".repeat(100_000));
    let deep = format!("const A = {}1{}\n", "[".repeat(250), "]".repeat(250));
    let calls = format!("const A = {}1{}\n", "f(() => ".repeat(100), ")".repeat(100));
    for source in [sum, mixed, chain, branches, statements, items, elements, deep, calls] {
        let formatted = format(&source).expect("it has no mistake");
        assert!(formatted.len() >= source.len() / 2);
    }
}
