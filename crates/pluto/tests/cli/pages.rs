//! The pages about diagnostics: each code has one, and its examples are what they say.

use crate::support::run;
use expect_test::expect;
use pluto_source::Code;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Codes of which no example can be shown: it would be a thousand lines long.
const WITHOUT_EXAMPLE: [u16; 1] = [199];

fn dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/errors")
}

/// Every code that the compiler gives.
fn codes() -> Vec<Code> {
    pluto_syntax::CODES.to_vec()
}

/// What the compiler says about a program.
fn said(source: &str) -> BTreeSet<String> {
    pluto_syntax::parse(source).errors.iter().map(|error| error.code().to_string()).collect()
}

/// The blocks of a page, each with the heading over it.
fn blocks(page: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let (mut heading, mut block) = ("", None::<String>);
    for line in page.lines() {
        match (&mut block, line) {
            (Some(text), "```") => {
                blocks.push((heading, std::mem::take(text)));
                block = None;
            }
            (Some(text), line) => *text += &format!("{line}\n"),
            (None, "```pluto") => block = Some(String::new()),
            (None, line) => heading = line.strip_prefix("## ").unwrap_or(heading),
        }
    }
    blocks
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let pages: BTreeSet<String> = std::fs::read_dir(dir())
        .expect("the pages are there")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"))
        .collect();
    let expected: BTreeSet<String> = codes().iter().map(|code| format!("{code}.md")).collect();
    assert_eq!(pages, expected);
    for code in codes() {
        let page = std::fs::read_to_string(dir().join(format!("{code}.md"))).expect("it is there");
        assert_eq!(page.lines().next(), Some(format!("# {code} {}", code.name).as_str()));
    }
}

#[test]
fn the_examples_of_each_page_are_what_they_say() {
    for code in codes() {
        let page = std::fs::read_to_string(dir().join(format!("{code}.md"))).expect("it is there");
        let blocks = blocks(&page);
        let headings: Vec<&str> = blocks.iter().map(|(heading, _)| *heading).collect();
        if WITHOUT_EXAMPLE.contains(&code.number) {
            assert_eq!(headings, [""; 0], "{code}");
            continue;
        }
        assert_eq!(headings, ["Wrong", "Right"], "{code}");
        let expected = BTreeSet::from([code.to_string()]);
        assert_eq!(said(&blocks[0].1), expected, "{code}: the wrong example");
        assert_eq!(said(&blocks[1].1), BTreeSet::new(), "{code}: the right example");
        let formatted = pluto_syntax::format(&blocks[1].1);
        assert_eq!(formatted.as_ref(), Ok(&blocks[1].1), "{code}: the right example is in the one style");
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
