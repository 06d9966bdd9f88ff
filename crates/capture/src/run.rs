//! A capture from its first event to its proof that nothing is left: several nodes, one stream.

use crate::pipeline::{Consumer, Input, Learned, Pipeline, Progress};
use crate::session::{Notice, Session, SessionError};
use crate::target::{Asked, NodePlan};
use pluto_agent::{Armed, Command, LimitKind, Message as AgentMessage, Proof, Reply, Status};
use pluto_event::{GapCause, Missing};
use pluto_term::Term;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How often what was taken is made last, or visible.
const FLUSH: Duration = Duration::from_millis(200);

/// What is learned of functions waits so long for more of it before it is told to the node.
const GATHER: Duration = Duration::from_millis(5);

/// A node is told at most this often what was learned, but for some times at the beginning: each time its code
/// modification permission is taken, which others may wait for.
const TEACH: Duration = Duration::from_secs(1);

/// The times at the beginning.
const TEACH_AT_ONCE: u32 = 16;

/// Happenings that may wait to be watched.
const HAPPENINGS_MAX: usize = 64;

/// A node that is armed.
#[derive(Debug)]
pub struct ArmedNode {
    /// The node's name.
    pub name: String,
    /// The agent on it.
    pub session: Session,
    /// What it was told to trace.
    pub plan: NodePlan,
    /// What it set.
    pub armed: Armed,
}

/// What goes on while a capture runs; a node is named by its number in the capture.
#[derive(Debug)]
pub enum Happening {
    /// How the agent of a node is.
    Status(usize, Status),
    /// A limit switched tracing off on a node.
    Limit(usize, LimitKind, u64, u64),
    /// Events of a node are missing.
    Gap(usize, GapCause, Missing),
    /// The plan of a node was changed by another client.
    Adjusted(usize, String),
    /// Another client stopped the trace of a node.
    Stopped(usize),
    /// The connection to a node was lost, or its agent has ended.
    Lost(usize),
    /// How far the capture has come.
    Progress(Progress),
}

/// Why a capture ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// It was asked to.
    Asked,
    /// Its time had passed.
    Duration,
    /// It has the events that were wanted.
    Events,
    /// Its consumer has as much as it may have.
    Full,
    /// Its trigger fired.
    Triggered,
    /// Every node is lost, was stopped by another client, or hit a limit.
    NoNodeLeft,
    /// The consumer failed.
    ConsumerFailed,
}

/// How the capture of one node ended.
#[derive(Debug)]
pub struct NodeOutcome {
    /// The node's name.
    pub name: String,
    /// What was set.
    pub armed: Armed,
    /// The proof that everything was undone; `None` where the node could not be asked any more.
    pub proof: Option<Proof>,
    /// Whether the agent said that its module is unloaded.
    pub gone: bool,
    /// The limit that switched tracing off, with what was measured and what was allowed.
    pub limit: Option<(LimitKind, u64, u64)>,
    /// The last status of the agent.
    pub status: Option<Status>,
    /// What went wrong at the end.
    pub error: Option<SessionError>,
}

/// How a capture ended.
#[derive(Debug)]
pub struct Outcome<C: Consumer> {
    /// Why.
    pub why: EndReason,
    /// How far it came.
    pub progress: Progress,
    /// Each node, by its number.
    pub nodes: Vec<NodeOutcome>,
    /// The consumer.
    pub consumer: C,
    /// What stopped the consumer, where something did.
    pub consumed: Result<(), C::Error>,
}

