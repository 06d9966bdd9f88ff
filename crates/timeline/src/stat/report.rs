//! The figures as rows, and as text.

use super::{FunctionCount, Histogram, ProcessState, Stat};
use crate::count;
use crate::damage::Damage;
use crate::names::{Names, Syntax};
use crate::table::{Align, Table};
use crate::time::{duration_text, time_text};
use pluto_event::{FunctionId, Nanos, ProcessId, Tables};
use serde::Serialize;
use std::io::{self, Write};

/// Everything that `stat` has to say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The number of events; gaps are none.
    pub events: u64,
    /// The time of the first event, `None` where there is none. UNIX time in nanoseconds.
    pub first_ns: Option<Nanos>,
    /// The time of the last event.
    pub last_ns: Option<Nanos>,
    /// Whether times are more than the order of events; where they are not, no time and no duration is given.
    pub has_times: bool,
    /// Whether there are ends of calls at all; at level `calls` there are none.
    pub ends_reported: bool,
    /// `ReturnTo` events that no open call was seen for.
    pub unmatched_return_tos: u64,
    /// By function, those with the largest total time first; functions without calls are left out.
    pub functions: Vec<FunctionRow>,
    /// By process, the busiest first.
    pub processes: Vec<ProcessRow>,
    /// What is missing, by node and cause.
    pub gaps: Vec<GapRow>,
    /// Events of processes that the tables do not have, and of which there were too many to list.
    pub unlisted_events: u64,
    /// Processes and functions that are shown by number, because the tables do not have them.
    pub without_name: u64,
    /// What is damaged apart from events.
    pub damage: Vec<Damage>,
}

/// The figures of one function. Times are in nanoseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FunctionRow {
    /// `module:name/arity`, in the spelling of its language.
    pub function: String,
    /// The id of the function in this recording.
    #[serde(skip)]
    pub id: FunctionId,
    /// Calls seen.
    pub calls: u64,
    /// Calls whose duration is known.
    pub timed: u64,
    /// Time with at least one timed call open, added over processes.
    pub total_ns: u64,
    /// The same without the time of traced calls inside.
    pub self_ns: u64,
    /// Of the timed calls; `None` where there are none.
    pub durations: Option<Durations>,
    /// Calls left by an exception; `None` where exceptions were not observed.
    pub errors: Option<u64>,
    /// Timed calls whose end was inferred, and whose outcome is not known.
    pub inferred: u64,
    /// Calls that ended unseen before their caller did.
    pub ended_unseen: u64,
    /// Calls that were open when a gap began, or began in one.
    pub cut_by_gap: u64,
    /// Calls without an end: open when their process or the stream ended, or nothing reports ends.
    pub no_end: u64,
    /// Ends that no call was seen for.
    pub unmatched_ends: u64,
}

/// Durations of single calls, in nanoseconds, percentiles within 0.4 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Durations {
    pub p50_ns: u64,
    pub p90_ns: u64,
    pub p99_ns: u64,
    pub max_ns: u64,
}

/// The figures of one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProcessRow {
    /// `<0.123.0>`, with the node where the recording has several.
    pub process: String,
    /// The last registered name that it had, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The id of the process in this recording.
    #[serde(skip)]
    pub id: ProcessId,
    /// Events of the process.
    pub events: u64,
    /// Calls.
    pub calls: u64,
    /// Time in timed calls, the outermost ones; `None` where no call of it is timed.
    pub busy_ns: Option<u64>,
    /// Exceptions that ended a call.
    pub errors: u64,
    /// Messages sent.
    pub sent: u64,
    /// Messages delivered.
    pub delivered: u64,
    /// Processes started.
    pub spawned: u64,
    /// The time of its first event, where it is known.
    pub first_ns: Option<Nanos>,
    /// The time of its last event, where it is known.
    pub last_ns: Option<Nanos>,
    /// Whether its end was seen.
    pub exited: bool,
}

/// Gaps of one node and cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GapRow {
    /// Why events are missing.
    pub cause: &'static str,
    /// The node; `None` where every node may be concerned.
    pub node: Option<String>,
    /// How many gaps.
    pub gaps: u64,
    /// How many events: `exact 3`, `at least 3` or `unknown`.
    pub missing: String,
    /// The earliest time at which an event may be missing, where it is known.
    pub since_ns: Option<Nanos>,
    /// The latest.
    pub until_ns: Option<Nanos>,
}

/// What the rows of functions are ordered by, the largest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names are those of the columns")]
pub enum SortBy {
    #[default]
    Total,
    Own,
    Calls,
    P50,
    P90,
    P99,
    Max,
    Errors,
}

