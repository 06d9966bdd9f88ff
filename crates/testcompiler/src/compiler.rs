//! The compiler, as far as a test wants it to go.

use std::fmt::Write;

use pluto_check::{Input, Package, Program, Source};
use pluto_source::{Diagnostic, File, FileId, FileSpan, Files, Severity};
use pluto_std::Loaded;
use pluto_syntax::Parse;
use pluto_syntax::token::Token;

use crate::packages::{MANIFEST, Packages};

/// A program of some files.
#[derive(Clone, Debug)]
pub struct TestCompiler {
    files: Vec<(String, String)>,
    /// Each `pluto.toml`.
    manifests: Vec<(String, String)>,
}

/// The name of the file that [`TestCompiler::new`] makes.
pub(crate) const MAIN: &str = "main.pluto";

impl TestCompiler {
    /// A program whose file `main.pluto` has this text.
    pub fn new(source: impl Into<String>) -> Self {
        Self::of_files([]).with_file(MAIN, source)
    }

    /// A program of these files, each with its path and its text.
    pub fn of_files(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let none = Self { files: Vec::new(), manifests: Vec::new() };
        files.into_iter().fold(none, |program, (path, text)| program.with_file(path, text))
    }

    /// The program with one more file. A `pluto.toml` makes the directory around it a package, and the first of them that of the
    /// program itself.
    #[must_use]
    pub fn with_file(mut self, path: impl Into<String>, text: impl Into<String>) -> Self {
        let path = path.into();
        let manifest = path.rsplit('/').next() == Some(MANIFEST);
        let files = if manifest { &mut self.manifests } else { &mut self.files };
        files.push((path, text.into()));
        self
    }

    /// Reads the tokens of all files.
    pub fn lex(&self) -> Lexed {
        let files = self.sources();
        let (mut tokens, mut diagnostics) = (Vec::new(), Vec::new());
        for (id, file) in files.iter() {
            let (own, errors) = pluto_syntax::lex(file.text());
            tokens.push(own);
            diagnostics.extend(errors.iter().map(|error| error.diagnostic(id)));
        }
        Lexed { files, tokens, diagnostics }
    }

    /// Parses all files.
    pub fn parse(&self) -> Parsed {
        let files = self.sources();
        let parses: Vec<Parse> = files.iter().map(|(_, file)| pluto_syntax::parse(file.text())).collect();
        let diagnostics = (0..)
            .map(FileId)
            .zip(&parses)
            .flat_map(|(id, parse)| parse.errors.iter().map(move |error| error.diagnostic(id)))
            .collect();
        Parsed { files, parses, diagnostics }
    }

    /// Checks the program. The module of a file is its path in its package without its ending.
    pub fn check(&self) -> Checked {
        let Parsed { mut files, parses, mut diagnostics } = self.parse();
        let packages = Packages::of(&self.manifests);
        let mut outside = Vec::new();
        let trees = files.iter().zip(&parses).map(|((_, file), parse)| (&parse.tree, file.text()));
        let standard = pluto_std::load(trees);
        let own = parses.len();
        let loaded: Vec<FileId> = standard.iter().flatten().map(|loaded| files.add(loaded.file())).collect();
        let mut input = Input { files: &files, packages: packages.packages.clone(), sources: Vec::new() };
        for ((file, one), Parse { tree, errors }) in files.iter().take(own).zip(&parses) {
            match packages.module(one.path()) {
                Some((package, path)) => {
                    input.sources.push(Source { package, path, file, tree, errors });
                }
                None => outside.push(format!("{}: it is in no package", one.path())),
            }
        }
        if let Some(standard) = &standard {
            add_standard(&mut input, standard, &loaded);
        }
        let checked = pluto_check::check(&input);
        // What has a syntax error is wrong in the typed program without an error of the checker's.
        let broken = !diagnostics.is_empty();
        let mut invalid = packages.wrong;
        invalid.extend(outside);
        if !broken {
            invalid.extend(pluto_check::validate(&checked));
        }
        diagnostics.extend(checked.diagnostics());
        Checked { program: checked.program, files, diagnostics, invalid }
    }

