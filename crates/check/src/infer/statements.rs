//! Statements.

use pluto_source::Span;
use pluto_syntax::tree::{self, BinaryOp, Expr as E};

use super::{Body, Want};
use crate::arena::Id;
use crate::body::{Callee, Dispatch, ExprId, ExprKind, Stmt, StmtId};
use crate::checker::Def;
use crate::error::{Fact, Immutable};
use crate::program::Owner;
use crate::types::{Ty, TyId};

impl Body<'_, '_> {
    /// A statement; `true` where nothing comes behind it.
    pub(super) fn stmt(&mut self, id: tree::StmtId, into: &mut Vec<StmtId>) -> bool {
        let (stmt, never) = match self.nodes[id] {
            tree::Stmt::Let { mutable, pattern, ty, value, otherwise } => {
                self.let_stmt(mutable.is_some(), pattern, ty, value, otherwise)
            }
            tree::Stmt::Assign { target, operator, operator_span, value } => {
                (self.assign(target, operator, operator_span, value), false)
            }
            tree::Stmt::Defer(block) => {
                self.defers += 1;
                let outside = std::mem::replace(&mut self.loops_outside, self.loops.len());
                let hidden = self.narrowed.hide_mutable(&self.c.program.nodes.locals);
                let block = self.expr(block, Want::Drop);
                self.narrowed.unhide(hidden);
                self.defers -= 1;
                self.loops_outside = outside;
                (Stmt::Defer(block), false)
            }
            tree::Stmt::Assert { condition, why } => {
                let condition = self.check(condition, TyId::BOOL);
                let why = why.map(|why| self.check(why, TyId::STRING));
                self.narrow_if(condition, true);
                (Stmt::Assert(condition, why), false)
            }
            tree::Stmt::Expr(expr) => {
                let made = self.expr(expr, Want::Drop);
                self.must_use(made, expr);
                let never = self.diverges(made);
                (Stmt::Expr(made), never)
            }
            tree::Stmt::Wrong => return false,
        };
        let stmt = self.add_stmt(stmt);
        into.push(stmt);
        never
    }

    /// The name that a closure is given.
    fn name_of_closure(
        &mut self,
        pattern: tree::PatternId,
        value: tree::ExprId,
    ) -> Option<crate::names::Symbol> {
        match (self.nodes[pattern], self.nodes[value]) {
            (tree::Pattern::Bind { name, .. }, tree::Expr::Closure { .. }) => Some(self.symbol(name)),
            _ => None,
        }
    }

    fn let_stmt(
        &mut self,
        mutable: bool,
        pattern: tree::PatternId,
        ty: Option<tree::TypeId>,
        value: tree::ExprId,
        otherwise: Option<tree::ExprId>,
    ) -> (Stmt, bool) {
        let declared = ty.map(|ty| self.written_value(ty));
        let optional = match (otherwise, declared) {
            // The type that is said is the one that is left when it is not `none`.
            (Some(_), Some(declared)) if !self.is_variant(pattern) => {
                Some(self.c.program.types.optional(declared))
            }
            (_, declared) => declared,
        };
        let closure = self.name_of_closure(pattern, value);
        let outer = std::mem::replace(&mut self.declaring, closure);
        let value = match optional {
            Some(ty) => {
                let made = self.value(value, Want::Type(ty));
                self.coerce(made, ty)
            }
            None => self.value(value, Want::Any),
        };
        self.declaring = outer;
        let found = self.ty(value);
        let never = found == TyId::NEVER;
        let mut ty = optional.map_or(found, |ty| self.shallow(ty));
        let plain = matches!(self.nodes[pattern], tree::Pattern::Bind { .. } | tree::Pattern::Any);
        // Nothing is of this type, which is said where it was to be.
        let lost = self.ty(value) == TyId::WRONG && self.is_no_object(ty);
        if lost || (never && optional.is_none() && !plain) {
            ty = TyId::WRONG;
        }
        let mut thaw = None;
        if mutable {
            let at = self.span(value);
            let first = self.c.program.nodes.locals.len() as u32;
            thaw = Some((value, at, first));
        }
        let otherwise = otherwise.map(|block| self.otherwise(block));
        let span = self.nodes.span(pattern);
        let made = match (otherwise, self.get(ty)) {
            (Some(_), Ty::Optional(of)) if !self.names_optional(pattern) => {
                let of = self.shallow(of);
                let inner = self.let_pattern(pattern, of, mutable);
                self.add_pattern(crate::body::PatternKind::Some(inner), ty, span)
            }
            _ => self.let_pattern(pattern, ty, mutable),
        };
        if let Some((value, at, first)) = thaw {
            let end = self.c.program.nodes.locals.len() as u32;
            self.later.push(super::Later::Thaw(value, at, (first, end)));
            self.groups.push((first, end));
        }
        match otherwise {
            None => self.c.irrefutable.push((self.module, span, ty, made)),
            Some(otherwise) => self.check_else(value, made, otherwise),
        }
        if matches!(self.nodes[pattern], tree::Pattern::Any) {
            self.must_not_drop_task(value);
        }
        (Stmt::Let(made, value, otherwise), never || self.diverges(value))
    }

