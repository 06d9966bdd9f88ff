//! What has native code.

use pluto_codegen::{Error, compile};
use pluto_ir::Program;

/// What in a program has no native code yet.
pub(crate) fn unsupported(program: &Program) -> Option<String> {
    match compile(program, None) {
        Err(Error::Unsupported { what, .. }) => Some(what),
        Err(error) => panic!("{error:?}"),
        Ok(_) => None,
    }
}
