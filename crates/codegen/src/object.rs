//! Programs compiled into an object, for the linker.
//!
//! The object defines `main` for the platform, which hands the tables of the program to `pluto_begin` of `pluto-native`: their bytes, and
//! the addresses of its functions, which the linker and the loader fill in.

use cranelift_codegen::ir::{AbiParam, Function, InstBuilder, Signature, UserFuncName, types as clif};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::{DataDescription, DataId, FuncId, Linkage, Module, default_libcall_names};
use cranelift_object::{ObjectBuilder, ObjectModule};
use pluto_ir::program::{Location, Program};
use pluto_runtime::{Image, Limits, Place};
use pluto_source::Files;

use crate::error::Error;
use crate::jit::Options;
use crate::module::{Lowering, Names, Whole};
use crate::{shapes, target};

/// Compiles a program into an object that runs with the workers and the memory of these limits, and tells places in these files.
///
/// # Errors
/// Where something in it is not compiled yet, and where this machine has no native code.
pub fn object(program: &Program, files: &Files, limits: Limits) -> Result<Vec<u8>, Error> {
    let types = shapes::types(program);
    let builder = ObjectBuilder::new(target::common()?, "program", default_libcall_names());
    let mut builder = builder?;
    builder.unwind_info(true);
    let module = ObjectModule::new(builder);
    let mut lowering = Lowering::new(module, program, &types, Options::default(), Names::Own)?;
    let Whole { main, entry, table } = lowering.whole()?;
    let place = |at: &Location| place(*at, files);
    let (shapes, term) = shapes::of(program);
    let image = Image {
        shapes,
        term,
        code: table,
        entry: (lowering.place_of(entry).unwrap_or_default(), main.0),
        workers: limits.workers as u32,
        memory: (limits.heap as u64, limits.memory as u64),
        files: files.iter().map(|(_, file)| file.path().to_owned()).collect(),
        places: lowering.locations.iter().map(place).collect(),
        clauses: lowering.clauses.iter().map(|(number, at)| (*number, place(at))).collect(),
        sites: program.sites.iter().map(place).collect(),
    };
    let functions: Vec<FuncId> = lowering.finished.iter().map(|of| of.id).collect();
    let mut module = lowering.module;
    let bytes = image.bytes();
    let lens = [bytes.len(), functions.len()];
    let image = data(&mut module, "pluto image", DataDescription::new(), bytes)?;
    let addresses = addresses(&mut module, &functions)?;
    begin(&mut module, [image, addresses], lens)?;
    module.finish().emit().map_err(|error| Error::Refused(error.to_string()))
}

fn place(at: Location, files: &Files) -> Place {
    let Some(file) = files.get(at.file) else { return Place::default() };
    let place = file.line_column(at.span.start);
    Place { file: Some(at.file.0), line: place.line, column: place.column }
}

fn data(
    module: &mut ObjectModule,
    name: &str,
    mut data: DataDescription,
    bytes: Vec<u8>,
) -> Result<DataId, Error> {
    let id = module.declare_data(name, Linkage::Local, false, false)?;
    data.define(bytes.into_boxed_slice());
    data.set_align(8);
    module.define_data(id, &data)?;
    Ok(id)
}

/// A row of the addresses of functions.
fn addresses(module: &mut ObjectModule, functions: &[FuncId]) -> Result<DataId, Error> {
    let mut of = DataDescription::new();
    for (at, function) in functions.iter().enumerate() {
        let function = module.declare_func_in_data(*function, &mut of);
        of.write_function_addr(at as u32 * 8, function);
    }
    data(module, "pluto functions", of, vec![0; functions.len() * 8])
}

/// What the platform calls: hands over what it was called with, and two rows with their lengths.
fn begin(module: &mut ObjectModule, rows: [DataId; 2], lens: [usize; 2]) -> Result<(), Error> {
    let signature = |params: usize| {
        let mut made = Signature::new(CallConv::SystemV);
        made.params.push(AbiParam::new(clif::I32));
        made.params.extend((1..params).map(|_| AbiParam::new(clif::I64)));
        made.returns.push(AbiParam::new(clif::I32));
        made
    };
    let id = module.declare_function("main", Linkage::Export, &signature(2))?;
    let begin = module.declare_function("pluto_begin", Linkage::Import, &signature(6))?;
    let mut context = module.make_context();
    context.func = Function::with_name_signature(UserFuncName::user(0, id.as_u32()), signature(2));
    let mut builders = FunctionBuilderContext::new();
    let mut b = FunctionBuilder::new(&mut context.func, &mut builders);
    let block = b.create_block();
    b.switch_to_block(block);
    b.append_block_params_for_function_params(block);
    let mut with = b.block_params(block).to_vec();
    for (row, len) in rows.into_iter().zip(lens) {
        let row = module.declare_data_in_func(row, b.func);
        with.push(b.ins().symbol_value(clif::I64, row));
        with.push(b.ins().iconst(clif::I64, len as i64));
    }
    let begin = module.declare_func_in_func(begin, b.func);
    let call = b.ins().call(begin, &with);
    let status = b.inst_results(call).to_vec();
    b.ins().return_(&status);
    b.seal_all_blocks();
    b.finalize(module.target_config());
    module.define_function(id, &mut context)?;
    Ok(())
}
