//! What is checked: files that are parsed, and how packages depend on each other.

use pluto_source::{FileId, Files};
use pluto_syntax::tree::Tree;
use pluto_syntax::{Parse, SyntaxError};

/// A package.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// The packages that it may import from, by the name under which it does, as places in [`Input::packages`].
    pub dependencies: Vec<(String, usize)>,
    /// Of the standard library the names of all its modules, as in `std.math`, also of those that the program does without. The paths of
    /// its modules begin with `std`, and only they declare what the run-time system does.
    pub standard: Option<&'static [&'static str]>,
}

/// A file that is parsed.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    /// Its package, as a place in [`Input::packages`].
    pub package: usize,
    /// The names between the dots of its module, at least one.
    pub path: Vec<String>,
    /// Its file.
    pub file: FileId,
    /// Its tree.
    pub tree: &'a Tree,
    /// The errors of its text. Names in what could not be read may be used after all, and what stands on such a line is not judged.
    pub errors: &'a [SyntaxError],
}

/// A program that is checked.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// The files.
    pub files: &'a Files,
    /// The packages; the first is the program's own.
    pub packages: Vec<Package>,
    /// The files of all packages, in any order.
    pub sources: Vec<Source<'a>>,
}

impl<'a> Input<'a> {
    /// A program of one package.
    pub fn new(files: &'a Files) -> Self {
        Self { files, packages: vec![Package::default()], sources: Vec::new() }
    }

    /// Adds a module of the first package: `path` are the names between the dots, as in `shop.orders`.
    #[must_use]
    pub fn with(mut self, path: &str, file: FileId, parse: &'a Parse) -> Self {
        let path = path.split('.').map(str::to_owned).collect();
        let Parse { tree, errors } = parse;
        self.sources.push(Source { package: 0, path, file, tree, errors });
        self
    }
}
