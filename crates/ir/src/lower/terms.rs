//! Values of the BEAM. A `term` is an object of the prelude's enum `Term`, whose methods do what can be done with it.
//!
//! What fails of a term (a part that is not there, arithmetic that makes no sense, a comparison of values of different kinds) is a
//! null for as long as it is an operand. A comparison of it does not hold, and neither does the contrary: `not` goes down to the
//! comparisons (Kleene's strong logic, as in the predicates of traces). Anywhere else it is a trap.

use pluto_check::body::ExprId;
use pluto_check::program::FunctionId;
use pluto_check::types::{Ty, TyId};

use super::Lowering;
use super::code::{Code, Value};
use super::loops::first;
use crate::Intrinsic;
use crate::program::{BlockId, Cast, Const, FloatOp, Inst, Lane, Reg, ShapeId, Test, Trap};

/// The variants of `Term`, in their order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Float,
    Atom,
    Binary,
    List,
    Tuple,
    Map,
}

impl Lowering<'_> {
    /// The enum that a `term` is: the prelude's, which comes before all others.
    pub(super) fn term_type(&self) -> TyId {
        self.source.enums.iter().next().map_or(TyId::VOID, |(_, of)| of.self_ty)
    }
}

impl Code<'_, '_> {
    /// A method of `Term`.
    pub(super) fn term_method(&mut self, name: &str, with: &[Reg]) -> Value {
        let Some((_, of)) = self.l.source.enums.iter().next() else { return Vec::new() };
        let is_it = |id: &FunctionId| self.l.source.text(self.l.source.functions[*id].origin.name) == name;
        let Some(function) = of.methods.iter().copied().find(is_it) else {
            self.missing("this of a value of the BEAM");
            return Vec::new();
        };
        let with = with.iter().map(|reg| vec![*reg]).collect();
        self.call_function(function, Vec::new(), with, &[]).value
    }

    pub(super) fn new_term(&mut self, kind: Kind, lanes: &[Reg]) -> Reg {
        let shape = self.l.shape(TyId::TERM);
        self.object(shape, kind as u32, lanes)
    }

    /// What a kind of term holds, where it is one. There must be a term.
    pub(super) fn held_by(&mut self, kind: Kind, term: Reg, lane: Lane, otherwise: BlockId) -> Reg {
        let found = self.reg(Lane::Int);
        self.push(Inst::Variant { to: found, object: term });
        let wanted = self.int(kind as i64);
        let same = self.test(Test::Eq, found, wanted);
        self.unless(same, otherwise);
        self.load(term, 0, lane)
    }

    pub(super) fn is_null(&mut self, of: Reg) -> Reg {
        let null = self.constant(Const::Null);
        self.test(Test::Eq, of, null)
    }

    /// `:name`
    pub(super) fn atom(&mut self, name: &str) -> Value {
        let name = self.text(name);
        vec![self.new_term(Kind::Atom, &[name])]
    }

    /// From a value to a term.
    pub(super) fn term_made_of(&mut self, of: ExprId) -> Value {
        let ty = self.ty_of(of);
        let value = self.expr(of);
        vec![self.term_of(ty, &value)]
    }

    pub(super) fn term_of(&mut self, ty: TyId, value: &[Reg]) -> Reg {
        match self.l.types.get(ty) {
            Ty::Int => self.new_term(Kind::Int, value),
            Ty::Byte => {
                let value = self.cast(Cast::ByteToInt, first(value), Lane::Int);
                self.new_term(Kind::Int, &[value])
            }
            Ty::Float => {
                self.finite(first(value));
                self.new_term(Kind::Float, value)
            }
            Ty::Bool => {
                let (yes, no) = (self.text("true"), self.text("false"));
                let name = self.reg(Lane::Ref);
                self.move_to(&[name], &[no]);
                self.when(first(value), |code| code.move_to(&[name], &[yes]));
                self.new_term(Kind::Atom, &[name])
            }
            Ty::String => {
                let shape = self.l.shape(TyId::STRING);
                let bytes = self.intrinsic(Intrinsic::TextBytes, shape, value, &[Lane::Ref]);
                self.new_term(Kind::Binary, &bytes)
            }
            Ty::Bytes => self.new_term(Kind::Binary, value),
            Ty::Tuple(parts) => self.term_of_tuple(self.l.types.items(parts).to_vec(), value),
            Ty::Array(item) => {
                let items = self.terms_of(first(value), item);
                self.new_term(Kind::List, &[items])
            }
            Ty::Map(key, held) => self.term_of_map(ty, (key, held), first(value)),
            // A term, or what does not come back.
            _ => first(value),
        }
    }

