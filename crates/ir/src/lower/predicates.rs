//! Operators on values of the BEAM, and patterns of them.

use pluto_check::arena::List;
use pluto_check::body::{BinaryOp as Op, ExprId, ExprKind, LocalId, PatternId, UnaryOp};
use pluto_check::types::TyId;

use super::code::{Code, Value};
use super::loops::first;
use super::terms::Kind;
use crate::program::{BlockId, Cast, Const, End, Lane, Reg, Test, Trap};

impl Code<'_, '_> {
    /// An operand: of a term null where it failed.
    pub(super) fn operand(&mut self, of: ExprId) -> Value {
        let ty = self.ty_of(of);
        if ty != TyId::TERM {
            return self.expr(of);
        }
        let outer = self.at;
        self.at = self.place_of(of);
        let made = match self.l.source.nodes.exprs[of].kind {
            ExprKind::TermField(base, name) => {
                let name = self.l.source.text(name).to_owned();
                let base = first(&self.operand(base));
                let key = self.atom(&name);
                vec![self.term_operation("get", base, first(&key))]
            }
            ExprKind::Index(base, key) => {
                let on = self.ty_of(base);
                if on == TyId::TERM {
                    let (base, key) = (first(&self.operand(base)), first(&self.operand(key)));
                    vec![self.term_operation("get", base, key)]
                } else {
                    self.index(of, base, key)
                }
            }
            ExprKind::Binary(op, left, right) => self.binary(of, op, left, right),
            ExprKind::Unary(op, inner) => {
                let inner = first(&self.operand(inner));
                let (with, name) = if op == UnaryOp::Negate { (0, "minus") } else { (-1, "bit_xor") };
                let with = self.int(with);
                let with = self.term_of(TyId::INT, &[with]);
                vec![self.term_operation(name, with, inner)]
            }
            _ => self.expr(of),
        };
        self.at = outer;
        made
    }

    /// A term that is an operand no more: a trap where it failed.
    pub(super) fn whole_term(&mut self, of: ExprId) -> Value {
        let made = self.operand(of);
        self.there(first(&made));
        made
    }

    /// A trap where a term failed.
    pub(super) fn there(&mut self, term: Reg) {
        let missing = self.is_null(term);
        let (not, fine) = (self.block(), self.block());
        self.branch(missing, not, fine);
        self.enter(not);
        let why =
            self.text("a value of the BEAM that has no such part, or is not of the kind that this needs");
        self.end(End::Trap(Trap::Said(why)));
        self.enter(fine);
    }

    /// What a method of two terms gives; null where one of them failed.
    fn term_operation(&mut self, name: &str, left: Reg, right: Reg) -> Reg {
        let made = self.constant(Const::Null);
        let to = self.reg(Lane::Ref);
        self.move_to(&[to], &[made]);
        let after = self.block();
        self.unless_null(&[left, right], after);
        let value = self.term_method(name, &[left, right]);
        self.move_to(&[to], &value);
        self.jump(after);
        self.enter(after);
        to
    }

    /// Goes to a block where one of some is null.
    pub(super) fn unless_null(&mut self, all: &[Reg], otherwise: BlockId) {
        for one in all {
            let missing = self.is_null(*one);
            let there = self.block();
            self.branch(missing, otherwise, there);
            self.enter(there);
        }
    }

    /// An operator between terms that may have failed: a byte of a comparison, else a term that may have failed.
    pub(super) fn term_operator(&mut self, op: Op, left: Reg, right: Reg) -> Reg {
        let name = match op {
            Op::Add => "plus",
            Op::Subtract => "minus",
            Op::Multiply => "times",
            Op::Divide => "divided",
            Op::Remainder => "remainder",
            Op::BitAnd => "bit_and",
            Op::BitOr => "bit_or",
            Op::BitXor => "bit_xor",
            Op::ShiftLeft => "shifted_left",
            Op::ShiftRight => "shifted_right",
            Op::Equal => return self.compare_terms(Test::Eq, left, right),
            Op::NotEqual => return self.compare_terms(Test::Ne, left, right),
            Op::Less => return self.compare_terms(Test::Lt, left, right),
            Op::LessOrEqual => return self.compare_terms(Test::Le, left, right),
            Op::Greater => return self.compare_terms(Test::Gt, left, right),
            Op::GreaterOrEqual => return self.compare_terms(Test::Ge, left, right),
            Op::And | Op::Or | Op::Coalesce => {
                self.missing("this operator on values of the BEAM");
                return left;
            }
        };
        self.term_operation(name, left, right)
    }

    /// Whether a comparison holds, which it does not where it failed.
    fn compare_terms(&mut self, test: Test, left: Reg, right: Reg) -> Reg {
        let result = self.reg(Lane::Byte);
        let not = self.byte(false);
        self.move_to(&[result], &[not]);
        let after = self.block();
        self.unless_null(&[left, right], after);
        let equality = matches!(test, Test::Eq | Test::Ne);
        let found = self.term_method(if equality { "same" } else { "order" }, &[left, right]);
        self.unless(first(&found), after);
        let value = found.get(1).copied().unwrap_or(not);
        let holds = if equality {
            let yes = self.byte(true);
            self.test(test, value, yes)
        } else {
            let zero = self.int(0);
            self.test(test, value, zero)
        };
        self.move_to(&[result], &[holds]);
        self.jump(after);
        self.enter(after);
        result
    }

