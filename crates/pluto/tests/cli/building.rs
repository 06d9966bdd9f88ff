//! `pluto build`.

use crate::support::{Ran, command, files, files_in, read, run_in, text};
use expect_test::expect;
use pluto_testcompiler::Regression;
use pluto_testcompiler::generate::{Choices, program};
use std::fs::OpenOptions;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Builds a program that stands in a file `main.pluto`, as `main` beside it.
fn build(program: &str, arguments: &[&str]) -> TempDir {
    let dir = files(&[("main.pluto", program)]);
    let built = run_in(dir.path(), &[&["build", "main.pluto"], arguments].concat());
    assert_eq!(built.whole(), "status 0\n--- stdout\n--- stderr\n", "{program}");
    dir
}

/// Runs what was built, in an environment in which there is nothing.
fn built(dir: &TempDir, arguments: &[&str]) -> Ran {
    let mut command = Command::new(dir.path().join("main"));
    command.args(arguments).env_clear().current_dir(dir.path()).stdin(Stdio::null());
    command.output().expect("what was built runs").into()
}

/// Lines without the one that says how many calls are not shown.
fn told(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.contains('…')).collect()
}

/// Has a way to go wrong for each number that it is called with: an error, traps with stacks, a deadlock; and tasks and actors for
/// which it does so without ending.
const ENDINGS: &str = "\
import std.env

error Lost { what: string }

class Shelf {
    count: int

    fn take(mut self, count: int) int requires count > 0 {
        self.count -= count
        self.count
    }
}

actor Machine {
    parts: [int] = [1, 2]

    fn part(self, at: int) int { self.parts[at] }
}

fn lose(what: string) int { raise Lost { what } }

fn down(n: int) int { 1 + down(n + 1) }

fn main() {
    let arguments = env.arguments()
    print(arguments)
    let mut shelf = Shelf { count: 3 }
    match arguments[0] {
        \"error\" => print(lose(\"all\")!),
        \"contract\" => print(shelf.take(arguments.len() - 1)),
        \"index\" => print(arguments[arguments.len()]),
        \"stack\" => print(down(0)),
        \"tasks\" => {
            let machine = spawn Machine {}
            debug(machine.part(1) catch -1)
            debug(machine.part(2) catch -1)
            let task = spawn lose(\"in a task\")
            task.detach()
            sleep(1ms)
        },
        \"deadlock\" => {
            let (out, numbers) = chan<int>(0)
            print(numbers.recv() catch 0)
            out.close()
        },
        _ => print(shelf.take(1)),
    }
}
";

