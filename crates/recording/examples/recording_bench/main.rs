//! Measures recordings on events such as a small shop under load makes, and prints one table.
//!
//! `cargo run --release -p pluto-recording --example recording_bench [EVENTS [DIR]]`; 5 million events and a
//! temporary directory where not given. The time of the process (user and system) is what counts where other work
//! shares the machine; the wall time is printed beside it.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod others;
mod shop;

use pluto_event::{Event, Tables};
use pluto_recording::{About, Columns, Filter, Reader, RecordingError, Summary, Writer, WriterOptions};
use shop::Shop;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let events: u64 = arguments.next().map_or(Ok(5_000_000), |text| text.parse())?;
    let temporary = tempfile::tempdir()?;
    let dir = arguments.next().map_or_else(|| temporary.path().to_path_buf(), Into::into);
    fs::create_dir_all(&dir)?;
    let mut tables = Tables::new();
    let shop = Shop::new(&mut tables, 1_000, 1_000_000, 2_000_000.min(events as usize));
    println!(
        "{events} events of {} processes, {} bytes of payload on average",
        shop.processes(),
        shop.payload_mean()
    );
    println!();
    println!("{:<52} {:>12} {:>12} {:>10} {:>8}", "write", "events/s cpu", "wall", "bytes/ev", "MiB rss");
    let written = dir.join("recording");
    write(&written, &shop, events, &WriterOptions::default(), "batches of 65,536 rows, synced at the end")?;
    for (rows, name) in
        [(20_000, "batches of 20,000 rows (100,000/s, 5 flushes/s)"), (2_000, "batches of 2,000 rows")]
    {
        let other = dir.join("other");
        let options = WriterOptions { batch_rows: rows, ..WriterOptions::default() };
        write(&other, &shop, events.min(2_000_000), &options, name)?;
        fs::remove_dir_all(&other)?;
    }
    slow(&dir, events.min(2_000_000))?;
    for level in [-1, 3, 6] {
        let other = dir.join("other");
        let options = WriterOptions { compression_level: level, ..WriterOptions::default() };
        write(
            &other,
            &shop,
            events.min(2_000_000),
            &options,
            &format!("batches of 65,536 rows, zstd level {level}"),
        )?;
        fs::remove_dir_all(&other)?;
    }
    for (name, codec) in others::ALL {
        others::measure(&dir.join("rows"), &shop, events.min(2_000_000), name, codec)?;
    }
    println!();
    println!("{:<52} {:>12} {:>12} {:>9} {:>9}", "read", "events/s cpu", "wall", "s cpu", "s wall");
    read(&written, events)?;
    by_time(&written, events, "in the order of times")?;
    show(&written, "one process, one second")?;
    let small = dir.join("small");
    let options = WriterOptions { batch_rows: 2_000, ..WriterOptions::default() };
    let mut writer = Writer::create(&small, options, About::default())?;
    *writer.tables_mut() = shop.tables().clone();
    shop.each(events, |event| writer.push(event))?;
    writer.finish(Summary::default())?;
    by_time(&small, events, "in the order of times, batches of 2,000 rows")?;
    show(&small, "one process, one second, batches of 2,000 rows")?;
    Ok(())
}

/// The same shop at 20,000 events/s, where times are further apart.
fn slow(dir: &Path, events: u64) -> Outcome<()> {
    let mut tables = Tables::new();
    let shop = Shop::new(&mut tables, 1_000, 20_000, events as usize);
    let other = dir.join("other");
    let options = WriterOptions { batch_rows: 4_000, ..WriterOptions::default() };
    write(&other, &shop, events, &options, "batches of 4,000 rows (20,000/s, 5 flushes/s)")?;
    fs::remove_dir_all(&other)?;
    Ok(())
}

fn write(dir: &Path, shop: &Shop, events: u64, options: &WriterOptions, name: &str) -> Outcome<()> {
    let before = Watch::start();
    let rss = memory("VmRSS:");
    fs::write("/proc/self/clear_refs", "5")?;
    let mut writer = Writer::create(dir, *options, About::default())?;
    *writer.tables_mut() = shop.tables().clone();
    shop.each(events, |event| writer.push(event))?;
    let bytes = writer.finish(Summary::default())?.totals.bytes;
    before.report(
        name,
        events,
        &format!("{:>10.2} {:>8}", bytes as f64 / events as f64, (memory("VmHWM:") - rss) / 1024),
    );
    Ok(())
}

