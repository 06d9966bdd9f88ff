//! What may be changed, and through which names.

use pluto_source::{FileSpan, Span};

use super::Body;
use crate::arena::Id;
use crate::body::{ExprId, ExprKind, LocalId};
use crate::error::{Fact, Immutable};
use crate::types::{Ty, TyId};

/// Where a path begins.
enum Root {
    /// At a local name.
    Local(LocalId),
    /// At a constant.
    Const(crate::program::ConstId, Span),
    /// At what was made just now.
    Temporary,
}

impl Body<'_, '_> {
    /// Where a path begins, with the first field on the way that is not one of `self`.
    fn root(&mut self, mut at: ExprId) -> (Root, Option<(TyId, u32, Span)>) {
        let mut foreign = None;
        loop {
            at = match self.kind(at) {
                ExprKind::Local(local) => match self.info(local).alias {
                    Some(alias) => alias,
                    None => return (Root::Local(local), foreign),
                },
                ExprKind::Const(id) => return (Root::Const(id, self.span(at)), foreign),
                ExprKind::Field(base, index) => {
                    let ty = self.ty(base);
                    let own = match self.kind(base) {
                        ExprKind::Local(local) => Some(local) == self.self_local,
                        _ => false,
                    };
                    if !own && matches!(self.get(ty), Ty::Class(..)) {
                        foreign = Some((ty, index, self.span(at)));
                    }
                    base
                }
                // What changes behind a handle is the actor's, not this task's.
                ExprKind::Upcast(base) if self.is_handle(base) => return (Root::Temporary, foreign),
                ExprKind::Element(base, _)
                | ExprKind::Index(base, _)
                | ExprKind::Unwrap(base)
                | ExprKind::Try(base)
                | ExprKind::Chain(_, _, base)
                | ExprKind::Downcast(base)
                | ExprKind::Upcast(base)
                | ExprKind::Wrap(base)
                | ExprKind::Convert(base) => base,
                _ => return (Root::Temporary, foreign),
            };
        }
    }

    /// Whether `mut` stands before a name where no name is bound so: then the parser has told.
    pub(super) fn is_told(&self, bound: Span) -> bool {
        let before = self.c.file(self.module).text.get(..bound.start as usize).unwrap_or_default();
        let rest = before.trim_end().strip_suffix("mut");
        rest.is_some_and(|rest| rest.ends_with([' ', '\t', '\n', '(', '[', ',', '|', '{']))
    }

    /// Why a name cannot be changed that is bound there.
    pub(super) fn why_immutable(&self, why: Immutable, bound: Span) -> Immutable {
        let before = self.c.file(self.module).text.get(..bound.start as usize).unwrap_or_default();
        if why == Immutable::Let && !before.trim_end().ends_with("let") { Immutable::LetPart } else { why }
    }

    fn is_handle(&mut self, value: ExprId) -> bool {
        let ty = self.ty(value);
        matches!(self.get(ty), Ty::Actor(..))
    }

    /// A place that is changed by a method, or through an element.
    pub(super) fn check_change(&mut self, place: ExprId) {
        let span = self.span(place);
        let (root, foreign) = self.root(place);
        if let Some((ty, index, at)) = foreign {
            let name = self.field_name(ty, index);
            let ty = self.resolve(ty);
            self.error(at, Fact::ForeignPart { ty, name });
            return;
        }
        match root {
            Root::Temporary => (),
            Root::Const(id, at) => {
                let origin = self.c.program.consts[id].origin;
                let declared = self.c.place(&origin);
                self.error(at, Fact::MutateImmutable { name: origin.name, why: Immutable::Const, declared });
            }
            Root::Local(local) => {
                let (known, info) = (self.local(local), *self.info(local));
                // A contract changes nothing whatever: that is said instead.
                if !known.mutable && self.contract.is_none() && !self.is_told(known.span) {
                    let declared = self.place(known.span);
                    let why = self.why_immutable(info.why, known.span);
                    self.error(span, Fact::MutateImmutable { name: known.name, why, declared });
                }
                self.info_mut(local).changed = true;
                self.info_mut(local).through = true;
                let own = info.why == Immutable::Let && known.mutable && info.frame + 1 == self.frames.len();
                if !own {
                    self.impure(span);
                }
            }
        }
    }

    fn field_name(&self, ty: TyId, index: u32) -> crate::names::Symbol {
        let field = match self.get(ty) {
            Ty::Class(id, _) => self.c.program.classes[id].fields.get(index as usize),
            _ => None,
        };
        field.map_or(self.c.builtins.names.underscore, |field| field.name)
    }

