//! What is done when blocks are left: what was deferred, the senders that they own, the tasks of a scope.
//!
//! What is deferred becomes a function value that the task keeps, so that it is called as well where a task ends by a trap or is
//! cancelled. Names that it reads and that can be assigned are kept in cells, which it shares with the function around it.

use pluto_check::body::{
    Callee, ExprId, ExprKind, LocalId, PatternId, PatternKind, SelectKind, Stmt, StmtId,
};
use pluto_check::program::Owner;
use pluto_check::types::{Subst, TyId};
use pluto_check::walk::Child;
use rustc_hash::FxHashSet;

use super::calls::Called;
use super::code::{Code, Value};
use super::loops::first;
use super::{Job, Lowering};
use crate::Intrinsic;
use crate::program::{Const, End, FuncId, Function, Lane, Reg, Shape, Test, Trap};

/// What is done when a block is left.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leave {
    /// Calls the function value that was deferred last.
    Deferred,
    /// Gives up a sender that the block owns.
    Sender(LocalId, Reg),
    /// Nothing any more.
    Nothing,
    /// Waits for the tasks of a scope.
    Scope,
}

/// Behind what something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Point {
    /// A statement.
    Stmt(StmtId),
    /// The value of a block.
    Value(ExprId),
}

/// A name that what is deferred reads.
#[derive(Clone, Copy, Debug)]
pub(super) enum Captured {
    /// Its value does not change any more.
    Value(LocalId),
    /// It is in a cell.
    Cell(LocalId),
}

