//! Lists in brackets, and lists in braces with an element a line.

use super::Printer;
use super::doc::{Flat, Op};
use crate::token::Kind;
use crate::tree::ExprId;

/// How a list in brackets is laid out.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// What is between two elements where all is on one line.
    pub(super) between: Flat,
    /// What is behind the opening and before the closing bracket where all is on one line.
    pub(super) pad: Flat,
    /// Whether a comma follows the last element where each has its line.
    pub(super) last_comma: bool,
    /// The part of the last element that may break while the list is on one line.
    pub(super) hugs_last: Option<ExprId>,
    /// Whether a group around may break at the lines of this one.
    pub(super) hugged: bool,
}

impl Style {
    /// `(a, b)`.
    pub(super) const TIGHT: Self =
        Self { between: Flat::Space, pad: Flat::Nothing, last_comma: true, hugs_last: None, hugged: false };
    /// `{ a, b }`.
    pub(super) const PADDED: Self = Self { pad: Flat::Space, ..Self::TIGHT };
}

impl Printer<'_> {
    /// A list between two brackets with commas between its elements.
    pub(super) fn list<T: Copy>(
        &mut self,
        elements: &[T],
        style: Style,
        mut print: impl FnMut(&mut Self, T),
    ) {
        self.begin_list(style, elements.is_empty());
        let last = elements.len().wrapping_sub(1);
        for (number, element) in elements.iter().enumerate() {
            if number > 0 {
                self.tokens.line_between(style.between);
            }
            if number == last
                && let Some(part) = style.hugs_last
            {
                self.hugged = Some(part);
                self.tokens.hug_from_here();
            }
            self.tokens.comments_before(false);
            print(self, *element);
            if number < last {
                self.tokens.expect(Kind::Comma);
            }
        }
        self.end_list(style, elements.is_empty());
    }

    fn begin_list(&mut self, style: Style, empty: bool) {
        if style.hugged {
            self.tokens.hugged_group();
        } else {
            self.tokens.group();
        }
        self.tokens.token();
        self.tokens.indent_if_broken(1);
        if !empty {
            self.tokens.line(style.pad);
        }
    }

    fn end_list(&mut self, style: Style, empty: bool) {
        self.comma_left_out();
        if style.last_comma && !empty {
            self.tokens.ops.push(Op::CommaIfBroken);
        }
        self.tokens.comments_before(!empty);
        self.tokens.ops.push(Op::Dedent);
        if !empty {
            self.tokens.line(style.pad);
        }
        self.tokens.token();
        self.tokens.end_group();
    }

    /// Elements in braces. On one line, where they were on one and there is room, they have commas between them; otherwise each has its
    /// line and no comma.
    pub(super) fn members<T: Copy>(&mut self, elements: &[T], mut print: impl FnMut(&mut Self, T)) {
        let one_line = self.tokens.is_one_line() && !elements.is_empty();
        self.begin_braces(one_line, elements.is_empty());
        for (number, element) in elements.iter().enumerate() {
            if number > 0 {
                self.line_in_braces(one_line, true);
            }
            self.tokens.comments_before(false);
            print(self, *element);
            let comma = self.tokens.is(Kind::Comma);
            self.comma_left_out();
            if comma && one_line && number + 1 < elements.len() {
                self.tokens.ops.push(Op::CommaIfFlat);
            }
        }
        self.end_braces(one_line, elements.is_empty());
    }

    /// The opening brace of a list in braces, or of a block.
    pub(super) fn begin_braces(&mut self, one_line: bool, empty: bool) {
        if one_line || empty {
            self.tokens.hugged_group();
        }
        self.tokens.expect(Kind::LeftBrace);
        self.open_braces(one_line, empty);
    }

    /// What follows an opening brace.
    pub(super) fn open_braces(&mut self, one_line: bool, empty: bool) {
        if one_line || empty {
            self.tokens.indent_if_broken(1);
        } else {
            self.tokens.ops.push(Op::Indent);
        }
        if !empty {
            self.line_in_braces(one_line, false);
        }
    }

    pub(super) fn line_in_braces(&mut self, one_line: bool, between: bool) {
        let flat = if one_line { Flat::Space } else { Flat::Never };
        if between {
            self.tokens.line_between(flat);
        } else {
            self.tokens.line(flat);
        }
    }

    pub(super) fn end_braces(&mut self, one_line: bool, empty: bool) {
        self.close_braces(one_line, empty);
        if one_line || empty {
            self.tokens.end_group();
        }
    }

    /// What comes before a closing brace, and the brace.
    pub(super) fn close_braces(&mut self, one_line: bool, empty: bool) {
        self.tokens.comments_before(!empty);
        let commented = self.tokens.is_behind_comment();
        self.tokens.ops.push(Op::Dedent);
        if !empty {
            self.line_in_braces(one_line, false);
        } else if commented {
            self.tokens.space();
        }
        self.tokens.expect(Kind::RightBrace);
    }
}
