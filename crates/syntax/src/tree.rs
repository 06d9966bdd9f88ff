//! The tree of one file: nodes in arenas, each with a typed id and a span, beside all tokens and trivia of the source.
//!
//! The nodes hold what the parser has read out of the text (numbers, unescaped strings), so that nobody reads it twice.
//! Comments, blank lines and spelling are in [`Tree::tokens`], which together cover every byte of the source.

mod arena;

pub use arena::{Arena, List, Node, Pool, Pooled};

use crate::token::Token;
use pluto_source::Span;

arena::ids! {
    /// An expression.
    ExprId => Expr in exprs,
    /// A pattern.
    PatternId => Pattern in patterns,
    /// A type as it is written.
    TypeId => Type in types,
    /// A statement.
    StmtId => Stmt in stmts,
    /// A declaration at the top of a file.
    ItemId => Item in items,
    /// A function, a method, or the head of one in a trait.
    FunctionId => Function in functions,
}

/// One file, parsed.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// All tokens and trivia; their texts one after the other are the source.
    pub tokens: Vec<Token>,
    /// Its declarations, in order.
    pub items: Vec<ItemId>,
    /// The arenas.
    pub nodes: Nodes,
}

/// The nodes of a tree. `nodes[id]` is a node, `nodes.span(id)` where it stands, `nodes.list(list)` the elements of a list.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    pub(crate) exprs: Arena<Expr>,
    pub(crate) patterns: Arena<Pattern>,
    pub(crate) types: Arena<Type>,
    pub(crate) stmts: Arena<Stmt>,
    pub(crate) items: Arena<Item>,
    pub(crate) functions: Arena<Function>,
    pub(crate) pools: Pools,
}

arena::pools! {
    /// Elements of lists.
    pub(crate) struct Pools {
        exprs: ExprId,
        patterns: PatternId,
        types: TypeId,
        stmts: StmtId,
        functions: FunctionId,
        names: Name,
        texts: String,
        arguments: Argument,
        entries: MapEntry,
        field_values: FieldValue,
        parts: TextPart,
        arms: Arm,
        select_arms: SelectArm,
        field_patterns: FieldPattern,
        params: Param,
        type_params: TypeParam,
        fields: Field,
        variants: Variant,
        dependencies: Dependency,
        contracts: Contract,
        bindings: Binding,
        imported: Imported,
        pattern_entries: PatternEntry,
        function_type_params: FunctionTypeParam,
    }
}

/// A name where it stands. Its text is the source's at this span; names are compared in NFC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// Where.
    pub span: Span,
}

/// A text that was read, unescaped: a list of one.
pub type Text = List<String>;

// ---------------------------------------------------------------------------------------------------------------- items

/// A declaration at the top of a file.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// Where `pub` stands.
    pub public: Option<Span>,
    /// What is declared.
    pub kind: ItemKind,
}

/// What is declared.
#[derive(Clone, Copy, Debug)]
pub enum ItemKind {
    /// `import a.b`, `import a.b as c`, `import a.{x, y}`.
    Import(Import),
    /// `fn f(x: int) int { … }`.
    Function(FunctionId),
    /// `class Point { … }` or `actor Counter { … }`.
    Class(Class),
    /// `enum Shape { … }`.
    Enum(Enum),
    /// `trait Show { … }`.
    Trait(Trait),
    /// `impl Show for Point { … }`, `impl Point { … }`.
    Impl(Impl),
    /// `error NotFound { id: int }`.
    Error(ErrorItem),
    /// `type Grid = [[int]]`.
    Alias(Alias),
    /// `const LIMIT = 100`.
    Const(Const),
    /// `app Shop[svc: Service] { … }`.
    App(Class),
    /// `bind Database = FakeDb { … }`.
    Bind(Binding),
    /// `test "name" with Database = FakeDb { … } { … }`.
    Test(Test),
    /// Text that is no declaration.
    Wrong,
}

/// `import a.b …`.
#[derive(Clone, Copy, Debug)]
pub struct Import {
    /// The names between the dots, at least one.
    pub path: List<Name>,
    /// What of it.
    pub what: ImportWhat,
}

/// What of a module is imported.
#[derive(Clone, Copy, Debug)]
pub enum ImportWhat {
    /// The module, under the last name of its path.
    Module,
    /// The module, under another name.
    As(Name),
    /// Some of its items.
    Items(List<Imported>),
}

/// One of the names of `import a.{x, y as z}`.
#[derive(Clone, Copy, Debug)]
pub struct Imported {
    /// The item.
    pub name: Name,
    /// Its name here.
    pub alias: Option<Name>,
}

