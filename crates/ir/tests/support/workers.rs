//! Programs run by several workers.

use pluto_codegen::{Limits, Options, compile};
use pluto_ir::Program;
use pluto_ir::interpret::{Outcome, Virtual};

use crate::ways::Heard;

/// How a program ends with two to four workers, and what is heard of it, again and again: each time the same as it is wanted.
pub(crate) fn side_by_side(program: &Program, rounds: usize, wanted: &(Outcome, Heard)) {
    let compiled = compile(program, Options::default()).expect("all of it can be compiled");
    for round in 0..rounds {
        let limits = Limits { workers: 2 + round % 3, zeal: u32::from(round == 0), ..Limits::default() };
        let mut world = Virtual::new(round as u64, Heard::default());
        let ended = compiled.run(limits, &mut world).expect("there is memory");
        assert_eq!(&(ended, world.listener), wanted, "round {round}\n{program}");
    }
}
