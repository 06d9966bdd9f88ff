//! The pages about diagnostics: each code has one, and its examples are what they say.

use crate::support::run;
use expect_test::expect;
use pluto_check::Input;
use pluto_source::{Code, Diagnostic, File, Files, Fix};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Codes of which no example can be shown: it would be a thousand lines long.
const WITHOUT_EXAMPLE: [u16; 1] = [199];

fn dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/errors")
}

/// Every code that the compiler gives.
fn codes() -> Vec<Code> {
    [pluto_syntax::CODES, pluto_check::CODES].concat()
}

/// A program on a page: the heading that it is under, and its files.
struct Example {
    heading: String,
    files: Vec<(String, String)>,
}

/// The codes of what the compiler says about a program; for a page about syntax, only about that.
fn said(example: &Example, syntax_only: bool) -> BTreeSet<String> {
    diagnostics(example, syntax_only).1.iter().map(|found| found.code.to_string()).collect()
}

/// What the compiler says about a program; for a page about syntax, only about that.
fn diagnostics(example: &Example, syntax_only: bool) -> (Files, Vec<Diagnostic>) {
    let mut files = Files::new();
    let parses: Vec<_> = example
        .files
        .iter()
        .map(|(path, text)| {
            (path.replace('/', "."), files.add(File::new(path, text)), pluto_syntax::parse(text))
        })
        .collect();
    let mut found = Vec::new();
    for (_, file, parse) in &parses {
        found.extend(parse.errors.iter().map(|error| error.diagnostic(*file)));
    }
    if !syntax_only {
        let input = parses.iter().fold(Input::new(&files), |input, (path, file, parse)| {
            input.with(path.trim_end_matches(".pluto"), *file, parse)
        });
        found.extend(pluto_check::check(&input).diagnostics());
    }
    (files, found)
}

/// Carries out the fixes of a code on a program, until there is none left or it does not help; says whether all of them were sure.
fn mended(mut example: Example, code: Code, syntax_only: bool) -> Option<(Example, bool)> {
    let mut sure = None;
    for _ in 0..8 {
        let (files, found) = diagnostics(&example, syntax_only);
        let of_code = found.iter().filter(|found| found.code == code);
        let fixes: Vec<&Fix> = of_code.filter_map(|found| found.fix.as_ref()).collect();
        if fixes.is_empty() {
            break;
        }
        sure = Some(sure.unwrap_or(true) && fixes.iter().all(|fix| fix.sure));
        for (file, text) in pluto_source::apply(&files, fixes).texts {
            example.files[file.0 as usize].1 = text;
        }
    }
    sure.map(|sure| (example, sure))
}

/// The programs of a page: the blocks under one heading are the files of one.
fn examples(page: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let (mut heading, mut block) = (String::new(), None::<(String, String)>);
    for line in page.lines() {
        if let Some((path, mut text)) = block.take() {
            if line == "```" {
                match examples.last_mut().filter(|last| last.heading == heading) {
                    Some(last) => last.files.push((path, text)),
                    None => examples.push(Example { heading: heading.clone(), files: vec![(path, text)] }),
                }
            } else {
                text += &format!("{line}\n");
                block = Some((path, text));
            }
        } else if let Some(info) = line.strip_prefix("```pluto") {
            let path = info.strip_prefix(" path=").unwrap_or("main.pluto");
            block = Some((path.to_owned(), String::new()));
        } else if let Some(new) = line.strip_prefix("## ") {
            heading = new.to_owned();
        }
    }
    examples
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let pages: BTreeSet<String> = std::fs::read_dir(dir())
        .expect("the pages are there")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"))
        .collect();
    let expected: BTreeSet<String> = codes().iter().map(|code| format!("{code}.md")).collect();
    assert_eq!(pages, expected);
    let names: BTreeSet<&str> = codes().iter().map(|code| code.name).collect();
    assert_eq!(names.len(), codes().len(), "a name is of one code");
    for code in codes() {
        let page = std::fs::read_to_string(dir().join(format!("{code}.md"))).expect("it is there");
        assert_eq!(page.lines().next(), Some(format!("# {code} {}", code.name).as_str()));
    }
}

