//! The same events as others would store them.

use crate::shop::Shop;
use crate::{Outcome, Watch};
use pluto_event::Event;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes one event.
pub(crate) type Codec = fn(&Event<'_>, &mut dyn Write) -> std::io::Result<()>;

/// Ways to store events, the compression level of each in its place.
pub(crate) const ALL: [(&str, (Codec, Option<i32>)); 3] = [
    ("plain rows", (row, None)),
    ("plain rows, one zstd stream", (row, Some(1))),
    ("JSON lines, one zstd stream", (json, Some(1))),
];

pub(crate) fn measure(
    path: &Path,
    shop: &Shop,
    events: u64,
    name: &str,
    (codec, level): (Codec, Option<i32>),
) -> Outcome<()> {
    let watch = Watch::start();
    let file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let file = match level {
        None => {
            let mut out = file;
            shop.each(events, |event| codec(event, &mut out))?;
            out.into_inner()?
        }
        Some(level) => {
            let mut out = BufWriter::with_capacity(1 << 17, zstd::stream::Encoder::new(file, level)?);
            shop.each(events, |event| codec(event, &mut out))?;
            out.into_inner().map_err(|error| error.into_error())?.finish()?.into_inner()?
        }
    };
    file.sync_all()?;
    let bytes = fs::metadata(path)?.len();
    watch.report(name, events, &format!("{:>10.2}", bytes as f64 / events as f64));
    fs::remove_file(path)?;
    Ok(())
}

fn row(event: &Event<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    let payload = event.what.payload();
    let mut head = [0; 26];
    let fields: [&[u8]; 7] = [
        &event.time.to_le_bytes(),
        &event.process.0.to_le_bytes(),
        &event.what.function().0.to_le_bytes(),
        &event.what.peer().0.to_le_bytes(),
        &[event.what.kind() as u8],
        &[payload.form as u8],
        &(payload.bytes.len() as u32).to_le_bytes(),
    ];
    let mut rest = &mut head[..];
    for field in fields {
        rest.write_all(field)?;
    }
    out.write_all(&head)?;
    out.write_all(payload.bytes)
}

fn json(event: &Event<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    let payload = event.what.payload();
    write!(
        out,
        r#"{{"time":{},"process":{},"kind":"{}","function":{},"payload":""#,
        event.time,
        event.process.0,
        event.what.kind().name(),
        event.what.function().0
    )?;
    payload.bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}"))?;
    out.write_all(b"\"}\n")
}
