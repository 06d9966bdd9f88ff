//! `raise`, `catch`, and what handlers take.

use pluto_source::{FileSpan, Span};
use pluto_syntax::tree::{self, Expr as E, Name};

use super::{Body, Want};
use crate::body::{Arm, ExprId, ExprKind, Handler, LocalId, PatternId, PatternKind};
use crate::effects::{HandlerFact, Handling, RaiseFact};
use crate::error::{Fact, Immutable, Misplaced};
use crate::program::{EffectInfo, ErrorId};
use crate::types::{Effect, EffectVar, Ty, TyId};

impl Body<'_, '_> {
    /// `raise e`
    pub(super) fn raise(&mut self, error: tree::ExprId, span: Span) -> ExprId {
        let value = self.value(error, Want::Any);
        let ty = self.ty(value);
        let effect = match self.get(ty) {
            Ty::Error(id) => Effect::Errors(self.c.program.types.error_set(vec![id])),
            Ty::Caught(effect) => effect,
            Ty::Never => return value,
            Ty::Wrong => return self.add(ExprKind::Raise(value), TyId::NEVER, span),
            _ => {
                let ty = self.resolve(ty);
                let at = self.span(value);
                self.error(at, Fact::NotAnError { ty });
                return self.add(ExprKind::Raise(value), TyId::NEVER, span);
            }
        };
        match self.node_here() {
            Some(node) => {
                let at = self.place(span);
                self.c.graph.raises.push(RaiseFact { node, effect, at });
            }
            None => {
                self.error(span, Fact::Misplaced { what: Misplaced::Raise });
                self.wrong = true;
            }
        }
        self.add(ExprKind::Raise(value), TyId::NEVER, span)
    }

    /// What may fail, and where what it raises goes.
    fn fallible(&mut self, mut id: tree::ExprId, want: Want, var: EffectVar) -> ExprId {
        while let E::Paren(inner) = self.nodes[id] {
            id = inner;
        }
        let span = self.nodes.span(id);
        match self.nodes[id] {
            E::Call { .. } | E::Scope(_) | E::Select(_) => self.postfix(id, want, Handling::Catch(var)),
            E::Field { optional: true, .. } => self.postfix(id, want, Handling::Catch(var)),
            _ => {
                let value = self.expr(id, want);
                if self.ty(value) != TyId::WRONG {
                    self.error(span, Fact::NotFallible);
                }
                value
            }
        }
    }

    /// `f() catch 0`
    pub(super) fn default(
        &mut self,
        value: tree::ExprId,
        default: tree::ExprId,
        span: Span,
        want: Want,
    ) -> ExprId {
        let var = self.c.program.effects.add(EffectInfo::default());
        let mut made = self.fallible(value, want, var);
        let want = self.handled_want(&mut made, want);
        let default = self.branch(default, want);
        let mut ways = [made, default];
        let ty = self.join(&mut ways, want);
        let [made, default] = ways;
        self.add(ExprKind::Default(made, default), ty, span)
    }

    /// What is wanted of the ways of a handler, beside the value that may fail.
    fn handled_want(&mut self, made: &mut ExprId, want: Want) -> Want {
        match want {
            Want::Type(ty) => {
                *made = self.coerce(*made, ty);
                want
            }
            Want::Drop => Want::Drop,
            Want::Any => {
                let ty = self.ty(*made);
                match self.get(ty) {
                    Ty::Void => Want::Drop,
                    Ty::Never | Ty::Wrong => Want::Any,
                    _ => Want::Type(ty),
                }
            }
        }
    }

