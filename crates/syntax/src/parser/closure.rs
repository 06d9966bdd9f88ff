//! Closures.

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

    /// `x => …`: a closure without its parentheses, or an arrow that belongs nowhere.
    pub(super) fn bare_closure(&mut self, before: ExprId) -> ExprId {
        let Expr::Name(name) = self.nodes[before] else { return before };
        let arrow = self.at(Kind::ThinArrow).then(|| self.span());
        self.note(name.span, Fact::ClosureWithoutParentheses { arrow });
        self.bump();
        self.nodes.take_back(before);
        let begin = self.begin::<Param>();
        self.push(Param { span: name.span, mutable: None, name, ty: None, default: None });
        let params = self.finish(begin);
        let body = self.within(Context { brackets: true, ..Context::default() }, Self::closure_body);
        let span = self.since(name.span.start);
        self.nodes.add(Expr::Closure { params, result: None, body }, span)
    }
}
