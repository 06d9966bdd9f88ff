//! Where a value of one type goes where another is expected: what is put between, and what is an error.

use pluto_source::Span;

use super::{Body, Want};
use crate::body::{ExprId, ExprKind, UnaryOp};
use crate::error::Fact;
use crate::types::{Effect, Ty, TyId};

impl Body<'_, '_> {
    /// The expression as one of this type; an error where it cannot be one.
    pub(crate) fn coerce(&mut self, expr: ExprId, to: TyId) -> ExprId {
        if let Some(made) = self.try_coerce(expr, to) {
            return made;
        }
        let (from, to) = (self.ty(expr), self.shallow(to));
        if self.yields && from == TyId::VOID {
            return expr;
        }
        let (found, expected) = (self.resolve(from), self.resolve(to));
        let span = self.span(expr);
        let plain = match self.get(expected) {
            Ty::Optional(of) => of,
            _ => expected,
        };
        let fact = match self.kind(expr) {
            ExprKind::Int(_) if plain == TyId::FLOAT => self.int_for_float(span),
            ExprKind::Unary(UnaryOp::Negate, inner)
                if plain == TyId::FLOAT && matches!(self.kind(inner), ExprKind::Int(_)) =>
            {
                self.int_for_float(span)
            }
            ExprKind::If(_, _, None) => Fact::MissingElse,
            ExprKind::None => Fact::NoneForPlain { expected },
            _ if found == TyId::VOID => Fact::VoidValue { expected: Some(expected) },
            _ => match self.get(expected) {
                Ty::Trait(of, _) if self.c.is_refused(found, of) => {
                    self.poison(from);
                    return self.wrong(span);
                }
                Ty::Trait(of, _) if self.c.program.traits[of].marker.is_none() => {
                    Fact::MissingTrait { ty: found, of: expected }
                }
                _ if matches!(
                    (self.get(plain), self.get(found)),
                    (Ty::Float, Ty::Int | Ty::Byte) | (Ty::Int, Ty::Byte)
                ) =>
                {
                    Fact::Unconverted { expected: plain, found, loose: is_loose(self.kind(expr)) }
                }
                _ => Fact::Mismatch { expected, found, because: None },
            },
        };
        self.poison(to);
        self.poison(from);
        self.refuse(span, fact)
    }

