//! The handshake, version 6, from the side that connects: bytes in, bytes out.
//!
//! ```text
//! us                                             the node
//! N flags creation name (or host: "name me") -->
//!                                            <-- s status ("ok", "named:…", …)
//!                                            <-- N flags challenge creation name
//! r our challenge, digest                    -->
//!                                            <-- a digest
//! ```
//! Each packet carries its length in two bytes; inside TLS, in four, because OTP's TLS carrier frames everything so
//! (`inet_tls_dist`; the protocol's document does not say). What follows the last packet belongs to the connection proper.
//! The peer's release is judged by its flags in the challenge, before we answer it.

use crate::target::is_long;
use crate::{Cookie, Flags};
use pluto_term::Atom;

/// No packet of a handshake is longer: what announces more is something else.
const PACKET_BYTES_MAX: usize = 4_096;

/// How a TLS alert begins: its record type and the major version. As a length it is more than any packet has.
const TLS_ALERT: [u8; 2] = [21, 3];

/// How we are called on the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OurName {
    /// The peer makes up a name on this host of ours.
    Dynamic {
        /// The host to put behind the `@`.
        host: String,
    },
    /// A full name of our own.
    Fixed {
        /// `name@host`.
        name: String,
        /// Which life of that node we are; never 0.
        creation: u32,
    },
}

/// How long the length before each packet of the handshake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LengthPrefix {
    /// Two bytes, as over TCP.
    #[default]
    Two,
    /// Four bytes, as inside TLS.
    Four,
}

/// What a handshake needs to know. The challenge must be unpredictable.
#[derive(Debug)]
pub struct HandshakeConfig {
    /// Our name.
    pub name: OurName,
    /// What we can do. [`Flags::NAME_ME`] is added by a dynamic name.
    pub flags: Flags,
    /// The shared secret.
    pub cookie: Cookie,
    /// Our challenge to the peer.
    pub challenge: u32,
    /// Name before the `@` the peer must have, when the user gave one.
    pub expected_name: Option<String>,
    /// Host the user gave, to tell short names from long ones.
    pub expected_host: Option<String>,
    /// How packets are framed.
    pub prefix: LengthPrefix,
}

/// Whom we are connected to, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The peer's full name.
    pub name: Atom,
    /// Which life of the peer this is.
    pub creation: u32,
    /// Everything the peer offered.
    pub flags: Flags,
    /// What both sides offered.
    pub agreed: Flags,
    /// Our own name on the peer.
    pub our_name: Atom,
    /// Our own creation.
    pub our_creation: u32,
}

/// How far a handshake came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Our name is sent, its status is awaited.
    Status,
    /// Our name is accepted, the challenge is awaited.
    Challenge,
    /// The challenge is answered, the peer's own answer is awaited.
    Acknowledgement,
}

/// Why a handshake failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The peer closed the connection at this step. After the challenge was answered it means that the cookie is wrong.
    Closed {
        /// What was awaited.
        step: Step,
    },
    /// A packet that does not fit the step.
    Malformed {
        /// What was awaited.
        step: Step,
        /// First byte of the packet, when it had one.
        tag: Option<u8>,
        /// Its length in bytes.
        length: usize,
    },
    /// What came is a TLS alert: the node speaks TLS, and we did not.
    SpeaksTls,
    /// The peer refused our name or our flags, and said so.
    NotAllowed {
        /// Flags that some OTP from 25 on demands and we did not offer.
        missing: Flags,
    },
    /// The peer has another connection under our name.
    NameInUse,
    /// A status that is none of the protocol's.
    UnknownStatus {
        /// The status, at most 64 characters of it.
        status: String,
    },
    /// The peer lacks the flags that every OTP from 25 on has.
    TooOld {
        /// What it lacks.
        missing: Flags,
    },
    /// Another node than the one asked for answers there.
    WrongNode {
        /// The name before the `@` that was asked for.
        expected: String,
        /// The full name of the node there.
        found: String,
    },
    /// The name was spelled with a short host and the node has a long one, or the other way round.
    NameStyle {
        /// The host as it was spelled.
        spelled: String,
        /// The full name of the node there.
        found: String,
    },
    /// The peer does not know the cookie that it accepted from us.
    WrongProof,
}

/// What a received packet led to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes to send now.
    pub output: Vec<u8>,
    /// Set when the handshake is complete; [`Handshake::into_rest`] has the bytes that follow.
    pub peer: Option<Peer>,
}

