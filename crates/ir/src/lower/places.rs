//! Assignment.

use pluto_check::body::{BinaryOp, ExprId, ExprKind};
use pluto_check::types::{Ty, TyId};

use super::code::{Code, Value};
use super::loops::first;
use crate::Intrinsic;
use crate::program::{Inst, Lane, Reg};

/// Where a value is kept.
enum Place {
    /// In registers.
    Registers(Value),
    /// In an object, from a lane on.
    Object(Reg, u32),
    /// In an array.
    Element { array: Reg, index: Reg, item: TyId },
    /// In a buffer.
    Byte { buffer: Reg, index: Reg, ty: TyId },
    /// In a map.
    Entry { map: Reg, key: Value, ty: TyId },
}

impl Code<'_, '_> {
    pub(super) fn assign_stmt(&mut self, place: ExprId, op: Option<BinaryOp>, value: ExprId) {
        let ty = self.ty_of(place);
        let at = self.place(place);
        let value = match op {
            None => self.expr_as(value, ty),
            Some(op) => {
                self.at = self.place_of(place);
                let old = self.read(&at, ty);
                let old = self.copied(&old);
                let right_ty = self.ty_of(value);
                let right = self.expr(value);
                self.at = self.place_of(place);
                let made = self.operator(op, (ty, old), (right_ty, &right));
                if ty == TyId::TERM {
                    self.there(first(&made));
                }
                made
            }
        };
        self.at = self.place_of(place);
        self.write(&at, &value);
    }

    fn place(&mut self, expr: ExprId) -> Place {
        match self.l.source.nodes.exprs[expr].kind {
            ExprKind::Local(local) => match self.cells.get(&local) {
                Some(cell) => Place::Object(*cell, 0),
                None => Place::Registers(self.locals.get(&local).cloned().unwrap_or_default()),
            },
            ExprKind::Field(of, at) => {
                let ty = self.ty_of(of);
                let object = self.one(of);
                let (_, lane) = self.field_place(ty, 0, at);
                Place::Object(object, lane)
            }
            ExprKind::Index(base, index) => {
                let ty = self.ty_of(base);
                let object = self.one(base);
                let key = self.expr(index);
                match self.l.types.get(ty) {
                    Ty::Array(item) => Place::Element { array: object, index: first(&key), item },
                    Ty::Buffer => Place::Byte { buffer: object, index: first(&key), ty },
                    Ty::Map(..) => Place::Entry { map: object, key, ty },
                    _ => {
                        self.missing("assignment to an element of this");
                        Place::Registers(Vec::new())
                    }
                }
            }
            _ => {
                let value = self.expr(expr);
                Place::Registers(value)
            }
        }
    }

    /// Where the lanes of an element of a tuple are among its own.
    pub(super) fn element_lanes(&mut self, of: ExprId, at: u32) -> (usize, usize) {
        let ty = self.ty_of(of);
        let Ty::Tuple(list) = self.l.types.get(ty) else { return (0, 0) };
        let parts = self.l.types.items(list).to_vec();
        let mut start = 0;
        for (place, part) in parts.into_iter().enumerate() {
            let len = self.l.lanes(part).len();
            if place == at as usize {
                return (start, len);
            }
            start += len;
        }
        (start, 0)
    }

    fn read(&mut self, place: &Place, ty: TyId) -> Value {
        match place {
            Place::Registers(regs) => regs.clone(),
            Place::Object(object, lane) => self.load_value(*object, *lane, ty),
            Place::Element { array, index, item } => self.get(*array, *index, *item),
            Place::Byte { buffer, index, ty } => self.byte_of(*buffer, *index, *ty),
            Place::Entry { map, key, ty } => self.entry(*map, key, *ty),
        }
    }

    /// The byte of a buffer; a trap where there is none.
    fn byte_of(&mut self, buffer: Reg, index: Reg, ty: TyId) -> Value {
        let shape = self.l.shape(ty);
        self.intrinsic(Intrinsic::BufferGet, shape, &[buffer, index], &[Lane::Byte])
    }

    /// The value of a key; a trap where there is none.
    pub(super) fn entry(&mut self, map: Reg, key: &[Reg], ty: TyId) -> Value {
        let Ty::Map(_, value) = self.l.types.get(ty) else { return Vec::new() };
        let (shape, lanes) = (self.l.shape(ty), self.l.lanes(value));
        let with: Vec<Reg> = std::iter::once(map).chain(key.iter().copied()).collect();
        self.intrinsic(Intrinsic::MapGet, shape, &with, &lanes)
    }

    fn write(&mut self, place: &Place, value: &[Reg]) {
        match place {
            Place::Registers(regs) => self.assign(regs, value),
            Place::Object(object, lane) => {
                for (lane, from) in (*lane..).zip(value) {
                    self.push(Inst::Store { object: *object, lane, from: *from });
                }
            }
            Place::Element { array, index, .. } => {
                let from = self.list(value);
                self.push(Inst::Set { array: *array, index: *index, from });
            }
            Place::Byte { buffer, index, ty } => {
                let shape = self.l.shape(*ty);
                self.intrinsic(Intrinsic::BufferSet, shape, &[*buffer, *index, first(value)], &[]);
            }
            Place::Entry { map, key, ty } => {
                let shape = self.l.shape(*ty);
                let with: Vec<Reg> =
                    std::iter::once(*map).chain(key.iter().copied()).chain(value.iter().copied()).collect();
                self.put(shape, &with, *ty);
            }
        }
    }

    /// Puts a key and its value, behind the map, into it. What was there before is dropped.
    pub(super) fn put(&mut self, shape: crate::program::ShapeId, with: &[Reg], ty: TyId) {
        let Ty::Map(_, value) = self.l.types.get(ty) else { return };
        let optional = self.l.types.optional(value);
        let lanes = self.l.lanes(optional);
        self.intrinsic(Intrinsic::MapInsert, shape, with, &lanes);
    }

    /// `a[i]`
    pub(super) fn index(&mut self, id: ExprId, base: ExprId, index: ExprId) -> Value {
        let (base_ty, by) = (self.ty_of(base), self.ty_of(index));
        let object = self.one(base);
        let key = self.expr(index);
        self.at = self.place_of(id);
        let slice = by == TyId::RANGE;
        let with: Vec<Reg> = std::iter::once(object).chain(key.iter().copied()).collect();
        let shape = self.l.shape(base_ty);
        let what = match self.l.types.get(base_ty) {
            Ty::Array(_) if slice => Intrinsic::ArraySlice,
            Ty::Array(item) => return self.get(object, first(&key), item),
            Ty::Map(..) => return self.entry(object, &key, base_ty),
            Ty::String if slice => Intrinsic::TextSlice,
            Ty::String => Intrinsic::TextGet,
            Ty::Bytes if !slice => return self.intrinsic(Intrinsic::BytesGet, shape, &with, &[Lane::Byte]),
            Ty::Buffer if !slice => return self.byte_of(object, first(&key), base_ty),
            Ty::Bytes | Ty::Buffer => Intrinsic::BytesSlice,
            _ => return self.not_yet(id, "an index of this"),
        };
        self.intrinsic(what, shape, &with, &[Lane::Ref])
    }
}