    /// `t is T`, or that it is not; neither where the term failed.
    pub(super) fn term_is(&mut self, of: ExprId, ty: TyId, wanted: bool) -> Reg {
        let term = first(&self.operand(of));
        let ty = self.ty(ty);
        let result = self.reg(Lane::Byte);
        let (yes, no) = (self.byte(wanted), self.byte(!wanted));
        let failed = self.byte(false);
        self.move_to(&[result], &[failed]);
        let (other, after) = (self.block(), self.block());
        self.unless_null(&[term], after);
        self.value_of_term(ty, term, other);
        self.move_to(&[result], &[yes]);
        self.jump(after);
        self.enter(other);
        self.move_to(&[result], &[no]);
        self.jump(after);
        self.enter(after);
        result
    }

    /// A term as a value of another type; a trap where it is none.
    pub(super) fn converted_term(&mut self, of: ExprId, to: TyId) -> Value {
        let term = self.whole_term(of);
        let not = self.block();
        let value = self.value_of_term(to, first(&term), not);
        self.trap_in(not, Trap::Convert);
        value
    }

    /// `not`, of what compares terms: goes down to the comparisons.
    pub(super) fn contrary(&mut self, of: ExprId) -> Reg {
        match self.l.source.nodes.exprs[of].kind {
            ExprKind::Unary(UnaryOp::Not, inner) => self.one(inner),
            ExprKind::Binary(op @ (Op::And | Op::Or), left, right) => self.contrary_of_all(op, left, right),
            ExprKind::Binary(op, left, right) if self.ty_of(left) == TyId::TERM => {
                let (left, right) = (first(&self.operand(left)), first(&self.operand(right)));
                self.at = self.place_of(of);
                self.term_operator(opposite(op), left, right)
            }
            ExprKind::Is(inner, ty) if self.ty_of(inner) == TyId::TERM => self.term_is(inner, ty, false),
            _ => {
                let value = self.one(of);
                self.cast(Cast::Not, value, Lane::Byte)
            }
        }
    }

    /// Not all of them is one of them not, and the other way.
    fn contrary_of_all(&mut self, op: Op, left: ExprId, right: ExprId) -> Reg {
        let (mut parts, mut at) = (vec![right], left);
        while let ExprKind::Binary(of, left, right) = self.l.source.nodes.exprs[at].kind
            && of == op
        {
            parts.push(right);
            at = left;
        }
        let result = self.reg(Lane::Byte);
        let after = self.block();
        let start = self.contrary(at);
        self.move_to(&[result], &[start]);
        for part in parts.into_iter().rev() {
            let more = self.block();
            match op {
                Op::And => self.branch(result, after, more),
                _ => self.branch(result, more, after),
            }
            self.enter(more);
            let value = self.contrary(part);
            self.move_to(&[result], &[value]);
        }
        self.jump(after);
        self.enter(after);
        result
    }

    /// Whether a condition compares terms.
    pub(super) fn is_about_terms(&mut self, of: ExprId) -> bool {
        let mut work = vec![of];
        while let Some(at) = work.pop() {
            match self.l.source.nodes.exprs[at].kind {
                ExprKind::Unary(UnaryOp::Not, inner) => work.push(inner),
                ExprKind::Binary(Op::And | Op::Or, left, right) => work.extend([left, right]),
                ExprKind::Binary(_, of, _) | ExprKind::Is(of, _) if self.ty_of(of) == TyId::TERM => {
                    return true;
                }
                _ => (),
            }
        }
        false
    }

    pub(super) fn term_in_range(&mut self, value: Reg, ends: (ExprId, ExprId, bool), otherwise: BlockId) {
        let (from, to, inclusive) = ends;
        let (from, to) = (self.one(from), self.one(to));
        let above = self.compare_terms(Test::Ge, value, from);
        self.unless(above, otherwise);
        let below = self.compare_terms(if inclusive { Test::Le } else { Test::Lt }, value, to);
        self.unless(below, otherwise);
    }

    pub(super) fn term_tuple_pattern(&mut self, patterns: Vec<PatternId>, term: Reg, otherwise: BlockId) {
        let items = self.elements(term, patterns.len(), otherwise);
        for (pattern, item) in patterns.into_iter().zip(items) {
            self.pattern(pattern, TyId::TERM, &[item], otherwise);
        }
    }

    /// The array of the elements of a list.
    pub(super) fn list_items(&mut self, term: Reg, otherwise: BlockId) -> Reg {
        self.held_by(Kind::List, term, Lane::Ref, otherwise)
    }

    /// A list of what an array holds.
    pub(super) fn list_of(&mut self, items: Reg) -> Reg {
        self.new_term(Kind::List, &[items])
    }

    pub(super) fn map_pattern(&mut self, entries: List<(ExprId, PatternId)>, term: Reg, otherwise: BlockId) {
        self.held_by(Kind::Map, term, Lane::Ref, otherwise);
        for (key, pattern) in self.l.source.nodes.pattern_entries.get(entries).to_vec() {
            let key = self.one(key);
            let found = self.term_method("get", &[term, key]);
            self.unless_null(&found, otherwise);
            self.pattern(pattern, TyId::TERM, &found, otherwise);
        }
    }

    pub(super) fn kind_pattern(&mut self, local: LocalId, wanted: TyId, term: Reg, otherwise: BlockId) {
        let wanted = self.ty(wanted);
        let value = self.value_of_term(wanted, term, otherwise);
        self.bind(local, &value);
    }
}

/// The comparison that holds where another one does not.
fn opposite(op: Op) -> Op {
    match op {
        Op::Equal => Op::NotEqual,
        Op::NotEqual => Op::Equal,
        Op::Less => Op::GreaterOrEqual,
        Op::LessOrEqual => Op::Greater,
        Op::Greater => Op::LessOrEqual,
        Op::GreaterOrEqual => Op::Less,
        other => other,
    }
}
