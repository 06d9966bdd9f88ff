//! What holds of every program, right or wrong: the checker does not fail, says the same twice, and does not depend on the
//! order of files.

#[path = "../generate/change.rs"]
mod change;

use std::path::PathBuf;
use std::sync::LazyLock;

use pluto_check::{CheckError, Input};
use pluto_source::{Diagnostic, File, FileId, Files, Mendable, Severity, mend};
use pluto_syntax::Parse;
use proptest::prelude::{Just, Strategy, any, prop};
use proptest::{prop_assert, prop_assert_eq, proptest};

/// Programs to begin with: the cases of the checker, the sample programs, and the blocks of the reference.
fn corpus() -> Vec<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut found: Vec<String> = Vec::new();
    let texts = |directory: &str| {
        let entries = std::fs::read_dir(root.join(directory)).expect("the directory is there");
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        let texts: Vec<String> = paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
        texts
    };
    for text in texts("tests/cases") {
        for case in text.split("## ").skip(1) {
            let (source, _) = case.split_once("----").expect("a case has a line of dashes");
            found.push(source.split_once('\n').map_or(String::new(), |(_, source)| source.to_owned()));
        }
    }
    found.extend(texts("../../examples/pluto"));
    for chapter in texts("../../docs/reference") {
        let blocks = chapter.split("```pluto\n").skip(1).filter_map(|block| block.split_once("```"));
        found.extend(blocks.map(|(block, _)| block.to_owned()));
    }
    found
}

static CORPUS: LazyLock<Vec<String>> = LazyLock::new(corpus);

fn check(files: &Files, parses: &[(String, FileId, Parse)], order: &[usize]) -> (Vec<CheckError>, String) {
    let mut input = Input::new(files);
    let mut sound = true;
    for at in order {
        let (module, file, parse) = &parses[*at];
        sound &= parse.errors.is_empty();
        input = input.with(module, *file, parse);
    }
    let checked = pluto_check::check(&input);
    let invalid =
        if sound { pluto_check::validate(&checked) } else { pluto_check::validate_untyped(&checked) };
    assert_eq!(invalid, Vec::<String>::new());
    let said = checked.diagnostics().iter().map(|said| format!("{said:?}\n")).collect();
    (checked.errors, said)
}

/// One file: whether it parses.
fn check_text(text: &str) -> bool {
    let mut files = Files::new();
    let file = files.add(File::new("main.pluto", text));
    let parses = [("main".to_owned(), file, pluto_syntax::parse(text))];
    let once = check(&files, &parses, &[0]);
    assert_eq!(once, check(&files, &parses, &[0]), "{text}");
    parses[0].2.errors.is_empty()
}

/// A program of one file, checked.
struct One {
    files: Files,
    file: FileId,
    diagnostics: Vec<Diagnostic>,
}

impl One {
    fn new(text: &str) -> Self {
        let mut files = Files::new();
        let file = files.add(File::new("main", text));
        let parse = pluto_syntax::parse(text);
        let mut diagnostics: Vec<_> = parse.errors.iter().map(|error| error.diagnostic(file)).collect();
        diagnostics.extend(pluto_check::check(&Input::new(&files).with("main", file, &parse)).diagnostics());
        Self { files, file, diagnostics }
    }

    /// How many errors there are, those of syntax before all.
    fn errors(&self) -> (usize, usize) {
        let errors = self.diagnostics.iter().filter(|found| found.code.severity == Severity::Error);
        (errors.clone().filter(|found| found.code.is_of_syntax()).count(), errors.count())
    }
}

impl Mendable for One {
    type Key = FileId;

