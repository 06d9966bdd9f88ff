//! Bodies: from expressions as they are written to typed ones. One file for each kind of construct.
//!
//! Types are found in both directions: an expected type goes down, a found type comes up, and types that are still looked for
//! are unified. What is left open at the end of a body is an error.

mod calls;
mod classes;
mod closures;
mod coerce;
mod concurrency;
mod control;
mod diverge;
mod handlers;
mod literals;
mod members;
mod mutability;
mod names;
mod narrow;
mod operators;
mod patterns;
mod postfix;
mod statements;
mod unify;
mod zonk;

use pluto_source::{FileSpan, Span};
use pluto_syntax::tree::{self, Name};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::arena::Id;
use crate::body::{ClosureId, Expr, ExprId, ExprKind, Local, LocalId, LoopId, Stmt, StmtId};
use crate::checker::Checker;
use crate::crossing::Crossing;
use crate::effects::Node;
use crate::error::{Fact, Immutable};
use crate::names::Symbol;
use crate::program::{ContractKind, FunctionId, ModuleId, TraitId, TypeParamId};
use crate::types::{Effect, Ty, TyId, TyList};

/// What is done with the value of an expression.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Want {
    /// Something; its type decides.
    Any,
    /// It is made to be of this type.
    Type(TyId),
    /// It is dropped.
    Drop,
}

/// A function or a closure while its body is checked.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) closure: Option<ClosureId>,
    /// What `return` gives; nothing where there is no `return`.
    pub(crate) result: Option<TyId>,
    /// What `yield` gives.
    pub(crate) yields: Option<TyId>,
    /// Where errors go; nothing where none may leave.
    pub(crate) node: Option<Node>,
    /// The loops around it that are not its own.
    loops: usize,
    captures: Vec<LocalId>,
}

/// A loop while its body is checked.
#[derive(Debug)]
struct Loop {
    id: LoopId,
    label: Option<Symbol>,
    /// What `break` gives; nothing in a `for` or a `while`.
    result: Option<TyId>,
    want: Option<TyId>,
    broken: bool,
}

/// What is known of a local name beside what the program holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalInfo {
    pub(crate) used: bool,
    /// Whether it is assigned, or something is changed through it.
    pub(crate) changed: bool,
    /// Whether something is changed through it.
    pub(crate) through: bool,
    /// Why it cannot be changed, where it cannot.
    pub(crate) why: Immutable,
    /// The frame that binds it.
    pub(crate) frame: usize,
    pub(crate) block: u32,
    /// What it is another name for.
    pub(crate) alias: Option<ExprId>,
    /// Whether it is warned about when nothing uses it.
    pub(crate) warn: bool,
    /// Whether it is a field of a pattern that is named without what it is bound to.
    pub(crate) field: bool,
    /// Whether it stands directly in a `scope`, which waits for the tasks that it starts.
    pub(crate) in_scope: bool,
}

/// A type that must have a trait.
#[derive(Clone, Copy, Debug)]
struct Obligation {
    ty: TyId,
    of: TraitId,
    arguments: TyList,
    span: Span,
}

/// A check that is made when all types of a body are known.
#[derive(Clone, Copy, Debug)]
enum Later {
    /// `==` of this type.
    Equal(TyId, Span),
    /// `<` of this type.
    Ordered(TyId, Span),
    /// A key of a map or a set.
    Key(TyId, Span),
    /// What goes to another task.
    Cross(TyId, Span),
    /// What goes to another task as a copy, and may hold what is injected.
    Injected(TyId, Span),
    /// What is copied.
    Copy(TyId, Span),
    /// What is bound to mutable names: these locals.
    Thaw(ExprId, Span, (u32, u32)),
    /// An `as`.
    Convert(TyId, TyId, Span),
}

