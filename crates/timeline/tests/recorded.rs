//! Engines over recordings on disk say what they say over the same events in memory.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use pluto_recording::{About, Reader, Summary, Writer, WriterOptions};
use pluto_timeline::calls::{Keep, Limits};
use pluto_timeline::links::LinkLimits;
use pluto_timeline::script::Script;
use pluto_timeline::show::{Colour, Lines, TreeOptions, write_trees};
use pluto_timeline::source::{Purpose, calls, gaps, links, registry, show, stat};
use pluto_timeline::{Filter, FilterSpec, Names, Registry, Source, Syntax};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use tempfile::TempDir;

const EVENTS: &str = "
1 A call shop:place/2 [17,tea]
2 B register stock
3 B call stock:take/1 [tea]
4 A send B {#Ref<0.0.0.1>,take}
5 B deliver A {#Ref<0.0.0.1>,take}
6 B exception stock:take/1 {error,empty}
7 A return shop:place/2 ok
8 A call shop:place/2 [18,tea]
12 A gap since 9 overload exact 2
13 A call shop:place/2 [19,tea]
53 A return shop:place/2 ok
54 B exit normal
60 @1 gap since 55 backpressure at least 1
";

/// Writes the events to a recording with batches of two, so that there is something to skip. It goes with the directory.
fn recorded(script: &Script) -> (TempDir, PathBuf) {
    recorded_with(script, WriterOptions::default())
}

fn recorded_with(script: &Script, options: WriterOptions) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("recording");
    let options = WriterOptions { batch_rows: 2, ..options };
    let mut writer = Writer::create(&dir, options, About::default()).unwrap();
    *writer.tables_mut() = script.tables.clone();
    for event in script.events() {
        writer.push(&event).unwrap();
    }
    writer.finish(Summary::default()).unwrap();
    (parent, dir)
}

fn filters(script: &Script) -> Vec<Filter> {
    let spec = FilterSpec::default;
    let process = |name: &str| FilterSpec { processes: vec![name.to_owned()], ..spec() };
    let specs = [
        spec(),
        process("<0.100.0>"),
        process("stock"),
        FilterSpec { functions: vec!["shop:place".to_owned()], ..spec() },
        FilterSpec { kinds: vec![pluto_event::Kind::Call], ..spec() },
        FilterSpec { since: Some(4_000), until: Some(8_000), ..spec() },
        FilterSpec { since: Some(10_000), ..process("0.100.0@n1@host") },
        FilterSpec { keep: Keep { at_least: Some(20_000), failed: false }, ..spec() },
        FilterSpec { keep: Keep { at_least: None, failed: true }, ..spec() },
    ];
    let names = registry(script).unwrap();
    specs.iter().map(|spec| spec.resolve(&script.tables, &names).unwrap()).collect()
}

/// Everything that the engines have to say, as text.
fn everything<S: Source>(source: &S, filter: &Filter) -> String
where
    S::Error: std::fmt::Debug,
{
    let lines = Lines::new(Names::new(source.tables(), Syntax::Auto), Colour::Off);
    let mut out = Vec::new();
    let registry = registry(source).unwrap();
    let shown = show(source, &registry, filter, |position, event, related| {
        write!(out, "{position:?} ").unwrap();
        lines.write_related(&mut out, event, related).unwrap();
        ControlFlow::Continue(())
    });
    shown.unwrap();
    stat(source, filter).unwrap().write_text(&mut out, 100).unwrap();
    let (calls, _) = calls(source, filter, Limits::default(), filter.keep()).unwrap();
    for call in calls.all() {
        lines.write_call(&mut out, &calls, call).unwrap();
    }
    let links = links(source, filter, LinkLimits::default()).unwrap();
    format!(
        "{}{:?}\n{:?}",
        String::from_utf8(out).unwrap(),
        links.links,
        gaps(source, Purpose::Figures, filter).unwrap().records()
    )
}

#[test]
fn recordings_and_scripts_say_the_same() {
    let script = Script::parse(EVENTS).unwrap();
    let (_parent, dir) = recorded(&script);
    let reader = Reader::open(&dir).unwrap();
    for filter in filters(&script) {
        assert_eq!(everything(&reader, &filter), everything(&script, &filter), "{filter:?}");
    }
}

/// Where a batch of the first segment lies, as the index says: its offset and its length.
fn place_of(dir: &std::path::Path, batch: usize) -> (usize, usize) {
    let index = std::fs::read(dir.join("events-000000.index")).unwrap();
    let number = |at: usize| u64::from_le_bytes(index[at..at + 8].try_into().unwrap()) as usize;
    // After the magic bytes: the length and the checksum of each record, then where its batch begins, and its length.
    let mut at = 8;
    for _ in 0..batch {
        at += 8 + u32::from_le_bytes(index[at..at + 4].try_into().unwrap()) as usize;
    }
    (number(at + 8), number(at + 16))
}

/// Flips a bit in the middle of a batch.
fn with_a_flipped_bit(dir: &std::path::Path, batch: usize) -> Reader {
    let (offset, length) = place_of(dir, batch);
    let path = dir.join("events-000000.arrows");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[offset + length / 2] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    Reader::open(dir).unwrap()
}

/// A batch of which one bit differs is a gap where it stands, and no call is paired across it.
#[test]
fn damage_is_a_gap_in_every_engine() {
    let script = Script::parse(
        "
1 A call shop:place/2 [17,tea]
2 A call stock:take/1 [tea]
3 A return stock:take/1 ok
4 A call stock:take/1 [pie]
5 A return stock:take/1 ok
6 A return shop:place/2 ok
",
    )
    .unwrap();
    let (_parent, dir) = recorded(&script);
    let reader = with_a_flipped_bit(&dir, 1);
    let filter = Filter::default();
    let mut out = Vec::new();
    stat(&reader, &filter).unwrap().write_text(&mut out, 100).unwrap();
    let lines = Lines::new(Names::new(reader.tables(), Syntax::Auto), Colour::Off);
    let (calls, gaps) = calls(&reader, &filter, Limits::default(), Keep::default()).unwrap();
    write_trees(&mut out, &lines, &calls, &gaps, &filter, TreeOptions::default()).unwrap();
    expect_test::expect![[r#"
        function      calls  total  self  p50  p90  p99  max  errors  notes
        shop:place/2      1      -     -    -    -    -    -       0  1 cut by a gap, 1 end unmatched
        stock:take/1      1      -     -    -    -    -    -       0  1 cut by a gap, 1 end unmatched

        process    events  calls  busy  errors  sent  delivered  notes
        <0.100.0>       4      2     -       0     0          0

        gap         node  gaps  missing  since            until
        unreadable  all      1  exact 2  00:00:00.000003  00:00:00.000004
        <0.100.0>
        00:00:00.000001  shop:place(17, tea)  (cut by a gap)
        00:00:00.000002    ~ stock:take(tea)  (cut by a gap)
        00:00:00.000004  -- gap (unreadable): exactly 2 events of all nodes missing since 00:00:00.000003
        2 ends without a call
    "#]]
    .assert_eq(&String::from_utf8(out).unwrap());
}

/// A message is not matched over a damaged batch, and those on either side are.
#[test]
fn no_message_is_matched_across_damage() {
    let script = Script::parse(
        "
1 A send B one
2 B deliver A one
3 A send B two
4 A send B three
5 B deliver A two
6 B deliver A three
7 A send B four
8 B deliver A four
9 A send B {#Ref<0.0.0.1>,five}
10 B deliver A {#Ref<0.0.0.1>,five}
",
    )
    .unwrap();
    let (_parent, dir) = recorded(&script);
    let reader = with_a_flipped_bit(&dir, 2);
    let lines = Lines::new(Names::new(reader.tables(), Syntax::Auto), Colour::Off);
    let mut out = Vec::new();
    show(&reader, &Registry::new(), &Filter::default(), |_, event, related| {
        lines.write_related(&mut out, event, related).unwrap();
        ControlFlow::Continue(())
    })
    .unwrap();
    expect_test::expect![[r#"
        00:00:00.000001 <0.100.0> send to <0.101.0>: one  => ~00:00:00.000002
        00:00:00.000002 <0.101.0> delivered from <0.100.0>: one  <= ~00:00:00.000001
        00:00:00.000003 <0.100.0> send to <0.101.0>: two  => -
        00:00:00.000004 <0.100.0> send to <0.101.0>: three  => -
        00:00:00.000006 -- gap (unreadable): exactly 2 events of all nodes missing since 00:00:00.000005
        00:00:00.000007 <0.100.0> send to <0.101.0>: four  => ~00:00:00.000008
        00:00:00.000008 <0.101.0> delivered from <0.100.0>: four  <= ~00:00:00.000007
        00:00:00.000009 <0.100.0> send to <0.101.0>: {#Ref<0.0.0.1>,five}  => 00:00:00.000010
        00:00:00.000010 <0.101.0> delivered from <0.100.0>: {#Ref<0.0.0.1>,five}  <= 00:00:00.000009
    "#]]
    .assert_eq(&String::from_utf8(out).unwrap());
}

/// Where nothing tells the times of what is missing, and processes are out of step, no call is paired across it either.
#[test]
fn no_call_is_paired_across_damage_of_unknown_times() {
    let script = Script::parse(
        "
1 A call shop:place/2 [17,tea]
100 B call stock:take/1 [tea]
12 A return shop:place/2 ok
13 A call shop:place/2 [18,pie]
20 A return shop:place/2 ok
110 B return stock:take/1 ok
",
    )
    .unwrap();
    let whole = |_: &std::path::Path| {};
    let without_index = |dir: &std::path::Path| {
        let (offset, length) = place_of(dir, 1);
        let path = dir.join("events-000000.arrows");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[offset + length / 2..offset + length].fill(0xff);
        std::fs::write(&path, bytes).unwrap();
        std::fs::remove_file(dir.join("events-000000.index")).unwrap();
    };
    let cut = |dir: &std::path::Path| {
        let path = dir.join("events-000001.arrows");
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        std::fs::remove_file(dir.join("events-000001.index")).unwrap();
        std::fs::remove_file(dir.join("manifest.json")).unwrap();
    };
    let lost = |dir: &std::path::Path| {
        std::fs::remove_file(dir.join("events-000001.arrows")).unwrap();
        std::fs::remove_file(dir.join("manifest.json")).unwrap();
    };
    type Case<'a> = (&'a str, u64, &'a dyn Fn(&std::path::Path));
    let cases: [Case<'_>; 4] = [
        ("whole", 1 << 20, &whole),
        ("a batch of a segment without index", 1 << 20, &without_index),
        ("a segment that was cut", 1, &cut),
        ("a segment that nobody accounts for", 1, &lost),
    ];
    let mut out = Vec::new();
    for (name, segment_bytes, damage) in cases {
        let options = WriterOptions { segment_bytes, ..WriterOptions::default() };
        let (_parent, dir) = recorded_with(&script, options);
        damage(&dir);
        let reader = Reader::open(&dir).unwrap();
        let filter = Filter::default();
        writeln!(out, "{name}").unwrap();
        let lines = Lines::new(Names::new(reader.tables(), Syntax::Auto), Colour::Off);
        let (calls, gaps) = calls(&reader, &filter, Limits::default(), Keep::default()).unwrap();
        write_trees(&mut out, &lines, &calls, &gaps, &filter, TreeOptions::default()).unwrap();
    }
    expect_test::expect![[r#"
        whole
        <0.100.0>
        00:00:00.000001  shop:place(17, tea) -> ok  11.0us
        00:00:00.000013  shop:place(18, pie) -> ok  7.00us
        <0.101.0>
        00:00:00.000100  stock:take(tea) -> ok  10.0us
        a batch of a segment without index
        <0.100.0>
        00:00:00.000001  shop:place(17, tea)  (cut by a gap)
        00:00:00.000100  -- gap (unreadable): exactly 2 events of all nodes missing since 00:00:00.000020
        <0.101.0>
        00:00:00.000100  stock:take(tea)  (cut by a gap)
        2 ends without a call
        a segment that was cut
        <0.100.0>
        00:00:00.000001  shop:place(17, tea)  (cut by a gap)
        00:00:00.000100  -- gap (recording cut): an unknown number of events of all nodes missing since 00:00:00.000020
        00:00:00.000110  -- gap (recording cut): an unknown number of events of all nodes missing since 00:00:00.000110
        <0.101.0>
        00:00:00.000100  stock:take(tea)  (cut by a gap)
        2 ends without a call
        a segment that nobody accounts for
        <0.100.0>
        00:00:00.000001  shop:place(17, tea)  (cut by a gap)
        00:00:00.000100  -- gap (unreadable): an unknown number of events of all nodes missing since 00:00:00.000020
        00:00:00.000110  -- gap (recording cut): an unknown number of events of all nodes missing since 00:00:00.000110
        <0.101.0>
        00:00:00.000100  stock:take(tea)  (cut by a gap)
        2 ends without a call
    "#]].assert_eq(&String::from_utf8(out).unwrap());
}

/// Tables that cannot be read are told, and what they named is counted and shown by number.
#[test]
fn what_has_lost_its_name_is_shown_by_number() {
    let script = Script::parse(
        "
1 A call shop:place/2 [17,tea]
2 B call stock:take/1 [tea]
3 B return stock:take/1 ok
4 A return shop:place/2 ok
5 @2 gap since 4 overload exact 2
",
    )
    .unwrap();
    let mut out = Vec::new();
    for (file, keep) in [("processes.arrows", 0), ("functions.arrows", 0), ("processes.arrows", 300)] {
        let (_parent, dir) = recorded(&script);
        let mut bytes = std::fs::read(dir.join(file)).unwrap();
        bytes.truncate(bytes.len() * keep / 1000);
        match bytes.is_empty() {
            true => std::fs::remove_file(dir.join(file)).unwrap(),
            false => std::fs::write(dir.join(file), bytes).unwrap(),
        }
        let reader = Reader::open(&dir).unwrap();
        let filter = Filter::default();
        writeln!(out, "=== {file} {keep}").unwrap();
        stat(&reader, &filter).unwrap().write_text(&mut out, 100).unwrap();
        let lines = Lines::new(Names::new(reader.tables(), Syntax::Auto), Colour::Off);
        Source::damage(&reader).iter().for_each(|damage| lines.write_damage(&mut out, damage).unwrap());
        let shown = Source::scan(&reader, Purpose::Show, &filter, &mut |event| {
            lines.write_event(&mut out, event).unwrap();
            ControlFlow::Continue(())
        });
        shown.unwrap();
        let (calls, gaps) = calls(&reader, &filter, Limits::default(), Keep::default()).unwrap();
        write_trees(&mut out, &lines, &calls, &gaps, &filter, TreeOptions::default()).unwrap();
    }
    expect_test::expect![[r#"
        === processes.arrows 0
        function      calls   total    self     p50     p90     p99     max  errors  notes
        stock:take/1      1  1.00us  1.00us  1.00us  1.00us  1.00us  1.00us       0
        shop:place/2      1       -       -       -       -       -       -       0  1 cut by a gap, 1 end unmatched

        process             events  calls    busy  errors  sent  delivered  notes
        unknown process #1       2      1  1.00us       0     0          0
        unknown process #0       2      1       -       0     0          0

        damaged: processes.arrows at byte 0: the file is missing
        2 processes and functions without a name
        gap       node     gaps  missing  since            until
        overload  n2@host     1  exact 2  00:00:00.000004  00:00:00.000005
        -- damaged: processes.arrows at byte 0: the file is missing
        00:00:00.000001 unknown process #0 shop:place(17, tea)
        00:00:00.000002 unknown process #1 stock:take(tea)
        00:00:00.000003 unknown process #1 stock:take/1 -> ok
        00:00:00.000004 unknown process #0 shop:place/2 -> ok
        00:00:00.000005 -- gap (overload): exactly 2 events of n2@host missing since 00:00:00.000004
        unknown process #0
        00:00:00.000001  shop:place(17, tea)  (cut by a gap)
        00:00:00.000005  -- gap (overload): exactly 2 events of n2@host missing since 00:00:00.000004
        unknown process #1
        00:00:00.000002  stock:take(tea) -> ok  1.00us
        1 end without a call
        === functions.arrows 0
        function             calls   total    self     p50     p90     p99     max  errors  notes
        unknown function #0      1  3.00us  3.00us  3.00us  3.00us  3.00us  3.00us       0
        unknown function #1      1  1.00us  1.00us  1.00us  1.00us  1.00us  1.00us       0

        process    events  calls    busy  errors  sent  delivered  notes
        <0.100.0>       2      1  3.00us       0     0          0
        <0.101.0>       2      1  1.00us       0     0          0

        damaged: functions.arrows at byte 0: the file is missing
        2 processes and functions without a name
        gap       node     gaps  missing  since            until
        overload  n2@host     1  exact 2  00:00:00.000004  00:00:00.000005
        -- damaged: functions.arrows at byte 0: the file is missing
        00:00:00.000001 <0.100.0> unknown function #0(17, tea)
        00:00:00.000002 <0.101.0> unknown function #1(tea)
        00:00:00.000003 <0.101.0> unknown function #1 -> ok
        00:00:00.000004 <0.100.0> unknown function #0 -> ok
        00:00:00.000005 -- gap (overload): exactly 2 events of n2@host missing since 00:00:00.000004
        <0.100.0>
        00:00:00.000001  unknown function #0(17, tea) -> ok  3.00us
        <0.101.0>
        00:00:00.000002  unknown function #1(tea) -> ok  1.00us
        === processes.arrows 300
        function      calls   total    self     p50     p90     p99     max  errors  notes
        stock:take/1      1  1.00us  1.00us  1.00us  1.00us  1.00us  1.00us       0
        shop:place/2      1       -       -       -       -       -       -       0  1 cut by a gap, 1 end unmatched

        process             events  calls    busy  errors  sent  delivered  notes
        unknown process #1       2      1  1.00us       0     0          0
        unknown process #0       2      1       -       0     0          0

        damaged: processes.arrows at byte 0: it ends in the middle of a batch
        2 processes and functions without a name
        gap       node     gaps  missing  since            until
        overload  n2@host     1  exact 2  00:00:00.000004  00:00:00.000005
        -- damaged: processes.arrows at byte 0: it ends in the middle of a batch
        00:00:00.000001 unknown process #0 shop:place(17, tea)
        00:00:00.000002 unknown process #1 stock:take(tea)
        00:00:00.000003 unknown process #1 stock:take/1 -> ok
        00:00:00.000004 unknown process #0 shop:place/2 -> ok
        00:00:00.000005 -- gap (overload): exactly 2 events of n2@host missing since 00:00:00.000004
        unknown process #0
        00:00:00.000001  shop:place(17, tea)  (cut by a gap)
        00:00:00.000005  -- gap (overload): exactly 2 events of n2@host missing since 00:00:00.000004
        unknown process #1
        00:00:00.000002  stock:take(tea) -> ok  1.00us
        1 end without a call
    "#]].assert_eq(&String::from_utf8(out).unwrap());
}

/// A table whose last batch was cut off whole has lost rows that its index knows of.
#[test]
fn a_table_that_ends_early_is_damaged() {
    let script = Script::parse("1 A call shop:place/2 [17,tea]").unwrap();
    let (_parent, dir) = recorded(&script);
    let path = dir.join("functions.arrows");
    let bytes = std::fs::read(&path).unwrap();
    let marker = [0xff, 0xff, 0xff, 0xff];
    // The schema begins the file, and messages are aligned.
    let last = (8..bytes.len()).step_by(8).find(|&at| bytes[at..at + 4] == marker);
    std::fs::write(&path, &bytes[..last.unwrap()]).unwrap();
    let damage: Vec<String> =
        Source::damage(&Reader::open(&dir).unwrap()).iter().map(ToString::to_string).collect();
    assert_eq!(
        damage,
        [format!("damaged: functions.arrows at byte {}: it ends in the middle of a batch", last.unwrap())]
    );
}

/// A gap that concerns several processes is shown once, and counts towards the limit.
#[test]
fn a_limit_on_trees_holds_for_gaps_too() {
    let script = Script::parse(
        "
1 A call shop:place/2 [17,tea]
2 B call stock:take/1 [tea]
3 * gap since 3 overload exact 1
4 * gap since 4 overload exact 1
5 B gap since 5 overload exact 1
6 A call shop:place/2 [17,tea]
7 B call stock:take/1 [pie]
8 A return shop:place/2 ok
9 B return stock:take/1 ok
",
    )
    .unwrap();
    let lines = Lines::new(Names::new(&script.tables, Syntax::Auto), Colour::Off);
    let filter = Filter::default();
    let (calls, gaps) = calls(&script, &filter, Limits::default(), Keep::default()).unwrap();
    let mut out = Vec::new();
    for limit in [100, 2, 1] {
        writeln!(out, "=== {limit}").unwrap();
        let options = TreeOptions { calls: limit, ..TreeOptions::default() };
        write_trees(&mut out, &lines, &calls, &gaps, &filter, options).unwrap();
    }
    expect_test::expect![[r#"
        === 100
        <0.100.0>
        00:00:00.000001  shop:place(17, tea)  (cut by a gap)
        00:00:00.000003  -- gap (overload): exactly 1 event of all nodes missing since 00:00:00.000003
        00:00:00.000004  -- gap (overload): exactly 1 event of all nodes missing since 00:00:00.000004
        00:00:00.000006  shop:place(17, tea) -> ok  2.00us
        <0.101.0>
        00:00:00.000002  stock:take(tea)  (cut by a gap)
        00:00:00.000005  -- gap (overload): exactly 1 event of <0.101.0> missing since 00:00:00.000005
        00:00:00.000007  stock:take(pie) -> ok  2.00us
        === 2
        <0.100.0>
        00:00:00.000001  shop:place(17, tea)  (cut by a gap)
        00:00:00.000003  -- gap (overload): exactly 1 event of all nodes missing since 00:00:00.000003
        … 3 more calls
        … 2 more gaps
        === 1
        <0.100.0>
        00:00:00.000001  shop:place(17, tea)  (cut by a gap)
        … 3 more calls
        … 3 more gaps
    "#]]
    .assert_eq(&String::from_utf8(out).unwrap());
}

#[test]
fn slow_and_failed_calls() {
    let script = Script::parse(EVENTS).unwrap();
    let lines = Lines::new(Names::new(&script.tables, Syntax::Auto), Colour::Off);
    let mut out = Vec::new();
    for keep in [Keep { at_least: Some(20_000), failed: false }, Keep { at_least: None, failed: true }] {
        let (calls, _) = calls(&script, &Filter::default(), Limits::default(), keep).unwrap();
        for call in calls.all() {
            lines.write_call(&mut out, &calls, call).unwrap();
        }
    }
    expect_test::expect![[r"
        00:00:00.000013 <0.100.0> shop:place(19, tea) -> ok  40.0us
        00:00:00.000003 <0.101.0> stock:take(tea) raised {error,empty}  3.00us
    "]]
    .assert_eq(&String::from_utf8(out).unwrap());
}

#[test]
fn what_nothing_answers_to() {
    let script = Script::parse(EVENTS).unwrap();
    let errors = [
        FilterSpec { processes: vec!["<0.7.0>".to_owned()], ..FilterSpec::default() },
        FilterSpec { functions: vec!["shop:plaice/2".to_owned()], ..FilterSpec::default() },
        FilterSpec { functions: vec!["shop:place/3".to_owned()], ..FilterSpec::default() },
    ]
    .map(|spec| spec.resolve(&script.tables, &Registry::new()).unwrap_err().to_string());
    expect_test::expect![[r"
        no process `<0.7.0>` in this recording
        no function `shop:plaice/2` in this recording
        no function `shop:place/3` in this recording"]]
    .assert_eq(&errors.join("\n"));
}
