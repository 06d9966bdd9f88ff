//! Peers that no machine has any more, or that are no nodes at all: what we say about them, and that nothing is sent to them
//! that they would have to answer for.

use std::net::SocketAddr;
use std::time::Duration;

use expect_test::{Expect, expect};
use pluto_dist::{
    ConnectError, Cookie, CookieSource, EndpointOptions, FrameLimits, Lost, NameChoice, Options,
    ProtocolError, Target, connect,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PATIENCE: Duration = Duration::from_secs(60);

fn options() -> Options {
    let cookie = Cookie::new(b"secret".to_vec(), CookieSource::Environment).expect("a cookie");
    Options { timeout: PATIENCE, adopt_net_ticktime: false, ..Options::new(cookie) }
}

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { tokio::time::timeout(PATIENCE * 2, work).await.expect("the test ends in time") })
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

fn direct(address: SocketAddr) -> Target {
    address.to_string().parse().expect("a target")
}

fn packet(parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&u16::try_from(body.len()).expect("short").to_be_bytes()[..], &body].concat()
}

async fn read_packet(stream: &mut TcpStream) -> Vec<u8> {
    let mut body = vec![0; usize::from(stream.read_u16().await.expect("a length"))];
    stream.read_exact(&mut body).await.expect("a packet");
    body
}

fn challenge(flags: u64) -> Vec<u8> {
    packet(&[b"N", &flags.to_be_bytes(), &[1, 2, 3, 4], &[0, 0, 0, 9], &[0, 6], b"old@vm"])
}

fn named() -> Vec<u8> {
    packet(&[b"snamed:", &[0, 6], b"XY@our", &[0, 0, 0, 5]])
}

fn check(error: &ConnectError, address: SocketAddr, expected: &Expect) {
    let text = format!("{error}\n{}\n", error.hint());
    expected.assert_eq(&text.replace(&address.port().to_string(), "PORT"));
}

/// The error when whoever listens answers our name with `answer`, and what else we sent it.
async fn answered_with(answer: Vec<u8>) -> (ConnectError, SocketAddr, Vec<u8>) {
    let (listener, address) = listen().await;
    let peer = async {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let name = read_packet(&mut stream).await;
        assert_eq!(name[0], b'N');
        stream.write_all(&answer).await.expect("written");
        let mut rest = Vec::new();
        // A reset is an end as well.
        drop(stream.read_to_end(&mut rest).await);
        rest
    };
    let (target, options) = (direct(address), options());
    let (result, rest) = tokio::join!(connect(&target, &options), peer);
    (result.expect_err("no connection"), address, rest)
}

