//! Stacks: slots of a few large reservations of address space, of which only what is used is ever there.
//!
//! There are no guard pages between them, of which a process may have some ten thousand only: compiled code compares the stack pointer
//! with a limit that lies above the end.

use memmap2::{Advice, MmapMut, MmapOptions, UncheckedAdvice};

use crate::trap::Trap;

/// Bytes of a stack that stay there for the next task.
const KEPT: usize = 16 << 10;
/// Slots of a reservation, at most.
const SLOTS: usize = 1024;

/// A stack that a task has, until it is given back.
#[derive(Debug)]
pub(crate) struct Stack {
    region: usize,
    slot: usize,
    /// The byte behind it.
    pub(crate) top: u64,
    /// The lowest place where it was left.
    pub(crate) deepest: u64,
}

/// All stacks of a run.
#[derive(Debug)]
pub(crate) struct Stacks {
    /// Bytes of each.
    size: usize,
    /// Bytes above the end that the limit is at.
    reserve: usize,
    regions: Vec<MmapMut>,
    /// Slots of the last region that nobody had yet.
    fresh: usize,
    free: Vec<Stack>,
}

impl Stacks {
    pub(crate) fn new(size: usize, reserve: usize) -> Self {
        let size = (size + reserve).next_multiple_of(4096);
        Self { size, reserve, regions: Vec::new(), fresh: 0, free: Vec::new() }
    }

    pub(crate) fn take(&mut self) -> Result<Stack, Trap> {
        if let Some(stack) = self.free.pop() {
            return Ok(stack);
        }
        if self.fresh == 0 {
            // The first task has the first by itself: most programs have one.
            let slots = if self.regions.is_empty() { 1 } else { (8 << self.regions.len().min(7)).min(SLOTS) };
            let bytes = self.size.checked_mul(slots).ok_or(Trap::Memory)?;
            let region = MmapOptions::new().len(bytes).no_reserve_swap().map_anon();
            let region = region.map_err(|_| Trap::Memory)?;
            // Where that is not known, nothing is lost but memory.
            let _advice = region.advise(Advice::NoHugePage);
            self.regions.push(region);
            self.fresh = slots;
        }
        self.fresh -= 1;
        let (region, slot) = (self.regions.len() - 1, self.fresh);
        let top = self.regions[region].as_ptr() as u64 + ((slot + 1) * self.size) as u64;
        Ok(Stack { region, slot, top, deepest: top })
    }

    /// Where calls on a stack end.
    pub(crate) fn limit(&self, stack: &Stack) -> u64 {
        stack.top - self.size as u64 + self.reserve as u64
    }

    /// Takes a stack back. Where it was left deep down, what is there is given back to the system: calls that no task was left in
    /// are some thousands at most, since a task is left now and then to let others have their turn.
    pub(crate) fn give(&mut self, mut stack: Stack) {
        if stack.deepest < stack.top - KEPT as u64 {
            let start = stack.slot * self.size;
            let region = &self.regions[stack.region];
            // SAFETY: nothing refers to a stack that is given back, and what is read there next is what was written anew.
            let _advice =
                unsafe { region.unchecked_advise_range(UncheckedAdvice::DontNeed, start, self.size - KEPT) };
            stack.deepest = stack.top;
        }
        self.free.push(stack);
    }
}
