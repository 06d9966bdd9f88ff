//! What functions, constants and tests do: typed expressions, patterns, statements and local names.

use pluto_source::Span;
pub use pluto_syntax::tree::{BinaryOp, UnaryOp};
use rustc_hash::FxHashMap;

use crate::arena::{Arena, List, Pool, ids};
use crate::names::Symbol;
use crate::program::{
    BindId, ClassId, ConstId, EnumId, ErrorId, FunctionId, ImplId, ModuleId, TestId, TraitId,
};
use crate::types::{EffectVar, TyId, TyList};

ids! {
    /// A body.
    BodyId,
    /// An expression.
    ExprId,
    /// A pattern.
    PatternId,
    /// A statement.
    StmtId,
    /// A local name.
    LocalId,
    /// A closure.
    ClosureId,
    /// A loop that is broken out of.
    LoopId,
    /// A handler of errors.
    HandlerId,
}

/// All nodes of a program.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    /// Bodies.
    pub bodies: Arena<BodyId, Body>,
    /// Expressions.
    pub exprs: Arena<ExprId, Expr>,
    /// Patterns.
    pub patterns: Arena<PatternId, Pattern>,
    /// Statements.
    pub stmts: Arena<StmtId, Stmt>,
    /// Local names.
    pub locals: Arena<LocalId, Local>,
    /// Closures.
    pub closures: Arena<ClosureId, Closure>,
    /// Handlers.
    pub handlers: Arena<HandlerId, Handler>,
    /// How many loops there are.
    pub loops: u32,
    /// What `break` gives of each loop that gives something.
    pub(crate) breaks: FxHashMap<LoopId, Vec<ExprId>>,
    /// Lists of expressions.
    pub expr_lists: Pool<ExprId>,
    /// Lists of patterns.
    pub pattern_lists: Pool<PatternId>,
    /// Lists of statements.
    pub stmt_lists: Pool<StmtId>,
    /// Lists of arms.
    pub arms: Pool<Arm>,
    /// Lists of arms of `select`.
    pub select_arms: Pool<SelectArm>,
    /// Lists of entries of maps.
    pub entries: Pool<(ExprId, ExprId)>,
    /// Lists of entries of maps in patterns.
    pub pattern_entries: Pool<(ExprId, PatternId)>,
    /// Lists of values of fields, by their place among the fields.
    pub field_values: Pool<(u32, ExprId)>,
    /// Lists of patterns of fields, by their place among the fields.
    pub field_patterns: Pool<(u32, PatternId)>,
    /// Lists of parts of interpolated strings.
    pub parts: Pool<Part>,
    /// Texts.
    pub texts: Pool<String>,
}

/// Whose body it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyOwner {
    /// A function.
    Function(FunctionId),
    /// The default of a parameter of a function.
    ParamDefault(FunctionId),
    /// The default of a field of a class.
    ClassDefault(ClassId),
    /// The default of a field of an error.
    ErrorDefault(ErrorId),
    /// The default of a field of a variant.
    EnumDefault(EnumId),
    /// A contract of a function.
    Contract(FunctionId),
    /// An invariant of a class.
    Invariant(ClassId),
    /// A constant.
    Const(ConstId),
    /// A test.
    Test(TestId),
    /// What is bound.
    Bind(BindId),
}

/// A body.
#[derive(Clone, Copy, Debug)]
pub struct Body {
    /// Whose.
    pub owner: BodyOwner,
    /// Its module.
    pub module: ModuleId,
    /// What it does and gives.
    pub root: ExprId,
    /// The first of its local names and the one behind the last: `self` where there is one, then parameters.
    pub locals: (u32, u32),
    /// The first of its expressions and the one behind the last.
    pub exprs: (u32, u32),
}

/// A local name.
#[derive(Clone, Copy, Debug)]
pub struct Local {
    /// Its name.
    pub name: Symbol,
    /// Where it is bound.
    pub span: Span,
    /// Its type.
    pub ty: TyId,
    /// Whether it may be assigned, and changed through.
    pub mutable: bool,
    /// The closure that binds it; nothing outside of closures.
    pub closure: Option<ClosureId>,
}

