//! The open containers of a reader.

/// Frames kept in the reader itself; deeper ones are kept in a vector.
const INLINE: usize = 12;

/// Set in a frame that belongs to a list: it is left before its last part, the tail, so that a chain of tails
/// nests no deeper than one list.
const LIST: u64 = 1 << 63;

/// A stack of how many parts each open container still lacks.
#[derive(Debug, Clone, Default)]
pub(super) struct Frames {
    inline: [u64; INLINE],
    spilled: Vec<u64>,
    len: usize,
}

impl Frames {
    pub(super) fn depth(&self) -> u32 {
        u32::try_from(self.len).unwrap_or(u32::MAX)
    }

    fn top(&mut self) -> Option<&mut u64> {
        let last = self.len.checked_sub(1)?;
        if last < INLINE { self.inline.get_mut(last) } else { self.spilled.last_mut() }
    }

    fn pop(&mut self) {
        if self.len > INLINE {
            self.spilled.pop();
        }
        self.len = self.len.saturating_sub(1);
    }

    /// Takes one part from the innermost container that lacks any, closing the complete ones; false where none is
    /// open and a new term begins.
    pub(super) fn take(&mut self) -> bool {
        while let Some(top) = self.top() {
            let lacks = *top & !LIST;
            if lacks == 0 {
                self.pop();
                continue;
            }
            if lacks == 1 && *top & LIST != 0 {
                self.pop();
            } else {
                *top -= 1;
            }
            return true;
        }
        false
    }

    /// Opens a container of `parts`; false where that is deeper than `limit`.
    pub(super) fn push(&mut self, parts: u64, list: bool, limit: u32) -> bool {
        if self.depth() >= limit {
            return false;
        }
        let frame = if list { parts | LIST } else { parts };
        match self.inline.get_mut(self.len) {
            Some(slot) => *slot = frame,
            None => self.spilled.push(frame),
        }
        self.len += 1;
        true
    }
}
