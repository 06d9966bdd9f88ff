//! A task: its heap, its stack, and how it is run.

use memmap2::{MmapMut, MmapOptions};

use crate::code::{Code, Frame};
use crate::heap::Space;
use crate::switch;
use crate::trap::{STOPPED, Stop, Trap};
use crate::types::Types;

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
}

/// How a task is bounded.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of objects.
    pub heap: usize,
    /// Bytes of calls.
    pub stack: usize,
    /// Whether everything is moved at each allocation, which finds references that were forgotten.
    pub zeal: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { heap: 2 << 30, stack: 16 << 20, zeal: false }
    }
}

/// How a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// At its end.
    Finished,
    /// Nobody takes what it prints any more.
    Stopped,
    /// With an error that nothing handled.
    Failed {
        /// What it is.
        error: String,
        /// Where it was made: its variant.
        site: u64,
    },
    /// By a bug.
    Trapped {
        /// What it is, in words.
        why: String,
        /// The functions that were called, the innermost first.
        stack: Vec<Frame>,
    },
}

/// A task. Compiled code knows its first fields, and has its address in a register.
#[repr(C)]
pub struct Task<'r> {
    pub(crate) top: u64,
    /// Zero where every allocation is to collect.
    pub(crate) limit: u64,
    stack_limit: u64,
    /// The frame pointer of the frame of the program that was left last, and the stack pointer there.
    pub(crate) last_frame: u64,
    pub(crate) last_stack: u64,
    /// The stack of what entered the program.
    pub(crate) host_stack: u64,
    /// What came out: an error, or the text of a trap.
    pub(crate) payload: u64,
    // From here on only Rust looks.
    pub(crate) types: &'r Types,
    pub(crate) code: &'r Code,
    pub(crate) say: &'r mut dyn FnMut(&str) -> bool,
    pub(crate) space: Space,
    /// The end of the room for objects.
    pub(crate) end: u64,
    pub(crate) limits: Limits,
    /// The arguments of the operation that runs, and which of them are references.
    pub(crate) slot: *mut u64,
    pub(crate) mask: u64,
    pub(crate) said: Option<&'static str>,
    stack: MmapMut,
}

impl<'r> Task<'r> {
    /// A task that has not begun; nothing where there is no memory for it.
    #[must_use]
    pub fn new(
        types: &'r Types,
        code: &'r Code,
        limits: Limits,
        say: &'r mut dyn FnMut(&str) -> bool,
    ) -> Option<Self> {
        let bytes = limits.stack + code.reserve;
        let stack = MmapOptions::new().len(bytes).no_reserve_swap().map_anon().ok()?;
        let space = Space::new(Space::FIRST)?;
        let top = space.start();
        let end = top + Space::FIRST as u64;
        Some(Self {
            top,
            limit: if limits.zeal { 0 } else { end },
            stack_limit: stack.as_ptr() as u64 + code.reserve as u64,
            last_frame: 0,
            last_stack: 0,
            host_stack: 0,
            payload: 0,
            types,
            code,
            say,
            space,
            end,
            limits,
            slot: std::ptr::null_mut(),
            mask: 0,
            said: None,
            stack,
        })
    }

    /// Runs compiled code to its end.
    ///
    /// # Safety
    /// `entry` is the address of code that takes nothing and gives an error or null, by the calling convention of the platform, and
    /// that together with all that it calls was compiled for these types, with this code table.
    pub unsafe fn run(&mut self, entry: *const u8) -> Ended {
        let top = self.stack.as_ptr() as u64 + self.stack.len() as u64;
        // SAFETY: the caller promises it of the code; the stack is as long as its limit says and is used by nothing else.
        let stopped = unsafe { switch::enter(std::ptr::from_mut(self).cast(), entry, top & !15) };
        if stopped == STOPPED {
            return Ended::Stopped;
        }
        if stopped != 0 {
            return self.trapped(stopped);
        }
        match self.payload {
            0 => Ended::Finished,
            error => Ended::Failed { error: self.show_error(error), site: self.variant(error) },
        }
    }

    fn trapped(&self, number: u64) -> Ended {
        let trap = Trap::numbered(number).unwrap_or(Trap::Said);
        let text = match self.said {
            Some(said) => said,
            None => match trap {
                Trap::Assert | Trap::Contract | Trap::Said => self.text(self.payload),
                _ => "",
            },
        };
        let mut stack = Vec::new();
        self.walk(&mut |return_address, _| stack.extend(self.code.frame(return_address)));
        if trap == Trap::Stack && !stack.is_empty() {
            // The function that had no room was not entered.
            stack.remove(0);
        }
        Ended::Trapped { why: trap.words(text), stack }
    }

    /// Says why an operation stopped, as the number that its stub leaves the program with.
    pub(crate) fn stop(&mut self, stop: &Stop) -> u64 {
        match stop {
            Stop::Unheard => STOPPED,
            Stop::Trap(trap) => *trap as u64,
            Stop::Said(text) => {
                self.said = Some(text);
                Trap::Said as u64
            }
        }
    }

    /// Goes through the frames of the program from the last one on: its return address, and its stack pointer at the call.
    pub(crate) fn walk(&self, visit: &mut dyn FnMut(u64, u64)) {
        // SAFETY: the stubs recorded the last frame, and every frame of the program keeps the frame pointer of the one that called
        // it, the first one zero, and the return address behind it.
        let read = |at: u64| unsafe { (at as *const u64).read() };
        let mut frame = self.last_frame;
        if frame == 0 {
            return;
        }
        visit(read(self.last_stack), self.last_stack + 8);
        loop {
            let (outer, return_address) = (read(frame), read(frame + 8));
            if outer == 0 {
                return;
            }
            visit(return_address, frame + 16);
            frame = outer;
        }
    }
}