#[test]
fn the_examples_of_each_page_are_what_they_say() {
    for code in codes() {
        let page = std::fs::read_to_string(dir().join(format!("{code}.md"))).expect("it is there");
        let examples = examples(&page);
        let headings: Vec<&str> = examples.iter().map(|example| example.heading.as_str()).collect();
        if WITHOUT_EXAMPLE.contains(&code.number) {
            assert_eq!(headings, [""; 0], "{code}");
            continue;
        }
        assert_eq!(headings, ["Wrong", "Right"], "{code}");
        let syntax_only = code.is_of_syntax();
        let expected = BTreeSet::from([code.to_string()]);
        assert_eq!(said(&examples[0], syntax_only), expected, "{code}: the wrong example");
        assert_eq!(said(&examples[1], syntax_only), BTreeSet::new(), "{code}: the right example");
        for (_, text) in &examples[1].files {
            assert_eq!(
                pluto_syntax::format(text).as_ref(),
                Ok(text),
                "{code}: the right example is in the one style"
            );
        }
    }
}

#[test]
fn what_a_page_shows_as_wrong_is_mended_by_its_fix() {
    let mut table = String::new();
    for code in codes() {
        let page = std::fs::read_to_string(dir().join(format!("{code}.md"))).expect("it is there");
        let Some(wrong) = examples(&page).into_iter().next() else { continue };
        let syntax_only = code.is_of_syntax();
        let Some((right, sure)) = mended(wrong, code, syntax_only) else { continue };
        let left: Vec<String> = said(&right, syntax_only).into_iter().collect();
        let left = if left.is_empty() { String::new() } else { format!(", and then {}", left.join(", ")) };
        table += &format!("{code} {} {}{left}\n", if sure { "sure    " } else { "proposed" }, code.name);
    }
    expect![[r#"
        E0001 sure     unknown-character
        E0005 sure     bad-number, and then E0005
        E0007 sure     foreign-operator
        E0008 sure     semicolon
        E0009 sure     single-quotes
        E0011 sure     lone-brace
        E0102 proposed unclosed-bracket
        E0103 proposed unopened-bracket
        E0105 proposed statements-on-one-line
        E0106 sure     operator-begins-line
        E0108 sure     class-literal-in-head
        E0109 sure     foreign-word
        E0110 sure     thin-arrow
        E0111 proposed wrong-case
        E0114 sure     misplaced-pub
        E0115 sure     not-without-parentheses
        E0117 proposed assignment-in-expression
        E0125 sure     closure-without-parentheses
        E0130 sure     missing-let
        E0201 proposed unknown-name
        E0202 proposed unknown-type
        E0203 proposed unknown-module, and then E0201
        E0204 proposed unknown-item, and then E0201
        E0212 proposed unknown-label
        E0230 sure     unused-import
        E0231 proposed unused-local
        E0302 sure     int-for-float
        E0401 proposed unhandled-error
        E0402 sure     needless-handling
        E0602 proposed leaks-part
        E0603 proposed shares-part
        E0701 proposed assign-immutable
        E0702 proposed change-immutable
        E0703 proposed immutable-made-mutable
        E0720 sure     needless-mut
    "#]]
    .assert_eq(&table);
}

#[test]
fn a_page_is_found_by_number_and_by_name() {
    let page = std::fs::read_to_string(dir().join("E0007.md")).expect("it is there");
    for asked in ["E0007", "e7", "7", "foreign-operator"] {
        assert_eq!(run(&["explain", asked]).ok(), page, "{asked}");
    }
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: there is no diagnostic foriegn-operator
        hint: is it foreign-operator?
    "#]]
    .assert_eq(&run(&["explain", "foriegn-operator"]).whole());
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: there is no diagnostic E9999
        hint: `pluto explain --list` lists all
    "#]]
    .assert_eq(&run(&["explain", "E9999"]).whole());
    let list = run(&["explain", "--list"]).ok();
    assert_eq!(list.lines().count(), codes().len());
    assert_eq!(list.lines().next(), Some("E0001  error    unknown-character"));
}
