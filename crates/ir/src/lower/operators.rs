//! Operators and conversions.

use pluto_check::body::{BinaryOp as Op, ExprId, ExprKind, UnaryOp};
use pluto_check::types::{Ty, TyId};

use super::code::{Code, Value};
use super::loops::first;
use crate::Intrinsic;
use crate::program::{Cast, Const, FloatOp, Inst, IntOp, Lane, Reg, Shape, Test};

impl Code<'_, '_> {
    pub(super) fn unary(&mut self, op: UnaryOp, of: ExprId) -> Value {
        let ty = self.ty_of(of);
        if op == UnaryOp::Not && self.is_about_terms(of) {
            return vec![self.contrary(of)];
        }
        let value = self.one(of);
        let (cast, lane) = match (op, ty) {
            (UnaryOp::Not, _) => (Cast::Not, Lane::Byte),
            (UnaryOp::Negate, TyId::FLOAT) => (Cast::NegateFloat, Lane::Float),
            (UnaryOp::Negate, _) => (Cast::Negate, Lane::Int),
            (UnaryOp::Invert, TyId::BYTE) => {
                let all = self.constant(Const::Byte(255));
                let to = self.reg(Lane::Byte);
                self.push(Inst::Int { op: IntOp::Xor, to, left: value, right: all });
                return vec![to];
            }
            (UnaryOp::Invert, _) => (Cast::Complement, Lane::Int),
        };
        vec![self.cast(cast, value, lane)]
    }

    /// An operator between operands: along the left ones in a loop, since there may be many.
    pub(super) fn binary(&mut self, id: ExprId, op: Op, left: ExprId, right: ExprId) -> Value {
        let mut links = vec![(id, op, left, right)];
        let mut at = left;
        while let ExprKind::Binary(op, left, right) = self.l.source.nodes.exprs[at].kind {
            links.push((at, op, left, right));
            at = left;
        }
        let mut value: Option<Value> = None;
        while let Some((id, op, left, right)) = links.pop() {
            self.at = self.place_of(id);
            let made = match op {
                Op::Coalesce => {
                    let left_value = match value.take() {
                        Some(value) => value,
                        None => self.expr(left),
                    };
                    self.coalesce(id, left, left_value, right)
                }
                Op::And | Op::Or => {
                    let left = match value.take().and_then(|value| value.first().copied()) {
                        Some(left) => left,
                        None => self.one(left),
                    };
                    vec![self.short_circuit(op, left, right)]
                }
                _ => {
                    let left_ty = self.ty_of(left);
                    let left = match value.take() {
                        Some(value) => value,
                        None => self.operand(left),
                    };
                    let right_ty = self.ty_of(right);
                    match self.is_none_test(op, right) {
                        Some(wanted) => vec![self.is_none(left_ty, &left, wanted)],
                        None => {
                            let right = self.operand(right);
                            self.operator(op, (left_ty, left), (right_ty, &right))
                        }
                    }
                }
            };
            value = Some(made);
        }
        value.unwrap_or_default()
    }

    /// Of `x == none` and `x != none`, which look at nothing that `x` holds: whether there is to be none.
    fn is_none_test(&self, op: Op, right: ExprId) -> Option<bool> {
        match (op, self.l.source.nodes.exprs[right].kind) {
            (Op::Equal, ExprKind::None) => Some(true),
            (Op::NotEqual, ExprKind::None) => Some(false),
            _ => None,
        }
    }

    fn is_none(&mut self, ty: TyId, value: &[Reg], wanted: bool) -> Reg {
        let there = self.is_there(ty, value);
        if wanted { self.cast(Cast::Not, there, Lane::Byte) } else { there }
    }

