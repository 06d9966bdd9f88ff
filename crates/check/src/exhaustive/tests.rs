//! Cases as data, and an oracle that tries all values.

mod cases;
mod oracle;
mod universe;
