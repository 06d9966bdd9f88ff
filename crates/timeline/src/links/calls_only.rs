//! `gen_server` calls where only function calls were traced.
//!
//! A call of `gen_server:call/2,3` that lasts from a to b can only have been handled by a `handle_call/3` of another
//! process that lies between a and b. Where exactly one call of `handle_call` lies inside it, and that lies inside no
//! other candidate, the two are taken to belong together: inferred, never certain. Where the arguments were captured,
//! the request and the server's pid must agree too. Calls without a known end take no part.

use super::exchanges::{is_call, is_handler};
use super::{Certainty, Exchange, Part, Point};
use crate::calls::{Call, Calls};
use crate::payload::{elements, pid};
use pluto_event::{Form, Identity, Payload, Tables};

/// Open calls that are compared with one handling; beyond that nothing is unique enough to be inferred.
const CANDIDATES_LIMIT: usize = 1024;

/// The calls of `gen_server:call` with their handling.
pub fn exchanges_of_calls(calls: &Calls, tables: &Tables) -> Vec<Exchange> {
    let timed = |call: &&Call| call.ending.is_timed();
    let mut callers: Vec<&Call> =
        calls.all().iter().filter(timed).filter(|call| is_call(call.function, tables)).collect();
    let mut handlers: Vec<&Call> =
        calls.all().iter().filter(timed).filter(|call| is_handler(call.function, tables)).collect();
    callers.sort_by_key(|call| (call.start, call.event));
    handlers.sort_by_key(|call| (call.start, call.event));

    let mut open: Vec<usize> = Vec::new();
    let mut next = 0;
    // For each caller, how many handlings fit, and one of them with whether it fits nobody else.
    let mut fits: Vec<(u32, Option<(&Call, bool)>)> = vec![(0, None); callers.len()];
    for handler in handlers {
        while callers.get(next).is_some_and(|caller| caller.start <= handler.start) {
            open.push(next);
            next += 1;
        }
        open.retain(|&at| callers.get(at).is_some_and(|caller| caller.end >= handler.start));
        let candidates: Vec<usize> = open
            .iter()
            .copied()
            .filter(|&at| callers.get(at).is_some_and(|caller| may_be_handled_by(caller, handler, tables)))
            .take(CANDIDATES_LIMIT)
            .collect();
        for &at in &candidates {
            if let Some(fit) = fits.get_mut(at) {
                *fit = (fit.0 + 1, Some((handler, candidates.len() == 1)));
            }
        }
    }
    let pairs = callers.iter().zip(fits);
    pairs
        .filter_map(|(caller, fit)| match fit {
            (1, Some((handler, true))) => Some(exchange(caller, handler)),
            _ => None,
        })
        .collect()
}

fn exchange(caller: &Call, handler: &Call) -> Exchange {
    let part = |call: &Call| {
        let point = Point { event: call.event, process: call.process, time: call.start };
        Some(Part { point, certainty: Certainty::Inferred })
    };
    Exchange {
        call: part(caller),
        handled: part(handler),
        ..Exchange::between(caller.process, handler.process)
    }
}

fn may_be_handled_by(caller: &Call, handler: &Call, tables: &Tables) -> bool {
    caller.process != handler.process
        && caller.end >= handler.end
        && arguments_agree(caller.arguments(), handler.arguments(), handler, tables)
}

/// False where the captured arguments rule it out.
fn arguments_agree(caller: Payload<'_>, handler: Payload<'_>, handler_call: &Call, tables: &Tables) -> bool {
    let (asked, handled) = (arguments_of(caller), arguments_of(handler));
    if let Some((number, serial)) = asked.first().and_then(|server| pid(server))
        && let Ok(row) = tables.process(handler_call.process)
        && row.identity != (Identity::Pid { number, serial })
    {
        return false;
    }
    match (asked.get(1), handled.first()) {
        (Some(asked), Some(handled)) if caller.form == handler.form => asked == handled,
        _ => true,
    }
}

/// The two or three arguments of a call of these functions; nothing where they were not captured.
fn arguments_of(payload: Payload<'_>) -> Vec<&[u8]> {
    match payload.form {
        Form::Full | Form::Shape => {
            let two = elements(payload.bytes, 2, true);
            two.or_else(|| elements(payload.bytes, 3, true)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}