    /// The BEAM has no floats that are no numbers: a trap.
    fn finite(&mut self, value: Reg) {
        let (difference, zero) = (self.reg(Lane::Float), self.constant(Const::Float(0.0)));
        self.push(Inst::Float { op: FloatOp::Sub, to: difference, left: value, right: value });
        let fine = self.test(Test::Eq, difference, zero);
        let not = self.block();
        self.unless(fine, not);
        self.trap_in(not, Trap::Convert);
    }

    fn term_of_tuple(&mut self, types: Vec<TyId>, value: &[Reg]) -> Reg {
        let len = self.int(types.len() as i64);
        let (items, shape) = self.new_terms(len);
        let mut start = 0;
        for ty in types {
            let len = self.l.lanes(ty).len();
            let part = self.term_of(ty, value.get(start..start + len).unwrap_or_default());
            self.intrinsic(Intrinsic::ArrayPush, shape, &[items, part], &[]);
            start += len;
        }
        self.new_term(Kind::Tuple, &[items])
    }

    /// A new array of terms, with room for some.
    fn new_terms(&mut self, room: Reg) -> (Reg, ShapeId) {
        let ty = self.l.types.intern(Ty::Array(TyId::TERM));
        let shape = self.l.shape(ty);
        (first(&self.intrinsic(Intrinsic::ArrayNew, shape, &[room], &[Lane::Ref])), shape)
    }

    /// The elements of an array, as terms.
    fn terms_of(&mut self, array: Reg, item: TyId) -> Reg {
        let len = self.reg(Lane::Int);
        self.push(Inst::Len { to: len, array });
        let (made, shape) = self.new_terms(len);
        self.each(len, |code, at| {
            let value = code.get(array, at, item);
            let value = code.term_of(item, &value);
            code.intrinsic(Intrinsic::ArrayPush, shape, &[made, value], &[]);
        });
        made
    }

    fn term_of_map(&mut self, ty: TyId, (key, held): (TyId, TyId), map: Reg) -> Reg {
        let shape = self.l.shape(ty);
        let keys = first(&self.intrinsic(Intrinsic::MapKeys, shape, &[map], &[Lane::Ref]));
        let values = first(&self.intrinsic(Intrinsic::MapValues, shape, &[map], &[Lane::Ref]));
        let made = self.new_map(TyId::TERM, TyId::TERM);
        let len = self.reg(Lane::Int);
        self.push(Inst::Len { to: len, array: keys });
        self.each(len, |code, at| {
            let found = code.get(keys, at, key);
            let found = code.term_of(key, &found);
            let value = code.get(values, at, held);
            let value = code.term_of(held, &value);
            code.put(made.1, &[made.0, found, value], made.2);
        });
        self.new_term(Kind::Map, &[made.0])
    }

    /// A new map, its shape and its type.
    fn new_map(&mut self, key: TyId, held: TyId) -> (Reg, ShapeId, TyId) {
        let ty = self.l.types.intern(Ty::Map(key, held));
        let shape = self.l.shape(ty);
        let none = self.int(0);
        (first(&self.intrinsic(Intrinsic::MapNew, shape, &[none], &[Lane::Ref])), shape, ty)
    }

