//! What `trace` and `record` share: reaching the nodes, asking what a trace would cost, arming, and the end.

mod report;

pub(crate) use report::{Watcher, armed_text, bytes_text, level_name, outcome_json, outcome_text, status_of};

use crate::args::{LevelArg, ProbeArgs, RedactArg};
use crate::connect::connect;
use crate::failure::Failure;
use crate::output;
use crate::usage;
use crate::values::Fraction;
use pluto_agent::RegisteredNames;
use pluto_capture::clock::{self, ClockOffset};
use pluto_capture::decode::{Decoder, Keep};
use pluto_capture::pipeline::{Consumer, Input, Pipeline, Queue};
use pluto_capture::probe::{CaptureLimits, Probe, Selection};
use pluto_capture::redact::Redaction;
use pluto_capture::run::{ArmedNode, Outcome};
use pluto_capture::session::{Session, SessionError};
use pluto_capture::target::{CheckError, NodePlan, Prediction, ResolveError, Sizes, registered_names};
use pluto_capture::trigger::Trigger;
use pluto_dist::Connection;
use pluto_event::Nanos;
use pluto_matchspec::{Level, Sampling};
use pluto_term::Term;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A node that is reached, and what it would be told.
pub(crate) struct Prepared {
    /// Its full name.
    pub(crate) name: String,
    pub(crate) connection: Connection,
    pub(crate) clock: ClockOffset,
    pub(crate) plan: NodePlan,
    pub(crate) session: Session,
    /// The registered names of its processes; none before a dry run.
    pub(crate) names: RegisteredNames,
    /// When it was asked for them, where it is to be asked again.
    pub(crate) named: Option<Nanos>,
    /// What the trace would cost, where it was measured.
    pub(crate) prediction: Option<Prediction>,
    /// Before a dry run: why its terms would be too much.
    pub(crate) terms_over: Option<CheckError>,
}

/// All nodes of a capture, reached and ready to be armed.
pub(crate) struct Ready {
    pub(crate) probe: Probe,
    pub(crate) nodes: Vec<Prepared>,
    pub(crate) queue: Queue,
}

/// Reaches the nodes, and measures what the trace would cost. `None` after a dry run, which is told.
pub(crate) async fn prepare(args: &ProbeArgs, probe: Probe) -> Result<Option<Ready>, Failure> {
    if probe.send || probe.deliver {
        output::note(match probe.level {
            Level::Full => "note: the VM copies each message whole",
            _ => {
                "note: the VM copies each message whole before Pluto reduces it to its shape; lists, maps over 32 keys \
                  and tuples over 16 elements are kept out (--level full keeps all)"
            }
        });
    }
    let queue = Queue::default();
    let mut nodes: Vec<Prepared> = Vec::new();
    for (index, node) in args.nodes.0.iter().enumerate() {
        let prepared = prepare_node(index, node, args, &probe, &queue).await?;
        let twice = nodes.iter().any(|other| other.name == prepared.name);
        nodes.push(prepared);
        if twice {
            release(nodes).await;
            return Err(Failure::new(format!("{node} is named twice")).hint("name each node once"));
        }
    }
    let over = over_limits(&nodes, &probe);
    if args.dry_run {
        report::dry_run(&nodes, &probe)?;
        release(nodes).await;
        return match over {
            Some(failure) if !args.force => Err(failure),
            _ => Ok(None),
        };
    }
    if let Some(failure) = over.filter(|_| !args.force) {
        release(nodes).await;
        return Err(failure);
    }
    Ok(Some(Ready { probe, nodes, queue }))
}

async fn prepare_node(
    index: usize,
    node: &str,
    args: &ProbeArgs,
    probe: &Probe,
    queue: &Queue,
) -> Result<Prepared, Failure> {
    let connection = connect(node, &args.connect).await?;
    let name = connection.peer().name.as_str().to_owned();
    let clock = clock::estimate(&connection).await.map_err(|e| Failure::new(format!("{name}: {e}")))?;
    let plan = NodePlan::resolve(&connection, probe).await.map_err(|e| unresolved(&name, &e))?;
    for function in plan.left_out() {
        output::note(&format!("{name}: {function} is left out: to the VM '_' stands for every function"));
    }
    let session = Session::attach(connection.clone(), index, queue.input.clone()).await;
    let mut session = session.map_err(|e| refused(&name, &e))?;
    let (prediction, terms_over) = match foresee(&plan, &connection, &mut session, args).await {
        Ok(foreseen) => foreseen,
        Err(error) => {
            end(session).await;
            return Err(unchecked(&name, &error));
        }
    };
    let asked = clock::now();
    let names = if args.dry_run {
        RegisteredNames::default()
    } else {
        registered_names(&connection).await.map_err(|e| unresolved(&name, &e))?
    };
    // Where events tell of names, and where there are too many to look at, nobody is asked again.
    let named = (!probe.life && names.left_out() == 0).then_some(asked);
    Ok(Prepared { name, connection, clock, plan, session, names, named, prediction, terms_over })
}

