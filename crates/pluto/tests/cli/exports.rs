//! Where an export goes: what is there already is not written over in silence.

use crate::support::{Ran, command, run, text, write_calls};
use expect_test::expect;
use std::fs::OpenOptions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A recording of one call.
fn recording(dir: &Path) -> PathBuf {
    let path = dir.join("recording");
    write_calls(&path, 1);
    path
}

#[test]
fn a_file_that_is_there_is_replaced_only_when_asked() {
    let dir = tempfile::tempdir().unwrap();
    let recording = recording(dir.path());
    let file = dir.path().join("events.json");
    let export = |more: &[&str]| {
        let arguments = ["export", text(&recording), "--to", "json", "-o", text(&file)];
        run(&[&arguments[..], more].concat()).whole().replace(text(dir.path()), "DIR")
    };
    let read = || std::fs::read_to_string(&file).unwrap();
    assert_eq!(
        export(&[]),
        "status 0\n--- stdout\n--- stderr\n1 written, 0 left out, 0 gaps\n",
        "a file that was not there"
    );
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(format!("{mode:o}"), "100600", "what a node did is the user's alone");
    let events = read();
    assert!(events.contains("\"kind\":\"call\""), "{events}");

    let output = |name: &str| run(&["export", text(&recording), "--to", "json", "-o", name]);
    assert_eq!(output("-").stdout, events, "- is standard output");
    assert!(!Path::new("-").exists());
    let nowhere = dir.path().join("none").join("events.json");
    assert_eq!(
        output(text(&nowhere)).stderr,
        format!("pluto: cannot write {}: No such file or directory (os error 2)\n", nowhere.display())
    );

    std::fs::write(&file, "mine").unwrap();
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: DIR/events.json exists already
        hint: name a file that does not, or use --force
    "#]]
    .assert_eq(&export(&[]));
    assert_eq!(read(), "mine");
    assert_eq!(export(&["--force"]), "status 0\n--- stdout\n--- stderr\n1 written, 0 left out, 0 gaps\n");
    assert_eq!(read(), events);

    // What cannot be written as a whole leaves what was there.
    std::fs::write(&file, "mine").unwrap();
    std::fs::remove_file(recording.join("events-000000.arrows")).unwrap();
    std::fs::remove_file(recording.join("manifest.json")).unwrap();
    assert!(export(&["--force"]).starts_with("status 2\n"));
    assert_eq!(read(), "mine");
    let left: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "the file and the recording, and no part of a file: {left:?}");
}

#[test]
fn what_a_killed_export_left_is_removed_by_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let recording = recording(dir.path());
    let mut dead = std::process::Command::new("true").spawn().unwrap();
    dead.wait().unwrap();
    let (dead, alive) = (dead.id(), std::process::id());
    let parts = [
        format!(".out.json.{dead}.part"),
        format!(".out.json.{alive}.part"),
        format!(".other.json.{dead}.part"),
        ".out.json.me.part".to_owned(),
    ];
    for part in &parts {
        std::fs::write(dir.path().join(part), "half").unwrap();
    }
    let arguments = ["export", text(&recording), "--to", "json", "-o", "out.json"];
    let ran: Ran = command(&arguments).current_dir(dir.path()).output().unwrap().into();
    assert_eq!(ran.status, 0, "{}", ran.whole());
    let there = parts.iter().map(|part| dir.path().join(part).exists());
    assert_eq!(there.collect::<Vec<_>>(), [false, true, true, true]);
}

#[test]
fn pipes_devices_and_links_are_what_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let recording = recording(dir.path());
    let arguments = ["export", text(&recording), "--to", "json"];
    let to =
        |path: &Path| [&arguments[..], &["-o", text(path)]].concat().iter().map(|&a| a.to_owned()).collect();
    let run_to = |path: &Path| {
        let arguments: Vec<String> = to(path);
        run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let events = run(&arguments).ok();
    assert_eq!(run_to(Path::new("/dev/null")).status, 0);
    assert_eq!(run_to(Path::new("/dev/stdout")).ok(), events);
    assert!(std::fs::metadata("/dev/null").is_ok_and(|there| !there.is_file()));

    // The shell's >>: what is there stays.
    let log = dir.path().join("log");
    std::fs::write(&log, "before\n").unwrap();
    let file = OpenOptions::new().append(true).open(&log).unwrap();
    let ran: Ran =
        command(&[&arguments[..], &["-o", "/dev/stdout"]].concat()).stdout(file).output().unwrap().into();
    assert_eq!(ran.status, 0, "{}", ran.whole());
    assert_eq!(std::fs::read_to_string(&log).unwrap(), format!("before\n{events}"));

    let pipe = dir.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = {
        let pipe = pipe.clone();
        std::thread::spawn(move || std::fs::read_to_string(pipe).unwrap())
    };
    assert_eq!(run_to(&pipe).status, 0);
    assert_eq!(reader.join().unwrap(), events);

    let (link, target) = (dir.path().join("link"), dir.path().join("target"));
    std::fs::write(&target, "mine").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    assert_eq!(run_to(&link).status, 2);
    let ran = run(&[&arguments[..], &["-o", text(&link), "--force"]].concat());
    assert_eq!(ran.status, 0, "{}", ran.whole());
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::read_to_string(&target).unwrap(), events);
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: DIR is a directory
        hint: name a file in it
    "#]]
    .assert_eq(&run_to(dir.path()).whole().replace(text(dir.path()), "DIR"));
}
