//! Licences of everything that is linked, against the list in `deny.toml`.
//!
//! `deny.toml` has the form that cargo-deny reads; of it, this understands `[licenses]` with `allow` and `exceptions`,
//! one entry a line. Above each exception stands `# until YEAR-MONTH-DAY: reason`, and after that day it fails.

use super::Violation;
use crate::metadata::Package;

/// What `deny.toml` says about licences.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Policy {
    allow: Vec<String>,
    exceptions: Vec<Exception>,
}

/// One package that may carry more licences until a day.
#[derive(Debug, PartialEq, Eq)]
struct Exception {
    package: String,
    allow: Vec<String>,
    /// The last day, as `YEAR-MONTH-DAY`.
    until: String,
    line: usize,
}

/// Reads the policy; whatever is not understood is a violation, so that no rule is dropped silently.
pub(super) fn policy(path: &str, text: &str) -> (Policy, Vec<Violation>) {
    let (mut policy, mut found) = (Policy::default(), Vec::new());
    let (mut section, mut list, mut until) = (String::new(), String::new(), None);
    for (number, line) in text.lines().map(str::trim).enumerate() {
        let number = number + 1;
        if let Some(date) = line.strip_prefix("# until ").and_then(|rest| rest.split_once(':')) {
            until = Some(date.0.to_owned());
        } else if line.starts_with('[') && line.ends_with(']') && !line.contains(',') && list.is_empty() {
            line.clone_into(&mut section);
        } else if line.is_empty() || line.starts_with('#') || section != "[licenses]" {
        } else if let Some(name) = line.strip_suffix(" = [") {
            name.clone_into(&mut list);
        } else if line == "]" {
            list.clear();
        } else if list == "allow" {
            policy.allow.extend(quoted(line));
        } else if list == "exceptions" {
            match exception(line, until.take(), number) {
                Some(exception) => policy.exceptions.push(exception),
                None => found.push(Violation::at(
                    "licence",
                    path,
                    number,
                    "write an exception as `{ crate = \"NAME\", allow = [\"LICENCE\"] },` with `# until \
                     YEAR-MONTH-DAY: reason` above it",
                )),
            }
        } else if !line.contains(" = ") {
            found.push(Violation::at("licence", path, number, "this line was not understood"));
        }
    }
    (policy, found)
}

fn exception(line: &str, until: Option<String>, number: usize) -> Option<Exception> {
    let mut words = quoted(line).into_iter();
    let named = line.starts_with("{ crate = \"") && line.contains("\", allow = [");
    let (package, until) = (words.next().filter(|_| named)?, until.filter(|date| is_date(date))?);
    Some(Exception { package, allow: words.collect(), until, line: number })
}

fn is_date(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() })
}

fn quoted(line: &str) -> Vec<String> {
    line.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Checks every package against the policy, on a day given as `YEAR-MONTH-DAY`.
pub(super) fn check(path: &str, policy: &Policy, packages: &[Package], today: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    for exception in &policy.exceptions {
        let used = packages.iter().any(|package| package.name == exception.package);
        if exception.until.as_str() < today {
            let text = format!("the exception for `{}` ended on {}", exception.package, exception.until);
            found.push(Violation::at("licence", path, exception.line, text));
        } else if !used {
            let text = format!("`{}` is not used any more: remove its exception", exception.package);
            found.push(Violation::at("licence", path, exception.line, text));
        }
    }
    for package in packages {
        let excepted =
            policy.exceptions.iter().filter(|e| e.package == package.name && e.until.as_str() >= today);
        let extra: Vec<&String> = excepted.flat_map(|exception| &exception.allow).collect();
        let may = |licence: &str| {
            policy.allow.iter().chain(extra.iter().copied()).any(|allowed| allowed == licence)
        };
        let text = match &package.licence {
            Some(expression) if satisfied(expression, &may) => continue,
            Some(expression) => format!("`{} {}` is under `{expression}`", package.name, package.version),
            None => format!("`{} {}` names no licence", package.name, package.version),
        };
        found.push(Violation::at("licence", path, 1, format!("{text}, which this file does not allow")));
    }
    found
}

/// Whether an SPDX licence expression can be met by allowed licences. `/` is an old spelling of `OR`.
fn satisfied(expression: &str, may: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let holds = either(&words, &mut at, may);
    holds == Some(true) && at == words.len()
}

fn either(words: &[&str], at: &mut usize, may: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut holds = both(words, at, may)?;
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        holds |= both(words, at, may)?;
    }
    Some(holds)
}

