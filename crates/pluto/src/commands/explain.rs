//! `pluto explain`: the pages about diagnostics, which are in the binary.

use crate::args::ExplainArgs;
use crate::failure::Failure;
use crate::output;
use pluto_source::{Code, Severity, near_misses};
use std::io::Write;

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// Prints a page, or the list of all.
pub(crate) fn run(args: &ExplainArgs) -> Result<u8, Failure> {
    let mut out = output::standard();
    match &args.code {
        Some(asked) => out.write_all(page(find(asked)?).as_bytes())?,
        None => {
            for code in codes() {
                let severity = match code.severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                };
                writeln!(out, "{code}  {severity:7}  {}", code.name)?;
            }
        }
    }
    out.flush()?;
    Ok(0)
}

/// Every code there is, in order.
fn codes() -> Vec<Code> {
    let mut codes = [pluto_syntax::CODES, pluto_check::CODES].concat();
    codes.sort_by_key(|code| code.number);
    codes
}

fn page(code: Code) -> &'static str {
    let name = code.to_string();
    PAGES.iter().find(|(code, _)| *code == name).map_or("", |(_, page)| page)
}

/// The code that is asked for by its number, as `E0123`, `e123` or `123`, or by its name.
fn find(asked: &str) -> Result<Code, Failure> {
    let codes = codes();
    let digits = asked.strip_prefix(['E', 'e']).unwrap_or(asked);
    let number = digits.parse::<u16>().ok();
    if let Some(code) = codes.iter().find(|code| Some(code.number) == number || code.name == asked) {
        return Ok(*code);
    }
    let failure = Failure::new(format!("there is no diagnostic {asked}"));
    let near = near_misses(asked, codes.iter().map(|code| code.name));
    Err(if near.is_empty() {
        failure.hint("`pluto explain --list` lists all")
    } else {
        failure.hint(format!("is it {}?", near.join(" or ")))
    })
}
