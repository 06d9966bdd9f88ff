//! Connections over TCP, none of which is ever waited for here: a thread hears from the system which of them have something to give or
//! to take, and tells it.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Registry, Waker};

use crate::outside::{Connected, Fault, Problem};
use crate::waiting::{News, Pause, Token, Turn};

use super::secure::{Identity, Secure};

/// How long a connection to one address is tried.
const TRIED: Duration = Duration::from_secs(30);

/// Bytes that are taken from a connection at once.
const PIECE: usize = 65_536;

/// By this the thread is woken, to end.
const END: mio::Token = mio::Token(usize::MAX);

/// A connection or a listener.
enum Socket {
    Listener(TcpListener, Option<Identity>),
    Plain(TcpStream),
    Secure(Box<Secure>),
}

impl From<Stream> for Socket {
    fn from(stream: Stream) -> Self {
        match stream {
            Stream::Plain(stream) => Self::Plain(stream),
            Stream::Secure(secure) => Self::Secure(secure),
        }
    }
}

/// A connection that nobody has taken in yet.
pub(super) enum Stream {
    Plain(TcpStream),
    Secure(Box<Secure>),
}

impl Stream {
    fn tcp(&mut self) -> &mut TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Secure(secure) => &mut secure.stream,
        }
    }
}

/// All of them.
pub(super) struct Net {
    news: News,
    sockets: HashMap<u64, Socket>,
    hears: Option<Hears>,
}

/// The thread that hears of them.
struct Hears {
    registry: Registry,
    waker: Waker,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Hears {
    fn drop(&mut self) {
        // Where it cannot be woken it ends with the program.
        if self.waker.wake().is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _panicked = thread.join();
        }
    }
}

impl Net {
    pub(super) fn new(news: News) -> Self {
        Self { news, sockets: HashMap::new(), hears: None }
    }

    fn hears(&mut self) -> io::Result<&Hears> {
        if self.hears.is_none() {
            let mut poll = Poll::new()?;
            let registry = poll.registry().try_clone()?;
            let waker = Waker::new(&registry, END)?;
            let news = self.news.clone();
            let hear = move || {
                let mut events = Events::with_capacity(1024);
                loop {
                    match poll.poll(&mut events, None) {
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                        Err(_) => return,
                        Ok(()) => (),
                    }
                    for event in &events {
                        if event.token() == END {
                            return;
                        }
                        news.tell(Token(event.token().0 as u64));
                    }
                }
            };
            let thread = Some(std::thread::Builder::new().name("net".to_owned()).spawn(hear)?);
            self.hears = Some(Hears { registry, waker, thread });
        }
        self.hears.as_ref().ok_or_else(|| io::ErrorKind::Other.into())
    }

    /// Listens, as the socket of a number, and says where.
    pub(super) fn listen(
        &mut self,
        number: u64,
        address: &str,
        identity: Option<Identity>,
    ) -> Result<String, Fault> {
        let mut listener = None;
        for address in addresses(address)? {
            let made = TcpListener::bind(address);
            let is_there = made.is_ok();
            listener = Some(made);
            if is_there {
                break;
            }
        }
        let mut listener = listener.ok_or_else(|| unknown(address))??;
        let token = mio::Token(number as usize);
        self.hears()?.registry.register(&mut listener, token, Interest::READABLE)?;
        let at = listener.local_addr()?;
        self.sockets.insert(number, Socket::Listener(listener, identity));
        Ok(at.to_string())
    }

    /// Takes a connection in, as the socket of a number.
    pub(super) fn take(&mut self, number: u64, mut stream: Stream) -> Result<Connected, Fault> {
        let tcp = stream.tcp();
        let (here, there) = (tcp.local_addr()?.to_string(), tcp.peer_addr()?.to_string());
        // What is written is whole messages: it does not wait for more.
        tcp.set_nodelay(true)?;
        let (token, both) = (mio::Token(number as usize), Interest::READABLE | Interest::WRITABLE);
        self.hears()?.registry.register(tcp, token, both)?;
        self.sockets.insert(number, stream.into());
        Ok(Connected { connection: number, here, there })
    }

