//! What can be changed and leaves an object that has no method that changes it.

use rustc_hash::FxHashSet;

use super::reach::Reach;
use crate::arena::Id;
use crate::body::{BodyId, BodyOwner, Callee, ExprId, ExprKind, PatternId, PatternKind};
use crate::checker::Checker;
use crate::error::Shared;
use crate::program::{ClassId, FunctionId, Owner};
use crate::types::{Subst, Ty, TyId};

/// An object that is shared.
#[derive(Clone, Copy)]
struct Object {
    class: ClassId,
    ty: TyId,
    /// Whether something that stands for a type parameter of its class can be changed.
    open: bool,
}

impl Object {
    /// Whether a value of a type may be it: where that is generic, it may be of any.
    fn may_be(self, c: &Checker<'_>, ty: TyId) -> bool {
        let of_class = matches!(c.program.types.get(ty), Ty::Class(id, _) if id == self.class);
        of_class && (ty == self.ty || c.program.types.has_param(ty))
    }

    /// Whether something that is read of it, which has this type where it is read, can be changed.
    fn changes(self, c: &mut Checker<'_>, ty: TyId, reach: &mut Reach) -> bool {
        self.open && c.program.types.has_param(ty) || reach.changes(c, ty)
    }
}

impl Checker<'_> {
    /// How a part of an object of a class, which can be changed, is got at from outside.
    pub(crate) fn gives_away(&mut self, class: ClassId, ty: TyId) -> Option<Shared> {
        let mut reach = self.reach.take().unwrap_or_else(|| Reach::new(self));
        let changes = reach.changes(self, ty);
        if changes && self.given.is_none() {
            let known = self.leaks(reach).0;
            self.given = Some(known.given);
            reach = known.reach;
        }
        let way = if changes { self.way_out(class, ty, &mut reach) } else { None };
        self.reach = Some(reach);
        way
    }

    fn way_out(&mut self, class: ClassId, ty: TyId, reach: &mut Reach) -> Option<Shared> {
        let Ty::Class(_, list) = self.program.types.get(ty) else { return None };
        let arguments = self.program.types.items(list).to_vec();
        let open = arguments.into_iter().any(|argument| reach.changes(self, argument));
        let object = Object { class, ty, open };
        let mut methods = self.methods_of(class);
        methods.sort();
        for method in methods.iter().copied() {
            let Some(given) = self.given.as_ref().and_then(|known| known.get(&method)) else { continue };
            let (in_result, elsewhere) =
                (given.result & 1 != 0, given.lost & 1 != 0 || given.kept_in(0) != 0);
            let of = &self.program.functions[method];
            let (name, result, is_method) = (of.origin.name, of.result, of.receiver.is_some());
            let result = self.result_for(method, result, ty);
            // What a function value holds is given by who calls it.
            let given = in_result
                && (matches!(self.program.types.get(result), Ty::Function(..))
                    || reach.changes(self, result));
            if is_method && (elsewhere || given) {
                return Some(Shared::Gives(name));
            }
        }
        if let Some(field) = self.taken_by_pattern(object, reach) {
            return Some(field);
        }
        let bodies: Vec<BodyId> = self.own_bodies().collect();
        bodies.into_iter().find_map(|body| self.read_outside(body, object, &methods, reach))
    }

    /// What a method gives of an object of a type.
    fn result_for(&mut self, method: FunctionId, result: TyId, ty: TyId) -> TyId {
        let (params, on) = (self.owner_params(method), self.program.functions[method].self_ty);
        let mut subst = Subst::default();
        if self.fits(on, ty, &params, &mut subst) {
            self.program.types.substitute(result, &subst)
        } else {
            result
        }
    }

    fn taken_by_pattern(&mut self, object: Object, reach: &mut Reach) -> Option<Shared> {
        let class = object.class;
        let patterns = self.program.nodes.patterns.iter().filter_map(|(_, pattern)| match pattern.kind {
            PatternKind::Class(_, fields) if object.may_be(self, pattern.ty) => Some(fields),
            _ => None,
        });
        let parts: Vec<(u32, PatternId)> =
            patterns.flat_map(|fields| self.program.nodes.field_patterns.get(fields)).copied().collect();
        let field = parts.into_iter().find(|(_, part)| {
            let part = self.program.nodes.patterns[*part];
            !matches!(part.kind, PatternKind::Any) && object.changes(self, part.ty, reach)
        });
        let (field, _) = field?;
        self.program.classes[class].fields.get(field as usize).map(|of| Shared::Field(of.name))
    }

    /// The field of a class that a body reads, where it is none of its methods and can change what it reads.
    fn read_outside(
        &mut self,
        id: BodyId,
        object: Object,
        methods: &[FunctionId],
        reach: &mut Reach,
    ) -> Option<Shared> {
        let (class, body) = (object.class, self.program.nodes.bodies[id]);
        let inside = match body.owner {
            BodyOwner::Function(id) | BodyOwner::Contract(id) => methods.contains(&id),
            BodyOwner::ClassDefault(id) | BodyOwner::Invariant(id) => id == class,
            _ => false,
        };
        if inside {
            return None;
        }
        let exprs = || (body.exprs.0..body.exprs.1).map(ExprId::from_index);
        let mut only_read: FxHashSet<ExprId> = FxHashSet::default();
        // What holds an expression stands behind it.
        for id in exprs().rev() {
            let expr = self.program.nodes.exprs[id];
            match expr.kind {
                ExprKind::Call(Callee::Target(target), list) => {
                    let of = &self.program.functions[target.function];
                    let reads = of.owner == Owner::Builtin && of.receiver == Some(false);
                    let functions =
                        of.params.iter().any(|of| matches!(self.program.types.get(of.ty), Ty::Function(..)));
                    let copies = self.program.text(of.origin.name) == "copy";
                    let first = self.program.nodes.expr_lists.get(list).first().copied();
                    if reads && !functions && (copies || !object.changes(self, expr.ty, reach)) {
                        only_read.extend(first);
                    }
                }
                ExprKind::Index(base, _) | ExprKind::Field(base, _) | ExprKind::Element(base, _)
                    if !object.changes(self, expr.ty, reach) || only_read.contains(&id) =>
                {
                    only_read.insert(base);
                }
                ExprKind::For(of)
                    if !object.changes(self, self.program.nodes.patterns[of.pattern].ty, reach) =>
                {
                    only_read.insert(of.over);
                }
                _ => (),
            }
        }
        for id in exprs() {
            let expr = self.program.nodes.exprs[id];
            let ExprKind::Field(base, field) = expr.kind else { continue };
            let of_object = object.may_be(self, self.program.nodes.exprs[base].ty);
            if of_object && !only_read.contains(&id) && object.changes(self, expr.ty, reach) {
                return self.program.classes[class]
                    .fields
                    .get(field as usize)
                    .map(|of| Shared::Field(of.name));
            }
        }
        None
    }
}
