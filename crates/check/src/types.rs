//! Types, each stored once: two types are the same exactly when their ids are equal.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::arena::ids;
use crate::program::{ClassId, EnumId, ErrorId, TraitId, TypeParamId};

ids! {
    /// A type.
    TyId,
    /// Types, one after the other.
    TyList,
    /// A set of errors that is not known before all of the program is: of a parameter, of a closure, of a task.
    EffectVar,
    /// Errors, sorted.
    ErrorSet,
}

/// What a call of a function value, or the end of a task, may raise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// These errors; none is the set of no errors.
    Errors(ErrorSet),
    /// What is found out for this variable.
    Var(EffectVar),
}

/// A type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ty {
    /// What is unknown because of an error that was reported. It agrees with everything.
    Wrong,
    /// `int`
    Int,
    /// `float`
    Float,
    /// `bool`
    Bool,
    /// `byte`
    Byte,
    /// `string`
    String,
    /// `bytes`
    Bytes,
    /// `Buffer`
    Buffer,
    /// `duration`
    Duration,
    /// `instant`
    Instant,
    /// `void`
    Void,
    /// `never`
    Never,
    /// `term`, a value of the BEAM.
    Term,
    /// `Range`, of `a..b`.
    Range,
    /// `(A, B)`
    Tuple(TyList),
    /// `[T]`
    Array(TyId),
    /// `Map<K, V>`
    Map(TyId, TyId),
    /// `Set<T>`
    Set(TyId),
    /// `T?`
    Optional(TyId),
    /// `fn(A) B raises E`
    Function(TyList, TyId, Effect),
    /// `Task<T>`
    Task(TyId, Effect),
    /// `Sender<T>`
    Sender(TyId),
    /// `Receiver<T>`
    Receiver(TyId),
    /// What a generator gives.
    Stream(TyId),
    /// `Expectation<T>`, of `expect(x)`.
    Expectation(TyId),
    /// A class, or the state of an actor as its own methods see it.
    Class(ClassId, TyList),
    /// A handle of an actor.
    Actor(ClassId, TyList),
    /// An enum.
    Enum(EnumId, TyList),
    /// An error.
    Error(ErrorId),
    /// Some error of a set, as a handler sees it.
    Caught(Effect),
    /// A trait object.
    Trait(TraitId, TyList),
    /// A type parameter.
    Param(TypeParamId),
    /// A type that is still looked for. None is left in a program without errors.
    Infer(u32),
}

const INFER: u8 = 1;
const PARAM: u8 = 2;
const WRONG: u8 = 4;
const EFFECT: u8 = 8;

/// A type of more parts than this is refused.
const PARTS: u32 = 4_000;

/// A type nested deeper than this is refused, so that what looks at types may recurse.
const DEPTH: u32 = 400;

/// All types of a program. A copy shares its lists, as that of [`Names`](crate::names::Names) does its texts.
#[derive(Clone, Debug)]
pub struct Types {
    ids: FxHashMap<Ty, TyId>,
    types: Vec<Ty>,
    flags: Vec<u8>,
    /// How many parts each has, and how deep it is nested.
    sizes: Vec<(u32, u32)>,
    list_ids: FxHashMap<Arc<[TyId]>, TyList>,
    lists: Vec<Arc<[TyId]>>,
    set_ids: FxHashMap<Arc<[ErrorId]>, ErrorSet>,
    sets: Vec<Arc<[ErrorId]>>,
    too_large: bool,
}

