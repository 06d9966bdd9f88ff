//! What to trace, as people write it: a module, a function, its arguments and a condition on them.

mod error;
mod lexer;
mod parser;
mod print;
mod recon;

pub use error::{Expected, Found, Hint, MatchSpecPart, PatternError, Problem};
pub use parser::{parse, parse_message};

use pluto_term::Atom;

/// What to trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// The module; Elixir modules with their prefix, `Elixir.MyApp.Orders`.
    pub module: Atom,
    /// The function; `None` is every function of the module.
    pub function: Option<Atom>,
    /// The number of arguments; `None` is every arity.
    pub arity: Option<u32>,
    /// What the arguments must look like; as many as [`Self::arity`] says.
    pub arguments: Option<Vec<ArgumentPattern>>,
    /// What must hold besides. It speaks of the variables of [`Self::arguments`].
    pub condition: Option<Condition>,
    /// What the pattern itself asks to be recorded.
    pub requests: Requests,
    /// How the pattern was written.
    pub spelling: Spelling,
}

/// How a pattern was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Spelling {
    /// `shop:place_order/2`, and redbug's strings.
    Erlang,
    /// `MyApp.Orders.place_order/2`, `:shop.place_order/2`.
    Elixir,
    /// A tuple as recon takes it: `{shop, place_order, '_'}`.
    Recon,
}

/// What a pattern asks for by redbug's actions (`-> return,time`) or by a match spec's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Requests {
    /// Return values and exceptions: `return`, `{return_trace}`, `{exception_trace}`.
    pub returns: bool,
    /// Durations: `time`.
    pub time: bool,
}

/// What one argument must look like.
#[derive(Clone, Debug, PartialEq)]
pub enum ArgumentPattern {
    /// Anything: `_`.
    Any,
    /// Anything, under this name. The same name twice asks for equal scalars.
    Variable(String),
    /// This value.
    Literal(Literal),
    /// A tuple of this size with such elements.
    Tuple(Vec<ArgumentPattern>),
}

/// A value that is written out.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// An integer of 64 bits.
    Integer(i64),
    /// A float; finite.
    Float(f64),
    /// An atom.
    Atom(Atom),
    /// A UTF-8 binary: `"text"`.
    String(String),
    /// The empty list.
    Nil,
}

/// What must hold. The meaning is that of [`Predicate`](crate::Predicate).
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Both hold.
    And(Box<Condition>, Box<Condition>),
    /// One of them holds.
    Or(Box<Condition>, Box<Condition>),
    /// The contrary holds; a failed access or a difference in kind does not become true by it.
    Not(Box<Condition>),
    /// Two values compared.
    Compare(Comparison, Value, Value),
    /// A value is of a type.
    Is(TypeTest, Value),
    /// A value is the atom `true`.
    Holds(Value),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `==`, which is Erlang's `=:=`.
    Equal,
    /// `!=`, which is Erlang's `=/=`.
    NotEqual,
    /// `<`
    Less,
    /// `<=`, Erlang's `=<`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// The comparison that holds where this one does not.
    #[must_use]
    pub fn negated(self) -> Comparison {
        match self {
            Comparison::Equal => Comparison::NotEqual,
            Comparison::NotEqual => Comparison::Equal,
            Comparison::Less => Comparison::GreaterOrEqual,
            Comparison::LessOrEqual => Comparison::Greater,
            Comparison::Greater => Comparison::LessOrEqual,
            Comparison::GreaterOrEqual => Comparison::Less,
        }
    }
}

/// A test of a value's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeTest {
    /// `is_atom`
    Atom,
    /// `is_binary`
    Binary,
    /// `is_boolean`
    Boolean,
    /// `is_float`
    Float,
    /// `is_function`
    Function,
    /// `is_integer`
    Integer,
    /// `is_list`
    List,
    /// `is_map`
    Map,
    /// `is_number`
    Number,
    /// `is_pid`
    Pid,
    /// `is_port`
    Port,
    /// `is_reference`
    Reference,
    /// `is_tuple`
    Tuple,
}

impl TypeTest {
    /// Every test, in the order of its name.
    pub const ALL: [TypeTest; 13] = [
        TypeTest::Atom,
        TypeTest::Binary,
        TypeTest::Boolean,
        TypeTest::Float,
        TypeTest::Function,
        TypeTest::Integer,
        TypeTest::List,
        TypeTest::Map,
        TypeTest::Number,
        TypeTest::Pid,
        TypeTest::Port,
        TypeTest::Reference,
        TypeTest::Tuple,
    ];

    /// The name of the guard, the same in Erlang and Elixir.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            TypeTest::Atom => "is_atom",
            TypeTest::Binary => "is_binary",
            TypeTest::Boolean => "is_boolean",
            TypeTest::Float => "is_float",
            TypeTest::Function => "is_function",
            TypeTest::Integer => "is_integer",
            TypeTest::List => "is_list",
            TypeTest::Map => "is_map",
            TypeTest::Number => "is_number",
            TypeTest::Pid => "is_pid",
            TypeTest::Port => "is_port",
            TypeTest::Reference => "is_reference",
            TypeTest::Tuple => "is_tuple",
        }
    }

    /// The test with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<TypeTest> {
        TypeTest::ALL.into_iter().find(|test| test.name() == name)
    }
}

/// A value in a condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A variable of the arguments.
    Variable(String),
    /// A value that is written out.
    Literal(Literal),
    /// Element of a tuple, counted from 1.
    Element(u32, Box<Value>),
    /// The first element of a list: `hd(X)`.
    Head(Box<Value>),
    /// A size.
    Size(SizeOf, Box<Value>),
    /// The value under a key of a map.
    Get(Literal, Box<Value>),
    /// Arithmetic on integers of 64 bits.
    Arithmetic(Arithmetic, Box<Value>, Box<Value>),
}

/// What a size is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SizeOf {
    /// `tuple_size(X)`
    Tuple,
    /// `map_size(X)`
    Map,
    /// `byte_size(X)`
    Binary,
}

/// An operation on integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`, `div`: towards zero.
    Divide,
    /// `%`, `rem`: with the sign of the left side.
    Remainder,
}
