//! Declarations.

use pluto_source::Span;

use super::Printer;
use super::doc::{Flat, Op};
use super::lists::Style;
use crate::token::Kind;
use crate::tree::{
    Binding, Class, Contract, Enum, ErrorItem, Field, Function, FunctionId, Impl, Import, ImportWhat, ItemId,
    ItemKind, List, Param, Raises, Trait, Type, Variant,
};

/// Something between the braces of a declaration.
#[derive(Clone, Copy)]
enum Member {
    Field(Field),
    Function(FunctionId),
    Invariant(Contract),
    Variant(Variant),
}

/// `self`, or another parameter.
#[derive(Clone, Copy)]
enum Taken {
    Receiver { mutable: bool },
    Param(Param),
}

impl Printer<'_> {
    pub(super) fn item(&mut self, id: ItemId) {
        let nodes = self.nodes;
        let item = nodes[id];
        if item.public.is_some() {
            self.word(Kind::Pub);
        }
        match item.kind {
            ItemKind::Import(import) => self.import(import),
            ItemKind::Function(function) => self.function(function),
            ItemKind::Class(class) | ItemKind::App(class) => self.class(class),
            ItemKind::Enum(item) => self.enumeration(item),
            ItemKind::Trait(item) => self.trait_item(item),
            ItemKind::Impl(item) => self.impl_item(item),
            ItemKind::Error(error) => self.error(error),
            ItemKind::Alias(alias) => {
                self.soft_word();
                self.tokens.token();
                self.type_params(alias.type_params);
                self.tokens.space();
                self.word(Kind::Equal);
                self.ty(alias.ty);
            }
            ItemKind::Const(constant) => {
                self.word(Kind::Const);
                self.tokens.token();
                if let Some(ty) = constant.ty {
                    self.word(Kind::Colon);
                    self.ty(ty);
                }
                self.tokens.space();
                self.tokens.expect(Kind::Equal);
                self.value(constant.value);
            }
            ItemKind::Bind(binding) => {
                self.soft_word();
                self.binding(binding);
            }
            ItemKind::Test(test) => {
                self.soft_word();
                self.tokens.token();
                self.bindings(test.bindings);
                self.tokens.space();
                self.block(test.body);
            }
            ItemKind::Wrong => {}
        }
    }

    fn import(&mut self, import: Import) {
        self.word(Kind::Import);
        self.path(import.path);
        match import.what {
            ImportWhat::Module => {}
            ImportWhat::As(_) => {
                self.tokens.space();
                self.word(Kind::As);
                self.tokens.token();
            }
            ImportWhat::Items(items) => {
                self.tokens.expect(Kind::Dot);
                let nodes = self.nodes;
                self.list(nodes.list(items), Style::TIGHT, |printer, item| {
                    printer.tokens.token();
                    if item.alias.is_some() {
                        printer.tokens.space();
                        printer.word(Kind::As);
                        printer.tokens.token();
                    }
                });
            }
        }
    }

    fn function(&mut self, id: FunctionId) {
        let nodes = self.nodes;
        let function = nodes[id];
        if function.public.is_some() && self.tokens.is(Kind::Pub) {
            self.word(Kind::Pub);
        }
        self.word(Kind::Fn);
        self.tokens.token();
        self.type_params(function.type_params);
        let receiver =
            function.receiver.map(|receiver| Taken::Receiver { mutable: receiver.mutable.is_some() });
        let params = nodes.list(function.params).iter().map(|param| Taken::Param(*param));
        let taken: Vec<Taken> = receiver.into_iter().chain(params).collect();
        self.list(&taken, Style::TIGHT, Self::taken);
        if function.stream.is_some() {
            self.tokens.space();
            self.tokens.token();
        }
        if let Some(result) = function.result {
            self.tokens.space();
            self.ty(result);
        }
        self.clauses(&function);
        if let Some(body) = function.body {
            if function.contracts.is_empty() {
                self.tokens.space();
                self.block(body);
            } else {
                self.tokens.line(Flat::Never);
                self.block_in_group(body, false);
            }
        }
    }

    /// What is said about errors, on the line of the head where it comes first, and contracts, each on its line.
    fn clauses(&mut self, function: &Function) {
        let nodes = self.nodes;
        let Function { raises, contracts, result, .. } = *function;
        self.tokens.ops.push(Op::Indent);
        if self.tokens.is_word("raises") {
            // On the line of a result that is a function, it would be said of that.
            let of_result =
                result.is_some_and(|ty| matches!(nodes[ty], Type::Function { raises: Raises::Unsaid, .. }));
            if of_result {
                self.tokens.line(Flat::Never);
            }
            self.raises(raises);
        }
        for contract in nodes.list(contracts) {
            self.tokens.line(Flat::Never);
            self.tokens.comments_before(false);
            self.contract(*contract);
            if self.tokens.is_word("raises") {
                self.tokens.line(Flat::Never);
                self.raises(raises);
            }
        }
        self.tokens.ops.push(Op::Dedent);
    }

    fn contract(&mut self, contract: Contract) {
        self.soft_word();
        self.expr(contract.condition);
    }

    fn taken(&mut self, taken: Taken) {
        match taken {
            Taken::Receiver { mutable } => {
                if mutable {
                    self.word(Kind::Mut);
                }
                self.tokens.token();
            }
            Taken::Param(param) => self.param(param),
        }
    }

    pub(super) fn param(&mut self, param: Param) {
        if param.mutable.is_some() {
            self.word(Kind::Mut);
        }
        self.tokens.token();
        if let Some(ty) = param.ty {
            self.word(Kind::Colon);
            self.ty(ty);
        }
        if let Some(default) = param.default {
            self.tokens.space();
            self.word(Kind::Equal);
            self.expr(default);
        }
    }

    fn class(&mut self, class: Class) {
        // `class`, `actor` or `app`.
        self.tokens.token();
        self.tokens.space();
        self.tokens.token();
        self.type_params(class.type_params);
        let nodes = self.nodes;
        if self.tokens.is(Kind::LeftBracket) {
            self.list(nodes.list(class.dependencies), Style::TIGHT, |printer, dependency| {
                printer.tokens.token();
                printer.word(Kind::Colon);
                printer.ty(dependency.ty);
            });
        }
        let fields = nodes.list(class.fields).iter().map(|field| Member::Field(*field));
        let functions = nodes.list(class.methods).iter().map(|method| Member::Function(*method));
        let invariants = nodes.list(class.invariants).iter().map(|contract| Member::Invariant(*contract));
        self.members_in_order(fields.chain(functions).chain(invariants));
    }

    fn enumeration(&mut self, item: Enum) {
        self.word(Kind::Enum);
        self.tokens.token();
        self.type_params(item.type_params);
        let nodes = self.nodes;
        let variants = nodes.list(item.variants);
        self.tokens.space();
        let start = |member: &Member| self.member_span(*member).start;
        let together = match variants {
            [first, .., last] => self.tokens.same_line(first.span.start, last.span.start),
            _ => true,
        };
        let mut members: Vec<Member> = variants.iter().map(|variant| Member::Variant(*variant)).collect();
        members.extend(nodes.list(item.methods).iter().map(|method| Member::Function(*method)));
        members.sort_by_key(start);
        let (leading, rest) = members.split_at(variants.len().min(members.len()));
        let leads = leading.iter().all(|member| matches!(member, Member::Variant(_)));
        if together && leads && !rest.is_empty() && variants.len() > 1 {
            self.variants_then_methods(leading, rest);
        } else {
            self.members(&members, Self::member);
        }
    }

    /// Variants on one line, if there is room, and below them the methods.
    fn variants_then_methods(&mut self, variants: &[Member], methods: &[Member]) {
        let one_line = self.tokens.is_one_line();
        self.begin_braces(one_line, false);
        self.tokens.group();
        for (number, variant) in variants.iter().enumerate() {
            self.tokens.comments_before(false);
            self.member(*variant);
            self.comma_left_out();
            if number + 1 < variants.len() {
                self.tokens.ops.push(Op::CommaIfFlat);
                self.tokens.line(Flat::Space);
            }
        }
        self.tokens.end_group();
        for method in methods {
            self.line_in_braces(one_line, true);
            self.tokens.comments_before(false);
            self.member(*method);
        }
        self.end_braces(one_line, false);
    }

    fn trait_item(&mut self, item: Trait) {
        self.word(Kind::Trait);
        self.tokens.token();
        self.type_params(item.type_params);
        self.methods(item.methods);
    }

    fn impl_item(&mut self, item: Impl) {
        self.tokens.expect(Kind::Impl);
        self.type_params(item.type_params);
        self.tokens.space();
        if let Some(of) = item.of {
            self.ty(of);
            self.tokens.space();
            self.word(Kind::For);
        }
        self.ty(item.on);
        self.methods(item.methods);
    }

    fn methods(&mut self, methods: List<FunctionId>) {
        let nodes = self.nodes;
        self.members_in_order(nodes.list(methods).iter().map(|method| Member::Function(*method)));
    }

    fn error(&mut self, error: ErrorItem) {
        self.soft_word();
        self.tokens.token();
        if self.tokens.is(Kind::LeftBrace) {
            let nodes = self.nodes;
            self.members_in_order(nodes.list(error.fields).iter().map(|field| Member::Field(*field)));
        }
    }

    /// What stands in braces, in the order of the text, with the space before the brace.
    fn members_in_order(&mut self, members: impl Iterator<Item = Member>) {
        let mut members: Vec<Member> = members.collect();
        members.sort_by_key(|member| self.member_span(*member).start);
        self.tokens.space();
        self.members(&members, Self::member);
    }

    fn member_span(&self, member: Member) -> Span {
        match member {
            Member::Field(field) => field.span,
            Member::Function(function) => self.nodes.span(function),
            Member::Invariant(contract) => contract.span,
            Member::Variant(variant) => variant.span,
        }
    }

    fn member(&mut self, member: Member) {
        match member {
            Member::Field(field) => self.field(field),
            Member::Function(function) => self.function(function),
            Member::Invariant(contract) => self.contract(contract),
            Member::Variant(variant) => {
                self.tokens.token();
                if self.tokens.is(Kind::LeftParen) {
                    let nodes = self.nodes;
                    self.list(nodes.list(variant.fields), Style::TIGHT, Self::field);
                }
            }
        }
    }

    fn field(&mut self, field: Field) {
        if field.public.is_some() {
            self.word(Kind::Pub);
        }
        self.tokens.token();
        self.word(Kind::Colon);
        self.ty(field.ty);
        if let Some(default) = field.default {
            self.tokens.space();
            self.tokens.expect(Kind::Equal);
            self.value(default);
        }
    }

    fn bindings(&mut self, bindings: List<Binding>) {
        if bindings.is_empty() {
            return;
        }
        self.tokens.space();
        self.soft_word();
        let nodes = self.nodes;
        self.joined(nodes.list(bindings), Kind::Comma, Self::binding);
    }

    fn binding(&mut self, binding: Binding) {
        self.ty(binding.ty);
        self.tokens.space();
        self.tokens.expect(Kind::Equal);
        self.value(binding.value);
    }
}