    /// A place that is assigned: an element, or a field of `self`.
    pub(super) fn check_assign(&mut self, place: ExprId) {
        let span = self.span(place);
        match self.kind(place) {
            ExprKind::Wrong | ExprKind::TermField(..) if self.ty(place) == TyId::WRONG => (),
            // A part is a value of its own: nobody would see the change.
            ExprKind::Index(_, index) if self.ty(index) == TyId::RANGE => {
                self.error(span, Fact::NotAPlace);
            }
            ExprKind::Index(base, _) => {
                let ty = self.ty(base);
                if matches!(self.get(ty), Ty::Array(_) | Ty::Map(..) | Ty::Buffer | Ty::Wrong) {
                    self.check_change(base);
                } else {
                    let ty = self.resolve(ty);
                    self.error(span, Fact::FixedElements { ty });
                }
            }
            ExprKind::Field(base, index) => {
                let own = match self.kind(base) {
                    ExprKind::Local(local) => Some(local) == self.self_local,
                    _ => false,
                };
                if own {
                    self.check_change(base);
                    return;
                }
                let ty = self.ty(base);
                let name = self.field_name(ty, index);
                let ty = self.resolve(ty);
                self.error(span, Fact::FieldAssign { ty, name });
            }
            ExprKind::Const(id) => {
                let origin = self.c.program.consts[id].origin;
                let declared = self.c.place(&origin);
                self.error(
                    span,
                    Fact::AssignImmutable { name: origin.name, why: Immutable::Const, declared },
                );
            }
            _ => {
                if self.ty(place) != TyId::WRONG {
                    self.error(span, Fact::NotAPlace);
                }
            }
        }
    }

    /// What is given for a parameter without `mut`, which stands there.
    pub(super) fn note_unchanged(&mut self, value: ExprId, param: FileSpan) {
        if let Root::Local(local) = self.root(value).0
            && self.local(local).mutable
        {
            let bound = self.place(self.local(local).span);
            self.c.given_unchanged.entry(bound).or_default().push(param);
        }
    }

    /// An argument for a `mut` parameter.
    pub(super) fn check_mut_argument(&mut self, value: ExprId) {
        let mut leaves = Vec::new();
        self.c.program.nodes.leaves(value, &mut leaves);
        leaves.into_iter().for_each(|leaf| self.check_mut_leaf(leaf));
    }

    fn check_mut_leaf(&mut self, value: ExprId) {
        let ty = self.ty(value);
        if !self.c.is_mutable(ty) {
            return;
        }
        let (root, foreign) = self.root(value);
        if foreign.is_some() || matches!(root, Root::Const(..)) {
            self.check_change(value);
            return;
        }
        if let Root::Local(local) = root {
            let known = self.local(local);
            if known.mutable || self.is_told(known.span) {
                self.check_change(value);
            } else {
                let (declared, span) = (self.place(known.span), self.span(value));
                let ty = self.resolve(ty);
                let copied = self.c.cannot_cross(ty).is_none();
                self.error(span, Fact::Thaw { name: known.name, declared, copied });
            }
        }
    }

    /// Values that are bound to mutable names: where something is changed through such a name, they must not be parts of
    /// what is immutable. A name that is only assigned again changes nothing.
    pub(super) fn check_thaws(&mut self, thaws: &[(ExprId, Span, (u32, u32))]) {
        let mut made: Vec<(ExprId, Span, (u32, u32))> = Vec::new();
        for (value, span, names) in thaws {
            let mut leaves = Vec::new();
            self.c.program.nodes.leaves(*value, &mut leaves);
            made.extend(leaves.into_iter().map(|leaf| {
                let at = if leaf == *value { *span } else { self.span(leaf) };
                (leaf, at, *names)
            }));
        }
        // What is changed through a name is changed through the name that it was bound to.
        loop {
            let mut more = false;
            for (leaf, _, names) in made.iter().rev() {
                if let Root::Local(source) = self.root(*leaf).0
                    && self.local(source).mutable
                    && !self.info(source).through
                    && self.through(*names)
                {
                    self.info_mut(source).through = true;
                    more = true;
                }
            }
            if !more {
                break;
            }
        }
        for (leaf, at, names) in made {
            if self.through(names) {
                self.check_thaw_leaf(leaf, at);
            }
        }
    }

    fn through(&self, (first, end): (u32, u32)) -> bool {
        (first..end).any(|at| self.info(LocalId::from_index(at)).through)
    }

    fn check_thaw_leaf(&mut self, value: ExprId, span: Span) {
        let ty = self.ty(value);
        let ty = self.resolve(ty);
        if !self.c.is_mutable(ty) {
            return;
        }
        let (name, declared) = match self.root(value).0 {
            Root::Local(local) if !self.local(local).mutable && !self.is_told(self.local(local).span) => {
                let known = self.local(local);
                (known.name, self.place(known.span))
            }
            // Without its `mut` it could not be bound to the other name.
            Root::Local(local) => {
                self.info_mut(local).changed = true;
                return;
            }
            Root::Const(id, _) => {
                let origin = self.c.program.consts[id].origin;
                (origin.name, self.c.place(&origin))
            }
            Root::Temporary => return,
        };
        let copied = self.c.cannot_cross(ty).is_none();
        self.error(span, Fact::Thaw { name, declared, copied });
    }
}
