//! Patterns.

use super::Printer;
use super::doc::{Flat, Op};
use super::lists::Style;
use crate::token::Kind;
use crate::tree::{FieldPattern, List, Pattern, PatternId};

impl Printer<'_> {
    pub(super) fn pattern(&mut self, id: PatternId) {
        let nodes = self.nodes;
        let span = nodes.span(id);
        // Parentheses that only group are no nodes: they are around this pattern where they end behind it.
        let tuple = matches!(nodes[id], Pattern::Tuple(_)).then_some(span.start);
        let mut parens = 0_u32;
        while self.tokens.is(Kind::LeftParen)
            && tuple != Some(self.tokens.start())
            && self.tokens.close() >= span.end
        {
            self.tokens.token();
            parens += 1;
        }
        self.plain_pattern(id);
        for _ in 0..parens {
            self.comma_left_out();
            self.tokens.expect(Kind::RightParen);
        }
    }

    fn plain_pattern(&mut self, id: PatternId) {
        let nodes = self.nodes;
        match nodes[id] {
            Pattern::Any | Pattern::Wrong => self.tokens.token(),
            Pattern::Rest(name) => {
                self.tokens.expect(Kind::DotDot);
                if name.is_some() {
                    self.tokens.token();
                }
            }
            Pattern::Bind { ty, .. } => {
                self.tokens.token();
                if let Some(ty) = ty {
                    self.word(Kind::Colon);
                    self.ty(ty);
                }
            }
            Pattern::Literal(literal) => self.expr(literal),
            Pattern::Range { from, to, .. } => {
                self.expr(from);
                self.tokens.token();
                self.expr(to);
            }
            Pattern::Tuple(patterns) => self.list(nodes.list(patterns), Style::TIGHT, Self::pattern),
            Pattern::Array(patterns) => {
                let patterns = nodes.list(patterns);
                let rest = patterns.last().is_some_and(|last| matches!(nodes[*last], Pattern::Rest(_)));
                self.list(patterns, Style { last_comma: !rest, ..Style::TIGHT }, Self::pattern);
            }
            Pattern::Map(entries) if entries.is_empty() => {
                self.tokens.token();
                self.tokens.token();
                self.tokens.token();
            }
            Pattern::Map(entries) => self.list(nodes.list(entries), Style::TIGHT, |printer, entry| {
                printer.expr(entry.key);
                printer.word(Kind::Colon);
                printer.pattern(entry.value);
            }),
            Pattern::Variant { path, fields, rest } => {
                self.path(path);
                if self.tokens.is(Kind::LeftParen) {
                    self.field_patterns(fields, rest.is_some(), Style::TIGHT);
                }
            }
            Pattern::Class { path, fields, rest } => {
                self.path(path);
                self.tokens.space();
                self.field_patterns(fields, rest.is_some(), Style::PADDED);
            }
            Pattern::Or(patterns) => self.alternatives(nodes.list(patterns)),
        }
    }

    fn alternatives(&mut self, patterns: &[PatternId]) {
        self.tokens.group();
        for (number, pattern) in patterns.iter().enumerate() {
            if number > 0 {
                self.tokens.space();
                self.tokens.expect(Kind::Pipe);
                self.tokens.line(Flat::Space);
            }
            self.pattern(*pattern);
            if number == 0 {
                self.tokens.indent_if_broken(1);
            }
        }
        self.tokens.ops.push(Op::Dedent);
        self.tokens.end_group();
    }

    fn field_patterns(&mut self, fields: List<FieldPattern>, rest: bool, style: Style) {
        let fields = self.nodes.list(fields).iter().map(|field| Some(*field));
        let elements: Vec<Option<FieldPattern>> = fields.chain(rest.then_some(None)).collect();
        self.list(&elements, Style { last_comma: !rest, ..style }, |printer, field| match field {
            Some(field) => printer.field_pattern(field),
            None => printer.tokens.expect(Kind::DotDot),
        });
    }

    fn field_pattern(&mut self, field: FieldPattern) {
        if field.name.is_some() {
            self.tokens.token();
            if field.pattern.is_some() {
                self.word(Kind::Colon);
            }
        }
        if let Some(pattern) = field.pattern {
            self.pattern(pattern);
        }
    }
}
