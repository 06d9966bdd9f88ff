//! The standard library of the Pluto language: its modules, and which of them a program needs. Does no IO: their texts are in the binary.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

use pluto_source::File;
use pluto_syntax::Parse;
use pluto_syntax::tree::{Import, ImportWhat, ItemKind, Tree};

/// A module of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name: `std.math`.
    pub name: &'static str,
    /// The path that its file has in diagnostics: `std/math.pluto`.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! modules {
    ($($name:literal)*) => {
        /// All modules, in the order of their names.
        pub const MODULES: &[Module] = &[$(Module {
            name: concat!("std.", $name),
            path: concat!("std/", $name, ".pluto"),
            text: include_str!(concat!("../std/", $name, ".pluto")),
        },)*];

        /// The names of all modules.
        pub const NAMES: &[&str] = &[$(concat!("std.", $name),)*];
    };
}

modules! {
    "base64"
    "chance"
    "collections"
    "env"
    "fs"
    "hash"
    "http"
    "io"
    "json"
    "log"
    "math"
    "net"
    "path"
    "process"
    "regex"
    "strings"
    "supervise"
    "time"
    "uuid"
}

/// The name under which every package depends on the library, and which no other package has.
pub const PACKAGE: &str = "std";

/// A module that a program needs.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The module.
    pub module: &'static Module,
    /// Its tree.
    pub parse: Parse,
}

impl Loaded {
    /// Its file.
    #[must_use]
    pub fn file(&self) -> File {
        File::new(self.module.path, self.module.text)
    }

    /// The names between the dots of its module.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.module.name.split('.').map(str::to_owned).collect()
    }
}

/// The modules of the library that the files of a program import, and that those import in turn, in the order of their names; nothing
/// where no file imports anything of the library, also nothing that is not there.
#[must_use]
pub fn load<'t>(program: impl IntoIterator<Item = (&'t Tree, &'t str)>) -> Option<Vec<Loaded>> {
    let mut imports: Vec<String> =
        program.into_iter().flat_map(|(tree, text)| imported(tree, text)).collect();
    if imports.is_empty() {
        return None;
    }
    let mut loaded: Vec<Loaded> = Vec::new();
    while let Some(name) = imports.pop() {
        let known = loaded.iter().any(|loaded| loaded.module.name == name);
        let Some(module) = MODULES.iter().find(|module| module.name == name && !known) else { continue };
        let parse = pluto_syntax::parse(module.text);
        imports.extend(imported(&parse.tree, module.text));
        loaded.push(Loaded { module, parse });
    }
    loaded.sort_by_key(|loaded| loaded.module.name);
    Some(loaded)
}

/// The modules that a file imports, and whose names begin as those of the library.
fn imported(tree: &Tree, text: &str) -> Vec<String> {
    let imports = tree.items.iter().filter_map(|item| match tree.nodes[*item].kind {
        ItemKind::Import(import) => Some(import),
        _ => None,
    });
    imports.flat_map(|import| names(import, tree, text)).collect()
}

/// The modules of the library that one import is about.
fn names(import: Import, tree: &Tree, text: &str) -> Vec<String> {
    let path: Vec<&str> = tree.nodes.list(import.path).iter().map(|name| name.span.of(text)).collect();
    match (path.as_slice(), import.what) {
        ([PACKAGE], ImportWhat::Items(items)) => {
            let items = tree.nodes.list(items).iter();
            items.map(|item| format!("{PACKAGE}.{}", item.name.span.of(text))).collect()
        }
        ([PACKAGE, ..], _) => vec![path.join(".")],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{MODULES, load};

    fn loaded(text: &str) -> Option<Vec<&'static str>> {
        let parse = pluto_syntax::parse(text);
        let loaded = load([(&parse.tree, text)])?;
        Some(loaded.iter().map(|loaded| loaded.module.name).collect())
    }

    #[test]
    fn only_what_is_imported_is_loaded() {
        assert_eq!(loaded("import stdio\nimport math\nfn main() {}"), None);
        assert_eq!(loaded("import std\nimport std.maths"), Some(vec![]));
        assert_eq!(loaded("import std.math as m\nimport std.math.{PI}"), Some(vec!["std.math"]));
        assert_eq!(loaded("import std.{math as m, nothing}"), Some(vec!["std.math"]));
    }

    #[test]
    fn each_module_is_in_the_one_style_and_says_what_it_is_for() {
        for module in MODULES {
            let formatted = pluto_syntax::format(module.text);
            assert!(
                formatted.is_ok_and(|formatted| formatted == module.text),
                "{}: `pluto fmt`",
                module.name
            );
            assert!(module.text.starts_with("// "), "{}", module.name);
        }
    }
}
