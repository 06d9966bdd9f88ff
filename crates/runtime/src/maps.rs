//! Maps and sets: rows in the order in which they were put in, and an index of them by hash.

use crate::equal::DEPTH;
use crate::operations::{Call, Done};
use crate::task::Task;
use crate::trap::Trap;
use crate::types::{INDEX, Shape, header};
use crate::values::{raw_words, store_words};

/// Set in the hash of a row that is there.
const LIVE: u64 = 1 << 63;
/// Rows of the first store of a map.
const FIRST_ROWS: usize = 6;

/// Words of a map.
const LEN: usize = 1;
const USED: usize = 2;
const ROWS: usize = 3;
const INDEX_AT: usize = 4;

/// A map or a set as it is now. None is kept across something that allocates.
pub(crate) struct Map {
    at: u64,
    key: u32,
    rows: u64,
    index: u64,
    pub(crate) key_width: usize,
    value_width: usize,
    pub(crate) used: usize,
}

impl Map {
    fn stride(&self) -> usize {
        1 + self.key_width + self.value_width
    }
}

impl Task<'_> {
    pub(crate) fn map(&self, at: u64, key: u32, value: Option<u32>) -> Map {
        Map {
            at,
            key,
            rows: self.word(at, ROWS),
            index: self.word(at, INDEX_AT),
            key_width: self.types.width(key),
            value_width: value.map_or(0, |value| self.types.width(value)),
            used: self.word(at, USED) as usize,
        }
    }

    /// The hash and the lanes of a row that was not taken out.
    pub(crate) fn row_of(&self, map: &Map, row: usize) -> Option<(u64, &[u64])> {
        let row = self.words(map.rows, 2 + row * map.stride(), map.stride());
        (row[0] != 0).then(|| (row[0], &row[1..]))
    }

    /// The row of a key.
    pub(crate) fn find_hashed(
        &self,
        map: &Map,
        key: &[u64],
        hash: u64,
        depth: u32,
    ) -> Result<Option<usize>, Trap> {
        if map.index == 0 {
            return Ok(None);
        }
        let slots = self.index(map.index);
        let mut slot = hash as usize & (slots.len() - 1);
        let (word, stride) = (self.types.known[map.key as usize].word, map.stride());
        while slots[slot] != 0 {
            let row = slots[slot] as usize - 1;
            if word {
                let at = 2 + row * stride;
                if self.word(map.rows, at) == hash && self.word(map.rows, at + 1) == key[0] {
                    return Ok(Some(row));
                }
            } else if let Some((found, lanes)) = self.row_of(map, row)
                && found == hash
                && self.equal(map.key, &lanes[..map.key_width], key, true, depth)?
            {
                return Ok(Some(row));
            }
            slot = (slot + 1) & (slots.len() - 1);
        }
        Ok(None)
    }

    fn index(&self, index: u64) -> &[u32] {
        let bytes = self.raw(index, self.word(index, 1) as usize);
        // SAFETY: the bytes behind the second word of an object are aligned, and an index is made of numbers of four bytes.
        unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len() / 4) }
    }

    fn enter(&mut self, index: u64, hash: u64, row: usize) {
        let slots = self.index(index);
        let mut slot = hash as usize & (slots.len() - 1);
        while slots[slot] != 0 {
            slot = (slot + 1) & (slots.len() - 1);
        }
        let bytes = (row as u32 + 1).to_le_bytes();
        let len = slots.len() * 4;
        self.raw_mut(index, len)[slot * 4..slot * 4 + 4].copy_from_slice(&bytes);
    }

    /// The hash of a key, as its row has it.
    fn key_hash(&self, key: u32, lanes: &[u64]) -> Result<u64, Trap> {
        Ok(self.hash(key, lanes, DEPTH)? | LIVE)
    }
}

impl Call<'_, '_> {
    /// The shapes of the keys and the values of the map that the call is for.
    fn entry(&self) -> (u32, Option<u32>) {
        match self.task.types.shape(self.shape) {
            Shape::Map(key, value) => (*key, Some(*value)),
            _ => (self.task.types.part(self.shape), None),
        }
    }

    fn the_map(&self) -> Map {
        let (key, value) = self.entry();
        self.task.map(self.word(0), key, value)
    }

    fn find(&self, hash: u64) -> Result<Option<usize>, Trap> {
        let map = self.the_map();
        self.task.find_hashed(&map, self.words(1, map.key_width), hash, DEPTH)
    }

