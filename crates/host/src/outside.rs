//! What programs reach outside of themselves. Whoever runs a program gives it one: this machine, nothing, or something made for a test.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::waiting::{News, Pause, Token, Turn};

/// What kind of thing went wrong. Programs see the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is no such thing.
    NotFound = 1,
    /// It is not allowed.
    Denied,
    /// There is such a thing already.
    Exists,
    /// It is no directory.
    NotADirectory,
    /// It is a directory.
    IsADirectory,
    /// A directory has something in it.
    NotEmpty,
    /// It is more than was asked for at most.
    TooLarge,
    /// It took longer than it was given.
    TimedOut,
    /// Something else.
    Other,
    /// Nobody listens there.
    Refused,
    /// The other side has ended the connection in the middle.
    Reset,
    /// Somebody has the address already.
    InUse,
    /// It was closed here.
    Closed,
}

/// What went wrong outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What kind of thing.
    pub problem: Problem,
    /// Why, in words.
    pub why: String,
}

impl Fault {
    /// Something that went wrong.
    pub fn new(problem: Problem, why: impl Into<String>) -> Self {
        Self { problem, why: why.into() }
    }

    /// There is nothing outside.
    fn nothing() -> Self {
        Self::new(Problem::Denied, "nothing outside of the program can be reached here")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        let problem = match error.kind() {
            io::ErrorKind::NotFound => Problem::NotFound,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Problem::Denied,
            io::ErrorKind::AlreadyExists => Problem::Exists,
            io::ErrorKind::NotADirectory => Problem::NotADirectory,
            io::ErrorKind::IsADirectory => Problem::IsADirectory,
            io::ErrorKind::DirectoryNotEmpty => Problem::NotEmpty,
            io::ErrorKind::TimedOut => Problem::TimedOut,
            io::ErrorKind::FileTooLarge => Problem::TooLarge,
            io::ErrorKind::ConnectionRefused => Problem::Refused,
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected => Problem::Reset,
            io::ErrorKind::AddrInUse => Problem::InUse,
            _ => Problem::Other,
        };
        let why = error.to_string();
        // The number of the system says nothing to who reads it.
        let why = why.split(" (os error").next().unwrap_or(&why).to_lowercase();
        Self { problem, why }
    }
}

/// Where a program writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output, in one row with what is printed.
    Output,
    /// Standard error.
    Error,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// Whole or not at all, in place of one that is there.
    Replace,
    /// Where there is none yet.
    New,
    /// Behind what is there.
    Append,
}

/// What kind of thing is in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A link.
    Link,
    /// Something else.
    Other,
}

/// Something in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What kind of thing.
    pub kind: EntryKind,
    /// Its bytes.
    pub size: u64,
    /// When it was changed last, in nanoseconds since 1970.
    pub modified: i64,
    /// Whether it cannot be written.
    pub read_only: bool,
}

/// A program of the machine that is to be run.
#[derive(Clone, Copy, Debug)]
pub struct Command<'c> {
    /// The program.
    pub program: &'c str,
    /// What it is called with.
    pub arguments: &'c [String],
    /// What it is given to read.
    pub input: &'c [u8],
    /// Where it is run; empty for where the program itself is.
    pub directory: &'c str,
    /// Variables that it is given besides those of the program itself, each a name, `=` and a value.
    pub variables: &'c [String],
    /// How long it may take.
    pub within: Option<Duration>,
    /// Bytes of each of its outputs that are taken.
    pub most: usize,
}

/// What a program of the machine did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Its exit status; below 0 where a signal ended it, the number of that.
    pub status: i64,
    /// What it wrote to standard output.
    pub output: Vec<u8>,
    /// What it wrote to standard error.
    pub error: Vec<u8>,
}

/// A connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connected {
    /// Its number.
    pub connection: u64,
    /// Its own end.
    pub here: String,
    /// Its other end.
    pub there: String,
}

/// What is outside of a program. What is not said can not be reached.
pub trait Outside {
    /// From now on the clock shows a time that is told, in nanoseconds since 1970.
    fn set_clock(&mut self, _nanos: i64) {}

    /// What the clock shows, in nanoseconds since 1970.
    fn clock(&mut self) -> i64 {
        0
    }

    /// What the program is called with.
    fn arguments(&self) -> Vec<String> {
        Vec::new()
    }

