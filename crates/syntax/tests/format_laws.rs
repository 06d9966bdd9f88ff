//! What holds of the formatter whatever the program: nothing is lost, the tree stays, and a second time changes nothing.

#[path = "generate/program.rs"]
mod generate;
#[path = "format_laws/laws.rs"]
mod laws;

use laws::{check, texts};
use pluto_syntax::token::{Kind, Token};
use pluto_syntax::tree::StmtId;
use pluto_syntax::{format, parse};
use proptest::prelude::*;

/// Every construct of the language.
const WHOLE: &str = include_str!("programs/whole.pluto");

/// The cases of the parser: lists with commas at their ends, lines that go on, and other things that one can write.
const CASES: [&str; 12] = [
    include_str!("format/comments.pluto"),
    include_str!("format/expressions.pluto"),
    include_str!("format/items.pluto"),
    include_str!("format/statements.pluto"),
    include_str!("trees/angles.pluto"),
    include_str!("trees/control.pluto"),
    include_str!("trees/items.pluto"),
    include_str!("trees/newlines.pluto"),
    include_str!("trees/patterns.pluto"),
    include_str!("trees/precedence.pluto"),
    include_str!("trees/texts.pluto"),
    include_str!("trees/types.pluto"),
];

/// What can stand between two tokens.
const TRIVIA: [&str; 9] = [
    " ",
    "\n",
    "\n\n\n",
    " // line\n",
    "\n\n// own line\n\n",
    " /* inline */ ",
    " /* behind */\n",
    "\n/* own\n line */\n",
    "\n /* before */ ",
];

/// The program with other trivia between some of its tokens: behind each token its place in `TRIVIA`, if any.
fn with_trivia(words: &[(&str, &str)], other: &[(usize, usize)]) -> String {
    let mut source = String::new();
    for (at, (word, gap)) in words.iter().enumerate() {
        source += word;
        let chosen = other.iter().find(|(place, _)| *place == at);
        source += chosen.map_or(gap, |(_, trivia)| TRIVIA[*trivia]);
    }
    source
}

/// The tokens of a program, each with what stands behind it.
fn gaps(source: &str) -> Vec<(&str, &str)> {
    let words: Vec<(Token, &str)> =
        texts(source).into_iter().filter(|(token, _)| !token.kind.is_trivia()).collect();
    let starts = words.iter().skip(1).map(|(token, _)| token.start as usize).chain([source.len()]);
    words
        .iter()
        .zip(starts)
        .map(|((token, text), next)| (*text, &source[token.start as usize + text.len()..next]))
        .collect()
}

/// All places of a program where other trivia can stand and it stays a program.
fn places(words: &[(&str, &str)]) -> Vec<(usize, usize)> {
    let pairs = (0..words.len()).flat_map(|at| (0..TRIVIA.len()).map(move |trivia| (at, trivia)));
    pairs.filter(|pair| parse(&with_trivia(words, &[*pair])).errors.is_empty()).collect()
}

/// Small programs that a program is made of: its declarations, and the statements of those that are long.
fn pieces(source: &str) -> Vec<String> {
    let parsed = parse(source);
    let nodes = &parsed.tree.nodes;
    let mut pieces = Vec::new();
    for item in &parsed.tree.items {
        let text = nodes.span(*item).of(source);
        if text.lines().count() < 12 {
            pieces.push(text.to_owned());
        }
    }
    let statements = nodes.ids::<StmtId>().map(|id| nodes.span(id).of(source));
    pieces
        .extend(statements.filter(|text| text.len() > 12).map(|text| format!("fn f() {{\n    {text}\n}}\n")));
    pieces.retain(|piece| parse(piece).errors.is_empty());
    pieces
}

/// Words that are names everywhere but in their places.
const SOFT: [&str; 16] = [
    "actor",
    "after",
    "app",
    "bind",
    "default",
    "ensures",
    "error",
    "f",
    "invariant",
    "later",
    "raises",
    "requires",
    "stream",
    "test",
    "type",
    "with",
];

/// The program with names that are longer by so many letters, so that less has room.
fn lengthened(source: &str, by: usize) -> String {
    let words = texts(source).into_iter().map(|(token, text)| {
        let longer = token.kind == Kind::Name && !SOFT.contains(&text);
        if longer { format!("{text}{}", "x".repeat(by)) } else { text.to_owned() }
    });
    words.collect()
}

