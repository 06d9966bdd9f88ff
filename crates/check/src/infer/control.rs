//! Blocks, branches, loops, and what leaves them.

use pluto_source::Span;
use pluto_syntax::tree::{self, Expr as E, Name};

use super::{Body, Loop, Want};
use crate::arena::Id;
use crate::body::{Arm, ExprId, ExprKind, For, LoopId, StmtId};
use crate::effects::{CallFact, Handling, Raised};
use crate::error::{Fact, Immutable, Misplaced};
use crate::program::TraitId;
use crate::types::{Ty, TyId};

/// What a `for` goes through: where it stands, and whether a `!` stands behind it.
#[derive(Clone, Copy)]
struct Asked {
    at: Span,
    mark: Mark,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    None,
    /// Behind a call.
    OfCall,
    /// Behind something else; the value and the `!` stand here.
    OfLoop(Span),
}

impl Body<'_, '_> {
    /// `{ … }`
    pub(super) fn block(&mut self, stmts: tree::List<tree::StmtId>, span: Span, want: Want) -> ExprId {
        let mark = self.open();
        let made = self.block_inside(stmts, span, want);
        self.close(mark);
        made
    }

    /// A block whose scope is already open.
    pub(super) fn block_inside(&mut self, stmts: tree::List<tree::StmtId>, span: Span, want: Want) -> ExprId {
        let ids = self.nodes.list(stmts);
        let mut made: Vec<StmtId> = Vec::with_capacity(ids.len());
        let mut tail = None;
        let mut ended: Option<Span> = None;
        let mut warned = false;
        for (at, id) in ids.iter().enumerate() {
            if let (Some(after), false) = (ended, warned) {
                let after = self.place(after);
                self.error(self.nodes.span(*id), Fact::UnreachableCode { after });
                warned = true;
            }
            let last = at + 1 == ids.len();
            let never = match self.nodes[*id] {
                tree::Stmt::Expr(expr) if last && !matches!(want, Want::Drop) => {
                    let value = self.tail(expr, want);
                    tail = Some(value);
                    self.diverges(value)
                }
                _ => self.stmt(*id, &mut made),
            };
            if never {
                ended.get_or_insert(self.nodes.span(*id));
            }
        }
        let ty = match tail {
            _ if ended.is_some() => TyId::NEVER,
            Some(tail) => self.ty(tail),
            None => TyId::VOID,
        };
        let stmts = self.c.program.nodes.stmt_lists.add(made);
        self.add(ExprKind::Block(stmts, tail), ty, span)
    }

    /// `if`, in a loop over its `else if`s.
    pub(super) fn if_expr(&mut self, id: tree::ExprId, want: Want) -> ExprId {
        let mut links: Vec<(Span, ExprId, ExprId)> = Vec::new();
        let mut marks = Vec::new();
        let mut at = id;
        let otherwise = loop {
            let E::If { condition, then, otherwise } = self.nodes[at] else {
                break Some(self.branch(at, want));
            };
            // Without `else` there is no value, which is said once.
            let then_want =
                if otherwise.is_some() || at != id || matches!(want, Want::Drop) { want } else { Want::Any };
            let condition = self.check(condition, TyId::BOOL);
            let mark = self.open();
            self.narrow_if(condition, true);
            let then = self.branch(then, then_want);
            self.close(mark);
            links.push((self.nodes.span(at), condition, then));
            marks.push(self.open());
            self.narrow_if(condition, false);
            match otherwise {
                Some(otherwise) => at = otherwise,
                None => break None,
            }
        };
        for mark in marks.into_iter().rev() {
            self.close(mark);
        }
        let made = self.join_ifs(&links, otherwise, want);
        self.narrow_after(&links, otherwise);
        made
    }

    fn join_ifs(
        &mut self,
        links: &[(Span, ExprId, ExprId)],
        otherwise: Option<ExprId>,
        want: Want,
    ) -> ExprId {
        let mut branches: Vec<ExprId> = links.iter().map(|(_, _, then)| *then).collect();
        branches.extend(otherwise);
        let ty = match otherwise {
            Some(_) => self.join(&mut branches, want),
            None => TyId::VOID,
        };
        let mut rest = if otherwise.is_some() { branches.pop() } else { None };
        for ((span, condition, _), then) in links.iter().zip(branches).rev() {
            rest = Some(self.add(ExprKind::If(*condition, then, rest), ty, *span));
        }
        rest.unwrap_or_else(|| self.wrong(Span::empty(0)))
    }

