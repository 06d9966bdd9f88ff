//! What is injected: what provides each dependency, in which order things are built, and what is shared between tasks.

use std::rc::Rc;

use pluto_source::FileSpan;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::arena::Id;
use crate::body::ExprId;
use crate::checker::Checker;
use crate::error::{CheckError, Fact, Shared};
use crate::program::{BindId, ClassId, ClassKind, FunctionId, PackageId, TestId};
use crate::relations::Head;
use crate::types::{Subst, Ty, TyId, TyList};

/// A class literal that leaves something to inject.
#[derive(Clone, Debug)]
pub(crate) struct Injection {
    pub(crate) class: ClassId,
    pub(crate) value: ExprId,
    pub(crate) at: FileSpan,
    /// The fields that it gives itself.
    pub(crate) given: Vec<u32>,
    pub(crate) test: Option<TestId>,
}

/// How something is put together.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where: an app, or a class literal.
    pub at: FileSpan,
    /// What is put together.
    pub class: ClassId,
    /// What is built before it, in this order.
    pub steps: Vec<Step>,
    /// What each injected field of it is: the field's place, and the place of a step.
    pub fields: Vec<(u32, u32)>,
}

/// Something that is built once.
#[derive(Clone, Debug)]
pub struct Step {
    /// What is built.
    pub provider: Provider,
    /// What each injected field of it is: the field's place, and the place of a step before this one.
    pub fields: Vec<(u32, u32)>,
}

/// What provides a dependency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    /// A class or an actor with its type arguments, all of whose fields have defaults or are injected.
    Class(ClassId, TyList),
    /// A `bind`, or a `with` of a test.
    Bind(BindId),
}

/// A plan while it is made.
struct Planner {
    test: Option<TestId>,
    steps: Vec<Step>,
    done: FxHashMap<Provider, u32>,
    /// What is being built, each with its field that is looked for.
    active: Vec<(ClassId, u32)>,
    asked: FileSpan,
    failed: bool,
}

/// More types than these are not looked at in one value.
pub(crate) const MANY: usize = 1000;

/// What is injected somewhere.
#[derive(Debug)]
pub(crate) struct Injected {
    types: FxHashSet<TyId>,
    /// Classes that have a trait that is, or that are injected with the type parameters of another class.
    classes: FxHashSet<ClassId>,
}

