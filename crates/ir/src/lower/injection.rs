//! Injection: what an app, or a class literal, depends on is built before it, each thing once and in order.

use pluto_check::inject::{Plan, Provider};
use pluto_check::program::{ClassId, ClassKind, FunctionId, Owner};
use pluto_check::types::{Subst, Ty, TyId, TyList};
use rustc_hash::FxHashMap;

use super::code::{Code, Value};
use super::{Job, Lowering};
use crate::Intrinsic;
use crate::program::{FuncId, Function, Lane, Location};

/// The values of injected fields, by their places among the fields of their class.
pub(super) type Injected = FxHashMap<u32, Value>;

impl Lowering<'_> {
    /// The function that a program begins with: a `main`, or what builds an app and calls its `main`.
    pub(super) fn entry(&mut self, main: FunctionId) -> FuncId {
        let Owner::Class(app) = self.source.functions[main].owner else {
            return self.function(main, Vec::new());
        };
        let result = self.result_of(main, &Subst::default());
        let (lanes, fails) = (self.lanes(result), self.fails(main));
        let origin = self.source.classes[app].origin;
        let name = self.source.text(origin.name).to_owned();
        let at = self.location(origin.module, origin.span);
        let id = self.reserve(name, lanes, fails, at);
        self.queue.push((id, Job::App(app, main)));
        id
    }

    pub(super) fn app_code(&mut self, id: FuncId, app: ClassId, main: FunctionId) -> Function {
        let result = self.result_of(main, &Subst::default());
        let module = self.source.classes[app].origin.module;
        let mut code = Code::new(self, id, Subst::default(), module, result);
        let at = code.at;
        let injected = code.put_together(app, TyList::EMPTY, at);
        let (ty, object) = code.build(app, TyList::EMPTY, &injected);
        let called = code.call_function(main, Vec::new(), vec![object.clone()], &[ty]);
        code.check_changed(main, ty, &object);
        code.hand_on(called);
        code.finish()
    }

    /// How something is put together.
    fn plan(&self, class: ClassId, at: Location) -> Option<Plan> {
        let is_it = |plan: &&Plan| plan.class == class && plan.at.file == at.file && plan.at.span == at.span;
        self.source.plans.iter().find(is_it).cloned()
    }
}

impl Code<'_, '_> {
    /// Builds what an app or a class literal depends on: the values of its fields that are injected.
    pub(super) fn put_together(&mut self, class: ClassId, list: TyList, at: Location) -> Injected {
        let Some(plan) = self.l.plan(class, at) else { return Injected::default() };
        let mut made: Vec<(TyId, Value)> = Vec::new();
        for step in &plan.steps {
            let value = match step.provider {
                Provider::Class(provider, list) => {
                    let list = self.l.types.substitute_list(list, &self.subst);
                    let injected = self.given_by((provider, list), &step.fields, &made);
                    self.build(provider, list, &injected)
                }
                Provider::Bind(bind) => match self.l.source.binds[bind].body {
                    Some(body) => {
                        let root = self.l.source.nodes.bodies[body].root;
                        (self.ty_of(root), self.body(body))
                    }
                    None => (TyId::VOID, Vec::new()),
                },
            };
            made.push(value);
        }
        self.given_by((class, list), &plan.fields, &made)
    }

    fn given_by(
        &mut self,
        (class, list): (ClassId, TyList),
        fields: &[(u32, u32)],
        made: &[(TyId, Value)],
    ) -> Injected {
        let mut injected = Injected::default();
        let subst = Subst::of(&self.l.source.classes[class].type_params, self.l.types.items(list));
        for (field, step) in fields {
            let wanted = self.l.source.classes[class].fields.get(*field as usize).map(|field| field.ty);
            if let (Some(wanted), Some((ty, value))) = (wanted, made.get(*step as usize)) {
                let wanted = self.l.types.substitute(wanted, &subst);
                let value = self.upcast_value(*ty, wanted, value.clone());
                injected.insert(*field, value);
            }
        }
        injected
    }

    /// A new object of a class, or a new actor, of what is injected and of defaults.
    fn build(&mut self, class: ClassId, list: TyList, injected: &Injected) -> (TyId, Value) {
        let of = self.l.source.classes[class].clone();
        let outer = std::mem::replace(&mut self.module, of.origin.module);
        let subst = Subst::of(&of.type_params, self.l.types.items(list));
        let state_ty = self.l.types.intern(Ty::Class(class, list));
        let nothing = pluto_check::arena::List::EMPTY;
        let lanes = self.field_values(&of.fields, nothing, injected, &subst);
        let shape = self.l.shape(state_ty);
        let object = vec![self.object(shape, 0, &lanes)];
        self.check_invariants(class, &subst, &object);
        self.module = outer;
        if of.kind != ClassKind::Actor {
            return (state_ty, object);
        }
        let ty = self.l.types.intern(Ty::Actor(class, list));
        let shape = self.l.shape(ty);
        (ty, self.intrinsic(Intrinsic::SpawnActor, shape, &object, &[Lane::Ref]))
    }
}
