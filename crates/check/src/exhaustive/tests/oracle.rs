//! Random types and patterns, against all values of the type.

use std::collections::BTreeMap;

use proptest::prelude::{ProptestConfig, any, prop_assume, proptest};

use super::universe::{Def, P, Universe, look, look_briefly};
use crate::exhaustive::{Limits, Report, Witness};

/// Reads choices off random bytes; where they end, always the first.
struct Draw<'a>(&'a [u8]);

impl Draw<'_> {
    fn below(&mut self, bound: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % bound
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Variant(u32, Vec<Value>),
    Int(i64),
    Label(u64, Vec<Value>),
    Array(Vec<Value>),
    Keyed(BTreeMap<u64, Value>),
}

/// The most elements of an array in a pattern; from twice as many on, lengths are not told apart.
const LONGEST: usize = 2;
const KEYS: u64 = 2;

fn draw_type(draw: &mut Draw<'_>, universe: &mut Universe, depth: usize) -> usize {
    let kinds = if depth == 0 { 2 } else { 6 };
    let def = match draw.below(kinds) {
        0 => Def::Closed((0..1 + draw.below(3)).map(|n| (n.to_string(), Vec::new())).collect()),
        1 => Def::Ints(-1, draw.below(4) as i64),
        2 | 3 => {
            let variants = (0..1 + draw.below(3)).map(|n| {
                let parts = (0..draw.below(3)).map(|_| draw_type(draw, universe, depth - 1)).collect();
                (n.to_string(), parts)
            });
            Def::Closed(variants.collect())
        }
        4 => match draw.below(2) {
            0 => Def::Array(draw_type(draw, universe, depth - 1)),
            _ => Def::Keyed(draw_type(draw, universe, depth - 1)),
        },
        _ => {
            let labels =
                (0..2).map(|_| (0..draw.below(3)).map(|_| draw_type(draw, universe, depth - 1)).collect());
            Def::Open(labels.collect())
        }
    };
    universe.add(def)
}

fn draw_pattern(draw: &mut Draw<'_>, universe: &Universe, ty: usize, depth: usize) -> P {
    if depth > 0 && draw.below(5) == 0 {
        let parts = (0..2 + draw.below(2)).map(|_| draw_pattern(draw, universe, ty, depth - 1));
        return P::Or(parts.collect());
    }
    if depth == 0 || draw.below(4) == 0 {
        return P::Any;
    }
    let depth = depth - 1;
    let all = |draw: &mut Draw<'_>, types: &[usize]| -> Vec<P> {
        types.iter().map(|part| draw_pattern(draw, universe, *part, depth)).collect()
    };
    match &universe.types[ty] {
        Def::Closed(variants) => {
            let index = draw.below(variants.len());
            P::V(index as u32, all(draw, &variants[index].1))
        }
        Def::Ints(min, max) => {
            let from = min + draw.below((max - min + 1) as usize) as i64;
            P::I(from, from + draw.below(3) as i64)
        }
        Def::Array(element) => {
            let before = vec![*element; draw.below(LONGEST + 1)];
            let after = vec![*element; draw.below(LONGEST + 1 - before.len())];
            let before = all(draw, &before);
            let after = if draw.below(2) == 0 { None } else { Some(all(draw, &after)) };
            P::A(before, after)
        }
        Def::Keyed(value) => {
            let keys = draw.below(4) as u64;
            let keys = (0..KEYS).filter(|key| keys & (1 << key) != 0);
            P::K(keys.map(|key| (key, draw_pattern(draw, universe, *value, depth))).collect())
        }
        Def::Open(labels) => {
            let label = draw.below(labels.len());
            P::L(label as u64, all(draw, &labels[label]))
        }
    }
}

/// All values of a type; arrays up to a length that no pattern tells from longer ones. Nothing where there are too many.
fn values(universe: &Universe, ty: usize) -> Option<Vec<Value>> {
    let product = |types: &[usize]| -> Option<Vec<Vec<Value>>> {
        let mut rows = vec![Vec::new()];
        for ty in types {
            let column = values(universe, *ty)?;
            rows = rows
                .iter()
                .flat_map(|row| {
                    column.iter().map(|value| [row.as_slice(), std::slice::from_ref(value)].concat())
                })
                .collect();
            if rows.len() > 5_000 {
                return None;
            }
        }
        Some(rows)
    };
    let mut all = Vec::new();
    match &universe.types[ty] {
        Def::Closed(variants) => {
            for (index, (_, parts)) in (0..).zip(variants) {
                all.extend(product(parts)?.into_iter().map(|parts| Value::Variant(index, parts)));
            }
        }
        Def::Ints(min, max) => all.extend((*min..=*max).map(Value::Int)),
        Def::Array(element) => {
            for len in 0..=2 * LONGEST {
                all.extend(product(&vec![*element; len])?.into_iter().map(Value::Array));
            }
        }
        Def::Keyed(value) => {
            for keys in 0..1 << KEYS {
                let keys: Vec<u64> = (0..KEYS).filter(|key| keys & (1 << key) != 0).collect();
                let rows = product(&vec![*value; keys.len()])?;
                all.extend(rows.into_iter().map(|row| Value::Keyed(keys.iter().copied().zip(row).collect())));
            }
        }
        Def::Open(labels) => {
            for (label, parts) in (0..).zip(labels) {
                all.extend(product(parts)?.into_iter().map(|parts| Value::Label(label, parts)));
            }
            all.push(Value::Label(99, Vec::new()));
        }
    }
    (all.len() <= 5_000).then_some(all)
}

