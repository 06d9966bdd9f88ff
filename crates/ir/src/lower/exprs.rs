//! Expressions.

use pluto_check::arena::List;
use pluto_check::body::{BinaryOp, BodyId, ExprId, ExprKind, LocalId, Stmt, StmtId};
use pluto_check::program::ConstId;
use pluto_check::types::{Ty, TyId};

use super::code::{Code, Value};
use super::leaving::Point;
use super::{Job, Key, Reserved};
use crate::program::{Const, End, Inst, Lane, Location, Reg, Test, Trap};

/// Bytes of the stack that an expression has at least, and of a piece that is added where it has not.
const ROOM: usize = 128 << 10;
const MORE: usize = 4 << 20;

impl Code<'_, '_> {
    /// The root of a body.
    pub(super) fn body(&mut self, body: BodyId) -> Value {
        let of = self.l.source.nodes.bodies[body];
        let module = std::mem::replace(&mut self.module, of.module);
        let value = self.expr(of.root);
        self.module = module;
        value
    }

    /// The type of an expression, with what stands for its parameters.
    pub(super) fn ty_of(&mut self, expr: ExprId) -> TyId {
        let ty = self.l.source.nodes.exprs[expr].ty;
        self.ty(ty)
    }

    pub(super) fn place_of(&self, expr: ExprId) -> Location {
        self.l.location(self.module, self.l.source.nodes.exprs[expr].span)
    }

    /// The only lane of an expression.
    pub(super) fn one(&mut self, expr: ExprId) -> Reg {
        let value = self.expr(expr);
        match value.first() {
            Some(reg) => *reg,
            // What does not come back gives nothing.
            None => {
                let ty = self.ty_of(expr);
                let lane = self.l.lanes(ty).first().copied().unwrap_or(Lane::Int);
                self.nothing(lane)
            }
        }
    }

    /// An expression where a value of a type is wanted: what does not come back is one of any type.
    pub(super) fn expr_as(&mut self, expr: ExprId, ty: TyId) -> Value {
        let value = self.expr(expr);
        if self.ty_of(expr) != TyId::NEVER {
            return value;
        }
        let lanes = self.lanes(ty);
        self.nothings(&lanes)
    }

    /// An expression: the code that makes its value.
    pub(super) fn expr(&mut self, id: ExprId) -> Value {
        let expr = self.l.source.nodes.exprs[id];
        let at = std::mem::replace(&mut self.at, self.l.location(self.module, expr.span));
        // A chain of calls may be as long as one likes.
        let value = stacker::maybe_grow(ROOM, MORE, || self.kind(id, expr.kind));
        self.at = at;
        value
    }

