//! Integers, floats and ranges, where compiled code does not do it itself.

use crate::operations::{Call, Done};
use crate::trap::{Stop, Trap};

fn int(call: &Call<'_, '_>, at: usize) -> i64 {
    call.word(at) as i64
}

fn float(call: &Call<'_, '_>, at: usize) -> f64 {
    f64::from_bits(call.word(at))
}

/// Operations on integers that give one.
macro_rules! ints {
    ($($name:ident = |$a:ident, $b:ident| $value:expr;)*) => {$(
        pub(crate) fn $name(call: &mut Call<'_, '_>) -> Done {
            let ($a, $b) = (int(call, 0), int(call, 1));
            let value: i64 = $value;
            call.set(0, value as u64);
            Ok(())
        }
    )*};
}

ints! {
    abs = |a, _b| a.checked_abs().ok_or(Trap::Overflow)?;
    pow = |a, b| {
        let exponent = u32::try_from(b).map_err(|_| Trap::Overflow)?;
        a.checked_pow(exponent).ok_or(Trap::Overflow)?
    };
    min = |a, b| a.min(b);
    max = |a, b| a.max(b);
    sign = |a, _b| a.signum();
    saturating_add = |a, b| a.saturating_add(b);
    saturating_sub = |a, b| a.saturating_sub(b);
    saturating_mul = |a, b| a.saturating_mul(b);
    count_ones = |a, _b| i64::from(a.count_ones());
    leading_zeros = |a, _b| i64::from(a.leading_zeros());
    trailing_zeros = |a, _b| i64::from(a.trailing_zeros());
    is_even = |a, _b| i64::from(a & 1 == 0);
    is_odd = |a, _b| i64::from(a & 1 == 1);
}

/// Operations on integers that give one or none.
macro_rules! checked {
    ($($name:ident = |$a:ident, $b:ident| $value:expr;)*) => {$(
        pub(crate) fn $name(call: &mut Call<'_, '_>) -> Done {
            let ($a, $b) = (int(call, 0), int(call, 1));
            let value: Option<i64> = $value;
            call.give_optional(value.map(|value| value as u64));
            Ok(())
        }
    )*};
}

checked! {
    checked_add = |a, b| a.checked_add(b);
    checked_sub = |a, b| a.checked_sub(b);
    checked_mul = |a, b| a.checked_mul(b);
    checked_div = |a, b| a.checked_div(b);
    to_byte = |a, _b| u8::try_from(a).ok().map(i64::from);
}

pub(crate) fn clamp(call: &mut Call<'_, '_>) -> Done {
    let (least, most) = (int(call, 1), int(call, 2));
    if least > most {
        return Err(Stop::Said("a range without numbers"));
    }
    let value = int(call, 0).clamp(least, most);
    call.set(0, value as u64);
    Ok(())
}

pub(crate) fn to_char(call: &mut Call<'_, '_>) -> Done {
    match u32::try_from(int(call, 0)).ok().and_then(char::from_u32) {
        Some(found) => call.give_text(found.encode_utf8(&mut [0; 4])),
        None => {
            call.set(0, 0);
            Ok(())
        }
    }
}

/// Operations on floats.
macro_rules! floats {
    ($($name:ident = |$a:ident, $b:ident, $c:ident| $value:expr;)*) => {$(
        pub(crate) fn $name(call: &mut Call<'_, '_>) -> Done {
            let ($a, $b, $c) = (float(call, 0), float(call, 1), float(call, 2));
            let value: u64 = $value;
            call.set(0, value);
            Ok(())
        }
    )*};
}

floats! {
    float_clamp = |a, b, c| a.max(b).min(c).to_bits();
    is_nan = |a, _b, _c| u64::from(a.is_nan());
    is_finite = |a, _b, _c| u64::from(a.is_finite());
}

/// The numbers of a range, whose ends and whether the last is in it are the first arguments.
fn range_len(call: &Call<'_, '_>) -> i128 {
    let (from, to) = (i128::from(int(call, 0)), i128::from(int(call, 1)));
    (to - from + i128::from(call.word(2) != 0)).max(0)
}

pub(crate) fn len_of_range(call: &mut Call<'_, '_>) -> Done {
    let len = i64::try_from(range_len(call)).map_err(|_| Trap::Overflow)?;
    call.set(0, len as u64);
    Ok(())
}

pub(crate) fn range_is_empty(call: &mut Call<'_, '_>) -> Done {
    let empty = range_len(call) == 0;
    call.set(0, u64::from(empty));
    Ok(())
}

pub(crate) fn range_contains(call: &mut Call<'_, '_>) -> Done {
    let (from, to, value) = (int(call, 0), int(call, 1), int(call, 3));
    let within = from <= value && (value < to || call.word(2) != 0 && value == to);
    call.set(0, u64::from(within));
    Ok(())
}