macro_rules! known {
    ($($(#[$doc:meta])* $name:ident = $index:literal => $ty:ident,)*) => {
        impl TyId {
            $($(#[$doc])* pub const $name: Self = Self($index);)*
        }
        const KNOWN: &[Ty] = &[$(Ty::$ty,)*];
    };
}

known! {
    /// What an error left unknown.
    WRONG = 0 => Wrong,
    /// `int`
    INT = 1 => Int,
    /// `float`
    FLOAT = 2 => Float,
    /// `bool`
    BOOL = 3 => Bool,
    /// `byte`
    BYTE = 4 => Byte,
    /// `string`
    STRING = 5 => String,
    /// `bytes`
    BYTES = 6 => Bytes,
    /// `Buffer`
    BUFFER = 7 => Buffer,
    /// `duration`
    DURATION = 8 => Duration,
    /// `instant`
    INSTANT = 9 => Instant,
    /// `void`
    VOID = 10 => Void,
    /// `never`
    NEVER = 11 => Never,
    /// `term`
    TERM = 12 => Term,
    /// `Range`
    RANGE = 13 => Range,
}

impl TyList {
    /// No types.
    pub const EMPTY: Self = Self(0);
}

impl ErrorSet {
    /// No errors.
    pub const EMPTY: Self = Self(0);
}

impl Effect {
    /// No errors.
    pub const NONE: Self = Self::Errors(ErrorSet::EMPTY);
}

impl Default for Types {
    fn default() -> Self {
        let mut types = Self {
            ids: FxHashMap::default(),
            types: Vec::new(),
            flags: Vec::new(),
            sizes: Vec::new(),
            list_ids: FxHashMap::default(),
            lists: Vec::new(),
            set_ids: FxHashMap::default(),
            sets: Vec::new(),
            too_large: false,
        };
        for ty in KNOWN {
            types.intern(*ty);
        }
        types.list(&[]);
        types.error_set(Vec::new());
        types
    }
}

#[expect(clippy::indexing_slicing, reason = "an id comes from its own table, which never shrinks")]
impl Types {
    /// The id of a type.
    pub fn intern(&mut self, ty: Ty) -> TyId {
        if let Some(id) = self.ids.get(&ty) {
            return *id;
        }
        let (flags, size) = self.measure(ty);
        if size.0 > PARTS || size.1 > DEPTH {
            self.too_large = true;
            return TyId::WRONG;
        }
        let id = TyId(self.types.len() as u32);
        self.types.push(ty);
        self.flags.push(flags);
        self.sizes.push(size);
        self.ids.insert(ty, id);
        id
    }

    /// The id of a list of types.
    pub fn list(&mut self, types: &[TyId]) -> TyList {
        if let Some(id) = self.list_ids.get(types) {
            return *id;
        }
        let id = TyList(self.lists.len() as u32);
        let types: Arc<[TyId]> = types.into();
        self.lists.push(Arc::clone(&types));
        self.list_ids.insert(types, id);
        id
    }

    /// The id of a set of errors.
    pub fn error_set(&mut self, mut errors: Vec<ErrorId>) -> ErrorSet {
        errors.sort_unstable();
        errors.dedup();
        if let Some(id) = self.set_ids.get(errors.as_slice()) {
            return *id;
        }
        let id = ErrorSet(self.sets.len() as u32);
        let errors: Arc<[ErrorId]> = errors.into();
        self.sets.push(Arc::clone(&errors));
        self.set_ids.insert(errors, id);
        id
    }

    /// What a type is.
    pub fn get(&self, id: TyId) -> Ty {
        self.types[id.0 as usize]
    }

    /// The types of a list.
    pub fn items(&self, list: TyList) -> &[TyId] {
        &self.lists[list.0 as usize]
    }

    /// The errors of a set.
    pub fn errors(&self, set: ErrorSet) -> &[ErrorId] {
        &self.sets[set.0 as usize]
    }

    /// All types.
    pub(crate) fn all(&self) -> &[Ty] {
        &self.types
    }

    /// Whether there is such a type.
    pub fn has(&self, id: TyId) -> bool {
        (id.0 as usize) < self.types.len()
    }

    /// Whether a type that is still looked for is a part of it.
    pub fn has_infer(&self, id: TyId) -> bool {
        self.flags[id.0 as usize] & INFER != 0
    }

    /// Whether something unknown because of an error is a part of it.
    pub fn has_wrong(&self, id: TyId) -> bool {
        self.flags[id.0 as usize] & WRONG != 0
    }

    /// Whether a type parameter is a part of it.
    pub fn has_param(&self, id: TyId) -> bool {
        self.flags[id.0 as usize] & PARAM != 0
    }

    fn is_open(&self, id: TyId) -> bool {
        self.flags[id.0 as usize] & (PARAM | EFFECT) != 0
    }

    /// Whether a type was refused because of its size since this was asked last.
    pub(crate) fn take_too_large(&mut self) -> bool {
        std::mem::take(&mut self.too_large)
    }

    fn measure(&self, ty: Ty) -> (u8, (u32, u32)) {
        let own = match ty {
            Ty::Wrong => WRONG,
            Ty::Infer(_) => INFER,
            Ty::Param(_) => PARAM,
            Ty::Function(_, _, Effect::Var(_)) | Ty::Task(_, Effect::Var(_)) => EFFECT,
            _ => 0,
        };
        let mut flags = own;
        let (mut parts, mut depth) = (1_u32, 0);
        self.each_part(ty, &mut |part| {
            flags |= self.flags[part.0 as usize];
            let (inner, below) = self.sizes[part.0 as usize];
            parts = parts.saturating_add(inner);
            depth = depth.max(below);
        });
        (flags, (parts, depth + 1))
    }
}

impl Types {
    /// Calls `f` with each part of a type, one level down.
    pub fn each_part(&self, ty: Ty, f: &mut dyn FnMut(TyId)) {
        match ty {
            Ty::Tuple(list)
            | Ty::Class(_, list)
            | Ty::Actor(_, list)
            | Ty::Enum(_, list)
            | Ty::Trait(_, list) => self.items(list).iter().for_each(|part| f(*part)),
            Ty::Array(part)
            | Ty::Set(part)
            | Ty::Optional(part)
            | Ty::Task(part, _)
            | Ty::Sender(part)
            | Ty::Receiver(part)
            | Ty::Stream(part)
            | Ty::Expectation(part) => f(part),
            Ty::Map(key, value) => {
                f(key);
                f(value);
            }
            Ty::Function(params, result, _) => {
                self.items(params).iter().for_each(|part| f(*part));
                f(result);
            }
            _ => (),
        }
    }

    /// The type with each of its parts, one level down, put through `f`.
    pub fn map_parts(&mut self, id: TyId, f: &mut dyn FnMut(&mut Self, TyId) -> TyId) -> TyId {
        let ty = match self.get(id) {
            Ty::Tuple(list) => Ty::Tuple(self.map_list(list, f)),
            Ty::Class(class, list) => Ty::Class(class, self.map_list(list, f)),
            Ty::Actor(class, list) => Ty::Actor(class, self.map_list(list, f)),
            Ty::Enum(of, list) => Ty::Enum(of, self.map_list(list, f)),
            Ty::Trait(of, list) => Ty::Trait(of, self.map_list(list, f)),
            Ty::Array(part) => Ty::Array(f(self, part)),
            Ty::Set(part) => Ty::Set(f(self, part)),
            Ty::Optional(part) => {
                let part = f(self, part);
                return self.optional(part);
            }
            Ty::Task(part, effect) => Ty::Task(f(self, part), effect),
            Ty::Sender(part) => Ty::Sender(f(self, part)),
            Ty::Receiver(part) => Ty::Receiver(f(self, part)),
            Ty::Stream(part) => Ty::Stream(f(self, part)),
            Ty::Expectation(part) => Ty::Expectation(f(self, part)),
            Ty::Map(key, value) => Ty::Map(f(self, key), f(self, value)),
            Ty::Function(params, result, effect) => {
                Ty::Function(self.map_list(params, f), f(self, result), effect)
            }
            other => other,
        };
        self.intern(ty)
    }

    fn map_list(&mut self, list: TyList, f: &mut dyn FnMut(&mut Self, TyId) -> TyId) -> TyList {
        if list == TyList::EMPTY {
            return list;
        }
        let old = self.items(list).to_vec();
        let new: Vec<TyId> = old.iter().map(|part| f(self, *part)).collect();
        if new == old { list } else { self.list(&new) }
    }

    /// `T?`, which of `T?` is `T?`.
    pub fn optional(&mut self, of: TyId) -> TyId {
        match self.get(of) {
            Ty::Optional(_) | Ty::Wrong => of,
            _ => self.intern(Ty::Optional(of)),
        }
    }

    /// A tuple.
    pub fn tuple(&mut self, parts: &[TyId]) -> TyId {
        let list = self.list(parts);
        self.intern(Ty::Tuple(list))
    }

    /// A type with parameters and variables put in place.
    pub fn substitute(&mut self, id: TyId, subst: &Subst) -> TyId {
        if subst.is_empty() || !self.is_open(id) {
            return id;
        }
        match self.get(id) {
            Ty::Param(param) => subst.param(param).unwrap_or(id),
            Ty::Function(params, result, effect) => {
                let mut f = |types: &mut Self, part| types.substitute(part, subst);
                let params = self.map_list(params, &mut f);
                let result = f(self, result);
                self.intern(Ty::Function(params, result, subst.effect(effect)))
            }
            Ty::Task(result, effect) => {
                let result = self.substitute(result, subst);
                self.intern(Ty::Task(result, subst.effect(effect)))
            }
            _ => self.map_parts(id, &mut |types, part| types.substitute(part, subst)),
        }
    }

    /// A list of types with parameters put in place.
    pub fn substitute_list(&mut self, list: TyList, subst: &Subst) -> TyList {
        self.map_list(list, &mut |types, part| types.substitute(part, subst))
    }
}

/// What stands for type parameters and for variables of error sets.
#[derive(Clone, Debug, Default)]
pub struct Subst {
    params: Vec<(TypeParamId, TyId)>,
    effects: Vec<(EffectVar, Effect)>,
}

impl Subst {
    /// These arguments for these parameters.
    pub fn of(params: &[TypeParamId], arguments: &[TyId]) -> Self {
        Self { params: params.iter().copied().zip(arguments.iter().copied()).collect(), effects: Vec::new() }
    }

    /// Puts a type for a parameter.
    pub fn set(&mut self, param: TypeParamId, ty: TyId) {
        self.params.push((param, ty));
    }

    /// Puts a set of errors for a variable.
    pub fn set_effect(&mut self, var: EffectVar, effect: Effect) {
        self.effects.push((var, effect));
    }

    /// What stands for a parameter.
    pub fn param(&self, param: TypeParamId) -> Option<TyId> {
        self.params.iter().rev().find(|(known, _)| *known == param).map(|(_, ty)| *ty)
    }

    /// What stands for a set of errors.
    pub fn effect(&self, effect: Effect) -> Effect {
        let Effect::Var(var) = effect else { return effect };
        self.effects.iter().rev().find(|(known, _)| *known == var).map_or(effect, |(_, put)| *put)
    }

    /// The sets that stand for variables.
    pub fn effects(&self) -> &[(EffectVar, Effect)] {
        &self.effects
    }

    fn is_empty(&self) -> bool {
        self.params.is_empty() && self.effects.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{Ty, TyId, Types};

    #[test]
    fn a_type_is_stored_once() {
        let mut types = Types::default();
        let array = types.intern(Ty::Array(TyId::INT));
        assert_eq!(array, types.intern(Ty::Array(TyId::INT)));
        let optional = types.optional(array);
        assert_eq!(types.optional(optional), optional);
        assert_eq!(types.get(TyId::RANGE), Ty::Range);
    }

    #[test]
    fn a_type_that_doubles_is_cut_off() {
        let mut types = Types::default();
        let mut ty = TyId::INT;
        for _ in 0..40 {
            ty = types.tuple(&[ty, ty]);
        }
        assert!(types.has_wrong(ty));
        assert!(types.take_too_large());
    }
}
