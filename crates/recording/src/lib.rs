//! Recordings: directories of Arrow IPC segments, written crash-safe and read with an index.
//!
//! A [`Writer`] appends batches of events to segments, after the table rows that they refer to; everything that was
//! flushed survives the death of the process at any moment. A [`Reader`] opens what a writer left, finished or not,
//! and scans it with a [`Filter`] that skips whole batches by the index. What is known to be missing comes back as
//! gap events. The format is described in `docs/recording-format.md`.
//!
//! This crate does not know where events come from, and does not look into the terms that they carry.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod batch;
mod dump;
mod error;
mod index;
mod ipc;
mod manifest;
mod reader;
mod schema;
mod tables;
mod writer;

pub use dump::dump;
pub use error::{Damage, RecordingError};
pub use manifest::{
    About, Change, Ended, Expired, Manifest, NameAbout, NameSeen, NodeAbout, SegmentAbout, State, Summary,
    Totals, VERSION, Version,
};
pub use reader::{BatchView, ByTime, Columns, Damaged, Events, Filter, Kinds, Reader, Scan};
pub use writer::{Writer, WriterOptions};
