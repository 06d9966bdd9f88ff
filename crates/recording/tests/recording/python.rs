//! Other tools read a recording: the program in the format document runs as it stands.

use super::given;
use expect_test::expect;
use pluto_recording::{About, Writer, WriterOptions};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs a command that must succeed, and gives what it printed.
fn run(program: &Path, arguments: &[&OsStr]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {arguments:?}: {stderr}", program.display());
    String::from_utf8(output.stdout).unwrap()
}

/// A Python that has pyarrow: the environment that `cargo xtask test` makes, made here where it is not there.
fn python() -> PathBuf {
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("python");
    let python = environment.join("bin/python3");
    let has_pyarrow = Command::new(&python).args(["-c", "import pyarrow"]).output();
    if !has_pyarrow.is_ok_and(|output| output.status.success()) {
        run("python3".as_ref(), &["-m".as_ref(), "venv".as_ref(), environment.as_ref()]);
        run(&python, &["-m", "pip", "install", "--quiet", "pyarrow"].map(OsStr::new));
    }
    python
}

/// The program in the format document.
fn program() -> String {
    let document = include_str!("../../../../docs/recording-format.md");
    let (_, rest) = document.split_once("```python\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_program_in_the_format_document() {
    let dir = tempfile::tempdir().unwrap();
    let finished = dir.path().join("finished");
    given::sample(&finished);
    let (python, program) = (python(), program());
    let calls = |recording: &Path| run(&python, &["-c".as_ref(), program.as_ref(), recording.as_ref()]);
    expect![[r#"
        1795000000000001000 0 shop:place_order/2 6c00000002610761036a
    "#]]
    .assert_eq(&calls(&finished));

    let unfinished = dir.path().join("unfinished");
    let mut writer = Writer::create(&unfinished, WriterOptions::default(), About::default()).unwrap();
    given::fill(writer.tables_mut(), 0..3);
    for time in 0..3_u8 {
        writer.push(&given::call(i64::from(time), u32::from(time), &[97, time])).unwrap();
        writer.flush().unwrap();
    }
    expect![[r#"
        0 0 atom 0 é:atom 0 é/0 6100
        1 1 atom 1 é:atom 0 é/1 6101
        2 2 atom 2 é:atom 0 é/2 6102
    "#]]
    .assert_eq(&calls(&unfinished));
}
