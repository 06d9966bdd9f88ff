//! The list of what is not yet as it should be. It only shrinks: an entry that is not needed any more, or that allows
//! more than is needed, is itself a violation.
//!
//! One entry a line: `RULE PATH [FUNCTION] [LINES]  # reason`.

use super::Violation;

/// Where the list is.
pub(super) const PATH: &str = "xtask/tidy-exceptions.txt";

/// One entry.
struct Entry {
    line: usize,
    rule: String,
    path: String,
    item: Option<String>,
    measure: Option<usize>,
    used: bool,
}

/// Removes what the list excuses, and adds what is wrong with the list itself.
pub(super) fn apply(list: &str, violations: Vec<Violation>) -> Vec<Violation> {
    let (mut entries, mut left) = parse(list);
    for violation in violations {
        let excused = entries.iter_mut().find(|entry| {
            entry.rule == violation.rule
                && entry.path == violation.path
                && entry.item == violation.item
                && entry.measure == violation.measure
        });
        match excused {
            Some(entry) => entry.used = true,
            None => left.push(violation),
        }
    }
    left.extend(entries.iter().filter(|entry| !entry.used).map(|entry| {
        let text = format!(
            "nothing breaks `{}` at {} in just this way: mend or remove the entry",
            entry.rule, entry.path
        );
        Violation::at("exception", PATH, entry.line, text)
    }));
    left
}

fn parse(list: &str) -> (Vec<Entry>, Vec<Violation>) {
    let (mut entries, mut found) = (Vec::new(), Vec::new());
    for (number, line) in list.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match entry(line, number + 1) {
            Some(entry) => entries.push(entry),
            None => found.push(Violation::at(
                "exception",
                PATH,
                number + 1,
                "write an entry as `RULE PATH [FUNCTION] [LINES]  # reason`",
            )),
        }
    }
    (entries, found)
}

fn entry(line: &str, number: usize) -> Option<Entry> {
    let (facts, _reason) = line.split_once("  # ")?;
    let mut words: Vec<&str> = facts.split_whitespace().collect();
    let measure = words.last().and_then(|word| word.parse().ok());
    if measure.is_some() {
        words.pop();
    }
    let (rule, path, item) = match words[..] {
        [rule, path] => (rule, path, None),
        [rule, path, item] => (rule, path, Some(item.to_owned())),
        _ => return None,
    };
    Some(Entry { line: number, rule: rule.to_owned(), path: path.to_owned(), item, measure, used: false })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::apply;
    use crate::tidy::Violation;

    #[test]
    fn an_entry_excuses_exactly_what_it_names() {
        let violations = vec![
            Violation::at("function-size", "a.rs", 3, "long").measured(Some("f"), 130),
            Violation::at("function-size", "a.rs", 9, "longer").measured(Some("g"), 140),
            Violation::at("lock", "b.rs", 1, "unexplained"),
        ];
        let list = "# comment\n\
                    function-size a.rs f 130  # a table\n\
                    function-size a.rs g 150  # shrank since\n\
                    lock b.rs  # explained elsewhere\n\
                    file-size c.rs 1200  # gone\n\
                    lock d.rs without reason\n";
        let left = apply(list, violations);
        let lines: Vec<String> = left.iter().map(ToString::to_string).collect();
        expect![[r"
            xtask/tidy-exceptions.txt:6: [exception] write an entry as `RULE PATH [FUNCTION] [LINES]  # reason`
            a.rs:9: [function-size] longer
            xtask/tidy-exceptions.txt:3: [exception] nothing breaks `function-size` at a.rs in just this way: mend or remove the entry
            xtask/tidy-exceptions.txt:5: [exception] nothing breaks `file-size` at c.rs in just this way: mend or remove the entry"]]
        .assert_eq(&lines.join("\n"));
    }
}
