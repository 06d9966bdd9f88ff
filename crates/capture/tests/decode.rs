//! Trace messages, spelled as Erlang prints them, to events.

use expect_test::{Expect, expect};
use pluto_capture::decode::{Decoded, Decoder, Keep, intern_function, intern_node};
use pluto_capture::redact::Redaction;
use pluto_event::{Event, FunctionId, Identity, ProcessId, Tables, What};
use pluto_matchspec::{Level, Otp, Sampling, Timing};
use pluto_term::{Limits, PrintLimits, Reader, Syntax, Term, encode_bare, parse};

/// Reads each message and says what became of it. `asked` are the functions that the trace asked for.
#[expect(clippy::needless_pass_by_value, reason = "expectations are written where they are used")]
fn check(level: Level, redaction: Redaction, asked: &[&str], messages: &[&str], expected: Expect) {
    let mut tables = Tables::new();
    let node = intern_node(&mut tables, "nonode@nohost", 0);
    let keep = if level == Level::Full { Keep::Full } else { Keep::Shape };
    let values = (level != Level::Calls).then_some(Keep::Full);
    let mut decoder = Decoder::new(node, 1_000, keep, values, redaction);
    for text in asked {
        let pattern = pluto_matchspec::parse(text).expect("a pattern");
        let (name, arity) = (pattern.function.clone().expect("a name"), pattern.arity.expect("an arity"));
        let compiled = pluto_matchspec::compile(&pattern, arity, level, Timing::Off, Otp(25), Sampling::None);
        let id = intern_function(&mut tables, pattern.module.as_str(), name.as_str(), arity);
        decoder.expect(id, compiled.expect("compiles").projection);
    }
    let mut text = String::new();
    for message in messages {
        let bytes = encoded(message);
        let mut reader = Reader::new(&bytes, &Limits::default());
        let became = match decoder.message(&mut reader, &mut tables) {
            Ok(Decoded::Event(event)) => {
                let event = print(&tables, &event);
                assert_eq!(reader.remaining(), b"", "{message} is read to its end");
                event
            }
            Ok(other) => {
                assert_eq!(reader.remaining(), b"", "{message} is read to its end");
                format!("{other:?}")
            }
            Err(error) => format!("unreadable: {error}"),
        };
        text.push_str(&became);
        text.push('\n');
    }
    expected.assert_eq(&text);
}

fn encoded(text: &str) -> Vec<u8> {
    let term = parse(text, Syntax::Erlang).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let mut bytes = Vec::new();
    encode_bare(&term, &mut bytes);
    bytes
}

fn payload(event: &Event<'_>) -> Term {
    Reader::new(event.what.payload().bytes, &Limits::default()).term().expect("a term")
}

fn print(tables: &Tables, event: &Event<'_>) -> String {
    let mut text = format!("{} {} {}", event.time, process(tables, event.process), event.what.kind().name());
    if !event.what.function().is_none() {
        text.push_str(&format!(" {}", function(tables, event.what.function())));
    }
    if !event.what.peer().is_none() {
        text.push_str(&format!(" with {}", process(tables, event.what.peer())));
    }
    if let What::Send { receiver_exists: false, .. } = event.what {
        text.push_str(" (dead)");
    }
    if let What::Register { name } | What::Unregister { name } = event.what {
        text.push_str(&format!(" {}", tables.atom(name).expect("an atom")));
    }
    if !event.what.payload().is_absent() {
        let term = payload(event).display(Syntax::Erlang, &PrintLimits::default()).to_string();
        text.push_str(&format!(" {:?} {term}", event.what.payload().form));
    }
    text
}

fn process(tables: &Tables, id: ProcessId) -> String {
    match tables.process(id).expect("a process").identity {
        Identity::Pid { number, serial } => format!("<{number}.{serial}>"),
        Identity::Port { number } => format!("port {number}"),
        Identity::Name { name } => tables.atom(name).expect("an atom").to_owned(),
    }
}

