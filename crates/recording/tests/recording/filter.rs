//! A filter gives what passes when every event is looked at, whatever the index skips.

use super::given;
use pluto_event::{Event, FunctionId, Kind, ProcessId, What};
use pluto_recording::{About, Columns, Filter, Kinds, Reader, Summary, Writer, WriterOptions};
use proptest::prelude::*;

fn passes(filter: &Filter, event: &Event<'_>) -> bool {
    let from = filter.from.unwrap_or(i64::MIN);
    let to = filter.to.unwrap_or(i64::MAX);
    let process = filter.processes.as_ref().is_none_or(|ids| ids.contains(&event.process));
    match event.what {
        What::Gap { since, .. } => {
            since.min(event.time) <= to && event.time >= from && (event.process.is_none() || process)
        }
        what => {
            (from..=to).contains(&event.time)
                && process
                && filter.kinds.has(what.kind())
                && filter.functions.as_ref().is_none_or(|ids| ids.contains(&what.function()))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_looking_at_every_event(
        events in prop::collection::vec(given::event(), 0..300),
        batch_rows in 1_usize..60,
        from in prop::option::of(0_i64..1_000_000),
        to in prop::option::of(0_i64..1_000_000),
        processes in prop::option::of(prop::collection::vec(0_u32..100, 0..40)),
        functions in prop::option::of(prop::collection::vec(0_u32..2_000, 0..400)),
        kinds in prop::option::of(prop::collection::vec(prop::sample::select(Kind::ALL.to_vec()), 0..8)),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let options = WriterOptions { batch_rows, sync: false, ..WriterOptions::default() };
        let mut writer = Writer::create(dir.path(), options, About::default()).unwrap();
        events.iter().for_each(|event| writer.push(&event.event()).unwrap());
        writer.finish(Summary::default()).unwrap();
        let filter = Filter {
            from,
            to,
            processes: processes.map(|ids| ids.into_iter().map(ProcessId).collect()),
            functions: functions.map(|ids| ids.into_iter().map(FunctionId).collect()),
            kinds: kinds.map_or(Kinds::ALL, |kinds| Kinds::of(&kinds)),
            columns: Columns::ALL,
        };
        let expected: Vec<_> = events
            .iter()
            .filter(|event| passes(&filter, &event.event()))
            .map(|event| format!("{:?}", event.event()))
            .collect();
        let reader = Reader::open(dir.path()).unwrap();
        prop_assert_eq!(given::scan(&reader, &filter), expected);

        let numbered: Vec<_> = (0_u64..)
            .zip(&events)
            .filter(|(_, event)| passes(&filter, &event.event()))
            .map(|(at, event)| (at, format!("{:?}", event.event())))
            .collect();
        let from = events.len() as u64 / 2;
        let whole_batches = from / batch_rows as u64 * batch_rows as u64;
        prop_assert_eq!(&given::numbered(reader.scan(&filter)), &numbered);
        prop_assert_eq!(
            given::numbered(reader.scan(&filter).from_position(from)),
            numbered.into_iter().filter(|&(at, _)| at >= whole_batches).collect::<Vec<_>>()
        );
        prop_assert_eq!(
            reader.latest_before(from),
            events.get(..whole_batches as usize).unwrap().iter().map(|event| event.event().time).max()
        );
    }
}

#[test]
fn the_index_skips_batches() {
    let dir = tempfile::tempdir().unwrap();
    let options = WriterOptions { batch_rows: 100, ..WriterOptions::default() };
    let mut writer = Writer::create(dir.path(), options, About::default()).unwrap();
    for number in 0..10_000_u32 {
        let what = What::ReturnTo { function: FunctionId(number / 1_000) };
        let process = ProcessId(number / 300 * 1_000);
        writer.push(&Event { time: i64::from(number), process, what }).unwrap();
    }
    writer.finish(Summary::default()).unwrap();
    let reader = Reader::open(dir.path()).unwrap();
    let all = Filter::default();
    let batches = |filter: Filter| reader.scan(&filter).batches();
    assert_eq!(batches(all.clone()), 100);
    assert_eq!(batches(Filter { from: Some(250), to: Some(449), ..all.clone() }), 3);
    assert_eq!(batches(Filter { processes: Some(vec![ProcessId(2_000)]), ..all.clone() }), 3);
    assert_eq!(batches(Filter { functions: Some(vec![FunctionId(2)]), ..all.clone() }), 10);
    assert_eq!(batches(Filter { kinds: Kinds::of(&[Kind::Call]), ..all }), 0);
}
