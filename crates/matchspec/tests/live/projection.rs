//! What arrives for a call equals the shapes of its arguments.

use crate::support::{eval, on_every_release, trace};
use pluto_matchspec::{
    Compiled, Form, Learner, Level, Otp, Projection, Sampling, Signature, Timing, compile, compile_with,
    parse, shape,
};
use pluto_term::{Limits, Reader, Term, encode_bare};
use pluto_testnode::Node;

/// What the projection makes of one message of a trace.
fn read(projection: Projection, signatures: &[Signature], event: &Term) -> (Term, Form) {
    let parts = event.as_tuple().expect("a tuple");
    assert_eq!(parts[0], Term::atom("call"), "{event:?}");
    let mut sent = Vec::new();
    if let Some(value) = parts.get(2) {
        encode_bare(value, &mut sent);
    }
    assert_eq!(projection.is_carried(), parts.len() == 3, "{event:?}");
    let mut reader = Reader::new(&sent, &Limits::default());
    let mut out = Vec::new();
    let form =
        projection.read(signatures, &mut reader, &mut out).unwrap_or_else(|e| panic!("{e}: {event:?}"));
    assert!(reader.remaining().is_empty());
    let mut reader = Reader::new(&out, &Limits::default());
    let term = reader.term().expect("well-formed");
    assert!(reader.remaining().is_empty());
    (term, form)
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
        assert_eq!(read(compiled.projection, &[], event).0, shapes(arguments), "OTP {} {arguments:?}", otp.0);
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

/// What is learned where calls have had these arguments in turn, one list of arguments after the other.
fn learned(phases: &[Vec<Vec<Term>>]) -> Vec<Signature> {
    let mut learner = Learner::default();
    for phase in phases {
        for arguments in phase.iter().cycle().take(2_000) {
            // As a projection writes it, where a list of small integers is not packed.
            let mut bytes = vec![108];
            bytes.extend((arguments.len() as u32).to_be_bytes());
            for shape in shapes(&Term::list(arguments.iter().cloned())).as_list().expect("a list") {
                encode_bare(shape, &mut bytes);
            }
            bytes.push(106);
            learner.watch(Form::Open, &bytes);
        }
    }
    learner.signatures().to_vec()
}

/// Calls with any arguments, of a function that has clauses for some. Gives the number of calls that these sent.
fn check_learned(
    node: &mut Node,
    arity: u32,
    signatures: &[Signature],
    timing: Timing,
    calls: &str,
) -> usize {
    let otp = Otp(node.release().otp());
    let pattern = parse("subject:f").expect("a pattern");
    let compiled = compile_with(&[&pattern], arity, Level::Calls, timing, otp, Sampling::None, signatures)
        .expect("compiles");
    assert!(compiled.match_spec != without(&compiled, arity, timing, otp).match_spec, "{signatures:?}");
    let sent = trace(node, arity, &compiled, &format!("begin put(calls, {calls}), get(calls) end"));
    let arguments = eval(node, "get(calls)");
    let arguments = arguments.as_list().expect("a list");
    let is_call = |event: &&Term| event.as_tuple().is_some_and(|parts| parts[0] == Term::atom("call"));
    let sent: Vec<&Term> = sent.iter().filter(is_call).collect();
    assert_eq!(sent.len(), arguments.len());
    let mut direct = 0;
    for (event, arguments) in sent.into_iter().zip(arguments) {
        let (read, form) = read(compiled.projection, signatures, event);
        direct += usize::from(form == Form::Direct);
        assert_eq!(read, shapes(arguments), "OTP {} {arguments:?} {signatures:?}", otp.0);
    }
    direct
}

fn without(compiled: &Compiled, arity: u32, timing: Timing, otp: Otp) -> Compiled {
    let pattern = parse("subject:f").expect("a pattern");
    let general = compile(&pattern, arity, Level::Calls, timing, otp, Sampling::None).expect("compiles");
    assert_eq!(general.projection, compiled.projection);
    general
}

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

#[test]
fn learned_clauses_give_the_shapes_of_every_kind_of_argument() {
    on_every_release(|node| {
        let kinds = eval(node, "begin put(kinds, subject:kinds()), get(kinds) end");
        let kinds = kinds.as_list().expect("a list").to_vec();
        for kind in &kinds {
            let signatures = learned(&[vec![vec![kind.clone()]]]);
            if !signatures.is_empty() {
                check_learned(node, 1, &signatures, Timing::Off, "[[K] || K <- get(kinds)]");
            }
        }
    });
}

/// Phases of calls of so many arguments, each the number of a kind, and the calls to make when these are learned.
fn generated(numbers: &mut Numbers, arity: usize, kinds: usize) -> (Vec<Vec<Vec<usize>>>, Vec<Vec<usize>>) {
    let any = |numbers: &mut Numbers| -> Vec<usize> { (0..arity).map(|_| numbers.below(kinds)).collect() };
    let mut called = Vec::new();
    let mut phases = Vec::new();
    for _ in 0..=numbers.below(4) {
        let mut phase = vec![any(numbers)];
        // Often others that differ in a few arguments, so that something is left open.
        for _ in 0..numbers.below(3) {
            let mut other = phase[0].clone();
            let index = numbers.below(other.len());
            let near = other[index] + numbers.below(3);
            other[index] = near.min(kinds - 1);
            phase.push(other);
        }
        called.extend(phase.clone());
        phases.push(phase);
    }
    // Calls of arguments that were seen, calls that differ in one, and calls that have nothing to do with it.
    let examples_len = called.len();
    for _ in 0..60 {
        let mixed = (0..arity).map(|index| called[numbers.below(examples_len)][index]).collect();
        called.push(mixed);
        let mut near = called[numbers.below(called.len())].clone();
        let index = numbers.below(near.len());
        near[index] = numbers.below(kinds);
        called.push(near);
        called.push(any(numbers));
    }
    (phases, called)
}

#[test]
fn any_learned_clauses_give_the_shapes_of_any_arguments() {
    on_every_release(|node| {
        let kinds = eval(node, "begin put(kinds, list_to_tuple(subject:kinds())), subject:kinds() end");
        let kinds = kinds.as_list().expect("a list").to_vec();
        let mut numbers = Numbers(u64::from(node.release().otp()));
        let (mut with_signatures, mut direct) = (0, 0);
        for case in 0..120 {
            let arity = [1, 2, 2, 3, 6][case % 5];
            let (phases, called) = generated(&mut numbers, arity, kinds.len());
            let examples: Vec<Vec<Vec<Term>>> = phases
                .iter()
                .map(|phase| {
                    phase.iter().map(|call| call.iter().map(|k| kinds[*k].clone()).collect()).collect()
                })
                .collect();
            let signatures = learned(&examples);
            if signatures.is_empty() {
                continue;
            }
            with_signatures += 1;
            let calls: Vec<Vec<usize>> =
                called.iter().map(|call| call.iter().map(|index| index + 1).collect()).collect();
            let calls = format!("[[element(I, get(kinds)) || I <- C] || C <- {calls:?}]");
            let timing = if case % 7 == 0 { Timing::ReturnTrace } else { Timing::Off };
            direct += check_learned(node, arity as u32, &signatures, timing, &calls);
        }
        assert!(direct > 1_000, "{direct}");
        assert!(with_signatures > 50, "{with_signatures}");
    });
}
