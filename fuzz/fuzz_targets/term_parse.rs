//! Text of a term: whatever it is, an error or a term that prints to text that reads back.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pluto_term::{PrintLimits, Syntax, parse};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for syntax in [Syntax::Erlang, Syntax::Elixir] {
        match parse(text, syntax) {
            Ok(term) => {
                let printed = term.display(syntax, &PrintLimits::NONE).to_string();
                let back = parse(&printed, syntax);
                assert_eq!(back.as_ref(), Ok(&term), "{text:?} printed as {printed:?}");
            }
            Err(error) => assert!(error.at <= text.len()),
        }
    }
});
