//! What the VM's match specs can do, per OTP release.
//!
//! The list is data: a test arms every entry on every release that the machine has, and sees that each entry is
//! refused before the release that it came with.

use crate::compile::Otp;
use pluto_term::Term;

/// Where an operation may stand in a trace match spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// In guards and in bodies.
    Anywhere,
    /// In bodies only.
    Body,
}

/// One operation, `{name, operands…}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operation {
    /// Its name.
    pub name: &'static str,
    /// How many operands it takes; `None` for any number from 1.
    pub arity: Option<u32>,
    /// Where it may stand.
    pub place: Place,
    /// The oldest supported release that has it.
    pub since: Otp,
}

const fn operation(name: &'static str, arity: u32, place: Place, since: u32) -> Operation {
    Operation { name, arity: Some(arity), place, since: Otp(since) }
}

const fn guard(name: &'static str, arity: u32) -> Operation {
    operation(name, arity, Place::Anywhere, 25)
}

const fn joined(name: &'static str) -> Operation {
    Operation { name, arity: None, place: Place::Anywhere, since: Otp(25) }
}

/// Every operation that is known, in no particular order.
pub const OPERATIONS: &[Operation] = &[
    guard("is_atom", 1),
    guard("is_float", 1),
    guard("is_integer", 1),
    guard("is_list", 1),
    guard("is_number", 1),
    guard("is_pid", 1),
    guard("is_port", 1),
    guard("is_reference", 1),
    guard("is_tuple", 1),
    guard("is_map", 1),
    guard("is_binary", 1),
    guard("is_function", 1),
    guard("is_record", 3),
    guard("is_map_key", 2),
    guard("abs", 1),
    guard("element", 2),
    guard("hd", 1),
    guard("tl", 1),
    guard("length", 1),
    guard("node", 0),
    guard("node", 1),
    guard("round", 1),
    guard("trunc", 1),
    guard("float", 1),
    guard("size", 1),
    guard("map_size", 1),
    guard("map_get", 2),
    guard("bit_size", 1),
    guard("byte_size", 1),
    guard("binary_part", 2),
    guard("binary_part", 3),
    guard("self", 0),
    guard("get_tcw", 0),
    guard("is_seq_trace", 0),
    guard("+", 1),
    guard("+", 2),
    guard("-", 1),
    guard("-", 2),
    guard("*", 2),
    guard("/", 2),
    guard("div", 2),
    guard("rem", 2),
    guard("band", 2),
    guard("bor", 2),
    guard("bxor", 2),
    guard("bnot", 1),
    guard("bsl", 2),
    guard("bsr", 2),
    guard(">", 2),
    guard(">=", 2),
    guard("<", 2),
    guard("=<", 2),
    guard("=:=", 2),
    guard("==", 2),
    guard("=/=", 2),
    guard("/=", 2),
    guard("not", 1),
    guard("xor", 2),
    joined("and"),
    joined("or"),
    joined("andalso"),
    joined("orelse"),
    operation("is_bitstring", 1, Place::Anywhere, 26),
    operation("is_boolean", 1, Place::Anywhere, 26),
    operation("is_function", 2, Place::Anywhere, 26),
    operation("max", 2, Place::Anywhere, 26),
    operation("min", 2, Place::Anywhere, 26),
    operation("ceil", 1, Place::Anywhere, 26),
    operation("floor", 1, Place::Anywhere, 26),
    operation("tuple_size", 1, Place::Anywhere, 26),
    operation("message", 1, Place::Body, 25),
    operation("set_tcw", 1, Place::Body, 25),
    operation("return_trace", 0, Place::Body, 25),
    operation("exception_trace", 0, Place::Body, 25),
    operation("caller", 0, Place::Body, 25),
    operation("caller_line", 0, Place::Body, 25),
    operation("process_dump", 0, Place::Body, 25),
    operation("silent", 1, Place::Body, 25),
    operation("current_stacktrace", 0, Place::Body, 26),
    operation("current_stacktrace", 1, Place::Body, 26),
];

/// The first operation in a match spec that the release does not have: its name and number of operands.
#[must_use]
pub fn unavailable(match_spec: &Term, otp: Otp) -> Option<(String, u32)> {
    let clauses = match_spec.as_list()?;
    clauses.iter().find_map(|clause| match clause.as_tuple()? {
        [_, guards, body] => in_terms(guards.as_list()?, Place::Anywhere, otp)
            .or_else(|| in_terms(body.as_list()?, Place::Body, otp)),
        _ => None,
    })
}

fn in_terms(terms: &[Term], place: Place, otp: Otp) -> Option<(String, u32)> {
    terms.iter().find_map(|term| in_term(term, place, otp))
}

/// Match specs are ours and nest as deep as patterns may.
fn in_term(term: &Term, place: Place, otp: Otp) -> Option<(String, u32)> {
    match term {
        Term::List(elements) => in_terms(elements, place, otp),
        Term::Tuple(elements) => match elements.split_first()? {
            (Term::Tuple(built), []) => in_terms(built, place, otp),
            (Term::Atom(name), [_]) if name.as_str() == "const" => None,
            (Term::Atom(name), operands) => {
                let count = u32::try_from(operands.len()).ok()?;
                let fits = |operation: &&Operation| {
                    operation.name == name.as_str()
                        && operation.arity.map_or(count > 0, |arity| arity == count)
                        && (operation.place == Place::Anywhere || place == Place::Body)
                        && operation.since <= otp
                };
                match OPERATIONS.iter().find(fits) {
                    Some(_) => in_terms(operands, place, otp),
                    None => Some((name.as_str().to_owned(), count)),
                }
            }
            _ => None,
        },
        _ => None,
    }
}
