//! Values of the Pluto language as text, and strings by their characters: what the interpreter and native programs must do alike.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

/// The characters of a range, from 0 on and without the last one; nothing where it is not within the string.
#[must_use]
pub fn slice(text: &str, from: i64, to: i64) -> Option<&str> {
    let place = |at: i64| usize::try_from(at).ok().and_then(|at| byte_at(text, at));
    text.get(place(from)?..place(to)?)
}

/// The byte at which a character begins, or the end.
fn byte_at(text: &str, at: usize) -> Option<usize> {
    if text.is_ascii() {
        return (at <= text.len()).then_some(at);
    }
    text.char_indices().map(|(byte, _)| byte).chain([text.len()]).nth(at)
}

/// How many characters a text lacks to a width, where there is something to fill it with.
#[must_use]
pub fn missing(text: &str, width: usize, with: &str) -> usize {
    if with.is_empty() { 0 } else { width.saturating_sub(text.chars().count()) }
}

/// Fills a text up by so many characters, before or behind it.
#[must_use]
pub fn pad(text: &str, missing: usize, with: &str, before: bool) -> String {
    let filling: String = with.chars().cycle().take(missing).collect();
    if before { filling + text } else { text.to_owned() + &filling }
}

/// A number as `{value:format}` shows it, from the packed format.
#[must_use]
pub fn formatted(format: u64, shown: String, int: Option<i64>, float: Option<f64>) -> String {
    let width = (format & 0xf_ffff) as usize;
    let precision = (format >> 20 & 0xfff) as usize;
    let (radix, align, zero) = (format >> 32 & 0xf, format >> 36 & 0xf, format >> 40 & 1 == 1);
    let text = match (int, float) {
        (Some(value), _) => match radix {
            1 => format!("{value:x}"),
            2 => format!("{value:b}"),
            3 => format!("{value:o}"),
            4 => format!("{value:e}"),
            _ => shown,
        },
        (_, Some(value)) if radix == 4 => format!("{value:e}"),
        (_, Some(value)) if precision > 0 => format!("{value:.*}", precision - 1),
        _ if precision > 0 => shown.chars().take(precision - 1).collect(),
        _ => shown,
    };
    let missing = width.saturating_sub(text.chars().count());
    let number = int.is_some() || float.is_some();
    if zero && number {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", text.as_str()),
        };
        return format!("{sign}{}{digits}", "0".repeat(missing));
    }
    let before = match align {
        1 => 0,
        2 => missing / 2,
        3 => missing,
        // Numbers stand to the right, as in a table.
        _ if number => missing,
        _ => 0,
    };
    format!("{}{text}{}", " ".repeat(before), " ".repeat(missing - before))
}

/// A float with as few digits as tell it from others, and a point.
#[must_use]
pub fn float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf".to_owned() } else { "-inf".to_owned() };
    }
    format!("{value:?}")
}

/// A duration in the largest unit in which it is whole.
#[must_use]
pub fn duration(nanos: i64) -> String {
    for (unit, name) in [(60_000_000_000, "m"), (1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")] {
        if nanos != 0 && nanos % unit == 0 {
            return format!("{}{name}", nanos / unit);
        }
    }
    if nanos == 0 { "0ms".to_owned() } else { format!("{nanos}ns") }
}

#[cfg(test)]
mod tests {
    use super::{duration, float, missing, pad, slice};

    #[test]
    fn places_are_counted_in_characters() {
        assert_eq!(
            (slice("abc", 1, 3), slice("abc", 3, 3), slice("abc", 2, 4)),
            (Some("bc"), Some(""), None)
        );
        assert_eq!(
            (slice("aäö", 1, 3), slice("aäö", 3, 3), slice("aäö", 2, 4)),
            (Some("äö"), Some(""), None)
        );
        assert_eq!((slice("abc", -1, 1), slice("abc", 2, 1)), (None, None));
    }

    #[test]
    fn a_text_is_filled_with_whole_characters() {
        assert_eq!(pad("é", missing("é", 4, "-ö"), "-ö", true), "-ö-é");
        assert_eq!(pad("abc", missing("abc", 2, " "), " ", false), "abc");
        assert_eq!(missing("abc", 9, ""), 0);
    }

    #[test]
    fn floats_have_a_point_and_durations_their_largest_unit() {
        let floats: Vec<String> = [1.0, -0.5, 1e300, f64::NAN, f64::NEG_INFINITY].map(float).into();
        assert_eq!(floats, ["1.0", "-0.5", "1e300", "nan", "-inf"]);
        let durations: Vec<String> = [0, 7, 1_500_000, 2_000_000_000, 120_000_000_000].map(duration).into();
        assert_eq!(durations, ["0ms", "7ns", "1500us", "2s", "2m"]);
    }
}
