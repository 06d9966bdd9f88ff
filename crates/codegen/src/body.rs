//! The code of one function.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    AliasRegion, AliasRegionData, Block, BlockArg, InstBuilder, JumpTableData, MemFlagsData, SourceLoc,
    StackSlot, StackSlotData, StackSlotKind, TrapCode, Type, Value, types as clif,
};
use cranelift_frontend::{FunctionBuilder, Variable};
use cranelift_module::{DataId, FuncId, Module};
use pluto_ir::program::{
    Const, End, FuncId as Id, Function, Inst, Lane, Location, Reg, Regs, ShapeId, TextId, Trap as Why,
};
use pluto_runtime::{Trap, field, operation};
use rustc_hash::FxHashMap;

use crate::error::Error;
use crate::module::{Lowering, lane, signature};
use crate::turns::loops;

/// What follows a trap, which does not return.
const NOTHING_FOLLOWS: TrapCode = TrapCode::unwrap_user(1);

/// A block out of the way that a trap is in.
struct Cold {
    block: Block,
    trap: Trap,
    place: u32,
}

/// A part of memory. What is stored in one is never loaded from another.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    /// The fields of a task.
    Task,
    /// The headers of objects, the lengths of arrays and where their stores are.
    Headers,
    /// All else on the heap.
    Heap,
    /// The arguments and results of operations.
    Slot,
    /// What is never written.
    Fixed,
}

pub(crate) struct Body<'f, 'p, M> {
    pub(crate) l: &'f mut Lowering<'p, M>,
    pub(crate) function: &'p Function,
    pub(crate) b: FunctionBuilder<'f>,
    variables: Vec<Variable>,
    blocks: Vec<Block>,
    /// The integers in registers that are written once, with a constant.
    constants: Vec<Option<i64>>,
    cold: Vec<Cold>,
    traps: FxHashMap<(u64, u32), Block>,
    pub(crate) at: Location,
    place: u32,
    /// Where the arguments and results of operations are, which is as long as the longest of them.
    slot: Option<StackSlot>,
    /// How many rounds of loops are left until other tasks have their turn, where there are loops and tasks.
    pub(crate) rounds: Option<Variable>,
    /// By part of memory.
    regions: [Option<AliasRegion>; 4],
}

