//! Compiles the programs of a chapter, and compares what is found with what the blocks expect.

use pluto_check::arena::Id as _;
use pluto_check::program::ModuleId;
use pluto_check::types::TyId;
use pluto_source::{Diagnostic, File, FileId, Files, Span};

use crate::compiler::{Checked, TestCompiler, severity};
use crate::expectation::{End, Expectation};
use crate::literate::{Block, Chapter, Program};

/// What is not as a chapter says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The line of the chapter, from 1.
    pub line: usize,
    /// What.
    pub what: String,
}

/// What the programs of a chapter gave.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What is not as the chapter says, in the order of its lines.
    pub failures: Vec<Failure>,
    /// The text of the chapter with what was found in place of what was expected.
    pub updated: String,
    /// How many programs there are, and how many of them expect an error.
    pub programs: (usize, usize),
}

/// Compiles the programs of a chapter.
pub fn run(markdown: &str) -> Outcome {
    let chapter = Chapter::read(markdown);
    let mut failures: Vec<Failure> = chapter
        .malformed
        .iter()
        .map(|malformed| Failure { line: malformed.line, what: malformed.why.to_owned() })
        .collect();
    let mut found = Vec::new();
    for program in &chapter.programs {
        let checked = compile(program, program.blocks.iter());
        check_syntax_is_said(program, &checked, &mut failures);
        check_nothing_is_elsewhere(program, &checked, &mut failures);
        check_order_is_irrelevant(program, &checked, &mut failures);
        let blocks: Vec<_> = (0..)
            .zip(&program.blocks)
            .map(|(place, block)| found_in(program, block, place, &checked))
            .collect();
        for (block, found) in program.blocks.iter().zip(&blocks) {
            check_style(block, &mut failures);
            compare(block, found, &mut failures);
        }
        found.push(blocks);
    }
    failures.sort_by_key(|failure| failure.line);
    let updated = chapter.with(|program, place| {
        found.get(program).and_then(|blocks| blocks.get(place)).cloned().unwrap_or_default()
    });
    let negative = chapter.programs.iter().filter(|program| program.is_wrong()).count();
    Outcome { failures, updated, programs: (chapter.programs.len(), negative) }
}

fn compile<'a>(program: &Program, blocks: impl Iterator<Item = &'a Block>) -> Checked {
    let files = blocks.map(|block| (block.path.clone(), block.source.clone()));
    TestCompiler::of_files(program.manifests.iter().cloned().chain(files)).check()
}

fn is_syntax(diagnostic: &Diagnostic) -> bool {
    diagnostic.code.is_of_syntax()
}

/// A program that is meant to show an error of types and has one of syntax shows nothing.
fn check_syntax_is_said(program: &Program, checked: &Checked, failures: &mut Vec<Failure>) {
    let Some(first) = program.blocks.first() else { return };
    let said = program.blocks.iter().any(|block| block.syntax);
    let is = checked.diagnostics.iter().any(is_syntax);
    let what = match (said, is) {
        (true, false) => "this block says `syntax` and has no syntax error",
        (false, true) => "this block has a syntax error and does not say `syntax`",
        _ => return,
    };
    failures.push(Failure { line: first.lines.start, what: what.to_owned() });
}

/// What is said about a file that no block shows would be seen by nobody.
fn check_nothing_is_elsewhere(program: &Program, checked: &Checked, failures: &mut Vec<Failure>) {
    let Some(first) = program.blocks.first() else { return };
    let files = program.blocks.len() as u32;
    let elsewhere = checked.diagnostics.iter().filter(|one| one.primary.place.file.0 >= files);
    let elsewhere =
        elsewhere.map(|one| format!("found outside of the blocks: {}: {}", one.code, one.message));
    let invalid = checked.invalid.iter().map(|text| format!("the program is wrong: {text}"));
    failures.extend(elsewhere.chain(invalid).map(|what| Failure { line: first.lines.start, what }));
}

/// The same is said whatever the order of the files.
fn check_order_is_irrelevant(program: &Program, checked: &Checked, failures: &mut Vec<Failure>) {
    let Some(first) = program.blocks.get(1) else { return };
    let sorted = |checked: &Checked| {
        let mut lines: Vec<String> = checked.shown().lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    if sorted(checked) != sorted(&compile(program, program.blocks.iter().rev())) {
        let what = "something else is said where the files are in another order".to_owned();
        failures.push(Failure { line: first.lines.start, what });
    }
}

/// What readers copy is in the one style, unless the block is about something else.
fn check_style(block: &Block, failures: &mut Vec<Failure>) {
    let Ok(formatted) = pluto_syntax::format(&block.source) else { return };
    let text: String = block.text.iter().map(|line| format!("{line}\n")).collect();
    if !block.loose && block.text_of(&formatted) != text {
        let what = "this block is not in the style of `pluto fmt`".to_owned();
        failures.push(Failure { line: block.lines.start, what });
    }
}

/// What was found in a block, in the order of its lines and columns.
fn found_in(program: &Program, block: &Block, place: u32, checked: &Checked) -> Vec<Expectation> {
    let unused = program.blocks.iter().any(|block| block.unused);
    let mut found: Vec<Expectation> = checked
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.primary.place.file.0 == place)
        .filter(|diagnostic| unused || !is_unused(diagnostic))
        .map(|diagnostic| expectation(diagnostic, block, &checked.files))
        .collect();
    found.extend(
        block
            .expectations
            .iter()
            .filter(|one| one.is_question())
            .map(|one| answer(one, block, place, checked)),
    );
    found.sort();
    found
}

