//! From what was typed about a node to a connection with it.

use crate::args::ConnectArgs;
use crate::failure::Failure;
use pluto_dist::{
    ClientIdentity, ConnectError, Connection, Cookie, EpmdOptions, Options, Target, TlsOptions,
    TlsVerification,
};
use std::time::Duration;

/// Longest wait for an answer of a node to one question.
pub(crate) const ANSWER: Duration = Duration::from_secs(10);

/// Connects to a node as a hidden node.
pub(crate) async fn connect(node: &str, args: &ConnectArgs) -> Result<Connection, Failure> {
    let spellings = if node.contains(',') { ONE_NODE } else { SPELLINGS };
    let target: Target =
        node.parse().map_err(|error| Failure::new(format!("{node}: {error}")).hint(spellings))?;
    let cookie =
        Cookie::from_environment(args.cookie_file.as_deref()).map_err(|error| failed(&error.into()))?;
    let options = Options {
        timeout: args.connect_timeout.0,
        epmd_port: epmd_port()?,
        tls: tls(args),
        ..Options::new(cookie)
    };
    pluto_dist::connect(&target, &options).await.map_err(|error| failed(&error))
}

/// How to speak TLS, where one of its options asks for it.
fn tls(args: &ConnectArgs) -> Option<TlsOptions> {
    if args.tls_ca.is_none() && !args.tls_insecure {
        return None;
    }
    let identity = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => {
            Some(ClientIdentity { certificate: certificate.clone(), key: key.clone() })
        }
        _ => None,
    };
    let verification = match (args.tls_insecure, args.tls_any_host) {
        (true, _) => TlsVerification::Nothing,
        (false, true) => TlsVerification::Chain,
        (false, false) => TlsVerification::ChainAndHost,
    };
    Some(TlsOptions { authorities: args.tls_ca.clone(), identity, verification, server_name: None })
}

const SPELLINGS: &str = "a node is name@host, name (on this host), name@host:port, or host:port without epmd";

/// What to do about several nodes where there can be one.
const ONE_NODE: &str = "this command takes one node at a time";

/// The nodes that a host's epmd knows.
pub(crate) async fn names(
    host: &str,
    timeout: Duration,
) -> Result<Vec<pluto_dist::epmd::Registered>, Failure> {
    let options = EpmdOptions { port: epmd_port()?, timeout };
    pluto_dist::names(Some(host), &options).await.map_err(|error| failed(&error))
}

fn failed(error: &ConnectError) -> Failure {
    let hint = error.hint();
    Failure::new(error.to_string()).hint(hint)
}

/// The port of epmd, where `ERL_EPMD_PORT` says one, as for every Erlang program.
fn epmd_port() -> Result<Option<u16>, Failure> {
    match std::env::var("ERL_EPMD_PORT") {
        Err(_) => Ok(None),
        Ok(text) => {
            text.parse().map(Some).map_err(|_| Failure::new(format!("ERL_EPMD_PORT is no port: {text}")))
        }
    }
}
