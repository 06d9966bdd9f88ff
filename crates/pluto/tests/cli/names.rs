//! Processes by the names that people know them by: those that were there before, and those that come anew.

use crate::support::{
    Running, each_release, events_of, field, figures_of, json_lines, run, run_on, shop, text,
};
use expect_test::expect;
use pluto_testnode::Node;
use std::path::{Path, PathBuf};

fn recorded(node: &mut Node, dir: &Path, life: bool) -> PathBuf {
    let target = dir.join("recording");
    let name = node.name().to_owned();
    let mut arguments = vec!["record", &name, "shop_orders:process_order/3", "shop_payment:authorise/2"];
    arguments.extend(["--level", "returns", "--force", "-o", text(&target)]);
    if life {
        arguments.push("--life");
    }
    let running = Running::armed(node, &arguments);
    // The card makes the payment server crash, and its supervisor starts another one under the same name.
    node.eval(
        "{error, payment_crashed} = shop_orders:place_order(1, #{item => apple, quantity => 1, card => {unreadable, <<\"0\">>}}), \
         W = fun W() -> case whereis(shop_payment) of undefined -> receive after 5 -> W() end; _ -> ok end end, W(), \
         {ok, _} = shop_orders:place_order(1, #{item => apple, quantity => 1, card => {visa, <<\"1\">>}}).",
    );
    running.signal("INT");
    let ran = running.wait();
    assert_eq!(ran.status, 0, "{}", ran.whole());
    target
}

/// The processes that events belong to, each once, in their order.
fn processes(events: &[serde_json::Value]) -> Vec<&str> {
    let mut seen = Vec::new();
    for event in events {
        let process = field(event, "process");
        if !seen.contains(&process) {
            seen.push(process);
        }
    }
    seen
}

