//! Each export of one script, whole; and read back by other means than ours where the format has them.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use expect_test::{ExpectFile, expect, expect_file};
use pluto_export::mermaid::Size;
use pluto_export::{COLUMNS, Written};
use pluto_timeline::Filter;
use pluto_timeline::calls::{Keep, Limits};
use pluto_timeline::script::Script;
use pluto_timeline::show::TreeOptions;

#[path = "exports/protobuf.rs"]
mod protobuf;

fn shop() -> Script {
    Script::parse(include_str!("golden/shop.txt")).unwrap()
}

/// Runs an export into memory, and compares text with a file.
fn golden(file: &ExpectFile, written: Written, text: &str) {
    file.assert_eq(&format!("{text}\n{written:?}\n"));
}

fn json(script: &Script) -> (Written, String) {
    let mut out = Vec::new();
    let written = pluto_export::json(script, &Filter::default(), &mut out).unwrap();
    (written, String::from_utf8(out).unwrap())
}

#[test]
fn json_lines() {
    let (written, text) = json(&shop());
    golden(&expect_file!["golden/shop.jsonl.txt"], written, &text);
    for line in text.lines() {
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        let columns: Vec<usize> =
            object.keys().map(|key| COLUMNS.iter().position(|column| column == key).unwrap()).collect();
        assert!(!columns.is_empty(), "{line}");
    }
}

fn csv(script: &Script) -> (Written, String) {
    let mut out = Vec::new();
    let written = pluto_export::csv(script, &Filter::default(), &mut out).unwrap();
    (written, String::from_utf8(out).unwrap())
}

/// Splits CSV text by the grammar of RFC 4180.
fn read_csv(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => loop {
                match chars.next() {
                    Some('"') if chars.next_if_eq(&'"').is_some() => field.push('"'),
                    Some('"') | None => break,
                    Some(c) => field.push(c),
                }
            },
            ',' => record.push(std::mem::take(&mut field)),
            '\r' => {
                assert_eq!(chars.next(), Some('\n'));
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            c => field.push(c),
        }
    }
    assert!(record.is_empty() && field.is_empty());
    records
}

#[test]
fn csv_lines() {
    let (written, text) = csv(&shop());
    golden(&expect_file!["golden/shop.csv.txt"], written, &text.replace("\r\n", "\n"));
}

