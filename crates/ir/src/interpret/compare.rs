//! Equality, order, what tells keys apart, and deep copies.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use super::heap::{Entries, Handle, Heap, Object};
use crate::program::{Shape, ShapeId, Trap};
use crate::shape::is_plain;

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
            // Its lane is its number, and no object.
            Shape::Enum(_, variants) if is_plain(variants) => out.extend(first.to_le_bytes()),
            of @ (Shape::Class(_) | Shape::Enum(..) | Shape::Error)
                if self.get(first).is_some() && lanes.len() == 1 =>
            {
                if matches!(of, Shape::Enum(..)) {
                    out.extend(self.variant(first).to_le_bytes());
                }
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

    /// Whether two values are equal: from the outside to the inside, and from the left to the right, up to the first difference.
    pub(super) fn equal(&self, shape: ShapeId, left: &[u64], right: &[u64]) -> Result<bool, Trap> {
        self.equal_at(shape, left, right, false, DEPTH)
    }

    /// The same. A float that is no number is not equal to itself, `within` objects it is.
    fn equal_at(
        &self,
        shape: ShapeId,
        left: &[u64],
        right: &[u64],
        within: bool,
        depth: u32,
    ) -> Result<bool, Trap> {
        let Some(depth) = depth.checked_sub(1) else { return Err(Trap::Cycle) };
        let (a, b) = (left.first().copied().unwrap_or(0), right.first().copied().unwrap_or(0));
        match self.program.shape(shape) {
            Shape::Text => Ok(self.text(a) == self.text(b)),
            Shape::Bytes | Shape::Buffer => self.equal_by_key(shape, left, right),
            Shape::Float => Ok(f64::from_bits(a) == f64::from_bits(b) || within && a == b),
            Shape::Tuple(parts) => self.equal_parts(parts, left, right, within, depth),
            Shape::Optional(of) => match (self.held(*of, left), self.held(*of, right)) {
                (None, None) => Ok(true),
                (Some(left), Some(right)) => self.equal_at(*of, left, right, within, depth),
                _ => Ok(false),
            },
            Shape::Array(of) => {
                if self.array_len(a) != self.array_len(b) {
                    return Ok(false);
                }
                for at in 0..self.array_len(a) {
                    let (left, right) = (self.array_get(a, at as i64)?, self.array_get(b, at as i64)?);
                    if !self.equal_at(*of, &left, &right, within, depth)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Shape::Map(key, value) => self.equal_entries(*key, Some(*value), a, b, depth),
            Shape::Set(of) => self.equal_entries(*of, None, a, b, depth),
            Shape::Enum(_, variants) if is_plain(variants) => Ok(a == b),
            Shape::Class(_) | Shape::Enum(..) | Shape::Error if a != 0 && b != 0 => {
                let enums = matches!(self.program.shape(shape), Shape::Enum(..));
                // Of an error the variant says where it was made.
                if self.own_shape(a) != self.own_shape(b) || enums && self.variant(a) != self.variant(b) {
                    return Ok(false);
                }
                self.equal_parts(&self.field_shapes(a), self.fields(a), self.fields(b), true, depth)
            }
            _ => Ok(left == right),
        }
    }

    /// The shape of an object that has fields.
    fn own_shape(&self, at: u64) -> Option<ShapeId> {
        match self.get(at) {
            Some(Object::Fields { shape, .. }) => Some(*shape),
            _ => None,
        }
    }

    fn equal_parts(
        &self,
        parts: &[ShapeId],
        left: &[u64],
        right: &[u64],
        within: bool,
        depth: u32,
    ) -> Result<bool, Trap> {
        for ((shape, left), (_, right)) in self.split(parts, left).into_iter().zip(self.split(parts, right)) {
            if !self.equal_at(shape, left, right, within, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn equal_entries(
        &self,
        key: ShapeId,
        value: Option<ShapeId>,
        left: u64,
        right: u64,
        depth: u32,
    ) -> Result<bool, Trap> {
        let (Some(Object::Map(left)), Some(Object::Map(right))) = (self.get(left), self.get(right)) else {
            return Ok(left == right);
        };
        if left.places.len() != right.places.len() {
            return Ok(false);
        }
        for (key_lanes, value_lanes) in left.rows.iter().flatten() {
            let found = right.places.get(&self.key(key, key_lanes)?);
            let Some(Some((_, found))) = found.and_then(|at| right.rows.get(*at)) else { return Ok(false) };
            if let Some(value) = value
                && !self.equal_at(value, value_lanes, found, true, depth)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn equal_by_key(&self, shape: ShapeId, left: &[u64], right: &[u64]) -> Result<bool, Trap> {
        Ok(self.key(shape, left)? == self.key(shape, right)?)
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

    /// A copy of a value and of all that it holds; what is held twice is held twice by the copy too. Handles are the same ones.
    pub(super) fn copy(&mut self, lanes: &[u64], shape: ShapeId) -> Result<Vec<u64>, Trap> {
        let mut copies = Copies::default();
        let made = self.copy_lanes(shape, lanes, &mut copies)?;
        self.finish_copies(copies)?;
        Ok(made)
    }

    /// The same of an object that knows what it is: no array and no map.
    pub(super) fn copy_known(&mut self, at: u64) -> Result<u64, Trap> {
        let mut copies = Copies::default();
        let made = self.copy_object(at, ShapeId(0), &mut copies)?;
        self.finish_copies(copies)?;
        Ok(made)
    }

    fn finish_copies(&mut self, mut copies: Copies) -> Result<(), Trap> {
        while let Some((copy, shape)) = copies.unfinished.pop() {
            self.finish_copy(copy, shape, &mut copies)?;
        }
        self.senders = copies.senders;
        Ok(())
    }

    fn copy_lanes(&mut self, shape: ShapeId, lanes: &[u64], copies: &mut Copies) -> Result<Vec<u64>, Trap> {
        let program = self.program;
        match program.shape(shape) {
            Shape::Tuple(parts) => self.copy_parts(parts, lanes, copies),
            Shape::Optional(of) if !program.is_one_ref(*of) => match lanes.split_first() {
                Some((there @ 1.., held)) => {
                    let held = self.copy_lanes(*of, held, copies)?;
                    Ok(std::iter::once(*there).chain(held).collect())
                }
                _ => Ok(lanes.to_vec()),
            },
            Shape::Optional(of) => self.copy_lanes(*of, lanes, copies),
            _ => {
                let mut made = lanes.to_vec();
                for (lane, kind) in made.iter_mut().zip(program.lanes(shape)) {
                    if kind == crate::program::Lane::Ref {
                        *lane = self.copy_object(*lane, shape, copies)?;
                    }
                }
                Ok(made)
            }
        }
    }

    fn copy_parts(
        &mut self,
        parts: &[ShapeId],
        lanes: &[u64],
        copies: &mut Copies,
    ) -> Result<Vec<u64>, Trap> {
        let mut all = Vec::with_capacity(lanes.len());
        for (shape, lanes) in self.split(parts, lanes) {
            all.extend(self.copy_lanes(shape, lanes, copies)?);
        }
        Ok(all)
    }

    /// The copy of an object, which holds what the object holds until it is finished. `shape` is that of a value of one lane
    /// that the object is; objects know what they are, but for arrays and maps.
    fn copy_object(&mut self, at: u64, shape: ShapeId, copies: &mut Copies) -> Result<u64, Trap> {
        if let Some(copy) = copies.known.get(&at) {
            return Ok(*copy);
        }
        let Some(object) = self.get(at).cloned() else { return Ok(at) };
        match object {
            Object::Handle(Handle::Sender(channel)) => copies.senders.push(channel),
            Object::Handle(Handle::Stream(_)) => {
                let copy = self.add(Object::Handle(Handle::Stream(super::streams::NO_STREAM)))?;
                copies.known.insert(at, copy);
                return Ok(copy);
            }
            Object::Text(_) | Object::Handle(_) => (),
            object => {
                let copy = self.add(object)?;
                copies.known.insert(at, copy);
                copies.unfinished.push((copy, shape));
                return Ok(copy);
            }
        }
        copies.known.insert(at, at);
        Ok(at)
    }

    /// Has a copy hold copies.
    fn finish_copy(&mut self, copy: u64, shape: ShapeId, copies: &mut Copies) -> Result<(), Trap> {
        let Some(object) = self.get(copy).cloned() else { return Ok(()) };
        let made = match object {
            Object::Fields { shape, variant, lanes } => {
                let lanes = self.copy_parts(&self.field_shapes(copy), &lanes, copies)?;
                Object::Fields { shape, variant, lanes }
            }
            Object::Closure { function, captures } => {
                Object::Closure { function, captures: self.copy_object(captures, shape, copies)? }
            }
            Object::Array { width, len, lanes } => {
                let Shape::Array(of) = self.program.shape(shape) else { return Ok(()) };
                let mut all = Vec::with_capacity(lanes.len());
                for element in lanes.chunks(width.max(1)) {
                    all.extend(self.copy_lanes(*of, element, copies)?);
                }
                Object::Array { width, len, lanes: all }
            }
            Object::Map(entries) => Object::Map(self.copy_entries(entries, shape, copies)?),
            Object::Text(_) | Object::Bytes(_) | Object::Handle(_) => return Ok(()),
        };
        if let Some(place) = self.get_mut(copy) {
            *place = made;
        }
        Ok(())
    }

    fn copy_entries(
        &mut self,
        mut entries: Entries,
        shape: ShapeId,
        copies: &mut Copies,
    ) -> Result<Entries, Trap> {
        let (key, value) = match self.program.shape(shape) {
            Shape::Map(key, value) => (*key, Some(*value)),
            Shape::Set(of) => (*of, None),
            _ => return Ok(entries),
        };
        for (key_lanes, value_lanes) in entries.rows.iter_mut().flatten() {
            *key_lanes = self.copy_lanes(key, key_lanes, copies)?;
            if let Some(value) = value {
                *value_lanes = self.copy_lanes(value, value_lanes, copies)?;
            }
        }
        Ok(entries)
    }
}

/// What was copied so far.
#[derive(Default)]
struct Copies {
    /// The copy of each object.
    known: FxHashMap<u64, u64>,
    /// Copies that still hold what the objects hold, with their shapes.
    unfinished: Vec<(u64, ShapeId)>,
    /// The channels that senders were found of.
    senders: Vec<usize>,
}
