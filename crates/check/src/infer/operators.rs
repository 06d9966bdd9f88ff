//! Operators, ranges, conversions, kind tests.

use pluto_source::Span;
use pluto_syntax::tree::{self, BinaryOp as Op, Expr as E, UnaryOp};

use super::{Body, Later, Want};
use crate::body::{ExprId, ExprKind};
use crate::error::Fact;
use crate::types::{Ty, TyId};

impl Body<'_, '_> {
    pub(super) fn unary(
        &mut self,
        operator: UnaryOp,
        operand: tree::ExprId,
        span: Span,
        want: Want,
    ) -> ExprId {
        if let (UnaryOp::Negate, E::Int(value)) = (operator, self.nodes[operand]) {
            return self.int(value, true, span, want);
        }
        if operator == UnaryOp::Not {
            let operand = self.check(operand, TyId::BOOL);
            return self.add(ExprKind::Unary(operator, operand), TyId::BOOL, span);
        }
        let value = self.value(operand, want);
        let ty = self.ty(value);
        let fits = match (operator, self.get(ty)) {
            (_, Ty::Wrong | Ty::Never | Ty::Term) => true,
            (UnaryOp::Negate, Ty::Int | Ty::Float | Ty::Duration) => true,
            (UnaryOp::Negate, Ty::Param(_)) => self.is_number(ty),
            (UnaryOp::Invert, Ty::Int | Ty::Byte) => true,
            (UnaryOp::Negate | UnaryOp::Invert, Ty::Infer(_)) => self.unify(ty, TyId::INT, span),
            _ => false,
        };
        if !fits {
            let operand = self.resolve(ty);
            return self.refuse(span, Fact::Operand { operator, operand });
        }
        self.add(ExprKind::Unary(operator, value), ty, span)
    }

    fn is_number(&mut self, ty: TyId) -> bool {
        self.c.lacks(ty, crate::program::Marker::Number).is_none()
    }

    /// An operator between its operands: along the left operands in a loop, since there may be many.
    pub(super) fn binary(&mut self, id: tree::ExprId, want: Want) -> ExprId {
        let mut links: Vec<(Op, Span, tree::ExprId, Span)> = Vec::new();
        let mut at = id;
        while let E::Binary { operator, operator_span, left, right } = self.nodes[at] {
            links.push((operator, operator_span, right, self.nodes.span(at)));
            at = left;
        }
        links.reverse();
        let first = links.first().map(|(op, ..)| *op);
        let arithmetic = links.iter().all(|(op, ..)| is_arithmetic(*op));
        let left_want = match first {
            Some(Op::Coalesce) => Want::Any,
            Some(Op::And | Op::Or) => Want::Type(TyId::BOOL),
            _ if arithmetic => want,
            _ => Want::Any,
        };
        let mut made = self.value(at, left_want);
        let mut open: Option<(Op, (usize, u32, usize))> = None;
        for (operator, operator_span, right, span) in links {
            if let Some((of, mark)) = open.take() {
                if of == operator {
                    open = Some((of, mark));
                } else {
                    self.close(mark);
                }
            }
            if matches!(operator, Op::And | Op::Or) {
                made = self.coerce(made, TyId::BOOL);
                let holds = operator == Op::And;
                let opened = open.is_some();
                let mark = open.map_or_else(|| self.open(), |(_, mark)| mark);
                if !opened {
                    self.narrow_if(made, holds);
                }
                let right = self.check(right, TyId::BOOL);
                self.narrow_if(right, holds);
                open = Some((operator, mark));
                made = self.add(ExprKind::Binary(operator, made, right), TyId::BOOL, span);
            } else if operator == Op::Coalesce {
                made = self.coalesce(made, right, span, want);
            } else {
                made = self.operator(operator, operator_span, made, right, span);
            }
        }
        if let Some((_, mark)) = open {
            self.close(mark);
        }
        made
    }

