//! What programs reach outside of themselves. Whoever runs a program gives it one: this machine, nothing, or something made for a test.

/// What is outside of a program.
pub trait Outside {}

/// Outside is nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Outside for Nothing {}
