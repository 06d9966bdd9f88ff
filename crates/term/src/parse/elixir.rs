//! The tokens of Elixir's constants.

use super::bits::{self, Bits};
use super::cursor::Cursor;
use super::machine::{Token, Tokens};
use super::{ParseError, ParseErrorKind, ParseOptions};
use crate::print::{ELIXIR_OPERATORS, continues_identifier, starts_identifier};
use crate::{Atom, Export, Term};

pub(super) struct Lexer<'t, 'o> {
    cursor: Cursor<'t>,
    options: &'o ParseOptions,
}

impl Tokens for Lexer<'_, '_> {
    fn next(&mut self, value: bool) -> Result<(Token, usize), ParseError> {
        self.cursor.blanks(None);
        let at = self.cursor.at();
        let Some(c) = self.cursor.peek() else { return Ok((Token::End, at)) };
        if value && let Some(key) = self.operator_key() {
            return Ok((Token::Key(key), at));
        }
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

    /// The longest operator that comes next.
    fn operator(&self) -> Option<&'static str> {
        let rest = self.cursor.rest();
        ELIXIR_OPERATORS.into_iter().filter(|operator| rest.starts_with(operator)).max_by_key(|it| it.len())
    }

    /// An operator as a key: `+: `.
    fn operator_key(&mut self) -> Option<Atom> {
        let operator = self.operator()?;
        let mut ahead = self.cursor;
        ahead.eat(operator);
        if !(ahead.eat(":") && ahead.peek().is_some_and(char::is_whitespace)) {
            return None;
        }
        self.cursor = ahead;
        Some(Atom::new(operator))
    }

    /// Whether a colon that makes a key comes next; takes it.
    fn key_colon(&mut self) -> bool {
        let mut ahead = self.cursor;
        let found = ahead.eat(":") && ahead.peek().is_none_or(char::is_whitespace);
        if found {
            self.cursor = ahead;
        }
        found
    }

    fn value(&mut self, c: char) -> Result<Token, ParseError> {
        let at = self.cursor.at();
        let leaf = match c {
            '0'..='9' => self.number(false)?,
            '-' | '+' => {
                self.cursor.bump();
                if !self.cursor.peek().is_some_and(|c| c.is_ascii_digit()) {
                    return Err(self.cursor.error(ParseErrorKind::NotConstant));
                }
                self.number(c == '-')?
            }
            '?' => {
                self.cursor.bump();
                Term::Integer(i64::from(u32::from(self.character()?)))
            }
            '"' => {
                let text = self.quoted('"')?;
                if self.key_colon() {
                    return Ok(Token::Key(self.cursor.atom(&text, at)?));
                }
                Term::Binary(text.into_bytes())
            }
            '\'' => Term::charlist(&self.quoted('\'')?),
            '~' if self.cursor.eat("~c") && self.cursor.peek() == Some('"') => {
                Term::charlist(&self.quoted('"')?)
            }
            ':' => Term::Atom(self.colon_atom()?),
            '<' if self.cursor.eat("<<") => self.binary()?,
            '&' => self.capture()?,
            '#' => self.hash()?,
            '%' => return self.percent(),
            c if starts_identifier(c) => return self.word(),
            _ => return Err(self.cursor.unexpected_at(at)),
        };
        Ok(Token::Leaf(leaf))
    }

    fn number(&mut self, negative: bool) -> Result<Term, ParseError> {
        for (prefix, base) in [("0x", 16), ("0o", 8), ("0b", 2)] {
            if self.cursor.eat(prefix) {
                return self.cursor.digits(base, negative);
            }
        }
        self.cursor.number(negative, false)
    }

