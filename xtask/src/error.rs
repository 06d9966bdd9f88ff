//! What can go wrong in a chore, and the words for it.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// A chore that could not be done. `Display` is what the user reads, hint included.
#[derive(Debug)]
pub(crate) enum Error {
    /// The words after `cargo xtask` were not understood.
    Usage(String),
    /// A program could not be started at all.
    Start { program: String, source: io::Error },
    /// A program ran and failed; `output` is the end of what it said when it was captured.
    Failed { command: String, status: String, output: String },
    /// A file or directory could not be used.
    Io { action: &'static str, path: PathBuf, source: io::Error },
    /// What another program wrote does not have the form that is expected of it.
    Unexpected { what: String, found: String },
    /// There is no `apt-get` here, so packages are for the user to install.
    NoApt { packages: Vec<String> },
    /// Installing packages needs root, and neither root nor sudo is at hand.
    NoRoot { packages: Vec<String> },
    /// No package source of this machine offers Debian's packages.
    NoMirror,
    /// The configured mirror has no such suite, or refuses it.
    NoSuite { suite: String, release: u32, output: String },
    /// The system's package manager offers only an Erlang that is too old.
    OldErlang { found: Option<u32>, needed: u32 },
    /// A sample system could not be built.
    Example(pluto_examples::BuildError),
    /// Steps of a longer chore that failed; each said why when it ran.
    Steps { failed: Vec<String> },
    /// `cargo xtask tidy` found violations, all of them printed before.
    Untidy { violations: usize },
}

/// Result of a chore.
pub(crate) type Result<T> = std::result::Result<T, Error>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Usage(text) => write!(f, "{text}\nhint: `cargo xtask help` lists the chores"),
            Error::Start { program, source } => write!(f, "cannot start `{program}`: {source}"),
            Error::Failed { command, status, output } if output.is_empty() => {
                write!(f, "`{command}` failed: {status}")
            }
            Error::Failed { command, status, output } => {
                write!(f, "`{command}` failed: {status}\n{output}")
            }
            Error::Io { action, path, source } => {
                write!(f, "cannot {action} {}: {source}", path.display())
            }
            Error::Unexpected { what, found } => write!(f, "{what}, found: {found}"),
            Error::NoApt { packages } => write!(
                f,
                "these packages are missing and there is no apt-get to install them with: {}\n\
                 hint: install Erlang/OTP 25 or newer and Elixir by your system's own means, then run this again",
                packages.join(" ")
            ),
            Error::NoRoot { packages } => write!(
                f,
                "these packages are missing and installing them needs root: {}\n\
                 hint: run `apt-get install {}` as root, then run this again",
                packages.join(" "),
                packages.join(" ")
            ),
            Error::NoMirror => write!(
                f,
                "no package source of this machine offers its own release's main packages, so there is no \
                 mirror to ask\nhint: this works on Debian 12 or newer, with a configured mirror"
            ),
            Error::NoSuite { suite, release, output } => write!(
                f,
                "OTP {release} is not to be had here: the configured mirror does not serve Debian's suite \
                 `{suite}`\n{output}"
            ),
            Error::OldErlang { found: Some(found), needed } => {
                write!(f, "the Erlang found is OTP {found}; OTP {needed} or newer is needed")
            }
            Error::OldErlang { found: None, needed } => {
                write!(f, "no Erlang was found after installing; OTP {needed} or newer is needed")
            }
            Error::Example(source) => write!(f, "{source}"),
            Error::Steps { failed } => write!(f, "failed: {}", failed.join(", ")),
            Error::Untidy { violations } => {
                write!(f, "{violations} violations of the rules of this repository")
            }
        }
    }
}

impl std::error::Error for Error {}

/// Adds the path and what was tried to an `io::Error`.
pub(crate) trait IoContext<T> {
    /// `action` completes "cannot …".
    fn at(self, action: &'static str, path: impl Into<PathBuf>) -> Result<T>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn at(self, action: &'static str, path: impl Into<PathBuf>) -> Result<T> {
        self.map_err(|source| Error::Io { action, path: path.into(), source })
    }
}