    /// What is known behind an `if` one of whose ways does not come back.
    fn narrow_after(&mut self, links: &[(Span, ExprId, ExprId)], otherwise: Option<ExprId>) {
        let mut all_left = true;
        for (_, condition, then) in links {
            if !all_left {
                return;
            }
            let left = self.ty(*then) == TyId::NEVER;
            if left {
                self.narrow_if(*condition, false);
            }
            all_left = left;
        }
        if let ([(_, condition, _)], Some(otherwise)) = (links, otherwise)
            && self.ty(otherwise) == TyId::NEVER
        {
            self.narrow_if(*condition, true);
        }
    }

    /// `match`
    pub(super) fn match_expr(
        &mut self,
        value: tree::ExprId,
        arms: tree::List<tree::Arm>,
        span: Span,
        want: Want,
    ) -> ExprId {
        let value = self.value(value, Want::Any);
        let mut ty = self.ty(value);
        if let (TyId::NEVER, Some(first)) = (ty, self.nodes.list(arms).first()) {
            let after = self.place(self.span(value));
            self.error(first.span, Fact::UnreachableCode { after });
            return self.match_of_nothing(value, arms, span, want);
        }
        if matches!(self.get(ty), Ty::Infer(_)) {
            let at = self.span(value);
            self.error(at, Fact::CannotInfer { what: ty });
            self.unify(ty, TyId::WRONG, at);
            ty = TyId::WRONG;
        }
        let mut made: Vec<Arm> = Vec::new();
        let mut bodies: Vec<ExprId> = Vec::new();
        let mut without_none = false;
        for arm in self.nodes.list(arms) {
            let mark = self.open();
            let pattern = self.arm_pattern(arm.pattern, ty, without_none);
            let guard = arm.guard.map(|guard| {
                let guard = self.check(guard, TyId::BOOL);
                self.narrow_if(guard, true);
                guard
            });
            let body = self.branch(arm.body, want);
            self.close(mark);
            without_none |= guard.is_none() && self.is_none_pattern(pattern);
            bodies.push(body);
            made.push(Arm { span: arm.span, pattern, guard, body });
        }
        let result = if bodies.is_empty() { TyId::NEVER } else { self.join(&mut bodies, want) };
        for (arm, body) in made.iter_mut().zip(bodies) {
            arm.body = body;
        }
        let arms = self.c.program.nodes.arms.add(made);
        self.c.matches.push((self.module, span, ty, arms));
        self.add(ExprKind::Match(value, arms), result, span)
    }

    /// A `match` whose value never comes: what its arms do is looked at, and nothing is left of them.
    fn match_of_nothing(
        &mut self,
        value: ExprId,
        arms: tree::List<tree::Arm>,
        span: Span,
        want: Want,
    ) -> ExprId {
        for arm in self.nodes.list(arms) {
            let mark = self.open();
            self.pattern_of_nothing(arm.pattern);
            if let Some(guard) = arm.guard {
                self.check(guard, TyId::BOOL);
            }
            self.branch(arm.body, want);
            self.close(mark);
        }
        self.add(ExprKind::Match(value, tree::List::EMPTY), TyId::NEVER, span)
    }

    fn new_loop(&mut self) -> LoopId {
        let nodes = &mut self.c.program.nodes;
        nodes.loops += 1;
        LoopId::from_index(nodes.loops - 1)
    }

    fn push_loop(&mut self, label: Option<Name>, result: Option<TyId>, want: Option<TyId>) -> LoopId {
        let label = label.map(|label| self.symbol(label));
        let id = self.new_loop();
        self.loops.push(Loop { id, label, result, want, broken: false });
        // What was known of what may change holds in the first round only.
        self.narrowed.forget_mutable(&self.c.program.nodes.locals);
        id
    }

    /// `for`
    pub(super) fn for_expr(
        &mut self,
        label: Option<Name>,
        pattern: tree::PatternId,
        over: tree::ExprId,
        body: tree::ExprId,
        span: Span,
    ) -> ExprId {
        let (over, asked) = self.gone_through(over);
        let item = self.item_type(over, asked);
        let mark = self.open();
        let id = self.push_loop(label, None, None);
        let at = self.nodes.span(pattern);
        let pattern = self.pattern(pattern, item, Immutable::Pattern);
        self.c.irrefutable.push((self.module, at, item, pattern));
        let body = self.expr(body, Want::Drop);
        let _ = self.loops.pop();
        self.close(mark);
        self.add(ExprKind::For(For { id, pattern, over, body }), TyId::VOID, span)
    }

    /// What a `for` goes through, and where a `!` stands behind it. Behind what is no call it is of the loop, which asks for the next
    /// value; behind a call it is of both.
    fn gone_through(&mut self, over: tree::ExprId) -> (ExprId, Asked) {
        let span = self.nodes.span(over);
        let E::Propagate(inner) = self.nodes[over] else {
            let place = self.place(span);
            self.c.graph.gone_through.insert(place);
            return (self.value(over, Want::Any), Asked { at: span, mark: Mark::None });
        };
        let at = self.nodes.span(inner);
        if matches!(self.nodes[inner], E::Call { .. } | E::Wrong) {
            let place = self.place(at);
            self.c.graph.gone_through.insert(place);
            return (self.value(over, Want::Any), Asked { at, mark: Mark::OfCall });
        }
        (self.value(inner, Want::Any), Asked { at, mark: Mark::OfLoop(span) })
    }