pub(super) fn make(stat: &Stat<'_>, tables: &Tables) -> Report {
    let names = Names::new(tables, Syntax::Auto);
    let strange = stat.counts.strangers.iter().map(|(&id, count)| (id, count));
    let functions = (0u32..).map(FunctionId).zip(&stat.counts.functions).chain(strange);
    let strange = stat.strangers.iter().map(|(&id, state)| (id, &**state));
    let known = (0u32..).map(ProcessId).zip(&stat.processes);
    let processes = known.filter_map(|(id, state)| Some((id, state.as_deref()?))).chain(strange);
    let mut report = Report {
        events: stat.events,
        first_ns: (stat.events > 0).then_some(stat.first),
        last_ns: (stat.events > 0).then_some(stat.last),
        has_times: true,
        ends_reported: stat.any_end,
        unmatched_return_tos: stat.counts.unmatched_return_tos,
        functions: functions
            .filter(|(_, count)| count.calls > 0 || count.unmatched > 0)
            .map(|(id, count)| function_row(id, count, &names, stat.any_end))
            .collect(),
        processes: processes.map(|(id, state)| process_row(id, state, &names)).collect(),
        gaps: stat
            .gap_sums()
            .iter()
            .map(|sum| GapRow {
                cause: sum.cause.name(),
                node: (!sum.node.is_none()).then(|| names.node(sum.node)),
                gaps: sum.gaps,
                missing: sum.missing.to_string(),
                since_ns: Some(sum.since),
                until_ns: Some(sum.until),
            })
            .collect(),
        unlisted_events: stat.unlisted,
        without_name: (stat.counts.strangers.len() + stat.strangers.len()) as u64,
        damage: Vec::new(),
    };
    report.sort(SortBy::Total);
    report.sort_processes();
    report
}

fn nanos(sum: i128) -> u64 {
    u64::try_from(sum.max(0)).unwrap_or(u64::MAX)
}

fn function_row(id: FunctionId, count: &FunctionCount, names: &Names<'_>, any_end: bool) -> FunctionRow {
    // Where no end is ever reported, a gap has cut none off.
    let (cut_by_gap, no_end) = match any_end {
        true => (count.cut, count.open),
        false => (0, count.open + count.cut),
    };
    FunctionRow {
        function: names.function(id),
        id,
        calls: count.calls,
        timed: count.durations.len(),
        total_ns: nanos(count.total),
        self_ns: nanos(count.own),
        durations: durations(&count.durations),
        errors: (count.outcome_observed || count.errors > 0).then_some(count.errors),
        inferred: count.inferred,
        ended_unseen: count.overtaken,
        cut_by_gap,
        no_end,
        unmatched_ends: count.unmatched,
    }
}

fn durations(histogram: &Histogram) -> Option<Durations> {
    Some(Durations {
        p50_ns: histogram.percentile(500)?,
        p90_ns: histogram.percentile(900)?,
        p99_ns: histogram.percentile(990)?,
        max_ns: histogram.max(),
    })
}

fn process_row(id: ProcessId, state: &ProcessState, names: &Names<'_>) -> ProcessRow {
    let count = &state.count;
    ProcessRow {
        process: names.process(id),
        name: None,
        id,
        events: count.events,
        calls: count.calls,
        busy_ns: (count.timed > 0).then(|| nanos(count.busy)),
        errors: count.errors,
        sent: count.sent,
        delivered: count.delivered,
        spawned: count.spawned,
        first_ns: Some(count.first),
        last_ns: Some(count.last),
        exited: count.exited,
    }
}

impl Report {
    /// Orders the rows of functions: the largest first, then by name.
    pub fn sort(&mut self, by: SortBy) {
        self.functions.sort_by(|a, b| {
            let key = |row: &FunctionRow| match by {
                SortBy::Total => row.total_ns,
                SortBy::Own => row.self_ns,
                SortBy::Calls => row.calls,
                SortBy::P50 => row.durations.map_or(0, |d| d.p50_ns),
                SortBy::P90 => row.durations.map_or(0, |d| d.p90_ns),
                SortBy::P99 => row.durations.map_or(0, |d| d.p99_ns),
                SortBy::Max => row.durations.map_or(0, |d| d.max_ns),
                SortBy::Errors => row.errors.unwrap_or(0),
            };
            (key(b), b.calls).cmp(&(key(a), a.calls)).then_with(|| a.function.cmp(&b.function))
        });
    }

    fn sort_processes(&mut self) {
        self.processes.sort_by_key(|row| (std::cmp::Reverse((row.busy_ns, row.events)), row.id));
    }

    /// Takes back what was made of times that are an order only.
    pub(crate) fn forget_times(&mut self) {
        self.has_times = false;
        (self.first_ns, self.last_ns) = (None, None);
        for row in &mut self.functions {
            (row.timed, row.total_ns, row.self_ns, row.durations) = (0, 0, 0, None);
        }
        for row in &mut self.processes {
            (row.busy_ns, row.first_ns, row.last_ns) = (None, None, None);
        }
        for row in &mut self.gaps {
            (row.since_ns, row.until_ns) = (None, None);
        }
        self.sort(SortBy::Total);
        self.sort_processes();
    }

    /// Writes the tables: at most `limit` functions and processes each, and all gaps; says what is left out.
    pub fn write_text(&self, out: &mut impl Write, limit: usize) -> io::Result<()> {
        let mut sections: [Vec<u8>; 3] = Default::default();
        let [functions, processes, gaps] = &mut sections;
        self.write_functions(functions, limit)?;
        self.write_processes(processes, limit)?;
        self.write_gaps(gaps)?;
        let some: Vec<Vec<u8>> = sections.into_iter().filter(|section| !section.is_empty()).collect();
        out.write_all(&some.join(&b'\n'))
    }

