//! The cases of `tests/cases`: programs, each with all that is said about it. `UPDATE_EXPECT=1` writes the files anew.

use std::fmt::Write;

use expect_test::expect_file;

use crate::support::{program, shown};

/// Checks the cases of a file: `## name`, the program, `----`, what is said about it.
fn cases(text: &str) -> String {
    let mut out = String::new();
    for case in text.split("## ").skip(1) {
        let (name, rest) = case.split_once('\n').expect("a case has a name");
        let (source, _) = rest.split_once("----\n").expect("a case has a line of dashes");
        let program = program(source);
        let said = shown(&program.files, &program.checked.diagnostics());
        let separator = if said.is_empty() { "" } else { "\n" };
        let _ = write!(out, "## {name}\n{source}----\n{said}{separator}");
        if said.is_empty() {
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

macro_rules! files {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            let text = include_str!(concat!("../cases/", stringify!($name), ".txt"));
            expect_file![concat!("../cases/", stringify!($name), ".txt")].assert_eq(&cases(text));
        }
    )*};
}

files! { concurrency contracts echoes errors generics injection modules mutability names patterns types }
