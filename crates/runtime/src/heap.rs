//! The heap of a task: objects are put one behind the other, and where there is no room, those that are still reachable move to a new
//! space.

use std::alloc::{Layout as Block, alloc, dealloc};
use std::sync::Arc;

use crate::code::Code;
use crate::memory::{Memory, Taken};
use crate::task::Task;
use crate::trap::Trap;
use crate::types::{BYTE_STORE, FORWARDED, STATIC, Size, TEXT, Types, header};

/// A store without room.
#[unsafe(export_name = "pluto_empty_store")]
pub(crate) static EMPTY_STORE: [u64; 2] = [header(BYTE_STORE, 0) | STATIC, 0];

/// A text that is no object of a heap: its words.
#[must_use]
pub fn static_text(text: &str) -> Vec<u8> {
    let mut made = Vec::with_capacity(text.len() + 24);
    made.extend((header(TEXT, 0) | STATIC).to_le_bytes());
    made.extend((text.len() as u64).to_le_bytes());
    made.extend(text.as_bytes());
    made.resize(made.len().next_multiple_of(8), 0);
    made
}

/// Memory for objects.
#[derive(Debug)]
pub(crate) struct Space {
    memory: *mut u8,
    block: Block,
    _taken: Taken,
}

impl Space {
    /// Bytes of the first space of a task.
    pub(crate) const FIRST: usize = 1 << 10;
    /// Bytes up to which a space grows whatever is alive.
    const GROWS_TO: usize = 1 << 20;

    pub(crate) fn new(bytes: usize, of: &Arc<Memory>) -> Result<Self, Trap> {
        let taken = of.take(bytes)?;
        let block = Block::from_size_align(bytes, 16).map_err(|_| Trap::Memory)?;
        // SAFETY: the size is not zero.
        let memory = unsafe { alloc(block) };
        if memory.is_null() { Err(Trap::Memory) } else { Ok(Self { memory, block, _taken: taken }) }
    }

    pub(crate) fn start(&self) -> u64 {
        self.memory as u64
    }

    fn bytes(&self) -> usize {
        self.block.size()
    }

    /// Makes what is forgotten in a space easy to see.
    fn poison(&mut self) {
        // SAFETY: the memory is the space's own.
        unsafe { self.memory.write_bytes(0xdb, self.block.size()) };
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this block, and is given back once.
        unsafe { dealloc(self.memory, self.block) };
    }
}

/// How many words an object has whose header is known.
pub(crate) fn words(types: &Types, header: u64, object: u64) -> usize {
    match types.of_header(header).size {
        Size::Words(words) => words,
        Size::Raw => 2 + (read(object + 8) as usize).div_ceil(8),
        Size::Rows(stride) => 2 + read(object + 8) as usize * stride,
    }
}

pub(crate) fn read(at: u64) -> u64 {
    // SAFETY: the collector, and what copies, read objects, roots and the words of objects only, all of which are there.
    unsafe { (at as *const u64).read() }
}

pub(crate) fn write(at: u64, value: u64) {
    // SAFETY: as above; nothing else uses the heap meanwhile.
    unsafe { (at as *mut u64).write(value) };
}

/// Moves objects behind one another into a new space.
pub(crate) struct Mover<'t> {
    types: &'t Types,
    free: u64,
}

