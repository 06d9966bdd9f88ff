//! The endpoint against bytes made by hand: what live nodes do not show on request.

use std::time::Duration;

use expect_test::expect;
use pluto_term::{Atom, Limits, Pid, Reference, Term, decode, encode_bare};
use proptest::prelude::*;

use super::{Endpoint, EndpointOptions, Event};
use crate::control::op;
use crate::{Flags, FrameLimits, Peer, ProtocolError};

const NOW: Duration = Duration::ZERO;

fn endpoint(options: &EndpointOptions) -> Endpoint {
    let peer = Peer {
        name: Atom::new("node@host"),
        creation: 7,
        flags: Flags::OURS,
        agreed: Flags::OURS,
        our_name: Atom::new("we@our"),
        our_creation: 9,
    };
    Endpoint::new(peer, options, NOW)
}

fn theirs(id: u32) -> Pid {
    Pid { node: Atom::new("node@host"), id, serial: 0, creation: 7 }
}

fn reference(id: u32) -> Reference {
    Reference { node: Atom::new("node@host"), creation: 7, id: vec![id, 0, 0] }
}

fn framed(body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], body].concat()
}

/// Control message and payload, bare.
fn body(control: &Term, payload: Option<&Term>) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_bare(control, &mut bytes);
    if let Some(payload) = payload {
        encode_bare(payload, &mut bytes);
    }
    bytes
}

fn message(control: &Term, payload: Option<&Term>) -> Vec<u8> {
    framed(&[&[131, 68, 0][..], &body(control, payload)].concat())
}

/// The control messages we queued, as Erlang terms, with their payloads.
fn sent(endpoint: &mut Endpoint) -> String {
    let output = endpoint.output().to_vec();
    endpoint.sent(output.len());
    let mut rest = output.as_slice();
    let mut text = String::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (frame, after) = after.split_at(u32::from_be_bytes(*length) as usize);
        rest = after;
        let Some(bare) = frame.get(3..) else {
            text.push_str("tick\n");
            continue;
        };
        let versioned = [&[131], bare].concat();
        let (control, used) = decode(&versioned, &Limits::default()).unwrap();
        text.push_str(&format!("{control:?}"));
        if used < versioned.len() {
            let payload = [&[131], &versioned[used..]].concat();
            text.push_str(&format!(" {:?}", decode(&payload, &Limits::default()).unwrap().0));
        }
        text.push('\n');
    }
    text
}

fn events(endpoint: &mut Endpoint) -> Vec<Event> {
    std::iter::from_fn(|| endpoint.poll().unwrap()).collect()
}

