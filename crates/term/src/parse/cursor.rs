//! A place in text, and what both languages read alike.

use num_bigint::BigInt;

use super::{ParseError, ParseErrorKind};
use crate::{Atom, Term};

/// Digits of one number. Reading them takes quadratic time.
const MAX_DIGITS: usize = 20_000;

#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Takes `text` if it comes next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Takes the longest run of characters that `wanted` takes.
    pub(super) fn run(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    /// Skips blanks, and comments that `mark` begins.
    pub(super) fn blanks(&mut self, mark: Option<char>) {
        loop {
            self.run(char::is_whitespace);
            if mark.is_none() || self.peek() != mark {
                return;
            }
            self.run(|c| c != '\n');
        }
    }

    pub(super) fn error(&self, kind: ParseErrorKind) -> ParseError {
        ParseError { at: self.at, kind }
    }

    /// Says that what comes next cannot stand here.
    pub(super) fn unexpected(&self) -> ParseError {
        self.error(self.peek().map_or(ParseErrorKind::End, ParseErrorKind::Unexpected))
    }

    pub(super) fn unexpected_at(&self, at: usize) -> ParseError {
        Self { text: self.text, at }.unexpected()
    }

    pub(super) fn expect(&mut self, text: &str) -> Result<(), ParseError> {
        if self.eat(text) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn atom(&self, text: &str, at: usize) -> Result<Atom, ParseError> {
        if text.chars().count() > Atom::MAX_CHARACTERS {
            return Err(ParseError { at, kind: ParseErrorKind::LongAtom });
        }
        Ok(Atom::new(text))
    }

    /// An unsigned number that fits `T`, without blanks or underscores.
    pub(super) fn small<T: std::str::FromStr>(&mut self) -> Result<T, ParseError> {
        let at = self.at;
        let digits = self.run(|c| c.is_ascii_digit());
        if digits.is_empty() {
            return Err(self.unexpected());
        }
        digits.parse().map_err(|_| ParseError { at, kind: ParseErrorKind::Number })
    }

    /// Digits in `base`, with underscores between them.
    pub(super) fn digits(&mut self, base: u32, negative: bool) -> Result<Term, ParseError> {
        let at = self.at;
        let digits = self.digit_run(base)?;
        self.integer(&digits, base, negative, at)
    }

    fn digit_run(&mut self, base: u32) -> Result<String, ParseError> {
        let at = self.at;
        let run = self.run(|c| c.is_digit(base) || c == '_');
        let bad = ParseError { at, kind: ParseErrorKind::Number };
        if run.is_empty() || run.starts_with('_') || run.ends_with('_') || run.contains("__") {
            return Err(if run.is_empty() { self.unexpected() } else { bad });
        }
        if run.len() > MAX_DIGITS {
            return Err(ParseError { at, kind: ParseErrorKind::LongNumber { limit: MAX_DIGITS } });
        }
        Ok(run.replace('_', ""))
    }

    fn integer(&self, digits: &str, base: u32, negative: bool, at: usize) -> Result<Term, ParseError> {
        let value = BigInt::parse_bytes(digits.as_bytes(), base);
        let value = value.ok_or(ParseError { at, kind: ParseErrorKind::Number })?;
        Ok(Term::from(if negative { -value } else { value }))
    }

    /// A decimal integer or a float, the sign already taken; `based` allows Erlang's `16#ff`.
    pub(super) fn number(&mut self, negative: bool, based: bool) -> Result<Term, ParseError> {
        let at = self.at;
        let whole = self.digit_run(10)?;
        let bad = ParseError { at, kind: ParseErrorKind::Number };
        if based && self.peek() == Some('#') {
            let base = whole.parse().ok().filter(|base| (2..=36).contains(base)).ok_or(bad)?;
            self.bump();
            return self.digits(base, negative);
        }
        let mut ahead = *self;
        if !(ahead.eat(".") && ahead.peek().is_some_and(|c| c.is_ascii_digit())) {
            return self.integer(&whole, 10, negative, at);
        }
        *self = ahead;
        let fraction = self.digit_run(10)?;
        let exponent = self.exponent()?;
        let sign = if negative { "-" } else { "" };
        let value: f64 = format!("{sign}{whole}.{fraction}e{exponent}").parse().map_err(|_| bad)?;
        if value.is_finite() { Ok(Term::Float(value)) } else { Err(bad) }
    }

    fn exponent(&mut self) -> Result<String, ParseError> {
        let mut ahead = *self;
        if !ahead.eat("e") && !ahead.eat("E") {
            return Ok("0".into());
        }
        let sign = if ahead.eat("-") { "-" } else { "" };
        if sign.is_empty() {
            ahead.eat("+");
        }
        if !ahead.peek().is_some_and(|c| c.is_ascii_digit()) {
            return Ok("0".into());
        }
        *self = ahead;
        Ok(format!("{sign}{}", self.digit_run(10)?))
    }

    /// The hexadecimal digits after `\x` or `\u`: `count` of them, or any number in braces.
    pub(super) fn hexadecimal(&mut self, count: usize) -> Result<char, ParseError> {
        let bad = self.error(ParseErrorKind::Escape);
        let digits = if self.eat("{") {
            let digits = self.run(|c| c.is_ascii_hexdigit());
            self.expect("}")?;
            digits
        } else {
            let digits = self.rest().get(..count).ok_or(bad)?;
            self.at += count;
            digits
        };
        u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).ok_or(bad)
    }

    /// The numbers between dots, up to the closing bracket: `0.123.0>`.
    pub(super) fn dotted(&mut self) -> Result<Vec<u64>, ParseError> {
        const MOST: usize = 8;
        let mut numbers = vec![self.small()?];
        while self.eat(".") {
            if numbers.len() == MOST {
                return Err(self.unexpected());
            }
            numbers.push(self.small()?);
        }
        self.expect(">")?;
        Ok(numbers)
    }
}
