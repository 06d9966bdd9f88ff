//! What is copied, or crosses to another task. A copy that is made in the middle of a method is outside of it, and nobody looks at it
//! when the method ends: so the invariants of all objects that are copied have to hold then.

use std::rc::Rc;

use pluto_check::program::{ClassId, ClassKind, ModuleId};
use pluto_check::types::{Subst, Ty, TyId};
use rustc_hash::{FxHashMap, FxHashSet};

use super::code::Code;
use super::loops::first;
use super::{Job, Key, Lowering, Reserved};
use crate::Intrinsic;
use crate::program::{
    BlockId, Const, End, FuncId, Function, Inst, Lane, Location, Reg, Shape, ShapeId, Test, Trap,
};

/// The types with invariants that a program has.
#[derive(Default)]
pub(super) struct Guarded {
    types: Vec<(TyId, ShapeId)>,
    /// What captures objects of all of them: complete when everything is lowered.
    all: Option<ShapeId>,
    /// For the shapes of values that were asked for, the pairs with `all` where one may hold such objects.
    pairs: FxHashMap<ShapeId, Option<ShapeId>>,
    /// What finds a clause that does not hold, and the module in which that was first needed.
    finds: Option<(FuncId, ModuleId)>,
    /// How many of the types it knows.
    known: usize,
    /// Where the invariants of all classes are, where that was asked.
    clauses: Option<Rc<[Location]>>,
}

impl Lowering<'_> {
    fn is_guarded(&self, class: ClassId) -> bool {
        let of = &self.source.classes[class];
        // The state of an actor stays where it is.
        of.kind != ClassKind::Actor && !of.invariants.is_empty()
    }

    /// Where the invariants of all classes are, in the order of their numbers.
    fn clauses(&mut self) -> Rc<[Location]> {
        if let Some(known) = &self.guarded.clauses {
            return Rc::clone(known);
        }
        let classes = self.source.classes.iter().filter(|(id, _)| self.is_guarded(*id));
        let clauses = classes.flat_map(|(_, of)| &of.invariants);
        let clauses: Rc<[Location]> = clauses
            .map(|clause| self.location(self.source.nodes.bodies[clause.body].module, clause.span))
            .collect();
        self.guarded.clauses = Some(Rc::clone(&clauses));
        clauses
    }

    /// The number of the first invariant of a class.
    fn first_clause(&self, class: ClassId) -> usize {
        let before = self.source.classes.iter().take_while(|(id, _)| *id != class);
        before.filter(|(id, _)| self.is_guarded(*id)).map(|(_, of)| of.invariants.len()).sum()
    }

    /// Notes the shape of a type that has invariants.
    pub(super) fn note_guarded(&mut self, ty: TyId, shape: ShapeId) {
        if let Ty::Class(class, _) = self.types.get(ty)
            && self.is_guarded(class)
        {
            self.guarded.types.push((ty, shape));
        }
    }

    /// The shape that asks for objects with invariants in values of a shape, where those may hold some.
    fn guarded_in(&mut self, shape: ShapeId) -> Option<ShapeId> {
        if let Some(known) = self.guarded.pairs.get(&shape) {
            return *known;
        }
        let pair = self.may_hold_guarded(shape).then(|| {
            let all = self.guarded.all.unwrap_or_else(|| self.add_shape(Shape::Captures(Vec::new())));
            self.guarded.all = Some(all);
            self.add_shape(Shape::Tuple(vec![shape, all]))
        });
        self.guarded.pairs.insert(shape, pair);
        pair
    }

    fn may_hold_guarded(&self, shape: ShapeId) -> bool {
        let (mut seen, mut work) = (FxHashSet::default(), vec![shape]);
        while let Some(shape) = work.pop() {
            if !seen.insert(shape) {
                continue;
            }
            if self.guarded.types.iter().any(|(_, guarded)| *guarded == shape) {
                return true;
            }
            match self.out.shape(shape) {
                Shape::Tuple(parts) | Shape::Captures(parts) => work.extend(parts),
                Shape::Optional(of) | Shape::Array(of) | Shape::Set(of) => work.push(*of),
                Shape::Map(key, value) => work.extend([*key, *value]),
                Shape::Class(of) => work.extend(of.fields.iter().map(|(_, shape)| *shape)),
                Shape::Enum(_, variants) => {
                    work.extend(variants.iter().flat_map(|of| &of.fields).map(|(_, shape)| *shape));
                }
                // What they hold is known when they are there only.
                Shape::Closure | Shape::Object(_) | Shape::Error => return true,
                _ => (),
            }
        }
        false
    }

    /// Has what depends on all types lowered, behind everything else. Gives whether there is more to do.
    pub(super) fn finish_guarded(&mut self) -> bool {
        let types = &self.guarded.types;
        if let Some(place) = self.guarded.all.and_then(|all| self.out.shapes.get_mut(all.index())) {
            *place = Shape::Captures(types.iter().map(|(_, shape)| *shape).collect());
        }
        let Some((finds, module)) = self.guarded.finds else { return false };
        let more = types.len() != self.guarded.known;
        if more {
            self.guarded.known = types.len();
            self.queue.push((finds, Job::FindBroken(module)));
        }
        more
    }

    /// What finds a clause that does not hold: takes an array of objects, and gives the number of the clause, or -1.
    fn finds_broken(&mut self, module: ModuleId, at: Location) -> FuncId {
        if let Some((finds, _)) = self.guarded.finds {
            return finds;
        }
        let finds = self.reserve("invariants".to_owned(), vec![Lane::Int], false, at);
        self.guarded.finds = Some((finds, module));
        finds
    }

    pub(super) fn find_broken_code(&mut self, id: FuncId, module: ModuleId) -> Function {
        let mut code = Code::new(self, id, Subst::default(), module, TyId::INT);
        let array = code.param_lane(Lane::Ref);
        let len = code.reg(Lane::Int);
        code.push(Inst::Len { to: len, array });
        code.each(len, |code, index| {
            let object = code.reg(Lane::Ref);
            let to = code.list(&[object]);
            code.push(Inst::Get { to, array, index });
            for (ty, shape) in code.l.guarded.types.clone() {
                let is = code.reg(Lane::Byte);
                code.push(Inst::Is { to: is, object, shape });
                code.when(is, |code| code.give_broken(ty, object));
            }
        });
        code.give_number(-1);
        code.finish()
    }

    /// The same for one object of a type.
    pub(super) fn broken_code(&mut self, id: FuncId, class: ClassId, ty: TyId) -> Function {
        let of = self.source.classes[class].clone();
        let subst = match self.types.get(ty) {
            Ty::Class(_, list) => Subst::of(&of.type_params, self.types.items(list)),
            _ => Subst::default(),
        };
        let clauses = (self.first_clause(class)..).zip(&of.invariants);
        let mut code = Code::new(self, id, subst, of.origin.module, TyId::INT);
        let object = code.param_lane(Lane::Ref);
        for (number, clause) in clauses {
            let holds = code.clause(clause.body, &[object]);
            let (fine, broken) = (code.block(), code.block());
            code.branch(first(&holds), fine, broken);
            code.enter(broken);
            code.give_number(number as i64);
            code.enter(fine);
        }
        code.give_number(-1);
        code.finish()
    }
}

