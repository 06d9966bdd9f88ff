//! Where compiled code is: functions, places in the source, and which words of a frame are references.

use rustc_hash::FxHashMap;

/// Bytes of stack for small functions of Rust that compiled code calls as they are.
const HELPERS: usize = 32 << 10;

/// A compiled function.
#[derive(Clone, Debug)]
pub struct CodeFunction {
    /// Its first byte.
    pub start: u64,
    /// The byte behind it.
    pub end: u64,
    /// Its number in the program.
    pub number: u32,
    /// From a byte of it on, the number of a place in the source.
    pub places: Vec<(u32, u32)>,
}

/// A function that was called, and where in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The number of the function.
    pub function: u32,
    /// The number of the place in the source, where there is one.
    pub place: Option<u32>,
}

/// A function that the run-time system calls: for a task, an actor, a generator, or because it was deferred.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Code that takes the function's address, its two arguments and where its results go, by the convention of the platform, calls
    /// it, and gives its error.
    pub starter: u64,
    /// The number of the function in the program.
    pub number: u32,
    /// How many words it gives, and which of them are references.
    pub results: (usize, u64),
}

/// The compiled code of a program.
#[derive(Clone, Debug, Default)]
pub struct Code {
    /// Bytes that the largest frame needs below the limit that each prologue checks.
    pub(crate) reserve: usize,
    functions: Vec<CodeFunction>,
    /// By return address, the offsets of references from the stack pointer.
    maps: FxHashMap<u64, Box<[u32]>>,
    /// By the address of the function.
    entries: FxHashMap<u64, Entry>,
    /// The names of the program's functions.
    names: Vec<String>,
}

impl Code {
    /// From functions in any order, the references of each call by its return address, what the run-time system calls by its
    /// address, the names of functions, and how many bytes the largest frame has at most.
    #[must_use]
    pub fn new(
        mut functions: Vec<CodeFunction>,
        maps: impl IntoIterator<Item = (u64, Box<[u32]>)>,
        entries: impl IntoIterator<Item = (u64, Entry)>,
        names: Vec<String>,
        frame: usize,
    ) -> Self {
        functions.sort_by_key(|function| function.start);
        let (maps, entries) = (maps.into_iter().collect(), entries.into_iter().collect());
        Self { reserve: frame + HELPERS, functions, maps, entries, names }
    }

    /// The name of a function.
    #[must_use]
    pub fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", String::as_str)
    }

    pub(crate) fn entry(&self, address: u64) -> Option<&Entry> {
        self.entries.get(&address)
    }

    /// The function that a call with this return address is in.
    pub(crate) fn frame(&self, return_address: u64) -> Option<Frame> {
        // The call itself: behind it the next function may begin.
        let at = return_address.checked_sub(1)?;
        let place = self.functions.partition_point(|function| function.start <= at).checked_sub(1)?;
        let function = self.functions.get(place).filter(|function| at < function.end)?;
        let offset = (at - function.start) as u32;
        let place = function.places.partition_point(|(start, _)| *start <= offset).checked_sub(1);
        let place = place.and_then(|place| function.places.get(place)).map(|(_, number)| *number);
        Some(Frame { function: function.number, place })
    }

    pub(crate) fn references(&self, return_address: u64) -> &[u32] {
        self.maps.get(&return_address).map_or(&[], |offsets| offsets)
    }
}
