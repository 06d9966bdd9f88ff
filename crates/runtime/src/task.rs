//! A task: its heap, its stacks, and what is known of it while it is not done.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::code::{Code, Frame};
use crate::handle::Handles;
use crate::heap::{Space, read};
use crate::memory::Memory;
use crate::stacks::Stack;
use crate::streams::{Asking, Stream};
use crate::tasks::Ending;
use crate::trap::Trap;
use crate::types::Types;
use crate::workers::Shared;

/// Offsets of the fields that compiled code uses.
pub mod field {
    use super::Task;
    use std::mem::offset_of;

    /// Where the next object goes.
    pub const TOP: i32 = offset_of!(Task<'static>, top) as i32;
    /// The end of the room for objects.
    pub const LIMIT: i32 = offset_of!(Task<'static>, limit) as i32;
    /// The end of the room for calls.
    pub const STACK_LIMIT: i32 = offset_of!(Task<'static>, stack_limit) as i32;
    /// How many calls it has left until others have their turn.
    pub const FUEL: i32 = offset_of!(Task<'static>, fuel) as i32;
}

/// Calls and rounds of loops that a task does before another one has its turn.
pub(crate) const TURN: i64 = 10_000;

/// How tasks are bounded.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of objects of each task.
    pub heap: usize,
    /// Bytes of calls of each task.
    pub stack: usize,
    /// Calls and rounds of loops of all tasks, roughly, in programs that count them.
    pub steps: u64,
    /// How many threads run tasks. With one a run does the same in the same world.
    pub workers: usize,
    /// Bytes of the heaps of all tasks together, and of what is on its way between them.
    pub memory: usize,
    /// At each so-manyth allocation of a task everything is moved, which finds references that were forgotten; with zero, where there
    /// is no room.
    pub zeal: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            heap: 2_000_000_000,
            stack: 16 << 20,
            steps: u64::MAX,
            workers: 1,
            memory: 8_000_000_000,
            zeal: 0,
        }
    }
}

/// A call that has not begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    pub(crate) starter: u64,
    pub(crate) code: u64,
    /// What the function captures: a root.
    pub(crate) captures: u64,
    /// Whether the state of the actor is its other argument.
    pub(crate) state: bool,
    pub(crate) results: (usize, u64),
}

/// Where a task goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// Nowhere: it has no frame.
    None,
    /// At the beginning of something.
    Start(Start),
    /// Where it was left.
    Left,
}

/// Where a stack was left.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Left {
    /// The frame pointer of the innermost frame of the program, zero where there is none, and the stack pointer there.
    pub(crate) frame: u64,
    pub(crate) stack: u64,
    /// The stack pointer with which the stubs go on.
    pub(crate) resume: u64,
}

/// A task. Compiled code knows its first fields, and has its address in a register.
#[repr(C)]
pub struct Task<'r> {
    pub(crate) top: u64,
    /// Zero where every allocation is to collect.
    pub(crate) limit: u64,
    pub(crate) stack_limit: u64,
    pub(crate) left: Left,
    /// The stack of what entered the program.
    pub(crate) host_stack: u64,
    /// How many calls and rounds it has left in its turn.
    pub(crate) fuel: i64,
    // From here on only Rust looks.
    pub(crate) shared: *const Shared<'r>,
    pub(crate) id: usize,
    pub(crate) types: &'r Types,
    pub(crate) code: &'r Code,
    pub(crate) space: Space,
    pub(crate) handles: Handles,
    /// The end of the room for objects.
    pub(crate) end: u64,
    pub(crate) limits: Limits,
    pub(crate) memory: Arc<Memory>,
    /// How many allocations it has made since everything was moved out of zeal.
    pub(crate) allocations: u32,
    /// The arguments of the operation that runs, which of them are references, and how many words it gives.
    pub(crate) slot: *mut u64,
    pub(crate) mask: u64,
    pub(crate) gives: usize,
    pub(crate) place: Place,
    pub(crate) stack: Option<Stack>,
    /// Words that what it does gives, and which are references.
    pub(crate) results: (usize, u64),
    /// A trap that it ends with when it has its turn.
    pub(crate) fault: Option<Trap>,
    /// Function values that are called when it ends.
    pub(crate) defers: Vec<u64>,
    /// How it is going to have ended, while it still does what was deferred.
    pub(crate) ending: Option<Ending>,
    /// The generators that it has made, and who asks the one that goes on, which may be another one.
    pub(crate) streams: BTreeMap<usize, Stream>,
    /// How many it has made, and how many there may be until those are looked for that nobody can ask any more.
    pub(crate) streams_made: usize,
    pub(crate) streams_most: usize,
    /// The stacks of those.
    pub(crate) spare: Vec<Stack>,
    pub(crate) asking: Vec<Asking>,
    /// The state of the actor that it is: a root.
    pub(crate) actor_state: u64,
}

