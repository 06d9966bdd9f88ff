//! Tasks, actors, scopes, `select`.

use pluto_source::Span;
use pluto_syntax::tree::{self, Expr as E};

use super::{Body, Later, Want};
use crate::body::{Callee, ExprId, ExprKind, SelectArm, SelectKind};
use crate::effects::{CallFact, Handling, Raised};
use crate::error::{Fact, Immutable, SelectFault};
use crate::program::EffectInfo;
use crate::types::{Effect, Ty, TyId};

impl Body<'_, '_> {
    /// `spawn f(x)`, `spawn Counter { n: 5 }`
    pub(super) fn spawn(&mut self, what: tree::ExprId, span: Span, want: Want) -> ExprId {
        self.impure(span);
        let mut id = what;
        while let E::Paren(inner) = self.nodes[id] {
            id = inner;
        }
        match self.nodes[id] {
            E::Class { ty, fields } => self.spawn_actor(ty, fields, span, want),
            E::Call { .. } => self.spawn_call(id, span),
            _ => {
                let value = self.expr(id, Want::Any);
                if self.ty(value) != TyId::WRONG {
                    let at = self.nodes.span(what);
                    self.error(at, Fact::BadSpawn);
                }
                self.wrong(span)
            }
        }
    }

    fn spawn_actor(
        &mut self,
        ty: tree::TypeId,
        fields: tree::List<tree::FieldValue>,
        span: Span,
        want: Want,
    ) -> ExprId {
        let made = self.literal_type(ty, want);
        match self.get(made) {
            Ty::Actor(id, _) => {
                let value = self.class_value(id, made, fields, span);
                self.cross_fields(value);
                self.add(ExprKind::SpawnActor(value), made, span)
            }
            Ty::Wrong => self.wrong(span),
            _ => {
                let at = self.nodes.span(ty);
                self.refuse(at, Fact::BadSpawn)
            }
        }
    }

    fn cross_fields(&mut self, value: ExprId) {
        if let ExprKind::Class(_, values) = self.kind(value) {
            let values: Vec<ExprId> =
                self.c.program.nodes.field_values.get(values).iter().map(|(_, value)| *value).collect();
            values.into_iter().for_each(|value| self.crosses(value));
        }
    }

    /// Notes that a value goes to another task.
    pub(super) fn crosses(&mut self, value: ExprId) {
        let (ty, span) = (self.ty(value), self.span(value));
        self.later.push(Later::Cross(ty, span));
        self.keeps_injected(value);
        self.cross_captures(value);
    }

    fn spawn_call(&mut self, id: tree::ExprId, span: Span) -> ExprId {
        let var = self.c.program.effects.add(EffectInfo::default());
        let value = self.postfix(id, Want::Any, Handling::Task(var));
        if let ExprKind::Call(callee, arguments) = self.kind(value) {
            let arguments = self.c.program.nodes.expr_lists.get(arguments).to_vec();
            for argument in arguments {
                self.crosses(argument);
            }
            if let Callee::Value(function) = callee {
                self.cross_captures(function);
                self.c.crossings.push((self.module, function));
            }
        }
        let result = self.ty(value);
        if result == TyId::WRONG {
            return self.wrong(span);
        }
        self.later.push(Later::Cross(result, span));
        let ty = self.intern(Ty::Task(result, Effect::Var(var)));
        self.add(ExprKind::Spawn(value), ty, span)
    }

    /// What is injected does not go to another task where a method changes it: there would be two of it. A copy that is written is one.
    fn keeps_injected(&mut self, value: ExprId) {
        if let ExprKind::Call(Callee::Target(target), _) = self.kind(value)
            && self.is_copy(target.function)
        {
            return;
        }
        let (ty, span) = (self.ty(value), self.span(value));
        self.later.push(Later::Injected(ty, span));
        self.c.crossings.push((self.module, value));
    }

    /// What a closure captures goes with it.
    fn cross_captures(&mut self, function: ExprId) {
        if let ExprKind::Closure(id) = self.kind(function) {
            let span = self.span(function);
            for local in self.c.program.nodes.closures[id].captures.clone() {
                let ty = self.local(local).ty;
                self.later.extend([Later::Cross(ty, span), Later::Injected(ty, span)]);
            }
        }
    }

    /// `scope { … }`
    pub(super) fn scope_expr(
        &mut self,
        block: tree::ExprId,
        span: Span,
        want: Want,
        handling: Handling,
    ) -> ExprId {
        self.impure(span);
        let E::Block(stmts) = self.nodes[block] else { return self.wrong(span) };
        let var = self.c.program.effects.add(EffectInfo::default());
        let mark = self.open();
        self.scopes.push(Some(var));
        let made = self.block_inside(stmts, self.nodes.span(block), want);
        let _ = self.scopes.pop();
        self.close(mark);
        let fact = CallFact {
            node: self.node_here(),
            at: self.place(Span::new(span.start, span.start + 5)),
            raised: Raised::Effect(Effect::Var(var)),
            also: None,
            handling: if handling == Handling::Bare { Handling::Implicit } else { handling },
            known: true,
            always: false,
            stream: false,
        };
        self.c.graph.calls.push(fact);
        let ty = self.ty(made);
        self.add(ExprKind::Scope(made), ty, span)
    }

