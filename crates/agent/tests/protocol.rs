//! The typed protocol against a live agent: commands as this crate makes them, messages as it reads them.

use pluto_agent::{
    Command, EventBatch, FunctionSpec, Info, LimitKind, Limits as PlanLimits, Message, MessagePattern, Mfa,
    Plan, Processes, Rate, Reply, SessionKind, SinkTotals, Slot, Start,
};
use pluto_term::{Atom, Limits, Pid, Reader, Term, encode};
use pluto_testnode::{Node, Release, releases};
use std::collections::VecDeque;

/// A node with a process that keeps every message that it gets, for `take`.
struct Attached {
    node: Node,
    waiting: VecDeque<Vec<u8>>,
}

impl Attached {
    fn new(release: &Release) -> Attached {
        let mut node = Node::start(release);
        node.load_module("-module(subject).\n-export([stock/1]).\nstock(N) -> N + 1.\n");
        node.load_module(
            "-module(client).\n-export([start/0, loop/1]).\n\
             start() -> P = spawn(client, loop, [[]]), register(client, P), P.\n\
             loop(Kept) -> receive {take, From} -> From ! {taken, lists:reverse(Kept)}, loop([]); \
             M -> loop([term_to_binary(M) | Kept]) end.\n",
        );
        let id = node.eval("client:start(), pid_to_list(whereis(client)).");
        let id =
            id.trim_matches(['"', '<', '>']).split('.').nth(1).expect("an id").parse().expect("a number");
        let creation = node.eval("erts_internal:get_creation().").parse().expect("a number");
        let client = Pid { node: Atom::new(node.name()), id, serial: 0, creation };
        let slot = Slot::all().nth(2).expect("a slot");
        let (module, function, arguments) =
            Start { client, slot, lease_ms: 60_000 }.call().expect("built-in parts");
        let arguments = literal(&Term::list(arguments));
        node.eval(&format!("spawn({module}, {function}, binary_to_term({arguments})), ok."));
        Attached { node, waiting: VecDeque::new() }
    }

    /// Waits for the next messages, each as external-term bytes without the version byte.
    fn take(&mut self) -> Vec<Vec<u8>> {
        let bytes = self.node.eval_bytes(
            "W = fun W() -> client ! {take, self()}, receive {taken, []} -> receive after 5 -> W() end; {taken, L} -> L end end, \
             << <<(byte_size(B)):32, B/binary>> || B <- W() >>.",
        );
        let mut rest = bytes.as_slice();
        let mut messages = Vec::new();
        while let Some((length, tail)) = rest.split_first_chunk::<4>() {
            let (message, tail) = tail.split_at(u32::from_be_bytes(*length) as usize);
            messages.push(message.to_vec());
            rest = tail;
        }
        messages
    }

    /// Control messages up to the first that `wanted` accepts; batches are checked and counted.
    fn until<T>(&mut self, events: &mut usize, wanted: impl Fn(Message) -> Option<T>) -> T {
        loop {
            let taken = if self.waiting.is_empty() { self.take() } else { Vec::new() };
            self.waiting.extend(taken);
            while let Some(bytes) = self.waiting.pop_front() {
                let reader = Reader::new(&bytes[1..], &Limits::default());
                match EventBatch::read(reader).expect("a message") {
                    Some(mut batch) => {
                        for _ in 0..batch.len {
                            assert!(batch.events.term().expect("an event").as_tuple().is_some());
                        }
                        *events += batch.len;
                    }
                    None => {
                        let (term, _) = pluto_term::decode(&bytes, &Limits::default()).expect("a term");
                        let message = Message::from_term(&term).unwrap_or_else(|e| panic!("{e}: {term:?}"));
                        if let Some(found) = wanted(message) {
                            return found;
                        }
                    }
                }
            }
        }
    }

    fn send(&mut self, command: &Command) {
        let message = literal(&command.to_term());
        self.node.eval(&format!(
            "[G] = [P || P <- processes(), process_info(P, current_function) =:= {{current_function, {{pluto_agent_2, loop, 1}}}}], \
             G ! binary_to_term({message}), ok."
        ));
    }

    fn reply(&mut self, command: &Command, events: &mut usize) -> Reply {
        self.send(command);
        self.until(events, |message| match message {
            Message::Reply { reply, .. } => Some(reply),
            _ => None,
        })
    }
}

fn literal(term: &Term) -> String {
    let mut bytes = Vec::new();
    encode(term, &mut bytes);
    format!("<<{}>>", bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(","))
}

fn stock() -> Mfa {
    Mfa { module: Atom::new("subject"), function: Atom::new("stock"), arity: 1 }
}

fn plan(limits: PlanLimits) -> Plan {
    let spec = Term::list([Term::tuple([Term::atom("_"), Term::list([]), Term::list([])])]);
    Plan {
        functions: vec![FunctionSpec { function: stock(), match_spec: spec }],
        processes: Processes::All,
        new: true,
        flags: ["call", "arity", "monotonic_timestamp"].map(Atom::new).into(),
        send: MessagePattern::Default,
        receive: MessagePattern::Default,
        rate: Rate::All,
        shape: vec![],
        max_event_bytes: None,
        limits,
    }
}

#[test]
fn a_whole_attachment_is_read() {
    for release in releases() {
        let mut attached = Attached::new(&release);
        let mut events = 0;
        let started = |message| match message {
            Message::Started { info, .. } => Some(info),
            _ => None,
        };
        let Info { otp, session, slot, .. } = attached.until(&mut events, started);
        let own = if release.otp() < 27 { SessionKind::Legacy } else { SessionKind::Own };
        assert_eq!((otp, session, slot.module().as_str()), (release.otp().to_string(), own, "pluto_agent_2"));

        attached.send(&Command::Renew);
        let count = Command::Count { id: 1, functions: vec![stock()], milliseconds: 20 };
        let Reply::Counted { microseconds, calls } = attached.reply(&count, &mut events) else {
            panic!("counted")
        };
        assert!(microseconds >= 20_000);
        assert_eq!(calls, [(stock(), 0)]);

        let limits = PlanLimits { max_events: Some(700), ..PlanLimits::default() };
        let arm = Command::Arm { id: 2, plan: plan(limits) };
        let Reply::Armed(armed) = attached.reply(&arm, &mut events) else { panic!("armed") };
        assert_eq!((armed.functions, armed.missing_count, armed.leftover_count), (1, 0, 0));
        let Reply::Error(_) = attached.reply(&arm, &mut events) else { panic!("armed twice") };
        let Reply::Status(status) = attached.reply(&Command::Status { id: 3 }, &mut events) else {
            panic!("status")
        };
        assert_eq!((status.phase.as_str(), status.events), ("armed", 0));

        attached.node.eval("[subject:stock(N) || N <- lists:seq(1, 1000)], ok.");
        let kind = attached.until(&mut events, |message| match message {
            Message::Limit { kind, limit, .. } => Some((kind, limit)),
            _ => None,
        });
        assert_eq!(kind, (LimitKind::MaxEvents, 700));
        let Reply::Stopped(proof) = attached.reply(&Command::Stop { id: 4 }, &mut events) else {
            panic!("stopped")
        };
        assert_eq!((proof.left, proof.left_count, events), (vec![], 0, 700));
        assert!(matches!(proof.sink, Some(SinkTotals::Finished { sent: 700, .. })), "{:?}", proof.sink);
        let loaded = attached.until(&mut events, |message| match message {
            Message::Gone { loaded } => Some(loaded),
            _ => None,
        });
        assert!(!loaded);
    }
}
