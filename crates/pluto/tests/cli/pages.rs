//! The pages about diagnostics: each code has one, and its examples are what they say.

use crate::support::run;
use expect_test::expect;
use pluto_check::Input;
use pluto_source::{Code, File, Files};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Codes of which no example can be shown: it would be a thousand lines long.
const WITHOUT_EXAMPLE: [u16; 1] = [199];

/// Codes that never come alone: an arm with a range that nothing is in takes nothing, which is said too.
const TOGETHER: [(u16, &str); 1] = [(508, "E0520")];

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

/// What the compiler says about a program; for a page about syntax, only about that.
fn said(example: &Example, syntax_only: bool) -> BTreeSet<String> {
    let mut files = Files::new();
    let parses: Vec<_> = example
        .files
        .iter()
        .map(|(path, text)| {
            (path.replace('/', "."), files.add(File::new(path, text)), pluto_syntax::parse(text))
        })
        .collect();
    let mut codes: BTreeSet<String> =
        parses.iter().flat_map(|(_, _, parse)| &parse.errors).map(|error| error.code().to_string()).collect();
    if !syntax_only {
        let input = parses.iter().fold(Input::new(&files), |input, (path, file, parse)| {
            input.with(path.trim_end_matches(".pluto"), *file, parse)
        });
        let found = pluto_check::check(&input).diagnostics();
        codes.extend(found.iter().map(|found| found.code.to_string()));
    }
    codes
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
        let syntax_only = code.number < 200;
        let together =
            TOGETHER.iter().filter(|(with, _)| *with == code.number).map(|(_, other)| (*other).to_owned());
        let expected: BTreeSet<String> = together.chain([code.to_string()]).collect();
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
