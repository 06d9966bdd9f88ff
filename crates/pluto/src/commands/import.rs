//! `pluto import`: a recording from a trace file of dbg or ttb.

use super::record::unwritable;
use crate::args::ImportArgs;
use crate::failure::Failure;
use crate::output;
use pluto_capture::clock;
use pluto_capture::decode::{Decoded, Decoder, Keep, intern_node};
use pluto_capture::redact::Redaction;
use pluto_capture::trc::{Entry, TraceFile, TraceFileError};
use pluto_event::{Event, GapCause, Missing, ProcessId, What};
use pluto_recording::{About, NodeAbout, RecordingError, Summary, Writer, WriterOptions};
use pluto_term::{DecodeError, Limits, Reader};
use pluto_timeline::count;
use std::fs::File;
use std::io::BufReader;

/// Reads the trace file into a new recording. A file that is cut short gives what it has, with a gap at its end.
pub(crate) fn run(args: &ImportArgs) -> Result<u8, Failure> {
    let file = File::open(&args.file)
        .map_err(|error| Failure::io(format!("cannot read {}", args.file.display()), &error))?;
    let mut file = TraceFile::new(BufReader::with_capacity(1 << 16, file));
    // The first entry is looked at before a directory is made: a file that is no trace file leaves nothing behind.
    let first = file.next_entry().map_err(|error| unreadable(args, &error))?.map(Owned::from);
    let Some(first) = first else {
        return Err(Failure::new(format!("{} is empty", args.file.display()))
            .hint("a trace file has at least one entry; was the tracer flushed, and stopped, before the file was copied?"));
    };
    if args.output.exists() {
        return Err(Failure::new(format!("{} exists already", args.output.display()))
            .hint("name a directory that does not"));
    }
    let about = About {
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        started: clock::now(),
        nodes: vec![NodeAbout { name: args.node.clone(), ..NodeAbout::default() }],
        level: "imported".to_owned(),
        ..About::default()
    };
    let failed = |error: RecordingError| unwritable(&args.output, &error);
    let mut writer = Writer::create(&args.output, WriterOptions::default(), about.clone()).map_err(failed)?;
    let node = intern_node(writer.tables_mut(), &args.node, 0);
    let mut import = Import {
        decoder: Decoder::new(node, 0, Keep::Full, Some(Keep::Full), Redaction::Keep),
        writer,
        about,
        events: 0,
    };
    import.entry(first.entry()).map_err(failed)?;
    let ended = loop {
        match file.next_entry() {
            Ok(Some(entry)) => import.entry(entry).map_err(failed)?,
            Ok(None) => break Ok(()),
            Err(error) => {
                import.gap(GapCause::RecordingCut, Missing::Unknown).map_err(failed)?;
                break Err(error);
            }
        }
    };
    let Import { decoder, writer, events, .. } = import;
    writer.finish(Summary { finished: clock::now(), ..Summary::default() }).map_err(failed)?;
    let imported = count(events, "event");
    output::note(&format!("{imported} imported into {}", args.output.display()));
    note_timeless(decoder.timeless(), events);
    match ended {
        Ok(()) => Ok(0),
        Err(error) => {
            Err(unreadable(args, &error).hint("what came before is imported, with a gap at the end"))
        }
    }
}

/// Says what the trace file did not tell of times.
fn note_timeless(timeless: u64, events: u64) {
    if timeless > 0 {
        let whose = if timeless == events { "the".to_owned() } else { format!("{timeless} of the") };
        output::note(&format!(
            "{whose} messages carry no time, so the recording has their order only; for times, trace with \
             dbg:p(Item, [call, timestamp])"
        ));
    }
}

fn unreadable(args: &ImportArgs, error: &TraceFileError) -> Failure {
    Failure::new(format!("{}: {error}", args.file.display()))
}

/// An entry that outlives the next read.
enum Owned {
    Message(Vec<u8>),
    Dropped(u64),
    Oversize(u32),
}

impl From<Entry<'_>> for Owned {
    fn from(entry: Entry<'_>) -> Owned {
        match entry {
            Entry::Message(bytes) => Owned::Message(bytes.to_vec()),
            Entry::Dropped(count) => Owned::Dropped(count),
            Entry::Oversize(bytes) => Owned::Oversize(bytes),
        }
    }
}

impl Owned {
    fn entry(&self) -> Entry<'_> {
        match self {
            Owned::Message(bytes) => Entry::Message(bytes),
            Owned::Dropped(count) => Entry::Dropped(*count),
            Owned::Oversize(bytes) => Entry::Oversize(*bytes),
        }
    }
}

struct Import {
    decoder: Decoder,
    writer: Writer,
    about: About,
    events: u64,
}

impl Import {
    fn entry(&mut self, entry: Entry<'_>) -> Result<(), RecordingError> {
        let bytes = match entry {
            Entry::Message(bytes) => bytes,
            Entry::Dropped(count) => return self.gap(GapCause::Backpressure, Missing::Exactly(count)),
            Entry::Oversize(_) => return self.gap(GapCause::Unreadable, Missing::Exactly(1)),
        };
        let mut reader = Reader::new(bytes, &Limits::default());
        match self.decoder.message(&mut reader, self.writer.tables_mut()) {
            Ok(Decoded::Event(event)) => {
                self.events += 1;
                self.writer.push(&event)?;
                self.note_order_only()
            }
            Ok(Decoded::Dropped(count)) => self.gap(GapCause::Backpressure, Missing::Exactly(count)),
            Ok(Decoded::Other | Decoded::Foreign) => Ok(()),
            Err(DecodeError::TooDeep { .. }) => {
                reader = Reader::new(bytes, &Limits::default());
                match self.decoder.message_too_deep(&mut reader, self.writer.tables_mut()) {
                    Ok(Decoded::Event(event)) => {
                        self.events += 1;
                        self.writer.push(&event)?;
                        self.note_order_only()
                    }
                    _ => self.gap(GapCause::Unreadable, Missing::Exactly(1)),
                }
            }
            Err(_unreadable) => self.gap(GapCause::Unreadable, Missing::Exactly(1)),
        }
    }

    /// Writes down that times tell the order only, as soon as a message shows it: an import may be killed.
    fn note_order_only(&mut self) -> Result<(), RecordingError> {
        if self.about.order_only || self.decoder.timeless() == 0 {
            return Ok(());
        }
        self.about.order_only = true;
        self.writer.set_about(self.about.clone())
    }

    fn gap(&mut self, cause: GapCause, missing: Missing) -> Result<(), RecordingError> {
        let time = self.decoder.last_event().unwrap_or(0);
        let what = What::Gap { node: self.decoder.node(), cause, missing, since: time };
        self.writer.push(&Event { time, process: ProcessId::NONE, what })
    }
}
