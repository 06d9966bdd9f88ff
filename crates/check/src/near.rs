//! How alike two names are.

/// The number of edits between two names, where it is small for their length. A swap of neighbours is one edit.
pub(crate) fn distance(a: &str, b: &str) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let most = a.len().max(b.len()) / 3;
    if a.len().abs_diff(b.len()) > most || a.len() > 64 || b.len() > 64 {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let of = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let change = of(&last, j) + usize::from(!x.eq_ignore_ascii_case(y));
            let mut least = change.min(of(&last, j + 1) + 1).min(of(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                least = least.min(of(&before, j - 1) + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn only_names_that_are_alike_are_near() {
        assert_eq!(distance("lenght", "length"), Some(1));
        assert_eq!(distance("cout", "count"), Some(1));
        assert_eq!(distance("Point", "point"), Some(0));
        assert_eq!(distance("total", "amount"), None);
        assert_eq!(distance("x", "y"), None);
    }
}
