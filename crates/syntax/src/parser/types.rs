//! Types, type parameters, and what is said about errors.

use pluto_source::Span;

use super::brackets::LINE;
use super::{Context, Parser};
use crate::error::{Expected, Fact, Foreign, Named};
use crate::token::Kind;
use crate::tree::{FunctionTypeParam, List, Raises, Type, TypeId, TypeParam};

impl Parser<'_> {
    /// A type that must come.
    pub(super) fn ty(&mut self) -> TypeId {
        if let Some(ty) = self.deeper(Self::ty_with_marks) {
            return ty;
        }
        self.wrong_type()
    }

    /// A type behind `as` or `is`.
    pub(super) fn ty_of_operand(&mut self) -> TypeId {
        let context = Context { operators: true, ..self.context };
        self.within(context, Self::ty)
    }

    pub(super) fn wrong_type(&mut self) -> TypeId {
        let span = self.nothing();
        self.nodes.add(Type::Wrong, span)
    }

    /// A type and the `?` behind it.
    fn ty_with_marks(&mut self) -> TypeId {
        let mut ty = self.plain_type();
        while !self.line_ends() {
            match self.kind {
                Kind::Question => {
                    self.bump();
                }
                Kind::LeftBracket
                    if self.peek(1) == Kind::RightBracket && self.start == self.previous_end =>
                {
                    let open = self.bump();
                    let close = self.bump();
                    self.note(open.to(close), Fact::Foreign(Foreign::ArrayType));
                    let span = self.nodes.span(ty).to(self.nothing());
                    ty = self.nodes.add(Type::Array(ty), span);
                    continue;
                }
                Kind::QuestionQuestion if !self.context.operators => self.split(Kind::Question),
                _ => break,
            }
            let span = self.nodes.span(ty).to(self.nothing());
            ty = self.nodes.add(Type::Optional(ty), span);
        }
        ty
    }

    fn plain_type(&mut self) -> TypeId {
        if self.at(Kind::Ampersand) {
            let start = self.start;
            self.bump();
            if !self.newline && (self.at(Kind::Mut) || self.at_word("dyn")) {
                self.bump();
            }
            self.note(self.since(start), Fact::Foreign(Foreign::Reference));
        }
        let start = self.start;
        if self.at_word("stream") && self.is_before_type() {
            let word = self.bump();
            let item = self.ty();
            self.note(word, Fact::StreamInType { item: self.nodes.span(item) });
            let span = self.since(start);
            return self.nodes.add(Type::Wrong, span);
        }
        let kind = match self.kind {
            Kind::Name => {
                let path = self.path(Expected::Type);
                let has_arguments = self.at(Kind::Less)
                    && !self.line_ends()
                    && (!self.context.operators || self.begins_type_arguments());
                let arguments = if has_arguments { self.type_arguments() } else { List::EMPTY };
                Type::Named { path, arguments }
            }
            Kind::LeftBracket => self.array_type(),
            Kind::LeftParen => return self.tuple_type(),
            Kind::Fn => self.function_type(),
            kind => {
                if kind.is_keyword() && !self.newline && !matches!(kind, Kind::Mut) {
                    self.error(self.span(), Fact::KeywordAsName(kind));
                } else {
                    self.expected(Expected::Type);
                }
                return self.wrong_type();
            }
        };
        let span = self.since(start);
        self.nodes.add(kind, span)
    }

    /// Whether a type follows the name here on its line.
    fn is_before_type(&self) -> bool {
        let next = self.following().next().map(|(_, token)| token);
        next.is_some_and(|next| {
            let begins = matches!(next.kind, Kind::Name | Kind::LeftBracket | Kind::LeftParen | Kind::Fn);
            begins && !Span::new(self.end(), next.start).of(self.source).contains('\n')
        })
    }

    fn array_type(&mut self) -> Type {
        let open = self.bump();
        let (key, map) = self.within(Context { brackets: true, ..Context::default() }, |parser| {
            let element = parser.ty();
            let map = parser.eat(Kind::Colon).map(|_| parser.ty());
            parser.close(open, Kind::RightBracket);
            (element, map)
        });
        let Some(value) = map else { return Type::Array(key) };
        let text = |ty| self.nodes.span(ty).of(self.source);
        let (key, value) = (text(key), text(value));
        let plain = |text: &str| !text.is_empty() && text.len() < LINE;
        let instead = (plain(key) && plain(value)).then(|| format!("Map<{key}, {value}>").into());
        self.note(open.to(self.nothing()), Fact::MapType { instead });
        Type::Wrong
    }

    fn tuple_type(&mut self) -> TypeId {
        let begin = self.begin::<TypeId>();
        let mut commas = 0;
        let span = self.bracketed(Kind::RightParen, |parser| {
            let ty = parser.ty();
            parser.push(ty);
            commas += usize::from(parser.at(Kind::Comma));
        });
        let types = self.finish::<TypeId>(begin);
        match *self.nodes.list(types) {
            [] => {
                self.note(span, Fact::EmptyTuple);
                self.nodes.add(Type::Wrong, span)
            }
            // Parentheses only group.
            [only] => {
                if commas > 0 {
                    self.note(span, Fact::OneElementTuple);
                }
                only
            }
            _ => self.nodes.add(Type::Tuple(types), span),
        }
    }

    fn function_type(&mut self) -> Type {
        self.bump();
        let begin = self.begin::<FunctionTypeParam>();
        if self.at(Kind::LeftParen) {
            self.bracketed(Kind::RightParen, |parser| {
                let mutable = parser.eat(Kind::Mut);
                let ty = parser.ty();
                parser.push(FunctionTypeParam { mutable, ty });
            });
        } else {
            self.expected(Expected::Token(Kind::LeftParen));
        }
        let params = self.finish(begin);
        let result = self.begins_type().then(|| self.ty());
        let raises = if self.line_ends() { Raises::Unsaid } else { self.raises_of_type() };
        Type::Function { params, result, raises }
    }

    /// Whether a type that may be left out is here.
    pub(super) fn begins_type(&self) -> bool {
        if self.line_ends() {
            return false;
        }
        match self.kind {
            Kind::LeftBracket | Kind::LeftParen | Kind::Fn => true,
            Kind::Name if self.text() == "where" => self.peek(1) != Kind::Name,
            Kind::Name => {
                !matches!(self.text(), "raises" | "throws" | "requires" | "ensures" | "later")
                    || self.peek(1) == Kind::LeftBrace
            }
            _ => false,
        }
    }

    /// `raises E`, `raises none`, `raises (A, B)`: a comma belongs to the list that the type is in.
    fn raises_of_type(&mut self) -> Raises {
        if self.eat_word("raises").is_none() {
            return Raises::Unsaid;
        }
        if let Some(span) = self.eat(Kind::None) {
            return Raises::Nothing(span);
        }
        let begin = self.begin::<TypeId>();
        if self.at(Kind::LeftParen) {
            self.bracketed(Kind::RightParen, |parser| {
                let error = parser.ty();
                parser.push(error);
            });
        } else {
            let error = self.ty();
            self.push(error);
        }
        Raises::Errors(self.finish(begin))
    }

    /// `raises A, B` of a function that is declared.
    pub(super) fn raises(&mut self) -> Raises {
        self.bump();
        if let Some(span) = self.eat(Kind::None) {
            return Raises::Nothing(span);
        }
        let begin = self.begin::<TypeId>();
        loop {
            let error = self.ty();
            self.push(error);
            if self.at(Kind::Pipe) {
                self.note(self.span(), Fact::ForeignOperator { written: "|", instead: "," });
                self.bump();
            } else if self.eat(Kind::Comma).is_none() {
                break;
            }
        }
        Raises::Errors(self.finish(begin))
    }

    /// `<A, B>`.
    pub(super) fn type_arguments(&mut self) -> List<TypeId> {
        let begin = self.begin::<TypeId>();
        self.angles(|parser| {
            let argument = parser.ty();
            parser.push(argument);
        });
        self.finish(begin)
    }

    /// `<T: A + B, U>` of something that is declared, where it is there.
    pub(super) fn type_params(&mut self) -> List<TypeParam> {
        let begin = self.begin::<TypeParam>();
        if self.at(Kind::Less) {
            self.angles(|parser| {
                let name = parser.declared(Named::TypeParameter);
                let bounds = parser.bounds();
                parser.push(TypeParam { name, bounds });
            });
        } else if self.at_type_params_in_brackets() {
            let span = self.bracketed(Kind::RightBracket, |parser| {
                let name = parser.declared(Named::TypeParameter);
                let bounds = parser.bounds();
                parser.push(TypeParam { name, bounds });
            });
            self.note(span, Fact::Foreign(Foreign::TypeParamsInBrackets));
        }
        self.finish(begin)
    }

    /// `[T]`, `[T, …`: dependencies have types.
    fn at_type_params_in_brackets(&self) -> bool {
        let first = self.following().next().map_or("", |(_, token)| {
            let rest = self.source.get(token.start as usize..).unwrap_or_default();
            rest.get(..rest.chars().next().map_or(0, char::len_utf8)).unwrap_or_default()
        });
        self.at(Kind::LeftBracket)
            && self.peek(1) == Kind::Name
            && super::names::capital(first)
            && matches!(self.peek(2), Kind::Comma | Kind::RightBracket)
    }

    fn bounds(&mut self) -> List<TypeId> {
        let begin = self.begin::<TypeId>();
        if self.eat(Kind::Colon).is_some() {
            loop {
                let bound = self.ty();
                self.push(bound);
                if self.eat(Kind::Plus).is_none() {
                    break;
                }
            }
        }
        self.finish(begin)
    }

    /// Elements between `<` and `>`.
    fn angles(&mut self, mut element: impl FnMut(&mut Self)) {
        let open = self.bump();
        self.within(Context { brackets: true, ..Context::default() }, |parser| {
            loop {
                element(parser);
                if parser.eat(Kind::Comma).is_none() {
                    break;
                }
                parser.recovering = false;
                if parser.at_greater() {
                    break;
                }
            }
            parser.close_angle(open);
        });
    }

    fn at_greater(&self) -> bool {
        matches!(self.kind, Kind::Greater | Kind::GreaterEqual | Kind::ShiftRight | Kind::ShiftRightEqual)
    }

    fn close_angle(&mut self, open: Span) {
        match self.kind {
            Kind::Greater => {
                self.bump();
            }
            Kind::GreaterEqual => self.split(Kind::Equal),
            Kind::ShiftRight => self.split(Kind::Greater),
            Kind::ShiftRightEqual => self.split(Kind::GreaterEqual),
            _ => {
                let end = self.nothing();
                return self.error(end, Fact::Unclosed { close: Kind::Greater, open, instead: false });
            }
        }
        self.recovering = false;
    }

    /// Takes the first byte of the current token; the rest is a token of its own.
    fn split(&mut self, rest: Kind) {
        self.start += 1;
        self.previous_end = self.start;
        self.kind = rest;
        self.newline = false;
    }
}