impl Lowering<'_> {
    /// The code of what is deferred.
    pub(super) fn deferred_code(
        &mut self,
        id: FuncId,
        body: ExprId,
        captured: &[Captured],
        subst: Subst,
        module: pluto_check::program::ModuleId,
    ) -> Function {
        let mut code = Code::new(self, id, subst, module, TyId::VOID);
        code.begin(body);
        let captures = code.param_lane(Lane::Ref);
        let mut lane = 0;
        for name in captured {
            match *name {
                Captured::Cell(local) => {
                    let cell = code.load(captures, lane, Lane::Ref);
                    lane += 1;
                    code.cells.insert(local, cell);
                }
                Captured::Value(local) => {
                    let ty = code.l.source.nodes.locals[local].ty;
                    let ty = code.ty(ty);
                    let value = code.load_value(captures, lane, ty);
                    lane += value.len() as u32;
                    code.locals.insert(local, value);
                }
            }
        }
        code.expr(body);
        code.give(Vec::new());
        code.finish()
    }

    /// What an expression is made of, itself first.
    fn within(&self, root: ExprId, each: &mut dyn FnMut(ExprId, &mut Vec<Child>)) {
        let mut work = vec![Child::Expr(root)];
        let mut parts = Vec::new();
        while let Some(child) = work.pop() {
            match child {
                Child::Expr(id) => {
                    self.source.nodes.children(self.source.nodes.exprs[id].kind, &mut parts);
                    each(id, &mut parts);
                }
                Child::Stmt(id) => self.source.nodes.stmt_children(self.source.nodes.stmts[id], &mut parts),
                Child::Pattern(_) | Child::Named(_) => (),
            }
            work.append(&mut parts);
        }
    }

    /// The names that an expression reads or assigns.
    fn names_in(&self, root: ExprId) -> Vec<LocalId> {
        let mut found = Vec::new();
        let mut known = FxHashSet::default();
        self.within(root, &mut |id, _| {
            if let ExprKind::Local(local) = self.source.nodes.exprs[id].kind
                && known.insert(local)
            {
                found.push(local);
            }
        });
        found
    }

    /// The names that can be assigned and that something deferred reads or assigns.
    pub(super) fn celled(&self, root: ExprId) -> FxHashSet<LocalId> {
        let mut found = FxHashSet::default();
        self.within(root, &mut |id, _| {
            let ExprKind::Block(stmts, _) = self.source.nodes.exprs[id].kind else { return };
            for stmt in self.source.nodes.stmt_lists.get(stmts) {
                if let Stmt::Defer(body) = self.source.nodes.stmts[*stmt] {
                    let names = self.names_in(body);
                    found.extend(names.into_iter().filter(|local| self.source.nodes.locals[*local].mutable));
                }
            }
        });
        found
    }

    /// Behind what a name is not mentioned any more, of the rest of a block: a statement, or the value of a block. A scope waits at
    /// its end for tasks that may wait for what is given up, so what is last in it counts.
    fn last_mention(&self, stmts: &[StmtId], tail: Option<ExprId>, name: LocalId) -> Option<Point> {
        let mentions = |expr: ExprId| self.names_in(expr).contains(&name);
        if let Some(tail) = tail.filter(|tail| mentions(*tail)) {
            return Some(self.last_inside(tail, name).unwrap_or(Point::Value(tail)));
        }
        let last = stmts.iter().rev().find(|stmt| {
            let mut parts = Vec::new();
            self.source.nodes.stmt_children(self.source.nodes.stmts[**stmt], &mut parts);
            parts.iter().any(|part| matches!(part, Child::Expr(id) if mentions(*id)))
        })?;
        match self.source.nodes.stmts[*last] {
            Stmt::Expr(value) => Some(self.last_inside(value, name).unwrap_or(Point::Stmt(*last))),
            _ => Some(Point::Stmt(*last)),
        }
    }

    fn last_inside(&self, value: ExprId, name: LocalId) -> Option<Point> {
        match self.source.nodes.exprs[value].kind {
            ExprKind::Propagate(inner) | ExprKind::Scope(inner) => self.last_inside(inner, name),
            ExprKind::Block(stmts, tail) => {
                self.last_mention(self.source.nodes.stmt_lists.get(stmts), tail, name)
            }
            _ => None,
        }
    }

    /// Whether a sender may be kept by something else than the name it has here: then its task has it, and no block. What gives it
    /// to another task, and what sends through it, does not keep it.
    fn is_kept(&self, root: ExprId, sender: LocalId) -> bool {
        let is_it = |id: &ExprId| matches!(self.source.nodes.exprs[*id].kind, ExprKind::Local(local) if local == sender);
        let mut kept = false;
        self.within(root, &mut |id, parts| match self.source.nodes.exprs[id].kind {
            ExprKind::Spawn(call) => {
                if let ExprKind::Call(callee, arguments) = self.source.nodes.exprs[call].kind {
                    parts.clear();
                    let arguments = self.source.nodes.expr_lists.get(arguments);
                    arguments.iter().for_each(|id| self.beside(*id, &is_it, parts));
                    if let Callee::Value(value) = callee
                        && !matches!(self.source.nodes.exprs[value].kind, ExprKind::Closure(_))
                    {
                        parts.push(Child::Expr(value));
                    }
                }
            }
            ExprKind::Call(Callee::Target(target), arguments) if self.gives_away(target) => {
                parts.clear();
                let arguments = self.source.nodes.expr_lists.get(arguments);
                arguments.iter().for_each(|id| self.beside(*id, &is_it, parts));
            }
            ExprKind::Select(arms) => {
                for arm in self.source.nodes.select_arms.get(arms) {
                    if let SelectKind::Send(channel, value) = arm.kind {
                        parts.retain(
                            |part| !matches!(part, Child::Expr(id) if *id == channel || *id == value),
                        );
                        self.beside(channel, &is_it, parts);
                        self.beside(value, &is_it, parts);
                    }
                }
            }
            ExprKind::Local(local) if local == sender => kept = true,
            _ => (),
        });
        kept
    }

    /// What else there is in a value that is given away, in the object that it is put into for that too.
    fn beside(&self, value: ExprId, is_it: &dyn Fn(&ExprId) -> bool, into: &mut Vec<Child>) {
        let mut work = vec![Child::Expr(value)];
        while let Some(part) = work.pop() {
            let Child::Expr(id) = part else { continue };
            match self.source.nodes.exprs[id].kind {
                _ if is_it(&id) => (),
                kind @ (ExprKind::Tuple(_)
                | ExprKind::Array(_)
                | ExprKind::Set(_)
                | ExprKind::Map(_)
                | ExprKind::Class(..)
                | ExprKind::Variant(..)
                | ExprKind::Wrap(_)
                | ExprKind::Upcast(_)) => self.source.nodes.children(kind, &mut work),
                _ => into.push(part),
            }
        }
    }

    /// Whether what a call is given goes to another task, or is the end of a channel that it is about.
    fn gives_away(&self, target: pluto_check::body::Target) -> bool {
        let of = &self.source.functions[target.function];
        let ends = ["send", "try_send", "close"];
        target.dispatch == pluto_check::body::Dispatch::Message
            || of.owner == Owner::Builtin && ends.contains(&self.source.text(of.origin.name))
    }

    /// The name of the sender that a `let` makes with a new channel.
    fn new_sender(&self, pattern: PatternId, value: ExprId) -> Option<LocalId> {
        let ExprKind::Call(Callee::Target(target), _) = self.source.nodes.exprs[value].kind else {
            return None;
        };
        let of = &self.source.functions[target.function];
        if of.owner != Owner::Builtin || self.source.text(of.origin.name) != "chan" {
            return None;
        }
        let PatternKind::Tuple(list) = self.source.nodes.patterns[pattern].kind else { return None };
        let sender = *self.source.nodes.pattern_lists.get(list).first()?;
        match self.source.nodes.patterns[sender].kind {
            PatternKind::Bind(local, None) => Some(local),
            _ => None,
        }
    }
}

