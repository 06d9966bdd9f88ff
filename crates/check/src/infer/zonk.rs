//! The end of a body: what was found for types is put into what was made, and what is left open is an error.

use pluto_source::{FileSpan, Span};

use super::Body;
use crate::arena::Id;
use crate::body::{Callee, ExprId, ExprKind, LocalId, PatternId, PatternKind};
use crate::error::Fact;
use crate::types::{Ty, TyId};

impl Body<'_, '_> {
    /// Puts everything in place, and warns about names that nothing uses.
    pub(crate) fn finish(&mut self) {
        self.finish_checks();
        for var in std::mem::take(&mut self.never_vars) {
            let open = self.shallow(var);
            if matches!(self.get(open), Ty::Infer(_)) {
                self.unify(open, TyId::NEVER, Span::empty(0));
            }
        }
        let nodes = &self.c.program.nodes;
        let (exprs, patterns, locals) = (nodes.exprs.len(), nodes.patterns.len(), nodes.locals.len());
        let mut open: Vec<ExprId> = Vec::new();
        for at in self.first_expr..exprs as u32 {
            let id = ExprId::from_index(at);
            if self.zonk_expr(id) {
                open.push(id);
            }
        }
        self.close_vars(&open, locals);
        for id in open {
            self.zonk_expr(id);
        }
        for at in self.first_pattern..patterns as u32 {
            self.zonk_pattern(PatternId::from_index(at));
        }
        for at in self.first_local..locals as u32 {
            let id = LocalId::from_index(at);
            let ty = self.c.program.nodes.locals[id].ty;
            let ty = self.resolve(ty);
            self.c.program.nodes.locals[id].ty = ty;
            self.warn_local(id);
        }
    }

    fn zonk_pattern(&mut self, id: PatternId) {
        let pattern = self.c.program.nodes.patterns[id];
        let ty = self.resolve(pattern.ty);
        let kind = match pattern.kind {
            PatternKind::Bind(local, Some(test)) => PatternKind::Bind(local, Some(self.resolve(test))),
            other => other,
        };
        let pattern = &mut self.c.program.nodes.patterns[id];
        (pattern.ty, pattern.kind) = (ty, kind);
    }

    /// Puts what was found into an expression; `true` where something is left open.
    fn zonk_expr(&mut self, id: ExprId) -> bool {
        let expr = self.c.program.nodes.exprs[id];
        let ty = self.resolve(expr.ty);
        let kind = match expr.kind {
            ExprKind::Call(Callee::Target(mut target), arguments) => {
                target.arguments = self.resolve_list(target.arguments);
                ExprKind::Call(Callee::Target(target), arguments)
            }
            ExprKind::Method(receiver, mut target) => {
                target.arguments = self.resolve_list(target.arguments);
                ExprKind::Method(receiver, target)
            }
            ExprKind::Function(function, arguments) => {
                ExprKind::Function(function, self.resolve_list(arguments))
            }
            ExprKind::Is(value, of) => ExprKind::Is(value, self.resolve(of)),
            other => other,
        };
        let expr = &mut self.c.program.nodes.exprs[id];
        (expr.ty, expr.kind) = (ty, kind);
        self.wrong |= ty == TyId::WRONG || matches!(kind, ExprKind::Wrong);
        let types = &self.c.program.types;
        types.has_infer(ty)
            || arguments_of(kind).is_some_and(|list| types.items(list).iter().any(|ty| types.has_infer(*ty)))
    }

