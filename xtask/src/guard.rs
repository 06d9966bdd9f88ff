//! Programs that run beside a chore and never outlive it.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::run;

/// Between two looks at whether a program has ended.
const LOOK: Duration = Duration::from_millis(20);

/// How long a program that is dropped may take to end with its input before it is killed.
const GRACE: Duration = Duration::from_secs(30);

/// A program that ends when its standard input does. So it ends with this process however that ends, `kill -9`
/// included: the kernel closes the pipe.
pub(crate) struct Guarded {
    spelled: String,
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Guarded {
    /// Starts a program. Its standard output is read here line by line, its standard error is where the command says.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let spelled = run::spelled(command);
        let mut child =
            command.spawn().map_err(|source| Error::Start { program: spelled.clone(), source })?;
        let (sender, lines) = channel();
        let input = child.stdin.take();
        if let Some(output) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(std::result::Result::ok) {
                    // Nobody listens any more: the pipe is still emptied, so that the program does not block on it.
                    let _unheard = sender.send(line);
                }
            });
        }
        Ok(Self { spelled, child, input, lines })
    }

    /// Waits for a line that begins so, and returns what follows in it.
    pub(crate) fn wait_for(&self, start: &str, limit: Duration) -> Result<String> {
        let deadline = Instant::now() + limit;
        let mut said = Vec::new();
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => match line.strip_prefix(start) {
                    Some(rest) => return Ok(rest.to_owned()),
                    None => said.push(line),
                },
                Err(why) => {
                    let status = match why {
                        RecvTimeoutError::Timeout => {
                            format!("did not get ready within {} s", limit.as_secs())
                        }
                        RecvTimeoutError::Disconnected => "ended before it was ready".to_owned(),
                    };
                    return Err(Error::Failed {
                        command: self.spelled.clone(),
                        status,
                        output: said.join("\n"),
                    });
                }
            }
        }
    }

    /// Ends the program and waits for that; kills it where it takes longer than the limit.
    pub(crate) fn stop(mut self, limit: Duration) -> Result<()> {
        self.input = None;
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            if self.ended() {
                return Ok(());
            }
            std::thread::sleep(LOOK);
        }
        let status = format!("did not end within {} s and was killed", limit.as_secs());
        Err(Error::Failed { command: self.spelled.clone(), status, output: String::new() })
    }

    fn ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // Where nobody waited for its end, it still gets the time to end what it has started itself.
        if self.input.take().is_some() {
            let deadline = Instant::now() + GRACE;
            while Instant::now() < deadline && !self.ended() {
                std::thread::sleep(LOOK);
            }
        }
        if !self.ended() {
            // Ended in between is as good as killed.
            let _ended = self.child.kill();
            let _ended = self.child.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Guarded;
    use crate::run;

    fn sh(script: &str) -> Guarded {
        Guarded::start(&mut run::command("sh", ["-c", script])).unwrap()
    }

    #[test]
    fn it_ends_with_its_input() {
        let guarded = sh("echo starting; echo ready now; cat");
        assert_eq!(guarded.wait_for("ready ", Duration::from_secs(60)).unwrap(), "now");
        guarded.stop(Duration::from_secs(60)).unwrap();
    }

    #[test]
    fn an_early_end_is_told_with_what_was_said() {
        let error = sh("echo no luck").wait_for("ready", Duration::from_secs(60)).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c echo no luck` failed: ended before it was ready\nno luck");
    }

    #[test]
    fn what_is_dropped_ends_what_it_has_started() {
        let home = tempfile::tempdir().unwrap();
        let mark = home.path().join("ended");
        let guarded = sh(&format!("echo ready; cat; touch {}", mark.display()));
        guarded.wait_for("ready", Duration::from_secs(60)).unwrap();
        drop(guarded);
        assert!(mark.exists());
    }

    #[test]
    fn what_ignores_the_end_of_its_input_is_killed() {
        let guarded = sh("exec sleep 600");
        let error = guarded.stop(Duration::ZERO).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c exec sleep 600` failed: did not end within 0 s and was killed");
    }
}
