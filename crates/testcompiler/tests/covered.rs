//! What random programs consist of: every kind of node, every feature and every pair of features is in at least one program in a
//! hundred, and `docs/generated-programs.md` shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;

use pluto_testcompiler::generate::{Choices, FEATURES, program};
use pluto_testcompiler::{all_kinds, kinds_of};

/// So many programs are looked at.
const PROGRAMS: u32 = 4_000;

/// In how many programs there is what.
#[derive(Default)]
struct Counted {
    kinds: BTreeMap<&'static str, u32>,
    /// Two features, the first of which comes first in the alphabet; one with itself, where it is there at all.
    pairs: BTreeMap<(&'static str, &'static str), u32>,
}

impl Counted {
    fn new() -> Self {
        let mut counted = Self::default();
        for seed in 0..u64::from(PROGRAMS) {
            let made = program(&mut Choices::seeded(seed));
            let mut kinds = BTreeSet::new();
            for (_, text) in &made.files {
                kinds.extend(kinds_of(&pluto_syntax::parse(text).tree.nodes));
            }
            for kind in kinds {
                *counted.kinds.entry(kind).or_default() += 1;
            }
            for (index, first) in made.features.iter().enumerate() {
                for second in &made.features[index..] {
                    *counted.pairs.entry((*first, *second)).or_default() += 1;
                }
            }
        }
        counted
    }

    fn kind(&self, kind: &str) -> u32 {
        self.kinds.get(kind).copied().unwrap_or(0)
    }

    fn pair(&self, one: &'static str, other: &'static str) -> u32 {
        self.pairs.get(&(one.min(other), one.max(other))).copied().unwrap_or(0)
    }
}

/// A share of the programs.
fn share(count: u32) -> String {
    format!("{:.1} %", f64::from(count) * 100.0 / f64::from(PROGRAMS))
}

/// The names of all features in the order of the alphabet.
fn features() -> Vec<&'static str> {
    let mut names: Vec<_> = FEATURES.concat().iter().map(|feature| feature.name).collect();
    names.sort_unstable();
    names
}

/// The document.
fn document(counted: &Counted) -> String {
    let mut out = format!(
        "# What random programs consist of\n\nThe tests make random programs in Pluto that are well typed, each with the output that it must have \
         (`crates/testcompiler/src/generate.rs`). What is here was counted over {PROGRAMS} of them. Each kind of node, each feature and each pair of \
         features must be in 1 % of the programs. A test counts, and `UPDATE_EXPECT=1` writes this file anew.\n\n## Features\n\n\
         | feature | in programs | most seldom with | both in programs |\n| --- | --- | --- | --- |\n"
    );
    let names = features();
    for name in &names {
        let others = names.iter().filter(|other| *other != name);
        let rarest = others.min_by_key(|other| counted.pair(name, other)).copied().unwrap_or_default();
        let (alone, both) = (share(counted.pair(name, name)), share(counted.pair(name, rarest)));
        writeln!(out, "| {name} | {alone} | {rarest} | {both} |").expect("a string takes it");
    }
    out.push_str("\n## Nodes\n\n| kind | in programs |\n| --- | --- |\n");
    for kind in all_kinds() {
        writeln!(out, "| `{kind}` | {} |", share(counted.kind(kind))).expect("a string takes it");
    }
    out
}

#[test]
fn everything_is_in_one_program_in_a_hundred_and_the_table_shows_it() {
    let counted = Counted::new();
    let names = features();
    let pairs =
        names.iter().enumerate().flat_map(|(at, one)| names[at..].iter().map(move |other| (*one, *other)));
    let rare: Vec<_> = pairs.filter(|(one, other)| counted.pair(one, other) * 100 < PROGRAMS).collect();
    assert_eq!(rare, []);
    let rare: Vec<_> = all_kinds().into_iter().filter(|kind| counted.kind(kind) * 100 < PROGRAMS).collect();
    assert_eq!(rare, [""; 0]);

    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/generated-programs.md");
    let document = document(&counted);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &document).expect("the document is written");
    }
    let written = std::fs::read_to_string(&path).expect("the document is there");
    assert!(written == document, "UPDATE_EXPECT=1 writes {}", path.display());
}
