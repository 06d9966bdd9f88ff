//! Putting tokens together, with an explicit stack.

use super::{ParseError, ParseErrorKind};
use crate::{Atom, Limits, Record, Term};

/// A piece of text that the machine acts on.
#[derive(Debug, Clone)]
pub(super) enum Token {
    /// A whole term without parts of its own.
    Leaf(Term),
    /// `{`
    OpenTuple,
    /// `[`
    OpenList,
    /// `#{` or `%{`
    OpenMap,
    /// `%Name{`
    OpenStruct(Atom),
    /// `#module:name{`
    OpenRecord(Atom, Atom),
    /// `key: ` of Elixir
    Key(Atom),
    /// `}`
    CloseBrace,
    /// `]`
    CloseBracket,
    Comma,
    /// `|`
    Bar,
    /// `=>`
    Arrow,
    /// `=`
    Equals,
    End,
}

/// Where tokens come from.
pub(super) trait Tokens {
    /// The next token and the offset where it begins. `value` tells that a term may begin here.
    fn next(&mut self, value: bool) -> Result<(Token, usize), ParseError>;

    /// The character at an offset, for the error message.
    fn unexpected(&self, at: usize) -> ParseError;
}

enum Frame {
    Tuple(Vec<Term>),
    /// Elements, and the tail after a bar.
    List(Vec<Term>, Option<Term>),
    Map(Vec<(Term, Term)>),
    Record(Box<Record>),
}

/// What the next token may be.
enum State {
    /// The first part of a container, or its end.
    First,
    /// A part.
    Part,
    /// The value of a key.
    Value(Term),
    /// The value of a key written with a colon.
    Keyword(Atom),
    /// The tail of a list.
    Tail,
    /// `=>` after a key.
    Arrow(Term),
    /// `=` after the name of a field.
    Equals(Atom),
    /// A separator or the end.
    After,
}

/// A container being read, and the state in which its parent takes it.
struct Open {
    frame: Frame,
    resume: State,
}

struct Machine {
    open: Vec<Open>,
    state: State,
    terms: u64,
    limits: Limits,
}

enum Refused {
    /// The token cannot stand there.
    Token,
    Because(ParseError),
}

/// Reads one term and the end of the text.
pub(super) fn run(tokens: &mut impl Tokens, limits: &Limits) -> Result<Term, ParseError> {
    let mut machine = Machine { open: Vec::new(), state: State::Part, terms: 0, limits: *limits };
    loop {
        let value = !matches!(machine.state, State::After | State::Arrow(_) | State::Equals(_));
        let (token, at) = tokens.next(value)?;
        let at_end = matches!(token, Token::End);
        match machine.step(token, at) {
            Ok(None) => {}
            Ok(Some(term)) => {
                return match tokens.next(false) {
                    Ok((Token::End, _)) => Ok(term),
                    Ok((_, at)) | Err(ParseError { at, .. }) => {
                        Err(ParseError { at, kind: ParseErrorKind::Trailing })
                    }
                };
            }
            Err(Refused::Token) if at_end => return Err(ParseError { at, kind: ParseErrorKind::End }),
            Err(Refused::Token) => return Err(tokens.unexpected(at)),
            Err(Refused::Because(error)) => return Err(error),
        }
    }
}

impl Machine {
    /// Acts on one token; gives the term when it is complete.
    fn step(&mut self, token: Token, at: usize) -> Result<Option<Term>, Refused> {
        let state = std::mem::replace(&mut self.state, State::After);
        match (token, state) {
            (Token::Leaf(term), state) => {
                let count = term.as_list().map_or(1, |elements| 1 + elements.len() as u64);
                self.charge(count, at)?;
                return self.complete(term, state);
            }
            (Token::Key(name), State::First | State::Part) => match self.top() {
                Some(Frame::List(_, None) | Frame::Map(_)) => self.state = State::Keyword(name),
                _ => return Err(Refused::Token),
            },
            (Token::CloseBrace, State::First | State::After) => match self.top() {
                None | Some(Frame::List(..)) => return Err(Refused::Token),
                Some(_) => return self.close(),
            },
            (Token::CloseBracket, State::First | State::After) => match self.top() {
                Some(Frame::List(..)) => return self.close(),
                _ => return Err(Refused::Token),
            },
            (Token::Comma, State::After) => match self.top() {
                None | Some(Frame::List(_, Some(_))) => return Err(Refused::Token),
                Some(_) => self.state = State::Part,
            },
            (Token::Bar, State::After) => match self.top() {
                Some(Frame::List(_, None)) => self.state = State::Tail,
                _ => return Err(Refused::Token),
            },
            (Token::Arrow, State::Arrow(key)) => self.state = State::Value(key),
            (Token::Equals, State::Equals(name)) => self.state = State::Keyword(name),
            (token, resume) => self.begin(token, resume, at)?,
        }
        Ok(None)
    }

