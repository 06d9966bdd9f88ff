//! Programs lowered and run, each way.

use pluto_codegen::{Limits, compile};
use pluto_ir::Program;
use pluto_ir::interpret::{self, Outcome};
use pluto_testcompiler::TestCompiler;

/// The program of some files; nothing where it cannot be lowered yet, or has no `main`.
pub(crate) fn lowered(files: impl IntoIterator<Item = (String, String)>) -> Option<Program> {
    let checked = TestCompiler::of_files(files).check();
    let main = pluto_ir::mains(&checked.program).next()?;
    pluto_ir::lower(&checked.program, main).ok()
}

/// How the interpreter ends, and what it prints.
pub(crate) fn interpreted(program: &Program) -> (Outcome, String) {
    let mut out = String::new();
    let main = program.main.expect("it was asked for");
    let ended = interpret::run(program, main, interpret::Limits::default(), &mut |line| add(&mut out, line));
    (ended, out)
}

pub(crate) fn native(program: &Program) -> (Outcome, String) {
    native_within(program, Limits::default())
}

/// The same with everything moved at each allocation.
pub(crate) fn zealous(program: &Program) -> (Outcome, String) {
    native_within(program, Limits { zeal: true, ..Limits::default() })
}

pub(crate) fn native_within(program: &Program, limits: Limits) -> (Outcome, String) {
    let compiled = compile(program, None).expect("all of it can be compiled");
    let mut out = String::new();
    let mut say = |line: &str| {
        add(&mut out, line);
        true
    };
    let ended = compiled.run(limits, &mut say).expect("there is memory");
    (ended, out)
}

fn add(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}
