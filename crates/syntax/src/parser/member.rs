//! Classes, actors, apps, enums, traits and impls.

use pluto_source::Span;

use super::Parser;
use super::function::Home;
use super::names::capital;
use crate::error::{Expected, Fact, Foreign, Named};
use crate::token::Kind;
use crate::tree::{
    Class, Contract, ContractKind, Dependency, Enum, Field, FunctionId, Impl, ItemKind, Trait, Variant,
};

impl Parser<'_> {
    /// A class, an actor or an app, at its word.
    pub(super) fn class(&mut self, what: Named) -> Class {
        self.bump();
        self.recovering = false;
        let name = self.declared(what);
        let type_params = self.type_params();
        let dependencies = self.dependencies();
        if self.at_supertypes() {
            let colon = self.span();
            self.note(colon, Fact::Foreign(Foreign::Supertypes));
            while !self.newline && !self.at(Kind::LeftBrace) && !self.at_closing() && !self.at(Kind::End) {
                self.skip_group();
            }
        }
        if self.at_word("implements") || self.at_word("extends") {
            let written = if self.at_word("extends") { "extends" } else { "implements" };
            self.note(self.span(), Fact::ForeignWord { written, instead: "" });
            while !self.newline && !self.at(Kind::LeftBrace) && !self.at_closing() && !self.at(Kind::End) {
                self.skip_group();
            }
        }
        let (fields, methods, invariants) =
            (self.begin::<Field>(), self.begin::<FunctionId>(), self.begin::<Contract>());
        self.members(Self::class_member);
        Class {
            actor: what == Named::Actor,
            name,
            type_params,
            dependencies,
            fields: self.finish(fields),
            methods: self.finish(methods),
            invariants: self.finish(invariants),
        }
    }

    /// `: A, B<T> {` on the line.
    fn at_supertypes(&self) -> bool {
        use Kind::{Comma, Dot, Greater, LeftBrace, Less, Name};
        let mut kinds = self.following().map(|(_, token)| token.kind);
        let behind = kinds.find(|kind| !matches!(kind, Name | Comma | Dot | Less | Greater));
        self.at(Kind::Colon) && !self.newline && behind == Some(LeftBrace)
    }

    /// `[db: Database, clock: Clock]`, where it is there.
    fn dependencies(&mut self) -> crate::tree::List<Dependency> {
        let begin = self.begin::<Dependency>();
        if self.at(Kind::LeftBracket) {
            self.bracketed(Kind::RightBracket, |parser| {
                let name = parser.declared(Named::Dependency);
                parser.expect(Kind::Colon);
                let ty = parser.ty();
                parser.push(Dependency { name, ty });
            });
        }
        self.finish(begin)
    }

    /// Members between braces, each ended by its line or by a comma.
    fn members(&mut self, member: impl FnMut(&mut Self)) {
        let end = |parser: &mut Self| {
            let ends = parser.newline || matches!(parser.kind, Kind::Comma | Kind::RightBrace | Kind::End);
            if ends {
                return;
            }
            if parser.recovering || !parser.begins_member() {
                return parser.expected(Expected::EndOfLine);
            }
            let after = parser.previous_end;
            parser.note(parser.span(), Fact::MissingComma { after });
        };
        self.lines(Self::at_other_item, end, member);
    }

    /// Whether a member begins here, and nothing that could belong to the one before it.
    fn begins_member(&self) -> bool {
        match self.kind {
            Kind::Fn => true,
            Kind::Pub => matches!(self.peek(1), Kind::Fn | Kind::Name),
            Kind::Name if self.peek(1) == Kind::Colon => true,
            Kind::Name if capital(self.text()) => {
                matches!(self.peek(1), Kind::Comma | Kind::LeftParen | Kind::RightBrace)
            }
            _ => false,
        }
    }

    /// Whether another declaration than a method begins here, at the margin: the type's brace is missing.
    fn at_other_item(&self) -> bool {
        self.at_item_margin() && !self.at(Kind::Fn) && !(self.at(Kind::Pub) && self.peek(1) == Kind::Fn)
    }

    fn class_member(&mut self) {
        let public = self.eat(Kind::Pub);
        if self.at_method() || self.at_method_without_fn() {
            let method = self.function(Home::Type, public);
            return self.push(method);
        }
        if self.at_word("invariant") && self.peek(1) != Kind::Colon {
            self.misplaced_pub(public);
            let contract = self.contract(ContractKind::Invariant);
            return self.push(contract);
        }
        if self.at(Kind::Let) {
            let start = self.start;
            self.bump();
            self.eat(Kind::Mut);
            self.note(self.since(start), Fact::ForeignWord { written: "let", instead: "" });
        }
        self.skip_foreign_words();
        self.skip_unknown_word();
        if self.at_method() {
            let method = self.function(Home::Type, public);
            return self.push(method);
        }
        self.field_decl(public, Expected::Member);
    }

    /// Words of other languages before a member, which are said.
    fn skip_foreign_words(&mut self) {
        while !self.at_method() && self.foreign().is_some() {
            self.recovering = false;
            self.bump();
        }
    }

    /// A word before the `fn` of a method that says nothing in Pluto.
    fn skip_unknown_word(&mut self) {
        if self.at(Kind::Name) && self.peek(1) == Kind::Fn && !self.line_ends_behind() {
            self.expected(Expected::Member);
            self.recovering = false;
            self.bump();
        }
    }

    /// Whether a method begins here, perhaps without its word, which is said.
    fn at_method_without_fn(&mut self) -> bool {
        let named = self.at(Kind::Name) && !self.at_word("invariant") && !capital(self.text());
        let parameters = matches!(self.peek(2), Kind::RightParen | Kind::SelfValue | Kind::Mut | Kind::Name);
        let lacks_fn = named && self.peek(1) == Kind::LeftParen && parameters;
        if lacks_fn {
            self.note(self.span(), Fact::Foreign(Foreign::MethodWithoutFn));
        }
        lacks_fn
    }

    /// Whether a method begins here, perhaps by another language's word, which is said.
    fn at_method(&mut self) -> bool {
        self.at(Kind::Fn)
            || (self.at(Kind::Name) && self.peek(1) == Kind::Name && self.foreign() == Some("fn"))
    }

    pub(super) fn misplaced_pub(&mut self, public: Option<Span>) {
        if let Some(public) = public {
            self.note(public, Fact::MisplacedPub);
        }
    }

    /// `x: int = 0`.
    fn field_decl(&mut self, public: Option<Span>, expected: Expected) {
        let start = public.map_or(self.start, |public| public.start);
        if !self.at(Kind::Name) && !self.kind.is_keyword() {
            return self.expected(expected);
        }
        let name = self.declared(Named::Field);
        let is_type = self.expect(Kind::Colon) || self.begins_type();
        let ty = if is_type { self.ty() } else { self.wrong_type() };
        let default = self.begins_default(is_type).then(|| self.expr());
        let span = self.since_name(start, name);
        self.push(Field { span, public, name, ty, default });
    }

    /// Whether the value of a field comes, perhaps without its `=`, which is said.
    fn begins_default(&mut self, behind_type: bool) -> bool {
        if self.eat(Kind::Equal).is_some() {
            return true;
        }
        let value = behind_type
            && !self.recovering
            && !self.newline
            && super::recover::begins_operand(self.kind)
            && !matches!(self.kind, Kind::Name | Kind::LeftParen | Kind::LeftBrace);
        if value {
            self.expected(Expected::Token(Kind::Equal));
        }
        value
    }

    /// The fields of an error, between braces.
    pub(super) fn error_fields(&mut self, nameless: bool) -> crate::tree::List<Field> {
        let begin = self.begin::<Field>();
        if self.at(Kind::LeftParen) && !self.newline && !nameless {
            self.expected(Expected::Token(Kind::LeftBrace));
            self.bracketed(Kind::RightParen, |parser| parser.field_decl(None, Expected::Name(Named::Field)));
        } else if self.at(Kind::LeftBrace) && !self.newline {
            self.members(|parser| {
                let public = parser.eat(Kind::Pub);
                parser.misplaced_pub(public);
                parser.field_decl(None, Expected::Name(Named::Field));
            });
        }
        self.finish(begin)
    }

    /// At `enum`.
    pub(super) fn enum_item(&mut self) -> Enum {
        self.bump();
        self.recovering = false;
        let name = self.declared(Named::Enum);
        let type_params = self.type_params();
        let (variants, methods) = (self.begin::<Variant>(), self.begin::<FunctionId>());
        self.members(Self::enum_member);
        Enum { name, type_params, variants: self.finish(variants), methods: self.finish(methods) }
    }

    fn enum_member(&mut self) {
        let public = self.eat(Kind::Pub);
        if self.at_method() {
            let method = self.function(Home::Type, public);
            return self.push(method);
        }
        self.misplaced_pub(public);
        if !self.at(Kind::Name) && !self.kind.is_keyword() {
            return self.expected(Expected::VariantOrMethod);
        }
        let start = self.start;
        let name = self.declared(Named::Variant);
        let begin = self.begin::<Field>();
        if self.at(Kind::LeftParen) {
            self.bracketed(Kind::RightParen, Self::variant_field);
        }
        let fields = self.finish(begin);
        let span = self.since_name(start, name);
        self.push(Variant { span, name, fields });
    }

    fn variant_field(&mut self) {
        if self.at(Kind::Name) && self.peek(1) == Kind::Colon {
            return self.field_decl(None, Expected::Name(Named::Field));
        }
        if !self.begins_type() {
            return self.field_decl(None, Expected::Name(Named::Field));
        }
        let name = crate::tree::Name { span: self.nothing() };
        let ty = self.ty();
        let span = self.nodes.span(ty);
        self.note(span, Fact::UnnamedField);
        self.push(Field { span: name.span.to(span), public: None, name, ty, default: None });
    }

    /// At `trait`.
    pub(super) fn trait_item(&mut self) -> Trait {
        self.bump();
        self.recovering = false;
        let name = self.declared(Named::Trait);
        let type_params = self.type_params();
        let methods = self.begin::<FunctionId>();
        self.members(|parser| parser.method(Home::Trait));
        Trait { name, type_params, methods: self.finish(methods) }
    }

    fn method(&mut self, home: Home) {
        let public = self.eat(Kind::Pub);
        self.skip_foreign_words();
        if !self.at_method() && !self.at_method_without_fn() {
            return self.expected(Expected::Method);
        }
        let method = self.function(home, public);
        self.push(method);
    }

    /// At `impl`.
    pub(super) fn impl_item(&mut self) -> ItemKind {
        self.bump();
        // A type of an array may come.
        let type_params = if self.at(Kind::Less) { self.type_params() } else { crate::tree::List::EMPTY };
        let first = self.ty();
        let (of, on) = if self.eat(Kind::For).is_some() { (Some(first), self.ty()) } else { (None, first) };
        let methods = self.begin::<FunctionId>();
        self.members(|parser| parser.method(Home::Type));
        ItemKind::Impl(Impl { type_params, of, on, methods: self.finish(methods) })
    }
}
