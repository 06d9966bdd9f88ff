//! From what bodies say about errors to a graph, and from its solution to sets and mistakes.

use pluto_source::{FileSpan, Span};
use rustc_hash::FxHashMap;

use super::{CallFact, Graph, HandlerFact, Handling, Node, Raised};
use crate::arena::Id;
use crate::checker::Checker;
use crate::error::{CheckError, Fact};
use crate::program::{ErrorId, FunctionId, Owner, TraitId};
use crate::raises::{self, Handled, NodeId, Solution};
use crate::types::{Effect, EffectVar, ErrorSet};

/// The graph's nodes for what the program has.
struct Nodes {
    graph: raises::Graph,
    /// What callers of a function see.
    outside: Vec<NodeId>,
    /// What the body of a function raises.
    inside: Vec<NodeId>,
    vars: Vec<NodeId>,
    sets: FxHashMap<ErrorSet, NodeId>,
}

impl Nodes {
    fn function(&self, id: FunctionId) -> Option<NodeId> {
        self.outside.get(id.index() as usize).copied()
    }

    fn body(&self, id: FunctionId) -> Option<NodeId> {
        self.inside.get(id.index() as usize).copied()
    }

    fn var(&self, var: EffectVar) -> Option<NodeId> {
        self.vars.get(var.index() as usize).copied()
    }

    fn node(&self, node: Node) -> Option<NodeId> {
        match node {
            Node::Function(id) => self.body(id),
            Node::Var(var) => self.var(var),
        }
    }
}

pub(super) fn number(error: ErrorId) -> raises::ErrorId {
    raises::ErrorId(error.index() + 1)
}

/// An error that stands for those that are not known.
const UNKNOWN: raises::ErrorId = raises::ErrorId(0);

fn nowhere() -> FileSpan {
    Span::empty(0).in_file(pluto_source::FileId(u32::MAX))
}

/// What everything raises where each call that lacks it has a `!`, and what handlers leave out is handed on; nothing where none is
/// forgotten. Whoever wrote a `!` or a `catch` for such an error was right.
fn as_meant(facts: &Graph, nodes: &Nodes, calls: &[Option<NodeId>], solution: &Solution) -> Option<Solution> {
    let bare = facts.calls.iter().zip(calls).filter(|(call, _)| call.handling == Handling::Bare);
    let bare: Vec<(NodeId, NodeId, FileSpan)> =
        bare.filter_map(|(call, to)| Some((nodes.node(call.node?)?, (*to)?, call.at))).collect();
    let partial: Vec<(NodeId, NodeId, &HandlerFact)> = facts
        .handlers
        .iter()
        .filter(|handler| !handler.all)
        .filter_map(|handler| Some((nodes.node(handler.node?)?, nodes.var(handler.incoming)?, handler)))
        .collect();
    let misses = |(_, incoming, handler): &(NodeId, NodeId, &HandlerFact)| {
        solution.variables(*incoming).next().is_some()
            || solution.errors(*incoming).any(|error| !handler.taken().any(|taken| taken == error))
    };
    if bare.iter().all(|(_, to, _)| solution.raises_nothing(*to)) && !partial.iter().any(misses) {
        return None;
    }
    let mut graph = solution.graph();
    for (from, to, at) in bare {
        graph.call(from, to, Handled::NOTHING, &[], at);
    }
    for (from, incoming, handler) in partial {
        let taken: Vec<raises::ErrorId> = handler.taken().collect();
        let taken = graph.handled(&taken);
        graph.call(from, incoming, taken, &[], handler.at);
    }
    Some(graph.solve())
}

impl HandlerFact {
    /// Whether an arm takes all of an error.
    fn takes(&self, error: ErrorId) -> bool {
        self.taken().any(|taken| taken == number(error))
    }

    /// The errors that arms take wholly.
    fn taken(&self) -> impl Iterator<Item = raises::ErrorId> {
        self.arms.iter().filter(|(_, whole, _)| *whole).map(|(error, ..)| number(*error))
    }
}

