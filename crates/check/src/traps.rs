//! Arithmetic of numbers that are written in the program, and whether it is a trap whatever happens.

use crate::arena::Id;
use crate::body::{ExprId, ExprKind};
use crate::checker::Checker;
use crate::error::{Fact, SureTrap};
use crate::program::ConstId;
use crate::types::TyId;
use pluto_syntax::tree::{BinaryOp as Op, UnaryOp};

/// What is known of a value.
#[derive(Clone, Copy)]
enum Known {
    /// A number.
    Number(i64),
    /// An array of so many elements.
    Array(usize),
}

impl Checker<'_> {
    /// Looks at all that is known before the program runs. What an expression is made of is before it, and so is a constant
    /// before what needs it.
    pub(crate) fn check_traps(&mut self) {
        let mut known: Vec<Option<Known>> = vec![None; self.program.nodes.exprs.len()];
        for body in self.own_bodies() {
            let of = self.program.nodes.bodies[body];
            for at in of.exprs.0..of.exprs.1 {
                let value = match self.value_of(ExprId::from_index(at), &known) {
                    Ok(value) => value,
                    Err(what) => {
                        let span = self.program.nodes.exprs[ExprId::from_index(at)].span;
                        self.error(of.module, span, Fact::SureTrap { what });
                        None
                    }
                };
                if let Some(slot) = known.get_mut(at as usize) {
                    *slot = value;
                }
            }
        }
    }

    fn value_of(&self, id: ExprId, known: &[Option<Known>]) -> Result<Option<Known>, SureTrap> {
        let expr = self.program.nodes.exprs[id];
        let number = |of: ExprId| match known.get(of.index() as usize) {
            Some(Some(Known::Number(number))) => Some(*number),
            _ => None,
        };
        let made = match expr.kind {
            ExprKind::Int(value) => Some(value),
            ExprKind::Array(list) => {
                return Ok(Some(Known::Array(self.program.nodes.expr_lists.get(list).len())));
            }
            ExprKind::Const(of) => return Ok(self.value_of_const(of, known)),
            ExprKind::Unary(UnaryOp::Negate, of) if expr.ty == TyId::INT => {
                number(of).map(|value| value.checked_neg().ok_or(SureTrap::Overflow)).transpose()?
            }
            ExprKind::Binary(op, left, right) if matches!(expr.ty, TyId::INT | TyId::BYTE) => {
                match (number(left), number(right)) {
                    (Some(left), Some(right)) => computed(op, left, right)?,
                    // Whatever it is that is divided.
                    (None, Some(0)) if matches!(op, Op::Divide | Op::Remainder) => {
                        return Err(SureTrap::DivisionByZero);
                    }
                    _ => None,
                }
            }
            ExprKind::Convert(of) if matches!(expr.ty, TyId::INT | TyId::BYTE) => number(of),
            ExprKind::Index(of, index) => {
                if let (Some(Some(Known::Array(count))), Some(at)) =
                    (known.get(of.index() as usize), number(index))
                    && usize::try_from(at).is_ok_and(|at| at >= *count)
                {
                    return Err(SureTrap::Index { index: at, count: *count });
                }
                None
            }
            _ => None,
        };
        match made {
            Some(value) if expr.ty == TyId::BYTE && !(0..=255).contains(&value) => Err(SureTrap::NoByte),
            made => Ok(made.map(Known::Number)),
        }
    }

    fn value_of_const(&self, of: ConstId, known: &[Option<Known>]) -> Option<Known> {
        let body = self.program.consts[of].body?;
        let root = self.program.nodes.bodies[body].root;
        known.get(root.index() as usize).copied().flatten()
    }
}

fn computed(op: Op, left: i64, right: i64) -> Result<Option<i64>, SureTrap> {
    let shift = || u32::try_from(right).ok().filter(|by| *by < 64).ok_or(SureTrap::Shift);
    let made = match op {
        Op::Add => left.checked_add(right),
        Op::Subtract => left.checked_sub(right),
        Op::Multiply => left.checked_mul(right),
        Op::Divide | Op::Remainder if right == 0 => return Err(SureTrap::DivisionByZero),
        Op::Divide => left.checked_div(right),
        Op::Remainder => Some(left.wrapping_rem(right)),
        Op::BitAnd => Some(left & right),
        Op::BitOr => Some(left | right),
        Op::BitXor => Some(left ^ right),
        Op::ShiftLeft => Some(left << shift()?),
        Op::ShiftRight => Some(left >> shift()?),
        _ => return Ok(None),
    };
    made.map(Some).ok_or(SureTrap::Overflow)
}
