//! Operators, by precedence.

use pluto_source::Span;

use super::Parser;
use super::names::capital;
use crate::error::{Fact, Foreign};
use crate::token::Kind;
use crate::tree::{BinaryOp, Expr, ExprId, UnaryOp};

/// How tightly operators bind, loose to tight. Of equals the left one binds first; comparisons and ranges have no equals.
mod level {
    pub(super) const CATCH: u8 = 1;
    pub(super) const COALESCE: u8 = 2;
    pub(super) const OR: u8 = 3;
    pub(super) const AND: u8 = 4;
    pub(super) const NOT: u8 = 5;
    pub(super) const COMPARE: u8 = 6;
    pub(super) const RANGE: u8 = 7;
    pub(super) const BIT_OR: u8 = 8;
    pub(super) const BIT_XOR: u8 = 9;
    pub(super) const BIT_AND: u8 = 10;
    pub(super) const SHIFT: u8 = 11;
    pub(super) const ADD: u8 = 12;
    pub(super) const MULTIPLY: u8 = 13;
    pub(super) const AS: u8 = 14;
    pub(super) const PREFIX: u8 = 15;
}

/// What stands between operands.
#[derive(Clone, Copy)]
enum Infix {
    Binary(BinaryOp),
    Range { inclusive: bool },
    As,
    Is,
    Catch,
}

const fn infix(kind: Kind) -> Option<(u8, Infix)> {
    use BinaryOp as Op;
    use Infix::Binary;
    Some(match kind {
        Kind::Catch => (level::CATCH, Infix::Catch),
        Kind::QuestionQuestion => (level::COALESCE, Binary(Op::Coalesce)),
        Kind::Or => (level::OR, Binary(Op::Or)),
        Kind::And => (level::AND, Binary(Op::And)),
        Kind::EqualEqual => (level::COMPARE, Binary(Op::Equal)),
        Kind::BangEqual => (level::COMPARE, Binary(Op::NotEqual)),
        Kind::Less => (level::COMPARE, Binary(Op::Less)),
        Kind::LessEqual => (level::COMPARE, Binary(Op::LessOrEqual)),
        Kind::Greater => (level::COMPARE, Binary(Op::Greater)),
        Kind::GreaterEqual => (level::COMPARE, Binary(Op::GreaterOrEqual)),
        Kind::Is => (level::COMPARE, Infix::Is),
        Kind::DotDot => (level::RANGE, Infix::Range { inclusive: false }),
        Kind::DotDotEqual => (level::RANGE, Infix::Range { inclusive: true }),
        Kind::Pipe => (level::BIT_OR, Binary(Op::BitOr)),
        Kind::Caret => (level::BIT_XOR, Binary(Op::BitXor)),
        Kind::Ampersand => (level::BIT_AND, Binary(Op::BitAnd)),
        Kind::ShiftLeft => (level::SHIFT, Binary(Op::ShiftLeft)),
        Kind::ShiftRight => (level::SHIFT, Binary(Op::ShiftRight)),
        Kind::Plus => (level::ADD, Binary(Op::Add)),
        Kind::Minus => (level::ADD, Binary(Op::Subtract)),
        Kind::Star => (level::MULTIPLY, Binary(Op::Multiply)),
        Kind::Slash => (level::MULTIPLY, Binary(Op::Divide)),
        Kind::Percent => (level::MULTIPLY, Binary(Op::Remainder)),
        Kind::As => (level::AS, Infix::As),
        _ => return None,
    })
}

/// Whether it is an operator that has a left operand only: a line cannot begin with it.
pub(super) const fn needs_left_operand(kind: Kind) -> bool {
    infix(kind).is_some() && !matches!(kind, Kind::Minus | Kind::Catch)
}

