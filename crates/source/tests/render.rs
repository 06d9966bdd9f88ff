//! Whole outputs: text with source, JSON lines, SARIF.

use expect_test::{Expect, expect, expect_file};
use pluto_source::{
    Code, Diagnostic, Edit, File, FileId, Files, Fix, Label, Severity, Span, Tool, json_lines, sarif, text,
};

const MAIN: &str =
    "import shapes\n\nfn total(items: [int]) int {\n\tlet süm = 0\n    if a && b {\n        smu\n    }\n}\n";
const SHAPES: &str = "pub fn area(r: float) float {\n    r * r\n}\n";

fn files() -> (Files, FileId, FileId) {
    let mut files = Files::new();
    let main = files.add(File::new("src/main.pluto", MAIN));
    let shapes = files.add(File::new("src/shapes of all kinds.pluto", SHAPES));
    (files, main, shapes)
}

/// The place of the `nth` time that this text is in a file.
fn label(files: &Files, file: FileId, what: &str, text: &str) -> Label {
    let start = files.get(file).expect("a file").text().find(what).expect("is in it") as u32;
    let place = Span::new(start, start + what.len() as u32).in_file(file);
    Label { place, text: text.to_owned() }
}

const AND: Code = Code { number: 7, name: "foreign-operator", severity: Severity::Error };
const UNUSED: Code = Code { number: 212, name: "unused-name", severity: Severity::Warning };

fn diagnostics() -> (Files, Vec<Diagnostic>) {
    let (files, main, shapes) = files();
    let operator = label(&files, main, "&&", "");
    let plain = Diagnostic {
        code: AND,
        message: "`&&` is not an operator".to_owned(),
        fix: Some(Fix::sure("write `and`", vec![Edit { place: operator.place, text: "and".to_owned() }])),
        primary: operator,
        secondary: vec![],
        notes: vec![],
    };
    let unused = label(&files, main, "süm", "never used");
    let full = Diagnostic {
        code: UNUSED,
        message: "`süm` is never used".to_owned(),
        fix: Some(Fix::proposed(
            "rename it in both places",
            vec![
                Edit { place: unused.place, text: "_süm".to_owned() },
                Edit { place: Span::empty(0).in_file(shapes), text: "// renamed\n".to_owned() },
            ],
        )),
        primary: unused,
        secondary: vec![
            label(&files, main, "smu", "was this meant?"),
            label(&files, shapes, "area", "declared here\nin two lines"),
        ],
        notes: vec!["a name that begins with `_` may be unused".to_owned(), "second note".to_owned()],
    };
    let end = MAIN.len() as u32;
    let at_end = Diagnostic {
        code: Code { number: 100, name: "expected", severity: Severity::Error },
        message: "expected `}`".to_owned(),
        primary: Label { place: Span::empty(end).in_file(main), text: "here".to_owned() },
        secondary: vec![],
        notes: vec![],
        fix: None,
    };
    (files, vec![plain, full, at_end])
}

fn check(actual: &str, expected: &Expect) {
    expected.assert_eq(actual);
}

