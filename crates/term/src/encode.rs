//! Writing terms the way a node of OTP 26 or newer does.

use num_bigint::{BigInt, Sign};

use crate::{Atom, Fun, Pid, Port, Reference, Term, tag};

/// Longest list written in the packed form for integers from 0 to 255.
const MAX_STRING: usize = 0xffff;

/// Appends `term` with the leading version byte.
pub fn encode(term: &Term, out: &mut Vec<u8>) {
    out.push(tag::VERSION);
    encode_bare(term, out);
}

/// What is still to be written.
enum Step<'a> {
    Term(&'a Term),
    Terms(std::slice::Iter<'a, Term>),
    Pairs(std::slice::Iter<'a, (Term, Term)>),
    Values(std::slice::Iter<'a, (Atom, Term)>),
    /// Writes the size of the fun that began at this offset.
    EndFun(usize),
}

/// Appends `term` without the version byte.
pub fn encode_bare(term: &Term, out: &mut Vec<u8>) {
    let mut steps = vec![Step::Term(term)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Term(term) => head(term, out, &mut steps),
            Step::Terms(mut rest) => {
                if let Some(next) = rest.next() {
                    steps.push(Step::Terms(rest));
                    head(next, out, &mut steps);
                }
            }
            Step::Pairs(mut rest) => {
                if let Some((key, value)) = rest.next() {
                    steps.push(Step::Pairs(rest));
                    steps.push(Step::Term(value));
                    head(key, out, &mut steps);
                }
            }
            Step::Values(mut rest) => {
                if let Some((_, value)) = rest.next() {
                    steps.push(Step::Values(rest));
                    head(value, out, &mut steps);
                }
            }
            Step::EndFun(start) => end_fun(start, out),
        }
    }
}

/// Writes a leaf, or the head of a container whose parts go onto the stack.
fn head<'a>(term: &'a Term, out: &mut Vec<u8>, steps: &mut Vec<Step<'a>>) {
    match term {
        Term::Integer(value) => integer(*value, out),
        Term::BigInteger(value) => big(value, out),
        Term::Float(value) => {
            out.push(tag::NEW_FLOAT);
            out.extend_from_slice(&value.to_be_bytes());
        }
        Term::Atom(text) => atom(text.as_str(), out),
        Term::Binary(bytes) => {
            out.push(tag::BINARY);
            length(bytes.len(), out);
            out.extend_from_slice(bytes);
        }
        Term::BitString { bytes, bits } => {
            out.push(tag::BIT_BINARY);
            length(bytes.len(), out);
            out.push(*bits);
            out.extend_from_slice(bytes);
        }
        Term::Pid(value) => pid(value, out),
        Term::Port(value) => port(value, out),
        Term::Reference(value) => reference(value, out),
        Term::Fun(value) => fun(value, out, steps),
        Term::Export(export) => {
            out.push(tag::EXPORT);
            atom(export.module.as_str(), out);
            atom(export.function.as_str(), out);
            out.extend_from_slice(&[tag::SMALL_INTEGER, export.arity]);
        }
        Term::Tuple(elements) => {
            match u8::try_from(elements.len()) {
                Ok(arity) => out.extend_from_slice(&[tag::SMALL_TUPLE, arity]),
                Err(_) => {
                    out.push(tag::LARGE_TUPLE);
                    length(elements.len(), out);
                }
            }
            steps.push(Step::Terms(elements.iter()));
        }
        Term::List(elements) => list(elements, out, steps),
        Term::ImproperList(elements, tail) => {
            out.push(tag::LIST);
            length(elements.len(), out);
            steps.push(Step::Term(tail));
            steps.push(Step::Terms(elements.iter()));
        }
        Term::Map(pairs) => {
            out.push(tag::MAP);
            length(pairs.len(), out);
            steps.push(Step::Pairs(pairs.iter()));
        }
        Term::Record(record) => {
            out.push(tag::RECORD);
            length(record.fields.len(), out);
            out.push(u8::from(record.exported));
            atom(record.module.as_str(), out);
            atom(record.name.as_str(), out);
            for (name, _) in &record.fields {
                atom(name.as_str(), out);
            }
            steps.push(Step::Values(record.fields.iter()));
        }
    }
}

/// Lengths of things in memory fit four bytes unless a single one passes 4 GiB, which no limit here allows.
fn length(n: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes());
}

