//! Functions of the standard library that are not written in Pluto.

use pluto_host::{Kind, Outside, Value, functions};

use crate::arrays::words_of_texts;
use crate::operations::{Call, Done};
use crate::values::raw_words;

/// Whether the function with this place among all reaches what is outside of the program.
pub(crate) fn is_outside(at: usize) -> bool {
    functions().get(at).is_some_and(|function| function.outside)
}

/// Does the function with this place among all, with the arguments in the slot, and leaves the lanes of its result there.
pub(crate) fn host(call: &mut Call<'_, '_>, at: usize, outside: &mut dyn Outside) -> Done {
    let Some(function) = functions().get(at) else { return Ok(()) };
    let with: Vec<Value> =
        function.takes.iter().enumerate().map(|(at, kind)| value(call, *kind, at)).collect();
    let gives = function.call(outside, &with);
    // Room for all at once, since making it moves what was made before.
    let mut words = 0;
    for value in &gives {
        words += match value {
            Value::Text(text) => raw_words(text.len()),
            Value::Bytes(bytes) => raw_words(bytes.len()),
            Value::Texts(texts) => words_of_texts(texts)?,
            Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::None => 0,
        };
    }
    if words > 0 {
        call.task.make_room(words)?;
    }
    for (at, value) in gives.into_iter().enumerate() {
        let lane = match value {
            Value::Int(value) => value as u64,
            Value::Float(value) => value.to_bits(),
            Value::Bool(value) => u64::from(value),
            Value::Text(text) => call.task.take_text(&text),
            Value::Bytes(bytes) => call.task.take_bytes(&bytes),
            Value::Texts(texts) => call.task.take_texts(&texts),
            Value::None => 0,
        };
        call.set(at, lane);
    }
    Ok(())
}

fn value(call: &Call<'_, '_>, kind: Kind, at: usize) -> Value {
    match kind {
        Kind::Int => Value::Int(call.word(at) as i64),
        Kind::Float => Value::Float(f64::from_bits(call.word(at))),
        Kind::Bool => Value::Bool(call.word(at) & 0xff != 0),
        Kind::Text => Value::Text(call.text(at).to_owned()),
        Kind::Bytes => Value::Bytes(call.bytes(at).to_vec()),
        Kind::Texts => Value::Texts(call.task.texts_of(call.word(at))),
    }
}
