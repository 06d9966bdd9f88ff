//! What is said in bodies about errors: who calls what, what is raised, handled, and handed on. Solved for the whole program.

mod solve;
mod unexpected;

use pluto_source::FileSpan;
use rustc_hash::FxHashSet;

use crate::program::{ErrorId, FunctionId};
use crate::types::{Effect, EffectVar};

/// Something that raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// A function.
    Function(FunctionId),
    /// A closure, a test, what a handler gets, what a task raises.
    Var(EffectVar),
}

/// What is done with what a call raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handling {
    /// Nothing: it must not raise.
    Bare,
    /// `!`
    Propagate,
    /// Nothing is written, and it is handed on even so: `scope` and `select`.
    Implicit,
    /// `catch`, whose handler gets it.
    Catch(EffectVar),
    /// `spawn`, whose task gets it.
    Task(EffectVar),
    /// `later`, which drops it.
    Later,
}

/// What a call may raise.
#[derive(Clone, Debug)]
pub(crate) enum Raised {
    /// What a function raises, with what its parameters raise.
    Function(FunctionId, Vec<(EffectVar, Effect)>),
    /// What a function value raises.
    Effect(Effect),
}

/// A call.
#[derive(Clone, Debug)]
pub(crate) struct CallFact {
    /// What it is in; nothing where nothing may be raised.
    pub(crate) node: Option<Node>,
    pub(crate) at: FileSpan,
    pub(crate) raised: Raised,
    /// What it raises beside that.
    pub(crate) also: Option<ErrorId>,
    pub(crate) handling: Handling,
    /// Whether what is called is known, so that a `!` that is not needed is an error.
    pub(crate) known: bool,
    /// Whether it needs `!` or `catch` whatever it raises now.
    pub(crate) always: bool,
    /// Whether it gives a stream, so that it raises where that is asked for its values.
    pub(crate) stream: bool,
}

/// A `raise`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RaiseFact {
    pub(crate) node: Node,
    pub(crate) effect: Effect,
    pub(crate) at: FileSpan,
}

/// A function value, or a task, that goes where another is expected.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FlowFact {
    pub(crate) from: Effect,
    pub(crate) to: Effect,
    pub(crate) at: FileSpan,
}

/// A handler.
#[derive(Clone, Debug)]
pub(crate) struct HandlerFact {
    /// What it is in; nothing where nothing may be raised.
    pub(crate) node: Option<Node>,
    pub(crate) at: FileSpan,
    pub(crate) incoming: EffectVar,
    /// The errors of its arms, with whether the arm takes all of that error.
    pub(crate) arms: Vec<(ErrorId, bool, FileSpan)>,
    /// Whether an arm takes everything.
    pub(crate) all: bool,
    /// What an arm that takes everything sees: the variable, and the errors that arms before it take.
    pub(crate) rest: Vec<(EffectVar, Vec<ErrorId>)>,
}

/// All that is said about errors.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) calls: Vec<CallFact>,
    pub(crate) raises: Vec<RaiseFact>,
    pub(crate) flows: Vec<FlowFact>,
    pub(crate) handlers: Vec<HandlerFact>,
    /// What a `for` goes through directly, without the `!` behind it.
    pub(crate) gone_through: FxHashSet<FileSpan>,
    /// What has a mistake, so that what it raises is not known.
    pub(crate) unknown: Vec<Node>,
}

impl Graph {
    /// A function value that goes where another is expected.
    pub(crate) fn flow(&mut self, from: Effect, to: Effect, at: FileSpan) {
        if from != to && from != Effect::NONE {
            self.flows.push(FlowFact { from, to, at });
        }
    }
}
