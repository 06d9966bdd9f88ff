//! Functions on texts that the language itself lacks.

crate::function::table! { outside: false;
    "std.strings.host_is_letter" = |_, character: &str| character.chars().all(char::is_alphabetic);
    "std.strings.host_is_digit" = |_, character: &str| character.chars().all(|digit| digit.is_ascii_digit());
    "std.strings.host_parse_int" = |_, text: &str, radix: i64| parse(text, radix);
    "std.strings.host_distance" = |_, a: &str, b: &str| distance(a, b);
}

fn parse(text: &str, radix: i64) -> Option<i64> {
    let radix = u32::try_from(radix).ok().filter(|radix| (2..=36).contains(radix))?;
    i64::from_str_radix(text, radix).ok()
}

/// The distance of Levenshtein, a row at a time.
fn distance(a: &str, b: &str) -> i64 {
    let other: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, left) in a.chars().enumerate() {
        let mut before = at;
        let mut last = at + 1;
        let mut next = vec![last];
        for (right, above) in other.iter().zip(row.iter().skip(1)) {
            let changed = before + usize::from(*right != left);
            last = changed.min(above + 1).min(last + 1);
            before = *above;
            next.push(last);
        }
        row = next;
    }
    row.last().map_or(0, |distance| *distance as i64)
}
