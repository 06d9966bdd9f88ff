//! Operators on single lanes.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Value, types as clif};
use cranelift_module::Module;
use pluto_ir::program::{Cast, FloatOp, IntOp, Lane, Reg, Test};
use pluto_runtime::Trap;

use crate::body::Body;
use crate::error::Error;

/// 2 to the 63rd: the smallest float that is larger than every integer.
const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;
/// Integers up to here are floats too.
const EXACT: i64 = 1 << 53;

impl<M: Module> Body<'_, '_, M> {
    pub(crate) fn int_op(&mut self, op: IntOp, to: Reg, left: Reg, right: Reg) {
        let (constant_left, constant) = (self.constant(left), self.constant(right));
        let byte = self.lane(to) == Lane::Byte;
        let (a, b) = (self.get(left), self.get(right));
        let simple = match op {
            IntOp::And => Some(self.b.ins().band(a, b)),
            IntOp::Or => Some(self.b.ins().bor(a, b)),
            IntOp::Xor => Some(self.b.ins().bxor(a, b)),
            IntOp::WrappingAdd => Some(self.b.ins().iadd(a, b)),
            IntOp::WrappingSub => Some(self.b.ins().isub(a, b)),
            IntOp::WrappingMul => Some(self.b.ins().imul(a, b)),
            _ => None,
        };
        if let Some(value) = simple {
            return self.set(to, value);
        }
        let (a, b) = (self.word(a), self.word(b));
        let value = match op {
            IntOp::Add => match (constant, constant_left) {
                (Some(known), _) => self.add_constant(a, b, known),
                (None, Some(known)) => self.add_constant(b, a, known),
                _ => {
                    let (value, over) = self.b.ins().sadd_overflow(a, b);
                    self.trap_if(over, Trap::Overflow);
                    value
                }
            },
            IntOp::Sub => match constant {
                Some(known) => {
                    let value = self.b.ins().isub(a, b);
                    let way = if known >= 0 { IntCC::SignedGreaterThan } else { IntCC::SignedLessThan };
                    let over = self.b.ins().icmp(way, value, a);
                    self.trap_if(over, Trap::Overflow);
                    value
                }
                None => {
                    let (value, over) = self.b.ins().ssub_overflow(a, b);
                    self.trap_if(over, Trap::Overflow);
                    value
                }
            },
            IntOp::Mul => {
                let (value, over) = self.b.ins().smul_overflow(a, b);
                self.trap_if(over, Trap::Overflow);
                value
            }
            IntOp::Div => self.divide(a, b, constant),
            IntOp::Rem => self.remainder(a, b, constant),
            _ => {
                if constant.is_none_or(|by| !(0..64).contains(&by)) {
                    let far = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, b, 63);
                    self.trap_if(far, Trap::Shift);
                }
                if op == IntOp::Shl { self.b.ins().ishl(a, b) } else { self.b.ins().sshr(a, b) }
            }
        };
        let value = if byte { self.b.ins().ireduce(clif::I8, value) } else { value };
        self.set(to, value);
    }

    fn add_constant(&mut self, a: Value, b: Value, known: i64) -> Value {
        let value = self.b.ins().iadd(a, b);
        let way = if known >= 0 { IntCC::SignedLessThan } else { IntCC::SignedGreaterThan };
        let over = self.b.ins().icmp(way, value, a);
        self.trap_if(over, Trap::Overflow);
        value
    }

    fn divide(&mut self, a: Value, b: Value, constant: Option<i64>) -> Value {
        if constant.is_none_or(|by| by == 0) {
            let zero = self.b.ins().icmp_imm_s(IntCC::Equal, b, 0);
            self.trap_if(zero, Trap::DivideByZero);
        }
        if constant.is_none_or(|by| by == -1) {
            let least = self.b.ins().icmp_imm_s(IntCC::Equal, a, i64::MIN);
            let minus = self.b.ins().icmp_imm_s(IntCC::Equal, b, -1);
            let over = self.b.ins().band(least, minus);
            self.trap_if(over, Trap::Overflow);
        }
        self.b.ins().sdiv(a, b)
    }

    fn remainder(&mut self, a: Value, b: Value, constant: Option<i64>) -> Value {
        if constant.is_none_or(|by| by == 0) {
            let zero = self.b.ins().icmp_imm_s(IntCC::Equal, b, 0);
            self.trap_if(zero, Trap::DivideByZero);
        }
        self.b.ins().srem(a, b)
    }

    pub(crate) fn float_op(&mut self, op: FloatOp, to: Reg, left: Reg, right: Reg) -> Result<(), Error> {
        let (a, b) = (self.get(left), self.get(right));
        let value = match op {
            FloatOp::Add => self.b.ins().fadd(a, b),
            FloatOp::Sub => self.b.ins().fsub(a, b),
            FloatOp::Mul => self.b.ins().fmul(a, b),
            FloatOp::Div => self.b.ins().fdiv(a, b),
            FloatOp::Rem => self.leaf("float %", &[a, b])?,
        };
        self.set(to, value);
        Ok(())
    }

    /// A function on floats.
    pub(crate) fn leaf(&mut self, name: &str, with: &[Value]) -> Result<Value, Error> {
        let leaf = self.l.leaf(name).ok_or_else(|| self.unsupported(name))?;
        let results = self.call_function(leaf, with);
        results.first().copied().ok_or_else(|| self.unsupported(name))
    }

    pub(crate) fn test(&mut self, test: Test, to: Reg, left: Reg, right: Reg) {
        let (a, b) = (self.get(left), self.get(right));
        let value = match self.lane(left) {
            Lane::Float => {
                let way = match test {
                    Test::Eq => FloatCC::Equal,
                    Test::Ne => FloatCC::NotEqual,
                    Test::Lt => FloatCC::LessThan,
                    Test::Le => FloatCC::LessThanOrEqual,
                    Test::Gt => FloatCC::GreaterThan,
                    Test::Ge => FloatCC::GreaterThanOrEqual,
                };
                self.b.ins().fcmp(way, a, b)
            }
            kind => {
                let signed = kind == Lane::Int;
                let way = match test {
                    Test::Eq => IntCC::Equal,
                    Test::Ne => IntCC::NotEqual,
                    Test::Lt if signed => IntCC::SignedLessThan,
                    Test::Le if signed => IntCC::SignedLessThanOrEqual,
                    Test::Gt if signed => IntCC::SignedGreaterThan,
                    Test::Ge if signed => IntCC::SignedGreaterThanOrEqual,
                    Test::Lt => IntCC::UnsignedLessThan,
                    Test::Le => IntCC::UnsignedLessThanOrEqual,
                    Test::Gt => IntCC::UnsignedGreaterThan,
                    Test::Ge => IntCC::UnsignedGreaterThanOrEqual,
                };
                self.b.ins().icmp(way, a, b)
            }
        };
        self.set(to, value);
    }

    pub(crate) fn cast(&mut self, cast: Cast, to: Reg, from: Reg) {
        let value = self.get(from);
        let made = match cast {
            Cast::IntToFloat => self.int_to_float(value),
            Cast::FloatToInt => {
                let made = self.b.ins().fcvt_to_sint_sat(clif::I64, value);
                let back = self.b.ins().fcvt_from_sint(clif::F64, made);
                let other = self.b.ins().fcmp(FloatCC::NotEqual, back, value);
                self.trap_if(other, Trap::Convert);
                // What is too large becomes the largest integer, which is no float.
                let large = self.b.ins().icmp_imm_s(IntCC::Equal, made, i64::MAX);
                self.trap_if(large, Trap::Convert);
                made
            }
            Cast::Truncate => {
                let (least, most) = (self.b.ins().f64const(-TOO_LARGE), self.b.ins().f64const(TOO_LARGE));
                let above = self.b.ins().fcmp(FloatCC::GreaterThanOrEqual, value, least);
                let below = self.b.ins().fcmp(FloatCC::LessThan, value, most);
                let fits = self.b.ins().band(above, below);
                let not = self.b.ins().icmp_imm_u(IntCC::Equal, fits, 0);
                self.trap_if(not, Trap::Convert);
                self.b.ins().fcvt_to_sint_sat(clif::I64, value)
            }
            Cast::ByteToInt => self.b.ins().uextend(clif::I64, value),
            Cast::IntToByte | Cast::Narrow => {
                let large = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, value, 255);
                let lost = if cast == Cast::Narrow { Trap::Overflow } else { Trap::Convert };
                self.trap_if(large, lost);
                self.b.ins().ireduce(clif::I8, value)
            }
            Cast::Not => self.b.ins().icmp_imm_u(IntCC::Equal, value, 0),
            Cast::Complement => self.b.ins().bnot(value),
            Cast::Negate => {
                let least = self.b.ins().icmp_imm_s(IntCC::Equal, value, i64::MIN);
                self.trap_if(least, Trap::Overflow);
                self.b.ins().ineg(value)
            }
            Cast::NegateFloat => self.b.ins().fneg(value),
        };
        self.set(to, made);
    }

    /// A trap where the float is another number, which small integers never are.
    fn int_to_float(&mut self, value: Value) -> Value {
        let made = self.b.ins().fcvt_from_sint(clif::F64, value);
        let moved = self.b.ins().iadd_imm_s(value, EXACT);
        let large = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, moved, 2 * EXACT);
        let (check, next) = (self.cold_block(), self.b.create_block());
        self.b.ins().brif(large, check, &[], next, &[]);
        self.enter(check);
        let back = self.b.ins().fcvt_to_sint_sat(clif::I64, made);
        let other = self.b.ins().icmp(IntCC::NotEqual, back, value);
        // The largest integer comes back from the float above it.
        let most = self.b.ins().icmp_imm_s(IntCC::Equal, value, i64::MAX);
        let lost = self.b.ins().bor(other, most);
        let cold = self.trap_block(Trap::Convert);
        self.b.ins().brif(lost, cold, &[], next, &[]);
        self.enter(next);
        made
    }
}