/// What the trace would take, and why that is refused by what its terms look like, which only a dry run is told here.
async fn foresee(
    plan: &NodePlan,
    connection: &Connection,
    session: &mut Session,
    args: &ProbeArgs,
) -> Result<(Option<Prediction>, Option<CheckError>), CheckError> {
    // Nothing that is counted would stop a forced trace, so it is not held up by counting either.
    if plan.functions().next().is_none() || (args.force && !args.dry_run) {
        return Ok((None, None));
    }
    let counts = plan.count(session).await?;
    let looked =
        if args.force { Ok(Sizes::default()) } else { plan.check_terms(connection, &counts, None).await };
    match looked {
        Ok(sizes) => Ok((Some(plan.predict(counts, &sizes)), None)),
        // A dry run shows the counts all the same, which say what to leave out.
        Err(error) if args.dry_run && error.is_refusal() => {
            Ok((Some(plan.predict(counts, &Sizes::default())), Some(error)))
        }
        Err(error) => Err(error),
    }
}

/// Lets the nodes go without having traced anything: ends each agent and waits until it says that it is gone.
async fn release(nodes: Vec<Prepared>) {
    for node in nodes {
        end(node.session).await;
        node.connection.close().await;
    }
}

/// Ends an agent and waits until it says that it is gone.
async fn end(mut session: Session) {
    // Where the agent cannot be heard any more, the end of the connection ends it.
    if session.command(|id| pluto_agent::Command::Stop { id }).await.is_ok() {
        session.wait_until_gone().await;
    }
}

fn over_limits(nodes: &[Prepared], probe: &Probe) -> Option<Failure> {
    nodes.iter().find_map(|node| {
        if let Some(over) = &node.terms_over {
            return Some(unchecked(&node.name, over));
        }
        let over = node.prediction.as_ref()?.check(&probe.limits).err()?;
        Some(unchecked(&node.name, &over))
    })
}

/// Starts the pipeline to `consumer` and arms every node.
pub(crate) async fn arm<C: Consumer>(
    ready: Ready,
    mut consumer: C,
    redact: Option<RedactArg>,
    trigger: Option<Trigger>,
    events_max: Option<u64>,
) -> Result<(Vec<ArmedNode>, Pipeline<C>, StopSignals), Failure> {
    let signals = StopSignals::listen()?;
    let Ready { probe, nodes, queue } = ready;
    let redaction = match redact {
        None => Redaction::Keep,
        Some(RedactArg::Hash) => Redaction::hash(),
        Some(RedactArg::Drop) => Redaction::Drop,
    };
    let keep = if probe.level == Level::Full { Keep::Full } else { Keep::Shape };
    let decoders = nodes
        .iter()
        .map(|node| {
            let creation = node.connection.peer().creation;
            let id = pluto_capture::decode::intern_node(consumer.tables(), &node.name, creation);
            let values = (probe.level != Level::Calls).then_some(Keep::Full);
            Decoder::new(id, node.clock.offset, keep, values, redaction.clone())
        })
        .collect();
    let pipeline = Pipeline::start(queue, consumer, decoders, trigger, events_max)
        .map_err(|error| Failure::io("cannot start a thread", &error))?;
    let mut armed_nodes: Vec<ArmedNode> = Vec::new();
    for (index, mut node) in nodes.into_iter().enumerate() {
        for function in node.plan.expected() {
            if pipeline.input.send(Input::Expect(index, function)).await.is_err() {
                return Err(Failure::new("the consumer of events ended before the first one"));
            }
        }
        let armed = node.plan.arm(&mut node.session).await.map_err(|e| refused(&node.name, &e))?;
        // Those that were named were there a moment ago; a trace of none of them would wait for nothing.
        let named = node.plan.processes().len() as u64;
        if named > 0 && armed.processes == 0 {
            for session in armed_nodes.into_iter().map(|node| node.session).chain([node.session]) {
                end(session).await;
            }
            return Err(gone(&node.name, named));
        }
        if armed.processes < named {
            output::note(&format!(
                "{}: {} of the {named} processes of --process ended before it could be traced",
                node.name,
                named - armed.processes
            ));
        }
        let Prepared { name, session, plan, named, .. } = node;
        armed_nodes.push(ArmedNode { name, session, plan, armed, named });
    }
    Ok((armed_nodes, pipeline, signals))
}