fn takes(p: &P, value: &Value) -> bool {
    let all =
        |patterns: &[P], values: &[Value]| patterns.iter().zip(values).all(|(p, value)| takes(p, value));
    match (p, value) {
        (P::Any, _) => true,
        (P::Or(parts), _) => parts.iter().any(|part| takes(part, value)),
        (P::V(index, parts), Value::Variant(own, values)) => index == own && all(parts, values),
        (P::I(from, to), Value::Int(own)) => (from..=to).contains(&own),
        (P::L(label, parts), Value::Label(own, values)) => label == own && all(parts, values),
        (P::A(before, None), Value::Array(values)) => before.len() == values.len() && all(before, values),
        (P::A(before, Some(after)), Value::Array(values)) => {
            values.len() >= before.len() + after.len()
                && all(before, values)
                && all(after, &values[values.len() - after.len()..])
        }
        (P::K(entries), Value::Keyed(values)) => {
            entries.iter().all(|(key, p)| values.get(key).is_some_and(|value| takes(p, value)))
        }
        _ => false,
    }
}

fn shown(witness: &Witness<usize>, value: &Value) -> bool {
    let all = |parts: &[Witness<usize>], values: &[Value]| {
        parts.len() <= values.len() && parts.iter().zip(values).all(|(part, value)| shown(part, value))
    };
    match (witness, value) {
        (Witness::Any, _) => true,
        (Witness::Variant { index, parts, .. }, Value::Variant(own, values)) => {
            index == own && all(parts, values)
        }
        (Witness::Ints { from, to, .. }, Value::Int(own)) => (from..=to).contains(&own),
        (Witness::Label { label, parts, .. }, Value::Label(own, values)) => {
            label == own && all(parts, values)
        }
        (Witness::Array { before, rest, after, .. }, Value::Array(values)) => {
            let least = before.len() + after.len();
            (values.len() == least || (*rest && values.len() > least))
                && all(before, values)
                && all(after, &values[values.len() - after.len()..])
        }
        (Witness::Keyed { entries, .. }, Value::Keyed(values)) => {
            entries.iter().all(|(key, entry)| match (entry, values.get(key)) {
                (Witness::Any, _) | (Witness::Entry(None), None) => true,
                (Witness::Entry(Some(part)), Some(value)) => shown(part, value),
                _ => false,
            })
        }
        _ => false,
    }
}

/// A pattern without alternatives, and the alternatives that were chosen for it.
type Choice = (P, Vec<usize>);

/// The pattern as patterns without alternatives, in the order in which they are tried. Numbers the alternatives.
fn choices(p: &P, next: &mut usize) -> Vec<Choice> {
    let product = |parts: &[P], next: &mut usize| {
        let mut rows: Vec<(Vec<P>, Vec<usize>)> = vec![(Vec::new(), Vec::new())];
        for part in parts {
            let column = choices(part, next);
            rows = rows
                .iter()
                .flat_map(|(row, used)| {
                    column.iter().map(move |(p, more)| {
                        let row = row.iter().chain([p]).cloned().collect();
                        (row, used.iter().chain(more).copied().collect())
                    })
                })
                .collect();
        }
        rows
    };
    match p {
        P::Any | P::I(..) => vec![(p.clone(), Vec::new())],
        P::V(index, parts) => {
            product(parts, next).into_iter().map(|(parts, used)| (P::V(*index, parts), used)).collect()
        }
        P::L(label, parts) => {
            product(parts, next).into_iter().map(|(parts, used)| (P::L(*label, parts), used)).collect()
        }
        P::A(before, after) => {
            let parts = [before.as_slice(), after.as_deref().unwrap_or_default()].concat();
            let put = |mut parts: Vec<P>| {
                let end = parts.split_off(before.len());
                P::A(parts, after.as_ref().map(|_| end))
            };
            product(&parts, next).into_iter().map(|(parts, used)| (put(parts), used)).collect()
        }
        P::K(entries) => {
            let (keys, parts): (Vec<u64>, Vec<P>) = entries.iter().cloned().unzip();
            let put = |parts: Vec<P>| P::K(keys.iter().copied().zip(parts).collect());
            product(&parts, next).into_iter().map(|(parts, used)| (put(parts), used)).collect()
        }
        P::Or(parts) => {
            let mut all = Vec::new();
            for part in parts {
                let own = *next;
                *next += 1;
                all.extend(choices(part, next).into_iter().map(|(p, mut used)| {
                    used.push(own);
                    (p, used)
                }));
            }
            all
        }
    }
}

