//! Patterns as people write them: what is read, what is refused, and how both are shown.

#[path = "generate/strategies.rs"]
mod strategies;

use expect_test::expect_file;
use pluto_matchspec::{Direction, Pattern, Predicate, Spelling, compile_message, parse, parse_message};
use proptest::prelude::*;
use std::fmt::Write as _;

/// Patterns, one a line.
const PATTERNS: &str = include_str!("patterns/cases.txt");

fn describe(pattern: &Pattern) -> String {
    let mut out = format!("  {pattern}\n");
    let name = pattern.function.as_ref().map_or("every function".to_owned(), |f| format!("{f:?}"));
    let arity = pattern.arity.map_or("every arity".to_owned(), |arity| format!("arity {arity}"));
    writeln!(out, "  {:?}, {name}, {arity}", pattern.module).expect("a string");
    for guard in Predicate::of(pattern).iter().flat_map(Predicate::guards) {
        writeln!(out, "  | {guard:?}").expect("a string");
    }
    out
}

#[test]
fn every_spelling_and_every_mistake() {
    let mut out = String::new();
    for text in PATTERNS.lines() {
        let shown = match parse(text) {
            Ok(pattern) => describe(&pattern),
            Err(error) => error.render(text).lines().map(|line| format!("  {line}\n")).collect(),
        };
        write!(out, "{text}\n{shown}\n").expect("a string");
    }
    expect_file!["patterns/expected.txt"].assert_eq(&out);
}

/// What a message must look like.
const MESSAGES: &[&str] = &[
    "_",
    "{order, N} when N > 10",
    "{'$gen_call', _, {charge, _, Amount}} when Amount > 100",
    "{:order, n} when n > 10",
    "{:ok, %{}}",
    "{order, N} if N > 10",
    "{order, N when N > 10",
    "{order, N} when M > 10",
    "{order} -> return",
    "order/2",
    "",
];

#[test]
fn messages_and_mistakes_in_them() {
    let mut out = String::new();
    for text in MESSAGES {
        let shown = match parse_message(text) {
            Ok(pattern) => format!("  {:?}\n", compile_message(Direction::Send, None, &[pattern])),
            Err(error) => error.render(text).lines().map(|line| format!("  {line}\n")).collect(),
        };
        write!(out, "{text}\n{shown}\n").expect("a string");
    }
    expect_file!["patterns/messages.txt"].assert_eq(&out);
}

#[test]
fn too_much_of_anything_is_refused() {
    let deep = format!("a:b(X) when {}X > 1{}", "(".repeat(5_000), ")".repeat(5_000));
    let tuple = format!("a:b({}{})", "{".repeat(5_000), "}".repeat(5_000));
    let not = format!("a:b(X) when {}X", "not ".repeat(1_500));
    let minus = format!("a:b(X) when {}X > 1", "- ".repeat(1_500));
    let fields = format!("a:b(X) when X{} > 1", ".a".repeat(900));
    let sum = format!("a:b(X) when X{} > 1", " + 1".repeat(900));
    let guard = format!("{{a,b,[{{['$1'],[{}'$1'{}],[]}}]}}", "{'not',".repeat(400), "}".repeat(400));
    let long = "a".repeat(100_000);
    let arguments = format!("a:b({}_)", "_,".repeat(256));
    for text in
        [deep, tuple, not, minus, fields, sum, guard, long, arguments, format!("a:{}", "b".repeat(256))]
    {
        let error = parse(&text).expect_err("refused");
        assert!(error.position <= text.len());
        assert!(error.render(&text).contains("malformed pattern"));
    }
}

proptest! {
    #[test]
    fn printing_and_parsing_agree(pattern in strategies::pattern()) {
        let text = pattern.to_string();
        let again = parse(&text).map_err(|error| TestCaseError::fail(error.render(&text)))?;
        prop_assert_eq!(again, pattern, "{}", text);
    }

    #[test]
    fn no_text_is_too_odd(text in "\\PC{0,40}") {
        if let Err(error) = parse(&text) {
            prop_assert!(error.render(&text).starts_with("malformed pattern"));
        }
    }

    #[test]
    fn no_sequence_of_tokens_is_too_odd(tokens in prop::collection::vec(token(), 0..20)) {
        let text = format!("{}{}", if tokens.len() % 2 == 0 { "a:b(X) when " } else { "" }, tokens.concat());
        match parse(&text) {
            Ok(pattern) => {
                let mut again = parse(&pattern.to_string()).map_err(|error| TestCaseError::fail(error.render(&text)))?;
                again.spelling = pattern.spelling;
                let shown = if pattern.spelling == Spelling::Recon { String::new() } else { pattern.to_string() };
                if !shown.is_empty() {
                    prop_assert_eq!(again, pattern, "{}", text);
                }
            }
            Err(error) => {
                prop_assert!(error.render(&text).starts_with("malformed pattern"));
            }
        }
    }
}

fn token() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "shop",
        ":",
        ".",
        "place",
        "/",
        "2",
        "(",
        ")",
        "X",
        "_",
        ",",
        " when ",
        " > ",
        "10",
        " and ",
        " or ",
        " not ",
        "{",
        "}",
        "[",
        "]",
        "'$1'",
        "'_'",
        "->",
        "return",
        "\"s\"",
        "MyApp",
        "-",
        " + ",
        " == ",
        "is_atom(",
        "hd(",
        "<<",
        ">>",
        "1.5",
        "element(1, ",
        "elem(x, 0)",
        "x",
        "''",
        "return_trace",
        "fun(",
        " end",
    ])
}
