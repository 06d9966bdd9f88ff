//! Events in the order of their times are the sorted events.

use super::given;
use pluto_recording::{About, Filter, Reader, Summary, Writer, WriterOptions};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn is_a_stable_sort(events in prop::collection::vec(given::event(), 0..400), batch_rows in 1_usize..60) {
        let dir = tempfile::tempdir().unwrap();
        let options = WriterOptions { batch_rows, segment_bytes: 20_000, sync: false, ..WriterOptions::default() };
        let mut writer = Writer::create(dir.path(), options, About::default()).unwrap();
        let mut expected: Vec<_> = events.iter().map(given::Owned::event).collect();
        expected.iter().for_each(|event| writer.push(event).unwrap());
        writer.finish(Summary::default()).unwrap();
        expected.sort_by_key(|event| event.time);
        let expected: Vec<_> = expected.iter().map(|event| format!("{event:?}")).collect();
        let reader = Reader::open(dir.path()).unwrap();
        let mut found = Vec::new();
        reader.scan(&Filter::default()).by_time().for_each(|event| found.push(format!("{event:?}"))).unwrap();
        prop_assert_eq!(found, expected);
    }
}
