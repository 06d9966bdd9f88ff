//! Hashing: what is equal has the same hash, wherever it is.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use crate::task::Task;
use crate::trap::Trap;
use crate::types::{Shape, is_plain};

impl Task<'_> {
    pub(crate) fn hash(&self, shape: u32, lanes: &[u64], depth: u32) -> Result<u64, Trap> {
        let mut hasher = FxHasher::default();
        self.hash_into(shape, lanes, depth, &mut hasher)?;
        Ok(hasher.finish())
    }

    fn hash_into(&self, shape: u32, lanes: &[u64], depth: u32, into: &mut FxHasher) -> Result<(), Trap> {
        let Some(depth) = depth.checked_sub(1) else { return Err(Trap::Cycle) };
        match self.types.shape(shape) {
            Shape::Text => into.write(self.text(lanes[0]).as_bytes()),
            Shape::Bytes | Shape::Buffer => into.write(self.bytes(lanes[0])),
            Shape::Float => into.write_u64(if f64::from_bits(lanes[0]) == 0.0 { 0 } else { lanes[0] }),
            Shape::Tuple(parts) => self.hash_parts(parts, lanes, depth, into)?,
            Shape::Optional(of) => match self.held(*of, lanes) {
                None => into.write_u64(0),
                Some(held) => self.hash_into(*of, held, depth, into)?,
            },
            Shape::Array(of) => {
                let len = self.word(lanes[0], 1) as usize;
                into.write_u64(len as u64);
                for at in 0..len {
                    let mut room = [0];
                    self.hash_into(*of, self.element(lanes[0], *of, at, &mut room), depth, into)?;
                }
            }
            Shape::Map(key, value) => self.hash_rows(lanes[0], *key, Some(*value), depth, into)?,
            Shape::Set(of) => self.hash_rows(lanes[0], *of, None, depth, into)?,
            Shape::Enum(variants) if is_plain(variants) => into.write_u64(lanes[0]),
            Shape::Class(_) | Shape::Enum(_) | Shape::Error if lanes[0] != 0 => {
                // Of an error the variant says where it was made.
                if matches!(self.types.shape(shape), Shape::Enum(_)) {
                    into.write_u64(self.variant(lanes[0]));
                }
                let (parts, fields) = self.fields(lanes[0]);
                self.hash_parts(parts, fields, depth, into)?;
            }
            // An object that is told from others by its place has none that stays.
            Shape::Object | Shape::Closure | Shape::Captures(_) | Shape::Handle(_) | Shape::Actor(_) => (),
            _ => lanes.iter().for_each(|lane| into.write_u64(*lane)),
        }
        Ok(())
    }

    fn hash_parts(&self, parts: &[u32], lanes: &[u64], depth: u32, into: &mut FxHasher) -> Result<(), Trap> {
        self.parts(parts, lanes, &mut |shape, lanes| {
            self.hash_into(shape, lanes, depth, into)?;
            Ok(true)
        })?;
        Ok(())
    }

    /// In whatever order.
    fn hash_rows(
        &self,
        at: u64,
        key: u32,
        value: Option<u32>,
        depth: u32,
        into: &mut FxHasher,
    ) -> Result<(), Trap> {
        let map = self.map(at, key, value);
        let mut sum = 0_u64;
        for row in 0..map.used {
            let Some((hash, lanes)) = self.row_of(&map, row) else { continue };
            let of_value = match value {
                Some(value) => self.hash(value, &lanes[map.key_width..], depth)?,
                None => 0,
            };
            sum = sum.wrapping_add(hash.wrapping_mul(31) ^ of_value);
        }
        into.write_u64(sum);
        Ok(())
    }
}