/// A function, a method, or the head of one in a trait.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Where `pub` stands, of a method.
    pub public: Option<Span>,
    /// Its name.
    pub name: Name,
    /// `<T: A + B>`.
    pub type_params: List<TypeParam>,
    /// `self` or `mut self`, of a method.
    pub receiver: Option<Receiver>,
    /// The other parameters.
    pub params: List<Param>,
    /// What it gives; nothing is `void`.
    pub result: Option<TypeId>,
    /// Where `stream` stands: it is a generator, and `result` is what it yields.
    pub stream: Option<Span>,
    /// `raises A, B`, `raises none`.
    pub raises: Raises,
    /// `requires` and `ensures`, in order.
    pub contracts: List<Contract>,
    /// A block; nothing in the head of a trait's method.
    pub body: Option<ExprId>,
}

/// `self` as a parameter.
#[derive(Clone, Copy, Debug)]
pub struct Receiver {
    /// Where `self` stands.
    pub name: Name,
    /// Where `mut` stands.
    pub mutable: Option<Span>,
}

/// A parameter of a function or a closure.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// All of it.
    pub span: Span,
    /// Where `mut` stands.
    pub mutable: Option<Span>,
    /// Its name.
    pub name: Name,
    /// Its type; a closure's may be left out.
    pub ty: Option<TypeId>,
    /// What it is where no argument is given.
    pub default: Option<ExprId>,
}

/// A type parameter with its bounds.
#[derive(Clone, Copy, Debug)]
pub struct TypeParam {
    /// Its name.
    pub name: Name,
    /// The traits after the colon.
    pub bounds: List<TypeId>,
}

/// What is said about errors.
#[derive(Clone, Copy, Debug)]
pub enum Raises {
    /// Nothing.
    Unsaid,
    /// `raises none`.
    Nothing(Span),
    /// `raises A, B`.
    Errors(List<TypeId>),
}

/// A clause of a contract.
#[derive(Clone, Copy, Debug)]
pub struct Contract {
    /// All of it.
    pub span: Span,
    /// Which.
    pub kind: ContractKind,
    /// What must be true.
    pub condition: ExprId,
}

/// Which clause of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContractKind {
    /// `requires`, of the caller.
    Requires,
    /// `ensures`, of the function.
    Ensures,
    /// `invariant`, of a class or an actor.
    Invariant,
}

/// A class, an actor or an app.
#[derive(Clone, Copy, Debug)]
pub struct Class {
    /// Whether it is an actor.
    pub actor: bool,
    /// Its name.
    pub name: Name,
    /// Its type parameters.
    pub type_params: List<TypeParam>,
    /// What is injected: `[db: Database]`.
    pub dependencies: List<Dependency>,
    /// Its fields.
    pub fields: List<Field>,
    /// Its methods.
    pub methods: List<FunctionId>,
    /// Its invariants.
    pub invariants: List<Contract>,
}

/// Something injected.
#[derive(Clone, Copy, Debug)]
pub struct Dependency {
    /// Its name, a field of `self`.
    pub name: Name,
    /// What decides what is injected.
    pub ty: TypeId,
}

/// A field of a class, an actor, an error, or a variant.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// All of it.
    pub span: Span,
    /// Where `pub` stands.
    pub public: Option<Span>,
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: TypeId,
    /// What it is where nothing is given.
    pub default: Option<ExprId>,
}

/// An enum.
#[derive(Clone, Copy, Debug)]
pub struct Enum {
    /// Its name.
    pub name: Name,
    /// Its type parameters.
    pub type_params: List<TypeParam>,
    /// Its variants.
    pub variants: List<Variant>,
    /// Its methods.
    pub methods: List<FunctionId>,
}

/// A variant of an enum.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// All of it.
    pub span: Span,
    /// Its name.
    pub name: Name,
    /// What it holds.
    pub fields: List<Field>,
}

/// A trait.
#[derive(Clone, Copy, Debug)]
pub struct Trait {
    /// Its name.
    pub name: Name,
    /// Its type parameters.
    pub type_params: List<TypeParam>,
    /// Its methods, with and without a body.
    pub methods: List<FunctionId>,
}

/// Methods of a type.
#[derive(Clone, Copy, Debug)]
pub struct Impl {
    /// Type parameters of all of it.
    pub type_params: List<TypeParam>,
    /// The trait; nothing in `impl Point { … }`.
    pub of: Option<TypeId>,
    /// The type that has it.
    pub on: TypeId,
    /// Its methods.
    pub methods: List<FunctionId>,
}

