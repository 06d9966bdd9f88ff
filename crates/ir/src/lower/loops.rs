//! Loops.

use pluto_check::body::{ExprId, For, LoopId};
use pluto_check::types::{Ty, TyId};

use super::code::{Code, LoopPlace, Value};
use crate::Intrinsic;
use crate::program::{BlockId, Const, FloatOp, Inst, IntOp, Lane, Reg, Test, Trap};

impl Code<'_, '_> {
    /// Enters a loop: where it goes on, and what is behind it.
    fn open_loop(&mut self, of: LoopId, next: BlockId, value: Value) -> BlockId {
        let after = self.block();
        let defers = self.defers.len();
        self.loops.insert(of, LoopPlace { after, next, value, defers });
        after
    }

    pub(super) fn while_loop(&mut self, of: LoopId, condition: ExprId, body: ExprId) -> Value {
        self.note_dropped(body);
        let next = self.block();
        let after = self.open_loop(of, next, Vec::new());
        self.jump(next);
        self.enter(next);
        let holds = self.one(condition);
        let inside = self.block();
        self.branch(holds, inside, after);
        self.enter(inside);
        self.expr(body);
        self.jump(next);
        self.enter(after);
        Vec::new()
    }

    pub(super) fn endless_loop(&mut self, id: ExprId, of: LoopId, body: ExprId) -> Value {
        self.note_dropped(body);
        let ty = self.ty_of(id);
        let value = self.value(ty);
        let next = self.block();
        let after = self.open_loop(of, next, value.clone());
        self.jump(next);
        self.enter(next);
        self.expr(body);
        self.jump(next);
        self.enter(after);
        value
    }

    pub(super) fn break_loop(&mut self, of: LoopId, value: Option<ExprId>) -> Value {
        let Some(place) = self.loops.get(&of).cloned() else { return Vec::new() };
        if let Some(value) = value {
            let value = self.expr(value);
            self.move_to(&place.value, &value);
        }
        self.leave_loop(place.defers, place.after)
    }

    pub(super) fn continue_loop(&mut self, of: LoopId) -> Value {
        let Some(place) = self.loops.get(&of).cloned() else { return Vec::new() };
        self.leave_loop(place.defers, place.next)
    }

    fn leave_loop(&mut self, defers: usize, to: BlockId) -> Value {
        self.run_defers(defers, false);
        self.jump(to);
        Vec::new()
    }

    pub(super) fn for_loop(&mut self, of: For) -> Value {
        self.note_dropped(of.body);
        let over_ty = self.ty_of(of.over);
        match self.l.types.get(over_ty) {
            Ty::Range => self.for_range(of),
            Ty::Array(item) => {
                let array = self.one(of.over);
                self.for_array(of, array, item)
            }
            Ty::Map(key, value) => {
                let map = self.one(of.over);
                let (shape, item) = (self.l.shape(over_ty), self.l.types.tuple(&[key, value]));
                let keys = self.intrinsic(Intrinsic::MapKeys, shape, &[map], &[Lane::Ref]);
                let values = self.intrinsic(Intrinsic::MapValues, shape, &[map], &[Lane::Ref]);
                self.for_arrays(of, &[(first(&keys), key), (first(&values), value)], item)
            }
            Ty::Set(item) => {
                let set = self.one(of.over);
                let shape = self.l.shape(over_ty);
                let array = self.intrinsic(Intrinsic::SetToArray, shape, &[set], &[Lane::Ref]);
                self.for_array(of, first(&array), item)
            }
            Ty::String => {
                let text = self.one(of.over);
                let shape = self.l.shape(TyId::STRING);
                let array = self.intrinsic(Intrinsic::TextChars, shape, &[text], &[Lane::Ref]);
                self.for_array(of, first(&array), TyId::STRING)
            }
            Ty::Bytes | Ty::Buffer => {
                let bytes = self.one(of.over);
                let shape = self.l.shape(over_ty);
                let array = self.intrinsic(Intrinsic::BytesToArray, shape, &[bytes], &[Lane::Ref]);
                self.for_array(of, first(&array), TyId::BYTE)
            }
            Ty::Term => {
                let term = first(&self.whole_term(of.over));
                let not = self.block();
                let items = self.list_items(term, not);
                self.trap_in(not, Trap::Convert);
                self.for_array(of, items, TyId::TERM)
            }
            Ty::Receiver(item) => self.for_messages(of, item),
            Ty::Stream(item) => self.for_stream(of, item),
            _ => self.for_iterator(of),
        }
    }

