//! The fixpoint.

use std::collections::VecDeque;

use pluto_source::FileSpan;
use rustc_hash::{FxHashMap, FxHashSet};

use super::condense::{Components, Neighbours, components};
use super::sets::{Builder, SetId, Sets};
use super::{Call, ErrorId, Graph, Kind, NodeId};

/// What leaves a node: errors, and what open variables raise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Value {
    errors: SetId,
    /// Variables, ascending, each with what is taken out of what it raises.
    variables: Vec<(NodeId, SetId)>,
}

/// The set of each node.
#[derive(Clone, Debug)]
pub struct Solution {
    pub(super) graph: Graph,
    /// Of each node, those that have its set with it.
    classes: Components,
    /// Of each class.
    values: Vec<Value>,
    /// Of each node, the numbers of its calls.
    pub(super) calls: Neighbours,
    /// Of each node, the numbers of what it raises itself.
    pub(super) raises: Neighbours,
}

impl Solution {
    /// What was solved, to say more.
    pub fn graph(&self) -> Graph {
        self.graph.clone()
    }

    /// The errors that leave a node, ascending.
    pub fn errors(&self, node: NodeId) -> impl Iterator<Item = ErrorId> {
        let errors = self.value(node).map_or(SetId::EMPTY, |value| value.errors);
        self.graph.sets.iter(errors).map(ErrorId)
    }

    /// Whether an error leaves a node.
    pub fn raises(&self, node: NodeId, error: ErrorId) -> bool {
        self.value(node).is_some_and(|value| self.graph.sets.contains(value.errors, error.0))
    }

    /// Whether nothing leaves a node, whatever its variables are.
    pub fn raises_nothing(&self, node: NodeId) -> bool {
        self.value(node).is_none_or(|value| value.errors.is_empty() && value.variables.is_empty())
    }

    /// The variables whose errors leave a node, ascending, each with the errors that are taken out.
    pub fn variables(&self, node: NodeId) -> impl Iterator<Item = (NodeId, Vec<ErrorId>)> {
        let variables = self.value(node).map_or(&[][..], |value| &value.variables);
        variables
            .iter()
            .map(|(variable, without)| (*variable, self.graph.sets.iter(*without).map(ErrorId).collect()))
    }

    /// One of the shortest ways on which an error leaves a node: the places of calls, and at last the place where it is
    /// raised. Empty where it does not.
    pub fn origin(&self, node: NodeId, error: ErrorId) -> Vec<FileSpan> {
        super::origin::origin(self, node, error)
    }

    /// Whether an error gets through a variable out of a node.
    pub(super) fn lets_through(&self, node: NodeId, variable: NodeId, error: ErrorId) -> bool {
        let variables = self.value(node).map_or(&[][..], |value| &value.variables);
        variables
            .iter()
            .any(|(own, without)| *own == variable && !self.graph.sets.contains(*without, error.0))
    }

    fn value(&self, node: NodeId) -> Option<&Value> {
        let class = self.classes.of.get(node.0 as usize)?;
        self.values.get(*class as usize)
    }
}

/// The smallest sets.
pub(super) fn solve(mut graph: Graph) -> Solution {
    let count = graph.nodes.len();
    let plain = graph.calls.iter().filter(|call| call.is_plain()).map(|call| (call.from.0, call.to.0));
    let classes = components(count, &Neighbours::new(count, plain));
    let class = |node: NodeId| classes.of.get(node.0 as usize).copied().unwrap_or(u32::MAX);
    let calls = Neighbours::new(count, (0..).zip(&graph.calls).map(|(number, call)| (call.from.0, number)));
    let raises =
        Neighbours::new(count, (0..).zip(&graph.raises).map(|(number, raise)| (raise.node.0, number)));

    let needed = graph.calls.iter().flat_map(|call| {
        let from = class(call.from);
        let bound = graph.bindings_of(call).iter().map(|binding| binding.is);
        let bound = bound.chain([call.to]).map(class);
        bound.map(move |to| (from, to))
    });
    let class_count = classes.members.len();
    let needs = Neighbours::new(class_count, needed);
    let order = components(class_count, &needs);

    let mut sets = std::mem::take(&mut graph.sets);
    let mut solver = Solver {
        graph: &graph,
        sets: &mut sets,
        calls: &calls,
        raises: &raises,
        classes: &classes,
        values: vec![Value::default(); class_count],
    };
    for members in &order.members {
        match members.as_slice() {
            [one] if !needs.of(*one).contains(one) => solver.values_of_one(*one),
            _ => solver.iterate(members, &order, &needs),
        }
    }
    let values = solver.values;
    graph.sets = sets;
    Solution { graph, classes, values, calls, raises }
}

