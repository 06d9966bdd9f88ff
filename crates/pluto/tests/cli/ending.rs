//! A trace that is changed or ended by something else than its owner, and what is said of it.

use crate::support::{
    Ran, Running, between, calling_all_the_time, each_release, run, run_on, shop, stable, text,
};
use expect_test::expect;
use pluto_testnode::{Node, releases, system_release};

/// Kills one process of the agent, by its registered name or by the function that it runs.
fn kill_agent_process(node: &mut Node, function: &str) {
    let killed = node.eval(&format!(
        "[exit(P, kill) || P <- processes(), {{initial_call, {{pluto_agent_0, {function}, 1}}}} <- [process_info(P, initial_call)]]."
    ));
    assert_eq!(killed, "[true]");
}

/// What a trace says when it has ended: why, and what became of the node.
fn end_of(ran: &Ran, node: &Node) -> String {
    let said = stable(&ran.stderr, node);
    let lines = said.lines().skip_while(|line| !line.starts_with(|c: char| c.is_ascii_digit()));
    let (mut out, mut lines) = (format!("status {}\n", ran.status), lines);
    let (_events, why) = lines.next().and_then(|line| line.split_once("; ")).expect("a reason");
    // Whether anything is missing is a question of time.
    for line in std::iter::once(why).chain(lines.filter(|line| !line.contains("known to be missing"))) {
        out += &format!("{line}\n");
    }
    between(&out, "; ", " events in a second", "N")
}

