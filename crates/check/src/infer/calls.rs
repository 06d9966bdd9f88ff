//! Calls: which argument goes where, type arguments, what may be raised.

use pluto_source::{FileSpan, Span};
use pluto_syntax::tree::{self, Expr as E};

use super::names::Ref;
use super::{Body, Later, Want};
use crate::body::{Callee, Dispatch, ExprId, ExprKind, Target};
use crate::effects::{CallFact, Handling, Raised};
use crate::error::Fact;
use crate::names::Symbol;
use crate::program::{EffectInfo, FunctionId, Owner, Param};
use crate::types::{Effect, EffectVar, Subst, Ty, TyId};

/// A call that is put together.
struct Call {
    function: FunctionId,
    subst: Subst,
    dispatch: Dispatch,
    span: Span,
}

/// The arguments of a call by the parameters that they are for.
pub(super) type Slots = Vec<Option<tree::ExprId>>;

impl Body<'_, '_> {
    /// A call of what stands before the parentheses.
    pub(super) fn call(
        &mut self,
        made: Ref,
        arguments: tree::List<tree::Argument>,
        span: Span,
        want: Want,
        handling: Handling,
    ) -> ExprId {
        if !matches!(handling, Handling::Bare | Handling::Propagate)
            && matches!(made, Ref::Variant(..) | Ref::SetOf(_) | Ref::Old)
        {
            self.error(span, self.not_fallible(handling));
        }
        match made {
            Ref::Function(id, subst, given) => {
                let call = Call { function: id, subst, dispatch: Dispatch::Direct, span };
                self.call_target(call, None, &given, arguments, want, handling)
            }
            Ref::Method(receiver, found, given) => {
                let call =
                    Call { function: found.function, subst: found.subst, dispatch: found.dispatch, span };
                self.call_target(call, Some(receiver), &given, arguments, want, handling)
            }
            Ref::Variant(id, at, given) => self.make_variant(id, at, &given, arguments, span, want),
            Ref::SetOf(given) => self.set_of(&given, arguments, span, want),
            Ref::Old => self.old(arguments, span),
            Ref::Def(..) => {
                let refused = self.ref_value(made, span, Want::Any);
                self.drop_arguments(arguments);
                refused
            }
            Ref::Value(value) => self.call_value(value, arguments, span, handling),
        }
    }

    fn not_fallible(&self, handling: Handling) -> Fact {
        match handling {
            Handling::Task(_) => Fact::BadSpawn,
            Handling::Later => Fact::BadLater,
            _ => Fact::NotFallible,
        }
    }

    /// Looks at arguments that go nowhere, since names in them are used even so.
    pub(super) fn drop_arguments(&mut self, arguments: tree::List<tree::Argument>) {
        self.lost += 1;
        for argument in self.nodes.list(arguments) {
            self.expr(argument.value, Want::Any);
        }
        self.lost -= 1;
    }

    fn call_target(
        &mut self,
        mut call: Call,
        receiver: Option<ExprId>,
        given: &[TyId],
        arguments: tree::List<tree::Argument>,
        want: Want,
        handling: Handling,
    ) -> ExprId {
        if !self.instantiate(&mut call, given) {
            self.drop_arguments(arguments);
            return self.wrong(call.span);
        }
        if let Some(receiver) = receiver {
            self.check_receiver(&call, receiver);
        }
        let params = self.c.program.functions[call.function].params.clone();
        let names: Vec<(Symbol, bool)> = params.iter().map(|param| (param.name, param.optional)).collect();
        let declared = self.declared_at(call.function);
        let Some(slots) = self.slots(&names, arguments, call.span, declared) else {
            self.drop_arguments(arguments);
            return self.wrong(call.span);
        };
        self.hint_result(&call, want);
        let mut values = self.arguments(&call, &params, &slots);
        if let Some(receiver) = receiver {
            values.insert(0, receiver);
        }
        self.bounds(&call);
        let result = self.c.program.functions[call.function].result;
        let mut result = self.c.program.types.substitute(result, &call.subst);
        if self.c.without_stream.contains(&call.function) {
            result = TyId::WRONG;
        }
        self.note_call(&call, handling);
        if self.may_be_message(&call) {
            values.iter().skip(1).for_each(|value| self.crosses(*value));
            self.later.push(Later::Cross(result, call.span));
        }
        let of = &self.c.program.functions[call.function];
        let of_sender = of.built_in == "sender";
        if self.is_copy(call.function) {
            self.later.push(Later::Copy(result, call.span));
        }
        if of_sender {
            values.iter().skip(1).for_each(|value| self.crosses(*value));
        }
        let target = self.target(&call);
        let values = self.c.program.nodes.expr_lists.add(values);
        self.add(ExprKind::Call(Callee::Target(target), values), result, call.span)
    }

