//! Tokens of patterns: enough of Erlang's and of Elixir's.

use super::error::{PatternError, Problem};
use pluto_term::Atom;

/// Tokens that one pattern may have.
const TOKENS_MAX: usize = 2_000;

/// Punctuation, longest first.
const PUNCTUATION: [&str; 35] = [
    "=:=", "=/=", "===", "!==", "<<", ">>", "->", ">=", "<=", "=<", "==", "!=", "/=", "&&", "||", "#{", "%{",
    "(", ")", "{", "}", "[", "]", ",", ";", ":", ".", "/", ">", "<", "=", "+", "-", "*", "%",
];

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A word that begins with a small letter; Elixir's may end in `?` or `!`.
    Small(String),
    /// A word that begins with a capital or `_`.
    Capital(String),
    /// `'quoted'`
    Quoted(String),
    Integer(i64),
    /// One above the largest integer, which is one only behind a minus.
    IntegerMinimum,
    Float(f64),
    String(String),
    Punctuation(&'static str),
    End,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The tokens of `text`, the last one being [`Kind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, PatternError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_while(char::is_whitespace);
        let start = lexer.at;
        if tokens.len() >= TOKENS_MAX {
            return Err(PatternError { position: start, problem: Problem::TooComplex });
        }
        let kind = lexer.token()?;
        let end = kind == Kind::End;
        tokens.push(Token { kind, start, end: lexer.at });
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn skip_while(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn token(&mut self) -> Result<Kind, PatternError> {
        let start = self.at;
        let Some(c) = self.peek() else { return Ok(Kind::End) };
        if c.is_ascii_digit() {
            return self.number();
        }
        if c.is_alphabetic() || c == '_' {
            return self.word(c);
        }
        if c == '"' || c == '\'' {
            self.at += 1;
            let text = self.quoted(c, start)?;
            return if c == '"' { Ok(Kind::String(text)) } else { atom_text(text, start).map(Kind::Quoted) };
        }
        let found = PUNCTUATION.iter().find(|punctuation| self.rest().starts_with(**punctuation));
        let Some(punctuation) = found else {
            return Err(PatternError { position: start, problem: Problem::UnknownCharacter(c) });
        };
        self.at += punctuation.len();
        Ok(Kind::Punctuation(punctuation))
    }

    fn word(&mut self, first: char) -> Result<Kind, PatternError> {
        let start = self.at;
        let word = self.skip_while(|c| c.is_alphanumeric() || c == '_' || c == '@');
        let mut word = word.to_owned();
        if let Some(mark @ ('?' | '!')) = self.peek()
            && !self.rest().starts_with("!=")
        {
            self.at += 1;
            word.push(mark);
        }
        let word = atom_text(word, start)?;
        Ok(if first.is_uppercase() || first == '_' { Kind::Capital(word) } else { Kind::Small(word) })
    }

    fn number(&mut self) -> Result<Kind, PatternError> {
        let start = self.at;
        let error = |problem| PatternError { position: start, problem };
        if let Some(rest) = self.rest().strip_prefix("0x") {
            let digits =
                rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_hexdigit() || c == '_').len();
            let text: String = rest.get(..digits).unwrap_or_default().chars().filter(|c| *c != '_').collect();
            self.at += 2 + digits;
            return i64::from_str_radix(&text, 16)
                .map(Kind::Integer)
                .map_err(|_| error(Problem::IntegerTooLarge));
        }
        let digits = self.skip_while(|c| c.is_ascii_digit() || c == '_');
        let fraction =
            self.rest().strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if fraction {
            self.at += 1;
            self.skip_while(|c| c.is_ascii_digit() || c == '_');
            self.exponent();
            let text: String = self.text.get(start..self.at).unwrap_or_default().replace('_', "");
            let value: f64 = text.parse().map_err(|_| error(Problem::FloatTooLarge))?;
            return if value.is_finite() {
                Ok(Kind::Float(value))
            } else {
                Err(error(Problem::FloatTooLarge))
            };
        }
        match digits.replace('_', "").parse::<u64>().ok() {
            Some(value) if value == i64::MIN.unsigned_abs() => Ok(Kind::IntegerMinimum),
            value => value
                .and_then(|value| i64::try_from(value).ok())
                .map(Kind::Integer)
                .ok_or_else(|| error(Problem::IntegerTooLarge)),
        }
    }

    fn exponent(&mut self) {
        let rest = self.rest();
        let Some(after) = rest.strip_prefix(['e', 'E']) else { return };
        let digits = after.strip_prefix(['+', '-']).unwrap_or(after);
        if digits.starts_with(|c: char| c.is_ascii_digit()) {
            self.at += rest.len() - digits.len();
            self.skip_while(|c| c.is_ascii_digit());
        }
    }

    /// The text up to the closing quote, which is consumed.
    fn quoted(&mut self, quote: char, start: usize) -> Result<String, PatternError> {
        let mut out = String::new();
        loop {
            let at = self.at;
            match self.bump() {
                None => return Err(PatternError { position: start, problem: Problem::Unterminated }),
                Some('\\') => out.push(self.escape(at)?),
                Some(c) if c == quote => return Ok(out),
                Some(c) => out.push(c),
            }
        }
    }

    fn escape(&mut self, at: usize) -> Result<char, PatternError> {
        let bad = PatternError { position: at, problem: Problem::BadEscape };
        Ok(match self.bump().ok_or_else(|| bad.clone())? {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '0' => '\0',
            'e' => '\u{1b}',
            's' => ' ',
            c @ ('x' | 'u') if self.rest().starts_with('{') || c == 'u' => {
                let rest = self.rest().strip_prefix('{').ok_or_else(|| bad.clone())?;
                let end = rest.find('}').ok_or_else(|| bad.clone())?;
                let code =
                    u32::from_str_radix(rest.get(..end).unwrap_or_default(), 16).map_err(|_| bad.clone())?;
                self.at += end + 2;
                char::from_u32(code).ok_or(bad)?
            }
            'x' => return Err(bad),
            c if c.is_alphanumeric() => return Err(bad),
            c => c,
        })
    }
}

/// Refuses text that no atom can have.
fn atom_text(text: String, position: usize) -> Result<String, PatternError> {
    if text.chars().count() > Atom::MAX_CHARACTERS {
        return Err(PatternError { position, problem: Problem::AtomTooLong });
    }
    Ok(text)
}
