//! The meaning of a pattern's arguments and condition, evaluated natively or in the VM with the same result.
//!
//! Each comparison and type test is true, false, or *failed*: it has failed where an access fails (no such element,
//! no such key, the wrong kind of value), where values of different kinds are compared, and where an integer leaves
//! 64 bits. `and`, `or` and `not` are those of Kleene's strong three-valued logic, and the whole holds only where it
//! is true. So a failed access makes its conjunct false, and `not` does not revive it.
//!
//! * The kinds are number, atom, binary, pid, port, reference. `<` and its like compare numbers (integers with floats
//!   by value), atoms (by text) and binaries (by byte); pids, ports and references are only equal or not.
//! * `==` is Erlang's `=:=`: `1 == 1.0` is false. `-0.0` and `0.0` are equal on every release.
//! * Lists are only compared with `[]`. Tuples and maps are not compared.
//! * Arithmetic is on integers of 64 bits: `/` is `div`, `%` is `rem`; division by zero fails.

mod evaluate;
mod guard;

use crate::message::MessagePattern;
use crate::pattern::{
    ArgumentPattern, Arithmetic, Comparison, Condition, Literal, Pattern, SizeOf, TypeTest, Value,
};
use pluto_term::Term;

/// What must hold of the arguments of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicate {
    root: Node,
}

/// Negation stands at the leaves, where it turns one test into its contrary.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Compare(Comparison, Operand, Operand),
    Is { test: TypeTest, of: Operand, wanted: bool },
    Constant(bool),
}

/// A value with variables replaced by where they stand.
#[derive(Clone, Debug, PartialEq)]
enum Operand {
    /// An argument, counted from 0.
    Argument(u32),
    Literal(Literal),
    Element(u32, Box<Operand>),
    Head(Box<Operand>),
    Size(SizeOf, Box<Operand>),
    Get(Literal, Box<Operand>),
    Arithmetic(Arithmetic, Box<Operand>, Box<Operand>),
}

impl Predicate {
    /// What `pattern` asks of the arguments; `None` where it asks nothing.
    #[must_use]
    pub fn of(pattern: &Pattern) -> Option<Predicate> {
        Predicate::lowered((0..).zip(pattern.arguments.iter().flatten()), pattern.condition.as_ref())
    }

    /// What `pattern` asks of a message that stands where a call has this argument; `None` where it asks nothing.
    pub(crate) fn of_message(pattern: &MessagePattern, argument: u32) -> Option<Predicate> {
        Predicate::lowered([(argument, &pattern.message)], pattern.condition.as_ref())
    }

    fn lowered<'p>(
        arguments: impl IntoIterator<Item = (u32, &'p ArgumentPattern)>,
        condition: Option<&Condition>,
    ) -> Option<Predicate> {
        let mut lowering = Lowering::default();
        for (index, argument) in arguments {
            lowering.argument(argument, Operand::Argument(index));
        }
        let mut nodes = std::mem::take(&mut lowering.nodes);
        if let Some(condition) = condition {
            nodes.push(lowering.condition(condition, true));
        }
        (!nodes.is_empty()).then_some(Predicate { root: Node::All(nodes) })
    }

    /// What at least one of `patterns` asks of the arguments; `None` where one of them asks nothing.
    #[must_use]
    pub fn any(patterns: &[&Pattern]) -> Option<Predicate> {
        let all: Option<Vec<Node>> = patterns.iter().map(|p| Predicate::of(p).map(|p| p.root)).collect();
        let mut all = all?;
        let root = if all.len() == 1 { all.remove(0) } else { Node::Any(all) };
        Some(Predicate { root })
    }

    /// Whether it holds of these arguments.
    #[must_use]
    pub fn holds(&self, arguments: &[Term]) -> bool {
        evaluate::holds(&self.root, arguments)
    }

    /// The guards that hold in a match spec exactly where it holds, with the arguments as `'$1'` and so on. They
    /// never fail themselves, so that `not` of them holds exactly where it does not.
    #[must_use]
    pub fn guards(&self) -> Vec<Term> {
        guard::guards(&self.root)
    }
}

