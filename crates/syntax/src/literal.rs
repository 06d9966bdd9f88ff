//! The values of literals: escapes, texts, numbers.

use crate::error::BadEscape;

/// The largest magnitude of an `int`: that of the smallest, after a minus.
pub(crate) const INT_MAGNITUDE: u64 = 1 << 63;

/// Reads an escape at the start of `text`, which begins with a backslash: how long it is, and what it stands for.
pub(crate) fn escape(text: &str) -> (usize, Result<char, BadEscape>) {
    let Some(letter) = text.chars().nth(1) else { return (1, Err(BadEscape::Unknown('\\'))) };
    let value = match letter {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '0' => '\0',
        '\\' => '\\',
        '"' => '"',
        'x' => return hexadecimal(text),
        'u' => return unicode(text),
        // The line's end is the string's end: it is no part of the escape.
        '\n' | '\r' => return (1, Err(BadEscape::Unknown(letter))),
        _ => return (1 + letter.len_utf8(), Err(BadEscape::Unknown(letter))),
    };
    (2, Ok(value))
}

fn hexadecimal(text: &str) -> (usize, Result<char, BadEscape>) {
    let digits = text.bytes().skip(2).take(2).take_while(u8::is_ascii_hexdigit).count();
    let value = text.get(2..2 + digits).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    let value = match value {
        Some(value) if digits == 2 && value.is_ascii() => Ok(char::from(value)),
        Some(_) if digits == 2 => Err(BadEscape::NotAscii),
        _ => Err(BadEscape::Hex),
    };
    (2 + digits, value)
}

fn unicode(text: &str) -> (usize, Result<char, BadEscape>) {
    if text.as_bytes().get(2) != Some(&b'{') {
        return (2, Err(BadEscape::Unicode));
    }
    let digits = text.bytes().skip(3).take_while(u8::is_ascii_hexdigit).count();
    let end = 3 + digits;
    if text.as_bytes().get(end) != Some(&b'}') {
        return (end, Err(BadEscape::Unicode));
    }
    let value = match text.get(3..end).and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
        Some(value) if digits <= 6 => char::from_u32(value).ok_or(BadEscape::NotACharacter),
        _ => Err(BadEscape::Unicode),
    };
    (end + 1, value)
}

/// Which text it is, for what stands for itself in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// `"…"`.
    Plain,
    /// Between the holes of `f"…"`: `{{` and `}}` are braces.
    Holes,
}

/// Adds to `out` what a text stands for. Lines of it lose up to `indent` bytes of white space at their beginning. An escape
/// that is wrong, which the lexer has reported, is left out.
pub(crate) fn unescape(text: &str, spelling: Spelling, indent: usize, out: &mut String) {
    let mut rest = text;
    out.reserve(text.len());
    while let Some(at) = rest.find(['\\', '\r', '\n', '{', '}']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let mut length = 1;
        match from.as_bytes().first() {
            Some(b'\\') => {
                let (escaped, value) = escape(from);
                length = escaped;
                out.extend(value);
            }
            Some(b'\r') if from.as_bytes().get(1) == Some(&b'\n') => {}
            Some(b'\n') => {
                out.push('\n');
                let line = from.get(1..).unwrap_or_default();
                length += line.bytes().take(indent).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            }
            first => {
                let again = spelling == Spelling::Holes && from.as_bytes().get(1) == first;
                length += usize::from(again && first != Some(&b'\r'));
                out.extend(from.chars().next());
            }
        }
        rest = from.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
}

/// The parts of a text in three quotes: without the line's end behind the opening quotes, without the last line where it holds
/// only the closing quotes and white space, and how much that white space is.
pub(crate) fn multi_line(text: &str) -> (&str, usize) {
    let body = text.strip_prefix("\r\n").or_else(|| text.strip_prefix('\n'));
    let Some(body) = body else { return (text, 0) };
    let last_line = body.rfind('\n').map_or(0, |at| at + 1);
    let (lines, last) = body.split_at(last_line);
    if last.bytes().all(|byte| matches!(byte, b' ' | b'\t')) {
        let lines = lines.strip_suffix('\n').unwrap_or(lines);
        (lines.strip_suffix('\r').unwrap_or(lines), last.len())
    } else {
        (body, 0)
    }
}

/// An integer as it is written. `None` where 64 bits do not hold it; what is no digit is passed over.
pub(crate) fn integer(text: &str) -> Option<u64> {
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'x', ..] => (16, text.get(2..).unwrap_or_default()),
        [b'0', b'o', ..] => (8, text.get(2..).unwrap_or_default()),
        [b'0', b'b', ..] => (2, text.get(2..).unwrap_or_default()),
        _ => (10, text),
    };
    let mut value = 0_u64;
    for digit in digits.chars().filter_map(|digit| digit.to_digit(radix)) {
        value = value.checked_mul(u64::from(radix))?.checked_add(u64::from(digit))?;
    }
    Some(value)
}

