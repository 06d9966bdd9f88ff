//! Which events a level, a condition and a sample give, and how large they are.

use crate::support::{eval, expression, on_every_release, trace};
use expect_test::{Expect, expect};
use pluto_matchspec::{
    Compiled, Direction, Level, MessageFilter, MessagePattern, Otp, Sampling, Timing, compile,
    compile_message, parse, parse_message, shape,
};
use pluto_term::{Atom, Limits, Reader, Term, encode_bare};
use pluto_testnode::Node;

fn compiled(
    node: &Node,
    text: &str,
    arity: u32,
    level: Level,
    timing: Timing,
    sampling: Sampling,
) -> Compiled {
    let pattern = parse(text).expect("a pattern");
    compile(&pattern, arity, level, timing, Otp(node.release().otp()), sampling).expect("compiles")
}

/// The events, one a line; where control returns to is left out, since it is in the driver of the test.
fn show(events: &[Term]) -> String {
    let show = |event: &Term| match event.as_tuple() {
        Some([tag, _]) if tag.as_atom() == Some("return_to") => "return_to".to_owned(),
        _ => format!("{event:?}"),
    };
    events.iter().map(|event| show(event) + "\n").collect()
}

fn check(text: &str, (level, timing): (Level, Timing), calls: &str, expected: &Expect) {
    on_every_release(|node| {
        let compiled = compiled(node, text, 1, level, timing, Sampling::None);
        expected.assert_eq(&show(&trace(node, 1, &compiled, calls)));
    });
}