fn both(words: &[&str], at: &mut usize, may: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut holds = one(words, at, may)?;
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        holds &= one(words, at, may)?;
    }
    Some(holds)
}

fn one(words: &[&str], at: &mut usize, may: &dyn Fn(&str) -> bool) -> Option<bool> {
    let word = words.get(*at)?;
    *at += 1;
    if *word == "(" {
        let holds = either(words, at, may)?;
        (words.get(*at) == Some(&")")).then(|| *at += 1)?;
        return Some(holds);
    }
    if words.get(*at) == Some(&"WITH") {
        let exception = words.get(*at + 1)?;
        *at += 2;
        return Some(may(&format!("{word} WITH {exception}")));
    }
    Some(may(word))
}

/// The day of a moment, given in seconds since 1970, as `YEAR-MONTH-DAY` (proleptic Gregorian, UTC).
pub(super) fn day(seconds: u64) -> String {
    let mut days = seconds / 86_400;
    let mut year = 1970;
    loop {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = if leap { 366 } else { 365 };
        if days < length {
            let months = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            let mut month = 1;
            for length in months {
                if days < length {
                    break;
                }
                days -= length;
                month += 1;
            }
            return format!("{year:04}-{month:02}-{:02}", days + 1);
        }
        days -= length;
        year += 1;
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::{check, day, policy, satisfied};
    use crate::metadata::Package;

    const DENY: &str = r#"
[advisories]
ignore = []
[licenses]
confidence-threshold = 0.9
allow = [
    "MIT",
    "Apache-2.0 WITH LLVM-exception",
]
exceptions = [
    # until 2026-06-30: replaced by then
    { crate = "old", allow = ["MPL-2.0"] },
    # until 2027-06-30: being replaced
    { crate = "late", allow = ["MPL-2.0"] },
    # until 2027-06-30: gone
    { crate = "unused", allow = ["MPL-2.0"] },
    { crate = "undated", allow = ["MPL-2.0"] },
]
"#;

    fn package(name: &str, licence: Option<&str>) -> Package {
        Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            licence: licence.map(str::to_owned),
            own: false,
            dependencies: vec![],
            benches: vec![],
        }
    }

    #[test]
    fn packages_are_held_to_the_list_and_exceptions_to_their_day() {
        let (policy, mut found) = policy("deny.toml", DENY);
        let packages = [
            package("good", Some("MIT OR GPL-3.0")),
            package("bad", Some("GPL-3.0")),
            package("none", None),
            package("old", Some("MPL-2.0")),
            package("late", Some("MPL-2.0")),
        ];
        found.extend(check("deny.toml", &policy, &packages, "2026-11-20"));
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        expect![[r#"
            deny.toml:17: [licence] write an exception as `{ crate = "NAME", allow = ["LICENCE"] },` with `# until YEAR-MONTH-DAY: reason` above it
            deny.toml:12: [licence] the exception for `old` ended on 2026-06-30
            deny.toml:16: [licence] `unused` is not used any more: remove its exception
            deny.toml:1: [licence] `bad 1.0.0` is under `GPL-3.0`, which this file does not allow
            deny.toml:1: [licence] `none 1.0.0` names no licence, which this file does not allow
            deny.toml:1: [licence] `old 1.0.0` is under `MPL-2.0`, which this file does not allow"#]]
        .assert_eq(&lines.join("\n"));
    }

    #[test]
    fn expressions() {
        let may = |licence: &str| ["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"].contains(&licence);
        for (expression, expected) in [
            ("MIT", true),
            ("MIT/Apache-2.0", true),
            ("GPL-3.0", false),
            ("MIT AND GPL-3.0", false),
            ("MIT AND (GPL-3.0 OR Zlib)", true),
            ("GPL-3.0 OR MIT AND Zlib", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("Apache-2.0", false),
            ("MIT OR", false),
            ("(MIT", false),
            ("MIT Zlib", false),
            ("", false),
        ] {
            assert_eq!(satisfied(expression, &may), expected, "{expression}");
        }
    }

    #[test]
    fn days() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_798_761_599, "2026-12-31"),
            (1_798_761_600, "2027-01-01"),
        ] {
            assert_eq!(day(seconds), expected);
        }
    }
}
