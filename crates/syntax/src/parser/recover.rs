//! Getting in step again.

use pluto_source::Span;

use super::Parser;
use super::brackets::{closes, matches, opens};
use crate::error::{Expected, Fact};
use crate::token::Kind;

/// Whether a statement, and no operand of another, begins with it.
const fn begins_statement(kind: Kind) -> bool {
    use Kind::{Assert, Class, Const, Defer, Enum, Fn, For, Impl, Import, Let, Pub, Return, Trait, While};
    matches!(
        kind,
        Let | Fn | Class | Const | Defer | Enum | For | Impl | Import | Pub | Return | Trait | While | Assert
    )
}

impl Parser<'_> {
    /// Takes a group of brackets, or one token. A group ends before a bracket of the wrong kind, and before what shows that its
    /// end is missing.
    pub(super) fn skip_group(&mut self) {
        let mut open = Vec::new();
        let (around, braces_around) = (self.open.len(), self.open_braces.len());
        loop {
            if opens(self.kind) {
                open.push((self.kind, self.start));
            } else if closes(self.kind) {
                open.pop();
            }
            self.bump();
            let Some((innermost, at)) = open.last().copied() else { return };
            let in_block = matches!(innermost, Kind::LeftBrace | Kind::HoleOpen | Kind::FStart);
            let broken = self.newline
                && (self.at_item_margin()
                    || (!in_block && begins_statement(self.kind))
                    || (innermost == Kind::LeftBrace && self.is_outdented(Span::empty(at))));
            if broken || self.at(Kind::End) || (closes(self.kind) && !matches(innermost, self.kind)) {
                self.open.truncate(around);
                self.open_braces.truncate(braces_around);
                return;
            }
        }
    }

    /// Whether what is between braces goes on here.
    pub(super) fn goes_on(&mut self, open: Span) -> bool {
        self.skip_what_is_unknown();
        let closes =
            matches!(self.kind, Kind::RightBrace | Kind::RightParen | Kind::RightBracket | Kind::End);
        !closes && !self.is_outdented(open)
    }

    /// Behind a line that ends in a string without an end: passes over what belongs to it.
    pub(super) fn skip_what_is_unknown(&mut self) {
        if self.newline && self.unknown > self.previous_end {
            self.skip_indented(self.unknown);
        }
    }

    /// Passes over the rest of what is in the innermost brackets, or of the line where lines end.
    pub(super) fn skip_rest_of_group(&mut self) {
        while !closes(self.kind) && !self.at(Kind::End) {
            self.skip_group();
            if self.line_ends() {
                break;
            }
        }
    }

    /// Passes over the rest of a statement, a field or an arm, and says whether there was a `=>` in it.
    pub(super) fn skip_rest_of_line(&mut self, or: Kind) -> bool {
        let mut arrow = false;
        while !self.line_ends() && !self.at(or) && !self.at(Kind::RightBrace) && !self.at(Kind::End) {
            arrow |= self.at(Kind::FatArrow);
            self.skip_group();
        }
        arrow
    }

    /// Passes over the rest of a block, to its end.
    pub(super) fn skip_rest_of_block(&mut self) {
        while !self.at(Kind::RightBrace) && !self.at(Kind::End) && !self.at_item_margin() {
            self.skip_group();
        }
    }

    /// Behind a line that was not understood: passes over lines that are indented more, which belong to it, and over a brace for it.
    pub(super) fn skip_indented(&mut self, line: u32) {
        let indent = self.indent(line);
        let mut skipped = false;
        while self.newline && !self.at(Kind::End) && self.indent(self.start) > indent {
            skipped = true;
            self.skip_group();
            while !self.newline && !self.at(Kind::End) {
                self.skip_group();
            }
        }
        if skipped && self.is_end_too_many(indent) {
            self.braces += 1;
            self.bump();
        }
    }

    fn is_end_too_many(&self, indent: usize) -> bool {
        self.braces < 0 && self.newline && self.at(Kind::RightBrace) && self.indent(self.start) == indent
    }

    /// Passes over what is no declaration, to the next.
    pub(super) fn skip_to_item(&mut self) {
        while !self.at(Kind::End) {
            self.skip_group();
            if self.newline && (self.begins_item() || self.begins_foreign_item()) {
                break;
            }
        }
    }

    fn begins_foreign_item(&self) -> bool {
        let word = if self.at(Kind::Name) { super::names::foreign_word(self.text()) } else { None };
        matches!(word, Some((_, "fn" | "class" | "enum" | "trait" | "pub" | ""))) && self.peek(1) != Kind::Dot
    }

    /// Whether a declaration begins here that stands at the margin, as declarations do and nothing in a block does.
    pub(super) fn at_item_margin(&self) -> bool {
        self.at_margin() && self.begins_item()
    }

    /// Neither a comma nor the end has come in a list: says so, and whether there is another element.
    pub(super) fn next_element(&mut self, open: Span, close: Kind) -> bool {
        if self.list_is_unclosed(open) {
            return false;
        }
        // There is one index.
        let none = close == Kind::RightBracket && self.at(Kind::Comma);
        self.expected(if none { Expected::Token(close) } else { Expected::Either(Kind::Comma, close) });
        let lone = self.at(Kind::Name)
            && (matches!(self.peek(1), Kind::Comma | Kind::Colon) || self.peek(1) == close);
        if (self.newline && begins_operand(self.kind)) || (lone && !none) {
            return true;
        }
        while !self.at(close) && !self.at(Kind::Comma) && !closes(self.kind) && !self.at(Kind::End) {
            if self.newline && begins_statement(self.kind) {
                break;
            }
            self.skip_group();
        }
        if self.eat(Kind::Comma).is_some() {
            self.recovering = false;
            return true;
        }
        false
    }

    /// Whether what is here can be no part of a list: its end is missing.
    fn list_is_unclosed(&self, open: Span) -> bool {
        let next_line = || begins_statement(self.kind) || self.indent(self.start) <= self.indent(open.start);
        closes(self.kind) || matches!(self.kind, Kind::End | Kind::LeftBrace) || (self.newline && next_line())
    }

    /// A closing bracket that nothing opens, at the beginning of a statement: says so and takes it.
    pub(super) fn unopened(&mut self) {
        let kind = self.kind;
        self.error(self.span(), Fact::Unopened(kind));
        self.bump();
    }
}

/// Whether an expression can begin with it.
pub(super) const fn begins_operand(kind: Kind) -> bool {
    use Kind::{
        Atom, Break, Continue, Duration, FStart, False, Float, For, If, Int, LeftBrace, LeftBracket,
        LeftParen, Loop, Match, Minus, Name, None, Not, Raise, Return, Scope, Select, SelfValue, Spawn,
        String, Tilde, True, While, Yield,
    };
    matches!(
        kind,
        Name | Int
            | Float
            | Duration
            | Atom
            | String
            | FStart
            | None
            | True
            | False
            | SelfValue
            | LeftParen
            | LeftBracket
            | LeftBrace
            | Minus
            | Tilde
            | Not
            | If
            | Match
            | For
            | While
            | Loop
            | Scope
            | Select
            | Spawn
            | Break
            | Continue
            | Return
            | Raise
            | Yield
    )
}
