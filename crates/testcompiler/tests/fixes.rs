//! Fixes mend: carried out alone on a program of the reference, each takes away what it is for, and one that is sure brings no
//! mistake of syntax with it.

use std::fmt::Write;
use std::path::PathBuf;

use pluto_source::{Diagnostic, Severity, apply};
use pluto_testcompiler::{Chapter, Checked, Program, TestCompiler};

/// The programs of the reference, with their chapters.
fn programs() -> Vec<(String, Program)> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    let files = std::fs::read_dir(&directory).expect("the reference is there");
    let mut paths: Vec<PathBuf> = files.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    let mut programs = Vec::new();
    for path in paths {
        let name = path.file_stem().unwrap_or_default().display().to_string();
        let chapter = Chapter::read(&std::fs::read_to_string(&path).expect("a chapter is text"));
        programs.extend(chapter.programs.into_iter().map(|program| (name.clone(), program)));
    }
    programs
}

/// Checks a program with some of its texts.
fn check(program: &Program, text: impl Fn(usize) -> String) -> Checked {
    let blocks = program.blocks.iter().enumerate().map(|(at, block)| (block.path.clone(), text(at)));
    TestCompiler::of_files(program.manifests.iter().cloned().chain(blocks)).check()
}

fn count(checked: &Checked, which: impl Fn(&Diagnostic) -> bool) -> usize {
    checked.diagnostics.iter().filter(|found| which(found)).count()
}

/// Whether two diagnostics say the same about the same words.
fn same(of: &Checked, one: &Diagnostic, of_other: &Checked, other: &Diagnostic) -> bool {
    let text = |checked: &Checked, found: &Diagnostic| {
        let file = checked.files.get(found.primary.place.file).expect("it is there");
        found.primary.place.span.of(file.text()).to_owned()
    };
    (one.code, &one.message) == (other.code, &other.message) && text(of, one) == text(of_other, other)
}

fn is_syntax(found: &Diagnostic) -> bool {
    found.code.is_of_syntax() && found.code.severity == Severity::Error
}

#[test]
fn each_fix_takes_away_what_it_is_for() {
    let (mut report, mut carried_out) = (String::new(), 0);
    for (chapter, program) in programs() {
        let before = check(&program, |at| program.blocks[at].source.clone());
        for found in &before.diagnostics {
            let Some(fix) = &found.fix else { continue };
            let fixed = apply(&before.files, [fix]);
            assert_eq!(fixed.left, [0; 0], "{chapter}: {fix:?}");
            let after = check(&program, |at| {
                let changed = fixed.texts.iter().find(|(file, _)| file.0 as usize == at);
                changed.map_or_else(|| program.blocks[at].source.clone(), |(_, text)| text.clone())
            });
            carried_out += 1;
            let stays = count(&after, |other| same(&after, other, &before, found))
                >= count(&before, |other| same(&before, other, &before, found));
            let breaks = fix.sure && count(&after, is_syntax) > count(&before, is_syntax);
            if stays || breaks {
                let Diagnostic { code, message, .. } = found;
                writeln!(
                    report,
                    "{chapter}, {}: {code} {message}: {}\n{}",
                    program.heading,
                    fix.title,
                    after.shown()
                )
                .expect("a string takes it");
            }
        }
    }
    assert!(carried_out > 100, "{carried_out} fixes");
    assert_eq!(report, "");
}
