//! Bytes of a peer: whatever they are, an error or events, the same in whatever pieces they come. The first byte chooses where
//! the rest goes in.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use pluto_dist::endpoint::{Endpoint, EndpointOptions, Event};
use pluto_dist::handshake::{Handshake, HandshakeConfig, LengthPrefix, OurName};
use pluto_dist::{Cookie, CookieSource, Flags, FrameLimits, Peer, Target, epmd};
use pluto_term::{Atom, Limits};

fuzz_target!(|bytes: &[u8]| {
    let Some((&mode, rest)) = bytes.split_first() else { return };
    let piece = usize::from(mode / 4) + 1;
    match mode % 4 {
        0 => {
            let whole = conversation(rest, rest.len().max(1));
            assert_eq!(whole, conversation(rest, piece));
        }
        1 => {
            let whole = events(rest, rest.len().max(1));
            assert_eq!(whole, events(rest, piece));
        }
        2 => {
            events(&in_frames(rest), piece);
        }
        _ => {
            let _found = (epmd::port_reply(rest), epmd::names_reply(rest));
            if let Ok(target) = String::from_utf8_lossy(rest).parse::<Target>() {
                assert_eq!(target.to_string().parse(), Ok(target));
            }
        }
    }
});

/// A whole conversation, with the cookie and the challenge that the transcripts of the crate's tests were recorded with.
fn conversation(bytes: &[u8], piece: usize) -> (Vec<u8>, Vec<Event>) {
    let Ok(cookie) = Cookie::new(b"transcript".to_vec(), CookieSource::Environment) else {
        return Default::default();
    };
    let (mut handshake, mut output) = Handshake::start(HandshakeConfig {
        name: OurName::Dynamic { host: "recorder.example".to_owned() },
        flags: Flags::OURS,
        cookie,
        challenge: 0x0bad_cafe,
        expected_name: None,
        expected_host: None,
        prefix: LengthPrefix::Two,
    });
    let mut pieces = bytes.chunks(piece);
    let mut peer = None;
    while peer.is_none()
        && let Some(part) = pieces.next()
    {
        let Ok(progress) = handshake.receive(part) else { return Default::default() };
        output.extend(progress.output);
        peer = progress.peer;
    }
    let Some(peer) = peer else { return (output, Vec::new()) };
    let rest = handshake.into_rest();
    let (sent, events) = serve(endpoint(peer), std::iter::once(rest.as_slice()).chain(pieces));
    output.extend(sent);
    (output, events)
}

/// What comes of bytes after a handshake.
fn events(bytes: &[u8], piece: usize) -> (Vec<u8>, Vec<Event>) {
    let peer = Peer {
        name: Atom::new("node@host"),
        creation: 1,
        flags: Flags::OURS,
        agreed: Flags::OURS,
        our_name: Atom::new("a"),
        our_creation: 1,
    };
    serve(endpoint(peer), bytes.chunks(piece))
}

fn endpoint(peer: Peer) -> Endpoint {
    let frames = FrameLimits { message_bytes: 1 << 20, partial_bytes: 1 << 20, partial_messages: 16 };
    let options = EndpointOptions { frames, watchers: 16, ..EndpointOptions::default() };
    let mut endpoint = Endpoint::new(peer, &options, Duration::ZERO);
    let process = endpoint.open_process();
    endpoint.monitor_name(process, "name");
    endpoint
}

fn serve<'a>(mut endpoint: Endpoint, pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<u8>, Vec<Event>) {
    let limits = Limits { terms: 1_000, ..Limits::default() };
    let mut events = Vec::new();
    for piece in pieces {
        endpoint.receive(piece);
        loop {
            let event = match endpoint.poll() {
                Ok(Some(event)) => event,
                Ok(None) => break,
                // A connection that broke the protocol is of no further use.
                Err(_) => return (endpoint.output().to_vec(), events),
            };
            if let Event::Message { message, .. } = &event {
                let _term = message.term(&limits);
            }
            events.push(event);
        }
    }
    (endpoint.output().to_vec(), events)
}

/// Cuts bytes into frames: the first byte of each says how long it is.
fn in_frames(mut bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some((&length, rest)) = bytes.split_first() {
        let (frame, rest) = rest.split_at(usize::from(length).min(rest.len()));
        bytes = rest;
        out.extend((frame.len() as u32 + 3).to_be_bytes());
        out.extend([131, 68, 0]);
        out.extend(frame);
    }
    out
}
