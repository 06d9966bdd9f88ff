//! Programs lowered and run, each way.

use pluto_codegen::{Limits, Options, compile};
use pluto_ir::Program;
use pluto_ir::interpret::{self, Failure, Listener, Outcome, Trapped, Virtual, run_in};
use pluto_ir::program::Location;
use pluto_testcompiler::TestCompiler;

/// The program of some files; nothing where it cannot be lowered yet, or has no `main`.
pub(crate) fn lowered(files: impl IntoIterator<Item = (String, String)>) -> Option<Program> {
    let checked = TestCompiler::of_files(files).check();
    let main = pluto_ir::mains(&checked.program).next()?;
    pluto_ir::lower(&checked.program, main).ok()
}

/// Writes down all that it hears.
#[derive(Default)]
struct Heard {
    text: String,
}

impl Heard {
    fn say(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }
}

impl Listener for Heard {
    fn print(&mut self, line: &str) -> bool {
        self.say(line);
        true
    }

    fn debug(&mut self, shown: &str, at: Location) {
        self.say(&format!("debug: {shown} {at:?}"));
    }

    fn trapped(&mut self, task: &str, trapped: &Trapped) {
        self.say(&format!("{task}: {trapped:?}"));
    }

    fn failed(&mut self, task: &str, failure: &Failure) {
        self.say(&format!("{task}: {failure:?}"));
    }
}

/// How the interpreter ends, and what it says.
pub(crate) fn interpreted(program: &Program) -> (Outcome, String) {
    let mut world = Virtual::new(0, Heard::default());
    let main = program.main.expect("it was asked for");
    let ended = run_in(program, main, interpret::Limits::default(), &mut world);
    (ended, world.listener.text)
}

pub(crate) fn native(program: &Program) -> (Outcome, String) {
    native_within(program, Limits::default())
}

/// The same with everything moved at each allocation.
pub(crate) fn zealous(program: &Program) -> (Outcome, String) {
    native_within(program, Limits { zeal: 1, ..Limits::default() })
}

pub(crate) fn native_within(program: &Program, limits: Limits) -> (Outcome, String) {
    let compiled = compile(program, Options::default()).expect("all of it can be compiled");
    let mut world = Virtual::new(0, Heard::default());
    let ended = compiled.run(limits, &mut world).expect("there is memory");
    (ended, world.listener.text)
}
