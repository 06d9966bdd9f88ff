//! From a target to a connection: host, epmd, TCP, handshake. Each attempt makes exactly one handshake, because each refused
//! one leaves an error report on the node.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pluto_term::{Limits, Term};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use crate::driver::Driver;
use crate::endpoint::{Endpoint, EndpointOptions};
use crate::epmd::{self, NodeInfo, Registered};
use crate::handshake::{Handshake, HandshakeConfig, LengthPrefix, OurName, Step};
use crate::tls::{TlsError, TlsOptions};
use crate::{ConnectError, ConnectStep, Connection, Cookie, Flags, Lost, Peer, Target};

/// How we are to be called on the node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum NameChoice {
    /// The node makes a name up, on our host. Clashes with nobody.
    #[default]
    Dynamic,
    /// This full name, `name@host`.
    Fixed(String),
}

/// How to connect.
#[derive(Debug, Clone)]
pub struct Options {
    /// The shared secret.
    pub cookie: Cookie,
    /// How we are to be called.
    pub name: NameChoice,
    /// Longest wait for each step of the attempt.
    pub timeout: Duration,
    /// Port of epmd, where it is not the usual one.
    pub epmd_port: Option<u16>,
    /// TLS, for nodes with TLS distribution.
    pub tls: Option<TlsOptions>,
    /// Bounds and times of the connection.
    pub endpoint: EndpointOptions,
    /// Whether to take the node's own `net_ticktime` over, which costs one call.
    pub adopt_net_ticktime: bool,
    /// Bounds on the answers of calls.
    pub call_limits: Limits,
}

impl Options {
    /// The usual options with this cookie.
    #[must_use]
    pub fn new(cookie: Cookie) -> Self {
        Self {
            cookie,
            name: NameChoice::Dynamic,
            timeout: Duration::from_secs(10),
            epmd_port: None,
            tls: None,
            endpoint: EndpointOptions::default(),
            adopt_net_ticktime: true,
            call_limits: Limits::default(),
        }
    }
}

/// Connects to a node as a hidden node. Spawns the task that drives the connection on the current runtime, of whatever kind.
///
/// # Errors
/// When there is no such node, it refuses us, or it does not answer in time.
pub async fn connect(target: &Target, options: &Options) -> Result<Connection, ConnectError> {
    let port = match target.port() {
        Some(port) => port,
        None => find_port(target, options).await?,
    };
    let tls = options.tls.as_ref().map(|tls| tls_session(target, tls)).transpose()?;
    let stream = connect_tcp(host(target), port, options.timeout).await?;
    let mut stream: Box<dyn Stream> = match tls {
        None => Box::new(stream),
        Some((connector, name)) => {
            let session = limited(options.timeout, ConnectStep::Tls, connector.connect(name, stream)).await?;
            Box::new(session.map_err(|error| TlsError::from_io(&error).unwrap_or(TlsError::Closed(error)))?)
        }
    };
    let (peer, rest) = shake_hands(&mut stream, target, options).await?;
    let start = Instant::now();
    let mut endpoint = Endpoint::new(peer.clone(), &options.endpoint, Duration::ZERO);
    endpoint.receive(&rest);
    let lost = Arc::new(OnceLock::<Lost>::new());
    let (connection, inbox) = Connection::new(peer, Arc::clone(&lost), options.call_limits);
    let driver = Driver::new(endpoint, lost, start);
    tokio::spawn(driver.run(stream, inbox));
    if options.adopt_net_ticktime {
        adopt_net_ticktime(&connection, options.timeout).await;
    }
    Ok(connection)
}

/// The nodes that the epmd of `host` knows; `None` means this machine.
///
/// # Errors
/// When no epmd answers there.
pub async fn names(host: Option<&str>, options: &EpmdOptions) -> Result<Vec<Registered>, ConnectError> {
    let host = host.unwrap_or(LOCAL);
    let (reply, port) = ask_epmd(host, options.port, &epmd::names_request(), options.timeout).await?;
    epmd::names_reply(&reply).map_err(|source| ConnectError::Epmd { host: host.to_owned(), port, source })
}

