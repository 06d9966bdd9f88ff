//! Links, monitors, exit signals and requests, in both directions.

use pluto_dist::{Connection, Delivery, Mailbox, MailboxLimits, SendError, SpawnOptions};
use pluto_term::{Pid, Term};

use crate::support::{call, evaluate, on_every_release, term};

async fn mailbox(connection: &Connection) -> (Pid, Mailbox) {
    connection.mailbox(MailboxLimits::default()).await.expect("a mailbox")
}

async fn process(connection: &Connection, code: &str, me: &Pid) -> Pid {
    match evaluate(connection, code, &[("Me", Term::Pid(me.clone()))]).await {
        Term::Pid(pid) => pid,
        other => panic!("{other:?}"),
    }
}

/// One line for what arrived.
async fn next(mailbox: &mut Mailbox) -> String {
    match mailbox.recv().await {
        Some(Delivery::Message(message)) => format!("message {}", show(&term(&message))),
        Some(Delivery::Down { process, reason, .. }) => {
            format!("down {} {}", show(&process), show(&term(&reason)))
        }
        Some(Delivery::Exit { reason, linked, .. }) => {
            format!("exit {} linked {linked}", show(&term(&reason)))
        }
        other => format!("{other:?}"),
    }
}

fn show(term: &Term) -> String {
    match term {
        Term::Atom(atom) => atom.as_str().to_owned(),
        Term::Pid(_) => "pid".to_owned(),
        Term::Reference(_) => "reference".to_owned(),
        Term::Tuple(parts) => format!("{{{}}}", parts.iter().map(show).collect::<Vec<_>>().join(", ")),
        other => format!("{other:?}"),
    }
}

#[test]
fn our_links_carry_exits_until_they_are_taken_back() {
    on_every_release(&async |_, connection| {
        let (me, mut mailbox) = mailbox(connection).await;
        let waits = "spawn(fun() -> receive Reason -> exit(Reason) end end).";
        let first = process(connection, waits, &me).await;
        let second = process(connection, waits, &me).await;
        connection.link(&me, &first).await.expect("linked");
        connection.link(&me, &second).await.expect("linked");
        connection.unlink(&me, &first).await.expect("unlinked");
        let links =
            evaluate(connection, "erlang:process_info(P, links).", &[("P", Term::Pid(second.clone()))]).await;
        assert_eq!(links, Term::tuple([Term::atom("links"), Term::list([Term::Pid(me.clone())])]));
        let links =
            evaluate(connection, "erlang:process_info(P, links).", &[("P", Term::Pid(first.clone()))]).await;
        assert_eq!(links, Term::tuple([Term::atom("links"), Term::list([])]));
        connection.send(&first, &Term::atom("unheard")).await.expect("sent");
        connection.send(&second, &Term::atom("heard")).await.expect("sent");
        assert_eq!(next(&mut mailbox).await, "exit heard linked true");
        connection.link(&me, &first).await.expect("linked");
        assert_eq!(next(&mut mailbox).await, "exit noproc linked true");
    });
}

#[test]
fn links_and_exit_signals_of_the_node() {
    on_every_release(&async |_, connection| {
        let (me, mut mailbox) = mailbox(connection).await;
        let code = "spawn(fun() -> link(Me), unlink(Me), link(Me), exit(first) end).";
        process(connection, code, &me).await;
        assert_eq!(next(&mut mailbox).await, "exit first linked true");
        process(connection, "spawn(fun() -> exit(Me, second) end).", &me).await;
        assert_eq!(next(&mut mailbox).await, "exit second linked false");
        let options = SpawnOptions { monitor: true, link: true };
        let arguments = vec![Term::atom("third")];
        connection.spawn_request(&me, "erlang", "exit", arguments, options).await.expect("spawned");
        let mut both = [next(&mut mailbox).await, next(&mut mailbox).await];
        both.sort();
        assert_eq!(both, ["down pid third", "exit third linked true"]);
        let code = "spawn(fun() -> process_flag(trap_exit, true), Me ! ready, receive {'EXIT', _, R} -> exit({trapped, R}) end end).";
        let trapper = process(connection, code, &me).await;
        assert_eq!(next(&mut mailbox).await, "message ready");
        connection.monitor(&me, &trapper).await.expect("monitored");
        connection.exit(&trapper, &Term::atom("fourth")).await.expect("sent");
        assert_eq!(next(&mut mailbox).await, "down pid {trapped, fourth}");
    });
}

