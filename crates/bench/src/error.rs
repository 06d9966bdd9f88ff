//! What stops a benchmark run.

use std::path::PathBuf;

/// A run could not be carried out. A bad figure is not an error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// An OTP release was asked for that this machine does not have.
    #[error("OTP {otp} is not on this machine: `cargo xtask otp {otp}` fetches it")]
    NoSuchRelease {
        /// The release's number.
        otp: u32,
    },
    /// The program to measure is not there.
    #[error("{} is not there: `cargo xtask bench capture` builds it", file.display())]
    NoPluto {
        /// Where it was looked for.
        file: PathBuf,
    },
    /// A file or a program of this machine refused.
    #[error("cannot {doing}: {source}")]
    Io {
        /// What was tried, as an infinitive.
        doing: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// `pluto` ended, or ended with a bad status.
    #[error("`pluto {arguments}` {what}\n{output}")]
    Pluto {
        /// Its arguments.
        arguments: String,
        /// What it did.
        what: String,
        /// What it wrote.
        output: String,
    },
    /// The program that keeps a RabbitMQ broker is not there.
    #[error("{} is not there: `cargo xtask bench capture` names it", file.display())]
    NoXtask {
        /// Where it was looked for.
        file: PathBuf,
    },
    /// The broker did not come up, or was found harmed at its end.
    #[error("`{command}` {what}")]
    Broker {
        /// How it is started.
        command: String,
        /// What it did; it said more on standard error.
        what: String,
    },
    /// The load on the broker could not be run to its end, or a message was not confirmed and consumed once.
    #[error("`amqp-load {arguments}` {what}\n{output}")]
    Load {
        /// Its arguments.
        arguments: String,
        /// What it did.
        what: String,
        /// What it wrote.
        output: String,
    },
    /// A recording does not hold what was done while it was made.
    #[error(
        "the recording has {found} calls of {function} where there were {made}, {missing} events are known to be missing"
    )]
    Incomplete {
        /// A function that is called once for each message.
        function: &'static str,
        /// How often it was called.
        made: u64,
        /// Calls of it that were recorded.
        found: u64,
        /// Events that the recording knows to be missing.
        missing: u64,
    },
    /// The sample shop does not compile.
    #[error("{0}")]
    Shop(#[from] pluto_examples::BuildError),
    /// A node or a file told something in a form that this program does not know.
    #[error("{what} cannot be read: {text}")]
    Unreadable {
        /// What was read.
        what: &'static str,
        /// Its text.
        text: String,
    },
    /// The run in a session of its own failed, and said why.
    #[error("the run in a session of its own ended with {status}")]
    Rerun {
        /// How it ended.
        status: std::process::ExitStatus,
    },
    /// The document lacks the lines between which the tables go.
    #[error("{} has no line `{marker}`", file.display())]
    NoMarker {
        /// The document.
        file: PathBuf,
        /// The line.
        marker: &'static str,
    },
}

/// The result of everything here.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Puts what was tried beside an input-output error.
pub(crate) trait Doing<T> {
    /// `doing` is an infinitive, such as `read /proc/1/stat`.
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Doing<T> for std::io::Result<T> {
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| Error::Io { doing: doing(), source })
    }
}
