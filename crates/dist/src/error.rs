//! What can go wrong, as facts. The sentences for people are here too, in `Display` and `hint`, and nowhere else.

use std::io;
use std::net::SocketAddr;

use pluto_term::{Atom, DecodeError, PrintLimits, Syntax, Term};

use crate::epmd::{EpmdError, Registered};
use crate::handshake::{HandshakeError, Step};
use crate::tls::TlsError;
use crate::{CookieError, Flags, PeerSilent};

/// How the peer broke the protocol, or which limit it passed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A frame announces more bytes than allowed. Nothing was allocated for it.
    #[error("a message of {length} bytes, more than the limit of {limit}")]
    FrameTooLong {
        /// Bytes announced.
        length: usize,
        /// The limit in force.
        limit: usize,
    },
    /// The fragments of a message add up to more than allowed.
    #[error("a message of at least {length} bytes in fragments, more than the limit of {limit}")]
    MessageTooLong {
        /// Bytes so far.
        length: usize,
        /// The limit in force.
        limit: usize,
    },
    /// More incomplete messages than allowed.
    #[error("more than {limit} messages in fragments at once")]
    TooManyPartialMessages {
        /// The limit in force.
        limit: usize,
    },
    /// More bytes in incomplete messages than allowed.
    #[error("more than {limit} bytes in incomplete messages")]
    TooManyPartialBytes {
        /// The limit in force.
        limit: usize,
    },
    /// A frame begins with a byte that no agreed form begins with.
    #[error("a frame with the unknown byte {found} in its head")]
    Version {
        /// The byte.
        found: u8,
    },
    /// A distribution header is cut short, or its atoms are malformed.
    #[error("a malformed distribution header")]
    Header,
    /// A header refers to a slot of the atom cache that was never filled.
    #[error("a reference to the empty slot {slot} of the atom cache")]
    EmptyCacheSlot {
        /// The slot, 0 to 2047.
        slot: usize,
    },
    /// A fragment that does not follow the one before.
    #[error("fragment {fragment} of sequence {sequence} out of order")]
    Fragment {
        /// The message it belongs to.
        sequence: u64,
        /// Its number; they count down to 1.
        fragment: u64,
    },
    /// A control message that is no term.
    #[error("a malformed control message: {0}")]
    Control(DecodeError),
    /// A control message that is no tuple of its kind.
    #[error("a control message of the wrong shape{}", operation.map_or_else(String::new, |op| format!(", operation {op}")))]
    ControlShape {
        /// The operation, where there was one.
        operation: Option<i64>,
    },
}

/// Why a message was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The pid belongs to a node that we are not connected to.
    #[error("the process lives on {}, which is not the node of this connection", node.as_str())]
    OtherNode {
        /// The node of the pid.
        node: Atom,
    },
    /// The message does not fit a frame.
    #[error("a message of {length} bytes does not fit a frame")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// More arguments than a function can have.
    #[error("{count} arguments, more than the 255 a function can have")]
    TooManyArguments {
        /// How many.
        count: usize,
    },
    /// The connection is gone.
    #[error("the connection is gone: {0}")]
    Lost(Lost),
}

/// Why a connection ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Lost {
    /// We closed it.
    #[error("closed by us")]
    Closed,
    /// The node closed it: it stopped, or dropped us.
    #[error("the node closed the connection")]
    ByPeer,
    /// Nothing came from the node for too long.
    #[error("{0}")]
    Silent(PeerSilent),
    /// The node sent what the protocol does not allow.
    #[error("the node sent {0}")]
    Protocol(ProtocolError),
    /// The system's network failed.
    #[error("the network failed: {message}")]
    Network {
        /// Kind of the failure.
        kind: io::ErrorKind,
        /// What the system said.
        message: String,
    },
}

