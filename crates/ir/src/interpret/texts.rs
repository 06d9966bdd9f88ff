//! Strings: places are counted in characters.

use crate::program::Trap;

/// The byte at which a character begins, or the end.
fn byte_at(text: &str, at: usize) -> Option<usize> {
    text.char_indices().map(|(byte, _)| byte).chain([text.len()]).nth(at)
}

/// The characters of a range; a trap where it is not within the string.
pub(super) fn slice(text: &str, from: i64, to: i64) -> Result<&str, Trap> {
    let place = |at: i64| usize::try_from(at).ok().and_then(|at| byte_at(text, at)).ok_or(Trap::Index);
    text.get(place(from)?..place(to)?).ok_or(Trap::Index)
}

/// A range without its last one, whether that is in it or not.
pub(super) fn ends(from: u64, to: u64, inclusive: u64) -> Result<(i64, i64), Trap> {
    let to = to as i64;
    let to = if inclusive != 0 { to.checked_add(1).ok_or(Trap::Index)? } else { to };
    Ok((from as i64, to))
}

/// Fills a text up to a width, before or behind it.
pub(super) fn pad(text: &str, width: usize, with: &str, before: bool) -> String {
    let missing = width.saturating_sub(text.chars().count());
    let filling: String = with.chars().cycle().take(if with.is_empty() { 0 } else { missing }).collect();
    if before { filling + text } else { text.to_owned() + &filling }
}

/// A number as `{value:format}` shows it, from the packed format.
pub(super) fn formatted(format: u64, shown: String, int: Option<i64>, float: Option<f64>) -> String {
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
