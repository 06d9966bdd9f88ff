//! What is built in. Its heads are written in Pluto, in `prelude.pluto`; this says which of its traits hold the methods of
//! which kind of type, and what the compiler itself must know of.

use std::sync::{Arc, LazyLock};

use pluto_source::{FileId, Files};
use pluto_syntax::tree::{self, Tree};
use rustc_hash::FxHashMap;

use crate::checker::{Checker, Def, Entry, File, Methods, Scope, Sites};
use crate::declare::prelude_module;
use crate::error::CheckError;
use crate::input::Input;
use crate::names::{Names, Symbol};
use crate::program::{
    EffectInfo, ErrorId, FunctionId, Marker, ModuleId, Owner, Program, TraitId, TypeParamId,
};
use crate::relations::Head;
use crate::types::{Effect, EffectVar, Ty, TyId};

const TEXT: &str = include_str!("prelude.pluto");

/// What is built in, with all its types and error sets: every check begins with a copy.
pub(crate) struct Prelude {
    pub(crate) file: File<'static>,
    pub(crate) program: Program,
    pub(crate) scope: Scope,
    pub(crate) sites: Sites,
    pub(crate) methods: Methods,
    pub(crate) builtins: Builtins,
}

impl Prelude {
    /// What is built in, resolved once.
    pub(crate) fn get() -> &'static Self {
        static PRELUDE: LazyLock<Prelude> = LazyLock::new(|| Prelude::resolve().0);
        &PRELUDE
    }

    /// Resolves what is built in; also gives what is wrong with it.
    fn resolve() -> (Self, Vec<CheckError>) {
        static TREE: LazyLock<Tree> = LazyLock::new(|| pluto_syntax::parse(TEXT).tree);
        let file = File { tree: &TREE, text: TEXT, id: FileId(u32::MAX) };
        let files = Files::new();
        let input = Input::new(&files);
        let mut program = Program::default();
        let builtins = Builtins::new(&mut program.names);
        let mut checker = Checker::bare(&input, file, program, builtins);
        checker.declare_prelude();
        checker.enter_builtins();
        checker.resolve_heads();
        checker.check_bodies();
        checker.check_purity();
        checker.solve_effects();
        let Checker { mut program, mut scopes, sites, methods, builtins, found, .. } = checker;
        let mut scope = scopes.pop().unwrap_or_default();
        scope.names.remove(&program.names.intern(UNNAMED));
        scope.variants.clear();
        (Self { file, program, scope, sites, methods, builtins }, found)
    }
}

/// Whether functions change nothing of their own and wait for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purity {
    Pure,
    Effectful,
}

/// Which kind of type each trait of the prelude holds the methods of, and how it is called.
const HOLDERS: [(&str, &str, Head, Purity); 33] = [
    ("Functions", "", Head::Functions, Purity::Pure),
    ("Effects", "", Head::Functions, Purity::Effectful),
    ("RandomNamespace", "random", Head::Random, Purity::Effectful),
    ("AnyMethods", "any", Head::Any, Purity::Pure),
    ("IntMethods", "int", Head::Int, Purity::Pure),
    ("FloatMethods", "float", Head::Float, Purity::Pure),
    ("BoolMethods", "bool", Head::Bool, Purity::Pure),
    ("ByteMethods", "byte", Head::Byte, Purity::Pure),
    ("StringMethods", "string", Head::String, Purity::Pure),
    ("BytesMethods", "bytes", Head::Bytes, Purity::Pure),
    ("BufferMethods", "buffer", Head::Buffer, Purity::Pure),
    ("DurationMethods", "duration", Head::Duration, Purity::Pure),
    ("InstantMethods", "instant", Head::Instant, Purity::Effectful),
    ("RangeMethods", "range", Head::Range, Purity::Pure),
    ("TermMethods", "term", Head::Term, Purity::Pure),
    ("ArrayMethods", "array", Head::Array, Purity::Pure),
    ("ArrayOfEqual", "array", Head::Array, Purity::Pure),
    ("ArrayOfKeys", "array", Head::Array, Purity::Pure),
    ("ArrayOfOrdered", "array", Head::Array, Purity::Pure),
    ("ArrayOfNumbers", "array", Head::Array, Purity::Pure),
    ("MapMethods", "map", Head::Map, Purity::Pure),
    ("SetMethods", "set", Head::Set, Purity::Pure),
    ("OptionalMethods", "optional", Head::Optional, Purity::Pure),
    ("TaskMethods", "task", Head::Task, Purity::Effectful),
    ("SenderMethods", "sender", Head::Sender, Purity::Effectful),
    ("ReceiverMethods", "receiver", Head::Receiver, Purity::Effectful),
    ("StreamMethods", "stream", Head::Stream, Purity::Effectful),
    ("ActorMethods", "actor", Head::AnyActor, Purity::Effectful),
    ("ExpectationOfBool", "expectation", Head::Expectation, Purity::Effectful),
    ("ExpectationOfOptional", "expectation", Head::Expectation, Purity::Effectful),
    ("ExpectationOfText", "expectation", Head::Expectation, Purity::Effectful),
    ("ExpectationOfEqual", "expectation", Head::Expectation, Purity::Effectful),
    ("ExpectationOfOrdered", "expectation", Head::Expectation, Purity::Effectful),
];

