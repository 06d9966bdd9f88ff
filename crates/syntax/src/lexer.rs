//! From text to tokens: every byte is in exactly one, and what is wrong is a token too.

mod number;
mod strings;

use pluto_source::Span;
use unicode_ident::{is_xid_continue, is_xid_start};

use crate::error::{Errors, Fact, SyntaxError};
use crate::token::{Kind, Token};

/// The tokens of a text, the last of which is [`Kind::End`], and what is wrong with them.
pub fn lex(source: &str) -> (Vec<Token>, Vec<SyntaxError>) {
    let (tokens, errors) = tokens(source);
    (tokens, errors.into_list())
}

pub(crate) fn tokens(source: &str) -> (Vec<Token>, Errors) {
    let mut lexer = Lexer::new(source);
    while lexer.at < lexer.bytes.len() {
        let start = lexer.at;
        let kind = lexer.next();
        lexer.push(kind, start);
    }
    lexer.end_of_file();
    lexer.tokens.push(Token { kind: Kind::End, start: source.len() as u32 });
    (lexer.tokens, lexer.errors)
}

struct Lexer<'s> {
    source: &'s str,
    bytes: &'s [u8],
    at: usize,
    tokens: Vec<Token>,
    errors: Errors,
    /// Strings with holes that are open, and holes that are open in them.
    modes: Vec<strings::Mode>,
    too_deep: bool,
    /// The last token that is no trivia, on this line: it decides what `:` and `.` begin.
    last: Kind,
}

impl<'s> Lexer<'s> {
    fn new(source: &'s str) -> Self {
        Self {
            source,
            bytes: source.as_bytes(),
            at: 0,
            // Measured: with the white space, a token is two to four bytes. What is not used is not touched.
            tokens: Vec::with_capacity(source.len() / 2 + 16),
            errors: Errors::default(),
            modes: Vec::new(),
            too_deep: false,
            last: Kind::End,
        }
    }

    fn push(&mut self, kind: Kind, start: usize) {
        self.tokens.push(Token { kind, start: start as u32 });
        if !kind.is_trivia() {
            self.last = kind;
        } else if matches!(kind, Kind::Newline | Kind::Semicolon) {
            self.last = Kind::End;
        }
    }

    /// The byte there; 0 behind the end.
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn error(&mut self, start: usize, fact: Fact) {
        self.errors.add(Span::new(start as u32, self.at as u32), fact);
    }

