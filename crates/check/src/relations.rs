//! What types have: traits, `==`, an order; what they hold: mutable parts, what cannot go to another task.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::checker::Checker;
use crate::program::{ClassId, EnumId, ErrorId, ImplId, Marker, TraitId, TypeParamId};
use crate::types::{Subst, Ty, TyId, TyList};

/// The outermost part of a type, by which its methods are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Head {
    Int,
    Float,
    Bool,
    Byte,
    String,
    Bytes,
    Buffer,
    Duration,
    Instant,
    Void,
    Never,
    Term,
    Range,
    Tuple,
    Array,
    Map,
    Set,
    Optional,
    Function,
    Task,
    Sender,
    Receiver,
    Stream,
    Expectation,
    Class(ClassId),
    Actor(ClassId),
    Enum(EnumId),
    Error(ErrorId),
    Trait(TraitId),
    /// Functions without a type.
    Functions,
    /// The namespace `random`.
    Random,
    /// What every type has.
    Any,
    /// What every actor has.
    AnyActor,
}

impl Head {
    /// The head of a type; nothing for what has none.
    pub(crate) fn of(ty: Ty) -> Option<Self> {
        Some(match ty {
            Ty::Wrong | Ty::Param(_) | Ty::Infer(_) | Ty::Caught(_) => return None,
            Ty::Int => Self::Int,
            Ty::Float => Self::Float,
            Ty::Bool => Self::Bool,
            Ty::Byte => Self::Byte,
            Ty::String => Self::String,
            Ty::Bytes => Self::Bytes,
            Ty::Buffer => Self::Buffer,
            Ty::Duration => Self::Duration,
            Ty::Instant => Self::Instant,
            Ty::Void => Self::Void,
            Ty::Never => Self::Never,
            Ty::Term => Self::Term,
            Ty::Range => Self::Range,
            Ty::Tuple(_) => Self::Tuple,
            Ty::Array(_) => Self::Array,
            Ty::Map(..) => Self::Map,
            Ty::Set(_) => Self::Set,
            Ty::Optional(_) => Self::Optional,
            Ty::Function(..) => Self::Function,
            Ty::Task(..) => Self::Task,
            Ty::Sender(_) => Self::Sender,
            Ty::Receiver(_) => Self::Receiver,
            Ty::Stream(_) => Self::Stream,
            Ty::Expectation(_) => Self::Expectation,
            Ty::Class(id, _) => Self::Class(id),
            Ty::Actor(id, _) => Self::Actor(id),
            Ty::Enum(id, _) => Self::Enum(id),
            Ty::Error(id) => Self::Error(id),
            Ty::Trait(id, _) => Self::Trait(id),
        })
    }

    /// The type of a head that has no parts.
    pub(crate) fn plain(self) -> Option<Ty> {
        Some(match self {
            Self::Int => Ty::Int,
            Self::Float => Ty::Float,
            Self::Bool => Ty::Bool,
            Self::Byte => Ty::Byte,
            Self::String => Ty::String,
            Self::Bytes => Ty::Bytes,
            Self::Buffer => Ty::Buffer,
            Self::Duration => Ty::Duration,
            Self::Instant => Ty::Instant,
            Self::Void => Ty::Void,
            Self::Never => Ty::Never,
            Self::Term => Ty::Term,
            Self::Range => Ty::Range,
            _ => return None,
        })
    }

    /// How many arguments the name of a built-in type takes.
    pub(crate) fn arity(self) -> Option<usize> {
        match self {
            Self::Map => Some(2),
            Self::Array | Self::Set | Self::Task | Self::Sender | Self::Receiver | Self::Expectation => {
                Some(1)
            }
            Self::Random => None,
            _ => Some(0),
        }
    }
}

/// What was found out about types, to find it out once.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    markers: Memo<(TyId, Marker)>,
    mutable: Memo<TyId>,
    crossing: Memo<TyId>,
}

/// Whether a type has a flaw, and which part is to blame, for types that may hold themselves. While a type is looked at, it
/// is taken to have none; what was concluded from that is forgotten where it turns out to have one.
#[derive(Debug)]
struct Memo<K> {
    known: FxHashMap<K, Option<TyId>>,
    open: usize,
    tentative: Vec<K>,
}

impl<K> Default for Memo<K> {
    fn default() -> Self {
        Self { known: FxHashMap::default(), open: 0, tentative: Vec::new() }
    }
}

impl<K: Copy + Eq + std::hash::Hash> Memo<K> {
    fn get(&self, key: K) -> Option<Option<TyId>> {
        self.known.get(&key).copied()
    }

    fn open(&mut self, key: K) {
        self.known.insert(key, None);
        self.tentative.push(key);
        self.open += 1;
    }

