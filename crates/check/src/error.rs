//! What is wrong with a program, as facts. Their prose is in `describe`.

use pluto_source::{FileSpan, Span};
use pluto_syntax::tree::{BinaryOp, UnaryOp};

use crate::names::Symbol;
use crate::program::{ClassId, ErrorId, FunctionId, ModuleId, TraitId};
use crate::types::TyId;

/// Something that is wrong, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckError {
    /// Where.
    pub at: FileSpan,
    /// What.
    pub fact: Fact,
}

/// What kind of thing a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A module.
    Module,
    /// A function.
    Function,
    /// A class.
    Class,
    /// An actor.
    Actor,
    /// An app.
    App,
    /// An enum.
    Enum,
    /// A trait.
    Trait,
    /// An error.
    Error,
    /// A name for a type.
    Alias,
    /// A constant.
    Const,
    /// A type that is built in.
    Type,
    /// A type parameter.
    TypeParam,
    /// A local name.
    Local,
    /// A variant.
    Variant,
}

/// What stands at a place that does not allow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misplaced {
    /// `break` where no loop is left.
    Break,
    /// `continue` where no loop is gone on with.
    Continue,
    /// `break` with a value out of a `for` or a `while`.
    BreakValue,
    /// `return` in a `defer`, a constant, or a contract.
    Return,
    /// `yield` outside of a generator.
    Yield,
    /// `return` with a value in a generator.
    ReturnValue,
    /// `raise` or `!` in a `defer`, a default, a constant, or a contract.
    Raise,
    /// `self` outside of a method.
    SelfValue,
    /// `Self` outside of a type.
    SelfType,
    /// `result` or `old` outside of `ensures`.
    Ensures,
    /// `?` where the function does not give an optional.
    Try,
    /// An actor made without `spawn`.
    ActorLiteral {
        /// Whether something is asked of it.
        receiver: bool,
    },
    /// A function without `self` in a trait.
    TraitFunction,
}

/// What is wrong with a place that is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Immutable {
    /// It is bound by `let`.
    Let,
    /// It is bound by `let`, with others.
    LetPart,
    /// It is a parameter without `mut`.
    Param,
    /// It is `self` without `mut`.
    SelfValue,
    /// It is bound by a pattern.
    Pattern,
    /// It is a constant.
    Const,
    /// It is captured by a closure.
    Captured,
}

/// What copies or sends a value of a type parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Through {
    /// The name of the function, or of the class or enum whose default does it.
    pub name: Symbol,
    /// Where it does.
    pub at: FileSpan,
}

/// What is wrong with a `select`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectFault {
    /// It has no arms.
    Empty,
    /// An arm waits for nothing.
    NoOperation,
    /// It has a `default` already.
    SecondDefault,
    /// A time is waited for where `default` does not wait.
    AfterBesideDefault,
}

/// What a pattern looks like that is of another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternLike {
    /// `Some(…)` or `None`.
    Option,
    /// A variant, held against a trait object.
    VariantOfObject,
    /// Anything else.
    Other,
}

/// Why an expression is always a trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SureTrap {
    /// Larger or smaller than an `int` can be.
    Overflow,
    /// `/` and `%` by zero.
    DivisionByZero,
    /// A shift by less than 0 or more than 63.
    Shift,
    /// Not from 0 to 255.
    NoByte,
    /// An element that an array does not have.
    Index {
        /// Which.
        index: i64,
        /// How many there are.
        count: usize,
    },
}

/// Why what is shared between tasks would be changed in one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shared {
    /// A method changes it.
    Changes(Symbol),
    /// A method gives away a part that can be changed.
    Gives(Symbol),
    /// A field that holds what can be changed is read outside of its methods.
    Field(Symbol),
}

/// How a part leaves the object whose invariant is about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Leak {
    /// As a value.
    Value,
    /// By a name that a pattern binds.
    Pattern,
    /// By a closure that changes it.
    Change,
    /// By a generator that changes it.
    Generator,
}

impl Fact {
    /// Whether nothing has the name that stands there.
    pub(crate) fn is_unknown_name(&self) -> bool {
        matches!(
            self,
            Self::UnknownName { .. }
                | Self::FieldWithoutValue { .. }
                | Self::AssignUnknown { .. }
                | Self::UnknownType { .. }
        )
    }

