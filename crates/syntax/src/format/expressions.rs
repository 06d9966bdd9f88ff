//! Expressions: operators in loops, as long as they may be, and what has a form of its own.

use super::Printer;
use super::doc::{Flat, Op};
use super::lists::Style;
use crate::token::Kind;
use crate::tree::{Arm, BinaryOp, Expr, ExprId, List, Nodes, Param, SelectArm, SelectKind, TypeId};

impl Printer<'_> {
    pub(super) fn expr(&mut self, id: ExprId) {
        self.operands(id, 1);
    }

    /// An expression behind which a block comes.
    fn head(&mut self, id: ExprId) {
        self.operands(id, 2);
    }

    /// An expression, whose operands are so many levels deeper where lines end behind its operators.
    pub(super) fn operands(&mut self, id: ExprId, levels: u8) {
        if self.left_operand(id).is_none() {
            return self.operand(id);
        }
        let mut spine = vec![id];
        let mut first = id;
        while let Some(left) = self.left_operand(first) {
            spine.push(left);
            first = left;
        }
        let nodes = self.nodes;
        let class = |at: usize| spine.get(at).and_then(|id| class_of(nodes, *id));
        let opens: Vec<bool> = (0..spine.len() - 1)
            .map(|at| class(at).is_some() && (at == 0 || class(at) != class(at - 1)))
            .collect();
        let mut open = opens.iter().filter(|opens| **opens).count();
        for (id, opens) in spine.iter().zip(&opens) {
            if *opens {
                self.begin_operators(*id);
            }
        }
        self.operand(first);
        for (at, id) in spine.iter().enumerate().take(opens.len()).rev() {
            // What is on the first line is not indented.
            let deepest = class(at).is_some() && (at + 1 == opens.len() || class(at + 1) != class(at));
            if deepest {
                self.tokens.indent_if_broken(if open == 1 { levels } else { 1 });
            }
            self.right_side(*id);
            if opens.get(at).is_some_and(|opens| *opens) {
                self.tokens.ops.push(Op::Dedent);
                self.tokens.end_group();
                open -= 1;
            }
        }
    }

    fn begin_operators(&mut self, id: ExprId) {
        self.tokens.group();
        if matches!(self.nodes[id], Expr::Default { .. }) {
            self.tokens.break_late();
        }
    }

    /// The left operand, where an operator stands between two.
    fn left_operand(&self, id: ExprId) -> Option<ExprId> {
        match self.nodes[id] {
            Expr::Binary { left, .. } => Some(left),
            Expr::Range { from, .. } => Some(from),
            Expr::As { value, .. }
            | Expr::Is { value, .. }
            | Expr::Handle { value, .. }
            | Expr::Default { value, .. } => Some(value),
            _ => None,
        }
    }

    /// The operator and what stands on its right.
    fn right_side(&mut self, id: ExprId) {
        let nodes = self.nodes;
        match nodes[id] {
            Expr::Binary { right, .. } => {
                self.tokens.space();
                self.tokens.token();
                self.tokens.line(Flat::Space);
                self.tokens.comments_before(false);
                self.hug(right);
                self.expr(right);
            }
            Expr::Range { to, .. } => {
                self.tokens.token();
                self.expr(to);
            }
            Expr::As { ty, .. } | Expr::Is { ty, .. } => {
                self.tokens.space();
                self.tokens.token();
                self.tokens.space();
                self.ty(ty);
            }
            Expr::Handle { error, arms, .. } => {
                self.tokens.space();
                self.word(Kind::Catch);
                if error.is_some() {
                    self.tokens.token();
                    self.tokens.space();
                }
                self.arms(arms);
            }
            Expr::Default { value, default } => {
                if ends_in_brace(nodes, value) {
                    self.tokens.space();
                } else {
                    self.tokens.line(Flat::Space);
                }
                self.word(Kind::Catch);
                self.expr(default);
            }
            _ => {}
        }
    }

    /// An expression without an operator between operands.
    fn operand(&mut self, id: ExprId) {
        let nodes = self.nodes;
        match nodes[id] {
            Expr::Call { .. }
            | Expr::Index { .. }
            | Expr::Field { .. }
            | Expr::Try(_)
            | Expr::Propagate(_)
            | Expr::Later(_)
            | Expr::Apply { .. } => self.chain(id),
            Expr::Interpolated(_) => self.tokens.verbatim(nodes.span(id).end),
            Expr::Array(elements) => {
                let style = self.bracket_style(id, nodes.list(elements).last().copied());
                self.list(nodes.list(elements), style, Self::expr);
            }
            Expr::Map(entries) if entries.is_empty() => (0..3).for_each(|_| self.tokens.token()),
            Expr::Map(entries) => {
                let style = self.bracket_style(id, None);
                self.list(nodes.list(entries), style, |printer, entry| {
                    printer.expr(entry.key);
                    printer.tokens.expect(Kind::Colon);
                    printer.value(entry.value);
                });
            }
            Expr::Tuple(elements) => {
                let style = self.bracket_style(id, None);
                self.list(nodes.list(elements), style, Self::expr);
            }
            Expr::Paren(inner) => {
                let style = Style { last_comma: false, hugs_last: self.block_of(inner), ..Style::TIGHT };
                self.list(&[inner], style, |printer, inner| printer.operands(inner, 0));
            }
            Expr::Class { ty, fields } => {
                self.ty(ty);
                self.tokens.space();
                let style = Style { hugged: self.takes_hug(id), ..Style::PADDED };
                self.list(nodes.list(fields), style, |printer, field| {
                    printer.tokens.token();
                    if let Some(value) = field.value {
                        printer.tokens.expect(Kind::Colon);
                        printer.value(value);
                    }
                });
            }
            Expr::Unary { operand, .. } => {
                let minus = self.tokens.is(Kind::Minus);
                let word = self.tokens.is(Kind::Not);
                self.tokens.token();
                // `--` is an operator of other languages.
                if word || minus && self.tokens.is(Kind::Minus) {
                    self.tokens.space();
                }
                self.expr(operand);
            }
            Expr::Closure { params, result, body } => self.closure(params, result, body),
            _ => self.statement_like(id),
        }
    }

    /// An expression that begins with a keyword, and those of one token.
    fn statement_like(&mut self, id: ExprId) {
        let nodes = self.nodes;
        match nodes[id] {
            Expr::Block(_) => self.block(id),
            Expr::If { .. } => self.if_chain(id),
            Expr::Match { value, arms } => {
                self.word(Kind::Match);
                self.head(value);
                self.tokens.space();
                self.arms(arms);
            }
            Expr::For { label, over, pattern, body } => {
                self.label(label.is_some());
                self.word(Kind::For);
                self.pattern(pattern);
                self.tokens.space();
                self.word(Kind::In);
                self.head(over);
                self.tokens.space();
                self.block(body);
            }
            Expr::While { label, condition, body } => {
                self.label(label.is_some());
                self.word(Kind::While);
                self.head(condition);
                self.tokens.space();
                self.block(body);
            }
            Expr::Loop { label, body } => {
                self.label(label.is_some());
                self.word(Kind::Loop);
                self.block(body);
            }
            Expr::Break { label, value } => {
                self.tokens.token();
                if label.is_some() {
                    self.tokens.space();
                    self.tokens.token();
                }
                self.operand_of_jump(value);
            }
            Expr::Continue { label } => {
                self.tokens.token();
                if label.is_some() {
                    self.tokens.space();
                    self.tokens.token();
                }
            }
            Expr::Return(value) => {
                self.tokens.token();
                self.operand_of_jump(value);
            }
            Expr::Raise(value) | Expr::Yield(value) | Expr::Spawn(value) => {
                self.tokens.token();
                self.operand_of_jump(Some(value));
            }
            Expr::Scope(block) => {
                self.word(Kind::Scope);
                self.block(block);
            }
            Expr::Select(arms) => {
                self.word(Kind::Select);
                self.members(nodes.list(arms), Self::select_arm);
            }
            _ => self.tokens.token(),
        }
    }

    fn operand_of_jump(&mut self, value: Option<ExprId>) {
        if let Some(value) = value {
            self.tokens.space();
            self.expr(value);
        }
    }

    fn label(&mut self, there: bool) {
        if there {
            self.tokens.token();
            self.word(Kind::Colon);
        }
    }

    /// `if`, `else if` and `else`: the blocks are all on one line, or none is.
    fn if_chain(&mut self, id: ExprId) {
        let one_line = self.all_short(id);
        if one_line {
            self.tokens.hugged_group();
        }
        let mut next = Some(id);
        while let Some(id) = next {
            let Expr::If { condition, then, otherwise } = self.nodes[id] else {
                self.block_in_group(id, one_line);
                break;
            };
            self.word(Kind::If);
            self.head(condition);
            self.tokens.space();
            self.block_in_group(then, one_line);
            if otherwise.is_some() {
                self.tokens.space();
                self.word(Kind::Else);
            }
            next = otherwise;
        }
        if one_line {
            self.tokens.end_group();
        }
    }

    fn all_short(&self, id: ExprId) -> bool {
        let mut next = Some(id);
        while let Some(id) = next {
            let Expr::If { then, otherwise, .. } = self.nodes[id] else { return self.is_short(id) };
            if !self.is_short(then) {
                return false;
            }
            next = otherwise;
        }
        true
    }

    pub(super) fn arms(&mut self, arms: List<Arm>) {
        let nodes = self.nodes;
        self.members(nodes.list(arms), |printer, arm| {
            printer.pattern(arm.pattern);
            if let Some(guard) = arm.guard {
                printer.tokens.space();
                printer.word(Kind::If);
                printer.head(guard);
            }
            printer.arrow(arm.body);
        });
    }

    fn select_arm(&mut self, arm: SelectArm) {
        match arm.kind {
            SelectKind::Operation { pattern, call } => {
                if let Some(pattern) = pattern {
                    self.pattern(pattern);
                    self.tokens.space();
                    self.word(Kind::Equal);
                }
                self.head(call);
            }
            SelectKind::After(time) => {
                self.soft_word();
                self.head(time);
            }
            SelectKind::Default => self.tokens.token(),
        }
        self.arrow(arm.body);
    }

    fn arrow(&mut self, body: ExprId) {
        self.tokens.space();
        self.tokens.expect(Kind::FatArrow);
        self.value(body);
    }

    fn closure(&mut self, params: List<Param>, result: Option<TypeId>, body: ExprId) {
        let nodes = self.nodes;
        self.list(nodes.list(params), Style::TIGHT, Self::param);
        if let Some(result) = result {
            self.tokens.space();
            self.ty(result);
        }
        self.arrow(body);
    }
}

/// Operators of one class are in one group: their lines end together. Those of none end no line.
fn class_of(nodes: &Nodes, id: ExprId) -> Option<u8> {
    use BinaryOp as Op;
    match nodes[id] {
        Expr::Binary { operator, .. } => Some(match operator {
            Op::Multiply | Op::Divide | Op::Remainder => 0,
            Op::Add | Op::Subtract => 1,
            Op::ShiftLeft | Op::ShiftRight => 2,
            Op::BitAnd => 3,
            Op::BitXor => 4,
            Op::BitOr => 5,
            Op::Equal | Op::NotEqual | Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual => 6,
            Op::And => 7,
            Op::Or => 8,
            Op::Coalesce => 9,
        }),
        Expr::Default { value, .. } if !ends_in_brace(nodes, value) => Some(10),
        _ => None,
    }
}

/// Whether it is a block with a word before it: what stands behind its brace stays there.
fn ends_in_brace(nodes: &Nodes, id: ExprId) -> bool {
    use Expr::{Block, For, If, Loop, Match, Scope, Select, While};
    matches!(
        nodes[id],
        Block(_) | For { .. } | If { .. } | Loop { .. } | Match { .. } | Scope(_) | Select(_) | While { .. }
    )
}