    /// `a ?? b`
    fn coalesce(&mut self, left: ExprId, right: tree::ExprId, span: Span, want: Want) -> ExprId {
        let ty = self.ty(left);
        let of = match self.get(ty) {
            Ty::Optional(of) => of,
            Ty::Wrong => {
                self.value(right, Want::Any);
                return self.wrong(span);
            }
            _ => {
                let at = self.span(left);
                let found = self.resolve(ty);
                self.error(at, Fact::NotOptional { ty: found, call: false });
                ty
            }
        };
        let written = right;
        let right = self.value(right, Want::Type(of));
        if let Some(fact) = self.compares_default(left, of, written, right, want) {
            let at = self.span(right);
            return self.refuse(at, fact);
        }
        if matches!(self.kind(right), ExprKind::Wrong) {
            return self.add(ExprKind::Wrong, of, span);
        }
        let right_ty = self.ty(right);
        if matches!(self.get(right_ty), Ty::Optional(_)) {
            let right = self.coerce(right, ty);
            return self.add(ExprKind::Binary(Op::Coalesce, left, right), ty, span);
        }
        let right = self.coerce(right, of);
        self.add(ExprKind::Binary(Op::Coalesce, left, right), of, span)
    }

    /// `a ?? b < c`, which is `a ?? (b < c)`, where `(a ?? b) < c` was meant: a default that is a comparison, of what is no `bool`.
    fn compares_default(
        &mut self,
        left: ExprId,
        of: TyId,
        written: tree::ExprId,
        right: ExprId,
        want: Want,
    ) -> Option<Fact> {
        let mut at = written;
        let (operator, default) = loop {
            match self.nodes[at] {
                E::Binary { operator: Op::And | Op::Or, left, .. } => {
                    at = left;
                }
                E::Binary { operator, left, .. } if is_comparison(operator) => break (operator, left),
                _ => return None,
            }
        };
        let expected = self.resolve(of);
        if self.ty(right) != TyId::BOOL
            || matches!(self.kind(right), ExprKind::Wrong)
            || matches!(self.get(expected), Ty::Bool | Ty::Wrong | Ty::Infer(_) | Ty::Never | Ty::Term)
        {
            return None;
        }
        let bool_fits = match want {
            Want::Type(ty) => {
                let ty = self.shallow(ty);
                matches!(self.get(ty), Ty::Bool | Ty::Infer(_))
            }
            Want::Any | Want::Drop => true,
        };
        let whole = self.span(left).to(self.nodes.span(default));
        let grouped = bool_fits.then(|| self.place(whole));
        Some(Fact::ComparesDefault { expected, operator, grouped })
    }

    /// An operator whose left operand is made already.
    pub(super) fn operator(
        &mut self,
        op: Op,
        op_span: Span,
        left: ExprId,
        right: tree::ExprId,
        span: Span,
    ) -> ExprId {
        let left_ty = self.ty(left);
        let hint = match (op, self.get(left_ty)) {
            (Op::ShiftLeft | Op::ShiftRight, _) | (_, Ty::Infer(_)) => Want::Any,
            _ => Want::Type(left_ty),
        };
        let right = self.value(right, hint);
        let right_ty = self.ty(right);
        if left_ty == TyId::WRONG || right_ty == TyId::WRONG {
            self.poison(left_ty);
            self.poison(right_ty);
            let known = if is_comparison(op) { TyId::BOOL } else { TyId::WRONG };
            return self.add(ExprKind::Wrong, known, span);
        }
        if left_ty == TyId::TERM || right_ty == TyId::TERM {
            return self.term_operator(op, left, right, span);
        }
        match op {
            Op::Equal | Op::NotEqual => self.equality(op, op_span, left, right, span),
            Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual => {
                self.ordering(op, op_span, left, right, span)
            }
            _ => self.arithmetic(op, op_span, left, right, span),
        }
    }