#[test]
fn the_node_learns_that_a_mailbox_is_gone() {
    on_every_release(&async |_, connection| {
        let (observer, mut observed) = mailbox(connection).await;
        let (me, doomed) = mailbox(connection).await;
        let code = "Observer = Me2, spawn(fun() -> R = monitor(process, Me), Observer ! ready, \
            receive {'DOWN', R, process, Me, Reason} -> Observer ! {down, Reason} end, \
            R2 = monitor(process, Me), receive {'DOWN', R2, process, Me, Reason2} -> Observer ! {down, Reason2} end end).";
        evaluate(connection, code, &[("Me", Term::Pid(me.clone())), ("Me2", Term::Pid(observer.clone()))])
            .await;
        assert_eq!(next(&mut observed).await, "message ready");
        drop(doomed);
        assert_eq!(next(&mut observed).await, "message {down, normal}");
        assert_eq!(next(&mut observed).await, "message {down, noproc}");
        let name = Term::tuple([Term::atom("no_such_name"), Term::Atom(connection.peer().our_name.clone())]);
        let code = "R = monitor(process, Name), receive {'DOWN', R, process, _, Reason} -> Reason end.";
        assert_eq!(show(&evaluate(connection, code, &[("Name", name)]).await), "noproc");
    });
}

#[test]
fn monitors_by_name_and_taken_back() {
    on_every_release(&async |_, connection| {
        let (me, mut mailbox) = mailbox(connection).await;
        process(connection, "P = spawn(fun() -> receive stop -> ok end end), register(watched, P), P.", &me)
            .await;
        let taken_back = connection.monitor_name(&me, "watched").await.expect("monitored");
        connection.monitor_name(&me, "watched").await.expect("monitored");
        connection.demonitor(&taken_back).await.expect("demonitored");
        connection.send_name("watched", &Term::atom("stop")).await.expect("sent");
        assert_eq!(next(&mut mailbox).await, "down watched normal");
        connection.monitor_name(&me, "nobody_here").await.expect("monitored");
        assert_eq!(next(&mut mailbox).await, "down nobody_here noproc");
        assert!(mailbox.try_recv().is_none());
    });
}

#[test]
fn requests_of_the_node_are_answered() {
    on_every_release(&async |_, connection| {
        let us = Term::Atom(connection.peer().our_name.clone());
        assert_eq!(show(&call(connection, "net_adm", "ping", vec![us.clone()]).await), "pong");
        let code = "try erpc:call(Us, erlang, node, []) catch error:Reason -> Reason end.";
        let refused = evaluate(connection, code, &[("Us", us.clone())]).await;
        assert_eq!(show(&refused), "{erpc, notsup}");
        let badrpc = evaluate(connection, "rpc:call(Us, erlang, node, []).", &[("Us", us)]).await;
        assert_eq!(badrpc.as_tuple().map(|parts| show(&parts[0])), Some("badrpc".to_owned()));
    });
}

#[test]
fn pids_of_other_nodes_are_refused() {
    on_every_release(&async |_, connection| {
        let (me, _mailbox) = mailbox(connection).await;
        assert_eq!(
            connection.send(&me, &Term::int(1)).await,
            Err(SendError::OtherNode { node: me.node.clone() })
        );
    });
}

#[test]
fn the_end_of_the_node_reaches_everybody() {
    on_every_release(&async |node, connection| {
        let (_me, mut mailbox) = mailbox(connection).await;
        node.kill();
        match mailbox.recv().await {
            Some(Delivery::ConnectionLost(lost)) => {
                assert_eq!(lost.to_string(), "the node closed the connection");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(mailbox.recv().await, None);
        let late = connection.call("erlang", "node", vec![], crate::support::PATIENCE).await;
        assert_eq!(late.unwrap_err().to_string(), "no connection: the node closed the connection");
    });
}