#[test]
fn an_otp_before_25_is_told_from_its_flags_and_not_answered() {
    // OTP 24's flags: those of OTP 25 less the digest of mandatory flags.
    let answer = [named(), challenge(0xd_03df_7fbd)].concat();
    let (error, address, rest) = run(answered_with(answer));
    check(
        &error,
        address,
        &expect![[r#"
            the node runs an OTP before 25, the oldest supported
            Use the node's own tools, or upgrade it.
        "#]],
    );
    assert!(rest.is_empty(), "the challenge must not be answered");
}

#[test]
fn a_peer_without_a_flag_we_need() {
    let answer = [named(), challenge(0xd_07df_7fbd & !0x2000 & !0x40_0000)].concat();
    let (error, address, rest) = run(answered_with(answer));
    check(
        &error,
        address,
        &expect![[r#"
            the node lacks what every OTP from 25 on has: DIST_HDR_ATOM_CACHE|EXIT_PAYLOAD
            Use the node's own tools, or upgrade it.
        "#]],
    );
    assert!(rest.is_empty());
}

#[test]
fn an_otp_before_23_is_told_from_epmd() {
    run(async {
        let (listener, address) = listen().await;
        let epmd = async {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            assert_eq!(read_packet(&mut stream).await, b"zold");
            let reply = [&[119, 0, 0x11, 0x12, 77, 0, 0, 5, 0, 5, 0, 3][..], b"old", &[0, 0]].concat();
            stream.write_all(&reply).await.expect("written");
        };
        let options = Options { epmd_port: Some(address.port()), ..options() };
        let target = "old@127.0.0.1".parse().expect("a target");
        let (result, ()) = tokio::join!(connect(&target, &options), epmd);
        check(
            &result.expect_err("no connection"),
            address,
            &expect![[r#"
                the node old runs an OTP before 23; 25 is the oldest supported
                Use the node's own tools, or upgrade it.
            "#]],
        );
    });
}

#[test]
fn answers_that_are_no_handshake() {
    let cases = [
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
            expect![[r#"
            the node sent a packet of 18516 bytes that begins with 84, which is no part of a handshake, while waiting for the node to accept our name
            Is this the port of an Erlang node? With TLS distribution, give the --tls options.
        "#]],
        ),
        (
            packet(&[b"sno such status"]),
            expect![[r#"
            the node answered our name with the unknown status "no such status"
            Is this really the node you mean?
        "#]],
        ),
        (
            packet(&[b"snamed:", &[9, 9]]),
            expect![[r#"
            the node sent a packet of 9 bytes that begins with 115, which is no part of a handshake, while waiting for the node to accept our name
            Is this the port of an Erlang node? With TLS distribution, give the --tls options.
        "#]],
        ),
        (
            packet(&[]),
            expect![[r#"
            the node sent a packet of 0 bytes, which is no part of a handshake, while waiting for the node to accept our name
            Is this the port of an Erlang node? With TLS distribution, give the --tls options.
        "#]],
        ),
        (
            [named(), packet(&[b"n rubbish"])].concat(),
            expect![[r#"
            the node sent a packet of 9 bytes that begins with 110, which is no part of a handshake, while waiting for the node's challenge
            Is this the port of an Erlang node? With TLS distribution, give the --tls options.
        "#]],
        ),
        (
            packet(&[b"snot_allowed"]),
            expect![[r#"
                the node does not allow us to connect
                The node limits who may connect with net_kernel:allow/1: this host must be on its list.
            "#]],
        ),
    ];
    for (answer, expected) in cases {
        let (error, address, rest) = run(answered_with(answer));
        check(&error, address, &expected);
        assert!(rest.is_empty());
    }
}

#[test]
fn an_epmd_that_is_none() {
    run(async {
        for (answer, expected) in [
            (
                &b"SSH-2.0-x\r\n"[..],
                expect![[r#"
            what answers on 127.0.0.1 port PORT is not epmd: reply begins with 83, not 119
            If epmd listens on another port, set ERL_EPMD_PORT.
        "#]],
            ),
            (
                &b"w"[..],
                expect![[r#"
            what answers on 127.0.0.1 port PORT is not epmd: reply cut short after 1 bytes
            If epmd listens on another port, set ERL_EPMD_PORT.
        "#]],
            ),
        ] {
            let (listener, address) = listen().await;
            let epmd = async {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                read_packet(&mut stream).await;
                stream.write_all(answer).await.expect("written");
            };
            let options = Options { epmd_port: Some(address.port()), ..options() };
            let target = "old@127.0.0.1".parse().expect("a target");
            let (result, ()) = tokio::join!(connect(&target, &options), epmd);
            check(&result.expect_err("no connection"), address, &expected);
        }
    });
}

#[test]
fn silence_at_each_step() {
    for (answers, expected) in [
        (
            vec![],
            expect![[r#"
            no answer in time while waiting for the node to accept our name
            Is the node overloaded, suspended, or behind a slow network? A node with TLS distribution needs the --tls options.
        "#]],
        ),
        (
            named(),
            expect![[r#"
            no answer in time while waiting for the node's challenge
            Is the node overloaded, suspended, or behind a slow network? A node with TLS distribution needs the --tls options.
        "#]],
        ),
        (
            [named(), challenge(0xd_07df_7fbd)].concat(),
            expect![[r#"
            no answer in time while waiting for the node's answer to our challenge
            Is the node overloaded, suspended, or behind a slow network? A node with TLS distribution needs the --tls options.
        "#]],
        ),
    ] {
        run(async {
            let (listener, address) = listen().await;
            let peer = async {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                stream.write_all(&answers).await.expect("written");
                // Reads to the end, which comes when the other side gives up.
                drop(stream.read_to_end(&mut Vec::new()).await);
            };
            let options = Options { timeout: Duration::from_millis(300), ..options() };
            let target = direct(address);
            let (result, ()) = tokio::join!(connect(&target, &options), peer);
            check(&result.expect_err("no connection"), address, &expected);
        });
    }
}

/// Completes the handshake as a node would, then sends `bytes`.
async fn connected_then(bytes: Vec<u8>, endpoint: EndpointOptions) -> Lost {
    use md5::{Digest as _, Md5};
    let (listener, address) = listen().await;
    let peer = async {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        read_packet(&mut stream).await;
        stream.write_all(&[packet(&[b"sok"]), challenge(0xd_07df_7fbd)].concat()).await.expect("written");
        let reply = read_packet(&mut stream).await;
        let ours = u32::from_be_bytes(reply[1..5].try_into().expect("four bytes"));
        let proof = Md5::digest(format!("secret{ours}"));
        stream.write_all(&packet(&[b"a", &proof])).await.expect("written");
        // The other side may give up before it has read everything.
        drop(stream.write_all(&bytes).await);
        drop(stream.read_to_end(&mut Vec::new()).await);
    };
    let options = Options { endpoint, name: NameChoice::Fixed("we@our".to_owned()), ..options() };
    let target = direct(address);
    let client = async {
        let connection = connect(&target, &options).await.expect("connected");
        let (_pid, mut mailbox) = match connection.mailbox(pluto_dist::MailboxLimits::default()).await {
            Ok(opened) => opened,
            Err(lost) => return lost,
        };
        match mailbox.recv().await {
            Some(pluto_dist::Delivery::ConnectionLost(lost)) => lost,
            other => panic!("{other:?}"),
        }
    };
    let (lost, ()) = tokio::join!(client, peer);
    lost
}

#[test]
fn a_frame_beyond_the_limit_is_refused_by_its_length() {
    let frames = FrameLimits { message_bytes: 1_000, ..FrameLimits::default() };
    let endpoint = EndpointOptions { frames, ..EndpointOptions::default() };
    let lost = run(connected_then(u32::MAX.to_be_bytes().to_vec(), endpoint));
    assert_eq!(lost, Lost::Protocol(ProtocolError::FrameTooLong { length: 0xffff_ffff, limit: 1_000 }));
    expect!["the node sent a message of 4294967295 bytes, more than the limit of 1000"]
        .assert_eq(&lost.to_string());
}

#[test]
fn garbage_after_the_handshake() {
    for (bytes, expected) in [
        (&b"\0\0\0\x03abc"[..], expect!["the node sent a frame with the unknown byte 97 in its head"]),
        (&[0, 0, 0, 3, 131, 68, 1], expect!["the node sent a malformed distribution header"]),
        (
            &[0, 0, 0, 7, 131, 68, 0, 104, 1, 97, 1],
            expect!["the node sent a control message of the wrong shape, operation 1"],
        ),
        (
            &[0, 0, 0, 5, 131, 68, 0, 255, 1],
            expect!["the node sent a malformed control message: unknown tag 255 at byte 0"],
        ),
        (
            &[0, 0, 0, 18, 131, 70, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1],
            expect!["the node sent fragment 1 of sequence 1 out of order"],
        ),
    ] {
        let lost = run(connected_then(bytes.to_vec(), EndpointOptions::default()));
        expected.assert_eq(&lost.to_string());
    }
}
