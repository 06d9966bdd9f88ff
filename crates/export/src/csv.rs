//! CSV as in RFC 4180: a line of heads, fields quoted where they must be, lines ended by CR and LF.

use crate::row::{COLUMNS, Row, Rows};
use crate::{ExportError, Written, each_row};
use pluto_event::Kind;
use pluto_timeline::{Filter, Source, source};
use std::io::{self, Write};

/// Writes the wanted events. An empty field is a value that is not there.
pub fn csv<S: Source>(
    source: &S,
    filter: &Filter,
    out: &mut impl Write,
) -> Result<Written, ExportError<S::Error>> {
    let registry = source::registry(source).map_err(ExportError::Source)?;
    let rows = Rows::new(source.tables(), &registry).with_times(source.has_times());
    let mut written = Written::default();
    write!(out, "{}\r\n", COLUMNS.join(",")).map_err(ExportError::Write)?;
    let mut line = String::new();
    for damage in source.damage() {
        written.damage += 1;
        line.clear();
        write_row(&mut line, &Rows::damage(&damage));
        out.write_all(line.as_bytes()).map_err(ExportError::Write)?;
    }
    let result = each_row(source, &registry, filter, |event, position, related| {
        written.items += 1;
        written.gaps += u64::from(event.what.kind() == Kind::Gap);
        line.clear();
        write_row(&mut line, &rows.row_with(event, position, related));
        out.write_all(line.as_bytes())
    });
    result.map_err(ExportError::Source)?.map_err(|error: io::Error| ExportError::Write(error))?;
    Ok(written)
}

fn write_row(line: &mut String, row: &Row<'_>) {
    let arity = row.arity.map(|arity| arity.to_string());
    let [time, since] = [row.time_ns, row.since_ns].map(|time| time.map(|time| time.to_string()));
    let missing_events = row.missing_events.map(|missing| missing.to_string());
    let [event, peer_event, exchange] =
        [row.event, row.peer_event, row.exchange].map(|number| number.map(|number| number.to_string()));
    let truth = |value: Option<bool>| value.map(|value| if value { "true" } else { "false" });
    let fields: [Option<&str>; COLUMNS.len()] = [
        time.as_deref(),
        Some(row.kind),
        row.node,
        row.process.as_deref(),
        row.module,
        row.function.as_deref(),
        arity.as_deref(),
        row.peer.as_deref(),
        row.peer_node,
        row.form,
        row.term.as_deref(),
        truth(row.receiver_exists),
        row.name,
        row.cause.as_deref(),
        row.missing,
        missing_events.as_deref(),
        since.as_deref(),
        row.process_name,
        row.peer_name,
        event.as_deref(),
        peer_event.as_deref(),
        truth(row.peer_is_certain),
        exchange.as_deref(),
        row.exchange_part,
        truth(row.exchange_is_certain),
    ];
    for (at, field) in fields.into_iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        write_field(line, field.unwrap_or_default());
    }
    line.push_str("\r\n");
}

fn write_field(line: &mut String, field: &str) {
    if !field.contains([',', '"', '\r', '\n']) {
        line.push_str(field);
        return;
    }
    line.push('"');
    for c in field.chars() {
        if c == '"' {
            line.push('"');
        }
        line.push(c);
    }
    line.push('"');
}