    fn kind(&mut self, id: ExprId, kind: ExprKind) -> Value {
        match kind {
            ExprKind::Int(value) => {
                let byte = self.ty_of(id) == TyId::BYTE;
                vec![self.constant(if byte { Const::Byte(value as u8) } else { Const::Int(value) })]
            }
            ExprKind::Float(value) => vec![self.constant(Const::Float(value))],
            ExprKind::Bool(value) => vec![self.byte(value)],
            ExprKind::Text(list) => {
                let text = self.literal(list);
                vec![self.text(&text)]
            }
            ExprKind::Duration(value) => vec![self.int(value)],
            ExprKind::None => {
                let ty = self.ty_of(id);
                let lanes = self.l.lanes(ty);
                self.nothings(&lanes)
            }
            ExprKind::Interpolated(parts) => vec![self.interpolated(parts)],
            ExprKind::Local(local) => self.local(local),
            ExprKind::Const(constant) => self.constant_value(id, constant),
            ExprKind::Function(function, arguments) => self.function_value(function, arguments),
            ExprKind::Method(receiver, target) => self.method_value(receiver, target),
            ExprKind::VariantFunction(..) => self.variant_value(id),
            ExprKind::Closure(closure) => self.closure(id, closure),
            ExprKind::Array(list) => self.array(id, list),
            ExprKind::Set(list) => self.set(id, list),
            ExprKind::Map(entries) => self.map(id, entries),
            ExprKind::Tuple(list) => {
                let parts = self.l.source.nodes.expr_lists.get(list).to_vec();
                parts.into_iter().flat_map(|part| self.expr(part)).collect()
            }
            ExprKind::Class(class, fields) => self.class(id, class, fields),
            ExprKind::Error(error, fields) => self.error(id, error, fields),
            ExprKind::Variant(of, variant, fields) => self.variant(id, of, variant, fields),
            ExprKind::Block(stmts, tail) => self.run_block(id, stmts, tail),
            ExprKind::If(condition, then, otherwise) => self.if_expr(id, condition, then, otherwise),
            ExprKind::Match(value, arms) => self.match_expr(id, value, arms),
            ExprKind::For(of) => self.for_loop(of),
            ExprKind::While(of, condition, body) => self.while_loop(of, condition, body),
            ExprKind::Loop(of, body) => self.endless_loop(id, of, body),
            ExprKind::Break(of, value) => self.break_loop(of, value),
            ExprKind::Continue(of) => self.continue_loop(of),
            ExprKind::Return(value) => self.return_value(value),
            ExprKind::Raise(error) => {
                let error = self.one(error);
                self.give_error(error)
            }
            ExprKind::TermField(..) => self.whole_term(id),
            ExprKind::Binary(..) | ExprKind::Unary(..) | ExprKind::Index(..)
                if self.ty_of(id) == TyId::TERM =>
            {
                self.whole_term(id)
            }
            ExprKind::Unary(op, of) => self.unary(op, of),
            ExprKind::Binary(op, left, right) => self.binary(id, op, left, right),
            ExprKind::Range(from, to, inclusive) => {
                let (from, to) = (self.one(from), self.one(to));
                vec![from, to, self.byte(inclusive)]
            }
            ExprKind::Convert(of) => self.convert(id, of),
            ExprKind::Is(of, ty) => self.is(of, ty),
            ExprKind::Call(callee, arguments) => self.call(id, callee, arguments).value,
            ExprKind::Index(base, index) => self.index(id, base, index),
            ExprKind::Field(of, at) => self.field(of, at),
            ExprKind::Element(of, at) => self.element(of, at),
            ExprKind::Chain(of, local, then) => self.chain(id, of, local, then),
            ExprKind::Try(of) => self.try_optional(id, of),
            ExprKind::Propagate(of) => self.propagate(of),
            ExprKind::Handle(of, handler) => self.handle(id, of, handler),
            ExprKind::Default(of, value) => self.default(id, of, value),
            ExprKind::Wrap(of) => self.wrap(of),
            ExprKind::Unwrap(of) => {
                let value = self.expr(of);
                let ty = self.ty_of(of);
                let to = self.ty_of(id);
                self.unwrapped(ty, to, value)
            }
            ExprKind::Upcast(of) => self.upcast(id, of),
            ExprKind::Downcast(of) => self.downcast(id, of),
            ExprKind::Old(_) => self.olds.get(&id).cloned().unwrap_or_default(),
            ExprKind::Result => self.given.clone(),
            ExprKind::Spawn(call) => self.spawn(id, call),
            ExprKind::SpawnActor(of) => self.spawn_actor(id, of),
            ExprKind::Later(call) => self.later(id, call),
            // Without `!` behind them, they hand on errors too.
            ExprKind::Scope(_) | ExprKind::Select(_) => self.propagate(id),
            ExprKind::Yield(value) => self.yield_value(value),
            ExprKind::Atom(name) => {
                let name = self.literal(name);
                self.atom(&name)
            }
            ExprKind::ToTerm(of) => self.term_made_of(of),
            ExprKind::DefaultArgument(..) | ExprKind::Wrong => self.not_yet(id, "this"),
        }
    }

    pub(super) fn not_yet(&mut self, id: ExprId, what: &str) -> Value {
        self.missing(what);
        let ty = self.ty_of(id);
        let lanes = self.l.lanes(ty);
        self.nothings(&lanes)
    }

    pub(super) fn literal(&self, list: List<String>) -> String {
        self.l.source.nodes.texts.get(list).concat()
    }

