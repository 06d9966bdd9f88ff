//! The code of one function while it is made: registers, blocks, and what names stand for.

use pluto_check::body::{ExprId, LocalId, LoopId, StmtId};
use pluto_check::program::{Contract, ModuleId};
use pluto_check::types::{Subst, TyId};
use pluto_source::Span;
use rustc_hash::{FxHashMap, FxHashSet};

use super::leaving::{Leave, Point};
use super::{Lowering, Missing};
use crate::program::{
    Block, BlockId, Cast, Const, End, FuncId, Function, Inst, Intrinsic, Lane, Location, Reg, Regs, ShapeId,
    Test, Trap,
};

/// A value: a register for each of its lanes.
pub(super) type Value = Vec<Reg>;

/// Where a loop goes.
#[derive(Clone, Debug)]
pub(super) struct LoopPlace {
    /// Behind it.
    pub(super) after: BlockId,
    /// To its next turn.
    pub(super) next: BlockId,
    /// Its value, of a `loop`.
    pub(super) value: Value,
    /// How many blocks with `defer` were open where it begins.
    pub(super) defers: usize,
}

/// The code of a function.
pub(super) struct Code<'l, 's> {
    pub(super) l: &'l mut Lowering<'s>,
    pub(super) made: Function,
    pub(super) subst: Subst,
    pub(super) module: ModuleId,
    /// The block that is written.
    current: BlockId,
    pub(super) at: Location,
    pub(super) locals: FxHashMap<LocalId, Value>,
    pub(super) loops: FxHashMap<LoopId, LoopPlace>,
    /// What the function does.
    pub(super) root: Option<ExprId>,
    /// Names that are kept in cells, and those that are to be.
    pub(super) cells: FxHashMap<LocalId, Reg>,
    pub(super) celled: FxHashSet<LocalId>,
    /// What is behind the current statement in its block.
    pub(super) rest: (Vec<StmtId>, Option<ExprId>),
    /// The senders that are given up behind something.
    pub(super) releases: FxHashMap<Point, Vec<LocalId>>,
    /// How many scopes are open.
    pub(super) scopes: u32,
    /// Tasks whose handles nobody has.
    pub(super) dropped: FxHashSet<ExprId>,
    /// What is done when blocks that are open are left, the innermost last.
    pub(super) defers: Vec<Leave>,
    /// What the function gives, as the source says it.
    pub(super) result: TyId,
    /// What is checked before the function ends.
    pub(super) ensures: Vec<Contract>,
    /// What `old(…)` stands for.
    pub(super) olds: FxHashMap<ExprId, Value>,
    /// What `result` stands for while a contract is checked.
    pub(super) given: Value,
    /// Whether a clause of a contract is written.
    pub(super) in_contract: bool,
    /// Whether names are bound that another alternative of a pattern binds too.
    pub(super) binds_again: bool,
}

impl<'l, 's> Code<'l, 's> {
    /// The code of a function that is reserved.
    pub(super) fn new(
        l: &'l mut Lowering<'s>,
        id: FuncId,
        subst: Subst,
        module: ModuleId,
        result: TyId,
    ) -> Self {
        let empty = || Location { file: l.source.modules[module].file, span: Span::empty(0) };
        let made = match l.out.functions.get(id.index()) {
            Some(reserved) => reserved.clone(),
            None => Function {
                name: String::new(),
                params: 0,
                results: Vec::new(),
                fails: false,
                regs: Vec::new(),
                blocks: Vec::new(),
                lists: Vec::new(),
                at: empty(),
            },
        };
        let at = made.at;
        let mut code = Self {
            l,
            made,
            subst,
            module,
            current: BlockId(0),
            at,
            locals: FxHashMap::default(),
            loops: FxHashMap::default(),
            root: None,
            cells: FxHashMap::default(),
            celled: FxHashSet::default(),
            rest: (Vec::new(), None),
            releases: FxHashMap::default(),
            scopes: 0,
            dropped: FxHashSet::default(),
            defers: Vec::new(),
            result,
            ensures: Vec::new(),
            olds: FxHashMap::default(),
            given: Vec::new(),
            in_contract: false,
            binds_again: false,
        };
        code.current = code.block();
        code
    }

    /// A parameter of some lanes. Parameters are made before all other registers.
    pub(super) fn param(&mut self, ty: TyId) -> Value {
        debug_assert_eq!(self.made.regs.len(), self.made.params as usize, "parameters come first");
        let lanes = self.lanes(ty);
        self.made.params += lanes.len() as u32;
        lanes.into_iter().map(|lane| self.reg(lane)).collect()
    }

