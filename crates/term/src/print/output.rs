//! Where text goes until the limit is reached.

use std::fmt::{self, Write};

/// Writes up to a number of characters; what goes beyond is cut, with dots, and ends the printing.
pub(super) struct Output<'o, 'f> {
    to: &'o mut fmt::Formatter<'f>,
    left: usize,
    full: bool,
}

impl<'o, 'f> Output<'o, 'f> {
    pub(super) fn new(to: &'o mut fmt::Formatter<'f>, characters: usize) -> Self {
        Self { to, left: characters, full: false }
    }

    /// Whether something was cut.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    pub(super) fn text(&mut self, text: &str) -> fmt::Result {
        self.write_str(text)
    }

    pub(super) fn character(&mut self, character: char) -> fmt::Result {
        self.write_char(character)
    }

    pub(super) fn display(&mut self, value: &impl fmt::Display) -> fmt::Result {
        write!(self, "{value}")
    }
}

impl Write for Output<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.len() <= self.left {
            self.left -= text.len();
            return self.to.write_str(text);
        }
        let count = text.chars().count();
        if count <= self.left {
            self.left -= count;
            return self.to.write_str(text);
        }
        let end = text.char_indices().nth(self.left).map_or(text.len(), |(at, _)| at);
        self.left = 0;
        self.full = true;
        self.to.write_str(text.get(..end).unwrap_or_default())?;
        self.to.write_str("...")?;
        Err(fmt::Error)
    }
}
