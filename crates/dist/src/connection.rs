//! The handle of a connection.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pluto_term::{Limits, Pid, Reference, Term, encode_bare};
use tokio::sync::{mpsc, oneshot};

use crate::driver::{CallEnd, CallId, Command, Inbox, SpawnCommand};
use crate::endpoint::{Counters, SpawnOptions};
use crate::mailbox::{Mailbox, MailboxLimits};
use crate::{CallError, Lost, Peer, SendError};

/// Requests that wait for the driver.
const COMMANDS: usize = 64;

/// A connection to a node. Clones share it; it closes when the last one is dropped.
///
/// Calls and mailboxes share one stream: while a mailbox is full, nothing is read, and calls wait too. Whoever makes calls
/// must read its mailboxes meanwhile.
#[derive(Debug, Clone)]
pub struct Connection {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    peer: Peer,
    commands: mpsc::Sender<Command>,
    ended: mpsc::UnboundedSender<CallId>,
    lost: Arc<OnceLock<Lost>>,
    calls: AtomicU64,
    limits: Limits,
}

/// A process started on the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spawned {
    /// Its pid.
    pub pid: Pid,
    /// The monitor on it, when one was asked for.
    pub monitor: Option<Reference>,
}

/// Tells the driver when a call is given up.
struct CallGuard<'a> {
    id: CallId,
    ended: &'a mpsc::UnboundedSender<CallId>,
}

impl Drop for CallGuard<'_> {
    fn drop(&mut self) {
        // Where the driver is gone, so is the call.
        let _: Result<(), mpsc::error::SendError<CallId>> = self.ended.send(self.id);
    }
}

impl Connection {
    pub(crate) fn new(peer: Peer, lost: Arc<OnceLock<Lost>>, limits: Limits) -> (Self, Inbox) {
        let (commands, command_receiver) = mpsc::channel(COMMANDS);
        let (ended, ended_receiver) = mpsc::unbounded_channel();
        let shared = Shared { peer, commands, ended, lost, calls: AtomicU64::new(0), limits };
        (Self { shared: Arc::new(shared) }, Inbox { commands: command_receiver, ended: ended_receiver })
    }

