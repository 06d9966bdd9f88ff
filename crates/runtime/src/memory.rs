//! What the tasks of a run have of memory together: their heaps, and what is on its way between them. Stacks are not in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::trap::Trap;

/// Memory that is shared out.
#[derive(Debug)]
pub(crate) struct Memory {
    taken: AtomicUsize,
    /// Bytes that may be taken.
    most: usize,
}

impl Memory {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { taken: AtomicUsize::new(0), most })
    }

    /// Takes bytes, if so many are left.
    pub(crate) fn take(self: &Arc<Self>, bytes: usize) -> Result<Taken, Trap> {
        let taken = self.count(bytes);
        if self.is_over() { Err(Trap::Memory) } else { Ok(taken) }
    }

    /// Takes bytes whether they are left or not: of what is there already.
    pub(crate) fn count(self: &Arc<Self>, bytes: usize) -> Taken {
        self.taken.fetch_add(bytes, Ordering::Relaxed);
        Taken { of: Arc::clone(self), bytes }
    }

    /// Whether more is taken than there may be.
    pub(crate) fn is_over(&self) -> bool {
        self.taken.load(Ordering::Relaxed) > self.most
    }
}

/// Bytes of a memory, which it has again when this is dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    of: Arc<Memory>,
    bytes: usize,
}

impl Clone for Taken {
    fn clone(&self) -> Self {
        self.of.count(self.bytes)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.of.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
