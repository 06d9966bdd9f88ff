//! Any program: the formatter loses nothing, keeps the tree, and changes nothing a second time. What begins with a zero byte is the
//! choices of a program that has no error.

#![no_main]

#[path = "../../crates/syntax/tests/generate/program.rs"]
mod generate;
#[path = "../../crates/syntax/tests/format_laws/laws.rs"]
mod laws;

use libfuzzer_sys::fuzz_target;
use pluto_syntax::parse;

fuzz_target!(|bytes: &[u8]| {
    let source = match bytes.split_first() {
        Some((0, choices)) => generate::program(choices),
        _ => match std::str::from_utf8(bytes) {
            Ok(source) => source.to_owned(),
            Err(_) => return,
        },
    };
    let parsed = parse(&source);
    if parsed.errors.is_empty() {
        laws::check(&source).unwrap_or_else(|broken| panic!("{broken}"));
    }
});
