//! Patterns: what a value must be, and the names for its parts.

use pluto_check::body::{ExprId, LocalId, PatternId, PatternKind};
use pluto_check::types::{Subst, Ty, TyId};

use super::code::{Code, Value};
use super::loops::first;
use crate::Intrinsic;
use crate::program::{BlockId, Inst, IntOp, Lane, Reg, Shape, Test};
use crate::shape::is_plain;

impl Code<'_, '_> {
    /// Goes to a block where a value is not what a pattern says, and on where it is, with its names bound.
    pub(super) fn pattern(&mut self, pattern: PatternId, ty: TyId, value: &[Reg], otherwise: BlockId) {
        let kind = self.l.source.nodes.patterns[pattern].kind;
        match kind {
            PatternKind::Any | PatternKind::Wrong => (),
            PatternKind::Bind(local, None) => self.bind(local, value),
            PatternKind::Literal(literal) => {
                let wanted = self.expr(literal);
                let same = self.compare(Test::Eq, ty, value, &wanted);
                self.unless(same, otherwise);
            }
            PatternKind::Bind(local, Some(wanted)) => {
                self.kind_pattern(local, wanted, first(value), otherwise);
            }
            PatternKind::Map(entries) => self.map_pattern(entries, first(value), otherwise),
            PatternKind::Range(from, to, inclusive) if ty == TyId::TERM => {
                self.term_in_range(first(value), (from, to, inclusive), otherwise);
            }
            PatternKind::Tuple(list) if ty == TyId::TERM => {
                let patterns = self.l.source.nodes.pattern_lists.get(list).to_vec();
                self.term_tuple_pattern(patterns, first(value), otherwise);
            }
            PatternKind::Range(from, to, inclusive) => {
                self.in_range(ty, value, (from, to, inclusive), otherwise);
            }
            PatternKind::None => {
                let there = self.is_there(ty, value);
                let missing = self.block();
                self.branch(there, otherwise, missing);
                self.enter(missing);
            }
            PatternKind::Some(inner) => {
                let there = self.is_there(ty, value);
                self.unless(there, otherwise);
                let of = self.l.source.nodes.patterns[inner].ty;
                let of = self.ty(of);
                let value = self.unwrapped(ty, of, value.to_vec());
                self.pattern(inner, of, &value, otherwise);
            }
            PatternKind::Tuple(list) => {
                let Ty::Tuple(types) = self.l.types.get(ty) else { return };
                let types = self.l.types.items(types).to_vec();
                let patterns = self.l.source.nodes.pattern_lists.get(list).to_vec();
                let mut start = 0;
                for (pattern, ty) in patterns.into_iter().zip(types) {
                    let len = self.l.lanes(ty).len();
                    let part = value.get(start..start + len).unwrap_or_default().to_vec();
                    self.pattern(pattern, ty, &part, otherwise);
                    start += len;
                }
            }
            PatternKind::Array(before, rest, behind) => {
                let lists = &self.l.source.nodes.pattern_lists;
                let (before, behind) = (lists.get(before).to_vec(), lists.get(behind).to_vec());
                self.array_pattern(ty, first(value), (&before, rest, &behind), otherwise);
            }
            PatternKind::Variant(_, variant, fields) => {
                self.variant_pattern(ty, first(value), variant, fields, otherwise);
            }
            PatternKind::Class(class, fields) if matches!(self.l.types.get(ty), Ty::Trait(..)) => {
                let class = self.l.source.classes[class].self_ty;
                let is = self.is_of(first(value), class);
                self.unless(is, otherwise);
                self.field_patterns(class, first(value), 0, fields, otherwise);
            }
            PatternKind::Class(_, fields) => self.field_patterns(ty, first(value), 0, fields, otherwise),
            PatternKind::Error(error, fields) => {
                let ty = self.l.types.intern(Ty::Error(error));
                let shape = self.l.shape(ty);
                let is = self.reg(Lane::Byte);
                self.push(Inst::Is { to: is, object: first(value), shape });
                self.unless(is, otherwise);
                self.field_patterns(ty, first(value), 0, fields, otherwise);
            }
            PatternKind::Or(list) => self.alternatives(list, ty, value, otherwise),
        }
    }

