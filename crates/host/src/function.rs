//! Functions by their names, and the values that they take and give.

use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use crate::outside::{Fault, Outside, Problem};
use crate::waiting::{Pause, Token, Turn};

/// A value, as it stands in one lane of a program.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `int` and `duration`.
    Int(i64),
    /// `float`.
    Float(f64),
    /// `bool`, and whether there is an optional number.
    Bool(bool),
    /// `string`.
    Text(String),
    /// `bytes`.
    Bytes(Vec<u8>),
    /// `[string]`
    Texts(Vec<String>),
    /// `none` of what is on the heap.
    None,
}

/// What kind of value a function takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `int` and `duration`.
    Int,
    /// `float`.
    Float,
    /// `bool`.
    Bool,
    /// `string`.
    Text,
    /// `bytes`.
    Bytes,
    /// `[string]`
    Texts,
}

/// What a function does.
type Act = fn(&mut dyn Outside, &[Value], Turn) -> Result<Vec<Value>, Token>;

/// A function of the standard library.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its module and its name: `std.math.asin`.
    pub name: &'static str,
    /// What it takes.
    pub takes: &'static [Kind],
    /// Whether it reaches what is outside of the program.
    pub outside: bool,
    /// Whether it may have to wait, at most for the nanoseconds of its last argument where those are not below 0.
    pub waits: bool,
    pub(crate) act: Act,
}

/// Names are of one function each.
impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl Function {
    /// Does it: gives the lanes of the result, a tuple's in a row.
    ///
    /// # Errors
    /// Where it has to wait: for what. With that it is called again.
    pub fn call(&self, outside: &mut dyn Outside, with: &[Value], turn: Turn) -> Result<Vec<Value>, Token> {
        (self.act)(outside, with, turn)
    }

    /// How long it may wait with some arguments, in nanoseconds, where that is bounded.
    #[must_use]
    pub fn within(&self, with: &[Value]) -> Option<i64> {
        match with.last() {
            Some(Value::Int(within)) if self.waits && *within >= 0 => Some(*within),
            _ => None,
        }
    }
}

const TABLES: &[&[Function]] = &[
    crate::digest::FUNCTIONS,
    crate::files::FUNCTIONS,
    crate::http::FUNCTIONS,
    crate::math::FUNCTIONS,
    crate::net::WAITING,
    crate::net::at_once::FUNCTIONS,
    crate::patterns::FUNCTIONS,
    crate::processes::WAITING,
    crate::text::FUNCTIONS,
    crate::world::FUNCTIONS,
];

/// All of them, in an order that stays.
#[must_use]
pub fn functions() -> &'static [&'static Function] {
    static ALL: LazyLock<Vec<&'static Function>> =
        LazyLock::new(|| TABLES.iter().flat_map(|table| table.iter()).collect());
    &ALL
}

/// A value that a function gives.
pub(crate) trait Give {
    /// Puts its lanes in a row.
    fn give(self, out: &mut Vec<Value>);
}

macro_rules! gives {
    ($($ty:ty => $variant:ident,)*) => {$(
        impl Give for $ty {
            fn give(self, out: &mut Vec<Value>) {
                out.push(Value::$variant(self));
            }
        }
    )*};
}

gives! {
    i64 => Int,
    f64 => Float,
    bool => Bool,
    String => Text,
    Vec<u8> => Bytes,
    Vec<String> => Texts,
}

impl Give for () {
    fn give(self, _out: &mut Vec<Value>) {}
}

/// What is on the heap is nothing where it is null.
macro_rules! gives_or_none {
    ($($ty:ty,)*) => {$(
        impl Give for Option<$ty> {
            fn give(self, out: &mut Vec<Value>) {
                match self {
                    Some(value) => value.give(out),
                    None => out.push(Value::None),
                }
            }
        }
    )*};
}

gives_or_none! { String, Vec<u8>, Vec<String>, }

/// What is not has a lane more, that says whether it is there.
impl Give for Option<i64> {
    fn give(self, out: &mut Vec<Value>) {
        out.extend([Value::Bool(self.is_some()), Value::Int(self.unwrap_or(0))]);
    }
}

