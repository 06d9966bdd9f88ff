//! From text to a [`Pattern`]: the head, the arguments and the actions.

mod condition;

use super::error::{Expected, Found, Hint, PatternError, Problem};
use super::lexer::{Kind, Token, tokens};
use super::recon;
use super::{ArgumentPattern, Literal, Pattern, Requests, Spelling};
use crate::message::MessagePattern;
use pluto_term::Atom;

/// Bytes that one pattern may have.
const TEXT_MAX: usize = 16 << 10;

/// How deep a pattern may nest.
const DEPTH_MAX: u32 = 48;

/// The largest arity of a function.
pub(super) const ARITY_MAX: u32 = 255;

/// What the names of Elixir's modules begin with.
const PREFIX: &str = "Elixir";

/// Reads a pattern in any of the spellings.
///
/// * Erlang: `shop:place_order/2`, `shop:place_order`, `shop:_`
/// * Elixir: `MyApp.Orders.place_order/2`, `:shop.place_order/2`, `MyApp.Orders._`
/// * with arguments and a condition, and with redbug's actions: `shop:place(N, _) when N > 10 -> return,time`
/// * recon's tuples: `{shop, place_order, '_'}`, `{shop, place_order, [{'_', [], [{return_trace}]}]}`
///
/// # Errors
/// Where the text is malformed, and what is wrong there.
pub fn parse(text: &str) -> Result<Pattern, PatternError> {
    let mut parser = Parser::new(text)?;
    if parser.is("{") { recon::pattern(&mut parser) } else { parser.pattern() }
}

/// Reads what a message must look like: `{place_order, Customer, _} when Customer > 10`, in Erlang's spelling, or in
/// Elixir's, which is told by a `:` in it: `{:place_order, customer, _} when customer > 10`.
///
/// # Errors
/// Where the text is malformed, and what is wrong there.
pub fn parse_message(text: &str) -> Result<MessagePattern, PatternError> {
    let mut parser = Parser::new(text)?;
    if parser.tokens.iter().any(|token| matches!(token.kind, Kind::Punctuation(":"))) {
        parser.spelling = Spelling::Elixir;
    }
    let message = parser.nested(Parser::argument)?;
    let condition = if parser.eat_word("when") { Some(parser.condition()?) } else { None };
    parser.end().map(|()| MessagePattern { message, condition })
}

/// The tokens of a pattern, and what is known so far.
pub(super) struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    depth: u32,
    text: &'a str,
    pub(super) spelling: Spelling,
    /// The variables of the arguments.
    pub(super) variables: Vec<String>,
}

