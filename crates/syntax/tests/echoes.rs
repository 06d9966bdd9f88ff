//! One mistake is one error: how many errors the program of the whole language has after each change of one token.

use std::collections::BTreeMap;

use expect_test::expect;
use pluto_syntax::{lex, parse};

/// What is put before a token, each once.
const INSERTED: [&str; 14] = [")", "}", "(", "{", "let", "=", "1", "a", "\"", "=>", "if", ",", ".", ":"];

fn one_token_changed() -> impl Iterator<Item = String> {
    let source = include_str!("programs/whole.pluto");
    let (tokens, _) = lex(source);
    let spans: Vec<(usize, usize)> = tokens
        .windows(2)
        .filter(|pair| !pair[0].kind.is_trivia())
        .map(|pair| (pair[0].start as usize, pair[1].start as usize))
        .collect();
    spans.into_iter().flat_map(move |(start, end)| {
        let (before, behind) = (&source[..start], &source[end..]);
        let changed = [format!("{before}{behind}"), format!("{before}=={behind}")];
        let inserted = INSERTED.map(|text| format!("{before}{text} {}", &source[start..]));
        changed.into_iter().chain(inserted)
    })
}

#[test]
fn a_mistake_has_few_echoes() {
    let mut programs: BTreeMap<usize, usize> = BTreeMap::new();
    for text in one_token_changed() {
        *programs.entry(parse(&text).errors.len()).or_default() += 1;
    }
    let table: Vec<String> =
        programs.iter().map(|(errors, programs)| format!("{errors} errors: {programs} programs\n")).collect();
    expect![[r#"
        0 errors: 1860 programs
        1 errors: 17111 programs
        2 errors: 1201 programs
        3 errors: 126 programs
        4 errors: 22 programs
    "#]]
    .assert_eq(&table.concat());
}

/// Lines with one mistake each.
const MISTAKES: [&str; 12] = [
    "    let = 1",
    "    a +",
    "    f(1 2)",
    "    a b",
    "    \"text",
    "    if { }",
    "    let a",
    "    x = (1, 2",
    "    [1, 2))",
    "    match a { A 1 }",
    "    f\"{a b}\"",
    "    raise",
];

/// Mistakes on lines of their own are told apart: each is said, and once.
#[test]
fn no_mistake_hides_another() {
    let source = include_str!("programs/whole.pluto");
    // Before a `let`, which goes on with nothing.
    let before_let = |line: &str| line.starts_with("    let ") && !line.contains("y: other");
    for mistake in MISTAKES {
        let mut text = String::new();
        let mut wanted = Vec::new();
        for line in source.lines() {
            if before_let(line) {
                text.push_str(mistake);
                text.push('\n');
                wanted.push(text.lines().count());
            }
            text.push_str(line);
            text.push('\n');
        }
        assert!(wanted.len() > 10);
        let line = |at: u32| text[..at as usize].lines().count().max(1);
        let found: Vec<usize> = parse(&text).errors.iter().map(|error| line(error.span.end)).collect();
        assert_eq!(found, wanted, "{mistake}");
    }
}
