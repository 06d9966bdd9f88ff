//! `pluto export`: a recording in another tool's format.

use super::reading::{NO_TIMES, filter, note_damage, open, registry, unreadable};
use crate::args::{ExportArgs, ExportFormat};
use crate::failure::Failure;
use crate::output;
use crate::usage;
use pluto_export::{ExportError, Written};
use pluto_recording::{Reader, RecordingError};
use pluto_timeline::Filter;
use pluto_timeline::calls::Limits;
use pluto_timeline::count;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes the recording to a file, or to standard output.
pub(crate) fn run(args: &ExportArgs) -> Result<u8, Failure> {
    usage::export(args)?;
    let reader = open(&args.dir)?;
    let filter = filter(&reader, &registry(&reader, &args.dir)?, &args.filter)?;
    let mut written = Written::default();
    // What /dev/stdout leads to is a file where the shell made it one; it is written on from where the shell is.
    let standard = |path: &Path| path == Path::new("-") || path == Path::new("/dev/stdout");
    match args.output.as_deref().filter(|path| !standard(path)) {
        Some(path) => output::private(path, args.force, |out| {
            written = export(args, &reader, &filter, out)?;
            Ok(())
        })?,
        None => {
            let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout());
            written = export(args, &reader, &filter, &mut out)?;
            out.flush()?;
        }
    }
    if args.output.is_some() || written.left_out > 0 {
        let Written { items, left_out, gaps, .. } = written;
        output::note(&format!("{items} written, {left_out} left out, {}", count(gaps, "gap")));
    }
    note_damage(&reader);
    Ok(0)
}

fn export(
    args: &ExportArgs,
    reader: &Reader,
    filter: &Filter,
    out: &mut (impl Write + Send),
) -> Result<Written, Failure> {
    let limits = Limits::default();
    let name = args.dir.file_name().map_or_else(|| "recording".into(), |name| name.to_string_lossy());
    let result = match args.to {
        ExportFormat::Perfetto => pluto_export::perfetto::perfetto(reader, filter, limits, out),
        ExportFormat::Speedscope => pluto_export::speedscope(reader, filter, limits, &name, out),
        ExportFormat::Mermaid => {
            pluto_export::mermaid::mermaid(reader, filter, pluto_export::mermaid::Size::default(), out)
        }
        ExportFormat::Json => pluto_export::json(reader, filter, out),
        ExportFormat::Csv => pluto_export::csv(reader, filter, out),
        ExportFormat::Parquet => pluto_export::parquet(reader, filter, out),
    };
    result.map_err(|error: ExportError<RecordingError>| match error {
        ExportError::NoTimes => {
            Failure::new(format!("{} {NO_TIMES}, which this format needs", args.dir.display()))
                .hint("json, csv, parquet and mermaid need none")
        }
        ExportError::Source(error) => unreadable(&args.dir, &error),
        ExportError::Write(error) => Failure::io("cannot write the export", &error),
        ExportError::Parquet(error) => Failure::new(format!("cannot write the export: {error}")),
    })
}