    fn write_functions(&self, out: &mut impl Write, limit: usize) -> io::Result<()> {
        let mut table = Table::new(&[
            ("function", Align::Left),
            ("calls", Align::Right),
            ("total", Align::Right),
            ("self", Align::Right),
            ("p50", Align::Right),
            ("p90", Align::Right),
            ("p99", Align::Right),
            ("max", Align::Right),
            ("errors", Align::Right),
            ("notes", Align::Left),
        ]);
        for row in self.functions.iter().take(limit) {
            table.row(function_cells(row, self.ends_reported));
        }
        if !self.functions.is_empty() {
            table.write(out)?;
        }
        left_out(out, self.functions.len(), limit, "function")?;
        if !self.ends_reported && !self.functions.is_empty() {
            writeln!(out, "no durations: this level reports calls only")?;
        }
        if self.unmatched_return_tos > 0 {
            let ends = count(self.unmatched_return_tos, "end");
            writeln!(out, "{ends} of calls that were not seen to begin")?;
        }
        Ok(())
    }

    fn write_processes(&self, out: &mut impl Write, limit: usize) -> io::Result<()> {
        if self.processes.is_empty() {
            return Ok(());
        }
        let mut table = Table::new(&[
            ("process", Align::Left),
            ("events", Align::Right),
            ("calls", Align::Right),
            ("busy", Align::Right),
            ("errors", Align::Right),
            ("sent", Align::Right),
            ("delivered", Align::Right),
            ("notes", Align::Left),
        ]);
        for row in self.processes.iter().take(limit) {
            table.row(vec![
                match &row.name {
                    Some(name) => format!("{name} {}", row.process),
                    None => row.process.clone(),
                },
                row.events.to_string(),
                row.calls.to_string(),
                known(row.busy_ns, duration_text),
                row.errors.to_string(),
                row.sent.to_string(),
                row.delivered.to_string(),
                if row.exited { "exited".to_owned() } else { String::new() },
            ]);
        }
        table.write(out)?;
        left_out(out, self.processes.len(), limit, "process")
    }

    fn write_gaps(&self, out: &mut impl Write) -> io::Result<()> {
        for damage in &self.damage {
            writeln!(out, "{damage}")?;
        }
        if self.unlisted_events > 0 {
            let events = count(self.unlisted_events, "event");
            writeln!(out, "… {events} of more processes without a name")?;
        }
        match self.without_name {
            0 => {}
            1 => writeln!(out, "1 process or function without a name")?,
            n => writeln!(out, "{n} processes and functions without a name")?,
        }
        let events = count(self.events, "event");
        if self.gaps.is_empty() && (self.without_name > 0 || !self.damage.is_empty()) {
            return writeln!(out, "no gaps: {events}");
        }
        if self.gaps.is_empty() {
            return writeln!(out, "no gaps: {events}, nothing is known to be missing");
        }
        let mut table = Table::new(&[
            ("gap", Align::Left),
            ("node", Align::Left),
            ("gaps", Align::Right),
            ("missing", Align::Left),
            ("since", Align::Left),
            ("until", Align::Left),
        ]);
        for row in &self.gaps {
            table.row(vec![
                row.cause.to_owned(),
                row.node.clone().unwrap_or_else(|| "all".to_owned()),
                row.gaps.to_string(),
                row.missing.clone(),
                known(row.since_ns, time_text),
                known(row.until_ns, time_text),
            ]);
        }
        table.write(out)
    }
}

/// A dash where it is not known.
fn known<T>(value: Option<T>, text: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), text)
}

fn function_cells(row: &FunctionRow, ends_reported: bool) -> Vec<String> {
    let mut cells = vec![row.function.clone(), row.calls.to_string()];
    match row.durations {
        Some(durations) => {
            cells.push(duration_text(row.total_ns));
            cells.push(duration_text(row.self_ns));
            for value in [durations.p50_ns, durations.p90_ns, durations.p99_ns, durations.max_ns] {
                cells.push(duration_text(value));
            }
        }
        None => cells.extend(std::iter::repeat_n("-".to_owned(), 6)),
    }
    cells.push(row.errors.map_or_else(|| "not observed".to_owned(), |errors| errors.to_string()));
    let notes = [
        (row.inferred, "inferred"),
        (row.ended_unseen, "ended unseen"),
        (row.cut_by_gap, "cut by a gap"),
        (if ends_reported { row.no_end } else { 0 }, "without end"),
        (row.unmatched_ends, if row.unmatched_ends == 1 { "end unmatched" } else { "ends unmatched" }),
    ];
    let notes = notes.iter().filter(|(number, _)| *number > 0);
    let notes: Vec<String> = notes.map(|(number, what)| format!("{number} {what}")).collect();
    cells.push(notes.join(", "));
    cells
}

fn left_out(out: &mut impl Write, rows: usize, limit: usize, what: &str) -> io::Result<()> {
    match rows.checked_sub(limit) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(out, "… {}", count(more as u64, &format!("more {what}"))),
    }
}
