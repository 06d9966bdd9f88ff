//! What each node of a body holds, one level down and in the order of the text.

use crate::body::{Callee, ExprId, ExprKind, Nodes, Part, PatternId, PatternKind, SelectKind, Stmt, StmtId};

/// A part of a node.
#[derive(Clone, Copy, Debug)]
pub enum Child {
    /// An expression.
    Expr(ExprId),
    /// A pattern.
    Pattern(PatternId),
    /// A statement.
    Stmt(StmtId),
    /// What stands behind it is one of several parts of this name.
    Named(&'static str),
}

impl Nodes {
    /// The parts of an expression.
    pub fn children(&self, kind: ExprKind, into: &mut Vec<Child>) {
        use Child::{Expr, Named};
        let many = |into: &mut Vec<Child>, list: &[ExprId]| into.extend(list.iter().copied().map(Expr));
        match kind {
            ExprKind::Wrong
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Bool(_)
            | ExprKind::Text(_)
            | ExprKind::Duration(_)
            | ExprKind::Atom(_)
            | ExprKind::None
            | ExprKind::Local(_)
            | ExprKind::Const(_)
            | ExprKind::Function(..)
            | ExprKind::VariantFunction(..)
            | ExprKind::DefaultArgument(..)
            | ExprKind::Continue(_)
            | ExprKind::Result
            | ExprKind::Break(_, None)
            | ExprKind::Return(None) => (),
            ExprKind::Interpolated(parts) => {
                for part in self.parts.get(parts) {
                    if let Part::Value(value, _) = part {
                        into.push(Expr(*value));
                    }
                }
            }
            ExprKind::Closure(id) => into.push(Expr(self.closures[id].body)),
            ExprKind::Array(list) | ExprKind::Set(list) | ExprKind::Tuple(list) => {
                many(into, self.expr_lists.get(list));
            }
            ExprKind::Map(entries) => {
                for (key, value) in self.entries.get(entries) {
                    into.extend([Expr(*key), Expr(*value)]);
                }
            }
            ExprKind::Class(_, fields) | ExprKind::Error(_, fields) | ExprKind::Variant(_, _, fields) => {
                into.extend(self.field_values.get(fields).iter().map(|(_, value)| Expr(*value)));
            }
            ExprKind::Block(stmts, tail) => {
                into.extend(self.stmt_lists.get(stmts).iter().copied().map(Child::Stmt));
                into.extend(tail.map(Expr));
            }
            ExprKind::If(condition, then, otherwise) => {
                into.extend([Expr(condition), Named("then"), Expr(then)]);
                if let Some(otherwise) = otherwise {
                    into.extend([Named("else"), Expr(otherwise)]);
                }
            }
            ExprKind::Match(value, arms) => {
                into.push(Expr(value));
                self.arm_children(arms, into);
            }
            ExprKind::For(of) => {
                into.extend([Child::Pattern(of.pattern), Expr(of.over), Named("do"), Expr(of.body)]);
            }
            ExprKind::While(_, condition, body) => into.extend([Expr(condition), Named("do"), Expr(body)]),
            ExprKind::Select(arms) => self.select_children(arms, into),
            ExprKind::Call(callee, list) => {
                if let Callee::Value(value) = callee {
                    into.push(Expr(value));
                }
                many(into, self.expr_lists.get(list));
            }
            ExprKind::Handle(value, handler) => {
                into.push(Expr(value));
                self.arm_children(self.handlers[handler].arms, into);
            }
            ExprKind::Binary(_, left, right)
            | ExprKind::Range(left, right, _)
            | ExprKind::Index(left, right)
            | ExprKind::Chain(left, _, right)
            | ExprKind::Default(left, right) => into.extend([Expr(left), Expr(right)]),
            ExprKind::Method(inner, _)
            | ExprKind::Loop(_, inner)
            | ExprKind::Break(_, Some(inner))
            | ExprKind::Return(Some(inner))
            | ExprKind::Raise(inner)
            | ExprKind::Yield(inner)
            | ExprKind::Spawn(inner)
            | ExprKind::SpawnActor(inner)
            | ExprKind::Scope(inner)
            | ExprKind::Unary(_, inner)
            | ExprKind::Convert(inner)
            | ExprKind::Is(inner, _)
            | ExprKind::Field(inner, _)
            | ExprKind::Element(inner, _)
            | ExprKind::TermField(inner, _)
            | ExprKind::Try(inner)
            | ExprKind::Propagate(inner)
            | ExprKind::Later(inner)
            | ExprKind::Wrap(inner)
            | ExprKind::Unwrap(inner)
            | ExprKind::Upcast(inner)
            | ExprKind::Downcast(inner)
            | ExprKind::ToTerm(inner)
            | ExprKind::Old(inner) => into.push(Expr(inner)),
        }
    }

