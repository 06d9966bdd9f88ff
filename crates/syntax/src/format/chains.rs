//! Calls, fields and elements one behind the other, and what may break while the line around it does not.

use super::Printer;
use super::doc::{Flat, Op};
use super::lists::Style;
use pluto_source::Span;

use crate::token::Kind;
use crate::tree::{Argument, Expr, ExprId, List};

/// A name so short that the first call is on its line: what is below begins behind it.
const SHORT: usize = 4;

impl Printer<'_> {
    /// A chain: where it has two or more calls of methods and no room, each has its line.
    pub(super) fn chain(&mut self, id: ExprId) {
        let mut links = vec![id];
        let mut base = id;
        while let Some(inner) = self.link_base(base) {
            links.push(inner);
            base = inner;
        }
        links.pop();
        links.reverse();
        let calls: Vec<usize> = (0..links.len()).filter(|at| self.is_method_call(&links, *at)).collect();
        let breaks = match calls.as_slice() {
            [] | [_] => &[],
            [first, rest @ ..] if self.is_short_start(base, *first, &links) => rest,
            calls => calls,
        };
        let grouped = calls.len() > 1 && !breaks.is_empty();
        if grouped {
            self.tokens.group();
        }
        self.base(base);
        if grouped {
            self.tokens.indent_if_broken(1);
        }
        let last_call = calls.last().copied();
        let mut after_mark = false;
        for (at, link) in links.iter().enumerate() {
            if grouped && breaks.binary_search(&at).is_ok() {
                self.tokens.line(Flat::Nothing);
            }
            if grouped && last_call == Some(at) {
                self.hug(id);
            }
            // Together they would be another operator.
            let mark = matches!(self.nodes[*link], Expr::Try(_));
            if after_mark && (mark || matches!(self.nodes[*link], Expr::Field { .. })) {
                self.tokens.space();
            }
            after_mark = mark;
            self.link(*link);
        }
        if grouped {
            self.tokens.ops.push(Op::Dedent);
            self.tokens.end_group();
        }
    }

    fn base(&mut self, id: ExprId) {
        self.operands(id, 1);
    }

    fn link_base(&self, id: ExprId) -> Option<ExprId> {
        match self.nodes[id] {
            Expr::Call { callee: base, .. }
            | Expr::Index { base, .. }
            | Expr::Field { base, .. }
            | Expr::Apply { base, .. }
            | Expr::Try(base)
            | Expr::Propagate(base)
            | Expr::Later(base) => Some(base),
            _ => None,
        }
    }

    /// Whether `.name`, with type arguments or without, is called. A line cannot begin with the number of an element.
    fn is_method_call(&self, links: &[ExprId], at: usize) -> bool {
        let is = |at: usize| links.get(at).map(|id| self.nodes[*id]);
        let Some(Expr::Field { name, .. }) = is(at) else { return false };
        let called = if matches!(is(at + 1), Some(Expr::Apply { .. })) { at + 2 } else { at + 1 };
        let number = name.span.of(self.source).starts_with(|c: char| c.is_ascii_digit());
        matches!(is(called), Some(Expr::Call { .. })) && !number
    }

    /// Whether what stands before the first call is short, or the name of a type or a module: the first call stays with it.
    fn is_short_start(&self, base: ExprId, first_call: usize, links: &[ExprId]) -> bool {
        let before = links.get(..first_call).unwrap_or_default();
        let fields = before.iter().all(|link| matches!(self.nodes[*link], Expr::Field { .. }));
        if !fields || !matches!(self.nodes[base], Expr::Name(_) | Expr::SelfValue) {
            return false;
        }
        let start = self.nodes.span(base);
        let text = start.of(self.source);
        let last = before.last().map_or(text, |link| match self.nodes[*link] {
            Expr::Field { name, .. } => name.span.of(self.source),
            _ => text,
        });
        let end = before.last().map_or(start.end, |link| self.nodes.span(*link).end);
        // Lines may break in between now, and will not then.
        let written = Span::new(start.start, end).of(self.source);
        let width = written.chars().filter(|char| !char.is_whitespace()).count();
        last.starts_with(char::is_uppercase) || width <= SHORT
    }

    fn link(&mut self, id: ExprId) {
        let nodes = self.nodes;
        match nodes[id] {
            Expr::Call { arguments, .. } => self.arguments(arguments),
            Expr::Index { index, .. } => {
                let style = Style { last_comma: false, ..Style::TIGHT };
                self.list(&[index], style, |printer, index| printer.operands(index, 0));
            }
            Expr::Field { base, name, .. } => {
                // A line that begins with `.0` would begin with a number, and one that ends with `1.` end with one; `1.5` is one.
                let (before, behind) = (self.tokens.is_commented(0), self.tokens.is_commented(1));
                let place = name.span.of(self.source).starts_with(|first: char| first.is_ascii_digit());
                let number = place && matches!(nodes[base], Expr::Int(_));
                if behind || number {
                    self.tokens.space();
                }
                self.tokens.token();
                if before && self.tokens.is(Kind::Int) {
                    self.tokens.space();
                }
                self.tokens.token();
            }
            Expr::Apply { arguments, .. } => self.type_arguments(arguments),
            Expr::Try(_) => self.tokens.expect(Kind::Question),
            Expr::Propagate(_) => self.tokens.expect(Kind::Bang),
            Expr::Later(_) => {
                self.tokens.space();
                self.tokens.token();
            }
            _ => {}
        }
    }

    fn arguments(&mut self, arguments: List<Argument>) {
        let nodes = self.nodes;
        let arguments = nodes.list(arguments);
        let hugs_last =
            arguments.last().and_then(|last| self.hugged_argument(last.value, arguments.len() == 1));
        let style = Style { hugs_last, ..Style::TIGHT };
        self.list(arguments, style, |printer, argument| {
            if argument.name.is_some() {
                printer.tokens.token();
                printer.tokens.expect(Kind::Colon);
                printer.value(argument.value);
            } else {
                printer.expr(argument.value);
            }
        });
    }

    /// The part of the last argument that may break while the others are on one line.
    fn hugged_argument(&self, id: ExprId, only: bool) -> Option<ExprId> {
        match self.nodes[id] {
            Expr::Tuple(_) | Expr::Array(_) | Expr::Map(_) if !only => None,
            _ => self.block_of(id),
        }
    }

    /// The part of an expression with the brackets at which it breaks, where they are at its end.
    pub(super) fn block_of(&self, id: ExprId) -> Option<ExprId> {
        let mut id = id;
        loop {
            id = match self.nodes[id] {
                Expr::Array(list) if !list.is_empty() => return Some(id),
                Expr::Map(list) if !list.is_empty() => return Some(id),
                Expr::Class { fields, .. } if !fields.is_empty() => return Some(id),
                Expr::Tuple(_) | Expr::Block(_) | Expr::If { .. } | Expr::Match { .. } => return Some(id),
                Expr::Scope(_) | Expr::Select(_) | Expr::Loop { .. } => return Some(id),
                Expr::Closure { body, .. } => body,
                Expr::Spawn(inner) | Expr::Propagate(inner) | Expr::Try(inner) | Expr::Later(inner) => inner,
                Expr::Call { arguments, .. } => self.nodes.list(arguments).last()?.value,
                _ => return None,
            };
        }
    }

    /// From here on the innermost group may break at the end of this expression while its own lines are flat.
    pub(super) fn hug(&mut self, id: ExprId) {
        if let Some(part) = self.block_of(id) {
            self.hugged = Some(part);
            self.tokens.hug_from_here();
        }
    }

    /// Whether this is the part at which a group around may break.
    pub(super) fn takes_hug(&self, id: ExprId) -> bool {
        self.hugged == Some(id)
    }

    /// How the brackets of an array, a map or a tuple are laid out.
    pub(super) fn bracket_style(&self, id: ExprId, last: Option<ExprId>) -> Style {
        let only_one = matches!(self.nodes[id], Expr::Array(list) if list.len() == 1);
        let hugs_last = last.filter(|_| only_one).and_then(|last| self.block_of(last));
        let between = if self.is_all_numbers(id) { Flat::Fill } else { Flat::Space };
        Style { hugged: self.takes_hug(id), hugs_last, between, ..Style::TIGHT }
    }

    /// Whether it is an array of numbers: as many as have room stand on a line.
    fn is_all_numbers(&self, id: ExprId) -> bool {
        let Expr::Array(elements) = self.nodes[id] else { return false };
        if self.tokens.has_block_comments(self.nodes.span(id)) {
            return false;
        }
        self.nodes.list(elements).iter().all(|element| match self.nodes[*element] {
            Expr::Int(_) | Expr::Float(_) | Expr::Duration(_) => true,
            Expr::Unary { operand, .. } => matches!(self.nodes[operand], Expr::Int(_) | Expr::Float(_)),
            _ => false,
        })
    }
}
