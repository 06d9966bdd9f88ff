//! Names: local ones, constants, functions, variants.

use pluto_source::Span;
use pluto_syntax::tree::Name;

use super::{Body, Want};
use crate::body::{ExprId, ExprKind, LocalId};
use crate::checker::Def;
use crate::error::{Fact, Misplaced};
use crate::names::Symbol;
use crate::program::{ContractKind, EnumId, FunctionId};
use crate::types::{Subst, Ty, TyId};

/// What an expression is while more may follow it: what it becomes depends on whether it is called.
pub(super) enum Ref {
    /// A value.
    Value(ExprId),
    /// A function that is not called yet, with the type arguments that are written.
    Function(FunctionId, Subst, Vec<TyId>),
    /// A method that is not called yet.
    Method(ExprId, super::members::Found, Vec<TyId>),
    /// A variant that is not made yet, with the arguments of its enum.
    Variant(EnumId, u32, Vec<TyId>),
    /// A module or a type, with the arguments that are written.
    Def(Def, Symbol, Vec<TyId>),
    /// `Set.of`
    SetOf(Vec<TyId>),
    /// `old`
    Old,
}

impl Body<'_, '_> {
    /// What a name stands for.
    pub(super) fn name(&mut self, name: Name, want: Want) -> Ref {
        let symbol = self.symbol(name);
        let span = name.span;
        if let Some(local) = self.scope.get(&symbol).copied() {
            return Ref::Value(self.local_value(local, span));
        }
        if self.contract == Some(ContractKind::Ensures) {
            if symbol == self.c.builtins.names.result && self.result != TyId::VOID {
                let ty = self.result;
                return Ref::Value(self.add(ExprKind::Result, ty, span));
            }
            if symbol == self.c.builtins.names.old {
                return Ref::Old;
            }
        }
        if let Some(found) = self.variant_of_hint(symbol, want) {
            return found;
        }
        let module = self.module;
        if let Some(def) = self.c.lookup(module, symbol) {
            return self.def_ref(def, symbol, span);
        }
        self.unknown_or_variant(symbol, span)
    }

    /// A declared thing as something that more may follow.
    pub(super) fn def_ref(&mut self, def: Def, name: Symbol, span: Span) -> Ref {
        match def {
            Def::Function(id) => Ref::Function(id, Subst::default(), Vec::new()),
            Def::Const(id) => {
                let ty = self.c.program.consts[id].ty;
                Ref::Value(self.add(ExprKind::Const(id), ty, span))
            }
            Def::Wrong => Ref::Value(self.wrong(span)),
            _ => Ref::Def(def, name, Vec::new()),
        }
    }

    /// A variant of the enum that is expected.
    fn variant_of_hint(&mut self, name: Symbol, want: Want) -> Option<Ref> {
        let hint = self.plain_hint(want)?;
        let Ty::Enum(id, list) = self.get(hint) else { return None };
        let at = self.c.methods.variants.get(&(id, name)).copied()?;
        self.use_enum(id);
        let arguments = self.c.program.types.items(list).to_vec();
        Some(Ref::Variant(id, at, arguments))
    }

    /// Notes that an enum is used where only its variant is written.
    pub(super) fn use_enum(&mut self, id: EnumId) {
        let name = self.c.program.enums[id].origin.name;
        let module = self.module;
        if let Some(entry) = self.c.scope(module).names.get_mut(&name)
            && entry.def == Def::Enum(id)
        {
            entry.used = true;
        }
    }

    fn unknown_or_variant(&mut self, name: Symbol, span: Span) -> Ref {
        let module = self.module;
        let variants = self.c.scope(module).variants.get(&name).cloned().unwrap_or_default();
        match variants.as_slice() {
            [(id, at)] => {
                self.use_enum(*id);
                return Ref::Variant(*id, *at, Vec::new());
            }
            [] => (),
            many => {
                let enums = many.iter().map(|(id, _)| self.c.program.enums[*id].self_ty).collect();
                return Ref::Value(self.refuse(span, Fact::AmbiguousVariant { name, enums }));
            }
        }
        if self.c.program.text(name).is_empty() {
            return Ref::Value(self.wrong(span));
        }
        let outside_contract = name == self.c.builtins.names.old
            || name == self.c.builtins.names.result && self.contract.is_some();
        if outside_contract {
            return Ref::Value(self.refuse(span, Fact::Misplaced { what: Misplaced::Ensures }));
        }
        if self.is_field_of_self(name) {
            let short = Fact::FieldWithoutValue { name, of_self: true, near: None };
            let fact = if self.short_field { short } else { Fact::FieldWithoutSelf { name } };
            return Ref::Value(self.refuse(span, fact));
        }
        if let Some(local) = self.in_other_case(name) {
            return Ref::Value(self.local_value(local, span));
        }
        if self.declaring == Some(name) && self.frames.len() > 1 {
            return Ref::Value(self.refuse(span, Fact::OwnClosure { name }));
        }
        if self.meant.contains(&name) {
            return Ref::Value(self.wrong(span));
        }
        let near = self.near_name(name);
        if !self.unknown.insert(name) && near.is_none() {
            return Ref::Value(self.wrong(span));
        }
        let short = Fact::FieldWithoutValue { name, of_self: false, near };
        let fact = if self.short_field { short } else { Fact::UnknownName { name, near } };
        Ref::Value(self.refuse(span, fact))
    }

    pub(super) fn is_field_of_self(&self, name: Symbol) -> bool {
        let Some(Ty::Class(id, _)) = self.self_local.map(|local| self.get(self.local(local).ty)) else {
            return false;
        };
        self.c.methods.fields.contains_key(&(id, name))
    }

    /// The local name that is bound with a capital, as the parser has said, and used without.
    fn in_other_case(&self, name: Symbol) -> Option<LocalId> {
        let text = self.c.program.text(name);
        let spelled = |known: &Symbol| pluto_syntax::snake_case(self.c.program.text(*known));
        let mut same = self.scope.iter().filter(|(known, _)| spelled(known).as_deref() == Some(text));
        let (_, local) = same.next()?;
        same.next().is_none().then_some(*local)
    }

    fn near_name(&mut self, name: Symbol) -> Option<Symbol> {
        let mut known: Vec<Symbol> = self.scope.keys().copied().collect();
        for module in [self.module, crate::declare::prelude_module()] {
            let scope = self.c.scope(module);
            let there = scope.names.iter().filter(|(_, entry)| entry.def != Def::Wrong);
            known.extend(there.map(|(name, _)| *name));
            known.extend(scope.variants.keys().copied());
        }
        self.c.near(name, known)
    }

    /// The value of a local name.
    pub(super) fn local_value(&mut self, local: LocalId, span: Span) -> ExprId {
        self.info_mut(local).used = true;
        self.capture(local);
        let ty = self.local(local).ty;
        let value = self.add(ExprKind::Local(local), ty, span);
        self.narrow_value(value)
    }

    /// Notes that the closures that are open capture a local name of outside of them.
    pub(super) fn capture(&mut self, local: LocalId) {
        let home = self.info(local).frame;
        for frame in self.frames.iter_mut().skip(home + 1) {
            if !frame.captures.contains(&local) {
                frame.captures.push(local);
            }
        }
    }

    pub(super) fn self_value(&mut self, span: Span) -> ExprId {
        match self.self_local {
            Some(local) => self.local_value(local, span),
            None => {
                self.lacks_self = true;
                let name = self.c.program.names.intern("self");
                if !self.unknown.insert(name) {
                    return self.wrong(span);
                }
                self.refuse(span, Fact::Misplaced { what: Misplaced::SelfValue })
            }
        }
    }
}
