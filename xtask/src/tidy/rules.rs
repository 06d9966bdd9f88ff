//! The rules that look at one file at a time. Each has a sample that breaks it in the tests below.

use super::Violation;
use super::source::{Function, Source, words};

/// Lines of a function over which it must be split.
const FUNCTION_LINES: usize = 120;

/// Lines of a file, tests left out, over which it must be split.
const FILE_LINES: usize = 1_000;

/// Crates that do no IO and read no clock.
pub(super) const PURE: [&str; 13] = [
    "docs",
    "source",
    "syntax",
    "check",
    "ir",
    "std",
    "term",
    "text",
    "event",
    "history",
    "tape",
    "matchspec",
    "language",
];

/// Parts of `std` that do IO, read the clock or start threads. `Duration` is a number and may be used.
const IMPURE_STD: [&str; 6] = ["fs", "net", "time", "env", "process", "thread"];

/// Crates that read the network, files or what a user typed: nothing in them may panic on it.
const GUARDED: [&str; 13] = [
    "agent",
    "capture",
    "dist",
    "docs",
    "export",
    "host",
    "matchspec",
    "pluto",
    "recording",
    "source",
    "syntax",
    "term",
    "timeline",
];

/// The lints that a guarded crate denies at its root.
const GUARD: [&str; 4] =
    ["clippy::unwrap_used", "clippy::expect_used", "clippy::indexing_slicing", "clippy::panic"];

/// Hosts that tracked files may name in a web address: homes of the formats, tools and documents that Pluto refers to.
/// Anything else, a package mirror of one machine for example, does not belong in the repository.
const HOSTS: [&str; 22] = [
    "127.0.0.1",
    "arrow.apache.org",
    "datatracker.ietf.org",
    "doc.rust-lang.org",
    "docs.oasis-open.org",
    "docs.rs",
    "elixir-lang.org",
    "erlang.org",
    "example.com",
    "example.org",
    "github.com",
    "hexdocs.pm",
    "localhost",
    "mermaid.js.org",
    "perfetto.dev",
    "spdx.org",
    "ui.perfetto.dev",
    "www.apache.org",
    "www.erlang.org",
    "www.rabbitmq.com",
    "www.rfc-editor.org",
    "www.speedscope.app",
];

/// First directories of absolute paths that only mean something on one machine.
const MACHINE_DIRECTORIES: [&str; 3] = ["home", "root", "work"];

/// Checks a Rust file.
pub(super) fn rust(path: &str, text: &str) -> Vec<Violation> {
    let source = Source::new(text);
    let mut found = Vec::new();
    if path.ends_with("/mod.rs") {
        found.push(Violation::at("mod-rs", path, 1, "write `foo.rs` beside `foo/`, not `foo/mod.rs`"));
    }
    if !text.starts_with("//!") {
        found.push(Violation::at(
            "module-docs",
            path,
            1,
            "the first line says with `//!` what the module is for",
        ));
    }
    sizes(path, &source, &mut found);
    forbidden_words(path, &source, &mut found);
    locks(path, &source, &mut found);
    pure(path, &source, &mut found);
    guarded(path, text, &mut found);
    found
}

/// Checks any text file.
pub(super) fn any(path: &str, text: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for host in hosts(line).filter(|host| !HOSTS.contains(host)) {
            let text = format!("the host `{host}` is not one that files of this repository may name");
            found.push(Violation::at("host", path, number + 1, text));
        }
        for directory in MACHINE_DIRECTORIES {
            if names_directory(line, directory) {
                let text =
                    format!("an absolute path below `/{directory}` means something on one machine only");
                found.push(Violation::at("absolute-path", path, number + 1, text));
            }
        }
    }
    found
}

fn is_test_file(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "tests" | "benches" | "tests.rs" | "fuzz_targets"))
        || path.ends_with("_tests.rs")
}

fn sizes(path: &str, source: &Source, found: &mut Vec<Violation>) {
    for function in source.functions().into_iter().filter(|function| function.lines > FUNCTION_LINES) {
        let text = format!("`{}` has {} lines, the limit is {FUNCTION_LINES}", function.name, function.lines);
        let violation = Violation::at("function-size", path, function.line, text);
        found.push(violation.measured(Some(&function.name), function.lines));
    }
    let lines = source.lines_outside_tests();
    if lines > FILE_LINES && !is_test_file(path) {
        let text = format!("{lines} lines outside tests, the limit is {FILE_LINES}");
        found.push(Violation::at("file-size", path, 1, text).measured(None, lines));
    }
}

