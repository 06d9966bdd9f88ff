//! What can be wrong with a pattern, as facts, and how it is shown.

use std::fmt::Write as _;

/// A pattern that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problem.message())]
pub struct PatternError {
    /// Where, as an offset in bytes; the length of the text where something is missing at its end.
    pub position: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Something else must stand here.
    Expected {
        /// What must stand here.
        expected: Expected,
        /// What stands here.
        found: Found,
        /// What the writer may have meant.
        hint: Option<Hint>,
    },
    /// A character that no pattern has.
    UnknownCharacter(char),
    /// A quoted name or a string without its end.
    Unterminated,
    /// An escape that is none, or does not name a character.
    BadEscape,
    /// An integer that does not fit 64 bits.
    IntegerTooLarge,
    /// A float that is not finite.
    FloatTooLarge,
    /// An atom of more than 255 characters.
    AtomTooLong,
    /// An arity, or a number of arguments, over 255.
    ArityTooLarge,
    /// A condition without named arguments, on `function/arity` or on the bare name.
    ConditionWithoutArguments,
    /// A variable in the condition that no argument has.
    UnknownVariable {
        /// The variable.
        name: String,
        /// The variables that there are.
        known: Vec<String>,
    },
    /// A function that no condition can call.
    UnknownFunction {
        /// Its name.
        name: String,
    },
    /// A function called with the wrong number of arguments.
    WrongArity {
        /// Its name.
        name: String,
        /// How many it takes.
        takes: u32,
    },
    /// `length`: its cost grows with the list, on every call.
    UnboundedCost {
        /// The function.
        name: String,
    },
    /// Arithmetic on something that is no integer.
    NotAnInteger,
    /// An action after `->` that is not known.
    UnknownAction {
        /// Its name.
        name: String,
    },
    /// The stack of each call is asked for: redbug's `stack`, `{process_dump}`, `{current_stacktrace}`.
    StackNotRecorded,
    /// A head, guard or body of a match spec beyond what is understood.
    UnsupportedMatchSpec {
        /// Which part.
        part: MatchSpecPart,
    },
    /// Nested deeper, or longer, than any pattern needs.
    TooComplex,
}

/// A part of a match spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchSpecPart {
    /// The arguments.
    Head,
    /// The conditions.
    Guard,
    /// What is done.
    Body,
    /// More than one clause.
    Clauses,
}

/// What must stand somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A module.
    Module,
    /// The colon or dot between module and function.
    FunctionSeparator,
    /// A function or `_`.
    Function,
    /// A number of arguments or `_`.
    Arity,
    /// An argument.
    Argument,
    /// A value in a condition.
    Value,
    /// A number or name of an element.
    Index,
    /// A key of a map.
    Key,
    /// An action.
    Action,
    /// A token.
    Token(&'static str),
    /// A comparison, for a value stands alone.
    Comparison,
    /// A list with one clause.
    MatchSpec,
    /// Nothing.
    End,
}

/// What stands somewhere instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The end of the pattern.
    End,
    /// This text.
    Text(String),
}

/// What the writer may have meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Every function of the module: `module:_`.
    WholeModule {
        /// The module as written, with the separator of its spelling.
        prefix: String,
    },
    /// In this spelling, variables begin with a capital.
    CapitalVariable,
    /// In this spelling, variables begin with a small letter.
    SmallVariable,
    /// An Elixir module is written without a colon.
    ElixirModule,
    /// `=` is written `==`.
    DoubleEquals,
    /// Comparisons are joined by `and`.
    JoinComparisons,
    /// A condition comes after `when`.
    When,
    /// What is in a map or a list is asked for by a condition.
    LookInside,
    /// The same in the spelling of Elixir.
    ElixirLookInside,
}

