//! Operators on single lanes.

use super::Step;
use crate::program::{Cast, FloatOp, IntOp, Lane, Test, Trap};

pub(super) fn int(op: IntOp, left: i64, right: i64) -> Step<i64> {
    let shift = || u32::try_from(right).ok().filter(|by| *by < 64).ok_or(Trap::Shift);
    Ok(match op {
        IntOp::Add => left.checked_add(right).ok_or(Trap::Overflow)?,
        IntOp::Sub => left.checked_sub(right).ok_or(Trap::Overflow)?,
        IntOp::Mul => left.checked_mul(right).ok_or(Trap::Overflow)?,
        IntOp::Div if right == 0 => return Err(Trap::DivideByZero.into()),
        IntOp::Div => left.checked_div(right).ok_or(Trap::Overflow)?,
        IntOp::Rem if right == 0 => return Err(Trap::DivideByZero.into()),
        IntOp::Rem => left.wrapping_rem(right),
        IntOp::And => left & right,
        IntOp::Or => left | right,
        IntOp::Xor => left ^ right,
        IntOp::Shl => left << shift()?,
        IntOp::Shr => left >> shift()?,
        IntOp::WrappingAdd => left.wrapping_add(right),
        IntOp::WrappingSub => left.wrapping_sub(right),
        IntOp::WrappingMul => left.wrapping_mul(right),
    })
}

pub(super) fn float(op: FloatOp, left: f64, right: f64) -> f64 {
    match op {
        FloatOp::Add => left + right,
        FloatOp::Sub => left - right,
        FloatOp::Mul => left * right,
        FloatOp::Div => left / right,
        FloatOp::Rem => left % right,
    }
}

pub(super) fn test(test: Test, lane: Lane, left: u64, right: u64) -> bool {
    fn holds<T: PartialOrd + Copy>(test: Test, left: T, right: T) -> bool {
        match test {
            Test::Eq => left == right,
            Test::Ne => left != right,
            Test::Lt => left < right,
            Test::Le => left <= right,
            Test::Gt => left > right,
            Test::Ge => left >= right,
        }
    }
    match lane {
        Lane::Int => holds(test, left as i64, right as i64),
        Lane::Float => holds(test, f64::from_bits(left), f64::from_bits(right)),
        Lane::Byte | Lane::Ref => holds(test, left, right),
    }
}

/// The smallest float that is larger than every integer.
const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;

pub(super) fn cast(cast: Cast, value: u64) -> Step<u64> {
    let float = f64::from_bits(value);
    let fits = || (-TOO_LARGE..TOO_LARGE).contains(&float);
    Ok(match cast {
        Cast::IntToFloat => {
            let made = value as i64 as f64;
            if made == TOO_LARGE || made as i64 != value as i64 {
                return Err(Trap::Convert.into());
            }
            made.to_bits()
        }
        Cast::FloatToInt if fits() && float.fract() == 0.0 => float as i64 as u64,
        Cast::Truncate if fits() => float as i64 as u64,
        Cast::FloatToInt | Cast::Truncate => return Err(Trap::Convert.into()),
        Cast::ByteToInt => value,
        Cast::IntToByte => u64::from(u8::try_from(value as i64).map_err(|_| Trap::Convert)?),
        Cast::Narrow => u64::from(u8::try_from(value as i64).map_err(|_| Trap::Overflow)?),
        Cast::Not => u64::from(value == 0),
        Cast::Complement => !value,
        Cast::Negate => (value as i64).checked_neg().ok_or(Trap::Overflow)? as u64,
        Cast::NegateFloat => (-float).to_bits(),
    })
}
