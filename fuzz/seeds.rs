//! Writes the seed corpora: one file per construct, into the directories `term_decode` and `term_parse` of the
//! directory given, the recorded conversations with nodes into `dist_core`, and programs into `format`, `lex`, `parse` and
//! `check`.

#[path = "../crates/dist/tests/replay/transcript.rs"]
#[expect(dead_code, reason = "only the reading half is used")]
mod transcript;

#[path = "../crates/syntax/tests/generate/program.rs"]
mod generate;

use std::path::Path;

use pluto_term::{Syntax, encode, parse};

const ERLANG: &[&str] = &[
    "0", "-1", "255", "256", "-2147483648", "2147483648", "9223372036854775808", "-123456789012345678901234567890",
    "16#ff", "$a", "$\\n", "1.5", "-0.0", "1.0e300", "a", "'a b'", "'\\x{1F600}'", "[]", "\"abc\"", "\"a\\\"\\n\\x{436}\"",
    "[1,2,300]", "[a|b]", "[a,b|c]", "{}", "{a,{b,{c}}}", "#{}", "#{a => 1,1 => a,1.0 => b,[] => {}}",
    "#{#{a => 1,b => 2} => 1,#{a => 1,b => 3} => 2}", "<<>>", "<<\"abc\">>", "<<\"\u{436}\"/utf8>>", "<<1,2:3>>",
    "<<255,254>>", "<0.123.4>", "#Port<0.7>", "#Ref<0.3.2.1>", "fun lists:map/2", "#shop:order{id = 1,items = []}",
    "{trace_ts,<0.123.0>,call,{shop,place,[1,<<\"abc\">>,#{a => 1.5}]},{1700,123456,789012}}",
];

const ELIXIR: &[&str] = &[
    ":a", ":\"a b\"", ":+", "nil", "Foo.Bar", "\"abc\"", "\"a\\\"\\#{b}\\n\\x01\"", "~c\"abc\"", "'abc'", "?a", "0xff", "0b101",
    "1_000", "[a: 1, b: [c: 2]]", "[{:a, 1} | :b]", "%{a: 1}", "%{1 => 2, :a => 3}", "%Shop.Order{id: 1}",
    "<<1, 2::size(3)>>", "<<1::3>>", "#PID<0.1.2>", "#Reference<0.1.2.3>", "#Port<0.1>", "&Enum.map/2", "&:erlang.+/2",
    "%{+: 1, \"a b\": 2}",
];

const TRANSCRIPTS: [&str; 3] = [
    include_str!("../crates/dist/tests/transcripts/otp25.txt"),
    include_str!("../crates/dist/tests/transcripts/otp27.txt"),
    include_str!("../crates/dist/tests/transcripts/otp29.txt"),
];

/// Frames of one byte of length each, control message and payload: a message, an exit, a link, a monitor, an unlink.
const FRAMES: &[&[u8]] = &[
    b"\x1d\x68\x03\x61\x02\x77\0\x58\x77\x01a\0\0\0\x02\0\0\0\0\0\0\0\x01\x68\x02\x61\x01\x61\x02",
    b"\x28\x68\x03\x61\x01\x58\x77\x01b\0\0\0\x02\0\0\0\0\0\0\0\x01\x58\x77\x01a\0\0\0\x02\0\0\0\0\0\0\0\x01",
    b"\x2b\x68\x04\x61\x23\x61\x07\x58\x77\x01b\0\0\0\x02\0\0\0\0\0\0\0\x01\x58\x77\x01a\0\0\0\x02\0\0\0\0\0\0\0\x01",
];

