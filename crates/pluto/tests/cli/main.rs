//! The built binary against live nodes of every OTP release: whole outputs, exit statuses, and what is left behind.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod support;

mod attach;
mod building;
mod documenting;
mod ending;
mod exports;
mod language;
mod learning;
mod limits;
mod manual;
mod mending;
mod names;
mod packages;
mod pages;
mod recorded;
mod related;
mod running;
mod safety;
mod secure;
mod testing;
mod tracing;
mod usage;
