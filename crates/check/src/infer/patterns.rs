//! Patterns.

use pluto_source::Span;
use pluto_syntax::tree::{self, FieldPattern, Name, Pattern as P};

use super::Body;
use crate::arena::List;
use crate::body::{ExprKind, LocalId, Pattern, PatternId, PatternKind};
use crate::checker::Def;
use crate::error::{Fact, Immutable, PatternLike};
use crate::names::Symbol;
use crate::program::{ClassId, ClassKind, EnumId, Field};
use crate::types::{Subst, Ty, TyId};

/// The names that a pattern binds, while it is looked at.
#[derive(Debug, Default)]
pub(super) struct Bound {
    names: Vec<(Symbol, LocalId)>,
    /// In an alternative behind the first: the names of the first, and whether this one has them.
    again: Option<Vec<(Symbol, LocalId, bool)>>,
    mutable: bool,
}

impl Body<'_, '_> {
    /// A pattern that is held against values of a type.
    pub(super) fn pattern(&mut self, id: tree::PatternId, ty: TyId, why: Immutable) -> PatternId {
        let mut bound = Bound::default();
        self.sub_pattern(id, ty, why, &mut bound)
    }

    /// The pattern of a `let`.
    pub(super) fn let_pattern(&mut self, id: tree::PatternId, ty: TyId, mutable: bool) -> PatternId {
        let mut bound = Bound { mutable, ..Bound::default() };
        self.sub_pattern(id, ty, Immutable::Let, &mut bound)
    }

    /// The pattern of an arm. Where an arm before it took `none`, it sees what is not.
    pub(super) fn arm_pattern(&mut self, id: tree::PatternId, ty: TyId, without_none: bool) -> PatternId {
        let ty = self.shallow(ty);
        match self.get(ty) {
            Ty::Optional(of) if without_none && !self.names_none(id) => {
                let inner = self.pattern(id, of, Immutable::Pattern);
                self.add_pattern(PatternKind::Some(inner), ty, self.nodes.span(id))
            }
            _ => self.pattern(id, ty, Immutable::Pattern),
        }
    }

    /// The names of a pattern that is held against what never comes; of which type it is nobody knows.
    pub(super) fn pattern_of_nothing(&mut self, id: tree::PatternId) {
        self.names_of_nothing(id, &mut Bound::default());
    }

    fn names_of_nothing(&mut self, id: tree::PatternId, bound: &mut Bound) {
        let name = match self.nodes[id] {
            P::Bind { name, .. } | P::Rest(Some(name)) => name,
            P::Tuple(list) | P::Array(list) | P::Or(list) => {
                return self.nodes.list(list).iter().for_each(|part| self.names_of_nothing(*part, bound));
            }
            P::Map(entries) => {
                let entries = self.nodes.list(entries);
                return entries.iter().for_each(|entry| self.names_of_nothing(entry.value, bound));
            }
            P::Variant { fields, .. } | P::Class { fields, .. } => {
                for field in self.nodes.list(fields) {
                    match (field.pattern, field.name) {
                        (Some(pattern), _) => self.names_of_nothing(pattern, bound),
                        (None, Some(name)) => self.name_of_nothing(name, bound),
                        (None, None) => (),
                    }
                }
                return;
            }
            _ => return,
        };
        self.name_of_nothing(name, bound);
    }

    fn name_of_nothing(&mut self, name: Name, bound: &mut Bound) {
        let symbol = self.symbol(name);
        if !bound.names.iter().any(|(known, _)| *known == symbol) {
            self.bind_name(name, TyId::NEVER, Immutable::Pattern, bound);
        }
    }

    fn names_none(&self, id: tree::PatternId) -> bool {
        match self.nodes[id] {
            P::Literal(literal) => matches!(self.nodes[literal], tree::Expr::None),
            P::Or(list) => self.nodes.list(list).iter().any(|pattern| self.names_none(*pattern)),
            _ => false,
        }
    }

    /// Whether a pattern takes `none`, whatever else.
    pub(super) fn is_none_pattern(&self, pattern: PatternId) -> bool {
        let nodes = &self.c.program.nodes;
        match nodes.patterns[pattern].kind {
            PatternKind::None => true,
            PatternKind::Or(list) => nodes.pattern_lists.get(list).iter().any(|p| self.is_none_pattern(*p)),
            _ => false,
        }
    }

    pub(super) fn add_pattern(&mut self, kind: PatternKind, ty: TyId, span: Span) -> PatternId {
        self.c.program.nodes.patterns.add(Pattern { kind, ty, span })
    }