/// A handshake under way.
#[derive(Debug)]
pub struct Handshake {
    config: HandshakeConfig,
    step: Step,
    our_name: Atom,
    our_creation: u32,
    peer: Option<Peer>,
    input: Vec<u8>,
}

impl Handshake {
    /// Begins a handshake; the bytes are the first to send.
    #[must_use]
    pub fn start(mut config: HandshakeConfig) -> (Self, Vec<u8>) {
        let (name, creation) = match &config.name {
            OurName::Dynamic { host } => {
                config.flags = config.flags | Flags::NAME_ME;
                (host.clone(), 0)
            }
            OurName::Fixed { name, creation } => (name.clone(), *creation),
        };
        let mut packet = vec![b'N'];
        packet.extend_from_slice(&config.flags.bits().to_be_bytes());
        packet.extend_from_slice(&creation.to_be_bytes());
        // A host name has at most 255 bytes; anything longer is cut, and then refused by the peer.
        let text = name.as_bytes();
        let text = text.get(..text.len().min(1_024)).unwrap_or_default();
        packet.extend_from_slice(&u16::try_from(text.len()).unwrap_or_default().to_be_bytes());
        packet.extend_from_slice(text);
        let first = config.prefix.framed(&packet);
        let handshake = Self {
            config,
            step: Step::Status,
            our_name: Atom::new(&name),
            our_creation: creation,
            peer: None,
            input: Vec::new(),
        };
        (handshake, first)
    }

    /// How far it came.
    #[must_use]
    pub fn step(&self) -> Step {
        self.step
    }

    /// What it means that the peer closed the connection now.
    #[must_use]
    pub fn closed(&self) -> HandshakeError {
        HandshakeError::Closed { step: self.step }
    }

    /// Takes bytes from the peer, in pieces of any size. Not to be called once it gave a peer or an error.
    ///
    /// # Errors
    /// When the peer refuses, is not fit, or does not speak the protocol.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<Progress, HandshakeError> {
        self.input.extend_from_slice(bytes);
        let mut progress = Progress::default();
        while progress.peer.is_none() {
            let Some((length, rest)) = self.config.prefix.split(&self.input) else { break };
            if self.input.starts_with(&TLS_ALERT) && self.config.prefix == LengthPrefix::Two {
                return Err(HandshakeError::SpeaksTls);
            }
            if length > PACKET_BYTES_MAX {
                let tag = rest.first().copied();
                return Err(HandshakeError::Malformed { step: self.step, tag, length });
            }
            let Some(packet) = rest.get(..length) else { break };
            let packet = packet.to_vec();
            let used = self.input.len() - rest.len() + length;
            self.input.drain(..used);
            match self.step {
                Step::Status => self.status(&packet)?,
                Step::Challenge => progress.output.extend(self.challenge(&packet)?),
                Step::Acknowledgement => progress.peer = Some(self.acknowledgement(&packet)?),
            }
        }
        Ok(progress)
    }

    /// Bytes that arrived after the last packet of the handshake.
    #[must_use]
    pub fn into_rest(self) -> Vec<u8> {
        self.input
    }

    fn malformed(&self, packet: &[u8]) -> HandshakeError {
        HandshakeError::Malformed { step: self.step, tag: packet.first().copied(), length: packet.len() }
    }

    fn status(&mut self, packet: &[u8]) -> Result<(), HandshakeError> {
        let status = packet.strip_prefix(b"s").ok_or_else(|| self.malformed(packet))?;
        match (status, &self.config.name) {
            (b"ok" | b"ok_simultaneous", OurName::Fixed { .. }) => {}
            (b"nok" | b"alive", _) => return Err(HandshakeError::NameInUse),
            (b"not_allowed", _) => {
                let missing = Flags::MANDATORY_26.without(self.config.flags.expanded());
                return Err(HandshakeError::NotAllowed { missing });
            }
            (named, OurName::Dynamic { .. }) if named.starts_with(b"named:") => {
                (self.our_name, self.our_creation) =
                    parse_named(named).ok_or_else(|| self.malformed(packet))?;
            }
            (other, _) => {
                let status = String::from_utf8_lossy(other).chars().take(64).collect();
                return Err(HandshakeError::UnknownStatus { status });
            }
        }
        self.step = Step::Challenge;
        Ok(())
    }

    fn challenge(&mut self, packet: &[u8]) -> Result<Vec<u8>, HandshakeError> {
        // A node before OTP 23 would send the old form, `n`; it cannot have read our name, so this is one of 23 or 24 at least.
        let parsed = parse_challenge(packet).ok_or_else(|| self.malformed(packet))?;
        let offered = parsed.flags.expanded();
        let missing = Flags::NEEDED.without(offered);
        if !missing.is_empty() {
            return Err(HandshakeError::TooOld { missing });
        }
        self.check_name(&parsed.name)?;
        self.peer = Some(Peer {
            name: Atom::new(&parsed.name),
            creation: parsed.creation,
            flags: parsed.flags,
            agreed: offered & self.config.flags.expanded(),
            our_name: self.our_name.clone(),
            our_creation: self.our_creation,
        });
        let mut reply = vec![b'r'];
        reply.extend_from_slice(&self.config.challenge.to_be_bytes());
        reply.extend_from_slice(&self.config.cookie.digest(parsed.challenge));
        self.step = Step::Acknowledgement;
        Ok(self.config.prefix.framed(&reply))
    }

    fn check_name(&self, found: &str) -> Result<(), HandshakeError> {
        let (name, host) = found.split_once('@').unwrap_or((found, ""));
        if let Some(expected) = &self.config.expected_name
            && expected != name
        {
            return Err(HandshakeError::WrongNode { expected: expected.clone(), found: found.to_owned() });
        }
        // An address leads to nodes of either style, and `localhost` is how people spell this machine.
        let names_node = |host: &&String| !is_address(host) && *host != "localhost";
        if let (Some(_), Some(spelled)) =
            (&self.config.expected_name, self.config.expected_host.as_ref().filter(names_node))
            && is_long(spelled) != is_long(host)
        {
            return Err(HandshakeError::NameStyle { spelled: spelled.clone(), found: found.to_owned() });
        }
        Ok(())
    }

    fn acknowledgement(&mut self, packet: &[u8]) -> Result<Peer, HandshakeError> {
        let proof = packet.strip_prefix(b"a").filter(|proof| proof.len() == 16);
        let proof = proof.ok_or_else(|| self.malformed(packet))?;
        if proof != self.config.cookie.digest(self.config.challenge) {
            return Err(HandshakeError::WrongProof);
        }
        self.peer.take().ok_or_else(|| self.malformed(packet))
    }
}

