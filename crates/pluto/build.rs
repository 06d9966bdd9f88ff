//! Puts the pages about diagnostics, one file each in `docs/reference/errors`, into the binary.

use std::fmt::Write as _;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pages = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../../docs/reference/errors");
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
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("pages.rs"), table)?;
    Ok(())
}
