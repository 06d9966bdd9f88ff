//! `pluto doc`: pages about what programs make public.

use crate::args::DocArgs;
use crate::commands::check::{self, Found};
use crate::failure::Failure;
use crate::output::{self, Colour};
use crate::project::{Project, Texts};
use crate::sources;
use pluto_check::Program;
use pluto_docs::{Module, Page};
use pluto_native::FAILED;
use pluto_source::{FileId, Severity, Span};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The page of all modules, which is in every directory that this has written.
const INDEX: &str = "index.html";

/// By this the page is known to be ours.
const OURS: &str = "<meta name=\"generator\" content=\"pluto doc\">";

/// Writes the pages into a directory, which is made anew.
pub(crate) fn run(args: &DocArgs, colour: Colour) -> Result<u8, Failure> {
    let pages = if args.std {
        standard()
    } else {
        let named = sources::find(&args.paths)?;
        let found = check::find(Project::load(&named, Texts::new())?);
        if found.diagnostics.iter().any(|found| found.code.severity == Severity::Error) {
            output::note(&pluto_source::text(&found.diagnostics, &found.project.files, colour.err));
            return Ok(FAILED);
        }
        of_programs(&found, &title(args)?)
    };
    write(&args.output, &pages)?;
    output::note(&format!(
        "{}: {} in {}",
        args.output.join(INDEX).display(),
        pluto_timeline::count(pages.len() as u64 - 1, "module"),
        pluto_timeline::count(pages.len() as u64, "page"),
    ));
    Ok(0)
}

/// What the pages are called.
fn title(args: &DocArgs) -> Result<String, Failure> {
    if let Some(title) = &args.title {
        return Ok(title.clone());
    }
    let path = args.paths.first().map_or(Path::new("."), PathBuf::as_path);
    let real = std::fs::canonicalize(path)
        .map_err(|error| Failure::io(format!("cannot read {}", path.display()), &error))?;
    Ok(real.file_stem().unwrap_or_default().to_string_lossy().into_owned())
}

/// The pages about the standard library, where each function says what it raises.
fn standard() -> Vec<Page> {
    let parses: Vec<_> =
        pluto_std::MODULES.iter().map(|module| (module, pluto_syntax::parse(module.text))).collect();
    let modules: Vec<Module<'_>> = parses
        .iter()
        .map(|(module, parse)| Module {
            name: module.name,
            text: module.text,
            tree: &parse.tree,
            raises: &|_| None,
        })
        .collect();
    pluto_docs::pages("The standard library", &modules)
}

/// The pages about the files that were asked for, each module once.
fn of_programs(found: &Found, title: &str) -> Vec<Page> {
    let mut modules = BTreeMap::new();
    for program in found.checked.iter().map(|checked| &checked.program) {
        let raises = raises(program);
        for (id, module) in program.modules.iter() {
            if found.project.own_path(module.file).is_some() {
                let name = program.show_module(id);
                modules.entry(name).or_insert_with(|| (module.file, raises.clone()));
            }
        }
    }
    let told: Vec<_> = modules
        .iter()
        .map(|(name, (file, raises))| {
            let (file, raises) = (*file, raises.clone());
            (name, file, move |at: Span| raises.get(&(file, at.start)).cloned())
        })
        .collect();
    let modules: Vec<Module<'_>> = told
        .iter()
        .filter_map(|(name, file, raises)| {
            let tree = &found.project.parses.get(file.0 as usize)?.tree;
            Some(Module { name, text: found.project.files.get(*file)?.text(), tree, raises })
        })
        .collect();
    pluto_docs::pages(title, &modules)
}

/// What each function raises that does not say it, by the place of its name.
fn raises(program: &Program) -> BTreeMap<(FileId, u32), String> {
    let of = |id| {
        let function = &program.functions[id];
        let file = program.modules[function.origin.module].file;
        let raises = program.show_raises(id);
        (function.declared.is_none() && raises != "none")
            .then_some(((file, function.origin.span.start), raises))
    };
    program.functions.ids().filter_map(of).collect()
}

/// Writes pages into a directory of theirs, whole or not at all: one that is there is replaced, where it is ours.
fn write(to: &Path, pages: &[Page]) -> Result<(), Failure> {
    let cannot = |error: &std::io::Error| Failure::io(format!("cannot write {}", to.display()), error);
    let there = match std::fs::read_to_string(to.join(INDEX)) {
        Ok(index) if index.contains(OURS) => true,
        Err(error) if error.kind() == ErrorKind::NotFound && is_nothing(to) => to.exists(),
        _ => {
            return Err(Failure::new(format!("{} is there, and not made by `pluto doc`", to.display()))
                .hint("name another directory with -o"));
        }
    };
    let around = to.parent().filter(|around| !around.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(around).map_err(|error| cannot(&error))?;
    let made = tempfile::tempdir_in(around).map_err(|error| cannot(&error))?;
    let whole: PathBuf = made.path().join("new");
    std::fs::create_dir(&whole).map_err(|error| cannot(&error))?;
    for page in pages {
        let html = page.html.replacen("<title>", &format!("{OURS}\n<title>"), 1);
        std::fs::write(whole.join(&page.file), html).map_err(|error| cannot(&error))?;
    }
    if there {
        std::fs::rename(to, made.path().join("old")).map_err(|error| cannot(&error))?;
    }
    std::fs::rename(&whole, to).map_err(|error| cannot(&error))
}

/// Whether there is nothing, or a directory with nothing in it.
fn is_nothing(path: &Path) -> bool {
    match std::fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}