/// Why a call gave no value. Terms of the node are given as they came.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The function raised an error.
    #[error("the called function failed: error {}", show(reason))]
    Error {
        /// The reason.
        reason: Term,
        /// The stack trace, where the node sent one.
        stack: Option<Term>,
    },
    /// The function called `exit/1`.
    #[error("the called function failed: exit {}", show(.0))]
    Exit(Term),
    /// The function threw a value that nobody caught.
    #[error("the called function failed: throw {}", show(.0))]
    Throw(Term),
    /// The process that ran the function was ended from outside.
    #[error("the process that ran the function was ended: {}", show(.0))]
    Killed(Term),
    /// The node refused to start a process for the call.
    #[error("the node refused to start a process for the call: {}", .0.as_str())]
    Refused(Atom),
    /// No answer in time. The function may still run.
    #[error("the node did not answer in time")]
    Timeout,
    /// The answer is no term, or passes the limits for answers.
    #[error("the answer cannot be read: {0}")]
    Unreadable(DecodeError),
    /// The request was not sent.
    #[error(transparent)]
    NotSent(SendError),
    /// The connection ended before the answer.
    #[error("no connection: {0}")]
    Lost(Lost),
}

/// Terms of a node can be large; a message for people is not.
fn show(term: &Term) -> String {
    let limits = PrintLimits { depth: 8, elements: 32, text: 200, total: 400 };
    term.display(Syntax::Erlang, &limits).to_string()
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The cookie could not be had.
    #[error(transparent)]
    Cookie(#[from] CookieError),
    /// The host's name leads nowhere.
    #[error("the host {host} cannot be found: {source}")]
    Resolve {
        /// The host.
        host: String,
        /// What the system said.
        source: io::Error,
    },
    /// No epmd answers on the host.
    #[error("no epmd answers on {host} port {port}: {source}")]
    NoEpmd {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// What answers is not epmd.
    #[error("what answers on {host} port {port} is not epmd: {source}")]
    Epmd {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// What is wrong with the answer.
        source: EpmdError,
    },
    /// The host's epmd does not know the node.
    #[error("there is no node {name} on {host}")]
    NoSuchNode {
        /// The name that was asked for.
        name: String,
        /// The host.
        host: String,
        /// The nodes that are there.
        known: Vec<Registered>,
    },
    /// Nothing listens on the node's port.
    #[error("the node's port {address} does not answer: {source}")]
    Unreachable {
        /// The last address that was tried.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// TLS could not be set up or agreed on.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The node refused us, or is not one we can work with.
    #[error("{}", handshake_sentence(.0))]
    Handshake(HandshakeError),
    /// The node's epmd entry says that it speaks only older handshakes.
    #[error("the node {name} runs an OTP before 23; 25 is the oldest supported")]
    OldHandshake {
        /// The node.
        name: String,
        /// Highest version of the handshake it speaks.
        version: u16,
    },
    /// The node or the network did not answer in time.
    #[error("no answer in time while {}", .step.sentence())]
    TimedOut {
        /// What was awaited.
        step: ConnectStep,
    },
    /// The network failed during the handshake.
    #[error("the connection failed while {}: {source}", .step.sentence())]
    Network {
        /// What was awaited.
        step: ConnectStep,
        /// What the system said.
        source: io::Error,
    },
}

/// What a connection attempt was waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectStep {
    /// The name service.
    Resolve,
    /// epmd's answer.
    Epmd,
    /// The TCP connection.
    Connect,
    /// The TLS session.
    Tls,
    /// The handshake, at this step.
    Handshake(Step),
}

impl ConnectStep {
    fn sentence(self) -> &'static str {
        match self {
            Self::Resolve => "looking up the host",
            Self::Epmd => "asking epmd for the node",
            Self::Connect => "connecting to the node's port",
            Self::Tls => "agreeing on TLS",
            Self::Handshake(Step::Status) => "waiting for the node to accept our name",
            Self::Handshake(Step::Challenge) => "waiting for the node's challenge",
            Self::Handshake(Step::Acknowledgement) => "waiting for the node's answer to our challenge",
        }
    }
}

fn handshake_sentence(error: &HandshakeError) -> String {
    match error {
        HandshakeError::Closed { step: Step::Acknowledgement } => "the node refused the cookie".to_owned(),
        HandshakeError::Closed { step } => {
            format!("the node closed the connection while {}", wait(*step))
        }
        HandshakeError::Malformed { step, tag, length } => {
            let tag = tag.map_or_else(String::new, |tag| format!(" that begins with {tag}"));
            format!(
                "the node sent a packet of {length} bytes{tag}, which is no part of a handshake, while {}",
                wait(*step)
            )
        }
        HandshakeError::SpeaksTls => "the node speaks TLS".to_owned(),
        HandshakeError::NotAllowed { missing } if missing.is_empty() => {
            "the node does not allow us to connect".to_owned()
        }
        HandshakeError::NotAllowed { missing } => format!("the node demands what we do not offer: {missing}"),
        HandshakeError::NameInUse => "the node already has a connection under our name".to_owned(),
        HandshakeError::UnknownStatus { status } => {
            format!("the node answered our name with the unknown status {status:?}")
        }
        HandshakeError::TooOld { missing } if missing.contains(Flags::MANDATORY_25_DIGEST) => {
            "the node runs an OTP before 25, the oldest supported".to_owned()
        }
        HandshakeError::TooOld { missing } => {
            format!("the node lacks what every OTP from 25 on has: {missing}")
        }
        HandshakeError::WrongNode { expected, found } => {
            format!("asked for the node {expected}, but {found} answers there")
        }
        HandshakeError::NameStyle { spelled, found } => {
            let (asked, is) =
                if crate::target::is_long(spelled) { ("long", "short") } else { ("short", "long") };
            format!("{spelled} is a {asked} host name, but the node has a {is} name: {found}")
        }
        HandshakeError::WrongProof => {
            "the node accepted our cookie, but could not prove that it has it itself".to_owned()
        }
    }
}

fn wait(step: Step) -> &'static str {
    ConnectStep::Handshake(step).sentence()
}

