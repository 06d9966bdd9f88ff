//! From what a user asked for to what a node is told: patterns resolved against the node's modules.

mod ask;
mod names;
mod preview;
mod resolve;

pub use ask::{Answer, AskError, Asked, ask_owner, refusal};
pub use names::registered_names;
pub use preview::{LargeTerm, Preview};
pub use resolve::{ResolveError, text};

use crate::pipeline::{ExpectedFunction, Learned};
use crate::probe::{Probe, Selection};
use crate::session::{Session, SessionError};
use pluto_agent::{
    Armed, Command, FunctionSpec, Limits as AgentLimits, MessagePattern, Mfa, Plan, Processes, Rate, Reply,
};
use pluto_dist::Connection;
use pluto_matchspec::{
    Compiled, Direction, Level, MessageFilter, Otp, Pattern, ProcessFlags, Requests, Sampling, Timing,
    compile_message, compile_with,
};
use pluto_term::{Atom, Pid};
use rustc_hash::{FxHashMap, FxHashSet};
use std::time::Duration;

/// Events whose terms would take more bytes have them replaced by their size, at the levels that keep whole terms.
const EVENT_BYTES_MAX: u64 = 64 << 10;

/// How long calls are counted before a trace is armed.
pub const COUNT: Duration = Duration::from_millis(300);

/// A function of the node that is to be traced.
#[derive(Clone, Debug)]
pub struct PlannedFunction {
    /// The function.
    pub function: Mfa,
    /// What the node runs for it, and how that is read.
    pub compiled: Compiled,
}

/// What one node is told to trace.
#[derive(Clone, Debug)]
pub struct NodePlan {
    probe: Probe,
    otp: Otp,
    processes: Vec<Pid>,
    /// By pattern, in the order of the probe's patterns.
    functions: Vec<(Pattern, Vec<PlannedFunction>)>,
}

/// How often the functions of a plan are called, and what tracing them would take.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// How long was counted.
    pub counted: Duration,
    /// Calls counted, by function, the most called first.
    pub calls: Vec<(Mfa, u64)>,
    /// Events a second, after sampling.
    pub events_per_s: f64,
    /// Bytes a second, after sampling.
    pub bytes_per_s: f64,
    /// Share of one core of the node that the events would take.
    pub node_cpu: f64,
}

/// What changed in a running trace.
#[derive(Clone, Debug)]
pub struct Change {
    /// Functions that are traced from now on.
    pub expected: Vec<ExpectedFunction>,
    /// The change in words.
    pub summary: String,
}

impl NodePlan {
    /// Finds the functions and processes of a probe on a node.
    ///
    /// # Errors
    /// Where there is no such thing on the node, or tracing it needs `force`.
    pub async fn resolve(connection: &Connection, probe: &Probe) -> Result<NodePlan, ResolveError> {
        let otp = resolve::release(connection).await?;
        let mut functions = Vec::new();
        for pattern in &probe.patterns {
            functions.push((pattern.clone(), resolve::functions(connection, probe, pattern, otp).await?));
        }
        let processes = match &probe.processes {
            Selection::All => Vec::new(),
            Selection::Some { processes, .. } => resolve::processes(connection, processes).await?,
        };
        Ok(NodePlan { probe: probe.clone(), otp, processes, functions })
    }

    /// The functions, each once.
    pub fn functions(&self) -> impl Iterator<Item = &PlannedFunction> {
        let mut seen = FxHashSet::default();
        self.functions
            .iter()
            .flat_map(|(_, functions)| functions)
            .filter(move |planned| seen.insert(planned.function.clone()))
    }