/// Forms that we read but never write: old tags, cached atoms, funs, a compressed term, a list chain.
const BYTES: &[&[u8]] = &[
    &[131, 82, 0], &[131, 104, 2, 82, 0, 82, 1], &[131, 100, 0, 1, 97], &[131, 115, 1, 233], &[131, 118, 0, 1, 97],
    b"\x83\x631.50000000000000000000e+00\0\0\0\0\0", &[131, 103, 119, 1, 97, 0, 0, 0, 1, 0, 0, 0, 2, 3],
    &[131, 102, 119, 1, 97, 0, 0, 0, 1, 3], &[131, 101, 119, 1, 97, 0, 0, 0, 1, 3],
    &[131, 114, 0, 1, 119, 1, 97, 3, 0, 0, 0, 1], &[131, 89, 119, 1, 97, 0, 0, 0, 1, 0, 0, 0, 3],
    &[131, 108, 0, 0, 0, 1, 97, 1, 108, 0, 0, 0, 1, 97, 2, 106], &[131, 108, 0, 0, 0, 0, 97, 1],
    &[131, 110, 1, 1, 5], &[131, 111, 0, 0, 0, 1, 0, 5], &[131, 77, 0, 0, 0, 1, 3, 224], &[131, 105, 0, 0, 0, 1, 106],
    &[131, 80, 0, 0, 0, 2, 120, 156, 75, 212, 0, 0, 0, 203, 0, 104],
    b"\x83\x70\0\0\0\x3b\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\x01\x77\x01m\x61\x01\x61\x02\x58\x77\x01n\0\0\0\x01\0\0\0\0\0\0\0\x01\x61\x07",
];

/// Programs without a mistake.
const PROGRAMS: &[&str] = &[
    include_str!("../crates/syntax/tests/programs/whole.pluto"),
    include_str!("../crates/syntax/tests/trees/angles.pluto"),
    include_str!("../crates/syntax/tests/trees/control.pluto"),
    include_str!("../crates/syntax/tests/trees/items.pluto"),
    include_str!("../crates/syntax/tests/trees/newlines.pluto"),
    include_str!("../crates/syntax/tests/trees/patterns.pluto"),
    include_str!("../crates/syntax/tests/trees/precedence.pluto"),
    include_str!("../crates/syntax/tests/trees/texts.pluto"),
    include_str!("../crates/syntax/tests/trees/types.pluto"),
];

/// Files of programs with a mistake each, under a title each.
const MISTAKES: &[&str] = &[
    include_str!("../crates/syntax/tests/mistakes/expressions.txt"),
    include_str!("../crates/syntax/tests/mistakes/items.txt"),
    include_str!("../crates/syntax/tests/mistakes/lexer.txt"),
    include_str!("../crates/syntax/tests/mistakes/patterns.txt"),
    include_str!("../crates/syntax/tests/mistakes/statements.txt"),
];

/// Files of programs for the checker, under a title each.
const CASES: &[&str] = &[
    include_str!("../crates/check/tests/cases/concurrency.txt"),
    include_str!("../crates/check/tests/cases/contracts.txt"),
    include_str!("../crates/check/tests/cases/errors.txt"),
    include_str!("../crates/check/tests/cases/generics.txt"),
    include_str!("../crates/check/tests/cases/injection.txt"),
    include_str!("../crates/check/tests/cases/modules.txt"),
    include_str!("../crates/check/tests/cases/mutability.txt"),
    include_str!("../crates/check/tests/cases/names.txt"),
    include_str!("../crates/check/tests/cases/patterns.txt"),
    include_str!("../crates/check/tests/cases/types.txt"),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = std::env::args_os().nth(1).ok_or("usage: seeds DIRECTORY")?;
    let (decode, text) = (Path::new(&root).join("term_decode"), Path::new(&root).join("term_parse"));
    std::fs::create_dir_all(&decode)?;
    std::fs::create_dir_all(&text)?;
    for (syntax, name, cases) in [(Syntax::Erlang, "erlang", ERLANG), (Syntax::Elixir, "elixir", ELIXIR)] {
        for (number, case) in cases.iter().enumerate() {
            let mut bytes = Vec::new();
            encode(&parse(case, syntax).map_err(|error| format!("{case}: {error}"))?, &mut bytes);
            std::fs::write(decode.join(format!("{name}-{number}")), &bytes)?;
            // The target reads without the version byte too.
            std::fs::write(decode.join(format!("{name}-{number}-bare")), bytes.get(1..).unwrap_or_default())?;
            std::fs::write(text.join(format!("{name}-{number}")), case)?;
        }
    }
    for (number, bytes) in BYTES.iter().enumerate() {
        std::fs::write(decode.join(format!("bytes-{number}")), bytes)?;
        std::fs::write(decode.join(format!("bytes-{number}-bare")), bytes.get(1..).unwrap_or_default())?;
    }
    write_dist_core(&Path::new(&root).join("dist_core"))?;
    write_programs(Path::new(&root))?;
    write_check(&Path::new(&root).join("check"))?;
    Ok(())
}

