//! `pluto fmt`: programs in the one style.

use crate::args::FmtArgs;
use crate::failure::Failure;
use crate::output::{self, Colour, Readers};
use crate::sources;
use pluto_source::{File, Files};
use pluto_syntax::SyntaxError;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What came of a command.
#[derive(Default)]
struct Told {
    /// Files that were, or would be, changed.
    changed: u64,
    /// Files with syntax errors.
    broken: u64,
}

/// Formats what is named; nothing is written where only a check is asked for, and nothing of a broken file.
pub(crate) fn run(args: &FmtArgs, colour: Colour) -> Result<u8, Failure> {
    let mut told = Told::default();
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        if args.paths.len() > 1 {
            return Err(
                Failure::new("`-` is standard input, and stands alone").hint("leave the other paths out")
            );
        }
        stdin(args, colour, &mut told)?;
    } else {
        let found = sources::find(&args.paths)?;
        for found in &found {
            file(&found.path, args, colour, &mut told)?;
        }
        if told.changed + told.broken > 0 || args.check {
            output::note(&told.summary(args.check, found.len() as u64));
        }
    }
    Ok(match told {
        Told { broken: 1.., .. } => 2,
        Told { changed: 1.., .. } if args.check => 1,
        _ => 0,
    })
}

impl Told {
    fn summary(&self, check: bool, files: u64) -> String {
        let mut summary = match (check, self.changed) {
            (true, 1) => format!("1 of {} would change", pluto_timeline::count(files, "file")),
            (true, n) => format!("{n} of {} would change", pluto_timeline::count(files, "file")),
            (false, n) => format!("{n} of {} changed", pluto_timeline::count(files, "file")),
        };
        if self.broken > 0 {
            summary += &format!("; {} left alone because of syntax errors", self.broken);
        }
        summary
    }
}

fn stdin(args: &FmtArgs, colour: Colour, told: &mut Told) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|error| Failure::io("cannot read standard input", &error))?;
    let source = sources::text(bytes, "standard input")?;
    match pluto_syntax::format(&source) {
        Err(errors) => {
            told.broken += 1;
            broken("<stdin>", source, &errors, colour);
        }
        Ok(formatted) => {
            told.changed += u64::from(formatted != source);
            let mut out = output::standard();
            if args.check {
                if formatted != source {
                    out.write_all(b"<stdin>\n")?;
                }
            } else {
                out.write_all(formatted.as_bytes())?;
            }
            out.flush()?;
        }
    }
    Ok(())
}

fn file(path: &Path, args: &FmtArgs, colour: Colour, told: &mut Told) -> Result<(), Failure> {
    let source = sources::read(path)?;
    let formatted = match pluto_syntax::format(&source) {
        Ok(formatted) => formatted,
        Err(errors) => {
            told.broken += 1;
            broken(&path.display().to_string(), source, &errors, colour);
            return Ok(());
        }
    };
    if formatted == source {
        return Ok(());
    }
    told.changed += 1;
    if args.check {
        let mut out = output::standard();
        writeln!(out, "{}", path.display())?;
        out.flush()?;
        return Ok(());
    }
    replace(path, &formatted)
}

/// Gives a file another text, whole or not at all. It keeps its permissions, and a link stays one.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: &std::io::Error| Failure::io(format!("cannot write {}", path.display()), error);
    let path = std::fs::canonicalize(path).map_err(|error| failed(&error))?;
    let mode = std::fs::metadata(&path).map_err(|error| failed(&error))?.permissions().mode();
    output::whole_file(&path, Readers::As(mode), |out| Ok(out.write_all(text.as_bytes())?))
}

fn broken(name: &str, source: String, errors: &[SyntaxError], colour: Colour) {
    let mut files = Files::new();
    let file = files.add(File::new(name, source));
    let diagnostics: Vec<_> = errors.iter().map(|error| error.diagnostic(file)).collect();
    output::note(&pluto_source::text(&diagnostics, &files, colour.err));
}