    /// A parameter of one lane.
    pub(super) fn param_lane(&mut self, lane: Lane) -> Reg {
        debug_assert_eq!(self.made.regs.len(), self.made.params as usize, "parameters come first");
        self.made.params += 1;
        self.reg(lane)
    }

    /// What is made, without the blocks that nothing leads to.
    pub(super) fn finish(mut self) -> Function {
        prune(&mut self.made);
        self.made
    }

    /// Says that something cannot be lowered.
    pub(super) fn missing(&mut self, what: &str) {
        let at = self.at;
        self.l.missing.get_or_insert(Missing { what: what.to_owned(), at });
    }

    /// A type of the source with what stands for its parameters.
    pub(super) fn ty(&mut self, ty: TyId) -> TyId {
        self.l.types.substitute(ty, &self.subst)
    }

    pub(super) fn lanes(&mut self, ty: TyId) -> Vec<Lane> {
        let ty = self.ty(ty);
        self.l.lanes(ty)
    }

    pub(super) fn shape(&mut self, ty: TyId) -> ShapeId {
        let ty = self.ty(ty);
        self.l.shape(ty)
    }

    pub(super) fn reg(&mut self, lane: Lane) -> Reg {
        self.made.regs.push(lane);
        Reg(self.made.regs.len() as u32 - 1)
    }

    /// New registers for a value of a type.
    pub(super) fn value(&mut self, ty: TyId) -> Value {
        let lanes = self.lanes(ty);
        lanes.into_iter().map(|lane| self.reg(lane)).collect()
    }

    pub(super) fn lane(&self, reg: Reg) -> Lane {
        self.made.regs.get(reg.index()).copied().unwrap_or(Lane::Int)
    }

    pub(super) fn list(&mut self, regs: &[Reg]) -> Regs {
        let start = self.made.lists.len() as u32;
        self.made.lists.extend_from_slice(regs);
        Regs { start, len: regs.len() as u32 }
    }

    /// A new block; nothing leads to it yet.
    pub(super) fn block(&mut self) -> BlockId {
        self.made.blocks.push(Block { insts: Vec::new(), end: End::Unreachable, at: self.at });
        BlockId(self.made.blocks.len() as u32 - 1)
    }

    /// Goes on in a block.
    pub(super) fn enter(&mut self, block: BlockId) {
        self.current = block;
    }

    pub(super) fn push(&mut self, inst: Inst) {
        let at = self.at;
        if let Some(block) = self.made.blocks.get_mut(self.current.index()) {
            block.insts.push((inst, at));
        }
    }

    /// Ends the block. What is written then goes to a block that nothing leads to.
    pub(super) fn end(&mut self, end: End) {
        let at = self.at;
        if let Some(block) = self.made.blocks.get_mut(self.current.index()) {
            (block.end, block.at) = (end, at);
        }
        self.current = self.block();
    }

    pub(super) fn jump(&mut self, to: BlockId) {
        self.end(End::Jump(to));
    }

    /// Goes to one of two blocks, by a byte.
    pub(super) fn branch(&mut self, on: Reg, then: BlockId, otherwise: BlockId) {
        self.end(End::Branch(on, then, otherwise));
    }

    /// Does something where a byte says so, and goes on behind it.
    pub(super) fn when(&mut self, holds: Reg, then: impl FnOnce(&mut Self)) {
        let (inside, behind) = (self.block(), self.block());
        self.branch(holds, inside, behind);
        self.enter(inside);
        then(self);
        self.jump(behind);
        self.enter(behind);
    }

    /// Ends the task in a block, and goes on behind it.
    pub(super) fn trap_in(&mut self, not: BlockId, trap: Trap) {
        let on = self.block();
        self.jump(on);
        self.enter(not);
        self.end(End::Trap(trap));
        self.enter(on);
    }

    pub(super) fn constant(&mut self, value: Const) -> Reg {
        let to = self.reg(match value {
            Const::Int(_) | Const::Vtable(_) => Lane::Int,
            Const::Float(_) => Lane::Float,
            Const::Byte(_) => Lane::Byte,
            Const::Null | Const::Text(_) => Lane::Ref,
        });
        self.push(Inst::Const { to, value });
        to
    }

    pub(super) fn int(&mut self, value: i64) -> Reg {
        self.constant(Const::Int(value))
    }

    pub(super) fn byte(&mut self, value: bool) -> Reg {
        self.constant(Const::Byte(u8::from(value)))
    }

    pub(super) fn text(&mut self, text: &str) -> Reg {
        let id = self.l.text(text);
        self.constant(Const::Text(id))
    }

