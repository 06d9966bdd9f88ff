//! Which bodies there are, and in which order they are checked: constants first, since their types may be left to inference.

use pluto_source::{FileId, Span};
use pluto_syntax::tree::{self, Expr as E};
use rustc_hash::FxHashMap;

use crate::arena::Id;
use crate::body::{Body as TypedBody, BodyId, BodyOwner, ClosureId, ExprId, ExprKind};
use crate::checker::{Checker, Def};
use crate::cycles::cycles;
use crate::effects::Node;
use crate::error::{Fact, Immutable};
use crate::infer::{Body, Frame, Want};
use crate::names::Symbol;
use crate::program::{
    ClassId, ConstId, Contract, ContractKind, EffectInfo, FunctionId, ModuleId, Owner, TestId, TypeParamId,
};
use crate::types::{Effect, EffectVar, Subst, Ty, TyId};

/// A body that is to be checked.
struct Job<'j> {
    owner: BodyOwner,
    module: ModuleId,
    params: &'j [TypeParamId],
    self_ty: Option<TyId>,
    frame: Frame,
}

impl Checker<'_> {
    /// Checks all bodies.
    pub(crate) fn check_bodies(&mut self) {
        self.note_unread();
        self.check_consts();
        self.check_defaults();
        for id in self.own_functions() {
            self.check_function(id);
        }
        for id in self.program.classes.ids().collect::<Vec<_>>() {
            self.check_invariants(id);
        }
        for id in self.program.binds.ids().collect::<Vec<_>>() {
            let (site, module, ty) = {
                let bind = &self.program.binds[id];
                (self.bind_site(id), bind.module, bind.ty)
            };
            let body = self.plain(BodyOwner::Bind(id), module, &[], None, site.value, Some(ty));
            self.program.binds[id].body = Some(body);
        }
        for id in self.program.tests.ids().collect::<Vec<_>>() {
            self.check_test(id);
        }
    }

    /// A body that is one expression, and that nothing leaves but its value.
    fn plain(
        &mut self,
        owner: BodyOwner,
        module: ModuleId,
        params: &[TypeParamId],
        self_ty: Option<TyId>,
        value: tree::ExprId,
        ty: Option<TyId>,
    ) -> BodyId {
        let job = Job { owner, module, params, self_ty, frame: Frame::closed() };
        self.run(job, |body| match ty {
            Some(ty) => body.check(value, ty),
            None => body.expr(value, Want::Any),
        })
    }

    fn run(&mut self, job: Job<'_>, f: impl FnOnce(&mut Body<'_, '_>) -> ExprId) -> BodyId {
        let nodes = &self.program.nodes;
        let (locals, exprs) = (nodes.locals.len() as u32, nodes.exprs.len() as u32);
        let closures = self.program.nodes.closures.len() as u32;
        let mistakes = self.mistakes;
        let mut body = Body::new(self, job.module, job.frame);
        body.params = job.params.to_vec();
        body.self_ty = job.self_ty;
        let root = f(&mut body);
        body.finish();
        let body_lacks_self = body.lacks_self;
        let (calls, impure, wrong) = (std::mem::take(&mut body.calls), body.impure, body.wrong);
        let crossings = std::mem::take(&mut body.crossings);
        if body_lacks_self && let BodyOwner::Function(id) = job.owner {
            self.lacks_self.insert(id);
        }
        self.note_purity(job.owner, job.module, calls, impure);
        self.note_generic_crossings(job.owner, job.module, crossings);
        let place = self.program.nodes.exprs[root].span;
        if wrong || self.mistakes > mistakes || self.unread_in(job.module, place) {
            self.note_unknown(job.owner, closures);
        }
        let nodes = &mut self.program.nodes;
        let ends = (nodes.locals.len() as u32, nodes.exprs.len() as u32);
        nodes.bodies.add(TypedBody {
            owner: job.owner,
            module: job.module,
            root,
            locals: (locals, ends.0),
            exprs: (exprs, ends.1),
        })
    }

    /// What the parser did not understand may be what raises: in a function, or behind its end, where a brace may have ended it.
    fn note_unread(&mut self) {
        if self.unread.is_empty() {
            return;
        }
        let mut functions: FxHashMap<FileId, Vec<(u32, FunctionId)>> = FxHashMap::default();
        for id in self.own_functions() {
            let file = self.file(self.program.functions[id].origin.module);
            if self.unread.contains_key(&file.id) {
                let start = file.tree.nodes.span(self.function_site(id)).start;
                functions.entry(file.id).or_default().push((start, id));
            }
        }
        for (file, mut functions) in functions {
            functions.sort_unstable();
            for error in self.unread.get(&file).copied().unwrap_or_default() {
                let behind = functions.partition_point(|(start, _)| *start <= error.span.start);
                let last = behind.checked_sub(1).and_then(|at| functions.get(at));
                self.graph.unknown.extend(last.map(|(_, id)| Node::Function(*id)));
            }
        }
    }

    /// Whether there is something in a place that the parser did not understand.
    fn unread_in(&self, module: ModuleId, place: Span) -> bool {
        let errors = self.unread.get(&self.file(module).id).copied().unwrap_or_default();
        errors.iter().any(|error| (place.start..=place.end).contains(&error.span.start))
    }

    /// What a body with a mistake raises is not known, nor what its closures raise.
    fn note_unknown(&mut self, owner: BodyOwner, closures: u32) {
        if let BodyOwner::Function(id) | BodyOwner::ParamDefault(id) = owner {
            self.graph.unknown.push(Node::Function(id));
        }
        let made = closures..self.program.nodes.closures.len() as u32;
        let vars = made.map(|at| self.program.nodes.closures[ClosureId::from_index(at)].effect);
        self.graph.unknown.extend(vars.map(Node::Var));
    }

    // ---------------------------------------------------------------------------------------------------- constants

    fn check_consts(&mut self) {
        let (order, in_cycle) = self.const_order();
        for id in order {
            let (site, module) = (self.const_site(id), self.program.consts[id].origin.module);
            let declared = site.ty.map(|_| self.program.consts[id].ty);
            if in_cycle.contains(&id) {
                continue;
            }
            let flows = self.graph.flows.len();
            let body = self.plain(BodyOwner::Const(id), module, &[], None, site.value, declared);
            if !self.check_constant(body, module) {
                self.graph.flows.truncate(flows);
            }
            let root = self.program.nodes.bodies[body].root;
            let mut found = self.program.nodes.exprs[root].ty;
            if found == TyId::VOID {
                let span = self.program.nodes.exprs[root].span;
                self.error(module, span, Fact::VoidValue { expected: None });
                found = TyId::WRONG;
            }
            let constant = &mut self.program.consts[id];
            constant.ty = declared.unwrap_or(found);
            constant.body = Some(body);
        }
    }

    /// Constants such that each comes behind those that it names; those that need themselves are reported.
    fn const_order(&mut self) -> (Vec<ConstId>, Vec<ConstId>) {
        let ids: Vec<ConstId> = self.program.consts.ids().collect();
        let mut edges: Vec<Vec<usize>> = vec![Vec::new(); ids.len()];
        let mut named: FxHashMap<ModuleId, Vec<(u32, Def)>> = FxHashMap::default();
        for id in &ids {
            let module = self.program.consts[*id].origin.module;
            if let std::collections::hash_map::Entry::Vacant(slot) = named.entry(module) {
                slot.insert(self.const_names(module));
            }
            let site = self.const_site(*id);
            let span = self.file(module).tree.nodes.span(site.value);
            let names = named.get(&module).map_or(&[][..], Vec::as_slice);
            let first = names.partition_point(|(start, _)| *start < span.start);
            let inside = names.iter().skip(first).take_while(|(start, _)| *start < span.end);
            let needs =
                inside.filter_map(
                    |(_, def)| if let Def::Const(id) = def { Some(id.index() as usize) } else { None },
                );
            if let Some(slot) = edges.get_mut(id.index() as usize) {
                slot.extend(needs);
            }
        }
        let mut in_cycle = Vec::new();
        for cycle in cycles(&edges) {
            let members: Vec<ConstId> = cycle.iter().map(|at| ConstId::from_index(*at as u32)).collect();
            let names: Vec<Symbol> = members.iter().map(|id| self.program.consts[*id].origin.name).collect();
            if let Some(first) = members.first() {
                let origin = self.program.consts[*first].origin;
                self.error(origin.module, origin.span, Fact::ConstCycle { names });
            }
            in_cycle.extend(members);
        }
        (self.sorted(&ids, &edges), in_cycle)
    }

    /// The names of constants in the expressions of a module, sorted by where they stand.
    fn const_names(&mut self, module: ModuleId) -> Vec<(u32, Def)> {
        let tree = self.file(module).tree;
        let mut found = Vec::new();
        for id in tree.nodes.ids::<tree::ExprId>() {
            if let E::Name(name) = tree.nodes[id] {
                let symbol = self.symbol(module, name);
                let entry = self.scope(module).names.get(&symbol).copied();
                if let Some(entry) = entry
                    && matches!(entry.def, Def::Const(_))
                {
                    found.push((name.span.start, entry.def));
                }
            }
        }
        found.sort_unstable_by_key(|(start, _)| *start);
        found
    }

    /// The modules' order by imports, and in each the order by names.
    fn sorted(&self, ids: &[ConstId], edges: &[Vec<usize>]) -> Vec<ConstId> {
        let mut rank: Vec<usize> = vec![usize::MAX; self.scopes.len()];
        let imports: Vec<Vec<usize>> = self
            .scopes
            .iter()
            .map(|scope| scope.imports.iter().map(|(to, _)| to.index() as usize).collect())
            .collect();
        for (at, module) in post_order(&imports).into_iter().enumerate() {
            if let Some(slot) = rank.get_mut(module) {
                *slot = at;
            }
        }
        let mut order: Vec<ConstId> =
            post_order(edges).into_iter().filter_map(|at| ids.get(at).copied()).collect();
        order.sort_by_key(|id| rank.get(self.program.consts[*id].origin.module.index() as usize).copied());
        order
    }

    /// A constant is known before the program runs: it calls nothing.
    fn check_constant(&mut self, body: BodyId, module: ModuleId) -> bool {
        let (first, end) = self.program.nodes.bodies[body].exprs;
        for at in first..end {
            let expr = self.program.nodes.exprs[ExprId::from_index(at)];
            let known = matches!(
                expr.kind,
                ExprKind::Wrong
                    | ExprKind::Int(_)
                    | ExprKind::Float(_)
                    | ExprKind::Bool(_)
                    | ExprKind::Text(_)
                    | ExprKind::Duration(_)
                    | ExprKind::Atom(_)
                    | ExprKind::None
                    | ExprKind::Interpolated(_)
                    | ExprKind::Const(_)
                    | ExprKind::If(..)
                    | ExprKind::Block(..)
                    | ExprKind::Unary(..)
                    | ExprKind::Binary(..)
                    | ExprKind::Range(..)
                    | ExprKind::Convert(_)
                    | ExprKind::Index(..)
                    | ExprKind::Field(..)
                    | ExprKind::Element(..)
                    | ExprKind::Wrap(_)
                    | ExprKind::Unwrap(_)
                    | ExprKind::Upcast(_)
                    | ExprKind::ToTerm(_)
            ) || expr.kind.is_made_of_values();
            if !known {
                self.error(module, expr.span, Fact::NotConst);
                return false;
            }
        }
        true
    }

    // ----------------------------------------------------------------------------------------------------- defaults

    fn check_defaults(&mut self) {
        for id in self.program.classes.ids().collect::<Vec<_>>() {
            let class = &self.program.classes[id];
            let (module, params, self_ty) = (class.origin.module, class.type_params.clone(), class.self_ty);
            let site = self.class_site(id);
            let first = site.dependencies.len();
            for (at, value) in self.default_sites(module, site.fields) {
                let Some(ty) = self.program.classes[id].fields.get(first + at).map(|field| field.ty) else {
                    continue;
                };
                let owner = BodyOwner::ClassDefault(id);
                let body = self.plain(owner, module, &params, Some(self_ty), value, Some(ty));
                if let Some(field) = self.program.classes[id].fields.get_mut(first + at) {
                    field.default = Some(body);
                }
            }
        }
        for id in self.own_errors() {
            let (module, site) = (self.program.errors[id].origin.module, self.error_site(id));
            for (at, value) in self.default_sites(module, site.fields) {
                let Some(ty) = self.program.errors[id].fields.get(at).map(|field| field.ty) else { continue };
                let body = self.plain(BodyOwner::ErrorDefault(id), module, &[], None, value, Some(ty));
                if let Some(field) = self.program.errors[id].fields.get_mut(at) {
                    field.default = Some(body);
                }
            }
        }
        self.check_variant_defaults();
        for id in self.own_functions() {
            self.check_param_defaults(id);
        }
    }

    fn default_sites(&self, module: ModuleId, fields: tree::List<tree::Field>) -> Vec<(usize, tree::ExprId)> {
        let fields = self.file(module).tree.nodes.list(fields);
        fields.iter().enumerate().filter_map(|(at, field)| field.default.map(|value| (at, value))).collect()
    }

    fn check_variant_defaults(&mut self) {
        for id in self.own_enums() {
            let of = &self.program.enums[id];
            let (module, params, self_ty) = (of.origin.module, of.type_params.clone(), of.self_ty);
            let variants = self.file(module).tree.nodes.list(self.enum_site(id).variants);
            for (variant, site) in variants.iter().enumerate() {
                for (at, value) in self.default_sites(module, site.fields) {
                    let field = self.program.enums[id].variants.get(variant).and_then(|v| v.fields.get(at));
                    let Some(ty) = field.map(|field| field.ty) else { continue };
                    let owner = BodyOwner::EnumDefault(id);
                    let body = self.plain(owner, module, &params, Some(self_ty), value, Some(ty));
                    let variant = self.program.enums[id].variants.get_mut(variant);
                    if let Some(field) = variant.and_then(|variant| variant.fields.get_mut(at)) {
                        field.default = Some(body);
                    }
                }
            }
        }
    }

    fn check_param_defaults(&mut self, id: FunctionId) {
        let module = self.program.functions[id].origin.module;
        let tree = self.file(module).tree;
        let site = tree.nodes[self.function_site(id)];
        if tree.nodes.list(site.params).iter().all(|param| param.default.is_none()) {
            return;
        }
        let params = self.all_params(id);
        for (at, param) in tree.nodes.list(site.params).iter().enumerate() {
            let (Some(value), Some(known)) =
                (param.default, self.program.functions[id].params.get(at).copied())
            else {
                continue;
            };
            let owner = BodyOwner::ParamDefault(id);
            let mut subst = Subst::default();
            for (var, default) in self.default_effects(known.ty) {
                subst.set_effect(var, Effect::Var(default));
            }
            let ty = self.program.types.substitute(known.ty, &subst);
            let body = self.plain(owner, module, &params, None, value, Some(ty));
            if let Some(param) = self.program.functions[id].params.get_mut(at) {
                param.default = Some(body);
            }
        }
    }

    /// The sets of errors that are a parameter's, each with that of its default.
    pub(crate) fn default_effects(&self, ty: TyId) -> Vec<(EffectVar, EffectVar)> {
        let vars = self.effect_vars(ty).into_iter();
        vars.filter_map(|var| Some((var, self.program.effects[var].default?))).collect()
    }

    /// The variables that stand for errors in a type.
    pub(crate) fn effect_vars(&self, ty: TyId) -> Vec<EffectVar> {
        let mut found = Vec::new();
        let mut work = vec![ty];
        while let Some(ty) = work.pop() {
            let ty = self.program.types.get(ty);
            if let Ty::Function(_, _, Effect::Var(var)) | Ty::Task(_, Effect::Var(var)) = ty {
                found.push(var);
            }
            work.extend(self.parts(ty));
        }
        found
    }

    fn all_params(&self, id: FunctionId) -> Vec<TypeParamId> {
        let mut params = self.owner_params(id);
        params.extend(&self.program.functions[id].type_params);
        params
    }

    // ---------------------------------------------------------------------------------------------------- functions

    fn check_function(&mut self, id: FunctionId) {
        let module = self.program.functions[id].origin.module;
        let tree = self.file(module).tree;
        let site = tree.nodes[self.function_site(id)];
        let params = self.all_params(id);
        let of = &self.program.functions[id];
        let self_ty = (of.owner != Owner::Module && of.owner != Owner::Builtin).then_some(of.self_ty);
        let mut used: Vec<bool> = Vec::new();
        for contract in tree.nodes.list(site.contracts) {
            let job = Job {
                owner: BodyOwner::Contract(id),
                module,
                params: &params,
                self_ty,
                frame: Frame::closed(),
            };
            let body = self.run(job, |body| {
                let result = body.c.program.functions[id].result;
                body.set_contract(contract.kind, result);
                body.enter_function(id, &site, None);
                let condition = body.check(contract.condition, TyId::BOOL);
                used.resize(used.len().max(body.infos.len()), false);
                used.iter_mut().zip(&body.infos).for_each(|(used, info)| *used |= info.used);
                condition
            });
            let contract = Contract { kind: contract.kind, span: contract.span, body };
            self.program.functions[id].contracts.push(contract);
        }
        self.contracts_of_trait(id);
        let Some(block) = site.body else { return };
        let (result, yields) = (self.program.functions[id].result, self.program.functions[id].yields);
        let frame = Frame::of(Node::Function(id), result, yields);
        let job = Job { owner: BodyOwner::Function(id), module, params: &params, self_ty, frame };
        let body = self.run(job, |body| {
            body.enter_function(id, &site, Some(&used));
            let expected = if yields.is_some() { TyId::VOID } else { result };
            body.function_block(block, expected)
        });
        self.program.functions[id].body = Some(body);
    }

    /// What a trait asks of who calls its method, and promises them, holds for each implementation.
    fn contracts_of_trait(&mut self, id: FunctionId) {
        let Owner::Impl(own) = self.program.functions[id].owner else { return };
        let Some((of, _)) = self.program.impls[own].of else { return };
        let name = self.program.functions[id].origin.name;
        let Some(head) = self.methods.trait_methods.get(&(of, name)).copied() else { return };
        let module = self.program.functions[head].origin.module;
        let tree = self.file(module).tree;
        let site = tree.nodes[self.function_site(head)];
        let (params, self_ty) = (self.all_params(id), self.program.functions[id].self_ty);
        for contract in tree.nodes.list(site.contracts) {
            let job = Job {
                owner: BodyOwner::Contract(id),
                module,
                params: &params,
                self_ty: Some(self_ty),
                frame: Frame::closed(),
            };
            let body = self.run(job, |body| {
                let result = body.c.program.functions[id].result;
                body.set_contract(contract.kind, result);
                body.enter_function(id, &site, None);
                body.check(contract.condition, TyId::BOOL)
            });
            let contract = Contract { kind: contract.kind, span: contract.span, body };
            self.program.functions[id].contracts.push(contract);
        }
    }

    fn check_invariants(&mut self, id: ClassId) {
        let class = &self.program.classes[id];
        let (module, params, self_ty) = (class.origin.module, class.type_params.clone(), class.self_ty);
        let site = self.class_site(id);
        let contracts = self.file(module).tree.nodes.list(site.invariants);
        for contract in contracts {
            let job = Job {
                owner: BodyOwner::Invariant(id),
                module,
                params: &params,
                self_ty: Some(self_ty),
                frame: Frame::closed(),
            };
            let body = self.run(job, |body| {
                body.set_contract(ContractKind::Invariant, TyId::VOID);
                body.bind_self(self_ty, false, contract.span);
                body.check(contract.condition, TyId::BOOL)
            });
            let contract = Contract { kind: contract.kind, span: contract.span, body };
            self.program.classes[id].invariants.push(contract);
        }
    }

    fn check_test(&mut self, id: TestId) {
        let (module, site) = (self.program.tests[id].module, self.test_site(id));
        let var = self.program.effects.add(EffectInfo::default());
        let frame = Frame::of(Node::Var(var), TyId::VOID, None);
        let job = Job { owner: BodyOwner::Test(id), module, params: &[], self_ty: None, frame };
        self.current_test = Some(id);
        let body = self.run(job, |body| body.function_block(site.body, TyId::VOID));
        self.current_test = None;
        self.program.tests[id].body = Some(body);
    }
}

