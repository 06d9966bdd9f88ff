//! Fields and methods.

use pluto_source::Span;

use super::Body;
use super::names::Ref;
use crate::body::{Dispatch, ExprId, ExprKind};
use crate::checker::Def;
use crate::error::Fact;
use crate::names::Symbol;
use crate::program::{FunctionId, ImplId, Owner, TraitId, TypeParamId};
use crate::relations::Head;
use crate::resolve::Errors;
use crate::types::{Subst, Ty, TyId};

/// A method that was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) function: FunctionId,
    /// What stands for the type parameters of what it belongs to.
    pub(super) subst: Subst,
    pub(super) dispatch: Dispatch,
}

enum Lookup {
    Found(Box<Found>),
    Ambiguous(Vec<TraitId>),
    /// It is of a trait that cannot be named here.
    Hidden(TraitId),
    Nothing,
}

impl Body<'_, '_> {
    /// A field or a method of a value.
    pub(super) fn member(&mut self, base: ExprId, name: Symbol, at: Span, called: bool, span: Span) -> Ref {
        let ty = self.ty(base);
        if ty == TyId::WRONG || self.c.program.text(name).is_empty() {
            return Ref::Value(self.wrong(span));
        }
        if matches!(self.get(ty), Ty::Infer(_)) {
            self.retry(false);
        }
        let ty = self.shallow(ty);
        if matches!(self.get(ty), Ty::Infer(_)) {
            self.error(self.span(base), Fact::CannotInfer { what: ty });
            self.unify(ty, TyId::WRONG, span);
            return Ref::Value(self.wrong(span));
        }
        if called
            && self.calls_method(ty, name)
            && let Lookup::Found(found) = self.find_method(ty, name, at)
        {
            self.check_visible(&found, ty, name, at);
            return Ref::Method(base, *found, Vec::new());
        }
        if let Some(field) = self.field_of(base, ty, name, at, span) {
            return Ref::Value(field);
        }
        if self.get(ty) == Ty::Term && !called {
            return Ref::Value(self.add(ExprKind::TermField(base, name), TyId::TERM, span));
        }
        match self.find_method(ty, name, at) {
            Lookup::Found(found) => {
                self.check_visible(&found, ty, name, at);
                Ref::Method(base, *found, Vec::new())
            }
            Lookup::Ambiguous(traits) => Ref::Value(self.refuse(at, Fact::AmbiguousMethod { name, traits })),
            Lookup::Hidden(of) => {
                let declared = self.c.place(&self.c.program.traits[of].origin);
                let ty = self.resolve(ty);
                Ref::Value(self.refuse(at, Fact::PrivateMember { ty, name, declared }))
            }
            Lookup::Nothing => Ref::Value(self.no_member(ty, name, at, called)),
        }
    }

    /// Whether a call of a name that a field has is of a method: the class has one of this name, or the field holds no function.
    fn calls_method(&self, ty: TyId, name: Symbol) -> bool {
        let Ty::Class(id, _) = self.get(ty) else { return false };
        let Some(at) = self.c.methods.fields.get(&(id, name)) else { return false };
        let own = self.c.methods.own.get(&(Head::Class(id), name));
        if own.is_some_and(|method| self.c.program.functions[*method].receiver.is_some()) {
            return true;
        }
        let field = self.c.program.classes[id].fields.get(*at as usize);
        field.is_some_and(|field| !matches!(self.get(field.ty), Ty::Function(..) | Ty::Param(_) | Ty::Wrong))
    }

    fn no_member(&mut self, ty: TyId, name: Symbol, at: Span, called: bool) -> ExprId {
        let ty = self.resolve(ty);
        let head = Head::of(self.get(ty)).unwrap_or(Head::Any);
        let refused = &self.c.methods.refused;
        if refused.contains(&(head, name)) || refused.contains(&(Head::Any, name)) {
            return self.wrong(at);
        }
        if let Ty::Optional(of) = self.get(ty) {
            let of = self.shallow(of);
            let inner = self.members_of(of);
            if inner.contains(&name) {
                return self.refuse(at, Fact::MaybeNone { ty, name });
            }
        }
        let known = self.members_of(ty);
        // What has this very name is there for other arguments.
        let near = if known.contains(&name) {
            None
        } else {
            let fitting =
                known.into_iter().filter(|known| self.may_be_meant(ty, *known, called)).collect::<Vec<_>>();
            self.c.near(name, fitting)
        };
        if !self.unknown_members.insert((ty, name)) && near.is_none() {
            return self.wrong(at);
        }
        self.refuse(at, Fact::UnknownMember { ty, name, near })
    }

