//! The process that watches: it starts those that run programs, tells how far they are, and learns how one of them ended.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pluto_testcompiler::generate::{Choices, Program, program};

use crate::child::{AT, FAULT};
use crate::shrink::shrunk;
use crate::ways::{Fault, Ways};

/// A program that runs longer has no end: the longest of them take a fraction of a second.
const ENDLESS: Duration = Duration::from_secs(30);
/// How long a program is made smaller at most.
const SHRINKING: Duration = Duration::from_secs(120);
/// How often it is told how far it is.
const OFTEN: Duration = Duration::from_secs(1);
/// How much is kept of what a process says when it crashes.
const KEPT: usize = 4_000;

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Hunt {
    /// How many programs.
    pub runs: u64,
    /// The seed of the first of them; the others follow.
    pub seed: u64,
    /// By how many processes.
    pub jobs: u64,
    /// What builds executables, if any are to be built.
    pub pluto: Option<PathBuf>,
}

/// A program with a fault.
#[derive(Clone, Debug)]
pub struct Found {
    /// How many programs had been run until then.
    pub after: u64,
    /// Its seed.
    pub seed: u64,
    /// What is wrong.
    pub fault: Fault,
}

/// What is heard of a child.
enum Event {
    /// It begins with the program of a number.
    At(u64),
    /// It has said all that it had to, and this at its end.
    Over(String),
}

struct Running {
    child: Child,
    at: Option<u64>,
    since: Instant,
    crash: Option<JoinHandle<String>>,
}

impl Running {
    fn end(&mut self) -> io::Result<(ExitStatus, String)> {
        let status = self.child.wait()?;
        let crash = self.crash.take().and_then(|crash| crash.join().ok());
        Ok((status, crash.unwrap_or_default()))
    }

    fn stop(&mut self) {
        // It may have ended by itself.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

impl Hunt {
    /// Runs all programs until one has a fault. `tell` is told how many were run, each second.
    ///
    /// # Errors
    /// Where processes cannot be started.
    pub fn run(&self, tell: &mut dyn FnMut(u64)) -> io::Result<Option<Found>> {
        let (sender, events) = channel();
        let mut children = Vec::new();
        for job in 0..self.jobs {
            let mut command = self.own("child")?;
            command.args(["--share", &format!("{job}/{}", self.jobs), "--runs", &self.runs.to_string()]);
            children.push(start(command, job as usize, sender.clone())?);
        }
        drop(sender);
        let found = self.watch(&mut children, &events, tell);
        children.iter_mut().for_each(Running::stop);
        found
    }

    /// How many executables are built of all programs.
    pub fn built(&self) -> u64 {
        let built = |seed: &u64| Ways::of_seed(*seed, self.pluto.clone()).pluto.is_some();
        (0..self.runs).map(|number| self.seed.wrapping_add(number)).filter(built).count() as u64
    }

    /// This program, for another of its modes.
    fn own(&self, mode: &str) -> io::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([mode, "--seed", &self.seed.to_string()]);
        if let Some(pluto) = &self.pluto {
            command.arg("--pluto").arg(pluto);
        }
        Ok(command)
    }

    fn watch(
        &self,
        children: &mut [Running],
        events: &Receiver<(usize, Event)>,
        tell: &mut dyn FnMut(u64),
    ) -> io::Result<Option<Found>> {
        let (mut done, mut told) = (0, Instant::now());
        loop {
            if told.elapsed() >= OFTEN {
                told = Instant::now();
                tell(done);
            }
            match events.recv_timeout(OFTEN) {
                Ok((child, Event::At(number))) => {
                    let Some(child) = children.get_mut(child) else { continue };
                    (child.at, child.since) = (Some(number), Instant::now());
                    done += 1;
                }
                Ok((child, Event::Over(said))) => {
                    let Some(child) = children.get_mut(child) else { continue };
                    let (status, crash) = child.end()?;
                    if let Some(fault) = fault(status, &said, &crash) {
                        return Ok(Some(self.found(done, child.at, fault)));
                    }
                    child.at = None;
                }
                Err(RecvTimeoutError::Timeout) => (),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
            let endless = |child: &&Running| child.at.is_some() && child.since.elapsed() > ENDLESS;
            if let Some(child) = children.iter().find(endless) {
                return Ok(Some(self.found(done, child.at, endless_fault())));
            }
        }
    }

    fn found(&self, after: u64, at: Option<u64>, fault: Fault) -> Found {
        Found { after, seed: self.seed.wrapping_add(at.unwrap_or_default()), fault }
    }

    /// The program with a fault, and a smaller one with a fault of the same kind.
    ///
    /// # Errors
    /// Where processes cannot be started.
    pub fn shrink(&self, found: &Found) -> io::Result<(Program, Program)> {
        let mut choices = Choices::seeded(found.seed);
        let whole = program(&mut choices);
        let of = Self { seed: found.seed, ..self.clone() };
        let (mut failed, began) = (None, Instant::now());
        let mut faulty = |tape: &[u8]| {
            if began.elapsed() > SHRINKING || failed.is_some() {
                return false;
            }
            match of.fault_of(tape) {
                Ok(fault) => fault.is_some_and(|fault| fault.kind == found.fault.kind),
                Err(error) => {
                    failed = Some(error);
                    false
                }
            }
        };
        let tape = shrunk(&Choices::tape(found.seed, choices.made()), &mut faulty);
        match failed {
            Some(error) => Err(error),
            None => Ok((whole, program(&mut Choices::from_bytes(&tape)))),
        }
    }

    /// What is wrong with the program of a tape.
    fn fault_of(&self, tape: &[u8]) -> io::Result<Option<Fault>> {
        let (sender, events) = channel();
        let mut command = self.own("tape")?;
        command.stdin(Stdio::piped());
        let mut running = start(command, 0, sender)?;
        if let Some(mut stdin) = running.child.stdin.take() {
            // One that has crashed reads no more of it.
            let _gone = stdin.write_all(tape);
        }
        match events.recv_timeout(ENDLESS) {
            Ok((_, Event::Over(said))) => {
                let (status, crash) = running.end()?;
                Ok(fault(status, &said, &crash))
            }
            _ => {
                running.stop();
                Ok(Some(endless_fault()))
            }
        }
    }
}

fn endless_fault() -> Fault {
    Fault::new("endless", format!("no end after {} s", ENDLESS.as_secs()))
}

fn start(mut command: Command, number: usize, events: Sender<(usize, Event)>) -> io::Result<Running> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    if let Some(stdout) = child.stdout.take() {
        std::thread::spawn(move || hear(stdout, number, &events));
    }
    let crash = child.stderr.take().map(|stderr| std::thread::spawn(move || last(stderr)));
    Ok(Running { child, at: None, since: Instant::now(), crash })
}

fn hear(stdout: impl Read, number: usize, events: &Sender<(usize, Event)>) {
    let mut said = String::new();
    for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        match line.strip_prefix(AT).and_then(|number| number.parse().ok()) {
            // Whoever listened may have what it wanted.
            Some(at) => _ = events.send((number, Event::At(at))),
            None => said += &format!("{line}\n"),
        }
    }
    let _gone = events.send((number, Event::Over(said)));
}

