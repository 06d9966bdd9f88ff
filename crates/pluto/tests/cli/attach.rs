//! Finding a node and attaching to it, and what is said where that cannot be done.

use crate::support::{
    Epmd, Ran, Running, command, command_on, each_release, field, free_port, json_lines, nodes_that_reverse,
    run, run_on, stable, text,
};
use expect_test::expect;
use pluto_testnode::{Node, system_release};
use std::io::{Read, Write};
use std::net::TcpListener;

#[test]
fn ping_says_what_a_node_is() {
    each_release(|release| {
        let node = Node::start(release);
        let ran = run_on(&node, &["ping", node.name()]);
        assert!(ran.stdout.contains(&format!(": OTP {} (ERTS ", release.otp())), "{}", ran.whole());
        expect![[r#"
            status 0
            --- stdout
            NODE: OTP N (ERTS VERSION), N processes, N schedulers, N us away
            --- stderr
        "#]]
        .assert_eq(&stable(&ran.whole(), &node));
        let json: serde_json::Value =
            serde_json::from_str(&run_on(&node, &["ping", node.name(), "--format", "json"]).ok()).unwrap();
        assert_eq!(json["node"], node.name());
        assert_eq!(json["otp"], release.otp().to_string());
        let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        expect![
            "attached_as clock_error_ns clock_offset_ns creation erts node otp processes round_trip_us schedulers"
        ]
        .assert_eq(&keys.join(" "));
    });
}

#[test]
fn several_nodes_are_asked_in_turn() {
    let nodes = nodes_that_reverse();
    let all = [nodes[0].name(), "nobody_has_this_name", nodes[1].name()].join(",");
    let both = [nodes[0].name(), nodes[1].name()].join(",");
    let ran = run_on(&nodes[0], &["ping", &all]);
    let names: Vec<&str> =
        ran.stdout.lines().filter_map(|line| line.split_once(": OTP ")).map(|(n, _)| n).collect();
    assert_eq!((ran.status, names), (2, vec![nodes[0].name(), nodes[1].name()]), "{}", ran.whole());
    assert!(ran.stderr.contains("nobody_has_this_name"), "{}", ran.whole());
    let listed = run_on(&nodes[0], &["list", &both, "--format", "json"]).ok();
    let listed: Vec<String> = json_lines(&listed).iter().map(|node| field(node, "node").to_owned()).collect();
    assert_eq!(listed, [nodes[0].name(), nodes[1].name()]);
}

#[test]
fn nodes_lists_what_epmd_knows() {
    let epmd = Epmd::start();
    let with_port = |arguments: &[&str]| -> Ran {
        command(arguments).env("ERL_EPMD_PORT", epmd.port.to_string()).output().unwrap().into()
    };
    expect![[r#"
        status 0
        --- stdout
        --- stderr
        no node is registered with the epmd of this host
    "#]]
    .assert_eq(&with_port(&["nodes"]).whole());
    let (mut beta, mut alpha) = (epmd.node("beta_node"), epmd.node("alpha"));
    let (a, b) = (alpha.port(), beta.port());
    assert_eq!(with_port(&["nodes"]).ok(), format!("alpha      port {a}\nbeta_node  port {b}\n"));
    let json: serde_json::Value =
        serde_json::from_str(&with_port(&["nodes", "--format", "json"]).ok()).unwrap();
    let expected = serde_json::json!({
        "host": "localhost", "nodes": [{"name": "alpha", "port": a}, {"name": "beta_node", "port": b}],
    });
    assert_eq!(json, expected);

    // Without a name to ask for, the port is enough.
    let by_port = command_on(&alpha, &["ping", &format!("localhost:{a}")]).output().unwrap();
    assert!(Ran::from(by_port).ok().starts_with(&format!("{}: OTP ", alpha.name())));

    let missing =
        command_on(&alpha, &["ping", "gamma"]).env("ERL_EPMD_PORT", epmd.port.to_string()).output().unwrap();
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: there is no node gamma on localhost
        hint: Nodes there: alpha, beta_node.
    "#]]
    .assert_eq(&Ran::from(missing).whole());
}

/// What `pluto nodes` says of a server that answers so.
fn nodes_of(host: &str, answer: &'static [u8]) -> String {
    let listener = TcpListener::bind((host, 0)).unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // What is not read would make the system take the answer back.
        stream.read_exact(&mut [0; 3]).unwrap();
        stream.write_all(answer).unwrap();
    });
    let ran: Ran = command(&["nodes", host]).env("ERL_EPMD_PORT", &port).output().unwrap().into();
    server.join().unwrap();
    ran.whole().replace(&port, "PORT")
}

#[test]
fn what_answers_and_is_not_epmd_is_said() {
    let answers: [&[u8]; 5] = [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        &[0; 100],
        b"\0\0\x11\x11name shop at port 4370\nname nonsense\n",
        b"\0\0\x11\x11name shop at port 43",
        b"\0\0\x11\x11",
    ];
    let said: Vec<String> = answers.into_iter().map(|answer| nodes_of("127.0.0.1", answer)).collect();
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: what answers on 127.0.0.1 port PORT is not epmd: reply begins with 1213486160, which is no port
        hint: If epmd listens on another port, set ERL_EPMD_PORT.
        status 2
        --- stdout
        --- stderr
        pluto: what answers on 127.0.0.1 port PORT is not epmd: reply begins with 0, which is no port
        hint: If epmd listens on another port, set ERL_EPMD_PORT.
        status 2
        --- stdout
        --- stderr
        pluto: what answers on 127.0.0.1 port PORT is not epmd: line 2 of the reply does not read as `name NAME at port PORT`
        hint: If epmd listens on another port, set ERL_EPMD_PORT.
        status 2
        --- stdout
        --- stderr
        pluto: what answers on 127.0.0.1 port PORT is not epmd: reply cut short after 24 bytes
        hint: If epmd listens on another port, set ERL_EPMD_PORT.
        status 0
        --- stdout
        --- stderr
        no node is registered with the epmd of 127.0.0.1
    "#]].assert_eq(&said.concat());
}

#[test]
fn a_wrong_cookie_is_refused_once_and_never_shown() {
    let mut node = Node::start(&system_release());
    let ran: Ran =
        command(&["ping", node.name()]).env("PLUTO_COOKIE", "wrong_and_secret").output().unwrap().into();
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: the node refused the cookie
        hint: Give the cookie the node was started with: --cookie-file FILE, PLUTO_COOKIE or ~/.erlang.cookie. The node has logged one error report about this attempt.
    "#]].assert_eq(&ran.whole());
    // The node logs from another process; the second refusal, which this test makes itself, comes after the first.
    let marker = "test_has_looked";
    node.eval(&format!("logger:error(\"{marker}\"), ok."));
    let deadline = std::time::Instant::now() + crate::support::HANGS;
    while !node.log().contains(marker) {
        assert!(std::time::Instant::now() < deadline, "{}", node.log());
        std::thread::yield_now();
    }
    assert_eq!(node.log().matches("Connection attempt from").count(), 1, "{}", node.log());
}

#[test]
fn the_cookie_is_in_no_argument_and_no_output() {
    let node = Node::start(&system_release());
    let mut running = Running::armed(&node, &["trace", node.name(), "lists:reverse/1"]);
    let id = running.id();
    let arguments = std::fs::read(format!("/proc/{id}/cmdline")).unwrap();
    assert!(String::from_utf8_lossy(&arguments).contains("lists:reverse/1"));
    assert!(!String::from_utf8_lossy(&arguments).contains(node.cookie()));
    running.says("armed");
    running.signal("INT");
    let ran = running.wait();
    assert!(!ran.whole().contains(node.cookie()), "{}", ran.whole());

    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cookie");
    std::fs::write(&file, node.cookie()).unwrap();
    let arguments = ["ping", node.name(), "--cookie-file", text(&file)];
    let ran = run(&arguments);
    assert!(!ran.whole().contains(node.cookie()), "{}", ran.whole());
    ran.ok();
}

#[test]
fn what_cannot_be_reached_is_said_in_a_sentence_with_a_hint() {
    let home = tempfile::tempdir().unwrap();
    let homeless = |arguments: &[&str]| -> String {
        let ran: Ran = command(arguments).env("HOME", home.path()).output().unwrap().into();
        ran.whole().replace(text(home.path()), "HOME")
    };
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: no cookie: no --cookie-file, no PLUTO_COOKIE, and HOME/.erlang.cookie does not exist
        hint: Give the node's cookie with --cookie-file FILE or in PLUTO_COOKIE.
    "#]]
    .assert_eq(&homeless(&["ping", "shop"]));
    let missing = home.path().join("missing");
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: cannot read the cookie file HOME/missing: No such file or directory (os error 2)
        hint: The file must hold the cookie and nothing else.
    "#]]
    .assert_eq(&homeless(&["ping", "shop", "--cookie-file", text(&missing)]));
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: shop@host@host: "host@host" is not a host
        hint: a node is name@host, name (on this host), name@host:port, or host:port without epmd
    "#]]
    .assert_eq(&homeless(&["ping", "shop@host@host"]));

    let port = free_port().to_string();
    let no_epmd: Ran = command(&["ping", "shop"])
        .env("ERL_EPMD_PORT", &port)
        .env("PLUTO_COOKIE", "any")
        .output()
        .unwrap()
        .into();
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: no epmd answers on localhost port PORT: Connection refused (os error 111)
        hint: Is the node running there, and started with -sname or -name? A node without epmd is reached by its port: name@host:PORT.
    "#]].assert_eq(&no_epmd.whole().replace(&port, "PORT"));
    let address = format!("localhost:{port}");
    let closed: Ran = command(&["ping", &address]).env("PLUTO_COOKIE", "any").output().unwrap().into();
    expect![[r#"
        status 2
        --- stdout
        --- stderr
        pluto: the node's port 127.0.0.1:PORT does not answer: Connection refused (os error 111)
        hint: The node may just have stopped, or a firewall is between it and us.
    "#]]
    .assert_eq(&closed.whole().replace(&port, "PORT"));
}
