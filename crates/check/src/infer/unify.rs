//! Types that are still looked for.

use pluto_source::Span;

use super::{Body, Later, Obligation};
use crate::crossing::Crossing;
use crate::error::{Fact, Shared};
use crate::program::Marker;
use crate::types::{Ty, TyId, TyList};

impl Body<'_, '_> {
    /// A type that is looked for.
    pub(super) fn fresh(&mut self, span: Span) -> TyId {
        if self.lost > 0 {
            return TyId::WRONG;
        }
        let var = self.vars.len() as u32;
        self.vars.push(None);
        self.var_spans.push(span);
        self.intern(Ty::Infer(var))
    }

    /// A type, or what was found for it.
    pub(super) fn shallow(&mut self, mut ty: TyId) -> TyId {
        loop {
            ty = match self.get(ty) {
                Ty::Infer(var) => match self.vars.get(var as usize).copied().flatten() {
                    Some(found) => found,
                    None => return ty,
                },
                // What was looked for may be optional itself: `T??` is `T?`.
                Ty::Optional(of) if matches!(self.get(of), Ty::Infer(_)) => {
                    let of = self.shallow(of);
                    if !matches!(self.get(of), Ty::Optional(_)) {
                        return ty;
                    }
                    of
                }
                _ => return ty,
            }
        }
    }

    /// A type with all that was found put in place.
    pub(super) fn resolve(&mut self, ty: TyId) -> TyId {
        let ty = self.shallow(ty);
        if !self.c.program.types.has_infer(ty) || matches!(self.get(ty), Ty::Infer(_)) {
            return ty;
        }
        let vars = &self.vars;
        put(&mut self.c.program.types, ty, vars)
    }

    pub(super) fn resolve_list(&mut self, list: TyList) -> TyList {
        let types = self.c.program.types.items(list).to_vec();
        let new: Vec<TyId> = types.iter().map(|ty| self.resolve(*ty)).collect();
        if new == types { list } else { self.c.program.types.list(&new) }
    }

    /// Makes two types the same, where they can be.
    pub(super) fn unify(&mut self, a: TyId, b: TyId, span: Span) -> bool {
        let (a, b) = (self.shallow(a), self.shallow(b));
        if a == b {
            return true;
        }
        match (self.get(a), self.get(b)) {
            (Ty::Infer(var), _) => self.set(var, b),
            (_, Ty::Infer(var)) => self.set(var, a),
            (Ty::Wrong, _) | (_, Ty::Wrong) => true,
            (Ty::Function(ps, r, e), Ty::Function(qs, s, f)) => {
                self.flow(e, f, span);
                self.flow(f, e, span);
                self.unify_lists(ps, qs, span) && self.unify(r, s, span)
            }
            (Ty::Task(x, e), Ty::Task(y, f)) => {
                self.flow(e, f, span);
                self.flow(f, e, span);
                self.unify(x, y, span)
            }
            (Ty::Tuple(x), Ty::Tuple(y)) => self.unify_lists(x, y, span),
            (Ty::Array(x), Ty::Array(y))
            | (Ty::Set(x), Ty::Set(y))
            | (Ty::Optional(x), Ty::Optional(y))
            | (Ty::Sender(x), Ty::Sender(y))
            | (Ty::Receiver(x), Ty::Receiver(y))
            | (Ty::Stream(x), Ty::Stream(y))
            | (Ty::Expectation(x), Ty::Expectation(y)) => self.unify(x, y, span),
            (Ty::Map(k, v), Ty::Map(l, w)) => self.unify(k, l, span) && self.unify(v, w, span),
            (Ty::Class(i, x), Ty::Class(j, y)) | (Ty::Actor(i, x), Ty::Actor(j, y)) if i == j => {
                self.unify_lists(x, y, span)
            }
            (Ty::Enum(i, x), Ty::Enum(j, y)) if i == j => self.unify_lists(x, y, span),
            (Ty::Trait(i, x), Ty::Trait(j, y)) if i == j => self.unify_lists(x, y, span),
            (Ty::Caught(e), Ty::Caught(f)) => {
                self.flow(e, f, span);
                true
            }
            _ => false,
        }
    }

    fn unify_lists(&mut self, a: TyList, b: TyList, span: Span) -> bool {
        if a == b {
            return true;
        }
        let (a, b) = (self.c.program.types.items(a).to_vec(), self.c.program.types.items(b).to_vec());
        a.len() == b.len() && a.into_iter().zip(b).all(|(a, b)| self.unify(a, b, span))
    }

    fn set(&mut self, var: u32, ty: TyId) -> bool {
        let ty = self.resolve(ty);
        if self.occurs(var, ty) {
            return false;
        }
        if let Some(slot) = self.vars.get_mut(var as usize) {
            *slot = Some(ty);
        }
        true
    }

    fn occurs(&self, var: u32, ty: TyId) -> bool {
        if !self.c.program.types.has_infer(ty) {
            return false;
        }
        match self.get(ty) {
            Ty::Infer(other) => other == var,
            other => self.c.parts(other).into_iter().any(|part| self.occurs(var, part)),
        }
    }