/// Each case as a text, and as the choices that change nothing, a little, and much of it.
fn write_check(directory: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    let cases = CASES.iter().flat_map(|file| file.split("## ").skip(1));
    for (number, case) in cases.enumerate() {
        let source = case.split_once("----").and_then(|(case, _)| case.split_once('\n'));
        std::fs::write(directory.join(format!("case-{number}")), source.map_or("", |(_, source)| source))?;
        let base = [0, number as u8, (number / 256) as u8, (number % 256) as u8, 0, number as u8];
        for changes in [0, 4, 24] {
            let choices = (0..changes).map(|at| (number * 31 + at * 17) as u8);
            let bytes: Vec<u8> = base.into_iter().chain(choices).collect();
            std::fs::write(directory.join(format!("choices-{number}-{changes}")), bytes)?;
        }
    }
    Ok(())
}

/// Whole programs, each mistake, and generated programs: those as text too, and as their choices.
fn write_programs(root: &Path) -> std::io::Result<()> {
    let [format, lex, parse] = ["format", "lex", "parse"].map(|target| root.join(target));
    for directory in [&format, &lex, &parse] {
        std::fs::create_dir_all(directory)?;
    }
    let mut texts: Vec<String> = PROGRAMS.iter().map(|text| (*text).to_owned()).collect();
    let cases = MISTAKES.iter().flat_map(|file| file.split("\n---\n"));
    texts.extend(cases.filter_map(|case| case.split_once('\n')).map(|(_, text)| text.to_owned()));
    let mut state = 1_u64;
    for number in 0..60 {
        let choices: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .take(20 + 4 * number)
        .collect();
        texts.push(generate::program(&choices));
        for directory in [&format, &parse] {
            std::fs::write(directory.join(format!("choices-{number}")), [&[0], choices.as_slice()].concat())?;
        }
    }
    for (number, text) in texts.iter().enumerate() {
        for directory in [&format, &lex, &parse] {
            std::fs::write(directory.join(format!("program-{number}")), text)?;
        }
    }
    Ok(())
}

/// The first byte says where the rest goes in; see the target.
fn write_dist_core(directory: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    for (number, text) in TRANSCRIPTS.iter().enumerate() {
        let (_, lines) = transcript::read(text);
        let mut bytes = vec![200];
        for line in lines {
            if let transcript::Line::In(received) = line {
                bytes.extend(received);
            }
        }
        // A short one too: the fuzzer prefers them.
        std::fs::write(directory.join(format!("handshake-{number}")), bytes.get(..600).unwrap_or(&bytes))?;
        std::fs::write(directory.join(format!("conversation-{number}")), bytes)?;
    }
    for (number, frames) in FRAMES.iter().enumerate() {
        std::fs::write(directory.join(format!("frames-{number}")), [&[2], *frames].concat())?;
    }
    for (number, reply) in [&b"w\0\x11\x12M\0\0\x06\0\x05\0\x04shop\0\0"[..], b"\0\0\x11\x11name shop at port 4370\n", b"shop@[::1]:4370"].iter().enumerate() {
        std::fs::write(directory.join(format!("small-{number}")), [&[3], *reply].concat())?;
    }
    Ok(())
}