    /// On terms every operator is there; what makes no sense fails when the program runs.
    fn term_operator(&mut self, op: Op, left: ExprId, right: ExprId, span: Span) -> ExprId {
        let (left, right) = (self.coerce(left, TyId::TERM), self.coerce(right, TyId::TERM));
        let ty = if is_comparison(op) { TyId::BOOL } else { TyId::TERM };
        self.add(ExprKind::Binary(op, left, right), ty, span)
    }

    /// Makes both sides of a comparison the same type.
    fn same(&mut self, left: ExprId, right: ExprId, op: Op, at: Span) -> Option<(ExprId, ExprId, TyId)> {
        let (l, r) = (self.ty(left), self.ty(right));
        let fits = match (self.get(l), self.get(r)) {
            (Ty::Optional(_), Ty::Optional(_)) => self.unify(l, r, at),
            (Ty::Optional(of), _) => {
                let of = self.shallow(of);
                if self.unify(of, r, at) {
                    let right = self.coerce(right, l);
                    return Some((left, right, l));
                }
                false
            }
            (_, Ty::Optional(of)) => {
                let of = self.shallow(of);
                if self.unify(of, l, at) {
                    let left = self.coerce(left, r);
                    return Some((left, right, r));
                }
                false
            }
            _ => l == TyId::NEVER || r == TyId::NEVER || self.unify(l, r, at),
        };
        if fits {
            return Some((left, right, if l == TyId::NEVER { r } else { l }));
        }
        self.bad_operands(op, left, right, at);
        None
    }

    fn bad_operands(&mut self, operator: Op, left: ExprId, right: ExprId, at: Span) {
        let (l, r) = (self.ty(left), self.ty(right));
        let (l, r) = (self.resolve(l), self.resolve(r));
        for (number, other) in [(left, r), (right, l)] {
            if matches!(self.kind(number), ExprKind::Int(_)) && other == TyId::FLOAT {
                let span = self.span(number);
                let fact = self.int_for_float(span);
                self.error(span, fact);
                return;
            }
        }
        self.error(at, Fact::Operands { operator, left: l, right: r });
        self.poison(l);
        self.poison(r);
    }

    fn equality(&mut self, op: Op, op_span: Span, left: ExprId, right: ExprId, span: Span) -> ExprId {
        self.compared_with_none(op, left, right, span);
        let Some((left, right, ty)) = self.same(left, right, op, op_span) else {
            return self.add(ExprKind::Wrong, TyId::BOOL, span);
        };
        let with_none = [left, right].into_iter().any(|side| matches!(self.kind(side), ExprKind::None));
        if !with_none {
            self.later.push(Later::Equal(ty, op_span));
        }
        self.add(ExprKind::Binary(op, left, right), TyId::BOOL, span)
    }

    /// Warns of `n == none` where `n` is never `none`.
    fn compared_with_none(&mut self, op: Op, left: ExprId, right: ExprId, span: Span) {
        let other = match (self.kind(left), self.kind(right)) {
            (ExprKind::None, _) => right,
            (_, ExprKind::None) => left,
            _ => return,
        };
        let ty = self.ty(other);
        if !matches!(self.get(ty), Ty::Optional(_) | Ty::Infer(_) | Ty::Wrong | Ty::Never | Ty::Term) {
            let ty = self.resolve(ty);
            self.error(span, Fact::ComparedWithNone { ty, equal: op == Op::Equal });
        }
    }

    fn ordering(&mut self, op: Op, op_span: Span, left: ExprId, right: ExprId, span: Span) -> ExprId {
        let Some((left, right, ty)) = self.same(left, right, op, op_span) else {
            return self.add(ExprKind::Wrong, TyId::BOOL, span);
        };
        self.later.push(Later::Ordered(ty, op_span));
        self.add(ExprKind::Binary(op, left, right), TyId::BOOL, span)
    }

