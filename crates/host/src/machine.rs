//! This machine, as what is outside of a program.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::outside::{Command, Connected, Entry, EntryKind, Fault, Outside, Problem, Ran, Stream, Write};
use crate::waiting::{self, News, Pause, Token, Turn};
use jobs::{Ends, Jobs};
use net::Net;
use running::Program;

mod jobs;
mod net;
mod running;
mod secure;

/// Takes what is written. Where it is to standard error, also where it is nothing, all that was written before is seen first.
type Output = Box<dyn FnMut(Stream, &[u8]) -> io::Result<()> + Send>;

/// This machine.
pub struct Machine {
    arguments: Vec<String>,
    output: Output,
    input: Box<dyn BufRead + Send>,
    /// What the clock shows, where that is told.
    clock: Option<i64>,
    news: News,
    /// How many things were waited for.
    tokens: u64,
    jobs: Jobs,
    net: Net,
}

impl Machine {
    /// This machine for a program that is called with some arguments, and whose output goes somewhere. What it writes to standard error,
    /// also where that is nothing, comes behind all that it wrote before.
    pub fn new(
        arguments: Vec<String>,
        output: impl FnMut(Stream, &[u8]) -> io::Result<()> + Send + 'static,
    ) -> Self {
        let news = News::default();
        Self {
            arguments,
            output: Box::new(output),
            input: Box::new(io::BufReader::new(io::stdin())),
            clock: None,
            net: Net::new(news.clone()),
            news,
            tokens: 0,
            jobs: Jobs::default(),
        }
    }

    fn next_token(&mut self) -> u64 {
        self.tokens += 1;
        self.tokens
    }

    /// A token of its own, and where there is news of it.
    fn told(&mut self) -> (Token, News) {
        (Token(self.next_token()), self.news.clone())
    }

    /// The same with another standard input.
    #[must_use]
    pub fn with_input(mut self, input: impl BufRead + Send + 'static) -> Self {
        self.input = Box::new(input);
        self
    }
}

impl Outside for Machine {
    fn set_clock(&mut self, nanos: i64) {
        self.clock = Some(nanos);
    }

    fn clock(&mut self) -> i64 {
        self.clock.unwrap_or_else(|| nanos(SystemTime::now()))
    }

    fn arguments(&self) -> Vec<String> {
        self.arguments.clone()
    }

    fn variables(&self) -> Vec<(String, String)> {
        // What is no text cannot be shown to a program.
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    fn directory(&self) -> Result<String, Fault> {
        shown(&std::env::current_dir()?)
    }

    fn read_line(&mut self, most: usize) -> Result<Option<String>, Fault> {
        // What is asked is seen before the answer is waited for.
        (self.output)(Stream::Error, &[])?;
        let mut line = Vec::new();
        let read = (&mut self.input).take(most as u64 + 1).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
        } else if read > most {
            return Err(too_large(most));
        }
        let text = String::from_utf8(line);
        text.map(Some).map_err(|_| Fault::new(Problem::Other, "the line is not UTF-8"))
    }

    fn read_input(&mut self, most: usize) -> Result<Vec<u8>, Fault> {
        bounded(&mut self.input, most)
    }

    fn write(&mut self, to: Stream, bytes: &[u8]) -> Result<(), Fault> {
        Ok((self.output)(to, bytes)?)
    }

    fn read_file(&mut self, path: &str, most: usize) -> Result<Vec<u8>, Fault> {
        bounded(File::open(path)?, most)
    }

    fn write_file(&mut self, path: &str, bytes: &[u8], how: Write) -> Result<(), Fault> {
        match how {
            Write::Replace => replace(Path::new(path), bytes)?,
            Write::New => OpenOptions::new().write(true).create_new(true).open(path)?.write_all(bytes)?,
            Write::Append => OpenOptions::new().append(true).create(true).open(path)?.write_all(bytes)?,
        }
        Ok(())
    }

