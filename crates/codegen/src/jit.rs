//! Programs compiled into memory, and run there.

use std::mem::ManuallyDrop;

use cranelift_jit::{ArenaMemoryProvider, JITBuilder, JITModule};
use cranelift_module::default_libcall_names;
use pluto_ir::interpret::{Outcome, World};
use pluto_ir::program::{Location, Program};
use pluto_runtime::{Code, Limits, Machine, Places, Types};

use crate::error::Error;
use crate::module::{Dump, Lowering, Names, Whole};
use crate::shapes;
use crate::target;
use crate::told::{NOWHERE, Told};

/// Address space that is reserved for code and its data, of which only what is used is ever there.
const RESERVED: usize = 1 << 30;

/// A program in memory.
pub struct Compiled {
    /// Taken apart when it is dropped.
    module: ManuallyDrop<JITModule>,
    entry: *const u8,
    types: Types,
    code: Code,
    places: Places<Location>,
    /// The number of `main`.
    main: u32,
    /// What was asked for to be shown.
    pub dumped: String,
}

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
    let mut lowering = Lowering::new(module()?, program, &types, options, Names::None)?;
    let Whole { main, entry, table } = lowering.whole()?;
    let Lowering { mut module, finished, locations, clauses, dumped, .. } = lowering;
    module.finalize_definitions()?;
    let addresses: Vec<u64> = finished.iter().map(|of| module.get_finalized_function(of.id) as u64).collect();
    Ok(Compiled {
        main: main.0,
        entry: module.get_finalized_function(entry),
        module: ManuallyDrop::new(module),
        code: Code::new(table, &addresses),
        places: Places::new(NOWHERE, locations, clauses, program.sites.clone()),
        types,
        dumped,
    })
}

fn module() -> Result<JITModule, Error> {
    let machine = target::this()?;
    let mut builder = JITBuilder::with_isa(machine, default_libcall_names());
    // In one row, so that calls between functions reach.
    let memory = ArenaMemoryProvider::new_with_size(RESERVED).map_err(|_| Error::Memory)?;
    builder.memory_provider(Box::new(memory));
    builder.symbols(pluto_runtime::symbols());
    Ok(JITModule::new(builder))
}

impl Compiled {
    /// Runs the program in a world.
    ///
    /// # Errors
    /// Where there is no memory to begin with.
    pub fn run(&self, limits: Limits, world: &mut (dyn World + Send)) -> Result<Outcome, Error> {
        let mut told = Told { code: &self.code, places: &self.places, world };
        let machine = Machine::new(&self.types, &self.code, limits, &mut told);
        // SAFETY: the entry and all of its code were compiled for these types, and this is their table; they are there as long as
        // the module is.
        let ended = unsafe { machine.run(self.entry, self.main) }.ok_or(Error::Memory)?;
        Ok(self.places.outcome(&self.code, ended))
    }
}

impl Drop for Compiled {
    fn drop(&mut self) {
        // SAFETY: it is taken once, and no code of it runs: that borrows this.
        unsafe { ManuallyDrop::take(&mut self.module).free_memory() };
    }
}