fn forbidden_words(path: &str, source: &Source, found: &mut Vec<Violation>) {
    let code = source.code();
    for (rule, start, text) in [
        ("ignored-test", "#[ignore", "a test asserts today's behaviour or is mended, it is never ignored"),
        ("allow", "#[allow(", "write `#[expect(lint, reason = \"…\")]`, which ends with its cause"),
        ("allow", "#![allow(", "write `#![expect(lint, reason = \"…\")]`, which ends with its cause"),
        ("unfinished", "todo!", "nothing unfinished is committed"),
        ("unfinished", "unimplemented!", "nothing unfinished is committed"),
    ] {
        for (offset, _) in code.match_indices(start) {
            found.push(Violation::at(rule, path, source.line_of(offset), text));
        }
    }
    let prefixed = |function: &Function| function.test && function.name.starts_with("test_");
    for function in source.functions().into_iter().filter(prefixed) {
        found.push(Violation::at(
            "test-prefix",
            path,
            function.line,
            "a test is named by what holds, without `test_`",
        ));
    }
}

fn locks(path: &str, source: &Source, found: &mut Vec<Violation>) {
    for lock in ["Arc<Mutex", "Arc<RwLock"] {
        // Named once in a file, the invariant need not be repeated where the same lock is passed on.
        if let Some(offset) = source.code().find(lock) {
            let line = source.line_of(offset);
            if !source.is_explained(line) {
                let text = format!("a comment on `{lock}` names the invariant that it protects");
                found.push(Violation::at("lock", path, line, text));
            }
        }
    }
}

/// The crate that a file of `crates/` belongs to, with the path below it.
fn crate_of(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix("crates/")?.split_once('/')
}

fn pure(path: &str, source: &Source, found: &mut Vec<Violation>) {
    let pure = crate_of(path).filter(|(name, below)| PURE.contains(name) && below.starts_with("src/"));
    let Some((name, _)) = pure.filter(|_| !is_test_file(path)) else { return };
    for offset in words(source.code(), "std").filter(|offset| !source.is_test(*offset)) {
        for used in std_paths(&source.code()[offset + 3..]) {
            let part = used.split("::").next().unwrap_or_default();
            if IMPURE_STD.contains(&part) && used != "time::Duration" {
                let text =
                    format!("`{name}` does no IO and reads no clock, so it does not use `std::{used}`");
                found.push(Violation::at("pure", path, source.line_of(offset), text));
            }
        }
    }
}

/// Spells out the paths behind a `std`: `::fs::File` is one, `::{fs, io::{Read, Write}}` are three.
fn std_paths(after: &str) -> Vec<String> {
    let mut paths = Vec::new();
    if let Some(tree) = after.strip_prefix("::") {
        let end = tree.find([';', ')', '>', '(', '=']).unwrap_or(tree.len());
        expand("", &tree[..end], &mut paths);
    }
    paths
}

/// Expands one use tree, and returns what stands behind it.
fn expand<'a>(prefix: &str, tree: &'a str, paths: &mut Vec<String>) -> &'a str {
    let tree = tree.trim_start();
    if let Some(mut rest) = tree.strip_prefix('{') {
        loop {
            rest = rest.trim_start().trim_start_matches(',').trim_start();
            match rest.strip_prefix('}') {
                Some(behind) => return behind,
                None if rest.is_empty() => return rest,
                None => {
                    let behind = expand(prefix, rest, paths);
                    // What is no use tree would stand still here.
                    rest = if behind.len() == rest.len() { "" } else { behind };
                }
            }
        }
    }
    let end = tree.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '*')).unwrap_or(tree.len());
    let (name, rest) = tree.split_at(end);
    match rest.strip_prefix("::") {
        Some(below) if !name.is_empty() => expand(&format!("{prefix}{name}::"), below, paths),
        _ => {
            if !name.is_empty() {
                paths.push(format!("{prefix}{name}"));
            }
            rest
        }
    }
}

fn guarded(path: &str, text: &str, found: &mut Vec<Violation>) {
    let root = crate_of(path).filter(|(_, below)| matches!(*below, "src/lib.rs" | "src/main.rs"));
    if root.is_none_or(|(name, _)| !GUARDED.contains(&name)) {
        return;
    }
    let start = "#![cfg_attr(not(test),deny(";
    let squeezed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let denied =
        squeezed.split_once(start).and_then(|(_, rest)| rest.split_once("))]")).map_or("", |(list, _)| list);
    let missing: Vec<&str> =
        GUARD.into_iter().filter(|lint| !denied.split(',').any(|word| word == *lint)).collect();
    if !missing.is_empty() {
        let text = format!("reads input, so its root denies {} outside tests", missing.join(", "));
        found.push(Violation::at("guard", path, 1, text));
    }
}

/// Hosts of the web addresses in a line.
fn hosts(line: &str) -> impl Iterator<Item = &str> {
    ["http://", "https://"].into_iter().flat_map(move |scheme| {
        line.match_indices(scheme).filter_map(move |(offset, _)| {
            let rest = &line[offset + scheme.len()..];
            let end = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-'))
                .unwrap_or(rest.len());
            (end > 0).then_some(&rest[..end])
        })
    })
}

