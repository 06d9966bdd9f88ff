//! What generic functions copy or send to another task: a type parameter tells nothing of what stands for it, and a stream can do
//! neither. A body notes of which types made of parameters it does so; that is asked of who puts a type for such a parameter, over all
//! calls, until a type is known that can, or that cannot. What a method of a trait does is asked where the type is known that has it.

use pluto_source::Span;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::arena::Id;
use crate::body::{Body, BodyOwner, Callee, Dispatch, Expr, ExprId, ExprKind, Target};
use crate::checker::Checker;
use crate::error::{Fact, Through};
use crate::names::Symbol;
use crate::program::{ClassId, EnumId, FunctionId, ModuleId, TraitId, TypeParamId};
use crate::types::{Subst, Ty, TyId, TyList};

/// A type whose values a body copies or sends, where it is made of type parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crossing {
    pub(crate) ty: TyId,
    pub(crate) span: Span,
    /// Whether they go to another task, and are not only copied.
    pub(crate) sent: bool,
}

/// What has type parameters and does something.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Home {
    Function(FunctionId),
    /// The defaults and invariants of a class.
    Class(ClassId),
    /// The defaults of an enum.
    Enum(EnumId),
}

impl Home {
    fn of(owner: BodyOwner) -> Option<Self> {
        Some(match owner {
            BodyOwner::Function(id) | BodyOwner::ParamDefault(id) | BodyOwner::Contract(id) => {
                Self::Function(id)
            }
            BodyOwner::ClassDefault(id) | BodyOwner::Invariant(id) => Self::Class(id),
            BodyOwner::EnumDefault(id) => Self::Enum(id),
            BodyOwner::ErrorDefault(_) | BodyOwner::Const(_) | BodyOwner::Test(_) | BodyOwner::Bind(_) => {
                return None;
            }
        })
    }
}

/// What is asked of the type that stands for a parameter.
#[derive(Clone, Copy)]
enum Asks {
    /// That its values are copied or sent, as is done there.
    Goes { sent: bool, by: Through },
    /// What this method of a trait asks of it.
    Method(FunctionId, TraitId),
}

/// A place that puts types for parameters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    home: Option<Home>,
    module: ModuleId,
    span: Span,
}

/// Types for parameters of something that is used.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Use {
    at: Place,
    of: Home,
    types: Vec<(TypeParamId, TyId)>,
}

#[derive(Default)]
struct Solver {
    uses: FxHashMap<Home, Vec<Use>>,
    seen: FxHashSet<Use>,
    asked: FxHashMap<Home, Vec<(TypeParamId, Asks)>>,
    /// What is asked of a parameter: by which method, or else that it goes.
    known: FxHashSet<(Home, TypeParamId, Option<FunctionId>)>,
    work: Vec<(Place, Asks, TyId)>,
    told: FxHashSet<(ModuleId, Span)>,
    matter: FxHashMap<TyId, bool>,
}

impl Solver {
    fn ask(&mut self, of: Home, param: TypeParamId, asks: Asks) {
        let method = if let Asks::Method(head, _) = asks { Some(head) } else { None };
        if !self.known.insert((of, param, method)) {
            return;
        }
        self.asked.entry(of).or_default().push((param, asks));
        for used in self.uses.get(&of).into_iter().flatten() {
            let types = used.types.iter().filter(|(known, _)| *known == param);
            self.work.extend(types.map(|(_, ty)| (used.at, asks, *ty)));
        }
    }

    fn add(&mut self, used: Use) {
        if used.types.is_empty() || !self.seen.insert(used.clone()) {
            return;
        }
        for (param, asks) in self.asked.get(&used.of).into_iter().flatten() {
            let types = used.types.iter().filter(|(known, _)| known == param);
            self.work.extend(types.map(|(_, ty)| (used.at, *asks, *ty)));
        }
        self.uses.entry(used.of).or_default().push(used);
    }
}

