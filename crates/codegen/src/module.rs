//! A program as a module of Cranelift's: what is declared, and the functions one after the other.

use std::collections::BTreeSet;

use cranelift_codegen::Context;
use cranelift_codegen::ir::{AbiParam, Function as Made, Signature, Type, UserFuncName, types as clif};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::{DataDescription, DataId, FuncId, Linkage, Module};
use pluto_ir::Intrinsic as I;
use pluto_ir::program::{FuncId as Id, Function, Inst, Lane, Location, Program, TextId, VtableId};
use pluto_runtime::{CodeEntry, CodeFunction, CodeTable, LEAVES, Types};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::body::Body;
use crate::error::Error;
use crate::jit::Options;
use crate::turns::has_tasks;

/// What is kept of a compiled function.
pub(crate) struct Finished {
    pub(crate) id: FuncId,
    pub(crate) of: CodeFunction,
}

/// A program of which everything is compiled.
pub(crate) struct Whole {
    pub(crate) main: Id,
    /// What it is entered by.
    pub(crate) entry: FuncId,
    pub(crate) table: CodeTable,
}

/// What functions are called in the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// Nothing: nobody reads it.
    None,
    /// What the program calls them, for debuggers and profilers.
    Own,
}

/// What of compiling is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dump {
    /// Cranelift's own form.
    Clif,
    /// The machine's instructions.
    Asm,
}

/// A program while it is compiled.
pub(crate) struct Lowering<'p, M> {
    pub(crate) module: M,
    pub(crate) program: &'p Program,
    pub(crate) types: &'p Types,
    pub(crate) functions: Vec<FuncId>,
    texts: FxHashMap<TextId, DataId>,
    vtables: FxHashMap<VtableId, DataId>,
    pub(crate) operation: FuncId,
    /// The same for what is rarely asked for where much is at hand.
    pub(crate) operation_kept: FuncId,
    pub(crate) trap: FuncId,
    pub(crate) empty_store: DataId,
    leaves: Vec<FuncId>,
    places: FxHashMap<Location, u32>,
    pub(crate) locations: Vec<Location>,
    /// The clauses that are found broken at places.
    pub(crate) clauses: FxHashMap<u32, Location>,
    pub(crate) finished: Vec<Finished>,
    /// Whether calls and rounds of loops are counted.
    pub(crate) counted: bool,
    /// The largest frame.
    pub(crate) frame: usize,
    dump: Option<Dump>,
    pub(crate) dumped: String,
    names: Names,
}

pub(crate) fn lane(lane: Lane) -> Type {
    match lane {
        Lane::Int | Lane::Ref => clif::I64,
        Lane::Float => clif::F64,
        Lane::Byte => clif::I8,
    }
}

/// The signature of functions of the program: its lanes in registers as far as there are some.
pub(crate) fn signature(params: &[Lane], results: &[Lane]) -> Signature {
    let mut made = Signature::new(CallConv::Tail);
    made.params.extend(params.iter().map(|of| AbiParam::new(lane(*of))));
    made.returns.extend(results.iter().map(|of| AbiParam::new(lane(*of))));
    made
}

impl<'p, M: Module> Lowering<'p, M> {
    pub(crate) fn new(
        mut module: M,
        program: &'p Program,
        types: &'p Types,
        options: Options,
        names: Names,
    ) -> Result<Self, Error> {
        let host = |params: usize, of: Type, gives: bool| {
            let mut made = Signature::new(CallConv::SystemV);
            made.params.extend((0..params).map(|_| AbiParam::new(of)));
            made.returns.extend(gives.then(|| AbiParam::new(of)));
            made
        };
        let operation =
            module.declare_function("pluto_operation", Linkage::Import, &host(5, clif::I64, false))?;
        let mut kept = host(5, clif::I64, false);
        kept.call_conv = CallConv::PreserveAll;
        let operation_kept = module.declare_function("pluto_operation_kept", Linkage::Import, &kept)?;
        let trap = module.declare_function("pluto_trap", Linkage::Import, &host(2, clif::I64, false))?;
        let empty_store = module.declare_data("pluto_empty_store", Linkage::Import, false, false)?;
        let mut leaves = Vec::new();
        for leaf in LEAVES {
            let signature = host(leaf.takes, clif::F64, true);
            leaves.push(module.declare_function(leaf.symbol, Linkage::Import, &signature)?);
        }
        let mut functions = Vec::with_capacity(program.functions.len());
        let mut taken = FxHashSet::default();
        for (number, function) in program.functions.iter().enumerate() {
            let params = function.regs.get(..function.params as usize).unwrap_or_default();
            let signature = signature(params, &function.results);
            functions.push(match names {
                Names::None => module.declare_anonymous_function(&signature)?,
                Names::Own => {
                    // No name of C's looks like this. Of a generic function there are several.
                    let mut name = format!("pluto::{}", function.name);
                    while !taken.insert(name.clone()) {
                        name.push_str(&format!("#{number}"));
                    }
                    module.declare_function(&name, Linkage::Local, &signature)?
                }
            });
        }
        Ok(Self {
            module,
            program,
            types,
            functions,
            texts: FxHashMap::default(),
            vtables: FxHashMap::default(),
            operation,
            operation_kept,
            trap,
            empty_store,
            leaves,
            places: FxHashMap::default(),
            locations: Vec::new(),
            clauses: FxHashMap::default(),
            finished: Vec::new(),
            counted: options.counted || has_tasks(program),
            frame: 0,
            dump: options.dump,
            dumped: String::new(),
            names,
        })
    }

