//! From a live node into a recording, and out of it again in every way there is.

use crate::support::{
    Ran, Running, command_on, each_release, events_of, field, figures_of, json_lines, nodes_that_reverse,
    run, run_on, shop, stable, text, write_calls,
};
use expect_test::expect;
use pluto_testnode::{Node, system_release};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Records a number of events of the shop, with their returns.
fn recorded(node: &Node, dir: &Path, events: &str) -> PathBuf {
    let target = dir.join("recording");
    let ran = run_on(
        node,
        &[
            "record",
            node.name(),
            "shop_orders:_",
            "shop_payment:charge/2",
            "--level",
            "returns",
            "--force",
            "--events",
            events,
            "-o",
            text(&target),
        ],
    );
    assert_eq!(ran.status, 0, "{}", ran.whole());
    target
}

#[test]
fn a_recording_is_counted_shown_and_exported() {
    each_release(|release| {
        let node = shop(release);
        let dir = tempfile::tempdir().unwrap();
        let target = recorded(&node, dir.path(), "600");
        let target = text(&target);

        let stat = figures_of(target);
        assert_eq!(stat["events"], 600, "{stat}");
        let text_stat = run(&["stat", target]).ok();
        for function in ["shop_orders:place_order/2", "shop_orders:total_price/2", "shop_payment:charge/2"] {
            assert!(text_stat.contains(&format!("\n{function} ")), "{text_stat}");
        }

        let all = events_of(target, &[]);
        assert_eq!(all.len(), 600);
        let prices = events_of(target, &["--function", "shop_orders:total_price/2", "--kind", "return"]);
        assert!(!prices.is_empty());
        assert!(prices.iter().all(|price| ["90", "324"].contains(&field(price, "term"))), "{prices:?}");
        let process = field(&prices[0], "process");
        let orders = events_of(target, &["--process", process]);
        assert!(!orders.is_empty() && orders.iter().all(|event| field(event, "process") == process));
        let short = run(&["show", target, "--limit", "3"]);
        assert_eq!(short.stdout.lines().count(), 3);
        expect![[r#"
            there are more than 3 such events; --limit 0 shows all
        "#]]
        .assert_eq(&short.stderr);
        let none = run(&["show", target, "--slow", "1h"]);
        expect![[r#"
            status 0
            --- stdout
            --- stderr
            nothing matches
        "#]]
        .assert_eq(&none.whole());
        assert!(
            !run(&["show", target, "--slow", "1us", "--function", "shop_payment:charge"]).ok().is_empty()
        );
        assert_eq!(run(&["show", target, "--failed"]).ok(), "");
        let tree = run(&["show", target, "--tree", "--process", process, "--limit", "0"]).ok();
        let inside = |function: &str| {
            tree.lines().find_map(|line| line.find(function)).unwrap_or_else(|| panic!("{function}: {tree}"))
        };
        assert!(inside("shop_orders:handle_call(") < inside("shop_orders:process_order("), "{tree}");
        assert!(inside("shop_orders:process_order(") < inside("shop_orders:total_price("), "{tree}");
        let dump = run(&["show", target, "--dump"]).ok();
        assert!(dump.contains("\"total_price\"") && dump.lines().count() > 600, "{dump}");
        exports(target, dir.path(), &all);
    });
}

/// Every format is written whole, and says the same as the recording where it can be read here.
fn exports(target: &str, dir: &Path, all: &[serde_json::Value]) {
    for format in ["perfetto", "speedscope", "mermaid", "json", "csv", "parquet"] {
        let file = dir.join(format);
        let ran = run(&["export", target, "--to", format, "-o", text(&file)]);
        assert_eq!(ran.status, 0, "{format}: {}", ran.whole());
        let bytes = std::fs::read(&file).unwrap();
        let read = || std::str::from_utf8(&bytes).unwrap();
        match format {
            "json" => assert_eq!(json_lines(read()), all),
            "csv" => assert_eq!(read().lines().count(), all.len() + 1),
            "speedscope" => {
                let profile: serde_json::Value = serde_json::from_str(read()).unwrap();
                assert_eq!(profile["$schema"], "https://www.speedscope.app/file-format-schema.json");
                assert!(!profile["profiles"].as_array().unwrap().is_empty());
            }
            "mermaid" => assert!(read().starts_with("sequenceDiagram\n"), "{}", read()),
            "parquet" => assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1")),
            _ => assert!(bytes.len() > all.len(), "{format} has {} bytes", bytes.len()),
        }
        if format != "parquet" {
            let piped = crate::support::command(&["export", target, "--to", format]).output().unwrap();
            assert_eq!(piped.stdout, bytes, "{format}");
        }
    }
    let left: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 7, "the six files and the recording, and no part of a file: {left:?}");
}

#[test]
fn a_trace_file_of_dbg_is_imported() {
    each_release(|release| {
        let mut node = shop(release);
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("dbg.trc");
        node.eval(&format!(
            "{{ok, _}} = dbg:tracer(port, dbg:trace_port(file, \"{}\")), {{ok, _}} = dbg:p(shop_orders, [call, monotonic_timestamp]), \
             {{ok, _}} = dbg:tpl(shop_orders, total_price, 2, [{{'_', [], [{{return_trace}}]}}]), \
             {{ok, _}} = shop_orders:place_order(1, #{{item => wine, quantity => 11, card => {{visa, <<\"1\">>}}}}), \
             ok = dbg:flush_trace_port(), _ = dbg:stop(), ok.",
            text(&file)
        ).replace("ok = dbg:flush_trace_port(), ", "_ = dbg:flush_trace_port(), "));
        let target = dir.path().join("imported");
        let ran = run(&["import", text(&file), "-o", text(&target), "--node", node.name()]);
        assert_eq!(ran.status, 0, "{}", ran.whole());
        let seen = events_of(text(&target), &[]);
        let wine: Vec<String> = seen
            .iter()
            .filter(|event| field(event, "function") == "total_price")
            .map(|event| format!("{} {}", field(event, "kind"), field(event, "term")))
            .skip_while(|text| !text.ends_with(",11]"))
            .take(2)
            .collect();
        expect!["call [2400,11]; return 23760"].assert_eq(&wine.join("; "));
        assert!(seen.iter().all(|event| field(event, "node") == node.name()), "{seen:?}");

        let again = run(&["import", text(&file), "-o", text(&target)]);
        assert_eq!(again.status, 2);
        assert!(again.stderr.contains("exists already"), "{}", again.whole());
    });
    let dir = tempfile::tempdir().unwrap();
    let (none, other) = (dir.path().join("none"), dir.path().join("other.trc"));
    let empty = dir.path().join("empty.trc");
    std::fs::write(&empty, "").unwrap();
    std::fs::write(&other, "this is text, and no trace file").unwrap();
    for file in [&none, &other, &empty] {
        let ran = run(&["import", text(file), "-o", text(&dir.path().join("target"))]);
        assert_eq!(ran.status, 2, "{}", ran.whole());
        assert!(!dir.path().join("target").exists());
    }
}

/// Makes a trace file of one process that asks for two sums twice, traced with flags of its own each time.
fn traced_twice(node: &mut Node, file: &Path, flags: [&str; 2]) {
    let [first, second] = flags;
    node.eval(&format!(
        "Turn = fun Turn() -> receive {{go, From}} -> lists:map(fun lists:sum/1, [[1, 2], [3]]), From ! done, Turn() end end, \
         Worker = spawn(Turn), Go = fun() -> Worker ! {{go, self()}}, receive done -> ok end end, \
         {{ok, _}} = dbg:tracer(port, dbg:trace_port(file, \"{}\")), \
         [{{ok, _}} = dbg:tp(lists, Name, Arity, [{{'_', [], [{{return_trace}}]}}]) || {{Name, Arity}} <- [{{map, 2}}, {{sum, 1}}]], \
         {{ok, _}} = dbg:p(Worker, [{first}]), ok = Go(), {{ok, _}} = dbg:p(Worker, clear), {{ok, _}} = dbg:p(Worker, [{second}]), ok = Go(), \
         _ = dbg:flush_trace_port(), _ = dbg:stop(), exit(Worker, kill), ok.",
        text(file)
    ));
}

/// What a process is called differs from run to run.
fn without_pid(output: &str) -> String {
    let mut words = output.split('<');
    let mut out = words.next().unwrap().to_owned();
    for word in words {
        let pid = word.split_once('>').filter(|(pid, _)| pid.chars().all(|c| c.is_ascii_digit() || c == '.'));
        match pid {
            Some((_, rest)) => out = out + "PID" + rest,
            None => out = out + "<" + word,
        }
    }
    out
}

/// Tables without their widths, which those of pids change.
fn columns(output: &str) -> String {
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n";
    output.lines().map(line).collect()
}

/// The figures of what `traced_twice` makes, where it has an order only.
fn assert_counted_without_times(stat: &str) {
    expect![[r#"
        status 0
        --- stdout
        DIR/imported: 12 events; the recording has the order of its events and no times
        n@h: from a trace file, which does not tell the release or the clock

        function calls total self p50 p90 p99 max errors notes
        lists:sum/1 4 - - - - - - 0
        lists:map/2 2 - - - - - - 0

        process events calls busy errors sent delivered notes
        PID 12 6 - 0 0 0

        no gaps: 12 events, nothing is known to be missing
        --- stderr
    "#]]
    .assert_eq(&columns(stat));
}

/// Messages without a time have an order, and nobody is told of times or durations that they do not have.
#[test]
fn a_trace_file_without_times_has_an_order_only() {
    each_release(|release| {
        let mut node = Node::start(release);
        let dir = tempfile::tempdir().unwrap();
        let (file, target) = (dir.path().join("dbg.trc"), dir.path().join("imported"));
        traced_twice(&mut node, &file, ["call", "call"]);
        let name = node.name();
        let here = |ran: Ran| {
            let output = ran.whole().replace(text(dir.path()), "DIR").replace(name, "NODE");
            without_pid(&output.replace("\r\n", "\n"))
        };
        let imported = run(&["import", text(&file), "-o", text(&target), "--node", "n@h"]);
        expect![[r#"
            status 0
            --- stdout
            --- stderr
            12 events imported into DIR/imported
            the messages carry no time, so the recording has their order only; for times, trace with dbg:p(Item, [call, timestamp])
        "#]].assert_eq(&here(imported));
        assert_counted_without_times(&here(run(&["stat", text(&target)])));
        expect![[r#"
            status 0
            --- stdout
            PID
            -  lists:map(fun lists:sum/1, [[1,2],[3]]) -> [3,3]  -
            -    lists:sum([1,2]) -> 3  -
            -    lists:sum([3]) -> 3  -
            -  lists:map(fun lists:sum/1, [[1,2],[3]]) -> [3,3]  -
            -    lists:sum([1,2]) -> 3  -
            -    lists:sum([3]) -> 3  -
            --- stderr
            this recording has the order of its events and no times
        "#]]
        .assert_eq(&here(run(&["show", text(&target), "--tree"])));
        expect![[r#"
            status 0
            --- stdout
            --- stderr
            this recording has the order of its events and no times
            without times it cannot tell which calls were slow
        "#]]
        .assert_eq(&here(run(&["show", text(&target), "--slow", "1us"])));
        expect![[r#"
            status 2
            --- stdout
            --- stderr
            pluto: this recording has the order of its events and no times: --since and --until mean nothing in it
            hint: leave them out
        "#]].assert_eq(&here(run(&["show", text(&target), "--since", "1s"])));
        expect![[r#"
            status 0
            --- stdout
            time_ns,kind,node,process,module,function,arity,peer,peer_node,form,term,receiver_exists,name,cause,missing,missing_events,since_ns,process_name,peer_name,event,peer_event,peer_is_certain,exchange,exchange_part,exchange_is_certain
            ,call,NODE,PID,lists,map,2,,,full,"[fun lists:sum/1,[[1,2],[3]]]",,,,,,,,,0,,,,,
            ,call,NODE,PID,lists,sum,1,,,full,"[[1,2]]",,,,,,,,,1,,,,,
            ,return,NODE,PID,lists,sum,1,,,full,3,,,,,,,,,2,,,,,
            ,call,NODE,PID,lists,sum,1,,,full,[[3]],,,,,,,,,3,,,,,
            ,return,NODE,PID,lists,sum,1,,,full,3,,,,,,,,,4,,,,,
            ,return,NODE,PID,lists,map,2,,,full,"[3,3]",,,,,,,,,5,,,,,
            ,call,NODE,PID,lists,map,2,,,full,"[fun lists:sum/1,[[1,2],[3]]]",,,,,,,,,6,,,,,
            ,call,NODE,PID,lists,sum,1,,,full,"[[1,2]]",,,,,,,,,7,,,,,
            ,return,NODE,PID,lists,sum,1,,,full,3,,,,,,,,,8,,,,,
            ,call,NODE,PID,lists,sum,1,,,full,[[3]],,,,,,,,,9,,,,,
            ,return,NODE,PID,lists,sum,1,,,full,3,,,,,,,,,10,,,,,
            ,return,NODE,PID,lists,map,2,,,full,"[3,3]",,,,,,,,,11,,,,,
            --- stderr
        "#]].assert_eq(&here(run(&["export", text(&target), "--to", "csv"])));
        for format in ["perfetto", "speedscope"] {
            let export = dir.path().join(format);
            let ran = run(&["export", text(&target), "--to", format, "-o", text(&export)]);
            assert!(!export.exists());
            expect![[r#"
                status 2
                --- stdout
                --- stderr
                pluto: DIR/imported has the order of its events and no times, which this format needs
                hint: json, csv, parquet and mermaid need none
            "#]]
            .assert_eq(&here(ran));
        }
        let seen = events_of(text(&target), &[]);
        assert!(seen.iter().all(|event| event.get("time_ns").is_none()), "{seen:?}");
        let stat = figures_of(text(&target));
        assert_eq!(stat["has_times"], false);
        assert_eq!(stat["functions"][0]["durations"], serde_json::Value::Null);
    });
}

/// A time that some messages have makes no durations of those that have none.
#[test]
fn a_trace_file_of_which_a_part_has_times_has_an_order_only() {
    each_release(|release| {
        let mut node = Node::start(release);
        for flags in [["call", "call, timestamp"], ["call, timestamp", "call"]] {
            let dir = tempfile::tempdir().unwrap();
            let (file, target) = (dir.path().join("dbg.trc"), dir.path().join("imported"));
            traced_twice(&mut node, &file, flags);
            let here = |ran: Ran| without_pid(&ran.whole().replace(text(dir.path()), "DIR"));
            let imported = run(&["import", text(&file), "-o", text(&target), "--node", "n@h"]);
            expect![[r#"
                status 0
                --- stdout
                --- stderr
                12 events imported into DIR/imported
                6 of the messages carry no time, so the recording has their order only; for times, trace with dbg:p(Item, [call, timestamp])
            "#]].assert_eq(&here(imported));
            assert_counted_without_times(&here(run(&["stat", text(&target)])));
            expect![[r#"
                status 0
                --- stdout
                - PID lists:map(fun lists:sum/1, [[1,2],[3]])
                - PID lists:sum([1,2])
                - PID lists:sum/1 -> 3
                - PID lists:sum([3])
                - PID lists:sum/1 -> 3
                - PID lists:map/2 -> [3,3]
                - PID lists:map(fun lists:sum/1, [[1,2],[3]])
                - PID lists:sum([1,2])
                - PID lists:sum/1 -> 3
                - PID lists:sum([3])
                - PID lists:sum/1 -> 3
                - PID lists:map/2 -> [3,3]
                --- stderr
                this recording has the order of its events and no times
            "#]]
            .assert_eq(&here(run(&["show", text(&target)])));
        }
    });
}

#[test]
fn several_nodes_in_one_recording() {
    let nodes = nodes_that_reverse();
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("recording");
    let both = nodes.iter().map(Node::name).collect::<Vec<_>>().join(",");
    let ran =
        run_on(&nodes[0], &["record", &both, "lists:reverse/1", "--duration", "1s", "-o", text(&target)]);
    assert_eq!(ran.status, 0, "{}", ran.whole());
    let seen = events_of(text(&target), &[]);
    for node in &nodes {
        assert!(
            seen.iter().filter(|event| field(event, "node") == node.name()).count() > 10,
            "{}",
            node.name()
        );
        assert!(ran.stdout.contains(&format!("{}: nothing is left behind", node.name())), "{}", ran.whole());
    }
    // One axis: within a second in which both work all the time, neither comes wholly before the other.
    let names: Vec<&str> = seen.iter().map(|event| field(event, "node")).collect();
    assert!(names.windows(2).filter(|pair| pair[0] != pair[1]).count() > 4, "{names:?}");
    assert!(seen.is_sorted_by_key(|event| event["time_ns"].as_i64()), "not in order of time");
}

#[test]
fn a_ring_ends_at_an_exception_and_keeps_what_led_to_it() {
    each_release(|release| {
        let mut node = shop(release);
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("recording");
        let running = Running::armed(
            &node,
            &[
                "record",
                node.name(),
                "shop_payment:authorise/2",
                "--timing",
                "--level",
                "returns",
                "--force",
                "--last",
                "2s",
                "--save-when",
                "exception",
                "-o",
                text(&target),
            ],
        );
        node.eval("{error, payment_crashed} = shop_orders:place_order(1, #{item => apple, quantity => 1, card => {unreadable, <<\"0\">>}}).");
        let ran = running.wait();
        assert_eq!(ran.status, 0, "{}", ran.whole());
        assert!(ran.stdout.contains("; the condition of --save-when held\n"), "{}", ran.whole());
        let failed = run(&["show", text(&target), "--failed"]).ok();
        assert!(failed.contains("shop_payment:authorise({unreadable,…/2}, 30)"), "{failed}");
    });
}

#[test]
fn ctrl_c_ends_with_a_proof() {
    each_release(|release| {
        let node = shop(release);
        let dir = tempfile::tempdir().unwrap();
        for (signal, name) in [("INT", "first"), ("TERM", "second"), ("HUP", "hung up")] {
            let target = dir.path().join(name);
            let running = Running::armed(
                &node,
                &["record", node.name(), "shop_orders:total_price/2", "-o", text(&target)],
            );
            running.signal(signal);
            let ran = running.wait();
            assert_eq!(ran.status, 0, "{}", ran.whole());
            let proof = format!("{}: nothing is left behind (1 function and ", node.name());
            assert!(ran.stdout.contains(&proof), "{}", ran.whole());
            assert!(ran.stdout.contains("; stopped\n"), "{}", ran.whole());
        }
        let json = run_on(
            &node,
            &[
                "record",
                node.name(),
                "shop_orders:total_price/2",
                "--events",
                "1",
                "--format",
                "json",
                "-o",
                text(&dir.path().join("third")),
            ],
        );
        let json: serde_json::Value = serde_json::from_str(&json.ok()).unwrap();
        assert_eq!(
            (&json["nodes"][0]["clean"], &json["events"]),
            (&serde_json::json!(true), &serde_json::json!(1)),
            "{json}"
        );
    });
}

/// A recording of nothing, and one of calls alone, say what they cannot tell.
#[test]
fn what_a_recording_cannot_tell_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let [nothing, calls, two] = ["nothing", "calls", "two"].map(|name| dir.path().join(name));
    write_calls(&nothing, 0);
    write_calls(&calls, 1);
    write_calls(&two, 2);
    let mut said = String::new();
    for arguments in [
        &["stat", text(&nothing)][..],
        &["show", text(&nothing)],
        &["stat", text(&calls)],
        &["show", text(&calls), "--failed"],
        &["show", text(&calls), "--slow", "1ms"],
        &["show", text(&calls), "--kind", "exit"],
        &["show", text(&calls), "--tree", "--format", "jsonl"],
        &["show", text(&two), "--tree", "--limit", "1"],
        &["show", text(&two), "--tree", "--limit", "1", "--format", "jsonl"],
    ] {
        said += &format!("=== {}\n{}", arguments.join(" "), run(arguments).whole());
    }
    expect![[r#"
        === stat DIR/nothing
        status 0
        --- stdout
        DIR/nothing: 0 events in 1.500 s from 2026-11-18T11:06:40.000000000Z

        no gaps: 0 events, nothing is known to be missing
        --- stderr
        === show DIR/nothing
        status 0
        --- stdout
        --- stderr
        nothing matches
        === stat DIR/calls
        status 0
        --- stdout
        DIR/calls: 1 event in 0.000 s from 2026-11-18T11:06:40.000000000Z

        function  calls  total  self  p50  p90  p99  max        errors  notes
        m:f/0         1      -     -    -    -    -    -  not observed
        no durations: this level reports calls only

        process  events  calls  busy  errors  sent  delivered  notes
        <0.7.0>       1      1     -       0     0          0

        no gaps: 1 event, nothing is known to be missing
        --- stderr
        === show DIR/calls --failed
        status 0
        --- stdout
        --- stderr
        this recording has no outcomes of calls, so it cannot tell which failed; record with --level returns
        === show DIR/calls --slow 1ms
        status 0
        --- stdout
        --- stderr
        this recording has no ends of calls, so it cannot tell which were slow; record with --timing
        === show DIR/calls --kind exit
        status 0
        --- stdout
        --- stderr
        nothing matches
        === show DIR/calls --tree --format jsonl
        status 0
        --- stdout
        {"time_ns":1795000000000000000,"kind":"call","call":0,"depth":0,"node":"n@h","process":"<0.7.0>","module":"m","function":"f","arity":0,"ending":"open","ending_is_certain":false,"event":0}
        --- stderr
        === show DIR/two --tree --limit 1
        status 0
        --- stdout
        <0.7.0>
        11:06:40.000000  m:f/0
        … 1 more call
        --- stderr
        === show DIR/two --tree --limit 1 --format jsonl
        status 0
        --- stdout
        {"time_ns":1795000000000000000,"kind":"call","call":0,"depth":0,"node":"n@h","process":"<0.7.0>","module":"m","function":"f","arity":0,"ending":"open","ending_is_certain":false,"event":0}
        --- stderr
        1 call and 0 gaps more; --limit 0 shows all
    "#]].assert_eq(&said.replace(text(dir.path()), "DIR"));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut node = shop(&system_release());
    let dir = tempfile::tempdir().unwrap();
    let target = recorded(&node, dir.path(), "3000");
    for arguments in [
        &["show", text(&target), "--limit", "0"][..],
        &["show", text(&target), "--dump"],
        &["export", text(&target), "--to", "json"],
        &["trace", node.name(), "shop_orders:_"],
    ] {
        let mut child =
            command_on(&node, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty());
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert_eq!(ran.status, 0, "{arguments:?}: {}", ran.whole());
        assert!(!ran.stderr.contains("pluto: "), "{arguments:?}: {}", ran.whole());
        let clean = arguments[0] != "trace" || ran.stderr.contains(": nothing is left behind (");
        assert!(clean, "{}", ran.whole());
    }
    assert_eq!(node.eval("[M || M <- erlang:loaded(), lists:prefix(\"pluto\", atom_to_list(M))]."), "[]");
}

#[test]
fn what_is_no_whole_recording_is_said() {
    let node = shop(&system_release());
    let dir = tempfile::tempdir().unwrap();
    let target = recorded(&node, dir.path(), "400");
    let said = |ran: &Ran| stable(&ran.whole(), &node).replace(text(dir.path()), "DIR");

    let taken = run_on(&node, &["record", node.name(), "shop_orders:_", "-o", text(&target)]);
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: DIR/recording exists already
        hint: name a directory that does not
    "#]]
    .assert_eq(&said(&taken));
    let empty = dir.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    for command in ["show", "stat"] {
        assert_eq!(run(&[command, text(&empty)]).status, 2);
    }
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: DIR/empty is not a recording
        hint: `pluto record NODE PATTERN -o DIR` makes one
    "#]]
    .assert_eq(&said(&run(&["stat", text(&empty)])));
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: there is no directory DIR/nothing
        hint: a recording is the directory that was named to `pluto record -o` or `pluto import -o`
    "#]]
    .assert_eq(&said(&run(&["show", text(&dir.path().join("nothing"))])));
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: thought is no kind of event
        hint: the kinds are call, return, exception, return_to, send, deliver, spawn, spawned, exit, link, unlink, getting_linked, getting_unlinked, register, unregister, gap
    "#]].assert_eq(&said(&run(&["show", text(&target), "--kind", "thought"])));
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: no function `shop_order:_` in this recording
        hint: did you mean shop_orders:_?
    "#]]
    .assert_eq(&said(&run(&["show", text(&target), "--function", "shop_order:_"])));

    let names = target.join("processes.arrows");
    let original = std::fs::read(&names).unwrap();
    std::fs::remove_file(&names).unwrap();
    let damage = "damaged: processes.arrows at byte 0: the file is missing\n";
    let stat = run(&["stat", text(&target)]).ok();
    assert!(stat.contains(&format!("\n{damage}")) && stat.contains("\nunknown process #"), "{stat}");
    assert!(!stat.contains("nothing is known to be missing"), "{stat}");
    for arguments in [&["show", text(&target)][..], &["show", text(&target), "--tree"]] {
        let shown = run(arguments).ok();
        assert!(shown.starts_with(&format!("-- {damage}")) && shown.contains("unknown process #"), "{shown}");
    }
    for format in ["perfetto", "speedscope", "mermaid", "json", "csv", "parquet"] {
        let output = dir.path().join(format);
        let ran = run(&["export", text(&target), "--to", format, "-o", text(&output)]);
        assert!(ran.status == 0 && ran.stderr.ends_with(damage), "{format}: {}", ran.whole());
        let bytes = std::fs::read(&output).unwrap();
        let told = bytes.windows(16).any(|part| part == b"processes.arrows");
        // Parquet compresses what it holds.
        assert!(told || format == "parquet", "{format}");
    }
    std::fs::write(&names, original).unwrap();

    let manifest = target.join("manifest.json");
    let original = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, original.replace("\"major\": 1", "\"major\": 9")).unwrap();
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: DIR/recording: the recording has format 9.3, and this version reads 1.3
        hint: read it with the version of Pluto that wrote it, or a newer one
    "#]]
    .assert_eq(&said(&run(&["show", text(&target)])));
    std::fs::write(&manifest, original).unwrap();

    // Cut short in the middle: what is there is read, and what is not is a gap.
    let segment = target.join("events-000000.arrows");
    let bytes = std::fs::read(&segment).unwrap();
    std::fs::write(&segment, &bytes[..bytes.len() - 40]).unwrap();
    let shown = run(&["show", text(&target), "--kind", "gap", "--limit", "0"]);
    assert_eq!(shown.status, 0, "{}", shown.whole());
    assert!(shown.stdout.contains("gap (recording cut): "), "{}", shown.whole());
    assert_eq!(run(&["stat", text(&target)]).status, 0);
}