    fn key_hash(&self) -> Result<u64, Trap> {
        let (key, _) = self.entry();
        self.task.key_hash(key, self.words(1, self.task.types.width(key)))
    }

    /// Makes room for one row more, where there is none: without the rows that were taken out, and twice as many where there are few
    /// of those.
    fn grow(&mut self) -> Result<(), Trap> {
        let map = self.the_map();
        let capacity = if map.rows == 0 { 0 } else { self.task.word(map.rows, 1) as usize };
        if map.used < capacity {
            return Ok(());
        }
        let len = self.task.word(map.at, LEN) as usize;
        let capacity = if len * 2 <= capacity { capacity } else { capacity * 2 }.max(FIRST_ROWS);
        if capacity > u32::MAX as usize / 2 {
            return Err(Trap::Memory);
        }
        let layout = self.task.types.layout(self.shape) + 1;
        let stride = map.stride();
        let slots = (capacity * 4 / 3 + 1).next_power_of_two();
        let words = store_words(stride, capacity)? + raw_words(slots * 4);
        self.task.make_room(words)?;
        let rows = self.task.take_store(layout, stride, capacity);
        let index = self.task.take_byte_store(INDEX, slots * 4);
        let map = self.the_map();
        let mut next = 0;
        for row in 0..map.used {
            let from = self.task.words(map.rows, 2 + row * stride, stride).as_ptr();
            let hash = self.task.word(map.rows, 2 + row * stride);
            if hash == 0 {
                continue;
            }
            let to = self.task.words_mut(rows, 2 + next * stride, stride).as_mut_ptr();
            // SAFETY: both rows are within their stores, which are different objects.
            unsafe { std::ptr::copy_nonoverlapping(from, to, stride) };
            self.task.enter(index, hash, next);
            next += 1;
        }
        let at = map.at;
        self.task.set_word(at, USED, next as u64);
        self.task.set_word(at, ROWS, rows);
        self.task.set_word(at, INDEX_AT, index);
        Ok(())
    }

    /// Puts the key of the call in, which is not there yet, with lanes of a value behind it.
    fn add(&mut self, hash: u64) -> Result<(), Trap> {
        let (key, _) = self.entry();
        if !self.task.types.known[key as usize].flat {
            self.task.copy_in_slot(key, 1)?;
        }
        self.grow()?;
        let map = self.the_map();
        let (row, stride) = (map.used, map.stride());
        let lanes = self.words(1, stride - 1).as_ptr();
        self.task.set_word(map.rows, 2 + row * stride, hash);
        let to = self.task.words_mut(map.rows, 3 + row * stride, stride - 1).as_mut_ptr();
        // SAFETY: the slot has the lanes of the key and the value, the store those of a row.
        unsafe { std::ptr::copy_nonoverlapping(lanes, to, stride - 1) };
        self.task.enter(map.index, hash, row);
        self.task.set_word(map.at, USED, row as u64 + 1);
        let len = self.task.word(map.at, LEN);
        self.task.set_word(map.at, LEN, len + 1);
        Ok(())
    }

    /// Gives the value of a row: as one that may not be there, or as it is.
    fn give_value(&mut self, row: usize, optional: bool) {
        let map = self.the_map();
        let (_, value) = self.entry();
        let Some(value) = value else { return };
        let behind = usize::from(optional && !self.task.types.says_none(value));
        let from = 3 + row * map.stride() + map.key_width;
        for at in 0..map.value_width {
            let lane = self.task.word(map.rows, from + at);
            self.set(at + behind, lane);
        }
        if behind == 1 {
            self.set(0, 1);
        }
    }

    /// Gives a value as one that may not be there.
    fn give_some(&mut self, lanes: &[u64]) {
        let (_, Some(value)) = self.entry() else { return };
        let behind = usize::from(!self.task.types.says_none(value));
        self.set(0, 1);
        lanes.iter().enumerate().for_each(|(at, lane)| self.set(at + behind, *lane));
    }

    /// Gives that there is no value.
    fn give_none(&mut self) {
        let (_, Some(value)) = self.entry() else { return };
        let width = self.task.types.width(value) + usize::from(!self.task.types.says_none(value));
        (0..width).for_each(|at| self.set(at, 0));
    }