/// A warning of something that most examples do not use.
fn is_unused(diagnostic: &Diagnostic) -> bool {
    ["unused-import", "unused-item", "unused-local"].contains(&diagnostic.code.name)
}

fn expectation(diagnostic: &Diagnostic, block: &Block, files: &Files) -> Expectation {
    let Diagnostic { code, message, primary, .. } = diagnostic;
    let what = format!("{}[{code}]: {message}", severity(code.severity));
    let Some(file) = files.get(primary.place.file) else {
        return Expectation { line: 0, column: 1, end: End::Width(0), what };
    };
    let (line, column, end) = place_of(file, primary.place.span, block);
    Expectation { line, column, end, what }
}

/// The line of a block, the column and the end of a span of its file.
fn place_of(file: &File, span: Span, block: &Block) -> (u32, u32, End) {
    let (start, end) = (file.line_column(span.start), file.line_column(span.end));
    let to = if start.line == end.line {
        End::Width(end.column - start.column)
    } else {
        End::Below(end.line - start.line, end.column)
    };
    // What is found behind the last line of a block is shown below that.
    let last = (block.text.len() as u32).saturating_sub(1);
    let line = (start.line - 1).saturating_sub(block.lines_before());
    (line.min(last), start.column, to)
}

/// The answer where nothing has exactly the place of the question, which never is what is expected.
const NOTHING: &str = "type: nothing stands here";

/// What a question is answered with: the type of what stands at exactly its place, or what a function raises whose name does.
fn answer(question: &Expectation, block: &Block, place: u32, checked: &Checked) -> Expectation {
    let program = &checked.program;
    let file = checked.files.get(FileId(place));
    let is_here = |module: ModuleId, span: Span| {
        program.modules[module].file == FileId(place)
            && file.is_some_and(|file| {
                let (line, column, end) = place_of(file, span, block);
                (line, column, end) == (question.line, question.column, question.end)
            })
    };
    let found = if question.what.starts_with("raises: ") {
        let mut functions = program.functions.iter().filter(|(_, function)| function.body.is_some());
        let function = functions.find(|(_, function)| is_here(function.origin.module, function.origin.span));
        function.map(|(id, _)| format!("raises: {}", program.show_raises(id)))
    } else {
        type_at(checked, is_here).map(|ty| format!("type: {}", program.show(ty)))
    };
    Expectation { what: found.unwrap_or_else(|| NOTHING.to_owned()), ..question.clone() }
}

/// The type of the expression or the local name at a place.
fn type_at(checked: &Checked, is_here: impl Fn(ModuleId, Span) -> bool) -> Option<TyId> {
    let nodes = &checked.program.nodes;
    nodes.bodies.iter().find_map(|(_, body)| {
        let exprs = nodes.exprs.iter().filter(|(id, _)| (body.exprs.0..body.exprs.1).contains(&id.index()));
        let mut exprs = exprs.filter(|(_, expr)| is_here(body.module, expr.span));
        let locals =
            nodes.locals.iter().filter(|(id, _)| (body.locals.0..body.locals.1).contains(&id.index()));
        let mut locals = locals.filter(|(_, local)| is_here(body.module, local.span));
        exprs.next().map(|(_, expr)| expr.ty).or_else(|| locals.next().map(|(_, local)| local.ty))
    })
}

fn compare(block: &Block, found: &[Expectation], failures: &mut Vec<Failure>) {
    let mut expected = block.expectations.clone();
    expected.sort();
    let mut fail = |one: &Expectation, how: &str| {
        let line = block.line_in_chapter(one.line);
        failures.push(Failure { line, what: format!("{how}: {one}") });
    };
    let mut rest = found.to_vec();
    for one in &expected {
        match rest.iter().position(|other| other == one) {
            Some(place) => drop(rest.remove(place)),
            None => fail(one, "expected, not found"),
        }
    }
    for one in &rest {
        fail(one, "found, not expected");
    }
    for one in expected.iter().filter(|one| one.what == NOTHING) {
        fail(one, "a question about nothing");
    }
}
