//! A writer that is killed, and one whose disk is full, in processes of their own.

use super::given;
use pluto_event::{Event, Kind, What};
use pluto_recording::{About, Filter, Reader, RecordingError, Summary, Writer, WriterOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const DIR: &str = "PLUTO_TEST_RECORDING";
const SEGMENT_BYTES: &str = "PLUTO_TEST_SEGMENT_BYTES";
const EVENTS_MAX: u32 = 20_000_000;

/// The writer; runs only as the child process of the other tests. Says after each flush how many events were flushed,
/// and when a write fails, how many were pushed.
#[test]
fn the_writer() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let options = WriterOptions {
        batch_rows: 500,
        segment_bytes: std::env::var(SEGMENT_BYTES).unwrap().parse().unwrap(),
        compression_level: 1,
        sync: false,
        ..WriterOptions::default()
    };
    let mut writer = Writer::create(Path::new(&dir), options, About::default()).unwrap();
    let mut said = std::io::stdout().lock();
    for number in 0..EVENTS_MAX {
        if number < 3_000 {
            given::fill(writer.tables_mut(), number..number + 1);
        }
        let payload = payload(number);
        let mut result = writer.push(&event(number, &payload));
        // Flushes of all sizes, also many of one event.
        if result.is_ok() && number % 1_000 > 950 || number % 137 == 0 {
            result = writer.flush();
            if result.is_ok() {
                writeln!(said, "\nflushed {}", number + 1).unwrap();
            }
        }
        if let Err(error) = result {
            assert!(matches!(error, RecordingError::DiskFull { .. }), "{error:?}");
            assert!(matches!(writer.push(&event(0, &[])), Err(RecordingError::WriterFailed)));
            writer.finish(Summary::default()).unwrap();
            writeln!(said, "\nfull {}", number + 1).unwrap();
            return;
        }
    }
}

fn payload(number: u32) -> Vec<u8> {
    (0..number % 20).flat_map(|byte| (number ^ byte).wrapping_mul(0x9e37_79b9).to_le_bytes()).collect()
}

fn event(number: u32, payload: &[u8]) -> Event<'_> {
    given::call(i64::from(number) * 1_000, number % 997, payload)
}

/// Starts the writer, with `limit` 512-byte blocks for each file where it is given.
fn start(dir: &Path, limit: Option<u32>) -> Child {
    let script = match limit {
        Some(blocks) => format!(r#"trap "" XFSZ; ulimit -f {blocks}; exec "$0" "$@""#),
        None => r#"exec "$0" "$@""#.to_owned(),
    };
    Command::new("sh")
        .arg("-c")
        .arg(script)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "recording::crash::the_writer", "--nocapture"])
        .env(DIR, dir)
        .env(SEGMENT_BYTES, if limit.is_some() { "1000000000" } else { "300000" })
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The number that a line says after `word`.
fn said(line: &str, word: &str) -> Option<u32> {
    line.strip_prefix(word)?.trim().parse().ok()
}

/// The number of events, which are the first ones that were pushed and no others; and the gaps after them.
fn read(dir: &Path) -> (u32, Vec<String>) {
    let reader = Reader::open(dir).unwrap();
    let mut count = 0;
    let mut gaps = Vec::new();
    reader
        .scan(&Filter::default())
        .for_each(|found| {
            if let What::Gap { cause, missing, .. } = found.what {
                gaps.push(format!("{}, {missing}", cause.name()));
                return;
            }
            assert!(gaps.is_empty(), "a gap in the middle");
            assert_eq!(*found, event(count, &payload(count)));
            let process = reader.tables().process(found.process).unwrap();
            assert_eq!(found.what.kind(), Kind::Call);
            if let pluto_event::Identity::Name { name } = process.identity {
                reader.tables().atom(name).unwrap();
            }
            let function = reader.tables().function(found.what.function()).unwrap();
            reader.tables().atom(function.module).unwrap();
            count += 1;
        })
        .unwrap();
    (count, gaps)
}

#[test]
fn everything_flushed_survives_a_kill() {
    for round in 0..24_usize {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("recording");
        let mut child = start(&path, None);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut flushed = 0;
        let mut seen = 0;
        let kill_after = 1 + round * round * 7;
        while let Some(Ok(line)) = lines.next() {
            if let Some(number) = said(&line, "flushed ") {
                flushed = number;
                seen += 1;
                // The writer goes on while this is decided: the moment is anywhere in its work.
                if seen == kill_after {
                    child.kill().unwrap();
                }
            }
        }
        child.wait().unwrap();
        assert!(seen >= kill_after);
        let (count, gaps) = read(&path);
        assert!(count >= flushed, "{count} of {flushed} flushed events are there");
        assert!(gaps.iter().all(|gap| gap == "recording cut, unknown") && !gaps.is_empty(), "{gaps:?}");
    }
}

#[test]
fn what_has_no_room_to_begin_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("recording");
    assert!(!start(&path, Some(100)).wait().unwrap().success());
    assert!(!path.exists());
}

#[test]
fn everything_flushed_survives_a_full_disk() {
    for blocks in [600, 777, 1_500, 4_321] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("recording");
        let mut child = start(&path, Some(blocks));
        let (mut flushed, mut pushed) = (0, None);
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            flushed = said(&line, "flushed ").unwrap_or(flushed);
            pushed = said(&line, "full ").or(pushed);
        }
        assert!(child.wait().unwrap().success());
        let (count, gaps) = read(&path);
        assert!(count >= flushed, "{count} of {flushed} flushed events are there");
        let lost = pushed.unwrap() - count;
        assert_eq!(gaps, [format!("recording cut, exact {lost}")]);
    }
}
