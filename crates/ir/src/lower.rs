//! From the typed program to the mid-level form: one function for each function and the types that it is used with.

mod calls;
mod code;
mod concurrency;
mod control;
mod crossing;
mod expectations;
mod exprs;
mod generators;
mod injection;
mod leaving;
mod literals;
mod loops;
mod objects;
mod operators;
mod patterns;
mod places;
mod predicates;
mod shapes;
mod terms;
mod traits;

use pluto_check::body::{ClosureId, ExprId};
use pluto_check::program::{
    ClassId, ClassKind, ConstId, FunctionId, ModuleId, Owner, Program as Source, TestId, TraitId, TypeParamId,
};
use pluto_check::types::{Subst, Ty, TyId, Types};
use pluto_source::Span;
use rustc_hash::FxHashMap;

use crate::Intrinsic;
use crate::program::{FuncId, Function, Lane, Location, Program, ShapeId, TextId, VtableId};

/// What is in a program and cannot be lowered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What it is.
    pub what: String,
    /// Where it is.
    pub at: Location,
}

/// The functions `main` of a program, one in a module at most: those of apps too.
pub fn mains(source: &Source) -> impl Iterator<Item = FunctionId> {
    let begins = |owner| match owner {
        Owner::Module => true,
        Owner::Class(class) => source.classes[class].kind == ClassKind::App,
        _ => false,
    };
    let functions = source
        .functions
        .iter()
        .filter(move |(_, function)| begins(function.owner) && source.text(function.origin.name) == "main");
    functions.map(|(id, _)| id)
}

/// Lowers what a function of a program without errors needs.
///
/// # Errors
/// Where something of the language cannot be lowered.
pub fn lower(source: &Source, main: FunctionId) -> Result<Program, Missing> {
    let mut lowering = Lowering::new(source);
    lowering.out.main = Some(lowering.entry(main));
    lowering.finish()
}

/// Lowers what a test of a program without errors needs: the test is what is run.
///
/// # Errors
/// As [`lower`].
pub fn lower_test(source: &Source, test: TestId) -> Result<Program, Missing> {
    let mut lowering = Lowering::new(source);
    lowering.out.main = Some(lowering.test(test));
    lowering.finish()
}

/// A function for the types that it is used with.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    /// A function of the source.
    Function(FunctionId, Vec<TyId>),
    /// The same as a function value: what it captures is its receiver, where there is one.
    Value(FunctionId, Vec<TyId>, bool),
    /// A variant as a function value.
    Variant(TyId, u32),
    /// A method for the table of a trait object of a type.
    Method(FunctionId, Vec<TyId>, TyId),
    /// A method of an actor, as what is done about a message.
    Message(FunctionId, Vec<TyId>),
    /// A method of a trait object as a function value, whose receiver is what it captures.
    ObjectValue(TraitId, FunctionId, Vec<TyId>),
    /// A method of an actor as a function value, whose handle is what it captures.
    ActorValue(FunctionId, Vec<TyId>, TyId, concurrency::ActorMethod),
    /// A constant.
    Const(ConstId),
    /// The invariants of a type.
    Broken(TyId),
}

/// What is to be lowered into a function.
enum Job {
    Function(FunctionId, Vec<TyId>),
    /// With what it gives.
    Closure(ClosureId, TyId, Subst, ModuleId),
    Value(FunctionId, Vec<TyId>, bool),
    Variant(TyId, u32),
    ObjectValue(TraitId, FunctionId, Vec<TyId>),
    ActorValue(FunctionId, Vec<TyId>, TyId, concurrency::ActorMethod),
    Method(FunctionId, Vec<TyId>, TyId),
    Message(FunctionId, Vec<TyId>),
    Generator(FunctionId, Subst),
    App(ClassId, FunctionId),
    Test(TestId),
    Task(Box<concurrency::Started>),
    Deferred(ExprId, Vec<leaving::Captured>, Subst, ModuleId),
    Const(ConstId),
    Broken(ClassId, TyId),
    FindBroken(ModuleId),
}

/// What is known of a function before its code is made.
struct Reserved {
    name: String,
    /// What it gives, without an error.
    lanes: Vec<Lane>,
    fails: bool,
    at: Location,
    job: Job,
}

