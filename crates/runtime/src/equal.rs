//! Equality and order.

use std::cmp::Ordering;

use crate::task::Task;
use crate::trap::Trap;
use crate::types::{Shape, is_plain};

/// What is nested deeper than this holds itself.
pub(crate) const DEPTH: u32 = 1_000;

impl Task<'_> {
    /// What an optional value holds.
    pub(crate) fn held<'v>(&self, of: u32, lanes: &'v [u64]) -> Option<&'v [u64]> {
        let held = if self.types.known[of as usize].one_ref { lanes } else { &lanes[1..] };
        (lanes[0] != 0).then_some(held)
    }

    /// The parts of a value in a row, each with its lanes.
    pub(crate) fn parts<'v>(
        &self,
        shapes: &[u32],
        mut lanes: &'v [u64],
        visit: &mut dyn FnMut(u32, &'v [u64]) -> Result<bool, Trap>,
    ) -> Result<bool, Trap> {
        for shape in shapes {
            let (part, rest) = lanes.split_at(self.types.width(*shape));
            lanes = rest;
            if !visit(*shape, part)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The lanes of the fields of an object, and their shapes.
    pub(crate) fn fields(&self, object: u64) -> (&[u32], &[u64]) {
        let layout = self.types.of_header(self.header(object));
        let width = layout.parts.iter().map(|part| self.types.width(*part)).sum();
        (&layout.parts, self.words(object, 1, width))
    }

    /// The lanes of an element of an array.
    pub(crate) fn element<'v>(&'v self, array: u64, of: u32, at: usize, room: &'v mut [u64; 1]) -> &'v [u64] {
        let store = self.word(array, 2);
        if self.types.is_packed(of) {
            room[0] = u64::from(self.raw(store, at + 1)[at]);
            return room;
        }
        let width = self.types.width(of);
        self.words(store, 2 + at * width, width)
    }

    /// Whether two values of a shape are equal. A float that is no number is not equal to itself, `within` objects it is.
    pub(crate) fn equal(
        &self,
        shape: u32,
        left: &[u64],
        right: &[u64],
        within: bool,
        depth: u32,
    ) -> Result<bool, Trap> {
        let Some(depth) = depth.checked_sub(1) else { return Err(Trap::Cycle) };
        match self.types.shape(shape) {
            Shape::Text => Ok(self.text(left[0]) == self.text(right[0])),
            Shape::Bytes | Shape::Buffer => Ok(self.bytes(left[0]) == self.bytes(right[0])),
            Shape::Float => {
                let (a, b) = (f64::from_bits(left[0]), f64::from_bits(right[0]));
                Ok(a == b || within && left[0] == right[0])
            }
            Shape::Tuple(parts) => self.equal_parts(parts, left, right, within, depth),
            Shape::Optional(of) => match (self.held(*of, left), self.held(*of, right)) {
                (None, None) => Ok(true),
                (Some(left), Some(right)) => self.equal(*of, left, right, within, depth),
                _ => Ok(false),
            },
            Shape::Array(of) => self.equal_arrays(*of, left[0], right[0], within, depth),
            Shape::Map(key, value) => self.equal_maps(*key, Some(*value), left[0], right[0], depth),
            Shape::Set(of) => self.equal_maps(*of, None, left[0], right[0], depth),
            Shape::Enum(variants) if is_plain(variants) => Ok(left[0] == right[0]),
            Shape::Class(_) | Shape::Enum(_) | Shape::Error => {
                if left[0] == 0 || right[0] == 0 {
                    return Ok(left[0] == right[0]);
                }
                let (a, b) = (self.header(left[0]), self.header(right[0]));
                // Of an error the variant says where it was made.
                let same = if matches!(self.types.shape(shape), Shape::Enum(_)) {
                    a == b
                } else {
                    a as u32 == b as u32
                };
                if !same {
                    return Ok(false);
                }
                let (parts, left) = self.fields(left[0]);
                self.equal_parts(parts, left, self.fields(right[0]).1, true, depth)
            }
            Shape::Handle(_) | Shape::Actor(_) if left[0] != 0 && right[0] != 0 => {
                Ok(self.words(left[0], 0, 2) == self.words(right[0], 0, 2))
            }
            _ => Ok(left == right),
        }
    }

    fn equal_parts(
        &self,
        parts: &[u32],
        left: &[u64],
        mut right: &[u64],
        within: bool,
        depth: u32,
    ) -> Result<bool, Trap> {
        self.parts(parts, left, &mut |shape, left| {
            let (part, rest) = right.split_at(left.len());
            right = rest;
            self.equal(shape, left, part, within, depth)
        })
    }

    fn equal_arrays(&self, of: u32, left: u64, right: u64, within: bool, depth: u32) -> Result<bool, Trap> {
        let len = self.word(left, 1) as usize;
        if len != self.word(right, 1) as usize {
            return Ok(false);
        }
        for at in 0..len {
            let (mut a, mut b) = ([0], [0]);
            let (left, right) = (self.element(left, of, at, &mut a), self.element(right, of, at, &mut b));
            if !self.equal(of, left, right, within, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn equal_maps(
        &self,
        key: u32,
        value: Option<u32>,
        left: u64,
        right: u64,
        depth: u32,
    ) -> Result<bool, Trap> {
        if self.word(left, 1) != self.word(right, 1) {
            return Ok(false);
        }
        let map = self.map(left, key, value);
        for row in 0..map.used {
            let Some((hash, lanes)) = self.row_of(&map, row) else { continue };
            let (key_lanes, value_lanes) = lanes.split_at(map.key_width);
            let Some(found) = self.find_hashed(&self.map(right, key, value), key_lanes, hash, depth)? else {
                return Ok(false);
            };
            let other = self.row_of(&self.map(right, key, value), found).map_or(&[][..], |(_, lanes)| lanes);
            if let Some(value) = value
                && !self.equal(value, value_lanes, &other[map.key_width..], true, depth)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(crate) fn compare(&self, shape: u32, left: &[u64], right: &[u64]) -> Ordering {
        let (Some(a), Some(b)) = (left.first().copied(), right.first().copied()) else {
            return Ordering::Equal;
        };
        match self.types.shape(shape) {
            Shape::Text => self.text(a).cmp(self.text(b)),
            Shape::Float => f64::from_bits(a).partial_cmp(&f64::from_bits(b)).unwrap_or(Ordering::Equal),
            Shape::Tuple(parts) => {
                let (mut left, mut right) = (left, right);
                for part in parts {
                    let width = self.types.width(*part);
                    let order = self.compare(*part, &left[..width], &right[..width]);
                    if order != Ordering::Equal {
                        return order;
                    }
                    (left, right) = (&left[width..], &right[width..]);
                }
                Ordering::Equal
            }
            Shape::Array(of) => {
                let (a_len, b_len) = (self.word(a, 1) as usize, self.word(b, 1) as usize);
                for at in 0..a_len.min(b_len) {
                    let (mut left, mut right) = ([0], [0]);
                    let left = self.element(a, *of, at, &mut left);
                    let order = self.compare(*of, left, self.element(b, *of, at, &mut right));
                    if order != Ordering::Equal {
                        return order;
                    }
                }
                a_len.cmp(&b_len)
            }
            _ => (a as i64).cmp(&(b as i64)),
        }
    }
}
