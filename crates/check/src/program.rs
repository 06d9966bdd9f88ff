//! The typed program: declarations in arenas, everything resolved to ids. Bodies are in [`body`](crate::body).

use pluto_source::{FileId, Span};
pub use pluto_syntax::tree::ContractKind;

use crate::arena::{Arena, ids};
use crate::body::{BodyId, Nodes};
use crate::inject::Plan;
use crate::names::{Names, Symbol};
use crate::types::{Effect, EffectVar, ErrorSet, TyId, TyList, Types};

ids! {
    /// A package.
    PackageId,
    /// A module.
    ModuleId,
    /// A function or a method, also a built-in one.
    FunctionId,
    /// A class, an actor or an app.
    ClassId,
    /// An enum.
    EnumId,
    /// A trait.
    TraitId,
    /// Methods of a type, with or without a trait.
    ImplId,
    /// An error.
    ErrorId,
    /// A name for a type.
    AliasId,
    /// A constant.
    ConstId,
    /// A test.
    TestId,
    /// A `bind`, or a `with` of a test.
    BindId,
    /// A type parameter.
    TypeParamId,
}

/// A program.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// All names.
    pub names: Names,
    /// All types.
    pub types: Types,
    /// Its modules, sorted by package and path; the first holds what is built in.
    pub modules: Arena<ModuleId, Module>,
    /// Its functions and methods.
    pub functions: Arena<FunctionId, Function>,
    /// Its classes, actors and apps.
    pub classes: Arena<ClassId, Class>,
    /// Its enums.
    pub enums: Arena<EnumId, Enum>,
    /// Its traits.
    pub traits: Arena<TraitId, Trait>,
    /// Its impls.
    pub impls: Arena<ImplId, Impl>,
    /// Its errors.
    pub errors: Arena<ErrorId, ErrorType>,
    /// Its names for types.
    pub aliases: Arena<AliasId, Alias>,
    /// Its constants.
    pub consts: Arena<ConstId, Const>,
    /// Its tests.
    pub tests: Arena<TestId, Test>,
    /// What is bound for injection.
    pub binds: Arena<BindId, Bind>,
    /// Its type parameters.
    pub type_params: Arena<TypeParamId, TypeParam>,
    /// What is known of each variable of an error set.
    pub effects: Arena<EffectVar, EffectInfo>,
    /// How each app, and each class literal that leaves something to inject, is put together.
    pub plans: Vec<Plan>,
    /// Its expressions, patterns and statements.
    pub nodes: Nodes,
}

/// A module: one file.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its package.
    pub package: PackageId,
    /// The names between the dots.
    pub path: Vec<Symbol>,
    /// Its file.
    pub file: FileId,
}

/// Where something is declared.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// Its module.
    pub module: ModuleId,
    /// Its name.
    pub name: Symbol,
    /// Where its name stands.
    pub span: Span,
    /// Whether other modules see it.
    pub public: bool,
}

/// What a function belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A module.
    Module,
    /// A class.
    Class(ClassId),
    /// An enum.
    Enum(EnumId),
    /// A trait: its head, or what it does where an impl says nothing.
    Trait(TraitId),
    /// An impl.
    Impl(ImplId),
    /// What is built in: a method of this kind of type, or a function.
    Builtin,
}

/// A function or a method.
#[derive(Clone, Debug)]
pub struct Function {
    /// Where it is declared.
    pub origin: Origin,
    /// What it belongs to.
    pub owner: Owner,
    /// Of what is built in: the kind of type that it is a method of, as in `array`; empty where it is a function, and `std` where a
    /// module of the standard library declares it.
    pub built_in: &'static str,
    /// Its own type parameters, without its owner's.
    pub type_params: Vec<TypeParamId>,
    /// Of a method: whether it may change `self`.
    pub receiver: Option<bool>,
    /// What `self` is, of a method.
    pub self_ty: TyId,
    /// Its other parameters.
    pub params: Vec<Param>,
    /// What it gives; of a generator a stream.
    pub result: TyId,
    /// What a generator yields.
    pub yields: Option<TyId>,
    /// The errors that it says it raises.
    pub declared: Option<ErrorSet>,
    /// The variables that stand for the errors of its parameters.
    pub effect_params: Vec<EffectVar>,
    /// Its contracts.
    pub contracts: Vec<Contract>,
    /// What it does; nothing in the head of a trait's method and in what is built in.
    pub body: Option<BodyId>,
    /// The errors that it raises itself, found out over the whole program, without those of its parameters.
    pub raises: ErrorSet,
    /// Which variables of its parameters it raises.
    pub raises_of: Vec<EffectVar>,
    /// Whether a call changes nothing and waits for nothing.
    pub pure: bool,
}

impl Function {
    /// How many values a call has: `self`, where it is a method, and the parameters.
    #[must_use]
    pub fn arguments(&self) -> usize {
        self.params.len() + usize::from(self.receiver.is_some())
    }
}

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name.
    pub name: Symbol,
    /// All of it.
    pub span: Span,
    /// Its type.
    pub ty: TyId,
    /// Whether the function may change what it is given.
    pub mutable: bool,
    /// What it is where no argument is given.
    pub default: Option<BodyId>,
    /// Whether there is a default, which may be wrong.
    pub optional: bool,
}

/// A clause of a contract.
#[derive(Clone, Copy, Debug)]
pub struct Contract {
    /// Which.
    pub kind: ContractKind,
    /// All of it.
    pub span: Span,
    /// What must be true.
    pub body: BodyId,
}

