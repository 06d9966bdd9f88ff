//! A condition evaluated here and in the VM has the same result.

#[path = "../generate/strategies.rs"]
mod strategies;

use crate::support::{eval, expression, on_every_release};
use pluto_matchspec::{ArgumentPattern, Literal, Pattern, Predicate};
use pluto_term::{Pid, Port, Reference, Term};
use pluto_testnode::Node;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

fn term() -> impl Strategy<Value = Term> {
    let node = || "a@b".into();
    let identifiers = vec![
        Term::from(Pid { node: node(), id: 1, serial: 2, creation: 3 }),
        Term::from(Pid { node: node(), id: 2, serial: 2, creation: 3 }),
        Term::from(Port { node: node(), id: 1, creation: 3 }),
        Term::from(Reference { node: node(), id: vec![1, 2, 3], creation: 3 }),
    ];
    let big = (num_bigint::BigInt::from(1) << 63_u32, num_bigint::BigInt::from(-1) << 200_u32);
    let leaf = prop_oneof![
        6 => strategies::integer().prop_map(Term::Integer),
        1 => select(vec![Term::from(big.0), Term::from(big.1)]),
        3 => strategies::float().prop_map(Term::Float),
        4 => select(vec!["ok", "error", "true", "false", "$1", "_", "nil"]).prop_map(Term::atom),
        3 => select(vec!["", "a", "ok", "b"]).prop_map(Term::binary),
        1 => Just(Term::bit_string(vec![128], 1)),
        1 => select(identifiers),
        1 => Just(Term::list([])),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let keys = select(vec![Term::int(1), Term::Float(1.0), Term::atom("ok"), Term::binary("a"), Term::list([])]);
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 0..4).prop_map(Term::Tuple),
            2 => prop::collection::vec(inner.clone(), 0..3).prop_map(Term::List),
            1 => (inner.clone(), Just(Term::int(1))).prop_map(|(head, tail)| Term::ImproperList(vec![head], Box::new(tail))),
            2 => prop::collection::vec((keys, inner), 0..3).prop_map(Term::map),
        ]
    })
}

/// Terms that mostly fit the pattern, so that its condition decides.
fn fitting(pattern: &ArgumentPattern) -> BoxedStrategy<Term> {
    let fitting = match pattern {
        ArgumentPattern::Any | ArgumentPattern::Variable(_) => return term().boxed(),
        ArgumentPattern::Literal(literal) => Just(match literal {
            Literal::Integer(n) => Term::Integer(*n),
            Literal::Float(x) => Term::Float(*x),
            Literal::Atom(atom) => Term::Atom(atom.clone()),
            Literal::String(text) => Term::binary(text),
            Literal::Nil => Term::list([]),
        })
        .boxed(),
        ArgumentPattern::Tuple(elements) => {
            elements.iter().map(fitting).collect::<Vec<_>>().prop_map(Term::Tuple).boxed()
        }
    };
    prop_oneof![9 => fitting, 1 => term()].boxed()
}

struct Case {
    pattern: Pattern,
    predicate: Predicate,
    arguments: Vec<Term>,
}

/// Patterns with a condition or literal arguments, each with several lists of arguments.
fn cases(runner: &mut TestRunner, patterns: usize) -> Vec<Case> {
    let mut cases = Vec::new();
    while cases.len() < patterns * 4 {
        let pattern = strategies::pattern().new_tree(runner).expect("a pattern").current();
        let (Some(predicate), Some(arguments)) = (Predicate::of(&pattern), &pattern.arguments) else {
            continue;
        };
        let fitting: Vec<_> = arguments.iter().map(fitting).collect();
        for _ in 0..4 {
            let arguments = fitting.new_tree(runner).expect("terms").current();
            cases.push(Case { pattern: pattern.clone(), predicate: predicate.clone(), arguments });
        }
    }
    cases
}

/// For each case, what the guards say and what the negation of them all says.
fn in_vm(node: &mut Node, cases: &[Case]) -> Vec<Term> {
    let requests = Term::list(cases.iter().map(|case| {
        let guards = case.predicate.guards();
        let head = Term::list((1..=case.arguments.len()).map(|n| Term::atom(&format!("${n}"))));
        Term::tuple([Term::List(case.arguments.clone()), head, Term::List(guards)])
    }));
    let expression = format!(
        "Run = fun(Arguments, Head, Guards) -> case erlang:match_spec_test(Arguments, [{{Head, Guards, []}}], trace) of \
           {{ok, Result, _, _}} -> Result; Other -> Other end end, \
         [{{Run(A, H, G), Run(A, H, [{{'not', list_to_tuple(['andalso', true, true | G])}}])}} || {{A, H, G}} <- {}]",
        expression(&requests)
    );
    eval(node, &expression).as_list().expect("a list").to_vec()
}

#[test]
fn conditions_mean_the_same_here_and_in_the_vm() {
    on_every_release(|node| {
        let mut runner = TestRunner::deterministic();
        let (mut held, mut checked) = (0, 0);
        for _ in 0..2 {
            let cases = cases(&mut runner, 150);
            for (case, result) in cases.iter().zip(in_vm(node, &cases)) {
                let holds = case.predicate.holds(&case.arguments);
                let wanted = Term::tuple([Term::from(holds), Term::from(!holds)]);
                let Case { pattern, arguments, predicate } = case;
                assert_eq!(
                    result,
                    wanted,
                    "OTP {}: {pattern}\n{arguments:?}\n{:?}",
                    node.release().otp(),
                    predicate.guards()
                );
                held += usize::from(holds);
                checked += 1;
            }
        }
        assert!(held * 20 > checked && held * 20 < checked * 19, "both outcomes: {held} of {checked}");
    });
}