#[test]
fn the_peer_cannot_hold_more_watchers_than_allowed() {
    let mut endpoint = endpoint(&EndpointOptions { watchers: 2, ..EndpointOptions::default() });
    let me = endpoint.open_process();
    let me = Term::Pid(endpoint.pid(me));
    for id in 0..2 {
        let link = Term::tuple([Term::int(op::LINK), Term::Pid(theirs(id)), me.clone()]);
        let monitor = Term::tuple([
            Term::int(op::MONITOR_P),
            Term::Pid(theirs(id)),
            me.clone(),
            Term::Reference(reference(id)),
        ]);
        endpoint.receive(&[message(&link, None), message(&monitor, None)].concat());
    }
    assert_eq!(events(&mut endpoint), []);
    assert_eq!(endpoint.counters().refused_watchers, 2);
    expect![[r#"
        {24,<0.2.0>,<0.1.0>} system_limit
        {28,<0.2.0>,<0.1.0>,#Ref<0.0.0.1>} system_limit
    "#]]
    .assert_eq(&sent(&mut endpoint));
}

#[test]
fn both_sides_unlink_at_once() {
    let mut endpoint = endpoint(&EndpointOptions::default());
    let id = endpoint.open_process();
    let me = Term::Pid(endpoint.pid(id));
    endpoint.link(id, &theirs(1)).unwrap();
    endpoint.unlink(id, &theirs(1));
    let unlink = Term::tuple([Term::int(op::UNLINK_ID), Term::int(77), Term::Pid(theirs(1)), me.clone()]);
    let exit = Term::tuple([Term::int(op::PAYLOAD_EXIT), Term::Pid(theirs(1)), me.clone()]);
    endpoint.receive(&[message(&unlink, None), message(&exit, Some(&Term::atom("late")))].concat());
    assert_eq!(events(&mut endpoint), []);
    // A link made again before the acknowledgement is a new one; the old acknowledgement does not end it.
    endpoint.link(id, &theirs(1)).unwrap();
    let ack = Term::tuple([Term::int(op::UNLINK_ID_ACK), Term::int(1), Term::Pid(theirs(1)), me]);
    endpoint.receive(&[message(&ack, None), message(&exit, Some(&Term::atom("heard")))].concat());
    assert!(matches!(events(&mut endpoint).as_slice(), [Event::Exit { linked: true, .. }]));
    expect![[r#"
        {1,<0.2.0>,<0.1.0>}
        {35,1,<0.2.0>,<0.1.0>}
        {36,77,<0.2.0>,<0.1.0>}
        {1,<0.2.0>,<0.1.0>}
    "#]]
    .assert_eq(&sent(&mut endpoint));
}

#[test]
fn messages_for_nobody_are_counted() {
    let mut endpoint = endpoint(&EndpointOptions::default());
    let nobody = Pid { node: Atom::new("we@our"), id: 999, serial: 0, creation: 9 };
    let former = Pid { creation: 8, id: 1, ..nobody.clone() };
    for to in [nobody, former] {
        let send = Term::tuple([Term::int(op::SEND), Term::atom(""), Term::Pid(to)]);
        endpoint.receive(&message(&send, Some(&Term::int(1))));
    }
    let unknown = Term::tuple([Term::int(4_000), Term::int(1)]);
    endpoint.receive(&message(&unknown, None));
    assert_eq!(events(&mut endpoint), []);
    assert_eq!((endpoint.counters().unknown_receiver, endpoint.counters().unknown_operation), (2, 1));
}

#[test]
fn a_peer_that_does_not_read_its_answers_is_not_read_from() {
    let mut endpoint = endpoint(&EndpointOptions::default());
    let request = Term::tuple([
        Term::int(op::SPAWN_REQUEST),
        Term::Reference(reference(1)),
        Term::Pid(theirs(1)),
        Term::Pid(theirs(1)),
        Term::tuple([Term::atom("m"), Term::atom("f"), Term::int(0)]),
        Term::list([]),
    ]);
    let request = message(&request, Some(&Term::list([])));
    for _ in 0..50_000 {
        endpoint.receive(&request);
        assert_eq!(endpoint.poll(), Ok(None));
    }
    assert!(endpoint.pending_output() < Endpoint::OUTPUT_PAUSE + 1_000);
    let answered = endpoint.counters().messages_out;
    endpoint.sent(endpoint.pending_output());
    assert_eq!(endpoint.poll(), Ok(None));
    assert!(endpoint.counters().messages_out > answered);
}

#[test]
fn ticks_are_answered_once_and_sent_when_idle() {
    let second = Duration::from_secs(1);
    let mut endpoint = endpoint(&EndpointOptions { net_ticktime: 4 * second, ..EndpointOptions::default() });
    endpoint.advance(second / 2, true).unwrap();
    assert_eq!(sent(&mut endpoint), "");
    endpoint.receive(&[0; 4 * 1_000]);
    assert_eq!(endpoint.poll(), Ok(None));
    endpoint.advance(second / 2, true).unwrap();
    assert_eq!(sent(&mut endpoint), "tick\n");
    assert_eq!(endpoint.next_timeout(), second * 3 / 2);
    endpoint.advance(second * 3 / 2, true).unwrap();
    assert_eq!(sent(&mut endpoint), "tick\n");
    // Silence counts only while we read.
    endpoint.advance(second * 60, false).unwrap();
    endpoint.advance(second * 64, true).unwrap();
    let silent = endpoint.advance(second * 65, true).unwrap_err();
    assert_eq!(silent.to_string(), "the node sent nothing for 5 s");
}

fn first_fragment(sequence: u64, fragment: u64, part: &[u8]) -> Vec<u8> {
    framed(&[&[131, 69], &sequence.to_be_bytes()[..], &fragment.to_be_bytes(), &[0], part].concat())
}

fn next_fragment(sequence: u64, fragment: u64, part: &[u8]) -> Vec<u8> {
    framed(&[&[131, 70], &sequence.to_be_bytes()[..], &fragment.to_be_bytes(), part].concat())
}

#[test]
fn incomplete_messages_are_bounded() {
    let frames = FrameLimits { message_bytes: 100, partial_bytes: 150, partial_messages: 3 };
    let options = EndpointOptions { frames, ..EndpointOptions::default() };
    let outcome = |frames: &[Vec<u8>]| {
        let mut endpoint = endpoint(&options);
        endpoint.receive(&frames.concat());
        endpoint.poll()
    };
    let many: Vec<_> = (0..4).map(|sequence| first_fragment(sequence, 9, b"x")).collect();
    assert_eq!(outcome(&many), Err(ProtocolError::TooManyPartialMessages { limit: 3 }));
    let long = [first_fragment(1, 9, &[0; 60]), next_fragment(1, 8, &[0; 60])];
    assert_eq!(outcome(&long), Err(ProtocolError::MessageTooLong { length: 120, limit: 100 }));
    let heavy =
        [first_fragment(1, 9, &[0; 60]), first_fragment(2, 9, &[0; 60]), first_fragment(3, 9, &[0; 60])];
    assert_eq!(outcome(&heavy), Err(ProtocolError::TooManyPartialBytes { limit: 150 }));
    for wrong in [
        vec![first_fragment(1, 0, b"x")],
        vec![first_fragment(1, 3, b"x"), first_fragment(1, 3, b"x")],
        vec![first_fragment(1, 3, b"x"), next_fragment(1, 1, b"x")],
        vec![next_fragment(1, 0, b"x")],
    ] {
        assert!(matches!(outcome(&wrong), Err(ProtocolError::Fragment { sequence: 1, .. })));
    }
}

/// Messages cut into fragments, and in which order their next frames are sent.
type Cut = (Vec<u8>, Vec<usize>);

fn interleaved() -> impl Strategy<Value = (Vec<Cut>, Vec<usize>)> {
    let message = (prop::collection::vec(any::<u8>(), 0..300), prop::collection::vec(1_usize..40, 0..8));
    (prop::collection::vec(message, 1..6), prop::collection::vec(any::<usize>(), 0..64))
}

proptest! {
    #[test]
    fn fragments_in_any_mixture_come_out_whole((messages, order) in interleaved(), chunk in 1_usize..64) {
        let mut endpoint = endpoint(&EndpointOptions::default());
        let me = endpoint.open_process();
        let send = Term::tuple([Term::int(op::SEND), Term::atom(""), Term::Pid(endpoint.pid(me))]);
        let mut queues: Vec<Vec<Vec<u8>>> = Vec::new();
        for (sequence, (payload, cuts)) in messages.iter().enumerate() {
            let whole = body(&send, Some(&Term::binary(payload)));
            let mut parts: Vec<&[u8]> = Vec::new();
            let mut rest = whole.as_slice();
            for cut in cuts {
                let (part, after) = rest.split_at((*cut).min(rest.len()));
                parts.push(part);
                rest = after;
            }
            parts.push(rest);
            let count = parts.len() as u64;
            let sequence = sequence as u64;
            let frames = parts.iter().zip(0..).map(|(part, at)| {
                let fragment = count - at;
                if fragment == count { first_fragment(sequence, fragment, part) } else { next_fragment(sequence, fragment, part) }
            });
            let mut queue: Vec<_> = frames.collect();
            queue.reverse();
            queues.push(queue);
        }
        let mut stream = Vec::new();
        let mut order = order.into_iter();
        while queues.iter().any(|queue| !queue.is_empty()) {
            let waiting: Vec<usize> = (0..queues.len()).filter(|&at| !queues[at].is_empty()).collect();
            let at = waiting[order.next().unwrap_or_default() % waiting.len()];
            stream.extend(queues[at].pop().unwrap());
        }
        let mut arrived = Vec::new();
        for piece in stream.chunks(chunk) {
            endpoint.receive(piece);
            while let Some(event) = endpoint.poll().unwrap() {
                let Event::Message { message, .. } = event else { panic!("{event:?}") };
                arrived.push(message.term(&Limits::default()).unwrap().as_binary().unwrap().to_vec());
            }
        }
        let mut expected: Vec<Vec<u8>> = messages.into_iter().map(|(payload, _)| payload).collect();
        arrived.sort();
        expected.sort();
        prop_assert_eq!(arrived, expected);
    }

    #[test]
    fn garbage_is_an_error_or_nothing(frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8)) {
        let mut endpoint = endpoint(&EndpointOptions::default());
        endpoint.open_process();
        for frame in frames {
            endpoint.receive(&framed(&frame));
            endpoint.receive(&framed(&[&[131, 68, 0][..], &frame].concat()));
            while matches!(endpoint.poll(), Ok(Some(_))) {}
        }
    }
}
