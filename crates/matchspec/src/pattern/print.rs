//! Patterns back as text, in Erlang's and Elixir's syntax.

use super::{ArgumentPattern, Arithmetic, Comparison, Condition, Literal, Pattern, SizeOf, Spelling, Value};
use pluto_term::Atom;
use std::fmt::{self, Display, Formatter, Write as _};

impl Display for Pattern {
    /// In its own spelling; recon's tuples in Erlang's. Reading it back gives the same pattern, but for the spelling
    /// of a tuple.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let p = Printer { elixir: self.spelling == Spelling::Elixir };
        p.module(f, &self.module)?;
        f.write_char(if p.elixir { '.' } else { ':' })?;
        match &self.function {
            Some(function) => p.function(f, function)?,
            None => f.write_char('_')?,
        }
        if let Some(arguments) = &self.arguments {
            f.write_char('(')?;
            p.arguments(f, arguments)?;
            f.write_char(')')?;
        } else if let Some(arity) = self.arity {
            write!(f, "/{arity}")?;
        }
        if let Some(condition) = &self.condition {
            f.write_str(" when ")?;
            p.condition(f, condition, 0)?;
        }
        let requests = self.requests;
        let actions = [(requests.returns, "return"), (requests.time, "time")];
        let mut separator = " -> ";
        for (_, action) in actions.iter().filter(|(asked, _)| *asked) {
            write!(f, "{separator}{action}")?;
            separator = ",";
        }
        Ok(())
    }
}

struct Printer {
    elixir: bool,
}

impl Printer {
    fn module(&self, f: &mut Formatter<'_>, module: &Atom) -> fmt::Result {
        if !self.elixir {
            return erlang_atom(f, module.as_str());
        }
        match alias(module) {
            Some(alias) => f.write_str(alias),
            None => elixir_atom(f, module.as_str()),
        }
    }

    fn function(&self, f: &mut Formatter<'_>, function: &Atom) -> fmt::Result {
        let name = function.as_str();
        match (self.elixir, is_word(name) || is_marked_word(name)) {
            (true, true) => f.write_str(name),
            (true, false) => quoted(f, name, '"'),
            // A function named `_` is written so that it is not every function.
            (false, _) => erlang_atom(f, name),
        }
    }

    fn arguments(&self, f: &mut Formatter<'_>, arguments: &[ArgumentPattern]) -> fmt::Result {
        for (at, argument) in arguments.iter().enumerate() {
            if at > 0 {
                f.write_str(", ")?;
            }
            match argument {
                ArgumentPattern::Any => f.write_char('_')?,
                ArgumentPattern::Variable(name) => f.write_str(name)?,
                ArgumentPattern::Literal(literal) => self.literal(f, literal)?,
                ArgumentPattern::Tuple(elements) => {
                    f.write_char('{')?;
                    self.arguments(f, elements)?;
                    f.write_char('}')?;
                }
            }
        }
        Ok(())
    }

    fn literal(&self, f: &mut Formatter<'_>, literal: &Literal) -> fmt::Result {
        match literal {
            Literal::Integer(n) => write!(f, "{n}"),
            Literal::Float(x) => float(f, *x),
            Literal::Atom(atom) if !self.elixir => erlang_atom(f, atom.as_str()),
            Literal::Atom(atom) => match (alias(atom), atom.as_str()) {
                (Some(alias), _) => f.write_str(alias),
                (None, word @ ("true" | "false" | "nil")) => f.write_str(word),
                (None, word) => elixir_atom(f, word),
            },
            Literal::String(text) => quoted(f, text, '"'),
            Literal::Nil => f.write_str("[]"),
        }
    }

    /// `tightness`: 0 inside `or`, 1 inside `and`, 2 under `not`.
    fn condition(&self, f: &mut Formatter<'_>, condition: &Condition, tightness: u8) -> fmt::Result {
        match condition {
            Condition::Or(left, right) => self.joined(f, [left, right], " or ", (0, tightness)),
            Condition::And(left, right) => self.joined(f, [left, right], " and ", (1, tightness)),
            Condition::Not(inner) => {
                f.write_str("not ")?;
                self.condition(f, inner, 2)
            }
            Condition::Compare(comparison, left, right) => {
                self.value(f, left, 0)?;
                write!(f, " {} ", self.comparison(*comparison))?;
                self.value(f, right, 0)
            }
            Condition::Is(test, value) => {
                write!(f, "{}(", test.name())?;
                self.value(f, value, 0)?;
                f.write_char(')')
            }
            Condition::Holds(value) => self.value(f, value, 0),
        }
    }

    fn joined(
        &self,
        f: &mut Formatter<'_>,
        [left, right]: [&Condition; 2],
        word: &str,
        (level, outer): (u8, u8),
    ) -> fmt::Result {
        if outer > level {
            f.write_char('(')?;
        }
        self.condition(f, left, level)?;
        f.write_str(word)?;
        // The right side of the same operator keeps its parentheses: the tree is read to the left.
        self.condition(f, right, level + 1)?;
        if outer > level {
            f.write_char(')')?;
        }
        Ok(())
    }

