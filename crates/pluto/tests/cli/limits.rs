//! What a trace would cost is measured first, and what would be too much is refused; what runs has an end.

use crate::support::{Running, calling_all_the_time, each_release, events_of, run_on, shop, stable, text};
use expect_test::expect;
use std::fs;
use std::time::Duration;

/// Replaces every number of a line that says `predicted`.
fn without_figures(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let (known, figures) = line.split_at(line.find("predicted").unwrap_or(line.len()));
        out += known;
        let mut digits = false;
        for c in figures.chars() {
            let digit = c.is_ascii_digit() || (digits && c == '.');
            if digit && !digits {
                out.push('N');
            } else if !digit {
                out.push(c);
            }
            digits = digit;
        }
    }
    out
}

#[test]
fn a_dry_run_tells_the_cost_and_traces_nothing() {
    each_release(|release| {
        let node = shop(release);
        let ran = run_on(&node, &["record", node.name(), "shop_payment:init/1", "--timing", "--dry-run"]);
        expect![[r#"
            status 0
            --- stdout
            NODE
                       0 calls/s  shop_payment:init/1
              predicted: N events/s, N kB/s, N % of a core of the node
            --- stderr
        "#]]
        .assert_eq(&without_figures(&stable(&ran.whole(), &node)));
    });
}

#[test]
fn what_would_be_too_much_is_refused_with_the_number() {
    each_release(|release| {
        let mut node = shop(release);
        calling_all_the_time(&mut node);
        let mut said = String::new();
        for limits in [["--max-events-per-s", "1"], ["--max-bytes-per-s", "1"], ["--max-cpu", "0.0001%"]] {
            let always = ["--max-events-per-s", "none", "--max-bytes-per-s", "none", "--max-cpu", "none"];
            let others: Vec<&str> =
                always.chunks(2).filter(|pair| pair[0] != limits[0]).flatten().copied().collect();
            for dry in [&["--dry-run"][..], &["-o", "/nonexistent/recording"][..]] {
                let arguments =
                    [&["record", node.name(), "shop_cache:price/1"], &limits[..], &others, dry].concat();
                let ran = run_on(&node, &arguments);
                assert_eq!(ran.status, 2, "{}", ran.whole());
                said += &without_figures(&stable(&ran.stderr, &node));
            }
        }
        expect![[r#"
            pluto: NODE: predicted N events/s, over the limit of N
            hint: narrow the pattern, sample with --rate 1/100 or --rate 500/s, raise the limit, or use --force
            pluto: NODE: predicted N events/s, over the limit of N
            hint: narrow the pattern, sample with --rate 1/100 or --rate 500/s, raise the limit, or use --force
            pluto: NODE: predicted N bytes/s, over the limit of N
            hint: narrow the pattern, sample with --rate 1/100 or --rate 500/s, raise the limit, or use --force
            pluto: NODE: predicted N bytes/s, over the limit of N
            hint: narrow the pattern, sample with --rate 1/100 or --rate 500/s, raise the limit, or use --force
            pluto: NODE: predicted N % of a core, over the limit of N %
            hint: narrow the pattern, sample with --rate 1/100 or --rate 500/s, raise the limit, or use --force
            pluto: NODE: predicted N % of a core, over the limit of N %
            hint: narrow the pattern, sample with --rate 1/100 or --rate 500/s, raise the limit, or use --force
        "#]].assert_eq(&said);
    });
}

/// What is refused for its terms is counted all the same in a dry run: the table says what to leave out.
#[test]
fn a_dry_run_that_is_refused_for_its_terms_tells_the_calls_first() {
    each_release(|release| {
        let node = shop(release);
        let full = |pattern: &str, more: &[&str]| {
            let arguments = [&["trace", node.name(), pattern, "--level", "full"], more].concat();
            let said = without_figures(&stable(&run_on(&node, &arguments).whole(), &node));
            let line = |line: &str| match line.split_once(" calls/s") {
                Some((_figure, function)) => format!("N calls/s{function}\n"),
                None => format!("{line}\n"),
            };
            said.lines().map(line).collect::<String>()
        };
        expect![[r#"
            status 2
            --- stdout
            NODE
            N calls/s  shop_orders:handle_call/3
              predicted: N events/s, bytes unknown (terms are copied whole), N % of a core of the node
            --- stderr
            pluto: NODE: shop_orders:handle_call/3 is likely to carry large terms: a callback of a behaviour is given the state of its process
            hint: --level calls shows shapes safely; --force copies the terms whole
        "#]]
        .assert_eq(&full("shop_orders:handle_call/3", &["--dry-run"]));
        expect![[r#"
            status 2
            --- stdout
            NODE
            N calls/s  shop_orders:place_order/2
              predicted: N events/s, bytes unknown (terms are copied whole), N % of a core of the node
            --- stderr
            pluto: NODE: shop_orders:place_order/2 is likely to carry large terms: argument 2 was a map of 3 keys
            hint: --level calls shows shapes safely; --force copies the terms whole
        "#]]
        .assert_eq(&full("shop_orders:place_order/2", &["--dry-run"]));
        expect![[r#"
            status 2
            --- stdout
            --- stderr
            pluto: NODE: shop_orders:place_order/2 is likely to carry large terms: argument 2 was a map of 3 keys
            hint: --level calls shows shapes safely; --force copies the terms whole
        "#]]
        .assert_eq(&full("shop_orders:place_order/2", &[]));
    });
}

/// A trace without any of the limits is armed all the same, and the recording says of none that it was in force.
#[test]
fn each_limit_can_be_none() {
    each_release(|release| {
        let node = shop(release);
        let dir = tempfile::tempdir().unwrap();
        let limits =
            ["events-per-s", "bytes-per-s", "queue", "cpu", "size"].map(|name| format!("--max-{name}=none"));
        let target = dir.path().join("recording");
        let mut arguments = vec!["record", node.name(), "shop_orders:place_order/2", "--events", "20"];
        arguments.extend(limits.iter().map(String::as_str));
        arguments.extend(["-o", text(&target)]);
        let ran = run_on(&node, &arguments);
        assert!(ran.stdout.contains(": 20 events; has the events that were wanted\n"), "{}", ran.whole());
        assert_eq!(ran.status, 0, "{}", ran.whole());
        let manifest = fs::read_to_string(target.join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        assert_eq!(manifest["about"]["limits"], serde_json::json!({}));
    });
}

#[test]
fn a_recording_ends_at_its_size() {
    each_release(|release| {
        let mut node = shop(release);
        calling_all_the_time(&mut node);
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("full");
        let ran = run_on(
            &node,
            &[
                "record",
                node.name(),
                "shop_cache:price/1",
                "--max-size",
                "100kB",
                "--max-events-per-s",
                "50k",
                "--force",
                "-o",
                target.to_str().unwrap(),
            ],
        );
        assert_eq!(ran.status, 0, "{}", ran.whole());
        assert!(ran.stdout.contains("the recording has the size of --max-size"), "{}", ran.whole());
        let bytes: u64 =
            fs::read_dir(&target).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
        assert!((90_000..1_500_000).contains(&bytes), "{bytes} bytes");
    });
}

/// Of two functions, the one that is called all the time is let go over the limit, and the other one is traced on.
#[test]
fn the_function_that_is_too_much_is_traced_no_more_and_the_rest_goes_on() {
    each_release(|release| {
        let mut node = shop(release);
        calling_all_the_time(&mut node);
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("recording");
        let patterns = ["shop_cache:price/1", "shop_orders:place_order/2"];
        let limits = ["--max-events-per-s", "3000", "--force", "-o", text(&target)];
        let arguments = [&["record", node.name()], &patterns[..], &limits[..]].concat();
        let mut running = Running::start(&node, &arguments);
        running.says("is not traced any more");
        let said =
            running.said().lines().find(|line| line.contains("not traced any more")).unwrap().to_owned();
        assert!(
            said.starts_with(&format!("{}: shop_cache:price/1 made ", node.name()))
                && said.ends_with(
                    " % of more events a second than the limit, and is not traced any more; `pluto adjust --add` traces \
                     it again, and --rate at the start keeps a part of its calls"
                ),
            "{said}"
        );
        let pattern = "erlang:trace_info({shop_cache, price, 1}, traced) =:= {traced, false}.";
        if release.otp() < 27 {
            assert_eq!(node.eval(pattern), "true");
        }
        std::thread::sleep(Duration::from_secs(3));
        running.signal("INT");
        let ran = running.wait();
        assert_eq!(ran.status, 0, "{}", ran.whole());
        let last = format!("{}: not traced to the end, as it was too much: shop_cache:price/1", node.name());
        assert!(ran.stdout.contains(&last), "{}", ran.whole());

        let calls = |pattern| events_of(text(&target), &["--kind", "call", "--function", pattern]);
        let (hot, cold) = (calls(patterns[0]), calls(patterns[1]));
        let time = |event: &serde_json::Value| event["time_ns"].as_i64().unwrap();
        let last_hot = hot.iter().map(time).max().unwrap();
        let later = cold.iter().filter(|event| time(event) > last_hot + 1_000_000_000).count();
        assert!(later > 0, "{} calls of the other one, none after the reduction", cold.len());
        let manifest = fs::read_to_string(target.join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        assert_eq!(
            manifest["about"]["changes"][0]["without"],
            serde_json::json!([patterns[0]]),
            "{manifest}"
        );
        assert_eq!(manifest["about"]["changes"].as_array().unwrap().len(), 1);
    });
}
