//! Programs run in each way that there is, which must all do the same.

use std::fmt::Write as _;

use pluto_codegen::{Options, compile};
use pluto_ir::Program;
use pluto_ir::interpret::{self, Failure, Listener, Outcome, Trapped, Virtual, run_in};
use pluto_ir::program::Location;

/// Writes down all that it hears.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// For people.
    pub(crate) text: String,
    /// All of it.
    all: String,
}

impl Heard {
    fn say(&mut self, text: &str, all: &str) {
        // Writing to a string cannot fail.
        let _infallible = writeln!(self.text, "{text}");
        self.all.push_str(all);
    }
}

impl Listener for Heard {
    fn print(&mut self, line: &str) -> bool {
        self.say(line, "");
        true
    }

    fn debug(&mut self, shown: &str, at: Location) {
        self.say(&format!("debug: {shown}"), &format!("{at:?}"));
    }

    fn trapped(&mut self, task: &str, trapped: &Trapped) {
        self.say(&format!("{task}: trap: {}", trapped.why), &format!("{trapped:?}"));
    }

    fn failed(&mut self, task: &str, failure: &Failure) {
        self.say(&format!("{task}: error: {}", failure.error), &format!("{failure:?}"));
    }
}

/// How a program ends and what is heard of it, with a seed: interpreted, compiled, and compiled with everything moved at each
/// allocation.
pub(crate) fn each_way(program: &Program, limits: interpret::Limits, seed: u64) -> (Outcome, Heard) {
    ways(program, limits, seed, &[false, true])
}

/// The same without moving everything at each allocation where `zeals` has no such, which takes long where much is alive.
pub(crate) fn ways(
    program: &Program,
    limits: interpret::Limits,
    seed: u64,
    zeals: &[bool],
) -> (Outcome, Heard) {
    let mut world = Virtual::new(seed, Heard::default());
    let ended = run_in(program, program.main.expect("it was asked for"), limits, &mut world);
    let wanted = (ended, world.listener);
    let compiled = compile(program, Options::default()).expect("all of it can be compiled");
    for zeal in zeals.iter().copied() {
        let mut world = Virtual::new(seed, Heard::default());
        let limits = pluto_codegen::Limits { zeal: u32::from(zeal), ..pluto_codegen::Limits::default() };
        let ended = compiled.run(limits, &mut world).expect("there is memory");
        assert_eq!((ended, world.listener), wanted, "native, zeal {zeal}, seed {seed}\n{program}");
    }
    wanted
}