    fn comparison(&self, comparison: Comparison) -> &'static str {
        match (comparison, self.elixir) {
            (Comparison::Equal, _) => "==",
            (Comparison::NotEqual, _) => "!=",
            (Comparison::Less, _) => "<",
            (Comparison::LessOrEqual, true) => "<=",
            (Comparison::LessOrEqual, false) => "=<",
            (Comparison::Greater, _) => ">",
            (Comparison::GreaterOrEqual, _) => ">=",
        }
    }

    /// `tightness`: 0 in a comparison, 1 beside `+`, 2 beside `*`, 3 where only a primary may stand.
    fn value(&self, f: &mut Formatter<'_>, value: &Value, tightness: u8) -> fmt::Result {
        match value {
            Value::Variable(name) => f.write_str(name),
            Value::Literal(literal) => self.literal(f, literal),
            Value::Element(index, of) if self.elixir => {
                f.write_str("elem(")?;
                self.value(f, of, 0)?;
                write!(f, ", {})", index.saturating_sub(1))
            }
            Value::Element(index, of) => {
                write!(f, "element({index}, ")?;
                self.value(f, of, 0)?;
                f.write_char(')')
            }
            Value::Head(of) => self.call(f, "hd", of),
            Value::Size(SizeOf::Tuple, of) => self.call(f, "tuple_size", of),
            Value::Size(SizeOf::Map, of) => self.call(f, "map_size", of),
            Value::Size(SizeOf::Binary, of) => self.call(f, "byte_size", of),
            Value::Get(key, of) => {
                f.write_str("map_get(")?;
                self.literal(f, key)?;
                f.write_str(", ")?;
                self.value(f, of, 0)?;
                f.write_char(')')
            }
            Value::Arithmetic(operation, left, right) => {
                let (sign, level) = match operation {
                    Arithmetic::Add => ("+", 0),
                    Arithmetic::Subtract => ("-", 0),
                    Arithmetic::Multiply => ("*", 1),
                    Arithmetic::Divide => ("/", 1),
                    Arithmetic::Remainder => ("%", 1),
                };
                if tightness > level {
                    f.write_char('(')?;
                }
                self.value(f, left, level)?;
                write!(f, " {sign} ")?;
                self.value(f, right, level + 1)?;
                if tightness > level {
                    f.write_char(')')?;
                }
                Ok(())
            }
        }
    }

    fn call(&self, f: &mut Formatter<'_>, name: &str, of: &Value) -> fmt::Result {
        write!(f, "{name}(")?;
        self.value(f, of, 0)?;
        f.write_char(')')
    }
}

/// The shortest text that reads back as the same float, always with a point.
fn float(f: &mut Formatter<'_>, x: f64) -> fmt::Result {
    let text = format!("{x:?}");
    match text.split_once('e') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => write!(f, "{mantissa}.0e{exponent}"),
        _ => f.write_str(&text),
    }
}

fn erlang_atom(f: &mut Formatter<'_>, name: &str) -> fmt::Result {
    const RESERVED: [&str; 30] = [
        "after", "and", "andalso", "band", "begin", "bnot", "bor", "bsl", "bsr", "bxor", "case", "catch",
        "cond", "div", "else", "end", "fun", "if", "let", "maybe", "not", "of", "or", "orelse", "receive",
        "rem", "try", "when", "xor", "_",
    ];
    if is_word(name) && !name.starts_with('_') && !RESERVED.contains(&name) {
        f.write_str(name)
    } else {
        quoted(f, name, '\'')
    }
}

fn elixir_atom(f: &mut Formatter<'_>, name: &str) -> fmt::Result {
    f.write_char(':')?;
    if (is_word(name) && !name.starts_with('_')) || is_marked_word(name) {
        f.write_str(name)
    } else {
        quoted(f, name, '"')
    }
}

/// The alias of an Elixir module: `Elixir.MyApp.Orders` is `MyApp.Orders`.
fn alias(module: &Atom) -> Option<&str> {
    let alias = module.as_str().strip_prefix("Elixir.")?;
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_uppercase()) && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    // A second prefix would be read as the first one.
    (alias.split('.').all(part) && alias.split('.').next() != Some("Elixir")).then_some(alias)
}

fn is_word(name: &str) -> bool {
    name.starts_with(|c: char| (c.is_alphabetic() && !c.is_uppercase()) || c == '_')
        && name != "_"
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '@')
}

fn is_marked_word(name: &str) -> bool {
    name.strip_suffix(['?', '!']).is_some_and(is_word)
}

fn quoted(f: &mut Formatter<'_>, text: &str, quote: char) -> fmt::Result {
    f.write_char(quote)?;
    for c in text.chars() {
        match c {
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c == quote => write!(f, "\\{c}")?,
            c if c.is_control() => write!(f, "\\x{{{:X}}}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char(quote)
}
