//! What a trace would cost is measured first, and what would be too much is refused; what runs has an end.

use crate::support::{each_release, run_on, shop, stable};
use expect_test::expect;
use pluto_testnode::Node;
use std::fs;

/// A process that calls one function over and over: hundreds of thousands of times a second.
fn spinning(node: &mut Node) {
    node.eval(
        "spawn(fun() -> Spin = fun Spin() -> shop_orders:total_price(30, 3), Spin() end, Spin() end), ok.",
    );
}

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
        spinning(&mut node);
        let mut said = String::new();
        for limits in [["--max-events-per-s", "1"], ["--max-bytes-per-s", "1"], ["--max-cpu", "0.0001%"]] {
            let always = ["--max-events-per-s", "1G", "--max-bytes-per-s", "100GB", "--max-cpu", "1000%"];
            let others: Vec<&str> =
                always.chunks(2).filter(|pair| pair[0] != limits[0]).flatten().copied().collect();
            for dry in [&["--dry-run"][..], &["-o", "/nonexistent/recording"][..]] {
                let arguments =
                    [&["record", node.name(), "shop_orders:total_price/2"], &limits[..], &others, dry]
                        .concat();
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

#[test]
fn a_recording_ends_at_its_size() {
    each_release(|release| {
        let mut node = shop(release);
        spinning(&mut node);
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("full");
        let ran = run_on(
            &node,
            &[
                "record",
                node.name(),
                "shop_orders:total_price/2",
                "--max-size",
                "100kB",
                "--max-events-per-s",
                "20k",
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
