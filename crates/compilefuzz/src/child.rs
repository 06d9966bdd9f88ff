//! The process that runs programs. One that crashes takes it along, so it says before each which one it is.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use pluto_testcompiler::generate::{Choices, program};

use crate::ways::{Fault, Ways, check};

/// In front of the number of the program that is next.
pub(crate) const AT: &str = "at ";
/// In front of the kind of a fault; behind that line is what is seen of it.
pub(crate) const FAULT: &str = "fault ";

/// Runs each program of a number below `runs` that gives `share.0` by `share.1`, from a seed on. False where one has a fault.
///
/// # Errors
/// Where nobody hears any more.
pub fn child(seed: u64, runs: u64, share: (u64, u64), pluto: Option<&PathBuf>) -> io::Result<bool> {
    let (first, step) = share;
    for number in (first..runs).step_by(step.max(1) as usize) {
        writeln!(io::stdout(), "{AT}{number}")?;
        let seed = seed.wrapping_add(number);
        let made = program(&mut Choices::seeded(seed));
        if let Err(fault) = check(&made.files, &made.output, &Ways::of_seed(seed, pluto.cloned())) {
            return tell(&fault);
        }
    }
    Ok(true)
}

/// Runs the program of a tape on standard input, in the ways of a seed. False where it has a fault.
///
/// # Errors
/// Where nobody hears any more, or there is no tape.
pub fn tape(seed: u64, pluto: Option<PathBuf>) -> io::Result<bool> {
    let mut tape = Vec::new();
    io::stdin().read_to_end(&mut tape)?;
    let made = program(&mut Choices::from_bytes(&tape));
    match check(&made.files, &made.output, &Ways::of_seed(seed, pluto)) {
        Ok(()) => Ok(true),
        Err(fault) => tell(&fault),
    }
}

fn tell(fault: &Fault) -> io::Result<bool> {
    writeln!(io::stdout(), "{FAULT}{}\n{}", fault.kind, fault.detail)?;
    Ok(false)
}
