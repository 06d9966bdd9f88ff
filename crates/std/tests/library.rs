//! The standard library: what it declares is what there is, and its tests hold, interpreted and compiled.

use std::path::{Path, PathBuf};

use pluto_check::Program;
use pluto_check::program::Owner;
use pluto_check::types::Ty;
use pluto_codegen::{Error, compile};
use pluto_host::Kind;
use pluto_ir::interpret::{Limits, Outcome, Virtual, run_in};
use pluto_testcompiler::TestCompiler;

/// The files of tests.
fn files() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let entries = std::fs::read_dir(directory).expect("it is there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "pluto"));
    files.sort();
    files
}

/// A program that imports every module.
fn everything() -> Program {
    let imports = (0..).zip(pluto_std::NAMES).map(|(at, name)| format!("import {name} as m{at}\n"));
    let checked = TestCompiler::new(imports.collect::<String>()).check();
    let said: Vec<&str> = checked.diagnostics.iter().map(|said| said.code.name).collect();
    assert!(said.iter().all(|name| *name == "unused-import"), "{}", checked.shown());
    assert_eq!(checked.invalid, Vec::<String>::new());
    checked.program
}

#[test]
fn what_modules_declare_is_what_the_host_has() {
    let program = everything();
    let mut declared = Vec::new();
    for (id, function) in program.functions.iter() {
        if function.owner != Owner::Module || function.built_in.is_empty() {
            continue;
        }
        let module = program.show_module(function.origin.module);
        let name = format!("{module}.{}", program.show_function_name(id));
        let kinds: Vec<Option<Kind>> = function
            .params
            .iter()
            .map(|param| match program.types.get(param.ty) {
                Ty::Int | Ty::Duration => Some(Kind::Int),
                Ty::Float => Some(Kind::Float),
                Ty::Bool => Some(Kind::Bool),
                Ty::String => Some(Kind::Text),
                Ty::Bytes => Some(Kind::Bytes),
                Ty::Array(_) => Some(Kind::Texts),
                _ => None,
            })
            .collect();
        declared.push((name, kinds));
    }
    let has = |of: &&pluto_host::Function| {
        (of.name.to_owned(), of.takes.iter().copied().map(Some).collect::<Vec<_>>())
    };
    let mut known: Vec<_> = pluto_host::functions().iter().map(has).collect();
    declared.sort_by(|a, b| a.0.cmp(&b.0));
    known.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(declared, known);
}

#[test]
fn each_module_has_tests_and_says_what_is_public() {
    for module in pluto_std::MODULES {
        let name = module.name.trim_start_matches("std.");
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name).with_extension("pluto");
        assert!(tests.is_file(), "{name} has no tests");
        let mut before = "";
        for line in module.text.lines() {
            let public = line.trim_start().starts_with("pub ");
            let said = before.trim_start().starts_with("///");
            assert!(said || !public, "{name}: nothing is said about `{line}`");
            before = line;
        }
    }
}

/// How a test ends in native code; nothing where it has none.
fn natively(program: &pluto_ir::Program) -> Option<Outcome> {
    match compile(program, pluto_codegen::Options::default()) {
        Ok(compiled) => {
            let mut unheard = |_: &str| ();
            let mut world = Virtual::new(1, &mut unheard as &mut dyn FnMut(&str));
            Some(compiled.run(pluto_codegen::Limits::default(), &mut world).expect("there is memory"))
        }
        Err(Error::Unsupported { .. } | Error::Machine) => None,
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn the_tests_of_the_library_hold() {
    let (mut failed, mut native) = (Vec::new(), 0);
    for path in files() {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("text");
        assert!(pluto_syntax::format(&text).is_ok_and(|formatted| formatted == text), "{name}: `pluto fmt`");
        let checked = TestCompiler::new(text).check();
        assert_eq!(checked.shown(), "", "{name}");
        assert!(checked.program.tests.iter().next().is_some(), "{name} has tests");
        for (id, test) in checked.program.tests.iter() {
            let lowered = pluto_ir::lower_test(&checked.program, id).expect("all of it is lowered");
            let main = lowered.main.expect("it was asked for");
            let mut printed = |line: &str| println!("{line}");
            let mut world = Virtual::new(1, &mut printed as &mut dyn FnMut(&str));
            let ended = run_in(&lowered, main, Limits::default(), &mut world);
            if ended != Outcome::Finished {
                failed.push(format!("{name}, {}: {ended:?}", test.name));
            }
            if let Some(ended) = natively(&lowered) {
                native += 1;
                if ended != Outcome::Finished {
                    failed.push(format!("{name}, {}, natively: {ended:?}", test.name));
                }
            }
        }
    }
    println!("{native} of them natively");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
