//! Literals of classes, errors and variants.

use pluto_source::Span;
use pluto_syntax::tree::{self, FieldValue, Type};

use super::{Body, Want};
use crate::body::{ExprId, ExprKind};
use crate::checker::Def;
use crate::error::{Fact, Misplaced};
use crate::inject::Injection;
use crate::names::Symbol;
use crate::program::{ClassId, ClassKind, EnumId, Field, TypeParamId};
use crate::types::{Subst, Ty, TyId};

impl Body<'_, '_> {
    /// `Point { x: 1 }`, `NotFound { id: 3 }`
    pub(super) fn class_literal(
        &mut self,
        ty: tree::TypeId,
        fields: tree::List<FieldValue>,
        span: Span,
        want: Want,
    ) -> ExprId {
        if let Some((at, fact)) = self.variant_in_braces(ty, fields, span) {
            self.check_lost(fields);
            self.error(at, fact);
            return self.wrong(span);
        }
        let made = self.literal_type(ty, want);
        match self.get(made) {
            Ty::Class(id, _) if self.c.program.classes[id].kind != ClassKind::App => {
                self.class_value(id, made, fields, span)
            }
            Ty::Actor(id, _) => {
                // `spawn` before a receiver would be about all of the call.
                let behind = self.c.file(self.module).text.get(span.end as usize..).unwrap_or_default();
                let receiver = behind.trim_start().starts_with(['.', '?']);
                self.error(span, Fact::Misplaced { what: Misplaced::ActorLiteral { receiver } });
                self.class_value(id, made, fields, span)
            }
            Ty::Error(id) => {
                let declared = self.c.program.errors[id].fields.clone();
                let values = self.field_values(&declared, &Subst::default(), fields, span, made, None);
                self.add(ExprKind::Error(id, values), made, span)
            }
            other => {
                self.check_lost(fields);
                if other != Ty::Wrong {
                    self.error(self.nodes.span(ty), Fact::NotAClass { ty: made });
                }
                self.wrong(span)
            }
        }
    }

    /// Values of fields that belong to nothing.
    fn check_lost(&mut self, fields: tree::List<FieldValue>) {
        self.lost += 1;
        for field in self.nodes.list(fields) {
            self.field_value(field, Want::Any);
        }
        self.lost -= 1;
    }

    /// `Shape.Circle { r: 1.0 }`, `Circle { r: 1.0 }`, which is written `Circle(r: 1.0)`.
    fn variant_in_braces(
        &mut self,
        ty: tree::TypeId,
        fields: tree::List<FieldValue>,
        span: Span,
    ) -> Option<(Span, Fact)> {
        let Type::Named { path, .. } = self.nodes[ty] else { return None };
        let (last, before) = self.nodes.list(path).split_last()?;
        let (module, name) = (self.module, self.symbol(*last));
        let (id, variant) = match before {
            [] if self.c.lookup(module, name).is_none() => {
                *self.c.scope(module).variants.get(&name)?.first()?
            }
            [] => return None,
            [first, rest @ ..] => {
                let first = self.symbol(*first);
                let known = self.c.lookup(module, first);
                let of = match known {
                    Some(Def::Module(inner)) if rest.len() == 1 => {
                        let next = self.symbol(*rest.first()?);
                        self.c.scope(inner).names.get(&next).map(|entry| entry.def)
                    }
                    known if rest.is_empty() => known,
                    _ => None,
                };
                let Some(Def::Enum(id)) = of else { return None };
                let Some(variant) = self.c.methods.variants.get(&(id, name)).copied() else {
                    return Some((last.span, self.unknown_variant(id, name)));
                };
                (id, variant)
            }
        };
        let mut fact = self.variant_in_parentheses(ty, fields, span);
        let held = &self.fields_of_variant(id, variant);
        let given: Vec<_> = self.nodes.list(fields).iter().map(|field| self.symbol(field.name)).collect();
        if let Fact::VariantInBraces { edits, .. } = &mut fact
            && (held.len() != given.len() || held.iter().any(|name| !given.contains(name)))
        {
            // With other fields that would be the next mistake.
            edits.clear();
        }
        Some((span, fact))
    }

    /// That an enum has no such variant.
    fn unknown_variant(&mut self, id: EnumId, name: Symbol) -> Fact {
        let of = &self.c.program.enums[id];
        let (ty, known) = (of.self_ty, of.variants.iter().map(|variant| variant.name).collect::<Vec<_>>());
        Fact::UnknownVariant { ty, name, near: self.c.near(name, known) }
    }

    /// The names of what a variant holds.
    fn fields_of_variant(&self, id: EnumId, variant: u32) -> Vec<Symbol> {
        let variant = self.c.program.enums[id].variants.get(variant as usize);
        variant.map_or_else(Vec::new, |variant| variant.fields.iter().map(|field| field.name).collect())
    }