    /// `f() catch e { … }`
    pub(super) fn handle(
        &mut self,
        value: tree::ExprId,
        error: Option<Name>,
        arms: tree::List<tree::Arm>,
        span: Span,
        want: Want,
    ) -> ExprId {
        let incoming = self.c.program.effects.add(EffectInfo::default());
        let mut made = self.fallible(value, want, incoming);
        let want = self.handled_want(&mut made, want);
        let mark = self.open();
        let caught = self.intern(Ty::Caught(Effect::Var(incoming)));
        let local = error.map(|name| self.bind(name, caught, false, Immutable::Pattern));
        if let (Some(_), Some(info)) = (local, self.infos.last_mut()) {
            // Its name is a part of the form, so it need not be used.
            info.warn = false;
        }
        let mut fact = HandlerFact {
            node: self.node_here(),
            at: self.place(span),
            incoming,
            arms: Vec::new(),
            all: false,
            rest: Vec::new(),
        };
        let mut bodies = vec![made];
        let mut typed: Vec<Arm> = Vec::new();
        for arm in self.nodes.list(arms) {
            let (arm, body) = self.handler_arm(arm, local, want, &mut fact);
            bodies.push(body);
            typed.push(arm);
        }
        self.close(mark);
        let ty = self.join(&mut bodies, want);
        for (arm, body) in typed.iter_mut().zip(bodies.iter().skip(1)) {
            arm.body = *body;
        }
        let made = bodies.first().copied().unwrap_or(made);
        self.c.graph.handlers.push(fact);
        let arms = self.c.program.nodes.arms.add(typed);
        let handler = self.c.program.nodes.handlers.add(Handler { local, arms, incoming });
        self.add(ExprKind::Handle(made, handler), ty, span)
    }

    fn handler_arm(
        &mut self,
        arm: &tree::Arm,
        whole: Option<LocalId>,
        want: Want,
        fact: &mut HandlerFact,
    ) -> (Arm, ExprId) {
        let mark = self.open();
        let rest = self.c.program.effects.add(EffectInfo::default());
        let ty = self.intern(Ty::Caught(Effect::Var(rest)));
        let pattern = self.pattern(arm.pattern, ty, Immutable::Pattern);
        if let (Some(whole), Some(error)) = (whole, self.one_error(pattern)) {
            let error = self.intern(Ty::Error(error));
            self.narrow_local(whole, error);
        }
        let guard = arm.guard.map(|guard| self.check(guard, TyId::BOOL));
        let covered = fact.arms.iter().filter(|(_, whole, _)| *whole).map(|(error, ..)| *error).collect();
        fact.rest.push((rest, covered));
        let at = self.place(arm.span);
        if self.arm_errors(pattern, guard.is_none(), at, &mut fact.arms) && guard.is_none() {
            fact.all = true;
        }
        let body = self.branch(arm.body, want);
        self.close(mark);
        (Arm { span: arm.span, pattern, guard, body }, body)
    }

    /// The error that a pattern is of, where it is of one.
    fn one_error(&self, pattern: PatternId) -> Option<ErrorId> {
        let nodes = &self.c.program.nodes;
        match nodes.patterns[pattern].kind {
            PatternKind::Error(id, _) => Some(id),
            PatternKind::Or(list) => {
                let mut errors = nodes.pattern_lists.get(list).iter().map(|pattern| self.one_error(*pattern));
                let first = errors.next()??;
                errors.all(|error| error == Some(first)).then_some(first)
            }
            _ => None,
        }
    }

    /// The errors that an arm takes; `true` where it takes everything.
    fn arm_errors(
        &self,
        pattern: PatternId,
        whole: bool,
        at: FileSpan,
        into: &mut Vec<(ErrorId, bool, FileSpan)>,
    ) -> bool {
        let nodes = &self.c.program.nodes;
        match nodes.patterns[pattern].kind {
            PatternKind::Any | PatternKind::Bind(..) | PatternKind::Wrong => true,
            PatternKind::Error(id, fields) => {
                let fields = nodes.field_patterns.get(fields);
                let always = fields.iter().all(|(_, field)| {
                    matches!(nodes.patterns[*field].kind, PatternKind::Any | PatternKind::Bind(..))
                });
                into.push((id, whole && always, at));
                false
            }
            PatternKind::Or(list) => {
                let mut all = false;
                for pattern in nodes.pattern_lists.get(list) {
                    all |= self.arm_errors(*pattern, whole, at, into);
                }
                all
            }
            _ => false,
        }
    }
}
