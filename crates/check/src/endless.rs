//! Classes, enums and errors that can never have a value, because each value needs another one first.

use rustc_hash::FxHashMap;

use crate::checker::Checker;
use crate::cycles::cycles;
use crate::error::Fact;
use crate::program::{ClassId, EnumId, ErrorId, Field};
use crate::types::{Ty, TyId};

/// What is declared and has values.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Made {
    Class(ClassId),
    Enum(EnumId),
    Error(ErrorId),
}

/// One way to make a value: what it needs, and how much of that is not known to have values.
struct Way {
    of: usize,
    needs: Vec<usize>,
    open: usize,
}

impl Checker<'_> {
    /// Tells of each knot of types whose values need each other.
    pub(crate) fn check_endless(&mut self) {
        let all: Vec<Made> = (self.program.classes.ids().map(Made::Class))
            .chain(self.program.enums.ids().map(Made::Enum))
            .chain(self.program.errors.ids().map(Made::Error))
            .collect();
        let places: FxHashMap<Made, usize> = all.iter().enumerate().map(|(at, made)| (*made, at)).collect();
        let ways: Vec<Way> =
            all.iter().enumerate().flat_map(|(at, made)| self.ways(at, *made, &places)).collect();
        let (exists, ways) = existing(all.len(), ways);
        let mut edges: Vec<Vec<usize>> = vec![Vec::new(); all.len()];
        for way in ways {
            let missing = |at: usize| exists.get(at) == Some(&false);
            if let Some(edges) = edges.get_mut(way.of).filter(|_| missing(way.of)) {
                edges.extend(way.needs.into_iter().filter(|need| missing(*need)));
            }
        }
        for knot in cycles(&edges) {
            let types: Vec<TyId> =
                knot.iter().filter_map(|at| all.get(*at)).map(|made| self.type_of(*made)).collect();
            let Some(first) = knot.first().and_then(|at| all.get(*at)) else { continue };
            let origin = match first {
                Made::Class(id) => self.program.classes[*id].origin,
                Made::Enum(id) => self.program.enums[*id].origin,
                Made::Error(id) => self.program.errors[*id].origin,
            };
            self.error(origin.module, origin.span, Fact::Endless { types });
        }
    }

    fn type_of(&mut self, made: Made) -> TyId {
        match made {
            Made::Class(id) => self.program.classes[id].self_ty,
            Made::Enum(id) => self.program.enums[id].self_ty,
            Made::Error(id) => self.program.types.intern(Ty::Error(id)),
        }
    }

    fn ways(&self, of: usize, made: Made, places: &FxHashMap<Made, usize>) -> Vec<Way> {
        let way = |fields: &[Field]| {
            let mut needs = Vec::new();
            for field in fields.iter().filter(|field| !field.injected) {
                self.needs(field.ty, places, &mut needs);
            }
            needs.sort_unstable();
            needs.dedup();
            Way { of, open: needs.len(), needs }
        };
        match made {
            Made::Class(id) => vec![way(&self.program.classes[id].fields)],
            Made::Error(id) => vec![way(&self.program.errors[id].fields)],
            // One without variants is meant so.
            Made::Enum(id) if self.program.enums[id].variants.is_empty() => vec![way(&[])],
            Made::Enum(id) => {
                self.program.enums[id].variants.iter().map(|variant| way(&variant.fields)).collect()
            }
        }
    }

    /// What a value of a type needs a value of. A collection may be empty, and what is optional `none`.
    fn needs(&self, ty: TyId, places: &FxHashMap<Made, usize>, into: &mut Vec<usize>) {
        let made = match self.program.types.get(ty) {
            Ty::Class(id, _) | Ty::Actor(id, _) => Made::Class(id),
            Ty::Enum(id, _) => Made::Enum(id),
            Ty::Error(id) => Made::Error(id),
            tuple @ Ty::Tuple(_) => {
                self.parts(tuple).into_iter().for_each(|part| self.needs(part, places, into));
                return;
            }
            _ => return,
        };
        into.extend(places.get(&made));
    }
}

/// Which have values: those that have a way of which all that it needs has values.
fn existing(count: usize, mut ways: Vec<Way>) -> (Vec<bool>, Vec<Way>) {
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (at, way) in ways.iter().enumerate() {
        for need in &way.needs {
            if let Some(users) = users.get_mut(*need) {
                users.push(at);
            }
        }
    }
    let mut exists = vec![false; count];
    let mut work: Vec<usize> = ways.iter().filter(|way| way.open == 0).map(|way| way.of).collect();
    while let Some(at) = work.pop() {
        let Some(slot) = exists.get_mut(at) else { continue };
        if std::mem::replace(slot, true) {
            continue;
        }
        for user in users.get(at).into_iter().flatten() {
            if let Some(way) = ways.get_mut(*user) {
                way.open -= 1;
                work.extend((way.open == 0).then_some(way.of));
            }
        }
    }
    (exists, ways)
}