    fn is_no_object(&mut self, ty: TyId) -> bool {
        match self.get(ty) {
            Ty::Trait(of, _) => self.c.not_object(of).is_some(),
            _ => false,
        }
    }

    /// An `else` is of use where the pattern may not match.
    fn check_else(&mut self, value: ExprId, pattern: crate::body::PatternId, otherwise: ExprId) {
        let span = self.span(otherwise);
        if matches!(self.kind(value), ExprKind::Wrap(_)) {
            self.error(span, Fact::NeedlessElse);
        } else {
            self.c.with_else.push((self.module, span, pattern));
        }
    }

    fn is_variant(&self, pattern: tree::PatternId) -> bool {
        matches!(self.nodes[pattern], tree::Pattern::Variant { .. } | tree::Pattern::Class { .. })
    }

    fn names_optional(&self, pattern: tree::PatternId) -> bool {
        matches!(self.nodes[pattern], tree::Pattern::Literal(literal) if matches!(self.nodes[literal], E::None))
    }

    /// The block behind `else` of a `let`, which does not come back.
    fn otherwise(&mut self, block: tree::ExprId) -> ExprId {
        let made = self.expr(block, Want::Drop);
        let ty = self.ty(made);
        if ty != TyId::NEVER && ty != TyId::WRONG {
            let span = self.nodes.span(block);
            self.error(span, Fact::Mismatch { expected: TyId::NEVER, found: TyId::VOID, because: None });
        }
        made
    }

    fn assign(
        &mut self,
        target: tree::ExprId,
        operator: Option<BinaryOp>,
        operator_span: Span,
        value: tree::ExprId,
    ) -> Stmt {
        let place = self.assigned(target, operator.is_none());
        let ty = self.ty(place);
        let made = match operator {
            None => {
                let made = self.check(value, ty);
                if let ExprKind::Local(local) = self.kind(place) {
                    let (at, local) = (self.span(made), local.index());
                    self.later.push(super::Later::Thaw(made, at, (local, local + 1)));
                }
                made
            }
            Some(operator) => self.compound(place, operator, operator_span, value),
        };
        self.forget_place(place);
        if let (E::Name(name), ExprKind::Wrong) = (self.nodes[target], self.kind(place)) {
            let symbol = self.symbol(name);
            let module = self.module;
            if !self.scope.contains_key(&symbol) && self.c.lookup(module, symbol).is_some() {
                // Behind it, the name stands for what was to be declared.
                self.bind(name, TyId::WRONG, true, Immutable::Let);
            }
        }
        Stmt::Assign(place, operator, made)
    }

    /// `place += value`: what the operator gives must fit into the place.
    fn compound(&mut self, place: ExprId, operator: BinaryOp, at: Span, value: tree::ExprId) -> ExprId {
        let ty = self.ty(place);
        let span = self.span(place).to(self.nodes.span(value));
        let whole = self.operator(operator, at, place, value, span);
        let (result, right) = match self.kind(whole) {
            ExprKind::Binary(_, _, right) => (self.ty(whole), right),
            _ => return whole,
        };
        if result != ty && !self.unify(result, ty, at) {
            let (expected, found) = (self.resolve(ty), self.resolve(result));
            self.error(at, Fact::Mismatch { expected, found, because: None });
        }
        right
    }

    /// What an assignment assigns to; not what is known of what is there.
    fn assigned(&mut self, target: tree::ExprId, plain: bool) -> ExprId {
        let mut id = target;
        while let E::Paren(inner) = self.nodes[id] {
            id = inner;
        }
        let span = self.nodes.span(id);
        if let E::Name(name) = self.nodes[id] {
            let symbol = self.symbol(name);
            if let Some(local) = self.scope.get(&symbol).copied() {
                return self.assign_local(local, span);
            }
            let module = self.module;
            if plain
                && !self.is_field_of_self(symbol)
                && self.c.lookup(module, symbol).is_none()
                && !self.c.program.text(symbol).is_empty()
            {
                return self.assign_unknown(symbol, span);
            }
            if plain
                && let Some(def) = self.c.lookup(module, symbol)
                && !matches!(def, Def::Const(_) | Def::Wrong)
            {
                let kind = self.c.kind(def);
                return self.refuse(span, Fact::AssignDeclared { name: symbol, kind });
            }
        }
        if !matches!(self.nodes[id], E::Name(_) | E::Field { optional: false, .. } | E::Index { .. }) {
            self.expr(id, Want::Any);
            return self.refuse(span, Fact::NotAPlace);
        }
        let made = self.expr(id, Want::Any);
        let made = match self.kind(made) {
            ExprKind::Unwrap(inner) | ExprKind::Downcast(inner) => inner,
            _ => made,
        };
        self.check_assign(made);
        made
    }

