//! Calls, elements, fields, type arguments, class literals and marks behind an operand.

use pluto_source::Span;

use super::names::capital;
use super::recover::begins_operand;
use super::{Context, Parser};
use crate::error::{Expected, Fact, Foreign};
use crate::token::Kind;
use crate::tree::{Argument, Expr, ExprId, FieldValue, List, Name, Type, TypeId};

/// Which `<` begin type arguments, as far as that has been looked at: every token is looked at once.
#[derive(Debug, Default)]
pub(super) struct Applications {
    /// The token up to which it has been looked at.
    until: usize,
    /// Each `<` that has its `>`, with it, by the place of the `<`.
    pairs: Vec<(usize, usize)>,
}

impl Parser<'_> {
    /// An operand with what stands behind it.
    pub(super) fn postfix(&mut self) -> ExprId {
        let mut expr = self.primary();
        // Whether it is names with dots between them, and with type arguments: what a class literal begins with.
        let mut path = matches!(self.nodes[expr], Expr::Name(_));
        loop {
            let continues = matches!(self.kind, Kind::Dot | Kind::QuestionDot);
            if self.line_ends() && !continues {
                return expr;
            }
            let kind = self.kind;
            let next = match kind {
                Kind::Dot | Kind::QuestionDot => {
                    path &= self.at(Kind::Dot);
                    self.field(expr)
                }
                Kind::LeftParen => self.call(expr),
                Kind::LeftBracket => self.index(expr),
                Kind::Bang => {
                    self.bump();
                    Expr::Propagate(expr)
                }
                Kind::Question if self.is_elvis() => return expr,
                Kind::Question if self.is_ternary() => self.ternary(),
                Kind::Question => {
                    self.bump();
                    Expr::Try(expr)
                }
                Kind::Less if self.begins_type_arguments() => {
                    Expr::Apply { base: expr, arguments: self.type_arguments() }
                }
                Kind::LeftBrace if path && self.begins_class_literal(expr) => {
                    expr = self.class_literal(expr);
                    path = false;
                    continue;
                }
                // Outside of functions a value may stand before a block.
                Kind::LeftBrace
                    if self.is_method_name(expr) && !self.context.head && !self.open_braces.is_empty() =>
                {
                    self.note(self.span(), Fact::Foreign(Foreign::TrailingBlock));
                    self.skip_group();
                    Expr::Wrong
                }
                Kind::Name if self.at_word("later") => {
                    self.bump();
                    Expr::Later(expr)
                }
                _ => return expr,
            };
            let applied = matches!(self.nodes[expr], Expr::Apply { .. });
            path &= matches!(next, Expr::Field { .. } | Expr::Apply { .. }) && !applied;
            let span = self.nodes.span(expr).to(self.nothing());
            expr = self.nodes.add(next, span);
        }
    }

    fn field(&mut self, base: ExprId) -> Expr {
        let optional = self.bump_is(Kind::QuestionDot);
        let name = match self.kind {
            Kind::Int if !self.newline => Name { span: self.bump() },
            _ => self.name(Expected::FieldName),
        };
        Expr::Field { base, name, optional }
    }

    /// Whether it ends in the name of a field or a method.
    fn is_method_name(&self, expr: ExprId) -> bool {
        matches!(self.nodes[expr], Expr::Field { name, .. } if !capital(name.span.of(self.source)))
    }

    /// Takes a token, and says whether it is such.
    fn bump_is(&mut self, kind: Kind) -> bool {
        let is = self.at(kind);
        self.bump();
        is
    }

    fn call(&mut self, callee: ExprId) -> Expr {
        let begin = self.begin::<Argument>();
        self.bracketed(Kind::RightParen, |parser| {
            let named = parser.at(Kind::Name) && matches!(parser.peek(1), Kind::Colon | Kind::Equal);
            let name = named.then(|| {
                let name = Name { span: parser.bump() };
                if parser.at(Kind::Equal) {
                    let fact = Fact::ForeignOperator { written: "=", instead: ":" };
                    parser.note(parser.span(), fact);
                }
                parser.bump();
                name
            });
            let value = parser.element();
            parser.push(Argument { name, value });
        });
        Expr::Call { callee, arguments: self.finish(begin) }
    }

    fn index(&mut self, base: ExprId) -> Expr {
        let open = self.bump();
        let index = self.within(Context { brackets: true, ..Context::default() }, |parser| {
            let index = parser.element();
            if !parser.at(Kind::RightBracket) {
                parser.next_element(open, Kind::RightBracket);
            }
            parser.close(open, Kind::RightBracket);
            index
        });
        Expr::Index { base, index }
    }

    /// `a ? b`: white space before the mark, and an operand behind it that nothing joins.
    fn is_ternary(&self) -> bool {
        let spaced = self.start > self.previous_end;
        let Some((_, next)) = self.following().next() else { return false };
        let lines = Span::new(self.end(), next.start).of(self.source).contains('\n');
        let joins = matches!(next.kind, Kind::LeftParen | Kind::LeftBracket | Kind::LeftBrace | Kind::Minus);
        spaced && !lines && !joins && begins_operand(next.kind)
    }

    /// `a ?: b`. In brackets `[a?: b]` is a map.
    pub(super) fn is_elvis(&self) -> bool {
        let spaced = self.start > self.previous_end;
        let next = self.following().next().map(|(_, token)| token);
        self.at(Kind::Question)
            && (spaced || !self.context.brackets)
            && next.is_some_and(|next| next.kind == Kind::Colon && next.start == self.end())
    }

    fn ternary(&mut self) -> Expr {
        self.note(self.span(), Fact::Ternary);
        self.bump();
        self.expr();
        if self.eat(Kind::Colon).is_some() {
            self.expr();
        }
        Expr::Wrong
    }

    /// Whether a `<` here begins type arguments. Comparisons do not chain, so it does where a `>` matches it with only what types
    /// have between, unless an operand follows: `f(a < b, c > d)` has two comparisons.
    pub(super) fn begins_type_arguments(&mut self) -> bool {
        if self.at >= self.applications.until {
            self.look_for_applications();
        }
        self.applications.pairs.binary_search_by_key(&self.at, |(open, _)| *open).is_ok()
    }

    /// Matches each `<` from here on with its `>`, until the first is matched or something comes that no type has.
    fn look_for_applications(&mut self) {
        let mut open = vec![(Kind::Less, self.at)];
        let mut pairs = Vec::new();
        // Parentheses and brackets among the open ones, in which lines do not end.
        let mut others = usize::from(self.context.brackets);
        let mut last = Kind::Less;
        let mut until = self.at + 1;
        while let Some(token) = self.tokens.get(until)
            && !open.is_empty()
        {
            let line_goes_on = others > 0 || matches!(last, Kind::Comma | Kind::Less);
            match token.kind {
                Kind::Newline if !line_goes_on => break,
                kind if kind.is_trivia() => {
                    until += 1;
                    continue;
                }
                Kind::Less => open.push((Kind::Less, until)),
                kind @ (Kind::LeftParen | Kind::LeftBracket) => {
                    open.push((kind, until));
                    others += 1;
                }
                Kind::RightParen if pop(&mut open, Kind::LeftParen).is_some() => others -= 1,
                Kind::RightBracket if pop(&mut open, Kind::LeftBracket).is_some() => others -= 1,
                Kind::Greater | Kind::ShiftRight => {
                    let closes = if token.kind == Kind::Greater { 1 } else { 2 };
                    let innermost = open.iter().rev().take(closes);
                    if innermost.filter(|(kind, _)| *kind == Kind::Less).count() < closes {
                        break;
                    }
                    let opened = open.split_off(open.len() - closes);
                    if !self.operand_behind(until, others > 0) {
                        pairs.extend(opened.into_iter().map(|(_, at)| (at, until)));
                    }
                }
                kind if is_in_types(kind) => {}
                _ => break,
            }
            last = token.kind;
            until += 1;
        }
        pairs.sort_unstable();
        self.applications = Applications { until, pairs };
    }

    /// Whether an operand follows a `>` there, which then compares. The end of a line counts where lines do end.
    fn operand_behind(&self, at: usize, line_goes_on: bool) -> bool {
        let rest = self.tokens.get(at + 1..).unwrap_or_default();
        let ends = |kind| kind == Kind::Newline && !line_goes_on;
        let next = rest.iter().find(|token| !token.kind.is_trivia() || ends(token.kind));
        next.is_some_and(|next| {
            begins_operand(next.kind) && !matches!(next.kind, Kind::LeftParen | Kind::LeftBrace)
        })
    }

    fn begins_class_literal(&self, base: ExprId) -> bool {
        let last = match self.nodes[base] {
            Expr::Name(name) | Expr::Field { name, .. } => name,
            Expr::Apply { base, .. } => match self.nodes[base] {
                Expr::Name(name) | Expr::Field { name, .. } => name,
                _ => return false,
            },
            _ => return false,
        };
        let mut after = self.following().map(|(_, token)| token);
        let (first, second, third) = (after.next(), after.next(), after.next());
        let between =
            first.zip(second).map(|(first, second)| Span::new(first.start, second.start).of(self.source));
        let (first, second, third) = (first.map(|t| t.kind), second.map(|t| t.kind), third.map(|t| t.kind));
        let looped = matches!(third, Some(Kind::For | Kind::While | Kind::Loop));
        let has_field = first == Some(Kind::Name) && second == Some(Kind::Colon) && !looped;
        if !capital(last.span.of(self.source)) {
            return has_field && !self.context.head && !self.context.guard;
        }
        let short = first == Some(Kind::Name) && second == Some(Kind::Comma);
        // On another line it is a block of its own.
        let empty = first == Some(Kind::RightBrace)
            && second == Some(Kind::LeftBrace)
            && between.is_some_and(|between| !between.contains('\n'));
        !self.context.head || has_field || short || empty
    }

    /// `Point { x: 1 }`, at the brace; what is before it is read again as a type.
    fn class_literal(&mut self, base: ExprId) -> ExprId {
        let span = self.nodes.span(base);
        let begin = self.begin::<Name>();
        let (mut walk, mut first, mut arguments) = (base, base, List::<TypeId>::EMPTY);
        loop {
            first = if walk < first { walk } else { first };
            match self.nodes[walk] {
                Expr::Apply { base, arguments: these } => {
                    arguments = these;
                    walk = base;
                }
                Expr::Field { base, name, .. } => {
                    self.push(name);
                    walk = base;
                }
                Expr::Name(name) => {
                    self.push(name);
                    break;
                }
                _ => break,
            }
        }
        <Name as crate::tree::Pooled>::pool_mut(&mut self.scratch)
            .elements
            .get_mut(begin..)
            .unwrap_or_default()
            .reverse();
        let path = self.finish(begin);
        self.nodes.take_back(first);
        let ty = self.nodes.add(Type::Named { path, arguments }, span);
        let in_head = self.context.head;
        let begin = self.begin::<FieldValue>();
        let outer = std::mem::replace(&mut self.fields_left_out, false);
        self.bracketed(Kind::RightBrace, Self::field_value);
        let left_out = std::mem::replace(&mut self.fields_left_out, outer);
        let fields = self.finish(begin);
        let span = span.to(self.nothing());
        if left_out {
            return self.nodes.add(Expr::Wrong, span);
        }
        if in_head {
            self.note(span, Fact::ClassInHead);
        }
        self.nodes.add(Expr::Class { ty, fields }, span)
    }

    fn field_value(&mut self) {
        if self.at(Kind::DotDot) {
            self.note(self.span(), Fact::Foreign(Foreign::RestOfClass));
            self.bump();
            self.expr();
            self.fields_left_out = true;
            return;
        }
        let start = self.start;
        let name = self.name(Expected::Name(crate::error::Named::Field));
        if self.at(Kind::Equal) {
            self.expected(Expected::Token(Kind::Colon));
            self.kind = Kind::Colon;
        }
        let value = self.eat(Kind::Colon).map(|_| self.element());
        let span = self.since_name(start, name);
        self.push(FieldValue { span, name, value });
    }
}

/// Whether types have it, besides brackets.
const fn is_in_types(kind: Kind) -> bool {
    use Kind::{Comma, Dot, Fn, Mut, Name, None, Question, QuestionQuestion};
    matches!(kind, Name | Comma | Dot | Question | QuestionQuestion | Fn | Mut | None)
}

/// Takes the innermost bracket if it is such, and says where it is.
fn pop(stack: &mut Vec<(Kind, usize)>, kind: Kind) -> Option<usize> {
    let (_, at) = stack.pop_if(|(open, _)| *open == kind)?;
    Some(at)
}
