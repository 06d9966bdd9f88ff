//! What is heard of a program, and how it ends, in one text.

use pluto_ir::interpret::Outcome;

use crate::ways::Heard;

/// What a program prints, and how it ends where that is not well.
pub(crate) fn told((ended, heard): (Outcome, Heard)) -> String {
    let out = heard.text;
    match ended {
        Outcome::Finished => out,
        Outcome::Trapped(trapped) => format!("{out}trap: {}\n", trapped.why),
        other => format!("{out}{other:?}\n"),
    }
}