/// What may go wrong has a neutral value then, and two lanes more: the number of the problem, or 0, and why.
impl<T: Give + Default> Give for Result<T, Fault> {
    fn give(self, out: &mut Vec<Value>) {
        let (value, problem, why) = match self {
            Ok(value) => (value, 0, String::new()),
            Err(fault) => (T::default(), fault.problem as i64, fault.why),
        };
        value.give(out);
        out.extend([Value::Int(problem), Value::Text(why)]);
    }
}

macro_rules! gives_tuples {
    ($(($($name:ident)*))*) => {$(
        impl<$($name: Give),*> Give for ($($name,)*) {
            fn give(self, out: &mut Vec<Value>) {
                #[expect(non_snake_case, reason = "each part is called as its type")]
                let ($($name,)*) = self;
                $($name.give(out);)*
            }
        }
    )*};
}

gives_tuples! { (A B) (A B C) (A B C D) (A B C D E) }

/// A value that a function takes.
pub(crate) trait Take<'v> {
    /// What kind of value it is.
    const KIND: Kind;

    /// The value; a neutral one where there is another kind.
    fn take(value: Option<&'v Value>) -> Self;
}

macro_rules! takes {
    ($($ty:ty = $kind:ident, $pattern:pat => $value:expr, $otherwise:expr;)*) => {$(
        impl<'v> Take<'v> for $ty {
            const KIND: Kind = Kind::$kind;

            fn take(value: Option<&'v Value>) -> Self {
                match value {
                    Some($pattern) => $value,
                    _ => $otherwise,
                }
            }
        }
    )*};
}

takes! {
    i64 = Int, Value::Int(value) => *value, 0;
    f64 = Float, Value::Float(value) => *value, 0.0;
    bool = Bool, Value::Bool(value) => *value, false;
    &'v str = Text, Value::Text(text) => text, "";
    &'v [u8] = Bytes, Value::Bytes(bytes) => bytes, &[];
    &'v [String] = Texts, Value::Texts(texts) => texts, &[];
}

/// The lanes of what a function gives that may have to wait.
pub(crate) fn lanes<T: Give + Default>(
    turn: Turn,
    act: impl FnOnce(Turn) -> Result<T, Pause>,
) -> Result<Vec<Value>, Token> {
    let given = match turn {
        Turn::Late => Err(Fault::new(Problem::TimedOut, "it took too long")),
        turn => match act(turn) {
            Ok(value) => Ok(value),
            Err(Pause::Fault(fault)) => Err(fault),
            Err(Pause::Waits(token)) => return Err(token),
        },
    };
    let mut out = Vec::new();
    given.give(&mut out);
    Ok(out)
}

/// A table of functions, all of which reach what is outside of the program, or none, or may wait for it: each has its name, and what it
/// takes. One that may wait is given its turn as well, and how long it waits at most is the last thing that it takes.
macro_rules! table {
    (outside: $reaches:literal; $($name:literal = |$outside:pat_param $(, $taken:ident: $ty:ty)*| $value:expr;)*) => {
        pub(crate) const FUNCTIONS: &[$crate::Function] = &[$($crate::Function {
            name: $name,
            takes: &[$(<$ty as $crate::function::Take<'_>>::KIND),*],
            outside: $reaches,
            waits: false,
            act: |$outside, with, _turn| {
                let mut _with = with.iter();
                $(let $taken: $ty = $crate::function::Take::take(_with.next());)*
                let mut out = Vec::new();
                $crate::function::Give::give($value, &mut out);
                Ok(out)
            },
        },)*];
    };
    (waits; $($name:literal = |$outside:pat_param, $turn:pat_param $(, $taken:ident: $ty:ty)*| $value:expr;)*) => {
        pub(crate) const WAITING: &[$crate::Function] = &[$($crate::Function {
            name: $name,
            takes: &[$(<$ty as $crate::function::Take<'_>>::KIND,)* $crate::Kind::Int],
            outside: true,
            waits: true,
            act: |$outside, with, turn| {
                let mut _with = with.iter();
                $(let $taken: $ty = $crate::function::Take::take(_with.next());)*
                $crate::function::lanes(turn, |$turn| $value)
            },
        },)*];
    };
}

pub(crate) use table;

#[cfg(test)]
mod tests {
    use super::functions;

    #[test]
    fn names_are_of_one_function_each() {
        let mut names: Vec<&str> = functions().iter().map(|function| function.name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
