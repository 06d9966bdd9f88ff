//! Equality, order, what tells keys apart, and deep copies.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use super::heap::{Entries, Heap, Object};
use crate::program::{Shape, ShapeId, Trap};

const DEPTH: u32 = 1_000;

impl Heap<'_> {
    /// What tells a value from others with which it is not equal: all that it is made of, in bytes.
    pub(super) fn key(&self, shape: ShapeId, lanes: &[u64]) -> Result<Vec<u8>, Trap> {
        let mut out = Vec::new();
        self.write_key(shape, lanes, DEPTH, &mut out)?;
        Ok(out)
    }

    fn write_key(&self, shape: ShapeId, lanes: &[u64], depth: u32, out: &mut Vec<u8>) -> Result<(), Trap> {
        if depth == 0 {
            return Err(Trap::Cycle);
        }
        let first = lanes.first().copied().unwrap_or(0);
        match self.program.shape(shape) {
            Shape::Text => {
                let text = self.text(first);
                out.extend((text.len() as u64).to_le_bytes());
                out.extend(text.as_bytes());
            }
            Shape::Bytes | Shape::Buffer => {
                if let Some(Object::Bytes(bytes)) = self.get(first) {
                    out.extend((bytes.len() as u64).to_le_bytes());
                    out.extend(bytes);
                }
            }
            Shape::Float => {
                // Zero has one key, whatever its sign.
                let value = f64::from_bits(first);
                out.extend((if value == 0.0 { 0 } else { first }).to_le_bytes());
            }
            Shape::Tuple(parts) => {
                for (shape, lanes) in self.split(parts, lanes) {
                    self.write_key(shape, lanes, depth - 1, out)?;
                }
            }
            Shape::Optional(of) => match self.held(*of, lanes) {
                None => out.push(0),
                Some(held) => {
                    out.push(1);
                    self.write_key(*of, held, depth - 1, out)?;
                }
            },
            Shape::Array(of) => {
                let len = self.array_len(first);
                out.extend(len.to_le_bytes());
                for at in 0..len {
                    let lanes = self.array_get(first, at as i64)?;
                    self.write_key(*of, &lanes, depth - 1, out)?;
                }
            }
            Shape::Map(key, value) => self.write_entries(*key, Some(*value), first, depth, out)?,
            Shape::Set(of) => self.write_entries(*of, None, first, depth, out)?,
            Shape::Class(_) | Shape::Enum(..) | Shape::Error
                if self.get(first).is_some() && lanes.len() == 1 =>
            {
                out.extend(self.variant(first).to_le_bytes());
                let shapes = self.field_shapes(first);
                for (shape, lanes) in self.split(&shapes, self.fields(first)) {
                    self.write_key(shape, lanes, depth - 1, out)?;
                }
            }
            _ => lanes.iter().for_each(|lane| out.extend(lane.to_le_bytes())),
        }
        Ok(())
    }

    /// Entries in no order: sorted by their keys.
    fn write_entries(
        &self,
        key: ShapeId,
        value: Option<ShapeId>,
        at: u64,
        depth: u32,
        out: &mut Vec<u8>,
    ) -> Result<(), Trap> {
        let Some(Object::Map(entries)) = self.get(at) else { return Ok(()) };
        let mut rows = Vec::new();
        for (key_lanes, value_lanes) in entries.rows.iter().flatten() {
            let mut row = Vec::new();
            self.write_key(key, key_lanes, depth - 1, &mut row)?;
            if let Some(value) = value {
                self.write_key(value, value_lanes, depth - 1, &mut row)?;
            }
            rows.push(row);
        }
        rows.sort();
        out.extend((rows.len() as u64).to_le_bytes());
        rows.into_iter().for_each(|row| out.extend(row));
        Ok(())
    }

    pub(super) fn equal(&self, shape: ShapeId, left: &[u64], right: &[u64]) -> Result<bool, Trap> {
        if self.holds_nan(shape, left)? || self.holds_nan(shape, right)? {
            return Ok(false);
        }
        Ok(self.key(shape, left)? == self.key(shape, right)?)
    }

    /// Whether a part of a value is no number, which is not equal to itself.
    fn holds_nan(&self, shape: ShapeId, lanes: &[u64]) -> Result<bool, Trap> {
        match self.program.shape(shape) {
            Shape::Float => Ok(lanes.first().is_some_and(|lane| f64::from_bits(*lane).is_nan())),
            Shape::Tuple(parts) => {
                for (shape, lanes) in self.split(parts, lanes) {
                    if self.holds_nan(shape, lanes)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Shape::Optional(of) => match self.held(*of, lanes) {
                Some(held) => self.holds_nan(*of, held),
                None => Ok(false),
            },
            Shape::Array(of) => {
                let at = lanes.first().copied().unwrap_or(0);
                for index in 0..self.array_len(at) {
                    if self.holds_nan(*of, &self.array_get(at, index as i64)?)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    pub(super) fn compare(&self, shape: ShapeId, left: &[u64], right: &[u64]) -> Result<Ordering, Trap> {
        let (a, b) = (left.first().copied().unwrap_or(0), right.first().copied().unwrap_or(0));
        Ok(match self.program.shape(shape) {
            Shape::Text => self.text(a).cmp(&self.text(b)),
            Shape::Float => f64::from_bits(a).partial_cmp(&f64::from_bits(b)).unwrap_or(Ordering::Equal),
            Shape::Tuple(parts) => {
                for ((shape, left), (_, right)) in
                    self.split(parts, left).into_iter().zip(self.split(parts, right))
                {
                    let order = self.compare(shape, left, right)?;
                    if order != Ordering::Equal {
                        return Ok(order);
                    }
                }
                Ordering::Equal
            }
            Shape::Array(of) => {
                let (a_len, b_len) = (self.array_len(a), self.array_len(b));
                for at in 0..a_len.min(b_len) {
                    let (left, right) = (self.array_get(a, at as i64)?, self.array_get(b, at as i64)?);
                    let order = self.compare(*of, &left, &right)?;
                    if order != Ordering::Equal {
                        return Ok(order);
                    }
                }
                a_len.cmp(&b_len)
            }
            _ => (a as i64).cmp(&(b as i64)),
        })
    }

    /// A copy of a value and of all that it holds; what is held twice is held twice by the copy too.
    pub(super) fn copy(&mut self, lanes: &[u64], shape: ShapeId) -> Result<Vec<u64>, Trap> {
        let mut copies = FxHashMap::default();
        self.copy_lanes(shape, lanes, &mut copies)
    }

    fn copy_lanes(
        &mut self,
        shape: ShapeId,
        lanes: &[u64],
        copies: &mut FxHashMap<u64, u64>,
    ) -> Result<Vec<u64>, Trap> {
        if let Shape::Tuple(parts) = self.program.shape(shape) {
            let parts: Vec<(ShapeId, Vec<u64>)> =
                self.split(parts, lanes).into_iter().map(|(shape, lanes)| (shape, lanes.to_vec())).collect();
            let mut all = Vec::with_capacity(lanes.len());
            for (shape, lanes) in parts {
                all.extend(self.copy_lanes(shape, &lanes, copies)?);
            }
            return Ok(all);
        }
        let kinds = self.program.lanes(shape);
        let mut made = lanes.to_vec();
        for (lane, kind) in made.iter_mut().zip(kinds) {
            if kind == crate::program::Lane::Ref {
                *lane = self.copy_object(*lane, shape, copies)?;
            }
        }
        Ok(made)
    }

    /// `shape` is that of the value whose lane the object is; objects know what they are, but for arrays and maps.
    fn copy_object(
        &mut self,
        at: u64,
        shape: ShapeId,
        copies: &mut FxHashMap<u64, u64>,
    ) -> Result<u64, Trap> {
        if let Some(copy) = copies.get(&at) {
            return Ok(*copy);
        }
        let Some(object) = self.get(at).cloned() else { return Ok(at) };
        if matches!(object, Object::Text(_) | Object::Closure { .. }) {
            return Ok(at);
        }
        let copy = self.add(object.clone())?;
        copies.insert(at, copy);
        let made = match object {
            Object::Fields { shape, variant, lanes } => {
                let shapes = self.field_shapes(at);
                let mut all = Vec::with_capacity(lanes.len());
                let parts: Vec<(ShapeId, Vec<u64>)> = self
                    .split(&shapes, &lanes)
                    .into_iter()
                    .map(|(shape, lanes)| (shape, lanes.to_vec()))
                    .collect();
                for (shape, lanes) in parts {
                    all.extend(self.copy_lanes(shape, &lanes, copies)?);
                }
                Object::Fields { shape, variant, lanes: all }
            }
            Object::Array { width, len, lanes } => {
                let of = self.element_of(shape);
                let mut all = Vec::with_capacity(lanes.len());
                for element in lanes.chunks(width.max(1)) {
                    all.extend(self.copy_lanes(of, element, copies)?);
                }
                Object::Array { width, len, lanes: all }
            }
            Object::Map(entries) => {
                let (key, value) = self.entry_of(shape);
                let mut rows = Vec::with_capacity(entries.rows.len());
                for row in entries.rows {
                    rows.push(match row {
                        None => None,
                        Some((key_lanes, value_lanes)) => {
                            let key_lanes = self.copy_lanes(key, &key_lanes, copies)?;
                            let value_lanes = match value {
                                Some(value) => self.copy_lanes(value, &value_lanes, copies)?,
                                None => value_lanes,
                            };
                            Some((key_lanes, value_lanes))
                        }
                    });
                }
                Object::Map(Entries { rows, places: entries.places })
            }
            other => other,
        };
        if let Some(place) = self.get_mut(copy) {
            *place = made;
        }
        Ok(copy)
    }

    /// The shape of the elements of the array that is somewhere in a value of a shape.
    fn element_of(&self, shape: ShapeId) -> ShapeId {
        match self.program.shape(shape) {
            Shape::Array(of) => *of,
            Shape::Optional(of) => self.element_of(*of),
            _ => shape,
        }
    }

    fn entry_of(&self, shape: ShapeId) -> (ShapeId, Option<ShapeId>) {
        match self.program.shape(shape) {
            Shape::Map(key, value) => (*key, Some(*value)),
            Shape::Set(of) => (*of, None),
            Shape::Optional(of) => self.entry_of(*of),
            _ => (shape, None),
        }
    }
}
