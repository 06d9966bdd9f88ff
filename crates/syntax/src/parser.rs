//! From tokens to the tree: recursive descent, with a loop for each level of operators. What is missing becomes a `Wrong` node or
//! an empty name, so that there is always a tree.
//!
//! **Recovery.** The first error of a mistake is kept. Further ones are echoes, and are dropped, until the line ends and the parser is
//! in step again, at the next statement, element or expected token ([`Parser::error`]). An error that does not put the parser out of
//! step is added by [`Parser::note`]. Where brackets do not match, indentation says which one is missing or too many (`brackets.rs`).

mod brackets;
mod closure;
mod control;
mod cursor;
mod expr;
mod function;
mod item;
mod member;
mod names;
mod pattern;
mod postfix;
mod primary;
mod recover;
mod stmt;
mod text;
mod types;

use pluto_source::Span;

pub use self::names::snake_case;

use crate::error::{Errors, Fact, SyntaxError};
use crate::lexer;
use crate::token::{Kind, Token};
use crate::tree::{List, Nodes, Pooled, Tree};

/// Levels of brackets, blocks, prefixes and right operands: what is deeper is refused, so that no walk of a tree, of which left
/// operands and `else if` are loops, runs out of stack.
pub const NESTING: u32 = 256;

/// A file, parsed.
#[derive(Clone, Debug)]
pub struct Parse {
    /// Its tree; what could not be read is `Wrong` in it.
    pub tree: Tree,
    /// What is wrong with the text, in the order of the text.
    pub errors: Vec<SyntaxError>,
}

/// Reads the text of a file of at most `u32::MAX` bytes.
pub fn parse(source: &str) -> Parse {
    let (tokens, mut errors) = lexer::tokens(source);
    let mut parser = Parser::new(source, &tokens);
    parser.file();
    let Parser { nodes, items, errors: found, dropped, .. } = parser;
    errors.drop_inside(&dropped);
    errors.append(found.into_list());
    Parse { tree: Tree { tokens, items, nodes }, errors: errors.sorted() }
}

/// What holds between a pair of brackets.
#[derive(Clone, Copy, Debug, Default)]
struct Context {
    /// The innermost bracket is `(` or `[`: lines do not end.
    brackets: bool,
    /// The head of `if`, `while`, `for` or `match`: `{` begins a block.
    head: bool,
    /// The guard of an arm: `=>` ends it.
    guard: bool,
    /// A type behind `as` or `is`: operators may follow it, so `<` and `??` may be such.
    operators: bool,
}

struct Parser<'s> {
    source: &'s str,
    tokens: &'s [Token],
    /// The current token, which is no trivia.
    at: usize,
    kind: Kind,
    start: u32,
    /// Whether a line ends before the current token.
    newline: bool,
    /// The end of the token before it.
    previous_end: u32,
    context: Context,
    depth: u32,
    nodes: Nodes,
    /// Elements of lists that are not complete: its pools are stacks.
    scratch: Nodes,
    items: Vec<crate::tree::ItemId>,
    errors: Errors,
    /// Errors are echoes until an expected token is found.
    recovering: bool,
    /// Braces in strings without an end, whose ends are no mistakes of their own.
    swallowed: usize,
    /// The end of the line of the last of those strings.
    unknown: u32,
    /// Errors before it are echoes.
    quiet: u32,
    too_deep: bool,
    /// Brackets that are open at the current token, and where.
    open: Vec<(Kind, u32)>,
    /// The braces of them.
    open_braces: Vec<u32>,
    /// How many more braces are opened than closed in the file.
    braces: i64,
    /// The first token of the statement, member or declaration that was begun last.
    fresh: usize,
    /// Labels of the loops around, in this function.
    labels: Vec<Span>,
    applications: postfix::Applications,
    /// Statements of other languages, whose blocks may end by `end`.
    foreign_blocks: u32,
    /// Whether the last statement was a name and nothing else.
    after_name: bool,
    /// A `mut` inside of a pattern, which was told.
    mut_in_pattern: Option<Span>,
    /// Whether fields of a class literal stand behind `..`, which was told.
    fields_left_out: bool,
    /// Where the lexer's errors are echoes.
    dropped: Vec<Span>,
    /// The token after a minus, which may be 2^63.
    after_minus: u32,
}

