//! A Python environment with `pyarrow` below `target`: recordings must open in it without Pluto.

use std::path::PathBuf;

use crate::error::Result;
use crate::{apt, run, workspace};

/// Where the test of `pluto-recording` looks for the environment: below the directory that cargo gives to tests.
fn home() -> PathBuf {
    workspace::target().join("tmp/pyarrow")
}

/// The interpreter of the environment.
fn interpreter() -> PathBuf {
    home().join("bin/python3")
}

/// Makes the environment unless it is there: Python from the system's package manager where it is missing, `pyarrow`
/// by pip.
pub(crate) fn ensure() -> Result<()> {
    if let Some(version) = pyarrow() {
        println!("pyarrow {version} is there");
        return Ok(());
    }
    let usable = run::output(&mut run::command("python3", ["-c", "import venv, ensurepip"]));
    if !usable.is_ok_and(|output| output.status.success()) {
        apt::install(&["python3", "python3-venv"], "reading recordings without Pluto")?;
    }
    println!("making a Python environment below target, with `pip install pyarrow`");
    run::capture(run::command("python3", ["-m", "venv", "--clear"]).arg(home()))?;
    run::capture(&mut run::command(
        interpreter(),
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", "pyarrow"],
    ))?;
    println!("pyarrow {} is there", pyarrow().unwrap_or_default());
    Ok(())
}

fn pyarrow() -> Option<String> {
    let probe = "import pyarrow; print(pyarrow.__version__)";
    let version = run::capture(&mut run::command(interpreter(), ["-c", probe])).ok()?;
    Some(version.trim().to_owned())
}
