//! Connections that are encrypted, by TLS 1.2 or 1.3.

use std::io::{self, Read, Write};
use std::sync::{Arc, OnceLock};

use mio::net::TcpStream;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, Connection, RootCertStore, ServerConfig, ServerConnection};

use crate::outside::{Fault, Problem};

/// An encrypted connection.
pub(super) struct Secure {
    pub(super) stream: TcpStream,
    tls: Connection,
    /// How many of the bytes that were taken to be sent last are not known to have gone.
    taken: usize,
}

/// What a server shows of itself.
pub(super) type Identity = Arc<ServerConfig>;

/// The certificate of a server, with those that it was made by, and its key, both as PEM.
pub(super) fn identity(certificates: &str, key: &str) -> Result<Identity, Fault> {
    let chain: Result<Vec<CertificateDer<'static>>, _> =
        CertificateDer::pem_slice_iter(certificates.as_bytes()).collect();
    let chain = chain.map_err(|error| wrong("the certificate", &error))?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| wrong("the key", &error))?;
    let made = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key));
    Ok(Arc::new(made.map_err(|error| wrong("the certificate with the key", &error))?))
}

fn wrong(what: &str, why: &dyn std::fmt::Display) -> Fault {
    Fault::new(Problem::Other, format!("{what} cannot be used: {why}"))
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Who is trusted to say who a server is: whom this machine trusts.
fn trust() -> Result<Arc<ClientConfig>, Fault> {
    static TRUST: OnceLock<Result<Arc<ClientConfig>, Fault>> = OnceLock::new();
    let made = TRUST.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(Fault::new(Problem::NotFound, "this machine has no certificates that it trusts"));
        }
        let config = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let config = config.map_err(|error| wrong("TLS", &error))?;
        Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
    });
    made.clone()
}

impl Secure {
    /// The side that has connected, to a server of a name.
    pub(super) fn client(stream: TcpStream, name: &str) -> Result<Self, Fault> {
        let server = ServerName::try_from(name.to_owned());
        let server =
            server.map_err(|_| Fault::new(Problem::Other, format!("`{name}` is no name of a server")))?;
        let tls = ClientConnection::new(trust()?, server).map_err(|error| wrong("TLS", &error))?;
        Ok(Self { stream, tls: tls.into(), taken: 0 })
    }

    /// The side that was connected to.
    pub(super) fn server(stream: TcpStream, identity: Identity) -> Result<Self, Fault> {
        let tls = ServerConnection::new(identity).map_err(|error| wrong("TLS", &error))?;
        Ok(Self { stream, tls: tls.into(), taken: 0 })
    }

    /// Sends what is to be sent, and goes on until both sides know each other.
    fn go_on(&mut self) -> io::Result<()> {
        loop {
            while self.tls.wants_write() {
                self.tls.write_tls(&mut self.stream)?;
            }
            if !self.tls.is_handshaking() {
                return Ok(());
            }
            self.hear()?;
        }
    }

    /// Takes what has come.
    fn hear(&mut self) -> io::Result<()> {
        if self.tls.read_tls(&mut self.stream)? == 0 && self.tls.is_handshaking() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if let Err(error) = self.tls.process_new_packets() {
            // The other side is told why, where it still listens.
            let _unheard = self.tls.write_tls(&mut self.stream);
            return Err(io::Error::other(error.to_string()));
        }
        Ok(())
    }

    /// What comes; nothing where the other side has said that no more will.
    pub(super) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.go_on() {
                // What comes is read whether or not there is room for what is to go.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && !self.tls.is_handshaking() => (),
                done => done?,
            }
            match self.tls.reader().read(into) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.hear()?,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
                done => return done,
            }
        }
    }

    /// Sends some of the bytes, or goes on with those of them that it has taken before.
    pub(super) fn write(&mut self, bytes: &[u8], again: bool) -> io::Result<usize> {
        if !again || self.taken == 0 {
            self.go_on()?;
            self.taken = self.tls.writer().write(bytes)?;
        }
        self.go_on()?;
        Ok(std::mem::take(&mut self.taken))
    }

    /// Says that no more will come.
    pub(super) fn finish(&mut self) {
        self.tls.send_close_notify();
        // Who does not take it any more does not need it.
        let _unheard = self.go_on();
    }
}
