//! Makes an unpacked OTP release run where it lies: each native program is moved aside and a script of its name starts
//! it through the C library unpacked beside it. Paths in the scripts are relative to the script.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use crate::error::{Error, IoContext, Result};
use crate::run;

/// Ending of a native program that was moved aside.
const MOVED: &str = "elf";

/// Rewrites the release below `prefix`, and adds `prefix/bin` with `erl`, `erlc`, `escript`, `epmd`.
pub(super) fn relocate(prefix: &Path) -> Result<()> {
    let root = prefix.join("usr/lib/erlang");
    let loader = Loader::find(prefix)?;
    let erts = only_child(&root, "erts-")?;
    for program in native_programs(&root)? {
        let moved = PathBuf::from(format!("{}.{MOVED}", program.display()));
        fs::rename(&program, &moved).at("rename", &program)?;
        let name = file_name(&moved);
        write_script(
            &program,
            &format!("{}exec {} \"$here/{name}\" \"$@\"\n", here(), loader.call(prefix, &program)),
        )?;
    }
    for place in ["bin", &format!("{erts}/bin")] {
        write_script(&root.join(place).join("erl"), &erl_script(&root.join(place), prefix, &erts))?;
    }
    let bin = prefix.join("bin");
    fs::create_dir_all(&bin).at("create", &bin)?;
    write_script(&bin.join("erl"), &erl_script(&bin, prefix, &erts))?;
    for (name, emulator) in [("erlc", "ERLC_EMULATOR"), ("escript", "ESCRIPT_EMULATOR"), ("epmd", "")] {
        let set =
            if emulator.is_empty() { String::new() } else { format!("export {emulator}=\"$here/erl\"\n") };
        let target = format!("$here/../usr/lib/erlang/{erts}/bin/{name}");
        write_script(&bin.join(name), &format!("{}{set}exec \"{target}\" \"$@\"\n", here()))?;
    }
    Ok(())
}

/// Opening of every script: `here` becomes the real directory of the script, whatever links led to it.
fn here() -> String {
    "#!/bin/sh\nself=$(readlink -f -- \"$0\")\nhere=${self%/*}\n".to_owned()
}

fn erl_script(directory: &Path, prefix: &Path, erts: &str) -> String {
    let up = up_to(prefix, directory);
    format!(
        "{}prefix=$(CDPATH= cd -- \"$here/{up}\" && pwd -P) || exit 1\n\
         export ROOTDIR=\"$prefix/usr/lib/erlang\"\n\
         export BINDIR=\"$ROOTDIR/{erts}/bin\"\n\
         export EMU=beam\n\
         export PROGNAME=\"$prefix/bin/erl\"\n\
         exec \"$BINDIR/erlexec\" \"$@\"\n",
        here()
    )
}

/// The unpacked C library: its loader and the directory of libraries, relative to the prefix.
struct Loader {
    program: PathBuf,
    libraries: PathBuf,
}

impl Loader {
    fn find(prefix: &Path) -> Result<Self> {
        let lib = prefix.join("usr/lib");
        for entry in fs::read_dir(&lib).at("read", &lib)? {
            let directory = entry.at("read", &lib)?.path();
            if !file_name(&directory).ends_with("-linux-gnu") {
                continue;
            }
            for file in fs::read_dir(&directory).at("read", &directory)? {
                let path = file.at("read", &directory)?.path();
                if file_name(&path).starts_with("ld-linux") {
                    let below =
                        |path: &Path| path.strip_prefix(prefix).map(Path::to_path_buf).unwrap_or_default();
                    return Ok(Self { program: below(&path), libraries: below(&directory) });
                }
            }
        }
        Err(Error::Unexpected {
            what: "expected the C library's loader among the unpacked packages".to_owned(),
            found: "none".to_owned(),
        })
    }

    /// The words that start a program through the loader, in a script that stands at `script`. The program sees the
    /// script as its own name, so that what looks beside itself finds scripts and not moved programs.
    fn call(&self, prefix: &Path, script: &Path) -> String {
        let up = up_to(prefix, script.parent().unwrap_or(prefix));
        format!(
            "\"$here/{up}/{}\" --library-path \"$here/{up}/{}\" --argv0 \"$self\"",
            self.program.display(),
            self.libraries.display()
        )
    }
}

/// `../..` from a directory below the prefix up to the prefix.
fn up_to(prefix: &Path, directory: &Path) -> String {
    let below = directory.strip_prefix(prefix).unwrap_or(directory);
    let depth = below.components().filter(|part| matches!(part, Component::Normal(_))).count();
    vec![".."; depth].join("/")
}

/// Executable ELF files below a directory, links not followed; shared objects are loaded, not started, and stay.
fn native_programs(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut pending = vec![directory.to_path_buf()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(&directory).at("read", &directory)? {
            let entry = entry.at("read", &directory)?;
            let (kind, path) = (entry.file_type().at("read", entry.path())?, entry.path());
            if kind.is_dir() {
                pending.push(path);
            } else if kind.is_file()
                && run::is_executable(&path)
                && is_elf(&path)?
                && !file_name(&path).contains(".so")
            {
                found.push(path);
            }
        }
    }
    Ok(found)
}

fn is_elf(path: &Path) -> Result<bool> {
    use std::io::Read;
    let mut magic = [0; 4];
    let mut file = fs::File::open(path).at("open", path)?;
    Ok(file.read_exact(&mut magic).is_ok() && magic == *b"\x7fELF")
}

fn only_child(directory: &Path, start: &str) -> Result<String> {
    let entries = fs::read_dir(directory).at("read", directory)?;
    let mut names =
        entries.flatten().map(|entry| file_name(&entry.path())).filter(|name| name.starts_with(start));
    match (names.next(), names.next()) {
        (Some(name), None) => Ok(name),
        (first, second) => Err(Error::Unexpected {
            what: format!("expected exactly one `{start}*` in the unpacked release"),
            found: [first, second].into_iter().flatten().collect::<Vec<_>>().join(", "),
        }),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Writes an executable script in place of whatever was there, links included.
fn write_script(path: &Path, text: &str) -> Result<()> {
    if path.symlink_metadata().is_ok() {
        fs::remove_file(path).at("remove", path)?;
    }
    fs::write(path, text).at("write", path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).at("make executable", path)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::up_to;

    #[test]
    fn steps_up_to_the_prefix() {
        assert_eq!(up_to(Path::new("/p"), Path::new("/p/usr/lib/erlang/bin")), "../../../..");
        assert_eq!(up_to(Path::new("/p"), Path::new("/p/bin")), "..");
    }
}