    /// What the pipeline has to know of the functions.
    pub fn expected(&self) -> impl Iterator<Item = ExpectedFunction> + '_ {
        self.functions().map(PlannedFunction::expected)
    }

    /// The node's release.
    #[must_use]
    pub fn otp(&self) -> Otp {
        self.otp
    }

    /// What the agent is told.
    #[must_use]
    pub fn to_agent(&self) -> Plan {
        let probe = &self.probe;
        let functions: Vec<FunctionSpec> = self
            .functions()
            .map(|planned| FunctionSpec {
                function: planned.function.clone(),
                match_spec: planned.compiled.match_spec.clone(),
            })
            .collect();
        let (processes, new) = match &probe.processes {
            Selection::All => (Processes::All, true),
            Selection::Some { .. } => (Processes::Only(self.processes.clone()), false),
        };
        Plan {
            functions,
            processes,
            new,
            flags: self.flags(),
            send: self.messages(probe.send, Direction::Send),
            receive: self.messages(probe.deliver, Direction::Deliver),
            rate: rate(probe.sampling),
            shape: if probe.level == Level::Full { Vec::new() } else { atoms(&SHAPED) },
            max_event_bytes: Some(EVENT_BYTES_MAX),
            limits: self.limits(),
        }
    }

    fn flags(&self) -> Vec<Atom> {
        let probe = &self.probe;
        let process_flags = self
            .functions()
            .fold(ProcessFlags::default(), |flags, planned| flags.union(planned.compiled.process_flags));
        let mut flags =
            if probe.patterns.is_empty() { atoms(&["monotonic_timestamp"]) } else { process_flags.atoms() };
        let children = matches!(probe.processes, Selection::Some { children: true, .. });
        for (wanted, flag) in [
            (probe.send, "send"),
            (probe.deliver, "receive"),
            (probe.life, "procs"),
            (children, "set_on_spawn"),
        ] {
            if wanted {
                flags.push(Atom::new(flag));
            }
        }
        flags
    }

    /// Messages that look large at their root are kept out before the VM copies them, unless everything is asked for.
    fn messages(&self, wanted: bool, direction: Direction) -> MessagePattern {
        let patterns = &self.probe.messages;
        let filter = MessageFilter::default();
        match self.probe.level {
            _ if !wanted => MessagePattern::Default,
            Level::Full if patterns.is_empty() => MessagePattern::Default,
            Level::Full => MessagePattern::Spec(compile_message(direction, None, patterns)),
            _ => MessagePattern::Spec(compile_message(direction, Some(&filter), patterns)),
        }
    }

    fn limits(&self) -> AgentLimits {
        let limits = &self.probe.limits;
        AgentLimits {
            events_per_s: limits.events_per_s.min((limits.cpu / SECONDS_PER_EVENT) as u64).max(1),
            bytes_per_s: limits.bytes_per_s,
            queue: limits.queue,
            // A second more than we wait ourselves: the node's own clock is the last resort.
            duration_ms: limits
                .duration
                .map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX).saturating_add(1000)),
            ..AgentLimits::default()
        }
    }

    /// Counts calls for [`COUNT`], and predicts what tracing them takes.
    ///
    /// # Errors
    /// Where the agent refuses, or cannot be heard.
    pub async fn predict(&self, session: &mut Session) -> Result<Prediction, SessionError> {
        let functions: Vec<Mfa> = self.functions().map(|planned| planned.function.clone()).collect();
        let milliseconds = u32::try_from(COUNT.as_millis()).unwrap_or(u32::MAX);
        match session.command(|id| Command::Count { id, functions, milliseconds }).await? {
            Reply::Counted { microseconds, calls } => Ok(self.prediction(microseconds, calls)),
            _ => Err(SessionError::OutOfTurn),
        }
    }

    fn prediction(&self, microseconds: u64, mut calls: Vec<(Mfa, u64)>) -> Prediction {
        calls.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let counted = Duration::from_micros(microseconds.max(1));
        let per_second = |n: u64| n as f64 / counted.as_secs_f64();
        let called: f64 = calls.iter().map(|&(_, n)| per_second(n)).sum();
        let sampled = match self.probe.sampling {
            Sampling::None => called,
            Sampling::OneIn(n) => called / f64::from(n.max(1)),
            Sampling::PerSecond(n) => called.min(f64::from(n)),
        };
        let events_per_call = if self.probe.timing || self.probe.level != Level::Calls { 2.0 } else { 1.0 };
        let events_per_s = sampled * events_per_call;
        Prediction {
            counted,
            calls,
            events_per_s,
            bytes_per_s: events_per_s * BYTES_PER_EVENT,
            node_cpu: (called - sampled) * SECONDS_PER_REJECTED_CALL + events_per_s * SECONDS_PER_EVENT,
        }
    }

    /// Arms the plan.
    ///
    /// # Errors
    /// Where the agent refuses, or cannot be heard; nothing is set then.
    pub async fn arm(&self, session: &mut Session) -> Result<Armed, SessionError> {
        let plan = self.to_agent();
        match session.command(|id| Command::Arm { id, plan }).await? {
            Reply::Armed(armed) => Ok(armed),
            _ => Err(SessionError::OutOfTurn),
        }
    }

    /// Adds and removes patterns of a running trace.
    pub(crate) async fn adjust(
        &mut self,
        session: &mut Session,
        add: &[String],
        remove: &[String],
    ) -> Result<Change, AdjustError> {
        let mut next = self.clone();
        for text in remove {
            let pattern = parse(text)?;
            let before = next.functions.len();
            next.functions.retain(|(known, _)| known.to_string() != pattern.to_string());
            if next.functions.len() == before {
                return Err(AdjustError::NotTraced(text.clone()));
            }
        }
        let mut expected = Vec::new();
        for text in add {
            let pattern = parse(text)?;
            let Requests { returns, time } = pattern.requests;
            let timed = self.probe.timing || self.probe.level != Level::Calls;
            if (returns && self.probe.level == Level::Calls) || (time && !timed) {
                return Err(AdjustError::Fixed(text.clone()));
            }
            let functions = resolve::functions(session.connection(), &self.probe, &pattern, self.otp).await?;
            expected.extend(functions.iter().map(PlannedFunction::expected));
            next.functions.push((pattern, functions));
        }
        next.probe.patterns = next.functions.iter().map(|(pattern, _)| pattern.clone()).collect();
        let plan = next.to_agent();
        match session.command(|id| Command::Adjust { id, plan }).await? {
            Reply::Armed(_) => {}
            _ => return Err(AdjustError::Session(SessionError::OutOfTurn)),
        }
        *self = next;
        let patterns: Vec<String> = self.probe.patterns.iter().map(ToString::to_string).collect();
        Ok(Change { expected, summary: format!("now traced: {}", patterns.join(" ")) })
    }
}

