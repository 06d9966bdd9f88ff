//! The packages of a program: which directories they are, and what each depends on.

use pluto_check::Package;

/// The file that makes the directory around it a package.
pub(crate) const MANIFEST: &str = "pluto.toml";

/// The packages of a program; without a manifest, one that holds all files.
pub(crate) struct Packages {
    /// The directories, each with a `/` behind it; empty for the one around everything.
    roots: Vec<String>,
    /// What each depends on.
    pub(crate) packages: Vec<Package>,
    /// What is wrong with the manifests.
    pub(crate) wrong: Vec<String>,
}

impl Packages {
    /// The packages of manifests, each with its path and its text. The first is the program's own.
    pub(crate) fn of(manifests: &[(String, String)]) -> Self {
        if manifests.is_empty() {
            return Self {
                roots: vec![String::new()],
                packages: vec![Package::default()],
                wrong: Vec::new(),
            };
        }
        let roots = manifests.iter().map(|(path, _)| path.trim_end_matches(MANIFEST).to_owned()).collect();
        let mut all = Self { roots, packages: Vec::new(), wrong: Vec::new() };
        for (place, (path, text)) in manifests.iter().enumerate() {
            let dependencies = match text.parse::<toml::Table>() {
                Ok(table) => all.dependencies(place, path, &table),
                Err(error) => {
                    all.wrong.push(format!("{path}: {}", error.message()));
                    Vec::new()
                }
            };
            all.packages.push(Package { dependencies, standard: None });
        }
        all
    }

    fn dependencies(&mut self, of: usize, path: &str, manifest: &toml::Table) -> Vec<(String, usize)> {
        let table = manifest.get("dependencies").and_then(toml::Value::as_table);
        let mut found = Vec::new();
        for (name, dependency) in table.into_iter().flatten() {
            let to = dependency.get("path").and_then(toml::Value::as_str).unwrap_or_default();
            let root = self.roots.get(of).map(|root| joined(root, to));
            match self.roots.iter().position(|known| Some(known) == root.as_ref()) {
                Some(place) => found.push((name.clone(), place)),
                None => self.wrong.push(format!("{path}: there is no package {name} in {to}")),
            }
        }
        found
    }

    /// The package of a file, and the names between the dots of its module.
    pub(crate) fn module(&self, path: &str) -> Option<(usize, Vec<String>)> {
        let around = self.roots.iter().enumerate().filter(|(_, root)| path.starts_with(root.as_str()));
        let (package, root) = around.max_by_key(|(_, root)| root.len())?;
        let below = path.strip_prefix(root.as_str())?.trim_end_matches(".pluto");
        Some((package, below.split('/').map(str::to_owned).collect()))
    }
}

/// A directory, from another one.
fn joined(from: &str, to: &str) -> String {
    let mut names: Vec<&str> = from.split_terminator('/').collect();
    for name in to.split('/') {
        match name {
            "" | "." => (),
            ".." => drop(names.pop()),
            _ => names.push(name),
        }
    }
    names.iter().map(|name| format!("{name}/")).collect()
}
