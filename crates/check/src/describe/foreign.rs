//! Names that other languages have built in, and what Pluto has.

use pluto_source::FileSpan;

use super::Said;

/// What is said about a name that is not there, since many know it from elsewhere.
#[derive(Clone, Copy)]
enum Hint {
    /// Pluto has another name for it.
    Name(&'static str),
    /// Pluto does it in another way.
    Note(&'static str),
}

impl Said {
    /// Proposes what Pluto has for a name of other languages, else the name that was probably meant.
    pub(super) fn near_value(self, name: &str, near: Option<&str>, at: FileSpan) -> Self {
        self.hinted(value(name), near, at)
    }

    /// The same of a type.
    pub(super) fn near_type(self, name: &str, near: Option<&str>, at: FileSpan) -> Self {
        self.hinted(ty(name), near, at)
    }

    /// The same of a method.
    pub(super) fn near_member(self, name: &str, near: Option<&str>, at: FileSpan) -> Self {
        self.hinted(member(name), near, at)
    }

    fn hinted(self, hint: Option<Hint>, near: Option<&str>, at: FileSpan) -> Self {
        match hint {
            Some(Hint::Name(name)) => self.near(Some(name), at),
            Some(Hint::Note(note)) => self.note(note),
            None => self.near(near, at),
        }
    }
}

fn value(name: &str) -> Option<Hint> {
    Some(match name {
        "None" | "Nil" | "NULL" => Hint::Name("none"),
        "True" => Hint::Name("true"),
        "False" => Hint::Name("false"),
        "println" | "printf" | "puts" => Hint::Name("print"),
        "console" | "System" | "fmt" | "io" => Hint::Note("`print(…)` prints"),
        "range" => Hint::Note("a range is written `0..n`"),
        "len" => Hint::Note("`list.len()` says how many there are"),
        "str" | "String" | "format" => Hint::Note("`f\"{value}\"` makes a text of a value"),
        "Some" => Hint::Note("what may be `none` is written as it is where it is not"),
        "Ok" | "Err" => Hint::Note("a result is given as it is, and an error is raised by `raise`"),
        "make" | "dict" => {
            Hint::Note("an empty map is `[:]`, an empty array `[]`, and a channel `chan<T>(n)`")
        }
        "vec" | "list" => Hint::Note("an array is written `[a, b]`"),
        "append" => Hint::Note("`list.push(value)` adds one element"),
        _ => return None,
    })
}

/// Of the types that are built in.
fn member(name: &str) -> Option<Hint> {
    Some(match name {
        "length" | "size" | "count" | "Length" | "Count" | "len" => {
            Hint::Note("`x.len()` says how many there are")
        }
        "toUpperCase" | "upper" | "to_uppercase" | "upcase" => Hint::Name("to_upper"),
        "toLowerCase" | "lower" | "to_lowercase" | "downcase" => Hint::Name("to_lower"),
        "strip" | "Trim" => Hint::Name("trim"),
        "indexOf" | "find_index" => Hint::Name("index_of"),
        "includes" | "has" | "contains_key" | "has_key" | "containsKey" => Hint::Name("contains"),
        "startsWith" | "startswith" => Hint::Name("starts_with"),
        "endsWith" | "endswith" => Hint::Name("ends_with"),
        "add" | "push_back" | "append" => {
            Hint::Note("`list.push(x)` adds to an array, and `set.insert(x)` to a set")
        }
        "forEach" | "for_each" => Hint::Note("`for x in list { … }` goes through it"),
        "reduce" => Hint::Name("fold"),
        "iter" | "into_iter" | "collect" => {
            Hint::Note("an array has the methods itself: `list.filter(…).map(…)`")
        }
        "unwrap" | "expect" => Hint::Note("`x ?? default` and `let y = x else { … }` take what is there"),
        _ => return None,
    })
}

fn ty(name: &str) -> Option<Hint> {
    Some(match name {
        "str" | "String" | "char" => Hint::Name("string"),
        "Int" | "Integer" | "integer" | "long" | "i32" | "i64" | "u32" | "u64" | "usize" => Hint::Name("int"),
        "Float" | "double" | "f32" | "f64" => Hint::Name("float"),
        "Bool" | "boolean" => Hint::Name("bool"),
        "u8" => Hint::Name("byte"),
        "dict" | "Dict" | "HashMap" | "map" => Hint::Name("Map"),
        "HashSet" | "set" => Hint::Name("Set"),
        "Promise" | "Future" => Hint::Name("Task"),
        "number" | "Number" => Hint::Note("a whole number is an `int`, another a `float`"),
        "Vec" | "List" | "list" | "Array" | "array" => Hint::Note("an array of `T` is written `[T]`"),
        "Option" | "Optional" | "Maybe" => Hint::Note("a `T` that may be `none` is written `T?`"),
        "Result" | "error" | "Error" | "Exception" => {
            Hint::Note("a function says only what it gives: the errors that it raises are found out")
        }
        "None" | "nil" | "null" => Hint::Note("`x == none` asks whether it is `none`"),
        "any" | "Any" | "object" | "Object" => {
            Hint::Note("what is one of several types is an `enum`, or a `trait`")
        }
        _ => return None,
    })
}
