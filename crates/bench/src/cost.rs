//! What an event costs the process that is traced, by the kind of its arguments.

use std::collections::BTreeMap;

use pluto_testnode::Release;

use crate::error::Result;
use crate::pluto::{Level, Pluto};
use crate::report::{Outcome, Report, Table, Verdict, ns, ratio};
use crate::stats::Samples;
use crate::subject::Subject;
use crate::tracer::{Events, Tracer};

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
/// One bomb copied in full takes half a second and 256 MB: a few are enough.
const ROUNDS_OF_COPIED_BOMBS: u32 = 3;

const TRACERS: [Tracer; 8] = [
    Tracer::Untraced,
    Tracer::Bare(Events::Calls),
    Tracer::Bare(Events::ReturnTo),
    Tracer::Bare(Events::ReturnTrace),
    Tracer::Dbg(Events::Calls),
    Tracer::Dbg(Events::ReturnTrace),
    Tracer::Pluto(Level::Calls),
    Tracer::Pluto(Level::Timing),
];

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
    /// Bytes by which the node grew during one call with the sharing bomb, under Pluto.
    bomb_bytes: Samples,
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
            if TRACERS.get(index).is_some_and(|tracer| tracer.available(pluto)) {
                round_of(&mut subject, pluto, index, round, &mut cells)?;
            }
        }
    }
    let otp = release.otp();
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
        let Some((per_chunk, chunks)) = load(tracer, case, round) else { continue };
        let samples = subject.calls(case.function, per_chunk, chunks, case.pause_ms)?;
        calls += u64::from(per_chunk * chunks);
        let cell = cells.cells.entry((index, number)).or_default();
        cell.rounds.push(samples.median());
        cell.fastest.push(samples.minimum());
    }
    if matches!(tracer, Tracer::Pluto(Level::Calls)) {
        cells.bomb_bytes.push(subject.number(&format!("pluto_bench:memory({BOMB}, 20)."))? as f64);
        calls += 20;
    }
    let (seen, made) = (running.stop(subject)?, calls * tracer.events_per_call());
    if seen != made {
        cells.miscounts.push(format!("{tracer:?} saw {seen} events of {made}"));
    }
    Ok(())
}

/// Calls in a chunk, and chunks; `None` where a tracer is not tried on a function.
fn load(tracer: Tracer, case: &Case, round: u32) -> Option<(u32, u32)> {
    if case.function != BOMB {
        return Some((case.calls, case.chunks));
    }
    match tracer {
        Tracer::Untraced | Tracer::Pluto(_) | Tracer::Shell => Some((case.calls, case.chunks)),
        Tracer::Bare(Events::Calls) | Tracer::Dbg(Events::Calls) => {
            (round < ROUNDS_OF_COPIED_BOMBS).then_some((1, 1))
        }
        Tracer::Bare(_) | Tracer::Dbg(_) => None,
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

fn calls_table(otp: u32, rounds: u32, cells: &Cells, report: &mut Report) {
    let (bare, dbg, pluto) =
        (Tracer::Bare(Events::Calls), Tracer::Dbg(Events::Calls), Tracer::Pluto(Level::Calls));
    let mut rows = Vec::new();
    for (number, case) in CASES.iter().enumerate() {
        let of_bare = cells.rounds(pluto, number).per(&cells.rounds(bare, number));
        let of_dbg = cells.rounds(pluto, number).per(&cells.rounds(dbg, number));
        let mut row = vec![case.arguments.to_owned()];
        row.extend(
            [Tracer::Untraced, bare, dbg, pluto].map(|tracer| ns(cells.rounds(tracer, number).median())),
        );
        row.push(spread(&of_bare));
        row.push(ratio(cells.fastest(pluto, number) / cells.fastest(bare, number)));
        row.push(spread(&of_dbg));
        rows.push(row);
        if case.function != BOMB {
            report.verdict(Verdict {
                what: format!("level `calls`, {}: of the bare tracer", case.arguments),
                otp,
                measured: spread(&of_bare),
                bar: format!("at most {}", case.bar),
                outcome: Outcome::at_most(of_bare.median(), case.bar),
            });
        }
        report.verdict(Verdict {
            what: format!("level `calls`, {}: of `dbg`", case.arguments),
            otp,
            measured: spread(&of_dbg),
            bar: "at most 1".to_owned(),
            outcome: Outcome::at_most(of_dbg.median(), 1.0),
        });
    }
    let miscounts = if cells.miscounts.is_empty() {
        "Every tracer saw every event.".to_owned()
    } else {
        format!("Events missing: {}.", cells.miscounts.join("; "))
    };
    report.table(Table {
        title: format!("Cost of a call to the traced process, OTP {otp}"),
        header: ["arguments", "untraced", "bare", "`dbg`", "Pluto", "of bare", "of bare, fastest", "of `dbg`"]
            .map(str::to_owned)
            .to_vec(),
        rows,
        remark: format!(
            "Medians of {rounds} rounds, each the median of its chunks; quartiles of the rounds' ratios in \
             parentheses. Bursts are 500 calls with a rest after each; \"on end\" is 20,000 without one. {miscounts}"
        ),
    });
}

fn timing_table(otp: u32, cells: &Cells, report: &mut Report) {
    let tracers = [
        Tracer::Bare(Events::ReturnTo),
        Tracer::Bare(Events::ReturnTrace),
        Tracer::Dbg(Events::ReturnTrace),
        Tracer::Pluto(Level::Timing),
    ];
    let [return_to, return_trace, _, pluto] = tracers;
    let mut rows = Vec::new();
    for (number, case) in CASES.iter().enumerate().filter(|(_, case)| case.function != BOMB) {
        let of = |other: Tracer| cells.rounds(pluto, number).per(&cells.rounds(other, number));
        let mut row = vec![case.arguments.to_owned()];
        row.extend(tracers.map(|tracer| ns(cells.rounds(tracer, number).median())));
        row.extend([spread(&of(return_to)), spread(&of(return_trace))]);
        rows.push(row);
        // At level `calls` Pluto times by `return_to`.
        report.verdict(Verdict {
            what: format!("`--timing`, {}: of the bare tracer with the same events", case.arguments),
            otp,
            measured: spread(&of(return_to)),
            bar: "at most 1.7".to_owned(),
            outcome: Outcome::at_most(of(return_to).median(), 1.7),
        });
    }
    report.table(Table {
        title: format!("Cost of a call and its return to the traced process, OTP {otp}"),
        header: [
            "arguments",
            "bare, `return_to`",
            "bare, `return_trace`",
            "`dbg`, `return_trace`",
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
    let cost = cells.rounds(Tracer::Pluto(Level::Calls), number);
    report.verdict(Verdict {
        what: "sharing bomb as an argument, level `calls`: time".to_owned(),
        otp,
        measured: format!("{} (slowest round {})", ns(cost.median()), ns(cost.maximum())),
        bar: "under 20 µs".to_owned(),
        outcome: Outcome::at_most(cost.maximum(), 20_000.0),
    });
    let bytes = cells.bomb_bytes.maximum();
    report.verdict(Verdict {
        what: "sharing bomb as an argument, level `calls`: memory".to_owned(),
        otp,
        measured: format!("{:.3} MB (the most of {} x 20)", bytes / 1e6, cells.bomb_bytes.len()),
        bar: "under 1 MB".to_owned(),
        outcome: Outcome::at_most(bytes, 1e6),
    });
}
