//! Any text: its tokens are all of it, and each has its text.

#![no_main]

#[path = "../../crates/syntax/tests/generate/sound.rs"]
#[expect(dead_code, reason = "only the tokens are looked at")]
mod sound;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| sound::covers(text));
