//! `pluto` as its users run it: a child process that attaches, records, and is ended by an interrupt.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

use tempfile::TempDir;

use crate::error::{Doing as _, Error, Result};
use crate::recorded::Recorded;

/// What Pluto is asked to record of each call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// `--level calls`
    Calls,
    /// `--level calls --timing`
    Timing,
}

/// What is recorded, and how its node is reached.
pub(crate) struct Target<'a> {
    pub(crate) node: &'a str,
    pub(crate) cookie: Cookie<'a>,
    pub(crate) patterns: Vec<&'a str>,
}

/// Where the cookie of a node is.
pub(crate) enum Cookie<'a> {
    Known(&'a str),
    InFile(&'a Path),
}

/// The program.
pub(crate) struct Pluto {
    file: PathBuf,
}

/// A recording under way.
pub(crate) struct Session {
    arguments: String,
    child: Child,
    stderr: BufReader<ChildStderr>,
    stdout: ChildStdout,
    output: String,
    /// Until it is handed over with what was recorded.
    folder: Option<TempDir>,
}

/// On standard error when the node is armed.
const ARMED: &str = "armed";

impl Pluto {
    pub(crate) fn find(file: &Path) -> Result<Pluto> {
        let file = std::fs::canonicalize(file).map_err(|_| Error::NoPluto { file: file.to_owned() })?;
        Ok(Pluto { file })
    }

    /// Starts to record, with limits far above the load, so that what is compared is the same events; returns when the
    /// node is armed.
    pub(crate) fn record(&self, target: &Target<'_>, level: Level) -> Result<Session> {
        let folder = tempfile::tempdir().doing(|| "make a temporary folder".to_owned())?;
        // Where this run goes ahead of everything else on the machine, the node goes ahead of its observer, which
        // would be on another machine in earnest.
        let mut command = Command::new("nice");
        command.args(["-n", "20"]).arg(&self.file).args(["record", target.node]).args(&target.patterns);
        command.args(["--level", "calls"]);
        if level == Level::Timing {
            command.arg("--timing");
        }
        command.args(["--max-events-per-s", "10000000", "--max-bytes-per-s", "10000000000"]);
        command.args(["--max-cpu", "2000%"]);
        command
            .args(["--max-queue", "10000000", "--force", "--format", "json", "-o"])
            .arg(folder.path().join("recording"));
        match target.cookie {
            Cookie::Known(cookie) => command.env("PLUTO_COOKIE", cookie),
            Cookie::InFile(file) => command.arg("--cookie-file").arg(file),
        };
        let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
        let arguments = arguments.join(" ");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().doing(|| "run nice".to_owned())?;
        let (Some(stderr), Some(stdout)) = (child.stderr.take(), child.stdout.take()) else {
            let what = "has no standard output or error".to_owned();
            return Err(Error::Pluto { arguments, what, output: String::new() });
        };
        let stderr = BufReader::new(stderr);
        let mut session =
            Session { arguments, child, stderr, stdout, output: String::new(), folder: Some(folder) };
        session.wait_until_armed()?;
        Ok(session)
    }

    /// What `pluto stat` says of a recording, as JSON.
    pub(crate) fn stat(&self, recording: &Path) -> Result<serde_json::Value> {
        let mut command = Command::new(&self.file);
        command.arg("stat").arg(recording).args(["--format", "json"]);
        let output = command.output().doing(|| "run pluto stat".to_owned())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            return Err(Error::Pluto {
                arguments: format!("stat {}", recording.display()),
                what: format!("ended with {}", output.status),
                output: String::from_utf8_lossy(&output.stderr).into_owned(),
            });
        }
        serde_json::from_str(&text).map_err(|_| Error::Unreadable { what: "what pluto stat said", text })
    }
}

impl Session {
    fn wait_until_armed(&mut self) -> Result<()> {
        loop {
            let mut line = String::new();
            let length =
                self.stderr.read_line(&mut line).doing(|| "read pluto's standard error".to_owned())?;
            if length == 0 {
                return Err(self.failed("ended before the node was armed"));
            }
            self.output.push_str(&line);
            if line.contains(ARMED) {
                return Ok(());
            }
        }
    }

    /// Interrupts it, waits for its end and gives what it recorded.
    pub(crate) fn stop(mut self) -> Result<Recorded> {
        let id = self.child.id().to_string();
        let killed = Command::new("kill").args(["-INT", &id]).status();
        killed.doing(|| format!("interrupt process {id}"))?;
        let reading = || "read pluto's output".to_owned();
        self.stderr.read_to_string(&mut self.output).doing(reading)?;
        let mut text = String::new();
        self.stdout.read_to_string(&mut text).doing(reading)?;
        let status = self.child.wait().doing(|| "wait for pluto".to_owned())?;
        if !status.success() {
            self.output.push_str(&text);
            return Err(self.failed(&format!("ended with {status}")));
        }
        let said = serde_json::from_str::<serde_json::Value>(&text).ok();
        let number = |name: &str| said.as_ref().and_then(|outcome| outcome.get(name)?.as_u64());
        let (Some(events), Some(missing)) = (number("events"), number("missing")) else {
            return Err(Error::Unreadable { what: "what pluto said at its end", text });
        };
        let Some(folder) = self.folder.take() else { return Err(self.failed("was stopped twice")) };
        Ok(Recorded { events, missing, folder })
    }

    fn failed(&self, what: &str) -> Error {
        Error::Pluto { arguments: self.arguments.clone(), what: what.to_owned(), output: self.output.clone() }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Only a session that failed is still running here; its lease on the node ends with it.
        let _already_ended = self.child.kill();
        let _status = self.child.wait();
    }
}
