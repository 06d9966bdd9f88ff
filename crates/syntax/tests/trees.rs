//! Every construct with its tree, spans and all.

use expect_test::expect_file;
use pluto_syntax::{dump, parse};

fn tree(source: &str) -> String {
    let parse = parse(source);
    assert_eq!(parse.errors, []);
    dump(&parse.tree, source)
}

#[test]
fn items() {
    expect_file!["trees/items.tree"].assert_eq(&tree(include_str!("trees/items.pluto")));
}

#[test]
fn types() {
    expect_file!["trees/types.tree"].assert_eq(&tree(include_str!("trees/types.pluto")));
}

#[test]
fn precedence() {
    expect_file!["trees/precedence.tree"].assert_eq(&tree(include_str!("trees/precedence.pluto")));
}

#[test]
fn newlines() {
    expect_file!["trees/newlines.tree"].assert_eq(&tree(include_str!("trees/newlines.pluto")));
}

#[test]
fn angle_brackets() {
    expect_file!["trees/angles.tree"].assert_eq(&tree(include_str!("trees/angles.pluto")));
}

#[test]
fn patterns() {
    expect_file!["trees/patterns.tree"].assert_eq(&tree(include_str!("trees/patterns.pluto")));
}

#[test]
fn texts() {
    expect_file!["trees/texts.tree"].assert_eq(&tree(include_str!("trees/texts.pluto")));
}

#[test]
fn control() {
    expect_file!["trees/control.tree"].assert_eq(&tree(include_str!("trees/control.pluto")));
}