/// Runs a capture of armed nodes until `stop` is ready, a bound is reached, or nothing is left to capture.
/// Must be called on a [`tokio::task::LocalSet`].
pub async fn run<C: Consumer>(
    nodes: Vec<ArmedNode>,
    mut pipeline: Pipeline<C>,
    duration: Option<Duration>,
    stop: impl Future<Output = ()>,
    mut watch_happening: impl FnMut(&Happening),
) -> Outcome<C> {
    let (stop_nodes, stopping) = watch::channel(false);
    let (tell, mut happenings) = mpsc::channel(HAPPENINGS_MAX);
    let learned = std::mem::take(&mut pipeline.learned);
    let mut attendants: Vec<JoinHandle<NodeOutcome>> = nodes
        .into_iter()
        .zip(learned)
        .enumerate()
        .map(|(index, (node, learned))| {
            let attendant = Attendant {
                index,
                stop: stopping.clone(),
                tell: tell.clone(),
                input: pipeline.input.clone(),
                lessons: Lessons::new(learned),
            };
            tokio::task::spawn_local(attendant.attend(node))
        })
        .collect();
    drop(tell);
    let deadline = async {
        match duration {
            Some(duration) => tokio::time::sleep(duration).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(stop, deadline);
    let mut flush = tokio::time::interval(FLUSH);
    let mut why = None;
    let why = loop {
        tokio::select! {
            () = &mut stop => break why.unwrap_or(EndReason::Asked),
            () = &mut deadline => break EndReason::Duration,
            happening = happenings.recv() => match happening {
                Some(happening) => watch_happening(&happening),
                None => break why.take().unwrap_or(EndReason::NoNodeLeft),
            },
            _ = flush.tick() => {
                // A full queue is being worked on, and flushed by its own weight.
                let _full = pipeline.input.try_send(Input::Flush);
            }
            changed = pipeline.progress.changed() => {
                if changed.is_err() {
                    break EndReason::ConsumerFailed;
                }
                let progress = *pipeline.progress.borrow_and_update();
                watch_happening(&Happening::Progress(progress));
                if progress.complete {
                    break EndReason::Events;
                }
                if progress.full {
                    break EndReason::Full;
                }
                if progress.triggered {
                    break EndReason::Triggered;
                }
            }
        }
    };
    stop_nodes.send_replace(true);
    let mut outcomes = Vec::new();
    for attendant in &mut attendants {
        if let Some(outcome) = attend_to_the_end(attendant, &mut happenings, &mut watch_happening).await {
            outcomes.push(outcome);
        }
    }
    let progress = pipeline.progress.clone();
    let (consumer, consumed) = pipeline.finish();
    let progress = *progress.borrow();
    Outcome { why, progress, nodes: outcomes, consumer, consumed }
}

/// Waits for a node's outcome while its last happenings are still watched.
async fn attend_to_the_end(
    attendant: &mut JoinHandle<NodeOutcome>,
    happenings: &mut mpsc::Receiver<Happening>,
    watch_happening: &mut impl FnMut(&Happening),
) -> Option<NodeOutcome> {
    loop {
        tokio::select! {
            biased;
            Some(happening) = happenings.recv() => watch_happening(&happening),
            outcome = &mut *attendant => match outcome {
                Ok(outcome) => return Some(outcome),
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_cancelled) => return None,
            },
        }
    }
}

/// Looks after one node until the end.
struct Attendant {
    index: usize,
    stop: watch::Receiver<bool>,
    tell: mpsc::Sender<Happening>,
    input: mpsc::Sender<Input>,
    lessons: Lessons,
}

/// What a node is still to be told of its functions, and when.
struct Lessons {
    learned: mpsc::Receiver<Learned>,
    waiting: Vec<Learned>,
    due: Option<Instant>,
    /// When the next one would be due, were each one told [`TEACH`] after the one before.
    regular: Instant,
}

impl Lessons {
    fn new(learned: mpsc::Receiver<Learned>) -> Lessons {
        Lessons { learned, waiting: Vec::new(), due: None, regular: Instant::now() }
    }

    /// Waits until something is to be told.
    async fn next(&mut self) -> Vec<Learned> {
        loop {
            let due = async {
                match self.due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                Some(learned) = self.learned.recv() => self.add(learned),
                () = due => {
                    self.due = None;
                    self.regular = self.regular.max(Instant::now()) + TEACH;
                    return std::mem::take(&mut self.waiting);
                }
            }
        }
    }

    fn add(&mut self, learned: Learned) {
        self.waiting.push(learned);
        let early = self.regular.checked_sub(TEACH * TEACH_AT_ONCE).unwrap_or(self.regular);
        self.due.get_or_insert_with(|| early.max(Instant::now() + GATHER));
    }
}

impl Attendant {
    async fn attend(mut self, node: ArmedNode) -> NodeOutcome {
        let ArmedNode { name, mut session, mut plan, armed } = node;
        let mut outcome =
            NodeOutcome { name, armed, proof: None, gone: false, limit: None, status: None, error: None };
        loop {
            tokio::select! {
                // An error says that the capture itself is over, which is a reason to stop as well.
                _ = self.stop.changed() => break,
                notice = session.notice() => {
                    if !self.hear(notice, &mut session, &mut plan, &mut outcome).await {
                        return outcome;
                    }
                    if outcome.limit.is_some() {
                        break;
                    }
                }
                learned = self.lessons.next() => {
                    // Where the node refuses, or is gone, the next notice tells; nothing is recorded otherwise by it.
                    let _refused = plan.specialise(&mut session, &learned).await;
                }
            }
        }
        match session.command(|id| Command::Stop { id }).await {
            Ok(Reply::Stopped(proof)) => {
                outcome.proof = Some(proof);
                outcome.gone = session.wait_until_gone().await;
            }
            Ok(_) => outcome.error = Some(SessionError::OutOfTurn),
            Err(error) => {
                self.lost().await;
                outcome.error = Some(error);
            }
        }
        outcome
    }

    /// Takes one notice. False where the node is gone for this capture.
    async fn hear(
        &mut self,
        notice: Notice,
        session: &mut Session,
        plan: &mut NodePlan,
        outcome: &mut NodeOutcome,
    ) -> bool {
        match notice {
            Notice::Agent(AgentMessage::Status(status)) => {
                outcome.status = Some(status.clone());
                self.tell(Happening::Status(self.index, status)).await;
            }
            Notice::Agent(AgentMessage::Limit { kind, value, limit }) => {
                outcome.limit = Some((kind, value, limit));
                self.gap(GapCause::Overload, Missing::Unknown, None, None).await;
                self.tell(Happening::Limit(self.index, kind, value, limit)).await;
            }
            Notice::Agent(AgentMessage::Gap { cause, count, since, until }) => {
                let cause = gap_cause(&cause);
                let missing = count.map_or(Missing::Unknown, Missing::AtLeast);
                self.gap(cause, missing, since, Some(until)).await;
                self.tell(Happening::Gap(self.index, cause, missing)).await;
            }
            Notice::Agent(AgentMessage::Gone { loaded }) => {
                outcome.gone = !loaded;
                self.tell(Happening::Lost(self.index)).await;
                return false;
            }
            Notice::Asked { from, request } => {
                return self.asked(&from, &request, session, plan, outcome).await;
            }
            Notice::Lost => {
                self.lost().await;
                outcome.error = Some(SessionError::Lost);
                self.tell(Happening::Lost(self.index)).await;
                return false;
            }
            // An answer that nobody waits for any more, or a message of a newer agent: nothing depends on it.
            Notice::Agent(_) | Notice::Strange(_) => {}
        }
        true
    }

    /// Does what another client of the node asks for.
    async fn asked(
        &mut self,
        from: &pluto_term::Pid,
        request: &Term,
        session: &mut Session,
        plan: &mut NodePlan,
        outcome: &mut NodeOutcome,
    ) -> bool {
        let (answer, goes_on) = match Asked::from_term(request) {
            Some(Asked::Stop) => {
                let answer = match session.command(|id| Command::Stop { id }).await {
                    Ok(Reply::Stopped(proof)) => {
                        let left = i64::try_from(proof.left_count).unwrap_or(i64::MAX);
                        outcome.proof = Some(proof);
                        Term::tuple([Term::atom("stopped"), Term::int(left)])
                    }
                    Ok(_) => crate::target::refusal("the agent answered out of turn"),
                    Err(error) => crate::target::refusal(&error.to_string()),
                };
                self.tell(Happening::Stopped(self.index)).await;
                (answer, false)
            }
            Some(Asked::Adjust { add, remove }) => match plan.adjust(session, &add, &remove).await {
                Ok(change) => {
                    for function in change.expected {
                        // Where the pipeline has ended its failure is told by `run`.
                        let _ended = self.input.send(Input::Expect(self.index, function)).await;
                    }
                    self.gap(GapCause::Adjusted, Missing::Unknown, None, None).await;
                    self.tell(Happening::Adjusted(self.index, change.summary.clone())).await;
                    (Term::tuple([Term::atom("adjusted"), Term::binary(change.summary)]), true)
                }
                Err(error) => (crate::target::refusal(&error.to_string()), true),
            },
            None => (crate::target::refusal("this version of Pluto does not know the request"), true),
        };
        // The asker may have gone away; the trace is what it asked for all the same.
        let _asker_gone = session.answer(from, answer).await;
        if !goes_on {
            outcome.gone = session.wait_until_gone().await;
        }
        goes_on
    }

    async fn gap(&self, cause: GapCause, missing: Missing, since: Option<i64>, until: Option<i64>) {
        // Where the pipeline has ended its failure is told by `run`.
        let _ended = self.input.send(Input::Gap { node: self.index, cause, missing, since, until }).await;
    }

    /// Says that nothing more will come of the node.
    async fn lost(&self) {
        let _ended = self.input.send(Input::Lost(self.index, crate::clock::now())).await;
    }

    async fn tell(&self, happening: Happening) {
        // Where nobody watches any more, the outcome still tells.
        let _unwatched = self.tell.send(happening).await;
    }
}

fn gap_cause(name: &str) -> GapCause {
    match name {
        "module_reload" => GapCause::ModuleReload,
        "overload" => GapCause::Overload,
        _ => GapCause::AgentLost,
    }
}
