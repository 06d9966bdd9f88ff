//! The programs that are meant by paths: packages with their dependencies, and files outside of packages.
//!
//! A file belongs to the package of the nearest `pluto.toml` above it, and then the whole package is one program. Files outside of
//! packages are one program for each directory that was named, or in which a file was named, with the files that they import from
//! there. The path of a file below that directory is the name of its module.

use crate::failure::Failure;
use crate::manifest::Manifest;
use crate::sources::{self, Found, MANIFEST};
use pluto_check::{Input, Package, Source, cycles};
use pluto_source::{File, FileId, Files};
use pluto_syntax::Parse;
use pluto_syntax::tree::ItemKind;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// The edition of the language that this Pluto knows.
const EDITION: i64 = 1;

/// Everything that was read.
#[derive(Default)]
pub(crate) struct Project {
    /// All files.
    pub(crate) files: Files,
    /// The tree of each file.
    pub(crate) parses: Vec<Parse>,
    programs: Vec<Program>,
    /// The files by their real paths.
    known: HashMap<PathBuf, FileId>,
    /// The real path of each file; those of the standard library have none.
    reals: Vec<PathBuf>,
    /// The modules of the standard library that were read, by their names.
    standard: BTreeMap<&'static str, FileId>,
    /// What stands in for the text on disk.
    texts: Texts,
    /// The files that were asked for: those of the packages and those outside of packages that were named. What these depend on, and
    /// what a link leads to elsewhere, is somebody else's.
    own: BTreeSet<FileId>,
}

/// Texts by the real paths of their files.
pub(crate) type Texts = BTreeMap<PathBuf, String>;

/// One program.
#[derive(Default)]
struct Program {
    packages: Vec<Package>,
    modules: Vec<Module>,
}

/// A file as a part of a program.
struct Module {
    package: usize,
    path: Vec<String>,
    file: FileId,
}

impl Project {
    /// Reads the programs that the files belong to; of a file that is in `texts`, the text there counts.
    pub(crate) fn load(found: &[Found], texts: Texts) -> Result<Self, Failure> {
        let mut project = Self { texts, ..Self::default() };
        let mut packages: Vec<PathBuf> = Vec::new();
        let mut loose: Vec<(PathBuf, Vec<PathBuf>)> = Vec::new();
        for Found { path, root } in found {
            let real = real_path(path)?;
            let file = project.add_file(path)?;
            if let Some(package) = sources::package_root(&real) {
                if !packages.contains(&package) {
                    packages.push(package);
                }
                continue;
            }
            project.own(file, root);
            if let Some((_, files)) = loose.iter_mut().find(|(known, _)| known == root) {
                files.push(path.clone());
            } else {
                loose.push((root.clone(), vec![path.clone()]));
            }
        }
        for package in packages {
            let program = project.package_program(&package)?;
            for module in program.modules.iter().filter(|module| module.package == 0) {
                project.own(module.file, &package);
            }
            project.programs.push(program);
        }
        for (root, files) in loose {
            let program = project.loose_program(&root, &files)?;
            project.programs.push(program);
        }
        project.add_standard();
        Ok(project)
    }

    /// How many files were read, without those of the standard library.
    pub(crate) fn files_read(&self) -> u64 {
        (self.parses.len() - self.standard.len()) as u64
    }

    /// Gives each program the modules of the standard library that it needs.
    fn add_standard(&mut self) {
        let mut programs = std::mem::take(&mut self.programs);
        for program in &mut programs {
            let own = program.modules.iter().filter_map(|module| {
                let parse = self.parses.get(module.file.0 as usize)?;
                Some((&parse.tree, self.files.get(module.file)?.text()))
            });
            let Some(loaded) = pluto_std::load(own) else { continue };
            let package = program.packages.len();
            for other in &mut program.packages {
                other.dependencies.push((pluto_std::PACKAGE.to_owned(), package));
            }
            program.packages.push(Package { standard: Some(pluto_std::NAMES), ..Package::default() });
            for module in loaded {
                let path = module.names();
                let file = match self.standard.get(module.module.name) {
                    Some(known) => *known,
                    None => {
                        let file = self.files.add(module.file());
                        self.standard.insert(module.module.name, file);
                        self.parses.push(module.parse);
                        self.reals.push(PathBuf::new());
                        file
                    }
                };
                program.modules.push(Module { package, path, file });
            }
        }
        self.programs = programs;
    }