/// The names of built-in types and namespaces.
const TYPES: [(&str, Head); 21] = [
    ("int", Head::Int),
    ("float", Head::Float),
    ("bool", Head::Bool),
    ("byte", Head::Byte),
    ("string", Head::String),
    ("bytes", Head::Bytes),
    ("Buffer", Head::Buffer),
    ("duration", Head::Duration),
    ("instant", Head::Instant),
    ("void", Head::Void),
    ("never", Head::Never),
    ("term", Head::Term),
    ("Range", Head::Range),
    ("Array", Head::Array),
    ("Map", Head::Map),
    ("Set", Head::Set),
    ("Task", Head::Task),
    ("Sender", Head::Sender),
    ("Receiver", Head::Receiver),
    ("Expectation", Head::Expectation),
    ("random", Head::Random),
];

/// What no program can name: the enum that a `term` is.
const UNNAMED: &str = "Term";

/// What a built-in function is declared in.
#[derive(Clone, Debug)]
struct Home {
    head: Head,
    purity: Purity,
    params: Vec<TypeParamId>,
    of: Of,
}

/// What is expected of what, by methods that not every expectation has.
#[derive(Clone, Copy, Debug)]
enum Of {
    Any,
    Bool,
    Text,
    Optional,
}

/// What the compiler must know of what is built in.
#[derive(Clone, Debug)]
pub(crate) struct Builtins {
    holders: FxHashMap<Symbol, (&'static str, Head, Purity)>,
    homes: Arc<FxHashMap<FunctionId, Home>>,
    /// The traits that hold methods, with their type parameters.
    pub(crate) sites: Vec<(tree::Trait, Vec<TypeParamId>)>,
    types: Vec<(Symbol, Head)>,
    markers: Vec<(Symbol, Marker)>,
    pub(crate) self_name: Symbol,
    pub(crate) task_effect: Option<EffectVar>,
    pub(crate) channel_closed: Option<ErrorId>,
    pub(crate) task_failed: Option<ErrorId>,
    pub(crate) actor_down: Option<ErrorId>,
    pub(crate) iterator: Option<TraitId>,
    pub(crate) key: Option<TraitId>,
    pub(crate) chan: Option<FunctionId>,
    pub(crate) names: KnownNames,
}

/// Names that the compiler looks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownNames {
    pub(crate) main: Symbol,
    pub(crate) result: Symbol,
    pub(crate) old: Symbol,
    pub(crate) of: Symbol,
    pub(crate) send: Symbol,
    pub(crate) recv: Symbol,
    pub(crate) get: Symbol,
    pub(crate) underscore: Symbol,
}

impl Builtins {
    pub(crate) fn new(names: &mut Names) -> Self {
        let holder =
            |(name, kind, head, purity): &(&str, _, _, _)| (names.intern(name), (*kind, *head, *purity));
        let holders = HOLDERS.iter().map(holder).collect();
        let marker = |name, marker, names: &mut Names| (names.intern(name), marker);
        Self {
            holders,
            homes: Arc::default(),
            sites: Vec::new(),
            types: TYPES.iter().map(|(name, head)| (names.intern(name), *head)).collect(),
            markers: vec![
                marker("Equal", Marker::Equal, names),
                marker("Ordered", Marker::Ordered, names),
                marker("Key", Marker::Key, names),
                marker("Number", Marker::Number, names),
            ],
            self_name: names.intern("Self"),
            task_effect: None,
            channel_closed: None,
            task_failed: None,
            actor_down: None,
            iterator: None,
            key: None,
            chan: None,
            names: KnownNames {
                main: names.intern("main"),
                result: names.intern("result"),
                old: names.intern("old"),
                of: names.intern("of"),
                send: names.intern("send"),
                recv: names.intern("recv"),
                get: names.intern("get"),
                underscore: names.intern("_"),
            },
        }
    }

    pub(crate) fn marker(&self, name: Symbol) -> Option<Marker> {
        self.markers.iter().find(|(known, _)| *known == name).map(|(_, marker)| *marker)
    }

    pub(crate) fn params_of(&self, function: FunctionId) -> &[TypeParamId] {
        self.homes.get(&function).map_or(&[], |home| &home.params)
    }
}