    fn identifier(&mut self) -> &'t str {
        let start = self.cursor;
        self.cursor.run(continues_identifier);
        if matches!(self.cursor.peek(), Some('?' | '!')) {
            self.cursor.bump();
        }
        start.rest().get(..self.cursor.at() - start.at()).unwrap_or_default()
    }

    /// A key, an alias, or one of the atoms without a colon.
    fn word(&mut self) -> Result<Token, ParseError> {
        let start = self.cursor;
        let text = self.identifier();
        if self.key_colon() {
            return Ok(Token::Key(self.cursor.atom(text, start.at())?));
        }
        if matches!(text, "nil" | "true" | "false") {
            return Ok(Token::Leaf(Term::atom(text)));
        }
        self.cursor = start;
        self.alias().map(|atom| Token::Leaf(Term::Atom(atom)))
    }

    /// `Foo.Bar`; `Elixir.Foo.Bar` is another way to write it, and `Elixir` alone the atom of that name.
    fn alias(&mut self) -> Result<Atom, ParseError> {
        let at = self.cursor.at();
        let mut name = String::new();
        loop {
            if !self.cursor.peek().is_some_and(|c| c.is_ascii_uppercase()) {
                return Err(ParseError { at, kind: ParseErrorKind::NotConstant });
            }
            let segment = self.cursor.run(|c| c == '_' || c.is_ascii_alphanumeric());
            if name.is_empty() && segment != "Elixir" {
                name.push_str("Elixir");
            }
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(segment);
            let mut ahead = self.cursor;
            if !(ahead.eat(".") && ahead.peek().is_some_and(|c| c.is_ascii_uppercase())) {
                return self.cursor.atom(&name, at);
            }
            self.cursor = ahead;
        }
    }

    /// An atom after its colon.
    fn colon_atom(&mut self) -> Result<Atom, ParseError> {
        let at = self.cursor.at();
        self.cursor.expect(":")?;
        let text = match self.cursor.peek() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
            Some(c) if starts_identifier(c) => self.identifier().to_owned(),
            _ => {
                let operator = self.operator().ok_or_else(|| self.cursor.unexpected())?;
                self.cursor.eat(operator);
                operator.to_owned()
            }
        };
        self.cursor.atom(&text, at)
    }

    fn module(&mut self) -> Result<Atom, ParseError> {
        let rest = self.cursor.rest();
        if let Some(rest) = rest.strip_prefix(':')
            && !rest.starts_with(|c| starts_identifier(c) || c == '"')
        {
            // The dot before the function is no part of the operator.
            let fits =
                |operator: &&str| rest.strip_prefix(*operator).is_some_and(|rest| rest.starts_with('.'));
            let found = ELIXIR_OPERATORS.into_iter().filter(fits).max_by_key(|operator| operator.len());
            let operator = found.ok_or_else(|| self.cursor.unexpected())?;
            self.cursor.eat(":");
            self.cursor.eat(operator);
            return Ok(Atom::new(operator));
        }
        if rest.starts_with(':') {
            return self.colon_atom();
        }
        for word in ["nil", "true", "false"] {
            if self.cursor.eat(word) {
                return Ok(Atom::new(word));
            }
        }
        self.alias()
    }

    /// `&Module.function/arity`
    fn capture(&mut self) -> Result<Term, ParseError> {
        self.cursor.expect("&")?;
        let module = self.module()?;
        self.cursor.expect(".")?;
        let at = self.cursor.at();
        let function = match self.cursor.peek() {
            Some('"') => self.quoted('"')?,
            Some(c) if starts_identifier(c) => self.identifier().to_owned(),
            _ => self.captured_operator()?,
        };
        let function = self.cursor.atom(&function, at)?;
        self.cursor.expect("/")?;
        let arity = self.cursor.small()?;
        Ok(Term::from(Export { module, function, arity }))
    }

    /// An operator before `/arity`; the division operator itself makes two slashes.
    fn captured_operator(&mut self) -> Result<String, ParseError> {
        let rest = self.cursor.rest();
        let fits = |operator: &&str| {
            rest.strip_prefix(*operator)
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        let found = ELIXIR_OPERATORS.into_iter().filter(fits).max_by_key(|operator| operator.len());
        let operator = found.ok_or_else(|| self.cursor.unexpected())?;
        self.cursor.eat(operator);
        Ok(operator.to_owned())
    }

    /// What begins with `#`: the identifiers, as `inspect` shows them.
    fn hash(&mut self) -> Result<Term, ParseError> {
        let at = self.cursor.at();
        for (prefix, what) in [("#Function<", "a local fun"), ("#Record<", "a native record")] {
            if self.cursor.rest().starts_with(prefix) {
                return Err(self.cursor.error(ParseErrorKind::Opaque(what)));
            }
        }
        let identifier = if self.cursor.eat("#PID<") {
            bits::pid
        } else if self.cursor.eat("#Port<") {
            bits::port
        } else if self.cursor.eat("#Reference<") {
            bits::reference
        } else {
            return Err(self.cursor.unexpected());
        };
        let numbers = self.cursor.dotted()?;
        identifier(&numbers, self.options).ok_or(ParseError { at, kind: ParseErrorKind::Number })
    }

    /// A map or a struct.
    fn percent(&mut self) -> Result<Token, ParseError> {
        self.cursor.expect("%")?;
        if self.cursor.eat("{") {
            return Ok(Token::OpenMap);
        }
        let name = self.alias()?;
        self.cursor.expect("{")?;
        Ok(Token::OpenStruct(name))
    }

    fn quoted(&mut self, quote: char) -> Result<String, ParseError> {
        let mut text = String::new();
        self.cursor.bump();
        while self.cursor.peek() != Some(quote) {
            if self.cursor.rest().starts_with("#{") {
                return Err(self.cursor.error(ParseErrorKind::NotConstant));
            }
            text.push(self.character()?);
        }
        self.cursor.bump();
        Ok(text)
    }

    /// A character, perhaps escaped.
    fn character(&mut self) -> Result<char, ParseError> {
        let Some(c) = self.cursor.bump() else { return Err(self.cursor.unexpected()) };
        if c != '\\' {
            return Ok(c);
        }
        let Some(c) = self.cursor.bump() else { return Err(self.cursor.unexpected()) };
        Ok(match c {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'e' => '\u{1b}',
            's' => ' ',
            'd' => '\u{7f}',
            '0' => '\0',
            'x' => return self.cursor.hexadecimal(2),
            'u' => return self.cursor.hexadecimal(4),
            c => c,
        })
    }

    /// The segments after `<<`.
    fn binary(&mut self) -> Result<Term, ParseError> {
        let mut bits = Bits::default();
        self.cursor.blanks(None);
        if self.cursor.eat(">>") {
            return Ok(bits.into_term());
        }
        loop {
            self.cursor.blanks(None);
            let at = self.cursor.at();
            self.segment(&mut bits)?.map_err(|kind| ParseError { at, kind })?;
            self.cursor.blanks(None);
            if self.cursor.eat(">>") {
                return Ok(bits.into_term());
            }
            self.cursor.expect(",")?;
        }
    }

    fn segment(&mut self, bits: &mut Bits) -> Result<Result<(), ParseErrorKind>, ParseError> {
        let at = self.cursor.at();
        if self.cursor.peek() == Some('"') {
            let text = self.quoted('"')?;
            return Ok(bits.text(text.as_bytes()));
        }
        let c = self.cursor.peek().unwrap_or(' ');
        if !matches!(c, '0'..='9' | '-' | '+' | '?') {
            return Err(self.cursor.unexpected());
        }
        let Token::Leaf(Term::Integer(value)) = self.value(c)? else {
            return Err(ParseError { at, kind: ParseErrorKind::Segment });
        };
        if !self.cursor.eat("::") {
            return Ok(bits.push(value, 8));
        }
        let sized = self.cursor.eat("size(");
        let size = self.cursor.small()?;
        if sized {
            self.cursor.expect(")")?;
        }
        Ok(bits.push(value, size))
    }
}
