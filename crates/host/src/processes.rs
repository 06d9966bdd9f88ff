//! Programs of the machine.

use std::time::Duration;

use crate::files::bound;
use crate::outside::Command;

crate::function::table! {
    waits;
    "std.process.host_run" = |outside, turn,
        program: &str,
        arguments: &[String],
        input: &[u8],
        directory: &str,
        variables: &[String],
        within: i64,
        most: i64|
    {
        // A program that took too long is ended and waited for, so nobody who waits is late.
        let within = u64::try_from(within).ok().map(Duration::from_nanos);
        let command =
            Command { program, arguments, input, directory, variables, within, most: bound(most) };
        outside.run(command, turn).map(|ran| (ran.status, ran.output, ran.error))
    };
}
