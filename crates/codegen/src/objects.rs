//! Objects and arrays: made, read and written in line.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types as clif};
use cranelift_module::Module;
use pluto_ir::program::{FuncId, Lane, Reg, Regs, Shape, ShapeId};
use pluto_runtime::{
    ALLOCATE, ARRAY_LEN, ARRAY_STORE, BYTE_STORE, CLOSURE, GROW_ARRAY, HEADER_MASK, STORE_CAPACITY,
    STORE_DATA, Trap, field, header,
};

use crate::body::{Body, Part};
use crate::error::Error;
use crate::module::lane;

/// Words of elements for which room is made in line.
const IN_LINE: usize = 16;

impl<M: Module> Body<'_, '_, M> {
    /// Room for an object of some words, which must be written before anything else is done.
    pub(crate) fn allocate(&mut self, words: usize) -> Result<Value, Error> {
        let (slow, done) = (self.cold_block(), self.b.create_block());
        let fast = self.b.create_block();
        self.b.append_block_param(done, clif::I64);
        let task = self.task();
        let top = self.load(Part::Task, clif::I64, task, field::TOP);
        let limit = self.load(Part::Task, clif::I64, task, field::LIMIT);
        let new_top = self.b.ins().iadd_imm_u(top, words as i64 * 8);
        let full = self.b.ins().icmp(IntCC::UnsignedGreaterThan, new_top, limit);
        self.b.ins().brif(full, slow, &[], fast, &[]);
        self.enter(fast);
        let task = self.task();
        self.store(Part::Task, new_top, task, field::TOP);
        self.b.ins().jump(done, &[top.into()]);
        self.enter(slow);
        let words = self.int(words as i64);
        let made = self.rare_operation(ALLOCATE, 0, &[(words, Lane::Int)], &[Lane::Ref])?;
        let made = made.first().copied().unwrap_or(words);
        self.b.ins().jump(done, &[made.into()]);
        self.enter(done);
        Ok(self.b.block_params(done).first().copied().unwrap_or(made))
    }

    pub(crate) fn new_object(
        &mut self,
        to: Reg,
        shape: ShapeId,
        variant: u32,
        lanes: Regs,
    ) -> Result<(), Error> {
        let object = self.allocate(1 + lanes.len as usize)?;
        // Of an error the variant says where it was made.
        let one_of = matches!(self.l.program.shape(shape), Shape::Enum(..));
        let layout = self.l.types.layout(shape.0) + if one_of { variant } else { 0 };
        let head = self.int(header(layout, variant) as i64);
        self.store(Part::Headers, head, object, 0);
        for (at, value) in self.all(lanes).into_iter().enumerate() {
            let word = self.word(value);
            self.store(Part::Heap, word, object, at as i32 * 8 + 8);
        }
        self.set(to, object);
        Ok(())
    }

    pub(crate) fn closure(&mut self, to: Reg, function: FuncId, captures: Reg) -> Result<(), Error> {
        let object = self.allocate(3)?;
        let Some(function) = self.l.functions.get(function.index()).copied() else {
            return Err(self.unsupported("a value of no function"));
        };
        let head = self.int(header(CLOSURE, 0) as i64);
        self.store(Part::Headers, head, object, 0);
        let function = self.l.module.declare_func_in_func(function, self.b.func);
        let code = self.b.ins().func_addr(clif::I64, function);
        self.store(Part::Heap, code, object, 8);
        let captures = self.get(captures);
        self.store(Part::Heap, captures, object, 16);
        self.set(to, object);
        Ok(())
    }

    pub(crate) fn load_lane(&mut self, to: Reg, object: Reg, at: u32) {
        let object = self.get(object);
        let value = self.load(Part::Heap, self.kind(to), object, at as i32 * 8 + 8);
        self.set(to, value);
    }

    pub(crate) fn store_lane(&mut self, object: Reg, at: u32, from: Reg) {
        let (object, value) = (self.get(object), self.get(from));
        let word = self.word(value);
        self.store(Part::Heap, word, object, at as i32 * 8 + 8);
    }

    pub(crate) fn variant(&mut self, to: Reg, object: Reg) {
        let object = self.get(object);
        let head = self.load(Part::Headers, clif::I64, object, 0);
        let variant = self.b.ins().ushr_imm_u(head, 32);
        self.set(to, variant);
    }

