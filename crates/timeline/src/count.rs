//! Numbers of things in words.

/// A number of things: `1 event`, `2 events`. The plural is with an `s`, or `es` after one.
#[must_use]
pub fn count(n: u64, what: &str) -> String {
    match (n, what.ends_with('s')) {
        (1, _) => format!("1 {what}"),
        (n, true) => format!("{n} {what}es"),
        (n, false) => format!("{n} {what}s"),
    }
}
