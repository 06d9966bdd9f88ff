//! Objects that stand for something that tasks share: what it is, and its number.

use crate::task::Task;
use crate::trap::Trap;
use crate::types::{HANDLE, header};

pub(crate) const TASK: u32 = 0;
pub(crate) const SENDER: u32 = 1;
pub(crate) const RECEIVER: u32 = 2;
pub(crate) const ACTOR: u32 = 3;
pub(crate) const STREAM: u32 = 4;

/// Words of a handle.
pub(crate) const WORDS: usize = 2;

/// Whether a header is that of a handle of a kind: then its number follows.
pub(crate) fn is(word: u64, kind: u32) -> bool {
    word == header(HANDLE, kind)
}

impl Task<'_> {
    /// A new handle in room that was made for it.
    pub(crate) fn take_handle(&mut self, kind: u32, number: usize) -> u64 {
        let at = self.take(WORDS);
        self.set_word(at, 0, header(HANDLE, kind));
        self.set_word(at, 1, number as u64);
        at
    }

    pub(crate) fn new_handle(&mut self, kind: u32, number: usize) -> Result<u64, Trap> {
        self.make_room(WORDS)?;
        Ok(self.take_handle(kind, number))
    }

    /// The number of a handle.
    pub(crate) fn handle(&self, object: u64) -> usize {
        if object == 0 { usize::MAX } else { self.word(object, 1) as usize }
    }
}
