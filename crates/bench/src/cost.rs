//! What an event costs the process that is traced, by the kind of its arguments.

use std::collections::BTreeMap;

use pluto_testnode::Release;

use crate::error::Result;
use crate::pluto::{Level, Pluto};
use crate::report::{Outcome, Report, Table, Verdict, ns, ratio};
use crate::stats::Samples;
use crate::subject::Subject;
use crate::tracer::{Events, Handler, Tracer};

/// A function that is called and what Pluto may cost on it.
struct Case {
    function: &'static str,
    arguments: &'static str,
    /// Calls in a chunk.
    calls: u32,
    chunks: u32,
    /// After each chunk, long enough for a sink to empty its queue.
    pause_ms: u32,
    /// The most that level `calls` may cost, as a multiple of the bare tracer.
    bar: f64,
}

const CASES: [Case; 14] = [
    burst("f0", "none", 1.4),
    burst("f1", "1 scalar", 1.4),
    burst("f2", "2 small integers", 1.4),
    burst("pair", "an atom and a pid", 1.4),
    burst("f6", "6 scalars", 2.0),
    burst("map", "map of 4", 3.0),
    burst("tuple", "tuple of 4", 3.0),
    burst("binary", "binary of 100 bytes", 3.0),
    burst("list", "list of 10", 3.0),
    on_end("f2", "2 small integers, on end", 1.4),
    on_end("f6", "6 scalars, on end", 2.0),
    on_end("map", "map of 4, on end", 3.0),
    few("large", "list of 45,000 words", 0.01),
    few(BOMB, "sharing bomb of 48 words", f64::NAN),
];

/// Bursts with a rest after each: what a call costs while the sink keeps up.
const fn burst(function: &'static str, arguments: &'static str, bar: f64) -> Case {
    Case { function, arguments, calls: 500, chunks: 12, pause_ms: 5, bar }
}

/// Many calls without a rest: a tracer may fall behind, and some then hold the traced process back.
const fn on_end(function: &'static str, arguments: &'static str, bar: f64) -> Case {
    Case { function, arguments, calls: 20_000, chunks: 1, pause_ms: 100, bar }
}

const fn few(function: &'static str, arguments: &'static str, bar: f64) -> Case {
    Case { function, arguments, calls: 100, chunks: 4, pause_ms: 20, bar }
}

const BOMB: &str = "bomb";
/// Calls with it in each round whose memory is looked at.
const BOMBS: u32 = 20;
/// One bomb copied in full takes half a second and 256 MB: a few are enough.
const ROUNDS_OF_COPIED_BOMBS: u32 = 3;

const BARE: Tracer = Tracer::Bare(Events::Calls);
const FIRST_ARGUMENT: Tracer = Tracer::Bare(Events::FirstArgument);
const COUNTING: Tracer = Tracer::Dbg(Handler::Counting, Events::Calls);
const FILE: Tracer = Tracer::Dbg(Handler::File, Events::Calls);
const PRINTING: Tracer = Tracer::Dbg(Handler::Printing, Events::Calls);
const PLUTO: Tracer = Tracer::Pluto(Level::Calls);

const RETURN_TO: Tracer = Tracer::Bare(Events::ReturnTo);
const RETURN_TRACE: Tracer = Tracer::Bare(Events::ReturnTrace);
const DBG_RETURN_TRACE: Tracer = Tracer::Dbg(Handler::Counting, Events::ReturnTrace);
const TIMING: Tracer = Tracer::Pluto(Level::Timing);

const TRACERS: [Tracer; 11] = [
    Tracer::Untraced,
    BARE,
    FIRST_ARGUMENT,
    RETURN_TO,
    RETURN_TRACE,
    COUNTING,
    FILE,
    PRINTING,
    DBG_RETURN_TRACE,
    PLUTO,
    TIMING,
];

/// Printing is slow and only for orientation: it is tried in one round of so many.
const ROUNDS_PER_PRINTING: u32 = 3;

/// The measurements of one function under one tracer.
#[derive(Default)]
struct Cell {
    /// The median chunk of each round, in nanoseconds per call.
    rounds: Samples,
    /// The fastest chunk of each round.
    fastest: Samples,
}

/// Everything measured on one release.
#[derive(Default)]
struct Cells {
    cells: BTreeMap<(usize, usize), Cell>,
    /// Bytes by which the node grew during each call with the sharing bomb, under Pluto.
    bomb_bytes: Samples,
    /// The same of calls with an integer, between them.
    integer_bytes: Samples,
    /// Tracers that saw another number of events than calls made.
    miscounts: Vec<String>,
}