#[test]
fn what_a_limit_has_switched_off_is_proven_to_be_undone() {
    each_release(|release| {
        let node = shop(release);
        let limit = ["--max-events-per-s", "5", "--force"];
        let tripped = [&["trace", node.name(), "shop_orders:place_order/2"], &limit[..]].concat();
        let ran = run_on(&node, &tripped);
        expect![[r#"
            status 0
            a limit switched tracing off
            NODE: nothing is left behind (1 function and N processes read back, agent unloaded); N events in a second, over the limit of 5
        "#]]
        .assert_eq(&end_of(&ran, &node));
    });
}

#[test]
fn an_agent_that_dies_is_told_with_what_is_known() {
    each_release(|release| {
        let mut node = shop(release);
        let trace = ["trace", node.name(), "shop_orders:place_order/2"].map(str::to_owned);
        let trace: Vec<&str> = trace.iter().map(String::as_str).collect();
        let running = Running::armed(&node, &trace);
        kill_agent_process(&mut node, "sink");
        expect![[r#"
            status 0
            no node was left to trace
            NODE: nothing is left behind (1 function and N processes read back, agent unloaded)
        "#]]
        .assert_eq(&end_of(&running.wait(), &node));

        let running = Running::armed(&node, &trace);
        kill_agent_process(&mut node, "guardian");
        expect![[r#"
            status 2
            no node was left to trace
            NODE: the agent ended by itself, and it is not proven that nothing is left; see `pluto list` and `pluto clean`
        "#]]
        .assert_eq(&end_of(&running.wait(), &node));

        let running = Running::armed(&node, &trace);
        running.signal("STOP");
        wait_for_no_agent(&mut node);
        running.signal("CONT");
        expect![[r#"
            status 0
            the agent heard nothing of this side for too long
            NODE: nothing is left behind (1 function and N processes read back, agent unloaded); nothing was heard of this side for 3000 ms
        "#]]
        .assert_eq(&end_of(&running.wait(), &node));
    });
}

/// Waits until the agent is gone from the node.
fn wait_for_no_agent(node: &mut Node) {
    node.eval("W = fun W() -> case whereis(pluto_agent_0) =:= undefined andalso not erlang:module_loaded(pluto_agent_0) of true -> ok; false -> receive after 20 -> W() end end end, W().");
}

#[test]
fn a_trace_is_stopped_whatever_its_owner_does() {
    each_release(|release| {
        let node = shop(release);
        let running = Running::armed(&node, &["trace", node.name(), "shop_orders:place_order/2"]);
        running.signal("STOP");
        expect![[r#"
            status 0
            --- stdout
            NODE: 1 stopped; everything that was set was read back and is undone, the agent is unloaded
            --- stderr
        "#]]
        .assert_eq(&stable(&run_on(&node, &["stop", node.name()]).whole(), &node));
        running.signal("CONT");
        let ran = running.wait();
        assert!(ran.stderr.contains("another client stopped this trace\n"), "{}", ran.whole());
        expect![[r#"
            status 0
            another client stopped it
            NODE: nothing is left behind (1 function and N processes read back, agent unloaded)
        "#]]
        .assert_eq(&end_of(&ran, &node));
    });
}

#[test]
fn an_owner_that_is_stopped_changes_nothing() {
    each_release(|release| {
        let node = shop(release);
        let running = Running::armed(&node, &["trace", node.name(), "shop_orders:place_order/2"]);
        running.signal("STOP");
        let adjust = ["adjust", node.name(), "--add", "shop_stock:reserve/2"];
        expect![[r#"
            status 2
            --- stdout
            --- stderr
            pluto: NODE: the trace has ended before its owner answered
            hint: an agent without an owner undoes everything by itself within its lease; see `pluto list`
        "#]]
        .assert_eq(&stable(&run_on(&node, &adjust).whole(), &node));
        running.signal("CONT");
    });
}

#[test]
fn a_function_whose_name_stands_for_all_is_refused_by_name() {
    each_release(|release| {
        let mut node = shop(release);
        node.load_module("-module(odd).\n-export(['_'/1]).\n'_'(N) -> N.\n");
        expect![[r#"
            status 2
            --- stdout
            --- stderr
            pluto: NODE: odd:'_'/1 cannot be traced: to the VM '_' stands for every function of the module
            hint: the other functions of the module can be traced by their names
        "#]]
        .assert_eq(&stable(&run_on(&node, &["trace", node.name(), "odd:'_'/1"]).whole(), &node));
        node.load_module("-module(odd).\n-export(['_'/1, f/1]).\n'_'(N) -> N.\nf(N) -> N.\n");
        expect![[r#"
            status 0
            --- stdout
            --- stderr
            NODE: odd:'_'/1 is left out: to the VM '_' stands for every function
            NODE: tracing 1 function in N processes, armed in N ms; Ctrl-C ends it
            0 events; time is over
            NODE: nothing is left behind (1 function and N processes read back, agent unloaded)
        "#]]
        .assert_eq(&stable(
            &run_on(&node, &["trace", node.name(), "odd:_", "--duration", "100ms"]).whole(),
            &node,
        ));
    });
}

#[test]
fn several_patterns_of_a_function_are_alternatives() {
    each_release(|release| {
        let node = shop(release);
        let trace = [
            "trace",
            node.name(),
            "shop_orders:total_price(_, 12)",
            "shop_orders:total_price(_, N) when N < 4",
        ];
        let ran = run_on(&node, &[&trace[..], &["--events", "6", "--format", "jsonl"]].concat()).ok();
        let mut terms: Vec<String> = crate::support::json_lines(&ran)
            .iter()
            .map(|event| crate::support::field(event, "term").to_owned())
            .collect();
        terms.sort();
        terms.dedup();
        assert_eq!(terms, ["[30,12]", "[30,3]"]);
        let one = ["shop_orders:total_price(_, 12)", "shop_orders:total_price(_, 13)", "--events", "4"];
        let ran = run_on(&node, &[&["trace", node.name()], &one[..]].concat()).ok();
        assert!(ran.lines().all(|line| line.ends_with("(30, 12)")), "{ran}");
    });
}

#[test]
fn what_is_added_to_a_trace_passes_its_checks_and_is_no_stranger() {
    each_release(|release| {
        let mut node = shop(release);
        calling_all_the_time(&mut node);
        // Nobody calls this, so that nothing is over a limit that what is added is over by far.
        let trace = ["trace", node.name(), "shop:start/0", "--max-events-per-s", "100"];
        let mut running = Running::armed(&node, &trace);
        let adjust = |arguments: &[&str]| {
            let ran = run_on(&node, &[&["adjust", node.name()], arguments].concat());
            between(&stable(&ran.whole(), &node), "predicted ", " events/s", "N")
        };
        expect![[r#"
            status 2
            --- stdout
            --- stderr
            pluto: NODE: predicted N events/s, over the limit of 100
            hint: narrow the pattern, sample with --rate 1/100 or --rate 500/s, raise the limit, or use --force
        "#]]
        .assert_eq(&adjust(&["--add", "shop_cache:price/1"]));
        expect![[r#"
            status 0
            --- stdout
            NODE: now traced: shop_cache:price/1
            --- stderr
        "#]]
        .assert_eq(&adjust(&["--add", "shop_cache:price/1", "--remove", "shop:start/0", "--force"]));
        // Nothing else is left to trace, so the limit itself ends it.
        running.says("read back");
        let ran = running.wait();
        assert!(!ran.stderr.contains("leftover patterns"), "{}", ran.whole());
        assert!(ran.stderr.contains("(2 functions and "), "{}", ran.whole());
    });
}

/// Somebody who destroys all trace sessions of a node destroys ours: what is changed next is refused half-way.
#[test]
fn a_change_that_is_refused_half_way_leaves_what_was_traced_before() {
    for release in releases().into_iter().filter(|release| release.otp() >= 27) {
        let mut node = shop(&release);
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("recording");
        let record = ["record", node.name(), "--send", "--process", "shop_orders", "-o", text(&target)];
        let mut running = Running::armed(&node, &record);
        node.eval(
            "[trace:session_destroy(S) || S <- trace:session_info(all), \
               lists:prefix(\"pluto_agent\", atom_to_list(element(1, S)))], ok.",
        );
        let adjust = ["adjust", node.name(), "--add", "shop_orders:total_price/2", "--force"];
        expect![[r#"
            status 2
            --- stdout
            --- stderr
            pluto: NODE: the node refuses the match specification of {shop_orders,total_price,2}
            hint: what was traced before is traced again, after a gap
        "#]]
        .assert_eq(&stable(&run_on(&node, &adjust).whole(), &node));
        running.says("what was traced before is traced again");
        // The messages of one order more are in the recording, after the gap.
        node.eval("{ok, _} = shop_orders:place_order(1, #{item => apple, quantity => 1, card => {visa, <<\"1\">>}}).");
        running.signal("INT");
        let ran = running.wait();
        assert_eq!(ran.status, 0, "{}", ran.whole());
        let shown = run(&["show", text(&target), "--limit", "0"]).ok();
        let (_, after) = shown.split_once("gap (adjusted)").expect("a gap");
        assert!(after.contains("send to shop_stock"), "{shown}");
    }
}

#[test]
fn large_terms_are_looked_at_before_they_are_added() {
    each_release(|release| {
        let node = shop(release);
        let arguments = ["trace", node.name(), "shop_orders:total_price(_, 99)", "--level", "full"];
        let _running = Running::armed(&node, &arguments);
        let ran = run_on(&node, &["adjust", node.name(), "--add", "shop_orders:place_order/2"]);
        let ran = stable(&ran.whole(), &node);
        let refused = if release.otp() < 27 {
            "pluto: NODE: terms cannot be looked at before they are copied whole while a trace runs on this release\n"
        } else {
            "pluto: NODE: shop_orders:place_order/2 is likely to carry large terms: "
        };
        assert!(ran.contains(refused), "{ran}");
        assert!(
            ran.ends_with("hint: --level calls shows shapes safely; --force copies the terms whole\n"),
            "{ran}"
        );
    });
}

#[test]
fn bytes_are_predicted_by_arity_where_their_number_is_bounded() {
    let node = shop(&system_release());
    let dry = |arguments: &[&str]| {
        let all = [&["trace", node.name(), "shop_orders:total_price/2", "--dry-run"], arguments].concat();
        let ran = stable(&run_on(&node, &all).whole(), &node);
        let mut text: String = ran.split_inclusive('\n').map(str::trim_start).collect();
        for (before, after) in [
            ("NODE\n", " calls/s"),
            (": ", " events/s"),
            ("events/s, ", " kB/s"),
            ("predicted ", " bytes/s"),
            (", ", " %"),
        ] {
            text = between(&text, before, after, "N");
        }
        text
    };
    expect![[r#"
        status 0
        --- stdout
        NODE
        N calls/s  shop_orders:total_price/2
        predicted: N events/s, N kB/s, N % of a core of the node
        --- stderr
    "#]]
    .assert_eq(&dry(&[]));
    // At the levels without a bound one call is looked at, unless the size does not matter.
    for level in ["returns", "full"] {
        expect![[r#"
            status 0
            --- stdout
            NODE
            N calls/s  shop_orders:total_price/2
            predicted: N events/s, N kB/s, N % of a core of the node
            --- stderr
        "#]]
        .assert_eq(&dry(&["--level", level]));
        expect![[r#"
            status 0
            --- stdout
            NODE
            N calls/s  shop_orders:total_price/2
            predicted: N events/s, bytes unknown (terms are copied whole), N % of a core of the node
            --- stderr
        "#]]
        .assert_eq(&dry(&["--level", level, "--force"]));
    }
    expect![[r#"
        status 2
        --- stdout
        NODE
        N calls/s  shop_orders:total_price/2
        predicted: N events/s, N kB/s, N % of a core of the node
        --- stderr
        pluto: NODE: predicted N bytes/s, over the limit of 1000
        hint: narrow the pattern, sample with --rate 1/100 or --rate 500/s, raise the limit, or use --force
    "#]]
    .assert_eq(&dry(&["--max-bytes-per-s", "1kB"]));
}

#[test]
fn large_values_are_refused_by_their_size_and_their_rate() {
    each_release(|release| {
        let mut node = shop(release);
        node.load_module(
            "-module(large).\n-export([f/1, g/1]).\nf(B) -> byte_size(B).\ng(N) -> binary:copy(<<N>>, 20000).\n",
        );
        node.eval(
            "spawn(fun() -> B = binary:copy(<<7>>, 20000), L = fun L() -> large:f(B), large:g(7), \
               receive after 5 -> L() end end, L() end), ok.",
        );
        let trace = |arguments: &[&str]| {
            let limit = ["--max-bytes-per-s", "100kB", "--events", "2"];
            let ran = run_on(&node, &[&["trace", node.name()], arguments, &limit[..]].concat());
            (ran.status, between(&stable(&ran.stderr, &node), "predicted ", " bytes/s", "N"))
        };
        let refused = "pluto: NODE: predicted N bytes/s, over the limit of 100000\nhint: narrow the pattern, sample \
            with --rate 1/100 or --rate 500/s, raise the limit, or use --force\n";
        assert_eq!(trace(&["large:f/1", "--level", "full"]), (2, refused.to_owned()));
        assert_eq!(trace(&["large:g/1", "--level", "returns"]), (2, refused.to_owned()));
        // Few of them are no harm, nor are those that are not copied.
        assert_eq!(trace(&["large:g/1", "--level", "returns", "--rate", "1/s"]).0, 0);
        assert_eq!(trace(&["large:f/1"]).0, 0);
    });
}

#[test]
fn what_is_called_often_and_never_seen_is_refused() {
    each_release(|release| {
        let mut node = shop(release);
        node.load_module("-module(large).\n-export([f/1]).\nf(B) -> byte_size(B).\n");
        // It calls while one agent counts, and not while a second one looks.
        node.eval(
            "spawn(fun W() -> case length([P || P <- processes(), {initial_call, {_, guardian, 1}} <- \
             [process_info(P, initial_call)]]) of 1 -> large:f(<<7>>); _ -> ok end, receive after 5 -> W() end end), ok.",
        );
        let seen = |arguments: &[&str]| {
            let limits = ["--max-bytes-per-s", "1MB", "--events", "1"];
            let ran = run_on(&node, &[&["trace", node.name(), "large:f/1"], arguments, &limits[..]].concat());
            let text = between(&stable(&ran.stderr, &node), "is called ", " times/s", "N");
            (ran.status, text)
        };
        let refused = "pluto: NODE: large:f/1 is called N times/s, and no call was seen in 3 s that would tell its size\n\
            hint: ask again when the node has time, or --level calls, which copies nothing large; --force goes on unseen\n";
        assert_eq!(seen(&["--level", "full"]), (2, refused.to_owned()));
        // So few of them would be no harm, however large.
        assert_eq!(seen(&["--level", "full", "--rate", "1/s"]).0, 0);
        assert_eq!(seen(&["--level", "full", "--force"]).0, 0);
    });
}

#[test]
fn arguments_that_are_too_large_are_left_out_and_their_call_is_kept() {
    each_release(|release| {
        let mut node = shop(release);
        node.load_module("-module(large).\n-export([f/2]).\nf(_, L) -> length(L).\n");
        node.eval(
            "spawn(fun() -> L = fun L() -> large:f(1, lists:seq(1, 100000)), receive after 50 -> L() end end, L() end), ok.",
        );
        let ran = run_on(
            &node,
            &["trace", node.name(), "large:f/2", "--level", "full", "--events", "1", "--force"],
        );
        let line = stable(&ran.ok(), &node);
        expect!["TIME <0.PID> large:f/2 (left out: N bytes)\n"].assert_eq(&between(
            &line,
            "left out: ",
            " bytes",
            "N",
        ));
    });
}

#[test]
fn an_agent_that_dies_during_a_command_is_noticed() {
    each_release(|release| {
        let mut node = shop(release);
        // It dies while the calls are counted.
        node.eval(
            "spawn(fun W() -> case [P || P <- processes(), {initial_call, {pluto_agent_0, guardian, 1}} <- \
             [process_info(P, initial_call)]] of [P] -> receive after 50 -> exit(P, kill) end; \
             [] -> receive after 5 -> W() end end end), ok.",
        );
        expect![[r#"
            status 2
            --- stdout
            --- stderr
            pluto: NODE: the agent on the node has ended
            hint: `pluto list` shows what traces the node, `pluto clean` what was left behind
        "#]]
        .assert_eq(&stable(
            &run_on(&node, &["trace", node.name(), "shop_orders:place_order/2"]).whole(),
            &node,
        ));
    });
}

#[test]
fn each_limit_is_a_gap_of_its_own_cause() {
    each_release(|release| {
        let mut node = shop(release);
        let dir = tempfile::tempdir().unwrap();
        let causes = |name: &str| {
            let dir = dir.path().join(name);
            let shown = run(&["show", text(&dir), "--kind", "gap", "--format", "jsonl"]).ok();
            let mut causes: Vec<String> = crate::support::json_lines(&shown)
                .iter()
                .map(|gap| crate::support::field(gap, "cause").to_owned())
                .collect();
            causes.dedup();
            causes
        };
        for (limit, expected) in
            [(["--max-events-per-s", "5"], "event limit"), (["--max-bytes-per-s", "50"], "byte limit")]
        {
            let target = dir.path().join(expected);
            let record = ["record", node.name(), "shop_orders:total_price/2", "--force", "-o", text(&target)];
            let ran = run_on(&node, &[&record[..], &limit].concat());
            assert_eq!(ran.status, 0, "{}", ran.whole());
            assert!(ran.stderr.contains("tracing was switched off"), "{}", ran.whole());
            assert_eq!(causes(expected), [expected]);
        }
        let target = dir.path().join("overload");
        let record = ["record", node.name(), "shop_orders:total_price/2", "--max-queue", "1"];
        let mut running = Running::armed(&node, &[&record[..], &["-o", text(&target)]].concat());
        // The sink cannot run while it is suspended: its queue fills.
        let sink = "hd([P || P <- processes(), {initial_call, {pluto_agent_0, sink, 1}} <- [process_info(P, initial_call)]])";
        node.eval(&format!("put(sink, {sink}), erlang:suspend_process(get(sink))."));
        running.says("tracing was switched off");
        node.eval("catch erlang:resume_process(get(sink)).");
        assert_eq!(running.wait().status, 0);
        assert_eq!(causes("overload"), ["overload"]);

        let target = dir.path().join("lease");
        let running =
            Running::armed(&node, &["record", node.name(), "shop_orders:total_price/2", "-o", text(&target)]);
        running.signal("STOP");
        wait_for_no_agent(&mut node);
        running.signal("CONT");
        assert_eq!(running.wait().status, 0);
        assert_eq!(causes("lease").last().map(String::as_str), Some("lease lapsed"));
    });
}

#[test]
fn what_the_agent_could_not_send_any_more_is_a_gap() {
    each_release(|release| {
        let mut node = shop(release);
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("recording");
        let running =
            Running::armed(&node, &["record", node.name(), "shop_orders:place_order/2", "-o", text(&target)]);
        // A sink that never comes to its queue again, with events in it.
        node.eval(
            "Self = self(), spawn(fun() -> \
               [Sink] = [P || P <- processes(), {initial_call, {pluto_agent_0, sink, 1}} <- [process_info(P, initial_call)]], \
               erlang:suspend_process(Sink), \
               Fill = fun Fill() -> case process_info(Sink, message_queue_len) of \
                   {_, N} when N < 10 -> receive after 10 -> Fill() end; _ -> ok end end, \
               Fill(), Self ! filled, receive stop -> ok end end), \
             receive filled -> ok end.",
        );
        running.signal("INT");
        let ran = running.wait();
        assert_eq!(ran.status, 0, "{}", ran.whole());
        let stat: serde_json::Value =
            serde_json::from_str(&run(&["stat", text(&target), "--format", "json"]).ok()).unwrap();
        let gap = &stat["gaps"][0];
        assert_eq!(gap["cause"], "overload", "{stat}");
        assert!(gap["missing"].as_str().unwrap().starts_with("at least "), "{stat}");
    });
}
