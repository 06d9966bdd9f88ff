//! Programs from their text.

use pluto_ir::Program;
use pluto_testcompiler::TestCompiler;

/// The program of a text that is right, which has a `main`.
pub(crate) fn lowered(text: &str) -> Program {
    let checked = TestCompiler::new(text).check();
    let shown = checked.shown();
    let errors: Vec<&str> = shown.lines().filter(|line| line.contains("error[")).collect();
    assert_eq!(errors, Vec::<&str>::new(), "{text}");
    let main = pluto_ir::mains(&checked.program).next().expect("a `main`");
    let lowered = pluto_ir::lower(&checked.program, main).expect("all of it is lowered");
    assert_eq!(pluto_ir::verify(&lowered), Vec::<String>::new());
    lowered
}
