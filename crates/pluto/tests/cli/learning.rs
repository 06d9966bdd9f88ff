//! Match specs that are changed to what a function is called with, while it is called: nothing is lost by it.

use crate::support::{HANGS, Running, each_release, field, json_lines, run_on, text};
use pluto_testnode::{Node, Release};
use std::time::Instant;

/// Calls in one thousand, a rest after each, so that several are made by each match spec there ever is.
const CALLS: usize = 100_000;

/// `one/2` gets a number and a term whose kind depends on the number, `two/2` an atom and a process, `three/1` a map
/// of a size that changes in the middle. So each of the forms in which a call can be sent is learned, and unlearned.
const SUBJECT: &str = "-module(learn).
-export([start/0, one/2, two/2, three/1]).

start() -> register(learner, spawn(fun() -> run(0) end)), ok.

run(N) -> receive {to, Calls, From} -> loop(N, Calls), From ! done, run(Calls) end.

loop(Calls, Calls) -> ok;
loop(N, Calls) ->
    case N rem 1000 of 0 -> receive after 5 -> ok end; _ -> ok end,
    one(N, kind(N)),
    case N rem 4 of
        0 -> two(name(N), self());
        1 -> three(maps:from_list([{K, N} || K <- lists:seq(1, keys(N))]));
        _ -> ok
    end,
    loop(N + 1, Calls).

one(_, _) -> ok.
two(_, _) -> ok.
three(_) -> ok.

name(N) when N < 50000; N rem 9 =:= 0 -> placed;
name(_) -> sent.

keys(N) when N < 50000 -> 3;
keys(N) -> N rem 7.

kind(N) when N rem 10 < 7, N < 50000 -> {order, N, N};
kind(N) when N rem 10 < 7 -> binary:copy(<<N>>, 1000 + N rem 3);
kind(N) when N rem 10 =:= 7 -> -N;
kind(N) when N rem 10 =:= 8 -> [N];
kind(N) -> {N, order}.
";

/// The arguments as they are to be shown, each call with its function.
fn expected(worker: &str) -> Vec<String> {
    let mut calls = Vec::new();
    for n in 0..CALLS {
        let early = n < 50_000;
        let kind = match n % 10 {
            0..7 if early => "{order,…/3}".to_owned(),
            0..7 => format!("<<…{} bytes>>", 1000 + n % 3),
            7 => format!("-{n}"),
            8 => "[…]".to_owned(),
            _ => "{…/2}".to_owned(),
        };
        calls.push(format!("one [{n},{kind}]"));
        match (n % 4, early) {
            (0, _) => {
                let name = if early || n % 9 == 0 { "placed" } else { "sent" };
                calls.push(format!("two [{name},{worker}]"));
            }
            (1, true) => calls.push("three [#{…3}]".to_owned()),
            (1, false) if n % 7 == 0 => calls.push("three [#{}]".to_owned()),
            (1, false) => calls.push(format!("three [#{{…{}}}]", n % 7)),
            _ => {}
        }
    }
    calls
}

/// Waits until the node has so many clauses for the functions.
fn has_clauses(node: &mut Node, wanted: &str) {
    let of = if node.release().otp() < 27 {
        "Of = fun(F) -> {match_spec, S} = erlang:trace_info(F, match_spec), length(S) end"
    } else {
        "Sessions = trace:session_info(all) -- [{legacy, default}], \
         Of = fun(F) -> lists:sum([length(S) || Session <- Sessions, {match_spec, S} <- [trace:info(Session, F, match_spec)], \
            is_list(S)]) end"
    };
    let all = "[Of({learn, F, A}) || {F, A} <- [{one, 2}, {two, 2}, {three, 1}]]";
    let deadline = Instant::now() + HANGS;
    loop {
        let now = node.eval(&format!("{of}, {all}."));
        if now == wanted {
            return;
        }
        assert!(Instant::now() < deadline, "OTP {}: {now} is not {wanted}", node.release().otp());
    }
}

fn check(release: &Release) {
    let mut node = Node::start(release);
    node.load_module(SUBJECT);
    node.eval("learn:start().");
    let worker = node.eval("pid_to_list(whereis(learner)).").replace('"', "");
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("recording");
    let mut arguments = vec!["record", node.name(), "learn:one", "learn:two", "learn:three", "--force"];
    arguments.extend([
        "--max-events-per-s",
        "10000000",
        "--max-bytes-per-s",
        "1000000000",
        "--max-cpu",
        "2000%",
    ]);
    arguments.extend(["--max-queue", "10000000", "-o", text(&target)]);
    let running = Running::armed(&node, &arguments);
    for (calls, clauses) in
        [(0, "[3,3,4]"), (CALLS / 4, "[4,4,5]"), (CALLS * 3 / 4, "[5,5,6]"), (CALLS, "[5,5,6]")]
    {
        node.eval(&format!("learner ! {{to, {calls}, self()}}, receive done -> ok end."));
        has_clauses(&mut node, clauses);
        if calls == CALLS / 4 {
            // A user changes the trace: what was learned is kept, and learned of again.
            for change in ["--remove", "--add"] {
                run_on(&node, &["adjust", node.name(), change, "learn:two"]).ok();
            }
            has_clauses(&mut node, clauses);
        }
    }
    running.signal("INT");
    let ended = running.wait();
    assert!(ended.stdout.contains("nothing is left behind"), "{}", ended.whole());
    let shown = run_on(&node, &["show", text(&target), "--limit", "0", "--format", "jsonl"]).ok();
    let (calls, rest): (Vec<_>, Vec<_>) =
        json_lines(&shown).into_iter().partition(|event| field(event, "kind") == "call");
    // A user's change is told as a gap; what was learned is not.
    let rest: Vec<&str> = rest.iter().map(|event| field(event, "kind")).collect();
    assert_eq!(rest, ["gap", "gap"]);
    let shown: Vec<String> =
        calls.iter().map(|event| format!("{} {}", field(event, "function"), field(event, "term"))).collect();
    let expected = expected(&worker);
    let differs = shown.iter().zip(&expected).position(|(shown, expected)| shown != expected);
    let around = |lines: &[String]| differs.and_then(|at| lines.get(at).cloned());
    assert_eq!((shown.len(), around(&shown)), (expected.len(), around(&expected)), "at {differs:?}");
}

#[test]
fn no_call_is_lost_while_match_specs_change() {
    each_release(check);
}
