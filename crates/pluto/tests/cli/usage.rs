//! Input that means nothing is refused: nothing is ignored in silence.

use crate::support::run;
use expect_test::expect;
use std::fmt::Write as _;

/// The first line that is said for each command line, which must have status 2.
fn said(commands: &[&str]) -> String {
    let mut out = String::new();
    for command in commands {
        let arguments: Vec<&str> = command.split(' ').map(|word| word.trim_matches('\'')).collect();
        let ran = run(&arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{command}: {}", ran.whole());
        writeln!(out, "{command}\n  {}", ran.stderr.lines().next().unwrap_or_default()).unwrap();
    }
    out
}

#[test]
fn options_that_mean_nothing_together_are_refused() {
    expect![[r#"
        trace a@b --send --timing
          pluto: --timing measures calls, and there is no pattern of calls
        trace a@b --life --rate 1/10
          pluto: --rate samples calls, and there is no pattern of calls
        trace a@b m:f --message _
          pluto: --message is about messages, and none are traced
        trace a@b --life --level returns
          pluto: --level returns keeps the values of calls, and there is no pattern of calls
        trace a@b m:f --format jsonl --syntax elixir
          pluto: --syntax is about text; --format jsonl has terms in Erlang's spelling
        trace a@b m:f --format jsonl --dry-run
          pluto: --dry-run tells the cost as text
        trace a@b m:f --children
          error: the following required arguments were not provided:
        trace a@b m:f --events 0
          error: invalid value '0' for '--events <N>': 0 is not in 1..18446744073709551615
        trace a@b m:f --max-queue 0
          error: invalid value '0' for '--max-queue <N>': expected a number of events (50000, 50k, 1M), or none
        ping a@b --tls-cert cert.pem --tls-key key.pem
          error: the following required arguments were not provided:
        ping a@b --tls-ca ca.pem --tls-insecure
          error: the argument '--tls-ca <FILE>' cannot be used with '--tls-insecure'
        record a@b m:f --format json --dry-run
          pluto: --dry-run tells the cost as text
        record a@b m:f -o dir --save-when exception
          error: the following required arguments were not provided:
        record a@b m:f -o dir --last 1s --save-when exception
          pluto: --save-when exception would never hold: no exception is observed
        record a@b m:f -o dir --last 1s --save-when slow:1ms
          pluto: --save-when slow would never hold: no call is timed
        record a@b --send -o dir --last 1s --save-when slow:1ms
          pluto: --save-when slow would never hold: no call is timed
        show dir --format jsonl --syntax erlang
          pluto: --syntax is about text; --format jsonl has terms in Erlang's spelling
        show dir --tree --kind call
          error: the argument '--tree' cannot be used with '--kind <KIND>'
        show dir --slow 1ms --kind call
          error: the argument '--slow <TIME>' cannot be used with '--kind <KIND>'
        show dir --dump --limit 5
          error: the argument '--dump' cannot be used with '--limit <N>'
        show dir --dump --since 1s
          error: the argument '--dump' cannot be used with:
        show dir --dump --format jsonl
          error: the argument '--dump' cannot be used with '--format <FORMAT>'
        export dir --to csv --slow 1ms
          pluto: --slow does not go with this format of export
        export dir --to json --failed
          pluto: --failed does not go with this format of export
        export dir --to perfetto --function m:f
          pluto: --function does not go with this format of export
        export dir --to mermaid --kind send
          pluto: --kind does not go with this format of export
        export dir --to speedscope --failed
          pluto: --failed does not go with this format of export
    "#]]
    .assert_eq(&said(&[
        "trace a@b --send --timing",
        "trace a@b --life --rate 1/10",
        "trace a@b m:f --message _",
        "trace a@b --life --level returns",
        "trace a@b m:f --format jsonl --syntax elixir",
        "trace a@b m:f --format jsonl --dry-run",
        "trace a@b m:f --children",
        "trace a@b m:f --events 0",
        "trace a@b m:f --max-queue 0",
        "ping a@b --tls-cert cert.pem --tls-key key.pem",
        "ping a@b --tls-ca ca.pem --tls-insecure",
        "record a@b m:f --format json --dry-run",
        "record a@b m:f -o dir --save-when exception",
        "record a@b m:f -o dir --last 1s --save-when exception",
        "record a@b m:f -o dir --last 1s --save-when slow:1ms",
        "record a@b --send -o dir --last 1s --save-when slow:1ms",
        "show dir --format jsonl --syntax erlang",
        "show dir --tree --kind call",
        "show dir --slow 1ms --kind call",
        "show dir --dump --limit 5",
        "show dir --dump --since 1s",
        "show dir --dump --format jsonl",
        "export dir --to csv --slow 1ms",
        "export dir --to json --failed",
        "export dir --to perfetto --function m:f",
        "export dir --to mermaid --kind send",
        "export dir --to speedscope --failed",
    ]));
}

#[test]
fn a_stack_is_not_recorded_and_not_ignored() {
    let ran = run(&["trace", "a@b", "shop:place(X, _) when X > 10 -> return,stack"]);
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: malformed pattern: the stack of a call is not recorded by this version
          shop:place(X, _) when X > 10 -> return,stack
                                                 ^
        hint: leave it out, and trace the callers too: a tree of calls shows who called whom
    "#]]
    .assert_eq(&ran.whole());
    let ran = run(&["trace", "a@b", "{shop, place, [{'_', [], [{message, {process_dump}}]}]}"]);
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: malformed pattern: the stack of a call is not recorded by this version
          {shop, place, [{'_', [], [{message, {process_dump}}]}]}
                                     ^
        hint: leave it out, and trace the callers too: a tree of calls shows who called whom
    "#]]
    .assert_eq(&ran.whole());
}

#[test]
fn what_a_running_trace_cannot_change_is_said() {
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: a running trace cannot change its --rate
        hint: `pluto stop shop` ends it; start it again with the --rate that you want
    "#]]
    .assert_eq(&run(&["adjust", "shop", "--rate", "1/10"]).whole());
    expect![[r#"
        adjust shop
          pluto: nothing to change
        adjust shop --add m:f --timing
          pluto: a running trace cannot change its --timing
        adjust shop --level returns
          pluto: a running trace cannot change its --level
        adjust shop --process someone
          pluto: a running trace cannot change its --process
    "#]]
    .assert_eq(&said(&[
        "adjust shop",
        "adjust shop --add m:f --timing",
        "adjust shop --level returns",
        "adjust shop --process someone",
    ]));
}
