//! TLS distribution against nodes with certificates made for the test.

use std::path::{Path, PathBuf};

use expect_test::expect;
use pluto_dist::{
    ClientIdentity, ConnectError, MailboxLimits, Options, TlsOptions, TlsVerification, connect,
};
use pluto_term::Term;
use pluto_testnode::{Node, NodeOptions, Release, releases};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use crate::support::{call, evaluate, options, run, target, term};

/// Certificates of one cluster: an authority, the node's, ours, and an authority of somebody else.
struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    fn new() -> Self {
        let certificates = Self { folder: tempfile::tempdir().expect("a folder") };
        let authority = certificates.authority("ca");
        certificates.authority("other_ca");
        certificates.leaf("node", vec!["127.0.0.1".to_owned()], &authority);
        certificates.leaf("unnamed", vec![], &authority);
        certificates.leaf("client", vec![], &authority);
        certificates
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn authority(&self, name: &str) -> CertifiedIssuer<'static, KeyPair> {
        let mut params = CertificateParams::new(vec![]).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let issuer =
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("signed");
        std::fs::write(self.path(&format!("{name}.pem")), issuer.pem()).expect("written");
        issuer
    }

    fn leaf(&self, name: &str, hosts: Vec<String>, issuer: &CertifiedIssuer<'_, KeyPair>) {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(hosts).expect("parameters");
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.signed_by(&key, issuer).expect("signed");
        std::fs::write(self.path(&format!("{name}.pem")), certificate.pem()).expect("written");
        std::fs::write(self.path(&format!("{name}.key")), key.serialize_pem()).expect("written");
    }

    /// A node with this certificate that demands one of its peers.
    fn node(&self, release: &Release, certificate: &str) -> Node {
        let quoted = |path: &Path| format!("\"{}\"", path.display());
        let file = self.path(&format!("{certificate}.conf"));
        let settings = format!(
            "[{{server, [{{certfile, {}}}, {{keyfile, {}}}, {{cacertfile, {}}}, {{verify, verify_peer}}, {{fail_if_no_peer_cert, true}}]}}].\n",
            quoted(&self.path(&format!("{certificate}.pem"))),
            quoted(&self.path(&format!("{certificate}.key"))),
            quoted(&self.path("ca.pem")),
        );
        std::fs::write(&file, settings).expect("written");
        let file = file.display().to_string();
        let arguments = ["-proto_dist", "inet_tls", "-ssl_dist_optfile", &file].map(str::to_owned).to_vec();
        Node::start_with(release, NodeOptions { arguments, long_names: true, ..NodeOptions::default() })
    }

    fn tls(&self) -> TlsOptions {
        TlsOptions {
            authorities: Some(self.path("ca.pem")),
            identity: Some(ClientIdentity {
                certificate: self.path("client.pem"),
                key: self.path("client.key"),
            }),
            ..TlsOptions::default()
        }
    }
}

fn with(node: &Node, tls: TlsOptions) -> Options {
    Options { tls: Some(tls), ..options(node) }
}

async fn failure(node: &Node, tls: Option<TlsOptions>) -> String {
    let error: ConnectError =
        connect(&target(node), &Options { tls, ..options(node) }).await.expect_err("no connection");
    format!("{error}\n{}\n", error.hint())
}

#[test]
fn calls_and_large_messages_over_tls() {
    let certificates = Certificates::new();
    for release in releases() {
        let node = certificates.node(&release, "node");
        run(async {
            let connection = connect(&target(&node), &with(&node, certificates.tls()))
                .await
                .unwrap_or_else(|e| panic!("OTP {}: {e}\n{}", release.otp(), node.log()));
            assert_eq!(call(&connection, "erlang", "node", vec![]).await.as_atom(), Some(node.name()));
            let (me, mut mailbox) = connection.mailbox(MailboxLimits::default()).await.expect("a mailbox");
            let code = "spawn(fun() -> Me ! binary:copy(<<7>>, 5242880) end), ok.";
            evaluate(&connection, code, &[("Me", Term::Pid(me))]).await;
            match mailbox.recv().await {
                Some(pluto_dist::Delivery::Message(message)) => {
                    assert_eq!(term(&message).as_binary().map(<[u8]>::len), Some(5 << 20));
                }
                other => panic!("{other:?}"),
            }
            let echoed =
                call(&connection, "erlang", "hd", vec![Term::list([Term::binary(vec![1; 3 << 20])])]).await;
            assert_eq!(echoed.as_binary().map(<[u8]>::len), Some(3 << 20));
        });
    }
}

#[test]
fn verification_by_chain_and_host() {
    let certificates = Certificates::new();
    let node = certificates.node(&releases()[0], "unnamed");
    run(async {
        let strict = failure(&node, Some(certificates.tls())).await;
        assert!(strict.starts_with("the node's certificate is refused: "), "{strict}");
        assert!(
            strict.ends_with("or verify the chain only if the cluster's certificates name no hosts.\n"),
            "{strict}"
        );
        let chain = TlsOptions { verification: TlsVerification::Chain, ..certificates.tls() };
        connect(&target(&node), &with(&node, chain.clone())).await.expect("connected");
        let foreign = TlsOptions { authorities: Some(certificates.path("other_ca.pem")), ..chain };
        expect![[r#"
            the node's certificate is refused: UnknownIssuer
            Is the CA file the one of this cluster, and the certificate in date?
        "#]]
        .assert_eq(&failure(&node, Some(foreign.clone())).await);
        let nothing = TlsOptions { verification: TlsVerification::Nothing, authorities: None, ..foreign };
        connect(&target(&node), &with(&node, nothing)).await.expect("connected");
    });
}

#[test]
fn what_goes_wrong_with_tls() {
    let certificates = Certificates::new();
    let node = certificates.node(&releases()[0], "node");
    let plain = Node::start(&releases()[0]);
    run(async {
        let without = TlsOptions { identity: None, ..certificates.tls() };
        let refused = failure(&node, Some(without)).await;
        assert!(refused.starts_with("the node refused the TLS session: "), "{refused}");
        expect![[r#"
            no certificate authority to check the node's certificate against
            Name the file with the cluster's CA certificate, or say explicitly that nothing is to be verified.
        "#]]
        .assert_eq(&failure(&node, Some(TlsOptions::default())).await);
        let text = failure(&plain, Some(certificates.tls())).await;
        expect![[r#"
            the node closed the connection while agreeing on TLS: tls handshake eof
            Was the node started with -proto_dist inet_tls? If not, leave the TLS options out.
        "#]]
        .assert_eq(&text);
        // The node sends a TLS alert and closes; with our name unread the alert may be lost on the way.
        let text = failure(&node, None).await;
        assert!(
            text.starts_with("the node speaks TLS\n") || text.starts_with("the node closed the connection"),
            "{text}"
        );
        assert!(text.contains("--tls options."), "{text}");
    });
}
