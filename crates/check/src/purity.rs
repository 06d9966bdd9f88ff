//! Which functions change nothing and wait for nothing: contracts call only those.

mod values;

use pluto_source::{FileSpan, Span};
use rustc_hash::FxHashMap;

use crate::body::BodyOwner;
use crate::checker::Checker;
use crate::error::{CheckError, Fact};
use crate::program::{FunctionId, ModuleId, Owner};

/// What was seen in bodies.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// What each function calls.
    calls: FxHashMap<FunctionId, Vec<FunctionId>>,
    /// Functions that change something or wait themselves.
    impure: Vec<FunctionId>,
    /// What contracts call, and where.
    contracts: Vec<(FunctionId, FileSpan)>,
}

impl Checker<'_> {
    /// Notes what a body does.
    pub(crate) fn note_purity(
        &mut self,
        owner: BodyOwner,
        module: ModuleId,
        calls: Vec<(FunctionId, Span)>,
        impure: Option<Span>,
    ) {
        let file = self.file(module).id;
        match owner {
            BodyOwner::Function(id) => {
                if impure.is_some() {
                    self.purity.impure.push(id);
                } else {
                    self.purity.calls.insert(id, calls.into_iter().map(|(called, _)| called).collect());
                }
            }
            BodyOwner::Contract(_) | BodyOwner::Invariant(_) => {
                if let Some(span) = impure {
                    self.error(module, span, Fact::Impure { function: None });
                    return;
                }
                self.purity
                    .contracts
                    .extend(calls.into_iter().map(|(called, span)| (called, span.in_file(file))));
            }
            _ => (),
        }
    }

    /// Finds out which functions are pure, and looks at what contracts call.
    pub(crate) fn check_purity(&mut self) {
        let seen = std::mem::take(&mut self.purity);
        let mut callers: FxHashMap<FunctionId, Vec<FunctionId>> = FxHashMap::default();
        for (caller, called) in &seen.calls {
            for called in called {
                callers.entry(*called).or_default().push(*caller);
            }
        }
        for id in self.own_functions() {
            let of = &self.program.functions[id];
            let pure = match (of.owner, of.built_in) {
                (Owner::Builtin, _) => self.builtin_is_pure(id),
                (_, "") => true,
                // Its module says so.
                _ => of.pure,
            };
            self.program.functions[id].pure = pure;
        }
        let mut work: Vec<FunctionId> = seen.impure;
        for (body, at) in self.unknown_values() {
            match body.owner {
                BodyOwner::Function(id) => work.push(id),
                _ => self.error(body.module, at, Fact::ImpureValue),
            }
        }
        work.extend(self.program.functions.iter().filter(|(_, of)| !of.pure).map(|(id, _)| id));
        // What an actor does for a trait is a message.
        for (_, own) in self.program.impls.iter() {
            if let Some((of, _)) = own.of.filter(|_| self.is_actor(own.on)) {
                work.extend(&self.program.traits[of].methods);
            }
        }
        // A trait's method is as impure as any of its implementations.
        let implementations = self.implementations();
        while let Some(id) = work.pop() {
            let of = &mut self.program.functions[id];
            if !of.pure && of.owner != Owner::Builtin && of.built_in.is_empty() {
                continue;
            }
            of.pure = false;
            work.extend(
                callers.get(&id).into_iter().flatten().filter(|id| self.program.functions[**id].pure),
            );
            if let Some(head) = implementations.get(&id).filter(|head| self.program.functions[**head].pure) {
                work.push(*head);
            }
        }
        for (called, at) in seen.contracts {
            if !self.program.functions[called].pure {
                self.found.push(CheckError { at, fact: Fact::Impure { function: Some(called) } });
            }
        }
    }

    /// The trait's method that each method of an impl implements.
    pub(crate) fn implementations(&self) -> FxHashMap<FunctionId, FunctionId> {
        let mut heads = FxHashMap::default();
        for ((id, name), method) in &self.methods.impl_methods {
            let of = self.program.impls[*id].of;
            let head = of.and_then(|(of, _)| self.methods.trait_methods.get(&(of, *name)));
            if let Some(head) = head {
                heads.insert(*method, *head);
            }
        }
        heads
    }
}