fn names_directory(line: &str, directory: &str) -> bool {
    let path = format!("/{directory}/");
    line.match_indices(&path).any(|(offset, _)| {
        let before = line[..offset].chars().next_back();
        !before.is_some_and(|c| {
            c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '}' | '~' | '*' | ')')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{any, rust};

    /// The rules that a file breaks, each with its line.
    fn broken(path: &str, text: &str) -> String {
        let mut found = rust(path, text);
        found.extend(any(path, text));
        found
            .iter()
            .map(|violation| format!("{}:{}", violation.rule, violation.line))
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn body(body: &str) -> String {
        broken("crates/timeline/src/a.rs", &format!("//! Docs.\n{body}"))
    }

    #[test]
    fn each_rule_finds_its_sample() {
        let long = format!("fn a() {{\n{}}}\n", "    b();\n".repeat(119));
        let limit = format!("fn a() {{\n{}}}\n", "    b();\n".repeat(118));
        for (sample, expected) in [
            ("fn fine() {}\n", ""),
            ("#[ignore]\nfn a() {}\n", "ignored-test:2"),
            ("#[ignore = \"later\"]\nfn a() {}\n", "ignored-test:2"),
            ("#[allow(dead_code)]\nfn a() {}\n", "allow:2"),
            ("#![allow(dead_code)]\nfn a() {}\n", "allow:2"),
            ("#[test]\nfn test_a() {}\n", "test-prefix:3"),
            ("#[tokio::test]\nasync fn test_a() {}\n", "test-prefix:3"),
            ("#[test]\nfn a() {}\nfn test_items() {}\n", ""),
            ("fn a() { todo!() }\n", "unfinished:2"),
            ("fn a() { unimplemented!(\"x\") }\n", "unfinished:2"),
            ("// todo! in words\nfn a() { b(\"todo!\") }\n", ""),
            ("struct A(Arc<Mutex<u8>>);\n", "lock:2"),
            ("// Held only while a line is written.\nstruct A(Arc<Mutex<u8>>);\n", ""),
            (&long, "function-size:2"),
            (&limit, ""),
            (&format!("// {}\n", concat!("http", "s://mirror.internal/x")), "host:2"),
            ("// https://www.erlang.org/doc\n", ""),
            (&format!("// in {}\n", concat!("/ho", "me/somebody/x")), "absolute-path:2"),
            ("// in target/work/x\n", ""),
        ] {
            assert_eq!(body(sample), expected, "{sample}");
        }
    }

    #[test]
    fn files_have_docs_and_no_mod_rs() {
        assert_eq!(broken("crates/timeline/src/a.rs", "// Not docs.\n"), "module-docs:1");
        assert_eq!(broken("crates/timeline/src/a/mod.rs", "//! Docs.\n"), "mod-rs:1");
    }

    #[test]
    fn file_size_leaves_tests_out() {
        let code = format!("//! Docs.\n{}", "use a;\n".repeat(1_000));
        assert_eq!(broken("crates/timeline/src/a.rs", &code), "file-size:1");
        assert_eq!(broken("crates/timeline/tests/a.rs", &code), "");
        let tests = format!("//! Docs.\n#[cfg(test)]\nmod tests {{\n{}}}\n", "use a;\n".repeat(1_000));
        assert_eq!(broken("crates/timeline/src/a.rs", &tests), "");
    }

    #[test]
    fn pure_crates_use_no_io() {
        for (sample, expected) in [
            ("use std::fs;\n", "pure:2"),
            ("use std::{io, collections::{HashMap, HashSet}, net::TcpStream};\n", "pure:2"),
            ("use std::time::Duration;\n", ""),
            ("use std::{fmt, time::Duration};\n", ""),
            ("use std::time::Instant;\n", "pure:2"),
            ("fn a() { std::thread::spawn(b); }\n", "pure:2"),
            ("fn a() -> std::collections::BTreeMap<u8, u8> { b }\n", ""),
            ("#[cfg(test)]\nmod tests {\n    use std::process::Command;\n}\n", ""),
        ] {
            let text = format!("//! Docs.\n{sample}");
            assert_eq!(broken("crates/event/src/a.rs", &text), expected, "{sample}");
            assert_eq!(broken("crates/timeline/src/a.rs", &text), "", "{sample}");
        }
    }

    #[test]
    fn crates_that_read_input_deny_panics() {
        let guard = "#![cfg_attr(\n    not(test),\n    deny(clippy::unwrap_used, clippy::expect_used, \
                     clippy::indexing_slicing, clippy::panic)\n)]\n";
        assert_eq!(broken("crates/dist/src/lib.rs", "//! Docs.\n"), "guard:1");
        assert_eq!(broken("crates/dist/src/lib.rs", &format!("//! Docs.\n{guard}")), "");
        let short = guard.replace("clippy::panic", "");
        assert_eq!(broken("crates/pluto/src/main.rs", &format!("//! Docs.\n{short}")), "guard:1");
        assert_eq!(broken("crates/testnode/src/lib.rs", "//! Docs.\n"), "");
    }
}