fn read(dir: &Path, events: u64) -> Outcome<()> {
    let reader = Reader::open(dir)?;
    let scan = |columns| reader.scan(&Filter { columns, ..Filter::default() });
    let calls = Columns { functions: true, ..Columns::NONE };
    for (columns, name) in [(Columns::ALL, "whole events"), (calls, "times, kinds, processes, functions")] {
        let mut sum = Sum::default();
        let watch = Watch::start();
        scan(columns).for_each(|event| sum.add(event))?;
        watch.report_read(&format!("{name}, one thread"), events);
        let mut ahead = Sum::default();
        let watch = Watch::start();
        scan(columns).for_each_ahead(|event| ahead.add(event))?;
        watch.report_read(&format!("{name}, read ahead"), events);
        let watch = Watch::start();
        std::thread::scope(|scope| -> Result<(), RecordingError> {
            let parts: Vec<_> = scan(columns)
                .split(2)
                .into_iter()
                .map(|part| {
                    scope.spawn(move || {
                        let mut sum = Sum::default();
                        part.for_each(|event| sum.add(event)).map(|()| sum)
                    })
                })
                .collect();
            for part in parts {
                std::hint::black_box(part.join().unwrap_or(Ok(Sum::default()))?);
            }
            Ok(())
        })?;
        watch.report_read(&format!("{name}, two threads"), events);
        if sum != ahead {
            return Err("two ways to read give different events".into());
        }
    }
    Ok(())
}

/// Opens the recording and gives every event in the order of times.
fn by_time(dir: &Path, events: u64, name: &str) -> Outcome<()> {
    let watch = Watch::start();
    let reader = Reader::open(dir)?;
    let mut sum = Sum::default();
    reader.scan(&Filter::default()).by_time().for_each(|event| sum.add(event))?;
    std::hint::black_box(&sum);
    watch.report_read(name, events);
    Ok(())
}

/// One process and one second, in the middle of the recording; opening it is a part of the time.
fn show(dir: &Path, name: &str) -> Outcome<()> {
    let watch = Watch::start();
    let reader = Reader::open(dir)?;
    let times = reader.times();
    let from = times.start + (times.end - times.start) / 2;
    let process = reader.tables().processes().len() as u32 / 2;
    let filter = Filter {
        from: Some(from),
        to: Some(from + 1_000_000_000),
        processes: Some(vec![pluto_event::ProcessId(process)]),
        ..Filter::default()
    };
    let mut found = 0;
    reader.scan(&filter).for_each(|_| found += 1)?;
    watch.report_read(name, found);
    Ok(())
}

/// Something that needs every event.
#[derive(Default, PartialEq)]
struct Sum {
    events: u64,
    times: i64,
    functions: u64,
    payload: u64,
}

impl Sum {
    fn add(&mut self, event: &Event<'_>) {
        self.events += 1;
        self.times = self.times.wrapping_add(event.time ^ i64::from(event.process.0));
        self.functions += u64::from(event.what.function().0);
        self.payload += event.what.payload().bytes.len() as u64;
    }
}

/// The time that something takes, of the wall and of this process.
pub(crate) struct Watch {
    start: Instant,
    cpu: Duration,
}

impl Watch {
    pub(crate) fn start() -> Watch {
        Watch { start: Instant::now(), cpu: cpu() }
    }

    pub(crate) fn report(&self, name: &str, events: u64, rest: &str) {
        let rate = |time: Duration| format!("{:.2} M", events as f64 / time.as_secs_f64() / 1e6);
        println!("{name:<52} {:>12} {:>12} {rest}", rate(cpu() - self.cpu), rate(self.start.elapsed()));
    }

    fn report_read(&self, name: &str, events: u64) {
        let (cpu, wall) = (cpu() - self.cpu, self.start.elapsed());
        self.report(name, events, &format!("{:>9.2} {:>9.3}", cpu.as_secs_f64(), wall.as_secs_f64()));
    }
}

/// User and system time of this process, all threads; in hundredths of a second, as Linux counts them.
fn cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

/// A line of `/proc/self/status`, in KiB.
fn memory(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("");
    line.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(0)
}