    /// What each program is to the checker.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = Input<'_>> {
        self.programs.iter().map(|program| Input {
            files: &self.files,
            packages: program.packages.clone(),
            sources: program.modules.iter().filter_map(|module| self.source(module)).collect(),
        })
    }

    /// The real path of a file that was asked for.
    pub(crate) fn own_path(&self, file: FileId) -> Option<&PathBuf> {
        self.reals.get(file.0 as usize).filter(|_| self.own.contains(&file))
    }

    /// Notes that a file below a directory was asked for.
    fn own(&mut self, file: FileId, root: &Path) {
        let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        let Some(real) = self.reals.get(file.0 as usize) else { return };
        if std::fs::canonicalize(root).is_ok_and(|root| real.starts_with(root)) {
            self.own.insert(file);
        }
    }

    /// A file that was read.
    pub(crate) fn file(&self, path: &Path) -> Result<FileId, Failure> {
        let known = self.known.get(&real_path(path)?).copied();
        known.ok_or_else(|| Failure::new(format!("{} is no file of a program", path.display())))
    }

    fn source(&self, module: &Module) -> Option<Source<'_>> {
        let Parse { tree, errors } = self.parses.get(module.file.0 as usize)?;
        let Module { package, path, file } = module;
        Some(Source { package: *package, path: path.clone(), file: *file, tree, errors })
    }

    /// Reads a file once.
    fn add_file(&mut self, path: &Path) -> Result<FileId, Failure> {
        let real = real_path(path)?;
        if let Some(known) = self.known.get(&real) {
            return Ok(*known);
        }
        let text = match self.texts.get(&real) {
            Some(text) => text.clone(),
            None => sources::read(path)?,
        };
        self.parses.push(pluto_syntax::parse(&text));
        let id = self.files.add(File::new(shown(path), text));
        self.known.insert(real.clone(), id);
        self.reals.push(real);
        Ok(id)
    }

    /// A package with all that it depends on.
    fn package_program(&mut self, root: &Path) -> Result<Program, Failure> {
        let mut roots = vec![root.to_owned()];
        let mut program = Program::default();
        while let Some(root) = roots.get(program.packages.len()).cloned() {
            let package = program.packages.len();
            for path in sources::of_package(&root)? {
                let file = self.add_file(&path)?;
                program.modules.push(Module { package, path: module_path(&root, &path), file });
            }
            let mut dependencies = Vec::new();
            for (name, path) in read_manifest(&root)?.dependencies {
                if name == pluto_std::PACKAGE {
                    return Err(reserved(&root));
                }
                let at = root.join(&path);
                let real = std::fs::canonicalize(&at).ok().filter(|real| real.join(MANIFEST).is_file());
                let Some(real) = real else {
                    let manifest = shown(&root.join(MANIFEST));
                    return Err(Failure::new(format!(
                        "{manifest}: there is no package {name} in {}",
                        path.display()
                    ))
                    .hint("a package is a directory with a pluto.toml"));
                };
                let place = roots.iter().position(|known| *known == real).unwrap_or_else(|| {
                    roots.push(real);
                    roots.len() - 1
                });
                dependencies.push((name, place));
            }
            program.packages.push(Package { dependencies, standard: None });
        }
        let needs = |package: &Package| package.dependencies.iter().map(|(_, needed)| *needed).collect();
        let needed: Vec<Vec<usize>> = program.packages.iter().map(needs).collect();
        match cycles(&needed).first() {
            None => Ok(program),
            Some(circle) => {
                let closed = circle.iter().chain(circle.first());
                let shown: Vec<String> =
                    closed.filter_map(|place| roots.get(*place)).map(|root| shown(root)).collect();
                Err(Failure::new(format!("packages need each other: {}", shown.join(" -> ")))
                    .hint("one of them has to do without the next"))
            }
        }
    }

    /// Files outside of packages, with those that they import.
    fn loose_program(&mut self, root: &Path, files: &[PathBuf]) -> Result<Program, Failure> {
        let mut program = Program { packages: vec![Package::default()], modules: Vec::new() };
        let mut waiting: Vec<PathBuf> = files.iter().rev().cloned().collect();
        while let Some(path) = waiting.pop() {
            let file = self.add_file(&path)?;
            if program.modules.iter().any(|module| module.file == file) {
                continue;
            }
            program.modules.push(Module { package: 0, path: module_path(root, &path), file });
            waiting.extend(
                self.imports(file).into_iter().map(|import| root.join(import)).filter(|path| path.is_file()),
            );
        }
        Ok(program)
    }

    /// Where the modules would be that a file imports.
    fn imports(&self, file: FileId) -> Vec<PathBuf> {
        let (Some(parse), Some(file)) = (self.parses.get(file.0 as usize), self.files.get(file)) else {
            return Vec::new();
        };
        let nodes = &parse.tree.nodes;
        let imports = parse.tree.items.iter().filter_map(|item| match nodes[*item].kind {
            ItemKind::Import(import) => Some(import),
            _ => None,
        });
        imports
            .map(|import| {
                let names = nodes.list(import.path).iter().map(|name| name.span.of(file.text()));
                names.collect::<PathBuf>().with_extension("pluto")
            })
            .collect()
    }
}

