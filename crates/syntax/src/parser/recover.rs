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

/// Whether one bracket closes the other.
const fn matches(open: Kind, close: Kind) -> bool {
    matches!(
        (open, close),
        (Kind::LeftParen, Kind::RightParen)
            | (Kind::LeftBracket, Kind::RightBracket)
            | (Kind::LeftBrace, Kind::RightBrace)
            | (Kind::HoleOpen, Kind::HoleClose)
            | (Kind::FStart, Kind::FEnd)
    )
}

/// Bytes before a token in which its line's beginning is looked for.
const LINE: usize = 200;

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

    /// Whether the brace that was opened there has no end: some brace in the file has none, and the line here is not indented more
    /// than the line of that one.
    pub(super) fn is_outdented(&self, open: Span) -> bool {
        self.braces > 0
            && self.newline
            && !self.at(Kind::RightBrace)
            && self.indent(self.start) <= self.indent(open.start)
    }

    /// Keeps account of the brackets that are open, at the current token.
    pub(super) fn count_bracket(&mut self, at: u32) {
        match self.kind {
            Kind::LeftBrace => {
                self.open.push((Kind::LeftBrace, at));
                self.open_braces.push(at);
            }
            kind if opens(kind) => self.open.push((kind, at)),
            // What is open in it has no end.
            Kind::RightBrace => {
                self.open_braces.pop();
                while self.open.pop().is_some_and(|(open, _)| open != Kind::LeftBrace) {}
            }
            Kind::HoleClose | Kind::FEnd => {
                while self.open.pop().is_some_and(|(open, _)| !matches(open, self.kind)) {}
            }
            kind if closes(kind) => {
                self.open.pop();
            }
            _ => {}
        }
    }

    /// Whether a bracket closes none that can be meant, so that the parser need not see it: a `)` or `]` where a brace is the innermost
    /// open one. Of a `}`, where some in the file closes none, also one that is indented more than the line of the innermost open
    /// brace, and one inside a line where that brace is on another.
    pub(super) fn is_stray(&self, kind: Kind, end: u32) -> bool {
        match kind {
            Kind::RightParen | Kind::RightBracket => {
                let mut around = self.open.iter().rev().map(|(open, _)| *open);
                return match around.next() {
                    None | Some(Kind::HoleOpen) => true,
                    // Of braces and what they are in, the brace may be the one that is wrong.
                    Some(Kind::LeftBrace) => {
                        self.braces <= 0 || !around.next().is_some_and(|open| matches(open, kind))
                    }
                    Some(_) => false,
                };
            }
            Kind::RightBrace if self.braces < 0 => {}
            _ => return false,
        }
        let Some(open) = self.open_braces.last() else { return true };
        if self.newline {
            return self.indent(end) > self.indent(*open);
        }
        self.line(end).is_some_and(|line| line > *open as usize)
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

    /// Whether the next line is indented as a block without its brace, and its end is there.
    pub(super) fn is_indented_block(&self) -> bool {
        self.braces < 0 && self.newline && self.indent(self.start) > self.indent(self.previous_end)
    }

    /// The brace that must come. Where it is missing, says so and goes on behind what stands in its place: at a brace on the line,
    /// or on the next line where that is indented as if there were one, and its end is there.
    pub(super) fn open_brace(&mut self, expected: Expected) -> Option<Span> {
        if !self.at(Kind::LeftBrace) {
            self.expected(expected);
            while !self.newline && !closes(self.kind) && !self.at(Kind::LeftBrace) && !self.at(Kind::End) {
                self.skip_group();
            }
            if self.newline || !self.at(Kind::LeftBrace) {
                if !self.is_indented_block() {
                    return None;
                }
                self.braces += 1;
                self.open.push((Kind::LeftBrace, self.previous_end));
                self.open_braces.push(self.previous_end);
                return Some(self.nothing());
            }
        }
        self.recovering = false;
        Some(self.bump())
    }

    /// Where the line of a byte begins, unless that is further away than in what people write.
    fn line(&self, at: u32) -> Option<usize> {
        let before = self.source.as_bytes().get(..at as usize).unwrap_or_default();
        let near = before.len().saturating_sub(LINE);
        let end = before.get(near..).unwrap_or_default().iter().rposition(|byte| *byte == b'\n');
        end.map(|end| near + end + 1).or((near == 0).then_some(0))
    }

    /// How much white space the line of a byte begins with.
    fn indent(&self, at: u32) -> usize {
        let line = self.line(at).and_then(|line| self.source.as_bytes().get(line..)).unwrap_or_default();
        line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
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

    /// Whether a bracket is closed here.
    pub(super) fn at_closing(&self) -> bool {
        closes(self.kind)
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
    fn list_is_unclosed(&self, open: Span) -> bool {
        let next_line = || begins_statement(self.kind) || self.indent(self.start) <= self.indent(open.start);
        closes(self.kind) || matches!(self.kind, Kind::End | Kind::LeftBrace) || (self.newline && next_line())
    }

    /// Whether something has been said about the line of a brace.
    fn is_said(&self, brace: u32) -> bool {
        let Some(line) = self.line(brace) else { return false };
        self.errors.recent().any(|span| {
            let text = Span::new(brace.min(span.start), brace.max(span.start)).of(self.source);
            span.start as usize >= line && text.len() <= LINE && !text.contains('\n')
        })
    }

    /// A bracket that is open has no end.
    fn forget(&mut self, open: u32, close: Kind) {
        if close == Kind::RightBrace && self.open_braces.last() == Some(&open) {
            self.open_braces.pop();
        }
        if let Some(at) = self.open.iter().rposition(|(_, at)| *at == open) {
            self.open.truncate(at);
        }
    }

    /// Takes the bracket that closes another, or says that it is missing.
    pub(super) fn close(&mut self, open: Span, close: Kind) -> bool {
        if self.eat(close).is_some() {
            self.recovering = false;
            return true;
        }
        self.forget(open.start, close);
        let end = self.nothing();
        // Another bracket may stand in its place by mistake.
        let instead = matches!(self.kind, Kind::RightParen | Kind::RightBracket);
        // A brace too many has been said where it stands.
        if close == Kind::RightBrace && self.is_said(open.start) {
            self.recovering = true;
        }
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
