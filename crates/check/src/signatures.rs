//! Heads: what functions take and give, what classes, enums and errors hold, which traits types have.

use pluto_source::FileId;
use pluto_syntax::tree;
use rustc_hash::FxHashMap;

use crate::arena::Id;
use crate::checker::{Checker, Def};
use crate::effects::Node;
use crate::error::{Fact, Misplaced};
use crate::names::Symbol;
use crate::program::{
    ClassId, ClassKind, EffectInfo, EnumId, Field, FunctionId, ImplId, ModuleId, Owner, Param, TraitId,
    TypeParamId, Variant,
};
use crate::relations::Head;
use crate::resolve::{Errors, TypeScope};
use crate::types::{Subst, Ty, TyId};

impl Checker<'_> {
    /// Resolves all heads.
    pub(crate) fn resolve_heads(&mut self) {
        self.enter_params();
        self.resolve_aliases();
        self.resolve_types();
        self.resolve_impls();
        for function in self.own_functions() {
            self.resolve_function(function);
        }
        self.find_streams();
        for id in self.program.consts.ids().collect::<Vec<_>>() {
            let site = self.const_site(id);
            if let Some(ty) = site.ty {
                let module = self.program.consts[id].origin.module;
                self.program.consts[id].ty = self.value_ty(ty, &TypeScope::plain(module));
            }
        }
        for id in self.program.binds.ids().collect::<Vec<_>>() {
            let (site, module) = (self.bind_site(id), self.program.binds[id].module);
            self.program.binds[id].ty = self.value_ty(site.ty, &TypeScope::plain(module));
        }
    }

    /// Enters the type parameters of everything, so that arguments can be counted before bounds are looked at.
    fn enter_params(&mut self) {
        for id in self.program.classes.ids().collect::<Vec<_>>() {
            let (site, module) = (self.class_site(id), self.program.classes[id].origin.module);
            let params = self.declare_type_params(module, site.type_params);
            let list = self.params_list(&params);
            self.program.classes[id].self_ty = self.program.types.intern(Ty::Class(id, list));
            self.program.classes[id].type_params = params;
        }
        for id in self.own_enums() {
            let (site, module) = (self.enum_site(id), self.program.enums[id].origin.module);
            let params = self.declare_type_params(module, site.type_params);
            let list = self.params_list(&params);
            self.program.enums[id].self_ty = self.program.types.intern(Ty::Enum(id, list));
            self.program.enums[id].type_params = params;
        }
        for id in self.own_traits() {
            let (site, module) = (self.trait_site(id), self.program.traits[id].origin.module);
            let params = self.declare_type_params(module, site.type_params);
            let list = self.params_list(&params);
            let self_param = self.program.traits[id].self_param;
            self.program.type_params[self_param].bounds = vec![(id, list)];
            self.program.traits[id].type_params = params;
        }
    }

    fn params_list(&mut self, params: &[TypeParamId]) -> crate::types::TyList {
        let types: Vec<TyId> =
            params.iter().map(|param| self.program.types.intern(Ty::Param(*param))).collect();
        self.program.types.list(&types)
    }

    fn resolve_aliases(&mut self) {
        for id in self.program.aliases.ids().collect::<Vec<_>>() {
            let origin = self.program.aliases[id].origin;
            self.resolve_alias(id, origin.span, origin.module);
            let (site, params) = (self.alias_site(id), self.program.aliases[id].type_params.clone());
            let scope = TypeScope { params: &params, ..TypeScope::plain(origin.module) };
            self.resolve_bounds(site.type_params, &params, &scope);
        }
    }

    fn resolve_types(&mut self) {
        for (site, params) in std::mem::take(&mut self.builtins.sites) {
            let scope = TypeScope { params: &params, ..TypeScope::plain(crate::declare::prelude_module()) };
            self.resolve_bounds(site.type_params, &params, &scope);
        }
        for id in self.own_traits() {
            self.resolve_trait(id);
        }
        for id in self.program.classes.ids().collect::<Vec<_>>() {
            self.resolve_class(id);
        }
        for id in self.own_enums() {
            self.resolve_enum(id);
        }
        for id in self.own_errors() {
            let (site, module) = (self.error_site(id), self.program.errors[id].origin.module);
            self.program.errors[id].fields = self.fields(site.fields, &TypeScope::plain(module), true);
        }
    }

    fn resolve_trait(&mut self, id: TraitId) {
        let (site, module) = (self.trait_site(id), self.program.traits[id].origin.module);
        let params = self.program.traits[id].type_params.clone();
        let scope = TypeScope { params: &params, ..TypeScope::plain(module) };
        self.resolve_bounds(site.type_params, &params, &scope);
        for method in self.program.traits[id].methods.clone() {
            let origin = self.program.functions[method].origin;
            if let Some(first) = self.methods.trait_methods.get(&(id, origin.name)).copied() {
                self.duplicate(origin.module, origin.name, origin.span, first);
                continue;
            }
            self.methods.trait_methods.insert((id, origin.name), method);
            let tree = self.file(module).tree;
            if tree.nodes[self.function_site(method)].receiver.is_none() && !self.is_broken(module) {
                self.error(module, origin.span, Fact::Misplaced { what: Misplaced::TraitFunction });
            }
        }
    }

    fn duplicate(&mut self, module: ModuleId, name: Symbol, span: pluto_source::Span, first: FunctionId) {
        let first = self.place(&self.program.functions[first].origin);
        self.error(module, span, Fact::Duplicate { name, first });
    }

    fn resolve_class(&mut self, id: ClassId) {
        let (site, module) = (self.class_site(id), self.program.classes[id].origin.module);
        let class = &self.program.classes[id];
        let (params, self_ty) = (class.type_params.clone(), class.self_ty);
        let scope = TypeScope { params: &params, self_ty: Some(self_ty), ..TypeScope::plain(module) };
        self.resolve_bounds(site.type_params, &params, &scope);
        let tree = self.file(module).tree;
        let mut fields: Vec<Field> = Vec::new();
        for dependency in tree.nodes.list(site.dependencies) {
            let name = self.symbol(module, dependency.name);
            let ty = self.value_ty(dependency.ty, &scope);
            let span = dependency.name.span;
            fields.push(Field {
                name,
                span,
                public: false,
                ty,
                default: None,
                optional: true,
                injected: true,
            });
        }
        fields.extend(self.fields(site.fields, &scope, false));
        self.unique_fields(module, &fields);
        for (at, field) in (0..).zip(&fields) {
            self.methods.fields.entry((id, field.name)).or_insert(at);
        }
        self.program.classes[id].fields = fields;
        let methods = self.program.classes[id].methods.clone();
        self.enter_methods(Head::Class(id), &methods);
    }

    fn unique_fields(&mut self, module: ModuleId, fields: &[Field]) {
        let mut seen = FxHashMap::default();
        for field in fields {
            if let Some(first) = seen.insert(field.name, field.span) {
                let first = first.in_file(self.file(module).id);
                self.error(module, field.span, Fact::Duplicate { name: field.name, first });
            }
        }
    }

    fn enter_methods(&mut self, head: Head, methods: &[FunctionId]) {
        for method in methods {
            let origin = self.program.functions[*method].origin;
            if let Some(first) = self.methods.own.get(&(head, origin.name)).copied() {
                self.duplicate(origin.module, origin.name, origin.span, first);
                continue;
            }
            self.methods.own.insert((head, origin.name), *method);
        }
    }

    fn fields(&mut self, list: tree::List<tree::Field>, scope: &TypeScope<'_>, public: bool) -> Vec<Field> {
        let tree = self.file(scope.module).tree;
        let fields = tree.nodes.list(list).iter().map(|field| Field {
            name: self.symbol(scope.module, field.name),
            span: field.name.span,
            public: public || field.public.is_some(),
            ty: self.value_ty(field.ty, scope),
            default: None,
            optional: field.default.is_some(),
            injected: false,
        });
        let fields: Vec<Field> = fields.collect();
        if public {
            self.unique_fields(scope.module, &fields);
        }
        fields
    }

    fn resolve_enum(&mut self, id: EnumId) {
        let (site, module) = (self.enum_site(id), self.program.enums[id].origin.module);
        let of = &self.program.enums[id];
        let (params, self_ty) = (of.type_params.clone(), of.self_ty);
        let scope = TypeScope { params: &params, self_ty: Some(self_ty), ..TypeScope::plain(module) };
        self.resolve_bounds(site.type_params, &params, &scope);
        let tree = self.file(module).tree;
        let mut variants: Vec<Variant> = Vec::new();
        for (at, variant) in (0..).zip(tree.nodes.list(site.variants)) {
            let name = self.symbol(module, variant.name);
            let span = variant.name.span;
            if let Some(first) = self.methods.variants.get(&(id, name)).copied() {
                let first = variants.get(first as usize).map_or(span, |first| first.span);
                let first = first.in_file(self.file(module).id);
                self.error(module, span, Fact::Duplicate { name, first });
            } else {
                self.methods.variants.insert((id, name), at);
            }
            let fields = self.fields(variant.fields, &scope, true);
            variants.push(Variant { name, span, fields });
        }
        self.program.enums[id].variants = variants;
        let methods = self.program.enums[id].methods.clone();
        self.enter_methods(Head::Enum(id), &methods);
    }

    fn resolve_impls(&mut self) {
        for id in self.program.impls.ids().collect::<Vec<_>>() {
            self.resolve_impl(id);
        }
    }

    fn resolve_impl(&mut self, id: ImplId) {
        let (site, module) = (self.impl_site(id), self.program.impls[id].module);
        let params = self.declare_type_params(module, site.type_params);
        let scope = TypeScope { params: &params, ..TypeScope::plain(module) };
        self.resolve_bounds(site.type_params, &params, &scope);
        let told = self.found.len();
        let mut on = self.value_ty(site.on, &scope);
        self.name_undeclared(told);
        if let Ty::Actor(class, list) = self.program.types.get(on) {
            // Inside its methods an actor is its own state.
            on = self.program.types.intern(Ty::Class(class, list));
        }
        let of_scope = TypeScope { self_ty: Some(on), ..scope };
        let of = site.of.and_then(|of| self.trait_ref(of, &of_scope));
        let own = &mut self.program.impls[id];
        (own.on, own.of) = (on, of);
        own.type_params.clone_from(&params);
        let head = Head::of(self.program.types.get(on));
        let fits = head.is_some_and(|head| self.may_have_impl(head, site.of.is_some(), module));
        let Some(head) = head.filter(|_| fits) else {
            self.note_refused(id, head, of.map(|(of, _)| of));
            if on != TyId::WRONG {
                let span = self.program.impls[id].span;
                self.error(module, span, Fact::BadImpl { on });
            }
            return;
        };
        let methods = self.program.impls[id].methods.clone();
        match (of, site.of) {
            (Some((of, _)), _) => self.enter_impl(id, of, head, &methods),
            (None, None) => self.enter_methods(head, &methods),
            (None, Some(_)) => (),
        }
    }

    /// What an impl would give that cannot be is not missed.
    fn note_refused(&mut self, id: ImplId, head: Option<Head>, of: Option<TraitId>) {
        let asked = of.map_or(&[][..], |of| &self.program.traits[of].methods);
        let head = head.unwrap_or(Head::Any);
        for method in self.program.impls[id].methods.iter().chain(asked) {
            self.methods.refused.insert((head, self.program.functions[*method].origin.name));
        }
        self.methods.refused_traits.extend(of.map(|of| (head, of)));
    }

    /// Of the types that are not there in the head of an `impl`, those of one letter were meant as type parameters.
    fn name_undeclared(&mut self, told: usize) {
        for error in self.found.get_mut(told..).unwrap_or_default() {
            let Fact::UnknownType { name, .. } = error.fact else { continue };
            if self.program.names.text(name).len() == 1 {
                error.fact = Fact::UndeclaredParam { name };
            }
        }
    }

    /// Whether a type may be given methods here: without a trait only a type of the same package.
    fn may_have_impl(&self, head: Head, with_trait: bool, module: ModuleId) -> bool {
        let package = self.program.modules[module].package;
        let home = match head {
            Head::Class(id) | Head::Actor(id) => Some(self.program.classes[id].origin.module),
            Head::Enum(id) => Some(self.program.enums[id].origin.module),
            Head::Trait(_) | Head::Void | Head::Never | Head::Optional | Head::Function => return false,
            _ => None,
        };
        with_trait || home.is_some_and(|home| self.program.modules[home].package == package)
    }

    fn enter_impl(&mut self, id: ImplId, of: TraitId, head: Head, methods: &[FunctionId]) {
        let (module, span, on) = {
            let own = &self.program.impls[id];
            (own.module, own.span, own.on)
        };
        if self.program.traits[of].marker.is_some() {
            self.error(module, span, Fact::BadImpl { on });
            return;
        }
        self.check_home(id, of, head);
        self.check_overlap(id, of, head);
        self.methods.impls.entry((head, of)).or_default().push(id);
        self.methods.of_trait.entry(of).or_default().push(id);
        for method in methods {
            let origin = self.program.functions[*method].origin;
            if let Some(first) = self.methods.impl_methods.get(&(id, origin.name)).copied() {
                self.duplicate(origin.module, origin.name, origin.span, first);
            }
            self.methods.impl_methods.insert((id, origin.name), *method);
        }
        for method in self.program.traits[of].methods.clone() {
            let name = self.program.functions[method].origin.name;
            self.methods.by_trait.entry((head, name)).or_default().push(id);
        }
    }

    /// An impl is in the package of its trait or of its type.
    fn check_home(&mut self, id: ImplId, of: TraitId, head: Head) {
        let module = self.program.impls[id].module;
        let package = |at: ModuleId| self.program.modules[at].package;
        let of_type = match head {
            Head::Class(class) | Head::Actor(class) => Some(self.program.classes[class].origin.module),
            Head::Enum(of) => Some(self.program.enums[of].origin.module),
            Head::Error(of) => Some(self.program.errors[of].origin.module),
            _ => None,
        };
        let homes = [Some(self.program.traits[of].origin.module), of_type];
        let prelude = Some(of) == self.builtins.iterator && of_type.is_none();
        if prelude || !homes.into_iter().flatten().any(|home| package(home) == package(module)) {
            let own = &self.program.impls[id];
            let (span, on) = (own.span, own.on);
            self.error(module, span, Fact::ForeignImpl { on });
        }
    }

    fn check_overlap(&mut self, id: ImplId, of: TraitId, head: Head) {
        let others = self.methods.impls.get(&(head, of)).cloned().unwrap_or_default();
        let (on, params) = (self.program.impls[id].on, self.program.impls[id].type_params.clone());
        for other in others {
            let (theirs, their_params) =
                (self.program.impls[other].on, self.program.impls[other].type_params.clone());
            let forth = self.fits(theirs, on, &their_params, &mut Subst::default());
            let back = self.fits(on, theirs, &params, &mut Subst::default());
            if forth || back {
                let own = &self.program.impls[other];
                let first = own.span.in_file(self.file(own.module).id);
                let (module, span) = (self.program.impls[id].module, self.program.impls[id].span);
                self.error(module, span, Fact::DuplicateImpl { of, on, first });
                return;
            }
        }
    }

    /// What `self` is in a method.
    fn self_of(&mut self, function: FunctionId) -> Option<TyId> {
        match self.program.functions[function].owner {
            Owner::Module => None,
            Owner::Class(id) => Some(self.program.classes[id].self_ty),
            Owner::Enum(id) => Some(self.program.enums[id].self_ty),
            Owner::Impl(id) => Some(self.program.impls[id].on),
            Owner::Trait(id) => {
                Some(self.program.types.intern(Ty::Param(self.program.traits[id].self_param)))
            }
            Owner::Builtin => Some(self.builtin_self(function)),
        }
    }

    /// What a parameter's default raises is said for each call that leaves it to that.
    fn default_effects_of(&mut self, function: FunctionId, ty: TyId) {
        for var in self.effect_vars(ty) {
            if self.program.effects[var].param_of == Some(function) {
                let default = self.program.effects.add(EffectInfo::default());
                self.program.effects[var].default = Some(default);
            }
        }
    }

    fn resolve_function(&mut self, id: FunctionId) {
        let origin = self.program.functions[id].origin;
        let module = origin.module;
        let tree = self.file(module).tree;
        let site = tree.nodes[self.function_site(id)];
        let own = self.declare_type_params(module, site.type_params);
        let mut params = self.owner_params(id);
        params.extend(&own);
        let self_ty = self.self_of(id);
        let scope = TypeScope { module, params: &params, self_ty, errors: Errors::None };
        self.resolve_bounds(site.type_params, &own, &scope);
        let param_scope = TypeScope { errors: Errors::Param(id), ..scope.clone() };
        let params: Vec<Param> = tree
            .nodes
            .list(site.params)
            .iter()
            .map(|param| Param {
                name: self.symbol(module, param.name),
                span: param.name.span,
                ty: param.ty.map_or(TyId::WRONG, |ty| self.value_ty(ty, &param_scope)),
                mutable: param.mutable.is_some(),
                default: None,
                optional: param.default.is_some(),
            })
            .collect();
        for param in params.iter().filter(|param| param.optional) {
            self.default_effects_of(id, param.ty);
        }
        self.unique_params(module, &params);
        let mut result = site.result.map_or(TyId::VOID, |ty| self.ty(ty, &scope));
        let yields = site.stream.map(|_| result);
        if site.stream.is_some() {
            result = self.program.types.intern(Ty::Stream(result));
        }
        let mistakes = self.mistakes;
        let declared = self.declared_errors(site.raises, module);
        if self.mistakes > mistakes {
            self.graph.unknown.push(Node::Function(id));
            self.unsure_raises.insert(id);
        }
        if site.receiver.is_some() && self_ty.is_none() {
            let span = site.receiver.map_or(origin.span, |receiver| receiver.name.span);
            self.error(module, span, Fact::Misplaced { what: Misplaced::SelfValue });
        }
        let function = &mut self.program.functions[id];
        function.type_params = own;
        function.self_ty = self_ty.unwrap_or(TyId::WRONG);
        (function.params, function.result, function.yields, function.declared) =
            (params, result, yields, declared);
        self.check_main(id);
    }

    /// Finds the functions that yield and are not said to give a stream: what they give is not known.
    fn find_streams(&mut self) {
        let mut yields: FxHashMap<FileId, Vec<u32>> = FxHashMap::default();
        for file in &self.files {
            let nodes = &file.tree.nodes;
            let all = nodes.ids::<tree::ExprId>().filter(|id| matches!(nodes[*id], tree::Expr::Yield(_)));
            let mut starts: Vec<u32> = all.map(|id| nodes.span(id).start).collect();
            starts.sort_unstable();
            yields.insert(file.id, starts);
        }
        for id in self.own_functions() {
            let file = self.file(self.program.functions[id].origin.module);
            let site = self.function_site(id);
            if file.tree.nodes[site].stream.is_some() {
                continue;
            }
            let span = file.tree.nodes.span(site);
            let starts = yields.get(&file.id).map_or(&[][..], Vec::as_slice);
            let first = starts.partition_point(|start| *start < span.start);
            if starts.get(first).is_some_and(|start| *start < span.end) {
                self.without_stream.insert(id);
            }
        }
    }

    fn unique_params(&mut self, module: ModuleId, params: &[Param]) {
        for (at, param) in params.iter().enumerate() {
            let Some(first) = params.iter().take(at).find(|first| first.name == param.name) else { continue };
            let first = first.span.in_file(self.file(module).id);
            let (name, span) = (param.name, param.span);
            if name != self.builtins.names.underscore {
                self.error(module, span, Fact::Duplicate { name, first });
            }
        }
    }

    /// `main` of a module or an app takes nothing and gives nothing.
    fn check_main(&mut self, id: FunctionId) {
        let function = &self.program.functions[id];
        let app = match function.owner {
            Owner::Module => false,
            Owner::Class(class) if self.program.classes[class].kind == ClassKind::App => true,
            _ => return,
        };
        let plain = function.params.is_empty()
            && function.type_params.is_empty()
            && function.result == TyId::VOID
            && function.receiver.is_some() == app;
        if function.origin.name == self.builtins.names.main && !plain {
            let origin = function.origin;
            self.error(origin.module, origin.span, Fact::BadMain { app });
        }
    }

    /// Looks at the bounds of the types that are written with arguments, and at keys.
    pub(crate) fn check_written(&mut self) {
        for (module, span, ty) in std::mem::take(&mut self.written) {
            if module == crate::declare::prelude_module() {
                continue;
            }
            let (def, list) = match self.program.types.get(ty) {
                Ty::Class(id, list) | Ty::Actor(id, list) => (Def::Class(id), list),
                Ty::Enum(id, list) => (Def::Enum(id), list),
                Ty::Trait(id, list) => (Def::Trait(id), list),
                Ty::Map(key, _) | Ty::Set(key) => {
                    self.check_key(module, span, key);
                    continue;
                }
                _ => continue,
            };
            let params = match def {
                Def::Class(id) => self.program.classes[id].type_params.clone(),
                Def::Enum(id) => self.program.enums[id].type_params.clone(),
                Def::Trait(id) => self.program.traits[id].type_params.clone(),
                _ => continue,
            };
            let arguments = self.program.types.items(list).to_vec();
            for (param, ty) in params.into_iter().zip(arguments) {
                for (of, list) in self.program.type_params[param].bounds.clone() {
                    if self.trait_arguments(ty, of).is_none() {
                        let of = self.program.types.intern(Ty::Trait(of, list));
                        self.error(module, span, Fact::MissingTrait { ty, of });
                    }
                }
            }
        }
    }

    /// Whether a type can be a key, else an error.
    pub(crate) fn check_key(&mut self, module: ModuleId, span: pluto_source::Span, ty: TyId) {
        // What is built in knows how it tells floats apart.
        if module == crate::declare::prelude_module() {
            return;
        }
        if let Some(part) = self.lacks(ty, crate::program::Marker::Key) {
            self.error(module, span, Fact::BadKey { ty, part });
        }
    }
}

impl TypeScope<'_> {
    /// Outside of everything that has type parameters.
    pub(crate) fn plain(module: ModuleId) -> Self {
        Self { module, params: &[], self_ty: None, errors: Errors::None }
    }
}

/// The number of a module, to sort by.
pub(crate) fn order(module: ModuleId) -> u32 {
    module.index()
}
