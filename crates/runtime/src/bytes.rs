//! Bytes and buffers.

use std::fmt::Write as _;

use crate::arrays::ends;
use crate::operations::{Call, Done};
use crate::trap::Trap;
use crate::types::BUFFER;

fn at(call: &Call<'_, '_>) -> Option<u8> {
    let index = usize::try_from(call.word(1) as i64).ok()?;
    call.bytes(0).get(index).copied()
}

pub(crate) fn len(call: &mut Call<'_, '_>) -> Done {
    let len = call.bytes(0).len();
    call.set(0, len as u64);
    Ok(())
}

pub(crate) fn is_empty(call: &mut Call<'_, '_>) -> Done {
    let empty = call.bytes(0).is_empty();
    call.set(0, u64::from(empty));
    Ok(())
}

pub(crate) fn get(call: &mut Call<'_, '_>) -> Done {
    let byte = at(call).ok_or(Trap::Index)?;
    call.set(0, u64::from(byte));
    Ok(())
}

pub(crate) fn put(call: &mut Call<'_, '_>) -> Done {
    let (index, byte) = (call.word(1) as i64, call.word(2) as u8);
    let buffer = call.word(0);
    let (len, store) = (call.task.word(buffer, 1) as usize, call.task.word(buffer, 2));
    let index = usize::try_from(index).ok().filter(|index| *index < len).ok_or(Trap::Index)?;
    call.task.raw_mut(store, len)[index] = byte;
    Ok(())
}

pub(crate) fn find(call: &mut Call<'_, '_>) -> Done {
    let byte = at(call);
    call.give_optional(byte.map(u64::from));
    Ok(())
}

pub(crate) fn slice(call: &mut Call<'_, '_>) -> Done {
    let (from, to) = ends(call.word(1), call.word(2), call.word(3))?;
    let place = |at: i64| usize::try_from(at).map_err(|_| Trap::Index);
    let part = call.bytes(0).get(place(from)?..place(to)?).ok_or(Trap::Index)?.to_vec();
    call.give_bytes(&part)
}

pub(crate) fn to_text(call: &mut Call<'_, '_>) -> Done {
    match String::from_utf8(call.bytes(0).to_vec()) {
        Ok(text) => call.give_text(&text),
        Err(_) => {
            call.set(0, 0);
            Ok(())
        }
    }
}

pub(crate) fn to_array(call: &mut Call<'_, '_>) -> Done {
    let bytes = call.bytes(0).to_vec();
    let layout = call.task.types.array_layout(call.task.types.byte);
    let array = call.task.new_byte_array(layout, &bytes)?;
    call.set(0, array);
    Ok(())
}

pub(crate) fn hex(call: &mut Call<'_, '_>) -> Done {
    let hex = call.bytes(0).iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _infallible = write!(hex, "{byte:02x}");
        hex
    });
    call.give_text(&hex)
}

pub(crate) fn new_buffer(call: &mut Call<'_, '_>) -> Done {
    let buffer = call.task.new_byte_array(BUFFER, &[])?;
    call.set(0, buffer);
    Ok(())
}

fn extend(call: &mut Call<'_, '_>, more: &[u8]) -> Done {
    call.grow_array(call.task.types.byte, more.len())?;
    let buffer = call.word(0);
    let (len, store) = (call.task.word(buffer, 1) as usize, call.task.word(buffer, 2));
    if !more.is_empty() {
        call.task.raw_mut(store, len + more.len())[len..].copy_from_slice(more);
        call.task.set_word(buffer, 1, (len + more.len()) as u64);
    }
    Ok(())
}

pub(crate) fn push(call: &mut Call<'_, '_>) -> Done {
    extend(call, &[call.word(1) as u8])
}

pub(crate) fn append(call: &mut Call<'_, '_>) -> Done {
    let more = call.bytes(1).to_vec();
    extend(call, &more)
}

pub(crate) fn clear(call: &mut Call<'_, '_>) -> Done {
    call.task.set_word(call.word(0), 1, 0);
    Ok(())
}

pub(crate) fn to_bytes(call: &mut Call<'_, '_>) -> Done {
    let bytes = call.bytes(0).to_vec();
    call.give_bytes(&bytes)
}