impl Body<'_, '_> {
    /// Binds `self` and the parameters of a function.
    /// A parameter that a contract uses is used; without `used` nothing is warned about.
    fn enter_function(&mut self, id: FunctionId, site: &tree::Function, used: Option<&[bool]>) {
        let function = &self.c.program.functions[id];
        let (self_ty, params, owner) = (function.self_ty, function.params.clone(), function.owner);
        if let Some(receiver) = site.receiver {
            self.bind_self(self_ty, receiver.mutable.is_some(), receiver.name.span);
        }
        let tree = self.c.file(self.module).tree;
        // What a trait asks for need not be used.
        let must_use = match owner {
            Owner::Trait(_) => false,
            Owner::Impl(id) => self.c.program.impls[id].of.is_none(),
            _ => true,
        };
        for (param, known) in tree.nodes.list(site.params).iter().zip(params) {
            self.bind(param.name, known.ty, known.mutable, Immutable::Param);
            let in_contract = used.and_then(|used| used.get(self.infos.len() - 1)).copied().unwrap_or(false);
            if let Some(info) = self.infos.last_mut() {
                info.warn &= used.is_some() && must_use && !in_contract;
            }
        }
    }

    /// Whether the last statement of a block was not understood: it may be what gives the value.
    fn ends_unread(&self, block: tree::ExprId) -> bool {
        let nodes = &self.c.file(self.module).tree.nodes;
        let E::Block(statements) = nodes[block] else { return false };
        nodes.list(statements).last().is_some_and(|last| matches!(nodes[*last], tree::Stmt::Wrong))
    }