    /// Whether a call may be a message to an actor, which may be what is behind a trait.
    pub(super) fn is_copy(&self, function: FunctionId) -> bool {
        let of = &self.c.program.functions[function];
        of.owner == Owner::Builtin && self.c.program.text(of.origin.name) == "copy"
    }

    fn may_be_message(&self, call: &Call) -> bool {
        match call.dispatch {
            Dispatch::Message => true,
            Dispatch::Bound(of) | Dispatch::Object(of) => {
                self.c.implementing(of).any(|ty| self.c.is_actor(ty))
            }
            Dispatch::Direct | Dispatch::Impl(_) => false,
        }
    }

    fn declared_at(&self, function: FunctionId) -> Option<FileSpan> {
        let origin = &self.c.program.functions[function].origin;
        (origin.module != crate::declare::prelude_module()).then(|| self.c.place(origin))
    }

    /// Puts types that are looked for, or those that are written, for the type parameters of a function.
    fn instantiate(&mut self, call: &mut Call, given: &[TyId]) -> bool {
        let of = &self.c.program.functions[call.function];
        let (name, own, effects) = (of.origin.name, of.type_params.clone(), of.effect_params.clone());
        if !given.is_empty() && given.len() != own.len() {
            let fact = Fact::TypeArgumentCount { name, expected: own.len(), found: given.len() };
            self.error(call.span, fact);
            return false;
        }
        for (at, param) in own.into_iter().enumerate() {
            let ty = given.get(at).copied().unwrap_or_else(|| self.fresh(call.span));
            call.subst.set(param, ty);
        }
        for var in effects {
            let fresh = self.c.program.effects.add(EffectInfo::default());
            call.subst.set_effect(var, Effect::Var(fresh));
        }
        true
    }

    fn check_receiver(&mut self, call: &Call, receiver: ExprId) {
        if call.dispatch == Dispatch::Message {
            return;
        }
        let of = &self.c.program.functions[call.function];
        if of.receiver == Some(true) {
            self.check_change(receiver);
        } else if of.owner != Owner::Builtin {
            let file = self.c.file(of.origin.module);
            let param = file.tree.nodes[self.c.function_site(call.function)].receiver;
            if let Some(param) = param {
                self.note_unchanged(receiver, param.name.span.in_file(file.id));
            }
        }
    }

    /// Which argument is for which parameter; nothing where that cannot be said.
    pub(super) fn slots(
        &mut self,
        names: &[(Symbol, bool)],
        arguments: tree::List<tree::Argument>,
        span: Span,
        declared: Option<FileSpan>,
    ) -> Option<Slots> {
        let arguments = self.nodes.list(arguments);
        let mut slots: Slots = vec![None; names.len()];
        let mut fine = true;
        for (at, argument) in arguments.iter().enumerate() {
            let at = match argument.name {
                None => at,
                Some(name) => {
                    let symbol = self.symbol(name);
                    let Some(at) = names.iter().position(|(known, _)| *known == symbol) else {
                        let near = self.c.near(symbol, names.iter().map(|(known, _)| *known));
                        self.error(name.span, Fact::UnknownArgument { name: symbol, near });
                        fine = false;
                        continue;
                    };
                    at
                }
            };
            match slots.get_mut(at) {
                Some(slot @ None) => *slot = Some(argument.value),
                Some(Some(first)) => {
                    let first = self.place(self.nodes.span(*first));
                    let name = names.get(at).map_or(self.c.builtins.names.underscore, |(name, _)| *name);
                    self.error(self.nodes.span(argument.value), Fact::GivenTwice { name, first });
                    fine = false;
                }
                None => fine = false,
            }
        }
        let least = names.iter().filter(|(_, optional)| !optional).count();
        if arguments.len() > names.len() || fine && arguments.len() < least {
            let (expected, found) = (names.len(), arguments.len());
            self.error(span, Fact::ArgumentCount { expected, least, found, declared });
            return None;
        }
        let missing = names.iter().zip(&slots).filter(|((_, optional), slot)| !optional && slot.is_none());
        let missing: Vec<Symbol> = missing.map(|((name, _), _)| *name).collect();
        if fine && !missing.is_empty() {
            self.error(span, Fact::MissingValues { names: missing });
            return None;
        }
        fine.then_some(slots)
    }