impl Cells {
    fn cell(&self, tracer: Tracer, case: usize) -> Option<&Cell> {
        let tracer = TRACERS.iter().position(|&t| t == tracer)?;
        self.cells.get(&(tracer, case))
    }

    fn rounds(&self, tracer: Tracer, case: usize) -> Samples {
        self.cell(tracer, case).map(|cell| cell.rounds.clone()).unwrap_or_default()
    }

    fn fastest(&self, tracer: Tracer, case: usize) -> f64 {
        self.cell(tracer, case).map_or(f64::NAN, |cell| cell.fastest.minimum())
    }
}

/// Compares all tracers on one release.
pub(crate) fn measure(
    release: &Release,
    pluto: Option<&Pluto>,
    rounds: u32,
    report: &mut Report,
) -> Result<()> {
    let mut subject = Subject::start(release, &[]);
    let mut cells = Cells::default();
    for round in 0..rounds {
        for step in 0..TRACERS.len() {
            // Each round begins with another tracer, so that none is always the first.
            let index = (step + round as usize) % TRACERS.len();
            let tried = |tracer: &Tracer| {
                tracer.available(pluto) && (*tracer != PRINTING || round % ROUNDS_PER_PRINTING == 0)
            };
            if TRACERS.get(index).is_some_and(tried) {
                round_of(&mut subject, pluto, index, round, &mut cells)?;
            }
        }
    }
    let otp = release.otp();
    for (number, case) in CASES.iter().enumerate() {
        calls_verdicts(otp, number, case, &cells, report);
    }
    calls_table(otp, rounds, &cells, report);
    timing_table(otp, &cells, report);
    bomb(otp, &cells, report);
    Ok(())
}

/// Switches one tracer on, calls every function under it, and switches it off.
fn round_of(
    subject: &mut Subject,
    pluto: Option<&Pluto>,
    index: usize,
    round: u32,
    cells: &mut Cells,
) -> Result<()> {
    let Some(&tracer) = TRACERS.get(index) else { return Ok(()) };
    let running = tracer.start(subject, pluto)?;
    let mut calls = 0;
    for (number, case) in CASES.iter().enumerate() {
        let Some(load) = load(tracer, case, round) else { continue };
        let samples = subject.calls(case.function, load.calls, load.chunks, load.pause_ms)?;
        calls += u64::from(load.calls * load.chunks);
        let cell = cells.cells.entry((index, number)).or_default();
        cell.rounds.push(samples.median());
        cell.fastest.push(samples.minimum());
    }
    if tracer == PLUTO {
        let [bombs, integers] = subject.grown(BOMB, BOMBS)?;
        calls += u64::from(2 * BOMBS);
        cells.bomb_bytes.extend(&bombs);
        cells.integer_bytes.extend(&integers);
    }
    let (seen, made) = (running.stop(subject)?, calls * tracer.events_per_call());
    if seen != made {
        cells.miscounts.push(format!("{tracer:?} saw {seen} events of {made}"));
    }
    Ok(())
}

/// How one function is called under one tracer.
struct Load {
    calls: u32,
    chunks: u32,
    pause_ms: u32,
}

/// `None` where a tracer is not tried on a function.
fn load(tracer: Tracer, case: &Case, round: u32) -> Option<Load> {
    let Case { calls, chunks, pause_ms, .. } = *case;
    let bomb = case.function == BOMB;
    match tracer {
        Tracer::Untraced | Tracer::Pluto(_) | Tracer::Shell => Some(Load { calls, chunks, pause_ms }),
        // It takes some 100 µs an event and 20 ms a long list: so few that they are printed before the next chunk.
        Tracer::Dbg(Handler::Printing, _) => {
            let calls = if calls < 500 { 2 } else { 100 };
            (!bomb && chunks > 1).then_some(Load { calls, chunks: 4, pause_ms: 50 })
        }
        Tracer::Bare(Events::Calls) | Tracer::Dbg(_, Events::Calls) if bomb => {
            (round < ROUNDS_OF_COPIED_BOMBS).then_some(Load { calls: 1, chunks: 1, pause_ms })
        }
        Tracer::Bare(_) | Tracer::Dbg(..) => (!bomb).then_some(Load { calls, chunks, pause_ms }),
    }
}

fn spread(samples: &Samples) -> String {
    format!(
        "{} ({} to {})",
        ratio(samples.median()),
        ratio(samples.quantile(0.25)),
        ratio(samples.quantile(0.75))
    )
}

fn calls_verdicts(otp: u32, number: usize, case: &Case, cells: &Cells, report: &mut Report) {
    let mut compared = vec![(FILE, "`dbg` to a file", 1.0)];
    if case.function != BOMB {
        compared.insert(0, (BARE, "the bare tracer", case.bar));
    }
    for (other, name, bar) in compared {
        let of = cells.rounds(PLUTO, number).per(&cells.rounds(other, number));
        report.verdict(Verdict {
            what: format!("level `calls`, {}: of {name}", case.arguments),
            otp,
            measured: spread(&of),
            bar: format!("at most {bar}"),
            outcome: Outcome::at_most(of.median(), bar),
        });
    }
}

