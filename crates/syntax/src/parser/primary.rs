//! Expressions that are no operators: literals, names, brackets, jumps.

use pluto_source::Span;

use super::names::same_name;
use super::recover::begins_operand;
use super::{Context, Parser};
use crate::error::{Expected, Fact, Foreign};
use crate::token::Kind;
use crate::tree::{Expr, ExprId, List, MapEntry, Name};

impl Parser<'_> {
    /// An expression that begins with its own token. Where none does, one that is `Wrong`.
    pub(super) fn primary(&mut self) -> ExprId {
        // A string without an end was the operand.
        if self.unknown > self.previous_end {
            self.recovering = true;
            return self.no_expr();
        }
        match self.kind {
            Kind::Name if self.begins_foreign_closure() => self.foreign_closure(),
            Kind::Name => self.name_expr(),
            Kind::Int
            | Kind::Float
            | Kind::Duration
            | Kind::Atom
            | Kind::String
            | Kind::None
            | Kind::True
            | Kind::False => self.literal(),
            Kind::SelfValue => {
                let span = self.bump();
                self.nodes.add(Expr::SelfValue, span)
            }
            Kind::FStart => self.interpolated(),
            Kind::LeftParen => self.parenthesized(),
            Kind::LeftBracket => self.array(),
            Kind::LeftBrace if self.begins_entries() => self.entries_in_braces(),
            Kind::LeftBrace if !self.context.head => self.block(),
            Kind::If => self.if_expr(),
            Kind::Match => self.match_expr(),
            Kind::For | Kind::While | Kind::Loop => self.loop_expr(None),
            Kind::Scope => self.scope(),
            Kind::Select => self.select(),
            Kind::Spawn => self.spawn(),
            Kind::Break | Kind::Continue => self.leave_loop(),
            Kind::Return | Kind::Raise | Kind::Yield => self.leave(),
            Kind::Ampersand if self.peek(1) == Kind::Name || self.peek(1) == Kind::Mut => self.reference(),
            _ if self.begins_foreign_closure() => self.foreign_closure(),
            _ => self.wrong_expr(),
        }
    }

    /// Says that an expression is missing.
    pub(super) fn wrong_expr(&mut self) -> ExprId {
        self.expected(Expected::Expression);
        self.no_expr()
    }

    /// In the place of an expression that is missing.
    pub(super) fn no_expr(&mut self) -> ExprId {
        let span = self.nothing();
        self.nodes.add(Expr::Wrong, span)
    }

    fn name_expr(&mut self) -> ExprId {
        let text = self.text();
        if matches!(text, "null" | "nil" | "undefined" | "this") && !matches!(self.peek(1), Kind::Colon) {
            return self.foreign_value(text);
        }
        if matches!(text, "await" | "new" | "try") && self.is_prefix() {
            return self.foreign_prefix(text);
        }
        let is_label = self.is_label_of_loop();
        let span = self.bump();
        if is_label {
            let label = Name { span };
            self.bump();
            return self.loop_expr(Some(label));
        }
        self.nodes.add(Expr::Name(Name { span }), span)
    }

    /// Whether the name here is the label of a loop that follows.
    fn is_label_of_loop(&self) -> bool {
        self.peek(1) == Kind::Colon && matches!(self.peek(2), Kind::For | Kind::While | Kind::Loop)
    }

    /// `&x`, `&mut x`: what it refers to is meant.
    fn reference(&mut self) -> ExprId {
        let start = self.bump().start;
        self.eat(Kind::Mut);
        self.note(self.since(start), Fact::Foreign(Foreign::Reference));
        self.postfix()
    }

    /// Whether what begins with this brace is no block but entries of a map, or fields without a class.
    fn begins_entries(&self) -> bool {
        let mut after = self.following().map(|(_, token)| token.kind);
        let (key, colon, value) = (after.next(), after.next(), after.next());
        let key = matches!(key, Some(Kind::String | Kind::Int | Kind::Name));
        let looped = matches!(value, Some(Kind::For | Kind::While | Kind::Loop | Kind::Equal));
        key && colon == Some(Kind::Colon) && !looped && !self.context.head
    }

    /// `{"a": 1}`, `{ x: 1 }`: passes over it.
    fn entries_in_braces(&mut self) -> ExprId {
        let named = self.peek(1) == Kind::Name;
        let open = self.span();
        self.note(open, Fact::Foreign(if named { Foreign::ClassWithoutName } else { Foreign::MapInBraces }));
        self.skip_group();
        let span = self.since(open.start);
        self.nodes.add(Expr::Wrong, span)
    }

    /// Whether a name follows the name here on its line, so that it is none.
    fn is_prefix(&self) -> bool {
        let next = self.following().next().map(|(_, token)| token);
        next.is_some_and(|next| {
            next.kind == Kind::Name && !Span::new(self.end(), next.start).of(self.source).contains('\n')
        })
    }

    /// `await f()`, of which the word is too much, and `new Point(1, 2)`, which is another value than a call.
    fn foreign_prefix(&mut self, text: &str) -> ExprId {
        let written = match text {
            "await" => "await",
            "try" => "try",
            _ => "new",
        };
        self.note(self.span(), Fact::ForeignWord { written, instead: "" });
        let word = self.bump();
        let value = self.postfix();
        let span = word.to(self.nothing());
        match written {
            "await" => value,
            // It hands on what the call raises.
            "try" => self.nodes.add(Expr::Propagate(value), span),
            _ => self.nodes.add(Expr::Wrong, span),
        }
    }

    fn foreign_value(&mut self, text: &str) -> ExprId {
        let (written, instead, expr) = match text {
            "nil" => ("nil", "none", Expr::None),
            "undefined" => ("undefined", "none", Expr::None),
            "this" => ("this", "self", Expr::SelfValue),
            _ => ("null", "none", Expr::None),
        };
        self.note(self.span(), Fact::ForeignWord { written, instead });
        let span = self.bump();
        self.nodes.add(expr, span)
    }

    /// `(a)`, `(a, b)`, or a closure.
    fn parenthesized(&mut self) -> ExprId {
        if self.begins_cast() {
            return self.cast();
        }
        if !self.context.guard && self.begins_closure() {
            return self.closure();
        }
        let begin = self.begin::<ExprId>();
        let mut commas = 0;
        let span = self.bracketed(Kind::RightParen, |parser| {
            let element = parser.element();
            parser.push(element);
            commas += usize::from(parser.at(Kind::Comma));
        });
        let elements = self.finish::<ExprId>(begin);
        match *self.nodes.list(elements) {
            [] => {
                self.note(span, Fact::EmptyTuple);
                self.nodes.add(Expr::Wrong, span)
            }
            [only] => {
                if commas > 0 {
                    self.note(span, Fact::OneElementTuple);
                }
                self.nodes.add(Expr::Paren(only), span)
            }
            _ => self.nodes.add(Expr::Tuple(elements), span),
        }
    }

    /// Whether a name and nothing else is in the parentheses here.
    pub(super) fn at_name_in_parentheses(&self) -> bool {
        self.at(Kind::LeftParen) && self.peek(1) == Kind::Name && self.peek(2) == Kind::RightParen
    }

    /// `(float) 3`: a type of numbers in parentheses, and an operand behind it on the line.
    fn begins_cast(&self) -> bool {
        if !self.at_name_in_parentheses() {
            return false;
        }
        let mut tokens = self.following().map(|(_, token)| token);
        let (Some(name), Some(close), Some(operand)) = (tokens.next(), tokens.next(), tokens.next()) else {
            return false;
        };
        let behind = tokens.next().map(|token| token.kind);
        let operand_begins = match operand.kind {
            Kind::Int | Kind::Float => true,
            // The type of a closure's result would go on, or its arrow come.
            Kind::Name => !matches!(
                behind,
                Some(Kind::FatArrow | Kind::ThinArrow | Kind::Dot | Kind::Less | Kind::Question)
            ),
            _ => false,
        };
        let lines = Span::new(close.start, operand.start).of(self.source).contains('\n');
        let name = Span::new(name.start, close.start).of(self.source).trim_end();
        operand_begins && !lines && matches!(name, "int" | "float" | "byte" | "double" | "long")
    }

    fn cast(&mut self) -> ExprId {
        let start = self.start;
        self.skip_group();
        self.note(self.since(start), Fact::Foreign(Foreign::Cast));
        self.operand();
        let span = self.since(start);
        self.nodes.add(Expr::Wrong, span)
    }

    /// An expression between brackets, where `x => …` was meant as a closure and `=` as a comparison.
    pub(super) fn element(&mut self) -> ExprId {
        let expr = self.expr();
        match self.kind {
            Kind::FatArrow | Kind::ThinArrow => self.bare_closure(expr),
            Kind::Equal => self.assignment_inside(expr),
            _ => expr,
        }
    }

    /// `[a, b]`, `["k": v]`, `[:]`.
    fn array(&mut self) -> ExprId {
        let start = self.start;
        let (elements, entries) = (self.begin::<ExprId>(), self.begin::<MapEntry>());
        let (mut lone_colon, mut mixed) = (false, None);
        if self.peek(1) == Kind::Colon {
            let open = self.bump();
            self.within(Context { brackets: true, ..Context::default() }, |parser| {
                parser.bump();
                parser.close(open, Kind::RightBracket);
            });
            lone_colon = true;
        } else {
            self.bracketed(Kind::RightBracket, |parser| {
                let before = parser.start;
                let is_entry = parser.element_or_entry();
                let first_is_entry = parser.begin::<MapEntry>() > entries;
                let has_element = parser.begin::<ExprId>() > elements;
                if (is_entry && has_element) || (!is_entry && first_is_entry) {
                    mixed = mixed.or(Some(parser.since(before)));
                }
            });
        }
        let span = self.since(start);
        let elements = self.finish::<ExprId>(elements);
        let entries = self.finish::<MapEntry>(entries);
        if let Some(place) = mixed {
            self.note(place, Fact::MixedEntries);
            return self.nodes.add(Expr::Wrong, span);
        }
        let is_map = lone_colon || !entries.is_empty();
        self.nodes.add(if is_map { Expr::Map(entries) } else { Expr::Array(elements) }, span)
    }

    /// Whether it was an entry of a map.
    fn element_or_entry(&mut self) -> bool {
        if self.at(Kind::DotDot) && begins_operand(self.peek(1)) {
            let start = self.start;
            self.error(self.span(), Fact::Foreign(Foreign::Spread));
            self.bump();
            self.expr();
            let span = self.since(start);
            let element: ExprId = self.nodes.add(Expr::Wrong, span);
            self.push(element);
            return false;
        }
        let literal = matches!(self.kind, Kind::String | Kind::Int)
            && matches!(self.peek(1), Kind::Equal | Kind::FatArrow | Kind::ThinArrow);
        let first = if literal { self.literal() } else { self.element() };
        if literal {
            let written = match self.kind {
                Kind::Equal => "=",
                Kind::FatArrow => "=>",
                _ => "->",
            };
            self.note(self.span(), Fact::ForeignOperator { written, instead: ":" });
            self.bump();
        }
        let is_entry = literal || self.eat(Kind::Colon).is_some();
        if is_entry {
            let value = self.element();
            self.push(MapEntry { key: first, value });
        } else {
            self.push(first);
        }
        is_entry
    }

    /// Whether an operand follows on this line.
    pub(super) fn operand_follows(&self) -> bool {
        !self.line_ends()
            && (begins_operand(self.kind) || self.at(Kind::Bang))
            && !(self.context.head && self.at(Kind::LeftBrace))
    }

    /// `break`, `continue`.
    fn leave_loop(&mut self) -> ExprId {
        let is_break = self.at(Kind::Break);
        let start = self.bump().start;
        let text = self.text();
        let is_label = self.at(Kind::Name) && !self.line_ends() && !self.is_label_of_loop();
        let known = self.labels.iter().any(|label| same_name(label.of(self.source), text));
        let label = (is_label && (known || !is_break)).then(|| Name { span: self.bump() });
        let value = (is_break && self.operand_follows()).then(|| self.expr());
        let span = self.since(start);
        self.nodes.add(if is_break { Expr::Break { label, value } } else { Expr::Continue { label } }, span)
    }

    /// `return`, `raise`, `yield`.
    fn leave(&mut self) -> ExprId {
        let kind = self.kind;
        let start = self.bump().start;
        let expr = match kind {
            Kind::Return => Expr::Return(self.operand_follows().then(|| self.expr())),
            Kind::Raise => Expr::Raise(self.value_that_must_follow()),
            _ => Expr::Yield(self.value_that_must_follow()),
        };
        let span = self.since(start);
        self.nodes.add(expr, span)
    }

    /// An operand on this line, for words that would otherwise swallow the next statement.
    pub(super) fn value_that_must_follow(&mut self) -> ExprId {
        if self.line_ends() { self.wrong_expr() } else { self.expr() }
    }

    /// `{ … }`.
    pub(super) fn block(&mut self) -> ExprId {
        // Where the brace is missing, what is read without it may be nothing, behind what was before.
        let start = if self.at(Kind::LeftBrace) { self.start } else { self.previous_end };
        let statements = self.statements();
        let span = self.since(start);
        let statements = statements.unwrap_or(List::EMPTY);
        self.nodes.add(Expr::Block(statements), span)
    }

    /// A block that must come.
    pub(super) fn expect_block(&mut self) -> ExprId {
        self.block()
    }
}
