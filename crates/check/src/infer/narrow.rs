//! What is known of names and paths by what was tested before.

use rustc_hash::FxHashMap;

use super::Body;
use crate::arena::Arena;
use crate::body::{BinaryOp, ExprId, ExprKind, Local, LocalId, UnaryOp};
use crate::types::{Ty, TyId};

/// A local name, and the fields that are followed from it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Path {
    root: LocalId,
    fields: Vec<u32>,
}

/// What is known of a value.
#[derive(Clone, Copy, Debug)]
enum Known {
    /// It is not `none`.
    Some,
    /// It is of this type.
    Is(TyId),
}

/// What is known of paths. What an inner block finds out is forgotten at its end; what may have changed is forgotten for good.
#[derive(Debug, Default)]
pub(super) struct Narrowed {
    known: FxHashMap<Path, Known>,
    undo: Vec<(Path, Option<Known>)>,
    with_fields: usize,
}

impl Narrowed {
    pub(super) fn mark(&self) -> usize {
        self.undo.len()
    }

    pub(super) fn back_to(&mut self, mark: usize) {
        while self.undo.len() > mark {
            let Some((path, before)) = self.undo.pop() else { break };
            match before {
                Some(known) => self.known.insert(path, known),
                None => self.known.remove(&path),
            };
        }
    }

    fn learn(&mut self, path: Path, known: Known) {
        self.with_fields += usize::from(!path.fields.is_empty());
        let before = self.known.insert(path.clone(), known);
        self.undo.push((path, before));
    }

    /// Forgets paths for good, also where a block's end would bring them back.
    fn forget(&mut self, gone: impl Fn(&Path) -> bool) {
        self.known.retain(|path, _| !gone(path));
        for (path, before) in &mut self.undo {
            if gone(path) {
                *before = None;
            }
        }
    }

    /// Forgets what is known of fields: something else may have changed them.
    pub(super) fn forget_fields(&mut self) {
        if self.with_fields > 0 {
            self.forget(|path| !path.fields.is_empty());
            self.with_fields = 0;
        }
    }

    /// Forgets what is known of names that can be assigned.
    pub(super) fn forget_mutable(&mut self, locals: &Arena<LocalId, Local>) {
        if !self.known.is_empty() {
            self.forget(|path| !path.fields.is_empty() || locals[path.root].mutable);
        }
    }

    /// Puts aside what is known of fields while a closure is looked at, which runs later; its names are its own.
    pub(super) fn hide_fields(&mut self) -> FxHashMap<Path, TypeTest> {
        self.hide(|path| !path.fields.is_empty())
    }

    /// Puts aside what may have changed when a `defer` runs.
    pub(super) fn hide_mutable(&mut self, locals: &Arena<LocalId, Local>) -> FxHashMap<Path, TypeTest> {
        self.hide(|path| !path.fields.is_empty() || locals[path.root].mutable)
    }

    fn hide(&mut self, which: impl Fn(&Path) -> bool) -> FxHashMap<Path, TypeTest> {
        let gone: Vec<Path> = self.known.keys().filter(|path| which(path)).cloned().collect();
        let take = |path: Path| self.known.remove(&path).map(|known| (path, TypeTest(known)));
        gone.into_iter().filter_map(take).collect()
    }

    pub(super) fn unhide(&mut self, hidden: FxHashMap<Path, TypeTest>) {
        self.known.extend(hidden.into_iter().map(|(path, TypeTest(known))| (path, known)));
    }
}

/// What was known of a path that is put aside.
#[derive(Debug)]
pub(super) struct TypeTest(Known);

impl Body<'_, '_> {
    /// The path that an expression is.
    fn path(&self, mut at: ExprId) -> Option<Path> {
        let mut fields = Vec::new();
        loop {
            at = match self.kind(at) {
                ExprKind::Local(root) => {
                    fields.reverse();
                    return Some(Path { root, fields });
                }
                ExprKind::Field(base, index) | ExprKind::Element(base, index) => {
                    fields.push(index);
                    base
                }
                ExprKind::Unwrap(base) | ExprKind::Downcast(base) => base,
                _ => return None,
            };
        }
    }

    /// A value as what it is known to be.
    pub(super) fn narrow_value(&mut self, value: ExprId) -> ExprId {
        if self.narrowed.known.is_empty() {
            return value;
        }
        let Some(known) = self.path(value).and_then(|path| self.narrowed.known.get(&path).copied()) else {
            return value;
        };
        let (ty, span) = (self.ty(value), self.span(value));
        match known {
            Known::Some => match self.get(ty) {
                Ty::Optional(of) => self.add(ExprKind::Unwrap(value), of, span),
                _ => value,
            },
            Known::Is(to) => self.add(ExprKind::Downcast(value), to, span),
        }
    }

    /// Learns what is known where a condition holds, or where it does not.
    pub(super) fn narrow_if(&mut self, condition: ExprId, holds: bool) {
        let mut work = vec![(condition, holds)];
        while let Some((at, holds)) = work.pop() {
            match self.kind(at) {
                ExprKind::Unary(UnaryOp::Not, inner) => work.push((inner, !holds)),
                ExprKind::Binary(BinaryOp::And, left, right) if holds => {
                    work.extend([(left, true), (right, true)]);
                }
                ExprKind::Binary(BinaryOp::Or, left, right) if !holds => {
                    work.extend([(left, false), (right, false)]);
                }
                ExprKind::Binary(BinaryOp::NotEqual, left, right) if holds => self.not_none(left, right),
                ExprKind::Binary(BinaryOp::Equal, left, right) if !holds => self.not_none(left, right),
                ExprKind::Is(value, ty) if holds => self.learn(value, Known::Is(ty)),
                _ => (),
            }
        }
    }

    fn not_none(&mut self, left: ExprId, right: ExprId) {
        if matches!(self.kind(right), ExprKind::None) {
            self.learn(left, Known::Some);
        } else if matches!(self.kind(left), ExprKind::None) {
            self.learn(right, Known::Some);
        }
    }

    /// Learns of which type the value of a name is.
    pub(super) fn narrow_local(&mut self, root: LocalId, ty: TyId) {
        self.narrowed.learn(Path { root, fields: Vec::new() }, Known::Is(ty));
    }

    fn learn(&mut self, value: ExprId, known: Known) {
        if let Some(path) = self.path(value) {
            self.narrowed.learn(path, known);
        }
    }

    /// Forgets what is known of a place that is assigned.
    pub(super) fn forget_place(&mut self, place: ExprId) {
        match self.kind(place) {
            ExprKind::Local(root) => self.narrowed.forget(|path| path.root == root),
            _ => self.narrowed.forget_fields(),
        }
    }
}
