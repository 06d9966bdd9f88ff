//! Arrays: an object with a length, which points to a store.

use crate::heap::EMPTY_STORE;
use crate::operations::{Call, Done};
use crate::task::Task;
use crate::trap::{Stop, Trap};
use crate::types::{BYTE_STORE, header};
use crate::values::{raw_words, store_words};

const LEN: usize = 1;
const STORE: usize = 2;
/// Elements of the first store that an array grows into.
const FIRST: usize = 4;

/// A range without its last one, whether that is in it or not.
pub(crate) fn ends(from: u64, to: u64, inclusive: u64) -> Result<(i64, i64), Trap> {
    let to = to as i64;
    let to = if inclusive != 0 { to.checked_add(1).ok_or(Trap::Index)? } else { to };
    Ok((from as i64, to))
}

/// A place that is at most so far.
fn place(at: u64, most: usize) -> Result<usize, Trap> {
    usize::try_from(at as i64).ok().filter(|at| *at <= most).ok_or(Trap::Index)
}

/// Words of an array of texts, with the texts.
pub(crate) fn words_of_texts<T: AsRef<str>>(texts: &[T]) -> Result<usize, Trap> {
    let words: usize = texts.iter().map(|text| raw_words(text.as_ref().len())).sum();
    Ok(words + 3 + store_words(1, texts.len())?)
}

impl Task<'_> {
    fn array_store_words(&self, of: u32, capacity: usize) -> Result<usize, Trap> {
        if self.types.is_packed(of) {
            Ok(raw_words(capacity))
        } else {
            store_words(self.types.width(of), capacity)
        }
    }

    /// A store for elements of a shape, in room that was made for it.
    fn take_array_store(&mut self, of: u32, capacity: usize) -> u64 {
        if capacity == 0 {
            return EMPTY_STORE.as_ptr() as u64;
        }
        if self.types.is_packed(of) {
            return self.take_byte_store(BYTE_STORE, capacity);
        }
        self.take_store(self.types.array_layout(of) + 1, self.types.width(of), capacity)
    }

    /// An array without elements, in room that was made for it and its store.
    fn take_array(&mut self, layout: u32, of: u32, capacity: usize) -> u64 {
        let store = self.take_array_store(of, capacity);
        let at = self.take(3);
        self.words_mut(at, 0, 3).copy_from_slice(&[header(layout, 0), 0, store]);
        at
    }

    pub(crate) fn set_element(&mut self, array: u64, of: u32, at: usize, lanes: &[u64]) {
        let store = self.word(array, STORE);
        if self.types.is_packed(of) {
            self.raw_mut(store, at + 1)[at] = lanes[0] as u8;
        } else {
            let width = self.types.width(of);
            self.words_mut(store, 2 + at * width, width).copy_from_slice(lanes);
        }
    }

    /// Moves elements within the store of an array.
    fn shift(&mut self, array: u64, of: u32, from: usize, len: usize, to: usize) {
        let store = self.word(array, STORE);
        if self.types.is_packed(of) {
            self.raw_mut(store, from.max(to) + len).copy_within(from..from + len, to);
        } else {
            let width = self.types.width(of);
            let words = (from.max(to) + len) * width;
            self.words_mut(store, 2, words).copy_within(from * width..(from + len) * width, to * width);
        }
    }

    /// Copies elements of one array into another one.
    fn copy_elements(&mut self, of: u32, from: (u64, usize), to: (u64, usize), len: usize) {
        let (source, target) = (self.word(from.0, STORE), self.word(to.0, STORE));
        let unit = if self.types.is_packed(of) { 1 } else { self.types.width(of) * 8 };
        // SAFETY: both arrays have so many elements there; an array may be copied into itself.
        unsafe {
            let source = (source as *const u8).add(16 + from.1 * unit);
            std::ptr::copy(source, (target as *mut u8).add(16 + to.1 * unit), len * unit);
        }
    }

    /// Lets go of what is behind the length of an array.
    fn forget(&mut self, array: u64, of: u32, from: usize, len: usize) {
        if !self.types.is_packed(of) {
            let (store, width) = (self.word(array, STORE), self.types.width(of));
            self.words_mut(store, 2 + from * width, len * width).fill(0);
        }
    }

    /// An array of texts.
    pub(crate) fn new_texts<T: AsRef<str>>(&mut self, texts: &[T]) -> Result<u64, Trap> {
        self.make_room(words_of_texts(texts)?)?;
        Ok(self.take_texts(texts))
    }

    /// The same in room that was made for it.
    pub(crate) fn take_texts<T: AsRef<str>>(&mut self, texts: &[T]) -> u64 {
        let of = self.types.text;
        let array = self.take_array(self.types.array_layout(of), of, texts.len());
        for (at, text) in texts.iter().enumerate() {
            let text = self.take_text(text.as_ref());
            self.set_element(array, of, at, &[text]);
        }
        self.set_word(array, LEN, texts.len() as u64);
        array
    }

    /// The texts of an array of them.
    pub(crate) fn texts_of(&self, array: u64) -> Vec<String> {
        let (len, store) = (self.word(array, LEN) as usize, self.word(array, STORE));
        (0..len).map(|at| self.text(self.word(store, 2 + at)).to_owned()).collect()
    }

    /// An array of bytes, by its layout.
    pub(crate) fn new_byte_array(&mut self, layout: u32, bytes: &[u8]) -> Result<u64, Trap> {
        self.make_room(raw_words(bytes.len()) + 3)?;
        let array = self.take_array(layout, self.types.byte, bytes.len());
        if !bytes.is_empty() {
            let store = self.word(array, STORE);
            self.raw_mut(store, bytes.len()).copy_from_slice(bytes);
        }
        self.set_word(array, LEN, bytes.len() as u64);
        Ok(array)
    }
}

