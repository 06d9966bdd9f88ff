//! Plays one conversation with a node through the sans-IO core: used to record transcripts from live nodes and to replay them.
//!
//! What is asked of the node follows a fixed script, each step of which waits for an event, so that the same bytes from the
//! node always lead to the same bytes from us.

use std::fmt::Write as _;
use std::time::Duration;

use pluto_dist::endpoint::{Endpoint, Event, LocalId};
use pluto_dist::handshake::{Handshake, HandshakeConfig, LengthPrefix, OurName};
use pluto_dist::{Cookie, CookieSource, EndpointOptions, Flags, SpawnOptions};
use pluto_term::{Limits, Pid, PrintLimits, Reference, Syntax, Term};

/// The cookie of the nodes that transcripts are recorded from.
pub(crate) const COOKIE: &str = "transcript";

/// What the node is made to do, one batch per step: fragments between small messages, atoms of the cache new and used again,
/// links, monitors, an exit signal.
const BATCHES: [&str; 3] = [
    "Me ! {small, before}, Me ! {large, binary:copy(<<171>>, 150000)}, Me ! {small, 'after'}, done.",
    "[Me ! {cached, again, N, [list_to_atom([$a + I + N]) || I <- lists:seq(0, 9)]} || N <- [0, 5, 10]], done.",
    "P = spawn(fun() -> link(Me), unlink(Me), link(Me), R = monitor(process, Me), demonitor(R), \
        Me ! {linked, self()}, receive stop -> exit(Me, signalled), exit(finished) end end), P.",
];

enum State {
    Shaking(Box<Handshake>),
    Connected(Box<Endpoint>, Script),
    Failed,
}

/// Where the script is.
#[derive(Default)]
struct Script {
    me: Option<LocalId>,
    call: Option<Reference>,
    batch: usize,
    stage: Stage,
    partner: Option<Pid>,
    done: bool,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum Stage {
    #[default]
    Scan,
    Parse,
    Evaluate,
}

/// One conversation.
pub(crate) struct Player {
    state: State,
    /// One line per event, since the last time they were taken.
    pub(crate) events: Vec<String>,
}

impl Player {
    /// Begins, with everything that is random fixed; gives the first bytes to send.
    pub(crate) fn start() -> (Self, Vec<u8>) {
        let (handshake, output) = Handshake::start(HandshakeConfig {
            name: OurName::Dynamic { host: "recorder.example".to_owned() },
            flags: Flags::OURS,
            cookie: Cookie::new(COOKIE.as_bytes().to_vec(), CookieSource::Environment).expect("a cookie"),
            challenge: 0x0bad_cafe,
            expected_name: None,
            expected_host: None,
            prefix: LengthPrefix::Two,
        });
        (Self { state: State::Shaking(Box::new(handshake)), events: Vec::new() }, output)
    }

    /// Whether the script has come to its end.
    pub(crate) fn is_done(&self) -> bool {
        matches!(&self.state, State::Connected(_, Script { done: true, .. }))
    }

    /// Whether the node broke the protocol.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.state, State::Failed)
    }

    /// Takes bytes from the node; gives the bytes to send.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Failed => Vec::new(),
            State::Shaking(handshake) => self.shake(handshake, bytes),
            State::Connected(mut endpoint, mut script) => {
                endpoint.receive(bytes);
                if self.run(&mut endpoint, &mut script) {
                    let output = take_output(&mut endpoint);
                    self.state = State::Connected(endpoint, script);
                    return output;
                }
                Vec::new()
            }
        }
    }

    fn shake(&mut self, mut handshake: Box<Handshake>, bytes: &[u8]) -> Vec<u8> {
        match handshake.receive(bytes) {
            Err(error) => {
                self.events.push(format!("error {error:?}"));
                Vec::new()
            }
            Ok(progress) => match progress.peer {
                None => {
                    self.state = State::Shaking(handshake);
                    progress.output
                }
                Some(peer) => {
                    self.events.push(format!(
                        "connected to {} creation {} as {} creation {}, agreed {:#x}",
                        peer.name.as_str(),
                        peer.creation,
                        peer.our_name.as_str(),
                        peer.our_creation,
                        peer.agreed.bits()
                    ));
                    let mut endpoint =
                        Box::new(Endpoint::new(peer, &EndpointOptions::default(), Duration::ZERO));
                    endpoint.receive(&handshake.into_rest());
                    let mut script = Script::default();
                    script.begin(&mut endpoint);
                    let mut output = progress.output;
                    if self.run(&mut endpoint, &mut script) {
                        output.extend(take_output(&mut endpoint));
                        self.state = State::Connected(endpoint, script);
                    }
                    output
                }
            },
        }
    }

    /// Handles all events at hand; `false` when the node broke the protocol.
    fn run(&mut self, endpoint: &mut Endpoint, script: &mut Script) -> bool {
        loop {
            match endpoint.poll() {
                Ok(None) => return true,
                Ok(Some(event)) => {
                    self.events.push(describe(&event));
                    script.advance(endpoint, &event);
                }
                Err(error) => {
                    self.events.push(format!("error {error}"));
                    return false;
                }
            }
        }
    }
}

