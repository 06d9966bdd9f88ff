//! Ring mode keeps the last stretch of time and what was pinned, and says what is gone.

use expect_test::{Expect, expect};
use pluto_event::{Event, FunctionId, ProcessId, What};
use pluto_recording::{About, Filter, Reader, Summary, Writer, WriterOptions};
use std::fs;

/// Writes one event in each millisecond of `count`, in batches of 10, keeping 100 ms; `at` is called before each.
fn check(count: i64, mut at: impl FnMut(&mut Writer, i64), expected: &Expect) {
    let dir = tempfile::tempdir().unwrap();
    let options = WriterOptions {
        batch_rows: 10,
        keep_nanos: Some(100_000_000),
        sync: false,
        ..WriterOptions::default()
    };
    let mut writer = Writer::create(dir.path(), options, About::default()).unwrap();
    for milli in 0..count {
        at(&mut writer, milli);
        let what = What::ReturnTo { function: FunctionId(0) };
        writer.push(&Event { time: milli * 1_000_000, process: ProcessId(7), what }).unwrap();
    }
    writer.finish(Summary::default()).unwrap();
    let reader = Reader::open(dir.path()).unwrap();
    let mut found = String::new();
    let mut run: Option<(i64, i64)> = None;
    let events = |run: Option<(i64, i64)>| {
        run.map_or_else(String::new, |(first, last)| format!("events of {first}..={last} ms\n"))
    };
    reader
        .scan(&Filter::default())
        .for_each(|event| {
            let milli = event.time / 1_000_000;
            match event.what {
                What::Gap { cause, missing, since, .. } => {
                    found += &events(run.take());
                    found += &format!("{}, {missing}: {}..={milli} ms\n", cause.name(), since / 1_000_000);
                }
                _ => run = Some((run.map_or(milli, |(first, _)| first), milli)),
            }
        })
        .unwrap();
    found += &events(run);
    expected.assert_eq(&found);
    assert_eq!(reader.damage(), &[]);
    assert_eq!(reader.events(), reader.manifest().totals.events);
    let segments = fs::read_dir(dir.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".arrows"));
    assert_eq!(segments.count(), reader.manifest().segments.len() + 4, "removed segments are removed");
}

#[test]
fn less_than_the_time_to_keep() {
    check(
        90,
        |_, _| {},
        &expect![[r#"
        events of 0..=89 ms
    "#]],
    );
}

#[test]
fn the_last_stretch() {
    check(
        1_000,
        |_, _| {},
        &expect![[r#"
        ring expired, exact 880: 0..=879 ms
        events of 880..=999 ms
    "#]],
    );
}

#[test]
fn pinned_stretches_stay() {
    let pin = |writer: &mut Writer, milli: i64| {
        if milli == 300 || milli == 600 {
            writer.pin((milli - 50) * 1_000_000..=(milli + 30) * 1_000_000);
        }
    };
    check(
        1_000,
        pin,
        &expect![[r#"
        ring expired, exact 240: 0..=239 ms
        events of 240..=339 ms
        ring expired, exact 200: 340..=539 ms
        events of 540..=639 ms
        ring expired, exact 240: 640..=879 ms
        events of 880..=999 ms
    "#]],
    );
}

#[test]
fn frozen_keeps_all_until_thawed() {
    let freeze = |writer: &mut Writer, milli: i64| {
        if milli == 300 {
            writer.freeze();
        }
    };
    check(
        1_000,
        freeze,
        &expect![[r#"
        ring expired, exact 180: 0..=179 ms
        events of 180..=999 ms
    "#]],
    );
    let thaw = |writer: &mut Writer, milli: i64| match milli {
        300 => writer.freeze(),
        800 => writer.thaw(),
        _ => {}
    };
    check(
        1_000,
        thaw,
        &expect![[r#"
        ring expired, exact 880: 0..=879 ms
        events of 880..=999 ms
    "#]],
    );
}