    /// The next connection to a listener.
    pub(super) fn accept(&mut self, listener: u64) -> Result<Stream, Pause> {
        match self.sockets.get(&listener) {
            Some(Socket::Listener(of, identity)) => loop {
                match (of.accept(), identity) {
                    (Ok((stream, _)), None) => return Ok(Stream::Plain(stream)),
                    (Ok((stream, _)), Some(identity)) => {
                        return Ok(Stream::Secure(Box::new(Secure::server(stream, Arc::clone(identity))?)));
                    }
                    // It was gone before it was taken.
                    (Err(error), _) if error.kind() == io::ErrorKind::ConnectionAborted => (),
                    (Err(error), _) => return Err(pause(listener, error)),
                }
            },
            _ => Err(closed("listener").into()),
        }
    }

    /// What comes through a connection.
    pub(super) fn receive(&mut self, connection: u64, most: usize) -> Result<Vec<u8>, Pause> {
        let mut bytes = vec![0; most.min(PIECE)];
        let read = match self.sockets.get_mut(&connection) {
            Some(Socket::Plain(stream)) => uninterrupted(|| stream.read(&mut bytes)),
            Some(Socket::Secure(secure)) => uninterrupted(|| secure.read(&mut bytes)),
            _ => return Err(closed("connection").into()),
        };
        let read = read.map_err(|error| pause(connection, error))?;
        bytes.truncate(read);
        Ok(bytes)
    }

    /// Sends as much as there is room for, or goes on with that.
    pub(super) fn send(&mut self, connection: u64, bytes: &[u8], turn: Turn) -> Result<usize, Pause> {
        let again = turn != Turn::First;
        let sent = match self.sockets.get_mut(&connection) {
            Some(Socket::Plain(stream)) => uninterrupted(|| stream.write(bytes)),
            Some(Socket::Secure(secure)) => uninterrupted(|| secure.write(bytes, again)),
            _ => return Err(closed("connection").into()),
        };
        sent.map_err(|error| pause(connection, error))
    }

    pub(super) fn finish_sending(&mut self, connection: u64) -> Result<(), Fault> {
        let stream = match self.sockets.get_mut(&connection) {
            Some(Socket::Plain(stream)) => stream,
            Some(Socket::Secure(secure)) => {
                secure.finish();
                &mut secure.stream
            }
            _ => return Err(closed("connection")),
        };
        match stream.shutdown(Shutdown::Write) {
            // The other side has closed it already.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            done => Ok(done?),
        }
    }

    /// Closes it; who waits for it hears so.
    pub(super) fn close(&mut self, socket: u64) {
        if let Some(closed) = self.sockets.remove(&socket) {
            if let Socket::Secure(mut secure) = closed {
                secure.finish();
            }
            self.news.note(Token(socket));
        }
    }
}

/// Connects to an address, which takes its time. Where a name is given the connection is encrypted, and the other side must be of that
/// name; that both know each other is waited for when something is sent or received.
pub(super) fn connect(address: &str, name: &str) -> Result<Stream, Fault> {
    let stream = reach(address)?;
    match name {
        "" => Ok(Stream::Plain(stream)),
        name => Ok(Stream::Secure(Box::new(Secure::client(stream, name)?))),
    }
}

fn reach(address: &str) -> Result<TcpStream, Fault> {
    let mut last = None;
    for address in addresses(address)? {
        match std::net::TcpStream::connect_timeout(&address, TRIED) {
            Ok(stream) => {
                stream.set_nonblocking(true)?;
                return Ok(TcpStream::from_std(stream));
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last.map_or_else(|| unknown(address), Fault::from))
}

/// The addresses of a host and a port.
fn addresses(address: &str) -> Result<Vec<SocketAddr>, Fault> {
    match address.to_socket_addrs() {
        Ok(all) => Ok(all.collect()),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            Err(Fault::new(Problem::Other, format!("`{address}` is not a host, `:` and a port")))
        }
        Err(_) => Err(unknown(address)),
    }
}

fn unknown(address: &str) -> Fault {
    Fault::new(Problem::NotFound, format!("no address is known for `{address}`"))
}

fn closed(what: &str) -> Fault {
    Fault::new(Problem::Closed, format!("the {what} is closed"))
}

fn pause(of: u64, error: io::Error) -> Pause {
    match error.kind() {
        io::ErrorKind::WouldBlock => Pause::Waits(Token(of)),
        _ => error.into(),
    }
}

fn uninterrupted<T>(mut act: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match act() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            done => return done,
        }
    }
}
