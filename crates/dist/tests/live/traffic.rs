//! Large messages in fragments, many atoms, many messages.

use pluto_dist::{Connection, Delivery, Mailbox, MailboxLimits};
use pluto_term::{Pid, Term};

use crate::support::{evaluate, on_every_release, term};

/// With room for everything that a test sends, and for what buffers take beyond it: a full mailbox would hold up the
/// answer to the call that starts the senders.
async fn mailbox(connection: &Connection) -> (Pid, Mailbox) {
    connection.mailbox(MailboxLimits { messages: 65_536, bytes: 256 << 20 }).await.expect("a mailbox")
}

async fn message(mailbox: &mut Mailbox) -> Term {
    match mailbox.recv().await {
        Some(Delivery::Message(message)) => term(&message),
        other => panic!("{other:?}"),
    }
}

#[test]
fn large_and_small_messages_at_once_come_whole_and_in_order() {
    on_every_release(&async |_, connection| {
        let (me, mut mailbox) = mailbox(connection).await;
        // Eight senders of 5 MB each and one of small messages, all at once.
        let code = "Big = binary:copy(<<\"0123456789abcdef\">>, 327680), \
            [spawn(fun() -> Me ! {big, N, Big} end) || N <- lists:seq(1, 8)], \
            spawn(fun() -> [Me ! {small, N} || N <- lists:seq(1, 2000)] end), ok.";
        evaluate(connection, code, &[("Me", Term::Pid(me))]).await;
        let (mut big, mut small) = (0, 0);
        while big < 8 || small < 2_000 {
            let message = message(&mut mailbox).await;
            let parts = message.as_tuple().expect("a tuple");
            if parts[0].as_atom() == Some("small") {
                small += 1;
                assert_eq!(parts[1].as_int(), Some(i64::from(small)));
            } else {
                big += 1;
                let bytes = parts[2].as_binary().expect("a binary");
                assert_eq!(bytes.len(), 5 << 20);
                assert!(bytes.chunks(16).all(|chunk| chunk == b"0123456789abcdef"));
            }
        }
    });
}

#[test]
fn more_atoms_than_the_cache_has_slots() {
    on_every_release(&async |_, connection| {
        let (me, mut mailbox) = mailbox(connection).await;
        // 3,000 atoms in messages of 10, twice over in different mixtures: slots are filled, reused and replaced.
        let code = "A = fun(N) -> list_to_atom(\"cached_\" ++ integer_to_list(N rem 3000)) end, \
            [Me ! {Step, I, [A(I * Step + J) || J <- lists:seq(1, 10)]} || Step <- [10, 7], I <- lists:seq(1, 300)], ok.";
        evaluate(connection, code, &[("Me", Term::Pid(me))]).await;
        for step in [10, 7] {
            for i in 1..=300 {
                let expected = (1..=10).map(|j| Term::atom(&format!("cached_{}", (i * step + j) % 3_000)));
                let expected = Term::tuple([Term::int(step), Term::int(i), Term::list(expected)]);
                assert_eq!(message(&mut mailbox).await, expected);
            }
        }
    });
}

#[test]
fn more_atoms_than_a_header_holds() {
    on_every_release(&async |_, connection| {
        let (me, mut mailbox) = mailbox(connection).await;
        let long = "é".repeat(255);
        let code = "Long = binary_to_atom(binary:copy(<<195, 169>>, 255)), \
            [Me ! [Long | [list_to_atom(\"many_\" ++ integer_to_list(N)) || N <- lists:seq(1, 700)]] || _ <- [1, 2]], ok.";
        evaluate(connection, code, &[("Me", Term::Pid(me))]).await;
        let atoms =
            std::iter::once(Term::atom(&long)).chain((1..=700).map(|n| Term::atom(&format!("many_{n}"))));
        let expected = Term::list(atoms);
        assert_eq!(message(&mut mailbox).await, expected);
        assert_eq!(message(&mut mailbox).await, expected);
    });
}

#[test]
fn what_we_send_arrives_unchanged() {
    on_every_release(&async |_, connection| {
        let (me, mut mailbox) = mailbox(connection).await;
        let code = "spawn(fun Loop() -> receive Any -> Me ! {echo, Any}, Loop() end end).";
        let Term::Pid(echo) = evaluate(connection, code, &[("Me", Term::Pid(me.clone()))]).await else {
            panic!("a pid")
        };
        let messages = [
            Term::tuple([Term::atom("žluť"), Term::Pid(me.clone()), Term::int(-1), Term::Float(0.5)]),
            Term::binary(vec![7; 3 << 20]),
            Term::map([(Term::atom("k"), Term::list([])), (Term::binary(b""), Term::charlist("abc"))]),
        ];
        for sent in messages {
            connection.send(&echo, &sent).await.expect("sent");
            assert_eq!(message(&mut mailbox).await, Term::tuple([Term::atom("echo"), sent]));
        }
        evaluate(connection, "register(echo_by_name, Pid).", &[("Pid", Term::Pid(echo))]).await;
        connection.send_name("echo_by_name", &Term::int(5)).await.expect("sent");
        assert_eq!(message(&mut mailbox).await, Term::tuple([Term::atom("echo"), Term::int(5)]));
    });
}

#[test]
fn repeated_atoms_travel_once() {
    on_every_release(&async |_, connection| {
        let (me, mut mailbox) = mailbox(connection).await;
        let before = connection.counters().await.expect("connected").bytes_in;
        let code = "[Me ! {N, some_rather_long_atom_in_each_message, another_rather_long_atom_in_each_message} \
            || N <- lists:seq(1, 1000)], ok.";
        evaluate(connection, code, &[("Me", Term::Pid(me))]).await;
        for _ in 0..1_000 {
            message(&mut mailbox).await;
        }
        let bytes = connection.counters().await.expect("connected").bytes_in - before;
        assert!(bytes / 1_000 < 90, "{bytes} bytes for 1,000 messages of 79 characters of atoms each");
    });
}
