//! Programs that were compiled wrongly once do what they must, in each way that there is to run them.

use std::path::Path;

use pluto_compilefuzz::{Ways, check};
use pluto_testcompiler::Regression;

#[test]
fn regressions_print_what_they_must() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/regressions");
    let mut seen = 0;
    for entry in std::fs::read_dir(directory).expect("the regressions") {
        let path = entry.expect("one of them").path();
        if path.extension().is_some_and(|extension| extension == "pluto") {
            let one = Regression::read(&std::fs::read_to_string(&path).expect("its text"));
            assert_eq!(check(&one.files, &one.output, &Ways::ALL), Ok(()), "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 0);
}

/// What is no regression any more would be seen.
#[test]
fn a_program_that_prints_something_else_has_a_fault() {
    let files = [("main.pluto".to_owned(), "fn main() { print(1) }\n".to_owned())];
    assert_eq!(check(&files, "1\n", &Ways::ALL), Ok(()));
    let fault = check(&files, "2\n", &Ways::ALL).expect_err("it prints 1");
    assert_eq!(fault.kind, "interpreted");
    assert_eq!(fault.detail.lines().nth(1), Some("line 1: `1` in place of `2`"));
    let files = [("main.pluto".to_owned(), "fn main() { print(1 + true) }\n".to_owned())];
    assert_eq!(check(&files, "", &Ways::ALL).expect_err("it is wrong").kind, "not checked");
}
