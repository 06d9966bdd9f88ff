//! Programs of extreme size and depth: nothing overflows, and nothing takes more than linear time (which a test that does not
//! end would show).

use std::fmt::Write;

use crate::support::{program, shown};

/// What is said about a program, without the lines that continue.
fn said(source: &str) -> Vec<String> {
    let program = program(source);
    assert!(!program.checked.program.dump().is_empty());
    let shown = shown(&program.files, &program.checked.diagnostics());
    shown.lines().filter(|line| !line.starts_with(' ')).map(str::to_owned).collect()
}

fn repeat(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut text, at| {
        let _ = writeln!(text, "{}", line(at));
        text
    })
}

const NOTHING: [&str; 0] = [];

#[test]
fn long_chains() {
    let sum = vec!["1"; 100_000].join(" + ");
    assert_eq!(said(&format!("fn main() {{ print({sum}) }}")), NOTHING);
    let all = vec!["true"; 50_000].join(" and ");
    assert_eq!(said(&format!("fn main() {{\n    if {all} {{ print(1) }}\n}}")), NOTHING);
    let calls = ".abs()".repeat(20_000);
    assert_eq!(said(&format!("fn main() {{ print(1{calls}) }}")), NOTHING);
    let ifs = repeat(5_000, |at| format!("    if x == {at} {{ return {at} }}"));
    assert_eq!(said(&format!("fn f(x: int) int {{\n{ifs}    0\n}}\nfn main() {{ print(f(1)) }}")), NOTHING);
    let chain: String = (0..5_000).fold(String::new(), |mut text, at| {
        let _ = write!(text, "if x == {at} {{ {at} }} else ");
        text
    });
    assert_eq!(said(&format!("fn f(x: int) int {{ {chain}{{ 0 }} }}\nfn main() {{ print(f(1)) }}")), NOTHING);
}

#[test]
fn many_names() {
    let lets =
        repeat(20_000, |at| if at == 0 { "let x0 = 1".into() } else { format!("let x{at} = x{}", at - 1) });
    assert_eq!(said(&format!("fn main() {{\n{lets}print(x19999)\n}}")), NOTHING);
    let functions = repeat(10_000, |at| format!("fn f{at}(x: int) int {{ f{}(x)! }}", at + 1));
    let source = format!(
        "error E {{}}\n{functions}fn f10000(_x: int) int {{ raise E {{}} }}\nfn main() {{ print(f0(1) catch 0) }}"
    );
    assert_eq!(said(&source), NOTHING);
    let consts = repeat(10_000, |at| format!("const C{at} = C{} + 1", at + 1));
    assert_eq!(said(&format!("{consts}const C10000 = 1\nfn main() {{ print(C0) }}")), NOTHING);
    let narrowed = repeat(3_000, |at| format!("if a{at} == none {{ return }}\nprint(a{at} + 1)"));
    let params: Vec<String> = (0..3_000).map(|at| format!("a{at}: int?")).collect();
    let source = format!("pub fn f({}) {{\n{narrowed}}}\nfn main() {{}}", params.join(", "));
    assert_eq!(said(&source), NOTHING);
    let variants: Vec<String> = (0..1_000).map(|at| format!("V{at}(x: int)")).collect();
    let arms = repeat(1_000, |at| format!("V{at}(x) => x + {at},"));
    let source = format!(
        "pub enum E {{ {} }}\npub fn f(e: E) int {{\nmatch e {{\n{arms}}}\n}}\nfn main() {{}}",
        variants.join(", ")
    );
    assert_eq!(said(&source), NOTHING);
}

#[test]
fn deep_types() {
    let arrays =
        repeat(
            1_000,
            |at| if at == 0 { "let a0 = [1]".into() } else { format!("let a{at} = [a{}]", at - 1) },
        );
    let found = said(&format!("fn main() {{\n{arrays}print(a999)\n}}"));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|line| line.contains("E0327")), "{found:?}");
    let empty =
        repeat(
            300,
            |at| if at == 0 { "let a0 = []".into() } else { format!("let a{at} = (a{0}, a{0})", at - 1) },
        );
    let found = said(&format!("fn main() {{\n{empty}print(a299)\n}}"));
    assert!(found.len() < 40, "{found:?}");
    let nested = format!("{}int{}", "[".repeat(200), "]".repeat(200));
    assert_eq!(said(&format!("pub fn f(x: {nested}) {nested} {{ x }}\nfn main() {{}}")), NOTHING);
}

#[test]
fn deep_nesting_up_to_the_parsers_limit() {
    let source = format!("fn main() {{ print({}1{}) }}", "(".repeat(200), ")".repeat(200));
    assert_eq!(said(&source), NOTHING);
    let blocks = format!("fn main() {{ {}print(1){} }}", "if true { ".repeat(100), " }".repeat(100));
    assert_eq!(said(&blocks), NOTHING);
    let closures = format!("fn main() {{ let f = {}1\nprint(f) }}", "() => ".repeat(100));
    assert_eq!(said(&closures), NOTHING);
    let arrays = format!("fn main() {{ print({}1{}) }}", "[".repeat(200), "]".repeat(200));
    assert_eq!(said(&arrays), NOTHING);
}

#[test]
fn cliques_and_cycles() {
    let clique = repeat(300, |at| {
        let calls: Vec<String> = (0..300).map(|to| format!("f{to}(x)!")).collect();
        format!("fn f{at}(x: int) int {{ {} }}", calls.join(" + "))
    });
    let source = format!("{clique}fn main() {{ print(f0(1)) }}");
    assert!(said(&source).iter().all(|line| line.contains("E0402")));
    let modules = repeat(300, |at| {
        format!("//- m{at}.pluto\nimport m{}\npub fn f() int {{ m{0}.f() }}", (at + 1) % 300)
    });
    let found = said(&modules);
    assert_eq!(found.len(), 1, "{found:?}");
    let aliases = repeat(2_000, |at| format!("type A{at} = [A{}]", at + 1));
    let found = said(&format!("{aliases}type A2000 = int\nfn main() {{}}"));
    assert!(!found.is_empty());
}