impl Checker<'_> {
    /// Notes what a body copies or sends.
    pub(crate) fn note_generic_crossings(&mut self, owner: BodyOwner, module: ModuleId, made: Vec<Crossing>) {
        self.generic_crossings.extend(made.into_iter().map(|of| (owner, module, of)));
    }

    /// Looks at what is put for type parameters whose values are copied or sent.
    pub(crate) fn check_generic_crossings(&mut self) {
        let made = std::mem::take(&mut self.generic_crossings);
        if made.is_empty() {
            return;
        }
        let mut solver = Solver::default();
        for (owner, module, of) in made {
            let Some((home, name)) = Home::of(owner).map(|home| (home, self.home_name(home))) else {
                continue;
            };
            let by = Through { name, at: of.span.in_file(self.file(module).id) };
            let at = Place { home: Some(home), module, span: of.span };
            solver.work.push((at, Asks::Goes { sent: of.sent, by }, of.ty));
        }
        // What is first noted is what is told of.
        solver.work.reverse();
        self.implemented_uses(&mut solver);
        for body in self.own_bodies() {
            let body = self.program.nodes.bodies[body];
            for at in body.exprs.0..body.exprs.1 {
                let expr = self.program.nodes.exprs[ExprId::from_index(at)];
                self.generic_use(&body, expr, &mut solver);
            }
        }
        while let Some((at, asks, ty)) = solver.work.pop() {
            self.answer(at, asks, ty, &mut solver);
        }
    }

    fn home_name(&self, home: Home) -> Symbol {
        match home {
            Home::Function(id) => self.program.functions[id].origin.name,
            Home::Class(id) => self.program.classes[id].origin.name,
            Home::Enum(id) => self.program.enums[id].origin.name,
        }
    }

    /// What is put for a type parameter of a trait's method itself is put for that of each method that implements it.
    fn implemented_uses(&mut self, solver: &mut Solver) {
        let mut implementations: Vec<_> = self.implementations().into_iter().collect();
        implementations.sort_unstable();
        for (method, head) in implementations {
            let origin = self.program.functions[method].origin;
            let params = self.program.functions[method].type_params.clone();
            let heads = self.program.functions[head].type_params.clone();
            let types = params.into_iter().zip(heads);
            let types =
                types.map(|(param, head)| (param, self.program.types.intern(Ty::Param(head)))).collect();
            let at = Place { home: Some(Home::Function(head)), module: origin.module, span: origin.span };
            solver.add(Use { at, of: Home::Function(method), types });
        }
    }

    /// Notes which types an expression puts for parameters.
    fn generic_use(&mut self, body: &Body, expr: Expr, solver: &mut Solver) {
        let at = Place { home: Home::of(body.owner), module: body.module, span: expr.span };
        let made = |ty: TyId| match self.program.types.get(ty) {
            Ty::Class(_, list) | Ty::Actor(_, list) | Ty::Enum(_, list) => list,
            _ => TyList::EMPTY,
        };
        match expr.kind {
            ExprKind::Call(Callee::Target(target), _) | ExprKind::Method(_, target) => {
                self.generic_call(at, target, solver);
            }
            ExprKind::Function(function, arguments) => {
                let target = Target { function, arguments, dispatch: Dispatch::Direct };
                self.generic_call(at, target, solver);
            }
            ExprKind::Class(id, _) => {
                let (params, list) = (self.program.classes[id].type_params.clone(), made(expr.ty));
                self.put_types(at, Home::Class(id), &params, list, solver);
            }
            ExprKind::Variant(id, ..) => {
                let (params, list) = (self.program.enums[id].type_params.clone(), made(expr.ty));
                self.put_types(at, Home::Enum(id), &params, list, solver);
            }
            ExprKind::VariantFunction(id, _) => {
                let Ty::Function(_, result, _) = self.program.types.get(expr.ty) else { return };
                let (params, list) = (self.program.enums[id].type_params.clone(), made(result));
                self.put_types(at, Home::Enum(id), &params, list, solver);
            }
            // Each method may be called of what becomes an object of a trait.
            ExprKind::Upcast(inner) => {
                let ty = self.program.nodes.exprs[inner].ty;
                if let Ty::Trait(of, _) = self.program.types.get(expr.ty) {
                    self.methods_of_trait(at, of, ty, solver);
                }
            }
            ExprKind::For(of) => {
                let over = self.program.nodes.exprs[of.over];
                if let Some(iterator) = self.builtins.iterator {
                    self.methods_of_trait(Place { span: over.span, ..at }, iterator, over.ty, solver);
                }
            }
            _ => (),
        }
    }

    fn methods_of_trait(&mut self, at: Place, of: TraitId, ty: TyId, solver: &mut Solver) {
        if self.may_hold_streams(ty, solver) {
            let heads = self.program.traits[of].methods.iter();
            solver.work.extend(heads.map(|head| (at, Asks::Method(*head, of), ty)));
        }
    }

    fn generic_call(&mut self, at: Place, target: Target, solver: &mut Solver) {
        if target.arguments == TyList::EMPTY {
            return;
        }
        let mut params = self.owner_params(target.function);
        let owners = params.len();
        params.extend(&self.program.functions[target.function].type_params);
        match target.dispatch {
            Dispatch::Direct | Dispatch::Impl(_) | Dispatch::Message => (),
            // What stands for the owner's is asked of the type that has the trait.
            Dispatch::Bound(of) => {
                let first = self.program.types.items(target.arguments).first().copied();
                if let Some(first) = first.filter(|first| self.may_hold_streams(*first, solver)) {
                    solver.work.push((at, Asks::Method(target.function, of), first));
                }
                self.put_behind(at, target, &params, owners, solver);
                return;
            }
            Dispatch::Object(_) => {
                self.put_behind(at, target, &params, owners, solver);
                return;
            }
        }
        self.put_types(at, Home::Function(target.function), &params, target.arguments, solver);
    }

    /// The types for a method's own parameters, which stand behind those of its trait.
    fn put_behind(
        &mut self,
        at: Place,
        target: Target,
        params: &[TypeParamId],
        owners: usize,
        solver: &mut Solver,
    ) {
        let arguments = self.program.types.items(target.arguments).to_vec();
        let types = params.iter().copied().zip(arguments).skip(owners).collect();
        self.put(at, Home::Function(target.function), types, solver);
    }

    fn put_types(&mut self, at: Place, of: Home, params: &[TypeParamId], list: TyList, solver: &mut Solver) {
        let arguments = self.program.types.items(list).to_vec();
        self.put(at, of, params.iter().copied().zip(arguments).collect(), solver);
    }

    fn put(&mut self, at: Place, of: Home, mut types: Vec<(TypeParamId, TyId)>, solver: &mut Solver) {
        types.retain(|(_, ty)| self.may_hold_streams(*ty, solver));
        solver.add(Use { at, of, types });
    }

    /// Whether there is a stream or a type parameter in a type, be it only in the type of something that it could make.
    fn may_hold_streams(&mut self, ty: TyId, solver: &mut Solver) -> bool {
        if self.program.types.has_param(ty) {
            return true;
        }
        if let Some(known) = solver.matter.get(&ty) {
            return *known;
        }
        let parts = self.parts(self.program.types.get(ty));
        let may = self.cannot_cross(ty).is_some()
            || parts.into_iter().any(|part| self.may_hold_streams(part, solver));
        solver.matter.insert(ty, may);
        may
    }

    /// What is asked of a type: asks it of the parameters in it, or tells that it cannot.
    fn answer(&mut self, at: Place, asks: Asks, ty: TyId, solver: &mut Solver) {
        match asks {
            Asks::Goes { sent, by } => {
                if let Some(part) = self.cannot_cross(ty) {
                    if solver.told.insert((at.module, at.span)) {
                        let by = Some(by);
                        let fact = if sent {
                            Fact::CannotCross { ty, part, by }
                        } else {
                            Fact::CannotCopy { ty, part, by }
                        };
                        self.error(at.module, at.span, fact);
                    }
                    return;
                }
                let Some(home) = at.home else { return };
                for param in self.crossing_params(ty) {
                    solver.ask(home, param, asks);
                }
            }
            Asks::Method(head, of) => match self.program.types.get(ty) {
                Ty::Param(param) => {
                    if let Some(home) = at.home {
                        solver.ask(home, param, asks);
                    }
                }
                // What is behind it was looked at where it became one.
                Ty::Trait(..) => (),
                _ => self.answer_by_impl(at, head, of, ty, solver),
            },
        }
    }

    /// The method of a trait for a type asks what it asks of the types in that.
    fn answer_by_impl(&mut self, at: Place, head: FunctionId, of: TraitId, ty: TyId, solver: &mut Solver) {
        let Some((id, subst)) = self.find_impl(ty, of) else { return };
        let name = self.program.functions[head].origin.name;
        let (method, types) = match self.methods.impl_methods.get(&(id, name)).copied() {
            Some(method) => (method, self.put_by(&self.program.impls[id].type_params, &subst)),
            None => {
                let list = self.program.impls[id].of.map_or(TyList::EMPTY, |(_, list)| list);
                let list = self.program.types.substitute_list(list, &subst);
                let arguments = std::iter::once(ty).chain(self.program.types.items(list).iter().copied());
                (head, self.owner_params(head).into_iter().zip(arguments).collect())
            }
        };
        self.put(at, Home::Function(method), types, solver);
    }

    fn put_by(&self, params: &[TypeParamId], subst: &Subst) -> Vec<(TypeParamId, TyId)> {
        params.iter().filter_map(|param| Some((*param, subst.param(*param)?))).collect()
    }

    /// The type parameters whose values go along where a value of a type is copied or sent.
    fn crossing_params(&mut self, ty: TyId) -> Vec<TypeParamId> {
        let (mut params, mut seen, mut work) = (Vec::new(), FxHashSet::default(), vec![ty]);
        while let Some(ty) = work.pop() {
            if !self.program.types.has_param(ty) || !seen.insert(ty) || seen.len() > crate::inject::MANY {
                continue;
            }
            match self.program.types.get(ty) {
                Ty::Param(param) => params.push(param),
                found => work.extend(self.crossing_parts(ty, found)),
            }
        }
        params
    }
}
