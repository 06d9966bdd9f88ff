//! What never comes to its end.

use pluto_syntax::tree;

use super::{Body, Want};
use crate::body::{Callee, ExprId, ExprKind};
use crate::types::TyId;

impl Body<'_, '_> {
    /// Whether an expression never comes to its end, be it because of a part that it always begins with: then nothing comes behind it,
    /// although the expression has the type of its value.
    pub(super) fn diverges(&mut self, expr: ExprId) -> bool {
        let mut work = vec![expr];
        while let Some(at) = work.pop() {
            if self.ty(at) == TyId::NEVER {
                return true;
            }
            match self.kind(at) {
                ExprKind::Unary(_, of)
                | ExprKind::Convert(of)
                | ExprKind::Is(of, _)
                | ExprKind::Field(of, _)
                | ExprKind::Element(of, _)
                | ExprKind::Propagate(of)
                | ExprKind::Wrap(of) => work.push(of),
                // The right operand of some is not always looked at.
                ExprKind::Binary(op, left, right) => {
                    work.push(left);
                    if !is_lazy(op) {
                        work.push(right);
                    }
                }
                ExprKind::Index(of, index) => work.extend([of, index]),
                ExprKind::Array(list) | ExprKind::Set(list) | ExprKind::Tuple(list) => {
                    work.extend(self.c.program.nodes.expr_lists.get(list));
                }
                ExprKind::Call(callee, list) => {
                    work.extend(self.c.program.nodes.expr_lists.get(list));
                    if let Callee::Value(value) = callee {
                        work.push(value);
                    }
                }
                ExprKind::Class(_, fields) | ExprKind::Error(_, fields) | ExprKind::Variant(_, _, fields) => {
                    work.extend(
                        self.c.program.nodes.field_values.get(fields).iter().map(|(_, value)| *value),
                    );
                }
                _ => (),
            }
        }
        false
    }

    /// The last expression of a block. What never comes to its end need not give a value.
    pub(super) fn tail(&mut self, id: tree::ExprId, want: Want) -> ExprId {
        let Want::Type(ty) = want else { return self.branch(id, want) };
        let lost = usize::from(self.shallow(ty) == TyId::WRONG);
        self.lost += lost;
        let made = self.expr(id, want);
        self.lost -= lost;
        if self.ty(made) == TyId::VOID && self.diverges(made) { made } else { self.coerce(made, ty) }
    }
}

fn is_lazy(op: tree::BinaryOp) -> bool {
    use tree::BinaryOp as Op;
    matches!(op, Op::And | Op::Or | Op::Coalesce)
}
