//! Trace files, as the file port that `dbg` and `ttb` use writes them.
//!
//! Source of the format: ERTS `trace_file_drv`. A file is a sequence of entries, `Op:8, Size:32/big`: Op 0 is followed
//! by a term of `Size` bytes in the external format, Op 1 says that `Size` messages were dropped at this place.

use std::io::Read;

/// A trace message of more bytes than this is skipped and counted.
const MESSAGE_BYTES_MAX: u32 = 64 << 20;

/// One entry of a trace file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// A trace message, external term format without the leading version byte.
    Message(&'a [u8]),
    /// So many messages were dropped here by the trace port.
    Dropped(u64),
    /// A message of this many bytes, more than we take in.
    Oversize(u32),
}

/// Why a file cannot be read on. What came before is good.
#[derive(Debug, thiserror::Error)]
pub enum TraceFileError {
    /// The file ends inside an entry.
    #[error("the trace file ends inside an entry at byte {at}")]
    CutShort {
        /// Where the entry begins.
        at: u64,
    },
    /// What is there is no entry of a trace file.
    #[error("not a trace file: byte {at} is {found}, where an entry of a trace file has 0 or 1")]
    NotATraceFile {
        /// Where.
        at: u64,
        /// The byte.
        found: u8,
    },
    /// The operating system could not read.
    #[error("cannot read the trace file: {0}")]
    Io(#[from] std::io::Error),
}

/// Reads the entries of a trace file one by one.
#[derive(Debug)]
pub struct TraceFile<R> {
    input: R,
    at: u64,
    message: Vec<u8>,
}

impl<R: Read> TraceFile<R> {
    /// A reader at the start of a file. The input should be buffered.
    pub fn new(input: R) -> TraceFile<R> {
        TraceFile { input, at: 0, message: Vec::new() }
    }

    /// The next entry; `None` at the end of the file.
    ///
    /// # Errors
    /// See [`TraceFileError`]; the file cannot be read on after that.
    pub fn next_entry(&mut self) -> Result<Option<Entry<'_>>, TraceFileError> {
        let mut op = [0u8; 1];
        if self.input.read(&mut op)? == 0 {
            return Ok(None);
        }
        let start = self.at;
        let [op] = op;
        if op > 1 {
            return Err(TraceFileError::NotATraceFile { at: start, found: op });
        }
        let mut size = [0u8; 4];
        self.input.read_exact(&mut size).map_err(|e| cut_short(e, start))?;
        let size = u32::from_be_bytes(size);
        self.at = start + 5 + if op == 0 { u64::from(size) } else { 0 };
        if op == 1 {
            return Ok(Some(Entry::Dropped(u64::from(size))));
        }
        let mut body = (&mut self.input).take(u64::from(size));
        if size > MESSAGE_BYTES_MAX {
            let skipped = std::io::copy(&mut body, &mut std::io::sink())?;
            return if skipped == u64::from(size) {
                Ok(Some(Entry::Oversize(size)))
            } else {
                Err(TraceFileError::CutShort { at: start })
            };
        }
        self.message.clear();
        // Grows with what is really there, not with what the size field claims.
        if body.read_to_end(&mut self.message)? < size as usize {
            return Err(TraceFileError::CutShort { at: start });
        }
        match self.message.split_first() {
            Some((&pluto_term::tag::VERSION, term)) => Ok(Some(Entry::Message(term))),
            first => {
                let found = first.map_or(0, |(&byte, _)| byte);
                Err(TraceFileError::NotATraceFile { at: start + 5, found })
            }
        }
    }
}

fn cut_short(error: std::io::Error, at: u64) -> TraceFileError {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => TraceFileError::CutShort { at },
        _ => TraceFileError::Io(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn read(bytes: &[u8]) -> String {
        let mut file = TraceFile::new(bytes);
        let mut text = String::new();
        loop {
            match file.next_entry() {
                Ok(Some(entry)) => text.push_str(&format!("{entry:?}\n")),
                Ok(None) => return text,
                Err(error) => return text + &error.to_string() + "\n",
            }
        }
    }

    #[test]
    fn entries_and_damage() {
        expect![[r#"
            Message([106])
            Dropped(15)
            Message([97, 7])
        "#]]
        .assert_eq(&read(b"\x00\0\0\0\x02\x83j\x01\0\0\0\x0f\x00\0\0\0\x03\x83a\x07"));
        expect![[r#"
            Message([106])
            the trace file ends inside an entry at byte 7
        "#]]
        .assert_eq(&read(b"\x00\0\0\0\x02\x83j\x00\0\0\0\x09\x83a"));
        expect![[r#"
            the trace file ends inside an entry at byte 0
        "#]]
        .assert_eq(&read(b"\x00\0\0"));
        expect![[r#"
            not a trace file: byte 0 is 60, where an entry of a trace file has 0 or 1
        "#]]
        .assert_eq(&read(b"<html>"));
        expect![[r#"
            the trace file ends inside an entry at byte 0
        "#]]
        .assert_eq(&read(b"\x00\xff\xff\xff\xff\x83a\x07"));
    }
}