    fn top(&self) -> Option<&Frame> {
        self.open.last().map(|open| &open.frame)
    }

    fn charge(&mut self, count: u64, at: usize) -> Result<(), Refused> {
        self.terms = self.terms.saturating_add(count);
        let limit = self.limits.terms;
        if self.terms > limit {
            return Err(Refused::Because(ParseError { at, kind: ParseErrorKind::TooManyTerms { limit } }));
        }
        Ok(())
    }

    fn begin(&mut self, token: Token, resume: State, at: usize) -> Result<(), Refused> {
        let frame = match token {
            Token::OpenTuple => Frame::Tuple(Vec::new()),
            Token::OpenList => Frame::List(Vec::new(), None),
            Token::OpenMap => Frame::Map(Vec::new()),
            Token::OpenStruct(name) => Frame::Map(vec![(Term::atom("__struct__"), Term::Atom(name))]),
            Token::OpenRecord(module, name) => {
                Frame::Record(Box::new(Record { module, name, exported: true, fields: Vec::new() }))
            }
            _ => return Err(Refused::Token),
        };
        let is_part = match resume {
            State::After | State::Arrow(_) | State::Equals(_) => false,
            // The part must be the name of a field.
            State::First | State::Part => !matches!(self.top(), Some(Frame::Record(_))),
            State::Value(_) | State::Keyword(_) | State::Tail => true,
        };
        if !is_part {
            return Err(Refused::Token);
        }
        let limit = self.limits.depth_in_force();
        if self.open.len() >= limit as usize {
            return Err(Refused::Because(ParseError { at, kind: ParseErrorKind::TooDeep { limit } }));
        }
        self.charge(1, at)?;
        self.open.push(Open { frame, resume });
        self.state = State::First;
        Ok(())
    }

    fn close(&mut self) -> Result<Option<Term>, Refused> {
        let Some(Open { frame, resume }) = self.open.pop() else { return Err(Refused::Token) };
        let term = match frame {
            Frame::Tuple(elements) => Term::Tuple(elements),
            Frame::List(elements, None) => Term::List(elements),
            Frame::List(mut elements, Some(Term::List(rest))) => {
                elements.extend(rest);
                Term::List(elements)
            }
            Frame::List(mut elements, Some(Term::ImproperList(rest, tail))) => {
                elements.extend(rest);
                Term::ImproperList(elements, tail)
            }
            Frame::List(elements, Some(tail)) => Term::ImproperList(elements, Box::new(tail)),
            Frame::Map(pairs) => Term::map(pairs),
            Frame::Record(record) => Term::Record(record),
        };
        self.complete(term, resume)
    }

    /// Puts a complete term where `state` says it belongs.
    fn complete(&mut self, term: Term, state: State) -> Result<Option<Term>, Refused> {
        self.state = State::After;
        let Some(Open { frame, .. }) = self.open.last_mut() else { return Ok(Some(term)) };
        match (frame, state) {
            (Frame::Tuple(elements), State::First | State::Part) => elements.push(term),
            (Frame::List(elements, _), State::First | State::Part) => elements.push(term),
            (Frame::List(elements, _), State::Keyword(name)) => {
                elements.push(Term::Tuple(vec![Term::Atom(name), term]));
            }
            (Frame::List(_, tail), State::Tail) => *tail = Some(term),
            (Frame::Map(_), State::First | State::Part) => self.state = State::Arrow(term),
            (Frame::Map(pairs), State::Value(key)) => pairs.push((key, term)),
            (Frame::Map(pairs), State::Keyword(name)) => pairs.push((Term::Atom(name), term)),
            (Frame::Record(_), State::First | State::Part) => match term {
                Term::Atom(name) => self.state = State::Equals(name),
                _ => return Err(Refused::Token),
            },
            (Frame::Record(record), State::Keyword(name)) => {
                if record.fields.iter().any(|(found, _)| *found == name) {
                    return Err(Refused::Token);
                }
                record.fields.push((name, term));
            }
            _ => return Err(Refused::Token),
        }
        Ok(None)
    }
}