    /// Goes to a block unless a byte says so.
    pub(super) fn unless(&mut self, holds: Reg, otherwise: BlockId) {
        let on = self.block();
        self.branch(holds, on, otherwise);
        self.enter(on);
    }

    /// A name for a value. One that can be assigned is a place of its own.
    pub(super) fn bind(&mut self, local: LocalId, value: &[Reg]) {
        let of = self.l.source.nodes.locals[local];
        let ty = self.ty(of.ty);
        if self.celled.contains(&local) {
            return self.bind_cell(local, ty, value);
        }
        if let Some(known) = self.locals.get(&local).cloned()
            && self.binds_again
        {
            self.move_to(&known, value);
            return;
        }
        let value = if of.mutable || self.binds_again { self.own(ty, value) } else { value.to_vec() };
        self.locals.insert(local, value);
    }

    fn own(&mut self, ty: TyId, value: &[Reg]) -> Value {
        let own = self.value(ty);
        self.move_to(&own, value);
        own
    }

    fn in_range(&mut self, ty: TyId, value: &[Reg], range: (ExprId, ExprId, bool), otherwise: BlockId) {
        let (from, to, inclusive) = range;
        let (from, to) = (self.expr(from), self.expr(to));
        let above = self.compare(Test::Ge, ty, value, &from);
        self.unless(above, otherwise);
        let below = self.compare(if inclusive { Test::Le } else { Test::Lt }, ty, value, &to);
        self.unless(below, otherwise);
    }

    fn array_pattern(
        &mut self,
        ty: TyId,
        array: Reg,
        parts: (&[PatternId], Option<Option<LocalId>>, &[PatternId]),
        otherwise: BlockId,
    ) {
        // The elements of a list are an array.
        let list = ty == TyId::TERM;
        let (ty, array) = match list {
            true => (self.l.types.intern(Ty::Array(ty)), self.list_items(array, otherwise)),
            false => (ty, array),
        };
        let Ty::Array(item) = self.l.types.get(ty) else { return };
        let (before, rest, behind) = parts;
        let len = self.reg(Lane::Int);
        self.push(Inst::Len { to: len, array });
        let least = self.int((before.len() + behind.len()) as i64);
        let fits = self.test(if rest.is_some() { Test::Ge } else { Test::Eq }, len, least);
        self.unless(fits, otherwise);
        for (at, pattern) in before.iter().enumerate() {
            let at = self.int(at as i64);
            let value = self.get(array, at, item);
            self.pattern(*pattern, item, &value, otherwise);
        }
        for (at, pattern) in behind.iter().enumerate() {
            let back = self.int((behind.len() - at) as i64);
            let at = self.int_operator(IntOp::WrappingSub, len, back);
            let value = self.get(array, at, item);
            self.pattern(*pattern, item, &value, otherwise);
        }
        if let Some(Some(local)) = rest {
            let from = self.int(before.len() as i64);
            let back = self.int(behind.len() as i64);
            let to = self.int_operator(IntOp::WrappingSub, len, back);
            let exclusive = self.byte(false);
            let shape = self.l.shape(ty);
            let with = [array, from, to, exclusive];
            let rest = first(&self.intrinsic(Intrinsic::ArraySlice, shape, &with, &[Lane::Ref]));
            let rest = if list { self.list_of(rest) } else { rest };
            self.bind(local, &[rest]);
        }
    }