#[test]
fn what_is_built_does_what_is_run() {
    let dir = build(ENDINGS, &[]);
    for (way, status) in [
        ("good", 0),
        ("error", 1),
        ("contract", 101),
        ("index", 101),
        ("stack", 101),
        ("tasks", 0),
        ("deadlock", 101),
    ] {
        let ran = built(&dir, &[way]);
        let by_run = run_in(dir.path(), &["run", "main.pluto", way]);
        assert_eq!(told(&ran.whole()), told(&by_run.whole()), "{way}");
        assert_eq!(ran.status, status, "{}", ran.whole());
    }
    let ran = built(&dir, &["contract", "--help"]);
    expect![[r#"
        status 0
        --- stdout
        ["contract", "--help"]
        2
        --- stderr
    "#]]
    .assert_eq(&ran.whole());
    let ran = built(&dir, &["contract"]);
    expect![[r#"
        status 101
        --- stdout
        ["contract"]
        --- stderr
        trap: `requires` does not hold
          at main.pluto:8:39
          in Shelf.take, main.pluto:8:39
          in main, main.pluto:30:29
    "#]]
    .assert_eq(&ran.whole());
}

#[test]
fn tasks_run_on_the_threads_that_were_asked_for() {
    let text = "fn fib(n: int) int { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }

fn main() {
    let mut tasks: [Task<int>] = []
    for n in 0..20 { tasks.push(spawn fib(n)) }
    let mut sum = 0
    for task in tasks { sum += task.get() catch 0 }
    print(sum)
}
";
    assert_eq!(built(&build(text, &["--workers", "3"]), &[]).ok(), "10945\n");
}

#[test]
fn memory_ends_where_it_was_said() {
    let text = "fn main() {
    let mut all: [int] = []
    for n in 0..1_000_000 { all.push(n) }
    print(all.len())
}
";
    for bound in ["--memory", "--task-memory"] {
        assert_eq!(built(&build(text, &[bound, "64MB"]), &[]).ok(), "1000000\n");
        let whole = built(&build(text, &[bound, "5MB"]), &[]).whole();
        assert!(whole.starts_with("status 101\n--- stdout\n--- stderr\ntrap: out of memory\n"), "{whole}");
    }
}

/// Examples that tell what happens in time as it passes.
const OF_TIME: [&str; 2] = ["philosophers", "rate_limiter"];

#[test]
fn the_examples_print_what_they_must() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let all = std::fs::read_to_string(root.join("crates/ir/tests/examples.txt")).expect("what they print");
    let mut examples: Vec<(&str, String)> = Vec::new();
    for line in all.lines() {
        match (line.strip_prefix("  "), examples.last_mut()) {
            (Some(line), Some((_, printed))) => *printed += &format!("{line}\n"),
            _ => examples.push((line.trim_end_matches(".pluto"), String::new())),
        }
    }
    assert!(examples.len() > 15);
    for (name, printed) in examples {
        let example = root.join("examples/pluto").join(name).with_extension("pluto");
        let dir = build(&std::fs::read_to_string(example).expect("an example"), &[]);
        let ran = built(&dir, &[]);
        if OF_TIME.contains(&name) {
            assert_eq!((ran.status, ran.stdout.lines().count()), (0, printed.lines().count()), "{name}");
        } else {
            assert_eq!(ran.whole(), format!("status 0\n--- stdout\n{printed}--- stderr\n"), "{name}");
        }
    }
}

#[test]
fn generated_programs_print_what_they_must() {
    for seed in 7_000..7_030 {
        let made = program(&mut Choices::seeded(seed));
        prints(&made.files, &made.output, &format!("seed {seed}"));
    }
}

/// Builds a program of some files, which must print this, and whatever it says of tasks that trap.
fn prints(files: &[(String, String)], output: &str, name: &str) {
    let dir = tempfile::tempdir().expect("a folder");
    files_in(dir.path(), files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let first = files.first().map_or("", |(path, _)| path);
    run_in(dir.path(), &["build", first, "-o", "main"]).ok();
    let ran = built(&dir, &[]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, output), "{name}: {}", ran.stderr);
}

#[test]
fn regressions_print_what_they_must() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/regressions");
    for entry in std::fs::read_dir(root).expect("the regressions") {
        let path = entry.expect("one of them").path();
        if path.extension().is_some_and(|extension| extension == "pluto") {
            let one = Regression::read(&std::fs::read_to_string(&path).expect("its text"));
            prints(&one.files, &one.output, &path.display().to_string());
        }
    }
}

#[test]
fn functions_have_their_names_for_debuggers() {
    let dir = build(
        "fn pair<T>(x: T) [T] { [x, x] }\n\nfn main() {\n    print(pair(1))\n    print(pair(\"a\"))\n}\n",
        &[],
    );
    let bytes = std::fs::read(dir.path().join("main")).expect("it was built");
    for name in ["\0pluto::main\0", "\0pluto::pair\0", "\0pluto::pair#"] {
        assert!(bytes.windows(name.len()).any(|part| part == name.as_bytes()), "{name:?}");
    }
    assert_eq!(built(&dir, &[]).ok(), "[1, 1]\n[\"a\", \"a\"]\n");
}

#[test]
fn output_that_cannot_be_written_is_status_2_and_a_reader_that_has_gone_is_none() {
    let dir = build("fn main() {\n    loop { print(\"on and on\") }\n}\n", &[]);
    let full = OpenOptions::new().write(true).open("/dev/full").expect("a device that is full");
    let run = |out: Stdio| -> Ran {
        let mut command = Command::new(dir.path().join("main"));
        command
            .stdout(out)
            .stderr(Stdio::piped())
            .spawn()
            .and_then(|child| child.wait_with_output())
            .expect("runs")
            .into()
    };
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: cannot write the output: No space left on device (os error 28)
    "#]]
    .assert_eq(&run(full.into()).whole());
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    assert_eq!(run(writer.into()).whole(), "status 0\n--- stdout\n--- stderr\n");
}

#[test]
fn what_cannot_be_built_is_said() {
    let dir =
        files(&[("main.pluto", "fn main() { print(x) }\n"), ("good.pluto", "fn main() { print(1) }\n")]);
    let go = |arguments: &[&str]| run_in(dir.path(), arguments).whole();
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
    .assert_eq(&go(&["build", "main.pluto"]));
    assert!(!dir.path().join("main").exists());
    let mut without = command(&["build", "good.pluto"]);
    let ran: Ran = without.env("PATH", "").current_dir(dir.path()).output().expect("it runs").into();
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: there is no C compiler (`cc`) on this machine, which links what is built
        hint: install one, on Debian and Ubuntu by `apt install gcc libc6-dev`; `pluto run` needs none
    "#]]
    .assert_eq(&ran.whole());
    files_in(dir.path(), [("bin/cc", "#!/bin/sh\necho no room >&2\nexit 3\n")]);
    let cc = dir.path().join("bin/cc");
    let mode = Command::new("chmod").arg("+x").arg(&cc).status().expect("chmod runs");
    assert!(mode.success());
    let mut broken = command(&["build", "good.pluto"]);
    let path = format!("{}:{}", text(&dir.path().join("bin")), std::env::var("PATH").unwrap_or_default());
    let ran: Ran = broken.env("PATH", path).current_dir(dir.path()).output().expect("it runs").into();
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: `cc` does not link it, exit status: 3:
        no room
        hint: `pluto run` runs it without linking
    "#]]
    .assert_eq(&ran.whole());
    assert!(!dir.path().join("good").exists());
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: cannot write none/app: No such file or directory (os error 2)
    "#]]
    .assert_eq(&go(&["build", "good.pluto", "-o", "none/app"]));
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: bin is a directory
        hint: name the executable with -o
    "#]]
    .assert_eq(&go(&["build", "good.pluto", "-o", "bin"]));
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: good.pluto is the program's source
        hint: name the executable with -o
    "#]]
    .assert_eq(&go(&["build", "good.pluto", "-o", "good.pluto"]));
    assert_eq!(read(&dir, "good.pluto"), "fn main() { print(1) }\n");
    let left: Vec<String> = std::fs::read_dir(dir.path())
        .expect("the folder")
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with('.') || name == "good")
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn an_executable_takes_the_place_of_another() {
    let dir = build("fn main() { print(1) }\n", &[]);
    files_in(dir.path(), [("main.pluto", "fn main() { print(2) }\n")]);
    run_in(dir.path(), &["build", "main.pluto"]).ok();
    assert_eq!(built(&dir, &[]).ok(), "2\n");
}
