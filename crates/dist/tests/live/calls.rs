//! Calls, and what becomes of calls that fail.

use std::time::Duration;

use pluto_dist::{CallError, Delivery, MailboxLimits, SpawnOptions};
use pluto_term::Term;

use crate::support::{PATIENCE, call, on_every_release, term};

#[test]
fn a_call_gives_its_value() {
    on_every_release(&async |node, connection| {
        let peer = connection.peer();
        assert_eq!(peer.name.as_str(), node.name());
        assert_eq!(call(connection, "erlang", "node", vec![]).await.as_atom(), Some(node.name()));
        let sum = call(connection, "lists", "sum", vec![Term::list([Term::int(1), Term::int(41)])]).await;
        assert_eq!(sum.as_int(), Some(42));
        let hidden = call(connection, "erlang", "nodes", vec![Term::atom("hidden")]).await;
        assert_eq!(hidden, Term::list([Term::Atom(peer.our_name.clone())]));
        assert_eq!(call(connection, "erlang", "nodes", vec![]).await, Term::list([]));
    });
}

#[test]
fn failures_keep_their_class_and_reason() {
    on_every_release(&async |_, connection| {
        let fail = async |function: &str, reason: Term| {
            connection.call("erlang", function, vec![reason], PATIENCE).await.expect_err("fails")
        };
        let reason = Term::tuple([Term::atom("odd"), Term::int(7)]);
        assert_eq!(fail("throw", reason.clone()).await, CallError::Throw(reason.clone()));
        assert_eq!(fail("exit", reason.clone()).await, CallError::Exit(reason.clone()));
        match fail("error", reason.clone()).await {
            CallError::Error { reason: found, .. } => assert_eq!(found, reason),
            other => panic!("{other:?}"),
        }
        match connection.call("no_such_module", "f", vec![], PATIENCE).await {
            Err(CallError::Error { reason, stack: Some(Term::List(_)) }) => {
                assert_eq!(reason.as_atom(), Some("undef"));
            }
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_call_that_takes_too_long_is_given_up() {
    on_every_release(&async |_, connection| {
        let slow = connection.call("timer", "sleep", vec![Term::atom("infinity")], Duration::from_millis(20));
        assert_eq!(slow.await, Err(CallError::Timeout));
        let sum = call(connection, "erlang", "+", vec![Term::int(1), Term::int(1)]).await;
        assert_eq!(sum.as_int(), Some(2));
    });
}

#[test]
fn a_called_function_that_prints_is_told_that_nobody_shows_it() {
    on_every_release(&async |_, connection| {
        let arguments = vec![Term::charlist("text"), Term::list([])];
        match connection.call("io", "format", arguments, PATIENCE).await {
            Err(CallError::Error { .. }) => {}
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_call_whose_process_is_killed() {
    on_every_release(&async |_, connection| {
        let code = "exit(spawn_process, kill), receive never -> ok end.".replace("spawn_process", "self()");
        let scanned = call(connection, "erl_scan", "string", vec![Term::charlist(&code)]).await;
        let parsed =
            call(connection, "erl_parse", "parse_exprs", vec![scanned.as_tuple().unwrap()[1].clone()]).await;
        let arguments = vec![parsed.as_tuple().unwrap()[1].clone(), Term::list([])];
        let killed = connection.call("erl_eval", "exprs", arguments, PATIENCE).await;
        assert_eq!(killed, Err(CallError::Killed(Term::atom("killed"))));
    });
}

#[test]
fn messages_and_monitors() {
    on_every_release(&async |_, connection| {
        let (me, mut mailbox) = connection.mailbox(MailboxLimits::default()).await.expect("a mailbox");
        let options = SpawnOptions { monitor: true, link: false };
        let arguments =
            vec![Term::Pid(me.clone()), Term::tuple([Term::atom("hello"), Term::binary(b"\x01\x02")])];
        let spawned =
            connection.spawn_request(&me, "erlang", "send", arguments, options).await.expect("spawned");
        match mailbox.recv().await {
            Some(Delivery::Message(message)) => {
                assert_eq!(term(&message), Term::tuple([Term::atom("hello"), Term::binary(b"\x01\x02")]));
            }
            other => panic!("{other:?}"),
        }
        match mailbox.recv().await {
            Some(Delivery::Down { reference, process, reason }) => {
                assert_eq!(Some(reference), spawned.monitor);
                assert_eq!(process, Term::Pid(spawned.pid.clone()));
                assert_eq!(term(&reason).as_atom(), Some("normal"));
            }
            other => panic!("{other:?}"),
        }
        let reference = connection.monitor(&me, &spawned.pid).await.expect("monitored");
        match mailbox.recv().await {
            Some(Delivery::Down { reference: found, reason, .. }) => {
                assert_eq!(found, reference);
                assert_eq!(term(&reason).as_atom(), Some("noproc"));
            }
            other => panic!("{other:?}"),
        }
    });
}
