//! Reading and writing objects.

use crate::task::Task;
use crate::trap::Trap;
use crate::types::{BYTES, FORWARDED, STATIC, TEXT, header};

/// Objects come from compiled code and from the heap, and none is used after something was allocated: that is what makes these sound.
impl Task<'_> {
    pub(crate) fn word(&self, object: u64, at: usize) -> u64 {
        debug_assert!(object != 0 && object.is_multiple_of(8), "an object");
        // SAFETY: the object is there and has so many words.
        unsafe { (object as *const u64).add(at).read() }
    }

    pub(crate) fn set_word(&mut self, object: u64, at: usize, value: u64) {
        debug_assert!(object != 0 && object.is_multiple_of(8), "an object");
        // SAFETY: the object is there and has so many words, and nothing else uses the heap.
        unsafe { (object as *mut u64).add(at).write(value) };
    }

    /// Some words of an object.
    pub(crate) fn words(&self, object: u64, from: usize, len: usize) -> &[u64] {
        // SAFETY: the object is there and has so many words; they stay as they are while the task is borrowed.
        unsafe { std::slice::from_raw_parts((object as *const u64).add(from), len) }
    }

    pub(crate) fn words_mut(&mut self, object: u64, from: usize, len: usize) -> &mut [u64] {
        // SAFETY: as above, and nothing else uses the heap.
        unsafe { std::slice::from_raw_parts_mut((object as *mut u64).add(from), len) }
    }

    /// The bytes behind the second word of an object.
    pub(crate) fn raw(&self, object: u64, len: usize) -> &[u8] {
        // SAFETY: the object is there and has so many bytes; they stay as they are while the task is borrowed.
        unsafe { std::slice::from_raw_parts((object as *const u8).add(16), len) }
    }

    pub(crate) fn raw_mut(&mut self, object: u64, len: usize) -> &mut [u8] {
        // SAFETY: as above, and nothing else uses the heap.
        unsafe { std::slice::from_raw_parts_mut((object as *mut u8).add(16), len) }
    }

    /// The header of an object without what is the collector's.
    pub(crate) fn header(&self, object: u64) -> u64 {
        self.word(object, 0) & !(FORWARDED | STATIC)
    }

    pub(crate) fn variant(&self, object: u64) -> u64 {
        self.word(object, 0) >> 32
    }

    /// A text; where there is none, an empty one.
    pub(crate) fn text(&self, object: u64) -> &str {
        if object == 0 {
            return "";
        }
        let bytes = self.raw(object, self.word(object, 1) as usize);
        // SAFETY: the bytes of a text are those of a string, or two of them in a row.
        unsafe { std::str::from_utf8_unchecked(bytes) }
    }

    /// The bytes of bytes, of a text or of a buffer.
    pub(crate) fn bytes(&self, object: u64) -> &[u8] {
        let len = self.word(object, 1) as usize;
        match self.header(object) >> 2 & 0x3fff_ffff {
            layout if layout == u64::from(TEXT) || layout == u64::from(BYTES) => self.raw(object, len),
            _ => self.raw(self.word(object, 2), len),
        }
    }

    /// A new object with a header, two words and bytes behind them, which are not written yet but for the last ones.
    fn take_raw(&mut self, layout: u32, len: usize) -> u64 {
        let words = raw_words(len);
        let at = self.take(words);
        self.set_word(at, words - 1, 0);
        self.set_word(at, 0, header(layout, 0));
        self.set_word(at, 1, len as u64);
        at
    }

    /// A new text in room that was made for it.
    pub(crate) fn take_text(&mut self, text: &str) -> u64 {
        let at = self.take_raw(TEXT, text.len());
        self.raw_mut(at, text.len()).copy_from_slice(text.as_bytes());
        at
    }

    pub(crate) fn new_text(&mut self, text: &str) -> Result<u64, Trap> {
        self.make_room(raw_words(text.len()))?;
        Ok(self.take_text(text))
    }

    pub(crate) fn new_bytes(&mut self, bytes: &[u8]) -> Result<u64, Trap> {
        self.make_room(raw_words(bytes.len()))?;
        Ok(self.take_bytes(bytes))
    }

    /// New bytes in room that was made for them.
    pub(crate) fn take_bytes(&mut self, bytes: &[u8]) -> u64 {
        let at = self.take_raw(BYTES, bytes.len());
        self.raw_mut(at, bytes.len()).copy_from_slice(bytes);
        at
    }

    /// A text, or bytes, whose bytes are not written yet.
    pub(crate) fn new_unwritten(&mut self, text: bool, len: usize) -> Result<u64, Trap> {
        self.make_room(raw_words(len))?;
        Ok(self.take_raw(if text { TEXT } else { BYTES }, len))
    }

    /// A new store of bytes, all zero, in room that was made for it.
    pub(crate) fn take_byte_store(&mut self, layout: u32, capacity: usize) -> u64 {
        let capacity = capacity.next_multiple_of(8);
        let at = self.take_raw(layout, capacity);
        self.raw_mut(at, capacity).fill(0);
        at
    }

    /// A new store of rows, all zero, in room that was made for it.
    pub(crate) fn take_store(&mut self, layout: u32, stride: usize, capacity: usize) -> u64 {
        let words = 2 + stride * capacity;
        let at = self.take(words);
        self.set_word(at, 0, header(layout, 0));
        self.set_word(at, 1, capacity as u64);
        self.words_mut(at, 2, words - 2).fill(0);
        at
    }
}

/// Words of an object of bytes.
pub(crate) fn raw_words(len: usize) -> usize {
    2 + len.div_ceil(8)
}

/// Words of a store of rows.
pub(crate) fn store_words(stride: usize, capacity: usize) -> Result<usize, Trap> {
    stride.checked_mul(capacity).and_then(|words| words.checked_add(2)).ok_or(Trap::Memory)
}