fn is_address(host: &str) -> bool {
    host.parse::<std::net::IpAddr>().is_ok()
}

struct Challenge {
    flags: Flags,
    challenge: u32,
    creation: u32,
    name: String,
}

fn parse_challenge(packet: &[u8]) -> Option<Challenge> {
    let rest = packet.strip_prefix(b"N")?;
    let (flags, rest) = rest.split_first_chunk::<8>()?;
    let (challenge, rest) = rest.split_first_chunk::<4>()?;
    let (creation, rest) = rest.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let name = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
    Some(Challenge {
        flags: Flags::from_bits(u64::from_be_bytes(*flags)),
        challenge: u32::from_be_bytes(*challenge),
        creation: u32::from_be_bytes(*creation),
        name: node_name(name)?,
    })
}

fn parse_named(status: &[u8]) -> Option<(Atom, u32)> {
    let rest = status.strip_prefix(b"named:")?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let length = usize::from(u16::from_be_bytes(*length));
    let name = node_name(rest.get(..length)?)?;
    let (creation, _) = rest.get(length..)?.split_first_chunk::<4>()?;
    Some((Atom::new(&name), u32::from_be_bytes(*creation)))
}

/// A node's name as text: UTF-8, or Latin-1 as older code sends it.
fn node_name(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes)
        .map_or_else(|_| bytes.iter().map(|&byte| char::from(byte)).collect(), str::to_owned);
    (!text.is_empty() && text.chars().count() <= Atom::MAX_CHARACTERS).then_some(text)
}

impl LengthPrefix {
    fn framed(self, packet: &[u8]) -> Vec<u8> {
        let length = u16::try_from(packet.len()).unwrap_or(u16::MAX);
        let mut out = match self {
            Self::Two => length.to_be_bytes().to_vec(),
            Self::Four => u32::from(length).to_be_bytes().to_vec(),
        };
        out.extend_from_slice(packet);
        out
    }

    /// The announced length and what follows it.
    fn split(self, bytes: &[u8]) -> Option<(usize, &[u8])> {
        match self {
            Self::Two => bytes
                .split_first_chunk::<2>()
                .map(|(length, rest)| (usize::from(u16::from_be_bytes(*length)), rest)),
            Self::Four => bytes
                .split_first_chunk::<4>()
                .map(|(length, rest)| (u32::from_be_bytes(*length) as usize, rest)),
        }
    }
}