    fn for_range(&mut self, of: For) -> Value {
        let range = self.expr(of.over);
        let [from, to, inclusive] = range[..] else { return Vec::new() };
        // Counts to the last one and not behind it, where there may be no number.
        let (at, last) = (self.reg(Lane::Int), self.reg(Lane::Int));
        self.move_to(&[at], &[from]);
        let (begin, exclusive, closed, next) = (self.block(), self.block(), self.block(), self.block());
        let after = self.open_loop(of.id, next, Vec::new());
        self.branch(inclusive, closed, exclusive);
        self.enter(exclusive);
        let some = self.test(Test::Lt, from, to);
        let one = self.int(1);
        let before = self.int_operator(IntOp::WrappingSub, to, one);
        self.move_to(&[last], &[before]);
        self.branch(some, begin, after);
        self.enter(closed);
        self.move_to(&[last], &[to]);
        let some = self.test(Test::Le, from, to);
        self.branch(some, begin, after);
        self.enter(begin);
        // What the body is given is its own, whatever becomes of the counter.
        let item = self.copied(&[at]);
        self.bind_item(of, TyId::INT, &item);
        self.expr(of.body);
        self.jump(next);
        self.enter(next);
        let more = self.test(Test::Lt, at, last);
        let again = self.block();
        self.branch(more, again, after);
        self.enter(again);
        let one = self.int(1);
        self.push(Inst::Int { op: IntOp::WrappingAdd, to: at, left: at, right: one });
        self.jump(begin);
        self.enter(after);
        Vec::new()
    }

    /// A loop that asks for one value after the other. `next` goes inside with a value, or behind the loop.
    pub(super) fn for_next(
        &mut self,
        of: For,
        item: TyId,
        next: impl FnOnce(&mut Self, BlockId, BlockId) -> Value,
    ) -> Value {
        let (again, inside) = (self.block(), self.block());
        let after = self.open_loop(of.id, again, Vec::new());
        self.jump(again);
        self.enter(again);
        let value = next(self, inside, after);
        self.enter(inside);
        self.bind_item(of, item, &value);
        self.expr(of.body);
        self.jump(again);
        self.enter(after);
        Vec::new()
    }

    fn for_array(&mut self, of: For, array: Reg, item: TyId) -> Value {
        self.for_arrays(of, &[(array, item)], item)
    }

    /// Through arrays side by side. What is pushed to them meanwhile is gone through too.
    fn for_arrays(&mut self, of: For, arrays: &[(Reg, TyId)], item: TyId) -> Value {
        let at = self.reg(Lane::Int);
        let zero = self.int(0);
        self.move_to(&[at], &[zero]);
        let (check, begin, next) = (self.block(), self.block(), self.block());
        let after = self.open_loop(of.id, next, Vec::new());
        self.jump(check);
        self.enter(check);
        let len = self.reg(Lane::Int);
        let array = arrays.first().map_or(Reg(0), |(array, _)| *array);
        self.push(Inst::Len { to: len, array });
        let more = self.test(Test::Lt, at, len);
        self.branch(more, begin, after);
        self.enter(begin);
        let mut value = Vec::new();
        for (array, ty) in arrays {
            value.extend(self.get(*array, at, *ty));
        }
        self.bind_item(of, item, &value);
        self.expr(of.body);
        self.jump(next);
        self.enter(next);
        let one = self.int(1);
        self.push(Inst::Int { op: IntOp::WrappingAdd, to: at, left: at, right: one });
        self.jump(check);
        self.enter(after);
        Vec::new()
    }

    /// The pattern of a `for` takes every element.
    fn bind_item(&mut self, of: For, ty: TyId, item: &[Reg]) {
        let never = self.block();
        self.pattern(of.pattern, ty, item, never);
    }

    /// The sum or the product of an array of numbers, from its first number on.
    pub(super) fn fold(&mut self, array: Reg, item: TyId, product: bool) -> Reg {
        let float = item == TyId::FLOAT;
        let start = match (float, product) {
            (true, true) => self.constant(Const::Float(1.0)),
            (true, false) => self.constant(Const::Float(0.0)),
            (false, _) => self.int(i64::from(product)),
        };
        let (made, len) = (self.reg(self.lane(start)), self.reg(Lane::Int));
        self.move_to(&[made], &[start]);
        self.push(Inst::Len { to: len, array });
        self.each(len, |code, at| {
            let right = first(&code.get(array, at, item));
            code.push(match float {
                true => {
                    let op = if product { FloatOp::Mul } else { FloatOp::Add };
                    Inst::Float { op, to: made, left: made, right }
                }
                false => {
                    let op = if product { IntOp::Mul } else { IntOp::Add };
                    Inst::Int { op, to: made, left: made, right }
                }
            });
        });
        made
    }

    /// Does something for each number from 0 on.
    pub(super) fn each(&mut self, end: Reg, inside: impl FnOnce(&mut Self, Reg)) {
        let (at, zero) = (self.reg(Lane::Int), self.int(0));
        self.move_to(&[at], &[zero]);
        let (check, begin, after) = (self.block(), self.block(), self.block());
        self.jump(check);
        self.enter(check);
        let more = self.test(Test::Lt, at, end);
        self.branch(more, begin, after);
        self.enter(begin);
        inside(self, at);
        let one = self.int(1);
        self.push(Inst::Int { op: IntOp::WrappingAdd, to: at, left: at, right: one });
        self.jump(check);
        self.enter(after);
    }

    /// An element of an array.
    pub(super) fn get(&mut self, array: Reg, index: Reg, item: TyId) -> Value {
        let to = self.value(item);
        let list = self.list(&to);
        self.push(Inst::Get { to: list, array, index });
        to
    }
}

pub(super) fn first(value: &[Reg]) -> Reg {
    value.first().copied().unwrap_or(Reg(0))
}
