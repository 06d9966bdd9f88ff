//! What the agent is told to set.

use pluto_term::{Atom, Pid, PrintLimits, Syntax, Term};

/// A function: module, name, arity.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mfa {
    /// The module.
    pub module: Atom,
    /// The function's name.
    pub function: Atom,
    /// The number of arguments.
    pub arity: u8,
}

/// One function and how its calls are matched.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionSpec {
    /// The function.
    pub function: Mfa,
    /// The match specification, made for the node's release.
    pub match_spec: Term,
}

/// The processes that exist when the plan is armed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Processes {
    /// All of them, except the agent's own.
    All,
    /// These, of the node itself.
    Only(Vec<Pid>),
}

/// The node-wide pattern of `send` or `receive` events.
#[derive(Clone, Debug, PartialEq)]
pub enum MessagePattern {
    /// Left as it is: all messages of processes with that flag.
    Default,
    /// This match specification.
    Spec(Term),
}

/// How the trace control word is kept for match specifications that sample. Such a specification reads and sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// The control word is not used.
    All,
    /// It begins at 0, and the specifications count in it, modulo this number.
    OneIn(u32),
    /// It holds credits, given anew so that this many per second can be taken.
    PerSecond(u32),
    /// It holds this many credits, and no more are given.
    Once(u32),
}

/// Where tracing is switched off, or events are dropped. `None`: no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Events per second; more are dropped, and for long or by far more end the trace.
    pub events_per_s: u64,
    /// Bytes of external term format per second; the same.
    pub bytes_per_s: u64,
    /// Events in the sink's queue.
    pub queue: u64,
    /// Bytes of the sink with its queue, estimated.
    pub memory: u64,
    /// Milliseconds from arming.
    pub duration_ms: Option<u64>,
    /// Events in all.
    pub max_events: Option<u64>,
}

/// Everything that is to be traced, and with what limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Functions, each once.
    pub functions: Vec<FunctionSpec>,
    /// Processes that exist.
    pub processes: Processes,
    /// Whether processes that start later are traced too.
    pub new: bool,
    /// Trace flags, such as `call`, `arity`, `monotonic_timestamp`.
    pub flags: Vec<Atom>,
    /// The pattern of sent messages.
    pub send: MessagePattern,
    /// The pattern of delivered messages.
    pub receive: MessagePattern,
    /// Sampling.
    pub rate: Rate,
    /// Kinds of event, by their tag, whose terms the sink reduces to their shape.
    pub shape: Vec<Atom>,
    /// Events over this many bytes have their terms replaced by their size.
    pub max_event_bytes: Option<u64>,
    /// Limits.
    pub limits: Limits,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            events_per_s: 100_000,
            bytes_per_s: 50_000_000,
            queue: 200_000,
            memory: 128 << 20,
            duration_ms: None,
            max_events: None,
        }
    }
}

impl Mfa {
    /// `{Module, Function, Arity}`.
    pub fn to_term(&self) -> Term {
        Term::tuple([
            Term::Atom(self.module.clone()),
            Term::Atom(self.function.clone()),
            Term::int(self.arity),
        ])
    }

    /// Reads `{Module, Function, Arity}`.
    pub fn from_term(term: &Term) -> Option<Mfa> {
        let [Term::Atom(module), Term::Atom(function), Term::Integer(arity)] = term.as_tuple()? else {
            return None;
        };
        let arity = u8::try_from(*arity).ok()?;
        Some(Mfa { module: module.clone(), function: function.clone(), arity })
    }
}

/// As `module:name/arity`, quoted as Erlang does.
impl std::fmt::Display for Mfa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let quoted = |atom: &Atom| {
            Term::Atom(atom.clone()).display(Syntax::Erlang, &PrintLimits::default()).to_string()
        };
        write!(f, "{}:{}/{}", quoted(&self.module), quoted(&self.function), self.arity)
    }
}

impl Rate {
    fn to_term(self) -> Term {
        let pair = |name, n: u32| Term::tuple([Term::atom(name), Term::int(n)]);
        match self {
            Rate::All => Term::atom("none"),
            Rate::OneIn(n) => pair("one_in", n),
            Rate::PerSecond(n) => pair("per_s", n),
            Rate::Once(n) => pair("once", n),
        }
    }
}

impl MessagePattern {
    fn to_term(&self) -> Term {
        match self {
            MessagePattern::Default => Term::atom("default"),
            MessagePattern::Spec(spec) => spec.clone(),
        }
    }
}

impl Limits {
    fn to_term(self) -> Term {
        let number = |n: u64| Term::int(i64::try_from(n).unwrap_or(i64::MAX));
        let optional = |n: Option<u64>| n.map_or_else(|| Term::atom("infinity"), number);
        Term::map([
            (Term::atom("events_per_s"), number(self.events_per_s)),
            (Term::atom("bytes_per_s"), number(self.bytes_per_s)),
            (Term::atom("queue"), number(self.queue)),
            (Term::atom("memory"), number(self.memory)),
            (Term::atom("duration_ms"), optional(self.duration_ms)),
            (Term::atom("max_events"), optional(self.max_events)),
        ])
    }
}

pub(crate) fn specs_to_term(functions: &[FunctionSpec]) -> Term {
    let local = Term::list([Term::atom("local")]);
    let one =
        |spec: &FunctionSpec| Term::tuple([spec.function.to_term(), spec.match_spec.clone(), local.clone()]);
    Term::list(functions.iter().map(one))
}

impl Plan {
    /// The map that the agent reads.
    pub fn to_term(&self) -> Term {
        let atoms = |list: &[Atom]| Term::list(list.iter().cloned().map(Term::Atom));
        let functions = specs_to_term(&self.functions);
        let processes = match &self.processes {
            Processes::All => Term::atom("all"),
            Processes::Only(pids) => Term::list(pids.iter().cloned().map(Term::Pid)),
        };
        let max = self.max_event_bytes.map(|n| Term::int(i64::try_from(n).unwrap_or(i64::MAX)));
        Term::map([
            (Term::atom("functions"), functions),
            (Term::atom("processes"), processes),
            (Term::atom("new"), Term::atom(if self.new { "true" } else { "false" })),
            (Term::atom("flags"), atoms(&self.flags)),
            (Term::atom("send"), self.send.to_term()),
            (Term::atom("receive"), self.receive.to_term()),
            (Term::atom("rate"), self.rate.to_term()),
            (Term::atom("shape"), atoms(&self.shape)),
            (Term::atom("max_event_bytes"), max.unwrap_or_else(|| Term::atom("infinity"))),
            (Term::atom("limits"), self.limits.to_term()),
        ])
    }
}
