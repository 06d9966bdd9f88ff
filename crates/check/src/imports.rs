//! Imports: which modules a module sees, and under which names.

use pluto_source::Span;
use pluto_syntax::tree::{Import, ImportWhat, Imported, ItemKind, Name};

use crate::arena::Id;
use crate::checker::{Checker, Def, Entry};
use crate::cycles::cycles;
use crate::declare::ModuleIndex;
use crate::error::Fact;
use crate::names::Symbol;
use crate::program::{ModuleId, PackageId, TraitId};

impl Checker<'_> {
    /// Resolves the imports of all modules.
    pub(crate) fn resolve_imports(&mut self, index: &ModuleIndex) {
        let modules: Vec<ModuleId> = self.program.modules.ids().skip(1).collect();
        for module in &modules {
            let tree = self.file(*module).tree;
            for id in &tree.items {
                if let ItemKind::Import(import) = tree.nodes[*id].kind {
                    self.resolve_import(*module, import, index);
                }
            }
        }
        self.import_cycles();
        for module in self.program.modules.ids().collect::<Vec<_>>() {
            self.collect_variants(module);
        }
    }

    fn resolve_import(&mut self, module: ModuleId, import: Import, index: &ModuleIndex) {
        let tree = self.file(module).tree;
        let names = tree.nodes.list(import.path);
        let (Some(first), Some(last)) = (names.first(), names.last()) else { return };
        let span = first.span.to(last.span);
        let path: Vec<Symbol> = names.iter().map(|name| self.symbol(module, *name)).collect();
        // The parser has said that a name is missing.
        if names.iter().any(|name| name.span.is_empty()) {
            return self.import_nothing(module, import, *last);
        }
        let Some(target) = self.find_module(module, &path, index) else {
            if let (ImportWhat::Items(items), [std]) = (import.what, path.as_slice())
                && let Some(known) = self.standard(module, *std)
            {
                return self.import_standard(module, *std, tree.nodes.list(items), (known, index));
            }
            let package = self.program.modules[module].package;
            if index.contains_key(&(package, path.clone())) {
                // Of the module that has a name of the standard library is told where it stands.
                return self.import_nothing(module, import, *last);
            }
            let standard = path.first().and_then(|first| self.standard(module, *first));
            let near = match standard {
                Some(names) => self.near_standard(&path, names),
                None => self.near_module(module, &path, index),
            };
            self.error(module, span, Fact::UnknownModule { path, near, standard });
            self.import_nothing(module, import, *last);
            return;
        };
        self.scope(module).imports.push((target, span));
        match import.what {
            ImportWhat::Module => self.import_as(module, *last, Def::Module(target)),
            ImportWhat::As(name) => self.import_as(module, name, Def::Module(target)),
            ImportWhat::Items(items) => {
                for item in tree.nodes.list(items) {
                    let name = self.symbol(module, item.name);
                    let def = self.lookup_in(module, target, name, item.name.span).unwrap_or(Def::Wrong);
                    self.import_as(module, item.alias.unwrap_or(item.name), def);
                }
            }
        }
    }

    /// `import std.{math, text}`: modules of the standard library.
    fn import_standard(
        &mut self,
        module: ModuleId,
        std: Symbol,
        items: &[Imported],
        (known, index): (&'static [&'static str], &ModuleIndex),
    ) {
        for item in items {
            let path = vec![std, self.symbol(module, item.name)];
            let name = item.alias.unwrap_or(item.name);
            let Some(target) = self.find_module(module, &path, index) else {
                let near = self.near_standard(&path, known).map(|near| near.into_iter().skip(1).collect());
                let fact = Fact::UnknownModule { path, near, standard: Some(known) };
                self.error(module, item.name.span, fact);
                self.import_as(module, name, Def::Wrong);
                continue;
            };
            self.scope(module).imports.push((target, item.name.span));
            self.import_as(module, name, Def::Module(target));
        }
    }

    /// Enters the names of an import that failed, so that their uses are no errors.
    fn import_nothing(&mut self, module: ModuleId, import: Import, last: Name) {
        let tree = self.file(module).tree;
        match import.what {
            ImportWhat::Module => self.import_as(module, last, Def::Wrong),
            ImportWhat::As(name) => self.import_as(module, name, Def::Wrong),
            ImportWhat::Items(items) => {
                for item in tree.nodes.list(items) {
                    self.import_as(module, item.alias.unwrap_or(item.name), Def::Wrong);
                }
            }
        }
    }

    fn import_as(&mut self, module: ModuleId, name: Name, def: Def) {
        let symbol = self.symbol(module, name);
        self.bind_entry(
            module,
            symbol,
            Entry { def, span: name.span, imported: true, used: def == Def::Wrong },
        );
    }

    /// The module of a path: of the own package, else of the dependency that the path begins with.
    fn find_module(&self, from: ModuleId, path: &[Symbol], index: &ModuleIndex) -> Option<ModuleId> {
        let package = self.program.modules[from].package;
        let (first, rest) = path.split_first()?;
        // A module of a program that has a name of the standard library hides nothing of that.
        if self.standard(from, *first).is_none()
            && let Some(found) = index.get(&(package, path.to_vec()))
        {
            return Some(*found);
        }
        let dependency = self.dependency(package, *first)?;
        let within = if self.is_standard(dependency) { path } else { rest };
        index.get(&(dependency, within.to_vec())).copied()
    }

    /// Whether a trait can be named in a module, by an import if need be. A package may get to know values of the packages that those
    /// need which it names, so that all of these count.
    pub(crate) fn may_name(&self, module: ModuleId, of: TraitId) -> bool {
        let origin = &self.program.traits[of].origin;
        if origin.module == module || origin.module == crate::declare::prelude_module() {
            return true;
        }
        let package = |module: ModuleId| self.program.modules[module].package;
        origin.public && self.reaches(package(module), package(origin.module))
    }

    /// Whether a package is another, or needs it, be it by way of others.
    pub(crate) fn reaches(&self, from: PackageId, to: PackageId) -> bool {
        let mut seen = vec![from.index() as usize];
        let mut next = 0;
        while let Some(at) = seen.get(next).copied() {
            if at == to.index() as usize {
                return true;
            }
            for (_, needed) in self.input.packages.get(at).map_or(&[][..], |package| &package.dependencies) {
                if !seen.contains(needed) {
                    seen.push(*needed);
                }
            }
            next += 1;
        }
        false
    }

    /// Whether a package is the standard library.
    pub(crate) fn is_standard(&self, package: PackageId) -> bool {
        self.input.packages.get(package.index() as usize).is_some_and(|package| package.standard.is_some())
    }

    /// The modules of the standard library, where a path that begins so is about it.
    fn standard(&self, from: ModuleId, first: Symbol) -> Option<&'static [&'static str]> {
        let dependency = self.dependency(self.program.modules[from].package, first)?;
        self.input.packages.get(dependency.index() as usize)?.standard
    }

    /// The module of the standard library whose name is most like one.
    fn near_standard(&mut self, path: &[Symbol], names: &[&str]) -> Option<Vec<Symbol>> {
        let [_, last] = path else { return None };
        let known: Vec<(Symbol, Symbol)> = names
            .iter()
            .filter_map(|name| name.split_once('.'))
            .map(|(std, name)| (self.program.names.intern(std), self.program.names.intern(name)))
            .collect();
        let near = self.near(*last, known.iter().map(|(_, name)| *name))?;
        known.into_iter().find(|(_, name)| *name == near).map(|(std, name)| vec![std, name])
    }

    fn dependency(&self, package: PackageId, name: Symbol) -> Option<PackageId> {
        let name = self.program.text(name);
        let package = self.input.packages.get(package.index() as usize)?;
        let found = package.dependencies.iter().find(|(known, _)| known == name);
        found.map(|(_, at)| PackageId::from_index(*at as u32))
    }

    /// The path of a module of the own package that differs in one name.
    fn near_module(&mut self, from: ModuleId, path: &[Symbol], index: &ModuleIndex) -> Option<Vec<Symbol>> {
        let package = self.program.modules[from].package;
        let same_length =
            |(of, known): &&(PackageId, Vec<Symbol>)| *of == package && known.len() == path.len();
        let mut known: Vec<Vec<Symbol>> =
            index.keys().filter(same_length).map(|(_, known)| known.clone()).collect();
        known.sort();
        known.into_iter().find_map(|known| {
            let mut differing = known.iter().zip(path).filter(|(a, b)| a != b);
            let (theirs, ours) = differing.next()?;
            let alike = differing.next().is_none() && self.near(*ours, [*theirs]).is_some();
            alike.then_some(known)
        })
    }

    fn import_cycles(&mut self) {
        let edges: Vec<Vec<usize>> = self
            .scopes
            .iter()
            .map(|scope| scope.imports.iter().map(|(to, _)| to.index() as usize).collect())
            .collect();
        for cycle in cycles(&edges) {
            let ids: Vec<ModuleId> = cycle.iter().map(|at| ModuleId::from_index(*at as u32)).collect();
            let next = ids.iter().skip(1).chain(ids.first());
            let steps: Vec<(ModuleId, Span)> =
                ids.iter().zip(next).map(|(from, to)| (*from, self.import_of(*from, *to))).collect();
            let Some((first, span)) = steps.first().copied() else { continue };
            let modules = steps.iter().map(|(m, span)| (*m, span.in_file(self.file(*m).id))).collect();
            self.error(first, span, Fact::ImportCycle { modules });
        }
    }

    /// Where a module imports another.
    fn import_of(&self, from: ModuleId, to: ModuleId) -> Span {
        let scope = self.scopes.get(from.index() as usize);
        let found = scope.and_then(|scope| scope.imports.iter().find(|(module, _)| *module == to));
        found.map_or(Span::empty(0), |(_, span)| *span)
    }

    /// Variants of the enums that a module names can be written without the enum.
    fn collect_variants(&mut self, module: ModuleId) {
        let mut enums: Vec<_> = self
            .scope(module)
            .names
            .values()
            .filter_map(|entry| match entry.def {
                Def::Enum(id) => Some(id),
                _ => None,
            })
            .collect();
        enums.sort();
        for id in enums {
            let of = self.enum_site(id);
            let declared_in = self.program.enums[id].origin.module;
            let tree = self.file(declared_in).tree;
            for (at, variant) in (0..).zip(tree.nodes.list(of.variants)) {
                let name = self.symbol(declared_in, variant.name);
                self.scope(module).variants.entry(name).or_default().push((id, at));
            }
        }
    }
}