    /// Lets what is expected decide type arguments, where it says more than a bare parameter would.
    fn hint_result(&mut self, call: &Call, want: Want) {
        let Some(hint) = self.hint(want) else { return };
        let result = self.c.program.functions[call.function].result;
        let result = self.c.program.types.substitute(result, &call.subst);
        let result = self.shallow(result);
        if !self.c.program.types.has_infer(result) {
            return;
        }
        let hint = match (self.get(result), self.get(hint)) {
            (Ty::Infer(_), _) => return,
            (Ty::Optional(_), Ty::Optional(_)) => hint,
            (_, Ty::Optional(of)) => of,
            _ => hint,
        };
        let (a, b) = (self.get(result), self.get(hint));
        if crate::relations::Head::of(a) == crate::relations::Head::of(b) && !matches!(a, Ty::Trait(..)) {
            self.unify(result, hint, call.span);
        }
    }

    /// Checks arguments: closures last, since the others may decide what theirs are.
    fn arguments(&mut self, call: &Call, params: &[Param], slots: &Slots) -> Vec<ExprId> {
        let mut values: Vec<Option<ExprId>> = vec![None; params.len()];
        for closures in [false, true] {
            for ((param, slot), (value, at)) in params.iter().zip(slots).zip(values.iter_mut().zip(0..)) {
                let ty = self.c.program.types.substitute(param.ty, &call.subst);
                match slot {
                    Some(id) if self.is_closure(*id) == closures => {
                        let made = self.check(*id, ty);
                        if param.mutable {
                            self.check_mut_argument(made);
                        } else {
                            let module = self.c.program.functions[call.function].origin.module;
                            self.note_unchanged(made, param.span.in_file(self.c.file(module).id));
                        }
                        *value = Some(made);
                    }
                    None if !closures => {
                        for (var, default) in self.c.default_effects(param.ty) {
                            let here = call.subst.effect(Effect::Var(var));
                            self.flow(Effect::Var(default), here, call.span);
                        }
                        let default = ExprKind::DefaultArgument(call.function, at);
                        *value = Some(self.add(default, ty, call.span));
                    }
                    _ => (),
                }
            }
            self.retry(false);
        }
        values.into_iter().flatten().collect()
    }

    fn is_closure(&self, id: tree::ExprId) -> bool {
        match self.nodes[id] {
            E::Closure { .. } => true,
            E::Paren(inner) => matches!(self.nodes[inner], E::Closure { .. }),
            _ => false,
        }
    }

    /// Type arguments must have the traits of their parameters' bounds.
    fn bounds(&mut self, call: &Call) {
        let of = &self.c.program.functions[call.function];
        let mut params = of.type_params.clone();
        // Those of a class were looked at where its value was made; an impl may ask for more.
        if matches!(of.owner, Owner::Builtin | Owner::Impl(_)) || of.receiver.is_none() {
            params.extend(self.c.owner_params(call.function));
        }
        for param in params {
            for (of, list) in self.c.program.type_params[param].bounds.clone() {
                let list = self.c.program.types.substitute_list(list, &call.subst);
                if let Some(ty) = call.subst.param(param) {
                    self.must_have(ty, of, list, call.span);
                }
            }
        }
    }

    fn target(&mut self, call: &Call) -> Target {
        let mut params = self.c.owner_params(call.function);
        params.extend(&self.c.program.functions[call.function].type_params);
        let arguments: Vec<TyId> =
            params.into_iter().map(|param| call.subst.param(param).unwrap_or(TyId::WRONG)).collect();
        let arguments = self.c.program.types.list(&arguments);
        Target { function: call.function, arguments, dispatch: call.dispatch }
    }

