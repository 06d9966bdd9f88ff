//! `pluto trace` on the sample shop: what comes out for each pattern, level and selection.

use crate::support::{
    SECRET, between, each_release, field, json_lines, nodes_that_reverse, run_on, shop, stable, text,
};
use expect_test::expect;
use pluto_testnode::{Node, system_release};

fn trace(node: &Node, arguments: &[&str]) -> crate::support::Ran {
    run_on(node, &[&["trace", node.name()], arguments].concat())
}

fn events(node: &Node, arguments: &[&str]) -> Vec<serde_json::Value> {
    json_lines(&trace(node, &[arguments, &["--format", "jsonl"]].concat()).ok())
}

#[test]
fn calls_as_text_and_as_json() {
    each_release(|release| {
        let node = shop(release);
        let ran = trace(&node, &["shop_orders:total_price(_, N) when N >= 10", "--events", "2"]);
        expect![[r#"
            status 0
            --- stdout
            TIME shop_orders <0.PID> shop_orders:total_price(30, 12)
            TIME shop_orders <0.PID> shop_orders:total_price(30, 12)
            --- stderr
            NODE: tracing 1 function in N processes, armed in N ms; Ctrl-C ends it
            2 events; has the events that were wanted
            NODE: nothing is left behind (1 function and N processes read back, agent unloaded)
        "#]]
        .assert_eq(&stable(&ran.whole(), &node));
        let ran = trace(
            &node,
            &["shop_orders:total_price(_, N) when N < 10 and N > 1", "--events", "2", "--level", "returns"],
        );
        expect![[r#"
            status 0
            --- stdout
            TIME shop_orders <0.PID> shop_orders:total_price(30, 3)
            TIME shop_orders <0.PID> shop_orders:total_price/2 -> 90
            --- stderr
            NODE: tracing 1 function in N processes, armed in N ms; Ctrl-C ends it
            2 events; has the events that were wanted
            NODE: nothing is left behind (1 function and N processes read back, agent unloaded)
        "#]]
        .assert_eq(&stable(&ran.whole(), &node));

        let mut both = events(&node, &["shop_orders:total_price", "--events", "2"]);
        both.sort_by_key(|event| field(event, "term").to_owned());
        let lines: Vec<String> = both
            .iter_mut()
            .map(|event| {
                let event = event.as_object_mut().unwrap();
                assert!(event.remove("time_ns").unwrap().is_i64());
                assert!(event.remove("process").unwrap().as_str().unwrap().starts_with("<0."));
                assert_eq!(event.remove("node").unwrap(), node.name());
                serde_json::Value::Object(event.clone()).to_string()
            })
            .collect();
        expect![[r#"
            {"arity":2,"form":"shape","function":"total_price","kind":"call","module":"shop_orders","process_name":"shop_orders","term":"[30,12]"}
            {"arity":2,"form":"shape","function":"total_price","kind":"call","module":"shop_orders","process_name":"shop_orders","term":"[30,3]"}"#]].assert_eq(&lines.join("\n"));
    });
}

/// Replaces the durations at the ends of lines.
fn durations(text: &str) -> String {
    let duration = |word: &str| {
        let word = word.trim_start_matches('~');
        let number = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
        !number.is_empty() && number != word && number.chars().all(|c| c.is_ascii_digit() || c == '.')
    };
    text.split_inclusive('\n')
        .map(|line| match line.trim_end().rsplit_once("  ") {
            Some((before, word)) if word.starts_with('~') && duration(word) => {
                format!("{before}  ~DURATION\n")
            }
            Some((before, word)) if duration(word) => format!("{before}  DURATION\n"),
            _ => line.to_owned(),
        })
        .collect()
}

#[test]
fn calls_are_timed_while_they_happen() {
    each_release(|release| {
        let node = shop(release);
        let shown = |arguments: &[&str]| durations(&stable(&trace(&node, arguments).stdout, &node));
        // One process, whose calls do not mix with those of others. The first order may have begun while only one of the
        // two functions was armed.
        let nested = ["shop_orders:pay/5", "shop_payment:charge/2", "--process", "shop_orders", "--timing"];
        let shown_nested = shown(&[&nested[..], &["--events", "12"]].concat());
        let lines: Vec<&str> = shown_nested.split_inclusive('\n').collect();
        let whole = lines.windows(4).find(|four| four[0].contains(":pay(") && four[1].contains(":charge("));
        let order = between(&whole.expect("a whole order").concat(), "pay(", ", ", "ORDER");
        let order = order.replace("12, {visa,…/2}, 324)", "3, {visa,…/2}, 90)").replace(", 324)", ", 90)");
        expect![[r#"
            TIME shop_orders <0.PID> shop_orders:pay(ORDER, apple, 3, {visa,…/2}, 90)
            TIME shop_orders <0.PID> shop_payment:charge({visa,…/2}, 90)
            TIME shop_orders <0.PID> shop_payment:charge/2 ended  ~DURATION
            TIME shop_orders <0.PID> shop_orders:pay/5 ended  ~DURATION
        "#]]
        .assert_eq(&order);
        let three = "shop_orders:total_price(_, N) when N < 10 and N > 1";
        expect![[r#"
            TIME shop_orders <0.PID> shop_orders:total_price(30, 3)
            TIME shop_orders <0.PID> shop_orders:total_price/2 -> 90  DURATION
        "#]]
        .assert_eq(&shown(&[three, "--timing", "--level", "returns", "--events", "2"]));
        // As redbug's action asks for it.
        expect![[r#"
            TIME shop_orders <0.PID> shop_orders:total_price(30, 3)
            TIME shop_orders <0.PID> shop_orders:total_price/2 ended  ~DURATION
        "#]]
        .assert_eq(&shown(&[&format!("{three} -> time"), "--events", "2"]));

        let seen = events(&node, &[three, "--timing", "--events", "4"]);
        let kinds: Vec<&str> = seen.iter().map(|event| field(event, "kind")).collect();
        expect!["call return_to end call return_to end"].assert_eq(&kinds.join(" "));
        for (call, end) in [(&seen[0], &seen[2]), (&seen[3], &seen[5])] {
            assert_eq!((&end["start_ns"], &end["process"]), (&call["time_ns"], &call["process"]), "{end}");
            let duration = end["time_ns"].as_i64().unwrap() - end["start_ns"].as_i64().unwrap();
            assert_eq!(end["duration_ns"], duration, "{end}");
            assert_eq!((field(end, "ending"), &end["certain"]), ("returned_to", &false.into()), "{end}");
        }
    });
}

#[test]
fn what_is_not_on_the_node_is_said_with_what_is_near() {
    let node = shop(&system_release());
    let refused = |arguments: &[&str]| stable(&trace(&node, arguments).whole(), &node);
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: NODE: module shop_order is not loaded on the node
        hint: did you mean shop_orders?
    "#]]
    .assert_eq(&refused(&["shop_order:place_order/2"]));
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: NODE: module shop_orders has no function place_ordr
        hint: did you mean place_order/2?
    "#]]
    .assert_eq(&refused(&["shop_orders:place_ordr"]));
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: NODE: module shop_orders has no function place_order/3
        hint: did you mean place_order/2?
    "#]]
    .assert_eq(&refused(&["shop_orders:place_order/3"]));
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: malformed pattern: expected `)`, found the end of the pattern
          shop_orders:place_order(N, when
                                         ^
    "#]]
    .assert_eq(&refused(&["shop_orders:place_order(N, when"]));
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: NODE: there is no process nobody_here on the node
        hint: processes are spelled as <0.PID> or by registered name
    "#]]
    .assert_eq(&refused(&["shop_orders:place_order", "--process", "nobody_here"]));
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: NODE: there is no process shop_ordrs on the node
        hint: did you mean shop_orders?
    "#]]
    .assert_eq(&refused(&["shop_orders:place_order", "--process", "shop_ordrs"]));
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: nothing to trace
        hint: give a pattern as mod:fun/2 or mod:_, or --send, --deliver or --life
    "#]]
    .assert_eq(&refused(&[]));
}

#[test]
fn near_misses_are_spelled_as_the_pattern_is() {
    let mut node = shop(&system_release());
    node.load_module("-module('Elixir.MyApp.Orders').\n-export([place/1]).\nplace(N) -> N.\n");
    let mut out = String::new();
    for pattern in [
        "MyAp.Orders.place/1",
        "MyApp.Orders.plac/1",
        ":shop_order.place_order/2",
        "'Elixir.MyAp.Orders':_",
        "Elixir.MyAp.Orders.place/1",
    ] {
        let ran = trace(&node, &[pattern]);
        assert_eq!(ran.status, 2, "{}", ran.whole());
        out += &stable(&ran.stderr, &node);
    }
    node.eval("register('Elixir.MyApp.Stock', spawn(fun() -> receive stop -> ok end end)), ok.");
    for process in ["MyApp.Stok", "Elixir.MyApp.Stok", "'Elixir.MyApp.Stok'"] {
        let ran = trace(&node, &["--life", "--process", process]);
        assert_eq!(ran.status, 2, "{}", ran.whole());
        out += &stable(&ran.stderr, &node);
    }
    expect![[r#"
        pluto: NODE: module MyAp.Orders is not loaded on the node
        hint: did you mean MyApp.Orders?
        pluto: NODE: module MyApp.Orders has no function plac/1
        hint: did you mean place/1?
        pluto: NODE: module :shop_order is not loaded on the node
        hint: did you mean :shop_orders?
        pluto: NODE: module 'Elixir.MyAp.Orders' is not loaded on the node
        hint: did you mean 'Elixir.MyApp.Orders'?
        pluto: NODE: module MyAp.Orders is not loaded on the node
        hint: did you mean MyApp.Orders?
        pluto: NODE: there is no process MyApp.Stok on the node
        hint: did you mean MyApp.Stock?
        pluto: NODE: there is no process Elixir.MyApp.Stok on the node
        hint: did you mean MyApp.Stock?
        pluto: NODE: there is no process 'Elixir.MyApp.Stok' on the node
        hint: did you mean 'Elixir.MyApp.Stock'?
    "#]]
    .assert_eq(&out);
}

#[test]
fn lines_of_several_nodes_say_whose_they_are() {
    let nodes = nodes_that_reverse();
    let both = nodes.iter().map(Node::name).collect::<Vec<_>>().join(",");
    let ran = run_on(&nodes[0], &["trace", &both, "lists:reverse/1", "--duration", "1s"]);
    assert_eq!(ran.status, 0, "{}", ran.whole());
    for node in &nodes {
        let own = format!(">@{} lists:reverse(", node.name());
        assert!(ran.stdout.lines().filter(|line| line.contains(&own)).count() > 10, "{}", ran.whole());
        let clock = between(&ran.stderr, "clock known to ", " us\n", "N");
        assert!(clock.contains(&format!("{}: clock known to N us\n", node.name())), "{clock}");
    }
    let named = |line: &str| nodes.iter().any(|node| line.contains(&format!(">@{} ", node.name())));
    assert!(ran.stdout.lines().all(named), "{}", ran.whole());
    let order = "lines come as they arrive, not always in order of time; `pluto record` puts several nodes in order\n";
    assert!(ran.stderr.contains(order), "{}", ran.whole());

    let one = run_on(&nodes[0], &["trace", nodes[0].name(), "lists:reverse/1", "--events", "1"]);
    assert!(!one.stdout.contains('@') && !one.stderr.contains("clock known"), "{}", one.whole());
}

#[test]
fn terms_without_bound_are_refused_unless_forced() {
    each_release(|release| {
        let node = shop(release);
        let refused = |arguments: &[&str]| stable(&trace(&node, arguments).whole(), &node);
        expect![[r#"
            status 2
            --- stdout
            --- stderr
            pluto: NODE: shop_stock:handle_call/3 is likely to carry large terms: a callback of a behaviour is given the state of its process
            hint: --level calls shows shapes safely; --force copies the terms whole
        "#]].assert_eq(&refused(&["shop_stock:handle_call/3", "--level", "returns"]));
        let full =
            ["shop_payment:handle_call({charge, _, Amount}, _, _) when Amount > 100", "--level", "full"];
        assert_eq!(trace(&node, &full).status, 2);
        let forced = trace(&node, &[&full[..], &["--force", "--events", "1"]].concat()).ok();
        assert!(
            forced.contains(&format!("shop_payment:handle_call({{charge,{{visa,<<\"{SECRET}\">>}},324}}")),
            "{forced}"
        );
    });
}

#[test]
fn one_process_of_many() {
    each_release(|release| {
        let mut node = shop(release);
        let customer = node.eval("whereis(customer).");
        for (name, module) in [("customer", "shop_orders"), ("shop_payment", "shop_payment")] {
            let pid = node.eval(&format!("whereis({name})."));
            let seen = events(
                &node,
                &["shop_orders:place_order", "shop_payment:_", "--process", name, "--events", "6"],
            );
            assert!(seen.iter().all(|event| field(event, "process") == pid), "{seen:?}");
            assert!(seen.iter().all(|event| field(event, "module") == module), "{seen:?}");
        }
        let by_pid = events(&node, &["shop_orders:_", "--process", &customer, "--events", "2"]);
        assert!(by_pid.iter().all(|event| field(event, "function") == "place_order"), "{by_pid:?}");
    });
}

#[test]
fn a_process_that_ends_before_it_is_traced_is_not_waited_for() {
    each_release(|release| {
        let mut node = shop(release);
        // It is looked up before the agent comes, and armed only after calls have been counted.
        let mortal = "register(mortal, spawn(fun() -> L = fun L() -> case erlang:module_loaded(pluto_agent_0) of \
            true -> ok; false -> receive after 1 -> L() end end end, L() end)), ok.";
        node.eval(mortal);
        let ran = trace(&node, &["shop_orders:total_price/2", "--process", "mortal"]);
        expect![[r#"
            status 2
            --- stdout
            --- stderr
            pluto: NODE: the process of --process has ended before it could be traced
            hint: where its supervisor restarts it, the name stands for another process now: try again
        "#]]
        .assert_eq(&stable(&ran.whole(), &node));
        assert_eq!(node.eval("erlang:module_loaded(pluto_agent_0)."), "false");
        node.eval(mortal);
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("recording");
        let record = ["record", node.name(), "shop_orders:total_price/2", "--process", "mortal", "-o"];
        assert_eq!(run_on(&node, &[&record[..], &[text(&target)]].concat()).status, 2);
        assert!(!target.exists(), "what recorded nothing leaves nothing");
        node.eval(mortal);
        let both = ["--process", "mortal", "--process", "shop_orders", "--events", "1"];
        let ran = trace(&node, &[&["shop_orders:total_price/2"], &both[..]].concat());
        assert_eq!(ran.status, 0, "{}", ran.whole());
        expect![[r#"
            NODE: 1 of the 2 processes of --process ended before it could be traced
            NODE: tracing 1 function in 1 process, armed in N ms; Ctrl-C ends it
            1 event; has the events that were wanted
            NODE: nothing is left behind (1 function and N processes read back, agent unloaded)
        "#]]
        .assert_eq(&stable(&ran.stderr, &node));
    });
}

#[test]
fn a_term_that_is_nested_too_deep_takes_no_event_with_it() {
    each_release(|release| {
        let mut node = shop(release);
        node.load_module("-module(deep).\n-export([f/2]).\nf(N, _) -> N.\n");
        node.eval(
            "Deep = fun(N) -> lists:foldl(fun(_, T) -> {T} end, x, lists:seq(1, N)) end, \
             spawn(fun() -> receive after 1000 -> ok end, \
               L = fun L() -> [deep:f(N, Deep(D)) || {N, D} <- [{1, 2}, {2, 600}, {3, 5000}, {4, 2}]], \
                 receive after 20 -> L() end end, L() end), ok.",
        );
        let ran = trace(&node, &["deep:f/2", "--level", "full", "--force", "--events", "16"]);
        assert_eq!(ran.status, 0, "{}", ran.whole());
        let shown = ran.stdout.lines().map(|line| line.split_once(" deep:f").expect("a call").1);
        let lines: Vec<&str> = shown.skip_while(|line| *line != "(1, {{x}})").take(8).collect();
        expect![[r#"
            (1, {{x}})
            /2 -> 1
            /2 (nested too deep: 1210 bytes)
            /2 -> 2
            /2 (nested too deep: 10010 bytes)
            /2 -> 3
            (4, {{x}})
            /2 -> 4"#]]
        .assert_eq(&lines.join("\n"));
        assert!(ran.stderr.contains(" events without a term, because it was nested too deep to be read\n"));
        assert!(!ran.stderr.contains("missing"), "{}", ran.whole());
    });
}

#[test]
fn a_share_of_the_calls_keeps_pairs_whole() {
    each_release(|release| {
        let node = shop(release);
        for arguments in [["--rate", "1/10"], ["--rate", "20/s"]] {
            let all = ["shop_orders:total_price/2", "--level", "returns", "--events", "8"];
            let seen = events(&node, &[&all[..], &arguments[..]].concat());
            let kinds: Vec<&str> = seen.iter().map(|event| field(event, "kind")).collect();
            assert_eq!(kinds.join(" "), ["call return"; 4].join(" "), "{arguments:?}");
        }
        // One in ten of each function, though each order is a round of the same calls. A sample of some 60 draws.
        let functions =
            ["total_price/2", "process_order/3", "pay/5", "count/2", "handle_call/3", "place_order/2"];
        let seen = events(&node, &["shop_orders:_", "--rate", "1/10", "--events", "360"]);
        for function in functions {
            let (name, _) = function.split_once('/').unwrap();
            let calls = seen.iter().filter(|event| field(event, "function") == name).count();
            assert!((30..=90).contains(&calls), "{calls} of 360 are calls of {function}");
        }
    });
}

#[test]
fn only_messages_that_look_like_a_pattern() {
    each_release(|release| {
        let node = shop(release);
        let charge = "{'$gen_call', _, {charge, _, Amount}} when Amount > 100";
        let receipt = "{[alias|_], _}";
        let like = |patterns: &[&str]| {
            let mut arguments = vec!["--send", "--deliver", "--process", "shop_payment", "--events", "3"];
            arguments.extend(patterns.iter().flat_map(|pattern| ["--message", *pattern]));
            events(&node, &arguments)
        };
        for event in like(&[charge]) {
            let message = field(&event, "term");
            assert_eq!(field(&event, "kind"), "deliver", "{event}");
            assert!(message.contains("{charge,") && message.ends_with(",324}}"), "{event}");
        }
        let refused = trace(&node, &["--send", "--message", receipt]);
        expect![[r#"
            status 2
            --- stdout
            --- stderr
            pluto: malformed pattern: no pattern has the character '|'
              {[alias|_], _}
                     ^
        "#]]
        .assert_eq(&refused.whole());
    });
}

#[test]
fn messages_and_the_life_of_processes() {
    each_release(|release| {
        let mut node = shop(release);
        let numbers = |text: &str| between(&between(text, ">>},", "}}", "AMOUNT"), "{ok,", "}", "RECEIPT");
        let ran = trace(&node, &["--send", "--deliver", "--process", "shop_payment", "--events", "4"]);
        expect![[r#"
            status 0
            --- stdout
            TIME shop_payment <0.PID> delivered from ?: {'$gen_call',{<0.PID>,[alias|#Ref<0.PID>]},{charge,{visa,<<"4000111122223333">>},AMOUNT}}
            TIME shop_payment <0.PID> send to ?: {[alias|#Ref<0.PID>],{ok,RECEIPT}}
            TIME shop_payment <0.PID> delivered from ?: {'$gen_call',{<0.PID>,[alias|#Ref<0.PID>]},{charge,{visa,<<"4000111122223333">>},AMOUNT}}
            TIME shop_payment <0.PID> send to ?: {[alias|#Ref<0.PID>],{ok,RECEIPT}}
            --- stderr
            note: the VM copies each message whole before Pluto reduces it to its shape; lists, maps over 32 keys and tuples over 16 elements are kept out (--level full keeps all)
            NODE: tracing 0 functions in 1 process, armed in N ms; Ctrl-C ends it
            4 events; has the events that were wanted
            NODE: nothing is left behind (0 functions and 1 process read back, agent unloaded)
        "#]].assert_eq(&numbers(&stable(&ran.whole(), &node)));

        node.eval(
            "register(parent, spawn(fun() -> Parent = fun Parent() -> \
               spawn(fun() -> exit({over, done}) end), receive stop -> ok after 5 -> Parent() end end, Parent() end)), ok.",
        );
        let life = events(&node, &["--life", "--process", "parent", "--children", "--events", "30"]);
        let mut kinds: Vec<&str> = life.iter().map(|event| field(event, "kind")).collect();
        kinds.sort_unstable();
        kinds.dedup();
        expect!["exit spawn spawned"].assert_eq(&kinds.join(" "));
        let exit = life.iter().find(|event| field(event, "kind") == "exit").unwrap();
        assert_eq!(field(exit, "term"), "{over,done}", "{exit}");
    });
}

#[test]
fn redacted_terms_are_in_no_file() {
    let node = shop(&system_release());
    let dir = tempfile::tempdir().unwrap();
    for (how, seen) in [("keep", true), ("hash", false), ("drop", false)] {
        let target = dir.path().join(how);
        let mut arguments = vec!["record", node.name(), "shop_payment:charge/2", "shop_payment:authorise/2"];
        arguments.extend([
            "--level",
            "full",
            "--force",
            "--send",
            "--deliver",
            "--events",
            "40",
            "-o",
            text(&target),
        ]);
        if how != "keep" {
            arguments.extend(["--redact", how]);
        }
        run_on(&node, &arguments).ok();
        // The dump has terms as bytes, in hexadecimal digits; the files are compressed, so that one has to look there too.
        let hexadecimal: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
        let dump = crate::support::run(&["show", text(&target), "--dump"]).ok();
        assert_eq!(dump.contains(&hexadecimal), seen, "{how}:\n{dump}");
        let shown = crate::support::run(&["show", text(&target), "--format", "jsonl"]).ok();
        assert_eq!(shown.contains(SECRET), seen, "{how}:\n{shown}");
        let holds = |bytes: &Vec<u8>| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        assert!(seen || !files(&target).iter().any(holds), "{how}");
    }
}

fn files(dir: &std::path::Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(std::fs::read(path).unwrap()) }
    }
    found
}