impl Parser<'_> {
    /// An expression that must come.
    pub(super) fn expr(&mut self) -> ExprId {
        self.operators(level::CATCH)
    }

    /// An expression behind which a block comes.
    pub(super) fn expr_in_head(&mut self) -> ExprId {
        let context = super::Context { head: true, ..self.context };
        self.within(context, Self::expr)
    }

    /// The operand of `spawn`, and of prefixes: no operator between.
    pub(super) fn operand(&mut self) -> ExprId {
        self.operators(level::PREFIX)
    }

    /// An expression of operators that bind at least so tightly.
    fn operators(&mut self, least: u8) -> ExprId {
        let expr = self.deeper(|parser| {
            let left = parser.prefix(least);
            parser.infixes(left, least)
        });
        expr.unwrap_or_else(|| self.no_expr())
    }

    fn prefix(&mut self, least: u8) -> ExprId {
        let start = self.start;
        let operator = match self.kind {
            Kind::Minus => UnaryOp::Negate,
            Kind::Tilde => UnaryOp::Invert,
            Kind::Not | Kind::Bang => UnaryOp::Not,
            _ => return self.postfix(),
        };
        let bang = self.at(Kind::Bang);
        if bang {
            self.note(self.span(), Fact::BangBefore);
        }
        self.bump();
        if operator == UnaryOp::Negate && self.at(Kind::Int) && !matches!(self.peek(1), Kind::Dot) {
            self.after_minus = self.start;
        }
        let tight = operator != UnaryOp::Not || bang;
        let operand = self.operators(if tight { level::PREFIX } else { level::NOT });
        let span = self.since(start);
        if !tight && least > level::NOT {
            self.note(span, Fact::NotNeedsParentheses { end: span.end });
        }
        self.nodes.add(Expr::Unary { operator, operand }, span)
    }

    fn infixes(&mut self, mut left: ExprId, least: u8) -> ExprId {
        let (mut single, mut chained) = (None, false);
        loop {
            let elvis = self.is_elvis();
            let kind = if elvis { Kind::QuestionQuestion } else { self.kind };
            let Some((level, operator)) = infix(kind) else { break };
            if level < least || (self.line_ends() && !self.at(Kind::Catch)) {
                break;
            }
            let mut operator_span = self.bump();
            if elvis {
                operator_span = operator_span.to(self.bump());
                self.note(operator_span, Fact::ForeignOperator { written: "?:", instead: "??" });
            }
            if matches!(level, level::COMPARE | level::RANGE) {
                if let Some((_, first)) = single.filter(|(before, _)| *before == level && !chained) {
                    self.note(operator_span, Fact::Chained { first });
                    chained = true;
                }
                single = Some((level, operator_span));
            }
            left = self.right_side(left, level, operator, operator_span);
            if chained && matches!(level, level::COMPARE | level::RANGE) {
                // What it would be is another mistake than the one that was told.
                left = self.nodes.add(Expr::Wrong, self.nodes.span(left));
            }
        }
        left
    }

    fn right_side(&mut self, left: ExprId, level: u8, operator: Infix, operator_span: Span) -> ExprId {
        let expr = match operator {
            Infix::Binary(operator) => {
                if let Some(instead) = self.step(operator_span) {
                    let statement = self.is_stepped(left);
                    self.note(operator_span.to(self.span()), Fact::Step { instead, statement });
                    let right = self.bump();
                    // What it would give is another mistake than the one that was told.
                    let right = self.nodes.add(Expr::Wrong, right);
                    let span = self.nodes.span(left).to(self.nothing());
                    return self.nodes.add(Expr::Binary { operator, operator_span, left, right }, span);
                }
                let mut operator_span = operator_span;
                if operator == BinaryOp::Add && self.at(Kind::Plus) && operator_span.end == self.start {
                    operator_span = operator_span.to(self.bump());
                    self.note(operator_span, Fact::ForeignOperator { written: "++", instead: "+" });
                }
                let right = self.operators(level + 1);
                Expr::Binary { operator, operator_span, left, right }
            }
            Infix::Range { inclusive } => {
                Expr::Range { from: left, to: self.operators(level + 1), inclusive }
            }
            Infix::As => Expr::As { value: left, ty: self.ty_of_operand() },
            Infix::Is => self.is(left, operator_span),
            Infix::Catch => self.caught(left),
        };
        let span = self.nodes.span(left).to(self.nothing());
        self.nodes.add(expr, span)
    }

    /// What comes behind `is`: a type; or `not`, or no type but `none`, as other languages have it.
    fn is(&mut self, left: ExprId, word: Span) -> Expr {
        let not = self.eat(Kind::Not);
        let nothing = self.at(Kind::None) || matches!(self.text(), "None" | "nil" | "null");
        let span = not.map_or(word, |not| word.to(not));
        if nothing {
            let (written, instead, operator) = match not {
                Some(_) => ("is not", "!=", BinaryOp::NotEqual),
                None => ("is", "==", BinaryOp::Equal),
            };
            self.note(span, Fact::ForeignOperator { written, instead });
            if !self.at(Kind::None) {
                self.note(self.span(), Fact::ForeignWord { written: "None", instead: "none" });
            }
            let none = self.bump();
            let right = self.nodes.add(Expr::None, none);
            return Expr::Binary { operator, operator_span: span, left, right };
        }
        let test = Expr::Is { value: left, ty: self.ty_of_operand() };
        if not.is_none() {
            return test;
        }
        self.note(span, Fact::IsNot);
        let whole = self.nodes.span(left).to(self.nothing());
        let operand = self.nodes.add(test, whole);
        Expr::Unary { operator: UnaryOp::Not, operand }
    }

    /// `a++`: two operators together and no operand behind them.
    fn step(&self, operator: Span) -> Option<&'static str> {
        let together = operator.end == self.start;
        let instead = match self.kind {
            Kind::Plus => "+=",
            Kind::Minus => "-=",
            _ => return None,
        };
        let same = operator.of(self.source) == self.text();
        let next = self.following().next().map(|(_, token)| token)?;
        let lines = Span::new(self.end(), next.start).of(self.source).contains('\n');
        let ends = lines || matches!(next.kind, Kind::RightBrace | Kind::RightParen | Kind::End);
        (together && same && ends).then_some(instead)
    }

    /// Whether `a++` is a statement: a place that begins its line or its block, with nothing but the end of either behind.
    fn is_stepped(&self, left: ExprId) -> bool {
        let place = matches!(self.nodes[left], Expr::Name(_) | Expr::Index { .. } | Expr::Field { .. });
        let before = self.source.get(..self.nodes.span(left).start as usize).unwrap_or_default();
        let line = before.trim_end_matches([' ', '\t']);
        let begins =
            line.is_empty() || line.ends_with('\n') || (line.len() < before.len() && line.ends_with('{'));
        let closed = self.following().next().is_some_and(|(_, token)| token.kind == Kind::RightParen);
        place && begins && !closed
    }

    /// What comes behind `catch`: arms, with a name before them or without, or a value.
    fn caught(&mut self, value: ExprId) -> Expr {
        let named = self.at(Kind::Name) && !self.context.head && !capital(self.text());
        if named && self.peek(1) == Kind::LeftBrace {
            let error = Some(crate::tree::Name { span: self.bump() });
            return Expr::Handle { value, error, arms: self.arms() };
        }
        if self.at(Kind::LeftBrace) {
            return Expr::Handle { value, error: None, arms: self.arms() };
        }
        if self.at_name_in_parentheses() && self.peek(3) == Kind::LeftBrace && !self.context.head {
            let start = self.start;
            self.skip_group();
            self.note(self.since(start), Fact::Foreign(Foreign::CaughtInParentheses));
            self.skip_group();
            return Expr::Wrong;
        }
        Expr::Default { value, default: self.operators(level::CATCH + 1) }
    }
}