/// An expression with its type.
#[derive(Clone, Copy, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its type.
    pub ty: TyId,
    /// Where it stands.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Copy, Debug)]
pub enum ExprKind {
    /// What has an error.
    Wrong,
    /// Of type `int` or `byte`.
    Int(i64),
    /// Of type `float`.
    Float(f64),
    /// Of type `bool`.
    Bool(bool),
    /// Of type `string`.
    Text(List<String>),
    /// Of type `duration`, in nanoseconds.
    Duration(i64),
    /// Of type `term`.
    Atom(List<String>),
    /// Of an optional type.
    None,
    /// `f"…"`.
    Interpolated(List<Part>),
    /// A local name.
    Local(LocalId),
    /// A constant.
    Const(ConstId),
    /// A function as a value, with its type arguments.
    Function(FunctionId, TyList),
    /// A method as a value, with what it is called on.
    Method(ExprId, Target),
    /// A variant as a value: a function of its fields.
    VariantFunction(EnumId, u32),
    /// A closure.
    Closure(ClosureId),
    /// `[a, b]`
    Array(List<ExprId>),
    /// `Set.of(a, b)`
    Set(List<ExprId>),
    /// `["k": v]`
    Map(List<(ExprId, ExprId)>),
    /// `(a, b)`
    Tuple(List<ExprId>),
    /// `Point { x: 1 }`: every field has a value or a default or is injected.
    Class(ClassId, List<(u32, ExprId)>),
    /// `NotFound { id: 3 }`
    Error(ErrorId, List<(u32, ExprId)>),
    /// `Circle(1.0)`
    Variant(EnumId, u32, List<(u32, ExprId)>),
    /// `{ …; value }`
    Block(List<StmtId>, Option<ExprId>),
    /// `if`
    If(ExprId, ExprId, Option<ExprId>),
    /// `match`
    Match(ExprId, List<Arm>),
    /// `for`
    For(For),
    /// `while`
    While(LoopId, ExprId, ExprId),
    /// `loop`
    Loop(LoopId, ExprId),
    /// `break`
    Break(LoopId, Option<ExprId>),
    /// `continue`
    Continue(LoopId),
    /// `return`
    Return(Option<ExprId>),
    /// `raise`
    Raise(ExprId),
    /// `yield`
    Yield(ExprId),
    /// `spawn` of a call.
    Spawn(ExprId),
    /// `spawn` of an actor.
    SpawnActor(ExprId),
    /// `scope`
    Scope(ExprId),
    /// `select`
    Select(List<SelectArm>),
    /// An operator before its operand.
    Unary(UnaryOp, ExprId),
    /// An operator between its operands; comparisons and arithmetic of `term` too.
    Binary(BinaryOp, ExprId, ExprId),
    /// `a..b`, and whether the end is in it.
    Range(ExprId, ExprId, bool),
    /// `a as T`: to the type of this expression.
    Convert(ExprId),
    /// `a is T`
    Is(ExprId, TyId),
    /// A call.
    Call(Callee, List<ExprId>),
    /// The default of a parameter that has no argument.
    DefaultArgument(FunctionId, u32),
    /// `a[i]`
    Index(ExprId, ExprId),
    /// A field of a class or an error, by its place.
    Field(ExprId, u32),
    /// An element of a tuple.
    Element(ExprId, u32),
    /// An access of a `term` by name.
    TermField(ExprId, Symbol),
    /// `a?.b`: the first; the local that it is where it is not `none`; what is then done.
    Chain(ExprId, LocalId, ExprId),
    /// `a?`
    Try(ExprId),
    /// `f()!`
    Propagate(ExprId),
    /// `c.add(1) later`
    Later(ExprId),
    /// `f() catch e { … }`
    Handle(ExprId, HandlerId),
    /// `f() catch 0`
    Default(ExprId, ExprId),
    /// From `T` to `T?`.
    Wrap(ExprId),
    /// From `T?` to `T`, where it is known not to be `none`.
    Unwrap(ExprId),
    /// To a trait object.
    Upcast(ExprId),
    /// From a trait object or a term to a class or kind that it is known to be.
    Downcast(ExprId),
    /// From a value to a `term`.
    ToTerm(ExprId),
    /// `old(e)` in an `ensures`.
    Old(ExprId),
    /// `result` in an `ensures`.
    Result,
}