impl<'f, 'p, M: Module> Body<'f, 'p, M> {
    fn new(l: &'f mut Lowering<'p, M>, function: &'p Function, mut b: FunctionBuilder<'f>) -> Self {
        let mut region = |user_id: u32, description: &'static str| {
            let data = AliasRegionData { user_id, description: description.into() };
            Some(b.func.dfg.alias_regions.insert(data))
        };
        let regions = [region(0, "task"), region(1, "headers"), region(2, "heap"), region(3, "slot")];
        let variables = function
            .regs
            .iter()
            .map(|kind| {
                let variable = b.declare_var(lane(*kind));
                if *kind == Lane::Ref {
                    b.declare_var_needs_stack_map(variable);
                }
                variable
            })
            .collect();
        let blocks = function.blocks.iter().map(|_| b.create_block()).collect();
        Self {
            l,
            function,
            b,
            variables,
            blocks,
            constants: constants(function),
            cold: Vec::new(),
            traps: FxHashMap::default(),
            at: function.at,
            place: 0,
            slot: None,
            rounds: None,
            regions,
        }
    }

    /// Makes the code of a function.
    pub(crate) fn lower(
        l: &'f mut Lowering<'p, M>,
        function: &'p Function,
        b: FunctionBuilder<'f>,
    ) -> Result<(), Error> {
        let mut body = Self::new(l, function, b);
        let loops = if body.l.counted { loops(function) } else { Vec::new() };
        if loops.contains(&true) {
            body.rounds = Some(body.b.declare_var(clif::I64));
        }
        body.prologue()?;
        for (at, block) in function.blocks.iter().enumerate() {
            let Some(entered) = body.blocks.get(at).copied() else { continue };
            body.b.switch_to_block(entered);
            if matches!(block.end, End::Trap(_) | End::Unreachable) {
                body.b.set_cold_block(entered);
            }
            if loops.get(at).is_some_and(|begins| *begins) {
                body.go_to(block.insts.first().map_or(block.at, |(_, at)| *at));
                body.count_round()?;
            }
            for (inst, at) in &block.insts {
                body.go_to(*at);
                body.inst(inst)?;
            }
            body.go_to(block.at);
            body.end(&block.end)?;
        }
        body.cold_blocks();
        body.b.seal_all_blocks();
        let config = body.l.module.target_config();
        body.b.finalize(config);
        Ok(())
    }

    /// What is entered from outside.
    pub(crate) fn entry(l: &'f mut Lowering<'p, M>, main: Id, mut b: FunctionBuilder<'f>) {
        let block = b.create_block();
        b.switch_to_block(block);
        let fails = l.program.functions.get(main.index()).is_some_and(|main| main.fails);
        let function = l.functions.get(main.index()).copied().unwrap_or(l.operation);
        let function = l.module.declare_func_in_func(function, b.func);
        let call = b.ins().call(function, &[]);
        let error = b.inst_results(call).last().copied().filter(|_| fails);
        let error = error.unwrap_or_else(|| b.ins().iconst(clif::I64, 0));
        b.ins().return_(&[error]);
        b.seal_all_blocks();
        let config = l.module.target_config();
        b.finalize(config);
    }

    /// What the run-time system calls a function by: takes its address, its arguments, and where its results go; gives its error.
    pub(crate) fn starter(
        l: &'f mut Lowering<'p, M>,
        params: usize,
        results: &[Lane],
        mut b: FunctionBuilder<'f>,
    ) {
        let block = b.create_block();
        b.switch_to_block(block);
        b.append_block_params_for_function_params(block);
        let given = b.block_params(block).to_vec();
        if let [code, first, second, to] = given[..] {
            let called = b.import_signature(signature(&vec![Lane::Ref; params], results));
            let with = [first, second];
            let call = b.ins().call_indirect(called, code, with.get(..params).unwrap_or_default());
            let gave = b.inst_results(call).to_vec();
            let mut error = None;
            for (at, value) in gave.into_iter().enumerate() {
                if at + 1 == results.len() {
                    error = Some(value);
                    continue;
                }
                let byte = b.func.dfg.value_type(value) == clif::I8;
                let word = if byte { b.ins().uextend(clif::I64, value) } else { value };
                b.ins().store(MemFlagsData::trusted(), word, to, at as i32 * 8);
            }
            let error = error.unwrap_or_else(|| b.ins().iconst(clif::I64, 0));
            b.ins().return_(&[error]);
        }
        b.seal_all_blocks();
        let config = l.module.target_config();
        b.finalize(config);
    }

    fn prologue(&mut self) -> Result<(), Error> {
        let entry = self.b.create_block();
        self.b.switch_to_block(entry);
        self.b.append_block_params_for_function_params(entry);
        let given = self.b.block_params(entry).to_vec();
        self.go_to(self.function.at);
        for (at, value) in given.into_iter().enumerate() {
            self.set(Reg(at as u32), value);
        }
        let insts = self.function.blocks.iter().flat_map(|block| &block.insts);
        if self.rounds.is_some() || insts.into_iter().any(|(inst, _)| calls(inst)) {
            let task = self.task();
            let limit = self.load(Part::Task, clif::I64, task, field::STACK_LIMIT);
            let stack = self.b.ins().get_stack_pointer(clif::I64);
            let full = self.b.ins().icmp(IntCC::UnsignedLessThan, stack, limit);
            self.trap_if(full, Trap::Stack);
        }
        self.begin_rounds();
        let mut insts = self.function.blocks.iter().flat_map(|block| &block.insts);
        let may_be_long = self.rounds.is_some() || insts.any(|(inst, _)| is_call(inst));
        if self.l.counted && may_be_long {
            self.count_call()?;
        }
        if let Some(first) = self.blocks.first().copied() {
            self.b.ins().jump(first, &[]);
        }
        Ok(())
    }

    fn go_to(&mut self, at: Location) {
        if at != self.at || self.b.srcloc().is_default() {
            self.at = at;
            self.place = self.l.place(at);
            self.b.set_srcloc(SourceLoc::new(self.place));
        }
    }

    /// What cannot be compiled.
    pub(crate) fn unsupported(&self, what: &str) -> Error {
        Error::Unsupported { what: what.to_owned(), at: self.at }
    }

    fn flags(&self, part: Part) -> MemFlagsData {
        let trusted = MemFlagsData::trusted();
        match self.regions.get(part as usize) {
            Some(region) => trusted.with_alias_region(*region),
            None => trusted.with_readonly(),
        }
    }

    pub(crate) fn load(&mut self, part: Part, kind: Type, from: Value, at: i32) -> Value {
        let flags = self.flags(part);
        self.b.ins().load(kind, flags, from, at)
    }

    pub(crate) fn store(&mut self, part: Part, value: Value, to: Value, at: i32) {
        let flags = self.flags(part);
        self.b.ins().store(flags, value, to, at);
    }

    pub(crate) fn task(&mut self) -> Value {
        self.b.ins().get_pinned_reg(clif::I64)
    }

    pub(crate) fn int(&mut self, value: i64) -> Value {
        self.b.ins().iconst(clif::I64, value)
    }

    pub(crate) fn lane(&self, reg: Reg) -> Lane {
        self.function.regs.get(reg.index()).copied().unwrap_or(Lane::Int)
    }

    pub(crate) fn lanes(&self, regs: Regs) -> Vec<Lane> {
        self.function.list(regs).iter().map(|reg| self.lane(*reg)).collect()
    }

    pub(crate) fn constant(&self, reg: Reg) -> Option<i64> {
        self.constants.get(reg.index()).copied().flatten()
    }

    pub(crate) fn get(&mut self, reg: Reg) -> Value {
        match self.variables.get(reg.index()) {
            Some(variable) => self.b.use_var(*variable),
            None => self.int(0),
        }
    }

    pub(crate) fn set(&mut self, reg: Reg, value: Value) {
        if let Some(variable) = self.variables.get(reg.index()) {
            self.b.def_var(*variable, value);
        }
    }

    pub(crate) fn all(&mut self, regs: Regs) -> Vec<Value> {
        self.function.list(regs).iter().map(|reg| self.get(*reg)).collect()
    }

    pub(crate) fn set_all(&mut self, regs: Regs, values: &[Value]) {
        for (reg, value) in self.function.list(regs).iter().zip(values) {
            self.set(*reg, *value);
        }
    }

    /// A lane as the word that it is in memory.
    pub(crate) fn word(&mut self, value: Value) -> Value {
        if self.b.func.dfg.value_type(value) == clif::I8 {
            self.b.ins().uextend(clif::I64, value)
        } else {
            value
        }
    }

    /// The address of something that is not on the heap.
    pub(crate) fn data(&mut self, id: DataId) -> Value {
        let data = self.l.module.declare_data_in_func(id, self.b.func);
        self.b.ins().symbol_value(clif::I64, data)
    }

    pub(crate) fn call_function(&mut self, function: FuncId, with: &[Value]) -> Vec<Value> {
        let function = self.l.module.declare_func_in_func(function, self.b.func);
        let call = self.b.ins().call(function, with);
        self.b.inst_results(call).to_vec()
    }

    /// Goes on in a new block.
    pub(crate) fn enter(&mut self, block: Block) {
        self.b.switch_to_block(block);
    }

    pub(crate) fn cold_block(&mut self) -> Block {
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        block
    }

    /// Ends the task where something holds.
    pub(crate) fn trap_if(&mut self, holds: Value, trap: Trap) {
        let cold = self.trap_block(trap);
        let next = self.b.create_block();
        self.b.ins().brif(holds, cold, &[], next, &[]);
        self.enter(next);
    }

    /// The block of a trap here.
    pub(crate) fn trap_block(&mut self, trap: Trap) -> Block {
        if let Some(known) = self.traps.get(&(trap as u64, self.place)) {
            return *known;
        }
        let block = self.cold_block();
        self.traps.insert((trap as u64, self.place), block);
        self.cold.push(Cold { block, trap, place: self.place });
        block
    }

    fn cold_blocks(&mut self) {
        for Cold { block, trap, place } in std::mem::take(&mut self.cold) {
            self.enter(block);
            self.b.set_srcloc(SourceLoc::new(place));
            let none = self.int(0);
            self.trap(trap, none);
        }
    }

    /// Ends the task.
    pub(crate) fn trap(&mut self, trap: Trap, text: Value) {
        let number = self.int(trap as u64 as i64);
        self.call_function(self.l.trap, &[number, text]);
        self.b.ins().trap(NOTHING_FOLLOWS);
    }

    /// An operation of the run-time system: its arguments as words, which of them are references, the kinds of its results.
    pub(crate) fn operation(
        &mut self,
        number: u32,
        shape: u32,
        with: &[(Value, Lane)],
        gives: &[Lane],
    ) -> Result<Vec<Value>, Error> {
        self.operation_by(self.l.operation, number, shape, with, gives)
    }

    /// The same in a block out of the way: what is in registers stays there.
    pub(crate) fn rare_operation(
        &mut self,
        number: u32,
        shape: u32,
        with: &[(Value, Lane)],
        gives: &[Lane],
    ) -> Result<Vec<Value>, Error> {
        self.operation_by(self.l.operation_kept, number, shape, with, gives)
    }

    fn operation_by(
        &mut self,
        by: FuncId,
        number: u32,
        shape: u32,
        with: &[(Value, Lane)],
        gives: &[Lane],
    ) -> Result<Vec<Value>, Error> {
        let slot = self.slot_of(with.len().max(gives.len()).max(4));
        let address = self.b.ins().stack_addr(clif::I64, slot, 0);
        let mut mask = 0_u64;
        for (at, (value, lane)) in with.iter().enumerate() {
            if *lane == Lane::Ref {
                if at >= 64 {
                    return Err(self.unsupported("an operation on so many values"));
                }
                mask |= 1 << at;
            }
            let word = self.word(*value);
            self.store(Part::Slot, word, address, at as i32 * 8);
        }
        let task = self.task();
        // How many words it gives stands above its number.
        let number = (gives.len() as i64) << 32 | i64::from(number);
        let (shape, mask, number) = (self.int(shape.into()), self.int(mask as i64), self.int(number));
        self.call_function(by, &[task, address, shape, mask, number]);
        let mut results = Vec::with_capacity(gives.len());
        for (at, of) in gives.iter().enumerate() {
            let address = self.b.ins().stack_addr(clif::I64, slot, 0);
            results.push(self.load(Part::Slot, lane(*of), address, at as i32 * 8));
        }
        Ok(results)
    }

    fn slot_of(&mut self, words: usize) -> StackSlot {
        let size = words as u32 * 8;
        let slot = *self.slot.get_or_insert_with(|| {
            self.b.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, size, 3))
        });
        if let Some(known) = self.b.func.sized_stack_slots.get_mut(slot) {
            known.size = known.size.max(size);
        }
        slot
    }

    /// An operation on registers.
    pub(crate) fn operation_on(
        &mut self,
        number: u32,
        shape: ShapeId,
        with: Regs,
        to: Regs,
    ) -> Result<(), Error> {
        let lanes = self.lanes(with);
        let with: Vec<(Value, Lane)> = self.all(with).into_iter().zip(lanes).collect();
        let gives = self.lanes(to);
        let results = self.operation(number, shape.0, &with, &gives)?;
        self.set_all(to, &results);
        Ok(())
    }

    fn inst(&mut self, inst: &Inst) -> Result<(), Error> {
        match *inst {
            Inst::Const { to, value } => {
                let value = self.const_value(value)?;
                self.set(to, value);
            }
            Inst::Move { to, from } => {
                let value = self.get(from);
                self.set(to, value);
            }
            Inst::Int { op, to, left, right } => self.int_op(op, to, left, right),
            Inst::Float { op, to, left, right } => self.float_op(op, to, left, right)?,
            Inst::Test { test, to, left, right } => self.test(test, to, left, right),
            Inst::Cast { cast, to, from } => self.cast(cast, to, from),
            Inst::New { to, shape, variant, lanes } => self.new_object(to, shape, variant, lanes)?,
            Inst::Closure { to, function, captures } => self.closure(to, function, captures)?,
            Inst::Load { to, object, lane } => self.load_lane(to, object, lane),
            Inst::Store { object, lane, from } => self.store_lane(object, lane, from),
            Inst::Variant { to, object } => self.variant(to, object),
            Inst::Is { to, object, shape } => self.is(to, object, shape)?,
            Inst::Len { to, array } => self.len(to, array),
            Inst::Get { to, array, index } => self.get_element(to, array, index),
            Inst::Set { array, index, from } => self.set_element(array, index, from),
            Inst::Call { to, function, with } => {
                let with = self.all(with);
                let Some(callee) = self.l.functions.get(function.index()).copied() else {
                    return Err(self.unsupported("a call of no function"));
                };
                let results = self.call_function(callee, &with);
                self.set_all(to, &results);
            }
            Inst::CallValue { to, value, with } => {
                let closure = self.get(value);
                let code = self.load(Part::Heap, clif::I64, closure, 8);
                let captures = self.load(Part::Heap, clif::I64, closure, 16);
                self.call_address(code, Some(captures), with, to);
            }
            Inst::CallMethod { to, vtable, method, with } => {
                let table = self.get(vtable);
                let code = self.load(Part::Fixed, clif::I64, table, method as i32 * 8);
                self.call_address(code, None, with, to);
            }
            Inst::Intrinsic { to, what, shape, with } => self.intrinsic(to, what, shape, with)?,
        }
        Ok(())
    }

    fn call_address(&mut self, code: Value, captures: Option<Value>, with: Regs, to: Regs) {
        let lanes: Vec<Lane> = captures.map(|_| Lane::Ref).into_iter().chain(self.lanes(with)).collect();
        let signature = signature(&lanes, &self.lanes(to));
        let signature = self.b.import_signature(signature);
        let with: Vec<Value> = captures.into_iter().chain(self.all(with)).collect();
        let call = self.b.ins().call_indirect(signature, code, &with);
        let results = self.b.inst_results(call).to_vec();
        self.set_all(to, &results);
    }

    fn const_value(&mut self, value: Const) -> Result<Value, Error> {
        Ok(match value {
            Const::Int(value) => self.int(value),
            Const::Float(value) => self.b.ins().f64const(value),
            Const::Byte(value) => self.b.ins().iconst(clif::I8, i64::from(value)),
            Const::Null => self.int(0),
            Const::Text(text) => {
                let text = self.l.text(text)?;
                self.data(text)
            }
            Const::Vtable(table) => {
                let table = self.l.vtable(table)?;
                self.data(table)
            }
        })
    }

    fn block(&self, id: pluto_ir::program::BlockId) -> Block {
        self.blocks.get(id.index()).copied().unwrap_or_else(|| Block::from_u32(0))
    }

    fn end(&mut self, end: &End) -> Result<(), Error> {
        match end {
            End::Jump(to) => {
                let to = self.block(*to);
                self.b.ins().jump(to, &[]);
            }
            End::Branch(on, then, otherwise) => {
                let (on, then, otherwise) = (self.get(*on), self.block(*then), self.block(*otherwise));
                self.b.ins().brif(on, then, &[], otherwise, &[]);
            }
            End::Switch(on, targets) => self.switch(*on, targets),
            End::Return(regs) => {
                let values = self.all(*regs);
                self.b.ins().return_(&values);
            }
            End::Trap(Why::Expect { matcher, actual, wanted }) => {
                self.unexpected(*matcher, *actual, *wanted)?;
            }
            End::Trap(why) => {
                let (trap, text) = self.why(*why)?;
                self.trap(trap, text);
            }
            End::Unreachable => {
                let text = self.int(0);
                self.trap(Trap::Unreachable, text);
            }
        }
        Ok(())
    }

    fn switch(&mut self, on: Reg, targets: &[pluto_ir::program::BlockId]) {
        let Some((last, others)) = targets.split_last() else { return };
        let on = self.get(on);
        let (last, inside) = (self.block(*last), self.b.create_block());
        let few = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, on, others.len() as i64);
        self.b.ins().brif(few, inside, &[], last, &[]);
        self.enter(inside);
        let none: [BlockArg; 0] = [];
        let default = self.b.func.dfg.block_call(last, &none);
        let others: Vec<_> = others.iter().map(|to| self.block(*to)).collect();
        let calls: Vec<_> = others.into_iter().map(|to| self.b.func.dfg.block_call(to, &none)).collect();
        let table = self.b.create_jump_table(JumpTableData::new(default, &calls));
        let on = self.b.ins().ireduce(clif::I32, on);
        self.b.ins().br_table(on, table);
    }

    fn why(&mut self, why: Why) -> Result<(Trap, Value), Error> {
        let trap = match why {
            Why::Overflow => Trap::Overflow,
            Why::DivideByZero => Trap::DivideByZero,
            Why::Shift => Trap::Shift,
            Why::Index => Trap::Index,
            Why::MissingKey => Trap::MissingKey,
            Why::Convert => Trap::Convert,
            Why::Stack => Trap::Stack,
            Why::Memory => Trap::Memory,
            Why::Cycle => Trap::Cycle,
            Why::Assert(None) => Trap::Assert,
            Why::Assert(Some(why)) => return Ok((Trap::Assert, self.get(why))),
            Why::Said(why) => return Ok((Trap::Said, self.get(why))),
            Why::Expect { .. } => return Err(self.unsupported("an expectation here")),
            Why::Contract(text, clause) => {
                // The place is where the clause is found broken.
                let place = self.l.broken(self.at, clause);
                self.b.set_srcloc(SourceLoc::new(place));
                let text = self.l.text(text)?;
                return Ok((Trap::Contract, self.data(text)));
            }
        };
        Ok((trap, self.int(0)))
    }

    /// Ends the task: something is not as a test expects.
    fn unexpected(&mut self, matcher: TextId, actual: Reg, wanted: Option<Reg>) -> Result<(), Error> {
        let matcher = self.l.text(matcher)?;
        let (matcher, actual) = (self.data(matcher), self.get(actual));
        let wanted = match wanted {
            Some(wanted) => self.get(wanted),
            None => self.int(0),
        };
        let number = operation("expect").ok_or_else(|| self.unsupported("an expectation"))?;
        let with = [(matcher, Lane::Ref), (actual, Lane::Ref), (wanted, Lane::Ref)];
        self.operation(number, 0, &with, &[])?;
        self.b.ins().trap(NOTHING_FOLLOWS);
        Ok(())
    }

    /// The type of a register in memory and in code.
    pub(crate) fn kind(&self, reg: Reg) -> Type {
        lane(self.lane(reg))
    }
}

