//! Every mistake with everything that is said about it: code, place, message, labels, notes, and the text with its fix.

use std::collections::BTreeSet;
use std::fmt::Write;

use expect_test::expect_file;
use pluto_source::{Diagnostic, FileId, Fix};
use pluto_syntax::{CODES, SyntaxError, parse};

/// Names of the files of cases, each beside what is expected of it.
const FILES: [(&str, &str); 6] = [
    ("lexer", include_str!("mistakes/lexer.txt")),
    ("expressions", include_str!("mistakes/expressions.txt")),
    ("statements", include_str!("mistakes/statements.txt")),
    ("items", include_str!("mistakes/items.txt")),
    ("patterns", include_str!("mistakes/patterns.txt")),
    ("brackets", include_str!("mistakes/brackets.txt")),
];

/// The cases of a file: what each is about, and its text.
fn cases(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    file.split("\n---\n").map(|case| case.split_once('\n').expect("a title and a text"))
}

fn errors(text: &str) -> Vec<SyntaxError> {
    parse(text).errors
}

fn apply(fix: &Fix, text: &str) -> String {
    let mut edits = fix.edits.clone();
    edits.sort_by_key(|edit| edit.place.span.start);
    let mut out = text.to_owned();
    for edit in edits.iter().rev() {
        out.replace_range(edit.place.span.start as usize..edit.place.span.end as usize, &edit.text);
    }
    out
}

/// The line of a place with its bytes in the line, and the text there.
fn place(span: pluto_source::Span, text: &str) -> String {
    let before = &text[..span.start as usize];
    let line = before.matches('\n').count() + 1;
    let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
    format!("{line}:{column} {:?}", span.of(text))
}

fn show(diagnostic: &Diagnostic, text: &str, out: &mut String) {
    let Diagnostic { code, message, primary, secondary, notes, fix } = diagnostic;
    writeln!(out, "{code} {} at {}: {message}", code.name, place(primary.place.span, text))
        .expect("a string");
    for label in secondary {
        writeln!(out, "  label at {}: {}", place(label.place.span, text), label.text).expect("a string");
    }
    for note in notes {
        writeln!(out, "  note: {note}").expect("a string");
    }
    if let Some(fix) = fix {
        let fixed = apply(fix, text);
        writeln!(out, "  fix: {}", fix.title).expect("a string");
        let (old, new): (Vec<_>, Vec<_>) = (text.lines().collect(), fixed.lines().collect());
        let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let rest = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
        let rest = rest.min(old.len() - same).min(new.len() - same);
        for line in &new[same..new.len() - rest] {
            writeln!(out, "    | {line}").expect("a string");
        }
    }
}

fn shown(file: &'static str) -> String {
    let mut out = String::new();
    for (title, text) in cases(file) {
        writeln!(out, "=== {title}\n{}\n", text.trim_end()).expect("a string");
        for error in errors(text) {
            show(&error.diagnostic(FileId(0)), text, &mut out);
        }
        out.push('\n');
    }
    out
}

#[test]
fn the_lexer() {
    expect_file!["mistakes/lexer.expected.txt"].assert_eq(&shown(FILES[0].1));
}

#[test]
fn expressions() {
    expect_file!["mistakes/expressions.expected.txt"].assert_eq(&shown(FILES[1].1));
}

#[test]
fn statements() {
    expect_file!["mistakes/statements.expected.txt"].assert_eq(&shown(FILES[2].1));
}

#[test]
fn items() {
    expect_file!["mistakes/items.expected.txt"].assert_eq(&shown(FILES[3].1));
}

#[test]
fn patterns() {
    expect_file!["mistakes/patterns.expected.txt"].assert_eq(&shown(FILES[4].1));
}

#[test]
fn brackets() {
    expect_file!["mistakes/brackets.expected.txt"].assert_eq(&shown(FILES[5].1));
}

/// Texts that are too long to be written down.
fn long() -> [String; 4] {
    let nested = format!("const A = {}1{}", "(".repeat(300), ")".repeat(300));
    let strings = format!("const A = {}1{}", "f\"{".repeat(40), "}\"".repeat(40));
    let many = "fn f() { 1 + }\n".repeat(1_100);
    let few_strings = format!("fn f() {{\n    print({}1{})\n}}", "f\"{".repeat(34), "}\"".repeat(34));
    [nested, strings, few_strings, many]
}

#[test]
fn what_is_long() {
    let mut out = String::new();
    for text in long() {
        let all = errors(&text);
        writeln!(out, "{} errors, the last:", all.len()).expect("a string");
        show(&all[all.len() - 1].diagnostic(FileId(0)), &text, &mut out);
    }
    expect_test::expect![[r#"
        1 errors, the last:
        E0104 nested-too-deep at 1:266 "(": this is nested more than 256 levels deep
        1 errors, the last:
        E0012 strings-too-deep at 1:106 "f\"": strings with holes are nested too deeply
        1 errors, the last:
        E0012 strings-too-deep at 2:106 "f\"": strings with holes are nested too deeply
        1001 errors, the last:
        E0199 too-many-errors at 1001:13 "}": there are more errors, which are not shown
    "#]]
    .assert_eq(&out);
}

#[test]
fn every_code_has_a_case() {
    let written = FILES.iter().flat_map(|(_, file)| cases(file)).map(|(_, text)| text.to_owned());
    let seen: BTreeSet<u16> =
        written.chain(long()).flat_map(|text| errors(&text)).map(|error| error.code().number).collect();
    let all: BTreeSet<u16> = CODES.iter().map(|code| code.number).collect();
    assert_eq!(seen, all);
}

#[test]
fn codes_are_in_order_and_their_names_are_words() {
    assert!(CODES.is_sorted_by(|one, next| one.number < next.number));
    let names: BTreeSet<&str> = CODES.iter().map(|code| code.name).collect();
    assert_eq!(names.len(), CODES.len());
    let is_word = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    assert!(names.into_iter().all(is_word));
}

/// Fixes mend: none makes it worse, and one after the other they come to an end.
#[test]
fn every_fix_mends() {
    for (title, text) in FILES.into_iter().flat_map(|(_, file)| cases(file)) {
        let mut text = text.to_owned();
        for round in 0.. {
            let all = errors(&text);
            let Some((error, fix)) =
                all.iter().find_map(|error| error.diagnostic(FileId(0)).fix.map(|fix| (error, fix)))
            else {
                break;
            };
            assert!(round < 20, "{title}: {} does not mend {error:?} of {text}", fix.title);
            let mended = apply(&fix, &text);
            let left = errors(&mended);
            assert!(left.len() <= all.len(), "{title}: {} gives {left:?} for {all:?}: {mended}", fix.title);
            text = mended;
        }
    }
}
