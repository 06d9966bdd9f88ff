//! Every kind of token and trivia.

use std::fmt::Write;

use expect_test::expect_file;
use pluto_source::{FileId, Span};
use pluto_syntax::lex;
use pluto_syntax::token::Kind;

const EVERY: &str = include_str!("tokens/every.pluto");

#[test]
fn tokens_and_their_texts() {
    let (tokens, errors) = lex(EVERY);
    let mut out = String::new();
    let ends = tokens.iter().skip(1).map(|token| token.start).chain([EVERY.len() as u32]);
    for (token, end) in tokens.iter().zip(ends) {
        let text = Span::new(token.start, end).of(EVERY);
        // White space would be most of it.
        if token.kind != Kind::Whitespace || !text.trim_matches(' ').is_empty() {
            writeln!(out, "{:?} {text:?}", token.kind).expect("a string");
        }
    }
    for error in errors {
        let message = error.diagnostic(FileId(0)).message;
        writeln!(out, "{:?}: {message}", error.span.of(EVERY)).expect("a string");
    }
    expect_file!["tokens/every.tokens"].assert_eq(&out);
}

#[test]
fn every_kind_is_there() {
    let (tokens, _) = lex(EVERY);
    let missing: Vec<Kind> =
        Kind::ALL.iter().copied().filter(|kind| tokens.iter().all(|token| token.kind != *kind)).collect();
    assert_eq!(missing, []);
}

#[test]
fn keywords_and_nothing_else_are_keywords() {
    for kind in Kind::ALL {
        let word = kind.shown().trim_matches('`');
        let is_word = word.bytes().all(|byte| byte.is_ascii_lowercase());
        let (tokens, _) = lex(word);
        assert_eq!(kind.is_keyword(), is_word && tokens[0].kind == *kind, "{kind:?}");
    }
}
