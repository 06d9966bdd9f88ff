//! Live Erlang nodes of every OTP release that this machine has, for tests and benchmarks.
//!
//! A [`Node`] is a real `erl` in its own operating-system process. Tests talk to it through its standard input, not
//! through the distribution protocol, so that what they test and what they test it with stay apart.
//! A node is killed when its handle is dropped. Failures panic: this crate is for tests only.

mod base64;
mod node;
mod release;

pub use node::{Node, NodeOptions};
pub use release::{Release, release, releases, system_release};
