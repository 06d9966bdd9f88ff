//! What is injected and goes to another task where no type tells it: as a capture of a function value, behind a trait, as a value of
//! a type parameter. Values are followed back to where they are made: through names and, over all functions, parameters. What
//! comes from somewhere else may be any function value of its type.

use pluto_source::{FileSpan, Span};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::arena::Id;
use crate::body::{BodyId, BodyOwner, Callee, ExprId, ExprKind, LocalId, Nodes, PatternKind, Stmt, Target};
use crate::checker::Checker;
use crate::error::{CheckError, Fact, Shared};
use crate::program::{FunctionId, ModuleId};
use crate::types::{Ty, TyId};
use crate::walk::Child;

/// What goes to another task, or may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Item {
    Expr(ExprId),
    Local(LocalId),
    /// Any value of a type.
    Any(TyId),
}

/// A value that goes to another task: where it goes, and where it stands.
struct Crossing {
    shared: FileSpan,
    at: FileSpan,
    value: ExprId,
}

/// A function value with what it holds.
struct Holder {
    ty: TyId,
    at: FileSpan,
    held: Vec<Item>,
}

/// What is read off the bodies.
#[derive(Default)]
struct Known {
    /// What a name is bound to, by `let` and by assignments.
    bound: FxHashMap<LocalId, Vec<ExprId>>,
    /// Names that are bound in no other way.
    named: FxHashSet<LocalId>,
    params: FxHashMap<LocalId, (FunctionId, usize)>,
    calls: FxHashMap<FunctionId, Vec<(ModuleId, Vec<ExprId>)>>,
    /// Functions that are used as values: nobody knows who calls them.
    values: FxHashSet<FunctionId>,
    defaults: FxHashMap<(FunctionId, u32), ExprId>,
    holders: Vec<Holder>,
    /// The heads of methods of traits.
    heads: FxHashMap<FunctionId, FunctionId>,
}

impl Known {
    fn read_stmt(&mut self, nodes: &Nodes, stmt: Stmt) {
        let (local, value) = match stmt {
            Stmt::Let(pattern, value, _) => match nodes.patterns[pattern].kind {
                PatternKind::Bind(local, _) => {
                    self.named.insert(local);
                    (local, value)
                }
                _ => return,
            },
            Stmt::Assign(place, None, value) => match nodes.exprs[place].kind {
                ExprKind::Local(local) => (local, value),
                _ => return,
            },
            _ => return,
        };
        self.bound.entry(local).or_default().push(value);
    }

    fn is_only_called(&self, function: FunctionId) -> bool {
        let head = self.heads.get(&function);
        !self.values.contains(&function) && !head.is_some_and(|head| self.values.contains(head))
    }
}

