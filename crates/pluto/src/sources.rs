//! Finding and reading programs in the language.

use crate::failure::Failure;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

/// How the names of such files end.
const EXTENSION: &str = "pluto";

/// What makes a directory a package.
pub(crate) const MANIFEST: &str = "pluto.toml";

/// Directories in which a walk does not look: those whose name begins with a dot, and this one, which holds what was built.
const BUILT: &str = "target";

/// Levels of directories that a walk goes down.
const DEPTH_MAX: u32 = 64;

/// A file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its path, as it is shown.
    pub(crate) path: PathBuf,
    /// The directory that was named, or that of the file that was named.
    pub(crate) root: PathBuf,
}

/// The files that are named, and those with the ending `.pluto` in the directories that are named, without duplicates, in the order of
/// their paths within each; all below the current directory where nothing is named.
pub(crate) fn find(paths: &[PathBuf]) -> Result<Vec<Found>, Failure> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here } else { paths };
    let mut found = Vec::new();
    for path in paths {
        if look_at(path)?.is_dir() {
            // What is below the current directory is called by its own name.
            let root = if path == Path::new(".") { Path::new("") } else { path };
            let mut files = Vec::new();
            walk(root, 0, &mut files)?;
            found.extend(files.into_iter().map(|path| Found { path, root: root.to_owned() }));
        } else {
            let root = path.parent().unwrap_or(Path::new("")).to_owned();
            found.push(Found { path: path.clone(), root });
        }
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|found| seen.insert(found.path.clone()));
    if found.is_empty() {
        let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Failure::new(format!("there is no .pluto file in {}", shown.join(", ")))
            .hint("name a file, or a directory that has some"));
    }
    Ok(found)
}

/// The files with the ending `.pluto` in a directory, without those of packages inside it.
pub(crate) fn of_package(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    walk(dir, 0, &mut files)?;
    files.retain(|file| package_root(file).as_deref() == Some(dir));
    Ok(files)
}

/// The directory of the package that a file belongs to: the nearest above it that has a `pluto.toml`.
pub(crate) fn package_root(file: &Path) -> Option<PathBuf> {
    file.ancestors().skip(1).find(|dir| dir.join(MANIFEST).is_file()).map(Path::to_owned)
}

fn look_at(path: &Path) -> Result<Metadata, Failure> {
    std::fs::metadata(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::io(format!("cannot read {}", path.display()), error)
}

/// Links are not followed on the way down, so that no walk goes in circles.
fn walk(dir: &Path, depth: u32, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if depth > DEPTH_MAX {
        return Err(Failure::new(format!("{} is more than {DEPTH_MAX} directories down", dir.display())));
    }
    let here = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let entries = std::fs::read_dir(here).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries = entries.map_err(|error| unreadable(dir, &error))?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let path = dir.join(&name);
        let kind = entry.file_type().map_err(|error| unreadable(&path, &error))?;
        let hidden = name.as_encoded_bytes().starts_with(b".");
        if kind.is_dir() && !hidden && name != BUILT {
            walk(&path, depth + 1, found)?;
        } else if !kind.is_dir() && path.extension().is_some_and(|end| end == EXTENSION) {
            found.push(path);
        }
    }
    Ok(())
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    text(bytes, &path.display().to_string())
}

/// Bytes as text. `name` is what they are called.
pub(crate) fn text(bytes: Vec<u8>, name: &str) -> Result<String, Failure> {
    if u32::try_from(bytes.len()).is_err() {
        return Err(Failure::new(format!("{name} is larger than 4 GB")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
        Failure::new(format!("{name} is not UTF-8: line {line}, byte {at} of the file"))
            .hint("programs are text in UTF-8")
    })
}