    fn take_out(&mut self, row: usize) {
        let map = self.the_map();
        self.task.words_mut(map.rows, 2 + row * map.stride(), map.stride()).fill(0);
        let len = self.task.word(map.at, LEN);
        self.task.set_word(map.at, LEN, len - 1);
    }

    /// A new array of parts of the rows.
    fn give_parts(&mut self, keys: bool) -> Done {
        let (key, value) = self.entry();
        let of = if keys { key } else { value.unwrap_or(key) };
        let len = self.task.word(self.word(0), LEN) as usize;
        let array = self.new_array(of, len)?;
        let map = self.the_map();
        let width = if keys { map.key_width } else { map.value_width };
        let mut next = 0;
        for row in 0..map.used {
            let Some((_, lanes)) = self.task.row_of(&map, row) else { continue };
            let part = if keys { &lanes[..width] } else { &lanes[map.key_width..] }.to_vec();
            self.task.set_element(array, of, next, &part);
            next += 1;
        }
        self.task.set_word(array, 1, len as u64);
        self.set(0, array);
        if keys && !self.task.types.known[key as usize].flat {
            // What is in a map is not changed, so what is given is not the same.
            self.task.copy_in_slot(self.shape, 0)?;
        }
        Ok(())
    }
}

pub(crate) fn new(call: &mut Call<'_, '_>) -> Done {
    call.task.make_room(5)?;
    let at = call.task.take(5);
    let layout = call.task.types.layout(call.shape);
    call.task.words_mut(at, 0, 5).copy_from_slice(&[header(layout, 0), 0, 0, 0, 0]);
    call.set(0, at);
    Ok(())
}

pub(crate) fn get(call: &mut Call<'_, '_>) -> Done {
    let row = call.find(call.key_hash()?)?.ok_or(Trap::MissingKey)?;
    call.give_value(row, false);
    Ok(())
}

pub(crate) fn find(call: &mut Call<'_, '_>) -> Done {
    match call.find(call.key_hash()?)? {
        Some(row) => call.give_value(row, true),
        None => call.give_none(),
    }
    Ok(())
}

pub(crate) fn has(call: &mut Call<'_, '_>) -> Done {
    let found = call.find(call.key_hash()?)?.is_some();
    call.set(0, u64::from(found));
    Ok(())
}

pub(crate) fn insert(call: &mut Call<'_, '_>) -> Done {
    let hash = call.key_hash()?;
    match call.find(hash)? {
        Some(row) => {
            let map = call.the_map();
            let new = call.words(1 + map.key_width, map.value_width).to_vec();
            call.give_value(row, true);
            let at = 3 + row * map.stride() + map.key_width;
            call.task.words_mut(map.rows, at, map.value_width).copy_from_slice(&new);
        }
        None => {
            call.add(hash)?;
            call.give_none();
        }
    }
    Ok(())
}

pub(crate) fn remove(call: &mut Call<'_, '_>) -> Done {
    match call.find(call.key_hash()?)? {
        Some(row) => {
            // The map is in the slot too, so it loses its row first.
            let map = call.the_map();
            let at = 3 + row * map.stride() + map.key_width;
            let old = call.task.words(map.rows, at, map.value_width).to_vec();
            call.take_out(row);
            call.give_some(&old);
        }
        None => call.give_none(),
    }
    Ok(())
}

pub(crate) fn clear(call: &mut Call<'_, '_>) -> Done {
    let at = call.word(0);
    call.task.words_mut(at, 1, 4).fill(0);
    Ok(())
}

pub(crate) fn keys(call: &mut Call<'_, '_>) -> Done {
    call.give_parts(true)
}

pub(crate) fn values(call: &mut Call<'_, '_>) -> Done {
    call.give_parts(false)
}

pub(crate) fn len(call: &mut Call<'_, '_>) -> Done {
    let len = call.task.word(call.word(0), LEN);
    call.set(0, len);
    Ok(())
}

pub(crate) fn set_insert(call: &mut Call<'_, '_>) -> Done {
    let hash = call.key_hash()?;
    let new = call.find(hash)?.is_none();
    if new {
        call.add(hash)?;
    }
    call.set(0, u64::from(new));
    Ok(())
}

pub(crate) fn set_remove(call: &mut Call<'_, '_>) -> Done {
    let row = call.find(call.key_hash()?)?;
    if let Some(row) = row {
        call.take_out(row);
    }
    call.set(0, u64::from(row.is_some()));
    Ok(())
}