impl ConnectError {
    /// What the user may do about it, in one sentence.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Cookie(CookieError::Nowhere { .. }) => {
                "Give the node's cookie with --cookie-file FILE or in PLUTO_COOKIE.".to_owned()
            }
            Self::Cookie(_) => "The file must hold the cookie and nothing else.".to_owned(),
            Self::Resolve { .. } => {
                "Check the spelling of the host, or give its address: name@ADDRESS.".to_owned()
            }
            Self::NoEpmd { .. } => {
                "Is the node running there, and started with -sname or -name? A node without epmd is reached by its port: name@host:PORT.".to_owned()
            }
            Self::Epmd { .. } => "If epmd listens on another port, set ERL_EPMD_PORT.".to_owned(),
            Self::NoSuchNode { known, .. } if known.is_empty() => {
                "epmd runs there, but no node is registered with it.".to_owned()
            }
            Self::NoSuchNode { known, .. } => {
                let mut names: Vec<&str> = known.iter().take(20).map(|node| node.name.as_str()).collect();
                if known.len() > names.len() {
                    names.push("…");
                }
                format!("Nodes there: {}.", names.join(", "))
            }
            Self::Unreachable { .. } => {
                "The node may just have stopped, or a firewall is between it and us.".to_owned()
            }
            Self::Tls(error) => error.hint().to_owned(),
            Self::OldHandshake { .. } => "Use the node's own tools, or upgrade it.".to_owned(),
            Self::TimedOut { .. } | Self::Network { .. } => {
                "Is the node overloaded, suspended, or behind a slow network? A node with TLS distribution needs the --tls options.".to_owned()
            }
            Self::Handshake(error) => handshake_hint(error),
        }
    }
}

fn handshake_hint(error: &HandshakeError) -> String {
    match error {
        HandshakeError::Closed { step: Step::Acknowledgement } => {
            "Give the cookie the node was started with: --cookie-file FILE, PLUTO_COOKIE or ~/.erlang.cookie. The node has logged one error report about this attempt.".to_owned()
        }
        HandshakeError::Closed { .. } => {
            "The node may have stopped just now; a node with TLS distribution needs the --tls options."
                .to_owned()
        }
        HandshakeError::Malformed { .. } => {
            "Is this the port of an Erlang node? With TLS distribution, give the --tls options.".to_owned()
        }
        HandshakeError::SpeaksTls => "Give the --tls options.".to_owned(),
        HandshakeError::NotAllowed { .. } => {
            "The node limits who may connect with net_kernel:allow/1: this host must be on its list."
                .to_owned()
        }
        HandshakeError::NameInUse => "Wait until the other connection has ended, or choose another name.".to_owned(),
        HandshakeError::UnknownStatus { .. } | HandshakeError::WrongProof => {
            "Is this really the node you mean?".to_owned()
        }
        HandshakeError::TooOld { .. } => "Use the node's own tools, or upgrade it.".to_owned(),
        HandshakeError::WrongNode { found, .. } | HandshakeError::NameStyle { found, .. } => {
            format!("Use its full name: {found}.")
        }
    }
}