fn real_path(path: &Path) -> Result<PathBuf, Failure> {
    std::fs::canonicalize(path)
        .map_err(|error| Failure::io(format!("cannot read {}", path.display()), &error))
}

/// The names between the dots of the module of a file.
fn module_path(root: &Path, file: &Path) -> Vec<String> {
    let below = file.strip_prefix(root).unwrap_or(file).with_extension("");
    below.iter().map(|name| name.to_string_lossy().into_owned()).collect()
}

/// A path as it is shown: from the current directory where it is below it.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().and_then(std::fs::canonicalize);
    let below = here.ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    below.unwrap_or_else(|| path.to_owned()).display().to_string()
}

fn reserved(root: &Path) -> Failure {
    let manifest = shown(&root.join(MANIFEST));
    Failure::new(format!("{manifest}: `std` is the standard library, and no other package is called so"))
        .hint("a dependency may have another name here than it gives itself")
}

fn read_manifest(root: &Path) -> Result<Manifest, Failure> {
    let path = root.join(MANIFEST);
    let text = sources::read(&path)?;
    let manifest = Manifest::read(&text).map_err(|fault| {
        let line = fault.line.map(|line| format!(", line {line}")).unwrap_or_default();
        Failure::new(format!("{}{line}: {fault}", shown(&path))).hint(
            "a package has a name, edition = 1, and [dependencies] as `shapes = { path = \"../shapes\" }`",
        )
    })?;
    let named = manifest
        .name
        .chars()
        .enumerate()
        .all(|(at, c)| c == '_' || c.is_alphabetic() || (at > 0 && c.is_numeric()));
    if manifest.name.is_empty() || !named {
        return Err(Failure::new(format!("{}: {:?} is no name of a package", shown(&path), manifest.name))
            .hint("a name has letters, digits and `_`"));
    }
    if manifest.name == pluto_std::PACKAGE {
        return Err(reserved(root));
    }
    if manifest.edition != EDITION {
        return Err(Failure::new(format!("{}: there is no edition {}", shown(&path), manifest.edition))
            .hint(format!("this Pluto knows edition {EDITION}")));
    }
    Ok(manifest)
}
