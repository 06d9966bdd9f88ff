//! The longest pause that a node with 200,000 processes has while Pluto attaches, traces, stops and unloads.

use pluto_testnode::Release;

use crate::error::Result;
use crate::pluto::{Level, Pluto};
use crate::report::{Outcome, Report, Table, Verdict};
use crate::stats::Samples;
use crate::subject::{Gap, Subject};
use crate::tracer::Tracer;

const PROCESSES: u32 = 200_000;
/// The bar: nanoseconds, in nine rounds of ten.
const BAR_NS: f64 = 5e6;
const TRACED_MS: u32 = 2000;
const RATE: u32 = 1000;

/// The phases of a session, by their beginnings and the end, on the node's clock.
struct Marks {
    attach: i64,
    armed: i64,
    stop: i64,
    gone: i64,
}

/// Measures on one release.
pub(crate) fn measure(
    release: &Release,
    pluto: Option<&Pluto>,
    rounds: u32,
    report: &mut Report,
) -> Result<()> {
    if pluto.is_none() {
        return Ok(());
    }
    let otp = release.otp();
    let mut subject = Subject::start(release, &["+P", "1000000"]);
    subject.run(&format!("pluto_bench:crowd({PROCESSES})."));
    subject.run("pluto_bench:hearts_start().");
    let (mut idle, mut busy) = (Samples::default(), Samples::default());
    let mut phases: [Samples; 3] = Default::default();
    for _ in 0..rounds {
        subject.gaps()?;
        let marks = session(&mut subject, pluto)?;
        let gaps = subject.gaps()?;
        for (samples, (from, to)) in phases.iter_mut().zip([
            (marks.attach, marks.armed),
            (marks.armed, marks.stop),
            (marks.stop, marks.gone),
        ]) {
            samples.push(longest(&gaps, from, to));
        }
        busy.push(longest(&gaps, marks.attach, marks.gone));
        idle.push(control(&mut subject, marks.gone - marks.attach)?);
    }
    let extra = busy.less(&idle);
    let good = extra.iter().filter(|&pause| pause <= BAR_NS).count();
    report.verdict(Verdict {
        what: "longest pause with 200,000 processes, less the idle one".to_owned(),
        otp,
        measured: format!("{good} rounds of {rounds} at most 5 ms; median {}", ms(extra.median())),
        bar: "at most 5 ms in 9 rounds of 10".to_owned(),
        outcome: Outcome::of(good as f64 >= 0.9 * f64::from(rounds)),
    });
    let [attaching, tracing, stopping] = &phases;
    let names = ["attaching", "tracing", "stopping and unloading", "the whole session", "idle control"];
    let rows = names
        .into_iter()
        .zip([attaching, tracing, stopping, &busy, &idle])
        .map(|(name, samples)| {
            vec![name.to_owned(), ms(samples.minimum()), ms(samples.median()), ms(samples.maximum())]
        })
        .collect();
    report.table(Table {
        title: format!("Longest gap of a heartbeat with {PROCESSES} processes, OTP {otp}"),
        header: ["phase", "best round", "median round", "worst round"].map(str::to_owned).to_vec(),
        rows,
        remark: "One heartbeat on each scheduler wakes every millisecond; a gap of 1 ms is its rest, and \
                 gaps below 2 ms are shown as 2 ms."
            .to_owned(),
    });
    Ok(())
}

/// One recording from attaching to the end of `pluto`, under load.
fn session(subject: &mut Subject, pluto: Option<&Pluto>) -> Result<Marks> {
    let attach = subject.now()?;
    let running = Tracer::Pluto(Level::Calls).start(subject, pluto)?;
    let armed = subject.now()?;
    subject.run(&format!("pluto_bench:paced({RATE}, {TRACED_MS})."));
    let stop = subject.now()?;
    running.stop(subject)?;
    let gone = subject.now()?;
    Ok(Marks { attach, armed, stop, gone })
}

/// The longest gap of as long a time under the same load without a tracer.
fn control(subject: &mut Subject, duration_ns: i64) -> Result<f64> {
    subject.gaps()?;
    let start = subject.now()?;
    subject.run(&format!("pluto_bench:paced({RATE}, {TRACED_MS})."));
    let rest = duration_ns - (subject.now()? - start);
    std::thread::sleep(std::time::Duration::from_nanos(rest.max(0).unsigned_abs()));
    let end = subject.now()?;
    Ok(longest(&subject.gaps()?, start, end))
}

/// The longest gap that overlaps a time, in nanoseconds; 2 ms where none was noted.
fn longest(gaps: &[Gap], from: i64, to: i64) -> f64 {
    let overlapping = gaps.iter().filter(|gap| gap.end > from && gap.start < to);
    overlapping.map(|gap| gap.end - gap.start).max().unwrap_or(2_000_000) as f64
}

fn ms(value_ns: f64) -> String {
    format!("{:.1} ms", value_ns / 1e6)
}
