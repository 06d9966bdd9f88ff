//! What is optional twice is optional once.

use pluto_ir::interpret::{Limits, Outcome, run};
use pluto_testcompiler::TestCompiler;

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
    let checked = TestCompiler::new(text).check();
    assert_eq!(checked.shown(), "");
    let main = pluto_ir::mains(&checked.program).next().expect("there is a `main`");
    let lowered = pluto_ir::lower(&checked.program, main).expect("all of it can be lowered");
    let mut lines = Vec::new();
    let ended = run(&lowered, lowered.main.expect("it was asked for"), Limits::default(), &mut |line| {
        lines.push(line.to_owned());
    });
    assert_eq!(ended, Outcome::Finished);
    assert_eq!(lines, ["(\"b\", none, \"a\", none)", "(none, 7, none)", "(5, none, none, 5, none, 9)",]);
}
