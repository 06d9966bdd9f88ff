//! Tables of benchmarks in `docs/benchmarks.md`.

/// Puts a table into the document, between the two lines that are there for what a command writes.
///
/// # Errors
/// Where the document cannot be read or written, or has no such lines.
pub(crate) fn write(command: &str, table: &str) -> Result<(), String> {
    let mark = |what: &str| format!("<!-- written by `{command}`: {what} -->\n");
    let (begin, end) = (mark("begin"), mark("end"));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/benchmarks.md");
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?;
    let (before, rest) = text.split_once(&begin).ok_or_else(|| format!("{path} has no line {begin}"))?;
    let (_, after) = rest.split_once(&end).ok_or_else(|| format!("{path} has no line {end}"))?;
    std::fs::write(path, format!("{before}{begin}\n{}\n\n{end}{after}", table.trim()))
        .map_err(|error| format!("cannot write {path}: {error}"))
}
