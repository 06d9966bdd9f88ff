//! What a program is given by this machine: time as it passes, chance, and somewhere to print.

use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufWriter, Stdout, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use pluto_host::{Failure, Outside, Stream, Trapped, between, nanos, split_mix};

use crate::told::{error, note, trap};

/// The world of a program that is run.
pub struct Machine {
    /// What is printed, and what the program writes by itself, in one row: each takes it for a line or a piece, and whole.
    out: Arc<Mutex<BufWriter<Stdout>>>,
    /// Whether everything could be printed so far.
    wrote: io::Result<()>,
    began: Instant,
    chance: u64,
    outside: pluto_host::Machine,
}

impl Machine {
    /// The world of a program that is called with some arguments.
    #[must_use]
    pub fn new(arguments: Vec<String>) -> Self {
        // The keys of a hash table come from the chance of the operating system.
        let chance = RandomState::new().hash_one(0);
        let out = Arc::new(Mutex::new(BufWriter::with_capacity(1 << 16, io::stdout())));
        let shared = Arc::clone(&out);
        let write = move |to, bytes: &[u8]| match to {
            Stream::Output => lock(&shared).write_all(bytes),
            Stream::Error => {
                lock(&shared).flush()?;
                io::stderr().lock().write_all(bytes)
            }
        };
        let outside = pluto_host::Machine::new(arguments, write);
        Self { out, wrote: Ok(()), began: Instant::now(), chance, outside }
    }

    /// Prints what is still kept.
    ///
    /// # Errors
    /// Where something could not be printed, now or before.
    pub fn finish(mut self) -> io::Result<()> {
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
        note(text);
    }

    /// Prints a line; false where nothing can be printed any more.
    pub fn print(&mut self, line: &str) -> bool {
        if self.wrote.is_ok() {
            self.wrote = writeln!(lock(&self.out), "{line}");
        }
        self.wrote.is_ok()
    }

    /// Tells of a value that `debug` shows.
    pub fn debug(&mut self, shown: &str, at: &str) {
        self.note(&format!("debug: {at}: {shown}"));
    }

    /// The time since it began, in nanoseconds.
    pub fn now(&mut self) -> i64 {
        nanos(self.began.elapsed())
    }

    /// Lets a time come.
    pub fn wait_until(&mut self, time: i64) {
        self.flush();
        std::thread::sleep(between(self.now(), time));
    }

    /// Waits for news of what is outside, at most until a time comes.
    pub fn wait_for_news(&mut self, until: Option<i64>) {
        self.flush();
        let left = until.map(|until| between(self.now(), until));
        self.outside.news().wait(left);
    }

    /// A number by chance.
    pub fn random(&mut self) -> u64 {
        split_mix(&mut self.chance)
    }

    /// What is outside of the program.
    pub fn outside(&mut self) -> &mut dyn Outside {
        &mut self.outside
    }

    /// Tells of a trap that ended a task.
    pub fn trapped(&mut self, task: &str, trapped: &Trapped<String>) {
        self.note(&format!("{task}: {}", trap(trapped)));
    }

    /// Tells of an error that ended a task.
    pub fn failed(&mut self, task: &str, failure: &Failure<String>) {
        self.note(&format!("{task}: {}", error(failure)));
    }
}

fn lock<W>(out: &Mutex<W>) -> MutexGuard<'_, W> {
    out.lock().unwrap_or_else(PoisonError::into_inner)
}
