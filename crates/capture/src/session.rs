//! One node's side of a capture: bringing the agent there, commanding it, hearing it, and letting it go.

use crate::pipeline::Input;
use pluto_agent::{
    Command, EventBatch, Info, LimitKind, Message as AgentMessage, MessageError, Refusal, Reply, Slot, Start,
};
use pluto_dist::{
    CallError, Connection, Delivery, Lost, Mailbox, MailboxLimits, Message, SendError, SpawnOptions,
};
use pluto_term::{Limits, Pid, Term};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How often the lease is renewed; it lapses after three seconds.
const RENEWAL: Duration = Duration::from_secs(1);

/// An agent that says nothing for this long, status messages included, is given up.
const SILENCE_MAX: Duration = Duration::from_secs(15);

/// Control messages that may wait to be heard. The agent sends about two a second.
const NOTICES_MAX: usize = 256;

/// What a node's side has to say, besides events.
#[derive(Debug)]
pub enum Notice {
    /// A message of the agent.
    Agent(AgentMessage),
    /// Another client of the node asks the owner of this trace for something.
    Asked {
        /// The other client.
        from: Pid,
        /// Its request.
        request: Term,
    },
    /// The agent said something that is not in the protocol.
    Strange(MessageError),
    /// The guardian has ended; where it could, it has said why before.
    Down,
    /// The connection to the node is gone.
    Lost,
}

/// Why the agent could not be brought to a node, or does not do what it was told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The embedded agent cannot be used: a broken build.
    #[error("the built-in agent is broken: {0}")]
    Build(#[from] pluto_agent::StartError),
    /// The node started no process for us.
    #[error("the node started no process: {0}")]
    Spawn(#[from] CallError),
    /// Eight sessions of Pluto are on the node already.
    #[error("the node has all of its {slots} agents of Pluto already")]
    SlotsTaken {
        /// How many there can be.
        slots: usize,
    },
    /// The node did not load the agent's module.
    #[error("the node did not load the agent: {0:?}")]
    Load(Term),
    /// The agent refused a command; the reasons are listed in the agent's `PROTOCOL.md`.
    #[error("the agent refused: {0:?}")]
    Refused(Term),
    /// The connection was lost.
    #[error("the connection to the node was lost")]
    Lost,
    /// The agent has ended meanwhile.
    #[error("the agent on the node has ended")]
    Ended,
    /// The agent has ended because it heard nothing of us for too long.
    #[error(
        "the agent heard nothing of this side for {} ms, so it has undone everything and ended",
        Start::LEASE_MS
    )]
    LeaseLapsed,
    /// The agent said nothing for too long.
    #[error("the agent has said nothing for {} s", SILENCE_MAX.as_secs())]
    Silent,
    /// The agent answered something else than what it was asked for.
    #[error("the agent answered out of turn")]
    OutOfTurn,
    /// The connection took no message.
    #[error("cannot send to the node: {0}")]
    Send(#[from] SendError),
}

/// An agent on a node, from this side.
#[derive(Debug)]
pub struct Session {
    connection: Connection,
    client: Pid,
    guardian: Pid,
    info: Info,
    notices: mpsc::Receiver<Notice>,
    waiting: VecDeque<Notice>,
    next_id: u32,
    listener: JoinHandle<()>,
    renewal: JoinHandle<()>,
}