impl Code<'_, '_> {
    /// Says which expression the function does.
    pub(super) fn begin(&mut self, root: ExprId) {
        self.root = Some(root);
        self.celled = self.l.celled(root);
    }

    /// `defer { … }`
    pub(super) fn defer(&mut self, body: ExprId) {
        let (mut captured, mut parts, mut lanes) = (Vec::new(), Vec::new(), Vec::new());
        for local in self.l.names_in(body) {
            if let Some(cell) = self.cells.get(&local) {
                captured.push(Captured::Cell(local));
                lanes.push(*cell);
                parts.push(self.l.add_shape(Shape::Error));
            } else if let Some(value) = self.locals.get(&local).cloned() {
                captured.push(Captured::Value(local));
                lanes.extend(value);
                let ty = self.l.source.nodes.locals[local].ty;
                parts.push(self.shape(ty));
            }
        }
        let captures = if parts.is_empty() {
            self.constant(Const::Null)
        } else {
            let shape = self.l.add_shape(Shape::Captures(parts));
            self.object(shape, 0, &lanes)
        };
        let at = self.place_of(body);
        let name = format!("defer in {}", self.made.name);
        let id = self.l.reserve(name, Vec::new(), true, at);
        self.l.queue.push((id, Job::Deferred(body, captured, self.subst.clone(), self.module)));
        let closure = self.closure_of(id, captures);
        let shape = self.l.shape(TyId::VOID);
        self.intrinsic(Intrinsic::Defer, shape, &closure, &[]);
        self.defers.push(Leave::Deferred);
    }

    /// Has the block own the sender of a channel that a `let` makes.
    pub(super) fn own_sender(&mut self, pattern: PatternId, value: ExprId) {
        let (Some(sender), Some(root)) = (self.l.new_sender(pattern, value), self.root) else { return };
        if !self.l.is_kept(root, sender)
            && let Some([reg]) = self.locals.get(&sender).map(Vec::as_slice)
        {
            self.defers.push(Leave::Sender(sender, *reg));
            let (rest, tail) = self.rest.clone();
            if let Some(point) = self.l.last_mention(&rest, tail, sender) {
                self.releases.entry(point).or_default().push(sender);
            }
        }
    }

    /// Gives up the senders that nothing behind this mentions.
    pub(super) fn release_behind(&mut self, point: Point) {
        for sender in self.releases.remove(&point).unwrap_or_default() {
            let is_it = |leave: &&mut Leave| matches!(leave, Leave::Sender(local, _) if *local == sender);
            let Some(place) = self.defers.iter_mut().find(is_it) else { continue };
            if let Leave::Sender(_, reg) = std::mem::replace(place, Leave::Nothing) {
                let shape = self.l.shape(TyId::VOID);
                self.intrinsic(Intrinsic::SenderLeave, shape, &[reg], &[]);
            }
        }
    }

