//! The registered names of a node's processes, by one call of `erl_eval:exprs/2`.

use crate::MessageError;
use crate::read::{list, number_at};
use crate::survey::{call, value};
use pluto_term::{Atom, DecodeError, Pid, Term};

const NAMES: &[u8] = include_bytes!("../compiled/names.etf");

/// At most this many names are told; the count is exact.
const ITEMS: i64 = 4096;

/// The names that processes of a node have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RegisteredNames {
    /// Names with their processes, at most 4,096. Names of ports are left out.
    pub names: Vec<(Atom, Pid)>,
    /// How many names the node has, those of ports too.
    pub count: u64,
}

impl RegisteredNames {
    /// Module, function and arguments of the call.
    pub fn call() -> Result<(&'static str, &'static str, Vec<Term>), DecodeError> {
        call(NAMES, "Items", Term::int(ITEMS))
    }

    /// Reads the call's result.
    pub fn from_result(result: &Term) -> Result<RegisteredNames, MessageError> {
        value(result).and_then(names).ok_or(MessageError::Unexpected { part: "registered names" })
    }

    /// How many names were over the bound.
    pub fn left_out(&self) -> u64 {
        self.count.saturating_sub(ITEMS.cast_unsigned())
    }
}

fn names(map: &Term) -> Option<RegisteredNames> {
    Some(RegisteredNames { names: list(map.map_get("names")?, name)?, count: number_at(map, "count")? })
}

/// A name with its process.
pub(crate) fn name(pair: &Term) -> Option<(Atom, Pid)> {
    match pair.as_tuple()? {
        [Term::Atom(name), Term::Pid(pid)] => Some((name.clone(), pid.clone())),
        _ => None,
    }
}
