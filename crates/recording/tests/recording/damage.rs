//! Whatever happens to the bytes, a recording is read without a panic, and what is missing is counted.

use super::given;
use pluto_event::{GapCause, Missing, What};
use pluto_recording::{About, Filter, Reader, RecordingError, Summary, Writer, WriterOptions};
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

/// A recording of `count` events without gaps, in batches of 10.
fn written(count: u32, finish: bool) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let options =
        WriterOptions { batch_rows: 10, segment_bytes: 30_000, sync: false, ..WriterOptions::default() };
    let mut writer = Writer::create(dir.path(), options, About::default()).unwrap();
    for number in 0..count {
        given::fill(writer.tables_mut(), number..number + 1);
        writer.push(&given::call(i64::from(number), number % 40, &number.to_be_bytes())).unwrap();
    }
    writer.flush().unwrap();
    if finish {
        writer.finish(Summary::default()).unwrap();
    }
    dir
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Reads everything there is. Gives how many events came, how many gaps say they miss, and whether a gap does not
/// know the number.
fn read(dir: &Path) -> Result<(u64, u64, bool), RecordingError> {
    let reader = Reader::open(dir)?;
    let (mut events, mut missing, mut unknown) = (0, 0, false);
    let mut count = |event: &pluto_event::Event<'_>| match event.what {
        What::Gap { missing: Missing::Exactly(number) | Missing::AtLeast(number), .. } => missing += number,
        What::Gap { .. } => unknown = true,
        _ => events += 1,
    };
    reader.scan(&Filter::default()).for_each(&mut count)?;
    let mut by_time = 0;
    reader.scan(&Filter::default()).by_time().for_each(|_| by_time += 1)?;
    let mut ahead = 0;
    reader.scan(&Filter::default()).for_each_ahead(|_| ahead += 1)?;
    assert_eq!(by_time, ahead);
    // Whoever asks for the gaps alone hears of the same ones.
    let mut alone = (0, false);
    reader.scan_gaps(&Filter::default()).for_each(|event| match event.what {
        What::Gap { missing: Missing::Exactly(number) | Missing::AtLeast(number), .. } => alone.0 += number,
        What::Gap { .. } => alone.1 = true,
        _ => panic!("{event:?} is no gap"),
    })?;
    assert_eq!(alone, (missing, unknown));
    Ok((events, missing, unknown))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn changed_bytes_are_counted(
        file in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        without_index in any::<bool>(),
    ) {
        let dir = written(120, true);
        if without_index {
            for path in files(dir.path()).iter().filter(|path| path.extension().unwrap() == "index") {
                fs::remove_file(path).unwrap();
            }
        }
        let path = file.get(&files(dir.path())).clone();
        let mut bytes = fs::read(&path).unwrap();
        for (at, change) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *change;
        }
        fs::write(&path, bytes).unwrap();
        match read(dir.path()) {
            Ok((events, missing, _)) if !without_index => prop_assert_eq!(events + missing, 120),
            Ok(_) => {}
            // Another format or version, which is refused.
            Err(_) => prop_assert!(path.ends_with("manifest.json")),
        }
    }

    #[test]
    fn what_was_cut_off_is_counted(file in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), finish in any::<bool>()) {
        let dir = written(120, finish);
        let path = file.get(&files(dir.path())).clone();
        let bytes = fs::read(&path).unwrap();
        let kept = &bytes[..at.index(bytes.len())];
        fs::write(&path, kept).unwrap();
        let (events, missing, unknown) = read(dir.path()).unwrap();
        prop_assert_eq!(events + missing, 120);
        // Without a manifest it is not known that the recording was finished; without its last newline it is whole.
        let lost = path.ends_with("manifest.json") && kept.trim_ascii_end() != bytes.trim_ascii_end();
        prop_assert_eq!(unknown, !finish || lost);
    }

    #[test]
    fn any_bytes_are_no_panic(segment in prop::collection::vec(any::<u8>(), 0..500), index in prop::collection::vec(any::<u8>(), 0..200)) {
        let dir = written(20, true);
        fs::write(dir.path().join("events-000000.arrows"), &segment).unwrap();
        fs::write(dir.path().join("atoms.arrows"), &segment).unwrap();
        let index = [b"PLUTOIX1".as_slice(), &index].concat();
        fs::write(dir.path().join("events-000000.index"), index).unwrap();
        prop_assert_eq!(read(dir.path()).unwrap(), (0, 20, false));
    }
}

