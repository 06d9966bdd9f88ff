//! From items to declarations: every item gets its id and its name, before anything is looked at in detail.

use std::collections::hash_map::Entry as Slot;

use pluto_source::Span;
use pluto_syntax::tree::{self, ItemKind};
use rustc_hash::FxHashMap;

use crate::arena::Id;
use crate::checker::{Checker, Def, Entry, File, Scope};
use crate::error::Fact;
use crate::names::Symbol;
use crate::program::{
    Alias, Bind, BindId, Class, ClassKind, Const, Enum, ErrorType, Function, FunctionId, Impl, Module,
    ModuleId, Origin, Owner, PackageId, Test, Trait, TypeParam,
};
use crate::types::{ErrorSet, TyId};

/// The modules of all packages by their paths.
pub(crate) type ModuleIndex = FxHashMap<(PackageId, Vec<Symbol>), ModuleId>;

/// What the names of the modules of the standard library begin with.
const STANDARD: &str = "std";

/// The traits of a module of the standard library that hold functions which the run-time system does: those of the first change nothing
/// and wait for nothing.
const DONE_OUTSIDE: [(&str, bool); 2] = [("Functions", true), ("Effects", false)];

/// The module that holds what is built in.
pub(crate) fn prelude_module() -> ModuleId {
    ModuleId::from_index(0)
}

