//! Function values in what has to be pure. A closure or a function with a name is looked at where it stands, and so what a function
//! is given is for who calls it to judge. What comes out of a field, an element or a call may do anything.

use pluto_source::Span;
use rustc_hash::FxHashMap;

use crate::arena::Id;
use crate::body::{Body, BodyId, BodyOwner, Callee, ExprId, ExprKind, LocalId, PatternKind, Stmt};
use crate::checker::Checker;
use crate::types::{Ty, TyId};

impl Checker<'_> {
    /// Bodies that call a function value, or hand one to a function, of which nobody knows what it does: the first one of each.
    pub(super) fn unknown_values(&self) -> Vec<(Body, Span)> {
        let bodies = self.own_bodies();
        bodies.filter_map(|id| Some((self.program.nodes.bodies[id], self.unknown_value(id)?))).collect()
    }

    fn unknown_value(&self, id: BodyId) -> Option<Span> {
        let body = self.program.nodes.bodies[id];
        let judged =
            matches!(body.owner, BodyOwner::Function(_) | BodyOwner::Contract(_) | BodyOwner::Invariant(_));
        let nodes = &self.program.nodes;
        let exprs = || (body.exprs.0..body.exprs.1).map(ExprId::from_index).filter(|_| judged);
        let used = exprs().flat_map(|id| match nodes.exprs[id].kind {
            ExprKind::Call(callee, arguments) => {
                let value = if let Callee::Value(value) = callee { Some(value) } else { None };
                value.into_iter().chain(nodes.expr_lists.get(arguments).iter().copied()).collect()
            }
            _ => Vec::new(),
        });
        let used: Vec<ExprId> = used.filter(|value| self.is_function(nodes.exprs[*value].ty)).collect();
        if used.is_empty() {
            return None;
        }
        let bound = self.bound(exprs());
        let unknown = used.into_iter().find(|value| !self.is_known(&body, &bound, *value));
        unknown.map(|value| nodes.exprs[value].span)
    }

    fn is_function(&self, ty: TyId) -> bool {
        match self.program.types.get(ty) {
            Ty::Function(..) => true,
            Ty::Optional(of) => self.is_function(of),
            _ => false,
        }
    }

    /// What names are bound to that stay what they are.
    fn bound(&self, exprs: impl Iterator<Item = ExprId>) -> FxHashMap<LocalId, ExprId> {
        let nodes = &self.program.nodes;
        let mut bound = FxHashMap::default();
        for id in exprs {
            let ExprKind::Block(list, _) = nodes.exprs[id].kind else { continue };
            for stmt in nodes.stmt_lists.get(list) {
                if let Stmt::Let(pattern, value, None) = nodes.stmts[*stmt]
                    && let PatternKind::Bind(local, _) = nodes.patterns[pattern].kind
                    && !nodes.locals[local].mutable
                {
                    bound.insert(local, value);
                }
            }
        }
        bound
    }

    fn is_known(&self, body: &Body, bound: &FxHashMap<LocalId, ExprId>, value: ExprId) -> bool {
        match self.program.nodes.exprs[value].kind {
            ExprKind::Closure(_)
            | ExprKind::Function(..)
            | ExprKind::Method(..)
            | ExprKind::VariantFunction(..)
            | ExprKind::None
            | ExprKind::Wrong => true,
            ExprKind::Wrap(value) => self.is_known(body, bound, value),
            ExprKind::Local(local) => match bound.get(&local) {
                Some(value) => self.is_known(body, bound, *value),
                None => self.is_parameter(body, local),
            },
            _ => false,
        }
    }

    /// Whether a name is a parameter of the function whose body this is.
    fn is_parameter(&self, body: &Body, local: LocalId) -> bool {
        let BodyOwner::Function(id) = body.owner else { return false };
        let at = (local.index() as usize).saturating_sub(body.locals.0 as usize);
        at < self.program.functions[id].arguments()
    }
}