#[test]
fn a_missing_segment_is_counted() {
    let dir = written(2_000, true);
    let reader = Reader::open(dir.path()).unwrap();
    let second = reader.manifest().segments[1];
    fs::remove_file(dir.path().join("events-000001.arrows")).unwrap();
    assert_eq!(read(dir.path()).unwrap(), (2_000 - second.events, second.events, false));
}

/// Without its index, how many rows a damaged batch had is known from the segment's number of them.
#[test]
fn a_damaged_batch_without_index_is_counted_once() {
    let whole = written(120, true);
    let length = fs::read(whole.path().join("events-000000.arrows")).unwrap().len();
    let (mut one, mut several) = (0, 0);
    for at in (2_000..length - 600).step_by(400) {
        for second in [None, Some((at + length) / 2)] {
            let dir = written(120, true);
            let path = dir.path().join("events-000000.arrows");
            fs::remove_file(dir.path().join("events-000000.index")).unwrap();
            let mut bytes = fs::read(&path).unwrap();
            for at in [Some(at), second].into_iter().flatten() {
                bytes[at..at + 20].fill(0x5a);
            }
            fs::write(&path, bytes).unwrap();
            let mut gaps = Vec::new();
            let reader = Reader::open(dir.path()).unwrap();
            let gap = |event: &pluto_event::Event<'_>| match event.what {
                What::Gap { missing, .. } => gaps.push(missing),
                _ => panic!("{event:?} is no gap"),
            };
            reader.scan_gaps(&Filter::default()).for_each(gap).unwrap();
            match reader.damage().len() {
                0 => {}
                1 => one += 1,
                _ => several += 1,
            }
            if !reader.damage().is_empty() {
                assert!(matches!(gaps.as_slice(), [Missing::Exactly(10..)]), "{gaps:?} at {at}");
            }
        }
    }
    assert!(one > 0 && several > 0, "{one} and {several}");
}

#[test]
fn segments_without_a_manifest_are_read() {
    for text in [None, Some(""), Some("{\"format\": \"pluto-rec")] {
        let dir = written(2_000, true);
        let path = dir.path().join("manifest.json");
        match text {
            None => fs::remove_file(&path).unwrap(),
            Some(text) => fs::write(&path, text).unwrap(),
        }
        assert_eq!(read(dir.path()).unwrap(), (2_000, 0, true), "{text:?}");
        let reader = Reader::open(dir.path()).unwrap();
        let damage: Vec<_> = reader.damage().iter().map(|damaged| damaged.file.as_str()).collect();
        assert_eq!(damage, ["manifest.json"]);
        // A segment in the middle that nobody accounts for is a gap of its own.
        fs::remove_file(dir.path().join("events-000000.arrows")).unwrap();
        let (mut gaps, reader) = (Vec::new(), Reader::open(dir.path()).unwrap());
        reader.scan_gaps(&Filter::default()).for_each(|event| gaps.push(event.time)).unwrap();
        assert_eq!(gaps.len(), 2, "{gaps:?}");
    }
}

#[test]
fn an_unfinished_recording_says_so() {
    let dir = written(25, false);
    let reader = Reader::open(dir.path()).unwrap();
    assert!(!reader.is_finished());
    let mut last = None;
    let mut events = 0;
    reader
        .scan(&Filter::default())
        .for_each(|event| {
            events += 1;
            last = Some((
                event.time,
                event.what.kind(),
                matches!(
                    event.what,
                    What::Gap { cause: GapCause::RecordingCut, missing: Missing::Unknown, .. }
                ),
            ));
        })
        .unwrap();
    assert_eq!(events, 26);
    assert_eq!(last, Some((24, pluto_event::Kind::Gap, true)));
}

/// The writer was killed after it had made the file of a segment, and before the file had its schema.
#[test]
fn a_segment_without_its_schema_was_cut() {
    let dir = written(25, false);
    for bytes in [0, 5, 100] {
        let begun = fs::read(dir.path().join("events-000000.arrows")).unwrap();
        fs::write(dir.path().join("events-000001.arrows"), &begun[..bytes]).unwrap();
        let (mut events, mut gaps) = (0, Vec::new());
        let reader = Reader::open(dir.path()).unwrap();
        let count = |event: &pluto_event::Event<'_>| match event.what {
            What::Gap { cause, missing, .. } => gaps.push((cause, missing)),
            _ => events += 1,
        };
        reader.scan(&Filter::default()).for_each(count).unwrap();
        let cut = (GapCause::RecordingCut, Missing::Unknown);
        assert_eq!((events, gaps), (25, vec![cut, cut]), "{bytes} bytes");
    }
}
