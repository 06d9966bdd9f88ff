//! What a command ends with when it cannot be done: one sentence, a hint, an exit status.

use std::fmt::Write as _;

/// Exit status of a command that could not be done.
const COULD_NOT: u8 = 2;

/// Why a command could not be done, in words for a person.
#[derive(Debug)]
pub(crate) struct Failure {
    sentence: String,
    hint: Option<String>,
    /// The reader of our output went away, as `head` does: nothing is wrong, and nothing is to be said.
    quiet: bool,
}

impl Failure {
    /// A failure with its sentence: no full stop, beginning in lower case.
    pub(crate) fn new(sentence: impl Into<String>) -> Failure {
        Failure { sentence: sentence.into(), hint: None, quiet: false }
    }

    /// Adds what the user can do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = Some(hint.into());
        self
    }

    /// Says what was being done when an operating-system error came up.
    pub(crate) fn io(doing: impl std::fmt::Display, error: &std::io::Error) -> Failure {
        Failure {
            sentence: format!("{doing}: {error}"),
            hint: None,
            quiet: error.kind() == std::io::ErrorKind::BrokenPipe,
        }
    }

    /// The exit status.
    pub(crate) fn status(&self) -> u8 {
        if self.quiet { 0 } else { COULD_NOT }
    }

    /// The text for standard error; empty where nothing is to be said.
    pub(crate) fn render(&self, colour: bool) -> String {
        if self.quiet {
            return String::new();
        }
        let (red, cyan, off) = if colour { ("\x1b[1;31m", "\x1b[36m", "\x1b[0m") } else { ("", "", "") };
        let mut text = format!("{red}pluto:{off} {}\n", self.sentence);
        if let Some(hint) = &self.hint {
            // Writing to a string cannot fail.
            let _infallible = writeln!(text, "{cyan}hint:{off} {hint}");
        }
        text
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::io("cannot write the output", &error)
    }
}
