//! Where things are in this repository.

use std::fs;
use std::path::PathBuf;

use crate::error::{IoContext, Result};

/// The root of the workspace: cargo says where xtask's own manifest is, one level below it.
pub(crate) fn root() -> PathBuf {
    let manifest =
        std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let mut root = PathBuf::from(manifest);
    root.pop();
    root
}

/// A path below the root.
pub(crate) fn path(below: &str) -> PathBuf {
    root().join(below)
}

/// The files of a folder below the root whose names have an ending, in their order.
pub(crate) fn files(folder: &str, ending: &str) -> Result<Vec<PathBuf>> {
    let folder = path(folder);
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).at("read", &folder)? {
        let file = entry.at("read", &folder)?.path();
        if file.extension().is_some_and(|found| found == ending) {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| path("target"), |named| root().join(named))
}