impl<'r> Task<'r> {
    /// A task that does nothing yet.
    pub(crate) fn new(
        shared: *const Shared<'r>,
        tables: (&'r Types, &'r Code),
        (limits, memory): (Limits, &Arc<Memory>),
        id: usize,
    ) -> Result<Self, Trap> {
        let space = Space::new(Space::FIRST, memory)?;
        let top = space.start();
        let end = top + Space::FIRST as u64;
        Ok(Self {
            top,
            limit: if limits.zeal > 0 { 0 } else { end },
            stack_limit: 0,
            left: Left::default(),
            host_stack: 0,
            fuel: TURN,
            shared,
            id,
            types: tables.0,
            code: tables.1,
            space,
            handles: Handles::default(),
            end,
            limits,
            memory: Arc::clone(memory),
            allocations: 0,
            slot: std::ptr::null_mut(),
            mask: 0,
            gives: 0,
            place: Place::None,
            stack: None,
            results: (0, 0),
            fault: None,
            defers: Vec::new(),
            ending: None,
            streams: BTreeMap::new(),
            streams_made: 0,
            streams_most: 64,
            spare: Vec::new(),
            asking: Vec::new(),
            actor_state: 0,
        })
    }

    /// Takes rounds from the turn: whether some are left.
    pub(crate) fn has_rounds(&mut self) -> bool {
        self.fuel -= self.argument(0) as i64;
        self.fuel > 0
    }

    /// Notes how deep down the stack it was left.
    pub(crate) fn note_depth(&mut self) {
        if let Some(stack) = &mut self.stack {
            stack.deepest = stack.deepest.min(self.left.stack);
        }
    }

    /// A word of the slot of the operation that runs, or that it waits in.
    pub(crate) fn argument(&self, at: usize) -> u64 {
        // SAFETY: a slot has a word for each argument and each result, and four at least, and is there while the operation is.
        unsafe { self.slot.add(at).read() }
    }

    /// Words of the slot.
    pub(crate) fn arguments(&self, from: usize, len: usize) -> &[u64] {
        // SAFETY: as above; nothing writes it meanwhile.
        unsafe { std::slice::from_raw_parts(self.slot.add(from), len) }
    }

    /// Gives results of the operation from a place on: all behind them are zero.
    pub(crate) fn give_from(&mut self, from: usize, values: &[u64]) {
        for at in from..self.gives {
            // SAFETY: as above.
            unsafe { self.slot.add(at).write(values.get(at - from).copied().unwrap_or(0)) };
        }
        // Its arguments are no more.
        self.mask = 0;
    }

    /// Gives all results of the operation.
    pub(crate) fn give(&mut self, values: &[u64]) {
        self.give_from(0, values);
    }

    /// Goes through the frames of a stack from where it was left on: its return address, and its stack pointer at the call.
    pub(crate) fn walk_from(left: Left, visit: &mut dyn FnMut(u64, u64)) {
        // SAFETY: the stubs recorded where it was left, and every frame of the program keeps the frame pointer of the one that called
        // it, the first one zero, and the return address behind it.
        let read = |at: u64| unsafe { (at as *const u64).read() };
        let mut frame = left.frame;
        if frame == 0 {
            return;
        }
        visit(read(left.stack), left.stack + 8);
        loop {
            let (outer, return_address) = (read(frame), read(frame + 8));
            if outer == 0 {
                return;
            }
            visit(return_address, frame + 16);
            frame = outer;
        }
    }

    /// Its frames are no more, and with them the slot of its last operation.
    pub(crate) fn drop_frames(&mut self) {
        (self.place, self.mask) = (Place::None, 0);
    }

    /// Where it was left.
    pub(crate) fn left_at(&self) -> Option<Frame> {
        let left = matches!(self.place, Place::Left) && self.left.frame != 0;
        left.then(|| self.code.frame(read(self.left.stack))).flatten()
    }

    /// Goes through the frames of the task from the last one on, the stacks of who asks a generator after the generator's.
    pub(crate) fn walk(&self, visit: &mut dyn FnMut(u64, u64)) {
        if matches!(self.place, Place::Left) {
            Self::walk_from(self.left, visit);
        }
        for asking in self.asking.iter().rev() {
            Self::walk_from(asking.left, visit);
        }
    }

    /// Goes through the references that the task keeps outside of its frames and its heap, without those of its generators.
    pub(crate) fn each_kept(&mut self, visit: &mut dyn FnMut(&mut u64)) {
        self.defers.iter_mut().for_each(&mut *visit);
        self.asking.iter_mut().flat_map(|asking| &mut asking.defers).for_each(&mut *visit);
        if let Place::Start(start) = &mut self.place {
            visit(&mut start.captures);
        }
        match &mut self.ending {
            Some(Ending::Value(values, refs)) => {
                let refs = *refs;
                let values = values.iter_mut().enumerate();
                values.filter(|(at, _)| refs >> at & 1 == 1).for_each(|(_, value)| visit(value));
            }
            Some(Ending::Error(error)) => visit(error),
            Some(Ending::Trapped(_)) | None => (),
        }
        visit(&mut self.actor_state);
    }
}