struct Lowering<'s> {
    source: &'s Source,
    /// Its types, and those that they become for what stands for type parameters.
    types: Types,
    out: Program,
    known: FxHashMap<Key, FuncId>,
    queue: Vec<(FuncId, Job)>,
    shapes: FxHashMap<TyId, ShapeId>,
    texts: FxHashMap<String, TextId>,
    vtables: FxHashMap<(TraitId, TyId), VtableId>,
    /// Where the tables of traits make an `ActorDown`, in place of which a caller makes its own.
    behind_trait: Option<u32>,
    intrinsics: FxHashMap<&'static str, Intrinsic>,
    guarded: crossing::Guarded,
    missing: Option<Missing>,
}

impl<'s> Lowering<'s> {
    fn new(source: &'s Source) -> Self {
        Self {
            source,
            types: source.types.clone(),
            out: Program::default(),
            known: FxHashMap::default(),
            queue: Vec::new(),
            shapes: FxHashMap::default(),
            texts: FxHashMap::default(),
            vtables: FxHashMap::default(),
            behind_trait: None,
            intrinsics: Intrinsic::ALL
                .iter()
                .copied()
                .chain(pluto_host::functions().iter().copied().map(Intrinsic::Host))
                .map(|known| (known.name(), known))
                .collect(),
            guarded: crossing::Guarded::default(),
            missing: None,
        }
    }

    /// Lowers what is still to be lowered.
    fn finish(mut self) -> Result<Program, Missing> {
        loop {
            while let Some((id, job)) = self.queue.pop() {
                self.run(id, job);
                if let Some(missing) = self.missing.take() {
                    return Err(missing);
                }
            }
            if !self.finish_guarded() {
                return Ok(self.out);
            }
        }
    }

    fn location(&self, module: ModuleId, span: Span) -> Location {
        Location { file: self.source.modules[module].file, span }
    }

    /// A place for a function whose code is made later.
    fn reserve(&mut self, name: String, mut results: Vec<Lane>, fails: bool, at: Location) -> FuncId {
        if fails {
            results.push(Lane::Ref);
        }
        let id = FuncId(self.out.functions.len() as u32);
        self.out.functions.push(Function {
            name,
            params: 0,
            results,
            fails,
            regs: Vec::new(),
            blocks: Vec::new(),
            lists: Vec::new(),
            at,
        });
        id
    }

    /// The function of a key: the first time a place for it, and its code to be made.
    fn once(&mut self, key: Key, reserved: impl FnOnce(&mut Self) -> Reserved) -> FuncId {
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let Reserved { name, lanes, fails, at, job } = reserved(self);
        let id = self.reserve(name, lanes, fails, at);
        self.known.insert(key, id);
        self.queue.push((id, job));
        id
    }

    /// Where a function is in the source.
    fn place_of(&self, function: FunctionId) -> Location {
        let origin = self.source.functions[function].origin;
        self.location(origin.module, origin.span)
    }

    /// The type parameters of a function: those of its owner, then its own.
    fn params_of(&self, function: FunctionId) -> Vec<TypeParamId> {
        let of = &self.source.functions[function];
        let mut params = match of.owner {
            Owner::Module => Vec::new(),
            Owner::Class(id) => self.source.classes[id].type_params.clone(),
            Owner::Enum(id) => self.source.enums[id].type_params.clone(),
            Owner::Impl(id) => self.source.impls[id].type_params.clone(),
            Owner::Trait(id) => {
                let of = &self.source.traits[id];
                std::iter::once(of.self_param).chain(of.type_params.iter().copied()).collect()
            }
            Owner::Builtin => {
                let mut params = Vec::new();
                self.params_in(of.self_ty, &mut params);
                params
            }
        };
        params.extend(&of.type_params);
        params
    }

    fn params_in(&self, ty: TyId, into: &mut Vec<TypeParamId>) {
        let ty = self.types.get(ty);
        if let Ty::Param(param) = ty {
            into.push(param);
        }
        self.types.each_part(ty, &mut |part| self.params_in(part, into));
    }

