//! Help, man pages and completions come from one source, and say everything.

use crate::support::run;

#[test]
fn every_command_has_a_man_page_and_help() {
    let dir = tempfile::tempdir().expect("a folder");
    let target = dir.path().join("man");
    run(&["man", "-o", target.to_str().expect("UTF-8")]).ok();
    let mut pages: Vec<String> = std::fs::read_dir(&target)
        .expect("the folder is there")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"))
        .collect();
    pages.sort();
    let commands = [
        "adjust",
        "build",
        "check",
        "clean",
        "completions",
        "doc",
        "explain",
        "export",
        "fmt",
        "import",
        "list",
        "man",
        "nodes",
        "ping",
        "record",
        "run",
        "show",
        "stat",
        "stop",
        "test",
        "trace",
    ];
    let mut expected: Vec<String> = commands.iter().map(|c| format!("pluto-{c}.1")).collect();
    expected.insert(0, "pluto.1".to_owned());
    expected.sort();
    assert_eq!(pages, expected);
    let help = run(&["--help"]).ok();
    for command in commands {
        assert!(help.contains(&format!("\n  {command} ")), "{command} is not in the help:\n{help}");
        assert!(run(&[command, "--help"]).ok().contains("Usage: pluto "));
    }
}

#[test]
fn completions_of_each_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(run(&["completions", shell]).ok().contains("record"), "{shell}");
    }
}

#[test]
fn mistyped_arguments_have_status_2() {
    for arguments in [
        &["recrod"][..],
        &["trace"],
        &["export", "dir", "--to", "pdf"],
        &["trace", "a@b", "m:f", "--rate", "2/3"],
    ] {
        assert_eq!(run(arguments).status, 2, "{arguments:?}");
    }
}
