//! The Erlang Port Mapper Daemon: where on a host a node listens. Requests and replies as bytes, no sockets.

use std::fmt;

/// The port epmd listens on, unless `ERL_EPMD_PORT` says otherwise.
pub const DEFAULT_PORT: u16 = 4369;

/// Bytes of a reply that are worth reading; a host with thousands of nodes stays below.
pub const REPLY_BYTES_MAX: usize = 1 << 20;

/// Handshake version that OTP 23 brought; nodes register the highest they speak.
pub const HANDSHAKE_VERSION: u16 = 6;

/// Where a node listens, and which handshakes it speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeInfo {
    /// TCP port of the node.
    pub port: u16,
    /// Whether the node is a normal one (77, `M`) rather than hidden (72, `H`).
    pub visible: bool,
    /// Highest version of the handshake.
    pub version_max: u16,
    /// Lowest version of the handshake.
    pub version_min: u16,
    /// The registered name.
    pub name: String,
}

/// A node in epmd's list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Registered {
    /// The name before `@`.
    pub name: String,
    /// TCP port of the node.
    pub port: u16,
}

/// Why a reply is not one of epmd's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EpmdError {
    /// The connection was closed before the reply was complete.
    #[error("reply cut short after {received} bytes")]
    Truncated {
        /// Bytes that arrived.
        received: usize,
    },
    /// The reply begins with another byte than epmd's.
    #[error("reply begins with {found}, not 119")]
    Tag {
        /// The byte found.
        found: u8,
    },
    /// The reply begins with a number that is no port, where epmd gives its own.
    #[error("reply begins with {found}, which is no port")]
    Port {
        /// The number found.
        found: u32,
    },
    /// A line of the reply does not tell of a node.
    #[error("line {number} of the reply does not read as `name NAME at port PORT`")]
    Line {
        /// Its number, from 1.
        number: usize,
    },
    /// The reply is longer than [`REPLY_BYTES_MAX`].
    #[error("reply longer than {REPLY_BYTES_MAX} bytes")]
    TooLong,
}

/// Asks for one node: `PORT_PLEASE2_REQ`. Names over 65,534 bytes are cut, and then not found.
#[must_use]
pub fn port_request(name: &str) -> Vec<u8> {
    let name = name.as_bytes();
    let name = name.get(..name.len().min(usize::from(u16::MAX) - 1)).unwrap_or_default();
    let length = u16::try_from(name.len() + 1).unwrap_or(u16::MAX);
    let mut out = length.to_be_bytes().to_vec();
    out.push(b'z');
    out.extend_from_slice(name);
    out
}

/// Asks for all nodes: `NAMES_REQ`.
#[must_use]
pub fn names_request() -> Vec<u8> {
    vec![0, 1, b'n']
}

/// Reads a whole `PORT2_RESP`, as epmd sends it before closing; `None` when no such node is registered.
///
/// # Errors
/// When the bytes are no such reply.
pub fn port_reply(bytes: &[u8]) -> Result<Option<NodeInfo>, EpmdError> {
    let truncated = EpmdError::Truncated { received: bytes.len() };
    let (&tag, rest) = bytes.split_first().ok_or(truncated)?;
    if tag != b'w' {
        return Err(EpmdError::Tag { found: tag });
    }
    let (&result, rest) = rest.split_first().ok_or(truncated)?;
    if result != 0 {
        return Ok(None);
    }
    let Some(([p0, p1, kind, _protocol, h0, h1, l0, l1, n0, n1], rest)) = rest.split_first_chunk::<10>()
    else {
        return Err(truncated);
    };
    let length = usize::from(u16::from_be_bytes([*n0, *n1]));
    let name = rest.get(..length).ok_or(truncated)?;
    Ok(Some(NodeInfo {
        port: u16::from_be_bytes([*p0, *p1]),
        visible: *kind == b'M',
        version_max: u16::from_be_bytes([*h0, *h1]),
        version_min: u16::from_be_bytes([*l0, *l1]),
        name: String::from_utf8_lossy(name).into_owned(),
    }))
}

/// Reads a whole `NAMES_RESP`: epmd's own port, then a line `name NAME at port PORT` for each node.
///
/// # Errors
/// When the bytes are no such reply: whatever else listens on the port may answer.
pub fn names_reply(bytes: &[u8]) -> Result<Vec<Registered>, EpmdError> {
    let truncated = EpmdError::Truncated { received: bytes.len() };
    let (port, text) = bytes.split_first_chunk::<4>().ok_or(truncated)?;
    let port = u32::from_be_bytes(*port);
    if port == 0 || port > u32::from(u16::MAX) {
        return Err(EpmdError::Port { found: port });
    }
    let text = String::from_utf8_lossy(text);
    if !text.is_empty() && !text.ends_with('\n') {
        return Err(truncated);
    }
    let node = |(index, line): (usize, &str)| {
        let parts = line.strip_prefix("name ").and_then(|rest| rest.rsplit_once(" at port "));
        let read = parts.and_then(|(name, port)| {
            Some(Registered { name: name.to_owned(), port: port.trim().parse().ok()? })
        });
        read.ok_or(EpmdError::Line { number: index + 1 })
    };
    text.lines().enumerate().map(node).collect()
}

impl fmt::Display for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at port {}", self.name, self.port)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn requests() {
        expect![[r#"[0, 5, 122, 115, 104, 111, 112]"#]].assert_eq(&format!("{:?}", port_request("shop")));
        assert_eq!(port_request(&"x".repeat(70_000)).len(), 2 + 65_535);
    }

    #[test]
    fn replies() {
        let found = [&[119, 0, 0x11, 0x12, 77, 0, 0, 6, 0, 5, 0, 4][..], b"shop", &[0, 0]].concat();
        expect![[r#"
            Ok(
                Some(
                    NodeInfo {
                        port: 4370,
                        visible: true,
                        version_max: 6,
                        version_min: 5,
                        name: "shop",
                    },
                ),
            )
        "#]]
        .assert_debug_eq(&port_reply(&found));
        assert_eq!(port_reply(&[119, 1]), Ok(None));
        for cut in [0, 1, 2, 11, 15] {
            assert_eq!(port_reply(&found[..cut]), Err(EpmdError::Truncated { received: cut }));
        }
        assert_eq!(port_reply(b"HTTP"), Err(EpmdError::Tag { found: b'H' }));
    }

    #[test]
    fn names() {
        let reply = [&[0, 0, 0x11, 0x11][..], b"name shop at port 4370\nname a b at port 1\n"].concat();
        expect![[r#"
            Ok(
                [
                    Registered {
                        name: "shop",
                        port: 4370,
                    },
                    Registered {
                        name: "a b",
                        port: 1,
                    },
                ],
            )
        "#]]
        .assert_debug_eq(&names_reply(&reply));
        assert_eq!(names_reply(&[0, 0, 0x11, 0x11]), Ok(vec![]));
        let mut refused = String::new();
        for reply in [
            &[0, 0][..],
            &[0; 100],
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            b"\0\0\x11\x11name shop at port 4370\nnonsense\n",
            b"\0\0\x11\x11name x at port y\n",
            b"\0\0\x11\x11name shop at port 43",
        ] {
            refused += &format!("{:?}\n", names_reply(reply).expect_err("no reply of epmd"));
        }
        expect![[r#"
            Truncated { received: 2 }
            Port { found: 0 }
            Port { found: 1213486160 }
            Line { number: 2 }
            Line { number: 1 }
            Truncated { received: 24 }
        "#]]
        .assert_eq(&refused);
    }
}
