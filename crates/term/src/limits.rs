//! What a reader may spend on bytes from outside.

/// Bounds on one [`Reader`](crate::Reader), or on one call of [`decode()`](crate::decode()) or [`parse()`](crate::parse()).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Containers open inside one another; a list's tail counts with its list. Never more than [`Self::MAX_DEPTH`] is used.
    pub depth: u32,
    /// Terms in all: every leaf, every container, every character of a string read as a list.
    pub terms: u64,
    /// Bytes of input, and bytes of a compressed term once it is expanded.
    pub bytes: usize,
    /// Atoms in all, the ones inside identifiers included.
    pub atoms: u64,
}

impl Limits {
    /// The depth that holds whatever [`Self::depth`] says.
    ///
    /// Owned terms are read, written, compared, printed and parsed with explicit stacks. Dropping, cloning and
    /// hashing them uses the thread's stack, and this bound keeps that under about half a megabyte.
    pub const MAX_DEPTH: u32 = 1_024;

    pub(crate) fn depth_in_force(&self) -> u32 {
        self.depth.min(Self::MAX_DEPTH)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 512, terms: 1_000_000, bytes: 64 << 20, atoms: 1_000_000 }
    }
}
