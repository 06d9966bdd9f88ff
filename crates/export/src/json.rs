//! JSON lines: one object for each event, in the order of the stream.

use crate::row::Rows;
use crate::{ExportError, Written, each_row};
use pluto_event::{Event, Kind, Tables};
use pluto_timeline::links::Related;
use pluto_timeline::live::Ended;
use pluto_timeline::{Damage, Filter, Registry, Source, source};
use std::io::{self, Write};

/// Writes single events, for streams that are still going on.
#[derive(Clone, Copy, Debug)]
pub struct EventWriter<'t> {
    rows: Rows<'t>,
}

impl<'t> EventWriter<'t> {
    /// A writer for events whose ids point into these tables, with the registered names of their processes.
    pub fn new(tables: &'t Tables, registry: &'t Registry) -> EventWriter<'t> {
        EventWriter { rows: Rows::new(tables, registry) }
    }

    /// Says whether times are more than the order of events; they are unless told otherwise.
    #[must_use]
    pub fn with_times(self, has_times: bool) -> EventWriter<'t> {
        EventWriter { rows: self.rows.with_times(has_times) }
    }

    /// Writes what is damage as one line.
    pub fn write_damage(&self, out: &mut impl Write, damage: &Damage) -> io::Result<()> {
        serde_json::to_writer(&mut *out, &Rows::damage(damage))?;
        out.write_all(b"\n")
    }

    /// Writes one event as one line.
    pub fn write(&self, out: &mut impl Write, event: &Event<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut *out, &self.rows.row(event))?;
        out.write_all(b"\n")
    }

    /// Writes one event with its position and what belongs to it as one line.
    pub fn write_with(
        &self,
        out: &mut impl Write,
        event: &Event<'_>,
        position: Option<u64>,
        related: &Related,
    ) -> io::Result<()> {
        serde_json::to_writer(&mut *out, &self.rows.row_with(event, position, related))?;
        out.write_all(b"\n")
    }

    /// Writes the end of a call, with its duration, as one line. Its kind is `end`, which no event has.
    pub fn write_end(&self, out: &mut impl Write, ended: &Ended) -> io::Result<()> {
        serde_json::to_writer(&mut *out, &self.rows.end(ended))?;
        out.write_all(b"\n")
    }
}

/// Writes the wanted events.
pub fn json<S: Source>(
    source: &S,
    filter: &Filter,
    out: &mut impl Write,
) -> Result<Written, ExportError<S::Error>> {
    let registry = source::registry(source).map_err(ExportError::Source)?;
    let writer = EventWriter::new(source.tables(), &registry).with_times(source.has_times());
    let mut written = Written::default();
    for damage in source.damage() {
        written.damage += 1;
        writer.write_damage(out, &damage).map_err(ExportError::Write)?;
    }
    let result = each_row(source, &registry, filter, |event, position, related| {
        written.items += 1;
        written.gaps += u64::from(event.what.kind() == Kind::Gap);
        writer.write_with(out, event, position, related)
    });
    result.map_err(ExportError::Source)?.map_err(ExportError::Write)?;
    Ok(written)
}
