//! Trace patterns typed by a user, in any spelling: reading and compiling do not panic, and an error can be shown on its
//! text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pluto_matchspec::{Level, Otp, Sampling, Timing, compile, parse};

fuzz_target!(|input: (u8, &str)| {
    let (choice, text) = input;
    let pattern = match parse(text) {
        Ok(pattern) => pattern,
        Err(error) => {
            let _shown = error.render(text);
            return;
        }
    };
    let level = [Level::Calls, Level::Returns, Level::Full][usize::from(choice % 3)];
    let timing = [Timing::Off, Timing::ReturnTo, Timing::ReturnTrace][usize::from(choice / 3 % 3)];
    let otp = [Otp::OLDEST, Otp(27), Otp(29)][usize::from(choice / 9 % 3)];
    let sampling = [Sampling::None, Sampling::OneIn(7), Sampling::PerSecond(7)][usize::from(choice / 27 % 3)];
    for arity in [0, 2, 6] {
        // What does not go together is refused, and that is an answer too.
        let _compiled = compile(&pattern, arity, level, timing, otp, sampling);
    }
});