/// An error.
#[derive(Clone, Copy, Debug)]
pub struct ErrorItem {
    /// Its name.
    pub name: Name,
    /// Its fields.
    pub fields: List<Field>,
}

/// A name for a type.
#[derive(Clone, Copy, Debug)]
pub struct Alias {
    /// The name.
    pub name: Name,
    /// Its type parameters.
    pub type_params: List<TypeParam>,
    /// What it stands for.
    pub ty: TypeId,
}

/// A constant.
#[derive(Clone, Copy, Debug)]
pub struct Const {
    /// Its name.
    pub name: Name,
    /// Its type, where it is said.
    pub ty: Option<TypeId>,
    /// What it is.
    pub value: ExprId,
}

/// What is injected where a type is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// The type that is asked for.
    pub ty: TypeId,
    /// What is injected.
    pub value: ExprId,
}

/// A test.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// Where its name stands.
    pub name_span: Span,
    /// Its name, unescaped.
    pub name: Text,
    /// `with A = a, B = b`.
    pub bindings: List<Binding>,
    /// A block.
    pub body: ExprId,
}

// ---------------------------------------------------------------------------------------------------------------- types

/// A type as it is written.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    /// `int`, `Map<string, int>`, `shapes.Point`: also the built-in ones, which are names like any other.
    Named {
        /// The names between the dots, at least one.
        path: List<Name>,
        /// `<A, B>`.
        arguments: List<TypeId>,
    },
    /// `[T]`.
    Array(TypeId),
    /// `T?`.
    Optional(TypeId),
    /// `(A, B)`; `()` is not a type.
    Tuple(List<TypeId>),
    /// `fn(A, mut B) C raises E`.
    Function {
        /// What it takes.
        params: List<FunctionTypeParam>,
        /// What it gives; nothing is `void`.
        result: Option<TypeId>,
        /// What it says about errors; more than one stand in parentheses here.
        raises: Raises,
    },
    /// Text that is no type.
    Wrong,
}

/// A parameter in the type of a function.
#[derive(Clone, Copy, Debug)]
pub struct FunctionTypeParam {
    /// Where `mut` stands.
    pub mutable: Option<Span>,
    /// Its type.
    pub ty: TypeId,
}

// ----------------------------------------------------------------------------------------------------------- statements

/// A statement.
#[derive(Clone, Copy, Debug)]
pub enum Stmt {
    /// `let p: T = e else { … }`.
    Let {
        /// Where `mut` stands.
        mutable: Option<Span>,
        /// What is bound.
        pattern: PatternId,
        /// Its type, where it is said.
        ty: Option<TypeId>,
        /// What it is bound to.
        value: ExprId,
        /// What is done where the pattern does not match or the value is `none`: a block that does not end.
        otherwise: Option<ExprId>,
    },
    /// `target = value`, `target += value`.
    Assign {
        /// What is assigned to: a name, a field or an element.
        target: ExprId,
        /// The operator before `=`.
        operator: Option<BinaryOp>,
        /// Where `=` or `+=` stands.
        operator_span: Span,
        /// What is assigned.
        value: ExprId,
    },
    /// `defer { … }`, with its block.
    Defer(ExprId),
    /// `assert e, "why"`.
    Assert {
        /// What must be true.
        condition: ExprId,
        /// Why.
        why: Option<ExprId>,
    },
    /// An expression, whose value is that of the block where it is the last.
    Expr(ExprId),
    /// Text that is no statement.
    Wrong,
}

// ---------------------------------------------------------------------------------------------------------- expressions