    fn sub_pattern(&mut self, id: tree::PatternId, ty: TyId, why: Immutable, bound: &mut Bound) -> PatternId {
        let ty = self.shallow(ty);
        let span = self.nodes.span(id);
        if let Ty::Optional(of) = self.get(ty) {
            let whole = matches!(self.nodes[id], P::Any | P::Bind { ty: None, .. } | P::Or(_) | P::Wrong)
                || self.names_none(id);
            if !whole {
                let inner = self.sub_pattern(id, of, why, bound);
                return self.add_pattern(PatternKind::Some(inner), ty, span);
            }
        }
        let kind = match self.nodes[id] {
            P::Any => PatternKind::Any,
            P::Wrong => PatternKind::Wrong,
            // The parser has said that it does not belong here.
            P::Rest(name) => {
                if let Some(name) = name {
                    self.bind_name(name, TyId::WRONG, why, bound);
                }
                PatternKind::Wrong
            }
            P::Bind { name, ty: test } => self.bind_pattern(name, test, ty, why, bound),
            P::Literal(literal) => self.literal_pattern(literal, ty),
            P::Range { from, to, inclusive } => self.range_pattern(from, to, inclusive, ty, span),
            P::Tuple(list) => self.tuple_pattern(list, ty, why, bound, span),
            P::Array(list) => self.array_pattern(list, ty, why, bound, span),
            P::Map(entries) => self.map_pattern(entries, ty, why, bound, span),
            P::Variant { path, fields, rest } => {
                self.variant_pattern(path, fields, rest, ty, why, bound, span)
            }
            P::Class { path, fields, rest } => self.class_pattern(path, fields, rest, ty, why, bound, span),
            P::Or(list) => self.or_pattern(list, ty, why, bound),
        };
        self.add_pattern(kind, ty, span)
    }

    fn refuse_pattern(&mut self, span: Span, fact: Fact) -> PatternKind {
        self.error(span, fact);
        PatternKind::Wrong
    }

    fn mismatch(&mut self, span: Span, ty: TyId) -> PatternKind {
        let text = span.of(self.c.file(self.module).text);
        let option = text == "None" || text.starts_with("Some(");
        self.mismatch_of(span, ty, if option { PatternLike::Option } else { PatternLike::Other })
    }

    fn mismatch_of(&mut self, span: Span, ty: TyId, like: PatternLike) -> PatternKind {
        let expected = self.resolve(ty);
        match self.get(expected) {
            Ty::Wrong => (),
            Ty::Infer(_) => {
                self.error(span, Fact::CannotInfer { what: expected });
                self.poison(expected);
            }
            _ => self.error(span, Fact::PatternMismatch { expected, like }),
        }
        PatternKind::Wrong
    }

    fn bind_pattern(
        &mut self,
        name: Name,
        test: Option<tree::TypeId>,
        ty: TyId,
        why: Immutable,
        bound: &mut Bound,
    ) -> PatternKind {
        let Some(test) = test else { return PatternKind::Bind(self.bind_name(name, ty, why, bound), None) };
        let span = self.nodes.span(test);
        let wanted = self.written_value(test);
        if ty == TyId::TERM {
            if !self.is_term_like(wanted) && wanted != TyId::WRONG {
                self.error(span, Fact::BadIs { value: ty, ty: wanted });
            }
            return PatternKind::Bind(self.bind_name(name, wanted, why, bound), Some(wanted));
        }
        if !self.unify(wanted, ty, span) {
            let found = self.resolve(ty);
            self.error(span, Fact::Mismatch { expected: wanted, found, because: None });
        }
        PatternKind::Bind(self.bind_name(name, wanted, why, bound), None)
    }

    fn bind_name(&mut self, name: Name, ty: TyId, why: Immutable, bound: &mut Bound) -> LocalId {
        let symbol = self.symbol(name);
        if let Some(again) = &mut bound.again {
            if let Some((_, local, seen)) = again.iter_mut().find(|(known, ..)| *known == symbol) {
                *seen = true;
                let local = *local;
                let expected = self.local(local).ty;
                if !self.unify(expected, ty, name.span) {
                    let (expected, found) = (self.resolve(expected), self.resolve(ty));
                    self.error(name.span, Fact::Mismatch { expected, found, because: None });
                }
                return local;
            }
            self.error(name.span, Fact::AlternativeNames { name: symbol });
        }
        if let Some((_, first)) = bound.names.iter().find(|(known, _)| *known == symbol).copied() {
            // A use of the name may be meant for either.
            self.info_mut(first).used = true;
            let first = self.place(self.local(first).span);
            self.error(name.span, Fact::BoundTwice { name: symbol, first });
            // That it hides the first is the same mistake.
            self.scope.remove(&symbol);
        }
        let mutable = bound.mutable;
        let local = self.bind(name, ty, mutable, why);
        bound.names.push((symbol, local));
        local
    }

