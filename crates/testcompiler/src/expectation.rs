//! What a comment in a block expects of the line above it.
//!
//! ```text
//! let b = a && c
//! //        ^^ error[E0007]: `&&` is written `and`
//! ```
//!
//! The marks stand under what is meant; `|` stands for a place between two characters. What begins in the first two columns
//! has `column 1` before its marks, and what ends on another line has one mark and `to +2:3` behind it: two lines below, before
//! column 3.

use std::fmt;

/// What is expected of a place, or found there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Expectation {
    /// The line, from 0.
    pub(crate) line: u32,
    /// The column, from 1.
    pub(crate) column: u32,
    /// Where it ends.
    pub(crate) end: End,
    /// What.
    pub(crate) what: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    /// On the same line, after so many characters.
    Width(u32),
    /// So many lines below, before a column.
    Below(u32, u32),
}

/// What a line of a block is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Source.
    Source,
    /// An expectation, of the line above.
    Expectation(Expectation),
    /// Something that is to be an expectation and is none.
    Malformed,
}

/// Reads a line that stands under a line of source with this number.
pub(crate) fn read(text: &str, above: Option<u32>) -> Line {
    let trimmed = text.trim_start();
    let Some(comment) = trimmed.strip_prefix("//") else { return Line::Source };
    let body = comment.trim_start();
    let meant = body.starts_with(['^', '|'])
        || body.starts_with("column ")
        || body.contains("error[")
        || body.contains("warning[");
    if !meant || comment.starts_with('/') {
        return Line::Source;
    }
    let indent = text.chars().count() - body.chars().count();
    match above.and_then(|line| parse(body, indent as u32 + 1, line)) {
        Some(expectation) => Line::Expectation(expectation),
        None => Line::Malformed,
    }
}

fn parse(body: &str, column: u32, line: u32) -> Option<Expectation> {
    let (column, body) = match body.strip_prefix("column ") {
        Some(rest) => {
            let (number, rest) = rest.split_once(' ')?;
            (number.parse().ok()?, rest)
        }
        None => (column, body),
    };
    let (marks, what) = body.split_once(' ')?;
    let mut end = match marks {
        "|" => End::Width(0),
        _ if marks.chars().all(|mark| mark == '^') => End::Width(marks.len() as u32),
        _ => return None,
    };
    let what = match what.strip_prefix("to +") {
        Some(rest) => {
            let (place, rest) = rest.split_once(' ')?;
            let (lines, before) = place.split_once(':')?;
            end = End::Below(lines.parse().ok()?, before.parse().ok()?);
            rest
        }
        None => what,
    };
    let known = ["error[", "warning[", "type: ", "raises: "];
    let what = what.trim_end();
    known.iter().any(|start| what.starts_with(start)).then(|| Expectation {
        line,
        column,
        end,
        what: what.to_owned(),
    })
}

impl Expectation {
    /// Whether it asks for something, rather than for a diagnostic.
    pub(crate) fn is_question(&self) -> bool {
        self.what.starts_with("type: ") || self.what.starts_with("raises: ")
    }
}

impl fmt::Display for Expectation {
    /// The comment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            3.. => write!(f, "//{:indent$}", "", indent = self.column as usize - 3)?,
            column => write!(f, "// column {column} ")?,
        }
        match self.end {
            End::Width(0) => write!(f, "| ")?,
            End::Width(width) => write!(f, "{:^>width$} ", "", width = width as usize)?,
            End::Below(lines, before) => write!(f, "^ to +{lines}:{before} ")?,
        }
        write!(f, "{}", self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::{End, Line, read};

    #[test]
    fn comments_are_read_as_they_are_written() {
        for text in [
            "//^^ error[E0001]: a",
            "//     | warning[E0001]: b: c",
            "//   ^ to +2:3 error[E0001]: d",
            "// column 1 ^^^ type: int",
            "//  ^^^ raises: A, B",
        ] {
            let Line::Expectation(read) = read(text, Some(4)) else { panic!("{text}") };
            assert_eq!(read.to_string(), text);
            assert_eq!(read.line, 4);
        }
    }

    #[test]
    fn places_are_those_of_the_marks() {
        let place = |text| match read(text, Some(0)) {
            Line::Expectation(read) => (read.column, read.end),
            other => panic!("{other:?}"),
        };
        assert_eq!(place("//^^ error[E0001]: a"), (3, End::Width(2)));
        assert_eq!(place("  //  | error[E0001]: a"), (7, End::Width(0)));
        assert_eq!(place("// column 2 ^ to +1:4 error[E0001]: a"), (2, End::Below(1, 4)));
    }

    #[test]
    fn other_lines_are_source_and_slips_are_seen() {
        for text in ["let a = 1", "// a comment", "/// error[E0001]: a", "// errors are values"] {
            assert_eq!(read(text, Some(0)), Line::Source, "{text}");
        }
        for text in
            ["// error[E0001]: a", "// ^^", "// ^^ eror[E0001]: a", "// ^| error[E0001]: a", "// ^^ typ: int"]
        {
            assert_eq!(read(text, Some(0)), Line::Malformed, "{text}");
        }
        assert_eq!(read("//^^ error[E0001]: a", None), Line::Malformed);
    }
}
