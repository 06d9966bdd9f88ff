//! A chapter of the reference: prose, and blocks that are programs.
//!
//! A block begins with ```` ```pluto ```` and words that say what it is:
//!
//! * nothing: a file of declarations;
//! * `body`: the body of `fn main()`;
//! * `path=shapes.pluto`: one file of a program. All blocks with a path under one heading are one program;
//! * `loose`: it is not in the style of `pluto fmt`;
//! * `syntax`: it has syntax errors, and is meant to; no other block may;
//! * `unused`: warnings of unused names count.
//!
//! A block that begins with ```` ```toml path=shop/pluto.toml ```` makes `shop` a package of the program under its heading; the first
//! is that of the program itself.

use crate::expectation::{Expectation, Line, read};

/// A chapter.
#[derive(Clone, Debug)]
pub struct Chapter {
    /// Its text.
    lines: Vec<String>,
    /// Its programs, in order.
    pub programs: Vec<Program>,
    /// What is not written as it should be.
    pub malformed: Vec<Malformed>,
}

/// A program of a chapter.
#[derive(Clone, Debug)]
pub struct Program {
    /// The heading that it stands under.
    pub heading: String,
    /// Its files.
    pub blocks: Vec<Block>,
    /// Its packages: the path and the text of each `pluto.toml`.
    pub manifests: Vec<(String, String)>,
}

/// A block: a file of a program.
#[derive(Clone, Debug)]
pub struct Block {
    /// The path of the file.
    pub path: String,
    /// Its text without expectations, as it is compiled.
    pub source: String,
    /// Whether the chapter gives the path.
    named: bool,
    /// Whether it is the body of `main`.
    pub body: bool,
    /// Whether it is not in the style of `pluto fmt`.
    pub loose: bool,
    /// Whether it has syntax errors.
    pub syntax: bool,
    /// Whether warnings of unused names count.
    pub unused: bool,
    /// Its lines in the chapter, from 0, without the fences.
    pub(crate) lines: std::ops::Range<usize>,
    /// Lines of source, as they stand in the chapter.
    pub(crate) text: Vec<String>,
    /// Where in the chapter each of them stands, from 0.
    places: Vec<usize>,
    pub(crate) expectations: Vec<Expectation>,
}

/// A line that is not written as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The line, from 1.
    pub line: usize,
    /// Why.
    pub why: &'static str,
}

/// What stands before and behind the text of a block that is a body.
const BODY: (&str, &str) = ("fn main() {\n", "}\n");

impl Program {
    fn new(heading: &str, blocks: Vec<Block>, manifests: Vec<(String, String)>) -> Self {
        Self { heading: heading.to_owned(), blocks, manifests }
    }

    /// Whether it expects an error.
    pub fn is_wrong(&self) -> bool {
        let mut expectations = self.blocks.iter().flat_map(|block| &block.expectations);
        expectations.any(|expectation| expectation.what.starts_with("error["))
    }
}

impl Block {
    /// The line of the chapter, from 1, that has a line of source.
    pub(crate) fn line_in_chapter(&self, line: u32) -> usize {
        let place = self.places.get(line as usize).or(self.places.last());
        place.copied().unwrap_or(self.lines.start) + 1
    }

    /// The text of the block in its source, once that is formatted.
    pub(crate) fn text_of(&self, source: &str) -> String {
        if !self.body {
            return source.to_owned();
        }
        let inner =
            source.strip_prefix(BODY.0).and_then(|rest| rest.strip_suffix(BODY.1)).unwrap_or_default();
        inner.lines().map(|line| format!("{}\n", line.strip_prefix("    ").unwrap_or(line))).collect()
    }

    /// How many lines stand before the text of the block in its source.
    pub(crate) const fn lines_before(&self) -> u32 {
        if self.body { 1 } else { 0 }
    }
}

