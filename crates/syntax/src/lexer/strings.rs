//! Strings: plain ones are one token; one with holes is a start, texts, the tokens of its holes, and an end.

use pluto_source::Span;

use super::Lexer;
use crate::error::Fact;
use crate::literal::escape;
use crate::token::Kind;

/// Strings with holes in holes of strings with holes.
const STRINGS: usize = 32;

/// What the lexer is in the middle of.
#[derive(Clone, Copy)]
pub(super) enum Mode {
    /// The text of a string with holes.
    Text {
        /// Where it begins.
        start: usize,
        /// Whether it has three quotes.
        multi: bool,
    },
    /// A hole.
    Hole {
        /// Where it begins.
        start: usize,
        /// Whether its string has three quotes, so that lines may end in it.
        multi: bool,
        /// Braces that are open in it.
        braces: i32,
        /// Other brackets that are open in it.
        others: i32,
    },
}

/// How the text of a string goes on.
enum Stop {
    Quotes,
    Line,
    File,
    Open,
}

impl Lexer<'_> {
    /// A string without holes.
    pub(super) fn string(&mut self) -> Kind {
        let start = self.at;
        let multi = self.opening_quotes();
        match self.text(multi, false) {
            Stop::Quotes => self.at += if multi { 3 } else { 1 },
            _ => {
                self.unterminated(start, multi);
                return Kind::Unknown;
            }
        }
        Kind::String
    }

    /// Whether there are three quotes; takes them.
    fn opening_quotes(&mut self) -> bool {
        let multi = self.three_quotes();
        self.at += if multi { 3 } else { 1 };
        multi
    }

    fn three_quotes(&self) -> bool {
        self.bytes.get(self.at..).unwrap_or_default().starts_with(b"\"\"\"")
    }

    fn unterminated(&mut self, start: usize, multi: bool) {
        // At the end of a line the hole is without its end too, and that is said instead: the quotes were the string's.
        if let Some(Mode::Hole { multi: false, .. }) = self.modes.last()
            && !multi
        {
            return;
        }
        self.error_to_line(start, Fact::UnterminatedString { quotes: if multi { "\"\"\"" } else { "\"" } });
        if self.at >= self.bytes.len() {
            self.modes.clear();
        }
    }

    /// An error whose span ends with the line.
    fn error_to_line(&mut self, start: usize, fact: Fact) {
        let text = self.source.get(start..self.at).unwrap_or_default();
        let line = text.split(['\r', '\n']).next().unwrap_or_default();
        self.errors.add(Span::new(start as u32, (start + line.len()) as u32), fact);
    }

    /// Text up to its end or, with holes, up to a hole.
    fn text(&mut self, multi: bool, holes: bool) -> Stop {
        loop {
            self.take_while(|byte| !matches!(byte, b'"' | b'\\' | b'\n' | b'{' | b'}'));
            if self.at >= self.bytes.len() {
                return Stop::File;
            }
            match self.byte(self.at) {
                b'"' if !multi || self.three_quotes() => return Stop::Quotes,
                b'\n' if !multi => {
                    self.at -= usize::from(self.byte(self.at - 1) == b'\r');
                    return Stop::Line;
                }
                b'\\' => self.escape(),
                byte @ (b'{' | b'}') if holes => {
                    if self.byte(self.at + 1) == byte {
                        self.at += 2;
                    } else if byte == b'{' {
                        return Stop::Open;
                    } else {
                        self.at += 1;
                        self.error(self.at - 1, Fact::LoneBrace);
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) {
        let start = self.at;
        let (length, value) = escape(self.source.get(start..).unwrap_or_default());
        self.at += length;
        if let Err(wrong) = value {
            self.error(start, Fact::BadEscape(wrong));
        }
    }

    /// `f"` or `f"""`.
    pub(super) fn string_with_holes(&mut self) -> Kind {
        let start = self.at;
        self.at += 1;
        if self.modes.len() >= 2 * STRINGS {
            if !self.too_deep {
                self.errors.add(Span::new(start as u32, start as u32 + 2), Fact::StringsTooDeep);
            }
            self.too_deep = true;
            // Which quotes on the line begin and which end a string is not known any more.
            self.take_while(|byte| !matches!(byte, b'\n' | b'\r'));
            self.leave_line_strings();
            return Kind::Unknown;
        }
        let multi = self.opening_quotes();
        self.modes.push(Mode::Text { start, multi });
        Kind::FStart
    }

    /// A token that only a string with holes has.
    pub(super) fn within_string(&mut self) -> Option<Kind> {
        match self.modes.last().copied()? {
            Mode::Text { start, multi } => Some(self.text_with_holes(start, multi)),
            Mode::Hole { braces: 0, others: 0, .. } if self.last == Kind::Colon => {
                let start = self.at;
                self.take_while(|byte| !matches!(byte, b'}' | b'"' | b'\n'));
                (self.at > start).then_some(Kind::Format)
            }
            Mode::Hole { .. } => None,
        }
    }

    /// A part of a string with holes: a text, the beginning of a hole, or the end.
    fn text_with_holes(&mut self, start: usize, multi: bool) -> Kind {
        let from = self.at;
        let stop = self.text(multi, true);
        if self.at > from {
            return Kind::FText;
        }
        match stop {
            Stop::Open => {
                self.modes.push(Mode::Hole { start: from, multi, braces: 0, others: 0 });
                self.at += 1;
                Kind::HoleOpen
            }
            Stop::Quotes => {
                self.modes.pop();
                self.at += if multi { 3 } else { 1 };
                Kind::FEnd
            }
            Stop::Line | Stop::File => {
                self.modes.pop();
                self.unterminated(start, multi);
                Kind::Unknown
            }
        }
    }

    /// Whether a `}` here closes a hole; takes it.
    pub(super) fn close_hole(&mut self) -> bool {
        let Some(Mode::Hole { braces: 0, .. }) = self.modes.last() else { return false };
        self.modes.pop();
        self.at += 1;
        true
    }

    pub(super) fn count_bracket(&mut self, more_braces: i32, more_others: i32) {
        if let Some(Mode::Hole { braces, others, .. }) = self.modes.last_mut() {
            *braces = (*braces + more_braces).max(0);
            *others = (*others + more_others).max(0);
        }
    }

    /// The line ends: strings on one line end with it.
    pub(super) fn end_of_line(&mut self) {
        if let Some(Mode::Hole { multi: false, start, .. }) = self.modes.last().copied() {
            self.errors.add(Span::new(start as u32, start as u32 + 1), Fact::UnclosedHole);
            self.leave_line_strings();
        }
    }

    fn leave_line_strings(&mut self) {
        while let Some(Mode::Hole { multi: false, .. } | Mode::Text { multi: false, .. }) = self.modes.last()
        {
            self.modes.pop();
        }
    }

    /// The file ends: what is open is without its end, and the innermost of it is said.
    pub(super) fn end_of_file(&mut self) {
        match self.modes.last().copied() {
            Some(Mode::Text { start, multi }) => self.unterminated(start, multi),
            Some(Mode::Hole { start, .. }) => {
                self.errors.add(Span::new(start as u32, start as u32 + 1), Fact::UnclosedHole);
            }
            None => {}
        }
    }
}
