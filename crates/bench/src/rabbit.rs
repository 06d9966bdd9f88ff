//! What recording a RabbitMQ broker under load costs it: time on a processor for each message, and throughput.
//!
//! A pair is two loads of the same kind, one while Pluto records and one without, and pairs take turns (ABBA), so that a
//! drift of the machine hits both alike. Where Pluto records calls alone, the same load while a bare tracer counts them
//! comes between the two: what any tracer costs at least. Pluto is attached before a load begins and detached after it has ended.

use std::path::Path;

use pluto_testnode::Release;

use crate::bare::Bare;
use crate::broker::{Broker, Load, Loaded, Pace};
use crate::disk;
use crate::error::{Error, Result};
use crate::pluto::{Level, Pluto};
use crate::recorded::{Content, Recorded};
use crate::report::{Outcome, Report, Table, Verdict, ns};
use crate::stats::Samples;

/// The bar: the most that the bound of the cost may be.
const BAR: f64 = 0.08;

/// Each message passes through this function once, when it is put into its queue.
const ONCE: &str = "rabbit_queue_type:deliver/3";

/// How long one load is measured.
const MEASURED_S: u32 = 5;

/// Queues of the load whose recording is weighed: each has two channels, so these are over 1,000 processes with events.
const QUEUES: u32 = 400;

/// A load, and what of it is recorded.
struct Setup {
    /// The load, in words.
    load: &'static str,
    pace: Pace,
    functions: Functions,
    level: Level,
    /// What the cost is of.
    figure: Figure,
}

#[derive(Clone, Copy)]
enum Functions {
    /// All that a message passes through.
    All,
    /// [`ONCE`] only.
    Once,
}

#[derive(Clone, Copy)]
enum Figure {
    /// The broker's time on a processor for each message.
    Cpu,
    /// The time for each message where the next is sent as soon as one is through.
    Time,
}

/// The first two trace every step of few messages, the third one step of many. All but the last are about 10,000
/// traced calls a second.
const SETUPS: [Setup; 4] = [
    Setup {
        load: "1,700 messages/s",
        pace: Pace::PerSecond(1_700),
        functions: Functions::All,
        level: Level::Calls,
        figure: Figure::Cpu,
    },
    Setup {
        load: "1,700 messages/s",
        pace: Pace::PerSecond(1_700),
        functions: Functions::All,
        level: Level::Timing,
        figure: Figure::Cpu,
    },
    Setup {
        load: "10,000 messages/s",
        pace: Pace::PerSecond(10_000),
        functions: Functions::Once,
        level: Level::Calls,
        figure: Figure::Cpu,
    },
    Setup {
        load: "as fast as it goes, 200 messages under way",
        pace: Pace::Window(200),
        functions: Functions::Once,
        level: Level::Calls,
        figure: Figure::Time,
    },
];

/// The pairs of one setup.
#[derive(Default)]
struct Pairs {
    without_cpu_ns: Samples,
    with_cpu_ns: Samples,
    without_time_ns: Samples,
    with_time_ns: Samples,
    bare_cpu_ns: Samples,
    bare_time_ns: Samples,
    calls_per_s: Samples,
    calls_per_message: Samples,
}

/// What attaching and detaching took of the broker's processors, in nanoseconds.
#[derive(Default)]
struct Around {
    attaching: Samples,
    stopping: Samples,
}

/// Measures a broker, which runs on the system's release.
pub(crate) fn measure(
    release: &Release,
    pluto: Option<&Pluto>,
    xtask: &Path,
    pairs: u32,
    report: &mut Report,
) -> Result<()> {
    let Some(pluto) = pluto else { return Ok(()) };
    let broker = Broker::start(xtask)?;
    let mut bare = Bare::bring(release, &broker)?;
    let (mut rows, mut around) = (Vec::new(), Around::default());
    for setup in &SETUPS {
        let measured = pairs_of(&broker, pluto, &mut bare, setup, pairs, &mut around)?;
        report.verdict(verdict(release.otp(), setup, &measured));
        rows.push(row(setup, &measured));
    }
    bare.unload()?;
    let (recorded, content) = weighed(&broker, pluto)?;
    disk::verdict(release.otp(), "RabbitMQ", &recorded, &content, report)?;
    broker.stop()?;
    report.table(table(release.otp(), pairs, rows, &around));
    Ok(())
}

