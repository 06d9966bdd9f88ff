//! The task that owns a connection: moves bytes between the socket and the [`Endpoint`], events to mailboxes and calls,
//! and carries out what the handles ask. Everything the protocol knows is in the endpoint.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pluto_term::{Atom, Pid, Reference, Term};
use rustc_hash::FxHashMap;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::endpoint::{Counters, Endpoint, Event, LocalId, SpawnOptions};
use crate::mailbox::{Delivery, Mailbox, MailboxLimits, MailboxSender, mailbox};
use crate::{Lost, Message, SendError};

/// Bytes read from the socket at once.
const READ_BYTES: usize = 128 << 10;

/// How long what is queued may take to leave when we close.
const FAREWELL: Duration = Duration::from_secs(1);

/// What a call came to, before its answer is decoded.
#[derive(Debug)]
pub(crate) enum CallEnd {
    /// The process that ran the function ended with this reason.
    Ended(Message),
    /// The node refused to start it.
    Refused(Atom),
}

/// Names a call before it has a reference.
pub(crate) type CallId = u64;

/// A request of a handle.
#[derive(Debug)]
pub(crate) enum Command {
    Open { limits: MailboxLimits, reply: oneshot::Sender<(Pid, Mailbox)> },
    Send { to: Pid, payload: Vec<u8>, reply: oneshot::Sender<Result<(), SendError>> },
    SendName { name: String, payload: Vec<u8>, reply: oneshot::Sender<Result<(), SendError>> },
    Call { id: CallId, spawn: SpawnCommand, reply: oneshot::Sender<Result<CallEnd, SendError>> },
    Spawn { owner: Pid, spawn: SpawnCommand, options: SpawnOptions, reply: oneshot::Sender<SpawnAnswer> },
    Monitor { owner: Pid, target: Pid, reply: oneshot::Sender<Result<Reference, SendError>> },
    MonitorName { owner: Pid, name: String, reply: oneshot::Sender<Reference> },
    Demonitor { reference: Reference },
    Link { owner: Pid, target: Pid, reply: oneshot::Sender<Result<(), SendError>> },
    Unlink { owner: Pid, target: Pid },
    Exit { to: Pid, reason: Vec<u8>, reply: oneshot::Sender<Result<(), SendError>> },
    Counters { reply: oneshot::Sender<Counters> },
    NetTicktime { ticktime: Duration },
    Close { done: oneshot::Sender<()> },
}

/// Answer to [`Command::Spawn`]: the pid and the request's reference.
pub(crate) type SpawnAnswer = Result<(Result<Pid, Atom>, Reference), SendError>;

/// A function and its arguments.
#[derive(Debug)]
pub(crate) struct SpawnCommand {
    pub(crate) module: String,
    pub(crate) function: String,
    pub(crate) arguments: Vec<Term>,
    /// Whether the function is to be run by `erpc:execute_call/4`, whose first argument is the request itself.
    pub(crate) erpc: bool,
}

struct Call {
    id: CallId,
    reply: oneshot::Sender<Result<CallEnd, SendError>>,
}

/// Receiving ends of what the handles send.
pub(crate) struct Inbox {
    pub(crate) commands: mpsc::Receiver<Command>,
    /// Calls whose callers have gone.
    pub(crate) ended: mpsc::UnboundedReceiver<CallId>,
}

pub(crate) struct Driver {
    endpoint: Endpoint,
    caller: LocalId,
    mailboxes: FxHashMap<LocalId, MailboxSender>,
    calls: FxHashMap<Reference, Call>,
    spawns: FxHashMap<Reference, oneshot::Sender<SpawnAnswer>>,
    closed_mailboxes: mpsc::UnboundedReceiver<LocalId>,
    close_mailbox: mpsc::UnboundedSender<LocalId>,
    lost: Arc<OnceLock<Lost>>,
    start: Instant,
}

/// A delivery that its mailbox has no room for.
struct Stalled {
    mailbox: MailboxSender,
    delivery: Delivery,
    bytes: usize,
}

/// What the driver woke up for.
enum Turn {
    Read(io::Result<usize>),
    Wrote(io::Result<usize>),
    Command(Option<Command>),
    Ended(CallId),
    MailboxClosed(LocalId),
    Room,
    Time,
}

impl Driver {
    pub(crate) fn new(endpoint: Endpoint, lost: Arc<OnceLock<Lost>>, start: Instant) -> Self {
        let caller = endpoint.internal_process();
        let (close_mailbox, closed_mailboxes) = mpsc::unbounded_channel();
        Self {
            endpoint,
            caller,
            mailboxes: FxHashMap::default(),
            calls: FxHashMap::default(),
            spawns: FxHashMap::default(),
            closed_mailboxes,
            close_mailbox,
            lost,
            start,
        }
    }