    fn list(&mut self, path: &str) -> Result<Vec<String>, Fault> {
        let mut names = Vec::new();
        for entry in fs::read_dir(path)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    fn look(&mut self, path: &str, behind_links: bool) -> Result<Entry, Fault> {
        let found = if behind_links { fs::metadata(path)? } else { fs::symlink_metadata(path)? };
        let of = found.file_type();
        let kind = match () {
            () if of.is_symlink() => EntryKind::Link,
            () if of.is_dir() => EntryKind::Directory,
            () if of.is_file() => EntryKind::File,
            () => EntryKind::Other,
        };
        let modified = found.modified().map_or(0, nanos);
        Ok(Entry { kind, size: found.len(), modified, read_only: found.permissions().readonly() })
    }

    fn make_directory(&mut self, path: &str, with_parents: bool) -> Result<(), Fault> {
        if with_parents { fs::create_dir_all(path) } else { fs::create_dir(path) }.map_err(Fault::from)
    }

    fn make_temporary(&mut self, prefix: &str) -> Result<String, Fault> {
        let around = std::env::temp_dir();
        loop {
            let path = around.join(format!("{prefix}{}", unique()));
            match fs::create_dir(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => (),
                made => {
                    made?;
                    return shown(&path);
                }
            }
        }
    }

    fn remove(&mut self, path: &str, with_content: bool) -> Result<(), Fault> {
        let directory = fs::symlink_metadata(path)?.is_dir();
        let done = match (directory, with_content) {
            (true, true) => fs::remove_dir_all(path),
            (true, false) => fs::remove_dir(path),
            (false, _) => fs::remove_file(path),
        };
        Ok(done?)
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), Fault> {
        Ok(fs::rename(from, to)?)
    }

    fn copy(&mut self, from: &str, to: &str) -> Result<(), Fault> {
        // It would be empty behind that.
        if let (Ok(from), Ok(to)) = (fs::canonicalize(from), fs::canonicalize(to))
            && from == to
        {
            return Err(Fault::new(Problem::Exists, "it is the same file"));
        }
        fs::copy(from, to)?;
        Ok(())
    }

    fn real_path(&mut self, path: &str) -> Result<String, Fault> {
        shown(&fs::canonicalize(path)?)
    }

    fn run(&mut self, command: Command<'_>, turn: Turn) -> Result<Ran, Pause> {
        if let Turn::Again(token) = turn {
            return self.jobs.given(token);
        }
        let (told, program) = (self.told(), Program::of(command));
        Err(self.jobs.begin(Ends::AtOnce, told, move |left| program.run(left)))
    }

    fn connect(&mut self, address: &str, name: &str, turn: Turn) -> Result<Connected, Pause> {
        let Turn::Again(token) = turn else {
            let (told, address, name) = (self.told(), address.to_owned(), name.to_owned());
            return Err(self.jobs.begin(Ends::ByItself, told, move |_| net::connect(&address, &name)));
        };
        let stream = self.jobs.given(token)?;
        let number = self.next_token();
        Ok(self.net.take(number, stream)?)
    }

    fn listen(&mut self, address: &str, identity: Option<[&str; 2]>) -> Result<(u64, String), Fault> {
        let identity = match identity {
            Some([certificates, key]) => Some(secure::identity(certificates, key)?),
            None => None,
        };
        let number = self.next_token();
        Ok((number, self.net.listen(number, address, identity)?))
    }

    fn accept(&mut self, listener: u64) -> Result<Connected, Pause> {
        let stream = self.net.accept(listener)?;
        let number = self.next_token();
        Ok(self.net.take(number, stream)?)
    }

    fn receive(&mut self, connection: u64, most: usize) -> Result<Vec<u8>, Pause> {
        self.net.receive(connection, most)
    }

    fn send(&mut self, connection: u64, bytes: &[u8], turn: Turn) -> Result<usize, Pause> {
        self.net.send(connection, bytes, turn)
    }

    fn finish_sending(&mut self, connection: u64) -> Result<(), Fault> {
        self.net.finish_sending(connection)
    }

    fn close(&mut self, socket: u64) {
        self.net.close(socket);
    }

    fn news(&self) -> News {
        self.news.clone()
    }

    fn forget(&mut self, token: Token) {
        self.jobs.forget(token);
    }
}

fn shown(path: &Path) -> Result<String, Fault> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| Fault::new(Problem::Other, "the path is not UTF-8"))
}

fn too_large(most: usize) -> Fault {
    Fault::new(Problem::TooLarge, format!("it is more than {most} bytes"))
}

/// What can be read, where that is not more than so many bytes.
fn bounded(from: impl Read, most: usize) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    from.take(most as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > most { Err(too_large(most)) } else { Ok(bytes) }
}

fn nanos(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => waiting::nanos(since),
        Err(before) => -waiting::nanos(before.duration()),
    }
}

/// A text that no other one is.
fn unique() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{}-{next}-{}", std::process::id(), nanos(SystemTime::now()) % 1_000_000_000)
}

/// Writes a file beside the one that it takes the place of when all of it is there. A link stays one, and permissions are kept.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path: PathBuf = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", unique()));
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        if let Ok(old) = fs::metadata(&path) {
            if old.is_dir() {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            fs::set_permissions(&beside, old.permissions())?;
        }
        fs::rename(&beside, &path)
    };
    write().inspect_err(|_| drop(fs::remove_file(&beside)))
}
