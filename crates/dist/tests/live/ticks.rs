//! An idle connection lives on; a node that hangs is noticed.

use std::time::Duration;

use pluto_dist::{Delivery, Lost, MailboxLimits, connect};
use pluto_term::Term;
use pluto_testnode::{Node, NodeOptions, releases};

use crate::support::{call, options, run, target};

fn start(release: &pluto_testnode::Release) -> Node {
    let arguments = ["-kernel", "net_ticktime", "4"].map(str::to_owned).to_vec();
    Node::start_with(release, NodeOptions { arguments, ..NodeOptions::default() })
}

#[test]
fn an_idle_connection_outlives_the_tick_time() {
    let nodes: Vec<Node> = releases().iter().map(start).collect();
    run(async {
        let mut connections = Vec::new();
        for node in &nodes {
            connections.push(connect(&target(node), &options(node)).await.expect("connected"));
        }
        tokio::time::sleep(Duration::from_secs(11)).await;
        for (node, connection) in nodes.iter().zip(&connections) {
            let name = call(connection, "erlang", "node", vec![]).await;
            assert_eq!(name.as_atom(), Some(node.name()));
            let counters = connection.counters().await.expect("connected");
            assert!(counters.ticks_in > 0 && counters.ticks_out > 0, "{counters:?}");
        }
    });
}

#[test]
fn a_node_that_hangs_is_given_up() {
    for release in releases() {
        let node = start(&release);
        run(async {
            let connection = connect(&target(&node), &options(&node)).await.expect("connected");
            let (_me, mut mailbox) = connection.mailbox(MailboxLimits::default()).await.expect("a mailbox");
            let stopped = std::process::Command::new("kill")
                .args(["-STOP", &node.os_pid().to_string()])
                .status()
                .expect("kill runs");
            assert!(stopped.success());
            match mailbox.recv().await {
                Some(Delivery::ConnectionLost(Lost::Silent(silent))) => {
                    assert!(silent.silence >= Duration::from_secs(5));
                }
                other => panic!("{other:?}"),
            }
        });
    }
}

#[test]
fn the_tick_time_of_the_node_is_taken_over() {
    let node = start(&releases()[0]);
    run(async {
        let connection = connect(&target(&node), &options(&node)).await.expect("connected");
        let asked = call(&connection, "net_kernel", "get_net_ticktime", vec![]).await;
        assert_eq!(asked, Term::int(4));
    });
}