impl NodePlan {
    /// Gives the functions of a running trace clauses for what was learned of them. What is recorded stays the same.
    pub(crate) async fn specialise(
        &mut self,
        session: &mut Session,
        learned: &[Learned],
    ) -> Result<(), SessionError> {
        let mut next = self.clone();
        let functions = next.learn(learned);
        if functions.is_empty() {
            return Ok(());
        }
        let wanted = functions.len() as u64;
        match session.command(|id| Command::Specs { id, functions }).await? {
            // Where the node refused one, the plan stays what every node takes.
            Reply::Armed(armed) if armed.functions < wanted => {}
            Reply::Armed(_) => *self = next,
            _ => return Err(SessionError::OutOfTurn),
        }
        Ok(())
    }

    /// Compiles functions anew, and gives those that have changed.
    fn learn(&mut self, learned: &[Learned]) -> Vec<FunctionSpec> {
        let probe = &self.probe;
        // The last one is what is known now.
        let learned: FxHashMap<&Mfa, &Learned> = learned.iter().map(|of| (&of.function, of)).collect();
        let mut seen = FxHashSet::default();
        let mut changed = Vec::new();
        for (pattern, functions) in &mut self.functions {
            for planned in functions {
                let Some(of) = learned.get(&planned.function) else { continue };
                if !seen.insert(planned.function.clone()) {
                    continue;
                }
                let arity = u32::from(planned.function.arity);
                let timing = timing(probe.level, probe.timing);
                let compiled = compile_with(
                    &[pattern],
                    arity,
                    probe.level,
                    timing,
                    self.otp,
                    probe.sampling,
                    &of.signatures,
                );
                if let Ok(compiled) = compiled
                    && compiled.match_spec != planned.compiled.match_spec
                {
                    planned.compiled = compiled;
                    let match_spec = planned.compiled.match_spec.clone();
                    changed.push(FunctionSpec { function: planned.function.clone(), match_spec });
                }
            }
        }
        changed
    }
}

/// Why a running trace was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AdjustError {
    #[error("{0}")]
    Pattern(String),
    #[error("{0} is not traced")]
    NotTraced(String),
    #[error("{0}: a running trace cannot begin to keep values or times; stop it, and start it again")]
    Fixed(String),
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    #[error(transparent)]
    Session(#[from] SessionError),
}

fn parse(text: &str) -> Result<Pattern, AdjustError> {
    pluto_matchspec::parse(text).map_err(|error| AdjustError::Pattern(error.render(text)))
}

impl PlannedFunction {
    fn expected(&self) -> ExpectedFunction {
        ExpectedFunction {
            module: self.function.module.as_str().to_owned(),
            name: self.function.function.as_str().to_owned(),
            arity: u32::from(self.function.arity),
            projection: self.compiled.projection,
        }
    }
}

/// Kinds of event whose terms the agent reduces to their shape, unless everything is asked for.
const SHAPED: [&str; 6] = ["send", "send_to_non_existing_process", "receive", "spawn", "spawned", "exit"];

// What an event costs, for predictions, as `cargo xtask bench capture` measures it (docs/benchmarks.md).
const BYTES_PER_EVENT: f64 = 70.0;
/// Processor time that an event takes on the node, the agent included.
pub const SECONDS_PER_EVENT: f64 = 2.0e-6;
const SECONDS_PER_REJECTED_CALL: f64 = 0.5e-6;

fn atoms(names: &[&str]) -> Vec<Atom> {
    names.iter().map(|name| Atom::new(name)).collect()
}

fn rate(sampling: Sampling) -> Rate {
    match sampling {
        Sampling::None => Rate::All,
        Sampling::OneIn(n) => Rate::OneIn(n),
        Sampling::PerSecond(n) => Rate::PerSecond(n),
    }
}

/// How calls are timed at a level.
#[must_use]
pub fn timing(level: Level, wanted: bool) -> Timing {
    match (level, wanted) {
        (Level::Calls, true) => Timing::ReturnTo,
        _ => Timing::Off,
    }
}
