//! Recorded conversations with real nodes, replayed through the sans-IO core.

#[path = "replay/player.rs"]
mod player;
#[path = "replay/transcript.rs"]
mod transcript;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use player::{COOKIE, Player};
use pluto_testnode::{Node, NodeOptions, Release, releases};
use proptest::prelude::*;
use transcript::Line;

/// Set to record the transcripts anew from the releases that this machine has.
const RECORD: &str = "PLUTO_RECORD_TRANSCRIPTS";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")
}

fn transcripts() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
}

fn lines(path: &Path) -> (String, Vec<Line>) {
    transcript::read(&std::fs::read_to_string(path).expect("a transcript"))
}

/// Everything the node sent.
fn received(path: &Path) -> Vec<u8> {
    let (_, lines) = lines(path);
    lines
        .into_iter()
        .filter_map(|line| if let Line::In(bytes) = line { Some(bytes) } else { None })
        .flatten()
        .collect()
}

/// What we send and what happens when the node's bytes come in these pieces.
fn play<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, Vec<String>) {
    let (mut player, mut output) = Player::start();
    for piece in pieces {
        output.extend(player.feed(piece));
    }
    (output, player.events)
}

#[test]
fn each_transcript_replays_byte_for_byte() {
    let paths = transcripts();
    assert!(paths.len() >= 3, "{paths:?}");
    for path in paths {
        let (remark, recorded) = lines(&path);
        let (mut player, output) = Player::start();
        let mut replayed = vec![Line::Out(output)];
        for line in recorded {
            let Line::In(bytes) = line else { continue };
            replayed.push(Line::In(bytes.clone()));
            let output = player.feed(&bytes);
            replayed.extend(player.events.drain(..).map(Line::Event));
            if !output.is_empty() {
                replayed.push(Line::Out(output));
            }
        }
        assert!(player.is_done());
        expect_file![path].assert_eq(&transcript::write(&remark, &replayed));
    }
}

#[test]
fn the_conversation_comes_to_its_end_with_live_nodes() {
    for release in releases() {
        let lines = converse(&release);
        if std::env::var_os(RECORD).is_some() {
            let path = folder().join(format!("otp{}.txt", release.otp()));
            let remark = format!("OTP {}, recorded by this test with {RECORD} set", release.otp());
            std::fs::write(path, transcript::write(&remark, &lines)).expect("written");
        }
    }
}

fn converse(release: &Release) -> Vec<Line> {
    let options = NodeOptions {
        name: Some(format!("transcript_{}_{}", release.otp(), std::process::id())),
        long_names: true,
        cookie: Some(COOKIE.to_owned()),
        ..NodeOptions::default()
    };
    let mut node = Node::start_with(release, options);
    let mut stream = TcpStream::connect(("127.0.0.1", node.port())).expect("the node listens");
    let (mut player, mut output) = Player::start();
    let mut lines = Vec::new();
    let mut buffer = vec![0; 32 << 10];
    loop {
        if !output.is_empty() {
            stream.write_all(&output).expect("written");
            lines.push(Line::Out(output));
        }
        if player.is_done() {
            return lines;
        }
        let count = stream.read(&mut buffer).expect("read");
        assert!(count > 0, "the node closed the connection:\n{}", node.log());
        lines.push(Line::In(buffer[..count].to_vec()));
        output = player.feed(&buffer[..count]);
        lines.extend(player.events.drain(..).map(Line::Event));
        assert!(!player.has_failed(), "{lines:?}\n{}", node.log());
    }
}

#[test]
fn one_byte_at_a_time() {
    for path in transcripts() {
        let bytes = received(&path);
        assert_eq!(play(bytes.chunks(1)), play([bytes.as_slice()]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_pieces_do_not_matter(sizes in prop::collection::vec(1_usize..40_000, 1..60), which in any::<prop::sample::Index>()) {
        let paths = transcripts();
        let bytes = received(which.get::<PathBuf>(&paths));
        let mut rest = bytes.as_slice();
        let mut pieces = Vec::new();
        for size in sizes.iter().cycle() {
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            pieces.push(piece);
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(play(pieces), play([bytes.as_slice()]));
    }

    #[test]
    fn damaged_conversations_end_in_an_error_or_go_on(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        which in any::<prop::sample::Index>(),
    ) {
        let paths = transcripts();
        let mut bytes = received(which.get::<PathBuf>(&paths));
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        play(bytes.chunks(4_096));
    }
}