    /// Takes bytes while they are such.
    fn take_while(&mut self, is: impl Fn(u8) -> bool) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(|byte| !is(*byte)).unwrap_or(rest.len());
    }

    fn next(&mut self) -> Kind {
        if !self.modes.is_empty()
            && let Some(kind) = self.within_string()
        {
            return kind;
        }
        let byte = self.byte(self.at);
        match byte {
            b' ' | b'\t' => {
                self.take_while(|byte| matches!(byte, b' ' | b'\t'));
                Kind::Whitespace
            }
            b'\n' => self.newline(1),
            b'\r' if self.byte(self.at + 1) == b'\n' => self.newline(2),
            b'f' if self.byte(self.at + 1) == b'"' => self.string_with_holes(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'0'..=b'9' => self.number(),
            b'"' => self.string(),
            b'/' if self.byte(self.at + 1) == b'/' => self.line_comment(),
            b'/' if self.byte(self.at + 1) == b'*' => self.block_comment(),
            b'#' => self.hash(),
            b':' => self.colon(),
            b'{' | b'}' | b'(' | b')' | b'[' | b']' => self.bracket(byte),
            b'.' if self.begins_float() => self.number(),
            128.. => self.beyond_ascii(),
            _ => self.operator(byte),
        }
    }

    fn newline(&mut self, length: usize) -> Kind {
        self.end_of_line();
        self.at += length;
        Kind::Newline
    }

    /// Whether a dot begins a number: one with no digit before it, where an operand is due.
    fn begins_float(&self) -> bool {
        let due = !self.last.ends_operand() && !matches!(self.last, Kind::Dot | Kind::QuestionDot);
        due && self.byte(self.at + 1).is_ascii_digit()
    }

    fn word(&mut self) -> Kind {
        let start = self.at;
        self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if self.byte(self.at) >= 128 {
            self.rest_of_name();
        }
        let text = self.bytes.get(start..self.at).unwrap_or_default();
        match text {
            b"_" => Kind::Underscore,
            // The longest keyword is `continue`.
            [b'a'..=b'z', _, ..] if text.len() <= 8 => Kind::keyword(text).unwrap_or(Kind::Name),
            _ => Kind::Name,
        }
    }

    fn rest_of_name(&mut self) {
        let rest = self.source.get(self.at..).unwrap_or_default();
        self.at += rest.find(|c| !is_xid_continue(c)).unwrap_or(rest.len());
    }

    fn beyond_ascii(&mut self) -> Kind {
        let rest = self.source.get(self.at..).unwrap_or_default();
        if rest.starts_with(is_xid_start) {
            self.rest_of_name();
            return Kind::Name;
        }
        // A byte order mark says nothing in UTF-8.
        if self.at == 0 && rest.starts_with('\u{feff}') {
            self.at += '\u{feff}'.len_utf8();
            return Kind::Whitespace;
        }
        self.unknown()
    }

    /// `#!` at the beginning is for the shell; elsewhere it begins the comments of other languages.
    fn hash(&mut self) -> Kind {
        let start = self.at;
        self.take_while(|byte| !matches!(byte, b'\n' | b'\r'));
        if start == 0 && self.bytes.starts_with(b"#!") {
            return Kind::LineComment;
        }
        self.error(start, Fact::UnknownCharacter('#'));
        Kind::Unknown
    }

    /// One error for a run of characters that mean nothing.
    fn unknown(&mut self) -> Kind {
        let start = self.at;
        let rest = self.source.get(self.at..).unwrap_or_default();
        let known = |c: char| c.is_ascii_graphic() || c.is_ascii_whitespace() || is_xid_start(c);
        let mut characters = rest.char_indices();
        let first = characters.next().map_or('\0', |(_, first)| first);
        let end = characters.find(|(_, c)| *c != first && known(*c));
        self.at += end.map_or(rest.len(), |(length, _)| length);
        self.error(start, Fact::UnknownCharacter(first));
        Kind::Unknown
    }

    fn line_comment(&mut self) -> Kind {
        let start = self.at;
        self.take_while(|byte| byte != b'\n');
        if self.byte(self.at) == b'\n' && self.byte(self.at - 1) == b'\r' {
            self.at -= 1;
        }
        match self.bytes.get(start + 2..self.at).unwrap_or_default() {
            [b'/', b'/', ..] => Kind::LineComment,
            [b'/', ..] => Kind::DocComment,
            _ => Kind::LineComment,
        }
    }

    fn block_comment(&mut self) -> Kind {
        let start = self.at;
        let mut depth = 0_u32;
        loop {
            self.take_while(|byte| !matches!(byte, b'/' | b'*'));
            match (self.byte(self.at), self.byte(self.at + 1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return Kind::BlockComment;
                    }
                }
                _ if self.at >= self.bytes.len() => {
                    self.errors.add(Span::new(start as u32, start as u32 + 2), Fact::UnterminatedComment);
                    return Kind::Unknown;
                }
                _ => self.at += 1,
            }
        }
    }

    /// A colon, or an atom where an operand may stand.
    fn colon(&mut self) -> Kind {
        self.at += 1;
        if self.last.ends_operand() {
            return if self.is_path() { self.foreign_path() } else { Kind::Colon };
        }
        if self.byte(self.at) == b'"' {
            return if self.string() == Kind::String { Kind::Atom } else { Kind::Unknown };
        }
        let rest = self.source.get(self.at..).unwrap_or_default();
        if !rest.starts_with(|c| c == '_' || is_xid_start(c)) {
            return Kind::Colon;
        }
        self.rest_of_name();
        // As on the node, where names may end so.
        if self.byte(self.at) == b'@' {
            self.at += 1;
            self.rest_of_name();
        }
        Kind::Atom
    }

    /// Whether the colon before here and one that follows stand in a path: behind the name of a type, or before one.
    fn is_path(&self) -> bool {
        if self.byte(self.at) != b':' {
            return false;
        }
        let before = self.bytes.get(..self.at - 1).unwrap_or_default();
        let name = before
            .iter()
            .rposition(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
            .map_or(0, |at| at + 1);
        before.get(name).is_some_and(u8::is_ascii_uppercase)
    }

    fn foreign_path(&mut self) -> Kind {
        self.at += 1;
        self.errors.add(
            Span::new(self.at as u32 - 2, self.at as u32),
            Fact::ForeignOperator { written: "::", instead: "." },
        );
        Kind::Dot
    }

    fn bracket(&mut self, byte: u8) -> Kind {
        if byte == b'}' && self.close_hole() {
            return Kind::HoleClose;
        }
        self.at += 1;
        let (kind, braces, others) = match byte {
            b'(' => (Kind::LeftParen, 0, 1),
            b')' => (Kind::RightParen, 0, -1),
            b'[' => (Kind::LeftBracket, 0, 1),
            b']' => (Kind::RightBracket, 0, -1),
            b'{' => (Kind::LeftBrace, 1, 0),
            _ => (Kind::RightBrace, -1, 0),
        };
        if !self.modes.is_empty() {
            self.count_bracket(braces, others);
        }
        kind
    }

    fn operator(&mut self, byte: u8) -> Kind {
        let (kind, length) = match (byte, self.byte(self.at + 1), self.byte(self.at + 2)) {
            (b'.', b'.', b'.') => return self.foreign(3, "...", "..", Kind::DotDot),
            (b'.', b'.', b'=') => (Kind::DotDotEqual, 3),
            (b'.', b'.', _) => (Kind::DotDot, 2),
            (b'.', ..) => (Kind::Dot, 1),
            (b',', ..) => (Kind::Comma, 1),
            (b'?', b'?', b'=') => (Kind::QuestionQuestionEqual, 3),
            (b'?', b'?', _) => (Kind::QuestionQuestion, 2),
            (b'?', b'.', b'.') => (Kind::Question, 1),
            (b'?', b'.', _) => (Kind::QuestionDot, 2),
            (b'?', ..) => (Kind::Question, 1),
            (b'=', b'=', b'=') => return self.foreign(3, "===", "==", Kind::EqualEqual),
            (b'=', b'=', _) => (Kind::EqualEqual, 2),
            (b'=', b'>', _) => (Kind::FatArrow, 2),
            (b'=', ..) => (Kind::Equal, 1),
            (b'!', b'=', b'=') => return self.foreign(3, "!==", "!=", Kind::BangEqual),
            (b'!', b'=', _) => (Kind::BangEqual, 2),
            (b'!', ..) => (Kind::Bang, 1),
            (b'<', b'<', b'=') => (Kind::ShiftLeftEqual, 3),
            (b'<', b'<', _) => (Kind::ShiftLeft, 2),
            (b'<', b'=', _) => (Kind::LessEqual, 2),
            (b'<', ..) => (Kind::Less, 1),
            (b'>', b'>', b'=') => (Kind::ShiftRightEqual, 3),
            (b'>', b'>', _) => (Kind::ShiftRight, 2),
            (b'>', b'=', _) => (Kind::GreaterEqual, 2),
            (b'>', ..) => (Kind::Greater, 1),
            (b'-', b'>', _) => (Kind::ThinArrow, 2),
            (b'|', b'>', _) => return self.foreign(2, "|>", ".", Kind::Dot),
            (b'*', b'*', _) => return self.foreign(2, "**", "pow", Kind::Star),
            (b'`', ..) => return self.back_quotes(),
            (b'&', b'&', _) => return self.foreign(2, "&&", "and", Kind::And),
            // Where a value is expected it begins a closure of another language, which the parser tells.
            (b'|', b'|', _) if self.expects_value() => (Kind::Pipe, 1),
            (b'|', b'|', _) => return self.foreign(2, "||", "or", Kind::Or),
            (b'~', ..) => (Kind::Tilde, 1),
            (b';', ..) => return self.semicolon(),
            (b'\'', ..) => return self.single_quotes(),
            (b'\r', ..) => {
                self.at += 1;
                return Kind::Whitespace;
            }
            (_, after, _) => return self.operator_with_equal(byte, after == b'='),
        };
        self.at += length;
        kind
    }

    /// Whether a value must come, on the line of what is before it.
    const fn expects_value(&self) -> bool {
        !self.last.ends_operand() && !matches!(self.last, Kind::End | Kind::Pipe)
    }

    fn operator_with_equal(&mut self, byte: u8, equal: bool) -> Kind {
        let (alone, with_equal) = match byte {
            b'+' => (Kind::Plus, Kind::PlusEqual),
            b'-' => (Kind::Minus, Kind::MinusEqual),
            b'*' => (Kind::Star, Kind::StarEqual),
            b'/' => (Kind::Slash, Kind::SlashEqual),
            b'%' => (Kind::Percent, Kind::PercentEqual),
            b'&' => (Kind::Ampersand, Kind::AmpersandEqual),
            b'|' => (Kind::Pipe, Kind::PipeEqual),
            b'^' => (Kind::Caret, Kind::CaretEqual),
            _ => return self.unknown(),
        };
        self.at += 1 + usize::from(equal);
        if equal { with_equal } else { alone }
    }

    fn foreign(&mut self, length: usize, written: &'static str, instead: &'static str, kind: Kind) -> Kind {
        let start = self.at;
        self.at += length;
        self.error(start, Fact::ForeignOperator { written, instead });
        kind
    }

    fn semicolon(&mut self) -> Kind {
        let start = self.at;
        self.take_while(|byte| byte == b';');
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let next = rest.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
        let at_end = matches!(next, None | Some(b'\n' | b'}' | b'/'));
        self.error(start, Fact::Semicolon { at_end });
        Kind::Semicolon
    }

    /// `'…'` on one line is taken for a string, as it was meant.
    fn single_quotes(&mut self) -> Kind {
        let rest = self.bytes.get(self.at + 1..).unwrap_or_default();
        let end = rest.iter().position(|byte| matches!(byte, b'\'' | b'\n'));
        let Some(length) = end.filter(|end| rest.get(*end) == Some(&b'\'')) else { return self.unknown() };
        let start = self.at;
        self.at += length + 2;
        let plain = !rest.iter().take(length).any(|byte| *byte == b'"');
        self.error(start, Fact::SingleQuotes { plain });
        Kind::String
    }

    /// The same of back quotes, in which other languages have holes.
    fn back_quotes(&mut self) -> Kind {
        let start = self.at;
        let rest = self.source.get(self.at + 1..).unwrap_or_default();
        let Some(length) = rest.find('`') else { return self.unknown() };
        self.at += length + 2;
        self.error(start, Fact::BackQuotes);
        Kind::String
    }
}
