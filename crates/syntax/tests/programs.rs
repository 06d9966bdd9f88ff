//! Whole programs without a mistake.

use pluto_syntax::parse;

/// Every construct of the language.
const WHOLE: &str = include_str!("programs/whole.pluto");

#[test]
fn the_whole_language_parses() {
    assert_eq!(parse(WHOLE).errors, []);
}
