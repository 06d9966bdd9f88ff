//! The files of a program, and lines and columns in them.

use crate::{FileId, FileSpan, Span};

/// One file: its path as it is shown, its text, and where its lines begin.
#[derive(Clone, Debug)]
pub struct File {
    path: String,
    text: String,
    /// The first byte of each line but the first, ascending.
    line_starts: Vec<u32>,
}

/// A place as people count: both from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineColumn {
    /// The line, from 1.
    pub line: u32,
    /// The column, in characters, from 1.
    pub column: u32,
}

impl File {
    /// A file with this text, of at most `u32::MAX` bytes.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let ends = text.bytes().zip(1..).filter(|(byte, _)| *byte == b'\n');
        let line_starts = ends.map(|(_, next)| next).collect();
        Self { path: path.into(), text, line_starts }
    }

    /// Its path, as it is shown.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The smallest span of whole lines, without the end of the last, that holds these bytes as far as they are in the file.
    pub fn whole_lines(&self, span: Span) -> Span {
        let end = self.text.len() as u32;
        let before = self.line_starts.partition_point(|start| *start <= span.start.min(end));
        let start = before.checked_sub(1).and_then(|line| self.line_starts.get(line)).copied().unwrap_or(0);
        let last = span.end.clamp(start, end);
        let after = self.line_starts.partition_point(|start| *start <= last);
        Span::new(start, self.line_starts.get(after).map_or(end, |next| next - 1))
    }

    /// The line and column of a byte. A byte behind the end is at the end.
    pub fn line_column(&self, at: u32) -> LineColumn {
        let before = self.line_starts.partition_point(|start| *start <= at);
        let start = before.checked_sub(1).and_then(|line| self.line_starts.get(line)).copied().unwrap_or(0);
        let column = match self.text.get(start as usize..at as usize) {
            Some(text) => text.chars().count(),
            None => self.text.get(start as usize..).unwrap_or_default().chars().count(),
        };
        LineColumn { line: before as u32 + 1, column: column as u32 + 1 }
    }
}

/// The files of a program.
#[derive(Clone, Debug, Default)]
pub struct Files {
    files: Vec<File>,
}

impl Files {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    pub fn add(&mut self, file: File) -> FileId {
        self.files.push(file);
        FileId(self.files.len() as u32 - 1)
    }

    /// A file; `None` for an id of other files.
    pub fn get(&self, id: FileId) -> Option<&File> {
        self.files.get(id.0 as usize)
    }

    /// The text of a span; empty where it is not a part of a file.
    pub fn text(&self, place: FileSpan) -> &str {
        self.get(place.file).map_or("", |file| place.span.of(file.text()))
    }

    /// All files, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &File)> {
        (0..).map(FileId).zip(&self.files)
    }
}

impl File {
    /// The span of the whole text.
    pub fn span(&self) -> Span {
        Span::new(0, self.text.len() as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::{File, LineColumn};

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        let file = File::new("a.pluto", "ab\n\nüx\n");
        let at = |byte| {
            let LineColumn { line, column } = file.line_column(byte);
            (line, column)
        };
        assert_eq!(
            [at(0), at(2), at(3), at(4), at(6), at(7), at(8), at(99)],
            [(1, 1), (1, 3), (2, 1), (3, 1), (3, 2), (3, 3), (4, 1), (4, 1)]
        );
    }
}