    /// What a name stands for. One that can be assigned is read now, whatever is assigned before the value is used.
    pub(super) fn local(&mut self, local: LocalId) -> Value {
        if let Some(cell) = self.cells.get(&local).copied() {
            return self.cell_value(local, cell);
        }
        let value = self.locals.get(&local).cloned().unwrap_or_default();
        if self.l.source.nodes.locals[local].mutable { self.copied(&value) } else { value }
    }

    fn constant_value(&mut self, id: ExprId, constant: ConstId) -> Value {
        let ty = self.ty_of(id);
        let function = self.l.once(Key::Const(constant), |l| {
            let origin = l.source.consts[constant].origin;
            Reserved {
                name: l.source.text(origin.name).to_owned(),
                lanes: l.lanes(ty),
                fails: false,
                at: l.location(origin.module, origin.span),
                job: Job::Const(constant),
            }
        });
        let to = self.value(ty);
        let (list, with) = (self.list(&to), self.list(&[]));
        self.push(Inst::Call { to: list, function, with });
        to
    }

    /// `{ …; value }`
    fn run_block(&mut self, id: ExprId, stmts: List<StmtId>, tail: Option<ExprId>) -> Value {
        let outer = self.defers.len();
        let stmts = self.l.source.nodes.stmt_lists.get(stmts).to_vec();
        for (at, stmt) in stmts.iter().enumerate() {
            if let Stmt::Let(..) = self.l.source.nodes.stmts[*stmt] {
                self.rest = (stmts.get(at + 1..).unwrap_or_default().to_vec(), tail);
            }
            self.stmt(*stmt);
            self.release_behind(Point::Stmt(*stmt));
        }
        let ty = self.ty_of(id);
        let value = match tail {
            Some(tail) => {
                let value = self.expr_as(tail, ty);
                self.release_behind(Point::Value(tail));
                value
            }
            None if ty == TyId::NEVER || ty == TyId::VOID => Vec::new(),
            // All ways to the end of the block leave it before.
            None => {
                let lanes = self.l.lanes(ty);
                self.nothings(&lanes)
            }
        };
        if self.defers.len() > outer {
            let value = self.copied(&value);
            self.run_defers(outer, false);
            self.defers.truncate(outer);
            return value;
        }
        value
    }

    fn stmt(&mut self, stmt: StmtId) {
        match self.l.source.nodes.stmts[stmt] {
            Stmt::Let(pattern, value, otherwise) => self.let_stmt(pattern, value, otherwise),
            Stmt::Assign(place, op, value) => self.assign_stmt(place, op, value),
            Stmt::Defer(body) => self.defer(body),
            Stmt::Assert(condition, why) => self.assert_stmt(condition, why),
            Stmt::Expr(value) => {
                self.note_dropped(value);
                self.expr(value);
            }
        }
    }

    fn assert_stmt(&mut self, condition: ExprId, why: Option<ExprId>) {
        let holds = self.one(condition);
        let (fine, not) = (self.block(), self.block());
        self.branch(holds, fine, not);
        self.enter(not);
        let why = why.map(|why| self.one(why));
        let place = self.place_of(condition);
        let at = std::mem::replace(&mut self.at, place);
        self.end(End::Trap(Trap::Assert(why)));
        self.at = at;
        self.enter(fine);
    }

    /// From `T` to `T?`.
    fn wrap(&mut self, of: ExprId) -> Value {
        let ty = self.ty_of(of);
        let value = self.expr(of);
        self.wrapped(ty, value)
    }

    /// A value of a type as one that may not be there.
    pub(super) fn wrapped(&mut self, ty: TyId, value: Value) -> Value {
        let shape = self.l.shape(ty);
        if ty == TyId::NEVER
            || matches!(self.l.types.get(ty), Ty::Optional(_))
            || self.l.out.is_one_ref(shape)
        {
            return value;
        }
        let there = self.byte(true);
        std::iter::once(there).chain(value).collect()
    }

