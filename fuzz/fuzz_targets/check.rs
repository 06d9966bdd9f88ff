//! Any text, parsed and checked: a typed program whose ids fit, and errors that can be shown. What begins with
//! a zero byte is the choices of changes to a program of the corpus. The byte behind that says whether changes are left out that
//! make a syntax error: the inputs that are kept as new would have more and more of them.

#![no_main]

#[path = "../../crates/check/tests/generate/change.rs"]
mod change;
#[path = "../tally.rs"]
mod tally;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pluto_check::Input;
use pluto_source::{File, Files};

const CASES: &[&str] = &[
    include_str!("../../crates/check/tests/cases/concurrency.txt"),
    include_str!("../../crates/check/tests/cases/contracts.txt"),
    include_str!("../../crates/check/tests/cases/errors.txt"),
    include_str!("../../crates/check/tests/cases/generics.txt"),
    include_str!("../../crates/check/tests/cases/injection.txt"),
    include_str!("../../crates/check/tests/cases/modules.txt"),
    include_str!("../../crates/check/tests/cases/mutability.txt"),
    include_str!("../../crates/check/tests/cases/names.txt"),
    include_str!("../../crates/check/tests/cases/patterns.txt"),
    include_str!("../../crates/check/tests/cases/types.txt"),
];

static CORPUS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let cases = CASES.iter().flat_map(|file| file.split("## ").skip(1));
    let source = |case: &str| case.split_once("----").and_then(|(case, _)| case.split_once('\n')).map(|(_, s)| s.to_owned());
    // One takes as long as a `match` may take: what is changed in it would be most of the time, and says nothing more.
    cases.filter_map(source).filter(|source| source.len() < 4_000).collect()
});

fn check(text: &str) {
    let mut files = Files::new();
    let file = files.add(File::new("main.pluto", text));
    let parse = pluto_syntax::parse(text);
    let checked = pluto_check::check(&Input::new(&files).with("main", file, &parse));
    let invalid = if parse.errors.is_empty() {
        pluto_check::validate(&checked)
    } else {
        pluto_check::validate_untyped(&checked)
    };
    assert!(invalid.is_empty(), "{text}\n{invalid:?}");
    let _ = checked.diagnostics();
    tally::count(parse.errors.is_empty());
}

fuzz_target!(|bytes: &[u8]| {
    if let [0, kind, choices @ ..] = bytes {
        let any = kind % 4 == 3;
        let keep = |text: &str| any || pluto_syntax::parse(text).errors.is_empty();
        // More changes only make an input slower: each costs reading all tokens.
        check(&change::changed(&CORPUS, choices.get(..60).unwrap_or(choices), keep));
    } else if let Ok(text) = std::str::from_utf8(bytes) {
        check(text);
    } else {
        tally::count(false);
    }
});
