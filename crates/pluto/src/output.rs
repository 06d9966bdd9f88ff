//! Writing results: colour, and files that are whole or not there at all.

use crate::failure::Failure;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write};
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

/// Writes a line of progress or of result to standard error.
pub(crate) fn note(text: &str) {
    // Standard error is for people who watch: where it is closed, nobody does.
    let _closed = writeln!(std::io::stderr(), "{text}");
}

/// Writes a file so that it is there whole or not at all: beside its place first, then renamed into it.
pub(crate) fn whole_file(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let name =
        path.file_name().ok_or_else(|| Failure::new(format!("{} is not a file name", path.display())))?;
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(beside);
    let result = write_part(&part, write).and_then(|()| {
        std::fs::rename(&part, path).map_err(|e| Failure::io(format!("cannot write {}", path.display()), &e))
    });
    if result.is_err() {
        // The reason of the failure is told; a part that was never made cannot be removed either.
        let _never_made = std::fs::remove_file(&part);
    }
    result
}

fn write_part(
    part: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let failed = |e: &std::io::Error| Failure::io(format!("cannot write {}", part.display()), e);
    let file = OpenOptions::new().write(true).create_new(true).open(part).map_err(|e| failed(&e))?;
    let mut out = BufWriter::with_capacity(1 << 16, file);
    write(&mut out)?;
    out.flush().map_err(|e| failed(&e))?;
    out.get_ref().sync_all().map_err(|e| failed(&e))
}