    /// `x = 1` where there is no `x`: a local name that is like it, or a new one, was meant.
    fn assign_unknown(&mut self, name: crate::names::Symbol, span: Span) -> ExprId {
        let known: Vec<_> = self.scope.keys().copied().collect();
        let near = self.c.near(name, known);
        if self.unknown.insert(name) || near.is_some() {
            let fact =
                if near.is_some() { Fact::UnknownName { name, near } } else { Fact::AssignUnknown { name } };
            self.error(span, fact);
        }
        self.wrong(span)
    }

    fn assign_local(&mut self, local: crate::body::LocalId, span: Span) -> ExprId {
        let info = *self.info(local);
        let known = self.local(local);
        let captured = info.frame + 1 < self.frames.len();
        self.capture(local);
        if (!known.mutable && !self.is_told(known.span)) || captured {
            let why = self.why_immutable(if captured { Immutable::Captured } else { info.why }, known.span);
            let declared = self.place(known.span);
            self.info_mut(local).used = true;
            self.error(span, Fact::AssignImmutable { name: known.name, why, declared });
        }
        self.info_mut(local).changed = true;
        self.add(ExprKind::Local(local), known.ty, span)
    }

    /// A task, or tasks, that nothing has any more when this is dropped.
    fn must_not_drop_task(&mut self, made: ExprId) -> bool {
        let ty = self.ty(made);
        let span = self.span(made);
        if !self.holds_task(ty) {
            return false;
        }
        let one = matches!(self.get(ty), Ty::Task(..));
        let spawned = matches!(self.kind(made), ExprKind::Spawn(_));
        if !(spawned && self.task_of_scope(ty, span)) {
            self.error(span, Fact::UnusedTask { many: !one });
        }
        true
    }

    /// Whether a value is a task, or is made of tasks. What may be none is what a map gives back, and often is none.
    pub(super) fn holds_task(&mut self, ty: TyId) -> bool {
        let ty = self.shallow(ty);
        match self.get(ty) {
            Ty::Task(..) => true,
            found @ (Ty::Array(_) | Ty::Tuple(_)) => {
                let parts = self.c.parts(found);
                parts.into_iter().any(|part| self.holds_task(part))
            }
            _ => false,
        }
    }

    /// A value that is dropped: a task must not be, and what only computes is of no use.
    pub(super) fn must_use(&mut self, made: ExprId, written: tree::ExprId) {
        let ty = self.ty(made);
        let span = self.nodes.span(written);
        if self.must_not_drop_task(made) {
            return;
        }
        if matches!(self.get(ty), Ty::Void | Ty::Never | Ty::Wrong) {
            return;
        }
        if self.only_computes(made) {
            let ty = self.resolve(ty);
            self.error(span, Fact::UnusedValue { ty });
        }
    }

    /// Whether an expression does nothing but give a value.
    fn only_computes(&self, made: ExprId) -> bool {
        match self.kind(made) {
            ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Bool(_)
            | ExprKind::Text(_)
            | ExprKind::Duration(_)
            | ExprKind::Atom(_)
            | ExprKind::None
            | ExprKind::Interpolated(_)
            | ExprKind::Local(_)
            | ExprKind::Const(_)
            | ExprKind::Function(..)
            | ExprKind::Method(..)
            | ExprKind::VariantFunction(..)
            | ExprKind::Closure(_)
            | ExprKind::Unary(..)
            | ExprKind::Binary(..)
            | ExprKind::Range(..)
            | ExprKind::Is(..)
            | ExprKind::Field(..)
            | ExprKind::Element(..) => true,
            kind if kind.is_made_of_values() => true,
            ExprKind::Call(Callee::Target(target), _) => {
                let of = &self.c.program.functions[target.function];
                target.dispatch == Dispatch::Direct
                    && of.owner == Owner::Builtin
                    && of.effect_params.is_empty()
                    && self.c.builtin_is_pure(target.function)
            }
            _ => false,
        }
    }
}
