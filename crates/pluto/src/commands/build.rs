//! `pluto build`: an executable of a program in the Pluto language.

use crate::args::BuildArgs;
use crate::commands::run::{program, refused};
use crate::failure::Failure;
use crate::output::{self, Colour, Readers};
use pluto_native::FAILED;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The run-time system as one object, compressed. `build.rs` makes it.
static RUNTIME: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runtime.o.z"));

/// Bytes that the run-time system has at most.
const RUNTIME_MAX: usize = 1 << 28;

/// What links.
const LINKER: &str = "cc";

/// What it is told besides the files: nothing that is not used, the compiler's own library inside, and what the run-time system needs.
const LINKING: [&str; 6] = ["-pie", "-static-libgcc", "-Wl,--gc-sections", "-lm", "-lpthread", "-ldl"];

/// Checks a program and builds it.
pub(crate) fn run(args: &BuildArgs, colour: Colour) -> Result<u8, Failure> {
    let Some((project, program)) = program(&args.file, args.bounds.contracts, colour)? else {
        return Ok(FAILED);
    };
    let output = output_of(args)?;
    let object = pluto_codegen::object(&program, &project.files, args.bounds.limits())
        .map_err(|error| refused(error, &project.files).hint("`pluto run --interpret` runs it"))?;
    let whole = linked(&object)?;
    output::whole_file(&output, Readers::Program, |out| {
        out.write_all(&whole)
            .map_err(|error| Failure::io(format!("cannot write {}", output.display()), &error))
    })?;
    Ok(0)
}

/// Where the executable goes.
fn output_of(args: &BuildArgs) -> Result<PathBuf, Failure> {
    let output = match (&args.output, args.file.file_stem()) {
        (Some(output), _) => output.clone(),
        (None, Some(stem)) => PathBuf::from(stem),
        (None, None) => return Err(Failure::new(format!("{} is not a file name", args.file.display()))),
    };
    let hint = "name the executable with -o";
    let Ok(there) = std::fs::metadata(&output) else { return Ok(output) };
    if !there.is_file() {
        let what = if there.is_dir() { "is a directory" } else { "is no file" };
        return Err(Failure::new(format!("{} {what}", output.display())).hint(hint));
    }
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    if real(&output) == real(&args.file) {
        return Err(Failure::new(format!("{} is the program's source", output.display())).hint(hint));
    }
    Ok(output)
}

/// An object and the run-time system, linked.
fn linked(object: &[u8]) -> Result<Vec<u8>, Failure> {
    let failed = |error: &std::io::Error| Failure::io("cannot write what is to be linked", error);
    let dir = tempfile::Builder::new().prefix("pluto-build-").tempdir().map_err(|error| failed(&error))?;
    let at = |name: &str| dir.path().join(name);
    let runtime = miniz_oxide::inflate::decompress_to_vec_with_limit(RUNTIME, RUNTIME_MAX)
        .map_err(|error| Failure::new(format!("the run-time system in this `pluto` is damaged: {error}")))?;
    std::fs::write(at("program.o"), object).map_err(|error| failed(&error))?;
    std::fs::write(at("runtime.o"), runtime).map_err(|error| failed(&error))?;
    let mut linker = Command::new(LINKER);
    linker.arg("-o").args(["program", "program.o", "runtime.o"].map(at)).args(LINKING);
    let ran = linker.output().map_err(|error| unlinked(&error))?;
    if !ran.status.success() {
        let said = String::from_utf8_lossy(&ran.stderr);
        return Err(Failure::new(format!(
            "`{LINKER}` does not link it, {}:\n{}",
            ran.status,
            said.trim_end()
        ))
        .hint("`pluto run` runs it without linking"));
    }
    std::fs::read(at("program")).map_err(|error| Failure::io("cannot read what was linked", &error))
}

/// Why the linker does not run.
fn unlinked(error: &std::io::Error) -> Failure {
    if error.kind() == ErrorKind::NotFound {
        Failure::new(format!(
            "there is no C compiler (`{LINKER}`) on this machine, which links what is built"
        ))
        .hint("install one, on Debian and Ubuntu by `apt install gcc libc6-dev`; `pluto run` needs none")
    } else {
        Failure::io(format!("`{LINKER}` does not run"), error)
    }
}
