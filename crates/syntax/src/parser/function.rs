//! Functions: heads, contracts, bodies.

use pluto_source::{Span, near_misses};

use super::brackets::LINE;
use super::{Context, Parser};
use crate::error::{Expected, Fact, Foreign, Named};
use crate::token::Kind;
use crate::tree::{
    Contract, ContractKind, Function, FunctionId, List, Name, Param, Raises, Receiver, TypeId,
};

/// Where a function is declared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    /// At the top of a file.
    File,
    /// In a type.
    Type,
    /// In a trait, where it may have no body.
    Trait,
}

impl Parser<'_> {
    /// A function, at `fn` or at a word that was meant so.
    pub(super) fn function(&mut self, home: Home, public: Option<Span>) -> FunctionId {
        let start = public.map_or(self.start, |public| public.start);
        // A method may lack its word, which was said.
        let word = home == Home::File || !self.at(Kind::Name) || self.peek(1) != Kind::LeftParen;
        if word {
            self.bump();
        }
        self.recovering = false;
        let name = self.declared(Named::Function);
        if home == Home::File && name.span.is_empty() && self.at(Kind::LeftParen) {
            return self.unknown_function(start, name);
        }
        let type_params = self.type_params();
        let begin = self.begin::<Param>();
        let mut receiver = None;
        if self.at(Kind::LeftParen) {
            let mut first = true;
            self.bracketed(Kind::RightParen, |parser| {
                let misspelled = first && home != Home::File && parser.at_misspelled_self();
                if let Some(found) = parser.receiver(misspelled) {
                    if first && home != Home::File {
                        receiver = Some(found);
                    } else {
                        parser.note(found.name.span, Fact::MisplacedSelf);
                    }
                } else {
                    parser.param();
                }
                first = false;
            });
        } else {
            self.expected(Expected::Token(Kind::LeftParen));
        }
        let params = self.finish(begin);
        let stream = (self.at_word("stream") && self.peek(1) != Kind::LeftBrace).then(|| self.bump());
        let result = self.result();
        let (raises, contracts) = self.clauses();
        let body = self.body(home, start);
        let labels = std::mem::take(&mut self.labels);
        let body = body.then(|| self.block());
        self.labels = labels;
        let span = self.since(start);
        let function =
            Function { public, name, type_params, receiver, params, result, stream, raises, contracts, body };
        self.nodes.add(function, span)
    }

    /// `fn (c Counter) add() { … }`, which says what it belongs to: passes over it.
    fn unknown_function(&mut self, start: u32, name: Name) -> FunctionId {
        while !self.at(Kind::LeftBrace) && !self.at(Kind::End) && !self.at_item_margin() {
            self.skip_group();
        }
        if self.at(Kind::LeftBrace) {
            self.skip_group();
        }
        let function = Function {
            public: None,
            name,
            type_params: List::EMPTY,
            receiver: None,
            params: List::EMPTY,
            result: None,
            stream: None,
            raises: Raises::Unsaid,
            contracts: List::EMPTY,
            body: None,
        };
        let span = self.since(start);
        self.nodes.add(function, span)
    }

    /// `slef`: a first parameter without a type, and almost `self`.
    fn at_misspelled_self(&self) -> bool {
        let mut tokens = self.following().map(|(_, token)| token.kind);
        let name = if self.at(Kind::Mut) { tokens.next() } else { Some(self.kind) };
        let behind = tokens.next();
        let text = match self.kind {
            Kind::Mut => {
                self.following().next().and_then(|(_, token)| self.source.get(token.start as usize..))
            }
            _ => Some(self.text()),
        };
        let text = text.unwrap_or_default();
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        let text = text.get(..end).unwrap_or_default();
        name == Some(Kind::Name)
            && matches!(behind, Some(Kind::Comma | Kind::RightParen))
            && !near_misses(text, ["self"]).is_empty()
    }

    /// `self`, `mut self`.
    fn receiver(&mut self, misspelled: bool) -> Option<Receiver> {
        if misspelled {
            let mutable = self.eat(Kind::Mut);
            self.note(self.span(), Fact::Misspelled { instead: "self" });
            return Some(Receiver { name: Name { span: self.bump() }, mutable });
        }
        if self.at(Kind::Ampersand) && matches!(self.peek(1), Kind::SelfValue | Kind::Mut) {
            self.note(self.span(), Fact::Foreign(Foreign::Reference));
            self.bump();
        }
        let mutable = self.at(Kind::Mut) && self.peek(1) == Kind::SelfValue;
        if !mutable && !self.at(Kind::SelfValue) {
            return None;
        }
        let mutable = mutable.then(|| self.bump());
        Some(Receiver { name: Name { span: self.bump() }, mutable })
    }

    fn param(&mut self) {
        let start = self.start;
        let mutable = self.eat(Kind::Mut);
        if self.at_type_before_name() {
            return self.param_behind_type(start, mutable);
        }
        let name = match self.eat(Kind::Underscore) {
            Some(span) => Name { span },
            None => self.declared(Named::Parameter),
        };
        let by_reference =
            self.at(Kind::Colon) && self.peek(1) == Kind::Ampersand && self.peek(2) == Kind::Mut;
        let mutable = mutable.or(by_reference.then_some(name.span));
        let ty = self.param_type(name);
        let default = self.eat(Kind::Equal).map(|_| self.expr());
        let span = self.since_name(start, name);
        self.push(Param { span, mutable, name, ty, default });
    }

    /// `int x`, where both orders would be names: of a built-in type, or of one that begins with a capital.
    fn at_type_before_name(&self) -> bool {
        let builtin =
            matches!(self.text(), "int" | "float" | "bool" | "byte" | "string" | "bytes" | "duration");
        let is_type = self.at(Kind::Name) && (builtin || super::names::capital(self.text()));
        let behind = matches!(self.peek(2), Kind::Comma | Kind::RightParen | Kind::Equal);
        is_type && self.peek(1) == Kind::Name && behind
    }

    fn param_behind_type(&mut self, start: u32, mutable: Option<Span>) {
        let from = self.start;
        let ty = self.ty();
        let name = Name { span: self.bump() };
        let instead = format!("{}: {}", name.span.of(self.source), self.nodes.span(ty).of(self.source));
        self.note(self.since(from), Fact::TypeBeforeName { instead: instead.into() });
        let default = self.eat(Kind::Equal).map(|_| self.expr());
        let span = self.since(start);
        self.push(Param { span, mutable, name, ty: Some(ty), default });
    }

    fn param_type(&mut self, name: Name) -> Option<TypeId> {
        if self.eat(Kind::Colon).is_some() {
            return Some(self.ty());
        }
        if matches!(self.kind, Kind::Comma | Kind::RightParen | Kind::Equal) {
            if !name.span.is_empty() {
                self.note(name.span, Fact::MissingType);
            }
            return None;
        }
        self.expected(Expected::Token(Kind::Colon));
        // `x int`, in the order of other languages, is read as it was meant.
        let is_type = self.begins_type();
        is_type.then(|| self.ty())
    }

    fn result(&mut self) -> Option<TypeId> {
        if matches!(self.kind, Kind::ThinArrow | Kind::Colon) && !self.line_ends() {
            self.note(self.span(), Fact::ResultArrow);
            self.bump();
            return Some(self.ty());
        }
        self.begins_type().then(|| self.ty())
    }

    /// `raises`, `requires` and `ensures`, on the line of the head or on lines of their own.
    fn clauses(&mut self) -> (Raises, List<Contract>) {
        let mut raises = Raises::Unsaid;
        let begin = self.begin::<Contract>();
        loop {
            self.skip_rest_of_head_line();
            if !self.at(Kind::Name) {
                break;
            }
            let kind = match self.text() {
                "raises" => {
                    raises = self.raises();
                    continue;
                }
                "throws" => {
                    self.note(self.span(), Fact::ForeignWord { written: "throws", instead: "raises" });
                    raises = self.raises();
                    continue;
                }
                "requires" => ContractKind::Requires,
                "ensures" => ContractKind::Ensures,
                _ => break,
            };
            // On a line of its own it is another mistake that is made.
            self.recovering &= !self.newline;
            let contract = self.contract(kind);
            self.push(contract);
        }
        (raises, self.finish(begin))
    }

    /// Behind what belongs to the head of a function: passes over the rest of the line, of which it says that it does not, where
    /// the head goes on with the next line, at a clause or at the brace of the body.
    fn skip_rest_of_head_line(&mut self) {
        if self.at_word("where") && self.peek(1) == Kind::Name {
            self.note(self.span(), Fact::ForeignWord { written: "where", instead: "" });
            return self.skip_head_line();
        }
        let in_step = self.newline || self.at(Kind::LeftBrace) || self.at_closing() || self.at(Kind::End);
        if in_step || self.at_clause() || !self.head_goes_on() {
            return;
        }
        self.expected(Expected::Block);
        self.skip_head_line();
    }

    /// Passes over what is on the line before the body.
    fn skip_head_line(&mut self) {
        while !self.newline && !self.at_closing() && !self.at(Kind::End) && !self.at(Kind::LeftBrace) {
            self.skip_group();
        }
        self.recovering = false;
    }

    fn at_clause(&self) -> bool {
        self.at(Kind::Name) && is_clause(self.text())
    }

    /// Whether the next line begins with a clause or with a brace. Of long lines the end is not looked for.
    fn head_goes_on(&self) -> bool {
        let rest = self.source.as_bytes().get(self.start as usize..).unwrap_or_default();
        let Some(end) = rest.iter().take(LINE).position(|byte| *byte == b'\n') else { return false };
        let rest = self.source.get(self.start as usize + end..).unwrap_or_default().trim_start();
        let word = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        rest.starts_with('{') || is_clause(word)
    }

    /// A clause of a contract, at its word.
    pub(super) fn contract(&mut self, kind: ContractKind) -> Contract {
        let start = self.bump().start;
        let head = kind != ContractKind::Invariant;
        let condition = self.within(Context { head, ..Context::default() }, Self::value_that_must_follow);
        Contract { span: self.since(start), kind, condition }
    }

    /// Whether a body is here; says so where one is missing.
    fn body(&mut self, home: Home, start: u32) -> bool {
        if self.at(Kind::LeftBrace) || self.is_indented_block() {
            return true;
        }
        let ends = self.newline || matches!(self.kind, Kind::RightBrace | Kind::End);
        if home == Home::Trait && ends {
            return false;
        }
        if ends {
            let span = self.since(start);
            self.error(span, Fact::MissingBody);
        }
        !ends
    }
}

fn is_clause(word: &str) -> bool {
    matches!(word, "raises" | "throws" | "requires" | "ensures")
}