/// One body while it is checked.
pub(crate) struct Body<'b, 'a> {
    pub(crate) c: &'b mut Checker<'a>,
    nodes: &'a tree::Nodes,
    pub(crate) module: ModuleId,
    pub(crate) params: Vec<TypeParamId>,
    pub(crate) self_ty: Option<TyId>,
    self_local: Option<LocalId>,
    /// The contract that this is.
    contract: Option<ContractKind>,
    /// What `result` is in it.
    result: TyId,
    vars: Vec<Option<TyId>>,
    var_spans: Vec<Span>,
    scope: FxHashMap<Symbol, LocalId>,
    undo: Vec<(Symbol, Option<LocalId>)>,
    pub(crate) infos: Vec<LocalInfo>,
    first_local: u32,
    first_expr: u32,
    first_pattern: u32,
    blocks: u32,
    block: u32,
    frames: Vec<Frame>,
    loops: Vec<Loop>,
    narrowed: narrow::Narrowed,
    obligations: Vec<Obligation>,
    later: Vec<Later>,
    /// The names of each `let mut` of several: the first, and the one behind the last.
    groups: Vec<(u32, u32)>,
    /// Whether what is looked at goes nowhere because of an error: then nothing is looked for either.
    lost: usize,
    /// What was expected of what does not return.
    never_vars: Vec<TyId>,
    /// How deep in a `defer`, which nothing leaves.
    defers: usize,
    /// The loops around the innermost `defer`.
    loops_outside: usize,
    /// Whether statements stand directly in a `scope`, and where what its tasks raise goes.
    scopes: Vec<Option<crate::types::EffectVar>>,
    /// Whether something in it is wrong.
    pub(crate) wrong: bool,
    /// Whether it uses `self` without having it.
    pub(crate) lacks_self: bool,
    /// Whether it yields, though it is no generator: that it gives nothing is the same mistake.
    pub(crate) yields: bool,
    /// The mistakes that were told before it.
    mistakes: usize,
    /// Names and members that are not there, and for which nothing is proposed: each is told once.
    unknown: FxHashSet<Symbol>,
    /// Names that were to be bound, where another is written.
    meant: FxHashSet<Symbol>,
    /// Whether the name of a field is looked for that stands for its value too.
    short_field: bool,
    /// The name that the closure is given that is looked at.
    declaring: Option<Symbol>,
    unknown_members: FxHashSet<(TyId, Symbol)>,
    /// What is called, and where.
    pub(crate) calls: Vec<(FunctionId, Span)>,
    /// Where something is changed or waited for.
    pub(crate) impure: Option<Span>,
    /// What of type parameters is copied or sent.
    pub(crate) crossings: Vec<Crossing>,
}

impl<'b, 'a> Body<'b, 'a> {
    pub(crate) fn new(c: &'b mut Checker<'a>, module: ModuleId, frame: Frame) -> Self {
        let nodes = &c.program.nodes;
        let (first_local, first_expr, first_pattern) =
            (nodes.locals.len() as u32, nodes.exprs.len() as u32, nodes.patterns.len() as u32);
        let (tree, mistakes) = (c.file(module).tree, c.mistakes);
        Self {
            c,
            mistakes,
            lacks_self: false,
            yields: false,
            nodes: &tree.nodes,
            module,
            params: Vec::new(),
            self_ty: None,
            self_local: None,
            contract: None,
            result: TyId::WRONG,
            vars: Vec::new(),
            var_spans: Vec::new(),
            scope: FxHashMap::default(),
            undo: Vec::new(),
            infos: Vec::new(),
            first_local,
            first_expr,
            first_pattern,
            blocks: 0,
            block: 0,
            frames: vec![frame],
            loops: Vec::new(),
            narrowed: narrow::Narrowed::default(),
            obligations: Vec::new(),
            later: Vec::new(),
            groups: Vec::new(),
            lost: 0,
            never_vars: Vec::new(),
            defers: 0,
            loops_outside: 0,
            scopes: vec![None],
            wrong: false,
            unknown: FxHashSet::default(),
            meant: FxHashSet::default(),
            short_field: false,
            declaring: None,
            unknown_members: FxHashSet::default(),
            calls: Vec::new(),
            impure: None,
            crossings: Vec::new(),
        }
    }

    pub(crate) fn set_contract(&mut self, kind: ContractKind, result: TyId) {
        self.contract = Some(kind);
        self.result = result;
    }

    // -------------------------------------------------------------------------------------------------- what is made

    fn add(&mut self, kind: ExprKind, ty: TyId, span: Span) -> ExprId {
        if self.c.program.types.take_too_large() {
            self.error(span, Fact::TooLarge);
        }
        self.c.program.nodes.exprs.add(Expr { kind, ty, span })
    }

    fn wrong(&mut self, span: Span) -> ExprId {
        self.add(ExprKind::Wrong, TyId::WRONG, span)
    }

    fn add_stmt(&mut self, stmt: Stmt) -> StmtId {
        self.c.program.nodes.stmts.add(stmt)
    }

    fn kind(&self, expr: ExprId) -> ExprKind {
        self.c.program.nodes.exprs[expr].kind
    }

    fn span(&self, expr: ExprId) -> Span {
        self.c.program.nodes.exprs[expr].span
    }

    /// The type of an expression, as far as it is known.
    fn ty(&mut self, expr: ExprId) -> TyId {
        let ty = self.c.program.nodes.exprs[expr].ty;
        self.shallow(ty)
    }

    fn get(&self, ty: TyId) -> Ty {
        self.c.program.types.get(ty)
    }

    fn intern(&mut self, ty: Ty) -> TyId {
        self.c.program.types.intern(ty)
    }