    /// Whether a member of this name would be one of this very type, and, where it is called, can be.
    fn may_be_meant(&mut self, ty: TyId, name: Symbol, called: bool) -> bool {
        if let Ty::Expectation(_) = self.get(ty) {
            let Some(function) = self.c.methods.own.get(&(Head::Expectation, name)).copied() else {
                return true;
            };
            let self_ty = self.c.program.functions[function].self_ty;
            let params = self.c.owner_params(function);
            return self.c.fits(self_ty, ty, &params, &mut Subst::default());
        }
        let Ty::Class(id, _) = self.get(ty) else { return true };
        let own = self.c.methods.own.get(&(Head::Class(id), name));
        let method = own.is_some_and(|method| self.c.program.functions[*method].receiver.is_some());
        !called || method || !self.calls_method(ty, name)
    }

    fn check_visible(&mut self, found: &Found, ty: TyId, name: Symbol, at: Span) {
        let function = &self.c.program.functions[found.function];
        let of_trait = match function.owner {
            Owner::Trait(_) | Owner::Builtin => true,
            Owner::Impl(id) => self.c.program.impls[id].of.is_some(),
            _ => false,
        };
        if !of_trait && !function.origin.public && function.origin.module != self.module {
            let declared = self.c.place(&function.origin);
            let ty = self.resolve(ty);
            self.error(at, Fact::PrivateMember { ty, name, declared });
        }
    }

    /// The field of a value.
    fn field_of(&mut self, base: ExprId, ty: TyId, name: Symbol, at: Span, span: Span) -> Option<ExprId> {
        let (index, field_ty) = match self.get(ty) {
            Ty::Class(id, list) => {
                let index = self.c.methods.fields.get(&(id, name)).copied()?;
                let class = &self.c.program.classes[id];
                let field = *class.fields.get(index as usize)?;
                let module = class.origin.module;
                if !field.public && module != self.module {
                    let declared = field.span.in_file(self.c.file(module).id);
                    let ty = self.resolve(ty);
                    self.error(at, Fact::PrivateMember { ty, name, declared });
                }
                let arguments = self.c.program.types.items(list).to_vec();
                let subst = Subst::of(&self.c.program.classes[id].type_params, &arguments);
                (index, self.c.program.types.substitute(field.ty, &subst))
            }
            Ty::Error(id) => {
                let fields = &self.c.program.errors[id].fields;
                let (index, field) = (0..).zip(fields).find(|(_, field)| field.name == name)?;
                (index, field.ty)
            }
            Ty::Tuple(list) => {
                let index: u32 = self.c.program.text(name).parse().ok()?;
                let of = self.c.program.types.items(list).get(index as usize).copied()?;
                let element = self.add(ExprKind::Element(base, index), of, span);
                return Some(self.narrow_value(element));
            }
            _ => return None,
        };
        let field = self.add(ExprKind::Field(base, index), field_ty, span);
        Some(self.narrow_value(field))
    }

    fn find_method(&mut self, ty: TyId, name: Symbol, at: Span) -> Lookup {
        match self.get(ty) {
            Ty::Param(param) => self.method_of_bounds(ty, param, name),
            Ty::Trait(of, list) => match self.c.methods.trait_methods.get(&(of, name)).copied() {
                Some(function) => {
                    let arguments = self.c.program.types.items(list).to_vec();
                    let subst = self.trait_arguments(of, &arguments, ty);
                    Lookup::Found(Box::new(Found { function, subst, dispatch: Dispatch::Object(of) }))
                }
                None => self.method_of_any(ty, name),
            },
            Ty::Actor(id, list) => {
                let Some(function) = self.c.methods.own.get(&(Head::Class(id), name)).copied() else {
                    return self.method_behind_handle(id, ty, name, at);
                };
                let state = self.intern(Ty::Class(id, list));
                match self.fit_owner(function, state, at) {
                    Some(subst) => {
                        Lookup::Found(Box::new(Found { function, subst, dispatch: Dispatch::Message }))
                    }
                    None => self.method_behind_handle(id, ty, name, at),
                }
            }
            other => match Head::of(other) {
                Some(head) => self.own_method(head, ty, name, at),
                None => self.method_of_any(ty, name),
            },
        }
    }

