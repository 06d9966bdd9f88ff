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
const LOAD_MS: u32 = 3000;

/// Tracers with the calls per second that they are loaded with. A tracer that formats cannot follow 10,000.
const TRACERS: [(Tracer, u32, &str); 4] = [
    (Tracer::Bare(Events::ReturnTrace), 10_000, "bare, `return_trace`"),
    (Tracer::Pluto(Level::Calls), 10_000, "Pluto, level `calls`"),
    (Tracer::Pluto(Level::Timing), 10_000, "Pluto `--timing`"),
    (Tracer::Shell, 2_000, "formats on the node, as in a shell"),
];

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
        for (tracer, rate, name) in TRACERS.into_iter().filter(|(tracer, ..)| tracer.available(pluto)) {
            let mut pairs = Samples::default();
            for round in 0..rounds {
                // The order within a pair alternates, so that a drift of the machine hits both alike.
                let (with, without) = if round % 2 == 0 {
                    let with = per_call(&mut subject, pluto, tracer, rate)?;
                    (with, per_call(&mut subject, pluto, Tracer::Untraced, rate)?)
                } else {
                    let without = per_call(&mut subject, pluto, Tracer::Untraced, rate)?;
                    (per_call(&mut subject, pluto, tracer, rate)?, without)
                };
                pairs.push(with - without);
            }
            let measured = format!(
                "{} ({} to {})",
                ns(pairs.median()),
                ns(pairs.quantile(0.25)),
                ns(pairs.quantile(0.75))
            );
            if tracer == Tracer::Pluto(Level::Timing) {
                report.verdict(Verdict {
                    what: format!("CPU of the node per traced call and return, {setting}"),
                    otp,
                    measured: measured.clone(),
                    bar: "at most 5 µs".to_owned(),
                    outcome: Outcome::at_most(pairs.median(), BAR_NS),
                });
            }
            rows.push(vec![setting.to_owned(), name.to_owned(), rate.to_string(), measured]);
        }
    }
    report.table(Table {
        title: format!("CPU of the whole node per traced call, OTP {otp}"),
        header: ["emulator", "tracer", "calls/s", "CPU per call, less untraced"].map(str::to_owned).to_vec(),
        rows,
        remark: format!(
            "Medians of {rounds} pairs of {} s with and without, quartiles in parentheses; time on a processor of \
             all threads of the emulator. The worker calls every millisecond.",
            LOAD_MS / 1000
        ),
    });
    Ok(())
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