    /// The lanes of what is there, of an optional value of a type, as a value of another one. That is the same type where it stands
    /// for `T?` and `T` is optional itself.
    pub(super) fn unwrapped(&mut self, ty: TyId, to: TyId, value: Value) -> Value {
        let Ty::Optional(of) = self.l.types.get(ty) else { return value };
        if ty == to {
            return value;
        }
        let shape = self.l.shape(of);
        if self.l.out.is_one_ref(shape) { value } else { value.into_iter().skip(1).collect() }
    }

    /// Whether an optional value is there.
    pub(super) fn is_there(&mut self, ty: TyId, value: &[Reg]) -> Reg {
        let first = value.first().copied();
        let Some(first) = first else { return self.byte(false) };
        if self.lane(first) == Lane::Byte && !self.is_ref_optional(ty) {
            return first;
        }
        let null = self.constant(Const::Null);
        self.test(Test::Ne, first, null)
    }

    pub(super) fn is_ref_optional(&mut self, ty: TyId) -> bool {
        match self.l.types.get(ty) {
            Ty::Optional(of) => {
                let shape = self.l.shape(of);
                self.l.out.is_one_ref(shape)
            }
            _ => false,
        }
    }

    /// `a?.b`
    fn chain(&mut self, id: ExprId, of: ExprId, local: LocalId, then: ExprId) -> Value {
        let (of_ty, ty) = (self.ty_of(of), self.ty_of(id));
        let value = self.expr(of);
        let result = self.value(ty);
        let there = self.is_there(of_ty, &value);
        let (some, none, after) = (self.block(), self.block(), self.block());
        self.branch(there, some, none);
        self.enter(some);
        let local_ty = self.l.source.nodes.locals[local].ty;
        let local_ty = self.ty(local_ty);
        let inner = self.unwrapped(of_ty, local_ty, value);
        self.locals.insert(local, inner);
        let then_ty = self.ty_of(then);
        let made = self.expr(then);
        let made = if then_ty == ty { made } else { self.wrapped(then_ty, made) };
        self.move_to(&result, &made);
        self.jump(after);
        self.enter(none);
        let lanes = self.l.lanes(ty);
        let nothing = self.nothings(&lanes);
        self.move_to(&result, &nothing);
        self.jump(after);
        self.enter(after);
        result
    }

    /// `a?`: the value, or `none` from the function.
    fn try_optional(&mut self, id: ExprId, of: ExprId) -> Value {
        let (ty, to) = (self.ty_of(of), self.ty_of(id));
        let value = self.expr(of);
        let there = self.is_there(ty, &value);
        let (some, none) = (self.block(), self.block());
        self.branch(there, some, none);
        self.enter(none);
        let result = self.result;
        let lanes = self.l.lanes(result);
        let nothing = self.nothings(&lanes);
        self.give(nothing);
        self.enter(some);
        self.unwrapped(ty, to, value)
    }

    /// `a ?? b`
    pub(super) fn coalesce(&mut self, id: ExprId, left: ExprId, value: Value, right: ExprId) -> Value {
        let (left_ty, ty) = (self.ty_of(left), self.ty_of(id));
        let result = self.value(ty);
        let there = self.is_there(left_ty, &value);
        let (some, none, after) = (self.block(), self.block(), self.block());
        self.branch(there, some, none);
        self.enter(some);
        let kept = self.unwrapped(left_ty, ty, value);
        self.move_to(&result, &kept);
        self.jump(after);
        self.enter(none);
        let other = self.expr_as(right, ty);
        self.move_to(&result, &other);
        self.jump(after);
        self.enter(after);
        result
    }

    /// `and`, `or`: the right one only where it decides.
    pub(super) fn short_circuit(&mut self, op: BinaryOp, left: Reg, right: ExprId) -> Reg {
        let result = self.reg(Lane::Byte);
        self.move_to(&[result], &[left]);
        let (more, after) = (self.block(), self.block());
        if op == BinaryOp::And {
            self.branch(left, more, after);
        } else {
            self.branch(left, after, more);
        }
        self.enter(more);
        let right = self.one(right);
        self.move_to(&[result], &[right]);
        self.jump(after);
        self.enter(after);
        result
    }
}
