//! What arrives for a call equals the shapes of its arguments.

use crate::support::{eval, on_every_release, trace};
use pluto_matchspec::{Level, Otp, Projection, Sampling, Timing, compile, parse, shape};
use pluto_term::{Limits, Reader, Term, encode_bare};
use pluto_testnode::Node;

/// What the projection makes of one message of a trace.
fn read(projection: Projection, event: &Term) -> Term {
    let parts = event.as_tuple().expect("a tuple");
    assert_eq!(parts[0], Term::atom("call"), "{event:?}");
    let mut sent = Vec::new();
    if let Some(value) = parts.get(2) {
        encode_bare(value, &mut sent);
    }
    assert_eq!(projection.is_carried(), parts.len() == 3, "{event:?}");
    let mut reader = Reader::new(&sent, &Limits::default());
    let mut out = Vec::new();
    projection.read(&mut reader, &mut out).unwrap_or_else(|e| panic!("{e}: {event:?}"));
    assert!(reader.remaining().is_empty());
    let mut reader = Reader::new(&out, &Limits::default());
    let term = reader.term().expect("well-formed");
    assert!(reader.remaining().is_empty());
    term
}

/// The shapes of a list of arguments.
fn shapes(arguments: &Term) -> Term {
    Term::list(arguments.as_list().expect("a list").iter().map(|argument| {
        let mut bytes = Vec::new();
        encode_bare(argument, &mut bytes);
        let mut out = Vec::new();
        let limits = Limits::default();
        let mut reader = Reader::new(&bytes, &limits);
        shape::shape_of(&mut reader, &mut out).expect("a term");
        assert!(reader.remaining().is_empty());
        Reader::new(&out, &limits).term().expect("well-formed")
    }))
}

fn check(node: &mut Node, arity: u32, calls: &str) {
    let pattern = parse("subject:f").expect("a pattern");
    let otp = Otp(node.release().otp());
    let compiled =
        compile(&pattern, arity, Level::Calls, Timing::Off, otp, Sampling::None).expect("compiles");
    // Evaluated once, so that pids and references are the same in both.
    let sent = trace(node, arity, &compiled, &format!("begin put(calls, {calls}), get(calls) end"));
    let arguments = eval(node, "get(calls)");
    let arguments = arguments.as_list().expect("a list");
    assert_eq!(sent.len(), arguments.len());
    for (event, arguments) in sent.iter().zip(arguments) {
        assert_eq!(read(compiled.projection, event), shapes(arguments), "OTP {} {arguments:?}", otp.0);
    }
}

#[test]
fn shapes_of_every_kind_of_argument() {
    on_every_release(|node| {
        check(node, 0, "[[]]");
        check(node, 1, "[[K] || K <- subject:kinds()]");
        check(node, 2, "[[K, L] || K <- subject:kinds(), L <- subject:kinds()]");
        check(node, 3, "[[1, 2, K] || K <- subject:kinds()]");
        check(node, 3, "[[K, 1, L] || K <- subject:kinds(), L <- [a, #{b => 1}, {c}]]");
        check(node, 6, "[[1, K, a, self(), K, <<\"x\">>] || K <- subject:kinds()]");
        check(node, 6, "[[K, K, K, K, K, K] || K <- subject:kinds()]");
    });
}