    /// The zero of a lane, for what is not looked at.
    pub(super) fn nothing(&mut self, lane: Lane) -> Reg {
        self.constant(match lane {
            Lane::Int => Const::Int(0),
            Lane::Float => Const::Float(0.0),
            Lane::Byte => Const::Byte(0),
            Lane::Ref => Const::Null,
        })
    }

    pub(super) fn nothings(&mut self, lanes: &[Lane]) -> Value {
        lanes.iter().map(|lane| self.nothing(*lane)).collect()
    }

    pub(super) fn move_to(&mut self, to: &[Reg], from: &[Reg]) {
        for (to, from) in to.iter().zip(from) {
            if to != from {
                self.push(Inst::Move { to: *to, from: *from });
            }
        }
    }

    /// Writes a value over another one that it may be made of.
    pub(super) fn assign(&mut self, to: &[Reg], from: &[Reg]) {
        if to.len() < 2 {
            return self.move_to(to, from);
        }
        let copies = self.copied(from);
        self.move_to(to, &copies);
    }

    /// A value in registers of its own.
    pub(super) fn copied(&mut self, from: &[Reg]) -> Value {
        let copies: Value = from.iter().map(|reg| self.reg(self.lane(*reg))).collect();
        self.move_to(&copies, from);
        copies
    }

    pub(super) fn test(&mut self, test: Test, left: Reg, right: Reg) -> Reg {
        let to = self.reg(Lane::Byte);
        self.push(Inst::Test { test, to, left, right });
        to
    }

    pub(super) fn cast(&mut self, cast: Cast, from: Reg, lane: Lane) -> Reg {
        let to = self.reg(lane);
        self.push(Inst::Cast { cast, to, from });
        to
    }

    pub(super) fn load(&mut self, object: Reg, lane: u32, kind: Lane) -> Reg {
        let to = self.reg(kind);
        self.push(Inst::Load { to, object, lane });
        to
    }

    /// A new object with lanes.
    pub(super) fn object(&mut self, shape: ShapeId, variant: u32, lanes: &[Reg]) -> Reg {
        let to = self.reg(Lane::Ref);
        let lanes = self.list(lanes);
        self.push(Inst::New { to, shape, variant, lanes });
        to
    }

    /// Something that the run-time system does, which gives lanes.
    pub(super) fn intrinsic(
        &mut self,
        what: Intrinsic,
        shape: ShapeId,
        with: &[Reg],
        gives: &[Lane],
    ) -> Value {
        // The arms of a `select` are checked before it begins.
        if what != Intrinsic::SelectSend {
            self.check_arguments(what, shape, with);
        }
        let to: Value = gives.iter().map(|lane| self.reg(*lane)).collect();
        let (list, with) = (self.list(&to), self.list(with));
        self.push(Inst::Intrinsic { to: list, what, shape, with });
        to
    }
}

/// Takes out blocks that nothing leads to, and numbers the others anew in their order.
fn prune(function: &mut Function) {
    let mut reached = vec![false; function.blocks.len()];
    let mut work = vec![BlockId(0)];
    while let Some(at) = work.pop() {
        let Some(seen @ false) = reached.get_mut(at.index()) else { continue };
        *seen = true;
        if let Some(block) = function.blocks.get(at.index()) {
            work.extend(block.end.targets());
        }
    }
    let mut next = 0;
    let numbers: Vec<u32> = reached
        .iter()
        .map(|reached| {
            next += u32::from(*reached);
            next.saturating_sub(1)
        })
        .collect();
    let mut keep = reached.iter();
    function.blocks.retain(|_| keep.next().copied().unwrap_or(false));
    for block in &mut function.blocks {
        block.end.renumber(&mut |id| numbers.get(id.index()).map_or(id, |number| BlockId(*number)));
    }
}

impl End {
    /// The blocks that it leads to.
    pub(crate) fn targets(&self) -> Vec<BlockId> {
        match self {
            End::Jump(to) => vec![*to],
            End::Branch(_, then, otherwise) => vec![*then, *otherwise],
            End::Switch(_, targets) => targets.clone(),
            End::Return(_) | End::Trap(_) | End::Unreachable => Vec::new(),
        }
    }

    fn renumber(&mut self, number: &mut dyn FnMut(BlockId) -> BlockId) {
        match self {
            End::Jump(to) => *to = number(*to),
            End::Branch(_, then, otherwise) => {
                *then = number(*then);
                *otherwise = number(*otherwise);
            }
            End::Switch(_, targets) => targets.iter_mut().for_each(|to| *to = number(*to)),
            End::Return(_) | End::Trap(_) | End::Unreachable => (),
        }
    }
}
