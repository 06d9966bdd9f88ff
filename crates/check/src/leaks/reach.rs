//! What can be changed that is reached from a value of a type.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::arena::Id;
use crate::body::{BodyOwner, Callee, ExprId, ExprKind};
use crate::checker::Checker;
use crate::program::{ClassId, Marker, Owner, TypeParamId};
use crate::relations::Head;
use crate::types::{Ty, TyId};

/// More types than these are taken for all.
const MANY: usize = 300;

/// What is reached from a type.
#[derive(Debug, Default)]
pub(super) struct Reached {
    /// The types of what can be changed.
    types: FxHashSet<TyId>,
    /// Whether it may hold anything: a function, a trait object, a type parameter.
    anything: bool,
    /// Whether something in it is known to be changed by somebody.
    changes: bool,
}

impl Reached {
    fn nothing(&self) -> bool {
        self.types.is_empty() && !self.anything
    }
}

#[derive(Debug)]
pub(crate) struct Reach {
    types: FxHashMap<TyId, Rc<Reached>>,
    /// The classes that have a method that changes them.
    changing: FxHashSet<ClassId>,
    /// The type parameters of whose values an invariant may know something.
    known: FxHashSet<TypeParamId>,
}

impl Reach {
    pub(super) fn new(checker: &Checker<'_>) -> Self {
        let program = &checker.program;
        let changes = |id: &crate::program::FunctionId| program.functions[*id].receiver == Some(true);
        let own = program.classes.iter().filter(|(_, class)| class.methods.iter().any(changes));
        let mut changing: FxHashSet<ClassId> = own.map(|(id, _)| id).collect();
        let impls = program.impls.iter().filter(|(_, of)| of.methods.iter().any(changes));
        changing.extend(impls.filter_map(|(_, of)| match Head::of(program.types.get(of.on)) {
            Some(Head::Class(id)) => Some(id),
            _ => None,
        }));
        Self { types: FxHashMap::default(), changing, known: checker.known_params() }
    }

    fn of(&mut self, c: &mut Checker<'_>, ty: TyId) -> Rc<Reached> {
        if let Some(known) = self.types.get(&ty) {
            return Rc::clone(known);
        }
        let mut reached = Reached::default();
        let mut seen = FxHashSet::default();
        let mut work = vec![(ty, false)];
        while let Some((ty, hidden)) = work.pop() {
            if !seen.insert((ty, hidden)) {
                continue;
            }
            if seen.len() > MANY {
                reached.anything = true;
                reached.changes = true;
                break;
            }
            let found = c.program.types.get(ty);
            let mut inside = Vec::new();
            match found {
                Ty::Array(_) | Ty::Map(..) | Ty::Set(_) | Ty::Buffer | Ty::Stream(_) => {
                    reached.types.insert(ty);
                    inside = c.parts(found);
                }
                Ty::Tuple(_) | Ty::Optional(_) => inside = c.parts(found),
                Ty::Class(id, _) => {
                    if self.changing.contains(&id) {
                        reached.types.insert(ty);
                    }
                    inside = c.field_types(ty);
                }
                Ty::Enum(..) | Ty::Error(_) => inside = c.field_types(ty),
                Ty::Function(..) => reached.anything = true,
                Ty::Param(param) => {
                    reached.anything = true;
                    let bounds = &c.program.type_params[param].bounds;
                    // Nobody knows what is in a parameter of an impl that a trait object may be by.
                    reached.changes |= hidden
                        || self.known.contains(&param)
                        || bounds.iter().any(|(of, _)| c.trait_changes(*of));
                }
                Ty::Trait(of, _) => {
                    reached.anything = true;
                    reached.changes |= c.trait_changes(of);
                    work.extend(c.types_with(of).into_iter().map(|ty| (ty, true)));
                }
                _ => (),
            }
            work.extend(inside.into_iter().map(|part| (part, hidden)));
        }
        reached.changes |= !reached.types.is_empty();
        let reached = Rc::new(reached);
        self.types.insert(ty, Rc::clone(&reached));
        reached
    }

    /// Whether a value of a type may hold something that can be changed.
    pub(super) fn holds(&mut self, c: &mut Checker<'_>, ty: TyId) -> bool {
        !self.of(c, ty).nothing()
    }

    /// Whether it does hold something that can be changed.
    pub(super) fn changes(&mut self, c: &mut Checker<'_>, ty: TyId) -> bool {
        self.of(c, ty).changes
    }

    /// Whether something that can be changed may be in values of both types.
    pub(super) fn share(&mut self, c: &mut Checker<'_>, a: TyId, b: TyId) -> bool {
        let (a, b) = (self.of(c, a), self.of(c, b));
        if a.nothing() || b.nothing() {
            return false;
        }
        a.anything || b.anything || a.types.iter().any(|ty| b.types.contains(ty))
    }
}

impl Checker<'_> {
    /// The type parameters of whose values an invariant may know something: it looks at one, or at what holds some, and not only at
    /// how many there are.
    fn known_params(&self) -> FxHashSet<TypeParamId> {
        let mut known = FxHashSet::default();
        for (_, body) in self.program.nodes.bodies.iter() {
            let BodyOwner::Invariant(class) = body.owner else { continue };
            if self.program.classes[class].type_params.is_empty() {
                continue;
            }
            let exprs = || (body.exprs.0..body.exprs.1).map(ExprId::from_index);
            // Nobody knows what one with a mistake is about.
            if exprs().any(|id| matches!(self.program.nodes.exprs[id].kind, ExprKind::Wrong)) {
                continue;
            }
            let passed: FxHashSet<ExprId> = exprs().filter_map(|id| self.passed_through(id)).collect();
            for id in exprs().filter(|id| !passed.contains(id)) {
                self.params_in(self.program.nodes.exprs[id].ty, &mut known);
            }
        }
        // What stands for such a parameter somewhere is known there.
        let mut before = usize::MAX;
        while before != known.len() {
            before = known.len();
            for ty in self.program.types.all() {
                let Ty::Class(class, arguments) = *ty else { continue };
                let params = self.program.classes[class].type_params.iter();
                for (param, argument) in params.zip(self.program.types.items(arguments)) {
                    if known.contains(param) {
                        self.params_in(*argument, &mut known);
                    }
                }
            }
        }
        known
    }

    /// What an expression only takes a part of, or counts.
    fn passed_through(&self, id: ExprId) -> Option<ExprId> {
        let nodes = &self.program.nodes;
        match nodes.exprs[id].kind {
            ExprKind::Field(base, _) | ExprKind::Element(base, _) | ExprKind::Index(base, _) => Some(base),
            ExprKind::Call(Callee::Target(target), list) => {
                let of = &self.program.functions[target.function];
                let counts = matches!(self.program.text(of.origin.name), "len" | "is_empty");
                let first = nodes.expr_lists.get(list).first().copied();
                first.filter(|_| counts && of.owner == Owner::Builtin)
            }
            _ => None,
        }
    }

    /// Adds the type parameters in a type. Numbers cannot be changed.
    fn params_in(&self, ty: TyId, into: &mut FxHashSet<TypeParamId>) {
        let mut work = vec![ty];
        while let Some(ty) = work.pop() {
            let ty = self.program.types.get(ty);
            if let Ty::Param(param) = ty {
                let bounds = &self.program.type_params[param].bounds;
                let number = |(of, _): &(_, _)| self.program.traits[*of].marker == Some(Marker::Number);
                if !bounds.iter().any(number) {
                    into.insert(param);
                }
            }
            work.extend(self.parts(ty));
        }
    }
}