impl Call<'_, '_> {
    /// A new array without elements, with room for some.
    pub(crate) fn new_array(&mut self, of: u32, capacity: usize) -> Result<u64, Trap> {
        let words = self.task.array_store_words(of, capacity)?;
        self.task.make_room(words + 3)?;
        Ok(self.task.take_array(self.task.types.array_layout(of), of, capacity))
    }

    /// Makes room for more elements in the array of the first argument.
    pub(crate) fn grow_array(&mut self, of: u32, more: usize) -> Result<(), Trap> {
        let array = self.word(0);
        let (len, old) = (self.task.word(array, LEN) as usize, self.task.word(array, STORE));
        let capacity = self.task.word(old, 1) as usize;
        let wanted = len.checked_add(more).ok_or(Trap::Memory)?;
        if wanted <= capacity {
            return Ok(());
        }
        let first = if self.task.types.is_packed(of) { 8 } else { FIRST };
        let capacity = wanted.max(capacity * 2).max(first);
        let words = self.task.array_store_words(of, capacity)?;
        self.task.make_room(words)?;
        let store = self.task.take_array_store(of, capacity);
        let array = self.word(0);
        let old = self.task.word(array, STORE);
        let bytes = if self.task.types.is_packed(of) { len } else { len * self.task.types.width(of) * 8 };
        let from = self.task.raw(old, bytes).as_ptr();
        let to = self.task.raw_mut(store, bytes).as_mut_ptr();
        // SAFETY: both stores have so many bytes, and they are different objects.
        unsafe { std::ptr::copy_nonoverlapping(from, to, bytes) };
        self.task.set_word(array, STORE, store);
        Ok(())
    }

    fn of(&self) -> u32 {
        self.task.types.part(self.shape)
    }

    fn array_len(&self) -> usize {
        self.task.word(self.word(0), LEN) as usize
    }

    fn set_len(&mut self, len: usize) {
        self.task.set_word(self.word(0), LEN, len as u64);
    }