    /// An operator on values that are there.
    pub(super) fn operator(&mut self, op: Op, left: (TyId, Value), right: (TyId, &[Reg])) -> Value {
        let (left_ty, right_ty) = (left.0, right.0);
        if left_ty == TyId::NEVER || right_ty == TyId::NEVER {
            let lanes = self.l.lanes(left_ty);
            return self.nothings(&lanes);
        }
        if left_ty == TyId::TERM {
            return vec![self.term_operator(op, first(&left.1), first(right.1))];
        }
        if let Some(test) = comparison(op) {
            return vec![self.compare(test, left_ty, &left.1, right.1)];
        }
        match (self.l.types.get(left_ty), self.l.types.get(right_ty)) {
            (Ty::String, _) => self.joined(Intrinsic::Concat, left_ty, &left.1, right.1),
            (Ty::Bytes, _) => self.joined(Intrinsic::ConcatBytes, left_ty, &left.1, right.1),
            (Ty::Float, _) => {
                let (Some(left), Some(right)) = (left.1.first(), right.1.first()) else { return Vec::new() };
                let to = self.reg(Lane::Float);
                self.push(Inst::Float { op: float_op(op), to, left: *left, right: *right });
                vec![to]
            }
            (Ty::Byte | Ty::Bool, _) => vec![self.byte_operator(op, &left.1, right.1)],
            (Ty::Set(item), _) => self.set_operator(op, item, left, right),
            _ => {
                let (Some(left), Some(right)) = (left.1.first(), right.1.first()) else { return Vec::new() };
                vec![self.int_operator(int_op(op), *left, *right)]
            }
        }
    }

    pub(super) fn int_operator(&mut self, op: IntOp, left: Reg, right: Reg) -> Reg {
        let to = self.reg(Lane::Int);
        self.push(Inst::Int { op, to, left, right });
        to
    }

    /// Of bytes the operation of integers; what is no byte then is an overflow.
    fn byte_operator(&mut self, op: Op, left: &[Reg], right: &[Reg]) -> Reg {
        let (Some(left), Some(right)) = (left.first().copied(), right.first().copied()) else {
            return self.nothing(Lane::Byte);
        };
        if matches!(op, Op::BitAnd | Op::BitOr | Op::BitXor) {
            let to = self.reg(Lane::Byte);
            self.push(Inst::Int { op: int_op(op), to, left, right });
            return to;
        }
        let wide = self.cast(Cast::ByteToInt, left, Lane::Int);
        let by =
            if self.lane(right) == Lane::Byte { self.cast(Cast::ByteToInt, right, Lane::Int) } else { right };
        let result = self.int_operator(int_op(op), wide, by);
        self.cast(Cast::Narrow, result, Lane::Byte)
    }

    fn set_operator(&mut self, op: Op, item: TyId, left: (TyId, Value), right: (TyId, &[Reg])) -> Value {
        let (a, b) = ((left.0, left.1), (right.0, right.1.to_vec()));
        match op {
            Op::BitOr => self.set_method("union", item, a, b),
            Op::BitAnd => self.set_method("intersection", item, a, b),
            Op::Subtract => self.set_method("difference", item, a, b),
            _ => {
                let ty = a.0;
                let only_a = self.set_method("difference", item, a.clone(), b.clone());
                let only_b = self.set_method("difference", item, b, a);
                self.set_method("union", item, (ty, only_a), (ty, only_b))
            }
        }
    }

    fn set_method(&mut self, name: &str, item: TyId, a: (TyId, Value), b: (TyId, Value)) -> Value {
        match self.l.built_in("set", name) {
            Some(method) => self.call_function(method, vec![item], vec![a.1, b.1], &[a.0, b.0]).value,
            None => Vec::new(),
        }
    }

    /// The lowest byte of what an operation gives.
    pub(super) fn wrapping_byte(&mut self, op: IntOp, operands: &[Reg]) -> Reg {
        let wide: Vec<Reg> =
            operands.iter().map(|operand| self.cast(Cast::ByteToInt, *operand, Lane::Int)).collect();
        let [left, right] = wide[..] else { return self.nothing(Lane::Byte) };
        let result = self.int_operator(op, left, right);
        let all = self.int(255);
        let low = self.int_operator(IntOp::And, result, all);
        self.cast(Cast::IntToByte, low, Lane::Byte)
    }

