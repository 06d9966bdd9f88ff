//! Why a program is not compiled.

use pluto_ir::program::Location;

/// Why a program is not compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// Something of the form that is not compiled yet.
    Unsupported {
        /// What it is called.
        what: String,
        /// Where it is.
        at: Location,
    },
    /// Code for this machine is not made.
    Machine,
    /// What Cranelift refuses, which is a mistake of this crate.
    Refused(String),
    /// There is no memory for the stack or the heap.
    Memory,
}

impl From<cranelift_module::ModuleError> for Error {
    fn from(error: cranelift_module::ModuleError) -> Self {
        // What the verifier has found stands behind what the error says of itself.
        Self::Refused(format!("{error:?}"))
    }
}
