//! Nodes of every release start, answer, tell their failures, and are gone when dropped.

use pluto_testnode::{Node, NodeOptions, releases};

#[test]
fn every_release_answers() {
    for release in releases() {
        let mut node = Node::start(&release);
        assert_eq!(node.eval("list_to_integer(erlang:system_info(otp_release))."), release.otp().to_string());
        assert_eq!(node.eval("{\"é\", node()}."), format!("{{\"é\",{}}}", quoted(node.name())));
        assert_eq!(node.eval_bytes("<<1, 0, 255>>."), [1, 0, 255]);
        assert!(node.try_eval("error(no).").unwrap_err().starts_with("{error,no,"));
        assert!(node.port() > 1023);
    }
}

#[test]
fn modules_are_compiled_on_the_node() {
    let mut node = Node::start(&releases()[0]);
    node.load_module("-module(twice).\n-export([pair/1]).\npair(X) -> {X, X}.\n");
    assert_eq!(node.eval("twice:pair(2)."), "{2,2}");
}

#[test]
fn output_is_kept_and_long_names_work() {
    let mut node =
        Node::start_with(&releases()[0], NodeOptions { long_names: true, ..NodeOptions::default() });
    assert!(node.name().ends_with("@127.0.0.1"));
    node.eval("io:format(\"one line~n\").");
    assert!(node.log().contains("one line\n"));
}

fn quoted(name: &str) -> String {
    if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'@') {
        name.to_owned()
    } else {
        format!("'{name}'")
    }
}
