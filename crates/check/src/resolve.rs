//! From types as they are written to types.

use pluto_source::Span;
use pluto_syntax::tree::{self, Raises, Type};

use crate::checker::{Checker, Def};
use crate::error::{Fact, Misplaced};
use crate::names::Symbol;
use crate::program::{
    AliasId, ClassKind, EffectInfo, ErrorId, FunctionId, ModuleId, TraitId, TypeParam, TypeParamId,
};
use crate::relations::Head;
use crate::types::{Effect, EffectVar, ErrorSet, Subst, Ty, TyId, TyList};

/// Aliases of aliases deeper than this are refused.
const ALIASES: usize = 100;

/// What a function type that says nothing about errors means where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errors {
    /// In a parameter: a variable of the function.
    Param(FunctionId),
    /// In a body: a variable that is found out.
    Fresh,
    /// In a type with a name: what it means where the name stands.
    Alias(AliasId),
    /// Elsewhere: none. A task has a variable even so, since its type cannot say what it raises.
    None,
}

/// What is in sight where a type is written.
#[derive(Clone, Debug)]
pub(crate) struct TypeScope<'s> {
    pub(crate) module: ModuleId,
    pub(crate) params: &'s [TypeParamId],
    pub(crate) self_ty: Option<TyId>,
    pub(crate) errors: Errors,
}

