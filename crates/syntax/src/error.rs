//! What can be wrong with a text, as facts. The prose is in `diagnostics.rs`.

use pluto_source::Span;

use crate::token::Kind;

/// Errors of one file: so many are kept, and one that says so.
const LIMIT: usize = 1_000;

/// Something wrong with the text of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub span: Span,
    /// What.
    pub fact: Fact,
}

impl SyntaxError {
    /// Whether the rest of its line was not understood, so that what else is wrong there is probably no mistake of its own.
    pub fn hides_its_line(&self) -> bool {
        matches!(
            self.fact,
            Fact::UnknownCharacter(_)
                | Fact::UnterminatedString { .. }
                | Fact::UnclosedHole
                | Fact::StringsTooDeep
                | Fact::Expected { .. }
                | Fact::Unclosed { .. }
                | Fact::Unopened(_)
                | Fact::TooDeep
                | Fact::SameLine { .. }
                | Fact::LeadingOperator { .. }
                | Fact::KeywordAsName(_)
                | Fact::ItemInBlock { .. }
                | Fact::LabelWithoutLoop
                | Fact::AssignmentAsValue
                | Fact::ForeignWord { written: "try", .. }
                | Fact::Misspelled { .. }
        )
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A character that no token begins with.
    UnknownCharacter(char),
    /// A string without its end.
    UnterminatedString {
        /// What would end it.
        quotes: &'static str,
    },
    /// A block comment without its end.
    UnterminatedComment,
    /// A backslash that is followed by nothing known.
    BadEscape(BadEscape),
    /// A number that is not written as numbers are.
    BadNumber(BadNumber),
    /// A number that its type cannot hold.
    OutOfRange(Number),
    /// An operator of other languages.
    ForeignOperator {
        /// What is written.
        written: &'static str,
        /// What Pluto has.
        instead: &'static str,
    },
    /// A semicolon.
    Semicolon {
        /// Whether the line ends behind it.
        at_end: bool,
    },
    /// A text in single quotes.
    SingleQuotes {
        /// Whether it could stand in double quotes as it is.
        plain: bool,
    },
    /// A text in back quotes.
    BackQuotes,
    /// A hole in a string without its end on the line.
    UnclosedHole,
    /// A `}` in a string with holes that closes nothing.
    LoneBrace,
    /// Strings with holes in holes of strings with holes, too deep.
    StringsTooDeep,

    /// Something else was expected.
    Expected {
        /// What was expected.
        expected: Expected,
        /// What is there; nothing is the end of the line.
        found: Option<Kind>,
    },
    /// A bracket without its other half.
    Unclosed {
        /// What would close it.
        close: Kind,
        /// Where the bracket stands.
        open: Span,
        /// Whether a bracket of another kind stands in its place.
        instead: bool,
    },
    /// A closing bracket that closes nothing.
    Unopened(Kind),
    /// Too many levels.
    TooDeep,
    /// The second of two statements on a line.
    SameLine {
        /// Whether the first is a name and nothing else, so that the two were probably not meant as two.
        name: bool,
    },
    /// A line that begins with an operator.
    LeadingOperator {
        /// Which.
        operator: Kind,
        /// The end of the line before.
        previous_end: Option<u32>,
    },
    /// `a < b < c`, `a..b..c`.
    Chained {
        /// The first of the two operators.
        first: Span,
    },
    /// `if Point { x: 1 } == p { … }`.
    ClassInHead,
    /// A word that other languages have.
    ForeignWord {
        /// What is written.
        written: &'static str,
        /// What Pluto has.
        instead: &'static str,
    },
    /// `->` where `=>` belongs.
    ThinArrow,
    /// `fn f() -> int`.
    ResultArrow,
    /// A name that begins with a letter of the wrong case.
    WrongCase {
        /// What is named.
        what: Named,
        /// How it could be.
        instead: Option<Box<str>>,
    },
    /// A keyword where a name belongs.
    KeywordAsName(Kind),
    /// A declaration inside a block.
    ItemInBlock {
        /// Whether of a function.
        function: bool,
    },
    /// `pub` before something that has no visibility.
    MisplacedPub,
    /// `a == not b`.
    NotNeedsParentheses {
        /// The end of what belongs into the parentheses.
        end: u32,
    },
    /// Something assigned to that is no place.
    BadTarget,
    /// `=` inside an expression.
    AssignmentInside {
        /// Whether it is the body of an arm or a closure; all of it.
        body: Option<Span>,
    },
    /// `x = y = 2`.
    AssignmentAsValue,
    /// `!a`.
    BangBefore,
    /// `a++`, `a--`.
    Step {
        /// `+=` or `-=`.
        instead: &'static str,
        /// Whether it is a statement, as `a += 1` can be.
        statement: bool,
    },
    /// `a ? b : c`.
    Ternary,
    /// `self` where there is none, or not first.
    MisplacedSelf,
    /// `..` in a pattern that is not of an array, or a second one.
    MisplacedRest,
    /// Two members on a line with nothing between them, at the second.
    MissingComma {
        /// Where the first ends.
        after: u32,
    },
    /// A function without a body.
    MissingBody,
    /// A parameter without a type.
    MissingType,
    /// `let x` or `const X =` without a value.
    MissingValue,
    /// `(a,)`.
    OneElementTuple,
    /// `()`.
    EmptyTuple,
    /// Entries of a map and elements of an array in one pair of brackets.
    MixedEntries,
    /// A key in the pattern of a map that is no literal.
    BadKey,
    /// `x => x + 1`.
    ClosureWithoutParentheses {
        /// Where `->` stands in the place of `=>`.
        arrow: Option<Span>,
    },
    /// `outer: x`.
    LabelWithoutLoop,
    /// `x := 1`, `x: int = 1`, `int x = 1`.
    DeclarationWithoutLet {
        /// What it is up to the value.
        instead: Box<str>,
    },
    /// A form of other languages.
    Foreign(Foreign),
    /// `stream int` inside of a type.
    StreamInType {
        /// What it would be a stream of.
        item: Span,
    },
    /// `int x` in the place of `x: int`.
    TypeBeforeName {
        /// How it is written.
        instead: Box<str>,
    },
    /// `a is not B`.
    IsNot,
    /// A word of the language that is written a little otherwise.
    Misspelled {
        /// The word.
        instead: &'static str,
    },
    /// `[string: int]` as a type.
    MapType {
        /// How it is written.
        instead: Option<Box<str>>,
    },
    /// `import "std/fs"`.
    ModuleInQuotes {
        /// What is in the quotes, with dots.
        instead: Box<str>,
    },
    /// A function without a name, as other languages write it.
    ForeignClosure,
    /// A field of a variant without a name.
    UnnamedField,
    /// There is more, and it is not said.
    TooMany,
}

/// A form of other languages, for which Pluto has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// `T[]`.
    ArrayType,
    /// `&x`, `&T`.
    Reference,
    /// A method without `fn`.
    MethodWithoutFn,
    /// `{"a": 1}`.
    MapInBraces,
    /// `{ x: 1, y: 2 }`.
    ClassWithoutName,
    /// `for i = 0; i < n; i++`.
    CountingLoop,
    /// `[head | tail]`, at the bar.
    Cons,
    /// `class A: T { … }`, at the colon and what follows it.
    Supertypes,
    /// `["k": v, ..]`, at the dots.
    RestOfMap,
    /// `..0`, `1..` in a pattern.
    OpenRange,
    /// `(mut a, mut b)` in a pattern, at a `mut`.
    MutInPattern,
    /// `for mut a in list`, at the `mut`.
    MutInFor,
    /// `do { … } while c`.
    DoWhile,
    /// `repeat { … }`, `repeat 3 { … }`.
    Repeat,
    /// `catch (e) { … }`, at the name in its parentheses.
    CaughtInParentheses,
    /// `list.map { … }`, at the brace.
    TrailingBlock,
    /// `(float) 3`, at the type in its parentheses.
    Cast,
    /// `class Box[T]`, with the brackets.
    TypeParamsInBrackets,
    /// `[..a, 2]`, at the dots.
    Spread,
    /// `A { y: 2, ..a }`, at the dots.
    RestOfClass,
}