    fn files(&self) -> &Files {
        &self.files
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    fn key(&self, _: FileId) -> Option<&FileId> {
        Some(&self.file)
    }
}

/// Mends a text, by sure fixes or by all; gives what came of it, and the new text.
fn mended(text: &str, all: bool) -> (One, String) {
    let check = |texts: &std::collections::BTreeMap<FileId, String>| {
        Ok::<_, std::convert::Infallible>(One::new(texts.get(&FileId(0)).map_or(text, String::as_str)))
    };
    let Ok(mended) = mend(all, check);
    let new = mended.program.files.get(FileId(0)).map_or(String::new(), |file| file.text().to_owned());
    assert_eq!(mended.changes.is_empty(), new == text);
    (mended.program, new)
}

proptest! {
    #[test]
    fn changed_programs_are_checked(choices in prop::collection::vec(any::<u8>(), 0..40)) {
        check_text(&change::changed(&CORPUS, &choices, |_| true));
    }

    #[test]
    fn the_order_of_files_is_nothing(order in Just((0..6).collect::<Vec<usize>>()).prop_shuffle()) {
        let texts = [
            "import b\nimport c.{g as h}\nfn main() { b.f(h(1))! }\nconst A = b.B + 1",
            "import c\npub fn f(x: int) {\n    print(c.g(x))\n    raise E {}\n}\npub error E {}\npub const B = c.C",
            "pub fn g(x: int) int { x + y }\npub const C = 2\nfn unused() {}",
            "import a\nimport e\ntrait T { fn t(self) int }\nimpl T for int { fn t(self) int { 1 } }",
            "import d\npub fn f() {}",
            "impl T for int { fn t(self) int { 1 } }\nclass P { x: strng }\napp Q[p: P, i: int] { fn main(self) {} }",
        ];
        let mut files = Files::new();
        let parses: Vec<(String, FileId, Parse)> = texts.iter().zip(["a", "b", "c", "d", "e", "f"]).map(|(text, name)| {
            let file = files.add(File::new(format!("{name}.pluto"), *text));
            (name.to_owned(), file, pluto_syntax::parse(text))
        }).collect();
        let plain = check(&files, &parses, &[0, 1, 2, 3, 4, 5]);
        prop_assert_eq!(check(&files, &parses, &order), plain);
    }

    /// Mending leaves no more errors than there were, and nothing more to mend for sure. Where it takes an error of syntax away, what
    /// stands on that line is judged, and may be wrong too.
    #[test]
    fn mending_ends_and_leaves_no_more_errors(choices in prop::collection::vec(any::<u8>(), 0..60)) {
        let text = change::changed(&CORPUS, &choices, |_| true);
        let before = One::new(&text).errors();
        let (sure, new) = mended(&text, false);
        prop_assert!(sure.errors() <= before, "{:?} for {before:?}:\n{text}\n---\n{new}", sure.errors());
        prop_assert_eq!(mended(&new, false).1, new);
        let (all, new) = mended(&text, true);
        prop_assert!(all.errors() <= before, "{:?} for {before:?}:\n{text}\n---\n{new}", all.errors());
    }
}

#[test]
fn a_sure_fix_that_only_shows_more_mistakes_is_taken_back() {
    let text = "}\nerror E {}\nfn numbers() stream stream int {\n    yield 1\n    raise E {}\nfn fn sum(mut of: Iterator<int>) int {\n    of.count()\n}\nfn main() { print(sum(numbers()!)) }\n";
    let (sure, new) = mended(text, false);
    assert!(sure.errors() <= One::new(text).errors(), "{:?}:\n{new}", sure.errors());
}

#[test]
fn a_keyword_is_no_name_that_was_probably_meant() {
    let text = "fn main() {\n    let let = 1\n    leet(2)\n}\n";
    let (all, new) = mended(text, true);
    assert!(all.errors() <= One::new(text).errors(), "{new}");
    assert!(!new.contains("let(2)"), "{new}");
}

/// The changes are of use only where most of what comes out still parses: the fuzz target `check` makes the same ones.
#[test]
fn most_changes_get_past_the_parser() {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    let runs = 500;
    let parsed = (0..runs).filter(|_| {
        let choices: Vec<u8> = (0..24).map(|_| next()).collect();
        check_text(&change::changed(&CORPUS, &choices, |_| true))
    });
    let parsed = parsed.count();
    assert!(parsed * 100 >= runs * 30, "{parsed} of {runs}");
}