    /// The variables of its environment.
    fn variables(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// The directory that it runs in.
    fn directory(&self) -> Result<String, Fault> {
        Err(Fault::nothing())
    }

    /// The next line of standard input without its end, of at most so many bytes; nothing at the end.
    fn read_line(&mut self, _most: usize) -> Result<Option<String>, Fault> {
        Ok(None)
    }

    /// All that is left of standard input, of at most so many bytes.
    fn read_input(&mut self, _most: usize) -> Result<Vec<u8>, Fault> {
        Ok(Vec::new())
    }

    /// Writes.
    fn write(&mut self, _to: Stream, _bytes: &[u8]) -> Result<(), Fault> {
        Err(Fault::nothing())
    }

    /// The bytes of a file, at most so many.
    fn read_file(&mut self, _path: &str, _most: usize) -> Result<Vec<u8>, Fault> {
        Err(Fault::nothing())
    }

    /// Writes a file.
    fn write_file(&mut self, _path: &str, _bytes: &[u8], _how: Write) -> Result<(), Fault> {
        Err(Fault::nothing())
    }

    /// The names in a directory, in their order.
    fn list(&mut self, _path: &str) -> Result<Vec<String>, Fault> {
        Err(Fault::nothing())
    }

    /// What is at a path, behind a link where that is wanted.
    fn look(&mut self, _path: &str, _behind_links: bool) -> Result<Entry, Fault> {
        Err(Fault::nothing())
    }

    /// Makes a directory, with those that it is in where that is wanted.
    fn make_directory(&mut self, _path: &str, _with_parents: bool) -> Result<(), Fault> {
        Err(Fault::nothing())
    }

    /// Makes a directory of a name that no other one has.
    fn make_temporary(&mut self, _prefix: &str) -> Result<String, Fault> {
        Err(Fault::nothing())
    }

    /// Takes a file or an empty directory away, or a directory with all that is in it.
    fn remove(&mut self, _path: &str, _with_content: bool) -> Result<(), Fault> {
        Err(Fault::nothing())
    }

    /// Gives a file or directory another path.
    fn rename(&mut self, _from: &str, _to: &str) -> Result<(), Fault> {
        Err(Fault::nothing())
    }

    /// Copies a file.
    fn copy(&mut self, _from: &str, _to: &str) -> Result<(), Fault> {
        Err(Fault::nothing())
    }

    /// The path of a file or directory from the root on, without links.
    fn real_path(&mut self, _path: &str) -> Result<String, Fault> {
        Err(Fault::nothing())
    }

    /// Runs a program of the machine to its end.
    fn run(&mut self, _command: Command<'_>, _turn: Turn) -> Result<Ran, Pause> {
        Err(Fault::nothing().into())
    }

    /// Connects to a host and a port, with `:` between them; encrypted where the name is given that the other side must show to have.
    fn connect(&mut self, _address: &str, _name: &str, _turn: Turn) -> Result<Connected, Pause> {
        Err(Fault::nothing().into())
    }

    /// Listens for connections to an address of this machine and a port, 0 for any that is free: the listener, and where it listens.
    /// They are encrypted where certificates and a key are given, both as PEM.
    fn listen(&mut self, _address: &str, _identity: Option<[&str; 2]>) -> Result<(u64, String), Fault> {
        Err(Fault::nothing())
    }

    /// The next connection to a listener.
    fn accept(&mut self, _listener: u64) -> Result<Connected, Pause> {
        Err(Fault::nothing().into())
    }

    /// What comes through a connection, at most so many bytes; nothing where no more will come.
    fn receive(&mut self, _connection: u64, _most: usize) -> Result<Vec<u8>, Pause> {
        Err(Fault::nothing().into())
    }

    /// Sends bytes, as many as there is room for: how many.
    fn send(&mut self, _connection: u64, _bytes: &[u8], _turn: Turn) -> Result<usize, Pause> {
        Err(Fault::nothing().into())
    }

    /// Says that no more will be sent.
    fn finish_sending(&mut self, _connection: u64) -> Result<(), Fault> {
        Err(Fault::nothing())
    }

    /// Closes a connection or a listener, where it is open.
    fn close(&mut self, _socket: u64) {}

    /// Where news of what is waited for is told.
    fn news(&self) -> News {
        News::default()
    }

    /// Who waited for something does so no more.
    fn forget(&mut self, _token: Token) {}
}

/// Outside is nothing but a clock that is told the time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing {
    clock: i64,
}

impl Outside for Nothing {
    fn set_clock(&mut self, nanos: i64) {
        self.clock = nanos;
    }

    fn clock(&mut self) -> i64 {
        self.clock
    }
}