fn calls_table(otp: u32, rounds: u32, cells: &Cells, report: &mut Report) {
    let shown = [Tracer::Untraced, BARE, FIRST_ARGUMENT, COUNTING, FILE, PRINTING, PLUTO];
    let mut rows = Vec::new();
    for (number, case) in CASES.iter().enumerate() {
        let of = |other: Tracer| spread(&cells.rounds(PLUTO, number).per(&cells.rounds(other, number)));
        let mut row = vec![case.arguments.to_owned()];
        row.extend(shown.map(|tracer| ns(cells.rounds(tracer, number).median())));
        let fastest = ratio(cells.fastest(PLUTO, number) / cells.fastest(BARE, number));
        row.extend([of(BARE), fastest, of(FILE), of(COUNTING)]);
        rows.push(row);
    }
    let miscounts = if cells.miscounts.is_empty() {
        "Every tracer saw every event.".to_owned()
    } else {
        format!("Events missing: {}.", cells.miscounts.join("; "))
    };
    report.table(Table {
        title: format!("Cost of a call to the traced process, OTP {otp}"),
        header: [
            "arguments",
            "untraced",
            "bare",
            "bare, first argument by a match spec",
            "`dbg`, counting only",
            "`dbg` to a file",
            "`dbg`, printing",
            "Pluto",
            "of bare",
            "of bare, fastest",
            "of `dbg` to a file",
            "of `dbg`, counting only",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows,
        remark: format!(
            "Medians of {rounds} rounds, each the median of its chunks; quartiles of the rounds' ratios in \
             parentheses. Bursts are 500 calls with a rest after each (100 for `dbg` printing); \"on end\" is 20,000 \
             without one. {miscounts}"
        ),
    });
}

fn timing_table(otp: u32, cells: &Cells, report: &mut Report) {
    let tracers = [RETURN_TO, RETURN_TRACE, DBG_RETURN_TRACE, TIMING];
    let mut rows = Vec::new();
    for (number, case) in CASES.iter().enumerate().filter(|(_, case)| case.function != BOMB) {
        let of = |other: Tracer| cells.rounds(TIMING, number).per(&cells.rounds(other, number));
        let mut row = vec![case.arguments.to_owned()];
        row.extend(tracers.map(|tracer| ns(cells.rounds(tracer, number).median())));
        row.extend([spread(&of(RETURN_TO)), spread(&of(RETURN_TRACE))]);
        rows.push(row);
        // At level `calls` Pluto times by `return_to`.
        report.verdict(Verdict {
            what: format!("`--timing`, {}: of the bare tracer with the same events", case.arguments),
            otp,
            measured: spread(&of(RETURN_TO)),
            bar: "at most 1.7".to_owned(),
            outcome: Outcome::at_most(of(RETURN_TO).median(), 1.7),
        });
    }
    report.table(Table {
        title: format!("Cost of a call and its return to the traced process, OTP {otp}"),
        header: [
            "arguments",
            "bare, `return_to`",
            "bare, `return_trace`",
            "`dbg`, counting only, `return_trace`",
            "Pluto `--timing`",
            "of `return_to`",
            "of `return_trace`",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows,
        remark: String::new(),
    });
}

fn bomb(otp: u32, cells: &Cells, report: &mut Report) {
    let Some(number) = CASES.iter().position(|case| case.function == BOMB) else { return };
    let cost = cells.rounds(PLUTO, number);
    report.verdict(Verdict {
        what: "sharing bomb as an argument, level `calls`: time".to_owned(),
        otp,
        measured: format!("{} (slowest round {})", ns(cost.median()), ns(cost.maximum())),
        bar: "under 20 µs".to_owned(),
        outcome: Outcome::at_most(cost.maximum(), 20_000.0),
    });
    let (bomb, integer) = (&cells.bomb_bytes, &cells.integer_bytes);
    let megabytes = |bytes: f64| bytes / 1e6;
    report.verdict(Verdict {
        what: "sharing bomb as an argument, level `calls`: memory".to_owned(),
        otp,
        measured: format!(
            "{:.3} MB (the most of {}; of as many calls with an integer {:.3})",
            megabytes(bomb.maximum()),
            bomb.len(),
            megabytes(integer.maximum()),
        ),
        bar: "under 1 MB".to_owned(),
        outcome: Outcome::at_most(bomb.maximum(), 1e6),
    });
}
