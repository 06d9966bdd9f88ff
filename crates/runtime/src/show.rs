//! Values as text, the same text that the interpreter gives.

use pluto_term::{Limits, PrintLimits, Syntax, Term};

use crate::operations::{Call, Done};
use crate::task::Task;
use crate::trap::Trap;
use crate::types::{Fields, Shape, is_plain};

/// What is nested deeper than this holds itself.
const DEPTH: u32 = 1_000;

pub(crate) fn show(call: &mut Call<'_, '_>) -> Done {
    let shown = call.task.show(call.shape, call.words(0, call.task.types.width(call.shape)))?;
    call.give_text(&shown)
}

pub(crate) fn show_quoted(call: &mut Call<'_, '_>) -> Done {
    let shown = call.task.quoted(call.shape, call.words(0, call.task.types.width(call.shape)))?;
    call.give_text(&shown)
}

pub(crate) fn show_formatted(call: &mut Call<'_, '_>) -> Done {
    let lanes = call.words(1, call.task.types.width(call.shape));
    let first = lanes.first().copied().unwrap_or(0);
    let (int, float) = match call.task.types.shape(call.shape) {
        Shape::Int | Shape::Byte => (Some(first as i64), None),
        Shape::Float => (None, Some(f64::from_bits(first))),
        _ => (None, None),
    };
    let shown = call.task.show(call.shape, lanes)?;
    let made = pluto_text::formatted(call.word(0), shown, int, float);
    call.give_text(&made)
}

