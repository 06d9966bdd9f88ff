//! The standard library: what it declares is what there is, and its tests hold, interpreted and compiled.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use expect_test::expect;
use pluto_check::Program;
use pluto_check::arena::Id;
use pluto_check::body::{Callee, ExprId, ExprKind};
use pluto_check::program::{FunctionId, Owner};
use pluto_check::types::Ty;
use pluto_codegen::compile;
use pluto_host::{Kind, Machine};
use pluto_ir::interpret::{Limits, Listener, Outcome, Virtual, run_in};
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

/// What is public in the modules of the library, as `std.math.gcd` or `std.json.Json.text`, and has a body.
fn public(program: &Program) -> impl Iterator<Item = (FunctionId, String)> {
    let functions = program.functions.iter().filter(|(_, of)| of.origin.public && of.body.is_some());
    functions.filter_map(|(id, of)| {
        let module = program.show_module(of.origin.module);
        module.starts_with("std.").then(|| (id, format!("{module}.{}", program.show_function_name(id))))
    })
}

#[test]
fn each_public_function_is_tested() {
    let mut untested: BTreeSet<String> = public(&everything()).map(|(_, name)| name).collect();
    assert!(untested.len() > 200, "{}", untested.len());
    for path in files() {
        let checked = TestCompiler::new(std::fs::read_to_string(&path).expect("text")).check();
        let program = &checked.program;
        let own = program.modules.ids().find(|id| program.show_module(*id) == "main").expect("the file");
        let names: BTreeMap<FunctionId, String> = public(program).collect();
        for (_, body) in program.nodes.bodies.iter().filter(|(_, body)| body.module == own) {
            for at in body.exprs.0..body.exprs.1 {
                let called = match program.nodes.exprs[ExprId::from_index(at)].kind {
                    ExprKind::Call(Callee::Target(target), _) | ExprKind::Method(_, target) => {
                        target.function
                    }
                    ExprKind::Function(function, _) => function,
                    _ => continue,
                };
                if let Some(name) = names.get(&called) {
                    untested.remove(name);
                }
            }
        }
    }
    assert_eq!(untested, BTreeSet::new());
}

/// A machine for the tests: what programs are called with, what they read, and where they write.
fn machine() -> Machine {
    let arguments = vec!["one".to_owned(), "--two".to_owned()];
    let machine = Machine::new(arguments, |_, _| Ok(()));
    machine.with_input("größe\r\n\na\nb".as_bytes())
}

/// Writes down what is printed.
#[derive(Default)]
struct Printed {
    text: String,
}

impl Listener for Printed {
    fn print(&mut self, line: &str) -> bool {
        self.text.push_str(line);
        self.text.push('\n');
        true
    }
}