    /// A method of a trait that an actor has, which is a message; else one that every actor has.
    fn method_behind_handle(
        &mut self,
        id: crate::program::ClassId,
        ty: TyId,
        name: Symbol,
        at: Span,
    ) -> Lookup {
        if self.c.methods.by_trait.contains_key(&(Head::Class(id), name)) {
            let state = self.c.state_of(ty);
            match self.method_of_impls(Head::Class(id), state, name, at) {
                Lookup::Found(mut found) => {
                    found.dispatch = Dispatch::Message;
                    return Lookup::Found(found);
                }
                many @ (Lookup::Ambiguous(_) | Lookup::Hidden(_)) => return many,
                Lookup::Nothing => (),
            }
        }
        self.own_method(Head::AnyActor, ty, name, at)
    }

    fn trait_arguments(&self, of: TraitId, arguments: &[TyId], self_ty: TyId) -> Subst {
        let mut subst = Subst::of(&self.c.program.traits[of].type_params, arguments);
        subst.set(self.c.program.traits[of].self_param, self_ty);
        subst
    }

    fn method_of_bounds(&mut self, ty: TyId, param: TypeParamId, name: Symbol) -> Lookup {
        let bounds = self.c.program.type_params[param].bounds.clone();
        let having: Vec<_> = bounds
            .into_iter()
            .filter(|(of, _)| self.c.methods.trait_methods.contains_key(&(*of, name)))
            .collect();
        match having.as_slice() {
            [] => self.method_of_any(ty, name),
            [(of, list)] => {
                let arguments = self.c.program.types.items(*list).to_vec();
                let subst = self.trait_arguments(*of, &arguments, ty);
                match self.c.methods.trait_methods.get(&(*of, name)).copied() {
                    Some(function) => {
                        Lookup::Found(Box::new(Found { function, subst, dispatch: Dispatch::Bound(*of) }))
                    }
                    None => Lookup::Nothing,
                }
            }
            many => Lookup::Ambiguous(many.iter().map(|(of, _)| *of).collect()),
        }
    }

    /// A method that the type itself has, else one of a trait that it has, else one that every type has.
    fn own_method(&mut self, head: Head, ty: TyId, name: Symbol, at: Span) -> Lookup {
        if let Some(function) = self.c.methods.own.get(&(head, name)).copied()
            && self.c.program.functions[function].receiver.is_some()
            && let Some(mut subst) = self.fit_owner(function, ty, at)
        {
            self.task_subst(ty, &mut subst);
            return Lookup::Found(Box::new(Found { function, subst, dispatch: Dispatch::Direct }));
        }
        self.method_of_impls(head, ty, name, at)
    }

    /// What stands for the type parameters of what a method belongs to, where it belongs to a type like this. An impl, or an
    /// expectation's method, may be for some arguments only, which decides those that are still looked for.
    fn fit_owner(&mut self, function: FunctionId, ty: TyId, at: Span) -> Option<Subst> {
        let mut subst = Subst::default();
        let self_ty = self.c.program.functions[function].self_ty;
        let params = self.c.owner_params(function);
        let some = matches!(self.c.program.functions[function].owner, Owner::Impl(_))
            || matches!(self.get(ty), Ty::Expectation(_));
        let ty = if some { self.resolve(ty) } else { ty };
        if !self.c.fits(self_ty, ty, &params, &mut subst) {
            return None;
        }
        (!some || self.decide(self_ty, ty, &params, &mut subst, at)).then_some(subst)
    }

    /// Makes a type what the pattern says that it fits.
    fn decide(
        &mut self,
        pattern: TyId,
        ty: TyId,
        params: &[TypeParamId],
        subst: &mut Subst,
        at: Span,
    ) -> bool {
        for param in params {
            if subst.param(*param).is_none() {
                let fresh = self.fresh(at);
                subst.set(*param, fresh);
            }
        }
        let pattern = self.c.program.types.substitute(pattern, subst);
        self.unify(pattern, ty, at)
    }

    /// What a task raises, in the methods of tasks.
    fn task_subst(&mut self, ty: TyId, subst: &mut Subst) {
        if let Ty::Task(_, effect) = self.get(ty) {
            let var = self.c.task_effect();
            subst.set_effect(var, effect);
        }
    }

