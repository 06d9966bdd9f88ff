//! Programs compiled into memory, and run there.

use std::mem::ManuallyDrop;

use cranelift_codegen::settings::{self, Configurable};
use cranelift_jit::{ArenaMemoryProvider, JITBuilder, JITModule};
use cranelift_module::default_libcall_names;
use pluto_ir::interpret::{Outcome, World};
use pluto_ir::program::{Function, Lane, Program};
use pluto_runtime::{Code, CodeFunction, EMPTY_STORE, Entry, LEAVES, Limits, Machine, Types};

use crate::error::Error;
use crate::module::{Dump, Lowering};
use crate::shapes;
use crate::told::{Tables, Told};

/// Address space that is reserved for code and its data, of which only what is used is ever there.
const RESERVED: usize = 1 << 30;

/// A program in memory.
pub struct Compiled {
    /// Taken apart when it is dropped.
    module: ManuallyDrop<JITModule>,
    entry: *const u8,
    types: Types,
    tables: Tables,
    /// The number of `main`.
    main: u32,
    /// What was asked for to be shown.
    pub dumped: String,
}

/// Settings of the code: for speed, with frame pointers, and with the task in a register.
const SETTINGS: [(&str, &str); 8] = [
    ("opt_level", "speed"),
    ("preserve_frame_pointers", "true"),
    ("enable_pinned_reg", "true"),
    ("enable_multi_ret_implicit_sret", "true"),
    ("enable_probestack", "false"),
    ("use_colocated_libcalls", "false"),
    ("is_pic", "false"),
    ("unwind_info", "true"),
];

/// How a program is compiled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// What of compiling is shown.
    pub dump: Option<Dump>,
    /// Whether steps are counted in programs of one task too, so that [`Limits::steps`] bounds them.
    pub counted: bool,
}

/// Compiles a program.
///
/// # Errors
/// Where something in it is not compiled yet, and where this machine has no native code.
pub fn compile(program: &Program, options: Options) -> Result<Compiled, Error> {
    let types = shapes::types(program);
    let mut lowering = Lowering::new(module()?, program, &types, options)?;
    lowering.functions()?;
    let starters = lowering.starters()?;
    let main = program.main.ok_or_else(|| Error::Refused("there is no `main`".to_owned()))?;
    let entry = lowering.entry(main)?;
    let Lowering { mut module, functions: ids, finished, locations, clauses, dumped, frame, .. } = lowering;
    module.finalize_definitions()?;
    let mut functions = Vec::with_capacity(finished.len());
    let mut maps = Vec::new();
    for of in finished {
        let start = module.get_finalized_function(of.id) as u64;
        maps.extend(of.maps.into_iter().map(|(at, offsets)| (start + u64::from(at), offsets)));
        if of.number != u32::MAX {
            let (end, places) = (start + of.len, of.places);
            functions.push(CodeFunction { start, end, number: of.number, places });
        }
    }
    let address = |id| module.get_finalized_function(id) as u64;
    let entries = starters.into_iter().filter_map(|(id, starter)| {
        let entry = Entry {
            starter: address(starter),
            number: id.0,
            results: results_of(program.functions.get(id.index())?),
        };
        Some((address(*ids.get(id.index())?), entry))
    });
    let entries: Vec<(u64, Entry)> = entries.collect();
    let names = program.functions.iter().map(|function| function.name.clone()).collect();
    Ok(Compiled {
        main: main.0,
        entry: module.get_finalized_function(entry),
        module: ManuallyDrop::new(module),
        tables: Tables {
            code: Code::new(functions, maps, entries, names, frame),
            locations,
            clauses,
            sites: program.sites.clone(),
        },
        types,
        dumped,
    })
}

/// How many words a function gives without its error, and which of them are references.
fn results_of(function: &Function) -> (usize, u64) {
    let lanes = function.results.split_last().map_or(&[][..], |(_, lanes)| lanes);
    let refs = (0..64).zip(lanes).filter(|(_, lane)| **lane == Lane::Ref);
    (lanes.len(), refs.fold(0, |mask, (at, _)| mask | 1 << at))
}

fn module() -> Result<JITModule, Error> {
    if !cfg!(target_arch = "x86_64") {
        return Err(Error::Machine);
    }
    let mut flags = settings::builder();
    for (name, value) in SETTINGS {
        flags.set(name, value).map_err(|error| Error::Refused(error.to_string()))?;
    }
    if cfg!(debug_assertions) {
        flags.set("enable_verifier", "true").map_err(|error| Error::Refused(error.to_string()))?;
    } else {
        flags.set("enable_verifier", "false").map_err(|error| Error::Refused(error.to_string()))?;
    }
    let machine = cranelift_native::builder().map_err(|_| Error::Machine)?;
    let machine = machine.finish(settings::Flags::new(flags)).map_err(|_| Error::Machine)?;
    let mut builder = JITBuilder::with_isa(machine, default_libcall_names());
    // In one row, so that calls between functions reach.
    let memory = ArenaMemoryProvider::new_with_size(RESERVED).map_err(|_| Error::Memory)?;
    builder.memory_provider(Box::new(memory));
    builder.symbol("pluto_operation", pluto_runtime::address_of_call());
    builder.symbol("pluto_operation_kept", pluto_runtime::address_of_call_kept());
    builder.symbol("pluto_trap", pluto_runtime::address_of_trap());
    builder.symbol("pluto_empty_store", EMPTY_STORE.as_ptr().cast());
    builder.symbols(LEAVES.iter().map(|leaf| (leaf.name, leaf.address())));
    Ok(JITModule::new(builder))
}

impl Compiled {
    /// Runs the program in a world.
    ///
    /// # Errors
    /// Where there is no memory to begin with.
    pub fn run(&self, limits: Limits, world: &mut (dyn World + Send)) -> Result<Outcome, Error> {
        let mut told = Told { of: &self.tables, world };
        let machine = Machine::new(&self.types, &self.tables.code, limits, &mut told);
        // SAFETY: the entry and all of its code were compiled for these types, and this is their table; they are there as long as
        // the module is.
        let ended = unsafe { machine.run(self.entry, self.main) }.ok_or(Error::Memory)?;
        Ok(self.tables.outcome(ended))
    }
}

impl Drop for Compiled {
    fn drop(&mut self) {
        // SAFETY: it is taken once, and no code of it runs: that borrows this.
        unsafe { ManuallyDrop::take(&mut self.module).free_memory() };
    }
}
