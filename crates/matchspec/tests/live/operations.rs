//! Every entry of the table of operations, armed on every release.

use crate::support::{expression, on_every_release};
use pluto_matchspec::{OPERATIONS, Operation, Otp, Place, unavailable};
use pluto_term::Term;

/// A clause that uses the operation where it may stand.
fn match_spec(operation: &Operation, place: Place) -> Term {
    let constants = match operation.name {
        "is_record" => [Term::atom("$1"), Term::atom("name"), Term::int(2)],
        "element" => [Term::int(1), Term::atom("$1"), Term::int(1)],
        "current_stacktrace" => [Term::int(4), Term::int(1), Term::int(1)],
        "silent" => [Term::atom("false"), Term::int(1), Term::int(1)],
        "and" | "or" | "andalso" | "orelse" => [Term::atom("true"), Term::atom("false"), Term::atom("true")],
        _ => [Term::atom("$1"), Term::int(1), Term::int(1)],
    };
    let operands = constants.into_iter().take(operation.arity.unwrap_or(3) as usize);
    let used = Term::tuple(std::iter::once(Term::atom(operation.name)).chain(operands));
    let (guards, body) = match place {
        Place::Anywhere => (vec![used], vec![]),
        Place::Body => (vec![], vec![used]),
    };
    Term::list([Term::tuple([Term::list([Term::atom("$1")]), Term::List(guards), Term::List(body)])])
}

#[test]
fn every_operation_is_armed_where_it_exists_and_refused_where_not() {
    on_every_release(|node| {
        let otp = Otp(node.release().otp());
        let mut specs = Vec::new();
        for operation in OPERATIONS {
            specs.push((operation, Place::Body, operation.since <= otp));
            let guard = operation.place == Place::Anywhere && operation.since <= otp;
            specs.push((operation, Place::Anywhere, guard));
        }
        let terms = Term::list(specs.iter().map(|(operation, place, _)| match_spec(operation, *place)));
        let armed = format!(
            "[try erlang:trace_pattern({{subject, f, 1}}, Spec, [local]) of 1 -> true catch error:badarg -> false end \
             || Spec <- {}]",
            expression(&terms)
        );
        let wanted = Term::list(specs.iter().map(|(.., wanted)| Term::from(*wanted)));
        let armed = crate::support::eval(node, &armed);
        for ((operation, place, wanted), armed) in specs.iter().zip(armed.as_list().expect("a list")) {
            assert_eq!(Term::from(*wanted), *armed, "OTP {} {place:?} {operation:?}", otp.0);
            let missing = unavailable(&match_spec(operation, *place), otp);
            assert_eq!(missing.is_none(), *wanted, "OTP {} {place:?} {operation:?}", otp.0);
        }
        assert_eq!(armed, wanted);
        node.eval("erlang:trace_pattern({subject, f, 1}, false, [local]).");
    });
}
