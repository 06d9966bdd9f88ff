//! Shapes: scalars as they are, of everything else its kind and size.
//!
//! Scalars are integers of 64 bits, floats, atoms, pids, ports, references, binaries up to 64 bytes, and the empty
//! list. The shape of another term is a tuple: `{map, Keys}`, `{tuple, Size}`, `{tuple, Size, First}` where the first
//! element is an atom, `{binary, Bytes}` (the whole bytes of a bit string), `{list}`, and `{other}` for funs and larger
//! integers. Scalars are never tuples, so a tuple always is a shape.
//!
//! That is what a match spec, and [`shape_of`], make of a term. The agent, which sees messages and exit reasons whole,
//! looks into small tuples and makes two shapes more: `{tuple, Shapes}`, a list with the scalar or shape of each
//! element, and `{alias, Reference}` for the list `[alias | Reference]`, which is the tag of a `gen_server` call.
//! Everything here reads all of them.

mod print;

pub use print::{print, print_arguments};

use crate::compile::SCALAR_BYTES_MAX;
use pluto_term::tag::{
    ATOM, ATOM_CACHE_REF, ATOM_UTF8, BINARY, FLOAT, INTEGER, LARGE_TUPLE, LIST, NEW_FLOAT, NEW_PID, NEW_PORT,
    NEW_REFERENCE, NEWER_REFERENCE, NIL, PID, PORT, REFERENCE, SMALL_ATOM, SMALL_ATOM_UTF8, SMALL_BIG,
    SMALL_INTEGER, SMALL_TUPLE, V4_PORT,
};
use pluto_term::{DecodeError, Item, Reader};

/// The same as [`shape_of`], as a fun of Erlang source text, for code that runs on a node.
pub const ERLANG_FUN: &str = r"fun
    (V) when is_integer(V), V =< 16#7fffffffffffffff, V >= -16#8000000000000000 -> V;
    (V) when is_atom(V); is_pid(V); is_float(V); is_reference(V); is_port(V); V =:= [] -> V;
    (V) when is_binary(V), byte_size(V) =< 64 -> V;
    (V) when is_tuple(V), tuple_size(V) > 0, is_atom(element(1, V)) -> {tuple, tuple_size(V), element(1, V)};
    (V) when is_tuple(V) -> {tuple, tuple_size(V)};
    (V) when is_map(V) -> {map, map_size(V)};
    (V) when is_list(V) -> {list};
    (V) when is_bitstring(V) -> {binary, bit_size(V) div 8};
    (_) -> {other}
end";

/// Appends the shape of the term at `reader`, which is left behind it.
///
/// # Errors
/// Bytes that are no term, or are over the reader's limits.
pub fn shape_of(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), DecodeError> {
    if reader.remaining().first().is_some_and(|tag| is_identifier_tag(*tag)) {
        return reader.copy_resolved(out);
    }
    match reader.next()? {
        Item::Integer(n) => write_integer(out, n),
        Item::Float(x) => {
            out.push(NEW_FLOAT);
            out.extend_from_slice(&x.to_be_bytes());
        }
        Item::Atom(text) => write_atom(out, text.as_bytes()),
        Item::AtomLatin1(bytes) => write_latin1_atom(out, bytes),
        Item::Nil => write_nil(out),
        Item::Binary(bytes) if bytes.len() <= SCALAR_BYTES_MAX => {
            out.push(BINARY);
            out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
            out.extend_from_slice(bytes);
        }
        Item::Binary(bytes) => write_binary(out, bytes.len() as u64),
        Item::BitString { bytes, .. } => write_binary(out, bytes.len().saturating_sub(1) as u64),
        Item::String(_) => write_list(out),
        Item::List(elements) => {
            skip(reader, elements.saturating_add(1))?;
            write_list(out);
        }
        Item::Map(keys) => {
            skip(reader, keys.saturating_mul(2))?;
            write_map(out, keys as u64);
        }
        Item::Tuple(0) => write_tuple(out, 0),
        Item::Tuple(size) => tuple(reader, size, out)?,
        item => {
            skip(reader, item.parts())?;
            write_other(out);
        }
    }
    Ok(())
}

