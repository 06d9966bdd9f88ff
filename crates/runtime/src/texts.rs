//! Strings: places are counted in characters.

use crate::arrays::ends;
use crate::operations::{Call, Done};
use crate::trap::Trap;

/// The characters of a range; a trap where it is not within the string.
fn part(text: &str, from: i64, to: i64) -> Result<&str, Trap> {
    pluto_text::slice(text, from, to).ok_or(Trap::Index)
}

/// Fills a text up to a width, before or behind it.
fn pad(call: &mut Call<'_, '_>, before: bool) -> Done {
    let (text, with) = (call.text(0), call.text(2));
    let missing = pluto_text::missing(text, usize::try_from(call.word(1) as i64).unwrap_or(0), with);
    if missing > call.task.limits.heap / 4 {
        return Err(Trap::Memory.into());
    }
    let padded = pluto_text::pad(text, missing, with, before);
    call.give_text(&padded)
}

pub(crate) fn concat(call: &mut Call<'_, '_>) -> Done {
    joined(call, true)
}

pub(crate) fn concat_bytes(call: &mut Call<'_, '_>) -> Done {
    joined(call, false)
}

fn joined(call: &mut Call<'_, '_>, text: bool) -> Done {
    let (first, second) = (call.bytes(0).len(), call.bytes(1).len());
    let made = call.task.new_unwritten(text, first + second)?;
    for (at, len, from) in [(0, first, 0), (1, second, first)] {
        let source = call.bytes(at).as_ptr();
        let target = call.task.raw_mut(made, first + second)[from..].as_mut_ptr();
        // SAFETY: the source has so many bytes, the new object is another one and has room for both.
        unsafe { std::ptr::copy_nonoverlapping(source, target, len) };
    }
    call.set(0, made);
    Ok(())
}

pub(crate) fn len(call: &mut Call<'_, '_>) -> Done {
    let len = call.text(0).chars().count();
    call.set(0, len as u64);
    Ok(())
}

/// What gives a truth.
macro_rules! tests {
    ($($name:ident = |$text:ident, $other:ident| $value:expr;)*) => {$(
        pub(crate) fn $name(call: &mut Call<'_, '_>) -> Done {
            let ($text, $other) = (call.text(0), call.text_or_none(1));
            let holds: bool = $value;
            call.set(0, u64::from(holds));
            Ok(())
        }
    )*};
}

tests! {
    is_empty = |text, _other| text.is_empty();
    starts_with = |text, other| text.starts_with(other);
    ends_with = |text, other| text.ends_with(other);
    contains = |text, other| text.contains(other);
}

/// What gives an array of texts.
macro_rules! lists {
    ($($name:ident = |$text:ident, $other:ident| $value:expr;)*) => {$(
        pub(crate) fn $name(call: &mut Call<'_, '_>) -> Done {
            let ($text, $other) = (call.text(0), call.text_or_none(1));
            let texts: Vec<String> = $value.map(String::from).collect();
            let array = call.task.new_texts(&texts)?;
            call.set(0, array);
            Ok(())
        }
    )*};
}

lists! {
    chars = |text, _other| text.chars();
    lines = |text, _other| text.lines();
    words = |text, _other| text.split_whitespace();
    split = |text, other| text.split(other);
}

/// What gives another text.
macro_rules! texts {
    ($($name:ident = |$text:ident, $other:ident| $value:expr;)*) => {$(
        pub(crate) fn $name(call: &mut Call<'_, '_>) -> Done {
            let ($text, $other) = (call.text(0), call.text_or_none(1));
            let made: String = $value;
            call.give_text(&made)
        }
    )*};
}

texts! {
    trim = |text, _other| text.trim().to_owned();
    trim_start = |text, _other| text.trim_start().to_owned();
    trim_end = |text, _other| text.trim_end().to_owned();
    to_upper = |text, _other| text.to_uppercase();
    to_lower = |text, _other| text.to_lowercase();
    reverse = |text, _other| text.chars().rev().collect();
}

pub(crate) fn replace(call: &mut Call<'_, '_>) -> Done {
    let made = call.text(0).replace(call.text(1), call.text(2));
    call.give_text(&made)
}

pub(crate) fn get(call: &mut Call<'_, '_>) -> Done {
    let at = call.word(1) as i64;
    let found = part(call.text(0), at, at.saturating_add(1))?.to_owned();
    call.give_text(&found)
}

pub(crate) fn find_at(call: &mut Call<'_, '_>) -> Done {
    let at = call.word(1) as i64;
    let found = part(call.text(0), at, at.saturating_add(1)).ok().map(str::to_owned);
    call.give_text_or_none(found.as_deref())
}

pub(crate) fn slice(call: &mut Call<'_, '_>) -> Done {
    let (from, to) = ends(call.word(1), call.word(2), call.word(3))?;
    let made = part(call.text(0), from, to)?.to_owned();
    call.give_text(&made)
}

pub(crate) fn find(call: &mut Call<'_, '_>) -> Done {
    let text = call.text(0);
    let byte = text.find(call.text(1));
    let at = byte.and_then(|byte| text.get(..byte)).map(|before| before.chars().count() as u64);
    call.give_optional(at);
    Ok(())
}

pub(crate) fn to_int(call: &mut Call<'_, '_>) -> Done {
    let value = call.text(0).parse::<i64>().ok();
    call.give_optional(value.map(|value| value as u64));
    Ok(())
}

pub(crate) fn to_float(call: &mut Call<'_, '_>) -> Done {
    let value = call.text(0).parse::<f64>().ok();
    call.give_optional(value.map(f64::to_bits));
    Ok(())
}

pub(crate) fn code(call: &mut Call<'_, '_>) -> Done {
    let code = call.text(0).chars().next().ok_or(Trap::Index)?;
    call.set(0, u64::from(u32::from(code)));
    Ok(())
}

pub(crate) fn split_once(call: &mut Call<'_, '_>) -> Done {
    let parts = call.text(0).split_once(call.text(1));
    let Some((before, behind)) = parts.map(|(before, behind)| (before.to_owned(), behind.to_owned())) else {
        (0..3).for_each(|at| call.set(at, 0));
        return Ok(());
    };
    call.task.make_room(crate::values::raw_words(before.len()) + crate::values::raw_words(behind.len()))?;
    let (before, behind) = (call.task.take_text(&before), call.task.take_text(&behind));
    call.give(&[1, before, behind]);
    Ok(())
}

pub(crate) fn repeat(call: &mut Call<'_, '_>) -> Done {
    let times = usize::try_from(call.word(1) as i64).unwrap_or(0);
    if call.text(0).len().saturating_mul(times) > call.task.limits.heap {
        return Err(Trap::Memory.into());
    }
    let made = call.text(0).repeat(times);
    call.give_text(&made)
}

pub(crate) fn strip_prefix(call: &mut Call<'_, '_>) -> Done {
    let rest = call.text(0).strip_prefix(call.text(1)).map(str::to_owned);
    call.give_text_or_none(rest.as_deref())
}

pub(crate) fn strip_suffix(call: &mut Call<'_, '_>) -> Done {
    let rest = call.text(0).strip_suffix(call.text(1)).map(str::to_owned);
    call.give_text_or_none(rest.as_deref())
}

pub(crate) fn pad_start(call: &mut Call<'_, '_>) -> Done {
    pad(call, true)
}

pub(crate) fn pad_end(call: &mut Call<'_, '_>) -> Done {
    pad(call, false)
}

pub(crate) fn to_bytes(call: &mut Call<'_, '_>) -> Done {
    let bytes = call.bytes(0).to_vec();
    call.give_bytes(&bytes)
}