/// How a program ends and what it prints, interpreted, and in native code.
fn each_way(program: &pluto_ir::Program, zeal: bool) -> [(&'static str, Outcome, String); 2] {
    let main = program.main.expect("it was asked for");
    let mut world = Virtual::new(1, Printed::default()).with_outside(machine());
    let interpreted = run_in(program, main, Limits::default(), &mut world);
    let printed = world.listener.text;
    let compiled = compile(program, pluto_codegen::Options::default()).expect("all of it has native code");
    let limits = pluto_codegen::Limits { zeal: u32::from(zeal), ..pluto_codegen::Limits::default() };
    let mut world = Virtual::new(1, Printed::default()).with_outside(machine());
    let native = compiled.run(limits, &mut world).expect("there is memory");
    [("interpreted", interpreted, printed), ("natively", native, world.listener.text)]
}

#[test]
fn the_tests_of_the_library_hold() {
    let mut failed = Vec::new();
    for path in files() {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("text");
        assert!(pluto_syntax::format(&text).is_ok_and(|formatted| formatted == text), "{name}: `pluto fmt`");
        let checked = TestCompiler::new(text).check();
        assert_eq!(checked.shown(), "", "{name}");
        assert!(checked.program.tests.iter().next().is_some(), "{name} has tests");
        for (id, test) in checked.program.tests.iter() {
            let lowered = pluto_ir::lower_test(&checked.program, id).expect("all of it is lowered");
            for (way, ended, _) in each_way(&lowered, false) {
                if ended != Outcome::Finished {
                    failed.push(format!("{name}, {}, {way}: {ended:?}", test.name));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Prints some of what each module does that reaches nothing outside.
const PURE: &str = r#"
import std.{base64, collections, hash, json, math, path, regex, strings, time}

fn main() {
    print(math.asin(1.0))
    print(math.of_bits(math.to_bits(-0.1)))
    print(strings.parse_int("ff", 16) catch -1)
    print(strings.parse_int("fg", 16) catch -1)
    print(strings.is_letters("größe"))
    print(hash.sha256("abc".bytes()).hex())
    print(hash.crc32("123456789".bytes()))
    let coded = base64.encode("größe".bytes())
    print(coded)
    print((base64.decode(coded) catch "".bytes()).to_text())
    print((base64.decode("?") catch "an error".bytes()).to_text())
    let date = regex.compile("([0-9]+)-(x)?") catch { _ => trap("no expression") }
    let found = date.find_all("größe 12- 3-x")
    print(found.map((one) => one.start))
    print(found.map((one) => one.groups))
    print(date.split("a1-b2-c"))
    let text = "{\"größe\": [1, 2.5e3, null, {\"a\\n\": \"\\u00f6\"}], \"b\": true}"
    let value = json.parse(text) catch { json.BadJson { why, .. } => trap(why) }
    print(value.text())
    print(value.pretty())
    print(value.find("größe.3"))
    print(json.parse("[1, {]") catch { json.BadJson { why, line, column } => json.Json.Text(f"{line}:{column}: {why}") })
    print(value.need_int("b") catch { json.Mismatch { path, needed, found } => path.len() + needed.len() + found.len() })
    let mut next = collections.heap((0..40).map((n) => n * 17 % 41))
    next.push(-1)
    print(next.drain())
    let mut waiting = collections.deque(["b", "c"])
    waiting.push_front("a")
    print(waiting.pop_back())
    print(waiting.to_array())
    print(collections.permutations([1, 2, 3]))
    print(collections.in_order_of_need(["a", "b"], (name) => if name == "a" { ["b"] } else { [] }))
    print(path.relative("/a/b/c", "/a/d"))
    print(strings.table([["a", "bc"], ["größe", "d"]]))
    print(strings.wrap("the quick brown fox jumps", 10))
    let moment = time.parse("2026-11-28T10:21:45.5+01:00") catch { time.BadTime { why, .. } => trap(why) }
    print(time.format(moment))
    print(time.to_date(moment, 90))
    print(time.parse("2026-02-30T00:00:00Z") catch { time.BadTime { why, .. } => duration.of_nanos(why.len()) })
    print(time.format_duration(time.parse_duration("1h1.5s") catch 0s))
    print(regex.compile("(") catch { regex.BadPattern { why, .. } => trap(why) })
}
"#;

#[test]
fn native_programs_do_what_the_interpreter_does() {
    let checked = TestCompiler::new(PURE).check();
    assert!(!checked.shown().contains("error["), "{}", checked.shown());
    let main = pluto_ir::mains(&checked.program).next().expect("a `main`");
    let lowered = pluto_ir::lower(&checked.program, main).expect("all of it is lowered");
    let [(_, ended, interpreted), (_, natively, native)] = each_way(&lowered, true);
    expect![[r#"
        1.5707963267948966
        -0.1
        255
        -1
        true
        ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
        3421780262
        Z3LDtsOfZQ==
        größe
        an error
        [6, 10]
        [["12", none], ["3", "x"]]
        ["a", "b", "c"]
        {"größe":[1,2500.0,null,{"a\n":"ö"}],"b":true}
        {
          "größe": [
            1,
            2500.0,
            null,
            {
              "a\n": "ö"
            }
          ],
          "b": true
        }
        Object(["a\n": Text("ö")])
        Text("1:6: the name of a field is expected here")
        24
        [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40]
        c
        ["a", "b"]
        [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]]
        ["b", "a"]
        ../../d
        a      bc
        größe  d
        ["the quick", "brown fox", "jumps"]
        2026-11-28T09:21:45.5Z
        Date { year: 2026, month: 11, day: 28, hour: 10, minute: 51, second: 45, nanos: 500000000 }
        44ns
        1h1s500ms
    "#]]
    .assert_eq(&interpreted);
    assert_eq!(native, interpreted);
    assert_eq!(format!("{natively:?}"), format!("{ended:?}"));
}
