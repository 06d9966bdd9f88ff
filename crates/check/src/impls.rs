//! Whether impls have what their traits say.

use crate::checker::Checker;
use crate::error::Fact;
use crate::names::Symbol;
use crate::program::{FunctionId, ImplId, TraitId};
use crate::types::{Effect, Subst, Ty, TyId, TyList};

impl Checker<'_> {
    /// Compares all impls with their traits.
    pub(crate) fn check_impls(&mut self) {
        for id in self.program.impls.ids().collect::<Vec<_>>() {
            if let Some((of, arguments)) = self.program.impls[id].of
                && self.methods.of_trait.get(&of).is_some_and(|entered| entered.contains(&id))
            {
                self.check_impl(id, of, arguments);
            }
        }
    }

    fn check_impl(&mut self, id: ImplId, of: TraitId, arguments: TyList) {
        let (module, span) = (self.program.impls[id].module, self.program.impls[id].span);
        let heads = self.program.traits[of].methods.clone();
        let mut missing: Vec<Symbol> = Vec::new();
        for head in heads {
            let name = self.program.functions[head].origin.name;
            match self.methods.impl_methods.get(&(id, name)).copied() {
                Some(method) => self.check_method(id, of, arguments, head, method),
                None if !self.has_body(head) => missing.push(name),
                None => (),
            }
        }
        if !missing.is_empty() {
            self.error(module, span, Fact::MissingMethods { of, names: missing });
        }
        for method in self.program.impls[id].methods.clone() {
            let origin = self.program.functions[method].origin;
            if !self.methods.trait_methods.contains_key(&(of, origin.name)) {
                let known: Vec<Symbol> = self.program.traits[of]
                    .methods
                    .iter()
                    .map(|m| self.program.functions[*m].origin.name)
                    .collect();
                let near = self.near(origin.name, known);
                self.error(module, origin.span, Fact::NotInTrait { of, name: origin.name, near });
            }
        }
    }

    fn has_body(&self, function: FunctionId) -> bool {
        let module = self.program.functions[function].origin.module;
        self.file(module).tree.nodes[self.function_site(function)].body.is_some()
    }

    fn check_method(
        &mut self,
        id: ImplId,
        of: TraitId,
        arguments: TyList,
        head: FunctionId,
        method: FunctionId,
    ) {
        let declared = self.place(&self.program.functions[head].origin);
        let (theirs, ours) = (&self.program.functions[head], &self.program.functions[method]);
        let origin = ours.origin;
        let same_params = theirs.params.len() == ours.params.len()
            && theirs.params.iter().zip(&ours.params).all(|(a, b)| a.mutable == b.mutable);
        let same_shape = same_params
            && theirs.receiver == ours.receiver
            && theirs.type_params.len() == ours.type_params.len();
        if !same_shape {
            self.error(origin.module, origin.span, Fact::ShapeDiffers { of, name: origin.name, declared });
            return;
        }
        let (their_ty, our_ty) = (self.signature(head), self.signature(method));
        let subst = self.trait_subst(id, of, arguments, head, method);
        let expected = self.program.types.substitute(their_ty, &subst);
        if self.without_effects(expected) != self.without_effects(our_ty)
            && !self.program.types.has_wrong(expected)
            && !self.program.types.has_wrong(our_ty)
        {
            let fact = Fact::SignatureDiffers { of, name: origin.name, expected, found: our_ty, declared };
            self.error(origin.module, origin.span, fact);
        }
    }

    /// What stands for the parameters of a trait and of one of its methods in an impl.
    pub(crate) fn trait_subst(
        &mut self,
        id: ImplId,
        of: TraitId,
        arguments: TyList,
        head: FunctionId,
        method: FunctionId,
    ) -> Subst {
        let arguments = self.program.types.items(arguments).to_vec();
        let mut subst = Subst::of(&self.program.traits[of].type_params, &arguments);
        subst.set(self.program.traits[of].self_param, self.program.impls[id].on);
        let theirs = self.program.functions[head].type_params.clone();
        let ours = self.program.functions[method].type_params.clone();
        for (theirs, ours) in theirs.into_iter().zip(ours) {
            let ours = self.program.types.intern(Ty::Param(ours));
            subst.set(theirs, ours);
        }
        subst
    }

    /// A function's type, as a function value without its receiver.
    pub(crate) fn signature(&mut self, function: FunctionId) -> TyId {
        let of = &self.program.functions[function];
        let (params, result) = (of.params.iter().map(|param| param.ty).collect::<Vec<_>>(), of.result);
        let params = self.program.types.list(&params);
        self.program.types.intern(Ty::Function(params, result, Effect::NONE))
    }

    /// A type in which no function and no task says what it raises, to compare types without that.
    pub(crate) fn without_effects(&mut self, ty: TyId) -> TyId {
        fn strip(types: &mut crate::types::Types, ty: TyId) -> TyId {
            let ty = types.map_parts(ty, &mut strip);
            let plain = match types.get(ty) {
                Ty::Function(params, result, _) => Ty::Function(params, result, Effect::NONE),
                Ty::Task(result, _) => Ty::Task(result, Effect::NONE),
                _ => return ty,
            };
            types.intern(plain)
        }
        strip(&mut self.program.types, ty)
    }
}
