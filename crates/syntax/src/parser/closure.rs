//! Closures.

use pluto_source::Span;

use super::recover::begins_operand;
use super::{Context, Parser};
use crate::error::{Fact, Named};
use crate::token::Kind;
use crate::tree::{Expr, ExprId, Name, Param};

impl Parser<'_> {
    /// Whether the parenthesis here begins a closure: `()`, `(x: …`, `(mut …`, or names and then `=>` or a type.
    pub(super) fn begins_closure(&self) -> bool {
        let mut tokens = self.following().map(|(_, token)| token).peekable();
        let mut named = false;
        loop {
            match tokens.next().map(|token| token.kind) {
                Some(Kind::Mut) => return true,
                Some(Kind::RightParen) => break,
                Some(Kind::Name | Kind::Underscore) => named = true,
                _ => return false,
            }
            match tokens.next().map(|token| token.kind) {
                Some(Kind::Colon) => {
                    return !matches!(
                        tokens.peek().map(|token| token.kind),
                        Some(Kind::For | Kind::While | Kind::Loop)
                    );
                }
                Some(Kind::Comma) => {}
                Some(Kind::RightParen) => break,
                _ => return false,
            }
        }
        let Some(after) = tokens.next() else { return false };
        if matches!(after.kind, Kind::FatArrow | Kind::ThinArrow) {
            return true;
        }
        // Two operands do not follow one another on a line, so what follows is the type of the result, or the body.
        let same_line = !self.text_before(after.start).contains('\n') && !self.context.head;
        same_line
            && match after.kind {
                Kind::Fn => true,
                Kind::LeftBracket | Kind::LeftBrace => !named,
                Kind::Name => self.word_at(after.start) != "later",
                _ => false,
            }
    }

    /// The white space before a token.
    fn text_before(&self, start: u32) -> &str {
        let text = self.source.get(..start as usize).unwrap_or_default();
        let blank = text.len() - text.trim_end().len();
        self.source.get(text.len() - blank..text.len()).unwrap_or_default()
    }

    fn word_at(&self, start: u32) -> &str {
        let text = self.source.get(start as usize..).unwrap_or_default();
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        text.get(..end).unwrap_or_default()
    }

    /// `(x) => x * 2`, `(x: int) int => { … }`.
    pub(super) fn closure(&mut self) -> ExprId {
        let start = self.start;
        let begin = self.begin::<Param>();
        self.bracketed(Kind::RightParen, Self::closure_param);
        let params = self.finish(begin);
        let result = self.begins_type().then(|| self.ty());
        if self.at(Kind::ThinArrow) {
            self.note(self.span(), Fact::ThinArrow);
            self.bump();
        } else {
            self.expect(Kind::FatArrow);
        }
        let body = self.closure_body();
        let span = self.since(start);
        self.nodes.add(Expr::Closure { params, result, body }, span)
    }

    fn closure_body(&mut self) -> ExprId {
        let labels = std::mem::take(&mut self.labels);
        let body = self.expr();
        let body = if self.at_assignment() { self.assignment_as_body(body) } else { body };
        self.labels = labels;
        body
    }

    fn closure_param(&mut self) {
        let start = self.start;
        let mutable = self.eat(Kind::Mut);
        let name = match self.eat(Kind::Underscore) {
            Some(span) => Name { span },
            None => self.declared(Named::Parameter),
        };
        let ty = self.eat(Kind::Colon).map(|_| self.ty());
        let default = self.eat(Kind::Equal).map(|_| self.expr());
        let span = self.since_name(start, name);
        self.push(Param { span, mutable, name, ty, default });
    }

    /// Whether a function without a name begins here, as other languages write it: `fn (x) { … }`, `|x| …`, `lambda x: …`.
    pub(super) fn begins_foreign_closure(&self) -> bool {
        match self.kind {
            Kind::Fn => !self.newline && self.peek(1) == Kind::LeftParen,
            Kind::Pipe => self.peek(1) == Kind::Pipe || matches!(self.peek(2), Kind::Pipe | Kind::Comma),
            Kind::Name => match self.text() {
                "lambda" => {
                    matches!(self.peek(1), Kind::Name | Kind::Colon)
                        && !matches!(self.peek(2), Kind::Equal | Kind::Dot)
                }
                "fun" | "func" | "function" => {
                    self.peek(1) == Kind::LeftParen && self.has_body_behind_parameters()
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether `{` or an arrow stands behind the parentheses that are next, on their line.
    fn has_body_behind_parameters(&self) -> bool {
        let mut depth = 0_u32;
        let mut end = 0;
        // Nobody writes more parameters; without a bound each of many would be looked at by all before it.
        for (_, token) in self.following().take(256) {
            match token.kind {
                Kind::LeftParen => depth += 1,
                Kind::RightParen if depth > 1 => depth -= 1,
                Kind::RightParen => (depth, end) = (0, token.start),
                Kind::Name if depth == 0 && end > 0 => {}
                kind if depth == 0 => {
                    let body = matches!(kind, Kind::LeftBrace | Kind::ThinArrow | Kind::FatArrow);
                    return body
                        && !self.context.head
                        && !Span::new(end, token.start).of(self.source).contains('\n');
                }
                Kind::End => return false,
                _ => {}
            }
        }
        false
    }

    /// Passes over a function of other languages, and says how one is written. What is in it belongs to it.
    pub(super) fn foreign_closure(&mut self) -> ExprId {
        let (kind, start) = (self.kind, self.start);
        let lambda = self.at_word("lambda");
        self.note(self.span(), Fact::ForeignClosure);
        self.bump();
        let until = if lambda { Kind::Colon } else { Kind::Pipe };
        if lambda || kind == Kind::Pipe {
            while !self.at(until) && !self.newline && !self.at_closing() && !self.at(Kind::End) {
                self.skip_group();
            }
            self.eat(until);
        } else {
            self.skip_group();
            while !matches!(self.kind, Kind::LeftBrace | Kind::ThinArrow | Kind::FatArrow | Kind::End)
                && !self.newline
                && !self.at_closing()
            {
                self.skip_group();
            }
            if matches!(self.kind, Kind::ThinArrow | Kind::FatArrow) {
                self.bump();
            }
        }
        let context = Context { brackets: self.context.brackets, ..Context::default() };
        self.within(context, Self::closure_body);
        if kind == Kind::Name && !lambda {
            self.eat_word("end");
        }
        let span = self.since(start);
        self.nodes.add(Expr::Wrong, span)
    }

    /// What stands behind `=`, where `x => …` was meant as a closure.
    pub(super) fn value(&mut self) -> ExprId {
        let value = self.expr();
        let arrow = matches!(self.kind, Kind::FatArrow | Kind::ThinArrow) && !self.newline;
        if arrow { self.bare_closure(value) } else { value }
    }

    /// `x => …`: a closure without its parentheses, or an arrow that belongs nowhere.
    pub(super) fn bare_closure(&mut self, before: ExprId) -> ExprId {
        let Expr::Name(name) = self.nodes[before] else { return before };
        if !begins_operand(self.peek(1)) {
            return before;
        }
        let arrow = self.at(Kind::ThinArrow).then(|| self.span());
        self.note(name.span, Fact::ClosureWithoutParentheses { arrow });
        self.bump();
        self.nodes.take_back(before);
        let begin = self.begin::<Param>();
        self.push(Param { span: name.span, mutable: None, name, ty: None, default: None });
        let params = self.finish(begin);
        let body = self
            .within(Context { brackets: self.context.brackets, ..Context::default() }, Self::closure_body);
        let span = self.since(name.span.start);
        self.nodes.add(Expr::Closure { params, result: None, body }, span)
    }
}