#[derive(Default)]
struct Lowering {
    variables: Vec<(String, Operand)>,
    nodes: Vec<Node>,
}

impl Lowering {
    fn argument(&mut self, pattern: &ArgumentPattern, at: Operand) {
        match pattern {
            ArgumentPattern::Any => {}
            ArgumentPattern::Variable(name) => match self.variable(name) {
                Some(first) => self.nodes.push(Node::Compare(Comparison::Equal, first, at)),
                None => self.variables.push((name.clone(), at)),
            },
            ArgumentPattern::Literal(literal) => {
                self.nodes.push(Node::Compare(Comparison::Equal, at, Operand::Literal(literal.clone())));
            }
            ArgumentPattern::Tuple(elements) => {
                let size = Operand::Size(SizeOf::Tuple, Box::new(at.clone()));
                let wanted = i64::try_from(elements.len()).unwrap_or(i64::MAX);
                let wanted = Operand::Literal(Literal::Integer(wanted));
                self.nodes.push(Node::Compare(Comparison::Equal, size, wanted));
                for (index, element) in (1..).zip(elements) {
                    self.argument(element, Operand::Element(index, Box::new(at.clone())));
                }
            }
        }
    }

    fn variable(&self, name: &str) -> Option<Operand> {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, operand)| operand.clone())
    }

    fn condition(&self, condition: &Condition, wanted: bool) -> Node {
        match condition {
            Condition::And(left, right) | Condition::Or(left, right) => {
                let nodes = vec![self.condition(left, wanted), self.condition(right, wanted)];
                if matches!(condition, Condition::And(..)) == wanted {
                    Node::All(nodes)
                } else {
                    Node::Any(nodes)
                }
            }
            Condition::Not(inner) => self.condition(inner, !wanted),
            Condition::Compare(comparison, left, right) => {
                let comparison = if wanted { *comparison } else { comparison.negated() };
                self.with([left, right], |[left, right]| Node::Compare(comparison, left, right))
            }
            Condition::Is(test, value) => self.with([value], |[of]| Node::Is { test: *test, of, wanted }),
            Condition::Holds(Value::Literal(literal)) => Node::Constant(match literal {
                Literal::Atom(atom) if atom.as_str() == "true" => wanted,
                Literal::Atom(atom) if atom.as_str() == "false" => !wanted,
                _ => false,
            }),
            Condition::Holds(value) => self.with([value], |[value]| {
                let truth = Literal::Atom(if wanted { "true" } else { "false" }.into());
                Node::Compare(Comparison::Equal, value, Operand::Literal(truth))
            }),
        }
    }

    /// A condition on an unknown variable never holds; the parser lets none through.
    fn with<const N: usize>(&self, values: [&Value; N], node: impl FnOnce([Operand; N]) -> Node) -> Node {
        let operands: Option<Vec<Operand>> = values.into_iter().map(|value| self.operand(value)).collect();
        match operands.and_then(|operands| operands.try_into().ok()) {
            Some(operands) => node(operands),
            None => Node::Constant(false),
        }
    }

    fn operand(&self, value: &Value) -> Option<Operand> {
        let boxed = |value: &Value| self.operand(value).map(Box::new);
        Some(match value {
            Value::Variable(name) => self.variable(name)?,
            Value::Literal(literal) => Operand::Literal(literal.clone()),
            Value::Element(index, of) => Operand::Element(*index, boxed(of)?),
            Value::Head(of) => Operand::Head(boxed(of)?),
            Value::Size(size, of) => Operand::Size(*size, boxed(of)?),
            Value::Get(key, of) => Operand::Get(key.clone(), boxed(of)?),
            Value::Arithmetic(operation, left, right) => {
                Operand::Arithmetic(*operation, boxed(left)?, boxed(right)?)
            }
        })
    }
}

/// A literal as the term that it is.
fn literal_term(literal: &Literal) -> Term {
    match literal {
        Literal::Integer(n) => Term::Integer(*n),
        Literal::Float(x) => Term::Float(*x),
        Literal::Atom(atom) => Term::Atom(atom.clone()),
        Literal::String(text) => Term::binary(text),
        Literal::Nil => Term::list([]),
    }
}