/// The rows of JSON lines, as CSV has them.
fn rows_of_json(script: &Script) -> Vec<Vec<String>> {
    let (_, text) = json(script);
    let objects = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let cell = |value: Option<&serde_json::Value>| match value {
        None => String::new(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    objects.map(|object| COLUMNS.iter().map(|&column| cell(object.get(column))).collect()).collect()
}

#[test]
fn csv_and_json_say_the_same() {
    let records = read_csv(&csv(&shop()).1);
    assert_eq!(records[0], COLUMNS);
    assert_eq!(records[1..], rows_of_json(&shop()));
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_and_json_say_the_same() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;
    let mut out = Vec::new();
    let written = pluto_export::parquet(&shop(), &Filter::default(), &mut out).unwrap();
    let reader = SerializedFileReader::new(bytes::Bytes::from(out)).unwrap();
    let rows: Vec<Vec<String>> = reader
        .get_row_iter(None)
        .unwrap()
        .map(|row| {
            let row = row.unwrap();
            let cell = |field: &Field| match field {
                Field::Null => String::new(),
                Field::Str(text) => text.clone(),
                other => other.to_string(),
            };
            row.get_column_iter().map(|(_, field)| cell(field)).collect()
        })
        .collect();
    assert_eq!(written.items, rows.len() as u64);
    assert_eq!(rows, rows_of_json(&shop()));
    let schema = reader.metadata().file_metadata().schema();
    let names: Vec<&str> = schema.get_fields().iter().map(|field| field.name()).collect();
    assert_eq!(names, COLUMNS);
}

#[test]
fn trees_as_json_lines() {
    let (shop, filter) = (shop(), Filter::default());
    let (calls, gaps) =
        pluto_timeline::source::calls(&shop, &filter, Limits::default(), Keep::default()).unwrap();
    let mut out = Vec::new();
    let registry = pluto_timeline::source::registry(&shop).unwrap();
    let options = TreeOptions { calls: 4, ..TreeOptions::default() };
    let left_out =
        pluto_export::json_trees(&mut out, (&shop.tables, &registry), &calls, &gaps, &filter, options)
            .unwrap();
    let text = format!("{}{left_out:?}", String::from_utf8(out).unwrap());
    expect![[r#"
        {"time_ns":110000,"kind":"call","call":0,"depth":0,"node":"n1@host","process":"<0.100.0>","module":"shop","function":"place","arity":2,"arguments":"[17,<<\"tea\">>]","ending":"returned","ending_is_certain":true,"duration_ns":50000,"outcome":"{ok,17}","event":1}
        {"time_ns":112000,"kind":"call","call":1,"parent":0,"parent_is_certain":true,"depth":1,"node":"n1@host","process":"<0.100.0>","module":"gen_server","function":"call","arity":2,"arguments":"[<0.101.0>,{place,17}]","ending":"returned","ending_is_certain":true,"duration_ns":43000,"outcome":"ok","event":2}
        {"time_ns":156000,"kind":"call","call":5,"parent":0,"parent_is_certain":false,"depth":1,"node":"n1@host","process":"<0.100.0>","module":"Elixir.Shop.Log","function":"line","arity":1,"arguments":"(left out: 70000 bytes)","ending":"returned_unobserved","ending_is_certain":false,"duration_ns":2000,"event":19}
        {"time_ns":170000,"kind":"call","call":6,"depth":0,"node":"n1@host","process":"<0.100.0>","module":"shop","function":"place","arity":2,"arguments":"[18,<<\"tea\">>]","ending":"cut_by_gap","ending_is_certain":false,"event":22}
        LeftOut { calls: 4, gaps: 3 }"#]].assert_eq(&text);
}

#[test]
fn perfetto() {
    let mut out = Vec::new();
    let written =
        pluto_export::perfetto::perfetto(&shop(), &Filter::default(), Limits::default(), &mut out).unwrap();
    golden(&expect_file!["golden/shop.perfetto.txt"], written, &protobuf::dump(&out));
}

#[test]
fn speedscope() {
    let mut out = Vec::new();
    let written =
        pluto_export::speedscope(&shop(), &Filter::default(), Limits::default(), "shop", &mut out).unwrap();
    let file: serde_json::Value = serde_json::from_slice(&out).unwrap();
    golden(
        &expect_file!["golden/shop.speedscope.txt"],
        written,
        &serde_json::to_string_pretty(&file).unwrap(),
    );
    let frames = file["shared"]["frames"].as_array().unwrap().len() as u64;
    for profile in file["profiles"].as_array().unwrap() {
        let mut open = Vec::new();
        let mut now = profile["startValue"].as_i64().unwrap();
        for event in profile["events"].as_array().unwrap() {
            let (frame, at) = (event["frame"].as_u64().unwrap(), event["at"].as_i64().unwrap());
            assert!(frame < frames && at >= now);
            now = at;
            match event["type"].as_str().unwrap() {
                "O" => open.push(frame),
                "C" => assert_eq!(open.pop(), Some(frame)),
                other => panic!("{other}"),
            }
        }
        assert_eq!((open, profile["endValue"].as_i64()), (vec![], Some(now)));
    }
}

fn mermaid(script: &Script, size: Size) -> (Written, String) {
    let mut out = Vec::new();
    let written = pluto_export::mermaid::mermaid(script, &Filter::default(), size, &mut out).unwrap();
    (written, String::from_utf8(out).unwrap())
}

#[test]
fn mermaid_of_messages() {
    let (written, text) = mermaid(&shop(), Size::default());
    golden(&expect_file!["golden/shop.mermaid.txt"], written, &text);
}

#[test]
fn mermaid_says_what_it_leaves_out() {
    let (written, text) = mermaid(&shop(), Size { participants: 2, arrows: 3, text: 12 });
    golden(&expect_file!["golden/shop.mermaid.small.txt"], written, &text);
}

#[test]
fn mermaid_of_calls() {
    let calls = "1 A call gen_server:call/2 [<0.101.0>,x]\n2 B call shop:handle_call/3 [x,y,z]\n\
                 3 B return shop:handle_call/3 ok\n4 A return gen_server:call/2 ok\n";
    let (written, text) = mermaid(&Script::parse(calls).unwrap(), Size::default());
    golden(&expect_file!["golden/calls.mermaid.txt"], written, &text);
}

#[test]
fn nothing_at_all_is_exported() {
    let empty = Script::default();
    let mut out = Vec::new();
    let filter = Filter::default();
    assert_eq!(json(&empty), (Written::default(), String::new()));
    assert_eq!(csv(&empty), (Written::default(), format!("{}\r\n", COLUMNS.join(","))));
    let written = pluto_export::speedscope(&empty, &filter, Limits::default(), "none", &mut out).unwrap();
    assert_eq!(written, Written::default());
    let written =
        pluto_export::perfetto::perfetto(&empty, &filter, Limits::default(), &mut Vec::new()).unwrap();
    assert_eq!(written, Written::default());
    golden(
        &expect_file!["golden/empty.mermaid.txt"],
        mermaid(&empty, Size::default()).0,
        &mermaid(&empty, Size::default()).1,
    );
}

/// An output that fails at a certain byte.
struct Full(usize);

impl std::io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_an_error() {
    let (shop, filter, limits) = (shop(), Filter::default(), Limits::default());
    for room in (0..3000).step_by(7) {
        assert!(pluto_export::json(&shop, &filter, &mut Full(room)).is_err(), "{room}");
        assert!(pluto_export::csv(&shop, &filter, &mut Full(room.min(1500))).is_err(), "{room}");
        assert!(
            pluto_export::perfetto::perfetto(&shop, &filter, limits, &mut Full(room.min(1500))).is_err(),
            "{room}"
        );
        assert!(pluto_export::speedscope(&shop, &filter, limits, "shop", &mut Full(room.min(500))).is_err());
        assert!(
            pluto_export::mermaid::mermaid(&shop, &filter, Size::default(), &mut Full(room.min(500)))
                .is_err()
        );
        #[cfg(feature = "parquet")]
        assert!(pluto_export::parquet(&shop, &filter, Full(room)).is_err(), "{room}");
    }
}
