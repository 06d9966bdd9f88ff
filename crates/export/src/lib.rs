//! Recorded events in the formats of other tools.
//!
//! Each export reads a [`Source`] and writes to anything that takes bytes; files, and whether they appear whole or
//! not at all, are the caller's business. Every export shows the gaps, says in [`Written`] what it left out, and
//! keeps no truth of its own: pairs and links come from `pluto-timeline`. The formats of rows (JSON lines, CSV,
//! Parquet) are described in `docs/export.md`.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod csv;
mod json;
mod lanes;
pub mod mermaid;
#[cfg(feature = "parquet")]
mod parquet;
pub mod perfetto;
mod row;
mod speedscope;
mod tree;

pub use csv::csv;
pub use json::{EventWriter, json};
#[cfg(feature = "parquet")]
pub use parquet::parquet;
pub use row::{COLUMNS, Row, Rows};
pub use speedscope::speedscope;
pub use tree::json_trees;

use pluto_event::Event;
use pluto_timeline::links::Related;
use pluto_timeline::source::{self, Purpose};
use pluto_timeline::{Filter, Registry, Source};
use std::io;
use std::ops::ControlFlow;

/// What an export wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Written {
    /// Events, or for exports of calls the calls.
    pub items: u64,
    /// What was over a limit of the export and is not in it.
    pub left_out: u64,
    /// Gaps of the stream, which the export shows.
    pub gaps: u64,
    /// Damaged files whose loss no gap tells of, which the export names.
    pub damage: u64,
}

/// Why an export failed. What was written before is incomplete.
#[derive(Debug, thiserror::Error)]
pub enum ExportError<E> {
    /// The stream cannot be read.
    #[error("the events cannot be read")]
    Source(#[source] E),
    /// The stream has the order of its events and no times, which the format needs.
    #[error("the events have no times")]
    NoTimes,
    /// The output cannot be written.
    #[error("the output cannot be written")]
    Write(#[source] io::Error),
    /// The output cannot be made into Parquet.
    #[cfg(feature = "parquet")]
    #[error("the output cannot be written as Parquet")]
    Parquet(#[source] ::parquet::errors::ParquetError),
}

/// Gives each wanted event, with its position and what belongs to it, to a function that may fail.
fn each_row<S: Source, X>(
    source: &S,
    registry: &Registry,
    filter: &Filter,
    mut take: impl FnMut(&Event<'_>, Option<u64>, &Related) -> Result<(), X>,
) -> Result<Result<(), X>, S::Error> {
    let mut result = Ok(());
    source::show(source, registry, filter, |position, event, related| {
        go_on(&mut result, take(event, position, related))
    })?;
    Ok(result)
}

/// Gives each wanted event to a function that may fail.
fn each<S: Source, X>(
    source: &S,
    purpose: Purpose,
    filter: &Filter,
    mut take: impl FnMut(&Event<'_>) -> Result<(), X>,
) -> Result<Result<(), X>, S::Error> {
    let mut result = Ok(());
    source.scan(purpose, filter, &mut |event| go_on(&mut result, take(event)))?;
    Ok(result)
}

/// Keeps what came of an event, and ends the scan where it failed.
fn go_on<X>(result: &mut Result<(), X>, taken: Result<(), X>) -> ControlFlow<()> {
    *result = taken;
    if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}