    fn joined(&mut self, what: Intrinsic, ty: TyId, left: &[Reg], right: &[Reg]) -> Value {
        let shape = self.l.shape(ty);
        let with: Vec<Reg> = left.iter().chain(right).copied().collect();
        self.intrinsic(what, shape, &with, &[Lane::Ref])
    }

    /// Whether a comparison of two values of a type holds.
    pub(super) fn compare(&mut self, test: Test, ty: TyId, left: &[Reg], right: &[Reg]) -> Reg {
        let shape = self.l.shape(ty);
        let plain = match self.l.out.shape(shape) {
            Shape::Int | Shape::Float | Shape::Bool | Shape::Byte | Shape::Duration | Shape::Instant => true,
            Shape::Task(_) | Shape::Sender(_) | Shape::Receiver(_) | Shape::Actor(_) => true,
            Shape::Enum(..) => self.l.out.lanes(shape) == [Lane::Int],
            _ => false,
        };
        if plain && let (Some(left), Some(right)) = (left.first(), right.first()) {
            return self.test(test, *left, *right);
        }
        let with: Vec<Reg> = left.iter().chain(right).copied().collect();
        let equality = matches!(test, Test::Eq | Test::Ne);
        if equality {
            let equal = self.intrinsic(Intrinsic::Equal, shape, &with, &[Lane::Byte]);
            let equal = equal.first().copied().unwrap_or(Reg(0));
            return if test == Test::Eq { equal } else { self.cast(Cast::Not, equal, Lane::Byte) };
        }
        let order = self.intrinsic(Intrinsic::Compare, shape, &with, &[Lane::Int]);
        let zero = self.int(0);
        self.test(test, order.first().copied().unwrap_or(zero), zero)
    }

    /// `a as T`
    pub(super) fn convert(&mut self, id: ExprId, of: ExprId) -> Value {
        let (from, to) = (self.ty_of(of), self.ty_of(id));
        if from == to {
            return self.expr(of);
        }
        let value = match (self.l.types.get(from), self.l.types.get(to)) {
            (Ty::Trait(..), _) => return self.downcast(id, of),
            (Ty::Term, _) => return self.converted_term(of, to),
            (_, Ty::Term) => return self.term_made_of(of),
            _ => self.one(of),
        };
        let value = match from {
            TyId::BYTE => self.cast(Cast::ByteToInt, value, Lane::Int),
            TyId::FLOAT if to != TyId::FLOAT => self.cast(Cast::FloatToInt, value, Lane::Int),
            _ => value,
        };
        vec![match to {
            TyId::FLOAT => self.cast(Cast::IntToFloat, value, Lane::Float),
            TyId::BYTE => self.cast(Cast::IntToByte, value, Lane::Byte),
            _ => value,
        }]
    }
}

fn comparison(op: Op) -> Option<Test> {
    Some(match op {
        Op::Equal => Test::Eq,
        Op::NotEqual => Test::Ne,
        Op::Less => Test::Lt,
        Op::LessOrEqual => Test::Le,
        Op::Greater => Test::Gt,
        Op::GreaterOrEqual => Test::Ge,
        _ => return None,
    })
}

fn int_op(op: Op) -> IntOp {
    match op {
        Op::Subtract => IntOp::Sub,
        Op::Multiply => IntOp::Mul,
        Op::Divide => IntOp::Div,
        Op::Remainder => IntOp::Rem,
        Op::BitAnd => IntOp::And,
        Op::BitOr => IntOp::Or,
        Op::BitXor => IntOp::Xor,
        Op::ShiftLeft => IntOp::Shl,
        Op::ShiftRight => IntOp::Shr,
        _ => IntOp::Add,
    }
}

fn float_op(op: Op) -> FloatOp {
    match op {
        Op::Subtract => FloatOp::Sub,
        Op::Multiply => FloatOp::Mul,
        Op::Divide => FloatOp::Div,
        Op::Remainder => FloatOp::Rem,
        _ => FloatOp::Add,
    }
}