    fn arithmetic(&mut self, op: Op, op_span: Span, left: ExprId, right: ExprId, span: Span) -> ExprId {
        let (l, r) = (self.ty(left), self.ty(right));
        let result = match (self.get(l), self.get(r)) {
            (Ty::Never, _) => Some(r),
            (_, Ty::Never) => Some(l),
            (Ty::Infer(_), Ty::Infer(_)) => {
                self.unify(l, TyId::INT, span).then(|| self.unify(r, l, span)).map(|_| l)
            }
            (Ty::Infer(_), _) if self.unify(l, r, span) => self.arithmetic_type(op, r, r),
            (_, Ty::Infer(_)) if self.unify(l, r, span) => self.arithmetic_type(op, l, l),
            _ => self.arithmetic_type(op, l, r),
        };
        match result {
            Some(ty) => self.add(ExprKind::Binary(op, left, right), ty, span),
            None => {
                self.bad_operands(op, left, right, op_span);
                self.wrong(span)
            }
        }
    }

    fn arithmetic_type(&mut self, op: Op, left: TyId, right: TyId) -> Option<TyId> {
        let (left, right) = (self.resolve(left), self.resolve(right));
        let both = (left == right).then_some(left);
        match (op, self.get(left), self.get(right)) {
            (Op::Add | Op::Subtract | Op::Multiply | Op::Divide, Ty::Float, Ty::Float) => both,
            (Op::Remainder, Ty::Float, Ty::Float) => both,
            (_, Ty::Int, Ty::Int) => both,
            (_, Ty::Byte, Ty::Byte) => both,
            (Op::ShiftLeft | Op::ShiftRight, Ty::Byte, Ty::Int) => Some(left),
            (Op::Add, Ty::String, Ty::String) | (Op::Add, Ty::Bytes, Ty::Bytes) => both,
            (Op::Add | Op::Subtract | Op::Remainder, Ty::Duration, Ty::Duration) => both,
            (Op::Divide, Ty::Duration, Ty::Duration) => Some(TyId::INT),
            (Op::Multiply | Op::Divide, Ty::Duration, Ty::Int) => Some(left),
            (Op::Multiply, Ty::Int, Ty::Duration) => Some(right),
            (Op::Add | Op::Subtract, Ty::Instant, Ty::Duration) => Some(left),
            (Op::Subtract, Ty::Instant, Ty::Instant) => Some(TyId::DURATION),
            (Op::BitAnd | Op::BitOr | Op::BitXor, Ty::Bool, Ty::Bool) => both,
            (Op::BitAnd | Op::BitOr | Op::BitXor | Op::Subtract, Ty::Set(_), Ty::Set(_)) => both,
            (Op::Add | Op::Subtract | Op::Multiply | Op::Divide, Ty::Param(_), Ty::Param(_)) => {
                both.filter(|ty| self.is_number(*ty))
            }
            _ => None,
        }
    }

    /// `a[i]`
    pub(super) fn index(&mut self, base: ExprId, index: tree::ExprId, span: Span) -> ExprId {
        let ty = self.ty(base);
        let (made, result) = match self.get(ty) {
            Ty::Map(key, value) => (self.check(index, key), Some(value)),
            Ty::Term => (self.check(index, TyId::TERM), Some(TyId::TERM)),
            of => {
                let made = self.value(index, Want::Any);
                let by = self.ty(made);
                let result = match (of, by) {
                    (Ty::Wrong, _) | (_, TyId::WRONG) => Some(TyId::WRONG),
                    (Ty::Array(item), TyId::INT | TyId::NEVER) => Some(item),
                    (Ty::Array(_), TyId::RANGE) => Some(ty),
                    (Ty::String, TyId::INT | TyId::RANGE | TyId::NEVER) => Some(TyId::STRING),
                    (Ty::Bytes | Ty::Buffer, TyId::INT | TyId::NEVER) => Some(TyId::BYTE),
                    (Ty::Bytes | Ty::Buffer, TyId::RANGE) => Some(TyId::BYTES),
                    (Ty::Array(item), _) if self.unify(by, TyId::INT, span) => Some(item),
                    _ => None,
                };
                (made, result)
            }
        };
        match result {
            Some(TyId::WRONG) => self.wrong(span),
            Some(result) => self.add(ExprKind::Index(base, made), result, span),
            None => self.not_indexable(ty, made, span),
        }
    }

