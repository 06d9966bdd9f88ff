//! Running the binary against live nodes, and comparing what it says.

use pluto_event as event;
use pluto_recording::{About, Summary, Writer, WriterOptions};
use pluto_testnode::{Node, NodeOptions, Release, releases, system_release};
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything takes on a loaded machine: reaching it means that something hangs.
pub(crate) const HANGS: Duration = Duration::from_secs(60);

/// What a run of `pluto` ended with.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Status, output and errors as one text to compare.
    pub(crate) fn whole(&self) -> String {
        format!("status {}\n--- stdout\n{}--- stderr\n{}", self.status, self.stdout, self.stderr)
    }

    /// Standard output of a run that must have gone well.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.status, 0, "{}", self.whole());
        self.stdout
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        Ran {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

/// A command line of the binary, with nothing of the caller's that would change what it does.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pluto"));
    command.args(arguments).env_remove("PLUTO_COOKIE").env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

/// Runs the binary without a node's cookie.
pub(crate) fn run(arguments: &[&str]) -> Ran {
    command(arguments).output().expect("the binary runs").into()
}

/// A command line of the binary with the cookie of a node.
pub(crate) fn command_on(node: &Node, arguments: &[&str]) -> Command {
    let mut command = command(arguments);
    command.env("PLUTO_COOKIE", node.cookie());
    command
}

/// Runs the binary with the cookie of a node.
pub(crate) fn run_on(node: &Node, arguments: &[&str]) -> Ran {
    command_on(node, arguments).output().expect("the binary runs").into()
}

/// Writes files below a directory.
pub(crate) fn files_in<'a>(dir: &Path, files: impl IntoIterator<Item = (&'a str, &'a str)>) {
    for (name, text) in files {
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().expect("it is in the folder")).expect("writable");
        std::fs::write(path, text).expect("writable");
    }
}

/// A directory with these files.
pub(crate) fn files(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    files_in(dir.path(), files.iter().copied());
    dir
}

/// A file of a directory.
pub(crate) fn read(dir: &TempDir, name: &str) -> String {
    std::fs::read_to_string(dir.path().join(name)).expect("it is there")
}

/// Runs the binary in a directory.
pub(crate) fn run_in(dir: &Path, arguments: &[&str]) -> Ran {
    command(arguments).current_dir(dir).output().expect("the binary runs").into()
}

/// A run that goes on beside the test; killed when dropped.
pub(crate) struct Running {
    child: Child,
    said: Receiver<String>,
    stderr: String,
}

impl Running {
    /// Starts the binary with the cookie of a node.
    pub(crate) fn start(node: &Node, arguments: &[&str]) -> Running {
        Running::of(command_on(node, arguments))
    }

