//! CPU time of the whole node per traced call and return, agent included.

use pluto_testnode::Release;

use crate::error::Result;
use crate::host::cpu_ns;
use crate::pluto::{Level, Pluto};
use crate::report::{Outcome, Report, Table, Verdict, ns};
use crate::stats::Samples;
use crate::subject::Subject;
use crate::tracer::{Events, Tracer};

/// The bar: nanoseconds for a call and its return.
const BAR_NS: f64 = 5000.0;
const LOAD_MS: u32 = 2000;
/// Calls a second.
const RATE: u32 = 10_000;

const TRACERS: [(Tracer, &str); 3] = [
    (Tracer::Bare(Events::ReturnTrace), "bare, `return_trace`"),
    (Tracer::Pluto(Level::Calls), "Pluto, level `calls`"),
    (Tracer::Pluto(Level::Timing), "Pluto `--timing`"),
];

/// A tracer that formats cannot follow as many calls, and is so far from the others that few rounds tell.
const SHELL_RATE: u32 = 2_000;
const SHELL_ROUNDS: u32 = 3;

/// Emulator settings: schedulers that spin before they sleep hide some work and add other.
const SETTINGS: [(&str, &[&str]); 2] = [
    ("schedulers sleep at once", &["+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"]),
    ("schedulers spin as by default", &[]),
];

/// Measures on one release.
pub(crate) fn measure(
    release: &Release,
    pluto: Option<&Pluto>,
    rounds: u32,
    report: &mut Report,
) -> Result<()> {
    let otp = release.otp();
    let mut rows = Vec::new();
    for (setting, arguments) in SETTINGS {
        let mut subject = Subject::start(release, arguments);
        let tracers = TRACERS.into_iter().filter(|(tracer, _)| tracer.available(pluto));
        let (tracers, names): (Vec<_>, Vec<_>) = tracers.unzip();
        let compared = compare(&mut subject, pluto, &tracers, RATE, rounds)?;
        for ((tracer, name), samples) in tracers.iter().zip(names).zip(&compared) {
            if *tracer == Tracer::Pluto(Level::Timing) {
                report.verdict(Verdict {
                    what: format!("CPU of the node per traced call and return, {setting}"),
                    otp,
                    measured: spread(samples),
                    bar: "at most 5 µs".to_owned(),
                    outcome: Outcome::at_most(samples.median(), BAR_NS),
                });
            }
            rows.push(vec![setting.to_owned(), name.to_owned(), RATE.to_string(), spread(samples)]);
        }
        let shell = compare(&mut subject, pluto, &[Tracer::Shell], SHELL_RATE, rounds.min(SHELL_ROUNDS))?;
        let name = "formats on the node, as in a shell";
        rows.extend(shell.iter().map(|samples| {
            vec![setting.to_owned(), name.to_owned(), SHELL_RATE.to_string(), spread(samples)]
        }));
    }
    report.table(Table {
        title: format!("CPU of the whole node per traced call, OTP {otp}"),
        header: ["emulator", "tracer", "calls/s", "CPU per call, less untraced"].map(str::to_owned).to_vec(),
        rows,
        remark: format!(
            "Medians of {rounds} rounds ({} of the tracer that formats) of {} s with each tracer and {} s without, \
             quartiles in parentheses; time on a processor of all threads of the emulator. The worker calls every \
             millisecond.",
            rounds.min(SHELL_ROUNDS),
            LOAD_MS / 1000,
            LOAD_MS / 1000
        ),
    });
    Ok(())
}

fn spread(samples: &Samples) -> String {
    format!("{} ({} to {})", ns(samples.median()), ns(samples.quantile(0.25)), ns(samples.quantile(0.75)))
}

/// What each tracer adds to a call, in nanoseconds of each round.
fn compare(
    subject: &mut Subject,
    pluto: Option<&Pluto>,
    tracers: &[Tracer],
    rate: u32,
    rounds: u32,
) -> Result<Vec<Samples>> {
    let all: Vec<Tracer> = std::iter::once(Tracer::Untraced).chain(tracers.iter().copied()).collect();
    let mut measured = vec![Samples::default(); all.len()];
    for round in 0..rounds {
        // Each round begins with another one, so that a drift of the machine hits all alike.
        let steps = (0..all.len()).map(|step| (step + round as usize) % all.len());
        for index in steps {
            if let (Some(tracer), Some(samples)) = (all.get(index), measured.get_mut(index)) {
                samples.push(per_call(subject, pluto, *tracer, rate)?);
            }
        }
    }
    let untraced = measured.remove(0);
    Ok(measured.iter().map(|samples| samples.less(&untraced)).collect())
}

/// Nanoseconds of CPU for each call made, everything on the node included.
fn per_call(subject: &mut Subject, pluto: Option<&Pluto>, tracer: Tracer, rate: u32) -> Result<f64> {
    let running = tracer.start(subject, pluto)?;
    let process = subject.node().os_pid();
    let before = cpu_ns(process)?;
    let calls = subject.number(&format!("pluto_bench:paced({rate}, {LOAD_MS})."))?;
    // What the sinks have still to do belongs to the calls; the same time passes without a tracer.
    std::thread::sleep(std::time::Duration::from_millis(300));
    let spent = cpu_ns(process)? - before;
    running.stop(subject)?;
    Ok(spent as f64 / calls as f64)
}