/// Whether an instruction may call something, so that the stack is checked before it.
fn calls(inst: &Inst) -> bool {
    is_call(inst) || matches!(inst, Inst::Intrinsic { .. })
}

/// Whether it is a call of a function of the program.
fn is_call(inst: &Inst) -> bool {
    matches!(inst, Inst::Call { .. } | Inst::CallValue { .. } | Inst::CallMethod { .. })
}

/// The registers that are written once, with an integer.
fn constants(function: &Function) -> Vec<Option<i64>> {
    let mut writes = vec![0_u32; function.regs.len()];
    let mut values = vec![None; function.regs.len()];
    for parameter in writes.iter_mut().take(function.params as usize) {
        *parameter = 1;
    }
    for (inst, _) in function.blocks.iter().flat_map(|block| &block.insts) {
        let mut write = |reg: Reg| {
            if let Some(count) = writes.get_mut(reg.index()) {
                *count += 1;
            }
        };
        match *inst {
            Inst::Const { to, value } => {
                write(to);
                if let (Const::Int(value), Some(place)) = (value, values.get_mut(to.index())) {
                    *place = Some(value);
                }
            }
            Inst::Move { to, .. }
            | Inst::Int { to, .. }
            | Inst::Float { to, .. }
            | Inst::Test { to, .. }
            | Inst::Cast { to, .. }
            | Inst::New { to, .. }
            | Inst::Closure { to, .. }
            | Inst::Load { to, .. }
            | Inst::Variant { to, .. }
            | Inst::Is { to, .. }
            | Inst::Len { to, .. } => write(to),
            Inst::Store { .. } | Inst::Set { .. } => (),
            Inst::Get { to, .. }
            | Inst::Call { to, .. }
            | Inst::CallValue { to, .. }
            | Inst::CallMethod { to, .. }
            | Inst::Intrinsic { to, .. } => function.list(to).iter().for_each(|reg| write(*reg)),
        }
    }
    for (value, count) in values.iter_mut().zip(writes) {
        if count != 1 {
            *value = None;
        }
    }
    values
}
