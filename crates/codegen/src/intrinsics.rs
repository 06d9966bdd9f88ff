//! What is built in: in line where it is short, else an operation of the run-time system.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Value, types as clif};
use cranelift_module::Module;
use pluto_ir::Intrinsic;
use pluto_ir::program::{Regs, ShapeId};
use pluto_runtime::{MAP_LEN, Trap, operation};

use crate::body::{Body, Part};
use crate::error::Error;

impl<M: Module> Body<'_, '_, M> {
    pub(crate) fn intrinsic(
        &mut self,
        to: Regs,
        what: Intrinsic,
        shape: ShapeId,
        with: Regs,
    ) -> Result<(), Error> {
        if what == Intrinsic::ArrayPush {
            return self.push(shape, with);
        }
        if what == Intrinsic::ArrayNew
            && let Some(room) = self.function.list(with).first().and_then(|room| self.constant(*room))
            && let Some(array) = self.new_array(shape, usize::try_from(room).unwrap_or(0))?
        {
            self.set_all(to, &[array]);
            return Ok(());
        }
        if let Some(value) = self.in_line(what, with)? {
            self.set_all(to, &[value]);
            return Ok(());
        }
        let number = operation(what.name()).ok_or_else(|| self.unsupported(what.name()))?;
        self.operation_on(number, shape, with, to)
    }

    /// What takes a few instructions and gives one lane.
    fn in_line(&mut self, what: Intrinsic, with: Regs) -> Result<Option<Value>, Error> {
        use Intrinsic as I;
        let values = self.all(with);
        let value = match (what, values.as_slice()) {
            (I::IntAbs, [a]) => {
                let least = self.b.ins().icmp_imm_s(IntCC::Equal, *a, i64::MIN);
                self.trap_if(least, Trap::Overflow);
                self.b.ins().iabs(*a)
            }
            (I::IntMin, [a, b]) => self.b.ins().smin(*a, *b),
            (I::IntMax, [a, b]) => self.b.ins().smax(*a, *b),
            (I::IntIsEven | I::IntIsOdd, [a]) => {
                let last = self.b.ins().band_imm_u(*a, 1);
                let wanted = i64::from(what == I::IntIsOdd);
                self.b.ins().icmp_imm_u(IntCC::Equal, last, wanted)
            }
            (I::FloatAbs, [a]) => self.b.ins().fabs(*a),
            (I::FloatFloor, [a]) => self.b.ins().floor(*a),
            (I::FloatCeil, [a]) => self.b.ins().ceil(*a),
            (I::FloatSqrt, [a]) => self.b.ins().sqrt(*a),
            (I::FloatIsNan, [a]) => self.b.ins().fcmp(FloatCC::Unordered, *a, *a),
            (I::MapLen | I::SetLen, [map]) => self.load(Part::Heap, clif::I64, *map, MAP_LEN),
            (_, floats) if self.l.leaf(what.name()).is_some() => self.leaf(what.name(), floats)?,
            _ => return Ok(None),
        };
        Ok(Some(value))
    }
}
