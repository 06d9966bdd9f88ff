//! What holds of every random program.

use pluto_testcompiler::TestCompiler;
use pluto_testcompiler::generate::{Choices, program};

/// The parser and the checker have nothing to say about it, not even a warning, and its typed program is sound.
#[test]
fn random_programs_check() {
    for seed in 0..1_000 {
        let made = program(&mut Choices::seeded(seed));
        let texts: String = made.files.iter().map(|(path, text)| format!("--- {path}\n{text}")).collect();
        let said = TestCompiler::of_files(made.files).check().shown();
        assert!(said.is_empty(), "seed {seed}:\n{said}{texts}");
    }
}
