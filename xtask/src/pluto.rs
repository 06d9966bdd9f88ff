//! The binary that all this is about, built for a chore.

use std::path::PathBuf;

use crate::error::Result;
use crate::test::cargo;
use crate::{run, workspace};

/// Builds the binary and returns where it is. The one dev profile is optimised, so nothing is built twice.
pub(crate) fn build() -> Result<PathBuf> {
    run::show(&mut cargo(["build", "--locked", "--package", "pluto"]))?;
    Ok(workspace::target().join("debug/pluto"))
}