impl Checker<'_> {
    /// Gives ids to what is built in.
    pub(crate) fn declare_prelude(&mut self) {
        let file = self.file(prelude_module()).id;
        self.program.modules.add(Module { package: PackageId::from_index(u32::MAX), path: Vec::new(), file });
        self.scopes.push(Scope::default());
        self.declare_items(prelude_module());
    }

    /// Gives ids to all modules and to all that they declare.
    pub(crate) fn declare(&mut self) -> ModuleIndex {
        let index = self.declare_modules();
        let modules: Vec<ModuleId> = self.program.modules.ids().skip(1).collect();
        for module in modules {
            self.declare_items(module);
        }
        self.unique_tests();
        index
    }

    /// A test is asked for by its name.
    fn unique_tests(&mut self) {
        let mut seen: FxHashMap<(ModuleId, String), Span> = FxHashMap::default();
        let mut second = Vec::new();
        for (_, test) in self.program.tests.iter().filter(|(_, test)| !test.span.is_empty()) {
            match seen.entry((test.module, test.name.clone())) {
                Slot::Occupied(first) => second.push((test.module, test.span, *first.get())),
                Slot::Vacant(slot) => {
                    slot.insert(test.span);
                }
            }
        }
        for (module, span, first) in second {
            let first = first.in_file(self.file(module).id);
            self.error(module, span, Fact::DuplicateTest { first });
        }
    }

    fn declare_modules(&mut self) -> ModuleIndex {
        let input = self.input;
        let mut sorted: Vec<&crate::input::Source<'_>> = input.sources.iter().collect();
        sorted.sort_by(|a, b| {
            let path =
                |source: &crate::input::Source<'_>| input.files.get(source.file).map(|f| f.path().to_owned());
            (a.package, &a.path).cmp(&(b.package, &b.path)).then_with(|| path(a).cmp(&path(b)))
        });
        let mut index = ModuleIndex::default();
        for source in sorted {
            let package = PackageId::from_index(source.package as u32);
            let path: Vec<Symbol> = source.path.iter().map(|name| self.program.names.intern(name)).collect();
            let text = input.files.get(source.file).map_or("", |file| file.text());
            let module = Module { package, path: path.clone(), file: source.file };
            let module = self.program.modules.add(module);
            self.scopes.push(Scope::default());
            self.files.push(File { tree: source.tree, text, id: source.file });
            if source.path.first().is_some_and(|first| first == STANDARD) && !self.is_standard(package) {
                self.error(module, Span::empty(0), Fact::ReservedModule { path: path.clone() });
            }
            if let Some(first) = index.get(&(package, path.clone())).copied() {
                let first = Span::empty(0).in_file(self.file(first).id);
                self.error(module, Span::empty(0), Fact::DuplicateModule { path, first });
            } else {
                index.insert((package, path), module);
            }
        }
        index
    }

    fn declare_items(&mut self, module: ModuleId) {
        let tree = self.file(module).tree;
        for id in &tree.items {
            let item = tree.nodes[*id];
            self.declare_item(module, item, tree.nodes.span(*id));
        }
    }

    fn declare_item(&mut self, module: ModuleId, item: tree::Item, span: Span) {
        let public = item.public.is_some();
        match item.kind {
            ItemKind::Import(_) | ItemKind::Wrong => (),
            ItemKind::Function(id) => {
                let function = self.add_function(module, id, Owner::Module, public);
                let origin = self.program.functions[function].origin;
                self.bind_name(module, origin, Def::Function(function));
            }
            ItemKind::Class(class) => {
                let kind = if class.actor { ClassKind::Actor } else { ClassKind::Class };
                self.declare_class(module, class, kind, public);
            }
            ItemKind::App(class) => self.declare_class(module, class, ClassKind::App, public),
            ItemKind::Enum(of) => self.declare_enum(module, of, public),
            ItemKind::Trait(of) if module == prelude_module() && self.declare_builtin(module, of) => (),
            ItemKind::Trait(of) if self.declare_done_outside(module, of) => (),
            ItemKind::Trait(of) => self.declare_trait(module, of, public),
            ItemKind::Impl(of) => self.declare_impl(module, of),
            ItemKind::Error(error) => {
                let origin = self.origin_at(module, error.name, public);
                let id = self.program.errors.add(ErrorType { origin, fields: Vec::new() });
                self.sites.errors.push(error);
                self.bind_name(module, origin, Def::Error(id));
            }
            ItemKind::Alias(alias) => {
                let origin = self.origin_at(module, alias.name, public);
                let id = self.program.aliases.add(Alias {
                    origin,
                    type_params: Vec::new(),
                    ty: TyId::WRONG,
                    effects: Vec::new(),
                });
                self.sites.aliases.push(alias);
                self.bind_name(module, origin, Def::Alias(id));
            }
            ItemKind::Const(constant) => {
                let origin = self.origin_at(module, constant.name, public);
                let id = self.program.consts.add(Const { origin, ty: TyId::WRONG, body: None });
                self.sites.consts.push(constant);
                self.bind_name(module, origin, Def::Const(id));
            }
            ItemKind::Bind(bind) => {
                self.add_bind(module, bind);
            }
            ItemKind::Test(test) => self.declare_test(module, test, span),
        }
    }

    fn origin_at(&mut self, module: ModuleId, name: tree::Name, public: bool) -> Origin {
        let symbol = self.symbol(module, name);
        Origin { module, name: symbol, span: name.span, public }
    }

    /// Enters a name into the scope of a module.
    pub(crate) fn bind_name(&mut self, module: ModuleId, origin: Origin, def: Def) {
        self.bind_entry(module, origin.name, Entry { def, span: origin.span, imported: false, used: false });
    }

    /// Enters a name into the scope of a module; an empty name is one that the parser reported.
    pub(crate) fn bind_entry(&mut self, module: ModuleId, name: Symbol, entry: Entry) {
        if self.program.text(name).is_empty() {
            return;
        }
        if let Some(first) = self.scope(module).names.get(&name).copied() {
            let first = first.span.in_file(self.file(module).id);
            self.error(module, entry.span, Fact::Duplicate { name, first });
            return;
        }
        self.scope(module).names.insert(name, entry);
    }

    pub(crate) fn add_function(
        &mut self,
        module: ModuleId,
        site: tree::FunctionId,
        owner: Owner,
        public: bool,
    ) -> FunctionId {
        let function = self.file(module).tree.nodes[site];
        let origin = self.origin_at(module, function.name, public);
        self.sites.functions.push(site);
        self.program.functions.add(Function {
            origin,
            owner,
            built_in: "",
            type_params: Vec::new(),
            receiver: function.receiver.map(|receiver| receiver.mutable.is_some()),
            self_ty: TyId::WRONG,
            params: Vec::new(),
            result: TyId::WRONG,
            yields: None,
            declared: None,
            effect_params: Vec::new(),
            contracts: Vec::new(),
            body: None,
            raises: ErrorSet::EMPTY,
            raises_of: Vec::new(),
            pure: false,
        })
    }

    pub(crate) fn add_methods(
        &mut self,
        module: ModuleId,
        methods: tree::List<tree::FunctionId>,
        owner: Owner,
    ) -> Vec<FunctionId> {
        let tree = self.file(module).tree;
        let sites = tree.nodes.list(methods);
        let add = |site: &tree::FunctionId| {
            // What a trait or an impl of one has is seen by who sees the trait.
            let public =
                tree.nodes[*site].public.is_some() || matches!(owner, Owner::Trait(_) | Owner::Builtin);
            self.add_function(module, *site, owner, public)
        };
        sites.iter().map(add).collect()
    }

    fn declare_class(&mut self, module: ModuleId, class: tree::Class, kind: ClassKind, public: bool) {
        let origin = self.origin_at(module, class.name, public);
        let id = self.program.classes.add(Class {
            origin,
            kind,
            type_params: Vec::new(),
            self_ty: TyId::WRONG,
            fields: Vec::new(),
            methods: Vec::new(),
            invariants: Vec::new(),
        });
        self.sites.classes.push(class);
        self.program.classes[id].methods = self.add_methods(module, class.methods, Owner::Class(id));
        self.bind_name(module, origin, Def::Class(id));
    }

    fn declare_enum(&mut self, module: ModuleId, of: tree::Enum, public: bool) {
        let origin = self.origin_at(module, of.name, public);
        let id = self.program.enums.add(Enum {
            origin,
            type_params: Vec::new(),
            self_ty: TyId::WRONG,
            variants: Vec::new(),
            methods: Vec::new(),
        });
        self.sites.enums.push(of);
        self.program.enums[id].methods = self.add_methods(module, of.methods, Owner::Enum(id));
        self.bind_name(module, origin, Def::Enum(id));
    }

    fn declare_trait(&mut self, module: ModuleId, of: tree::Trait, public: bool) {
        let origin = self.origin_at(module, of.name, public);
        let name = self.program.names.intern("Self");
        let self_param = TypeParam { name, span: of.name.span, bounds: Vec::new() };
        let self_param = self.program.type_params.add(self_param);
        let marker = if module == prelude_module() { self.builtins.marker(origin.name) } else { None };
        let id = self.program.traits.add(Trait {
            origin,
            type_params: Vec::new(),
            self_param,
            methods: Vec::new(),
            marker,
        });
        self.sites.traits.push(of);
        self.program.traits[id].methods = self.add_methods(module, of.methods, Owner::Trait(id));
        self.bind_name(module, origin, Def::Trait(id));
    }

    /// Enters the functions that a module of the standard library declares and the run-time system does; `false` where it is a trait
    /// like others.
    fn declare_done_outside(&mut self, module: ModuleId, of: tree::Trait) -> bool {
        if !self.is_standard(self.program.modules[module].package) {
            return false;
        }
        let tree = self.file(module).tree;
        let name = of.name.span.of(self.file(module).text);
        let Some((_, pure)) = DONE_OUTSIDE.into_iter().find(|(known, _)| *known == name) else {
            return false;
        };
        for site in tree.nodes.list(of.methods) {
            let function = self.add_function(module, *site, Owner::Module, false);
            let made = &mut self.program.functions[function];
            (made.built_in, made.pure) = (STANDARD, pure);
            let origin = made.origin;
            self.bind_name(module, origin, Def::Function(function));
        }
        true
    }

    fn declare_impl(&mut self, module: ModuleId, of: tree::Impl) {
        let span = self.file(module).tree.nodes.span(of.on);
        let id = self.program.impls.add(Impl {
            module,
            span,
            type_params: Vec::new(),
            of: None,
            on: TyId::WRONG,
            methods: Vec::new(),
        });
        self.sites.impls.push(of);
        self.program.impls[id].methods = self.add_methods(module, of.methods, Owner::Impl(id));
    }

    fn add_bind(&mut self, module: ModuleId, bind: tree::Binding) -> BindId {
        let span = self.file(module).tree.nodes.span(bind.ty);
        self.sites.binds.push(bind);
        self.program.binds.add(Bind { module, span, ty: TyId::WRONG, body: None })
    }

    fn declare_test(&mut self, module: ModuleId, test: tree::Test, _span: Span) {
        let tree = self.file(module).tree;
        let name = tree.nodes.list(test.name).concat();
        let bindings = tree.nodes.list(test.bindings);
        let binds: Vec<BindId> = bindings.iter().map(|bind| self.add_bind(module, *bind)).collect();
        let id = self.program.tests.add(Test {
            module,
            span: test.name_span,
            name,
            binds: binds.clone(),
            body: None,
        });
        self.test_of_bind.extend(binds.into_iter().map(|bind| (bind, id)));
        self.sites.tests.push(test);
    }
}