impl Checker<'_> {
    /// Finds out what everything raises, and what is wrong about it.
    pub(crate) fn solve_effects(&mut self) {
        let facts = std::mem::take(&mut self.graph);
        let mut nodes = self.nodes();
        self.add_functions(&mut nodes);
        let calls: Vec<Option<NodeId>> =
            facts.calls.iter().map(|call| self.add_call(&mut nodes, call)).collect();
        self.add_rest(&mut nodes, &facts);
        for unknown in &facts.unknown {
            let outside = if let Node::Function(id) = unknown { nodes.function(*id) } else { None };
            for node in nodes.node(*unknown).into_iter().chain(outside) {
                nodes.graph.raise(node, UNKNOWN, nowhere());
            }
        }
        let graph = std::mem::take(&mut nodes.graph);
        let solution = graph.solve();
        self.record(&nodes, &solution);
        let meant = as_meant(&facts, &nodes, &calls, &solution);
        let meant = meant.as_ref().unwrap_or(&solution);
        for (call, node) in facts.calls.iter().zip(calls) {
            let Some(node) = node else { continue };
            let elsewhere = call.stream && !facts.gone_through.contains(&call.at);
            if elsewhere && !solution.raises_nothing(node) {
                self.refuse_stream(call, node, &solution);
            } else {
                self.judge_call(call, node, &solution);
                self.judge_mark(call, node, meant);
            }
        }
        self.judge_flows(&facts, &nodes, &solution);
        for handler in &facts.handlers {
            self.judge_handler(handler, &nodes, &solution);
            self.judge_arms(handler, &nodes, meant);
        }
        self.judge_declared(&nodes, &solution);
        self.judge_impls(&nodes, &solution);
    }

    fn nodes(&self) -> Nodes {
        let mut graph = raises::Graph::new();
        let mut outside = Vec::with_capacity(self.program.functions.len());
        let mut inside = Vec::with_capacity(self.program.functions.len());
        let silent = graph.node();
        for (_, function) in self.program.functions.iter() {
            let raises = function.declared.is_some() || !function.effect_params.is_empty();
            // What is built in and cannot raise is one node: every program has all of it.
            let node = if function.owner == Owner::Builtin && !raises { silent } else { graph.node() };
            outside.push(node);
            inside.push(if function.declared.is_some() { graph.node() } else { node });
        }
        let task = self.builtins.task_effect;
        let vars = self.program.effects.iter().map(|(var, info)| {
            if info.param_of.is_some() || Some(var) == task { graph.variable() } else { graph.node() }
        });
        let vars = vars.collect();
        Nodes { graph, outside, inside, vars, sets: FxHashMap::default() }
    }

    fn add_functions(&self, nodes: &mut Nodes) {
        for (id, function) in self.program.functions.iter() {
            let Some(node) = nodes.function(id) else { continue };
            let at = self.place(&function.origin);
            let of_trait = matches!(function.owner, Owner::Trait(_));
            for error in function.declared.map_or(&[][..], |set| self.program.types.errors(set)) {
                if of_trait && Some(*error) == self.builtins.actor_down {
                    nodes.graph.raise_at_call(node, number(*error));
                } else {
                    nodes.graph.raise(node, number(*error), at);
                }
            }
            let builtin = function.owner == Owner::Builtin;
            // What a body does not say for itself.
            if builtin {
                for var in &function.effect_params {
                    if let Some(var) = nodes.var(*var) {
                        nodes.graph.call(node, var, Handled::NOTHING, &[], at);
                    }
                }
            }
            let of_task =
                builtin && function.declared.is_some() && function.origin.name == self.builtins.names.get;
            if let Some(var) = self.builtins.task_effect.filter(|_| of_task).and_then(|var| nodes.var(var)) {
                nodes.graph.call(node, var, Handled::NOTHING, &[], at);
            }
        }
        self.add_implementers(nodes);
    }

    /// A method of a trait that says nothing raises what its implementers raise.
    fn add_implementers(&self, nodes: &mut Nodes) {
        for (id, own) in self.program.impls.iter() {
            let Some((of, _)) = own.of else { continue };
            // What an actor does for a trait is a message.
            let down = self.builtins.actor_down.filter(|_| self.is_actor(own.on));
            for head in &self.program.traits[of].methods {
                let function = &self.program.functions[*head];
                let (None, Some(from)) = (function.declared, nodes.function(*head)) else { continue };
                if let Some(down) = down {
                    nodes.graph.raise_at_call(from, number(down));
                }
                let method = self.methods.impl_methods.get(&(id, function.origin.name));
                let Some((method, to)) = method.and_then(|method| Some((method, nodes.function(*method)?)))
                else {
                    continue;
                };
                let theirs = &self.program.functions[*method].effect_params;
                let bindings: Vec<(NodeId, NodeId)> = theirs
                    .iter()
                    .zip(&function.effect_params)
                    .filter_map(|(theirs, ours)| Some((nodes.var(*theirs)?, nodes.var(*ours)?)))
                    .collect();
                let at = self.place(&self.program.functions[*method].origin);
                nodes.graph.call(from, to, Handled::NOTHING, &bindings, at);
            }
        }
    }

    /// The node that raises what an effect says.
    fn effect_node(&self, nodes: &mut Nodes, effect: Effect) -> Option<NodeId> {
        match effect {
            Effect::Var(var) => nodes.var(var),
            Effect::Errors(set) => {
                if let Some(node) = nodes.sets.get(&set) {
                    return Some(*node);
                }
                let node = nodes.graph.node();
                for error in self.program.types.errors(set) {
                    nodes.graph.raise(node, number(*error), nowhere());
                }
                nodes.sets.insert(set, node);
                Some(node)
            }
        }
    }

    /// Adds a call, and gives the node of what it raises.
    fn add_call(&self, nodes: &mut Nodes, call: &CallFact) -> Option<NodeId> {
        let (callee, bindings) = match &call.raised {
            Raised::Effect(effect) => (self.effect_node(nodes, *effect)?, Vec::new()),
            Raised::Function(id, effects) => {
                let mut bindings = Vec::with_capacity(effects.len());
                for (var, effect) in effects {
                    if let (Some(var), Some(node)) = (nodes.var(*var), self.effect_node(nodes, *effect)) {
                        bindings.push((var, node));
                    }
                }
                (nodes.function(*id)?, bindings)
            }
        };
        let node = if bindings.is_empty() && call.also.is_none() {
            callee
        } else {
            let node = nodes.graph.node();
            nodes.graph.call(node, callee, Handled::NOTHING, &bindings, call.at);
            if let Some(error) = call.also {
                nodes.graph.raise(node, number(error), call.at);
            }
            node
        };
        let goes = match call.handling {
            Handling::Propagate | Handling::Implicit => call.node.and_then(|from| nodes.node(from)),
            Handling::Catch(var) | Handling::Task(var) => nodes.var(var),
            Handling::Bare | Handling::Later => None,
        };
        if let Some(from) = goes {
            nodes.graph.call(from, node, Handled::NOTHING, &[], call.at);
        }
        Some(node)
    }

    fn add_rest(&self, nodes: &mut Nodes, facts: &Graph) {
        for raise in &facts.raises {
            let Some(node) = nodes.node(raise.node) else { continue };
            match raise.effect {
                Effect::Errors(set) => {
                    for error in self.program.types.errors(set) {
                        nodes.graph.raise(node, number(*error), raise.at);
                    }
                }
                Effect::Var(var) => {
                    if let Some(var) = nodes.var(var) {
                        nodes.graph.call(node, var, Handled::NOTHING, &[], raise.at);
                    }
                }
            }
        }
        for flow in &facts.flows {
            let Effect::Var(to) = flow.to else { continue };
            if self.program.effects[to].param_of.is_some() {
                continue;
            }
            if let (Some(to), Some(from)) = (nodes.var(to), self.effect_node(nodes, flow.from)) {
                nodes.graph.call(to, from, Handled::NOTHING, &[], flow.at);
            }
        }
        for handler in &facts.handlers {
            for (rest, covered) in &handler.rest {
                let covered: Vec<raises::ErrorId> = covered.iter().map(|error| number(*error)).collect();
                let handled = nodes.graph.handled(&covered);
                if let (Some(rest), Some(incoming)) = (nodes.var(*rest), nodes.var(handler.incoming)) {
                    nodes.graph.call(rest, incoming, handled, &[], handler.at);
                }
            }
        }
    }

    fn errors_of(solution: &Solution, node: NodeId) -> Vec<ErrorId> {
        let known = solution.errors(node).filter(|error| *error != UNKNOWN);
        known.map(|error| ErrorId::from_index(error.0 - 1)).collect()
    }

    /// Writes what was found into the program.
    fn record(&mut self, nodes: &Nodes, solution: &Solution) {
        let vars: FxHashMap<NodeId, EffectVar> =
            self.program.effects.ids().filter_map(|var| Some((nodes.var(var)?, var))).collect();
        for id in self.open_functions() {
            let Some(node) = nodes.body(id).or_else(|| nodes.function(id)) else { continue };
            let has_body = self.program.functions[id].body.is_some();
            let node = if has_body { node } else { nodes.function(id).unwrap_or(node) };
            let errors = Self::errors_of(solution, node);
            let raises = self.program.types.error_set(errors);
            let open = solution.variables(node).filter_map(|(var, _)| vars.get(&var).copied()).collect();
            let function = &mut self.program.functions[id];
            (function.raises, function.raises_of) = (raises, open);
        }
        for var in self.program.effects.ids().collect::<Vec<_>>() {
            if let Some(node) = nodes.var(var) {
                let errors = Self::errors_of(solution, node);
                let found = self.program.types.error_set(errors);
                self.program.effects[var].found = Some(found);
            }
        }
    }

    fn tell(&mut self, at: FileSpan, fact: Fact) {
        self.found.push(CheckError { at, fact });
    }

    /// The `!` behind a call.
    fn mark_behind(&self, call: FileSpan) -> Option<FileSpan> {
        let behind = self.input.files.get(call.file)?.text().get(call.span.end as usize..)?;
        let blank = behind.len() - behind.trim_start().len();
        let end = call.span.end + blank as u32 + 1;
        behind.trim_start().starts_with('!').then(|| Span::new(call.span.end, end).in_file(call.file))
    }

    /// What may fail needs `!` or `catch`.
    fn judge_call(&mut self, call: &CallFact, node: NodeId, solution: &Solution) {
        let bare = match call.handling {
            Handling::Bare => true,
            Handling::Implicit => call.node.is_none(),
            _ => false,
        };
        if !bare || solution.raises_nothing(node) && !call.always {
            return;
        }
        let all = Self::errors_of(solution, node);
        let errors = self.expected_here(call.at, node, all.clone(), solution);
        if errors.is_empty() && !all.is_empty() && !call.always {
            return;
        }
        let always = errors.is_empty();
        if always && solution.raises(node, UNKNOWN) {
            return;
        }
        let way = errors.first().map(|error| solution.origin(node, number(*error))).unwrap_or_default();
        self.tell(call.at, Fact::Unhandled { errors, always, closed: call.node.is_none(), way });
    }

    /// What cannot fail, also where what others forgot is written, needs neither.
    fn judge_mark(&mut self, call: &CallFact, node: NodeId, meant: &Solution) {
        if !call.known || !meant.raises_nothing(node) {
            return;
        }
        match call.handling {
            Handling::Propagate => {
                let mark = self.mark_behind(call.at);
                self.tell(call.at, Fact::Needless { propagate: true, mark });
            }
            Handling::Catch(_) => self.tell(call.at, Fact::Needless { propagate: false, mark: None }),
            _ => (),
        }
    }

    /// What asks a stream for its values, elsewhere, cannot know that it may fail: a `for` asks where it is called.
    fn refuse_stream(&mut self, call: &CallFact, node: NodeId, solution: &Solution) {
        let all = Self::errors_of(solution, node);
        let errors = self.expected_here(call.at, node, all.clone(), solution);
        if !errors.is_empty() || all.is_empty() && !solution.raises(node, UNKNOWN) {
            self.tell(call.at, Fact::StreamMayFail { errors });
        }
    }

    /// Function values must not raise more than where they go allows.
    fn judge_flows(&mut self, facts: &Graph, nodes: &Nodes, solution: &Solution) {
        let mut told: Vec<(EffectVar, FileSpan)> = Vec::new();
        for flow in &facts.flows {
            let Effect::Var(from) = flow.from else { continue };
            let allowed: Vec<ErrorId> = match flow.to {
                Effect::Errors(set) => self.program.types.errors(set).to_vec(),
                Effect::Var(to) if self.program.effects[to].param_of.is_some() => Vec::new(),
                Effect::Var(_) => continue,
            };
            let Some(node) = nodes.var(from) else { continue };
            let mut errors = Self::errors_of(solution, node);
            errors.retain(|error| !allowed.contains(error));
            let errors = self.expected_here(flow.at, node, errors, solution);
            if errors.is_empty() && solution.variables(node).next().is_none() {
                continue;
            }
            // The value of a block is that of its last expression: what flows from both is told where it stands.
            let inside = |(of, at): &(EffectVar, FileSpan)| {
                *of == from
                    && at.file == flow.at.file
                    && flow.at.span.start <= at.span.start
                    && at.span.end <= flow.at.span.end
            };
            if !told.iter().any(inside) {
                told.push((from, flow.at));
                self.tell(flow.at, Fact::EffectEscapes { errors });
            }
        }
    }

    fn judge_handler(&mut self, handler: &HandlerFact, nodes: &Nodes, solution: &Solution) {
        let Some(node) = nodes.var(handler.incoming) else { return };
        let incoming = Self::errors_of(solution, node);
        let open = solution.variables(node).next().is_some();
        if !handler.all {
            let errors: Vec<ErrorId> = incoming.into_iter().filter(|error| !handler.takes(*error)).collect();
            let errors = self.expected_here(handler.at, node, errors, solution);
            if !errors.is_empty() || open {
                self.tell(handler.at, Fact::HandlerMisses { errors });
            }
        }
    }

    /// Arms are for what comes, also where what others forgot is written.
    fn judge_arms(&mut self, handler: &HandlerFact, nodes: &Nodes, meant: &Solution) {
        let Some(node) = nodes.var(handler.incoming) else { return };
        let incoming = Self::errors_of(meant, node);
        let open = meant.variables(node).next().is_some();
        // Where nothing can fail at all, that is said instead.
        if incoming.is_empty() || open || meant.raises(node, UNKNOWN) {
            return;
        }
        for (error, _, at) in &handler.arms {
            if !incoming.contains(error) {
                self.tell(*at, Fact::NeverRaised { error: *error });
            }
        }
    }

    fn judge_declared(&mut self, nodes: &Nodes, solution: &Solution) {
        for id in self.own_functions().filter(|id| !self.unsure_raises.contains(id)).collect::<Vec<_>>() {
            let function = &self.program.functions[id];
            let (Some(declared), Some(_)) = (function.declared, function.body) else { continue };
            let Some(node) = nodes.body(id) else { continue };
            let allowed = self.program.types.errors(declared).to_vec();
            let mut errors = Self::errors_of(solution, node);
            errors.retain(|error| !allowed.contains(error));
            let at = self.place(&self.program.functions[id].origin);
            let errors = self.expected_here(at, node, errors, solution);
            let open = solution.variables(node).next().is_some();
            if errors.is_empty() && !open {
                continue;
            }
            let way = errors.first().map(|first| solution.origin(node, number(*first))).unwrap_or_default();
            self.tell(at, Fact::Undeclared { function: id, errors, way });
        }
    }

    /// A method raises no more than its trait says, where it says something.
    fn judge_impls(&mut self, nodes: &Nodes, solution: &Solution) {
        for (id, own) in
            self.program.impls.ids().map(|id| (id, self.program.impls[id].of)).collect::<Vec<_>>()
        {
            let Some((of, _)) = own else { continue };
            for method in self.program.impls[id].methods.clone() {
                self.judge_method(of, method, nodes, solution);
            }
        }
    }

    fn judge_method(&mut self, of: TraitId, method: FunctionId, nodes: &Nodes, solution: &Solution) {
        let origin = self.program.functions[method].origin;
        let Some(head) = self.methods.trait_methods.get(&(of, origin.name)).copied() else { return };
        if self.unsure_raises.contains(&head) {
            return;
        }
        let Some(declared) = self.program.functions[head].declared else { return };
        let Some(node) = nodes.function(method) else { return };
        let allowed = self.program.types.errors(declared).to_vec();
        let mut errors = Self::errors_of(solution, node);
        errors.retain(|error| !allowed.contains(error));
        if !errors.is_empty() || solution.variables(node).next().is_some() {
            let at = self.place(&origin);
            self.tell(at, Fact::RaisesMore { of, name: origin.name, errors });
        }
    }
}