    /// Starts a command.
    pub(crate) fn of(mut command: Command) -> Running {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let (sender, said) = channel();
        let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // The test may be over.
                let _nobody_listens = sender.send(line + "\n");
            }
        });
        Running { child, said, stderr: String::new() }
    }

    /// Starts the binary and returns when it says on standard error that every node is armed.
    pub(crate) fn armed(node: &Node, arguments: &[&str]) -> Running {
        let mut running = Running::start(node, arguments);
        running.says("armed in");
        running
    }

    /// Waits for a line on standard error that has this in it.
    pub(crate) fn says(&mut self, what: &str) {
        while !self.stderr.contains(what) {
            match self.said.recv_timeout(HANGS) {
                Ok(line) => self.stderr += &line,
                Err(_) => panic!("{what:?} was not said:\n{}", self.stderr),
            }
        }
    }

    /// Everything that was said on standard error by now.
    pub(crate) fn said(&mut self) -> &str {
        self.stderr.extend(self.said.try_iter());
        &self.stderr
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name, such as `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Kills it with SIGKILL and waits for its end.
    pub(crate) fn kill(&mut self) {
        // A process that has already ended is as dead as was asked for.
        let _already_gone = self.child.kill();
        let _status = self.child.wait();
    }

    /// Waits for the end.
    pub(crate) fn wait(mut self) -> Ran {
        let mut stdout = String::new();
        let mut stream = self.child.stdout.take().expect("stdout is piped");
        stream.read_to_string(&mut stdout).expect("UTF-8");
        let status = self.child.wait().expect("it ends").code().unwrap_or(-1);
        self.stderr.extend(self.said.iter());
        Ran { status, stdout, stderr: std::mem::take(&mut self.stderr) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port mapper of one's own, so that nobody else's nodes are in it; killed when dropped.
pub(crate) struct Epmd {
    child: Child,
    pub(crate) port: u16,
}

impl Epmd {
    pub(crate) fn start() -> Epmd {
        let port = free_port();
        let mut command = system_release().command("epmd");
        let child = command.args(["-port", &port.to_string()]).spawn().expect("epmd starts");
        let deadline = Instant::now() + HANGS;
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "epmd does not listen");
            std::thread::yield_now();
        }
        Epmd { child, port }
    }

    /// Starts a node that is registered here.
    pub(crate) fn node(&self, name: &str) -> Node {
        let environment = vec![("ERL_EPMD_PORT".to_owned(), self.port.to_string())];
        let options = NodeOptions { name: Some(name.to_owned()), environment, ..NodeOptions::default() };
        Node::start_with(&system_release(), options)
    }
}

impl Drop for Epmd {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _status = self.child.wait();
    }
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr()).expect("a free port").port()
}

/// Runs a test on every release at once; where snapshots are written, which happens in place, on the system's alone.
pub(crate) fn each_release(test: impl Fn(&Release) + Sync) {
    let alone = std::env::var_os("UPDATE_EXPECT").is_some();
    let releases = if alone { vec![system_release()] } else { releases() };
    std::thread::scope(|scope| {
        for release in releases {
            let test = &test;
            scope.spawn(move || test(&release));
        }
    });
}

/// The card that is charged, which nobody but the shop should see.
pub(crate) const SECRET: &str = "4000111122223333";

/// Starts a node with the sample shop, and one customer who places orders of 12 and of 3 apples in turn.
pub(crate) fn shop(release: &Release) -> Node {
    let ebin = shop_code().to_str().expect("UTF-8");
    let arguments = ["-pa", ebin, "-kernel", "logger_level", "critical"].map(str::to_owned).to_vec();
    let mut node = Node::start_with(release, NodeOptions { arguments, ..NodeOptions::default() });
    node.eval(&format!(
        "ok = shop:start(), Order = fun Order(N) -> \
           shop_orders:place_order(7, #{{item => apple, quantity => element(N rem 2 + 1, {{12, 3}}), \
                                         card => {{visa, <<\"{SECRET}\">>}}}}), \
           receive stop -> ok after 2 -> Order(N + 1) end end, \
         register(customer, spawn(fun() -> Order(0) end)), ok."
    ));
    node
}

/// Starts a process of the shop's node that calls `shop_cache:price/1` over and over, more than ten thousand times a second.
pub(crate) fn calling_all_the_time(node: &mut Node) {
    let calls = node.eval(
        "{ok, _} = shop_cache:price(apple), \
         spawn(fun() -> Call = fun Call() -> [shop_cache:price(apple) || _ <- lists:seq(1, 30)], \
         receive after 1 -> Call() end end, Call() end), called.",
    );
    assert_eq!(calls, "called");
}

/// Two nodes of one cookie, of the oldest and of the newest release, on each of which a process reverses lists.
pub(crate) fn nodes_that_reverse() -> Vec<Node> {
    let cookie = format!("shared_{}", std::process::id());
    let releases = releases();
    [&releases[0], &releases[releases.len() - 1]]
        .into_iter()
        .map(|release| {
            let mut node = Node::start_with(release, NodeOptions { cookie: Some(cookie.clone()), ..NodeOptions::default() });
            node.eval("spawn(fun() -> Turn = fun Turn() -> lists:reverse([1, 2]), receive stop -> ok after 3 -> Turn() end end, Turn() end), ok.");
            node
        })
        .collect()
}

/// The shop, compiled by the oldest release: its code runs on every newer one.
fn shop_code() -> &'static Path {
    static CODE: OnceLock<PathBuf> = OnceLock::new();
    CODE.get_or_init(|| {
        let into = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("shop_{}", std::process::id()));
        pluto_examples::build_erlang(system_release().command("erlc"), &into).expect("the shop compiles")
    })
}

/// Replaces what differs from run to run or from release to release by placeholders: the node's name, process
/// identifiers, references, times of day, counts of processes and milliseconds, and the note about tracers before
/// OTP 27, which must be there on such a release.
pub(crate) fn stable(text: &str, node: &Node) -> String {
    let note = format!(
        "{}: before OTP 27 a tracer that starts after this one can still collide with it\n",
        node.name()
    );
    let legacy = node.release().otp() < 27;
    assert_eq!(text.contains(&note), legacy && text.contains("armed in"), "{text}");
    let mut text = text.replace(&note, "").replace(node.name(), "NODE");
    for (before, after, placeholder) in [
        ("<0.", ">", "PID"),
        ("#Ref<0.", ">", "REF"),
        (" in ", " processes", "N"),
        (" in ", " ms", "N"),
        (" functions and ", " processes", "N"),
        (" function and ", " processes", "N"),
        ("OTP ", " (ERTS ", "N"),
        ("(ERTS ", ")", "VERSION"),
        ("), ", " processes", "N"),
        ("processes, ", " schedulers", "N"),
        ("schedulers, ", " us away", "N"),
    ] {
        text = between(&text, before, after, placeholder);
    }
    times(&text)
}

/// Replaces each run of digits and dots that stands between two texts.
pub(crate) fn between(text: &str, before: &str, after: &str, placeholder: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(before) {
        let (head, tail) = rest.split_at(at + before.len());
        let digits = tail.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(tail.len());
        out.push_str(head);
        rest = tail;
        if digits > 0 && tail[digits..].starts_with(after) {
            out.push_str(placeholder);
            rest = &tail[digits..];
        }
    }
    out + rest
}

/// Replaces a time of day at the beginning of a line.
fn times(text: &str) -> String {
    let shape = |line: &str| -> String {
        line.chars().take(15).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
    };
    text.split_inclusive('\n')
        .map(|line| match shape(line).as_str() {
            "00:00:00.000000" => format!("TIME{}", &line[15..]),
            _ => line.to_owned(),
        })
        .collect()
}

/// The objects of a stream of JSON lines.
pub(crate) fn json_lines(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The events of a recording, all that these arguments of `show` let through.
pub(crate) fn events_of(recording: &str, arguments: &[&str]) -> Vec<serde_json::Value> {
    let show = ["show", recording, "--format", "jsonl", "--limit", "0"];
    json_lines(&run(&[&show[..], arguments].concat()).ok())
}

/// The figures of a recording.
pub(crate) fn figures_of(recording: &str) -> serde_json::Value {
    serde_json::from_str(&run(&["stat", recording, "--format", "json"]).ok()).expect("JSON")
}

/// Writes a recording of so many calls of one function by one process, a nanosecond apart.
pub(crate) fn write_calls(path: &Path, calls: i64) {
    let started = 1_795_000_000_000_000_000;
    let about = About { started, level: "calls".to_owned(), ..About::default() };
    let mut writer = Writer::create(path, WriterOptions::default(), about).expect("a recording");
    let tables = writer.tables_mut();
    let [name, module, function] = ["n@h", "m", "f"].map(|text| tables.intern_atom(text));
    let node = tables.intern_node(event::Node { name, creation: 1 });
    let function = tables.intern_function(event::Function { module, name: function, arity: 0 });
    let identity = event::Identity::Pid { number: 7, serial: 0 };
    let process = tables.intern_process(event::Process { node, identity });
    for at in 0..calls {
        let what = event::What::Call { function, arguments: event::Payload::ABSENT };
        writer.push(&event::Event { time: started + at, process, what }).expect("a recording");
    }
    let summary = Summary { finished: started + 1_500_000_000, ..Summary::default() };
    writer.finish(summary).expect("a recording");
}

/// A field of a JSON object as text.
pub(crate) fn field<'a>(value: &'a serde_json::Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
