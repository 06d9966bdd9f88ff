//! Which constructors occur in a column, which rows each of them concerns, and what is left.

use super::Shape;
use super::pattern::{Pattern, PatternId, Patterns};

/// A set of values that the patterns of a column do not tell apart by their outermost constructor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Split {
    Variant(u32),
    Ints(i64, i64),
    Label(u64),
    /// An array of this many elements.
    Fixed(u32),
    /// An array of at least this many elements, those at the beginning and those at the end.
    AtLeast(u32, u32),
    /// Values told apart by these keys only.
    Keyed(Vec<u64>),
}

/// A set of values of a column, and the rows that may take some of them, ascending.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) what: What,
    pub(super) rows: Vec<u32>,
    /// Whether a row that takes all of the column is to be looked at here: not where [`What::Left`] does it already.
    pub(super) decides: bool,
}

/// What a branch is about.
#[derive(Debug)]
pub(super) enum What {
    /// A constructor that occurs in the column.
    Split(Split),
    /// What occurs in no pattern of the column.
    Left(Left),
    /// All of the column, with the alternatives as rows of their own.
    Alternatives,
}

/// What occurs in no pattern of a column.
#[derive(Debug)]
pub(super) enum Left {
    /// Cannot be listed, or is everything.
    Some,
    /// These, and where the second is true more of them.
    These(Vec<Split>, bool),
}

/// How much is found.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// Of constructors that are left.
    pub(super) most: usize,
    /// Of rows in all branches.
    pub(super) rows: u64,
}

/// The branches of a column of this shape; nothing where they have too many rows.
pub(super) fn split(
    patterns: &Patterns,
    heads: &[PatternId],
    shape: Shape,
    bounds: Bounds,
) -> Option<Vec<Branch>> {
    let column: Vec<Pattern> = heads.iter().map(|head| patterns.get(*head)).collect();
    if column.iter().any(|pattern| matches!(pattern, Pattern::Or(_))) {
        let rows = (0..column.len() as u32).collect();
        return Some(vec![Branch { what: What::Alternatives, rows, decides: true }]);
    }
    let (found, left) = match shape {
        Shape::Closed(variants) => closed(&column, variants, bounds.most),
        Shape::Ints(min, max) => ints(&column, min, max, bounds)?,
        Shape::Array => arrays(&column, bounds)?,
        Shape::Keyed => (keyed(patterns, &column), None),
        Shape::Open => (labels(&column), Some(Left::Some)),
    };
    let left = if found.is_empty() { Some(Left::Some) } else { left };
    match shape {
        Shape::Closed(0) => Some(Vec::new()),
        _ => branches(&column, found, left, bounds),
    }
}

/// A constructor that occurs, with the rows where it does, ascending.
type Found = (Split, Vec<u32>);

fn branches(
    column: &[Pattern],
    found: Vec<Found>,
    left: Option<Left>,
    bounds: Bounds,
) -> Option<Vec<Branch>> {
    let wild: Vec<u32> = rows_where(column, |pattern| matches!(pattern, Pattern::Any));
    if found.len() as u64 * wild.len() as u64 > bounds.rows {
        return None;
    }
    let decides = left.is_none();
    let mut branches: Vec<Branch> = found
        .into_iter()
        .map(|(split, rows)| Branch { what: What::Split(split), rows: merge(&rows, &wild), decides })
        .collect();
    if let Some(left) = left {
        branches.push(Branch { what: What::Left(left), rows: wild, decides: true });
    }
    Some(branches)
}

fn rows_where(column: &[Pattern], test: impl Fn(&Pattern) -> bool) -> Vec<u32> {
    (0..).zip(column).filter(|(_, pattern)| test(pattern)).map(|(row, _)| row).collect()
}

fn merge(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut both = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.iter().copied().peekable(), b.iter().copied().peekable());
    loop {
        let next = match (a.peek(), b.peek()) {
            (Some(left), Some(right)) if left < right => a.next(),
            (_, Some(_)) => b.next(),
            (_, None) => a.next(),
        };
        match next {
            Some(row) => both.push(row),
            None => return both,
        }
    }
}

/// Rows grouped by a key, by ascending keys.
fn group(mut keyed: Vec<(u64, u32)>) -> Vec<(u64, Vec<u32>)> {
    keyed.sort_unstable();
    let mut groups: Vec<(u64, Vec<u32>)> = Vec::new();
    for (key, row) in keyed {
        match groups.last_mut() {
            Some((last, rows)) if *last == key => rows.push(row),
            _ => groups.push((key, vec![row])),
        }
    }
    groups
}

fn closed(column: &[Pattern], variants: u32, most: usize) -> (Vec<Found>, Option<Left>) {
    let indices = (0..).zip(column).filter_map(|(row, pattern)| match pattern {
        Pattern::Variant(index, _) if *index < variants => Some((u64::from(*index), row)),
        _ => None,
    });
    let groups = group(indices.collect());
    let mut next = 0;
    let absent = groups.iter().map(|(index, _)| *index).chain([u64::from(variants)]).flat_map(|index| {
        let gap = next..index;
        next = index + 1;
        gap
    });
    let left = first(absent.map(|index| Split::Variant(index as u32)), most);
    let found = groups.into_iter().map(|(index, rows)| (Split::Variant(index as u32), rows)).collect();
    (found, left)
}