fn integer(value: i64, out: &mut Vec<u8>) {
    if let Ok(byte) = u8::try_from(value) {
        out.extend_from_slice(&[tag::SMALL_INTEGER, byte]);
    } else if let Ok(value) = i32::try_from(value) {
        out.push(tag::INTEGER);
        out.extend_from_slice(&value.to_be_bytes());
    } else {
        let magnitude = value.unsigned_abs().to_le_bytes();
        let used = magnitude.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        small_big(value < 0, magnitude.get(..used).unwrap_or_default(), out);
    }
}

fn small_big(negative: bool, magnitude: &[u8], out: &mut Vec<u8>) {
    match u8::try_from(magnitude.len()) {
        Ok(n) => out.extend_from_slice(&[tag::SMALL_BIG, n]),
        Err(_) => {
            out.push(tag::LARGE_BIG);
            length(magnitude.len(), out);
        }
    }
    out.push(u8::from(negative));
    out.extend_from_slice(magnitude);
}

fn big(value: &BigInt, out: &mut Vec<u8>) {
    if let Ok(value) = i64::try_from(value) {
        return integer(value, out);
    }
    let (sign, magnitude) = value.to_bytes_le();
    small_big(sign == Sign::Minus, &magnitude, out);
}

pub(crate) fn atom(text: &str, out: &mut Vec<u8>) {
    let n = text.len();
    match u8::try_from(n) {
        Ok(n) => out.extend_from_slice(&[tag::SMALL_ATOM_UTF8, n]),
        Err(_) => {
            out.push(tag::ATOM_UTF8);
            // At most 255 characters of at most four bytes.
            out.extend_from_slice(&u16::try_from(n).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    out.extend_from_slice(text.as_bytes());
}

fn pid(pid: &Pid, out: &mut Vec<u8>) {
    out.push(tag::NEW_PID);
    atom(pid.node.as_str(), out);
    for word in [pid.id, pid.serial, pid.creation] {
        out.extend_from_slice(&word.to_be_bytes());
    }
}

fn port(port: &Port, out: &mut Vec<u8>) {
    out.push(tag::V4_PORT);
    atom(port.node.as_str(), out);
    out.extend_from_slice(&port.id.to_be_bytes());
    out.extend_from_slice(&port.creation.to_be_bytes());
}

fn reference(reference: &Reference, out: &mut Vec<u8>) {
    let words = reference.id.get(..Reference::MAX_WORDS).unwrap_or(&reference.id);
    out.push(tag::NEWER_REFERENCE);
    out.extend_from_slice(&u16::try_from(words.len()).unwrap_or(0).to_be_bytes());
    atom(reference.node.as_str(), out);
    out.extend_from_slice(&reference.creation.to_be_bytes());
    for word in words {
        out.extend_from_slice(&word.to_be_bytes());
    }
}

fn list<'a>(elements: &'a [Term], out: &mut Vec<u8>, steps: &mut Vec<Step<'a>>) {
    if elements.is_empty() {
        out.push(tag::NIL);
        return;
    }
    if elements.len() <= MAX_STRING && packed(elements, out) {
        return;
    }
    static NIL: Term = Term::List(Vec::new());
    out.push(tag::LIST);
    length(elements.len(), out);
    steps.push(Step::Term(&NIL));
    steps.push(Step::Terms(elements.iter()));
}

/// Writes a list of bytes in the packed form; false, and nothing written, where an element is not a byte.
fn packed(elements: &[Term], out: &mut Vec<u8>) -> bool {
    let start = out.len();
    out.push(tag::STRING);
    out.extend_from_slice(&u16::try_from(elements.len()).unwrap_or(u16::MAX).to_be_bytes());
    for element in elements {
        let Some(byte) = element.as_int().and_then(|value| u8::try_from(value).ok()) else {
            out.truncate(start);
            return false;
        };
        out.push(byte);
    }
    true
}

fn fun<'a>(fun: &'a Fun, out: &mut Vec<u8>, steps: &mut Vec<Step<'a>>) {
    out.push(tag::NEW_FUN);
    let start = out.len();
    length(0, out);
    out.push(fun.arity);
    out.extend_from_slice(&fun.uniq);
    out.extend_from_slice(&fun.index.to_be_bytes());
    length(fun.free.len(), out);
    atom(fun.module.as_str(), out);
    integer(fun.old_index, out);
    integer(fun.old_uniq, out);
    pid(&fun.pid, out);
    steps.push(Step::EndFun(start));
    steps.push(Step::Terms(fun.free.iter()));
}

fn end_fun(start: usize, out: &mut [u8]) {
    let size = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    if let Some(slot) = out.get_mut(start..start + 4) {
        slot.copy_from_slice(&size.to_be_bytes());
    }
}