/// How to ask epmd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpmdOptions {
    /// Its port, where it is not the usual one.
    pub port: Option<u16>,
    /// Longest wait for each step.
    pub timeout: Duration,
}

impl Default for EpmdOptions {
    fn default() -> Self {
        Self { port: None, timeout: Duration::from_secs(10) }
    }
}

/// What a TLS session needs, read before anything is sent.
fn tls_session(
    target: &Target,
    options: &TlsOptions,
) -> Result<(TlsConnector, ServerName<'static>), TlsError> {
    let config = crate::tls::client_config(options)?;
    let name = match (&options.server_name, target.host()) {
        (Some(name), _) => name.clone(),
        (None, Some(host)) => host.to_owned(),
        (None, None) => our_host(target),
    };
    Ok((TlsConnector::from(Arc::new(config)), crate::tls::server_name(&name)?))
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

const LOCAL: &str = "localhost";

fn host(target: &Target) -> &str {
    target.host().unwrap_or(LOCAL)
}

async fn limited<T>(
    limit: Duration,
    step: ConnectStep,
    work: impl Future<Output = io::Result<T>>,
) -> Result<io::Result<T>, ConnectError> {
    tokio::time::timeout(limit, work).await.map_err(|_| ConnectError::TimedOut { step })
}

async fn find_port(target: &Target, options: &Options) -> Result<u16, ConnectError> {
    let host = host(target);
    let name = target.name().unwrap_or_default();
    let (reply, port) = ask_epmd(host, options.epmd_port, &epmd::port_request(name), options.timeout).await?;
    let found = epmd::port_reply(&reply).map_err(|source| ConnectError::Epmd {
        host: host.to_owned(),
        port,
        source,
    })?;
    match found {
        Some(NodeInfo { version_max, .. }) if version_max < epmd::HANDSHAKE_VERSION => {
            Err(ConnectError::OldHandshake { name: name.to_owned(), version: version_max })
        }
        Some(info) => Ok(info.port),
        None => {
            let epmd = EpmdOptions { port: options.epmd_port, timeout: options.timeout };
            let known = names(Some(host), &epmd).await?;
            Err(ConnectError::NoSuchNode { name: name.to_owned(), host: host.to_owned(), known })
        }
    }
}

/// Sends epmd one request and reads the reply to its end. Gives the port too, for error messages.
async fn ask_epmd(
    host: &str,
    port: Option<u16>,
    request: &[u8],
    timeout: Duration,
) -> Result<(Vec<u8>, u16), ConnectError> {
    let port = port.unwrap_or_else(epmd_port);
    let no_epmd = |source| ConnectError::NoEpmd { host: host.to_owned(), port, source };
    let stream = connect_tcp(host, port, timeout).await.map_err(|error| match error {
        ConnectError::Unreachable { source, .. } => no_epmd(source),
        other => other,
    })?;
    let conversation = async {
        let mut stream = stream;
        stream.write_all(request).await?;
        let mut reply = Vec::new();
        stream.take(epmd::REPLY_BYTES_MAX as u64 + 1).read_to_end(&mut reply).await?;
        Ok(reply)
    };
    let reply = limited(timeout, ConnectStep::Epmd, conversation).await?.map_err(no_epmd)?;
    if reply.len() > epmd::REPLY_BYTES_MAX {
        let source = epmd::EpmdError::TooLong;
        return Err(ConnectError::Epmd { host: host.to_owned(), port, source });
    }
    Ok((reply, port))
}

fn epmd_port() -> u16 {
    let set = std::env::var("ERL_EPMD_PORT").ok();
    set.and_then(|port| port.parse().ok()).unwrap_or(epmd::DEFAULT_PORT)
}

/// Tries the host's addresses in turn. Fails with `Unreachable`, `Resolve` or `TimedOut`.
async fn connect_tcp(host: &str, port: u16, timeout: Duration) -> Result<TcpStream, ConnectError> {
    let unresolved = |source| ConnectError::Resolve { host: host.to_owned(), source };
    let addresses = limited(timeout, ConnectStep::Resolve, tokio::net::lookup_host((host, port))).await?;
    let addresses: Vec<SocketAddr> = addresses.map_err(unresolved)?.collect();
    let mut last = None;
    for address in addresses {
        match limited(timeout, ConnectStep::Connect, TcpStream::connect(address)).await? {
            Ok(stream) => {
                // Small messages must not wait for one another; without it they only come later.
                drop(stream.set_nodelay(true));
                return Ok(stream);
            }
            Err(source) => last = Some(ConnectError::Unreachable { address, source }),
        }
    }
    Err(last.unwrap_or_else(|| unresolved(io::ErrorKind::NotFound.into())))
}

async fn shake_hands<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    target: &Target,
    options: &Options,
) -> Result<(Peer, Vec<u8>), ConnectError> {
    let name = match &options.name {
        NameChoice::Dynamic => OurName::Dynamic { host: our_host(target) },
        NameChoice::Fixed(name) => OurName::Fixed { name: name.clone(), creation: random()? | 4 },
    };
    let (mut handshake, first) = Handshake::start(HandshakeConfig {
        name,
        flags: Flags::OURS,
        cookie: options.cookie.clone(),
        challenge: random()?,
        expected_name: target.name().map(str::to_owned),
        expected_host: target.host().map(str::to_owned),
        prefix: if options.tls.is_some() { LengthPrefix::Four } else { LengthPrefix::Two },
    });
    let mut output = first;
    let mut buffer = [0; 4_096];
    loop {
        let step = ConnectStep::Handshake(handshake.step());
        let exchange = async {
            stream.write_all(&output).await?;
            stream.flush().await?;
            stream.read(&mut buffer).await
        };
        let count = match limited(options.timeout, step, exchange).await? {
            Ok(0) => return Err(ConnectError::Handshake(handshake.closed())),
            Ok(count) => count,
            Err(error) if is_closed(&error) => return Err(ConnectError::Handshake(handshake.closed())),
            Err(source) => {
                return Err(match TlsError::from_io(&source) {
                    Some(error) => ConnectError::Tls(error),
                    None => ConnectError::Network { step, source },
                });
            }
        };
        let received = buffer.get(..count).unwrap_or_default();
        let progress = handshake.receive(received).map_err(ConnectError::Handshake)?;
        output = progress.output;
        if let Some(peer) = progress.peer {
            return Ok((peer, handshake.into_rest()));
        }
    }
}

