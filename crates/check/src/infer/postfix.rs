//! Chains of calls, fields, indexes, `?`, `!`: from the inside to the outside, in a loop, since they may be long.

use pluto_source::Span;
use pluto_syntax::tree::{self, Expr as E};

use super::names::Ref;
use super::{Body, Want};
use crate::body::{ExprId, ExprKind, LocalId};
use crate::checker::Def;
use crate::effects::Handling;
use crate::error::{Fact, Immutable, Misplaced};
use crate::relations::Head;
use crate::types::{Ty, TyId};

/// What is done about errors, by what follows a call.
#[derive(Clone, Copy)]
struct After {
    handling: Handling,
    /// How many of the links that follow say so.
    links: usize,
}

impl Body<'_, '_> {
    /// A chain, and what is done with what its outermost call raises.
    pub(super) fn postfix(&mut self, id: tree::ExprId, want: Want, outer: Handling) -> ExprId {
        let mut links: Vec<tree::ExprId> = Vec::new();
        let mut at = id;
        let base = loop {
            at = match self.nodes[at] {
                E::Call { callee: inner, .. }
                | E::Field { base: inner, .. }
                | E::Apply { base: inner, .. } => {
                    links.push(at);
                    inner
                }
                E::Index { base: inner, .. } | E::Try(inner) | E::Propagate(inner) | E::Later(inner) => {
                    links.push(at);
                    inner
                }
                _ => break at,
            };
        };
        links.reverse();
        let mut done = 0;
        let mut made = self.base(base, &links, want, outer, &mut done);
        while let Some(link) = links.get(done).copied() {
            let rest = links.get(done + 1..).unwrap_or_default();
            done += 1;
            // What is expected of the chain is expected of its last link.
            let plain = rest.iter().all(|link| matches!(self.nodes[*link], E::Propagate(_)));
            let want = if plain { want } else { Want::Any };
            made = self.link(made, link, rest, &mut done, want, outer);
        }
        self.ref_value(made, self.nodes.span(id), want)
    }

    fn base(
        &mut self,
        base: tree::ExprId,
        links: &[tree::ExprId],
        want: Want,
        outer: Handling,
        done: &mut usize,
    ) -> Ref {
        let last = links
            .iter()
            .all(|link| matches!(self.nodes[*link], E::Propagate(_) | E::Call { .. } | E::Apply { .. }));
        let want = if last { want } else { Want::Any };
        match self.nodes[base] {
            E::Name(name) => self.name(name, want),
            E::Scope(block) => {
                let after = self.after(links, outer);
                *done += after.links;
                let value = self.scope_expr(block, self.nodes.span(base), want, after.handling);
                Ref::Value(self.wrap_after(value, after, links))
            }
            E::Select(arms) => {
                let after = self.after(links, outer);
                *done += after.links;
                let value = self.select(arms, self.nodes.span(base), want, after.handling);
                Ref::Value(self.wrap_after(value, after, links))
            }
            E::Paren(inner) if links.is_empty() => Ref::Value(self.expr(inner, want)),
            _ => {
                let want = if links.is_empty() { want } else { Want::Any };
                Ref::Value(self.expr(base, want))
            }
        }
    }

    fn link(
        &mut self,
        made: Ref,
        link: tree::ExprId,
        rest: &[tree::ExprId],
        done: &mut usize,
        want: Want,
        outer: Handling,
    ) -> Ref {
        let span = self.nodes.span(link);
        match self.nodes[link] {
            E::Field { name, optional: true, .. } => self.chain(made, name, rest, done, outer, span),
            E::Field { name, .. } => {
                let called = rest
                    .first()
                    .is_some_and(|next| matches!(self.nodes[*next], E::Call { .. } | E::Apply { .. }));
                self.field(made, name, called, span)
            }
            E::Apply { arguments, .. } => self.apply(made, arguments, span),
            E::Call { arguments, .. } => {
                let after = self.after(rest, outer);
                *done += after.links;
                let value = self.call(made, arguments, span, want, after.handling);
                Ref::Value(self.wrap_after(value, after, rest))
            }
            E::Index { index, .. } => {
                let base = self.ref_value(made, span, Want::Any);
                Ref::Value(self.index(base, index, span))
            }
            E::Try(_) => {
                let value = self.ref_value(made, span, Want::Any);
                Ref::Value(self.try_expr(value, span))
            }
            // A call takes the `!` or `later` behind it itself.
            _ => {
                let value = self.ref_value(made, span, Want::Any);
                let later = matches!(self.nodes[link], E::Later(_));
                if self.ty(value) != TyId::WRONG {
                    self.error(span, if later { Fact::BadLater } else { Fact::NotFallible });
                }
                Ref::Value(self.wrong(span))
            }
        }
    }

