//! A recording as text: the manifest, the tables, the index and every event, one line each.

use crate::error::RecordingError;
use crate::index::IdSet;
use crate::reader::{Filter, Reader};
use pluto_event::{AtomId, Event, Identity, Kind, Payload, What};
use std::fmt;
use std::io::{self, Write};

/// Writes a recording as text, for tests and for looking into what a recording holds. The same recording always gives
/// the same text; sizes in bytes are left out, which may differ between versions of the compressor.
pub fn dump(reader: &Reader, out: &mut dyn Write) -> Result<(), RecordingError> {
    let mut outcome = head(reader, out);
    let scan = reader.scan(&Filter::default());
    scan.for_each(|event| {
        if outcome.is_ok() {
            outcome = writeln!(out, "{}", Line(event));
        }
    })?;
    outcome.map_err(|error| RecordingError::io(&reader.dir, error))
}

fn head(reader: &Reader, out: &mut dyn Write) -> io::Result<()> {
    let manifest = reader.manifest();
    writeln!(out, "recording {}, {:?}", manifest.version, manifest.state)?;
    writeln!(out, "about {:?}", manifest.about)?;
    for run in &manifest.expired {
        writeln!(out, "{run:?}")?;
    }
    if let Some(summary) = &manifest.summary {
        writeln!(out, "{summary:?}, {} events lost", manifest.totals.events_lost)?;
    }
    for damage in reader.damage() {
        writeln!(out, "damage in {}: {}", damage.file, damage.what)?;
    }
    let tables = reader.tables();
    for (number, atom) in tables.atoms().iter().enumerate() {
        writeln!(out, "atom {number} {atom:?}")?;
    }
    for (number, node) in tables.nodes().iter().enumerate() {
        writeln!(out, "node {number} atom {} creation {}", Id(node.name.0), node.creation)?;
    }
    for (number, function) in tables.functions().iter().enumerate() {
        let (module, name) = (Id(function.module.0), Id(function.name.0));
        writeln!(out, "function {number} atom {module} atom {name} arity {}", function.arity)?;
    }
    for (number, process) in tables.processes().iter().enumerate() {
        write!(out, "process {number} node {} ", Id(process.node.0))?;
        match process.identity {
            Identity::Pid { number, serial } => writeln!(out, "pid {number} {serial}")?,
            Identity::Port { number } => writeln!(out, "port {number}")?,
            Identity::Name { name: AtomId(name) } => writeln!(out, "name atom {}", Id(name))?,
        }
    }
    index(reader, out)
}

fn index(reader: &Reader, out: &mut dyn Write) -> io::Result<()> {
    for segment in &reader.segments {
        writeln!(out, "segment {}", segment.number)?;
        for batch in &segment.batches {
            write!(out, "batch rows {} times {}..={}", batch.rows, batch.min_time, batch.max_time)?;
            if let Some(since) = batch.since {
                write!(out, " since {since}")?;
            }
            for kind in Kind::ALL.into_iter().filter(|&kind| batch.kinds & 1 << kind as u32 != 0) {
                write!(out, " {}", kind.name())?;
            }
            writeln!(out, " processes {} functions {}", Set(&batch.processes), Set(&batch.functions))?;
        }
    }
    Ok(())
}

/// An id, a dash where it stands for nobody.
struct Id(u32);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            u32::MAX => f.write_str("-"),
            number => number.fmt(f),
        }
    }
}

struct Set<'a>(&'a IdSet);

impl fmt::Display for Set<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IdSet::Exact(ids) => f.debug_list().entries(ids).finish(),
            IdSet::Groups { first, shift, bits } => {
                write!(f, "from {first} by {}:", 1_u64 << shift)?;
                bits.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

/// An event as a line.
struct Line<'a>(&'a Event<'a>);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Event { time, process, what } = self.0;
        write!(f, "{time} process {} {}", Id(process.0), what.kind().name())?;
        if !what.function().is_none() {
            write!(f, " function {}", what.function().0)?;
        }
        if !what.peer().is_none() {
            write!(f, " peer {}", what.peer().0)?;
        }
        match *what {
            What::Send { receiver_exists: false, .. } => f.write_str(" to nobody")?,
            What::Register { name } | What::Unregister { name } => write!(f, " atom {}", Id(name.0))?,
            What::Gap { node, cause, missing, since } => {
                write!(f, " node {} since {since}: {}, {missing}", Id(node.0), cause.name())?;
            }
            _ => {}
        }
        let Payload { form, bytes } = what.payload();
        if !what.payload().is_absent() {
            write!(f, " {form:?} ")?;
            bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        }
        Ok(())
    }
}
