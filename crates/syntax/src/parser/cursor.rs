//! The current token, and those around it.

use pluto_source::Span;

use super::brackets::closes;
use super::{Context, Parser};
use crate::error::{Expected, Fact};
use crate::token::{Kind, Token};
use crate::tree::Name;

impl<'s> Parser<'s> {
    /// Makes the first token that is no trivia, from there on, the current one.
    pub(super) fn settle(&mut self, mut at: usize) {
        self.newline = false;
        let end = Token { kind: Kind::End, start: self.source.len() as u32 };
        loop {
            let Token { kind, start } = self.tokens.get(at).copied().unwrap_or(end);
            if kind.is_trivia() {
                match kind {
                    Kind::Newline | Kind::Semicolon => self.newline = true,
                    Kind::Unknown => self.unknown_token(at, start),
                    _ => {}
                }
            } else if !closes(kind) || !self.is_stray(kind, start) {
                (self.kind, self.start, self.at) = (kind, start, at);
                return;
            } else {
                self.stray(kind, start);
            }
            at += 1;
        }
    }

    /// A bracket that closes nothing is passed over.
    #[cold]
    fn stray(&mut self, kind: Kind, start: u32) {
        if kind == Kind::RightBrace {
            self.braces += 1;
            if self.swallowed > 0 {
                self.swallowed -= 1;
                return;
            }
        }
        self.note(Span::new(start, start + 1), Fact::Unopened(kind));
    }

    /// The lexer has said that this means nothing: what the parser would say about the rest of the line is an echo.
    #[cold]
    fn unknown_token(&mut self, at: usize, start: u32) {
        let end = self.tokens.get(at + 1).map_or(start, |next| next.start);
        self.quiet_line(end);
        let text = Span::new(start, end).of(self.source);
        if text.is_empty() || text.starts_with(['"', 'f']) {
            self.swallowed += text.matches('{').count();
            self.unknown = self.line_end(start);
        }
    }

    /// Where the current token ends.
    pub(super) fn end(&self) -> u32 {
        self.tokens.get(self.at + 1).map_or(self.source.len() as u32, |next| next.start)
    }

    /// The span of the current token.
    pub(super) fn span(&self) -> Span {
        Span::new(self.start, self.end())
    }

    /// The text of the current token.
    pub(super) fn text(&self) -> &'s str {
        self.span().of(self.source)
    }

    /// Goes on to the next token, and says where this one was. The end of the file stays.
    pub(super) fn bump(&mut self) -> Span {
        let span = self.span();
        if self.kind != Kind::End {
            self.previous_end = span.end;
            self.count_bracket(span.start);
            self.settle(self.at + 1);
        }
        span
    }

    /// What has been read since a token began; empty where nothing has.
    pub(super) fn since(&self, start: u32) -> Span {
        Span::new(start.min(self.previous_end), self.previous_end)
    }

    /// The same for something that begins with a name, which may be missing.
    pub(super) fn since_name(&self, start: u32, name: Name) -> Span {
        self.since(start.min(name.span.start))
    }

    /// No text, behind what has been read.
    pub(super) fn nothing(&self) -> Span {
        Span::empty(self.previous_end)
    }

    pub(super) fn at(&self, kind: Kind) -> bool {
        self.kind == kind
    }

    /// Whether the current token is this word, which is no keyword elsewhere.
    pub(super) fn at_word(&self, word: &str) -> bool {
        self.kind == Kind::Name && self.text() == word
    }

    pub(super) fn eat(&mut self, kind: Kind) -> Option<Span> {
        (self.kind == kind).then(|| self.bump())
    }

    pub(super) fn eat_word(&mut self, word: &str) -> Option<Span> {
        self.at_word(word).then(|| self.bump())
    }

    /// Takes a token that must come: the parser is in step with it.
    pub(super) fn expect(&mut self, kind: Kind) -> bool {
        if self.kind == kind {
            self.bump();
            self.recovering = false;
            return true;
        }
        self.expected(Expected::Token(kind));
        false
    }

    /// Says what should have come here.
    pub(super) fn expected(&mut self, expected: Expected) {
        let (span, fact) = self.unexpected(expected);
        self.error(span, fact);
    }

    /// That something else should have come here.
    pub(super) fn unexpected(&self, expected: Expected) -> (Span, Fact) {
        let end_of_line = self.newline && self.at != self.fresh;
        let span = if end_of_line { self.nothing() } else { self.span() };
        let found = (self.at(Kind::End) || !end_of_line).then_some(self.kind);
        (span, Fact::Expected { expected, found })
    }

    /// Whether a statement has ended before the current token because of a line's end.
    pub(super) fn line_ends(&self) -> bool {
        self.newline && !self.context.brackets
    }

    /// The kind of the token so many tokens behind the current one.
    pub(super) fn peek(&self, ahead: usize) -> Kind {
        let rest = self.tokens.get(self.at + 1..).unwrap_or_default();
        let mut kinds = rest.iter().map(|token| token.kind).filter(|kind| !kind.is_trivia());
        kinds.nth(ahead.saturating_sub(1)).unwrap_or(Kind::End)
    }

    /// The tokens behind the current one, with their places.
    pub(super) fn following(&self) -> impl Iterator<Item = (usize, Token)> + use<'s> {
        let from = self.at + 1;
        let rest = self.tokens.get(from..).unwrap_or_default();
        let tokens = (from..).zip(rest.iter().copied());
        tokens.filter(|(_, token)| !token.kind.is_trivia())
    }

    /// Whether the current token begins its line without white space.
    pub(super) fn at_margin(&self) -> bool {
        let before = (self.start as usize).checked_sub(1).and_then(|at| self.source.as_bytes().get(at));
        matches!(before, None | Some(b'\n'))
    }

    /// Reads elements between brackets, the first of which is the current token, with commas between them.
    pub(super) fn bracketed(&mut self, close: Kind, mut element: impl FnMut(&mut Self)) -> Span {
        let open = self.bump();
        let brackets = close != Kind::RightBrace;
        self.within(Context { brackets, ..Context::default() }, |parser| {
            while !parser.at(close) && !parser.at(Kind::End) {
                let before = parser.at;
                element(parser);
                if parser.eat(Kind::Comma).is_some() {
                    parser.recovering = false;
                } else if parser.at(close) || !parser.next_element(open, close) {
                    break;
                }
                if parser.at == before {
                    break;
                }
            }
            parser.close(open, close);
        });
        self.since(open.start)
    }
}