impl Checker<'_> {
    /// Looks at all that goes to another task.
    pub(crate) fn check_carried(&mut self) {
        let injects = self.program.classes.iter().any(|(_, class)| class.fields.iter().any(|of| of.injected));
        if self.crossings.is_empty() || !injects {
            return;
        }
        let known = self.carriers();
        let mut work: Vec<Crossing> = Vec::new();
        for (module, value) in std::mem::take(&mut self.crossings) {
            let at = self.expr_place(module, value);
            work.push(Crossing { shared: at, at, value });
        }
        let mut crossing: FxHashSet<LocalId> = FxHashSet::default();
        while let Some(of) = work.pop() {
            self.follow_carried(&of, &known, &mut crossing, &mut work);
        }
    }

    fn expr_place(&self, module: ModuleId, value: ExprId) -> FileSpan {
        let span: Span = self.program.nodes.exprs[value].span;
        span.in_file(self.file(module).id)
    }

    fn carriers(&mut self) -> Known {
        let mut known = Known { heads: self.implementations(), ..Known::default() };
        for id in self.own_bodies() {
            self.read_carriers(id, &mut known);
        }
        known
    }

    fn read_carriers(&mut self, id: BodyId, known: &mut Known) {
        let nodes = &self.program.nodes;
        let body = nodes.bodies[id];
        if let BodyOwner::Function(id) = body.owner {
            let count = self.program.functions[id].arguments();
            let locals = (body.locals.0..body.locals.1).map(LocalId::from_index);
            known.params.extend(locals.zip(0..count).map(|(local, at)| (local, (id, at))));
        }
        if let BodyOwner::ParamDefault(function) = body.owner {
            let params = self.program.functions[function].params.iter();
            if let Some((at, _)) = (0..).zip(params).find(|(_, param)| param.default == Some(id)) {
                known.defaults.insert((function, at), body.root);
            }
        }
        for at in body.exprs.0..body.exprs.1 {
            let id = ExprId::from_index(at);
            let expr = nodes.exprs[id];
            let at = expr.span.in_file(self.file(body.module).id);
            match expr.kind {
                ExprKind::Closure(closure) => {
                    let held =
                        nodes.closures[closure].captures.iter().map(|local| Item::Local(*local)).collect();
                    known.holders.push(Holder { ty: expr.ty, at, held });
                }
                ExprKind::Method(object, Target { function, .. }) => {
                    known.holders.push(Holder { ty: expr.ty, at, held: vec![Item::Expr(object)] });
                    known.values.insert(function);
                }
                ExprKind::Function(function, _) => {
                    known.values.insert(function);
                }
                ExprKind::Call(Callee::Target(target), list) => {
                    let arguments = nodes.expr_lists.get(list).to_vec();
                    known.calls.entry(target.function).or_default().push((body.module, arguments));
                }
                ExprKind::Block(stmts, _) => {
                    let stmts = nodes.stmt_lists.get(stmts).iter();
                    stmts.for_each(|stmt| known.read_stmt(nodes, nodes.stmts[*stmt]));
                }
                _ => (),
            }
        }
    }

    /// Follows one value back to all that it may hold.
    fn follow_carried(
        &mut self,
        of: &Crossing,
        known: &Known,
        crossing: &mut FxHashSet<LocalId>,
        more: &mut Vec<Crossing>,
    ) {
        let mut seen: FxHashSet<Item> = FxHashSet::default();
        let mut work = vec![(of.at, Item::Expr(of.value))];
        while let Some((at, item)) = work.pop() {
            if !seen.insert(item) {
                continue;
            }
            let ty = match item {
                Item::Expr(value) => self.program.nodes.exprs[value].ty,
                Item::Local(local) => self.program.nodes.locals[local].ty,
                Item::Any(ty) => ty,
            };
            if !self.is_copy_of(item)
                && let Some((ty, method)) = self.injected_in(ty)
            {
                let error = CheckError {
                    at,
                    fact: Fact::SharedMutable { ty, by: Shared::Changes(method), shared: of.shared },
                };
                if !self.found.contains(&error) {
                    self.mistakes += 1;
                    self.found.push(error);
                }
                return;
            }
            if !self.is_opaque(ty) {
                continue;
            }
            match item {
                Item::Expr(value) => self.carried_by(value, at, known, &mut work),
                Item::Local(local) => {
                    work.extend(
                        known.bound.get(&local).into_iter().flatten().map(|value| (at, Item::Expr(*value))),
                    );
                    let param = known.params.get(&local).copied();
                    let exact = matches!(self.program.types.get(ty), Ty::Function(..) | Ty::Param(_));
                    let called = param.is_some_and(|(function, _)| known.is_only_called(function));
                    if !exact || !(called || known.named.contains(&local)) {
                        work.push((at, Item::Any(ty)));
                    }
                    if let Some((function, place)) = param
                        && crossing.insert(local)
                    {
                        self.carried_in(function, place, of.shared, known, more);
                    }
                }
                Item::Any(ty) => self.carried_in_type(ty, known, &mut work),
            }
        }
    }

    /// A copy that is asked for is another object.
    fn is_copy_of(&self, item: Item) -> bool {
        let Item::Expr(value) = item else { return false };
        let ExprKind::Call(Callee::Target(target), _) = self.program.nodes.exprs[value].kind else {
            return false;
        };
        let of = &self.program.functions[target.function];
        of.owner == crate::program::Owner::Builtin && self.program.text(of.origin.name) == "copy"
    }

    /// What is given to a parameter goes where the parameter goes.
    fn carried_in(
        &self,
        function: FunctionId,
        place: usize,
        shared: FileSpan,
        known: &Known,
        more: &mut Vec<Crossing>,
    ) {
        for function in [Some(function), known.heads.get(&function).copied()].into_iter().flatten() {
            for (module, arguments) in known.calls.get(&function).into_iter().flatten() {
                if let Some(value) = arguments.get(place).copied() {
                    more.push(Crossing { shared, at: self.expr_place(*module, value), value });
                }
            }
        }
    }

    /// What a value holds, one level down.
    fn carried_by(&self, value: ExprId, at: FileSpan, known: &Known, work: &mut Vec<(FileSpan, Item)>) {
        let nodes = &self.program.nodes;
        let mut push = |item| work.push((at, item));
        let expr = nodes.exprs[value];
        match expr.kind {
            ExprKind::Local(local) => push(Item::Local(local)),
            ExprKind::Closure(id) => {
                nodes.closures[id].captures.iter().for_each(|local| push(Item::Local(*local)));
            }
            ExprKind::DefaultArgument(function, param) => match known.defaults.get(&(function, param)) {
                Some(root) => push(Item::Expr(*root)),
                None => push(Item::Any(expr.ty)),
            },
            // What has no parts carries nothing.
            ExprKind::Function(..) | ExprKind::VariantFunction(..) | ExprKind::Const(_) | ExprKind::None => {}
            kind if kind.is_made_of_values()
                || matches!(
                    kind,
                    ExprKind::Method(..) | ExprKind::Upcast(_) | ExprKind::Wrap(_) | ExprKind::Unwrap(_)
                ) =>
            {
                let mut children = Vec::new();
                nodes.children(expr.kind, &mut children);
                children.into_iter().for_each(|child| {
                    if let Child::Expr(part) = child {
                        push(Item::Expr(part));
                    }
                });
            }
            ExprKind::Block(_, Some(_))
            | ExprKind::If(..)
            | ExprKind::Match(..)
            | ExprKind::Default(..)
            | ExprKind::Binary(crate::body::BinaryOp::Coalesce, ..) => {
                let mut leaves = Vec::new();
                nodes.leaves(value, &mut leaves);
                leaves.into_iter().for_each(|leaf| push(Item::Expr(leaf)));
            }
            _ => {
                if let Some(root) = self.root_of(value) {
                    push(Item::Local(root));
                }
                push(Item::Any(expr.ty));
            }
        }
    }

    /// All function values that a value of a type may hold.
    fn carried_in_type(&mut self, ty: TyId, known: &Known, work: &mut Vec<(FileSpan, Item)>) {
        let (mut seen, mut types) = (FxHashSet::default(), vec![ty]);
        while let Some(ty) = types.pop() {
            if !seen.insert(ty) || seen.len() > super::inject::MANY {
                continue;
            }
            match self.program.types.get(ty) {
                Ty::Function(..) => {
                    let fitting = known.holders.iter().filter(|holder| self.may_be(holder.ty, ty));
                    work.extend(fitting.flat_map(|of| of.held.iter().map(|item| (of.at, *item))));
                }
                found => types.extend(self.held_types(ty, found)),
            }
        }
    }

    /// The types of what a value of a type holds in its own task.
    pub(crate) fn held_types(&mut self, ty: TyId, found: Ty) -> Vec<TyId> {
        match found {
            Ty::Class(..) | Ty::Enum(..) | Ty::Error(_) => self.field_types(ty),
            Ty::Trait(of, _) => {
                let on: Vec<TyId> = self.implementing(of).collect();
                on.into_iter().flat_map(|on| self.held_by_implementer(on)).collect()
            }
            // What is behind a handle is in a task of its own; what a function value captures, no type tells.
            Ty::Actor(..) | Ty::Task(..) | Ty::Sender(_) | Ty::Receiver(_) | Ty::Function(..) => Vec::new(),
            _ => self.parts(found),
        }
    }

    fn held_by_implementer(&mut self, on: TyId) -> Vec<TyId> {
        match self.program.types.get(on) {
            Ty::Class(..) | Ty::Enum(..) | Ty::Error(_) => self.field_types(on),
            Ty::Trait(..) | Ty::Param(_) | Ty::Actor(..) => Vec::new(),
            Ty::Function(..) => vec![on],
            found => self.parts(found),
        }
    }

    /// Whether a type does not tell all that its values hold.
    fn is_opaque(&mut self, ty: TyId) -> bool {
        let (mut seen, mut work) = (FxHashSet::default(), vec![ty]);
        while let Some(ty) = work.pop() {
            if !seen.insert(ty) {
                continue;
            }
            let found = self.program.types.get(ty);
            if matches!(found, Ty::Function(..) | Ty::Trait(..) | Ty::Param(_))
                || seen.len() > super::inject::MANY
            {
                return true;
            }
            work.extend(self.held_types(ty, found));
        }
        false
    }

    /// Whether a function value of one type may be where one of another is asked for, whatever they raise.
    fn may_be(&self, a: TyId, b: TyId) -> bool {
        let types = &self.program.types;
        let (Ty::Function(p, x, _), Ty::Function(q, y, _)) = (types.get(a), types.get(b)) else {
            return false;
        };
        let (p, q) = (types.items(p), types.items(q));
        let open = |ty: TyId| types.has_param(ty) || self.has_function(ty);
        let fits = |a: TyId, b: TyId| a == b || a == TyId::NEVER || open(a) || open(b);
        p.len() == q.len() && fits(x, y) && p.iter().zip(q).all(|(a, b)| fits(*a, *b))
    }

    fn has_function(&self, ty: TyId) -> bool {
        let mut work = vec![ty];
        while let Some(ty) = work.pop() {
            let found = self.program.types.get(ty);
            if matches!(found, Ty::Function(..) | Ty::Task(..) | Ty::Infer(_)) {
                return true;
            }
            work.extend(self.parts(found));
        }
        false
    }
}