    /// How a variant is made whose fields are in braces.
    fn variant_in_parentheses(&self, ty: tree::TypeId, fields: tree::List<FieldValue>, span: Span) -> Fact {
        let text = self.c.file(self.module).text;
        let (path, fields) = (self.nodes.span(ty), self.nodes.list(fields));
        let names: Vec<String> =
            fields.iter().map(|field| format!("{}: …", field.name.span.of(text))).collect();
        let (Some(first), Some(end)) = (fields.first(), fields.last()) else {
            let rest = Span::new(path.end, span.end);
            return Fact::VariantInBraces {
                made: path.of(text).to_owned(),
                edits: vec![(rest, String::new())],
            };
        };
        let (open, close) = (Span::new(path.end, first.span.start), Span::new(end.span.end, span.end));
        let mut edits = vec![(open, "(".to_owned())];
        for field in fields.iter().filter(|field| field.value.is_none()) {
            edits.push((Span::empty(field.span.start), format!("{}: ", field.name.span.of(text))));
        }
        edits.push((close, ")".to_owned()));
        // A comment between them stays where it is.
        let plain =
            |span: Span| span.of(text).chars().all(|c| c.is_whitespace() || matches!(c, '{' | '}' | ','));
        if !plain(open) || !plain(close) {
            edits.clear();
        }
        Fact::VariantInBraces { made: format!("{}({})", path.of(text), names.join(", ")), edits }
    }

    /// The type of a literal, with type arguments that are looked for where none are written.
    pub(super) fn literal_type(&mut self, id: tree::TypeId, want: Want) -> TyId {
        let Type::Named { path, arguments } = self.nodes[id] else { return self.written(id) };
        let path = self.nodes.list(path);
        let first = path.first().map(|name| self.symbol(*name));
        let param = first.and_then(|name| self.c.find_param(&self.params, name)).is_some();
        if !arguments.is_empty() || param || first == Some(self.c.builtins.self_name) {
            return self.written(id);
        }
        let module = self.module;
        let Some((def, _)) = self.c.type_path(path, module) else { return TyId::WRONG };
        let span = self.nodes.span(id);
        match def {
            Def::Class(class) if self.c.arity(def) > Some(0) => {
                if let Some(hint) = self.plain_hint(want)
                    && matches!(self.get(hint), Ty::Class(of, _) | Ty::Actor(of, _) if of == class)
                {
                    return hint;
                }
                let params = self.c.program.classes[class].type_params.len();
                let fresh: Vec<TyId> = (0..params).map(|_| self.fresh(span)).collect();
                let list = self.c.program.types.list(&fresh);
                let actor = self.c.program.classes[class].kind == ClassKind::Actor;
                self.intern(if actor { Ty::Actor(class, list) } else { Ty::Class(class, list) })
            }
            _ => self.written(id),
        }
    }

    /// The value of a class, an actor or an app.
    pub(super) fn class_value(
        &mut self,
        id: ClassId,
        ty: TyId,
        fields: tree::List<FieldValue>,
        span: Span,
    ) -> ExprId {
        let class = &self.c.program.classes[id];
        let (declared, params, module) =
            (class.fields.clone(), class.type_params.clone(), class.origin.module);
        let arguments = match self.get(ty) {
            Ty::Class(_, list) | Ty::Actor(_, list) => self.c.program.types.items(list).to_vec(),
            _ => Vec::new(),
        };
        let subst = Subst::of(&params, &arguments);
        let home = (module != self.module).then_some(module);
        let values = self.field_values(&declared, &subst, fields, span, ty, home);
        self.class_bounds(&params, &subst, span);
        let given: Vec<u32> =
            self.c.program.nodes.field_values.get(values).iter().map(|(at, _)| *at).collect();
        let left = (0..).zip(&declared).any(|(at, field)| field.injected && !given.contains(&at));
        let value = self.add(ExprKind::Class(id, values), ty, span);
        if left {
            let at = self.place(span);
            let test = self.c.current_test;
            self.c.injections.push(Injection { class: id, value, at, given, test });
        }
        value
    }

    fn class_bounds(&mut self, params: &[TypeParamId], subst: &Subst, span: Span) {
        for param in params {
            for (of, list) in self.c.program.type_params[*param].bounds.clone() {
                let list = self.c.program.types.substitute_list(list, subst);
                if let Some(ty) = subst.param(*param) {
                    self.must_have(ty, of, list, span);
                }
            }
        }
    }