#[test]
fn names_that_were_there_before_are_known() {
    each_release(|release| {
        let mut node = shop(release);
        let orders = node.eval("whereis(shop_orders).");
        let dir = tempfile::tempdir().unwrap();
        let target = recorded(&mut node, dir.path(), false);
        let target = text(&target);
        let named = format!("shop_orders {orders}");

        let stat = run(&["stat", target]).ok();
        assert!(stat.contains(&format!("\n{named} ")), "{stat}");
        let stat = figures_of(target);
        let row = stat["processes"].as_array().unwrap().iter().find(|row| row["process"] == *orders).unwrap();
        assert_eq!(row["name"], "shop_orders", "{row}");

        let shown = run(&["show", target, "--process", "shop_orders", "--limit", "0"]).ok();
        assert!(shown.lines().all(|line| line[16..].starts_with(&named)), "{shown}");
        let json = events_of(target, &["--process", &orders]);
        assert_eq!((json.len(), field(&json[0], "process_name")), (shown.lines().count(), "shop_orders"));
        let tree = run(&["show", target, "--tree", "--process", "shop_orders"]).ok();
        assert!(tree.starts_with(&format!("{named}\n")), "{tree}");

        let export = |format: &str| -> String {
            let output = crate::support::command(&["export", target, "--to", format]).output().unwrap();
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        for format in ["perfetto", "speedscope"] {
            assert!(export(format).contains(&named), "{format}");
        }
        let csv = export("csv");
        assert!(csv.lines().next().unwrap().contains(",since_ns,process_name,peer_name,event,"), "{csv}");
        assert!(csv.contains(",shop_orders,,0,"), "{csv}");

        let nobody = run(&["show", target, "--process", "shop_nobody"]);
        expect![[r#"
            status 2
            --- stdout
            --- stderr
            pluto: no process `shop_nobody` in this recording
            hint: `pluto stat` lists the functions and processes
        "#]]
        .assert_eq(&nobody.whole());
        let near = |option: &str, names: &[&str]| -> String {
            names.iter().map(|name| run(&["show", target, option, name]).stderr).collect()
        };
        expect![[r#"
            pluto: no process `shop_ordrs` in this recording
            hint: did you mean shop_orders?
            pluto: no process `shop_ordrs@elsewhere` in this recording
            hint: did you mean shop_orders?
            pluto: no process `:shop_ordrs` in this recording
            hint: did you mean :shop_orders?
            pluto: no process `<0.999999.0>` in this recording
            hint: `pluto stat` lists the functions and processes
        "#]]
        .assert_eq(&near(
            "--process",
            &["shop_ordrs", "shop_ordrs@elsewhere", ":shop_ordrs", "<0.999999.0>"],
        ));
        expect![[r#"
            pluto: no function `shop_orders:proces_order` in this recording
            hint: did you mean shop_orders:process_order/3?
            pluto: no function `shop_orders:process_order/9` in this recording
            hint: did you mean shop_orders:process_order/3?
            pluto: no function `shop_ordrs:process_order/3` in this recording
            hint: did you mean shop_orders:process_order/3?
            pluto: no function `shop_ordrs` in this recording
            hint: did you mean shop_orders:_?
            pluto: no function `:shop_orders.proces_order/3` in this recording
            hint: did you mean :shop_orders.process_order/3?
            pluto: no function `:shop_ordrs._` in this recording
            hint: did you mean :shop_orders._?
            pluto: no function `nothing_like:it/1` in this recording
            hint: `pluto stat` lists the functions and processes
        "#]]
        .assert_eq(&near(
            "--function",
            &[
                "shop_orders:proces_order",
                "shop_orders:process_order/9",
                "shop_ordrs:process_order/3",
                "shop_ordrs",
                ":shop_orders.proces_order/3",
                ":shop_ordrs._",
                "nothing_like:it/1",
            ],
        ));
    });
}

#[test]
fn a_name_stands_for_the_process_that_had_it_at_the_time() {
    each_release(|release| {
        let mut node = shop(release);
        let before = node.eval("whereis(shop_payment).");
        let dir = tempfile::tempdir().unwrap();
        let target = recorded(&mut node, dir.path(), true);
        let after = node.eval("whereis(shop_payment).");
        assert_ne!(before, after);
        let shown = events_of(text(&target), &["--process", "shop_payment"]);
        assert_eq!(processes(&shown), [before.as_str(), after.as_str()]);
        assert!(shown.iter().all(|event| field(event, "process_name") == "shop_payment"), "{shown:?}");
        let names: Vec<String> = shown
            .iter()
            .filter(|event| field(event, "kind").ends_with("register"))
            .map(|event| format!("{} {}", field(event, "kind"), field(event, "process") == after))
            .collect();
        expect!["unregister false; register true"].assert_eq(&names.join("; "));
        // What came before the name, such as the start of the process, is the process's own all the same.
        let first = &events_of(text(&target), &["--process", &after])[0];
        assert_eq!((field(first, "kind"), field(first, "process_name")), ("spawned", ""), "{first}");
        assert!(run(&["stat", text(&target)]).ok().contains(&format!("\nshop_payment {after} ")));
    });
}

/// Without the events of names, the node is asked for them again.
#[test]
fn a_restarted_process_is_found_by_its_name() {
    each_release(|release| {
        let mut node = shop(release);
        let before = node.eval("whereis(shop_payment).");
        let dir = tempfile::tempdir().unwrap();
        let target = recorded(&mut node, dir.path(), false);
        let after = node.eval("whereis(shop_payment).");
        assert_ne!(before, after);
        let shown = events_of(text(&target), &["--process", "shop_payment"]);
        assert_eq!(processes(&shown), [before.as_str(), after.as_str()]);
        assert!(shown.iter().all(|event| field(event, "process_name") == "shop_payment"), "{shown:?}");
        let stat = run(&["stat", text(&target)]).ok();
        for process in [&before, &after] {
            assert!(stat.contains(&format!("\nshop_payment {process} ")), "{stat}");
        }
        // Asking is no part of what is traced.
        let all = run(&["show", text(&target), "--format", "jsonl", "--limit", "0"]).ok();
        assert!(!all.contains("pluto_agent"), "{all}");
    });
}

#[test]
fn a_live_trace_shows_the_name() {
    each_release(|release| {
        let mut node = shop(release);
        let orders = node.eval("whereis(shop_orders).");
        let arguments = ["trace", node.name(), "shop_orders:process_order/3", "--events", "1"];
        let line = run_on(&node, &arguments).ok();
        assert!(
            line[16..].starts_with(&format!("shop_orders {orders} shop_orders:process_order(")),
            "{line}"
        );
        let line = run_on(&node, &[&arguments[..], &["--format", "jsonl"]].concat()).ok();
        assert_eq!(field(&json_lines(&line)[0], "process_name"), "shop_orders");
    });
}
