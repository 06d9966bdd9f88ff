//! What the user may write for a node, and what it means.

use std::fmt;
use std::str::FromStr;

/// A node to connect to, as the user spelled it.
///
/// | spelling | meaning |
/// | --- | --- |
/// | `shop@host` | ask the epmd of `host` for the node `shop` |
/// | `shop` | the same on this machine |
/// | `host:4370`, `[::1]:4370` | straight to that port, whatever node is there |
/// | `shop@host:4370`, `shop@[::1]:4370` | straight to that port, which must be `shop` |
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    name: Option<String>,
    host: Option<String>,
    port: Option<u16>,
}

/// Why a spelling is not a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// Nothing was written.
    #[error("the node's name is empty")]
    Empty,
    /// The name before `@` is empty or holds a character no node name can hold.
    #[error("{name:?} is not the name of a node: letters, digits, `_` and `-` only")]
    Name {
        /// What was written.
        name: String,
    },
    /// The host is empty or malformed.
    #[error("{host:?} is not a host")]
    Host {
        /// What was written.
        host: String,
    },
    /// The port is no number from 1 to 65535.
    #[error("{port:?} is not a port: a number from 1 to 65535")]
    Port {
        /// What was written.
        port: String,
    },
}

impl Target {
    /// The name before `@`, where one was given.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The host, without brackets; `None` means this machine.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The port to connect to without asking epmd.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether the host is spelled in full, as nodes with long names spell it: with a dot, or as an address.
    #[must_use]
    pub fn long_name(&self) -> Option<bool> {
        self.host.as_deref().map(is_long)
    }
}

/// Whether `host` is what Erlang calls a long name.
pub(crate) fn is_long(host: &str) -> bool {
    host.contains('.') || host.contains(':')
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        if text.is_empty() {
            return Err(TargetError::Empty);
        }
        let (name, place) = match text.split_once('@') {
            Some((name, place)) => (Some(name), Some(place)),
            None if text.contains(':') => (None, Some(text)),
            None => (Some(text), None),
        };
        if let Some(name) = name
            && (name.is_empty() || name.len() > 255 || !name.chars().all(is_name_character))
        {
            return Err(TargetError::Name { name: name.to_owned() });
        }
        let (host, port) = place.map(split_place).transpose()?.unzip();
        Ok(Self { name: name.map(str::to_owned), host, port: port.flatten() })
    }
}

fn is_name_character(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

/// Splits `host`, `host:port`, `[address]` and `[address]:port`.
fn split_place(place: &str) -> Result<(String, Option<u16>), TargetError> {
    let bad_host = || TargetError::Host { host: place.to_owned() };
    if let Some(rest) = place.strip_prefix('[') {
        let (address, after) = rest.split_once(']').ok_or_else(bad_host)?;
        address.parse::<std::net::Ipv6Addr>().map_err(|_| bad_host())?;
        let port = match after.strip_prefix(':') {
            Some(port) => Some(parse_port(port)?),
            None if after.is_empty() => None,
            None => return Err(bad_host()),
        };
        return Ok((address.to_owned(), port));
    }
    if place.parse::<std::net::Ipv6Addr>().is_ok() {
        return Ok((place.to_owned(), None));
    }
    let (host, port) = match place.split_once(':') {
        Some((host, port)) => (host, Some(parse_port(port)?)),
        None => (place, None),
    };
    let well_formed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    if host.is_empty() || host.len() > 255 || !host.chars().all(well_formed) {
        return Err(bad_host());
    }
    Ok((host.to_owned(), port))
}

fn parse_port(text: &str) -> Result<u16, TargetError> {
    match text.parse::<u16>() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(TargetError::Port { port: text.to_owned() }),
    }
}

impl fmt::Display for Target {
    /// As the user may spell it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            f.write_str(name)?;
            if self.host.is_some() {
                f.write_str("@")?;
            }
        }
        match &self.host {
            Some(host) if host.contains(':') => write!(f, "[{host}]")?,
            Some(host) => f.write_str(host)?,
            None => {}
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::Target;

    #[test]
    fn spellings() {
        let mut out = String::new();
        for text in [
            "shop@vm",
            "shop",
            "vm:4370",
            "[::1]:4370",
            "shop@vm:4370",
            "shop@[::1]:4370",
            "shop@::1",
            "shop@vm.example.org",
            "127.0.0.1:9",
            "",
            "@vm",
            "shop@",
            "a b@vm",
            "shop@vm:0",
            "shop@vm:x",
            "shop@vm:70000",
            "[::1",
            "[x]:1",
            "[::1]4",
            ":4",
            "shop@a@b",
        ] {
            let parsed: Result<Target, _> = text.parse();
            let line = match &parsed {
                Ok(t) => format!("{t} {:?} {:?} {:?} long {:?}", t.name(), t.host(), t.port(), t.long_name()),
                Err(error) => error.to_string(),
            };
            out.push_str(&format!("{text:20} {line}\n"));
        }
        expect![[r#"
            shop@vm              shop@vm Some("shop") Some("vm") None long Some(false)
            shop                 shop Some("shop") None None long None
            vm:4370              vm:4370 None Some("vm") Some(4370) long Some(false)
            [::1]:4370           [::1]:4370 None Some("::1") Some(4370) long Some(true)
            shop@vm:4370         shop@vm:4370 Some("shop") Some("vm") Some(4370) long Some(false)
            shop@[::1]:4370      shop@[::1]:4370 Some("shop") Some("::1") Some(4370) long Some(true)
            shop@::1             shop@[::1] Some("shop") Some("::1") None long Some(true)
            shop@vm.example.org  shop@vm.example.org Some("shop") Some("vm.example.org") None long Some(true)
            127.0.0.1:9          127.0.0.1:9 None Some("127.0.0.1") Some(9) long Some(true)
                                 the node's name is empty
            @vm                  "" is not the name of a node: letters, digits, `_` and `-` only
            shop@                "" is not a host
            a b@vm               "a b" is not the name of a node: letters, digits, `_` and `-` only
            shop@vm:0            "0" is not a port: a number from 1 to 65535
            shop@vm:x            "x" is not a port: a number from 1 to 65535
            shop@vm:70000        "70000" is not a port: a number from 1 to 65535
            [::1                 "[::1" is not a host
            [x]:1                "[x]:1" is not a host
            [::1]4               "[::1]4" is not a host
            :4                   ":4" is not a host
            shop@a@b             "a@b" is not a host
        "#]]
        .assert_eq(&out);
    }
}
