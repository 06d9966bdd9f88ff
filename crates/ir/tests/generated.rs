//! Random programs print what they must: the generator knows each output while it writes the program.

#[path = "support/ways.rs"]
mod ways;

use std::collections::BTreeMap;

use expect_test::expect;
use pluto_ir::interpret::{Limits, Outcome};
use pluto_testcompiler::TestCompiler;
use pluto_testcompiler::generate::{Choices, FEATURES, Feature, Program, program_of, program_of_size};
use ways::each_way;

/// Why a program is not run: what cannot be lowered yet. What is run prints what it must.
fn missing(made: &Program) -> Option<String> {
    let text: String = made.files.iter().map(|(path, text)| format!("--- {path}\n{text}")).collect();
    let checked = TestCompiler::of_files(made.files.clone()).check();
    // What does not begin in a `main` begins in an app.
    let Some(main) = pluto_ir::mains(&checked.program).next() else { return Some("an app".to_owned()) };
    let lowered = match pluto_ir::lower(&checked.program, main) {
        Ok(lowered) => lowered,
        Err(missing) => return Some(missing.what),
    };
    let wrong = pluto_ir::verify(&lowered);
    assert!(wrong.is_empty(), "{wrong:#?}\n{text}\n{lowered}");
    let (ended, heard) = each_way(&lowered, Limits::default(), 0);
    // What is heard of tasks that trap is no output.
    let printed: String =
        heard.text.split_inclusive('\n').filter(|line| !line.contains(": trap: ")).collect();
    assert_eq!((ended, printed), (Outcome::Finished, made.output.clone()), "{text}");
    None
}

/// Programs of one feature each. Those that cannot be lowered yet are told with what they need.
#[test]
fn each_feature_by_itself() {
    let mut told: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for feature in FEATURES.iter().copied().flatten() {
        let mut programs = (0..20).map(|seed| program_of_size(&[*feature], 1, &mut Choices::seeded(seed)));
        if let Some(what) = programs.find_map(|made| missing(&made)) {
            told.entry(what).or_default().push(feature.name);
        }
    }
    let told: String =
        told.iter().map(|(what, features)| format!("{what}: {}\n", features.join(", "))).collect();
    expect![""].assert_eq(&told);
}

/// Programs of many features, of those that can be lowered.
#[test]
fn features_together() {
    let works = |feature: &&Feature| {
        (0..20).all(|seed| missing(&program_of_size(&[**feature], 1, &mut Choices::seeded(seed))).is_none())
    };
    let features: Vec<Feature> = FEATURES.iter().copied().flatten().filter(works).copied().collect();
    assert!(features.len() > 40, "{}", features.len());
    // `cargo xtask fuzz compile` runs as many as are asked for.
    for seed in 0..250 {
        let made = program_of(&features, &mut Choices::seeded(seed));
        assert_eq!(missing(&made), None, "seed {seed}");
    }
}
