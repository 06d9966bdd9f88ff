//! A capture from its first event to its proof that nothing is left: several nodes, one stream.

use crate::pipeline::{Consumer, ExpectedFunction, Input, Learned, Pipeline, Progress, Told, drop_cause};
use crate::session::{Notice, Session, SessionError};
use crate::target::{AdjustError, Adjustment, Asked, NodePlan, Refused};
use pluto_agent::{
    Armed, Command, LimitKind, Message as AgentMessage, Mfa, Proof, Reduction, Reply, SinkTotals, Status,
    UndoneWhy,
};
use pluto_event::{GapCause, Missing, Nanos};
use pluto_term::Term;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior};

/// How often what was taken is made last, or visible.
const FLUSH: Duration = Duration::from_millis(200);

/// What is learned of functions waits so long for more of it before it is told to the node.
const GATHER: Duration = Duration::from_millis(5);

/// A node is told at most this often what was learned, but for some times at the beginning: each time its code
/// modification permission is taken, which others may wait for.
const TEACH: Duration = Duration::from_secs(1);

/// The times at the beginning.
const TEACH_AT_ONCE: u32 = 16;

/// How often a node is asked for registered names that are new.
const NAMES: Duration = Duration::from_secs(2);

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
    /// When it was asked for its registered names, where it is to be asked again.
    pub named: Option<Nanos>,
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
    /// The agent of a node refused a change half-way, which undid what was traced, and what became of it.
    Unsettled(usize, Unsettled),
    /// The agent of a node traces functions no more, because they were too much.
    Reduced(usize, Reduction),
    /// Another client stopped the trace of a node.
    Stopped(usize),
    /// The connection to a node was lost, or its agent has ended.
    Lost(usize),
    /// How far the capture has come.
    Progress(Progress),
}

/// What became of a trace whose agent refused to change it when a part of the change was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsettled {
    /// What was traced before is traced again.
    Restored,
    /// That was refused as well, and the trace ends.
    Ended,
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
    /// Another client has stopped it on every node.
    Stopped,
    /// A limit has switched tracing off on every node.
    Limit,
    /// Nothing was heard of it on any node for so long that each agent has ended by itself.
    LeaseLapsed,
    /// Every node is lost, or they ended for different reasons, which each of them tells.
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
    /// The proof that everything was undone; `None` where nobody on the node could give it any more.
    pub proof: Option<Proof>,
    /// Whether the agent said that its module is unloaded.
    pub gone: bool,
    /// The limit that switched tracing off, with what was measured and what was allowed.
    pub limit: Option<(LimitKind, u64, u64)>,
    /// Whether another client stopped it.
    pub stopped: bool,
    /// Functions that it traced no more from some time on, because they were too much.
    pub reduced: Vec<Mfa>,
    /// The last status of the agent.
    pub status: Option<Status>,
    /// What went wrong at the end.
    pub error: Option<SessionError>,
}

