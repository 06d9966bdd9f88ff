//! Recordings of other versions: what can be read is read, and what cannot be is refused.

use super::given;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, UInt8Array};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema};
use expect_test::expect;
use pluto_recording::{Reader, RecordingError};
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
    assert!(refused(&dir.path().join("nothing")));
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
fn with_more_columns(path: &Path, kinds: impl Fn(u8) -> u8) {
    let mut batches: Vec<RecordBatch> =
        StreamReader::try_new(File::open(path).unwrap(), None).unwrap().map(Result::unwrap).collect();
    for batch in &mut batches {
        let rows = batch.num_rows();
        let mut fields: Vec<_> = batch.schema().fields().iter().cloned().collect();
        let mut columns = batch.columns().to_vec();
        let kind = columns[1].as_any().downcast_ref::<UInt8Array>().unwrap();
        columns[1] = Arc::new(UInt8Array::from_iter_values(kind.values().iter().map(|&kind| kinds(kind))));
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
    with_more_columns(&dir.path().join("events-000000.arrows"), |kind| kind);
    fs::remove_file(dir.path().join("events-000000.index")).unwrap();
    let expected = before.replace("recording 1.3", "recording 1.7").replace("ended: Limit", "ended: Other");
    assert_eq!(given::text(dir.path()), expected);
}

#[test]
fn an_event_of_a_newer_kind_is_a_gap_of_one() {
    let dir = sample();
    with_more_columns(&dir.path().join("events-000000.arrows"), |kind| if kind == 1 { 23 } else { kind });
    fs::remove_file(dir.path().join("events-000000.index")).unwrap();
    let text = given::text(dir.path());
    let first = text.lines().find(|line| line.starts_with("17950")).unwrap();
    expect!["1795000000000001000 process 0 gap node - since 1795000000000001000: unreadable, exact 1"]
        .assert_eq(first);
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