#[test]
fn the_whole_language() {
    for by in 0..60 {
        for source in CASES.into_iter().chain([WHOLE]) {
            check(&lengthened(source, by)).unwrap_or_else(|broken| panic!("{broken}"));
        }
    }
    check("").unwrap();
    check("\n\n// only\n\n\n/* comments */").unwrap();
}

#[test]
fn any_trivia_anywhere() {
    let mut tried = 0;
    let mut broken = Vec::new();
    for piece in CASES.into_iter().chain([WHOLE]).flat_map(pieces) {
        let words = gaps(&piece);
        for place in places(&words) {
            tried += 1;
            broken.extend(check(&with_trivia(&words, &[place])).err());
        }
    }
    assert!(
        broken.is_empty(),
        "{} of {tried}:\n{}",
        broken.len(),
        broken.iter().take(3).cloned().collect::<String>()
    );
    assert!(tried > 8_000, "{tried}");
}

/// The files of a directory of the repository that end so, with their paths.
fn files(directory: &str, ending: &str) -> Vec<(String, String)> {
    let directory = format!("{}/../../{directory}", env!("CARGO_MANIFEST_DIR"));
    let entries = std::fs::read_dir(directory).expect("the directory is there");
    let paths = entries.map(|entry| entry.expect("readable").path());
    let files = paths.filter(|path| path.extension().is_some_and(|of_path| of_path == ending));
    files.map(|path| (path.display().to_string(), std::fs::read_to_string(path).expect("UTF-8"))).collect()
}

#[test]
fn the_examples_are_in_the_one_style() {
    let examples = files("examples/pluto", "pluto");
    assert!(examples.len() >= 15, "{}", examples.len());
    for (path, source) in examples {
        assert_eq!(format(&source).as_ref(), Ok(&source), "{path}");
        for by in 0..40 {
            check(&lengthened(&source, by)).unwrap_or_else(|broken| panic!("{path}: {broken}"));
        }
    }
}

#[test]
fn the_reference() {
    let mut blocks = 0;
    for (path, chapter) in files("docs/reference", "md") {
        for block in chapter.split("```pluto").skip(1) {
            let (info, text) = block.split_once('\n').expect("a block has lines");
            let text = text.split("```").next().unwrap_or_default();
            let body = info.split(' ').any(|word| word == "body");
            let source = if body { format!("fn main() {{\n{text}}}\n") } else { text.to_owned() };
            if parse(&source).errors.is_empty() {
                blocks += 1;
                check(&source).unwrap_or_else(|broken| panic!("{path}: {broken}"));
            }
        }
    }
    assert!(blocks > 300, "{blocks}");
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 2_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn much_trivia_at_once(seed in prop::collection::vec((any::<prop::sample::Index>(), 0..TRIVIA.len()), 1..40), piece in any::<prop::sample::Index>(), longer in 0_usize..40) {
        let pieces: Vec<String> = CASES.into_iter().chain([WHOLE]).flat_map(pieces).collect();
        let piece = lengthened(&pieces[piece.index(pieces.len())], longer);
        let words = gaps(&piece);
        let mut chosen: Vec<(usize, usize)> = Vec::new();
        for (place, trivia) in seed {
            let pair = (place.index(words.len()), trivia);
            if !chosen.iter().any(|(at, _)| *at == pair.0) {
                chosen.push(pair);
                if !parse(&with_trivia(&words, &chosen)).errors.is_empty() {
                    chosen.pop();
                }
            }
        }
        check(&with_trivia(&words, &chosen)).map_err(TestCaseError::fail)?;
    }
    #[test]
    fn generated_programs(choices in prop::collection::vec(any::<u8>(), 0..600), longer in 0_usize..40) {
        let source = lengthened(&generate::program(&choices), longer);
        prop_assume!(parse(&source).errors.is_empty());
        check(&source).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn a_short_start_is_short_whatever_lines_it_has() {
    let start = "const LIMIT = f\n    ?.c.more()!\n    ?.c(";
    let call = "many, things, that, have, no, room, on, the, line, of, the, first, call, of, the, chain)\n";
    check(&format!("{start}{call}")).unwrap_or_else(|broken| panic!("{broken}"));
}
