//! What a program is given by this machine: time as it passes, chance, and somewhere to print.

use super::place;
use crate::output;
use pluto_host::{Outside, Stream};
use pluto_ir::interpret::{Failure, Trapped, World, split_mix};
use pluto_ir::program::Location;
use pluto_source::Files;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The world of a program that is run.
pub(super) struct Machine<'f, W> {
    /// What is printed, and what the program writes by itself, in one row: each takes it for a line or a piece, and whole.
    out: Arc<Mutex<W>>,
    /// Whether everything could be printed so far.
    wrote: io::Result<()>,
    files: &'f Files,
    began: Instant,
    seed: u64,
    outside: pluto_host::Machine,
}

impl<'f, W: Write + Send + 'static> Machine<'f, W> {
    /// The world of a program that is called with some arguments.
    pub(super) fn new(out: W, arguments: Vec<String>, files: &'f Files) -> Self {
        // The keys of a hash table come from the chance of the operating system.
        let seed = RandomState::new().hash_one(0);
        let out = Arc::new(Mutex::new(out));
        let shared = Arc::clone(&out);
        let write = move |to, bytes: &[u8]| match to {
            Stream::Output => lock(&shared).write_all(bytes),
            Stream::Error => {
                lock(&shared).flush()?;
                io::stderr().lock().write_all(bytes)
            }
        };
        let outside = pluto_host::Machine::new(arguments, write);
        Self { out, wrote: Ok(()), files, began: Instant::now(), seed, outside }
    }

    /// Prints what is still kept.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.flush();
        self.wrote
    }

    fn flush(&mut self) {
        if self.wrote.is_ok() {
            self.wrote = lock(&self.out).flush();
        }
    }

    fn note(&mut self, text: &str) {
        // What was printed before stands before it on a terminal.
        self.flush();
        output::note(text);
    }
}

impl<W: Write + Send + 'static> World for Machine<'_, W> {
    fn print(&mut self, line: &str) -> bool {
        if self.wrote.is_ok() {
            self.wrote = writeln!(lock(&self.out), "{line}");
        }
        self.wrote.is_ok()
    }

    fn debug(&mut self, shown: &str, at: Location) {
        let at = place(at, self.files);
        self.note(&format!("debug: {at}: {shown}"));
    }

    fn now(&mut self) -> i64 {
        i64::try_from(self.began.elapsed().as_nanos()).unwrap_or(i64::MAX)
    }

    fn wait_until(&mut self, time: i64) {
        self.flush();
        let left = time.saturating_sub(self.now());
        std::thread::sleep(Duration::from_nanos(u64::try_from(left).unwrap_or(0)));
    }

    fn next_task(&mut self, _ready: usize) -> usize {
        0
    }

    fn random(&mut self) -> u64 {
        split_mix(&mut self.seed)
    }

    fn outside(&mut self) -> &mut dyn Outside {
        &mut self.outside
    }

    fn trapped(&mut self, task: &str, trapped: &Trapped) {
        let told = super::told(trapped, self.files);
        self.note(&format!("{task}: {told}"));
    }

    fn failed(&mut self, task: &str, failure: &Failure) {
        let told = super::failed(failure, self.files);
        self.note(&format!("{task}: {told}"));
    }
}

fn lock<W>(out: &Mutex<W>) -> MutexGuard<'_, W> {
    out.lock().unwrap_or_else(PoisonError::into_inner)
}