impl Checker<'_> {
    /// Enters a trait of the prelude that holds methods of a kind of type; `false` where it is a trait like others.
    pub(crate) fn declare_builtin(&mut self, module: ModuleId, site: tree::Trait) -> bool {
        let name = self.symbol(module, site.name);
        let Some((kind, head, purity)) = self.builtins.holders.get(&name).copied() else { return false };
        let functions = self.add_methods(module, site.methods, Owner::Builtin);
        let params = self.declare_type_params(module, site.type_params);
        let of = match self.program.text(name) {
            "ExpectationOfBool" => Of::Bool,
            "ExpectationOfText" => Of::Text,
            "ExpectationOfOptional" => Of::Optional,
            _ => Of::Any,
        };
        for function in functions {
            self.program.functions[function].built_in = kind;
            let origin = self.program.functions[function].origin;
            let home = Home { head, purity, params: params.clone(), of };
            Arc::make_mut(&mut self.builtins.homes).insert(function, home);
            if head == Head::Functions {
                self.bind_name(module, origin, Def::Function(function));
            } else {
                self.methods.own.insert((head, origin.name), function);
            }
        }
        self.builtins.sites.push((site, params));
        true
    }

    /// Enters the names of built-in types, and finds what the compiler must know of.
    pub(crate) fn enter_builtins(&mut self) {
        let module = prelude_module();
        for (name, head) in self.builtins.types.clone() {
            let entry = Entry {
                def: Def::Builtin(head),
                span: pluto_source::Span::empty(0),
                imported: false,
                used: true,
            };
            self.scope(module).names.insert(name, entry);
        }
        let mut find = |name: &str| {
            let symbol = self.program.names.intern(name);
            self.scope(module).names.get(&symbol).map(|entry| entry.def)
        };
        let error = |def| if let Some(Def::Error(id)) = def { Some(id) } else { None };
        let of_trait = |def| if let Some(Def::Trait(id)) = def { Some(id) } else { None };
        let (closed, failed, down) =
            (error(find("ChannelClosed")), error(find("TaskFailed")), error(find("ActorDown")));
        let (iterator, key) = (of_trait(find("Iterator")), of_trait(find("Key")));
        let chan = if let Some(Def::Function(id)) = find("chan") { Some(id) } else { None };
        let builtins = &mut self.builtins;
        (builtins.channel_closed, builtins.task_failed, builtins.actor_down) = (closed, failed, down);
        (builtins.iterator, builtins.key, builtins.chan) = (iterator, key, chan);
    }

    /// What `self` is in the methods of a built-in kind of type.
    pub(crate) fn builtin_self(&mut self, function: FunctionId) -> TyId {
        let Some(Home { head, params, of, .. }) = self.builtins.homes.get(&function).cloned() else {
            return TyId::WRONG;
        };
        let mut args = params
            .into_iter()
            .map(|param| self.program.types.intern(Ty::Param(param)))
            .collect::<Vec<_>>()
            .into_iter();
        let mut next = || args.next().unwrap_or(TyId::WRONG);
        let ty = match head {
            Head::Array => Ty::Array(next()),
            Head::Map => Ty::Map(next(), next()),
            Head::Set => Ty::Set(next()),
            Head::Optional => {
                let of = next();
                return self.program.types.optional(of);
            }
            Head::Sender => Ty::Sender(next()),
            Head::Receiver => Ty::Receiver(next()),
            Head::Stream => Ty::Stream(next()),
            Head::Expectation => Ty::Expectation(match of {
                Of::Any => next(),
                Of::Bool => TyId::BOOL,
                Of::Text => TyId::STRING,
                Of::Optional => {
                    let of = next();
                    self.program.types.optional(of)
                }
            }),
            Head::Task => {
                let result = next();
                Ty::Task(result, Effect::Var(self.task_effect()))
            }
            Head::Any => return next(),
            head => head.plain().unwrap_or(Ty::Wrong),
        };
        self.program.types.intern(ty)
    }

    /// The variable that stands for what a task raises, in the methods of tasks.
    pub(crate) fn task_effect(&mut self) -> EffectVar {
        if let Some(var) = self.builtins.task_effect {
            return var;
        }
        let var = self.program.effects.add(EffectInfo::default());
        self.builtins.task_effect = Some(var);
        var
    }

    /// Whether a built-in function changes nothing and waits for nothing.
    pub(crate) fn builtin_is_pure(&self, function: FunctionId) -> bool {
        let of = &self.program.functions[function];
        let pure = self.builtins.homes.get(&function).is_some_and(|home| home.purity == Purity::Pure);
        pure && of.receiver != Some(true) && of.params.iter().all(|param| !param.mutable)
    }
}

#[cfg(test)]
mod tests {
    use super::{HOLDERS, Prelude, TEXT};

    #[test]
    fn what_is_built_in_parses_and_each_holder_is_there() {
        assert_eq!(pluto_syntax::parse(TEXT).errors, []);
        assert_eq!(Prelude::resolve().1, []);
        let missing: Vec<&str> = HOLDERS
            .iter()
            .map(|(name, ..)| *name)
            .filter(|name| {
                !TEXT.contains(&format!("trait {name} ")) && !TEXT.contains(&format!("trait {name}<"))
            })
            .collect();
        assert_eq!(missing, Vec::<&str>::new());
    }
}
