//! Types, type parameters, and what is said about errors.

use super::Printer;
use super::lists::Style;
use crate::token::Kind;
use crate::tree::{List, Name, Raises, Type, TypeId, TypeParam};

impl Printer<'_> {
    pub(super) fn ty(&mut self, id: TypeId) {
        let (mut base, mut marks) = (id, 0_u32);
        while let Type::Optional(inner) = self.nodes[base] {
            base = inner;
            marks += 1;
        }
        // Parentheses that only group are no nodes.
        let tuple = matches!(self.nodes[base], Type::Tuple(_)).then(|| self.nodes.span(base).start);
        let mut parens = 0_u32;
        while self.tokens.is(Kind::LeftParen) && tuple != Some(self.tokens.start()) {
            self.tokens.token();
            parens += 1;
        }
        self.plain_type(base);
        loop {
            match self.tokens.kind() {
                Kind::Comma if parens > 0 => self.tokens.leave_out(),
                Kind::RightParen if parens > 0 => {
                    self.tokens.token();
                    parens -= 1;
                }
                Kind::Question | Kind::QuestionQuestion if marks > 0 => {
                    self.tokens.expect_part(Kind::Question, 1);
                    marks -= 1;
                }
                _ => break,
            }
        }
    }

    fn plain_type(&mut self, id: TypeId) {
        match self.nodes[id] {
            Type::Named { path, arguments } => {
                self.path(path);
                self.type_arguments(arguments);
            }
            Type::Array(element) => {
                self.list(&[element], Style { last_comma: false, ..Style::TIGHT }, Self::ty);
            }
            Type::Tuple(types) => {
                let nodes = self.nodes;
                self.list(nodes.list(types), Style::TIGHT, Self::ty);
            }
            Type::Function { params, result, raises } => {
                self.tokens.expect(Kind::Fn);
                let nodes = self.nodes;
                self.list(nodes.list(params), Style::TIGHT, |printer, param| {
                    if param.mutable.is_some() {
                        printer.word(Kind::Mut);
                    }
                    printer.ty(param.ty);
                });
                if let Some(result) = result {
                    self.tokens.space();
                    self.ty(result);
                }
                self.raises_of_type(raises);
            }
            Type::Optional(_) | Type::Wrong => {}
        }
    }

    fn raises_of_type(&mut self, raises: Raises) {
        match raises {
            Raises::Errors(errors) => {
                self.tokens.space();
                self.soft_word();
                let nodes = self.nodes;
                if self.tokens.is(Kind::LeftParen) {
                    self.list(nodes.list(errors), Style::TIGHT, Self::ty);
                } else {
                    nodes.list(errors).iter().for_each(|error| self.ty(*error));
                }
            }
            other => self.raises(other),
        }
    }

    /// `raises A, B` with the space before it.
    pub(super) fn raises(&mut self, raises: Raises) {
        match raises {
            Raises::Unsaid => {}
            Raises::Nothing(_) => {
                self.tokens.space();
                self.soft_word();
                self.tokens.token();
            }
            Raises::Errors(errors) => {
                self.tokens.space();
                self.soft_word();
                let nodes = self.nodes;
                self.joined(nodes.list(errors), Kind::Comma, Self::ty);
            }
        }
    }

    /// Names with dots between them.
    pub(super) fn path(&mut self, names: List<Name>) {
        for number in 0..names.len() {
            if number > 0 {
                self.tokens.expect(Kind::Dot);
            }
            self.tokens.token();
        }
    }

    /// Elements on one line with a token between two: a comma, or one with spaces around it.
    pub(super) fn joined<T: Copy>(
        &mut self,
        elements: &[T],
        with: Kind,
        mut print: impl FnMut(&mut Self, T),
    ) {
        for (number, element) in elements.iter().enumerate() {
            if number > 0 {
                if with != Kind::Comma {
                    self.tokens.space();
                }
                self.word(with);
            }
            print(self, *element);
        }
    }

    /// `<A, B>` where it is not empty.
    pub(super) fn type_arguments(&mut self, arguments: List<TypeId>) {
        let nodes = self.nodes;
        self.angles(nodes.list(arguments), Self::ty);
    }

    /// `<T: A + B>` where it is not empty.
    pub(super) fn type_params(&mut self, params: List<TypeParam>) {
        let nodes = self.nodes;
        self.angles(nodes.list(params), |printer, param| {
            printer.tokens.token();
            if !param.bounds.is_empty() {
                printer.word(Kind::Colon);
                printer.joined(nodes.list(param.bounds), Kind::Plus, Self::ty);
            }
        });
    }

    fn angles<T: Copy>(&mut self, elements: &[T], print: impl FnMut(&mut Self, T)) {
        if elements.is_empty() {
            return;
        }
        self.tokens.expect(Kind::Less);
        self.joined(elements, Kind::Comma, print);
        self.comma_left_out();
        self.tokens.expect_part(Kind::Greater, 1);
    }
}
