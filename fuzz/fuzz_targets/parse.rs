//! Any text: a tree whose spans fit, and errors that can be shown. What begins with a zero byte is the choices of a program that has
//! no error.

#![no_main]

#[path = "../../crates/syntax/tests/generate/program.rs"]
mod generate;
#[path = "../../crates/syntax/tests/generate/sound.rs"]
#[expect(dead_code, reason = "the target `lex` looks at the tokens")]
mod sound;

use libfuzzer_sys::fuzz_target;
use pluto_syntax::parse;

fuzz_target!(|bytes: &[u8]| {
    if let Some((0, choices)) = bytes.split_first() {
        // Enough for every construct; longer ones are only slower.
        let source = generate::program(choices.get(..500).unwrap_or(choices));
        let parse = parse(&source);
        assert!(parse.errors.is_empty(), "{source}\n{:?}", parse.errors);
        sound::sound(&source, &parse);
    } else if let Ok(source) = std::str::from_utf8(bytes) {
        sound::sound(source, &parse(source));
    }
});
