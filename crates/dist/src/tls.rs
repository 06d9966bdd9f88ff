//! TLS distribution: the same protocol inside a TLS session, for nodes started with `-proto_dist inet_tls`.
//!
//! The node's certificate is checked against the authorities the user names, never against the system's: clusters have
//! their own. By default the certificate must also be valid for the host the user wrote, as for web servers. Many clusters
//! issue certificates without host names; [`TlsVerification::Chain`] accepts those from the named authorities.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// What of the node's certificate is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsVerification {
    /// It comes from one of the authorities, is in date, and names the host.
    #[default]
    ChainAndHost,
    /// It comes from one of the authorities and is in date, whatever host it names.
    Chain,
    /// Nothing: anybody in between can pose as the node and learn everything, though not the cookie.
    Nothing,
}

/// A certificate of ours with its key, for nodes that ask for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientIdentity {
    /// PEM file with our certificate, then those that lead to the authority.
    pub certificate: PathBuf,
    /// PEM file with the private key.
    pub key: PathBuf,
}

/// How to speak TLS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsOptions {
    /// PEM file with the certificates of the authorities. Needed unless nothing is verified.
    pub authorities: Option<PathBuf>,
    /// Our certificate.
    pub identity: Option<ClientIdentity>,
    /// What is checked.
    pub verification: TlsVerification,
    /// The name that the certificate must be valid for, where it is not the host as the user wrote it.
    pub server_name: Option<String>,
}

/// Why TLS failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// No authorities were named.
    #[error("no certificate authority to check the node's certificate against")]
    NoAuthorities,
    /// A file cannot be read.
    #[error("cannot read {what} from {}: {source}", path.display())]
    Unreadable {
        /// What should be in it.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: io::Error,
    },
    /// A file has nothing of what should be in it.
    #[error("there is no {what} in {}", path.display())]
    Missing {
        /// What should be in it.
        what: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The certificates or the key cannot be used.
    #[error("the certificates or the key cannot be used: {0}")]
    Unusable(String),
    /// The host is no name that a certificate can hold.
    #[error("{name:?} is not a name that a certificate can be checked for")]
    Name {
        /// The host.
        name: String,
    },
    /// The node's certificate did not pass.
    #[error("the node's certificate is refused: {0}")]
    Certificate(CertificateError),
    /// The node refused the session, mostly because of our certificate.
    #[error("the node refused the TLS session: {alert}")]
    Refused {
        /// The alert it sent.
        alert: String,
    },
    /// What answers does not speak TLS, or none that we speak.
    #[error("no TLS session: {0}")]
    Protocol(Error),
    /// The connection ended while TLS was being agreed on.
    #[error("the node closed the connection while agreeing on TLS: {0}")]
    Closed(io::Error),
}

impl TlsError {
    /// What the user may do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoAuthorities => {
                "Name the file with the cluster's CA certificate, or say explicitly that nothing is to be verified."
            }
            Self::Unreadable { .. } | Self::Missing { .. } | Self::Unusable(_) => {
                "The files must be PEM files."
            }
            Self::Name { .. } => {
                "Name the host that the certificate was issued for, or verify the chain only."
            }
            Self::Certificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            ) => {
                "Spell the node with a host the certificate was issued for, or verify the chain only if the cluster's certificates name no hosts."
            }
            Self::Certificate(_) => "Is the CA file the one of this cluster, and the certificate in date?",
            Self::Refused { .. } => "The node may demand a client certificate from its own authority.",
            Self::Protocol(_) | Self::Closed(_) => {
                "Was the node started with -proto_dist inet_tls? If not, leave the TLS options out."
            }
        }
    }

    /// What a failure of the stream says about TLS; `None` when it is not TLS's.
    pub(crate) fn from_io(error: &io::Error) -> Option<Self> {
        let error = error.get_ref()?.downcast_ref::<Error>()?;
        Some(match error {
            Error::InvalidCertificate(reason) => Self::Certificate(reason.clone()),
            Error::AlertReceived(alert) => Self::Refused { alert: format!("{alert:?}") },
            other => Self::Protocol(other.clone()),
        })
    }
}

/// The client side of TLS as `options` say.
pub(crate) fn client_config(options: &TlsOptions) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let unusable = |error: Error| TlsError::Unusable(error.to_string());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let verifier = verifier(options, provider)?;
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    let Some(identity) = &options.identity else { return Ok(builder.with_no_client_auth()) };
    let chain = certificates(&identity.certificate)?;
    let key =
        PrivateKeyDer::from_pem_file(&identity.key).map_err(|error| pem(error, "key", &identity.key))?;
    builder.with_client_auth_cert(chain, key).map_err(unusable)
}

/// The name to ask for and to check.
pub(crate) fn server_name(name: &str) -> Result<ServerName<'static>, TlsError> {
    ServerName::try_from(name.to_owned()).map_err(|_| TlsError::Name { name: name.to_owned() })
}

fn verifier(
    options: &TlsOptions,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
    if options.verification == TlsVerification::Nothing {
        return Ok(Arc::new(NoVerifier { provider }));
    }
    let path = options.authorities.as_ref().ok_or(TlsError::NoAuthorities)?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| TlsError::Unusable(error.to_string()))?;
    }
    let full = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| TlsError::Unusable(error.to_string()))?;
    Ok(match options.verification {
        TlsVerification::Chain => Arc::new(ChainVerifier { full }),
        TlsVerification::ChainAndHost | TlsVerification::Nothing => full,
    })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    const WHAT: &str = "certificate";
    let read = CertificateDer::pem_file_iter(path).map_err(|error| pem(error, WHAT, path))?;
    let found: Result<Vec<_>, _> = read.collect();
    let found = found.map_err(|error| pem(error, WHAT, path))?;
    if found.is_empty() {
        return Err(TlsError::Missing { what: WHAT, path: path.to_owned() });
    }
    Ok(found)
}

fn pem(error: rustls::pki_types::pem::Error, what: &'static str, path: &Path) -> TlsError {
    let path = path.to_owned();
    match error {
        rustls::pki_types::pem::Error::Io(source) => TlsError::Unreadable { what, path, source },
        rustls::pki_types::pem::Error::NoItemsFound => TlsError::Missing { what, path },
        other => TlsError::Unreadable { what, path, source: io::Error::other(other.to_string()) },
    }
}

/// Everything of the usual verification but the host.
#[derive(Debug)]
struct ChainVerifier {
    full: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for ChainVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        // The host is checked last, so a failure there means that the rest has passed.
        match self.full.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.full.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.full.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.full.supported_verify_schemes()
    }
}

/// Takes any certificate whose owner has its key.
#[derive(Debug)]
struct NoVerifier {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for NoVerifier {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let schemes = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, schemes)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let schemes = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, schemes)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