/// A `for`.
#[derive(Clone, Copy, Debug)]
pub struct For {
    /// Its loop.
    pub id: LoopId,
    /// What each element is bound to.
    pub pattern: PatternId,
    /// What is gone through; its type says how.
    pub over: ExprId,
    /// What is done.
    pub body: ExprId,
}

/// A function with its type arguments: those of its owner, then its own.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The function.
    pub function: FunctionId,
    /// Its type arguments.
    pub arguments: TyList,
    /// How the implementation is found.
    pub dispatch: Dispatch,
}

/// How the implementation of a call is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dispatch {
    /// It is the function itself.
    Direct,
    /// By the trait's impl for the type of the receiver, when the code is made for one type.
    Bound(TraitId),
    /// By the trait object.
    Object(TraitId),
    /// By this impl, whose trait's method it takes as it is.
    Impl(ImplId),
    /// By a message to an actor.
    Message,
}

/// What is called.
#[derive(Clone, Copy, Debug)]
pub enum Callee {
    /// A function, or a method whose receiver is the first argument.
    Target(Target),
    /// A function value.
    Value(ExprId),
}

/// A closure.
#[derive(Clone, Debug)]
pub struct Closure {
    /// Its parameters.
    pub params: Vec<LocalId>,
    /// What it gives.
    pub body: ExprId,
    /// What it captures, by value.
    pub captures: Vec<LocalId>,
    /// The closure around it.
    pub outer: Option<ClosureId>,
    /// What it raises.
    pub effect: EffectVar,
}

/// A handler of errors.
#[derive(Clone, Copy, Debug)]
pub struct Handler {
    /// The name of the error.
    pub local: Option<LocalId>,
    /// What is done about which error.
    pub arms: List<Arm>,
    /// What may come in.
    pub incoming: EffectVar,
}

/// An arm of `match` or of a handler.
#[derive(Clone, Copy, Debug)]
pub struct Arm {
    /// Where it stands.
    pub span: Span,
    /// What it takes.
    pub pattern: PatternId,
    /// What else must be true.
    pub guard: Option<ExprId>,
    /// What is done.
    pub body: ExprId,
}

/// An arm of `select`.
#[derive(Clone, Copy, Debug)]
pub struct SelectArm {
    /// What it waits for.
    pub kind: SelectKind,
    /// What is done.
    pub body: ExprId,
}

/// What an arm of `select` waits for.
#[derive(Clone, Copy, Debug)]
pub enum SelectKind {
    /// `v = rx.recv()`: the receiver, and what is bound.
    Receive(ExprId, Option<PatternId>),
    /// `tx.send(x)`: the sender, and what is sent.
    Send(ExprId, ExprId),
    /// `after 100ms`
    After(ExprId),
    /// `default`
    Default,
}

/// A part of an interpolated string.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// Text as it is.
    Text(List<String>),
    /// A value, and how it is printed.
    Value(ExprId, Format),
}

/// How a value is printed: what stands after the colon of a hole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Format {
    /// Where the value stands in its width.
    pub align: Option<Align>,
    /// Whether zeros fill the width.
    pub zero: bool,
    /// The least width.
    pub width: u32,
    /// Digits after the point.
    pub precision: Option<u32>,
    /// Whether in base 16, in base 2, or with an exponent.
    pub radix: Option<Radix>,
}

