//! A reader that does not read stops the node, not our memory.

use pluto_dist::{Delivery, MailboxLimits, connect};
use pluto_term::Term;

use crate::support::{evaluate, on_every_release, options, target, term};

/// Starts a sender that refuses to be suspended, as an agent must, until ten messages were refused; then it leaves the count
/// of those that were not.
const SENDER: &str = "spawn(fun() -> \
    Loop = fun Loop(N, 10, _) -> N; \
               Loop(N, Refused, Body) -> \
                   case erlang:send(Me, {N, Body}, [nosuspend]) of \
                       ok -> Loop(N + 1, Refused, Body); \
                       nosuspend -> receive after 1 -> ok end, Loop(N, Refused + 1, Body) \
                   end end, \
    persistent_term:put({sent, Me}, Loop(0, 0, binary:copy(<<0>>, 1000))) end), ok.";

#[test]
fn a_full_mailbox_is_felt_on_the_node_and_nothing_is_lost() {
    on_every_release(&async |node, connection| {
        // A connection whose mailbox is full carries no calls either: a second one watches.
        let watcher = connect(&target(node), &options(node)).await.expect("connected");
        for limits in
            [MailboxLimits { messages: 8, bytes: 1 << 30 }, MailboxLimits { messages: 1 << 20, bytes: 4_000 }]
        {
            let (me, mut mailbox) = connection.mailbox(limits).await.expect("a mailbox");
            let bindings = [("Me", Term::Pid(me))];
            evaluate(connection, SENDER, &bindings).await;
            let sent = loop {
                let sent = evaluate(&watcher, "persistent_term:get({sent, Me}, none).", &bindings).await;
                if let Some(sent) = sent.as_int() {
                    break sent;
                }
            };
            assert!(sent > 8);
            for n in 0..sent {
                let Some(Delivery::Message(message)) = mailbox.recv().await else { panic!("a message") };
                assert_eq!(term(&message).as_tuple().expect("a pair")[0].as_int(), Some(n));
            }
        }
    });
}

#[test]
fn a_message_larger_than_the_mailbox_is_taken_alone() {
    on_every_release(&async |_, connection| {
        let limits = MailboxLimits { messages: 8, bytes: 1_000 };
        let (me, mut mailbox) = connection.mailbox(limits).await.expect("a mailbox");
        let code = "[Me ! binary:copy(<<1>>, 1000000) || _ <- [1, 2, 3]], ok.";
        let bindings = [("Me", Term::Pid(me))];
        let sending = evaluate(connection, code, &bindings);
        let reading = async {
            for _ in 0..3 {
                let Some(Delivery::Message(message)) = mailbox.recv().await else { panic!("a message") };
                assert_eq!(term(&message).as_binary().map(<[u8]>::len), Some(1_000_000));
            }
        };
        tokio::join!(sending, reading);
    });
}

#[test]
fn a_dropped_mailbox_frees_the_connection() {
    on_every_release(&async |_, connection| {
        let limits = MailboxLimits { messages: 1, bytes: 1_000 };
        let (me, mailbox) = connection.mailbox(limits).await.expect("a mailbox");
        let code = "spawn(fun() -> [Me ! N || N <- lists:seq(1, 1000)] end), ok.";
        let flood = evaluate(connection, code, &[("Me", Term::Pid(me))]).await;
        assert_eq!(flood, Term::atom("ok"));
        drop(mailbox);
        let sum = crate::support::call(connection, "erlang", "+", vec![Term::int(1), Term::int(1)]).await;
        assert_eq!(sum, Term::int(2));
    });
}