    /// The number of a place in the source.
    pub(crate) fn place(&mut self, at: Location) -> u32 {
        *self.places.entry(at).or_insert_with(|| {
            self.locations.push(at);
            self.locations.len() as u32 - 1
        })
    }

    /// The number of a place where a clause is found broken, which is a place of its own.
    pub(crate) fn broken(&mut self, at: Location, clause: Location) -> u32 {
        self.locations.push(at);
        let place = self.locations.len() as u32 - 1;
        self.clauses.insert(place, clause);
        place
    }

    pub(crate) fn leaf(&self, name: &str) -> Option<FuncId> {
        let at = LEAVES.iter().position(|leaf| leaf.name == name)?;
        self.leaves.get(at).copied()
    }

    /// The object of a constant text.
    pub(crate) fn text(&mut self, text: TextId) -> Result<DataId, Error> {
        if let Some(known) = self.texts.get(&text) {
            return Ok(*known);
        }
        let id = self.module.declare_anonymous_data(false, false)?;
        let mut data = DataDescription::new();
        let words = self.program.texts.get(text.index()).map_or("", String::as_str);
        data.define(pluto_runtime::static_text(words).into_boxed_slice());
        data.set_align(8);
        self.module.define_data(id, &data)?;
        self.texts.insert(text, id);
        Ok(id)
    }

    /// A table of methods: their addresses.
    pub(crate) fn vtable(&mut self, table: VtableId) -> Result<DataId, Error> {
        if let Some(known) = self.vtables.get(&table) {
            return Ok(*known);
        }
        let id = self.module.declare_anonymous_data(true, false)?;
        let methods = self.program.vtables.get(table.index()).map_or(&[][..], Vec::as_slice);
        let mut data = DataDescription::new();
        data.define(vec![0; methods.len().max(1) * 8].into_boxed_slice());
        data.set_align(8);
        for (at, method) in methods.iter().enumerate() {
            if let Some(function) = self.functions.get(method.index()) {
                let function = self.module.declare_func_in_data(*function, &mut data);
                data.write_function_addr(at as u32 * 8, function);
            }
        }
        self.module.define_data(id, &data)?;
        self.vtables.insert(table, id);
        Ok(id)
    }

    /// Compiles all of it.
    pub(crate) fn whole(&mut self) -> Result<Whole, Error> {
        self.functions()?;
        let starters = self.starters()?;
        let main = self.program.main.ok_or_else(|| Error::Refused("there is no `main`".to_owned()))?;
        let entry = self.entry(main)?;
        let entries = starters.into_iter().filter_map(|(id, starter)| {
            Some(CodeEntry {
                function: self.place_of(*self.functions.get(id.index())?)?,
                starter: self.place_of(starter)?,
                number: id.0,
                results: results_of(self.program.functions.get(id.index())?),
            })
        });
        let table = CodeTable {
            entries: entries.collect(),
            names: self.program.functions.iter().map(|function| function.name.clone()).collect(),
            functions: self.finished.iter_mut().map(|of| std::mem::take(&mut of.of)).collect(),
            frame: self.frame,
        };
        Ok(Whole { main, entry, table })
    }

    /// The place of a function among those that are compiled.
    pub(crate) fn place_of(&self, id: FuncId) -> Option<u32> {
        // Those of the program come first, and in its order.
        let guess = self.functions.first().and_then(|first| id.as_u32().checked_sub(first.as_u32()));
        let is = |at: &usize| self.finished.get(*at).is_some_and(|of| of.id == id);
        let place = guess.map(|at| at as usize).filter(is);
        let place = place.or_else(|| self.finished.iter().rposition(|of| of.id == id))?;
        Some(place as u32)
    }

    /// Declares what the run-time system calls.
    fn own(&mut self, name: &str, signature: &Signature) -> Result<FuncId, Error> {
        Ok(match self.names {
            Names::None => self.module.declare_anonymous_function(signature)?,
            Names::Own => self.module.declare_function(name, Linkage::Local, signature)?,
        })
    }

    /// Compiles all functions.
    fn functions(&mut self) -> Result<(), Error> {
        let mut context = self.module.make_context();
        let mut builder = FunctionBuilderContext::new();
        for (number, function) in self.program.functions.iter().enumerate() {
            let Some(id) = self.functions.get(number).copied() else { continue };
            let params = function.regs.get(..function.params as usize).unwrap_or_default();
            context.func = Made::with_name_signature(
                UserFuncName::user(0, id.as_u32()),
                signature(params, &function.results),
            );
            Body::lower(self, function, FunctionBuilder::new(&mut context.func, &mut builder))?;
            self.define(id, Some((number as u32, function)), &mut context)?;
        }
        Ok(())
    }