impl NodeOutcome {
    /// What ended the capture of the node, where it ended by itself.
    fn ended_by(&self) -> EndReason {
        match self.limit {
            _ if self.stopped => EndReason::Stopped,
            Some((LimitKind::Lease, ..)) => EndReason::LeaseLapsed,
            Some((LimitKind::Duration, ..)) => EndReason::Duration,
            Some((LimitKind::MaxEvents, ..)) => EndReason::Events,
            Some(_) => EndReason::Limit,
            None => EndReason::NoNodeLeft,
        }
    }
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
    let why = loop {
        tokio::select! {
            () = &mut stop => break EndReason::Asked,
            () = &mut deadline => break EndReason::Duration,
            happening = happenings.recv() => match happening {
                Some(happening) => watch_happening(&happening),
                None => break EndReason::NoNodeLeft,
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
    let why = if why == EndReason::NoNodeLeft { common_end(&outcomes) } else { why };
    let progress = pipeline.progress.clone();
    let (consumer, consumed) = pipeline.finish();
    let progress = *progress.borrow();
    Outcome { why, progress, nodes: outcomes, consumer, consumed }
}

/// What ended the capture of nodes that all ended by themselves, where it is the same for all.
fn common_end(nodes: &[NodeOutcome]) -> EndReason {
    let mut reasons = nodes.iter().map(NodeOutcome::ended_by);
    let first = reasons.next().unwrap_or(EndReason::NoNodeLeft);
    if reasons.all(|reason| reason == first) { first } else { EndReason::NoNodeLeft }
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

/// What a notice means for the capture of its node.
enum Heard {
    GoesOn,
    /// Tracing is off, because of a limit or a refusal, and the agent waits to be stopped.
    Tripped,
    /// The agent ends by itself.
    Ending,
    /// Nothing more will come.
    Over,
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
        let outcome = self.follow(node).await;
        // What was waiting on the node when the limit was hit has come by now: it is missing what would have come then.
        if let Some(cause) = outcome.limit.and_then(|(kind, ..)| limit_cause(kind)) {
            self.gap(cause, Missing::Unknown, None, None).await;
        }
        outcome
    }

    async fn follow(&mut self, node: ArmedNode) -> NodeOutcome {
        let ArmedNode { name, mut session, mut plan, armed, mut named } = node;
        let mut ask_names = tokio::time::interval_at(Instant::now() + NAMES, NAMES);
        ask_names.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut outcome = NodeOutcome {
            name,
            armed,
            proof: None,
            gone: false,
            limit: None,
            stopped: false,
            reduced: Vec::new(),
            status: None,
            error: None,
        };
        loop {
            tokio::select! {
                // An error says that the capture itself is over, which is a reason to stop as well.
                _ = self.stop.changed() => break,
                notice = session.notice() => {
                    match self.hear(notice, &mut session, &mut plan, &mut outcome).await {
                        Heard::GoesOn => {}
                        Heard::Tripped => break,
                        Heard::Ending => {
                            self.hear_to_the_end(&mut session, &mut plan, &mut outcome).await;
                            return outcome;
                        }
                        Heard::Over => return outcome,
                    }
                }
                _ = ask_names.tick(), if named.is_some() => self.ask_names(&mut session, &mut named).await,
                learned = self.lessons.next() => {
                    // Where the node refuses, or is gone, the next notice tells; nothing is recorded otherwise by it.
                    let _refused = plan.specialise(&mut session, &learned).await;
                }
            }
        }
        self.ask_names(&mut session, &mut named).await;
        match session.command(|id| Command::Stop { id }).await {
            Ok(Reply::Stopped(proof)) => {
                self.proven(proof, &mut outcome).await;
                self.hear_to_the_end(&mut session, &mut plan, &mut outcome).await;
            }
            Ok(_) => outcome.error = Some(SessionError::OutOfTurn),
            Err(SessionError::Ended | SessionError::LeaseLapsed) => {
                self.hear_to_the_end(&mut session, &mut plan, &mut outcome).await;
            }
            Err(error) => {
                self.lost().await;
                outcome.error = Some(error);
            }
        }
        outcome
    }

    /// Asks for names that are new: a process that was restarted has registered the name of the one before.
    async fn ask_names(&self, session: &mut Session, named: &mut Option<Nanos>) {
        let (Some(after), asked) = (*named, crate::clock::now()) else { return };
        match session.command(|id| Command::Names { id }).await {
            Ok(Reply::Names(names)) => {
                *named = Some(asked);
                let told = Told::Names { names, after, by: crate::clock::now() };
                // Where the pipeline has ended its failure is told by `run`.
                let _ended = self.input.send(Input::Told(self.index, told)).await;
            }
            // What has ended the agent, or the connection, is told by the next notice.
            _ => *named = None,
        }
    }

    /// Takes the last words of an agent that ends without having been told to by us.
    async fn hear_to_the_end(
        &mut self,
        session: &mut Session,
        plan: &mut NodePlan,
        outcome: &mut NodeOutcome,
    ) {
        while let Some(notice) = session.last_notice().await {
            if matches!(self.hear(notice, session, plan, outcome).await, Heard::Over) {
                return;
            }
        }
        outcome.error = Some(SessionError::Silent);
    }

    /// Takes the proof that everything is undone, and tells what the sink still had and could not send any more.
    async fn proven(&self, proof: Proof, outcome: &mut NodeOutcome) {
        match &proof.sink {
            Some(SinkTotals::Finished { unreported, .. }) => {
                for &(cause, count) in unreported {
                    self.gap(drop_cause(cause), Missing::Exactly(count), None, None).await;
                }
            }
            Some(SinkTotals::Killed { lost }) => {
                self.gap(GapCause::Overload, Missing::AtLeast(*lost), None, None).await;
            }
            // It ended before, and the agent has told of it then.
            None => {}
        }
        outcome.proof = Some(proof);
    }

    /// Takes one notice.
    async fn hear(
        &mut self,
        notice: Notice,
        session: &mut Session,
        plan: &mut NodePlan,
        outcome: &mut NodeOutcome,
    ) -> Heard {
        match notice {
            Notice::Agent(AgentMessage::Status(status)) => {
                outcome.status = Some(status.clone());
                self.tell(Happening::Status(self.index, status)).await;
            }
            Notice::Agent(AgentMessage::Limit { kind, value, limit }) => {
                outcome.limit = Some((kind, value, limit));
                self.tell(Happening::Limit(self.index, kind, value, limit)).await;
                return if kind == LimitKind::Lease { Heard::Ending } else { Heard::Tripped };
            }
            Notice::Agent(AgentMessage::Undone { why, proof }) => {
                self.proven(proof, outcome).await;
                if why == UndoneWhy::Asked {
                    outcome.stopped = true;
                    self.tell(Happening::Stopped(self.index)).await;
                }
                return Heard::Ending;
            }
            Notice::Down => return Heard::Ending,
            Notice::Agent(AgentMessage::Gap { cause, count, since, until }) => {
                let cause = gap_cause(&cause);
                let missing = count.map_or(Missing::Unknown, Missing::AtLeast);
                self.gap(cause, missing, since, Some(until)).await;
                self.tell(Happening::Gap(self.index, cause, missing)).await;
            }
            Notice::Agent(AgentMessage::Reduced(reduction)) => {
                plan.reduce(&reduction.functions);
                outcome.reduced.extend_from_slice(&reduction.functions);
                self.gap(GapCause::Adjusted, Missing::Unknown, None, Some(reduction.time)).await;
                self.now_traced(plan).await;
                self.tell(Happening::Reduced(self.index, reduction)).await;
            }
            Notice::Agent(AgentMessage::Gone { loaded }) => {
                outcome.gone = !loaded;
                if outcome.proof.is_none() {
                    self.tell(Happening::Lost(self.index)).await;
                }
                return Heard::Over;
            }
            Notice::Asked { from, request } => return self.asked(&from, &request, session, plan).await,
            Notice::Lost => {
                self.lost().await;
                outcome.error = Some(SessionError::Lost);
                self.tell(Happening::Lost(self.index)).await;
                return Heard::Over;
            }
            // An answer that nobody waits for any more, or a message of a newer agent: nothing depends on it.
            Notice::Agent(_) | Notice::Strange(_) => {}
        }
        Heard::GoesOn
    }

    /// Does what another client of the node asks for.
    async fn asked(
        &mut self,
        from: &pluto_term::Pid,
        request: &Term,
        session: &mut Session,
        plan: &mut NodePlan,
    ) -> Heard {
        let mut heard = Heard::GoesOn;
        let answer = match Asked::from_term(request) {
            Some(Asked::Adjust(adjustment)) => match self.adjust(session, plan, &adjustment).await {
                Ok(summary) => {
                    self.gap(GapCause::Adjusted, Missing::Unknown, None, None).await;
                    self.now_traced(plan).await;
                    self.tell(Happening::Adjusted(self.index, summary.clone())).await;
                    Term::tuple([Term::atom("adjusted"), Term::binary(summary)])
                }
                Err(error) => {
                    if matches!(error, AdjustError::Unsettled { became: Unsettled::Ended, .. }) {
                        heard = Heard::Tripped;
                    }
                    crate::target::refusal(error.to_refused())
                }
            },
            None => crate::target::refusal(Refused {
                why: "the version of Pluto that owns the trace does not know the request".to_owned(),
                hint: None,
                agent: None,
            }),
        };
        // The asker may have gone away; the trace is what it asked for all the same.
        let _asker_gone = session.answer(from, answer).await;
        heard
    }

    /// Has it kept what is traced from now on.
    async fn now_traced(&self, plan: &NodePlan) {
        let told = Input::Told(self.index, plan.told_at(crate::clock::now()));
        let _ended = self.input.send(told).await;
    }

    /// Changes the plan. What is traced then is expected before it can come.
    async fn adjust(
        &self,
        session: &mut Session,
        plan: &mut NodePlan,
        adjustment: &Adjustment,
    ) -> Result<String, AdjustError> {
        let next = plan.adjusted(session, adjustment).await?;
        self.expect(next.expected_besides(plan)).await;
        match next.rearm(session).await {
            Ok(()) => {
                *plan = next;
                Ok(plan.summary())
            }
            Err(error) => {
                for function in next.expected_only_here(plan) {
                    let _ended = self.input.send(Input::Forget(self.index, function)).await;
                }
                self.expect(plan.expected_besides(&next)).await;
                Err(self.unsettled(session, plan, error).await)
            }
        }
    }

    /// After a refusal: where the agent has undone everything, what was traced before is armed again.
    async fn unsettled(&self, session: &mut Session, plan: &NodePlan, error: SessionError) -> AdjustError {
        let SessionError::Refused(reason) = error else { return error.into() };
        match session.command(|id| Command::Status { id }).await {
            Ok(Reply::Status(status)) if status.phase == "idle" => {}
            // It is traced as before, or the next notice tells what has ended it.
            _ => return SessionError::Refused(reason).into(),
        }
        let became = match plan.arm(session).await {
            Ok(_armed) => Unsettled::Restored,
            Err(_refused) => Unsettled::Ended,
        };
        let until = match session.command(|id| Command::Status { id }).await {
            Ok(Reply::Status(status)) => Some(status.monotonic),
            _ => None,
        };
        self.gap(GapCause::Adjusted, Missing::Unknown, None, until).await;
        self.tell(Happening::Unsettled(self.index, became)).await;
        AdjustError::Unsettled { reason, became }
    }

    async fn expect(&self, functions: Vec<ExpectedFunction>) {
        for function in functions {
            // Where the pipeline has ended its failure is told by `run`.
            let _ended = self.input.send(Input::Expect(self.index, function)).await;
        }
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

/// Why what came after a limit is missing; `None` where the trace was to end there.
fn limit_cause(kind: LimitKind) -> Option<GapCause> {
    match kind {
        LimitKind::Events => Some(GapCause::EventLimit),
        LimitKind::Bytes => Some(GapCause::ByteLimit),
        LimitKind::Queue | LimitKind::Memory => Some(GapCause::Overload),
        LimitKind::Lease => Some(GapCause::LeaseLapsed),
        LimitKind::Duration | LimitKind::MaxEvents => None,
    }
}

fn gap_cause(name: &str) -> GapCause {
    match name {
        "module_reload" => GapCause::ModuleReload,
        "overload" => GapCause::Overload,
        _ => GapCause::AgentLost,
    }
}