    /// A whole number where a float is needed, in decimal digits or not.
    pub(super) fn int_for_float(&self, span: Span) -> Fact {
        let digits = span.of(self.c.file(self.module).text).trim_start_matches('-');
        Fact::IntForFloat { decimal: digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') }
    }

    fn try_coerce(&mut self, expr: ExprId, to: TyId) -> Option<ExprId> {
        let (from, to) = (self.ty(expr), self.shallow(to));
        if from == TyId::NEVER && matches!(self.get(to), Ty::Infer(_)) {
            self.never_vars.push(to);
        }
        if from == to || from == TyId::NEVER {
            return Some(expr);
        }
        let span = self.span(expr);
        match (self.get(from), self.get(to)) {
            (Ty::Wrong, _) => {
                self.poison(to);
                Some(expr)
            }
            (_, Ty::Wrong) => {
                self.poison(from);
                Some(expr)
            }
            (Ty::Infer(_), _) | (_, Ty::Infer(_)) => self.unify(from, to, span).then_some(expr),
            (Ty::Optional(_), Ty::Optional(_)) => self.unify(from, to, span).then_some(expr),
            (_, Ty::Optional(of)) if from != TyId::VOID => {
                let inner = self.try_coerce(expr, of)?;
                Some(self.add(ExprKind::Wrap(inner), to, span))
            }
            (Ty::Trait(a, _), Ty::Trait(b, _)) if a == b => self.unify(from, to, span).then_some(expr),
            (_, Ty::Trait(of, arguments)) => self.upcast(expr, from, to, of, arguments, span),
            (_, Ty::Term) => self.make_term(expr, from, span),
            (Ty::Function(ps, r, e), Ty::Function(qs, s, f)) => {
                self.flow(e, f, span);
                let (ps, qs) = (self.function_of(ps, r), self.function_of(qs, s));
                self.unify(ps, qs, span).then_some(expr)
            }
            (Ty::Task(x, e), Ty::Task(y, f)) => {
                self.flow(e, f, span);
                self.unify(x, y, span).then_some(expr)
            }
            _ => self.unify(from, to, span).then_some(expr),
        }
    }

    /// What is still looked for here cannot be found any more, because of an error that was reported.
    pub(super) fn poison(&mut self, ty: TyId) {
        let ty = self.resolve(ty);
        if !self.c.program.types.has_infer(ty) {
            return;
        }
        match self.get(ty) {
            Ty::Infer(_) => {
                self.unify(ty, TyId::WRONG, Span::empty(0));
            }
            other => self.c.parts(other).into_iter().for_each(|part| self.poison(part)),
        }
    }

    fn function_of(&mut self, params: crate::types::TyList, result: TyId) -> TyId {
        self.intern(Ty::Function(params, result, Effect::NONE))
    }

    fn upcast(
        &mut self,
        expr: ExprId,
        from: TyId,
        to: TyId,
        of: crate::program::TraitId,
        arguments: crate::types::TyList,
        span: Span,
    ) -> Option<ExprId> {
        if self.c.program.traits[of].marker.is_some() {
            return None;
        }
        let from = self.resolve(from);
        let found = self.c.trait_arguments(from, of)?;
        let theirs = self.intern(Ty::Trait(of, found));
        let ours = self.intern(Ty::Trait(of, arguments));
        if !self.unify(theirs, ours, span) {
            return None;
        }
        if let Some(method) = self.c.not_object(of) {
            return Some(self.refuse(span, Fact::NotObject { of, method }));
        }
        Some(self.add(ExprKind::Upcast(expr), to, span))
    }

    fn make_term(&mut self, expr: ExprId, from: TyId, span: Span) -> Option<ExprId> {
        let from = self.resolve(from);
        self.is_term_like(from).then(|| self.add(ExprKind::ToTerm(expr), TyId::TERM, span))
    }

    /// Whether a value of a type has a meaning as a `term`.
    pub(super) fn is_term_like(&self, ty: TyId) -> bool {
        match self.get(ty) {
            Ty::Int | Ty::Float | Ty::Bool | Ty::Byte | Ty::String | Ty::Bytes | Ty::Term => true,
            other @ (Ty::Tuple(_) | Ty::Array(_) | Ty::Map(..)) => {
                self.c.parts(other).into_iter().all(|part| self.is_term_like(part))
            }
            _ => false,
        }
    }

    /// One of several ways to a value: checked against what is wanted, so that all ways give the same.
    pub(super) fn branch(&mut self, id: pluto_syntax::tree::ExprId, want: Want) -> ExprId {
        match want {
            Want::Type(ty) => self.check(id, ty),
            Want::Any | Want::Drop => self.expr(id, want),
        }
    }

    /// The type of several ways to a value, which are made to be of it.
    pub(super) fn join(&mut self, branches: &mut [ExprId], want: Want) -> TyId {
        let tys: Vec<TyId> = branches.iter().map(|branch| self.ty(*branch)).collect();
        if tys.iter().all(|ty| *ty == TyId::NEVER) {
            return TyId::NEVER;
        }
        match want {
            Want::Drop => TyId::VOID,
            Want::Type(ty) => ty,
            Want::Any => {
                let mut joined: Option<TyId> = None;
                for (branch, ty) in branches.iter().zip(tys) {
                    if ty != TyId::NEVER && ty != TyId::WRONG {
                        joined = Some(self.join_two(joined, ty, *branch));
                    }
                }
                let joined = joined.unwrap_or(TyId::WRONG);
                for branch in branches {
                    *branch = self.coerce(*branch, joined);
                }
                joined
            }
        }
    }

    fn join_two(&mut self, joined: Option<TyId>, ty: TyId, branch: ExprId) -> TyId {
        let Some(joined) = joined else { return ty };
        let span = self.span(branch);
        let joined = self.shallow(joined);
        match (self.get(joined), self.get(ty)) {
            (Ty::Optional(of), other) if !matches!(other, Ty::Optional(_) | Ty::Infer(_)) => {
                self.unify(of, ty, span);
                joined
            }
            (other, Ty::Optional(of)) if !matches!(other, Ty::Optional(_) | Ty::Infer(_)) => {
                if self.unify(of, joined, span) { ty } else { joined }
            }
            _ => joined,
        }
    }
}

/// Whether `as` behind an expression would be about its last operand, or about what is in it.
const fn is_loose(kind: ExprKind) -> bool {
    matches!(
        kind,
        ExprKind::Binary(..)
            | ExprKind::Is(..)
            | ExprKind::Handle(..)
            | ExprKind::Default(..)
            | ExprKind::If(..)
            | ExprKind::Match(..)
            | ExprKind::Loop(..)
            | ExprKind::Select(..)
            | ExprKind::Block(..)
    )
}