    /// What is done when the blocks are left that were opened since, the innermost first: with an error, or without.
    pub(super) fn run_defers(&mut self, since: usize, with_error: bool) {
        let all = self.defers.clone();
        for at in (since..all.len()).rev() {
            let Some(leave) = all.get(at) else { continue };
            // What is left inside of it has only what was begun before it to do.
            self.defers.truncate(at);
            let shape = self.l.shape(TyId::VOID);
            match *leave {
                Leave::Deferred => {
                    let closure = self.intrinsic(Intrinsic::Deferred, shape, &[], &[Lane::Ref]);
                    self.call_value(first(&closure), &[], TyId::VOID);
                }
                Leave::Nothing => (),
                Leave::Sender(_, reg) => {
                    self.intrinsic(Intrinsic::SenderLeave, shape, &[reg], &[]);
                }
                Leave::Scope => {
                    let error = self.close_scope(with_error);
                    if !with_error && self.made.fails {
                        self.leave_with(error);
                    }
                }
            }
        }
        self.defers = all;
    }

    /// `scope { … }`
    pub(super) fn scope(&mut self, id: ExprId, body: ExprId) -> Called {
        let shape = self.l.shape(TyId::VOID);
        self.intrinsic(Intrinsic::ScopeOpen, shape, &[], &[]);
        self.defers.push(Leave::Scope);
        self.scopes += 1;
        let value = self.expr(body);
        let value = self.copied(&value);
        self.scopes -= 1;
        let _ = self.defers.pop();
        self.at = self.place_of(id);
        let error = self.close_scope(false);
        Called { value, error: Some(error) }
    }

    /// Waits for the tasks of the innermost scope: the error of the first one that failed, or null. Where one ended by a trap, so
    /// does this one.
    fn close_scope(&mut self, cancel: bool) -> Reg {
        let shape = self.l.shape(TyId::VOID);
        let cancel = self.byte(cancel);
        let lanes = [Lane::Byte, Lane::Ref, Lane::Ref];
        let ended = self.intrinsic(Intrinsic::ScopeClose, shape, &[cancel], &lanes);
        let [how, error, why] = ended[..] else { return Reg(0) };
        let trapped = self.is_trapped(how);
        self.when(trapped, |code| code.end(End::Trap(Trap::Said(why))));
        error
    }

    /// Whether how something ended says that it was by a trap.
    pub(super) fn is_trapped(&mut self, how: Reg) -> Reg {
        let two = self.constant(Const::Byte(2));
        self.test(Test::Eq, how, two)
    }

    /// Notes the tasks whose handles nobody has: those that are the value of an expression whose value is dropped.
    pub(super) fn note_dropped(&mut self, value: ExprId) {
        let nodes = &self.l.source.nodes;
        let mut work = vec![value];
        while let Some(at) = work.pop() {
            match nodes.exprs[at].kind {
                ExprKind::Spawn(_) => _ = self.dropped.insert(at),
                ExprKind::Scope(inner) | ExprKind::Propagate(inner) => work.push(inner),
                ExprKind::Block(_, Some(tail)) => work.push(tail),
                ExprKind::If(_, then, otherwise) => {
                    work.push(then);
                    work.extend(otherwise);
                }
                ExprKind::Match(_, arms) => work.extend(nodes.arms.get(arms).iter().map(|arm| arm.body)),
                ExprKind::Select(arms) => {
                    work.extend(nodes.select_arms.get(arms).iter().map(|arm| arm.body));
                }
                _ => (),
            }
        }
    }

    /// A name in a cell.
    pub(super) fn bind_cell(&mut self, local: LocalId, ty: TyId, value: &[Reg]) {
        if let Some(cell) = self.cells.get(&local).copied()
            && self.binds_again
        {
            for (lane, from) in (0..).zip(value) {
                self.push(crate::program::Inst::Store { object: cell, lane, from: *from });
            }
            return;
        }
        let part = self.l.shape(ty);
        let shape = self.l.add_shape(Shape::Captures(vec![part]));
        let cell = self.object(shape, 0, value);
        self.cells.insert(local, cell);
    }

    /// The value of a name that is in a cell.
    pub(super) fn cell_value(&mut self, local: LocalId, cell: Reg) -> Value {
        let ty = self.l.source.nodes.locals[local].ty;
        let ty = self.ty(ty);
        self.load_value(cell, 0, ty)
    }
}
