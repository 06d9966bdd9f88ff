//! A node with a module to trace, and terms to and from it.

use pluto_matchspec::Compiled;
use pluto_term::{Limits, Term, decode, encode};
use pluto_testnode::{Node, releases};

/// Runs `check` on a node of every release, with the subject loaded.
pub(crate) fn on_every_release(check: impl Fn(&mut Node)) {
    for release in releases() {
        let mut node = Node::start(&release);
        node.load_module(include_str!("subject.erl"));
        check(&mut node);
    }
}

/// An expression for the term.
pub(crate) fn expression(term: &Term) -> String {
    let mut bytes = Vec::new();
    encode(term, &mut bytes);
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("binary_to_term(binary:decode_hex(<<\"{digits}\">>))")
}

/// The value of an expression.
pub(crate) fn eval(node: &mut Node, expression: &str) -> Term {
    let bytes = node.eval_bytes(&format!("term_to_binary(begin {expression} end)."));
    decode(&bytes, &Limits::default()).expect("a term").0
}

/// What a traced process sends for these calls of `subject:f`, in their order. `calls` is an expression, a list of
/// lists of arguments.
pub(crate) fn trace(node: &mut Node, arity: u32, compiled: &Compiled, calls: &str) -> Vec<Term> {
    let flags = Term::list(compiled.process_flags.atoms().into_iter().map(Term::Atom));
    let expression = format!(
        "subject:trace({arity}, {}, {}, {calls})",
        expression(&compiled.match_spec),
        expression(&flags)
    );
    eval(node, &expression).as_list().expect("a list of events").to_vec()
}
