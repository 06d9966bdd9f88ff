//! `pluto.toml`: what stands in it, and what is wrong with it.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use toml::{Spanned, Value};

/// What stands in a `pluto.toml`.
pub(crate) struct Manifest {
    /// The name of the package.
    pub(crate) name: String,
    /// The edition of the language.
    pub(crate) edition: i64,
    /// Where other packages are, from the directory of the `pluto.toml`, by the name under which they are imported.
    pub(crate) dependencies: BTreeMap<String, PathBuf>,
}

/// What is wrong with a `pluto.toml`.
pub(crate) struct Fault {
    /// The line that it is on; nothing where something is not there.
    pub(crate) line: Option<usize>,
    what: Wrong,
}

enum Wrong {
    /// It is no TOML.
    Syntax(String),
    /// A key that means nothing, and those that do.
    UnknownKey { key: String, known: &'static str },
    /// A key that is not there.
    Missing(&'static str),
    /// A value of another kind.
    Kind { key: String, needed: &'static str },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            Wrong::Syntax(message) => f.write_str(message),
            Wrong::UnknownKey { key, known } => write!(f, "`{key}` means nothing here: there are {known}"),
            Wrong::Missing(key) => write!(f, "`{key}` is missing"),
            Wrong::Kind { key, needed } => write!(f, "`{key}` is {needed}"),
        }
    }
}

type Entries = BTreeMap<Spanned<String>, Spanned<Value>>;

#[derive(Deserialize)]
struct Dependencies {
    #[serde(default)]
    dependencies: Entries,
}

impl Manifest {
    /// Reads a `pluto.toml`.
    pub(crate) fn read(text: &str) -> Result<Self, Fault> {
        let fault = |at: usize, what| {
            let before = text.get(..at).unwrap_or_default();
            Fault { line: Some(before.matches('\n').count() + 1), what }
        };
        let syntax = |error: toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start);
            fault(at, Wrong::Syntax(error.message().to_owned()))
        };
        let kind = |key: &Spanned<String>, needed| {
            fault(key.span().start, Wrong::Kind { key: key.get_ref().clone(), needed })
        };
        let entries: Entries = toml::from_str(text).map_err(syntax)?;
        let (mut name, mut edition) = (None, None);
        for (key, value) in &entries {
            match (key.get_ref().as_str(), value.get_ref()) {
                ("name", Value::String(text)) => name = Some(text.clone()),
                ("name", _) => return Err(kind(key, "a string")),
                ("edition", Value::Integer(number)) => edition = Some(*number),
                ("edition", _) => return Err(kind(key, "a number")),
                ("dependencies", Value::Table(_)) => {}
                ("dependencies", _) => return Err(kind(key, "a table")),
                (other, _) => {
                    let known = "`name`, `edition` and `[dependencies]`";
                    return Err(fault(key.span().start, Wrong::UnknownKey { key: other.to_owned(), known }));
                }
            }
        }
        let missing = |key| Fault { line: None, what: Wrong::Missing(key) };
        let name = name.ok_or_else(|| missing("name"))?;
        let edition = edition.ok_or_else(|| missing("edition"))?;
        let mut dependencies = BTreeMap::new();
        for (key, value) in toml::from_str::<Dependencies>(text).map_err(syntax)?.dependencies {
            let Value::Table(parts) = value.get_ref() else {
                return Err(kind(&key, "a table with a path: `{ path = \"../shapes\" }`"));
            };
            if let Some(other) = parts.keys().find(|part| *part != "path") {
                let what = Wrong::UnknownKey { key: other.clone(), known: "only `path`s" };
                return Err(fault(value.span().start, what));
            }
            let Some(Value::String(path)) = parts.get("path") else {
                return Err(kind(&key, "a table with a path: `{ path = \"../shapes\" }`"));
            };
            dependencies.insert(key.into_inner(), PathBuf::from(path));
        }
        Ok(Self { name, edition, dependencies })
    }
}