    fn sources(&self) -> Files {
        let mut files = Files::new();
        for (path, text) in &self.files {
            files.add(File::new(path, text));
        }
        files
    }
}

/// The tokens of a program.
#[derive(Clone, Debug)]
pub struct Lexed {
    /// The files.
    pub files: Files,
    /// The tokens and trivia of each file.
    pub tokens: Vec<Vec<Token>>,
    /// What is wrong with them.
    pub diagnostics: Vec<Diagnostic>,
}

/// The trees of a program.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The files.
    pub files: Files,
    /// The tree of each file.
    pub parses: Vec<Parse>,
    /// What is wrong with them.
    pub diagnostics: Vec<Diagnostic>,
}

/// A program that was checked.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What it means.
    pub program: Program,
    /// The files.
    pub files: Files,
    /// What is wrong with it, syntax errors too.
    pub diagnostics: Vec<Diagnostic>,
    /// What is wrong with the typed program, which is a mistake of the checker; and with the files of packages.
    pub invalid: Vec<String>,
}

impl Lexed {
    /// Each token that is no trivia on a line: its place, what it is, its text.
    pub fn shown(&self) -> String {
        let mut out = String::new();
        for ((id, file), tokens) in self.files.iter().zip(&self.tokens) {
            for (token, next) in
                tokens.iter().zip(tokens.iter().skip(1)).filter(|(token, _)| !token.kind.is_trivia())
            {
                let span = pluto_source::Span::new(token.start, next.start);
                let place = place(&self.files, span.in_file(id));
                let _ = writeln!(out, "{place}: {:?} {}", token.kind, span.of(file.text()));
            }
        }
        out + &show(&self.files, &self.diagnostics)
    }
}

impl Parsed {
    /// The tree of each file as text.
    pub fn dump(&self) -> String {
        let files = self.files.iter().zip(&self.parses);
        files.map(|((_, file), parse)| pluto_syntax::dump(&parse.tree, file.text())).collect()
    }

    /// Each diagnostic on a line.
    pub fn shown(&self) -> String {
        show(&self.files, &self.diagnostics)
    }
}

impl Checked {
    /// The typed program as text.
    pub fn dump(&self) -> String {
        self.program.dump()
    }

    /// Each diagnostic on a line, and each mistake of the checker.
    pub fn shown(&self) -> String {
        let invalid: String = self.invalid.iter().map(|text| format!("invalid: {text}\n")).collect();
        show(&self.files, &self.diagnostics) + &invalid
    }
}

/// Adds the modules of the standard library that a program needs, with their files.
fn add_standard<'a>(input: &mut Input<'a>, standard: &'a [Loaded], files: &[FileId]) {
    let package = input.packages.len();
    for other in &mut input.packages {
        other.dependencies.push((pluto_std::PACKAGE.to_owned(), package));
    }
    let standard_package = Package { standard: Some(pluto_std::NAMES), ..Package::default() };
    input.packages.push(standard_package);
    for (loaded, file) in standard.iter().zip(files) {
        let Parse { tree, errors } = &loaded.parse;
        input.sources.push(Source { package, path: loaded.names(), file: *file, tree, errors });
    }
}

fn show(files: &Files, diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for Diagnostic { code, message, primary, .. } in diagnostics {
        let severity = severity(code.severity);
        let _ = writeln!(out, "{}: {severity}[{code}]: {message}", place(files, primary.place));
    }
    out
}

/// How a severity is written.
pub(crate) const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// `main.pluto:2:5-8`, and over lines `main.pluto:2:5-4:1`; the last character is the last that belongs to it.
fn place(files: &Files, place: FileSpan) -> String {
    let Some(file) = files.get(place.file) else { return "?".to_owned() };
    let (start, end) = (file.line_column(place.span.start), file.line_column(place.span.end));
    let from = format!("{}:{}:{}", file.path(), start.line, start.column);
    if start == end {
        return from;
    }
    if start.line == end.line {
        return format!("{from}-{}", end.column - 1);
    }
    format!("{from}-{}:{}", end.line, end.column.saturating_sub(1).max(1))
}
