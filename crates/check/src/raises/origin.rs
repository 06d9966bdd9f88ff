//! Where an error comes from.

use std::collections::VecDeque;

use pluto_source::FileSpan;
use rustc_hash::FxHashMap;

use super::solve::Solution;
use super::{Call, ErrorId, NodeId};

/// Goes through the nodes that the error leaves, nearest first, until one raises it itself.
pub(super) fn origin(solution: &Solution, node: NodeId, error: ErrorId) -> Vec<FileSpan> {
    if !solution.raises(node, error) {
        return Vec::new();
    }
    let graph = &solution.graph;
    // Of each node that was reached, by which call of which node.
    let mut reached: FxHashMap<NodeId, Option<(NodeId, FileSpan)>> = FxHashMap::from_iter([(node, None)]);
    let mut queue = VecDeque::from([node]);
    while let Some(at) = queue.pop_front() {
        let own = solution.raises.of(at.0).iter().filter_map(|number| graph.raises.get(*number as usize));
        if let Some(raise) = own.into_iter().find(|raise| raise.error == error) {
            let mut way = Vec::from_iter(raise.place);
            let mut step = reached.get(&at).copied().flatten();
            while let Some((before, place)) = step {
                way.push(place);
                step = reached.get(&before).copied().flatten();
            }
            way.reverse();
            return way;
        }
        for call in solution.calls.of(at.0).iter().filter_map(|number| graph.calls.get(*number as usize)) {
            for to in sources(solution, call, error) {
                reached.entry(to).or_insert_with(|| {
                    queue.push_back(to);
                    Some((at, call.place))
                });
            }
        }
    }
    Vec::new()
}

/// The nodes from which the error comes by a call: what is called, and what its variables are bound to.
fn sources(solution: &Solution, call: &Call, error: ErrorId) -> impl Iterator<Item = NodeId> {
    let handled = solution.graph.sets.contains(call.handled, error.0);
    let called = solution.raises(call.to, error).then_some(call.to);
    let bound = solution.graph.bindings_of(call).iter().filter(move |binding| {
        solution.raises(binding.is, error) && solution.lets_through(call.to, binding.variable, error)
    });
    called.into_iter().chain(bound.map(|binding| binding.is)).filter(move |_| !handled)
}
