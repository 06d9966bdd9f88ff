//! What can be changed and leaves an object that has no method that changes it.

use rustc_hash::FxHashSet;

use super::reach::Reach;
use crate::arena::Id;
use crate::body::{BodyId, BodyOwner, Callee, ExprId, ExprKind, PatternId, PatternKind};
use crate::checker::Checker;
use crate::error::Shared;
use crate::program::{ClassId, FunctionId, Owner};
use crate::types::Ty;

impl Checker<'_> {
    /// How a part of an object of a class, which can be changed, is got at from outside.
    pub(crate) fn gives_away(&mut self, class: ClassId) -> Option<Shared> {
        let mut reach = Reach::new(self);
        let own = self.program.classes[class].self_ty;
        if !reach.changes(self, own) {
            return None;
        }
        if self.given.is_none() {
            self.given = Some(self.leaks().0.given);
        }
        let mut methods = self.methods_of(class);
        methods.sort();
        for method in methods.iter().copied() {
            let Some(given) = self.given.as_ref().and_then(|known| known.get(&method)) else { continue };
            let (in_result, elsewhere) =
                (given.result & 1 != 0, given.lost & 1 != 0 || given.kept_in(0) != 0);
            let of = &self.program.functions[method];
            let (name, result, method) = (of.origin.name, of.result, of.receiver.is_some());
            // What a function value holds is given by who calls it.
            let given = in_result
                && (matches!(self.program.types.get(result), Ty::Function(..))
                    || reach.changes(self, result));
            if method && (elsewhere || given) {
                return Some(Shared::Gives(name));
            }
        }
        if let Some(field) = self.taken_by_pattern(class, &mut reach) {
            return Some(field);
        }
        let bodies: Vec<BodyId> = self.own_bodies().collect();
        bodies.into_iter().find_map(|body| self.read_outside(body, class, &methods, &mut reach))
    }

    fn taken_by_pattern(&mut self, class: ClassId, reach: &mut Reach) -> Option<Shared> {
        let patterns = self.program.nodes.patterns.iter().filter_map(|(_, pattern)| match pattern.kind {
            PatternKind::Class(id, fields) if id == class => Some(fields),
            _ => None,
        });
        let parts: Vec<(u32, PatternId)> =
            patterns.flat_map(|fields| self.program.nodes.field_patterns.get(fields)).copied().collect();
        let field = parts.into_iter().find(|(_, part)| {
            let part = self.program.nodes.patterns[*part];
            !matches!(part.kind, PatternKind::Any) && reach.changes(self, part.ty)
        });
        let (field, _) = field?;
        self.program.classes[class].fields.get(field as usize).map(|of| Shared::Field(of.name))
    }

    /// The field of a class that a body reads, where it is none of its methods and can change what it reads.
    fn read_outside(
        &mut self,
        id: BodyId,
        class: ClassId,
        methods: &[FunctionId],
        reach: &mut Reach,
    ) -> Option<Shared> {
        let body = self.program.nodes.bodies[id];
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
                    if reads && !functions && (copies || !reach.changes(self, expr.ty)) {
                        only_read.extend(first);
                    }
                }
                ExprKind::Index(base, _) | ExprKind::Field(base, _) | ExprKind::Element(base, _)
                    if !reach.changes(self, expr.ty) || only_read.contains(&id) =>
                {
                    only_read.insert(base);
                }
                ExprKind::For(of) if !reach.changes(self, self.program.nodes.patterns[of.pattern].ty) => {
                    only_read.insert(of.over);
                }
                _ => (),
            }
        }
        for id in exprs() {
            let expr = self.program.nodes.exprs[id];
            let ExprKind::Field(base, field) = expr.kind else { continue };
            let of_class = matches!(self.program.types.get(self.program.nodes.exprs[base].ty), Ty::Class(id, _) if id == class);
            if of_class && !only_read.contains(&id) && reach.changes(self, expr.ty) {
                return self.program.classes[class]
                    .fields
                    .get(field as usize)
                    .map(|of| Shared::Field(of.name));
            }
        }
        None
    }
}
