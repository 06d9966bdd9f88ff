//! Whatever happens to `pluto`, or to what else traces the node, the node is as it was before.

use crate::support::{
    Running, command_on, each_release, events_of, free_port, run, run_on, shop, stable, text,
};
use expect_test::expect;
use pluto_testnode::{Node, NodeOptions, Release, releases, system_release};
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Takes and compares everything that could be left behind on a node.
const HARNESS: &str = include_str!("../../../agent/tests/harness.erl");
const SUBJECT: &str =
    "-module(subject).\n-export([place/2, stock/1]).\nplace(N, _) -> {ok, N}.\nstock(N) -> N + 1.\n";

/// A lease is three seconds; the rest is for a loaded machine.
const LEASE_MS: u32 = 8_000;

/// A node with load on it, whose state is remembered.
fn observed(release: &Release) -> Node {
    let arguments = ["-kernel", "logger_level", "critical"].map(str::to_owned).to_vec();
    let mut node = Node::start_with(release, NodeOptions { arguments, ..NodeOptions::default() });
    node.load_module(HARNESS);
    node.load_module(SUBJECT);
    // The node loads code of its own, such as crypto, when the first other node connects.
    run_on(&node, &["ping", node.name()]).ok();
    node.eval("harness:start_load(3, 100), harness:warm().");
    node
}

fn assert_as_before(node: &mut Node, when: &str) {
    let difference = node.eval(&format!("harness:clean({LEASE_MS})."));
    assert_eq!(difference, "clean", "OTP {}, {when}", node.release().otp());
}

/// All that can be set at once: call patterns of some hundred functions, messages, the life of processes.
const EVERYTHING: [&str; 12] = [
    "subject:_",
    "calendar:_",
    "string:_",
    "dict:_",
    "gb_trees:_",
    "filename:_",
    "--timing",
    "--send",
    "--deliver",
    "--life",
    "--force",
    "-o",
];

/// Kills recordings at moments spread over their whole course, and looks at the node after each. How many were armed.
fn kill_at_many_moments(release: &Release, rounds: u32, seed: f64) -> u32 {
    let mut node = observed(release);
    let dir = tempfile::tempdir().unwrap();
    let record = |node: &Node, round: u32| {
        let target = dir.path().join(round.to_string());
        Running::start(node, &[&["record", node.name()], &EVERYTHING[..], &[text(&target)]].concat())
    };
    let started = Instant::now();
    let mut first = record(&node, 0);
    first.says("armed in");
    let course = started.elapsed().mul_f64(1.5) + Duration::from_millis(200);
    first.kill();
    assert_as_before(&mut node, "killed when armed");
    let mut armed = 0;
    for round in 1..rounds {
        // Multiples of the golden ratio fill the course evenly, in no order.
        let moment = course.mul_f64((seed + f64::from(round) * 0.618_034).fract());
        let mut running = record(&node, round);
        std::thread::sleep(moment);
        running.kill();
        armed += u32::from(running.said().contains("armed in"));
        assert_as_before(&mut node, &format!("killed after {moment:?} of {course:?}"));
    }
    assert_eq!(
        run_on(&node, &["clean", node.name()]).ok(),
        format!("{}: nothing was left behind\n", node.name())
    );
    armed
}

#[test]
fn killed_at_any_moment_it_leaves_nothing_behind() {
    let mut kills = 0;
    let armed: u32 = std::thread::scope(|scope| {
        let mut nodes = Vec::new();
        for release in releases() {
            let (count, rounds) = if release == system_release() { (4, 13) } else { (1, 15) };
            for node in 0..count {
                let release = release.clone();
                kills += rounds;
                nodes
                    .push(scope.spawn(move || kill_at_many_moments(&release, rounds, f64::from(node) / 4.0)));
            }
        }
        nodes.into_iter().map(|node| node.join().unwrap()).sum()
    });
    assert!(armed > kills / 20 && armed < kills, "{armed} of {kills} were armed");
}

