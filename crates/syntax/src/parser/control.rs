//! `if`, `match`, loops, tasks and `select`.

use pluto_source::Span;

use super::names::capital;
use super::{Context, Parser};
use crate::error::{Expected, Fact, Foreign};
use crate::token::Kind;
use crate::tree::{Arm, Expr, ExprId, List, Name, PatternId, SelectArm, SelectKind};

impl Parser<'_> {
    /// `if`, with all its `else if`s in one loop: the last one is added first.
    pub(super) fn if_expr(&mut self) -> ExprId {
        let mut branches: Vec<(u32, ExprId, ExprId)> = Vec::new();
        let mut otherwise = None;
        loop {
            let start = self.bump().start;
            let (condition, pattern) = self.condition("if let");
            let then = self.expect_block();
            let then = self.bound_by(pattern, then);
            branches.push((start, condition, then));
            if self.foreign_else_if() {
                continue;
            }
            if self.eat(Kind::Else).is_none() {
                break;
            }
            if !self.at(Kind::If) {
                otherwise = Some(self.expect_block());
                break;
            }
        }
        let end = self.previous_end;
        let mut last = None;
        while let Some((start, condition, then)) = branches.pop() {
            let span = Span::new(start, end);
            let expr = self.nodes.add(Expr::If { condition, then, otherwise }, span);
            (otherwise, last) = (Some(expr), Some(expr));
        }
        last.unwrap_or_else(|| self.no_expr())
    }

    /// `elif`, which is left as the current token.
    fn foreign_else_if(&mut self) -> bool {
        if !matches!(self.kind, Kind::Name) || !matches!(self.text(), "elif" | "elsif" | "elseif") {
            return false;
        }
        let found = self.foreign().is_some();
        self.recovering &= !found;
        found
    }

    /// The condition of `if` and `while`; `if let` and `=` are said to be none.
    /// Of those the pattern is given too, which binds names in the block.
    fn condition(&mut self, with_let: &'static str) -> (ExprId, Option<PatternId>) {
        let context = Context { head: true, ..self.context };
        self.within(context, |parser| {
            if parser.at(Kind::Let) {
                parser.note(parser.span(), Fact::ForeignWord { written: with_let, instead: "match" });
                let word = parser.bump();
                let condition = parser.nodes.add(Expr::Wrong, word);
                let pattern = parser.pattern();
                parser.eat(Kind::Equal);
                parser.expr();
                return (condition, Some(pattern));
            }
            let condition = parser.expr();
            let condition =
                if parser.at(Kind::Equal) { parser.assignment_inside(condition) } else { condition };
            (condition, None)
        })
    }

    /// A block in which a pattern binds names whose values are not known, so that they are there.
    fn bound_by(&mut self, pattern: Option<PatternId>, body: ExprId) -> ExprId {
        let Some(pattern) = pattern else { return body };
        let (of_pattern, of_body) = (self.nodes.span(pattern), self.nodes.span(body));
        let value = self.nodes.add(Expr::Wrong, Span::empty(of_pattern.start));
        let span = of_pattern.to(of_body);
        let arms = self.nodes.add_list([Arm { span, pattern, guard: None, body }]);
        self.nodes.add(Expr::Match { value, arms }, span)
    }

    pub(super) fn match_expr(&mut self) -> ExprId {
        let start = self.bump().start;
        let value = self.expr_in_head();
        let arms = self.arms();
        let span = self.since(start);
        self.nodes.add(Expr::Match { value, arms }, span)
    }

    /// The arms of `match` and of a handler, with their braces.
    pub(super) fn arms(&mut self) -> List<Arm> {
        let begin = self.begin::<Arm>();
        self.separated(Self::arm);
        self.finish(begin)
    }

    /// Elements between braces, each ended by a comma or by its line.
    pub(super) fn separated(&mut self, element: impl FnMut(&mut Self)) {
        let end = |parser: &mut Self| {
            if !parser.at(Kind::Comma) && !parser.at(Kind::RightBrace) && !parser.newline {
                parser.expected(Expected::Either(Kind::Comma, Kind::RightBrace));
            }
        };
        self.lines(Self::at_item_margin, end, element);
    }

    /// Elements between braces, until something else begins at the margin; `end` says what is missing behind one.
    pub(super) fn lines(
        &mut self,
        at_other: fn(&Self) -> bool,
        end: fn(&mut Self),
        mut element: impl FnMut(&mut Self),
    ) {
        let Some(open) = self.open_brace(Expected::Token(Kind::LeftBrace)) else { return };
        self.within(Context::default(), |parser| {
            while parser.goes_on(open) && !at_other(parser) {
                let (before, line) = (parser.at, parser.newline.then_some(parser.start));
                parser.begin_line();
                element(parser);
                end(parser);
                parser.next_line(before, line);
            }
            parser.close(open, Kind::RightBrace);
        });
    }

    /// The way to the next element behind one that began at the token `before`, on a line of its own or not.
    fn next_line(&mut self, before: usize, line: Option<u32>) {
        if self.recovering && (!self.newline || self.at == before) {
            if self.at == before && !self.at(Kind::Comma) {
                self.bump();
            }
            self.skip_rest_of_line(Kind::Comma);
        }
        if let Some(line) = line.filter(|_| self.is_broken()) {
            self.skip_indented(line);
        }
        if self.eat(Kind::Comma).is_some() {
            self.recovering = false;
        }
    }

    fn arm(&mut self) {
        let start = self.start;
        let pattern = self.pattern();
        let guard = self.eat(Kind::If).map(|_| self.guard());
        let body = self.arm_body();
        let span = self.since(start.min(self.nodes.span(pattern).start));
        self.push(Arm { span, pattern, guard, body });
    }

    fn guard(&mut self) -> ExprId {
        self.within(Context { guard: true, ..Context::default() }, Self::expr)
    }

    /// `=>`, for which `->` is taken too, and what is done.
    fn arm_body(&mut self) -> ExprId {
        if self.at(Kind::ThinArrow) {
            self.note(self.span(), Fact::ThinArrow);
            self.bump();
        } else if !self.expect(Kind::FatArrow) {
            return self.no_expr();
        }
        let body = self.expr();
        if self.at_assignment() { self.assignment_as_body(body) } else { body }
    }

    /// `for`, `while` and `loop`.
    pub(super) fn loop_expr(&mut self, label: Option<Name>) -> ExprId {
        let kind = self.kind;
        let keyword = self.bump();
        let start = label.map_or(keyword.start, |label| label.span.start);
        let expr = match kind {
            Kind::For if self.is_counting_loop() => return self.counting_loop(start),
            Kind::For => {
                if self.at(Kind::Mut) && self.peek(1) == Kind::Name {
                    self.note(self.span(), Fact::Foreign(Foreign::MutInFor));
                    self.bump();
                }
                let pattern = self.pattern();
                let pattern = self.capital_as_name(pattern);
                self.expect(Kind::In);
                let over = self.expr_in_head();
                Expr::For { label, pattern, over, body: self.loop_body(label) }
            }
            Kind::While => {
                let (condition, pattern) = self.condition("while let");
                let body = self.loop_body(label);
                Expr::While { label, condition, body: self.bound_by(pattern, body) }
            }
            _ => Expr::Loop { label, body: self.loop_body(label) },
        };
        let span = self.since(start);
        self.nodes.add(expr, span)
    }

    /// Whether a semicolon stands before the block of the `for` that was read.
    fn is_counting_loop(&self) -> bool {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        let head = rest.iter().take_while(|token| !matches!(token.kind, Kind::LeftBrace | Kind::Newline));
        head.map(|token| token.kind).any(|kind| kind == Kind::Semicolon)
    }

    /// `for i = 0; i < n; i++ { … }`: passes over it.
    fn counting_loop(&mut self, start: u32) -> ExprId {
        let head = self.start;
        let is_end =
            |parser: &Self| parser.at(Kind::LeftBrace) || parser.at(Kind::End) || parser.at(Kind::RightBrace);
        while !is_end(self) {
            self.skip_group();
        }
        self.note(Span::new(start, self.previous_end), Fact::Foreign(Foreign::CountingLoop));
        // The lexer says of a semicolon what it is elsewhere.
        self.dropped.push(Span::new(head, self.previous_end));
        if self.at(Kind::LeftBrace) {
            self.skip_group();
        }
        let span = self.since(start);
        self.nodes.add(Expr::Wrong, span)
    }

    fn loop_body(&mut self, label: Option<Name>) -> ExprId {
        self.labels.extend(label.map(|label| label.span));
        let body = self.expect_block();
        if label.is_some() {
            self.labels.pop();
        }
        body
    }

    pub(super) fn scope(&mut self) -> ExprId {
        let start = self.bump().start;
        let body = self.expect_block();
        let span = self.since(start);
        self.nodes.add(Expr::Scope(body), span)
    }

    pub(super) fn spawn(&mut self) -> ExprId {
        let start = self.bump().start;
        let task = if self.line_ends() { self.wrong_expr() } else { self.operand() };
        let span = self.since(start);
        self.nodes.add(Expr::Spawn(task), span)
    }

    pub(super) fn select(&mut self) -> ExprId {
        let start = self.bump().start;
        let begin = self.begin::<SelectArm>();
        self.separated(Self::select_arm);
        let arms = self.finish(begin);
        let span = self.since(start);
        self.nodes.add(Expr::Select(arms), span)
    }

    fn select_arm(&mut self) {
        let start = self.start;
        let kind = self.select_kind();
        let start = start.min(match kind {
            SelectKind::Operation { pattern: Some(pattern), .. } => self.nodes.span(pattern).start,
            SelectKind::Operation { pattern: None, call } => self.nodes.span(call).start,
            _ => start,
        });
        let body = self.arm_body();
        let span = self.since(start);
        self.push(SelectArm { span, kind, body });
    }

    fn select_kind(&mut self) -> SelectKind {
        let next = self.peek(1);
        if self.at_word("default") && matches!(next, Kind::FatArrow | Kind::ThinArrow) {
            self.bump();
            return SelectKind::Default;
        }
        let no_value = matches!(
            next,
            Kind::Equal | Kind::Dot | Kind::QuestionDot | Kind::LeftParen | Kind::FatArrow | Kind::ThinArrow
        );
        if self.at_word("after") && !no_value {
            self.bump();
            return SelectKind::After(self.guard());
        }
        let pattern = self.receives().then(|| {
            let pattern = self.pattern();
            self.expect(Kind::Equal);
            pattern
        });
        SelectKind::Operation { pattern, call: self.guard() }
    }

    /// Whether a pattern and `=` come before the call.
    fn receives(&self) -> bool {
        match self.kind {
            Kind::Name if !capital(self.text()) => matches!(self.peek(1), Kind::Equal | Kind::Colon),
            Kind::SelfValue => false,
            Kind::Underscore => true,
            _ => {
                let mut depth = u32::from(matches!(self.kind, Kind::LeftParen | Kind::LeftBracket));
                for (_, token) in self.following() {
                    match token.kind {
                        Kind::LeftParen | Kind::LeftBracket | Kind::LeftBrace => depth += 1,
                        Kind::RightParen | Kind::RightBracket | Kind::RightBrace if depth == 0 => {
                            return false;
                        }
                        Kind::RightParen | Kind::RightBracket | Kind::RightBrace => depth -= 1,
                        Kind::Equal if depth == 0 => return true,
                        Kind::FatArrow | Kind::End => return false,
                        _ => {}
                    }
                }
                false
            }
        }
    }
}
