//! speedscope: one evented profile for each process, by its file format schema.
//!
//! Times are nanoseconds since the first call of the stream, because the viewer's numbers hold 53 bits. Calls without
//! an end and with nothing inside have no width, and are left out. The format has no place for gaps: the name of a
//! profile says how many there are in it, and calls that a gap cuts end where it begins to show.

use crate::lanes::{Lane, Step, lanes};
use crate::{ExportError, Written};
use pluto_event::{FunctionId, Tables};
use pluto_timeline::calls::{Keep, Limits};
use pluto_timeline::{Calls, Filter, Gaps, Names, Source, Syntax, count, source};
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::io::{self, Write};

const SCHEMA: &str = "https://www.speedscope.app/file-format-schema.json";

#[derive(Serialize)]
struct File<'a> {
    #[serde(rename = "$schema")]
    schema: &'a str,
    exporter: &'a str,
    name: &'a str,
    #[serde(rename = "activeProfileIndex")]
    active_profile_index: u32,
    shared: Shared,
    profiles: Vec<Profile>,
}

#[derive(Serialize)]
struct Shared {
    frames: Vec<Frame>,
}

#[derive(Serialize)]
struct Frame {
    name: String,
}

#[derive(Serialize)]
struct Profile {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    unit: &'static str,
    #[serde(rename = "startValue")]
    start_value: i64,
    #[serde(rename = "endValue")]
    end_value: i64,
    events: Vec<FrameEvent>,
}

#[derive(Serialize)]
struct FrameEvent {
    #[serde(rename = "type")]
    kind: &'static str,
    frame: u32,
    at: i64,
}

/// Writes the calls of the wanted processes and time, at most as many as the limits allow.
pub fn speedscope<S: Source>(
    source: &S,
    filter: &Filter,
    limits: Limits,
    name: &str,
    out: &mut impl Write,
) -> Result<Written, ExportError<S::Error>> {
    if !source.has_times() {
        return Err(ExportError::NoTimes);
    }
    let (calls, gaps) =
        source::calls(source, filter, limits, Keep::default()).map_err(ExportError::Source)?;
    let tables = source.tables();
    let registry = source::registry(source).map_err(ExportError::Source)?;
    let names = Names::new(tables, Syntax::Auto).with_registry(&registry);
    let mut frames = Frames { names, numbers: FxHashMap::default(), frames: Vec::new() };
    let start = calls.all().iter().map(|call| call.start).min().unwrap_or(0);
    let mut profiles = Vec::new();
    let mut left_out = calls.left_out;
    for lane in lanes(&calls) {
        left_out += lane.steps.iter().filter(|step| matches!(step, Step::Mark(..))).count() as u64;
        profiles.extend(profile(&lane, &calls, &gaps, tables, start, &mut frames));
    }
    let shared = Shared { frames: frames.frames };
    let damage: Vec<String> = source.damage().into_iter().map(|damage| damage.to_string()).collect();
    let named = match damage.is_empty() {
        true => name.to_owned(),
        false => format!("{name} ({})", damage.join("; ")),
    };
    let name = named.as_str();
    let file = File { schema: SCHEMA, exporter: "pluto", name, active_profile_index: 0, shared, profiles };
    serde_json::to_writer(&mut *out, &file).map_err(|error| ExportError::Write(io::Error::from(error)))?;
    let gaps = gaps.sums().iter().map(|sum| sum.gaps).sum();
    Ok(Written { items: calls.all().len() as u64, left_out, gaps, damage: damage.len() as u64 })
}

struct Frames<'t> {
    names: Names<'t>,
    numbers: FxHashMap<FunctionId, u32>,
    frames: Vec<Frame>,
}

impl Frames<'_> {
    fn number(&mut self, function: FunctionId) -> u32 {
        *self.numbers.entry(function).or_insert_with(|| {
            self.frames.push(Frame { name: self.names.function(function) });
            u32::try_from(self.frames.len() - 1).unwrap_or(u32::MAX)
        })
    }
}

/// The profile of a process; `None` where all of its calls are without width.
fn profile(
    lane: &Lane,
    calls: &Calls,
    gaps: &Gaps,
    tables: &Tables,
    start: i64,
    frames: &mut Frames<'_>,
) -> Option<Profile> {
    let mut events = Vec::new();
    for step in &lane.steps {
        let (kind, id, at) = match *step {
            Step::Begin(id, at) => ("O", id, at),
            Step::End(id, at) => ("C", id, at),
            Step::Mark(..) => continue,
        };
        let function = calls.get(id).map_or(FunctionId::NONE, |call| call.function);
        events.push(FrameEvent { kind, frame: frames.number(function), at: at.saturating_sub(start) });
    }
    let (first, last) = (events.first()?.at, events.last()?.at);
    let node = tables.process(lane.process).map_or(pluto_event::NodeId::NONE, |process| process.node);
    let cut = gaps.records().iter().filter(|gap| gap.concerns(lane.process, node)).count();
    let name = match cut {
        0 => frames.names.process(lane.process),
        n => format!("{} ({})", frames.names.process(lane.process), count(n as u64, "gap")),
    };
    Some(Profile { kind: "evented", name, unit: "nanoseconds", start_value: first, end_value: last, events })
}