    /// What nothing decided, and is a part of what was made, is an error: once, where it began.
    fn close_vars(&mut self, open: &[ExprId], locals: usize) {
        let mut vars: Vec<u32> = Vec::new();
        for id in open {
            let expr = self.c.program.nodes.exprs[*id];
            self.open_vars(expr.ty, &mut vars);
            if let Some(list) = arguments_of(expr.kind) {
                for ty in self.c.program.types.items(list).to_vec() {
                    self.open_vars(ty, &mut vars);
                }
            }
        }
        for at in self.first_local..locals as u32 {
            let ty = self.c.program.nodes.locals[LocalId::from_index(at)].ty;
            let ty = self.resolve(ty);
            self.open_vars(ty, &mut vars);
        }
        vars.sort_unstable();
        vars.dedup();
        let mut told: Vec<Span> = Vec::new();
        for var in vars {
            let what = self.intern(Ty::Infer(var));
            let span = self.var_spans.get(var as usize).copied().unwrap_or_default();
            if !told.contains(&span) {
                told.push(span);
                self.error(span, Fact::CannotInfer { what });
            }
        }
        for slot in &mut self.vars {
            slot.get_or_insert(TyId::WRONG);
        }
    }

    fn open_vars(&self, ty: TyId, into: &mut Vec<u32>) {
        if !self.c.program.types.has_infer(ty) {
            return;
        }
        match self.get(ty) {
            Ty::Infer(var) => into.push(var),
            other => self.c.parts(other).into_iter().for_each(|part| self.open_vars(part, into)),
        }
    }

    /// The word `mut` with the white space behind it, where it stands before a name.
    fn mut_before(&self, name: Span) -> Option<FileSpan> {
        let before = self.c.file(self.module).text.get(..name.start as usize)?.trim_end();
        let start = before.strip_suffix("mut")?.len() as u32;
        Some(self.place(Span::new(start, name.start)))
    }

    /// Whether the `mut` before several names is for another of them, or is told of with the first.
    fn stays_mut(&self, id: LocalId) -> bool {
        let behind = self.groups.partition_point(|(first, _)| *first <= id.index());
        let group = behind.checked_sub(1).and_then(|at| self.groups.get(at)).copied();
        let Some((first, end)) = group.filter(|(_, end)| id.index() < *end) else { return false };
        let mut names = (first..end).map(LocalId::from_index);
        first != id.index() || names.any(|other| self.info(other).changed)
    }

    /// Whether a local name of this body is another with `_` before it.
    fn is_taken(&self, name: crate::names::Symbol) -> bool {
        let program = &self.c.program;
        let Some(taken) = program.names.find(&format!("_{}", program.text(name))) else { return false };
        let end = self.first_local + self.infos.len() as u32;
        (self.first_local..end).any(|at| program.nodes.locals[LocalId::from_index(at)].name == taken)
    }

    fn warn_local(&mut self, id: LocalId) {
        let info = *self.info(id);
        let local = self.c.program.nodes.locals[id];
        if self.c.program.types.has_wrong(local.ty) {
            return;
        }
        // What is wrong may be what would change it.
        let mistaken = self.c.mistakes > self.mistakes;
        let unchanged = local.mutable && !info.changed && !mistaken && !self.stays_mut(id);
        let own = info.why == crate::error::Immutable::Let && !info.in_scope && !info.used;
        let fact = if own && !self.c.program.text(local.name).is_empty() && self.holds_task(local.ty) {
            Fact::UnusedTask { many: !matches!(self.get(local.ty), Ty::Task(..)) }
        } else if info.warn && !info.used {
            let renamed = !info.changed && !self.is_taken(local.name);
            Fact::UnusedLocal { name: local.name, field: info.field, renamed }
        } else if unchanged && info.warn && info.why == crate::error::Immutable::Let {
            Fact::NeedlessMut { name: local.name, word: self.mut_before(local.span) }
        } else {
            return;
        };
        // What could not be read may be what uses it.
        if !self.c.is_broken(self.module) {
            self.error(local.span, fact);
        }
    }
}

/// The type arguments of what an expression names.
fn arguments_of(kind: ExprKind) -> Option<crate::types::TyList> {
    match kind {
        ExprKind::Call(Callee::Target(target), _) | ExprKind::Method(_, target) => Some(target.arguments),
        ExprKind::Function(_, arguments) => Some(arguments),
        _ => None,
    }
}
