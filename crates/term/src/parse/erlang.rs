//! The tokens of Erlang's constants.

use super::bits::{self, Bits};
use super::cursor::Cursor;
use super::machine::{Token, Tokens};
use super::{ParseError, ParseErrorKind, ParseOptions};
use crate::print::is_bare_erlang_atom;
use crate::{Atom, Export, Term};

pub(super) struct Lexer<'t, 'o> {
    cursor: Cursor<'t>,
    options: &'o ParseOptions,
}

impl Tokens for Lexer<'_, '_> {
    fn next(&mut self, value: bool) -> Result<(Token, usize), ParseError> {
        self.cursor.blanks(Some('%'));
        let at = self.cursor.at();
        let Some(c) = self.cursor.peek() else { return Ok((Token::End, at)) };
        let punctuation = match c {
            '{' => Some(Token::OpenTuple),
            '[' => Some(Token::OpenList),
            '}' => Some(Token::CloseBrace),
            ']' => Some(Token::CloseBracket),
            ',' => Some(Token::Comma),
            '|' => Some(Token::Bar),
            _ => None,
        };
        if let Some(token) = punctuation {
            self.cursor.bump();
            return Ok((token, at));
        }
        if self.cursor.eat("=>") {
            return Ok((Token::Arrow, at));
        }
        if self.cursor.eat("=") {
            return Ok((Token::Equals, at));
        }
        if !value {
            return Err(self.cursor.unexpected());
        }
        Ok((self.value(c)?, at))
    }

    fn unexpected(&self, at: usize) -> ParseError {
        self.cursor.unexpected_at(at)
    }
}

impl<'t, 'o> Lexer<'t, 'o> {
    pub(super) fn new(cursor: Cursor<'t>, options: &'o ParseOptions) -> Self {
        Self { cursor, options }
    }

    fn value(&mut self, c: char) -> Result<Token, ParseError> {
        let leaf = match c {
            '0'..='9' => self.cursor.number(false, true)?,
            '-' | '+' => {
                self.cursor.bump();
                if !self.cursor.peek().is_some_and(|c| c.is_ascii_digit()) {
                    return Err(self.cursor.error(ParseErrorKind::NotConstant));
                }
                self.cursor.number(c == '-', true)?
            }
            '$' => {
                self.cursor.bump();
                Term::Integer(i64::from(u32::from(self.character()?)))
            }
            '"' => Term::charlist(&self.strings()?),
            '\'' => Term::Atom(self.quoted_atom()?),
            '<' if self.cursor.eat("<<") => self.binary()?,
            '<' => {
                self.cursor.bump();
                let at = self.cursor.at();
                let numbers = self.cursor.dotted()?;
                bits::pid(&numbers, self.options).ok_or(ParseError { at, kind: ParseErrorKind::Number })?
            }
            '#' => return self.hash(),
            'A'..='Z' | '_' => return Err(self.cursor.error(ParseErrorKind::NotConstant)),
            _ => return self.word(),
        };
        Ok(Token::Leaf(leaf))
    }

    /// An unquoted atom, or `fun module:function/arity`.
    fn word(&mut self) -> Result<Token, ParseError> {
        let at = self.cursor.at();
        let text = self.bare();
        if text.is_empty() {
            return Err(self.cursor.unexpected());
        }
        if text == "fun" {
            return self.external_fun().map(Token::Leaf);
        }
        if !is_bare_erlang_atom(text) && !matches!(text, "else" | "maybe") {
            return Err(ParseError { at, kind: ParseErrorKind::NotConstant });
        }
        Ok(Token::Leaf(Term::Atom(self.cursor.atom(text, at)?)))
    }