impl Script {
    fn begin(&mut self, endpoint: &mut Endpoint) {
        let me = endpoint.open_process();
        self.me = Some(me);
        self.scan(endpoint);
    }

    fn call(&mut self, endpoint: &mut Endpoint, module: &str, function: &str, arguments: Vec<Term>) {
        let reference = endpoint.make_reference();
        let arguments = Term::list([
            Term::Reference(reference.clone()),
            Term::atom(module),
            Term::atom(function),
            Term::List(arguments),
        ]);
        let mut payload = Vec::new();
        pluto_term::encode_bare(&arguments, &mut payload);
        let options = SpawnOptions { monitor: true, link: false };
        let me = self.me.expect("begun");
        endpoint
            .spawn_encoded(me, &reference, ("erpc", "execute_call", 4), &payload, options)
            .expect("fits a frame");
        self.call = Some(reference);
    }

    fn scan(&mut self, endpoint: &mut Endpoint) {
        self.stage = Stage::Scan;
        self.call(endpoint, "erl_scan", "string", vec![Term::charlist(BATCHES[self.batch])]);
    }

    fn advance(&mut self, endpoint: &mut Endpoint, event: &Event) {
        match event {
            Event::Down { reference, reason, .. } if Some(reference) == self.call.as_ref() => {
                let result = reason.term(&Limits::default()).ok();
                let result = result.as_ref().and_then(Term::as_tuple).and_then(|parts| parts.get(2));
                let value = result.and_then(Term::as_tuple).and_then(|parts| parts.get(1));
                if let Some(value) = value {
                    self.next_call(endpoint, value.clone());
                }
            }
            // The last batch tells its process, which we watch, link to and end.
            Event::Message { message, .. } => {
                let message = message.term(&Limits::default()).ok();
                if let Some([tag, Term::Pid(pid)]) = message.as_ref().and_then(Term::as_tuple)
                    && tag.as_atom() == Some("linked")
                {
                    let me = self.me.expect("begun");
                    self.partner = Some(pid.clone());
                    // Only fails for a pid of another node, which a hostile transcript may hold.
                    if endpoint.monitor(me, pid).is_ok() {
                        let mut payload = Vec::new();
                        pluto_term::encode_bare(&Term::atom("stop"), &mut payload);
                        endpoint.send(me, pid, &payload).expect("a pid of the peer");
                    }
                }
            }
            Event::Down { process: Term::Pid(pid), .. } if Some(pid) == self.partner.as_ref() => {
                self.done = true;
            }
            Event::Down { .. } | Event::Exit { .. } | Event::Spawned { .. } => {}
        }
    }

    fn next_call(&mut self, endpoint: &mut Endpoint, value: Term) {
        match self.stage {
            Stage::Scan => {
                self.stage = Stage::Parse;
                self.call(endpoint, "erl_parse", "parse_exprs", vec![value]);
            }
            Stage::Parse => {
                self.stage = Stage::Evaluate;
                let me = Term::Pid(endpoint.pid(self.me.expect("begun")));
                let bindings = Term::list([Term::tuple([Term::atom("Me"), me])]);
                self.call(endpoint, "erl_eval", "exprs", vec![value, bindings]);
            }
            Stage::Evaluate => {
                self.batch += 1;
                if self.batch < BATCHES.len() {
                    self.scan(endpoint);
                }
            }
        }
    }
}

fn take_output(endpoint: &mut Endpoint) -> Vec<u8> {
    let output = endpoint.output().to_vec();
    endpoint.sent(output.len());
    output
}

fn describe(event: &Event) -> String {
    let show = |term: &Term| {
        let limits = PrintLimits { depth: 6, elements: 12, text: 40, total: 300 };
        term.display(Syntax::Erlang, &limits).to_string()
    };
    let decoded = |message: &pluto_dist::Message| {
        message.term(&Limits::default()).map_or_else(|error| format!("({error})"), |term| show(&term))
    };
    match event {
        Event::Message { message, .. } => {
            let mut text = format!("message {}", decoded(message));
            if !message.atoms().is_empty() {
                let _: std::fmt::Result = write!(text, " with {} atoms of the header", message.atoms().len());
            }
            text
        }
        Event::Down { process, reason, .. } => format!("down {} {}", show(process), decoded(reason)),
        Event::Exit { from, reason, linked, .. } => {
            format!("exit {} {} linked {linked}", show(&Term::Pid(from.clone())), decoded(reason))
        }
        Event::Spawned { result, .. } => match result {
            Ok(pid) => format!("spawned {}", show(&Term::Pid(pid.clone()))),
            Err(error) => format!("not spawned: {}", error.as_str()),
        },
    }
}
