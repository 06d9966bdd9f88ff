//! From what a user asked for to what a node is told: patterns resolved against the node's modules.

mod adjust;
mod ask;
mod check;
mod names;
mod predict;
mod preview;
mod resolve;

pub use adjust::{AdjustError, Adjustment};
pub use ask::{AskError, Asked, Refused, ask_owner, refusal, stop_agent};
pub use check::CheckError;
pub use names::registered_names;
pub use predict::{COUNT, Counts, Prediction, SECONDS_PER_EVENT};
pub use preview::{LargeTerm, Sizes};
pub use resolve::{ResolveError, text};

use crate::pipeline::{ExpectedFunction, Learned};
use crate::probe::{Probe, Selection};
use crate::session::{Session, SessionError};
use pluto_agent::{
    Armed, Command, FunctionSpec, Limits as AgentLimits, MessagePattern, Mfa, Plan, Processes, Rate, Reply,
};
use pluto_dist::Connection;
use pluto_matchspec::{
    CompileError, Compiled, Direction, Level, MessageFilter, Otp, Pattern, ProcessFlags, Sampling, Signature,
    Timing, compile_message, compile_with,
};
use pluto_term::{Atom, Pid};
use rustc_hash::FxHashMap;

/// Events whose terms would take more bytes have them replaced by their size, at the levels that keep whole terms.
const EVENT_BYTES_MAX: u64 = 64 << 10;

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
    /// Each pattern with what it stands for, in the order of the probe's patterns.
    patterns: Vec<(Pattern, Vec<Mfa>)>,
    /// Each function once, compiled for all patterns that stand for it.
    functions: Vec<PlannedFunction>,
    left_out: Vec<Mfa>,
    /// What the patterns stand for and the node traces no more, because it was too much.
    reduced: Vec<Mfa>,
}

impl NodePlan {
    /// Finds the functions and processes of a probe on a node.
    ///
    /// # Errors
    /// Where there is no such thing on the node, or tracing it needs `force`.
    pub async fn resolve(connection: &Connection, probe: &Probe) -> Result<NodePlan, ResolveError> {
        let otp = resolve::release(connection).await?;
        let (mut patterns, mut left_out) = (Vec::new(), Vec::new());
        for pattern in &probe.patterns {
            let resolved = resolve::functions(connection, probe, pattern).await?;
            left_out.extend(resolved.left_out);
            patterns.push((pattern.clone(), resolved.functions));
        }
        let processes = match &probe.processes {
            Selection::All => Vec::new(),
            Selection::Some { processes, .. } => resolve::processes(connection, processes).await?,
        };
        let functions = planned(&patterns, probe, otp)?;
        let reduced = Vec::new();
        Ok(NodePlan { probe: probe.clone(), otp, processes, patterns, functions, left_out, reduced })
    }

    /// The functions, each once.
    pub fn functions(&self) -> impl Iterator<Item = &PlannedFunction> {
        self.functions.iter()
    }

    /// The processes that are to be traced, where they were named: none where all are.
    #[must_use]
    pub fn processes(&self) -> &[Pid] {
        &self.processes
    }

    /// Functions that the patterns stand for, and that cannot be traced because of their name.
    #[must_use]
    pub fn left_out(&self) -> &[Mfa] {
        &self.left_out
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
        let functions: Vec<FunctionSpec> = self.functions().map(PlannedFunction::spec).collect();
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
        let within_cpu = limits.cpu.map(|cpu| ((cpu / SECONDS_PER_EVENT) as u64).max(1));
        AgentLimits {
            events_per_s: limits.events_per_s.into_iter().chain(within_cpu).min().unwrap_or(u64::MAX),
            bytes_per_s: limits.bytes_per_s.unwrap_or(u64::MAX),
            queue: limits.queue.unwrap_or(u64::MAX),
            // A second more than we wait ourselves: the node's own clock is the last resort.
            duration_ms: limits
                .duration
                .map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX).saturating_add(1000)),
            ..AgentLimits::default()
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