impl Code<'_, '_> {
    fn give_number(&mut self, number: i64) {
        let number = self.int(number);
        let results = self.list(&[number]);
        self.end(End::Return(results));
    }

    /// Gives the clause that does not hold of an object of a type, where there is one.
    fn give_broken(&mut self, ty: TyId, object: Reg) {
        let Ty::Class(class, _) = self.l.types.get(ty) else { return };
        let function = self.l.once(Key::Broken(ty), |l| {
            let origin = l.source.classes[class].origin;
            Reserved {
                name: format!("invariants of {}", l.source.text(origin.name)),
                lanes: vec![Lane::Int],
                fails: false,
                at: l.location(origin.module, origin.span),
                job: Job::Broken(class, ty),
            }
        });
        let (broken, none) = (self.reg(Lane::Int), self.int(0));
        let (to, with) = (self.list(&[broken]), self.list(&[object]));
        self.push(Inst::Call { to, function, with });
        let is = self.test(Test::Ge, broken, none);
        self.when(is, |code| {
            let results = code.list(&[broken]);
            code.end(End::Return(results));
        });
    }

    /// Checks the invariants of all objects in a value that is copied. Nothing crosses in a contract.
    pub(super) fn check_copied(&mut self, shape: ShapeId, value: &[Reg]) {
        let clauses = self.l.clauses();
        if self.in_contract || clauses.is_empty() {
            return;
        }
        let Some(pair) = self.l.guarded_in(shape) else { return };
        let none = self.constant(Const::Null);
        let with: Vec<Reg> = value.iter().copied().chain([none]).collect();
        let found = first(&self.intrinsic(Intrinsic::Reached, pair, &with, &[Lane::Ref]));
        let some = self.test(Test::Ne, found, none);
        self.when(some, |code| {
            let function = code.l.finds_broken(code.module, code.at);
            let (broken, zero) = (code.reg(Lane::Int), code.int(0));
            let (to, with) = (code.list(&[broken]), code.list(&[found]));
            code.push(Inst::Call { to, function, with });
            let is = code.test(Test::Ge, broken, zero);
            code.when(is, |code| code.trap_at_clause(broken, &clauses));
        });
    }

    fn trap_at_clause(&mut self, number: Reg, clauses: &[Location]) {
        let kind = self.l.text("invariant");
        let blocks: Vec<BlockId> = clauses.iter().map(|_| self.block()).collect();
        self.end(End::Switch(number, blocks.clone()));
        for (clause, block) in clauses.iter().zip(blocks) {
            self.enter(block);
            self.end(End::Trap(Trap::Contract(kind, *clause)));
        }
    }

    /// The same for what something that the run-time system does copies of its arguments.
    pub(super) fn check_arguments(&mut self, what: Intrinsic, shape: ShapeId, with: &[Reg]) {
        let copied = match (what, self.l.out.shape(shape)) {
            (Intrinsic::MapInsert, Shape::Map(key, _)) => *key,
            (Intrinsic::SetInsert, Shape::Set(of)) => *of,
            (Intrinsic::Send | Intrinsic::TrySend | Intrinsic::SelectSend, Shape::Sender(of)) => *of,
            _ => return,
        };
        let len = self.l.out.lanes(copied).len();
        if let Some(value) = with.get(1..=len) {
            self.check_copied(copied, value);
        }
    }
}
