//! What is optional twice is optional once.

#[path = "support/lowered.rs"]
mod support;
#[path = "support/ways.rs"]
mod ways;

use pluto_ir::interpret::{Limits, Outcome};
use support::lowered;
use ways::each_way;

#[test]
fn what_is_taken_out_is_as_optional_as_it_was() {
    let text = "fn main() {
    let mut words: [string?] = [\"a\", none, \"b\"]
    print((words.pop(), words.pop(), words.pop(), words.pop()))
    let mut numbers: [int?] = [7, none]
    print((numbers.pop(), numbers.pop(), numbers.pop()))
    let mut map: Map<int, int?> = [1: 5, 2: none]
    print((map.get(1), map.get(2), map.get(3), map.remove(1), map.insert(2, 9), map.insert(2, 8)))
}
";
    let (ended, heard) = each_way(&lowered(text), Limits::default(), 0);
    assert_eq!(ended, Outcome::Finished);
    let lines: Vec<&str> = heard.text.lines().collect();
    assert_eq!(lines, ["(\"b\", none, \"a\", none)", "(none, 7, none)", "(5, none, none, 5, none, 9)",]);
}