impl Checker<'_> {
    /// The type that is written somewhere.
    pub(crate) fn ty(&mut self, id: tree::TypeId, scope: &TypeScope<'_>) -> TyId {
        let tree = self.file(scope.module).tree;
        let span = tree.nodes.span(id);
        let ty = match tree.nodes[id] {
            Type::Wrong => TyId::WRONG,
            Type::Array(of) => {
                let of = self.value_ty(of, scope);
                self.program.types.intern(Ty::Array(of))
            }
            Type::Optional(of) => {
                let of = self.value_ty(of, scope);
                self.program.types.optional(of)
            }
            Type::Tuple(parts) => {
                let parts: Vec<TyId> =
                    tree.nodes.list(parts).iter().map(|part| self.value_ty(*part, scope)).collect();
                self.program.types.tuple(&parts)
            }
            Type::Function { params, result, raises } => self.function_ty(params, result, raises, scope),
            Type::Named { path, arguments } => self.named_ty(tree.nodes.list(path), arguments, span, scope),
        };
        if self.program.types.take_too_large() {
            self.error(scope.module, span, Fact::TooLarge);
        }
        ty
    }

    /// The type of a value, which is not `void`.
    pub(crate) fn value_ty(&mut self, id: tree::TypeId, scope: &TypeScope<'_>) -> TyId {
        let ty = self.ty(id, scope);
        if ty == TyId::VOID {
            let span = self.file(scope.module).tree.nodes.span(id);
            self.error(scope.module, span, Fact::VoidValue { expected: None });
            return TyId::WRONG;
        }
        ty
    }

    fn function_ty(
        &mut self,
        params: tree::List<tree::FunctionTypeParam>,
        result: Option<tree::TypeId>,
        raises: Raises,
        scope: &TypeScope<'_>,
    ) -> TyId {
        let tree = self.file(scope.module).tree;
        let inner = TypeScope { errors: Errors::None, ..scope.clone() };
        let params: Vec<TyId> =
            tree.nodes.list(params).iter().map(|param| self.value_ty(param.ty, &inner)).collect();
        let result = result.map_or(TyId::VOID, |result| self.ty(result, scope));
        let effect = match self.declared_errors(raises, scope.module) {
            Some(set) => Effect::Errors(set),
            None if scope.errors == Errors::None => Effect::NONE,
            None => Effect::Var(self.effect_var(scope.errors, false)),
        };
        let params = self.program.types.list(&params);
        self.program.types.intern(Ty::Function(params, result, effect))
    }

    fn effect_var(&mut self, errors: Errors, of_task: bool) -> EffectVar {
        let param_of = if let Errors::Param(function) = errors { Some(function) } else { None };
        let var = self.program.effects.add(EffectInfo { param_of, ..EffectInfo::default() });
        match errors {
            Errors::Param(function) => self.program.functions[function].effect_params.push(var),
            Errors::Alias(alias) => self.program.aliases[alias].effects.push((var, of_task)),
            Errors::Fresh | Errors::None => (),
        }
        var
    }

    /// The errors after `raises`, where it stands.
    pub(crate) fn declared_errors(&mut self, raises: Raises, module: ModuleId) -> Option<ErrorSet> {
        match raises {
            Raises::Unsaid => None,
            Raises::Nothing(_) => Some(ErrorSet::EMPTY),
            Raises::Errors(types) => {
                let tree = self.file(module).tree;
                let errors: Vec<ErrorId> =
                    tree.nodes.list(types).iter().filter_map(|ty| self.error_of(*ty, module)).collect();
                Some(self.program.types.error_set(errors))
            }
        }
    }

    fn error_of(&mut self, id: tree::TypeId, module: ModuleId) -> Option<ErrorId> {
        let scope = TypeScope { module, params: &[], self_ty: None, errors: Errors::None };
        let ty = self.ty(id, &scope);
        match self.program.types.get(ty) {
            Ty::Error(error) => Some(error),
            Ty::Wrong => None,
            _ => {
                let span = self.file(module).tree.nodes.span(id);
                self.error(module, span, Fact::NotAnError { ty });
                None
            }
        }
    }

    fn named_ty(
        &mut self,
        path: &[tree::Name],
        arguments: tree::List<tree::TypeId>,
        span: Span,
        scope: &TypeScope<'_>,
    ) -> TyId {
        let tree = self.file(scope.module).tree;
        let arguments = tree.nodes.list(arguments);
        let given: Vec<TyId> = arguments.iter().map(|argument| self.ty(*argument, scope)).collect();
        if let [name] = path {
            let symbol = self.symbol(scope.module, *name);
            if let Some(param) = self.find_param(scope.params, symbol) {
                self.expect_arguments(symbol, 0, given.len(), span, scope.module);
                return self.program.types.intern(Ty::Param(param));
            }
            if symbol == self.builtins.self_name {
                return scope.self_ty.unwrap_or_else(|| {
                    self.error(scope.module, span, Fact::Misplaced { what: Misplaced::SelfType });
                    TyId::WRONG
                });
            }
        }
        let Some((def, name)) = self.type_path(path, scope.module) else { return TyId::WRONG };
        self.apply_def(def, name, &given, span, scope)
    }

    pub(crate) fn find_param(&self, params: &[TypeParamId], name: Symbol) -> Option<TypeParamId> {
        params.iter().rev().copied().find(|param| self.program.type_params[*param].name == name)
    }

    /// What a path stands for where a type is written, with its last name.
    pub(crate) fn type_path(&mut self, path: &[tree::Name], module: ModuleId) -> Option<(Def, Symbol)> {
        let (first, rest) = path.split_first()?;
        let name = self.symbol(module, *first);
        if self.program.text(name).is_empty() {
            return None;
        }
        let Some(mut def) = self.lookup(module, name) else {
            let near = self.near_type(module, name);
            if self.unknown_types.insert((module, name)) || near.is_some() {
                self.error(module, first.span, Fact::UnknownType { name, near });
            } else {
                self.mistakes += 1;
            }
            return None;
        };
        let mut last = name;
        for next in rest {
            if def == Def::Wrong {
                return None;
            }
            let Def::Module(inner) = def else {
                let kind = self.kind(def);
                self.error(module, next.span, Fact::NotAType { name: last, kind });
                return None;
            };
            last = self.symbol(module, *next);
            def = self.lookup_in(module, inner, last, next.span)?;
        }
        (def != Def::Wrong).then_some((def, last))
    }

    fn near_type(&mut self, module: ModuleId, name: Symbol) -> Option<Symbol> {
        let mut known: Vec<Symbol> = Vec::new();
        for at in [module, crate::declare::prelude_module()] {
            let entries: Vec<(Symbol, Def)> =
                self.scope(at).names.iter().map(|(name, entry)| (*name, entry.def)).collect();
            let is_type =
                |def: &Def| !matches!(def, Def::Function(_) | Def::Const(_) | Def::Module(_) | Def::Wrong);
            known.extend(entries.into_iter().filter(|(_, def)| is_type(def)).map(|(name, _)| name));
        }
        self.near(name, known)
    }

    /// A declared thing as a type, with its arguments.
    pub(crate) fn apply_def(
        &mut self,
        def: Def,
        name: Symbol,
        given: &[TyId],
        span: Span,
        scope: &TypeScope<'_>,
    ) -> TyId {
        let expected = self.arity(def);
        if let Some(expected) = expected
            && !self.expect_arguments(name, expected, given.len(), span, scope.module)
        {
            return TyId::WRONG;
        }
        let list = self.program.types.list(given);
        let ty = match def {
            Def::Class(id) if self.program.classes[id].kind == ClassKind::Actor => Ty::Actor(id, list),
            Def::Class(id) => Ty::Class(id, list),
            Def::Enum(id) => Ty::Enum(id, list),
            Def::Trait(id) => Ty::Trait(id, list),
            Def::Error(id) => Ty::Error(id),
            Def::Alias(id) => return self.alias_ty(id, given, span, scope),
            Def::Builtin(head) => return self.builtin_ty(head, name, given, span, scope),
            Def::Wrong => return TyId::WRONG,
            Def::Module(_) | Def::Function(_) | Def::Const(_) => {
                let kind = self.kind(def);
                self.error(scope.module, span, Fact::NotAType { name, kind });
                return TyId::WRONG;
            }
        };
        let ty = self.program.types.intern(ty);
        if !given.is_empty() {
            self.written.push((scope.module, span, ty));
        }
        ty
    }

    /// How many type arguments a declared thing takes.
    pub(crate) fn arity(&self, def: Def) -> Option<usize> {
        let site = |sites: usize| Some(sites);
        match def {
            Def::Class(id) => site(self.class_site(id).type_params.len()),
            Def::Enum(id) => site(self.enum_site(id).type_params.len()),
            Def::Trait(id) => site(self.trait_site(id).type_params.len()),
            Def::Alias(id) => site(self.alias_site(id).type_params.len()),
            Def::Error(_) => Some(0),
            Def::Builtin(head) => head.arity(),
            Def::Module(_) | Def::Function(_) | Def::Const(_) | Def::Wrong => None,
        }
    }

    fn expect_arguments(
        &mut self,
        name: Symbol,
        expected: usize,
        found: usize,
        span: Span,
        module: ModuleId,
    ) -> bool {
        if expected != found {
            self.error(module, span, Fact::TypeArgumentCount { name, expected, found });
        }
        expected == found
    }

    fn builtin_ty(
        &mut self,
        head: Head,
        name: Symbol,
        given: &[TyId],
        span: Span,
        scope: &TypeScope<'_>,
    ) -> TyId {
        let ty = match (head, given) {
            (Head::Array, [of]) => Ty::Array(*of),
            (Head::Map, [key, value]) => Ty::Map(*key, *value),
            (Head::Set, [of]) => Ty::Set(*of),
            (Head::Task, [of]) => {
                let errors = if scope.errors == Errors::None { Errors::Fresh } else { scope.errors };
                Ty::Task(*of, Effect::Var(self.effect_var(errors, true)))
            }
            (Head::Sender, [of]) => Ty::Sender(*of),
            (Head::Receiver, [of]) => Ty::Receiver(*of),
            (Head::Expectation, [of]) => Ty::Expectation(*of),
            _ => {
                let Some(ty) = head.plain() else {
                    self.error(scope.module, span, Fact::NotAType { name, kind: crate::error::Kind::Module });
                    return TyId::WRONG;
                };
                ty
            }
        };
        let ty = self.program.types.intern(ty);
        if matches!(head, Head::Map | Head::Set) {
            self.written.push((scope.module, span, ty));
        }
        ty
    }

    fn alias_ty(&mut self, id: AliasId, given: &[TyId], span: Span, scope: &TypeScope<'_>) -> TyId {
        self.resolve_alias(id, span, scope.module);
        let subst = Subst::of(&self.program.aliases[id].type_params, given);
        self.alias_with(id, subst, scope.errors)
    }

    /// What an alias stands for where it says about errors what types there do.
    pub(crate) fn alias_with(&mut self, id: AliasId, mut subst: Subst, errors: Errors) -> TyId {
        for (var, of_task) in self.program.aliases[id].effects.clone() {
            let effect = match errors {
                Errors::None if !of_task => Effect::NONE,
                Errors::None => Effect::Var(self.effect_var(Errors::Fresh, true)),
                _ => Effect::Var(self.effect_var(errors, of_task)),
            };
            subst.set_effect(var, effect);
        }
        let ty = self.program.aliases[id].ty;
        self.program.types.substitute(ty, &subst)
    }

    /// Finds out what an alias stands for.
    pub(crate) fn resolve_alias(&mut self, id: AliasId, span: Span, module: ModuleId) {
        if self.done_aliases.contains(&id) {
            return;
        }
        if self.active_aliases.contains(&id) || self.active_aliases.len() > ALIASES {
            let name = self.program.aliases[id].origin.name;
            self.error(module, span, Fact::AliasCycle { name });
            self.done_aliases.insert(id);
            return;
        }
        self.active_aliases.push(id);
        let home = self.program.aliases[id].origin.module;
        let site = self.alias_site(id);
        let params = self.declare_type_params(home, site.type_params);
        self.program.aliases[id].type_params.clone_from(&params);
        let scope = TypeScope { module: home, params: &params, self_ty: None, errors: Errors::Alias(id) };
        let ty = self.ty(site.ty, &scope);
        let _ = self.active_aliases.pop();
        self.done_aliases.insert(id);
        self.program.aliases[id].ty = ty;
    }

    /// Enters type parameters, without their bounds.
    pub(crate) fn declare_type_params(
        &mut self,
        module: ModuleId,
        params: tree::List<tree::TypeParam>,
    ) -> Vec<TypeParamId> {
        let tree = self.file(module).tree;
        let mut ids: Vec<TypeParamId> = Vec::new();
        for param in tree.nodes.list(params) {
            let name = self.symbol(module, param.name);
            if let Some(first) = self.find_param(&ids, name) {
                let first = self.program.type_params[first].span.in_file(self.file(module).id);
                self.error(module, param.name.span, Fact::Duplicate { name, first });
            }
            let param = TypeParam { name, span: param.name.span, bounds: Vec::new() };
            ids.push(self.program.type_params.add(param));
        }
        ids
    }

    /// Resolves the bounds of type parameters.
    pub(crate) fn resolve_bounds(
        &mut self,
        params: tree::List<tree::TypeParam>,
        ids: &[TypeParamId],
        scope: &TypeScope<'_>,
    ) {
        let tree = self.file(scope.module).tree;
        for (param, id) in tree.nodes.list(params).iter().zip(ids) {
            let bounds = tree.nodes.list(param.bounds);
            let known: Vec<_> = bounds.iter().filter_map(|bound| self.trait_ref(*bound, scope)).collect();
            if known.len() < bounds.len() {
                self.unsure_bounds.insert(*id);
            }
            self.program.type_params[*id].bounds = known;
        }
    }

    /// The trait that a type names, with its arguments.
    pub(crate) fn trait_ref(&mut self, id: tree::TypeId, scope: &TypeScope<'_>) -> Option<(TraitId, TyList)> {
        let ty = self.ty(id, scope);
        match self.program.types.get(ty) {
            Ty::Trait(of, arguments) => Some((of, arguments)),
            Ty::Wrong => None,
            _ => {
                let tree = self.file(scope.module).tree;
                let span = tree.nodes.span(id);
                let (name, kind) = self.what_is(id, scope.module);
                self.error(scope.module, span, Fact::NotATrait { name, kind });
                None
            }
        }
    }

    fn what_is(&mut self, id: tree::TypeId, module: ModuleId) -> (Symbol, crate::error::Kind) {
        let tree = self.file(module).tree;
        if let Type::Named { path, .. } = tree.nodes[id]
            && let Some((def, name)) = self.type_path(tree.nodes.list(path), module)
        {
            return (name, self.kind(def));
        }
        let text = tree.nodes.span(id).of(self.file(module).text);
        (self.program.names.intern(text), crate::error::Kind::Type)
    }
}
