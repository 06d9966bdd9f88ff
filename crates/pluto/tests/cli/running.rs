//! `pluto run`.

use crate::support::{Ran, Running, command, files, read, run_in};
use expect_test::expect;

/// Runs a program that stands in a file `main.pluto`.
fn run(text: &str, arguments: &[&str]) -> Ran {
    let dir = files(&[("main.pluto", text)]);
    run_in(dir.path(), &[&["run", "main.pluto"], arguments].concat())
}

const CHECKOUT: &str = "\
error OutOfStock { item: string, wanted: int }

class Shelf {
    stock: Map<string, int>

    fn take(mut self, item: string, count: int) int
        requires count > 0
    {
        let there = self.stock.get(item) ?? 0
        if there < count {
            raise OutOfStock { item, wanted: count }
        }
        self.stock[item] = there - count
        there - count
    }
}

fn main() {
    let mut shelf = Shelf { stock: [\"pen\": 3] }
    print(f\"{shelf.take(\"pen\", 2)!} left\")
    print(shelf.take(\"ink\", 1) catch -1)
    print(shelf)
    shelf.take(\"pen\", COUNT)!
}
";

#[test]
fn a_program_runs_to_its_end() {
    let ran = run(&CHECKOUT.replace("COUNT", "1"), &[]);
    expect![[r#"
        status 0
        --- stdout
        1 left
        -1
        Shelf { stock: ["pen": 1] }
        --- stderr
    "#]]
    .assert_eq(&ran.whole());
}

#[test]
fn an_error_that_leaves_main_is_status_1() {
    let ran = run(&CHECKOUT.replace("COUNT", "2"), &[]);
    expect![[r#"
        status 1
        --- stdout
        1 left
        -1
        Shelf { stock: ["pen": 1] }
        --- stderr
        error: OutOfStock { item: "pen", wanted: 2 }
          raised at main.pluto:11:19
    "#]]
    .assert_eq(&ran.whole());
}

#[test]
fn a_trap_is_status_101_and_says_where() {
    let ran = run(&CHECKOUT.replace("COUNT", "0"), &[]);
    expect![[r#"
        status 101
        --- stdout
        1 left
        -1
        Shelf { stock: ["pen": 1] }
        --- stderr
        trap: `requires` does not hold
          at main.pluto:7:9
          in Shelf.take, main.pluto:7:9
          in main, main.pluto:23:5
    "#]]
    .assert_eq(&ran.whole());
    let down = "fn down(n: int) int { 1 + down(n + 1) }\n\nfn main() { print(down(0)) }\n";
    let deep = run(down, &["--interpret"]).whole();
    // How many calls there is room for is another number in native code.
    let lines = |text: &str| text.lines().filter(|line| !line.contains('…')).collect::<Vec<_>>().join("\n");
    assert_eq!(lines(&run(down, &[]).whole()), lines(&deep));
    expect![[r#"
        status 101
        --- stdout
        --- stderr
        trap: too many calls in one another
          at main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          … 99975 more …
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in down, main.pluto:1:27
          in main, main.pluto:3:19
    "#]]
    .assert_eq(&deep);
}

#[test]
fn what_cannot_be_run_is_said() {
    let broken = run("fn main() { print(x) }\n", &[]);
    expect![[r#"
        status 1
        --- stdout
        --- stderr
        error[E0201]: there is no `x` here
         --> main.pluto:1:19
          |
        1 | fn main() { print(x) }
          |                   ^
        1 error in 1 file
    "#]]
    .assert_eq(&broken.whole());
    let later = run("fn main() {\n    let reply: term = :ok\n    print(reply == :ok)\n}\n", &[]);
    expect![[r#"
        status 0
        --- stdout
        true
        --- stderr
    "#]]
    .assert_eq(&later.whole());
    let without = run("pub fn twice(n: int) int { 2 * n }\n", &[]);
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: main.pluto has no function main
        hint: `fn main() { … }` is what is run
    "#]]
    .assert_eq(&without.whole());
}

#[test]
fn what_happens_in_other_tasks_is_told() {
    let ran = run(
        "\
error Broken { part: string }

actor Machine {
    parts: [string] = []

    fn use_part(self, at: int) string { self.parts[at] }
    fn fail(self) { raise Broken { part: self.parts[0] } }
}

fn work(machine: Machine) {
    defer { print(\"given up\") }
    machine.fail() later
    print(machine.use_part(7) catch { ActorDown { reason } => reason })
    sleep(2ms)
    debug([1, 2])
    raise Broken { part: \"task\" }
}

fn main() {
    let machine = spawn Machine { parts: [\"wheel\"] }
    let task = spawn work(machine)
    task.get()!
}
",
        &[],
    );
    expect![[r#"
        status 1
        --- stdout
        an index out of range
        given up
        --- stderr
        Machine #1: error: Broken { part: "wheel" }
          raised at main.pluto:7:27
        Machine #1: trap: an index out of range
          at main.pluto:6:41
          in Machine.use_part, main.pluto:6:41
          in message Machine.use_part, main.pluto:6:8
        debug: main.pluto:15:5: [1, 2]
        error: Broken { part: "task" }
          raised at main.pluto:16:11
    "#]]
    .assert_eq(&ran.whole());
}

#[test]
fn tasks_that_wait_for_each_other_are_told_with_what_for() {
    let ran = run(
        "\
fn pass(from: Receiver<int>, to: Sender<int>) {
    for n in from { to.send(n + 1)! }
}

fn main() {
    let (first, from_first) = chan<int>(0)
    let (second, from_second) = chan<int>(0)
    let one = spawn pass(from_first, second)
    let two = spawn pass(from_second, first)
    one.get()!
    two.get()!
    first.close()
}
",
        &[],
    );
    expect![[r#"
        status 101
        --- stdout
        --- stderr
        deadlock: every task waits
          main waits for the end of task pass #1, main.pluto:10:5
          task pass #1 waits to receive, main.pluto:2:5
          task pass #2 waits to receive, main.pluto:2:5
    "#]]
    .assert_eq(&ran.whole());
}

#[test]
fn a_program_whose_reader_has_gone_ends() {
    let dir = files(&[("main.pluto", "fn main() {\n    loop { print(\"on and on\") }\n}\n")]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device that is full");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pluto"));
    command.args(["run", "main.pluto"]).current_dir(dir.path()).stdout(full);
    let ran = command.stderr(std::process::Stdio::piped()).output().expect("it runs");
    assert_eq!((ran.status.code(), String::from_utf8_lossy(&ran.stderr).lines().count()), (Some(2), 1));
}

#[test]
fn the_main_of_the_file_is_run() {
    let dir = files(&[
        ("pluto.toml", "name = \"two\"\nedition = 1\n"),
        ("a.pluto", "import words\n\nfn main() { print(words.greeting()) }\n"),
        ("b.pluto", "fn main() { print(\"b\") }\n"),
        ("words.pluto", "pub fn greeting() string { \"hello from a\" }\n"),
    ]);
    assert_eq!(run_in(dir.path(), &["run", "a.pluto"]).ok(), "hello from a\n");
    assert_eq!(run_in(dir.path(), &["run", "b.pluto"]).ok(), "b\n");
}

#[test]
fn what_is_interpreted_is_the_same() {
    for count in ["0", "1", "2"] {
        let text = CHECKOUT.replace("COUNT", count);
        assert_eq!(run(&text, &["--interpret"]).whole(), run(&text, &[]).whole());
    }
}

#[test]
fn tasks_run_on_several_threads() {
    let text = "fn fib(n: int) int { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }

fn main() {
    let mut tasks: [Task<int>] = []
    for n in 0..20 { tasks.push(spawn fib(n)) }
    let mut sum = 0
    for task in tasks { sum += task.get() catch 0 }
    print(sum)
}
";
    for workers in ["1", "2", "4"] {
        assert_eq!(run(text, &["--workers", workers]).ok(), "10945\n");
    }
    let endless = "fn endless() {\n    loop {}\n}\n\nfn main() {\n    let task = spawn endless()\n    task.detach()\n    print(\"over\")\n}\n";
    assert_eq!(run(endless, &["--workers", "2"]).ok(), "over\n");
    let deadlock = "fn main() {\n    let (out, numbers) = chan<int>(0)\n    print(numbers.recv() catch 0)\n    out.close()\n}\n";
    assert_eq!(run(deadlock, &["--workers", "3"]).whole(), run(deadlock, &[]).whole());
}

#[test]
fn memory_ends_where_it_is_said() {
    let text = "fn main() {
    let mut all: [int] = []
    for n in 0..1_000_000 { all.push(n) }
    print(all.len())
}
";
    assert_eq!(run(text, &[]).ok(), "1000000\n");
    assert_eq!(run(text, &["--memory", "64MB", "--gc-zeal", "10000"]).ok(), "1000000\n");
    for bound in ["--memory", "--task-memory"] {
        let whole = run(text, &[bound, "5MB"]).whole();
        assert!(whole.starts_with("status 101\n--- stdout\n--- stderr\ntrap: out of memory\n"), "{whole}");
    }
}

#[test]
fn contracts_are_left_out_where_that_is_asked_for() {
    let text = "class Level {
    n: int = 0

    invariant self.n < 3

    fn up(mut self) { self.n += 1 }
}

fn half(n: int) int
    requires n > 0
    ensures result * 2 == n
{
    n / 2
}

fn main() {
    let mut level = Level {}
    for _ in 0..5 { level.up() }
    print(level)
    print(half(-3))
    assert half(3) == 2, \"asserted\"
}
";
    for way in [&["--contracts", "off"][..], &["--contracts", "off", "--interpret"]] {
        let whole = run(text, way).whole();
        assert!(
            whole.starts_with(
                "status 101\n--- stdout\nLevel { n: 5 }\n-1\n--- stderr\ntrap: an assertion does not hold: asserted\n"
            ),
            "{whole}"
        );
    }
    let whole = run(text, &[]).whole();
    assert!(
        whole.starts_with("status 101\n--- stdout\n--- stderr\ntrap: `invariant` does not hold\n"),
        "{whole}"
    );
}

#[test]
fn native_code_is_shown() {
    let clif = run("fn main() { print(1) }\n", &["--dump", "clif"]).ok();
    assert!(clif.starts_with("; main\nfunction u0:"), "{clif}");
    let asm = run("fn main() { print(1) }\n", &["--dump", "asm"]).ok();
    assert!(asm.starts_with("; main\n") && asm.contains("pushq"), "{asm}");
}

#[test]
fn the_mid_level_form_is_shown() {
    let ran = run(
        "fn half(n: int) int? { if n % 2 == 0 { n / 2 } else { none } }\n\nfn main() { print(half(6) ?? 0) }\n",
        &["--dump", "ir"],
    );
    expect![[r#"
        fn f0 "main"()
        b0:
          %0 = 6
          %1, %2 = call f1 "half" %0
          if %1 b1 else b2
        b1:
          %3 = %2
          jump b3
        b2:
          %4 = 0
          %3 = %4
          jump b3
        b3:
          %5 = do "show" int %3
          do "print" string %5
          return
        fn f1 "half"(%0: int) -> byte, int
        b0:
          %3 = 2
          %4 = rem %0 %3
          %5 = 0
          %6 = eq %4 %5
          if %6 b2 else b3
        b1:
          return %1 %2
        b2:
          %7 = 2
          %8 = div %0 %7
          %9 = byte 1
          %1 = %9
          %2 = %8
          jump b1
        b3:
          %10 = byte 0
          %11 = 0
          %1 = %10
          %2 = %11
          jump b1
    "#]]
    .assert_eq(&ran.ok());
}

#[test]
fn an_actor_behind_a_trait_is_missed_where_it_is_called() {
    let ran = run(
        "\
trait Count {
    fn next(self) int
}

actor Counter {}

impl Count for Counter {
    fn next(self) int { 1 }
}

class Twice {
    of: Count
}

impl Count for Twice {
    fn next(self) int { self.of.next()! * 2 }
}

fn main() {
    let counter = spawn Counter {}
    counter.stop()
    let twice: Count = Twice { of: counter }
    print(twice.next()!)
}
",
        &[],
    );
    expect![[r#"
        status 1
        --- stdout
        --- stderr
        error: ActorDown { reason: "stopped" }
          raised at main.pluto:16:25
    "#]]
    .assert_eq(&ran.whole());
}

#[test]
fn a_program_has_arguments_input_and_files() {
    let text = "\
import std.{env, fs, io}

fn main() {
    print(env.arguments())
    io.write(\"name? \")!
    let name = io.read_line()! ?? \"nobody\"
    io.write_error(\"asked\")!
    print(f\"hello {name}, {io.read_lines()!.len()} more lines\")
    print(io.read_line()!)
    fs.write_text(\"out.txt\", name)!
    print(fs.read_text(\"none.txt\")!)
}
";
    let dir = files(&[("main.pluto", text)]);
    let mut command = command(&["run", "main.pluto", "a b", "--", "--two"]);
    let input = dir.path().join("input");
    std::fs::write(&input, "größe\r\nb\nc").expect("writable");
    command.current_dir(dir.path()).stdin(std::fs::File::open(input).expect("it is there"));
    let ran: Ran = command.output().expect("the binary runs").into();
    expect![[r#"
        status 1
        --- stdout
        ["a b", "--two"]
        name? hello größe, 2 more lines
        none
        --- stderr
        asked
        error: FileError { path: "none.txt", problem: NotFound, why: "no such file or directory" }
          raised at std/fs.pluto:73:28
    "#]]
    .assert_eq(&ran.whole());
    assert_eq!(read(&dir, "out.txt"), "größe");
}

#[test]
fn the_clock_and_the_environment_are_those_of_the_machine() {
    let text = "\
import std.{env, process, time}

fn main() {
    let year = time.to_date(time.now()).year
    print(year > 2025 and year < 2262)
    print(env.get(\"PLUTO_COOKIE\") == none)
    print(process.command(\"echo\", [\"$HOME\"]).text()!)
}
";
    let ran = run(text, &[]);
    assert_eq!(ran.ok(), "true\ntrue\n$HOME\n\n");
}

#[test]
fn a_program_that_is_watched_is_run_again_when_it_changes() {
    let dir = files(&[("main.pluto", "fn main() { debug(1) }\n"), ("other.pluto", "pub fn a() int { 2 }\n")]);
    let mut command = command(&["run", "--watch", "main.pluto", "--", "--watch"]);
    command.current_dir(dir.path());
    let mut running = Running::of(command);
    running.says("main.pluto:1:13: 1");
    running.says("waiting for a change");
    let text = "import other\nimport std.env\nfn main() { debug(env.arguments())  debug(other.a()) }\n";
    std::fs::write(dir.path().join("main.pluto"), text.replace("  ", "\n")).expect("writable");
    running.says("main.pluto:3:13: [\"--watch\"]");
    running.says("main.pluto:4:1: 2");
    // One that does not end by itself is ended.
    std::fs::write(dir.path().join("main.pluto"), "fn main() {\n    debug(3)\n    sleep(1000s)\n}\n")
        .expect("writable");
    running.says("main.pluto:2:5: 3");
    std::fs::write(dir.path().join("main.pluto"), "fn main() { wrong() }\n").expect("writable");
    running.says("there is no `wrong` here");
}
