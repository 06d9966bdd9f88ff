//! Brackets: which are open, which are missing, and which are too many.
//!
//! The braces of a file are counted before it is read. Where some have no end, the first line that is not indented as it would be
//! inside a brace shows which; where there are ends too many, one that is not where the end of the innermost brace would be is
//! passed over. A file whose braces match is read without a look at its indentation.

use pluto_source::Span;

use super::Parser;
use crate::error::{Expected, Fact};
use crate::token::Kind;

pub(super) const fn opens(kind: Kind) -> bool {
    matches!(kind, Kind::LeftParen | Kind::LeftBracket | Kind::LeftBrace | Kind::HoleOpen | Kind::FStart)
}

pub(super) const fn closes(kind: Kind) -> bool {
    matches!(kind, Kind::RightParen | Kind::RightBracket | Kind::RightBrace | Kind::HoleClose | Kind::FEnd)
}

/// Whether one bracket closes the other.
pub(super) const fn matches(open: Kind, close: Kind) -> bool {
    matches!(
        (open, close),
        (Kind::LeftParen, Kind::RightParen)
            | (Kind::LeftBracket, Kind::RightBracket)
            | (Kind::LeftBrace, Kind::RightBrace)
            | (Kind::HoleOpen, Kind::HoleClose)
            | (Kind::FStart, Kind::FEnd)
    )
}

/// Bytes before a token in which its line's beginning is looked for, and behind one, its end.
pub(super) const LINE: usize = 200;

impl Parser<'_> {
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
                let inside = |open: &mut (Kind, u32)| !matches!(open.0, Kind::LeftBrace | Kind::HoleOpen);
                while self.open.pop_if(inside).is_some_and(|(open, _)| !matches(open, kind)) {}
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
    pub(super) fn indent(&self, at: u32) -> usize {
        let line = self.line(at).and_then(|line| self.source.as_bytes().get(line..)).unwrap_or_default();
        line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
    }

    /// Whether a bracket is closed here.
    pub(super) fn at_closing(&self) -> bool {
        closes(self.kind)
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
}