/// Says that none of the processes that were to be traced lives any more.
fn gone(node: &str, named: u64) -> Failure {
    let sentence = match named {
        1 => "the process of --process has ended before it could be traced".to_owned(),
        n => format!("the {n} processes of --process have ended before they could be traced"),
    };
    Failure::new(format!("{node}: {sentence}"))
        .hint("where its supervisor restarts it, the name stands for another process now: try again")
}

/// Ctrl-C, the terminate signal, and the hang-up of the terminal. They are listened to before anything is armed: from then on the node is told.
pub(crate) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl StopSignals {
    fn listen() -> Result<StopSignals, Failure> {
        let listen = |kind| signal(kind).map_err(|error| Failure::io("cannot listen to signals", &error));
        Ok(StopSignals {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    async fn come(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

/// Runs armed nodes to the end, with Ctrl-C as the wish to stop.
pub(crate) async fn run<C: Consumer>(
    nodes: Vec<ArmedNode>,
    pipeline: Pipeline<C>,
    signals: StopSignals,
    args: &ProbeArgs,
    watcher: &mut Watcher,
) -> Result<Outcome<C>, Failure> {
    let duration = args.duration.map(|d| d.0);
    let stop = signals.come();
    Ok(pluto_capture::run::run(nodes, pipeline, duration, stop, |happening| watcher.hear(happening)).await)
}

/// Reads what is to be observed.
pub(crate) fn probe(args: &ProbeArgs) -> Result<Probe, Failure> {
    let mut patterns = Vec::new();
    for text in &args.patterns {
        let pattern =
            pluto_matchspec::parse(text).map_err(|error| Failure::new(error.render(text).trim_end()))?;
        patterns.push(pattern);
    }
    let message = |text: &String| {
        pluto_matchspec::parse_message(text).map_err(|error| Failure::new(error.render(text).trim_end()))
    };
    let messages = args.messages.iter().map(message).collect::<Result<_, Failure>>()?;
    let returns = patterns.iter().any(|pattern| pattern.requests.returns);
    let level = match args.level {
        LevelArg::Calls if returns => Level::Returns,
        LevelArg::Calls => Level::Calls,
        LevelArg::Returns => Level::Returns,
        LevelArg::Full => Level::Full,
    };
    let probe = Probe {
        timing: args.timing || patterns.iter().any(|pattern| pattern.requests.time),
        patterns,
        level,
        send: args.send,
        deliver: args.deliver,
        messages,
        life: args.life,
        processes: if args.processes.is_empty() {
            Selection::All
        } else {
            Selection::Some { processes: args.processes.clone(), children: args.children }
        },
        sampling: match args.rate {
            None | Some(Fraction::All) => Sampling::None,
            Some(Fraction::OneIn(n)) => Sampling::OneIn(n),
            Some(Fraction::PerSecond(n)) => Sampling::PerSecond(n),
        },
        limits: CaptureLimits {
            events_per_s: args.max_events_per_s.0.map(|max| max.0),
            bytes_per_s: args.max_bytes_per_s.0.map(|max| max.0),
            queue: args.max_queue.0.map(|max| max.0),
            cpu: args.max_cpu.0.map(|max| max.0),
            duration: args.duration.map(|d| d.0),
        },
        force: args.force,
    };
    if probe.is_empty() {
        return Err(Failure::new("nothing to trace")
            .hint("give a pattern as mod:fun/2 or mod:_, or --send, --deliver or --life"));
    }
    usage::probe(args, &probe)?;
    Ok(probe)
}

/// Says why a node is not traced, with what the user can do about it.
pub(crate) fn unresolved(node: &str, error: &ResolveError) -> Failure {
    let failure = Failure::new(format!("{node}: {error}"));
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Says what a trace would cost too much of.
fn unchecked(node: &str, error: &CheckError) -> Failure {
    if let CheckError::Session(error) = error {
        return refused(node, error);
    }
    let failure = Failure::new(format!("{node}: {error}"));
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Says why the agent of a node did not do what it was told.
pub(crate) fn refused(node: &str, error: &SessionError) -> Failure {
    match error {
        SessionError::Refused(reason) => refused_because(node, reason),
        SessionError::Ended => Failure::new(format!("{node}: {error}"))
            .hint("`pluto list` shows what traces the node, `pluto clean` what was left behind"),
        _ => Failure::new(format!("{node}: {error}")),
    }
}

/// Says why the agent of a node refused.
pub(crate) fn refused_because(node: &str, reason: &Term) -> Failure {
    let (sentence, hint) = report::refusal(reason);
    let failure = Failure::new(format!("{node}: {sentence}"));
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