    /// The values of fields, each given once, and none left out that has no default.
    fn field_values(
        &mut self,
        declared: &[Field],
        subst: &Subst,
        fields: tree::List<FieldValue>,
        span: Span,
        ty: TyId,
        home: Option<crate::program::ModuleId>,
    ) -> crate::arena::List<(u32, ExprId)> {
        let mut made: Vec<(u32, ExprId)> = Vec::new();
        let mut unknown = false;
        let mut places: Vec<Option<Span>> = vec![None; declared.len()];
        for field in self.nodes.list(fields) {
            let name = self.symbol(field.name);
            let found = (0..).zip(declared).find(|(_, known)| known.name == name);
            let Some((at, known)) = found else {
                let near = self.c.near(name, declared.iter().map(|known| known.name));
                self.error(field.name.span, Fact::UnknownMember { ty, name, near });
                // A name that is short for both is told once.
                let module = self.module;
                if field.value.is_some()
                    || self.scope.contains_key(&name)
                    || self.c.lookup(module, name).is_some()
                {
                    self.lost += 1;
                    self.field_value(field, Want::Any);
                    self.lost -= 1;
                } else if let Some(local) = near.and_then(|near| self.scope.get(&near).copied()) {
                    self.info_mut(local).used = true;
                }
                unknown = true;
                continue;
            };
            if let Some(home) = home.filter(|_| !known.public && !known.injected) {
                let declared = known.span.in_file(self.c.file(home).id);
                self.error(field.name.span, Fact::PrivateMember { ty, name, declared });
            }
            let wanted = self.c.program.types.substitute(known.ty, subst);
            let value = self.field_value(field, Want::Type(wanted));
            let value = self.coerce(value, wanted);
            match places.get_mut(at as usize) {
                Some(place @ None) => {
                    *place = Some(field.name.span);
                    made.push((at, value));
                }
                Some(Some(first)) => {
                    let first = first.in_file(self.c.file(self.module).id);
                    self.error(field.name.span, Fact::GivenTwice { name, first });
                }
                None => (),
            }
        }
        let missing =
            declared.iter().zip(&places).filter(|(field, place)| place.is_none() && !field.optional);
        let missing: Vec<Symbol> = missing.map(|(field, _)| field.name).collect();
        // The parser has said that a field has no name.
        unknown |= missing.iter().any(|name| self.c.program.text(*name).is_empty());
        // A field that is not there was probably meant to be one of these.
        if !missing.is_empty() && !unknown {
            self.error(span, Fact::MissingValues { names: missing });
        }
        self.c.program.nodes.field_values.add(made)
    }

    /// The value of a field; without one, the local of the field's name.
    fn field_value(&mut self, field: &FieldValue, want: Want) -> ExprId {
        match field.value {
            Some(value) => self.value(value, want),
            None => {
                self.short_field = true;
                let made = self.name(field.name, want);
                self.short_field = false;
                self.ref_value(made, field.name.span, want)
            }
        }
    }

    fn enum_subst(&mut self, id: EnumId, given: &[TyId], span: Span, want: Want) -> (Subst, TyId) {
        let params = self.c.program.enums[id].type_params.clone();
        let hint = self.plain_hint(want).and_then(|ty| match self.get(ty) {
            Ty::Enum(of, list) if of == id => Some(self.c.program.types.items(list).to_vec()),
            _ => None,
        });
        let arguments: Vec<TyId> = if given.len() == params.len() {
            given.to_vec()
        } else if let Some(hint) = hint {
            hint
        } else {
            params.iter().map(|_| self.fresh(span)).collect()
        };
        let list = self.c.program.types.list(&arguments);
        let ty = self.intern(Ty::Enum(id, list));
        (Subst::of(&params, &arguments), ty)
    }

    /// `Circle(1.0)`
    pub(super) fn make_variant(
        &mut self,
        id: EnumId,
        at: u32,
        given: &[TyId],
        arguments: tree::List<tree::Argument>,
        span: Span,
        want: Want,
    ) -> ExprId {
        let (subst, ty) = self.enum_subst(id, given, span, want);
        let fields = self.variant_fields(id, at);
        let names: Vec<(Symbol, bool)> = fields.iter().map(|field| (field.name, field.optional)).collect();
        let Some(slots) = self.slots(&names, arguments, span, None) else {
            self.drop_arguments(arguments);
            return self.wrong(span);
        };
        let mut made = Vec::with_capacity(fields.len());
        for ((index, field), slot) in (0..).zip(&fields).zip(slots) {
            let wanted = self.c.program.types.substitute(field.ty, &subst);
            if let Some(value) = slot {
                made.push((index, self.check(value, wanted)));
            }
        }
        let params = self.c.program.enums[id].type_params.clone();
        self.class_bounds(&params, &subst, span);
        let values = self.c.program.nodes.field_values.add(made);
        self.add(ExprKind::Variant(id, at, values), ty, span)
    }

    pub(super) fn variant_fields(&self, id: EnumId, at: u32) -> Vec<Field> {
        let variants = &self.c.program.enums[id].variants;
        variants.get(at as usize).map(|variant| variant.fields.clone()).unwrap_or_default()
    }

    /// A variant without arguments: itself, or a function of its fields.
    pub(super) fn variant_value(
        &mut self,
        id: EnumId,
        at: u32,
        given: &[TyId],
        span: Span,
        want: Want,
    ) -> ExprId {
        let fields = self.variant_fields(id, at);
        let want = if fields.is_empty() { want } else { Want::Any };
        let (subst, ty) = self.enum_subst(id, given, span, want);
        if fields.is_empty() {
            return self.add(ExprKind::Variant(id, at, crate::arena::List::EMPTY), ty, span);
        }
        let params: Vec<TyId> =
            fields.iter().map(|field| self.c.program.types.substitute(field.ty, &subst)).collect();
        let params = self.c.program.types.list(&params);
        let function = self.intern(Ty::Function(params, ty, crate::types::Effect::NONE));
        self.add(ExprKind::VariantFunction(id, at), function, span)
    }
}