#[test]
fn text_shows_the_source() {
    let (files, diagnostics) = diagnostics();
    check(
        &text(&diagnostics, &files, false),
        &expect![[r#"
        error[E0007]: `&&` is not an operator
         --> src/main.pluto:5:10
          |
        5 |     if a && b {
          |          ^^
          |
        help: write `and`
          |
        5 -     if a && b {
        5 +     if a and b {
          |

        warning[E0212]: `süm` is never used
         --> src/main.pluto:4:6
          |
        4 |     let süm = 0
          |         ^^^ never used
        5 |     if a && b {
        6 |         smu
          |         --- was this meant?
          |
         ::: src/shapes of all kinds.pluto:1:8
          |
        1 | pub fn area(r: float) float {
          |        ---- declared here
        in two lines
          |
          = note: a name that begins with `_` may be unused
          = note: second note
        help: rename it in both places
          |
        4 |     let _süm = 0
          |         +
         --> src/shapes of all kinds.pluto:1:1
          |
        1 + // renamed
          |

        error[E0100]: expected `}`
         --> src/main.pluto:9:1
          |
        9 |
          | ^ here
    "#]],
    );
}

#[test]
fn places_that_are_far_apart_are_shown_apart() {
    let mut files = Files::new();
    let source = format!("fn first() {{}}\n{}fn first() {{}}\n// end\n", "\n".repeat(100));
    let file = files.add(File::new("far.pluto", source.as_str()));
    let at = |start: usize| Span::new(start as u32, start as u32 + 5).in_file(file);
    let diagnostic = Diagnostic {
        code: Code { number: 206, name: "duplicate-name", severity: Severity::Error },
        message: "`first` is declared twice".to_owned(),
        primary: Label { place: at(source.rfind("first").expect("it is there")), text: String::new() },
        secondary: vec![Label { place: at(3), text: "it is declared first here".to_owned() }],
        notes: vec![],
        fix: None,
    };
    check(
        &text(&[diagnostic], &files, false),
        &expect![[r#"
        error[E0206]: `first` is declared twice
           --> far.pluto:102:4
            |
        102 | fn first() {}
            |    ^^^^^
            |
           ::: far.pluto:1:4
            |
          1 | fn first() {}
            |    ----- it is declared first here
    "#]],
    );
}

#[test]
fn of_a_long_line_only_what_is_around_is_shown() {
    let mut files = Files::new();
    let wide = "süm(1), ".repeat(5_000);
    let main = files.add(File::new("main.pluto", format!("fn f() {{\n{wide}\n}}\n")));
    let at = |start: u32, text: &str| Label {
        place: Span::new(start, start + 4).in_file(main),
        text: text.to_owned(),
    };
    let diagnostic = Diagnostic {
        code: AND,
        message: "this is too much".to_owned(),
        fix: Some(Fix::sure("remove it", vec![Edit { place: at(18_009, "").place, text: String::new() }])),
        primary: at(18_009, ""),
        secondary: vec![at(9, "the first is here"), at(45_000, "and the last")],
        notes: vec![],
    };
    check(
        &text(&[diagnostic], &files, false),
        &expect![[r#"
        error[E0007]: this is too much
         --> main.pluto:2:1
          |
         ::: 
        2 | süm(1), süm(1), süm(1), süm(1), süm(1), süm(1), süm(1…
          | --- the first is here
         ::: main.pluto:2:16001
          |
         ::: 
        2 | …m(1), süm(1), süm(1), süm(1), süm(1), süm(1), süm(1), süm(1), süm(1), süm(1), süm(1), süm(1), süm(1), süm(1…
          |                                                        ^^^
         ::: main.pluto:2:39993
          |
         ::: 
        2 | …m(1), süm(1), süm(1), süm(1), süm(1), süm(1), süm(1), süm(1), 
          |                                                        --- and the last
          |
        help: remove it
    "#]],
    );
}

#[test]
fn colour_where_it_is_wanted() {
    let (files, diagnostics) = diagnostics();
    let coloured = text(&diagnostics[..1], &files, true);
    check(
        &coloured.replace('\x1b', "ESC"),
        &expect![[r#"
        ESC[1mESC[91merror[E0007]ESC[0mESC[1m: `&&` is not an operatorESC[0m
         ESC[1mESC[94m--> ESC[0msrc/main.pluto:5:10
          ESC[1mESC[94m|ESC[0m
        ESC[1mESC[94m5ESC[0m ESC[1mESC[94m|ESC[0m     if a && b {
          ESC[1mESC[94m|ESC[0m          ESC[1mESC[91m^^ESC[0m
          ESC[1mESC[94m|ESC[0m
        ESC[1mESC[96mhelpESC[0m: write `and`
          ESC[1mESC[94m|ESC[0m
        ESC[1mESC[94m5ESC[0m ESC[91m- ESC[0m    if a ESC[91m&&ESC[0m b {
        ESC[1mESC[94m5ESC[0m ESC[92m+ ESC[0m    if a ESC[92mandESC[0m b {
          ESC[1mESC[94m|ESC[0m
    "#]],
    );
}

#[test]
fn json_is_one_object_a_line() {
    let (files, diagnostics) = diagnostics();
    check(
        &json_lines(&diagnostics, &files),
        &expect![[r#"
            {"code":"E0007","name":"foreign-operator","severity":"error","message":"`&&` is not an operator","primary":{"path":"src/main.pluto","start":{"byte":67,"line":5,"column":10},"end":{"byte":69,"line":5,"column":12},"label":""},"secondary":[],"notes":[],"fix":{"title":"write `and`","sure":true,"edits":[{"path":"src/main.pluto","start":{"byte":67,"line":5,"column":10},"end":{"byte":69,"line":5,"column":12},"text":"and"}]}}
            {"code":"E0212","name":"unused-name","severity":"warning","message":"`süm` is never used","primary":{"path":"src/main.pluto","start":{"byte":49,"line":4,"column":6},"end":{"byte":53,"line":4,"column":9},"label":"never used"},"secondary":[{"path":"src/main.pluto","start":{"byte":82,"line":6,"column":9},"end":{"byte":85,"line":6,"column":12},"label":"was this meant?"},{"path":"src/shapes of all kinds.pluto","start":{"byte":7,"line":1,"column":8},"end":{"byte":11,"line":1,"column":12},"label":"declared here\nin two lines"}],"notes":["a name that begins with `_` may be unused","second note"],"fix":{"title":"rename it in both places","sure":false,"edits":[{"path":"src/main.pluto","start":{"byte":49,"line":4,"column":6},"end":{"byte":53,"line":4,"column":9},"text":"_süm"},{"path":"src/shapes of all kinds.pluto","start":{"byte":0,"line":1,"column":1},"end":{"byte":0,"line":1,"column":1},"text":"// renamed\n"}]}}
            {"code":"E0100","name":"expected","severity":"error","message":"expected `}`","primary":{"path":"src/main.pluto","start":{"byte":94,"line":9,"column":1},"end":{"byte":94,"line":9,"column":1},"label":"here"},"secondary":[],"notes":[],"fix":null}
        "#]],
    );
}

#[test]
fn sarif_is_one_document() {
    let (files, diagnostics) = diagnostics();
    let tool = Tool { name: "pluto", version: "0.1.0" };
    let expected = expect_file!["render/diagnostics.sarif"];
    expected.assert_eq(&sarif(&diagnostics[..2], &files, tool));
}

#[test]
fn nothing_to_say() {
    let files = Files::new();
    let tool = Tool { name: "pluto", version: "0.1.0" };
    check(
        &format!("{}{}{}", text(&[], &files, false), json_lines(&[], &files), sarif(&[], &files, tool)),
        &expect![[r#"
            {
              "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
              "runs": [
                {
                  "columnKind": "unicodeCodePoints",
                  "results": [],
                  "tool": {
                    "driver": {
                      "name": "pluto",
                      "rules": [],
                      "semanticVersion": "0.1.0"
                    }
                  }
                }
              ],
              "version": "2.1.0"
            }
        "#]],
    );
}