/// What is wrong with an escape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadEscape {
    /// No such escape.
    Unknown(char),
    /// `\x` without two hexadecimal digits.
    Hex,
    /// `\x80` and more.
    NotAscii,
    /// `\u` without one to six hexadecimal digits in braces.
    Unicode,
    /// No character has this number.
    NotACharacter,
}

/// What is wrong with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadNumber {
    /// `0x`.
    NoDigits,
    /// `1_`, `1__0`.
    Underscore,
    /// `0b12`.
    Digit {
        /// The base.
        radix: u32,
    },
    /// `.5`.
    NothingBeforeDot,
    /// `5.`.
    NothingBehindDot,
    /// `1e`.
    Exponent,
    /// `10px`.
    Suffix,
    /// `1.5s`.
    DurationFraction,
}

/// A kind of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// An `int`.
    Int,
    /// A `float`.
    Float,
    /// A `duration`.
    Duration,
}

/// What was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A token.
    Token(Kind),
    /// One of two tokens.
    Either(Kind, Kind),
    /// An expression.
    Expression,
    /// A type.
    Type,
    /// A pattern.
    Pattern,
    /// A declaration.
    Item,
    /// A statement.
    Statement,
    /// A name.
    Name(Named),
    /// A name or a number behind a dot.
    FieldName,
    /// A block.
    Block,
    /// A field, a method or an invariant.
    Member,
    /// A variant or a method.
    VariantOrMethod,
    /// A method.
    Method,
    /// A string.
    String,
    /// The end of the line.
    EndOfLine,
}