    /// The function of the program for a function of the source and the types that it is used with.
    fn function(&mut self, function: FunctionId, arguments: Vec<TyId>) -> FuncId {
        self.once(Key::Function(function, arguments.clone()), |l| {
            let subst = Subst::of(&l.params_of(function), &arguments);
            Reserved {
                name: l.name_of(function),
                lanes: l.lanes_of(function, &subst),
                fails: l.fails(function),
                at: l.place_of(function),
                job: Job::Function(function, arguments),
            }
        })
    }

    /// The lanes of what a function gives.
    fn lanes_of(&mut self, function: FunctionId, subst: &Subst) -> Vec<Lane> {
        let result = self.result_of(function, subst);
        self.lanes(result)
    }

    fn result_of(&mut self, function: FunctionId, subst: &Subst) -> TyId {
        let result = self.source.functions[function].result;
        self.types.substitute(result, subst)
    }

    /// Whether a call of a function can give an error.
    fn fails(&self, function: FunctionId) -> bool {
        let of = &self.source.functions[function];
        !of.raises_of.is_empty() || !self.types.errors(of.raises).is_empty()
    }

    /// The name of a function as a stack shows it.
    fn name_of(&self, function: FunctionId) -> String {
        let of = &self.source.functions[function];
        let name = self.source.text(of.origin.name);
        let owner = match of.owner {
            Owner::Class(id) => self.source.classes[id].origin.name,
            Owner::Enum(id) => self.source.enums[id].origin.name,
            Owner::Trait(id) => self.source.traits[id].origin.name,
            Owner::Impl(id) => match self.types.get(self.source.impls[id].on) {
                Ty::Class(id, _) | Ty::Actor(id, _) => self.source.classes[id].origin.name,
                Ty::Enum(id, _) => self.source.enums[id].origin.name,
                _ => return name.to_owned(),
            },
            Owner::Module | Owner::Builtin => return name.to_owned(),
        };
        format!("{}.{name}", self.source.text(owner))
    }

    /// A built-in method of a kind of type.
    fn built_in(&self, kind: &str, name: &str) -> Option<FunctionId> {
        let is_it = |of: &pluto_check::program::Function| {
            of.owner == Owner::Builtin && of.built_in == kind && self.source.text(of.origin.name) == name
        };
        self.source.functions.iter().find(|(_, of)| is_it(of)).map(|(id, _)| id)
    }

    fn text(&mut self, text: &str) -> TextId {
        if let Some(known) = self.texts.get(text) {
            return *known;
        }
        let id = TextId(self.out.texts.len() as u32);
        self.out.texts.push(text.to_owned());
        self.texts.insert(text.to_owned(), id);
        id
    }

    fn run(&mut self, id: FuncId, job: Job) {
        let made = match job {
            Job::Function(function, given) => {
                let subst = Subst::of(&self.params_of(function), &given);
                self.function_code(id, function, subst)
            }
            Job::Closure(closure, result, subst, module) => {
                self.closure_code(id, closure, result, subst, module)
            }
            Job::Value(function, arguments, bound) => self.value_code(id, function, arguments, bound),
            Job::ObjectValue(of, method, given) => self.object_value_code(id, of, method, &given),
            Job::ActorValue(function, given, handle, method) => {
                self.actor_value_code(id, function, given, handle, method)
            }
            Job::Variant(ty, variant) => self.variant_code(id, ty, variant),
            Job::Method(function, arguments, on) => self.method_code(id, function, arguments, on),
            Job::Message(function, arguments) => self.message_code(id, function, arguments),
            Job::Generator(function, subst) => self.yielding_code(id, function, subst),
            Job::App(app, main) => self.app_code(id, app, main),
            Job::Test(test) => self.test_code(id, test),
            Job::Task(started) => self.task_code(id, *started),
            Job::Deferred(body, captured, subst, module) => {
                self.deferred_code(id, body, &captured, subst, module)
            }
            Job::Const(constant) => self.const_code(id, constant),
            Job::Broken(class, ty) => self.broken_code(id, class, ty),
            Job::FindBroken(module) => self.find_broken_code(id, module),
        };
        if let Some(place) = self.out.functions.get_mut(id.index()) {
            *place = made;
        }
    }
}