impl Chapter {
    /// Reads the text of a chapter.
    pub fn read(markdown: &str) -> Self {
        let lines: Vec<String> = markdown.lines().map(str::to_owned).collect();
        let mut chapter = Self { lines: Vec::new(), programs: Vec::new(), malformed: Vec::new() };
        let (mut heading, mut at) = (String::new(), 0);
        while let Some(line) = lines.get(at) {
            at += 1;
            if line.starts_with('#') {
                heading = line.trim_start_matches('#').trim().to_owned();
            }
            let Some(words) = line.strip_prefix("```") else { continue };
            let start = at;
            while lines.get(at).is_some_and(|line| line.trim_end() != "```") {
                at += 1;
            }
            if at == lines.len() {
                chapter.malformed.push(Malformed { line: start, why: "this block has no end" });
            }
            if let Some(words) = words.strip_prefix("pluto") {
                let block = chapter.block(words, &lines, start..at);
                chapter.add(&heading, block);
            } else if let Some(path) = words.strip_prefix("toml path=") {
                let text = lines.get(start..at).unwrap_or_default();
                let text = text.iter().map(|line| format!("{line}\n")).collect();
                chapter.add_manifest(&heading, path.to_owned(), text);
            }
            at += 1;
        }
        chapter.lines = lines;
        chapter
    }

    /// The chapter with the blocks' expectations replaced by what was found: `found` gives those of a block of a program.
    pub(crate) fn with(&self, found: impl Fn(usize, usize) -> Vec<Expectation>) -> String {
        let mut blocks: Vec<(&Block, Vec<Expectation>)> = Vec::new();
        for (number, program) in self.programs.iter().enumerate() {
            blocks.extend(
                program.blocks.iter().enumerate().map(|(place, block)| (block, found(number, place))),
            );
        }
        blocks.sort_by_key(|(block, _)| block.lines.start);
        let (mut out, mut at) = (Vec::new(), 0);
        for (block, found) in blocks {
            out.extend(self.lines.get(at..block.lines.start).unwrap_or_default().iter().cloned());
            for (number, line) in (0..).zip(&block.text) {
                out.push(line.clone());
                out.extend(found.iter().filter(|one| one.line == number).map(ToString::to_string));
            }
            at = block.lines.end;
        }
        out.extend(self.lines.get(at..).unwrap_or_default().iter().cloned());
        out.join("\n") + "\n"
    }

    fn block(&mut self, words: &str, lines: &[String], range: std::ops::Range<usize>) -> Block {
        let mut block = Block {
            path: String::new(),
            source: String::new(),
            named: false,
            body: false,
            loose: false,
            syntax: false,
            unused: false,
            lines: range.clone(),
            text: Vec::new(),
            places: Vec::new(),
            expectations: Vec::new(),
        };
        for word in words.split_whitespace() {
            match word {
                "body" => block.body = true,
                "loose" => block.loose = true,
                "syntax" => block.syntax = true,
                "unused" => block.unused = true,
                _ => match word.strip_prefix("path=") {
                    Some(path) => {
                        path.clone_into(&mut block.path);
                        block.named = true;
                    }
                    None => self.malformed.push(Malformed { line: range.start, why: "an unknown word" }),
                },
            }
        }
        for (number, line) in range.clone().zip(lines.get(range).unwrap_or_default()) {
            let above = (block.text.len() as u32).checked_sub(1);
            match read(line, above) {
                Line::Source => {
                    block.text.push(line.clone());
                    block.places.push(number);
                }
                Line::Expectation(expectation) => block.expectations.push(expectation),
                Line::Malformed => {
                    self.malformed.push(Malformed { line: number + 1, why: "this is no expectation" });
                }
            }
        }
        let text: String = block.text.iter().map(|line| format!("{line}\n")).collect();
        block.source = if block.body { format!("{}{text}{}", BODY.0, BODY.1) } else { text };
        block
    }

    fn add(&mut self, heading: &str, mut block: Block) {
        if !block.named {
            crate::compiler::MAIN.clone_into(&mut block.path);
        }
        let joins = |program: &&mut Program| {
            let others = &program.blocks;
            program.heading == heading && others.iter().all(|other| other.named && other.path != block.path)
        };
        match self.programs.last_mut().filter(joins).filter(|_| block.named) {
            Some(program) => program.blocks.push(block),
            None => self.programs.push(Program::new(heading, vec![block], Vec::new())),
        }
    }

    fn add_manifest(&mut self, heading: &str, path: String, text: String) {
        let joins = |program: &&mut Program| {
            program.heading == heading
                && program.blocks.iter().all(|block| block.named)
                && program.manifests.iter().all(|(other, _)| *other != path)
        };
        match self.programs.last_mut().filter(joins) {
            Some(program) => program.manifests.push((path, text)),
            None => self.programs.push(Program::new(heading, Vec::new(), vec![(path, text)])),
        }
    }
}
