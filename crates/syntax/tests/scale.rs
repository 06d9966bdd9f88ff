//! Texts of sizes and shapes that nobody writes: no stack runs out, and time grows with the text.

use pluto_source::FileId;
use pluto_syntax::{NESTING, Parse, SyntaxError, dump, parse};

/// Texts of a file with one expression, of which only the nesting is wrong.
fn one_nested_too_deep(expression: &str) {
    let parse = parse(&format!("const A = {expression}\nconst B = 1\n"));
    assert_eq!(codes(&parse.errors), ["nested-too-deep"], "{}", &expression[..20]);
    assert_eq!(parse.tree.items.len(), 2);
    dump(&parse.tree, expression);
}

fn codes(errors: &[SyntaxError]) -> Vec<&'static str> {
    errors.iter().map(|error| error.diagnostic(FileId(0)).code.name).collect()
}

const MANY: usize = 100_000;

fn around(open: &str, inner: &str, close: &str) -> String {
    format!("{}{inner}{}", open.repeat(MANY), close.repeat(MANY))
}

#[test]
fn nested_brackets_and_blocks() {
    one_nested_too_deep(&around("(", "1", ")"));
    one_nested_too_deep(&around("[", "1", "]"));
    one_nested_too_deep(&around("f(", "1", ")"));
    one_nested_too_deep(&around("a[", "1", "]"));
    one_nested_too_deep(&around("{ ", "1", " }"));
    one_nested_too_deep(&around("(1, ", "1", ")"));
    one_nested_too_deep(&around("[1: ", "1", "]"));
    one_nested_too_deep(&around("P { a: ", "1", "}"));
    one_nested_too_deep(&around("if a { ", "1", " }"));
    one_nested_too_deep(&around("match a { _ => ", "1", " }"));
    one_nested_too_deep(&around("loop { ", "1", " }"));
    one_nested_too_deep(&around("() => { ", "1", " }"));
    one_nested_too_deep(&around("select { default => ", "1", " }"));
}

#[test]
fn prefixes_without_end() {
    for prefix in [
        "-",
        "~",
        "not ",
        "() => ",
        "return ",
        "raise ",
        "yield ",
        "break ",
        "spawn ",
        "a..(",
        "if a {} else { ",
    ] {
        let text = around(prefix, "1", "");
        let errors = parse(&format!("const A = {text}\n")).errors;
        assert_eq!(errors.len(), 1, "{prefix}: {:?}", codes(&errors));
    }
}

#[test]
fn brackets_that_nothing_closes() {
    for bracket in [
        "(",
        "[",
        "{",
        "f(",
        "a[",
        "P { a: ",
        "match a { _ => ",
        "x = {",
        "f<",
        "fn f() {",
        "class A {",
        "f\"{",
    ] {
        let text = around(bracket, "", "");
        let errors = parse(&format!("fn f() {{\n{text}\n}}\n")).errors;
        assert!(errors.len() <= 300, "{bracket}: {} {:?}", errors.len(), &codes(&errors)[..10]);
    }
}

#[test]
fn brackets_that_close_nothing() {
    for bracket in [")", "]", "}", "\"", "}\n"] {
        let errors = parse(&around("", "", bracket)).errors;
        assert!(!errors.is_empty() && errors.len() <= 1_001, "{bracket}: {}", errors.len());
    }
}

#[test]
fn nested_types_and_patterns() {
    for (open, close) in [("[", "]"), ("(int, ", ")"), ("Map<", ">"), ("fn(", ")"), ("fn() ", "")] {
        let errors = parse(&format!("type A = {}\ntype B = int\n", around(open, "int", close))).errors;
        assert_eq!(codes(&errors), ["nested-too-deep"], "{open}");
    }
    for (open, close) in [("[", "]"), ("(a, ", ")"), ("A(", ")"), ("P { x: ", "}"), ("[1: ", "]")] {
        let errors = parse(&format!("fn f() {{\n  let {} = a\n}}\n", around(open, "b", close))).errors;
        assert_eq!(codes(&errors), ["nested-too-deep"], "{open}");
    }
}

/// What is long, and not deep, has no limit.
#[test]
fn long_chains() {
    let chains = [
        format!("1{}", " + 1".repeat(MANY)),
        format!("a{}", " and a".repeat(MANY)),
        format!("a{}", " ?? a".repeat(MANY)),
        format!("a{}", " catch a".repeat(MANY)),
        format!("a{}", " as int".repeat(MANY)),
        format!("a{}", ".b".repeat(MANY)),
        format!("a{}", "(1)".repeat(MANY)),
        format!("a{}", "[1]".repeat(MANY)),
        format!("a{}", "!".repeat(MANY)),
        format!("a{}", "<int>(1)".repeat(MANY)),
        format!("a{}", ".b(1)!\n".repeat(MANY)),
        format!("if a {{ 1 }}{}", " else if a { 1 }".repeat(MANY)),
        format!("[{}]", "1, ".repeat(MANY)),
        format!("f({})", "x: 1, ".repeat(MANY)),
        format!("match a {{ {} }}", "A => 1, ".repeat(MANY)),
        format!("match a {{ A{} => 1 }}", " | A".repeat(MANY)),
        format!("{{ {} }}", "a\n".repeat(MANY)),
        format!("f\"{}\"", "{a} ".repeat(MANY)),
        format!("\"{}\"", "\\n".repeat(MANY)),
        format!("a {}", "/* b */".repeat(MANY)),
        format!("a /* {} {} */", "/*".repeat(MANY), "*/".repeat(MANY)),
    ];
    for chain in chains {
        let source = format!("const A = {chain}\n");
        let Parse { tree, errors } = parse(&source);
        assert_eq!(errors, [], "{}", &source[..30]);
        assert!(dump(&tree, &source).lines().count() > 2);
    }
    let types = format!("type A = int{}\ntype B = a{}\n", "?".repeat(MANY), ".b".repeat(MANY));
    assert_eq!(parse(&types).errors, []);
}

/// Comparisons that look like type arguments, again and again.
#[test]
fn what_could_be_type_arguments_is_looked_at_once() {
    for text in ["a < ", "a < (", "a < [", "a < b, ", "(a) => (", "(a, ", "f(a < b, c > d) < "] {
        let source = format!("const A = {}\n", text.repeat(MANY));
        assert!(!parse(&source).errors.is_empty());
    }
}

#[test]
fn the_deepest_that_is_allowed() {
    let depth = NESTING as usize - 1;
    let source = format!("const A = {}1{}\n", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(parse(&source).errors, []);
    let source = format!("const A = {}1{}\n", "(".repeat(depth + 1), ")".repeat(depth + 1));
    assert_eq!(codes(&parse(&source).errors), ["nested-too-deep"]);
}

#[test]
fn ten_megabytes() {
    let whole = include_str!("programs/whole.pluto").split_once('\n').expect("lines").1;
    let source = whole.repeat(10_000_000 / whole.len() + 1);
    let parse_of = |source: &str| {
        let Parse { tree, errors } = parse(source);
        (tree.items.len(), errors.len())
    };
    let (items, errors) = parse_of(&source);
    assert_eq!((items > 10_000, errors), (true, 0));
    let rubbish = "§ )( a b { ] \"\n f\"{ ".repeat(500_000);
    assert_eq!(parse_of(&rubbish).1, 1_001);
    assert_eq!(parse_of(&"§ a § b".repeat(1_000_000)).1, 1_001);
    assert_eq!(parse_of(&"a".repeat(10_000_000)).1, 1);
    assert_eq!(parse_of(&"\u{200b}".repeat(3_000_000)).1, 1);
}
