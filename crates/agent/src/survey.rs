//! What is traced on a node, and the removal of what an unclean end has left. Both run without the agent, as one
//! call of `erl_eval:exprs/2`.

use crate::read::{list, number, number_at, text_at};
use crate::{MessageError, Mfa, Slot};
use pluto_term::{Atom, DecodeError, Limits, Pid, Term, decode};

const SURVEY: &[u8] = include_bytes!("../compiled/survey.etf");
const CLEAN: &[u8] = include_bytes!("../compiled/clean.etf");

/// At most this many functions are named; the count is exact.
const ITEMS: i64 = 1000;

/// What is traced on a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Survey {
    /// The release, such as `27`.
    pub otp: String,
    /// Agents of Pluto, alive or left behind.
    pub agents: Vec<FoundAgent>,
    /// Names of the trace sessions of OTP 27 and later, those of Pluto's agents too.
    pub sessions: Vec<Atom>,
    /// Tracers of the legacy session, each with the number of processes that it traces.
    pub tracers: Vec<(Term, u64)>,
    /// Whether new processes or ports are traced on the legacy session, and by whom.
    pub new: Vec<(Atom, Term)>,
    /// `send`, `receive`: those whose legacy pattern was changed.
    pub messages: Vec<Atom>,
    /// The trace control word.
    pub control_word: u64,
    /// Functions with a pattern or counter on the legacy session, at most 1,000 of `pattern_count`, each with the
    /// kinds that are set: `traced`, `meta`, `call_count`.
    pub patterns: Vec<(Mfa, Vec<Atom>)>,
    /// How many there are.
    pub pattern_count: u64,
}

/// An agent's module or name that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundAgent {
    /// Its slot.
    pub slot: Slot,
    /// Whether its module is loaded.
    pub loaded: bool,
    /// Its janitor. Without one, nobody will unload the module: it was left behind.
    pub janitor: Option<Pid>,
    /// What its guardian says of itself; `None` where it does not answer, which it does not when it is ending.
    pub about: Option<AboutAgent>,
}

/// What an agent says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AboutAgent {
    /// The process that it works for, on another node.
    pub client: Pid,
    /// `idle`, `arming`, `armed` or `tripped`.
    pub phase: String,
    /// When it was armed, in milliseconds of UNIX time by the node's clock.
    pub since_ms: Option<u64>,
    /// Functions of its plan.
    pub functions: u64,
    /// Processes of its plan; `None` for all.
    pub processes: Option<u64>,
    /// `send`, `receive`: the messages of its plan.
    pub messages: Vec<Atom>,
    /// Events that it got.
    pub events: u64,
}

/// Something to remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// An agent's module that has no janitor, with the processes that run it.
    Agent(Slot),
    /// All patterns and counters of a function, on the legacy session.
    Pattern(Mfa),
    /// The node-wide pattern of `send` or `receive`, on the legacy session.
    Messages(Atom),
    /// The trace control word.
    ControlWord,
}

impl Survey {
    /// Module, function and arguments of the call.
    pub fn call() -> Result<(&'static str, &'static str, Vec<Term>), DecodeError> {
        call(SURVEY, "Items", Term::int(ITEMS))
    }

    /// Reads the call's result.
    pub fn from_result(result: &Term) -> Result<Survey, MessageError> {
        value(result).and_then(survey).ok_or(MessageError::Unexpected { part: "survey" })
    }

    /// What nobody alive has set, as far as the node tells: modules without a janitor; and, where no tracer is alive
    /// on the legacy session, its patterns. The control word is left to the user: nothing tells whose it is.
    pub fn leftovers(&self) -> Vec<Removal> {
        let agents = self.agents.iter().filter(|agent| agent.janitor.is_none());
        let mut found: Vec<Removal> = agents.map(|agent| Removal::Agent(agent.slot)).collect();
        if self.tracers.is_empty() && self.new.is_empty() {
            let traced = |kinds: &[Atom]| kinds.iter().any(|kind| kind.as_str() == "traced");
            let patterns = self.patterns.iter().filter(|(_, kinds)| traced(kinds));
            found.extend(patterns.map(|(function, _)| Removal::Pattern(function.clone())));
            found.extend(self.messages.iter().cloned().map(Removal::Messages));
        }
        found
    }
}