    fn lanes_of(&self, at: usize) -> Vec<u64> {
        self.task.element(self.word(0), self.of(), at, &mut [0]).to_vec()
    }

    /// Puts the lanes of an argument into an element.
    fn put(&mut self, at: usize, from: usize) {
        let of = self.of();
        let lanes = self.words(from, self.task.types.width(of)).to_vec();
        self.task.set_element(self.word(0), of, at, &lanes);
    }
}

pub(crate) fn new(call: &mut Call<'_, '_>) -> Done {
    let capacity = usize::try_from(call.word(0) as i64).unwrap_or(0);
    let array = call.new_array(call.of(), capacity)?;
    call.set(0, array);
    Ok(())
}

pub(crate) fn grow(call: &mut Call<'_, '_>) -> Done {
    Ok(call.grow_array(call.of(), 1)?)
}

pub(crate) fn push(call: &mut Call<'_, '_>) -> Done {
    call.grow_array(call.of(), 1)?;
    let len = call.array_len();
    call.put(len, 1);
    call.set_len(len + 1);
    Ok(())
}

pub(crate) fn pop(call: &mut Call<'_, '_>) -> Done {
    let (of, len) = (call.of(), call.array_len());
    let nullable = call.task.types.says_none(of);
    let Some(last) = len.checked_sub(1) else {
        let width = call.task.types.width(of) + usize::from(!nullable);
        (0..width).for_each(|at| call.set(at, 0));
        return Ok(());
    };
    let lanes = call.lanes_of(last);
    call.set_len(last);
    call.task.forget(call.word(0), of, last, 1);
    if nullable {
        call.give(&lanes);
    } else {
        call.set(0, 1);
        lanes.iter().enumerate().for_each(|(at, lane)| call.set(at + 1, *lane));
    }
    Ok(())
}

pub(crate) fn insert(call: &mut Call<'_, '_>) -> Done {
    let (of, len) = (call.of(), call.array_len());
    let at = place(call.word(1), len)?;
    call.grow_array(of, 1)?;
    call.task.shift(call.word(0), of, at, len - at, at + 1);
    call.put(at, 2);
    call.set_len(len + 1);
    Ok(())
}

pub(crate) fn remove(call: &mut Call<'_, '_>) -> Done {
    let (of, len) = (call.of(), call.array_len());
    let last = len.checked_sub(1).ok_or(Trap::Index)?;
    let at = place(call.word(1), last)?;
    let lanes = call.lanes_of(at);
    let array = call.word(0);
    call.task.shift(array, of, at + 1, last - at, at);
    call.task.forget(array, of, last, 1);
    call.set_len(last);
    call.give(&lanes);
    Ok(())
}

pub(crate) fn truncate(call: &mut Call<'_, '_>) -> Done {
    let most = usize::try_from(call.word(1) as i64).map_err(|_| Trap::Index)?;
    let len = call.array_len();
    if most < len {
        call.task.forget(call.word(0), call.of(), most, len - most);
        call.set_len(most);
    }
    Ok(())
}

pub(crate) fn append(call: &mut Call<'_, '_>) -> Done {
    let (of, len) = (call.of(), call.array_len());
    let more = call.task.word(call.word(1), LEN) as usize;
    call.grow_array(of, more)?;
    call.task.copy_elements(of, (call.word(1), 0), (call.word(0), len), more);
    call.set_len(len + more);
    Ok(())
}

pub(crate) fn slice(call: &mut Call<'_, '_>) -> Done {
    let (from, to) = ends(call.word(1), call.word(2), call.word(3))?;
    let len = call.array_len();
    let (from, to) = (place(from as u64, len)?, place(to as u64, len)?);
    let Some(part) = to.checked_sub(from) else { return Err(Stop::Trap(Trap::Index)) };
    let of = call.of();
    let array = call.new_array(of, part)?;
    call.task.copy_elements(of, (call.word(0), from), (array, 0), part);
    call.task.set_word(array, LEN, part as u64);
    call.set(0, array);
    Ok(())
}
