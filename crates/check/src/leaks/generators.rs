//! Generators that may change the object they are methods of. They do it when their next value is asked for, and nobody looks at the
//! invariant then.

use pluto_source::Span;

use crate::checker::Checker;
use crate::error::{Fact, Leak};
use crate::program::{FunctionId, ModuleId};
use crate::types::{Ty, TyId};

impl Checker<'_> {
    /// Methods of classes with an invariant that are such generators, their own ones and those that a trait gives them.
    pub(super) fn changing_generators(&self) -> Vec<(ModuleId, Span, Fact)> {
        let fact = |ty| Fact::LeaksPart { ty, how: Leak::Generator };
        let own = self.program.functions.iter();
        let own = own.filter(|(id, of)| self.is_changing_generator(*id) && self.has_invariant(of.self_ty));
        let own = own.map(|(_, of)| (of.origin.module, of.origin.span, fact(of.self_ty)));
        let given = self.program.impls.iter().filter_map(|(_, of)| {
            let (from, _) = of.of?;
            let has =
                |name| of.methods.iter().any(|method| self.program.functions[*method].origin.name == name);
            let mut methods = self.methods.trait_methods.iter();
            let changes = methods.any(|((owner, name), method)| {
                *owner == from && !has(*name) && self.is_changing_generator(*method)
            });
            (changes && self.has_invariant(of.on)).then(|| (of.module, of.span, fact(of.on)))
        });
        own.chain(given).collect()
    }

    fn is_changing_generator(&self, id: FunctionId) -> bool {
        let of = &self.program.functions[id];
        of.receiver == Some(true) && of.yields.is_some() && of.body.is_some()
    }

    fn has_invariant(&self, ty: TyId) -> bool {
        matches!(self.program.types.get(ty), Ty::Class(class, _) if self.is_guarded(class))
    }
}