#[test]
fn level_calls_sends_calls_only() {
    check(
        "subject:f",
        (Level::Calls, Timing::Off),
        "[[1], [raise], [{a, b}]]",
        &expect![[r#"
        {call,{subject,f,1},1}
        {call,{subject,f,1},raise}
        {call,{subject,f,1},{false,2,'EXIT',{a}}}
    "#]],
    );
}

#[test]
fn level_returns_sends_values_and_exceptions() {
    check(
        "subject:f",
        (Level::Returns, Timing::Off),
        "[[{a, b}], [raise]]",
        &expect![[r#"
        {call,{subject,f,1},{false,2,'EXIT',{a}}}
        {return_from,{subject,f,1},{a,b}}
        {call,{subject,f,1},raise}
        {exception_from,{subject,f,1},{error,wanted}}
    "#]],
    );
}

#[test]
fn level_full_sends_arguments_values_and_exceptions() {
    check(
        "subject:f",
        (Level::Full, Timing::Off),
        "[[{a, b}], [raise]]",
        &expect![[r#"
        {call,{subject,f,1},[{a,b}]}
        {return_from,{subject,f,1},{a,b}}
        {call,{subject,f,1},[raise]}
        {exception_from,{subject,f,1},{error,wanted}}
    "#]],
    );
}

#[test]
fn timing_by_return_to_sends_no_value() {
    check(
        "subject:f",
        (Level::Calls, Timing::ReturnTo),
        "[[1], [raise]]",
        &expect![[r#"
        {call,{subject,f,1},1}
        return_to
        {call,{subject,f,1},raise}
        return_to
    "#]],
    );
}

#[test]
fn a_rejected_call_sends_neither_call_nor_return() {
    let text = "subject:f(X) when X > 1 or X == raise";
    check(
        text,
        (Level::Returns, Timing::ReturnTo),
        "[[1], [2], [a], [raise], [3.5], [{}]]",
        &expect![[r#"
        {call,{subject,f,1},2}
        {return_from,{subject,f,1},2}
        return_to
        {call,{subject,f,1},raise}
        {exception_from,{subject,f,1},{error,wanted}}
        return_to
        {call,{subject,f,1},3.5}
        {return_from,{subject,f,1},3.5}
        return_to
    "#]],
    );
}

#[test]
fn a_third_with_whole_pairs() {
    on_every_release(|node| {
        let compiled = compiled(node, "subject:f", 1, Level::Returns, Timing::Off, Sampling::OneIn(3));
        let events = trace_with_word(node, 0, &compiled, "[[N] || N <- lists:seq(1, 8)]");
        expect![[r#"
            {call,{subject,f,1},1}
            {return_from,{subject,f,1},1}
            {call,{subject,f,1},5}
            {return_from,{subject,f,1},5}
            {call,{subject,f,1},8}
            {return_from,{subject,f,1},8}
        "#]]
        .assert_eq(&show(&events));
    });
}

#[test]
fn a_third_of_what_meets_the_condition() {
    on_every_release(|node| {
        let compiled =
            compiled(node, "subject:f(X) when X % 2 == 0", 1, Level::Calls, Timing::Off, Sampling::OneIn(3));
        let events = trace_with_word(node, 0, &compiled, "[[N] || N <- lists:seq(1, 20)]");
        expect![[r#"
            {call,{subject,f,1},2}
            {call,{subject,f,1},10}
            {call,{subject,f,1},16}
        "#]]
        .assert_eq(&show(&events));
    });
}

/// Each other call is of the same kind, as in the round of a server.
#[test]
fn a_sample_does_not_follow_the_rounds_of_what_is_traced() {
    on_every_release(|node| {
        let calls = "[[N rem 2] || N <- lists:seq(1, 2000)]";
        let compiled = compiled(node, "subject:f", 1, Level::Calls, Timing::Off, Sampling::OneIn(2));
        let events = show(&trace_with_word(node, 0, &compiled, calls));
        let of = |kind: &str| events.lines().filter(|line| line.ends_with(&format!("{kind}}}"))).count();
        expect!["(499, 477)"].assert_eq(&format!("{:?}", (of("0"), of("1"))));
    });
}

#[test]
fn as_many_as_there_are_credits() {
    on_every_release(|node| {
        let compiled = compiled(node, "subject:f", 1, Level::Returns, Timing::Off, Sampling::PerSecond(100));
        let events = trace_with_word(node, 2, &compiled, "[[N] || N <- lists:seq(1, 8)]");
        expect![[r#"
            {call,{subject,f,1},1}
            {return_from,{subject,f,1},1}
            {call,{subject,f,1},2}
            {return_from,{subject,f,1},2}
        "#]]
        .assert_eq(&show(&events));
    });
}

fn trace_with_word(node: &mut Node, word: u32, compiled: &Compiled, calls: &str) -> Vec<Term> {
    let flags = Term::list(compiled.process_flags.atoms().into_iter().map(Term::Atom));
    let (spec, flags) = (expression(&compiled.match_spec), expression(&flags));
    let events = eval(
        node,
        &format!("subject:with_word({word}, fun() -> subject:trace(1, {spec}, {flags}, {calls}) end)"),
    );
    events.as_list().expect("a list").to_vec()
}

#[test]
fn a_sharing_bomb_is_sent_in_a_few_words() {
    on_every_release(|node| {
        for (arity, calls) in
            [(1, "[[B]]"), (2, "[[B, {B}]]"), (6, "[[B, {B}, {B, 1}, #{B => B}, [B], fun() -> B end]]")]
        {
            let compiled = compiled(node, "subject:f", arity, Level::Calls, Timing::ReturnTo, Sampling::None);
            let calls = format!("fun() -> B = subject:bomb(), {calls} end");
            let events = trace(node, arity, &compiled, &calls);
            let mut bytes = Vec::new();
            encode_bare(&events[0], &mut bytes);
            assert!(bytes.len() < 60 + 40 * arity as usize, "{} bytes: {events:?}", bytes.len());
        }
    });
}

#[test]
fn the_erlang_fun_gives_the_same_shapes() {
    on_every_release(|node| {
        let pairs =
            eval(node, &format!("Shape = {}, [{{K, Shape(K)}} || K <- subject:kinds()]", shape::ERLANG_FUN));
        for pair in pairs.as_list().expect("a list") {
            let [term, wanted] = pair.as_tuple().expect("a pair") else { panic!("{pair:?}") };
            let (mut bytes, mut out) = (Vec::new(), Vec::new());
            encode_bare(term, &mut bytes);
            shape::shape_of(&mut Reader::new(&bytes, &Limits::default()), &mut out).expect("a term");
            assert_eq!(Reader::new(&out, &Limits::default()).term().as_ref(), Ok(wanted), "{term:?}");
        }
    });
}

/// What of these messages is traced when a process sends them, and when they are delivered to one.
fn messages(node: &mut Node, filter: Option<&MessageFilter>, patterns: &[MessagePattern]) -> [Term; 2] {
    let [send, deliver] = [Direction::Send, Direction::Deliver]
        .map(|direction| expression(&compile_message(direction, filter, patterns)));
    let messages = "[1, ok, 1 bsl 64, [1], [], {}, {order, 1}, {1, 2}, {order, 1, 2, 3}, #{}, #{1 => 1, 2 => 2}, \
        <<\"long\">>, <<1:3>>, fun lists:seq/2]";
    [("send", send), ("'receive'", deliver)].map(|(kind, spec)| {
        let (traced, other) = if kind == "send" { ("Sender", "Receiver") } else { ("Receiver", "Sender") };
        eval(node, &format!(
            "Receiver = spawn(fun() -> receive stop -> ok end end), \
             Sender = spawn(fun() -> receive go -> [Receiver ! M || M <- {messages}], receive stop -> ok end end end), \
             Sender ! go_away_first, {other} ! unused, \
             erlang:trace_pattern({kind}, {spec}, []), \
             erlang:trace({traced}, true, [{kind}]), \
             Sender ! go, \
             Wait = fun Wait() -> case process_info(Receiver, message_queue_len) of {{_, N}} when N < 14 -> erlang:yield(), Wait(); _ -> ok end end, Wait(), \
             Delivered = erlang:trace_delivered({traced}), \
             Collect = fun Collect() -> receive {{trace_delivered, _, Delivered}} -> []; \
                 {{trace, {traced}, _, M}} -> [M | Collect()]; {{trace, {traced}, _, M, _}} -> [M | Collect()] end end, \
             Kept = Collect(), \
             erlang:trace_pattern({kind}, true, []), exit(Sender, kill), exit(Receiver, kill), \
             Kept"
        ))
    })
}

#[test]
fn messages_are_kept_by_kind_and_size() {
    on_every_release(|node| {
        let filters = [
            MessageFilter::default(),
            MessageFilter {
                scalars: false,
                tuple_size_max: Some(2),
                first: Some(Atom::new("order")),
                map_size_max: None,
                binary_bytes_max: None,
                lists: false,
            },
            MessageFilter {
                scalars: false,
                tuple_size_max: None,
                first: None,
                map_size_max: Some(1),
                binary_bytes_max: Some(3),
                lists: true,
            },
        ];
        let mut out = String::new();
        for filter in &filters {
            let [sent, delivered] = messages(node, Some(filter), &[]);
            assert_eq!(sent, delivered);
            out += &format!("{sent:?}\n");
        }
        expect![[r#"
            [1,ok,[],{},{order,1},{1,2},{order,1,2,3},#{},#{1 => 1,2 => 2},<<"long">>]
            [{order,1}]
            [[1],[],#{}]
        "#]]
        .assert_eq(&out);
    });
}

#[test]
fn messages_are_kept_by_what_they_look_like() {
    on_every_release(|node| {
        let filter = MessageFilter::default();
        let cases: [(Option<&MessageFilter>, &[&str]); 7] = [
            (Some(&filter), &["{order, _}"]),
            (Some(&filter), &["{order, N} when N > 1", "{_, 2}"]),
            (Some(&filter), &["N when N >= 1"]),
            (Some(&filter), &["{:order, n, _, _} when n == 1", "\"long\""]),
            (Some(&filter), &["M when map_get(2, M) == 2", "{order, 2}", "ok"]),
            (None, &["L when is_list(L)", "F when is_function(F)"]),
            (Some(&filter), &["{order, _}", "_"]),
        ];
        let mut out = String::new();
        for (filter, texts) in cases {
            let patterns: Vec<MessagePattern> =
                texts.iter().map(|text| parse_message(text).expect("a pattern")).collect();
            let [sent, delivered] = messages(node, filter, &patterns);
            assert_eq!(sent, delivered);
            out += &format!("{}: {sent:?}\n", texts.join(" | "));
        }
        expect![[r#"
            {order, _}: [{order,1}]
            {order, N} when N > 1 | {_, 2}: [{1,2}]
            N when N >= 1: [1]
            {:order, n, _, _} when n == 1 | "long": [{order,1,2,3},<<"long">>]
            M when map_get(2, M) == 2 | {order, 2} | ok: [ok,#{1 => 1,2 => 2}]
            L when is_list(L) | F when is_function(F): [[1],[],fun lists:seq/2]
            {order, _} | _: [1,ok,[],{},{order,1},{1,2},{order,1,2,3},#{},#{1 => 1,2 => 2},<<"long">>]
        "#]]
        .assert_eq(&out);
    });
}
