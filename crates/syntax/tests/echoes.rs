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
        0 errors: 1864 programs
        1 errors: 17104 programs
        2 errors: 1216 programs
        3 errors: 115 programs
        4 errors: 21 programs
    "#]]
    .assert_eq(&table.concat());
}
