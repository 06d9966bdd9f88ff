//! Puts into the binary what it carries: the pages about diagnostics, one file each in `docs/reference/errors`, and the run-time
//! system of programs that it builds.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The crates that the run-time system is made of: where one of them changes, or what all crates share, it is made anew.
const RUNTIME: [&str; 5] = ["host", "native", "runtime", "term", "text"];

/// Variables by which a cargo tells the compilers of its own build what to do, which is not for this one.
const OTHERS: [&str; 7] = [
    "CARGO_BUILD_TARGET",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "RUSTC_LINKER",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    let root = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../..");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    pages(&root, &out)?;
    runtime(&root, &out)
}

fn pages(root: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let pages = root.join("docs/reference/errors");
    println!("cargo:rerun-if-changed={}", pages.display());
    let mut paths = std::fs::read_dir(&pages)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    let mut table =
        String::from("/// Each page, by its code, in order.\npub(crate) const PAGES: &[(&str, &str)] = &[\n");
    for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == "md")) {
        println!("cargo:rerun-if-changed={}", path.display());
        let code = path.file_stem().unwrap_or_default().to_string_lossy();
        writeln!(table, "    ({code:?}, include_str!({path:?})),")?;
    }
    table += "];\n";
    std::fs::write(out.join("pages.rs"), table)?;
    Ok(())
}

/// The run-time system: an archive that a cargo of its own makes, in a directory of its own, since the one that runs this has its locked;
/// and of that one object with what a program can reach. All profiles share the directory, beside theirs, so that it is made once.
fn runtime(root: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    for name in RUNTIME {
        println!("cargo:rerun-if-changed={}", root.join("crates").join(name).join("src").display());
        println!("cargo:rerun-if-changed={}", root.join("crates").join(name).join("Cargo.toml").display());
    }
    for name in ["Cargo.lock", "Cargo.toml"] {
        println!("cargo:rerun-if-changed={}", root.join(name).display());
    }
    let target = out.ancestors().nth(4).unwrap_or(out).join("runtime");
    let mut cargo = Command::new(std::env::var("CARGO")?);
    OTHERS.iter().for_each(|name| _ = cargo.env_remove(name));
    // What is needed is there, since this build needs it too.
    cargo
        .current_dir(root)
        .args(["rustc", "--package", "pluto-native", "--lib", "--crate-type", "staticlib"])
        .args(["--profile", "archive", "--locked", "--offline", "--quiet", "--target-dir"])
        .arg(&target);
    run(&mut cargo)?;
    let object = out.join("runtime.o");
    let mut linker = Command::new("cc");
    linker.args(["-r", "-nostdlib", "-Wl,--gc-sections", "-Wl,--strip-debug", "-Wl,-u,pluto_begin"]);
    linker.arg("-Wl,--whole-archive").arg(target.join("archive/libpluto_native.a"));
    linker.arg("-Wl,--no-whole-archive").arg("-o").arg(&object);
    run(&mut linker)?;
    // What the standard library carries for optimising at linking, which is most of it.
    let mut strip = Command::new("objcopy");
    strip.args(["--remove-section=.llvmbc", "--remove-section=.llvmcmd", "--remove-section=.comment"]);
    run(strip.arg(&object))?;
    let packed = miniz_oxide::deflate::compress_to_vec(&std::fs::read(&object)?, 6);
    std::fs::write(out.join("runtime.o.z"), packed)?;
    Ok(())
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let ran = command.output()?;
    if ran.status.success() {
        return Ok(());
    }
    Err(format!("{command:?} failed, {}:\n{}", ran.status, String::from_utf8_lossy(&ran.stderr)).into())
}
