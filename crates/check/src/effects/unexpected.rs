//! What a type of one package raises for a trait of another, which was written without knowing it: the package that is used cannot
//! mend that, so the mistake is where the type has the trait.

use pluto_source::FileSpan;

use super::solve::number;
use crate::checker::Checker;
use crate::error::{CheckError, Fact};
use crate::program::{ErrorId, FunctionId, Owner, PackageId, TraitId};
use crate::raises::{NodeId, Solution};

impl Checker<'_> {
    /// Of errors that are a mistake at a place those that its package could know of. The others are told where they come from.
    pub(super) fn expected_here(
        &mut self,
        at: FileSpan,
        node: NodeId,
        errors: Vec<ErrorId>,
        solution: &Solution,
    ) -> Vec<ErrorId> {
        let Some(package) = self.package_at(at) else { return errors };
        let mut known = Vec::with_capacity(errors.len());
        for error in errors {
            let way = solution.origin(node, number(error));
            let outside = way
                .into_iter()
                .find(|place| self.package_at(*place).is_some_and(|of| !self.reaches(package, of)));
            match outside.and_then(|place| Some((place, self.implementer_at(place)?))) {
                Some((place, (of, method))) => self.tell_unexpected(place, (of, method), error, at),
                None => known.push(error),
            }
        }
        known
    }

    fn package_at(&self, at: FileSpan) -> Option<PackageId> {
        self.program.modules.iter().find(|(_, of)| of.file == at.file).map(|(_, of)| of.package)
    }

    /// The method of an impl of a trait whose name stands at a place.
    fn implementer_at(&self, at: FileSpan) -> Option<(TraitId, FunctionId)> {
        let methods = self.program.functions.iter().filter_map(|(id, of)| match of.owner {
            Owner::Impl(of) => Some((self.program.impls[of].of?.0, id)),
            _ => None,
        });
        methods.into_iter().find(|(_, id)| self.place(&self.program.functions[*id].origin) == at)
    }

    fn tell_unexpected(
        &mut self,
        at: FileSpan,
        (of, method): (TraitId, FunctionId),
        error: ErrorId,
        out: FileSpan,
    ) {
        let told =
            self.found.iter_mut().filter(|found| found.at == at).find_map(|found| match &mut found.fact {
                Fact::RaisesUnexpected { errors, .. } => Some(errors),
                _ => None,
            });
        match told {
            Some(errors) if errors.contains(&error) => (),
            Some(errors) => errors.push(error),
            None => {
                let name = self.program.functions[method].origin.name;
                self.found.push(CheckError {
                    at,
                    fact: Fact::RaisesUnexpected { of, name, errors: vec![error], out },
                });
            }
        }
    }
}