    /// Notes that a type must have a trait, and finds out now what can be.
    pub(super) fn must_have(&mut self, ty: TyId, of: crate::program::TraitId, arguments: TyList, span: Span) {
        let obligation = Obligation { ty, of, arguments, span };
        if !self.discharge(obligation, false) {
            self.obligations.push(obligation);
        }
    }

    /// Whether nothing is left to do for an obligation.
    fn discharge(&mut self, obligation: Obligation, last: bool) -> bool {
        let Obligation { ty, of, arguments, span } = obligation;
        let ty = self.resolve(ty);
        let open = if self.c.program.traits[of].marker.is_some() {
            self.c.program.types.has_infer(ty)
        } else {
            matches!(self.get(ty), Ty::Infer(_))
        };
        if open && !last {
            return false;
        }
        if self.c.program.types.has_wrong(ty) || open {
            return true;
        }
        match self.c.trait_arguments(ty, of) {
            Some(found) if found == arguments || self.unify_lists(found, arguments, span) => {
                // What is still looked for in it may turn out to be what no impl is for.
                last || !self.c.program.types.has_infer(ty)
            }
            _ if self.c.is_refused(ty, of) => true,
            _ => {
                self.lacks_trait(ty, of, arguments, span);
                true
            }
        }
    }

    fn lacks_trait(&mut self, ty: TyId, of: crate::program::TraitId, arguments: TyList, span: Span) {
        let arguments = self.resolve_list(arguments);
        let fact = match self.c.program.traits[of].marker {
            Some(Marker::Equal) => {
                Fact::NotComparable { ty, part: self.c.lacks(ty, Marker::Equal).unwrap_or(ty) }
            }
            Some(Marker::Key) => Fact::BadKey { ty, part: self.c.lacks(ty, Marker::Key).unwrap_or(ty) },
            Some(Marker::Ordered) => Fact::NotOrdered { ty },
            _ => Fact::MissingTrait { ty, of: self.intern(Ty::Trait(of, arguments)) },
        };
        self.error(span, fact);
    }

    /// Looks again at obligations, since more is known: they may decide types that are still looked for.
    pub(super) fn retry(&mut self, last: bool) {
        for obligation in std::mem::take(&mut self.obligations) {
            if !self.discharge(obligation, last) {
                self.obligations.push(obligation);
            }
        }
    }

    /// Makes the checks that need all types.
    pub(super) fn finish_checks(&mut self) {
        for _ in 0..2 {
            self.retry(false);
        }
        self.retry(true);
        let mut thaws = Vec::new();
        for check in std::mem::take(&mut self.later) {
            match check {
                Later::Equal(ty, span) => {
                    let ty = self.resolve(ty);
                    if let Some(part) = self.c.lacks(ty, Marker::Equal) {
                        self.error(span, Fact::NotComparable { ty, part });
                    }
                }
                Later::Ordered(ty, span) => {
                    let ty = self.resolve(ty);
                    if self.c.lacks(ty, Marker::Ordered).is_some() {
                        self.error(span, Fact::NotOrdered { ty });
                    }
                }
                Later::Key(ty, span) => {
                    let ty = self.resolve(ty);
                    let module = self.module;
                    self.c.check_key(module, span, ty);
                }
                Later::Cross(ty, span) => {
                    let ty = self.resolve(ty);
                    match self.c.cannot_cross(ty) {
                        Some(part) => self.error(span, Fact::CannotCross { ty, part, by: None }),
                        None => self.note_crossing(ty, span, true),
                    }
                }
                Later::Injected(ty, span) => {
                    let ty = self.resolve(ty);
                    if let Some((ty, method)) = self.c.injected_in(ty) {
                        let shared = self.place(span);
                        self.error(span, Fact::SharedMutable { ty, by: Shared::Changes(method), shared });
                    }
                }
                Later::Copy(ty, span) => {
                    let ty = self.resolve(ty);
                    match self.c.cannot_cross(ty) {
                        Some(part) => self.error(span, Fact::CannotCopy { ty, part, by: None }),
                        None => self.note_crossing(ty, span, false),
                    }
                }
                Later::Thaw(value, span, names) => thaws.push((value, span, names)),
                Later::Convert(from, to, span) => self.check_conversion(from, to, span),
            }
        }
        self.check_thaws(&thaws);
    }

    /// Who puts types for the parameters in a type is asked about it.
    fn note_crossing(&mut self, ty: TyId, span: Span, sent: bool) {
        if self.c.program.types.has_param(ty) {
            self.crossings.push(Crossing { ty, span, sent });
        }
    }
}

fn put(types: &mut crate::types::Types, ty: TyId, vars: &[Option<TyId>]) -> TyId {
    if !types.has_infer(ty) {
        return ty;
    }
    if let Ty::Infer(var) = types.get(ty) {
        return match vars.get(var as usize).copied().flatten() {
            Some(found) => put(types, found, vars),
            None => ty,
        };
    }
    types.map_parts(ty, &mut |types, part| put(types, part, vars))
}
