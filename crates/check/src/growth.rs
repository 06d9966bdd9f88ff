//! Generic functions that are called with a larger type each time: code is made for each type, so that there would be no end of it.

use pluto_source::Span;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::arena::Id;
use crate::body::{BodyOwner, Callee, Dispatch, ExprId, ExprKind, Target};
use crate::checker::Checker;
use crate::error::Fact;
use crate::program::{FunctionId, ImplId, ModuleId, TraitId};
use crate::types::{Subst, Ty, TyId, TyList};

/// A function that is used with more types than this is refused: each would be compiled.
const INSTANCES: u32 = 1_000;

/// A place that uses functions with types.
#[derive(Clone, Copy)]
struct Use {
    module: ModuleId,
    span: Span,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Call(Target),
    /// A value of this type becomes an object of this trait.
    Object(TyId, TraitId),
}

/// A function with its type arguments.
type Instance = (FunctionId, TyList);

/// The instances that were found, with those that are still to be looked at.
#[derive(Default)]
struct Found {
    seen: FxHashSet<Instance>,
    counts: FxHashMap<FunctionId, u32>,
    work: Vec<Instance>,
}

impl Checker<'_> {
    /// Goes through the types with which generic functions are used, from what has no type parameters on.
    pub(crate) fn check_growth(&mut self) {
        if self.mistakes > 0 {
            return;
        }
        let (first, inside) = self.uses();
        if inside.is_empty() {
            return;
        }
        let mut found = Found::default();
        let none = Subst::default();
        if !first.into_iter().all(|of| self.follow(of, &none, &mut found)) {
            return;
        }
        while let Some((function, arguments)) = found.work.pop() {
            let Some(uses) = inside.get(&function) else { continue };
            let mut params = self.owner_params(function);
            params.extend(&self.program.functions[function].type_params);
            let subst = Subst::of(&params, self.program.types.items(arguments));
            if !uses.iter().all(|of| self.follow(*of, &subst, &mut found)) {
                return;
            }
        }
    }

    /// The uses with types that are known, and those in generic functions with types that are made of their parameters.
    fn uses(&self) -> (Vec<Use>, FxHashMap<FunctionId, Vec<Use>>) {
        let (mut first, mut inside) = (Vec::new(), FxHashMap::<FunctionId, Vec<Use>>::default());
        let (nodes, types) = (&self.program.nodes, &self.program.types);
        for body in self.own_bodies() {
            let body = nodes.bodies[body];
            let owner = match body.owner {
                BodyOwner::Function(id) | BodyOwner::ParamDefault(id) | BodyOwner::Contract(id) => Some(id),
                _ => None,
            };
            for at in body.exprs.0..body.exprs.1 {
                let expr = nodes.exprs[ExprId::from_index(at)];
                let what = match expr.kind {
                    ExprKind::Call(Callee::Target(target), _) | ExprKind::Method(_, target) => {
                        What::Call(target)
                    }
                    ExprKind::Function(function, arguments) => {
                        What::Call(Target { function, arguments, dispatch: Dispatch::Direct })
                    }
                    ExprKind::Upcast(inner) => {
                        let Ty::Trait(of, _) = types.get(expr.ty) else { continue };
                        What::Object(nodes.exprs[inner].ty, of)
                    }
                    _ => continue,
                };
                let of = Use { module: body.module, span: expr.span, what };
                let open = match what {
                    What::Call(target) => types.items(target.arguments).iter().any(|ty| types.has_param(*ty)),
                    What::Object(ty, _) => types.has_param(ty),
                };
                match owner.filter(|_| open) {
                    Some(owner) => inside.entry(owner).or_default().push(of),
                    None if open => (),
                    None => first.push(of),
                }
            }
        }
        (first, inside)
    }

    /// Notes what a use comes to; `false` where that is too much, which is told.
    fn follow(&mut self, of: Use, subst: &Subst, found: &mut Found) -> bool {
        let made = match of.what {
            What::Call(target) => self.instance(target, subst).into_iter().collect(),
            What::Object(ty, object) => self.instances_of_object(ty, object, subst),
        };
        let mut fits = !self.is_lost(of.what, subst) && !self.program.types.take_too_large();
        for instance in made {
            if !fits || self.program.types.items(instance.1).is_empty() || !found.seen.insert(instance) {
                continue;
            }
            let count = found.counts.entry(instance.0).or_default();
            *count += 1;
            fits &= *count <= INSTANCES;
            found.work.push(instance);
        }
        if !fits {
            self.error(of.module, of.span, Fact::Grows);
        }
        fits
    }

    /// Whether a type is nested so deep that it is not looked any more whether it has the trait that it must have.
    fn is_lost(&mut self, what: What, subst: &Subst) -> bool {
        let What::Call(Target { arguments, dispatch: Dispatch::Bound(of), .. }) = what else { return false };
        let first = self.program.types.items(arguments).first().copied();
        let on = first.map(|first| self.program.types.substitute(first, subst));
        on.is_some_and(|on| self.trait_arguments(on, of).is_none())
    }

    fn instance(&mut self, target: Target, subst: &Subst) -> Option<Instance> {
        let arguments = self.program.types.substitute_list(target.arguments, subst);
        match target.dispatch {
            Dispatch::Direct | Dispatch::Impl(_) | Dispatch::Message => Some((target.function, arguments)),
            // What an object may be was noted where it became one.
            Dispatch::Object(_) => None,
            Dispatch::Bound(of) => self.implementation(target.function, of, arguments),
        }
    }

    /// The method of a trait for these types.
    fn implementation(&mut self, head: FunctionId, of: TraitId, arguments: TyList) -> Option<Instance> {
        let arguments = self.program.types.items(arguments).to_vec();
        let on = *arguments.first()?;
        if matches!(self.program.types.get(on), Ty::Trait(..)) {
            return None;
        }
        let (id, subst) = self.find_impl(on, of)?;
        let own = arguments.get(1 + self.program.traits[of].type_params.len()..)?;
        self.method_in(id, head, &subst, own, &arguments)
    }

    fn method_in(
        &mut self,
        id: ImplId,
        head: FunctionId,
        subst: &Subst,
        own: &[TyId],
        whole: &[TyId],
    ) -> Option<Instance> {
        let name = self.program.functions[head].origin.name;
        let Some(method) = self.methods.impl_methods.get(&(id, name)).copied() else {
            return Some((head, self.program.types.list(whole)));
        };
        let params = self.program.impls[id].type_params.iter();
        let mut types: Vec<TyId> = params.filter_map(|param| subst.param(*param)).collect();
        types.extend(own);
        Some((method, self.program.types.list(&types)))
    }

    /// All methods of a trait for the type of an object.
    fn instances_of_object(&mut self, ty: TyId, of: TraitId, subst: &Subst) -> Vec<Instance> {
        let on = self.program.types.substitute(ty, subst);
        let Some((id, found)) = self.find_impl(on, of) else { return Vec::new() };
        let list = self.program.impls[id].of.map_or(TyList::EMPTY, |(_, list)| list);
        let list = self.program.types.substitute_list(list, &found);
        let mut whole = vec![on];
        whole.extend(self.program.types.items(list));
        let heads = self.program.traits[of].methods.clone();
        heads.into_iter().filter_map(|head| self.method_in(id, head, &found, &[], &whole)).collect()
    }
}