/// What traces the broker during a load.
#[derive(Clone, Copy)]
enum Tracer {
    Pluto,
    Bare,
    Nothing,
}

/// Runs the pairs of one setup.
fn pairs_of(
    broker: &Broker,
    pluto: &Pluto,
    bare: &mut Bare,
    setup: &Setup,
    pairs: u32,
    around: &mut Around,
) -> Result<Pairs> {
    let mut measured = Pairs::default();
    for pair in 0..pairs {
        let mut turns = [Tracer::Pluto, Tracer::Bare, Tracer::Nothing];
        if pair % 2 == 1 {
            turns.reverse();
        }
        for tracer in turns {
            measured.take(tracer, broker, pluto, bare, setup, around)?;
        }
    }
    Ok(measured)
}

impl Pairs {
    /// One load of a pair.
    fn take(
        &mut self,
        tracer: Tracer,
        broker: &Broker,
        pluto: &Pluto,
        bare: &mut Bare,
        setup: &Setup,
        around: &mut Around,
    ) -> Result<()> {
        match tracer {
            Tracer::Pluto => {
                let (loaded, content) = recorded_load(broker, pluto, setup, around)?;
                self.with_cpu_ns.push(per_message(loaded.cpu_ns, loaded));
                self.with_time_ns.push(per_message(loaded.duration_ns, loaded));
                let calls_per_message = content.calls as f64 / loaded.published as f64;
                self.calls_per_message.push(calls_per_message);
                self.calls_per_s.push(calls_per_message / per_message(loaded.duration_ns, loaded) * 1e9);
            }
            // Its events are calls alone.
            Tracer::Bare if setup.level == Level::Calls => {
                let functions = setup.patterns(broker);
                bare.on(&functions)?;
                let loaded = broker.load(load(setup));
                let (events, loaded) = (bare.off(&functions)?, loaded?);
                if events < loaded.published {
                    return Err(Error::Incomplete {
                        function: ONCE,
                        made: loaded.published,
                        found: events,
                        missing: 0,
                    });
                }
                self.bare_cpu_ns.push(per_message(loaded.cpu_ns, loaded));
                self.bare_time_ns.push(per_message(loaded.duration_ns, loaded));
            }
            Tracer::Bare => {}
            Tracer::Nothing => {
                let loaded = broker.load(load(setup))?;
                self.without_cpu_ns.push(per_message(loaded.cpu_ns, loaded));
                self.without_time_ns.push(per_message(loaded.duration_ns, loaded));
            }
        }
        Ok(())
    }
}

fn load(setup: &Setup) -> Load {
    Load { pace: setup.pace, queues: 1, measured_s: MEASURED_S }
}

fn per_message(quantity: u64, loaded: Loaded) -> f64 {
    quantity as f64 / loaded.messages as f64
}

/// One load while Pluto records, with what was recorded.
fn recorded_load(
    broker: &Broker,
    pluto: &Pluto,
    setup: &Setup,
    around: &mut Around,
) -> Result<(Loaded, Content)> {
    let patterns = setup.patterns(broker);
    let before = broker.cpu_ns()?;
    let session = pluto.record(&broker.target(patterns), setup.level)?;
    around.attaching.push((broker.cpu_ns()? - before) as f64);
    let loaded = broker.load(load(setup))?;
    let before = broker.cpu_ns()?;
    let recorded = session.stop()?;
    around.stopping.push((broker.cpu_ns()? - before) as f64);
    let content = whole(&recorded, pluto, loaded)?;
    Ok((loaded, content))
}

/// What a recording holds, which must be all messages of the load.
fn whole(recorded: &Recorded, pluto: &Pluto, loaded: Loaded) -> Result<Content> {
    let content = recorded.content(pluto)?;
    let (made, found, missing) = (loaded.published, content.calls_of(ONCE), recorded.missing);
    if found == made && missing == 0 {
        Ok(content)
    } else {
        Err(Error::Incomplete { function: ONCE, made, found, missing })
    }
}

/// A recording of a load that goes through many processes.
fn weighed(broker: &Broker, pluto: &Pluto) -> Result<(Recorded, Content)> {
    let session = pluto.record(&broker.target(broker.patterns()), Level::Timing)?;
    let loaded =
        broker.load(Load { pace: Pace::PerSecond(1_700), queues: QUEUES, measured_s: MEASURED_S })?;
    let recorded = session.stop()?;
    let content = whole(&recorded, pluto, loaded)?;
    Ok((recorded, content))
}