    /// Changes a running trace to this plan.
    ///
    /// # Errors
    /// Where the agent refuses, or cannot be heard.
    pub(crate) async fn rearm(&self, session: &mut Session) -> Result<(), SessionError> {
        let plan = self.to_agent();
        match session.command(|id| Command::Adjust { id, plan }).await? {
            Reply::Armed(_) => Ok(()),
            _ => Err(SessionError::OutOfTurn),
        }
    }
}

impl NodePlan {
    /// Gives the functions of a running trace clauses for what was learned of them. What is recorded stays the same.
    pub(crate) async fn specialise(
        &mut self,
        session: &mut Session,
        learned: &[Learned],
    ) -> Result<(), SessionError> {
        let changed = self.learn(learned);
        if changed.is_empty() {
            return Ok(());
        }
        let wanted = changed.len() as u64;
        let functions = changed.iter().map(|(_, planned)| planned.spec()).collect();
        match session.command(|id| Command::Specs { id, functions }).await? {
            // Where the node refused one, the plan stays what every node takes.
            Reply::Armed(armed) if armed.functions < wanted => {}
            Reply::Armed(_) => {
                for (index, planned) in changed {
                    if let Some(slot) = self.functions.get_mut(index) {
                        *slot = planned;
                    }
                }
            }
            _ => return Err(SessionError::OutOfTurn),
        }
        Ok(())
    }

    /// Compiles functions anew, and gives those that have changed, each with its place in the plan.
    fn learn(&self, learned: &[Learned]) -> Vec<(usize, PlannedFunction)> {
        // The last one is what is known now.
        let learned: FxHashMap<&Mfa, &Learned> = learned.iter().map(|of| (&of.function, of)).collect();
        let mut changed = Vec::new();
        for (index, known) in self.functions.iter().enumerate() {
            let Some(of) = learned.get(&known.function) else { continue };
            let patterns = patterns_of(&self.patterns, &known.function);
            let planned =
                PlannedFunction::compile(&known.function, &patterns, &self.probe, self.otp, &of.signatures);
            if let Ok(planned) = planned
                && planned.compiled.match_spec != known.compiled.match_spec
            {
                changed.push((index, planned));
            }
        }
        changed
    }
}

/// The patterns that stand for a function.
fn patterns_of<'a>(patterns: &'a [(Pattern, Vec<Mfa>)], function: &Mfa) -> Vec<&'a Pattern> {
    patterns
        .iter()
        .filter(|(_, functions)| functions.contains(function))
        .map(|(pattern, _)| pattern)
        .collect()
}

/// Each function once, in the order of the patterns. A function has one match spec, which lets through what any of its
/// patterns asks for.
fn planned(
    patterns: &[(Pattern, Vec<Mfa>)],
    probe: &Probe,
    otp: Otp,
) -> Result<Vec<PlannedFunction>, CompileError> {
    let mut order = Vec::new();
    let mut by_function: FxHashMap<&Mfa, Vec<&Pattern>> = FxHashMap::default();
    for (pattern, functions) in patterns {
        for function in functions {
            let of = by_function.entry(function).or_default();
            if of.is_empty() {
                order.push(function);
            }
            of.push(pattern);
        }
    }
    order
        .into_iter()
        .map(|function| {
            let patterns = by_function.get(function).map(Vec::as_slice).unwrap_or_default();
            PlannedFunction::compile(function, patterns, probe, otp, &[])
        })
        .collect()
}

impl PlannedFunction {
    /// Compiles a function for the patterns that stand for it, with clauses for what was learned of it.
    fn compile(
        function: &Mfa,
        patterns: &[&Pattern],
        probe: &Probe,
        otp: Otp,
        signatures: &[Signature],
    ) -> Result<PlannedFunction, CompileError> {
        let (level, timing) = (probe.level, timing(probe.level, probe.timing));
        let arity = u32::from(function.arity);
        let compiled = compile_with(patterns, arity, level, timing, otp, probe.sampling, signatures)?;
        Ok(PlannedFunction { function: function.clone(), compiled })
    }

    /// What the agent is told of it.
    fn spec(&self) -> FunctionSpec {
        FunctionSpec { function: self.function.clone(), match_spec: self.compiled.match_spec.clone() }
    }

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