    pub(crate) fn is(&mut self, to: Reg, object: Reg, shape: ShapeId) -> Result<(), Error> {
        let (first, count) = match self.l.program.shape(shape) {
            Shape::Class(_) | Shape::Captures(_) => (self.l.types.layout(shape.0), 1),
            Shape::Enum(_, variants) => (self.l.types.layout(shape.0), variants.len()),
            Shape::Array(of) => (self.l.types.array_layout(of.0), 1),
            Shape::Map(..) | Shape::Set(_) => (self.l.types.layout(shape.0), 1),
            _ => return Err(self.unsupported("a test for this")),
        };
        let object = self.get(object);
        let (there, done) = (self.b.create_block(), self.b.create_block());
        self.b.append_block_param(done, clif::I8);
        let none = self.b.ins().iconst(clif::I8, 0);
        self.b.ins().brif(object, there, &[], done, &[none.into()]);
        self.enter(there);
        let head = self.load(Part::Headers, clif::I64, object, 0);
        let head = self.b.ins().band_imm_u(head, HEADER_MASK as i64);
        // The numbers of the layouts of an enum come one after the other.
        let place = self.b.ins().iadd_imm_s(head, -(header(first, 0) as i64));
        let is = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, place, header(count as u32, 0) as i64);
        self.b.ins().jump(done, &[is.into()]);
        self.enter(done);
        let is = self.b.block_params(done).first().copied().unwrap_or(none);
        self.set(to, is);
        Ok(())
    }

    pub(crate) fn len(&mut self, to: Reg, array: Reg) {
        let array = self.get(array);
        let len = self.load(Part::Headers, clif::I64, array, ARRAY_LEN);
        self.set(to, len);
    }

    /// The address of an element behind the beginning of its store, after a check of its place; and whether elements are bytes in a
    /// row.
    fn element(&mut self, array: Reg, index: Reg, regs: Regs) -> (Value, bool) {
        let (array, index) = (self.get(array), self.get(index));
        let len = self.load(Part::Headers, clif::I64, array, ARRAY_LEN);
        let outside = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, len);
        self.trap_if(outside, Trap::Index);
        let store = self.load(Part::Headers, clif::I64, array, ARRAY_STORE);
        let packed = self.lanes(regs) == [Lane::Byte];
        (self.place_in(store, index, regs.len as usize, packed), packed)
    }

    fn place_in(&mut self, store: Value, index: Value, width: usize, packed: bool) -> Value {
        let offset = match width {
            _ if packed => index,
            1 => self.b.ins().ishl_imm_u(index, 3),
            _ => self.b.ins().imul_imm_s(index, width as i64 * 8),
        };
        self.b.ins().iadd(store, offset)
    }

    pub(crate) fn get_element(&mut self, to: Regs, array: Reg, index: Reg) {
        let (place, _) = self.element(array, index, to);
        let mut values = Vec::new();
        for (at, kind) in self.lanes(to).into_iter().enumerate() {
            values.push(self.load(Part::Heap, lane(kind), place, STORE_DATA + at as i32 * 8));
        }
        self.set_all(to, &values);
    }

    pub(crate) fn set_element(&mut self, array: Reg, index: Reg, from: Regs) {
        let (place, packed) = self.element(array, index, from);
        self.store_element(place, from, packed);
    }

    fn store_element(&mut self, place: Value, from: Regs, packed: bool) {
        for (at, value) in self.all(from).into_iter().enumerate() {
            let word = if packed { value } else { self.word(value) };
            self.store(Part::Heap, word, place, STORE_DATA + at as i32 * 8);
        }
    }

    /// A new array without elements, with room for a few.
    pub(crate) fn new_array(&mut self, shape: ShapeId, room: usize) -> Result<Option<Value>, Error> {
        let Shape::Array(of) = *self.l.program.shape(shape) else { return Ok(None) };
        let lanes = self.l.types.lanes(of.0);
        let packed = lanes == [pluto_runtime::Lane::Byte];
        let words = if packed { room.div_ceil(8) } else { room * lanes.len() };
        if words > IN_LINE {
            return Ok(None);
        }
        let layout = self.l.types.array_layout(of.0);
        let array = self.allocate(if words == 0 { 3 } else { 5 + words })?;
        let store = if words == 0 {
            self.data(self.l.empty_store)
        } else {
            let store = self.b.ins().iadd_imm_u(array, 24);
            let (layout, capacity) = if packed { (BYTE_STORE, words * 8) } else { (layout + 1, room) };
            let (head, capacity) = (self.int(header(layout, 0) as i64), self.int(capacity as i64));
            self.store(Part::Headers, head, array, 24);
            self.store(Part::Headers, capacity, array, 24 + STORE_CAPACITY);
            let zero = self.int(0);
            for at in 0..words {
                self.store(Part::Heap, zero, array, 24 + STORE_DATA + at as i32 * 8);
            }
            store
        };
        let (head, none) = (self.int(header(layout, 0) as i64), self.int(0));
        self.store(Part::Headers, head, array, 0);
        self.store(Part::Headers, none, array, ARRAY_LEN);
        self.store(Part::Headers, store, array, ARRAY_STORE);
        Ok(Some(array))
    }

    /// Puts an element, behind the array in a list of registers, at the end of it.
    pub(crate) fn push(&mut self, shape: ShapeId, with: Regs) -> Result<(), Error> {
        let Some(array) = self.function.list(with).first().copied() else { return Ok(()) };
        let from = Regs { start: with.start + 1, len: with.len - 1 };
        let packed = self.lanes(from) == [Lane::Byte];
        let (full, ready) = (self.cold_block(), self.b.create_block());
        self.b.append_block_param(ready, clif::I64);
        let object = self.get(array);
        let len = self.load(Part::Headers, clif::I64, object, ARRAY_LEN);
        let store = self.load(Part::Headers, clif::I64, object, ARRAY_STORE);
        let capacity = self.load(Part::Headers, clif::I64, store, STORE_CAPACITY);
        let room = self.b.ins().icmp(IntCC::UnsignedLessThan, len, capacity);
        self.b.ins().brif(room, ready, &[store.into()], full, &[]);
        self.enter(full);
        self.rare_operation(GROW_ARRAY, shape.0, &[(object, Lane::Ref)], &[])?;
        let object = self.get(array);
        let grown = self.load(Part::Headers, clif::I64, object, ARRAY_STORE);
        self.b.ins().jump(ready, &[grown.into()]);
        self.enter(ready);
        let store = self.b.block_params(ready).first().copied().unwrap_or(store);
        let place = self.place_in(store, len, from.len as usize, packed);
        self.store_element(place, from, packed);
        let object = self.get(array);
        let longer = self.b.ins().iadd_imm_u(len, 1);
        self.store(Part::Headers, longer, object, ARRAY_LEN);
        Ok(())
    }
}
