//! Declarations at the top of a file.

use pluto_source::Span;

use super::function::Home;
use super::{Context, Parser};
use crate::error::{Expected, Fact, Named};
use crate::token::Kind;
use crate::tree::{
    Alias, Binding, Const, ErrorItem, Import, ImportWhat, Imported, Item, ItemId, ItemKind, Name, Test,
};

impl Parser<'_> {
    /// All declarations of the file.
    pub(super) fn file(&mut self) {
        loop {
            self.skip_what_is_unknown();
            if self.at(Kind::End) {
                break;
            }
            let line = self.newline.then_some(self.start);
            self.begin_line();
            if !self.newline && !self.recovering && !self.at_closing() {
                self.error(self.span(), Fact::SameLine { name: false });
                self.recovering = false;
            }
            let before = self.at;
            let item = self.item();
            self.items.push(item);
            if self.recovering && !(self.newline && self.begins_item()) && !self.at(Kind::End) {
                self.skip_to_item();
            } else if self.at == before {
                self.bump();
            }
            if let Some(line) = line.filter(|_| self.is_broken()) {
                self.skip_indented(line);
            }
        }
    }

    /// Whether a declaration begins here.
    pub(super) fn begins_item(&self) -> bool {
        match self.kind {
            Kind::Fn => matches!(self.peek(1), Kind::Name),
            Kind::Class | Kind::Enum | Kind::Trait | Kind::Impl | Kind::Import | Kind::Const | Kind::Pub => {
                true
            }
            Kind::Name => match self.text() {
                "actor" | "app" | "error" | "type" | "bind" => self.peek(1) == Kind::Name,
                "test" => self.peek(1) == Kind::String,
                _ => false,
            },
            _ => false,
        }
    }

    /// A declaration that must come.
    pub(super) fn item(&mut self) -> ItemId {
        let start = self.start;
        let public = self.eat(Kind::Pub);
        let kind = match self.kind {
            Kind::Import => ItemKind::Import(self.import()),
            Kind::Fn => ItemKind::Function(self.function(Home::File, None)),
            Kind::Class => ItemKind::Class(self.class(Named::Class)),
            Kind::Enum => ItemKind::Enum(self.enum_item()),
            Kind::Trait => ItemKind::Trait(self.trait_item()),
            Kind::Impl => self.impl_item(),
            Kind::Const => ItemKind::Const(self.constant()),
            Kind::Let if self.begins_value() => {
                let word = self.span();
                let mutable = if self.peek(1) == Kind::Mut { Some(self.bump()) } else { None };
                let word = if mutable.is_some() { word.to(self.span()) } else { word };
                self.note(word, Fact::ForeignWord { written: "let", instead: "const" });
                ItemKind::Const(self.constant())
            }
            Kind::Name => self.item_by_word(),
            Kind::RightParen | Kind::RightBracket | Kind::RightBrace => {
                self.unopened();
                self.recovering = !self.newline;
                ItemKind::Wrong
            }
            _ => self.no_item(),
        };
        if matches!(kind, ItemKind::Import(_) | ItemKind::Impl(_) | ItemKind::Test(_) | ItemKind::Bind(_)) {
            self.misplaced_pub(public);
        }
        let span = self.since(start);
        self.nodes.add(Item { public, kind }, span)
    }

    fn no_item(&mut self) -> ItemKind {
        self.expected(Expected::Item);
        ItemKind::Wrong
    }

    /// A declaration whose word is no keyword elsewhere.
    fn item_by_word(&mut self) -> ItemKind {
        match self.text() {
            "actor" => ItemKind::Class(self.class(Named::Actor)),
            "app" => ItemKind::App(self.class(Named::App)),
            "error" => ItemKind::Error(self.error_item()),
            "type" => ItemKind::Alias(self.alias()),
            "bind" => {
                self.bump();
                ItemKind::Bind(self.binding())
            }
            "test" => self.test(),
            _ => match self.foreign() {
                Some("fn") => ItemKind::Function(self.function(Home::File, None)),
                Some("class") => ItemKind::Class(self.class(Named::Class)),
                Some("enum") => ItemKind::Enum(self.enum_item()),
                Some("trait") => ItemKind::Trait(self.trait_item()),
                Some("import") if self.text() != "mod" => {
                    self.recovering = false;
                    ItemKind::Import(self.import())
                }
                Some("pub" | "") => {
                    self.bump();
                    self.recovering = false;
                    let item = self.deeper(Self::item);
                    item.map_or(ItemKind::Wrong, |item| self.nodes[item].kind)
                }
                Some(_) => ItemKind::Wrong,
                None => self.no_item(),
            },
        }
    }

    fn import(&mut self) -> Import {
        self.bump();
        let begin = self.begin::<Name>();
        if self.at(Kind::String) && !self.newline {
            return self.quoted_import();
        }
        let first = self.name(Expected::Name(Named::Module));
        self.push(first);
        let mut what = ImportWhat::Module;
        while self.at(Kind::Dot) && !self.newline {
            self.bump();
            if self.at(Kind::LeftBrace) {
                what = ImportWhat::Items(self.imported());
                break;
            }
            let next = self.name(Expected::Name(Named::Module));
            self.push(next);
        }
        let path = self.finish(begin);
        if matches!(what, ImportWhat::Module) && self.at(Kind::As) && !self.newline {
            self.bump();
            what = ImportWhat::As(self.name(Expected::Name(Named::Module)));
        }
        Import { path, what }
    }

    /// `import "std/fs"`: each word in the quotes is read as the name of a module.
    fn quoted_import(&mut self) -> Import {
        let span = self.bump();
        let text = span.of(self.source);
        let begin = self.begin::<Name>();
        let mut instead = String::new();
        let mut at = span.start;
        for word in text.split(|c: char| !c.is_alphanumeric() && c != '_') {
            let end = at + word.len() as u32;
            if word.starts_with(|first: char| first.is_ascii_alphabetic()) {
                self.push(Name { span: Span::new(at, end) });
                instead.push_str(if instead.is_empty() { "" } else { "." });
                instead.push_str(word);
            }
            let separator = text.get((end - span.start) as usize..).and_then(|rest| rest.chars().next());
            at = end + separator.map_or(0, char::len_utf8) as u32;
        }
        if instead.is_empty() {
            self.push(Name { span: Span::empty(span.end) });
        }
        self.note(span, Fact::ModuleInQuotes { instead: instead.into() });
        Import { path: self.finish(begin), what: ImportWhat::Module }
    }

    fn imported(&mut self) -> crate::tree::List<Imported> {
        let begin = self.begin::<Imported>();
        self.bracketed(Kind::RightBrace, |parser| {
            let name = parser.name(Expected::Name(Named::Imported));
            let alias = parser.eat(Kind::As).map(|_| parser.name(Expected::Name(Named::Imported)));
            parser.push(Imported { name, alias });
        });
        self.finish(begin)
    }

    fn error_item(&mut self) -> ErrorItem {
        self.bump();
        let name = self.declared(Named::Error);
        ErrorItem { name, fields: self.error_fields(name.span.is_empty()) }
    }

    fn alias(&mut self) -> Alias {
        self.bump();
        let name = self.declared(Named::Type);
        let type_params = self.type_params();
        let ty = if self.equal_sign() { self.ty() } else { self.wrong_type() };
        Alias { name, type_params, ty }
    }

    /// Whether a name and its value or its type are behind `let`.
    fn begins_value(&self) -> bool {
        let name = usize::from(self.peek(1) == Kind::Mut) + 1;
        self.peek(name) == Kind::Name && matches!(self.peek(name + 1), Kind::Equal | Kind::Colon)
    }

    fn constant(&mut self) -> Const {
        self.bump();
        let name = self.declared(Named::Constant);
        let ty = self.eat(Kind::Colon).map(|_| self.ty());
        let value = if self.equal_sign() { self.expr() } else { self.no_expr() };
        Const { name, ty, value }
    }

    /// The `=` of a declaration; whether its right side can be here.
    fn equal_sign(&mut self) -> bool {
        if !self.expect(Kind::Equal) {
            return !self.newline;
        }
        let next = self.newline && self.begins_item();
        if next {
            let (span, fact) = (self.nothing(), Fact::MissingValue);
            self.error(span, fact);
        }
        !next
    }

    /// `Database = FakeDb { … }`.
    fn binding(&mut self) -> Binding {
        let ty = self.ty();
        let is_there = self.equal_sign();
        let value = if is_there { self.within(Context::default(), Self::expr) } else { self.no_expr() };
        Binding { ty, value }
    }

    fn test(&mut self) -> ItemKind {
        self.bump();
        let (name_span, text) = if self.at(Kind::String) {
            let text = self.text();
            (self.bump(), text)
        } else {
            self.expected(Expected::String);
            (Span::empty(self.previous_end), "")
        };
        let name = self.string_text(text);
        let begin = self.begin::<Binding>();
        if self.eat_word("with").is_some() {
            loop {
                let binding = self.binding();
                self.push(binding);
                if self.eat(Kind::Comma).is_none() {
                    break;
                }
            }
        }
        let bindings = self.finish(begin);
        let body = self.expect_block();
        ItemKind::Test(Test { name_span, name, bindings, body })
    }
}
