//! Regular expressions. Compiled ones are kept for a while, since programs have them as texts.

use std::cell::RefCell;

use regex::{Captures, Regex, RegexBuilder};

/// Bytes that a compiled expression takes, and the tables that are built while it looks, at most.
const SIZE: usize = 1 << 20;
/// How many are kept.
const KEPT: usize = 32;

crate::function::table! {
    outside: false;
    "std.regex.host_check" = |_, pattern: &str| with(pattern, |_| ()).err();
    "std.regex.host_names" = |_, pattern: &str| with(pattern, names).unwrap_or_default();
    "std.regex.host_is_match" = |_, pattern: &str, text: &str| {
        with(pattern, |regex| regex.is_match(text)).unwrap_or(false)
    };
    "std.regex.host_find" = |_, pattern: &str, text: &str, most: i64| {
        with(pattern, |regex| find(regex, text, most)).unwrap_or_default()
    };
    "std.regex.host_replace" = |_, pattern: &str, text: &str, by: &str, most: i64| {
        let most = usize::try_from(most).unwrap_or(0);
        with(pattern, |regex| regex.replacen(text, most, by).into_owned()).unwrap_or_default()
    };
    "std.regex.host_escape" = |_, text: &str| regex::escape(text);
}

/// Does something with an expression, or says what is wrong with it.
fn with<T>(pattern: &str, act: impl FnOnce(&Regex) -> T) -> Result<T, String> {
    thread_local! {
        static KNOWN: RefCell<Vec<Regex>> = const { RefCell::new(Vec::new()) };
    }
    KNOWN.with_borrow_mut(|known| {
        // What was used last stands last.
        let regex = match known.iter().position(|regex| regex.as_str() == pattern) {
            Some(at) => known.remove(at),
            None => RegexBuilder::new(pattern)
                .size_limit(SIZE)
                .dfa_size_limit(SIZE)
                .build()
                .map_err(|error| why(&error))?,
        };
        if known.len() >= KEPT {
            known.remove(0);
        }
        let done = act(&regex);
        known.push(regex);
        Ok(done)
    })
}

/// What is wrong with an expression, in a line: what the parser says begins with the expression and marks under it.
fn why(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default().trim();
            last.strip_prefix("error: ").unwrap_or(last).to_owned()
        }
    }
}

/// The names of the groups, empty where one has none; without that of the whole.
fn names(regex: &Regex) -> Vec<String> {
    regex.capture_names().skip(1).map(|name| name.unwrap_or_default().to_owned()).collect()
}

/// All matches, each as a row: where it begins and ends in characters, its text, and of each group whether it is there, and its text.
fn find(regex: &Regex, text: &str, most: i64) -> Vec<String> {
    let most = usize::try_from(most).unwrap_or(0);
    let mut out = Vec::new();
    let (mut byte, mut character) = (0, 0);
    let mut place = |at: usize| {
        character += text.get(byte..at).unwrap_or_default().chars().count();
        byte = at;
        character.to_string()
    };
    for found in regex.captures_iter(text).take(most) {
        let Some(whole) = found.get(0) else { continue };
        out.extend([place(whole.start()), place(whole.end()), whole.as_str().to_owned()]);
        out.extend(groups(&found));
    }
    out
}

fn groups(found: &Captures<'_>) -> Vec<String> {
    let groups = found.iter().skip(1).flat_map(|group| {
        let there = if group.is_some() { "1" } else { "" };
        [there.to_owned(), group.map_or(String::new(), |group| group.as_str().to_owned())]
    });
    groups.collect()
}
