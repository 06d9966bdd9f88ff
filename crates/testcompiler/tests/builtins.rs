//! Every built-in function and method stands in a block of the reference that has no error.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use pluto_check::Program;
use pluto_check::body::{Callee, ExprKind};
use pluto_check::program::{FunctionId, Owner};
use pluto_source::Severity;
use pluto_testcompiler::{Chapter, TestCompiler};

/// What is built in, by its id, as one would call it.
fn builtins(program: &Program) -> BTreeMap<FunctionId, String> {
    let functions = program.functions.iter().filter(|(_, function)| function.owner == Owner::Builtin);
    functions
        .map(|(id, function)| {
            (id, format!("{}.{}", program.show(function.self_ty), program.text(function.origin.name)))
        })
        .collect()
}

/// The functions that a program calls, or names as values.
fn used(program: &Program) -> impl Iterator<Item = FunctionId> {
    program.nodes.exprs.iter().filter_map(|(_, expr)| match expr.kind {
        ExprKind::Call(Callee::Target(target), _) | ExprKind::Method(_, target) => Some(target.function),
        ExprKind::Function(function, _) => Some(function),
        _ => None,
    })
}

#[test]
fn each_built_in_function_has_a_block() {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    let mut seen = BTreeSet::new();
    for entry in std::fs::read_dir(directory).expect("the reference is there") {
        let path = entry.expect("an entry").path();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for program in Chapter::read(&text).programs {
            let files = program.blocks.into_iter().map(|block| (block.path, block.source));
            let checked = TestCompiler::of_files(files).check();
            if checked.diagnostics.iter().all(|said| said.code.severity != Severity::Error) {
                seen.extend(used(&checked.program));
            }
        }
    }
    let all = builtins(&TestCompiler::new("").check().program);
    assert!(all.len() > 250, "{}", all.len());
    let missing: Vec<&String> =
        all.iter().filter(|(id, _)| !seen.contains(id)).map(|(_, name)| name).collect();
    assert_eq!(missing, Vec::<&String>::new());
}
