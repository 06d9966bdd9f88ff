//! What holds of every text, and of every program.

#[path = "generate/program.rs"]
mod generate;
#[path = "generate/sound.rs"]
mod sound;

use std::collections::BTreeSet;

use pluto_syntax::tree::Tree;
use pluto_syntax::walk::AnyNode;
use pluto_syntax::{dump, parse};
use proptest::prelude::*;
use sound::{covers, sound};

fn choices() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..400)
}

/// Whether a tree has a node that stands for nothing.
fn has_wrong(tree: &Tree, source: &str) -> bool {
    dump(tree, source).lines().any(|line| {
        line.trim_start()
            .rsplit_once(' ')
            .is_some_and(|(what, _)| what == "wrong" || what.ends_with(": wrong"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_programs_parse(choices in choices()) {
        let source = generate::program(&choices);
        covers(&source);
        let parse = parse(&source);
        prop_assert!(parse.errors.is_empty(), "{source}\n{:?}", parse.errors);
        sound(&source, &parse);
        prop_assert!(!has_wrong(&parse.tree, &source));
    }

    #[test]
    fn changed_programs_have_a_sound_tree(choices in choices(), changes in changes()) {
        let source = change(&generate::program(&choices), &changes);
        covers(&source);
        let parse = parse(&source);
        sound(&source, &parse);
        // What is wrong is said.
        prop_assert!(!parse.errors.is_empty() || !has_wrong(&parse.tree, &source));
    }

    #[test]
    fn any_text_has_a_sound_tree(source in "\\PC{0,60}") {
        covers(&source);
        sound(&source, &parse(&source));
    }

    #[test]
    fn any_sequence_of_tokens_has_a_sound_tree(tokens in prop::collection::vec(token(), 0..60)) {
        let source = tokens.concat();
        covers(&source);
        sound(&source, &parse(&source));
        let in_function = format!("fn f() {{\n{source}\n}}");
        sound(&in_function, &parse(&in_function));
    }
}

/// Changes of a text: where, how much is taken away, and what comes in its place.
fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, usize, &'static str)>> {
    prop::collection::vec((any::<prop::sample::Index>(), 0..6_usize, token()), 1..5)
}

fn change(source: &str, changes: &[(prop::sample::Index, usize, &'static str)]) -> String {
    let mut characters: Vec<char> = source.chars().collect();
    for (at, length, text) in changes {
        let start = at.index(characters.len() + 1);
        let end = (start + length).min(characters.len());
        characters.splice(start..end, text.chars());
    }
    characters.into_iter().collect()
}

fn token() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        " ",
        "\n",
        "\n",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        ".",
        "..",
        "..=",
        "?",
        "?.",
        "??",
        "!",
        "=>",
        "->",
        "=",
        "==",
        "<",
        ">",
        ">>",
        ">=",
        "<<",
        "+",
        "-",
        "+=",
        "and ",
        "or ",
        "not ",
        "as ",
        "is ",
        "catch ",
        "else ",
        "if ",
        "match ",
        "for ",
        "in ",
        "while ",
        "loop ",
        "let ",
        "mut ",
        "fn ",
        "class ",
        "enum ",
        "trait ",
        "impl ",
        "import ",
        "const ",
        "pub ",
        "actor ",
        "error ",
        "type ",
        "test ",
        "app ",
        "bind ",
        "raise ",
        "return ",
        "break ",
        "spawn ",
        "scope ",
        "select ",
        "defer ",
        "assert ",
        "yield ",
        "self",
        "none",
        "true",
        "a",
        "B",
        "x: ",
        "1",
        "1.5",
        "10ms",
        "\"s\"",
        "f\"",
        "\"",
        "\"\"\"",
        "f\"{",
        ":ok",
        "_",
        "//",
        "/*",
        "*/",
        ";",
        "#",
        "é",
        "\u{200b}",
        "raises ",
        "requires ",
        "later",
        "invariant ",
        "var ",
        "\\",
        "|",
        "&",
        "~",
        "%",
        "with ",
        "stream ",
        "after ",
        "default ",
    ])
}

/// A word for what a node is, for the table of what is generated.
fn kind(source: &str, tree: &Tree, seen: &mut BTreeSet<String>) {
    let text = dump(tree, source);
    for line in text.lines() {
        let line = line.trim_start();
        let what = line.rsplit_once(' ').map_or(line, |(what, _)| what);
        let what = what.split_once(": ").map_or(what, |(_, what)| what);
        let word = what.split(' ').next().unwrap_or_default();
        seen.insert(if word.starts_with('`') { "name".into() } else { word.into() });
    }
}

/// Every kind of node is generated often.
#[test]
fn every_kind_of_node_is_generated() {
    let mut seen = BTreeSet::new();
    let mut state = 1_u64;
    for _ in 0..300 {
        let choices: Vec<u8> = (0..400)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            })
            .collect();
        let source = generate::program(&choices);
        kind(&source, &parse(&source).tree, &mut seen);
    }
    let wanted: BTreeSet<String> = EVERY_KIND.split_whitespace().map(String::from).collect();
    assert_eq!(wanted.difference(&seen).collect::<Vec<_>>(), Vec::<&String>::new());
    let size = size_of::<AnyNode>();
    assert!(size <= 64, "a node is {size} bytes");
}

/// As the dump calls them.
const EVERY_KIND: &str = "import function class actor enum trait impl error type const app bind test fn self param \
    type-param field variant dependency requires ensures invariant binding imported argument entry text hole arm \
    operation after default let assign defer assert expression int float bool duration atom name interpolated none \
    array map tuple paren class-literal block if match for while loop break continue return raise yield spawn scope \
    select closure Negate Invert Not Multiply Divide Remainder Add Subtract ShiftLeft ShiftRight BitAnd BitXor BitOr \
    Equal NotEqual Less LessOrEqual Greater GreaterOrEqual And Or Coalesce range as is apply call index member try \
    propagate later handle any rest bind literal or named optional";

#[test]
fn each_block_of_the_reference_has_a_sound_tree() {
    let reference = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference");
    let mut folders = vec![std::path::PathBuf::from(reference)];
    let mut blocks = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for block in text.split("```pluto").skip(1) {
                let (_, block) = block.split_once('\n').unwrap();
                let (block, _) = block.split_once("```").unwrap();
                covers(block);
                sound(block, &parse(block));
                blocks += 1;
            }
        }
    }
    assert!(blocks > 600, "{blocks}");
}