fn function(tables: &Tables, id: FunctionId) -> String {
    let function = tables.function(id).expect("a function");
    let atom = |id| tables.atom(id).expect("an atom");
    format!("{}:{}/{}", atom(function.module), atom(function.name), function.arity)
}

#[test]
fn every_kind_of_message() {
    let messages = [
        "{trace_ts, <0.1.0>, call, {m, f, 0}, 5}",
        "{trace_ts, <0.1.0>, call, {m, f, [1, {a, b}, <<\"x\">>]}, 6}",
        "{trace_ts, <0.1.0>, return_from, {m, f, 0}, #{k => v}, 7}",
        "{trace_ts, <0.1.0>, exception_from, {m, f, 0}, {error, badarg}, 8}",
        "{trace_ts, <0.1.0>, return_to, {m, g, 2}, 9}",
        "{trace_ts, <0.1.0>, return_to, undefined, 10}",
        "{trace_ts, <0.1.0>, send, {hello, [1, 2]}, <0.2.0>, 11}",
        "{trace_ts, <0.1.0>, send, hi, registered, 12}",
        "{trace_ts, <0.1.0>, send, hi, {name, 'other@host'}, 13}",
        "{trace_ts, <0.1.0>, send_to_non_existing_process, hi, <0.3.0>, 14}",
        "{trace_ts, <0.1.0>, send, {reply, ok}, #Ref<0.1.2.3>, 14}",
        "{trace_ts, <0.1.0>, 'receive', {'$gen_call', {<0.2.0>, t}, q}, 15}",
        "{trace_ts, <0.1.0>, spawn, <0.4.0>, {m, init, [a, #{}]}, 16}",
        "{trace_ts, <0.4.0>, spawned, <0.1.0>, {m, init, []}, 17}",
        "{trace_ts, <0.4.0>, register, name, 18}",
        "{trace_ts, <0.4.0>, unregister, name, 19}",
        "{trace_ts, <0.4.0>, link, <0.1.0>, 20}",
        "{trace_ts, <0.4.0>, unlink, <0.1.0>, 21}",
        "{trace_ts, <0.4.0>, getting_linked, <0.1.0>, 22}",
        "{trace_ts, <0.4.0>, getting_unlinked, <0.1.0>, 23}",
        "{trace_ts, <0.4.0>, exit, {shutdown, #{a => 1}}, 24}",
        "{trace_ts, <0.4.0>, gc_minor_start, [{a, 1}], 25}",
        "{drop, 15}",
        "{seq_trace, 0, whatever}",
    ];
    check(
        Level::Returns,
        Redaction::Keep,
        &[],
        &messages,
        expect![[r#"
            1005 <1.0> call m:f/0
            1006 <1.0> call m:f/3 Shape [1,{tuple,2,a},<<"x">>]
            1007 <1.0> return m:f/0 Full #{k => v}
            1008 <1.0> exception m:f/0 Full {error,badarg}
            1009 <1.0> return_to m:g/2
            1010 <1.0> return_to
            1011 <1.0> send with <2.0> Shape {tuple,2,hello}
            1012 <1.0> send with registered Shape hi
            1013 <1.0> send with name Shape hi
            1014 <1.0> send with <3.0> (dead) Shape hi
            1014 <1.0> send Shape {tuple,2,reply}
            1015 <1.0> deliver Shape {tuple,3,'$gen_call'}
            1016 <1.0> spawn m:init/2 with <4.0> Shape [a,{map,0}]
            1017 <4.0> spawned m:init/0 with <1.0> Shape []
            1018 <4.0> register name
            1019 <4.0> unregister name
            1020 <4.0> link with <1.0>
            1021 <4.0> unlink with <1.0>
            1022 <4.0> getting_linked with <1.0>
            1023 <4.0> getting_unlinked with <1.0>
            1024 <4.0> exit Shape {tuple,2,shutdown}
            Other
            Dropped(15)
            Other
        "#]],
    );
}

#[test]
fn times_in_each_spelling() {
    let messages = [
        "{trace, <0.1.0>, call, {m, f, 0}}",
        "{trace_ts, <0.1.0>, call, {m, f, 0}, {5, 1}}",
        "{trace_ts, <0.1.0>, call, {m, f, 0}, {1700, 2, 3}}",
        "{trace, <0.1.0>, call, {m, f, 0}}",
        "{trace_ts, <0.1.0>, call, {m, f, 0}, later}",
        "{trace_ts, <0.1.0>, call, {m, f, 0}, {9223372036854775807, 1, 1}}",
    ];
    check(
        Level::Calls,
        Redaction::Keep,
        &[],
        &messages,
        expect![[r#"
        1 <1.0> call m:f/0
        1005 <1.0> call m:f/0
        1700000002000004000 <1.0> call m:f/0
        1700000002000004001 <1.0> call m:f/0
        unreadable: malformed timestamp at byte 56
        unreadable: malformed timestamp at byte 56
    "#]],
    );
}

#[test]
fn projections_and_what_the_agent_reduced() {
    let messages = [
        "{trace_ts, <0.1.0>, call, {shop, price, 1}, 7, 5}",
        "{trace_ts, <0.1.0>, call, {shop, idle, 0}, 6}",
        "{trace_ts, <0.1.0>, call, {other, tool, 1}, 7}",
        "{trace_ts, <0.1.0>, return_from, {shop, price, 1}, secret, 8}",
        "{pluto_shape, <0.1.0>, send, {tuple, [hello, {list}]}, <0.2.0>, 9}",
        "{pluto_oversize, <0.1.0>, exit, 123456, 10}",
    ];
    let asked = ["shop:price/1", "shop:idle/0"];
    check(
        Level::Calls,
        Redaction::Keep,
        &asked,
        &messages,
        expect![[r#"
        1005 <1.0> call shop:price/1 Shape [7]
        1006 <1.0> call shop:idle/0
        Foreign
        1008 <1.0> return shop:price/1
        1009 <1.0> send with <2.0> Shape {tuple,[hello,{list}]}
        1010 <1.0> exit Oversize 123456
    "#]],
    );
}

#[test]
fn dropped_terms() {
    let messages = [
        "{trace_ts, <0.1.0>, call, {m, f, [secret, <<\"card\">>]}, 6}",
        "{trace_ts, <0.1.0>, return_from, {m, f, 2}, secret, 7}",
        "{trace_ts, <0.1.0>, exit, secret, 8}",
    ];
    check(
        Level::Full,
        Redaction::Drop,
        &[],
        &messages,
        expect![[r#"
        1006 <1.0> call m:f/2
        1007 <1.0> return m:f/2
        1008 <1.0> exit
    "#]],
    );
}

#[test]
fn hashed_terms_keep_equality_and_nothing_else() {
    let mut tables = Tables::new();
    let node = intern_node(&mut tables, "nonode@nohost", 0);
    let mut decoder = Decoder::new(node, 0, Keep::Full, Some(Keep::Full), Redaction::hash());
    let mut hashes = |arguments: &str| {
        let bytes = encoded(&format!("{{trace_ts, <0.1.0>, call, {{m, f, {arguments}}}, 6}}"));
        let mut reader = Reader::new(&bytes, &Limits::default());
        let Ok(Decoded::Event(event)) = decoder.message(&mut reader, &mut tables) else { panic!("an event") };
        payload(&event).as_list().expect("a list").to_vec()
    };
    let (one, two) = (hashes("[secret, 1, secret]"), hashes("[secret]"));
    assert_eq!(one.len(), 3);
    assert_eq!(one[0], one[2]);
    assert_eq!(one[0], two[0]);
    assert_ne!(one[0], one[1]);
    assert!(one[0].as_tuple().is_some_and(|hash| hash[0].as_atom() == Some("hash")));
}