    fn variant_pattern(
        &mut self,
        ty: TyId,
        value: Reg,
        variant: u32,
        fields: pluto_check::arena::List<(u32, PatternId)>,
        otherwise: BlockId,
    ) {
        let shape = self.l.shape(ty);
        let Shape::Enum(_, variants) = self.l.out.shape(shape) else { return };
        let (plain, only) = (is_plain(variants), variants.len() == 1);
        if !only {
            let tag = if plain {
                value
            } else {
                let tag = self.reg(Lane::Int);
                self.push(Inst::Variant { to: tag, object: value });
                tag
            };
            let wanted = self.int(i64::from(variant));
            let same = self.test(Test::Eq, tag, wanted);
            self.unless(same, otherwise);
        }
        self.field_patterns(ty, value, variant, fields, otherwise);
    }

    fn field_patterns(
        &mut self,
        ty: TyId,
        object: Reg,
        variant: u32,
        fields: pluto_check::arena::List<(u32, PatternId)>,
        otherwise: BlockId,
    ) {
        for (at, pattern) in self.l.source.nodes.field_patterns.get(fields).to_vec() {
            let (ty, lane) = self.field_place(ty, variant, at);
            let value = self.load_value(object, lane, ty);
            self.pattern(pattern, ty, &value, otherwise);
        }
    }

    /// The type of a field of a class, an error or a variant, and the place of its first lane.
    pub(super) fn field_place(&mut self, ty: TyId, variant: u32, at: u32) -> (TyId, u32) {
        let source = &self.l.source;
        let (fields, subst) = match self.l.types.get(ty) {
            Ty::Class(id, list) => {
                let of = &source.classes[id];
                (of.fields.clone(), Subst::of(&of.type_params, self.l.types.items(list)))
            }
            Ty::Enum(id, list) => {
                let of = &source.enums[id];
                let fields = of.variants.get(variant as usize).map(|variant| variant.fields.clone());
                (fields.unwrap_or_default(), Subst::of(&of.type_params, self.l.types.items(list)))
            }
            Ty::Error(id) => (source.errors[id].fields.clone(), Subst::default()),
            _ => (Vec::new(), Subst::default()),
        };
        let mut lane = 0;
        for (place, field) in fields.iter().enumerate() {
            let ty = self.l.types.substitute(field.ty, &subst);
            if place == at as usize {
                return (ty, lane);
            }
            lane += self.l.lanes(ty).len() as u32;
        }
        (TyId::VOID, lane)
    }

    pub(super) fn load_value(&mut self, object: Reg, lane: u32, ty: TyId) -> Value {
        let lanes = self.l.lanes(ty);
        (lane..).zip(lanes).map(|(lane, kind)| self.load(object, lane, kind)).collect()
    }

    /// Alternatives bind the same names, in places that all of them write.
    fn alternatives(
        &mut self,
        list: pluto_check::arena::List<PatternId>,
        ty: TyId,
        value: &[Reg],
        otherwise: BlockId,
    ) {
        let outer = std::mem::replace(&mut self.binds_again, true);
        let taken = self.block();
        let alternatives = self.l.source.nodes.pattern_lists.get(list).to_vec();
        let last = alternatives.len().saturating_sub(1);
        for (at, pattern) in alternatives.into_iter().enumerate() {
            let next = if at == last { otherwise } else { self.block() };
            self.pattern(pattern, ty, value, next);
            self.jump(taken);
            if at < last {
                self.enter(next);
            }
        }
        self.enter(taken);
        self.binds_again = outer;
    }

    pub(super) fn let_stmt(&mut self, pattern: PatternId, value: ExprId, otherwise: Option<ExprId>) {
        let ty = {
            let ty = self.l.source.nodes.patterns[pattern].ty;
            self.ty(ty)
        };
        let made = self.expr_as(value, ty);
        let not = self.block();
        self.pattern(pattern, ty, &made, not);
        self.own_sender(pattern, value);
        if let Some(otherwise) = otherwise {
            let on = self.block();
            self.jump(on);
            self.enter(not);
            self.expr(otherwise);
            self.enter(on);
        }
    }
}
