//! Cookies for nodes that a chore starts: random, in a file that only this user reads, never an argument.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::error::{IoContext, Result};

/// Writes a fresh cookie to `HOME/.erlang.cookie`, where a node with that `HOME` finds it, and returns the path.
pub(crate) fn make(home: &Path) -> Result<PathBuf> {
    let mut random = [0_u8; 16];
    let source = Path::new("/dev/urandom");
    File::open(source).and_then(|mut file| file.read_exact(&mut random)).at("read", source)?;
    let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    fs::create_dir_all(home).at("create", home)?;
    let path = home.join(".erlang.cookie");
    if path.exists() {
        fs::remove_file(&path).at("remove", &path)?;
    }
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o400).open(&path).at("create", &path)?;
    file.write_all(text.as_bytes()).at("write", &path)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_cookie_is_private_and_new_each_time() {
        let home = tempfile::tempdir().unwrap();
        let path = super::make(home.path()).unwrap();
        let first = std::fs::read_to_string(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o400);
        assert_eq!(first.len(), 32);
        super::make(home.path()).unwrap();
        assert_ne!(std::fs::read_to_string(&path).unwrap(), first);
    }
}