    /// Notes what a call may raise, and what is done about it.
    fn note_call(&mut self, call: &Call, handling: Handling) {
        let message = call.dispatch == Dispatch::Message;
        if handling == Handling::Later && !message {
            self.error(call.span, Fact::BadLater);
        }
        if message {
            self.impure(call.span);
            if self.contract.is_some() {
                return;
            }
        }
        let of = &self.c.program.functions[call.function];
        // What a built-in method changes is its receiver, which is looked at where the receiver stands.
        if of.owner != Owner::Builtin || of.receiver != Some(true) {
            self.calls.push((call.function, call.span));
        }
        let silent = of.declared.is_none() && of.effect_params.is_empty() && call.subst.effects().is_empty();
        let quiet =
            of.owner == Owner::Builtin && silent && matches!(handling, Handling::Bare | Handling::Task(_));
        if of.owner != Owner::Builtin || of.receiver == Some(true) || !of.effect_params.is_empty() {
            self.narrowed.forget_fields();
        }
        if quiet {
            return;
        }
        let found_late = matches!(call.dispatch, Dispatch::Bound(_) | Dispatch::Object(_));
        let stream = self.gives_stream(self.c.program.functions[call.function].result);
        let fact = CallFact {
            node: self.node_here(),
            at: self.place(call.span),
            raised: Raised::Function(call.function, call.subst.effects().to_vec()),
            also: if message { self.c.builtins.actor_down } else { None },
            handling,
            known: !message && !found_late,
            // What an actor does may fail with the actor; what a trait's methods raise is known.
            always: message,
            stream,
        };
        self.c.graph.calls.push(fact);
    }

    fn gives_stream(&self, ty: TyId) -> bool {
        matches!(self.get(ty), Ty::Stream(_))
    }

    /// Where errors that leave this place go.
    pub(super) fn node_here(&mut self) -> Option<crate::effects::Node> {
        if self.defers > 0 { None } else { self.node() }
    }

    /// A call of a function value.
    fn call_value(
        &mut self,
        value: ExprId,
        arguments: tree::List<tree::Argument>,
        span: Span,
        handling: Handling,
    ) -> ExprId {
        let ty = self.ty(value);
        let Ty::Function(params, result, effect) = self.get(ty) else {
            self.drop_arguments(arguments);
            if ty == TyId::WRONG {
                return self.wrong(span);
            }
            let ty = self.resolve(ty);
            let at = self.span(value);
            return if matches!(self.get(ty), Ty::Infer(_)) {
                self.refuse(at, Fact::CannotInfer { what: ty })
            } else {
                self.refuse(at, Fact::NotCallable { ty })
            };
        };
        let params = self.c.program.types.items(params).to_vec();
        let given = self.nodes.list(arguments);
        if params.len() != given.len() {
            let (expected, found) = (params.len(), given.len());
            self.error(span, Fact::ArgumentCount { expected, least: expected, found, declared: None });
            self.drop_arguments(arguments);
            return self.wrong(span);
        }
        let values: Vec<ExprId> =
            given.iter().zip(params).map(|(argument, ty)| self.check(argument.value, ty)).collect();
        self.narrowed.forget_fields();
        if handling == Handling::Later {
            self.error(span, Fact::BadLater);
        }
        let of_param = matches!(effect, Effect::Var(var) if self.c.program.effects[var].param_of.is_some());
        let fact = CallFact {
            node: self.node_here(),
            at: self.place(span),
            raised: Raised::Effect(effect),
            also: None,
            handling,
            known: false,
            always: of_param,
            stream: self.gives_stream(result),
        };
        self.c.graph.calls.push(fact);
        let values = self.c.program.nodes.expr_lists.add(values);
        self.add(ExprKind::Call(Callee::Value(value), values), result, span)
    }

    /// A function as a value: what it raises becomes part of its type.
    pub(super) fn function_value(
        &mut self,
        id: FunctionId,
        subst: Subst,
        given: &[TyId],
        span: Span,
    ) -> ExprId {
        let mut call = Call { function: id, subst, dispatch: Dispatch::Direct, span };
        let Some(ty) = self.value_type(&mut call, given) else { return self.wrong(span) };
        let target = self.target(&call);
        self.add(ExprKind::Function(id, target.arguments), ty, span)
    }