    /// What is done with what a call raises: by the link behind it, or by what is around the chain.
    fn after(&self, rest: &[tree::ExprId], outer: Handling) -> After {
        match rest.first().map(|next| self.nodes[*next]) {
            Some(E::Propagate(_)) => After { handling: Handling::Propagate, links: 1 },
            Some(E::Later(_)) => After { handling: Handling::Later, links: 1 },
            Some(_) => After { handling: Handling::Bare, links: 0 },
            None => After { handling: outer, links: 0 },
        }
    }

    fn wrap_after(&mut self, value: ExprId, after: After, rest: &[tree::ExprId]) -> ExprId {
        let Some(next) = rest.first().filter(|_| after.links == 1) else { return value };
        let (span, ty) = (self.nodes.span(*next), self.ty(value));
        match after.handling {
            Handling::Propagate => {
                // Of a message in a contract it is told that it waits.
                let waits = self.contract.is_some() && self.impure.is_some_and(|at| at.start >= span.start);
                if (self.node().is_none() || self.defers > 0) && !waits {
                    self.error(span, Fact::Misplaced { what: Misplaced::Raise });
                    self.wrong = true;
                }
                self.add(ExprKind::Propagate(value), ty, span)
            }
            Handling::Later => self.add(ExprKind::Later(value), TyId::VOID, span),
            _ => value,
        }
    }

    /// `a?.b`, with the call of `b` where one follows.
    fn chain(
        &mut self,
        made: Ref,
        name: tree::Name,
        rest: &[tree::ExprId],
        done: &mut usize,
        outer: Handling,
        span: Span,
    ) -> Ref {
        let base = self.ref_value(made, span, Want::Any);
        let ty = self.ty(base);
        let of = match self.get(ty) {
            Ty::Optional(of) => of,
            Ty::Wrong => return Ref::Value(self.wrong(span)),
            _ => {
                let ty = self.resolve(ty);
                self.error(span, Fact::NotOptional { ty, call: false });
                ty
            }
        };
        let hidden = self.c.program.names.intern("");
        let local = self.add_local(hidden, span, of, true, Immutable::Let);
        self.info_mut(local).alias = Some(base);
        let inner = self.add(ExprKind::Local(local), of, span);
        let call = rest.first().copied().filter(|next| matches!(self.nodes[*next], E::Call { .. }));
        let found = self.field(Ref::Value(inner), name, call.is_some(), span);
        let then = match call.map(|call| (call, self.nodes[call])) {
            Some((call, E::Call { arguments, .. })) => {
                let behind = rest.get(1..).unwrap_or_default();
                let after = self.after(behind, outer);
                *done += 1 + after.links;
                let value = self.call(found, arguments, self.nodes.span(call), Want::Any, after.handling);
                self.wrap_after(value, after, behind)
            }
            _ => self.ref_value(found, span, Want::Any),
        };
        Ref::Value(self.finish_chain(base, local, then, span))
    }

    fn finish_chain(&mut self, base: ExprId, local: LocalId, then: ExprId, span: Span) -> ExprId {
        let ty = self.ty(then);
        if ty == TyId::VOID || ty == TyId::WRONG {
            return self.add(ExprKind::Chain(base, local, then), ty, span);
        }
        let optional = self.c.program.types.optional(ty);
        let then = self.coerce(then, optional);
        self.add(ExprKind::Chain(base, local, then), optional, span)
    }

    /// `f<int>`
    fn apply(&mut self, made: Ref, arguments: tree::List<tree::TypeId>, span: Span) -> Ref {
        let given: Vec<TyId> = self.nodes.list(arguments).iter().map(|ty| self.written_value(*ty)).collect();
        match made {
            Ref::Function(id, subst, _) => Ref::Function(id, subst, given),
            Ref::Method(receiver, found, _) => Ref::Method(receiver, found, given),
            Ref::Def(def, name, _) => {
                if let Some(expected) = self.c.arity(def).filter(|expected| *expected != given.len()) {
                    let found = given.len();
                    self.error(span, Fact::TypeArgumentCount { name, expected, found });
                    return Ref::Value(self.wrong(span));
                }
                Ref::Def(def, name, given)
            }
            Ref::SetOf(_) => Ref::SetOf(given),
            Ref::Variant(id, at, _) => {
                let (name, expected) = {
                    let of = &self.c.program.enums[id];
                    (of.origin.name, of.type_params.len())
                };
                if expected != given.len() {
                    let found = given.len();
                    self.error(span, Fact::TypeArgumentCount { name, expected, found });
                    return Ref::Value(self.wrong(span));
                }
                Ref::Variant(id, at, given)
            }
            Ref::Value(value) => {
                let ty = self.ty(value);
                if ty != TyId::WRONG {
                    let ty = self.resolve(ty);
                    self.error(span, Fact::NotCallable { ty });
                }
                Ref::Value(self.wrong(span))
            }
            Ref::Old => Ref::Old,
        }
    }