    /// A term as a value of a type, where it is one. There must be a term.
    pub(super) fn value_of_term(&mut self, ty: TyId, term: Reg, otherwise: BlockId) -> Value {
        match self.l.types.get(ty) {
            Ty::Int => vec![self.held_by(Kind::Int, term, Lane::Int, otherwise)],
            Ty::Byte => {
                let value = self.held_by(Kind::Int, term, Lane::Int, otherwise);
                let (least, most) = (self.int(0), self.int(255));
                let above = self.test(Test::Ge, value, least);
                self.unless(above, otherwise);
                let below = self.test(Test::Le, value, most);
                self.unless(below, otherwise);
                vec![self.cast(Cast::IntToByte, value, Lane::Byte)]
            }
            Ty::Float => vec![self.held_by(Kind::Float, term, Lane::Float, otherwise)],
            Ty::Bool => {
                let name = self.held_by(Kind::Atom, term, Lane::Ref, otherwise);
                let (yes, no) = (self.text("true"), self.text("false"));
                let holds = self.compare(Test::Eq, TyId::STRING, &[name], &[yes]);
                let known = self.block();
                let other = self.block();
                self.branch(holds, known, other);
                self.enter(other);
                let not = self.compare(Test::Eq, TyId::STRING, &[name], &[no]);
                self.branch(not, known, otherwise);
                self.enter(known);
                vec![holds]
            }
            Ty::String => {
                let bytes = self.held_by(Kind::Binary, term, Lane::Ref, otherwise);
                let shape = self.l.shape(TyId::BYTES);
                let text = self.intrinsic(Intrinsic::BytesToText, shape, &[bytes], &[Lane::Ref]);
                self.unless_null(&text, otherwise);
                text
            }
            Ty::Bytes => vec![self.held_by(Kind::Binary, term, Lane::Ref, otherwise)],
            Ty::Tuple(parts) => {
                let parts = self.l.types.items(parts).to_vec();
                let items = self.elements(term, parts.len(), otherwise);
                let values = parts.into_iter().zip(items);
                values.flat_map(|(ty, item)| self.value_of_term(ty, item, otherwise)).collect()
            }
            Ty::Array(item) => {
                let items = self.held_by(Kind::List, term, Lane::Ref, otherwise);
                let len = self.reg(Lane::Int);
                self.push(Inst::Len { to: len, array: items });
                let shape = self.l.shape(ty);
                let made = self.intrinsic(Intrinsic::ArrayNew, shape, &[len], &[Lane::Ref]);
                self.each(len, |code, at| {
                    let value = first(&code.get(items, at, TyId::TERM));
                    let value = code.value_of_term(item, value, otherwise);
                    let with: Vec<Reg> = made.iter().copied().chain(value).collect();
                    code.intrinsic(Intrinsic::ArrayPush, shape, &with, &[]);
                });
                made
            }
            Ty::Map(key, held) => self.map_of_term((key, held), term, otherwise),
            _ => vec![term],
        }
    }

    fn map_of_term(&mut self, (key, held): (TyId, TyId), term: Reg, otherwise: BlockId) -> Value {
        let entries = self.held_by(Kind::Map, term, Lane::Ref, otherwise);
        let terms = self.l.types.intern(Ty::Map(TyId::TERM, TyId::TERM));
        let shape = self.l.shape(terms);
        let keys = first(&self.intrinsic(Intrinsic::MapKeys, shape, &[entries], &[Lane::Ref]));
        let values = first(&self.intrinsic(Intrinsic::MapValues, shape, &[entries], &[Lane::Ref]));
        let made = self.new_map(key, held);
        let len = self.reg(Lane::Int);
        self.push(Inst::Len { to: len, array: keys });
        self.each(len, |code, at| {
            let found = first(&code.get(keys, at, TyId::TERM));
            let found = code.value_of_term(key, found, otherwise);
            let value = first(&code.get(values, at, TyId::TERM));
            let value = code.value_of_term(held, value, otherwise);
            let with: Vec<Reg> = std::iter::once(made.0).chain(found).chain(value).collect();
            code.put(made.1, &with, made.2);
        });
        vec![made.0]
    }

    /// The elements of a tuple of a length.
    pub(super) fn elements(&mut self, term: Reg, len: usize, otherwise: BlockId) -> Vec<Reg> {
        let items = self.held_by(Kind::Tuple, term, Lane::Ref, otherwise);
        let found = self.reg(Lane::Int);
        self.push(Inst::Len { to: found, array: items });
        let wanted = self.int(len as i64);
        let same = self.test(Test::Eq, found, wanted);
        self.unless(same, otherwise);
        (0..len)
            .map(|at| {
                let at = self.int(at as i64);
                first(&self.get(items, at, TyId::TERM))
            })
            .collect()
    }
}