impl Mover<'_> {
    fn root(&mut self, at: u64) {
        write(at, self.moved(read(at)));
    }

    /// Where an object is now.
    pub(crate) fn moved(&mut self, object: u64) -> u64 {
        if object == 0 {
            return 0;
        }
        let header = read(object);
        if header & FORWARDED != 0 {
            return header & !FORWARDED;
        }
        if header & STATIC != 0 {
            return object;
        }
        let words = words(self.types, header, object);
        let to = self.free;
        // SAFETY: the new space has room for all that was in the old one.
        unsafe { std::ptr::copy_nonoverlapping(object as *const u64, to as *mut u64, words) };
        self.free += words as u64 * 8;
        write(object, to | FORWARDED);
        to
    }

    /// What is referred to from a frame.
    pub(crate) fn frame(&mut self, code: &Code, return_address: u64, stack: u64) {
        let offsets = code.references(return_address);
        offsets.iter().for_each(|offset| self.root(stack + u64::from(*offset)));
    }

    /// Goes through what was moved, from an object on, until nothing more is to be moved. Gives where that ends.
    pub(crate) fn scan(&mut self, mut at: u64) -> u64 {
        let types = self.types;
        while at < self.free {
            let header = read(at);
            let layout = types.of_header(header);
            match layout.size {
                Size::Rows(stride) if !layout.refs.is_empty() => {
                    for row in 0..read(at + 8) {
                        let row = at + 16 + row * stride as u64 * 8;
                        layout.refs.iter().for_each(|place| self.root(row + *place as u64 * 8));
                    }
                }
                Size::Words(_) => layout.refs.iter().for_each(|place| self.root(at + *place as u64 * 8)),
                _ => (),
            }
            at += words(types, header, at) as u64 * 8;
        }
        at
    }
}

impl Task<'_> {
    /// Takes room that [`Task::make_room`] made, for an object of some words.
    pub(crate) fn take(&mut self, words: usize) -> u64 {
        let at = self.top;
        self.top += words as u64 * 8;
        debug_assert!(self.top <= self.end, "there is room");
        at
    }

    /// Collects unless there is room for some words. Everything may have moved then; what takes the room moves nothing.
    pub(crate) fn make_room(&mut self, words: usize) -> Result<(), Trap> {
        let bytes = words.checked_mul(8).ok_or(Trap::Memory)?;
        if self.is_zealous() || ((self.end - self.top) as usize) < bytes {
            self.collect(bytes)?;
        }
        Ok(())
    }

    /// Whether everything is to be moved at this allocation, although there may be room.
    fn is_zealous(&mut self) -> bool {
        let zeal = self.limits.zeal;
        self.allocations = if self.allocations + 1 < zeal { self.allocations + 1 } else { 0 };
        zeal > 0 && self.allocations == 0
    }

    pub(crate) fn collect(&mut self, need: usize) -> Result<(), Trap> {
        let used = (self.top - self.space.start()) as usize;
        if need > self.limits.heap {
            return Err(Trap::Memory);
        }
        let wanted = |alive: usize, before: usize| {
            let grown = before.saturating_mul(4).min(Space::GROWS_TO);
            (alive.saturating_mul(3)).max(grown).saturating_add(need).next_multiple_of(16)
        };
        let before = (self.end - self.space.start()) as usize;
        let mut to = Space::new(wanted(used, before).min(self.limits.heap.max(used + need)), &self.memory)?;
        let mut mover = Mover { types: self.types, free: to.start() };
        let code = self.code;
        self.walk(&mut |return_address, stack| mover.frame(code, return_address, stack));
        self.each_kept(&mut |kept| *kept = mover.moved(*kept));
        let mut mask = self.mask;
        while mask != 0 {
            mover.root(self.slot as u64 + u64::from(mask.trailing_zeros()) * 8);
            mask &= mask - 1;
        }
        let scanned = mover.scan(to.start());
        self.keep_streams(&mut mover, scanned);
        self.handles.moved();
        let alive = (mover.free - to.start()) as usize;
        self.top = mover.free;
        std::mem::swap(&mut self.space, &mut to);
        if self.limits.zeal > 0 {
            to.poison();
        }
        let room = wanted(alive, before).min(self.space.bytes());
        self.end = self.space.start() + room as u64;
        self.limit = if self.limits.zeal > 0 { 0 } else { self.end };
        if room < alive + need || alive + need > self.limits.heap { Err(Trap::Memory) } else { Ok(()) }
    }
}
