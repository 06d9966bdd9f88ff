//! What a function does with what it is given, and what of it is a mistake.

use pluto_source::Span;
use rustc_hash::{FxHashMap, FxHashSet};

use super::flow::{Bound, Flow, Store};
use super::sources::{Known, Part, Source};
use super::{Given, bit, place};
use crate::arena::Id;
use crate::body::{Callee, Dispatch, ExprId, ExprKind, LocalId};
use crate::checker::Checker;
use crate::error::{Fact, Leak};
use crate::program::ModuleId;
use crate::walk::Child;

/// What flows where in a body, for what is known of the functions that it calls.
#[derive(Debug, Default)]
struct Solved {
    into: FxHashMap<LocalId, Vec<Source>>,
    /// The same without what is stored: what a name is, and not what it holds.
    bound: FxHashMap<LocalId, Vec<Source>>,
    stores: Vec<Store>,
    lost: Vec<ExprId>,
}

impl Solved {
    fn add(&mut self, local: LocalId, source: Source) -> bool {
        let known = self.into.entry(local).or_default();
        let new = source != Source::Local(local) && !known.contains(&source);
        if new {
            known.push(source);
        }
        new
    }

    /// All that something comes from, through names.
    fn all(&self, sources: Vec<Source>) -> FxHashSet<Source> {
        closed(sources, &self.into)
    }

    /// All that something is another name for.
    fn names(&self, sources: Vec<Source>) -> FxHashSet<Source> {
        closed(sources, &self.bound)
    }

    /// The names that may share something with these.
    fn joined(&self, sources: &FxHashSet<Source>) -> FxHashSet<LocalId> {
        let mut found = FxHashSet::default();
        let mut work: Vec<LocalId> = locals(sources).collect();
        if work.is_empty() {
            return found;
        }
        let mut beside: FxHashMap<LocalId, Vec<LocalId>> = FxHashMap::default();
        for (local, from) in &self.into {
            for source in from {
                if let Source::Local(other) = source {
                    beside.entry(*local).or_default().push(*other);
                    beside.entry(*other).or_default().push(*local);
                }
            }
        }
        while let Some(local) = work.pop() {
            if found.insert(local) {
                work.extend(beside.get(&local).into_iter().flatten());
            }
        }
        found
    }
}

fn closed(mut work: Vec<Source>, into: &FxHashMap<LocalId, Vec<Source>>) -> FxHashSet<Source> {
    let mut found = FxHashSet::default();
    while let Some(source) = work.pop() {
        if found.insert(source)
            && let Source::Local(local) = source
        {
            work.extend(into.get(&local).into_iter().flatten());
        }
    }
    found
}

fn locals(sources: &FxHashSet<Source>) -> impl Iterator<Item = LocalId> {
    sources.iter().filter_map(|source| match source {
        Source::Local(local) => Some(*local),
        Source::Part(_) => None,
    })
}

fn parts(sources: &FxHashSet<Source>) -> impl Iterator<Item = Part> {
    sources.iter().filter_map(|source| match source {
        Source::Part(part) => Some(*part),
        Source::Local(_) => None,
    })
}

/// Where something is stored, and what.
struct Place {
    all: FxHashSet<Source>,
    value: FxHashSet<Source>,
    /// The names of the objects that it is a part of, and of nothing else.
    roots: Vec<LocalId>,
}

impl Place {
    /// Whether an invariant may be about it.
    fn guarded(&self, store: &Store) -> bool {
        store.place.is_none() || parts(&self.all).next().is_some()
    }
}

impl Flow {
    /// The bits of the parameters among names.
    fn bits(&self, sources: &FxHashSet<Source>) -> u64 {
        let params = locals(sources).filter(|local| self.is_param(*local));
        params.fold(0, |bits, local| bits | bit(place(local, self.locals.0)))
    }

    /// The bits of the parameters that hold something that is in these too.
    fn bits_beside(&self, sources: &FxHashSet<Source>, solved: &Solved) -> u64 {
        let shared = |at: &u32| {
            let param = Source::Local(LocalId::from_index(self.locals.0 + at));
            let held = solved.all(vec![param]);
            locals(&held).any(|local| sources.contains(&Source::Local(local)))
        };
        (0..self.params).filter(shared).fold(0, |bits, at| bits | bit(at as usize))
    }