    /// What a `for` over a value binds.
    fn item_type(&mut self, over: ExprId, asked: Asked) -> TyId {
        let ty = self.ty(over);
        if let Mark::OfLoop(span) = asked.mark
            && ty != TyId::WRONG
            && !self.is_iterator(ty)
        {
            self.error(span, Fact::NotFallible);
        }
        match self.get(ty) {
            Ty::Array(of) | Ty::Set(of) | Ty::Stream(of) => of,
            Ty::Receiver(of) => {
                let at = self.span(over);
                self.impure(at);
                of
            }
            Ty::Map(key, value) => self.c.program.types.tuple(&[key, value]),
            Ty::Range => TyId::INT,
            Ty::String => TyId::STRING,
            Ty::Bytes | Ty::Buffer => TyId::BYTE,
            Ty::Term => TyId::TERM,
            Ty::Wrong => TyId::WRONG,
            Ty::Infer(_) => {
                let at = self.span(over);
                self.error(at, Fact::CannotInfer { what: ty });
                TyId::WRONG
            }
            _ => self.iterator_item(over, ty, asked),
        }
    }

    /// Whether a `for` asks a value of this type for the next one by a method of the program.
    fn is_iterator(&self, ty: TyId) -> bool {
        use Ty::{Class, Enum, Error, Param, Trait};
        matches!(self.get(ty), Class(..) | Enum(..) | Error(_) | Param(_) | Trait(..))
    }

    fn iterator_item(&mut self, over: ExprId, ty: TyId, asked: Asked) -> TyId {
        let ty = self.resolve(ty);
        let iterator = self.c.builtins.iterator;
        let found = iterator.and_then(|of| Some((of, self.c.trait_arguments(ty, of)?)));
        let found = found.and_then(|(of, list)| Some((of, *self.c.program.types.items(list).first()?)));
        if let Some((of, item)) = found {
            self.note_next(over, ty, of, asked);
            return item;
        }
        let at = self.span(over);
        self.error(at, Fact::NotIterable { ty });
        TyId::WRONG
    }

    /// What asking for the next value may raise leaves from what the `for` goes through.
    fn note_next(&mut self, over: ExprId, ty: TyId, of: TraitId, asked: Asked) {
        let Some(head) = self.c.program.traits[of].methods.first().copied() else { return };
        let name = self.c.program.functions[head].origin.name;
        let own = self.c.find_impl(ty, of).and_then(|(id, _)| self.c.methods.impl_methods.get(&(id, name)));
        let (known, method) = (own.is_some(), own.copied().unwrap_or(head));
        self.calls.push((method, asked.at));
        self.narrowed.forget_fields();
        match asked.mark {
            Mark::OfCall => self.need_not_fail(over),
            Mark::OfLoop(span) if self.node_here().is_none() => {
                self.error(span, Fact::Misplaced { what: Misplaced::Raise });
            }
            _ => (),
        }
        let fact = CallFact {
            node: self.node_here(),
            at: self.place(asked.at),
            raised: Raised::Function(method, Vec::new()),
            also: None,
            handling: if asked.mark == Mark::None { Handling::Bare } else { Handling::Propagate },
            known: known && asked.mark != Mark::OfCall,
            always: false,
            stream: false,
        };
        self.c.graph.calls.push(fact);
    }

    /// `while`
    pub(super) fn while_expr(
        &mut self,
        label: Option<Name>,
        condition: tree::ExprId,
        body: tree::ExprId,
        span: Span,
    ) -> ExprId {
        let mark = self.open();
        let id = self.push_loop(label, None, None);
        let condition = self.check(condition, TyId::BOOL);
        self.narrow_if(condition, true);
        let body = self.expr(body, Want::Drop);
        let _ = self.loops.pop();
        self.close(mark);
        self.add(ExprKind::While(id, condition, body), TyId::VOID, span)
    }

    /// `loop`
    pub(super) fn loop_expr(
        &mut self,
        label: Option<Name>,
        body: tree::ExprId,
        span: Span,
        want: Want,
    ) -> ExprId {
        let mark = self.open();
        let wanted = if let Want::Type(ty) = want { Some(ty) } else { None };
        let result = wanted.unwrap_or_else(|| self.fresh(span));
        let id = self.push_loop(label, Some(result), wanted);
        let body = self.expr(body, Want::Drop);
        let broken = self.loops.pop().is_some_and(|last| last.broken);
        self.close(mark);
        let ty = if broken { self.shallow(result) } else { TyId::NEVER };
        if !broken && wanted.is_none() {
            self.unify(result, TyId::NEVER, span);
        }
        self.add(ExprKind::Loop(id, body), ty, span)
    }

