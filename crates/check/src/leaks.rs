//! What an invariant is about stays in its object. A part of an object of a class with an invariant, where the part can be changed,
//! is read anywhere, but is not given away, kept elsewhere, or changed but by methods of the object; and what is put into such an
//! object can be changed by nobody else. Either is mended by a copy.
//!
//! Each body is read once into [`Flow`]: which value flows into which name, what is stored where, what leaves. What a
//! function does with what it is given is found over all functions by fixpoint; then each body is judged.

mod away;
mod flow;
mod generators;
mod judge;
mod reach;
mod sources;

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::arena::Id;
use crate::body::{BodyOwner, ExprId};
use crate::checker::Checker;
use crate::program::{ClassKind, FunctionId};
use flow::Flow;
pub(crate) use reach::Reach;
use sources::Known;

/// What a function does with what it is given, a bit for each argument, `self` first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Given {
    /// It may share something with what the function gives: be in it, or keep a part of it.
    result: u64,
    /// In which other arguments it may be kept, for each that is.
    kept: BTreeMap<usize, u64>,
    /// It may be kept somewhere else.
    lost: u64,
}

impl Given {
    fn anything() -> Self {
        Self { result: u64::MAX, kept: (0..64).map(|at| (at, u64::MAX)).collect(), lost: u64::MAX }
    }

    /// The arguments in which one may be kept.
    fn kept_in(&self, at: usize) -> u64 {
        self.kept.get(&at.min(63)).copied().unwrap_or_default()
    }
}

/// The bit of an argument; all behind the last share the last.
fn bit(at: usize) -> u64 {
    1 << at.min(63)
}

/// Rounds after which the rest is taken to do anything with what it is given.
const ROUNDS: usize = 50;

impl Checker<'_> {
    /// Looks at what leaves the objects of classes with invariants. An actor's state leaves it by messages only, which copy.
    pub(crate) fn check_leaks(&mut self) {
        let guarded =
            |class: &crate::program::Class| class.kind != ClassKind::Actor && !class.invariants.is_empty();
        if !self.program.classes.iter().any(|(_, class)| guarded(class)) {
            return;
        }
        let reach = Reach::new(self);
        let (mut known, flows) = self.leaks(reach);
        let mut found = self.changing_generators();
        for flow in &flows {
            self.judge(flow, &mut known, &mut found);
        }
        self.given = Some(known.given);
        self.reach = Some(known.reach);
        for (module, span, fact) in found {
            self.error(module, span, fact);
        }
    }

    /// What each function does with what it is given, and what each body does.
    fn leaks(&mut self, reach: Reach) -> (Known, Vec<Flow>) {
        let mut known = Known { reach, given: FxHashMap::default(), implementers: FxHashMap::default() };
        for (method, head) in self.implementations() {
            known.implementers.entry(head).or_default().push(method);
        }
        let bodies: Vec<_> = self.program.nodes.bodies.ids().collect();
        let mut flows: Vec<Flow> = Vec::new();
        for id in bodies {
            let body = self.program.nodes.bodies[id];
            if matches!(body.owner, BodyOwner::Function(_) | BodyOwner::Test(_)) {
                flows.push(self.flow(&body, &mut known));
            }
        }
        self.find_given(&flows, &mut known);
        (known, flows)
    }

    fn find_given(&mut self, flows: &[Flow], known: &mut Known) {
        for round in 0.. {
            let mut more = false;
            for flow in flows {
                let Some(id) = flow.function else { continue };
                let given = if round < ROUNDS { self.given(flow, known) } else { Given::anything() };
                let before = known.given.insert(id, given.clone()).unwrap_or_default();
                more |= before != given;
            }
            if !more || round > ROUNDS {
                return;
            }
        }
    }

    /// The arguments of a call, with which of them the function may change.
    fn changed_arguments(&self, id: FunctionId, arguments: &[ExprId]) -> Vec<(ExprId, bool)> {
        let of = &self.program.functions[id];
        let receiver = of.receiver.into_iter();
        let changes = receiver.chain(of.params.iter().map(|param| param.mutable));
        arguments.iter().copied().zip(changes).collect()
    }
}

/// The place of a local among those of a body.
fn place(local: crate::body::LocalId, first: u32) -> usize {
    local.index().saturating_sub(first) as usize
}
