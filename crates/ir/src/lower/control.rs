//! Branches, the end of a function, and errors.

use pluto_check::arena::List;
use pluto_check::body::{Arm, ExprId, ExprKind, HandlerId};
use pluto_check::types::{Ty, TyId};

use super::calls::Called;
use super::code::{Code, Value};
use crate::program::{Const, End, Lane, Reg, Test};

impl Code<'_, '_> {
    pub(super) fn if_expr(
        &mut self,
        id: ExprId,
        condition: ExprId,
        then: ExprId,
        otherwise: Option<ExprId>,
    ) -> Value {
        let ty = self.ty_of(id);
        let result = self.value(ty);
        let after = self.block();
        let mut at = Some((condition, then, otherwise));
        // Along `else if` in a loop, since there may be many.
        while let Some((condition, then, otherwise)) = at.take() {
            let holds = self.one(condition);
            let (yes, no) = (self.block(), self.block());
            self.branch(holds, yes, no);
            self.enter(yes);
            let value = self.expr_as(then, ty);
            self.move_to(&result, &value);
            self.jump(after);
            self.enter(no);
            let Some(otherwise) = otherwise else { break };
            match self.l.source.nodes.exprs[otherwise].kind {
                ExprKind::If(condition, then, next) => at = Some((condition, then, next)),
                _ => {
                    let value = self.expr_as(otherwise, ty);
                    self.move_to(&result, &value);
                }
            }
        }
        self.jump(after);
        self.enter(after);
        result
    }

    pub(super) fn match_expr(&mut self, id: ExprId, value: ExprId, arms: List<Arm>) -> Value {
        let (value_ty, ty) = (self.ty_of(value), self.ty_of(id));
        let subject = self.expr(value);
        let subject = self.copied(&subject);
        self.arms(value_ty, &subject, arms, ty)
    }

    /// The first arm that takes a value; one does.
    pub(super) fn arms(&mut self, value_ty: TyId, subject: &[Reg], arms: List<Arm>, ty: TyId) -> Value {
        let result = self.value(ty);
        let after = self.block();
        for arm in self.l.source.nodes.arms.get(arms).to_vec() {
            let next = self.block();
            self.pattern(arm.pattern, value_ty, subject, next);
            if let Some(guard) = arm.guard {
                let holds = self.one(guard);
                let taken = self.block();
                self.branch(holds, taken, next);
                self.enter(taken);
            }
            let value = self.expr_as(arm.body, ty);
            self.move_to(&result, &value);
            self.jump(after);
            self.enter(next);
        }
        self.end(End::Unreachable);
        self.enter(after);
        result
    }

    pub(super) fn return_value(&mut self, value: Option<ExprId>) -> Value {
        let result = self.result;
        let value = value.map(|value| self.expr_as(value, result)).unwrap_or_default();
        self.give(value);
        Vec::new()
    }

    /// Ends the function with its result: does what was deferred, and checks what it promises.
    pub(super) fn give(&mut self, value: Value) {
        let value =
            if self.defers.is_empty() && self.ensures.is_empty() { value } else { self.copied(&value) };
        self.run_defers(0, false);
        self.promise(&value);
        let mut results = value;
        if self.made.fails {
            results.push(self.constant(Const::Null));
        }
        let results = self.list(&results);
        self.end(End::Return(results));
    }

    /// Ends the function with an error.
    pub(super) fn give_error(&mut self, error: Reg) -> Value {
        let error = if self.defers.is_empty() {
            error
        } else {
            self.copied(&[error]).first().copied().unwrap_or(error)
        };
        self.run_defers(0, true);
        if !self.made.fails {
            // Nothing is raised here that the checker did not find, so nothing comes here.
            self.end(End::Unreachable);
            return Vec::new();
        }
        let lanes: Vec<Lane> = self.made.results.iter().copied().take(self.made.results.len() - 1).collect();
        let mut results = self.nothings(&lanes);
        results.push(error);
        let results = self.list(&results);
        self.end(End::Return(results));
        Vec::new()
    }

    /// A call, a scope or a `select`, with the error that it may give.
    fn attempt(&mut self, of: ExprId) -> Called {
        let expr = self.l.source.nodes.exprs[of];
        match expr.kind {
            ExprKind::Call(callee, arguments) => {
                let at = std::mem::replace(&mut self.at, self.l.location(self.module, expr.span));
                let called = self.call(of, callee, arguments);
                self.at = at;
                called
            }
            ExprKind::Scope(body) => self.scope(of, body),
            ExprKind::Select(arms) => self.select(of, arms),
            _ => Called { value: self.expr(of), error: None },
        }
    }

    /// Goes on in one block where there is an error, and in another one where there is none, which is entered.
    fn on_error(&mut self, error: Reg) -> crate::program::BlockId {
        let null = self.constant(Const::Null);
        let failed = self.test(Test::Ne, error, null);
        let (bad, fine) = (self.block(), self.block());
        self.branch(failed, bad, fine);
        self.enter(fine);
        bad
    }

    /// `f()!`
    pub(super) fn propagate(&mut self, of: ExprId) -> Value {
        let called = self.attempt(of);
        if let Some(error) = called.error {
            self.leave_with(error);
        }
        called.value
    }

    /// Ends the function with an error, where it is one.
    pub(super) fn leave_with(&mut self, error: Reg) {
        let bad = self.on_error(error);
        let fine = self.block();
        self.jump(fine);
        self.enter(bad);
        self.give_error(error);
        self.enter(fine);
    }

    /// `f() catch 0`
    pub(super) fn default(&mut self, id: ExprId, of: ExprId, value: ExprId) -> Value {
        let ty = self.ty_of(id);
        let of_ty = self.ty_of(of);
        let called = self.attempt(of);
        let Some(error) = called.error else { return called.value };
        let result = self.value(ty);
        let bad = self.on_error(error);
        let after = self.block();
        let fine = if of_ty == TyId::NEVER { Vec::new() } else { called.value };
        self.move_to(&result, &fine);
        self.jump(after);
        self.enter(bad);
        let value = self.expr_as(value, ty);
        self.move_to(&result, &value);
        self.jump(after);
        self.enter(after);
        result
    }

    /// `f() catch e { … }`
    pub(super) fn handle(&mut self, id: ExprId, of: ExprId, handler: HandlerId) -> Value {
        let ty = self.ty_of(id);
        let handler = self.l.source.nodes.handlers[handler];
        let called = self.attempt(of);
        let Some(error) = called.error else { return called.value };
        let result = self.value(ty);
        let bad = self.on_error(error);
        let after = self.block();
        self.move_to(&result, &called.value);
        self.jump(after);
        self.enter(bad);
        if let Some(local) = handler.local {
            self.locals.insert(local, vec![error]);
        }
        let caught = self.l.types.intern(Ty::Caught(pluto_check::types::Effect::Var(handler.incoming)));
        let value = self.arms(caught, &[error], handler.arms, ty);
        self.move_to(&result, &value);
        self.jump(after);
        self.enter(after);
        result
    }
}