/// The first of what is left.
fn first(mut left: impl Iterator<Item = Split>, most: usize) -> Option<Left> {
    let these: Vec<Split> = left.by_ref().take(most).collect();
    let more = left.next().is_some();
    (!these.is_empty()).then_some(Left::These(these, more))
}

fn labels(column: &[Pattern]) -> Vec<Found> {
    let labels = (0..).zip(column).filter_map(|(row, pattern)| match pattern {
        Pattern::Label(label, _) => Some((*label, row)),
        _ => None,
    });
    group(labels.collect()).into_iter().map(|(label, rows)| (Split::Label(label), rows)).collect()
}

fn keyed(patterns: &Patterns, column: &[Pattern]) -> Vec<Found> {
    let rows = rows_where(column, |pattern| matches!(pattern, Pattern::Keyed { .. }));
    if rows.is_empty() {
        return Vec::new();
    }
    let mut keys = Vec::new();
    for pattern in column {
        if let Pattern::Keyed { keys: own, .. } = pattern {
            keys.extend_from_slice(patterns.keys(*own));
        }
    }
    keys.sort_unstable();
    keys.dedup();
    vec![(Split::Keyed(keys), rows)]
}

/// Cuts the integers at the ends of all ranges, so that each range is some of the pieces.
fn ints(column: &[Pattern], min: i64, max: i64, bounds: Bounds) -> Option<(Vec<Found>, Option<Left>)> {
    let ranges: Vec<(u32, i64, i64)> = (0..)
        .zip(column)
        .filter_map(|(row, pattern)| match pattern {
            Pattern::Ints(from, to) => Some((row, (*from).max(min), (*to).min(max))),
            _ => None,
        })
        .filter(|(_, from, to)| from <= to)
        .collect();
    let mut starts: Vec<i64> = ranges.iter().map(|(_, from, _)| *from).collect();
    starts.extend(ranges.iter().filter(|(_, _, to)| *to < max).map(|(_, _, to)| to + 1));
    starts.push(min);
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([max]);
    let mut pieces: Vec<Found> =
        starts.iter().zip(ends).map(|(from, to)| (Split::Ints(*from, to), Vec::new())).collect();
    let mut rows_in_all = 0;
    for (row, from, to) in ranges {
        let first = starts.partition_point(|start| *start < from);
        let behind = starts.partition_point(|start| *start <= to);
        rows_in_all += (behind - first) as u64;
        if rows_in_all > bounds.rows {
            return None;
        }
        for (_, rows) in pieces.iter_mut().take(behind).skip(first) {
            rows.push(row);
        }
    }
    Some(separate(pieces, bounds.most))
}

/// Pieces that occur, and those that do not.
fn separate(pieces: Vec<Found>, most: usize) -> (Vec<Found>, Option<Left>) {
    let (found, left): (Vec<_>, Vec<_>) = pieces.into_iter().partition(|(_, rows)| !rows.is_empty());
    let left = first(left.into_iter().map(|(split, _)| split), most);
    (found, left)
}

/// Cuts the arrays by their lengths, up to one from which on no pattern tells lengths apart.
fn arrays(column: &[Pattern], bounds: Bounds) -> Option<(Vec<Found>, Option<Left>)> {
    let (mut before, mut after, mut fixed) = (0, 0, None);
    for pattern in column {
        match pattern {
            Pattern::Array { before: own, after: None } => fixed = fixed.max(Some(own.len())),
            Pattern::Array { before: own, after: Some(end) } => {
                before = before.max(own.len());
                after = after.max(end.len());
            }
            _ => {}
        }
    }
    if let Some(fixed) = fixed {
        before = before.max((fixed + 1).saturating_sub(after));
    }
    let longest = before + after;
    let mut pieces: Vec<Found> = (0..longest as u32).map(|len| (Split::Fixed(len), Vec::new())).collect();
    pieces.push((Split::AtLeast(before as u32, after as u32), Vec::new()));
    let mut rows_in_all = 0;
    for (row, pattern) in (0..).zip(column) {
        match pattern {
            Pattern::Array { before, after: None } => {
                if let Some((_, rows)) = pieces.get_mut(before.len()) {
                    rows.push(row);
                }
            }
            Pattern::Array { before, after: Some(after) } => {
                rows_in_all += (longest + 1 - before.len() - after.len()) as u64;
                if rows_in_all > bounds.rows {
                    return None;
                }
                for (_, rows) in pieces.iter_mut().skip(before.len() + after.len()) {
                    rows.push(row);
                }
            }
            _ => {}
        }
    }
    Some(separate(pieces, bounds.most))
}
