//! A predicate as guards of a match spec.
//!
//! A guard that fails in the VM takes its whole clause with it, an `orelse` around it included. So each access is
//! preceded by the tests under which it cannot fail, and each comparison by tests of the kind, since the VM orders
//! values of every kind: a bare `'$1' > 10000` is true of any atom.

use super::{Node, Operand, literal_term};
use crate::pattern::{Arithmetic, Comparison, Literal, SizeOf, TypeTest};
use crate::spec::{call, conjunction, constant, disjunction, variable};
use pluto_term::Term;

pub(super) fn guards(node: &Node) -> Vec<Term> {
    let mut guards = Vec::new();
    add(node, &mut guards);
    guards
}

fn add(node: &Node, guards: &mut Vec<Term>) {
    match node {
        Node::All(nodes) => nodes.iter().for_each(|node| add(node, guards)),
        Node::Any(nodes) => {
            push(guards, disjunction(nodes.iter().map(|node| conjunction(self::guards(node)))));
        }
        Node::Compare(comparison, left, right) => {
            tests(left, guards);
            tests(right, guards);
            compare(*comparison, left, right, guards);
        }
        Node::Is { test, of, wanted } => {
            tests(of, guards);
            let guard = type_test(*test, &term(of));
            push(guards, if *wanted { guard } else { call("not", [guard]) });
        }
        Node::Constant(true) => {}
        Node::Constant(false) => push(guards, Term::atom("false")),
    }
}

fn type_test(test: TypeTest, of: &Term) -> Term {
    match test {
        // OTP 25 has no `is_boolean` in match specs.
        TypeTest::Boolean => {
            disjunction(["true", "false"].map(|name| call("=:=", [of.clone(), Term::atom(name)])))
        }
        _ => call(test.name(), [of.clone()]),
    }
}

/// Tests are repeated by the accesses that share them; once is enough.
fn push(guards: &mut Vec<Term>, guard: Term) {
    if !guards.contains(&guard) {
        guards.push(guard);
    }
}

fn term(operand: &Operand) -> Term {
    match operand {
        Operand::Argument(index) => variable(*index),
        Operand::Literal(literal) => constant(literal_term(literal)),
        Operand::Element(index, of) => call("element", [Term::from(*index), term(of)]),
        Operand::Head(of) => call("hd", [term(of)]),
        Operand::Size(SizeOf::Tuple, of) => call("size", [term(of)]),
        Operand::Size(SizeOf::Map, of) => call("map_size", [term(of)]),
        Operand::Size(SizeOf::Binary, of) => call("byte_size", [term(of)]),
        Operand::Get(key, of) => call("map_get", [constant(literal_term(key)), term(of)]),
        Operand::Arithmetic(operation, left, right) => {
            let name = match operation {
                Arithmetic::Add => "+",
                Arithmetic::Subtract => "-",
                Arithmetic::Multiply => "*",
                Arithmetic::Divide => "div",
                Arithmetic::Remainder => "rem",
            };
            call(name, [term(left), term(right)])
        }
    }
}

/// The tests under which the value of `operand` is there.
fn tests(operand: &Operand, guards: &mut Vec<Term>) {
    match operand {
        Operand::Argument(_) | Operand::Literal(_) => {}
        Operand::Element(index, of) => {
            tests(of, guards);
            push(guards, call("is_tuple", [term(of)]));
            push(guards, call(">=", [call("size", [term(of)]), Term::from(*index)]));
        }
        Operand::Head(of) => {
            tests(of, guards);
            push(guards, call("is_list", [term(of)]));
            push(guards, call("=/=", [term(of), Term::list([])]));
        }
        Operand::Size(size, of) => {
            tests(of, guards);
            let test = match size {
                SizeOf::Tuple => "is_tuple",
                SizeOf::Map => "is_map",
                SizeOf::Binary => "is_binary",
            };
            push(guards, call(test, [term(of)]));
        }
        Operand::Get(key, of) => {
            tests(of, guards);
            push(guards, call("is_map", [term(of)]));
            push(guards, call("is_map_key", [constant(literal_term(key)), term(of)]));
        }
        Operand::Arithmetic(operation, left, right) => {
            for side in [left, right] {
                tests(side, guards);
                if kind(side).is_none() {
                    integer(&term(side)).into_iter().for_each(|guard| push(guards, guard));
                }
            }
            if matches!(operation, Arithmetic::Divide | Arithmetic::Remainder) {
                push(guards, call("=/=", [term(right), Term::int(0)]));
            }
            if *operation != Arithmetic::Remainder {
                within(&term(operand)).into_iter().for_each(|guard| push(guards, guard));
            }
        }
    }
}

/// An integer of 64 bits.
fn integer(term: &Term) -> [Term; 3] {
    let [low, high] = within(term);
    [call("is_integer", [term.clone()]), low, high]
}

fn within(term: &Term) -> [Term; 2] {
    [call(">=", [term.clone(), Term::Integer(i64::MIN)]), call("=<", [term.clone(), Term::Integer(i64::MAX)])]
}