pub(super) type Parsed<T> = Result<T, PatternError>;

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Parsed<Parser<'a>> {
        if text.len() > TEXT_MAX {
            return Err(PatternError { position: 0, problem: Problem::TooComplex });
        }
        Ok(Parser {
            tokens: tokens(text)?,
            at: 0,
            depth: 0,
            text,
            spelling: Spelling::Erlang,
            variables: Vec::new(),
        })
    }

    pub(super) fn kind(&self) -> &Kind {
        self.tokens.get(self.at).map_or(&Kind::End, |token| &token.kind)
    }

    pub(super) fn kind_after(&self, n: usize) -> &Kind {
        self.tokens.get(self.at + n).map_or(&Kind::End, |token| &token.kind)
    }

    pub(super) fn position(&self) -> usize {
        self.tokens.get(self.at).map_or(self.text.len(), |token| token.start)
    }

    pub(super) fn advance(&mut self) -> Kind {
        let kind = self.kind().clone();
        self.at += 1;
        kind
    }

    pub(super) fn is(&self, punctuation: &str) -> bool {
        matches!(self.kind(), Kind::Punctuation(found) if *found == punctuation)
    }

    pub(super) fn is_after(&self, n: usize, punctuation: &str) -> bool {
        matches!(self.kind_after(n), Kind::Punctuation(found) if *found == punctuation)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self.kind(), Kind::Small(found) if found == word)
    }

    pub(super) fn eat(&mut self, punctuation: &str) -> bool {
        let found = self.is(punctuation);
        self.at += usize::from(found);
        found
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, punctuation: &'static str) -> Parsed<()> {
        if self.eat(punctuation) { Ok(()) } else { Err(self.expected(Expected::Token(punctuation))) }
    }

    pub(super) fn end(&self) -> Parsed<()> {
        if *self.kind() == Kind::End { Ok(()) } else { Err(self.expected(Expected::End)) }
    }

    pub(super) fn problem(&self, problem: Problem) -> PatternError {
        PatternError { position: self.position(), problem }
    }

    pub(super) fn expected(&self, expected: Expected) -> PatternError {
        self.expected_with(expected, None)
    }

    pub(super) fn expected_with(&self, expected: Expected, hint: Option<Hint>) -> PatternError {
        let found = match self.tokens.get(self.at) {
            None | Some(Token { kind: Kind::End, .. }) => Found::End,
            Some(token) => Found::Text(self.text.get(token.start..token.end).unwrap_or_default().to_owned()),
        };
        self.problem(Problem::Expected { expected, found, hint })
    }

    /// Runs `parse` one level deeper.
    pub(super) fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEPTH_MAX {
            return Err(self.problem(Problem::TooComplex));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn pattern(&mut self) -> Parsed<Pattern> {
        let (module, separator) = self.module()?;
        let function = self.function(separator)?;
        let mut pattern = Pattern {
            module,
            function,
            arity: None,
            arguments: None,
            condition: None,
            requests: Requests::default(),
            spelling: self.spelling,
        };
        if self.eat("/") {
            pattern.arity = self.arity()?;
        } else if self.is("(") {
            if pattern.function.is_none() {
                return Err(self.expected(Expected::Arity));
            }
            let arguments = self.parenthesized_arguments()?;
            pattern.arity = Some(arguments.len() as u32);
            pattern.arguments = Some(arguments);
        }
        if self.is_word("when") {
            if pattern.arguments.is_none() {
                return Err(self.problem(Problem::ConditionWithoutArguments));
            }
            self.at += 1;
            pattern.condition = Some(self.condition()?);
        }
        if self.eat("->") {
            pattern.requests = self.actions()?;
        }
        match self.end() {
            Err(_) if pattern.condition.is_none() && self.begins_condition() => {
                Err(self.expected_with(Expected::End, Some(Hint::When)))
            }
            end => end.map(|()| pattern),
        }
    }

    fn begins_condition(&self) -> bool {
        matches!(self.kind(), Kind::Small(word) if word == "if" || word == "where" || word == "and")
    }

    /// The module, and what stands between it and the function in its spelling.
    fn module(&mut self) -> Parsed<(Atom, &'static str)> {
        if self.is(":") {
            self.spelling = Spelling::Elixir;
            self.at += 1;
            return match self.advance() {
                Kind::Small(word) | Kind::Quoted(word) | Kind::String(word) => Ok((Atom::new(&word), ".")),
                _ => Err(self.back().expected(Expected::Module)),
            };
        }
        match self.advance() {
            Kind::Small(word) | Kind::Quoted(word) => Ok((Atom::new(&word), ":")),
            Kind::Capital(word) if !word.starts_with('_') => {
                self.spelling = Spelling::Elixir;
                let module = self.alias(&word)?;
                // With the prefix in front, the module is an atom as Erlang has it: either way to go on is meant.
                let separator = if word == PREFIX && self.is(":") { ":" } else { "." };
                Ok((module, separator))
            }
            _ => Err(self.back().expected(Expected::Module)),
        }
    }

    /// The rest of an Elixir module that begins with `first`.
    pub(super) fn alias(&mut self, first: &str) -> Parsed<Atom> {
        let start = self.position();
        // `Elixir.MyApp` is another way to write `MyApp`, and `Elixir` alone is the atom of that name.
        let mut name = if first == PREFIX { PREFIX.to_owned() } else { format!("{PREFIX}.{first}") };
        while self.is(".") {
            match self.kind_after(1) {
                Kind::Capital(word) if !word.starts_with('_') => {
                    name.push('.');
                    name.push_str(word);
                    self.at += 2;
                }
                _ => break,
            }
        }
        if name.chars().count() > Atom::MAX_CHARACTERS {
            return Err(PatternError { position: start, problem: Problem::AtomTooLong });
        }
        Ok(Atom::new(&name))
    }

    /// Goes back by one token, to report it.
    fn back(&mut self) -> &Self {
        self.at = self.at.saturating_sub(1);
        self
    }

    fn function(&mut self, separator: &'static str) -> Parsed<Option<Atom>> {
        if !self.eat(separator) {
            let module = self.text.get(..self.previous_end()).unwrap_or_default();
            let hint = match (self.kind(), self.spelling) {
                (Kind::End, _) => Some(Hint::WholeModule { prefix: format!("{module}{separator}") }),
                (Kind::Punctuation(":"), Spelling::Elixir) => Some(Hint::ElixirModule),
                _ => None,
            };
            return Err(self.expected_with(Expected::FunctionSeparator, hint));
        }
        match self.kind().clone() {
            Kind::Small(word) | Kind::Quoted(word) => {
                self.at += 1;
                Ok((word != "_").then(|| Atom::new(&word)))
            }
            Kind::Capital(word) if word == "_" => {
                self.at += 1;
                Ok(None)
            }
            Kind::Capital(word) if word.starts_with('_') => {
                self.at += 1;
                Ok(Some(Atom::new(&word)))
            }
            Kind::String(word) if self.spelling == Spelling::Elixir => {
                self.at += 1;
                Ok(Some(Atom::new(&word)))
            }
            _ => Err(self.expected(Expected::Function)),
        }
    }

    fn previous_end(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.end)
    }

    pub(super) fn arity(&mut self) -> Parsed<Option<u32>> {
        match self.kind().clone() {
            Kind::Integer(n) => {
                let arity = u32::try_from(n).ok().filter(|n| *n <= ARITY_MAX);
                let arity = arity.ok_or_else(|| self.problem(Problem::ArityTooLarge))?;
                self.at += 1;
                Ok(Some(arity))
            }
            Kind::Capital(word) | Kind::Quoted(word) if word == "_" => {
                self.at += 1;
                Ok(None)
            }
            _ => Err(self.expected(Expected::Arity)),
        }
    }

    fn parenthesized_arguments(&mut self) -> Parsed<Vec<ArgumentPattern>> {
        self.expect("(")?;
        self.arguments(")")
    }

    /// Arguments up to `close`, which is consumed.
    pub(super) fn arguments(&mut self, close: &'static str) -> Parsed<Vec<ArgumentPattern>> {
        let mut arguments = Vec::new();
        if self.eat(close) {
            return Ok(arguments);
        }
        loop {
            if arguments.len() >= ARITY_MAX as usize {
                return Err(self.problem(Problem::ArityTooLarge));
            }
            arguments.push(self.nested(Self::argument)?);
            if self.eat(close) {
                return Ok(arguments);
            }
            if !self.eat(",") {
                return Err(self.expected(Expected::Token(close)));
            }
        }
    }

    fn argument(&mut self) -> Parsed<ArgumentPattern> {
        match self.kind().clone() {
            Kind::Capital(word) if word == "_" => {
                self.at += 1;
                Ok(ArgumentPattern::Any)
            }
            Kind::Quoted(word) if self.spelling == Spelling::Recon => Ok(self.recon_argument(&word)),
            Kind::Capital(word) if self.is_variable(&word) => Ok(self.variable(word)),
            Kind::Small(word) if self.is_variable(&word) => Ok(self.variable(word)),
            Kind::Punctuation("{") => {
                self.at += 1;
                self.arguments("}").map(ArgumentPattern::Tuple)
            }
            _ => match self.literal()? {
                Some(literal) => Ok(ArgumentPattern::Literal(literal)),
                None => {
                    let has_inside = matches!(self.kind(), Kind::Punctuation("#{" | "%{" | "%" | "["));
                    let hint = match self.spelling {
                        Spelling::Elixir => Hint::ElixirLookInside,
                        _ => Hint::LookInside,
                    };
                    Err(self.expected_with(Expected::Argument, has_inside.then_some(hint)))
                }
            },
        }
    }

    fn recon_argument(&mut self, word: &str) -> ArgumentPattern {
        if word == "_" {
            self.at += 1;
            return ArgumentPattern::Any;
        }
        if let Some(name) = recon::variable(word) {
            return self.variable(name);
        }
        self.at += 1;
        ArgumentPattern::Literal(Literal::Atom(Atom::new(word)))
    }

    fn variable(&mut self, name: String) -> ArgumentPattern {
        self.at += 1;
        if !self.variables.contains(&name) {
            self.variables.push(name.clone());
        }
        ArgumentPattern::Variable(name)
    }

    /// Whether `word` names a variable in the spelling of the pattern.
    pub(super) fn is_variable(&self, word: &str) -> bool {
        let capital = word.starts_with(|c: char| c.is_uppercase());
        match self.spelling {
            Spelling::Elixir => !capital && !matches!(word, "true" | "false" | "nil"),
            Spelling::Erlang | Spelling::Recon => capital || word.starts_with('_'),
        }
    }

    /// A value that is written out; `None` where there is none, and then nothing is consumed.
    pub(super) fn literal(&mut self) -> Parsed<Option<Literal>> {
        let literal = match self.kind().clone() {
            Kind::Integer(n) => Literal::Integer(n),
            Kind::IntegerMinimum => return Err(self.problem(Problem::IntegerTooLarge)),
            Kind::Float(x) => Literal::Float(x),
            Kind::String(text) => Literal::String(text),
            Kind::Quoted(word) => Literal::Atom(Atom::new(&word)),
            Kind::Small(word) => Literal::Atom(Atom::new(&word)),
            Kind::Capital(word) if self.spelling == Spelling::Elixir && !word.starts_with('_') => {
                self.at += 1;
                return self.alias(&word).map(Literal::Atom).map(Some);
            }
            Kind::Punctuation("-") => match self.kind_after(1) {
                Kind::Integer(n) => self.skip_one(Literal::Integer(n.wrapping_neg())),
                Kind::IntegerMinimum => self.skip_one(Literal::Integer(i64::MIN)),
                Kind::Float(x) => self.skip_one(Literal::Float(-x)),
                _ => return Ok(None),
            },
            Kind::Punctuation("[") if self.is_after(1, "]") => self.skip_one(Literal::Nil),
            Kind::Punctuation("<<") => return self.binary().map(Some),
            Kind::Punctuation(":") if self.spelling == Spelling::Elixir => match self.kind_after(1).clone() {
                Kind::Small(word) | Kind::Capital(word) | Kind::String(word) => {
                    if word.chars().count() > Atom::MAX_CHARACTERS {
                        return Err(self.problem(Problem::AtomTooLong));
                    }
                    self.skip_one(Literal::Atom(Atom::new(&word)))
                }
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(literal))
    }

    fn skip_one(&mut self, literal: Literal) -> Literal {
        self.at += 1;
        literal
    }

    /// `<<"text">>` or `<<"text"/utf8>>`.
    fn binary(&mut self) -> Parsed<Literal> {
        self.expect("<<")?;
        if self.eat(">>") {
            return Ok(Literal::String(String::new()));
        }
        let Kind::String(text) = self.kind().clone() else {
            return Err(self.expected(Expected::Token("\"")));
        };
        self.at += 1;
        if self.eat("/") && !self.eat_word("utf8") {
            return Err(self.expected(Expected::Token("utf8")));
        }
        self.expect(">>")?;
        Ok(Literal::String(text))
    }

    fn actions(&mut self) -> Parsed<Requests> {
        let mut requests = Requests::default();
        loop {
            let Kind::Small(word) = self.kind().clone() else { return Err(self.expected(Expected::Action)) };
            match word.as_str() {
                "return" => requests.returns = true,
                "stack" => return Err(self.problem(Problem::StackNotRecorded)),
                "time" => requests.time = true,
                _ => return Err(self.problem(Problem::UnknownAction { name: word })),
            }
            self.at += 1;
            if !self.eat(",") && !self.eat(";") {
                return Ok(requests);
            }
        }
    }
}