    /// The block of a function, which gives what the function says.
    fn function_block(&mut self, block: tree::ExprId, result: TyId) -> ExprId {
        if result == TyId::VOID {
            return self.expr(block, Want::Drop);
        }
        let made = self.expr(block, Want::Type(result));
        let made_ty = self.c.program.nodes.exprs[made].ty;
        let unread = self.ends_unread(block);
        if made_ty == TyId::VOID && (result == TyId::WRONG || self.yields || unread) {
            return made;
        }
        if made_ty == TyId::VOID {
            let span = self.c.program.nodes.exprs[made].span;
            let at = Span::new(span.end.saturating_sub(1), span.end);
            self.error(at, Fact::MissingReturn { expected: result });
            return made;
        }
        self.coerce(made, result)
    }
}

/// Places such that each comes behind those that its edges lead to, without recursion. Cycles are cut.
fn post_order(edges: &[Vec<usize>]) -> Vec<usize> {
    let mut seen = vec![false; edges.len()];
    let mut order = Vec::with_capacity(edges.len());
    for start in 0..edges.len() {
        if seen.get(start).copied().unwrap_or(true) {
            continue;
        }
        if let Some(slot) = seen.get_mut(start) {
            *slot = true;
        }
        let mut work = vec![(start, 0)];
        while let Some((place, edge)) = work.last_mut() {
            match edges.get(*place).and_then(|to| to.get(*edge)).copied() {
                Some(next) => {
                    *edge += 1;
                    if let Some(slot @ false) = seen.get_mut(next) {
                        *slot = true;
                        work.push((next, 0));
                    }
                }
                None => {
                    order.push(*place);
                    let _ = work.pop();
                }
            }
        }
    }
    order
}
