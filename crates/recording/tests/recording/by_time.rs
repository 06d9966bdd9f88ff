//! Events in the order of their times are the sorted events.

use super::given;
use pluto_recording::{About, Filter, Reader, Summary, Writer, WriterOptions};
use proptest::prelude::*;
use std::ops::ControlFlow;

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn is_a_stable_sort(events in prop::collection::vec(given::event(), 0..400), batch_rows in 1_usize..60) {
        let dir = tempfile::tempdir().unwrap();
        let options = WriterOptions { batch_rows, segment_bytes: 20_000, sync: false, ..WriterOptions::default() };
        let mut writer = Writer::create(dir.path(), options, About::default()).unwrap();
        let expected: Vec<_> = events.iter().map(given::Owned::event).collect();
        expected.iter().for_each(|event| writer.push(event).unwrap());
        writer.finish(Summary::default()).unwrap();
        let mut expected: Vec<_> = (0_u64..).zip(expected).collect();
        expected.sort_by_key(|(_, event)| event.time);
        let expected: Vec<_> = expected.iter().map(|(at, event)| format!("{:?} {event:?}", Some(at))).collect();
        let reader = Reader::open(dir.path()).unwrap();
        let mut found = Vec::new();
        let by_time = reader.scan(&Filter::default()).by_time();
        by_time
            .for_each_while(|at, event| {
                found.push(format!("{at:?} {event:?}"));
                ControlFlow::Continue(())
            })
            .unwrap();
        prop_assert_eq!(found, expected);
    }
}