    fn literal_pattern(&mut self, literal: tree::ExprId, ty: TyId) -> PatternKind {
        if matches!(self.nodes[literal], tree::Expr::None) {
            return match self.get(ty) {
                Ty::Optional(_) | Ty::Wrong => PatternKind::None,
                _ => {
                    let span = self.nodes.span(literal);
                    self.mismatch(span, ty)
                }
            };
        }
        PatternKind::Literal(self.check(literal, ty))
    }

    fn range_pattern(
        &mut self,
        from: tree::ExprId,
        to: tree::ExprId,
        inclusive: bool,
        ty: TyId,
        span: Span,
    ) -> PatternKind {
        if !matches!(self.get(ty), Ty::Int | Ty::Byte | Ty::Float | Ty::Duration | Ty::Term | Ty::Wrong) {
            return self.mismatch(span, ty);
        }
        let (from, to) = (self.check(from, ty), self.check(to, ty));
        let empty = match (self.kind(from), self.kind(to)) {
            (ExprKind::Int(a), ExprKind::Int(b)) | (ExprKind::Duration(a), ExprKind::Duration(b)) => {
                a > b || a == b && !inclusive
            }
            _ => false,
        };
        if empty {
            return self.refuse_pattern(span, Fact::EmptyRange);
        }
        PatternKind::Range(from, to, inclusive)
    }

    fn tuple_pattern(
        &mut self,
        list: List<tree::PatternId>,
        ty: TyId,
        why: Immutable,
        bound: &mut Bound,
        span: Span,
    ) -> PatternKind {
        let ids = self.nodes.list(list);
        let parts = match self.get(ty) {
            Ty::Tuple(parts) => self.c.program.types.items(parts).to_vec(),
            Ty::Term => vec![TyId::TERM; ids.len()],
            _ => Vec::new(),
        };
        if parts.len() != ids.len() {
            // The parser has said that `..` does not belong here: how many parts were meant is not known.
            let rest = ids.iter().any(|id| matches!(self.nodes[*id], P::Rest(_)));
            let told = rest && matches!(self.get(ty), Ty::Tuple(_));
            let kind = if told { PatternKind::Wrong } else { self.mismatch(span, ty) };
            for id in ids {
                self.sub_pattern(*id, TyId::WRONG, why, bound);
            }
            return kind;
        }
        let made: Vec<PatternId> =
            ids.iter().zip(parts).map(|(id, ty)| self.sub_pattern(*id, ty, why, bound)).collect();
        PatternKind::Tuple(self.c.program.nodes.pattern_lists.add(made))
    }

    fn array_pattern(
        &mut self,
        list: List<tree::PatternId>,
        ty: TyId,
        why: Immutable,
        bound: &mut Bound,
        span: Span,
    ) -> PatternKind {
        let of = match self.get(ty) {
            Ty::Array(of) => of,
            Ty::Term => TyId::TERM,
            _ => TyId::WRONG,
        };
        let mut refused = if of == TyId::WRONG && ty != TyId::WRONG && !matches!(self.get(ty), Ty::Array(_)) {
            Some(self.mismatch(span, ty))
        } else {
            None
        };
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let mut rest: Option<Option<LocalId>> = None;
        for id in self.nodes.list(list) {
            match self.nodes[*id] {
                P::Rest(name) if rest.is_none() => {
                    rest = Some(name.map(|name| self.bind_name(name, ty, why, bound)));
                }
                // The parser has said that there is one too many.
                P::Rest(_) => {
                    self.sub_pattern(*id, TyId::WRONG, why, bound);
                    refused = Some(PatternKind::Wrong);
                }
                _ => {
                    let made = self.sub_pattern(*id, of, why, bound);
                    if rest.is_none() { before.push(made) } else { after.push(made) }
                }
            }
        }
        let lists = &mut self.c.program.nodes.pattern_lists;
        refused.unwrap_or_else(|| PatternKind::Array(lists.add(before), rest, lists.add(after)))
    }