    /// A method as a value, with what it is called on.
    pub(super) fn method_value(
        &mut self,
        receiver: ExprId,
        found: super::members::Found,
        given: &[TyId],
        span: Span,
    ) -> ExprId {
        let mut call = Call { function: found.function, subst: found.subst, dispatch: found.dispatch, span };
        let Some(ty) = self.value_type(&mut call, given) else { return self.wrong(span) };
        self.check_receiver(&call, receiver);
        if let Ty::Function(params, result, _) = self.get(ty) {
            let of_sender = self.c.program.functions[call.function].built_in == "sender";
            if self.is_copy(call.function) {
                self.later.push(Later::Copy(result, span));
            } else if of_sender || self.may_be_message(&call) {
                let crossing = self.c.program.types.items(params).iter().copied().chain([result]);
                self.later.extend(crossing.map(|ty| Later::Cross(ty, span)));
            }
        }
        let target = self.target(&call);
        self.add(ExprKind::Method(receiver, target), ty, span)
    }

    fn value_type(&mut self, call: &mut Call, given: &[TyId]) -> Option<TyId> {
        if !self.instantiate(call, given) {
            return None;
        }
        self.bounds(call);
        let of = &self.c.program.functions[call.function];
        if of.params.iter().any(|param| param.mutable) {
            let name = of.origin.name;
            self.error(call.span, Fact::NotAValue { name, kind: crate::error::Kind::Function });
            return None;
        }
        let params: Vec<TyId> = of.params.iter().map(|param| param.ty).collect();
        let result = of.result;
        let var = self.c.program.effects.add(EffectInfo::default());
        let fact = CallFact {
            node: Some(crate::effects::Node::Var(var)),
            at: self.place(call.span),
            raised: Raised::Function(call.function, call.subst.effects().to_vec()),
            also: if call.dispatch == Dispatch::Message { self.c.builtins.actor_down } else { None },
            handling: Handling::Propagate,
            known: false,
            always: false,
            // It does where it is called.
            stream: false,
        };
        self.c.graph.calls.push(fact);
        self.calls.push((call.function, call.span));
        let params: Vec<TyId> =
            params.into_iter().map(|ty| self.c.program.types.substitute(ty, &call.subst)).collect();
        let result = self.c.program.types.substitute(result, &call.subst);
        Some(self.function_type(&params, result, var))
    }

    pub(super) fn function_type(&mut self, params: &[TyId], result: TyId, var: EffectVar) -> TyId {
        let params = self.c.program.types.list(params);
        self.intern(Ty::Function(params, result, Effect::Var(var)))
    }

    /// `Set.of(a, b)`
    fn set_of(
        &mut self,
        given: &[TyId],
        arguments: tree::List<tree::Argument>,
        span: Span,
        want: Want,
    ) -> ExprId {
        let hint = self.plain_hint(want).and_then(|ty| match self.get(ty) {
            Ty::Set(of) => Some(of),
            _ => None,
        });
        let of = given.first().copied().or(hint).unwrap_or_else(|| self.fresh(span));
        let values: Vec<ExprId> =
            self.nodes.list(arguments).iter().map(|argument| self.check(argument.value, of)).collect();
        if hint.is_none() {
            self.later.push(Later::Key(of, span));
        }
        let ty = self.intern(Ty::Set(of));
        let values = self.c.program.nodes.expr_lists.add(values);
        self.add(ExprKind::Set(values), ty, span)
    }

    /// `old(e)`
    fn old(&mut self, arguments: tree::List<tree::Argument>, span: Span) -> ExprId {
        let [argument] = self.nodes.list(arguments) else {
            let found = arguments.len();
            self.error(span, Fact::ArgumentCount { expected: 1, least: 1, found, declared: None });
            return self.wrong(span);
        };
        let value = self.value(argument.value, Want::Any);
        let ty = self.ty(value);
        if self.c.is_mutable(ty) {
            let ty = self.resolve(ty);
            self.error(span, Fact::OldCopies { ty });
        }
        self.add(ExprKind::Old(value), ty, span)
    }
}
