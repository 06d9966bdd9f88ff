//! Values as text.

use pluto_term::{Limits, PrintLimits, Syntax, Term};

use super::heap::{Heap, Object};
use super::world::Failure;
use crate::program::{Fields, Shape, ShapeId, TERM, Trap};
use crate::shape::is_plain;

/// What is nested deeper than this holds itself.
const DEPTH: u32 = 1_000;

impl Heap<'_> {
    /// A value as `print` shows it: a string as it is, and in quotes inside of something else.
    pub(super) fn show(&self, shape: ShapeId, lanes: &[u64]) -> Result<String, Trap> {
        match (self.program.shape(shape), lanes.first()) {
            (Shape::Text, Some(at)) => return Ok(self.text(*at).to_string()),
            (Shape::Optional(of), _) => {
                if let Some(held) = self.held(*of, lanes) {
                    return self.show(*of, held);
                }
            }
            _ => (),
        }
        self.quoted(shape, lanes)
    }

    /// A value as it stands inside of another one: a string in quotes.
    pub(super) fn quoted(&self, shape: ShapeId, lanes: &[u64]) -> Result<String, Trap> {
        let mut out = String::new();
        self.write(shape, lanes, DEPTH, &mut out)?;
        Ok(out)
    }

    /// An error that nothing handled.
    pub(super) fn failure(&self, at: u64) -> Failure {
        let Some(Object::Fields { shape, variant, .. }) = self.get(at) else {
            return Failure { error: String::new(), at: None };
        };
        let error = self.show(*shape, &[at]).unwrap_or_else(|_| "an error that holds itself".to_owned());
        Failure { error, at: self.program.sites.get(*variant as usize).copied() }
    }

    fn write(&self, shape: ShapeId, lanes: &[u64], depth: u32, out: &mut String) -> Result<(), Trap> {
        if depth == 0 {
            return Err(Trap::Cycle);
        }
        let first = lanes.first().copied().unwrap_or(0);
        match self.program.shape(shape) {
            Shape::Int => out.push_str(&(first as i64).to_string()),
            Shape::Float => out.push_str(&pluto_text::float(f64::from_bits(first))),
            Shape::Bool => out.push_str(if first == 0 { "false" } else { "true" }),
            Shape::Byte => out.push_str(&first.to_string()),
            Shape::Duration => out.push_str(&pluto_text::duration(first as i64)),
            Shape::Instant => out.push_str("instant"),
            Shape::Void => out.push_str("void"),
            Shape::Text => out.push_str(&format!("{:?}", self.text(first))),
            Shape::Range => {
                let to = lanes.get(1).copied().unwrap_or(0);
                let dots = if lanes.get(2).is_some_and(|lane| *lane != 0) { "..=" } else { ".." };
                out.push_str(&format!("{}{dots}{}", first as i64, to as i64));
            }
            Shape::Optional(of) => match self.held(*of, lanes) {
                None => out.push_str("none"),
                Some(held) => self.write(*of, held, depth, out)?,
            },
            Shape::Tuple(parts) => {
                let parts = self.split(parts, lanes);
                self.row(("(", ")"), &parts, depth, out)?;
            }
            Shape::Array(of) => self.array(*of, first, depth, out)?,
            Shape::Map(key, value) => self.map(*key, *value, first, depth, out)?,
            Shape::Set(of) => self.set(*of, first, depth, out)?,
            Shape::Class(of) => self.fields_of(of, first, depth, out)?,
            Shape::Enum(name, _) if name == TERM => {
                let term = self.term(first, depth)?;
                out.push_str(&term.display(Syntax::Erlang, &PrintLimits::NONE).to_string());
            }
            Shape::Enum(_, variants) => {
                let plain = is_plain(variants);
                let at = if plain { first } else { self.variant(first) };
                if let Some(of) = variants.get(at as usize) {
                    self.variant_of(of, first, depth, out)?;
                }
            }
            Shape::Object(_) | Shape::Error => match self.get(first) {
                Some(Object::Fields { shape, lanes, .. }) => match self.program.shape(*shape) {
                    Shape::Captures(parts) => {
                        for (shape, lanes) in self.split(parts, lanes) {
                            self.write(shape, lanes, depth - 1, out)?;
                        }
                    }
                    _ => self.write(*shape, &[first], depth - 1, out)?,
                },
                _ => out.push_str("object"),
            },
            Shape::Bytes => self.bytes("bytes", first, out),
            Shape::Buffer => self.bytes("Buffer", first, out),
            other => out.push_str(match other {
                Shape::Closure | Shape::Captures(_) => "function",
                _ => "handle",
            }),
        }
        Ok(())
    }

    /// A value of the BEAM: a variant of the prelude's `Term`.
    fn term(&self, at: u64, depth: u32) -> Result<Term, Trap> {
        if depth == 0 {
            return Err(Trap::Cycle);
        }
        let held = self.fields(at).first().copied().unwrap_or(0);
        Ok(match self.variant(at) {
            0 => Term::Integer(held as i64),
            1 => Term::Float(f64::from_bits(held)),
            2 => Term::atom(&self.text(held)),
            3 => Term::Binary(self.bytes_of(held)),
            4 => Term::List(self.terms(held, depth)?),
            5 => Term::Tuple(self.terms(held, depth)?),
            6 => {
                let Some(Object::Map(entries)) = self.get(held) else { return Err(Trap::Convert) };
                let mut pairs = Vec::with_capacity(entries.places.len());
                for (key, value) in entries.rows.iter().flatten() {
                    let part = |lanes: &[u64]| self.term(lanes.first().copied().unwrap_or(0), depth - 1);
                    pairs.push((part(key)?, part(value)?));
                }
                Term::Map(pairs)
            }
            _ => pluto_term::decode(&self.bytes_of(held), &Limits::default()).map_err(|_| Trap::Convert)?.0,
        })
    }

    fn terms(&self, array: u64, depth: u32) -> Result<Vec<Term>, Trap> {
        let items = (0..self.array_len(array)).map(|at| self.array_get(array, at as i64));
        items.map(|item| self.term(item?.first().copied().unwrap_or(0), depth - 1)).collect()
    }

    fn bytes_of(&self, at: u64) -> Vec<u8> {
        match self.get(at) {
            Some(Object::Bytes(bytes)) => bytes.clone(),
            _ => Vec::new(),
        }
    }

    fn bytes(&self, name: &str, at: u64, out: &mut String) {
        let Some(Object::Bytes(bytes)) = self.get(at) else { return };
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        out.push_str(&format!("{name}({})", hex.join(" ")));
    }

    fn row(
        &self,
        brackets: (&str, &str),
        parts: &[(ShapeId, &[u64])],
        depth: u32,
        out: &mut String,
    ) -> Result<(), Trap> {
        out.push_str(brackets.0);
        for (at, (shape, lanes)) in parts.iter().enumerate() {
            if at > 0 {
                out.push_str(", ");
            }
            self.write(*shape, lanes, depth - 1, out)?;
        }
        out.push_str(brackets.1);
        Ok(())
    }

    fn array(&self, of: ShapeId, at: u64, depth: u32, out: &mut String) -> Result<(), Trap> {
        let Some(Object::Array { width, len, lanes }) = self.get(at) else { return Ok(()) };
        let parts: Vec<(ShapeId, &[u64])> =
            (0..*len).map(|at| (of, lanes.get(at * width..(at + 1) * width).unwrap_or_default())).collect();
        self.row(("[", "]"), &parts, depth, out)
    }

    fn set(&self, of: ShapeId, at: u64, depth: u32, out: &mut String) -> Result<(), Trap> {
        let Some(Object::Map(entries)) = self.get(at) else { return Ok(()) };
        let parts: Vec<(ShapeId, &[u64])> =
            entries.rows.iter().flatten().map(|(key, _)| (of, key.as_slice())).collect();
        self.row(("Set.of(", ")"), &parts, depth, out)
    }

    fn map(&self, key: ShapeId, value: ShapeId, at: u64, depth: u32, out: &mut String) -> Result<(), Trap> {
        let Some(Object::Map(entries)) = self.get(at) else { return Ok(()) };
        if entries.places.is_empty() {
            out.push_str("[:]");
            return Ok(());
        }
        out.push('[');
        for (at, (key_lanes, value_lanes)) in entries.rows.iter().flatten().enumerate() {
            out.push_str(if at > 0 { ", " } else { "" });
            self.write(key, key_lanes, depth - 1, out)?;
            out.push_str(": ");
            self.write(value, value_lanes, depth - 1, out)?;
        }
        out.push(']');
        Ok(())
    }

    fn fields_of(&self, of: &Fields, at: u64, depth: u32, out: &mut String) -> Result<(), Trap> {
        out.push_str(&of.name);
        let shapes: Vec<ShapeId> = of.fields.iter().map(|(_, shape)| *shape).collect();
        out.push_str(if shapes.is_empty() { " {" } else { " { " });
        for (place, ((name, _), (shape, lanes))) in
            of.fields.iter().zip(self.split(&shapes, self.fields(at))).enumerate()
        {
            out.push_str(if place > 0 { ", " } else { "" });
            out.push_str(name);
            out.push_str(": ");
            self.write(shape, lanes, depth - 1, out)?;
        }
        out.push_str(if shapes.is_empty() { "}" } else { " }" });
        Ok(())
    }

    fn variant_of(&self, of: &Fields, at: u64, depth: u32, out: &mut String) -> Result<(), Trap> {
        out.push_str(&of.name);
        if of.fields.is_empty() {
            return Ok(());
        }
        let shapes: Vec<ShapeId> = of.fields.iter().map(|(_, shape)| *shape).collect();
        let parts = self.split(&shapes, self.fields(at));
        self.row(("(", ")"), &parts, depth, out)
    }
}
