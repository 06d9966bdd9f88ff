//! Conditions on messages. The VM copies a message whole into its trace event, whatever a match spec says: it can
//! only keep messages out, by what they look like, or by the kind and size of their root.

use crate::compile::scalar;
use crate::pattern::{ArgumentPattern, Condition};
use crate::predicate::Predicate;
use crate::spec::{call, conjunction, constant, disjunction, variable};
use pluto_term::{Atom, Term};

/// Which messages are traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Messages that a traced process sends.
    Send,
    /// Messages that are put into the queue of a traced process. They have not been taken out of it by that.
    Deliver,
}

/// Which messages are kept, by what stands at their root. A message that is none of these is kept out: it is not
/// copied, and nothing counts it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MessageFilter {
    /// Scalars.
    pub scalars: bool,
    /// Tuples up to this size.
    pub tuple_size_max: Option<u32>,
    /// Of the tuples, only those whose first element is this atom.
    pub first: Option<Atom>,
    /// Maps up to this number of keys.
    pub map_size_max: Option<u32>,
    /// Binaries up to this number of bytes. Binaries over 64 bytes are shared with the trace message, not copied.
    pub binary_bytes_max: Option<u32>,
    /// Lists, of which no match spec can tell the length at a bounded cost.
    pub lists: bool,
}

impl Default for MessageFilter {
    /// Scalars, tuples up to 16 elements, maps up to 32 keys, binaries of any size, no lists.
    fn default() -> MessageFilter {
        MessageFilter {
            scalars: true,
            tuple_size_max: Some(16),
            first: None,
            map_size_max: Some(32),
            binary_bytes_max: Some(u32::MAX),
            lists: false,
        }
    }
}

/// What a message must look like, as in `{place_order, Customer, _} when Customer > 10`.
#[derive(Clone, Debug, PartialEq)]
pub struct MessagePattern {
    /// The message.
    pub message: ArgumentPattern,
    /// What must hold besides. It speaks of the variables of [`Self::message`].
    pub condition: Option<Condition>,
}

/// The match spec for `erlang:trace_pattern(send, …)`, `trace:send/3`, `erlang:trace_pattern('receive', …)` or
/// `trace:recv/3`. Of the messages that `filter` lets through, all where there is none, those are kept that look like
/// one of `patterns`; all where there is none.
#[must_use]
pub fn compile_message(
    direction: Direction,
    filter: Option<&MessageFilter>,
    patterns: &[MessagePattern],
) -> Term {
    // The target is `[Receiver, Message]` of a send, `[Node, Sender, Message]` of a delivery.
    let message = match direction {
        Direction::Send => 1,
        Direction::Deliver => 2,
    };
    let head = Term::list((0..=message).map(variable));
    let mut guards: Vec<Term> = filter.map(|filter| kept(&variable(message), filter)).into_iter().collect();
    let like = patterns.iter().map(|pattern| Predicate::of_message(pattern, message));
    if let Some(like) = like.collect::<Option<Vec<Predicate>>>().filter(|like| !like.is_empty()) {
        guards.push(disjunction(like.iter().map(|predicate| conjunction(predicate.guards()))));
    }
    Term::list([Term::tuple([head, Term::list(guards), Term::list([])])])
}

fn kept(message: &Term, filter: &MessageFilter) -> Term {
    let is = |name: &str| call(name, [message.clone()]);
    let at_most = |size: &str, max: u32| call("=<", [call(size, [message.clone()]), Term::from(max)]);
    let mut kinds = Vec::new();
    if filter.scalars {
        kinds.push(scalar(message));
    }
    if let Some(max) = filter.tuple_size_max {
        let mut tuple = vec![is("is_tuple"), at_most("size", max)];
        if let Some(first) = &filter.first {
            let element = call("element", [Term::int(1), message.clone()]);
            tuple.push(call(">", [call("size", [message.clone()]), Term::int(0)]));
            tuple.push(call("=:=", [element, constant(Term::Atom(first.clone()))]));
        }
        kinds.push(conjunction(tuple));
    }
    if let Some(max) = filter.map_size_max {
        kinds.push(conjunction([is("is_map"), at_most("map_size", max)]));
    }
    if let Some(max) = filter.binary_bytes_max {
        kinds.push(conjunction([is("is_binary"), at_most("byte_size", max)]));
    }
    if filter.lists {
        kinds.push(is("is_list"));
    }
    disjunction(kinds)
}
