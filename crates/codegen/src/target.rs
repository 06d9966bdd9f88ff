//! The machines that code is made for, and how it is made.

use cranelift_codegen::isa::{Builder, OwnedTargetIsa, lookup_by_name};
use cranelift_codegen::settings::{Configurable, Flags, builder};

use crate::error::Error;

/// Settings of the code: for speed, with frame pointers, and with the task in a register.
const SETTINGS: [(&str, &str); 7] = [
    ("opt_level", "speed"),
    ("preserve_frame_pointers", "true"),
    ("enable_pinned_reg", "true"),
    ("enable_multi_ret_implicit_sret", "true"),
    ("enable_probestack", "false"),
    ("use_colocated_libcalls", "false"),
    ("unwind_info", "true"),
];

/// What code that goes to other machines may use besides what every x86-64 has: what those have that were made since 2010 (x86-64-v2).
const COMMON: [&str; 5] = ["has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_popcnt"];

/// This machine, for code that stays where it is put.
pub(crate) fn this() -> Result<OwnedTargetIsa, Error> {
    finish(&cranelift_native::builder().map_err(|_| Error::Machine)?, &[("is_pic", "false")])
}

/// Any machine such as this one, for code that may be anywhere.
pub(crate) fn common() -> Result<OwnedTargetIsa, Error> {
    let mut machine = lookup_by_name("x86_64-unknown-linux-gnu").map_err(|_| Error::Machine)?;
    for has in COMMON {
        machine.enable(has).map_err(|error| Error::Refused(error.to_string()))?;
    }
    finish(&machine, &[("is_pic", "true"), ("log2_min_function_alignment", "4")])
}

fn finish(machine: &Builder, own: &[(&str, &str)]) -> Result<OwnedTargetIsa, Error> {
    if !cfg!(target_arch = "x86_64") {
        return Err(Error::Machine);
    }
    let mut flags = builder();
    let verifier = if cfg!(debug_assertions) { "true" } else { "false" };
    for (name, value) in SETTINGS.iter().chain(own).chain(&[("enable_verifier", verifier)]) {
        flags.set(name, value).map_err(|error| Error::Refused(error.to_string()))?;
    }
    machine.finish(Flags::new(flags)).map_err(|_| Error::Machine)
}
