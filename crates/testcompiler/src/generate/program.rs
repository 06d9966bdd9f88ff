//! A program that is being written, and the features that it is written from.

use std::fmt::Write;
use std::ops::Range;

use super::choices::Choices;
use super::{carriers, concurrency, control, data, effects, expression, functions, library, nesting, tasks};

/// A program, and what it must print.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Files: path and text. The first is the one that begins.
    pub files: Vec<(String, String)>,
    /// What it prints.
    pub output: String,
    /// The names of its features, sorted.
    pub features: Vec<&'static str>,
    /// Which choices each part of it was made by, in their order: the first choice of [`program`] is how many parts there are.
    pub parts: Vec<Range<usize>>,
}

/// Something that a program can contain.
#[derive(Clone, Copy)]
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    pub(super) write: fn(&mut Writer<'_, '_>),
}

/// All features.
pub const FEATURES: &[&[Feature]] = &[
    expression::FEATURES,
    control::FEATURES,
    functions::FEATURES,
    data::FEATURES,
    effects::FEATURES,
    concurrency::FEATURES,
    carriers::FEATURES,
    library::FEATURES,
    tasks::FEATURES,
    nesting::NESTED,
];

/// The most features of one program, with repetition.
const MOST: u32 = 20;

/// A program from all features.
pub fn program(choices: &mut Choices<'_>) -> Program {
    let all: Vec<Feature> = FEATURES.concat();
    program_of(&all, choices)
}

/// A program from some features; there must be at least one.
pub fn program_of(features: &[Feature], choices: &mut Choices<'_>) -> Program {
    let count = 1 + choices.below(MOST) as usize;
    program_of_size(features, count, choices)
}

/// A program of so many features of some; there must be at least one.
pub fn program_of_size(features: &[Feature], count: usize, choices: &mut Choices<'_>) -> Program {
    let mut writer = Writer {
        choices,
        names: 0,
        imports: String::new(),
        declarations: String::new(),
        body: String::new(),
        depth: 0,
        parts: 0,
        injected: Vec::new(),
        asked: (String::new(), String::new()),
        out: Program::default(),
    };
    for number in 0..count {
        if number > 0 && number % MOST as usize == 0 {
            writer.part();
        }
        let begun = writer.choices.made();
        let feature = writer.choices.one_of(features);
        writer.out.features.push(feature.name);
        (feature.write)(&mut writer);
        let done = writer.choices.made();
        writer.out.parts.push(begun..done);
    }
    writer.finish()
}

/// A program that is being written.
pub(super) struct Writer<'c, 'a> {
    pub(super) choices: &'c mut Choices<'a>,
    names: u32,
    imports: String,
    declarations: String,
    /// The statements of `main`, or of the next part of it.
    pub(super) body: String,
    /// How deep the feature is inside of others.
    pub(super) depth: u32,
    /// Functions that `main` calls first.
    parts: u32,
    /// What the app is given, in whose `main` the program begins if there is any.
    injected: Vec<String>,
    /// The statements that ask what was given, before all others, and what they print.
    asked: (String, String),
    pub(super) out: Program,
}

impl Writer<'_, '_> {
    /// A number that no name has yet.
    pub(super) fn fresh(&mut self) -> u32 {
        self.names += 1;
        self.names
    }

    /// Adds a declaration, in lines.
    pub(super) fn declare(&mut self, text: &str) {
        self.declarations.push_str(text.trim_end());
        self.declarations.push_str("\n\n");
    }

    /// Adds statements to `main`, in lines.
    pub(super) fn statements(&mut self, text: &str) {
        for line in text.trim_matches('\n').lines() {
            // The text after the last line break of a string over several lines is a part of the string.
            let _written = writeln!(self.body, "    {line}");
        }
    }

    /// Adds a line that is printed.
    pub(super) fn expect(&mut self, line: &str) {
        self.out.output.push_str(line);
        self.out.output.push('\n');
    }

    /// Adds a statement that prints an expression, and what it prints.
    pub(super) fn print(&mut self, expression: &str, value: &str) {
        self.statements(&format!("print({expression})"));
        self.expect(value);
    }

    /// Adds a module beside the main one, and what imports it.
    pub(super) fn module(&mut self, name: &str, text: &str, import: &str) {
        self.out.files.push((format!("{name}.pluto"), text.to_owned()));
        self.imports.push_str(import);
        self.imports.push('\n');
    }

    /// Lets the program begin in an app that is given a field, and print what a method of it gives.
    pub(super) fn inject(&mut self, field: &str, call: &str, value: i64) {
        self.injected.push(field.to_owned());
        let (statements, output) = &mut self.asked;
        let _written = writeln!(statements, "        print(self.{call})").and(writeln!(output, "{value}"));
    }

    /// Makes a function of the statements so far.
    fn part(&mut self) {
        let body = std::mem::take(&mut self.body);
        self.declare(&format!("fn part_{}() {{\n{body}}}", self.parts));
        self.parts += 1;
    }

    fn finish(mut self) -> Program {
        let parts: String = (0..self.parts).map(|part| format!("    part_{part}()\n")).collect();
        let blank = if self.imports.is_empty() { "" } else { "\n" };
        let Self { imports, declarations, body, injected, asked: (asked, _), .. } = &self;
        let main = if injected.is_empty() {
            format!("fn main() {{\n{parts}{body}}}\n")
        } else {
            let fields = injected.join(", ");
            format!("app Main[{fields}] {{\n    fn main(self) {{\n{asked}{parts}{body}    }}\n}}\n")
        };
        let main = format!("{imports}{blank}{declarations}{main}");
        self.out.output.insert_str(0, &self.asked.1);
        self.out.files.insert(0, ("main.pluto".to_owned(), main));
        self.out.features.sort_unstable();
        self.out.features.dedup();
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::{Choices, program};

    /// The same tape gives the same program, and an empty one gives one too.
    #[test]
    fn a_tape_decides_the_program() {
        let written = |seed| program(&mut Choices::seeded(seed)).files;
        assert_eq!(written(7), written(7));
        assert_ne!(written(7), written(8));
        assert_eq!(program(&mut Choices::from_bytes(&[])).features.len(), 1);
    }

    /// What a seed draws can be written down and taken apart: a program without one of its parts is the others.
    #[test]
    fn a_seed_is_a_tape_with_parts() {
        let mut seeded = Choices::seeded(3);
        let whole = program(&mut seeded);
        let tape = Choices::tape(3, seeded.made());
        let again = program(&mut Choices::from_bytes(&tape));
        assert_eq!((&again.files, &again.output, &again.parts), (&whole.files, &whole.output, &whole.parts));
        let last = whole.parts.last().cloned().unwrap();
        assert_eq!((whole.parts.first().unwrap().start, last.end), (1, seeded.made()));
        let mut fewer = tape[..last.start * 2].to_vec();
        fewer[..2].copy_from_slice(&(whole.parts.len() as u16 - 2).to_le_bytes());
        let fewer = program(&mut Choices::from_bytes(&fewer));
        assert_eq!(fewer.parts, whole.parts[..whole.parts.len() - 1]);
        assert!(whole.output.starts_with(&fewer.output));
    }
}
