//! Patterns.

use pluto_source::Span;

use super::Parser;
use super::names::{capital, snake_case};
use crate::error::{Expected, Fact, Foreign, Named};
use crate::token::Kind;
use crate::tree::{Expr, ExprId, FieldPattern, List, Name, Pattern, PatternEntry, PatternId, UnaryOp};

/// Where a pattern stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Behind `let`, where a colon is that of `let`.
    Let,
    /// An element of an array, which may be `..`.
    Element,
    /// Elsewhere.
    Any,
}

/// Whether an end of a range begins with it.
const fn begins_literal(kind: Kind) -> bool {
    matches!(kind, Kind::Int | Kind::Float | Kind::Duration | Kind::Minus | Kind::String)
}

impl Parser<'_> {
    /// A pattern that must come.
    pub(super) fn pattern(&mut self) -> PatternId {
        self.pattern_in(Place::Any)
    }

    /// The pattern of a `let`.
    pub(super) fn pattern_without_type(&mut self) -> PatternId {
        self.pattern_in(Place::Let)
    }

    fn pattern_in(&mut self, place: Place) -> PatternId {
        let pattern = self.deeper(|parser| {
            let first = parser.one_pattern(place);
            if !parser.at(Kind::Pipe) || parser.line_ends() {
                return first;
            }
            let begin = parser.begin::<PatternId>();
            parser.push(first);
            while parser.at(Kind::Pipe) && !parser.line_ends() {
                parser.bump();
                let next = parser.one_pattern(place);
                parser.push(next);
            }
            let span = parser.nodes.span(first).to(parser.nothing());
            let alternatives = parser.finish(begin);
            parser.nodes.add(Pattern::Or(alternatives), span)
        });
        pattern.unwrap_or_else(|| self.no_pattern())
    }

    fn no_pattern(&mut self) -> PatternId {
        let span = self.nothing();
        self.nodes.add(Pattern::Wrong, span)
    }

    fn one_pattern(&mut self, place: Place) -> PatternId {
        if self.at(Kind::Mut) && self.peek(1) == Kind::Name {
            self.note(self.span(), Fact::Foreign(Foreign::MutInPattern));
            let word = self.bump();
            self.mut_in_pattern.get_or_insert(word);
        }
        let start = self.start;
        let pattern = match self.kind {
            Kind::Underscore if place == Place::Let || self.peek(1) != Kind::Colon => {
                self.bump();
                Pattern::Any
            }
            Kind::Name | Kind::Underscore => self.named_pattern(place),
            Kind::Int
            | Kind::Float
            | Kind::Duration
            | Kind::Atom
            | Kind::String
            | Kind::True
            | Kind::False
            | Kind::None
            | Kind::Minus => self.literal_pattern(),
            Kind::LeftParen => return self.tuple_pattern(),
            Kind::LeftBracket => self.array_pattern(),
            Kind::DotDot | Kind::DotDotEqual if begins_literal(self.peek(1)) && !self.line_ends_behind() => {
                self.bump();
                self.signed_literal();
                self.note(self.since(start), Fact::Foreign(Foreign::OpenRange));
                Pattern::Wrong
            }
            Kind::DotDot => {
                let dots = self.bump();
                let name = (self.at(Kind::Name) && !self.newline).then(|| self.declared(Named::Local));
                if place != Place::Element {
                    self.note(dots, Fact::MisplacedRest);
                }
                Pattern::Rest(name)
            }
            kind if kind.is_keyword() && !self.newline => {
                let name = self.name(Expected::Pattern);
                Pattern::Bind { name, ty: None }
            }
            _ => {
                self.expected(Expected::Pattern);
                return self.no_pattern();
            }
        };
        let span = self.since(start);
        self.nodes.add(pattern, span)
    }

    fn named_pattern(&mut self, place: Place) -> Pattern {
        let first = self.text();
        let next = self.peek(1);
        if !capital(first) && !matches!(next, Kind::Dot | Kind::LeftParen) {
            let name = Name { span: self.bump() };
            let ty = if place == Place::Let { None } else { self.eat(Kind::Colon).map(|_| self.ty()) };
            return Pattern::Bind { name, ty };
        }
        if !capital(first) && next == Kind::LeftParen {
            let name = self.declared(Named::Variant);
            let path = self.nodes.add_list([name]);
            let (fields, rest) = self.variant_fields();
            return Pattern::Variant { path, fields, rest };
        }
        let path = self.path(Expected::Name(Named::Variant));
        match self.kind {
            Kind::LeftParen if !self.line_ends() => {
                let (fields, rest) = self.variant_fields();
                Pattern::Variant { path, fields, rest }
            }
            Kind::LeftBrace if !self.line_ends() && !self.context.head => {
                let (fields, rest) = self.class_fields();
                Pattern::Class { path, fields, rest }
            }
            _ => Pattern::Variant { path, fields: List::EMPTY, rest: None },
        }
    }

    /// `[head | tail]`: the head, and a pattern of the rest.
    fn cons(&mut self, pattern: PatternId) -> Option<(PatternId, PatternId)> {
        let Pattern::Or(list) = self.nodes[pattern] else { return None };
        let [head, tail] = *self.nodes.list(list) else { return None };
        let (before, behind) = (self.nodes.span(head), self.nodes.span(tail));
        let bound = match self.nodes[head] {
            Pattern::Bind { name, ty: None } => Some(name.span.of(self.source)),
            _ => None,
        };
        // Alternatives bind the same names.
        let name = match self.nodes[tail] {
            Pattern::Bind { name, ty: None } if bound != Some(name.span.of(self.source)) => Some(name),
            Pattern::Any if bound.is_some() => None,
            _ => return None,
        };
        self.note(Span::new(before.end, behind.start), Fact::Foreign(Foreign::Cons));
        Some((head, self.nodes.add(Pattern::Rest(name), behind)))
    }

    /// `let Total = 3`: where a pattern must always match, a capital alone was meant as a name, not as a variant.
    pub(super) fn capital_as_name(&mut self, pattern: PatternId) -> PatternId {
        let Pattern::Variant { path, .. } = self.nodes[pattern] else { return pattern };
        let [name] = *self.nodes.list(path) else { return pattern };
        // Fields, in parentheses, are those of a variant.
        if name.span.is_empty() || name.span != self.nodes.span(pattern) {
            return pattern;
        }
        let instead = snake_case(name.span.of(self.source));
        self.note(name.span, Fact::WrongCase { what: Named::Local, instead });
        self.nodes.add(Pattern::Bind { name, ty: None }, name.span)
    }

    /// `(r, h: 1.0, ..)`.
    fn variant_fields(&mut self) -> (List<FieldPattern>, Option<Span>) {
        let begin = self.begin::<FieldPattern>();
        let mut rest = None;
        self.bracketed(Kind::RightParen, |parser| {
            if parser.rest_of_fields(&mut rest) {
                return;
            }
            let start = parser.start;
            let named = parser.at(Kind::Name) && parser.peek(1) == Kind::Colon;
            let name = named.then(|| {
                let name = Name { span: parser.bump() };
                parser.bump();
                name
            });
            let pattern = parser.pattern();
            let start = if named { start } else { start.min(parser.nodes.span(pattern).start) };
            let span = parser.since(start);
            parser.push(FieldPattern { span, name, pattern: Some(pattern) });
        });
        (self.finish(begin), rest)
    }

    /// `{ x, y: 0, .. }`.
    fn class_fields(&mut self) -> (List<FieldPattern>, Option<Span>) {
        let begin = self.begin::<FieldPattern>();
        let mut rest = None;
        self.bracketed(Kind::RightBrace, |parser| {
            if parser.rest_of_fields(&mut rest) {
                return;
            }
            let start = parser.start;
            let name = parser.name(Expected::Name(Named::Field));
            let pattern = parser.eat(Kind::Colon).map(|_| parser.pattern());
            let span = parser.since_name(start, name);
            parser.push(FieldPattern { span, name: Some(name), pattern });
        });
        (self.finish(begin), rest)
    }

    /// `..` for all other fields, once and at the end.
    fn rest_of_fields(&mut self, rest: &mut Option<Span>) -> bool {
        let Some(dots) = self.eat(Kind::DotDot) else {
            if let Some(dots) = *rest {
                self.note(dots, Fact::MisplacedRest);
            }
            return false;
        };
        if rest.is_some() {
            self.note(dots, Fact::MisplacedRest);
        }
        *rest = Some(dots);
        true
    }

    /// A literal, or a range of two.
    fn literal_pattern(&mut self) -> Pattern {
        let start = self.start;
        let from = self.signed_literal();
        let inclusive = match self.kind {
            Kind::DotDot => false,
            Kind::DotDotEqual => true,
            _ => return Pattern::Literal(from),
        };
        self.bump();
        let to = match self.kind {
            kind if begins_literal(kind) => self.signed_literal(),
            Kind::FatArrow | Kind::If | Kind::Pipe | Kind::Comma | Kind::RightParen | Kind::RightBracket => {
                self.note(self.since(start), Fact::Foreign(Foreign::OpenRange));
                return Pattern::Wrong;
            }
            _ => self.wrong_expr(),
        };
        Pattern::Range { from, to, inclusive }
    }

    fn signed_literal(&mut self) -> ExprId {
        let start = self.start;
        if self.eat(Kind::Minus).is_none() {
            return self.literal();
        }
        let operand = match self.kind {
            Kind::Int | Kind::Float => {
                self.after_minus = self.start;
                self.literal()
            }
            _ => self.wrong_expr(),
        };
        let span = self.since(start);
        self.nodes.add(Expr::Unary { operator: UnaryOp::Negate, operand }, span)
    }

    fn tuple_pattern(&mut self) -> PatternId {
        let begin = self.begin::<PatternId>();
        let mut commas = 0;
        let span = self.bracketed(Kind::RightParen, |parser| {
            let pattern = parser.pattern();
            parser.push(pattern);
            commas += usize::from(parser.at(Kind::Comma));
        });
        let patterns = self.finish::<PatternId>(begin);
        match *self.nodes.list(patterns) {
            [] => {
                self.note(span, Fact::EmptyTuple);
                self.nodes.add(Pattern::Wrong, span)
            }
            // Parentheses only group.
            [only] => {
                if commas > 0 {
                    self.note(span, Fact::OneElementTuple);
                }
                only
            }
            _ => self.nodes.add(Pattern::Tuple(patterns), span),
        }
    }

    /// `[a, ..rest]`, `["k": v]`, `[:]`.
    fn array_pattern(&mut self) -> Pattern {
        let open = self.start;
        let (elements, entries) = (self.begin::<PatternId>(), self.begin::<PatternEntry>());
        let (mut map, mut mixed, mut rests) = (false, false, 0);
        if self.peek(1) == Kind::Colon {
            let open = self.bump();
            self.bump();
            self.close(open, Kind::RightBracket);
            map = true;
        } else {
            self.bracketed(Kind::RightBracket, |parser| {
                let dots = parser.at(Kind::DotDot).then(|| parser.span());
                let pattern = parser.pattern_in(Place::Element);
                if let Some((head, rest)) = parser.cons(pattern) {
                    parser.push(head);
                    return parser.push(rest);
                }
                rests += u32::from(dots.is_some());
                if let Some(dots) = dots.filter(|_| rests > 1) {
                    parser.note(dots, Fact::MisplacedRest);
                }
                if parser.eat(Kind::Colon).is_none() {
                    if let Some(dots) = dots.filter(|_| map) {
                        return parser.note(dots, Fact::Foreign(Foreign::RestOfMap));
                    }
                    mixed |= map;
                    return parser.push(pattern);
                }
                mixed |= parser.begin::<PatternId>() > elements;
                map = true;
                let key = match parser.nodes[pattern] {
                    Pattern::Literal(key) => key,
                    _ => {
                        parser.note(parser.nodes.span(pattern), Fact::BadKey);
                        parser.no_expr()
                    }
                };
                let value = parser.pattern();
                parser.push(PatternEntry { key, value });
            });
        }
        let elements = self.finish::<PatternId>(elements);
        let entries = self.finish::<PatternEntry>(entries);
        if mixed {
            self.note(self.since(open), Fact::MixedEntries);
            return Pattern::Wrong;
        }
        if map { Pattern::Map(entries) } else { Pattern::Array(elements) }
    }
}