    fn map_pattern(
        &mut self,
        entries: List<tree::PatternEntry>,
        ty: TyId,
        why: Immutable,
        bound: &mut Bound,
        span: Span,
    ) -> PatternKind {
        let inner = if ty == TyId::TERM { TyId::TERM } else { TyId::WRONG };
        let refused = if ty == TyId::TERM { None } else { Some(self.mismatch(span, ty)) };
        let mut made = Vec::new();
        for entry in self.nodes.list(entries) {
            let key = self.check(entry.key, inner);
            made.push((key, self.sub_pattern(entry.value, inner, why, bound)));
        }
        refused.unwrap_or_else(|| PatternKind::Map(self.c.program.nodes.pattern_entries.add(made)))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of a variant pattern and what it is held against"
    )]
    fn variant_pattern(
        &mut self,
        path: List<Name>,
        fields: List<FieldPattern>,
        rest: Option<Span>,
        ty: TyId,
        why: Immutable,
        bound: &mut Bound,
        span: Span,
    ) -> PatternKind {
        let names = self.nodes.list(path);
        let Some((last, before)) = names.split_last() else { return PatternKind::Wrong };
        let symbol = self.symbol(*last);
        match self.get(ty) {
            Ty::Enum(id, list) => {
                self.check_enum_path(before, id, span);
                let Some(at) = self.c.methods.variants.get(&(id, symbol)).copied() else {
                    return self.no_variant(id, ty, symbol, last.span, fields, why, bound);
                };
                self.use_enum(id);
                let arguments = self.c.program.types.items(list).to_vec();
                let subst = Subst::of(&self.c.program.enums[id].type_params, &arguments);
                let declared = self.variant_fields(id, at);
                let made = self.field_patterns(&declared, &subst, fields, rest, why, bound, span, None);
                PatternKind::Variant(id, at, made)
            }
            Ty::Caught(_) | Ty::Error(_) => self.class_pattern(path, fields, rest, ty, why, bound, span),
            _ => self.const_pattern(names, fields, ty, why, bound, span),
        }
    }

    fn check_enum_path(&mut self, before: &[Name], id: EnumId, span: Span) {
        if before.is_empty() {
            return;
        }
        let module = self.module;
        match self.c.type_path(before, module) {
            Some((Def::Enum(found), _)) if found == id => (),
            Some((Def::Alias(alias), _)) => {
                let ty = self.c.program.aliases[alias].ty;
                if !matches!(self.get(ty), Ty::Enum(found, _) if found == id) {
                    let ty = self.c.program.enums[id].self_ty;
                    self.mismatch(span, ty);
                }
            }
            Some(_) => {
                let ty = self.c.program.enums[id].self_ty;
                self.mismatch(span, ty);
            }
            None => (),
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of a variant pattern and what it is held against"
    )]
    fn no_variant(
        &mut self,
        id: EnumId,
        ty: TyId,
        name: Symbol,
        at: Span,
        fields: List<FieldPattern>,
        why: Immutable,
        bound: &mut Bound,
    ) -> PatternKind {
        let known: Vec<Symbol> =
            self.c.program.enums[id].variants.iter().map(|variant| variant.name).collect();
        let near = self.c.near(name, known);
        self.drop_fields(fields, why, bound);
        let ty = self.resolve(ty);
        self.refuse_pattern(at, Fact::UnknownVariant { ty, name, near })
    }

    /// Binds the names of field patterns that belong to nothing, so that their uses are no errors.
    fn drop_fields(&mut self, fields: List<FieldPattern>, why: Immutable, bound: &mut Bound) {
        for field in self.nodes.list(fields) {
            match (field.pattern, field.name) {
                (Some(pattern), _) => {
                    self.sub_pattern(pattern, TyId::WRONG, why, bound);
                }
                (None, Some(name)) => {
                    self.bind_name(name, TyId::WRONG, why, bound);
                }
                (None, None) => (),
            }
        }
    }

    /// Whether names are those of a variant, with its enum before it or without.
    fn is_variant_of_some_enum(&mut self, names: &[Name]) -> bool {
        let Some((last, before)) = names.split_last() else { return false };
        let (module, variant) = (self.module, self.symbol(*last));
        let Some(first) = before.first().map(|first| self.symbol(*first)) else {
            return self.c.lookup(module, variant).is_none()
                && self.c.scope(module).variants.contains_key(&variant);
        };
        self.c.lookup(module, first).is_some()
            && matches!(self.c.type_path(before, module), Some((Def::Enum(_), _)))
    }

    /// A constant as a pattern.
    fn const_pattern(
        &mut self,
        names: &[Name],
        fields: List<FieldPattern>,
        ty: TyId,
        why: Immutable,
        bound: &mut Bound,
        span: Span,
    ) -> PatternKind {
        self.drop_fields(fields, why, bound);
        if ty == TyId::WRONG {
            return PatternKind::Wrong;
        }
        if self.is_variant_of_some_enum(names) {
            return match self.get(ty) {
                Ty::Trait(..) => self.mismatch_of(span, ty, PatternLike::VariantOfObject),
                _ => self.mismatch(span, ty),
            };
        }
        let module = self.module;
        let known =
            names.first().map(|first| self.symbol(*first)).and_then(|name| self.c.lookup(module, name));
        if known.is_some()
            && let Some((Def::Const(id), _)) = self.c.type_path(names, module)
        {
            let const_ty = self.c.program.consts[id].ty;
            let value = self.add(ExprKind::Const(id), const_ty, span);
            return PatternKind::Literal(self.coerce(value, ty));
        }
        self.mismatch(span, ty)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a class pattern and what it is held against")]
    fn class_pattern(
        &mut self,
        path: List<Name>,
        fields: List<FieldPattern>,
        rest: Option<Span>,
        ty: TyId,
        why: Immutable,
        bound: &mut Bound,
        span: Span,
    ) -> PatternKind {
        let module = self.module;
        let Some((def, _)) = self.c.type_path(self.nodes.list(path), module) else {
            self.drop_fields(fields, why, bound);
            return PatternKind::Wrong;
        };
        match (def, self.get(ty)) {
            (Def::Class(id), Ty::Class(of, list)) if id == of => {
                let arguments = self.c.program.types.items(list).to_vec();
                let class = &self.c.program.classes[id];
                let subst = Subst::of(&class.type_params, &arguments);
                let (declared, home) = (class.fields.clone(), class.origin.module);
                let home = (home != module).then_some((home, ty));
                let made = self.field_patterns(&declared, &subst, fields, rest, why, bound, span, home);
                PatternKind::Class(id, made)
            }
            // What type arguments an object of a generic class has is not known.
            (Def::Class(id), Ty::Trait(..)) if self.is_class_of(id, ty) => {
                let class = &self.c.program.classes[id];
                let (declared, home, own) = (class.fields.clone(), class.origin.module, class.self_ty);
                let home = (home != module).then_some((home, own));
                let subst = Subst::default();
                let made = self.field_patterns(&declared, &subst, fields, rest, why, bound, span, home);
                PatternKind::Class(id, made)
            }
            (Def::Error(id), Ty::Caught(_)) => {
                let declared = self.c.program.errors[id].fields.clone();
                // An error without its fields is taken whatever they are.
                let rest = rest.or_else(|| fields.is_empty().then_some(span));
                let subst = Subst::default();
                let made = self.field_patterns(&declared, &subst, fields, rest, why, bound, span, None);
                PatternKind::Error(id, made)
            }
            (Def::Error(id), Ty::Error(of)) if id == of => {
                let declared = self.c.program.errors[id].fields.clone();
                let rest = rest.or_else(|| fields.is_empty().then_some(span));
                let subst = Subst::default();
                let made = self.field_patterns(&declared, &subst, fields, rest, why, bound, span, None);
                PatternKind::Error(id, made)
            }
            _ => {
                self.drop_fields(fields, why, bound);
                self.mismatch(span, ty)
            }
        }
    }

    /// Whether the values of a trait object may be of a class.
    fn is_class_of(&mut self, id: ClassId, object: TyId) -> bool {
        let class = &self.c.program.classes[id];
        let (ty, plain) = (class.self_ty, class.type_params.is_empty() && class.kind == ClassKind::Class);
        let object = self.resolve(object);
        plain && self.c.could_be(object, ty)
    }

    #[expect(clippy::too_many_arguments, reason = "the fields, their patterns, and where names go")]
    fn field_patterns(
        &mut self,
        declared: &[Field],
        subst: &Subst,
        fields: List<FieldPattern>,
        rest: Option<Span>,
        why: Immutable,
        bound: &mut Bound,
        span: Span,
        home: Option<(crate::program::ModuleId, TyId)>,
    ) -> List<(u32, PatternId)> {
        let ids = self.nodes.list(fields);
        if ids.len() > declared.len() {
            let (expected, found) = (declared.len(), ids.len());
            self.error(span, Fact::TooManyFieldPatterns { expected, found });
            self.drop_fields(fields, why, bound);
            return List::EMPTY;
        }
        let mut made: Vec<(u32, PatternId)> = Vec::new();
        for (at, field) in ids.iter().enumerate() {
            let Some(at) = self.field_place(declared, field, at) else {
                self.drop_field(field, why, bound);
                continue;
            };
            let Some(known) = declared.get(at as usize) else { continue };
            if let Some((home, ty)) = home.filter(|_| !known.public) {
                let declared = known.span.in_file(self.c.file(home).id);
                self.error(field.span, Fact::PrivateMember { ty, name: known.name, declared });
            }
            let ty = self.c.program.types.substitute(known.ty, subst);
            let pattern = match (field.pattern, field.name) {
                (Some(pattern), _) => self.sub_pattern(pattern, ty, why, bound),
                (None, Some(name)) => {
                    let local = self.bind_name(name, ty, why, bound);
                    self.info_mut(local).field = true;
                    self.add_pattern(PatternKind::Bind(local, None), ty, name.span)
                }
                (None, None) => self.add_pattern(PatternKind::Any, ty, field.span),
            };
            made.push((at, pattern));
        }
        let left = (0..).zip(declared).filter(|(at, _)| !made.iter().any(|(given, _)| given == at));
        let names: Vec<Symbol> = left.map(|(_, field)| field.name).collect();
        if rest.is_none() && !names.is_empty() && made.len() == ids.len() {
            self.error(span, Fact::MissingFieldPatterns { names });
        }
        self.c.program.nodes.field_patterns.add(made)
    }

    fn drop_field(&mut self, field: &FieldPattern, why: Immutable, bound: &mut Bound) {
        if let Some(pattern) = field.pattern {
            self.sub_pattern(pattern, TyId::WRONG, why, bound);
        } else if let Some(name) = field.name {
            self.bind_name(name, TyId::WRONG, why, bound);
        }
    }

    /// Which field a field pattern is for: the one of its name, else the one at its place.
    fn field_place(&mut self, declared: &[Field], field: &FieldPattern, at: usize) -> Option<u32> {
        let Some(name) = field.name else { return Some(at as u32) };
        let symbol = self.symbol(name);
        let found = (0..).zip(declared).find(|(_, known)| known.name == symbol).map(|(at, _)| at);
        if found.is_none() {
            let near = self.c.near(symbol, declared.iter().map(|known| known.name));
            self.error(name.span, Fact::UnknownArgument { name: symbol, near });
            self.meant.extend(near.filter(|_| field.pattern.is_none()));
        }
        found
    }

    fn or_pattern(
        &mut self,
        list: List<tree::PatternId>,
        ty: TyId,
        why: Immutable,
        bound: &mut Bound,
    ) -> PatternKind {
        let ids = self.nodes.list(list);
        let start = bound.names.len();
        let outer = bound.again.clone();
        let mut made = Vec::new();
        let mut first_seen: Option<Vec<(Symbol, LocalId, bool)>> = None;
        for (at, id) in ids.iter().enumerate() {
            let span = self.nodes.span(*id);
            if outer.is_some() {
                // Inside of an alternative: each of these binds the same of its names.
                bound.again.clone_from(&outer);
                made.push(self.sub_pattern(*id, ty, why, bound));
                let seen = bound.again.clone();
                self.same_names(first_seen.as_deref(), seen.as_deref(), span);
                first_seen = first_seen.or(seen);
                continue;
            }
            if at > 0 {
                let names = bound.names.get(start..).unwrap_or_default();
                bound.again = Some(names.iter().map(|(name, local)| (*name, *local, false)).collect());
            }
            made.push(self.sub_pattern(*id, ty, why, bound));
            for (name, _, seen) in bound.again.take().unwrap_or_default() {
                if !seen {
                    self.error(span, Fact::AlternativeNames { name });
                }
            }
        }
        if outer.is_some() {
            bound.again = first_seen;
        }
        PatternKind::Or(self.c.program.nodes.pattern_lists.add(made))
    }

    fn same_names(
        &mut self,
        first: Option<&[(Symbol, LocalId, bool)]>,
        second: Option<&[(Symbol, LocalId, bool)]>,
        span: Span,
    ) {
        for ((name, _, a), (_, _, b)) in first.into_iter().flatten().zip(second.into_iter().flatten()) {
            if a != b {
                self.error(span, Fact::AlternativeNames { name: *name });
            }
        }
    }
}