/// Kinds of values that can be compared with one another; only integers are known more closely.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Integer,
    Float,
    Atom,
    Binary,
    Pid,
    Port,
    Reference,
    Nil,
}

/// The kind of a value where the text tells it.
fn kind(operand: &Operand) -> Option<Kind> {
    match operand {
        Operand::Literal(Literal::Integer(_)) | Operand::Size(..) | Operand::Arithmetic(..) => {
            Some(Kind::Integer)
        }
        Operand::Literal(Literal::Float(_)) => Some(Kind::Float),
        Operand::Literal(Literal::Atom(_)) => Some(Kind::Atom),
        Operand::Literal(Literal::String(_)) => Some(Kind::Binary),
        Operand::Literal(Literal::Nil) => Some(Kind::Nil),
        _ => None,
    }
}

fn compare(comparison: Comparison, left: &Operand, right: &Operand, guards: &mut Vec<Term>) {
    let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    let alternatives: Vec<Term> = match (kind(left), kind(right)) {
        (None, None) => [Kind::Integer, Kind::Atom, Kind::Binary, Kind::Pid, Kind::Port, Kind::Reference]
            .into_iter()
            .filter(|kind| equality || matches!(kind, Kind::Integer | Kind::Atom | Kind::Binary))
            .map(|kind| conjunction(compare_kind(comparison, kind, left, right)))
            .collect(),
        (Some(kind), None) | (None, Some(kind)) => {
            return compare_kind(comparison, kind, left, right)
                .into_iter()
                .for_each(|guard| push(guards, guard));
        }
        (Some(first), Some(second)) => {
            let number = |kind| matches!(kind, Kind::Integer | Kind::Float);
            if first != second && !(number(first) && number(second)) {
                return push(guards, Term::atom("false"));
            }
            return compare_kind(comparison, first, left, right)
                .into_iter()
                .for_each(|guard| push(guards, guard));
        }
    };
    push(guards, disjunction(alternatives));
}

/// The comparison of two values of which one is known, or taken, to be of `known`.
fn compare_kind(comparison: Comparison, known: Kind, left: &Operand, right: &Operand) -> Vec<Term> {
    let sign = match comparison {
        Comparison::Equal => "=:=",
        Comparison::NotEqual => "=/=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "=<",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    };
    let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    let compared = |sign: &str| call(sign, [term(left), term(right)]);
    let type_test = match known {
        Kind::Integer | Kind::Float => return compare_numbers(comparison, left, right, &compared(sign)),
        Kind::Nil if comparison == Comparison::Equal => return vec![compared(sign)],
        Kind::Nil if comparison == Comparison::NotEqual => "is_list",
        Kind::Nil => return vec![Term::atom("false")],
        Kind::Atom => "is_atom",
        Kind::Binary => "is_binary",
        Kind::Pid => "is_pid",
        Kind::Port => "is_port",
        Kind::Reference => "is_reference",
    };
    let untyped: Vec<&Operand> = [left, right].into_iter().filter(|side| kind(side).is_none()).collect();
    // A value that is identical to a literal is of its kind.
    let implied = comparison == Comparison::Equal && untyped.len() < 2;
    let mut guards: Vec<Term> = Vec::new();
    if !implied {
        // Of two values that are identical, one is tested.
        let tested = if comparison == Comparison::Equal { 1 } else { 2 };
        guards.extend(untyped.into_iter().take(tested).map(|side| call(type_test, [term(side)])));
    }
    debug_assert!(equality || matches!(known, Kind::Atom | Kind::Binary), "ordered kinds");
    guards.push(compared(sign));
    guards
}

fn compare_numbers(comparison: Comparison, left: &Operand, right: &Operand, compared: &Term) -> Vec<Term> {
    let sides = [left, right];
    let known = sides.map(kind);
    if comparison == Comparison::Equal && known.contains(&Some(Kind::Integer)) {
        // What is identical to an integer of 64 bits is one.
        return vec![compared.clone()];
    }
    let mut guards: Vec<Term> =
        sides.into_iter().filter(|side| kind(side).is_none()).map(|side| number(&term(side))).collect();
    let is_integer = |side: &Operand, known: Option<Kind>| match known {
        Some(kind) => Term::from(kind == Kind::Integer),
        None => call("is_integer", [term(side)]),
    };
    let [left_integer, right_integer] = [is_integer(left, known[0]), is_integer(right, known[1])];
    match comparison {
        // By value and type, since `=:=` tells -0.0 from 0.0 on newer releases.
        Comparison::Equal => {
            guards.push(call("==", [term(left), term(right)]));
            guards.push(call("=:=", [left_integer, right_integer]));
        }
        Comparison::NotEqual => guards.push(disjunction([
            call("/=", [term(left), term(right)]),
            call("=/=", [left_integer, right_integer]),
        ])),
        _ => guards.push(compared.clone()),
    }
    guards
}

/// A float, or an integer of 64 bits.
fn number(term: &Term) -> Term {
    disjunction([conjunction(integer(term)), call("is_float", [term.clone()])])
}