/// The arms and the alternatives that are of no use; of alternatives in one that is of no use only that.
fn useless(arms: &[(P, bool)], values: &[Value]) -> (Vec<usize>, Vec<usize>) {
    let (mut next, mut taken) = (0, vec![false; values.len()]);
    let (mut useless_arms, mut useless_alternatives) = (Vec::new(), Vec::new());
    for (place, (p, guarded)) in arms.iter().enumerate() {
        let first = next;
        let (mut arm, mut used) = (false, Vec::new());
        for (choice, alternatives) in choices(p, &mut next) {
            let mut useful = false;
            for (value, taken) in values.iter().zip(&mut taken) {
                if !*taken && takes(&choice, value) {
                    useful = true;
                    *taken = !*guarded;
                }
            }
            if useful {
                arm = true;
                used.extend(alternatives);
            }
        }
        if arm {
            let mut number = first;
            outermost(p, &mut number, &used, true, &mut useless_alternatives);
        } else {
            useless_arms.push(place);
        }
    }
    (useless_arms, useless_alternatives)
}

fn outermost(p: &P, next: &mut usize, used: &[usize], report: bool, into: &mut Vec<usize>) {
    let parts: Vec<&P> = match p {
        P::Any | P::I(..) => Vec::new(),
        P::V(_, parts) | P::L(_, parts) => parts.iter().collect(),
        P::A(before, after) => before.iter().chain(after.iter().flatten()).collect(),
        P::K(entries) => entries.iter().map(|(_, p)| p).collect(),
        P::Or(parts) => {
            for part in parts {
                let own = *next;
                *next += 1;
                let useful = used.contains(&own);
                if report && !useful {
                    into.push(own);
                }
                outermost(part, next, used, report && useful, into);
            }
            return;
        }
    };
    for part in parts {
        outermost(part, next, used, report, into);
    }
}

fn is_open(universe: &Universe) -> bool {
    universe.types.iter().any(|def| matches!(def, Def::Open(_)))
}

/// False where there are too many values or alternatives to try.
fn agrees_with_all_values(bytes: &[u8]) -> bool {
    let draw = &mut Draw(bytes);
    let mut universe = Universe::default();
    let ty = draw_type(draw, &mut universe, 2);
    let Some(values) = values(&universe, ty) else { return false };
    let arms: Vec<(P, bool)> =
        (0..draw.below(6)).map(|_| (draw_pattern(draw, &universe, ty, 4), draw.below(6) == 5)).collect();
    let mut total = 0;
    if arms.iter().map(|(p, _)| choices(p, &mut total).len()).sum::<usize>() > 500 {
        return false;
    }
    let limits = Limits { missing: 1 + draw.below(40), ..Limits::default() };
    let known = Known { universe: &universe, values: &values, arms: &arms, limits };
    known.agrees(look(&universe, ty, &arms, limits).unwrap());
    known.agrees(look_briefly(&universe, ty, &arms, limits).unwrap());
    true
}

/// A `match`, with all values of its type.
struct Known<'a> {
    universe: &'a Universe,
    values: &'a [Value],
    arms: &'a [(P, bool)],
    limits: Limits,
}

impl Known<'_> {
    fn agrees(&self, (report, alternatives): (Report<usize>, Vec<usize>)) {
        let Self { universe, values, arms, limits } = self;
        let left: Vec<&Value> = values
            .iter()
            .filter(|value| !arms.iter().any(|(p, guarded)| !guarded && takes(p, value)))
            .collect();
        assert_eq!(report.missing.is_empty(), left.is_empty(), "{report:?}");
        assert!(report.missing.len() <= limits.missing);
        for witness in &report.missing {
            assert!(left.iter().any(|value| shown(witness, value)), "{witness:?} is not missing");
            let taken = values.iter().find(|value| shown(witness, value) && !left.contains(value));
            assert!(taken.is_none() || is_open(universe), "{witness:?} shows {taken:?}");
        }
        if !report.more_missing {
            let hidden =
                left.iter().find(|value| !report.missing.iter().any(|witness| shown(witness, value)));
            assert_eq!(hidden, None, "{report:?}");
        }
        assert_eq!((report.unreachable_arms, alternatives), useless(arms, values));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_search_agrees_with_all_values(bytes in proptest::collection::vec(any::<u8>(), 0..160)) {
        prop_assume!(agrees_with_all_values(&bytes));
    }
}