impl Setup {
    fn patterns<'a>(&self, broker: &'a Broker) -> Vec<&'a str> {
        match self.functions {
            Functions::All => broker.patterns(),
            Functions::Once => vec![ONCE],
        }
    }

    fn traced(&self) -> &'static str {
        match (self.functions, self.level) {
            (Functions::All, Level::Calls) => "five functions",
            (Functions::All, Level::Timing) => "five functions, `--timing`",
            (Functions::Once, Level::Calls) => "one function",
            (Functions::Once, Level::Timing) => "one function, `--timing`",
        }
    }
}

impl Pairs {
    /// Of each pair, how much more the figure is with Pluto, as a part of what it is without.
    fn cost(&self, figure: Figure) -> Samples {
        more(&match figure {
            Figure::Cpu => self.with_cpu_ns.per(&self.without_cpu_ns),
            Figure::Time => self.with_time_ns.per(&self.without_time_ns),
        })
    }

    /// The same of the bare tracer.
    fn bare_cost(&self, figure: Figure) -> Samples {
        more(&match figure {
            Figure::Cpu => self.bare_cpu_ns.per(&self.without_cpu_ns),
            Figure::Time => self.bare_time_ns.per(&self.without_time_ns),
        })
    }
}

fn more(ratios: &Samples) -> Samples {
    ratios.iter().map(|ratio| ratio - 1.0).collect()
}

fn percent(part: f64) -> String {
    if part.is_nan() { "–".to_owned() } else { format!("{:+.1} %", part * 100.0) }
}

/// The mean with the bound that it is below with 95 % confidence.
fn bounded(cost: &Samples) -> String {
    format!("{}, bound {}", percent(cost.mean()), percent(cost.upper_95()))
}

fn verdict(otp: u32, setup: &Setup, measured: &Pairs) -> Verdict {
    let cost = measured.cost(setup.figure);
    let figure = match setup.figure {
        Figure::Cpu => "CPU of the broker a message",
        Figure::Time => "throughput, as time a message",
    };
    Verdict {
        what: format!("RabbitMQ, {}, {}: {figure}", setup.load, setup.traced()),
        otp,
        measured: format!(
            "{} ({:.0} traced calls/s; a bare tracer {})",
            bounded(&cost),
            measured.calls_per_s.median(),
            percent(measured.bare_cost(setup.figure).mean())
        ),
        bar: format!("bound at most {}", percent(BAR)),
        outcome: Outcome::at_most(cost.upper_95(), BAR),
    }
}

fn row(setup: &Setup, measured: &Pairs) -> Vec<String> {
    let (with, without) = (&measured.with_cpu_ns, &measured.without_cpu_ns);
    let per_call = with.less(without).median() / measured.calls_per_message.median();
    let bare_per_call = measured.bare_cpu_ns.less(without).median() / measured.calls_per_message.median();
    let throughput = |time_ns: &Samples| format!("{:.0}", 1e9 / time_ns.median());
    vec![
        setup.load.to_owned(),
        setup.traced().to_owned(),
        format!("{:.0}", measured.calls_per_s.median()),
        ns(without.median()),
        ns(with.median()),
        bounded(&measured.cost(Figure::Cpu)),
        percent(measured.bare_cost(Figure::Cpu).mean()),
        ns(per_call),
        ns(bare_per_call),
        throughput(&measured.without_time_ns),
        throughput(&measured.with_time_ns),
        // Where the load sets the pace, the time of a message tells nothing.
        match setup.pace {
            Pace::PerSecond(_) => "–".to_owned(),
            Pace::Window(_) => bounded(&measured.cost(Figure::Time)),
        },
        match setup.pace {
            Pace::PerSecond(_) => "–".to_owned(),
            Pace::Window(_) => percent(measured.bare_cost(Figure::Time).mean()),
        },
    ]
}

