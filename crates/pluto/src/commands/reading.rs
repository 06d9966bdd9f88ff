//! What the commands on recordings share: opening one, and reading what was typed about its events.

use crate::args::FilterArgs;
use crate::failure::Failure;
use crate::output;
use crate::values::Moment;
use pluto_event::{Kind, Nanos};
use pluto_recording::{Reader, RecordingError};
use pluto_timeline::calls::Keep;
use pluto_timeline::{Filter, FilterError, FilterSpec, Registry, Source, source};
use std::path::Path;

/// What is said of a recording whose times are the order of its events only.
pub(crate) const NO_TIMES: &str = "has the order of its events and no times";

/// Nanoseconds of a day.
const DAY: Nanos = 86_400_000_000_000;

/// Opens a recording, finished or not.
pub(crate) fn open(dir: &Path) -> Result<Reader, Failure> {
    Reader::open(dir).map_err(|error| unreadable(dir, &error))
}

/// Says on standard error what is damaged, where no gap tells of it.
pub(crate) fn note_damage(reader: &Reader) {
    for damage in Source::damage(reader) {
        output::note(&damage.to_string());
    }
}

/// Says why a recording cannot be read.
pub(crate) fn unreadable(dir: &Path, error: &RecordingError) -> Failure {
    // Also the end of our own output, where a dump is being written to it.
    if let RecordingError::Io { path, source } = error {
        return Failure::io(path.display(), source);
    }
    let failure = match error {
        // They name the directory themselves.
        RecordingError::NoDirectory { .. } | RecordingError::NotARecording { .. } => {
            Failure::new(error.to_string())
        }
        _ => Failure::new(format!("{}: {error}", dir.display())),
    };
    match error {
        // The path of a failed write is that of the recording too: a dump goes wherever the output goes.
        RecordingError::Io { path, source } => Failure::io(path.display(), source),
        RecordingError::NoDirectory { .. } => failure
            .hint("a recording is the directory that was named to `pluto record -o` or `pluto import -o`"),
        RecordingError::NotARecording { .. } => failure.hint("`pluto record NODE PATTERN -o DIR` makes one"),
        RecordingError::NewerVersion { .. } => {
            failure.hint("read it with the version of Pluto that wrote it, or a newer one")
        }
        _ => failure,
    }
}

/// The registered names of the processes of a recording.
pub(crate) fn registry(reader: &Reader, dir: &Path) -> Result<Registry, Failure> {
    source::registry(reader).map_err(|error| unreadable(dir, &error))
}

/// What was asked for, in the ids of the recording.
pub(crate) fn filter(reader: &Reader, registry: &Registry, args: &FilterArgs) -> Result<Filter, Failure> {
    if !reader.has_times() && (args.since.is_some() || args.until.is_some()) {
        return Err(Failure::new(format!(
            "this recording {NO_TIMES}: --since and --until mean nothing in it"
        ))
        .hint("leave them out"));
    }
    let start = reader.times().start;
    let kinds = args.kinds.iter().map(|name| kind(name)).collect::<Result<Vec<Kind>, Failure>>()?;
    let spec = FilterSpec {
        since: args.since.map(|moment| on_axis(moment, start)),
        until: args.until.map(|moment| on_axis(moment, start)),
        processes: args.processes.clone(),
        functions: args.functions.clone(),
        kinds,
        keep: Keep {
            at_least: args.slow.map(|slow| u64::try_from(slow.0.as_nanos()).unwrap_or(u64::MAX)),
            failed: args.failed,
        },
    };
    if let (Some(since), Some(until)) = (spec.since, spec.until)
        && since > until
    {
        return Err(Failure::new("--since is after --until, so that nothing is in between"));
    }
    spec.resolve(reader.tables(), registry).map_err(|error| {
        let (FilterError::NoSuchProcess { near, .. } | FilterError::NoSuchFunction { near, .. }) = &error;
        Failure::new(error.to_string()).hint(match near.as_slice() {
            [] => "`pluto stat` lists the functions and processes".to_owned(),
            near => format!("did you mean {}?", near.join(", ")),
        })
    })
}

fn kind(name: &str) -> Result<Kind, Failure> {
    Kind::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        Failure::new(format!("{name} is no kind of event"))
            .hint(format!("the kinds are {}", names.join(", ")))
    })
}

fn on_axis(moment: Moment, start: Nanos) -> Nanos {
    let nanos = |duration: std::time::Duration| Nanos::try_from(duration.as_nanos()).unwrap_or(Nanos::MAX);
    match moment {
        Moment::SinceStart(since) => start.saturating_add(nanos(since)),
        Moment::TimeOfDay(since) => (start - start.rem_euclid(DAY)).saturating_add(nanos(since)),
    }
}
