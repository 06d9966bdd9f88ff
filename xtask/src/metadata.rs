//! What cargo knows about the workspace.

use std::path::Path;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::{run, workspace};

/// A dependency as a manifest declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Needed by tests, benchmarks and examples only.
    pub(crate) dev: bool,
}

/// One package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The licence expression, or none where the manifest has none.
    pub(crate) licence: Option<String>,
    /// A member of this workspace, not something downloaded.
    pub(crate) own: bool,
    pub(crate) dependencies: Vec<Dependency>,
    /// Names of the targets of kind `bench`.
    pub(crate) benches: Vec<String>,
}

/// The packages of the workspace whose manifest this is, with all their dependencies where `all` is set.
pub(crate) fn packages(manifest: &Path, all: bool) -> Result<Vec<Package>> {
    let mut command = run::command("cargo", ["metadata", "--format-version=1", "--manifest-path"]);
    command.arg(manifest);
    if !all {
        command.arg("--no-deps");
    }
    // A captured success holds standard output only, so that cargo's messages stay out of the JSON.
    let text = run::capture(&mut command)?;
    parse(&text).ok_or_else(|| Error::Unexpected {
        what: "expected packages in the answer of `cargo metadata`".to_owned(),
        found: text.chars().take(200).collect(),
    })
}

/// The packages of this workspace alone.
pub(crate) fn members() -> Result<Vec<Package>> {
    packages(&workspace::path("Cargo.toml"), false)
}

fn parse(text: &str) -> Option<Vec<Package>> {
    let document: Value = serde_json::from_str(text).ok()?;
    document.get("packages")?.as_array()?.iter().map(package).collect()
}

fn package(value: &Value) -> Option<Package> {
    let string = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let dependencies = value.get("dependencies")?.as_array()?;
    let targets = value.get("targets")?.as_array()?;
    let is_bench = |target: &&Value| {
        target
            .get("kind")
            .and_then(Value::as_array)
            .is_some_and(|kinds| kinds.iter().any(|kind| kind == "bench"))
    };
    Some(Package {
        name: string("name")?,
        version: string("version")?,
        licence: string("license"),
        own: value.get("source").is_none_or(Value::is_null),
        dependencies: dependencies.iter().filter_map(dependency).collect(),
        benches: targets
            .iter()
            .filter(is_bench)
            .filter_map(|target| target.get("name")?.as_str().map(str::to_owned))
            .collect(),
    })
}

fn dependency(value: &Value) -> Option<Dependency> {
    let name = value.get("name")?.as_str()?.to_owned();
    let dev = value.get("kind").and_then(Value::as_str) == Some("dev");
    Some(Dependency { name, dev })
}
