//! Random programs print what they must, interpreted, compiled, and compiled with everything moved at each allocation.

#[path = "support/coverage.rs"]
mod coverage;
#[path = "support/running.rs"]
mod support;

use coverage::unsupported;
use expect_test::expect;
use pluto_ir::interpret::Outcome;
use pluto_testcompiler::generate::{Choices, FEATURES, Feature, Program, program_of, program_of_size};
use support::{interpreted, lowered, native, zealous};

/// What in a program has no native code yet. One that has prints what it must.
fn missing(made: &Program) -> Option<String> {
    let text: String = made.files.iter().map(|(path, text)| format!("--- {path}\n{text}")).collect();
    let program = lowered(made.files.clone()).expect("all of it is lowered");
    if let Some(what) = unsupported(&program) {
        return Some(what);
    }
    let wanted = (Outcome::Finished, made.output.clone());
    assert_eq!(interpreted(&program), wanted, "{text}\n{program}");
    assert_eq!(native(&program), wanted, "{text}\n{program}");
    assert_eq!(zealous(&program), wanted, "{text}\n{program}");
    None
}

#[test]
fn features_together() {
    let (mut features, mut told): (Vec<Feature>, String) = Default::default();
    for feature in FEATURES.iter().copied().flatten() {
        let mut programs = (0..20).map(|seed| program_of_size(&[*feature], 1, &mut Choices::seeded(seed)));
        match programs.find_map(|made| missing(&made)) {
            Some(what) => told.push_str(&format!("{}: {what}\n", feature.name)),
            None => features.push(*feature),
        }
    }
    expect![[r#"
        defer: defer
        generators: stream.next
        spawn and get: spawn
        scope: spawn actor
        channels: chan
        select: chan
        actors: spawn actor
        later: spawn actor
        messages are copies: chan
        failing tasks: spawn
        cancel and detach: chan
    "#]]
    .assert_eq(&told);
    for seed in 0..200 {
        assert_eq!(missing(&program_of(&features, &mut Choices::seeded(seed))), None, "seed {seed}");
    }
}