/// Where a value stands in its width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// `<`
    Left,
    /// `^`
    Centre,
    /// `>`
    Right,
}

/// The base of a number that is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Radix {
    /// `x`
    Hex,
    /// `b`
    Binary,
    /// `o`
    Octal,
    /// `e`
    Exponent,
}

/// A statement.
#[derive(Clone, Copy, Debug)]
pub enum Stmt {
    /// `let p = e else { … }`
    Let(PatternId, ExprId, Option<ExprId>),
    /// `place = value`, `place += value`.
    Assign(ExprId, Option<BinaryOp>, ExprId),
    /// `defer { … }`
    Defer(ExprId),
    /// `assert e, why`
    Assert(ExprId, Option<ExprId>),
    /// An expression whose value is dropped.
    Expr(ExprId),
}

/// A pattern.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    /// What it is.
    pub kind: PatternKind,
    /// The type of what it is held against.
    pub ty: TyId,
    /// Where it stands.
    pub span: Span,
}

/// What a pattern is.
#[derive(Clone, Copy, Debug)]
pub enum PatternKind {
    /// What has an error.
    Wrong,
    /// `_`
    Any,
    /// A name, and the kind that the value must have, of a `term`.
    Bind(LocalId, Option<TyId>),
    /// A literal or a constant.
    Literal(ExprId),
    /// A range of literals.
    Range(ExprId, ExprId, bool),
    /// `none`
    None,
    /// A value of an optional type that is not `none`.
    Some(PatternId),
    /// `(a, b)`
    Tuple(List<PatternId>),
    /// `[a, ..rest, b]`: the elements before; the rest, where there is one, and its name; the elements after.
    Array(List<PatternId>, Option<Option<LocalId>>, List<PatternId>),
    /// `["k": p]`, of a `term`.
    Map(List<(ExprId, PatternId)>),
    /// A variant; fields that are not named are not looked at.
    Variant(EnumId, u32, List<(u32, PatternId)>),
    /// A class.
    Class(ClassId, List<(u32, PatternId)>),
    /// An error.
    Error(ErrorId, List<(u32, PatternId)>),
    /// `A | B`
    Or(List<PatternId>),
}

impl ExprKind {
    /// Whether it makes a value of others: a collection, a tuple, an object.
    pub(crate) const fn is_made_of_values(self) -> bool {
        matches!(
            self,
            Self::Array(_)
                | Self::Set(_)
                | Self::Map(_)
                | Self::Tuple(_)
                | Self::Class(..)
                | Self::Error(..)
                | Self::Variant(..)
        )
    }
}

impl Nodes {
    /// The expressions one of which is the value of an expression: behind blocks, branches, arms, and loops.
    pub(crate) fn leaves(&self, value: ExprId, into: &mut Vec<ExprId>) {
        let mut work = vec![value];
        while let Some(at) = work.pop() {
            match self.exprs[at].kind {
                ExprKind::Block(_, Some(tail)) => work.push(tail),
                ExprKind::If(_, then, otherwise) => {
                    work.push(then);
                    work.extend(otherwise);
                }
                ExprKind::Match(_, arms) => work.extend(self.arms.get(arms).iter().map(|arm| arm.body)),
                ExprKind::Handle(value, handler) => {
                    let arms = self.arms.get(self.handlers[handler].arms);
                    work.push(value);
                    work.extend(arms.iter().map(|arm| arm.body));
                }
                ExprKind::Select(arms) => {
                    work.extend(self.select_arms.get(arms).iter().map(|arm| arm.body));
                }
                ExprKind::Loop(of, _) => work.extend(self.breaks.get(&of).into_iter().flatten()),
                ExprKind::Binary(BinaryOp::Coalesce, left, right) | ExprKind::Default(left, right) => {
                    work.extend([left, right]);
                }
                ExprKind::Wrap(inner) | ExprKind::Upcast(inner) | ExprKind::Scope(inner) => work.push(inner),
                _ => into.push(at),
            }
        }
    }
}