impl Task<'_> {
    /// A value as `print` shows it: a string as it is, and in quotes inside of something else.
    fn show(&self, shape: u32, lanes: &[u64]) -> Result<String, Trap> {
        match self.types.shape(shape) {
            Shape::Text => return Ok(self.text(lanes[0]).to_owned()),
            Shape::Optional(of) => {
                if let Some(held) = self.held(*of, lanes) {
                    return self.show(*of, held);
                }
            }
            _ => (),
        }
        self.quoted(shape, lanes)
    }

    /// A value as it stands inside of another one: a string in quotes.
    fn quoted(&self, shape: u32, lanes: &[u64]) -> Result<String, Trap> {
        let mut out = String::new();
        self.write(shape, lanes, DEPTH, &mut out)?;
        Ok(out)
    }

    /// An error that nothing handled.
    pub(crate) fn show_error(&self, error: u64) -> String {
        let Some(shape) = self.types.of_header(self.header(error)).shape else { return String::new() };
        self.show(shape, &[error]).unwrap_or_else(|_| "an error that holds itself".to_owned())
    }

    fn write(&self, shape: u32, lanes: &[u64], depth: u32, out: &mut String) -> Result<(), Trap> {
        if depth == 0 {
            return Err(Trap::Cycle);
        }
        let first = lanes.first().copied().unwrap_or(0);
        match self.types.shape(shape) {
            Shape::Int => out.push_str(&(first as i64).to_string()),
            Shape::Float => out.push_str(&pluto_text::float(f64::from_bits(first))),
            Shape::Bool => out.push_str(if first == 0 { "false" } else { "true" }),
            Shape::Byte => out.push_str(&first.to_string()),
            Shape::Duration => out.push_str(&pluto_text::duration(first as i64)),
            Shape::Instant => out.push_str("instant"),
            Shape::Void => out.push_str("void"),
            Shape::Text => out.push_str(&format!("{:?}", self.text(first))),
            Shape::Range => {
                let dots = if lanes[2] != 0 { "..=" } else { ".." };
                out.push_str(&format!("{}{dots}{}", first as i64, lanes[1] as i64));
            }
            Shape::Optional(of) => match self.held(*of, lanes) {
                None => out.push_str("none"),
                Some(held) => self.write(*of, held, depth, out)?,
            },
            Shape::Tuple(parts) => self.row(("(", ")"), parts, lanes, depth, out)?,
            Shape::Array(of) => self.array(*of, first, depth, out)?,
            Shape::Map(key, value) => self.rows(*key, Some(*value), first, depth, out)?,
            Shape::Set(of) => self.rows(*of, None, first, depth, out)?,
            Shape::Class(of) => self.class(of, first, depth, out)?,
            Shape::Enum(_) if self.types.term == Some(shape) => {
                let term = self.term(first, depth)?;
                out.push_str(&term.display(Syntax::Erlang, &PrintLimits::NONE).to_string());
            }
            Shape::Enum(variants) => {
                let at = if is_plain(variants) { first } else { self.variant(first) };
                if let Some(of) = variants.get(at as usize) {
                    self.variant_of(of, first, depth, out)?;
                }
            }
            Shape::Object | Shape::Error => self.object(first, depth, out)?,
            Shape::Bytes => self.hex("bytes", first, out),
            Shape::Buffer => self.hex("Buffer", first, out),
            other => out.push_str(match other {
                Shape::Closure | Shape::Captures(_) => "function",
                _ => "handle",
            }),
        }
        Ok(())
    }

    /// A trait object or an error, by what it is.
    fn object(&self, object: u64, depth: u32, out: &mut String) -> Result<(), Trap> {
        let Some(shape) = self.types.of_header(self.header(object)).shape else {
            out.push_str("object");
            return Ok(());
        };
        let Shape::Captures(_) = self.types.shape(shape) else {
            return self.write(shape, &[object], depth - 1, out);
        };
        let (parts, lanes) = self.fields(object);
        self.parts(parts, lanes, &mut |shape, lanes| {
            self.write(shape, lanes, depth - 1, out)?;
            Ok(true)
        })?;
        Ok(())
    }

    /// A value of the BEAM: a variant of the enum that the language has for them.
    fn term(&self, object: u64, depth: u32) -> Result<Term, Trap> {
        if depth == 0 {
            return Err(Trap::Cycle);
        }
        let (parts, lanes) = self.fields(object);
        let held = lanes[0];
        Ok(match self.variant(object) {
            0 => Term::Integer(held as i64),
            1 => Term::Float(f64::from_bits(held)),
            2 => Term::atom(self.text(held)),
            3 => Term::binary(self.bytes(held)),
            4 => Term::List(self.terms(held, depth)?),
            5 => Term::Tuple(self.terms(held, depth)?),
            6 => {
                let Shape::Map(key, value) = *self.types.shape(parts[0]) else { return Err(Trap::Convert) };
                let map = self.map(held, key, Some(value));
                let mut pairs = Vec::with_capacity(map.used);
                for row in 0..map.used {
                    let Some((_, lanes)) = self.row_of(&map, row) else { continue };
                    pairs.push((self.term(lanes[0], depth - 1)?, self.term(lanes[1], depth - 1)?));
                }
                Term::Map(pairs)
            }
            _ => pluto_term::decode(self.bytes(held), &Limits::default()).map_err(|_| Trap::Convert)?.0,
        })
    }

    fn terms(&self, array: u64, depth: u32) -> Result<Vec<Term>, Trap> {
        let len = self.word(array, 1) as usize;
        let of = self.types.term.unwrap_or_default();
        (0..len).map(|at| self.term(self.element(array, of, at, &mut [0])[0], depth - 1)).collect()
    }

    fn hex(&self, name: &str, object: u64, out: &mut String) {
        let hex: Vec<String> = self.bytes(object).iter().map(|byte| format!("{byte:02x}")).collect();
        out.push_str(&format!("{name}({})", hex.join(" ")));
    }

    fn row(
        &self,
        brackets: (&str, &str),
        parts: &[u32],
        lanes: &[u64],
        depth: u32,
        out: &mut String,
    ) -> Result<(), Trap> {
        out.push_str(brackets.0);
        let mut separator = "";
        self.parts(parts, lanes, &mut |shape, lanes| {
            out.push_str(separator);
            separator = ", ";
            self.write(shape, lanes, depth - 1, out)?;
            Ok(true)
        })?;
        out.push_str(brackets.1);
        Ok(())
    }

    fn array(&self, of: u32, array: u64, depth: u32, out: &mut String) -> Result<(), Trap> {
        out.push('[');
        for at in 0..self.word(array, 1) as usize {
            out.push_str(if at > 0 { ", " } else { "" });
            self.write(of, self.element(array, of, at, &mut [0]), depth - 1, out)?;
        }
        out.push(']');
        Ok(())
    }

    fn rows(&self, key: u32, value: Option<u32>, at: u64, depth: u32, out: &mut String) -> Result<(), Trap> {
        let map = self.map(at, key, value);
        if value.is_some() && self.word(at, 1) == 0 {
            out.push_str("[:]");
            return Ok(());
        }
        out.push_str(if value.is_some() { "[" } else { "Set.of(" });
        let mut separator = "";
        for row in 0..map.used {
            let Some((_, lanes)) = self.row_of(&map, row) else { continue };
            out.push_str(separator);
            separator = ", ";
            self.write(key, &lanes[..map.key_width], depth - 1, out)?;
            if let Some(value) = value {
                out.push_str(": ");
                self.write(value, &lanes[map.key_width..], depth - 1, out)?;
            }
        }
        out.push(if value.is_some() { ']' } else { ')' });
        Ok(())
    }

    fn class(&self, of: &Fields, object: u64, depth: u32, out: &mut String) -> Result<(), Trap> {
        out.push_str(&of.name);
        out.push_str(if of.fields.is_empty() { " {" } else { " { " });
        let (parts, lanes) = self.fields(object);
        let mut names = of.fields.iter().map(|(name, _)| name);
        let mut separator = "";
        self.parts(parts, lanes, &mut |shape, lanes| {
            out.push_str(separator);
            separator = ", ";
            out.push_str(names.next().map_or("", String::as_str));
            out.push_str(": ");
            self.write(shape, lanes, depth - 1, out)?;
            Ok(true)
        })?;
        out.push_str(if of.fields.is_empty() { "}" } else { " }" });
        Ok(())
    }

    fn variant_of(&self, of: &Fields, object: u64, depth: u32, out: &mut String) -> Result<(), Trap> {
        out.push_str(&of.name);
        if of.fields.is_empty() {
            return Ok(());
        }
        let (parts, lanes) = self.fields(object);
        self.row(("(", ")"), parts, lanes, depth, out)
    }
}