impl Problem {
    /// One sentence without a full stop.
    fn message(&self) -> String {
        match self {
            Problem::Expected { expected, found, .. } => {
                format!("expected {}, found {}", expected.words(), found.words())
            }
            Problem::UnknownCharacter(c) => format!("no pattern has the character {c:?}"),
            Problem::Unterminated => "the closing quote is missing".to_owned(),
            Problem::BadEscape => "this is no escape".to_owned(),
            Problem::IntegerTooLarge => "integers have 64 bits".to_owned(),
            Problem::FloatTooLarge => "this float is not finite".to_owned(),
            Problem::AtomTooLong => "an atom has at most 255 characters".to_owned(),
            Problem::ArityTooLarge => "a function has at most 255 arguments".to_owned(),
            Problem::ConditionWithoutArguments => "a condition needs named arguments".to_owned(),
            Problem::UnknownVariable { name, .. } => format!("no argument is named {name}"),
            Problem::UnknownFunction { name } => format!("{name} cannot be called in a condition"),
            Problem::WrongArity { name, takes: 1 } => format!("{name} takes one argument"),
            Problem::WrongArity { name, takes } => format!("{name} takes {takes} arguments"),
            Problem::UnboundedCost { name } => {
                format!("{name} walks the whole value on every call, and is not used on a node")
            }
            Problem::NotAnInteger => "arithmetic is on integers only".to_owned(),
            Problem::UnknownAction { name } => format!("{name} is no action"),
            Problem::StackNotRecorded => "the stack of a call is not recorded by this version".to_owned(),
            Problem::UnsupportedMatchSpec { part } => match part {
                MatchSpecPart::Head => "this head is not supported".to_owned(),
                MatchSpecPart::Guard => "this guard is not supported".to_owned(),
                MatchSpecPart::Body => "this body is not supported".to_owned(),
                MatchSpecPart::Clauses => "one clause is supported".to_owned(),
            },
            Problem::TooComplex => "the pattern is too long or nested too deeply".to_owned(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Problem::Expected { hint, .. } => hint.as_ref().map(Hint::words),
            Problem::ConditionWithoutArguments => {
                Some("write the arguments out, such as place_order(N, _) when N > 10".to_owned())
            }
            Problem::UnknownVariable { known, .. } if known.is_empty() => {
                Some("no argument has a name: write a variable in place of an argument".to_owned())
            }
            Problem::UnknownVariable { known, .. } => Some(format!("there are {}", known.join(", "))),
            Problem::UnknownFunction { .. } => Some(
                "there are is_atom, is_integer and the other type tests, element, elem, hd, tuple_size, \
                 map_size, byte_size, map_get"
                    .to_owned(),
            ),
            Problem::UnboundedCost { .. } => Some("hd(X) and X == [] look at the front of a list".to_owned()),
            Problem::UnknownAction { .. } => Some("there are return and time".to_owned()),
            Problem::StackNotRecorded => Some(
                "leave it out, and trace the callers too: a tree of calls shows who called whom".to_owned(),
            ),
            Problem::UnsupportedMatchSpec { part: MatchSpecPart::Body } => {
                Some("there are {return_trace} and {exception_trace}".to_owned())
            }
            _ => None,
        }
    }
}

impl Expected {
    fn words(self) -> String {
        match self {
            Expected::Module => "a module".to_owned(),
            Expected::FunctionSeparator => "`:` or `.` and a function".to_owned(),
            Expected::Function => "a function or `_`".to_owned(),
            Expected::Arity => "a number of arguments or `_`".to_owned(),
            Expected::Argument => "an argument".to_owned(),
            Expected::Value => "a value".to_owned(),
            Expected::Index => "the number of an element".to_owned(),
            Expected::Key => "a key".to_owned(),
            Expected::Action => "an action".to_owned(),
            Expected::Token(token) => format!("`{token}`"),
            Expected::Comparison => "a comparison".to_owned(),
            Expected::MatchSpec => "a match spec of one clause".to_owned(),
            Expected::End => "the end of the pattern".to_owned(),
        }
    }
}

impl Found {
    fn words(&self) -> String {
        match self {
            Found::End => "the end of the pattern".to_owned(),
            Found::Text(text) => format!("`{text}`"),
        }
    }
}

impl Hint {
    fn words(&self) -> String {
        match self {
            Hint::WholeModule { prefix } => format!("{prefix}_ stands for every function of the module"),
            Hint::CapitalVariable => "a variable begins with a capital here".to_owned(),
            Hint::SmallVariable => "a variable begins with a small letter here".to_owned(),
            Hint::ElixirModule => "an Elixir function is written MyApp.Orders.place_order/2".to_owned(),
            Hint::DoubleEquals => "equality is written ==".to_owned(),
            Hint::JoinComparisons => "join comparisons by `and`".to_owned(),
            Hint::When => "a condition comes after `when`".to_owned(),
            Hint::LookInside => "give the argument a name and look into it by a condition: \
                 when map_get(key, M) == value, or hd(L) == value"
                .to_owned(),
            Hint::ElixirLookInside => "give the argument a name and look into it by a condition: \
                 when map_get(:key, m) == value, or hd(l) == value"
                .to_owned(),
        }
    }
}

impl PatternError {
    /// The error with the pattern and a caret under the place, and the hint where there is one. Ends with a newline.
    ///
    /// `text` is the pattern that was parsed. Control characters of it are shown as spaces.
    #[must_use]
    pub fn render(&self, text: &str) -> String {
        let before = text.get(..self.position).unwrap_or(text).chars().count();
        let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = write!(out, "malformed pattern: {self}\n  {line}\n  {}^\n", " ".repeat(before));
        if let Some(hint) = self.problem.hint() {
            let _ = writeln!(out, "hint: {hint}");
        }
        out
    }
}
