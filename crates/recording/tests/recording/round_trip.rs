//! What was written is what is read, whatever the events and the sizes of batches and segments.

use super::given::{self, Owned};
use pluto_recording::{About, Filter, Reader, Summary, Writer, WriterOptions};
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn write(dir: &Path, events: &[Owned], options: WriterOptions) -> (String, Vec<String>) {
    let mut writer = Writer::create(dir, options, About::default()).unwrap();
    let mut expected = Vec::new();
    for (number, owned) in events.iter().enumerate() {
        given::fill(writer.tables_mut(), 0..number as u32 % 50);
        writer.push(&owned.event()).unwrap();
        expected.push(format!("{:?}", owned.event()));
    }
    let tables = given::tables(writer.tables());
    writer.finish(Summary::default()).unwrap();
    (tables, expected)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn events_and_tables_come_back(
        events in prop::collection::vec(given::event(), 0..300),
        batch_rows in 1_usize..200,
        segment_bytes in prop::sample::select(vec![1_u64, 10_000, 1 << 30]),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let options = WriterOptions { batch_rows, segment_bytes, sync: false, ..WriterOptions::default() };
        let (tables, expected) = write(dir.path(), &events, options);
        let reader = Reader::open(dir.path()).unwrap();
        prop_assert_eq!(reader.damage(), &[]);
        prop_assert_eq!(given::tables(reader.tables()), tables);
        prop_assert_eq!(given::scan(&reader, &Filter::default()), &*expected);
        let mut ahead = Vec::new();
        reader.scan(&Filter::default()).for_each_ahead(|event| ahead.push(format!("{event:?}"))).unwrap();
        prop_assert_eq!(&ahead, &expected);
        let mut split = Vec::new();
        for part in reader.scan(&Filter::default()).split(3) {
            part.for_each(|event| split.push(format!("{event:?}"))).unwrap();
        }
        prop_assert_eq!(&split, &expected);
    }

    #[test]
    fn an_index_is_made_again(events in prop::collection::vec(given::event(), 1..300), batch_rows in 1_usize..100, kept in 0_usize..2_000) {
        let dir = tempfile::tempdir().unwrap();
        let options = WriterOptions { batch_rows, sync: false, ..WriterOptions::default() };
        let (_, expected) = write(dir.path(), &events, options);
        let before = format!("{:?}", Reader::open(dir.path()).unwrap());
        let index = dir.path().join("events-000000.index");
        let bytes = fs::read(&index).unwrap();
        fs::write(&index, &bytes[..kept.min(bytes.len())]).unwrap();
        let reader = Reader::open(dir.path()).unwrap();
        prop_assert_eq!(format!("{:?}", reader), before);
        prop_assert_eq!(given::scan(&reader, &Filter::default()), expected);
    }
}

#[test]
fn only_the_owner_may_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("recording");
    let writer = Writer::create(&path, WriterOptions::default(), About::default()).unwrap();
    writer.finish(Summary::default()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&path), 0o700);
    for entry in fs::read_dir(&path).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}
