//! Programs that were compiled wrongly once: a file with what each must print, as a comment at its head.

use std::fmt::Write as _;

/// What is in front of each line that is printed.
const PRINTS: &str = "// prints: ";
/// What is in front of the path of another file of the same program.
const FILE: &str = "// file: ";
/// The path of the file that begins.
const MAIN: &str = "main.pluto";

/// A program that was compiled wrongly once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regression {
    /// What went wrong, in lines.
    pub about: String,
    /// What it must print.
    pub output: String,
    /// Its files, each with its path and its text; the first is the one that begins.
    pub files: Vec<(String, String)>,
}

impl Regression {
    /// Reads one: comments about it, the lines that it prints, its text, and the texts of other files.
    pub fn read(text: &str) -> Self {
        let mut read = Self { files: vec![(MAIN.to_owned(), String::new())], ..Self::default() };
        let mut head = true;
        for line in text.lines() {
            if let Some(printed) =
                line.strip_prefix(PRINTS).or_else(|| (line == PRINTS.trim_end()).then_some(""))
            {
                read.output += &format!("{printed}\n");
            } else if let Some(path) = line.strip_prefix(FILE) {
                read.files.push((path.to_owned(), String::new()));
            } else if let (true, Some(about)) = (head, line.strip_prefix("//")) {
                read.about += &format!("{}\n", about.trim_start());
            } else if !(head && line.is_empty()) {
                head = false;
                if let Some((_, text)) = read.files.last_mut() {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
        read
    }

    /// Writes it as [`Regression::read`] reads it.
    pub fn written(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        for line in self.about.lines() {
            let _infallible = writeln!(out, "{}", format!("// {line}").trim_end());
        }
        for line in self.output.lines() {
            let _infallible = writeln!(out, "{}", format!("{PRINTS}{line}").trim_end());
        }
        out.push('\n');
        for (at, (path, text)) in self.files.iter().enumerate() {
            if at > 0 {
                let _infallible = writeln!(out, "{FILE}{path}");
            }
            out.push_str(text);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::Regression;

    #[test]
    fn what_is_written_is_read() {
        let one = Regression {
            about: "A sum was wrong.\n\nSeed 3.\n".to_owned(),
            output: "1\n\ntwo\n".to_owned(),
            files: vec![
                ("main.pluto".to_owned(), "import part\n\n// All of it.\nfn main() {}\n".to_owned()),
                ("part.pluto".to_owned(), "pub fn part() {}\n".to_owned()),
            ],
        };
        assert_eq!(Regression::read(&one.written()), one);
        assert!(one.written().starts_with("// A sum was wrong.\n//\n// Seed 3.\n// prints: 1\n// prints:\n"));
    }
}