    fn not_indexable(&mut self, ty: TyId, index: ExprId, span: Span) -> ExprId {
        let by = self.ty(index);
        let (ty, by) = (self.resolve(ty), self.resolve(by));
        let fact = match self.get(ty) {
            Ty::Infer(_) => Fact::CannotInfer { what: ty },
            Ty::Array(_) | Ty::String | Ty::Bytes | Ty::Buffer => {
                let at = self.span(index);
                return self.refuse(at, Fact::Mismatch { expected: TyId::INT, found: by, because: None });
            }
            _ => Fact::NotIndexable { ty, index: by },
        };
        self.refuse(span, fact)
    }

    pub(super) fn range(
        &mut self,
        from: tree::ExprId,
        to: tree::ExprId,
        inclusive: bool,
        span: Span,
    ) -> ExprId {
        let (from, to) = (self.check(from, TyId::INT), self.check(to, TyId::INT));
        self.add(ExprKind::Range(from, to, inclusive), TyId::RANGE, span)
    }

    /// `a as T`
    pub(super) fn as_expr(&mut self, value: tree::ExprId, ty: tree::TypeId, span: Span) -> ExprId {
        let to = self.written_value(ty);
        let hint = match self.get(to) {
            Ty::Byte => Want::Any,
            Ty::Int | Ty::Float => Want::Any,
            _ => Want::Type(to),
        };
        let value = self.value(value, hint);
        let from = self.ty(value);
        if matches!(self.get(to), Ty::Trait(..) | Ty::Optional(_)) {
            let value = self.coerce(value, to);
            return self.add(ExprKind::Convert(value), to, span);
        }
        self.later.push(Later::Convert(from, to, span));
        self.add(ExprKind::Convert(value), to, span)
    }

    pub(super) fn check_conversion(&mut self, from: TyId, to: TyId, span: Span) {
        let (from, to) = (self.resolve(from), self.resolve(to));
        let fits = match (self.get(from), self.get(to)) {
            (Ty::Wrong | Ty::Never, _) | (_, Ty::Wrong) => true,
            (Ty::Int | Ty::Float | Ty::Byte, Ty::Int | Ty::Float | Ty::Byte) => true,
            (Ty::Term, _) => self.is_term_like(to),
            (_, Ty::Term) => self.is_term_like(from),
            (Ty::Trait(..), Ty::Class(..)) => self.c.could_be(from, to),
            _ => from == to,
        };
        if !fits {
            self.error(span, Fact::Conversion { from, to });
        }
    }

    /// `a is T`
    pub(super) fn is_expr(&mut self, value: tree::ExprId, ty: tree::TypeId, span: Span) -> ExprId {
        let to = self.written_value(ty);
        let value = self.value(value, Want::Any);
        let from = self.ty(value);
        let from = self.resolve(from);
        let fits = match (self.get(from), self.get(to)) {
            (Ty::Wrong, _) | (_, Ty::Wrong) => true,
            (Ty::Term, _) => to != TyId::TERM && self.is_term_like(to),
            (Ty::Trait(..), Ty::Class(..) | Ty::Enum(..)) => self.c.could_be(from, to),
            (Ty::Caught(_), Ty::Error(_)) => true,
            _ => false,
        };
        if !fits {
            return self.refuse(span, Fact::BadIs { value: from, ty: to });
        }
        self.add(ExprKind::Is(value, to), TyId::BOOL, span)
    }
}

fn is_comparison(op: Op) -> bool {
    matches!(op, Op::Equal | Op::NotEqual | Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual)
}

fn is_arithmetic(op: Op) -> bool {
    !is_comparison(op) && !matches!(op, Op::And | Op::Or | Op::Coalesce)
}
