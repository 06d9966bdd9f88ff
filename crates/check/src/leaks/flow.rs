//! What a body does with its values, read off once.

use pluto_source::Span;
use rustc_hash::{FxHashMap, FxHashSet};

use super::sources::Known;
use crate::arena::List;
use crate::body::{
    Arm, Body, BodyOwner, Callee, ClosureId, Dispatch, ExprId, ExprKind, LocalId, LoopId, PatternId,
    PatternKind, SelectKind, Stmt,
};
use crate::checker::Checker;
use crate::program::{FunctionId, ModuleId, Owner};
use crate::types::Ty;
use crate::walk::Child;

/// What a name is bound to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bound {
    /// A value, or a part of it.
    Value(ExprId),
    /// A part of an object of a class with an invariant, taken out by a pattern: the object, and where the pattern stands.
    Part(ExprId, Span),
}

/// A value that becomes a part of something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Store {
    /// Of what; nothing of what is made here, which has an invariant.
    pub(super) place: Option<ExprId>,
    pub(super) value: ExprId,
    /// What stores it.
    pub(super) by: ExprId,
    /// From where on nobody else may have it.
    pub(super) end: u32,
    pub(super) around: usize,
}

/// A place that is changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) place: ExprId,
    /// What it is a place of: what is changed.
    pub(super) of: ExprId,
    pub(super) around: usize,
}

/// A loop or a closure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around {
    pub(super) outer: usize,
    pub(super) span: Span,
    pub(super) closure: Option<ClosureId>,
}

#[derive(Debug)]
pub(super) struct Flow {
    pub(super) module: ModuleId,
    pub(super) function: Option<FunctionId>,
    /// Its locals: the first, and the one behind the last.
    pub(super) locals: (u32, u32),
    /// How many of them are parameters, with `self`.
    pub(super) params: u32,
    pub(super) bound: Vec<(LocalId, Bound)>,
    /// Names that are bound to an element of something.
    pub(super) elements: FxHashSet<LocalId>,
    /// Names that are bound to what comes from somewhere else, and collections that somebody else puts something in.
    pub(super) foreign: Vec<LocalId>,
    pub(super) stores: Vec<Store>,
    /// What it gives.
    pub(super) results: Vec<ExprId>,
    /// What leaves in another way.
    pub(super) lost: Vec<ExprId>,
    /// What is changed.
    pub(super) changes: Vec<Change>,
    /// Calls of functions that are not built in.
    pub(super) calls: Vec<(ExprId, usize)>,
    pub(super) arounds: Vec<Around>,
    /// The last place where each local is used, by whomever.
    pub(super) uses: FxHashMap<LocalId, u32>,
    pub(super) closures: FxHashMap<ClosureId, Vec<ExprId>>,
    /// Closures that only a built-in method gets, which is known to keep nothing of what it calls them with.
    pub(super) tame: FxHashSet<ClosureId>,
    pub(super) breaks: FxHashMap<LoopId, Vec<ExprId>>,
    /// What each expression is a part of.
    pub(super) parents: FxHashMap<ExprId, ExprId>,
}

