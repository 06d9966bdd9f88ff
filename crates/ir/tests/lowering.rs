//! The text of lowered programs, and what the verifier finds.

use expect_test::{Expect, expect};
use pluto_ir::program::{BlockId, End, Inst, Program, Reg};
use pluto_testcompiler::TestCompiler;

fn lowered(text: &str) -> Program {
    let checked = TestCompiler::new(text).check();
    assert_eq!(checked.shown(), "", "{text}");
    let main = pluto_ir::mains(&checked.program).next().expect("there is a `main`");
    pluto_ir::lower(&checked.program, main).expect("all of it can be lowered")
}

fn check(text: &str, expected: &Expect) {
    let program = lowered(text);
    assert_eq!(pluto_ir::verify(&program), Vec::<String>::new());
    expected.assert_eq(&program.to_string());
}

#[test]
fn a_call_that_can_fail_gives_an_error_more() {
    check(
        "error Odd { n: int }\n\nfn half(n: int) int {\n    if n % 2 == 1 { raise Odd { n } }\n    n / 2\n}\n\nfn main() { print(half(4) catch 0) }\n",
        &expect![[r#"
            fn f0 "main"()
            b0:
              %0 = 4
              %1, %2 = call f1 "half" %0
              %4 = null
              %5 = ne %2 %4
              if %5 b1 else b2
            b1:
              %6 = 0
              %3 = %6
              jump b3
            b2:
              %3 = %1
              jump b3
            b3:
              %7 = do "show" int %3
              do "print" string %7
              return
            fn f1 "half"(%0: int) -> int, ref fails
            b0:
              %1 = 2
              %2 = rem %0 %1
              %3 = 1
              %4 = eq %2 %3
              if %4 b2 else b3
            b1:
              %7 = 2
              %8 = div %0 %7
              %9 = null
              return %8 %9
            b2:
              %5 = new Odd %0
              %6 = 0
              return %6 %5
            b3:
              jump b1
        "#]],
    );
}

#[test]
fn a_closure_holds_what_it_captures() {
    check(
        "fn twice(n: int, f: fn(int) int) int { f(f(n)!)! }\n\nfn main() {\n    let by = 3\n    print(twice(5, (n) => n * by))\n}\n",
        &expect![[r#"
            fn f0 "main"()
            b0:
              %0 = 3
              %1 = 5
              %2 = new captures(int) %0
              %3 = closure f1 %2
              %4, %5 = call f2 "twice" %1 %3
              %6 = do "show" int %4
              do "print" string %6
              return
            fn f1 "closure in main"(%0: ref, %1: int) -> int, ref fails
            b0:
              %2 = %0.0
              %3 = mul %1 %2
              %4 = null
              return %3 %4
            fn f2 "twice"(%0: int, %1: ref) -> int, ref fails
            b0:
              %2, %3 = call %1 %0
              %4 = null
              %5 = ne %3 %4
              if %5 b1 else b2
            b1:
              %6 = 0
              return %6 %3
            b2:
              jump b3
            b3:
              %7, %8 = call %1 %2
              %9 = null
              %10 = ne %8 %9
              if %10 b4 else b5
            b4:
              %11 = 0
              return %11 %8
            b5:
              jump b6
            b6:
              %12 = null
              return %7 %12
        "#]],
    );
}

#[test]
fn a_match_goes_from_test_to_test() {
    check(
        "enum Shape { Square(side: int), Pair(a: int, b: int), Empty }\n\nfn area(of: Shape) int {\n    match of {\n        Square(s) => s * s\n        Pair(a, b) if a > b => a\n        Pair(b: b, ..) => b\n        Empty => 0\n    }\n}\n\nfn main() { print(area(Pair(1, 2))) }\n",
        &expect![[r#"
            fn f0 "main"()
            b0:
              %0 = 1
              %1 = 2
              %2 = new Shape #1 %0 %1
              %3 = call f1 "area" %2
              %4 = do "show" int %3
              do "print" string %4
              return
            fn f1 "area"(%0: ref) -> int
            b0:
              %1 = %0
              %3 = variant %1
              %4 = 0
              %5 = eq %3 %4
              if %5 b3 else b2
            b1:
              return %2
            b2:
              %8 = variant %1
              %9 = 1
              %10 = eq %8 %9
              if %10 b5 else b4
            b3:
              %6 = %1.0
              %7 = mul %6 %6
              %2 = %7
              jump b1
            b4:
              %14 = variant %1
              %15 = 1
              %16 = eq %14 %15
              if %16 b8 else b7
            b5:
              %11 = %1.0
              %12 = %1.1
              %13 = gt %11 %12
              if %13 b6 else b4
            b6:
              %2 = %11
              jump b1
            b7:
              %18 = variant %1
              %19 = 2
              %20 = eq %18 %19
              if %20 b10 else b9
            b8:
              %17 = %1.1
              %2 = %17
              jump b1
            b9:
              unreachable
            b10:
              %21 = 0
              %2 = %21
              jump b1
        "#]],
    );
}

#[test]
fn a_trait_object_has_a_table() {
    check(
        "trait Named { fn name(self) string }\n\nimpl Named for int { fn name(self) string { \"int\" } }\n\nfn show(of: Named) string { of.name()! }\n\nfn main() { print(show(5)) }\n",
        &expect![[r#"
            fn f0 "main"()
            b0:
              %0 = 5
              %1 = new captures(int) %0
              %2 = table 0
              %3 = call f2 "show" %1 %2
              do "print" string %3
              return
            fn f1 "name"(%0: ref) -> ref, ref fails
            b0:
              %1 = %0.0
              %2 = call f3 "name" %1
              %3 = null
              return %2 %3
            fn f2 "show"(%0: ref, %1: int) -> ref
            b0:
              %2, %3 = call %1.0 %0
              %4 = null
              %5 = ne %3 %4
              if %5 b1 else b2
            b1:
              unreachable
            b2:
              jump b3
            b3:
              return %2
            fn f3 "name"(%0: int) -> ref
            b0:
              %1 = "int"
              return %1
        "#]],
    );
}

/// Faults that are put into a program by hand are found.
#[test]
fn what_is_no_program_is_told() {
    let mut told = String::new();
    let faults: [fn(&mut Program); 5] = [
        |program| program.functions[0].blocks[0].end = End::Jump(BlockId(99)),
        |program| program.functions[0].blocks.clear(),
        |program| program.functions[0].params = 99,
        |program| {
            let at = program.functions[0].at;
            program.functions[0].blocks[0]
                .insts
                .push((Inst::Load { to: Reg(0), object: Reg(99), lane: 0 }, at));
        },
        |program| program.functions[1].results.clear(),
    ];
    for fault in faults {
        let mut program = lowered("fn one() int { 1 }\n\nfn main() { print(one()) }\n");
        fault(&mut program);
        told.push_str(&pluto_ir::verify(&program).join("; "));
        told.push('\n');
    }
    expect![[r#"
        main: no such block
        main: no block
        main: more parameters than registers
        main: no register %99
        main: the results of a call: [Int] where [] are expected; one: the results of a function: [Int] where [] are expected
    "#]].assert_eq(&told);
}