    /// Runs until the connection ends.
    pub(crate) async fn run<S>(mut self, stream: S, mut inbox: Inbox)
    where
        S: AsyncRead + AsyncWrite,
    {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let mut done = None;
        let lost = self.serve(&mut reader, &mut writer, &mut inbox, &mut done).await;
        if lost == Lost::Closed {
            let farewell = async {
                writer.write_all(self.endpoint.output()).await?;
                writer.shutdown().await
            };
            // We are leaving either way: what did not get through in time is given up.
            drop(tokio::time::timeout(FAREWELL, farewell).await);
        }
        // The first to be set; nobody else sets it. Dropping the driver then ends mailboxes and calls.
        drop(self.lost.set(lost));
        drop(self);
        drop((reader, writer));
        if let Some(done) = done {
            let _: Result<(), ()> = done.send(());
        }
    }

    async fn serve<R, W>(
        &mut self,
        reader: &mut R,
        writer: &mut W,
        inbox: &mut Inbox,
        done: &mut Option<oneshot::Sender<()>>,
    ) -> Lost
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        let mut buffer = vec![0; READ_BYTES];
        let mut stalled = None;
        let mut unflushed = false;
        // What was received before the other direction broke is still handed out, and reading tells how the connection ended.
        let mut write_failed = None;
        loop {
            if stalled.is_none() {
                stalled = match self.deliver_events() {
                    Ok(stalled) => stalled,
                    Err(lost) => return lost,
                };
            }
            let calm = self.endpoint.pending_output() <= Endpoint::OUTPUT_PAUSE;
            let reading = stalled.is_none() && calm;
            if let Err(silent) = self.endpoint.advance(self.start.elapsed(), reading) {
                return Lost::Silent(silent);
            }
            if write_failed.is_some() {
                self.endpoint.sent(self.endpoint.pending_output());
                unflushed = false;
            }
            let writing = unflushed || self.endpoint.pending_output() > 0;
            let wake = self.start + self.endpoint.next_timeout();
            let turn = tokio::select! {
                result = write_some(writer, self.endpoint.output()), if writing => Turn::Wrote(result),
                result = reader.read(&mut buffer), if reading => Turn::Read(result),
                () = room(stalled.as_ref()), if stalled.is_some() => Turn::Room,
                command = inbox.commands.recv(), if calm => Turn::Command(command),
                Some(ended) = inbox.ended.recv() => Turn::Ended(ended),
                Some(closed) = self.closed_mailboxes.recv() => Turn::MailboxClosed(closed),
                () = tokio::time::sleep_until(wake) => Turn::Time,
            };
            match turn {
                Turn::Read(Ok(0)) => return write_failed.unwrap_or(Lost::ByPeer),
                Turn::Read(Ok(count)) => self.endpoint.receive(buffer.get(..count).unwrap_or_default()),
                Turn::Wrote(Ok(count)) => {
                    self.endpoint.sent(count);
                    unflushed = count > 0;
                }
                Turn::Read(Err(error)) => return network(&error),
                Turn::Wrote(Err(error)) => write_failed = Some(network(&error)),
                Turn::Command(None) => return Lost::Closed,
                Turn::Command(Some(Command::Close { done: reply })) => {
                    *done = Some(reply);
                    return Lost::Closed;
                }
                Turn::Command(Some(command)) => self.carry_out(command),
                Turn::Ended(call) => self.forget_call(call),
                Turn::MailboxClosed(closed) => self.close_mailbox(closed),
                Turn::Room => {
                    stalled = stalled.take().and_then(Stalled::retry);
                }
                Turn::Time => {}
            }
        }
    }

    /// Hands events out until there is none, or one finds no room.
    fn deliver_events(&mut self) -> Result<Option<Stalled>, Lost> {
        while let Some(event) = self.endpoint.poll().map_err(Lost::Protocol)? {
            if event.to() == self.caller {
                self.end_call(event);
                continue;
            }
            let (to, bytes) = (event.to(), event.size());
            match event {
                Event::Spawned { reference, result, .. } => {
                    if let Some(reply) = self.spawns.remove(&reference) {
                        // Where nobody waits any more, the owner's mailbox still gets its monitor's message.
                        drop(reply.send(Ok((result, reference))));
                    }
                }
                event => {
                    if let (Some(mailbox), Some(delivery)) =
                        (self.mailboxes.get(&to), Delivery::from_event(event))
                        && let Some(delivery) = mailbox.try_deliver(delivery, bytes)
                    {
                        return Ok(Some(Stalled { mailbox: mailbox.clone(), delivery, bytes }));
                    }
                }
            }
        }
        Ok(None)
    }

    fn end_call(&mut self, event: Event) {
        let (reference, end) = match event {
            Event::Spawned { reference, result: Err(error), .. } => (reference, CallEnd::Refused(error)),
            Event::Down { reference, reason, .. } => (reference, CallEnd::Ended(reason)),
            Event::Spawned { .. } | Event::Message { .. } | Event::Exit { .. } => return,
        };
        if let Some(call) = self.calls.remove(&reference) {
            // A caller that gave up in this moment has no use for the answer.
            drop(call.reply.send(Ok(end)));
        }
    }

    fn forget_call(&mut self, id: CallId) {
        let given_up: Vec<Reference> =
            self.calls.extract_if(|_, call| call.id == id).map(|(reference, _)| reference).collect();
        for reference in given_up {
            self.endpoint.abandon(&reference);
        }
    }

    fn close_mailbox(&mut self, id: LocalId) {
        self.mailboxes.remove(&id);
        self.endpoint.close_process(id);
    }

    /// Replies are dropped where the handle that asked has given up.
    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Open { limits, reply } => {
                let id = self.endpoint.open_process();
                let (sender, receiver) =
                    mailbox(id, limits, Arc::clone(&self.lost), self.close_mailbox.clone());
                self.mailboxes.insert(id, sender);
                drop(reply.send((self.endpoint.pid(id), receiver)));
            }
            Command::Send { to, payload, reply } => {
                drop(reply.send(self.endpoint.send(self.caller, &to, &payload)));
            }
            Command::SendName { name, payload, reply } => {
                drop(reply.send(self.endpoint.send_name(self.caller, &name, &payload)));
            }
            Command::Call { id, spawn, reply } => self.call(id, spawn, reply),
            Command::Spawn { owner, spawn, options, reply } => self.spawn(&owner, spawn, options, reply),
            Command::Monitor { owner, target, reply } => {
                let owner = self.owner(&owner);
                drop(reply.send(self.endpoint.monitor(owner, &target)));
            }
            Command::MonitorName { owner, name, reply } => {
                let owner = self.owner(&owner);
                drop(reply.send(self.endpoint.monitor_name(owner, &name)));
            }
            Command::Demonitor { reference } => self.endpoint.demonitor(&reference),
            Command::Link { owner, target, reply } => {
                let owner = self.owner(&owner);
                drop(reply.send(self.endpoint.link(owner, &target)));
            }
            Command::Unlink { owner, target } => {
                let owner = self.owner(&owner);
                self.endpoint.unlink(owner, &target);
            }
            Command::Exit { to, reason, reply } => {
                drop(reply.send(self.endpoint.exit(self.caller, &to, &reason)));
            }
            Command::Counters { reply } => drop(reply.send(self.endpoint.counters())),
            Command::NetTicktime { ticktime } => self.endpoint.set_net_ticktime(ticktime),
            Command::Close { done } => drop(done),
        }
    }

    /// The process of ours behind a pid; for a mailbox that is gone, the one that hears nothing.
    fn owner(&self, pid: &Pid) -> LocalId {
        self.endpoint.local(pid).unwrap_or(self.caller)
    }

    fn call(&mut self, id: CallId, spawn: SpawnCommand, reply: oneshot::Sender<Result<CallEnd, SendError>>) {
        let options = SpawnOptions { monitor: true, link: false };
        match self.request_spawn(self.caller, spawn, options) {
            Ok(reference) => drop(self.calls.insert(reference, Call { id, reply })),
            Err(error) => drop(reply.send(Err(error))),
        }
    }

    fn spawn(
        &mut self,
        owner: &Pid,
        spawn: SpawnCommand,
        options: SpawnOptions,
        reply: oneshot::Sender<SpawnAnswer>,
    ) {
        let owner = self.owner(owner);
        match self.request_spawn(owner, spawn, options) {
            Ok(reference) => drop(self.spawns.insert(reference, reply)),
            Err(error) => drop(reply.send(Err(error))),
        }
    }

    fn request_spawn(
        &mut self,
        owner: LocalId,
        spawn: SpawnCommand,
        options: SpawnOptions,
    ) -> Result<Reference, SendError> {
        let reference = self.endpoint.make_reference();
        let mut payload = Vec::new();
        let SpawnCommand { module, function, arguments, erpc } = spawn;
        let mfa = if erpc {
            let arguments = [
                Term::Reference(reference.clone()),
                Term::atom(&module),
                Term::atom(&function),
                Term::List(arguments),
            ];
            pluto_term::encode_bare(&Term::list(arguments), &mut payload);
            ("erpc", "execute_call", 4)
        } else {
            let arity = arguments.len();
            pluto_term::encode_bare(&Term::List(arguments), &mut payload);
            (module.as_str(), function.as_str(), arity)
        };
        self.endpoint.spawn_encoded(owner, &reference, mfa, &payload, options)?;
        Ok(reference)
    }
}

impl Stalled {
    fn retry(self) -> Option<Self> {
        let Self { mailbox, delivery, bytes } = self;
        let delivery = mailbox.try_deliver(delivery, bytes)?;
        Some(Self { mailbox, delivery, bytes })
    }
}

async fn room(stalled: Option<&Stalled>) {
    if let Some(stalled) = stalled {
        stalled.mailbox.room(stalled.bytes).await;
    }
}

/// Writes some of `output`; with none left, flushes what TLS still holds.
async fn write_some<W: AsyncWrite + Unpin>(writer: &mut W, output: &[u8]) -> io::Result<usize> {
    if output.is_empty() {
        writer.flush().await?;
        return Ok(0);
    }
    match writer.write(output).await {
        Ok(0) => Err(io::ErrorKind::WriteZero.into()),
        result => result,
    }
}

fn network(error: &io::Error) -> Lost {
    match error.kind() {
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => Lost::ByPeer,
        kind => Lost::Network { kind, message: error.to_string() },
    }
}