fn is_closed(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof)
}

fn random() -> Result<u32, ConnectError> {
    let step = ConnectStep::Handshake(Step::Status);
    getrandom::u32().map_err(|error| ConnectError::Network { step, source: error.into() })
}

/// The host that stands in our name: this machine's, in the style of the target's.
fn our_host(target: &Target) -> String {
    let uname = rustix::system::uname();
    let full = uname.nodename().to_string_lossy();
    let short = full.split('.').next().unwrap_or_default();
    let host = if target.long_name() == Some(true) { full.as_ref() } else { short };
    if host.is_empty() || host.contains('@') { LOCAL.to_owned() } else { host.to_owned() }
}

/// Asks the node for its `net_ticktime`. A node that does not tell keeps the default: it is only a matter of when a dead
/// connection is noticed.
async fn adopt_net_ticktime(connection: &Connection, timeout: Duration) {
    let answer = connection.call("net_kernel", "get_net_ticktime", Vec::new(), timeout).await;
    let seconds = answer.ok().and_then(|answer| match answer.as_tuple() {
        Some([_, seconds]) => seconds.as_int(),
        _ => Term::as_int(&answer),
    });
    if let Some(seconds) = seconds.and_then(|seconds| u32::try_from(seconds).ok()).filter(|&s| s > 0) {
        drop(connection.set_net_ticktime(Duration::from_secs(seconds.into())).await);
    }
}