    fn arm_children(&self, arms: crate::arena::List<crate::body::Arm>, into: &mut Vec<Child>) {
        for arm in self.arms.get(arms) {
            into.extend([Child::Named("arm"), Child::Pattern(arm.pattern)]);
            if let Some(guard) = arm.guard {
                into.extend([Child::Named("if"), Child::Expr(guard)]);
            }
            into.push(Child::Expr(arm.body));
        }
    }

    fn select_children(&self, arms: crate::arena::List<crate::body::SelectArm>, into: &mut Vec<Child>) {
        for arm in self.select_arms.get(arms) {
            match arm.kind {
                SelectKind::Receive(channel, pattern) => {
                    into.extend([Child::Named("receive"), Child::Expr(channel)]);
                    into.extend(pattern.map(Child::Pattern));
                }
                SelectKind::Send(channel, value) => {
                    into.extend([Child::Named("send"), Child::Expr(channel), Child::Expr(value)]);
                }
                SelectKind::After(time) => into.extend([Child::Named("after"), Child::Expr(time)]),
                SelectKind::Default => into.push(Child::Named("default")),
            }
            into.push(Child::Expr(arm.body));
        }
    }

    /// The parts of a statement.
    pub fn stmt_children(&self, stmt: Stmt, into: &mut Vec<Child>) {
        match stmt {
            Stmt::Let(pattern, value, otherwise) => {
                into.extend([Child::Pattern(pattern), Child::Expr(value)]);
                if let Some(otherwise) = otherwise {
                    into.extend([Child::Named("else"), Child::Expr(otherwise)]);
                }
            }
            Stmt::Assign(place, _, value) => into.extend([Child::Expr(place), Child::Expr(value)]),
            Stmt::Assert(condition, why) => {
                into.push(Child::Expr(condition));
                into.extend(why.map(Child::Expr));
            }
            Stmt::Defer(inner) | Stmt::Expr(inner) => into.push(Child::Expr(inner)),
        }
    }

    /// The parts of a pattern.
    pub(crate) fn pattern_children(&self, kind: PatternKind, into: &mut Vec<Child>) {
        match kind {
            PatternKind::Wrong | PatternKind::Any | PatternKind::Bind(..) | PatternKind::None => (),
            PatternKind::Literal(value) => into.push(Child::Expr(value)),
            PatternKind::Range(from, to, _) => into.extend([Child::Expr(from), Child::Expr(to)]),
            PatternKind::Some(inner) => into.push(Child::Pattern(inner)),
            PatternKind::Tuple(list) | PatternKind::Or(list) => {
                into.extend(self.pattern_lists.get(list).iter().copied().map(Child::Pattern));
            }
            PatternKind::Array(before, _, after) => {
                into.extend(self.pattern_lists.get(before).iter().copied().map(Child::Pattern));
                into.extend(self.pattern_lists.get(after).iter().copied().map(Child::Pattern));
            }
            PatternKind::Map(entries) => {
                for (key, value) in self.pattern_entries.get(entries) {
                    into.extend([Child::Expr(*key), Child::Pattern(*value)]);
                }
            }
            PatternKind::Variant(_, _, fields)
            | PatternKind::Class(_, fields)
            | PatternKind::Error(_, fields) => {
                into.extend(
                    self.field_patterns.get(fields).iter().map(|(_, pattern)| Child::Pattern(*pattern)),
                );
            }
        }
    }
}