/// A float as it is written. `None` where it is too large; one that the lexer has refused is nought.
pub(crate) fn float(text: &str) -> Option<f64> {
    let value: Result<f64, _> = if text.contains('_') { text.replace('_', "").parse() } else { text.parse() };
    value.map_or(Some(0.0), |value| value.is_finite().then_some(value))
}

/// Nanoseconds of a unit.
pub(crate) fn unit(text: &str) -> Option<u64> {
    Some(match text {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// A duration as it is written, in nanoseconds. `None` where 63 bits do not hold it.
pub(crate) fn duration(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'_').count();
    let (number, name) = text.split_at(digits);
    integer(number)?.checked_mul(unit(name)?).filter(|nanoseconds| *nanoseconds < INT_MAGNITUDE)
}

#[cfg(test)]
mod tests {
    use super::{Spelling, duration, escape, float, integer, multi_line, unescape};
    use crate::error::BadEscape;

    #[test]
    fn escapes() {
        let all =
            [r"\n", r"\x41x", r"\u{1F600}", r"\x80", r"\xg", r"\u41", r"\u{}", r"\u{d800}", r"\q", r"\"];
        assert_eq!(
            all.map(escape),
            [
                (2, Ok('\n')),
                (4, Ok('A')),
                (9, Ok('\u{1F600}')),
                (4, Err(BadEscape::NotAscii)),
                (2, Err(BadEscape::Hex)),
                (2, Err(BadEscape::Unicode)),
                (4, Err(BadEscape::Unicode)),
                (8, Err(BadEscape::NotACharacter)),
                (2, Err(BadEscape::Unknown('q'))),
                (1, Err(BadEscape::Unknown('\\'))),
            ]
        );
    }

    #[test]
    fn texts() {
        let read = |text, spelling, indent| {
            let mut out = String::new();
            unescape(text, spelling, indent, &mut out);
            out
        };
        assert_eq!(read(r#"a\tb\"{}"#, Spelling::Plain, 0), "a\tb\"{}");
        assert_eq!(read("{{a}}", Spelling::Plain, 0), "{{a}}");
        assert_eq!(read("{{a}}", Spelling::Holes, 0), "{a}");
        assert_eq!(read("a\r\n  b\n    c\rd", Spelling::Plain, 2), "a\nb\n  c\rd");
        assert_eq!(multi_line("a\nb"), ("a\nb", 0));
        assert_eq!(multi_line("\n  a\n  b\n  "), ("  a\n  b", 2));
        assert_eq!(multi_line("\n  "), ("", 2));
        assert_eq!(multi_line("\r\na\r\n"), ("a", 0));
        assert_eq!(multi_line("\na\nb"), ("a\nb", 0));
    }

    #[test]
    fn numbers() {
        assert_eq!(integer("18_446_744_073_709_551_615"), Some(u64::MAX));
        assert_eq!(integer("18446744073709551616"), None);
        assert_eq!([integer("0xfF"), integer("0o17"), integer("0b101")], [Some(255), Some(15), Some(5)]);
        assert_eq!([float("1_0.5e-1"), float("1e999")], [Some(1.05), None]);
        assert_eq!(
            [duration("1_0ms"), duration("2s"), duration("1m")],
            [Some(10_000_000), Some(2_000_000_000), Some(60_000_000_000)]
        );
        assert_eq!(duration("9223372036854775808ns"), None);
    }
}