    /// What is entered from outside: calls a function and gives its error.
    fn entry(&mut self, main: Id) -> Result<FuncId, Error> {
        let mut signature = Signature::new(CallConv::SystemV);
        signature.returns.push(AbiParam::new(clif::I64));
        let id = self.own("pluto entry", &signature)?;
        let mut context = self.module.make_context();
        context.func = Made::with_name_signature(UserFuncName::user(0, id.as_u32()), signature);
        let mut builder = FunctionBuilderContext::new();
        Body::entry(self, main, FunctionBuilder::new(&mut context.func, &mut builder));
        self.define(id, None, &mut context)?;
        Ok(id)
    }

    /// For each function that the run-time system may call, what it calls it by. Only where a program has such.
    fn starters(&mut self) -> Result<Vec<(Id, FuncId)>, Error> {
        let insts = self
            .program
            .functions
            .iter()
            .flat_map(|function| &function.blocks)
            .flat_map(|block| &block.insts);
        let (mut closures, mut called) = (BTreeSet::new(), false);
        for (inst, _) in insts {
            match inst {
                Inst::Closure { function, .. } => _ = closures.insert(*function),
                Inst::Intrinsic { what, .. } => {
                    called |= matches!(what, I::Defer | I::Spawn | I::SpawnActor | I::StreamNew);
                }
                _ => (),
            }
        }
        let mut known: FxHashMap<(usize, Vec<Lane>), FuncId> = FxHashMap::default();
        let mut starters = Vec::new();
        for id in closures.into_iter().filter(|_| called) {
            let Some(function) = self.program.functions.get(id.index()) else { continue };
            let params = function.regs.get(..function.params as usize).unwrap_or_default();
            if !function.fails || !matches!(params, [Lane::Ref] | [Lane::Ref, Lane::Ref]) {
                continue;
            }
            let key = (params.len(), function.results.clone());
            let starter = match known.get(&key) {
                Some(known) => *known,
                None => {
                    let made = self.starter(params.len(), &function.results)?;
                    known.insert(key, made);
                    made
                }
            };
            starters.push((id, starter));
        }
        Ok(starters)
    }

    fn starter(&mut self, params: usize, results: &[Lane]) -> Result<FuncId, Error> {
        let mut signature = Signature::new(CallConv::SystemV);
        signature.params.extend((0..4).map(|_| AbiParam::new(clif::I64)));
        signature.returns.push(AbiParam::new(clif::I64));
        let id = self.own(&format!("pluto starter {}", self.finished.len()), &signature)?;
        let mut context = self.module.make_context();
        context.func = Made::with_name_signature(UserFuncName::user(0, id.as_u32()), signature);
        let mut builder = FunctionBuilderContext::new();
        Body::starter(self, params, results, FunctionBuilder::new(&mut context.func, &mut builder));
        self.define(id, None, &mut context)?;
        Ok(id)
    }

    fn define(
        &mut self,
        id: FuncId,
        of: Option<(u32, &Function)>,
        context: &mut Context,
    ) -> Result<(), Error> {
        let slots: u32 = context.func.sized_stack_slots.values().map(|slot| slot.size).sum();
        self.frame = self.frame.max(context.func.dfg.num_values() * 8 + slots as usize + 4096);
        let name = of.map_or("entry", |(_, of)| of.name.as_str());
        if self.dump == Some(Dump::Clif) {
            self.dumped.push_str(&format!("; {name}\n{}\n", context.func.display()));
        }
        context.set_disasm(self.dump == Some(Dump::Asm));
        self.module.define_function(id, context)?;
        if let Some(code) = context.compiled_code() {
            if let (Some(Dump::Asm), Some(text)) = (self.dump, &code.vcode) {
                self.dumped.push_str(&format!("; {name}\n{text}\n"));
            }
            let places = code.buffer.get_srclocs_sorted();
            let places = places.iter().map(|place| (place.start, place.loc.bits())).collect();
            let maps = code.buffer.user_stack_maps().iter().map(|(at, _, map)| {
                let offsets: Box<[u32]> = map.entries().map(|(_, offset)| offset).collect();
                (*at, offsets)
            });
            let maps = maps.collect();
            let len = u64::from(code.buffer.total_size());
            let number = of.map(|(number, _)| number);
            self.finished.push(Finished { id, of: CodeFunction { number, len, places, maps } });
        }
        self.module.clear_context(context);
        Ok(())
    }
}

/// How many words a function gives without its error, and which of them are references.
fn results_of(function: &Function) -> (usize, u64) {
    let lanes = function.results.split_last().map_or(&[][..], |(_, lanes)| lanes);
    let refs = (0..64).zip(lanes).filter(|(_, lane)| **lane == Lane::Ref);
    (lanes.len(), refs.fold(0, |mask, (at, _)| mask | 1 << at))
}
