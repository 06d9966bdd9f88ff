//! Programs of the machine that are run to their end.

use std::io::{Read, Write};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::jobs::Left;
use super::too_large;
use crate::outside::{Command, Fault, Problem, Ran};

/// How often it is looked whether a program has ended.
const LOOKS: Duration = Duration::from_millis(2);
/// How long its last output is waited for when it was ended.
const GRACE: Duration = Duration::from_millis(200);

/// A program that is to be run, without a shell in between.
pub(super) struct Program {
    made: std::process::Command,
    input: Vec<u8>,
    within: Option<Duration>,
    most: usize,
}

impl Program {
    pub(super) fn of(command: Command<'_>) -> Self {
        let mut made = std::process::Command::new(command.program);
        made.args(command.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if !command.directory.is_empty() {
            made.current_dir(command.directory);
        }
        made.envs(command.variables.iter().filter_map(|variable| variable.split_once('=')));
        Self { made, input: command.input.to_vec(), within: command.within, most: command.most }
    }

    /// Runs it to its end, or until nobody waits for that any more.
    pub(super) fn run(self, left: &Left) -> Result<Ran, Fault> {
        let Self { mut made, input, within, most } = self;
        let mut child = made.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that does not read it all is none of our business.
            std::thread::spawn(move || drop(stdin.write_all(&input)));
        }
        let output = child.stdout.take().map(|from| taken(from, most));
        let error = child.stderr.take().map(|from| taken(from, most));
        let ended = wait(&mut child, (within, left), [&output, &error]);
        if !matches!(ended, Ok(Some(_))) {
            // It may have ended just now, and then there is nothing to end.
            let _gone = child.kill();
            child.wait()?;
        }
        let rest = |from: Option<Taken>, wait| from.map_or(Ok(Vec::new()), |from| from.rest(wait));
        let grace = if matches!(ended, Ok(Some(_))) { None } else { Some(GRACE) };
        let (output, error) = (rest(output, grace), rest(error, grace));
        match ended? {
            Some(status) => Ok(Ran { status: number(status), output: output?, error: error? }),
            None => {
                output?;
                error?;
                let within = within.unwrap_or_default();
                Err(Fault::new(Problem::TimedOut, format!("it took longer than {within:?}")))
            }
        }
    }
}

/// Waits for the end of a program, at most so long, or until it writes too much, or nobody waits for it any more.
fn wait(
    child: &mut Child,
    (within, left): (Option<Duration>, &Left),
    taken: [&Option<Taken>; 2],
) -> Result<Option<ExitStatus>, Fault> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if left.load(Ordering::Relaxed)
            || taken.into_iter().flatten().any(Taken::is_over)
            || within.is_some_and(|within| began.elapsed() > within)
        {
            return Ok(None);
        }
        std::thread::sleep(LOOKS);
    }
}

/// What a program writes.
struct Taken {
    most: usize,
    from: Receiver<Vec<u8>>,
    over: Arc<AtomicBool>,
}

/// Takes what a program writes, on a thread of its own, so that it never waits for us.
fn taken(mut from: impl Read + Send + 'static, most: usize) -> Taken {
    let (send, receive) = channel();
    let over = Arc::new(AtomicBool::new(false));
    let said = Arc::clone(&over);
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // An end that is an error is an end.
        let _read = from.by_ref().take(most as u64 + 1).read_to_end(&mut bytes);
        said.store(bytes.len() > most, Ordering::Relaxed);
        // Who waits no longer does not want it.
        let _unheard = send.send(bytes);
    });
    Taken { most, from: receive, over }
}

impl Taken {
    /// Whether it is more than was asked for.
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// All of it, waited for at most so long.
    fn rest(self, wait: Option<Duration>) -> Result<Vec<u8>, Fault> {
        let bytes = match wait {
            Some(wait) => self.from.recv_timeout(wait).unwrap_or_default(),
            None => self.from.recv().unwrap_or_default(),
        };
        if bytes.len() > self.most { Err(too_large(self.most)) } else { Ok(bytes) }
    }
}

/// An exit status as a number.
fn number(status: ExitStatus) -> i64 {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => i64::from(code),
        (None, Some(signal)) => -i64::from(signal),
        (None, None) => -1,
    }
}
