//! Recordings of other versions: what can be read is read, and what cannot be is refused.

use super::given;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, UInt8Array};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema};
use expect_test::expect;
use pluto_event::{Kind, ProcessId};
use pluto_recording::{Columns, Filter, Kinds, Reader, RecordingError};
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

/// Replaces a text of the manifest.
fn edit(dir: &Path, from: &str, to: &str) {
    let path = dir.join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

fn sample() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    given::sample(dir.path());
    dir
}

#[test]
fn a_newer_major_version_is_refused() {
    let dir = sample();
    edit(dir.path(), r#""major": 1"#, r#""major": 2"#);
    let error = Reader::open(dir.path()).unwrap_err();
    assert!(matches!(error, RecordingError::NewerVersion { .. }));
    expect!["the recording has format 2.3, and this version reads 1.3"].assert_eq(&error.to_string());
}

#[test]
fn what_is_not_a_recording_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |dir: &Path| matches!(Reader::open(dir), Err(RecordingError::NotARecording { .. }));
    assert!(refused(dir.path()));
    let nothing = Reader::open(&dir.path().join("nothing"));
    assert!(matches!(nothing, Err(RecordingError::NoDirectory { .. })), "{nothing:?}");
    fs::write(
        dir.path().join("manifest.json"),
        r#"{"format": "another", "version": {"major": 1, "minor": 0}}"#,
    )
    .unwrap();
    assert!(refused(dir.path()));
    fs::write(dir.path().join("manifest.json"), "not even JSON").unwrap();
    assert!(refused(dir.path()));
    assert!(refused(&dir.path().join("manifest.json")));
}

/// Writes a segment again with more columns, at the front, in the middle and at the end.
fn with_more_columns(path: &Path, change: impl Fn(&str, u8) -> u8) {
    let mut batches: Vec<RecordBatch> =
        StreamReader::try_new(File::open(path).unwrap(), None).unwrap().map(Result::unwrap).collect();
    for batch in &mut batches {
        let rows = batch.num_rows();
        let mut fields: Vec<_> = batch.schema().fields().iter().cloned().collect();
        let mut columns = batch.columns().to_vec();
        for name in ["kind", "form"] {
            let at = batch.schema().index_of(name).unwrap();
            let numbers = columns[at].as_any().downcast_ref::<UInt8Array>().unwrap();
            let changed = numbers.values().iter().map(|&number| change(name, number));
            columns[at] = Arc::new(UInt8Array::from_iter_values(changed));
        }
        let number =
            |at: usize| (format!("number {at}"), Arc::new(Int64Array::from(vec![7; rows])) as ArrayRef);
        let text = Arc::new(StringArray::from(vec!["é"; rows])) as ArrayRef;
        for (at, (name, column)) in [(0, number(0)), (5, ("text".to_owned(), text)), (16, number(16))] {
            fields.insert(at, Arc::new(Field::new(name, column.data_type().clone(), true)));
            columns.insert(at, column);
        }
        *batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    }
    let mut writer = StreamWriter::try_new(File::create(path).unwrap(), &batches[0].schema()).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.finish().unwrap();
}