    fn method_of_impls(&mut self, head: Head, ty: TyId, name: Symbol, at: Span) -> Lookup {
        let impls = self.c.methods.by_trait.get(&(head, name)).cloned().unwrap_or_default();
        let ty = self.resolve(ty);
        let mut fitting: Vec<(ImplId, TraitId)> = Vec::new();
        for id in impls {
            let Some((of, _)) = self.c.program.impls[id].of else { continue };
            if self.c.find_impl(ty, of).is_some_and(|(found, _)| found == id) {
                fitting.push((id, of));
            }
        }
        let hidden = fitting.first().map(|(_, of)| *of);
        fitting.retain(|(_, of)| self.c.may_name(self.module, *of));
        match fitting.as_slice() {
            [] => match (self.method_of_any(ty, name), hidden) {
                (Lookup::Nothing, Some(of)) => Lookup::Hidden(of),
                (found, _) => found,
            },
            [(id, of)] => self.method_of_impl(*id, *of, ty, name, at),
            many => Lookup::Ambiguous(many.iter().map(|(_, of)| *of).collect()),
        }
    }

    fn method_of_impl(&mut self, id: ImplId, of: TraitId, ty: TyId, name: Symbol, at: Span) -> Lookup {
        let Some((_, mut subst)) = self.c.find_impl(ty, of) else { return Lookup::Nothing };
        let (on, params) = (self.c.program.impls[id].on, self.c.program.impls[id].type_params.clone());
        let state = self.c.state_of(ty);
        if !self.decide(on, state, &params, &mut subst, at) {
            return Lookup::Nothing;
        }
        if let Some(function) = self.c.methods.impl_methods.get(&(id, name)).copied() {
            return Lookup::Found(Box::new(Found { function, subst, dispatch: Dispatch::Direct }));
        }
        let Some(function) = self.c.methods.trait_methods.get(&(of, name)).copied() else {
            return Lookup::Nothing;
        };
        let list = self.c.program.impls[id].of.map_or(crate::types::TyList::EMPTY, |(_, list)| list);
        let list = self.c.program.types.substitute_list(list, &subst);
        let arguments = self.c.program.types.items(list).to_vec();
        let subst = self.trait_arguments(of, &arguments, ty);
        Lookup::Found(Box::new(Found { function, subst, dispatch: Dispatch::Impl(id) }))
    }

    fn method_of_any(&mut self, ty: TyId, name: Symbol) -> Lookup {
        let Some(function) = self.c.methods.own.get(&(Head::Any, name)).copied() else {
            return Lookup::Nothing;
        };
        let params = self.c.owner_params(function);
        let subst = Subst::of(&params, &[ty]);
        Lookup::Found(Box::new(Found { function, subst, dispatch: Dispatch::Direct }))
    }

    /// All names behind a dot of a value, to say which was probably meant.
    fn members_of(&mut self, ty: TyId) -> Vec<Symbol> {
        let mut known: Vec<Symbol> = Vec::new();
        let methods = &self.c.methods;
        let head = match self.get(ty) {
            Ty::Actor(id, _) => Some(Head::Class(id)),
            Ty::Param(param) => {
                for (of, _) in &self.c.program.type_params[param].bounds {
                    let of = &self.c.program.traits[*of];
                    known.extend(of.methods.iter().map(|m| self.c.program.functions[*m].origin.name));
                }
                None
            }
            other => Head::of(other),
        };
        if let Ty::Class(id, _) = self.get(ty) {
            known.extend(self.c.program.classes[id].fields.iter().map(|field| field.name));
        }
        if let Ty::Error(id) = self.get(ty) {
            known.extend(self.c.program.errors[id].fields.iter().map(|field| field.name));
        }
        if let Ty::Trait(of, _) = self.get(ty) {
            let of = &self.c.program.traits[of];
            known.extend(of.methods.iter().map(|m| self.c.program.functions[*m].origin.name));
        }
        if let Some(head) = head {
            known.extend(methods.own.keys().filter(|(of, _)| *of == head).map(|(_, name)| *name));
            let seen = |id: &ImplId| {
                let of = self.c.program.impls[*id].of;
                of.is_some_and(|(of, _)| self.c.may_name(self.module, of))
            };
            let of_traits =
                methods.by_trait.iter().filter(|((of, _), impls)| *of == head && impls.iter().any(seen));
            known.extend(of_traits.map(|((_, name), _)| *name));
        }
        known
    }