impl Session {
    /// Brings the agent to the node. Events go to `input` under the number `node`. Runs on a [`tokio::task::LocalSet`].
    ///
    /// # Errors
    /// See [`SessionError`]; nothing of ours is on the node then, or goes away by itself.
    pub async fn attach(
        connection: Connection,
        node: usize,
        input: mpsc::Sender<Input>,
    ) -> Result<Session, SessionError> {
        let (client, mailbox) = connection.mailbox(MailboxLimits::default()).await.map_err(lost)?;
        let (tell, mut notices) = mpsc::channel(NOTICES_MAX);
        let listener = tokio::task::spawn_local(listen(mailbox, node, input, tell));
        for slot in Slot::all() {
            let start = Start { client: client.clone(), slot, lease_ms: Start::LEASE_MS };
            let (module, function, arguments) = start.call()?;
            connection.spawn_request(&client, module, function, arguments, SpawnOptions::default()).await?;
            match opening(&mut notices).await? {
                Notice::Agent(AgentMessage::Started { guardian, info, .. }) => {
                    connection.monitor(&client, &guardian).await?;
                    let renewal = tokio::task::spawn_local(renew(connection.clone(), guardian.clone()));
                    return Ok(Session {
                        connection,
                        client,
                        guardian,
                        info,
                        notices,
                        waiting: VecDeque::new(),
                        next_id: 0,
                        listener,
                        renewal,
                    });
                }
                Notice::Agent(AgentMessage::Refused(Refusal::NameTaken)) => {}
                Notice::Agent(AgentMessage::Refused(Refusal::Load(why))) => {
                    return Err(SessionError::Load(why));
                }
                Notice::Lost => return Err(SessionError::Lost),
                Notice::Agent(AgentMessage::Gone { .. }) => return Err(SessionError::Ended),
                _ => return Err(SessionError::OutOfTurn),
            }
        }
        Err(SessionError::SlotsTaken { slots: Slot::all().count() })
    }

    /// What the agent told about the node.
    #[must_use]
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// Our process that the agent talks to.
    #[must_use]
    pub fn client(&self) -> &Pid {
        &self.client
    }

    /// The connection.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Sends a command, made with its number, and waits for the answer to it. What else is said meanwhile is kept for
    /// [`Session::notice`].
    ///
    /// # Errors
    /// [`SessionError::Refused`] where the agent refuses; others where it cannot be heard. After
    /// [`SessionError::Ended`] and [`SessionError::LeaseLapsed`] its last words are among the notices.
    pub async fn command(&mut self, command: impl FnOnce(u32) -> Command) -> Result<Reply, SessionError> {
        self.next_id += 1;
        let wanted = self.next_id;
        self.connection.send(&self.guardian, &command(wanted).to_term()).await?;
        loop {
            match next(&mut self.notices).await? {
                Notice::Agent(AgentMessage::Reply { id, reply }) if id == wanted => {
                    return match reply {
                        Reply::Error(reason) => Err(SessionError::Refused(reason)),
                        reply => Ok(reply),
                    };
                }
                Notice::Lost => return Err(SessionError::Lost),
                gone @ Notice::Agent(AgentMessage::Gone { .. }) => {
                    let lapsed = self.waiting.iter().any(is_lapse);
                    self.waiting.push_back(gone);
                    return Err(if lapsed { SessionError::LeaseLapsed } else { SessionError::Ended });
                }
                other => self.waiting.push_back(other),
            }
        }
    }

    /// Answers another client's request.
    ///
    /// # Errors
    /// Where the node cannot pass it on.
    pub async fn answer(&self, to: &Pid, answer: Term) -> Result<(), CallError> {
        let message = Term::tuple([Term::atom("pluto_answered"), answer]);
        pass_on(&self.connection, &self.client, to, message).await
    }

    /// The next thing that the node's side has to say.
    pub async fn notice(&mut self) -> Notice {
        match self.waiting.pop_front() {
            Some(notice) => notice,
            None => self.notices.recv().await.unwrap_or(Notice::Lost),
        }
    }

    /// The next notice of an agent that is ending; `None` where nothing comes any more.
    pub async fn last_notice(&mut self) -> Option<Notice> {
        match self.waiting.pop_front() {
            Some(notice) => Some(notice),
            None => next(&mut self.notices).await.ok(),
        }
    }

