//! Programs compiled into memory, and run there.

use std::mem::ManuallyDrop;

use cranelift_codegen::settings::{self, Configurable};
use cranelift_jit::{ArenaMemoryProvider, JITBuilder, JITModule};
use cranelift_module::default_libcall_names;
use pluto_ir::interpret::{Failure, Outcome, Trapped};
use pluto_ir::program::{Location, Program};
use pluto_runtime::{Code, CodeFunction, EMPTY_STORE, Ended, Frame, LEAVES, Limits, Task, Types};
use rustc_hash::FxHashMap;

use crate::error::Error;
use crate::module::{Dump, Lowering};
use crate::shapes;

/// Address space that is reserved for code and its data, of which only what is used is ever there.
const RESERVED: usize = 1 << 30;

/// A program in memory.
pub struct Compiled {
    /// Taken apart when it is dropped.
    module: ManuallyDrop<JITModule>,
    entry: *const u8,
    types: Types,
    code: Code,
    names: Vec<String>,
    locations: Vec<Location>,
    clauses: FxHashMap<u32, Location>,
    sites: Vec<Location>,
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

/// Compiles a program.
///
/// # Errors
/// Where something in it is not compiled yet, and where this machine has no native code.
pub fn compile(program: &Program, dump: Option<Dump>) -> Result<Compiled, Error> {
    let types = shapes::types(program);
    let mut lowering = Lowering::new(module()?, program, &types, dump)?;
    lowering.functions()?;
    let main = program.main.ok_or_else(|| Error::Refused("there is no `main`".to_owned()))?;
    let entry = lowering.entry(main)?;
    let Lowering { mut module, finished, locations, clauses, dumped, frame, .. } = lowering;
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
    Ok(Compiled {
        entry: module.get_finalized_function(entry),
        module: ManuallyDrop::new(module),
        code: Code::new(functions, maps, frame),
        names: program.functions.iter().map(|function| function.name.clone()).collect(),
        types,
        locations,
        clauses,
        sites: program.sites.clone(),
        dumped,
    })
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
    builder.symbol("pluto_trap", pluto_runtime::address_of_trap());
    builder.symbol("pluto_empty_store", EMPTY_STORE.as_ptr().cast());
    builder.symbols(LEAVES.iter().map(|leaf| (leaf.name, leaf.address())));
    Ok(JITModule::new(builder))
}

impl Compiled {
    /// Runs the program. `say` is given each line that is printed, and says whether it can take more.
    ///
    /// # Errors
    /// Where there is no memory to begin with.
    pub fn run(&self, limits: Limits, say: &mut dyn FnMut(&str) -> bool) -> Result<Outcome, Error> {
        let mut task = Task::new(&self.types, &self.code, limits, say).ok_or(Error::Memory)?;
        // SAFETY: the entry and all of its code were compiled for these types, and this is their table; they are there as long as
        // the module is.
        let ended = unsafe { task.run(self.entry) };
        Ok(match ended {
            Ended::Finished => Outcome::Finished,
            Ended::Stopped => Outcome::Stopped,
            Ended::Failed { error, site } => {
                Outcome::Failed(Failure { error, at: self.sites.get(site as usize).copied() })
            }
            Ended::Trapped { why, stack } => {
                let clause = stack.first().and_then(|frame| self.clauses.get(&frame.place?)).copied();
                let stack: Vec<(String, Location)> =
                    stack.into_iter().filter_map(|frame| self.frame(frame)).collect();
                let none = Location { file: pluto_source::FileId(0), span: pluto_source::Span::empty(0) };
                let at = clause.or_else(|| stack.first().map(|(_, at)| *at)).unwrap_or(none);
                Outcome::Trapped(Trapped { why, at, stack, expected: None })
            }
        })
    }

    fn frame(&self, frame: Frame) -> Option<(String, Location)> {
        let name = self.names.get(frame.function as usize)?;
        let at = self.locations.get(frame.place? as usize)?;
        Some((name.clone(), *at))
    }
}

impl Drop for Compiled {
    fn drop(&mut self) {
        // SAFETY: it is taken once, and no code of it runs: that borrows this.
        unsafe { ManuallyDrop::take(&mut self.module).free_memory() };
    }
}
