//! Erlang's external term format: reading, writing, ordering, printing and parsing.
//!
//! [`Reader`] walks encoded bytes without copying; [`decode()`] and [`encode()`] go to and from the owned [`Term`].
//! Bytes from outside are held to [`Limits`]. The format is the one of the chapter "External Term Format" in the
//! ERTS user's guide, as OTP 25 to 29 write it.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod compare;
mod decode;
mod encode;
mod error;
mod limits;
mod parse;
mod print;
mod reader;
pub mod tag;
mod term;
mod types;

pub use decode::{decode, expand};
pub use encode::{encode, encode_bare};
pub use error::DecodeError;
pub use limits::Limits;
pub use parse::{ParseError, ParseErrorKind, ParseOptions, parse, parse_with};
pub use print::{Display, PrintLimits, Syntax};
pub use reader::{
    AtomRef, BigRef, ExportRef, FunRef, Item, PidRef, PortRef, Reader, RecordRef, ReferenceRef,
};
pub use term::Term;
pub use types::{Atom, Export, Fun, Pid, Port, Record, Reference};
