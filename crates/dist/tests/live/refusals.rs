//! Connections that fail: one sentence and one hint each, and at most one report on the node.

use std::net::SocketAddr;

use expect_test::{Expect, expect};
use pluto_dist::{ConnectError, NameChoice, Options, Target, connect, names};
use pluto_testnode::{Node, NodeOptions, releases, system_release};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{cookie, options, run, target};

/// The sentence and the hint, with what differs from run to run taken out.
fn explain(error: &ConnectError, varying: &[(&str, &str)]) -> String {
    varying.iter().fold(format!("{error}\n{}\n", error.hint()), |text, (from, to)| text.replace(from, to))
}

async fn failure(target: &Target, options: &Options) -> ConnectError {
    connect(target, options).await.expect_err("no connection")
}

#[test]
fn a_wrong_cookie_leaves_one_report() {
    for release in releases() {
        let mut node = Node::start(&release);
        let wrong = Options { cookie: cookie("not_the_cookie"), ..options(&node) };
        let error = run(failure(&target(&node), &wrong));
        expect![[r#"
            the node refused the cookie
            Give the cookie the node was started with: --cookie-file FILE, PLUTO_COOKIE or ~/.erlang.cookie. The node has logged one error report about this attempt.
        "#]]
        .assert_eq(&explain(&error, &[]));
        let reported = "Invalid challenge reply";
        while !node.log().contains(reported) {
            // The report is on its way through the node's logger; each evaluation gives it a turn.
            node.eval("logger:get_primary_config().");
        }
        node.eval("[logger_std_h:filesync(H) || H <- logger:get_handler_ids(), H =:= default].");
        assert_eq!(node.log().matches(reported).count(), 1, "{}", node.log());
        assert_eq!(node.log().matches("ERROR REPORT").count(), 1, "{}", node.log());
        assert!(!node.log().contains("not_the_cookie"));
    }
}

#[test]
fn a_node_that_allows_only_others() {
    for release in releases() {
        let mut node = Node::start(&release);
        node.eval("net_kernel:allow(['friend@elsewhere']).");
        let error = run(failure(&target(&node), &options(&node)));
        expect![[r#"
            the node does not allow us to connect
            The node limits who may connect with net_kernel:allow/1: this host must be on its list.
        "#]]
        .assert_eq(&explain(&error, &[]));
    }
}

#[test]
fn a_fixed_name_works_and_clashes() {
    for release in releases() {
        let node = Node::start(&release);
        let (_, host) = node.name().split_once('@').expect("a full name");
        let name = format!("pluto_fixed@{host}");
        let fixed = Options { name: NameChoice::Fixed(name.clone()), ..options(&node) };
        run(async {
            let connection = connect(&target(&node), &fixed).await.expect("connected");
            assert_eq!(connection.peer().our_name.as_str(), name);
            let error = failure(&target(&node), &fixed).await;
            expect![[r#"
                the node already has a connection under our name
                Wait until the other connection has ended, or choose another name.
            "#]]
            .assert_eq(&explain(&error, &[]));
            assert!(connection.lost().is_none());
        });
    }
}

#[test]
fn short_and_long_names() {
    for release in releases() {
        let node = Node::start_with(&release, NodeOptions { long_names: true, ..NodeOptions::default() });
        run(async {
            let connection = connect(&target(&node), &options(&node)).await.expect("connected");
            assert_eq!(connection.peer().name.as_str(), node.name());
        });
        let (name, _) = node.name().split_once('@').expect("a full name");
        let host = short_host();
        let error = run(failure(&format!("{name}@{host}").parse().expect("a target"), &options(&node)));
        let varying = [(name, "NAME"), (host.as_str(), "HOST")];
        expect![[r#"
            HOST is a short host name, but the node has a long name: NAME@127.0.0.1
            Use its full name: NAME@127.0.0.1.
        "#]]
        .assert_eq(&explain(&error, &varying));
    }
}

/// The host part of a node with a short name on this machine.
fn short_host() -> String {
    let node = Node::start(&system_release());
    node.name().split_once('@').expect("a full name").1.to_owned()
}

#[test]
fn names_and_ports() {
    let mut node = Node::start(&system_release());
    let port = node.port();
    let (name, host) = node.name().split_once('@').expect("a full name");
    run(async {
        for spelling in [
            name.to_owned(),
            format!("127.0.0.1:{port}"),
            format!("{host}:{port}"),
            format!("{name}@localhost:{port}"),
            format!("{name}@127.0.0.1"),
        ] {
            let target = spelling.parse().expect("a target");
            let connection =
                connect(&target, &options(&node)).await.unwrap_or_else(|e| panic!("{spelling}: {e}"));
            assert_eq!(connection.peer().name.as_str(), node.name());
        }
        let registered = names(None, &pluto_dist::EpmdOptions::default()).await.expect("epmd answers");
        assert!(registered.iter().any(|found| found.name == name && found.port == port));
        let error =
            failure(&format!("other@127.0.0.1:{port}").parse().expect("a target"), &options(&node)).await;
        expect![[r#"
            asked for the node other, but NODE answers there
            Use its full name: NODE.
        "#]]
        .assert_eq(&explain(&error, &[(node.name(), "NODE")]));
    });
}

#[test]
fn a_node_on_ipv6_without_epmd() {
    let arguments = ["-proto_dist", "inet6_tcp"].map(str::to_owned).to_vec();
    let options6 = NodeOptions { long_names: false, arguments, ..NodeOptions::default() };
    let mut node = Node::start_with(&system_release(), options6);
    let port = node.port();
    run(async {
        let target = format!("[::1]:{port}").parse().expect("a target");
        let connection = connect(&target, &options(&node)).await.expect("connected");
        assert_eq!(connection.peer().name.as_str(), node.name());
    });
}

#[test]
fn nobody_there() {
    let node = Node::start(&system_release());
    run(async {
        let error =
            failure(&"pluto_no_such_node@localhost".parse().expect("a target"), &options(&node)).await;
        let ConnectError::NoSuchNode { known, .. } = &error else { panic!("{error:?}") };
        let (name, _) = node.name().split_once('@').expect("a full name");
        assert!(known.iter().any(|found| found.name == name));
        assert_eq!(error.to_string(), "there is no node pluto_no_such_node on localhost");
        assert!(error.hint().starts_with("Nodes there: ") && error.hint().contains(name));

        let free = free_port().await;
        let no_epmd = Options { epmd_port: Some(free), ..options(&node) };
        let error = failure(&"shop@127.0.0.1".parse().expect("a target"), &no_epmd).await;
        expect![[r#"
            no epmd answers on 127.0.0.1 port PORT: Connection refused (os error 111)
            Is the node running there, and started with -sname or -name? A node without epmd is reached by its port: name@host:PORT.
        "#]]
        .assert_eq(&explain(&error, &[(&free.to_string(), "PORT")]));
        let error = failure(&format!("127.0.0.1:{free}").parse().expect("a target"), &options(&node)).await;
        expect![[r#"
            the node's port 127.0.0.1:PORT does not answer: Connection refused (os error 111)
            The node may just have stopped, or a firewall is between it and us.
        "#]]
        .assert_eq(&explain(&error, &[(&free.to_string(), "PORT")]));
        let error = failure(&"shop@no-such-host.invalid".parse().expect("a target"), &options(&node)).await;
        assert!(matches!(error, ConnectError::Resolve { .. }), "{error:?}");
    });
}

/// A port that nothing listens on.
async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address").port()
}

/// Passes bytes to the node at `port` and back, and closes both sides once `cut` bytes came back.
async fn cut_after(port: u16, cut: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let (mut us, _) = listener.accept().await.expect("a connection");
        let mut node = TcpStream::connect(("127.0.0.1", port)).await.expect("the node listens");
        let (mut to_node, mut from_node) = ([0; 512], vec![0; cut]);
        let mut passed = 0;
        while passed < cut {
            tokio::select! {
                count = us.read(&mut to_node) => {
                    let count = count.expect("read");
                    node.write_all(&to_node[..count]).await.expect("written");
                }
                count = node.read(&mut from_node[passed..]) => {
                    let count = count.expect("read");
                    us.write_all(&from_node[passed..passed + count]).await.expect("written");
                    passed += count;
                }
            }
        }
        us.shutdown().await.expect("shut down");
    });
    address
}

#[test]
fn a_node_that_goes_away_in_the_middle() {
    let mut node = Node::start(&system_release());
    let port = node.port();
    let check = |cut: usize, expected: &Expect| {
        run(async {
            let address = cut_after(port, cut).await;
            let error = failure(&address.to_string().parse().expect("a target"), &options(&node)).await;
            expected.assert_eq(&explain(&error, &[]));
        });
    };
    let gone = expect![[r#"
        the node closed the connection while waiting for the node to accept our name
        The node may have stopped just now; a node with TLS distribution needs the --tls options.
    "#]];
    check(0, &gone);
    check(5, &gone);
    let gone = expect![[r#"
        the node closed the connection while waiting for the node's challenge
        The node may have stopped just now; a node with TLS distribution needs the --tls options.
    "#]];
    check(60, &gone);
}
