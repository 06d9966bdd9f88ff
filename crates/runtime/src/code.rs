//! Where compiled code is: functions, places in the source, and which words of a frame are references.

use rustc_hash::FxHashMap;

/// Bytes of stack for small functions of Rust that compiled code calls as they are.
const HELPERS: usize = 32 << 10;

/// A compiled function, wherever it is put.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeFunction {
    /// Its number in the program, where it is one of its functions.
    pub number: Option<u32>,
    /// How many bytes it has.
    pub len: u64,
    /// From a byte of it on, the number of a place in the source.
    pub places: Vec<(u32, u32)>,
    /// By the byte behind a call, where the references are from the stack pointer.
    pub maps: Vec<(u32, Box<[u32]>)>,
}

/// A function of the program that the run-time system calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeEntry {
    /// Its place among the compiled functions, and that of what it is called by.
    pub function: u32,
    /// That is code that takes the function's address, its two arguments and where its results go, by the convention of the
    /// platform, calls it, and gives its error.
    pub starter: u32,
    /// Its number in the program.
    pub number: u32,
    /// How many words it gives, and which of them are references.
    pub results: (usize, u64),
}

/// What is known of the code of a program before it is anywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeTable {
    /// All that was compiled, in the order of which addresses are told.
    pub functions: Vec<CodeFunction>,
    /// What the run-time system calls.
    pub entries: Vec<CodeEntry>,
    /// The names of the program's functions.
    pub names: Vec<String>,
    /// How many bytes the largest frame has at most.
    pub frame: usize,
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
pub(crate) struct Entry {
    pub(crate) starter: u64,
    pub(crate) number: u32,
    pub(crate) results: (usize, u64),
}

/// A function of the program that is somewhere.
#[derive(Clone, Debug)]
struct Placed {
    start: u64,
    end: u64,
    number: u32,
    places: Vec<(u32, u32)>,
}

/// The compiled code of a program.
#[derive(Clone, Debug, Default)]
pub struct Code {
    /// Bytes that the largest frame needs below the limit that each prologue checks.
    pub(crate) reserve: usize,
    functions: Vec<Placed>,
    /// By return address, the offsets of references from the stack pointer.
    maps: FxHashMap<u64, Box<[u32]>>,
    /// By the address of the function.
    entries: FxHashMap<u64, Entry>,
    /// The names of the program's functions.
    names: Vec<String>,
}

impl Code {
    /// From a table, and the address of each of its functions.
    #[must_use]
    pub fn new(table: CodeTable, addresses: &[u64]) -> Self {
        let address = |at: u32| addresses.get(at as usize).copied();
        let entries = table.entries.iter().filter_map(|entry| {
            let starter = address(entry.starter)?;
            Some((address(entry.function)?, Entry { starter, number: entry.number, results: entry.results }))
        });
        let entries = entries.collect();
        let (mut functions, mut maps) = (Vec::with_capacity(table.functions.len()), FxHashMap::default());
        for (of, start) in table.functions.into_iter().zip(addresses.iter().copied()) {
            maps.extend(of.maps.into_iter().map(|(at, offsets)| (start + u64::from(at), offsets)));
            if let Some(number) = of.number {
                functions.push(Placed { start, end: start + of.len, number, places: of.places });
            }
        }
        functions.sort_by_key(|function| function.start);
        Self { reserve: table.frame + HELPERS, functions, maps, entries, names: table.names }
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