/// An expression.
#[derive(Clone, Copy, Debug)]
pub enum Expr {
    /// `42`, `0xff`; a minus before it is a [`Expr::Unary`], so this may be 2^63, which only fits after a minus.
    Int(u64),
    /// `1.5`.
    Float(f64),
    /// `true`, `false`.
    Bool(bool),
    /// `"…"`, `"""…"""`.
    Text(Text),
    /// `f"…"`.
    Interpolated(List<TextPart>),
    /// `10ms`, in nanoseconds.
    Duration(u64),
    /// `:name`, `:"quoted name"`.
    Atom(Text),
    /// `none`.
    None,
    /// A name, of whatever: a local one, a function, a type, a module, a variant.
    Name(Name),
    /// `self`.
    SelfValue,
    /// `[1, 2]`.
    Array(List<ExprId>),
    /// `["k": v]`, `[:]`.
    Map(List<MapEntry>),
    /// `(a, b)`: at least two. One in parentheses is [`Expr::Paren`].
    Tuple(List<ExprId>),
    /// `(a)`.
    Paren(ExprId),
    /// `Point { x: 1 }`, `Pair<int> { … }`, `shapes.Point { … }`.
    Class {
        /// What is made.
        ty: TypeId,
        /// Its fields.
        fields: List<FieldValue>,
    },
    /// `{ … }`.
    Block(List<StmtId>),
    /// `if c { … } else { … }`.
    If {
        /// What decides.
        condition: ExprId,
        /// A block.
        then: ExprId,
        /// A block or another `if`.
        otherwise: Option<ExprId>,
    },
    /// `match e { … }`.
    Match {
        /// What is looked at.
        value: ExprId,
        /// The arms.
        arms: List<Arm>,
    },
    /// `for p in e { … }`.
    For {
        /// Its label.
        label: Option<Name>,
        /// What each element is bound to.
        pattern: PatternId,
        /// What is gone through.
        over: ExprId,
        /// A block.
        body: ExprId,
    },
    /// `while c { … }`.
    While {
        /// Its label.
        label: Option<Name>,
        /// What decides.
        condition: ExprId,
        /// A block.
        body: ExprId,
    },
    /// `loop { … }`.
    Loop {
        /// Its label.
        label: Option<Name>,
        /// A block.
        body: ExprId,
    },
    /// `break`, `break value`, `break outer`, `break outer value` (a name alone is a label where a loop around has it; the
    /// parser takes it for one in that case).
    Break {
        /// The loop.
        label: Option<Name>,
        /// What the loop gives.
        value: Option<ExprId>,
    },
    /// `continue`, `continue outer`.
    Continue {
        /// The loop.
        label: Option<Name>,
    },
    /// `return`, `return value`.
    Return(Option<ExprId>),
    /// `raise e`.
    Raise(ExprId),
    /// `yield e`.
    Yield(ExprId),
    /// `spawn f(x)`, `spawn Counter { n: 5 }`.
    Spawn(ExprId),
    /// `scope { … }`, with its block.
    Scope(ExprId),
    /// `select { … }`.
    Select(List<SelectArm>),
    /// `(x) => x * 2`, `(x: int) int => { … }`.
    Closure {
        /// Its parameters.
        params: List<Param>,
        /// What it gives, where it is said.
        result: Option<TypeId>,
        /// An expression.
        body: ExprId,
    },
    /// `-a`, `~a`, `not a`.
    Unary {
        /// Which.
        operator: UnaryOp,
        /// Of what.
        operand: ExprId,
    },
    /// `a + b`, `a and b`, `a ?? b`.
    Binary {
        /// Which.
        operator: BinaryOp,
        /// Where it stands.
        operator_span: Span,
        /// On the left.
        left: ExprId,
        /// On the right.
        right: ExprId,
    },
    /// `a..b`, `a..=b`.
    Range {
        /// The first.
        from: ExprId,
        /// The end.
        to: ExprId,
        /// Whether the end is in it.
        inclusive: bool,
    },
    /// `a as T`.
    As {
        /// What is converted.
        value: ExprId,
        /// To what.
        ty: TypeId,
    },
    /// `a is T`: whether a `term` is of this kind, or a trait object of this class.
    Is {
        /// What is looked at.
        value: ExprId,
        /// The kind.
        ty: TypeId,
    },
    /// `f<int>`: a generic function or type with its arguments.
    Apply {
        /// What is generic.
        base: ExprId,
        /// Its arguments, at least one.
        arguments: List<TypeId>,
    },
    /// `f(x, y: 1)`.
    Call {
        /// What is called.
        callee: ExprId,
        /// With what.
        arguments: List<Argument>,
    },
    /// `a[i]`.
    Index {
        /// Of what.
        base: ExprId,
        /// Which element.
        index: ExprId,
    },
    /// `a.b`, `a?.b`; `t.0` of a tuple.
    Field {
        /// Of what.
        base: ExprId,
        /// Which; of a tuple its number.
        name: Name,
        /// Whether `?.` stands between.
        optional: bool,
    },
    /// `a?`: returns `none` where it is `none`.
    Try(ExprId),
    /// `f()!`: raises what it raises.
    Propagate(ExprId),
    /// `c.add(1) later`: sends and does not wait.
    Later(ExprId),
    /// `f() catch e { … }`.
    Handle {
        /// What may fail.
        value: ExprId,
        /// The error's name, where it has one.
        error: Option<Name>,
        /// What is done about which error.
        arms: List<Arm>,
    },
    /// `f() catch 0`.
    Default {
        /// What may fail.
        value: ExprId,
        /// What comes in its place.
        default: ExprId,
    },
    /// Text that is no expression.
    Wrong,
}