impl Removal {
    /// Module, function and arguments of the call that removes these.
    pub fn call(items: &[Removal]) -> Result<(&'static str, &'static str, Vec<Term>), DecodeError> {
        call(CLEAN, "Remove", Term::list(items.iter().map(Removal::to_term)))
    }

    /// Reads the call's result: for each item, in the same order, whether it is gone now.
    pub fn from_result(result: &Term) -> Result<Vec<bool>, MessageError> {
        let done = |pair: &Term| match pair.as_tuple()? {
            [_, done] => boolean(done),
            _ => None,
        };
        value(result).and_then(|items| list(items, done)).ok_or(MessageError::Unexpected { part: "removal" })
    }

    fn to_term(&self) -> Term {
        match self {
            Removal::Agent(slot) => Term::tuple([Term::atom("agent"), Term::atom(&slot.module())]),
            Removal::Pattern(function) => Term::tuple([Term::atom("pattern"), function.to_term()]),
            Removal::Messages(kind) => Term::tuple([Term::atom("messages"), Term::Atom(kind.clone())]),
            Removal::ControlWord => Term::atom("control_word"),
        }
    }
}

pub(crate) fn call(
    forms: &[u8],
    name: &str,
    argument: Term,
) -> Result<(&'static str, &'static str, Vec<Term>), DecodeError> {
    let (forms, _) = decode(forms, &Limits::default())?;
    let bindings = Term::list([Term::tuple([Term::atom(name), argument])]);
    Ok(("erl_eval", "exprs", vec![forms, bindings]))
}

/// The value of `{value, Value, Bindings}`.
pub(crate) fn value(result: &Term) -> Option<&Term> {
    match result.as_tuple()? {
        [tag, value, _] if tag.as_atom() == Some("value") => Some(value),
        _ => None,
    }
}

fn boolean(term: &Term) -> Option<bool> {
    match term.as_atom()? {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn atom(term: &Term) -> Option<Atom> {
    match term {
        Term::Atom(atom) => Some(atom.clone()),
        _ => None,
    }
}

fn about_agent(map: &Term) -> Option<AboutAgent> {
    let optional = |key: &str| {
        let value = map.map_get(key)?;
        if value.as_atom().is_some() { Some(None) } else { number(value).map(Some) }
    };
    Some(AboutAgent {
        client: map.map_get("client")?.as_pid()?.clone(),
        phase: map.map_get("phase")?.as_atom()?.to_owned(),
        since_ms: optional("since_ms")?,
        functions: number_at(map, "functions")?,
        processes: optional("processes")?,
        messages: list(map.map_get("messages")?, atom)?,
        events: number_at(map, "events")?,
    })
}

fn survey(map: &Term) -> Option<Survey> {
    Some(Survey {
        otp: text_at(map, "otp")?,
        agents: list(map.map_get("agents")?, |agent| match agent.as_tuple()? {
            [module, loaded, janitor, about] => Some(FoundAgent {
                slot: Slot::from_module(module.as_atom()?)?,
                loaded: boolean(loaded)?,
                janitor: janitor.as_pid().cloned(),
                about: if about.as_atom().is_some() { None } else { Some(about_agent(about)?) },
            }),
            _ => None,
        })?,
        sessions: list(map.map_get("sessions")?, atom)?,
        tracers: list(map.map_get("tracers")?, |pair| match pair.as_tuple()? {
            [tracer, count] => Some((tracer.clone(), number(count)?)),
            _ => None,
        })?,
        new: list(map.map_get("new")?, |pair| match pair.as_tuple()? {
            [kind, tracer] => Some((atom(kind)?, tracer.clone())),
            _ => None,
        })?,
        messages: list(map.map_get("messages")?, atom)?,
        control_word: number_at(map, "control_word")?,
        patterns: list(map.map_get("patterns")?, |pair| match pair.as_tuple()? {
            [function, kinds] => Some((Mfa::from_term(function)?, list(kinds, atom)?)),
            _ => None,
        })?,
        pattern_count: number_at(map, "pattern_count")?,
    })
}
