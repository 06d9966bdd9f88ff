//! Programs from their text.

use pluto_ir::Program;
use pluto_testcompiler::TestCompiler;

use super::support::lowered;

/// The program of a text that can be lowered.
pub(crate) fn program(text: &str) -> Program {
    let checked = TestCompiler::new(text).check();
    assert_eq!(checked.shown(), "", "{text}");
    lowered([("main.pluto".to_owned(), text.to_owned())]).expect("all of it can be lowered")
}