#[test]
fn a_recording_is_listed_adjusted_and_stopped_by_another_client() {
    each_release(|release| {
        let node = shop(release);
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("recording");
        let running =
            Running::armed(&node, &["record", node.name(), "shop_orders:total_price/2", "-o", text(&target)]);
        let listed = run_on(&node, &["list", node.name(), "--format", "json"]).ok();
        let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
        let about = &listed["pluto"][0]["about"];
        assert_eq!(
            [&about["phase"], &about["functions"], &about["processes"], &about["messages"]],
            [&"armed".into(), &1.into(), &serde_json::Value::Null, &serde_json::json!([])],
            "{listed}"
        );
        assert!(about["since_ms"].is_u64() && about["owner_node"].is_string(), "{listed}");
        let text = stable(&run_on(&node, &["list", node.name()]).whole(), &node);
        assert!(text.contains("  pluto     0 armed since 20"), "{text}");
        assert!(text.contains("Z: 1 function in all processes, "), "{text}");

        let adjust =
            ["adjust", node.name(), "--add", "shop_stock:reserve/2", "--remove", "shop_orders:total_price/2"];
        expect![[r#"
            status 0
            --- stdout
            NODE: now traced: shop_stock:reserve/2
            --- stderr
        "#]]
        .assert_eq(&stable(&run_on(&node, &adjust).whole(), &node));
        let refused = |arguments: &[&str]| {
            stable(&run_on(&node, &[&["adjust", node.name()], arguments].concat()).whole(), &node)
        };
        expect![[r#"
            status 2
            --- stdout
            --- stderr
            pluto: NODE: module shop_stok is not loaded on the node
            hint: did you mean shop_stock, shop_sup?
        "#]]
        .assert_eq(&refused(&["--add", "shop_stok:reserve/2"]));
        expect![[r#"
            status 2
            --- stdout
            --- stderr
            pluto: NODE: module shop_stock has no function reserv/2
            hint: did you mean reserve/2?
        "#]]
        .assert_eq(&refused(&["--add", "shop_stock:reserv/2"]));
        expect![[r#"
            status 2
            --- stdout
            --- stderr
            pluto: NODE: shop_orders:total_price/2 is none of the patterns that are traced
            hint: traced: shop_stock:reserve/2
        "#]]
        .assert_eq(&refused(&["--remove", "shop_orders:total_price/2"]));
        expect![[r#"
            status 0
            --- stdout
            NODE: 1 stopped; everything that was set was read back and is undone, the agent is unloaded
            --- stderr
        "#]]
        .assert_eq(&stable(&run_on(&node, &["stop", node.name()]).whole(), &node));
        let ran = running.wait();
        assert_eq!(ran.status, 0, "{}", ran.whole());
        assert!(ran.stderr.contains("another client stopped this trace\n"), "{}", ran.whole());
        assert!(ran.stdout.contains("; another client stopped it\n"), "{}", ran.whole());
        let manifest = std::fs::read_to_string(target.join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        assert_eq!(manifest["summary"]["ended"], "stopped");
        // What was traced when is in the recording.
        let stat = run(&["stat", target.to_str().unwrap()]).ok();
        let lines = stat.lines().skip(2).take(2).map(|line| match line.split_once("Z on ") {
            Some((_time, rest)) => format!("since TIME on {}\n", rest.replace(node.name(), "NODE")),
            None => format!("{line}\n"),
        });
        expect![[r#"
            level calls: shop_orders:total_price/2
            since TIME on NODE: shop_stock:reserve/2
        "#]]
        .assert_eq(&lines.collect::<String>());
        expect![[r#"
            status 0
            --- stdout
            NODE: no trace of Pluto is running
            --- stderr
        "#]]
        .assert_eq(&stable(&run_on(&node, &["stop", node.name()]).whole(), &node));
        expect![[r#"
            status 2
            --- stdout
            --- stderr
            pluto: NODE: no trace of Pluto is running
            hint: see `pluto list`
        "#]]
        .assert_eq(&stable(&run_on(&node, &["adjust", node.name(), "--add", "lists:_"]).whole(), &node));
        expect![[r#"
            status 0
            --- stdout
            NODE: OTP N
              nothing traces this node
            --- stderr
        "#]]
        .assert_eq(
            &stable(&run_on(&node, &["list", node.name()]).whole(), &node)
                .replace(&format!("OTP {}", release.otp()), "OTP N"),
        );
    });
}

#[test]
fn what_a_dead_tracer_left_is_shown_and_removed_on_request() {
    let mut node = shop(&system_release());
    node.eval(
        "{P, M} = spawn_monitor(fun() -> erlang:trace_pattern({shop_stock, reserve, 2}, [{'_', [], [{return_trace}]}], [local]), \
           erlang:trace(whereis(shop_stock), true, [call]) end), receive {'DOWN', M, _, P, _} -> ok end.",
    );
    let clean = |arguments: &[&str]| {
        stable(&run_on(&node, &[&["clean", node.name()], arguments].concat()).whole(), &node)
    };
    expect![[r#"
        status 1
        --- stdout
        found the trace pattern of shop_stock:reserve/2, whose tracer is gone
        --remove removes this
        --- stderr
    "#]]
    .assert_eq(&clean(&[]));
    let mut seen = command_on(&node, &["trace", node.name(), "shop_orders:total_price/2", "--events", "1"]);
    let seen = crate::support::Ran::from(seen.output().unwrap());
    assert!(seen.stderr.contains("patterns of a tracer that is gone on 1 function"), "{}", seen.whole());
    expect![[r#"
        status 0
        --- stdout
        removed the trace pattern of shop_stock:reserve/2, whose tracer is gone
        --- stderr
    "#]]
    .assert_eq(&clean(&["--remove"]));
    expect![[r#"
        status 0
        --- stdout
        NODE: nothing was left behind
        --- stderr
    "#]]
    .assert_eq(&clean(&[]));
}

/// What looks at the whole node calls a function for each module: that is our doing, and no event.
#[test]
fn looking_at_a_node_is_not_traced() {
    each_release(|release| {
        let node = shop(release);
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("recording");
        let running = Running::armed(
            &node,
            &["record", node.name(), "lists:sublist/2", "--force", "-o", text(&target)],
        );
        let _listed = run_on(&node, &["list", node.name()]).ok();
        running.signal("INT");
        let ran = running.wait();
        assert_eq!(ran.status, 0, "{}", ran.whole());
        let calls = events_of(text(&target), &["--kind", "call"]).len();
        assert!(calls < 20, "{calls} calls");
    });
}

#[test]
fn another_pluto_is_told_from_another_tool() {
    for release in releases().into_iter().filter(|release| release.otp() < 27) {
        let node = shop(&release);
        let _running = Running::armed(&node, &["trace", node.name(), "shop_orders:place_order/2"]);
        let ran = run_on(&node, &["trace", node.name(), "shop_orders:total_price/2", "--events", "1"]);
        expect![[r#"
            status 2
            --- stdout
            --- stderr
            pluto: NODE: another Pluto is tracing (session 0)
            hint: before OTP 27 a node has one tracer at a time; `pluto list` tells whose it is, `pluto adjust` changes what it traces, `pluto stop` ends it
        "#]]
        .assert_eq(&stable(&ran.whole(), &node));
    }
}

#[test]
fn sessions_of_other_tools_are_listed_and_left_alone() {
    for release in releases().into_iter().filter(|release| release.otp() >= 27) {
        let mut node = shop(&release);
        node.eval(
            "register(other, spawn(fun() -> T = spawn(fun L() -> receive _ -> L() end end), \
               S = trace:session_create(their_session, T, []), \
               1 = trace:process(S, whereis(shop_stock), true, [call]), \
               1 = trace:function(S, {shop_stock, reserve, 2}, true, [local]), \
               receive {settings, P} -> P ! {trace:info(S, whereis(shop_stock), flags), \
                 trace:info(S, {shop_stock, reserve, 2}, all)} end end)), ok.",
        );
        let running = Running::armed(&node, &["trace", node.name(), "shop_orders:place_order/2"]);
        let list = || run_on(&node, &["list", node.name()]).ok();
        let listed = list();
        assert!(listed.contains("\n  pluto     0 armed since 20"), "{listed}");
        running.signal("INT");
        assert_eq!(running.wait().status, 0);
        expect![[r#"
            NODE: OTP N
              session   their_session
        "#]]
        .assert_eq(&list().replace(node.name(), "NODE").replace(&release.otp().to_string(), "N"));
        let json: serde_json::Value =
            serde_json::from_str(&run_on(&node, &["list", node.name(), "--format", "json"]).ok()).unwrap();
        assert_eq!(json["sessions"], serde_json::json!(["their_session"]), "{json}");
        assert_eq!(run_on(&node, &["clean", node.name(), "--remove"]).status, 0);
        let settings = node.eval(
            "other ! {settings, self()}, receive {F, A} -> {F, lists:keyfind(traced, 1, element(2, A))} end.",
        );
        assert_eq!(settings, "{{flags,[call]},{traced,local}}");
    }
}

#[test]
fn another_tool_that_traces_is_left_alone() {
    for release in releases().into_iter().filter(|release| release.otp() < 27) {
        let mut node = shop(&release);
        let set = node.eval(
            "register(tracer, spawn(fun T() -> receive stop -> ok; _ -> T() end end)), \
             erlang:trace(whereis(shop_stock), true, [call, {tracer, whereis(tracer)}]), \
             erlang:trace_pattern({shop_stock, reserve, 2}, true, [local]), \
             {erlang:trace_info(whereis(shop_stock), flags), erlang:trace_info({shop_stock, reserve, 2}, all)}.",
        );
        let ran = run_on(&node, &["trace", node.name(), "shop_orders:total_price/2", "--events", "1"]);
        expect![[r#"
            status 2
            --- stdout
            --- stderr
            pluto: NODE: another tool is tracing (<0.PID> is traced by <0.PID>)
            hint: before OTP 27 a node has one tracer at a time; stop the other one first, see `pluto list`
        "#]]
        .assert_eq(&stable(&ran.whole(), &node));
        let list = stable(&run_on(&node, &["list", node.name()]).whole(), &node);
        expect![[r#"
            status 0
            --- stdout
            NODE: OTP N
              tracer    <0.PID> of 1 process
              pattern   shop_stock:reserve/2 (traced)
            --- stderr
        "#]]
        .assert_eq(&list.replace(&format!("OTP {}", release.otp()), "OTP N"));
        let after = node.eval(
            "{erlang:trace_info(whereis(shop_stock), flags), erlang:trace_info({shop_stock, reserve, 2}, all)}.",
        );
        assert_eq!(after, set);
    }
}

#[test]
fn a_node_that_dies_leaves_a_recording_with_a_gap() {
    each_release(|release| {
        let mut node = shop(release);
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("recording");
        let mut running =
            Running::armed(&node, &["record", node.name(), "shop_orders:_", "-o", text(&target)]);
        // What was made last is seen by others: then there is something to lose.
        let recorded = || {
            let shown = run_on(&node, &["show", text(&target), "--function", "shop_orders:total_price"]);
            shown.status == 0 && shown.stdout.contains("total_price")
        };
        let deadline = Instant::now() + crate::support::HANGS;
        while !recorded() {
            assert!(Instant::now() < deadline, "nothing is recorded: {}", running.said());
        }
        node.kill();
        let ran = running.wait();
        assert_eq!(ran.status, 2, "{}", ran.whole());
        // From the last event on, until the loss was noticed.
        let all = run(&["show", text(&target), "--format", "jsonl", "--limit", "0"]).ok();
        let all = crate::support::json_lines(&all);
        let (gap, events) = all.split_last().unwrap();
        assert_eq!(crate::support::field(gap, "cause"), "connection lost", "{gap}");
        assert_eq!(gap["since_ns"], events.last().unwrap()["time_ns"], "{gap}");
        assert!(gap["time_ns"].as_i64() > gap["since_ns"].as_i64(), "{gap}");
        let stat = run(&["stat", text(&target)]).ok();
        assert!(stat.contains("shop_orders:total_price/2"), "{}\n{stat}", ran.whole());
    });
}

#[test]
fn a_closed_pipe_does_not_hide_a_node_that_is_not_clean() {
    let mut node = shop(&system_release());
    // Nothing is traced that is called, so that the first thing to write is the gap of the lost connection.
    let mut command = command_on(&node, &["trace", node.name(), "shop:start/0"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("armed in") {
        line.clear();
        assert_ne!(said.read_line(&mut line).unwrap(), 0, "not armed");
    }
    node.kill();
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    let status = child.wait().unwrap().code();
    let undone = format!(
        "{}: the connection to the node was lost; the agent undoes everything by itself\n",
        node.name()
    );
    assert_eq!(status, Some(2), "{rest}");
    assert!(rest.ends_with(&undone), "{rest}");
}

#[test]
fn a_node_that_hangs_is_given_up() {
    // Nothing is said on the port: the connection is made, and nobody answers.
    let port = free_port();
    let listener = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let address = format!("localhost:{port}");
    let mut command = crate::support::command(&["ping", &address, "--connect-timeout", "300ms"]);
    let ran = crate::support::Ran::from(command.env("PLUTO_COOKIE", "any").output().unwrap());
    drop(listener);
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: no answer in time while waiting for the node to accept our name
        hint: Is the node overloaded, suspended, or behind a slow network? A node with TLS distribution needs the --tls options.
    "#]].assert_eq(&ran.whole().replace(&port.to_string(), "PORT"));
}
