//! Which errors leave each function: the least fixpoint over the graph of who raises what whom raises.
//!
//! Knows nothing of the language. A node is anything that a set of errors belongs to:
//!
//! | in the language | in the graph |
//! | --- | --- |
//! | a function, a closure, a method of a class or an actor | a node |
//! | `raise NotFound { … }` in it | [`Graph::raise`] |
//! | `f()!` | [`Graph::call`] |
//! | `f() catch e { NotFound { … } => …, other => raise other }` | [`Graph::call`] with what is handled |
//! | `f() catch 0` | nothing |
//! | a method of a trait without a declared set | a node that calls every implementer's |
//! | a message to an actor | a node of the message, which calls the method and raises `ActorDown` |
//! | `t.get()!` of a task | a node of the task, which calls the function and raises `TaskFailed` |
//! | a function with a declared set | two nodes: one for callers, which raises what is declared, and one for the body |
//! | the parameter `f: fn(A) B` | [`Graph::variable`]: it raises what the caller's function raises |
//! | `map(xs, g)` | a call of `map` with `f` bound to `g` |
//! | a closure's own use of `f` | a call of the variable; it is open in the closure until `map` is called |
//!
//! Nodes that call each other without handling anything have one set and are made one. What remains is solved in the order of
//! its strongly connected components, so that only what is truly recursive is looked at more than once.

mod condense;
mod origin;
mod sets;
mod solve;
#[cfg(test)]
mod tests;

use pluto_source::FileSpan;

use sets::{SetId, Sets};
pub use solve::Solution;

/// Something that a set of errors belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

/// An error, by a number of the caller's; the smaller the numbers, the smaller the sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorId(pub u32);

/// Errors that a handler takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handled(SetId);

impl Handled {
    /// No errors.
    pub const NOTHING: Self = Self(SetId::EMPTY);
}

/// Who raises what whom raises.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Kind>,
    raises: Vec<Raise>,
    calls: Vec<Call>,
    bindings: Vec<Binding>,
    sets: Sets,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Variable,
}

/// An error that begins at a node.
#[derive(Clone, Copy, Debug)]
struct Raise {
    node: NodeId,
    error: ErrorId,
    /// None where it is raised at the call of the node.
    place: Option<FileSpan>,
}

/// A call that lets errors through.
#[derive(Clone, Copy, Debug)]
struct Call {
    from: NodeId,
    to: NodeId,
    handled: SetId,
    /// A range of [`Graph::bindings`].
    bindings: (u32, u32),
    place: FileSpan,
}

/// What a variable of the called function is in a call.
#[derive(Clone, Copy, Debug)]
struct Binding {
    variable: NodeId,
    is: NodeId,
}

impl Graph {
    /// No nodes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a node that raises nothing.
    pub fn node(&mut self) -> NodeId {
        self.add(Kind::Plain)
    }

    /// Adds a variable: it raises what it is bound to, by each call on its own.
    pub fn variable(&mut self) -> NodeId {
        self.add(Kind::Variable)
    }

    /// Errors that a handler takes.
    pub fn handled(&mut self, errors: &[ErrorId]) -> Handled {
        Handled(self.sets.of(errors.iter().map(|error| error.0)))
    }

    /// An error begins at a node.
    pub fn raise(&mut self, node: NodeId, error: ErrorId, place: FileSpan) {
        self.raises.push(Raise { node, error, place: Some(place) });
    }

    /// An error begins where a node is called.
    pub fn raise_at_call(&mut self, node: NodeId, error: ErrorId) {
        self.raises.push(Raise { node, error, place: None });
    }

    /// A node raises what another raises, without what is handled. Each pair binds a variable of what is called to the node
    /// whose errors it stands for here; a variable that is not bound stays open.
    pub fn call(
        &mut self,
        from: NodeId,
        to: NodeId,
        handled: Handled,
        bindings: &[(NodeId, NodeId)],
        place: FileSpan,
    ) {
        let start = self.bindings.len() as u32;
        self.bindings.extend(bindings.iter().map(|(variable, is)| Binding { variable: *variable, is: *is }));
        let bindings = (start, self.bindings.len() as u32);
        self.calls.push(Call { from, to, handled: handled.0, bindings, place });
    }

    /// The smallest sets that agree with everything that was said.
    pub fn solve(self) -> Solution {
        solve::solve(self)
    }

    fn add(&mut self, kind: Kind) -> NodeId {
        self.nodes.push(kind);
        NodeId(self.nodes.len() as u32 - 1)
    }

    fn bindings_of(&self, call: &Call) -> &[Binding] {
        self.bindings.get(call.bindings.0 as usize..call.bindings.1 as usize).unwrap_or_default()
    }
}

impl Call {
    /// Whether what is called and the caller have one set if each reaches the other.
    const fn is_plain(&self) -> bool {
        self.handled.is_empty() && self.bindings.0 == self.bindings.1
    }
}