    /// What is found behind a dot.
    fn field(&mut self, made: Ref, name: tree::Name, called: bool, span: Span) -> Ref {
        let symbol = self.symbol(name);
        match made {
            Ref::Def(Def::Module(module), ..) => {
                let from = self.module;
                match self.c.lookup_in(from, module, symbol, name.span) {
                    Some(def) => self.def_ref(def, symbol, span),
                    None => Ref::Value(self.wrong(span)),
                }
            }
            Ref::Def(Def::Builtin(Head::Set), _, given) if symbol == self.c.builtins.names.of => {
                Ref::SetOf(given)
            }
            Ref::Def(def, of, given) => self.static_member(def, of, given, symbol, name.span),
            other => {
                let base = self.ref_value(other, span, Want::Any);
                self.member(base, symbol, name.span, called, span)
            }
        }
    }

    /// A chain that has ended, as a value.
    pub(super) fn ref_value(&mut self, made: Ref, span: Span, want: Want) -> ExprId {
        match made {
            Ref::Value(value) => value,
            Ref::Function(id, subst, given) => self.function_value(id, subst, &given, span),
            Ref::Method(receiver, found, given) => self.method_value(receiver, found, &given, span),
            Ref::Variant(id, at, given) => self.variant_value(id, at, &given, span, want),
            Ref::Def(def, name, _) => {
                let kind = self.c.kind(def);
                self.refuse(span, Fact::NotAValue { name, kind })
            }
            Ref::SetOf(_) => {
                let name = self.c.builtins.names.of;
                self.refuse(span, Fact::NotAValue { name, kind: crate::error::Kind::Function })
            }
            Ref::Old => self.refuse(span, Fact::Misplaced { what: Misplaced::Ensures }),
        }
    }

    /// `f()?` where `f()!` was meant: that the call may fail is the same mistake.
    fn hand_on(&mut self, call: ExprId) {
        let at = self.place(self.span(call));
        if let Some(fact) = self.c.graph.calls.last_mut().filter(|fact| fact.at == at) {
            (fact.handling, fact.known) = (Handling::Propagate, false);
        }
    }

    /// The `!` behind this call is of more than the call.
    pub(super) fn need_not_fail(&mut self, value: ExprId) {
        let at = self.place(self.call_span(value));
        if let Some(fact) = self.c.graph.calls.iter_mut().rev().find(|fact| fact.at == at) {
            fact.known = false;
        }
    }

    fn call_span(&self, value: ExprId) -> Span {
        match self.kind(value) {
            ExprKind::Propagate(inner) => self.span(inner),
            _ => self.span(value),
        }
    }

    /// `a?`
    fn try_expr(&mut self, value: ExprId, span: Span) -> ExprId {
        let ty = self.ty(value);
        let of = match self.get(ty) {
            Ty::Optional(of) => of,
            Ty::Wrong => return self.wrong(span),
            _ => {
                let ty = self.resolve(ty);
                let call = matches!(self.kind(value), ExprKind::Call(..));
                if call {
                    self.hand_on(value);
                }
                return self.refuse(span, Fact::NotOptional { ty, call });
            }
        };
        let result = self.frame().result.filter(|_| self.defers == 0);
        let result = result.map(|result| self.shallow(result));
        match result.map(|result| (result, self.get(result))) {
            Some((_, Ty::Optional(_) | Ty::Wrong)) => (),
            Some((result, Ty::Infer(_))) => {
                let inner = self.fresh(span);
                let optional = self.c.program.types.optional(inner);
                self.unify(result, optional, span);
            }
            _ => self.error(span, Fact::Misplaced { what: Misplaced::Try }),
        }
        self.add(ExprKind::Try(value), of, span)
    }
}