    /// Whom we are connected to, and as whom.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.shared.peer
    }

    /// Why the connection ended, once it has.
    #[must_use]
    pub fn lost(&self) -> Option<Lost> {
        self.shared.lost.get().cloned()
    }

    /// Applies a function on the node and waits for its value, as `erpc:call/5` does: a fresh process runs it.
    ///
    /// A call that times out, or whose future is dropped, is forgotten; the function may still run to its end.
    ///
    /// # Errors
    /// When the function fails, the node refuses, no answer comes in time, or the connection is gone.
    pub async fn call(
        &self,
        module: &str,
        function: &str,
        arguments: Vec<Term>,
        timeout: Duration,
    ) -> Result<Term, CallError> {
        let id = self.shared.calls.fetch_add(1, Ordering::Relaxed);
        let guard = CallGuard { id, ended: &self.shared.ended };
        let spawn =
            SpawnCommand { module: module.to_owned(), function: function.to_owned(), arguments, erpc: true };
        let answer = self.ask(|reply| Command::Call { id, spawn, reply });
        let end = match tokio::time::timeout(timeout, answer).await {
            Err(_) => return Err(CallError::Timeout),
            Ok(Err(lost)) => return Err(CallError::Lost(lost)),
            Ok(Ok(Err(error))) => return Err(CallError::NotSent(error)),
            Ok(Ok(Ok(end))) => end,
        };
        drop(guard);
        match end {
            CallEnd::Refused(error) => Err(CallError::Refused(error)),
            CallEnd::Ended(reason) => {
                call_result(reason.term(&self.shared.limits).map_err(CallError::Unreadable)?)
            }
        }
    }

    /// Starts a process on the node. Its end comes to the mailbox of `owner` when it is monitored or linked.
    ///
    /// # Errors
    /// When the node refuses, or the connection is gone.
    pub async fn spawn_request(
        &self,
        owner: &Pid,
        module: &str,
        function: &str,
        arguments: Vec<Term>,
        options: SpawnOptions,
    ) -> Result<Spawned, CallError> {
        let owner = owner.clone();
        let spawn =
            SpawnCommand { module: module.to_owned(), function: function.to_owned(), arguments, erpc: false };
        let answer = self.ask(|reply| Command::Spawn { owner, spawn, options, reply }).await;
        let (result, reference) = answer.map_err(CallError::Lost)?.map_err(CallError::NotSent)?;
        let pid = result.map_err(CallError::Refused)?;
        Ok(Spawned { pid, monitor: options.monitor.then_some(reference) })
    }

    /// Makes a process of ours: its pid, to which processes of the node can send, and its mailbox.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn mailbox(&self, limits: MailboxLimits) -> Result<(Pid, Mailbox), Lost> {
        self.ask(|reply| Command::Open { limits, reply }).await
    }

    /// Sends a message to a process of the node.
    ///
    /// # Errors
    /// When the pid belongs to another node, the message is too long, or the connection is gone. That the process is gone is
    /// no error: the message is lost, as in Erlang.
    pub async fn send(&self, to: &Pid, message: &Term) -> Result<(), SendError> {
        let (to, payload) = (to.clone(), encoded(message));
        self.ask(|reply| Command::Send { to, payload, reply }).await.map_err(SendError::Lost)?
    }

    /// Sends a message to whoever has a registered name on the node.
    ///
    /// # Errors
    /// When the message is too long, or the connection is gone.
    pub async fn send_name(&self, name: &str, message: &Term) -> Result<(), SendError> {
        let (name, payload) = (name.to_owned(), encoded(message));
        self.ask(|reply| Command::SendName { name, payload, reply }).await.map_err(SendError::Lost)?
    }

    /// Monitors a process of the node for the mailbox of `owner`, which gets one `Down` with this reference.
    ///
    /// # Errors
    /// When the pid belongs to another node, or the connection is gone.
    pub async fn monitor(&self, owner: &Pid, target: &Pid) -> Result<Reference, SendError> {
        let (owner, target) = (owner.clone(), target.clone());
        self.ask(|reply| Command::Monitor { owner, target, reply }).await.map_err(SendError::Lost)?
    }

    /// Monitors whoever has a registered name on the node now.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn monitor_name(&self, owner: &Pid, name: &str) -> Result<Reference, Lost> {
        let (owner, name) = (owner.clone(), name.to_owned());
        self.ask(|reply| Command::MonitorName { owner, name, reply }).await
    }

    /// Takes a monitor back. A `Down` that is queued in the mailbox already stays there.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn demonitor(&self, reference: &Reference) -> Result<(), Lost> {
        self.tell(Command::Demonitor { reference: reference.clone() }).await
    }

    /// Links the process of a mailbox to one of the node.
    ///
    /// # Errors
    /// When the pid belongs to another node, or the connection is gone.
    pub async fn link(&self, owner: &Pid, target: &Pid) -> Result<(), SendError> {
        let (owner, target) = (owner.clone(), target.clone());
        self.ask(|reply| Command::Link { owner, target, reply }).await.map_err(SendError::Lost)?
    }

    /// Takes a link back.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn unlink(&self, owner: &Pid, target: &Pid) -> Result<(), Lost> {
        self.tell(Command::Unlink { owner: owner.clone(), target: target.clone() }).await
    }

    /// Sends an exit signal, as `exit/2` does.
    ///
    /// # Errors
    /// When the pid belongs to another node, or the connection is gone.
    pub async fn exit(&self, to: &Pid, reason: &Term) -> Result<(), SendError> {
        let (to, reason) = (to.clone(), encoded(reason));
        self.ask(|reply| Command::Exit { to, reason, reply }).await.map_err(SendError::Lost)?
    }

    /// What arrived and left so far.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn counters(&self) -> Result<Counters, Lost> {
        self.ask(|reply| Command::Counters { reply }).await
    }

    /// Sets the time after which a silent node counts as dead (five quarters of it); should be the node's own
    /// `net_ticktime`.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn set_net_ticktime(&self, ticktime: Duration) -> Result<(), Lost> {
        self.tell(Command::NetTicktime { ticktime }).await
    }

    /// Sends what is queued, for at most a second, and closes the connection.
    pub async fn close(&self) {
        // Lost already is closed as well.
        drop(self.ask(|done| Command::Close { done }).await);
    }

    async fn tell(&self, command: Command) -> Result<(), Lost> {
        self.shared.commands.send(command).await.map_err(|_| self.reason())
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, Lost> {
        let (reply, answer) = oneshot::channel();
        self.tell(command(reply)).await?;
        answer.await.map_err(|_| self.reason())
    }

    fn reason(&self) -> Lost {
        self.shared.lost.get().cloned().unwrap_or(Lost::Closed)
    }
}

fn encoded(term: &Term) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_bare(term, &mut bytes);
    bytes
}

/// `erpc:execute_call/4` ends its process with `{Ref, return, Value}`, `{Ref, throw|exit|error, Reason}` or
/// `{Ref, error, Reason, Stack}`; any other reason means that the process was ended by something else.
fn call_result(reason: Term) -> Result<Term, CallError> {
    let Term::Tuple(parts) = reason else { return Err(CallError::Killed(reason)) };
    match <[Term; 3]>::try_from(parts) {
        Ok([reference @ Term::Reference(_), kind, value]) => match kind.as_atom() {
            Some("return") => Ok(value),
            Some("throw") => Err(CallError::Throw(value)),
            Some("exit") => Err(CallError::Exit(value)),
            Some("error") => Err(CallError::Error { reason: value, stack: None }),
            _ => Err(CallError::Killed(Term::tuple([reference, kind, value]))),
        },
        Ok(parts) => Err(CallError::Killed(Term::tuple(parts))),
        Err(parts) => match <[Term; 4]>::try_from(parts) {
            Ok([Term::Reference(_), kind, reason, stack]) if kind.as_atom() == Some("error") => {
                Err(CallError::Error { reason, stack: Some(stack) })
            }
            Ok(parts) => Err(CallError::Killed(Term::tuple(parts))),
            Err(parts) => Err(CallError::Killed(Term::Tuple(parts))),
        },
    }
}
