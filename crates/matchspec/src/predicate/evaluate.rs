//! A predicate on terms that are here.

use super::{Node, Operand, literal_term};
use crate::pattern::{Arithmetic, Comparison, Literal, SizeOf, TypeTest};
use pluto_term::Term;
use std::borrow::Cow;
use std::cmp::Ordering;

/// A failed leaf counts as false: no negation stands above a leaf.
pub(super) fn holds(node: &Node, arguments: &[Term]) -> bool {
    match node {
        Node::All(nodes) => nodes.iter().all(|node| holds(node, arguments)),
        Node::Any(nodes) => nodes.iter().any(|node| holds(node, arguments)),
        Node::Compare(comparison, left, right) => {
            compare(*comparison, left, right, arguments).unwrap_or(false)
        }
        Node::Is { test, of, wanted } => {
            value(of, arguments).is_some_and(|value| is(*test, &value) == *wanted)
        }
        Node::Constant(holds) => *holds,
    }
}

/// Kinds of values that can be compared with one another.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Number,
    Atom,
    Binary,
    Pid,
    Port,
    Reference,
}

fn kind(term: &Term) -> Option<Kind> {
    Some(match term {
        Term::Integer(_) | Term::Float(_) => Kind::Number,
        Term::Atom(_) => Kind::Atom,
        Term::Binary(_) => Kind::Binary,
        Term::Pid(_) => Kind::Pid,
        Term::Port(_) => Kind::Port,
        Term::Reference(_) => Kind::Reference,
        _ => return None,
    })
}

/// `None` where the comparison fails.
fn compare(comparison: Comparison, left: &Operand, right: &Operand, arguments: &[Term]) -> Option<bool> {
    let (left_value, right_value) = (value(left, arguments)?, value(right, arguments)?);
    let nil = |operand: &Operand| matches!(operand, Operand::Literal(Literal::Nil));
    if nil(left) || nil(right) {
        let list = |term: &Term| matches!(term, Term::List(_) | Term::ImproperList(..));
        let empty = |term: &Term| matches!(term, Term::List(elements) if elements.is_empty());
        let equal = empty(&left_value) && empty(&right_value);
        return match comparison {
            _ if !list(&left_value) || !list(&right_value) => None,
            Comparison::Equal => Some(equal),
            Comparison::NotEqual => Some(!equal),
            _ => None,
        };
    }
    let kind = kind(&left_value).filter(|found| kind(&right_value) == Some(*found))?;
    let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    if !equality && !matches!(kind, Kind::Number | Kind::Atom | Kind::Binary) {
        return None;
    }
    let order = left_value.compare(&right_value);
    let equal = order == Ordering::Equal
        && matches!(&*left_value, Term::Integer(_)) == matches!(&*right_value, Term::Integer(_));
    Some(match comparison {
        Comparison::Equal => equal,
        Comparison::NotEqual => !equal,
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    })
}

fn is(test: TypeTest, term: &Term) -> bool {
    match test {
        TypeTest::Atom => matches!(term, Term::Atom(_)),
        TypeTest::Binary => matches!(term, Term::Binary(_)),
        TypeTest::Boolean => matches!(term.as_atom(), Some("true" | "false")),
        TypeTest::Float => matches!(term, Term::Float(_)),
        TypeTest::Function => matches!(term, Term::Fun(_) | Term::Export(_)),
        TypeTest::Integer => matches!(term, Term::Integer(_) | Term::BigInteger(_)),
        TypeTest::List => matches!(term, Term::List(_) | Term::ImproperList(..)),
        TypeTest::Map => matches!(term, Term::Map(_)),
        TypeTest::Number => matches!(term, Term::Integer(_) | Term::BigInteger(_) | Term::Float(_)),
        TypeTest::Pid => matches!(term, Term::Pid(_)),
        TypeTest::Port => matches!(term, Term::Port(_)),
        TypeTest::Reference => matches!(term, Term::Reference(_)),
        TypeTest::Tuple => matches!(term, Term::Tuple(_)),
    }
}

/// `None` where an access or an operation fails.
fn value<'a>(operand: &Operand, arguments: &'a [Term]) -> Option<Cow<'a, Term>> {
    match operand {
        Operand::Argument(index) => arguments.get(usize::try_from(*index).ok()?).map(Cow::Borrowed),
        Operand::Literal(literal) => Some(Cow::Owned(literal_term(literal))),
        Operand::Element(index, of) => {
            let index = usize::try_from(*index).ok()?.checked_sub(1)?;
            part(value(of, arguments)?, |term| term.as_tuple()?.get(index))
        }
        Operand::Head(of) => part(value(of, arguments)?, |term| match term {
            Term::List(elements) | Term::ImproperList(elements, _) => elements.first(),
            _ => None,
        }),
        Operand::Get(key, of) => {
            let key = literal_term(key);
            part(value(of, arguments)?, |term| {
                term.as_map()?.iter().find(|(found, _)| *found == key).map(|(_, value)| value)
            })
        }
        Operand::Size(size, of) => {
            let of = value(of, arguments)?;
            let size = match size {
                SizeOf::Tuple => of.as_tuple()?.len(),
                SizeOf::Map => of.as_map()?.len(),
                SizeOf::Binary => of.as_binary()?.len(),
            };
            Some(Cow::Owned(Term::Integer(i64::try_from(size).ok()?)))
        }
        Operand::Arithmetic(operation, left, right) => {
            let (left, right) = (value(left, arguments)?.as_int()?, value(right, arguments)?.as_int()?);
            let result = match operation {
                Arithmetic::Add => left.checked_add(right),
                Arithmetic::Subtract => left.checked_sub(right),
                Arithmetic::Multiply => left.checked_mul(right),
                Arithmetic::Divide => left.checked_div(right),
                Arithmetic::Remainder if right == -1 => Some(0),
                Arithmetic::Remainder => left.checked_rem(right),
            };
            result.map(|n| Cow::Owned(Term::Integer(n)))
        }
    }
}

/// A part of a term, borrowed where the whole is.
fn part<'a>(whole: Cow<'a, Term>, get: impl Fn(&Term) -> Option<&Term>) -> Option<Cow<'a, Term>> {
    match whole {
        Cow::Borrowed(term) => get(term).map(Cow::Borrowed),
        Cow::Owned(term) => get(&term).cloned().map(Cow::Owned),
    }
}
