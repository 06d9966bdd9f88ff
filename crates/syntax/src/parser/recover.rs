//! Getting in step again.

use pluto_source::Span;

use super::Parser;
use crate::error::{Expected, Fact};
use crate::token::Kind;

const fn opens(kind: Kind) -> bool {
    matches!(kind, Kind::LeftParen | Kind::LeftBracket | Kind::LeftBrace | Kind::HoleOpen | Kind::FStart)
}

const fn closes(kind: Kind) -> bool {
    matches!(kind, Kind::RightParen | Kind::RightBracket | Kind::RightBrace | Kind::HoleClose | Kind::FEnd)
}

/// Whether a statement, and no operand of another, begins with it.
const fn begins_statement(kind: Kind) -> bool {
    use Kind::{Assert, Class, Const, Defer, Enum, Fn, For, Impl, Import, Let, Pub, Return, Trait, While};
    matches!(
        kind,
        Let | Fn | Class | Const | Defer | Enum | For | Impl | Import | Pub | Return | Trait | While | Assert
    )
}

impl Parser<'_> {
    /// Takes a group of brackets, or one token.
    pub(super) fn skip_group(&mut self) {
        let mut depth = 0_u32;
        loop {
            if opens(self.kind) {
                depth += 1;
            } else if closes(self.kind) {
                depth = depth.saturating_sub(1);
            }
            self.bump();
            if depth == 0 || self.at(Kind::End) || (self.newline && self.at_item_margin()) {
                return;
            }
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

    /// Passes over the rest of a statement, a field or an arm.
    pub(super) fn skip_rest_of_line(&mut self, or: Kind) {
        while !self.line_ends() && !self.at(or) && !self.at(Kind::RightBrace) && !self.at(Kind::End) {
            self.skip_group();
        }
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

    /// Whether a bracket is closed here.
    pub(super) fn at_closing(&self) -> bool {
        closes(self.kind)
    }

    /// Whether a declaration begins here that stands at the margin, as declarations do and nothing in a block does.
    pub(super) fn at_item_margin(&self) -> bool {
        self.at_margin() && self.begins_item()
    }

    /// Neither a comma nor the end has come in a list: says so, and whether there is another element.
    pub(super) fn next_element(&mut self, close: Kind) -> bool {
        if self.list_is_unclosed() {
            return false;
        }
        self.expected(Expected::Either(Kind::Comma, close));
        if self.newline && begins_operand(self.kind) {
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
    fn list_is_unclosed(&self) -> bool {
        closes(self.kind)
            || matches!(self.kind, Kind::End | Kind::LeftBrace)
            || (self.newline && begins_statement(self.kind))
    }

    /// Takes the bracket that closes another, or says that it is missing.
    pub(super) fn close(&mut self, open: Span, close: Kind) -> bool {
        if self.eat(close).is_some() {
            self.recovering = false;
            return true;
        }
        let end = self.nothing();
        // Another bracket may stand in its place by mistake.
        let instead = matches!(self.kind, Kind::RightParen | Kind::RightBracket);
        self.error(end, Fact::Unclosed { close, open, instead });
        // The rest of the line belongs to what is in the brackets, if the bracket that was meant is on it.
        while !self.newline && !closes(self.kind) && !self.at(Kind::End) && !self.at(Kind::LeftBrace) {
            self.skip_group();
        }
        if self.eat(close).is_some() {
            self.recovering = false;
        }
        false
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
