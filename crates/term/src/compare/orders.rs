//! The orders of maps' keys, each found once.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::{Step, heads, lists};
use crate::Term;

/// For maps whose pairs had to be sorted, the places of the pairs in the order of their keys, by the address of the
/// pairs (which stays while the map lives, wherever its owner moves).
///
/// Sorting a map compares its keys, and keys may hold maps. Maps inside keys are sorted first, the innermost before
/// the others, so that comparing finds every order it needs here: it neither calls itself nor sorts a map twice.
#[derive(Debug, Default)]
pub(crate) struct Orders(HashMap<usize, Vec<usize>>);

enum Work<'a> {
    Visit(&'a [(Term, Term)]),
    Sort(&'a [(Term, Term)]),
}

impl Orders {
    /// Compares two terms; the first difference decides.
    pub(crate) fn compare(&mut self, left: &Term, right: &Term, exact: bool) -> Ordering {
        if let Some(ordering) = plain(left, right) {
            return ordering;
        }
        let mut steps = vec![Step::Terms(left, right, exact)];
        while let Some(step) = steps.pop() {
            let found = match step {
                Step::Terms(left, right, exact) => heads(left, right, exact, &mut steps, self),
                Step::Lists(left, right, exact) => lists(left, right, exact, &mut steps),
                Step::Decided(ordering) => ordering,
            };
            if found != Ordering::Equal {
                return found;
            }
        }
        Ordering::Equal
    }

    /// The pairs in the order of their keys.
    pub(super) fn sorted<'a>(&mut self, pairs: &'a [(Term, Term)]) -> Vec<&'a (Term, Term)> {
        if pairs.len() < 2 {
            return pairs.iter().collect();
        }
        self.find(pairs);
        let order = self.0.get(&address(pairs)).map(Vec::as_slice).unwrap_or_default();
        order.iter().filter_map(|&at| pairs.get(at)).collect()
    }

    /// Whether a key stands in more than one pair.
    pub(crate) fn has_duplicate_keys(&mut self, pairs: &[(Term, Term)]) -> bool {
        if pairs.len() < 2 {
            return false;
        }
        if pairs.iter().all(|(key, _)| plain(key, key).is_some()) {
            // No map inside: nothing worth remembering.
            let mut keys: Vec<&Term> = pairs.iter().map(|(key, _)| key).collect();
            keys.sort_unstable_by(|left, right| self.compare(left, right, true));
            return keys.windows(2).any(|keys| matches!(keys, [left, right] if left == right));
        }
        let sorted = self.sorted(pairs);
        sorted.windows(2).any(
            |pair| matches!(pair, [left, right] if self.compare(&left.0, &right.0, true) == Ordering::Equal),
        )
    }

    fn find(&mut self, pairs: &[(Term, Term)]) {
        let mut work = vec![Work::Visit(pairs)];
        while let Some(next) = work.pop() {
            match next {
                Work::Visit(pairs) if self.0.contains_key(&address(pairs)) => {}
                Work::Visit(pairs) => {
                    if pairs.len() > 1 {
                        work.push(Work::Sort(pairs));
                    }
                    maps_inside(pairs.iter().map(|(key, _)| key).collect(), &mut work);
                }
                Work::Sort(pairs) => {
                    let mut order: Vec<usize> = (0..pairs.len()).collect();
                    order.sort_by(|&left, &right| match (pairs.get(left), pairs.get(right)) {
                        (Some(left), Some(right)) => self.compare(&left.0, &right.0, true),
                        _ => Ordering::Equal,
                    });
                    self.0.insert(address(pairs), order);
                }
            }
        }
    }
}

/// The order of two terms of the same kind that have no parts and are the commonest keys.
fn plain(left: &Term, right: &Term) -> Option<Ordering> {
    match (left, right) {
        (Term::Integer(left), Term::Integer(right)) => Some(left.cmp(right)),
        (Term::Atom(left), Term::Atom(right)) => Some(left.cmp(right)),
        (Term::Binary(left), Term::Binary(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

fn address(pairs: &[(Term, Term)]) -> usize {
    pairs.as_ptr().addr()
}

/// Adds to `work` the maps inside `terms`, those inside their values too; what is inside their keys is found when
/// they are visited.
fn maps_inside<'a>(mut terms: Vec<&'a Term>, work: &mut Vec<Work<'a>>) {
    while let Some(term) = terms.pop() {
        match term {
            Term::Map(pairs) => {
                work.push(Work::Visit(pairs));
                terms.extend(pairs.iter().map(|(_, value)| value));
            }
            Term::Tuple(elements) | Term::List(elements) => terms.extend(elements),
            Term::ImproperList(elements, tail) => {
                terms.extend(elements);
                terms.push(tail);
            }
            Term::Fun(fun) => terms.extend(&fun.free),
            Term::Record(record) => terms.extend(record.fields.iter().map(|(_, value)| value)),
            _ => {}
        }
    }
}