    fn bare(&mut self) -> &'t str {
        self.cursor.run(|c| c == '_' || c == '@' || (c.is_alphanumeric() && c <= 'ÿ'))
    }

    fn atom(&mut self) -> Result<Atom, ParseError> {
        if self.cursor.peek() == Some('\'') {
            return self.quoted_atom();
        }
        let at = self.cursor.at();
        let text = self.bare();
        if !is_bare_erlang_atom(text) {
            return Err(self.cursor.unexpected_at(at));
        }
        self.cursor.atom(text, at)
    }

    fn external_fun(&mut self) -> Result<Term, ParseError> {
        self.cursor.blanks(Some('%'));
        let module = self.atom()?;
        self.cursor.expect(":")?;
        let function = self.atom()?;
        self.cursor.expect("/")?;
        let arity = self.cursor.small()?;
        Ok(Term::from(Export { module, function, arity }))
    }

    /// What begins with `#`.
    fn hash(&mut self) -> Result<Token, ParseError> {
        let start = self.cursor.at();
        if self.cursor.eat("#{") {
            return Ok(Token::OpenMap);
        }
        if self.cursor.rest().starts_with("#Fun<") {
            return Err(self.cursor.error(ParseErrorKind::Opaque("a local fun")));
        }
        let identifier = if self.cursor.eat("#Port<0") { bits::port } else { bits::reference };
        if self.cursor.at() > start || self.cursor.eat("#Ref<0") {
            self.cursor.expect(".")?;
            let mut numbers = vec![0];
            numbers.extend(self.cursor.dotted()?);
            let bad = ParseError { at: start, kind: ParseErrorKind::Number };
            return identifier(&numbers, self.options).map(Token::Leaf).ok_or(bad);
        }
        self.cursor.expect("#")?;
        let module = self.atom()?;
        self.cursor.expect(":")?;
        let name = self.atom()?;
        self.cursor.expect("{")?;
        Ok(Token::OpenRecord(module, name))
    }

    /// Strings one after another are one string.
    fn strings(&mut self) -> Result<String, ParseError> {
        let mut text = String::new();
        loop {
            self.quoted('"', &mut text)?;
            let mut ahead = self.cursor;
            ahead.blanks(Some('%'));
            if ahead.peek() != Some('"') {
                return Ok(text);
            }
            self.cursor = ahead;
        }
    }

    fn quoted_atom(&mut self) -> Result<Atom, ParseError> {
        let at = self.cursor.at();
        let mut text = String::new();
        self.quoted('\'', &mut text)?;
        self.cursor.atom(&text, at)
    }

    fn quoted(&mut self, quote: char, text: &mut String) -> Result<(), ParseError> {
        self.cursor.bump();
        while self.cursor.peek() != Some(quote) {
            let c = self.character()?;
            text.push(c);
        }
        self.cursor.bump();
        Ok(())
    }

    /// A character, perhaps escaped.
    fn character(&mut self) -> Result<char, ParseError> {
        let bad = self.cursor.error(ParseErrorKind::Escape);
        let Some(c) = self.cursor.bump() else { return Err(self.cursor.unexpected()) };
        if c != '\\' {
            return Ok(c);
        }
        let octal = self.cursor.rest().chars().take(3).take_while(|c| c.is_digit(8)).count();
        if octal > 0 {
            let digits = self.cursor.rest().get(..octal).unwrap_or_default();
            self.cursor.eat(digits);
            return u32::from_str_radix(digits, 8).ok().and_then(char::from_u32).ok_or(bad);
        }
        let Some(c) = self.cursor.bump() else { return Err(self.cursor.unexpected()) };
        Ok(match c {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'e' => '\u{1b}',
            's' => ' ',
            'd' => '\u{7f}',
            'x' => return self.cursor.hexadecimal(2),
            '^' => match self.cursor.bump() {
                Some(c @ ('@'..='_' | 'a'..='z')) => char::from_u32(u32::from(c) & 31).ok_or(bad)?,
                _ => return Err(bad),
            },
            c => c,
        })
    }

    /// The segments after `<<`.
    fn binary(&mut self) -> Result<Term, ParseError> {
        let mut bits = Bits::default();
        self.cursor.blanks(Some('%'));
        if self.cursor.eat(">>") {
            return Ok(bits.into_term());
        }
        loop {
            self.cursor.blanks(Some('%'));
            let at = self.cursor.at();
            self.segment(&mut bits)?.map_err(|kind| ParseError { at, kind })?;
            self.cursor.blanks(Some('%'));
            if self.cursor.eat(">>") {
                return Ok(bits.into_term());
            }
            self.cursor.expect(",")?;
        }
    }

    fn segment(&mut self, bits: &mut Bits) -> Result<Result<(), ParseErrorKind>, ParseError> {
        let at = self.cursor.at();
        if self.cursor.peek() == Some('"') {
            let text = self.strings()?;
            if self.cursor.eat("/utf8") {
                return Ok(bits.text(text.as_bytes()));
            }
            let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
            return Ok(bytes.map_or(Err(ParseErrorKind::Segment), |bytes| bits.text(&bytes)));
        }
        let c = self.cursor.peek().unwrap_or(' ');
        if !matches!(c, '0'..='9' | '-' | '+' | '$') {
            return Err(self.cursor.unexpected());
        }
        let Token::Leaf(Term::Integer(value)) = self.value(c)? else {
            return Err(ParseError { at, kind: ParseErrorKind::Segment });
        };
        let size = if self.cursor.eat(":") { self.cursor.small()? } else { 8 };
        Ok(bits.push(value, size))
    }
}