    /// Waits until the agent says that it is gone from the node, with its module. False where it did not say so.
    pub async fn wait_until_gone(&mut self) -> bool {
        loop {
            match self.last_notice().await {
                Some(Notice::Agent(AgentMessage::Gone { loaded })) => return !loaded,
                Some(Notice::Lost) | None => return false,
                Some(_) => {}
            }
        }
    }
}

/// Has the node send a message to a process of another client: two hidden nodes have no connection with each other.
///
/// # Errors
/// Where the node starts no process for it.
pub async fn pass_on(connection: &Connection, from: &Pid, to: &Pid, message: Term) -> Result<(), CallError> {
    let options = Term::list([Term::atom("noconnect"), Term::atom("nosuspend")]);
    let arguments = vec![Term::Pid(to.clone()), message, options];
    connection.spawn_request(from, "erlang", "send", arguments, SpawnOptions::default()).await?;
    Ok(())
}

impl Drop for Session {
    fn drop(&mut self) {
        self.renewal.abort();
        self.listener.abort();
    }
}

fn lost(_why: Lost) -> SessionError {
    SessionError::Lost
}

async fn next(notices: &mut mpsc::Receiver<Notice>) -> Result<Notice, SessionError> {
    match tokio::time::timeout(SILENCE_MAX, notices.recv()).await {
        Ok(Some(notice)) => Ok(notice),
        Ok(None) => Err(SessionError::Lost),
        Err(_elapsed) => Err(SessionError::Silent),
    }
}

/// What the node's side says first. An agent of which a part is killed while it starts tells of a gap, and then that it is
/// gone.
async fn opening(notices: &mut mpsc::Receiver<Notice>) -> Result<Notice, SessionError> {
    loop {
        match next(notices).await? {
            Notice::Agent(AgentMessage::Gap { .. }) => {}
            other => return Ok(other),
        }
    }
}

fn is_lapse(notice: &Notice) -> bool {
    matches!(notice, Notice::Agent(AgentMessage::Limit { kind: LimitKind::Lease, .. }))
}

async fn renew(connection: Connection, guardian: Pid) {
    let renew = Command::Renew.to_term();
    let mut interval = tokio::time::interval(RENEWAL);
    loop {
        interval.tick().await;
        if connection.send(&guardian, &renew).await.is_err() {
            return;
        }
    }
}

/// Hands events to the pipeline, waiting where its queue is full, and everything else to the session.
async fn listen(mut mailbox: Mailbox, node: usize, input: mpsc::Sender<Input>, tell: mpsc::Sender<Notice>) {
    loop {
        let notice = match mailbox.recv().await {
            Some(Delivery::Message(message)) if is_batch(&message) => {
                // Where the consumer has failed, it says so where it is waited for. What the agent answers is still to
                // be heard: without it there would be no proof that everything is undone.
                let _failed = input.send(Input::Batch(node, message)).await;
                continue;
            }
            Some(Delivery::Message(message)) => control(&message),
            Some(Delivery::Down { .. }) => Notice::Down,
            Some(Delivery::ConnectionLost { .. }) | None => {
                // Nobody is there to hear it where the session was dropped first.
                let _dropped = tell.send(Notice::Lost).await;
                return;
            }
            Some(_) => continue,
        };
        if tell.send(notice).await.is_err() {
            return;
        }
    }
}

fn is_batch(message: &Message) -> bool {
    matches!(EventBatch::read(message.reader(&Limits::default())), Ok(Some(_)))
}

fn control(message: &Message) -> Notice {
    let term = match message.term(&Limits::default()) {
        Ok(term) => term,
        Err(error) => return Notice::Strange(MessageError::Unreadable(error)),
    };
    if let Some([Term::Atom(name), Term::Pid(from), request]) = term.as_tuple()
        && name.as_str() == "pluto_asked"
    {
        return Notice::Asked { from: from.clone(), request: request.clone() };
    }
    match AgentMessage::from_term(&term) {
        Ok(message) => Notice::Agent(message),
        Err(error) => Notice::Strange(error),
    }
}
