//! Floats, and which characters count as text.

/// Floats from here on (2 to the power of 53) have no fraction, and are shown with an exponent.
const NO_FRACTION: f64 = 9_007_199_254_740_992.0;

/// The shortest text that reads back as `value`, in the form nodes since OTP 25 choose: whichever of plain and
/// exponent notation is shorter, plain where they are equal; always with an exponent from 2^53 on.
pub(super) fn float(value: f64) -> String {
    let scientific = format!("{:e}", value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value == 0.0 {
        return format!("{sign}0.0");
    }
    let plain = plain(&digits, exponent);
    let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
    let rest = if rest.is_empty() { "0" } else { rest };
    let with_exponent = format!("{first}.{rest}e{exponent}");
    let long =
        value.abs() >= NO_FRACTION || plain.as_ref().is_none_or(|plain| plain.len() > with_exponent.len());
    match plain {
        Some(plain) if !long => format!("{sign}{plain}"),
        _ => format!("{sign}{with_exponent}"),
    }
}

/// The digits with a point in their place; none where that takes many zeros.
fn plain(digits: &str, exponent: i32) -> Option<String> {
    const MANY: usize = 24;
    let count = digits.len();
    if exponent < 0 {
        let zeros = usize::try_from(-exponent - 1).ok().filter(|&zeros| zeros < MANY)?;
        return Some(format!("0.{}{digits}", "0".repeat(zeros)));
    }
    let whole = usize::try_from(exponent).ok()?.checked_add(1)?;
    match digits.split_at_checked(whole) {
        Some((left, "")) => Some(format!("{left}.0")),
        Some((left, right)) => Some(format!("{left}.{right}")),
        None if whole < MANY => Some(format!("{digits}{}.0", "0".repeat(whole - count))),
        None => None,
    }
}

/// Whether both languages take the character as printable, escapes aside.
pub(super) fn is_plain(character: char) -> bool {
    matches!(character,
        ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

/// The character an integer stands for.
pub(super) fn character(value: Option<i64>) -> Option<char> {
    char::from_u32(u32::try_from(value?).ok()?)
}
