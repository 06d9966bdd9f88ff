//! Whether a program is one: ids are in bounds, kinds of registers agree.

use crate::program::{Block, End, Function, Inst, Lane, Program, Reg, Regs};

/// What is wrong with a program, which is a mistake of what made it: at most some of it.
#[must_use]
pub fn verify(program: &Program) -> Vec<String> {
    let mut found = Vec::new();
    for function in &program.functions {
        let mut verifier = Verifier { program, function, found: &mut found };
        verifier.function();
    }
    found.truncate(20);
    found
}

struct Verifier<'v> {
    program: &'v Program,
    function: &'v Function,
    found: &'v mut Vec<String>,
}

impl Verifier<'_> {
    fn say(&mut self, text: &str) {
        self.found.push(format!("{}: {text}", self.function.name));
    }

    fn function(&mut self) {
        if self.function.blocks.is_empty() {
            self.say("no block");
        }
        if self.function.params as usize > self.function.regs.len() {
            self.say("more parameters than registers");
        }
        for block in &self.function.blocks {
            for (inst, _) in &block.insts {
                self.inst(inst);
            }
            self.end(block);
        }
    }

    fn lane(&mut self, reg: Reg) -> Option<Lane> {
        let lane = self.function.regs.get(reg.index()).copied();
        if lane.is_none() {
            self.say(&format!("no register {reg}"));
        }
        lane
    }

    fn want(&mut self, reg: Reg, lane: Lane, inst: &Inst) {
        if self.lane(reg).is_some_and(|found| found != lane) {
            self.say(&format!("{reg} is no {lane} in {inst:?}"));
        }
    }

    fn lanes(&self, regs: Regs) -> Vec<Lane> {
        let of = |reg: &Reg| self.function.regs.get(reg.index()).copied().unwrap_or(Lane::Int);
        self.function.list(regs).iter().map(of).collect()
    }

    fn same(&mut self, regs: Regs, lanes: &[Lane], what: &str) {
        let found = self.lanes(regs);
        if found != lanes {
            self.say(&format!("{what}: {found:?} where {lanes:?} are expected"));
        }
    }

    fn inst(&mut self, inst: &Inst) {
        match *inst {
            Inst::Move { to, from } if self.lane(to) != self.lane(from) => {
                self.say(&format!("kinds differ in {inst:?}"));
            }
            Inst::Float { to, left, right, .. } => {
                [to, left, right].into_iter().for_each(|reg| self.want(reg, Lane::Float, inst));
            }
            Inst::Int { to, left, right, .. } => {
                let lane = self.lane(to);
                if lane != self.lane(left) || lane != self.lane(right) || lane == Some(Lane::Float) {
                    self.say(&format!("kinds differ in {inst:?}"));
                }
            }
            Inst::Test { to, left, right, .. } => {
                self.want(to, Lane::Byte, inst);
                if self.lane(left) != self.lane(right) {
                    self.say(&format!("kinds differ in {inst:?}"));
                }
            }
            Inst::New { to, shape, variant, lanes } => {
                self.want(to, Lane::Ref, inst);
                let wanted = self.program.object_lanes(shape, variant);
                self.same(lanes, &wanted, "a new object");
            }
            Inst::Call { to, function, with } => {
                let Some(callee) = self.program.functions.get(function.index()) else {
                    self.say("no such function");
                    return;
                };
                let params: Vec<Lane> = callee.regs.iter().copied().take(callee.params as usize).collect();
                self.same(with, &params, "the arguments of a call");
                self.same(to, &callee.results, "the results of a call");
            }
            Inst::Load { object, .. } | Inst::Store { object, .. } | Inst::Variant { object, .. } => {
                self.want(object, Lane::Ref, inst);
            }
            Inst::Get { array, index, .. } | Inst::Set { array, index, .. } => {
                self.want(array, Lane::Ref, inst);
                self.want(index, Lane::Int, inst);
            }
            Inst::CallValue { value, .. } => self.want(value, Lane::Ref, inst),
            Inst::CallMethod { vtable, .. } => self.want(vtable, Lane::Int, inst),
            _ => (),
        }
    }

    fn end(&mut self, block: &Block) {
        for to in block.end.targets() {
            if to.index() >= self.function.blocks.len() {
                self.say("no such block");
            }
        }
        match block.end {
            End::Return(regs) => {
                let results = self.function.results.clone();
                self.same(regs, &results, "the results of a function");
            }
            End::Branch(on, ..) if self.lane(on) != Some(Lane::Byte) => self.say("a branch on no byte"),
            _ => (),
        }
    }
}