impl Checker<'_> {
    /// Makes the plans of all apps and of all literals that leave something to inject.
    pub(crate) fn plan_injection(&mut self) {
        let mut told: FxHashSet<(ClassId, u32)> = FxHashSet::default();
        let apps: Vec<ClassId> =
            self.program.classes.iter().filter(|(_, c)| c.kind == ClassKind::App).map(|(id, _)| id).collect();
        self.check_entries(&apps);
        for app in apps {
            let at = self.place(&self.program.classes[app].origin);
            self.missing_defaults(app, TyList::EMPTY, at);
            self.plan((app, TyList::EMPTY), at, &[], None, &mut told);
        }
        for injection in std::mem::take(&mut self.injections) {
            let Injection { class, value, at, given, test } = injection;
            let list = match self.program.types.get(self.program.nodes.exprs[value].ty) {
                Ty::Class(_, list) | Ty::Actor(_, list) => list,
                _ => TyList::EMPTY,
            };
            self.plan((class, list), at, &given, test, &mut told);
        }
    }

    /// A program begins in the `main` of its app, of which each package has one at most, and then no other `main` beside it.
    fn check_entries(&mut self, apps: &[ClassId]) {
        let main = self.builtins.names.main;
        let mut first_of: FxHashMap<PackageId, ClassId> = FxHashMap::default();
        for app in apps.iter().copied() {
            let origin = self.program.classes[app].origin;
            let package = self.program.modules[origin.module].package;
            if let Some(first) = first_of.get(&package).copied() {
                let at = self.place(&self.program.classes[first].origin);
                self.error(origin.module, origin.span, Fact::SecondEntry { app: first, first: at });
                continue;
            }
            first_of.insert(package, app);
            if !self.methods.own.contains_key(&(Head::Class(app), main)) && !self.is_broken(origin.module) {
                self.error(origin.module, origin.span, Fact::AppWithoutMain { app });
            }
            let beside = self.scope(origin.module).names.get(&main).copied().filter(|entry| !entry.imported);
            if let Some(entry) = beside {
                let first = self.place(&origin);
                self.error(origin.module, entry.span, Fact::SecondEntry { app, first });
            }
        }
    }

    fn plan(
        &mut self,
        (class, list): (ClassId, TyList),
        at: FileSpan,
        given: &[u32],
        test: Option<TestId>,
        told: &mut FxHashSet<(ClassId, u32)>,
    ) {
        let mut planner = Planner {
            test,
            steps: Vec::new(),
            done: FxHashMap::default(),
            active: vec![(class, 0)],
            asked: at,
            failed: false,
        };
        let fields = self.plan_fields((class, list), given, &mut planner, told);
        if planner.failed {
            return;
        }
        self.check_shared(class, &fields, &planner.steps);
        self.program.plans.push(Plan { at, class, steps: planner.steps, fields });
    }

    fn plan_fields(
        &mut self,
        (class, list): (ClassId, TyList),
        given: &[u32],
        planner: &mut Planner,
        told: &mut FxHashSet<(ClassId, u32)>,
    ) -> Vec<(u32, u32)> {
        let of = &self.program.classes[class];
        let (fields, subst) = (of.fields.clone(), Subst::of(&of.type_params, self.program.types.items(list)));
        let mut made = Vec::new();
        for (at, field) in (0..).zip(fields) {
            if !field.injected || given.contains(&at) || field.ty == TyId::WRONG {
                continue;
            }
            if let Some((_, looked_for)) = planner.active.last_mut() {
                *looked_for = at;
            }
            let ty = self.program.types.substitute(field.ty, &subst);
            match self.provider(class, at, ty, planner, told) {
                Some(provider) => match self.build(provider, planner, told) {
                    Some(step) => made.push((at, step)),
                    None => planner.failed = true,
                },
                None => planner.failed = true,
            }
        }
        made
    }

    /// What provides a dependency of a class, else an error where the dependency stands.
    fn provider(
        &mut self,
        class: ClassId,
        field: u32,
        ty: TyId,
        planner: &Planner,
        told: &mut FxHashSet<(ClassId, u32)>,
    ) -> Option<Provider> {
        if let Some(test) = planner.test {
            let own = self.program.tests[test].binds.iter().find(|bind| self.program.binds[**bind].ty == ty);
            if let Some(bind) = own {
                return Some(Provider::Bind(*bind));
            }
        }
        let binds: Vec<BindId> = self
            .program
            .binds
            .iter()
            .filter(|(id, bind)| bind.ty == ty && !self.test_of_bind.contains_key(id))
            .map(|(id, _)| id)
            .collect();
        if let [bind] = binds.as_slice() {
            return Some(Provider::Bind(*bind));
        }
        let providers: Vec<ClassId> = match self.program.types.get(ty) {
            _ if binds.len() > 1 => Vec::new(),
            Ty::Class(id, list) | Ty::Actor(id, list) => return Some(Provider::Class(id, list)),
            Ty::Trait(of, _) => self.implementers(of),
            _ => Vec::new(),
        };
        if let [one] = providers.as_slice() {
            return Some(Provider::Class(*one, TyList::EMPTY));
        }
        if told.insert((class, field)) {
            let at = self.field_place(class, field);
            let fact = if binds.len() > 1 {
                Fact::ManyProviders { ty, providers: vec![ty; binds.len()] }
            } else if providers.is_empty() {
                Fact::NoProvider { ty, asked: planner.asked }
            } else {
                let providers = providers.iter().map(|id| self.program.classes[*id].self_ty).collect();
                Fact::ManyProviders { ty, providers }
            };
            self.found.push(CheckError { at, fact });
        }
        None
    }

    fn implementers(&self, of: crate::program::TraitId) -> Vec<ClassId> {
        let mut classes: Vec<ClassId> = self
            .implementing(of)
            .filter_map(|ty| match self.program.types.get(ty) {
                Ty::Class(class, _) if self.program.classes[class].type_params.is_empty() => Some(class),
                _ => None,
            })
            .collect();
        classes.sort();
        classes.dedup();
        classes
    }

    /// The step that builds what provides something, once.
    fn build(
        &mut self,
        provider: Provider,
        planner: &mut Planner,
        told: &mut FxHashSet<(ClassId, u32)>,
    ) -> Option<u32> {
        if let Some(step) = planner.done.get(&provider) {
            return Some(*step);
        }
        let fields = match provider {
            Provider::Bind(_) => Vec::new(),
            Provider::Class(class, list) => {
                if let Some(at) = planner.active.iter().position(|(active, _)| *active == class) {
                    self.cycle(planner.active.get(at..).unwrap_or_default().to_vec(), told);
                    return None;
                }
                if !self.missing_defaults(class, list, planner.asked) {
                    return None;
                }
                planner.active.push((class, 0));
                let fields = self.plan_fields((class, list), &[], planner, told);
                let _ = planner.active.pop();
                fields
            }
        };
        planner.steps.push(Step { provider, fields });
        let step = planner.steps.len() as u32 - 1;
        planner.done.insert(provider, step);
        Some(step)
    }

    fn cycle(&mut self, mut classes: Vec<(ClassId, u32)>, told: &mut FxHashSet<(ClassId, u32)>) {
        let least = classes.iter().enumerate().min_by_key(|(_, (id, _))| *id).map_or(0, |(at, _)| at);
        classes.rotate_left(least);
        let Some((first, _)) = classes.first().copied() else { return };
        if told.insert((first, u32::MAX)) {
            let classes: Vec<(ClassId, FileSpan)> =
                classes.into_iter().map(|(class, field)| (class, self.field_place(class, field))).collect();
            let Some((_, at)) = classes.first().copied() else { return };
            self.found.push(CheckError { at, fact: Fact::DependencyCycle { classes } });
        }
    }

    /// Where a field of a class stands.
    fn field_place(&self, class: ClassId, field: u32) -> FileSpan {
        let class = &self.program.classes[class];
        let span = class.fields.get(field as usize).map_or(class.origin.span, |field| field.span);
        span.in_file(self.file(class.origin.module).id)
    }

    /// The type of what a class provides with these type arguments.
    fn provided(&mut self, class: ClassId, list: TyList) -> TyId {
        let of = &self.program.classes[class];
        let subst = Subst::of(&of.type_params, self.program.types.items(list));
        self.program.types.substitute(of.self_ty, &subst)
    }

    /// Whether all fields of an injected class have a value.
    fn missing_defaults(&mut self, class: ClassId, list: TyList, asked: FileSpan) -> bool {
        let fields = self.program.classes[class].fields.iter();
        let missing: Vec<_> = fields.filter(|field| !field.optional).map(|field| field.name).collect();
        if missing.is_empty() {
            return true;
        }
        let ty = self.provided(class, list);
        let error = CheckError { at: asked, fact: Fact::NotInjectable { ty, fields: missing } };
        if !self.found.contains(&error) {
            self.found.push(error);
        }
        false
    }

    /// What is used from more than one task must be an actor, or must have no method that changes it.
    fn check_shared(&mut self, root: ClassId, fields: &[(u32, u32)], steps: &[Step]) {
        let mut users: Vec<Vec<(Option<ClassId>, ClassId, u32)>> = vec![Vec::new(); steps.len()];
        let own_task =
            |class: ClassId| (self.program.classes[class].kind == ClassKind::Actor).then_some(class);
        let mut homes: Vec<Vec<Option<ClassId>>> = vec![Vec::new(); steps.len()];
        for (field, step) in fields {
            if let Some(slot) = users.get_mut(*step as usize) {
                slot.push((own_task(root), root, *field));
            }
        }
        for at in (0..steps.len()).rev() {
            let Some(step) = steps.get(at) else { continue };
            let mut home: Vec<Option<ClassId>> =
                users.get(at).map(|users| users.iter().map(|(task, ..)| *task).collect()).unwrap_or_default();
            if let Provider::Class(class, _) = step.provider {
                if let Some(actor) = own_task(class) {
                    home = vec![Some(actor)];
                }
                for (field, needed) in &step.fields {
                    if let Some(slot) = users.get_mut(*needed as usize) {
                        slot.extend(home.iter().map(|task| (*task, class, *field)));
                    }
                }
            }
            home.sort();
            home.dedup();
            if let Some(slot) = homes.get_mut(at) {
                *slot = home;
            }
        }
        for ((step, home), users) in steps.iter().zip(homes).zip(users) {
            let mut tasks: Vec<Option<ClassId>> = users.iter().map(|(task, ..)| *task).collect();
            tasks.sort();
            tasks.dedup();
            if home.len() > 1 && tasks.len() > 1 {
                self.judge_shared(step, &users);
            }
        }
    }

    fn judge_shared(&mut self, step: &Step, users: &[(Option<ClassId>, ClassId, u32)]) {
        let ty = match step.provider {
            Provider::Class(class, list) => self.provided(class, list),
            Provider::Bind(bind) => {
                let body = self.program.binds[bind].body.map(|body| self.program.nodes.bodies[body].root);
                body.map_or(TyId::WRONG, |root| {
                    let root = self.program.nodes.exprs[root];
                    match root.kind {
                        crate::body::ExprKind::Upcast(inner) => self.program.nodes.exprs[inner].ty,
                        _ => root.ty,
                    }
                })
            }
        };
        let Ty::Class(class, _) = self.program.types.get(ty) else { return };
        let changes = self.changing_method(class);
        let changes = changes.map(|method| Shared::Changes(self.program.functions[method].origin.name));
        let Some(by) = changes.or_else(|| self.gives_away(class, ty)) else { return };
        let Some((_, owner, field)) = users.iter().rev().find(|(task, ..)| task.is_some()) else { return };
        let shared = self.field_place(*owner, *field);
        let error = CheckError { at: shared, fact: Fact::SharedMutable { ty, by, shared } };
        if !self.found.contains(&error) {
            self.found.push(error);
        }
    }

    /// The name of a method that changes a value of a type.
    pub(crate) fn changing_method_of(&self, ty: TyId) -> Option<crate::names::Symbol> {
        let method = match self.program.types.get(ty) {
            Ty::Class(class, _) => self.changing_method(class)?,
            Ty::Trait(of, _) => {
                let methods = &self.program.traits[of].methods;
                methods.iter().copied().find(|id| self.program.functions[*id].receiver == Some(true))?
            }
            _ => return None,
        };
        Some(self.program.functions[method].origin.name)
    }

    /// What is injected somewhere: it is asked for at each value that goes to another task, and found once.
    fn injected(&mut self) -> Rc<Injected> {
        if let Some(known) = &self.injected {
            return Rc::clone(known);
        }
        let fields = self.program.classes.iter().flat_map(|(_, class)| &class.fields);
        let types: FxHashSet<TyId> = fields.filter(|of| of.injected).map(|of| of.ty).collect();
        let traits = types.iter().filter_map(|ty| match self.program.types.get(*ty) {
            Ty::Trait(of, _) => Some(of),
            _ => None,
        });
        let parts = types.iter().filter_map(|ty| match self.program.types.get(*ty) {
            Ty::Class(class, _) if self.program.types.has_param(*ty) => Some(class),
            _ => None,
        });
        let classes = traits.flat_map(|of| self.implementers(of)).chain(parts).collect();
        let found = Rc::new(Injected { types, classes });
        self.injected = Some(Rc::clone(&found));
        found
    }

    /// The part of a type that is injected somewhere, and the method that changes it.
    pub(crate) fn injected_in(&mut self, ty: TyId) -> Option<(TyId, crate::names::Symbol)> {
        let known = self.injected();
        let (injected, provides) = (&known.types, &known.classes);
        if injected.is_empty() {
            return None;
        }
        let (mut seen, mut work) = (FxHashSet::default(), vec![ty]);
        while let Some(ty) = work.pop() {
            if !seen.insert(ty) || seen.len() > MANY {
                continue;
            }
            let found = self.program.types.get(ty);
            let provided = matches!(found, Ty::Class(class, _) if provides.contains(&class));
            if (provided || injected.contains(&ty))
                && let Some(method) = self.changing_method_of(ty)
            {
                return Some((ty, method));
            }
            if let Ty::Trait(of, _) = found {
                work.extend(self.implementing(of).filter(|on| injected.contains(on)));
            }
            work.extend(self.held_types(ty, found));
        }
        None
    }

    fn changing_method(&self, class: ClassId) -> Option<FunctionId> {
        let methods = self.methods_of(class).into_iter();
        methods.filter(|id| self.program.functions[*id].receiver == Some(true)).min_by_key(|id| id.index())
    }

    /// The methods of a class, also those of its impls.
    pub(crate) fn methods_of(&self, class: ClassId) -> Vec<FunctionId> {
        let own = self.program.classes[class].methods.iter().copied();
        let of_impls = self
            .program
            .impls
            .iter()
            .filter(|(_, of)| Head::of(self.program.types.get(of.on)) == Some(Head::Class(class)));
        own.chain(of_impls.flat_map(|(_, of)| of.methods.iter().copied())).collect()
    }
}
