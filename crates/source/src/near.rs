//! Names that were probably meant.

/// Names that are shown at most.
const SHOWN_MAX: usize = 3;

/// Characters of a name that are compared; no atom is longer.
const CHARACTERS_MAX: usize = 255;

/// The candidates closest to `wanted`, the closest first, at most three. A name is close where a third of its
/// characters or fewer (at least one) are missing, added, changed, or swapped with their neighbour; case counts
/// for little, and a candidate that begins or ends with `wanted` is close too.
#[must_use]
pub fn near_misses<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted_small: Vec<char> = small(wanted);
    let limit = (wanted_small.len() / 3).max(1);
    let mut near: Vec<(usize, &str)> = Vec::new();
    for candidate in candidates {
        let candidate_small = small(candidate);
        let distance = if candidate_small.len().abs_diff(wanted_small.len()) <= limit {
            distance(&wanted_small, &candidate_small)
        } else {
            usize::MAX
        };
        let contained = wanted_small.len() >= 3
            && (candidate_small.starts_with(&wanted_small) || candidate_small.ends_with(&wanted_small));
        if candidate != wanted && (distance <= limit || contained) {
            near.push((distance.min(limit + 1), candidate));
            near.sort();
            near.dedup();
            near.truncate(SHOWN_MAX);
        }
    }
    near.into_iter().map(|(_, candidate)| candidate).collect()
}

fn small(name: &str) -> Vec<char> {
    name.chars().take(CHARACTERS_MAX).flat_map(char::to_lowercase).take(CHARACTERS_MAX).collect()
}

/// Optimal string alignment: insertions, deletions, changes and swaps of neighbours, no part edited twice.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let mut previous = None;
    for (row, l) in left.iter().enumerate() {
        let mut next = Vec::with_capacity(last.len());
        next.push(row + 1);
        let mut above = None;
        for (column, r) in right.iter().enumerate() {
            let at = |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX - 1);
            let mut best = (at(&last, column) + usize::from(l != r)).min(at(&last, column + 1) + 1);
            best = best.min(at(&next, column) + 1);
            if let Some(swapped) = column.checked_sub(1)
                && previous == Some(r)
                && above == Some(l)
            {
                best = best.min(at(&before, swapped) + 1);
            }
            next.push(best);
            above = Some(r);
        }
        before = std::mem::replace(&mut last, next);
        previous = Some(l);
    }
    last.last().copied().unwrap_or_default()
}