    /// The loop that a `break` or `continue` means.
    fn find_loop(&mut self, label: Option<Name>, what: Misplaced, span: Span) -> Option<usize> {
        let first = self.frame().loops.max(self.loops_outside);
        let own = self.loops.len();
        let Some(label) = label else {
            if own <= first {
                self.error(span, Fact::Misplaced { what });
                return None;
            }
            return Some(own - 1);
        };
        let name = self.symbol(label);
        let found = (first..own).rev().find(|at| self.loops.get(*at).is_some_and(|l| l.label == Some(name)));
        if found.is_none() {
            let known: Vec<_> = self.loops.iter().skip(first).filter_map(|l| l.label).collect();
            let near = self.c.near(name, known);
            self.error(label.span, Fact::UnknownLabel { name, near });
        }
        found
    }

    pub(super) fn break_expr(
        &mut self,
        label: Option<Name>,
        value: Option<tree::ExprId>,
        span: Span,
    ) -> ExprId {
        let found = self.find_loop(label, Misplaced::Break, span);
        let Some(found) = found else {
            if let Some(value) = value {
                self.expr(value, Want::Any);
            }
            return self.wrong(span);
        };
        let (id, result, want) = match self.loops.get_mut(found) {
            Some(of) => {
                of.broken = true;
                (of.id, of.result, of.want)
            }
            None => return self.wrong(span),
        };
        let value = match (value, result) {
            (Some(value), Some(result)) => {
                let made = self.value(value, Want::Type(result));
                let made = self.coerce(made, result);
                self.c.program.nodes.breaks.entry(id).or_default().push(made);
                Some(made)
            }
            (Some(value), None) => {
                self.expr(value, Want::Any);
                self.error(span, Fact::Misplaced { what: Misplaced::BreakValue });
                None
            }
            (None, Some(result)) => {
                if want.is_none_or(|want| want != TyId::VOID) && !self.unify(result, TyId::VOID, span) {
                    let expected = self.resolve(result);
                    self.error(span, Fact::Mismatch { expected, found: TyId::VOID, because: None });
                }
                None
            }
            (None, None) => None,
        };
        self.add(ExprKind::Break(id, value), TyId::NEVER, span)
    }

    pub(super) fn continue_expr(&mut self, label: Option<Name>, span: Span) -> ExprId {
        match self.find_loop(label, Misplaced::Continue, span).and_then(|at| self.loops.get(at)) {
            Some(of) => {
                let id = of.id;
                self.add(ExprKind::Continue(id), TyId::NEVER, span)
            }
            None => self.wrong(span),
        }
    }

    pub(super) fn return_expr(&mut self, value: Option<tree::ExprId>, span: Span) -> ExprId {
        let frame = self.frame();
        let (result, generator) = (frame.result, frame.yields.is_some());
        let Some(result) = result.filter(|_| self.defers == 0) else {
            if let Some(value) = value {
                self.expr(value, Want::Any);
            }
            return self.refuse(span, Fact::Misplaced { what: Misplaced::Return });
        };
        if generator {
            if let Some(value) = value {
                self.expr(value, Want::Any);
                self.error(span, Fact::Misplaced { what: Misplaced::ReturnValue });
            }
            return self.add(ExprKind::Return(None), TyId::NEVER, span);
        }
        let value = match value {
            Some(value) => {
                let made = self.expr(value, Want::Type(result));
                Some(if self.ty(made) == TyId::VOID && self.shallow(result) == TyId::VOID {
                    made
                } else {
                    self.coerce(made, result)
                })
            }
            None => {
                if !self.unify(result, TyId::VOID, span) {
                    let expected = self.resolve(result);
                    self.error(span, Fact::Mismatch { expected, found: TyId::VOID, because: None });
                }
                None
            }
        };
        self.add(ExprKind::Return(value), TyId::NEVER, span)
    }

    pub(super) fn yield_expr(&mut self, value: tree::ExprId, span: Span) -> ExprId {
        self.impure(span);
        self.narrowed.forget_fields();
        match self.frame().yields.filter(|_| self.defers == 0) {
            Some(yields) => {
                let value = self.check(value, yields);
                self.add(ExprKind::Yield(value), TyId::VOID, span)
            }
            None => {
                self.expr(value, Want::Any);
                self.yields = true;
                self.refuse(span, Fact::Misplaced { what: Misplaced::Yield })
            }
        }
    }
}
