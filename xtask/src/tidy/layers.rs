//! Which crate may use which: dependencies point downwards only, and pure crates pull in no runtime.

use super::Violation;
use super::rules::PURE;
use crate::metadata::Package;

/// Each crate of the workspace with those crates of the workspace that it may use outside its tests. A new edge is an
/// architectural change: it is made here and in `ARCHITECTURE.md`.
const LAYERS: [(&str, &[&str]); 26] = [
    ("pluto-event", &[]),
    ("pluto-source", &[]),
    ("pluto-syntax", &["pluto-source"]),
    ("pluto-check", &["pluto-source", "pluto-syntax"]),
    ("pluto-docs", &["pluto-source", "pluto-syntax"]),
    ("pluto-text", &[]),
    ("pluto-host", &[]),
    ("pluto-std", &["pluto-source", "pluto-syntax"]),
    ("pluto-ir", &["pluto-check", "pluto-host", "pluto-source", "pluto-term", "pluto-text"]),
    ("pluto-runtime", &["pluto-host", "pluto-term", "pluto-text"]),
    ("pluto-native", &["pluto-host", "pluto-runtime"]),
    ("pluto-codegen", &["pluto-host", "pluto-ir", "pluto-runtime", "pluto-source"]),
    ("pluto-term", &[]),
    ("pluto-matchspec", &["pluto-term"]),
    ("pluto-dist", &["pluto-term"]),
    ("pluto-agent", &["pluto-term"]),
    ("pluto-recording", &["pluto-event"]),
    ("pluto-timeline", &["pluto-event", "pluto-matchspec", "pluto-recording", "pluto-source", "pluto-term"]),
    ("pluto-export", &["pluto-event", "pluto-term", "pluto-timeline"]),
    (
        "pluto-capture",
        &["pluto-agent", "pluto-dist", "pluto-event", "pluto-matchspec", "pluto-source", "pluto-term"],
    ),
    (
        "pluto",
        &[
            "pluto-agent",
            "pluto-capture",
            "pluto-check",
            "pluto-codegen",
            "pluto-dist",
            "pluto-docs",
            "pluto-event",
            "pluto-export",
            "pluto-host",
            "pluto-ir",
            "pluto-matchspec",
            "pluto-native",
            "pluto-recording",
            "pluto-source",
            "pluto-std",
            "pluto-syntax",
            "pluto-term",
            "pluto-timeline",
        ],
    ),
    ("pluto-testcompiler", &["pluto-check", "pluto-source", "pluto-std", "pluto-syntax"]),
    ("pluto-compilefuzz", &["pluto-codegen", "pluto-ir", "pluto-testcompiler"]),
    ("pluto-testnode", &[]),
    ("pluto-examples", &[]),
    ("xtask", &["pluto-examples"]),
];

/// Crates from outside that a pure crate does not use.
const RUNTIMES: [&str; 5] = ["tokio", "tokio-rustls", "rustls", "mio", "memmap2"];

/// Crates for measuring sit beside the layers: they may use everything, and nothing may use them.
fn is_bench(name: &str) -> bool {
    name == "pluto-bench"
}

/// Checks the dependencies that the members of the workspace declare.
pub(super) fn check(members: &[Package]) -> Vec<Violation> {
    members.iter().filter(|member| !is_bench(&member.name)).flat_map(check_member).collect()
}

fn check_member(member: &Package) -> Vec<Violation> {
    let Some((_, may_use)) = LAYERS.iter().find(|(name, _)| *name == member.name) else {
        let text =
            format!("`{}` has no place in the table of layers in xtask/src/tidy/layers.rs", member.name);
        return vec![Violation::at("layers", "Cargo.toml", 1, text)];
    };
    let short = member.name.strip_prefix("pluto-").unwrap_or(&member.name);
    let manifest =
        if short == "xtask" { "xtask/Cargo.toml".to_owned() } else { format!("crates/{short}/Cargo.toml") };
    let own = |name: &str| LAYERS.iter().any(|(known, _)| *known == name) || name.starts_with("pluto");
    let mut found = Vec::new();
    for dependency in member.dependencies.iter().filter(|dependency| !dependency.dev) {
        let name = dependency.name.as_str();
        if own(name) && !may_use.contains(&name) {
            let text = format!("`{}` may not use `{name}`", member.name);
            found.push(Violation::at("layers", &manifest, 1, text));
        }
        if PURE.contains(&short) && RUNTIMES.contains(&name) {
            let text = format!("`{}` does no IO, so it does not use `{name}`", member.name);
            found.push(Violation::at("layers", &manifest, 1, text));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::metadata::{Dependency, Package};

    fn found(name: &str, dependency: &str, dev: bool) -> Vec<String> {
        let package = Package {
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            licence: None,
            own: true,
            dependencies: vec![Dependency { name: dependency.to_owned(), dev }],
            benches: vec![],
        };
        check(&[package]).into_iter().map(|violation| violation.text).collect()
    }

    #[test]
    fn dependencies_point_downwards() {
        let none: [&str; 0] = [];
        assert_eq!(found("pluto-dist", "pluto-term", false), none);
        assert_eq!(found("pluto-term", "pluto-dist", false), ["`pluto-term` may not use `pluto-dist`"]);
        assert_eq!(found("pluto-term", "pluto-testnode", true), none);
        assert_eq!(
            found("pluto-term", "pluto-testnode", false),
            ["`pluto-term` may not use `pluto-testnode`"]
        );
        assert_eq!(
            found("pluto-event", "tokio", false),
            ["`pluto-event` does no IO, so it does not use `tokio`"]
        );
        assert_eq!(found("pluto-dist", "tokio", false), none);
        assert_eq!(
            found("pluto-more", "tokio", false),
            ["`pluto-more` has no place in the table of layers in xtask/src/tidy/layers.rs"]
        );
    }
}
