//! Writing results: colour, and files that are whole or not there at all.

use crate::failure::Failure;
pub(crate) use pluto_native::note;
use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions, Permissions};
use std::io::{BufWriter, ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Whether the two output streams get colour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Colour {
    /// Standard output.
    pub(crate) out: bool,
    /// Standard error.
    pub(crate) err: bool,
}

/// Standard output, buffered; what is written comes out at the end or when the buffer is full.
pub(crate) fn standard() -> BufWriter<std::io::StdoutLock<'static>> {
    BufWriter::with_capacity(1 << 16, std::io::stdout().lock())
}

/// Writes a result to standard output, and gives its status. Where the reader has gone away, as `head` does, the
/// status stands all the same, and where it is not 0 standard error says why.
pub(crate) fn result(
    status: u8,
    why: &str,
    write: impl FnOnce(&mut BufWriter<std::io::StdoutLock<'static>>) -> std::io::Result<()>,
) -> Result<u8, Failure> {
    let mut out = standard();
    match write(&mut out).and_then(|()| out.flush()) {
        Ok(()) => Ok(status),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            if status != 0 {
                note(why);
            }
            Ok(status)
        }
        Err(error) => Err(error.into()),
    }
}

/// Who may read a file that is written. The umask is asked in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Everybody, as is usual.
    All,
    /// Everybody, who may also run it.
    Program,
    /// The user alone: it holds what a node did.
    User,
    /// Those who may read the file that it takes the place of, by its mode, whatever the umask is.
    As(u32),
}

impl Readers {
    fn mode(self) -> u32 {
        match self {
            Readers::All => 0o666,
            Readers::Program => 0o777,
            Readers::User | Readers::As(_) => 0o600,
        }
    }
}

/// Writes what a node did to where the user wants it. A file is there whole or not at all, is the user's alone, and takes
/// the place of another one only where `force` says so; a pipe or a device is written as it comes.
pub(crate) fn private(
    path: &Path,
    force: bool,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let Ok(there) = std::fs::metadata(path) else { return whole_file(path, Readers::User, write) };
    if there.is_dir() {
        return Err(Failure::new(format!("{} is a directory", path.display())).hint("name a file in it"));
    }
    let failed = |e: &std::io::Error| Failure::io(format!("cannot write {}", path.display()), e);
    if there.is_file() {
        if !force {
            return Err(Failure::new(format!("{} exists already", path.display()))
                .hint("name a file that does not, or use --force"));
        }
        // A link stays one: what it leads to is replaced.
        let path = std::fs::canonicalize(path).map_err(|e| failed(&e))?;
        return whole_file(&path, Readers::User, write);
    }
    let file = OpenOptions::new().write(true).open(path).map_err(|e| failed(&e))?;
    let mut out = BufWriter::with_capacity(1 << 16, file);
    write(&mut out)?;
    out.flush().map_err(|e| failed(&e))
}

/// Writes a file so that it is there whole or not at all: beside its place first, then renamed into it.
pub(crate) fn whole_file(
    path: &Path,
    readers: Readers,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let name =
        path.file_name().ok_or_else(|| Failure::new(format!("{} is not a file name", path.display())))?;
    let part = path.with_file_name(part_name(name, std::process::id()));
    remove_dead_parts(path, name);
    let result = write_part(&part, path, readers, write).and_then(|()| {
        std::fs::rename(&part, path).map_err(|e| Failure::io(format!("cannot write {}", path.display()), &e))
    });
    if result.is_err() {
        // The reason of the failure is told; a part that was never made cannot be removed either.
        let _never_made = std::fs::remove_file(&part);
    }
    result
}

/// What a file is called while a process writes it.
fn part_name(name: &OsStr, process: u32) -> OsString {
    let mut part = OsString::from(".");
    part.push(name);
    part.push(format!(".{process}.part"));
    part
}

/// Removes what was left of the same file by processes that were killed while they wrote it.
fn remove_dead_parts(path: &Path, name: &OsStr) {
    let lives = |process: u32| Path::new("/proc").join(process.to_string()).exists();
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Where nothing tells which processes live, or what is there, it stays.
    let (true, Ok(entries)) = (lives(std::process::id()), std::fs::read_dir(dir)) else { return };
    for entry in entries.flatten() {
        let file = entry.file_name();
        let number =
            file.to_str().and_then(|file| file.strip_suffix(".part")?.rsplit('.').next()?.parse().ok());
        if let Some(process) = number
            && file == part_name(name, process)
            && !lives(process)
        {
            // It is in nobody's way where it cannot be removed.
            let _stays = std::fs::remove_file(entry.path());
        }
    }
}

/// Writes the part of a file; what fails is told of the file, whose name the user knows.
fn write_part(
    part: &Path,
    whole: &Path,
    readers: Readers,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let failed = |e: &std::io::Error| Failure::io(format!("cannot write {}", whole.display()), e);
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(readers.mode())
        .open(part)
        .map_err(|e| failed(&e))?;
    if let Readers::As(mode) = readers {
        file.set_permissions(Permissions::from_mode(mode)).map_err(|e| failed(&e))?;
    }
    let mut out = BufWriter::with_capacity(1 << 16, file);
    write(&mut out)?;
    out.flush().map_err(|e| failed(&e))?;
    out.get_ref().sync_all().map_err(|e| failed(&e))
}
