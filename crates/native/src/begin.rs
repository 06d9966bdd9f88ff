//! Where a built program begins.

use std::ffi::{CStr, c_char, c_int};
use std::hint::black_box;
use std::slice::from_raw_parts;

use pluto_runtime::Image;

use crate::program::{Program, could_not};

/// The signal of a pipe that nobody reads, and what a process does with it that wants to hear of it from what it writes.
const SIGPIPE: c_int = 13;
const SIG_IGN: usize = 1;

unsafe extern "C" {
    fn signal(number: c_int, handler: usize) -> usize;
}

/// What `main` of a built program calls, and whose result is its exit status: what it was called with, the bytes of its tables, and the
/// addresses of its functions.
///
/// # Safety
/// `codegen` has made the two rows, and the code behind the addresses; the arguments are those that the platform gives to `main`.
#[unsafe(no_mangle)]
unsafe extern "C" fn pluto_begin(
    count: c_int,
    arguments: *const *const c_char,
    image: *const u8,
    image_len: usize,
    functions: *const u64,
    functions_len: usize,
) -> c_int {
    // SAFETY: the caller promises all of it.
    let (image, functions, arguments) = unsafe {
        // As the standard library does where it has `main`.
        signal(SIGPIPE, SIG_IGN);
        let arguments = (1..usize::try_from(count).unwrap_or(0)).map(|at| CStr::from_ptr(*arguments.add(at)));
        let arguments = arguments.map(|argument| argument.to_string_lossy().into_owned()).collect();
        (from_raw_parts(image, image_len), from_raw_parts(functions, functions_len), arguments)
    };
    // Nothing here names what the code names, and the linker is to keep it.
    pluto_runtime::symbols().for_each(|symbol| _ = black_box(symbol));
    let program = Image::read(image).and_then(|image| Program::new(image, functions));
    let status = match program {
        // SAFETY: as above.
        Some(program) => unsafe { program.run(arguments) },
        None => could_not("the program and what it was built with do not fit together"),
    };
    // What threads of the program still hold ends with the process.
    std::process::exit(status.into())
}