/// What a name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// A module.
    Module,
    /// Something imported.
    Imported,
    /// A function.
    Function,
    /// A parameter.
    Parameter,
    /// A type parameter.
    TypeParameter,
    /// A class.
    Class,
    /// An actor.
    Actor,
    /// An enum.
    Enum,
    /// A variant.
    Variant,
    /// A trait.
    Trait,
    /// An error.
    Error,
    /// A type.
    Type,
    /// A constant.
    Constant,
    /// An app.
    App,
    /// A field.
    Field,
    /// A dependency.
    Dependency,
    /// A local name.
    Local,
    /// A label.
    Label,
}

impl Named {
    /// Whether it begins with a capital; `None` where both is right.
    pub(crate) const fn capital(self) -> Option<bool> {
        match self {
            Self::Class
            | Self::Actor
            | Self::Enum
            | Self::Variant
            | Self::Trait
            | Self::Error
            | Self::Type
            | Self::TypeParameter
            | Self::App => Some(true),
            Self::Constant | Self::Imported | Self::Module => None,
            Self::Function | Self::Parameter | Self::Field | Self::Dependency | Self::Local | Self::Label => {
                Some(false)
            }
        }
    }
}

/// Errors as they are found.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    list: Vec<SyntaxError>,
}

impl Errors {
    /// Adds one, unless there are too many.
    pub(crate) fn add(&mut self, span: Span, fact: Fact) {
        if self.list.len() < LIMIT {
            self.list.push(SyntaxError { span, fact });
        } else if self.list.len() == LIMIT {
            self.list.push(SyntaxError { span, fact: Fact::TooMany });
        }
    }

    /// Where the last few are.
    pub(crate) fn recent(&self) -> impl Iterator<Item = Span> {
        self.list.iter().rev().take(8).map(|error| error.span)
    }

    /// All, in the order of the text; what was added first first where two begin at one place.
    pub(crate) fn sorted(mut self) -> Vec<SyntaxError> {
        self.list.sort_by_key(|error| error.span.start);
        self.list
    }

    /// All, as they were found.
    pub(crate) fn into_list(self) -> Vec<SyntaxError> {
        self.list
    }

    /// Drops those that begin in one of these spans, which are in the order of the text.
    pub(crate) fn drop_inside(&mut self, spans: &[Span]) {
        if !spans.is_empty() {
            self.list.retain(|error| {
                let at = spans.partition_point(|span| span.start <= error.span.start);
                let span = at.checked_sub(1).and_then(|at| spans.get(at));
                span.is_none_or(|span| span.end <= error.span.start)
            });
        }
    }

    /// Adds those of the lexer.
    pub(crate) fn append(&mut self, other: Vec<SyntaxError>) {
        for error in other {
            self.add(error.span, error.fact);
        }
    }
}
