//! Messages with their deliveries and server calls with their handling, wherever events are shown.

use crate::support::{Running, between, each_release, field, json_lines, run, shop, stable, text};
use expect_test::expect;
use pluto_testnode::Node;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Records one charge, which a process that is told to do so asks the payment server for.
fn recorded(node: &mut Node, dir: &Path) -> PathBuf {
    node.eval(
        "customer ! stop, W = fun W() -> whereis(customer) == undefined orelse receive after 1 -> W() end end, W(), \
         Till = fun Till() -> receive {charge, From} -> \
             ok = element(1, shop_payment:charge({visa, <<\"1\">>}, 270)), From ! done, Till() end end, \
         register(till, spawn(Till)), ok.",
    );
    let target = dir.join("recording");
    let name = node.name().to_owned();
    let mut arguments = vec!["record", &name, "shop_payment:handle_call/3", "gen_server:call/2"];
    arguments.extend(["--process", "till", "--process", "shop_payment", "--send", "--deliver"]);
    arguments.extend(["-o", text(&target)]);
    let running = Running::armed(node, &arguments);
    node.eval("till ! {charge, self()}, receive done -> ok end.");
    running.signal("INT");
    let ran = running.wait();
    assert_eq!(ran.status, 0, "{}", ran.whole());
    target
}

/// The lines in the order of their times, with what differs from run to run replaced.
fn steady(shown: &str, node: &Node) -> String {
    let mut lines: Vec<&str> = shown.lines().collect();
    lines.sort_by_key(|line| line.get(..15));
    let word = |word: &str| -> String {
        let bare = word.trim_start_matches('~');
        let mark = &word[..word.len() - bare.len()];
        let shape: String = bare.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        match shape.as_str() {
            "00:00:00.000000" => format!("{mark}TIME"),
            _ if shape.starts_with('0') && (shape.ends_with("us") || shape.ends_with("ms")) => {
                format!("{mark}DURATION")
            }
            _ => word.to_owned(),
        }
    };
    let lines = lines.into_iter().map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" ") + "\n");
    // How many charges there were before depends on when the customer was stopped.
    let text = between(&lines.collect::<String>(), "{…/2}, ", ")", "N");
    between(&stable(&text, node), "{ok,", "}", "N")
}

#[test]
fn messages_and_server_calls_are_shown_with_what_belongs_to_them() {
    each_release(|release| {
        let mut node = shop(release);
        let dir = tempfile::tempdir().unwrap();
        let target = recorded(&mut node, dir.path());
        let target = text(&target);
        let all = steady(&run(&["show", target]).ok(), &node);
        expect![[r#"
            TIME till <0.PID> delivered from ?: {charge,<0.PID>}  <= -
            TIME till <0.PID> gen_server:call(shop_payment, {charge,…/3})  handled ~TIME shop_payment <0.PID>  replied ~TIME in ~DURATION
            TIME till <0.PID> send to shop_payment <0.PID>: {'$gen_call',{<0.PID>,[alias|#Ref<0.PID>]},{charge,{visa,<<"1">>},270}}  => TIME  handled ~TIME  replied TIME in DURATION
            TIME shop_payment <0.PID> delivered from ?: {'$gen_call',{<0.PID>,[alias|#Ref<0.PID>]},{charge,{visa,<<"1">>},270}}  <= TIME till <0.PID>
            TIME shop_payment <0.PID> shop_payment:handle_call({charge,…/3}, {…/2}, N)  called ~TIME till <0.PID>  replied ~TIME in ~DURATION
            TIME shop_payment <0.PID> send to ?: {[alias|#Ref<0.PID>],{ok,N}}  => TIME till <0.PID>
            TIME till <0.PID> delivered from ?: {[alias|#Ref<0.PID>],{ok,N}}  <= TIME shop_payment <0.PID>
            TIME till <0.PID> send to <0.PID>: done
        "#]].assert_eq(&all);

        // Whatever is left out of the view, what belongs to its lines is the same.
        for filter in [
            &["--process", "till"][..],
            &["--kind", "send"],
            &["--function", "shop_payment:_", "--until", "1h"],
        ] {
            let part = steady(&run(&[&["show", target], filter].concat()).ok(), &node);
            assert!(
                !part.is_empty() && part.lines().all(|line| all.lines().any(|whole| whole == line)),
                "{part}"
            );
        }
        rows(target);
    });
}

/// Rows name each other by their numbers.
fn rows(target: &str) {
    let mut rows = json_lines(&run(&["show", target, "--format", "jsonl"]).ok());
    rows.sort_by_key(|row| row["time_ns"].as_i64());
    let place: BTreeMap<u64, usize> =
        rows.iter().enumerate().map(|(at, row)| (row["event"].as_u64().unwrap(), at)).collect();
    let named = |value: &serde_json::Value| match value.as_u64() {
        Some(event) => place[&event].to_string(),
        None => "-".to_owned(),
    };
    let lines = rows.iter().enumerate().map(|(at, row)| {
        format!(
            "{at} {} {}: peer {} {}, exchange {} {} {}\n",
            field(row, "process_name"),
            field(row, "kind"),
            named(&row["peer_event"]),
            row["peer_is_certain"],
            named(&row["exchange"]),
            row["exchange_part"],
            row["exchange_is_certain"]
        )
    });
    expect![[r#"
        0 till deliver: peer - null, exchange - null null
        1 till call: peer - null, exchange 1 "call" false
        2 till send: peer 3 true, exchange 1 "request_sent" true
        3 shop_payment deliver: peer 2 true, exchange 1 "request_delivered" true
        4 shop_payment call: peer - null, exchange 1 "handled" false
        5 shop_payment send: peer 6 true, exchange 1 "reply_sent" true
        6 till deliver: peer 5 true, exchange 1 "reply_delivered" true
        7 till send: peer - null, exchange - null null
    "#]]
    .assert_eq(&lines.collect::<String>());
    let one = run(&["show", target, "--format", "jsonl", "--process", "till"]).ok();
    assert!(json_lines(&one).iter().all(|row| rows.contains(row)), "{one}");
    let exported = json_lines(&run(&["export", target, "--to", "json"]).ok());
    assert!(exported.len() == rows.len() && exported.iter().all(|row| rows.contains(row)), "{exported:?}");
}
