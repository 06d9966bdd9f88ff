//! `pluto test`.

use crate::support::{Ran, files, run, run_in};
use expect_test::expect;

const ACCOUNT: &str = "\
actor Account {
    balance: int = 0

    fn withdraw(mut self, amount: int) {
        if self.balance >= amount { self.balance -= amount }
    }

    fn balance(self) int { self.balance }
}

error Broken { part: string }

fn withdraw(account: Account, amount: int) { account.withdraw(amount)! }

fn check(rx: Receiver<int>) {
    let n = rx.recv()!
    expect(n).to_be_below(3)
}

test \"withdraw never overdraws\" {
    let account = spawn Account { balance: 100 }
    scope {
        spawn withdraw(account, 80)
        spawn withdraw(account, 80)
    }!
    expect(account.balance()!).to_be_at_least(0)
    print(\"not shown\")
}

test \"what is expected\" {
    print(\"shown\")
    expect([1, 2].len()).to_be(2)
    expect(\"text\").to_contain_text(\"ex\")
    expect([1].first()).to_be_some()
    expect([\"one\", \"two\", \"three\"]).to_be([\"one\", \"too\", \"three\"])
    print(\"never\")
}

test \"an error leaves\" {
    raise Broken { part: \"wheel\" }
}

test \"in another task\" {
    let (tx, rx) = chan<int>(0)
    let task = spawn check(rx)
    tx.send(5)!
    task.get() catch { _ => print(\"it has failed\") }
}

test \"a bug\" {
    sleep(60m)
    let none_of_it: [int] = []
    print(none_of_it[0])
}

test \"everybody waits\" {
    let (tx, rx) = chan<int>(0)
    print(rx.recv()!)
    tx.close()
}
";

/// Times are what no two runs have in common.
fn stable(ran: &Ran) -> String {
    let mut out = String::new();
    for line in ran.whole().lines() {
        let mut line = line.to_owned();
        for (from, to) in [(" (", ")"), ("\"ms\":", ","), ("\"ms\":", "}"), ("time=\"", "\""), (" in ", "s")]
        {
            if let Some(start) = line.find(from).map(|at| at + from.len())
                && let Some(end) = line.get(start..).and_then(|rest| rest.find(to))
                && line.get(start..start + 1).is_some_and(|first| first.parse::<u8>().is_ok())
            {
                line.replace_range(start..start + end, "N");
            }
        }
        out.push_str(&line);
        out.push('\n');
    }
    out
}

fn test(arguments: &[&str]) -> String {
    let dir = files(&[("account.pluto", ACCOUNT), ("other.pluto", "test \"one\" { expect(1).to_be(1) }\n")]);
    stable(&run_in(dir.path(), &[&["test"], arguments].concat()))
}

#[test]
fn all_tests_run_and_a_failing_one_says_why() {
    expect![[r#"
        status 1
        --- stdout
        running 7 tests
        ok    account.pluto:20: withdraw never overdraws (N)
        FAIL  account.pluto:30: what is expected (N)
              expected ["one", "two", "three"] to be ["one", "too", "three"]
                at account.pluto:35:5
                in test "what is expected", account.pluto:35:5
                wanted ["one", "too", "three"]
                actual ["one", "two", "three"]
                                 ^ here they part
              it printed:
              | shown
        FAIL  account.pluto:39: an error leaves (N)
              error: Broken { part: "wheel" }
                raised at account.pluto:40:11
        FAIL  account.pluto:43: in another task (N)
              expected 5 to be below 3
                at account.pluto:17:5
                in check, account.pluto:17:5
                in task check, account.pluto:45:16
              it printed:
              | task check #1: trap: expected 5 to be below 3
              | it has failed
        FAIL  account.pluto:50: a bug (N)
              trap: an index out of range
                at account.pluto:53:11
                in test "a bug", account.pluto:53:11
        FAIL  account.pluto:56: everybody waits (N)
              deadlock: every task waits
                test "everybody waits" waits to receive, account.pluto:58:11
        ok    other.pluto:1: one (N)
        2 passed, 5 failed in Ns
        --- stderr
    "#]]
    .assert_eq(&test(&[]));
}

#[test]
fn the_examples_pass_in_whatever_order_their_tasks_go_on() {
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/pluto");
    for seed in 0..20 {
        let ran = run(&["test", "--path", examples, "--seed", &seed.to_string()]);
        let failed: Vec<&str> = ran.stdout.lines().filter(|line| line.starts_with("FAIL")).collect();
        assert_eq!(failed, Vec::<&str>::new(), "seed {seed}: {}", ran.stdout);
        assert!(ran.stdout.contains("\n28 passed in "), "{}", ran.stdout);
    }
}

#[test]
fn some_are_chosen_by_their_names_and_files() {
    expect![[r#"
        status 0
        --- stdout
        running 2 tests
        ok    account.pluto:20: withdraw never overdraws (N)
        ok    other.pluto:1: one (N)
        2 passed in Ns
        --- stderr
    "#]]
    .assert_eq(&test(&["withdraw", "one"]));
    expect![[r#"
        status 0
        --- stdout
        running 1 test
        ok    other.pluto:1: one (N)
        1 passed in Ns
        --- stderr
    "#]]
    .assert_eq(&test(&["--path", "other.pluto"]));
    expect![[r#"
        status 0
        --- stdout
        account.pluto:20: withdraw never overdraws
        account.pluto:30: what is expected
        account.pluto:39: an error leaves
        account.pluto:43: in another task
        account.pluto:50: a bug
        account.pluto:56: everybody waits
        other.pluto:1: one
        --- stderr
    "#]]
    .assert_eq(&test(&["--list"]));
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: none of 7 tests has such a name
        hint: `pluto test --list` names them
    "#]]
    .assert_eq(&test(&["nowhere"]));
}

#[test]
fn results_for_machines() {
    expect![[r#"
        status 1
        --- stdout
        {"file":"account.pluto","line":20,"ms":N,"result":"passed","test":"withdraw never overdraws"}
        {"expected":{"actual":"[\"one\", \"two\", \"three\"]","matcher":"to_be","wanted":"[\"one\", \"too\", \"three\"]"},"file":"account.pluto","line":30,"ms":N,"output":"shown\n","result":"failed","test":"what is expected","why":"expected [\"one\", \"two\", \"three\"] to be [\"one\", \"too\", \"three\"]\n  at account.pluto:35:5\n  in test \"what is expected\", account.pluto:35:5\n  wanted [\"one\", \"too\", \"three\"]\n  actual [\"one\", \"two\", \"three\"]\n                   ^ here they part"}
        {"failed":1,"ms":N,"not_run":0,"passed":1}
        --- stderr
    "#]].assert_eq(&test(&["--format", "json", "expected", "withdraw"]));
    expect![[r#"
        status 1
        --- stdout
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuite name="pluto" tests="2" failures="1" errors="0" skipped="0" time="N">
          <testcase name="withdraw never overdraws" classname="account.pluto" file="account.pluto" line="20" time="N"></testcase>
          <testcase name="what is expected" classname="account.pluto" file="account.pluto" line="30" time="N">
            <failure message="expected [&quot;one&quot;, &quot;two&quot;, &quot;three&quot;] to be [&quot;one&quot;, &quot;too&quot;, &quot;three&quot;]">expected [&quot;one&quot;, &quot;two&quot;, &quot;three&quot;] to be [&quot;one&quot;, &quot;too&quot;, &quot;three&quot;]
          at account.pluto:35:5
          in test &quot;what is expected&quot;, account.pluto:35:5
          wanted [&quot;one&quot;, &quot;too&quot;, &quot;three&quot;]
          actual [&quot;one&quot;, &quot;two&quot;, &quot;three&quot;]
                           ^ here they part</failure>
            <system-out>shown
        </system-out>
          </testcase>
        </testsuite>
        --- stderr
    "#]].assert_eq(&test(&["--format", "junit", "expected", "withdraw"]));
}

#[test]
fn programs_with_errors_are_not_tested() {
    let dir = files(&[("a.pluto", "test \"one\" { expect(1).to_be(\"1\") }\n")]);
    expect![[r#"
        status 1
        --- stdout
        --- stderr
        error[E0301]: `int` is needed, and this is `string`
         --> a.pluto:1:30
          |
        1 | test "one" { expect(1).to_be("1") }
          |                              ^^^
        1 error in 1 file
    "#]]
    .assert_eq(&run_in(dir.path(), &["test"]).whole());
}

#[test]
fn a_test_has_files_and_a_clock_of_its_own_and_what_it_writes_is_told() {
    let text = "\
import std.{env, fs, io, time}

test \"outside\" {
    fs.write_text(\"out.txt\", time.format(time.now()))!
    sleep(1h)
    io.write(f\"{time.format(time.now())}, \")!
    print(env.arguments())
    io.write_error(\"and an error\")!
    expect(fs.read_text(\"out.txt\")!).to_be(\"something else\")
}
";
    let dir = files(&[("a.pluto", text)]);
    expect![[r#"
        status 1
        --- stdout
        running 1 test
        FAIL  a.pluto:3: outside (N)
              expected "2000-01-01T00:00:00Z" to be "something else"
                at a.pluto:9:5
                in test "outside", a.pluto:9:5
                wanted "something else"
                actual "2000-01-01T00:00:00Z"
                        ^ here they part
              it printed:
              | 2000-01-01T01:00:00Z, []
              | and an error
        0 passed, 1 failed in Ns
        --- stderr
    "#]]
    .assert_eq(&stable(&run_in(dir.path(), &["test"])));
}