    /// A variant, or a function that belongs to a type.
    pub(super) fn static_member(
        &mut self,
        def: Def,
        of: Symbol,
        mut given: Vec<TyId>,
        name: Symbol,
        at: Span,
    ) -> Ref {
        let head = match def {
            Def::Class(id) => Head::Class(id),
            Def::Enum(id) => {
                if let Some(variant) = self.c.methods.variants.get(&(id, name)).copied() {
                    return Ref::Variant(id, variant, given);
                }
                Head::Enum(id)
            }
            Def::Builtin(head) => head,
            Def::Alias(id) => {
                let ty = self.c.alias_with(id, Subst::default(), Errors::Fresh);
                let (def, list) = match self.get(ty) {
                    Ty::Class(id, list) | Ty::Actor(id, list) => (Def::Class(id), list),
                    Ty::Enum(id, list) => (Def::Enum(id), list),
                    Ty::Wrong => return Ref::Value(self.wrong(at)),
                    _ => {
                        let kind = self.c.kind(def);
                        return Ref::Value(self.refuse(at, Fact::NotAValue { name: of, kind }));
                    }
                };
                given = self.c.program.types.items(list).to_vec();
                return self.static_member(def, of, given, name, at);
            }
            _ => {
                let kind = self.c.kind(def);
                return Ref::Value(self.refuse(at, Fact::NotAValue { name: of, kind }));
            }
        };
        let function = self.c.methods.own.get(&(head, name)).copied();
        let function = function.filter(|id| self.c.program.functions[*id].receiver.is_none());
        let found = function.and_then(|function| self.static_function(function, &given, name, at));
        found.unwrap_or_else(|| Ref::Value(self.no_static(def, head, name, at)))
    }

    fn static_function(
        &mut self,
        function: FunctionId,
        given: &[TyId],
        name: Symbol,
        at: Span,
    ) -> Option<Ref> {
        let params = self.c.owner_params(function);
        let of_impl = matches!(self.c.program.functions[function].owner, Owner::Impl(_));
        let mut subst = Subst::default();
        for (index, param) in params.iter().enumerate() {
            let given = given.get(index).copied().filter(|_| !of_impl);
            let ty = given.unwrap_or_else(|| self.fresh(at));
            subst.set(*param, ty);
        }
        if of_impl && !given.is_empty() && !self.is_given(function, given, &subst, at) {
            return None;
        }
        let origin = self.c.program.functions[function].origin;
        if !origin.public && origin.module != self.module {
            let declared = self.c.place(&origin);
            let ty = self.c.program.functions[function].self_ty;
            self.error(at, Fact::PrivateMember { ty, name, declared });
        }
        Some(Ref::Function(function, subst, Vec::new()))
    }

    /// Whether the type that a function of an impl belongs to is the one with these arguments.
    fn is_given(&mut self, function: FunctionId, given: &[TyId], subst: &Subst, at: Span) -> bool {
        let self_ty = self.c.program.functions[function].self_ty;
        let own = self.c.program.types.substitute(self_ty, subst);
        let (Ty::Class(_, list) | Ty::Enum(_, list)) = self.get(own) else { return true };
        let own = self.c.program.types.items(list).to_vec();
        own.len() != given.len() || own.into_iter().zip(given).all(|(own, given)| self.unify(own, *given, at))
    }

    fn no_static(&mut self, def: Def, head: Head, name: Symbol, at: Span) -> ExprId {
        if self.is_without_self(head, name) {
            return self.wrong(at);
        }
        let statics = self.c.methods.own.iter().filter(|((of, _), function)| {
            *of == head && self.c.program.functions[**function].receiver.is_none()
        });
        let mut known: Vec<Symbol> = statics.map(|((_, name), _)| *name).collect();
        let ty = match def {
            Def::Enum(id) => {
                let of = &self.c.program.enums[id];
                known.extend(of.variants.iter().map(|variant| variant.name));
                let near = self.c.near(name, known);
                let ty = self.c.program.enums[id].self_ty;
                return self.refuse(at, Fact::UnknownVariant { ty, name, near });
            }
            Def::Class(id) => self.c.program.classes[id].self_ty,
            _ => self.intern(head.plain().unwrap_or(Ty::Wrong)),
        };
        let near = self.c.near(name, known);
        self.refuse(at, Fact::UnknownMember { ty, name, near })
    }

    /// Whether a trait that a type has asks for a function without `self`, which was refused there.
    fn is_without_self(&self, head: Head, name: Symbol) -> bool {
        let impls = self.c.methods.by_trait.get(&(head, name)).map_or(&[][..], Vec::as_slice);
        impls.iter().any(|id| {
            let of = self.c.program.impls[*id].of;
            let method = of.and_then(|(of, _)| self.c.methods.trait_methods.get(&(of, name)));
            method.is_some_and(|method| self.c.program.functions[*method].receiver.is_none())
        })
    }
}
