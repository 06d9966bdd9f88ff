//! Where compiled code lets other tasks have their turn: in loops and at the beginning of functions that call others, where a program
//! has several tasks at all, or is to be cut off.
//!
//! A loop counts down in a register and asks the run-time system when that is at its end. Functions count in the task, one for each
//! call, so that a loop of short loops comes to an end as well.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, types as clif};
use cranelift_module::Module;
use pluto_ir::Intrinsic as I;
use pluto_ir::program::{End, Function, Inst, Lane, Program};
use pluto_runtime::{field, operation};

use crate::body::{Body, Part};
use crate::error::Error;

/// Rounds of a loop until it asks.
const ROUNDS: i64 = 1_000;

/// Whether a program has several tasks.
pub(crate) fn has_tasks(program: &Program) -> bool {
    let insts = program.functions.iter().flat_map(|function| &function.blocks).flat_map(|block| &block.insts);
    insts.into_iter().any(|(inst, _)| matches!(inst, Inst::Intrinsic { what: I::Spawn | I::SpawnActor, .. }))
}

/// For each block of a function whether it is where a loop begins anew: one that a jump goes back to.
pub(crate) fn loops(function: &Function) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        Not,
        Within,
        Left,
    }
    let after = |block: usize| -> Vec<usize> {
        match function.blocks.get(block).map(|block| &block.end) {
            Some(End::Jump(to)) => vec![to.index()],
            Some(End::Branch(_, then, otherwise)) => vec![then.index(), otherwise.index()],
            Some(End::Switch(_, targets)) => targets.iter().map(|to| to.index()).collect(),
            _ => Vec::new(),
        }
    };
    let mut begins = vec![false; function.blocks.len()];
    let mut seen = vec![Seen::Not; function.blocks.len()];
    let mut work = vec![(0, after(0))];
    if let Some(first) = seen.first_mut() {
        *first = Seen::Within;
    }
    while let Some((block, next)) = work.last_mut() {
        match next.pop() {
            Some(to) => match seen.get(to).copied() {
                Some(Seen::Not) => {
                    seen[to] = Seen::Within;
                    work.push((to, after(to)));
                }
                Some(Seen::Within) => begins[to] = true,
                Some(Seen::Left) | None => (),
            },
            None => {
                seen[*block] = Seen::Left;
                work.pop();
            }
        }
    }
    begins
}

impl<M: Module> Body<'_, '_, M> {
    /// One call more.
    pub(crate) fn count_call(&mut self) -> Result<(), Error> {
        let task = self.task();
        let left = self.load(Part::Task, clif::I64, task, field::FUEL);
        let left = self.b.ins().iadd_imm_s(left, -1);
        self.store(Part::Task, left, task, field::FUEL);
        let over = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, left, 0);
        let (ask, next) = (self.cold_block(), self.b.create_block());
        self.b.ins().brif(over, ask, &[], next, &[]);
        self.enter(ask);
        self.ask_for_turn(0)?;
        self.b.ins().jump(next, &[]);
        self.enter(next);
        Ok(())
    }

    /// One round of a loop more.
    pub(crate) fn count_round(&mut self) -> Result<(), Error> {
        let Some(rounds) = self.rounds else { return Ok(()) };
        let left = self.b.use_var(rounds);
        let left = self.b.ins().iadd_imm_s(left, -1);
        self.b.def_var(rounds, left);
        let (ask, next) = (self.cold_block(), self.b.create_block());
        self.b.ins().brif(left, next, &[], ask, &[]);
        self.enter(ask);
        self.ask_for_turn(ROUNDS)?;
        self.begin_rounds();
        self.b.ins().jump(next, &[]);
        self.enter(next);
        Ok(())
    }

    pub(crate) fn begin_rounds(&mut self) {
        if let Some(rounds) = self.rounds {
            let all = self.int(ROUNDS);
            self.b.def_var(rounds, all);
        }
    }

    fn ask_for_turn(&mut self, rounds: i64) -> Result<(), Error> {
        let number = operation("turn").ok_or_else(|| self.unsupported("a turn"))?;
        let rounds = self.int(rounds);
        self.rare_operation(number, 0, &[(rounds, Lane::Int)], &[])?;
        Ok(())
    }
}