    fn close(&mut self, key: K, flaw: Option<TyId>, keep: bool) {
        self.open -= 1;
        if flaw.is_some() {
            self.known.insert(key, flaw);
        }
        if self.open == 0 {
            let any = self.tentative.iter().any(|key| self.known.get(key).is_some_and(Option::is_some));
            for key in std::mem::take(&mut self.tentative) {
                let clean = self.known.get(&key).is_some_and(Option::is_none);
                if !keep || any && clean {
                    self.known.remove(&key);
                }
            }
        }
    }
}

/// Impls that need impls deeper than this are not looked for.
const DEPTH: usize = 16;

impl Checker<'_> {
    /// The arguments with which a type has a trait; nothing where it does not have it.
    pub(crate) fn trait_arguments(&mut self, ty: TyId, of: TraitId) -> Option<TyList> {
        self.trait_arguments_at(ty, of, 0)
    }

    fn trait_arguments_at(&mut self, ty: TyId, of: TraitId, depth: usize) -> Option<TyList> {
        if let Some(marker) = self.program.traits[of].marker {
            return self.lacks(ty, marker).is_none().then_some(TyList::EMPTY);
        }
        match self.program.types.get(ty) {
            Ty::Wrong | Ty::Never => Some(TyList::EMPTY),
            Ty::Param(param) => {
                let bounds = &self.program.type_params[param].bounds;
                bounds.iter().find(|(bound, _)| *bound == of).map(|(_, arguments)| *arguments)
            }
            Ty::Trait(object, arguments) if object == of => Some(arguments),
            Ty::Stream(item) if Some(of) == self.builtins.iterator => Some(self.program.types.list(&[item])),
            // A loop asks for the next value by itself, and has no place to say what is done when the actor is no more.
            Ty::Actor(..) if Some(of) == self.builtins.iterator => None,
            _ => {
                let (id, subst) = self.find_impl_at(ty, of, depth)?;
                let (_, arguments) = self.program.impls[id].of?;
                Some(self.program.types.substitute_list(arguments, &subst))
            }
        }
    }

    /// Whether a type would have a trait by an impl that is refused.
    pub(crate) fn is_refused(&self, ty: TyId, of: TraitId) -> bool {
        let head = Head::of(self.program.types.get(ty)).unwrap_or(Head::Any);
        let refused = &self.methods.refused_traits;
        refused.contains(&(head, of)) || refused.contains(&(Head::Any, of))
    }

    /// The type of the state of an actor, of its handle; else the type itself. What an actor does for a trait is done by its
    /// state.
    pub(crate) fn state_of(&mut self, ty: TyId) -> TyId {
        match self.program.types.get(ty) {
            Ty::Actor(id, list) => self.program.types.intern(Ty::Class(id, list)),
            _ => ty,
        }
    }

    /// Whether a type is the state of an actor.
    pub(crate) fn is_actor(&self, ty: TyId) -> bool {
        let Ty::Class(id, _) = self.program.types.get(ty) else { return false };
        self.program.classes[id].kind == crate::program::ClassKind::Actor
    }

    /// The impl by which a type has a trait, and what stands for its type parameters.
    pub(crate) fn find_impl(&mut self, ty: TyId, of: TraitId) -> Option<(ImplId, Subst)> {
        self.find_impl_at(ty, of, 0)
    }

    fn find_impl_at(&mut self, ty: TyId, of: TraitId, depth: usize) -> Option<(ImplId, Subst)> {
        if depth > DEPTH {
            return None;
        }
        let ty = self.state_of(ty);
        let head = Head::of(self.program.types.get(ty))?;
        let impls = self.methods.impls.get(&(head, of))?.clone();
        impls.into_iter().find_map(|id| self.impl_fits(id, ty, depth).map(|subst| (id, subst)))
    }

    fn impl_fits(&mut self, id: ImplId, ty: TyId, depth: usize) -> Option<Subst> {
        let mut subst = Subst::default();
        let (on, params) = (self.program.impls[id].on, self.program.impls[id].type_params.clone());
        if !self.fits(on, ty, &params, &mut subst) {
            return None;
        }
        for param in params {
            let bounds = self.program.type_params[param].bounds.clone();
            let Some(argument) = subst.param(param) else { continue };
            for (bound, _) in bounds {
                let open = matches!(self.program.types.get(argument), Ty::Infer(_));
                if !open && self.trait_arguments_at(argument, bound, depth + 1).is_none() {
                    return None;
                }
            }
        }
        Some(subst)
    }

    /// Whether a type is what a pattern with parameters says. Types that are still looked for fit everything.
    pub(crate) fn fits(
        &mut self,
        pattern: TyId,
        ty: TyId,
        params: &[TypeParamId],
        subst: &mut Subst,
    ) -> bool {
        let types = &self.program.types;
        if pattern == ty && !types.has_param(pattern) {
            return true;
        }
        let (wanted, given) = (types.get(pattern), types.get(ty));
        if let Ty::Param(param) = wanted
            && params.contains(&param)
        {
            if let Some(bound) = subst.param(param) {
                return bound == ty || types.has_infer(bound) || types.has_infer(ty);
            }
            subst.set(param, ty);
            return true;
        }
        if matches!(given, Ty::Infer(_) | Ty::Wrong) || wanted == Ty::Wrong {
            return true;
        }
        if Head::of(wanted).is_none() || Head::of(wanted) != Head::of(given) {
            return false;
        }
        let (a, b) = (self.parts(wanted), self.parts(given));
        a.len() == b.len() && a.into_iter().zip(b).all(|(a, b)| self.fits(a, b, params, subst))
    }

    /// Whether a value of a trait object may be of a class or an enum: that has the trait.
    pub(crate) fn could_be(&mut self, object: TyId, ty: TyId) -> bool {
        match self.program.types.get(object) {
            Ty::Trait(of, _) => self.trait_arguments(ty, of).is_some(),
            _ => false,
        }
    }

    pub(crate) fn parts(&self, ty: Ty) -> Vec<TyId> {
        let mut parts = Vec::new();
        self.program.types.each_part(ty, &mut |part| parts.push(part));
        parts
    }

    /// The part because of which a type does not have a marker.
    pub(crate) fn lacks(&mut self, ty: TyId, marker: Marker) -> Option<TyId> {
        if let Some(known) = self.facts.markers.get((ty, marker)) {
            return known;
        }
        self.facts.markers.open((ty, marker));
        let lacking = self.lacks_new(ty, marker);
        let keep = !self.program.types.has_infer(ty);
        self.facts.markers.close((ty, marker), lacking, keep);
        lacking
    }

    fn lacks_new(&mut self, ty: TyId, marker: Marker) -> Option<TyId> {
        let lacking = Some(ty);
        let structural = matches!(marker, Marker::Equal | Marker::Key);
        match self.program.types.get(ty) {
            Ty::Wrong | Ty::Never | Ty::Infer(_) => None,
            Ty::Int => None,
            Ty::Float => (marker == Marker::Key).then_some(ty),
            Ty::Byte | Ty::String | Ty::Duration | Ty::Instant => (marker == Marker::Number).then_some(ty),
            Ty::Bool | Ty::Bytes | Ty::Range => {
                if structural {
                    None
                } else {
                    lacking
                }
            }
            Ty::Task(..) | Ty::Sender(_) | Ty::Receiver(_) | Ty::Actor(..) if structural => None,
            // A float in it that is a key is told from others by its value, and there is none that is no number.
            Ty::Term if structural => None,
            Ty::Buffer if marker == Marker::Equal => None,
            Ty::Param(param) => self.param_lacks(param, marker).then_some(ty),
            Ty::Tuple(parts) if marker != Marker::Number => {
                let parts = self.program.types.items(parts).to_vec();
                self.first_lacking(&parts, marker)
            }
            Ty::Array(part) if marker != Marker::Number => self.lacks(part, marker),
            Ty::Optional(part) | Ty::Set(part) if structural => self.lacks(part, marker),
            Ty::Map(key, value) if structural => self.first_lacking(&[key, value], marker),
            Ty::Class(..) | Ty::Enum(..) | Ty::Error(_) if structural => {
                let parts = self.field_types(ty);
                self.first_lacking(&parts, marker)
            }
            _ => lacking,
        }
    }

    fn first_lacking(&mut self, parts: &[TyId], marker: Marker) -> Option<TyId> {
        parts.iter().find_map(|part| self.lacks(*part, marker))
    }

    fn param_lacks(&self, param: TypeParamId, marker: Marker) -> bool {
        let gives = |had: Marker| match marker {
            Marker::Equal => true,
            Marker::Key => had == Marker::Key,
            Marker::Ordered => matches!(had, Marker::Ordered | Marker::Number),
            Marker::Number => had == Marker::Number,
        };
        let bounds = &self.program.type_params[param].bounds;
        !bounds.iter().any(|(of, _)| self.program.traits[*of].marker.is_some_and(gives))
    }

    /// The types of all fields of a class, a variant or an error.
    pub(crate) fn field_types(&mut self, ty: TyId) -> Vec<TyId> {
        let program = &self.program;
        let (params, list, fields): (&[TypeParamId], TyList, Vec<TyId>) = match program.types.get(ty) {
            Ty::Class(id, list) | Ty::Actor(id, list) => {
                let class = &program.classes[id];
                (&class.type_params, list, class.fields.iter().map(|field| field.ty).collect())
            }
            Ty::Enum(id, list) => {
                let of = &program.enums[id];
                let fields = of.variants.iter().flat_map(|variant| &variant.fields);
                (&of.type_params, list, fields.map(|field| field.ty).collect())
            }
            Ty::Error(id) => {
                (&[], TyList::EMPTY, program.errors[id].fields.iter().map(|field| field.ty).collect())
            }
            _ => return Vec::new(),
        };
        let subst = Subst::of(params, program.types.items(list));
        fields.into_iter().map(|field| self.program.types.substitute(field, &subst)).collect()
    }

    /// Whether a value of a type is, or holds, something that can be changed.
    pub(crate) fn is_mutable(&mut self, ty: TyId) -> bool {
        if let Some(known) = self.facts.mutable.get(ty) {
            return known.is_some();
        }
        self.facts.mutable.open(ty);
        let mutable = match self.program.types.get(ty) {
            Ty::Array(_) | Ty::Map(..) | Ty::Set(_) | Ty::Buffer | Ty::Class(..) | Ty::Stream(_) => true,
            Ty::Tuple(_) | Ty::Optional(_) => {
                let parts = self.parts(self.program.types.get(ty));
                parts.into_iter().any(|part| self.is_mutable(part))
            }
            Ty::Enum(..) | Ty::Error(_) => self.field_types(ty).into_iter().any(|part| self.is_mutable(part)),
            Ty::Trait(of, _) => self.any_mutable(of),
            Ty::Param(param) => {
                let bounds = self.program.type_params[param].bounds.clone();
                bounds.into_iter().any(|(of, _)| self.any_mutable(of))
            }
            _ => false,
        };
        let keep = !self.program.types.has_infer(ty);
        self.facts.mutable.close(ty, mutable.then_some(ty), keep);
        mutable
    }

    /// Whether a value of any type that has a trait can be changed: behind the trait, or by who tells its type.
    fn any_mutable(&mut self, of: TraitId) -> bool {
        self.trait_changes(of)
            || self
                .types_with(of)
                .into_iter()
                .any(|ty| self.program.types.has_param(ty) || self.is_mutable(ty))
    }

    /// The types that have a trait by an impl, without the actors, whose state is theirs alone.
    pub(crate) fn types_with(&self, of: TraitId) -> Vec<TyId> {
        self.implementing(of).filter(|ty| !self.is_actor(*ty)).collect()
    }

    /// The types that have a trait by an impl.
    pub(crate) fn implementing(&self, of: TraitId) -> impl Iterator<Item = TyId> {
        let impls = self.methods.of_trait.get(&of).into_iter().flatten();
        impls.map(|id| self.program.impls[*id].on)
    }

    pub(crate) fn trait_changes(&self, of: TraitId) -> bool {
        let methods = &self.program.traits[of].methods;
        methods.iter().any(|method| self.program.functions[*method].receiver == Some(true))
    }

    /// The part of a type because of which its values cannot go to another task.
    pub(crate) fn cannot_cross(&mut self, ty: TyId) -> Option<TyId> {
        if let Some(known) = self.facts.crossing.get(ty) {
            return known;
        }
        self.facts.crossing.open(ty);
        let part = match self.program.types.get(ty) {
            Ty::Stream(_) | Ty::Expectation(_) => Some(ty),
            Ty::Trait(of, _) if Some(of) == self.builtins.iterator => Some(ty),
            found => {
                let parts = self.crossing_parts(ty, found);
                parts.into_iter().find_map(|part| self.cannot_cross(part))
            }
        };
        let keep = !self.program.types.has_infer(ty);
        self.facts.crossing.close(ty, part, keep);
        part
    }

    /// The types of what goes along where a value of a type goes to another task.
    pub(crate) fn crossing_parts(&mut self, ty: TyId, found: Ty) -> Vec<TyId> {
        match found {
            Ty::Class(..) | Ty::Enum(..) | Ty::Error(_) => self.field_types(ty),
            Ty::Function(..) | Ty::Actor(..) | Ty::Task(..) => Vec::new(),
            other => self.parts(other),
        }
    }

    /// The method because of which a trait cannot be a trait object.
    pub(crate) fn not_object(&mut self, of: TraitId) -> Option<crate::names::Symbol> {
        let self_ty = Ty::Param(self.program.traits[of].self_param);
        let self_ty = self.program.types.intern(self_ty);
        let methods = self.program.traits[of].methods.clone();
        let mut seen = FxHashSet::default();
        for method in methods {
            let function = &self.program.functions[method];
            let name = function.origin.name;
            if function.receiver.is_none() || !function.type_params.is_empty() {
                return Some(name);
            }
            let mut types: Vec<TyId> = function.params.iter().map(|param| param.ty).collect();
            types.push(function.result);
            while let Some(ty) = types.pop() {
                if ty == self_ty {
                    return Some(name);
                }
                if seen.insert(ty) {
                    types.extend(self.parts(self.program.types.get(ty)));
                }
            }
        }
        None
    }
}