    /// Whether the program is taken even so.
    pub(crate) fn is_warning(&self) -> bool {
        matches!(
            self,
            Self::UnusedImport { .. }
                | Self::UnusedLocal { .. }
                | Self::UnusedItem { .. }
                | Self::Shadowed { .. }
                | Self::UnreachableCode { .. }
                | Self::UnusedValue { .. }
                | Self::ComparedWithNone { .. }
                | Self::NeverRaised { .. }
                | Self::UnreachableArm
                | Self::NeedlessElse
                | Self::OldCopies { .. }
                | Self::NeedlessMut { .. }
        )
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are what their variant's sentence names")]
pub enum Fact {
    // ------------------------------------------------------------------------------------- modules and names, E02xx
    /// A name that nothing has.
    UnknownName { name: Symbol, near: Option<Symbol> },
    /// The name that a closure is given, in the closure.
    OwnClosure { name: Symbol },
    /// A type parameter of an `impl` that is not declared.
    UndeclaredParam { name: Symbol },
    /// A field of `self` without `self` before it.
    FieldWithoutSelf { name: Symbol },
    /// A field without a value that nothing here has the name of, but a field of `self` perhaps.
    FieldWithoutValue { name: Symbol, of_self: bool, near: Option<Symbol> },
    /// An assignment to a name that nothing has.
    AssignUnknown { name: Symbol },
    /// A type that nothing declares.
    UnknownType { name: Symbol, near: Option<Symbol> },
    /// A module that is not there.
    UnknownModule {
        path: Vec<Symbol>,
        near: Option<Vec<Symbol>>,
        /// The modules of the standard library, where it would be one of them.
        standard: Option<&'static [&'static str]>,
    },
    /// A module whose name is the standard library's.
    ReservedModule { path: Vec<Symbol> },
    /// Something that a module does not declare.
    UnknownItem { module: ModuleId, name: Symbol, near: Option<Symbol> },
    /// Something that another module keeps for itself.
    PrivateItem { module: ModuleId, name: Symbol, declared: FileSpan },
    /// A second declaration of a name.
    Duplicate { name: Symbol, first: FileSpan },
    /// A second test of one name in a module.
    DuplicateTest { first: FileSpan },
    /// Modules that import each other.
    ImportCycle { modules: Vec<(ModuleId, FileSpan)> },
    /// A name that is no type.
    NotAType { name: Symbol, kind: Kind },
    /// A variant with its fields in braces: how it is made, and the edits to that.
    VariantInBraces { made: String, edits: Vec<(Span, String)> },
    /// A name that is no value.
    NotAValue { name: Symbol, kind: Kind },
    /// A field or method that a type does not have.
    UnknownMember { ty: TyId, name: Symbol, near: Option<Symbol> },
    /// A field or method that a type keeps for its module.
    PrivateMember { ty: TyId, name: Symbol, declared: FileSpan },
    /// A label that no loop around has.
    UnknownLabel { name: Symbol, near: Option<Symbol> },
    /// A method that several traits have.
    AmbiguousMethod { name: Symbol, traits: Vec<TraitId> },
    /// A second impl of a trait for a type.
    DuplicateImpl { of: TraitId, on: TyId, first: FileSpan },
    /// An impl of another package's trait for another package's type.
    ForeignImpl { on: TyId },
    /// A name for a type that stands for itself.
    AliasCycle { name: Symbol },
    /// A constant that needs itself.
    ConstCycle { names: Vec<Symbol> },
    /// A variant that an enum does not have.
    UnknownVariant { ty: TyId, name: Symbol, near: Option<Symbol> },
    /// A variant that several enums have.
    AmbiguousVariant { name: Symbol, enums: Vec<TyId> },
    /// A module that two files are.
    DuplicateModule { path: Vec<Symbol>, first: FileSpan },
    /// A bound that is no trait.
    NotATrait { name: Symbol, kind: Kind },
    /// An import that nothing uses, and what of the text is there for it alone.
    UnusedImport { name: Symbol, alone: FileSpan },
    /// A local name that nothing uses; whether it can be renamed where it is bound.
    UnusedLocal { name: Symbol, field: bool, renamed: bool },
    /// A private declaration that nothing uses.
    UnusedItem { name: Symbol, kind: Kind },
    /// A `let` of a name that the same block has.
    Shadowed { name: Symbol, first: FileSpan },

    // ---------------------------------------------------------------------------------------------------- types, E03xx
    /// A type that is not the one that is needed.
    Mismatch { expected: TyId, found: TyId, because: Option<FileSpan> },
    /// A number of one kind where a larger kind is needed; whether it is in parentheses before it is converted.
    Unconverted { expected: TyId, found: TyId, loose: bool },
    /// A whole number where a float is needed.
    IntForFloat { decimal: bool },
    /// `none` where a type that does not have it is needed.
    NoneForPlain { expected: TyId },
    /// A type that nothing decides.
    CannotInfer { what: TyId },
    /// Too many or too few arguments.
    ArgumentCount { expected: usize, least: usize, found: usize, declared: Option<FileSpan> },
    /// An argument for a parameter that is not there.
    UnknownArgument { name: Symbol, near: Option<Symbol> },
    /// A second value for a field or a parameter.
    GivenTwice { name: Symbol, first: FileSpan },
    /// Fields or parameters that have no value.
    MissingValues { names: Vec<Symbol> },
    /// A call of what cannot be called.
    NotCallable { ty: TyId },
    /// An operator that these operands do not have.
    Operands { operator: BinaryOp, left: TyId, right: TyId },
    /// An operator that this operand does not have.
    Operand { operator: UnaryOp, operand: TyId },
    /// `==` of a type that does not have it, because of a part.
    NotComparable { ty: TyId, part: TyId },
    /// `<` of a type that does not have it.
    NotOrdered { ty: TyId },
    /// A type that does not have a trait.
    MissingTrait { ty: TyId, of: TyId },
    /// Too many or too few type arguments.
    TypeArgumentCount { name: Symbol, expected: usize, found: usize },
    /// A number that its type does not hold.
    OutOfRange { ty: TyId },
    /// An `as` between types that it does not convert.
    Conversion { from: TyId, to: TyId },
    /// A `for` over what has no elements.
    NotIterable { ty: TyId },
    /// An index of what has no elements, or of the wrong type.
    NotIndexable { ty: TyId, index: TyId },
    /// An end of a function that gives nothing.
    MissingReturn { expected: TyId },
    /// `?`, `??` or `?.` of what cannot be `none`; or `?` behind a call, where `!` was meant.
    NotOptional { ty: TyId, call: bool },
    /// A member of what may be `none`.
    MaybeNone { ty: TyId, name: Symbol },
    /// Something at a place that does not allow it.
    Misplaced { what: Misplaced },
    /// Methods that an impl leaves out.
    MissingMethods { of: TraitId, names: Vec<Symbol> },
    /// A method that a trait does not have.
    NotInTrait { of: TraitId, name: Symbol, near: Option<Symbol> },
    /// A method that is not what its trait says.
    SignatureDiffers { of: TraitId, name: Symbol, expected: TyId, found: TyId, declared: FileSpan },
    /// A method whose `self`, parameters or type parameters are not those that its trait says.
    ShapeDiffers { of: TraitId, name: Symbol, declared: FileSpan },
    /// A trait object of a trait that cannot be one.
    NotObject { of: TraitId, method: Symbol },
    /// A key of a map or a set that cannot be one.
    BadKey { ty: TyId, part: TyId },
    /// A type of too many parts.
    TooLarge,
    /// A generic function that is used with types that grow, or with too many.
    Grows,
    /// A constant that is not known before the program runs.
    NotConst,
    /// A literal of what has no fields.
    NotAClass { ty: TyId },
    /// The text behind the colon of a hole, which means nothing for this type.
    BadFormat { ty: TyId },
    /// An `is` that cannot be true, or always is.
    BadIs { value: TyId, ty: TyId },
    /// A `main` that takes or gives something, of an app or of a module.
    BadMain { app: bool },
    /// Nothing, where a value is needed.
    VoidValue { expected: Option<TyId> },
    /// A value of an `if` without `else`.
    MissingElse,
    /// A value that cannot be made, because it needs another one first: the types in a circle.
    Endless { types: Vec<TyId> },
    /// Arithmetic of what is written that is a trap whatever happens.
    SureTrap { what: SureTrap },
    /// An impl for what cannot have one.
    BadImpl { on: TyId },
    /// `a ?? b < c`, where `a` is no `bool?`; and what parentheses around `a ?? b` would be around, where they help.
    ComparesDefault { expected: TyId, operator: BinaryOp, grouped: Option<FileSpan> },
    /// Code that nothing comes to.
    UnreachableCode { after: FileSpan },
    /// A value that nothing uses.
    UnusedValue { ty: TyId },
    /// `==` or `!=` of `none` and what is never `none`.
    ComparedWithNone { ty: TyId, equal: bool },

    // ----------------------------------------------------------------------------------------------- error sets, E04xx
    /// A call that may fail, and does not say so; whether no error may leave from there.
    Unhandled { errors: Vec<ErrorId>, always: bool, closed: bool, way: Vec<FileSpan> },
    /// A `!` or `catch` where nothing can fail.
    Needless { propagate: bool, mark: Option<FileSpan> },
    /// `!` or `catch` of what is no call.
    NotFallible,
    /// Errors that a handler does not take.
    HandlerMisses { errors: Vec<ErrorId> },
    /// Errors that a function does not say it raises.
    Undeclared { function: FunctionId, errors: Vec<ErrorId>, way: Vec<FileSpan> },
    /// A stream that may fail, where nothing can be done about that.
    StreamMayFail { errors: Vec<ErrorId> },
    /// A function value that may fail where none may.
    EffectEscapes { errors: Vec<ErrorId> },
    /// A method that raises what its trait does not say.
    RaisesMore { of: TraitId, name: Symbol, errors: Vec<ErrorId> },
    /// A method that raises what a package does not expect which does not know it; where that would come out.
    RaisesUnexpected { of: TraitId, name: Symbol, errors: Vec<ErrorId>, out: FileSpan },
    /// A `raise` of what is no error.
    NotAnError { ty: TyId },
    /// An arm of a handler that no error comes to.
    NeverRaised { error: ErrorId },

    // ------------------------------------------------------------------------------------------------- patterns, E05xx
    /// Values that no arm takes.
    NotExhaustive { missing: Vec<String> },
    /// Patterns of which it would take too long to find out whether they take everything.
    TooComplex,
    /// An arm that nothing comes to.
    UnreachableArm,
    /// An `else` of a `let` whose pattern always matches.
    NeedlessElse,
    /// A pattern of another type.
    PatternMismatch { expected: TyId, like: PatternLike },
    /// An alternative that does not bind a name that another binds.
    AlternativeNames { name: Symbol },
    /// A pattern that does not always match, where it must.
    Refutable { missing: Vec<String> },
    /// A second binding of a name in a pattern.
    BoundTwice { name: Symbol, first: FileSpan },
    /// Fields that a pattern leaves out without `..`.
    MissingFieldPatterns { names: Vec<Symbol> },
    /// Too many patterns for the fields of a variant.
    TooManyFieldPatterns { expected: usize, found: usize },
    /// A range that holds nothing.
    EmptyRange,

    // ------------------------------------------------------------------------------------------------ contracts, E06xx
    /// Something in a contract that changes something or waits.
    Impure { function: Option<FunctionId> },
    /// A function value in a contract, of which nobody knows what it does.
    ImpureValue,
    /// `old` of a collection, which copies it.
    OldCopies { ty: TyId },
    /// A part that an invariant is about, and that leaves its object.
    LeaksPart { ty: TyId, how: Leak },
    /// What becomes such a part, and can be changed by another name still; the name that stands for a field and its value both; whether
    /// something can be put behind the value.
    SharesPart { ty: TyId, name: Symbol, short: Option<Symbol>, tight: bool },

    // ----------------------------------------------------------------------------------------------- mutability, E07xx
    /// An assignment to a name that does not allow it.
    AssignImmutable { name: Symbol, why: Immutable, declared: FileSpan },
    /// A change through a name that does not allow it.
    MutateImmutable { name: Symbol, why: Immutable, declared: FileSpan },
    /// Something immutable that becomes mutable by another name.
    Thaw { name: Symbol, declared: FileSpan, copied: bool },
    /// A field that is assigned from outside of its class.
    FieldAssign { ty: TyId, name: Symbol },
    /// A part of another object that is changed from outside of its class.
    ForeignPart { ty: TyId, name: Symbol },
    /// Something that is no place.
    NotAPlace,
    /// An assignment to the name of a declaration.
    AssignDeclared { name: Symbol, kind: Kind },
    /// An element of what has no elements that can be changed.
    FixedElements { ty: TyId },
    /// A `mut` that nothing needs.
    NeedlessMut { name: Symbol, word: Option<FileSpan> },

    // ------------------------------------------------------------------------------------------------ injection, E08xx
    /// A type that nothing provides.
    NoProvider { ty: TyId, asked: FileSpan },
    /// A type that several provide.
    ManyProviders { ty: TyId, providers: Vec<TyId> },
    /// Classes that need each other, each with where it asks for the next.
    DependencyCycle { classes: Vec<(ClassId, FileSpan)> },
    /// A class that cannot be injected, because fields have no value.
    NotInjectable { ty: TyId, fields: Vec<Symbol> },
    /// A second thing that the program would begin with: an app, or a `main` beside one.
    SecondEntry { app: ClassId, first: FileSpan },
    /// An app without `main`.
    AppWithoutMain { app: ClassId },
    /// Something mutable that is used from more than one task.
    SharedMutable { ty: TyId, by: Shared, shared: FileSpan },

    // ---------------------------------------------------------------------------------------------- concurrency, E09xx
    /// What cannot go to another task.
    CannotCross { ty: TyId, part: TyId, by: Option<Through> },
    /// `copy` of what has no copy.
    CannotCopy { ty: TyId, part: TyId, by: Option<Through> },
    /// `spawn` of what cannot be one.
    BadSpawn,
    /// `later` of what is no message to an actor.
    BadLater,
    /// A `select` that cannot be of use, or an arm.
    BadSelect { what: SelectFault },
    /// A task that is dropped, or a collection of tasks.
    UnusedTask { many: bool },
}