fn tuple(reader: &mut Reader<'_>, size: usize, out: &mut Vec<u8>) -> Result<(), DecodeError> {
    match reader.next()? {
        Item::Atom(first) => {
            write_tuple_with_first(out, size as u64);
            write_atom(out, first.as_bytes());
        }
        Item::AtomLatin1(first) => {
            write_tuple_with_first(out, size as u64);
            write_latin1_atom(out, first);
        }
        item => {
            skip(reader, item.parts())?;
            write_tuple(out, size as u64);
        }
    }
    skip(reader, size - 1)
}

fn skip(reader: &mut Reader<'_>, terms: usize) -> Result<(), DecodeError> {
    for _ in 0..terms {
        reader.skip()?;
    }
    Ok(())
}

/// Tags of pids, ports and references, which are copied as they are.
fn is_identifier_tag(tag: u8) -> bool {
    matches!(tag, NEW_PID | PID | NEW_PORT | PORT | V4_PORT | NEWER_REFERENCE | REFERENCE | NEW_REFERENCE)
}

/// Tags with which a scalar can begin, atom cache references included.
pub(crate) fn is_scalar_tag(tag: u8) -> bool {
    let number = matches!(tag, SMALL_INTEGER | INTEGER | SMALL_BIG | NEW_FLOAT | FLOAT);
    let atom = matches!(tag, ATOM_CACHE_REF | ATOM | SMALL_ATOM | ATOM_UTF8 | SMALL_ATOM_UTF8);
    number || atom || matches!(tag, NIL | BINARY) || is_identifier_tag(tag)
}

pub(crate) fn is_integer_tag(tag: u8) -> bool {
    matches!(tag, SMALL_INTEGER | INTEGER | SMALL_BIG)
}

pub(crate) fn is_tuple_tag(tag: u8) -> bool {
    matches!(tag, SMALL_TUPLE | LARGE_TUPLE)
}

pub(crate) fn write_nil(out: &mut Vec<u8>) {
    out.push(NIL);
}

pub(crate) fn write_list_head(out: &mut Vec<u8>, elements: u32) {
    out.push(LIST);
    out.extend_from_slice(&elements.to_be_bytes());
}

pub(crate) fn write_map(out: &mut Vec<u8>, keys: u64) {
    out.extend_from_slice(b"\x68\x02\x77\x03map");
    write_size(out, keys);
}

pub(crate) fn write_tuple(out: &mut Vec<u8>, size: u64) {
    out.extend_from_slice(b"\x68\x02\x77\x05tuple");
    write_size(out, size);
}

/// The atom must follow.
pub(crate) fn write_tuple_with_first(out: &mut Vec<u8>, size: u64) {
    out.extend_from_slice(b"\x68\x03\x77\x05tuple");
    write_size(out, size);
}

pub(crate) fn write_binary(out: &mut Vec<u8>, bytes: u64) {
    out.extend_from_slice(b"\x68\x02\x77\x06binary");
    write_size(out, bytes);
}

pub(crate) fn write_list(out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x68\x01\x77\x04list");
}

pub(crate) fn write_other(out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x68\x01\x77\x05other");
}

fn write_size(out: &mut Vec<u8>, size: u64) {
    write_integer(out, i64::try_from(size).unwrap_or(i64::MAX));
}

pub(crate) fn write_integer(out: &mut Vec<u8>, value: i64) {
    if let Ok(value) = u8::try_from(value) {
        out.extend_from_slice(&[SMALL_INTEGER, value]);
    } else if let Ok(value) = i32::try_from(value) {
        out.push(INTEGER);
        out.extend_from_slice(&value.to_be_bytes());
    } else {
        let magnitude = value.unsigned_abs().to_le_bytes();
        let used = magnitude.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        out.extend_from_slice(&[SMALL_BIG, used as u8, u8::from(value < 0)]);
        out.extend(magnitude.iter().take(used));
    }
}

pub(crate) fn write_atom(out: &mut Vec<u8>, text: &[u8]) {
    if let Ok(length) = u8::try_from(text.len()) {
        out.extend_from_slice(&[SMALL_ATOM_UTF8, length]);
    } else {
        // An atom has at most 255 characters of at most four bytes.
        out.push(ATOM_UTF8);
        out.extend_from_slice(&(text.len() as u16).to_be_bytes());
    }
    out.extend_from_slice(text);
}

fn write_latin1_atom(out: &mut Vec<u8>, bytes: &[u8]) {
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    write_atom(out, text.as_bytes());
}