#[test]
fn a_newer_minor_version_is_read() {
    let dir = sample();
    let before = given::text(dir.path());
    edit(dir.path(), r#""minor": 3"#, r#""minor": 7, "patch": 3"#);
    edit(dir.path(), r#""level": "#, r#""weather": {"sun": [1, null]}, "level": "#);
    edit(dir.path(), r#""ended": "limit""#, r#""ended": "by the moon""#);
    with_more_columns(&dir.path().join("events-000000.arrows"), |_, number| number);
    fs::remove_file(dir.path().join("events-000000.index")).unwrap();
    let expected = before.replace("recording 1.3", "recording 1.7").replace("ended: Limit", "ended: Other");
    assert_eq!(given::text(dir.path()), expected);
}

#[test]
fn an_event_of_a_newer_kind_is_a_gap_of_one() {
    let dir = sample();
    let newer = |column: &str, number| if (column, number) == ("kind", 1) { 23 } else { number };
    with_more_columns(&dir.path().join("events-000000.arrows"), newer);
    fs::remove_file(dir.path().join("events-000000.index")).unwrap();
    let text = given::text(dir.path());
    let first = text.lines().find(|line| line.starts_with("17950")).unwrap();
    expect!["1795000000000001000 process 0 gap node - since 1795000000000001000: unreadable, exact 1"]
        .assert_eq(first);
}

/// The beginning of an index, as it would be for the first batch of a segment that was written again.
fn index_of_first_batch(index: &[u8], segment: &Path) -> Vec<u8> {
    let batches: Vec<RecordBatch> =
        StreamReader::try_new(File::open(segment).unwrap(), None).unwrap().map(Result::unwrap).collect();
    // A stream ends with a marker of eight bytes.
    let length = |batches: &[RecordBatch], schema: &Schema| {
        let mut writer = StreamWriter::try_new(Vec::new(), schema).unwrap();
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        writer.finish().unwrap();
        writer.into_inner().unwrap().len() - 8
    };
    let schema = batches[0].schema();
    let (begin, end) = (length(&[], &schema), length(&batches[..1], &schema));
    let message = &fs::read(segment).unwrap()[begin..end];
    // A record is its length, its checksum, and a body that begins with offset, length and checksum of the message.
    let (magic, records) = index.split_at(8);
    let size = u32::from_le_bytes(records[..4].try_into().unwrap()) as usize;
    let mut body = records[8..8 + size].to_vec();
    body[..8].copy_from_slice(&(begin as u64).to_le_bytes());
    body[8..16].copy_from_slice(&(message.len() as u64).to_le_bytes());
    body[16..20].copy_from_slice(&crc32fast::hash(message).to_le_bytes());
    [magic, &records[..4], &crc32fast::hash(&body).to_le_bytes(), &body].concat()
}

/// Whoever asks for the gaps alone, or without payloads, hears of it too.
#[test]
fn an_event_of_a_newer_form_is_a_gap_of_one() {
    for with_index in [false, true] {
        let dir = sample();
        let segment = dir.path().join("events-000000.arrows");
        let index = dir.path().join("events-000000.index");
        let newer = |column: &str, number| if (column, number) == ("form", 4) { 9 } else { number };
        with_more_columns(&segment, newer);
        if with_index {
            // As a newer version would have written it.
            fs::write(&index, index_of_first_batch(&fs::read(&index).unwrap(), &segment)).unwrap();
            edit(dir.path(), r#""minor": 3"#, r#""minor": 4"#);
        } else {
            fs::remove_file(&index).unwrap();
        }
        let reader = Reader::open(dir.path()).unwrap();
        let gaps = |scan: pluto_recording::Scan<'_>| {
            let mut gaps = Vec::new();
            scan.for_each(|event| {
                if event.what.kind() == Kind::Gap {
                    gaps.push((event.time, event.process));
                }
            })
            .unwrap();
            gaps
        };
        let all = gaps(reader.scan(&Filter::default()));
        let bare = Filter { columns: Columns::NONE, ..Filter::default() };
        let calls = Filter { kinds: Kinds::of(&[Kind::Call]), ..bare.clone() };
        assert!(all.contains(&(1_795_000_000_000_006_000, ProcessId(0))), "{all:?}");
        assert_eq!(gaps(reader.scan(&bare)), all);
        assert_eq!(gaps(reader.scan(&calls)), all);
        assert_eq!(gaps(reader.scan_gaps(&calls)), all);
    }
}

/// A recording that version 1.0 wrote by [`given::sample`], kept as it was. It knows no names.
#[test]
fn version_1_0_is_read() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/version-1.0");
    let dir = sample();
    let names = r#"names: [NameAbout { name: "shop_orders", number: 123, serial: 0, seen: None }], names_left_out: 2"#;
    let expected = given::text(dir.path())
        .replace("recording 1.3", "recording 1.0")
        .replace(names, "names: [], names_left_out: 0");
    assert_eq!(given::text(&kept), expected);
}

#[test]
fn a_column_of_another_type_is_damage() {
    let dir = sample();
    let path = dir.path().join("events-000000.arrows");
    let schema = Schema::new(vec![Field::new("time", DataType::Int64, false)]);
    let batch =
        RecordBatch::try_new(Arc::new(schema.clone()), vec![Arc::new(Int64Array::from(vec![1, 2]))]).unwrap();
    let mut writer = StreamWriter::try_new(File::create(path).unwrap(), &schema).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    let text = given::text(dir.path());
    let found: Vec<_> = text.lines().filter(|line| line.contains("damage") || line.contains("gap")).collect();
    expect![[r#"
        damage in events-000000.arrows: the columns are not those of a recording
        1795000000000019000 process - gap node - since 1795000000000001000: unreadable, exact 19"#]]
    .assert_eq(&found.join("\n"));
}
