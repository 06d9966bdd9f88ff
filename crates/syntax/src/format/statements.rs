//! Blocks and statements.

use super::Printer;
use super::doc::{Flat, Op};
use crate::token::Kind;
use crate::tree::{Expr, ExprId, Stmt, StmtId};

impl Printer<'_> {
    /// A block.
    pub(super) fn block(&mut self, id: ExprId) {
        let nodes = self.nodes;
        let Expr::Block(stmts) = nodes[id] else { return self.expr(id) };
        let stmts = nodes.list(stmts);
        let one_line = stmts.len() == 1 && self.tokens.is_one_line();
        self.begin_braces(one_line, stmts.is_empty());
        self.stmts(stmts);
        self.end_braces(one_line, stmts.is_empty());
    }

    /// A block whose lines are those of the group around.
    pub(super) fn block_in_group(&mut self, id: ExprId, one_line: bool) {
        let nodes = self.nodes;
        let Expr::Block(stmts) = nodes[id] else { return self.expr(id) };
        let stmts = nodes.list(stmts);
        self.tokens.expect(Kind::LeftBrace);
        self.open_braces(one_line, stmts.is_empty());
        self.stmts(stmts);
        self.close_braces(one_line, stmts.is_empty());
    }

    /// Whether a block has at most one statement, and stands on one line.
    pub(super) fn is_short(&self, id: ExprId) -> bool {
        let Expr::Block(stmts) = self.nodes[id] else { return false };
        stmts.len() <= 1 && self.tokens.is_one_line_from(self.nodes.span(id).start)
    }

    fn stmts(&mut self, stmts: &[StmtId]) {
        for (number, stmt) in stmts.iter().enumerate() {
            if number > 0 {
                self.tokens.line_between(Flat::Never);
            }
            self.tokens.comments_before(false);
            self.stmt(*stmt);
        }
    }

    fn stmt(&mut self, id: StmtId) {
        match self.nodes[id] {
            Stmt::Let { mutable, pattern, ty, value, otherwise } => {
                self.word(Kind::Let);
                if mutable.is_some() {
                    self.word(Kind::Mut);
                }
                self.pattern(pattern);
                if let Some(ty) = ty {
                    self.word(Kind::Colon);
                    self.ty(ty);
                }
                self.tokens.space();
                self.tokens.expect(Kind::Equal);
                self.value(value);
                if let Some(block) = otherwise {
                    self.tokens.space();
                    self.word(Kind::Else);
                    self.block(block);
                }
            }
            Stmt::Assign { target, value, .. } => {
                self.expr(target);
                self.tokens.space();
                self.tokens.token();
                self.value(value);
            }
            Stmt::Defer(block) => {
                self.word(Kind::Defer);
                self.block(block);
            }
            Stmt::Assert { condition, why } => {
                self.word(Kind::Assert);
                self.tokens.group();
                self.tokens.indent_if_broken(1);
                self.expr(condition);
                if let Some(why) = why {
                    self.tokens.expect(Kind::Comma);
                    self.tokens.line(Flat::Space);
                    self.expr(why);
                }
                self.tokens.ops.push(Op::Dedent);
                self.tokens.end_group();
            }
            Stmt::Expr(expr) => self.expr(expr),
            Stmt::Wrong => {}
        }
    }

    /// What stands behind `=` or `=>`, with the space or the line's end before it.
    pub(super) fn value(&mut self, id: ExprId) {
        if self.tokens.must_break() {
            self.tokens.ops.push(Op::Indent);
            self.tokens.line(Flat::NeverInHug);
            self.tokens.comments_before(false);
            self.operands(id, 0);
            self.tokens.ops.push(Op::Dedent);
        } else if self.stands_alone(id) {
            self.tokens.space();
            self.expr(id);
        } else {
            self.tokens.group_with_line(Flat::Space);
            self.hug_value(id);
            self.operands(id, 0);
            self.tokens.ops.push(Op::Dedent);
            self.tokens.end_group();
        }
    }

    /// A value stays on the line where it can break at the end of its own last part.
    fn hug_value(&mut self, id: ExprId) {
        let last = match self.nodes[id] {
            Expr::Binary { right, .. } => right,
            Expr::Default { default, .. } => default,
            _ => id,
        };
        self.hug(last);
    }

    /// Whether an expression is not put on a line of its own: it has brackets at which it breaks.
    fn stands_alone(&self, id: ExprId) -> bool {
        match self.nodes[id] {
            Expr::Array(_)
            | Expr::Map(_)
            | Expr::Tuple(_)
            | Expr::Paren(_)
            | Expr::Class { .. }
            | Expr::Block(_)
            | Expr::If { .. }
            | Expr::Match { .. }
            | Expr::For { .. }
            | Expr::While { .. }
            | Expr::Loop { .. }
            | Expr::Scope(_)
            | Expr::Select(_)
            | Expr::Closure { .. }
            | Expr::Return(_)
            | Expr::Raise(_)
            | Expr::Yield(_)
            | Expr::Break { .. }
            | Expr::Continue { .. }
            | Expr::Handle { .. }
            | Expr::Call { .. } => true,
            Expr::Spawn(inner) | Expr::Later(inner) | Expr::Try(inner) | Expr::Propagate(inner) => {
                self.stands_alone(inner)
            }
            Expr::Default { value, .. } => self.stands_alone(value),
            _ => false,
        }
    }
}