/// The end of what a process says.
fn last(mut stderr: impl Read) -> String {
    let mut all = Vec::new();
    let mut buffer = [0; 4_096];
    while let Ok(read @ 1..) = stderr.read(&mut buffer) {
        all.extend_from_slice(buffer.get(..read).unwrap_or_default());
        let over = all.len().saturating_sub(KEPT);
        all.drain(..over);
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// What is wrong, by how a child ended.
fn fault(status: ExitStatus, said: &str, crash: &str) -> Option<Fault> {
    if status.success() {
        return None;
    }
    if let Some((kind, detail)) = said.strip_prefix(FAULT).and_then(|said| said.split_once('\n')) {
        return Some(Fault::new(kind, detail));
    }
    // Where it panicked is what the same panics have in common, and else the signal.
    let place = crash.lines().find_map(|line| line.split_once("panicked at ").map(|(_, at)| at));
    let kind = place.map_or_else(|| format!("crashed: {status}"), |at| format!("panicked at {at}"));
    Some(Fault::new(kind, crash))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::{Fault, fault, last};

    /// A fault has one kind whatever is seen of it, so that a smaller program can be told to have the same.
    #[test]
    fn how_a_process_ended_is_a_kind_of_fault() {
        assert_eq!(fault(ExitStatus::from_raw(0), "", "warned"), None);
        let told = fault(ExitStatus::from_raw(1 << 8), "fault in memory\nline 1: `1` in place of `2`\n", "");
        assert_eq!(told, Some(Fault::new("in memory", "line 1: `1` in place of `2`\n")));
        let said = "thread 'main' panicked at crates/ir/src/lower.rs:3:5:\nno such lane\n";
        let panicked = fault(ExitStatus::from_raw(101 << 8), "", said);
        assert_eq!(panicked, Some(Fault::new("panicked at crates/ir/src/lower.rs:3:5:", said)));
        let crashed = fault(ExitStatus::from_raw(11), "", "");
        assert_eq!(crashed, Some(Fault::new("crashed: signal: 11 (SIGSEGV)", "")));
    }

    #[test]
    fn the_end_of_what_is_said_is_kept() {
        let long = format!("{}panicked", "x".repeat(10_000));
        let kept = last(long.as_bytes());
        assert!(kept.len() <= super::KEPT && kept.ends_with("xpanicked"));
    }
}