    fn is_own(&self, local: LocalId) -> bool {
        !self.is_param(local) && !self.foreign.contains(&local)
    }
}

/// What was found to be wrong.
type Found = Vec<(ModuleId, Span, Fact)>;

impl Checker<'_> {
    fn solve(&mut self, flow: &Flow, known: &mut Known) -> Solved {
        let mut solved = Solved { stores: flow.stores.clone(), lost: flow.lost.clone(), ..Solved::default() };
        self.calls_keep(flow, known, &mut solved);
        for (local, bound) in &flow.bound {
            let ty = self.program.nodes.locals[*local].ty;
            if !known.reach.holds(self, ty) {
                continue;
            }
            let sources = match bound {
                Bound::Value(value) => self.sources(*value, flow, known),
                Bound::Part(object, span) => {
                    if known.reach.changes(self, ty) {
                        let root = self.root_of(*object);
                        vec![Source::Part(Part { span: *span, ty, root, how: Leak::Pattern })]
                    } else {
                        self.sources(*object, flow, known)
                    }
                }
            };
            for source in sources {
                solved.add(*local, source);
            }
        }
        solved.bound = solved.into.clone();
        let mut stores = Vec::new();
        for store in &solved.stores {
            if let Some(place) = store.place {
                let value = self.stored(store, flow, &solved, known);
                stores.push((self.sources(place, flow, known), value));
            }
        }
        // What is stored in one name is in all that it is another name for.
        loop {
            let mut more = false;
            for (place, value) in &stores {
                let targets: Vec<LocalId> = locals(&solved.all(place.clone())).collect();
                for target in targets {
                    for source in value {
                        more |= solved.add(target, *source);
                    }
                }
            }
            if !more {
                return solved;
            }
        }
    }

    /// What is stored. An element of a part leaves where it is stored, and not where the part is gone through.
    fn stored(&mut self, store: &Store, flow: &Flow, solved: &Solved, known: &mut Known) -> Vec<Source> {
        let sources = self.sources(store.value, flow, known);
        let expr = self.program.nodes.exprs[store.value];
        let ExprKind::Local(local) = expr.kind else { return sources };
        if store.place.is_none() || !flow.elements.contains(&local) {
            return sources;
        }
        let all = solved.names(sources).into_iter();
        let here = |part: Part| Part { span: expr.span, ty: expr.ty, how: Leak::Value, ..part };
        all.filter_map(|source| match source {
            Source::Part(part) => Some(Source::Part(here(part))),
            Source::Local(_) => parts(&solved.names(vec![source])).next().is_none().then_some(source),
        })
        .collect()
    }

    /// What the functions that are called keep of what they are given.
    fn calls_keep(&mut self, flow: &Flow, known: &mut Known, solved: &mut Solved) {
        for (call, around) in &flow.calls {
            let expr = self.program.nodes.exprs[*call];
            let ExprKind::Call(Callee::Target(target), list) = expr.kind else { continue };
            let list = self.program.nodes.expr_lists.get(list).to_vec();
            let arguments = self.changed_arguments(target.function, &list);
            let found_late = matches!(target.dispatch, Dispatch::Bound(_) | Dispatch::Object(_));
            let given = known.given.get(&target.function).cloned().unwrap_or_default();
            let lost = if found_late { self.lost_late(target.function, known) } else { given.lost };
            for (at, (value, _)) in arguments.iter().enumerate() {
                if lost & bit(at) != 0 {
                    solved.lost.push(*value);
                }
                let kept = if found_late { u64::MAX } else { given.kept_in(at) };
                for (to, (place, changed)) in arguments.iter().enumerate() {
                    if kept & bit(to) == 0 {
                        continue;
                    }
                    let (a, b) = (self.program.nodes.exprs[*value].ty, self.program.nodes.exprs[*place].ty);
                    if *changed && place != value && known.reach.share(self, a, b) {
                        let end = expr.span.end;
                        solved.stores.push(Store {
                            place: Some(*place),
                            value: *value,
                            by: *call,
                            end,
                            around: *around,
                        });
                    }
                }
            }
        }
    }

    /// What the implementers of a method of a trait lose.
    fn lost_late(&self, method: crate::program::FunctionId, known: &Known) -> u64 {
        let implementers = known.implementers.get(&method).into_iter().flatten();
        let all = implementers.chain([&method]).filter_map(|id| known.given.get(id));
        all.fold(0, |lost, given| lost | given.lost)
    }

    /// What a function does with what it is given.
    pub(super) fn given(&mut self, flow: &Flow, known: &mut Known) -> Given {
        let solved = self.solve(flow, known);
        let mut given = Given::default();
        for value in &flow.results {
            let sources = self.sources(*value, flow, known);
            given.result |= flow.bits_beside(&solved.all(sources), &solved);
        }
        if flow.function.is_some_and(|id| self.program.functions[id].yields.is_some()) {
            given.result = u64::MAX;
        }
        for value in &solved.lost {
            let sources = self.sources(*value, flow, known);
            given.lost |= flow.bits(&solved.all(sources));
        }
        for store in &solved.stores {
            let Some(place) = store.place else { continue };
            let place = self.sources(place, flow, known);
            let place = solved.all(place);
            let foreign = locals(&place).any(|local| flow.foreign.contains(&local))
                || parts(&place).any(|part| part.root.is_none());
            if foreign {
                let value = self.sources(store.value, flow, known);
                given.lost |= flow.bits(&solved.all(value));
            }
        }
        self.keep_beside(flow, &solved, &mut given);
        given
    }

    /// Which parameters are kept in which: one holds another, or both hold the same.
    fn keep_beside(&self, flow: &Flow, solved: &Solved, given: &mut Given) {
        let param = |at: u32| LocalId::from_index(flow.locals.0 + at);
        let held: Vec<FxHashSet<Source>> =
            (0..flow.params).map(|at| solved.all(vec![Source::Local(param(at))])).collect();
        for (to, place) in held.iter().enumerate() {
            for (at, value) in held.iter().enumerate().filter(|(at, _)| *at != to) {
                let own = |local: LocalId| !flow.is_param(local) && place.contains(&Source::Local(local));
                if place.contains(&Source::Local(param(at as u32))) || locals(value).any(own) {
                    *given.kept.entry(at.min(63)).or_default() |= bit(to);
                }
            }
        }
    }

    /// What is wrong in a body.
    pub(super) fn judge(&mut self, flow: &Flow, known: &mut Known, found: &mut Found) {
        let solved = self.solve(flow, known);
        let mut told: FxHashSet<Part> = FxHashSet::default();
        for value in flow.results.iter().chain(&solved.lost) {
            let sources = self.sources(*value, flow, known);
            told.extend(parts(&solved.all(sources)));
        }
        let mut places = Vec::with_capacity(solved.stores.len());
        for store in &solved.stores {
            let place = self.place_of(store, flow, &solved, known);
            if place.guarded(store) || !locals(&place.all).all(|local| flow.is_own(local)) {
                // What stays in its object may be in it twice.
                let elsewhere = |part: &Part| part.root.is_none_or(|root| !place.roots.contains(&root));
                told.extend(parts(&place.value).filter(elsewhere));
            }
            places.push(place);
        }
        let changing = flow.function.is_some_and(|id| self.program.functions[id].receiver == Some(true));
        for change in &flow.changes {
            if self.part_of_place(change.place, known).is_some() {
                continue;
            }
            let sources = self.sources(change.of, flow, known);
            // A method may change what is its own, by any name.
            let own = |part: &Part| {
                changing
                    && part.root.is_some_and(|root| place(root, flow.locals.0) == 0 && flow.is_param(root))
            };
            told.extend(parts(&solved.all(sources)).filter(|part| !own(part)));
        }
        for (store, place) in solved.stores.iter().zip(&places) {
            // What is in a place only because it leaves its object is mended there.
            let leaves = store.place.is_some() && parts(&place.all).all(|part| told.contains(&part));
            if place.guarded(store) && !leaves {
                self.shares_by(flow, (store, place), &solved, known, found);
            }
        }
        // What cannot be bound to a name that changes it was told before.
        let file = self.file(flow.module).id;
        told.retain(|part| {
            let at = part.span.in_file(file);
            !self.found.iter().any(|error| error.at == at && matches!(error.fact, Fact::Thaw { .. }))
        });
        let told = told.into_iter().map(|part| {
            let fact = Fact::LeaksPart { ty: part.ty, how: part.how };
            (flow.module, part.span, fact)
        });
        found.extend(told);
    }

    fn place_of(&mut self, store: &Store, flow: &Flow, solved: &Solved, known: &mut Known) -> Place {
        let place = match store.place {
            Some(place) => self.sources(place, flow, known),
            None => Vec::new(),
        };
        let names = solved.names(place.clone());
        let mut roots: Vec<LocalId> = parts(&names).filter_map(|part| part.root).collect();
        if locals(&names).any(|local| !flow.is_own(local)) {
            roots.clear();
        }
        let value = self.stored(store, flow, solved, known);
        Place { all: solved.all(place), value: solved.all(value), roots }
    }

    /// What a store puts into an object, and somebody else still has.
    fn shares_by(
        &mut self,
        flow: &Flow,
        (store, place): (&Store, &Place),
        solved: &Solved,
        known: &mut Known,
        found: &mut Found,
    ) {
        let ty = self.program.nodes.exprs[store.value].ty;
        if !known.reach.changes(self, ty) {
            return;
        }
        let mut joined: Vec<LocalId> = solved.joined(&place.value).into_iter().collect();
        joined.sort();
        let beside = self.held_beside(flow, store, solved, known);
        let shared = joined.into_iter().find(|local| {
            let others = || beside.contains(local) || self.is_used_later(flow, store, *local);
            !place.roots.contains(local) && (!flow.is_own(*local) || others())
        });
        if let Some(local) = shared {
            let (name, span) =
                (self.program.nodes.locals[local].name, self.program.nodes.exprs[store.value].span);
            let kind = self.program.nodes.exprs[store.value].kind;
            let short = match kind {
                ExprKind::Local(value) if store.place.is_none() && self.is_short(flow.module, span) => {
                    Some(self.program.nodes.locals[value].name)
                }
                _ => None,
            };
            let tight = matches!(
                kind,
                ExprKind::Local(_)
                    | ExprKind::Field(..)
                    | ExprKind::Element(..)
                    | ExprKind::Index(..)
                    | ExprKind::Unwrap(_)
                    | ExprKind::Call(..)
                    | ExprKind::Propagate(_)
                    | ExprKind::Try(_)
                    | ExprKind::Array(_)
                    | ExprKind::Map(_)
                    | ExprKind::Tuple(_)
                    | ExprKind::Class(..)
                    | ExprKind::Variant(..)
            );
            found.push((flow.module, span, Fact::SharesPart { ty, name, short, tight }));
        }
    }

    /// The names that are in what was made before a store and is used behind it: other operands of what the store is in.
    fn held_beside(
        &mut self,
        flow: &Flow,
        store: &Store,
        solved: &Solved,
        known: &mut Known,
    ) -> FxHashSet<LocalId> {
        let mut operands: Vec<ExprId> = Vec::new();
        let (mut at, mut children) = (store.by, Vec::new());
        while let Some(parent) = flow.parents.get(&at).copied() {
            let kind = self.program.nodes.exprs[parent].kind;
            if matches!(kind, ExprKind::Call(..)) || kind.is_made_of_values() {
                children.clear();
                self.program.nodes.children(kind, &mut children);
                operands.extend(children.iter().filter_map(|child| match child {
                    Child::Expr(other) if *other != at => Some(*other),
                    _ => None,
                }));
            }
            at = parent;
        }
        let mut found = FxHashSet::default();
        for operand in operands {
            let sources = self.sources(operand, flow, known);
            found.extend(solved.joined(&solved.all(sources)));
        }
        found
    }

    /// Whether a name is used behind a place, or in another round.
    fn is_used_later(&self, flow: &Flow, store: &Store, local: LocalId) -> bool {
        if flow.uses.get(&local).is_some_and(|last| *last > store.end) {
            return true;
        }
        let bound = self.program.nodes.locals[local].span.start;
        let mut at = store.around;
        while at != 0 {
            let Some(around) = flow.arounds.get(at) else { break };
            if bound < around.span.start {
                return true;
            }
            at = around.outer;
        }
        false
    }

    /// Whether a value of a field stands for its name too.
    fn is_short(&self, module: ModuleId, value: Span) -> bool {
        let before = self.file(module).text.get(..value.start as usize).unwrap_or_default();
        !before.trim_end().ends_with(':')
    }
}
