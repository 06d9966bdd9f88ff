//! Small types, their patterns as trees, and how both are printed.

use std::fmt::Write;

use crate::exhaustive::search::search;
use crate::exhaustive::{
    Arm, Constructor, Limits, PatternId, Patterns, Report, Shape, Shapes, Verdict, Witness, check,
};

/// Types by their number.
#[derive(Clone, Debug, Default)]
pub(super) struct Universe {
    pub(super) types: Vec<Def>,
}

#[derive(Clone, Debug)]
pub(super) enum Def {
    /// Variants with a name and types of parts.
    Closed(Vec<(String, Vec<usize>)>),
    Ints(i64, i64),
    Array(usize),
    Keyed(usize),
    /// Labels with types of parts; there are always others.
    Open(Vec<Vec<usize>>),
}

impl Universe {
    pub(super) fn add(&mut self, def: Def) -> usize {
        self.types.push(def);
        self.types.len() - 1
    }

    pub(super) fn closed(&mut self, variants: &[(&str, &[usize])]) -> usize {
        let variants = variants.iter().map(|(name, parts)| ((*name).to_owned(), parts.to_vec()));
        self.add(Def::Closed(variants.collect()))
    }
}

impl Shapes for Universe {
    type Type = usize;

    fn shape(&self, ty: usize) -> Shape {
        match &self.types[ty] {
            Def::Closed(variants) => Shape::Closed(variants.len() as u32),
            Def::Ints(min, max) => Shape::Ints(*min, *max),
            Def::Array(_) => Shape::Array,
            Def::Keyed(_) => Shape::Keyed,
            Def::Open(_) => Shape::Open,
        }
    }

    fn parts(&self, ty: usize, of: Constructor, into: &mut Vec<usize>) {
        match (&self.types[ty], of) {
            (Def::Closed(variants), Constructor::Variant(index)) => into.extend(&variants[index as usize].1),
            (Def::Open(labels), Constructor::Label(label)) => {
                into.extend(labels.get(label as usize).into_iter().flatten());
            }
            (Def::Array(element) | Def::Keyed(element), Constructor::Element) => into.push(*element),
            (def, of) => panic!("{def:?} has no {of:?}"),
        }
    }
}

/// A pattern as a tree.
#[derive(Clone, Debug)]
pub(super) enum P {
    Any,
    V(u32, Vec<P>),
    I(i64, i64),
    L(u64, Vec<P>),
    A(Vec<P>, Option<Vec<P>>),
    K(Vec<(u64, P)>),
    Or(Vec<P>),
}

impl P {
    /// Adds it to the patterns; the ids of alternatives are noted in the order of the text.
    pub(super) fn build(&self, patterns: &mut Patterns, alternatives: &mut Vec<PatternId>) -> PatternId {
        let mut all = |parts: &[P], patterns: &mut Patterns| -> Vec<PatternId> {
            parts.iter().map(|part| part.build(patterns, alternatives)).collect()
        };
        match self {
            P::Any => patterns.any(),
            P::V(index, parts) => {
                let parts = all(parts, patterns);
                patterns.variant(*index, &parts)
            }
            P::I(from, to) => patterns.ints(*from, *to),
            P::L(label, parts) => {
                let parts = all(parts, patterns);
                patterns.label(*label, &parts)
            }
            P::A(before, after) => {
                let before = all(before, patterns);
                let after = after.as_ref().map(|after| all(after, patterns));
                patterns.array(&before, after.as_deref())
            }
            P::K(entries) => {
                let entries: Vec<_> =
                    entries.iter().map(|(key, value)| (*key, value.build(patterns, alternatives))).collect();
                patterns.keyed(&entries)
            }
            P::Or(parts) => {
                let mut ids = Vec::new();
                for part in parts {
                    let place = alternatives.len();
                    alternatives.push(PatternId::ANY);
                    let id = part.build(patterns, alternatives);
                    alternatives[place] = id;
                    ids.push(id);
                }
                patterns.or(&ids)
            }
        }
    }
}

/// What is found out, with the alternatives as their places in the order of the text.
pub(super) fn look(
    universe: &Universe,
    ty: usize,
    arms: &[(P, bool)],
    limits: Limits,
) -> Option<(Report<usize>, Vec<usize>)> {
    look_by(arms, |patterns, arms| match check(universe, patterns, ty, arms, limits) {
        Verdict::Known(report) => Some(report),
        Verdict::TooComplex => None,
    })
}

/// The same by the second way alone, which does not list everything that is missing.
pub(super) fn look_briefly(
    universe: &Universe,
    ty: usize,
    arms: &[(P, bool)],
    limits: Limits,
) -> Option<(Report<usize>, Vec<usize>)> {
    look_by(arms, |patterns, arms| search(universe, patterns, ty, arms, limits, false))
}

fn look_by(
    arms: &[(P, bool)],
    by: impl Fn(&Patterns, &[Arm]) -> Option<Report<usize>>,
) -> Option<(Report<usize>, Vec<usize>)> {
    let (mut patterns, mut alternatives) = (Patterns::new(), Vec::new());
    let arms: Vec<Arm> = arms
        .iter()
        .map(|(p, guarded)| Arm { pattern: p.build(&mut patterns, &mut alternatives), guarded: *guarded })
        .collect();
    let report = by(&patterns, &arms)?;
    let place = |id: &PatternId| alternatives.iter().position(|other| other == id).unwrap();
    let places = report.unreachable_alternatives.iter().map(place).collect();
    Some((report, places))
}

/// A witness as a reader would write it.
pub(super) fn print(universe: &Universe, witness: &Witness<usize>) -> String {
    let all = |parts: &[Witness<usize>]| {
        parts.iter().map(|part| print(universe, part)).collect::<Vec<_>>().join(", ")
    };
    match witness {
        Witness::Any => "_".to_owned(),
        Witness::Variant { ty, index, parts } => {
            let Def::Closed(variants) = &universe.types[*ty] else { panic!("{ty}") };
            let name = &variants[*index as usize].0;
            if parts.is_empty() { name.clone() } else { format!("{name}({})", all(parts)) }
        }
        Witness::Ints { from, to, .. } if from == to => from.to_string(),
        Witness::Ints { from, to, .. } => format!("{from}..={to}"),
        Witness::Label { label, parts, .. } if parts.is_empty() => format!(":{label}"),
        Witness::Label { label, parts, .. } => format!(":{label}({})", all(parts)),
        Witness::Array { before, rest, after, .. } => {
            let mut shown: Vec<_> = before.iter().map(|part| print(universe, part)).collect();
            shown.extend(rest.then(|| "..".to_owned()));
            shown.extend(after.iter().map(|part| print(universe, part)));
            format!("[{}]", shown.join(", "))
        }
        Witness::Keyed { entries, .. } => {
            let mut shown = String::new();
            for (key, value) in entries {
                write!(shown, "{key}: {}, ", print(universe, value)).unwrap();
            }
            format!("{{{}}}", shown.trim_end_matches(", "))
        }
        Witness::Entry(None) => "absent".to_owned(),
        Witness::Entry(Some(value)) => format!("has {}", print(universe, value)),
    }
}