/// A field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: Symbol,
    /// Where its name stands.
    pub span: Span,
    /// Whether other modules may read it.
    pub public: bool,
    /// Its type.
    pub ty: TyId,
    /// What it is where nothing is given.
    pub default: Option<BodyId>,
    /// Whether there is a default, which may be wrong.
    pub optional: bool,
    /// Whether it is injected.
    pub injected: bool,
}

/// Whether a class is one, or something more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassKind {
    /// A class.
    Class,
    /// An actor.
    Actor,
    /// An app.
    App,
}

/// A class, an actor or an app.
#[derive(Clone, Debug)]
pub struct Class {
    /// Where it is declared.
    pub origin: Origin,
    /// What it is.
    pub kind: ClassKind,
    /// Its type parameters.
    pub type_params: Vec<TypeParamId>,
    /// What `self` is in its methods.
    pub self_ty: TyId,
    /// What is injected, then its fields.
    pub fields: Vec<Field>,
    /// Its methods, without those of its impls.
    pub methods: Vec<FunctionId>,
    /// Its invariants.
    pub invariants: Vec<Contract>,
}

/// An enum.
#[derive(Clone, Debug)]
pub struct Enum {
    /// Where it is declared.
    pub origin: Origin,
    /// Its type parameters.
    pub type_params: Vec<TypeParamId>,
    /// What `self` is in its methods.
    pub self_ty: TyId,
    /// Its variants.
    pub variants: Vec<Variant>,
    /// Its methods, without those of its impls.
    pub methods: Vec<FunctionId>,
}

/// A variant of an enum.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its name.
    pub name: Symbol,
    /// Where its name stands.
    pub span: Span,
    /// What it holds.
    pub fields: Vec<Field>,
}

/// A trait.
#[derive(Clone, Debug)]
pub struct Trait {
    /// Where it is declared.
    pub origin: Origin,
    /// Its type parameters.
    pub type_params: Vec<TypeParamId>,
    /// The parameter that stands for the type that has it.
    pub self_param: TypeParamId,
    /// Its methods.
    pub methods: Vec<FunctionId>,
    /// What the compiler itself decides about it.
    pub marker: Option<Marker>,
}

/// A trait that types have by what they are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Marker {
    /// It has `==`.
    Equal,
    /// It has `<`.
    Ordered,
    /// It can be a key of a map.
    Key,
    /// It has `+` and a zero.
    Number,
}

/// Methods of a type.
#[derive(Clone, Debug)]
pub struct Impl {
    /// Its module.
    pub module: ModuleId,
    /// Where the type stands.
    pub span: Span,
    /// Its type parameters.
    pub type_params: Vec<TypeParamId>,
    /// The trait, and its arguments.
    pub of: Option<(TraitId, TyList)>,
    /// The type that has it.
    pub on: TyId,
    /// Its methods.
    pub methods: Vec<FunctionId>,
}

/// An error.
#[derive(Clone, Debug)]
pub struct ErrorType {
    /// Where it is declared.
    pub origin: Origin,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// A name for a type.
#[derive(Clone, Debug)]
pub struct Alias {
    /// Where it is declared.
    pub origin: Origin,
    /// Its type parameters.
    pub type_params: Vec<TypeParamId>,
    /// What it stands for.
    pub ty: TyId,
    /// The sets of errors that are its user's: of functions that say nothing about errors, and of tasks, with whether it is of a task.
    pub effects: Vec<(EffectVar, bool)>,
}

/// A constant.
#[derive(Clone, Debug)]
pub struct Const {
    /// Where it is declared.
    pub origin: Origin,
    /// Its type.
    pub ty: TyId,
    /// What it is.
    pub body: Option<BodyId>,
}

/// A test.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its module.
    pub module: ModuleId,
    /// Where its name stands.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// What it binds.
    pub binds: Vec<BindId>,
    /// What it does.
    pub body: Option<BodyId>,
}

/// What is injected where a type is asked for.
#[derive(Clone, Debug)]
pub struct Bind {
    /// Its module.
    pub module: ModuleId,
    /// Where the type stands.
    pub span: Span,
    /// The type that is asked for.
    pub ty: TyId,
    /// What is injected.
    pub body: Option<BodyId>,
}

/// A type parameter.
#[derive(Clone, Debug)]
pub struct TypeParam {
    /// Its name.
    pub name: Symbol,
    /// Where it stands.
    pub span: Span,
    /// The traits that it has, with their arguments.
    pub bounds: Vec<(TraitId, TyList)>,
}

/// What is known of a variable of an error set.
#[derive(Clone, Copy, Debug, Default)]
pub struct EffectInfo {
    /// Whose parameter it stands for; nothing for a variable inside a body or of a task.
    pub param_of: Option<FunctionId>,
    /// What the default of that parameter raises in its place.
    pub default: Option<EffectVar>,
    /// The errors that were found for it.
    pub found: Option<ErrorSet>,
}

impl Program {
    /// Forgets what its functions ask for and promise, and its invariants: nothing will look at them when it runs.
    pub fn forget_contracts(&mut self) {
        self.functions.values_mut().for_each(|function| function.contracts.clear());
        self.classes.values_mut().for_each(|class| class.invariants.clear());
    }

    /// The text of a name.
    pub fn text(&self, name: Symbol) -> &str {
        self.names.text(name)
    }

    /// What is known of the errors of an effect: those of a set, or those that were found for a variable.
    pub fn known_errors(&self, effect: Effect) -> ErrorSet {
        match effect {
            Effect::Errors(set) => set,
            Effect::Var(var) => self.effects[var].found.unwrap_or(ErrorSet::EMPTY),
        }
    }
}
