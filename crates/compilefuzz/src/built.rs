//! Programs as executables.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::ways::{Fault, difference};

/// Builds a program, and runs what was built.
pub(crate) fn check(pluto: &Path, files: &[(String, String)], output: &str) -> Result<(), Fault> {
    let not_built = |why: &dyn std::fmt::Display| Fault::new("not built", why.to_string());
    let dir = tempfile::tempdir().map_err(|error| not_built(&error))?;
    for (path, text) in files {
        std::fs::write(dir.path().join(path), text).map_err(|error| not_built(&error))?;
    }
    let first = files.first().map_or("main.pluto", |(path, _)| path.as_str());
    let mut build = Command::new(pluto);
    build.args(["build", first, "-o", "main"]).current_dir(dir.path()).stdin(Stdio::null());
    let said = build.output().map_err(|error| not_built(&error))?;
    if !said.status.success() {
        let stderr = String::from_utf8_lossy(&said.stderr);
        return Err(not_built(&format!("{}\n{stderr}", said.status)));
    }
    let mut main = Command::new(dir.path().join("main"));
    let ran = main.stdin(Stdio::null()).output().map_err(|error| not_built(&error))?;
    let printed = String::from_utf8_lossy(&ran.stdout);
    if ran.status.success() && printed == output {
        return Ok(());
    }
    let (status, stderr) = (ran.status, String::from_utf8_lossy(&ran.stderr));
    Err(Fault::new("built", format!("{status}\n{}\n{stderr}", difference(&printed, output))))
}
