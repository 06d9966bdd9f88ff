//! `cargo xtask tidy`: the invariants of `ARCHITECTURE.md` and the rules of `CONTRIBUTING.md` that a program can check.

mod exceptions;
mod layers;
mod licences;
mod rules;
mod source;

use std::fmt;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Error, IoContext, Result};
use crate::{metadata, run, workspace};

/// The licence policy.
const DENY: &str = "deny.toml";

/// One place where a rule does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Violation {
    rule: &'static str,
    path: String,
    line: usize,
    /// The function, where the rule is about one.
    item: Option<String>,
    /// What was measured, where the rule is about a size.
    measure: Option<usize>,
    text: String,
}

impl Violation {
    fn at(rule: &'static str, path: &str, line: usize, text: impl Into<String>) -> Self {
        Self { rule, path: path.to_owned(), line, item: None, measure: None, text: text.into() }
    }

    fn measured(mut self, item: Option<&str>, measure: usize) -> Self {
        self.item = item.map(str::to_owned);
        self.measure = Some(measure);
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: [{}] {}", self.path, self.line, self.rule, self.text)
    }
}

/// Workspaces beside the main one. Their dependencies are only fetched where somebody asks for all licences.
const OTHER_WORKSPACES: [&str; 2] = ["fuzz/Cargo.toml", "tools/amqp-load/Cargo.toml"];

/// `cargo xtask tidy [--all]`: prints every violation; with `--all`, licences in the other workspaces too.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let all = match arguments {
        [] => false,
        [word] if word == "--all" => true,
        _ => return Err(Error::Usage("`tidy` takes nothing, or --all".to_owned())),
    };
    let files = tracked()?;
    let mut found = Vec::new();
    for path in &files {
        // What is no text has no lines to check.
        let Ok(text) = fs::read_to_string(workspace::path(path)) else { continue };
        found.extend(rules::any(path, &text));
        if path.ends_with(".rs") {
            found.extend(rules::rust(path, &text));
        }
    }
    found.extend(layers::check(&metadata::members()?));
    found.extend(licence_violations(all)?);
    found.extend(chores_without_words()?);
    let list = read(exceptions::PATH)?;
    let left = exceptions::apply(&list, found);
    for violation in &left {
        println!("{violation}");
    }
    if !left.is_empty() {
        return Err(Error::Untidy { violations: left.len() });
    }
    println!("{} files are tidy", files.len());
    Ok(())
}

/// Files that git tracks, or would once added; paths relative to the root.
fn tracked() -> Result<Vec<String>> {
    let mut list = run::command(
        "git",
        ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
    );
    let listed = run::capture(list.current_dir(workspace::root()))?;
    let existing = |path: &&str| !path.is_empty() && workspace::path(path).is_file();
    Ok(listed.split('\0').filter(existing).map(str::to_owned).collect())
}

fn read(path: &str) -> Result<String> {
    let path = workspace::path(path);
    fs::read_to_string(&path).at("read", path)
}

fn licence_violations(all: bool) -> Result<Vec<Violation>> {
    let (policy, mut found) = licences::policy(DENY, &read(DENY)?);
    let today = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let others = OTHER_WORKSPACES.into_iter().filter(|path| all && workspace::path(path).exists());
    let mut foreign = Vec::new();
    for manifest in std::iter::once("Cargo.toml").chain(others) {
        let packages = metadata::packages(&workspace::path(manifest), true)?;
        foreign.extend(packages.into_iter().filter(|package| !package.own));
    }
    foreign.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    foreign.dedup_by(|a, b| a.name == b.name && a.version == b.version);
    found.extend(licences::check(DENY, &policy, &foreign, &licences::day(today)));
    Ok(found)
}

/// Every chore that `cargo xtask help` lists is explained in `CONTRIBUTING.md`.
fn chores_without_words() -> Result<Vec<Violation>> {
    let path = "CONTRIBUTING.md";
    let text = read(path)?;
    let missing = crate::chores().filter(|chore| !text.contains(&format!("`cargo xtask {chore}")));
    Ok(missing
        .map(|chore| {
            Violation::at("chore-docs", path, 1, format!("says nothing about `cargo xtask {chore}`"))
        })
        .collect())
}
