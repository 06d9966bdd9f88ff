//! The laws of the formatter, of one program.

use pluto_syntax::token::{Kind, Token};
use pluto_syntax::{dump, format, lex, parse};

/// The tokens and trivia of a text.
pub(crate) fn texts(source: &str) -> Vec<(Token, &str)> {
    let (tokens, _) = lex(source);
    let ends = tokens.iter().skip(1).map(|next| next.start as usize).collect::<Vec<_>>();
    tokens.iter().zip(ends).map(|(token, end)| (*token, &source[token.start as usize..end])).collect()
}

/// What is no trivia, without commas, which are added and left out.
fn words(source: &str) -> String {
    let words = texts(source).into_iter();
    words
        .filter(|(token, _)| !token.kind.is_trivia() && token.kind != Kind::Comma)
        .map(|(_, text)| text)
        .collect()
}

fn comments(source: &str) -> Vec<&str> {
    let comments = texts(source).into_iter().filter(|(token, _)| token.kind.is_comment());
    comments.map(|(_, text)| text.trim_end()).collect()
}

/// A tree as text without the places, which end its lines.
fn shape(dump: &str) -> Vec<&str> {
    dump.lines().map(|line| line.rsplit_once(' ').map_or(line, |(what, _)| what)).collect()
}

/// Checks all laws of a program without errors; what is broken of them.
pub(crate) fn check(source: &str) -> Result<(), String> {
    let before = parse(source);
    let formatted = format(source).map_err(|errors| format!("{errors:?}"))?;
    let after = parse(&formatted);
    let told = |what: &str| Err(format!("{what}\n--- source\n{source}\n--- formatted\n{formatted}\n"));
    if !after.errors.is_empty() {
        return told(&format!("{:?}", after.errors));
    }
    if words(source) != words(&formatted) {
        return told("other tokens");
    }
    if comments(source) != comments(&formatted) {
        return told("other comments");
    }
    let (one, other) = (dump(&before.tree, source), dump(&after.tree, &formatted));
    if let Some((one, other)) = shape(&one).iter().zip(shape(&other)).find(|(one, other)| *one != other) {
        return told(&format!("another tree: {one:?} became {other:?}"));
    }
    let again = format(&formatted).map_err(|errors| format!("{errors:?}"))?;
    if again != formatted {
        return told(&format!("a second time gives\n{again}"));
    }
    Ok(())
}
