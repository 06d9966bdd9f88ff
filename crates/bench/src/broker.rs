//! A RabbitMQ broker that `xtask rabbit --serve` keeps for us, and the load on it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::error::{Doing as _, Error, Result};
use crate::host::cpu_ns;
use crate::pluto::{Cookie, Target};

/// A broker that runs. It ends when its standard input does, so it ends with this process however that ends.
pub(crate) struct Broker {
    command: String,
    child: Child,
    stdout: BufReader<ChildStdout>,
    facts: Facts,
}

/// What `xtask rabbit --serve` tells of its broker.
#[derive(Debug, Default, PartialEq, Eq)]
struct Facts {
    node: String,
    port: String,
    process: u32,
    cookie_file: PathBuf,
    /// The program that loads the broker.
    load: PathBuf,
    /// Functions that messages pass through.
    patterns: Vec<String>,
}

impl Facts {
    /// Takes a line `NAME VALUE`; true when it says that all are told. Anything else is progress, for people.
    fn take(&mut self, line: &str) -> Result<bool> {
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        match name {
            "node" => self.node = value.to_owned(),
            "port" => self.port = value.to_owned(),
            "process" => {
                let bad = |_| Error::Unreadable { what: "the broker's process id", text: value.to_owned() };
                self.process = value.parse().map_err(bad)?;
            }
            "cookie-file" => self.cookie_file = value.into(),
            "load" => self.load = value.into(),
            "pattern" => self.patterns.push(value.to_owned()),
            "ready" => return Ok(true),
            _ => {}
        }
        Ok(false)
    }
}

/// How a broker is loaded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) pace: Pace,
    /// Queues that the messages take turns through.
    pub(crate) queues: u32,
    /// How long is measured; the load lasts two seconds longer.
    pub(crate) measured_s: u32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// So many messages a second.
    PerSecond(u32),
    /// The next message when one of so many is confirmed and consumed.
    Window(u32),
}

/// What came of a load that lost nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loaded {
    /// Messages of the whole load.
    pub(crate) published: u64,
    /// Of the part that is measured: messages consumed, its duration, and the broker's time on a processor.
    pub(crate) messages: u64,
    pub(crate) duration_ns: u64,
    pub(crate) cpu_ns: u64,
}

/// After this time the load is steady.
const WARM_UP_S: u32 = 1;
/// More than any load of [`Pace::Window`] sends in a second.
const RATE_MAX: u32 = 100_000;