fn table(otp: u32, pairs: u32, rows: Vec<Vec<String>>, around: &Around) -> Table {
    Table {
        title: format!("What recording costs a RabbitMQ broker under load, OTP {otp}"),
        header: [
            "load",
            "traced",
            "traced calls/s",
            "CPU a message, alone",
            "recorded",
            "cost",
            "cost of a bare tracer",
            "CPU a traced call",
            "with a bare tracer",
            "messages/s, alone",
            "recorded",
            "cost in time",
            "of a bare tracer",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows,
        remark: format!(
            "Medians of {pairs} pairs of {MEASURED_S} s; of the costs the mean of the pairs, and the bound that it is \
             below with 95 % confidence (Student's t, one-sided). Messages of 256 bytes through one queue, published \
             with confirms, consumed and acknowledged by a client on the same machine; every one was confirmed, consumed \
             and recorded. The bare tracer is `erlang:trace` of all processes with call events without arguments, and a \
             process that counts them and does nothing else. Attaching took {} of the broker's processor time in the median, stopping {}; neither is in \
             the costs.",
            ns(around.attaching.median()),
            ns(around.stopping.median())
        ),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::{Around, Pairs, SETUPS, row, table, verdict};
    use crate::report::Report;
    use crate::stats::Samples;

    fn samples(values: [f64; 3]) -> Samples {
        values.into_iter().collect()
    }

    #[test]
    fn the_cost_is_of_pairs_and_judged_by_its_bound() {
        let measured = Pairs {
            without_cpu_ns: samples([50_000.0, 40_000.0, 60_000.0]),
            with_cpu_ns: samples([53_000.0, 42_400.0, 63_000.0]),
            without_time_ns: samples([100_000.0, 100_000.0, 100_000.0]),
            with_time_ns: samples([104_000.0, 100_000.0, 114_000.0]),
            bare_cpu_ns: samples([52_000.0, 41_600.0, 62_400.0]),
            bare_time_ns: samples([102_000.0, 102_000.0, 102_000.0]),
            calls_per_s: samples([10_000.0, 10_100.0, 9_900.0]),
            calls_per_message: samples([6.0, 6.0, 6.0]),
        };
        let mut report = Report::new("here".to_owned());
        let [paced, .., unpaced] = &SETUPS;
        for setup in [paced, unpaced] {
            report.verdict(verdict(25, setup, &measured));
        }
        let around = Around { attaching: samples([2e6, 3e6, 4e6]), stopping: samples([1e6, 1e6, 1e6]) };
        report.table(table(25, 3, vec![row(paced, &measured), row(unpaced, &measured)], &around));
        expect![[r#"
            here

            ### Against the bars

            | figure | OTP | measured | bar | outcome |
            | --- | --- | --- | --- | --- |
            | RabbitMQ, 1,700 messages/s, five functions: CPU of the broker a message | 25 | +5.7 %, bound +6.6 % (10000 traced calls/s; a bare tracer +4.0 %) | bound at most +8.0 % | pass |
            | RabbitMQ, as fast as it goes, 200 messages under way, one function: throughput, as time a message | 25 | +6.0 %, bound +18.2 % (10000 traced calls/s; a bare tracer +2.0 %) | bound at most +8.0 % | **miss** |

            ### What recording costs a RabbitMQ broker under load, OTP 25

            | load | traced | traced calls/s | CPU a message, alone | recorded | cost | cost of a bare tracer | CPU a traced call | with a bare tracer | messages/s, alone | recorded | cost in time | of a bare tracer |
            | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
            | 1,700 messages/s | five functions | 10000 | 50.0 µs | 53.0 µs | +5.7 %, bound +6.6 % | +4.0 % | 500 ns | 333 ns | 10000 | 9615 | – | – |
            | as fast as it goes, 200 messages under way | one function | 10000 | 50.0 µs | 53.0 µs | +5.7 %, bound +6.6 % | +4.0 % | 500 ns | 333 ns | 10000 | 9615 | +6.0 %, bound +18.2 % | +2.0 % |

            Medians of 3 pairs of 5 s; of the costs the mean of the pairs, and the bound that it is below with 95 % confidence (Student's t, one-sided). Messages of 256 bytes through one queue, published with confirms, consumed and acknowledged by a client on the same machine; every one was confirmed, consumed and recorded. The bare tracer is `erlang:trace` of all processes with call events without arguments, and a process that counts them and does nothing else. Attaching took 3000.0 µs of the broker's processor time in the median, stopping 1000.0 µs; neither is in the costs.
        "#]].assert_eq(&report.markdown());
    }
}