struct Solver<'a> {
    graph: &'a Graph,
    sets: &'a mut Sets,
    calls: &'a Neighbours,
    raises: &'a Neighbours,
    classes: &'a Components,
    values: Vec<Value>,
}

impl Solver<'_> {
    fn values_of_one(&mut self, class: u32) {
        let value = self.evaluate(class);
        if let Some(cell) = self.values.get_mut(class as usize) {
            *cell = value;
        }
    }

    /// Looks at all classes of a component, and again at those whose parts have changed, until none changes.
    fn iterate(&mut self, members: &[u32], order: &Components, needs: &Neighbours) {
        let component = members.first().and_then(|first| order.of.get(*first as usize));
        let places: FxHashMap<u32, u32> = members.iter().copied().zip(0..).collect();
        let pairs = members.iter().flat_map(|member| {
            let own = needs.of(*member).iter().filter(|to| order.of.get(**to as usize) == component);
            own.filter_map(|to| Some((*places.get(to)?, *places.get(member)?)))
        });
        let dependents = Neighbours::new(members.len(), pairs);
        let mut queue: VecDeque<u32> = (0..members.len() as u32).collect();
        let mut queued = vec![true; members.len()];
        while let Some(place) = queue.pop_front() {
            let Some(class) = members.get(place as usize) else { continue };
            if let Some(flag) = queued.get_mut(place as usize) {
                *flag = false;
            }
            let value = self.evaluate(*class);
            let Some(cell) = self.values.get_mut(*class as usize).filter(|cell| **cell != value) else {
                continue;
            };
            *cell = value;
            for dependent in dependents.of(place) {
                if let Some(flag) = queued.get_mut(*dependent as usize).filter(|flag| !**flag) {
                    *flag = true;
                    queue.push_back(*dependent);
                }
            }
        }
    }

    /// What leaves the nodes of a class, as far as is known.
    fn evaluate(&mut self, class: u32) -> Value {
        let mut sum = Sum::default();
        let (classes, calls, raises, graph) = (self.classes, self.calls, self.raises, self.graph);
        for node in classes.members.get(class as usize).into_iter().flatten() {
            if graph.nodes.get(*node as usize) == Some(&Kind::Variable) {
                sum.add_variable(self.sets, NodeId(*node), SetId::EMPTY);
            }
            let own = raises.of(*node).iter().filter_map(|number| graph.raises.get(*number as usize));
            for raise in own {
                sum.errors.insert(raise.error.0);
            }
            for call in calls.of(*node).iter().filter_map(|number| graph.calls.get(*number as usize)) {
                if !call.is_plain() || self.class_of(call.to) != Some(class) {
                    self.add_call(call, &mut sum);
                }
            }
        }
        let mut variables: Vec<_> = sum.variables.into_iter().collect();
        variables.sort_unstable();
        Value { errors: self.sets.build(sum.errors), variables }
    }

    fn add_call(&mut self, call: &Call, sum: &mut Sum) {
        let graph = self.graph;
        let Some(value) = self.class_of(call.to).and_then(|class| self.values.get(class as usize)) else {
            return;
        };
        let errors = self.sets.difference(value.errors, call.handled);
        sum.add(self.sets, errors);
        // Most functions have no variables, so nothing is cloned for them.
        for (variable, without) in value.variables.clone() {
            let without = self.sets.union(without, call.handled);
            let Some(binding) = graph.bindings_of(call).iter().find(|binding| binding.variable == variable)
            else {
                sum.add_variable(self.sets, variable, without);
                continue;
            };
            let Some(bound) = self.class_of(binding.is).and_then(|class| self.values.get(class as usize))
            else {
                continue;
            };
            let errors = self.sets.difference(bound.errors, without);
            sum.add(self.sets, errors);
            for (inner, own) in &bound.variables {
                let without = self.sets.union(*own, without);
                sum.add_variable(self.sets, *inner, without);
            }
        }
    }

    fn class_of(&self, node: NodeId) -> Option<u32> {
        self.classes.of.get(node.0 as usize).copied()
    }
}

/// What is put together for one class.
#[derive(Default)]
struct Sum {
    errors: Builder,
    /// What has been added: many calls bring the same.
    added: FxHashSet<SetId>,
    variables: FxHashMap<NodeId, SetId>,
}

impl Sum {
    fn add(&mut self, sets: &Sets, set: SetId) {
        if !set.is_empty() && self.added.insert(set) {
            self.errors.add(sets, set);
        }
    }

    /// What comes out in one of two ways is what neither takes out.
    fn add_variable(&mut self, sets: &mut Sets, variable: NodeId, without: SetId) {
        let known = self.variables.entry(variable).or_insert(without);
        *known = sets.intersection(*known, without);
    }
}