    fn symbol(&mut self, name: Name) -> Symbol {
        self.c.symbol(self.module, name)
    }

    pub(crate) fn error(&mut self, span: Span, fact: Fact) {
        self.c.error(self.module, span, fact);
    }

    /// An error, and what stands for the expression that has it.
    fn refuse(&mut self, span: Span, fact: Fact) -> ExprId {
        self.error(span, fact);
        self.wrong(span)
    }

    fn place(&self, span: Span) -> FileSpan {
        span.in_file(self.c.file(self.module).id)
    }

    // ------------------------------------------------------------------------------------------------------- frames

    fn frame(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            self.frames.push(Frame::closed());
        }
        let last = self.frames.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "there is at least one frame, see above")]
        &mut self.frames[last]
    }

    fn node(&mut self) -> Option<Node> {
        self.frame().node
    }

    fn impure(&mut self, span: Span) {
        self.impure.get_or_insert(span);
    }

    // -------------------------------------------------------------------------------------------------- local names

    /// Binds a local name in the block that is open.
    pub(crate) fn bind(&mut self, name: Name, ty: TyId, mutable: bool, why: Immutable) -> LocalId {
        let symbol = self.symbol(name);
        let local = self.add_local(symbol, name.span, ty, mutable, why);
        if symbol == self.c.builtins.names.underscore || self.c.program.text(symbol).is_empty() {
            return local;
        }
        if let Some(first) = self.scope.get(&symbol).copied() {
            let same_block = self.info(first).block == self.block;
            if same_block && why == Immutable::Let {
                let first = self.place(self.c.program.nodes.locals[first].span);
                self.error(name.span, Fact::Shadowed { name: symbol, first });
            }
        }
        let before = self.scope.insert(symbol, local);
        self.undo.push((symbol, before));
        local
    }

    fn add_local(&mut self, name: Symbol, span: Span, ty: TyId, mutable: bool, why: Immutable) -> LocalId {
        let closure = self.frame().closure;
        let warn = !self.c.program.text(name).starts_with('_') && !self.c.program.text(name).is_empty();
        self.infos.push(LocalInfo {
            used: false,
            changed: false,
            through: false,
            why,
            frame: self.frames.len().saturating_sub(1),
            block: self.block,
            alias: None,
            warn: warn && why != Immutable::SelfValue,
            field: false,
            in_scope: self.scopes.last().copied().flatten().is_some(),
        });
        self.c.program.nodes.locals.add(Local { name, span, ty, mutable, closure })
    }

    pub(crate) fn bind_self(&mut self, ty: TyId, mutable: bool, span: Span) {
        let name = self.c.program.names.intern("self");
        self.self_local = Some(self.add_local(name, span, ty, mutable, Immutable::SelfValue));
    }

    #[expect(clippy::indexing_slicing, reason = "each local of this body has an info")]
    fn info(&self, local: LocalId) -> &LocalInfo {
        &self.infos[(local.index() - self.first_local) as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "each local of this body has an info")]
    fn info_mut(&mut self, local: LocalId) -> &mut LocalInfo {
        &mut self.infos[(local.index() - self.first_local) as usize]
    }

    fn local(&self, local: LocalId) -> Local {
        self.c.program.nodes.locals[local]
    }

    /// Opens a block; what it gives closes it.
    fn open(&mut self) -> (usize, u32, usize) {
        let mark = (self.undo.len(), self.block, self.narrowed.mark());
        self.blocks += 1;
        self.block = self.blocks;
        mark
    }

    fn close(&mut self, (names, block, narrowed): (usize, u32, usize)) {
        while self.undo.len() > names {
            let Some((name, before)) = self.undo.pop() else { break };
            match before {
                Some(local) => self.scope.insert(name, local),
                None => self.scope.remove(&name),
            };
        }
        self.block = block;
        self.narrowed.back_to(narrowed);
    }

    // -------------------------------------------------------------------------------------------------- expressions

    /// An expression of the type that is needed.
    pub(crate) fn check(&mut self, id: tree::ExprId, ty: TyId) -> ExprId {
        let lost = usize::from(self.shallow(ty) == TyId::WRONG);
        self.lost += lost;
        let expr = self.expr(id, Want::Type(ty));
        self.lost -= lost;
        self.coerce(expr, ty)
    }

    /// An expression whose value is used, so that it is not `void`.
    fn value(&mut self, id: tree::ExprId, want: Want) -> ExprId {
        // Its value is used, whatever is done with what is made of it.
        let want = if matches!(want, Want::Drop) { Want::Any } else { want };
        let expr = self.expr(id, want);
        if self.ty(expr) == TyId::VOID {
            let span = self.nodes.span(id);
            let without_else = matches!(self.kind(expr), ExprKind::If(_, _, None));
            return self.refuse(
                span,
                if without_else { Fact::MissingElse } else { Fact::VoidValue { expected: None } },
            );
        }
        expr
    }

    /// An expression.
    pub(crate) fn expr(&mut self, id: tree::ExprId, want: Want) -> ExprId {
        use tree::Expr as E;
        let span = self.nodes.span(id);
        match self.nodes[id] {
            E::Int(_)
            | E::Float(_)
            | E::Bool(_)
            | E::Text(_)
            | E::Interpolated(_)
            | E::Duration(_)
            | E::Atom(_)
            | E::None
            | E::Array(_)
            | E::Map(_)
            | E::Tuple(_) => self.literal(id, want),
            E::Paren(inner) => self.expr(inner, want),
            E::SelfValue => self.self_value(span),
            E::Class { ty, fields } => self.class_literal(ty, fields, span, want),
            E::Block(stmts) => self.block(stmts, span, want),
            E::If { .. } => self.if_expr(id, want),
            E::Match { value, arms } => self.match_expr(value, arms, span, want),
            E::For { label, pattern, over, body } => self.for_expr(label, pattern, over, body, span),
            E::While { label, condition, body } => self.while_expr(label, condition, body, span),
            E::Loop { label, body } => self.loop_expr(label, body, span, want),
            E::Break { label, value } => self.break_expr(label, value, span),
            E::Continue { label } => self.continue_expr(label, span),
            E::Return(value) => self.return_expr(value, span),
            E::Raise(error) => self.raise(error, span),
            E::Yield(value) => self.yield_expr(value, span),
            E::Spawn(what) => self.spawn(what, span, want),
            E::Scope(_)
            | E::Select(_)
            | E::Name(_)
            | E::Apply { .. }
            | E::Call { .. }
            | E::Index { .. }
            | E::Field { .. }
            | E::Try(_)
            | E::Propagate(_)
            | E::Later(_) => self.postfix(id, want, crate::effects::Handling::Bare),
            E::Closure { params, result, body } => self.closure(params, result, body, span, want),
            E::Unary { operator, operand } => self.unary(operator, operand, span, want),
            E::Binary { .. } => self.binary(id, want),
            E::Range { from, to, inclusive } => self.range(from, to, inclusive, span),
            E::As { value, ty } => self.as_expr(value, ty, span),
            E::Is { value, ty } => self.is_expr(value, ty, span),
            E::Handle { value, error, arms } => self.handle(value, error, arms, span, want),
            E::Default { value, default } => self.default(value, default, span, want),
            E::Wrong => self.wrong(span),
        }
    }

    /// The type that an expression is expected to have.
    fn hint(&mut self, want: Want) -> Option<TyId> {
        match want {
            Want::Type(ty) => {
                Some(self.shallow(ty)).filter(|ty| !matches!(self.get(*ty), Ty::Infer(_) | Ty::Wrong))
            }
            Want::Any | Want::Drop => None,
        }
    }

    /// The type that a literal is expected to have: what is expected, without the optional around it.
    fn plain_hint(&mut self, want: Want) -> Option<TyId> {
        let hint = self.hint(want)?;
        match self.get(hint) {
            Ty::Optional(of) => Some(self.shallow(of)).filter(|ty| !matches!(self.get(*ty), Ty::Infer(_))),
            _ => Some(hint),
        }
    }

    /// The type that is written somewhere in a body.
    pub(crate) fn written(&mut self, id: tree::TypeId) -> TyId {
        let params = std::mem::take(&mut self.params);
        let scope = crate::resolve::TypeScope {
            module: self.module,
            params: &params,
            self_ty: self.self_ty,
            errors: crate::resolve::Errors::Fresh,
        };
        let ty = self.c.ty(id, &scope);
        self.params = params;
        ty
    }

    /// The type of a value that is written somewhere in a body.
    fn written_value(&mut self, id: tree::TypeId) -> TyId {
        let ty = self.written(id);
        if ty == TyId::VOID {
            let span = self.nodes.span(id);
            self.error(span, Fact::VoidValue { expected: None });
            return TyId::WRONG;
        }
        ty
    }

    fn flow(&mut self, from: Effect, to: Effect, span: Span) {
        let at = self.place(span);
        self.c.graph.flow(from, to, at);
    }
}

impl Frame {
    /// Of a body that nothing leaves but its value.
    pub(crate) fn closed() -> Self {
        Self { closure: None, result: None, yields: None, node: None, loops: 0, captures: Vec::new() }
    }

    /// Of a function.
    pub(crate) fn of(node: Node, result: TyId, yields: Option<TyId>) -> Self {
        Self { result: Some(result), yields, node: Some(node), ..Self::closed() }
    }
}