impl Broker {
    /// Starts a broker; returns when it takes connections.
    pub(crate) fn start(xtask: &Path) -> Result<Broker> {
        let file = std::fs::canonicalize(xtask).map_err(|_| Error::NoXtask { file: xtask.to_owned() })?;
        let mut command = Command::new(&file);
        command.args(["rabbit", "--serve"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let spelled = format!("{} rabbit --serve", file.display());
        let mut child = command.spawn().doing(|| format!("run {spelled}"))?;
        let Some(stdout) = child.stdout.take() else {
            return Err(Error::Broker { command: spelled, what: "has no standard output".to_owned() });
        };
        let (stdout, facts) = (BufReader::new(stdout), Facts::default());
        let mut broker = Broker { command: spelled, child, stdout, facts };
        broker.wait_until_ready()?;
        Ok(broker)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        loop {
            let mut line = String::new();
            let length = self.stdout.read_line(&mut line).doing(|| "read of the broker".to_owned())?;
            if length == 0 {
                return Err(self.failed("ended before the broker was ready"));
            }
            if self.facts.take(line.trim_end())? {
                return Ok(());
            }
        }
    }

    /// The functions that messages pass through.
    pub(crate) fn patterns(&self) -> Vec<&str> {
        self.facts.patterns.iter().map(String::as_str).collect()
    }

    /// The broker's name as a node.
    pub(crate) fn node(&self) -> &str {
        &self.facts.node
    }

    /// The cookie of its node.
    pub(crate) fn cookie(&self) -> Result<String> {
        let file = &self.facts.cookie_file;
        let cookie = std::fs::read_to_string(file).doing(|| format!("read {}", file.display()))?;
        Ok(cookie.trim().to_owned())
    }

    /// The broker, for Pluto.
    pub(crate) fn target<'a>(&'a self, patterns: Vec<&'a str>) -> Target<'a> {
        let cookie = Cookie::InFile(&self.facts.cookie_file);
        Target { node: &self.facts.node, cookie, patterns }
    }

    /// The time that all threads of the broker's emulator have spent on a processor.
    pub(crate) fn cpu_ns(&self) -> Result<u64> {
        cpu_ns(self.facts.process)
    }

    /// Loads the broker and measures while the load is steady. A message that is not confirmed and consumed once is an
    /// error.
    pub(crate) fn load(&self, load: Load) -> Result<Loaded> {
        let mut command = self.load_command(load);
        let arguments: Vec<_> =
            command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect();
        let failed = |what: String, output: &str| Error::Load {
            arguments: arguments.join(" "),
            what,
            output: output.to_owned(),
        };
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().doing(|| "run amqp-load".to_owned())?;
        let Some(stdout) = child.stdout.take() else {
            return Err(failed("has no standard output".to_owned(), ""));
        };
        let read = self.follow(BufReader::new(stdout), load.measured_s);
        let status = child.wait().doing(|| "wait for amqp-load".to_owned())?;
        let (marks, output) = read?;
        if !status.success() {
            return Err(failed(format!("ended with {status}"), &output));
        }
        let published = output.lines().find_map(|line| line.strip_prefix("published ")?.parse().ok());
        match (published, marks) {
            (Some(published), [Some(begin), Some(end)]) => Ok(Loaded {
                published,
                messages: end.messages - begin.messages,
                duration_ns: (end.at_us - begin.at_us) * 1000,
                cpu_ns: end.cpu_ns - begin.cpu_ns,
            }),
            _ => Err(failed("ended early".to_owned(), &output)),
        }
    }

    fn load_command(&self, load: Load) -> Command {
        let (rate, window) = match load.pace {
            Pace::PerSecond(rate) => (rate, None),
            Pace::Window(size) => (RATE_MAX, Some(size)),
        };
        let mut command = Command::new(&self.facts.load);
        command.args(["--port", &self.facts.port, "--progress", "--rate", &rate.to_string()]);
        command.args(["--queues", &load.queues.to_string()]);
        command.args(["--seconds", &(WARM_UP_S + load.measured_s + 1).to_string()]);
        if let Some(size) = window {
            command.args(["--unpaced", "--window", &size.to_string()]);
        }
        command
    }

    /// Reads what the load says to its end, and looks at the broker where the measured part begins and ends.
    fn follow(
        &self,
        mut stdout: BufReader<ChildStdout>,
        measured_s: u32,
    ) -> Result<([Option<Mark>; 2], String)> {
        let (mut marks, mut output, mut second) = ([None, None], String::new(), 0);
        loop {
            let mut line = String::new();
            if stdout.read_line(&mut line).doing(|| "read of the load".to_owned())? == 0 {
                return Ok((marks, output));
            }
            let Some(progress) = line.strip_prefix("progress ") else {
                output.push_str(&line);
                continue;
            };
            second += 1;
            let [begin, end] = &mut marks;
            if second == WARM_UP_S {
                *begin = Some(self.mark(progress)?);
            } else if second == WARM_UP_S + measured_s {
                *end = Some(self.mark(progress)?);
            }
        }
    }

    fn mark(&self, progress: &str) -> Result<Mark> {
        let cpu_ns = self.cpu_ns()?;
        let mut words = progress.split_whitespace().map(str::parse);
        match (words.next(), words.next()) {
            (Some(Ok(at_us)), Some(Ok(messages))) => Ok(Mark { at_us, messages, cpu_ns }),
            _ => Err(Error::Unreadable { what: "the load's progress", text: progress.to_owned() }),
        }
    }

    /// Lets the broker shut down. It is an error where it logged one, or where something of a tracer's is left in it.
    pub(crate) fn stop(mut self) -> Result<()> {
        drop(self.child.stdin.take());
        let mut said = String::new();
        self.stdout.read_to_string(&mut said).doing(|| "read of the broker".to_owned())?;
        let status = self.child.wait().doing(|| "wait for the broker".to_owned())?;
        if status.success() { Ok(()) } else { Err(self.failed(&format!("ended with {status}"))) }
    }

    fn failed(&self, what: &str) -> Error {
        Error::Broker { command: self.command.clone(), what: what.to_owned() }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Its keeper shuts the broker down at the end of its input, and must not be killed before that.
        drop(self.child.stdin.take());
        let _status = self.child.wait();
    }
}

/// How far a load and its broker were at a moment.
#[derive(Clone, Copy)]
struct Mark {
    at_us: u64,
    messages: u64,
    cpu_ns: u64,
}

#[cfg(test)]
mod tests {
    use super::Facts;

    #[test]
    fn facts_of_a_broker() {
        let mut facts = Facts::default();
        for line in [
            "broker rabbit@localhost on port 4242",
            "node rabbit@localhost",
            "port 4242",
            "process 77",
            "cookie-file data/.erlang.cookie",
            "load target/amqp load",
            "pattern a:f/1",
            "pattern b:g/2",
        ] {
            assert!(!facts.take(line).unwrap(), "{line}");
        }
        assert!(facts.take("ready").unwrap());
        let expected = Facts {
            node: "rabbit@localhost".to_owned(),
            port: "4242".to_owned(),
            process: 77,
            cookie_file: "data/.erlang.cookie".into(),
            load: "target/amqp load".into(),
            patterns: vec!["a:f/1".to_owned(), "b:g/2".to_owned()],
        };
        assert_eq!(facts, expected);
        assert!(facts.take("process x").is_err());
    }
}
