//! Building blocks of match specs.

use pluto_term::Term;

/// `'$N'` for an argument counted from 0.
pub(crate) fn variable(index: u32) -> Term {
    Term::atom(&format!("${}", u64::from(index) + 1))
}

/// `{name, operands…}`
pub(crate) fn call(name: &str, operands: impl IntoIterator<Item = Term>) -> Term {
    Term::tuple(std::iter::once(Term::atom(name)).chain(operands))
}

/// `{{elements…}}`, which builds a tuple.
pub(crate) fn tuple(elements: impl IntoIterator<Item = Term>) -> Term {
    Term::tuple([Term::tuple(elements)])
}

/// A term that stands for itself. Atoms that match specs read as variables are protected.
pub(crate) fn constant(term: Term) -> Term {
    match term.as_atom() {
        Some(name) if name.starts_with('$') || name == "_" => call("const", [term]),
        _ => term,
    }
}

/// Conditions that all hold; none at all always hold.
pub(crate) fn conjunction(conditions: impl IntoIterator<Item = Term>) -> Term {
    joined("andalso", "true", conditions)
}

/// Conditions of which one holds; none at all never hold.
pub(crate) fn disjunction(conditions: impl IntoIterator<Item = Term>) -> Term {
    joined("orelse", "false", conditions)
}

fn joined(name: &str, empty: &str, conditions: impl IntoIterator<Item = Term>) -> Term {
    let mut conditions: Vec<Term> = conditions.into_iter().collect();
    match conditions.len() {
        0 => Term::atom(empty),
        1 => conditions.swap_remove(0),
        _ => call(name, conditions),
    }
}