    /// `select { … }`
    pub(super) fn select(
        &mut self,
        arms: tree::List<tree::SelectArm>,
        span: Span,
        want: Want,
        handling: Handling,
    ) -> ExprId {
        self.impure(span);
        self.select_arms(self.nodes.list(arms), span);
        let mut made: Vec<SelectArm> = Vec::new();
        let mut bodies: Vec<ExprId> = Vec::new();
        for arm in self.nodes.list(arms) {
            let mark = self.open();
            let kind = self.select_kind(&arm.kind, arm.span);
            let body = self.branch(arm.body, want);
            self.close(mark);
            bodies.push(body);
            if let Some(kind) = kind {
                made.push(SelectArm { kind, body });
            }
        }
        if bodies.is_empty() {
            return self.wrong(span);
        }
        let ty = self.join(&mut bodies, want);
        if made.len() != bodies.len() {
            return self.wrong(span);
        }
        for (arm, body) in made.iter_mut().zip(bodies) {
            arm.body = body;
        }
        let waits = made.iter().any(|arm| matches!(arm.kind, SelectKind::Receive(..) | SelectKind::Send(..)));
        self.note_select(span, waits, handling);
        let arms = self.c.program.nodes.select_arms.add(made);
        self.add(ExprKind::Select(arms), ty, span)
    }

    /// Whether its arms are some that can all be of use.
    fn select_arms(&mut self, arms: &[tree::SelectArm], span: Span) {
        let word = Span::new(span.start, span.start + 6);
        if arms.is_empty() {
            self.error(word, Fact::BadSelect { what: SelectFault::Empty });
        }
        let mut default = None;
        for arm in arms.iter().filter(|arm| matches!(arm.kind, tree::SelectKind::Default)) {
            match default {
                None => default = Some(arm.span),
                Some(_) => self.error(arm.span, Fact::BadSelect { what: SelectFault::SecondDefault }),
            }
        }
        for arm in arms.iter().filter(|arm| matches!(arm.kind, tree::SelectKind::After(_))) {
            if default.is_some() {
                self.error(arm.span, Fact::BadSelect { what: SelectFault::AfterBesideDefault });
            }
        }
    }

    /// A channel that is waited for may be closed.
    fn note_select(&mut self, span: Span, waits: bool, handling: Handling) {
        if handling == Handling::Later {
            self.error(span, Fact::BadLater);
        }
        if !waits && handling == Handling::Bare {
            return;
        }
        let fact = CallFact {
            node: self.node_here(),
            at: self.place(Span::new(span.start, span.start + 6)),
            raised: Raised::Effect(Effect::NONE),
            also: self.c.builtins.channel_closed.filter(|_| waits),
            handling: if handling == Handling::Bare { Handling::Implicit } else { handling },
            known: true,
            always: false,
            stream: false,
        };
        self.c.graph.calls.push(fact);
    }

    /// A task that is dropped in a `scope`, which waits for it and raises what it raises.
    pub(super) fn task_of_scope(&mut self, task: TyId, span: Span) -> bool {
        let Some(scope) = self.scopes.last().copied().flatten() else { return false };
        if let Ty::Task(_, effect) = self.get(task) {
            self.flow(effect, Effect::Var(scope), span);
        }
        true
    }

    fn select_kind(&mut self, kind: &tree::SelectKind, span: Span) -> Option<SelectKind> {
        match kind {
            tree::SelectKind::Default => Some(SelectKind::Default),
            tree::SelectKind::After(time) => Some(SelectKind::After(self.check(*time, TyId::DURATION))),
            tree::SelectKind::Operation { pattern, call } => self.operation(*pattern, *call, span),
        }
    }

    /// `v = rx.recv()`, `tx.send(x)`
    fn operation(
        &mut self,
        pattern: Option<tree::PatternId>,
        call: tree::ExprId,
        span: Span,
    ) -> Option<SelectKind> {
        let E::Call { callee, arguments } = self.nodes[call] else {
            return self.bad_operation(pattern, span);
        };
        let E::Field { base, name, optional: false } = self.nodes[callee] else {
            return self.bad_operation(pattern, span);
        };
        let name = self.symbol(name);
        let channel = self.value(base, Want::Any);
        let ty = self.ty(channel);
        let known = self.c.builtins.names;
        match (self.get(ty), self.nodes.list(arguments)) {
            (Ty::Receiver(of), []) if name == known.recv => {
                let at = pattern.map(|pattern| self.nodes.span(pattern));
                let pattern = pattern.map(|pattern| self.pattern(pattern, of, Immutable::Pattern));
                if let (Some(pattern), Some(at)) = (pattern, at) {
                    self.c.irrefutable.push((self.module, at, of, pattern));
                }
                Some(SelectKind::Receive(channel, pattern))
            }
            (Ty::Sender(of), [argument]) if name == known.send && pattern.is_none() => {
                let value = self.check(argument.value, of);
                self.crosses(value);
                Some(SelectKind::Send(channel, value))
            }
            (Ty::Wrong, _) => {
                self.drop_arguments(arguments);
                pattern.map(|pattern| self.pattern(pattern, TyId::WRONG, Immutable::Pattern));
                None
            }
            _ => {
                self.drop_arguments(arguments);
                self.bad_operation(pattern, span)
            }
        }
    }

    fn bad_operation(&mut self, pattern: Option<tree::PatternId>, span: Span) -> Option<SelectKind> {
        pattern.map(|pattern| self.pattern(pattern, TyId::WRONG, Immutable::Pattern));
        self.error(span, Fact::BadSelect { what: SelectFault::NoOperation });
        None
    }
}