/// How many more braces are opened than closed.
fn braces(tokens: &[Token]) -> i64 {
    tokens
        .iter()
        .map(|token| i64::from(token.kind == Kind::LeftBrace) - i64::from(token.kind == Kind::RightBrace))
        .sum()
}

impl<'s> Parser<'s> {
    fn new(source: &'s str, tokens: &'s [Token]) -> Self {
        let mut parser = Self {
            source,
            tokens,
            at: 0,
            kind: Kind::End,
            start: 0,
            newline: true,
            previous_end: 0,
            context: Context::default(),
            depth: 0,
            nodes: Nodes::default(),
            scratch: Nodes::default(),
            items: Vec::new(),
            errors: Errors::default(),
            recovering: false,
            swallowed: 0,
            unknown: 0,
            quiet: 0,
            too_deep: false,
            braces: braces(tokens),
            open: Vec::new(),
            open_braces: Vec::new(),
            fresh: 0,
            labels: Vec::new(),
            applications: postfix::Applications::default(),
            foreign_blocks: 0,
            after_name: false,
            mut_in_pattern: None,
            fields_left_out: false,
            dropped: Vec::new(),
            after_minus: u32::MAX,
        };
        parser.settle(0);
        parser.newline = true;
        parser
    }

    /// An error that puts the parser out of step.
    fn error(&mut self, span: Span, fact: Fact) {
        if !self.recovering && span.start >= self.quiet {
            self.errors.add(span, fact);
            self.quiet_line(span.end);
        }
        self.recovering = true;
    }

    /// An error that does not.
    fn note(&mut self, span: Span, fact: Fact) {
        if !self.recovering && span.start >= self.quiet {
            self.errors.add(span, fact);
        }
    }

    /// Errors are echoes until the line ends.
    fn quiet_line(&mut self, at: u32) {
        if at >= self.quiet {
            self.quiet = self.line_end(at) + 1;
        }
    }

    /// Where the line of a byte ends.
    fn line_end(&self, at: u32) -> u32 {
        let rest = self.source.as_bytes().get(at as usize..).unwrap_or_default();
        at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()) as u32
    }

    /// A statement, a member or a declaration begins here: on a new line, the parser is in step.
    fn begin_line(&mut self) {
        self.fresh = self.at;
        if self.newline {
            self.recovering = false;
            self.unknown = 0;
        }
    }

    /// Whether what ends here was not understood to its end.
    fn is_broken(&self) -> bool {
        self.recovering || self.quiet >= self.previous_end
    }

    /// The beginning of a list: what is [pushed](Self::push) from now on.
    fn begin<T: Pooled>(&self) -> usize {
        T::pool(&self.scratch).elements.len()
    }

    fn push<T: Pooled>(&mut self, element: T) {
        T::pool_mut(&mut self.scratch).elements.push(element);
    }

    /// Completes a list.
    fn finish<T: Pooled>(&mut self, begin: usize) -> List<T> {
        self.nodes.add_list(T::pool_mut(&mut self.scratch).elements.drain(begin..))
    }

    /// Does something between a pair of brackets.
    fn within<T>(&mut self, context: Context, what: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.context, context);
        let done = what(self);
        self.context = outer;
        done
    }

    /// Does something one level deeper; `None`, and what is there is passed over, where that is too deep.
    fn deeper<T>(&mut self, what: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= NESTING {
            if !self.too_deep {
                self.too_deep = true;
                self.note(self.span(), Fact::TooDeep);
            }
            self.recovering = true;
            self.skip_rest_of_group();
            return None;
        }
        self.depth += 1;
        let done = what(self);
        self.depth -= 1;
        Some(done)
    }
}