/// An operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-`
    Negate,
    /// `~`
    Invert,
    /// `not`
    Not,
}

/// An operator between its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `<<`
    ShiftLeft,
    /// `>>`
    ShiftRight,
    /// `&`
    BitAnd,
    /// `^`
    BitXor,
    /// `|`
    BitOr,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `and`
    And,
    /// `or`
    Or,
    /// `??`
    Coalesce,
}

/// A part of an interpolated string.
#[derive(Clone, Copy, Debug)]
pub struct TextPart {
    /// All of it; of a hole from `{` to `}`.
    pub span: Span,
    /// What it is.
    pub kind: TextPartKind,
}

/// What a part of an interpolated string is.
#[derive(Clone, Copy, Debug)]
pub enum TextPartKind {
    /// Text as it is, unescaped.
    Text(Text),
    /// `{expr}`, `{expr:.2}`.
    Hole {
        /// What is printed.
        value: ExprId,
        /// How, as it is written after the colon.
        format: Option<Span>,
    },
}

/// An argument of a call.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// The parameter, where it is named.
    pub name: Option<Name>,
    /// What is given.
    pub value: ExprId,
}

/// An entry of a map.
#[derive(Clone, Copy, Debug)]
pub struct MapEntry {
    /// Its key.
    pub key: ExprId,
    /// Its value.
    pub value: ExprId,
}

/// A field of a class literal.
#[derive(Clone, Copy, Debug)]
pub struct FieldValue {
    /// All of it.
    pub span: Span,
    /// Which.
    pub name: Name,
    /// What it is; nothing is the local of the same name.
    pub value: Option<ExprId>,
}

/// An arm of `match` or of a handler.
#[derive(Clone, Copy, Debug)]
pub struct Arm {
    /// All of it.
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
    /// All of it.
    pub span: Span,
    /// What it waits for.
    pub kind: SelectKind,
    /// What is done.
    pub body: ExprId,
}

/// What an arm of `select` waits for.
#[derive(Clone, Copy, Debug)]
pub enum SelectKind {
    /// `v = rx.recv()`, `tx.send(x)`.
    Operation {
        /// What the received is bound to.
        pattern: Option<PatternId>,
        /// The call.
        call: ExprId,
    },
    /// `after 100ms`.
    After(ExprId),
    /// `default`.
    Default,
}

// ------------------------------------------------------------------------------------------------------------- patterns

/// A pattern.
#[derive(Clone, Copy, Debug)]
pub enum Pattern {
    /// `_`.
    Any,
    /// `..` or `..rest`, in an array only.
    Rest(Option<Name>),
    /// `n`, `n: int` (the second of a `term`).
    Bind {
        /// The name.
        name: Name,
        /// The kind that it must have.
        ty: Option<TypeId>,
    },
    /// A literal: a number with a minus or without, a string, `true`, `none`, a duration, an atom.
    Literal(ExprId),
    /// `1..5`, `1..=5`, of literals.
    Range {
        /// The first.
        from: ExprId,
        /// The end.
        to: ExprId,
        /// Whether the end is in it.
        inclusive: bool,
    },
    /// `(a, b)`.
    Tuple(List<PatternId>),
    /// `[a, b, ..rest]`.
    Array(List<PatternId>),
    /// `["k": p]`, of a `term`.
    Map(List<PatternEntry>),
    /// `Empty`, `Circle(r)`, `Rect(w: 1.0, h)`, `Shape.Circle(r)`.
    Variant {
        /// The names between the dots, at least one.
        path: List<Name>,
        /// What its fields must be.
        fields: List<FieldPattern>,
        /// Where `..` stands.
        rest: Option<Span>,
    },
    /// `Point { x, y: 0, .. }`, `NotFound { id }`.
    Class {
        /// The names between the dots, at least one.
        path: List<Name>,
        /// What its fields must be.
        fields: List<FieldPattern>,
        /// Where `..` stands.
        rest: Option<Span>,
    },
    /// `A | B`: at least two.
    Or(List<PatternId>),
    /// Text that is no pattern.
    Wrong,
}

/// A field in a pattern.
#[derive(Clone, Copy, Debug)]
pub struct FieldPattern {
    /// All of it.
    pub span: Span,
    /// Its name, where it is named.
    pub name: Option<Name>,
    /// What it must be; nothing binds it to a local of its name.
    pub pattern: Option<PatternId>,
}

/// An entry of a map in a pattern.
#[derive(Clone, Copy, Debug)]
pub struct PatternEntry {
    /// The key, a literal.
    pub key: ExprId,
    /// What its value must be.
    pub value: PatternId,
}