impl Checker<'_> {
    pub(super) fn flow(&mut self, body: &Body, known: &mut Known) -> Flow {
        let function = match body.owner {
            BodyOwner::Function(id) => Some(id),
            _ => None,
        };
        let params = function.map_or(0, |id| {
            let of = &self.program.functions[id];
            of.params.len() as u32 + u32::from(of.receiver.is_some())
        });
        let mut flow = Flow {
            module: body.module,
            function,
            locals: body.locals,
            params,
            bound: Vec::new(),
            elements: FxHashSet::default(),
            foreign: Vec::new(),
            stores: Vec::new(),
            results: vec![body.root],
            lost: Vec::new(),
            changes: Vec::new(),
            calls: Vec::new(),
            arounds: vec![Around { outer: 0, span: Span::new(0, u32::MAX), closure: None }],
            uses: FxHashMap::default(),
            closures: FxHashMap::default(),
            tame: FxHashSet::default(),
            breaks: FxHashMap::default(),
            parents: FxHashMap::default(),
        };
        let mut work = vec![(Child::Expr(body.root), 0, body.root)];
        let mut children = Vec::new();
        while let Some((at, around, parent)) = work.pop() {
            let around = match at {
                Child::Expr(id) => self.read(id, around, &mut flow, known),
                Child::Stmt(id) => {
                    let stmt = self.program.nodes.stmts[id];
                    self.read_stmt(stmt, around, &mut flow, known);
                    if let Stmt::Defer(inner) = stmt {
                        let end = self.program.nodes.exprs[parent].span.end;
                        self.use_until(inner, end, &mut flow);
                    }
                    around
                }
                Child::Pattern(_) | Child::Named(_) => continue,
            };
            children.clear();
            let mut inner = parent;
            match at {
                Child::Expr(id) => {
                    inner = id;
                    if id != parent {
                        flow.parents.insert(id, parent);
                    }
                    self.program.nodes.children(self.program.nodes.exprs[id].kind, &mut children);
                }
                Child::Stmt(id) => {
                    self.program.nodes.stmt_children(self.program.nodes.stmts[id], &mut children);
                }
                Child::Pattern(_) | Child::Named(_) => (),
            }
            work.extend(children.iter().map(|child| (*child, around, inner)));
        }
        flow
    }

    /// Notes what an expression does; gives what is around its parts.
    fn read(&mut self, id: ExprId, around: usize, flow: &mut Flow, known: &mut Known) -> usize {
        let expr = self.program.nodes.exprs[id];
        match expr.kind {
            ExprKind::Local(local) => flow.use_at(local, expr.span.end),
            ExprKind::Method(object, target) => {
                let of = &self.program.functions[target.function];
                if of.owner == Owner::Builtin && of.receiver == Some(true) {
                    flow.foreign.extend(self.root_of(object));
                }
            }
            ExprKind::Closure(closure) => {
                if !flow.tame.contains(&closure) {
                    // Who calls it may keep what it is called with.
                    flow.foreign.extend(&self.program.nodes.closures[closure].params);
                }
                flow.closures.entry(closure).or_default().push(self.program.nodes.closures[closure].body);
                flow.arounds.push(Around { outer: around, span: expr.span, closure: Some(closure) });
                return flow.arounds.len() - 1;
            }
            ExprKind::For(of) => {
                self.read_pattern(of.pattern, of.over, flow);
                let locals = self.locals_of(of.pattern);
                if self.goes_on(of.over) {
                    locals.iter().for_each(|local| flow.use_at(*local, expr.span.end));
                }
                flow.elements.extend(locals);
                return flow.enter(around, expr.span);
            }
            ExprKind::While(..) => return flow.enter(around, expr.span),
            ExprKind::Loop(..) => return flow.enter(around, expr.span),
            ExprKind::Break(of, Some(value)) => flow.breaks.entry(of).or_default().push(value),
            ExprKind::Return(Some(value)) => match flow.closure_of(around) {
                Some(closure) => flow.closures.entry(closure).or_default().push(value),
                None => flow.results.push(value),
            },
            ExprKind::Raise(value) | ExprKind::Yield(value) => flow.lost.push(value),
            ExprKind::Chain(base, local, _) => flow.bound.push((local, Bound::Value(base))),
            ExprKind::Match(value, arms) => self.read_arms(arms, value, flow),
            ExprKind::Handle(_, handler) => self.read_handler(handler, flow),
            ExprKind::Select(arms) => {
                for arm in self.program.nodes.select_arms.get(arms).to_vec() {
                    if let SelectKind::Receive(channel, Some(pattern)) = arm.kind {
                        self.read_pattern(pattern, channel, flow);
                    }
                }
            }
            ExprKind::Class(class, fields) if self.is_guarded(class) => {
                for (at, value) in self.program.nodes.field_values.get(fields).to_vec() {
                    if self.is_guarded_field(class, at) {
                        flow.stores.push(Store { place: None, value, by: id, end: expr.span.end, around });
                    }
                }
            }
            ExprKind::Call(callee, arguments) => {
                let arguments = self.program.nodes.expr_lists.get(arguments).to_vec();
                self.read_call(id, callee, &arguments, around, flow, known);
            }
            _ => (),
        }
        around
    }

    fn read_stmt(&mut self, stmt: Stmt, around: usize, flow: &mut Flow, known: &mut Known) {
        match stmt {
            Stmt::Let(pattern, value, _) => self.read_pattern(pattern, value, flow),
            Stmt::Assign(place, None, value) => match self.program.nodes.exprs[place].kind {
                ExprKind::Local(local) => flow.bound.push((local, Bound::Value(value))),
                _ => {
                    flow.changes.push(self.change(place, around));
                    if self.value_holds(value, known) {
                        let end = self.program.nodes.exprs[value].span.end;
                        flow.stores.push(Store { place: Some(place), value, by: value, end, around });
                    }
                }
            },
            Stmt::Assign(place, Some(_), _) => flow.changes.push(self.change(place, around)),
            _ => (),
        }
    }

    /// An assignment to a place.
    fn change(&self, place: ExprId, around: usize) -> Change {
        let of = match self.program.nodes.exprs[place].kind {
            ExprKind::Index(base, _) | ExprKind::Field(base, _) | ExprKind::Element(base, _) => base,
            _ => place,
        };
        Change { place, of, around }
    }

    fn read_arms(&self, arms: List<Arm>, value: ExprId, flow: &mut Flow) {
        for arm in self.program.nodes.arms.get(arms) {
            self.read_pattern(arm.pattern, value, flow);
        }
    }

    fn read_handler(&self, handler: crate::body::HandlerId, flow: &mut Flow) {
        let handler = self.program.nodes.handlers[handler];
        flow.foreign.extend(handler.local);
        let patterns = self.program.nodes.arms.get(handler.arms).iter().map(|arm| arm.pattern);
        flow.foreign.extend(patterns.flat_map(|pattern| self.locals_of(pattern)));
    }

    /// The names that a pattern binds.
    fn locals_of(&self, pattern: PatternId) -> Vec<LocalId> {
        let (mut found, mut work, mut children) = (Vec::new(), vec![pattern], Vec::new());
        while let Some(at) = work.pop() {
            let kind = self.program.nodes.patterns[at].kind;
            match kind {
                PatternKind::Bind(local, _) | PatternKind::Array(_, Some(Some(local)), _) => {
                    found.push(local);
                }
                _ => (),
            }
            children.clear();
            self.program.nodes.pattern_children(kind, &mut children);
            work.extend(children.iter().filter_map(|child| match child {
                Child::Pattern(inner) => Some(*inner),
                _ => None,
            }));
        }
        found
    }

    /// Whether what gives elements runs code of the program between them, which may still have those that it gave.
    fn goes_on(&self, over: ExprId) -> bool {
        let ty = self.program.types.get(self.program.nodes.exprs[over].ty);
        matches!(ty, Ty::Stream(_) | Ty::Class(..) | Ty::Enum(..) | Ty::Param(_) | Ty::Trait(..))
    }

    /// What a `defer` uses is used when the block around it is left.
    fn use_until(&self, inner: ExprId, end: u32, flow: &mut Flow) {
        let (mut work, mut children) = (vec![Child::Expr(inner)], Vec::new());
        while let Some(at) = work.pop() {
            children.clear();
            match at {
                Child::Expr(id) => {
                    let kind = self.program.nodes.exprs[id].kind;
                    if let ExprKind::Local(local) = kind {
                        flow.use_at(local, end);
                    }
                    self.program.nodes.children(kind, &mut children);
                }
                Child::Stmt(id) => {
                    self.program.nodes.stmt_children(self.program.nodes.stmts[id], &mut children);
                }
                Child::Pattern(_) | Child::Named(_) => (),
            }
            work.append(&mut children);
        }
    }

    /// What a pattern binds is a part of the value.
    fn read_pattern(&self, pattern: PatternId, value: ExprId, flow: &mut Flow) {
        let nodes = &self.program.nodes;
        let mut work = vec![(pattern, false)];
        let mut children = Vec::new();
        while let Some((at, inside)) = work.pop() {
            let pattern = nodes.patterns[at];
            let bound = if inside { Bound::Part(value, pattern.span) } else { Bound::Value(value) };
            match pattern.kind {
                PatternKind::Bind(local, _) => flow.bound.push((local, bound)),
                PatternKind::Array(_, Some(Some(rest)), _) => flow.bound.push((rest, bound)),
                PatternKind::Class(class, fields) => {
                    for (field, pattern) in nodes.field_patterns.get(fields) {
                        work.push((*pattern, inside || self.is_guarded_field(class, *field)));
                    }
                    continue;
                }
                _ => (),
            }
            children.clear();
            nodes.pattern_children(pattern.kind, &mut children);
            work.extend(children.iter().filter_map(|child| match child {
                Child::Pattern(inner) => Some((*inner, inside)),
                _ => None,
            }));
        }
    }

    fn read_call(
        &mut self,
        id: ExprId,
        callee: Callee,
        arguments: &[ExprId],
        around: usize,
        flow: &mut Flow,
        known: &mut Known,
    ) {
        let Callee::Target(target) = callee else {
            // Nobody knows what a function value does with what it is given.
            flow.lost.extend(arguments);
            return;
        };
        if target.dispatch == Dispatch::Message {
            return;
        }
        let end = self.program.nodes.exprs[id].span.end;
        for (argument, changed) in self.changed_arguments(target.function, arguments) {
            if changed {
                flow.changes.push(Change { place: argument, of: argument, around });
            }
        }
        let of = &self.program.functions[target.function];
        if of.owner != Owner::Builtin {
            flow.calls.push((id, around));
            return;
        }
        let Some(changes) = of.receiver else { return };
        let [receiver, rest @ ..] = arguments else { return };
        let params = of.params.clone();
        for (argument, param) in rest.iter().zip(&params) {
            if let ExprKind::Closure(closure) = self.program.nodes.exprs[*argument].kind {
                let locals = self.program.nodes.closures[closure].params.clone();
                if self.goes_on(*receiver) {
                    // Also behind the last thing that the closure does.
                    let end = self.program.nodes.exprs[*argument].span.end + 1;
                    locals.iter().for_each(|local| flow.use_at(*local, end));
                }
                flow.tame.insert(closure);
                flow.elements.extend(&locals);
                let others = arguments.iter().filter(|other| *other != argument);
                for other in others {
                    flow.bound.extend(locals.iter().map(|local| (*local, Bound::Value(*other))));
                }
            } else if matches!(self.program.types.get(param.ty), Ty::Function(..)) {
                flow.lost.extend(self.elements_hold(*receiver, known).then_some(*receiver));
            } else if changes {
                let whole = matches!(self.program.types.get(param.ty), Ty::Param(_));
                if if whole {
                    self.value_holds(*argument, known)
                } else {
                    self.elements_hold(*argument, known)
                } {
                    flow.stores.push(Store { place: Some(*receiver), value: *argument, by: id, end, around });
                }
            }
        }
    }

    pub(super) fn value_holds(&mut self, value: ExprId, known: &mut Known) -> bool {
        let ty = self.program.nodes.exprs[value].ty;
        known.reach.holds(self, ty)
    }

    /// Whether the elements of a collection hold something that can be changed.
    pub(super) fn elements_hold(&mut self, value: ExprId, known: &mut Known) -> bool {
        let ty = self.program.types.get(self.program.nodes.exprs[value].ty);
        let parts = self.parts(ty);
        parts.into_iter().any(|part| known.reach.holds(self, part))
    }

    /// Whether the elements of a collection are known to hold something that can be changed.
    pub(super) fn elements_change(&mut self, value: ExprId, known: &mut Known) -> bool {
        let ty = self.program.types.get(self.program.nodes.exprs[value].ty);
        let parts = self.parts(ty);
        parts.into_iter().any(|part| known.reach.changes(self, part))
    }
}

impl Flow {
    fn use_at(&mut self, local: LocalId, end: u32) {
        let last = self.uses.entry(local).or_default();
        *last = (*last).max(end);
    }

    fn enter(&mut self, outer: usize, span: Span) -> usize {
        self.arounds.push(Around { outer, span, closure: None });
        self.arounds.len() - 1
    }

    /// The closure around a place.
    pub(super) fn closure_of(&self, mut around: usize) -> Option<ClosureId> {
        while around != 0 {
            let of = self.arounds.get(around)?;
            if of.closure.is_some() {
                return of.closure;
            }
            around = of.outer;
        }
        None
    }

    pub(super) fn is_param(&self, local: LocalId) -> bool {
        super::place(local, self.locals.0) < self.params as usize
    }
}
