//! `--watch`: a command that is run again when the files change that it is about.

use crate::failure::Failure;
use crate::output;
use crate::sources::{self, MANIFEST};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, SystemTime};

/// How often it is looked.
const LOOKS: Duration = Duration::from_millis(200);

/// The argument that asks for it.
const WATCH: &str = "--watch";

/// When each file was changed, and how long it is. Files are looked at, since a system that tells of changes tells of whole directories,
/// also of what is built there, and not of what another machine changes.
type Seen = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// Runs this command without `--watch`, and again whenever something in the paths has changed, until it is ended from outside.
pub(crate) fn run(paths: &[PathBuf]) -> Result<u8, Failure> {
    let mut seen = look(paths);
    loop {
        let mut child = start()?;
        seen = changed(paths, &seen, &mut child);
        // It may have ended by itself, and then there is nothing to end.
        let _gone = child.kill();
        child.wait().map_err(|error| Failure::io("cannot wait for the command", &error))?;
    }
}

/// This command, without `--watch`, in a process of its own: what it was told before it is told again.
fn start() -> Result<Child, Failure> {
    let program = std::env::current_exe().map_err(|error| Failure::io("cannot find this program", &error))?;
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let own = arguments.iter().take_while(|argument| *argument != "--");
    if let Some(at) = own.into_iter().position(|argument| argument == WATCH) {
        arguments.remove(at);
    }
    Command::new(program)
        .args(arguments)
        .spawn()
        .map_err(|error| Failure::io("cannot start the command", &error))
}

/// Waits for a change, and says so once where the command has ended.
fn changed(paths: &[PathBuf], seen: &Seen, child: &mut Child) -> Seen {
    let mut told = false;
    loop {
        std::thread::sleep(LOOKS);
        let now = look(paths);
        if now != *seen {
            return now;
        }
        if !told && child.try_wait().is_ok_and(|ended| ended.is_some()) {
            told = true;
            output::note("waiting for a change; Ctrl-C ends it");
        }
    }
}

/// The files in the paths, those of the packages that they belong to, and the manifests of these.
fn look(paths: &[PathBuf]) -> Seen {
    // What is not there, or cannot be read, the command says; it may be there later.
    let named = sources::find(paths).unwrap_or_default();
    let mut files: Vec<PathBuf> = named.into_iter().map(|found| found.path).collect();
    // The files of a directory are of one package.
    let real = files.iter().filter_map(|file| std::fs::canonicalize(file).ok());
    let directories: BTreeSet<PathBuf> = real.filter_map(|file| Some(file.parent()?.to_owned())).collect();
    let packages =
        directories.iter().filter_map(|directory| sources::package_root(&directory.join(MANIFEST)));
    for package in packages.collect::<BTreeSet<PathBuf>>() {
        files.extend(sources::of_package(&package).unwrap_or_default());
        files.push(package.join(MANIFEST));
    }
    let state = |file: PathBuf| {
        let found = std::fs::metadata(&file).ok()?;
        Some((file, (found.modified().ok(), found.len())))
    };
    files.into_iter().filter_map(state).collect()
}
