//! The clock, the environment, and the streams of a program.

use crate::files::bound;
use crate::outside::Stream;

crate::function::table! {
    outside: true;
    "std.time.host_clock" = |outside| outside.clock();
    "std.env.host_arguments" = |outside| outside.arguments();
    "std.env.host_names" = |outside| names(outside.variables());
    "std.env.host_variable" = |outside, name: &str| value_of(outside.variables(), name);
    "std.env.host_directory" = |outside| outside.directory();
    "std.io.host_read_line" = |outside, most: i64| {
        // A line has one character more than nothing.
        outside.read_line(bound(most)).map(|line| line.map_or(String::new(), |line| line + "\n"))
    };
    "std.io.host_read_input" = |outside, most: i64| outside.read_input(bound(most));
    "std.io.host_write" = |outside, data: &[u8], to_error: bool| {
        outside.write(if to_error { Stream::Error } else { Stream::Output }, data)
    };
    "std.log.host_write" = |outside, line: &str| drop(outside.write(Stream::Error, line.as_bytes()));
    "std.log.host_clock" = |outside| outside.clock();
    "std.log.host_variable" = |outside, name: &str| value_of(outside.variables(), name);
}

fn names(variables: Vec<(String, String)>) -> Vec<String> {
    let mut names: Vec<String> = variables.into_iter().map(|(name, _)| name).collect();
    names.sort();
    names
}

fn value_of(variables: Vec<(String, String)>, name: &str) -> Option<String> {
    variables.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}
